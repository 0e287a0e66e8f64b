"""Loops that list what a party may ever offer first, and find the first on the list that is worth enough.

What they compute is defined here; tests compare it with the same as an ordinary loop. Ties are broken as everywhere:
worths within the tolerance are equal, and the smaller rank comes first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.core import offer_log
from sim.core.compiled import compiled, inlined
from sim.core.exact import TOLERANCE, Floats
from sim.core.packages import Bools, Ints, Options, ShortInts

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


FIRST_WIDTH = 32  # candidates to have room for at first, and one in so many packages:
FIRST_SHARE = 32


@dataclass(frozen=True, eq=False)
class Ordering:
    """An order of choice.

    Attributes:
        packages: From first to last choice, shape (P,).
        patterns: The pattern of lines that each of them crosses, shape (P,).
        places: Places in this order by pattern, rising within each, shape (P,).
        members: The packages at these places, shape (P,).
    """

    packages: ShortInts
    patterns: ShortInts
    places: ShortInts
    members: ShortInts


def ordering(order: Ints, pattern: Ints) -> Ordering:
    """Go with packages in an order of choice.

    Args:
        order: Packages from first to last choice, shape (P,).
        pattern: Pattern of each package, shape (P,).
    """
    packages, patterns = order.astype(np.int32), pattern[order].astype(np.int32)
    places = _by_pattern(patterns)
    return Ordering(packages, patterns, places, packages[places])


def side_by_side(orderings: Sequence[Ordering]) -> Ordering:
    """Several orders as the rows of one, shapes (orders, P); of a single one, no copy."""

    def rows(arrays: list[ShortInts]) -> ShortInts:
        return arrays[0][None] if len(arrays) == 1 else np.array(arrays)

    return Ordering(
        packages=rows([each.packages for each in orderings]),
        patterns=rows([each.patterns for each in orderings]),
        places=rows([each.places for each in orderings]),
        members=rows([each.members for each in orderings]),
    )


def _by_pattern(patterns: ShortInts) -> ShortInts:
    """Places of a first pattern, then of the second, and so on, rising within each, shape (P,)."""
    few = patterns.max(initial=0) < 1 << 15
    narrow = patterns.astype(np.int16) if few else patterns  # sorted by counting, ten times as fast
    return np.argsort(narrow, kind="stable").astype(np.int32)


class Candidates:
    """What each party can sign, and the packages that can ever be its first, whatever worth is asked for and whatever
    red lines are avoided: who avoids a package avoids those that cross the same lines and more.

    Attributes:
        patterns: Patterns of packages that cross none of its real red lines, shape (N, B, K).
        struck: Packages that nobody signs any more, shape (B, P), or no rows where there are none.
        best: Largest worth among packages that it can sign, -inf where there is none, shape (N, B).
        best_package: The package of that worth, or what the party offers where it can sign none, shape (N, B).
        worth: Of the packages listed, from first to last choice, shape (N, B, M); what stands beyond `count` means
            nothing.
        package: Their indices, shape (N, B, M).
        crossing: The pattern of lines each crosses, shape (N, B, M).
        count: How many there are, shape (N, B).
        top: The best packages that each could sign, of shape (N, B, K); of parties that ask for no such list, nothing.
    """

    def __init__(self, parties: int, draws: int, packages: int, patterns: int) -> None:
        self.patterns: Bools = np.zeros((parties, draws, patterns), bool)
        self.struck: Bools = np.zeros((0, packages), bool)
        self.best: Floats = np.full((parties, draws), -np.inf)
        self.best_package: Ints = np.zeros((parties, draws), np.int64)
        self.worth: Floats = np.empty((parties, draws, 0))
        self.package: Ints = np.empty((parties, draws, 0), np.int64)
        self.crossing: Ints = np.empty((parties, draws, 0), np.int64)
        self.count: Ints = np.zeros((parties, draws), np.int64)
        self.top = Top.empty(parties, draws, 0)

    def widen(self, width: int) -> None:
        """Have room for so many a draw."""
        if width > self.worth.shape[2]:
            self.worth, self.package, self.crossing = (
                _widened(rows, width) for rows in (self.worth, self.package, self.crossing)
            )

    def widen_top(self, width: int) -> None:
        """Have room for so many best packages a draw; there are none then until they are listed anew."""
        if width > self.top.package.shape[2]:
            self.top = Top.empty(*self.count.shape, width)

    def strike(self, rows: Ints, packages: Bools) -> None:
        """Take packages off the list of some draws for good, shape (rows, P)."""
        if not len(self.struck):
            self.struck = np.zeros((self.best.shape[1], self.struck.shape[1]), bool)
        self.struck[rows] |= packages


class Top(NamedTuple):
    """A party's best packages that it could sign, from the best down.

    Attributes:
        package: Shape (B, K); where there are fewer, the last is repeated; where there is none, another stands there.
        worth: Its worth of them, shape (B, K).
        step: Whether it could sign a package that is none of those before, shape (B, K).
    """

    package: Ints
    worth: Floats
    step: Bools

    @classmethod
    def empty(cls, *shape: int) -> "Top":
        """Room for such lists."""
        return cls(np.zeros(shape, np.int64), np.zeros(shape), np.zeros(shape, bool))


@dataclass(frozen=True, eq=False)
class Shortlist:
    """Candidates of which some are passed over.

    Attributes:
        candidates: Of all parties.
        party: Whose they are.
        avoided: Patterns that are passed over, shape (B, K).
    """

    candidates: Candidates
    party: int
    avoided: Bools

    def first_worth(self, least: Floats) -> Ints:
        """The first package worth at least `least` in each draw, shape (B,); `NO_DEAL` where there is none."""
        of, n, found = self.candidates, self.party, np.empty(len(least), np.int64)
        listed = of.worth[n], of.package[n], of.crossing[n], of.count[n]
        first_worth(*listed, self.avoided, np.ascontiguousarray(least), TOLERANCE, found)
        return found


def _widened(rows: npt.NDArray[Any], width: int) -> npt.NDArray[Any]:
    """A copy with columns added at the end."""
    filled = np.empty((*rows.shape[:2], width), rows.dtype)
    filled[:, :, : rows.shape[2]] = rows
    return filled


def first_of_highest(merit: Floats, usable: Bools, tie_rank: Ints) -> Ints:
    """The usable package of highest merit; among those within the tolerance, the one of smallest rank.

    Args:
        merit: Shape (B, P).
        usable: At least one a draw, shape (B, P).
        tie_rank: Shape (1 or B, P).
    """
    found = np.empty(len(merit), np.int64)
    _find_first_of_highest(
        np.ascontiguousarray(merit), np.ascontiguousarray(usable), np.ascontiguousarray(tie_rank), found
    )
    return found


@compiled
def _find_first_of_highest(merit: Floats, usable: Bools, tie_rank: Ints, found: Ints) -> None:
    """The loop of `first_of_highest`; the packages go to `found`, shape (B,)."""
    for b in range(len(merit)):
        top = -np.inf
        for p in range(merit.shape[1]):
            if usable[b, p] and merit[b, p] > top:
                top = merit[b, p]
        ranks = tie_rank[b if len(tie_rank) > 1 else 0]
        first, least = -1, top - TOLERANCE
        for p in range(merit.shape[1]):
            if usable[b, p] and merit[b, p] >= least and (first < 0 or ranks[p] < ranks[first]):
                first = p
        found[b] = first


def highest(merit: Floats, usable: Bools, tie_rank: Ints, count: int) -> Ints:
    """The usable packages of highest merit, best first; those of equal merit, in steps of the tolerance, by rank.

    Args:
        merit: Shape (B, P).
        usable: Shape (B, P).
        tie_rank: Shape (1 or B, P), smaller first.
        count: How many.

    Returns:
        Shape (B, count); the last that there is is repeated, `NO_DEAL` where there is none.
    """
    found = np.empty((len(merit), count), np.int64)
    offer_log.list_highest(
        np.ascontiguousarray(merit), np.ascontiguousarray(usable), np.ascontiguousarray(tie_rank), TOLERANCE, found
    )
    return found
