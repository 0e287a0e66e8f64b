"""Counts that add up over draws: what was asked and offered round by round, and where agreement lies."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.issues import NO_DEAL, Bools, Ints
from sim.model import Talks
from sim.scenario import Scenario
from sim.state import ACCEPTED, OFFERED, REFUSED
from sim.structure import Structure
from sim.utility import Floats

BINS = 200
QUANTITIES = ("aspiration", "no_deal", "own_offer", "received_offer")


@dataclass(frozen=True, eq=False)
class Tallies:
    """Counts over draws.

    Attributes:
        draws: Number of draws counted.
        talks: For each quantity, draws by round, party (name order) and bin of worth, shape (R, N, 200).
        ranges: Worth at the lower end of the first bin and the upper end of the last, shape (N, 2).
        agreed: Draws in which two options are both part of the agreement, shape (C, C), options in name order; the
            diagonal counts an option alone.
        zone: Draws in which some package acceptable to all its signatories has both options, shape (C, C).
    """

    draws: int
    talks: Mapping[str, npt.NDArray[np.int64]]
    ranges: Floats
    agreed: npt.NDArray[np.int64]
    zone: npt.NDArray[np.int64]

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
    """Nothing counted yet."""
    shape = (scenario.time.rounds, len(table.parties), BINS)
    options = len(table.option_names)
    return Tallies(
        0,
        {name: np.zeros(shape, np.int64) for name in QUANTITIES},
        worth_ranges(scenario, table),
        np.zeros((options, options), np.int64),
        np.zeros((options, options), np.int64),
    )


def worth_ranges(scenario: Scenario, table: Structure) -> Floats:
    """The lowest and highest worth a party's numbers allow, linkages counted, shape (N, 2)."""
    ranges = []
    for name in table.parties:
        low, high = 0.0, 1.0
        for linkage in sorted(scenario.parties[name].linkages, key=lambda linkage: linkage.id):
            ends = (linkage.adds.value, linkage.adds.low, linkage.adds.high)
            known = [float(end) for end in ends if end is not None]
            low, high = low + min(0.0, *known), high + max(0.0, *known)
        ranges.append((low, high))
    return np.array(ranges)


def tally(talks: Talks, ranges: Floats) -> Tallies:
    """Count one block of draws."""
    table = talks.ensemble.structure
    counts = {name: np.zeros((len(talks.no_deal), len(ranges), BINS), np.int64) for name in QUANTITIES}
    before = np.full(len(talks.ensemble), NO_DEAL)
    for k, moves in enumerate(talks.moves):
        _count(counts["aspiration"][k], talks.aspiration[k], ranges)
        _count(counts["no_deal"][k], np.where(np.isnan(talks.aspiration[k]), np.nan, talks.no_deal[k]), ranges)
        for who, did, after in zip(moves.who, moves.did, moves.package, strict=True):
            offered, asked = (did == OFFERED) | (did == REFUSED), (did == ACCEPTED) | (did == REFUSED)
            _count_packages(counts["own_offer"][k], talks, who, after, offered, ranges)
            _count_packages(counts["received_offer"][k], talks, who, before, asked, ranges)
            before = np.where(after == NO_DEAL, before, after)
    agreed = _option_pairs(table, [talks.package[b : b + 1] for b in np.flatnonzero(talks.signed > 0)])
    zones = _option_pairs(table, [np.flatnonzero(talks.zone[b]) for b in np.flatnonzero(talks.zone.any(axis=1))])
    return Tallies(len(talks.ensemble), counts, ranges, agreed, zones)


def _count(counts: npt.NDArray[np.int64], worth: Floats, ranges: Floats) -> None:
    """Add worths of shape (B, N), NaN for none, to counts of shape (N, bins)."""
    draw, party = np.nonzero(~np.isnan(worth))
    np.add.at(counts, (party, _bin(worth[draw, party], party, ranges)), 1)


def _count_packages(
    counts: npt.NDArray[np.int64], talks: Talks, party: Ints, package: Ints, which: Bools, ranges: Floats
) -> None:
    """Add the worth of one package a draw to one party a draw, where `which` says so."""
    rows = np.flatnonzero(which)
    worth = talks.utility[rows, party[rows], package[rows]]
    np.add.at(counts, (party[rows], _bin(worth, party[rows], ranges)), 1)


def _bin(worth: Floats, party: Ints, ranges: Floats) -> Ints:
    low, high = ranges[party, 0], ranges[party, 1]
    place: Ints = np.clip(np.floor((worth - low) / (high - low) * BINS), 0, BINS - 1).astype(np.int64)
    return place


def _option_pairs(table: Structure, packages_by_draw: list[Ints]) -> npt.NDArray[np.int64]:
    """Draws in which some of the draw's packages has both of two options, shape (C, C)."""
    sizes = [len(issue.options) for issue in table.space.issues]
    offsets = np.cumsum([0, *sizes[:-1]])
    together = np.zeros((sum(sizes), sum(sizes)), np.int64)
    for packages in packages_by_draw:
        options = table.space.packages[packages] + offsets
        seen = np.zeros(together.shape, bool)
        for first in range(len(sizes)):
            for second in range(first, len(sizes)):
                seen[options[:, first], options[:, second]] = True
        together += seen | seen.T
    return together
