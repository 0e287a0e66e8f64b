"""The uncertain inputs of finished runs: what was drawn, column by column, those drawn together counted once."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sim.core import streams
from sim.core.exact import Floats
from sim.model.ensemble import line_group
from sim.results.results import Results, remembered
from sim.scenario import Scenario

MOST_RUNS = 100_000  # some 200 MB of the flagship
PREFIX = "input."
REAL = ".real"  # ends the path of a lot: whether a red line is real


@dataclass(frozen=True, eq=False)
class Drawn:
    """The inputs of some runs.

    Attributes:
        together: Paths of the inputs that differ, sorted; each with all paths drawn together with it, itself first.
        columns: Values by path, shape (n,) each.
    """

    together: Mapping[str, tuple[str, ...]]
    columns: Mapping[str, pd.Series]
    seed: int

    @property
    def paths(self) -> list[str]:
        return list(self.together)

    def values(self, path: str) -> Floats:
        """An input in every run, shape (n,); of a lot, 1 where it fell so."""
        return self.columns[path].to_numpy(float)

    def is_binary(self, path: str) -> bool:
        """Whether an input is one of two: a red line is real or it is not."""
        return path.endswith(REAL)


@remembered
def sampled_runs(results: Results) -> pd.DataFrame:
    """The first of the finished runs, with all columns: as many as tell an input that matters from luck."""
    return results.head(MOST_RUNS)


def inputs_of(results: Results) -> Drawn:
    """The inputs of the runs looked at that are not the same in all of them."""
    runs = sampled_runs(results)
    columns = {str(name).removeprefix(PREFIX): runs[name] for name in runs if str(name).startswith(PREFIX)}
    first: dict[str, str] = {}
    together: dict[str, tuple[str, ...]] = {}
    for path in sorted(columns):
        values = columns[path].to_numpy(float)
        if len(values) and (values == values[0]).all():
            continue
        same = first.setdefault(_stream(results.scenario, path), path)
        together[same] = (*together.get(same, ()), path)
    return Drawn(together, columns, results.seed)


def _stream(scenario: Scenario, path: str) -> str:
    """What an input is drawn from; red lines of a name share it, and so are drawn together."""
    block, *rest = path.split(".")
    if block != "parties" or rest[1] != "red_lines":
        return path
    party, _, line_id, quantity = rest
    line = next(line for line in scenario.parties[party].red_lines if line.id == line_id)
    return f"{line_group(scenario.lines, party, line_id, line.drawn_with)}.{quantity}"


def dummy(seed: int, number: int, n: int) -> Floats:
    """An input that does nothing: uniforms of a stream of its own, shape (n,).

    Whatever a method says of it is noise, so it says how much of what the method says of other inputs may be noise.
    """
    return streams.uniform(seed, f"analysis.dummy.{number}", 0, n)


def resamples(seed: int, n: int, count: int) -> np.ndarray:
    """Rows of bootstrap samples of n rows each, with replacement, shape (count, n)."""
    drawn = streams.uniform(seed, "analysis.bootstrap", 0, count * n).reshape(count, n)
    return np.asarray((drawn * n).astype(np.int64))
