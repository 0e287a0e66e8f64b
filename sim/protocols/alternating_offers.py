"""Offer, accept or counter, in turn."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sim.issues import NO_DEAL, Bools, Ints
from sim.knowledge import INFORMATION
from sim.protocols import PROTOCOLS
from sim.registry import choice, count, order
from sim.state import (
    ACCEPTED,
    NO_REASON,
    NOT_ASKED,
    OFFERED,
    PASSED,
    REFUSED,
    WORTH,
    Case,
    Moves,
    Speaker,
    State,
)
from sim.utility import Floats, Lines

REFUSALS = {
    "bare": "who refuses says nothing",
    "reasoned": "who refuses names the red line that the offer crosses, or says that it is worth too little",
}


@PROTOCOLS.register(
    "alternating_offers",
    formula="signed: the standing offer once every signatory has accepted it since it was made, its proposer included",
    source="after Rubinstein (1982), for any number of parties",
    use="the default: talks in which everybody may speak and nobody's silence is consent",
)
@dataclass(frozen=True)
class AlternatingOffers:
    """Each party in turn accepts the standing offer or replaces it by its own.

    A round is one pass: each party of the order, once. With nothing on the table a party must offer. A party that does
    not sign the standing offer passes. Signed is what every signatory, the proposer included, has accepted since it
    was made; acceptances carry over into the next round.
    """

    order: str | tuple[str, ...] = order("random", doc="who speaks when: a list of parties, `rotating`, or `random`")
    information: str = choice("positions", INFORMATION, doc="what each party knows of the others")
    refusals: str = choice("reasoned", REFUSALS, doc="whether a refusal gives its reason")
    memory: int | None = count(None, doc="for how many rounds a named line is avoided; left out: all")

    def streams(self, parties: Sequence[str], rounds: int) -> list[list[str]]:
        """Names of the random streams the order of speaking is made from: one a party, for each drawing of lots."""
        if self.order == "random":
            return [[f"order.{party}.{k}" for party in parties] for k in range(1, rounds + 1)]
        if self.order == "rotating":
            return [[f"order.{party}" for party in parties]]
        return []

    def turns(self, parties: Sequence[str], rounds: int, lots: Floats) -> Ints:
        """Who speaks when.

        `random` draws lots anew each round. `rotating` draws lots once a draw, then the opener moves to the end each
        round. A list is the same in every round.

        Args:
            parties: Names, in the order of the party axis.
            rounds: Number of rounds.
            lots: Uniforms, shape (drawings, B, N), as named by `streams`.

        Returns:
            Party indices, shape (R, B, turns).
        """
        if self.order == "random":
            return np.argsort(lots, axis=2, kind="stable")
        draws = lots.shape[1]
        if self.order == "rotating":
            start = np.argsort(lots[0], axis=1, kind="stable")
            return np.array([np.roll(start, -(k % len(parties)), axis=1) for k in range(rounds)])
        listed = np.array([parties.index(name) for name in self.order])
        return np.broadcast_to(listed, (rounds, draws, len(listed)))

    def play_round(
        self, state: State, speakers: Sequence[Speaker], turns: Ints, case: Case
    ) -> tuple[State, Moves]:
        """One pass of the table.

        Args:
            state: The table before the round.
            speakers: The parties, in the order of the party axis.
            turns: Who speaks when in this round, shape (B, turns).
            case: What there is to look up.

        Returns:
            The table after the round, and what everybody did.
        """
        moves = Moves.none(turns)
        for place in range(turns.shape[1]):
            for speaker in speakers:
                speaks = state.open & (turns[:, place] == speaker.index)
                if speaks.any():
                    state, did, why = self._turn(state, speaker, speaks, case)
                    moves = moves.with_turn(place, speaks, did, state.standing, why)
            state = state.with_signatures(case.signs)
        return state, moves

    def _turn(
        self, state: State, speaker: Speaker, speaks: Bools, case: Case
    ) -> tuple[State, Ints, Ints]:
        """One party answers the standing offer or makes one; returns the table, what it did, and why it refused."""
        me, empty = speaker.index, state.standing == NO_DEAL
        asked = speaks & ~empty & case.signs[me, state.standing]
        why = np.full(len(speaks), NO_REASON)
        did = np.where(speaks, np.where(empty, OFFERED, PASSED), NOT_ASKED)
        if asked.any():
            state = _received(state, me, asked, speaker.worth(state.standing))
            accepts = asked & speaker.accepts(state, state.standing)
            did = np.where(asked, np.where(accepts, ACCEPTED, REFUSED), did)
            if self.refusals == "reasoned":
                why = np.where(did == REFUSED, _reason(speaker, state.standing, case.lines), NO_REASON)
            state = _answered(state, me, did, why)
        offers = (did == REFUSED) | (did == OFFERED)
        return (_offered(state, speaker, offers) if offers.any() else state), did, why


def _received(state: State, me: int, asked: Bools, worth: Floats) -> State:
    received, best = state.received.copy(), state.best_received.copy()
    received[:, me] = np.where(asked, state.standing, received[:, me])
    best[:, me] = np.where(asked, np.maximum(best[:, me], worth), best[:, me])
    return replace(state, received=received, best_received=best)


def _answered(state: State, me: int, did: Ints, why: Ints) -> State:
    """Acceptances and refusals take effect, and everybody hears which line stood in the way."""
    accepted, named = state.accepted.copy(), state.named
    accepted[:, me] |= did == ACCEPTED
    crossing = np.flatnonzero(why >= 0)
    if len(crossing):
        named = named.copy()
        named[crossing, why[crossing]] = state.round
    last_refuser = np.where(did == REFUSED, me, state.last_refuser)
    return replace(state, accepted=accepted, named=named, last_refuser=last_refuser)


def _offered(state: State, speaker: Speaker, offers: Bools) -> State:
    """The party's own package takes the place of what lay on the table.

    The proposer is asked too: one with nothing worth signing must still put something on the table, and that is not
    consent.
    """
    package = speaker.offer(state)
    return state.with_offer(speaker.index, offers, package, speaker.accepts(state, package))


def _reason(speaker: Speaker, offer: Ints, lines: Lines) -> Ints:
    """The first real line of the party, by id, that the offer crosses; else that it is worth too little."""
    if not lines.names:
        return np.full(len(offer), WORTH)
    crossed = lines.crosses[lines.pattern[offer]] & speaker.real_lines
    return np.where(crossed.any(axis=1), crossed.argmax(axis=1), WORTH)

