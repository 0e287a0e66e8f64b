"""What one obstacle does to the zone over runs: how many would have one without it, and by how much it is too much."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from sim.analysis.reasons import Reasons, Share
from sim.analysis.replays import Replayed
from sim.analysis.ways_out import NO_DEAL
from sim.exact import TOLERANCE
from sim.scenario import Scenario
from sim.streams import law_mean
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
        half: What it takes for half of the runs to have a zone, by this alone: for a no-deal worth how much lower it
            must be in every run, for a red line the mean hardness that it may have, together with the lines that share
            its draw; None where that is not to be had, for what an event took away, and where half of them have one.
        hardness: Of a red line, its mean hardness as it is; None for all else.
        looked_at: Runs on which `falls` and `half` rest.
    """

    name: str
    zone: Share
    falls: tuple[float, float, float] | None
    half: float | None
    hardness: float | None
    looked_at: int


def set_aside(scenario: Scenario, reasons: Reasons, replayed: Replayed) -> tuple[Aside, ...]:
    """All obstacles of the runs without a zone, those that open most first."""
    found = sorted(_asides(scenario, reasons, replayed), key=lambda each: (-each.zone.count, each.name))
    return tuple(found)


def _asides(scenario: Scenario, reasons: Reasons, replayed: Replayed) -> Iterator[Aside]:
    parties, there, means = list(scenario.parties), reasons.zone_ever.count, mean_hardness(scenario)
    for obstacle in reasons.obstacles:
        party, _, what = obstacle.name.partition(".")
        zone = Share(obstacle.name, there + obstacle.alone.count, reasons.n)
        falls, half = None, None
        if obstacle.name in means:
            opened = sum(obstacle.name in run.opens for run in replayed.no_zone)
            half = hardness_for_half(opened, replayed.n - len(replayed.no_zone), replayed.n, means[obstacle.name])
        elif what == NO_DEAL and party in parties:
            every = np.array([run.falls[parties.index(party)] for run in replayed.no_zone])
            known = every[np.isfinite(every)]
            falls = _spread(known) if len(known) else None
            half = fall_for_half(known, replayed.n - len(replayed.no_zone), replayed.n)
        yield Aside(obstacle.name, zone, falls, half, means.get(obstacle.name), replayed.n)


def _spread(values: Floats) -> tuple[float, float, float]:
    low, middle, high = np.quantile(values, [LOW, MIDDLE, HIGH])
    return float(low), float(middle), float(high)


def mean_hardness(scenario: Scenario) -> dict[str, float]:
    """The share of all draws in which each red line is real at the start, by `party.id`."""
    found = {}
    for party, spec in scenario.parties.items():
        for line in spec.red_lines:
            number, mean = line.hardness, line.hardness.value
            if number.low is not None and number.high is not None:
                mean = law_mean(number.law, number.low, number.value, number.high)
            found[f"{party}.{line.id}"] = float(mean)
    return found


def hardness_for_half(opened: int, there: int, n: int, mean: float) -> float | None:
    """The mean hardness of a line with which half of the runs have a zone; None if they have, or would not without it.

    Whether a line is real is drawn apart from all else, so the share of runs with a zone is affine in the share of runs
    in which it is real: it lies on the way from that without the line to that as it is.

    Args:
        opened: Runs that would have a zone without the line.
        there: Runs that have one.
        n: All runs.
        mean: The mean hardness as it is, above 0 if `opened` is.
    """
    without, now = (there + opened) / n, there / n
    if now >= HALF or without < HALF:
        return None
    return mean * (without - HALF) / (without - now)


def fall_for_half(falls: Floats, there: int, n: int) -> float | None:
    """The smallest fall after which at least half of n runs have a zone; None if they have, or it cannot be had.

    Args:
        falls: What it takes in each run that lacks one and could be helped.
        there: Runs that have one.
        n: All runs.
    """
    missing = int(np.ceil(HALF * n - TOLERANCE)) - there
    return float(np.sort(falls)[missing - 1]) if 0 < missing <= len(falls) else None
