"""The narrated trace of one negotiation: offers, refusals and their reasons, other events, and the outcome."""

import datetime
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sim.analysis.ledger import Account, accounts
from sim.analysis.rendered import Rendered
from sim.analysis.trace import NEVER, Package, RoundState, Turn, TurnRecorder, package_named, watch
from sim.core.packages import NO_DEAL
from sim.core.state import NOT_ASKED
from sim.core.utility import DAYS_PER_MONTH
from sim.mechanisms.ratification import Votes
from sim.mechanisms.stages import BROKEN, EXPIRED
from sim.model.agenda import items_of
from sim.model.domain import structure
from sim.model.ensemble import draw as draw_inputs
from sim.model.talks import Talks
from sim.results.columns import OUTCOMES, outcome_columns
from sim.results.columns_signed import AFTER, fallen_in, lines_can_fall
from sim.scenario import Scenario


@dataclass(frozen=True)
class LeverMove:
    """A lever, on a party, whose strength from 0 to 1 changed since the round before."""

    lever: str
    party: str
    strength: float
    before: float


@dataclass(frozen=True)
class StageMove:
    """A stage by its id, and what happened to it: `agreed`, `expired` or `broken`."""

    stage: str
    what: str


@dataclass(frozen=True)
class ItemMove:
    """Issues of an item of the agenda with the options at which it was closed, or empty where it was opened again."""

    issues: tuple[str, ...]
    options: tuple[str, ...]


@dataclass(frozen=True)
class Fallen:
    """A red line, as `party.id`, that was real at the start and given up: the round, and months from the start."""

    line: str
    round: int
    month: float


@dataclass(frozen=True)
class Departure:
    """A party that left the talks, and its value of leaving."""

    party: str
    worth: float


@dataclass(frozen=True)
class Ballot:
    """A vote that was held."""

    ratifier: str
    vote: str
    month: float  # months after the signature
    in_favour: float
    needed: float  # more than that share if `more_than`, else at least
    more_than: bool
    passed: bool


@dataclass(frozen=True)
class Signature:
    """A signed package, and its ratification."""

    round: int
    month: float
    package: Mapping[str, str]
    ballots: tuple[Ballot, ...]  # votes held, in the order of their months; after a refusal there are none
    refused_by: str | None
    barred: bool  # refused without a vote, as the ratifier is barred from voting on this package
    months_to_force: float | None  # from signature to entry into force, None if it was refused
    back_in: int | None  # round in which the talks resumed, None if they did not


@dataclass(frozen=True)
class Round:
    """One round."""

    number: int  # from 1
    month: float  # months since the start; `date` if the file gives one
    date: datetime.date | None
    turns: tuple[Turn, ...]
    events: tuple[str, ...] = ()  # ids, in the order of the file
    stages: tuple[StageMove, ...] = ()  # in the order of the file
    lines_fallen: tuple[str, ...] = ()  # as `party.id`
    levers: tuple[LeverMove, ...] = ()  # in name order
    channel_open: bool = True
    waiting: bool = False  # no talks, since a signed package had been refused at home
    agenda: tuple[ItemMove, ...] = ()  # what was opened again at its start, then what was closed at its end
    left: tuple[Departure, ...] = ()  # parties that left the talks at its start, which ended them


@dataclass(frozen=True)
class Seat:
    """A party in this draw."""

    name: str
    no_deal_at_start: float  # its reservation value in the first round
    no_deal: float  # the same in the round of signature, else in the last
    best: float | None  # the largest utility it could sign by then, None if it could sign nothing
    real_lines: tuple[str, ...]  # its red lines that are real at the start of this draw, as `party.id`
    other_lines: tuple[str, ...]
    signs: bool  # whether it signs the agreed package, or some package if there is none
    worth: float | None  # of the package signed, None without a deal
    margin: float | None


@dataclass(frozen=True)
class Narration(Rendered):
    """One negotiation of a scenario; as text, its story.

    Attributes:
        signatures: All packages signed, and their ratification.
        zone_ever: Whether some package was acceptable to all its signatories in some round.
        zone_packages: Packages acceptable to all their signatories in the first round.
        least_satisfied: Smallest margin of a signatory as a share of the largest it could have; None without a deal.
        blocker: The obstacles, as in results; None with a deal.
        lines_can_fall: Whether the file has anything by which red lines are given up; `lines_fallen` were.
        break_month: Months from entry into force to the break, infinite if there is none in fifty years; None if
            nothing is in force or the file has no hazard. `break_cause`: what made the break likelier.
    """

    scenario: Scenario = field(repr=False)
    seed: int
    draw: int
    seats: tuple[Seat, ...]
    rounds: tuple[Round, ...] = field(repr=False)
    outcome: str
    package: Package | None
    signed: int | None
    signatures: tuple[Signature, ...]
    zone_ever: bool
    zone_packages: int
    least_satisfied: float | None
    blocker: str | None
    lines_can_fall: bool
    lines_fallen: tuple[Fallen, ...]
    break_month: float | None
    break_cause: str | None
    accounts: tuple[Account, ...] = field(repr=False)


def narrate(scenario: Scenario, seed: int = 1, draw: int = 0) -> Narration:
    """Play one draw of a scenario again and record every turn.

    Args:
        draw: Which draw, from 0: the same world as row `draw` of the batch's results.

    Raises:
        ValueError: if `draw` is below 0.
    """
    return narrated(*watch_draw(scenario, seed, draw))


def watch_draw(scenario: Scenario, seed: int, draw: int) -> tuple[Talks, tuple[RoundState, ...]]:
    """Play one draw of a scenario again and record the state of each round.

    Raises:
        ValueError: if `draw` is below 0.
    """
    if draw < 0:
        raise ValueError(f"draws are counted from 0, so there is no draw {draw}")
    return watch(draw_inputs(scenario, seed, draw, 1, table=structure(scenario)))


def narrated(talks: Talks, seen: Sequence[RoundState]) -> Narration:
    scenario = talks.ensemble.scenario
    columns = {name: values[0] for name, values in outcome_columns(talks).items()}
    signed = int(talks.signed[0]) or None
    package = package_named(talks, int(talks.package[0])) if signed else None
    seats = tuple(_seat(talks, name) for name in scenario.parties)
    fell = zip(fallen_in(talks)[0].tolist(), talks.ensemble.structure.lines.names, strict=True)
    fallen = tuple(Fallen(name, k, _month(talks, k)) for k, name in sorted(fell) if k)
    rounds = _rounds(talks, seen, fallen)
    turns = [turn for played in rounds for turn in played.turns]
    return Narration(
        scenario=scenario,
        seed=talks.ensemble.seed,
        draw=int(talks.ensemble.draws[0]),
        seats=seats,
        rounds=rounds,
        outcome=OUTCOMES[columns["outcome"]],
        package=package,
        signed=signed,
        signatures=tuple(_signature(talks, k, at) for k, at in enumerate(seen, start=1) if at.signed != NO_DEAL),
        zone_ever=bool(talks.zone_ever[0]),
        zone_packages=int(columns["zone_packages"]),
        least_satisfied=_number(columns["least_satisfied"]),
        blocker=str(columns["blocker"]) or None,
        lines_can_fall=lines_can_fall(talks.ensemble.world),
        lines_fallen=fallen,
        break_month=_number(columns.get(f"{AFTER}break_month", math.nan)),
        break_cause=str(columns.get(f"{AFTER}break_cause", "")) or None,
        accounts=accounts(scenario, turns, package, {seat.name: seat.worth for seat in seats}),
    )


def _number(value: Any) -> float | None:
    return float(value) if value == value else None  # NaN: no figure


def _month(talks: Talks, number: int) -> float:
    return (number - 1) * talks.ensemble.scenario.time.days_per_round / DAYS_PER_MONTH


def _seat(talks: Talks, name: str) -> Seat:
    table = talks.ensemble.structure
    n, package = table.parties.index(name), int(talks.package[0])
    no_deal, best = float(talks.reservation_value[-1, 0, n]), float(talks.best[0, n])
    own = [line for line, owner in enumerate(table.lines.party) if owner == n]
    free = talks.reservation_value[-1, 0][:, None]
    values = talks.value_of(np.zeros(1, np.int64), np.array([package]), free)[n]
    worth = None if package == NO_DEAL else float(values[0])
    return Seat(
        name=name,
        no_deal_at_start=float(talks.reservation_value[0, 0, n]),
        no_deal=no_deal,
        best=best if best > float("-inf") else None,
        real_lines=tuple(table.lines.names[line] for line in own if talks.ensemble.real[0, line]),
        other_lines=tuple(table.lines.names[line] for line in own if not talks.ensemble.real[0, line]),
        signs=bool(table.signs[n, package] if package != NO_DEAL else table.signs[n].any()),
        worth=worth,
        margin=None if worth is None else worth - no_deal,
    )


def _rounds(talks: Talks, seen: Sequence[RoundState], fallen: Sequence[Fallen]) -> tuple[Round, ...]:
    scenario, world, recorder = talks.ensemble.scenario, talks.ensemble.world, TurnRecorder(talks, seen)
    rounds = []
    for place, (moves, now) in enumerate(zip(talks.moves, seen, strict=True)):
        if now.reopened:
            recorder.clear_table()
        parts = (moves.who, moves.did, moves.package, moves.why, moves.minds)
        codes = zip(*(part[:, 0] for part in parts), strict=True)
        happen = zip(world.events.ids, world.events.happens[0, place], strict=True) if world.events else ()
        happened = {name for name, happens in happen if happens}
        rounds.append(Round(
            number=place + 1,
            month=_month(talks, place + 1),
            date=_date(scenario.as_of, place * scenario.time.days_per_round),
            turns=tuple(recorder.turn(place, *map(int, code)) for code in codes if code[1] != NOT_ASKED),
            events=tuple(event.id for event in scenario.events if event.id in happened),
            stages=_stage_moves(talks, place),
            lines_fallen=tuple(line.line for line in fallen if line.round == place + 1),
            levers=_lever_moves(talks, now, seen[place - 1] if place else None),
            channel_open=bool(world.channel_open[0, place]),
            waiting=now.waiting,
            agenda=_item_moves(talks, place),
            left=_departures(talks, place + 1),
        ))  # fmt: skip
    return tuple(rounds)


def _date(start: datetime.date | None, days: float) -> datetime.date | None:
    try:
        return start and start + datetime.timedelta(days=days)
    except OverflowError:  # ten thousand rounds of ten years exceed the last year of the calendar
        return None


def _lever_moves(talks: Talks, now: RoundState, before: RoundState | None) -> tuple[LeverMove, ...]:
    """Return levers that changed between two rounds, in name order; before the first all are at rest."""
    levers, parties = talks.ensemble.world.levers, talks.ensemble.structure.parties
    if levers is None:
        return ()
    old = np.zeros(len(now.strength)) if before is None else before.strength
    moves = zip(levers.static.names, levers.static.party, now.strength.tolist(), old.tolist(), strict=True)
    return tuple(LeverMove(name, parties[owner], new, was) for name, owner, new, was in moves if new != was)


def _stage_moves(talks: Talks, place: int) -> tuple[StageMove, ...]:
    """Return stages agreed at the start of a round, and those that ended since the round before."""
    stages, moves = talks.ensemble.world.stages, []
    if stages is not None:
        holds, ids = stages.holds()[0], [stage.id for stage in stages.static.specs]
        for stage in talks.ensemble.scenario.stages:
            e = ids.index(stage.id)
            if stages.agreed[0, e] == place + 1:
                moves.append(StageMove(stage.id, "agreed"))
            elif place and holds[place - 1, e] and not holds[place, e]:
                moves.append(StageMove(stage.id, BROKEN if stages.broke[0, e] else EXPIRED))
    return tuple(moves)


def _item_moves(talks: Talks, place: int) -> tuple[ItemMove, ...]:
    """Items of the agenda opened again at the start of a round, and those closed at its end."""
    if not talks.closed:
        return ()
    now, items = talks.closed[place][0], items_of(talks.ensemble)
    before = talks.closed[place - 1][0] if place else np.zeros_like(now)
    opened = [ItemMove(item, ()) for item, old, new in zip(items, before, now, strict=True) if old and new != old]
    text = package_named(talks, int(talks.moves[place].package[-1, 0]))
    closed = [item for item, new in zip(items, now, strict=True) if new == place + 1]
    return (*opened, *(ItemMove(item, tuple(text[issue] for issue in item)) for item in closed))


def _departures(talks: Talks, number: int) -> tuple[Departure, ...]:
    """Return the parties that left at the start of a round, in the order of the file."""
    names = talks.ensemble.structure.parties
    left = [(name, n) for name in talks.ensemble.scenario.parties if talks.left[0, n := names.index(name)] == number]
    return tuple(Departure(name, float(talks.ensemble.walk_away[0, n])) for name, n in left)


def _signature(talks: Talks, number: int, at: RoundState) -> Signature:
    package, month = package_named(talks, at.signed), _month(talks, number)
    votes, ratification = at.votes, talks.ensemble.world.ratification
    if votes is None or ratification is None:
        return Signature(number, month, package, (), None, False, 0.0, None)
    refused = not votes.passed[0]
    return Signature(
        round=number,
        month=month,
        package=package,
        ballots=_ballots(ratification, at.signed, votes),
        refused_by=ratification.static.ratifiers[votes.refused_by[0]] if refused else None,
        barred=bool(votes.barred[0]),
        months_to_force=None if refused else float(votes.in_force_month[0]),
        back_in=None if at.back_in == NEVER else at.back_in,
    )


def _ballots(ratification: Any, package: int, votes: Votes) -> tuple[Ballot, ...]:
    """Return the votes that were held, as counted by the ratification itself."""
    static, ballots = ratification.static, []
    in_favour = (ratification.shares(np.array([package])) + ratification.error * ratification.surprise)[0, static.of]
    for v, full_name in enumerate(static.votes):
        month = float(votes.held_month[0, v])
        if not np.isnan(month):
            share, needed, above = float(in_favour[v]), float(static.threshold[v]), bool(static.above_threshold[v])
            passed = share > needed if above else share >= needed
            ratifier, vote = full_name.split(".", 1)
            ballots.append(Ballot(ratifier, vote, month, share, needed, above, passed))
    return tuple(sorted(ballots, key=lambda ballot: ballot.month))
