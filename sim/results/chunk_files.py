"""A chunk on disk: its draws, one row each, and its nonzero tallies."""

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

from sim.core.exact import Floats
from sim.model.domain import Structure, structure
from sim.results import parquet
from sim.results.chunks import Chunk, chunk_length, play_chunk
from sim.results.files import FAULTS, StoreError, fault_of, read_inside, sha256, write_whole
from sim.results.tallies import BINS, QUANTITIES, Tallies, empty_tallies
from sim.results.values import AllowedValues
from sim.scenario import Scenario

DRAWS, TALLIES = "draws", "tallies"
MOST_BYTES = 100_000_000  # of one file without a limit of its own

TALLY_SCHEMA = pa.schema([
    pa.field("quantity", pa.string(), True),
    pa.field("round", pa.int32(), True),
    pa.field("party", pa.string(), True),
    pa.field("bin", pa.int32(), True),
    pa.field("option", pa.string(), True),
    pa.field("other", pa.string(), True),
    pa.field("count", pa.int64(), False),
])  # fmt: skip
PAIRS = ("agreed", "zone")  # tallies by pairs of options; the others are by round, party and bin

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True)
class FileHashes:
    """The hashes of a file: `content` is that of its table, `file` that of its bytes."""

    content: str
    file: str


@dataclass(frozen=True)
class ChunkEntry:
    """A written chunk: draws `first` to `last`, and the hashes of its two files."""

    first: int
    last: int
    draws: FileHashes
    tallies: FileHashes
    versions: int = 0  # index into the run's list of installed versions: those that made it

    @property
    def stop(self) -> int:
        return self.last + 1

    @property
    def name(self) -> str:
        """Name of its file in `draws/` and of that in `tallies/`."""
        return f"{self.first:08d}-{self.last:08d}.parquet"

    @property
    def files(self) -> dict[str, FileHashes]:
        """Hashes of its files, by name relative to the results folder."""
        return {f"{DRAWS}/{self.name}": self.draws, f"{TALLIES}/{self.name}": self.tallies}


@dataclass(frozen=True, eq=False)
class Layout:
    """The layout of a scenario's chunk files: all that reading one takes."""

    scenario: Scenario
    seed: int
    table: Structure

    @classmethod
    def of(cls, scenario: Scenario, seed: int) -> "Layout":
        """Lay out a scenario; a ValueError if no package is consistent."""
        return cls(scenario, seed, structure(scenario))

    @property
    def length(self) -> int:
        return chunk_length(self.scenario, self.table)

    @cached_property
    def schema(self) -> pa.Schema:
        """Columns of the draws as this program would write them."""
        return parquet.schema_of(self.play(0, 0).draws)

    @cached_property
    def allowed(self) -> AllowedValues:
        return AllowedValues(self.scenario, self.table)

    @cached_property
    def nothing(self) -> Tallies:
        return empty_tallies(self.scenario, self.table)

    @property
    def most_counts(self) -> int:
        """Maximum number of rows in a table of tallies."""
        by_round = sum(counts.size for counts in self.nothing.talks.values())
        return by_round + self.nothing.agreed.size + self.nothing.zone.size

    def play(self, first: int, count: int, given: Mapping[str, Floats] | None = None) -> Chunk:
        return play_chunk(self.scenario, self.seed, first, count, self.table, given=given)

    def tables(self, chunk: Chunk) -> tuple[pa.Table, pa.Table]:
        """Return the draws and tallies of a chunk as stored."""
        return parquet.table_of(chunk.draws), tallies_table(chunk.tallies, self)


def packed(chunk: Chunk, layout: Layout, versions: int = 0) -> tuple[ChunkEntry, dict[str, bytes]]:
    """Return the entry of a chunk, and its two files by name relative to the results folder.

    StoreError if a value is impossible for a draw: its file would be reported as damaged.
    """
    tables = layout.tables(chunk)
    try:
        layout.allowed.check(tables[0], chunk.start)
    except ValueError as error:
        raise StoreError(f"these draws have values that a results folder does not hold: {error}") from None
    files = [parquet.to_bytes(table) for table in tables]
    draws, tallies = (
        FileHashes(parquet.content_hash(table), sha256(data)) for table, data in zip(tables, files, strict=True)
    )
    entry = ChunkEntry(chunk.start, chunk.stop - 1, draws, tallies, versions)
    return entry, dict(zip(entry.files, files, strict=True))


def write_chunk(folder: Path, chunk: Chunk, layout: Layout, versions: int = 0, sync: bool = True) -> ChunkEntry:
    """Write the two files of a chunk into the folders `draws` and `tallies` of a folder; a StoreError if it cannot."""
    entry, files = packed(chunk, layout, versions)
    for name, data in files.items():
        write_whole(folder / name, data, sync)
    return entry


def read_chunk(folder: Path, entry: ChunkEntry, layout: Layout) -> tuple[Chunk | None, list[str]]:
    """Read and verify a chunk, None if damaged; and its damaged files with what is wrong with each."""
    draws, counted, damaged = _verified(folder, entry, layout)
    return (None, damaged) if counted is None else (Chunk(entry.first, parquet.frame_of(draws), counted), damaged)


def read_tallies(folder: Path, entry: ChunkEntry, layout: Layout) -> tuple[Tallies | None, list[str]]:
    """Read only the tallies; the draws are verified against their hashes and dropped."""
    return _verified(folder, entry, layout)[1:]


def _verified(folder: Path, entry: ChunkEntry, layout: Layout) -> tuple[pa.Table, Tallies | None, list[str]]:
    """Draws and tallies of a chunk, and its damaged files with what is wrong with each; no tallies if there are any."""
    rows = entry.stop - entry.first
    expected = ((layout.schema, rows, rows), (TALLY_SCHEMA, None, layout.most_counts))
    tables, damaged = [], []
    for (name, hashes), (schema, exactly, most) in zip(entry.files.items(), expected, strict=True):
        try:
            data = read_listed(folder, name, hashes.file, parquet.room_of(schema, most))
            tables.append(parquet.from_bytes(data, schema, exactly, most=most))
            if parquet.content_hash(tables[-1]) != hashes.content:
                raise ValueError("its content is not what was written")
            if schema is layout.schema:
                layout.allowed.check(tables[-1], entry.first)
        except FAULTS as error:
            damaged.append(fault_of(name, error))
    if damaged:
        return None, None, damaged
    try:
        counted = tallies_of(tables[1], rows, layout)
        issues = np.add.reduceat(np.diagonal(counted.agreed), layout.table.first_options)
        if (issues != rows - tables[0].column("package").null_count).any():
            raise ValueError("its counts of agreements are not those of the draws")
        return tables[0], counted, []
    except ValueError as error:
        return None, None, [f"{TALLIES}/{entry.name}: {error}"]


def read_rows(
    folder: Path, entry: ChunkEntry, names: Sequence[str], schema: pa.Schema | None = None
) -> pd.DataFrame:
    """Read some columns of the draws of an unchanged chunk, of any schema if None; errors as of `read_listed`."""
    data = read_listed(folder, f"{DRAWS}/{entry.name}", entry.draws.file)
    return parquet.frame_of(parquet.from_bytes(data, schema, entry.stop - entry.first, names))


def play_again(entry: ChunkEntry, layout: Layout) -> list[str]:
    """Play a chunk again and compare every bit; return the files whose content differs."""
    tables = layout.tables(layout.play(entry.first, entry.stop - entry.first))
    return [
        f"{name}: played again, it comes out otherwise"
        for (name, hashes), table in zip(entry.files.items(), tables, strict=True)
        if parquet.content_hash(table) != hashes.content
    ]


def read_listed(folder: Path, name: str, known: str, most: int = MOST_BYTES) -> bytes:
    """Return the bytes of a file of a results folder; errors as of `read_inside`, a ValueError if the hash differs."""
    data = read_inside(folder, name, most)
    if sha256(data) != known:
        raise ValueError("its bytes are not those that were written")
    return data


def faults_of_file(folder: Path, name: str, known: str) -> list[str]:
    """Describe what is wrong with a file of a results folder; empty if its hash matches."""
    try:
        read_listed(folder, name, known)
    except FAULTS as error:
        return [fault_of(name, error)]
    return []


def tallies_table(tallies: Tallies, layout: Layout) -> pa.Table:
    """Tabulate nonzero tallies, one row each.

    Returns:
        `quantity`; `round` (from 1), `party` and `bin` (from 0) for what is counted by round; `option` and `other`, as
        `issue.option`, for pairs of options; `count`.
    """
    parties, options = np.array(layout.table.parties, object), np.array(layout.table.option_names, object)
    tables = []
    for quantity in QUANTITIES:
        counts = tallies.talks[quantity]
        k, n, bins = np.nonzero(counts)
        tables.append(_rows(quantity, counts[k, n, bins], round=k + 1, party=parties[n], bin=bins))
    for quantity, counts in zip(PAIRS, (tallies.agreed, tallies.zone), strict=True):
        one, other = np.nonzero(counts)
        tables.append(_rows(quantity, counts[one, other], option=options[one], other=options[other]))
    return pa.concat_tables(tables).combine_chunks()


def _rows(quantity: str, count: Indices, **where: Any) -> pa.Table:
    none = [None] * len(count)
    columns = {"quantity": [quantity] * len(count), "count": count, **where}
    return pa.Table.from_pydict({name: columns.get(name, none) for name in TALLY_SCHEMA.names}, TALLY_SCHEMA)


def tallies_of(table: pa.Table, draws: int, layout: Layout) -> Tallies:
    """Read the tallies of a table; a ValueError if one is not of this scenario, or of no draw."""
    empty, parties, options = layout.nothing, list(layout.table.parties), layout.table.option_names
    quantity = table.column("quantity")
    counts = table.column("count").to_numpy()
    if len(counts) and counts.min() < 1:
        raise ValueError("a count below 1")
    rows = {name: np.flatnonzero(pc.equal(quantity, name).to_numpy()) for name in (*QUANTITIES, *PAIRS)}
    talks = {name: np.zeros_like(empty.talks[name]) for name in QUANTITIES}
    for name, into in talks.items():
        k = _numbers(table, "round", rows[name], 1, len(into)) - 1
        n = _places(table, "party", rows[name], parties)
        into[k, n, _numbers(table, "bin", rows[name], 0, BINS - 1)] = counts[rows[name]]
    pairs = {name: np.zeros_like(empty.zone) for name in PAIRS}
    for name, into in pairs.items():
        one, other = (_places(table, column, rows[name], options) for column in ("option", "other"))
        into[one, other] = counts[rows[name]]
    if sum(map(len, rows.values())) != len(table):
        raise ValueError("it counts something unknown")
    found = {**talks, **pairs}
    if sum(map(np.count_nonzero, found.values())) != len(table):
        raise ValueError("it counts something twice")
    for name, into in found.items():
        if (into.sum(axis=-1) if name in talks else into).max(initial=0) > draws:
            raise ValueError(f"more counts of {name} than draws")
        if name in pairs and (into != into.T).any():
            raise ValueError(f"counts of {name} that depend on the order of a pair")
    return Tallies(draws, talks, empty.ranges, pairs["agreed"], pairs["zone"])


def _numbers(table: pa.Table, column: str, rows: Indices, low: int, high: int) -> Indices:
    values: Indices = pc.fill_null(table.column(column), low - 1).to_numpy()[rows].astype(np.int64)
    if len(values) and (values.min() < low or values.max() > high):
        raise ValueError(f"a {column} that is not from {low} to {high}")
    return values


def _places(table: pa.Table, column: str, rows: Indices, names: list[str]) -> Indices:
    found = pc.index_in(table.column(column), value_set=pa.array(names, pa.string()))
    places: Indices = pc.fill_null(found, -1).to_numpy()[rows].astype(np.int64)
    if len(places) and places.min() < 0:
        raise ValueError(f"a name in column {column} that the scenario does not have")
    return places
