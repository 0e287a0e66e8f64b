"""Runs of a scenario for `benchmarks/ema_boxes.py`: `python -m tests.ema_cases FOLDER` writes `two_banks.csv` there."""

import sys
from pathlib import Path

import numpy as np

import sim
from sim.analysis.boxes import Factors
from sim.analysis.discovery import factors_of
from sim.analysis.figures import figure_named
from sim.core.packages import Bools
from tests.problems import shipped

RUNS = 1200
OPTION = "strip.demilitarised"


def two_banks() -> tuple[Factors, Bools]:
    """The inputs of runs of the two banks, and which of them sign a text with an option that few have."""
    results = sim.run(shipped("two-banks-pullback"), RUNS)
    factors = factors_of(results, results.draws, options=False)
    numbers = [column for column, count in enumerate(factors.categories) if not count]
    names = tuple(factors.names[column] for column in numbers)
    cases = figure_named([results], OPTION).values(results.draws) > 0
    return Factors(names, factors.values[:, numbers], (0,) * len(names)), np.asarray(cases)


def write(folder: Path) -> None:
    factors, cases = two_banks()
    lines = [",".join([*factors.names, "case"])]
    for row, case in zip(factors.values.tolist(), cases.tolist(), strict=True):
        lines.append(",".join([*map(repr, row), str(int(case))]))
    (folder / "two_banks.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
