"""625 packages, 4 parties, 100 rounds: from the YAML file to outcomes in memory, on one core.

`small_case.py [RULE [DRAWS [FILE]]]`: with a FILE, the numbers of the first draws are written there for the peer.
"""

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from peer_numbers import write_numbers

from sim.model.ensemble import draw
from sim.results import chunks
from sim.scenario import Scenario, read_scenario

PARTIES = ("ash", "birch", "cedar", "dogwood")
ISSUES = ("first", "fourth", "second", "third")
FOR_THE_PEER = 400
WARM_UP = 64
EXPONENT = {"value": 2, "range": [0.5, 4]}
TIME_DEPENDENT = {"name": "time_dependent", "exponent": EXPONENT}
OPEN = {"name": "alternating_offers", "information": "positions"}

# Protocol and strategy of each rule that is measured, and the negotiator of NegMAS it is measured beside.
RULES: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "best_for_others": (OPEN, TIME_DEPENDENT | {"offers": "best_for_others"}, "aspiration"),
    "least_own": (OPEN, TIME_DEPENDENT | {"offers": "least_own"}, "aspiration"),
    "negmas_0_16": ({"name": "negmas_0_16"}, {"name": "negmas_aspiration", "exponent": EXPONENT}, "aspiration"),
    "tit_for_tat": (OPEN, {"name": "tit_for_tat"}, "tit_for_tat"),
    "micro": (OPEN, {"name": "micro"}, "micro"),
}


def problem(rule: str, option: str = "o") -> dict[str, Any]:
    """Four issues of five options, `o0` to `o4`; each party wants the issues in another order and from another end."""
    options = {f"{option}{k}": f"Option {k}" for k in range(5)}
    protocol, strategy, _ = RULES[rule]
    return {
        "schema": 1,
        "id": "small-case",
        "title": "Four parties, 625 packages",
        "time": {"rounds": 100, "days_per_round": 1},
        "issues": {name: {"label": name, "options": options} for name in ISSUES},
        "parties": {name: _party(n, strategy, option) for n, name in enumerate(PARTIES)},
        "protocol": protocol | {"order": list(PARTIES)},
    }


def _party(n: int, strategy: dict[str, Any], option: str) -> dict[str, Any]:
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
            issue: {f"{option}{k}": points for k, points in enumerate(up if (i + n) % 2 else down)}
            for i, issue in enumerate(ISSUES)
        },
        "no_deal": {"value": 0.45, "range": [0.3, 0.6]},
        "strategy": strategy,
    }


def load(rule: str, folder: Path, option: str = "o") -> Scenario:
    """The scenario, read from a file as every scenario is."""
    path = folder / f"small-case-{rule}.yaml"
    path.write_text(json.dumps(problem(rule, option)))
    return read_scenario(path)


def measure(rule: str, draws: int) -> dict[str, Any]:
    """Seconds and draws a second, reading the file included, in a process that has played a few draws before.

    These have options of other names, so that nothing that is kept of their file or packages serves those that are
    timed. The peer is not charged for loading its code either.
    """
    with tempfile.TemporaryDirectory() as folder:
        chunks.play_chunk(load(rule, Path(folder), "w"), 1, 0, WARM_UP)
        start = time.perf_counter()
        scenario = load(rule, Path(folder))
        chunk = chunks.play_chunk(scenario, 1, 0, draws)
        seconds = time.perf_counter() - start
    signed = float(chunk.draws["package"].notna().mean())
    return {"draws": draws, "seconds": seconds, "draws_per_second": draws / seconds, "signed": signed}


def export(path: Path, draws: int) -> None:
    """The numbers of the first draws, for the peer."""
    with tempfile.TemporaryDirectory() as folder:
        scenario = load("least_own", Path(folder))
    write_numbers(draw(scenario, 1, 0, draws), path)


if __name__ == "__main__":
    if len(sys.argv) > 3:
        export(Path(sys.argv[3]), FOR_THE_PEER)
    rule = sys.argv[1] if len(sys.argv) > 1 else "best_for_others"
    print(json.dumps(measure(rule, int(sys.argv[2]) if len(sys.argv) > 2 else 4096)))
