"""A results folder being written: one writer, and nothing unfinished under a final name.

Runs of a design are stored as pieces of its sheets, in a separate kind of folder.
"""

import hashlib
import json
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pandas as pd

from sim.core.streams import SCHEME
from sim.core.wording import shown
from sim.results import files, parquet, tables
from sim.results.chunk_files import (
    DRAWS,
    MOST_BYTES,
    TALLIES,
    ChunkEntry,
    FileHashes,
    Layout,
    faults_of_file,
    play_again,
    read_listed,
    read_tallies,
    write_chunk,
)
from sim.results.chunks import Chunk
from sim.results.files import FAULTS, DamagedResults, FolderLock, LockedFolder, StoreError
from sim.results.manifest import (
    DESIGN,
    FORMAT,
    RESOLVED,
    RUN,
    Manifest,
    Shard,
    canonical,
    differences,
    identity,
    may_be_listed,
    read_manifest,
    refuse_other_shard,
    versions_here,
    write_manifest,
)
from sim.results.reading import collect
from sim.results.results import Results

SHEETS, DESIGN_FORMAT, DESIGN_SUFFIX = "sheets", "peacesim-design-1", ".design"  # of a folder for runs of a design
PARTS = ".parts"  # pieces of chunks that workers have finished, until the chunk is whole

_OWN = (RESOLVED, tables.SUMMARY, tables.PACKAGES, tables.PARTIES, tables.FUNNEL)  # text files that every folder has
_CHUNK = re.compile(r"\d{8,}-\d{8,}\.parquet")


def lock_folder(path: Path) -> FolderLock:
    """Become the only writer of a folder, made if missing, and remove unfinished files of a killed writer."""
    files.make_folder(path)
    lock = FolderLock(path)
    try:
        files.refuse_unwritable(path)
        files.remove(files.unfinished(path))
    except BaseException:
        lock.release()
        raise
    return lock


class ResultsFolder(LockedFolder):
    """The right to write a scenario's results, or those of a shard, from `with` to its end.

    `damaged` are files that were damaged; they are made again.
    """

    def __init__(
        self, path: Path, layout: Layout, draws: int, lock: FolderLock | None = None, shard: Shard | None = None,
        resolved: bytes | None = None,
    ) -> None:  # fmt: skip
        """Claim a folder, made if missing; `run.json` is the first file in it.

        `resolved` is the resolved scenario as first written, if it was read back: comments are not parsed. ResultsBusy
        if another process writes there; StoreError if it has the results of something else, or cannot be written.
        """
        self.path, self.layout, self.shard = path, layout, shard
        self.damaged: list[str] = []
        self._lock = lock or lock_folder(path)
        try:
            self._open(draws, resolved)
        except BaseException as error:
            self._lock.release()
            if isinstance(error, OSError):
                raise files.plain(error, f"use {path}") from error
            raise

    def _open(self, draws: int, resolved: bytes | None) -> None:
        scenario, seed, name = (
            self.layout.scenario,
            int(self.layout.seed),
            identity(self.layout.scenario, self.layout.seed),
        )
        fresh = Manifest(
            name, scenario.id, seed, SCHEME, FORMAT, self.layout.length, draws, shard=self.shard,
            extends=scenario.extends,
        )  # fmt: skip
        try:
            self.manifest = read_manifest(self.path)
        except DamagedResults as error:
            self.damaged += error.files
            self.manifest = fresh
            self._save()
        except StoreError:
            if (self.path / RUN).exists():
                raise
            self.manifest = fresh
            self._save()
        if self.manifest.identity != fresh.identity or self.manifest.chunk_length != fresh.chunk_length:
            raise StoreError(f"{self.path} holds the results of another scenario or seed; move it away")
        refuse_other_shard(self.path, self.manifest, self.shard)
        for folder in (DRAWS, TALLIES):
            files.make_folder(self.path / folder)
        self._tidy()
        self._write_resolved(resolved or scenario.resolved_text().encode())
        if self.manifest.draws != draws:
            self.manifest = replace(self.manifest, draws=draws).reopened()
            self._save()

    def _save(self) -> None:
        self._lock.hold()
        write_manifest(self.path, self.manifest)

    def _tidy(self) -> None:
        """Remove leftovers of a killed writer: unfinished files, and chunks that `run.json` does not list."""
        listed = {name for entry in self.manifest.chunks for name in entry.files}
        left = [each for folder in (self.path, *self.path.iterdir()) for each in files.unfinished(folder)]
        for folder in (DRAWS, TALLIES):
            chunks = (each for each in (self.path / folder).iterdir() if _CHUNK.fullmatch(each.name))
            left += [each for each in chunks if f"{folder}/{each.name}" not in listed]
        files.remove(left)
        self.clear_parts()

    def _write_resolved(self, data: bytes) -> None:
        """Write the resolved scenario, unless it is there as first written."""
        known = self.manifest.files.get(RESOLVED)
        if known and not faults_of_file(self.path, RESOLVED, known):
            return
        if known:
            self.damaged.append(RESOLVED)
        files.write_whole(self.path / RESOLVED, data)
        self.manifest = replace(self.manifest, files={**self.manifest.files, RESOLVED: files.sha256(data)})
        self._save()

    def own(self, draws: int) -> list[range]:
        """Return the chunks of the first `draws`, or those of the shard; the last may be short."""
        length = self.layout.length
        spans = [range(first, min(first + length, draws)) for first in range(0, draws, length)]
        if self.shard is None:
            return spans
        return [span for span in spans if self.shard.has(self.manifest.identity, span.start // length)]

    def missing(self, draws: int) -> list[range]:
        """Return the missing draws of the first `draws`, chunk by chunk.

        Every existing chunk is read and verified against its hashes; a damaged one is to be played again.
        """
        good = {}
        for entry in self.manifest.chunks:
            found, faults = read_tallies(self.path, entry, self.layout)
            self.damaged += faults
            if found is not None:
                good[entry.first] = entry
        if len(good) < len(self.manifest.chunks):
            manifest = replace(self.manifest, chunks=tuple(good.values())).reopened()
            self.manifest = manifest.unused_versions_dropped()
            self._save()
            self._tidy()
        return [span for span in self.own(draws) if span.start not in good or good[span.start].stop < span.stop]

    def check_program(self) -> str:
        """Describe chunks made by other source or libraries, before any of ours is written; empty if there are none.

        One chunk of each such program is played again. If one differs, all chunks are removed.
        """
        here, listed = versions_here(), self.manifest.versions
        if here in listed or not listed:
            return ""
        made = f"what is there was made by another program ({shown(differences(here, listed[-1]), 300)})"
        last = {entry.versions: entry for entry in self.manifest.chunks}
        if not any(play_again(entry, self.layout) for entry in last.values()):
            return f"{made}; a chunk of it was played again and has the same bits, so the rest was added"
        self.manifest = replace(self.manifest, chunks=(), versions=()).reopened()
        self._save()
        self._tidy()
        return f"{made}; a chunk of it was played again and came out otherwise, so all was played anew"

    def write(self, chunk: Chunk) -> None:
        """Write a chunk durably. On failure (StoreError), existing files remain."""
        manifest, versions = self.manifest.with_versions(versions_here())
        self._list(manifest, write_chunk(self.path, chunk, self.layout, versions))

    def adopt(self, source: Path, entry: ChunkEntry, versions: Mapping[str, str]) -> list[str]:
        """Copy a chunk from another folder of the same results byte for byte; return damaged files, if any."""
        found, damaged = read_tallies(source, entry, self.layout)
        return damaged if found is None else self.copy(source, entry, versions)

    def copy(self, source: Path, entry: ChunkEntry, versions: Mapping[str, str]) -> list[str]:
        """Copy a chunk written a moment ago, verifying only the hashes of its bytes."""
        copies = {}
        for name, hashes in entry.files.items():
            try:
                copies[name] = read_listed(source, name, hashes.file)
            except FAULTS as error:
                return [files.fault_of(name, error)]  # it was sound a moment ago
        for name, data in copies.items():
            files.write_whole(self.path / name, data)
        manifest, place = self.manifest.with_versions(versions)
        self._list(manifest, replace(entry, versions=place))
        return []

    def _list(self, manifest: Manifest, entry: ChunkEntry) -> None:
        """List a written chunk, and remove the one that it replaces."""
        before = next((each for each in manifest.chunks if each.first == entry.first), None)
        self.manifest = manifest.with_chunk(entry).reopened().unused_versions_dropped()
        self._save()
        if before is not None and before.name != entry.name:
            files.remove([self.path / name for name in before.files])

    def is_complete(self, draws: int, charts: bool, endings: Sequence[str] = ()) -> bool:
        """Return whether everything was written for this number of draws, and is undamaged.

        If there must be `charts`, or reports, at least one has each of these `endings`.
        """
        manifest = self.manifest
        drawn = manifest.files.keys() - set(_OWN)
        has_charts = all(any(name.endswith(ending) for name in drawn) for ending in endings or ("",))
        if not manifest.complete or manifest.draws != draws or (charts and not has_charts):
            return False
        changed = [name for name, known in sorted(manifest.files.items()) if faults_of_file(self.path, name, known)]
        self.damaged += changed
        return not changed

    def results(self) -> Results:
        """Return the requested draws, read back and verified against their hashes."""
        return collect(self.path, self.manifest, self.layout, self.manifest.draws)

    def seal(self, charts: Iterable[str] = ()) -> None:
        """Mark the folder as complete, with the hash of every file in `run.json`, of charts only of those named here.

        Other charts may be of other draws, or the user's own.
        """
        there = [name for name in sorted((*_OWN, *charts)) if (self.path / name).is_file()]
        hashes = {name: files.sha256(files.read_whole(self.path / name, MOST_BYTES)) for name in there}
        self.manifest = replace(self.manifest, files=hashes, complete=True)
        self._save()

    def make_parts(self) -> Path:
        for folder in (DRAWS, TALLIES):
            files.make_folder(self.path / PARTS / folder)
        return self.path / PARTS

    def clear_parts(self) -> None:
        """Remove all pieces of chunks, or leave them to the next writer if that is not possible now."""
        with suppress(OSError):
            for folder in (self.path / PARTS / DRAWS, self.path / PARTS / TALLIES, self.path / PARTS):
                if folder.is_dir() and not (folder.is_symlink() or folder.parent.is_symlink()):
                    for each in folder.iterdir():
                        if each.is_symlink() or not each.is_dir():
                            each.unlink(missing_ok=True)
                    with suppress(OSError):  # a worker may be writing one more piece there
                        folder.rmdir()

    def clear_parts_of(self, pieces: Iterable[ChunkEntry]) -> None:
        """Remove these pieces of chunks, or leave them to `clear_parts`."""
        for piece in pieces:
            for name in piece.files:
                with suppress(OSError):
                    (self.path / PARTS / name).unlink(missing_ok=True)


def other_files(folder: Path) -> dict[str, tuple[int, int]]:
    """Files that are neither chunks nor tables, by name, each with a mark that changes when it is rewritten."""
    top = [each for each in folder.iterdir() if each.name not in (RUN, DRAWS, TALLIES, PARTS, *_OWN)]
    below = [each for inside in top if inside.is_dir() and not inside.is_symlink() for each in inside.iterdir()]
    found = {}
    for path in (*top, *below):
        name = path.relative_to(folder).as_posix()
        if may_be_listed(name) and path.is_file() and not path.is_symlink():
            facts = path.stat()
            found[name] = (facts.st_ino, facts.st_mtime_ns)
    return found


class DesignFolder(LockedFolder):
    """The right to write a design's runs to its folder, `<id>-<hash>.design`, from `with` to its end."""

    def __init__(self, out: Path, name: str, identity: str, layout: Layout) -> None:
        """Claim the folder of a design by its identity, 64 hex digits; errors as of `ResultsFolder`."""
        files.make_folder(out)
        self.path, self.layout = out / f"{layout.scenario.id}-{identity[:6]}{DESIGN_SUFFIX}", layout
        self._lock = lock_folder(self.path)
        try:
            self._facts: dict[str, Any] = {
                "identity": identity, "format": DESIGN_FORMAT, "scheme": SCHEME, "id": layout.scenario.id,
                "seed": int(layout.seed), "design": name,
            }  # fmt: skip
            self._pieces = self._read()
            files.make_folder(self.path / SHEETS)
            shutil.rmtree(self.path / PARTS, ignore_errors=True)
            left = [each for each in (self.path / SHEETS).iterdir() if f"{SHEETS}/{each.name}" not in self._pieces]
            files.remove(left)  # of a killed writer
            files.write_whole(self.path / RESOLVED, layout.scenario.resolved_text().encode())
        except BaseException:
            self._lock.release()
            raise

    def _read(self) -> dict[str, FileHashes]:
        """Return the pieces listed in `design.json`; none if it is missing or damaged: all is played again."""
        try:
            facts = json.loads(files.read_whole(self.path / DESIGN, MOST_BYTES))
            checksum, pieces = facts.pop("checksum"), facts["pieces"]
            if checksum != hashlib.sha256(canonical(facts)).hexdigest():
                return {}
            found = {name: FileHashes(**hashes) for name, hashes in pieces.items()}
        except FileNotFoundError:
            return {}
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            return {}
        if {key: facts[key] for key in self._facts} != self._facts:
            raise StoreError(f"{self.path} holds the runs of another design; move it away")
        return found

    def read(self, sheet: int, first: int, count: int) -> pd.DataFrame | None:
        """Return the runs of rows `first` to `first + count - 1` of a sheet, None if they are not stored."""
        name = _piece_name(sheet, first, count)
        if name not in self._pieces:
            return None
        try:
            data = files.read_whole(self.path / name, MOST_BYTES)
            table = parquet.from_bytes(data, self.layout.schema, count)
        except (FileNotFoundError, ValueError):
            return None
        known = self._pieces[name]
        if (parquet.content_hash(table), files.sha256(data)) != (known.content, known.file):
            return None
        return parquet.frame_of(table)

    def write(self, sheet: int, first: int, draws: pd.DataFrame) -> None:
        """Write these runs durably. On failure (StoreError), existing files remain."""
        name, table = _piece_name(sheet, first, len(draws)), parquet.table_of(draws)
        data = parquet.to_bytes(table)
        self._lock.hold()
        files.write_whole(self.path / name, data)
        self._pieces[name] = FileHashes(parquet.content_hash(table), files.sha256(data))
        pieces = {each: asdict(hashes) for each, hashes in sorted(self._pieces.items())}
        facts = {**self._facts, "versions": dict(versions_here()), "pieces": pieces}
        facts["checksum"] = hashlib.sha256(canonical(facts)).hexdigest()
        files.write_whole(self.path / DESIGN, (json.dumps(facts, indent=1) + "\n").encode())


def _piece_name(sheet: int, first: int, count: int) -> str:
    return f"{SHEETS}/{sheet:04d}-{first:08d}-{first + count - 1:08d}.parquet"
