"""Which inputs move a figure of the results: one table a method, over finished runs or over runs of a design."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from sim.analysis.asked import Asked, figure_asked
from sim.analysis.compare import mean_interval
from sim.analysis.drawn import inputs_of
from sim.analysis.input_words import input_words
from sim.analysis.sensitivity_text import sensitivity_text
from sim.analysis.tornado import Sample, sample, tornado
from sim.results import Results, share_interval

FINISHED = ("tornado",)  # methods that need no runs but those that are there


@dataclass(frozen=True, eq=False)
class Sensitivity:
    """What moves a figure.

    Attributes:
        results: The finished runs.
        asked: The figure.
        n: Finished runs that have it.
        value, low, high: Its mean over these, with a 95 % interval.
        inputs: Inputs that differ from run to run.
        tables: One table a method, as the module of the method tells.
        designs: Of each method that played runs of its own: their number and how they were laid out.
        note: Why there is no table, empty if there is one.
    """

    results: Results = field(repr=False)
    asked: Asked
    n: int
    value: float
    low: float
    high: float
    inputs: int
    tables: Mapping[str, pd.DataFrame]
    designs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    note: str = ""

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        return sensitivity_text(self)

    def as_data(self) -> dict[str, Any]:
        """The same as plain data, with the keys of `peacesim sensitivity --json`; what does not exist is None."""
        scenario = self.results.scenario
        return {
            "id": scenario.id, "title": scenario.title, "n": self.results.n, "seed": self.results.seed,
            "of": self.asked.name, "label": self.asked.label, "kind": self.asked.kind, "note": self.note,
            "value": self.value, "low": self.low, "high": self.high, "n_of": self.n, "inputs": self.inputs,
            "designs": [{"method": name, **facts} for name, facts in self.designs.items()],
            **{method: _records(self, table) for method, table in self.tables.items()},
        }  # fmt: skip


def sensitivity(results: Results, of: str = "signed", methods: tuple[str, ...] = FINISHED) -> Sensitivity:
    """What moves a figure, from finished runs alone.

    Args:
        results: Of one scenario.
        of: Name of the figure.
        methods: Of `FINISHED`.

    Raises:
        NoAnswer: if there is no such figure, or too few runs have it.
    """
    asked = figure_asked(results, of)
    drawn = inputs_of(results)
    found = sample(asked, results.draws, drawn)
    value, low, high = figure_with_interval(found)
    note = why_nothing(found)
    makers = {"tornado": tornado}
    tables = {} if note else {method: makers[method](found) for method in methods}
    return Sensitivity(results, asked, found.n, value, low, high, len(drawn.paths), tables, note=note)


def figure_with_interval(found: Sample) -> tuple[float, float, float]:
    """The mean of a figure with its 95 % interval: of a share Wilson's."""
    value, low, high = mean_interval(pd.Series(found.values))
    if found.asked.is_share:
        low, high = share_interval(int(found.values.sum()), found.n)
    return value, low, high


def why_nothing(found: Sample) -> str:
    """Why no input can be told to move a figure; empty if one can."""
    if not found.drawn.paths:
        return "No number of the file has a range, so nothing differs from run to run but lots: nothing can be told."
    if found.is_constant:
        every = found.values[0]
        if found.asked.is_share:
            none = "All" if every else "None"
            return f"{none} of the {found.n:,} runs {found.asked.does}, so no input moves that within its range."
        return f"{found.asked.label}: {every:.3g} in all {found.n:,} runs, so no input moves it within its range."
    return ""


def _records(told: Sensitivity, table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a table, each input with its words."""
    rows = []
    for row in table.to_dict("records"):
        words = input_words(told.results.scenario, row["input"]) if row["kind"] in ("number", "lot") else ""
        rows.append({"input": row.pop("input"), "words": words, **{str(k): _plain(v) for k, v in row.items()}})
    return rows


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return value.item() if isinstance(value, np.generic) else value
