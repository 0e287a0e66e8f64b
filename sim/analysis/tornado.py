"""Sensitivity of a figure to inputs in finished runs: one at a time (tornado), and over whole distributions (PAWN)."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sim.analysis.compare import unpaired_difference
from sim.analysis.drawn_inputs import DUMMY, Drawn, dummy, resamples
from sim.analysis.figures import NoAnswer
from sim.core import exact
from sim.core.exact import Floats
from sim.core.packages import Bools, Ints
from sim.results.drivers import share_difference
from sim.results.figures import Figure

LEAST_RUNS = 100  # minimum; a fifth of fewer is not meaningful
SLICES = 10  # of the runs, by an input
DUMMIES = 100  # dummy inputs, each with its own stream
PAWN_RUNS = 20_000  # of more, the first so many
MOST_LEVELS = 500  # of a figure: distances are then right to a five-hundredth
RESAMPLES = 100
COLUMNS = [
    *("input", "together", "kind", "low_end", "high_end", "where_low", "where_high", "n_low", "n_high"),
    *("difference", "low", "high", "noise", "stands_out", "first_order", "first_order_noise"),
]
PAWN_COLUMNS = ["input", "together", "kind", "index", "low", "high", "noise", "stands_out", "largest"]


@dataclass(frozen=True, eq=False)
class Sample:
    """A figure in the runs that have one, with the inputs of these runs."""

    figure: Figure
    values: Floats
    has: Bools  # indices of these runs among all
    drawn: Drawn

    @property
    def n(self) -> int:
        return len(self.values)

    @property
    def is_constant(self) -> bool:
        return bool(self.n) and bool((self.values == self.values[0]).all())

    def input(self, path: str) -> Floats:
        return self.drawn.values(path)[self.has]

    def dummy(self, number: int) -> Floats:
        return dummy(self.drawn.seed, number, len(self.has))[self.has]

    def head(self, path: str) -> dict[str, Any]:
        """The first columns of an input's row."""
        kind = "lot" if self.drawn.is_binary(path) else "number"
        return {"input": path, "together": self.drawn.together[path], "kind": kind}


def sample(figure: Figure, draws: pd.DataFrame, drawn: Drawn) -> Sample:
    """Return the runs that have a figure.

    Raises:
        NoAnswer: if there are too few for a sensitivity analysis.
    """
    values = figure.values(draws)
    has = ~np.isnan(values)
    count = int(has.sum())
    if count < LEAST_RUNS:
        of = "runs" if count == len(values) else f"of {len(values):,} runs have one"
        raise NoAnswer(
            f"{figure.label}: {count:,} {of}; to tell which input moves it takes at least {LEAST_RUNS}: "
            "ask for more runs with -n, or for another figure with --of"
        )
    return Sample(figure, values[has], has, drawn)


def tornado(sample: Sample) -> pd.DataFrame:
    """Return a row an input that differs from run to run, the largest difference first; last a dummy, without effect.

    Runs are sorted by the input; the figure in the lowest fifth is compared with that in the highest. For a binary
    input (whether a red line is real), the runs in which it is not real are compared with those in which it is. All
    other inputs vary over their ranges meanwhile, so interactions are not detected.

    Returns:
        `input`, `together` (paths drawn together with it, itself included), `kind` (`number`, `lot` or `dummy`),
        `low_end` and `high_end` (upper end of the lowest fifth, lower end of the highest), `where_low`, `where_high`,
        `n_low`, `n_high`, `difference` with its 95 % interval `low` and `high` (of shares Newcombe's, of means
        Welch's normal one), `noise` (95th percentile of the largest difference of so many dummies),
        `stands_out` (the difference is larger than that), `first_order` (share of the figure's variance explained by
        the input alone; may be a little below 0) and `first_order_noise` (its 95th percentile over dummies).

    Source: for the share of variance, Pearson (1905), the correlation ratio, by slices of equal size, less its mean
    over dummies.
    """
    noise, rows = _Noise(sample), []
    for path in sample.drawn.paths:
        values = sample.input(path)
        if (values != values[0]).any():  # else it differs only in runs without the figure
            rows.append(sample.head(path) | _compared(sample, values, noise, sample.drawn.is_binary(path)))
    rows.sort(key=lambda row: (-abs(row["difference"]), row["input"]))
    return pd.DataFrame([*rows, DUMMY | _compared(sample, sample.dummy(0), noise)], columns=COLUMNS)


def _compared(sample: Sample, values: Floats, noise: "_Noise", binary: bool = False) -> dict[str, Any]:
    lowest, highest = _ends(values, binary)
    low, high = sample.values[lowest], sample.values[highest]
    if sample.figure.is_share:
        difference, at_least, at_most = share_difference(int(low.sum()), len(low), int(high.sum()), len(high))
    else:
        difference, at_least, at_most = unpaired_difference(pd.Series(low), pd.Series(high))
    by_chance = noise.difference(len(low), len(high))
    explained, mean_noise, most_noise = explained_share(values, sample.values, binary), *noise.explained(binary)
    return {
        "low_end": float(values[lowest].max()), "high_end": float(values[highest].min()),
        "where_low": float(low.mean()), "where_high": float(high.mean()), "n_low": len(low), "n_high": len(high),
        "difference": difference, "low": at_least, "high": at_most,
        "noise": by_chance, "stands_out": abs(difference) > by_chance,
        "first_order": explained - mean_noise, "first_order_noise": most_noise - mean_noise,
    }  # fmt: skip


def _ends(values: Floats, binary: bool) -> tuple[Ints, Ints]:
    """Rows of the lowest and of the highest fifth, ties by row; of a binary input those of its two values."""
    if binary:
        return np.flatnonzero(values == 0), np.flatnonzero(values != 0)
    order, fifth = np.argsort(values, kind="stable"), len(values) // 5
    return order[:fifth], order[-fifth:]


def slices(values: Floats, binary: bool, count: int = SLICES) -> Ints:
    """Return the slice of each row, from 0: of equal size by rank, ties by row; of a binary input its two values."""
    place: Ints = (values != 0).astype(np.int64)
    if not binary:
        place[np.argsort(values, kind="stable")] = np.arange(len(values)) * count // len(values)
    return place


def explained_share(values: Floats, figure: Floats, binary: bool) -> float:
    """Return the variance of the slices' means over the variance of a figure, in [0, 1]; 0 for a constant figure."""
    place = slices(values, binary)
    counts = np.bincount(place)
    means = np.bincount(place, figure - figure.mean()) / np.maximum(counts, 1)
    variance = float(figure.var())
    return float((counts * means**2).sum() / len(figure)) / variance if variance > 0 else 0.0


class _Noise:
    """Differences and shares of variance of dummy inputs, on the same runs."""

    def __init__(self, sample: Sample) -> None:
        self.n, inputs = sample.n, len(sample.drawn.paths)
        self.quantile = float(exact.normal_quantile(np.array([1 - 0.05 / (2 * max(inputs, 1))]))[0])
        differences = []
        self.shares: dict[bool, list[float]] = {False: [], True: []}
        for number in range(DUMMIES):
            values = sample.dummy(number)
            low, high = _ends(values, False)
            differences.append(sample.values[high].mean() - sample.values[low].mean())
            self.shares[False].append(explained_share(values, sample.values, False))
            self.shares[True].append(explained_share((values < 0.5).astype(float), sample.values, True))
        self.spread = float(np.sqrt(np.mean(np.square(differences))))

    def difference(self, n_low: int, n_high: int) -> float:
        """Return the 95th percentile of the largest of so many differences, for groups of these sizes."""
        fifth = self.n // 5
        return self.quantile * self.spread * float(np.sqrt((1 / n_low + 1 / n_high) / (2 / fifth)))

    def explained(self, binary: bool) -> tuple[float, float]:
        """Return mean and 95th percentile of the share of variance that dummies explain."""
        return float(np.mean(self.shares[binary])), float(np.quantile(self.shares[binary], 0.95))


def pawn(sample: Sample) -> pd.DataFrame:
    """Return a row an input, the largest index first; last a dummy, without effect.

    Runs are cut into ten slices of equal size by an input, those of a binary input by its two values. In each slice the
    distribution of the figure is compared with that over all runs: the largest distance between the two distribution
    functions (Kolmogorov and Smirnov). Of a figure that is 0 or 1 that is the distance between the two shares.

    Returns:
        `input`, `together`, `kind`, `index` (median distance over slices), its 95 % interval `low` and `high`
        (bootstrap over runs, less the bias of resampling), `noise` (95th percentile over dummies), `stands_out` (`low`
        is above it) and `largest` (the largest distance over slices).

    Source: Pianosi & Wagener (2018), PAWN from a generic sample; Khorashadi Zadeh and others (2017), the dummy.
    """
    within = np.arange(sample.n) < PAWN_RUNS
    levels, rows = _levels(sample.values[within]), resamples(sample.drawn.seed, int(within.sum()), RESAMPLES)
    noise = {binary: _pawn_noise(sample, levels, binary) for binary in (False, True)}
    found = []
    for path in sample.drawn.paths:
        values, binary = sample.input(path)[within], sample.drawn.is_binary(path)
        if (values != values[0]).any():
            found.append(sample.head(path) | _pawn_row(slices(values, binary), levels, rows, noise[binary]))
    found.sort(key=lambda row: (-row["index"], row["input"]))
    nothing = DUMMY | _pawn_row(slices(sample.dummy(0)[within], False), levels, rows, noise[False])
    return pd.DataFrame([*found, nothing | {"stands_out": False}], columns=PAWN_COLUMNS)


def _pawn_row(place: Ints, levels: Ints, rows: Ints, noise: float) -> dict[str, Any]:
    distances = slice_distances(place, levels)
    index = float(np.median(distances))
    drawn = np.array([np.median(slice_distances(place[each], levels[each])) for each in rows])
    low, high = np.maximum(np.quantile(drawn, [0.025, 0.975]) - (drawn.mean() - index), 0)
    ends = {"index": index, "low": float(low), "high": float(high)}
    return ends | {"noise": noise, "stands_out": bool(low > noise), "largest": float(distances.max())}


def _pawn_noise(sample: Sample, levels: Ints, binary: bool) -> float:
    """Return the 95th percentile of the index over dummies, of a binary input over dummies cut in two."""
    found = []
    for number in range(DUMMIES):
        values = sample.dummy(number)[: len(levels)]
        place = slices((values < 0.5).astype(float) if binary else values, binary)
        found.append(np.median(slice_distances(place, levels)))
    return float(np.quantile(found, 0.95))


def _levels(values: Floats) -> Ints:
    """Rank a figure as integers from 0: all of its values, or 500 steps of equal size."""
    known, level = np.unique(values, return_inverse=True)
    return np.asarray(level, np.int64) if len(known) <= MOST_LEVELS else slices(values, False, MOST_LEVELS)


def slice_distances(place: Ints, levels: Ints) -> Floats:
    """Return the Kolmogorov-Smirnov distance of each slice's distribution from that of all runs, shape (slices,)."""
    count, height = int(place.max()) + 1, int(levels.max()) + 1
    counts = np.bincount(place * height + levels, minlength=count * height).reshape(count, height)
    counts = counts[counts.sum(axis=1) > 0]
    below = counts.cumsum(axis=1) / counts.sum(axis=1, keepdims=True)
    overall = counts.sum(axis=0).cumsum() / counts.sum()
    return np.asarray(np.abs(below - overall).max(axis=1))
