"""What the blocks beside the talks come to at central numbers, against figures computed apart from this program."""

import math
from functools import cache

import numpy as np
import pytest

from sim.analysis.portrait import portrait
from sim.analysis.portrait_around import no_deal_outside, steady_path
from sim.model.ensemble import central, draw
from sim.results.results import run
from tests.problems import FIRST_FLAGSHIP, pie, read, shipped

FLAGSHIP, BANKS, KOREA = FIRST_FLAGSHIP, "two-banks-pullback", "korea-armistice-1953"


@cache
def around(name, *sets):
    return portrait(shipped(name).with_sets(sets)).around


# Votes.


def test_the_strictest_vote_is_the_one_that_counts():
    needed = around(FLAGSHIP).votes.set_index(["proposal", "ratifier"])["needed"]
    texts = "us_28_points", "zelensky_offer", "us_zone_idea", "twenty_points_zone", "russia_stated_terms"
    rada = [needed[text, "verkhovna_rada"] for text in texts]
    assert rada == pytest.approx([300 / 450, 226 / 450, 300 / 450, 226 / 450, 300 / 450])


def test_ratifiers_stand_in_the_order_of_their_votes():
    sets = ("ratification.ratifiers.us_congress.order=1", "ratification.ratifiers.russian_leadership.order=5")
    rows = around(FLAGSHIP, *sets).votes["ratifier"][:5].tolist()
    assert rows == ["us_congress", "verkhovna_rada", "european_parliaments", "ukraine_referendum", "russian_leadership"]


# After signature.


def test_shares_that_hold_by_hand():
    """Survival in the first year is .78 to the power of what multiplies the danger."""
    held = around(FLAGSHIP).after_signature.set_index("proposal")["survival_12"]
    assert held["us_28_points"] == pytest.approx(0.78 ** (1 - 0.7 * 0.35))
    assert held["zelensky_offer"] == pytest.approx(0.78 ** (0.6 * 0.64 * (1 - 0.7 * 0.55)))
    assert held["twenty_points_zone"] == pytest.approx(0.78 ** (0.6 * 0.64 * 0.53 * (1 - 0.7 * 0.70)))
    assert held["russia_stated_terms"] == pytest.approx(0.78 ** (2.5 * (1 - 0.7 * 0.05)))
    later = around(FLAGSHIP, "aftermath.credibility_lost.per_year.executive=0").after_signature.set_index("proposal")
    assert later.loc["us_28_points", "survival_12"] == pytest.approx(held["us_28_points"])  # it wears off afterwards
    before = around(FLAGSHIP).after_signature.set_index("proposal")["survival_60"]
    assert later.loc["us_28_points", "survival_60"] > before["us_28_points"] + 0.001


def test_a_guarantor_for_which_acting_costs_too_much_does_not_act():
    """It acts where the text adds more for it than cost x credibility: .474 against .35, .348 against .55 and so on."""
    found = around(FLAGSHIP, "aftermath.guarantor.cost_of_acting=1").after_signature
    assert found["guarantor_absent"].tolist() == [False, True, True, True, False]
    # Unpunished, cheating still loses the dividend: (3 - .2)/(.95 x .75) < .2/.05, where breaches are seen by a force.
    assert found["steps_needed"].tolist() == pytest.approx([math.nan, math.inf, math.nan, 1, math.nan], nan_ok=True)


def test_the_guarantor_compares_with_no_deal_in_the_first_round():
    """A sure event of the first round that makes no deal worth more takes its will to act: .924 - .75 is below .35."""
    first = "events.public_offer.shifts_no_deal={united_states: 0.3}"
    sets = ("aftermath.guarantor.cost_of_acting=1",)
    assert not around(FLAGSHIP, *sets).after_signature["guarantor_absent"][0]
    assert around(FLAGSHIP, *sets, first).after_signature["guarantor_absent"][0]


# The war.


def test_strikes_of_a_month_by_hand():
    found = around(FLAGSHIP).strikes.set_index("strike")
    hits = {"russia_on_ukraine": 5 * (465 * 0.16 + 30 * 0.57), "ukraine_on_russia": 5 * 100 * 0.16}
    weeks = 4 / math.log(2) / 7  # for which a home is without power, on average
    for strike, homes in (("russia_on_ukraine", 6500), ("ukraine_on_russia", 1000)):
        row = found.loc[strike]
        assert row["hits_per_month"] == pytest.approx(hits[strike])
        assert row["household_weeks_per_month"] == pytest.approx(hits[strike] * homes * weeks)
        assert row["household_weeks_per_month_in_winter"] == pytest.approx(1.5 * hits[strike] * homes * weeks)
        assert strike == f"{row['by']}_on_{row['on']}"


def test_without_outages_no_household_is_counted(tmp_path):
    problem = pie((0.3, 0.3), rounds=3)
    for party in problem["parties"].values():
        party["kind"] = "belligerent"
    problem["war"] = {
        "strikes": {"ash_on_birch": {"waves_per_month": 2, "missiles_per_wave": 3, "households_per_hit": 9}}
    }
    (row,) = portrait(read(problem)).around.strikes.to_dict("records")
    assert row["hits_per_month"] == 6
    assert math.isnan(row["household_weeks_per_month"]) and math.isnan(row["household_weeks_per_month_in_winter"])


def test_the_path_of_a_war_without_chance_is_that_of_every_draw():
    """In Korea wear and dated events alone move no-deal value."""
    ensemble = central(shipped(KOREA))
    np.testing.assert_allclose(steady_path(ensemble).no_deal, ensemble.world.reservation_value[0], atol=1e-12)
    shown = around(KOREA).no_deal_path
    assert sorted(set(shown["round"])) == [1, 27, 54]
    last = shown[shown["round"] == 54].set_index("party")
    assert last.loc["northern_side", "from_events"] == pytest.approx(-0.08)
    assert last.loc["northern_side", "no_deal"] == pytest.approx(0.35 - 0.08 - 0.004 * 53 * 14 / 30.4375, abs=1e-3)


def test_the_path_of_the_flagship_is_the_mean_over_draws_of_its_central_war():
    """Front and waves as drawn, every number at its value; Ukraine starts higher so that nothing is cut at 0."""
    scenario = shipped(FLAGSHIP)
    moved = ("war.", "parties.ukraine.no_deal", "parties.russia.no_deal")
    sets = [f"{path}={number.value}" for path, number in scenario.numbers().items() if path.startswith(moved)]
    sets += ["parties.ukraine.no_deal=0.9", "events.escalation.chance_per_month=0"]
    sets += [f"parties.{party}.no_deal={worth}" for party, worth in (("united_states", 0.45), ("europe", 0.38))]
    fixed = scenario.with_sets(sets)
    mean = draw(fixed, count=600).world.reservation_value.mean(axis=0)
    path = steady_path(central(fixed))
    assert path.no_deal[-1].min() > 0.05 and path.no_deal.max() < 0.95
    np.testing.assert_allclose(path.no_deal, mean, atol=0.003)
    parts = path.from_front + path.from_wear + path.from_outages + path.from_events
    np.testing.assert_allclose(path.no_deal - path.no_deal[0], parts - parts[0], atol=1e-12)
    assert path.front[-1] == pytest.approx(490 * 35 * 14 / 30.4375)


@pytest.mark.parametrize(("chance", "counts"), [({}, True), ({"chance": 1}, True), ({"chance": 0.99}, False)])
def test_only_events_that_are_sure_to_happen_count(chance, counts):
    problem = pie((0.3, 0.3), rounds=4)
    problem["events"] = [
        {"id": "news", "at": {"month": 0.04, **chance}, "shifts_no_deal": {"ash": 0.2}},  # in the second round
        {"id": "luck", "chance_per_month": 0.999, "shifts_no_deal": {"birch": 0.2}},
    ]
    path = portrait(read(problem)).around.no_deal_path.pivot(index="round", columns="party", values="no_deal")
    assert path.loc[1, "ash"] == 0.3
    assert path.loc[4, "ash"] == pytest.approx(0.5 if counts else 0.3)
    assert path["birch"].tolist() == [0.3, 0.3, 0.3]


def test_a_chance_of_one_a_month_is_sure_in_every_round_after_the_first():
    problem = pie((0.3, 0.3), rounds=4)
    problem["events"] = [{"id": "drip", "chance_per_month": 1, "shifts_no_deal": {"ash": 0.1}}]
    path = portrait(read(problem)).around.no_deal_path.pivot(index="round", columns="party", values="no_deal")
    assert path["ash"].tolist() == pytest.approx([0.3, 0.4, 0.6])  # rounds 1, 2 and 4


def two_at_war(one, other):
    """Two parties at war, `one` struck harder and losing ground."""
    problem = pie((0.6, 0.6), rounds=6)
    problem["as_of"], problem["time"]["days_per_round"] = "2025-12-01", 20
    for party in problem["parties"].values():
        party["kind"] = "belligerent"
    waves = {"waves_per_month": 3, "drones_per_wave": 7, "drones_intercepted": 0.3, "households_per_hit": 70_000}
    problem["war"] = {
        "front": {"drift_per_month": 130, "sd_per_month": 40, "no_deal_per_1000_km2": {one: -0.07, other: 0.03}},
        "no_deal_falls_per_month": {one: 0.011, other: 0.007},
        "strikes": {f"{other}_on_{one}": waves, f"{one}_on_{other}": waves | {"waves_per_month": 1}},
        "outages": {
            "repair_half_life_days": 3,
            "winter": {"months": [12, 1], "factor": 1.7},
            "no_deal_per_million_household_weeks": {one: -0.013, other: -0.013},
        },
    }
    return portrait(read(problem)).around.no_deal_path.set_index(["round", "party"])


def test_exchanging_the_two_parties_mirrors_every_bit_of_the_path():
    one, other = two_at_war("ash", "birch"), two_at_war("birch", "ash")
    assert one.loc[(6, "ash"), "from_outages"] < one.loc[(6, "birch"), "from_outages"] < 0
    for k in (1, 3, 6):
        for party, partner in (("ash", "birch"), ("birch", "ash")):
            assert one.loc[(k, party)].drop("month").tolist() == other.loc[(k, partner)].drop("month").tolist()


def test_who_leaves_the_scale_and_by_which_rate_is_named():
    """Wear of .2 less a gain of .05 a month takes .6 below 0 in the last round, month 5; birch gains .125 in all."""
    problem = pie((0.6, 0.5), rounds=6)
    problem["as_of"], problem["time"]["days_per_round"] = "2025-12-01", 30.4375
    problem["war"] = {
        "front": {"drift_per_month": 100, "no_deal_per_1000_km2": {"ash": 0.5, "birch": 0.25}},
        "no_deal_falls_per_month": {"ash": 0.2},
    }
    scenario = read(problem)
    (row,) = no_deal_outside(scenario, 50).itertuples()
    assert (row.party, row.share, row.path) == ("ash", 1, "war.no_deal_falls_per_month.ash")
    assert (row.low, row.high) == pytest.approx((-0.15, 0.6))
    assert run(scenario, 3).draws["no_deal_outside"].tolist() == pytest.approx([1 / 6] * 3)


# Pressure, and what is left out.


def test_levers_at_full_strength_and_lines_that_wear_out():
    levers = around(FLAGSHIP).levers.set_index("lever")["no_deal_at_full_strength"]
    assert levers.to_dict() == pytest.approx({"aid_withheld": 0.45 * 0.75, "sanctions_added": 0.5 * 0.75})
    assert around(FLAGSHIP).lines_given_up == pytest.approx(1 - math.exp(-0.01 * 35 * 14 / 30.4375))
    assert around(KOREA).lines_given_up is None


def test_texts_that_leave_an_issue_open_or_contradict_a_rule_are_not_asked_about():
    open_text = ("proposals.strip_for_embassies.package={strip: demilitarised, recognition: full}",)
    against_a_rule = ("proposals.strip_for_embassies.package.pull_back=stay",)
    for sets in (open_text, against_a_rule):
        found = around(BANKS, *sets)
        assert [len(table) for table in (found.votes, found.votes_together, found.after_signature)] == [0, 0, 0]
        assert len(found.guarantees) == 3


def test_a_file_without_these_blocks_has_no_tables():
    found = around("orange-and-lemon")
    frames = (found.levers, found.no_deal_path, found.strikes, found.votes, found.after_signature, found.guarantees)
    assert not any(map(len, frames))


def test_the_portrait_prints_these_tables_too():
    text = str(portrait(shipped(BANKS)))
    assert "Chance that the votes on a proposal pass" in text and ">0.99" in text and "228" in text
