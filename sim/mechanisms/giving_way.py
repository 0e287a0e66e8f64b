"""Erosion of red lines with time and pressure."""

from dataclasses import dataclass

import numpy as np
from pydantic import Field

from sim.core import exact
from sim.core.exact import Floats
from sim.core.fields import Block
from sim.core.mechanism import Drawing, Mechanism, Played, mechanism_of
from sim.core.numbers import Amount, Number
from sim.core.packages import Bools, Ints
from sim.core.state import State
from sim.mechanisms import MECHANISMS
from sim.mechanisms.drawn_numbers import side_by_side
from sim.mechanisms.mediation import Mediation


class GivingWaySpec(Block):
    """The erosion of real red lines with time; the same law for every line."""

    per_month: Amount = Field(description="Rate of giving up: 0.01 is about one real line in a hundred a month.")
    lever_adds: Amount = Field(
        Number(0),
        description="How many times that pace a lever at full strength adds on its party's lines; left out: 0.",
    )


@MECHANISMS.register
@dataclass(frozen=True, eq=False)
class GivingWay(Mechanism):
    """The erosion of real red lines in each draw."""

    key = "giving_way"
    block = GivingWaySpec
    about = "How real red lines are given up with time; left out: never."

    static: Ints  # party of each red line, shape (L,)
    per_round: Floats  # rate without pressure, shape (B,)
    lever_adds: Floats  # times the rate that a lever at full strength adds, shape (B,)
    endurance: Floats  # wear at which a line is given up, infinite for a line of hardness 1, shape (B, L)

    @classmethod
    def draw(cls, block: GivingWaySpec, drawing: Drawing) -> "GivingWay":
        """Draw how long each line lasts; lines with a shared draw are given up together."""
        source = drawing.source
        lasting = side_by_side([source.uniform(f"{group}.gives_way") for group in drawing.groups], source.count)
        return cls(
            static=drawing.table.lines.party,
            per_round=drawing.months_per_round * source.number("giving_way.per_month", block.per_month),
            lever_adds=source.number("giving_way.lever_adds", block.lever_adds),
            endurance=np.where(drawing.hard, np.inf, -exact.log(1 - lasting)),
        )

    def after_round(self, state: State, played: Played) -> State:
        """Add the wear of a round; also while a package is voted on."""
        mediation, parties = mechanism_of(played.others, Mediation), len(played.table.parties)
        pressure = np.zeros((len(state.worn), parties))
        if mediation is not None:
            pressure = mediation.levers.on(played.state.pressure, parties)
        return state._replace(worn=state.worn + self.wear(pressure))

    def wear(self, pressure: Floats) -> Floats:
        """Return the wear of each line in one round, shape (B, L).

        Args:
            pressure: Strength of the lever on each party, shape (B, N).
        """
        return self.per_round[:, None] * (1 + self.lever_adds[:, None] * pressure[:, self.static])

    def fallen(self, worn: Floats) -> Bools:
        """Return lines given up after so much wear, shape (B, L)."""
        return np.greater(worn, self.endurance)
