"""Closed forms: the worked numbers of the papers, and each formula against a computation that does not use it."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from tests import theory

shares = st.floats(0, 1)
inner = st.floats(0.01, 0.99)


# Bargaining


@pytest.mark.parametrize(("d1", "d2", "share"), [(0.9, 0.8, 0.714286), (0.5, 0.5, 0.666667), (0.0, 0.0, 1.0),
                                                 (0.4, 1.0, 0.0)])
def test_rubinstein_share(d1, d2, share):
    assert theory.rubinstein_share(d1, d2) == pytest.approx(share, abs=1e-6)


@given(inner, inner)
def test_rubinstein_share_leaves_both_indifferent_between_now_and_later(d1, d2):
    first, second = theory.rubinstein_share(d1, d2), theory.rubinstein_share(d2, d1)  # what each asks when it moves
    assert 1 - first == pytest.approx(d2 * second)
    assert 1 - second == pytest.approx(d1 * first)


@pytest.mark.parametrize(("periods", "share"), [(1, 1), (2, 0.1), (3, 0.91), (4, 0.181), (5, 0.8371)])
def test_rubinstein_finite(periods, share):
    assert theory.rubinstein_finite(0.9, periods) == pytest.approx(share, abs=1e-6)


@given(shares, st.integers(1, 60))
def test_rubinstein_finite_is_backward_induction(d, periods):
    proposer = 1.0
    for _ in range(periods - 1):
        proposer = 1 - d * proposer  # the responder is given what it would get by waiting to propose
    assert theory.rubinstein_finite(d, periods) == pytest.approx(proposer, abs=1e-12)


def test_a_far_deadline_is_no_deadline():
    assert theory.rubinstein_finite(0.9, 1000) == pytest.approx(theory.rubinstein_share(0.9, 0.9), abs=1e-12)


def test_rubinstein_inside():
    assert theory.rubinstein_inside(0.9, 0.9, 0.2, 0.1) == pytest.approx(0.568421, abs=1e-6)


@given(st.floats(0.05, 0.9), st.floats(0.05, 0.9), st.floats(0, 0.5), st.floats(0, 0.5))
def test_rubinstein_inside_is_the_limit_of_backward_induction(d1, d2, i1, i2):
    """Each period without agreement pays the inside flows (1-d) i; whoever answers is kept just indifferent."""
    first, second = 1 - i2, i1  # what party 1 gets at the deadline if it moves, or if party 2 does
    for _ in range(2000):
        party2_waits = (1 - d2) * i2 + d2 * (1 - second)
        party1_waits = (1 - d1) * i1 + d1 * first
        first, second = 1 - party2_waits, party1_waits
    assert theory.rubinstein_inside(d1, d2, i1, i2) == pytest.approx(first, abs=1e-9)


@pytest.mark.parametrize(("n", "q", "d", "share"), [(3, 2, 0.9, 0.7), (5, 3, 0.9, 0.64), (4, 1, 0.9, 1.0)])
def test_baron_ferejohn_share(n, q, d, share):
    assert theory.baron_ferejohn_share(n, q, d) == pytest.approx(share, abs=1e-6)


@given(st.integers(1, 12), shares, st.data())
def test_baron_ferejohn_members_expect_what_the_proposer_pays_for(n, d, data):
    """A member proposes with chance 1/n and is bought with chance (q-1)/n: these values must reproduce themselves."""
    q = data.draw(st.integers(1, n))
    proposer = theory.baron_ferejohn_share(n, q, d)
    price = (1 - proposer) / (q - 1) if q > 1 else 0.0
    if q > 1:
        value = proposer / n + (q - 1) / n * price
        assert price == pytest.approx(d * value, abs=1e-12)
    else:
        assert proposer == 1


@given(shares, shares)
def test_linear_conceders_meet_where_their_claims_fill_the_pie(r0, r1):
    assume(r0 + r1 <= 1)
    t = theory.linear_conceders_meet(r0, r1)
    assert 0.5 <= t <= 1
    assert (1 - (1 - r0) * t) + (1 - (1 - r1) * t) == pytest.approx(1)


def test_linear_conceders_meet_on_paper():
    assert theory.linear_conceders_meet(0.1, 0.3) == pytest.approx(0.625, abs=1e-12)


def test_zeuthens_risks_walk_to_the_nash_product():
    """First to b, second to c (it skips d: there the first would still be the bolder), first to c."""
    worth = {"a": (10, 1), "b": (8, 4), "c": (6, 6), "d": (4, 7), "e": (2, 8)}

    def risk(party, offers):
        return theory.zeuthen_risk(worth[offers[party]][party], worth[offers[1 - party]][party], 0)

    offers, path = ["a", "e"], []
    while offers[0] != offers[1]:
        mover = 0 if risk(0, offers) <= risk(1, offers) else 1
        held = worth[offers[mover]][mover]
        for package in sorted((p for p in worth if worth[p][mover] < held), key=lambda p: -worth[p][mover]):
            tried = [package if party == mover else offers[party] for party in (0, 1)]
            if tried[0] == tried[1] or risk(mover, tried) > risk(1 - mover, tried):
                break
        offers[mover] = package
        path.append((mover, package))
    assert path == [(0, "b"), (1, "c"), (0, "c")]
    assert math.prod(worth[offers[0]]) == max(map(math.prod, worth.values())) == 36


@given(st.floats(0.1, 10), st.floats(0, 10), st.floats(0.1, 10), st.floats(-5, 5))
def test_zeuthens_risk_is_the_chance_of_breakdown_that_makes_holding_out_worthless(gain, other, factor, no_deal):
    risk = theory.zeuthen_risk(no_deal + gain, no_deal + other, no_deal)
    assert risk * no_deal + (1 - risk) * (no_deal + gain) == pytest.approx(no_deal + other)
    assert theory.zeuthen_risk(factor * gain, factor * other, 0) == pytest.approx(risk, abs=1e-9)


# War


def test_fearon_range():
    assert theory.fearon_range(0.5, 0.1, 0.1) == pytest.approx((0.4, 0.6), abs=1e-12)


@given(shares, shares, shares, shares)
def test_fearon_range_holds_what_both_like_better_than_war(p, cost_a, cost_b, division):
    low, high = theory.fearon_range(p, cost_a, cost_b)
    assume(min(abs(division - low), abs(division - high)) > 1e-9)
    assert (low < division < high) == (division > p - cost_a and 1 - division > 1 - p - cost_b)


def test_battle_chain():
    assert theory.battle_chain(5, 10, 0.55) == pytest.approx(0.731717, abs=1e-6)
    assert theory.battle_chain(3, 10, 0.5) == pytest.approx(0.3, abs=1e-15)


def chances_by_linear_system(n, p):
    """First-step analysis: from k the chance is p times that from k+1 and 1-p times that from k-1."""
    equations = np.eye(n + 1)
    for k in range(1, n):
        equations[k, k - 1], equations[k, k + 1] = p - 1, -p
    return np.linalg.solve(equations, np.eye(n + 1)[n])


@given(st.integers(1, 30), st.floats(0.05, 0.95))
def test_battle_chain_solves_its_first_step_equations(n, p):
    closed = [theory.battle_chain(k, n, p) for k in range(n + 1)]
    assert closed == pytest.approx(chances_by_linear_system(n, p), abs=1e-9)
    assert closed[::-1] == pytest.approx([1 - theory.battle_chain(k, n, 1 - p) for k in range(n + 1)], abs=1e-12)


@pytest.mark.parametrize("p", [0.5 - 1e-12, 0.5, 0.5 + 1e-12])
def test_battle_chain_is_smooth_through_even_odds(p):
    assert theory.battle_chain(4, 9, p) == pytest.approx(4 / 9, abs=1e-10)


@pytest.mark.parametrize(("k", "p", "chance"), [(0, 0.7, 0), (9, 0.2, 1), (4, 0.0, 0), (4, 1.0, 1), (9, 0.0, 1)])
def test_battle_chain_ends(k, p, chance):
    assert theory.battle_chain(k, 9, p) == chance


def test_battle_chain_does_not_overflow():
    assert theory.battle_chain(1, 5000, 0.05) == 0
    assert theory.battle_chain(4999, 5000, 0.05) == pytest.approx(0.05 / 0.95)


def test_household_weeks_is_the_integral_of_the_decay():
    days = np.arange(0.5, 4000) / 10
    left = 200 * 0.5 ** (days / 9)
    assert theory.household_weeks(200, 9) == pytest.approx(left.sum() / 10 / 7, rel=1e-4)


# Ratification


def test_passing_chance():
    assert theory.passing_chance(0.55, 0.5, 0.05) == pytest.approx(0.841345, abs=1e-6)
    assert theory.passing_chance(0.5, 0.5, 0.05) == 0.5
    assert theory.passing_chance(0.5, 0.5, 0) == 1
    assert theory.passing_chance(0.4999, 0.5, 0) == 0


@given(shares, shares, st.floats(0.01, 0.3))
def test_passing_chance_is_the_area_beyond_the_threshold(share, threshold, error):
    area = stats.norm(share, error).sf(threshold)
    assert theory.passing_chance(share, threshold, error) == pytest.approx(float(area), rel=1e-9, abs=1e-300)


# After signature


def test_powell_penalty_needed():
    assert theory.powell_penalty_needed(0.7, 0.3, 0.1, 0.1, 0.9) == pytest.approx(0.155556, abs=1e-6)
    assert theory.powell_penalty_needed(0.7, 0.7, 0.1, 0.1, 0.9) == 0


@given(shares, shares, st.floats(0, 0.4), st.floats(0, 0.4), st.floats(0.1, 1))
def test_powell_penalty_is_where_no_division_stops_the_war(one, other, cost_d, cost_r, discount):
    """D is offered most when it gets all now and, later, all that R gives rather than fight and be penalised."""
    before, after = max(one, other), min(one, other)

    def best_for_d(penalty):
        later = min(1.0, after + cost_r + penalty)
        return (1 - discount) + discount * later

    needed = theory.powell_penalty_needed(before, after, cost_d, cost_r, discount)
    fighting = before - cost_d
    assume(after + cost_r + needed < 1)  # R can be made to give no more than all
    if needed > 0:
        assert best_for_d(needed) == pytest.approx(fighting, abs=1e-9)
    else:
        assert best_for_d(0) >= fighting - 1e-9
    if needed > 1e-6:
        assert theory.powell_fights_now(before, after, cost_d, cost_r, discount, penalty=needed - 1e-6)
    assert not theory.powell_fights_now(before, after, cost_d, cost_r, discount, penalty=needed)


def test_exactly_the_penalty_needed_is_enough():
    """Also where rounding leaves it a last bit short, as it does for some of these."""
    for before in np.arange(30, 100) / 100:
        needed = theory.powell_penalty_needed(before, 0.1, 0.03, 0.01, 0.9)
        assert not theory.powell_fights_now(before, 0.1, 0.03, 0.01, 0.9, penalty=needed)


def test_withdrawal_steps():
    assert theory.withdrawal_steps(3, 0.2, 0.5, 0.8, 0.9) == 4
    assert theory.withdrawal_steps(3, 0.2, 0, 0.8, 0.9) is None
    assert theory.withdrawal_steps(1, 0.5, 0, 0.8, 0.9) == 1


def kept_in(n, gain, flow, penalty, monitoring, discount):
    """Whether no step of n tempts: cheat at step j, or go on to the end, flow by flow."""
    for step in range(1, n + 1):
        lost = penalty + flow / n / (1 - discount)  # from the period after the step on
        lost += sum(discount ** (later - 1) * flow / n / (1 - discount) for later in range(1, n - step + 1))
        if gain / n - flow / n > discount * monitoring * lost + 1e-12:
            return False
    return True


@given(st.floats(0.1, 4), st.floats(0, 1), st.floats(0.3, 1), st.floats(0.6, 1), st.floats(0.6, 0.95))
def test_withdrawal_steps_are_the_fewest_that_are_kept(gain, flow, penalty, monitoring, discount):
    steps = theory.withdrawal_steps(gain, flow, penalty, monitoring, discount)
    bracket = (gain - flow) / (discount * monitoring) - flow / (1 - discount)
    assume(abs(bracket / penalty - round(bracket / penalty)) > 1e-6)
    found = next(n for n in range(1, 50) if kept_in(n, gain, flow, penalty, monitoring, discount))
    assert steps == found


def test_rounding_alone_does_not_ask_for_another_step():
    """(1.1 - .2) / (.5 x .75) - .2 / .5 is 2, and 2 / .1 is 20 steps, though floats say 20.000000000000004."""
    assert theory.withdrawal_steps(1.1, 0.2, 0.1, 0.75, 0.5) == 20


@pytest.mark.parametrize(("s12", "s60", "shape"), [(0.83, 0.79, 0.146), (0.79, 0.56, 0.559), (0.55, 0.29, 0.452),
                                                   (0.79, 0.68, 0.306)])
def test_weibull_shape_of_the_published_pairs(s12, s60, shape):
    assert theory.weibull_shape(s12, s60) == pytest.approx(shape, abs=5e-4)


@given(st.floats(0.02, 0.98), st.floats(0.02, 0.98), st.floats(0, 300))
def test_weibull_goes_through_both_shares_and_is_scipys(one, other, months):
    s12, s60 = max(one, other), min(one, other)
    assume(s12 - s60 > 1e-3)
    shape = theory.weibull_shape(s12, s60)
    assert theory.weibull_survival(0, s12, shape) == 1
    assert theory.weibull_survival(12, s12, shape) == pytest.approx(s12, rel=1e-12)
    assert theory.weibull_survival(60, s12, shape) == pytest.approx(s60, rel=1e-9)
    scale = 12 / (-math.log(s12)) ** (1 / shape)
    law = stats.weibull_min(shape, scale=scale)
    assert theory.weibull_survival(months, s12, shape) == pytest.approx(float(law.sf(months)), rel=1e-6, abs=1e-12)


# Refusals

nan = math.nan


@pytest.mark.parametrize(("function", "arguments", "condition"), [
    (theory.rubinstein_share, (1.0, 1.0), "both be 1"),
    (theory.rubinstein_share, (1.1, 0.5), "d1 must be in"),
    (theory.rubinstein_share, (0.5, nan), "d2 must be in"),
    (theory.rubinstein_finite, (0.9, 0), "periods must be 1 or more"),
    (theory.rubinstein_inside, (0.9, 0.9, 0.6, 0.5), "at most 1 together"),
    (theory.rubinstein_inside, (0.9, 0.9, -0.1, 0.5), "must be >= 0"),
    (theory.baron_ferejohn_share, (3, 4, 0.9), "q must be from 1 to n"),
    (theory.baron_ferejohn_share, (3, 0, 0.9), "q must be from 1 to n"),
    (theory.linear_conceders_meet, (0.6, 0.5), "at most 1"),
    (theory.zeuthen_risk, (0.3, 0.2, 0.3), "own must be above disagreement"),
    (theory.fearon_range, (0.5, -0.1, 0.1), "costs must be >= 0"),
    (theory.fearon_range, (1.5, 0.1, 0.1), "p must be in"),
    (theory.battle_chain, (5, 4, 0.5), "k must be from 0 to n"),
    (theory.battle_chain, (0, 0, 0.5), "n 1 or more"),
    (theory.battle_chain, (1, 4, nan), "p must be in"),
    (theory.household_weeks, (1, 0), "half_days must be above 0"),
    (theory.household_weeks, (-1, 1), "cut must be >= 0"),
    (theory.passing_chance, (0.5, 0.5, -0.1), "error must be >= 0"),
    (theory.passing_chance, (0.5, 1.5, 0.1), "threshold must be in"),
    (theory.powell_penalty_needed, (0.3, 0.7, 0.1, 0.1, 0.9), "exchange the sides"),
    (theory.powell_penalty_needed, (0.7, 0.3, 0.1, 0.1, 0.0), "discount must be in"),
    (theory.powell_fights_now, (0.7, 0.3, 0.1, 0.1, 0.9, -1), "penalty must be >= 0"),
    (theory.withdrawal_steps, (3, 0.2, -0.5, 0.8, 0.9), "penalty must be >= 0"),
    (theory.withdrawal_steps, (3, 0.2, 0.5, 0.0, 0.9), "monitoring must be in"),
    (theory.withdrawal_steps, (3, 0.2, 0.5, 0.8, 1.0), "discount must be in"),
    (theory.withdrawal_steps, (nan, 0.2, 0.5, 0.8, 0.9), "gain must be finite"),
    (theory.weibull_survival, (-1, 0.8, 0.5), "t must be >= 0"),
    (theory.weibull_survival, (1, 0.0, 0.5), "s12 must be in"),
    (theory.weibull_survival, (1, 0.8, 0.0), "shape must be above 0"),
    (theory.weibull_shape, (0.5, 0.6), "s60 < s12"),
])
def test_numbers_out_of_range_are_refused_by_name(function, arguments, condition):
    with pytest.raises(ValueError, match=condition):
        function(*arguments)
