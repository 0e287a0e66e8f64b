"""Read-only inspection of a results folder: every file compared with its hash in `run.json`."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sim.core.streams import SCHEME
from sim.results.chunk_files import DRAWS, TALLIES, ChunkEntry, Layout, faults_of_file, read_listed, read_tallies
from sim.results.files import FAULTS, LOCK, DamagedResults, Unreadable, fault_of, sha256
from sim.results.folder import PARTS
from sim.results.manifest import RESOLVED, RUN, Manifest, read_manifest, versions_here
from sim.results.reading import collect, layout_of
from sim.results.tables import tables_of

MOST_NAMES = 1_000  # of unlisted files; a folder may have any number of them

Advance = Callable[[int], None]


@dataclass
class Inspection:
    """The content of a results folder, and what of it is undamaged."""

    folder: Path
    manifest: Manifest | None
    layout: Layout | None  # of the scenario; None if it cannot be read, or another release drew the numbers
    files: int = 0  # number of files compared with their hashes
    damaged: tuple[str, ...] = ()  # files that are missing or damaged, each with what is wrong with it
    unfinished: tuple[str, ...] = ()  # outdated tables and charts of a run that was stopped
    unlisted: tuple[str, ...] = ()  # names of unlisted files and folders, a folder with a slash at its end
    remade: tuple[str, ...] | None = None  # tables recomputed from the draws; None if they were not
    changed: bool = False  # whether another process wrote to the folder meanwhile, so that nothing of this is reliable

    @property
    def is_of_this_scheme(self) -> bool:
        """Return whether its numbers are drawn by this release's scheme."""
        return self.manifest is None or self.manifest.scheme == SCHEME


def inspect(folder: Path, advance: Advance = lambda draws: None, chunks: Sequence[str] | None = None) -> Inspection:
    """Verify the files of a folder against `run.json`, and tables against the draws.

    `advance` is called with the number of draws read since the last call; with `chunks`, these are all that is checked.
    OtherRelease if another release with another layout wrote it, StoreError if it is no results folder.
    """
    try:
        manifest = read_manifest(folder, scheme=None)
    except DamagedResults as error:
        return Inspection(folder, None, None, 1, error.files)
    except Unreadable as error:
        return Inspection(folder, None, None, 1, (fault_of(RUN, error),))
    found = Inspection(folder, manifest, None, 1)
    found.layout = _layout(manifest, found)
    for entry in manifest.chunks:
        if chunks is None or entry.name in chunks:
            found.damaged += _faults(entry, found)
            found.files += len(entry.files)
            advance(entry.stop - entry.first)
    if chunks is None:
        _check_others(manifest, found)
        if manifest.complete and not _is_whole(manifest):
            found.damaged += (f"{RUN}: it says that all is written, and lists too few chunks",)
        found.remade = _tables_again(manifest, found) if not found.damaged else None
        found.unlisted = tuple(sorted(_unlisted(folder, manifest)))
    try:
        found.changed = read_manifest(folder, scheme=None) != manifest
    except (DamagedResults, Unreadable):
        found.changed = True
    return found


def _layout(manifest: Manifest, found: Inspection) -> Layout | None:
    """Return the scenario's layout; None, with its file verified, where it cannot be made."""
    found.files += 1
    try:
        if manifest.scheme == SCHEME:
            return layout_of(found.folder, manifest)
        read_listed(found.folder, RESOLVED, manifest.files.get(RESOLVED, ""))
    except DamagedResults as error:
        found.damaged += error.files
    except FAULTS as error:
        found.damaged += (fault_of(RESOLVED, error),)
    return None


def _faults(entry: ChunkEntry, found: Inspection) -> tuple[str, ...]:
    """Return damaged files of a chunk; without a layout only their bytes are checked."""
    if found.layout is not None:
        return tuple(read_tallies(found.folder, entry, found.layout)[1])
    files = ((name, hashes.file) for name, hashes in entry.files.items())
    return tuple(fault for name, known in files for fault in faults_of_file(found.folder, name, known))


def _check_others(manifest: Manifest, found: Inspection) -> None:
    """Verify tables, charts and page against their hashes; those of an unfinished run may be outdated."""
    others = [(name, known) for name, known in sorted(manifest.files.items()) if name != RESOLVED]
    faults = tuple(fault for name, known in others for fault in faults_of_file(found.folder, name, known))
    found.files += len(others)
    found.damaged += faults if manifest.complete else ()
    found.unfinished += () if manifest.complete else faults


def _tables_again(manifest: Manifest, found: Inspection) -> tuple[str, ...] | None:
    """Recompute the tables from the draws and compare bytes; other versions may format the same figures differently."""
    same = all(versions == versions_here() for versions in manifest.versions)
    if found.layout is None or manifest.shard is not None or not manifest.complete or not same:
        return None
    try:
        made = tables_of(collect(found.folder, manifest, found.layout, manifest.draws), manifest.identity)
    except DamagedResults as error:
        found.damaged += error.files
        return None
    for name, data in made.items():
        if name not in manifest.files:
            found.damaged += (f"{name}: run.json does not list it",)
        elif faults_of_file(found.folder, name, sha256(data)):
            found.damaged += (f"{name}: made again from the draws, it comes out otherwise",)
    return tuple(made)


def _is_whole(manifest: Manifest) -> bool:
    """Return whether all chunks of the requested draws, or of the shard, are listed."""
    length, stops = manifest.chunk_length, {entry.first: entry.stop for entry in manifest.chunks}
    if manifest.draws > length * 10 * (len(stops) + 1) * (manifest.shard.of if manifest.shard else 1):
        return False  # an invented number must not be enumerated
    wanted = range(0, manifest.draws, length)
    shard = manifest.shard
    own = (first for first in wanted if shard is None or shard.has(manifest.identity, first // length))
    return all(stops.get(first, 0) >= min(first + length, manifest.draws) for first in own)


def _unlisted(folder: Path, manifest: Manifest) -> Iterator[str]:
    """Return unlisted files of the folder and of its chunk and chart folders."""
    listed = {RUN, LOCK, *manifest.files, *(name for entry in manifest.chunks for name in entry.files)}
    known = {DRAWS, TALLIES, PARTS, *(name.split("/")[0] for name in listed if "/" in name)}
    left = MOST_NAMES
    for inside in ("", *sorted(known)):
        place = folder / inside
        if (place.is_symlink() and inside) or not place.is_dir():
            continue
        with os.scandir(place) as entries:
            for each in entries:
                name = f"{inside}/{each.name}" if inside else each.name
                if name in listed or (not inside and each.name in known):
                    continue
                yield f"{name}/" if each.is_dir(follow_symlinks=False) else name
                left -= 1
                if not left:
                    return
