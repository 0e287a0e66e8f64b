"""Why the runs of some results ended as they did, and what smallest change would open the way."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sim.analysis.counterfactual import Counterfactual, tried
from sim.analysis.gaps import RESERVATION_VALUE
from sim.analysis.ledger import Movement, movements
from sim.analysis.parameters import Change, Parameter, Turn, parameters
from sim.analysis.reasons import Reasons, Satisfaction, reasons, satisfactions
from sim.analysis.rendered import Rendered
from sim.analysis.replays import Aside, Replayed, replayed, set_aside
from sim.analysis.smallest_change import CentralTable, Opening, opening
from sim.analysis.weight_flips import WeightFlips, weight_flips
from sim.results.drivers import Mover, moved_by
from sim.results.results import Results

LOOK = 300  # runs that are played again


@dataclass(frozen=True, eq=False)
class Explanation(Rendered):
    """Why the runs of some results ended as they did.

    Attributes:
        replayed: The first runs, those without a deal played again.
        moved_by: For each stage, the uncertain number that goes with the largest difference; None where none stands out
            or the runs are too few.
        weights: Which single weight turns the package signed most often.
    """

    results: Results = field(repr=False)
    reasons: Reasons
    satisfactions: tuple[Satisfaction, ...]
    movements: tuple[Movement, ...] = field(repr=False)
    hardness: tuple[Parameter, ...] = field(repr=False)
    opening: Opening = field(repr=False)
    replayed: Replayed = field(repr=False)
    asides: tuple[Aside, ...] = field(repr=False)
    moved_by: Mapping[str, Mover | None] = field(repr=False)
    tried: tuple[Counterfactual, ...] = field(repr=False)
    weights: WeightFlips = field(repr=False)


def explain(results: Results, look: int = LOOK) -> Explanation:
    """Explain results by their columns, and by playing the first `look` runs again.

    Raises:
        ValueError: if `look` is below 1.
    """
    if look < 1:
        raise ValueError(f"at least 1 run must be looked at, not {look}")
    table, why = CentralTable(results.scenario, results.structure), reasons(results)
    found, again = opening(table), replayed(results, look)
    asides = set_aside(results.scenario, why, again)
    wanted = list(_worth_trying(found) or _over_runs(results, asides))
    return Explanation(
        results=results,
        reasons=why,
        satisfactions=satisfactions(results),
        movements=movements(results),
        hardness=table.hardness,
        opening=found,
        replayed=again,
        asides=asides,
        moved_by=_moved_by(results),
        tried=tuple(tried(results, change, look) for change in wanted),
        weights=weight_flips(results, table),
    )


def _moved_by(results: Results) -> dict[str, Mover | None]:
    """The numbers that stand out from what chance makes of so many."""
    found = moved_by(results)
    return {stage: mover if mover is not None and mover.stands_out else None for stage, mover in found.items()}


def _worth_trying(found: Opening) -> list[Change]:
    """The cheapest change of all and those of one number that cost as little; else the two cheapest of two."""
    best = found.best
    if best is None:
        return []
    as_good = [change for change in (*found.one, *found.two) if change.cost <= best.cost * (1 + 1e-9)]
    return as_good[:2]


def _over_runs(results: Results, asides: tuple[Aside, ...]) -> Iterator[Change]:
    """With a zone at central numbers: the no-deal worth that opens most runs, lower by the median of what it takes."""
    own = {each.party: each for each in parameters(results.scenario) if each.kind == RESERVATION_VALUE}
    for aside in asides:
        party, _, what = aside.name.partition(".")
        if what == RESERVATION_VALUE and aside.falls is not None:
            parameter: Parameter = own[party]
            turn = Turn(parameter, max(parameter.low, parameter.value - aside.falls[1]))
            yield Change((turn,), -1, 0)
            return
