"""Drivers: the input most associated with a stage; only a counterfactual can show that it is a cause."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.core import exact
from sim.core.exact import Floats
from sim.core.packages import Bools
from sim.results.results import Results, remembered, share_interval
from sim.results.stages import Flags, stage_flags, stages, stops
from sim.results.statistics import Place, places_of

FUNNEL_COLUMNS = [
    *("kind", "name", "count", "share", "low", "high", "n"),
    *("moved_by", "where_low", "where_high", "difference", "by_low", "by_high"),
]
LEAST_RUNS = 1_000  # with fewer, the largest difference is mostly chance


@dataclass(frozen=True)
class Mover:
    """The number with the largest difference in the share of runs that reached a stage."""

    paths: tuple[str, ...]  # of the number in the scenario file, and of those drawn together with it, by name
    low_share: float  # of runs that reached it in the third of runs in which the number is smallest
    high_share: float  # the same where it is largest
    difference: float  # of these two, with its 95 % interval (Newcombe 1998, method 10)
    low: float
    high: float
    by_chance: float  # difference that the largest of so many numbers reaches by chance in one case of 20

    @property
    def path(self) -> str:
        return self.paths[0]

    @property
    def stands_out(self) -> bool:
        """Whether the difference is larger than chance makes the largest of so many."""
        return abs(self.difference) > self.by_chance


def funnel(results: Results) -> pd.DataFrame:
    """Tabulate how far runs got and where the others stopped, one row a step.

    Returns:
        `kind` (stage, of_those or stop), `name`, `count`, `share`, the ends of its 95 % interval `low` and `high`, `n`
        (of how many); for stages the number most associated with them, where one stands out: `moved_by`, the share of
        runs where it is lowest and highest, `where_low` and `where_high`, the `difference` and the ends of its 95 %
        interval, `by_low` and `by_high`.
    """
    rows, moved = [], moved_by(results)
    for step in (*stages(results), *stops(results)):
        row: dict[str, object] = {"kind": step.kind, "name": step.name, "count": step.count, "share": step.share}
        row |= {"low": step.interval[0], "high": step.interval[1], "n": step.n}
        mover = moved.get(step.name) if step.kind == "stage" else None
        if mover is not None and mover.stands_out:
            row |= {"moved_by": mover.path, "where_low": mover.low_share, "where_high": mover.high_share}
            row |= {"difference": mover.difference, "by_low": mover.low, "by_high": mover.high}
        rows.append(row)
    return pd.DataFrame(rows, columns=FUNNEL_COLUMNS)


@remembered
def moved_by(results: Results) -> dict[str, Mover | None]:
    """Return the driver of each stage of the scenario; see `movers`."""
    return movers(results, stage_flags(results))


def movers(results: Results, flags: Flags) -> dict[str, Mover | None]:
    """For each stage, find the uncertain number with which the share of runs that reach it differs most.

    Runs are sorted by each number; the lowest third is compared with the highest. One number is taken at a time while
    all others vary: interactions are not detected. Whether a red line is real is not an assumption and is left out.
    None for a stage that no run reached, or all did, or with too few runs or numbers. With many numbers one may stand
    out by chance: only the same runs with that number changed show a cause.
    """
    third = results.n // 3
    columns = _apart(results)
    reached: dict[str, int] = {}
    for piece in results.pieces(*flags.columns):
        for name, flag in flags.of(piece).items():
            reached[name] = reached.get(name, 0) + int(flag.sum())
    if results.n < LEAST_RUNS or not columns:
        return dict.fromkeys(reached)
    lows, highs = _counts_in_thirds(results, flags, list(columns), third)
    chance = float(exact.normal_quantile(np.array([1 - 0.05 / (2 * len(columns))]))[0])
    found: dict[str, Mover | None] = {}
    for name, runs in reached.items():
        share = runs / results.n
        if share in (0.0, 1.0):
            found[name] = None
            continue
        low, high = lows[name], highs[name]
        place = int(np.abs(high - low).argmax())
        paths = tuple(path.removeprefix("input.") for path in list(columns.values())[place])
        by_chance = chance * float(np.sqrt(2 * share * (1 - share) / third))
        counts = int(low[place]), third, int(high[place]), third
        shares = counts[0] / third, counts[2] / third
        found[name] = Mover(paths, *shares, *share_difference(*counts), by_chance)
    return found


def _apart(results: Results) -> dict[str, tuple[str, ...]]:
    """Return columns of drawn numbers that differ, sorted by name, each with all columns equal to it, itself first."""
    kinds = results.rows.dtypes
    names = sorted(n for n in kinds if n.startswith("input.") and str(kinds[n]) not in ("bool", "boolean"))
    prints = {name: hashlib.sha256() for name in names}
    for piece in results.pieces(*names) if names else ():
        for name in names:
            prints[name].update(piece[name].to_numpy(float).tobytes())
    first: dict[bytes, str] = {}
    found: dict[str, tuple[str, ...]] = {}
    for name in names:
        same = first.setdefault(prints[name].digest(), name)
        found[same] = (*found.get(same, ()), name)
    return found


Counts = dict[str, npt.NDArray[np.int64]]


def _counts_in_thirds(results: Results, flags: Flags, names: Sequence[str], third: int) -> tuple[Counts, Counts]:
    """Count runs that reached each stage, by column, in its lowest and in its highest third; ties are broken by row."""

    def read() -> Iterator[Mapping[str, Floats]]:
        for piece in results.pieces(*names):
            yield {name: piece[name].to_numpy(float) for name in names}

    counts = (third, results.n - third)
    places = places_of(read, {name: [count - 1 for count in counts] for name in names})
    lowest, others = (_Lowest(count, [places[name][count - 1] for name in names]) for count in counts)
    lows: Counts = {}
    highs: Counts = {}
    for piece in results.pieces(*dict.fromkeys((*flags.columns, *names))):
        values = np.column_stack([piece[name].to_numpy(float) for name in names])
        low, high = lowest.among(values), ~others.among(values)
        for name, runs in flags.of(piece).items():
            there = runs.to_numpy(bool)
            lows[name] = lows.get(name, 0) + low[there].sum(axis=0)
            highs[name] = highs.get(name, 0) + high[there].sum(axis=0)
    return lows, highs


class _Lowest:
    """The lowest rows by each of several columns, collected piece by piece; ties are broken by row.

    `ends` are the last numbers among them.
    """

    def __init__(self, count: int, ends: Sequence[Place]) -> None:
        self.count, self.last = count, np.array([end.value for end in ends])
        self.taken = np.array([end.below for end in ends])  # with rows equal to the last, piece by piece

    def among(self, values: Floats) -> Bools:
        """Return which of the next rows are among them, shape (rows, columns), given their values."""
        equal = values == self.last
        place = self.taken + np.cumsum(equal, axis=0)
        self.taken = self.taken + equal.sum(axis=0)
        lowest: Bools = (values < self.last) | (equal & (place <= self.count))
        return lowest


def share_difference(first: int, n_first: int, second: int, n_second: int) -> tuple[float, float, float]:
    """Second share less the first, of independent runs, and the ends of its 95 % interval.

    Source: Newcombe (1998), method 10, from Wilson's intervals of both.
    """
    a, b = first / n_first, second / n_second
    (a_low, a_high), (b_low, b_high) = share_interval(first, n_first), share_interval(second, n_second)
    below = float(np.sqrt((b - b_low) ** 2 + (a_high - a) ** 2))
    above = float(np.sqrt((b_high - b) ** 2 + (a - a_low) ** 2))
    return b - a, b - a - below, b - a + above
