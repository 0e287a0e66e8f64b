"""The block `events`: what happens at a date or by chance while they talk."""

from dataclasses import dataclass, field
from typing import Annotated, Self

from pydantic import Field, model_validator

from sim.scenario.block_shapes import Amount, Chance, Change, OneOrMore, Told, number_or_none, numbers_of, said_at
from sim.scenario.parts import Number
from sim.scenario.shapes import Label, Name, NumberModel, Strict

MOST_EVENTS = 200
MOST_ROUNDS = 10_000
BOTH = "both"  # of two levers


class AtModel(Strict):
    """When an event happens."""

    month: Amount = Field(description="Months after the first round; it belongs to the round whose months hold it.")
    chance: Chance | None = Field(None, description="Chance that it happens at all; left out: 1.")


class CommitsModel(Strict):
    """A public word of a party, from which it can go back only at a cost."""

    party: Name = Field(description="Who gives it.")
    to: Annotated[dict[Name, Name], Field(min_length=1)] = Field(description="The option named in public, by issue.")
    costs_per_step: Amount = Field(description="Worth lost for each option step back from it.")


class ClosesModel(Strict):
    """For how long nobody talks."""

    rounds: Annotated[int, Field(ge=1, le=MOST_ROUNDS)] = Field(
        description="Rounds without talks, beginning with that of the event; the clock and the war go on."
    )


class EventModel(Told):
    """Something that happens at a date or by chance, and what follows from it."""

    id: Name = Field(description="Name of the event.")
    label: Label | None = Field(None, description="What it is called.")
    at: AtModel | None = Field(None, description="When it happens. Each event has either `at` or `chance_per_month`.")
    chance_per_month: Chance | None = Field(None, description="Chance in a month, in every month anew.")
    commits: CommitsModel | None = Field(None, description="A public word that is given.")
    narrows: dict[Annotated[str, Field(max_length=400)], Chance] | None = Field(
        None,
        description="Numbers that become better known, by path or branch of the file: the share of the distance from "
        "the value that is left to each. Only numbers of `ratification` and `aftermath`.",
    )
    extra_waves: dict[Name, Amount] | None = Field(None, description="Waves added at once, by strike.")
    closes_channel: ClosesModel | None = Field(None, description="Nobody talks for some rounds.")
    pulls_levers: OneOrMore | None = Field(
        None, description="Levers of the mediation that gain one step: a name, a list, or both where there are two."
    )
    removes: dict[Name, OneOrMore] | None = Field(None, description="Options taken off the table for good, by issue.")
    shifts_no_deal: dict[Name, Change] | None = Field(None, description="What is added to no-deal worth, by party.")
    lines_fall: OneOrMore | None = Field(None, description="Red lines given up, each as PARTY.LINE.")
    front_shift: NumberModel | None = Field(None, description="What the front gains at once, in its unit.")

    @model_validator(mode="after")
    def _happens_in_one_way(self) -> Self:
        if self.at is not None and self.chance_per_month is not None:
            raise said_at("chance_per_month", "an event happens at a date or by chance; keep `at` or this")
        if self.at is None and self.chance_per_month is None:
            raise said_at("id", "when does this happen? `at: {month: 3}` or `chance_per_month: 0.1` would do")
        return self


@dataclass(frozen=True)
class Commits:
    """A public word of a party: the option named by issue, and worth lost for each step back from it."""

    party: str
    to: dict[str, str]
    costs_per_step: Number


@dataclass(frozen=True)
class EventSpec:
    """Something that happens, and what follows from it.

    Attributes:
        id, label: Its name, and what it is called.
        at_month, chance: When it happens, and with what chance (None for surely); both None if it comes by chance.
        chance_per_month: Chance in a month, None for a dated event.
        commits: A public word.
        narrows: Share of the distance from the value left to numbers, by path or branch of the file.
        extra_waves: Waves added, by strike.
        closes_channel_rounds: Rounds without talks, beginning with its own.
        pulls_levers: Levers that gain a step.
        removes: Options taken off the table, by issue.
        shifts_no_deal: What is added to no-deal worth, by party.
        lines_fall: Red lines given up, as `party.line`.
        front_shift: What the front gains at once.
    """

    id: str
    label: str
    at_month: Number | None = None
    chance: Number | None = None
    chance_per_month: Number | None = None
    commits: Commits | None = None
    narrows: dict[str, Number] = field(default_factory=dict)
    extra_waves: dict[str, Number] = field(default_factory=dict)
    closes_channel_rounds: int | None = None
    pulls_levers: tuple[str, ...] = ()
    removes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    shifts_no_deal: dict[str, Number] = field(default_factory=dict)
    lines_fall: tuple[str, ...] = ()
    front_shift: Number | None = None


def events(models: list[EventModel] | None, levers: list[str]) -> tuple[EventSpec, ...]:
    """The block inside the program; `levers` are the names of those of the mediation."""
    return tuple(_event(model, levers) for model in models or ())


def _event(model: EventModel, levers: list[str]) -> EventSpec:
    pulled = model.pulls_levers or []
    return EventSpec(
        id=model.id,
        label=model.label or model.id,
        at_month=model.at.month.number() if model.at else None,
        chance=number_or_none(model.at.chance) if model.at else None,
        chance_per_month=number_or_none(model.chance_per_month),
        commits=_commits(model.commits),
        narrows=numbers_of(model.narrows),
        extra_waves=numbers_of(model.extra_waves),
        closes_channel_rounds=model.closes_channel.rounds if model.closes_channel else None,
        pulls_levers=tuple(levers if pulled == [BOTH] else pulled),
        removes={issue: tuple(options) for issue, options in (model.removes or {}).items()},
        shifts_no_deal=numbers_of(model.shifts_no_deal),
        lines_fall=tuple(model.lines_fall or ()),
        front_shift=number_or_none(model.front_shift),
    )


def _commits(model: CommitsModel | None) -> Commits | None:
    return None if model is None else Commits(model.party, dict(model.to), model.costs_per_step.number())
