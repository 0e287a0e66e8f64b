"""A party's candidates; what is chosen from them is held against the talks as an ordinary loop over all packages."""

import numpy as np
import pytest

from sim.core.bids import (
    BEST_FOR_OTHERS,
    Domain,
    line_table,
    list_candidates,
    listed_bid,
    no_bids,
    ordering,
    side_by_side,
    update_best,
    widened,
)  # fmt: skip
from sim.core.package_pass import no_prospects
from sim.core.utility import Lines


@pytest.mark.parametrize("find", [list_candidates.py_func, list_candidates], ids=["plain", "compiled"])
def test_there_may_be_more_candidates_than_there_is_room_for_at_first(find):
    packages, rows = 600, np.arange(2)
    table = Lines((), np.zeros(0, np.int64), np.zeros(packages, np.int64), np.zeros((1, 0), bool))
    order = np.arange(packages)
    worth = np.array([[order / packages] * 2, [order[::-1] / packages] * 2])
    ranks = np.broadcast_to(order[None], (2, 1, packages)).copy()
    signs, counts = np.ones((2, packages), bool), np.ones(2, bool)
    domain = Domain(worth, no_prospects(2, 2, packages), signs, line_table(table), ranks, counts)
    bids = widened(no_bids(2, 2, packages, len(table.crosses)), 2, looks=False)
    bids.signable[1] = True
    orders = side_by_side((ordering(order, table.pattern),))
    while (widest := find(1, rows, domain, orders, bids)) > bids.worth.shape[2]:
        bids = widened(bids, widest, looks=False)
    assert bids.listed[1].tolist() == [packages, 1]
    assert bids.package[1, 0, :packages].tolist() == order.tolist()


@pytest.mark.parametrize("seed", range(30))
def test_whoever_looks_ahead_bids_the_first_of_all_packages_worth_enough_in_any_round(seed):
    """Against a search of all packages in order, wherever in its range the reservation value lies."""
    random, packages = np.random.default_rng(seed), 60
    table = Lines((), np.zeros(0, np.int64), np.zeros(packages, np.int64), np.zeros((1, 0), bool))
    lowest, highest = np.sort(random.uniform(-0.5, 0.8, 2))
    chance, kind, each = random.uniform(0, 1, (1, packages)), random.integers(0, 4, packages), np.arange(packages)
    ahead = no_prospects(1, 1, packages)._replace(
        looks=np.ones((1, 1), bool), chance=chance, combination=each.astype(np.int32),
        held=random.uniform(0, 1, (1, 1, 4)), kind=kind[None].astype(np.int32), entry=each[None].astype(np.int32),
        lowest=np.array([[lowest]]), highest=np.array([[highest]]),
    )  # fmt: skip
    net, nothing, ranks = random.uniform(-1, 1, (1, 1, packages)), np.zeros(1, bool), np.arange(packages)[None, None]
    domain = Domain(net, ahead, np.ones((1, packages), bool), line_table(table), ranks, np.ones(1, bool))
    bids = widened(no_bids(1, 1, packages, 1), packages, looks=True)
    bids.signable[:] = True
    order = random.permutation(packages)
    list_candidates.py_func(0, np.arange(1), domain, side_by_side((ordering(order, table.pattern),)), bids)
    for r in np.linspace(lowest, highest, 7):
        update_best.py_func(0, np.arange(1), np.ones(1, bool), domain, np.zeros((1, 0), bool), np.array([[r]]), bids)
        value = r + np.maximum(chance[0] * ahead.held[0, 0, kind], 1e-12) * (net[0, 0] - r)
        assert bids.best[0, 0] == pytest.approx(value.max())
        for asks in random.uniform(value.min(), value.max(), 5):
            found = listed_bid(0, 0, BEST_FOR_OTHERS, asks, r, domain, bids, nothing)
            assert found == next(p for p in order if value[p] >= asks - 1e-9)
