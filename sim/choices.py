"""What a party could sign and would offer, kept up while red lines fall and others are heard of."""

import numpy as np

from sim.issues import NO_DEAL, Bools, Ints
from sim.knowledge import Regard
from sim.shortlist import Candidates, Shortlist, candidates, first_of_highest, highest
from sim.utility import EVERYBODY, Floats, Lines


class Choices:
    """One party's packages in every draw of a block; draws in which nothing changed are left alone.

    Attributes:
        signable: Packages that cross none of its real red lines, shape (B, P).
        best: Largest worth among them, -inf where there is none, shape (B,).
        best_package: The package of that worth; where it can sign none, for it must offer something, the best of those
            that nobody has taken off the table.
    """

    def __init__(self, utility: Floats, lines: Lines, regard: Regard) -> None:
        draws = len(utility)
        self._utility, self._lines, self._regard = utility, lines, regard
        self._patterns = np.zeros((draws, len(lines.crosses)), bool)
        self._real: Bools = np.zeros((draws, len(lines.names)), bool)
        self._stale: Bools = np.ones(draws, bool)
        self._candidates: Candidates | None = None
        self._any_line: Shortlist | None = None
        self._struck: Bools | None = None
        self._avoiding: Shortlist | None = None
        self._listed_for: Bools = np.zeros((draws, len(lines.names)), bool)
        self._top: Ints | None = None
        self._top_old: Bools = np.ones(draws, bool)
        self.signable: Bools = np.zeros(utility.shape, bool)
        self.best: Floats = np.full(draws, -np.inf)
        self.best_package: Ints = np.zeros(draws, np.int64)

    def update(self, real: Bools) -> None:
        """Take in which of its lines are real now, shape (B, L)."""
        changed = np.flatnonzero(self._stale | (real != self._real).any(axis=1))
        self._real = real
        self._stale[:] = False
        if len(changed):
            self._work_out(changed)

    def forget(self, rows: Ints) -> None:
        """Have these draws worked out anew at the next update: worth has changed."""
        self._stale[rows] = True

    def strike(self, rows: Ints, packages: Bools) -> None:
        """Take packages off the list of some draws for good, shape (rows, P)."""
        if len(rows):
            if self._struck is None:
                self._struck = np.zeros(self.signable.shape, bool)
            self._struck[rows] |= packages
            self._stale[rows] = True

    def _work_out(self, rows: Ints) -> None:
        self._patterns[rows] = ~self._lines.patterns_crossing(self._real[rows])
        signable: Bools = self._patterns[rows][:, self._lines.pattern]
        if self._struck is not None:
            signable &= ~self._struck[rows]
        self.signable[rows] = signable
        willing: Bools = np.any(signable, axis=1)
        usable = signable if willing.all() else signable | (~willing[:, None] & self.on_the_table(rows))
        rank = self._regard.tie_rank if len(self._regard.tie_rank) == 1 else self._regard.tie_rank[rows]
        utility = self._utility[rows]
        self.best_package[rows] = first_of_highest(utility, usable, rank)
        worth = utility[np.arange(len(rows)), self.best_package[rows]]
        self.best[rows] = np.where(willing, worth, -np.inf)
        self._top_old[rows] = True
        if self._candidates is not None:
            self._list(rows)

    def taken_off(self, rows: Ints, packages: Ints) -> Bools:
        """Which packages of some draws were refused at home or taken off the table by an event, shape (rows, ...)."""
        lines, draw = self._lines, rows.reshape(-1, *[1] * (packages.ndim - 1))
        removed = self._real[draw] & (lines.party == EVERYBODY)
        gone: Bools = (lines.crosses[lines.pattern[packages]] & removed).any(axis=-1)
        return gone if self._struck is None else gone | self._struck[draw, packages]

    def on_the_table(self, rows: Ints) -> Bools:
        """Packages that nothing but a red line of its own forbids, all where there is none, shape (rows, P)."""
        taken_off = self._lines.crossed(self._real[rows] & (self._lines.party == EVERYBODY))
        if self._struck is not None:
            taken_off |= self._struck[rows]
        return ~taken_off | taken_off.all(axis=1, keepdims=True)

    def _list(self, rows: Ints) -> None:
        """Make the candidates of some draws, and their lists before anything is heard."""
        orderings = self._regard.orderings
        worth = self._utility[rows]
        if self._struck is not None:
            worth = np.where(self._struck[rows], -np.inf, worth)
        found = candidates(
            worth, self._patterns[rows], orderings if len(orderings) == 1 else [orderings[b] for b in rows]
        )
        whole = self._candidates is None
        self._candidates = found if self._candidates is None else self._candidates.with_rows(rows, found)
        fresh = self._candidates.shortlist(self._patterns[rows], rows)
        self._any_line = fresh if self._any_line is None or whole else self._any_line.with_rows(rows, fresh)
        self._avoiding = fresh if self._avoiding is None or whole else self._avoiding.with_rows(rows, fresh)
        self._listed_for = self._listed_for.copy()
        self._listed_for[rows] = False

    def top(self, count: int) -> Ints:
        """Its best packages that it could sign, best first, shape (B, count); ties by its regard for the others.

        Where it can sign fewer, the last of them is repeated; where none, what it offers instead.
        """
        if self._top is None or self._top.shape[1] < count:
            self._top, self._top_old[:] = np.zeros((len(self.best), count), np.int64), True
        rows = np.flatnonzero(self._top_old)
        if len(rows):
            self._top_old[:] = False
            rank = self._regard.tie_rank if len(self._regard.tie_rank) == 1 else self._regard.tie_rank[rows]
            found = highest(self._utility[rows], self.signable[rows], rank, self._top.shape[1])
            self._top[rows] = np.where(found == NO_DEAL, self.best_package[rows, None], found)
        return self._top[:, :count]

    def shortlists(self, heard: Bools) -> tuple[Shortlist, Shortlist]:
        """Offers best for the others first: avoiding the lines heard of, and all the party could sign."""
        if self._candidates is None:
            self._list(np.arange(len(self._patterns)))
        assert self._candidates is not None and self._avoiding is not None and self._any_line is not None
        changed = np.flatnonzero((heard != self._listed_for).any(axis=1))
        if len(changed):
            usable = self._patterns[changed] & ~self._lines.patterns_crossing(heard[changed])
            self._avoiding = self._avoiding.with_rows(changed, self._candidates.shortlist(usable, changed))
            self._listed_for = heard
        return self._avoiding, self._any_line
