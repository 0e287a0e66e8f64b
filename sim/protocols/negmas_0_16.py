"""The rules of the table of NegMAS 0.16, offer by offer."""

from dataclasses import dataclass

from sim.core.registry import agenda, order, switch
from sim.protocols import PROTOCOLS
from sim.protocols.rounds import IF_ABLE, REOPEN, InTurn


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

    proposer_accepts = IF_ABLE

    order: str | tuple[str, ...] = order("fixed", doc="who speaks when: parties, `fixed`, `rotating`, or `random`")
    agenda: tuple[tuple[str, ...], ...] | None = agenda()
    reopen: bool = switch(False, doc=REOPEN)
