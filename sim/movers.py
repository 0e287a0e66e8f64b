"""Which assumption moves a result most: a look at the runs at hand, before any design made for the question."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sim import exact
from sim.issues import Ints
from sim.results import Results, share_interval
from sim.stages import reached, stages, stops

FUNNEL_COLUMNS = [
    *("kind", "name", "count", "share", "low", "high", "n"),
    *("moved_by", "where_low", "where_high", "difference", "by_low", "by_high"),
]
LEAST_RUNS = 60  # a third of fewer runs says nothing


@dataclass(frozen=True)
class Mover:
    """The number that goes with the largest difference in the share of runs that got somewhere.

    Attributes:
        path: Of the number in the scenario file; of several that are drawn together, the first by name.
        together: How many numbers are drawn together with it, itself included.
        low_share, high_share: Share of runs that got there in the third of runs in which the number is smallest, and
            in the third in which it is largest.
        difference, low, high: The second less the first, and its 95 % interval (Newcombe 1998, method 10).
        by_chance: Size of difference that the largest of so many numbers reaches by chance alone in one case of 20.
    """

    path: str
    together: int
    low_share: float
    high_share: float
    difference: float
    low: float
    high: float
    by_chance: float

    @property
    def stands_out(self) -> bool:
        """Whether the difference is larger than chance makes the largest of so many."""
        return abs(self.difference) > self.by_chance


def funnel(results: Results) -> pd.DataFrame:
    """How far runs got and what stopped the others, one row a step.

    Returns:
        `kind` (stage, of_those or stop), `name`, `count`, `share`, the ends of its 95 % interval `low` and `high`, `n`
        (of how many); for stages the number of the file that moves them most, where one stands out: `moved_by`, the
        share of runs where it is lowest and highest, `where_low` and `where_high`, the `difference` and the ends of
        its 95 % interval, `by_low` and `by_high`.
    """
    rows, moved = [], movers(results, reached(results))
    for step in (*stages(results), *stops(results)):
        row: dict[str, object] = {"kind": step.kind, "name": step.name, "count": step.count, "share": step.share}
        row |= {"low": step.interval[0], "high": step.interval[1], "n": step.n}
        mover = moved.get(step.name) if step.kind == "stage" else None
        if mover is not None and mover.stands_out:
            row |= {"moved_by": mover.path, "where_low": mover.low_share, "where_high": mover.high_share}
            row |= {"difference": mover.difference, "by_low": mover.low, "by_high": mover.high}
        rows.append(row)
    return pd.DataFrame(rows, columns=FUNNEL_COLUMNS)


def movers(results: Results, reached: "Mapping[str, pd.Series[bool]]") -> dict[str, Mover | None]:
    """For each stage, the uncertain number that moves the share of runs that get there most.

    Runs are sorted by each number; the lowest third is set beside the highest. One number is looked at at a time, all
    others vary with their ranges: what two of them do together is not seen. Lots (whether a line is real) are no
    assumptions and are left out.

    Args:
        results: Draws with their inputs.
        reached: Which runs got to each stage, by name of the stage.

    Returns:
        None for a stage that no run reached, or all did, or with too few runs or no uncertain number.
    """
    inputs = results.draws.filter(regex=r"^input\.")
    numbers = inputs.loc[:, [str(dtype) not in ("bool", "boolean") for dtype in inputs.dtypes]]
    third = results.n // 3
    if third < LEAST_RUNS // 3 or numbers.empty:
        return dict.fromkeys(reached)
    columns = _apart(numbers)
    lowest, highest = _thirds(numbers[list(columns)].to_numpy(float), third)
    chance = float(exact.normal_quantile(np.array([1 - 0.05 / (2 * len(columns))]))[0])
    found: dict[str, Mover | None] = {}
    for name, runs in reached.items():
        share = float(runs.mean())
        if share in (0.0, 1.0):
            found[name] = None
            continue
        there = runs.to_numpy(bool)
        low, high = there[lowest].sum(axis=0), there[highest].sum(axis=0)
        place = int(np.abs(high - low).argmax())
        path = list(columns)[place]
        by_chance = chance * float(np.sqrt(2 * share * (1 - share) / third))
        counts = int(low[place]), int(high[place])
        found[name] = _mover(path.removeprefix("input."), columns[path], *counts, third, by_chance)
    return found


def _apart(numbers: pd.DataFrame) -> dict[str, int]:
    """Columns that differ, sorted by name, each with the number of columns equal to it."""
    first: dict[bytes, str] = {}
    count: dict[str, int] = {}
    for name in sorted(numbers.columns):
        same = first.setdefault(numbers[name].to_numpy(float).tobytes(), name)
        count[same] = count.get(same, 0) + 1
    return count


def _thirds(values: np.ndarray, third: int) -> tuple[Ints, Ints]:
    """Rows of the lowest and of the highest third by each column, each (third, columns); ties by row."""
    order = np.argsort(values, axis=0, kind="stable")
    return order[:third], order[len(values) - third :]


def _mover(path: str, together: int, low: int, high: int, n: int, by_chance: float) -> Mover:
    return Mover(path, together, low / n, high / n, *share_difference(low, n, high, n), by_chance)


def share_difference(first: int, n_first: int, second: int, n_second: int) -> tuple[float, float, float]:
    """Second share less the first, of independent runs, and the ends of its 95 % interval.

    Source: Newcombe (1998), method 10, from Wilson's intervals of both.
    """
    a, b = first / n_first, second / n_second
    (a_low, a_high), (b_low, b_high) = share_interval(first, n_first), share_interval(second, n_second)
    below = float(np.sqrt((b - b_low) ** 2 + (a_high - a) ** 2))
    above = float(np.sqrt((b_high - b) ** 2 + (a - a_low) ** 2))
    return b - a, b - a - below, b - a + above
