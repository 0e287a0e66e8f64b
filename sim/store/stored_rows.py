"""The rows of a results folder, read a chunk at a time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from sim.store.chunk_files import ChunkEntry, Layout, read_chunk, read_rows
from sim.store.files import FAULTS, DamagedResults, StoreError, fault_of
from sim.store.manifest import read_manifest
from sim.store.parquet import dtypes_of
from sim.tallies import Tallies

MOST_KEPT = 64_000_000  # bytes of rows that are kept in memory; of more, a chunk is read again when it is wanted


@dataclass(eq=False)
class StoredRows:
    """Rows that lie in a folder, one row a draw.

    Whenever a chunk is read its bytes are held against their hash.

    Attributes:
        folder: The results folder.
        entries: Its chunks from the first draw on.
        layout: What they must look like.
        count: How many rows are meant; the last chunk may have more.
    """

    folder: Path
    entries: Sequence[ChunkEntry]
    layout: Layout
    count: int
    _kept: dict[int, pd.DataFrame] = field(default_factory=dict, repr=False)

    @property
    def is_small(self) -> bool:
        """Whether all rows may be kept in memory."""
        return 8 * self.count * len(self.layout.schema) <= MOST_KEPT

    def keep(self, entry: ChunkEntry) -> tuple[Tallies | None, list[str]]:
        """Read a chunk as `read_tallies` does, and keep its rows."""
        chunk, damaged = read_chunk(self.folder, entry, self.layout)
        if chunk is None:
            return None, damaged
        self._kept[entry.first] = chunk.draws
        return chunk.tallies, damaged

    @property
    def dtypes(self) -> Mapping[str, Any]:
        """What each column holds, by name, in the order of the table."""
        return dtypes_of(self.layout.schema)

    def pieces(self, names: Sequence[str]) -> Iterator[pd.DataFrame]:
        """Some columns, a chunk at a time.

        Raises:
            DamagedResults: if a file is not what was written any more.
            StoreError: if it cannot be read, or a batch has put a longer chunk in its place.
        """
        for entry in self.entries:
            if entry.first in self._kept:
                frame = self._kept[entry.first][list(names)]
            else:
                try:
                    frame = read_rows(self.folder, entry, self.layout, names)
                except FAULTS as error:
                    self._refuse_if_replaced(entry)
                    raise DamagedResults(self.folder, [fault_of(f"draws/{entry.name}", error)]) from None
            yield frame.head(self.count - entry.first)

    def _refuse_if_replaced(self, entry: ChunkEntry) -> None:
        if entry not in read_manifest(self.folder).chunks:
            raise StoreError(f"{self.folder} was written anew while it was read; run the same command again") from None
