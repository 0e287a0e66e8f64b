"""Runs without a deal, played again to see by how much they missed one: nothing of this is kept in results."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sim.analysis.gaps import RESERVATION_VALUE, Table, WayOut, fall_alone, way_out
from sim.analysis.parameters import hardness_parameters
from sim.analysis.reasons import Reasons, Share, smallest_sets
from sim.core.exact import TOLERANCE, Floats
from sim.core.packages import NO_DEAL, Ints
from sim.core.state import NOT_ASKED, OBJECTED, REFUSED
from sim.core.streams import law_mean
from sim.model.ensemble import draw
from sim.model.foresight import foreseen_worth
from sim.model.peace_talks import hold_talks
from sim.model.talks import Talks
from sim.results.chunks import block_size
from sim.results.columns import blockers
from sim.results.results import Results
from sim.scenario import Scenario

WORTH, OWN_OFFER, AT_HOME = "worth", "own_offer", "refused_at_home"


@dataclass(frozen=True)
class NoZone:
    """A draw in which no package was acceptable, as it stood in the last open round.

    Attributes:
        ways: The smallest sets of obstacles, each with what it would take.
        falls: By how much the no-deal worth of each party alone is too high for a zone, in the order of the file;
            infinite where more than that stands in the way.
        opens: Red lines, as `party.id`, by whose hardness alone the way would open: without it and all lines that share
            its draw a package would be acceptable.
        linkages: Linkages, as `party.id`, any one of which stands alone in the way: without what it takes off, a
            package would be acceptable.
    """

    draw: int
    ways: tuple[WayOut, ...]
    falls: tuple[float, ...]
    opens: tuple[str, ...]
    linkages: tuple[str, ...]


@dataclass(frozen=True)
class LastRefusal:
    """Who refused last in a draw that had a zone and ran out of time, and why.

    Attributes:
        reason: `worth`, `own_offer` (worth what it asks for, but less than its own next offer), `refused_at_home`, or
            the red line it crosses as `party.id`.
        missing: What the text lacks of what it asked for, on its own scale; NaN for another reason than worth.
    """

    draw: int
    party: str
    round: int
    reason: str
    missing: float


@dataclass(frozen=True)
class Replayed:
    """The first draws of some results, those without a deal looked at closely.

    Attributes:
        late: Those that had a zone and ran out of time, where somebody refused.
        out_of_time: How many had a zone and ran out of time.
        too_late: Draws of these in which the text on the table at the end was worth what all its signatories asked for
            in the last round, and crossed no real line of theirs: not all of them had answered it.
    """

    n: int
    no_zone: tuple[NoZone, ...]
    late: tuple[LastRefusal, ...]
    out_of_time: int
    too_late: tuple[int, ...]


def replayed(results: Results, most: int) -> Replayed:
    """Play again those of the first `most` draws that had no zone or ran out of time."""
    n = min(results.n, most)
    outcome = results.head(n, "outcome")["outcome"].to_numpy(object)
    wanted = np.flatnonzero((outcome == "no_zone") | (outcome == "deadline"))
    no_zone, late, too_late = list[NoZone](), list[LastRefusal](), list[int]()
    groups = [parameter.lines for parameter in hardness_parameters(results.scenario, results.structure)]
    for talks in replay_draws(results, n, wanted):
        texts = blockers(talks)
        for b, number in enumerate(talks.ensemble.draws.tolist()):
            if outcome[number] == "no_zone":
                no_zone.append(_no_zone(talks, b, str(texts[b]), groups))
                continue
            if came_too_late(talks, b):
                too_late.append(number)
            if (refusal := last_refusal(talks, b)) is not None:
                late.append(refusal)
    out_of_time = int((outcome == "deadline").sum())
    return Replayed(n, tuple(no_zone), tuple(late), out_of_time, tuple(too_late))


def came_too_late(talks: Talks, b: int) -> bool:
    """Whether all could have signed the text on the table of a draw out of time, by what they asked for at the end."""
    text = int(talks.standing[b])
    if text == NO_DEAL or talks.ensemble.protocol.quota is not None:
        return False
    table, aspiration = last_table(talks, b), talks.aspiration[-1][b]
    content = (talks.utility[b, :, text] >= aspiration - TOLERANCE) & table.clear()[:, text]
    return bool((content | ~talks.ensemble.structure.signs[:, text]).all() and not table.gone()[text])


def replay_draws(results: Results, n: int, rows: Ints) -> Iterator[Talks]:
    """Some of the first n draws, played again in blocks; a block's worths are lost when the next is asked for."""
    if not len(rows):
        return
    table = results.structure
    ensemble, block = draw(results.scenario, results.seed, 0, n, table=table), block_size(table)
    scratch = np.empty((min(block, len(rows)), len(table.parties), len(table.space)))
    for first in range(0, len(rows), block):
        yield hold_talks(ensemble[rows[first : first + block]], scratch)


def last_table(talks: Talks, b: int) -> Table:
    """One draw as it stood in its last open round."""
    quota = talks.ensemble.protocol.quota
    margin = talks.utility[b] - talks.reservation_value[-1][b][:, None]
    return Table(talks.ensemble.structure, margin, talks.real[b], quota)


def _no_zone(talks: Talks, b: int, blocker: str, groups: Sequence[tuple[int, ...]]) -> NoZone:
    table, names = last_table(talks, b), talks.ensemble.structure.parties
    found = [way_out(table, names) for names in smallest_sets(blocker)]
    falls = tuple(fall_alone(table, names.index(party)) for party in talks.ensemble.scenario.parties)
    return NoZone(
        draw=int(talks.ensemble.draws[b]),
        ways=tuple(way for way in found if way is not None),
        falls=falls,
        opens=tuple(sorted(_opened_by(table, groups))),
        linkages=tuple(_linkages(talks, b, table)),
    )


def _opened_by(table: Table, groups: Sequence[tuple[int, ...]]) -> Iterator[str]:
    for lines in groups:
        if table.real[list(lines)].any() and table.opens(lines):
            yield from (table.structure.lines.names[line] for line in lines)


def _linkages(talks: Talks, b: int, table: Table) -> Iterator[str]:
    """Linkages that take worth off, and without which some package would be acceptable."""
    structure, short = table.structure, None
    for column, site in enumerate(structure.linkages):
        taken = -float(talks.ensemble.linkage_worth[b, column])
        if taken <= TOLERANCE:
            continue
        if short is None:
            short = table.votes_short()
        held = site.packages
        near = held[(short[held] == 1) & (table.margin[site.party, held] >= -taken - TOLERANCE)]
        near = near[~table.willing[site.party, near] & structure.signs[site.party, near]]
        if len(near) and _opens_without(talks, b, table, column):
            _, party, _, linkage, _ = site.path.split(".")
            yield f"{party}.{linkage}"


def _opens_without(talks: Talks, b: int, table: Table, linkage: int) -> bool:
    """Whether some package is acceptable without a linkage; worth is worked out anew, for foresight bends it."""
    one = talks.ensemble[np.array([b])]
    worth = one.linkage_worth.copy()
    worth[:, linkage] = 0.0
    without = replace(one, linkage_worth=worth)
    gained = foreseen_worth(without)[0] - foreseen_worth(one)[0]
    return bool(replace(table, margin=table.margin + gained).zone.any())


def last_refusal(talks: Talks, b: int) -> LastRefusal | None:
    """The last refusal of a draw; None if nobody refused anything."""
    who = int(talks.last_refuser[b])
    for place in range(len(talks.moves) - 1, -1, -1):
        moves = talks.moves[place]
        for turn in range(len(moves.did) - 1, -1, -1):
            if moves.who[turn, b] == who and moves.did[turn, b] in (REFUSED, OBJECTED):
                text = int(moves.package[turn, b])
                if moves.did[turn, b] == REFUSED:
                    text = _text_before(talks, b, place, turn)
                return _refusal(talks, b, place, who, text) if text != NO_DEAL else None
    return None


def _text_before(talks: Talks, b: int, place: int, turn: int) -> int:
    """What lay on the table before a turn."""
    for k in range(place, -1, -1):
        moves = talks.moves[k]
        for before in range((turn if k == place else len(moves.did)) - 1, -1, -1):
            if moves.did[before, b] != NOT_ASKED:
                return int(moves.package[before, b])
    return NO_DEAL


def _refusal(talks: Talks, b: int, place: int, who: int, text: int) -> LastRefusal:
    table, reason, missing = talks.ensemble.structure, WORTH, float("nan")
    crossed = table.lines.crosses[table.lines.pattern[text]] & talks.real_by_round[place, b] & table.lines.of(who)
    aspiration, worth = float(talks.aspiration[place, b, who]), float(talks.utility[b, who, text])
    if crossed.any():
        reason = _first(table.lines.names, crossed.tolist())
    elif worth < aspiration - TOLERANCE:
        missing = aspiration - worth
    else:
        reason = AT_HOME if talks.approval.attempts[b] else OWN_OFFER
    return LastRefusal(int(talks.ensemble.draws[b]), table.parties[who], place + 1, reason, missing)


def _first(names: Sequence[str], true: Sequence[bool]) -> str:
    return next(name for name, is_one in zip(names, true, strict=True) if is_one)


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
        elif what == RESERVATION_VALUE and party in parties:
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
    """The mean hardness of a line with which half of n runs have a zone; None if they have, or would not without it.

    Whether a line is real is drawn apart from all else, so the share of runs with a zone is affine in the share of runs
    in which it is real: it lies on the way from that without the line (`opened` runs) to that as it is (`there`).
    """
    without, now = (there + opened) / n, there / n
    if now >= HALF or without < HALF:
        return None
    return mean * (without - HALF) / (without - now)


def fall_for_half(falls: Floats, there: int, n: int) -> float | None:
    """The smallest fall after which at least half of n runs have a zone; None if they have, or it cannot be had."""
    missing = int(np.ceil(HALF * n - TOLERANCE)) - there
    return float(np.sort(falls)[missing - 1]) if 0 < missing <= len(falls) else None
