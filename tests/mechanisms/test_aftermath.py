"""What happens after signature, all parts together: the published figures of two cases, and what must always be so."""

import dataclasses

import numpy as np
import pytest
from aftermaths import (
    AS_OF,
    BEST,
    LAND,
    SHAKY,
    WORST,
    Source,
    bind,
    by_option,
    everything,
    hazard,
    judge,
    num,
    part_held,
    space_of,
    spec,
    when,
)

from sim.core.packages import NO_DEAL
from sim.mechanisms.durability import SPAN_ENDS, SPAN_MIDDLES, span_weights
from sim.mechanisms.implementation import CAUSES

SPACE = space_of(**LAND)


def bound(count=40, start=0, fades=0.5, aftermath=None, **others):
    source = Source(count=count, start=start, **others)
    return bind(aftermath or everything(), SPACE, source, as_of=AS_OF, fades=np.full(count, fades))


# The published figures: central numbers of two shipped cases

# Findings by hand


def test_each_factor_is_a_column_of_its_own():
    """The worst text of a small land, central numbers: every fault it can have, in the first year and in the sixth."""
    found = judge(bound(1, central=True), SPACE, WORST, bought=np.array([True]))
    assert found.power.fails[0] and not found.pull_back.fails[0]
    columns = found.columns()
    assert columns["hazard_features"][0] == pytest.approx(1 / 0.92)  # no empty strip, which one in five had
    assert columns["hazard_deterrence"][0] == pytest.approx(1 - 0.7 * 0.05)
    assert columns["hazard_not_self_enforcing"][0] == 2.5
    assert columns["hazard_pull_back_fails"][0] == 1
    assert columns["hazard_bought_by_pressure"][0] == 1
    assert found.factors.bought_by_pressure[0, [1, 2, 40]] == pytest.approx([1.25, 1.375, 1.5])
    assert columns["hazard"][0] == pytest.approx((1 - 0.035) / 0.92 * 2.5)
    shaky = judge(bound(1, central=True), SPACE, SHAKY)
    assert shaky.pull_back.fails[0] and shaky.columns()["hazard_pull_back_fails"][0] == 1.8
    assert shaky.columns()["hazard_features"][0] == pytest.approx(0.6 / 0.92)


def test_credibility_is_asked_at_the_start_of_each_year_in_force():
    """Signed in month 30, in force in 36; governments change in 37.2 and 85.2: seen from the years 1 and 5 on."""
    found = judge(bound(1, central=True), SPACE, SHAKY, signed=30.0, to_force=6.0)
    assert found.promised[0] == found.credibility[0] == 0.35
    by_hand = [0.35 * 0.88**year * 0.6 ** ((year >= 1) + (year >= 5)) for year in range(6)]
    assert found.by_year[0, :6] == pytest.approx(by_hand, rel=1e-13)
    later = judge(bound(1, central=True), SPACE, SHAKY, signed=30.0, to_force=8.0)
    assert later.by_year[0, 0] == pytest.approx(0.35 * 0.6), "it changed between signature and entry into force"


def test_pressure_fades_from_signature_on():
    found = judge(bound(1, central=True), SPACE, BEST, to_force=12.0, bought=np.array([True]))
    assert found.factors.bought_by_pressure[0, :2] == pytest.approx([1.25, 1.375])
    assert (judge(bound(1, central=True), SPACE, BEST).factors.bought_by_pressure == 1).all()


def test_a_guarantor_without_the_will_to_act_guards_nothing():
    """Gains .10 and .11 around .7 x .15 = .105."""
    absent, acts = (
        judge(bound(1, central=True), SPACE, BEST, guarantor_utility=np.array([0.5 + gain]),
              guarantor_no_deal=np.array([0.5])) for gain in (0.10, 0.11)
    )  # fmt: skip
    assert absent.guarantor_absent[0] and not acts.guarantor_absent[0]
    assert (absent.promised[0], absent.credibility[0], acts.credibility[0]) == (0.7, 0, 0.7)
    assert (absent.by_year == 0).all() and absent.power.there[0] == 0
    assert absent.pull_back.needed[0] == 1, "seen as it is, cheating does not pay here even unpunished"
    assert absent.survival_12[0] < acts.survival_12[0]
    with pytest.raises(ValueError, match="will of far"):
        bound(1).judge(np.array([0]), np.zeros(1), np.zeros(1))


def test_without_guarantees_penalties_count_in_full_and_nobody_is_deterred():
    file = everything()
    file.credibility = file.credibility_lost = file.guarantor = None
    found = judge(bound(1, aftermath=file, central=True), SPACE, WORST)
    assert found.power.there[0] == 0.3 and np.isnan(found.credibility[0])
    assert (found.factors.deterrence == 1).all()
    assert judge(bound(1, aftermath=file, central=True), SPACE, SHAKY).pull_back.needed[0] == 2  # 2.55 / 2


def test_where_nothing_was_signed_or_came_into_force():
    aftermath = bound(3)
    packages, signed, to_force = np.array([NO_DEAL, 0, 0]), np.array([np.nan, 1, 1]), np.array([np.nan, np.nan, 2])
    found = aftermath.judge(packages, signed, to_force, np.full(3, 2.0), np.zeros(3), np.full(3, True))
    columns = found.columns()
    for name, values in columns.items():
        if values.dtype == np.float64:
            assert np.isnan(values[0]), name
        elif values.dtype == bool:
            assert not values[0], name
    assert columns["break_cause"][0] == columns["break_cause"][1] == ""
    assert not np.isnan(found.credibility[1]) and not np.isnan(found.power.needed[1])
    assert np.isnan([found.break_month[1], found.survival_12[1], found.by_year[1, 0], columns["hazard"][1]]).all()
    assert not found.held(12)[:2].any() and not np.isnan(found.break_month[2])


@pytest.mark.parametrize("part", ["credibility", "monitoring", "power_shift", "pull_back", "hazard", "guarantor"])
def test_any_part_may_be_missing(part):
    file = everything()
    setattr(file, part, None)
    found = judge(bound(5, aftermath=file), SPACE, SHAKY, bought=np.ones(5, bool))
    assert np.isnan(found.survival_12).all() == (part == "hazard")
    assert found.columns().keys() == judge(bound(5), SPACE, SHAKY).columns().keys()
    utility, no_deal = np.full((5, len(SPACE)), 2.0), np.zeros(5)
    held = part_held(bound(5, aftermath=file), np.full(5, 0.98), None, utility, no_deal)
    assert (held == 1).all() if part == "hazard" else (held < 1).all()


def test_every_number_is_drawn_under_its_own_path():
    source = Source(3)
    bind(everything(), SPACE, source, as_of=AS_OF)
    for path in ("credibility.law", "credibility_lost.at_change_of_president.executive", "guarantor.cost_of_acting",
                 "hazard.if_bought_by_pressure", "hazard.ratios.empty_strip.ratio", "hazard.ratios.empty_strip.share",
                 "monitoring.word", "power_shift.away_from_east.army.small", "power_shift.penalty_if_guarantor_acts",
                 "power_shift.war_cost.west", "pull_back.months", "pull_back.penalty"):  # fmt: skip
        assert f"aftermath.{path}" in source.inputs, path


# The cause of a break


def cause_of(options, **others):
    """Cause of a break in the first weeks: the lot is small enough for any danger at all."""
    aftermath = dataclasses.replace(bound(1, central=True), hold=np.array([1e-3]))
    return CAUSES[judge(aftermath, SPACE, options, **others).cause[0]]


def test_causes():
    no_will = {"guarantor_utility": np.zeros(1)}
    assert cause_of(BEST) == "none"
    assert cause_of(BEST, **no_will) == "guarantor_absent"
    assert cause_of(BEST, signed=30.0, to_force=20.0) == "credibility_lost"
    assert cause_of(WORST) == "not_self_enforcing"
    assert cause_of(SHAKY) == "pull_back_fails"
    assert cause_of(BEST, to_force=12.0, bought=np.array([True])) == "bought_by_pressure"
    never = dataclasses.replace(bound(1, central=True), hold=np.array([1 - 1e-12]))
    found = judge(never, SPACE, BEST)
    assert found.break_month[0] == np.inf and CAUSES[found.cause[0]] == "" and found.held(60)[0]


def test_two_equal_faults_are_several():
    file = everything()
    file.hazard.if_pull_back_fails = file.hazard.if_not_self_enforcing
    aftermath = dataclasses.replace(bound(1, aftermath=file, central=True), hold=np.array([1e-3]))
    found = judge(aftermath, SPACE, {"army": "small", "exit": "equal", "promise": "none"})
    assert found.power.fails[0] and found.pull_back.fails[0] and CAUSES[found.cause[0]] == "several"


# What must always be so


def test_credibility_of_nothing_and_of_everything_bracket_survival():
    """Whatever is believed: no worse than a promise that nobody believes, no better than a certain one for ever."""

    def with_promise(g, **lost):
        file = everything()
        file.credibility = by_option("promise", law=g, word=g, none=g)
        file.credibility_lost = None
        return judge(bound(200, aftermath=file), SPACE, SHAKY)

    nothing, as_drawn, certain = with_promise(0), judge(bound(200), SPACE, SHAKY), with_promise(1)
    for name in ("survival_12", "survival_60", "break_month"):
        low, middle, high = (getattr(found, name) for found in (nothing, as_drawn, certain))
        assert (low <= middle).all() and (middle <= high).all(), name
    assert (nothing.survival_12 < as_drawn.survival_12).all() and (as_drawn.survival_12 < certain.survival_12).all()


def test_without_intensity_nothing_moves_the_law():
    file = everything()
    file.hazard = hazard(0.78, shape=0.5)
    found = judge(bound(30, aftermath=file), SPACE, WORST, bought=np.ones(30, bool))
    assert (found.factors.product == 1).all()
    assert found.survival_12 == pytest.approx(np.full(30, 0.78), rel=1e-13)
    assert found.survival_60 == pytest.approx(np.full(30, 0.78 ** 5**0.5), rel=1e-13)
    file.power_shift.shifts = {"army": {"small": num(0)}}
    assert not judge(bound(30, aftermath=file), SPACE, WORST).power.fails.any()


def test_drawn_break_months_follow_survival():
    """20,000 lots on central numbers against S(t), within three standard errors; every fault, every year its own."""
    count = 20_000
    one = bound(1, central=True)
    many = dataclasses.replace(one.rows(np.zeros(count, np.int64)), hold=Source(count, seed=7).uniform("hold"))
    for options in (BEST, SHAKY, WORST):
        found = judge(many, SPACE, options, to_force=3.0, bought=np.ones(count, bool))
        months = np.array([0.5, 3.0, 12.0, 30.0, 60.0, 240.0, 600.0])
        survival = one.hazard.law.survival(found.factors.product[:1], months)[0]
        assert survival[2:5:2] == pytest.approx([found.survival_12[0], found.survival_60[0]])
        for month, expected in zip(months, survival, strict=True):
            error = np.sqrt(expected * (1 - expected) / count)
            assert np.mean(found.break_month > month) == pytest.approx(expected, abs=3 * error)


def test_naming_the_other_side_turns_the_sign_and_nothing_else():
    file, turned = everything("east", "west"), everything("west", "east", sign=-1.0)
    for part in (file, turned):
        part.power_shift.balance_now = num(0.5)
        for issue in part.power_shift.shifts.values():
            for option, number in issue.items():
                issue[option] = num(number.value)
    for options in (BEST, SHAKY, WORST):
        one, other = (judge(bound(60, aftermath=part), SPACE, options) for part in (file, turned))
        assert one.shift.tolist() == (-other.shift).tolist()
        assert one.power.needed.tolist() == other.power.needed.tolist()
        assert one.break_month.tolist() == other.break_month.tolist()


# Foresight


def test_the_outlook_is_what_judgement_says_of_each_package():
    """Every package, with its own will of the guarantor: survival from the verdicts, weighed by hand."""
    aftermath, discount = bound(6), np.linspace(0.9, 1.0, 6)
    worth = np.linspace(0, 0.4, 6 * len(SPACE)).reshape(6, -1)
    no_deal = np.full(6, 0.12)
    month = np.full(6, 20.0)
    part, shift = part_held(aftermath, discount, month, worth, no_deal), aftermath.power_shift.shifts.over_all()
    weights = span_weights(discount)
    weights /= weights.sum(axis=1, keepdims=True)
    kinds = set()
    for package in range(len(SPACE)):
        found = aftermath.judge(np.full(6, package), month, np.zeros(6), worth[:, package], no_deal)
        survival = aftermath.hazard.law.survival(found.factors.product, SPAN_MIDDLES)
        assert part[:, package] == pytest.approx((survival * weights).sum(axis=1), rel=1e-12)
        assert shift[:, package] == pytest.approx(found.shift)
        kinds |= set(zip(found.power.fails, found.pull_back.fails, found.guarantor_absent, strict=True))
    assert len(kinds) == 8, "every combination of faults should occur"
    assert ((part > 0) & (part < 1)).all()
    rows = slice(2, 4)
    cut = part_held(aftermath.rows(rows), discount[rows], month[rows], worth[rows], no_deal[rows])
    np.testing.assert_array_equal(part[2:4], cut)


def test_weights_of_spans():
    patient, impatient = span_weights(np.array([1.0, 0.0]))
    assert patient.tolist() == np.diff(SPAN_ENDS).tolist()
    assert impatient.tolist() == [1.0] + 47 * [0.0]
    months = 0.97 ** np.arange(120)
    found = span_weights(np.array([0.97]))[0]
    by_hand = [months[0], months[11], months[12:15].sum(), months[117:].sum()]
    assert found[[0, 11, 12, 47]] == pytest.approx(by_hand)


def test_half_of_what_breaks_at_a_steady_pace():
    """Shape 1, S12 = e^-1.2, no discount: the mean of exp(-t/10) over ten years is (1 - e^-12)/12."""
    file = spec(hazard=hazard(float(np.exp(-1.2)), shape=1.0, ratios={"none": (when(exit="equal"), 1.0, 0)}))
    part = part_held(bind(file, SPACE), np.ones(1))
    assert part[0] == pytest.approx(np.full(len(SPACE), (1 - np.exp(-12)) / 12), rel=2e-3)
