"""Elementary effects: what one step of one input does, from many starting points."""

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

from sim.analysis.designs import Design, Sheet
from sim.analysis.drawn_inputs import Drawn
from sim.analysis.figures import NoAnswer
from sim.core.exact import Floats
from sim.results.results import Results

LEVELS = 4
STEP = LEVELS / (2 * (LEVELS - 1))  # of the whole way
ENDS = (0.125, 0.875)  # of an input's law: the middles of its lowest and highest quarter
NO_SALIB = (
    "Morris takes SALib, which is not installed: pip install 'peacesim[sensitivity]', or pip install 'salib>=1.6'"
)


def morris_design(results: Results, drawn: Drawn, paths: Sequence[str], trajectories: int) -> Design:
    """The runs of a screening: trajectories x (inputs + 1).

    A trajectory starts at some levels of all inputs and moves one input a time by half of the levels; a red line turns
    from not real to real or back. All runs of a trajectory share all that is not in the design, so a difference between
    two of them is the work of that one input.

    Raises:
        NoAnswer: if SALib is not installed.

    Source: Morris (1991); trajectories by SALib.
    """
    points = _sampled(paths, trajectories, results.seed)
    steps = points.reshape(trajectories, len(paths) + 1, len(paths))
    sheets = tuple(Sheet(f"step {k}", 0, steps[:, k]) for k in range(len(paths) + 1))
    lots = frozenset(path for path in paths if drawn.is_binary(path))
    return Design(f"morris {trajectories} {' '.join(paths)}", tuple(paths), drawn.together, sheets, lots)


def morris_effects(
    paths: Sequence[str], points: Floats, figure: Floats, seed: int, sided: Collection[str] = ()
) -> pd.DataFrame:  # fmt: skip
    """Elementary effects, one row an input.

    Args:
        points: Of all runs, trajectory by trajectory, shape (trajectories x (inputs + 1), inputs).
        sided: Those of which only the side counts: one step is the whole way.

    Returns:
        `mean` (of the sizes of the effects, mu*), its 95 % interval `mean_low` and `mean_high`, `sigma` (their standard
        deviation: large where the effect depends on the other inputs or bends), `mu` (their mean with signs). An effect
        is the change of the figure on the whole way from the middle of the input's lowest quarter to that of its
        highest, as the step taken would give it; of a red line, from not real to real.

    Raises:
        NoAnswer: if SALib is not installed.

    Source: Campolongo, Cariboni & Saltelli (2007), mu*; computed by SALib.
    """
    try:
        from SALib.analyze import morris
    except ImportError:
        raise NoAnswer(NO_SALIB) from None
    found = morris.analyze(
        _problem(paths), points, figure, num_levels=LEVELS, num_resamples=1000, seed=_seed(seed)
    )  # fmt: skip
    way = np.where([path in sided for path in paths], STEP, 1.0)
    mean, half, sigma, mu = (
        way * np.asarray(found[key], float) for key in ("mu_star", "mu_star_conf", "sigma", "mu")
    )  # fmt: skip
    return pd.DataFrame({
        "mean": mean, "mean_low": np.maximum(mean - half, 0), "mean_high": mean + half, "sigma": sigma, "mu": mu,
    })  # fmt: skip


def trajectories_of(design: Design) -> Floats:
    steps = np.array([sheet.uniforms for sheet in design.sheets]).transpose(1, 0, 2)
    return steps.reshape(-1, len(design.paths))


def _sampled(paths: Sequence[str], trajectories: int, seed: int) -> Floats:
    try:
        from SALib.sample import morris
    except ImportError:
        raise NoAnswer(NO_SALIB) from None
    return np.asarray(morris.sample(_problem(paths), trajectories, num_levels=LEVELS, seed=_seed(seed)), float)


def _problem(paths: Sequence[str]) -> dict[str, object]:
    return {"num_vars": len(paths), "names": list(paths), "bounds": [list(ENDS)] * len(paths)}


def _seed(seed: int) -> int:
    """A seed that SALib heeds: it takes 0 for none."""
    return seed % (2**32 - 1) + 1
