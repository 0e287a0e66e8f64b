"""The Pareto frontier: packages in which no party can gain unless another loses."""

import numpy as np

from sim.exact import TOLERANCE
from sim.issues import Bools, Ints
from sim.utility import Floats

PIVOTS = 32  # packages tried as early rivals of all others
LEAST_CUT = 0.02  # the search for such rivals ends with one that beats less than this share of what is left
SMALL = 128  # vectors compared all with all


def pareto_frontier(utility: Floats) -> Bools:
    """Packages that no other package dominates.

    Package q dominates p if it is worth at least as much to every party and more to one. Worth is compared on a grid
    of one tolerance (1e-9): worths that differ in their last bits only are equal, and dominance stays the textbook's
    order, which it would not if each comparison had a slack of its own (three packages could dominate each other in a
    circle and leave no frontier). Packages with equal worth to all are all on the frontier, or none is.

    Args:
        utility: Worth of the packages to the parties that count, shape (N, P), N at least 1.

    Returns:
        Shape (P,); some package is on the frontier if there is any.

    Source: Kung, Luccio & Preparata (1975), divide and conquer on one coordinate.
    """
    steps = _on_grid(utility)
    near = _not_beaten_by_pivots(steps)
    order, first_of_equals = _distinct(steps[:, near])
    on_frontier = _undominated(steps[:, near[order[first_of_equals]]])
    frontier = np.zeros(utility.shape[1], bool)
    frontier[near[order]] = on_frontier[np.cumsum(first_of_equals) - 1]
    return frontier


def distinct_vectors(utility: Floats) -> tuple[Floats, Ints]:
    """Worths without repetition, and how many packages share each.

    Args:
        utility: Worth of some packages, such as those of the frontier, shape (N, P).

    Returns:
        Distinct vectors, by worth to the first party, best first, then to the second and so on, shape (N, V), and the
        number of packages of each, shape (V,). Vectors within the grid of `pareto_frontier` count as one and are
        given by one of them.
    """
    order, first_of_equals = _distinct(_on_grid(utility))
    starts = np.flatnonzero(first_of_equals)
    return utility[:, order[starts]], np.diff(np.append(starts, len(order)))


def _on_grid(utility: Floats) -> Floats:
    if utility.ndim != 2 or not len(utility):
        raise ValueError(f"worth must have shape (parties, packages) with a party at least, found {utility.shape}")
    return np.rint(utility / TOLERANCE)


def _not_beaten_by_pivots(steps: Floats) -> Ints:
    """Indices of packages that a few good ones do not dominate: a quick first cut, shape (at most P,).

    The package with the largest sum is on the frontier and dominates much where parties' worths are not opposed.
    """
    left = np.arange(steps.shape[1])
    total = steps[0].copy()
    for row in steps[1:]:
        total += row
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
    """The same for distinct vectors in the order of `_distinct`: a rival stands before what it dominates."""
    parties, count = vectors.shape
    if parties <= 2:
        rising = np.ones(count, bool)
        rising[1:] = vectors[-1, 1:] > np.maximum.accumulate(vectors[-1])[:-1] if parties == 2 else False
        return rising
    if count <= SMALL:
        beats = _at_least(vectors, vectors)
        np.fill_diagonal(beats, False)
        beaten: Bools = np.logical_or.reduce(beats, axis=0)
        return ~beaten
    half = count // 2
    upper, lower = _undominated(vectors[:, :half]), _undominated(vectors[:, half:])
    # The upper half is worth as much or more to the first party: only the others need comparing.
    contenders = np.flatnonzero(lower)
    lower[contenders[_beaten(vectors[1:, half + contenders], vectors[1:, :half][:, upper])]] = False
    return np.concatenate([upper, lower])


def _beaten(vectors: Floats, rivals: Floats) -> Bools:
    """Vectors that some rival is at least as good as for every party; rivals come in pieces, to spare memory."""
    left = np.arange(vectors.shape[1])
    for start in range(0, rivals.shape[1], SMALL):
        left = left[~_at_least(rivals[:, start : start + SMALL], vectors[:, left]).any(axis=0)]
    beaten = np.ones(vectors.shape[1], bool)
    beaten[left] = False
    return beaten


def _at_least(rivals: Floats, vectors: Floats) -> Bools:
    """Whether a rival is worth as much as a vector to every party, shape (rivals, vectors)."""
    at_least = np.ones((rivals.shape[1], vectors.shape[1]), bool)
    for rival, worth in zip(rivals, vectors, strict=True):
        at_least &= rival[:, None] >= worth[None, :]
    return at_least
