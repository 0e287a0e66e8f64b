"""The time-dependent parties of NegMAS 0.16."""

from dataclasses import dataclass

import numpy as np

from sim.core.bids import NEAREST_OWN
from sim.core.exact import Floats
from sim.core.packages import Bools
from sim.core.registry import number
from sim.core.strategy import Stance, Strategy, View
from sim.strategies import STRATEGIES
from sim.strategies.base import TimeBased


@STRATEGIES.register(
    "negmas_aspiration",
    formula="a = clamp(lo + (best - lo) x (1 - time^exponent) - tolerance, lo, best), lo = max(worst, no_deal), "
    "time = round / (rounds + 1)",
    source="AspirationNegotiator (tolerance 0.001) and Boulware-, Linear- and ConcederTBNegotiator (0.0001) of NegMAS "
    "0.16",
    use="to repeat what was run in NegMAS; with the protocol negmas_0_16 offer by offer",
)
@dataclass(frozen=True)
class NegmasAspiration(TimeBased, Strategy):
    """Ask for less as the deadline nears, on the clock and within the tolerances of NegMAS 0.16.

    It accepts what is worth the aspiration and offers the package of nearest worth among those worth no less; one that
    falls short by up to 1e-6 counts too. With none it offers its best. Time is the same for all in a round, and never
    reaches 1: in the last round it is R / (R + 1).
    """

    exponent: float | Floats = number(4.0, above=0.0, doc="in NegMAS boulware is 4, linear 1, conceder 0.25")
    tolerance: float | Floats = number(
        0.001, above=0.0, doc="how much less it asks for than its curve says; 0.0001 for the three named after a curve"
    )

    def stance(self, view: View) -> Stance:
        """Return the curve of NegMAS between its worst and its best, and the package of nearest utility."""
        some: Bools = np.isfinite(view.worst)
        lowest = np.where(some, np.maximum(view.worst, view.reservation_value), view.reservation_value)
        best = np.where(some, view.best, view.reservation_value)
        times = (k / (view.rounds + 1) for k in range(1, view.rounds + 1))
        left = 1 - self.conceded(view, times)
        aspiration = lowest + (best - lowest) * left - self.tolerance
        return Stance(np.maximum(lowest, np.minimum(best, aspiration)), bidding=NEAREST_OWN)
