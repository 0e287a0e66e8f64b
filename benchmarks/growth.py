"""How the cost of a draw grows with draws, packages and rounds: measured points on small scenarios made here.

`growth.py [TIMES]`. Two strategies: `time_dependent`, whose rounds are played in one compiled loop, and `tit_for_tat`,
which is played turn by turn. Four parties; what is not varied is 625 packages, 100 rounds and 2,048 draws.
"""

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from small_case import PARTIES

from sim.model.domain import structure
from sim.results.chunks import play_chunk
from sim.scenario import Scenario, read_scenario

STRATEGIES: dict[str, dict[str, Any]] = {
    "time_dependent": {"name": "time_dependent", "exponent": {"value": 2, "range": [0.5, 4]}},
    "tit_for_tat": {"name": "tit_for_tat"},
}
DRAWS = (256, 512, 1024, 2048, 4096, 8192)
SIZES = ((4, 4), (4, 5), (4, 6), (4, 8), (4, 10), (5, 8), (5, 10))  # issues, options of each: 256 to 100,000 packages
WEIGHTS = {4: (0.4, 0.3, 0.2, 0.1), 5: (0.3, 0.25, 0.2, 0.15, 0.1)}
ROUNDS = (25, 50, 100, 200, 400)
WORK = 2048 * 625  # draws x packages, kept the same while packages vary, so that no point takes minutes
USUAL = {"draws": 2048, "issues": 4, "options": 5, "rounds": 100}
LARGER_HALF = 4  # points of which the exponent is taken: where fixed costs count least


def problem(issues: int, options: int, rounds: int, strategy: dict[str, Any]) -> dict[str, Any]:
    """Four parties who want some issues from one end and some from the other, each with weights of its own."""
    names = [f"issue{i}" for i in range(issues)]
    spread = [round(100 * k / (options - 1), 3) for k in range(options)]
    weight = {(n, i): WEIGHTS[issues][(i + n) % issues] for n in range(len(PARTIES)) for i in range(issues)}
    return {
        "schema": 1,
        "id": "growth",
        "title": f"{options**issues} packages",
        "time": {"rounds": rounds, "days_per_round": 1},
        "issues": {name: {"label": name, "options": {f"o{k}": f"{k}" for k in range(options)}} for name in names},
        "parties": {
            party: {
                "label": party,
                "signs": "always",
                "weights": {
                    name: {"value": weight[n, i], "range": [weight[n, i] / 2, weight[n, i] * 1.5]}
                    for i, name in enumerate(names)
                },
                "values": {
                    name: {f"o{k}": points for k, points in enumerate(spread if (i + n) % 2 else spread[::-1])}
                    for i, name in enumerate(names)
                },
                "no_deal": {"value": 0.45, "range": [0.3, 0.6]},
                "strategy": strategy,
            }
            for n, party in enumerate(PARTIES)
        },
        "protocol": {"name": "alternating_offers", "information": "positions", "order": list(PARTIES)},
    }


def scenario_of(folder: Path, strategy: str, issues: int, options: int, rounds: int) -> Scenario:
    """A scenario of that size, read from a file as every scenario is."""
    path = folder / "growth.yaml"
    path.write_text(json.dumps(problem(issues, options, rounds, STRATEGIES[strategy])))
    return read_scenario(path)


def cases() -> list[tuple[str, int, dict[str, int]]]:
    """What is varied, to what, and all sizes."""
    found = [("draws", draws, USUAL | {"draws": draws}) for draws in DRAWS]
    for issues, options in SIZES:
        packages = options**issues
        sizes = {"issues": issues, "options": options, "draws": max(32, min(4096, WORK // packages))}
        found.append(("packages", packages, USUAL | sizes))
    return found + [("rounds", rounds, USUAL | {"rounds": rounds}) for rounds in ROUNDS]


def measure(times: int) -> dict[str, Any]:
    """Milliseconds a draw at each point, medians over several passes through all of them; and the exponents.

    Returns:
        `points`: by strategy and by what is varied, pairs of size and milliseconds a draw; `exponents`: likewise, the
        power of the size with which the cost of a draw grows over the larger points. Linear is 0 for draws, and at
        most 1 for packages and rounds.
    """
    points: dict[str, dict[str, list[tuple[int, float]]]] = {name: {} for name in STRATEGIES}
    with tempfile.TemporaryDirectory() as folder:
        for strategy, found in points.items():
            made = [scenario_of(Path(folder), strategy, *_of(sizes)) for _, _, sizes in cases()]
            tables = [structure(scenario) for scenario in made]
            seconds: list[list[float]] = [[] for _ in made]
            play_chunk(made[0], 1, 0, 64, tables[0])  # loads the code
            for _ in range(times):
                for place, (_, _, sizes) in enumerate(cases()):
                    start = time.perf_counter()
                    play_chunk(made[place], 1, 0, sizes["draws"], tables[place])
                    seconds[place].append(time.perf_counter() - start)
            for (what, size, sizes), measured in zip(cases(), seconds, strict=True):
                found.setdefault(what, []).append((size, 1000 * statistics.median(measured) / sizes["draws"]))
    exponents = {name: {what: _exponent(line) for what, line in found.items()} for name, found in points.items()}
    return {"points": points, "exponents": exponents}


def _of(sizes: dict[str, int]) -> tuple[int, int, int]:
    return sizes["issues"], sizes["options"], sizes["rounds"]


def _exponent(line: list[tuple[int, float]]) -> float:
    """Slope of the least-squares line through the logarithms of the larger points."""
    sizes, costs = np.log(np.array(line[-LARGER_HALF:])).T
    return float(np.polyfit(sizes, costs, 1)[0])


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 3)))
