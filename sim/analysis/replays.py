"""Replays of runs without a deal, to measure how close they were to one; nothing of this is stored in results."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sim.analysis.gaps import RESERVATION_VALUE, Table, fall_alone
from sim.analysis.parameters import hardness_parameters, mean_hardness
from sim.analysis.reasons import Reasons, Share
from sim.core.exact import TOLERANCE, Floats
from sim.core.packages import NO_DEAL, Ints
from sim.core.state import NOT_ASKED, OBJECTED, REFUSED
from sim.model.ensemble import draw
from sim.model.foresight import foreseen_margins
from sim.model.peace_talks import hold_talks
from sim.model.talks import Talks
from sim.results.chunks import block_size
from sim.results.results import Results
from sim.scenario import Scenario

WORTH, OWN_OFFER, AT_HOME = "worth", "own_offer", "refused_at_home"
LOW, MIDDLE, HIGH = 0.1, 0.5, 0.9
HALF = 0.5


@dataclass(frozen=True)
class NoZone:
    """A draw in which no package was acceptable, in its last open round."""

    draw: int
    falls: tuple[float, ...]  # `fall_alone` of each party, in the order of the file
    opens: tuple[str, ...]  # red lines, `party.id`, without which and all that share their draw a package is acceptable
    linkages: tuple[str, ...]  # linkages, `party.id`, without whose loss of utility alone a package is acceptable


@dataclass(frozen=True)
class LastRefusal:
    """The last refusal in a draw that had a zone and ran out of time.

    `reason` is `worth`, `own_offer` (it reaches the aspiration, but is below its own next offer), `refused_at_home`, or
    the red line it crosses as `party.id`.
    """

    draw: int
    party: str
    round: int
    reason: str
    missing: float  # utility of the package below its aspiration; NaN for another reason than `worth`


@dataclass(frozen=True)
class Replayed:
    """The first draws of some results, those without a deal played again."""

    n: int
    no_zone: tuple[NoZone, ...]
    late: tuple[LastRefusal, ...]  # those that had a zone and ran out of time, where a party refused
    # of those that had a zone and ran out of time: their last offer met all aspirations, but not all had answered it
    too_late: Share


def replayed(results: Results, most: int) -> Replayed:
    """Play again those of the first `most` draws that had no zone or ran out of time."""
    n, table = min(results.n, most), results.structure
    outcome = results.head(n, "outcome")["outcome"].to_numpy(object)
    rows = np.flatnonzero((outcome == "no_zone") | (outcome == "deadline"))
    no_zone, late, too_late = list[NoZone](), list[LastRefusal](), 0
    groups = [parameter.lines for parameter in hardness_parameters(results.scenario, table)]
    for talks in _play_again(results, n, rows):
        for b, number in enumerate(talks.ensemble.draws.tolist()):
            if outcome[number] == "no_zone":
                no_zone.append(_no_zone(talks, b, groups))
                continue
            too_late += _came_too_late(talks, b)
            if (refusal := _last_refusal(talks, b)) is not None:
                late.append(refusal)
    return Replayed(n, tuple(no_zone), tuple(late), Share("too_late", too_late, int((outcome == "deadline").sum())))


def _play_again(results: Results, n: int, rows: Ints) -> Iterator[Talks]:
    """Return some of the first n draws, in blocks; a block's utilities are overwritten by the next."""
    if not len(rows):
        return
    table = results.structure
    ensemble, block = draw(results.scenario, results.seed, 0, n, table=table), block_size(table)
    scratch = np.empty((min(block, len(rows)), len(table.parties), len(table.space)))
    for first in range(0, len(rows), block):
        yield hold_talks(ensemble[rows[first : first + block]], scratch)


def _came_too_late(talks: Talks, b: int) -> bool:
    """Return whether the standing offer of a draw out of time met the aspirations of all signatories at the end."""
    text = int(talks.standing[b])
    if text == NO_DEAL or talks.ensemble.protocol.quota is not None:
        return False
    table, aspiration = last_table(talks, b), talks.aspiration[-1][b]
    worth = talks.value_of(np.array([b]), np.array([text]), talks.reservation_value[-1][b][:, None])[:, 0]
    content = (worth >= aspiration - TOLERANCE) & table.clear()[:, text]
    return bool((content | ~talks.ensemble.structure.signs[:, text]).all() and not table.gone()[text])


def last_table(talks: Talks, b: int) -> Table:
    """Return the packages of one draw in its last open round."""
    free, packages = talks.reservation_value[-1][b][:, None], np.arange(talks.net_utility.shape[2])
    margin = talks.value_of(np.full(len(packages), b), packages, free) - free
    return Table(talks.ensemble.structure, margin, talks.real[b], talks.ensemble.protocol.quota)


def _no_zone(talks: Talks, b: int, groups: Sequence[tuple[int, ...]]) -> NoZone:
    table, names = last_table(talks, b), talks.ensemble.structure.parties
    opened = [lines for lines in groups if table.real[list(lines)].any() and table.opens(lines)]
    return NoZone(
        draw=int(talks.ensemble.draws[b]),
        falls=tuple(fall_alone(table, names.index(party)) for party in talks.ensemble.scenario.parties),
        opens=tuple(sorted(table.structure.lines.names[line] for lines in opened for line in lines)),
        linkages=tuple(_linkages(talks, b, table)),
    )


def _linkages(talks: Talks, b: int, table: Table) -> Iterator[str]:
    """Return linkages with a negative effect, without which some package would be acceptable."""
    structure, short, one = table.structure, None, talks.ensemble[np.array([b])]
    for column, site in enumerate(structure.linkages):
        taken = -float(talks.ensemble.linkage_worth[b, column])
        if taken <= TOLERANCE:
            continue
        if short is None:
            short = table.votes_short()
        near = site.packages
        near = near[(short[near] == 1) & (table.margin[site.party, near] >= -taken - TOLERANCE)]
        near = near[~table.willing[site.party, near] & structure.signs[site.party, near]]
        if len(near):  # computed anew, as foresight is not linear in utility
            worth = one.linkage_worth.copy()
            worth[:, column] = 0.0
            gained = foreseen_margins(replace(one, linkage_worth=worth))[0] - foreseen_margins(one)[0]
            if replace(table, margin=table.margin + gained).zone.any():
                _, party, _, linkage, _ = site.path.split(".")
                yield f"{party}.{linkage}"


def _last_refusal(talks: Talks, b: int) -> LastRefusal | None:
    """Return the last refusal of a draw; None if there was none."""
    who = int(talks.last_refuser[b])
    turns = [(place, turn) for place, moves in enumerate(talks.moves) for turn in range(len(moves.did))]
    for k in range(len(turns) - 1, -1, -1):
        place, turn = turns[k]
        moves = talks.moves[place]
        if moves.who[turn, b] == who and moves.did[turn, b] in (REFUSED, OBJECTED):
            text = int(moves.package[turn, b])
            if moves.did[turn, b] == REFUSED:  # the answered offer is the one standing after the turn before
                earlier = [(talks.moves[p], t) for p, t in turns[:k]]
                texts = [int(each.package[t, b]) for each, t in earlier if each.did[t, b] != NOT_ASKED]
                text = texts[-1] if texts else NO_DEAL
            return _refusal(talks, b, place, who, text) if text != NO_DEAL else None
    return None


def _refusal(talks: Talks, b: int, place: int, who: int, text: int) -> LastRefusal:
    table, reason, missing = talks.ensemble.structure, WORTH, float("nan")
    crossed = table.lines.crosses[table.lines.pattern[text]] & talks.real_by_round[place, b] & table.lines.of(who)
    aspiration, free = float(talks.aspiration[place, b, who]), talks.reservation_value[place, b][:, None]
    worth = float(talks.value_of(np.array([b]), np.array([text]), free)[who, 0])
    if crossed.any():
        reason = table.lines.names[int(crossed.argmax())]
    elif worth < aspiration - TOLERANCE:
        missing = aspiration - worth
    else:
        reason = AT_HOME if talks.approval.attempts[b] else OWN_OFFER
    return LastRefusal(int(talks.ensemble.draws[b]), table.parties[who], place + 1, reason, missing)


@dataclass(frozen=True)
class Aside:
    """One obstacle set aside in every run.

    `half` is the change of it alone after which half of the runs have a zone: for a reservation value its fall in every
    run, for a red line its mean hardness, together with the lines that share its draw; None where that is impossible,
    for what an event removed, and where half of them have one.
    """

    name: str  # `party.no_deal`, `party.line` or `events.event`
    zone: Share  # runs that would have a zone in some round, of all runs
    falls: tuple[float, float, float] | None  # finite `fall_alone` of a reservation value: 10th, 50th, 90th percentile
    half: float | None
    hardness: float | None  # of a red line, its mean hardness as it is; None for all else


def set_aside(scenario: Scenario, reasons: Reasons, replayed: Replayed) -> tuple[Aside, ...]:
    """Return all obstacles of the runs without a zone, those that open most first."""
    parties, means, found = list(scenario.parties), mean_hardness(scenario), []
    have_zone = replayed.n - len(replayed.no_zone)
    for obstacle in reasons.obstacles:
        party, _, what = obstacle.name.partition(".")
        zone = Share(obstacle.name, reasons.zone_ever.count + obstacle.alone.count, reasons.n)
        falls, half = None, None
        if obstacle.name in means:
            opened = sum(obstacle.name in run.opens for run in replayed.no_zone)
            half = hardness_for_half(opened, have_zone, replayed.n, means[obstacle.name])
        elif what == RESERVATION_VALUE and party in parties:
            every = np.array([run.falls[parties.index(party)] for run in replayed.no_zone])
            known = every[np.isfinite(every)]
            if len(known):
                low, middle, high = np.quantile(known, [LOW, MIDDLE, HIGH]).tolist()
                falls = low, middle, high
            half = fall_for_half(known, have_zone, replayed.n)
        found.append(Aside(obstacle.name, zone, falls, half, means.get(obstacle.name)))
    return tuple(sorted(found, key=lambda each: (-each.zone.count, each.name)))


def hardness_for_half(opened: int, there: int, n: int, mean: float) -> float | None:
    """Mean hardness of a line with which half of n runs have a zone; None if they have, or would not without it.

    Whether a line is real is independent of all else, so the share of runs with a zone is affine in the share of runs
    in which it is real: between that without the line (`opened` more runs) and the present one (`there`).
    """
    without, now = (there + opened) / n, there / n
    if now >= HALF or without < HALF:
        return None
    return mean * (without - HALF) / (without - now)


def fall_for_half(falls: Floats, there: int, n: int) -> float | None:
    """Smallest fall after which at least half of n runs have a zone; None if they have, or it is impossible."""
    missing = int(np.ceil(HALF * n - TOLERANCE)) - there
    return float(np.sort(falls)[missing - 1]) if 0 < missing <= len(falls) else None
