"""Parties that foresee everything, by backward induction."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from weakref import WeakKeyDictionary

import numpy as np

from sim.core.backward_induction import foresee, least_accepted, proposals, thresholds_of
from sim.core.exact import TOLERANCE, Floats
from sim.core.package_pass import value_in_round
from sim.core.packages import NO_DEAL, Bools, Ints
from sim.core.protocol import Bargainer, Protocol
from sim.core.registry import order
from sim.core.state import ACCEPTED, NO_REASON, NOT_ASKED, OFFERED, PASSED, Case, Moves, State
from sim.protocols import PROTOCOLS
from sim.protocols.alternating_offers import AlternatingOffers


@PROTOCOLS.register(
    "equilibrium",
    formula="argmax over p with u_m(p) >= C_m(k) for all other signatories m of u(p), if that is C(k) or more; "
    "C(k) = (1-q) no_deal(k) + q V(k+1), V(k) what is expected of round k, q what a round of waiting leaves of worth",
    source="subgame perfect equilibrium by a deadline: Stahl (1972), Rubinstein (1982), Baron & Ferejohn (1989)",
    use="to hold talks against: what parties would sign that know everything of each other and make no mistake",
)
@dataclass(frozen=True)
class Equilibrium(Protocol):
    """One proposal a round, and everybody foresees what would follow from a refusal.

    The proposer of the round puts forward the package it likes best of those that all other signatories take rather
    than wait, or lets the round pass. What a party asks for and offers comes of this alone, not of its strategy.
    """

    asks_strategies = False
    all_answer = True
    says_who_leaves = True  # by what it foresees

    order: str | tuple[str, ...] = order(
        "random", doc="who proposes when: a list of parties, `fixed` or `rotating` (alike here), or `random`"
    )

    def streams(self, parties: Sequence[str], rounds: int) -> list[list[str]]:
        """Return the names of the random streams of the order of proposing, as for alternating offers."""
        return AlternatingOffers(order=self._lots).streams(parties, rounds)

    def turns(self, parties: Sequence[str], rounds: int, lots: Floats) -> Ints:
        """Return the proposer of each round, then the others in the order in which they answer, shape (R, B, N).

        `random` draws the order anew each round; `rotating` and `fixed` once a draw. With these two and with a list,
        the proposer moves to the end of the order each round. Parties that are not on the list answer last, by name.
        """
        if isinstance(self.order, str):
            return AlternatingOffers(order=self._lots).turns(parties, rounds, lots)
        listed = [parties.index(name) for name in self.order]
        others = [n for n in range(len(parties)) if n not in listed]
        each = np.array([[*np.roll(listed, -k), *others] for k in range(rounds)])
        return np.broadcast_to(each[:, None], (rounds, lots.shape[1], len(parties)))

    @property
    def _lots(self) -> str | tuple[str, ...]:
        """Return the order of turns: a fixed random order rotates, as a list does here."""
        return "rotating" if self.order == "fixed" else self.order

    def prescribed(
        self, before: State, after: State, parties: Sequence[Bargainer], turns: Ints, case: Case
    ) -> Floats:
        """Return the least utility that each party accepted in this round, shape (B, N)."""
        ahead = self._outlook(before, parties, turns, case)
        return least_accepted(before.reservation_value, ahead.refused[:, before.round - 1], case.walk_away)

    def play_round(self, state: State, parties: Sequence[Bargainer], turns: Ints, case: Case) -> tuple[State, Moves]:
        moves, never_said = Moves.none(turns), np.full(len(turns), NO_REASON)
        if not state.open.any():
            return state, moves
        package = self._proposals(state, parties, turns, case)
        offered = package != NO_DEAL
        for party in parties:
            proposes = offered & (turns[:, 0] == party.index)
            if proposes.any():
                state = state.with_offer(party.index, proposes, package, proposes)
        leaves = self._leaves(state, parties, turns, case) & ~offered[:, None]
        state = state._replace(left=np.where(leaves, state.round, state.left))
        did = np.where(offered, OFFERED, np.where(state.open, PASSED, NOT_ASKED))
        moves = moves.with_turn(0, state.open, did, package, never_said)
        for place in range(1, turns.shape[1]):
            asked = offered & case.signs[turns[:, place], package]
            state = _agreed(state, turns[:, place], asked, case)
            moves = moves.with_turn(place, offered, np.where(asked, ACCEPTED, PASSED), package, never_said)
        return state.with_signatures(case.signs), moves

    def _leaves(self, state: State, parties: Sequence[Bargainer], turns: Ints, case: Case) -> Bools:
        """Return the parties that leave rather than let this round pass, in the open draws, shape (B, N)."""
        ahead = self._outlook(state, parties, turns, case)
        leaves: Bools = state.open[:, None] & (case.walk_away > ahead.refused[:, state.round - 1] + TOLERANCE)
        return leaves

    def _proposals(self, state: State, parties: Sequence[Bargainer], turns: Ints, case: Case) -> Ints:
        """Package proposed in each draw, `NO_DEAL` where the round passes or the draw is closed, shape (B,)."""
        ahead, k = self._outlook(state, parties, turns, case), state.round
        rows, package = np.flatnonzero(state.open), np.full(len(turns), NO_DEAL)
        package[rows] = proposals(
            worth=_values(case, state, rows),
            usable=ahead.usable[rows],
            signs=case.signs,
            thresholds=thresholds_of(
                state.reservation_value[rows],
                ahead.refused[rows, k - 1],
                ahead.never[rows, k - 1],
                case.walk_away[rows],
            ),
            proposer=turns[rows, 0],
            tie_rank=case.tie_rank,
        )
        return package

    def _outlook(self, state: State, parties: Sequence[Bargainer], turns: Ints, case: Case) -> "_Outlook":
        """Expected values of this round and those after it, recomputed where it differs from the expectation.

        Expectations: reservation values as determined before the talks, under present leverage, and that nothing else
        will change: no line is given up, nothing is refused at home or removed, no public commitment is made, and
            foreseen utilities
        stay as in this round.
        """
        ahead, k = self._outlooks.setdefault(case, _Outlook.blank(state, case)), state.round
        if ahead.round == k and not (ahead.old & state.open).any():
            return ahead
        usable = np.logical_and.reduce([party.view(state).signable for party in parties])
        left = _left(state.reservation_value, case.reservation_value[:, k - 1], ahead.left)
        if ahead.round < k:
            ahead.round = k
            ahead.old = ~ahead.begun | (usable != ahead.usable).any(axis=1) | (left != ahead.left).any(axis=1)
            ahead.old |= (case.words_given != ahead.words_given).any(axis=0)
            if k > 1:
                moved = case.reservation_value[:, k - 1] != case.reservation_value[:, k - 2]
                ahead.old |= (moved & case.domain.prospects.looks).any(axis=1)
        rows = np.flatnonzero(ahead.old & state.open)
        if len(rows):
            ahead.old[rows], ahead.begun[rows] = False, True
            ahead.usable[rows], ahead.left[rows] = usable[rows], left[rows]
            ahead.words_given[:, rows] = case.words_given[:, rows]
            settled = case.reservation_value[rows, k - 1 :]
            found = foresee(
                worth=_values(case, state, rows),
                usable=usable[rows],
                signs=case.signs,
                reservation_value=np.where(settled > 0, settled * left[rows, None], settled),
                patience=case.patience[rows],
                proposes=self._proposes(turns, state.rounds - k + 1)[rows],
                outside=case.walk_away[rows],
            )
            ahead.refused[rows, k - 1 :], ahead.never[rows, k - 1 :] = found.refused, found.never
        return ahead

    def _proposes(self, turns: Ints, rounds: int) -> Floats:
        """Chance of each party to propose in this round and those after it, as everybody sees it now, (B, K, N)."""
        draws, parties = turns.shape
        chance = np.full((draws, rounds, parties), 1 / parties)
        in_turn = 1 if self.order == "random" else rounds
        width = parties if isinstance(self.order, str) else len(self.order)
        for k in range(min(in_turn, rounds)):
            chance[:, k] = turns[:, k % width, None] == np.arange(parties)
        return chance

    @cached_property
    def _outlooks(self) -> "WeakKeyDictionary[Case, _Outlook]":
        """Return the expectations of each table: one for each block of draws."""
        return WeakKeyDictionary()


@dataclass(eq=False)
class _Outlook:
    """What is foreseen in a block of draws, and what that rests on."""

    round: int  # the round of the last update
    begun: Bools  # draws in which anything has been foreseen, shape (B,)
    old: Bools  # draws in which this round is another than was foreseen, which is not yet worked out, shape (B,)
    usable: Bools  # packages that can be signed, shape (B, P)
    left: Floats  # share of the reservation value left by leverage, shape (B, N)
    words_given: Bools  # binding public commitments, shape (words, B)
    # refused, never: as foreseen of each round, shape (B, R, N)
    refused: Floats
    never: Floats

    @classmethod
    def blank(cls, state: State, case: Case) -> "_Outlook":
        usable = np.zeros((len(state.open), case.signs.shape[1]), bool)
        rounds = np.zeros(case.reservation_value.shape)
        begun = np.zeros(len(state.open), bool)
        left, words = np.ones_like(state.reservation_value), case.words_given.copy()
        return cls(0, begun, ~begun, usable, left, words, rounds, rounds.copy())


def _left(now: Floats, settled: Floats, before: Floats) -> Floats:
    """The share of the reservation value left by leverage, as before where undefined, shape (B, N)."""
    return np.divide(now, settled, out=before.copy(), where=settled > 0)


def _values(case: Case, state: State, rows: Ints) -> Floats:
    """Return the utilities of packages in this round in some of the draws, shape (rows, N, P)."""
    values, ahead = case.utility, case.domain.prospects
    if ahead.looks.any():
        values = value_in_round(values, ahead, state.reservation_value)
    return values if len(rows) == len(values) else values[rows]


def _agreed(state: State, who: Ints, says: Bools, case: Case) -> State:
    rows = np.flatnonzero(says)
    party, package = who[rows], state.standing[rows]
    accepted, received, best = state.accepted.copy(), state.received.copy(), state.best_received.copy()
    accepted[rows, party], received[rows, party] = True, package
    worth = case.value_of(rows, package, state)[party, np.arange(len(rows))]
    best[rows, party] = np.maximum(best[rows, party], worth)
    return state._replace(accepted=accepted, received=received, best_received=best)
