"""A chunk on disk: its draws, one row each, and its counts that are not zero."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from sim.model.domain import Structure, structure
from sim.results import parquet
from sim.results.chunks import Chunk, chunk_length, play_chunk
from sim.results.files import FAULTS, fault_of, read_inside, sha256, write_whole
from sim.results.tallies import BINS, QUANTITIES, Tallies, empty_tallies
from sim.scenario import Scenario

DRAWS, TALLIES = "draws", "tallies"
MOST_BYTES = 100_000_000  # of one file, where its table does not say how many

TALLY_SCHEMA = pa.schema([
    pa.field("quantity", pa.string(), True),
    pa.field("round", pa.int32(), True),
    pa.field("party", pa.string(), True),
    pa.field("bin", pa.int32(), True),
    pa.field("option", pa.string(), True),
    pa.field("other", pa.string(), True),
    pa.field("count", pa.int64(), False),
])  # fmt: skip
PAIRS = ("agreed", "zone")  # counts by pairs of options; the others are by round, party and bin


@dataclass(frozen=True)
class FileHashes:
    """What a file must be: `content` is the hash of the table in it, `file` that of its bytes."""

    content: str
    file: str


@dataclass(frozen=True)
class ChunkEntry:
    """A chunk that was written: draws `first` to `last`, and what its two files must be.

    Attributes:
        versions: Index into the run's list of installed versions: those that made it.
    """

    first: int
    last: int
    draws: FileHashes
    tallies: FileHashes
    versions: int = 0

    @property
    def stop(self) -> int:
        """One past the last draw."""
        return self.last + 1

    @property
    def name(self) -> str:
        """Of its file in `draws/` and of that in `tallies/`."""
        return f"{self.first:08d}-{self.last:08d}.parquet"

    @property
    def files(self) -> dict[str, FileHashes]:
        """What its files must be, by name relative to the results folder."""
        return {f"{DRAWS}/{self.name}": self.draws, f"{TALLIES}/{self.name}": self.tallies}


@dataclass(frozen=True, eq=False)
class Layout:
    """What the chunk files of a scenario must look like: all that reading one takes.

    Attributes:
        scenario: As resolved.
        seed: Of all random streams.
        table: The scenario's structure.
    """

    scenario: Scenario
    seed: int
    table: Structure

    @classmethod
    def of(cls, scenario: Scenario, seed: int) -> "Layout":
        """Lay out a scenario.

        Raises:
            ValueError: if no package is consistent.
        """
        return cls(scenario, seed, structure(scenario))

    @property
    def length(self) -> int:
        """Draws in a chunk."""
        return chunk_length(self.scenario, self.table)

    @cached_property
    def schema(self) -> pa.Schema:
        """Columns of the draws: those that this program would write."""
        return parquet.schema_of(self.play(0, 1).draws)

    @cached_property
    def nothing(self) -> Tallies:
        """Nothing counted yet."""
        return empty_tallies(self.scenario, self.table)

    @property
    def most_counts(self) -> int:
        """Rows that a table of counts can have at most."""
        by_round = sum(counts.size for counts in self.nothing.talks.values())
        return by_round + self.nothing.agreed.size + self.nothing.zone.size

    def play(self, first: int, count: int) -> Chunk:
        """Play draws `first` to `first + count - 1`."""
        return play_chunk(self.scenario, self.seed, first, count, self.table)


def packed(chunk: Chunk, layout: Layout, versions: int = 0) -> tuple[ChunkEntry, dict[str, bytes]]:
    """The two files of a chunk, by name relative to the results folder, and the entry that they belong to.

    Args:
        chunk: What was played.
        layout: Of the chunk's scenario.
        versions: Index of the versions that played it.
    """
    tables = (parquet.table_of(chunk.draws), tallies_table(chunk.tallies, layout))
    files = [parquet.to_bytes(table) for table in tables]
    draws, tallies = (
        FileHashes(parquet.content_hash(table), sha256(data)) for table, data in zip(tables, files, strict=True)
    )
    entry = ChunkEntry(chunk.start, chunk.stop - 1, draws, tallies, versions)
    return entry, dict(zip(entry.files, files, strict=True))


def write_chunk(folder: Path, chunk: Chunk, layout: Layout, versions: int = 0, sync: bool = True) -> ChunkEntry:
    """Write the two files of a chunk.

    Args:
        folder: Holds the folders `draws` and `tallies`.
        chunk: What was played.
        layout: Of the chunk's scenario.
        versions: Index of the versions that played it.
        sync: Wait for the disk.

    Raises:
        StoreError: if it cannot be written.
    """
    entry, files = packed(chunk, layout, versions)
    for name, data in files.items():
        write_whole(folder / name, data, sync)
    return entry


def read_chunk(folder: Path, entry: ChunkEntry, layout: Layout) -> tuple[Chunk | None, list[str]]:
    """Read a chunk and hold it against its entry.

    Returns:
        The chunk, and its damaged files with what is wrong with each; None if there are any.

    Raises:
        StoreError: if a file may not be read.
    """
    draws, counted, damaged = _verified(folder, entry, layout)
    return (None, damaged) if counted is None else (Chunk(entry.first, parquet.frame_of(draws), counted), damaged)


def read_tallies(folder: Path, entry: ChunkEntry, layout: Layout) -> tuple[Tallies | None, list[str]]:
    """The same without the draws, which are held against their hashes and let go."""
    return _verified(folder, entry, layout)[1:]


def _verified(folder: Path, entry: ChunkEntry, layout: Layout) -> tuple[pa.Table, Tallies | None, list[str]]:
    """Draws and counts of a chunk, and its damaged files with what is wrong with each; no counts if there are any."""
    rows = entry.stop - entry.first
    expected = {DRAWS: (layout.schema, rows, rows), TALLIES: (TALLY_SCHEMA, None, layout.most_counts)}
    tables, damaged = [], []
    for (name, hashes), (schema, exactly, most) in zip(entry.files.items(), expected.values(), strict=True):
        try:
            tables.append(_read_table(folder, name, hashes, schema, exactly, most))
        except FAULTS as error:
            damaged.append(fault_of(name, error))
    if damaged:
        return None, None, damaged
    try:
        counted = tallies_of(tables[1], entry.stop - entry.first, layout)
    except ValueError as error:
        return None, None, [f"{TALLIES}/{entry.name}: {error}"]
    return tables[0], counted, []


def read_rows(folder: Path, entry: ChunkEntry, layout: Layout, names: Sequence[str]) -> pd.DataFrame:
    """Some columns of the draws of a chunk whose bytes are those that were written.

    Raises:
        FileNotFoundError, ValueError, StoreError: as `read_listed`.
    """
    data = read_listed(folder, f"{DRAWS}/{entry.name}", entry.draws.file)
    return parquet.frame_of(parquet.from_bytes(data, layout.schema, entry.stop - entry.first, names))


def play_again(entry: ChunkEntry, layout: Layout) -> list[str]:
    """Play a chunk anew and compare every bit.

    Returns:
        Its files whose content is not what comes out now, each with what is wrong.
    """
    chunk = layout.play(entry.first, entry.stop - entry.first)
    tables = (parquet.table_of(chunk.draws), tallies_table(chunk.tallies, layout))
    return [
        f"{name}: played again, it comes out otherwise"
        for (name, hashes), table in zip(entry.files.items(), tables, strict=True)
        if parquet.content_hash(table) != hashes.content
    ]


def read_listed(folder: Path, name: str, known: str, most: int = MOST_BYTES) -> bytes:
    """The bytes of a file of a results folder, at most so many, held against their hash.

    Raises:
        FileNotFoundError, ValueError, StoreError: as `read_inside`; ValueError also if they are other bytes.
    """
    data = read_inside(folder, name, most)
    if sha256(data) != known:
        raise ValueError("its bytes are not those that were written")
    return data


def _read_table(
    folder: Path, name: str, hashes: FileHashes, schema: pa.Schema, rows: int | None, most: int
) -> pa.Table:  # fmt: skip
    data = read_listed(folder, name, hashes.file, parquet.room_of(schema, most))
    table = parquet.from_bytes(data, schema, rows, most=most)
    if parquet.content_hash(table) != hashes.content:
        raise ValueError("its content is not what was written")
    return table


def tallies_table(tallies: Tallies, layout: Layout) -> pa.Table:
    """The counts that are not zero, one row each.

    Returns:
        `quantity`; `round` (from 1), `party` and `bin` (from 0) for what is counted by round; `option` and `other`, as
        `issue.option`, for pairs of options; `count`.
    """
    parties, options = np.array(layout.table.parties, object), np.array(layout.table.option_names, object)
    parts: list[dict[str, Any]] = []
    for quantity in QUANTITIES:
        counts = tallies.talks[quantity]
        k, n, bins = np.nonzero(counts)
        where = {"round": k + 1, "party": parties[n], "bin": bins}
        parts.append({"quantity": quantity, **where, "count": counts[k, n, bins]})
    for quantity, counts in zip(PAIRS, (tallies.agreed, tallies.zone), strict=True):
        one, other = np.nonzero(counts)
        where = {"option": options[one], "other": options[other]}
        parts.append({"quantity": quantity, **where, "count": counts[one, other]})
    return pa.concat_tables([_rows(part) for part in parts]).combine_chunks()


def _rows(part: Mapping[str, Any]) -> pa.Table:
    rows = len(part["count"])
    columns = []
    for field in TALLY_SCHEMA:
        values = part.get(field.name)
        if values is None:
            columns.append(pa.nulls(rows, field.type))
        elif isinstance(values, str):
            columns.append(pa.array([values] * rows, field.type))
        else:
            columns.append(pa.array(values, from_pandas=False).cast(field.type))
    return pa.Table.from_arrays(columns, schema=TALLY_SCHEMA)


def tallies_of(table: pa.Table, draws: int, layout: Layout) -> Tallies:
    """The counts of a table.

    Raises:
        ValueError: if a row counts something that the scenario does not have, or no draw at all.
    """
    empty = layout.nothing
    quantity = table.column("quantity")
    counts = table.column("count").to_numpy()
    if len(counts) and counts.min() < 1:
        raise ValueError("a count below 1")
    talks: dict[str, npt.NDArray[np.int64]] = {}
    rounds = len(empty.talks[QUANTITIES[0]])
    known = 0
    for name in QUANTITIES:
        rows = _rows_of(quantity, name)
        k = _numbers(table, "round", rows, 1, rounds) - 1
        n = _places(table, "party", rows, list(layout.table.parties))
        bins = _numbers(table, "bin", rows, 0, BINS - 1)
        talks[name] = np.zeros_like(empty.talks[name])
        talks[name][k, n, bins] = counts[rows]
        known += len(rows)
    pairs = []
    for name in PAIRS:
        rows = _rows_of(quantity, name)
        one, other = (_places(table, column, rows, layout.table.option_names) for column in ("option", "other"))
        matrix = np.zeros_like(empty.zone)
        matrix[one, other] = counts[rows]
        pairs.append(matrix)
        known += len(rows)
    if known != len(table):
        raise ValueError("it counts something unknown")
    return Tallies(draws, talks, empty.ranges, pairs[0], pairs[1])


def _rows_of(quantity: pa.ChunkedArray, name: str) -> npt.NDArray[np.int64]:
    return np.flatnonzero(pc.equal(quantity, name).to_numpy())


def _numbers(table: pa.Table, column: str, rows: npt.NDArray[np.int64], low: int, high: int) -> npt.NDArray[np.int64]:
    values: npt.NDArray[np.int64] = pc.fill_null(table.column(column), low - 1).to_numpy()[rows].astype(np.int64)
    if len(values) and (values.min() < low or values.max() > high):
        raise ValueError(f"a {column} that is not from {low} to {high}")
    return values


def _places(table: pa.Table, column: str, rows: npt.NDArray[np.int64], names: list[str]) -> npt.NDArray[np.int64]:
    found = pc.index_in(table.column(column), value_set=pa.array(names, pa.string()))
    places: npt.NDArray[np.int64] = pc.fill_null(found, -1).to_numpy()[rows].astype(np.int64)
    if len(places) and places.min() < 0:
        raise ValueError(f"a name in column {column} that the scenario does not have")
    return places
