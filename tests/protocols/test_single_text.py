"""The protocol of one text: by hand, against an ordinary loop, and its promises."""

import json
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.analysis.narrate import narrate
from sim.cli.commands import peacesim
from sim.core.packages import NO_DEAL
from sim.core.state import ACCEPTED, DRAFTED, LEFT_AS_IT_IS, NOT_ASKED, OBJECTED, PASSED
from sim.model.ensemble import draw
from sim.model.peace_talks import Talks, hold_talks
from sim.results.columns import outcome_columns
from sim.results.tallies import tally, utility_ranges
from sim.scenario import ScenarioError
from sim.scenario.notes import notes
from tests.mechanisms.test_mediation import mediated
from tests.model.test_world import package_of
from tests.plain_single_text import PlainSingleText
from tests.problems import read
from tests.worlds import made, worlds

Problem = dict[str, Any]
WORDS = {DRAFTED: "drafts", LEFT_AS_IT_IS: "leaves_it", ACCEPTED: "accepts", OBJECTED: "objects", PASSED: "passes"}
NAMES = {"border": ["b0", "b1", "b2"], "money": ["m0", "m1", "m2"]}


def table(start: str = "b2 m2", rounds: int = 5, **protocol: Any) -> Problem:
    """Ash wants b0 and m2, birch b2 and m0; ash cares more for the border, birch more for the money; cedar mediates."""
    border, money = (dict(zip(NAMES[issue], points, strict=True)) for issue, points in (
        ("border", [100, 50, 0]), ("money", [0, 50, 100])))  # fmt: skip
    worth = {"ash": (0.6, border, money), "birch": (0.3, *(flipped(each) for each in (border, money)))}
    parties = {
        name: {
            "weights": {"border": weight, "money": round(1 - weight, 6)},
            "values": {"border": own_border, "money": own_money},
            "no_deal": 0.1,
            "strategy": {"name": "time_dependent", "exponent": 1},
        }
        for name, (weight, own_border, own_money) in worth.items()
    }
    alike = {issue: dict.fromkeys(options, 100) for issue, options in NAMES.items()}
    cedar = {"kind": "mediator", "signs": "never", "weights": {"border": 0.5, "money": 0.5}, "values": alike}
    return {
        "schema": 1,
        "id": "one-text",
        "title": "One text",
        "time": {"rounds": rounds, "days_per_round": 30},
        "issues": {issue: {"options": {name: name for name in options}} for issue, options in NAMES.items()},
        "parties": parties | {"cedar": cedar | {"no_deal": 0}},
        "proposals": {"draft": {"package": dict(zip(NAMES, start.split(), strict=True))}},
        "mediation": {"mediator": "cedar"},
        "protocol": {"name": "single_text"} | protocol,
    }


def flipped(points: dict[str, float]) -> dict[str, float]:
    return {option: 100 - value for option, value in points.items()}


def texts(talks: Talks, b: int = 0) -> list[str]:
    """What lay on the table in each round, until the talks ended."""
    space = talks.ensemble.structure.space
    rounds = [moves for moves in talks.moves if moves.did[0, b] != NOT_ASKED]
    return [" ".join(space.options_of(moves.package[0, b])[issue] for issue in NAMES) for moves in rounds]


def minded(talks: Talks, party: str) -> list[str]:
    """The issues that a party named in each round, joined by `+`; empty where it said yes."""
    structure = talks.ensemble.structure
    place, issues = structure.parties.index(party) + 1, [issue.name for issue in structure.space.issues]
    bits = [int(moves.minds[place, 0]) for moves in talks.moves if moves.did[place, 0] != NOT_ASKED]
    return ["+".join(name for i, name in enumerate(issues) if each >> i & 1) for each in bits]


# By hand
#
# Worth of (border, money) to ash: .6 .3 0 and 0 .2 .4; to birch: 0 .15 .3 and .7 .35 0. They ask for 1, .775, .55,
# .325, .1. What birch minds in the first text, .7 of money, is more than the .6 of the border that ash minds.


def test_the_text_moves_step_by_step_on_what_is_minded_most():
    talks = hold_talks(draw(read(table())))
    # In round 4 birch has .85 and says yes; ash, at .3, minds the money (.4) more than the border (.3). The step it
    # asks for would give the text of round 3, so the border moves, which it minds next.
    assert texts(talks) == ["b2 m2", "b2 m1", "b1 m1", "b1 m0", "b0 m0"]
    assert minded(talks, "ash") == ["border", "border", "border", "money", ""]
    assert minded(talks, "birch") == ["money", "money", "money", "", ""]
    assert (talks.signed[0], talks.proposer[0]) == (5, 2)
    assert talks.net_utility[0, :2, talks.package[0]] == pytest.approx([0.6, 0.7])


def test_who_has_its_best_on_all_issues_names_none():
    problem = table("b0 m2")
    problem["parties"]["ash"]["red_lines"] = [{"id": "no", "never": {"money": "m2"}, "hardness": 1}]
    talks = hold_talks(draw(read(problem)))
    assert minded(talks, "ash")[0] == "" and talks.moves[0].did[1, 0] == OBJECTED
    assert "It names no issue: it has its best on all." in " ".join(str(narrate(read(problem))).split())


def test_a_text_stays_as_it_is_where_nothing_can_be_moved():
    """Two packages: there and back again is barred."""
    problem = table(rounds=4)
    problem["issues"] = {"border": {"options": {"b0": "b0", "b2": "b2"}}}
    for party in problem["parties"].values():
        party["weights"], party["no_deal"] = {"border": 1}, 0.9
        party["values"] = {"border": {option: party["values"]["border"][option] for option in ("b0", "b2")}}
    problem["proposals"]["draft"]["package"] = {"border": "b2"}
    talks = hold_talks(draw(read(problem)))
    assert [moves.did[0, 0] for moves in talks.moves] == [DRAFTED, DRAFTED, LEFT_AS_IT_IS, LEFT_AS_IT_IS]
    assert outcome_columns(talks)["outcome"][0] == 0  # no zone
    said = str(narrate(read(problem)))
    assert "cedar changes its text:" in said and "cedar leaves its text as it is." in said


# Where it starts


@pytest.mark.parametrize(("by", "option"), [(0, "s5"), (0.2, "s6"), (-0.2, "s4"), (0.5, "s7"), (0.9, "s9")])
def test_without_a_proposal_the_first_text_has_the_largest_product(by, option):
    """Of a^(1+b) (1-a)^(1-b) over tenths a: the largest lies next to (1 + b) / 2."""
    from tests.mechanisms.test_mediation import leaning, pie

    problem = pie(bias=leaning(by))
    problem["protocol"] = {"name": "single_text", "information": "complete"}
    talks = hold_talks(draw(read(problem)))
    found = talks.ensemble.structure.space.options_of(talks.moves[0].package[0, 0])["split"]
    share = {f"s{k}": (k / 10) ** ((1 + by) / 2) * (1 - k / 10) ** ((1 - by) / 2) for k in range(11)}
    assert share[found] == pytest.approx(max(share.values()))
    assert found == option or share[option] == pytest.approx(share[found])


@settings(max_examples=40)
@given(mediated(), st.integers(0, 3), st.sampled_from(["complete", "positions"]), st.booleans())
def test_the_first_text_has_the_largest_product_that_the_mediator_knows_of(problem, seed, information, on_file):
    problem["protocol"] = {"name": "single_text", "information": information}
    problem["parties"]["cedar"].pop("opens_with", None)
    if not on_file:
        del problem["proposals"]
        for party in problem["parties"].values():
            party.pop("opens_with", None)
    bias = problem["mediation"]["bias"]
    ensemble = draw(read(problem), seed, 0, 4)
    talks = hold_talks(ensemble)
    names, space = ensemble.structure.parties, ensemble.structure.space
    power = {name: 0.5 for name in names if problem["parties"][name]["signs"] == "always"}
    power["ash"], power["birch"] = ((1 + sign * bias["by"]) / 2 for sign in (1, -1))
    if bias["toward"] == "birch":
        power["ash"], power["birch"] = power["birch"], power["ash"]
    for b in range(4):
        if information == "complete":
            worth, no_deal = talks.net_utility[b], ensemble.reservation_value[b]
        else:
            worth, no_deal = ensemble.structure.positions.utility[0], np.zeros(3)
        value = {}
        for package in range(len(space)):
            gains = {n: max(0.0, worth[names.index(n), package] - no_deal[names.index(n)]) for n in power}
            value[package] = np.prod([gains[n] ** power[n] for n in power])
        texts_on_file = [text["package"] for text in problem.get("proposals", {}).values()]
        pool = {space.index_of(package) for package in texts_on_file} - {NO_DEAL} or set(value)
        best = max(value[package] for package in pool)
        if best > 1e-6:  # else somebody cannot gain, and the product is over the others
            assert value[talks.moves[0].package[0, b]] == pytest.approx(best, rel=1e-8)


def test_drafts_of_the_mediator_come_first_one_a_round_and_those_of_others_are_noted():
    problem = table()
    problem["proposals"]["other"] = {"package": {"border": "b0", "money": "m2"}}
    problem["parties"]["cedar"]["opens_with"] = ["other", "draft"]
    problem["parties"]["ash"]["opens_with"] = "draft"
    scenario = read(problem)
    assert texts(hold_talks(draw(scenario)))[:2] == ["b0 m2", "b2 m2"]
    told = [str(note) for note in notes(scenario)]
    assert any("parties.ash.opens_with: in single_text only the mediator puts texts" in note for note in told)
    assert not any("parties.cedar.opens_with" in note for note in told)


# What goes on around the table


@st.composite
def worlds_with_one_text(draw: st.DrawFn) -> Problem:
    """Any world, with one text; the last party mediates."""
    problem = draw(worlds(max_rounds=14))
    *others, mediator = problem["parties"]
    problem["parties"][mediator]["kind"] = "mediator"
    problem.setdefault("mediation", {"mediator": mediator})
    commits = any("commits" in event for event in problem.get("events", []))
    known = ["positions", "none"] if commits else ["complete", "positions", "none"]
    problem["protocol"] = {
        "name": "single_text",
        "information": draw(st.sampled_from(known)),
        "memory": draw(st.sampled_from([5, 1, 2])),
    }
    if len(others) > 1 and "red_lines" not in problem["parties"][mediator] and draw(st.booleans()):
        problem["parties"][mediator]["signs"] = "never"
    return problem


@settings(max_examples=80)
@given(worlds_with_one_text(), st.integers(0, 50))
def test_one_draw_equals_an_ordinary_loop(problem, seed):
    """With events, levers, lines that give way, votes at home and all."""
    scenario, count = made(problem), 3
    talks = hold_talks(draw(scenario, seed, 0, count))
    for b in range(count):
        plain = PlainSingleText(draw(scenario, seed, b, 1)).play()
        assert moves_of(talks, b) == plain.did
        assert talks.approval.attempts[b] == plain.attempts
        assert talks.signed[b] == (plain.signed[0] if plain.signed else 0)
        names = talks.ensemble.structure.parties
        for seen in plain.seen:
            k = seen["round"] - 1
            assert talks.reservation_value[k, b] == pytest.approx([seen["no_deal"][name] for name in names], abs=1e-12)


def moves_of(talks: Talks, b: int) -> list[tuple[int, str, str, Any]]:
    names = talks.ensemble.structure.parties
    return [
        (k, names[moves.who[turn, b]], WORDS[moves.did[turn, b]], package_of(talks.ensemble, moves.package[turn, b]))
        for k, moves in enumerate(talks.moves, 1)
        for turn in range(len(moves.who))
        if moves.did[turn, b] != NOT_ASKED
    ]


# What users see


@pytest.mark.parametrize("kind", ["mediator", None])
def test_without_a_mediator_the_file_is_refused(kind, tmp_path):
    problem = table()
    del problem["mediation"]
    if kind is None:
        problem["parties"]["cedar"] |= {"kind": "supporter"}
    with pytest.raises(ScenarioError) as caught:
        read(problem)
    who = "cedar}`" if kind else "PARTY}` with a party of `kind: mediator`"
    said = f"protocol.name: single_text needs a mediator to hold the text; add `mediation: {{mediator: {who}"
    (line,) = str(caught.value).splitlines()
    assert line.partition(" ")[2] == said
    assert line.split(" ")[0].split("problem.yaml:")[1].strip(":").replace(":", "").isdigit()


def test_offers_cannot_be_learned_from_where_nobody_makes_any():
    with pytest.raises(ScenarioError, match="'learned' is not one of complete, none or positions"):
        read(table(information="learned"))


def test_a_run_tells_what_each_said(tmp_path):
    (tmp_path / "f.yaml").write_text(json.dumps(table()))
    said = " ".join(CliRunner().invoke(peacesim, ["run", str(tmp_path / "f.yaml"), "--full"]).output.split())
    assert "cedar puts its first text on the table:" in said
    assert "birch does not accept cedar's proposal (value to it 0.30; holds out for 1.00). It names: money." in said
    assert "cedar changes its text: money: m1 (was: m2)" in said
    assert "ash accepts cedar's proposal (value to it 0.60; holds out for 0.10)." in said
    data = json.loads(CliRunner().invoke(peacesim, ["run", "--json", str(tmp_path / "f.yaml")]).output)
    moves = [(move["did"], move["party"], move["minds"]) for move in data["rounds"][0]["moves"]]
    assert moves == [("drafts", "cedar", []), ("objects", "ash", ["border"]), ("objects", "birch", ["money"])]


def test_those_who_had_not_accepted_stand_in_the_way():
    """In the last round ash alone would not sign the text on the table."""
    problem = table("b1 m0", rounds=1)
    problem["parties"]["ash"]["no_deal"] = 0.5
    columns = outcome_columns(hold_talks(draw(read(problem))))
    assert (columns["outcome"][0], columns["blocker"][0]) == (1, "ash")


def test_offers_and_answers_are_counted_by_what_they_were_worth():
    talks = hold_talks(draw(read(table())))
    scenario = talks.ensemble.scenario
    counts = tally(talks, utility_ranges(scenario, talks.ensemble.structure)).talks
    assert counts["own_offer"].sum(axis=2).tolist() == [[0, 0, 1]] * 5
    assert counts["received_offer"].sum(axis=2).tolist() == [[1, 1, 0]] * 5
    assert np.array_equal(counts["received_offer"][0].argmax(axis=1)[:1], [int(0.4 * counts["own_offer"].shape[2])])
