"""Which input goes with the largest change of a figure, in runs that are there: no design, nothing played again."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sim.analysis.compare import unpaired_difference
from sim.analysis.drawn_inputs import Drawn, dummy
from sim.analysis.figures import NoAnswer
from sim.core import exact
from sim.core.exact import Floats
from sim.core.packages import Bools, Ints
from sim.results.drivers import share_difference
from sim.results.figures import Figure

LEAST_RUNS = 100  # a fifth of fewer says nothing
SLICES = 10  # of the runs, by an input, for the share of the variance it explains alone
DUMMIES = 100  # inputs that do nothing, each of a stream of its own
COLUMNS = [
    *("input", "together", "kind", "low_end", "high_end", "where_low", "where_high", "n_low", "n_high"),
    *("difference", "low", "high", "noise", "stands_out", "first_order", "first_order_noise"),
]


@dataclass(frozen=True, eq=False)
class Sample:
    """A figure in the runs that have one, beside the inputs of these runs.

    Attributes:
        has: Which of all runs these are.
    """

    asked: Figure
    values: Floats
    has: Bools
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


def sample(asked: Figure, draws: pd.DataFrame, drawn: Drawn) -> Sample:
    """The runs that have a figure.

    Raises:
        NoAnswer: if they are too few to say which input moves it.
    """
    values = asked.values(draws)
    has = ~np.isnan(values)
    count = int(has.sum())
    if count < LEAST_RUNS:
        of = "runs" if count == len(values) else f"of {len(values):,} runs have one"
        raise NoAnswer(
            f"{asked.label}: {count:,} {of}; to tell which input moves it takes at least {LEAST_RUNS}: "
            "ask for more runs with -n, or for another figure with --of"
        )
    return Sample(asked, values[has], has, drawn)


def tornado(sample: Sample) -> pd.DataFrame:
    """A row an input that differs from run to run, the largest difference first; last a dummy, which does nothing.

    Runs are sorted by the input; the figure in the lowest fifth is set beside that in the highest. Of a lot (whether
    a red line is real), the runs in which it is not real are set beside those in which it is. All other inputs vary
    over their ranges meanwhile, so what two inputs do together is not seen.

    Returns:
        `input`, `together` (paths drawn together with it, itself included), `kind` (`number`, `lot` or `dummy`),
        `low_end` and `high_end` (upper end of the lowest fifth, lower end of the highest), `where_low`, `where_high`,
        `n_low`, `n_high`, `difference` with its 95 % interval `low` and `high` (of shares Newcombe's, of means
        Welch's normal one), `noise` (what the largest of so many inputs that do nothing reaches in one case of 20),
        `stands_out` (the difference is larger than that), `first_order` (share of the
        figure's variance that goes with the input alone; may be a little below 0) and `first_order_noise` (what 19 of
        20 inputs that do nothing stay below).

    Source: for the share of variance, Pearson (1905), the correlation ratio, by slices of equal size, less its mean
    over inputs that do nothing.
    """
    noise = _Noise(sample)
    rows = [row for path in sample.drawn.paths if (row := _row(sample, path, noise)) is not None]
    rows.sort(key=lambda row: (-abs(row["difference"]), row["input"]))
    nothing = {"input": "", "together": (), "kind": "dummy", **_compared(sample, sample.dummy(0), noise)}
    return pd.DataFrame([*rows, nothing], columns=COLUMNS)


def _row(sample: Sample, path: str, noise: "_Noise") -> dict[str, Any] | None:
    values = sample.input(path)
    if (values == values[0]).all():  # it differs, but not in the runs that have the figure
        return None
    lot = sample.drawn.is_binary(path)
    row = _compared(sample, values, noise, lot)
    return {"input": path, "together": sample.drawn.together[path], "kind": "lot" if lot else "number", **row}


def _compared(sample: Sample, values: Floats, noise: "_Noise", lot: bool = False) -> dict[str, Any]:
    lowest, highest = _ends(values, lot)
    low, high = sample.values[lowest], sample.values[highest]
    difference, at_least, at_most = _difference(sample.asked, low, high)
    by_chance = noise.difference(len(low), len(high))
    explained, mean_noise, most_noise = explained_share(values, sample.values, lot), *noise.explained(lot)
    return {
        "low_end": float(values[lowest].max()), "high_end": float(values[highest].min()),
        "where_low": float(low.mean()), "where_high": float(high.mean()), "n_low": len(low), "n_high": len(high),
        "difference": difference, "low": at_least, "high": at_most,
        "noise": by_chance, "stands_out": abs(difference) > by_chance,
        "first_order": explained - mean_noise, "first_order_noise": most_noise - mean_noise,
    }  # fmt: skip


def _ends(values: Floats, lot: bool) -> tuple[Ints, Ints]:
    """Rows of the lowest and of the highest fifth, ties by row; of a lot those of its two sides."""
    if lot:
        return np.flatnonzero(values == 0), np.flatnonzero(values != 0)
    order, fifth = np.argsort(values, kind="stable"), len(values) // 5
    return order[:fifth], order[-fifth:]


def _difference(asked: Figure, low: Floats, high: Floats) -> tuple[float, float, float]:
    """The figure at the high end less that at the low end, with its 95 % interval."""
    if asked.is_share:
        return share_difference(int(low.sum()), len(low), int(high.sum()), len(high))
    return unpaired_difference(pd.Series(low), pd.Series(high))


def slices(values: Floats, lot: bool, count: int = SLICES) -> Ints:
    """The slice of each row, from 0: of equal size by rank, ties by row; of a lot its two sides."""
    place: Ints = (values != 0).astype(np.int64)
    if not lot:
        place[np.argsort(values, kind="stable")] = np.arange(len(values)) * count // len(values)
    return place


def explained_share(values: Floats, figure: Floats, lot: bool) -> float:
    """Variance of the slices' means over the variance of a figure, in [0, 1]; 0 for a figure that does not vary."""
    place = slices(values, lot)
    counts = np.bincount(place)
    means = np.bincount(place, figure - figure.mean()) / np.maximum(counts, 1)
    variance = float(figure.var())
    return float((counts * means**2).sum() / len(figure)) / variance if variance > 0 else 0.0


class _Noise:
    """What inputs that do nothing come to, on the same runs."""

    def __init__(self, sample: Sample) -> None:
        self.n, inputs = sample.n, len(sample.drawn.paths)
        self.quantile = float(exact.normal_quantile(np.array([1 - 0.05 / (2 * max(inputs, 1))]))[0])
        differences, numbers, lots = [], [], []
        for number in range(DUMMIES):
            values = sample.dummy(number)
            low, high = _ends(values, False)
            differences.append(sample.values[high].mean() - sample.values[low].mean())
            numbers.append(explained_share(values, sample.values, False))
            lots.append(explained_share((values < 0.5).astype(float), sample.values, True))
        self.spread = float(np.sqrt(np.mean(np.square(differences))))
        self.shares = {False: numbers, True: lots}

    def difference(self, n_low: int, n_high: int) -> float:
        """Size of difference that the largest of so many stays below in 19 of 20 cases, for groups of these sizes."""
        fifth = self.n // 5
        return self.quantile * self.spread * float(np.sqrt((1 / n_low + 1 / n_high) / (2 / fifth)))

    def explained(self, lot: bool) -> tuple[float, float]:
        """Mean and 95th percentile of the share of variance that dummies explain."""
        return float(np.mean(self.shares[lot])), float(np.quantile(self.shares[lot], 0.95))
