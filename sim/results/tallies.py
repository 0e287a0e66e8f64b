"""Counts that add up over draws: what was asked and offered round by round, and where agreement lies."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.core import histograms
from sim.core.exact import Floats
from sim.core.kernels import Listed
from sim.core.packages import NO_DEAL, Ints
from sim.core.state import ARE_ANSWERS, ARE_OFFERS, NOT_ASKED
from sim.mechanisms.side_payments import most_added
from sim.model.domain import Structure
from sim.model.talks import Talks
from sim.scenario import Scenario

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
        zone: Draws in which some package acceptable to its signatories has both options, shape (C, C).
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
    """The lowest and highest worth a party's numbers allow, linkages and carrots counted, shape (N, 2)."""
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
    agreed, zones = _agreed_pairs(table, talks.package), _option_pairs(table, talks.listed_first)
    shape = (len(QUANTITIES), talks.ensemble.scenario.time.rounds, len(ranges), BINS)
    cells = len(ranges) * BINS  # of a round: a party's bins after those of the one before it, then one for no worth
    counts = np.zeros((*shape[:2], cells + 1), np.int64)
    _count_asked(talks, ranges, counts[:2])
    _count_moves(talks, ranges, counts[2:])
    return Tallies(
        len(talks.ensemble), dict(zip(QUANTITIES, counts[:, :, :cells].reshape(shape), strict=True)), ranges, agreed,
        zones,
    )  # fmt: skip


def _count_asked(talks: Talks, ranges: Floats, counts: Ints) -> None:
    """Count what was asked for, and what no deal was worth to those that asked, by round and cell, (2, R, cells)."""
    draws, nowhere = len(talks.ensemble), counts.shape[2] - 1
    low, high = (np.tile(ends, draws) for ends in ranges.T)
    where = low, high - low, np.tile(np.arange(len(ranges)) * BINS, draws), BINS, nowhere
    asked, no_deal = np.empty((2, len(low)), np.int64)
    for k, aspiration in enumerate(talks.aspiration):
        histograms.place_worths(aspiration.ravel(), *where, asked)
        if not k or not _same_memory(talks.no_deal[k], talks.no_deal[k - 1]):
            histograms.place_worths(talks.no_deal[k].ravel(), *where, no_deal)
        histograms.count_asked(asked, no_deal, nowhere, *counts[:, k])


def _count_moves(talks: Talks, ranges: Floats, counts: Ints) -> None:
    """Count what offers were worth to those that made them, and to those that had to answer them, likewise."""
    shape = (2, *talks.moves[0].did.shape)
    key, cell = np.full(shape, histograms.SILENCE), np.full(shape, counts.shape[2] - 1)
    there = np.full(shape[2], NO_DEAL)  # what lies on the table, also while nobody has a turn
    low, high = np.ascontiguousarray(ranges.T)
    who = talks.moves[0].who
    turns = np.ascontiguousarray(who, np.int64)
    for k, moves in enumerate(talks.moves):
        if not _same_memory(moves.who, who):
            who, turns = moves.who, np.ascontiguousarray(moves.who, np.int64)
        did, package = np.ascontiguousarray(moves.did, np.int64), np.ascontiguousarray(moves.package, np.int64)
        histograms.count_moves(
            turns, did, package, NOT_ASKED, ARE_OFFERS, ARE_ANSWERS, talks.utility, low, high - low, BINS,
            there, key, cell, *counts[:, k],
        )  # fmt: skip
    played = counts[:, : len(talks.moves)]
    np.cumsum(played, axis=1, out=played)


def _same_memory(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> bool:
    """Whether two arrays are one and the same piece of memory, as where nothing changes from round to round."""
    return one.__array_interface__ == other.__array_interface__


def _agreed_pairs(table: Structure, packages: Ints) -> npt.NDArray[np.int64]:
    """Draws in which two options are both part of the agreement, `NO_DEAL` for none, shape (C, C)."""
    together = np.zeros((len(table.option_names),) * 2, np.int64)
    kinds, count = np.unique(packages[packages != NO_DEAL], return_counts=True)
    options = table.space.packages[kinds] + table.first_options
    np.add.at(together, (options[:, :, None], options[:, None, :]), count[:, None, None])
    return together


def _option_pairs(table: Structure, packages: Listed) -> npt.NDArray[np.int64]:
    """Draws in which some of the draw's packages has both of two options, shape (C, C)."""
    together = np.zeros((len(table.option_names),) * 2, np.int64)
    histograms.count_pairs(
        np.ascontiguousarray(table.space.packages), table.first_options, packages.packages, packages.start, together
    )
    return together
