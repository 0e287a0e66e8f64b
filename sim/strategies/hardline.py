"""No concessions."""

from dataclasses import dataclass

from sim.core.registry import count
from sim.core.strategy import Stance, View
from sim.strategies import STRATEGIES
from sim.strategies.base import AspirationStrategy


@STRATEGIES.register(
    "hardline",
    formula="offers at a = best in every round; accepts at a = best, in the last rounds at a = no_deal",
    source="the hardliner (take it or leave it) of the literature on negotiating programs; what it takes is our own",
    use="the other end from a party that gives in at once; what the rest can get from one that never moves",
)
@dataclass(frozen=True)
class Hardline(AspirationStrategy):
    """Offer nothing but the best package; near the end take whatever is worth no deal or more.

    With `accepts: next_offer` it takes nothing less than its best package to the end, since it offers nothing less.
    """

    last_rounds: int = count(1, low=0, doc="in how many rounds at the end it takes what it can get; 0: in none")

    def stance(self, view: View) -> Stance:
        """Return its best to the end; in the last rounds it accepts anything from no deal on."""
        last = view.round > view.rounds - self.last_rounds
        return self.stance_at(view, view.highest_claim, accepts_from=view.reservation_value if last else None)
