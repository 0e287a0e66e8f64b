"""One negotiation as numbers: utilities, front and harm in each round."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from sim.analysis.narrate import Narration, narrated, watch_draw
from sim.analysis.trace import RoundState, worth_in_round
from sim.core.exact import Floats
from sim.core.packages import NO_DEAL
from sim.core.state import NOT_ASKED
from sim.mechanisms.war import War
from sim.model.domain import structure
from sim.model.ensemble import draw
from sim.model.peace_talks import hold_talks
from sim.model.talks import Talks
from sim.results.chunks import block_size
from sim.results.columns import OUTCOMES, outcome_codes
from sim.results.columns_signed import judgement
from sim.scenario import Scenario

SIGNED = "signed"  # a package was signed, ratified or not
ANY = "any"
WANTED = (ANY, SIGNED, *OUTCOMES)
MONTHS_AHEAD = 120  # after entry into force, month by month
FIRST_BLOCK = 8  # draws played at once at first; each further block is twice as long


def search_draws(scenario: Scenario, seed: int, start: int, wanted: str, most: int) -> Iterator[tuple[int | None, int]]:
    """Play draws from `start` on until one has the wanted outcome.

    At most `most` draws are played, at least 1; `wanted` is an outcome, `signed` or `any`. Yields once a block of draws
    the first that matches, None if none does yet, and the last that was played.

    Raises:
        ValueError: if there is no such outcome, or a number is too small.
    """
    if wanted not in WANTED:
        raise ValueError(f"no draw ends in {wanted!r}; wanted may be {', '.join(WANTED)}")
    if start < 0 or most < 1:
        raise ValueError(f"draws are counted from 0 and at least 1 is played, not {most} from {start} on")
    table, length, first, end = structure(scenario), FIRST_BLOCK, start, start + most
    while first < end:
        count = min(length, end - first, block_size(table))
        talks = hold_talks(draw(scenario, seed, first, count, table=table))
        signed, codes = talks.signed > 0, outcome_codes(talks)
        ends_so = signed | True if wanted == ANY else signed if wanted == SIGNED else codes == OUTCOMES.index(wanted)
        if ends_so.any():
            found = first + int(ends_so.argmax())
            yield found, found
            return
        first, length = first + count, 2 * length
        yield None, first - 1


@dataclass(frozen=True)
class TextState:
    """The standing offer after a turn, in that round."""

    worth: Mapping[str, float]  # of the package to each party, as the parties bargain
    signs: tuple[str, ...]  # its signatories
    crosses: tuple[str, ...]  # real red lines crossed, as `party.id`; `events.id` for what an event removed


@dataclass(frozen=True)
class Harm:
    """Harm of the war on one party's side up to a round; the waves and hits are those since the round before."""

    household_weeks: float  # without power, from the first round on
    dark: float  # households without power at the date of the round
    waves: float  # of all strikes on it
    hits: float
    money: float  # in the file's unit, from the first round on


@dataclass(frozen=True)
class Stand:
    """The state of one round; by party in the order of the file."""

    asks_for: Mapping[str, float]  # aspirations; NaN while no talks are held
    no_deal: Mapping[str, float]  # reservation values
    texts: tuple[TextState | None, ...]  # after each turn, in order; None without a standing offer
    front: float | None  # gains of the named side since the start, None where the file has no front
    harm: Mapping[str, Harm]  # empty where the file has no war
    strength: Mapping[str, float]  # of each lever, from 0 to 1


@dataclass(frozen=True)
class Holding:
    """Durability of the agreement in force."""

    share: tuple[float, ...]  # of such agreements, that which holds so many whole months, from 0 on
    credibility: tuple[float, ...]  # of the guarantee at the start of each year, NaN without one
    danger: tuple[float, ...]  # hazard of a break over that of the reference group, in each year


@dataclass(frozen=True)
class Stepped:
    """One negotiation to be shown step by step."""

    story: Narration
    stands: tuple[Stand, ...] = field(repr=False)  # the state of each round, with the rounds of the story
    levers: tuple[str, ...]
    holding: Holding | None = field(repr=False)  # None without an agreement in force, or a hazard in the file


def stepped(scenario: Scenario, seed: int = 1, draw: int = 0) -> Stepped:
    """Play one draw again and record the state of each round.

    Raises:
        ValueError: if `draw` is below 0.
    """
    talks, seen = watch_draw(scenario, seed, draw)
    story, levers = narrated(talks, seen), talks.ensemble.world.levers
    names = () if levers is None else tuple(levers.static.names)
    return Stepped(
        story=story,
        stands=tuple(_stand(talks, at, place, names) for place, at in enumerate(seen)),
        levers=names,
        holding=_holding(talks) if story.outcome == "in_force" else None,
    )


def _stand(talks: Talks, at: RoundState, place: int, levers: Sequence[str]) -> Stand:
    scenario, war = talks.ensemble.scenario, talks.ensemble.world.war
    has_front = scenario.war is not None and scenario.war.front is not None
    return Stand(
        asks_for=_by_party(talks, talks.aspiration[place, 0]),
        no_deal=_by_party(talks, talks.reservation_value[place, 0]),
        texts=tuple(_texts(talks, at, place)),
        front=float(war.front[0, place]) if war is not None and has_front else None,
        harm={} if war is None else {name: _harm(war, place, n) for name, n in _parties(talks)},
        strength=dict(zip(levers, at.strength.tolist(), strict=True)),
    )


def _parties(talks: Talks) -> list[tuple[str, int]]:
    """Parties in the order of the file, and their places in arrays."""
    return [(name, talks.ensemble.structure.parties.index(name)) for name in talks.ensemble.scenario.parties]


def _by_party(talks: Talks, values: Floats) -> dict[str, float]:
    return {name: float(values[n]) for name, n in _parties(talks)}


def _texts(talks: Talks, at: RoundState, place: int) -> Iterator[TextState | None]:
    moves, table = talks.moves[place], talks.ensemble.structure
    for did, package in zip(moves.did[:, 0].tolist(), moves.package[:, 0].tolist(), strict=True):
        if did == NOT_ASKED:
            continue
        if package == NO_DEAL:
            yield None
            continue
        crossed = table.lines.crosses[table.lines.pattern[package]] & talks.real_by_round[place, 0]
        yield TextState(
            worth=_by_party(talks, worth_in_round(talks, at, place, package)),
            signs=tuple(name for name, n in _parties(talks) if table.signs[n, package]),
            crosses=tuple(table.lines.names[line] for line in np.flatnonzero(crossed)),
        )


def _harm(war: War, place: int, n: int) -> Harm:
    strikes, weeks = war.strikes, war.strikes.household_weeks()[: place + 1, 0].cumsum(axis=0)[-1]
    own = [s for s, struck in enumerate(strikes.static.on) if struck == n]
    dark, waves, hits = (float(sum(each[0, place, s] for s in own))
                         for each in (strikes.dark, strikes.waves, strikes.hits))  # fmt: skip
    months = war.static.months[place] + war.unpaid[0, place]
    return Harm(float(weeks[n]), dark, waves, hits, float(war.cost_per_month[0, n] * months))


def _holding(talks: Talks) -> Holding | None:
    aftermath = talks.ensemble.world.aftermath
    if aftermath is None or aftermath.hazard is None:
        return None
    judged = judgement(talks)
    factors = judged.factors.product
    share = aftermath.hazard.law.survival(factors, np.arange(MONTHS_AHEAD + 1.0))[0]
    return Holding(*(tuple(each.tolist()) for each in (share, judged.by_year[0], factors[0])))
