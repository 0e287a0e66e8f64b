"""What comes nearest to people of all that can be said with the other strategies' words."""

from dataclasses import dataclass

from sim.core.acceptance import ACCEPTANCE_RULES
from sim.core.exact import Floats
from sim.core.registry import choice, meanings, number
from sim.strategies import STRATEGIES
from sim.strategies.offers import OFFER_RULES
from sim.strategies.time_dependent import TimeDependent


@STRATEGIES.register(
    "human",
    formula="as time_dependent, with exponent from 1 to 4, offers: nearest and accepts: next_offer",
    source="fitted to half of 535 negotiations of CaSiNo (Chawla et al. 2021) and scored on the other half",
    use="parties that bargain as people were seen to; with `information: positions`, and 30 rounds or more",
)
@dataclass(frozen=True)
class Human(TimeDependent):
    """Ask for less as the deadline nears, and answer an offer by the one most like it.

    A preset of `time_dependent`: what is left out is what predicted people best, the exponent with its range.
    """

    exponent: float | Floats = number(2.5, above=0.0, drawn=(1.0, 4.0), doc="as in time_dependent; left out: 1 to 4")
    offers: str = choice("nearest", meanings(OFFER_RULES), doc="which of the packages worth enough is offered")
    accepts: str = choice("next_offer", meanings(ACCEPTANCE_RULES), doc="when an offer is accepted")
