"""What stands around the table at central numbers: pressure, war, votes at home, and what comes after signature.

The front moves by its drift and waves come at their mean. Of the events those count that are sure to happen; what
happens by chance is left out, and so are levers, which hang on what is said at the table.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.core import exact
from sim.core.exact import INVERSE_LN2, Floats
from sim.core.packages import NO_DEAL
from sim.core.utility import DAYS_PER_MONTH
from sim.mechanisms.events import Events
from sim.mechanisms.strikes import outages, winter_rounds
from sim.mechanisms.war import War
from sim.model.ensemble import Ensemble

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class SteadyPath:
    """What no agreement is worth to each party (N, by name) in each round, and what moved it there since the first.

    Attributes:
        months: At which each round is played, shape (R,).
        front: What the named side has gained, in the file's unit, shape (R,).
        from_front, from_wear, from_outages, from_events: Worth added up to a round, each of shape (R, N).
        no_deal: In [0, 1], shape (R, N).
    """

    months: Floats
    front: Floats
    from_front: Floats
    from_wear: Floats
    from_outages: Floats
    from_events: Floats
    no_deal: Floats


def steady_path(ensemble: Ensemble) -> SteadyPath:
    """Follow no-deal worth along its steady path."""
    world, start = ensemble.world, ensemble.reservation_value[0]
    events, war, time = _sure(world.events), world.war, ensemble.scenario.time
    nothing = np.zeros((time.rounds, len(start)))
    months: Floats = np.arange(time.rounds, dtype=np.float64) * (time.days_per_round / DAYS_PER_MONTH)
    front, by_front, by_wear, by_outages = np.zeros(time.rounds), nothing, nothing, nothing
    if war is not None:
        front = _front(ensemble, months, events)
        by_front = war.front_worth[0] * front[:, None] / 1000
        by_wear = -war.wear[0] * months[:, None]
        by_outages = war.hardship_worth[0] * np.cumsum(_household_weeks(ensemble, war, events), axis=0) / 1e6
    by_events = nothing if events is None else events.no_deal_shifts()[:, 0]
    no_deal = np.clip(start + by_front + by_wear + by_outages + by_events, 0.0, 1.0)
    return SteadyPath(months, front, by_front, by_wear, by_outages, by_events, no_deal)


def _sure(events: Events | None) -> Events | None:
    """The same events, but that none happens that might not."""
    if events is None:
        return None
    chances = [event.chance_per_month if event.at_month is None else event.chance for event in events.static.specs]
    sure = np.array([chance is None or float(chance) >= 1 for chance in chances])
    return replace(events, happens=events.happens & sure)


def _front(ensemble: Ensemble, months: Floats, events: Events | None) -> Floats:
    spec = ensemble.scenario.war.front if ensemble.scenario.war else None
    if spec is None:
        return np.zeros_like(months)
    shifts = np.cumsum(events.front_shift()[:, 0]) if events else np.zeros_like(months)
    front: Floats = float(spec.drift_per_month) * months + shifts
    return front


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


LEVERS = ("lever", "party", "no_deal", "no_deal_at_full_strength")
PATH = ("round", "month", "party", "from_front", "from_wear", "from_outages", "from_events", "no_deal")
STRIKES = ("strike", "by", "on", "hits_per_month", "household_weeks_per_month", "household_weeks_per_month_in_winter")
VOTES = ("proposal", "ratifier", "asked", "share", "needed", "chance")
TOGETHER = ("proposal", "chance_independent", "chance_shared")
AFTER = ("credibility_promised", "guarantor_absent", "power_shift", "fails_power", "penalty_needed", "penalty_there",
         "fails_pull_back", "steps_needed", "steps_there", "survival_12", "survival_60")  # fmt: skip
GUARANTEES = ("promise", "watch", "credibility", "monitoring", "steps_needed")


@dataclass(frozen=True, eq=False)
class Around:
    """Tables of what the blocks beside the talks come to at central numbers; empty where the file has no such block.

    Texts are the proposals that name an option of every issue and contradict no rule.

    Attributes:
        lines_given_up: Share of the real lines of a hardness below 1 that have worn out by the last round without
            levers; None where no line gives way.
        levers: What no deal is worth in round 1 to the party that a lever is on, and under its full strength.
        no_deal_path: Worth of no deal in the first, the middle and the last round along the steady path (see
            `sim.analysis.portrait_around`), and what moved it there.
        strikes: Hits, and household-weeks without power, a month; the latter NaN where the file counts none.
        votes: Texts by ratifier, in the order in which these vote: `asked` is yes, no or barred; expected share in
            favour, the largest share needed, and the chance, NaN unless it is asked.
        votes_together: Chance of all ratifiers, with surprises independent (the product) and shared (the smallest).
        after_signature: Tests of each text, taken as signed and in force in round 1, and shares that hold.
        guarantees: Credibility and monitoring by the option that promises and the option that watches, and the fewest
            equal steps in which a pull-back is then kept to, if the guarantor acts; NaN where the file says nothing.
    """

    lines_given_up: float | None
    levers: "pd.DataFrame" = field(repr=False)
    no_deal_path: "pd.DataFrame" = field(repr=False)
    strikes: "pd.DataFrame" = field(repr=False)
    votes: "pd.DataFrame" = field(repr=False)
    votes_together: "pd.DataFrame" = field(repr=False)
    after_signature: "pd.DataFrame" = field(repr=False)
    guarantees: "pd.DataFrame" = field(repr=False)


def around(ensemble: Ensemble, utility: Floats) -> Around:
    """Work out what the blocks beside the talks come to.

    Args:
        utility: Worth of the packages in it, shape (N, P).
    """
    path, tables = steady_path(ensemble), of_texts(ensemble, utility, _texts(ensemble))
    return Around(
        lines_given_up=_lines_given_up(ensemble),
        levers=_table(LEVERS, _levers(ensemble, path)),
        no_deal_path=_table(PATH, _path(ensemble, path)),
        strikes=_table(STRIKES, _strikes(ensemble)),
        votes=tables.votes,
        votes_together=tables.votes_together,
        after_signature=tables.after_signature,
        guarantees=_table(GUARANTEES, _guarantees(ensemble)),
    )


@dataclass(frozen=True, eq=False)
class OfTexts:
    """What comes of some texts at home and after signature: the tables of these names of `Around`."""

    votes: "pd.DataFrame" = field(repr=False)
    votes_together: "pd.DataFrame" = field(repr=False)
    after_signature: "pd.DataFrame" = field(repr=False)


def of_texts(ensemble: Ensemble, utility: Floats, texts: Mapping[str, int]) -> OfTexts:
    """The same for any packages, by the name that their rows shall have."""
    return OfTexts(
        votes=_table(VOTES, _votes(ensemble, texts)),
        votes_together=_table(TOGETHER, _together(ensemble, texts)),
        after_signature=_table(("proposal", *AFTER), _after(ensemble, texts, utility, steady_path(ensemble))),
    )


def _table(columns: tuple[str, ...], rows: list[dict[str, Any]]) -> "pd.DataFrame":
    import pandas as pd

    return pd.DataFrame(rows, columns=list(columns))


def _texts(ensemble: Ensemble) -> dict[str, int]:
    scenario, space = ensemble.scenario, ensemble.structure.space
    whole = {name: each.package for name, each in scenario.proposals.items() if len(each.package) == len(space.issues)}
    packages = {name: space.index_of(package) for name, package in whole.items()}
    return {name: package for name, package in packages.items() if package != NO_DEAL}


def _lines_given_up(ensemble: Ensemble) -> float | None:
    giving, time = ensemble.scenario.giving_way, ensemble.scenario.time
    if giving is None:
        return None
    months = (time.rounds - 1) * time.days_per_round / DAYS_PER_MONTH
    return 1 - float(exact.exp(-float(giving.per_month) * months))


def _levers(ensemble: Ensemble, path: SteadyPath) -> list[dict[str, Any]]:
    mediation, parties = ensemble.scenario.mediation, ensemble.structure.parties
    rows = []
    for name, lever in mediation.levers.items() if mediation else ():
        worth = float(path.no_deal[0, parties.index(lever.party)])
        left = worth * (1 - float(lever.lowers_no_deal_by))
        rows.append(dict(zip(LEVERS, (name, lever.party, worth, left), strict=True)))
    return rows


def _path(ensemble: Ensemble, path: SteadyPath) -> list[dict[str, Any]]:
    """The first, the middle and the last round; nothing where neither the war nor an event can move anything."""
    if ensemble.world.war is None and ensemble.world.events is None:
        return []
    rounds, parties = len(path.months), ensemble.structure.parties
    return [
        {
            "round": k,
            "month": float(path.months[k - 1]),
            "party": name,
            **{
                what: float(getattr(path, what)[k - 1, parties.index(name)])
                for what in ("from_front", "from_wear", "from_outages", "from_events", "no_deal")
            },
        }
        for k in sorted({1, (rounds + 1) // 2, rounds})
        for name in ensemble.scenario.parties
    ]


def _strikes(ensemble: Ensemble) -> list[dict[str, Any]]:
    spec, war, rows = ensemble.scenario.war, ensemble.world.war, list[dict[str, Any]]()
    if spec is None or war is None:
        return rows
    for name, strike in spec.strikes.items():
        s = war.strikes.static.ids.index(name)
        weeks = float(war.strikes.rate[0, s] * war.strikes.cut[0, s] * war.strikes.lasting[0])
        winter = spec.outages is not None and spec.outages.winter_factor is not None
        rows.append(
            {
                "strike": name,
                "by": strike.by,
                "on": strike.on,
                "hits_per_month": _hits(strike),
                "household_weeks_per_month": weeks if spec.outages else np.nan,
                "household_weeks_per_month_in_winter": weeks * float(war.strikes.winter_factor[0])
                if winter
                else np.nan,
            }
        )
    return rows


def _hits(strike: Any) -> float:
    """What gets through in a month: waves x launches x (1 - share stopped)."""
    drones = float(strike.drones_per_wave or 0) * (1 - float(strike.drones_intercepted or 0))
    missiles = float(strike.missiles_per_wave or 0) * (1 - float(strike.missiles_intercepted or 0))
    return float(strike.waves_per_month) * (drones + missiles)


def _votes(ensemble: Ensemble, texts: Mapping[str, int]) -> list[dict[str, Any]]:
    votes, rows = ensemble.world.ratification, list[dict[str, Any]]()
    if votes is None:
        return rows
    for text, package in texts.items():
        one = np.array([package])
        shares, needed, chances = (each(one)[0] for each in (votes.shares, votes.needed, votes.chances))
        for name in in_voting_order(ensemble.scenario.ratification):
            j = votes.static.ratifiers.index(name)
            asked = "no" if needed[j] == -np.inf else "barred" if needed[j] == np.inf else "yes"
            numbers = [float(each[j]) if asked == "yes" else np.nan for each in (shares, needed, chances)]
            rows.append(dict(zip(VOTES, (text, name, asked, *numbers), strict=True)))
    return rows


def in_voting_order(ratification: Any) -> list[str]:
    """Ratifiers by the order in which they vote; those that vote side by side as in the file."""
    return sorted(ratification.ratifiers, key=lambda name: ratification.ratifiers[name].order)


def _together(ensemble: Ensemble, texts: Mapping[str, int]) -> list[dict[str, Any]]:
    votes = ensemble.world.ratification
    if votes is None or not votes.static.ratifiers:
        return []
    independent, shared = votes.chances_over_combinations()
    at = {text: votes.static.combinations.index[package] for text, package in texts.items()}
    return [
        dict(zip(TOGETHER, (text, float(independent[0, k]), float(shared[0, k])), strict=True))
        for text, k in at.items()
    ]


def _after(ensemble: Ensemble, texts: Mapping[str, int], utility: Floats, path: SteadyPath) -> list[dict[str, Any]]:
    """Tests of each text, as if it were signed in round 1, in force at once and not bought by pressure."""
    aftermath, at_once = ensemble.world.aftermath, np.zeros(1)
    if aftermath is None:
        return []
    guarantor = aftermath.static.guarantor
    n = None if guarantor is None else ensemble.structure.parties.index(guarantor)
    free = None if n is None else path.no_deal[:1, n]
    rows = []
    for text, package in texts.items():
        worth = None if n is None else utility[n, [package]]
        found = aftermath.judge(np.array([package]), at_once, at_once, worth, free).columns()
        rows.append({"proposal": text, **{name: found[name][0].item() for name in AFTER}})
    return rows


def _guarantees(ensemble: Ensemble) -> list[dict[str, Any]]:
    """What each option promises and sees, and the steps then needed if the guarantor acts as promised."""
    spec, aftermath = ensemble.scenario.aftermath, ensemble.world.aftermath
    if spec is None or aftermath is None or not (spec.credibility or spec.monitoring or spec.pull_back):
        return []
    issues = list(dict.fromkeys(part.issue for part in (spec.credibility, spec.monitoring) if part is not None))
    rows = []
    for chosen in product(*(ensemble.scenario.issues[issue].options for issue in issues)):
        option = dict(zip(issues, chosen, strict=True))
        promise, watch = (option[part.issue] if part else None for part in (spec.credibility, spec.monitoring))
        credibility = float(spec.credibility.numbers[promise]) if spec.credibility and promise else np.nan
        monitoring = float(spec.monitoring.numbers[watch]) if spec.monitoring and watch else np.nan
        steps = np.nan
        if aftermath.pull_back is not None:  # where nothing is said of it, the guarantor acts and each breach is seen
            kept, seen = (np.array([1.0 if np.isnan(value) else value]) for value in (credibility, monitoring))
            steps = float(aftermath.pull_back.test(np.ones(1), kept, seen).needed[0])
        rows.append(dict(zip(GUARANTEES, (promise, watch, credibility, monitoring, steps), strict=True)))
    return rows
