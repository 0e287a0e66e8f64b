"""What goes on around the table: events, public words, closed channels, zones that come and go, harm until the end."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.core.packages import NO_DEAL
from sim.core.state import ACCEPTED, NOT_ASKED, OFFERED, PASSED, REFUSED
from sim.model.ensemble import Ensemble, draw
from sim.model.peace_talks import PeaceTalks, Talks, hold_talks
from sim.results.columns import OUTCOMES, outcome_columns
from sim.results.columns_signed import bought_by_pressure
from tests.plain import Package
from tests.plain_world import PlainWorld
from tests.worlds import MONTH, made, text_on_a_table, worlds

WORDS = {OFFERED: "offered", ACCEPTED: "accepted", REFUSED: "refused", PASSED: "passed"}


def package_of(ensemble: Ensemble, package: int) -> Package:
    space = ensemble.structure.space
    return tuple(space.options_of(int(package))[issue.name] for issue in space.issues)


def zone_of(ensemble: Ensemble, zone: np.ndarray) -> set[Package]:
    return {package_of(ensemble, package) for package in np.flatnonzero(zone)}


# Against an ordinary loop


@settings(max_examples=75)
@given(worlds(max_rounds=12, leaving=True, elections=True), st.integers(0, 50))
def test_one_draw_equals_an_ordinary_loop_of_its_world(problem, seed):
    """Every move of every round, and all that the talks say of themselves."""
    scenario, count = made(problem), 3
    talks = hold_talks(draw(scenario, seed, 0, count))
    for b in range(count):
        compare(talks, b, PlainWorld(draw(scenario, seed, b, 1)).play())


@settings(max_examples=75)
@given(worlds(max_rounds=12, leaving=True, elections=True, agenda=True), st.integers(0, 50))
def test_one_draw_with_an_agenda_equals_an_ordinary_loop_of_its_world(problem, seed):
    """Also which items were closed when, and what was opened again."""
    scenario, count = made(problem), 3
    talks = hold_talks(draw(scenario, seed, 0, count))
    for b in range(count):
        plain = PlainWorld(draw(scenario, seed, b, 1)).play()
        compare(talks, b, plain)
        open_items = [0] * (len(plain.items) - len(plain.shut_in))
        assert talks.closed[-1][b].tolist() == [*plain.shut_in, *open_items]


def compare(talks: Talks, b: int, plain: PlainWorld) -> None:
    ensemble, approval = talks.ensemble, talks.approval
    names = ensemble.structure.parties
    assert moves_of(talks, b) == plain.did
    assert approval.attempts[b] == plain.attempts
    last, who = plain.left
    assert {n: k for n, k in zip(names, talks.left[b], strict=True) if k} == dict.fromkeys(who, last)
    if plain.signed is None:
        assert talks.package[b] == NO_DEAL
    else:
        k, package, proposer = plain.signed
        assert (talks.signed[b], names[talks.proposer[b]]) == (k, proposer)
        assert package_of(ensemble, talks.package[b]) == package
        assert bought_by_pressure(talks)[b] == plain.bought()
        assert approval.passed[b] == plain.passed
        refused = approval.refused_by[b]
        assert (approval.ratification.static.ratifiers[refused] if refused >= 0 else "") == plain.refused_by
        assert approval.in_force_month[b] == pytest.approx(plain.in_force, nan_ok=True)
        assert approval.ceasefire_month[b] == pytest.approx(plain.ceasefire)
    stages = ensemble.world.stages
    for e, stage in enumerate(stages.static.specs if stages else ()):
        since, until, broke = plain.agreed.get(stage.id, (0, np.inf, False))
        assert (stages.agreed[b, e], stages.broke[b, e]) == (since, broke)
        assert stages.until[b, e] == pytest.approx(until)
    for seen in plain.seen:
        k = seen["round"] - 1
        assert talks.reservation_value[k, b] == pytest.approx([seen["no_deal"][name] for name in names], abs=1e-12)
        assert talks.aspiration[k, b] == pytest.approx([seen["aspiration"][name] for name in names], abs=1e-12)
    assert set(np.array(ensemble.structure.lines.names)[talks.real[b]]) == seen["real"]
    assert zone_of(ensemble, talks.zone_first[b]) == plain.seen[0]["zone"]
    assert zone_of(ensemble, talks.zone[b]) == seen["zone"]
    assert talks.zone_ever[b] == any(seen["zone"] for seen in plain.seen)
    if ensemble.scenario.war:
        columns = outcome_columns(talks)
        assert [columns[f"after.war_cost_{name}"][b] for name in names] == pytest.approx(list(map(plain.money, names)))


def moves_of(talks: Talks, b: int) -> list[tuple[int, str, str, Package]]:
    names = talks.ensemble.structure.parties
    return [
        (k, names[moves.who[turn, b]], WORDS[moves.did[turn, b]], package_of(talks.ensemble, moves.package[turn, b]))
        for k, moves in enumerate(talks.moves, 1)
        for turn in range(len(moves.who))
        if moves.did[turn, b] != NOT_ASKED
    ]


# By hand: two parties, one text

HIGH = {"ash": 0.9, "birch": 0.9}  # nothing beats no deal
POINTS = {"ash": {"a": 0, "b": 30, "c": 60, "d": 100}, "birch": {"a": 100, "b": 60, "c": 30, "d": 0}}
EQUALS = {"ash": {"a": 100, "b": 80, "c": 60}, "birch": {"a": 100, "b": 80, "c": 60}}  # they want the same


def talks_on(points: Any, no_deal: Any, rounds: int, draws: int = 1, **blocks: Any) -> Talks:
    return hold_talks(draw(made(text_on_a_table(points, no_deal, rounds, **blocks)), 1, 0, draws))


def columns_of(talks: Talks) -> dict[str, Any]:
    columns = outcome_columns(talks)
    return {name.removeprefix("after."): values[0] for name, values in columns.items()} | {
        "outcome": OUTCOMES[columns["outcome"][0]]
    }


def utility_by_round(points: Any, no_deal: Any, rounds: int, party: int = 0, **blocks: Any) -> list[list[float]]:
    """Worth of the texts to a party as it bargains by it in each round."""
    model = PeaceTalks(draw(made(text_on_a_table(points, no_deal, rounds, **blocks))))
    worth = []
    while model.running:
        model.step()
        worth.append(model.utility[0, party].tolist())
    return worth


def word(month: float, **commits: Any) -> list[dict[str, Any]]:
    return [{"id": "word", "at": {"month": month}, "commits": {"party": "ash", "costs_per_step": 0.1} | commits}]


@pytest.mark.parametrize(("month", "first"), [(0, 1), (0.9, 2), (2, 3), (2.1, 4)])
def test_a_public_word_costs_each_step_back_from_the_round_on_in_which_it_is_given(month, first):
    """From c, ash's second best, to b is one step back, to a two; to d is none."""
    worth = utility_by_round(POINTS, HIGH, 5, events=word(month, to={"text": "c"}))
    for k, now in enumerate(worth, 1):
        assert now == pytest.approx([-0.2, 0.2, 0.6, 1.0] if k >= first else [0.0, 0.3, 0.6, 1.0])


def test_a_public_word_binds_nobody_else_and_leaves_plain_worth_alone():
    talks = talks_on(POINTS, HIGH, 2, events=word(0, to={"text": "d"}))
    assert talks.net_utility[0, 1].tolist() == talks.plain[0, 1].tolist() == [1.0, 0.6, 0.3, 0.0]
    assert talks.plain[0, 0].tolist() == [0.0, 0.3, 0.6, 1.0]
    assert talks.net_utility[0, 0] == pytest.approx([-0.3, 0.1, 0.5, 1.0])


def test_worth_is_told_without_what_a_public_word_takes_from_it_and_margins_with_it():
    """They sign a; ash had said d."""
    points = {"ash": {"a": 90, "d": 100}, "birch": {"a": 90, "d": 0}}
    found = columns_of(talks_on(points, {"ash": 0.5, "birch": 0.5}, 3, events=word(0, to={"text": "d"})))
    assert (found["utility.0"], found["margin.0"]) == pytest.approx((0.9, 0.9 - 0.1 - 0.5))


def votes(months: float = 1.5, after: Any = None, **refused: float) -> dict[str, Any]:
    """A house that wants one half and expects it, less so much in log-odds."""
    return {
        "after_refusal": after or {"name": "resume", "months_lost": 0, "at_most": 5},
        "ratifiers": {
            "house": {
                "party": "ash",
                "order": 1,
                "votes": [{"id": "law", "at_least": "1/2"}],
                "support": 0.5,
                "error": 0,
                "months": months,
                "shifts": {"text": refused},
            }
        },
    }


# What events take off the table, and give back


def test_what_an_event_removes_is_in_no_later_zone_is_not_offered_and_stands_in_the_way():
    """Until month 2 text b would do; nobody has come down to it by then."""
    points = {"ash": {"a": 0, "b": 60, "c": 100}, "birch": {"a": 100, "b": 60, "c": 0}}
    blocks = {"events": [{"id": "gone", "at": {"month": 2}, "removes": {"text": "b"}}]}
    talks = talks_on(points, {"ash": 0.5, "birch": 0.5}, 6, **blocks)
    assert talks.zone_first[0].tolist() == [False, True, False]
    assert not talks.zone[0].any()
    assert talks.zone_ever[0]
    assert talks.package[0] == NO_DEAL
    late = [offered for k, _, _, (offered,) in moves_of(talks, 0) if k >= 3]
    assert late
    assert "b" not in late
    blocks["events"][0]["at"]["month"] = 0
    talks = talks_on(points, {"ash": 0.5, "birch": 0.5}, 6, **blocks)
    assert not talks.zone_ever[0]
    assert columns_of(talks)["blocker"] == "ash.no_deal | birch.no_deal | events.gone"


def test_a_closed_channel_skips_turns_and_the_clock_goes_on():
    """Months 1 and 2 pass without a word; aspirations in round 4 are those of round 4."""
    events = [{"id": "shut", "at": {"month": 1}, "closes_channel": {"rounds": 2}},
              {"id": "loss", "at": {"month": 2}, "shifts_no_deal": {"ash": 0.1}}]  # fmt: skip
    talks, plain = (talks_on(POINTS, {"ash": 0.7, "birch": 0.7}, 5, events=happen) for happen in (events, events[1:]))
    assert [k for k, _, _, _ in moves_of(talks, 0)] == [1, 1, 4, 4, 5, 5]
    assert np.array_equal(talks.reservation_value, plain.reservation_value)
    assert np.array_equal(talks.aspiration, plain.aspiration)
    assert talks.reservation_value[:, 0, 0] == pytest.approx([0.7, 0.7, 0.8, 0.8, 0.8])


# Zones that come and go


def test_a_zone_in_a_round_between_is_no_lack_of_one():
    """Ash's worth of fighting on dips below b in round 3 alone; nobody offers b then."""
    points = {"ash": {"a": 0, "b": 60, "c": 100}, "birch": {"a": 100, "b": 80, "c": 0}}
    dip = [{"id": "down", "at": {"month": 2}, "shifts_no_deal": {"ash": -0.2}},
           {"id": "up", "at": {"month": 3}, "shifts_no_deal": {"ash": 0.2}}]  # fmt: skip
    shut = {"id": "shut", "at": {"month": 2}, "closes_channel": {"rounds": 1}}
    talks = talks_on(points, {"ash": 0.7, "birch": 0.5}, 8, events=[*dip, shut])
    assert not talks.zone_first[0].any()
    assert not talks.zone[0].any()
    assert talks.zone_ever[0]
    assert columns_of(talks)["outcome"] == "deadline"
    dip[0]["shifts_no_deal"]["ash"] = -0.05
    assert columns_of(talks_on(points, {"ash": 0.7, "birch": 0.5}, 8, events=[*dip, shut]))["outcome"] == "no_zone"


# Harm and money


def war(**numbers: Any) -> dict[str, Any]:
    """Two waves at the outset, each cutting off 1,000 homes of birch, of which half are back after seven days."""
    return {
        "cost_unit": "crowns",
        "cost_per_month": {"ash": 3, "birch": 5},
        "strikes": {"ash_on_birch": {"waves_per_month": 0, "drones_per_wave": 10, "households_per_hit": 100} | numbers},
        "outages": {"repair_half_life_days": 7},
    }


TWO_WAVES = [{"id": "wave", "at": {"month": 0}, "extra_waves": {"ash_on_birch": 2}}]
ALL_WEEKS = 2000 / np.log(2)  # a wave of n homes with a half-life of a week adds n / ln 2 household-weeks


def delayed(months: float, to_vote: float = 9) -> dict[str, Any]:
    block = votes(to_vote)
    block["milestones"] = {"ceasefire": {"months": months}}
    return block


@pytest.mark.parametrize("months", [0, 0.7, 4])
def test_harm_and_money_run_until_the_ceasefire_not_until_the_votes(months):
    """Signed in round 1; what is dark then stays so as long as it takes, and waves go on at their mean."""
    blocks = {"war": war(waves_per_month=2), "events": TWO_WAVES, "ratification": delayed(months)}
    found = columns_of(talks_on(EQUALS, {"ash": 0.5, "birch": 0.5}, 6, **blocks))
    assert (found["months_to_force"], found["outcome"]) == (9, "in_force")
    assert found["household_weeks_birch"] == pytest.approx(ALL_WEEKS * (1 + months))
    assert found["household_weeks_ash"] == 0
    assert [found["war_cost_ash"], found["war_cost_birch"]] == pytest.approx([3 * months, 5 * months])


@pytest.mark.parametrize("ratification", [None, votes(a=-1, after={"name": "end"})])
def test_without_a_ceasefire_harm_and_money_run_to_the_last_round(ratification):
    """Whether nothing was signed or what was signed was refused."""
    blocks = {"war": war(), "events": TWO_WAVES} | ({"ratification": ratification} if ratification else {})
    no_deal = {"ash": 0.5, "birch": 0.5} if ratification else HIGH
    points = EQUALS if ratification else POINTS
    found = columns_of(talks_on(points, no_deal, 6, **blocks))
    assert found["outcome"] == ("refused" if ratification else "no_zone")
    assert [found["war_cost_ash"], found["war_cost_birch"]] == pytest.approx([15, 25])
    so_far = ALL_WEEKS * (1 - 2 ** (-5 * MONTH / 7))  # and what is still dark at the date of the last round
    still = ALL_WEEKS * 2 ** (-5 * MONTH / 7)
    assert found["household_weeks_birch"] == pytest.approx(so_far + still)
