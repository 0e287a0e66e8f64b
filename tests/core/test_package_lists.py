"""Marked packages as lists, against NumPy."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sim.core.packages import list_packages


@given(st.lists(st.sets(st.integers(0, 199), max_size=4), min_size=1, max_size=4), st.integers(200, 260))
def test_lists_hold_what_is_marked(draws, packages):
    marked = np.zeros((len(draws), packages), bool)
    for b, some in enumerate(draws):
        marked[b, list(some)] = True
    found = list_packages(marked)
    rows, columns = np.nonzero(marked)
    assert found.packages.tolist() == columns.tolist()
    assert found.count.tolist() == np.bincount(rows, minlength=len(draws)).tolist()
    assert np.array_equal(found.start, np.append(0, np.cumsum(found.count)))


def test_all_of_many_and_none():
    marked = np.array([[True] * 130, [False] * 130, [False] * 129 + [True]])
    found = list_packages(marked)
    assert found.packages.tolist() == [*range(130), 129]
    assert found.start.tolist() == [0, 130, 130, 131]
