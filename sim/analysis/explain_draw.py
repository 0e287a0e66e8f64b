"""One draw explained: told offer by offer, why it ended so, and the smallest change in it that would open the way."""

from dataclasses import dataclass, field

import numpy as np

from sim.analysis.gaps import Table, WayOut, way_out
from sim.analysis.narrate import Narration, narrate
from sim.analysis.reasons import smallest_sets
from sim.analysis.rendered import Rendered
from sim.analysis.replays import last_table
from sim.analysis.trace import Package, package_named
from sim.core.exact import TOLERANCE
from sim.model.domain import structure
from sim.model.ensemble import draw as draw_inputs
from sim.model.peace_talks import hold_talks
from sim.model.talks import Talks
from sim.scenario import Scenario


@dataclass(frozen=True)
class Opened:
    """A smallest set of obstacles of a draw without a zone.

    Attributes:
        way: The set, and by how much the no-deal worths in it are too high.
        no_deal: What no deal was worth to each party in it, in the last open round.
        package: The package that takes least.
    """

    way: WayOut
    no_deal: tuple[float, ...]
    package: Package


@dataclass(frozen=True)
class Nearest:
    """Of a draw that ran out of time: the package that came nearest to what all asked for in the last round.

    Attributes:
        package: Which; it crosses no real line of those who sign it. The first by rank of those that came as near.
        packages: How many came as near.
        on_the_table: Whether it was the text on the table at the end, which not all had answered; it then stands first.
        missing: What it lacks of what each signatory asked for, as `(party, worth)`; those that lack nothing are left
            out. Nobody lacks anything where the package met what all asked for and nobody proposed it.
    """

    package: Package
    packages: int
    on_the_table: bool
    missing: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class DrawExplained(Rendered):
    """One draw.

    Attributes:
        opened: Without a zone: the ways out, least first where they can be compared.
        nearest: Out of time with a zone: the package that came nearest; None otherwise.
        room: With a deal: by how much no deal could be worth more to each signatory before the text is worth less to
            it, the smallest first.
    """

    story: Narration
    opened: tuple[Opened, ...] = field(repr=False)
    nearest: Nearest | None
    room: tuple[tuple[str, float], ...]


def explain_draw(scenario: Scenario, seed: int, draw: int) -> DrawExplained:
    """Play one draw again and say why it ended as it did.

    Raises:
        ValueError: if `draw` is below 0.
    """
    story = narrate(scenario, seed, draw)
    talks = hold_talks(draw_inputs(scenario, seed, draw, 1, table=structure(scenario)))
    table = last_table(talks, 0)
    opened = _opened(talks, table, story.blocker or "") if story.outcome == "no_zone" else ()
    nearest = _nearest(talks, table) if story.outcome == "deadline" and story.zone_ever else None
    margins = [(seat.name, seat.margin) for seat in story.seats if seat.signs and seat.margin is not None]
    room = sorted(margins, key=lambda entry: (entry[1], entry[0])) if story.outcome == "in_force" else []
    return DrawExplained(story, opened, nearest, tuple(room))


def _opened(talks: Talks, table: Table, blocker: str) -> tuple[Opened, ...]:
    ways = [way for names in smallest_sets(blocker) if (way := way_out(table, names)) is not None]
    names, no_deal = table.structure.parties, talks.reservation_value[-1][0]
    return tuple(
        Opened(
            way, tuple(float(no_deal[names.index(party)]) for party, _ in way.falls), package_named(talks, way.package)
        )
        for way in sorted(ways, key=lambda way: (way.total, way.names))
    )


def _nearest(talks: Talks, table: Table) -> Nearest | None:
    """Search all packages that cross no real line: the smallest sum of what they lack; ties by rank."""
    structure, aspiration = table.structure, talks.aspiration[-1][0]
    free = np.flatnonzero((table.clear() | ~structure.signs).all(axis=0) & ~table.gone())
    if not len(free) or table.quota is not None or np.isnan(aspiration).any():
        return None
    lacking = np.where(structure.signs[:, free], np.maximum(aspiration[:, None] - talks.utility[0][:, free], 0.0), 0.0)
    total = lacking.sum(axis=0)
    tied = np.flatnonzero(total <= total.min() + TOLERANCE)
    on_the_table = bool((free[tied] == talks.standing[0]).any())
    best = int(tied[structure.space.tie_rank[free[tied]].argmin()])
    if on_the_table:
        best = int(np.flatnonzero(free == talks.standing[0])[0])
    lack = {party: float(lacking[structure.parties.index(party), best]) for party in talks.ensemble.scenario.parties}
    missing = tuple((party, worth) for party, worth in lack.items() if worth > TOLERANCE)
    return Nearest(package_named(talks, int(free[best])), len(tied), on_the_table, missing)
