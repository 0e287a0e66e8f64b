"""Runs a benchmark as a process of its own, and two in turn."""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


def ours(file: str, *arguments: str) -> dict[str, Any]:
    """What a benchmark of this folder prints on its last line."""
    return _last_line([sys.executable, str(HERE / file), *arguments])


def peer(python: str, file: str, *arguments: str) -> dict[str, Any]:
    """The same, run by another interpreter."""
    return _last_line([python, str(HERE / file), *arguments])


def _last_line(command: list[str]) -> dict[str, Any]:
    env = os.environ | ONE_THREAD | {"PYTHONPATH": str(HERE.parent)}
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=env)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


Measured = tuple[list[dict[str, Any]], list[dict[str, Any]]]


def in_turn(pairs: int, first: Callable[[], dict[str, Any]], second: Callable[[], dict[str, Any]] | None) -> Measured:
    """One, the other, the one again, and so on: what else the machine does falls on both."""
    one: list[dict[str, Any]] = []
    other: list[dict[str, Any]] = []
    for _ in range(pairs):
        one.append(first())
        if second is not None:
            other.append(second())
    return one, other


def median(found: list[dict[str, Any]], key: str) -> float:
    """The median of a figure."""
    return statistics.median(float(each[key]) for each in found)


def median_ratio(measured: Measured, key: str) -> float | None:
    """The median, pair by pair, of the first's figure over the second's; None where there is no second."""
    one, other = measured
    if not other:
        return None
    return statistics.median(float(a[key]) / float(b[key]) for a, b in zip(one, other, strict=True))
