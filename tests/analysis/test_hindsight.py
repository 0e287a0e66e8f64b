"""Runs beside what really happened: distances on paper, two guesses that need no bargaining, and what is not told."""

from pathlib import Path

import numpy as np
import pytest

import sim
from sim.analysis.hindsight import _scores
from sim.report.result import hindsight_words
from tests.commands import SCENARIO

SCENARIOS = Path(__file__).parents[2] / "scenarios"


def played(folder, history, sets=(), n=80):
    path = folder / "talks.yaml"
    path.write_text(SCENARIO + history, encoding="utf-8")
    return sim.run(sim.read_scenario(path, sets), n, 1)


def test_places_and_distances_are_those_on_paper(tmp_path):
    """The well has places 0, 50, 100; both sides stand at the ends with weights .6 and .7, so their mean is 70/130."""
    results = played(tmp_path, "history: {agreed: true, package: {well: west, road: patrol}}\n")
    told = sim.hindsight(results)
    well, road = told.issues.to_dict("records")
    places = {"east": 0.0, "both": 50.0, "west": 100.0}
    signed = [places[text.split("/")[0]] for text in results.draws["package"].dropna()]
    assert told.signed == len(signed) > 30
    assert well["low"] == well["high"] == 100
    assert well["runs"] == pytest.approx(sum(signed) / len(signed))
    assert well["error"] == pytest.approx(100 - well["runs"])
    assert well["inside"] == pytest.approx(signed.count(100.0) / len(signed))
    assert well["mean"] == pytest.approx(100 * 0.7 / 1.3) and well["mean_error"] == pytest.approx(100 - well["mean"])
    assert well["middle_error"] == 50 and road["middle_error"] == 50
    assert told.errors["middle"] == 50
    assert "well" in told.misses


def test_a_range_is_no_distance_inside_and_the_way_to_its_end_outside(tmp_path):
    told = sim.hindsight(played(tmp_path, "history: {terms: {well: {share: [0.6, 0.9]}}}\n"))
    (row,) = told.issues.to_dict("records")
    assert (row["low"], row["high"]) == (60, 90)
    assert row["middle_error"] == 10 and row["mean_error"] == pytest.approx(60 - 100 * 0.7 / 1.3)


def test_nothing_signed_is_said(tmp_path):
    results = played(tmp_path, "history: {agreed: false, package: {well: both}}\n", ["parties.*.no_deal=0.97"])
    told = sim.hindsight(results)
    assert told.signed == 0 and "No text was signed in any run" in hindsight_words(results.scenario, told)
    assert told.facts.to_numpy().tolist() == [["a text was signed", "no", "0 % (0-5), n = 80"]]


def test_scores_are_those_on_paper():
    """Places 0, 50, 100 with chances .2, .5, .3; signed was 100, then anything, then 60 to 90: the nearest count."""
    places, chance = np.array([0.0, 50.0, 100.0]), np.array([0.2, 0.5, 0.3])
    apart = 2 * (0.2 * 0.5 * 50 + 0.5 * 0.3 * 50 + 0.2 * 0.3 * 100)
    log, crps = _scores(places, chance, (100.0, 100.0))
    assert log == pytest.approx(np.log(0.9 * 0.3 + 0.1 / 3))
    assert crps == pytest.approx(0.2 * 100 + 0.5 * 50 - apart / 2)
    assert _scores(places, chance, (0.0, 100.0)) == pytest.approx((0.0, 0.0))
    log, crps = _scores(places, np.array([0.0, 0.0, 1.0]), (60.0, 90.0))
    assert (log, crps) == pytest.approx((np.log(0.9 + 0.1 * 2 / 3), 10.0))  # 50 is as near as 100
    assert np.isnan(_scores(places, 0 * chance, (0.0, 0.0))).all()


def test_the_runs_are_scored_beside_random_acceptable_packages(tmp_path):
    results = played(tmp_path, "history: {agreed: true, package: {well: west, road: patrol}}\n")
    well = sim.hindsight(results).issues.iloc[0]
    signed = [text.split("/")[0] for text in results.draws["package"].dropna()]
    assert well["log"] == pytest.approx(np.log(0.9 * signed.count("west") / len(signed) + 0.1 / 3))
    talks = sim.hold_talks(sim.draw(results.scenario, 1, 0, results.n))
    space, zone = talks.ensemble.structure.space, talks.zone
    west = np.array([space.options_of(package)["well"] == "west" for package in range(len(space))])
    share = np.mean([west[row].mean() for row in zone if row.any()])
    assert well["random_log"] == pytest.approx(np.log(0.9 * share + 0.1 / 3))


@pytest.mark.parametrize("history", ["", "history: {agreed: true}\n", "history: {package: {river: both, well: dry}}\n",
                                     "history: {terms: {well: {share: much}}}\n"])  # fmt: skip
def test_a_file_that_tells_no_terms_has_no_hindsight(tmp_path, history):
    assert sim.hindsight(played(tmp_path, history, n=20)) is None


def test_the_armistice_lay_in_the_middle_of_five_issues():
    """Korea's package as the file has it; the middle of a scale is option two of three."""
    told = sim.hindsight(sim.run(sim.read_scenario(SCENARIOS / "korea-armistice-1953.yaml"), 100, 1))
    assert told.issues["middle_error"].tolist() == [0, 0, 0, 0, 50, 0]
    facts = told.facts.set_index("what")
    assert facts.loc["month of signature", "happened"] == "24.6"  # 10 July 1951 to 27 July 1953
