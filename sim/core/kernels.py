"""Loops over all packages of many draws, each in one pass instead of several over whole arrays.

What they compute is defined here; tests compare each with the same in NumPy or as an ordinary loop. Ties are broken as
everywhere: worths within the tolerance are equal, and the smaller rank comes first.
"""

from dataclasses import dataclass

import numpy as np

from sim.core.compiled import compiled
from sim.core.exact import Floats
from sim.core.packages import Bools, Ints, Options


@compiled
def first_of_highest(merit: Floats, usable: Bools, tie_rank: Ints, tolerance: float, found: Ints) -> None:
    """The usable package of highest merit in each draw; among those within the tolerance, the one of smallest rank.

    Args:
        merit: Shape (B, P).
        usable: At least one a draw, shape (B, P).
        tie_rank: Shape (1 or B, P).
        tolerance: Within which two merits are equal.
        found: Where the packages go, shape (B,).
    """
    for b in range(len(merit)):
        top = -np.inf
        for p in range(merit.shape[1]):
            if usable[b, p] and merit[b, p] > top:
                top = merit[b, p]
        ranks = tie_rank[b if len(tie_rank) > 1 else 0]
        first, least = -1, top - tolerance
        for p in range(merit.shape[1]):
            if usable[b, p] and merit[b, p] >= least and (first < 0 or ranks[p] < ranks[first]):
                first = p
        found[b] = first


@compiled
def acceptable(
    utility: Floats, rows: Ints, no_deal: Floats, signs: Bools, tolerance: float, packages: Bools
) -> None:
    """Leave of some packages those that are worth no deal or more to all that sign them.

    Args:
        utility: Worth of all packages to all parties, shape (B, N, P).
        rows: Draws to look at.
        no_deal: Worth of no agreement in these, shape (rows, N).
        signs: Whose consent a package needs, shape (N, P).
        tolerance: By which worth may fall short.
        packages: Those to choose from, and then those left, shape (rows, P).
    """
    for row in range(len(rows)):
        left = packages[row]
        for n in range(utility.shape[1]):
            own, asked, least = utility[rows[row], n], signs[n], no_deal[row, n] - tolerance
            for p in range(len(left)):
                left[p] &= (own[p] >= least) | (not asked[p])


@compiled
def fewest_broken(
    utility: Floats,
    no_deal: Floats,
    signs: Bools,
    start: Ints,
    packages: Ints,
    lines_crossed: Ints,
    tolerance: float,
    crossing: Ints,
    unwilling: Ints,
) -> int:
    """The smallest sets of constraints that some package of one draw breaks.

    Args:
        utility: Worth of packages, shape (N, P).
        no_deal: Worth of no agreement, shape (N,).
        signs: Whose consent a package needs, shape (N, P).
        start, packages: The packages by the pattern of lines that they cross: where those of each pattern begin, and
            where the last end, shape (K + 1,), and which they are, shape (P,).
        lines_crossed: Real lines that each pattern crosses, shape (K,).
        tolerance: By which worth may fall short.
        crossing, unwilling: Where the sets go: the pattern, and the signatories (as bits) to whom the package is worth
            less than no deal; shape (P,).

    Returns:
        How many there are; a set may come more than once.
    """
    fewest, found = signs.shape[0] + np.int64(1) + lines_crossed.max(), 0
    for lines in range(lines_crossed.max() + 1):
        if lines > fewest:  # what crosses so many lines breaks more, however much it is worth
            break
        for k in range(len(lines_crossed)):
            if lines_crossed[k] != lines:
                continue
            for p in packages[start[k] : start[k + 1]]:
                broken, who = lines, 0
                for n in range(len(no_deal)):
                    if broken > fewest:
                        break
                    if signs[n, p] and utility[n, p] < no_deal[n] - tolerance:
                        broken += 1
                        who |= 1 << n
                if broken > fewest:
                    continue
                if broken < fewest:
                    fewest, found = broken, 0
                if not found or crossing[found - 1] != k or unwilling[found - 1] != who:
                    crossing[found], unwilling[found] = k, who
                    found += 1
    return found


@compiled
def add_round(k: int, signed: Ints, utility: Floats, no_deal: Floats, q: Floats, weight: Floats, worth: Floats) -> None:
    """Add what a round is worth, seen from the start.

    Args:
        k: The round, from 1.
        signed: Round of signature, 0 for never, shape (B,).
        utility: Of the package signed, shape (B, N).
        no_deal: Worth of the round without agreement, shape (B, N).
        q: What worth keeps of its value a round later, shape (B, N).
        weight: q to the power of the rounds before this one, and then of one more, shape (B, N).
        worth: To which it is added, shape (B, N).
    """
    for b in range(len(worth)):
        for n in range(worth.shape[1]):
            if signed[b] == k:
                worth[b, n] = worth[b, n] + weight[b, n] * utility[b, n]
            elif signed[b] == 0 or signed[b] > k:
                worth[b, n] = worth[b, n] + (1 - q[b, n]) * weight[b, n] * no_deal[b, n]
            weight[b, n] = weight[b, n] * q[b, n]


@compiled
def count_marked(marked: Options, count: Ints) -> None:
    """How many packages of each draw are marked.

    Args:
        marked: 1 or 0, shape (B, P).
        count: Where the numbers go, shape (B,).
    """
    for b in range(len(marked)):
        found = 0
        for p in range(marked.shape[1]):
            found += marked[b, p]
        count[b] = found


STRETCH = 64  # packages looked at together


@compiled
def list_marked(marked: Options, start: Ints, packages: Ints) -> None:
    """List the marked packages of each draw.

    Args:
        marked: 1 or 0, shape (B, P).
        start: Where those of each draw begin, and where the last end, shape (B + 1,).
        packages: Where they go, rising within a draw, shape (start[B],).
    """
    width = marked.shape[1]
    for b in range(len(marked)):
        place, first, row = start[b], 0, marked[b]
        while place < start[b + 1]:
            last = min(first + STRETCH, width)
            some = np.uint8(last < first + STRETCH)
            for p in range(first, first + STRETCH if not some else first):  # bit by bit: most stretches have none
                some |= row[p]
            for p in range(first, last if some else first):
                if row[p]:
                    packages[place] = p
                    place += 1
            first = last


@dataclass(frozen=True, eq=False)
class Listed:
    """Packages of many draws: those of the first draw, rising, then those of the second, and so on.

    Attributes:
        start: Where those of each draw begin, and where the last end, shape (B + 1,).
        packages: Their indices, shape (start[B],).
    """

    start: Ints
    packages: Ints

    @property
    def count(self) -> Ints:
        """How many packages each draw has, shape (B,)."""
        return np.diff(self.start)


def listed(marked: Bools) -> Listed:
    """List the packages that are marked, shape (B, P)."""
    start = np.zeros(len(marked) + 1, np.int64)
    marks = np.ascontiguousarray(marked).view(np.uint8)
    count_marked(marks, start[1:])
    start = np.cumsum(start)
    packages = np.empty(start[-1], np.int64)
    list_marked(marks, start, packages)
    return Listed(start, packages)
