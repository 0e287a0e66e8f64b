"""Stages: earlier agreements, such as a truce, that some parties sign while talks on the rest continue.

The reservation values of a round do not depend on the talks, so when a stage is agreed, and how it ends, is known when
the draws are made. Sums and products over stages run by ascending value, so their names move no bit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Self

import numpy as np
from pydantic import Field, PrivateAttr, model_validator

from sim.core import exact
from sim.core.exact import TOLERANCE, Floats
from sim.core.fields import (
    Block,
    Form,
    Ids,
    IssueName,
    Label,
    Listed,
    Name,
    Names,
    OptionName,
    PartyName,
    Refers,
    Sourced,
)
from sim.core.mechanism import KEY, Drawing, Mechanism, Place, mechanism_of
from sim.core.numbers import AboveNothingNumber, Amount, Chance, Change, Number
from sim.core.packages import Bools, Ints
from sim.mechanisms import MECHANISMS
from sim.mechanisms.drawn_numbers import share, side_by_side, sum_ascending
from sim.mechanisms.events import NEVER, Events
from sim.mechanisms.strikes import Span
from sim.mechanisms.war import Pace, War, moves_no_deal

MOST_STAGES = 20
EXPIRED, BROKEN = "expired", "broken"
ENDINGS = (EXPIRED, BROKEN, "agreement", "holds")
ONE = Number(1)
OF_WAR = ("waves", "front_drift", "front_sd", "wear", "war_cost")  # keys that need a war to change


class StageMonths(AboveNothingNumber):
    """The duration of a stage."""

    most = 600.0


class TabledSpec(Block):
    """When a stage may be agreed; all conditions given must hold."""

    month: Amount = Field(Number(0), description="From this month after the first round on; left out: 0.")
    event: Name | None = Field(None, description="Once this event has happened.")
    after: Name | None = Field(None, description="Once this other stage was agreed, in an earlier round.")
    no_deal_below: dict[PartyName, Number] = Field(
        {}, description="While the no-deal value of each party named is below this, before levers."
    )


class RecordSpec(Block):
    """The effect of a stage that was kept, or broken, on an agreement signed later."""

    credibility: Amount = Field(ONE, description="Factor on the chance that the guarantor acts, at most 1 then.")
    hazard: Amount = Field(ONE, description="Factor on the hazard of a break.")


ALWAYS_TABLED, NO_RECORD = TabledSpec.model_validate({}), RecordSpec.model_validate({})


class StageSpec(Sourced):
    """An interim agreement on some of the issues, with its own signatories and its own end."""

    _no_deal: Mapping[str, Number] = PrivateAttr({})

    id: Name = Field(description="Name of the stage.")
    label: Label = Field("", description="Its label.")
    signatories: Annotated[tuple[PartyName, ...], Listed(1)] = Field(description="Whose consent it needs.")
    settles: dict[IssueName, OptionName] = Field(
        {}, description="Options that it settles, by issue: while it holds, other packages are excluded."
    )
    tabled: TabledSpec = Field(ALWAYS_TABLED, description="When it may be agreed; left out: from the first round on.")
    months: Annotated[Number, Form(StageMonths)] | None = Field(
        None, description="Months that it lasts; left out: until it breaks."
    )
    gains: dict[PartyName, Change] = Field(
        {}, description="A signatory's gain from it beyond the change of its no-deal value; below 0: a cost."
    )
    waves: dict[Annotated[Name, Refers("strike")], Amount] = Field(
        {}, description="Factor on the waves of strikes while it holds, by strike."
    )
    front_drift: Amount = Field(ONE, description="Factor on the drift of the front while it holds; left out: 1.")
    front_sd: Amount = Field(ONE, description="Factor on its standard deviation while it holds; left out: 1.")
    wear: Amount = Field(
        ONE, description="Factor on the monthly fall of no-deal values while it holds; left out: 1."
    )
    war_cost: Amount = Field(ONE, description="Factor on the monthly cost of the war; left out: 1.")
    shifts_no_deal: dict[PartyName, Change] = Field(
        {}, description="Change of the no-deal value while it holds, by party."
    )
    breaks_per_month: Chance = Field(Number(0), description="Chance in a month that it breaks; left out: 0.")
    ends_with_agreement: bool = Field(False, description="Whether the main agreement replaces it; left out: no.")
    kept: RecordSpec = Field(NO_RECORD, description="Its effect on trust if it has not broken by then.")
    broken: RecordSpec = Field(NO_RECORD, description="Its effect on trust if it broke before.")

    @model_validator(mode="after")
    def _is_called_something(self) -> Self:
        return self if self.label else self.settle(label=self.id)


StageList = Annotated[tuple[StageSpec, ...], Listed(None, MOST_STAGES), Ids("stage")]


@dataclass(frozen=True, eq=False)
class Plan:
    """What is the same in all draws."""

    specs: tuple[StageSpec, ...]  # by id; the stage axis
    months: Floats  # at which each round is played, shape (R,)


@dataclass(frozen=True, eq=False)
class Effects:
    """Drawn numbers of all stages, each of shape (B, E) unless stated otherwise."""

    front_drift: Floats
    front_sd: Floats
    wear: Floats
    war_cost: Floats
    waves: Floats  # shape (B, E, S)
    shifts: Floats  # shape (B, E, N)
    gains: Floats  # shape (B, E, N)
    kept: Floats  # factors on credibility and on the hazard, shape (B, E, 2)
    broken: Floats


@MECHANISMS.register
@dataclass(frozen=True, eq=False)
class Stages(Mechanism):
    """Which stages are agreed, when, and how they end."""

    key = "stages"
    block = StageList
    about = "Interim agreements, such as a truce, that some parties sign while talks on the rest continue."
    left_out = ()

    static: Plan
    agreed: Ints  # round in which a stage is agreed, `NEVER` if it is not, shape (B, E)
    until: Floats  # month in which it expires or broke, inf for neither, shape (B, E)
    broke: Bools  # whether it breaks before it expires, shape (B, E)
    effects: Effects

    @classmethod
    def check(cls, at: Place, names: Names) -> None:
        ids = [stage["id"].text or "" for stage in at.entries()]
        for stage, name in zip(at.entries(), ids, strict=True):
            tabled = stage["tabled"]
            if tabled["event"]:
                tabled["event"].must_name([event["id"].text or "" for event in at.root["events"].entries()], "event")
            if tabled["after"]:
                tabled["after"].must_name([other for other in ids if other != name], "other stage")
            stage["gains"].keys_must_be([each.text or "" for each in stage["signatories"].entries()], "signatory")
            for key in OF_WAR:
                if stage[key] and not at.root["war"]:
                    stage[key].fault("there is no `war` that this could change; describe it, or take this out", KEY)
            for end in ("_ended", "_months"):
                if name.endswith(end) and name.removesuffix(end) in ids:
                    message = f"results of {name.removesuffix(end)} would have a column of this name; choose another"
                    stage["id"].fault(message)

    @classmethod
    def complete(cls, block: tuple[StageSpec, ...], scenario: Any) -> None:
        for stage in block:
            stage._no_deal = {name: party.no_deal for name, party in scenario.parties.items()}

    @classmethod
    def draw(cls, block: Sequence[StageSpec], drawing: Drawing) -> "Stages | None":
        """Determine which stages are agreed in which round, and how they end; None where the file has none."""
        if not block:
            return None
        specs, source = tuple(sorted(block, key=lambda stage: str(stage.id))), drawing.source
        count, parties = source.count, drawing.table.parties
        war, events = mechanism_of(drawing.before, War), mechanism_of(drawing.before, Events)
        strikes = war.strikes.static.ids if war else ()

        def drawn(key: str) -> Floats:
            return side_by_side([source.number(f"stages.{each.id}.{key}", getattr(each, key)) for each in specs], count)

        def table(key: str, names: Sequence[str], otherwise: float) -> Floats:
            """Return drawn numbers by stage and name, shape (B, E, names)."""
            columns = [
                source.number(f"stages.{each.id}.{key}.{name}", getattr(each, key)[name])
                if name in getattr(each, key) else np.full(count, otherwise)
                for each in specs for name in names
            ]  # fmt: skip
            return side_by_side(columns, count).reshape(count, len(specs), len(names))

        def record(key: str) -> Floats:
            columns = [
                source.number(f"stages.{each.id}.{key}.{name}", getattr(getattr(each, key), name))
                for each in specs for name in ("credibility", "hazard")
            ]  # fmt: skip
            return side_by_side(columns, count).reshape(count, len(specs), 2)

        effects = Effects(
            drawn("front_drift"), drawn("front_sd"), drawn("wear"), drawn("war_cost"), table("waves", strikes, 1.0),
            table("shifts_no_deal", parties, 0.0), table("gains", parties, 0.0), record("kept"), record("broken"),
        )  # fmt: skip
        nothing = np.zeros((count, len(specs)))
        stages = cls(Plan(specs, drawing.months()), nothing.astype(np.int64), nothing + np.inf, nothing > 0, effects)
        _follow(stages, drawing, war, events)
        return stages

    def __repr__(self) -> str:
        return f"Stages({', '.join(stage.id for stage in self.static.specs)}; {len(self.agreed)} draws)"

    def holds(self) -> Bools:
        """Return whether a stage is in place at the date of a round, shape (B, R, E)."""
        months, rounds = self.static.months[None, :, None], np.arange(1, len(self.static.months) + 1)[None, :, None]
        agreed: Bools = (self.agreed[:, None] != NEVER) & (self.agreed[:, None] <= rounds)
        return agreed & (months < self.until[:, None] - TOLERANCE)

    def part_held(self) -> Floats:
        """Return the part of the time since the round before in which a stage was in place, shape (B, R, E)."""
        months, rounds = self.static.months, np.arange(1, len(self.static.months) + 1)[None, :, None]
        length = np.diff(months, prepend=0.0)
        begin, end = (months - length)[None, :, None], months[None, :, None]
        until, agreed = self.until[:, None], self.agreed[:, None]
        over = np.maximum(until - begin, 0.0) / np.where(length > 0, length, 1.0)[None, :, None]
        part = np.where(until >= end - TOLERANCE, 1.0, np.minimum(over, 1.0))
        return np.where((agreed != NEVER) & (agreed < rounds), part, 0.0)

    def pace(self) -> Pace:
        """Return the effect of the stages on the pace of the war."""
        part, effects = self.part_held(), self.effects

        def over_time(factor: Floats) -> Floats:
            return _product(1 + part * (factor[:, None] - 1))

        between = _product(1 + part[..., None] * (effects.waves[:, None] - 1), axis=2)
        at_once = _product(np.where(self.holds()[..., None], effects.waves[:, None], 1.0), axis=2)
        variance = _product(1 + part * (effects.front_sd[:, None] * effects.front_sd[:, None] - 1))
        drift, wear, cost = (over_time(each) for each in (effects.front_drift, effects.wear, effects.war_cost))
        return Pace(drift, np.sqrt(variance), wear, cost, between, at_once)

    def move_others(self, others: Mapping[str, Mechanism]) -> Mapping[str, Mechanism]:
        war = mechanism_of(others, War)
        return others if war is None else {**others, War.key: war.at_pace(self.pace())}

    def shifts(self) -> Floats:
        """Return what stages in place add to each party's reservation value, shape (B, R, N)."""
        parts = self.holds()[..., None] * self.effects.shifts[:, None]
        return sum_ascending([*np.moveaxis(parts, 2, 0)], (*parts.shape[:2], parts.shape[3]))

    def move_no_deal(self, path: Floats) -> Floats:
        """Reservation values in each round, shape (B, R, N)."""
        return path + self.shifts()

    def settled(self) -> dict[str, Any]:
        """Return by stage that settles an issue: 1 in rounds in which it holds, -1 afterwards, shape (B, R)."""
        holds, rounds = self.holds(), np.arange(1, len(self.static.months) + 1)
        begun = (self.agreed[:, None] != NEVER) & (self.agreed[:, None] <= rounds[None, :, None])
        codes = np.where(holds, 1, np.where(begun, -1, 0)).astype(np.int8)
        return {f"stages.{each.id}": codes[:, :, e] for e, each in enumerate(self.static.specs) if each.settles}

    def at_the_end(self, played: Ints, in_force: Bools) -> tuple[Bools, Floats, Ints]:
        """Return which stages were agreed by the end of the talks, for how many months each held, and how it ended.

        Args:
            played: Last round played: of signature, or the last of the talks; from 1, shape (B,).
            in_force: Whether the talks ended with an agreement in force, shape (B,).

        Returns:
            Whether it was agreed, months in place until then, and index into `ENDINGS`, each of shape (B, E).
        """
        agreed = (self.agreed != NEVER) & (self.agreed <= played[:, None])
        end, months = self.static.months[played - 1][:, None], self.static.months
        over = self.until <= end + TOLERANCE
        replaced = in_force[:, None] & np.array([stage.ends_with_agreement for stage in self.static.specs])
        ended = np.where(over, np.where(self.broke, 1, 0), np.where(replaced, 2, 3))
        return agreed, np.minimum(self.until, end) - months[np.maximum(self.agreed, 1) - 1], ended

    def record(self, played: Ints) -> Floats:
        """Return factors on credibility and on the hazard of an agreement signed in that round, shape (B, 2)."""
        agreed, _, ended = self.at_the_end(played, np.zeros(len(played), bool))
        factors = np.where((ended == 1)[..., None], self.effects.broken, self.effects.kept)
        return _product(np.where(agreed[..., None], factors, 1.0), axis=1)

    def spans(self, played: Ints, in_force: Bools, months: Floats) -> tuple[Span, ...]:
        """Parts of the time between the end of the talks and the ceasefire in which stages are still in place.

        Args:
            played, in_force: As in `at_the_end`.
            months: From the last round played to the ceasefire, shape (B,).
        """
        agreed, _, ended = self.at_the_end(played, in_force)
        left = np.where(agreed & (ended == 3), self.until - self.static.months[played - 1][:, None], 0.0)
        left, spans = np.minimum(left, months[:, None]), []
        order, there = np.argsort(left, axis=1, kind="stable"), np.ones(left.shape, bool)
        draw = np.arange(len(left))

        def factors() -> tuple[Floats, Floats]:
            waves = _product(np.where(there[..., None], self.effects.waves, 1.0), axis=1)
            return waves, _product(np.where(there, self.effects.war_cost, 1.0))

        waves, cost = factors()
        for ending in order.T:
            there[draw, ending] = False
            rest = factors()
            spans.append(Span(left[draw, ending], waves - rest[0], cost - rest[1]))
            waves, cost = rest
        return tuple(spans)


def _product(factors: Floats, axis: int = -1) -> Floats:
    """Products along an axis by ascending value: the order of the stages moves no bit."""
    product: Floats = np.multiply.reduce(np.sort(factors, axis=axis), axis=axis)
    return product


def _follow(stages: Stages, drawing: Drawing, war: War | None, events: Events | None) -> None:
    """Determine round by round which stages are agreed and which end."""
    specs, months, source = stages.static.specs, stages.static.months, drawing.source
    answers, is_open = _answers(stages, drawing, war), np.ones((source.count, drawing.rounds), bool)
    for mechanism in drawing.before.values():
        is_open = mechanism.move_channel(is_open)
    tabled = [_Tabled.draw(spec, drawing, events) for spec in specs]
    lasts = [None if spec.months is None else source.number(f"stages.{spec.id}.months", spec.months) for spec in specs]
    chances = [share(source.number(f"stages.{spec.id}.breaks_per_month", spec.breaks_per_month)) for spec in specs]
    over, watched = np.zeros(stages.agreed.shape, bool), any(spec.tabled.no_deal_below for spec in specs)
    path = _no_deal(stages, drawing, war, events) if watched else np.zeros((0, 0, 0))
    for k, month in enumerate(months):
        before = stages.agreed != NEVER
        for e, spec in enumerate(specs):
            in_place = before[:, e] & ~over[:, e]
            over[:, e] |= in_place & (month >= stages.until[:, e] - TOLERANCE)
            if k and spec.breaks_per_month != Number(0):
                in_a_round = 1 - exact.power(1 - chances[e], drawing.months_per_round)
                breaks = in_place & ~over[:, e] & (source.uniform(f"stages.{spec.id}.breaks.{k + 1}") < in_a_round)
                stages.until[breaks, e], stages.broke[breaks, e] = month, True
                over[:, e] |= breaks
        if watched and before.any() and not before.all():
            path = _no_deal(stages, drawing, war, events)
        for e, spec in enumerate(specs):
            asked = tabled[e].lies(k, month, path) & is_open[:, k] & ~before[:, e]
            if spec.tabled.after is not None:
                asked &= before[:, [other.id for other in specs].index(spec.tabled.after)]
            signed = np.flatnonzero(asked & answers[:, k, e])
            stages.agreed[signed, e] = k + 1
            duration = lasts[e]
            if duration is not None:
                stages.until[signed, e] = month + duration[signed]


@dataclass(frozen=True, eq=False)
class _Tabled:
    month: Floats  # shape (B,)
    first: Ints  # first round in which an event allows it, 1 without an event, `NEVER` for never, shape (B,)
    below: Mapping[int, Floats]  # by party, upper bound of its reservation value, shape (B,)

    @classmethod
    def draw(cls, spec: StageSpec, drawing: Drawing, events: Events | None) -> "_Tabled":
        path, wanted, source = f"stages.{spec.id}.tabled", spec.tabled, drawing.source
        first = np.ones(source.count, np.int64)
        if wanted.event is not None and events is not None:
            first = events.first_rounds()[:, events.ids.index(wanted.event)]
        below = {
            drawing.table.parties.index(party): source.number(f"{path}.no_deal_below.{party}", number)
            for party, number in wanted.no_deal_below.items()
        }
        return cls(source.number(f"{path}.month", wanted.month), first, below)

    def lies(self, k: int, month: float, path: Floats) -> Bools:
        there: Bools = (self.month <= month + TOLERANCE) & (self.first != NEVER) & (self.first <= k + 1)
        for n, level in self.below.items():
            there = there & (path[:, k, n] < level)
        return there


def _answers(stages: Stages, drawing: Drawing, war: War | None) -> Bools:
    """Return whether all signatories accept a stage in a round, shape (B, R, E)."""
    effects, months, parties = stages.effects, stages.static.months, drawing.table.parties
    answers = np.zeros((len(stages.agreed), len(months), len(stages.static.specs)), bool)
    for e, spec in enumerate(stages.static.specs):
        lasts = np.broadcast_to(months[-1] - months, answers.shape[:2])
        if spec.months is not None:
            duration = drawing.source.number(f"stages.{spec.id}.months", spec.months)
            lasts = np.broadcast_to(duration[:, None], answers.shape[:2])
        change = np.zeros((*answers.shape[:2], len(parties)))
        if war is not None:
            drift = war.walk.drift / drawing.months_per_round * (effects.front_drift[:, e] - 1)
            a_month = war.front_worth * drift[:, None] / 1000 - war.wear * (effects.wear[:, e] - 1)[:, None]
            weeks = war.strikes.mean_weeks(lasts, effects.waves[:, e] - 1)
            change = a_month[:, None] * lasts[..., None] + war.hardship_worth[:, None] * weeks / 1e6
        gain = change / 2 + effects.shifts[:, None, e] + effects.gains[:, None, e]
        signs = [parties.index(party) for party in spec.signatories]
        answers[:, :, e] = np.logical_and.reduce(gain[:, :, signs] >= -TOLERANCE, axis=2)
    return answers


def _no_deal(stages: Stages, drawing: Drawing, war: War | None, events: Events | None) -> Floats:
    """Return the reservation values in each round before leverage, given the stages agreed so far, shape (B, R, N)."""
    no_deal = stages.static.specs[0]._no_deal
    start = [drawing.source.number(f"parties.{n}.no_deal", no_deal[n]) for n in drawing.table.parties]
    path = np.broadcast_to(np.array(start).T[:, None], (len(stages.agreed), drawing.rounds, len(start)))
    for move in moves_no_deal(war.at_pace(stages.pace()) if war else None, events).values():
        path = path + move.swapaxes(0, 1)
    return stages.move_no_deal(path)
