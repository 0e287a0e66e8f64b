"""Exogenous changes around the table in each round, and the effects of the talks on red lines and leverage."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from sim.core.exact import TOLERANCE, Floats
from sim.core.mechanism import Drawing, Mechanism, Played, Rows, Source
from sim.core.packages import Bools, Ints
from sim.core.state import State
from sim.mechanisms import MECHANISMS
from sim.mechanisms.aftermath import Aftermath
from sim.mechanisms.events import NEVER, Commitment, Events
from sim.mechanisms.giving_way import GivingWay
from sim.mechanisms.leverage import NOBODY, Levers
from sim.mechanisms.mediation import Mediation
from sim.mechanisms.ratification import Ratification
from sim.mechanisms.side_payments import Carrots
from sim.mechanisms.stages import Stages
from sim.mechanisms.war import War, moves_no_deal
from sim.model.domain import Structure

Kind = TypeVar("Kind", bound=Mechanism)


@dataclass(frozen=True, eq=False)
class World:
    """The surroundings of the talks, drawn."""

    reservation_value: Floats  # reservation values in each round before leverage, not clipped, shape (B, R, N)
    channel_open: Bools  # rounds in which talks are held, shape (B, R)
    struck_from: Ints  # round from which an event removes the packages of a line, shape (B, L)
    # what events up to a round did last to a line: 1 hardened, so that it is real whatever was drawn, -1 felled,
    # shape (B, R, L)
    moved: npt.NDArray[np.int8]
    commitments: tuple[Commitment, ...]  # public commitments of parties
    mechanisms: Mapping[str, Mechanism]  # those that the file has, by key
    static: tuple[Ints, ...] = ()  # what is the same in all draws: option steps of the commitments

    def _of(self, kind: type[Kind]) -> Kind | None:
        mechanism = self.mechanisms.get(kind.key)
        return mechanism if isinstance(mechanism, kind) else None

    @property
    def war(self) -> War | None:
        """The war, None where the file has none; so are the others."""
        return self._of(War)

    @property
    def events(self) -> Events | None:
        return self._of(Events)

    @property
    def levers(self) -> Levers | None:
        mediation = self._of(Mediation)
        return mediation.levers if mediation else None

    @property
    def carrots(self) -> Carrots | None:
        mediation = self._of(Mediation)
        return mediation.carrots if mediation else None

    @property
    def giving_way(self) -> GivingWay | None:
        return self._of(GivingWay)

    @property
    def ratification(self) -> Ratification | None:
        return self._of(Ratification)

    @property
    def stages(self) -> Stages | None:
        return self._of(Stages)

    @property
    def aftermath(self) -> Aftermath | None:
        return self._of(Aftermath)

    def may_fall(self) -> Bools:
        """Red lines that may be given up before the end of the talks under the strongest pressure, shape (B, L)."""
        falls: Bools = np.logical_or.reduce(self.moved < 0, axis=1)
        if self.giving_way is not None:
            draws, rounds, parties = self.reservation_value.shape
            wear = [self.giving_way.wear(np.full((draws, parties), pressure)) for pressure in (0.0, 1.0)]
            most = rounds * np.maximum(np.maximum(*wear), 0.0)
            falls = falls | self.giving_way.fallen(most * (1 + 1e-9))
        return falls

    def rows(self, rows: Rows) -> "World":
        commitments = (
            replace(each, cost_per_step=each.cost_per_step[rows], from_round=each.from_round[rows])
            for each in self.commitments
        )
        return World(
            self.reservation_value[rows], self.channel_open[rows], self.struck_from[rows], self.moved[rows],
            tuple(commitments), {key: each.rows(rows) for key, each in self.mechanisms.items()}, self.static,
        )  # fmt: skip

    def lines_now(self, real: Bools, worn: Floats, k: int) -> Bools:
        """Return red lines that are real in round k, given those real before it and their wear, shape (B, L)."""
        moved = self.moved[:, k - 1]
        gone = moved < 0
        if self.giving_way is not None:
            gone = gone | self.giving_way.fallen(worn)
        struck = (self.struck_from != NEVER) & (self.struck_from <= k)
        now: Bools = (real & ~gone) | struck | (moved > 0)
        return now

    def before_any_offer(self, real: Bools, k: int) -> tuple[Floats, Bools]:
        """Strength of the levers, shape (B, levers), and real red lines, shape (B, L), in round k before any offer."""
        levers, worn = self.levers, np.zeros(real.shape)
        pressure = np.zeros((len(real), len(levers.static.names) if levers else 0))
        for j in range(1, k + 1):
            if levers is not None:
                pressure = levers.at_the_start(pressure, j)
            real = self.lines_now(real, worn, j)
            if self.giving_way is not None:
                parties = self.reservation_value.shape[2]
                on = np.zeros((len(real), parties)) if levers is None else levers.on(pressure, parties)
                worn = worn + self.giving_way.wear(on)
            if levers is not None and j < k:
                pressure = levers.after_round(pressure, np.full(len(real), NOBODY), j)
        return pressure, real

    def no_deal_now(self, pressure: Floats, k: int) -> Floats:
        """Return reservation values in round k under leverage, shape (B, N)."""
        path = self.reservation_value[:, k - 1]
        return path if self.levers is None else self.levers.lower(path, pressure)

    def reservation_range(self) -> tuple[Floats, Floats]:
        """Return the lowest and the highest possible reservation values of a round under any leverage, shape (B, N)."""
        paths = [self.reservation_value]
        if self.levers is not None:
            strength = np.ones_like(self.levers.lowers)
            paths += [
                np.stack([self.levers.lower(path, strength) for path in self.reservation_value.swapaxes(0, 1)], axis=1)
            ]
        lowest, highest = np.min(paths, axis=(0, 2)), np.max(paths, axis=(0, 2))
        return np.ascontiguousarray(lowest), np.ascontiguousarray(highest)

    def outside(self) -> Bools:
        """Return rounds in which some reservation value leaves [0, 1] before leverage, shape (B, R)."""
        path = self.reservation_value
        outside: Bools = np.logical_or.reduce((path < -TOLERANCE) | (path > 1 + TOLERANCE), axis=2)
        return outside

    def before_round(self, state: State) -> State:
        """Apply events, war, reservation values and leverage, in order of time; closed draws do not change."""
        is_open, k = state.open[:, None], state.round
        now = state._replace(reservation_value=self.reservation_value[:, k - 1])
        for mechanism in self.mechanisms.values():
            now = mechanism.before_round(now)
        real = np.where(is_open, self.lines_now(state.real, state.worn, k), state.real)
        if np.array_equal(real, state.real):
            real = state.real  # the same array where no line has moved, for those who follow it from round to round
        return now._replace(
            real=real, reservation_value=np.where(is_open, now.reservation_value, state.reservation_value)
        )

    def after_round(self, state: State, utility: Floats, table: Structure) -> State:
        """Apply wear of the red lines, leverage after the mediator's offer, and other effects of a round."""
        played = Played(state, utility, table, self.mechanisms)
        for mechanism in self.mechanisms.values():
            state = mechanism.after_round(state, played)
        return state


def draw_world(
    scenario: Any, source: Source, table: Structure, reservation_value: Floats, hard: Bools, groups: list[str]
) -> World:
    """Draw everything around the table.

    Args:
        source: Of drawn numbers and uniforms.
        reservation_value: As drawn, shape (B, N).
        hard: Lines that are never given up, shape (B, L).
        groups: Name under which each line is drawn.
    """
    rounds, days = scenario.time.rounds, scenario.time.days_per_round
    mechanisms: dict[str, Mechanism] = {}
    settled = source
    for key in dict.fromkeys((Events.key, *MECHANISMS)):  # events first: they narrow what others draw
        mechanism = MECHANISMS[key]
        drawing = Drawing(source, settled, table, rounds, days, scenario.as_of, hard, groups, mechanisms)
        block = getattr(scenario, key)
        drawn = None if block is None else mechanism.draw(block, drawing)
        if drawn is not None:
            mechanisms = {**drawn.move_others(mechanisms), key: drawn}
        if isinstance(drawn, Events):
            settled = _Narrowed(source, drawn)
    war, events, names = mechanisms.get(War.key), mechanisms.get(Events.key), table.lines.names
    assert (war is None or isinstance(war, War)) and (events is None or isinstance(events, Events))
    path = np.broadcast_to(reservation_value, (rounds, *reservation_value.shape))
    for move in moves_no_deal(war, events).values():
        path = path + move
    path = path.transpose(1, 0, 2)
    channel = np.ones((len(reservation_value), rounds), bool)
    for drawn in mechanisms.values():
        path, channel = drawn.move_no_deal(path), drawn.move_channel(channel)
    removals = events.removals() if events else ()
    moved = np.zeros((len(reservation_value), rounds, len(names)), np.int8)
    if events is not None:
        moved = events.lines_moved(names)
    stages = mechanisms.get(Stages.key)
    for name, codes in stages.settled().items() if isinstance(stages, Stages) else ():
        moved[:, :, names.index(name)] = codes
    commitments = events.commitments() if events else ()
    return World(
        reservation_value=path,
        channel_open=channel,
        struck_from=_by_line(
            {f"events.{each.event}": each.from_round for each in removals}, names, len(reservation_value)
        ),
        moved=moved,
        commitments=commitments,
        mechanisms=mechanisms,
        static=tuple(_steps_back(commitment, table) for commitment in commitments),
    )


def redraw_blocks(world: World, keys: Iterable[str], scenario: Any, source: Source, table: Structure) -> World:
    """Draw blocks anew that move neither no deal, nor lines, nor the channel: votes at home, and what follows."""
    settled = source if world.events is None else _Narrowed(source, world.events)
    mechanisms, time = dict(world.mechanisms), scenario.time
    for key in keys:
        no_lines = np.zeros((source.count, 0), bool)
        drawing = Drawing(source, settled, table, time.rounds, time.days_per_round, scenario.as_of, no_lines, [],
                          mechanisms)  # fmt: skip
        drawn = MECHANISMS[key].draw(getattr(scenario, key), drawing)
        if drawn is not None:
            mechanisms[key] = drawn
    return replace(world, mechanisms=mechanisms)


@dataclass(frozen=True)
class _Narrowed:
    """Numbers after narrowing events of the first round: drawn, then moved toward their values."""

    source: Source
    events: Events

    @property
    def count(self) -> int:
        return self.source.count

    def number(self, path: str, number: Any) -> Floats:
        drawn = self.source.number(path, number)
        share = self.events.narrowing(path)[0]
        value = self.stated(path, number)
        return np.where(share == 1, drawn, value + share * (drawn - value))

    def stated(self, path: str, number: Any) -> float:
        return self.source.stated(path, number)

    def uniform(self, name: str) -> Floats:
        return self.source.uniform(name)


def _by_line(rounds: Mapping[str, Ints], names: tuple[str, ...], draws: int) -> Ints:
    first = np.zeros((draws, len(names)), np.int64)
    for name, from_round in rounds.items():
        first[:, names.index(name)] = from_round
    return first


def _steps_back(commitment: Commitment, table: Structure) -> Ints:
    """Return a party's steps back from its public commitment in each package, shape (P,)."""
    steps = np.zeros(len(table.space), np.int64)
    for i, by_option in steps_back_by_option(commitment, table).items():
        steps += by_option[table.space.packages[:, i]]
    return steps


def steps_back_by_option(commitment: Commitment, table: Structure) -> dict[int, Ints]:
    """Return a party's steps back from its commitment, in its own order, with each option, by index of the issue.

    Options it likes as much as the committed one, or more, are no step back.
    """
    party, steps = table.parties.index(commitment.party), {}
    for i, issue in enumerate(table.space.issues):
        if issue.name in commitment.to:
            points = table.central_points[party, i, : len(issue.options)]
            _, rank = np.unique(points, return_inverse=True)
            steps[i] = np.maximum(rank[issue.options.index(commitment.to[issue.name])] - rank, 0)
    return steps
