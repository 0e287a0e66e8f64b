"""What packages are worth to parties that think of the votes at home and of how long the peace will last."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate

from sim.core.package_pass import value_in_round
from sim.model.ensemble import Ensemble, central, draw
from sim.model.foresight import net_utility, net_utility_of
from sim.model.peace_talks import hold_talks
from sim.results.results import run
from sim.scenario import read_scenario
from tests.problems import SCENARIOS, shipped
from tests.worlds import made, text_on_a_table, worlds

WORTH = {"ash": {"a": 90, "b": 60}, "birch": {"a": 40, "b": 80}, "cedar": {"a": 70, "b": 50}}
NO_DEAL = {"ash": 0.5, "birch": 0.3, "cedar": 0.4}
FORESIGHT = {"ash": 1, "birch": 1, "cedar": 0}
COST = {"ash": 0.05, "birch": 0.1, "cedar": 0}
DISCOUNT = {"ash": 0.98, "birch": 0.99, "cedar": 0.95}
PASSES = 0.8413447460685429  # chance that a normal number lies no further than one error below its mean

# The senate is asked about a alone, and expects its threshold by one error; the army loses by a.
SENATE = {"party": "ash", "order": 1, "when": {"text": "a"}, "votes": [{"id": "law", "more_than": "1/2"}],
          "support": 0.6, "error": 0.1, "months": 0}  # fmt: skip
RATIFICATION = {"ratifiers": {"senate": SENATE}}
HAZARD = {"survival_12": 0.8, "shape": 1}
POWER = {"months": 24, "discount": 1, "balance_now": 0.5, "war_cost": {"ash": 0.5, "birch": 0.5},
         "penalty_if_guarantor_acts": 0, "away_from_ash": {"text": {"a": 0.2}}}  # fmt: skip


def ahead(worth: Any = WORTH, foresight: Any = FORESIGHT, days: float = 14, **blocks: Any) -> tuple[Any, Any]:
    """Worth of a and b to the parties, shape (3, 2): plain, and in round 1 as they bargain by it."""
    ensemble = looking(worth, foresight, days, **blocks)
    return ensemble.utility()[0], foreseen(ensemble)[0]


def foreseen(ensemble: Ensemble, k: int = 1) -> Any:
    """What packages are worth in a round, levers at rest."""
    net, prospects = net_utility(ensemble)
    return value_in_round(net, prospects, ensemble.world.reservation_value[:, k - 1])


def looking(worth: Any, foresight: Any, days: float, **blocks: Any) -> Ensemble:
    parties = {
        name: {"foresight": foresight[name], "refusal_cost": COST[name], "discount_per_month": DISCOUNT[name]}
        | blocks.get("parties", {}).get(name, {})
        for name in worth
    }
    problem = text_on_a_table(worth, NO_DEAL, 6, **(blocks | {"parties": parties}))
    return draw(made(problem | {"time": {"rounds": 6, "days_per_round": days}}))


def by_hand(passes: Any, holds: Any, shift: Any, no_deal: Any = NO_DEAL) -> list[list[float]]:
    """q L u + (1 - q L) r - q (1 - L) s - (1 - q) x for who looks ahead, else u.

    Holds by party and text, shift away from ash by text.
    """
    stake = {"ash": 1, "birch": -1, "cedar": 0}
    worth = []
    for name, points in WORTH.items():
        row = []
        for text, held in zip("ab", holds[name], strict=True):
            u, r, f, q = points[text] / 100, no_deal[name], FORESIGHT[name], passes[text]
            risks = q * (1 - held) * stake[name] * shift[text] + (1 - q) * COST[name]
            row.append(q * held * u + (1 - q * held) * r - risks if f else u)
        worth.append(row)
    return worth


def part_held(survival: Any, discount: float) -> float:
    """Discounted part of ten years in which an agreement holds, seen in mid-month, after a year in mid-quarter."""
    spans = [(m, m + 1) for m in range(12)] + [(m, m + 3) for m in range(12, 120, 3)]
    weights = [sum(discount**m for m in range(*span)) for span in spans]
    held = [weight * survival((start + end) / 2) for weight, (start, end) in zip(weights, spans, strict=True)]
    return sum(held) / sum(weights)


FOR_EVER = dict.fromkeys(WORTH, (1, 1))
CERTAIN, NOTHING = {"a": 1, "b": 1}, {"a": 0, "b": 0}


def halving(name: str) -> float:
    """Part held of what loses a fifth a year."""
    return part_held(lambda t: 0.8 ** (t / 12), DISCOUNT[name])


@pytest.mark.parametrize("days", [14, 30])
def test_all_parts_together(days):
    """Votes, breaks and a shift of power; how long a round is does not enter."""
    blocks = {"ratification": RATIFICATION, "aftermath": {"hazard": HAZARD, "power_shift": POWER}}
    _, found = ahead(days=days, **blocks)
    holds = {name: (halving(name), halving(name)) for name in WORTH}
    assert found == pytest.approx(np.array(by_hand({"a": PASSES, "b": 1}, holds, {"a": 0.2, "b": 0})))


def test_votes_alone():
    _, found = ahead(ratification=RATIFICATION)
    assert found == pytest.approx(np.array(by_hand({"a": PASSES, "b": 1}, FOR_EVER, NOTHING)))


def test_two_votes_must_both_pass():
    council = SENATE | {"support": 0.5, "when": "always"}
    _, found = ahead(ratification={"ratifiers": {"senate": SENATE, "council": council}})
    assert found == pytest.approx(np.array(by_hand({"a": PASSES / 2, "b": 0.5}, FOR_EVER, NOTHING)))


def test_breaks_alone():
    _, found = ahead(aftermath={"hazard": HAZARD})
    holds = {name: (halving(name), halving(name)) for name in WORTH}
    assert found == pytest.approx(np.array(by_hand(CERTAIN, holds, NOTHING)))


@pytest.mark.parametrize("discount", [0.9, 0.98, 1.0])
def test_the_part_held_is_the_discounted_share_of_ten_years(discount):
    """Within a percent of the integral."""

    def weight(t: float) -> float:
        return discount**t

    exact = integrate.quad(lambda t: weight(t) * 0.8 ** (t / 12), 0, 120)[0] / integrate.quad(weight, 0, 120)[0]
    assert part_held(lambda t: 0.8 ** (t / 12), discount) == pytest.approx(exact, rel=0.01)


def test_what_makes_a_break_likelier_or_less_likely_enters():
    """Three times the danger with a; a guarantee that takes half of it away with b, and wears off by a tenth a year."""
    aftermath = {
        "credibility": {"a": 0, "b": 1},
        "credibility_lost": {"per_year": {"law": 0.1}, "route": {"b": "law"}},
        "hazard": HAZARD | {"ratios": {"thin": {"when": {"text": "a"}, "ratio": 3}}, "deterrence": 0.5},
    }
    _, found = ahead(aftermath=aftermath)

    def guaranteed(t: float) -> float:
        years = [(1 - 0.5 * 0.9**year) * min(max(t / 12 - year, 0), 1) for year in range(10)]
        return 0.8 ** sum(years)

    holds = {
        name: (part_held(lambda t: 0.8 ** (3 * t / 12), DISCOUNT[name]), part_held(guaranteed, DISCOUNT[name]))
        for name in WORTH
    }
    assert found == pytest.approx(np.array(by_hand(CERTAIN, holds, NOTHING)))


def test_a_guarantor_that_would_not_act_keeps_nothing():
    """To cedar a is worth .3 more than no deal, b .1: less than acting would cost it."""
    aftermath = {
        "guarantor": {"party": "cedar", "cost_of_acting": 0.2},
        "credibility": {"a": 1, "b": 1},
        "hazard": HAZARD | {"deterrence": 0.5},
    }
    _, found = ahead(aftermath=aftermath)
    holds = {
        name: tuple(part_held(lambda t, k=kept: 0.8 ** (k * t / 12), DISCOUNT[name]) for kept in (0.5, 1))
        for name in WORTH
    }
    assert found == pytest.approx(np.array(by_hand(CERTAIN, holds, NOTHING)))


def test_what_it_falls_back_on_is_no_deal_as_it_is_worth_in_that_round():
    """What events have added and wear has taken by then counts, and nothing that comes later."""
    events = [{"id": "at_once", "at": {"month": 0}, "shifts_no_deal": {"ash": 0.1}, "pulls_levers": "aid"},
              {"id": "later", "at": {"month": 1}, "shifts_no_deal": {"ash": 0.2}}]  # fmt: skip
    lever = {"aid": {"party": "ash", "lowers_no_deal_by": 0.5, "pulled": "never"}}
    ensemble = looking(
        WORTH, FORESIGHT, 30.4375, events=events, ratification=RATIFICATION,
        mediation={"mediator": "cedar", "levers": lever, "step_per_round": 1},
        parties={"cedar": {"kind": "mediator"}}, war={"no_deal_falls_per_month": {"ash": 0.05}},
        aftermath={"hazard": HAZARD, "power_shift": POWER},
    )  # fmt: skip
    holds = {name: (halving(name), halving(name)) for name in WORTH}
    for k, ash in ((1, 0.6), (2, 0.75), (5, 0.6)):
        now = by_hand({"a": PASSES, "b": 1}, holds, {"a": 0.2, "b": 0}, NO_DEAL | {"ash": ash})
        assert foreseen(ensemble, k)[0] == pytest.approx(np.array(now))


@pytest.mark.parametrize("refusal_cost", [0.05, 0.3])
def test_a_text_that_is_sure_to_be_refused_does_not_come_to_beat_no_deal_as_the_war_wears_on(refusal_cost):
    """No deal to ash falls from .5 to 0 while the talks go on; who does not look ahead signs a at last."""
    refused = {"ratifiers": {"senate": SENATE | {"support": 0, "error": 0}}}
    worth = {"ash": {"a": 20, "b": 60}, "birch": {"a": 35, "b": 0}, "cedar": {"a": 50, "b": 50}}
    parties = {name: {"refusal_cost": refusal_cost} for name in WORTH}
    war = {"no_deal_falls_per_month": {"ash": 0.1}}
    for foresight, signed in ((0, True), (1, False)):
        ensemble = looking(
            worth, dict.fromkeys(WORTH, foresight), 30.4375, ratification=refused, war=war, parties=parties
        )
        talks = hold_talks(ensemble)
        assert (talks.signed[0] > 0) == signed and talks.reservation_value[-1, 0, 0] < 0.21


def test_foresight_is_the_chance_to_be_of_the_kind_that_looks_ahead():
    problem = text_on_a_table(WORTH, NO_DEAL, 2, parties={"ash": {"foresight": 0.3}, "birch": {"foresight": 1}})
    looks = draw(made(problem), 1, 0, 4000).looks_ahead
    assert looks[:, 0].mean() == pytest.approx(0.3, abs=0.025)
    assert looks[:, 1].all() and not looks[:, 2].any()
    assert central(made(problem)).looks_ahead.tolist() == [[False, True, False]]  # as likely as not, or more


@settings(max_examples=50)
@given(worlds(aftermath=True), st.integers(0, 5))
def test_a_package_is_worth_no_deal_exactly_where_its_net_utility_is_in_every_round(problem, seed):
    ensemble = draw(made(problem), seed, 0, 3)
    net, prospects = net_utility(ensemble)
    for k in range(ensemble.scenario.time.rounds):
        r = ensemble.world.reservation_value[:, k]
        gains, least = value_in_round(net, prospects, r) - r[:, :, None], net - r[:, :, None]
        sure = np.abs(gains) > 1e-9
        assert np.array_equal(gains[sure] > 0, least[sure] > 0)


def test_no_doomed_text_is_signed_where_all_look_ahead():
    """Of texts with less than a chance of 5 % at home none is signed; where nobody looks ahead nearly all are such."""
    doomed = {}
    for foresight in (0, 1):
        sets = [f"parties.{name}.foresight={foresight}" for name in ("ukraine", "russia", "united_states", "europe")]
        scenario = read_scenario(SCENARIOS / "ukraine-december-2025.yaml", sets)
        chance = run(scenario, 150).draws["chance_independent"].dropna()
        doomed[foresight] = (chance < 0.05).sum(), len(chance)
    assert doomed[1][0] == 0
    assert doomed[0][0] > 0.5 * doomed[0][1] > 10


def test_a_shift_of_power_matters_as_far_as_the_peace_will_not_last():
    blocks = {"power_shift": POWER, "hazard": {"survival_12": 1, "shape": 1}}
    plain, found = ahead(aftermath=blocks)
    assert found == pytest.approx(plain)
    plain, found = ahead(aftermath={"power_shift": POWER})
    assert found == pytest.approx(plain)


def test_with_certain_votes_and_no_danger_all_is_worth_what_it_is():
    plain, found = ahead(foresight=dict.fromkeys(WORTH, 1), ratification={"ratifiers": {}}, aftermath={})
    assert found == pytest.approx(plain, abs=1e-15)


def test_nobody_who_looks_no_further_is_moved_by_a_neighbour_who_does():
    plain, found = ahead(foresight={"ash": 1, "birch": 0, "cedar": 0}, aftermath={"hazard": HAZARD})
    assert np.array_equal(found[1:], plain[1:])
    assert (found[0] != plain[0]).all()


def test_talks_run_on_foreseen_worth_and_plain_worth_is_kept():
    """Ash would sign a, best for it, at once; with an eye on the votes it knows better."""
    refused = {"ratifiers": {"senate": SENATE | {"support": 0, "error": 0}}}
    worth = {"ash": {"a": 100, "b": 60}, "birch": {"a": 100, "b": 80}, "cedar": {"a": 100, "b": 70}}
    for foresight, text in ((0, 0), (1, 1)):
        talks = hold_talks(looking(worth, dict.fromkeys(WORTH, foresight), 14, ratification=refused))
        assert talks.package[0] == text
        assert talks.plain[0].tolist() == [[1.0, 0.6], [1.0, 0.8], [1.0, 0.7]]
    both, free = np.arange(2), talks.reservation_value[-1][0][:, None]
    assert talks.value_of(0 * both, both, free)[0] == pytest.approx([0.5 - 0.05, 0.6])
    assert not talks.zone_first[0, 0]


@settings(max_examples=25)
@given(worlds(aftermath=True), st.integers(0, 5))
def test_foreseen_worth_lies_between_what_can_come_of_a_text(problem, seed):
    """Signed and kept, fought over again, or refused: in any world it is a mean of these."""
    ensemble = draw(made(problem), seed, 0, 4)
    plain, no_deal = ensemble.utility(), ensemble.world.reservation_value[:, 0]
    found = foreseen(ensemble)
    aftermath = ensemble.world.aftermath
    power = None if aftermath is None else aftermath.power_shift
    shift = np.zeros((4, 1)) if power is None else power.shifts.over_all()
    for n in range(len(ensemble.structure.parties)):
        r = no_deal[:, n, None]
        again, refused = np.abs(shift), r - ensemble.refusal_cost[:, n, None]
        ends = [plain[:, n], r - again, r + again, refused]
        low, high = (extreme.reduce(np.broadcast_arrays(*ends)) for extreme in (np.minimum, np.maximum))
        assert (found[:, n] >= low - 1e-12).all()
        assert (found[:, n] <= high + 1e-12).all()


def test_a_draw_has_the_bits_that_it_has_among_others():
    """Over thousands of packages, many of them in linkages and promised something; of one draw or of several."""
    ensemble = draw(shipped("ukraine-december-2025"), 3, 0, 3)
    assert len(ensemble.extras()) > 1
    assert np.array_equal(foreseen(ensemble)[1:2], foreseen(ensemble[1:2]))


def test_some_packages_alone_have_the_worth_that_they_have_among_all():
    for name in ("ukraine-december-2025", "panama-canal-1977"):
        for ensemble in (draw(shipped(name), 3, 5, 4), central(shipped(name))):
            whole, _ = net_utility(ensemble)
            packages = np.unique(np.linspace(0, whole.shape[2] - 1, 20).astype(int))
            assert np.array_equal(net_utility_of(ensemble, packages)[0], whole[:, :, packages])


def test_chances_are_those_of_the_normal_law():
    assert pytest.approx(0.5 * (1 + math.erf(math.sqrt(0.5)))) == PASSES
