"""The rules of the table of NegMAS 0.16, offer by offer."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.core.exact import Floats
from sim.core.packages import Bools, Ints
from sim.core.registry import order
from sim.core.state import NO_REASON, Case, Moves, Speaker, State
from sim.core.utility import Lines
from sim.protocols import PROTOCOLS
from sim.protocols.quick_pass import quick_pass, quick_talks
from sim.protocols.rounds import InTurn


@PROTOCOLS.register(
    "negmas_0_16",
    formula="signed: the standing offer once every signatory but its proposer has accepted it since it was made",
    source="the stacked alternating offers of NegMAS 0.16 (SAOMechanism with its default settings)",
    use="to repeat what was run in NegMAS; with the strategy negmas_aspiration offer by offer",
)
@dataclass(frozen=True)
class Negmas016(InTurn):
    """Each party in turn accepts the standing offer or replaces it; to offer is to accept, and nobody says why.

    An offer that its proposer could not sign, behind a real red line of its own or worth less to it than no deal, is
    made all the same but is no consent: this guard NegMAS does not have. Nobody knows anything of the others.
    """

    information = "none"

    order: str | tuple[str, ...] = order("fixed", doc="who speaks when: parties, `fixed`, `rotating`, or `random`")

    def play_round(
        self, state: State, speakers: Sequence[Speaker], turns: Ints, case: Case
    ) -> tuple[State, Moves]:
        """One pass of the table, in one loop where that can be."""
        quick = quick_pass(state, speakers, turns, case, False, None, False) if self._is_itself else None
        return quick or super().play_round(state, speakers, turns, case)

    def play_all_rounds(
        self, state: State, speakers: Sequence[Speaker], turns: Ints, case: Case
    ) -> tuple[State, list[Moves], Floats] | None:
        """All rounds at once where nothing but the parties' words moves anything, as `quick_talks` does."""
        return quick_talks(state, speakers, turns, case, False, None, False) if self._is_itself else None

    @property
    def _is_itself(self) -> bool:
        """Whether who offers consents as here, and not by the rules of a protocol built on this one."""
        return type(self) is Negmas016

    def reason(self, speaker: Speaker, offer: Ints, lines: Lines) -> Ints:
        """Nothing: refusals are bare."""
        return np.full(len(offer), NO_REASON)

    def consents(self, state: State, speaker: Speaker, package: Ints) -> Bools:
        """Always, where it could sign what it offers."""
        return speaker.could_sign(state, np.arange(len(package)), package)
