"""One negotiation told: the story agrees with the model, move by move, and says why."""

import json

import numpy as np
import pytest

from sim.analysis.narrate import narrate
from sim.core.packages import NO_DEAL
from sim.core.state import ACCEPTED, NOT_ASKED, OFFERED, PASSED, REFUSED
from sim.model.ensemble import draw
from sim.model.peace_talks import hold_talks
from sim.report.run import apart, document
from sim.report.terminal import as_text
from sim.results.results import run
from sim.scenario import read_scenario
from tests.commands import ROOT, SCENARIO, call, data

TWO_BANKS = ROOT / "scenarios/two-banks-pullback.yaml"
DID = {OFFERED: "offers", ACCEPTED: "accepts", REFUSED: "refuses", PASSED: "passes"}
WITH_A_WITNESS = """\
  envoy:
    label: Envoy
    kind: mediator
    signs: {well: both}
    weights: {well: 0.5, road: 0.5}
    values: {well: {east: 50, both: 100, west: 50}, road: {nobody: 0, patrol: 100}}
    no_deal: 0.2
proposals:
"""


@pytest.fixture
def scenario(tmp_path):
    return written(tmp_path, SCENARIO)


def written(folder, text, sets=()):
    path = folder / "talks.yaml"
    path.write_text(text, encoding="utf-8")
    return read_scenario(path, sets)


@pytest.mark.parametrize("sets", [(), ("lines=together", "time.rounds=3"), ("parties.*.no_deal=0.6",)])
def test_the_end_of_the_story_is_the_row_of_the_results(tmp_path, sets):
    scenario = written(tmp_path, SCENARIO.replace("title:", "lines: by_party\ntitle:"), sets)
    results = run(scenario, 40, seed=3)
    seen = set()
    for row in results.draws.itertuples():
        story = narrate(scenario, seed=3, draw=row.draw)
        seen.add(story.outcome)
        assert story.outcome == row.outcome
        assert story.zone_packages == row.zone_packages
        if story.package is None:
            assert story.signed is None and np.isnan(row.month)
            assert story.blocker == row.blocker
        else:
            assert "/".join(story.package.values()) == row.package
            assert story.signed == row.round == story.rounds[-1].number
            assert story.rounds[-1].month == row.month
            assert story.least_satisfied == row.least_satisfied or np.isnan(row.least_satisfied)
            assert {seat.name: seat.worth for seat in story.seats} == {
                "east": row.utility_east,
                "west": row.utility_west,
            }
            assert {seat.name: seat.margin for seat in story.seats} == {
                "east": row.margin_east,
                "west": row.margin_west,
            }
    assert "in_force" in seen and len(seen) > 1


def test_every_move_of_the_story_is_a_move_of_the_model(tmp_path):
    scenario = written(tmp_path, SCENARIO.replace("proposals:\n", WITH_A_WITNESS))
    kinds = set()
    for number in range(12):
        talks = hold_talks(draw(scenario, 1, number, 1))
        table, story = talks.ensemble.structure, narrate(scenario, 1, number)
        assert len(story.rounds) == len(talks.moves)
        for played, moves in zip(story.rounds, talks.moves, strict=True):
            asked = moves.did[:, 0] != NOT_ASKED
            assert [turn.party for turn in played.turns] == [table.parties[n] for n in moves.who[asked, 0]]
            assert [turn.did for turn in played.turns] == [DID[code] for code in moves.did[asked, 0]]
            for turn, package in zip(played.turns, moves.package[asked, 0], strict=True):
                assert turn.asks_for == talks.aspiration[played.number - 1, 0, table.parties.index(turn.party)]
                if turn.offer:
                    assert table.space.index_of(turn.offer) == package
                    assert turn.offer_worth == talks.net_utility[0, table.parties.index(turn.party), package]
                kinds.add((turn.did, turn.reason is not None and turn.reason != "worth"))
    assert {("offers", False), ("accepts", False), ("refuses", False), ("refuses", True), ("passes", False)} <= kinds


def test_reasons_are_true(scenario):
    for number in range(20):
        story = narrate(scenario, 1, number)
        real = {line for seat in story.seats for line in seat.real_lines}
        for turn in (turn for played in story.rounds for turn in played.turns if turn.did == "refuses"):
            if turn.reason == "worth":
                assert turn.answered_worth < turn.asks_for
            else:
                assert turn.reason in real and turn.reason.startswith(f"{turn.party}.")
                forbidden = {"east.not_dry": "west", "west.not_thirsty": "east"}[turn.reason]
                assert turn.answered["well"] == forbidden


def test_what_is_told_as_changed_is_what_changed(scenario):
    story = narrate(scenario, 1, 2)
    before = {}
    for turn in (turn for played in story.rounds for turn in played.turns if turn.offer):
        old = before.get(turn.party)
        assert turn.before == old
        assert set(turn.changed) == {issue for issue in turn.offer if old is None or old[issue] != turn.offer[issue]}
        before[turn.party] = turn.offer


def test_the_text_names_agreement_round_and_package(scenario):
    results = run(scenario, 40, seed=1)
    signed = results.draws[results.agreed].iloc[0]
    text = call("run", scenario_file(scenario), "--draw", signed.draw, "--full").stdout
    assert f"draw {signed.draw} of seed 1" in text
    assert f"Agreement signed in round {signed['round']} of 8" in text
    well, road = (
        scenario.issues[i].options[o] for i, o in zip(scenario.issues, signed.package.split("/"), strict=True)
    )
    end = text.split("Agreement signed")[1]
    assert f"Who draws water: {well}" in end and f"Who guards the road: {road}" in end
    assert f"{signed.utility_east:.2f}" in end and f"{signed.margin_west:+.2f}" in end


def scenario_file(scenario):
    return scenario_folder[scenario.id]


scenario_folder: dict[str, object] = {}


@pytest.fixture(autouse=True)
def _remember(tmp_path):
    scenario_folder["well-and-road"] = tmp_path / "talks.yaml"


def test_the_text_says_in_words_what_stood_in_the_way(tmp_path):
    hard = (
        SCENARIO.replace("hardness: 0.7", "hardness: 1").replace("both: 60", "both: 0").replace("both: 50", "both: 0")
    )
    scenario = written(tmp_path, hard.replace("range: [0.2, 0.6]", "range: [0.39, 0.5]"), ("parties.*.no_deal=0.401",))
    text = " ".join(str(narrate(scenario, 1, 0)).split())
    assert "No agreement after 8 rounds." in text
    assert "no package was acceptable to all who sign it" in text
    assert 'the red line not_dry of East (never Who draws water: "The west")' in text


def test_a_stretch_without_news_is_told_in_one_line(scenario):
    stubborn = scenario.with_sets(["parties.*.strategy.exponent=50", "time.rounds=30"])
    text = str(narrate(stubborn, 1, 0))
    assert "offers unchanged, refused as before" in text
    assert len(text.splitlines()) < 80


def test_bare_refusals_are_told_with_their_reason_and_that_it_was_not_said(tmp_path):
    scenario = written(tmp_path, SCENARIO + "protocol: {name: alternating_offers, refusals: bare}\n")
    story = narrate(scenario, 1, 0)
    assert "which it does not say" in " ".join(str(story).split())
    moves = [move for played in story.as_data()["rounds"] for move in played["moves"] if move["did"] == "refuses"]
    assert moves and all(move["reason"] and move["reason_given"] is None for move in moves)


def test_lines_keep_to_the_width(scenario):
    for width in (60, 80, 120):
        assert max(map(len, as_text(document(narrate(scenario, 1, 1)), width).splitlines())) <= width


@pytest.mark.parametrize(
    ("value", "other", "told"),
    [(0.41, 0.63, ("0.41", "0.63")), (0.6183, 0.6184, ("0.6183", "0.6184")), (0.5, 0.5, ("0.50", "0.50"))],
)
def test_two_worths_are_told_apart(value, other, told):
    assert apart(value, other) == told


def test_json_has_the_moves(scenario):
    told = data("run", scenario_file(scenario), "--draw", 2)
    assert set(told) == {
        "id", "title", "seed", "draw", "parties", "rounds", "outcome", "package", "round", "month", "signatures",
        "breaks", "break_month", "break_cause", "zone_packages", "least_satisfied", "blocker", "ledger", "lines_fallen",
    }  # fmt: skip
    move = told["rounds"][0]["moves"][0]
    assert set(move) == {
        "party", "did", "asks_for", "answered", "answered_from", "answered_worth", "reason", "reason_given", "minds",
        "offer", "offer_worth",
        "changed",
    }  # fmt: skip
    assert move["did"] == "offers" and set(move["offer"]) == {"well", "road"}
    story = narrate(scenario, 1, 2)
    assert told == json.loads(json.dumps(story.as_data()))


def test_a_seed_and_a_setting_change_the_story():
    assert call("run", TWO_BANKS).stdout != call("run", TWO_BANKS, "--seed", 2).stdout
    assert "no deal is worth" in call("run", TWO_BANKS, "--full", "--set", "parties.*.no_deal=0.5").stdout
    told = data("run", TWO_BANKS, "--set", "parties.*.no_deal=0.5")
    assert [party["no_deal"] for party in told["parties"]] == [0.5, 0.5]


def test_there_is_no_draw_before_the_first(scenario):
    with pytest.raises(ValueError, match="counted from 0"):
        narrate(scenario, 1, -1)
    assert call("run", scenario_file(scenario), "--draw", "-1").exit_code == 2


def test_nothing_is_told_of_a_package_that_is_none(scenario):
    stories = [narrate(scenario, 1, number) for number in range(20)]
    assert all((story.package is None) == (story.signed is None) for story in stories)
    assert NO_DEAL not in [turn.offer for story in stories for played in story.rounds for turn in played.turns]
