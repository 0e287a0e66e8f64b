"""What happens around the table in each round, whatever is said at it, and what the parties do to each other."""

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from sim.core.exact import Floats
from sim.core.packages import NO_DEAL, Bools, Ints
from sim.mechanisms.aftermath import Aftermath
from sim.mechanisms.bound import Rows
from sim.mechanisms.events import Commitment, Events, Removal
from sim.mechanisms.giving_way import GivingWay
from sim.mechanisms.leverage import NOBODY, SEVERAL, Levers
from sim.mechanisms.mediation import Mediation
from sim.mechanisms.ratification import Ratification
from sim.mechanisms.side_payments import Carrots
from sim.mechanisms.war import War, no_deal_path
from sim.model.domain import Structure

NEVER = 0  # the round of what does not happen


@dataclass(frozen=True, eq=False)
class World:
    """The surroundings of the talks, bound to draws.

    Attributes:
        static: What is the same in all draws: option steps of the commitments.
        no_deal: Worth of no agreement in each round before levers, shape (B, R, N).
        channel_open: Rounds in which the parties can speak, shape (B, R).
        struck_from: Round from which an event takes the packages of a line off the table, shape (B, L).
        falls_from: Round from which an event has a line fall, shape (B, L).
        commitments: Public words of parties.
        war, events, levers, carrots, giving_way, ratification, aftermath: The mechanisms; None where the file has none.
    """

    no_deal: Floats
    channel_open: Bools
    struck_from: Ints
    falls_from: Ints
    commitments: tuple[Commitment, ...]
    war: War | None
    events: Events | None
    levers: Levers | None
    carrots: Carrots | None
    giving_way: GivingWay | None
    ratification: Ratification | None
    aftermath: Aftermath | None
    static: tuple[Ints, ...] = ()

    @property
    def is_still(self) -> bool:
        """Whether nothing happens around the table while they talk: what moves, moves by the parties' words alone."""
        moving = (self.war, self.events, self.levers, self.giving_way)
        return not self.commitments and all(mechanism is None for mechanism in moving)

    def may_fall(self) -> Bools:
        """Red lines that may fall before the talks are over, given the strongest pressure, shape (B, L)."""
        falls: Bools = self.falls_from != NEVER
        if self.giving_way is not None:
            draws, rounds, parties = self.no_deal.shape
            wear = [self.giving_way.wear(np.full((draws, parties), pressure)) for pressure in (0.0, 1.0)]
            most = rounds * np.maximum(np.maximum(*wear), 0.0)
            falls = falls | self.giving_way.fallen(most * (1 + 1e-9))
        return falls

    def rows(self, rows: Rows) -> "World":
        """Some of the draws."""
        changes: dict[str, Any] = {}
        for entry in fields(self):
            value = getattr(self, entry.name)
            if isinstance(value, np.ndarray):
                changes[entry.name] = value[rows]
            elif entry.name == "commitments":
                changes[entry.name] = tuple(
                    replace(each, cost_per_step=each.cost_per_step[rows], from_round=each.from_round[rows])
                    for each in value
                )
            elif value is not None and entry.name != "static":
                changes[entry.name] = value.rows(rows)
        return replace(self, **changes)

    def lines_now(self, real: Bools, worn: Floats, k: int) -> Bools:
        """Red lines that are real in round k, given those real before it and their wear, shape (B, L)."""
        gone = (self.falls_from != NEVER) & (self.falls_from <= k)
        if self.giving_way is not None:
            gone = gone | self.giving_way.fallen(worn)
        struck = (self.struck_from != NEVER) & (self.struck_from <= k)
        now: Bools = (real & ~gone) | struck
        return now

    def no_deal_now(self, pressure: Floats, k: int) -> Floats:
        """Worth of no agreement in round k under the levers, shape (B, N)."""
        path = self.no_deal[:, k - 1]
        return path if self.levers is None else path * self.levers.left(pressure, path.shape[1])


def holdout(offer: Ints, utility: Floats, no_deal: Floats, crossed_by: Bools, signs: Bools) -> Ints:
    """The signatory that alone stands in the way of an offer, else `NOBODY` or `SEVERAL`, shape (B,).

    Args:
        offer: A package a draw, `NO_DEAL` where there is none, shape (B,).
        utility: Worth of all packages, shape (B, N, P).
        no_deal: Shape (B, N).
        crossed_by: Parties a real red line of which the offer crosses, shape (B, N).
        signs: Whose consent a package needs, shape (N, P).
    """
    draw = np.arange(len(offer))
    against = signs[:, offer].T & ((utility[draw, :, offer] < no_deal - 1e-9) | crossed_by)
    count = against.sum(axis=1)
    alone = np.where(count == 1, against.argmax(axis=1), np.where(count == 0, NOBODY, SEVERAL))
    return np.where(offer == NO_DEAL, NOBODY, alone)


def bind_world(scenario: Any, source: Any, table: Structure, no_deal: Floats, hard: Bools, groups: list[str]) -> World:
    """Bind everything around the table to draws.

    Args:
        scenario: As read.
        source: Of drawn numbers and uniforms.
        table: The scenario's structure.
        no_deal: Worth of no agreement as drawn, shape (B, N).
        hard: Lines that never fall, shape (B, L).
        groups: Name under which each line is drawn.
    """
    rounds, days = scenario.time.rounds, scenario.time.days_per_round
    events = Events.bind(scenario.events, source, table, rounds, days)
    war = War.bind(scenario.war, source, table, rounds, days, scenario.as_of, events)
    path = np.broadcast_to(no_deal, (rounds, *no_deal.shape))
    if war is not None or events is not None:
        path = no_deal_path(no_deal, rounds, war, events)
    commitments = events.commitments() if events else ()
    names = table.lines.names
    after = source if events is None else _Narrowed(source, events)
    mediation = Mediation.bind(scenario.mediation, source, table, rounds, days, events)
    levers = mediation.levers if mediation else None
    fades = levers.fades_per_year if levers else None
    return World(
        no_deal=path.transpose(1, 0, 2),
        channel_open=events.channel_open().T if events else np.ones((len(no_deal), rounds), bool),
        struck_from=_struck_from(events.removals() if events else (), names, len(no_deal)),
        falls_from=_falls_from(events, names, len(no_deal)),
        commitments=commitments,
        war=war,
        events=events,
        levers=levers,
        carrots=mediation.carrots if mediation else None,
        giving_way=GivingWay.bind(scenario.giving_way, source, table.lines.party, groups, hard, days),
        ratification=Ratification.bind(scenario.ratification, after, table),
        aftermath=Aftermath.bind(scenario.aftermath, after, table, scenario.as_of, fades),
        static=tuple(_steps_back(commitment, table) for commitment in commitments),
    )


@dataclass(frozen=True)
class _Narrowed:
    """Numbers as a meeting before the first round has left them: drawn, then moved toward their values."""

    source: Any
    events: Events

    @property
    def count(self) -> int:
        return int(self.source.count)

    def number(self, path: str, number: Any) -> Floats:
        drawn: Floats = self.source.number(path, number)
        share = self.events.narrowing(path)[0]
        return np.where(share == 1, drawn, number.value + share * (drawn - number.value))

    def uniform(self, name: str) -> Floats:
        drawn: Floats = self.source.uniform(name)
        return drawn


def _struck_from(removals: tuple[Removal, ...], names: tuple[str, ...], draws: int) -> Ints:
    first = np.zeros((draws, len(names)), np.int64)
    for removal in removals:
        first[:, names.index(f"events.{removal.event}")] = removal.from_round
    return first


def _falls_from(events: Events | None, names: tuple[str, ...], draws: int) -> Ints:
    first = np.zeros((draws, len(names)), np.int64)
    for name, from_round in (events.lines_fall() if events else {}).items():
        first[:, names.index(name)] = from_round
    return first


def _steps_back(commitment: Commitment, table: Structure) -> Ints:
    """By how many steps of its own order a party goes back on its public word in each package, shape (P,).

    Options it likes as much as the public one, or more, are no step back.
    """
    party, steps = table.parties.index(commitment.party), np.zeros(len(table.space), np.int64)
    for i, issue in enumerate(table.space.issues):
        if issue.name in commitment.to:
            points = table.central_points[party, i, : len(issue.options)]
            _, rank = np.unique(points, return_inverse=True)
            behind = np.maximum(rank[issue.options.index(commitment.to[issue.name])] - rank, 0)
            steps += behind[table.space.packages[:, i]]
    return steps
