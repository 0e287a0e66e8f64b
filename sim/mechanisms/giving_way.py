"""Red lines that give way to time and pressure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import Field

from sim.core import exact
from sim.core.exact import Floats
from sim.core.fields import Block
from sim.core.mechanism import Drawing, Mechanism, Played
from sim.core.numbers import Amount, Number
from sim.core.packages import Bools, Ints
from sim.core.state import State
from sim.core.utility import DAYS_PER_MONTH
from sim.mechanisms import MECHANISMS
from sim.mechanisms.bound import Bound, Source, side_by_side
from sim.mechanisms.mediation import Mediation


class GivingWaySpec(Block):
    """How a real red line is given up as the months pass; the same law for every line."""

    per_month: Amount = Field(description="Pace at which lines fall: 0.01 is about one real line in a hundred a month.")
    lever_adds: Amount = Field(
        Number(0),
        description="How many times that pace a lever at full strength adds on its party's lines; left out: 0.",
    )


@dataclass(frozen=True)
class LineOwners:
    """What is the same in all draws: the party of each red line, shape (L,), and a round in months."""

    party: Ints
    months: float


@MECHANISMS.register
@dataclass(frozen=True, eq=False)
class GivingWay(Bound, Mechanism):
    """How real red lines are given up as the months pass."""

    key = "giving_way"
    block = GivingWaySpec
    about = "How real red lines are given up as the months pass; left out: never."

    static: LineOwners
    per_month: Floats  # pace without pressure, shape (B,)
    lever_adds: Floats  # times the pace that a lever at full strength adds, shape (B,)
    endurance: Floats  # wear at which a line falls, infinite for a line of hardness 1, shape (B, L)

    @classmethod
    def bind(
        cls, spec: GivingWaySpec | None, source: Source, owners: Ints, groups: Sequence[str], hard: Bools,
        days_per_round: float,
    ) -> "GivingWay | None":
        """Draw how long each line lasts; None where no line gives way.

        Args:
            owners: Party of each line, shape (L,).
            groups: Name under which a line is drawn; lines of one name fall together.
            hard: Lines of hardness 1, which never fall, shape (B, L).
        """
        if spec is None:
            return None
        uniforms = [source.uniform(f"{group}.gives_way") for group in groups]
        lasting = side_by_side(uniforms, source.count)
        return cls(
            static=LineOwners(owners, days_per_round / DAYS_PER_MONTH),
            per_month=source.number("giving_way.per_month", spec.per_month),
            lever_adds=source.number("giving_way.lever_adds", spec.lever_adds),
            endurance=np.where(hard, np.inf, -exact.log(1 - lasting)),
        )

    @classmethod
    def draw(cls, block: GivingWaySpec | None, drawing: Drawing) -> "GivingWay | None":
        owners, days = drawing.table.lines.party, drawing.days_per_round
        return cls.bind(block, drawing.source, owners, drawing.groups, drawing.hard, days)

    def after_round(self, state: State, played: Played) -> State:
        """Wear the lines by a round; also while a text is voted on at home."""
        mediation = played.others.get("mediation")
        pressure = np.zeros((len(state.worn), len(played.table.parties)))
        if isinstance(mediation, Mediation):
            pressure = mediation.levers.on(played.state.pressure, len(played.table.parties))
        return state._replace(worn=state.worn + self.wear(pressure))

    def wear(self, pressure: Floats) -> Floats:
        """Wear of each line in one round, shape (B, L).

        Args:
            pressure: Strength of the lever on each party, shape (B, N).
        """
        on_owner = pressure[:, self.static.party]
        return self.static.months * self.per_month[:, None] * (1 + self.lever_adds[:, None] * on_owner)

    def fallen(self, worn: Floats) -> Bools:
        """Lines that have given way after so much wear, shape (B, L)."""
        return np.greater(worn, self.endurance)
