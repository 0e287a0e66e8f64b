"""Results folders where the page was opened: which there are, and their files, as far as `run.json` lists them.

A folder may come from a stranger. No link is followed, nothing is read that no list names, and a file that is not as
it was written is named and never used.
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

MOST_BYTES = 4_000_000  # of a list: room for more points than the page shows; a stranger's takes some ten times of it
MOST_ROWS = 12  # paths of one point
MOST_VALUE = 160  # characters

Points = Mapping[str, tuple[str, Mapping[str, str]]]

_lists = Cache[Points](1)  # by folder and what changes when its list is written anew


def point_of(folder: Path, identity: str) -> list[str]:
    """What was set at a point of a sweep, `PATH=VALUE` texts; none for results of which no sweep beside them speaks.

    Args:
        identity: That its results have; a list that says otherwise is of others.
    """
    listed, settings = _points(folder.parent).get(folder.name, ("", {}))
    if listed != identity:
        return []
    texts = [f"{shown(path, MOST_VALUE)}={shown(value, MOST_VALUE)}" for path, value in settings.items()]
    return texts[:MOST_ROWS] + ([f"and {len(texts) - MOST_ROWS} more"] if len(texts) > MOST_ROWS else [])


def _points(folder: Path) -> Points:
    """Identity and settings by folder, of the points that `sweep.json` lists; none where there is no sound list."""
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
MOST_FILE = 10_000_000  # bytes of a file that is handed out
HERE = "."  # the name of a results folder that is itself what the page looks through

RESULTS, SHARD, DESIGN, SIDE_BY_SIDE = "results", "shard", "design", "comparison"
MARKS = (RUN, RESOLVED, "draws")  # one of them makes a folder one of results, damaged or not
_SWEEP = re.compile(r".+-[0-9a-f]{6}")  # a folder that is none of results, and holds some
POINTS = ("sweep.csv", "tournament.csv")  # in `charts/` beside the results of a sweep


@dataclass(frozen=True)
class Found:
    """A folder that holds something of ours."""

    name: str  # relative to the folder of the page, with forward slashes
    kind: str  # `results`, `shard`, `design` (runs of a design) or `comparison`; by its name and what lies in it
    sweep: str = ""  # the folder of the sweep of which it is a point, empty if of none


def root(place: Place) -> Path:
    """The folder whose results are shown: where the page was opened; of a results folder the one in which it lies."""
    return place.folder.parent if place.results else place.folder


def opened_on(place: Place) -> str:
    """The name of the results folder that the page was opened on; empty if it was opened on something else."""
    return place.folder.name if place.results else ""


def listed(place: Place) -> tuple[list[Found], bool]:
    """The folders that there are, by name, and whether there may be more than were looked at.

    Of a page opened on a results folder only that one and those right beside it.
    """
    found: list[Found] = []
    for seen, each in enumerate(_below(root(place), 1 if place.results else DEEPEST), 1):
        if each is not None:
            found.append(each)
        if seen >= MAX_VISITED or len(found) >= MOST_LISTED:
            return sorted(found, key=lambda one: one.name), True
    return sorted(found, key=lambda one: one.name), False


def _below(top: Path, deepest: int) -> Iterator[Found | None]:
    """What each name below a folder is, None for what is nothing of ours; no link is followed."""
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
    except OSError:  # not ours to read
        return


def _is_ours_to_enter(entry: "os.DirEntry[str]") -> bool:
    try:
        return is_text(entry.name) and not entry.name.startswith(".") and entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _name(path: Path, top: Path) -> str:
    return path.relative_to(top).as_posix()


def _is_sweep(folder: Path) -> bool:
    """Whether results in a folder are points of a sweep: by the folder's name, or by the chart of all of them."""
    named = _SWEEP.fullmatch(folder.name) is not None
    return named or any(os.path.lexists(folder / "charts" / name) for name in POINTS)


def _kind(path: Path) -> str:
    """What a folder is; empty if nothing of ours."""
    if path.name.endswith(".design") and os.path.lexists(path / "design.json"):
        return DESIGN
    if any(os.path.lexists(path / mark) for mark in MARKS):
        return SHARD if ".shard-" in path.name else RESULTS
    if path.name.startswith("compare-") and os.path.lexists(path / "compare.csv"):
        return SIDE_BY_SIDE
    return ""


def results_folder(place: Place, name: str) -> Path:
    """The path of a results folder by its name in the list.

    A NotFound for what is no results folder there, or is reached through a link.
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
    """The bytes of a file that `run.json` lists, held against its hash.

    Raises:
        NotFound: if it lists no such file, or is not finished, so that its files may be of other draws.
        DamagedResults: if the file is missing or not as it was written.
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
    """What changes when a file of a folder is written anew: names, sizes, times and numbers of its files."""
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
