"""Shares of a figure's variance by input: of it alone, and with all that it does together with others."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from sim.analysis.drawn_inputs import resamples
from sim.core.exact import Floats

RESAMPLES = 300


def sobol_indices(a: Floats, b: Floats, mixed: Floats, seed: int = 1) -> pd.DataFrame:
    """First- and total-order indices with 95 % intervals, one row an input.

    Args:
        a, b: The figure in two independent sets of runs, shape (n,), n a power of two.
        mixed: In runs as `a` with one input as in `b`, shape (inputs, n).

    Returns:
        `first, first_low, first_high, total, total_low, total_high`; all 0 for a figure that does not vary.

    Source: Saltelli and others (2010), table 2, (b) for the first order, Jansen (1999) for the total, as in
    `scipy.stats.sobol_indices`; intervals by the bootstrap over points, percentiles.
    """
    first, total = _indices(a, b, mixed)
    drawn = [_indices(a[rows], b[rows], mixed[:, rows]) for rows in resamples(seed, len(a), RESAMPLES)]
    firsts, totals = (np.quantile([each[k] for each in drawn], [0.025, 0.975], axis=0) for k in (0, 1))
    return pd.DataFrame({
        "first": first, "first_low": firsts[0], "first_high": firsts[1],
        "total": total, "total_low": totals[0], "total_high": totals[1],
    })  # fmt: skip


def _indices(a: Floats, b: Floats, mixed: Floats) -> tuple[Floats, Floats]:
    if np.ptp(np.concatenate([a, b])) == 0:
        return np.zeros(len(mixed)), np.zeros(len(mixed))
    found = stats.sobol_indices(func={"f_A": a[None], "f_B": b[None], "f_AB": mixed[:, None]}, n=len(a))
    return np.atleast_1d(found.first_order), np.atleast_1d(found.total_order)


def dummy_indices(a: Floats, b: Floats, seed: int = 1) -> dict[str, float]:
    """What an input that does nothing comes to.

    Its runs are those of `a`, so by these estimators both indices are 0 and tell nothing of the noise. So the first
    order is estimated as the covariance of two independent sets of runs over their variance: 0 but for noise.

    Source: Khorashadi Zadeh and others (2017), a dummy parameter for the noise of Sobol's indices.
    """
    def estimate(rows: Sequence[int] | np.ndarray) -> float:
        one, other = a[rows], b[rows]
        spread = float(np.var(np.concatenate([one, other])))
        return float(((one - one.mean()) * (other - other.mean())).mean()) / spread if spread else 0.0

    found = [estimate(rows) for rows in resamples(seed, len(a), RESAMPLES)]
    low, high = np.quantile(found, [0.025, 0.975])
    first = estimate(np.arange(len(a)))
    return {"first": first, "first_low": float(low), "first_high": float(high), "total": 0.0, "total_low": 0.0,
            "total_high": 0.0}  # fmt: skip
