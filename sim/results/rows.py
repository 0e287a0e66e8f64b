"""The table of draws, piece by piece: a reader needs the memory of one piece, however many draws there are."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import pandas as pd


class Rows(Protocol):
    """One row a draw, in the order of the draws; in memory or on disk."""

    @property
    def count(self) -> int:
        """Number of rows."""

    @property
    def dtypes(self) -> Mapping[str, Any]:
        """What each column holds, by name, in the order of the table."""

    def pieces(self, names: Sequence[str]) -> Iterator[pd.DataFrame]:
        """Iterate over some columns, in the pieces in which rows were written."""


@dataclass(frozen=True, eq=False)
class FrameRows:
    """Rows in memory: tables with the same columns, at least one, concatenated."""

    frames: Sequence[pd.DataFrame]

    @property
    def count(self) -> int:
        return sum(map(len, self.frames))

    @cached_property
    def dtypes(self) -> Mapping[str, Any]:
        return {str(name): kind for name, kind in self.frames[0].dtypes.items()}

    def pieces(self, names: Sequence[str]) -> Iterator[pd.DataFrame]:
        for frame in self.frames:
            yield frame[list(names)]


def joined(rows: Rows, names: Sequence[str]) -> pd.DataFrame:
    """Concatenate some columns of all rows: 8 bytes a row for a number, 1 for a boolean, 4 for a text.

    Texts are categories.
    """
    texts: dict[str, dict[Any, int]] = {name: {} for name in names if is_text(rows.dtypes[name])}
    parts: dict[str, list[Any]] = {name: [] for name in names}
    for piece in rows.pieces(names):
        for name in names:
            if name not in texts:
                parts[name].append(piece[name].array.copy())
                continue
            codes, found = pd.factorize(piece[name])  # -1 for missing; new texts get the next numbers
            known = texts[name]
            numbers = np.array([known.setdefault(text, len(known)) for text in found] + [-1], np.int32)
            parts[name].append(numbers[codes])
    columns: dict[str, Any] = {}
    for name in names:
        if name in texts:
            categories = pd.Index(list(texts[name]), dtype="string")
            columns[name] = pd.Categorical.from_codes(np.concatenate(parts.pop(name)), categories=categories)
        else:
            columns[name] = pd.concat([pd.Series(part) for part in parts.pop(name)], ignore_index=True)
    return pd.DataFrame(columns)


def is_text(kind: Any) -> bool:
    return isinstance(kind, pd.StringDtype)
