"""Finding the first package that is worth enough, in an order of one's own choosing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.exact import TOLERANCE
from sim.issues import NO_DEAL, Bools, Ints
from sim.utility import Floats

CACHE_ITEMS = 250_000  # worths to work on at once


@dataclass(frozen=True)
class Shortlist:
    """The packages that can ever be first, whatever worth is asked for.

    Going through the packages in order, the first that is worth at least `a` is worth more than all before it. So only
    those that beat everything before them matter: a dozen or two of tens of thousands.

    Attributes:
        worth: Worth of the listed packages, rising along the row, filled up with infinity, shape (B, M).
        package: Their indices, filled up with `NO_DEAL`, shape (B, M).
    """

    worth: Floats
    package: Ints

    def first_worth(self, least: Floats) -> Ints:
        """The first package worth at least `least` in each draw, shape (B,); `NO_DEAL` where there is none."""
        enough = np.greater_equal(self.worth, (least - TOLERANCE)[:, None])
        first: Ints = self.package[np.arange(len(enough)), enough.argmax(axis=1)]
        return first

    def with_rows(self, rows: Ints, other: "Shortlist") -> "Shortlist":
        """This list with some draws exchanged for those of another."""
        width = max(self.worth.shape[1], other.worth.shape[1])
        worth, package = _widened(self.worth, width, np.inf), _widened(self.package, width, NO_DEAL)
        worth[rows], package[rows] = _widened(other.worth, width, np.inf), _widened(other.package, width, NO_DEAL)
        return Shortlist(worth, package)


def shortlist(worth: Floats, usable: Bools, package: Ints) -> Shortlist:
    """List the packages that are worth more than every usable one before them.

    Args:
        worth: Worth of some packages, from first to last choice, shape (B, M).
        usable: Those that may be listed, shape (B, M).
        package: Their indices, shape (B, M).
    """
    held = np.where(usable, worth, -np.inf)
    draw, place = np.nonzero(_records(held))
    return Shortlist(*_filled(len(worth), draw, held[draw, place], package[draw, place]))


@dataclass(frozen=True, eq=False)
class Runs:
    """Packages of some patterns, one pattern a row, each in the order of choice.

    Attributes:
        patterns: The pattern of each row, shape (rows,).
        packages: Its packages, the last repeated to fill the row, shape (rows, length).
        place: Their places in the order as a whole, shape (rows, length).
    """

    patterns: Ints
    packages: Ints
    place: Ints


Ordering = tuple[Runs, ...]  # an order of choice, cut up by the red lines that packages cross


def ordering(order: Ints, pattern: Ints, patterns: int) -> Ordering:
    """Cut an order of choice up by pattern.

    Args:
        order: Packages from first to last choice, shape (P,).
        pattern: Pattern of each package, shape (P,).
        patterns: Number of patterns.
    """
    by_pattern = np.argsort(pattern[order], kind="stable")
    bounds = np.searchsorted(pattern[order][by_pattern], np.arange(patterns + 1))
    lengths = np.diff(bounds)
    scale = np.frexp(lengths)[1]  # rows of one scale differ in length by less than twice
    runs = []
    for alike in (np.flatnonzero(scale == size) for size in np.unique(scale[lengths > 0])):
        column = np.minimum(np.arange(lengths[alike].max()), lengths[alike, None] - 1)
        place = by_pattern[bounds[alike, None] + column]
        runs.append(Runs(alike, order[place], place))
    return tuple(runs)


@dataclass(frozen=True, eq=False)
class Candidates:
    """The packages that can ever be first, whatever worth is asked for and whatever red lines are avoided.

    The first package in an order that is worth enough and crosses no line to be avoided is worth more than all before
    it that cross the same lines as itself: a few hundred of tens of thousands.

    Attributes:
        worth: From first to last choice, shape (B, M); -inf fills up.
        package: Package indices, shape (B, M).
        pattern: The pattern of lines each crosses, shape (B, M).
    """

    worth: Floats
    package: Ints
    pattern: Ints

    def with_rows(self, rows: Ints, other: "Candidates") -> "Candidates":
        """These candidates with some draws exchanged for those of another."""
        width = max(self.worth.shape[1], other.worth.shape[1])
        parts = []
        for mine, theirs, fill in (
            (self.worth, other.worth, -np.inf),
            (self.package, other.package, NO_DEAL),
            (self.pattern, other.pattern, 0),
        ):
            joined = _widened(mine, width, fill)
            joined[rows] = _widened(theirs, width, fill)
            parts.append(joined)
        return Candidates(*parts)

    def shortlist(self, usable_patterns: Bools, rows: Ints) -> Shortlist:
        """The shortlist of some draws, among packages of the patterns marked, shape (rows, K)."""
        usable = np.take_along_axis(usable_patterns, self.pattern[rows], axis=1)
        return shortlist(self.worth[rows], usable, self.package[rows])


def candidates(worth: Floats, usable_patterns: Bools, orderings: Sequence[Ordering]) -> Candidates:
    """Cut all packages down to those that can ever be first.

    Args:
        worth: Worth of every package, shape (B, P).
        usable_patterns: Patterns that may be used at all, shape (B, K).
        orderings: One for all draws, or one a draw.
    """
    # A few draws at a time, so that what is worked on stays in the processor's cache.
    step = max(1, CACHE_ITEMS // worth.shape[1]) if len(orderings) == 1 else 1
    slices = [slice(start, start + step) for start in range(0, len(worth), step)]
    parts = [
        _candidates(worth[rows], usable_patterns[rows], orderings[0 if len(orderings) == 1 else rows.start])
        for rows in slices
    ]
    draw = np.concatenate([part[0] + rows.start for part, rows in zip(parts, slices, strict=True)])
    package_worth = np.concatenate([part[1] for part in parts])
    package, pattern = (np.concatenate([part[column] for part in parts]) for column in (2, 3))
    filled, packages = _filled(len(worth), draw, package_worth, package, fill=-np.inf)
    _, patterns = _filled(len(worth), draw, package_worth, pattern)
    return Candidates(filled, packages, np.maximum(patterns, 0))


def _candidates(worth: Floats, usable_patterns: Bools, order: Ordering) -> tuple[Ints, Floats, Ints, Ints]:
    """Draw, worth, package and pattern of the candidates, draw by draw in the order of choice."""
    draws, places, packages, patterns = [], [], [], []
    for runs in order:
        rows = np.flatnonzero(usable_patterns[:, runs.patterns].any(axis=0))
        held = worth[:, runs.packages[rows]]
        held[~usable_patterns[:, runs.patterns[rows]]] = -np.inf
        draw, row, column = np.nonzero(_records(held))
        draws.append(draw)
        places.append(runs.place[rows[row], column])
        packages.append(runs.packages[rows[row], column])
        patterns.append(runs.patterns[rows[row]])
    draw, package = np.concatenate(draws), np.concatenate(packages)
    sort = np.lexsort((np.concatenate(places), draw))
    draw, package = draw[sort], package[sort]
    return draw, worth[draw, package], package, np.concatenate(patterns)[sort]


def _records(held: Floats) -> Bools:
    """Entries that are larger than all before them along the last axis."""
    record = np.empty(held.shape, bool)
    record[..., :1] = held[..., :1] > -np.inf
    np.greater(held[..., 1:], np.maximum.accumulate(held, axis=-1)[..., :-1], out=record[..., 1:])
    return record


def _filled(rows: int, draw: Ints, worth: Floats, package: Ints, fill: float = np.inf) -> tuple[Floats, Ints]:
    """Entries sorted by draw, as rows filled up at the end; the last column is always free."""
    count = np.bincount(draw, minlength=rows)
    column = np.arange(len(draw)) - np.repeat(np.cumsum(count) - count, count)
    width = int(count.max(initial=0)) + 1
    listed, packages = np.full((rows, width), fill), np.full((rows, width), NO_DEAL)
    listed[draw, column], packages[draw, column] = worth, package
    return listed, packages


def _widened(rows: npt.NDArray[Any], width: int, fill: float) -> npt.NDArray[Any]:
    """A copy with columns added at the end."""
    filled = np.full((len(rows), width), fill, rows.dtype)
    filled[:, : rows.shape[1]] = rows
    return filled


def first_of_highest(merit: Floats, usable: Bools, tie_rank: Ints) -> Ints:
    """The usable package of highest merit; among those within the tolerance, the one of smallest rank.

    Args:
        merit: Shape (B, P).
        usable: At least one a draw, shape (B, P).
        tie_rank: Shape (1 or B, P).
    """
    held = np.where(usable, merit, -np.inf)
    draw, package = np.nonzero(held >= (held.max(axis=1) - TOLERANCE)[:, None])
    rank = tie_rank[0, package] if len(tie_rank) == 1 else tie_rank[draw, package]
    by_rank = np.lexsort((rank, draw))
    _, first = np.unique(draw[by_rank], return_index=True)
    return package[by_rank[first]]


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
    found = np.full((len(merit), count), NO_DEAL)
    for row, (worth, may) in enumerate(zip(merit, usable, strict=True)):
        packages = np.flatnonzero(may)
        if len(packages) > count:  # no order of all: what ties with the last that counts may come in its place
            least = np.partition(worth[packages], len(packages) - count)[len(packages) - count]
            packages = packages[worth[packages] >= least - 2 * TOLERANCE]
        steps = np.rint(worth[packages] / TOLERANCE)
        order = packages[np.lexsort((tie_rank[row if len(tie_rank) > 1 else 0, packages], -steps))][:count]
        if len(order):
            found[row, : len(order)], found[row, len(order) :] = order, order[-1]
    return found
