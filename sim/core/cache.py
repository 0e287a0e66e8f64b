"""Results of pure functions, cached by all that they follow from, so that no result depends on what was cached."""

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from cachetools import LRUCache

Result = TypeVar("Result")


class Cache(Generic[Result]):
    """A least-recently-used cache; threads may share it.

    Args:
        room: For results in all, in units of their size; a result that is larger is returned and not cached.
    """

    def __init__(self, room: int) -> None:
        self._results: LRUCache[Hashable, tuple[Result, int]] = LRUCache(room, getsizeof=lambda entry: entry[1])
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._results)

    def get(self, key: Hashable, make: Callable[[], Result], size: Callable[[Result], int]) -> Result:
        """Return the result cached under a key, or a new one.

        Args:
            key: All that the result depends on; two keys that are equal must stand for the same bits.
            make: Makes the result. Its exceptions are raised, and nothing is cached.
            size: Of a result, above 0; 0 for one that is not to be cached.
        """
        with self._lock:
            if key in self._results:
                return self._results[key][0]
        result = make()
        taken = size(result)
        if 0 < taken <= self._results.maxsize:
            with self._lock:
                self._results.setdefault(key, (result, taken))
        return result
