"""How far agreements lie from the reference solutions: by hand, and what must hold in every draw."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.distances import nash_distance, pareto_distance
from sim.issues import NO_DEAL
from sim.solutions import nash, zone


def test_nash_distance_on_a_pie():
    """Of a pie in fifths with nothing without a deal, .2 against .8: product .16 of at most .24."""
    pie = np.array([[[0.2, 0.4, 0.6, 0.8], [0.8, 0.6, 0.4, 0.2]]])
    everything, nothing = np.ones((1, 4), bool), np.zeros((1, 2))
    both = np.array([True, True])
    assert nash_distance(pie, nothing, everything, both, np.array([0])) == pytest.approx([1 - np.sqrt(16 / 24)])
    assert nash_distance(pie, nothing, everything, both, np.array([1])).tolist() == [0.0]
    only_first = np.array([True, False])
    assert nash_distance(pie, nothing, everything, only_first, np.array([0])) == pytest.approx([1 - 0.2 / 0.8])


def test_nash_distance_is_missing_without_agreement_or_gain():
    worth = np.array([[[0.5, 0.7], [0.6, 0.6]]] * 3)
    no_deal = np.array([[0.4, 0.4], [0.4, 0.4], [0.7, 0.6]])
    everything, both = np.ones((3, 2), bool), np.array([True, True])
    distance = nash_distance(worth, no_deal, everything, both, np.array([NO_DEAL, 0, 1]))
    assert np.isnan(distance).tolist() == [True, False, True]
    assert np.isnan(nash_distance(worth, no_deal, everything, np.zeros(2, bool), np.array([0, 0, 0]))).all()
    sliver = np.array([[[0.5, 2e-5], [0.5, 2e-5]]])  # product 4e-10 in the zone: too small to divide by
    assert np.isnan(nash_distance(sliver, np.zeros((1, 2)), np.array([[False, True]]), both, np.array([1]))).all()


def test_nash_distance_is_over_those_that_can_gain():
    worth = np.array([[[0.5, 0.7, 0.9], [0.6, 0.6, 0.6], [0.9, 0.9, 0.7]]])
    distance = nash_distance(worth, np.array([[0.5, 0.6, 0.5]]), np.ones((1, 3), bool), np.ones(3, bool), np.array([0]))
    assert distance.tolist() == [1.0]
    distance = nash_distance(worth, np.array([[0.4, 0.6, 0.5]]), np.ones((1, 3), bool), np.ones(3, bool), np.array([0]))
    assert distance == pytest.approx([1 - np.sqrt(0.1 * 0.4 / (0.3 * 0.4))])


def test_pareto_distance_is_what_all_signatories_left_on_the_table():
    worth = np.array([[[0.5, 0.6, 0.9, 0.8], [0.5, 0.7, 0.4, 0.8]]])
    signs = np.ones((2, 4), bool)
    assert pareto_distance(worth, signs, np.array([[True, True, True, False]]), np.array([0])) == pytest.approx([0.1])
    assert pareto_distance(worth, signs, np.ones((1, 4), bool), np.array([0])) == pytest.approx([0.3])
    assert pareto_distance(worth, signs, np.ones((1, 4), bool), np.array([2])).tolist() == [0.0]
    signs[1, 0] = False  # the second is not asked about package 0: only the first's worth counts
    assert pareto_distance(worth, signs, np.ones((1, 4), bool), np.array([0])) == pytest.approx([0.4])


def test_pareto_distance_is_missing_where_there_is_nothing_to_compare():
    worth, everything = np.array([[[0.5, 0.6]]] * 3), np.array([[True, True], [True, True], [False, False]])
    distance = pareto_distance(worth, np.ones((1, 2), bool), everything, np.array([NO_DEAL, 1, 1]))
    assert np.isnan(distance).tolist() == [True, False, True]
    assert np.isnan(pareto_distance(worth, np.zeros((1, 2), bool), everything, np.array([0, 0, 0]))).all()


@st.composite
def draws(draw):
    """Several draws of one problem: worth (B, N, P), no deal (B, N), signs (N, P), zone (B, P), agreed (B,)."""
    count, parties, packages = draw(st.integers(1, 5)), draw(st.integers(1, 4)), draw(st.integers(1, 12))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    worth, no_deal = np.round(rng.random((count, parties, packages)), 1), np.round(rng.random((count, parties)) / 2, 1)
    signs = rng.random((parties, packages)) < 0.8
    candidates = zone(worth, no_deal, signs, rng.random((count, packages)) < 0.9)
    agreed = np.where(candidates.any(axis=1) & (rng.random(count) < 0.8), candidates.argmax(axis=1), NO_DEAL)
    return worth, no_deal, signs, candidates, agreed


@given(draws())
def test_a_draw_does_not_feel_its_neighbours(many):
    worth, no_deal, signs, candidates, agreed = many
    everybody = np.ones(len(signs), bool)
    together = (
        zone(worth, no_deal, signs, candidates),
        nash_distance(worth, no_deal, candidates, everybody, agreed),
        pareto_distance(worth, signs, candidates, agreed),
    )
    for b in range(len(worth)):
        row = slice(b, b + 1)
        alone = (
            zone(worth[row], no_deal[row], signs, candidates[row]),
            nash_distance(worth[row], no_deal[row], candidates[row], everybody, agreed[row]),
            pareto_distance(worth[row], signs, candidates[row], agreed[row]),
        )
        for block, single in zip(together, alone, strict=True):
            np.testing.assert_array_equal(block[row], single)


@given(draws())
def test_agreements_in_the_zone_are_at_most_as_good_as_the_best_of_it(many):
    worth, no_deal, signs, candidates, agreed = many
    everybody = np.ones(len(signs), bool)
    short = nash_distance(worth, no_deal, candidates, everybody, agreed)
    left = pareto_distance(worth, signs, candidates, agreed)
    assert ((short[~np.isnan(short)] >= 0) & (short[~np.isnan(short)] <= 1)).all()
    assert (left[~np.isnan(left)] >= 0).all()
    for b in np.flatnonzero(~np.isnan(short)):
        best = nash(worth[b], no_deal[b], candidates[b], everybody)
        assert (agreed[b] in best.packages) == (short[b] < 1e-9)
