"""The hindcast: rates a month played back by hand, the past of a war without rates, what is known, what is noted."""

import json
import math
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sim
from sim.analysis.figures import NoAnswer
from sim.analysis.hindcast import hindcast
from sim.charts import charts_of, render_charts
from sim.scenario import ScenarioError, read_scenario
from tests.commands import ROOT, call, data

MONTH = 30.4375
DAYS = 669  # from 14 February 2024 to 14 December 2025
WINTER = 16 + 90 + 13  # of them in December, January and February
PAST = """\
schema: 1
id: well
title: A well
as_of: 2025-12-14
time: {rounds: 4, days_per_round: 14}
giving_way: {per_month: 0.01}
issues:
  well: {label: Who draws water, options: {east: The east, both: Both in turn, west: The west}}
parties:
  west:
    label: West
    weights: {well: 1}
    values: {well: {east: 0, both: 50, west: 100}}
    no_deal: 0.5
    red_lines: [{id: not_thirsty, never: {well: east}, hardness: 1}]
  east:
    label: East
    weights: {well: 1}
    values: {well: {east: 100, both: 60, west: 0}}
    no_deal: {value: 0.4, range: [0.3, 0.5]}
    red_lines: [{id: not_dry, never: {well: west}, hardness: 0.7}]
war:
  since: 2024-02-14
  front: {unit: km2 toward west, drift_per_month: 100, sd_per_month: 50, no_deal_per_1000_km2: {east: -0.1, west: 0.2}}
  no_deal_falls_per_month: {east: 0.005, west: 0.01}
  strikes:
    west_on_east: {waves_per_month: 4, drones_per_wave: 100, drones_intercepted: 0.8, households_per_hit: 1000}
  outages:
    repair_half_life_days: 4
    winter: {months: [12, 1, 2], factor: 2}
    no_deal_per_million_household_weeks: {east: 0.05}
sources: {S1: A poll}
"""
KNOWN = """\
known:
  - {what: no_deal.west, month: 2025-12-14, value: 0.5, source: S1}
  - {what: no_deal_change.west, from: 2024-02-14, month: 2025-12-14, value: 0.3, source: [S1]}
  - {what: households_cut.east, from: 2024-12-01, month: 2025-03-01, value: 473100, source: [S1]}
  - {what: front, month: 2025-12-14, value: 2300, source: [S1]}
"""
CUT = 4 * 20 * 1000  # households a month outside winter


@pytest.fixture
def past(tmp_path: Path):
    """A scenario of this text, with settings."""

    def read(text: str = PAST, *sets: str):
        (tmp_path / "past.yaml").write_text(text, encoding="utf-8")
        return read_scenario(tmp_path / "past.yaml", sets)

    return read


def first(found: sim.Hindcast, party: str) -> pd.Series:
    """No-deal value where the past begins."""
    return found.worth[found.worth["party"] == party].iloc[0]


def test_rates_are_played_back_in_a_straight_line(past):
    found, months = hindcast(past(), draws=500), DAYS / MONTH
    assert found.months == pytest.approx(months)
    weeks = CUT * (DAYS + WINTER) / MONTH * 4 / (7 * math.log(2))
    causes = found.causes.set_index(["party", "cause"])["median"]
    wanted = {("east", "front"): 0.1 * 0.1 * months, ("east", "wear"): 0.005 * months,
              ("east", "strikes"): -0.05 * weeks / 1e6, ("west", "front"): -0.2 * 0.1 * months,
              ("west", "wear"): 0.01 * months, ("west", "strikes"): 0}  # fmt: skip
    assert causes.to_dict() == pytest.approx(wanted, abs=1e-12)
    assert first(found, "west")["median"] == pytest.approx(0.5 - 0.01 * months)
    moved = sum(value for (party, _), value in wanted.items() if party == "east")
    drawn = sim.draw(past(), 1, 0, 500).reservation_value[:, 0]  # the numbers of the same draws of a run
    assert first(found, "east")[["low", "median", "high"]].tolist() == pytest.approx(
        (np.quantile(drawn, [0.1, 0.5, 0.9]) + moved).tolist()
    )
    assert found.totals.set_index("what")["median"].to_dict() == pytest.approx({
        "households_cut.east": CUT * (DAYS + WINTER) / MONTH, "household_weeks.east": weeks, "front": 100 * months,
        "lines_fallen": (1 - math.exp(-0.01 * months)) / 2,  # a line of hardness 1 never falls
    })  # fmt: skip


def test_dates_run_from_the_beginning_of_the_war_to_the_talks(past):
    found = hindcast(past(), draws=10)
    dates = found.worth[found.worth["party"] == "west"]["date"].tolist()
    assert dates[0] == date(2024, 2, 14) and dates[-1] == date(2025, 12, 14) and len(dates) == 23
    assert list(dict.fromkeys(found.worth["party"])) == ["west", "east"]  # as in the file


def test_a_hindcast_is_a_function_of_scenario_and_seed_alone(past):
    one, same, other = (hindcast(past(), 200, seed) for seed in (1, 1, 2))
    assert one.worth.equals(same.worth) and not one.worth.equals(other.worth)


def test_neither_rounds_nor_the_order_of_the_file_moves_a_bit(past):
    one = hindcast(past(), 50)
    longer = hindcast(past(PAST, "time.rounds=40"), 50)
    assert one.worth.equals(longer.worth)
    west, east = PAST.index("  west:\n    label"), PAST.index("  east:\n    label")
    end = PAST.index("war:\n")
    turned = hindcast(past(PAST[:west] + PAST[east:end] + PAST[west:east] + PAST[end:]), 50)
    order = ["party", "date"]
    one_way, other_way = (each.worth.sort_values(order, ignore_index=True) for each in (one, turned))
    assert one_way.equals(other_way)


@pytest.mark.parametrize("sets", [
    ("war.front.drift_per_month=0", "war.no_deal_falls_per_month.*=0", "giving_way.per_month=0",
     "war.strikes.*.waves_per_month=0"),
    (),
])  # fmt: skip
def test_without_rates_or_without_a_war_the_past_is_flat(past, sets):
    scenario = past(PAST, *sets) if sets else past(PAST[: PAST.index("giving_way")] + PAST[PAST.index("issues:") :
                                                   PAST.index("war:")] + "sources: {S1: A poll}\n")  # fmt: skip
    found = hindcast(scenario, 100, since=date(2020, 1, 1))
    assert found.worth.groupby("party")[["low", "median", "high"]].nunique().to_numpy().tolist() == [[1, 1, 1]] * 2
    assert not found.causes[["low", "median", "high"]].to_numpy().any()
    assert found.totals.empty and found.outside.empty


def test_a_worth_that_cannot_have_been_names_party_value_and_rate(past):
    scenario = past(PAST, "war.no_deal_falls_per_month.west=0.05", "war.front.no_deal_per_1000_km2.east=0.5")
    found = hindcast(scenario, 200)
    rows = found.outside.set_index("party")
    assert rows.loc["west", "path"] == "war.no_deal_falls_per_month.west"
    assert rows.loc["west", "median"] == pytest.approx(0.5 - 0.02 * DAYS / MONTH + 0.05 * DAYS / MONTH)
    assert rows.loc["east", "median"] < 0 and rows.loc["east", "path"] == "war.front.no_deal_per_1000_km2.east"
    assert rows.loc["west", "share"] == 1
    assert found.as_data()["notes"][0] == {
        "path": "war.no_deal_falls_per_month.west",
        "message": "West: no deal would have been worth 1.16 in February 2024, and outside 0 to 1 in 100 % "
        "of draws; driven by war.no_deal_falls_per_month.west, which adds +1.10",
    }
    assert "What cannot have been" in str(found)


def test_rates_of_the_first_flagship_are_noted():
    """Of the first numbers of the flagship, Ukraine's no-deal value would have been far above 1 two years before."""
    found = hindcast(read_scenario(ROOT / "tests/first-flagship.yaml", ("war.since=2023-12-14",)), 1000)
    row = found.outside.set_index("party").loc["ukraine"]
    assert 1.05 < row["median"] < 1.3
    assert row["path"].endswith(".ukraine") and row["adds"] > 0.15


def test_what_is_known_stands_beside_what_the_rates_imply(past):
    waves = "war.strikes.west_on_east.waves_per_month={range: [3.9, 4.1]}"
    found = hindcast(past(PAST + KNOWN, waves), 100)
    known = found.known.set_index("what")
    assert known["inside"].to_dict() == {
        "no_deal.west": True, "no_deal_change.west": False, "households_cut.east": True, "front": False,
    }  # fmt: skip
    assert known.loc["no_deal_change.west", "median"] == pytest.approx((0.2 * 0.1 - 0.01) * DAYS / MONTH)
    assert known.loc["households_cut.east", "median"] == pytest.approx(CUT * 180 / MONTH, rel=0.01)
    notes = [each for each in found.as_data()["notes"] if each["path"].startswith("known")]
    assert [each["path"] for each in notes] == ["known.1", "known.3"]
    assert "+0.30 is known (S1), and what the rates imply lies below it" in notes[0]["message"]


VOTES = """\
ratification:
  ratifiers:
    council:
      {label: Council, party: west, order: 1, votes: [{id: law, more_than: 1/2}], support: 0.7, error: 0.05, months: 1,
       support_drift_per_month: 0.02, follows_no_deal: 3}
    elders:
      {label: Elders, party: east, order: 1, votes: [{id: law, more_than: 1/2}], support: 0.6, error: 0, months: 1}
"""


def logit(share: float) -> float:
    return math.log(share / (1 - share))


def test_support_at_home_is_played_back_by_its_drift_and_by_what_no_deal_was_worth(past):
    known = "known: [{what: support.council, month: 2024-02-14, value: 0.5, source: S1}]\n"
    found, months = hindcast(past(PAST + VOTES + known), 50), DAYS / MONTH
    (row,) = found.support.to_dict("records")  # the elders' support does not move
    worth_more = first(found, "west")["median"] - 0.5
    then = 1 / (1 + math.exp(-(logit(0.7) - 0.02 * months - 3 * worth_more)))
    assert row["ratifier"] == "council" and row["now"] == pytest.approx(0.7)
    assert row["median"] == pytest.approx(then) == found.known["median"][0]
    assert row["credible"] and not found.known["inside"][0]
    assert "support by Council" in str(found)


def test_support_that_cannot_have_been_names_the_rate_that_moves_it_most(past):
    found = hindcast(past(PAST + VOTES, "ratification.ratifiers.council.support_drift_per_month=0.4"), 50)
    (note,) = found.as_data()["notes"]
    assert note["path"] == "ratification.ratifiers.council.support_drift_per_month"
    assert "Council would have been" in note["message"] and "from 0.70 now" in note["message"]
    follows = hindcast(past(PAST + VOTES, "ratification.ratifiers.council.follows_no_deal=-40"), 50)
    assert follows.support["path"][0].endswith(".follows_no_deal")


def test_a_month_is_meant_as_its_middle_and_no_day_outside_the_war(past):
    at = "known: [{what: front, month: %s, value: 1, source: S1}]\n"
    spans = {month: hindcast(past(PAST + at % month), 1).known["end"][0]
             for month in ("2024-06", "2024-02", "2025-12", "2025-12-03")}  # fmt: skip
    assert list(spans.values()) == [date(2024, 6, 15), date(2024, 2, 15), date(2025, 12, 14), date(2025, 12, 3)]


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("{what: no_deal.eas, month: 2024-06, value: 0.5, source: S1}", "did you mean 'no_deal.east'?"),
        ("{what: no_deal.east, month: 2024-06, value: 0.5}", "'source' (keys of `sources`: where it is known from)"),
        ("{what: no_deal.east, month: 2024-06, value: 0.5, source: []}", "too few entries"),
        ("{what: no_deal.east, month: 2024-06, value: 0.5, source: S2}", "no source is called 'S2'"),
        ("{what: no_deal.east, month: 2024-06, value: 54, source: S1}", "a number from 0 to 1 would do"),
        ("{what: no_deal_change.east, month: 2024-06, value: -2, source: S1}", "a number from -1 to 1 would do"),
        ("{what: households_cut.east, month: 2024-06, value: -2, source: S1}", "at least 0 would do"),
        ("{what: support.council, month: 2024-06, value: 0.5, source: S1}", "no figure of the past"),
        ("{what: front, month: 2026-01, value: 5, source: S1}", "from 2024-02-14 to 2025-12-14 would do"),
        ("{what: front, from: 2025-02, month: 2025-02, value: 5, source: S1}", "is not before 2025-02"),
        ("{what: front, month: last June, value: 5, source: S1}", "where a date such as 2025-12-14 would do"),
    ],
)
def test_a_bad_entry_is_refused_with_place_and_hint(past, entry, message):
    with pytest.raises(ScenarioError) as error:
        past(PAST + f"known:\n  - {entry}\n")
    fault = error.value.faults[0]
    assert message in fault.message and fault.line == PAST.count("\n") + 2


@pytest.mark.parametrize(("line", "hole"), [("  since: 2024-02-14\n", "`war: {since: ...}`"),
                                            ("as_of: 2025-12-14\n", "`as_of`")])  # fmt: skip
def test_what_a_past_needs_is_asked_for(past, tmp_path, line, hole):
    text = PAST.replace(line, "").replace("    winter: {months: [12, 1, 2], factor: 2}\n", "")
    with pytest.raises(ScenarioError, match="rates are played back") as error:
        past(text + KNOWN)
    assert hole in str(error.value)
    with pytest.raises(NoAnswer, match="is missing"):
        hindcast(past(text))
    answer = call("hindcast", tmp_path / "past.yaml", "--no-charts")
    assert answer.exit_code == 2 and "is missing" in answer.stderr and not answer.stdout
    assert call("check", tmp_path / "past.yaml").exit_code == 0


def test_a_war_that_begins_after_the_talks_has_no_past(past):
    with pytest.raises(NoAnswer, match="2026-01-01, is not before as_of, 2025-12-14"):
        hindcast(past(PAST, "war.since=2026-01-01"))


def test_check_notes_it_at_the_rate_and_at_the_entry(past, tmp_path):
    past(PAST.replace("west: 0.01}", "west: 0.05}") + KNOWN)
    (found,) = data("check", tmp_path / "past.yaml")
    lines = (tmp_path / "past.yaml").read_text().splitlines()
    noted = [(lines[note["line"] - 1].strip(), note["message"]) for note in found["notes"]]
    assert any(line.startswith("no_deal_falls_per_month") and "no deal would have been worth 1.16" in message
               for line, message in noted)  # fmt: skip
    assert any(line.startswith("- {what: front") and "2,300 is known" in message for line, message in noted)


def test_the_command_prints_and_draws_the_past(past, tmp_path):
    past(PAST + KNOWN)
    answer = call("hindcast", tmp_path / "past.yaml", "-n", 100, "--out", tmp_path / "out", "--set", "time.rounds=2")
    assert answer.exit_code == 0, answer.output
    for text in ("No-deal value", "households cut off on the side of East", "2024-02-14", "Beside what is known"):
        assert text in answer.stdout
    (drawn,) = (tmp_path / "out").glob("hindcast-*/hindcast.csv")
    table = pd.read_csv(drawn)
    assert list(table) == ["party", "date", "low", "median", "high", "known"]
    assert table["known"].dropna().tolist() == [0.5]
    answer = json.loads(call("hindcast", tmp_path / "past.yaml", "-n", 100, "--no-charts", "--json").stdout)
    assert list(answer) == ["scenario", "seed", "n", "since", "as_of", "months", "worth", "causes", "outside",
                            "support", "totals", "known", "notes", "charts"]  # fmt: skip


def test_the_chart_says_in_words_what_it_shows(past):
    found = hindcast(past(PAST, "war.no_deal_falls_per_month.west=0.05"), 100)
    assert [chart.name for chart in charts_of(found)] == ["hindcast"]
    (drawn,) = render_charts(found)
    assert "the median would have been outside 0 to 1 for West" in drawn.svg
    assert "wear +1.10" in drawn.svg and "<table" in found._repr_html_()


def test_the_chart_marks_what_is_known_of_worth_alone(past):
    only_front = KNOWN.splitlines(keepends=True)
    (drawn,) = render_charts(hindcast(past(PAST + KNOWN), 50))
    assert "Diamonds" in drawn.svg and "Two joined" in drawn.svg
    (drawn,) = render_charts(hindcast(past(PAST + only_front[0] + only_front[-1]), 50))
    assert "Diamonds" not in drawn.svg
