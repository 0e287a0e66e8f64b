"""Whole talks in one loop where the world around the table moves: lines fall, levers are pulled, a war goes on.

What a round is, `PeaceTalks.step` says; this gives the same tables and moves in a hundredth of the time. It takes
parties that go by the clock and by a list of packages, at a table where they speak in turn. Tests hold the two against
each other.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from sim.core.bids import Candidates
from sim.core.exact import TOLERANCE, Floats
from sim.core.packages import NO_DEAL, Bools, Ints
from sim.core.state import NO_REASON, NOT_ASKED, Moves, State
from sim.model.agents import Party
from sim.model.ensemble import Ensemble
from sim.model.world import World
from sim.protocols.moving_loop import play

WRITTEN = (
    "open", "no_deal", "real", "pressure", "worn", "standing", "proposer", "accepted", "last_refuser", "named",
    "own_offer", "offers_made", "distinct_offers", "log", "received", "best_received", "signed",
)  # fmt: skip


def can_play(ensemble: Ensemble, parties: Sequence[Party]) -> bool:
    """Whether a block of talks can be played in one loop; whether somebody may leave is asked elsewhere."""
    if not hasattr(ensemble.protocol, "in_one_loop"):
        return False
    if any((word.from_round > 1).any() for word in ensemble.world.commitments):
        return False  # worth changes in the midst of the talks
    return all(party.course(ensemble.scenario.time.rounds) is not None for party in parties)


class MovingTalks:
    """The talks of a block of draws, played up to the next signature of each draw at a time.

    Attributes:
        state: The table, written to in place; its round means nothing.
        next_round: The round that each draw plays next, shape (B,).
        asked: Least worth each party asked for, NaN where a draw was closed, shape (R, B, N).
        no_deal, real: Worth of no agreement and lines real in each round, as they stood at the close where a draw had
            closed, shapes (R, B, N) and (R, B, L).
        open: Draws that were open in each round, shape (R, B).
    """

    def __init__(
        self, ensemble: Ensemble, state: State, parties: Sequence[Party], candidates: Candidates, utility: Floats
    ) -> None:
        """Nothing has been played yet; every party lists its packages."""
        self._ensemble, self._parties, self._candidates = ensemble, parties, candidates
        rounds, draws = state.rounds, len(state.open)
        written: dict[str, Any] = {name: np.array(getattr(state, name), order="C") for name in WRITTEN}
        self.state = replace(state, **written)
        self.next_round: Ints = np.ones(draws, np.int64)
        self.asked: Floats = np.full((rounds, *state.no_deal.shape), np.nan)
        self.no_deal: Floats = np.empty((rounds, *state.no_deal.shape))
        self.real: Bools = np.empty((rounds, *state.real.shape), bool)
        self.open: Bools = np.zeros((rounds, draws), bool)
        self._turns = np.ascontiguousarray(ensemble.turns)
        shape = rounds, self._turns.shape[2], draws
        self._did, self._package, self._why = (np.full(shape, fill) for fill in (NOT_ASKED, NO_DEAL, NO_REASON))
        self._world = _surroundings(ensemble.world, ensemble.structure.lines.crosses.shape[1])
        courses = [np.broadcast_to(self._course(party), (rounds, draws)) for party in parties]
        self._courses = np.ascontiguousarray(np.array(courses).transpose(1, 0, 2))
        self._may_fall = ensemble.world.may_fall()
        lines, self._utility = ensemble.structure.lines, utility
        rank = np.array([party.regard.tie_rank[0] for party in parties])
        where = lines.pattern, lines.crosses, lines.party, *lines.by_pattern[::-1]
        self._table: tuple[Any, ...] = ensemble.structure.signs, *where, rank
        self.look(np.arange(draws))

    def _course(self, party: Party) -> Floats:
        course = party.course(self.state.rounds)
        assert course is not None
        return course

    def look(self, rows: Ints) -> None:
        """Have every party list its packages in some draws, whatever lines may yet fall there."""
        lasting = self.state.real[rows] & ~self._may_fall[rows]
        for party in self._parties:
            party.list_for(rows, lasting)

    def play(self, rows: Ints, until: int, reopens_at: Ints) -> None:
        """Play some draws up to their next signature, at most up to a round.

        Args:
            rows: The draws.
            until: The last round.
            reopens_at: Round in which a draw whose text was refused at home comes back to the table, 0 for never,
                shape (B,).
        """
        state, lists = self.state, self._candidates
        reasoned, memory = self._ensemble.protocol.in_one_loop
        first = np.full(len(self.next_round), until + 1)
        first[rows] = self.next_round[rows]
        told: list[Any] = [
            until, reasoned, memory or state.rounds, TOLERANCE, self._turns, self._courses, *self._world,
            self._utility, *self._table, lists.struck, lists.worth, lists.package, lists.crossing, lists.count,
            lists.best, lists.best_package, lists.patterns, first, reopens_at,
            *(getattr(state, name) for name in WRITTEN),
            self.asked, self.no_deal, self.real, self.open, self._did, self._package, self._why,
        ]  # fmt: skip
        play(*told)
        self.next_round[rows] = first[rows]

    def moves(self, rounds: int) -> list[Moves]:
        """What everybody did in the first so many rounds."""
        nothing = np.zeros(self._did.shape[1:], np.int64)  # nobody names issues here
        told = zip(self._turns[:rounds], self._did, self._package, self._why, strict=False)
        return [Moves(turns.T, did, package, why, nothing) for turns, did, package, why in told]


def _surroundings(world: World, lines: int) -> tuple[Any, ...]:
    """What the loop is told of the world around the table, in its order."""
    (draws, rounds, _), levers, way = world.no_deal.shape, world.levers, world.giving_way
    pulled: tuple[Any, ...] = (
        np.zeros((draws, rounds, 0), np.int64), np.zeros(draws), np.zeros((draws, 0)), np.zeros(0, np.int64),
        np.zeros((0, rounds), np.int64), 0,
    )  # fmt: skip
    if levers is not None:
        static = levers.static
        pulled = levers.by_events, levers.step, levers.lowers, static.party, levers.plan(), static.mediator
    wear: tuple[Any, ...] = np.zeros(draws), np.zeros(draws), np.full((draws, lines), np.inf)
    if way is not None:
        wear = way.static.months * way.per_month, way.lever_adds, way.endurance
    told = *pulled, world.no_deal, world.channel_open, world.falls_from, world.struck_from, *wear
    return tuple(np.ascontiguousarray(each) if isinstance(each, np.ndarray) else each for each in told)
