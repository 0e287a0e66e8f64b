"""Loops that list what a party may ever offer first, and find the first on the list that is worth enough.

What they compute is defined here; tests compare it with the same as an ordinary loop. Ties are broken as everywhere:
worths within the tolerance are equal, and the smaller rank comes first.
"""

import numpy as np

from sim.compiled import compiled, inlined
from sim.exact import Floats
from sim.issues import Bools, Ints, ShortInts

STRETCH = 256  # places to sift at once: the fewer, the fewer come through that no longer count


@compiled("f3", "i", "i1", "h2", "h2", "i1", "i1", "b2", "b2", "i2", "f", "F1", "I1", "F2", "I2", "I2", "i", "I1")
def look_through(
    utility: Floats,
    party: int,
    rows: Ints,
    order: ShortInts,
    pattern: ShortInts,
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
    it that cross the same lines as itself, or some of them: a few hundred of tens of thousands.

    Args:
        utility: Worth of all packages to all parties, shape (B, N, P).
        party: Index of the party.
        rows: Draws to look at; nothing is written of the others.
        order: Packages from first to last choice, shape (1 or B, P).
        pattern: The pattern of lines that each of them crosses, in that order, shape (1 or B, P).
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
    record, enough, near = np.empty(usable.shape[1]), np.empty(usable.shape[1]), np.empty(utility.shape[2], np.int64)
    own, kept, widest = np.empty(utility.shape[2]), np.empty(STRETCH, np.int64), 0
    for b in rows:
        own[:] = utility[b, party]  # to have it at hand: the order jumps about in it
        packages, crosses = order[b if len(order) > 1 else 0], pattern[b if len(order) > 1 else 0]
        for k in range(len(record)):
            record[k] = -np.inf if usable[b, k] else np.inf
            enough[k] = record[k]
        top, close, found = -np.inf, 0, 0
        for start in range(0, len(packages), STRETCH):
            for at in range(_worth_a_look(own, packages, crosses, start, enough, kept)):
                k, p = crosses[kept[at]], packages[kept[at]]
                value = own[p]
                if value < enough[k] or (len(struck) and struck[b, p]):
                    continue
                if value > record[k]:
                    if found < width:
                        worth[b, found], package[b, found], crossing[b, found] = value, p, k
                    found += 1
                    for above_it in above[above_start[k] : above_start[k + 1]]:
                        if value > record[above_it]:
                            record[above_it], enough[above_it] = value, value - tolerance
                if value >= top - tolerance:  # it may tie with the best
                    near[close] = p
                    close += 1
                    top = max(top, value)
        first = _first_by_rank(own, near[:close], top - tolerance, tie_rank[b if len(tie_rank) > 1 else 0])
        best[b], best_package[b], count[b] = own[first] if first >= 0 else -np.inf, first, found
        widest = max(widest, found)
    return widest


@inlined
def _worth_a_look(
    own: Floats, packages: ShortInts, crosses: ShortInts, start: int, enough: Floats, kept: Ints
) -> int:
    """Write down the places of a stretch whose packages are worth what counts at its start; returns how many.

    Few are, in no order that a processor could foresee, so it writes every place and goes on where one is kept.
    """
    found = 0
    for place in range(start, min(start + STRETCH, len(packages))):
        kept[found] = place
        found += own[packages[place]] >= enough[crosses[place]]
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
