"""The Pareto frontier: packages in which no party can gain unless another loses."""

import numpy as np
import numpy.typing as npt

from sim.core.exact import TOLERANCE, Floats
from sim.core.packages import Bools, Ints
from sim.core.registry import described

PIVOTS = 32  # packages compared with all others first
LEAST_CUT = 0.02  # share of packages below which a pivot dominates too few to go on
FIRST_BLOCK, LARGEST_BLOCK = 64, 2048  # vectors compared at a time: few at first, since they dominate most
WORD = 64  # rivals that one machine word marks
ROWS = 4096  # vectors compared at a time, so that their marks stay close to the processor


@described(
    formula="all p for which no q has u_n(q) >= u_n(p) for every n and u_m(q) > u_m(p) for some m",
    source="Pareto; see Keeney & Raiffa (1976)",
    use="to see what can be had without loss to anybody; it says nothing of how to choose among its packages",
)
def pareto_frontier(utility: Floats) -> Bools:
    """Packages that no other package dominates.

    Package q dominates p if its utility is at least as high to every party and higher to one. Utilities are compared on
    a grid of one tolerance (1e-9): those that differ in their last bits only are equal, and dominance stays a strict
    order, which it would not if each comparison had a tolerance of its own (three packages could dominate each other in
    a circle and leave no frontier). Packages of equal utility to all are all on the frontier, or none is.

    Args:
        utility: Utility of the packages to the parties that count, shape (N, P), N at least 1.

    Returns:
        Shape (P,); some package is on the frontier if there is any.

    Source: the order of comparison after Chomicki, Godfrey, Gryz & Liang (2003), skyline with presorting; the rivals as
    sets of bits after Tan, Eng & Ooi (2001).
    """
    steps = _on_grid(utility)
    near = _undominated_by_pivots(steps)
    order, first_of_equals = _distinct(steps[:, near])
    on_frontier = _undominated(steps[:, near[order[first_of_equals]]])
    frontier = np.zeros(utility.shape[1], bool)
    frontier[near[order]] = on_frontier[np.cumsum(first_of_equals) - 1]
    return frontier


def distinct_vectors(utility: Floats) -> tuple[Floats, Ints]:
    """Return distinct utility vectors, and how many packages share each.

    Args:
        utility: Utility of some packages, such as those of the frontier, shape (N, P).

    Returns:
        Distinct vectors, by utility to the first party, best first, then to the second and so on, shape (N, V), and the
        number of packages of each, shape (V,). Vectors within the grid of `pareto_frontier` count as one and are
        represented by one of them.
    """
    order, first_of_equals = _distinct(_on_grid(utility))
    starts = np.flatnonzero(first_of_equals)
    return utility[:, order[starts]], np.diff(np.append(starts, len(order)))


def _on_grid(utility: Floats) -> Floats:
    if utility.ndim != 2 or not len(utility):
        raise ValueError(f"worth must have shape (parties, packages) with a party at least, found {utility.shape}")
    return np.rint(utility / TOLERANCE)


def _undominated_by_pivots(steps: Floats) -> Ints:
    """Indices of packages that a few good ones do not dominate: a quick first cut, shape (at most P,).

    The package with the largest sum is on the frontier and dominates much where parties' worths are not opposed.
    """
    left = np.arange(steps.shape[1])
    total = _total(steps)
    for _ in range(min(PIVOTS, len(left))):
        pivot = steps[:, left[total.argmax()]]
        better, equal = np.zeros(len(left), bool), np.ones(len(left), bool)
        for row, at_pivot in zip(steps, pivot, strict=True):
            worth = row[left]
            better |= worth > at_pivot
            equal &= worth == at_pivot
        total[equal] = -np.inf  # next time another one
        stays = better | equal
        cut = len(left) - np.count_nonzero(stays)
        left, total = left[stays], total[stays]
        if cut < LEAST_CUT * len(stays):
            break
    return left


def _distinct(steps: Floats) -> tuple[Ints, Bools]:
    """Packages from best to worst, party by party, and which of them begins a run of equal vectors."""
    order = np.lexsort(-steps[::-1])
    in_order = steps[:, order]
    first_of_equals = np.ones(len(order), bool)
    first_of_equals[1:] = (in_order[:, 1:] != in_order[:, :-1]).any(axis=0)
    return order, first_of_equals


def _undominated(vectors: Floats) -> Bools:
    """Return undominated vectors among distinct ones in the order of `_distinct`: a rival precedes what it dominates.

    For three parties and more that order is replaced by the order of sums, in which it precedes as well, and by far:
    the first vectors dominate most of the others.
    """
    parties, count = vectors.shape
    if parties <= 2:
        rising = np.ones(count, bool)
        rising[1:] = vectors[-1, 1:] > np.maximum.accumulate(vectors[-1])[:-1] if parties == 2 else False
        return rising
    left = np.argsort(-_total(vectors), kind="stable")  # equal rounded sums keep the first order
    rest, size = vectors[:, left], FIRST_BLOCK
    undominated = np.zeros(count, bool)
    while len(left):
        block = rest[:, :size]
        stands = ~_dominated(block, block, same=True)
        undominated[left[:size][stands]] = True
        left, rest = left[size:], rest[:, size:]
        stays = ~_dominated(rest, block[:, stands])
        left, rest = left[stays], rest[:, stays]
        size = min(2 * size, LARGEST_BLOCK)
    return undominated


def _total(steps: Floats) -> Floats:
    total: Floats = steps[0].copy()
    for row in steps[1:]:
        total = total + row
    return total


def _dominated(vectors: Floats, rivals: Floats, same: bool = False) -> Bools:
    """Return vectors that some rival is at least as good as for every party, shape (V,).

    Per party, the rivals that are at least as good as a vector are the first so many in that party's order, and these
    sets are stored as bits: a vector is dominated if some bit is in the sets of all parties.

    Args:
        vectors: Shape (N, V).
        rivals: Shape (N, R).
        same: Whether the rivals are the vectors themselves, which then do not count as their own rivals.
    """
    best_first = [_best_first(row) for row in rivals]
    dominated = np.zeros(vectors.shape[1], bool)
    for start in range(0, vectors.shape[1], ROWS):
        rows = slice(start, start + ROWS)
        common = np.array(0)
        for place, (row, (falling, firsts)) in enumerate(zip(vectors, best_first, strict=True)):
            as_good = firsts.take(np.searchsorted(falling, -row[rows], side="right"), axis=0)
            common = as_good if place == 0 else np.bitwise_and(common, as_good, out=common)
        if same:
            own = np.arange(start, start + len(common))
            common[own - start, own // WORD] ^= _bit(own)
        dominated[rows] = np.logical_or.reduce(common != 0, axis=1)
    return dominated


def _best_first(row: Floats) -> tuple[Floats, npt.NDArray[np.uint64]]:
    """One party's utilities of R rivals, negated and rising, and the sets of its first 0 to R, shape (R + 1, words)."""
    order = np.argsort(-row, kind="stable")
    firsts = np.zeros((len(row) + 1, -(-len(row) // WORD)), np.uint64)
    firsts[np.arange(1, len(row) + 1), order // WORD] = _bit(order)
    return -row[order], np.bitwise_or.accumulate(firsts, axis=0)


def _bit(place: Ints) -> npt.NDArray[np.uint64]:
    """The bit of a place within its word."""
    return np.uint64(1) << (place % WORD).astype(np.uint64)
