"""The inputs of a command: scenario files, folders of them, results folders."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sim.cli.output import WRONG_INPUT, fail, fault_lines
from sim.core.wording import shown
from sim.results.manifest import RESOLVED, holds_results
from sim.results.reading import open_results
from sim.scenario import ScenarioError, read_scenario

if TYPE_CHECKING:
    from sim.results.results import Results
    from sim.scenario import Scenario

SUFFIXES = (".yaml", ".yml")


def scenario_files(paths: Iterable[Path]) -> list[Path]:
    """Return the named files, and the scenario files of named folders, sorted by name."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(each for each in path.iterdir() if each.suffix in SUFFIXES and each.is_file())
            if not inside:
                fail(WRONG_INPUT, f"{shown(path, 200)}: no scenario file ({' or '.join(SUFFIXES)}) in this folder")
            found += inside
        else:
            found.append(path)
    return list(dict.fromkeys(found))


def read_or_fail(path: Path, sets: Sequence[str] = ()) -> "Scenario":
    """Read a scenario; print its faults and exit if it has any."""
    try:
        return read_scenario(path, sets)
    except ScenarioError as error:
        fail(WRONG_INPUT, *fault_lines(path, error))


def results_or_runs(paths: Sequence[Path], draws: int, seed: int | None) -> "list[Results]":
    """Open results folders and play scenario files, which take the seed of the first folder unless one is given."""
    from sim.results.results import run

    opened = {path: open_results(path) for path in paths if holds_results(path)}
    read = {path: read_or_fail(path) for path in paths if path not in opened}
    if seed is None:
        seed = next((results.seed for results in opened.values()), 1)
    return [opened[path] if path in opened else run(read[path], draws, seed) for path in paths]


def figures_at(path: Path) -> "list[tuple[str, str]]":
    """Return names and labels of the figures of a scenario's results; empty where it cannot be read."""
    from sim.analysis.figures import figures
    from sim.results.results import run

    try:
        scenario = read_scenario(path / RESOLVED if holds_results(path) else path)
    except ScenarioError:
        return []
    return [(figure.name, figure.label) for figure in figures([run(scenario, 1)])]
