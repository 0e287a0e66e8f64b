"""The flagship with all mechanisms beside its bare bargaining, in turn in one process: draws a second of both."""

import json
import statistics
import sys
import time
from pathlib import Path

from sim.model.domain import structure
from sim.results.chunks import play_chunk
from sim.scenario import read_scenario

SCENARIOS = Path(__file__).parent.parent / "scenarios"
FILES = {"bare": "ukraine-bargaining-only.yaml", "all": "ukraine-december-2025.yaml"}


def measure(draws: int, pairs: int) -> dict[str, float]:
    """Medians over pairs, and the median of the ratios pair by pair; reading and laying out are not counted."""
    made = {name: read_scenario(SCENARIOS / file) for name, file in FILES.items()}
    tables = {name: structure(scenario) for name, scenario in made.items()}
    seconds: dict[str, list[float]] = {name: [] for name in made}
    for pair in range(pairs + 1):
        for name, scenario in made.items():
            start = time.perf_counter()
            play_chunk(scenario, 1, 0, draws, tables[name])
            if pair:  # the first is for warming up
                seconds[name].append(time.perf_counter() - start)
    ratios = [all_on / bare for all_on, bare in zip(seconds["all"], seconds["bare"], strict=True)]
    return {
        "draws": draws,
        "bare_draws_per_second": draws / statistics.median(seconds["bare"]),
        "all_draws_per_second": draws / statistics.median(seconds["all"]),
        "times_slower": statistics.median(ratios),
    }


if __name__ == "__main__":
    draws = int(sys.argv[1]) if len(sys.argv) > 1 else 128
    print(json.dumps(measure(draws, int(sys.argv[2]) if len(sys.argv) > 2 else 5)))
