"""`explain`: why there is no deal and what would open the way, for results or for one draw."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sim.cli.output import WRONG_INPUT, fail, print_result
from sim.cli.sources import read_or_fail
from sim.results.manifest import holds_results
from sim.results.reading import open_results
from sim.scenario import Scenario
from sim.scenario.messages import shown

if TYPE_CHECKING:
    from sim.results.results import Results


def explain_results(path: Path, draws: int, seed: int | None, sets: Sequence[str], look: int, as_json: bool) -> None:
    """Explain a results folder, or a scenario file that is played now."""
    from sim.analysis.explain import explain

    print_result(explain(_results(path, draws, seed, sets), look), as_json)


def explain_one_draw(path: Path, draw: int, seed: int | None, sets: Sequence[str], as_json: bool) -> None:
    """Tell one draw and what it missed a deal by."""
    from sim.analysis.explain_draw import explain_draw

    print_result(explain_draw(*_drawn_from(path, seed, sets), draw), as_json)


def _results(path: Path, draws: int, seed: int | None, sets: Sequence[str]) -> "Results":
    from sim.results.results import run

    if holds_results(path):
        _as_stored(path, seed, sets)
        return open_results(path)
    return run(read_or_fail(path, sets), draws, 1 if seed is None else seed)


def _drawn_from(path: Path, seed: int | None, sets: Sequence[str]) -> tuple[Scenario, int]:
    """The scenario and the seed of a file or of a results folder, the files of which are checked first."""
    if not holds_results(path):
        return read_or_fail(path, sets), 1 if seed is None else seed
    _as_stored(path, seed, sets)
    results = open_results(path)
    return results.scenario, results.seed


def _as_stored(path: Path, seed: int | None, sets: Sequence[str]) -> None:
    """Results are of one scenario and one seed: nothing can be set in them."""
    said = "--set" if sets else "--seed" if seed is not None else ""
    if said:
        fail(WRONG_INPUT, f"{said} is for scenario files; {shown(path, 200)} is a results folder, as it was played")
