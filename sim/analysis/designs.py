"""Runs of a design: uniforms of chosen inputs by a plan, all else as drawn; Sobol indices, Morris effects."""

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import numpy as np
import pandas as pd

from sim.analysis.drawn_inputs import BINARY, DUMMY, Drawn, resamples
from sim.analysis.figures import NoAnswer
from sim.core import streams
from sim.core.exact import Floats
from sim.core.wording import meant, quoted
from sim.results.chunks import Piece, play_chunk
from sim.results.figures import Figure
from sim.results.manifest import canonical, identity
from sim.results.results import Results

ALMOST_1 = 1 - 2.0**-53  # the largest uniform: above every hardness below 1
PIECE = 256  # runs stored at once
REST = ""  # all inputs that are not in a design, and chance
RESAMPLES = 300
LEVELS = 4  # of Morris
STEP = LEVELS / (2 * (LEVELS - 1))  # of the whole way
ENDS = (0.125, 0.875)  # of an input's law: the middles of its lowest and highest quarter
NO_SALIB = (
    "Morris takes SALib, which is not installed: pip install 'peacesim[sensitivity]', or pip install 'salib>=1.6'"
)


@dataclass(frozen=True, eq=False)
class Sheet:
    """Runs that are played together."""

    name: str
    start: int  # draw that supplies the rest of the first run; the next supplies the second, and so on
    uniforms: Floats  # by place of the input, shape (n, inputs)


@dataclass(frozen=True, eq=False)
class Design:
    """A plan of runs.

    Of `sided` inputs only the side of one half matters: above it a red line is real, below it is not, whatever its
    hardness (one with hardness 1 always is).
    """

    name: str  # part of the identity of its runs: kind, size, inputs
    paths: tuple[str, ...]
    together: Mapping[str, tuple[str, ...]]  # all paths drawn together, by the first of them
    sheets: tuple[Sheet, ...]
    sided: frozenset[str] = frozenset()

    @property
    def runs(self) -> int:
        return sum(len(sheet.uniforms) for sheet in self.sheets)

    def identity(self, results: Results) -> str:
        """Identify runs of this design by 64 hex digits: those of a batch, and the design."""
        facts = {"results": identity(results.scenario, results.seed), "design": self.name}
        return hashlib.sha256(canonical(facts)).hexdigest()

    def given(self, sheet: Sheet) -> dict[str, Floats]:
        given: dict[str, Floats] = {}
        for first, column in zip(self.paths, sheet.uniforms.T, strict=True):
            uniforms = np.where(column >= 0.5, 0.0, ALMOST_1) if first in self.sided else np.ascontiguousarray(column)
            given |= dict.fromkeys(self.together[first], uniforms)
        return given


class DesignStore(Protocol):
    """Storage of runs of a design, such as a `DesignFolder`."""

    def read(self, sheet: int, first: int, count: int) -> pd.DataFrame | None:
        """Return rows `first` to `first + count - 1` of a sheet, None if they are not stored."""

    def write(self, sheet: int, first: int, draws: pd.DataFrame) -> None:
        """Store the rows of a sheet from `first` on."""


Player = Callable[[Sequence[Piece]], Iterator[tuple[int, pd.DataFrame]]]


def play(
    design: Design, results: Results, figure: Figure, advance: Callable[[int], None] = lambda runs: None,
    store: DesignStore | None = None, player: Player | None = None,
) -> dict[str, Floats]:  # fmt: skip
    """Play a figure of every run of a design, by the name of its sheet.

    Args:
        player: Plays pieces that are not stored, and yields each with its index; by default here, one after the other.

    Raises:
        NoAnswer: if some run has no such figure.
    """
    found = {sheet.name: np.full(len(sheet.uniforms), np.nan) for sheet in design.sheets}

    def note(number: int, first: int, draws: pd.DataFrame) -> None:
        values = figure.values(draws)
        if np.isnan(values).any():
            raise NoAnswer(
                f"{figure.label}: some runs have none, and a design needs one of every run; "
                "ask for a figure of all runs, such as signed, in_force or worth_PARTY"
            )
        found[design.sheets[number].name][first : first + len(draws)] = values
        advance(len(draws))

    missing = []
    for number, sheet in enumerate(design.sheets):
        for first in range(0, len(sheet.uniforms), PIECE):
            draws = store.read(number, first, len(sheet.uniforms[first : first + PIECE])) if store is not None else None
            if draws is None:
                missing.append((number, first))
            else:
                note(number, first, draws)
    pieces = [_piece(design, design.sheets[number], first) for number, first in missing]
    for place, draws in (player or partial(_play_here, results))(pieces):
        if store is not None:
            store.write(*missing[place], draws)
        note(*missing[place], draws)
    return found


def _piece(design: Design, sheet: Sheet, first: int) -> Piece:
    given = {path: uniforms[first : first + PIECE] for path, uniforms in design.given(sheet).items()}
    return Piece(sheet.start + first, len(sheet.uniforms[first : first + PIECE]), given)


def _play_here(results: Results, pieces: Sequence[Piece]) -> Iterator[tuple[int, pd.DataFrame]]:
    for place, piece in enumerate(pieces):
        span = piece.start, piece.count
        yield place, play_chunk(results.scenario, results.seed, *span, results.structure, given=piece.given).draws


def chosen(drawn: Drawn, wanted: Sequence[str], ranked: Sequence[str], top: int) -> list[str]:
    """Return the inputs of a design: those named, by any path drawn together with them, or the first of a ranking.

    Raises:
        NoAnswer: if a name is no input that differs from run to run, with similar names.
    """
    firsts = {path: first for first, paths in drawn.together.items() for path in paths}
    for path in wanted:
        if path not in firsts:
            raise NoAnswer(f"{quoted(path)} is no input that differs from run to run{meant(path, list(firsts))}")
    return list(dict.fromkeys(firsts[path] for path in wanted)) if wanted else list(ranked[:top])


# Sobol.


def shifted_sobol(seed: int, name: str, points: int, columns: int) -> Floats:
    """Return Sobol's points, a power of two of them, shifted as a whole by uniforms of the seed's own streams.

    Shape (points, columns), in [0, 1).

    Source: Sobol (1967), with the direction numbers of Joe & Kuo (2008) in SciPy; the shift of Cranley & Patterson
    (1976).
    """
    from scipy.stats import qmc  # takes half a second to import

    plain = qmc.Sobol(columns, scramble=False).random_base2(points.bit_length() - 1)
    shift = np.array([streams.uniform(seed, f"{name}.{column}", 0, 1)[0] for column in range(columns)])
    moved: Floats = np.asarray(plain + shift) % 1.0
    return moved


def sobol_design(results: Results, drawn: Drawn, paths: Sequence[str], points: int) -> Design:
    """Return the runs for first- and total-order indices: points x (inputs + 3).

    `A` and `B` are independent; for each input a sheet is as `A` with that input as in `B`; the last is as `A` with all
    else, inputs that are not in the design and chance, as in `B`. Runs that differ in one input share all else, draw by
    draw.

    Source: Saltelli and others (2010); the last sheet treats all that is not in the design as one more input.
    """
    both = shifted_sobol(results.seed, "analysis.sobol", points, 2 * len(paths))
    first, second = both[:, : len(paths)], both[:, len(paths) :]
    sheets = [Sheet("A", 0, first), Sheet("B", points, second)]
    for column, path in enumerate(paths):
        mixed = first.copy()
        mixed[:, column] = second[:, column]
        sheets.append(Sheet(path, 0, mixed))
    sheets.append(Sheet(REST, points, first))
    return Design(f"sobol {points} {' '.join(paths)}", tuple(paths), drawn.together, tuple(sheets))


def sobol_indices(a: Floats, b: Floats, mixed: Floats, seed: int = 1) -> pd.DataFrame:
    """Return shares of a figure's variance by input, one row an input: alone, and with all interactions.

    Args:
        a, b: The figure in two independent sets of runs, shape (n,), n a power of two.
        mixed: In runs as `a` with one input as in `b`, shape (inputs, n).

    Returns:
        `first, first_low, first_high, total, total_low, total_high` (95 %); all 0 for a constant figure.

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
    from scipy import stats

    found = stats.sobol_indices(func={"f_A": a[None], "f_B": b[None], "f_AB": mixed[:, None]}, n=len(a))
    return np.atleast_1d(found.first_order), np.atleast_1d(found.total_order)


def dummy_indices(a: Floats, b: Floats, seed: int = 1) -> dict[str, float]:
    """Return the indices of a dummy input.

    Its runs are those of `a`, so by these estimators both indices are 0 whatever the noise. So the first order is
    estimated as the covariance of two independent sets of runs over their variance: 0 but for noise.

    Source: Khorashadi Zadeh and others (2017), a dummy parameter for the noise of Sobol's indices.
    """

    def estimate(rows: Sequence[int] | np.ndarray) -> float:
        one, other = a[rows], b[rows]
        spread = float(np.var(np.concatenate([one, other])))
        return float(((one - one.mean()) * (other - other.mean())).mean()) / spread if spread else 0.0

    low, high = np.quantile([estimate(rows) for rows in resamples(seed, len(a), RESAMPLES)], [0.025, 0.975])
    first = {"first": estimate(np.arange(len(a))), "first_low": float(low), "first_high": float(high)}
    return first | {"total": 0.0, "total_low": 0.0, "total_high": 0.0}


def sobol_table(design: Design, figure: Mapping[str, Floats], seed: int) -> pd.DataFrame:
    """Return a row an input, the largest total first; then all that is not in the design, and a dummy."""
    names = [*design.paths, REST]
    table = sobol_indices(figure["A"], figure["B"], np.array([figure[name] for name in names]), seed)
    table = _with_inputs(design, table, names).sort_values(["total", "input"], ascending=[False, True])
    rest = table["input"] == REST
    dummy = pd.DataFrame([DUMMY | dummy_indices(figure["A"], figure["B"], seed)])
    return pd.concat([table[~rest], table[rest].assign(kind="rest"), dummy], ignore_index=True)


def _with_inputs(design: Design, table: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    table.insert(0, "input", list(names))
    table.insert(1, "together", [design.together.get(name, ()) for name in names])
    table.insert(2, "kind", ["lot" if name.endswith(BINARY) else "number" for name in names])
    return table


# Morris.


def morris_design(results: Results, drawn: Drawn, paths: Sequence[str], trajectories: int) -> Design:
    """Return the runs of a screening: trajectories x (inputs + 1).

    A trajectory starts at some levels of all inputs and moves one input a time by half of the levels; a red line
    switches between real and not. All runs of a trajectory share all that is not in the design, so a difference between
    two of them is due to that one input.

    Raises:
        NoAnswer: if SALib is not installed.

    Source: Morris (1991); trajectories by SALib.
    """
    sampling, _ = _salib()
    points = sampling.sample(_problem(paths), trajectories, num_levels=LEVELS, seed=_salib_seed(results.seed))
    steps = np.asarray(points, float).reshape(trajectories, len(paths) + 1, len(paths))
    sheets = tuple(Sheet(f"step {k}", 0, steps[:, k]) for k in range(len(paths) + 1))
    binary = frozenset(path for path in paths if drawn.is_binary(path))
    return Design(f"morris {trajectories} {' '.join(paths)}", tuple(paths), drawn.together, sheets, binary)


def morris_effects(
    paths: Sequence[str], points: Floats, figure: Floats, seed: int, sided: Collection[str] = ()
) -> pd.DataFrame:
    """Return elementary effects, one row an input.

    Args:
        points: Of all runs, trajectory by trajectory, shape (trajectories x (inputs + 1), inputs).
        sided: Those of which only the side counts: one step is the whole way.

    Returns:
        `mean` (of the absolute effects, mu*), its 95 % interval `mean_low` and `mean_high`, `sigma` (their standard
        deviation: large where the effect is nonlinear or depends on other inputs), `mu` (their signed mean). An effect
        is the change of the figure on the whole way from the middle of the input's lowest quarter to that of its
        highest, extrapolated from the step taken; of a red line, from not real to real.

    Raises:
        NoAnswer: if SALib is not installed.

    Source: Campolongo, Cariboni & Saltelli (2007), mu*; computed by SALib.
    """
    _, analysis = _salib()
    found = analysis.analyze(
        _problem(paths), points, figure, num_levels=LEVELS, num_resamples=1000, seed=_salib_seed(seed)
    )
    way = np.where([path in sided for path in paths], STEP, 1.0)
    mean, half, sigma, mu = (way * np.asarray(found[key], float) for key in ("mu_star", "mu_star_conf", "sigma", "mu"))
    low, high = np.maximum(mean - half, 0), mean + half
    return pd.DataFrame({"mean": mean, "mean_low": low, "mean_high": high, "sigma": sigma, "mu": mu})


def morris_table(design: Design, figure: Mapping[str, Floats], seed: int) -> pd.DataFrame:
    """Return a row an input, the largest mean effect first."""
    by_trajectory = np.array([figure[sheet.name] for sheet in design.sheets]).T.reshape(-1)
    table = morris_effects(design.paths, trajectories_of(design), by_trajectory, seed, design.sided)
    table = _with_inputs(design, table, design.paths)
    return table.sort_values(["mean", "input"], ascending=[False, True], ignore_index=True)


def trajectories_of(design: Design) -> Floats:
    steps = np.array([sheet.uniforms for sheet in design.sheets]).transpose(1, 0, 2)
    return steps.reshape(-1, len(design.paths))


def _salib() -> tuple[Any, Any]:
    try:
        from SALib.analyze import morris as analysis
        from SALib.sample import morris as sampling
    except ImportError:
        raise NoAnswer(NO_SALIB) from None
    return sampling, analysis


def _problem(paths: Sequence[str]) -> dict[str, object]:
    return {"num_vars": len(paths), "names": list(paths), "bounds": [list(ENDS)] * len(paths)}


def _salib_seed(seed: int) -> int:
    """Return a seed that SALib uses: it takes 0 for none."""
    return seed % (2**32 - 1) + 1
