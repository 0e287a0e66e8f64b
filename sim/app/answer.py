"""The answer of the tweak page, computed in the worker: plain data."""

from collections.abc import Generator
from typing import Any

from sim.app.playing import played
from sim.scenario import read_scenario


def answer(path: str, seed: int, draws: int) -> Generator[None, None, dict[str, Any]]:
    """What came of the runs of a file."""
    results = yield from played(read_scenario(path), seed, draws)
    return results.summary()
