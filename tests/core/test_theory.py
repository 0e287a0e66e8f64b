"""Closed forms: the worked numbers of the papers, and each formula against a computation that does not use it."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from tests import theory

shares = st.floats(0, 1)

# Bargaining


@pytest.mark.parametrize(("d1", "d2", "share"), [(0.9, 0.8, 0.714286), (0.5, 0.5, 0.666667), (0.0, 0.0, 1.0),
                                                 (0.4, 1.0, 0.0)])
def test_rubinstein_share(d1, d2, share):
    assert theory.rubinstein_share(d1, d2) == pytest.approx(share, abs=1e-6)


@pytest.mark.parametrize(("n", "q", "d", "share"), [(3, 2, 0.9, 0.7), (5, 3, 0.9, 0.64), (4, 1, 0.9, 1.0)])
def test_baron_ferejohn_share(n, q, d, share):
    assert theory.baron_ferejohn_share(n, q, d) == pytest.approx(share, abs=1e-6)


# War


def test_fearon_range():
    assert theory.fearon_range(0.5, 0.1, 0.1) == pytest.approx((0.4, 0.6), abs=1e-12)


def test_battle_chain():
    assert theory.battle_chain(5, 10, 0.55) == pytest.approx(0.731717, abs=1e-6)
    assert theory.battle_chain(3, 10, 0.5) == pytest.approx(0.3, abs=1e-15)


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


@pytest.mark.parametrize(("s12", "s60", "shape"), [(0.83, 0.79, 0.146), (0.79, 0.56, 0.559), (0.55, 0.29, 0.452),
                                                   (0.79, 0.68, 0.306)])
def test_weibull_shape_of_the_published_pairs(s12, s60, shape):
    assert theory.weibull_shape(s12, s60) == pytest.approx(shape, abs=5e-4)
