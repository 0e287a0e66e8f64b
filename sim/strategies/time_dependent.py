"""Time-dependent concession toward the deadline."""

from dataclasses import dataclass

from sim.core.exact import Floats
from sim.core.registry import number
from sim.core.state import time_of
from sim.core.strategy import Stance, View
from sim.strategies import STRATEGIES
from sim.strategies.base import AspirationStrategy, TimeBased


@STRATEGIES.register(
    "time_dependent",
    formula="a = best - (best - no_deal) x time^exponent, time = (round - 1) / (rounds - 1)",
    source="Faratin, Sierra & Jennings (1998), time-dependent tactics",
    use="the default: a party that holds out for a while and settles as the deadline nears",
)
@dataclass(frozen=True)
class TimeDependent(TimeBased, AspirationStrategy):
    """Ask for less as the deadline nears, whatever the others do.

    Aspiration falls from the party's best package to its no-deal worth as `1 - time**exponent`.
    """

    exponent: float | Floats = number(1.0, above=0.0, doc="above 1 concedes late (Boulware), below 1 early (conceder)")

    def stance(self, view: View) -> Stance:
        return self.stance_at(view, self.aspiration(view))

    def aspiration(self, view: View) -> Floats:
        """Return the aspiration, shape (B,)."""
        best, times = view.highest_claim, (time_of(k, view.rounds) for k in range(1, view.rounds + 1))
        conceded = self.conceded(view, times)
        aspiration: Floats = best - (best - view.reservation_value) * conceded
        return aspiration
