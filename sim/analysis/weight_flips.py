"""Which single weight turns the package that is signed most often into another.

A weight is set to an end of its stated range, the other weights of its party are rescaled, all else stays as it was,
and the same runs are played again. Where that turns the package, the value at which it turns is found by halving.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sim.analysis.parameters import Parameter
from sim.analysis.reasons import Share
from sim.analysis.smallest_change import CentralTable
from sim.core.exact import Floats
from sim.core.packages import NO_DEAL, Ints
from sim.core.utility import rescale_weights
from sim.model.ensemble import Ensemble, central, draw
from sim.model.peace_talks import hold_talks
from sim.results.chunks import block_size
from sim.results.results import Results

PANEL = 12  # runs that are looked at
FIRST = 4_096  # among the first so many: to draw more of them takes room
HALVINGS = 7  # the value is found to 1/128 of the way from the stated value to the end of the range
CENTRAL, RUNS = "central", "runs"


@dataclass(frozen=True)
class Flip:
    """A weight at an end of its range.

    Attributes:
        end: Value that it was set to, an end of its stated range.
        kept: Runs that still sign the package, of those looked at.
        instead: What most of the others end with: a package by headline issues, None for no deal or if all keep it.
        flips: Whether more runs end with that than with the package.
        turn: Value nearest to the stated one at which it was found to turn; NaN where it does not.
    """

    parameter: Parameter
    end: float
    kept: Share
    instead: str | None
    flips: bool
    turn: float


@dataclass(frozen=True)
class WeightFlips:
    """The search over all weights that have a range.

    Attributes:
        basis: `central` (one run at central numbers, which signs a text) or `runs` (the first runs that sign the
            package that is most frequent among the first 4,096).
        weights: How many weights were tried.
        flips: Both ends of each weight that lose the package in some run, those that turn it first.
    """

    basis: str
    package: str | None
    n: int
    weights: int
    flips: tuple[Flip, ...]


def weight_flips(results: Results, table: CentralTable) -> WeightFlips:
    """Search all weights; see the module."""
    found = _at_central_numbers(results, table) or _in_runs(results)
    weights = [each for each in table.parameters if each.kind == "weight" and each.stated is not None]
    if found is None:
        return WeightFlips(RUNS, None, 0, len(weights), ())
    ends = [(parameter, end) for parameter in weights for end in parameter.stated or () if end != parameter.value]
    flips = list(_flips(found, ends))
    lost = sorted((flip for flip in flips if flip.kept.count < found.n), key=_order)
    return WeightFlips(found.basis, found.package, found.n, len(weights), tuple(lost))


def _order(flip: Flip) -> tuple[bool, float, int, str]:
    return not flip.flips, _way(flip) if flip.flips else 0.0, flip.kept.count, flip.parameter.path


def _way(flip: Flip) -> float:
    return abs(flip.turn - flip.parameter.value) / flip.parameter.unit


class _Panel:
    """The runs that are looked at, and what they sign when a weight is another."""

    def __init__(self, results: Results, basis: str, ensemble: Ensemble, raw: Mapping[str, Floats]) -> None:
        self.results, self.basis, self.ensemble, self.raw = results, basis, ensemble, raw
        self.n = len(ensemble)
        signed = self.signed(ensemble)
        self.package = Counter(signed).most_common(1)[0][0]

    def signed(self, ensemble: Ensemble) -> list[str | None]:
        """What each run signs, by headline issues; None for nothing."""
        block = block_size(ensemble.structure)
        parts = [hold_talks(ensemble[first : first + block]).package for first in range(0, len(ensemble), block)]
        return [headline(self.results, int(package)) for package in np.concatenate(parts)]

    def with_weights(self, turned: Sequence[tuple[Parameter, float]]) -> list[list[str | None]]:
        """What the runs sign with each of these weights at each of these values, a list a weight."""
        rows = np.tile(np.arange(self.n), len(turned))
        weights = np.concatenate([self._weights(parameter, value) for parameter, value in turned])
        signed = self.signed(replace(self.ensemble[rows], weights=weights))
        return [signed[first : first + self.n] for first in range(0, len(signed), self.n)]

    def _weights(self, parameter: Parameter, value: float) -> Floats:
        """Weights of the runs once one is set, as `--set` would have it: the party's others rescaled first."""
        weights, structure = self.ensemble.weights.copy(), self.ensemble.structure
        n = structure.parties.index(str(parameter.party))
        paths = [f"parties.{parameter.party}.weights.{issue.name}" for issue in structure.space.issues]
        scale = (1 - value) / (1 - parameter.value)
        own = [np.full(self.n, value) if path == parameter.path else self.raw[path] * scale for path in paths]
        weights[:, n] = rescale_weights(np.array(own).T)
        return weights


def headline(results: Results, package: int) -> str | None:
    """A package by headline issues, options joined by `/`; None for no deal."""
    if package == NO_DEAL:
        return None
    options, scenario = results.structure.space.options_of(package), results.scenario
    return "/".join(options[issue] for issue in scenario.headline or tuple(scenario.issues))


def _at_central_numbers(results: Results, table: CentralTable) -> _Panel | None:
    """The run at central numbers; None if nothing is signed in it."""
    ensemble = central(results.scenario, results.structure).with_lines(table.real[None])
    panel = _Panel(results, CENTRAL, ensemble, _stated(results, 1))
    return panel if panel.package is not None else None


def _in_runs(results: Results) -> _Panel | None:
    """The first runs that sign the most frequent package; None if nothing is ever signed."""
    scenario, columns = results.scenario, list(results.scenario.issues)
    places = [columns.index(issue) for issue in scenario.headline or columns]
    whole = [str(text).split("/") for text in results.head(FIRST, "package")["package"].fillna("").tolist()]
    texts = ["/".join(options[place] for place in places) if len(options) == len(columns) else "" for options in whole]
    counts = Counter(text for text in texts if text)
    if not counts:
        return None
    wanted = min(counts, key=lambda text: (-counts[text], text))
    rows: Ints = np.flatnonzero([text == wanted for text in texts])[:PANEL]
    ensemble = draw(scenario, results.seed, 0, int(rows[-1]) + 1, table=results.structure)[rows]
    stated = _stated(results, len(rows))
    raw = {path: ensemble.inputs.get(path, values) for path, values in stated.items()}
    return _Panel(results, RUNS, ensemble, raw)


def _stated(results: Results, count: int) -> dict[str, Floats]:
    return {
        f"parties.{name}.weights.{issue}": np.full(count, float(weight.value))
        for name, party in results.scenario.parties.items()
        for issue, weight in party.weights.items()
    }


def _flips(panel: _Panel, ends: Sequence[tuple[Parameter, float]]) -> Iterator[Flip]:
    """Every weight at both ends of its range, and where those that turn the package do."""
    if not ends:
        return
    for (parameter, end), signed in zip(ends, panel.with_weights(ends), strict=True):
        kept = Share(parameter.path, signed.count(panel.package), panel.n)
        others = Counter(text for text in signed if text != panel.package)
        instead = min(others, key=lambda text: (-others[text], text or "")) if others else None
        flips = _turned(panel, signed)
        yield Flip(parameter, end, kept, instead, flips, _halved(panel, parameter, end) if flips else float("nan"))


def _turned(panel: _Panel, signed: Sequence[str | None]) -> bool:
    counts = Counter(signed)
    return any(count > counts[panel.package] for text, count in counts.items() if text != panel.package)


def _halved(panel: _Panel, parameter: Parameter, end: float) -> float:
    """A value at which the package turns, and 1/128 of the way nearer to the stated value does not."""
    keeps, turns = parameter.value, end
    for _ in range(HALVINGS):
        middle = (keeps + turns) / 2
        if _turned(panel, panel.with_weights([(parameter, middle)])[0]):
            turns = middle
        else:
            keeps = middle
    return turns
