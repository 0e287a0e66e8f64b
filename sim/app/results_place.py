"""Results folders below the page's folder, and their files as far as `run.json` lists them.

A folder may come from a stranger. No link is followed, nothing is read that is not listed, and a file that does not
match its hash is reported and never used.
"""

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sim.app.errors import NotFound, RequestError
from sim.app.place import Place, is_text
from sim.core.cache import Cache
from sim.core.wording import shown
from sim.results.files import RESOLVED, RUN, DamagedResults, StoreError, read_whole

MOST_BYTES = 4_000_000  # of a list: more points than the page shows; a forged one has some ten times as many
MOST_ROWS = 12  # paths of one point
MOST_VALUE = 160  # characters

Points = Mapping[str, tuple[str, Mapping[str, str]]]

_lists = Cache[Points](1)  # by folder and what changes when its list is rewritten


def point_of(folder: Path, identity: str) -> list[str]:
    """Return the settings of a point of a sweep, as `PATH=VALUE`; empty for results that no sweep beside them lists.

    Args:
        identity: Of the results; a list with another identity is about other results.
    """
    listed, settings = _points(folder.parent).get(folder.name, ("", {}))
    if listed != identity:
        return []
    texts = [f"{shown(path, MOST_VALUE)}={shown(value, MOST_VALUE)}" for path, value in settings.items()]
    return texts[:MOST_ROWS] + ([f"and {len(texts) - MOST_ROWS} more"] if len(texts) > MOST_ROWS else [])


def _points(folder: Path) -> Points:
    """Return identity and settings by folder, of the points listed in `sweep.json`; empty without a valid list."""
    from sim.batch.inputs import SWEEP

    try:
        facts = os.lstat(folder / SWEEP)
        key = (folder, facts.st_size, facts.st_mtime_ns, facts.st_ino)
        return _lists.get(key, lambda: _list_points(folder, facts.st_size), lambda points: 1)
    except (OSError, StoreError):
        return {}


def _list_points(folder: Path, size: int) -> Points:
    from sim.batch.shards import read_folder

    points = read_folder(folder).points if size <= MOST_BYTES else ()
    return {each["folder"]: (each["identity"], each["set"]) for each in points}


DEEPEST = 3  # folders below the one that the page was opened on
MAX_VISITED = 5_000  # names in all
MOST_LISTED = 200
MOST_NAME = 400
MOST_FILE = 10_000_000  # bytes of a downloadable file
HERE = "."  # name of a results folder that the page was opened on

RESULTS, SHARD, DESIGN, SIDE_BY_SIDE = "results", "shard", "design", "comparison"
MARKS = (RUN, RESOLVED, "draws")  # one of them marks a results folder, damaged or not
_SWEEP = re.compile(r".+-[0-9a-f]{6}")  # a folder of results folders
POINTS = ("sweep.csv", "tournament.csv")  # in `charts/` beside the results of a sweep


@dataclass(frozen=True)
class Found:
    """A folder with output of this program."""

    name: str  # relative to the folder of the page, with forward slashes
    kind: str  # `results`, `shard`, `design` (runs of a design) or `comparison`; by its name and what lies in it
    sweep: str = ""  # the folder of the sweep of which it is a point, empty if of none


def root(place: Place) -> Path:
    """Return the root of the listed folders: the page's folder, or the parent of a results folder."""
    return place.folder.parent if place.results else place.folder


def opened_on(place: Place) -> str:
    """Return the name of the results folder that the page was opened on; empty if it was opened on something else."""
    return place.folder.name if place.results else ""


def listed(place: Place) -> tuple[list[Found], bool]:
    """List the folders by name, and whether the list may be incomplete.

    For a page opened on a results folder, only that one and its siblings.
    """
    found: list[Found] = []
    for seen, each in enumerate(_below(root(place), 1 if place.results else DEEPEST), 1):
        if each is not None:
            found.append(each)
        if seen >= MAX_VISITED or len(found) >= MOST_LISTED:
            return sorted(found, key=lambda one: one.name), True
    return sorted(found, key=lambda one: one.name), False


def _below(top: Path, deepest: int) -> Iterator[Found | None]:
    """Return the kind of each entry of a folder, None for foreign ones; no link is followed."""
    if any(os.path.lexists(top / mark) for mark in MARKS):
        yield Found(HERE, RESULTS)
        return
    left = [(top, 1)]
    while left:
        folder, depth = left.pop(0)
        sweep = _name(folder, top) if _is_sweep(folder) else ""
        for each in _names(folder):
            path = folder / each.name
            if not _is_ours_to_enter(each):
                yield None
                continue
            kind = _kind(path)
            if kind:
                yield Found(_name(path, top), kind, sweep)
            else:
                yield None
                if depth < deepest:
                    left.append((path, depth + 1))


def _names(folder: Path) -> Iterator["os.DirEntry[str]"]:
    try:
        with os.scandir(folder) as entries:
            yield from entries
    except OSError:  # not readable
        return


def _is_ours_to_enter(entry: "os.DirEntry[str]") -> bool:
    try:
        return is_text(entry.name) and not entry.name.startswith(".") and entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _name(path: Path, top: Path) -> str:
    return path.relative_to(top).as_posix()


def _is_sweep(folder: Path) -> bool:
    """Return whether a folder belongs to a sweep: by its name, or by the chart of all its points."""
    named = _SWEEP.fullmatch(folder.name) is not None
    return named or any(os.path.lexists(folder / "charts" / name) for name in POINTS)


def _kind(path: Path) -> str:
    """Return the kind of a folder; empty if foreign."""
    if path.name.endswith(".design") and os.path.lexists(path / "design.json"):
        return DESIGN
    if any(os.path.lexists(path / mark) for mark in MARKS):
        return SHARD if ".shard-" in path.name else RESULTS
    if path.name.startswith("compare-") and os.path.lexists(path / "compare.csv"):
        return SIDE_BY_SIDE
    return ""


def results_folder(place: Place, name: str) -> Path:
    """Return the path of a results folder by its name in the list.

    A NotFound for anything else, or a folder reached through a link.
    """
    refused = NotFound(f"{shown(name or 'no name', 120)} is no results folder in the folder of this page")
    if not name or len(name) > MOST_NAME or any(sign in name for sign in ("\\", "\0")):
        raise refused
    top, parts = root(place), PurePosixPath(name).parts
    most = 1 if place.results else DEEPEST
    if name != HERE and (any(part in ("..", "/", "//") or part[0] == "." for part in parts) or len(parts) > most):
        raise refused
    path = top.joinpath(*parts)
    try:
        same = os.path.realpath(path) == str(path)
    except (OSError, ValueError):
        raise refused from None
    if not same or not path.is_dir() or not any(os.path.lexists(path / mark) for mark in MARKS):
        raise refused
    return path


def listed_file(folder: Path, name: str) -> bytes:
    """Return the bytes of a file that `run.json` lists, verified against its hash.

    Raises:
        NotFound: if it lists no such file, or is unfinished, so that its files may belong to other draws.
        DamagedResults: if the file is missing or does not match its hash.
        StoreError: if the folder cannot be read, or is of another release.
        RequestError: if the file is too long for the page.
    """
    from sim.results.manifest import read_manifest

    manifest = read_manifest(folder)
    known = manifest.files.get(name)
    if known is None or not (manifest.complete or name == RESOLVED) or manifest.shard is not None:
        raise NotFound(f"{shown(name, 120)} is no file of these results")
    path = folder / name
    try:
        if os.path.realpath(path.parent) != str(path.parent):
            raise ValueError("it lies behind a link")
        if os.path.getsize(path) > MOST_FILE:
            raise RequestError(f"{shown(name, 120)} has more than {MOST_FILE:,} bytes; open it where it lies")
        data = read_whole(path, MOST_FILE)
        if hashlib.sha256(data).hexdigest() != known:
            raise ValueError("it is not as it was written")
    except FileNotFoundError:
        raise DamagedResults(Path(folder.name), [f"{name} is missing"]) from None
    except OSError as error:
        raise StoreError(f"{shown(name, 120)}: {error.strerror}") from None
    except ValueError as error:
        raise DamagedResults(Path(folder.name), [f"{name}: {error}"]) from None
    return data


def marks_of(folder: Path) -> tuple[tuple[str, int, int, int], ...]:
    """Return what changes when a file of a folder is rewritten: names, sizes, times and inode numbers of its files."""
    found = []
    for inside in ("", "charts", "draws", "tallies"):
        for each in _names(folder / inside):
            try:
                facts = each.stat(follow_symlinks=False)
            except OSError:
                continue
            if not each.name.startswith("."):
                found.append((f"{inside}/{each.name}", facts.st_size, facts.st_mtime_ns, facts.st_ino))
    return tuple(sorted(found))
