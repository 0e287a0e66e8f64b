"""What one obstacle does to the zone over runs: how many would have one without it, and by how much it is too much."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from sim.analysis.reasons import Reasons, Share
from sim.analysis.replays import Replayed
from sim.analysis.ways_out import NO_DEAL
from sim.exact import TOLERANCE
from sim.scenario import Scenario
from sim.utility import Floats

LOW, MIDDLE, HIGH = 0.1, 0.5, 0.9
HALF = 0.5


@dataclass(frozen=True)
class Aside:
    """One obstacle set aside in every run.

    Attributes:
        name: `party.no_deal`, `party.line` or `events.event`.
        zone: Runs that would have a zone in some round, of all runs.
        falls: For a no-deal worth: by how much it is too high in the runs in which it alone stands in the way, 10th
            percentile, median and 90th percentile; None for a line, and without such a run.
        half: For a no-deal worth: by how much it would have to be lower in every run for half of the runs to have a
            zone; None for a line, and where that is not to be had by it alone.
        looked_at: Runs on which `falls` and `half` rest.
    """

    name: str
    zone: Share
    falls: tuple[float, float, float] | None
    half: float | None
    looked_at: int


def set_aside(scenario: Scenario, reasons: Reasons, replayed: Replayed) -> tuple[Aside, ...]:
    """All obstacles of the runs without a zone, those that open most first."""
    found = sorted(_asides(scenario, reasons, replayed), key=lambda each: (-each.zone.count, each.name))
    return tuple(found)


def _asides(scenario: Scenario, reasons: Reasons, replayed: Replayed) -> Iterator[Aside]:
    parties, there = list(scenario.parties), reasons.zone_ever.count
    for obstacle in reasons.obstacles:
        party, _, what = obstacle.name.partition(".")
        zone = Share(obstacle.name, there + obstacle.alone.count, reasons.n)
        falls, half = None, None
        if what == NO_DEAL and party in parties:
            every = np.array([run.falls[parties.index(party)] for run in replayed.no_zone])
            known = every[np.isfinite(every)]
            falls = _spread(known) if len(known) else None
            half = fall_for_half(known, replayed.n - len(replayed.no_zone), replayed.n)
        yield Aside(obstacle.name, zone, falls, half, replayed.n)


def _spread(values: Floats) -> tuple[float, float, float]:
    low, middle, high = np.quantile(values, [LOW, MIDDLE, HIGH])
    return float(low), float(middle), float(high)


def fall_for_half(falls: Floats, there: int, n: int) -> float | None:
    """The smallest fall after which at least half of n runs have a zone.

    Args:
        falls: What it takes in each run that lacks one and could be helped.
        there: Runs that have one.
        n: All runs.
    """
    missing = int(np.ceil(HALF * n - TOLERANCE)) - there
    if missing <= 0:
        return 0.0
    return float(np.sort(falls)[missing - 1]) if missing <= len(falls) else None
