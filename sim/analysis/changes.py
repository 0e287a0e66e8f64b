"""Numbers of a file turned to other values, and what that costs.

Changes of different numbers are compared by the width of their stated ranges: a change of cost 1 is as long as the
range of its number is wide. A number without a range counts by its whole scale.
"""

from dataclasses import dataclass

import numpy as np

from sim.analysis.dials import Dial

SLACK = 1e-12  # what a limit may be passed by rounding


@dataclass(frozen=True)
class Turn:
    """A number turned: which, and to what value."""

    dial: Dial
    value: float

    @property
    def change(self) -> float:
        """How far."""
        return self.value - self.dial.value

    @property
    def rounded(self) -> float:
        """The value with few digits, rounded away from where the number stands: what opens still opens."""
        step = 10.0 ** -(2 if self.dial.kind == "points" else 4)
        away = np.ceil if self.change > 0 else np.floor
        return float(np.clip(np.round(away(self.value / step - SLACK * np.sign(self.change)) * step, 10),
                             self.dial.low, self.dial.high))

    @property
    def cost(self) -> float:
        """The same in widths of its stated range."""
        return abs(self.change) / self.dial.unit

    @property
    def within(self) -> bool:
        """Whether it stays in the stated range; False for a number without one."""
        stated = self.dial.stated
        return stated is not None and stated[0] - SLACK <= self.value <= stated[1] + SLACK


@dataclass(frozen=True)
class Change:
    """One number or two that are turned so that a zone opens.

    Attributes:
        turns: Which, the first in the order of the file first.
        package: The package that becomes acceptable.
        packages: How many become acceptable with it, itself included, as worked out anew.
    """

    turns: tuple[Turn, ...]
    package: int
    packages: int

    @property
    def cost(self) -> float:
        """The costs of all turns added up."""
        return float(sum(turn.cost for turn in self.turns))

    def values(self) -> dict[str, float]:
        """The numbers of the file that have another value, by path."""
        return {path: value for turn in self.turns for path, value in turn.dial.at(turn.value).items()}
