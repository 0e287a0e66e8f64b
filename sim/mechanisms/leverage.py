"""Pressure: levers that lower the worth of fighting on, and red lines that give way to time and pressure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.core import exact
from sim.core.exact import Floats
from sim.core.packages import Bools, Ints
from sim.core.utility import DAYS_PER_MONTH
from sim.mechanisms.bound import Rows, Source, Table, rows_of
from sim.mechanisms.events import Events

NEVER, ON_REFUSAL = "never", "on_refusal"
NOBODY, SEVERAL = -1, -2  # who alone stood in the way of the mediator's text


@dataclass(frozen=True)
class LeverTable:
    """What is the same in all draws.

    Attributes:
        names: Of the levers, sorted.
        party: Index of the party each is pulled on, shape (levers,).
        pulled: `never`, `on_refusal`, or the month from which it is pulled, a lever.
        mediator: Index of the party that pulls.
        months: Month at which each round is played, shape (R,).
    """

    names: tuple[str, ...]
    party: Ints
    pulled: tuple[str | float, ...]
    mediator: int
    months: Floats


@dataclass(frozen=True, eq=False)
class Levers:
    """What the mediator can do to the worth of no deal.

    Attributes:
        static: Whose levers, and when they are pulled.
        lowers: Share of no-deal worth that a lever takes at full strength, shape (B, levers).
        step: Strength gained or lost in a round, shape (B,).
        by_events: Steps that events add in a round, shape (B, R, levers).
        fades_per_year: Share of the pressure that goes each year after signature, shape (B,).
    """

    static: LeverTable
    lowers: Floats
    step: Floats
    by_events: Ints
    fades_per_year: Floats

    @classmethod
    def bind(
        cls, spec: Any, source: Source, table: Table, rounds: int, days_per_round: float, events: Events | None
    ) -> "Levers | None":
        """Draw the numbers of `mediation`; None where the file has none."""
        if spec is None:
            return None
        names = tuple(sorted(spec.levers))
        levers = [spec.levers[name] for name in names]
        lowers = [
            source.number(f"mediation.levers.{name}.lowers_no_deal_by", spec.levers[name].lowers_no_deal_by)
            for name in names
        ]
        steps = [events.lever_steps(name).T if events else np.zeros((source.count, rounds), np.int64) for name in names]
        return cls(
            static=LeverTable(
                names,
                np.array([table.parties.index(lever.party) for lever in levers], np.int64),
                tuple(lever.pulled for lever in levers),
                table.parties.index(spec.mediator),
                np.arange(rounds, dtype=np.float64) * (days_per_round / DAYS_PER_MONTH),
            ),
            lowers=np.array(lowers).reshape(len(names), source.count).T,
            step=source.number("mediation.step_per_round", spec.step_per_round),
            by_events=np.array(steps, np.int64).reshape(len(names), source.count, rounds).transpose(1, 2, 0),
            fades_per_year=source.number("mediation.fades_per_year", spec.fades_per_year),
        )

    def rows(self, rows: Rows) -> "Levers":
        """Some of the draws."""
        return rows_of(self, rows)

    def at_the_start(self, strength: Floats, k: int) -> Floats:
        """Strength of the levers once the events of round k (from 1) have pulled them, shape (B, levers)."""
        return np.clip(strength + self.by_events[:, k - 1] * self.step[:, None], 0.0, 1.0)

    def after_round(self, strength: Floats, holdout: Ints, k: int) -> Floats:
        """Strength after round k: up a step on the party that alone stood in the way, else down a step.

        Args:
            strength: In the round, shape (B, levers).
            holdout: The party that alone stood in the way of the mediator's last offer, else `NOBODY` or `SEVERAL`.
            k: The round that was played, from 1.
        """
        moved = np.zeros_like(strength)
        for lever, when in enumerate(self.static.pulled):
            if when == NEVER:
                moved[:, lever] = -1.0
            elif when == ON_REFUSAL:
                moved[:, lever] = np.where(holdout == self.static.party[lever], 1.0, -1.0)
            else:
                moved[:, lever] = 1.0 if self.static.months[k - 1] >= float(when) else -1.0
        return np.clip(strength + moved * self.step[:, None], 0.0, 1.0)

    def plan(self) -> Ints:
        """Where each lever goes after each round: 1 up, -1 down, 0 as is found out at the table; shape (levers, R)."""
        months, plan = self.static.months, np.full((len(self.static.pulled), len(self.static.months)), -1)
        for lever, when in enumerate(self.static.pulled):
            if when == ON_REFUSAL:
                plan[lever] = 0
            elif when != NEVER:
                plan[lever, months >= float(when)] = 1
        return plan

    def left(self, strength: Floats, parties: int) -> Floats:
        """Share of no-deal worth that the levers leave each party, `1 - s l`, shape (B, N)."""
        left = np.ones((len(strength), parties))
        for lever, party in enumerate(self.static.party):
            left[:, party] *= 1 - np.clip(strength[:, lever] * self.lowers[:, lever], 0.0, 1.0)
        return left

    def on(self, strength: Floats, parties: int) -> Floats:
        """Strength of the strongest lever on each party, 0 without one, shape (B, N)."""
        most = np.zeros((len(strength), parties))
        for lever, party in enumerate(self.static.party):
            most[:, party] = np.maximum(most[:, party], strength[:, lever])
        return most


@dataclass(frozen=True)
class LineOwners:
    """What is the same in all draws: the party of each red line, shape (L,), and a round in months."""

    party: Ints
    months: float


@dataclass(frozen=True, eq=False)
class GivingWay:
    """How real red lines are given up as the months pass.

    Attributes:
        static: Whose the lines are.
        per_month: Pace without pressure, shape (B,).
        lever_adds: Times the pace that a lever at full strength adds, shape (B,).
        endurance: Wear at which a line falls, infinite for a line of hardness 1, shape (B, L).
    """

    static: LineOwners
    per_month: Floats
    lever_adds: Floats
    endurance: Floats

    @classmethod
    def bind(
        cls, spec: Any, source: Source, owners: Ints, groups: Sequence[str], hard: Bools, days_per_round: float
    ) -> "GivingWay | None":
        """Draw how long each line lasts; None where no line gives way.

        Args:
            spec: `giving_way` of the file.
            source: Of numbers and uniforms.
            owners: Party of each line, shape (L,).
            groups: Name under which a line is drawn; lines of one name fall together.
            hard: Lines of hardness 1, which never fall, shape (B, L).
            days_per_round: The clock.
        """
        if spec is None:
            return None
        uniforms = [source.uniform(f"{group}.gives_way") for group in groups]
        lasting = np.array(uniforms).reshape(len(groups), source.count)
        return cls(
            static=LineOwners(owners, days_per_round / DAYS_PER_MONTH),
            per_month=source.number("giving_way.per_month", spec.per_month),
            lever_adds=source.number("giving_way.lever_adds", spec.lever_adds),
            endurance=np.where(hard, np.inf, -exact.log(1 - lasting.T)),
        )

    def rows(self, rows: Rows) -> "GivingWay":
        """Some of the draws."""
        return rows_of(self, rows)

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
