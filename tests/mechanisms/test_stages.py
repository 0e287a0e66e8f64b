"""Stages: when they are agreed, what holds while they do, how they end, and what they leave behind."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sim.model.ensemble import draw
from sim.model.peace_talks import hold_talks
from sim.report.run import STAGE_WORDS
from sim.results.chunks import play_chunk
from sim.scenario import ScenarioError, read_scenario
from tests.commands import call
from tests.worlds import MONTH, made, text_on_a_table

POINTS = {"ash": {"a": 100, "b": 0}, "birch": {"a": 0, "b": 100}}
APART, EITHER = {"ash": 0.5, "birch": 0.5}, {"ash": 0.0, "birch": 0.0}
WAR: dict[str, Any] = {
    "front": {"drift_per_month": 1000, "sd_per_month": 300, "no_deal_per_1000_km2": {"ash": -0.02, "birch": 0.02}},
    "no_deal_falls_per_month": {"ash": 0.01, "birch": 0.02},
    "cost_unit": "crowns",
    "cost_per_month": {"ash": 3, "birch": 5},
    "strikes": {
        f"{by}_on_{on}": {"waves_per_month": 6, "drones_per_wave": 10, "households_per_hit": 100}
        for by, on in (("ash", "birch"), ("birch", "ash"))
    },
    "outages": {
        "repair_half_life_days": 7, "no_deal_per_million_household_weeks": {"ash": -0.5, "birch": -0.5},
        "winter": {"months": [12, 1, 2], "factor": 2},
    },
}  # fmt: skip
BOTH = {"id": "truce", "signatories": ["ash", "birch"]}


def problem(*stages: dict[str, Any], no_deal: Any = APART, rounds: int = 9, **blocks: Any) -> dict[str, Any]:
    added = {"stages": [BOTH | stage for stage in stages]} if stages else {}
    return text_on_a_table(POINTS, no_deal, rounds, war=WAR, as_of="2025-11-20", **added, **blocks)


def frame(*stages: dict[str, Any], draws: int = 400, **more: Any) -> pd.DataFrame:
    return play_chunk(made(problem(*stages, **more)), 1, 0, draws).draws


def world(*stages: dict[str, Any], draws: int = 400, **more: Any) -> Any:
    return draw(made(problem(*stages, **more)), 1, 0, draws).world


# The answer


@pytest.mark.parametrize(
    ("keys", "least"),
    [
        ({"gains": {"ash": -0.01, "birch": 0.01}, "shifts_no_deal": {"ash": 0.01}}, 0.0),
        ({"front_drift": 0}, -0.02 * 4 / 2),  # birch gives up 4,000 km2 by the end of four months
        ({"wear": 0.5}, 0.005 * 4 / 2),  # ash loses the smaller half of its wear
        ({"waves": {"ash_on_birch": 0}}, 0.0),  # ash spares others and gains nothing
    ],
)
def test_a_party_agrees_where_no_deal_is_worth_as_much_on_average_and_what_it_gains_decides(keys, least):
    """By hand: who gains least agrees while its further gain is no smaller than what it loses."""
    for by, agreed in ((1e-6, True), (-1e-6, False)):
        gains = {name: keys.get("gains", {}).get(name, 0) - least + by for name in ("ash", "birch")}
        stages = world(keys | {"months": 4, "gains": gains}, draws=1).stages
        assert (stages.agreed[0, 0] == 1) == agreed


def test_strikes_spared_count_at_their_mean_with_winter_by_the_day():
    """From 1 January four rounds on: six waves a month of 1,000 homes each for ten days, twice as many in winter."""
    a_wave = 1000 / np.log(2) / 1e6  # million household-weeks
    february = (31 + 28) / MONTH  # months of winter from 1 January on
    weeks = 6 * a_wave * (3 + february)
    for by, agreed in ((1e-7, True), (-1e-7, False)):
        costs = {"ash": -0.5 * weeks / 2 + by, "birch": 1}
        stage = {"months": 3, "gains": costs, "waves": {"birch_on_ash": 0}}
        spec = problem(stage) | {"as_of": "2026-01-01"}
        assert draw(made(spec), 1, 0, 1).world.stages.agreed[0, 0] == agreed


def test_each_signatory_is_asked_and_nobody_else():
    against = {"shifts_no_deal": {"ash": -0.1}}
    assert not world(against, draws=1).stages.agreed.any()
    assert world(against | {"signatories": ["birch"]}, draws=1).stages.agreed.all()


# When


@pytest.mark.parametrize(
    ("tabled", "events", "round"),
    [
        ({}, [], 1), ({"month": 2}, [], 3), ({"month": 2.1}, [], 4),
        ({"event": "flood"}, [{"id": "flood", "at": {"month": 4}}], 5),
        ({"event": "flood"}, [{"id": "flood", "at": {"month": 40}}], 0),
        ({"month": 1}, [{"id": "shut", "at": {"month": 1}, "closes_channel": {"rounds": 3}}], 5),
        ({"no_deal_below": {"ash": 0.47}}, [{"id": "blow", "at": {"month": 5}, "shifts_no_deal": {"ash": -0.3}}], 6),
    ],
)
def test_it_is_agreed_in_the_first_round_in_which_all_conditions_hold(tabled, events, round):
    calm = {"front": {}, "no_deal_falls_per_month": {}}
    blocks = {"events": events} if events else {}
    found = draw(made(problem({"tabled": tabled}, **blocks) | {"war": calm}), 1, 0, 1).world.stages
    assert found.agreed[0, 0] == round


def test_one_stage_follows_another_in_a_later_round_and_feels_what_it_changed():
    lifts = {"id": "first", "shifts_no_deal": {"ash": 0.2}, "months": 3}
    after = {"id": "second", "tabled": {"after": "first"}}
    assert world(lifts, after, draws=1).stages.agreed.tolist() == [[1, 2]]
    below = {"id": "second", "tabled": {"after": "first", "no_deal_below": {"ash": 0.55}}}
    assert world(lifts, below, draws=1).stages.agreed.tolist() == [[1, 4]]


# While it holds


def test_the_war_goes_on_at_another_pace_from_the_same_chances():
    stage = {"signatories": ["ash"], "gains": {"ash": 1}, "tabled": {"month": 2}, "months": 2.5}
    factors = {"front_drift": 0.25, "front_sd": 0.5, "wear": 0.1, "war_cost": 0.5, "waves": {"ash_on_birch": 0.2}}
    before, after = world().war, world(stage | factors).war
    steps, slower = np.diff(before.front) - 1000, np.diff(after.front)
    part = np.array([0, 0, 1, 1, 0.5, 0, 0, 0])  # of each month between two rounds
    assert slower == pytest.approx(1000 * (1 - 0.75 * part) + steps * np.sqrt(1 - 0.75 * part))
    waves, fewer = before.strikes.waves, after.strikes.waves
    assert np.array_equal(waves[:, :, 1], fewer[:, :, 1])
    for k, share in enumerate(part, 1):
        assert fewer[:, k, 0].mean() == pytest.approx(6 * (1 - 0.8 * share), abs=0.6)
        assert (fewer[:, k, 0] <= waves[:, k, 0]).all()
        assert np.array_equal(fewer[:, k, 0], waves[:, k, 0]) == (share == 0)
    wear = before.moves_no_deal()["war.no_deal_falls_per_month"]
    less = after.moves_no_deal()["war.no_deal_falls_per_month"]
    assert np.diff(less, axis=0) == pytest.approx(np.diff(wear, axis=0) * (1 - 0.9 * part[:, None, None]))
    last = np.full(400, 9)
    assert before.money(last, 0.0 * last)[0] == pytest.approx([24, 40])
    assert after.money(last, 0.0 * last)[0] == pytest.approx([24 - 3 * 1.25, 40 - 5 * 1.25])


def test_shifts_hold_as_long_as_it_does():
    path = world({"tabled": {"month": 2}, "months": 3, "shifts_no_deal": {"ash": 0.07}}).reservation_value
    added = path[:, :, 0] - world().reservation_value[:, :, 0]
    assert added == pytest.approx(np.broadcast_to(0.07 * np.isin(np.arange(9), [2, 3, 4]), added.shape))


def test_what_it_settles_is_off_the_table_until_it_ends():
    """Both can sign a or b; nobody concedes, so b is signed by who holds out last, unless only a is left."""
    settles = {"settles": {"text": "a"}, "months": 3}
    talks = hold_talks(draw(made(problem(settles, no_deal=EITHER)), 1, 0, 3))
    crossed = talks.real_by_round[:, :, talks.ensemble.structure.lines.names.index("stages.truce")]
    assert crossed[:, 0].tolist() == [True] * len(crossed)
    assert {talks.ensemble.structure.space.options_of(int(p))["text"] for p in talks.package} == {"a"}
    held = hold_talks(draw(made(problem(settles)), 1, 0, 3))
    line = held.ensemble.structure.lines.names.index("stages.truce")
    assert held.real_by_round[:, 0, line].tolist() == [True] * 3 + [False] * (len(held.real_by_round) - 3)


# How it ends


def test_it_breaks_at_its_chance_a_month_and_else_runs_out():
    found = frame({"breaks_per_month": 0.2, "months": 6}, draws=4000)
    kept = found["stage_truce_ended"] == "expired"
    assert kept.mean() == pytest.approx(0.8**5, abs=0.03)  # it runs out with the sixth month, before it can break there
    assert (found.loc[kept, "stage_truce_months"] == 6).all()
    broken = found.loc[~kept, "stage_truce_months"]
    assert set(found.loc[~kept, "stage_truce_ended"]) == {"broken"}
    assert broken.value_counts(normalize=True)[1.0] == pytest.approx(0.2 / (1 - 0.8**5), abs=0.03)


@pytest.mark.parametrize(("keys", "ended", "months"), [
    ({}, "holds", 8), ({"months": 2}, "expired", 2), ({"ends_with_agreement": True}, "holds", 8),
    ({"breaks_per_month": 1}, "broken", 1),
])  # fmt: skip
def test_how_it_ended_without_an_agreement(keys, ended, months):
    found = frame(keys, draws=3)
    assert set(found["stage_truce_ended"]) == {ended}
    assert found["stage_truce_months"].tolist() == pytest.approx([months] * 3)
    assert (found["stage_truce"] == 0).all()


def test_it_goes_on_until_the_ceasefire_unless_the_agreement_takes_its_place():
    """Signed in the last round, the ninth; the ceasefire comes four months later, and it had five months to go."""
    votes = {"ratification": {"milestones": {"ceasefire": {"months": 4}}, "ratifiers": {}}}
    stage = {"tabled": {"month": 7}, "months": 3, "war_cost": 0, "waves": {"birch_on_ash": 0}}
    ways = ([], [stage], [stage | {"ends_with_agreement": True}])
    plain, goes_on, replaced = (frame(*keys, no_deal=EITHER, draws=50, **votes) for keys in ways)
    signed, left = plain["month"], 3 - (plain["month"] - 7)
    assert (signed >= 7).all() and (plain["outcome"] == "in_force").all()
    assert goes_on["war_cost_ash"].tolist() == pytest.approx((3 * (signed + 4 - (signed - 7) - left)).tolist())
    assert replaced["war_cost_ash"].tolist() == pytest.approx((3 * (signed + 4 - (signed - 7))).tolist())
    assert set(replaced["stage_truce_ended"]) == {"agreement"} and set(goes_on["stage_truce_ended"]) == {"holds"}
    assert (goes_on["household_weeks_ash"] < replaced["household_weeks_ash"]).all()
    assert goes_on["household_weeks_birch"].equals(plain["household_weeks_birch"])


# Trust


@pytest.mark.parametrize(("broken", "credibility", "hazard"), [(0, 1.0, 0.5), (1, 0.45, 2)])
def test_what_was_kept_or_broken_counts_in_what_is_signed_later(broken, credibility, hazard):
    after = {
        "guarantor": {"party": "ash", "cost_of_acting": 0}, "credibility": {"a": 0.9, "b": 0.9},
        "hazard": {"survival_12": 0.6, "shape": 1, "deterrence": 0.5},
    }  # fmt: skip
    trust = {"kept": {"credibility": 1.5, "hazard": 0.5}, "broken": {"credibility": 0.5, "hazard": 2}}
    stage = {"breaks_per_month": broken} | trust
    found = frame(stage, no_deal=EITHER, draws=20, aftermath=after)
    assert (found["outcome"] == "in_force").all()
    assert found["credibility_promised"].tolist() == pytest.approx([credibility] * 20)
    assert found["hazard_stages"].tolist() == [hazard] * 20
    assert found["hazard"].tolist() == pytest.approx([hazard * (1 - 0.5 * credibility)] * 20)
    assert found["survival_12"].tolist() == pytest.approx((0.6 ** found["hazard"]).tolist())
    never = frame(stage | {"tabled": {"month": 40}}, no_deal=EITHER, draws=20, aftermath=after)
    assert (never["hazard_stages"] == 1).all() and never["credibility_promised"].tolist() == pytest.approx([0.9] * 20)


# What is refused, and what is told


REFUSED: list[tuple[Callable[[dict[str, Any]], Any], str]] = [
    (lambda s: s.update(signatories=["ash", "birhc"]), "stages.truce.signatories: no party is called 'birhc'; did you"),
    (lambda s: s.update(signatories=[]), "stages.truce.signatories: "),
    (lambda s: s.update(settles={"txt": "a"}), "stages.truce.settles: no issue is called 'txt'; did you mean 'text'?"),
    (lambda s: s.update(settles={"text": "c"}), "stages.truce.settles.text: no option of text is called 'c'"),
    (lambda s: s.update(months=-2), "stages.truce.months: -2 is out of bounds; a number above 0, at most 600,"),
    (lambda s: s.update(gains={"cedar": 0.1}), "stages.truce.gains: no party is called 'cedar'"),
    (lambda s: s.update(signatories=["ash"], gains={"birch": 1}), "stages.truce.gains: no signatory is called 'birch'"),
    (lambda s: s.update(waves={"ash_on_brch": 0.5}), "stages.truce.waves: no strike is called 'ash_on_brch'; did you"),
    (lambda s: s.update(tabled={"event": "x"}), "stages.truce.tabled.event: no event is called 'x'"),
    (lambda s: s.update(tabled={"after": "truce"}), "stages.truce.tabled.after: no other stage is called 'truce'"),
    (lambda s: s.update(breaks_per_month=1.5), "stages.truce.breaks_per_month: 1.5 is out of bounds"),
    (lambda s: s.update(duration=3), "stages.truce: unknown key 'duration'"),
]


@pytest.mark.parametrize(("spoil", "message"), REFUSED, ids=[message[:50] for _, message in REFUSED])
def test_what_does_not_fit_is_refused_with_its_place_and_a_hint(spoil, message, tmp_path):
    spec = problem({"months": 3})
    spoil(spec["stages"][0])
    (tmp_path / "f.yaml").write_text(json.dumps(spec, indent=1), encoding="utf-8")
    with pytest.raises(ScenarioError) as told:
        read_scenario(tmp_path / "f.yaml")
    assert any(message in fault.message for fault in told.value.faults), told.value
    assert all(fault.line > 1 for fault in told.value.faults)


def test_effects_on_a_war_that_is_not_there_are_refused():
    spec = problem({"front_drift": 0.5, "shifts_no_deal": {"ash": 0.1}})
    del spec["war"]
    with pytest.raises(ScenarioError, match=r"there is no `war` that this could change"):
        made(spec)
    del spec["stages"][0]["front_drift"]
    assert made(spec).stages


def test_a_name_whose_columns_another_stage_has_is_refused():
    with pytest.raises(ScenarioError, match="results of truce would have a column of this name"):
        made(problem({}, {"id": "truce_ended"}))


@pytest.mark.parametrize(("keys", "ends"), [({"months": 2}, "expired"), ({"breaks_per_month": 1}, "broken")])
def test_the_story_of_a_draw_and_the_explanation_of_many_tell_of_it(keys, ends, tmp_path):
    file = tmp_path / "truce.yaml"
    file.write_text(json.dumps(problem({"label": "No strikes"} | keys)), encoding="utf-8")
    told = call("run", file, "--full").stdout
    assert f"{STAGE_WORDS['agreed']}: No strikes." in told and f"{STAGE_WORDS[ends]}: No strikes." in told
    rounds = json.loads(call("run", file, "--json").stdout)["rounds"]
    assert [stage for each in rounds for stage in each["stages"]] == [
        {"stage": "truce", "what": "agreed"}, {"stage": "truce", "what": ends},
    ]  # fmt: skip
    assert "Stages: what may be agreed ahead of the rest" in call("show", file, "--full").stdout
    assert "Agreed ahead of the rest" in call("explain", file, "-n", "20", "--full").stdout
    stage = json.loads(call("explain", file, "-n", "20", "--json").stdout)["stages"][0]
    assert (stage["stage"], stage["count"], stage["ended"][0]["name"]) == ("truce", 20, ends)
