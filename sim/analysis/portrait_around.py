"""The surroundings of the talks at central numbers: leverage, war, ratification, and aftermath.

The front moves by its drift and waves are at their mean. Only events that are certain to happen count; chance events
and leverage, which depends on the turns, are left out.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from sim.core import exact
from sim.core.exact import INVERSE_LN2, TOLERANCE, Floats
from sim.core.packages import NO_DEAL
from sim.core.utility import DAYS_PER_MONTH
from sim.mechanisms.events import Events
from sim.mechanisms.strikes import outages, winter_rounds
from sim.mechanisms.war import War, moves_no_deal
from sim.model.ensemble import Ensemble, draw
from sim.scenario import Scenario

LEVERS = ["lever", "party", "no_deal", "no_deal_at_full_strength"]
OUTSIDE_DRAWS = 1_000
MOVED_BY = ("from_front", "from_wear", "from_outages", "from_events")
PATH = ["round", "month", "party", *MOVED_BY, "no_deal"]
STRIKES = ["strike", "by", "on", "hits_per_month", "household_weeks_per_month", "household_weeks_per_month_in_winter"]
VOTES = ["proposal", "ratifier", "asked", "share", "needed", "chance"]
TOGETHER = ["proposal", "chance_independent", "chance_shared"]
AFTER = ["credibility_promised", "guarantor_absent", "power_shift", "fails_power", "penalty_needed", "penalty_there",
         "fails_pull_back", "steps_needed", "steps_there", "survival_12", "survival_60"]  # fmt: skip
GUARANTEES = ["promise", "watch", "credibility", "monitoring", "steps_needed"]
Rows = Iterator[tuple[Any, ...]]


@dataclass(frozen=True)
class SteadyPath:
    """The reservation value of each party (N, by name) in each round, and what moved it since the first."""

    months: Floats  # at which each round is played, shape (R,)
    front: Floats  # gains of the named side, in the file's unit, shape (R,)
    from_front: Floats  # utility added up to a round, as the next three, shape (R, N)
    from_wear: Floats
    from_outages: Floats
    from_events: Floats
    no_deal: Floats  # not clipped, shape (R, N)


def steady_path(ensemble: Ensemble) -> SteadyPath:
    world, start, spec = ensemble.world, ensemble.reservation_value[0], ensemble.scenario.war
    events, war, time = _sure(world.events), world.war, ensemble.scenario.time
    nothing = np.zeros((time.rounds, len(start)))
    months: Floats = np.arange(time.rounds, dtype=np.float64) * (time.days_per_round / DAYS_PER_MONTH)
    front, by_front, by_wear, by_outages = np.zeros(time.rounds), nothing, nothing, nothing
    if war is not None:
        if spec is not None and spec.front is not None:
            shifts = np.cumsum(events.front_shift()[:, 0]) if events else np.zeros_like(months)
            front = float(spec.front.drift_per_month) * months + shifts
        by_front = war.front_worth[0] * front[:, None] / 1000
        by_wear = -war.wear[0] * months[:, None]
        by_outages = war.hardship_worth[0] * np.cumsum(_household_weeks(ensemble, war, events), axis=0) / 1e6
    by_events = nothing if events is None else events.no_deal_shifts()[:, 0]
    no_deal = start + by_front + by_wear + by_outages + by_events
    return SteadyPath(months, front, by_front, by_wear, by_outages, by_events, no_deal)


def no_deal_outside(scenario: Scenario, draws: int = OUTSIDE_DRAWS, seed: int = 1) -> pd.DataFrame:
    """Return parties whose reservation value leaves [0, 1] in some round, before leverage: a sign of an excessive rate.

    Returns:
        A row a party, in file order: `party`, `share` of draws, `low` and `high` over all draws and rounds, and the
        `path` with the largest mean effect over these draws, where the value lies furthest outside.
    """
    ensemble = draw(scenario, seed, 0, draws)
    moves, worth = moves_no_deal(ensemble.world.war, ensemble.world.events), ensemble.world.reservation_value
    rows = []
    for name in scenario.parties if moves else ():
        n = ensemble.structure.parties.index(name)
        beyond = np.maximum(worth[:, :, n] - 1, -worth[:, :, n])  # distance outside, shape (B, R)
        rounds, out = beyond.argmax(axis=1), np.flatnonzero(beyond.max(axis=1) > TOLERANCE)
        if len(out):
            side = np.sign(worth[out, rounds[out], n] - 0.5)
            added = {path: float((side * move[rounds[out], out, n]).mean()) for path, move in moves.items()}
            path = max(added, key=lambda each: added[each])
            low, high = float(worth[:, :, n].min()), float(worth[:, :, n].max())
            rows.append((name, len(out) / draws, low, high, path if path == "events" else f"{path}.{name}"))
    return pd.DataFrame(rows, columns=["party", "share", "low", "high", "path"])


def _sure(events: Events | None) -> Events | None:
    """Return the same events without those that may not happen."""
    if events is None:
        return None
    chances = [event.chance_per_month if event.at_month is None else event.chance for event in events.static.specs]
    sure = np.array([chance is None or float(chance) >= 1 for chance in chances])
    return replace(events, happens=events.happens & sure)


def _household_weeks(ensemble: Ensemble, war: War, events: Events | None) -> Floats:
    """Household-weeks without power on each party's side since the round before, waves at their mean, shape (R, N)."""
    strikes, time = war.strikes, ensemble.scenario.time
    weeks = np.zeros((time.rounds, strikes.static.parties))
    if not strikes.static.ids:
        return weeks
    waves = np.repeat(strikes.rate * (time.days_per_round / DAYS_PER_MONTH), time.rounds, axis=0)
    extra = np.array([events.extra_waves(strike)[:, 0] for strike in strikes.static.ids]).T if events else 0 * waves
    factor = np.where(winter_rounds(strikes.static, time.rounds), strikes.winter_factor, 1.0)
    cut_off = strikes.cut * factor[:, None]
    half_life = strikes.lasting * 7 / INVERSE_LN2
    _, of_strikes = outages((waves * cut_off)[None], (extra * cut_off)[None], half_life, time.days_per_round)
    for strike, on in enumerate(strikes.static.on):
        weeks[:, on] += of_strikes[0, :, strike]
    return weeks


@dataclass(frozen=True, eq=False)
class Around:
    """Tables of the blocks beside the talks at central numbers; empty where the file has no such block.

    Packages are the proposals that name an option of every issue and contradict no rule.
    """

    # share of the real lines of a hardness below 1 that have worn out by the last round without levers; None where no
    # line gives way
    lines_given_up: float | None
    # reservation value in round 1 of a lever's target, and under its full strength
    levers: pd.DataFrame = field(repr=False)
    # reservation values in the first, the middle and the last round along the steady path, and what moved them
    no_deal_path: pd.DataFrame = field(repr=False)
    # hits, and household-weeks without power, a month; the latter NaN where the file counts none
    strikes: pd.DataFrame = field(repr=False)
    # texts by ratifier, in the order in which these vote: `asked` is yes, no or barred; expected share in favour, the
    # largest share needed, and the chance, NaN unless it is asked
    votes: pd.DataFrame = field(repr=False)
    # chance of all ratifiers, with surprises independent (the product) and shared (the smallest)
    votes_together: pd.DataFrame = field(repr=False)
    # tests of each text, taken as signed and in force in round 1, and shares that hold
    after_signature: pd.DataFrame = field(repr=False)
    # credibility and monitoring by the option that promises and the option that watches, and the fewest equal steps in
    # which a pull-back then holds, if the guarantor acts; NaN where the file has none
    guarantees: pd.DataFrame = field(repr=False)


def around(ensemble: Ensemble, utility: Floats) -> Around:
    """Make the tables; `utility` is that of the packages, shape (N, P)."""
    path, giving, time = steady_path(ensemble), ensemble.scenario.giving_way, ensemble.scenario.time
    given_up, space = None, ensemble.structure.space
    if giving is not None:
        months = (time.rounds - 1) * time.days_per_round / DAYS_PER_MONTH
        given_up = 1 - float(exact.exp(-float(giving.per_month) * months))
    whole = {
        name: space.index_of(each.package)
        for name, each in ensemble.scenario.proposals.items()
        if len(each.package) == len(space.issues)
    }
    texts = {name: package for name, package in whole.items() if package != NO_DEAL}
    return Around(
        lines_given_up=given_up,
        levers=pd.DataFrame(list(_levers(ensemble, path)), columns=LEVERS),
        no_deal_path=pd.DataFrame(list(_path(ensemble, path)), columns=PATH),
        strikes=pd.DataFrame(list(_strikes(ensemble)), columns=STRIKES),
        guarantees=pd.DataFrame(list(_guarantees(ensemble)), columns=GUARANTEES),
        **tables_of_texts(ensemble, utility, texts, path),
    )


def tables_of_texts(
    ensemble: Ensemble, utility: Floats, texts: Mapping[str, int], path: SteadyPath | None = None
) -> dict[str, pd.DataFrame]:
    """Return `votes`, `votes_together` and `after_signature` of any packages, by the names of their rows."""
    after = _after(ensemble, texts, utility, path or steady_path(ensemble))
    return {
        "votes": pd.DataFrame(list(_votes(ensemble, texts)), columns=VOTES),
        "votes_together": pd.DataFrame(list(_together(ensemble, texts)), columns=TOGETHER),
        "after_signature": pd.DataFrame(list(after), columns=["proposal", *AFTER]),
    }


def _levers(ensemble: Ensemble, path: SteadyPath) -> Rows:
    mediation, parties = ensemble.scenario.mediation, ensemble.structure.parties
    for name, lever in mediation.levers.items() if mediation else ():
        worth = float(path.no_deal[0, parties.index(lever.party)])
        yield name, lever.party, worth, worth * (1 - float(lever.lowers_no_deal_by))


def _path(ensemble: Ensemble, path: SteadyPath) -> Rows:
    """Return the first, the middle and the last round; empty where neither the war nor an event can move anything."""
    rounds, parties = len(path.months), ensemble.structure.parties
    moves = ensemble.world.war is not None or ensemble.world.events is not None
    for k in sorted({1, (rounds + 1) // 2, rounds}) if moves else ():
        for name in ensemble.scenario.parties:
            worths = (float(getattr(path, what)[k - 1, parties.index(name)]) for what in (*MOVED_BY, "no_deal"))
            yield k, float(path.months[k - 1]), name, *worths


def _strikes(ensemble: Ensemble) -> Rows:
    """Return strikes with their hits in a month: waves x launches x (1 - share intercepted)."""
    spec, war = ensemble.scenario.war, ensemble.world.war
    if spec is None or war is None:
        return
    for name, strike in spec.strikes.items():
        s, strikes = war.strikes.static.ids.index(name), war.strikes
        drones = float(strike.drones_per_wave or 0) * (1 - float(strike.drones_intercepted or 0))
        missiles = float(strike.missiles_per_wave or 0) * (1 - float(strike.missiles_intercepted or 0))
        weeks = winter = np.nan
        if spec.outages is not None:
            weeks = float(strikes.rate[0, s] * strikes.cut[0, s] * strikes.lasting[0])
            winter = np.nan if spec.outages.winter_factor is None else weeks * float(strikes.winter_factor[0])
        yield name, strike.by, strike.on, float(strike.waves_per_month) * (drones + missiles), weeks, winter


def _votes(ensemble: Ensemble, texts: Mapping[str, int]) -> Rows:
    votes = ensemble.world.ratification
    if votes is None:
        return
    for text, package in texts.items():
        shares, needed, chances = (each(np.array([package]))[0] for each in (votes.shares, votes.needed, votes.chances))
        for name in in_voting_order(ensemble.scenario.ratification):
            j = votes.static.ratifiers.index(name)
            asked = "no" if needed[j] == -np.inf else "barred" if needed[j] == np.inf else "yes"
            numbers = (float(each[j]) if asked == "yes" else np.nan for each in (shares, needed, chances))
            yield text, name, asked, *numbers


def in_voting_order(ratification: Any) -> list[str]:
    """Return ratifiers by the order in which they vote; those that vote side by side as in the file."""
    return sorted(ratification.ratifiers, key=lambda name: ratification.ratifiers[name].order)


def _together(ensemble: Ensemble, texts: Mapping[str, int]) -> Rows:
    votes = ensemble.world.ratification
    if votes is not None and votes.static.ratifiers:
        independent, shared = votes.chances_over_combinations()
        for text, package in texts.items():
            k = votes.static.combinations.index[package]
            yield text, float(independent[0, k]), float(shared[0, k])


def of_guarantor(ensemble: Ensemble, utility: Floats, no_deal: Floats) -> tuple[Floats | None, Floats | None]:
    """Return the guarantor's utility of a package and of no deal, (B,), of those of all, (B, N); None without one."""
    aftermath = ensemble.world.aftermath
    if aftermath is None or aftermath.static.guarantor is None:
        return None, None
    n = ensemble.structure.parties.index(aftermath.static.guarantor)
    return utility[:, n], no_deal[:, n]


def _after(ensemble: Ensemble, texts: Mapping[str, int], utility: Floats, path: SteadyPath) -> Rows:
    """Return tests of each package, as if signed in round 1, in force at once and not bought by pressure."""
    aftermath, at_once = ensemble.world.aftermath, np.zeros(1)
    if aftermath is None:
        return
    for text, package in texts.items():
        values = of_guarantor(ensemble, utility[:, [package]].T, path.no_deal[:1])
        found = aftermath.judge(np.array([package]), at_once, at_once, *values).columns()
        yield text, *(found[name][0].item() for name in AFTER)


def _guarantees(ensemble: Ensemble) -> Rows:
    """Return credibility and monitoring of each option, and the steps then needed if the guarantor acts as promised."""
    spec, aftermath = ensemble.scenario.aftermath, ensemble.world.aftermath
    if spec is None or aftermath is None or not (spec.credibility or spec.monitoring or spec.pull_back):
        return
    issues = list(dict.fromkeys(part.issue for part in (spec.credibility, spec.monitoring) if part is not None))
    for chosen in product(*(ensemble.scenario.issues[issue].options for issue in issues)):
        option = dict(zip(issues, chosen, strict=True))
        promise, watch = (option[part.issue] if part else None for part in (spec.credibility, spec.monitoring))
        credibility = float(spec.credibility.numbers[promise]) if spec.credibility and promise else np.nan
        monitoring = float(spec.monitoring.numbers[watch]) if spec.monitoring and watch else np.nan
        steps = np.nan
        if aftermath.pull_back is not None:  # without a number, the guarantor acts and each breach is seen
            promised, seen = (np.array([1.0 if np.isnan(value) else value]) for value in (credibility, monitoring))
            steps = float(aftermath.pull_back.test(np.ones(1), promised, seen).needed[0])
        yield promise, watch, credibility, monitoring, steps
