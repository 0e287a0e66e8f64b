"""Loops that list what a party may ever offer first, and find the first on the list that is worth enough.

What they compute is defined here; tests compare it with the same as an ordinary loop. Ties are broken as everywhere:
worths within the tolerance are equal, and the smaller rank comes first.
"""

import numpy as np

from sim.compiled import compiled, inlined
from sim.exact import Floats
from sim.issues import Bools, Ints, Options, ShortInts

BITS = 8  # places to a byte


@compiled(
    "f3", "i", "i1", "h2", "h2", "h2", "h2", "i1", "i1", "i1", "b2", "b2", "i2", "f", "F1", "I1", "F2", "I2", "I2", "i",
    "I1",
)  # fmt: skip
def look_through(
    utility: Floats,
    party: int,
    rows: Ints,
    order: ShortInts,
    pattern: ShortInts,
    places: ShortInts,
    members: ShortInts,
    start: Ints,
    above: Ints,
    above_start: Ints,
    usable: Bools,
    struck: Bools,
    tie_rank: Ints,
    tolerance: float,
    best: Floats,
    best_package: Ints,
    worth: Floats,
    package: Ints,
    crossing: Ints,
    width: int,
    count: Ints,
) -> int:
    """One party's best package, and those of its packages that can ever be the first that is worth enough.

    The first package in an order that is worth enough and crosses no line to be avoided is worth more than all before
    it that cross the same lines as itself, or some of them: a few hundred of tens of thousands. So first come those
    that are worth as much as all before them that cross the same lines, a thousand or two, pattern by pattern; and
    these are then gone through in order.

    Args:
        utility: Worth of all packages to all parties, shape (B, N, P).
        party: Index of the party.
        rows: Draws to look at; nothing is written of the others.
        order: Packages from first to last choice, shape (1 or B, P).
        pattern: The pattern of lines that each of them crosses, in that order, shape (1 or B, P).
        places, members: Places in that order by pattern, rising within each, and the package at each, (1 or B, P).
        start: Where those of each pattern begin, and where the last end, shape (K + 1,).
        above, above_start: The patterns that cross all lines of a first pattern, itself among them, then those of the
            second, and so on; and where those of each begin, and where the last end, shape (K + 1,).
        usable: Patterns that the party can sign, shape (B, K).
        struck: Packages off the table for good, shape (B, P), or of no rows where there are none.
        tie_rank: Shape (1 or B, P).
        tolerance: Within which two worths are equal.
        best: Worth of the best package that it could sign, -inf for none, shape (B,).
        best_package: That package, the one of smallest rank among equals, -1 for none, shape (B,).
        worth, package, crossing: Of the packages that can ever be first, from first to last choice, and the pattern of
            each, shape (B, M).
        width: How many of them to write at most.
        count: How many there are, shape (B,).

    Returns:
        The largest count.
    """
    packages = utility.shape[2]
    record, enough, near = np.empty(usable.shape[1]), np.empty(usable.shape[1]), np.empty(packages, np.int64)
    copy, marks, marked = np.empty(packages), np.zeros(packages // BITS + 1, np.uint8), np.empty(packages + 1, np.int64)
    widest = 0
    for b in rows:
        own = utility[b, party]
        if _at_least_half(usable[b], start):
            copy[:] = own  # to have it at hand: the order jumps about in it
            own = copy
        at = b if len(order) > 1 else 0
        off = struck[b if len(struck) else 0 : b + 1 if len(struck) else 0]
        _mark(own, places[at], members[at], start, usable[b], off, tolerance, marks)
        for k in range(len(record)):
            record[k] = enough[k] = -np.inf
        top, close, found = -np.inf, 0, 0
        for place in marked[: _unmark(marks, marked)]:
            k, p = pattern[at, place], order[at, place]
            value = own[p]
            if value < enough[k]:
                continue
            if value > record[k]:
                if found < width:
                    worth[b, found], package[b, found], crossing[b, found] = value, p, k
                found += 1
                for above_it in above[above_start[k] : above_start[k + 1]]:
                    record[above_it] = max(record[above_it], value)
                    enough[above_it] = max(enough[above_it], value - tolerance)
            if value >= top - tolerance:  # it may tie with the best
                near[close] = p
                close += 1
                top = max(top, value)
        first = _first_by_rank(own, near[:close], top - tolerance, tie_rank[b if len(tie_rank) > 1 else 0])
        best[b], best_package[b], count[b] = own[first] if first >= 0 else -np.inf, first, found
        widest = max(widest, found)
    return widest


@inlined
def _at_least_half(usable: Bools, start: Ints) -> bool:
    """Whether the patterns to look at have half of the packages, or more."""
    packages = 0
    for k in range(len(usable)):
        packages += usable[k] * (start[k + 1] - start[k])
    return bool(2 * packages >= start[-1])


@inlined
def _mark(
    own: Floats, places: ShortInts, members: ShortInts, start: Ints, usable: Bools, struck: Bools, tolerance: float,
    marks: Options,
) -> None:  # fmt: skip
    """Mark the places whose packages are worth as much as all before them that cross the same lines.

    Args:
        own: Worth of packages, shape (P,).
        places, members, start: As in `look_through`, of one order.
        usable: Patterns to look at, shape (K,).
        struck: Packages to pass over, shape (1, P), or of no rows where there are none.
        tolerance: Within which two worths are equal.
        marks: A bit a place, all 0 before.
    """
    for k in range(len(usable)):
        if usable[k]:
            enough = -np.inf
            for at in range(start[k], start[k + 1]):
                p = members[at]
                if own[p] >= enough and not (len(struck) and struck[0, p]):
                    marks[places[at] >> 3] |= np.uint8(1 << (places[at] & 7))
                    enough = max(enough, own[p] - tolerance)


@inlined
def _unmark(marks: Options, marked: Ints) -> int:
    """Write down the places that are marked, rising, and leave no mark; returns how many there were."""
    found = 0
    for at in range(len(marks)):
        if marks[at]:
            for bit in range(BITS):  # which of them are set, no processor could foresee, so all are written down
                marked[found] = at * BITS + bit
                found += (marks[at] >> bit) & 1
            marks[at] = 0
    return found


@inlined
def _first_by_rank(worth: Floats, packages: Ints, least: float, rank: Ints) -> int:
    """Of some packages, the one of smallest rank that is worth at least so much, -1 for none."""
    first = -1
    for p in packages:
        if worth[p] >= least and (first < 0 or rank[p] < rank[first]):
            first = p
    return first


@compiled("f2", "i2", "i2", "i1", "b2", "f1", "f", "I1")
def first_worth(
    worth: Floats,
    package: Ints,
    crossing: Ints,
    count: Ints,
    avoided: Bools,
    least: Floats,
    tolerance: float,
    found: Ints,
) -> None:
    """The first package of each draw that is worth at least so much and crosses no line to be avoided.

    Args:
        worth, package, crossing, count: As `look_through` makes them.
        avoided: Patterns to be avoided, shape (B, K).
        least: Shape (B,).
        tolerance: By which it may fall short of that.
        found: Where the packages go, -1 where there is none, shape (B,).
    """
    for b in range(len(least)):
        found[b], enough = -1, least[b] - tolerance
        for place in range(count[b]):
            if worth[b, place] >= enough and not avoided[b, crossing[b, place]]:
                found[b] = package[b, place]
                break
