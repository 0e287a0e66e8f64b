"""Adjusted winner, and the mean of positions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.core.fair_division import adjusted_winner
from sim.core.positions import best_positions, even_scale, nearest_to_position, weighted_mean

UNITED_STATES = np.array([22, 22, 15, 14, 11, 6, 4, 2, 2, 2.0])
PANAMA = np.array([9, 15, 15, 3, 15, 5, 11, 7, 7, 13.0])
LAND_AND_WATER = 2


def test_panama_1974_gives_both_66_points_and_splits_land_and_water_2_to_13():
    """Brams & Taylor (1996) on the points in Raiffa (1982)."""
    result = adjusted_winner(UNITED_STATES, PANAMA)
    assert (result.points_a, result.points_b) == pytest.approx((66, 66))
    assert result.split == LAND_AND_WATER
    assert result.shares_to_a == pytest.approx([1, 1, 2 / 15, 1, 0, 1, 0, 0, 0, 0])


def test_the_closest_contest_is_the_one_divided():
    """A leads 78 to 70; the mansion, 40 to 20, is its closest win: 38 + 40 x = 70 + 20 (1 - x), x = 13/15."""
    mansion = 1
    result = adjusted_winner(np.array([10, 40, 10, 38, 2.0]), np.array([38, 20, 30, 10, 2.0]))
    assert result.split == mansion
    assert result.shares_to_a == pytest.approx([0, 13 / 15, 0, 1, 0])
    assert (result.points_a, result.points_b) == pytest.approx((38 + 40 * 13 / 15,) * 2)


def test_two_issues_that_each_wants_alone_need_no_split():
    result = adjusted_winner(np.array([1.0, 0.0]), np.array([0.0, 5.0]))
    assert result.shares_to_a.tolist() == [1, 0]
    assert result.split is None
    assert (result.points_a, result.points_b) == (100, 100)


def test_the_same_points_are_divided_fifty_to_fifty():
    result = adjusted_winner(np.array([0.5, 0.3, 0.2]), np.array([0.5, 0.3, 0.2]))
    assert (result.points_a, result.points_b) == pytest.approx((50, 50))


def test_an_issue_nobody_gives_a_point_is_shared():
    result = adjusted_winner(np.array([0.0, 0.6, 0.4]), np.array([0.0, 0.4, 0.6]))
    assert result.shares_to_a.tolist() == [0.5, 1, 0]
    assert result.split is None


@pytest.mark.parametrize("weights", [[0.0, 0.0], [-0.1, 1.1]])
def test_weights_below_0_or_all_0_are_refused(weights):
    for pair in ((np.array(weights), np.ones(2)), (np.ones(2), np.array(weights))):
        with pytest.raises(ValueError, match="weights must not be negative"):
            adjusted_winner(*pair)


@st.composite
def two_weightings(draw):
    issues = draw(st.integers(1, 8))
    points = st.lists(st.integers(0, 30), min_size=issues, max_size=issues).filter(any)
    return np.array(draw(points), float), np.array(draw(points), float)


@given(two_weightings())
def test_adjusted_winner_is_equitable_envy_free_and_splits_one_issue_at_most(weightings):
    a, b = weightings
    result = adjusted_winner(a, b)
    assert result.points_a == pytest.approx(result.points_b, abs=1e-9)
    assert result.points_a >= 50 - 1e-9
    partly = (result.shares_to_a > 0) & (result.shares_to_a < 1) & (a + b > 0)
    assert np.flatnonzero(partly).tolist() == ([] if result.split is None else [result.split])


@given(two_weightings())
def test_adjusted_winner_is_efficient(weightings):
    """No trade of a bit of one issue for a bit of another leaves both better off: A's ratios are the higher ones."""
    a, b = weightings
    shares = adjusted_winner(a, b).shares_to_a
    for kept in np.flatnonzero((shares > 0) & (a + b > 0)):
        for given_up in np.flatnonzero((shares < 1) & (a + b > 0)):
            assert a[kept] * b[given_up] >= a[given_up] * b[kept]


@given(two_weightings(), st.sampled_from([0.01, 2.0, 37.0]))
def test_points_do_not_depend_on_the_unit_or_on_who_is_called_a(weightings, unit):
    a, b = weightings
    points = adjusted_winner(a, b).points_a
    assert adjusted_winner(a * unit, b).points_a == pytest.approx(points)
    assert adjusted_winner(b, a).points_a == pytest.approx(points)


# Positions


def test_options_are_evenly_spaced():
    assert even_scale(5).tolist() == [0, 25, 50, 75, 100]
    assert even_scale(1).tolist() == [0]


SCALE = np.array([[0, 50, 100], [0, 100, np.nan]])


def test_a_party_stands_at_its_best_option_or_midway_between_several():
    worth = np.array([[[0.2, 1.0, 0.4], [1.0, 0.0, 9.9]], [[0.0, 1.0, 1.0], [0.7, 0.7, 0.0]]])
    assert best_positions(worth, SCALE).tolist() == [[50, 0], [75, 50]]


def test_influence_and_weight_pull_the_mean():
    """(3 x .5 x 0 + 1 x 1.0 x 100) / 2.5 = 40 on the first issue; the second counts for one party alone."""
    positions, weights = np.array([[0, 20.0], [100, 80.0]]), np.array([[0.5, 0.5], [1.0, 0.0]])
    assert weighted_mean(positions, weights, np.array([3.0, 1.0])) == pytest.approx([40, 20])


def test_an_issue_that_counts_for_nobody_has_no_mean_and_does_not_count():
    mean = weighted_mean(np.array([[30.0, 90.0]]), np.array([[1.0, 0.0]]), np.array([1.0]))
    assert mean[0] == 30 and np.isnan(mean[1])
    packages = np.array([[0, 0], [1, 0], [1, 1], [2, 1]])
    nearest, distance = nearest_to_position(mean, SCALE, packages)
    assert nearest.tolist() == [1, 2]
    assert distance == 20


def test_the_nearest_package_is_nearest_among_those_that_can_exist():
    packages = np.array([[0, 0], [2, 1]])
    nearest, distance = nearest_to_position(np.array([60.0, 30.0]), SCALE, packages)
    assert nearest.tolist() == [0]
    assert distance == 90


@given(st.integers(1, 5), st.randoms())
def test_exchanging_parties_moves_no_bit_of_the_mean(parties, random):
    positions = np.array([[random.random() * 100 for _ in range(3)] for _ in range(parties)])
    weights, influence = positions[::-1] / 100 + 0.1, positions[:, 0] + 1
    order = list(range(parties))
    random.shuffle(order)
    mean = weighted_mean(positions, weights, influence)
    np.testing.assert_array_equal(weighted_mean(positions[order], weights[order], influence[order]), mean)
    assert (mean >= positions.min(axis=0) - 1e-9).all() and (mean <= positions.max(axis=0) + 1e-9).all()
