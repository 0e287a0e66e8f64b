"""Stability of packages in the graph model for conflict resolution: whether a party would move away alone.

States are the consistent packages. An issue belongs to the party that controls it alone; any other is changed by
agreement only, and so by no move here. In one move a party changes any of its own issues to options that make a
consistent package, so two moves of one party in a row are one move. Only utility counts: no red lines, no reservation
values.

Source: Fang, Hipel & Kilgour (1993), Interactive Decision Making: The Graph Model for Conflict Resolution; general and
symmetric metarationality are Howard's (1971), sequential stability Fraser & Hipel's (1984).
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.core.exact import TOLERANCE, Floats
from sim.core.packages import Bools, Ints

NOBODY = -1  # who owns an issue that no party controls alone
KINDS = {
    "nash": "no move of its own makes it better off",
    "gmr": "each move that does can be answered by the others so that it is no better off than before",
    "smr": "and so that it could not move out of that answer to where it is better off",
    "seq": "each move that does can be answered so by moves each of which makes whoever moves better off",
}


class Stable(NamedTuple):
    """For whom a package is stable, by kind, each of shape (B, N); whoever owns no issue has no move."""

    nash: Bools
    gmr: Bools
    smr: Bools
    seq: Bools


@dataclass(frozen=True, eq=False)
class _Groups:
    """A partition of packages."""

    of: Ints  # the group of each package, from 0 without holes, shape (L,)

    @cached_property
    def _order(self) -> Ints:
        return np.argsort(self.of, kind="stable")

    @cached_property
    def _starts(self) -> Ints:
        return np.flatnonzero(np.diff(self.of[self._order], prepend=-1))

    def least(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """The smallest value in the group of each package, shape (..., L)."""
        least: npt.NDArray[Any] = np.minimum.reduceat(values[..., self._order], self._starts, axis=-1)
        return least[..., self.of]


@dataclass(frozen=True, eq=False)
class Surroundings:
    """The packages that moves can lead to from one of them, and how."""

    packages: Ints  # indices of all that agree with it on the issues that nobody owns, shape (L,)
    here: int  # the place of the package itself among them
    moves: tuple[_Groups, ...]  # per party, groups within which it moves; only its own issues differ there
    # per party, groups within which the others can move together, in any number of moves of one of them
    answers: tuple[_Groups, ...]
    parts: tuple[_Groups, ...]  # per party, groups in which its own issues are alike
    owns: Bools  # parties that own an issue, shape (N,)


def surroundings(packages: npt.NDArray[np.integer[Any]], owner: Ints, parties: int, package: int) -> Surroundings:
    """Return the packages reachable from a package.

    Args:
        packages: Option indices of the consistent packages, shape (P, I).
        owner: Who owns each issue, `NOBODY` if no party does alone, shape (I,).
        parties: N.
        package: Index of the package.
    """
    fixed = owner == NOBODY
    near = np.flatnonzero((packages[:, fixed] == packages[package, fixed]).all(axis=1))
    options = packages[near].astype(np.int64)
    moves = tuple(_group_by_options(options[:, ~fixed & (owner != n)]) for n in range(parties))
    return Surroundings(
        packages=near,
        here=int(np.searchsorted(near, package)),
        moves=moves,
        answers=tuple(_join(moves[:n] + moves[n + 1 :], len(near)) for n in range(parties)),
        parts=tuple(_group_by_options(options[:, owner == n]) for n in range(parties)),
        owns=np.array([(owner == n).any() for n in range(parties)], bool),
    )


def stability(utility: Floats, around: Surroundings) -> Stable:
    """Return for whom a package is stable.

    A party's improvement is a move to a package of higher utility to it, by more than 1e-9. The package is, for the
    party,

    - nash stable if it has no improvement;
    - gmr stable if from each of its improvements the others together can reach a package of no higher utility to it
      than this one, whatever their own utility;
    - smr stable if they can reach such a package out of which the party has no move to a better one than this one;
    - seq stable if they can reach such a package by moves each of which is an improvement to whoever makes it.

    Args:
        utility: Utility of the packages of `around`, shape (B, N, L).

    Returns:
        Shape (B, N) each.
    """
    shape = utility.shape[:2]
    found = Stable(*(np.ones(shape, bool) for _ in Stable._fields))
    for n in np.flatnonzero(around.owns).tolist():
        worth = utility[:, n]
        enough = worth[:, around.here, None] + TOLERANCE  # utility above this is an improvement
        improves = (worth > enough) & (around.moves[n].of == around.moves[n].of[around.here])
        best_reply = -around.moves[n].least(-worth)
        in_its_interest = _reach_by_improvements(improves, utility, around, n)
        found.nash[:, n] = ~improves.any(axis=1)
        for kind, held_down in (
            (found.gmr, around.answers[n].least(worth) <= enough),
            (found.smr, around.answers[n].least(best_reply) <= enough),
            (found.seq, around.parts[n].least(np.where(in_its_interest, worth, np.inf)) <= enough),
        ):
            kind[:, n] = (held_down | ~improves).all(axis=1)
    return found


def _reach_by_improvements(improves: Bools, utility: Floats, around: Surroundings, mover: int) -> Bools:
    """Return packages that the others reach from a party's improvements by improvements of their own, shape (B, L).

    Packages reached from two different improvements differ in the party's issues, which the others do not change.
    """
    reached = improves
    while True:
        before = reached
        for n in np.flatnonzero(around.owns).tolist():
            if n != mover:
                worth = utility[:, n]
                lowest = around.moves[n].least(np.where(reached, worth, np.inf))
                reached = reached | (worth > lowest + TOLERANCE)
        if (reached == before).all():
            return reached


def _group_by_options(options: Ints) -> _Groups:
    """Group packages with equal options, given the options of some issues, shape (L, some)."""
    code = np.zeros(len(options), np.int64)
    for column in options.T:
        code = np.unique(code * (int(column.max(initial=0)) + 1) + column, return_inverse=True)[1].ravel()
    return _Groups(code)


def _join(groups: tuple[_Groups, ...], count: int) -> _Groups:
    """Groups that hang together: packages that a chain of groups of any kind connects."""
    name = np.arange(count)
    while True:
        before = name
        for each in groups:
            name = each.least(name)
        if (name == before).all():
            return _Groups(np.unique(name, return_inverse=True)[1].ravel())
