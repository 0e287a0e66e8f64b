"""The ZOPA behind red lines, and what keeps packages out of it, against the same in NumPy."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sim.core.blocking import minimal_blocking_sets
from sim.core.utility import Lines
from sim.core.zopa import acceptable
from tests.package_cases import cases

TOLERANCE = 1e-9


@given(cases(), st.data())
def test_the_zone_behind_red_lines(case, data):
    """Whatever some lines forbid, and whichever draws are looked at."""
    utility, no_deal, signs, pattern, patterns = case
    crosses = data.draw(hnp.arrays(bool, (patterns, 2)))
    real = data.draw(hnp.arrays(bool, (len(utility), 2)))
    lines = Lines(("a.x", "b.y"), np.array([0, 1]), pattern, crosses)
    crossed = (crosses[pattern][None] & real[:, None]).any(axis=2)
    wanted = (~signs | (utility >= (no_deal - TOLERANCE)[:, :, None])).all(axis=1) & ~crossed
    assert np.array_equal(acceptable(utility, no_deal, signs, lines, real), wanted)
    rows = np.arange(len(utility))[::-2]
    assert np.array_equal(acceptable(utility, no_deal[rows], signs, lines, real[rows], rows=rows), wanted[rows])


@given(cases(), st.data())
def test_the_smallest_sets_of_broken_constraints(case, data):
    utility, no_deal, signs, pattern, patterns = case
    lines_crossed = data.draw(hnp.arrays(np.int64, patterns, elements=st.integers(0, 3)))
    short = signs & (utility[0] < (no_deal[0] - TOLERANCE)[:, None])
    broken = lines_crossed[pattern] + short.sum(axis=0)
    bits = (short << np.arange(len(short))[:, None]).sum(axis=0)
    wanted = {(pattern[p], bits[p]) for p in np.flatnonzero(broken == broken.min())}
    by_pattern = Lines((), np.zeros(0, np.int64), pattern, np.zeros((patterns, 0), bool)).by_pattern
    assert minimal_blocking_sets(utility[0], no_deal[0], signs, by_pattern, lines_crossed) == wanted
