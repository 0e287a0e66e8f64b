"""Worth of packages, red lines over them, and worth seen from the start."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sim.core.packages import Issue, package_space
from sim.core.utility import (
    Extra,
    deliver,
    lines_over,
    package_utility,
    rescale_weights,
    worth_from_start,
    worth_of,
)


def test_a_small_package_by_hand():
    """Weights .7 and .3, points 100 and 50: .7 x 1 + .3 x .5 = .85, and a linkage of .04 on top."""
    space = package_space([Issue("lemons", ("half", "none")), Issue("oranges", ("all", "none"))])
    worth = np.array([[[[0.5, 0.0], [1.0, 0.0]]]])
    both = space.index_of({"lemons": "half", "oranges": "all"})
    utility = package_utility(space, np.array([[[0.3, 0.7]]]), worth, [Extra(0, np.array([both]), np.array([0.04]))])
    assert utility[0, 0, both] == pytest.approx(0.89)
    assert utility[0, 0, space.index_of({"lemons": "half", "oranges": "none"})] == pytest.approx(0.15)


@given(st.integers(1, 3), st.integers(1, 5), st.data())
def test_worth_is_the_weighted_sum_over_issues(draws, count, data):
    issues = [Issue(f"i{k}", tuple("abc"[: data.draw(st.integers(1, 3))])) for k in range(count)]
    space = package_space(issues)
    unit = st.floats(0, 1)
    weights = rescale_weights(data.draw(hnp.arrays(float, (draws, 2, count), elements=st.floats(0.01, 1))))
    worth = data.draw(hnp.arrays(float, (draws, 2, count, 3), elements=unit))
    utility = package_utility(space, weights, worth)
    for p, package in enumerate(space.packages):
        for b in range(draws):
            for n in range(2):
                wanted = math.fsum(weights[b, n, i] * worth[b, n, i, o] for i, o in enumerate(package))
                assert utility[b, n, p] == pytest.approx(wanted, abs=1e-12)


@given(st.integers(1, 5), st.integers(1, 4), st.data())
def test_worth_of_some_packages_has_the_bits_it_has_among_all(count, draws, data):
    space = package_space([Issue(f"i{k}", tuple("abc"[: data.draw(st.integers(1, 3))])) for k in range(count)])
    weights = rescale_weights(data.draw(hnp.arrays(float, (draws, 2, count), elements=st.floats(0.01, 1))))
    worth = data.draw(hnp.arrays(float, (draws, 2, count, 3), elements=st.floats(0, 1)))
    adds = data.draw(hnp.arrays(float, (2, draws), elements=st.floats(-0.1, 0.1)))
    extras = [Extra(data.draw(st.integers(0, 1)), np.arange(place, len(space), 2), adds[place]) for place in range(2)]
    package = data.draw(hnp.arrays(np.int64, draws, elements=st.integers(0, len(space) - 1)))
    whole = package_utility(space, weights, worth, extras)[np.arange(draws), :, package]
    assert np.array_equal(worth_of(space, weights, worth, extras, package), whole)
    several = data.draw(hnp.arrays(np.int64, (1, 3), elements=st.integers(0, len(space) - 1)))
    of_several = package_utility(space, weights, worth, extras)[:, :, several[0]]
    assert np.array_equal(worth_of(space, weights, worth, extras, several).transpose(0, 2, 1), of_several)


def test_weights_that_do_not_sum_to_one_are_refused():
    space = package_space([Issue("a", ("x",)), Issue("b", ("x",))])
    with pytest.raises(ValueError, match="sum to 1"):
        package_utility(space, np.array([[[0.5, 0.4]]]), np.ones((1, 1, 2, 1)))
    with pytest.raises(ValueError, match="above 0"):
        rescale_weights(np.zeros((1, 1, 2)))


def test_an_option_that_may_not_be_had_is_worth_the_blend():
    """Chance .15 of 100 points, else 75: .15 + .85 x .75 = .7875."""
    worth = np.array([[[1.0, 0.75, 0.3]]])
    deliver(worth, 0, 1, np.array([0.15]))
    assert worth[0, 0].tolist() == pytest.approx([0.7875, 0.75, 0.3])


@given(hnp.arrays(bool, (3, 6)), hnp.arrays(bool, (4, 3)))
def test_crossing_by_pattern_is_crossing_by_package(forbids, marked):
    lines = lines_over(["a.x", "a.y", "b.x"], [0, 0, 1], forbids)
    wanted = [[any(marked[b, n] and forbids[n, p] for n in range(3)) for p in range(6)] for b in range(4)]
    assert lines.crossed(marked).tolist() == wanted
    assert len(lines.crosses) == len({tuple(column) for column in forbids.T.tolist()})


@given(st.sampled_from([1, 7, 8, 9, 63, 64, 65, 130]), st.integers(0, 1000))
def test_patterns_are_numbered_by_the_lines_they_cross_the_first_line_weighing_most(count, seed):
    rows = np.random.default_rng(seed).random((5, count)) < 0.2
    rows[3] = rows[0]  # two packages that cross the same lines
    rows[4] = rows[0]
    rows[4, -1] ^= True  # and one that differs in the last line alone
    lines = lines_over([f"{k:03}" for k in range(count)], [0] * count, rows.T)
    patterns = sorted({tuple(row) for row in rows.tolist()})
    assert lines.crosses.tolist() == [list(pattern) for pattern in patterns]
    assert lines.pattern.tolist() == [patterns.index(tuple(row)) for row in rows.tolist()]


@given(st.integers(1, 6), st.floats(0.3, 1), st.floats(0, 1), st.floats(0, 1), st.integers(0, 6))
def test_with_constant_no_deal_worth_from_the_start_is_the_closed_form(rounds, discount, no_deal, utility, signed):
    """`r + q^(k-1) (u - r)`; no deal at all is worth r."""
    signed = min(signed, rounds)
    worth = worth_from_start(
        np.full((rounds, 1, 1), no_deal), np.array([[discount]]), 30.4375, np.array([signed]), np.array([[utility]])
    )
    wanted = no_deal + discount ** (signed - 1) * (utility - no_deal) if signed else no_deal
    assert worth[0, 0] == pytest.approx(wanted, abs=1e-12)


def test_worth_from_the_start_counts_rounds_of_moving_no_deal_worth():
    """q = .5: rounds worth .4 and .2, then .8 signed in round 3: .5 x .4 + .25 x .2 + .25 x .8 = .45."""
    no_deal = np.array([0.4, 0.2, 0.9]).reshape(3, 1, 1)
    worth = worth_from_start(no_deal, np.array([[0.5]]), 30.4375, np.array([3]), np.array([[0.8]]))
    assert worth[0, 0] == pytest.approx(0.45)
