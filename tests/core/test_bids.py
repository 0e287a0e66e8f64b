"""A party's candidates; what is chosen from them is held against the talks as an ordinary loop over all packages."""

import numpy as np
import pytest

from sim.core.bids import Domain, line_table, list_candidates, no_bids, ordering, side_by_side, widened
from sim.core.utility import Lines


@pytest.mark.parametrize("find", [list_candidates.py_func, list_candidates], ids=["plain", "compiled"])
def test_there_may_be_more_candidates_than_there_is_room_for_at_first(find):
    packages, rows = 600, np.arange(2)
    table = Lines((), np.zeros(0, np.int64), np.zeros(packages, np.int64), np.zeros((1, 0), bool))
    order = np.arange(packages)
    worth = np.array([[order / packages] * 2, [order[::-1] / packages] * 2])
    ranks = np.broadcast_to(order[None], (2, 1, packages)).copy()
    domain = Domain(worth, np.ones((2, packages), bool), line_table(table), ranks, np.ones(2, bool))
    bids = widened(no_bids(2, 2, packages, len(table.crosses)), 2)
    bids.signable[1] = True
    orders = side_by_side((ordering(order, table.pattern),))
    while (widest := find(1, rows, domain, orders, bids)) > bids.worth.shape[2]:
        bids = widened(bids, widest)
    assert bids.listed[1].tolist() == [packages, 1]
    assert bids.package[1, 0, :packages].tolist() == order.tolist()
