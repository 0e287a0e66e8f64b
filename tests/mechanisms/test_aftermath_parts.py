"""The formulas of the aftermath: credibility, shift of power, pull-back, hazard; known answers first."""

from datetime import date
from types import SimpleNamespace

import numpy as np
import pytest
from aftermaths import AS_OF, Source, num, space_of
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sim.mechanisms.credibility import changes_between, credibility_by_year, least_gain, months_until
from sim.mechanisms.durability import (
    YEARS,
    WeibullYears,
    deterred,
    parts_held,
    pressure_fades,
    relative_to_reference,
    shape_between,
    used_up,
)
from sim.mechanisms.phased_withdrawal import PullBack, steps_needed
from sim.mechanisms.power_shift import power_test
from tests import theory

share = st.floats(0, 1)


def of(*numbers):
    return [np.array([number], float) for number in numbers]


# Shift of power


def power(shift, balance, cost_named, cost_other, discount, penalty, surplus="flow"):
    """The test of power, where both sides are as patient, unless a pair says how patient each is."""
    pair = discount if isinstance(discount, tuple) else (discount, discount)
    numbers = of(shift, balance, cost_named, cost_other)
    return power_test(*numbers, tuple(of(*pair)), *of(penalty), surplus)


def test_the_patience_of_the_side_that_grows_weaker_decides():
    """The other one pays the penalty: with d .9 of the weaker side .155556 is needed, whoever that is."""
    for other in (0.2, 1.0):
        assert power(0.4, 0.7, 0.1, 0.1, (0.9, other), 0.1).needed[0] == pytest.approx(0.155556, abs=5e-7)
        assert power(-0.4, 0.3, 0.1, 0.1, (other, 0.9), 0.1).needed[0] == pytest.approx(0.155556, abs=5e-7)


def test_penalty_needed_for_a_large_shift():
    """p .7 -> .3 with d .9 and costs .1, .1: the rising side must stand to lose .155556 of the stake."""
    found = power(0.4, 0.7, 0.1, 0.1, 0.9, 0.1)
    assert found.needed[0] == pytest.approx(0.155556, abs=5e-7)
    assert found.fails[0] and found.there[0] == 0.1
    assert not power(0.4, 0.7, 0.1, 0.1, 0.9, found.needed[0]).fails[0], "exactly what is needed is enough"
    assert power(0.4, 0.7, 0.1, 0.1, 0.9, found.needed[0] - 1e-6).fails[0], "and nothing less"


def test_the_two_forms_differ_in_what_the_declining_side_is_left_with():
    """d p2 - p1 - cD (1-d): .9 x .7 - .3 - .1 x .1 = .32 > 0; no penalty on the riser mends it."""
    for penalty in (0.0, 0.3, 10.0):
        found = power(0.4, 0.7, 0.1, 0.1, 0.9, penalty, surplus="all_to_riser")
        assert found.fails[0] and found.needed[0] == np.inf
    # .9 x .33 - .3 - .1 x .1 < 0: it would rather wait.
    assert not power(0.03, 0.7, 0.1, 0.1, 0.9, 0.0, surplus="all_to_riser").fails[0]
    # Just past the edge, p2 = (p1 + cD (1-d))/d = .344444
    assert not power(0.0444, 0.7, 0.1, 0.1, 0.9, 0.0, surplus="all_to_riser").fails[0]
    assert power(0.0445, 0.7, 0.1, 0.1, 0.9, 0.0, surplus="all_to_riser").fails[0]


@given(share, share, st.floats(0, 0.5), st.floats(0, 0.5), st.floats(0.05, 1), st.floats(0, 1))
def test_the_test_is_that_of_the_paper(balance, part, cost_d, cost_r, discount, penalty):
    shift = balance * part
    found = power(shift, balance, cost_d, cost_r, discount, penalty)
    case = (balance, max(balance - shift, 0.0), cost_d, cost_r, discount)
    assert found.needed[0] == pytest.approx(theory.powell_penalty_needed(*case), abs=1e-9)
    margin = found.needed[0] - penalty
    if abs(margin) > 1e-6 and shift > 1e-6:
        assert found.fails[0] == theory.powell_fights_now(*case, penalty)


@given(st.floats(-1, 1), share, st.floats(0, 0.5), st.floats(0, 0.5), st.floats(0.05, 1), share, st.booleans())
def test_exchanging_the_sides_changes_nothing(shift, balance, cost_a, cost_b, discount, penalty, flow):
    """What moves the balance away from one side moves it toward the other: the answer is the same, to rounding."""
    form = "flow" if flow else "all_to_riser"
    one = power(shift, balance, cost_a, cost_b, discount, penalty, surplus=form)
    other = power(-shift, 1 - balance, cost_b, cost_a, discount, penalty, surplus=form)
    if shift == 0:
        assert not one.fails[0] and not other.fails[0]
    elif flow:
        assert one.needed[0] == pytest.approx(other.needed[0], abs=1e-12)
        if abs(one.needed[0] - penalty) > 1e-6:
            assert one.fails[0] == other.fails[0]


def test_no_shift_passes_and_nobody_loses_more_than_it_holds():
    assert not power(0.0, 0.5, 0.0, 0.0, 1.0, 0.0).fails[0]
    assert not power(0.0, 0.0, 0.0, 0.0, 0.5, 0.0, surplus="all_to_riser").fails[0]
    beyond, all_of_it = (power(shift, 0.4, 0.1, 0.1, 0.9, 0.0) for shift in (0.48, 0.4))
    assert beyond.needed[0] == all_of_it.needed[0]


# Pull-back


def test_four_steps_or_none():
    """a 3, v .2, d .9, m .8: with P .5 four steps bind both sides, without a penalty no number does."""
    assert steps_needed(*of(3, 0.2, 0.5, 0.8, 0.9))[0] == 4
    assert steps_needed(*of(3, 0.2, 0.0, 0.8, 0.9))[0] == np.inf
    assert steps_needed(*of(0.1, 0.2, 0.0, 0.8, 0.9))[0] == 1, "who gains nothing by cheating needs no penalty"


penalties = st.just(0.0) | st.floats(1e-6, 4)


@given(st.floats(0, 6), share, penalties, st.floats(0.01, 1), st.floats(0.01, 0.99))
def test_steps_are_those_of_the_closed_form(gain, dividend, penalty, monitoring, discount):
    found = steps_needed(*of(gain, dividend, penalty, monitoring, discount))[0]
    expected = theory.withdrawal_steps(gain, dividend, penalty, monitoring, discount)
    assert found == (np.inf if expected is None else expected)


def test_limits_of_seeing_and_waiting():
    assert steps_needed(*of(3, 0.2, 0.5, 0.0, 0.9))[0] == np.inf, "unseen, cheating always pays"
    assert steps_needed(*of(0.2, 0.2, 0.0, 0.0, 0.9))[0] == 1, "unless there is nothing to gain by it"
    assert steps_needed(*of(3, 0.2, 0.0, 0.8, 1.0))[0] == 1, "a dividend for ever outweighs any gain"
    assert steps_needed(*of(3, 0.0, 0.0, 0.8, 1.0))[0] == np.inf, "but there must be one"


def pull_back(**changes):
    given_by_file = {
        "issue": "exit", "steps": {"equal": 3, "one": 1, "stay": 0}, "months": num(9), "depth_km": None,
        "one_sided": None,
        "gain_of_cheating": num(3), "dividend": num(0.2), "discount": num(0.9), "penalty": num(0.5),
    }  # fmt: skip
    return SimpleNamespace(**(given_by_file | changes))


def exits(file, option):
    space = space_of(exit=("equal", "one", "stay"))
    bound = PullBack.draw(file, Source(), space)
    there = bound.steps.of(np.array([space.index_of({"exit": option})]))
    return bound.test(there, np.ones(1), np.full(1, 0.8))


def test_a_one_sided_exit_is_no_pull_back():
    found = exits(pull_back(), "equal")
    assert (found.needed[0], found.there[0], found.fails[0]) == (4, 3, True)
    for option in ("one", "stay"):
        found = exits(pull_back(), option)
        assert not found.fails[0] and np.isnan(found.needed[0]) and np.isnan(found.there[0])


def test_a_file_may_say_itself_which_exits_are_one_sided():
    found = exits(pull_back(one_sided=("equal",)), "one")
    assert (found.needed[0], found.there[0], found.fails[0]) == (4, 1, True)
    assert not exits(pull_back(one_sided=("equal",)), "equal").fails[0]


@pytest.mark.parametrize("gains", [{"east": num(3), "west": num(1)}, {"east": num(1), "west": num(3)}])
def test_steps_must_bind_the_side_that_is_tempted_most(gains):
    assert exits(pull_back(gain_of_cheating=gains), "equal").needed[0] == 4


# Credibility


def test_a_promise_wears_off_by_the_year_and_at_each_change():
    """.7 loses 3 % a year and 10 % at changes in the years 2 and 3 (the latter two at once)."""
    found = credibility_by_year(*of(0.7, 0.03, 0.10), np.array([[0, 0, 1, 3]]))[0]
    by_hand = [0.7, 0.7 * 0.97, 0.7 * 0.97**2 * 0.9, 0.7 * 0.97**3 * 0.9**3]
    assert found == pytest.approx(by_hand, rel=1e-14)


def test_changes_count_from_signature_on():
    first = months_until(date(2029, 1, 20), AS_OF)
    assert first == pytest.approx(1133 / 30.4375)
    starts = np.array([0.0, 37.0, 37.5, 85.0, 85.5])
    assert changes_between(first, np.zeros(5), starts).tolist() == [0, 0, 1, 1, 2], "every 48 months"
    assert changes_between(first, np.full(5, 40.0), starts).tolist() == [0, 0, 0, 0, 1], "signed by the next government"
    assert changes_between(np.inf, np.zeros(5), starts).tolist() == [0] * 5
    assert months_until(date(2029, 1, 20), date(2025, 1, 20)) == 48


def test_a_guarantor_acts_when_the_agreement_is_worth_it():
    """u - r .07 against .5 x .15 = .075: absent; at .075 it acts, within the tolerance of worth."""
    gain, promised, cost = np.array([0.07, 0.075 - 1e-12, 0.08, np.nan]), np.full(4, 0.5), np.full(4, 0.15)
    assert (gain < least_gain(promised, cost)).tolist() == [True, False, False, False]


# Hazard

PAIRS = [(0.83, 0.79, 0.146), (0.79, 0.56, 0.559), (0.55, 0.29, 0.452), (0.79, 0.68, 0.306)]


@pytest.mark.parametrize(("s12", "s60", "shape"), PAIRS)
def test_the_pairs_read_in_data(s12, s60, shape):
    found = shape_between(*of(s12, s60))
    assert found[0] == pytest.approx(shape, abs=5e-4)
    law = WeibullYears.through(np.array([s12]), found)
    survival = law.survival(np.ones((1, 5)), np.array([0.0, 12.0, 60.0]))[0]
    assert survival == pytest.approx([1, s12, s60], abs=1e-12)


def test_shares_that_do_not_fall_give_the_flattest_law():
    found = shape_between(np.array([0.6, 0.6, 1.0, 0.6]), np.array([0.6, 0.7, 0.9, 0.6 - 1e-13]))
    assert np.isfinite(found).all() and (found > 0).all() and (found < 0.02).all()


@given(st.floats(0.05, 0.99), st.floats(0.1, 1.5), st.floats(0.1, 5), st.floats(0, 600))
def test_one_factor_for_all_years_is_a_weibull_law(s12, shape, factor, months):
    law = WeibullYears.through(np.array([s12]), np.array([shape]))
    found = law.survival(np.full((1, YEARS), factor), np.array([months]))[0, 0]
    assert found == pytest.approx(theory.weibull_survival(months, s12, shape) ** factor, rel=1e-9, abs=1e-300)


three_factors = st.lists(st.floats(0, 4), min_size=3, max_size=3)


@given(st.floats(0.05, 0.99), st.floats(0.2, 1.5), st.floats(0, 0.999), three_factors)
@example(s12=0.5, shape=1.0, uniform=0.0, factors=[0.0, 0.0, 5e-324])  # so small that its rate a month is 0
def test_the_break_is_where_survival_reaches_the_lot(s12, shape, uniform, factors):
    law = WeibullYears.through(np.array([s12]), np.array([shape]))
    factors = np.array([[*factors, *(YEARS - 3) * [1.0]]])
    month = law.break_month(factors, np.array([uniform]))[0]
    if np.isfinite(month):
        assert 0 <= month <= 600
        assert law.survival(factors, np.array([month]))[0, 0] == pytest.approx(1 - uniform, abs=1e-9)
    else:
        assert law.survival(factors, np.array([600.0]))[0, 0] >= 1 - uniform


def test_years_of_their_own_add_up():
    """S12 .8, shape 1: a year at factor 1, one at 3, one at 0, and half a year at 2: .8^(1 + 3 + 0 + 1)."""
    law = WeibullYears.through(np.array([0.8]), np.array([1.0]))
    found = law.survival(np.array([[1.0, 3.0, 0.0, 2.0]]), np.array([12.0, 24.0, 36.0, 42.0]))[0]
    assert found == pytest.approx([0.8, 0.8**4, 0.8**4, 0.8**5], rel=1e-12)
    last = np.array([[1.0, 3.0, 0.0, 2.0, *(YEARS - 4) * [0.0]]])
    assert law.break_month(last, np.array([1 - 0.8**5]))[0] == pytest.approx(42, abs=1e-9)
    assert law.break_month(last, np.array([1 - 0.8**7]))[0] == np.inf


def test_what_never_breaks():
    certain = WeibullYears.through(np.ones(2), np.array([0.3, 1.0]))
    assert (certain.break_month(np.ones((2, YEARS)), np.array([0.0, 1 - 2**-53])) == np.inf).all()
    danger_gone = WeibullYears.through(np.full(1, 0.5), np.full(1, 0.5))
    assert danger_gone.break_month(np.zeros((1, YEARS)), np.full(1, 0.999))[0] == np.inf


def test_a_feature_stands_relative_to_how_common_it_was():
    """Ratio .6 in a reference group where half had it: .6/.8 with, 1/.8 without; the mean over the group is 1."""
    with_it, without = relative_to_reference(*of(0.6, 0.5))
    assert (with_it[0], without[0]) == pytest.approx((0.75, 1.25))
    assert [f[0] for f in relative_to_reference(*of(0.6, 0.0))] == [0.6, 1.0]
    assert [f[0] for f in relative_to_reference(*of(1.0, 0.7))] == [1.0, 1.0]


def test_deterrence_and_pressure():
    assert deterred(*of(0.7, 0.5, 0.0))[0] == pytest.approx(0.65)
    assert deterred(*of(0.7, 0.5, 0.5))[0] == pytest.approx(1)
    assert deterred(*of(0.0, 0.9, 0.0))[0] == 1
    assert pressure_fades(*of(1.5, 0.5, 0))[0] == 1
    assert pressure_fades(*of(1.5, 0.5, 1))[0] == pytest.approx(1.25)
    assert pressure_fades(*of(1.5, 0.5, 2))[0] == pytest.approx(1.375)
    assert pressure_fades(*of(1.5, 0.0, 40))[0] == 1, "pressure that stays lets nothing grow"


@given(hnp.arrays(float, (2, 3, 4), elements=share), hnp.arrays(float, (2, 2, 4), elements=st.floats(0.01, 1)))
def test_the_part_held_is_a_mean_in_the_order_of_the_spans(held, weights):
    found = np.empty((2, 2, 3))
    parts_held(held, weights, found)
    for b, n, kind in np.ndindex(found.shape):
        part = np.cumsum(held[b, kind] * weights[b, n])[-1]
        assert found[b, n, kind] == part / np.cumsum(weights[b, n])[-1]


@given(hnp.arrays(float, (2, 3, 4), elements=share), hnp.arrays(float, (3, 6), elements=share), st.data())
def test_hazard_is_used_up_year_by_year(factors, more, data):
    """The edges of five years for factors of four: the law looks further than foresight."""
    edges, scale = np.cumsum(more, axis=1)[:2], more[2, :2].copy()
    year = np.array(data.draw(st.lists(st.integers(0, 3), min_size=1)))
    into_year = data.draw(hnp.arrays(float, (2, len(year)), elements=share))
    found = np.empty((2, 3, len(year)))
    used_up(factors, scale, edges, into_year, year, found)
    spans = scale[:, None] * (edges[:, 1:5] - edges[:, :4])
    total = np.cumsum(factors * spans[:, None], axis=2)
    for b, kind, month in np.ndindex(found.shape):
        k = year[month]
        before = total[b, kind, k - 1] if k else 0.0
        assert found[b, kind, month] == before + scale[b] * factors[b, kind, k] * into_year[b, month]
