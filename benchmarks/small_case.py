"""625 packages, 4 parties, 100 rounds: from the YAML file to outcomes in memory, on one core.

`python benchmarks/small_case.py [OFFERS [STRATEGY [DRAWS]]]`; an offer rule that is `default` is the strategy's own.
"""

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from sim import chunks
from sim.ensemble import draw
from sim.scenario import Scenario, read_scenario
from sim.structure import structure

PARTIES = ("ash", "birch", "cedar", "dogwood")
ISSUES = ("first", "fourth", "second", "third")


def problem(offers: str, strategy: str = "time_dependent") -> dict[str, Any]:
    """Four issues of five options; each party wants the issues in another order and from another end."""
    options = {f"o{k}": f"Option {k}" for k in range(5)}
    return {
        "schema": 1,
        "id": "small-case",
        "title": "Four parties, 625 packages",
        "time": {"rounds": 100, "days_per_round": 1},
        "issues": {name: {"label": name, "options": options} for name in ISSUES},
        "parties": {name: _party(n, offers, strategy) for n, name in enumerate(PARTIES)},
        "protocol": {"name": "alternating_offers", "order": list(PARTIES), "information": "positions"},
    }


def _party(n: int, offers: str, strategy: str) -> dict[str, Any]:
    bargains: dict[str, Any] = {"name": strategy}
    if offers != "default":
        bargains["offers"] = offers
    if strategy in ("time_dependent", "hybrid"):
        bargains["exponent"] = {"value": 2, "range": [0.5, 4]}
    weight = (0.4, 0.3, 0.2, 0.1)
    up, down = [0, 25, 50, 75, 100], [100, 75, 50, 25, 0]
    return {
        "label": PARTIES[n],
        "signs": "always",
        "weights": {
            issue: {"value": weight[(i + n) % 4], "range": [weight[(i + n) % 4] / 2, weight[(i + n) % 4] * 1.5]}
            for i, issue in enumerate(ISSUES)
        },
        "values": {
            issue: {f"o{k}": (up if (i + n) % 2 else down)[k] for k in range(5)} for i, issue in enumerate(ISSUES)
        },
        "no_deal": {"value": 0.45, "range": [0.3, 0.6]},
        "strategy": bargains,
    }


def load(offers: str, folder: Path, strategy: str = "time_dependent") -> Scenario:
    """The scenario, read from a file as every scenario is."""
    path = folder / f"small-case-{strategy}-{offers}.yaml"
    path.write_text(json.dumps(problem(offers, strategy)))
    return read_scenario(path)


def measure(offers: str, draws: int, strategy: str = "time_dependent") -> dict[str, Any]:
    """Seconds and draws a second, reading the file included."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        scenario = load(offers, Path(folder), strategy)
        chunk = chunks.play_chunk(scenario, 1, 0, draws)
        seconds = time.perf_counter() - start
    signed = float(chunk.draws["package"].notna().mean())
    return {"draws": draws, "seconds": seconds, "draws_per_second": draws / seconds, "signed": signed}


def export(path: Path, draws: int) -> None:
    """The numbers of the first draws, for the peer."""
    with tempfile.TemporaryDirectory() as folder:
        scenario = load("least_own", Path(folder))
    ensemble = draw(scenario, 1, 0, draws, table=structure(scenario))
    path.write_text(
        json.dumps({
            "rounds": scenario.time.rounds,
            "weights": ensemble.weights.tolist(),
            "option_worth": ensemble.option_worth.tolist(),
            "no_deal": ensemble.no_deal.tolist(),
            "exponent": [strategy.exponent.tolist() for strategy in ensemble.strategies],
        })
    )


if __name__ == "__main__":
    rule, name, count = (*sys.argv[1:], *("best_for_others", "time_dependent", "4096")[len(sys.argv) - 1 :])
    print(json.dumps(measure(rule, int(count), name)))
