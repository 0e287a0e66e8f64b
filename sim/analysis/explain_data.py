"""`explain --json`: an explanation as plain data."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sim.analysis.changes import Change, Turn
from sim.analysis.reasons import Obstacle, Share
from sim.analysis.setting_aside import Aside
from sim.analysis.tried import Tried
from sim.analysis.weight_flips import Flip
from sim.analysis.words import in_file_order

if TYPE_CHECKING:
    from sim.analysis.explain import Explanation


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
