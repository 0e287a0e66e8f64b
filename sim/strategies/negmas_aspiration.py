"""The time-dependent parties of NegMAS 0.16."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sim.core import exact
from sim.core.bids import first_of_highest
from sim.core.exact import TOLERANCE, Floats
from sim.core.packages import Bools, Ints
from sim.core.registry import number
from sim.core.state import NEAREST_OWN, Rule, View
from sim.strategies import STRATEGIES

NEARLY = 1e-6  # an offer may be worth so much less than is asked for, if none of enough worth is nearer to it


@STRATEGIES.register(
    "negmas_aspiration",
    formula="a = clamp(lo + (best - lo) x (1 - time^exponent) - tolerance, lo, best), lo = max(worst, no_deal), "
    "time = round / (rounds + 1)",
    source="AspirationNegotiator (tolerance 0.001) and Boulware-, Linear- and ConcederTBNegotiator (0.0001) of NegMAS "
    "0.16",
    use="to repeat what was run in NegMAS; with the protocol negmas_0_16 offer by offer",
)
@dataclass(frozen=True)
class NegmasAspiration:
    """Ask for less as the deadline nears, on the clock and within the tolerances of NegMAS 0.16.

    It accepts what is worth the aspiration and offers the package of nearest worth among those worth no less; one that
    falls short by up to 1e-6 counts too. With none it offers its best. Time is the same for all in a round, and never
    reaches 1: in the last round it is R / (R + 1).
    """

    exponent: float | Floats = number(4.0, above=0.0, doc="in NegMAS boulware is 4, linear 1, conceder 0.25")
    tolerance: float | Floats = number(
        0.001, above=0.0, doc="how much less it asks for than its curve says; 0.0001 for the three named after a curve"
    )

    @property
    def rule(self) -> Rule | None:
        """What it offers: all it does in a round follows from its aspiration; not told of a strategy built on this."""
        return Rule(NEAREST_OWN, NEARLY) if type(self) is NegmasAspiration else None

    def aspiration(self, view: View) -> Floats:
        """The least worth the party asks for now, shape (B,)."""
        aspiration: Floats = self._in_rounds(view, slice(view.round - 1, view.round))[0]
        return aspiration

    def aspirations(self, view: View) -> Floats:
        """The same in this round and all later ones, as things stand, shape (rounds, B)."""
        return self._in_rounds(view, slice(view.round - 1, None))

    def _in_rounds(self, view: View, rounds: slice) -> Floats:
        worst = view.once("negmas.worst", lambda: np.min(view.utility, axis=1, where=view.signable, initial=np.inf))
        some: Bools = np.isfinite(worst)
        lowest = np.where(some, np.maximum(worst, view.no_deal), view.no_deal)
        best = np.where(some, view.best, view.no_deal)
        left = 1 - self._fall(view.rounds)[rounds]
        asked = lowest + (best - lowest) * left - self.tolerance
        aspirations: Floats = np.maximum(lowest, np.minimum(best, asked))
        return aspirations

    def _fall(self, rounds: int) -> Floats:
        """`time**exponent` in every round, shape (R, 1 or B)."""
        if rounds not in self._falls:
            times = np.array([k / (rounds + 1) for k in range(1, rounds + 1)])
            self._falls[rounds] = exact.every_power(times, np.atleast_1d(self.exponent))
        return self._falls[rounds]

    @cached_property
    def _falls(self) -> dict[int, Floats]:
        return {}

    def offer(self, view: View) -> Ints:
        """The package the party puts on the table, shape (B,)."""
        aspiration = self.aspiration(view)
        offer = view.best_package.copy()
        enough = view.signable & np.greater_equal(view.utility, (aspiration - NEARLY - TOLERANCE)[:, None])
        rows = np.flatnonzero(enough.any(axis=1))
        if len(rows):
            nearness = -np.abs(view.utility[rows] - aspiration[rows, None])
            tie_rank = view.tie_rank if len(view.tie_rank) == 1 else view.tie_rank[rows]
            offer[rows] = first_of_highest(nearness, enough[rows], tie_rank)
        return offer

    def accept(self, view: View, offer: Ints) -> Bools:
        """Whether the party takes the package on the table, shape (B,)."""
        accepts: Bools = view.worth_of(offer) >= self.aspiration(view) - TOLERANCE
        return accepts
