"""Packages acceptable to their signatories: in the first round, in the last open one, and in any between."""

from typing import Any

import numpy as np
import numpy.typing as npt

from sim.core.bids import line_table
from sim.core.compiled import worth_compiling
from sim.core.exact import Floats
from sim.core.packages import Bools, Ints
from sim.core.state import State
from sim.core.zopa import acceptable, ever_acceptable
from sim.model.domain import Structure


class Zones:
    """Keeps what the zone depends on, round by round, and works it out only where it is asked for.

    Attributes:
        first: Zone in round 1, shape (B, P).
    """

    def __init__(self, table: Structure, utility: Floats, quota: int | None = None) -> None:
        self._table, self._utility, self._quota = table, utility, quota
        self._reservation_value: list[Floats] = []
        self._real: list[Bools] = []
        self._open: list[Bools] = []
        self.first: Bools = np.zeros((0, 0), bool)
        self.struck: Bools | None = None  # packages refused at home, shape (B, P)
        self._moved: Bools = np.zeros(len(utility), bool)
        self._known: Bools = np.zeros(len(utility), bool)  # to have had a zone
        self._redrawn = False  # whether the worth of packages may have risen in some draw

    @property
    def reservation_value(self) -> Floats:
        """Worth of no agreement in each round played, as it stood at the close where a draw had closed, (R, B, N)."""
        return _by_round(self._reservation_value)

    @property
    def real(self) -> Bools:
        """Red lines real in each round played, as they stood at the close where a draw had closed, shape (R, B, L)."""
        return _by_round(self._real)

    def strike(self, rows: Ints, packages: Bools) -> None:
        """Packages that were refused at home are in no later zone, shape (rows, P)."""
        if len(rows):
            if self.struck is None:
                self.struck = np.zeros(self.first.shape, bool)
            self.struck[rows] |= packages
            self._moved[rows] = True
            self._known[rows] = True  # what was signed lay in the zone of its round

    def before_worth_falls(self, rows: Ints) -> None:
        """Look back on some draws once more before the worth of their packages changes."""
        if self._open:
            self._moved[rows] = True
            unsure = rows[~self._known[rows]]
            self._known[unsure] = self._in_rounds_so_far(unsure)

    def before_weights_change(self, rows: Ints) -> None:
        """The same before it may also rise: what has been is not looked at again."""
        self.before_worth_falls(rows)
        self._redrawn = True
        for k, was_open in enumerate(self._open):
            self._open[k] = was_open.copy()
            self._open[k][rows] = False

    def keep(self, state: State) -> None:
        """Remember what stands at the beginning of a round."""
        self._reservation_value.append(state.reservation_value)
        self._real.append(state.real)
        self._open.append(state.open)
        if state.round == 1:
            self.first = self._zone(state.reservation_value, state.real)

    def last(self) -> Bools:
        """Zone in the last open round of each draw, shape (B, P); `first` itself where nothing has moved."""
        moved = (
            self._reservation_value[-1] != self._reservation_value[0]
        ).any(axis=1) | (self._real[-1] != self._real[0]).any(axis=1)
        rows = np.flatnonzero(moved | self._moved)
        if not len(rows):
            return self.first
        zone = self.first.copy()
        zone[rows] = self._zone(self._reservation_value[-1][rows], self._real[-1][rows], rows)
        return zone

    def ever(self, last: Bools) -> Bools:
        """Whether some package was acceptable in some open round, shape (B,)."""
        ever: Bools = self._known | np.logical_or(self.first.any(axis=1), last.any(axis=1))
        unsure = np.flatnonzero(~ever)
        ever[unsure] = self._in_rounds_so_far(unsure)
        return ever

    def _in_rounds_so_far(self, rows: Ints) -> Bools:
        """The same of some draws in the rounds played so far, shape (rows,)."""
        found: Bools = np.zeros(len(rows), bool)
        if not len(rows) or not self._anything_moved():
            return found
        reservation_value, real, is_open = (np.ascontiguousarray(_by_round(kept)) for kept in (
            self._reservation_value, self._real, self._open))  # fmt: skip
        if self._quota is None:
            table = self._table
            worth_compiling(ever_acceptable, len(rows) * len(table.lines.pattern))(
                rows, self._utility, table.signs, line_table(table.lines), reservation_value, real, is_open, found
            )
            return found
        for row, b in enumerate(rows.tolist()):
            rounds = np.flatnonzero(is_open[:, b])
            there = np.broadcast_to(self._utility[b], (len(rounds), *self._utility.shape[1:]))
            signs, lines = self._table.signs, self._table.lines
            found[row] = acceptable(
                there, reservation_value[rounds, b], signs, lines, real[rounds, b], self._quota
            ).any()
        return found

    def _anything_moved(self) -> bool:
        """Whether no-deal worth or lines may have been others than in round 1, of which the zone is kept."""
        first, real = self._reservation_value[0], self._real[0]
        return self._redrawn or any(
            each is not first for each in self._reservation_value
        ) or any(each is not real for each in self._real)

    def _zone(self, reservation_value: Floats, real: Bools, rows: np.ndarray | None = None) -> Bools:
        zone = acceptable(
            self._utility, reservation_value, self._table.signs, self._table.lines, real, self._quota, rows
        )
        if self.struck is not None and rows is not None:
            zone &= ~self.struck[rows]
        return zone


def _by_round(kept: list[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    """What was kept of each round, round by round; where all rounds kept the same array, without a copy of it."""
    first = kept[0]
    return np.broadcast_to(first, (len(kept), *first.shape)) if all(one is first for one in kept) else np.array(kept)
