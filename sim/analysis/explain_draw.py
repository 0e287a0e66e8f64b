"""Explanation of one draw: its trace, its outcome, and the smallest change that would open a zone."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from sim.analysis.gaps import Table, WayOut, way_out
from sim.analysis.narrate import Narration, narrated, watch_draw
from sim.analysis.reasons import smallest_sets
from sim.analysis.rendered import Rendered
from sim.analysis.replays import last_table
from sim.analysis.trace import Package, package_named
from sim.core.exact import TOLERANCE
from sim.model.talks import Talks
from sim.scenario import Scenario


@dataclass(frozen=True)
class Opened:
    """A smallest set of obstacles of a draw without a zone."""

    way: WayOut
    no_deal: tuple[float, ...]  # reservation value of each party in it, in the last open round
    package: Package  # the package that needs least


@dataclass(frozen=True)
class Nearest:
    """Of a draw that ran out of time: the package that came nearest to all aspirations in the last round.

    It crosses no real line of its signatories; of several the standing offer comes first, then by rank. If it met all
    aspirations, nobody proposed it, or not all had answered it.
    """

    package: Package
    packages: int  # number of packages equally near
    on_the_table: bool  # whether it was the standing offer at the end
    missing: Mapping[str, float]  # each signatory's shortfall from its aspiration, where there is any


@dataclass(frozen=True)
class DrawExplained(Rendered):
    """One draw."""

    story: Narration
    opened: tuple[Opened, ...] = field(repr=False)  # without a zone: the ways out, least first where comparable
    nearest: Nearest | None  # out of time with a zone; None otherwise
    room: Mapping[str, float]  # with a deal: margin of each signatory, the smallest first


def explain_draw(scenario: Scenario, seed: int, draw: int) -> DrawExplained:
    """Play one draw again and explain its outcome.

    Raises:
        ValueError: if `draw` is below 0.
    """
    talks, seen = watch_draw(scenario, seed, draw)
    story, table = narrated(talks, seen), last_table(talks, 0)
    opened = _opened(talks, table, story.blocker or "") if story.outcome == "no_zone" else ()
    nearest = _nearest(talks, table) if story.outcome == "deadline" and story.zone_ever else None
    margins = [(seat.name, seat.margin) for seat in story.seats if seat.signs and seat.margin is not None]
    room = sorted(margins, key=lambda entry: (entry[1], entry[0])) if story.outcome == "in_force" else []
    return DrawExplained(story, opened, nearest, dict(room))


def _opened(talks: Talks, table: Table, blocker: str) -> tuple[Opened, ...]:
    names, no_deal, found = table.structure.parties, talks.reservation_value[-1][0], []
    for members in smallest_sets(blocker):
        way = way_out(table, members)
        if way is not None:
            values = tuple(float(no_deal[names.index(party)]) for party in way.falls)
            found.append(Opened(way, values, package_named(talks, way.package)))
    return tuple(sorted(found, key=lambda each: (each.way.total, each.way.names)))


def _nearest(talks: Talks, table: Table) -> Nearest | None:
    """Find the package that crosses no real line with the smallest sum of shortfalls; ties by rank."""
    structure, aspiration, standing = table.structure, talks.aspiration[-1][0], talks.standing[0]
    free = np.flatnonzero((table.clear() | ~structure.signs).all(axis=0) & ~table.gone())
    if not len(free) or table.quota is not None or np.isnan(aspiration).any():
        return None
    worth = talks.value_of(np.zeros(len(free), np.int64), free, talks.reservation_value[-1][0][:, None])
    lacking = np.where(structure.signs[:, free], np.maximum(aspiration[:, None] - worth, 0.0), 0.0)
    total = lacking.sum(axis=0)
    tied = np.flatnonzero(total <= total.min() + TOLERANCE)
    on_the_table = bool((free[tied] == standing).any())
    best = int(tied[structure.space.tie_rank[free[tied]].argmin()])
    if on_the_table:
        best = int(np.flatnonzero(free == standing)[0])
    lack = {party: float(lacking[structure.parties.index(party), best]) for party in talks.ensemble.scenario.parties}
    missing = {party: worth for party, worth in lack.items() if worth > TOLERANCE}
    return Nearest(package_named(talks, int(free[best])), len(tied), on_the_table, missing)
