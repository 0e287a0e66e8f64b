"""Offer, accept or counter, in turn."""

from dataclasses import dataclass

from sim.core.opponent_model import INFORMATION
from sim.core.registry import agenda, choice, count, order, switch
from sim.protocols import PROTOCOLS
from sim.protocols.rounds import REOPEN, InTurn

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
    agenda: tuple[tuple[str, ...], ...] | None = agenda()
    reopen: bool = switch(False, doc=REOPEN)

    @property
    def reasoned(self) -> bool:  # type: ignore[override]
        return self.refusals == "reasoned"
