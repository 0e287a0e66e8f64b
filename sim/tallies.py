"""Counts that add up over draws: what was asked and offered round by round, and where agreement lies."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim import kernels_counts
from sim.issues import NO_DEAL, Bools, Ints
from sim.mechanisms.carrots import most_added
from sim.model import Talks
from sim.scenario import Scenario
from sim.state import ANSWERS, NOT_ASKED, OFFERS
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
    no_deal = np.where(np.isnan(talks.aspiration), np.nan, talks.no_deal)
    agreed = _option_pairs(table, talks.signed > 0, talks.package[talks.signed > 0])
    zones = _option_pairs(table, talks.zone_first.sum(axis=1), np.nonzero(talks.zone_first)[1])
    own, received = _offers(talks, ranges)
    rounds = talks.ensemble.scenario.time.rounds
    counts = {
        "aspiration": _by_party(talks.aspiration, ranges, rounds),
        "no_deal": _by_party(no_deal, ranges, rounds),
        "own_offer": own,
        "received_offer": received,
    }
    return Tallies(len(talks.ensemble), counts, ranges, agreed, zones)


def _by_party(worth: Floats, ranges: Floats, rounds: int) -> npt.NDArray[np.int64]:
    """Count worths of shape (rounds played, B, N), NaN for none, by round, party and bin."""
    counts = np.zeros((rounds, len(ranges), BINS), np.int64)
    kernels_counts.count_worths(np.ascontiguousarray(worth), ranges, counts)
    return counts


def _offers(talks: Talks, ranges: Floats) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Count what offers were worth to those that made them, and to those that had to answer them."""
    who = np.array([moves.who for moves in talks.moves])  # (rounds played, turns, B)
    did = np.array([moves.did for moves in talks.moves])
    after = np.array([moves.package for moves in talks.moves])
    before = _lay_there(after.reshape(-1, after.shape[2]), did.reshape(-1, did.shape[2])).reshape(after.shape)
    rounds, tables = talks.ensemble.scenario.time.rounds, []
    made, answered = np.isin(did, OFFERS), np.isin(did, ANSWERS)
    for which, package in ((made, after), (answered, before)):
        counts = np.zeros((rounds, len(ranges), BINS), np.int64)
        kernels_counts.count_offers(np.ascontiguousarray(who), which, package, talks.utility, ranges, counts)
        tables.append(counts)
    return tables[0], tables[1]


def _lay_there(after: Ints, did: Ints) -> Ints:
    """What lay on the table before each turn, of what lay there after each; all of shape (all turns, B).

    While the channel is closed or a text is asked about at home nobody has a turn, and what lay there still does.
    """
    turn = np.where(did != NOT_ASKED, np.arange(1, len(did) + 1)[:, None], 0)
    last = np.vstack([np.zeros_like(turn[:1]), np.maximum.accumulate(turn, axis=0)[:-1]])  # 0: none yet
    return np.where(last > 0, np.take_along_axis(after, np.maximum(last - 1, 0), axis=0), NO_DEAL)


def _option_pairs(table: Structure, count: Ints | Bools, packages: Ints) -> npt.NDArray[np.int64]:
    """Draws in which some of the draw's packages has both of two options, shape (C, C).

    Args:
        table: The scenario's structure.
        count: Packages of each draw, shape (B,).
        packages: Those of the first draw, then those of the second, and so on.
    """
    sizes = [len(issue.options) for issue in table.space.issues]
    together = np.zeros((sum(sizes), sum(sizes)), np.int64)
    options = table.space.packages + np.cumsum([0, *sizes[:-1]])
    start = np.concatenate([[0], np.cumsum(count)])
    kernels_counts.count_pairs(np.ascontiguousarray(options), np.ascontiguousarray(packages), start, together)
    return together
