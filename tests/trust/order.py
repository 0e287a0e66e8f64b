"""Whether files reached the disk in an order that a power cut cannot spoil, from what was done to them."""

import os
from collections.abc import Iterable

from tests.trust.recorded import Operation

LISTS = ("run.json", "sweep.json", "design.json")  # files that say what else is there
PARTS, LOCK, TEMPORARY = ".parts", ".lock", ".tmp"


def is_final(path: str) -> bool:
    """Whether a name is one that results have: not that of a half-done file, of the lock, or of a piece of a chunk."""
    parts = path.split(os.sep)
    return PARTS not in parts and parts[-1] != LOCK and not (parts[-1][:1] == "." and parts[-1].endswith(TEMPORARY))


def faults_of_order(operations: Iterable[Operation], root: str) -> list[str]:
    """What a power cut could spoil: each step below a folder that came before another that should have come first.

    - A file is written under a temporary name, and its bytes are synced before it gets its final name.
    - The folder is synced before a list that names its files, or the folder that it lies in, gets its name.
    - What a list named before is removed after the new list is on the disk, its name included.
    - At the end nothing is left that was not synced.
    """
    unsynced: set[str] = set()  # files
    names: dict[str, list[str]] = {}  # by folder: names in it that are not on the disk yet
    faults = []
    for step in operations:
        if not f"{step.path}/".startswith(f"{root}/") or PARTS in step.path.split(os.sep):
            continue
        path, folder = step.path, os.path.dirname(step.path)
        if step.kind in ("create", "empty", "write"):
            if is_final(path):
                faults.append(f"{path} is written under its final name")
            if os.path.basename(path) != LOCK:
                unsynced.add(path)
        elif step.kind == "sync":
            unsynced.discard(path)
            names.pop(path, None)
        elif step.kind == "rename":
            if path in unsynced:
                faults.append(f"{step.to} gets its name before its bytes are on the disk")
            unsynced.discard(path)
            if os.path.basename(step.to) in LISTS:
                faults += _unlisted(step.to, names)
            names.setdefault(os.path.dirname(step.to), []).append(step.to)
        elif step.kind == "make":
            names.setdefault(folder, []).append(path)
        elif step.kind == "remove" and is_final(path):
            lists = [name for each in names.values() for name in each if os.path.basename(name) in LISTS]
            faults += [f"{path} is removed before {name} is on the disk" for name in lists]
    left = [name for each in names.values() for name in each] + [path for path in unsynced if is_final(path)]
    return faults + [f"{name} was never synced" for name in left]


def _unlisted(of: str, names: dict[str, list[str]]) -> list[str]:
    """Names that a list may hold, and that are not on the disk when it is."""
    inside = os.path.dirname(of)
    early = [name for each in names.values() for name in each if name.startswith(f"{inside}/")]
    return [f"{of} is there before the name of {name} is on the disk" for name in early]
