"""A disk that keeps what was synced and, of all else, whatever it likes: all that a power cut may leave behind.

After Pillai et al., "All file systems are not created equal" (OSDI 2014): data that was not synced may be there, in
part or not at all; names that were not synced may have changed or not, each by itself and in any order.
"""

import itertools
import os
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.trust.recorded import Operation

MOST_OPEN = 6  # changes of names of which all combinations are tried; of more, some

Tree = Mapping[str, bytes | None]


@dataclass
class Node:
    """A file or a folder."""

    data: bytes | None = None
    safe: bytes = b""
    names: dict[str, "Node"] = field(default_factory=dict)


Change = tuple[Node, dict[str, Node | None]]


class Disk:
    """What lies below a folder, what of it is safe, and what is not."""

    def __init__(self, root: str, before: Tree) -> None:
        self.root, self.top = root, Node()
        self.changes: list[Change] = []  # of names, not synced, in order
        self.nodes: list[Node] = []
        for name, data in sorted(before.items()):
            folder, last = self._place(os.path.join(root, name))
            folder.names[last] = Node(data, data or b"")

    def _place(self, path: str) -> tuple[Node, str]:
        """The folder that a path lies in, as it is now, and the last name of the path."""
        *above, last = os.path.relpath(path, self.root).split(os.sep)
        node = self.top
        for name in above:
            node = self._now(node)[name]
        return node, last

    def _now(self, folder: Node) -> dict[str, Node]:
        return _with(folder, self.changes)

    def _at(self, path: str) -> Node:
        if path == self.root:
            return self.top
        folder, last = self._place(path)
        return self._now(folder)[last]

    def do(self, step: Operation) -> None:
        """One more operation; those outside are none of our business."""
        if step.path != self.root and not step.path.startswith(f"{self.root}/"):
            return
        if step.kind == "sync":
            self._sync(self._at(step.path))
            return
        if step.kind not in ("create", "empty", "write", "rename", "remove", "make", "unmake"):
            return
        folder, last = self._place(step.path)
        if step.kind == "create":
            if last not in self._now(folder):
                self._change(folder, {last: self._new(b"")})
        elif step.kind == "empty":
            self._now(folder)[last].data = b""
        elif step.kind == "write":
            node = self._now(folder)[last]
            node.data = (node.data or b"") + step.data
        elif step.kind == "make":
            self._change(folder, {last: self._new(None)})
        elif step.kind == "rename":
            target, new = self._place(step.to)
            assert target is folder, "from folder to folder"
            self._change(folder, {last: None, new: self._now(folder)[last]})
        else:
            self._change(folder, {last: None})

    def _new(self, data: bytes | None) -> Node:
        self.nodes.append(Node(data))
        return self.nodes[-1]

    def _change(self, folder: Node, names: dict[str, Node | None]) -> None:
        self.changes.append((folder, names))

    def _sync(self, node: Node) -> None:
        if node.data is not None:
            node.safe = node.data
            return
        node.names = self._now(node)
        self.changes = [change for change in self.changes if change[0] is not node]

    def safe(self, path: str) -> bytes | None:
        """The bytes under a path that no power cut takes away; None if there are none."""
        node = self.top
        for name in os.path.relpath(path, self.root).split(os.sep):
            if name not in node.names:
                return None
            node = node.names[name]
        return node.safe

    def left(self, draw: random.Random) -> Iterator[dict[str, bytes | None]]:
        """All that a power cut now may leave behind: each combination of changes, with bytes lost, torn or whole."""
        if len(self.changes) <= MOST_OPEN:
            chosen = [list(some) for n in range(len(self.changes) + 1) for some in _some(self.changes, n)]
        else:
            chosen = [[c for c in self.changes if draw.getrandbits(1)] for _ in range(2**MOST_OPEN)]
        for changes in chosen:
            for how in ("lost", "torn", "whole"):
                found: dict[str, bytes | None] = {}
                _write_out(self.top, changes, how, "", found)
                yield found


def _some(changes: list[Change], count: int) -> Iterator[tuple[Change, ...]]:
    return itertools.combinations(changes, count)


def _with(folder: Node, changes: list[Change]) -> dict[str, Node]:
    """What lies in a folder once these changes were made."""
    names = dict(folder.names)
    for where, what in changes:
        if where is folder:
            for name, node in what.items():
                if node is None:
                    names.pop(name, None)
                else:
                    names[name] = node
    return names


def _write_out(folder: Node, changes: list[Change], how: str, at: str, found: dict[str, bytes | None]) -> None:
    for name, node in _with(folder, changes).items():
        if node.data is None:
            found[at + name] = None
            _write_out(node, changes, how, f"{at}{name}/", found)
        elif node.data == node.safe or how == "whole":
            found[at + name] = node.data
        else:
            found[at + name] = node.safe if how == "lost" else node.data[: len(node.data) // 2]


def put(tree: Tree, folder: Path) -> None:
    """Lay a tree out in a folder that is not there yet."""
    folder.mkdir()
    for name, data in sorted(tree.items()):
        if data is None:
            (folder / name).mkdir()
        else:
            (folder / name).write_bytes(data)
