"""Patient rule induction: a box is found by peeling thin slices off, each where it helps most, and pasting some back.

Source: Friedman & Fisher (1999), also for what a slice is worth where slices differ in size; for choosing between boxes
by coverage, density and number of conditions, Bryant & Lempert (2010).
"""

from collections.abc import Iterator, Sequence

import numpy as np

from sim.analysis.boxes import Box, Factors, measure
from sim.issues import Bools, Ints

PEEL = 0.05  # of the runs in the box: a slice
LEAST_SHARE, LEAST_RUNS = 0.05, 20  # of all runs, and runs, that a box holds

Candidate = tuple[Box, Bools]  # a smaller box, and which of the runs in the box stay


def peel(factors: Factors, cases: Bools, columns: Sequence[int] | None = None, share: float = PEEL) -> list[Box]:
    """Boxes from all runs to few, each a slice smaller than the one before.

    A slice is the share of the runs in the box with the lowest or the highest values of a number, or one category.
    Taken off is the one with the largest gain in density for each run given up; of equal ones, one that needs no
    further column, then the first by column. It ends when none gains, or the box would hold too few runs.

    Args:
        factors: The runs.
        cases: Which of them are of interest, shape (n,).
        columns: Those that may have conditions; all if left out.
        share: Size of a slice.
    """
    allowed = range(len(factors.names)) if columns is None else sorted(columns)
    least = max(LEAST_RUNS, int(np.ceil(LEAST_SHARE * len(factors))))
    box, rows, found = Box(), np.arange(len(factors)), [Box()]
    while True:
        density, best, best_rank = cases[rows].mean() if len(rows) else 0.0, None, (0.0, False)
        for smaller, stays in _slices(box, factors, rows, allowed, share):
            left = int(stays.sum())
            if left < least or left == len(rows):
                continue
            gain = (cases[rows[stays]].mean() - density) / (len(rows) - left)
            rank = (gain, len(smaller.columns) == len(box.columns))
            if gain > 0 and rank > best_rank:
                best, best_rank = (smaller, stays), rank
        if best is None:
            return found
        box, rows = best[0], rows[best[1]]
        found.append(box)


def _slices(box: Box, factors: Factors, rows: Ints, columns: Sequence[int], share: float) -> Iterator[Candidate]:
    """All boxes that are one slice smaller."""
    values, size = factors.values[rows], max(1, int(share * len(rows)))
    for column in columns:
        x = values[:, column]
        if factors.categories[column]:
            left_out = box.out.get(column, frozenset())
            for code in np.unique(x).astype(int).tolist():
                yield box.without(column, left_out | {code}), x != code
            continue
        if size >= len(x):
            continue
        lowest, highest = np.partition(x, [size - 1, len(x) - size])[[size - 1, len(x) - size]]
        for stays, is_low in ((x > lowest, True), (x < highest, False)):
            if stays.any():
                edge = _between(lowest, x[stays].min()) if is_low else _between(x[stays].max(), highest)
                yield box.above(column, edge) if is_low else box.below(column, edge), stays


def _between(low: float, high: float) -> float:
    return float(low + (high - low) / 2)


def paste(box: Box, factors: Factors, cases: Bools, share: float = PEEL) -> Box:
    """Widen a box again wherever its density rises by it, by a slice at a time, the largest gain first."""
    while True:
        now = measure(box, factors, cases)
        wider = [(measure(each, factors, cases), each) for each in _wider(box, factors, share)]
        gains = [(found.density, -place, each) for place, (found, each) in enumerate(wider) if found.n > now.n]
        best = max(gains, key=lambda gain: gain[:2], default=None)
        if best is None or not best[0] > now.density:
            return box
        box = best[2]


def _wider(box: Box, factors: Factors, share: float) -> Iterator[Box]:
    """All boxes that are a slice wider at one condition."""
    size = max(1, int(share * int(box.holds(factors.values).sum())))
    for side, column in box.conditions():
        if side == "out":
            for code in sorted(box.out[column]):
                yield box.without(column, box.out[column] - {code})
            continue
        free = box.free(side, column)
        x = factors.values[free.holds(factors.values), column]
        beyond = np.sort(x[x < box.low[column]])[::-1] if side == "low" else np.sort(x[x > box.high[column]])
        if len(beyond) <= size:
            yield free
        else:
            edge = _between(*sorted(beyond[size - 1 : size + 1].tolist()))
            yield free.above(column, edge) if side == "low" else free.below(column, edge)


def best_by_both(boxes: Sequence[Box], factors: Factors, cases: Bools) -> int:
    """Place of the box with the largest harmonic mean of coverage and density; of equal ones the first."""
    return int(np.argmax([measure(box, factors, cases).both for box in boxes]))


def first_dense(boxes: Sequence[Box], factors: Factors, cases: Bools, density: float) -> int:
    """Place of the box with the most coverage of those at least so dense; if none is, of the densest."""
    found = [measure(box, factors, cases) for box in boxes]
    dense = [place for place, each in enumerate(found) if each.density >= density]
    if dense:
        return max(dense, key=lambda place: (found[place].coverage, -place))
    return max(range(len(found)), key=lambda place: (found[place].density, -place))


def most_telling(box: Box, factors: Factors, cases: Bools, count: int) -> list[int]:
    """The columns of a box, so many at most, without which its density would fall most."""
    lost: dict[int, float] = {}
    for column in box.columns:
        free = box
        for side, other in box.conditions():
            free = free.free(side, other) if other == column else free
        lost[column] = measure(box, factors, cases).density - measure(free, factors, cases).density
    return sorted(sorted(lost, key=lambda column: (-lost[column], column))[:count])

