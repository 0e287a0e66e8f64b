"""What the parties of a block of draws know of each other, round by round."""

from sim.ensemble import Ensemble
from sim.knowledge import Knowledge, Regard
from sim.learning import learned
from sim.state import State
from sim.utility import Floats


class Awareness:
    """Keeps what everybody knows of everybody: the same for all of them, since all offers are heard by all.

    What is learned from offers is taken in at the beginning of a round.
    """

    def __init__(self, ensemble: Ensemble, utility: Floats) -> None:
        table, self._space = ensemble.structure, ensemble.structure.space
        information = ensemble.protocol.information
        self._learns = information == "learned"
        self._known: Knowledge
        if information == "positions":
            self._known, self.regards = table.positions, table.regard_by_positions
        elif information == "complete":
            self._known = Knowledge(utility, utility.max(axis=2), ensemble.no_deal)
            self.regards = table.regards(self._known)
        else:
            self._known, self.regards = table.nothing_known, table.regard_knowing_nothing
        if self._learns:
            rank = table.space.tie_rank[None]
            self.regards = tuple(Regard(n, (), rank) for n in range(len(table.parties)))

    def listen(self, state: State) -> None:
        """Take in what has been offered up to this round."""
        if self._learns:
            self._known = learned(state.log, state.offers_made, self._space)

    def known(self) -> Knowledge:
        """What is known in this round."""
        return self._known
