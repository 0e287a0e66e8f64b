"""The Pareto frontier of the worths in a file by NegMAS, run by an interpreter that has it: `pareto_peer.py FILE`."""

import json
import sys
import time
from hashlib import sha256

import numpy as np
from negmas.preferences.ops import pareto_frontier_numpy


def main():
    """Measure by kind: seconds, size of the frontier, a digest of which packages are on it."""
    found = {}
    for kind, worth in np.load(sys.argv[1]).items():
        points, seconds = np.ascontiguousarray(worth.T), []
        for _ in range(3):
            start = time.perf_counter()
            frontier = pareto_frontier_numpy(points)
            seconds.append(time.perf_counter() - start)
        digest = sha256(json.dumps(sorted(int(each) for each in frontier)).encode()).hexdigest()
        found[kind] = {"seconds": min(seconds), "frontier": len(frontier), "digest": digest}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
