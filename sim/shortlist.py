"""Finding the first package that is worth enough, in an order of one's own choosing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from sim import kernels, kernels_lists, kernels_talks
from sim.exact import TOLERANCE
from sim.issues import Bools, Ints, ShortInts
from sim.utility import Floats

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
        kernels_lists.first_worth(*listed, self.avoided, np.ascontiguousarray(least), TOLERANCE, found)
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
    kernels.first_of_highest(
        np.ascontiguousarray(merit), np.ascontiguousarray(usable), np.ascontiguousarray(tie_rank), TOLERANCE, found
    )
    return found


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
    kernels_talks.list_highest(
        np.ascontiguousarray(merit), np.ascontiguousarray(usable), np.ascontiguousarray(tie_rank), TOLERANCE, found
    )
    return found
