"""Who walks away from the talks: parties to whom something outside is worth more than all they can still expect."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from sim.agents import Party
from sim.ensemble import Ensemble
from sim.exact import TOLERANCE
from sim.issues import Bools, Ints
from sim.state import State
from sim.utility import Floats


class Leaving:
    """Asks the parties that have somewhere to go whether they stay, at the start of each round.

    A party leaves when what it gets by leaving exceeds what no deal is worth to it now and every package that it could
    sign itself and that crosses no red line it has heard of; with complete information, every such package that is
    worth no deal now to all who sign it. A protocol in which parties foresee what they get says itself who leaves.

    Attributes:
        nobody: Whether nobody can leave by this rule.
    """

    def __init__(self, ensemble: Ensemble, utility: Floats) -> None:
        self._away, self._utility, self._signs = ensemble.walk_away, utility, ensemble.structure.signs
        self._complete = ensemble.protocol.information == "complete"
        self.nobody = not np.isfinite(self._away).any() or getattr(ensemble.protocol, "says_who_leaves", False)

    def ask(self, state: State, parties: Sequence[Party]) -> State:
        """Close the draws in which somebody leaves."""
        if self.nobody:
            return state
        left = state.left.copy()
        for party in parties:
            n = party.index
            tempted = state.open & (self._away[:, n] > state.no_deal[:, n] + TOLERANCE)
            rows = np.flatnonzero(tempted)
            if len(rows):
                left[rows[~self._stays(state, party, rows)], n] = state.round
        return replace(state, left=left, open=state.open & ~(left > 0).any(axis=1))

    def _stays(self, state: State, party: Party, rows: Ints) -> Bools:
        """Whether a party can still expect a package worth what it would leave for, shape (rows,)."""
        view, n = party.view(state), party.index
        enough = view.utility[rows] >= (self._away[rows, n] - TOLERANCE)[:, None]
        hoped = enough & view.signable[rows] & ~view.avoided()[rows]
        if self._complete:
            for other, signs in enumerate(self._signs):
                if other != n:
                    content = self._utility[rows, other] >= (state.no_deal[rows, other] - TOLERANCE)[:, None]
                    hoped &= content | ~signs
        stays: Bools = np.logical_or.reduce(hoped, axis=1)
        return stays
