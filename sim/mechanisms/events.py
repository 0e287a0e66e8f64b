"""Events at a date or by chance during the talks, and their effects.

Events do not depend on the talks, so all rounds are known when the draws are made. An event takes effect in the first
round at or after its date, before the first turn. Sums over events run by ascending value, so their names move no bit.
Fields have the draw axis first; what is needed round by round comes with the round axis first.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, PrivateAttr, model_validator

from sim.core import exact, streams
from sim.core.exact import Floats
from sim.core.fields import (
    Block,
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
    Texts,
    fault,
)
from sim.core.mechanism import KEY, Drawing, Mechanism, Place, Source
from sim.core.numbers import Amount, Chance, Change, Number
from sim.core.packages import Bools, Ints
from sim.core.wording import closest, counted, meant, quoted
from sim.mechanisms import MECHANISMS
from sim.mechanisms.drawn_numbers import share, side_by_side, sum_ascending

NEVER = 0  # instead of a round, which are counted from 1
MOST_EVENTS = 200
MOST_ROUNDS = 10_000
BOTH = "both"  # of two levers
NARROWED = ("ratification", "aftermath")  # drawn once, before the talks


class AtSpec(Block):
    """The date or the probability of an event."""

    month: Amount = Field(
        description="Months after the first round; it takes effect in the first round at or after that date."
    )
    chance: Chance | None = Field(None, description="Chance that it happens at all; left out: 1.")


class CommitsSpec(Block):
    """A public commitment of a party, costly to go back on."""

    party: PartyName = Field(description="The party that commits itself.")
    to: Annotated[dict[IssueName, OptionName], Field(min_length=1)] = Field(
        description="The committed option, by issue."
    )
    costs_per_step: Amount = Field(description="Utility lost for each option step back from it.")


class ClosesSpec(Block):
    """The duration of a pause of the talks."""

    rounds: Annotated[int, Field(ge=1, le=MOST_ROUNDS)] = Field(
        description="Rounds without talks, beginning with that of the event; the clock and the war go on."
    )


class EventSpec(Sourced):
    """Something that happens at a date or by chance, and its effects."""

    id: Name = Field(description="Name of the event.")
    label: Label = Field("", description="Its label.")
    at: AtSpec | None = Field(None, description="When it happens. Each event has either `at` or `chance_per_month`.")
    chance_per_month: Chance | None = Field(None, description="Chance in a month, in every month anew.")
    commits: CommitsSpec | None = Field(None, description="A public commitment that is made.")
    narrows: dict[Annotated[str, Field(max_length=400)], Chance] = Field(
        {},
        description="Numbers that become better known, by path or branch of the file: the share of the distance from "
        "the value that is left to each. Only numbers of `ratification` and `aftermath`.",
    )
    extra_waves: dict[Annotated[Name, Refers("strike")], Amount] = Field(
        {}, description="Waves added at once, by strike."
    )
    closes_channel: ClosesSpec | None = Field(None, description="A pause of the talks for some rounds.")
    pulls_levers: Texts = Field(
        (), description="Levers of the mediation that gain one step: a name, a list, or both where there are two."
    )
    removes: dict[IssueName, Annotated[Texts, Refers("option")]] = Field(
        {}, description="Options removed for good, by issue."
    )
    shifts_no_deal: dict[PartyName, Change] = Field({}, description="Change of the no-deal value, by party.")
    lines_fall: Annotated[Texts, Refers("red line")] = Field((), description="Red lines given up, each as PARTY.LINE.")
    hardens: Annotated[Texts, Refers("red line")] = Field(
        (), description="Red lines that are real from then on, whatever was drawn, each as PARTY.LINE."
    )
    front_shift: Number | None = Field(None, description="What the front gains at once, in its unit.")
    redraws: dict[PartyName, Chance] = Field(
        {}, description="Elections: how far the weights of a party, and the support of its ratifiers, go from what was "
        "drawn toward what is drawn anew from the same ranges, by party; 1: all the way."
    )
    # by party: its weights by issue and the support of its ratifiers
    _anew: dict[str, tuple[dict[str, Number], dict[str, Number]]] = PrivateAttr({})

    @model_validator(mode="after")
    def _happens_in_one_way(self) -> Self:
        if self.at is not None and self.chance_per_month is not None:
            raise fault("an event happens at a date or by chance; keep `at` or this", "chance_per_month")
        if self.at is None and self.chance_per_month is None:
            raise fault("when does this happen? `at: {month: 3}` or `chance_per_month: 0.1` would do", "id")
        return self if self.label else self.settle(label=self.id)

    @property
    def at_month(self) -> Number | None:
        """Month of a dated event, None for a chance event."""
        return self.at.month if self.at else None

    @property
    def chance(self) -> Number | None:
        """Probability that a dated event happens, None for certain."""
        return self.at.chance if self.at else None

    @property
    def closes_channel_rounds(self) -> int | None:
        """Rounds without talks, beginning with its own."""
        return self.closes_channel.rounds if self.closes_channel else None


EventList = Annotated[tuple[EventSpec, ...], Listed(None, MOST_EVENTS), Ids("event")]


@dataclass(frozen=True, eq=False)
class Removal:
    """The id of an event that removes options, and the first round without them, `NEVER` for none, (B,)."""

    event: str
    from_round: Ints


@dataclass(frozen=True, eq=False)
class Commitment:
    """A public commitment of a party: going back on it costs utility at home."""

    event: str
    party: str
    to: Mapping[str, str]  # issue -> the committed option
    cost_per_step: Floats  # utility lost for each option step away from it, shape (B,)
    from_round: Ints  # first round in which it binds, `NEVER` if it was not made, shape (B,)


@dataclass(frozen=True, eq=False)
class Redraw:
    """Elections in a party, after which its weights and the support of its ratifiers differ."""

    party: str
    first: Ints  # first round after them, `NEVER` for none, shape (B,)
    share: Floats  # how far both move to the new values, shape (B,)
    weights: Mapping[str, Floats]  # new values, by issue, shape (B,)
    support: Mapping[str, Floats]  # new values, by ratifier, shape (B,)


@dataclass(frozen=True, eq=False)
class Happenings:
    """What is the same in all draws."""

    specs: tuple[EventSpec, ...]  # the events as the file describes them, by id
    parties: tuple[str, ...]  # names, sorted
    columns: Mapping[str, int]  # dotted path of every number of an effect -> its column


@MECHANISMS.register
@dataclass(frozen=True, eq=False)
class Events(Mechanism):
    """Which event happens in which round, and the drawn numbers of all effects."""

    key = "events"
    block = EventList
    about = "Events at a date or by chance during the talks."
    left_out = ()

    static: Happenings
    happens: Bools  # whether an event happens in a round, shape (B, R, E), events by id
    numbers: Floats  # drawn numbers of the effects, shape (B, columns)

    @classmethod
    def check(cls, at: Place, names: Names) -> None:
        elected: list[str] = []
        for event in at.entries():
            for party in event["redraws"].keys:
                if party in elected:
                    message = "another event draws this party anew; one election a party would do"
                    event["redraws"][party].fault(message, KEY)
                elected.append(party)
            for issue, options in event["removes"].items():
                if set(_named(options)) >= set(names.options.get(issue, [""])):
                    options.fault(f"this leaves no option of {issue}, so nothing could be agreed")
            _check_pulled(event["pulls_levers"], names.known["lever"])
            _check_narrows(event)
            shift = event["front_shift"]
            if event["redraws"] and at.root["protocol"]["information"].text == "complete":
                message = "with `information: complete` all would have to know the new weights at once; choose another"
                event["redraws"].fault(message, KEY)
            if shift and not at.root["war"]["front"]:
                shift.fault("there is no `war.front` to shift; describe it, or take this out")

    @classmethod
    def complete(cls, block: tuple[EventSpec, ...], scenario: Any) -> None:
        ratifiers = scenario.ratification.ratifiers if scenario.ratification else {}
        for event in block:
            for party in event.redraws.keys() & scenario.parties.keys():
                own = {name: each.support for name, each in ratifiers.items() if each.party == party}
                event._anew[party] = dict(scenario.parties[party].weights), own
            if event.pulls_levers == (BOTH,):
                event.settle(pulls_levers=tuple(scenario.mediation.levers) if scenario.mediation else ())

    @classmethod
    def draw(cls, block: Sequence[EventSpec], drawing: Drawing) -> "Events | None":
        """Draw which events happen in each round; None where the file has no events."""
        if not block:
            return None
        specs, source = tuple(sorted(block, key=lambda event: str(event.id))), drawing.source
        happens = np.zeros((source.count, drawing.rounds, len(specs)), bool)
        drawn: dict[str, Floats] = {}
        for e, event in enumerate(specs):
            happens[:, :, e] = (_by_chance if event.at is None else _dated)(event, drawing).T
            for path, number in _numbers(event):
                drawn[path] = source.number(path, number)
            for path, number in _drawn_anew(event):
                drawn[path] = _fresh(path, number, source)
        columns = {path: column for column, path in enumerate(drawn)}
        numbers = side_by_side([*drawn.values()], source.count)
        return cls(Happenings(specs, drawing.table.parties, columns), happens, numbers)

    def __repr__(self) -> str:
        return f"Events({', '.join(self.ids)}; {self.happens.shape[1]} rounds, {self.happens.shape[0]} draws)"

    @property
    def ids(self) -> tuple[str, ...]:
        """Names of the events, sorted; the last axis of `happens`."""
        return tuple(event.id for event in self.static.specs)

    def first_rounds(self) -> Ints:
        """Return the round in which each event happens first, `NEVER` if it does not, shape (B, E)."""
        return np.where(self.happens.any(axis=1), self.happens.argmax(axis=1) + 1, NEVER)

    def move_channel(self, is_open: Bools) -> Bools:
        """Return rounds in which the parties can talk, except those that events close, shape (B, R).

        An event that closes the channel does so for its number of rounds, beginning with its own. A second one
        meanwhile does not wait for the first to end.
        """
        is_open = is_open.copy()
        for e, event in enumerate(self.static.specs):
            for k in range(is_open.shape[1]):
                is_open[:, k : k + (event.closes_channel_rounds or 0)] &= ~self.happens[:, k, e, None]
        return is_open

    def extra_waves(self, strike: str) -> Floats:
        """Return waves that events of a round add to the strikes of that id, at the date of the round, shape (R, B)."""
        return self._total(lambda event: f"events.{event.id}.extra_waves.{strike}", self._by_round)

    def front_shift(self) -> Floats:
        """Return how far events of a round move the front at once, in the file's unit and direction, shape (R, B)."""
        return self._total(lambda event: f"events.{event.id}.front_shift", self._by_round)

    def no_deal_shifts(self) -> Floats:
        """Return what events up to a round have added to each party's reservation value, shape (R, B, N).

        An event that happens again counts again.
        """
        times = np.cumsum(self._by_round, axis=0)

        def of_party(party: str) -> Floats:
            return self._total(lambda event: f"events.{event.id}.shifts_no_deal.{party}", times)

        return np.stack([of_party(party) for party in self.static.parties], axis=2)

    def lever_steps(self, lever: str) -> Ints:
        """Return steps by which events of a round move a lever, shape (R, B)."""
        pulls = [e for e, event in enumerate(self.static.specs) if lever in (event.pulls_levers or ())]
        steps: Ints = self._by_round[:, :, pulls].sum(axis=2, dtype=np.int64)
        return steps

    def removals(self) -> tuple[Removal, ...]:
        """Return options removed, one entry an event that removes any."""
        first = self.first_rounds()
        specs = enumerate(self.static.specs)
        return tuple(Removal(event.id, first[:, e]) for e, event in specs if event.removes)

    def commitments(self) -> tuple[Commitment, ...]:
        """Return public commitments, one entry an event at which one is made."""
        first = self.first_rounds()
        return tuple(
            Commitment(event.id, event.commits.party, event.commits.to, self._number(_cost(event)), first[:, e])
            for e, event in enumerate(self.static.specs)
            if event.commits
        )

    def lines_moved(self, names: Sequence[str]) -> npt.NDArray[np.int8]:
        """Last effect of events up to a round on each red line: 1 hardened, -1 given up, 0 none, shape (B, R, L).

        Where both happen in one round the line is given up.
        """
        moved = np.zeros((*self.happens.shape[:2], len(names)), np.int8)
        specs = self.static.specs
        effects = [(e, line, 1) for e, event in enumerate(specs) for line in event.hardens]
        effects += [(e, line, -1) for e, event in enumerate(specs) for line in event.lines_fall]
        for e, line, code in effects:
            moved[self.happens[:, :, e], names.index(line)] = code
        for k in range(1, moved.shape[1]):
            moved[:, k] = np.where(moved[:, k] == 0, moved[:, k - 1], moved[:, k])
        return moved

    def redraws(self) -> tuple[Redraw, ...]:
        """Return elections, by event and party; only the first counts."""
        first = self.first_rounds()
        return tuple(
            Redraw(
                party, first[:, e], share(self._number(f"events.{event.id}.redraws.{party}")),
                *({name: self._number(f"events.{event.id}.anew.{party}.{what}.{name}") for name in sorted(table)}
                  for what, table in zip(("weights", "support"), event._anew[party], strict=True)),
            )
            for e, event in enumerate(self.static.specs) for party in sorted(getattr(event, "redraws", None) or ())
        )  # fmt: skip

    @property
    def fells_lines(self) -> bool:
        """Return whether an event gives up red lines."""
        return any(event.lines_fall for event in self.static.specs)

    def narrowing(self, path: str) -> Floats:
        """Return the width that events up to a round leave of the range of a number, as a share, shape (R, B).

        An event names the number itself or a branch of the file that has it; one that happens again narrows again. The
        number of a round is then `central + share * (drawn - central)`.
        """
        happens = self._by_round
        share = np.ones(happens.shape[:2])
        for e, event in enumerate(self.static.specs):
            for branch in sorted(event.narrows or {}):
                if f"{path}.".startswith(f"{branch}."):
                    factor = self._number(f"events.{event.id}.narrows.{branch}")
                    share = share * np.cumprod(np.where(happens[:, :, e], factor, 1.0), axis=0)
        return share

    @property
    def _by_round(self) -> Bools:
        return self.happens.swapaxes(0, 1)

    def _number(self, path: str) -> Floats:
        return self.numbers[:, self.static.columns[path]]

    def _total(self, path_of: Callable[[Any], str], times: Bools | Ints) -> Floats:
        """Sum a number over events times how often each counts, times of shape (R, B, E); shape (R, B)."""
        paths = [(e, path_of(event)) for e, event in enumerate(self.static.specs)]
        parts = [self._number(path) * times[:, :, e] for e, path in paths if path in self.static.columns]
        return sum_ascending(parts, times.shape[:2])


def _dated(event: EventSpec, drawing: Drawing) -> Bools:
    """Return whether a dated event happens in a round, shape (R, B): in the first one at or after its date."""
    source, at = drawing.source, f"events.{event.id}.at"
    month = source.number(f"{at}.month", event.at_month)
    dates = drawing.months()[:, None] + exact.TOLERANCE
    before = np.concatenate([[[-np.inf]], dates[:-1]])
    happens: Bools = (before < month) & (month <= dates)
    if event.chance is not None:
        happens &= source.uniform(f"events.{event.id}.happens") < source.number(f"{at}.chance", event.chance)
    return happens


def _by_chance(event: EventSpec, drawing: Drawing) -> Bools:
    """Whether a chance event happens in a round, shape (R, B); not in round 1, before which no time has passed."""
    source = drawing.source
    chance = share(source.number(f"events.{event.id}.chance_per_month", event.chance_per_month))
    in_a_round = 1 - exact.power(1 - chance, drawing.months_per_round)
    happens = np.zeros((drawing.rounds, source.count), bool)
    for k in range(1, drawing.rounds):
        happens[k] = source.uniform(f"events.{event.id}.{k + 1}") < in_a_round
    return happens


def _numbers(event: EventSpec) -> Iterable[tuple[str, Number]]:
    for effect in ("extra_waves", "narrows", "shifts_no_deal", "redraws"):
        for name, number in sorted((getattr(event, effect, None) or {}).items()):
            yield f"events.{event.id}.{effect}.{name}", number
    if event.commits:
        yield _cost(event), event.commits.costs_per_step
    if event.front_shift is not None:
        yield f"events.{event.id}.front_shift", event.front_shift


def _drawn_anew(event: EventSpec) -> Iterable[tuple[str, Number]]:
    """The numbers that elections draw anew, by the names of their streams."""
    for party in sorted(getattr(event, "redraws", None) or {}):
        for what, table in zip(("weights", "support"), event._anew[party], strict=True):
            for name, number in sorted(table.items()):
                yield f"events.{event.id}.anew.{party}.{what}.{name}", number


def _fresh(name: str, number: Number, source: Source) -> Floats:
    """Draw a number from its law, by the uniforms of another name; shape (B,)."""
    if number.low is None or number.high is None or not number.uncertain:
        return np.full(source.count, float(number.value))
    return streams.draw_law(source.uniform(name), number.law, number.low, number.value, number.high)


def _cost(event: EventSpec) -> str:
    return f"events.{event.id}.commits.costs_per_step"


def _named(options: Place) -> list[str]:
    return [options.text] if options.text is not None else [each.text or "" for each in options.entries()]


def _check_pulled(pulled: Place, levers: list[str]) -> None:
    if pulled.text != BOTH:
        pulled.must_name(levers, "lever")
    elif len(levers) != 2:
        message = f"{quoted(BOTH)} where there {'is' if len(levers) == 1 else 'are'} {counted(len(levers), 'lever')}"
        pulled.fault(f"{message}; name those that are meant")


def _check_narrows(event: Place) -> None:
    """Check that every key is a number of the file or a branch with some, and the event is of the first round."""
    narrows = event["narrows"]
    if narrows.keys:
        paths = [at for block in NARROWED for at in event.root[block].number_paths()]
        branches = list(dict.fromkeys(".".join(at[:length]) for at in paths for length in range(2, len(at) + 1)))
        for text, share in narrows.items():
            parts = share.key_as_path()
            if parts is None or text in branches or (len(parts) == 1 and any(at[0] == text for at in paths)):
                continue
            close = closest(text, branches)
            known = [close] if close is not None else [branch for branch in branches if branch.count(".") == 1]
            where = " or ".join(f"`{block}`" for block in NARROWED)
            message = f"{quoted(text)} is no number or branch of numbers below {where}"
            share.fault(f"{message}{meant(text, known)}", KEY, narrows.path)
    month = event["at"]["month"].number
    if narrows and (month is None or month.value > 0 or month.high is not None):
        narrows.fault("only an event of the first round can narrow; give it `at: {month: 0}`")
