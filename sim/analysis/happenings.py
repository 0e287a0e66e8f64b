"""What happened around the table in one draw: levers, lines that fell, texts that went home, and how they held."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.analysis.trace import NEVER, RoundState
from sim.core.packages import NO_DEAL
from sim.core.utility import DAYS_PER_MONTH
from sim.mechanisms.ratification import Votes
from sim.model.talks import Talks
from sim.results.columns_signed import fallen_in
from sim.results.labels import in_file_order


@dataclass(frozen=True)
class LeverMove:
    """A lever, on a party, whose strength from 0 to 1 is another than in the round before."""

    lever: str
    party: str
    strength: float
    before: float


@dataclass(frozen=True)
class Fallen:
    """A red line, as `party.id`, that was real at the start and fell: the round, and months from the start."""

    line: str
    round: int
    month: float


@dataclass(frozen=True)
class Departure:
    """A party that left the talks, and what it left for is worth to it."""

    party: str
    worth: float


@dataclass(frozen=True)
class Ballot:
    """A vote that was held.

    Attributes:
        month: Months after the signature.
        needed: The share that it took: more than that if `more_than`, else at least.
    """

    ratifier: str
    vote: str
    month: float
    in_favour: float
    needed: float
    more_than: bool
    passed: bool


@dataclass(frozen=True)
class Signature:
    """A text that was signed, and what came of it at home.

    Attributes:
        ballots: Votes held, in the order of their months; after a refusal there are none.
        barred: It refused without a vote: it could not vote on this text.
        months_to_force: From signature to entry into force, None if it was refused.
        back_in: Round in which the parties talked again, None if they did not.
    """

    round: int
    month: float
    package: Mapping[str, str]
    ballots: tuple[Ballot, ...]
    refused_by: str | None
    barred: bool
    months_to_force: float | None
    back_in: int | None


def month_of(talks: Talks, number: int) -> float:
    return (number - 1) * talks.ensemble.scenario.time.days_per_round / DAYS_PER_MONTH


def events_in(talks: Talks, number: int) -> tuple[str, ...]:
    """Ids of the events that happen in a round, in the order of the file."""
    events = talks.ensemble.world.events
    if events is None:
        return ()
    happened = {name for name, happens in zip(events.ids, events.happens[0, number - 1], strict=True) if happens}
    return tuple(event.id for event in talks.ensemble.scenario.events if event.id in happened)


def lines_fallen(talks: Talks) -> tuple[Fallen, ...]:
    """Red lines that fell, the earliest first, those of one round by name."""
    rounds = fallen_in(talks)[0]
    fell = [(int(k), name) for name, k in zip(talks.ensemble.structure.lines.names, rounds, strict=True) if k]
    return tuple(Fallen(name, k, month_of(talks, k)) for k, name in sorted(fell))


def lever_moves(talks: Talks, seen: RoundState, before: RoundState | None) -> tuple[LeverMove, ...]:
    """Levers that moved between two rounds, in name order; before the first all are at rest."""
    levers = talks.ensemble.world.levers
    if levers is None:
        return ()
    old = np.zeros(len(seen.strength)) if before is None else before.strength
    parties = talks.ensemble.structure.parties
    moves = zip(levers.static.names, levers.static.party, seen.strength.tolist(), old.tolist(), strict=True)
    return tuple(LeverMove(name, parties[owner], now, then) for name, owner, now, then in moves if now != then)


def signatures(talks: Talks, seen: Sequence[RoundState]) -> tuple[Signature, ...]:
    """Texts that were signed, one after the other."""
    return tuple(_signature(talks, k, each) for k, each in enumerate(seen, start=1) if each.signed != NO_DEAL)


def _signature(talks: Talks, number: int, seen: RoundState) -> Signature:
    package = in_file_order(talks.ensemble.scenario, talks.ensemble.structure.space.options_of(seen.signed))
    votes, ratification = seen.votes, talks.ensemble.world.ratification
    if votes is None or ratification is None:
        return Signature(number, month_of(talks, number), package, (), None, False, 0.0, None)
    refused = not votes.passed[0]
    return Signature(
        round=number,
        month=month_of(talks, number),
        package=package,
        ballots=_ballots(ratification, seen.signed, votes),
        refused_by=ratification.static.ratifiers[votes.refused_by[0]] if refused else None,
        barred=bool(votes.barred[0]),
        months_to_force=None if refused else float(votes.in_force_month[0]),
        back_in=None if seen.back_in == NEVER else seen.back_in,
    )


def departures(talks: Talks, number: int) -> tuple[Departure, ...]:
    """Who left at the start of a round, in the order of the file."""
    names = talks.ensemble.structure.parties
    places = [(name, names.index(name)) for name in talks.ensemble.scenario.parties]
    return tuple(
        Departure(name, float(talks.ensemble.walk_away[0, n])) for name, n in places if talks.left[0, n] == number
    )


def _ballots(ratification: Any, package: int, votes: Votes) -> tuple[Ballot, ...]:
    """The votes that were held, as the ratification itself counts them."""
    static = ratification.static
    in_favour = (ratification.shares(np.array([package])) + ratification.error * ratification.surprise)[0, static.of]
    ballots = []
    for v, full_name in enumerate(static.votes):
        month = float(votes.held_month[0, v])
        if np.isnan(month):
            continue
        share, needed, above = float(in_favour[v]), float(static.threshold[v]), bool(static.above_threshold[v])
        ratifier, vote = full_name.split(".", 1)
        passed = share > needed if above else share >= needed
        ballots.append(Ballot(ratifier, vote, month, share, needed, above, passed))
    return tuple(sorted(ballots, key=lambda ballot: ballot.month))
