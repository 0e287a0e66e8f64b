"""A proposer drawn at random; the others vote at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.core.exact import Floats
from sim.core.opponent_model import INFORMATION
from sim.core.packages import NO_DEAL, Bools, Ints
from sim.core.protocol import Bargainer, Protocol
from sim.core.registry import choice, count
from sim.core.state import ACCEPTED, NO_REASON, NOT_ASKED, OBJECTED, OFFERED, PASSED, Case, Moves, State
from sim.protocols import PROTOCOLS
from sim.protocols.alternating_offers import REFUSALS
from sim.protocols.rounds import reason_of


@PROTOCOLS.register(
    "random_proposer",
    formula="signed: a proposal that at least `quota` of its signatories vote for in its round, its proposer included",
    source="after Baron & Ferejohn (1989), closed rule; here the parties follow their strategies, not an equilibrium",
    use="talks in which nobody has the floor by right; with a quota, assemblies in which fewer than all are enough",
)
@dataclass(frozen=True)
class RandomProposer(Protocol):
    """In each round one party, drawn by lot, makes a proposal, and the other signatories vote on it at once.

    All parties that sign some package have the same chance, and the mediator too. The proposal passes if at least
    `quota` of its signatories are for it; its proposer is asked too, if it signs. Else it is void, and the next round
    draws another lot. Nobody is bound who voted no, by line or by no-deal worth.
    """

    quota: int | None = count(None, doc="how many signatories are enough; left out: all", left_out="all signatories")
    information: str = choice("positions", INFORMATION, doc="what each party knows of the others")
    refusals: str = choice("reasoned", REFUSALS, doc="whether who votes no gives a reason")
    memory: int | None = count(None, doc="for how many rounds a named line is avoided; left out: all")

    def streams(self, parties: Sequence[str], rounds: int) -> list[list[str]]:
        """Names of the random streams of the proposers: one a party and round, those of alternating offers."""
        return [[f"order.{party}.{k}" for party in parties] for k in range(1, rounds + 1)]

    def turns(self, parties: Sequence[str], rounds: int, lots: Floats) -> Ints:
        """Return all parties in random order: the first of them that may proposes; shape (R, B, N)."""
        return np.argsort(lots, axis=2, kind="stable")

    def play_round(
        self, state: State, parties: Sequence[Bargainer], turns: Ints, case: Case
    ) -> tuple[State, Moves]:
        turns = _proposer_first(turns, case)
        proposer, did = turns[:, 0], np.full(turns.shape, NOT_ASKED)
        state = self._propose(state, parties, proposer)
        for party in parties:
            asked = self._asked(state, party, proposer, case)
            state = state.with_received(party.index, asked, party.utility_of(state.standing))
        heard, why = state, np.full(turns.shape, NO_REASON)  # votes are simultaneous
        for party in parties:
            votes = self._asked(heard, party, proposer, case)
            accepts = votes & party.accepts(heard, heard.standing)
            against, reason = votes & ~accepts, np.full(len(votes), NO_REASON)
            if self.refusals == "reasoned":
                reason = np.where(against, reason_of(party, heard.standing, case.lines), NO_REASON)
            state = state.with_answer(party.index, accepts, np.zeros(len(votes), bool), reason)
            own = turns == party.index
            answer = np.select([~heard.open, proposer == party.index, accepts, against],
                               [NOT_ASKED, OFFERED, ACCEPTED, OBJECTED], PASSED)  # fmt: skip
            did, why = np.where(own, answer[:, None], did), np.where(own, reason[:, None], why)
        package = np.where(did == NOT_ASKED, NO_DEAL, state.standing[:, None])
        moves = Moves.none(turns)._replace(did=did.T, package=package.T, why=why.T)
        return state.with_signatures(case.signs, self.quota), moves

    def _propose(self, state: State, parties: Sequence[Bargainer], proposer: Ints) -> State:
        """Make each party's bid the standing offer in the draws in which it proposes."""
        before = state
        for party in parties:
            offers = before.open & (proposer == party.index)
            if offers.any():
                package = party.bids(before)
                state = state.with_offer(party.index, offers, package, party.accepts(before, package))
        return state

    def _asked(self, state: State, party: Bargainer, proposer: Ints, case: Case) -> Bools:
        asked: Bools = state.open & (proposer != party.index) & case.signs[party.index, state.standing]
        return asked


def _proposer_first(turns: Ints, case: Case) -> Ints:
    """The same order with the first party that may propose before all others."""
    may = np.logical_or.reduce(case.signs, axis=1)
    if case.mediator >= 0:
        may[case.mediator] = True
    first = may[turns].argmax(axis=1)
    later = np.arange(turns.shape[1]) != first[:, None]
    return np.take_along_axis(turns, np.argsort(later, axis=1, kind="stable"), axis=1)
