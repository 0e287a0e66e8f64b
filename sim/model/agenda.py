"""The agenda of talks: which of its items are closed in each draw, and what may still be bid."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from sim.core.exact import TOLERANCE
from sim.core.packages import NO_DEAL, Bools, Ints
from sim.core.state import ACCEPTED, OFFERED, REFUSED, Moves, State
from sim.model.ensemble import Ensemble

if TYPE_CHECKING:
    from sim.model.agents import Party

TAKES_A_POSITION = (OFFERED, REFUSED, ACCEPTED)  # after these what lies on the table is what the party stands for


def items_of(ensemble: Ensemble) -> tuple[tuple[str, ...], ...]:
    """The items in order, as names of issues; those that the file does not name come last, together."""
    agenda = ensemble.protocol.agenda or ()
    rest = tuple(issue for issue in ensemble.scenario.issues if not any(issue in item for item in agenda))
    return (*agenda, rest) if rest else agenda


class Agenda:
    """Items that close one after the other; packages that depart from what is closed are bid and accepted no more.

    Attributes:
        closed: Round in which each item was closed, 0 while it is open, shape (B, items).
    """

    def __init__(self, ensemble: Ensemble) -> None:
        self._table, self._reopen = ensemble.structure, ensemble.protocol.reopen
        names = [issue.name for issue in self._table.space.issues]
        self._items = [np.array([names.index(issue) for issue in item]) for item in items_of(ensemble)]
        self.closed: Ints = np.zeros((len(ensemble), len(self._items)), np.int64)
        self._options = np.zeros((len(ensemble), len(names)), np.uint8)  # those of the items closed
        self._position: Ints = np.full((len(ensemble), len(self._table.parties)), NO_DEAL)  # last offered or accepted

    def reopen(self, state: State, parties: "Sequence[Party]") -> Ints:
        """Open the last item closed where some party can sign nothing that is left, at the start of a round.

        Returns:
            Draws in which an item was opened.
        """
        self._position[state.standing == NO_DEAL] = NO_DEAL  # after a refusal at home old bids are void
        rows: Ints = np.flatnonzero(state.open & (self.closed > 0).any(axis=1) & self._reopen)
        if not len(rows):
            return rows
        blocked = np.zeros(len(rows), bool)
        for party, signs in zip(parties, self._table.signs, strict=True):
            without = party.best[rows] < state.reservation_value[rows, party.index] - TOLERANCE
            if without.any() and not signs.all():
                without &= ~(party.view(state).signable[rows] & ~signs).any(axis=1)
            blocked |= without
        rows = rows[blocked]
        self.closed[rows, (self.closed[rows] > 0).sum(axis=1) - 1] = 0
        self._position[rows] = NO_DEAL
        return rows

    def close(self, state: State, moves: Moves) -> Ints:
        """Close items, in order, on which all signatories of the standing offer stand for its options.

        The last item is left to the signature.

        Returns:
            Draws in which an item was closed.
        """
        for who, did, package in zip(moves.who, moves.did, moves.package, strict=True):
            acts = np.flatnonzero(np.isin(did, TAKES_A_POSITION))
            self._position[acts, who[acts]] = package[acts]
        options = self._table.space.packages[state.standing]
        differs = self._table.space.packages[self._position] != options[:, None]
        differs |= (self._position == NO_DEAL)[:, :, None]
        agreed = ~(differs & self._table.signs[:, state.standing].T[:, :, None]).any(axis=1)
        going_on, some = state.open & (state.standing != NO_DEAL), np.zeros(len(options), bool)
        for i, item in enumerate(self._items[:-1]):
            closes = going_on & (self.closed[:, i] == 0) & agreed[:, item].all(axis=1)
            self.closed[closes, i] = state.round
            self._options[np.ix_(closes, item)] = options[np.ix_(closes, item)]
            some |= closes
            going_on &= self.closed[:, i] > 0
        return np.flatnonzero(some)

    def departing(self, rows: Ints) -> Bools:
        """Packages that depart from what is closed in some draws, shape (rows, P)."""
        packages = self._table.space.packages
        departs = np.zeros((len(rows), len(packages)), bool)
        for i, item in enumerate(self._items):
            for issue in item:
                other = packages[:, issue] != self._options[rows, issue, None]
                departs |= other & (self.closed[rows, i] > 0)[:, None]
        return departs
