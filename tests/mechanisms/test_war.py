"""The war: a front that wanders, strikes by the Poisson law, homes without power, and what no deal is worth by then."""

import datetime
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from scipy import integrate, stats

from sim.mechanisms.strikes import outages, poisson
from sim.mechanisms.war import War, moves_no_deal
from sim.scenario import Number
from tests.drawings import drawing
from tests.mechanisms.test_events import MONTH, TABLE, Drawn, bind, event

START = datetime.date(2000, 1, 10)
NOTHING = Number(0)


def front(drift=NOTHING, sd=NOTHING, **worth):
    return SimpleNamespace(unit="km2", drift_per_month=drift, sd_per_month=sd, no_deal_per_1000_km2=worth)


def strike(by, on, waves=NOTHING, **numbers):
    rest = {"drones_per_wave": 100, "missiles_per_wave": 20, "drones_intercepted": 0.8, "missiles_intercepted": 0.5}
    rest = {name: Number(value) for name, value in (rest | {"households_per_hit": 1000}).items()}
    return SimpleNamespace(by=by, on=on, waves_per_month=waves, **(rest | numbers))


def repairs(half=None, winter=(), factor=None, **worth):
    return SimpleNamespace(repair_half_life_days=half or Number(4), winter_months=winter, winter_factor=factor,
                           regions=None, no_deal_per_million_household_weeks=worth)  # fmt: skip


def war(front=None, wear=None, cost=None, strikes=(), outages=None):
    return SimpleNamespace(since=None, front=front, no_deal_falls_per_month=wear or {}, cost_per_month=cost or {},
                           strikes={f"{s.by}_on_{s.on}": s for s in strikes}, outages=outages)  # fmt: skip


def fight(spec, rounds=12, days=MONTH, events=None, as_of=START, **source):
    return War.draw(spec, drawing(Drawn(**source), TABLE, rounds, days, as_of, {"events": events}))


# The front


@pytest.mark.parametrize("days", [7, 14, 60])
def test_the_front_is_a_random_walk_with_drift_however_time_is_cut(days):
    walk = fight(war(front(Number(490), Number(130))), rounds=20, days=days, count=20_000).front
    months = np.arange(20) * days / MONTH
    assert not walk[:, 0].any()
    assert walk.mean(axis=0) == pytest.approx(490 * months, abs=1e-9 + 4 * 130 * np.sqrt(months[-1] / 20_000))
    assert walk.var(axis=0)[1:] == pytest.approx(130**2 * months[1:], rel=0.05)
    steps = np.diff(walk, axis=1)
    assert abs(np.corrcoef(steps.T) - np.eye(19)).max() < 0.04
    assert stats.kstest((steps[:, 4] - 490 * months[1]) / (130 * np.sqrt(months[1])), "norm").pvalue > 0.001


def test_what_an_event_shifts_is_gained_in_its_round():
    events = bind(event("a", at_month=0.0, front_shift=Number(40)), event("b", at_month=3.0, front_shift=Number(-100)))
    walk = fight(war(front(Number(10))), events=events).front[0]
    assert walk == pytest.approx(10 * np.arange(12) + 40 - 100 * (np.arange(12) >= 3))


def test_a_uniform_of_zero_is_no_infinite_advance():
    source = Drawn(count=1)
    source.uniform = lambda name: np.zeros(1)
    assert np.isfinite(War.draw(war(front(sd=Number(1))), drawing(source, TABLE, 3)).front).all()


# Waves

MEANS = [0.01, 0.5, 2.3, 9.7, 140.0, 150.0, 3000.0]


@pytest.mark.parametrize("mean", MEANS)
def test_waves_follow_the_poisson_law(mean):
    """Beside every step of scipy's distribution function, and deep in its tails."""
    shares = np.array([1e-12, 1e-6, 0.001, 0.5, 0.999, 1 - 1e-6, 1 - 1e-12])
    numbers = np.unique(np.concatenate([stats.poisson.ppf(shares, mean), np.floor(mean) + np.arange(-3, 4)]))
    numbers = numbers[numbers >= 0]
    steps = stats.poisson.cdf(numbers, mean)
    numbers, steps = numbers[steps < 1 - 1e-9], steps[steps < 1 - 1e-9]
    assert len(numbers) >= 3
    below, above = (poisson(steps * (1 + side * 1e-10), np.full(len(steps), mean)) for side in (-1, 1))
    assert np.array_equal(below, numbers)
    assert np.array_equal(above, numbers + 1)


@given(st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.floats(0, 400)), min_size=1, max_size=8))
@example([(1 - 2**-53, mean) for mean in (0.0, 1e-9, 1.0, 30.0, 90.0, 2000.0)])
@example([(0.0, 0.0), (1 - 2**-53, 0.0), (1 - 2**-53, 1e-9), (1 - 2**-53, 300.0), (0.0, 300.0)])
def test_a_number_of_waves_depends_on_its_own_row_alone(pairs):
    u, mean = map(np.array, zip(*pairs, strict=True))
    together = poisson(u, mean)
    alone = [poisson(u[b : b + 1], mean[b : b + 1])[0] for b in range(len(u))]
    assert together.tolist() == alone
    assert (together[mean == 0] == 0).all()
    assert (abs(together - mean) <= 10 * np.sqrt(mean) + 21).all()


@pytest.mark.parametrize("mean", [-0.1, np.inf, np.nan])
def test_a_mean_that_is_none_is_refused(mean):
    with pytest.raises(ValueError, match="finite and not negative"):
        poisson(np.array([0.5]), np.array([mean]))


def test_waves_come_at_their_rate_between_rounds_and_none_before_the_first():
    strikes = fight(war(strikes=[strike("ash", "birch", Number(5))]), days=14, count=20_000).strikes
    expected = 5 * 14 / MONTH
    assert not strikes.waves[:, 0].any()
    assert strikes.waves[:, 1:, 0].mean(axis=0) == pytest.approx(expected, abs=5 * np.sqrt(expected / 20_000))
    assert strikes.waves[:, 1:, 0].var() == pytest.approx(expected, rel=0.02)
    assert abs(np.corrcoef(strikes.waves[:, 1:, 0].T) - np.eye(11)).max() < 0.04


def test_hits_are_what_is_not_intercepted():
    events = bind(event("e", at_month=2.0, extra_waves={"ash_on_birch": Number(2)}))
    spec = strike("ash", "birch", missiles_intercepted=Number(0.4))
    strikes = fight(war(strikes=[spec]), events=events).strikes
    assert strikes.hits[0, :, 0] == pytest.approx(2 * (100 * 0.2 + 20 * 0.6) * (np.arange(12) == 2))


# Homes without power


def decay(half):
    return lambda age: 2.0 ** (-age / half)


@pytest.mark.parametrize(("half", "days"), [(4, 14), (2, 14), (14, 3), (0.05, 14), (30, 1)])
def test_outages_of_a_round_are_the_integral_of_homes_without_power(half, days):
    """One wave at the date of round 2; waves spread evenly before round 4; by numerical integration."""
    dark_at = decay(half)
    at_once, spread = np.zeros((1, 8, 1)), np.zeros((1, 8, 1))
    at_once[0, 1], spread[0, 3] = 1000, 600
    dark, weeks = outages(spread, at_once, np.array([float(half)]), days)

    def homes(t):
        since = t - 3 * days  # the last of the evenly spread is cut off at the date of round 4
        begun = np.clip(t - 2 * days, 0, days)
        evenly = 600 / days * half / np.log(2) * (dark_at(max(since, 0)) - dark_at(max(since, 0) + begun))
        return 1000 * dark_at(t - days) * (t >= days) + evenly

    for k in range(8):
        assert dark[0, k, 0] == pytest.approx(homes(k * days), rel=1e-9, abs=1e-9)
        kinks = [k * days - days + f * half for f in (0.5, 2, 8) if f * half < days]
        expected = integrate.quad(homes, (k - 1) * days, k * days, points=kinks or None, limit=200)[0] / 7 if k else 0
        assert weeks[0, k, 0] == pytest.approx(expected, rel=1e-6, abs=1e-6)


@given(st.floats(0.1, 30), st.floats(1, 60), st.integers(0, 5), st.booleans())
def test_a_wave_adds_its_household_weeks_whole_and_none_twice(half, days, when, even):
    cut = np.zeros((1, 6, 1))
    cut[0, when] = 500.0
    none = np.zeros_like(cut)
    assume(when or not even)  # nothing moves before the first round
    dark, weeks = outages(cut if even else none, none if even else cut, np.array([half]), days)
    whole = 500 * half / (7 * np.log(2))
    assert (weeks >= 0).all()
    assert weeks.sum() + dark[0, -1, 0] * half / (7 * np.log(2)) == pytest.approx(whole, rel=1e-12)
    assert not weeks[0, : when + 1 - even].any()
    if days * (5 - when) > 60 * half:
        assert weeks.sum() == pytest.approx(whole, rel=1e-12)


def test_a_wave_of_the_first_round_is_felt_in_the_second():
    events = bind(event("e", at_month=0.0, extra_waves={"ash_on_birch": Number(2)}))
    fought = fight(war(strikes=[strike("ash", "birch")], outages=repairs()), events=events)
    weeks = fought.strikes.household_weeks()[:, 0]
    cut = 2 * 1000 * 30
    assert weeks[0].tolist() == [0, 0, 0]
    assert weeks[1, 1] == pytest.approx(cut * 4 / 7 / np.log(2) * (1 - 2 ** (-MONTH / 4)))
    assert fought.strikes.dark[0, 0, 0] == pytest.approx(cut)
    assert fought.hardship()[-1, 0, 1] == pytest.approx(cut * 4 / 7 / np.log(2) / 1e6, rel=1e-12)
    assert not weeks[:, [0, 2]].any()


@pytest.mark.parametrize(
    ("start", "days", "winter"),
    [
        (datetime.date(2000, 1, 31), 1, [True] * 30 + [False] * 10),  # February of a leap year
        (datetime.date(2000, 10, 20), 14, [False] + [True] * 9 + [False]),  # 3 November to 23 February
        (datetime.date(2000, 2, 29), 0.5, [True, True, False, False]),
    ],
)
def test_winter_is_told_from_the_calendar_at_the_date_of_the_round(start, days, winter):
    rounds = len(winter)
    waves = [event(f"e{k}", at_month=max(k - 0.5, 0) * days / MONTH, extra_waves={"ash_on_birch": Number(1)})
             for k in range(rounds)]  # fmt: skip
    events = bind(*waves, rounds=rounds, days=days)
    outages = repairs(Number(0.05), (11, 12, 1, 2), Number(1.5))
    dark = fight(war(strikes=[strike("ash", "birch")], outages=outages), rounds, days, events, start).strikes.dark
    before = np.concatenate([[0], dark[0, :-1, 0]]) * 2 ** (-days / 0.05)
    assert (dark[0, :, 0] - before) / 30_000 == pytest.approx([1.5 if cold else 1 for cold in winter])


def test_winter_counts_for_regular_waves_too():
    spec = [strike("ash", "birch", Number(40))]
    plain = fight(war(strikes=spec, outages=repairs()), days=14, count=20).strikes
    winter = fight(war(strikes=spec, outages=repairs(winter=(1, 2), factor=Number(2))), days=14, count=20).strikes
    cold = np.arange(12) <= 3  # 10 and 24 January, 7 and 21 February
    begun = np.diff(plain.dark, axis=1, prepend=0)[:, :4]
    assert np.diff(winter.dark, axis=1, prepend=0)[:, :4] == pytest.approx(2 * begun)
    assert winter.weeks[:, cold].sum() == pytest.approx(2 * plain.weeks[:, cold].sum())
    assert winter.weeks[:, 8:] == pytest.approx(plain.weeks[:, 8:], rel=1e-3)


def test_a_half_life_below_zero_is_a_short_one():
    """A normal law reaches beyond its range."""
    for half in (Number(0), Number(-3)):
        fought = fight(war(strikes=[strike("ash", "birch", Number(5))], outages=repairs(half)))
        weeks = fought.strikes.household_weeks()
        cut_off = fought.strikes.waves.sum() * 30_000
        assert 0 < weeks.sum() < 0.01 * cut_off


# After the talks


def test_harm_after_the_talks_is_the_mean_of_what_was_drawn_within_them():
    """Wherever the talks end, the mean harm of the same two years of war is waves x cut x half / (7 ln 2)."""
    spec = war(strikes=[strike("ash", "birch", Number(5))], outages=repairs(Number(10)))
    fought = fight(spec, rounds=40, days=14, count=4000)
    whole = 5 * 24 * 30_000 * 10 / (7 * np.log(2))
    for played in (1, 2, 20, 40):
        k = np.full(4000, played)
        harm = fought.harm(k, 24 - (k - 1) * 14 / MONTH)
        assert harm[:, 1].mean() == pytest.approx(whole, rel=4 / np.sqrt(5 * 24 * 4000) + 1e-12)
        assert not harm[:, [0, 2]].any()
    assert harm[:, 1].std() > 100 * fought.harm(k * 0 + 1, np.full(4000, 24.0))[:, 1].std()


@pytest.mark.parametrize(("played", "months"), [(1, 0.0), (1, 0.015), (1, 11.96), (3, 1.9), (7, 0.01), (2, 30.0)])
def test_winter_after_the_talks_is_counted_by_the_day(played, months):
    spec = [strike("ash", "birch", Number(5))]
    fought = fight(war(strikes=spec, outages=repairs(winter=(12, 1), factor=Number(3))), days=14)
    begin, end = (played - 1) * 14.0, (played - 1) * 14.0 + months * MONTH
    weighted = 0.0
    for day in range(1000):
        share = max(0.0, min(end, day + 1.0) - max(begin, float(day)))
        weighted += share * (3 if (START + datetime.timedelta(days=day)).month in (12, 1) else 1)
    expected = (5 * weighted / MONTH * 30_000 + fought.strikes.dark[0, played - 1, 0]) * 4 / 7 / np.log(2)
    found = fought.strikes.weeks_after(np.array([played]), np.array([months]))
    assert found[0].tolist() == pytest.approx([0, expected, 0])


@pytest.mark.parametrize("months", [-0.1, np.nan, np.inf])
def test_a_ceasefire_that_never_comes_is_refused(months):
    with pytest.raises(ValueError, match="ceasefire"):
        fight(war()).harm(np.array([1]), np.array([months]))


def test_money_runs_from_the_first_round_to_the_ceasefire():
    fought = fight(war(cost={"ash": Number(5.2), "cedar": Number(0.3, 0, 1)}), days=14, count=2)
    money = fought.money(np.array([1, 12]), np.array([2.0, 0.5]))
    assert money[:, 0].tolist() == pytest.approx([5.2 * 2, 5.2 * (11 * 14 / MONTH + 0.5)])
    assert not money[:, 1].any() and money[:, 2] == pytest.approx(fought.cost_per_month[:, 2] * money[:, 0] / 5.2)


# No deal


def test_no_deal_worth_is_the_sum_of_what_moves_it():
    fire = event("e", at_month=3.0, shifts_no_deal={"ash": Number(-0.05)}, extra_waves={"birch_on_ash": Number(40)})
    events = bind(fire, event("f", at_month=1.0, front_shift=Number(500)))
    spec = war(front(Number(100), ash=Number(-0.03), birch=Number(0.02)), {"ash": Number(0.01)},
               strikes=[strike("birch", "ash")], outages=repairs(Number(7), ash=Number(-0.04)))  # fmt: skip
    worth = np.array([0.6, 0.4, 0.3]) + sum(moves_no_deal(fight(spec, events=events), events).values())[:, 0]
    m = np.arange(12)
    f = 100 * m + 500 * (m >= 1)
    h = 40 * 30 * 1000 / np.log(2) / 1e6 * np.where(m > 3, 1 - 2 ** (-(m - 3) * MONTH / 7), 0)
    assert worth[:, 0] == pytest.approx(0.6 - 0.03 * f / 1000 - 0.01 * m - 0.04 * h - 0.05 * (m >= 3))
    assert worth[:, 1] == pytest.approx(0.4 + 0.02 * f / 1000)
    assert (worth[:, 2] == 0.3).all()


def test_no_deal_worth_may_leave_the_scale():
    spec = war(front(Number(5000), birch=Number(0.1)), {"ash": Number(0.1)})
    worth = 0.5 + sum(moves_no_deal(fight(spec), None).values())[:, 0]
    assert worth[:, 0] == pytest.approx(0.5 - 0.1 * np.arange(12))
    assert worth[:, 1] == pytest.approx(0.5 + 0.5 * np.arange(12))
    assert (worth[:, 2] == 0.5).all()
