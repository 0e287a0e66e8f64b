"""A tree as YAML text, with a comment at every override; within the limits of the reader.

A file under the limits of the reader can still grow past them, since a setting with `*` is applied in many places and a
path is deeper than the text that sets it. What is written beside results must read back to the same scenario.
"""

import re
from collections.abc import Iterator

from sim.core.wording import listed, shown
from sim.scenario.messages import Faults, Mark
from sim.scenario.nodes import (
    DATE,
    LONGEST_WORD,
    NUMBER,
    TRUTH,
    TWO_READINGS,
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    walk,
)
from sim.scenario.yaml_reader import MOST_BYTES, MOST_DEPTH, MOST_NODES

WIDEST = 130  # columns; a mapping that fits is written on one line
LONGEST_COMMENT = 400  # characters
BYTES_A_CHARACTER = 10  # of a text at most, escaped: \U0001f54a
BYTES_A_NODE = 2 * MOST_DEPTH + 10  # indentation, quotes, brackets and commas

_PLAIN = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_ ./+()-]*[A-Za-z0-9_./+()-])?")


def document(root: MappingNode) -> str:
    """Format the tree as a YAML file that reads back to the same tree."""
    comment = _comment(own_changes(root)).strip()
    lines = [line for key, child in root.items.items() for line in _entry(_key(key), child, 0)]
    return "\n".join([*([comment] if comment else []), *lines]) + "\n"


def flow(node: Node) -> str:
    if isinstance(node, MappingNode):
        return "{" + ", ".join(f"{_key(key)}: {flow(child)}" for key, child in node.items.items()) + "}"
    if isinstance(node, SequenceNode):
        return "[" + ", ".join(flow(child) for child in node.items) + "]"
    assert isinstance(node, ScalarNode)
    return _scalar(node)


def brief(node: Node) -> str:
    """Format a node briefly, for a comment: a number as `0.88 [0.65, 1.0]`."""
    if isinstance(node, MappingNode) and "value" in node.items and isinstance(node.items["value"], ScalarNode):
        spread = node.items.get("range")
        return shown(node.items["value"].text + (f" {flow(spread)}" if spread else ""), 80)
    return shown(flow(node), 80)


def _children(node: Node) -> list[Node]:
    if isinstance(node, MappingNode):
        return list(node.items.values())
    return list(node.items) if isinstance(node, SequenceNode) else []


def changes(node: Node) -> Iterator[str]:
    """Return the overrides at a node or below, in file order."""
    yield from own_changes(node)
    for child in _children(node):
        yield from changes(child)


def own_changes(node: Node) -> Iterator[str]:
    """Return the overrides at a node itself: its previous value, and what was removed from it."""
    if node.change:
        yield node.change
    if isinstance(node, (MappingNode, SequenceNode)):
        lines: dict[str, list[str]] = {}
        for name, mark in node.gone.items():
            lines.setdefault(f"{mark.file}:{mark.line}", []).append(name)
        yield from (f"{line}; without {listed(names)}" for line, names in lines.items())


def _entry(head: str, node: Node, indent: int) -> Iterator[str]:
    line = f"{' ' * indent}{head}: {flow(node)}"
    if _on_one_line(node, line):
        yield line + _comment(changes(node))
        return
    yield f"{' ' * indent}{head}:" + _comment(own_changes(node))
    yield from _block(node, indent + 2)


def _block(node: Node, indent: int) -> Iterator[str]:
    if isinstance(node, MappingNode):
        for key, child in node.items.items():
            yield from _entry(_key(key), child, indent)
    elif isinstance(node, SequenceNode):
        for child in node.items:
            yield from _item(child, indent)


def _item(node: Node, indent: int) -> Iterator[str]:
    """Format an entry of a list; the first key of a mapping is beside the dash."""
    line = f"{' ' * indent}- {flow(node)}"
    if _on_one_line(node, line):
        yield line + _comment(changes(node))
        return
    comment = _comment(own_changes(node))
    if comment:
        yield f"{' ' * indent}#{comment[3:]}"
    lines = list(_block(node, indent + 2))
    yield f"{' ' * indent}- {lines[0][indent + 2 :]}" if isinstance(node, MappingNode) else f"{' ' * indent}-"
    yield from lines[1 if isinstance(node, MappingNode) else 0 :]


def _on_one_line(node: Node, line: str) -> bool:
    """Return whether a node is written on one line: scalars, and short values without a mapping."""
    if isinstance(node, ScalarNode) or not node.items:  # type: ignore[attr-defined]
        return True
    return len(line) <= WIDEST and not any(isinstance(child, MappingNode) for child in _children(node))


def _comment(texts: Iterator[str] | list[str]) -> str:
    text = "; ".join(dict.fromkeys(texts))
    return f"  # {shown(text, LONGEST_COMMENT)}" if text else ""


def _key(key: str) -> str:
    return _scalar(ScalarNode(_NOWHERE, "", key, False))


def _scalar(node: ScalarNode) -> str:
    text = node.text
    if node.plain and (NUMBER.fullmatch(text) or text in TRUTH or DATE.fullmatch(text)):
        return text
    if len(text) > LONGEST_WORD:
        misread = text[0] in "0123456789"
    else:
        misread = any(pattern.fullmatch(text) for pattern in (NUMBER, DATE, TWO_READINGS))
        misread = misread or text.lower() in ("true", "false", "null")
    return text if _PLAIN.fullmatch(text) and not misread else f'"{"".join(map(_escaped, text))}"'


def _escaped(char: str) -> str:
    if char in '"\\':
        return "\\" + char
    if char == "\n":
        return "\\n"
    if char.isprintable():
        return char
    return f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}"


def small_enough(root: MappingNode, faults: Faults) -> bool:
    """Whether a tree can be read again once it is written; a fault if it is too deep, or has too many entries."""
    bytes_at_most = 0
    for entries, (node, depth) in enumerate(walk(root), 1):
        if depth > MOST_DEPTH:
            faults.add(node.mark, f"more than {MOST_DEPTH} levels deep once it is set; a scenario needs about ten")
            return False
        if entries > MOST_NODES:
            faults.add(node.mark, f"more than {MOST_NODES:,} entries, with what is merged and set; take some out")
            return False
        gone = sum(len(name) + 200 for name in getattr(node, "gone", ()))
        bytes_at_most += BYTES_A_NODE + 4 * min(LONGEST_COMMENT, len(node.change) + gone)
        bytes_at_most += BYTES_A_CHARACTER * len(node.text) if isinstance(node, ScalarNode) else 0
    if bytes_at_most > MOST_BYTES:
        size = len(document(root).encode("utf-8", "surrogatepass"))
        if size > MOST_BYTES:
            message = f"written out, with all overrides told, it takes {size:,} bytes; at most {MOST_BYTES:,} would do"
            faults.add(root.mark, message)
            return False
    return True


_NOWHERE = Mark("", 1, 1)
