"""One weight of the flagship changed: seconds until the shares of 500 draws are there, in a process that is warm.

Counted is all that an analyst waits for: the file is read anew with the weight set, checked, laid out, 500 draws of its
bargaining are played, and the share of draws with a zone and the shares of packages are worked out.
"""

import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from sim.results.results import run
from sim.scenario import read_scenario

SCENARIO = Path(__file__).parent.parent / "scenarios" / "ukraine-bargaining-only.yaml"
WEIGHT = "parties.ukraine.weights.donetsk_status"


def tweak(weight: float, draws: int) -> tuple[float, int]:
    """Share of draws with a zone, and how many packages have a share."""
    results = run(read_scenario(SCENARIO, sets=[f"{WEIGHT}={weight}"]), draws=draws)
    return results.summary()["zone_share"], len(results.packages())


def measure(draws: int, times: int) -> dict[str, Any]:
    """The median over several weights; the first is for warming up."""
    seconds, zones = [], []
    for number in range(times + 1):
        start = time.perf_counter()
        zone, _ = tweak(0.2 + 0.02 * number, draws)
        if number:
            seconds.append(time.perf_counter() - start)
            zones.append(zone)
    return {"draws": draws, "seconds": statistics.median(seconds), "zones": zones}


if __name__ == "__main__":
    draws = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    print(json.dumps(measure(draws, int(sys.argv[2]) if len(sys.argv) > 2 else 5)))
