"""Compiled functions on disk, each file with the hash of its bytes: a damaged one is compiled again, and never run.

Import it after the compiler; see `sim.core.compiled`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

from numba.core.caching import IndexDataCacheFile

DIGEST = 32  # bytes at the end of a file, which the compiler does not read
Files: Any = IndexDataCacheFile


class CheckedFiles(Files):  # type: ignore[misc]
    """The files of one compiled function: an index, and one for each types of its arguments."""

    @contextmanager
    def _open_for_write(self, filepath: str) -> Iterator[IO[bytes]]:
        with super()._open_for_write(filepath) as file:
            yield file
            file.flush()
            file.write(sha256(Path(file.name).read_bytes()).digest())

    def _load_index(self) -> Any:
        return super()._load_index() if _is_whole(self._index_path) else {}

    def _load_data(self, name: str) -> Any:
        path = self._data_path(name)
        if not _is_whole(path):
            raise FileNotFoundError(path)  # compiled anew, as where a file was removed
        return super()._load_data(name)


def _is_whole(path: str) -> bool:
    try:
        data = Path(path).read_bytes()
    except FileNotFoundError:
        return False
    return sha256(data[:-DIGEST]).digest() == data[-DIGEST:]
