"""What each party put on the table first, and the red lines that fell while they talked."""

from typing import Any

import numpy as np
import numpy.typing as npt

from sim import kernels_counts
from sim.issues import NO_DEAL, Ints
from sim.outcomes_text import names_joined
from sim.state import ARE_OFFERS
from sim.talks import Talks
from sim.utility import DAYS_PER_MONTH
from sim.world import World

Columns = dict[str, npt.NDArray[Any]]


def openings(talks: Talks) -> Ints:
    """The first package that each party itself put on the table, `NO_DEAL` if it never did, shape (B, N)."""
    draws = len(talks.signed)
    first = np.full((draws, len(talks.ensemble.structure.parties)), NO_DEAL)
    rows, left = np.arange(draws), draws
    for moves in talks.moves:
        who, did = np.ascontiguousarray(moves.who, np.int64), np.ascontiguousarray(moves.did, np.int64)
        package = np.ascontiguousarray(moves.package, np.int64)
        left = kernels_counts.first_offers(who, did, package, ARE_OFFERS, rows, left, first)
        if not left:
            break
    return first


def fallen_in(talks: Talks) -> Ints:
    """Round from which a red line that was real at the start is real no more, 0 for never, shape (B, L)."""
    gone = talks.ensemble.real & ~talks.real_by_round
    return np.where(gone.any(axis=0), gone.argmax(axis=0) + 1, 0)


def lines_can_fall(world: World) -> bool:
    """Whether the file has anything by which red lines are given up."""
    by_events = world.events is not None and bool(world.events.lines_fall())
    return world.giving_way is not None or by_events


def fallen_lines(talks: Talks) -> Columns:
    """What fell, what fell first and when; columns of shape (B,).

    Returns:
        `lines_fallen`, all lines that fell, and `first_fallen`, those of the earliest round in which any did: names in
        name order, joined by ` + `, empty where none fell. `fallen_month`: months from the start to that round, else
        NaN.
    """
    names, fell = talks.ensemble.structure.lines.names, fallen_in(talks)
    some = (fell > 0).any(axis=1)
    first = np.where(fell > 0, fell, np.iinfo(np.int64).max).min(axis=1, initial=np.iinfo(np.int64).max)
    months = (first - 1) * talks.ensemble.scenario.time.days_per_round / DAYS_PER_MONTH
    return {
        "lines_fallen": names_joined(names, fell > 0, " + "),
        "first_fallen": names_joined(names, (fell > 0) & (fell == first[:, None]), " + "),
        "fallen_month": np.where(some, months, np.nan),
    }
