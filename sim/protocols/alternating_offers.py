"""Offer, accept or counter, in turn."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.core.exact import Floats
from sim.core.opponent_model import INFORMATION
from sim.core.packages import Bools, Ints
from sim.core.registry import choice, count, order
from sim.core.state import NO_REASON, Case, Moves, Speaker, State
from sim.core.utility import Lines
from sim.protocols import PROTOCOLS
from sim.protocols.quick_pass import quick_pass, quick_talks
from sim.protocols.rounds import InTurn, reason_of

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
class AlternatingOffers(InTurn):
    """Each party in turn accepts the standing offer or replaces it by its own.

    The proposer is asked too whether it accepts its own text, and refusals may give their reason.
    """

    order: str | tuple[str, ...] = order("random", doc="who speaks when: parties, `fixed`, `rotating`, or `random`")
    information: str = choice("positions", INFORMATION, doc="what each party knows of the others")
    refusals: str = choice("reasoned", REFUSALS, doc="whether a refusal gives its reason")
    memory: int | None = count(None, doc="for how many rounds a named line is avoided; left out: all")

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
        quick = quick_pass(state, speakers, turns, case, self.refusals == "reasoned", self.memory)
        return quick or super().play_round(state, speakers, turns, case)

    def play_all_rounds(
        self, state: State, speakers: Sequence[Speaker], turns: Ints, case: Case
    ) -> tuple[State, list[Moves], Floats] | None:
        """All rounds at once where nothing but the parties' words moves anything, as `quick_talks` does."""
        return quick_talks(state, speakers, turns, case, self.refusals == "reasoned", self.memory)

    @property
    def in_one_loop(self) -> tuple[bool, int | None]:
        """Whether refusals are reasoned, and how long a line is remembered: all that `moving_loop.py` must be told."""
        return self.refusals == "reasoned", self.memory

    def reason(self, speaker: Speaker, offer: Ints, lines: Lines) -> Ints:
        """The line that the offer crosses, or that it is worth too little; nothing where refusals are bare."""
        return np.full(len(offer), NO_REASON) if self.refusals == "bare" else reason_of(speaker, offer, lines)

    def consents(self, state: State, speaker: Speaker, package: Ints) -> Bools:
        """Whether it would accept its own package: one with nothing worth signing must still put something there."""
        return speaker.accepts(state, package)
