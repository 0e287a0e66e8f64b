"""Compiled loops that count, against the same in NumPy."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sim import kernels_counts

LEVELS = st.sampled_from([0.0, 0.3, 0.3 + 4e-10, 0.3 + 2e-9, 0.7, 1.0, 1.0 - 4e-10, 1 / 3])
RANGES = np.array([[0.0, 1.0], [-0.1, 1.0], [0.0, 1.3]])


def bins(rounds, party, worth):
    """Counts by round, party and one of 20 bins."""
    wanted = np.zeros((3, 3, 20), np.int64)
    low, high = RANGES[party].T
    place = np.clip(np.floor((worth - low) / (high - low) * 20), 0, 19).astype(np.int64)
    np.add.at(wanted, (rounds, party, place), 1)
    return wanted


WORTHS = st.one_of(st.floats(-1, 2), LEVELS)


@given(hnp.arrays(float, (2, 3, 3), elements=st.one_of(WORTHS, st.just(np.nan))))
def test_worths_are_counted_by_round_party_and_bin(worth):
    counts = np.zeros((3, 3, 20), np.int64)
    kernels_counts.count_worths(worth, RANGES, counts)
    rounds, draw, party = np.nonzero(~np.isnan(worth))
    assert np.array_equal(counts, bins(rounds, party, worth[rounds, draw, party]))


@given(hnp.arrays(float, (2, 3, 4), elements=WORTHS), st.data())
def test_offers_are_counted_by_round_party_and_bin(utility, data):
    shape = (3, 2, 2)
    who = data.draw(hnp.arrays(np.int64, shape, elements=st.integers(0, 2)))
    package = data.draw(hnp.arrays(np.int64, shape, elements=st.integers(0, 3)))
    counted = data.draw(hnp.arrays(bool, shape))
    counts = np.zeros((3, 3, 20), np.int64)
    kernels_counts.count_offers(who, counted, package, utility, RANGES, counts)
    k, _, draw = np.nonzero(counted)
    assert np.array_equal(counts, bins(k, who[counted], utility[draw, who[counted], package[counted]]))


@given(st.lists(st.lists(st.integers(0, 5), unique=True), max_size=4))
def test_pairs_of_options_are_counted_once_a_draw(packages):
    options = np.array([[a, 2 + b] for a in range(2) for b in range(3)])
    together = np.zeros((5, 5), np.int64)
    flat = np.array([p for draw in packages for p in draw], np.int64)
    start = np.cumsum([0, *map(len, packages)])
    kernels_counts.count_pairs(options, flat, start, together)
    for one in range(5):
        for other in range(5):
            both = [any({one, other} <= set(options[p]) for p in draw) for draw in packages]
            assert together[one, other] == sum(both)
