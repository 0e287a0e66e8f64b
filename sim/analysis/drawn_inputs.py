"""The uncertain inputs of finished runs, column by column, those drawn together counted once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sim.core import streams
from sim.core.exact import Floats
from sim.model.ensemble import line_group
from sim.results.results import Results, remembered
from sim.scenario import Scenario

MOST_RUNS = 100_000  # some 200 MB of the flagship
PREFIX = "input."
BINARY = (".real", ".looks_ahead")  # end the paths of binary inputs: of red lines, and of kinds of parties
DUMMY: dict[str, Any] = {"input": "", "together": (), "kind": "dummy"}  # first columns of a dummy input


@dataclass(frozen=True, eq=False)
class Drawn:
    """The inputs of some runs."""

    together: Mapping[str, tuple[str, ...]]  # inputs that differ, sorted; each with all drawn together, itself first
    columns: Mapping[str, pd.Series]  # values by path, shape (n,) each
    seed: int

    @property
    def paths(self) -> list[str]:
        return list(self.together)

    def values(self, path: str) -> Floats:
        """Return an input in every run, shape (n,); 0 or 1 for a binary one."""
        return self.columns[path].to_numpy(float)

    def is_binary(self, path: str) -> bool:
        """Return whether an input is binary, as whether a red line is real."""
        return path.endswith(BINARY)


@remembered
def sampled_runs(results: Results) -> pd.DataFrame:
    """Return the first of the finished runs, with all columns: enough to distinguish an effect from chance."""
    return results.head(MOST_RUNS)


def inputs_of(results: Results) -> Drawn:
    """Return the inputs that differ between the sampled runs."""
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
    """Return the stream of an input; red lines of one `drawn_with` share theirs, and so are drawn together."""
    block, *rest = path.split(".")
    if block != "parties" or rest[1] != "red_lines":
        return path
    party, _, line_id, quantity = rest
    line = next(line for line in scenario.parties[party].red_lines if line.id == line_id)
    return f"{line_group(scenario.lines, party, line_id, line.drawn_with)}.{quantity}"


def dummy(seed: int, number: int, n: int) -> Floats:
    """Return a dummy input, for the noise of a method: uniforms of a stream of its own, shape (n,)."""
    return streams.uniform(seed, f"analysis.dummy.{number}", 0, n)


def resamples(seed: int, n: int, count: int) -> np.ndarray:
    """Return rows of bootstrap samples of n rows each, with replacement, shape (count, n)."""
    drawn = streams.uniform(seed, "analysis.bootstrap", 0, count * n).reshape(count, n)
    return np.asarray((drawn * n).astype(np.int64))
