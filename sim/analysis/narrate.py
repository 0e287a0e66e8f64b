"""One negotiation, played again: who offered what, who refused and why, what happened meanwhile, and how it ended."""

import datetime
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sim.analysis.happenings import (
    Departure,
    Fallen,
    LeverMove,
    Signature,
    departures,
    events_in,
    lever_moves,
    lines_fallen,
    month_of,
    signatures,
)
from sim.analysis.ledger import Account, accounts
from sim.analysis.rendered import Rendered
from sim.analysis.trace import Package, RoundState, Turn, TurnRecorder, package_named, watch
from sim.core.packages import NO_DEAL
from sim.core.state import NOT_ASKED
from sim.model.domain import structure
from sim.model.ensemble import draw as draw_inputs
from sim.model.talks import Talks
from sim.results.columns import OUTCOMES, outcome_columns
from sim.results.columns_signed import AFTER, lines_can_fall
from sim.scenario import Scenario


@dataclass(frozen=True)
class Round:
    """One round.

    Attributes:
        number: From 1.
        month: Months since the start; `date` if the file gives one.
        lines_fallen: Red lines that fell, as `party.id`.
        levers: Levers of the mediator whose strength is another than in the round before.
        waiting: Nobody talked, since a signed text had been refused at home.
        left: Parties that left the talks at its start, which ended them.
    """

    number: int
    month: float
    date: datetime.date | None
    turns: tuple[Turn, ...]
    events: tuple[str, ...] = ()
    lines_fallen: tuple[str, ...] = ()
    levers: tuple[LeverMove, ...] = ()
    channel_open: bool = True
    waiting: bool = False
    left: tuple[Departure, ...] = ()


@dataclass(frozen=True)
class Seat:
    """A party in this draw.

    Attributes:
        no_deal_at_start: What no deal is worth to it in the first round.
        no_deal: The same in the round of signature, else in the last.
        best: The largest worth it could sign by then, None if it could sign nothing.
        real_lines: Its red lines that are real at the start of this draw, as `party.id`.
        signs: Whether it signs the text of the agreement, or some package if there is none.
        worth: Of the text signed, None without a deal.
    """

    name: str
    no_deal_at_start: float
    no_deal: float
    best: float | None
    real_lines: tuple[str, ...]
    other_lines: tuple[str, ...]
    signs: bool
    worth: float | None
    margin: float | None


@dataclass(frozen=True)
class Narration(Rendered):
    """One negotiation of a scenario; as text, the story of it.

    Attributes:
        signatures: All texts that were signed, and what came of them at home.
        zone_ever: Whether some package was acceptable to all its signatories in some round.
        zone_packages: Packages acceptable to all their signatories in the first round.
        least_satisfied: Smallest margin of a signatory as a share of the largest it could have; None without a deal.
        blocker: What stood in the way, as in results; None with a deal.
        lines_can_fall: Whether the file has anything by which red lines are given up; `lines_fallen` did.
        break_month: Months from entry into force to the break, infinite if it holds for as long as is looked at; None
            if nothing is in force or the file has no hazard. `break_cause`: what made the break likelier.
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
    """Play one draw of a scenario again and keep what everybody said.

    Args:
        draw: Which draw, from 0: the same world as row `draw` of the batch's results.

    Raises:
        ValueError: if `draw` is below 0.
    """
    if draw < 0:
        raise ValueError(f"draws are counted from 0, so there is no draw {draw}")
    return narrated(*watch(draw_inputs(scenario, seed, draw, 1, table=structure(scenario))))


def narrated(talks: Talks, seen: Sequence[RoundState]) -> Narration:
    """The story of a draw that has been watched."""
    scenario = talks.ensemble.scenario
    columns = {name: values[0] for name, values in outcome_columns(talks).items()}
    signed = int(talks.signed[0]) or None
    package = package_named(talks, int(talks.package[0])) if signed else None
    seats = tuple(_seat(talks, name) for name in scenario.parties)
    fallen = lines_fallen(talks)
    rounds = _rounds(talks, seen, fallen)
    return Narration(
        scenario=scenario,
        seed=talks.ensemble.seed,
        draw=int(talks.ensemble.draws[0]),
        seats=seats,
        rounds=rounds,
        outcome=OUTCOMES[columns["outcome"]],
        package=package,
        signed=signed,
        signatures=signatures(talks, seen),
        zone_ever=bool(talks.zone_ever[0]),
        zone_packages=int(columns["zone_packages"]),
        least_satisfied=_number(columns["least_satisfied"]),
        blocker=str(columns["blocker"]) or None,
        lines_can_fall=lines_can_fall(talks.ensemble.world),
        lines_fallen=fallen,
        break_month=_number(columns.get(f"{AFTER}break_month", math.nan)),
        break_cause=str(columns.get(f"{AFTER}break_cause", "")) or None,
        accounts=accounts(scenario, [turn for played in rounds for turn in played.turns], package,
                          {seat.name: seat.worth for seat in seats}),
    )  # fmt: skip


def _number(value: Any) -> float | None:
    return float(value) if value == value else None  # NaN: no figure


def _seat(talks: Talks, name: str) -> Seat:
    table = talks.ensemble.structure
    n, package = table.parties.index(name), int(talks.package[0])
    no_deal, best = float(talks.reservation_value[-1, 0, n]), float(talks.best[0, n])
    own = [line for line, owner in enumerate(table.lines.party) if owner == n]
    worth = None if package == NO_DEAL else float(talks.utility[0, n, package])
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
    scenario, recorder = talks.ensemble.scenario, TurnRecorder(talks, seen)
    rounds = []
    for place, (moves, now) in enumerate(zip(talks.moves, seen, strict=True)):
        if now.reopened:
            recorder.clear_table()
        parts = (moves.who, moves.did, moves.package, moves.why, moves.minds)
        codes = zip(*(part[:, 0] for part in parts), strict=True)
        days = place * scenario.time.days_per_round
        rounds.append(Round(
            number=place + 1,
            month=month_of(talks, place + 1),
            date=None if scenario.as_of is None else _after(scenario.as_of, days),
            turns=tuple(recorder.turn(place, *map(int, code)) for code in codes if code[1] != NOT_ASKED),
            events=events_in(talks, place + 1),
            lines_fallen=tuple(line.line for line in fallen if line.round == place + 1),
            levers=lever_moves(talks, now, seen[place - 1] if place else None),
            channel_open=bool(talks.ensemble.world.channel_open[0, place]),
            waiting=now.waiting,
            left=departures(talks, place + 1),
        ))  # fmt: skip
    return tuple(rounds)


def _after(start: datetime.date, days: float) -> datetime.date | None:
    try:
        return start + datetime.timedelta(days=days)
    except OverflowError:  # ten thousand rounds of ten years pass the last year there is
        return None
