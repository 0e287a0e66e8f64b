"""Concession partly by time and partly by the behaviour of the others."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sim.core.exact import Floats
from sim.core.registry import choice, count, number
from sim.core.strategy import Stance, View
from sim.strategies import STRATEGIES
from sim.strategies.base import AspirationStrategy
from sim.strategies.time_dependent import TimeDependent
from sim.strategies.tit_for_tat import KINDS, TitForTat


@STRATEGIES.register(
    "hybrid",
    formula="a = weight x a of time_dependent + (1 - weight) x a of tit_for_tat",
    source="Faratin, Sierra & Jennings (1998), a weighted combination of two tactics, with one weight for all rounds",
    use="a party that answers concessions and still settles as the deadline nears, so that somebody moves first",
)
@dataclass(frozen=True)
class Hybrid(AspirationStrategy):
    """Ask for a weighted mean of what `time_dependent` and what `tit_for_tat` ask for."""

    weight: float | Floats = number(0.5, low=0.0, high=1.0, doc="the part of the clock; the rest is the others' part")
    exponent: float | Floats = number(1.0, above=0.0, doc="of the clock: above 1 concedes late, below 1 early")
    kind: str = choice("absolute", KINDS, doc="how it answers the others' moves")
    span: int = count(1, doc="lag (relative, absolute) or window (averaged) of the answer, in offers of the others")

    def stance(self, view: View) -> Stance:
        """Return the mean of both, recomputed at each turn."""
        weight = np.broadcast_to(np.clip(self.weight, 0.0, 1.0), view.reservation_value.shape)
        answer = TitForTat(kind=self.kind, span=self.span, first_step=0.0, offers=self.offers, accepts=self.accepts)
        return answer.stance_in_answer(view, np.ascontiguousarray(weight), self._clock.aspiration(view))

    @cached_property
    def _clock(self) -> TimeDependent:
        return TimeDependent(exponent=self.exponent)
