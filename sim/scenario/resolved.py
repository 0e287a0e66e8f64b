"""What a scenario came to after `extends`, `set` and rescaling: values, numbers by path, places."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from sim.scenario.block_numbers import block_numbers
from sim.scenario.checks import number_of, place
from sim.scenario.messages import Mark
from sim.scenario.nodes import MappingNode, Node, ScalarNode, SequenceNode
from sim.scenario.parts import Number
from sim.scenario.paths import Path, get, matching
from sim.scenario.registered import PROTOCOLS, STRATEGIES, parameters_of

NUMBERS: tuple[Path, ...] = (
    ("issues", "*", "deliverable", "*", "chance"),
    ("parties", "*", "weights", "*"),
    ("parties", "*", "values", "*", "*"),
    ("parties", "*", "no_deal"),
    ("parties", "*", "discount_per_month"),
    ("parties", "*", "influence"),
    ("parties", "*", "red_lines", "*", "hardness"),
    ("parties", "*", "linkages", "*", "adds"),
    ("parties", "*", "foresight"),
    ("parties", "*", "refusal_cost"),
    ("parties", "*", "walk_away"),
)


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


def numbers(root: MappingNode) -> dict[str, Number]:
    """Every number of a checked tree by dotted path, sorted by path."""
    found = {}
    for path in sorted((*_number_paths(root), *block_numbers(root))):
        number = number_of(get(root, *path))
        if number is not None:
            found[".".join(path)] = number
    return found


def _number_paths(root: MappingNode) -> Iterator[Path]:
    for pattern in NUMBERS:
        yield from matching(root, pattern)
    for *block, registry in (("protocol", PROTOCOLS), ("parties", "*", "strategy", STRATEGIES)):
        for path in matching(root, tuple(block)):
            node = get(root, *path)
            name = get(node, "name")
            if isinstance(node, MappingNode) and isinstance(name, ScalarNode) and name.text in registry:
                known = parameters_of(registry[name.text])
                yield from (
                    (*path, key) for key in node.items if key in known and known[key].metadata["kind"] == "number"
                )


def where(root: MappingNode, path: str) -> Mark:
    """Where a dotted path points to."""
    return place(root, *path.split("."))
