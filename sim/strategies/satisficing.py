"""Be content with enough."""

from dataclasses import dataclass

import numpy as np

from sim.core.exact import Floats
from sim.core.registry import number
from sim.core.strategy import Stance, View
from sim.strategies import STRATEGIES
from sim.strategies.base import AspirationStrategy, between


@STRATEGIES.register(
    "satisficing",
    formula="a = no_deal + level x (best - no_deal)",
    source="after Simon (1955), who has people look for what is good enough; as a rule of bargaining it is our own",
    use="a party that knows what it needs and has nothing to do with time or with what others do",
)
@dataclass(frozen=True)
class Satisficing(AspirationStrategy):
    """Ask in every round for a fixed share of the way from no deal to the best package.

    It moves only as no deal and the best package do.
    """

    level: float | Floats = number(0.5, low=0.0, high=1.0, doc="share of the way: 0 is no deal, 1 its best package")

    def stance(self, view: View) -> Stance:
        level = np.clip(self.level, 0.0, 1.0)
        return self.stance_at(
            view, between(view, view.reservation_value + level * (view.highest_claim - view.reservation_value))
        )
