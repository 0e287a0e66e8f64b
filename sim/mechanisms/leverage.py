"""Leverage: the mediator's means to lower reservation values."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Discriminator, Field, Tag

from sim.core.exact import Floats
from sim.core.fields import Block, Form, PartyName, Sourced
from sim.core.mechanism import Bound, Drawing, mechanism_of
from sim.core.numbers import Chance
from sim.core.packages import Ints
from sim.mechanisms.drawn_numbers import share, side_by_side
from sim.mechanisms.events import Events

NEVER, ON_REFUSAL = "never", "on_refusal"
NOBODY, SEVERAL = -1, -2  # the party that alone blocked the mediator's offer


class FromMonthSpec(Block):
    """The month from which a lever is applied."""

    month: Annotated[float, Field(ge=0, le=1200)] = Field(description="Months after the first round.")


def _word_or_month(value: Any) -> str:
    return "[month]" if isinstance(value, dict) else "[word]"


Pulled = Annotated[
    Annotated[Literal["never", "on_refusal"], Tag("[word]")] | Annotated[FromMonthSpec, Tag("[month]")],
    Discriminator(_word_or_month),
]


class LeverSpec(Sourced):
    """A lever of the mediator on the reservation value of one party."""

    party: PartyName = Field(description="The party that it targets.")
    lowers_no_deal_by: Chance = Field(description="Share of that party's no-deal value that it takes at full strength.")
    pulled: Annotated[
        str | float, Form(Pulled, lambda when, _: when if isinstance(when, str) else float(when.month))
    ] = Field(
        "on_refusal",
        description="never; on_refusal: while that party alone blocks the mediator's last offer; or "
        "from a month on, as {month: 6}. Events may pull it too.",
    )


@dataclass(frozen=True)
class LeverTable:
    """What is the same in all draws."""

    names: tuple[str, ...]  # of the levers, sorted
    party: Ints  # index of the target of each
    pulled: tuple[str | float, ...]  # `never`, `on_refusal`, or the first month, by lever
    mediator: int  # index of the party that applies them
    months: Floats  # month at which each round is played, shape (R,)


@dataclass(frozen=True, eq=False)
class Levers(Bound):
    """The leverage of a mediator on reservation values."""

    static: LeverTable
    lowers: Floats  # share of the reservation value that a lever takes at full strength, shape (B, levers)
    step: Floats  # strength gained or lost in a round, shape (B,)
    by_events: Ints  # steps that events add in a round, shape (B, R, levers)
    fades_per_year: Floats  # share of the leverage lost each year after signature, shape (B,)

    @classmethod
    def draw(cls, spec: Any, drawing: Drawing) -> "Levers":
        source, parties, events = drawing.source, drawing.table.parties, mechanism_of(drawing.before, Events)
        names = tuple(sorted(spec.levers))
        levers = [spec.levers[name] for name in names]
        lowers = [
            source.number(f"mediation.levers.{name}.lowers_no_deal_by", lever.lowers_no_deal_by)
            for name, lever in zip(names, levers, strict=True)
        ]
        steps = np.zeros((source.count, drawing.rounds, len(names)), np.int64)
        if events is not None:
            for place, name in enumerate(names):
                steps[:, :, place] = events.lever_steps(name).T
        return cls(
            static=LeverTable(
                names,
                np.array([parties.index(lever.party) for lever in levers], np.int64),
                tuple(lever.pulled for lever in levers),
                parties.index(spec.mediator),
                drawing.months(),
            ),
            lowers=side_by_side(lowers, source.count),
            step=source.number("mediation.step_per_round", spec.step_per_round),
            by_events=steps,
            fades_per_year=source.number("mediation.fades_per_year", spec.fades_per_year),
        )

    def at_the_start(self, strength: Floats, k: int) -> Floats:
        """Return the strength of the levers after the events of round k (from 1), shape (B, levers)."""
        return share(strength + self.by_events[:, k - 1] * self.step[:, None])

    def after_round(self, strength: Floats, holdout: Ints, k: int) -> Floats:
        """Return the strength after round k: a step up on the party that alone blocked the offer, else a step down."""
        moved = np.zeros_like(strength)
        for lever, when in enumerate(self.static.pulled):
            if when == NEVER:
                moved[:, lever] = -1.0
            elif when == ON_REFUSAL:
                moved[:, lever] = np.where(holdout == self.static.party[lever], 1.0, -1.0)
            else:
                moved[:, lever] = 1.0 if self.static.months[k - 1] >= float(when) else -1.0
        return share(strength + moved * self.step[:, None])

    def lower(self, reservation_value: Floats, strength: Floats) -> Floats:
        """Lower reservation values by leverage, each times `1 - s l` where it is above 0, shape (B, N)."""
        left, remains = np.ones(reservation_value.shape), 1 - share(strength * self.lowers)
        for lever, party in enumerate(self.static.party):
            left[:, party] *= remains[:, lever]
        return np.where(reservation_value > 0, reservation_value * left, reservation_value)

    def on(self, strength: Floats, parties: int) -> Floats:
        """Return the strength of the strongest lever on each party, 0 without one, shape (B, N)."""
        most = np.zeros((len(strength), parties))
        for lever, party in enumerate(self.static.party):
            most[:, party] = np.maximum(most[:, party], strength[:, lever])
        return most
