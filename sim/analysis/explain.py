"""`explain --json`: an explanation as plain data."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sim.analysis.counterfactual import Tried, tried
from sim.analysis.explain_text import explanation_text
from sim.analysis.gaps import RESERVATION_VALUE
from sim.analysis.ledger import Movement, movements
from sim.analysis.parameters import Change, Dial, Turn, dials
from sim.analysis.reasons import Obstacle, Reasons, Satisfaction, Share, reasons, satisfactions
from sim.analysis.replays import Aside, Replayed, replayed, set_aside
from sim.analysis.smallest_change import CentralTable, Opening, opening
from sim.analysis.weight_flips import Flip, WeightFlips, weight_flips
from sim.analysis.words import in_file_order
from sim.results.drivers import Mover, moved_by
from sim.results.results import Results

LOOK = 300  # runs that are played again


@dataclass(frozen=True, eq=False)
class Explanation:
    """Why the runs of some results ended as they did.

    Attributes:
        results: Of which.
        reasons: What stood in the way, as shares of runs.
        satisfactions: Who has least to show for an agreement, by party.
        movements: From opening to text, by issue and party.
        hardness: The numbers that say which red lines are real at central numbers.
        opening: The smallest changes that open a zone there.
        replayed: The first runs, those without a deal played again.
        asides: What setting one obstacle aside does over runs.
        moved_by: For each stage that runs get to, the uncertain number that goes with the largest difference; None
            where none stands out or the runs are too few.
        tried: The changes that were tried out on the first runs.
        weights: Which single weight turns the package signed most often.
    """

    results: Results = field(repr=False)
    reasons: Reasons
    satisfactions: tuple[Satisfaction, ...]
    movements: tuple[Movement, ...] = field(repr=False)
    hardness: tuple[Dial, ...] = field(repr=False)
    opening: Opening = field(repr=False)
    replayed: Replayed = field(repr=False)
    asides: tuple[Aside, ...] = field(repr=False)
    moved_by: Mapping[str, Mover | None] = field(repr=False)
    tried: tuple[Tried, ...] = field(repr=False)
    weights: WeightFlips = field(repr=False)

    def __str__(self) -> str:
        return explanation_text(self)

    def as_data(self) -> dict[str, Any]:
        """The same as plain data, the keys as documented for `peacesim explain --json`."""
        return explanation_data(self)


def explain(results: Results, look: int = LOOK) -> Explanation:
    """Explain results.

    Args:
        results: As played, or as `open_results` reads them.
        look: How many of the first runs are played again, to see by how much they missed a deal and to try changes.

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
    own = {dial.party: dial for dial in dials(results.scenario) if dial.kind == RESERVATION_VALUE}
    for aside in asides:
        party, _, what = aside.name.partition(".")
        if what == RESERVATION_VALUE and aside.falls is not None:
            dial: Dial = own[party]
            turn = Turn(dial, max(dial.low, dial.value - aside.falls[1]))
            yield Change((turn,), -1, 0)
            return


def explanation_data(explained: "Explanation") -> dict[str, Any]:
    """All of it, with the keys as documented for `peacesim explain --json`."""
    results, why = explained.results, explained.reasons
    return {
        "id": results.scenario.id,
        "title": results.scenario.title,
        "seed": results.seed,
        "n": results.n,
        "looked_at": explained.replayed.n,
        "outcomes": _shares(why.outcomes),
        "zone_first": _share(why.zone_first),
        "zone_ever": _share(why.zone_ever),
        "obstacles": [_obstacle(each) for each in why.obstacles],
        "obstacles_needed": _shares(why.sizes),
        "refused_last": [_share(each) | {"reasons": _why(explained, each.name)} for each in why.refusers],
        "too_late": _share(Share("too_late", len(explained.replayed.too_late), explained.replayed.out_of_time)),
        "left": _shares(why.left),
        "refused_at_home": _shares(why.at_home),
        "in_force": _shares(why.breaks),
        "parties": [
            _share(each.least) | {"margin": each.margin, "least_share": each.least_share}
            for each in explained.satisfactions
        ],
        "ledger": [
            {"party": each.party, "issue": each.issue, "n": each.n, "moved": each.moved, "points": each.mean,
             "low": each.low, "high": each.high}
            for each in explained.movements
        ],
        "opening": {
            "packages": explained.opening.packages,
            "one": [_change(explained, each) for each in explained.opening.one],
            "two": [_change(explained, each) for each in explained.opening.two],
        },
        "set_aside": [_aside(each) for each in explained.asides],
        "linkages": _linkages(explained),
        "moved_by": [
            {"stage": stage, "path": mover.path, "low_share": mover.low_share, "high_share": mover.high_share,
             "difference": mover.difference, "low": mover.low, "high": mover.high}
            for stage, mover in explained.moved_by.items() if mover is not None
        ],
        "tried": [_tried(explained, each) for each in explained.tried],
        "weights": _weights(explained),
    }  # fmt: skip


def _share(each: Share) -> dict[str, Any]:
    low, high = each.interval
    return {"name": each.name, "count": each.count, "n": each.n, "share": each.share, "low": low, "high": high}


def _shares(listed: Sequence[Share]) -> list[dict[str, Any]]:
    return [_share(each) for each in listed]


def _obstacle(each: Obstacle) -> dict[str, Any]:
    part, low, high = each.part
    return {
        "name": each.name, "part": part, "part_low": low, "part_high": high,
        "involved": each.involved.count, "alone": each.alone.count, "alone_share": each.alone.share,
    }  # fmt: skip


def _why(explained: "Explanation", party: str) -> dict[str, int]:
    return dict(Counter(late.reason for late in explained.replayed.late if late.party == party).most_common())


def _change(explained: "Explanation", change: Change) -> dict[str, Any]:
    results = explained.results
    package = None
    if change.package >= 0:
        package = in_file_order(results.scenario, results.structure.space.options_of(change.package))
    return {
        "turns": [turn_data(turn) for turn in change.turns],
        "cost": change.cost, "packages": change.packages, "package": package,
    }  # fmt: skip


def turn_data(turn: Turn) -> dict[str, Any]:
    """A number turned: its path, from where to where, how far in widths of its range."""
    dial = turn.dial
    return {
        "path": dial.path, "kind": dial.kind, "value": dial.value, "to": turn.value, "cost": turn.cost,
        "range": list(dial.stated) if dial.stated else None, "within": turn.within,
        "with": sorted(dial.others) if dial.kind == "hardness" else [],
    }  # fmt: skip


def _aside(each: Aside) -> dict[str, Any]:
    low, median, high = each.falls or (None, None, None)
    falls = {"fall": median, "fall_low": low, "fall_high": high}
    return _share(each.zone) | falls | {"hardness": each.hardness, "for_half": each.half}


def _linkages(explained: "Explanation") -> list[dict[str, Any]]:
    n = len(explained.replayed.no_zone)
    counts = Counter(name for run in explained.replayed.no_zone for name in run.linkages)
    return [_share(Share(name, counts[name], n)) for name in sorted(counts)]


def _tried(explained: "Explanation", each: Tried) -> dict[str, Any]:
    return {
        "turns": [turn_data(turn) for turn in each.change.turns],
        "set": list(each.sets),
        "n": each.n,
        "fault": each.fault or None,
        "stages": [
            {"stage": stage.name, "before": stage.before.share, "after": stage.after.share,
             "difference": stage.difference[0], "low": stage.difference[1], "high": stage.difference[2]}
            for stage in each.stages
        ],
    }  # fmt: skip


def _weights(explained: "Explanation") -> dict[str, Any]:
    found = explained.weights
    return {
        "basis": found.basis, "package": found.package, "n": found.n, "weights": found.weights,
        "flips": [_flip(each) for each in found.flips],
    }  # fmt: skip


def _flip(each: Flip) -> dict[str, Any]:
    return {
        "path": each.dial.path, "value": each.dial.value, "end": each.end, "kept": each.kept.count,
        "instead": each.instead, "flips": each.flips, "turn": each.turn,
    }  # fmt: skip
