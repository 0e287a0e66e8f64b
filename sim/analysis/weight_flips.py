"""Which single weight changes the package that is signed most often.

A weight is set to an end of its stated range, the other weights of its party are rescaled, all else is unchanged, and
the same runs are played again. Where that changes the package, the value at which it does is found by bisection.
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

PANEL = 12  # runs played again
FIRST = 4_096  # among the first so many: drawing more of them takes memory
HALVINGS = 7  # the value is found to 1/128 of the way from the stated value to the end of the range
CENTRAL, RUNS = "central", "runs"


@dataclass(frozen=True)
class Flip:
    """A weight at an end of its range."""

    parameter: Parameter
    end: float  # value that it was set to, an end of its stated range
    unchanged: Share  # runs that still sign the package, of those played again
    instead: str | None  # most frequent other package by headline issues; None for no deal or if all sign the same
    flips: bool  # whether more runs end with that than with the package
    turn: float  # value nearest to the stated one at which it was found to change; NaN where it does not


@dataclass(frozen=True)
class WeightFlips:
    """The search over all weights that have a range.

    `basis` is `central` (one run at central numbers, which signs a text) or `runs` (the first runs that sign the
    package that is most frequent among the first 4,096).
    """

    basis: str
    package: str | None
    n: int
    weights: int  # number of weights searched
    flips: tuple[Flip, ...]  # both ends of each weight that lose the package in some run, those that change it first


def weight_flips(results: Results, table: CentralTable) -> WeightFlips:
    """Search all weights; see the module."""
    panel = _at_central_numbers(results, table) or _in_runs(results)
    weights = [each for each in table.parameters if each.kind == "weight" and each.stated is not None]
    if panel is None:
        return WeightFlips(RUNS, None, 0, len(weights), ())
    ends = [(parameter, end) for parameter in weights for end in parameter.stated or () if end != parameter.value]
    lost = [flip for flip in _flips(panel, ends) if flip.unchanged.count < panel.n]
    return WeightFlips(panel.basis, panel.package, panel.n, len(weights), tuple(sorted(lost, key=_order)))


def _order(flip: Flip) -> tuple[bool, float, int, str]:
    way = abs(flip.turn - flip.parameter.value) / flip.parameter.unit if flip.flips else 0.0
    return not flip.flips, way, flip.unchanged.count, flip.parameter.path


class _Panel:
    """The runs that are played again, and what they sign with another weight."""

    def __init__(self, results: Results, basis: str, ensemble: Ensemble, raw: Mapping[str, Floats]) -> None:
        self.results, self.basis, self.ensemble, self.raw = results, basis, ensemble, raw
        self.n = len(ensemble)
        self.package = Counter(self.signed(ensemble)).most_common(1)[0][0]

    def signed(self, ensemble: Ensemble) -> list[str | None]:
        """Return what each run signs, options of headline issues joined by `/`; None for nothing."""
        block, found = block_size(ensemble.structure), list[str | None]()
        scenario, space = self.results.scenario, self.results.structure.space
        for first in range(0, len(ensemble), block):
            for package in hold_talks(ensemble[first : first + block]).package.tolist():
                options = {} if package == NO_DEAL else space.options_of(package)
                issues = scenario.headline or tuple(scenario.issues)
                found.append("/".join(options[issue] for issue in issues) if options else None)
        return found

    def with_weights(self, turned: Sequence[tuple[Parameter, float]]) -> list[list[str | None]]:
        """Return what the runs sign with each of these weights at each of these values, a list a weight."""
        rows = np.tile(np.arange(self.n), len(turned))
        weights = np.concatenate([self._weights(parameter, value) for parameter, value in turned])
        signed = self.signed(replace(self.ensemble[rows], weights=weights))
        return [signed[first : first + self.n] for first in range(0, len(signed), self.n)]

    def _weights(self, parameter: Parameter, value: float) -> Floats:
        """Return the weights of the runs once one is set, as by `--set`: the party's others are rescaled."""
        weights, structure = self.ensemble.weights.copy(), self.ensemble.structure
        paths = [f"parties.{parameter.party}.weights.{issue.name}" for issue in structure.space.issues]
        scale = (1 - value) / (1 - parameter.value)
        own = [np.full(self.n, value) if path == parameter.path else self.raw[path] * scale for path in paths]
        weights[:, structure.parties.index(str(parameter.party))] = rescale_weights(np.array(own).T)
        return weights

    def turns(self, signed: Sequence[str | None]) -> bool:
        """Return whether more runs end with some other package, or with none, than with the package."""
        counts = Counter(signed)
        return any(count > counts[self.package] for text, count in counts.items() if text != self.package)


def _at_central_numbers(results: Results, table: CentralTable) -> _Panel | None:
    """Return the run at central numbers; None if nothing is signed in it."""
    ensemble = central(results.scenario, results.structure).with_lines(table.real[None])
    panel = _Panel(results, CENTRAL, ensemble, _stated(results, 1))
    return panel if panel.package is not None else None


def _in_runs(results: Results) -> _Panel | None:
    """Return the first runs that sign the most frequent package; None if nothing is ever signed."""
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
    return _Panel(results, RUNS, ensemble, {path: ensemble.inputs.get(path, known) for path, known in stated.items()})


def _stated(results: Results, count: int) -> dict[str, Floats]:
    return {
        f"parties.{name}.weights.{issue}": np.full(count, float(weight.value))
        for name, party in results.scenario.parties.items()
        for issue, weight in party.weights.items()
    }


def _flips(panel: _Panel, ends: Sequence[tuple[Parameter, float]]) -> Iterator[Flip]:
    """Return every weight at both ends of its range, and the value at which the package changes."""
    for (parameter, end), signed in zip(ends, panel.with_weights(ends) if ends else (), strict=True):
        same = Share(parameter.path, signed.count(panel.package), panel.n)
        others = Counter(text for text in signed if text != panel.package)
        instead = min(others, key=lambda text: (-others[text], text or "")) if others else None
        turn = _halved(panel, parameter, end) if panel.turns(signed) else float("nan")
        yield Flip(parameter, end, same, instead, panel.turns(signed), turn)


def _halved(panel: _Panel, parameter: Parameter, end: float) -> float:
    """Bisect to a value at which the package changes, where 1/128 of the way nearer to the stated value does not."""
    stays, turns = parameter.value, end
    for _ in range(HALVINGS):
        middle = (stays + turns) / 2
        if panel.turns(panel.with_weights([(parameter, middle)])[0]):
            turns = middle
        else:
            stays = middle
    return turns
