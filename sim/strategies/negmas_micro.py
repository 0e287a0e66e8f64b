"""MiCRO as NegMAS 0.16 has it."""

from dataclasses import dataclass

import numpy as np

from sim.core.answers import BY_STEPS_OF_ANY, Answers
from sim.core.bids import STEP_DOWN
from sim.core.strategy import Stance, Strategy, View
from sim.strategies import STRATEGIES
from sim.strategies.base import between


@STRATEGIES.register(
    "negmas_micro",
    formula="as micro, with n the different offers of all others together",
    source="MiCRONegotiator of NegMAS 0.16, after de Jonge (2022)",
    use="to repeat what was run in NegMAS, with the protocol negmas_0_16",
)
@dataclass(frozen=True)
class NegmasMicro(Strategy):
    """Go down one's own packages one by one, a step whenever all others together have made as many.

    With one other it is `micro` where there are rounds enough for all packages; with fewer it comes no further than to
    as many of its best packages.
    """

    randomises = True

    def stance(self, view: View) -> Stance:
        """The next step down, or an earlier offer, to be chosen anew at each turn."""
        lowest, _ = view.steps_down(view.ladder(min(view.rounds, len(view.packages))), of_any=True)
        blank = np.zeros(len(lowest))
        answers = Answers(BY_STEPS_OF_ANY, 0, blank, blank, blank)
        return Stance(between(view, lowest), bidding=STEP_DOWN, answers=answers)
