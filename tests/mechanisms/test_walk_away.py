"""Parties that may leave the talks: when they do, and that nothing else changes."""

import copy
import json
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.analysis.narrate import narrate
from sim.cli.commands import peacesim
from sim.model.ensemble import draw
from sim.model.peace_talks import Talks, hold_talks
from sim.results.columns import OUTCOMES, outcome_columns
from sim.results.results import Results, run
from sim.results.stages import reached, stops
from sim.scenario import ScenarioError
from tests.mechanisms.test_mediation import same
from tests.problems import problems, read
from tests.worlds import made, text_on_a_table, worlds

Problem = dict[str, Any]
POINTS = {"ash": {"a": 0, "b": 30, "c": 60, "d": 100}, "birch": {"a": 100, "b": 60, "c": 30, "d": 0}}
LOW = {"ash": 0.2, "birch": 0.2}


def table(leaves: dict[str, Any], no_deal: Any = LOW, rounds: int = 5, **blocks: Any) -> Problem:
    problem = text_on_a_table(POINTS, no_deal, rounds, **blocks)
    for party, worth in leaves.items():
        problem["parties"][party]["walk_away"] = worth
    return problem


def told(talks: Talks, b: int = 0) -> tuple[str, str, float]:
    """Outcome, blocker and month of leaving."""
    columns = outcome_columns(talks)
    return OUTCOMES[columns["outcome"][b]], columns["blocker"][b], columns["after.left_month"][b]


def line(never: Any, **more: Any) -> dict[str, Any]:
    return {"red_lines": [{"id": "no", "never": {"text": never}, "hardness": 1} | more]}


# By hand. Worth of a, b, c, d to ash: 0, .3, .6, 1; to birch: 1, .6, .3, 0; no deal .2 to both.


@pytest.mark.parametrize(("worth", "leaves"), [(0.61, True), (0.6, False), (0.1, False)])
def test_with_complete_information_only_what_the_others_could_sign_counts(worth, leaves):
    """Of b and c, which birch finds better than no deal, c gives ash .6."""
    talks = hold_talks(draw(made(table({"ash": worth}))))
    assert (talks.left[0].tolist() == [1, 0]) == leaves
    if leaves:
        assert told(talks) == ("broke_off", "ash", 0.0)
        assert not talks.signed.any() and len(talks.moves) == 1


@pytest.mark.parametrize("information", ["positions", "none", "learned"])
def test_without_it_nobody_leaves_before_a_line_is_named(information):
    problem = table({"ash": 0.7}, parties={"birch": line(["c", "d"])})
    problem["protocol"]["information"] = information
    problem["protocol"]["order"] = ["ash", "birch"]
    talks = hold_talks(draw(made(problem)))
    # In round 1 ash says d, birch that it never signs it; what is left is worth .3 to ash.
    assert told(talks) == ("broke_off", "ash", pytest.approx(1.0))
    problem["protocol"]["refusals"] = "bare"
    assert told(hold_talks(draw(made(problem))))[0] != "broke_off"


def test_a_removal_makes_all_leave_who_had_hoped_for_it():
    events = [{"id": "gone", "at": {"month": 2}, "removes": {"text": ["b", "c"]}}]
    talks = hold_talks(draw(made(table({"ash": 0.25, "birch": 0.25}, events=events))))
    assert told(talks) == ("broke_off", "ash + birch", pytest.approx(2.0))
    assert talks.left[0].tolist() == [3, 3]
    columns = outcome_columns(talks)
    assert columns["after.zone_ever"][0] and columns["zone_packages"][0] == 2


def test_worth_from_the_start_counts_what_was_left_for_and_no_deal_for_who_stays():
    """They leave in round 3 of .5-a-month discounts: two months of no deal, then .9 for ash and no deal for birch."""
    events = [{"id": "gone", "at": {"month": 2}, "removes": {"text": ["b", "c"]}}]
    problem = table({"ash": 0.55}, events=events)
    for party in problem["parties"].values():
        party["discount_per_month"] = 0.5
    columns = outcome_columns(hold_talks(draw(made(problem))))
    assert columns["discounted.0"][0] == pytest.approx(0.5 * 0.2 + 0.25 * 0.2 + 0.25 * 0.55)
    assert columns["discounted.1"][0] == pytest.approx(0.2)


# Any world


@settings(max_examples=30)
@given(worlds(), st.integers(0, 9))
def test_who_would_leave_for_nothing_changes_no_bit(problem, seed):
    without = hold_talks(draw(made(problem), seed, 0, 5))
    if (without.ensemble.world.reservation_value < 0).any():
        return  # then nothing is more than some party has
    for party in problem["parties"].values():
        party["walk_away"] = 0
    same(without, hold_talks(draw(made(problem), seed, 0, 5)))


@settings(max_examples=30)
@given(problems(), st.integers(0, 9))
def test_who_can_have_more_than_anything_leaves_at_once(problem, seed):
    """One party with lines against all but its worse packages, and something better outside."""
    ash = problem["parties"]["ash"]
    ash["walk_away"] = 1
    ash.pop("linkages", None)
    issue, points = next((name, points) for name, points in ash["values"].items())
    best = [option for option, value in points.items() if value == 100]
    ash["red_lines"] = [{"id": "strange", "never": {issue: best}, "hardness": 1}]
    ash["no_deal"], ash["weights"] = 0, {name: 1 if name == issue else 0 for name in ash["weights"]}
    if len(best) == len(points):
        return  # nothing that it could sign is left
    talks = hold_talks(draw(made(problem), seed, 0, 4))
    assert (talks.left[:, 0] == 1).all() and not talks.signed.any()
    assert (outcome_columns(talks)["outcome"] == OUTCOMES.index("broke_off")).all()


# What users see


def test_the_number_is_drawn_set_and_told_like_others():
    problem = table({"ash": {"value": 0.6, "range": [0.5, 0.9]}})
    results = run(read(problem), draws=50)
    assert isinstance(results, Results)
    inputs = results.draws["input.parties.ash.walk_away"]
    assert inputs.between(0.5, 0.9).all() and inputs.nunique() == 50
    left = results.draws["outcome"] == "broke_off"
    assert (left == (inputs > 0.6 + 1e-9)).all() and 0 < left.sum() < 50
    assert (results.draws["left_month"].notna() == left).all()
    scenario = read(problem).with_sets(["parties.birch.walk_away=0.25", "parties.ash.walk_away=0.1"])
    assert scenario.parties["birch"].walk_away.value == 0.25
    assert draw(scenario).walk_away.tolist() == [[0.1, 0.25]]
    assert draw(read(text_on_a_table(POINTS, LOW, 2))).walk_away.tolist() == [[-np.inf, -np.inf]]
    with pytest.raises(ScenarioError, match=r"parties\.ash\.walk_away: 2 is out of bounds"):
        read(table({"ash": 2}))


def test_stages_and_stops_count_who_left_and_zones_that_there_were():
    problem = table({"ash": {"value": 0.6, "range": [0.5, 0.9]}})
    results = run(read(problem), draws=60)
    counts = {step.name: step.count for step in stops(results)}
    left = int((results.draws["outcome"] == "broke_off").sum())
    assert counts["broke_off"] == left > 0
    assert sum(counts.values()) + int(results.agreed.sum()) == 60
    assert reached(results)["zone_first"] == results.n
    nobody = copy.deepcopy(problem)
    nobody["parties"]["birch"] |= line(["b", "c"])
    none = run(read(nobody), draws=20)  # a zone there never was, whoever left
    assert (none.draws["outcome"] == "broke_off").any() and not none.draws["zone_ever"].any()
    assert not any(reached(none).values())


def test_a_run_tells_who_left_and_show_who_may(tmp_path):
    events = [{"id": "gone", "label": "Gone", "at": {"month": 2}, "removes": {"text": ["b", "c"]}}]
    problem = table({"ash": 0.25}, events=events)
    (tmp_path / "f.yaml").write_text(json.dumps(problem))
    said = " ".join(CliRunner().invoke(peacesim, ["run", str(tmp_path / "f.yaml"), "--full"]).output.split())
    leaves = "ash leaves the talks: what it leaves for is worth 0.25 to it, more than all it can expect."
    gone = 'Event: Gone (off the table: The text: "b" and "c").'
    assert f"Round 3 (month 2.0) {gone} {leaves} The talks are over." in said
    assert "No agreement: ash left the talks in round 3 of 5 (month 2.0)." in said
    assert "In this draw some package was acceptable to all who sign." in said
    shown = " ".join(CliRunner().invoke(peacesim, ["show", str(tmp_path / "f.yaml"), "--full"]).output.split())
    assert "ash leaves once it can expect less than 0.25." in shown
    data = narrate(read(problem)).as_data()
    assert (data["outcome"], data["blocker"]) == ("broke_off", "ash")
    assert [played["left"] for played in data["rounds"]] == [[], [], ["ash"]]
