"""What a scenario came to after `extends`, `set` and rescaling: values, numbers by path."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from sim.core.fields import Number
from sim.core.registry import Registry
from sim.protocols import PROTOCOLS
from sim.scenario.nodes import MappingNode, Node, ScalarNode, SequenceNode
from sim.scenario.places import Place
from sim.scenario.registered import parameters_of
from sim.strategies import STRATEGIES


def resolved(root: MappingNode) -> dict[str, Any]:
    """A scenario's tree as dicts, lists, texts, numbers and truth values; dates as text."""
    return {key: _plain(child) for key, child in root.items.items()}


def _plain(node: Node) -> Any:
    if isinstance(node, MappingNode):
        return resolved(node)
    if isinstance(node, SequenceNode):
        return [_plain(child) for child in node.items]
    assert isinstance(node, ScalarNode)
    value = node.value
    return value.isoformat() if isinstance(value, date) else value


def numbers(root: Place) -> dict[str, Number]:
    """Every number of a checked file by dotted path, sorted by path."""
    places = sorted((*root.numbers(), *_parameters(root)), key=lambda place: place.names)
    return {".".join(place.names): number for place in places if (number := place.number) is not None}


def _parameters(root: Place) -> Iterator[Place]:
    """Numbers among the parameters of the protocol and the strategies."""
    blocks: list[tuple[Registry[Any], Place]] = [(PROTOCOLS, root["protocol"])]
    blocks += [(STRATEGIES, party["strategy"]) for _, party in root["parties"].items()]
    for registry, block in blocks:
        name = block["name"].text or ""
        known = parameters_of(registry[name]) if name in registry else {}
        yield from (each for key, each in block.items() if key in known and known[key].metadata["kind"] == "number")
