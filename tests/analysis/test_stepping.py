"""One negotiation as numbers, round by round: they are those that `peacesim run` tells, and nothing else."""

from pathlib import Path

import numpy as np
import pytest

import sim
from sim.analysis.narrate import narrate
from sim.analysis.stepping import search_draws, stepped
from sim.model.ensemble import draw as draw_inputs
from tests.commands import data

SCENARIOS = Path(__file__).parents[2] / "scenarios"
FLAGSHIP = SCENARIOS / "ukraine-december-2025.yaml"
BANKS = SCENARIOS / "two-banks-pullback.yaml"


@pytest.fixture(scope="module")
def banks():
    return sim.read_scenario(BANKS)


@pytest.fixture(scope="module")
def runs(banks):
    return sim.run(banks, 60, 1).draws


def first_that(runs, outcome):
    return int(runs.index[runs["outcome"] == outcome][0])


@pytest.mark.parametrize("outcome", ["in_force", "refused", "no_zone"])
def test_the_story_is_that_of_the_command(banks, runs, outcome):
    draw = first_that(runs, outcome)
    told = stepped(banks, 1, draw)
    assert told.story.outcome == outcome
    assert data("run", BANKS, "--draw", draw) == told.story.as_data()


@pytest.mark.parametrize(("file", "draw"), [(BANKS, 0), (FLAGSHIP, 0), (SCENARIOS / "panama-canal-1977.yaml", 3)])
def test_each_round_stands_as_its_turns_tell(file, draw):
    told = stepped(sim.read_scenario(file), 1, draw)
    names = list(told.story.scenario.parties)
    assert len(told.stands) == len(told.story.rounds)
    for stand, played in zip(told.stands, told.story.rounds, strict=True):
        assert len(stand.texts) == len(played.turns)
        for text, turn in zip(stand.texts, played.turns, strict=True):
            assert list(stand.asks_for) == list(stand.no_deal) == names and stand.asks_for[turn.party] == turn.asks_for
            if turn.offer is not None:
                assert text.worth[turn.party] == turn.offer_worth
            if turn.did == "accepts":
                assert text.worth[turn.party] == turn.answered_worth >= turn.asks_for - 1e-9
                assert not [line for line in text.crosses if line.startswith(f"{turn.party}.")]
    assert [seat.no_deal_at_start for seat in told.story.seats] == list(told.stands[0].no_deal.values())
    assert [seat.no_deal for seat in told.story.seats] == list(told.stands[-1].no_deal.values())


def test_a_refusal_at_a_line_is_of_a_text_that_crosses_it():
    told, found = stepped(sim.read_scenario(FLAGSHIP), 1, 0), 0
    for stand, played in zip(told.stands, told.story.rounds, strict=True):
        before = None
        for text, turn in zip(stand.texts, played.turns, strict=True):
            if turn.did == "refuses" and "." in str(turn.reason) and before is not None:
                assert turn.reason in before.crosses
                found += 1
            before = text
    assert found


def test_a_line_that_was_given_up_is_crossed_no_more():
    scenario = sim.read_scenario(FLAGSHIP)
    runs = sim.run(scenario, 40, 1).draws
    told = stepped(scenario, 1, int(runs.index[runs["lines_fallen"].notna()][0]))
    for fallen in told.story.lines_fallen:
        before, later = (
            {line for stand in stands for text in stand.texts if text is not None for line in text.crosses}
            for stands in (told.stands[: fallen.round - 1], told.stands[fallen.round - 1 :])
        )
        assert before | later and fallen.line not in later
    assert told.story.lines_fallen


def test_harm_and_front_end_where_results_have_them():
    """A row without an agreement counts the harm of all rounds, and the weeks of those still in the dark at the end."""
    scenario = sim.read_scenario(FLAGSHIP)
    runs = sim.run(scenario, 8, 1).draws
    draw = int(runs.index[runs["outcome"].isin(["no_zone", "deadline"])][0])
    told, strikes = stepped(scenario, 1, draw), draw_inputs(scenario, 1, draw, 1).world.war.strikes
    assert len(told.stands) == scenario.time.rounds
    assert list(told.stands[-1].harm) == list(scenario.parties)
    for name, harm in told.stands[-1].harm.items():
        left = harm.dark * float(strikes.lasting[0])
        assert harm.household_weeks + left == pytest.approx(runs.at[draw, f"household_weeks_{name}"])
        assert harm.money == pytest.approx(runs.at[draw, f"war_cost_{name}"])
    assert told.stands[0].front == 0 and all(stand.front is not None for stand in told.stands)
    assert any(harm.household_weeks > 0 for harm in told.stands[-1].harm.values())


def test_what_holds_falls_from_one_through_the_shares_of_the_results(banks, runs):
    draw = first_that(runs, "in_force")
    told = stepped(banks, 1, draw)
    share = np.array(told.holding.share)
    assert share[0] == 1 and (np.diff(share) <= 0).all()
    assert share[12] == runs.at[draw, "survival_12"] and share[60] == runs.at[draw, "survival_60"]
    assert stepped(banks, 1, first_that(runs, "no_zone")).holding is None


def test_a_scenario_without_a_war_has_no_front_and_no_harm(file):
    stand = stepped(sim.read_scenario(file), 1, 0).stands[0]
    assert stand.front is None and stand.harm == {} and stand.strength == {}
    with pytest.raises(ValueError, match="counted from 0"):
        stepped(sim.read_scenario(file), 1, -1)


# The next draw that ends so


@pytest.mark.parametrize("wanted", ["signed", "in_force", "refused", "no_zone", "any"])
def test_the_next_draw_is_the_first_row_that_ends_so(banks, runs, wanted):
    for start in (0, 7, 31):
        rows = runs[start:]
        ends_so = {"signed": rows["package"].notna(), "any": rows["draw"] >= 0}.get(wanted, rows["outcome"] == wanted)
        *before, (draw, _) = search_draws(banks, 1, start, wanted, 60 - start)
        assert draw == (int(rows.index[ends_so][0]) if ends_so.any() else None)
        assert all(each is None for each, _ in before)


def test_a_search_in_vain_says_how_far_it_came(file):
    scenario = sim.read_scenario(file, ["parties.*.no_deal=0.97"])
    assert narrate(scenario, 1, 0).outcome == "no_zone"
    *_, last = search_draws(scenario, 1, 5, "signed", 30)
    assert last == (None, 34)
    with pytest.raises(ValueError, match="'peace'"):
        list(search_draws(scenario, 1, 0, "peace", 30))
