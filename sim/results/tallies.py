"""Counts that add up over draws: aspirations and offers by round, and options of agreements and zones."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.core import histograms
from sim.core.compiled import worth_compiling
from sim.core.exact import Floats
from sim.core.histograms import Bins, Kinds, Last, Turns
from sim.core.packages import NO_DEAL
from sim.core.state import ARE_ANSWERS, ARE_OFFERS, NOT_ASKED
from sim.mechanisms.side_payments import most_added
from sim.model.domain import Structure
from sim.model.talks import Talks
from sim.scenario import Scenario

COUNT_STEPS = 20  # of one that is counted
BINS = 200
KINDS = Kinds(ARE_OFFERS, ARE_ANSWERS, NOT_ASKED)
QUANTITIES = ("aspiration", "no_deal", "own_offer", "received_offer")


@dataclass(frozen=True, eq=False)
class Tallies:
    """Counts over draws; parties and options in name order, the diagonal of pairs counts an option alone."""

    draws: int
    talks: Mapping[str, npt.NDArray[np.int64]]  # by quantity: draws by round, party and bin of utility, (R, N, 200)
    ranges: Floats  # utility at the lower end of the first bin and the upper end of the last, shape (N, 2)
    agreed: npt.NDArray[np.int64]  # draws in which two options are both part of the agreement, shape (C, C)
    zone: npt.NDArray[np.int64]  # draws in which some acceptable package has both options, shape (C, C)

    def __add__(self, other: "Tallies") -> "Tallies":
        if not np.array_equal(self.ranges, other.ranges):
            raise ValueError("tallies of different scenarios do not add up")
        return Tallies(
            self.draws + other.draws,
            {name: counts + other.talks[name] for name, counts in self.talks.items()},
            self.ranges,
            self.agreed + other.agreed,
            self.zone + other.zone,
        )

    def __repr__(self) -> str:
        return f"Tallies({self.draws:,} draws)"


def empty_tallies(scenario: Scenario, table: Structure) -> Tallies:
    shape = (scenario.time.rounds, len(table.parties), BINS)
    options = len(table.option_names)
    return Tallies(
        0,
        {name: np.zeros(shape, np.int64) for name in QUANTITIES},
        utility_ranges(scenario, table),
        np.zeros((options, options), np.int64),
        np.zeros((options, options), np.int64),
    )


def utility_ranges(scenario: Scenario, table: Structure) -> Floats:
    """Return the lowest and highest utility of each party, linkages and side payments included, shape (N, 2)."""
    ranges = []
    carrots = scenario.mediation.carrots if scenario.mediation else None
    added = most_added(carrots) if carrots else {}
    for name in table.parties:
        low, high = 0.0, 1.0
        for linkage in sorted(scenario.parties[name].linkages, key=lambda linkage: linkage.id):
            ends = (linkage.adds.value, linkage.adds.low, linkage.adds.high)
            known = [float(end) for end in ends if end is not None]
            low, high = low + min(0.0, *known), high + max(0.0, *known)
        ranges.append((low, high + added.get(name, 0.0)))
    return np.array(ranges)


def tally(talks: Talks, ranges: Floats) -> Tallies:
    """Count one block of draws."""
    table = talks.ensemble.structure
    agreed, zone = np.zeros((2, len(table.option_names), len(table.option_names)), np.int64)
    kinds, count = np.unique(talks.package[talks.package != NO_DEAL], return_counts=True)
    options = table.space.packages[kinds] + table.first_options
    np.add.at(agreed, (options[:, :, None], options[:, None, :]), count[:, None, None])
    lists = talks.listed_first
    packages = np.ascontiguousarray(table.space.packages)
    count_pairs = worth_compiling(histograms.count_pairs, len(lists.packages) * len(table.space.issues) ** 2)
    count_pairs(packages, table.first_options, lists.start, lists.packages, zone)
    shape = (len(QUANTITIES), talks.ensemble.scenario.time.rounds, len(ranges), BINS)
    counts = np.zeros((shape[1], shape[0], *shape[2:]), np.int64)
    low, high = np.ascontiguousarray(ranges.T)
    bins = Bins(low, high - low, BINS)
    for k, aspiration in enumerate(talks.aspiration):
        reservation_value = np.ascontiguousarray(talks.reservation_value[k])
        count_aspirations = worth_compiling(histograms.count_aspirations, COUNT_STEPS * aspiration.size)
        count_aspirations(np.ascontiguousarray(aspiration), reservation_value, bins, counts[k, :2])
    last = Last(np.full(len(talks.package), NO_DEAL), *np.full((2, 2, *talks.moves[0].did.shape), histograms.NONE_YET))
    for k, each in enumerate(talks.moves):
        turns = Turns(*(np.ascontiguousarray(part, np.int64) for part in (each.who, each.did, each.package)))
        count_offers = worth_compiling(histograms.count_offers, COUNT_STEPS * each.did.size)
        free = np.ascontiguousarray(talks.reservation_value[k])
        count_offers(turns, KINDS, talks.net_utility, talks.prospects, free, bins, last, counts[k, 2:])
    by_quantity = dict(zip(QUANTITIES, np.ascontiguousarray(counts.swapaxes(0, 1)), strict=True))
    return Tallies(len(talks.ensemble), by_quantity, ranges, agreed, zone)
