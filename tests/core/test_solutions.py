"""Reference solutions: textbook answers first, then what must hold for every problem."""

from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sim.core.distances import agreement_distances
from sim.core.packages import NO_DEAL, list_packages
from sim.core.solutions import (
    asymmetric_nash,
    egalitarian,
    kalai_smorodinsky,
    kalai_smorodinsky_spread,
    nash,
    parties_by_default,
    utilitarian,
)
from tests.theory import zopa_by_definition as zone

RULES = (nash, kalai_smorodinsky, kalai_smorodinsky_spread, egalitarian, utilitarian)
SCALE_FREE = (nash, kalai_smorodinsky, kalai_smorodinsky_spread)  # a party's scale may be stretched at will


def solve(rule, utility, no_deal=None, candidates=None, parties=None, *more):
    """A rule over every package that loses nobody anything, and every party, unless told otherwise."""
    utility = np.asarray(utility, float)
    no_deal = np.zeros(len(utility)) if no_deal is None else np.asarray(no_deal, float)
    everybody = np.ones(len(utility), bool)
    if candidates is None:
        candidates = zone(utility[None], no_deal[None], np.ones(utility.shape, bool))[0]
    return rule(utility, no_deal, candidates, everybody if parties is None else parties, *more)


# Closed forms


CONCAVE = np.array([np.arange(100_001) / 100_000, 1 - (np.arange(100_001) / 100_000) ** 2])  # u2 = 1 - u1^2
STEP = 2e-5  # twice the distance of neighbouring packages in the worth of either


def test_nash_on_a_concave_frontier():
    assert solve(nash, CONCAVE).worth == pytest.approx([1 / np.sqrt(3), 2 / 3], abs=STEP)


@pytest.mark.parametrize("rule", [kalai_smorodinsky, kalai_smorodinsky_spread, egalitarian])
def test_even_shares_on_a_concave_frontier_are_the_golden_section(rule):
    """Both may gain 1 at most, so even shares are even gains."""
    golden = (np.sqrt(5) - 1) / 2
    assert solve(rule, CONCAVE).worth == pytest.approx([golden, golden], abs=STEP)


def test_even_gains_on_a_frontier_twice_as_high_for_one():
    """u2 = 2 (1 - u1^2): even where 2 u^2 + u = 2; shares of the largest gain stay the golden section."""
    stretched = CONCAVE * [[1.0], [2.0]]
    even, golden = (np.sqrt(17) - 1) / 4, (np.sqrt(5) - 1) / 2
    assert solve(egalitarian, stretched).worth == pytest.approx([even, even], abs=2 * STEP)
    assert solve(kalai_smorodinsky, stretched).worth == pytest.approx([golden, 2 * golden], abs=2 * STEP)


@pytest.mark.parametrize("power", [0.1, 0.25, 0.5, 0.8])
def test_bargaining_power_on_a_concave_frontier(power):
    """u1^a (1 - u1^2)^(1 - a) is largest where a (1 - u1^2) = 2 (1 - a) u1^2."""
    first = np.sqrt(power / (2 - power))
    solution = solve(asymmetric_nash, CONCAVE, None, None, None, np.array([power, 1 - power]))
    assert solution.worth == pytest.approx([first, 1 - first * first], abs=2 * STEP)


@pytest.mark.parametrize("power", [0.1, 0.37, 0.5, 0.9])
def test_of_a_pie_for_two_each_gets_its_power(power):
    pie = np.array([np.arange(1001) / 1000, 1 - np.arange(1001) / 1000])
    solution = solve(asymmetric_nash, pie, None, None, None, np.array([power, 1 - power]))
    assert solution.worth == pytest.approx([power, 1 - power], abs=1e-12)
    with_no_deal = solve(asymmetric_nash, pie, [0.1, 0.3], None, None, np.array([0.5, 0.5]))
    assert with_no_deal.worth == pytest.approx([0.4, 0.6], abs=1e-12)


@pytest.fixture
def logroll():
    """Two divisible issues, A (.7, .3), B (.4, .6), divided in steps of a hundred and tenth."""
    first, second = np.array(list(product(np.arange(111) / 110, repeat=2))).T
    return np.array([0.7 * first + 0.3 * second, 0.4 * (1 - first) + 0.6 * (1 - second)])


def test_logroll_nash_lies_at_the_vertex(logroll):
    assert solve(nash, logroll).worth == pytest.approx([0.7, 0.6], abs=1e-12)


@pytest.mark.parametrize("rule", [kalai_smorodinsky, kalai_smorodinsky_spread, egalitarian])
def test_logroll_even_shares_are_seven_elevenths_each(logroll, rule):
    solution = solve(rule, logroll)
    assert solution.worth == pytest.approx([7 / 11, 7 / 11], abs=1e-12)
    assert solution.value == pytest.approx(0 if rule is kalai_smorodinsky_spread else 7 / 11)


def test_stretching_one_scale_moves_egalitarian_and_utilitarian_in_the_logroll(logroll):
    stretched = logroll * [[3.0], [1.0]]
    for rule in (egalitarian, utilitarian):
        assert not set(solve(rule, logroll).packages) & set(solve(rule, stretched).packages)
    for rule in SCALE_FREE:
        assert set(solve(rule, logroll).packages) == set(solve(rule, stretched).packages)


def test_no_deal_worth_shifts_the_split():
    pie = np.array([np.arange(1001) / 1000, 1 - np.arange(1001) / 1000])
    for rule in (*SCALE_FREE, egalitarian):
        assert solve(rule, pie, [0.1, 0.3]).worth == pytest.approx([0.4, 0.6], abs=1e-12)


@pytest.mark.parametrize("powers", [(0.2, 0.3, 0.5), (0.1, 0.1, 0.8), (4.0, 6.0, 10.0)])
def test_bargaining_power_is_the_share_of_the_pie(powers):
    """u1 + u2 + u3 = 1: each gets its exponent's share."""
    shares = np.array([(a, b, 20 - a - b) for a in range(21) for b in range(21 - a)]).T / 20
    solution = solve(asymmetric_nash, shares, None, None, None, np.array(powers))
    assert solution.worth == pytest.approx(np.array(powers) / sum(powers), abs=1e-12)


# Small cases that were worked out by hand


def test_orange_and_lemon_a_tree_each():
    """Anna (.7, .3), Ben (.4, .6), market .25 each: oranges to her, lemons to him."""
    oranges, lemons = np.array(list(product([1, 0.5, 0], repeat=2))).T
    worth = np.array([0.7 * oranges + 0.3 * lemons, 0.4 * (1 - oranges) + 0.6 * (1 - lemons)])
    candidates = zone(worth[None], np.array([[0.25, 0.25]]), np.ones((2, 9), bool))[0]
    assert candidates.sum() == 5
    for rule in RULES:
        solution = solve(rule, worth, [0.25, 0.25])
        assert solution.packages.tolist() == [2], rule.__name__
        assert solution.worth == pytest.approx([0.70, 0.60], abs=1e-12)
    assert solve(nash, worth, [0.25, 0.25]).value == pytest.approx(0.1575)


def test_the_two_readings_of_kalai_smorodinsky_differ_where_packages_cannot_be_mixed():
    """Shares (.8, .55) leave nobody less than .55; (.5, .6) are more even; (.1, .1) even, but worse for both."""
    worth = [[1.0, 0.0, 0.8, 0.5, 0.1], [0.0, 1.0, 0.55, 0.6, 0.1]]
    assert solve(kalai_smorodinsky, worth).packages.tolist() == [2]
    most_even = solve(kalai_smorodinsky_spread, worth)
    assert most_even.packages.tolist() == [3]
    assert most_even.value == pytest.approx(0.1)


@pytest.fixture(scope="module")
def panama():
    """Points of 1974 over ten issues; halfway is worth half: worth (2, 59049) and shares of the issues (10, 59049)."""
    us_share = np.indices((3,) * 10).reshape(10, -1) / 2
    united_states = (us_share * np.array([22, 22, 15, 14, 11, 6, 4, 2, 2, 2])[:, None]).sum(axis=0) / 100
    panama = ((1 - us_share) * np.array([9, 15, 15, 3, 15, 5, 11, 7, 7, 13])[:, None]).sum(axis=0) / 100
    return np.array([united_states, panama]), us_share


def test_panama_zone_and_solutions(panama):
    worth, us_share = panama
    no_deal = np.array([0.5, 0.5])
    assert zone(worth[None], no_deal[None], np.ones(worth.shape, bool)).sum() == 6_522
    best = solve(nash, worth, no_deal)
    assert best.worth == pytest.approx([0.64, 0.68], abs=1e-12)
    assert best.value == pytest.approx(0.0252, abs=1e-12)
    assert us_share[:, best.packages].T.tolist() == [[1, 1, 0, 1, 0, 1, 0, 0, 0, 0]]
    for rule in (kalai_smorodinsky, kalai_smorodinsky_spread, egalitarian):
        assert solve(rule, worth, no_deal).worth == pytest.approx([0.655, 0.655], abs=1e-12)


def test_panama_largest_sum_is_a_tie_of_three(panama):
    """Land and water counts the same for both, so whoever gets how much of it the sum is 1.32."""
    worth, us_share = panama
    solution = solve(utilitarian, worth, [0.5, 0.5])
    assert solution.value == pytest.approx(1.32)
    assert len(solution.packages) == 3
    assert sorted(us_share[2, solution.packages]) == [0, 0.5, 1]
    assert us_share[2, solution.package] == 0  # of the three it leaves the smallest gain the largest: .64 and .68


# Cases at the edge


def test_without_candidates_there_is_no_solution():
    for rule in RULES:
        solution = solve(rule, [[0.2, 0.4], [0.3, 0.1]], [0.5, 0.5])
        assert solution.package == NO_DEAL
        assert np.isnan(solution.worth).all() and solution.worth.shape == (2,)
        assert np.isnan(solution.value)
        assert solution.note == "no candidates"


def test_a_party_that_can_gain_nothing_is_left_out_and_named():
    worth = np.array([[0.6, 0.8, 0.7], [0.5, 0.5, 0.5], [0.9, 0.6, 0.8]])
    for rule in SCALE_FREE:
        solution = solve(rule, worth, [0.5, 0.5, 0.5])
        assert solution.left_out == (1,)
        assert solution.note
        assert solution.packages.tolist() == solve(rule, worth[[0, 2]], [0.5, 0.5]).packages.tolist()
    assert solve(nash, worth, [0.5, 0.5, 0.5]).value == pytest.approx(0.2 * 0.3)


def test_a_gain_below_the_tolerance_is_no_gain():
    worth = np.array([[0.5 + 1e-10, 0.5 + 2e-10], [0.8, 0.7]])
    assert solve(nash, worth, [0.5, 0.5]).packages.tolist() == [0]
    assert solve(nash, worth, [0.5, 0.5]).left_out == (0,)


def test_a_small_product_is_a_product():
    solution = solve(nash, [[0.51], [0.51]], [0.5, 0.5])
    assert solution.value == pytest.approx(1e-4)
    assert (solution.left_out, solution.note) == ((), "")


def test_products_that_differ_by_rounding_tie():
    """Gains of .1 and .6, or of .2 and .3, or .3 and .2: the product is .06 each time, but not to the last bit."""
    worth, no_deal = np.array([[0.55, 0.65, 0.75, 0.55], [1.05, 0.75, 0.65, 0.95]]), np.array([0.45, 0.45])
    gains = worth - no_deal[:, None]
    assert len(set(gains[0, :3] * gains[1, :3])) > 1
    assert sorted(solve(nash, worth, no_deal).packages) == [0, 1, 2]


def test_of_packages_that_tie_the_one_with_the_largest_smallest_gain_comes_first():
    assert solve(utilitarian, [[0.9, 0.3, 0.6], [0.1, 0.7, 0.4]]).packages.tolist() == [2, 1, 0]
    assert solve(egalitarian, [[0.4, 0.4, 0.4], [0.5, 0.8, 0.5]]).packages.tolist() == [1, 0, 2]


def test_what_nothing_else_tells_apart_stands_by_the_rank_handed_in():
    """An order of options leans to one end of every issue, so callers hand in one that does not."""
    alike = np.full((2, 3), 0.5)
    rank = np.array([1, 2, 0])
    for rule in RULES:
        assert solve(rule, alike, [0.4, 0.4]).packages.tolist() == [0, 1, 2]
        assert solve(rule, alike, [0.4, 0.4], None, None, rank).packages.tolist() == [2, 0, 1]
    powers = np.array([1.0, 2.0])
    assert solve(asymmetric_nash, alike, [0.4, 0.4], None, None, powers, rank).packages.tolist() == [2, 0, 1]
    some = np.array([True, False, True])
    assert solve(nash, alike, [0.4, 0.4], some, None, rank).packages.tolist() == [2, 0]


def test_who_counts_where_nothing_is_said():
    always, sometimes, never = [True, True], [True, False], [False, False]
    assert parties_by_default(np.array([always, sometimes, never])).tolist() == [True, False, False]
    assert parties_by_default(np.array([sometimes, never])).tolist() == [True, False]


def test_left_out_are_only_parties_that_count():
    worth = np.array([[0.5, 0.5], [0.6, 0.8], [0.9, 0.6], [0.5, 0.5]])
    solution = solve(nash, worth, np.full(4, 0.5), None, np.array([False, True, True, True]))
    assert solution.left_out == (3,)


def test_where_nobody_can_gain_everything_ties():
    for rule in RULES:
        assert sorted(solve(rule, np.full((2, 3), 0.5), [0.5, 0.5]).packages) == [0, 1, 2]
    assert solve(nash, np.full((2, 3), 0.5), [0.5, 0.5]).left_out == (0, 1)


def test_where_no_package_lets_all_gain_the_nash_product_ties_and_says_so():
    solution = solve(nash, [[0.5, 0.8], [0.9, 0.5]], [0.5, 0.5])
    assert sorted(solution.packages) == [0, 1]
    assert "tie" in solution.note


def test_two_losses_make_no_product():
    """Lines and no-deal value of somebody who does not sign do not narrow the zone, so losses occur in it."""
    solution = solve(nash, [[0.1, 0.6], [0.1, 0.6]], [0.5, 0.5], np.array([True, True]))
    assert solution.packages.tolist() == [1]


def test_a_solution_over_nobody_is_refused():
    with pytest.raises(ValueError, match="a party that counts"):
        solve(nash, [[0.5]], [0.0], None, np.array([False]))


@pytest.mark.parametrize("powers", [[-1.0, 2.0], [0.0, 0.0]])
def test_bargaining_powers_below_0_or_all_0_are_refused(powers):
    with pytest.raises(ValueError, match="bargaining powers"):
        solve(asymmetric_nash, [[0.5], [0.5]], None, None, None, np.array(powers))


def test_who_has_no_bargaining_power_does_not_count():
    solution = solve(asymmetric_nash, [[0.9, 0.5], [0.1, 0.5]], None, None, None, np.array([1.0, 0.0]))
    assert solution.packages.tolist() == [0]


# What holds for every problem


@st.composite
def problems(draw, least_parties=1):
    """Worth on a coarse grid, no-deal value on the same, so that ties and no gains at all are common."""
    parties, packages = draw(st.integers(least_parties, 4)), draw(st.integers(1, 25))
    level = st.integers(0, 16)
    cells = draw(st.lists(level, min_size=parties * packages, max_size=parties * packages))
    no_deal = draw(st.lists(st.integers(0, 10), min_size=parties, max_size=parties))
    return np.array(cells).reshape(parties, packages) / 16, np.array(no_deal) / 16


@given(problems())
def test_solutions_are_what_the_definitions_say(problem):
    """Each package of the zone, one by one, in plain Python."""
    worth, no_deal = problem
    gains = {p: worth[:, p] - no_deal for p in range(worth.shape[1]) if (worth[:, p] >= no_deal).all()}
    assume(gains)
    most = np.max(list(gains.values()), axis=0)
    able = most > 0
    all_gain = any((gain > 0).all() for gain in gains.values())
    scores = {
        nash: {p: float(np.prod(gain if all_gain else gain[able])) for p, gain in gains.items()},
        kalai_smorodinsky: {p: min(gain[able] / most[able], default=0.0) for p, gain in gains.items()},
        egalitarian: {p: min(gain) for p, gain in gains.items()},
        utilitarian: {p: sum(worth[:, p]) for p in gains},
        kalai_smorodinsky_spread: {
            p: min(gain[able] / most[able], default=0.0) - max(gain[able] / most[able], default=0.0)
            for p, gain in gains.items()
            if not any((more[able] >= gain[able]).all() and (more[able] > gain[able]).any() for more in gains.values())
        },
    }
    for rule, score in scores.items():
        best = max(score.values())
        expected = {p for p, value in score.items() if value >= best - 1e-12}
        assert set(solve(rule, worth, no_deal).packages.tolist()) == expected, rule.__name__


@given(problems(), st.data())
def test_stretching_and_shifting_a_scale_moves_nothing_that_is_free_of_scales(problem, data):
    worth, no_deal = problem
    party = data.draw(st.integers(0, len(worth) - 1))
    factor, shift = data.draw(st.sampled_from([0.1, 0.5, 3.0, 7.0])), data.draw(st.sampled_from([0.0, -0.3, 1.7]))
    stretched, stretched_no_deal = worth.copy(), no_deal.copy()
    stretched[party], stretched_no_deal[party] = factor * worth[party] + shift, factor * no_deal[party] + shift
    for rule in SCALE_FREE:
        before, after = solve(rule, worth, no_deal), solve(rule, stretched, stretched_no_deal)
        assert set(before.packages) == set(after.packages)
        assert before.left_out == after.left_out


@given(problems(), st.randoms())
def test_renaming_parties_and_packages_renames_the_answers_and_moves_no_bit(problem, random):
    worth, no_deal = problem
    rows, columns = list(range(len(worth))), list(range(worth.shape[1]))
    random.shuffle(rows)
    random.shuffle(columns)
    for rule in RULES:
        before, after = solve(rule, worth, no_deal), solve(rule, worth[rows][:, columns], no_deal[rows])
        assert {columns[p] for p in after.packages} == set(before.packages)
        assert {rows[n] for n in after.left_out} == set(before.left_out)
        np.testing.assert_equal(after.value, before.value)
    all_sign, everything = np.ones(worth.shape, bool), list_packages(np.ones((1, len(columns)), bool))
    options = np.zeros((len(columns), 1), np.uint8)
    powers = np.arange(1.0, len(rows) + 1)
    first, again = (
        agreement_distances(
            lambda _, packages, __, u=utility: u[:, packages], free[None], all_sign, everything, all_sign[:, 0], power,
            options, np.array([agreed]),
        )
        for utility, free, power, agreed in (
            (worth, no_deal, powers, columns[0]), (worth[rows][:, columns], no_deal[rows], powers[rows], 0)
        )
    )  # fmt: skip
    np.testing.assert_equal(first, again)


@given(st.integers(0, 2**32 - 1))
def test_exchanging_parties_moves_no_bit_of_a_product_or_sum(seed):
    """Four factors in another order differ in the last bit; ours run by ascending value."""
    worth = np.random.default_rng(seed).random((4, 50))
    for rule in (nash, utilitarian):
        assert len({solve(rule, worth[list(order)]).value for order in ((0, 1, 2, 3), (3, 1, 0, 2), (2, 3, 1, 0))}) == 1


@given(problems(least_parties=2), st.sampled_from([0.3, 1.0, 5.0]))
def test_equal_bargaining_powers_give_nash(problem, power):
    worth, no_deal = problem
    equal = solve(asymmetric_nash, worth, no_deal, None, None, np.full(len(worth), power))
    plain = solve(nash, worth, no_deal)
    assert set(equal.packages) == set(plain.packages)
    assert equal.value == pytest.approx(plain.value, nan_ok=True)
