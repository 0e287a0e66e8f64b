"""One negotiation as numbers: what each round was worth to everybody, where the front stood and whom the war harmed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from sim.analysis.narrate import Narration, narrated
from sim.analysis.trace import RoundState, watch
from sim.core.packages import NO_DEAL
from sim.core.state import NOT_ASKED
from sim.model.domain import structure
from sim.model.ensemble import draw
from sim.model.ensemble import draw as draw_inputs
from sim.model.peace_talks import hold_talks
from sim.model.talks import Talks
from sim.results.chunks import block_size
from sim.results.columns import OUTCOMES, outcome_codes
from sim.results.columns_signed import judgement
from sim.scenario import Scenario

SIGNED = "signed"  # a text was signed, whatever became of it at home
ANY = "any"
WANTED = (ANY, SIGNED, *OUTCOMES)
FIRST_BLOCK = 8  # draws played at once at first; each further block is twice as long


@dataclass(frozen=True)
class SearchProgress:
    """How far a search has come.

    Attributes:
        draw: The first draw that ends so, None if none of those played does.
        last: The last draw played.
    """

    draw: int | None
    last: int


def search_draws(scenario: Scenario, seed: int, start: int, wanted: str, most: int) -> Iterator[SearchProgress]:
    """Play draws from `start` on until one ends as wanted; one answer a block, the last one for good.

    At most `most` draws are played, at least 1; `wanted` is an outcome, `signed` or `any`.

    Raises:
        ValueError: if nothing can be wanted by that name, or a number is too small.
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
            yield SearchProgress(found, found)
            return
        first, length = first + count, 2 * length
        yield SearchProgress(None, first - 1)


MONTHS_AHEAD = 120  # after entry into force, month by month


@dataclass(frozen=True)
class TextState:
    """The text that lay on the table after a turn, as it stood in that round.

    Attributes:
        worth: Of the text to each party, in the order of the file, as the parties bargain by it.
        signs: Whose signature it needs.
        crosses: Real red lines that it crosses, as `party.id`; `events.id` for what an event took off the table.
    """

    worth: tuple[float, ...]
    signs: tuple[bool, ...]
    crosses: tuple[str, ...]


@dataclass(frozen=True)
class Harm:
    """What the war did on one party's side up to a round; the waves and hits are those since the round before.

    Attributes:
        household_weeks: Without power, from the first round on.
        dark: Households without power at the date of the round.
        waves, hits: Of all strikes on it.
        money: In the file's unit, from the first round on.
    """

    household_weeks: float
    dark: float
    waves: float
    hits: float
    money: float


@dataclass(frozen=True)
class Stand:
    """How things stood in one round; parties in the order of the file.

    Attributes:
        asks_for: Least worth that each party asks for; None once the talks are over or stand still.
        no_deal: Worth of no agreement.
        texts: After each turn, in order; None where nothing lay on the table.
        front: What the named side has gained since the start, None where the file has no front.
        harm: By party, empty where the file has no war.
        strength: Of each lever, from 0 to 1, by `levers` of `Stepped`.
    """

    asks_for: tuple[float | None, ...]
    no_deal: tuple[float, ...]
    texts: tuple[TextState | None, ...]
    front: float | None
    harm: tuple[Harm, ...]
    strength: tuple[float, ...]


@dataclass(frozen=True)
class Holding:
    """What is to be said of the agreement in force, month by month.

    Attributes:
        share: Of such agreements, that which holds so many whole months, from 0 on.
        credibility: Of the guarantee at the start of each year, None without one.
        danger: By how much the danger of a break is larger or smaller than in the reference group, in each year.
    """

    share: tuple[float, ...]
    credibility: tuple[float | None, ...]
    danger: tuple[float, ...]


@dataclass(frozen=True)
class Stepped:
    """One negotiation to be gone through step by step.

    Attributes:
        stands: How things stood in each round, with the rounds of the story.
        holding: Of the agreement in force; None where none is, or the file does not say how long agreements hold.
    """

    story: Narration
    stands: tuple[Stand, ...] = field(repr=False)
    levers: tuple[str, ...]
    holding: Holding | None = field(repr=False)


def stepped(scenario: Scenario, seed: int = 1, draw: int = 0) -> Stepped:
    """Play one draw again and keep how things stood in each round.

    Raises:
        ValueError: if `draw` is below 0.
    """
    if draw < 0:
        raise ValueError(f"draws are counted from 0, so there is no draw {draw}")
    talks, seen = watch(draw_inputs(scenario, seed, draw, 1, table=structure(scenario)))
    story, levers = narrated(talks, seen), talks.ensemble.world.levers
    return Stepped(
        story=story,
        stands=tuple(_stand(talks, seen, place) for place in range(len(seen))),
        levers=() if levers is None else tuple(levers.static.names),
        holding=_holding(talks) if story.outcome == "in_force" else None,
    )


def _stand(talks: Talks, seen: Sequence[RoundState], place: int) -> Stand:
    order, war = _file_order(talks), talks.ensemble.world.war
    asked = talks.aspiration[place, 0].tolist()
    has_front = war is not None and talks.ensemble.scenario.war is not None and talks.ensemble.scenario.war.front
    return Stand(
        asks_for=tuple(None if asked[n] != asked[n] else asked[n] for n in order),
        no_deal=tuple(float(talks.reservation_value[place, 0, n]) for n in order),
        texts=tuple(_texts(talks, seen[place], place)),
        front=float(war.front[0, place]) if war is not None and has_front else None,
        harm=tuple(_harm(talks, place)),
        strength=tuple(seen[place].strength.tolist()),
    )


def _file_order(talks: Talks) -> list[int]:
    return [talks.ensemble.structure.parties.index(name) for name in talks.ensemble.scenario.parties]


def _texts(talks: Talks, seen: RoundState, place: int) -> Iterator[TextState | None]:
    moves, table, order = talks.moves[place], talks.ensemble.structure, _file_order(talks)
    for did, package in zip(moves.did[:, 0].tolist(), moves.package[:, 0].tolist(), strict=True):
        if did == NOT_ASKED:
            continue
        if package == NO_DEAL:
            yield None
            continue
        crossed = table.lines.crosses[table.lines.pattern[package]] & talks.real_by_round[place, 0]
        yield TextState(
            worth=tuple(float(seen.utility[n, package]) for n in order),
            signs=tuple(bool(table.signs[n, package]) for n in order),
            crosses=tuple(name for name, is_crossed in zip(table.lines.names, crossed, strict=True) if is_crossed),
        )


def _harm(talks: Talks, place: int) -> Iterator[Harm]:
    """In the order of the file; up to the round, whether or not the talks still go on."""
    war = talks.ensemble.world.war
    if war is None:
        return
    strikes, weeks = war.strikes, war.strikes.household_weeks()[: place + 1, 0].cumsum(axis=0)[-1]
    for n in _file_order(talks):
        own = [s for s, struck in enumerate(strikes.static.on) if struck == n]
        yield Harm(
            household_weeks=float(weeks[n]),
            dark=float(sum(strikes.dark[0, place, s] for s in own)),
            waves=float(sum(strikes.waves[0, place, s] for s in own)),
            hits=float(sum(strikes.hits[0, place, s] for s in own)),
            money=float(war.cost_per_month[0, n] * war.static.months[place]),
        )


def _holding(talks: Talks) -> Holding | None:
    aftermath = talks.ensemble.world.aftermath
    if aftermath is None or aftermath.hazard is None:
        return None
    judged = judgement(talks)
    months = np.arange(MONTHS_AHEAD + 1.0)
    share = aftermath.hazard.law.survival(judged.factors.product, months)[0]
    believed = judged.by_year[0].tolist()
    return Holding(
        share=tuple(share.tolist()),
        credibility=tuple(None if each != each else each for each in believed),
        danger=tuple(judged.factors.product[0].tolist()),
    )
