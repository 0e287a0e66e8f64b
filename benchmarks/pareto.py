"""The Pareto frontier of 100,000 packages and four parties: `pareto.py [FILE]` writes the worths too, for the peer.

Two kinds of worth: of packages (`additive`: five issues of ten options each, weighted sums as in every scenario) and of
points without any structure (`scattered`).
"""

import json
import sys
import time
from hashlib import sha256
from itertools import product

import numpy as np
import numpy.typing as npt

from sim.core.pareto import pareto_frontier

ISSUES, OPTIONS, PARTIES = 5, 10, 4
REPEATS = 5


def worths() -> dict[str, npt.NDArray[np.float64]]:
    """Worth of the packages by kind, shape (parties, packages); the same in every run."""
    rng = np.random.default_rng(20)
    weights = rng.dirichlet(np.ones(ISSUES), PARTIES)
    values = rng.random((PARTIES, ISSUES, OPTIONS))
    options = np.array(list(product(range(OPTIONS), repeat=ISSUES)))
    additive = sum(weights[:, i, None] * values[:, i, options[:, i]] for i in range(ISSUES))
    return {"additive": np.asarray(additive), "scattered": rng.random((PARTIES, OPTIONS**ISSUES))}


def measure() -> dict[str, dict[str, float | int | str]]:
    """Seconds, the best of a few, the size of the frontier and a digest of which packages are on it."""
    found: dict[str, dict[str, float | int | str]] = {}
    for kind, worth in worths().items():
        seconds = []
        for _ in range(REPEATS):
            start = time.perf_counter()
            frontier = np.flatnonzero(pareto_frontier(worth))
            seconds.append(time.perf_counter() - start)
        digest = sha256(json.dumps(frontier.tolist()).encode()).hexdigest()
        found[kind] = {"seconds": min(seconds), "frontier": len(frontier), "digest": digest}
    return found


if __name__ == "__main__":
    if len(sys.argv) > 1:
        np.savez(sys.argv[1], **worths())
    print(json.dumps(measure()))
