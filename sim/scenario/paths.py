"""Paths such as `parties.*.red_lines.*.hardness`: resolving and setting them.

A path names a key by dots; an entry of a list is named by its `id`; `*` matches one level.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sim.core.numbers import NUMBER_KEYS
from sim.core.wording import counted, meant, quoted, shown
from sim.scenario.messages import Faults, Mark
from sim.scenario.nodes import MappingNode, Node, ScalarNode, SequenceNode, copy, plain, walk
from sim.scenario.yaml_reader import MOST_NODES, read_text
from sim.scenario.yaml_writer import brief

Path = tuple[str, ...]


@dataclass(frozen=True)
class Setting:
    """One `PATH=VALUE`, from the command line or a file."""

    path: Path
    value: Node
    mark: Mark
    origin: str


@dataclass(frozen=True)
class Place:
    """A key of a mapping or an entry of a list that a path names, with its full path."""

    parent: MappingNode | SequenceNode
    key: str
    path: Path
    at: int = 0  # of an entry of a list: its position

    @property
    def node(self) -> Node | None:
        return self.parent.items[self.at] if isinstance(self.parent, SequenceNode) else self.parent.items.get(self.key)

    def put(self, node: Node, mark: Mark) -> None:
        if isinstance(self.parent, MappingNode):
            self.parent.put(self.key, node, mark)
            return
        self.parent.items[self.at] = node


def entry_id(node: Node) -> str | None:
    """Return the `id` of an entry of a list, None if it has none."""
    name = node.items.get("id") if isinstance(node, MappingNode) else None
    return name.text if isinstance(name, ScalarNode) else None


def child(node: Node, key: str) -> Node | None:
    if isinstance(node, MappingNode):
        return node.items.get(key)
    if isinstance(node, SequenceNode):
        return next((entry for entry in node.items if entry_id(entry) == key), None)
    return None


def names_below(node: Node) -> list[str]:
    """Return the keys or ids below a node, in file order."""
    if isinstance(node, MappingNode):
        return list(node.items)
    entries = node.items if isinstance(node, SequenceNode) else []
    return [name for entry in entries if (name := entry_id(entry)) is not None]


def get(node: Node | None, *path: str) -> Node | None:
    """Return the node of a path without `*`, None if there is none."""
    for key in path:
        node = child(node, key) if node is not None else None
    return node


def whole_keys(node: Node, path: Path) -> Path:
    """Join the parts of a key with dots in it (as below `narrows`), given a path that begins with it."""
    if isinstance(node, MappingNode) and len(path) > 1 and path[0] not in node.items:
        for length in range(len(path), 1, -1):
            if ".".join(path[:length]) in node.items:
                return (".".join(path[:length]), *path[length:])
    return path


def parse_path(text: str, mark: Mark, faults: Faults) -> Path | None:
    """Split a dotted path; None, and a fault, if it is invalid."""
    parts = tuple(text.split("."))
    if len(text) > 500 or not all(re.fullmatch(r"[^\s.=*]+|\*", part) for part in parts):
        message = f"{quoted(text)} is not a path; names with dots between them would do, such as parties.*.no_deal"
        faults.add(mark, message)
        return None
    return parts


def parse_set(text: str, number: int, faults: Faults) -> Setting | None:
    """Parse the `number`-th `PATH=VALUE` of the command line; VALUE is YAML. None, and a fault, if it is invalid."""
    mark = Mark("--set", number, 1)
    head, equals, tail = text.partition("=")
    if not equals or not tail.strip():
        faults.add(mark, f"{quoted(text)} sets nothing; PATH=VALUE would do, such as parties.*.no_deal=0.4")
        return None
    path = parse_path(head.strip(), mark, faults)
    value = read_text(tail, "--set", faults, number, len(head) + 2)
    if path is None or value is None:
        return None
    return Setting(path, value, mark, f"--set {shown(head.strip(), 100)}")


def apply(root: MappingNode, settings: list[Setting], faults: Faults) -> list[Path]:
    """Set values at their paths, in order; returns the full paths that were set."""
    done: list[Path] = []
    room = MOST_NODES  # entries that settings may add in all: with `*` a small file could fill the memory
    for setting in settings:
        places = list(_places(root, setting.path, ()))
        if not places:
            faults.add(setting.mark, why_not(root, setting.path))
        entries = sum(1 for _ in walk(setting.value))
        room -= entries * len(places)
        if room < 0:
            what = f"{counted(entries, 'entry', 'entries')} in {counted(len(places), 'place')}"
            advice = f"all settings together may put {MOST_NODES:,}, so set less, or in fewer places"
            faults.add(setting.mark, f"this puts {what}; {advice}")
            break
        for place in places:
            node, before = copy(setting.value), place.node
            if before is None or plain(before) != plain(node):
                was = f"was {brief(before)}" if before is not None else "was not there"
                node.change = f"{setting.origin}; {was}"
                place.put(node, setting.mark)
            done.append(place.path)
    return done


def exists(root: MappingNode, path: Path) -> bool:
    return next(_places(root, path, ()), None) is not None


def take_out(root: MappingNode, path: Path, mark: Mark, faults: Faults) -> None:
    """Remove everything that a path names, keys or entries of lists; a fault if there is nothing."""
    there = [place for place in _places(root, path, (), widen=False) if place.node is not None]
    if not there:
        faults.add(mark, why_not(root, path), "without")
    lists: dict[int, tuple[SequenceNode, set[str]]] = {}
    for parent, name in ((place.parent, place.key) for place in there):
        parent.gone[name] = mark
        if isinstance(parent, MappingNode):
            del parent.items[name], parent.keys[name]
        else:
            lists.setdefault(id(parent), (parent, set()))[1].add(name)
    for entries, names in lists.values():
        entries.items = [entry for entry in entries.items if entry_id(entry) not in names]


def _places(node: Node, path: Path, walked: Path, widen: bool = True) -> Iterator[Place]:
    """Return the places a path names below a node. The last part may be a missing key, the others must exist.

    A plain number on the way to a key of numbers becomes `{value: number}`, unless `widen` is false.
    """
    if not isinstance(node, (MappingNode, SequenceNode)):
        return
    path = whole_keys(node, path)
    key, rest = path[0], path[1:]
    for name, below, at in _named(node, key):
        if not rest:
            yield Place(node, name, (*walked, name), at)
        elif below is not None:
            is_key = widen and len(rest) == 1 and rest[0] in NUMBER_KEYS
            if is_key and isinstance(below, ScalarNode) and below.decimal is not None:
                mapping = MappingNode(below.mark, below.change)
                mapping.put("value", ScalarNode(below.mark, "", below.text, True), below.mark)
                Place(node, name, walked, at).put(
                    mapping, node.keys[name] if isinstance(node, MappingNode) else below.mark
                )
                below = mapping
            yield from _places(below, rest, (*walked, name), widen)


def _named(node: MappingNode | SequenceNode, key: str) -> list[tuple[str, Node | None, int]]:
    """Return the names, children and positions of a key, an id or `*`; a key of a mapping need not exist."""
    if isinstance(node, MappingNode):
        return [(name, node.items.get(name), 0) for name in (node.items if key == "*" else [key])]
    named = [(entry_id(entry), entry, at) for at, entry in enumerate(node.items)]
    found = [(name, entry, at) for name, entry, at in named if name is not None and key in ("*", name)]
    return [*found] if key == "*" else [*found[:1]]


def why_not(root: MappingNode, path: Path) -> str:
    """Return the part at which a path leaves the tree, and what is there."""
    nodes: list[Node] = [root]
    for depth, key in enumerate(path):
        below = [
            found for node in nodes for name in (names_below(node) if key == "*" else [key])
            if (found := child(node, name)) is not None
        ]  # fmt: skip
        if not below:
            known = list(dict.fromkeys(name for node in nodes for name in names_below(node)))
            where = ".".join(map(shown, path[:depth])) or "the scenario"
            there = f"{where} has no {quoted(key)}{meant(key, known)}"
            return f"unknown path {shown('.'.join(path), 200)}: {there}"
        nodes = below
    return f"unknown path {shown('.'.join(path), 200)}"
