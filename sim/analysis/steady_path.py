"""No-deal worth round by round at central numbers, where the war runs as steadily as it can.

The front moves by its drift and waves come at their mean. Of the events those count that are sure to happen; what
happens by chance is left out, and so are levers, which hang on what is said at the table.
"""

from dataclasses import dataclass, replace

import numpy as np

from sim.ensemble import Ensemble
from sim.exact import INVERSE_LN2
from sim.mechanisms.events import Events
from sim.mechanisms.strikes import outages, winter_rounds
from sim.mechanisms.war import War
from sim.utility import DAYS_PER_MONTH, Floats


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
    """Follow no-deal worth along its steady path.

    Args:
        ensemble: The one draw of `central`.
    """
    world, start = ensemble.world, ensemble.no_deal[0]
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
