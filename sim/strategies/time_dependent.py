"""Ask for less as the deadline nears."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sim import exact
from sim.issues import Bools, Ints
from sim.registry import choice, meanings, number
from sim.state import View, time_of
from sim.strategies import STRATEGIES
from sim.strategies.acceptance import ACCEPTANCE_RULES
from sim.strategies.offers import OFFER_RULES
from sim.utility import Floats


@STRATEGIES.register("time_dependent")
@dataclass(frozen=True)
class TimeDependent:
    """Ask for less as the deadline nears, whatever the others do.

    Aspiration falls from the party's best package to its no-deal worth as `1 - time**exponent`.

    Source: Faratin, Sierra & Jennings (1998), time-dependent tactics.
    """

    exponent: float | Floats = number(1.0, above=0.0, doc="above 1 concedes late (Boulware), below 1 early (conceder)")
    offers: str = choice("best_for_others", meanings(OFFER_RULES), doc="which of the packages worth enough is offered")
    accepts: str = choice("threshold", meanings(ACCEPTANCE_RULES), doc="when an offer is accepted")

    def aspiration(self, view: View) -> Floats:
        """The least worth the party asks for now, shape (B,)."""
        best = np.maximum(view.best, view.no_deal)
        aspiration: Floats = best - (best - view.no_deal) * self._fall(view.rounds)[view.round - 1]
        return aspiration

    def _fall(self, rounds: int) -> Floats:
        """`time**exponent` in every round, shape (R, 1 or B): a portable power of all costs little more than of one."""
        if rounds not in self._falls:
            times = np.array([time_of(k, rounds) for k in range(1, rounds + 1)])
            self._falls[rounds] = exact.power(times[:, None], np.atleast_1d(self.exponent)[None, :])
        return self._falls[rounds]

    @cached_property
    def _falls(self) -> dict[int, Floats]:
        return {}

    def offer(self, view: View) -> Ints:
        """The package the party puts on the table, shape (B,)."""
        return OFFER_RULES[self.offers](view, self.aspiration(view))

    def accept(self, view: View, offer: Ints) -> Bools:
        """Whether the party takes the package on the table, shape (B,)."""
        own_next = self.offer(view) if self.accepts != "threshold" else offer
        return ACCEPTANCE_RULES[self.accepts](view, offer, self.aspiration(view), own_next)
