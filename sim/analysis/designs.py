"""Runs laid out for a question: uniforms of chosen inputs by a plan, all else as it would be drawn anyway."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd
from scipy.stats import qmc

from sim.analysis.drawn_inputs import Drawn
from sim.analysis.figures import NoAnswer
from sim.core import streams
from sim.core.exact import Floats
from sim.core.wording import meant, quoted
from sim.results.chunks import play_chunk
from sim.results.figures import Figure
from sim.results.manifest import canonical, identity
from sim.results.results import Results

ALMOST_1 = 1 - 2.0**-53  # the largest uniform: above every hardness below 1
PIECE = 256  # runs that are kept at once
REST = ""  # stands for all inputs that are not in a design, and for luck


@dataclass(frozen=True, eq=False)
class Sheet:
    """Runs that are played together.

    Attributes:
        start: Draw that lends the first of them all that is not in the design; the next lends the second, and so on.
        uniforms: By place of the input, shape (n, inputs).
    """

    name: str
    start: int
    uniforms: Floats


@dataclass(frozen=True, eq=False)
class Design:
    """A plan of runs.

    Attributes:
        name: In the identity of what comes of it: what it is, how large, by which inputs.
        together: All paths by the one that speaks for them.
        sided: Inputs of which only the side counts: from one half up a red line is real, below it is not, however hard
            it is (one with hardness 1 always is).
    """

    name: str
    paths: tuple[str, ...]
    together: Mapping[str, tuple[str, ...]]
    sheets: tuple[Sheet, ...]
    sided: frozenset[str] = frozenset()

    @property
    def runs(self) -> int:
        return sum(len(sheet.uniforms) for sheet in self.sheets)

    def identity(self, results: Results) -> str:
        """What runs of this design are of, as 64 hex digits: those of a batch, and the design."""
        facts = {"results": identity(results.scenario, results.seed), "design": self.name}
        return hashlib.sha256(canonical(facts)).hexdigest()

    def given(self, sheet: Sheet) -> dict[str, Floats]:
        given: dict[str, Floats] = {}
        for first, column in zip(self.paths, sheet.uniforms.T, strict=True):
            uniforms = np.where(column >= 0.5, 0.0, ALMOST_1) if first in self.sided else np.ascontiguousarray(column)
            given |= dict.fromkeys(self.together[first], uniforms)
        return given


class DesignStore(Protocol):
    """Where runs of a design are kept, such as a `DesignFolder`."""

    def read(self, sheet: int, first: int, count: int) -> pd.DataFrame | None:
        """Rows `first` to `first + count - 1` of a sheet, None if they are not there."""

    def write(self, sheet: int, first: int, draws: pd.DataFrame) -> None:
        """Keep the rows of a sheet from `first` on."""


def play(
    design: Design, results: Results, asked: Figure, tell: Callable[[int], None] = lambda runs: None,
    store: DesignStore | None = None,
) -> dict[str, Floats]:  # fmt: skip
    """A figure of every run of a design, by the name of its sheet.

    Raises:
        NoAnswer: if some run has no such figure.
    """
    found: dict[str, list[Floats]] = {sheet.name: [] for sheet in design.sheets}
    for number, sheet in enumerate(design.sheets):
        for first in range(0, len(sheet.uniforms), PIECE):
            count = min(PIECE, len(sheet.uniforms) - first)
            draws = store.read(number, first, count) if store is not None else None
            if draws is None:
                draws = _piece(design, sheet, results, first, count)
                if store is not None:
                    store.write(number, first, draws)
            found[sheet.name].append(asked.values(draws))
            if np.isnan(found[sheet.name][-1]).any():
                raise NoAnswer(
                    f"{asked.label}: some runs have none, and a design needs one of every run; "
                    "ask for a figure of all runs, such as signed, in_force or worth_PARTY"
                )
            tell(count)
    return {name: np.concatenate(pieces) for name, pieces in found.items()}


def _piece(design: Design, sheet: Sheet, results: Results, first: int, count: int) -> pd.DataFrame:
    given = {path: uniforms[first : first + count] for path, uniforms in design.given(sheet).items()}
    played = play_chunk(results.scenario, results.seed, sheet.start + first, count, results.structure, given=given)
    return played.draws


def chosen(drawn: Drawn, wanted: Sequence[str], ranked: Sequence[str], top: int) -> list[str]:
    """The inputs of a design: those that are named, by any path drawn together with them, or the first of a ranking.

    Raises:
        NoAnswer: if a name is no input that differs from run to run, with what comes near.
    """
    speaks = {path: first for first, paths in drawn.together.items() for path in paths}
    for path in wanted:
        if path not in speaks:
            raise NoAnswer(f"{quoted(path)} is no input that differs from run to run{meant(path, list(speaks))}")
    return list(dict.fromkeys(speaks[path] for path in wanted)) if wanted else list(ranked[:top])


def shifted_sobol(seed: int, name: str, points: int, columns: int) -> Floats:
    """Sobol's points, shifted as a whole by uniforms of the seed's own streams, shape (points, columns), in [0, 1).

    Args:
        points: A power of two.

    Source: Sobol (1967), with the direction numbers of Joe & Kuo (2008) in SciPy; the shift of Cranley & Patterson
    (1976).
    """
    plain = qmc.Sobol(columns, scramble=False).random_base2(points.bit_length() - 1)
    shift = np.array([streams.uniform(seed, f"{name}.{column}", 0, 1)[0] for column in range(columns)])
    moved: Floats = np.asarray(plain + shift) % 1.0
    return moved


def sobol_design(results: Results, drawn: Drawn, paths: Sequence[str], points: int) -> Design:
    """The runs that first- and total-order indices take: points x (inputs + 3).

    `A` and `B` are independent; for each input a sheet is as `A` with that input as in `B`; the last is as `A` with all
    else, inputs that are not in the design and luck, as in `B`: it tells what these come to. Runs that differ in one
    input share all else, draw by draw.

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
