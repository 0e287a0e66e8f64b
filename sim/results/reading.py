"""Results read back from their folder, without writing."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd

from sim.results.chunk_files import ChunkEntry, Layout, faults_of_file, read_chunk, read_listed, read_rows, read_tallies
from sim.results.files import FAULTS, DamagedResults, StoreError, fault_of
from sim.results.manifest import RESOLVED, Manifest, identity, read_manifest
from sim.results.parquet import dtypes_of
from sim.results.results import Results
from sim.results.tallies import Tallies
from sim.scenario import ScenarioError, read_scenario

MOST_CACHED = 64_000_000  # bytes of rows cached in memory; beyond that, a chunk is read again when needed


@dataclass(eq=False)
class StoredRows:
    """Rows in a folder, one row a draw; a chunk is verified against its hash whenever it is read.

    The first `count` rows; the last chunk may have more.
    """

    folder: Path
    entries: Sequence[ChunkEntry]
    layout: Layout
    count: int
    _cached: dict[int, pd.DataFrame] = field(default_factory=dict, repr=False)

    @property
    def is_small(self) -> bool:
        """Whether all rows may be cached in memory."""
        return 8 * self.count * len(self.layout.schema) <= MOST_CACHED

    def fetch(self, entry: ChunkEntry) -> tuple[Tallies | None, list[str]]:
        """Read a chunk as `read_tallies` does, and cache its rows."""
        chunk, damaged = read_chunk(self.folder, entry, self.layout)
        if chunk is None:
            return None, damaged
        self._cached[entry.first] = chunk.draws
        return chunk.tallies, damaged

    @cached_property
    def dtypes(self) -> Mapping[str, Any]:
        return dtypes_of(self.layout.schema)

    def pieces(self, names: Sequence[str]) -> Iterator[pd.DataFrame]:
        """Iterate over some columns, a chunk at a time.

        DamagedResults if a file was changed; StoreError if it cannot be read, or a batch has replaced it by a longer
        chunk.
        """
        for entry in self.entries:
            if entry.first in self._cached:
                frame = self._cached[entry.first][list(names)]
            else:
                try:
                    frame = read_rows(self.folder, entry, names, self.layout.schema)
                except FAULTS as error:
                    self._refuse_if_replaced(entry)
                    raise DamagedResults(self.folder, [fault_of(f"draws/{entry.name}", error)]) from None
            yield frame.head(self.count - entry.first)

    def _refuse_if_replaced(self, entry: ChunkEntry) -> None:
        if entry not in read_manifest(self.folder).chunks:
            raise StoreError(f"{self.folder} was written anew while it was read; run the same command again") from None


READINGS = 5  # of a folder that changes while it is read
Read = TypeVar("Read")


def open_results(folder: str | Path, draws: int | None = None) -> Results:
    """Open the results of a folder that `batch` has written, over draws from 0 on without a gap.

    Args:
        draws: The first so many; by default as many as were last requested, or what there is of them if the run was
            stopped. Where this cuts a chunk, its tallies are recomputed.

    Raises:
        DamagedResults: if files are missing or damaged, with all such files.
        StoreError: if it is no results folder, cannot be read, or has fewer draws.
    """
    return _settled(Path(folder), lambda path, manifest: _opened(path, manifest, draws))


def _opened(path: Path, manifest: Manifest, draws: int | None) -> Results:
    there = max((entry.stop for entry in manifest.following()), default=0)
    if draws is None and not there:
        raise StoreError(f"{path}: no chunk is finished yet; run the batch again to go on")
    return collect(path, manifest, layout_of(path, manifest), min(manifest.draws, there) if draws is None else draws)


def _settled(path: Path, read: Callable[[Path, Manifest], Read]) -> Read:
    """Read a folder by its `run.json`; again by the present one, if a batch has rewritten it in between.

    A longer chunk replaces a short one, so a file may disappear during the read.
    """
    for _ in range(READINGS):
        manifest = _of_all_chunks(path)
        try:
            return read(path, manifest)
        except DamagedResults:
            if read_manifest(path) == manifest:
                raise
    raise StoreError(f"{path} is being written, faster than it can be read; wait until the batch is done")


def stored_draws(folder: str | Path, draws: int) -> pd.DataFrame:
    """Return the first draws of a folder without recomputing tallies of a cut chunk; errors as of `open_results`."""
    return _settled(Path(folder), lambda path, manifest: _draws(path, manifest, draws))


def _draws(path: Path, manifest: Manifest, draws: int) -> pd.DataFrame:
    layout, frames, damaged = layout_of(path, manifest), [], list[str]()
    for entry in _first_entries(path, manifest, draws):
        chunk, faults = read_chunk(path, entry, layout)
        damaged += faults
        frames += [chunk.draws] if chunk is not None else []
    if damaged:
        raise DamagedResults(path, damaged)
    return pd.concat(frames, ignore_index=True).head(draws)


def _first_entries(path: Path, manifest: Manifest, draws: int) -> list[ChunkEntry]:
    """Return the chunks of the first draws; a StoreError if there are fewer."""
    entries = manifest.following()
    there = entries[-1].stop if entries else 0
    if not 1 <= draws <= there:
        raise StoreError(f"{path} holds the first {there:,} draws, not {draws:,}")
    return [entry for entry in entries if entry.first < draws]


def collect(path: Path, manifest: Manifest, layout: Layout, wanted: int) -> Results:
    """Return the first draws of a folder, given its manifest and scenario; see `open_results`."""
    entries = _first_entries(path, manifest, wanted)
    rows, tallies, damaged = StoredRows(path, entries, layout, wanted), layout.nothing, list[str]()
    for entry in entries:
        counted, faults = rows.fetch(entry) if rows.is_small else read_tallies(path, entry, layout)
        damaged += faults
        if counted is not None and not damaged:
            cut = wanted < entry.stop  # its tallies cover all of its draws, so they are recomputed
            tallies = tallies + (layout.play(entry.first, wanted - entry.first).tallies if cut else counted)
    if damaged:
        raise DamagedResults(path, damaged)
    provenance: dict[str, object] = {"identity": manifest.identity, "hash": manifest.identity[:6]}
    provenance |= {key: getattr(manifest, key) for key in ("seed", "scheme", "format", "chunk_length")}
    provenance |= {"asked": manifest.draws, "complete": manifest.complete}
    provenance["versions"] = [dict(versions) for versions in manifest.versions]
    return Results(layout.scenario, layout.seed, rows, tallies, provenance)


def damaged_files(folder: str | Path) -> list[str]:
    """Return missing and damaged files of a folder, each with what is wrong with it."""
    path = Path(folder)
    try:
        manifest = read_manifest(path)
        layout = layout_of(path, manifest)
    except DamagedResults as error:
        return list(error.files)
    found = [fault for entry in manifest.chunks for fault in read_tallies(path, entry, layout)[1]]
    for name, known in sorted(manifest.files.items()):
        found += faults_of_file(path, name, known)
    return found


def _of_all_chunks(path: Path) -> Manifest:
    """Return the manifest of a folder; refuse that of a shard, which has only some of the draws."""
    manifest = read_manifest(path)
    if manifest.shard is not None:
        raise StoreError(f"{path} holds {manifest.shard}; `peacesim merge` joins all of them into results")
    return manifest


def layout_of(path: Path, manifest: Manifest) -> Layout:
    """Return the scenario stored in a folder, laid out; a DamagedResults if its file was changed."""
    try:
        read_listed(path, RESOLVED, manifest.files.get(RESOLVED, ""))
        scenario = read_scenario(path / RESOLVED)
        scenario.tree.extends = manifest.extends  # the resolved file stands on its own
    except FAULTS as error:
        raise DamagedResults(path, [fault_of(RESOLVED, error)]) from None
    except ScenarioError as error:
        raise DamagedResults(path, [f"{RESOLVED}: {error.faults[0].message}"]) from None
    layout = Layout.of(scenario, manifest.seed)
    if identity(scenario, manifest.seed) != manifest.identity or layout.length != manifest.chunk_length:
        raise DamagedResults(path, [f"{RESOLVED}: it is not the scenario that was played"])
    return layout
