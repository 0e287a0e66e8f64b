"""What protocols share in which one party after the other answers the text on the table or replaces it."""

from collections.abc import Sequence

import numpy as np

from sim.core.exact import Floats
from sim.core.packages import NO_DEAL, Bools, Ints
from sim.core.state import ACCEPTED, NO_REASON, NOT_ASKED, OFFERED, PASSED, REFUSED, WORTH, Case, Moves, Speaker, State
from sim.core.utility import Lines


def reason_of(speaker: Speaker, offer: Ints, lines: Lines) -> Ints:
    """The first real line of the party, by id, that an offer crosses; else `WORTH`: it is worth too little.

    Args:
        speaker: The party.
        offer: A package of each draw, shape (B,).
        lines: The red lines over the packages.

    Returns:
        Indices of lines, or `WORTH`, shape (B,).
    """
    if not lines.names:
        return np.full(len(offer), WORTH)
    crossed = lines.crosses[lines.pattern[offer]] & speaker.real_lines
    return np.where(crossed.any(axis=1), crossed.argmax(axis=1), WORTH)


class InTurn:
    """Each party in turn accepts the standing offer or replaces it by its own; a protocol says the rest.

    A round is one pass: each party of the order, once. With nothing on the table a party must offer. A party that does
    not sign the standing offer passes. Signed is what every signatory, the proposer included, has accepted since it
    was made; acceptances carry over into the next round and are void once another offer is made.

    Attributes:
        order: A list of parties, `fixed`, `rotating`, or `random`.
    """

    order: str | tuple[str, ...]

    def streams(self, parties: Sequence[str], rounds: int) -> list[list[str]]:
        """Names of the random streams the order of speaking is made from: one a party, for each drawing of lots."""
        if self.order == "random":
            return [[f"order.{party}.{k}" for party in parties] for k in range(1, rounds + 1)]
        if self.order in ("fixed", "rotating"):
            return [[f"order.{party}" for party in parties]]
        return []

    def turns(self, parties: Sequence[str], rounds: int, lots: Floats) -> Ints:
        """Who speaks when.

        `random` draws lots anew each round. `fixed` draws lots once a draw, for all rounds; `rotating` does too, and
        the opener moves to the end each round. A list is the same in every round and draw.

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
        if self.order in ("fixed", "rotating"):
            start = np.argsort(lots[0], axis=1, kind="stable")
            moved = [k % len(parties) if self.order == "rotating" else 0 for k in range(rounds)]
            return np.array([np.roll(start, -places, axis=1) for places in moved])
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
            state = state.with_received(me, asked, speaker.worth(state.standing))
            accepts = asked & speaker.accepts(state, state.standing)
            did = np.where(asked, np.where(accepts, ACCEPTED, REFUSED), did)
            why = np.where(did == REFUSED, self.reason(speaker, state.standing, case.lines), NO_REASON)
            state = state.with_answer(me, did == ACCEPTED, did == REFUSED, why)
        offers = (did == REFUSED) | (did == OFFERED)
        if offers.any():
            package = speaker.offer(state)
            state = state.with_offer(me, offers, package, self.consents(state, speaker, package))
        return state, did, why

    def reason(self, speaker: Speaker, offer: Ints, lines: Lines) -> Ints:
        """What a party says when it refuses an offer: `NO_REASON`, `WORTH` or the index of a line, shape (B,)."""
        raise NotImplementedError

    def consents(self, state: State, speaker: Speaker, package: Ints) -> Bools:
        """Whether a party that puts a package on the table has thereby accepted it, shape (B,)."""
        raise NotImplementedError
