"""Concede one step when the others have."""

from dataclasses import dataclass

import numpy as np

from sim.core.acceptance import ACCEPTANCE_CODES
from sim.core.answers import BY_STEPS, Answers
from sim.core.bids import STEP_DOWN
from sim.core.packages import Ints
from sim.core.strategy import Stance, View
from sim.strategies import STRATEGIES
from sim.strategies.base import PackageStrategy, between, others


@STRATEGIES.register(
    "micro",
    formula="with m different offers of its own and n of the other: if m <= n it offers the (m + 1)-th best package, "
    "else any earlier one; a = the lowest worth it has offered or offers next",
    source="de Jonge (2022), MiCRO; n with several others, steps where packages outnumber rounds, and other rules of "
    "offers are our own",
    use="a strong and simple opponent that needs to know nothing of the others",
)
@dataclass(frozen=True)
class Micro(PackageStrategy):
    """Go down one's own packages one by one, a step whenever the least-moving other has made as many.

    The order is by own worth; ties by the party's regard for the others. Where there are more packages than rounds, it
    goes down as many of them as there are rounds, evenly from its best to its worst. Steps that cross a line somebody
    has named are left out as long as there are others. Of others that sign, those that have made no offer at all
    hold nobody up. When it is not its turn to move it repeats one of its earlier offers by chance, each alike. It goes
    no lower than no deal. By another offer rule than its own it asks for the worth of its `(min(m, n) + 1)`-th best
    package, m then the number of its offers, different or not.
    """

    randomises = True

    def stance(self, view: View) -> Stance:
        """The next step down, or an earlier offer, to be chosen anew at each turn."""
        rows, length = np.arange(len(view.reservation_value)), min(view.rounds, len(view.packages))
        ladder = view.ladder(length, spread=True)  # as many packages as it can offer: one a round
        if self.offers == "picked":
            lowest, _ = view.steps_down(ladder)
            blank = np.zeros(len(rows))
            answers = Answers(BY_STEPS, 0, blank, blank, blank)
            return Stance(between(view, lowest), None, None, STEP_DOWN, ACCEPTANCE_CODES[self.accepts], answers)
        level = np.minimum(np.minimum(view.offers_made[:, view.party], _least_moves(view)), length - 1)
        return self.stance_at(view, between(view, view.utility_of(ladder.package[rows, level])))


def _least_moves(view: View) -> Ints:
    """Return the number of different offers of the least-moving other, of those that have made any, shape (B,)."""
    party = others(view)
    offered, most = view.offers_made[:, party] > 0, np.iinfo(np.int64).max
    least = np.where(offered, view.distinct_offers[:, party], most).min(axis=1, initial=most)
    return np.where(offered.any(axis=1), least, 0)
