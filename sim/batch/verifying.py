"""Verification of results: files against their hashes, and chosen chunks played again and compared bit by bit."""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from sim.batch.inputs import SWEEP
from sim.batch.progress import Silent
from sim.batch.shards import read_folder
from sim.results.chunk_files import DRAWS, TALLIES, ChunkEntry, play_again
from sim.results.files import DamagedResults, StoreError
from sim.results.inspection import Inspection, inspect
from sim.results.manifest import RUN, Manifest, OtherRelease, holds_results, read_manifest

A_FEW = 3  # number of chunks played again by default
_CHUNK = re.compile(r"\d{8,20}-\d{8,20}\.parquet")


@dataclass(frozen=True)
class Place:
    """A folder to verify."""

    folder: Path
    chunks: tuple[str, ...] | None = None  # names of the only chunks to verify; None for the whole folder
    sweep: bool = False  # whether only `sweep.json` is verified, not the folders of its points
    identity: str | None = None  # of its results, if they are a point of a sweep


@dataclass(frozen=True)
class Verified:
    """The verification of one folder."""

    inspection: Inspection
    played: tuple[str, ...] = ()  # names of the chunks that were played again
    draws_played: int = 0  # of these
    differing: tuple[str, ...] = ()  # with valid hashes, but other content when played again; with what is wrong
    other_release: str | None = None  # why nothing can be played again here; None if it can
    is_sweep: bool = False  # whether it is only the list of a sweep

    @property
    def folder(self) -> Path:
        return self.inspection.folder

    @property
    def is_sound(self) -> bool | None:
        """Whether all is well; None if that cannot be decided here."""
        if self.inspection.changed:
            return None
        if self.inspection.damaged or self.differing:
            return False
        return None if self.other_release else True


def places(paths: Sequence[str | Path]) -> tuple[list[Place], list[Path]]:
    """Return the places to verify, each once, and skipped folders without results.

    StoreError if there is nothing that can be verified under a path, DamagedResults if a list of a sweep is unreadable.
    """
    found: list[Place] = []
    others: list[Path] = []
    for path in map(Path, paths):
        if _CHUNK.fullmatch(path.name) and path.parent.name in (DRAWS, TALLIES):
            found.append(Place(path.parent.parent, (path.name,)))
            continue
        if not path.is_dir():
            what = "is no folder of results, and no chunk of one" if os.path.lexists(path) else "does not exist"
            raise StoreError(f"{path} {what}; a chunk is called as in RESULT/draws/00000000-00000063.parquet")
        here = list(_at(path))
        if not here:
            inside = sorted(each for each in path.iterdir() if each.is_dir() and not each.is_symlink())
            within = {each: list(_at(each)) for each in inside}
            others += [each for each, found_there in within.items() if not found_there]
            here = [place for found_there in within.values() for place in found_there]
        if not here:
            raise StoreError(f"{path} is no results folder: it has no {RUN}, and no folder in it has one")
        found += here
    return _joined(found), others


def _at(path: Path) -> Iterator[Place]:
    """The folder itself, if it is one of results, or the sweep and its points."""
    if os.path.lexists(path / SWEEP):
        yield Place(path, sweep=True)
        try:
            points = read_folder(path).points
        except DamagedResults:  # reported when its turn comes; its folder is verified all the same
            inside = sorted(each for each in path.iterdir() if each.is_dir() and not each.is_symlink())
            yield from (place for each in inside for place in _at(each))
            return
        for point in points:
            folder = path / point["folder"]
            if folder.is_dir() and not folder.is_symlink():
                yield Place(folder, identity=point["identity"])
    elif holds_results(path):
        yield Place(path)


def _joined(found: Sequence[Place]) -> list[Place]:
    """Merge places of one folder with their chunks."""
    joined: dict[tuple[Path, bool], Place] = {}
    for place in found:
        key = (place.folder, place.sweep)
        other = joined.get(key)
        if other is None:
            joined[key] = place
        elif other.chunks is not None:
            chunks = None if place.chunks is None else tuple(dict.fromkeys((*other.chunks, *place.chunks)))
            joined[key] = replace(place, chunks=chunks)
    return list(joined.values())


def chosen(manifest: Manifest, place: Place, chunks: str | int) -> list[ChunkEntry]:
    """Choose the chunks to play again: `all`, the `first`, or so many; StoreError if one that is named is not listed.

    The choice follows from the identity: the same everywhere, and spread over the draws.
    """
    entries = {entry.name: entry for entry in manifest.chunks}
    if place.chunks is not None:
        for name in place.chunks:
            if name not in entries:
                some = ", ".join(list(entries)[:3]) or "none yet"
                raise StoreError(f"{place.folder}: {RUN} lists no chunk {name}; it lists {some}"
                                 f"{' and others' if len(entries) > 3 else ''}")  # fmt: skip
        return [entries[name] for name in place.chunks]
    if chunks == "all":
        return list(manifest.chunks)
    if chunks == "first":
        return list(manifest.chunks[:1])
    shuffled = sorted(
        manifest.chunks, key=lambda entry: sha256(f"verify|{manifest.identity}|{entry.first}".encode()).digest()
    )
    return sorted(shuffled[: int(chunks)], key=lambda entry: entry.first)


def verify(
    paths: Sequence[str | Path], chunks: str | int = A_FEW, progress: Silent | None = None
) -> tuple[list[Verified], list[Path]]:
    """Verify results against their hashes, and play chosen chunks again; nothing is written.

    Returns the verification of each results folder, sweep, shard or chunk, and skipped folders without results.
    `chunks` are `all`, `first`, or how many of each folder. StoreError if nothing can be verified under a path.
    """
    wanted, others = places(paths)
    progress = progress or Silent()
    progress.start(sum(_work(place, chunks) for place in wanted), [place.folder.name for place in wanted])
    try:
        return [_verified(place, chunks, progress) for place in wanted], others
    finally:
        progress.finish()


def _work(place: Place, chunks: str | int) -> int:
    if place.sweep:
        return 0
    try:
        manifest = read_manifest(place.folder, scheme=None)
    except StoreError:
        return 0
    again = chosen(manifest, place, chunks)
    return sum(_count(each) for each in (again if place.chunks is not None else manifest.chunks)) + sum(
        _count(each) for each in again
    )


def _count(entry: ChunkEntry) -> int:
    return entry.stop - entry.first


def _verified(place: Place, chunks: str | int, progress: Silent) -> Verified:
    name = place.folder.name
    if place.sweep:
        return _verified_sweep(place.folder)
    try:
        found = inspect(place.folder, lambda draws: progress.advance(name, draws), place.chunks)
    except OtherRelease as error:
        return Verified(Inspection(place.folder, None, None), other_release=str(error))
    manifest, layout = found.manifest, found.layout
    if manifest is None:
        return Verified(found)
    if place.identity is not None and manifest.identity != place.identity:
        wrong = f"{RUN}: these are not the results of which {SWEEP} beside them speaks"
        found = replace(found, damaged=(*found.damaged, wrong))
    again = chosen(manifest, place, chunks)
    if layout is None:
        progress.skip(name, sum(map(_count, again)))
        other = None if found.is_of_this_scheme else f"its numbers were drawn as {manifest.scheme}"
        return Verified(found, other_release=other)
    differing: list[str] = []
    for entry in again:
        differing += play_again(entry, layout)
        progress.advance(name, _count(entry))
    return Verified(found, tuple(each.name for each in again), sum(map(_count, again)), tuple(differing))


def _verified_sweep(folder: Path) -> Verified:
    """Verify the list of a sweep: whether it is readable, and which of its points are missing."""
    damaged, missing = [], []
    try:
        for point in read_folder(folder).points:
            name = point["folder"]
            if not os.path.lexists(folder / name):
                missing.append(f"{name}: not begun, or gone")
            elif (folder / name).is_symlink() or not (folder / name).is_dir():
                damaged.append(f"{name}: not a folder of its own")
    except DamagedResults as error:
        damaged += error.files
    except StoreError as error:
        damaged.append(f"{SWEEP}: {error}")
    return Verified(Inspection(folder, None, None, 1, tuple(damaged), tuple(missing)), is_sweep=True)
