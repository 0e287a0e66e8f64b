"""The tree of a scenario file: nodes with their file, line and column, and their values."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from sim.scenario.messages import Mark

LONGEST_WORD = 100  # characters of a possible number: a longer one is a text, and patterns take long over it
NUMBER = re.compile(
    r"[-+]?(?:0|[1-9][0-9]{0,29})(?:\.[0-9]{0,40}(?:[eE][-+][0-9]{1,3})?)?|\.[0-9]{1,40}(?:[eE][-+][0-9]{1,3})?"
)
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
TRUTH = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
NOTHING = {"", "~", "null", "Null", "NULL"}
TWO_READINGS = re.compile(
    r"""(?: y|Y|yes|Yes|YES|n|N|no|No|NO|on|On|ON|off|Off|OFF      # YAML 1.1: true and false
        | =                                                        # YAML 1.1: a default value
        | [-+]?0[0-9_]+(?:\.[0-9_]*)?                              # octal in 1.1
        | [-+]?0[oxb][0-9a-fA-F_]+                                 # octal, hexadecimal, binary in one of them
        | [-+]?[0-9][0-9_]*(?::[0-9]+)+(?:\.[0-9_]*)?              # base 60 in 1.1
        | [-+]?[0-9][0-9_]*_[0-9_]*(?:\.[0-9_]*)?                  # thousands in 1.1
        | [-+]?[0-9][0-9_]*\.[0-9_]*_[0-9_]*
        | [-+]\.[0-9_]+ | \.[0-9]*_[0-9_]*
        | [-+]_[0-9_]*(?:\.[0-9_]*)?                               # a number to readers that drop every underscore
        | [-+]?(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9_]+)[eE][-+]?[0-9]+ # an exponent without a point or sign
        | [0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt]|[ \t]+)[0-9].*     # a time of day
        | [0-9]{4}-[0-9]{1,2}-[0-9]{1,2}
        )""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(slots=True)
class Node:
    """A node of a file with its place, and for the resolved file its value before an override, if any."""

    mark: Mark
    change: str = ""


@dataclass(slots=True)
class ScalarNode(Node):
    """A single word, number or text, without quotes; `plain` if it was unquoted, so that it may be a number."""

    text: str = ""
    plain: bool = True

    @property
    def value(self) -> Any:
        """The value: a text, number, date or boolean; None for an empty node."""
        text = self.text
        if not self.plain:
            return text
        if text in NOTHING:
            return None
        if text in TRUTH:
            return TRUTH[text]
        if NUMBER.fullmatch(text):
            return float(text) if set(text) & set(".eE") else int(text)
        if DATE.fullmatch(text):
            with suppress(ValueError):
                return date.fromisoformat(text)
        return text

    @property
    def decimal(self) -> Decimal | None:
        return Decimal(self.text) if self.plain and NUMBER.fullmatch(self.text) else None


@dataclass(slots=True)
class MappingNode(Node):
    """Keys with their values and places, in file order; `gone` are keys that a difference removed, with its place."""

    items: dict[str, Node] = field(default_factory=dict)
    keys: dict[str, Mark] = field(default_factory=dict)
    gone: dict[str, Mark] = field(default_factory=dict)
    extends: str = ""  # of a whole file: the `id` of the scenario that it extends

    def put(self, key: str, node: Node, mark: Mark) -> None:
        """Set a key, at its old position if it has one."""
        self.items[key] = node
        self.keys[key] = mark


@dataclass(slots=True)
class SequenceNode(Node):
    """A list; `gone` has the entries that a difference removed, by `id`, with its place."""

    items: list[Node] = field(default_factory=list)
    gone: dict[str, Mark] = field(default_factory=dict)


KINDS_READ = {bool: "a truth value", int: "a number", float: "a number", date: "a date", type(None): "nothing"}


def read_as(value: Any) -> str:
    """Describe the kind of value that YAML reads."""
    return KINDS_READ.get(type(value), "a text")


def plain(node: Node, dates_as_text: bool = False) -> Any:
    """Return the tree below a node as dicts, lists and plain values."""
    if isinstance(node, MappingNode):
        return {key: plain(child, dates_as_text) for key, child in node.items.items()}
    if isinstance(node, SequenceNode):
        return [plain(child, dates_as_text) for child in node.items]
    value = node.value if isinstance(node, ScalarNode) else None
    return value.isoformat() if dates_as_text and isinstance(value, date) else value


def walk(node: Node, depth: int = 1) -> Iterator[tuple[Node, int]]:
    """Iterate over a node, its keys and all below it, each with its depth as in the reader."""
    stack = [(node, depth)]
    while stack:
        node, depth = stack.pop()
        yield node, depth
        if isinstance(node, MappingNode):
            for name, child in node.items.items():
                stack += [(child, depth + 1), (ScalarNode(node.keys.get(name, child.mark), "", name, False), depth + 1)]
        elif isinstance(node, SequenceNode):
            stack += [(child, depth + 1) for child in node.items]


def copy(node: Node) -> Node:
    """Copy the tree below a node, to be changed without touching the original."""
    if isinstance(node, MappingNode):
        items = {key: copy(child) for key, child in node.items.items()}
        return MappingNode(node.mark, node.change, items, dict(node.keys), dict(node.gone), node.extends)
    if isinstance(node, SequenceNode):
        return SequenceNode(node.mark, node.change, [copy(child) for child in node.items], dict(node.gone))
    assert isinstance(node, ScalarNode)
    return ScalarNode(node.mark, node.change, node.text, node.plain)
