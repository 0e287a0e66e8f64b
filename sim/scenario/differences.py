"""A scenario given as differences from another: `extends`, `without`, and `set`.

The other file is in the same folder or below. A file named by a stranger's is opened only after its links are resolved,
and only if it is an ordinary file there.
"""

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path as FilePath

from sim.core.wording import closest, quoted, shown
from sim.scenario import paths, weights
from sim.scenario.messages import Faults, Mark
from sim.scenario.nodes import LONGEST_WORD, MappingNode, Node, ScalarNode, SequenceNode, plain
from sim.scenario.paths import Setting, entry_id, get, names_below, parse_path
from sim.scenario.yaml_reader import MOST_BYTES, decoded, read_text
from sim.scenario.yaml_writer import brief

MOST_FILES = 8  # in a chain of `extends`
LONGEST_PATH = 400
MOST_SETTINGS = 1_000  # of a `set` or a `without`: each is resolved in the whole tree

CONDITIONS = frozenset({"if", "then", "never", "unless", "when", "barred_when", "signs"})
DEVICES = re.compile(r"(?i)(?:con|prn|aux|nul|com\d|lpt\d|conin\$|conout\$)(?:\..*)?")


def load(path: str | os.PathLike[str], faults: Faults) -> MappingNode | None:
    """Load the tree of a scenario file after `extends`, `without` and `set`; None, and a fault, if it fails."""
    try:
        given = os.fspath(path)
        text = given if isinstance(given, str) else os.fsdecode(given)
        name = shown(os.path.basename(text) or text or "scenario", 100)
        folder = os.path.realpath(os.path.dirname(text) or ".")
        first = os.path.join(folder, os.path.basename(text))
    except (ValueError, OSError) as error:
        faults.add(Mark("scenario", 1, 1), f"this file name cannot be used: {shown(error, 200)}")
        return None
    return _Chain(folder, faults).load(first, name, Mark(name, 1, 1), ())


@dataclass
class _Chain:
    """The files that a scenario extends, read once each."""

    folder: str
    faults: Faults
    bytes_left: int = MOST_BYTES

    def load(self, location: str, name: str, blame: Mark, above: tuple[str, ...]) -> MappingNode | None:
        """Read a file and what it extends.

        A fault in opening it is reported at `blame`, the `extends` that names it; `above` are the resolved locations of
        the files that lead here.
        """
        data = self.read(location, name, blame, above)
        text = decoded(data, name, self.faults) if data is not None else None
        root = read_text(text, name, self.faults) if text is not None else None
        if root is None:
            return None
        if not isinstance(root, MappingNode):
            self.faults.add(
                root.mark, "a scenario is a mapping of keys such as id, issues and parties; `peacesim new` writes one"
            )
            return None
        extends, without, settings = (root.items.pop(key, None) for key in ("extends", "without", "set"))
        if extends is not None:
            base = self.base(extends, os.path.dirname(location), (*above, os.path.realpath(location)))
            if base is None:
                return None
            if without is not None:
                self.take_out(base, without)
            merged, of_base = _merged(base, root, ""), base.items.get("id")
            assert isinstance(merged, MappingNode)
            root = merged
            root.extends = of_base.text[:LONGEST_WORD] if isinstance(of_base, ScalarNode) else ""
        elif without is not None:
            message = "without a base there is nothing to remove; `without` needs `extends` beside it"
            self.faults.add(root.keys["without"], message)
        if settings is not None:
            apply_settings(root, self.settings(settings), self.faults)
        return root

    def base(self, extends: Node, folder: str, above: tuple[str, ...]) -> MappingNode | None:
        wrong = _wrong_path(extends)
        if wrong:
            self.faults.add(extends.mark, wrong, "extends")
            return None
        assert isinstance(extends, ScalarNode)
        location = os.path.realpath(os.path.join(folder, *extends.text.split("/")))
        if os.path.commonpath([location, folder]) != folder:
            message = f"{quoted(extends.text)} leads out of the folder of this file; the base must lie there or below"
        elif location in above:
            message = f"{quoted(extends.text)} extends this file in turn; one of them must stand on its own"
        elif len(above) > MOST_FILES:
            message = f"more than {MOST_FILES} files extend one another here; extend a nearer one"
        else:
            name = shown(FilePath(os.path.relpath(location, self.folder)).as_posix(), 200)
            return self.load(location, name, extends.mark, above)
        self.faults.add(extends.mark, message, "extends")
        return None

    def take_out(self, base: MappingNode, without: Node) -> None:
        """Remove from a base what a `without` list names, in its order."""
        entries = without.items if isinstance(without, SequenceNode) else []
        if len(entries) > MOST_SETTINGS:
            self.faults.add(without.mark, _too_many(len(entries)), "without")
            return
        if not isinstance(without, SequenceNode):
            message = "without is a list of paths, such as [war, parties.*.foresight]"
            self.faults.add(without.mark, message, "without")
        for entry in entries:
            if not isinstance(entry, ScalarNode) or not isinstance(entry.value, str):
                self.faults.add(entry.mark, "a path would do, such as war or parties.*.foresight", "without")
                continue
            path = parse_path(entry.text, entry.mark, self.faults)
            if path is not None:
                paths.take_out(base, path, entry.mark, self.faults)

    def settings(self, node: Node) -> list[Setting]:
        """Return the settings of a `set:` block, in its order."""
        if not isinstance(node, MappingNode):
            self.faults.add(node.mark, "set is a mapping of paths to values, such as parties.*.no_deal: 0.4", "set")
            return []
        if len(node.items) > MOST_SETTINGS:
            self.faults.add(node.mark, _too_many(len(node.items)), "set")
            return []
        found = []
        for text, value in node.items.items():
            mark = node.keys[text]
            path = parse_path(text, mark, self.faults)
            if path is not None:
                found.append(Setting(path, value, mark, f"{mark.file}:{mark.line}"))
        return found

    def read(self, location: str, name: str, blame: Mark, above: tuple[str, ...]) -> bytes | None:
        """Read the bytes of an ordinary file; None, and a fault, if it is none, cannot be read or is too large."""
        try:
            data = ordinary(location, self.bytes_left + 1, resolved=bool(above))
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            self.faults.add(blame, f"{quoted(name)} cannot be read: {shown(reason, 120)}{_like(location)}")
            return None
        if data is None:
            self.faults.add(blame, f"{quoted(name)} is not an ordinary file")
            return None
        if len(data) > self.bytes_left:
            which = "it is" if self.bytes_left == MOST_BYTES else "with the files that extend it it is"
            self.faults.add(blame, f"{quoted(name)} cannot be read: {which} larger than {MOST_BYTES:,} bytes")
            return None
        self.bytes_left -= len(data)
        return data


def ordinary(location: str, most: int, resolved: bool = False) -> bytes | None:
    """Read the first bytes of a file, None if it is a folder, a device or a pipe, which are not even opened.

    If it was `resolved` and approved before, no link may be there now.
    """
    if not stat.S_ISREG(os.stat(location).st_mode):
        return None
    opened = os.open(location, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(opened, "rb") as file:  # it may have been replaced in between
        facts = os.fstat(opened)
        if not stat.S_ISREG(facts.st_mode) or (resolved and not _still_there(location, facts)):
            return None
        return file.read(most)


def _still_there(location: str, facts: os.stat_result) -> bool:
    """Return whether a location without links is still that of the opened file: a link may have replaced it."""
    return os.path.realpath(location) == location and os.path.samestat(os.stat(location), facts)


def apply_settings(root: MappingNode, settings: list[Setting], faults: Faults) -> None:
    """Set values at their paths, then rescale the weights beside those that were set."""
    tables = {party: get(root, "parties", party, "weights") for party in names_below(root.items.get("parties", root))}
    summed = {party for party, table in tables.items() if isinstance(table, MappingNode) and weights.total(table) == 1}
    inside: dict[str, list[paths.Path]] = {}
    for path in paths.apply(root, settings, faults):
        if len(path) in (4, 5) and path[0] == "parties" and path[2] == "weights":
            inside.setdefault(path[1], []).append(path)
    for party, found in inside.items():
        setting = next(each for each in reversed(settings) if any(_matches(each.path, path) for path in found))
        if party in summed:  # rescaling must not hide a fault of the file
            issues = dict.fromkeys(path[3] for path in found)
            weights.rescale(root, party, issues, setting.origin, setting.mark, faults)


def _matches(pattern: paths.Path, path: paths.Path) -> bool:
    return len(pattern) == len(path) and all(part in ("*", name) for part, name in zip(pattern, path, strict=True))


def _merged(base: Node, over: Node, key: str) -> Node:
    """Merge a difference into a base: mappings by key, lists by `id`, all else is replaced."""
    if (
        isinstance(base, MappingNode)
        and isinstance(over, MappingNode)
        and key not in CONDITIONS
        and not _renamed(base, over, key)
    ):
        result = MappingNode(base.mark, base.change, dict(base.items), dict(base.keys), base.gone)
        for name, node in over.items.items():
            below = _merged(base.items[name], node, name) if name in base.items else _added(node)
            result.put(name, below, over.keys[name])
        return result
    if isinstance(base, SequenceNode) and isinstance(over, SequenceNode) and _by_id(base) and _by_id(over):
        entries = {entry_id(entry): entry for entry in base.items}
        for entry in over.items:
            known = entries.get(entry_id(entry))
            entries[entry_id(entry)] = _merged(known, entry, "") if known is not None else _added(entry)
        return SequenceNode(base.mark, base.change, list(entries.values()), base.gone)
    if plain(base) != plain(over):
        over.change = f"{over.mark.file}:{over.mark.line}; was {brief(base)}"
    return over


def _added(node: Node) -> Node:
    node.change = f"{node.mark.file}:{node.mark.line}; was not there"
    return node


def _renamed(base: MappingNode, over: MappingNode, key: str) -> bool:
    """Return whether a strategy or protocol changes its name, so that the block is replaced with its parameters."""
    if key not in ("strategy", "protocol"):
        return False
    before, after = base.items.get("name"), over.items.get("name")
    return isinstance(before, ScalarNode) and isinstance(after, ScalarNode) and before.text != after.text


def _by_id(node: SequenceNode) -> bool:
    ids = [entry_id(entry) for entry in node.items]
    return None not in ids and len(set(ids)) == len(ids) and bool(ids)


def _wrong_path(extends: Node) -> str:
    """Describe what is wrong with the path of a base; empty if nothing is."""
    if not isinstance(extends, ScalarNode) or not isinstance(extends.value, str) or not extends.text:
        return "the name of one scenario file would do, such as base.yaml"
    text = extends.text
    parts = text.split("/")
    if "\\" in text:
        return f"{quoted(text)} has a backslash; write folders with forward slashes"
    if text.startswith(("/", "~")) or re.match(r"[A-Za-z]:|[A-Za-z][A-Za-z0-9+.-]*://", text):
        return f"{quoted(text)} is not a relative path; name a file in the folder of this one or below"
    if ".." in parts:
        return f"{quoted(text)} leads up with '..'; the base must lie in the folder of this file or below"
    names = (
        part not in ("", ".") and part.isprintable() and ":" not in part and not DEVICES.fullmatch(part)
        for part in parts
    )
    if len(text) > LONGEST_PATH or not all(names):
        return f"{quoted(text)} cannot be the name of a scenario file"
    return ""


def _too_many(paths: int) -> str:
    return f"{paths:,} paths; at most {MOST_SETTINGS:,} would do, and what differs so much is better written in full"


def _like(location: str) -> str:
    """Suggest the intended file from those beside it."""
    folder, name = os.path.split(location)
    try:
        beside = {os.path.splitext(each)[0]: each for each in sorted(os.listdir(folder)) if each.endswith(".yaml")}
    except (OSError, ValueError):
        return ""
    guess = closest(os.path.splitext(name)[0], beside)
    return f"; did you mean {quoted(beside[guess])}?" if guess in beside and beside[guess] != name else ""
