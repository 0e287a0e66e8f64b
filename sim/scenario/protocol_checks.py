"""What a protocol needs of the parties of a scenario: how many sign, who speaks, and who mediates."""

from typing import Any

from sim.scenario.messages import Faults, listed, shown
from sim.scenario.nodes import MappingNode, Node, ScalarNode, SequenceNode
from sim.scenario.paths import get
from sim.scenario.registered import PROTOCOLS

ALWAYS, NEVER = "always", "never"


def check_protocol(root: MappingNode, faults: Faults) -> None:
    """Tell where a scenario's parties do not fit its protocol."""
    _check_order(root, faults)
    name, parties = get(root, "protocol", "name"), get(root, "parties")
    if not isinstance(name, ScalarNode) or name.text not in PROTOCOLS or not isinstance(parties, MappingNode):
        return
    protocol: Any = PROTOCOLS[name.text]
    count = getattr(protocol, "signatories", None)
    if count is not None:
        _check_signatories(name, parties, count, faults)
        _check_order_of_signatories(root, name.text, parties, faults)
    if getattr(protocol, "needs_mediator", False) and get(root, "mediation") is None:
        _ask_for_a_mediator(name, parties, faults)
    _check_quota(get(root, "protocol", "quota"), parties, faults)


def _check_order(root: MappingNode, faults: Faults) -> None:
    """Who never signs has no say in a fixed order, unless it mediates."""
    order = get(root, "protocol", "order")
    for entry in order.items if isinstance(order, SequenceNode) else ():
        party = get(root, "parties", entry.text) if isinstance(entry, ScalarNode) else None
        kind = get(party, "kind")
        never = party is not None and _signs(party) == NEVER
        if never and not (isinstance(kind, ScalarNode) and kind.text == "mediator"):
            assert isinstance(entry, ScalarNode)
            said = f"{shown(entry.text)} never signs; take it out of the order, or make it `kind: mediator`"
            faults.add(entry.mark, said, "protocol.order")


def _check_signatories(name: ScalarNode, parties: MappingNode, count: int, faults: Faults) -> None:
    """So many parties sign every package, and nobody else signs any."""
    sign = [party for party, node in parties.items.items() if _signs(node) != NEVER]
    sometimes = [party for party in sign if _signs(parties.items[party]) != ALWAYS]
    what = f"{name.text} is for {count} parties that sign every package and no others that sign"
    if len(sign) != count:
        who = f"{len(sign)} sign: {listed(sign)}" if sign else "nobody signs"
        faults.add(name.mark, f"{what}, but here {who}; name another protocol, or set `signs`", "protocol.name")
    elif sometimes:
        said = f"{what}, but {listed(sometimes)} may be left out of a package: `signs` is a condition there"
        faults.add(name.mark, said, "protocol.name")


def _check_order_of_signatories(root: MappingNode, name: str, parties: MappingNode, faults: Faults) -> None:
    """A fixed order names those that sign, all of them: nobody else has a turn."""
    order = get(root, "protocol", "order")
    if not isinstance(order, SequenceNode) or not order.items:
        return
    named = {entry.text for entry in order.items if isinstance(entry, ScalarNode)}
    sign = [party for party, node in parties.items.items() if _signs(node) != NEVER]
    for party in sign:
        if party not in named:
            said = f"{shown(party)} signs and is not in the order; {name} needs all that sign in it"
            faults.add(order.mark, said, "protocol.order")
    for entry in order.items:
        if isinstance(entry, ScalarNode) and entry.text in parties.items and entry.text not in sign:
            said = f"{shown(entry.text)} signs nothing, and in {name} only those that sign speak; take it out"
            faults.add(entry.mark, said, "protocol.order")


def _ask_for_a_mediator(name: ScalarNode, parties: MappingNode, faults: Faults) -> None:
    """Where a mediator holds the text it must be known who that is; whom `mediation` names is checked there."""
    kinds = {party: get(node, "kind") for party, node in parties.items.items()}
    known = [party for party, kind in kinds.items() if isinstance(kind, ScalarNode) and kind.text == "mediator"]
    who = shown(known[0]) if known else "PARTY"
    said = f"{shown(name.text)} needs a mediator to hold the text; add `mediation: {{mediator: {who}}}`"
    faults.add(name.mark, said if known else f"{said} with a party of `kind: mediator`", "protocol.name")


def _check_quota(quota: Node | None, parties: MappingNode, faults: Faults) -> None:
    """No more votes are needed than there are parties that sign anything."""
    sign = [party for party, node in parties.items.items() if _signs(node) != NEVER]
    if isinstance(quota, ScalarNode) and isinstance(quota.value, int) and quota.value > len(sign):
        said = f"{quota.value} votes are needed, but only {listed(sign)} ever sign; at most {len(sign)} would do"
        faults.add(quota.mark, said, "protocol.quota")


def _signs(party: Node) -> str | None:
    """`always` (also where it is left out), `never`, or None for a condition."""
    signs = get(party, "signs")
    if signs is None:
        return ALWAYS
    return signs.text if isinstance(signs, ScalarNode) else None
