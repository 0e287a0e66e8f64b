"""How far an input moves the whole distribution of a figure, not its mean alone, in runs that are there."""

from typing import Any

import numpy as np
import pandas as pd

from sim.analysis.drawn_inputs import resamples
from sim.analysis.tornado import DUMMIES, Sample, slices
from sim.core.exact import Floats
from sim.core.packages import Ints

MOST_RUNS = 20_000  # of more, the first so many
MOST_LEVELS = 500  # of a figure: distances are then right to a five-hundredth
RESAMPLES = 100
COLUMNS = ["input", "together", "kind", "index", "low", "high", "noise", "stands_out", "largest"]


def pawn(sample: Sample) -> pd.DataFrame:
    """A row an input, the largest index first; last a dummy, which does nothing.

    Runs are cut into ten slices of equal size by an input, those of a lot into its two sides. In each slice the
    distribution of the figure is set beside that over all runs: the largest distance between the two distribution
    functions (Kolmogorov and Smirnov). Of a figure that is 0 or 1 that is the distance between the two shares.

    Returns:
        `input`, `together`, `kind`, `index` (median distance over slices), its 95 % interval `low` and `high`
        (bootstrap over runs, less the bias that resampling adds), `noise` (what 19 of 20 inputs that do nothing stay
        below), `stands_out` (`low` is above it) and `largest` (the largest distance over slices).

    Source: Pianosi & Wagener (2018), PAWN from a generic sample; Khorashadi Zadeh and others (2017), the dummy.
    """
    within = np.arange(sample.n) < MOST_RUNS
    levels, rows = _levels(sample.values[within]), resamples(sample.drawn.seed, int(within.sum()), RESAMPLES)
    noise = {lot: _noise(sample, levels, lot) for lot in (False, True)}
    found = []
    for path in sample.drawn.paths:
        values, lot = sample.input(path)[within], sample.drawn.is_binary(path)
        if (values == values[0]).all():
            continue
        row = _row(slices(values, lot), levels, rows, noise[lot])
        kind = "lot" if lot else "number"
        found.append({"input": path, "together": sample.drawn.together[path], "kind": kind, **row})
    found.sort(key=lambda row: (-row["index"], row["input"]))
    nothing = _row(slices(sample.dummy(0)[within], False), levels, rows, noise[False])
    dummy = {"input": "", "together": (), "kind": "dummy", **nothing, "stands_out": False}
    return pd.DataFrame([*found, dummy], columns=COLUMNS)


def _row(place: Ints, levels: Ints, rows: Ints, noise: float) -> dict[str, Any]:
    distances = slice_distances(place, levels)
    index = float(np.median(distances))
    drawn = np.array([np.median(slice_distances(place[each], levels[each])) for each in rows])
    low, high = np.maximum(np.quantile(drawn, [0.025, 0.975]) - (drawn.mean() - index), 0)
    return {"index": index, "low": float(low), "high": float(high), "noise": noise, "stands_out": bool(low > noise),
            "largest": float(distances.max())}  # fmt: skip


def _noise(sample: Sample, levels: Ints, lot: bool) -> float:
    """95th percentile of the index over dummies, of a lot over dummies cut in two."""
    found = []
    for number in range(DUMMIES):
        values = sample.dummy(number)[: len(levels)]
        place = slices((values < 0.5).astype(float) if lot else values, lot)
        found.append(np.median(slice_distances(place, levels)))
    return float(np.quantile(found, 0.95))


def _levels(values: Floats) -> Ints:
    """A figure as whole numbers from 0, in its order: all of its values, or 500 steps of equal size."""
    known, level = np.unique(values, return_inverse=True)
    if len(known) <= MOST_LEVELS:
        return np.asarray(level, np.int64)
    return slices(values, False, MOST_LEVELS)


def slice_distances(place: Ints, levels: Ints) -> Floats:
    """Kolmogorov-Smirnov distance of each slice's distribution from that of all runs, shape (slices,)."""
    count, height = int(place.max()) + 1, int(levels.max()) + 1
    counts = np.bincount(place * height + levels, minlength=count * height).reshape(count, height)
    counts = counts[counts.sum(axis=1) > 0]
    below = counts.cumsum(axis=1) / counts.sum(axis=1, keepdims=True)
    overall = counts.sum(axis=0).cumsum() / counts.sum()
    distances: Floats = np.abs(below - overall).max(axis=1)
    return distances
