"""A party's best package and its candidates, against looking at all packages in order."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sim.core.bids import (
    BEST_FOR_OTHERS,
    LEAST_OWN,
    NEAREST_OWN,
    NEARLY,
    Domain,
    first_of_highest,
    line_table,
    list_candidates,
    listed_bids,
    no_bids,
    ordering,
    side_by_side,
    update_best,
    widened,
)
from sim.core.opponent_model import Regard
from sim.core.utility import EVERYBODY, Lines
from tests.package_cases import cases as package_cases

NEAR = 4e-10  # within the tolerance of 1e-9; three of these steps are not


@st.composite
def problems(draw):
    """One party among two: worths with near ties, the lines packages cross, what is real and heard, orders, levels."""
    draws, packages, lines = draw(st.integers(1, 4)), draw(st.integers(1, 12)), draw(st.integers(0, 3))
    levels = [0.0, 0.25, 0.5, 0.75, 1.0, 1.0 - NEAR, 1.0 - 3 * NEAR, 0.5 + 2 * NEAR]
    worth = draw(hnp.arrays(float, (draws, 2, packages), elements=st.sampled_from(levels)))
    crosses = draw(hnp.arrays(bool, (draw(st.integers(1, 4)), lines)))
    pattern = draw(hnp.arrays(np.int64, packages, elements=st.integers(0, len(crosses) - 1)))
    owners = draw(hnp.arrays(np.int64, lines, elements=st.sampled_from([1, EVERYBODY])))
    table = Lines(tuple(f"line{n}" for n in range(lines)), owners, pattern, crosses)
    shuffles = st.permutations(range(packages))
    orders = [np.array(draw(shuffles)) for _ in range(draw(st.sampled_from([1, draws])))]
    ranks = np.array([draw(shuffles) for _ in orders])
    masks = [draw(hnp.arrays(bool, (draws, lines))) for _ in range(3)]
    struck = draw(st.one_of(st.none(), hnp.arrays(bool, (draws, packages))))
    least = draw(hnp.arrays(float, draws, elements=st.floats(-0.1, 1.1)))
    regard = Regard(1, tuple(ordering(order, pattern) for order in orders), ranks)
    return worth, table, regard, orders, masks, struck, least


def listed(worth, table, regard, lasting, real, struck, find=lambda function: function):
    """What the second party may bid, listed where some lines are sure to stay real, seen anew where others are too."""
    (draws, parties, packages), rows = worth.shape, np.arange(len(worth))
    ranks = np.broadcast_to(regard.tie_rank, (parties, *regard.tie_rank.shape)).copy()
    domain = Domain(worth, np.ones((parties, packages), bool), line_table(table), ranks, np.ones(parties, bool))
    bids = widened(no_bids(parties, draws, packages, len(table.crosses)), 2)
    if struck is not None:
        bids = bids._replace(struck=struck)
    bids.signable[1] = ~table.patterns_crossing(lasting)
    order = side_by_side(regard.orderings)
    while (widest := find(list_candidates)(1, rows, domain, order, bids)) > bids.worth.shape[2]:
        bids = widened(bids, widest)
    find(update_best)(1, rows, domain, real, bids)
    return domain, bids


def plain(function):
    """The function without the compiler."""
    return function.py_func


def may_sign(table, real, struck, b, p):
    return not (table.crosses[table.pattern[p]] & real[b]).any() and not (struck is not None and struck[b, p])


def best_of(worth, packages, rank):
    """The most worth, ties within the tolerance by rank."""
    top = max(worth[p] for p in packages)
    return min((p for p in packages if worth[p] >= top - 1e-9), key=lambda p: rank[p])


@given(problems())
def test_the_best_package_is_found(problem):
    """Also once lines have fallen or come to be real since candidates were listed."""
    worth, table, regard, _, (lasting, more, _), struck, _ = problem
    real = lasting | more
    _, bids = listed(worth, table, regard, lasting, real, struck)
    for b in range(len(worth)):
        rank = regard.tie_rank[b if len(regard.tie_rank) > 1 else 0]
        fit = [p for p in range(worth.shape[2]) if may_sign(table, real, struck, b, p)]
        assert (~table.crosses[:, real[b]].any(axis=1)).tolist() == bids.signable[1, b].tolist()
        if fit:
            assert bids.best_package[1, b] == best_of(worth[b, 1], fit, rank)
            assert bids.best[1, b] == worth[b, 1, bids.best_package[1, b]]
            continue
        assert bids.best[1, b] == -np.inf
        everybody = real & (table.party == EVERYBODY)
        left = [p for p in range(worth.shape[2]) if may_sign(table, everybody, struck, b, p)]
        assert bids.best_package[1, b] == best_of(worth[b, 1], left or range(worth.shape[2]), rank)


@given(problems())
def test_the_first_package_worth_enough_is_found(problem):
    """The first by the order, the least own and the nearest own, of those that cross no line heard of, then of all."""
    worth, table, regard, orders, (lasting, more, heard), struck, least = problem
    real, draws = lasting | more, np.arange(len(worth))
    domain, bids = listed(worth, table, regard, lasting, real, struck)
    packages = worth.shape[2]
    shape = 2, len(worth)
    bids = bids._replace(
        by_worth=np.zeros((*shape, packages), np.int32), bin_end=np.zeros((*shape, packages + 2), np.int32)
    )
    for bidding in (BEST_FOR_OTHERS, LEAST_OWN, NEAREST_OWN):
        found, slack = np.empty(len(worth), np.int64), NEARLY if bidding == NEAREST_OWN else 0.0
        listed_bids(1, bidding, least, domain, table.patterns_crossing(heard), bids, found)
        for b in draws:
            own, rank = worth[b, 1], regard.tie_rank[b if len(regard.tie_rank) > 1 else 0]
            fit = [p for p in orders[b if len(orders) > 1 else 0]
                   if may_sign(table, real, struck, b, p) and own[p] >= least[b] - slack - 1e-9]  # fmt: skip
            quiet = [p for p in fit if may_sign(table, heard, None, b, p)]
            pool = fit if bidding == NEAREST_OWN else quiet or fit
            away = {p: abs(own[p] - least[b]) if bidding == NEAREST_OWN else own[p] for p in pool}
            if not pool:
                wanted = bids.best_package[1, b]
            elif bidding == BEST_FOR_OTHERS:
                wanted = pool[0]
            else:
                wanted = min((p for p in pool if away[p] <= min(away.values()) + 1e-9), key=lambda p: rank[p])
            assert found[b] == wanted, bidding


@pytest.mark.parametrize("find", [plain, lambda function: function])
def test_there_may_be_more_candidates_than_there_is_room_for_at_first(find):
    packages = 600
    table = Lines((), np.zeros(0, np.int64), np.zeros(packages, np.int64), np.zeros((1, 0), bool))
    order, nothing = np.arange(packages), np.zeros((2, 0), bool)
    worth = np.array([[order / packages] * 2, [order[::-1] / packages] * 2])
    regard = Regard(1, (ordering(order, table.pattern),), order[None])
    _, bids = listed(worth, table, regard, nothing, nothing, None, find)
    assert bids.listed[1].tolist() == [packages, 1]
    assert bids.package[1, 0, :packages].tolist() == order.tolist()


@given(problems())
def test_without_the_compiler_the_same_is_listed(problem):
    worth, table, regard, _, (lasting, more, _), struck, _ = problem
    one, other = (listed(worth, table, regard, lasting, lasting | more, struck, *find)[1] for find in ((), (plain,)))
    assert np.array_equal(one.listed, other.listed)
    listed_there = np.arange(one.worth.shape[2]) < one.listed[..., None]
    for name in ("signable", "best", "best_package"):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name
    for name in ("worth", "package", "crossing"):
        assert np.array_equal(getattr(one, name)[listed_there], getattr(other, name)[listed_there]), name


@given(package_cases(), st.data())
def test_the_first_of_the_highest(case, data):
    merit, shape = case[0][:, 0], case[0][:, 0].shape
    usable = data.draw(hnp.arrays(bool, shape))
    usable[np.arange(shape[0]), data.draw(st.integers(0, shape[1] - 1))] = True
    count = data.draw(st.sampled_from([1, shape[0]]))
    ranks = np.array([data.draw(st.permutations(range(shape[1]))) for _ in range(count)])
    held = np.where(usable, merit, -np.inf)
    ties = held >= held.max(axis=1, keepdims=True) - 1e-9
    wanted = np.where(ties, ranks, shape[1]).argmin(axis=1)
    assert first_of_highest(merit, usable, ranks).tolist() == wanted.tolist()
