"""A sweep as one table: a row a point, with its settings and results, all on the same runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from sim.core.utility import EVERYBODY
from sim.core.zopa import acceptable
from sim.model.ensemble import central
from sim.results.figures import STAGES
from sim.results.notebook import Notebook
from sim.results.results import share_interval
from sim.scenario import Scenario


@dataclass(frozen=True, eq=False)
class SweepTable(Notebook):
    """The results of every point of a sweep."""

    title: str
    n: int
    seed: int  # of all of them: run k draws the same numbers at every point
    design: str | None  # such as `sobol:64`; None for a grid
    paths: tuple[str, ...]  # paths that vary, in the order in which they were named
    # one row a point: a column a path (numbers where all values are), `zone_central` (packages acceptable to all at
    # central numbers, every red line real), for each stage that some point has `<stage>`, `<stage>_low` and
    # `<stage>_high` (share of runs, 95 %), `median_month`, `most_frequent` and its share, and `folder`
    points: pd.DataFrame = field(repr=False)

    def overview(self) -> tuple[str, pd.DataFrame]:
        return f"{self.title} ({self.n:,} runs a point, seed {self.seed})", self.points

    @property
    def stages(self) -> tuple[str, ...]:
        return tuple(name for name in STAGES if name in self.points)

    def numeric(self, path: str) -> bool:
        return pd.api.types.is_numeric_dtype(self.points[path])


Point = tuple[Scenario, Mapping[str, str], Mapping[str, Any], str]


def sweep_table(title: str, n: int, seed: int, design: str | None, points: Sequence[Point]) -> SweepTable:
    paths, rows = tuple(points[0][1]), []
    last = ["median_month", "most_frequent", "most_frequent_share"]
    for scenario, settings, facts, folder in points:
        row: dict[str, Any] = dict(settings) | {"zone_central": zone_at_centre(scenario)}
        # a stage equal to the one before has its share
        for stage, share in ({"zone_ever": facts["reached"]["zone_first"]} | facts["reached"]).items():
            low, high = share_interval(round(share * n), n)
            row |= {stage: share, f"{stage}_low": low, f"{stage}_high": high}
        rows.append(row | {name: facts[name] for name in last} | {"folder": folder})
    table = pd.DataFrame(rows)
    for path in paths:
        numbers = pd.to_numeric(table[path], errors="coerce")
        if numbers.notna().all():
            table[path] = numbers
    columns = [f"{stage}{end}" for stage in STAGES if stage in table for end in ("", "_low", "_high")]
    return SweepTable(title, n, seed, design, paths, table[[*paths, "zone_central", *columns, *last, "folder"]])


def zone_at_centre(scenario: Scenario) -> int:
    """Number of packages acceptable to all signatories, at central numbers in round 1, all red lines real."""
    ensemble = central(scenario)
    table, quota = ensemble.structure, ensemble.protocol.quota
    real = np.asarray(table.lines.party != EVERYBODY)[None]  # before events remove any
    return int(acceptable(ensemble.utility(), ensemble.reservation_value, table.signs, table.lines, real, quota).sum())
