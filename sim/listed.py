"""The marked packages of many draws as lists: a zone is often small, and then a list of it is quickly gone through."""

from dataclasses import dataclass

import numpy as np

from sim import kernels
from sim.issues import Bools, Ints


@dataclass(frozen=True, eq=False)
class Listed:
    """Packages of many draws: those of the first draw, rising, then those of the second, and so on.

    Attributes:
        start: Where those of each draw begin, and where the last end, shape (B + 1,).
        packages: Their indices, shape (start[B],).
    """

    start: Ints
    packages: Ints

    @property
    def count(self) -> Ints:
        """How many packages each draw has, shape (B,)."""
        return np.diff(self.start)


def listed(marked: Bools) -> Listed:
    """List the packages that are marked, shape (B, P)."""
    start = np.zeros(len(marked) + 1, np.int64)
    marks = np.ascontiguousarray(marked).view(np.uint8)
    kernels.count_marked(marks, start[1:])
    start = np.cumsum(start)
    packages = np.empty(start[-1], np.int64)
    kernels.list_marked(marks, start, packages)
    return Listed(start, packages)
