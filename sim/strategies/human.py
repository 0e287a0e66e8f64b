"""The preset closest to human negotiators."""

from dataclasses import dataclass

from sim.core.exact import Floats
from sim.core.registry import number
from sim.strategies import STRATEGIES
from sim.strategies.time_dependent import TimeDependent


@STRATEGIES.register(
    "human",
    formula="as time_dependent, with an exponent from 1 to 4",
    source="fitted to half of 535 negotiations of CaSiNo (Chawla et al. 2021) and scored on the other half",
    use="parties that bargain as people were seen to; with `information: learned`",
)
@dataclass(frozen=True)
class Human(TimeDependent):
    """Ask for less as the deadline nears, some late and some evenly.

    A preset of `time_dependent`: an exponent that is left out is drawn from the range that fitted people best.
    """

    exponent: float | Floats = number(2.5, above=0.0, drawn=(1.0, 4.0), doc="as in time_dependent; left out: 1 to 4")
