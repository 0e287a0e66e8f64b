"""Results kept for the next time somebody asks for the same.

Who changes one weight and looks again asks for the same packages, the same order among them and the same text of the
same file. Kept are results of functions that follow from their arguments alone, by these arguments, so that nothing
depends on whether something was kept; and not more than there is room for.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Result = TypeVar("Result")


class Kept(Generic[Result]):
    """The results asked for last, as many as there is room for; threads may share it.

    Attributes:
        room: For results in all, in units of their size; a result that is larger is handed out and not kept.
    """

    def __init__(self, room: int) -> None:
        self.room = room
        self._results: OrderedDict[Hashable, tuple[Result, int]] = OrderedDict()
        self._taken = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._results)

    def get(self, key: Hashable, make: Callable[[], Result], size: Callable[[Result], int]) -> Result:
        """The result kept under a key, or a new one.

        Args:
            key: All that the result follows from; two keys that are equal must stand for the same bits.
            make: Makes the result. What it raises is raised, and nothing kept.
            size: Of a result, above 0; 0 for one that is not to be kept.
        """
        with self._lock:
            if key in self._results:
                self._results.move_to_end(key)
                return self._results[key][0]
        result = make()
        self._keep(key, result, size(result))
        return result

    def _keep(self, key: Hashable, result: Result, size: int) -> None:
        if not 0 < size <= self.room:
            return
        with self._lock:
            if key in self._results:  # another thread was quicker
                return
            self._results[key] = result, size
            self._taken += size
            while self._taken > self.room:
                _, (_, freed) = self._results.popitem(last=False)
                self._taken -= freed
