"""The rows of a results folder, read a chunk at a time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from sim.store.chunk_files import ChunkEntry, Layout, read_rows
from sim.store.files import DamagedResults
from sim.store.parquet import dtypes_of

MOST_KEPT = 64_000_000  # bytes of rows that are kept in memory; of more, each chunk is read again when it is wanted


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
    _kept: list[pd.DataFrame] | None = field(default_factory=list, repr=False)
    _size: int = field(default=0, repr=False)

    def keep(self, frame: pd.DataFrame) -> None:
        """Keep all columns of the next chunk, which was just read; as soon as it is too much, none are kept."""
        if self._kept is not None:
            self._kept.append(frame)
            self._size += int(frame.memory_usage(index=False, deep=True).sum())
            if self._size > MOST_KEPT:
                self._kept = None

    @property
    def dtypes(self) -> Mapping[str, Any]:
        """What each column holds, by name, in the order of the table."""
        return dtypes_of(self.layout.schema)

    def pieces(self, names: Sequence[str]) -> Iterator[pd.DataFrame]:
        """Some columns, a chunk at a time.

        Raises:
            DamagedResults: if a file is not what was written any more.
            StoreError: if it cannot be read.
        """
        for place, entry in enumerate(self.entries):
            if self._kept is not None and place < len(self._kept):
                frame = self._kept[place][list(names)]
            else:
                try:
                    frame = read_rows(self.folder, entry, self.layout, names)
                except (FileNotFoundError, ValueError) as error:
                    fault = "is missing" if isinstance(error, FileNotFoundError) else f"({error})"
                    raise DamagedResults(self.folder, [f"draws/{entry.name} {fault}"]) from None
            yield frame.head(self.count - entry.first)
