"""The state of the talks: the table, actions, and the data of protocols."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sim.core.bids import Bids, Domain
from sim.core.exact import Floats
from sim.core.opponent_model import Knowledge
from sim.core.package_pass import values_at
from sim.core.packages import NO_DEAL, Bools, Ints
from sim.core.utility import Lines

NOT_ASKED, OFFERED, ACCEPTED, REFUSED, PASSED, OBJECTED, DRAFTED, LEFT_AS_IT_IS = range(8)  # what a party did
OFFERS, ANSWERS = (OFFERED, REFUSED, DRAFTED), (ACCEPTED, REFUSED, OBJECTED)  # tables a text; answers one
ARE_OFFERS, ARE_ANSWERS = (np.isin(np.arange(LEFT_AS_IT_IS + 1), acts) for acts in (OFFERS, ANSWERS))  # by what it did
NO_REASON, WORTH = -2, -1  # reason of a refusal: not named, too little utility; from 0 on: the index of a red line


def time_of(round: int, rounds: int) -> float:
    """Share of the talks that has passed: 0 in the first round, 1 in the last (and in an only one)."""
    return (round - 1) / (rounds - 1) if rounds > 1 else 1.0


class State(NamedTuple):
    """The table between two turns, in every draw of a block."""

    round: int  # the round being played, from 1
    rounds: int  # the last round
    open: Bools  # draws still talking, shape (B,)
    reservation_value: Floats  # reservation values in this round, shape (B, N)
    real: Bools  # red lines that are real in this round, shape (B, L)
    pressure: Floats  # strength of each lever, 0 to 1, shape (B, levers)
    worn: Floats  # wear of each red line so far, shape (B, L)
    standing: Ints  # package on the table, `NO_DEAL` for none, shape (B,)
    proposer: Ints  # index of its proposer, -1 for none, shape (B,)
    accepted: Bools  # parties that accepted it since it was made, shape (B, N)
    last_refuser: Ints  # index of the party that last refused an offer, -1 for none, shape (B,)
    named: Ints  # round in which a red line was last named, 0 for never, shape (B, L)
    own_offer: Ints  # last offer of each party, shape (B, N)
    offers_made: Ints  # number of offers of each party so far, shape (B, N)
    distinct_offers: Ints  # number of different packages among them, shape (B, N)
    # the offers of each party in the order in which it made them, shape (B, N, R); one a round at most. Entries
    # beyond `offers_made` are no part of the state: tables that follow each other share the array
    log: Ints
    received: Ints  # last offer received by each party, shape (B, N)
    best_received: Floats  # largest utility of any of these to it, -inf for none, shape (B, N)
    signed: Ints  # round of signature, 0 for none, shape (B,)
    left: Ints  # round in which a party left the talks, which ended them, 0 for never, shape (B, N)

    def lines_named(self, memory: int | None) -> Bools:
        """Red lines named in the last `memory` rounds (all rounds if None), shape (B, L)."""
        since = 1 if memory is None else max(1, self.round - memory + 1)
        return self.named >= since

    def next_round(self) -> "State":
        """The same table, a round later."""
        return self._replace(round=self.round + 1)

    def with_received(self, party: int, asked: Bools, worth: Floats) -> "State":
        """Return the state once a party receives the standing offer.

        Args:
            party: Its index.
            asked: Draws in which it does, shape (B,).
            worth: Its utility of the standing offer, shape (B,).
        """
        received, best = self.received.copy(), self.best_received.copy()
        received[:, party] = np.where(asked, self.standing, received[:, party])
        best[:, party] = np.where(asked, np.maximum(best[:, party], worth), best[:, party])
        return self._replace(received=received, best_received=best)

    def with_answer(self, party: int, accepts: Bools, refuses: Bools, why: Ints) -> "State":
        """Return the state after a party's answer, which names the line crossed, if any.

        Args:
            party: Its index.
            accepts: Draws in which it accepts the standing offer, shape (B,).
            refuses: Draws in which it rejects it, shape (B,).
            why: Its reason: `NO_REASON`, `WORTH` or the index of a red line, shape (B,).
        """
        accepted, named = self.accepted.copy(), self.named
        accepted[:, party] |= accepts
        crossing = np.flatnonzero(why >= 0)
        if len(crossing):
            named = named.copy()
            named[crossing, why[crossing]] = self.round
        last_refuser = np.where(refuses, party, self.last_refuser)
        return self._replace(accepted=accepted, named=named, last_refuser=last_refuser)

    def with_offer(self, party: int, offers: Bools, package: Ints, consents: Bools) -> "State":
        """Return the state after a party's bid, the new standing offer.

        Args:
            party: Its index.
            offers: Draws in which it makes the offer, shape (B,).
            package: Its bid, shape (B,).
            consents: Whether it would sign that itself, shape (B,): to offer is not yet to consent.
        """
        rows, offered = np.flatnonzero(offers), package[offers]
        accepted, own = self.accepted.copy(), self.own_offer.copy()
        distinct = self.distinct_offers.copy()
        accepted[rows] = False
        accepted[rows, party] = consents[rows]
        own[rows, party] = offered
        place, made = self.offers_made[rows, party], self.offers_made.copy()
        before = np.arange(self.log.shape[2]) < place[:, None]
        again = ((self.log[rows, party] == offered[:, None]) & before).any(axis=1)
        self.log[rows, party, place] = offered
        made[rows, party] += 1
        distinct[rows, party] += ~again
        return self._replace(
            standing=np.where(offers, package, self.standing),
            proposer=np.where(offers, party, self.proposer),
            accepted=accepted,
            own_offer=own,
            offers_made=made,
            distinct_offers=distinct,
        )

    def with_signatures(self, signs: Bools, quota: int | None = None) -> "State":
        """Close the draws in which every signatory, or enough of them, has accepted the standing offer.

        Args:
            signs: Whose consent a package needs, shape (N, P).
            quota: How many of them are enough; None: all.
        """
        asked = signs[:, self.standing].T
        agreed = (self.accepted | ~asked).all(axis=1)
        if quota is not None:
            agreed |= (self.accepted & asked).sum(axis=1) >= quota
        signed = self.open & (self.standing != NO_DEAL) & agreed
        if not signed.any():
            return self
        return self._replace(open=self.open & ~signed, signed=np.where(signed, self.round, self.signed))


def opening(reservation_value: Floats, real: Bools, rounds: int, levers: int = 0) -> State:
    """Return an empty table before the first round.

    Args:
        reservation_value: Shape (B, N).
        real: Red lines that are real at the start, shape (B, L).
        rounds: The last round.
        levers: Number of levers, all at rest.
    """
    (draws, parties), lines = reservation_value.shape, real.shape[1]
    nobody = np.zeros((draws, parties), bool)
    nothing = np.full((draws, parties), NO_DEAL)
    return State(
        round=0,
        rounds=rounds,
        open=np.ones(draws, bool),
        reservation_value=reservation_value,
        real=real,
        pressure=np.zeros((draws, levers)),
        worn=np.zeros(real.shape),
        standing=np.full(draws, NO_DEAL),
        proposer=np.full(draws, -1),
        accepted=nobody,
        last_refuser=np.full(draws, -1),
        named=np.zeros((draws, lines), np.int64),
        own_offer=nothing,
        offers_made=np.zeros((draws, parties), np.int64),
        distinct_offers=np.zeros((draws, parties), np.int64),
        log=np.full((draws, parties, rounds), NO_DEAL),
        received=nothing,
        best_received=np.full((draws, parties), -np.inf),
        signed=np.zeros(draws, np.int64),
        left=np.zeros((draws, parties), np.int64),
    )


@dataclass(frozen=True, eq=False)
class Case:
    """The data of a protocol beside the table: public data, and data of protocols with stronger assumptions.

    A protocol that only passes offers on uses `lines` and `signs` alone.
    """

    lines: Lines  # the red lines over the packages
    signs: Bools  # whose consent a package needs, shape (N, P)
    packages: npt.NDArray[np.uint8]  # option indices, shape (P, I)
    tie_rank: Ints  # order of packages in a tie, smaller first, shape (P,)
    utility: Floats  # of all packages to all parties, net of risks to those with foresight, shape (B, N, P)
    # binding public commitments, shape (words, B): from then on going back on one lowers `utility`
    words_given: Bools
    knowledge: Callable[[], Knowledge]  # returns common knowledge in this round
    # reservation values in each round as far as determined before the talks, shape (B, R, N)
    reservation_value: Floats
    walk_away: Floats  # each party's value of leaving the talks, -inf for none that can leave, shape (B, N)
    patience: Floats  # each party's discount factor of a round, shape (B, N)
    mediator: int  # index of the party that mediates, -1 for none
    leaning: Floats  # how much more of a package each party asks for each other one when it weighs them, shape (N, N)
    proposals: Ints  # packages on file that settle every issue, shape (K,)
    chance: Floats  # uniforms for parties with a random strategy, shape (R, N, B); no draws if there are none
    domain: Domain  # the packages, in the form of compiled functions
    bids: Callable[[], Bids]  # returns what each party may bid
    # finds packages by their option indices, shape (..., I); `NO_DEAL` for those that cannot be
    find: Callable[[Ints], Ints]

    def value_of(self, rows: Ints, packages: Ints, state: State) -> Floats:
        """Return every party's utility of one package in each of some draws in this round, shape (N, rows)."""
        return values_at(self.utility, self.domain.prospects, rows, packages, state.reservation_value[rows].T)


class Moves(NamedTuple):
    """What everybody did in a round, turn by turn; all of shape (turns, B)."""

    who: Ints  # index of the party that spoke
    # `NOT_ASKED` (the draw was closed), `OFFERED`, `ACCEPTED`, `REFUSED` (and offered instead), `OBJECTED` (refused,
    # and offered nothing) or `PASSED`. With one text of a mediator: `DRAFTED` (put it before the others, or changed
    # it) and `LEFT_AS_IT_IS`
    did: Ints
    package: Ints  # what lay on the table after the turn
    why: Ints  # reason of a refusal: `NO_REASON`, `WORTH`, or the index of the red line it named
    minds: Ints  # the issues it named in an objection, bit i for issue i

    @classmethod
    def none(cls, turns: Ints) -> "Moves":
        """Return the moves of a round before any action; `turns` is the order of turns, shape (B, turns)."""
        shape = turns.T.shape
        return cls(
            turns.T, np.full(shape, NOT_ASKED), np.full(shape, NO_DEAL), np.full(shape, NO_REASON), np.zeros(shape, int)
        )

    def with_turn(
        self, place: int, speaks: Bools, did: Ints, package: Ints, why: Ints, minds: Ints | None = None
    ) -> "Moves":
        """The same with one turn filled in where a party spoke."""
        filled, named = [], np.zeros_like(did) if minds is None else minds
        for held, new in ((self.did, did), (self.package, package), (self.why, why), (self.minds, named)):
            changed = held.copy()
            changed[place, speaks] = new[speaks]
            filled.append(changed)
        return Moves(self.who, *filled)
