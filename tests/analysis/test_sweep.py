"""The command `sweep`: a grid that is a batch's own, tournaments over it, and what cannot be played."""

import json

import pandas as pd
import pytest

import sim
from sim.analysis.tournament import tournament
from tests.analysis.test_tournament import BOTH, EARLY, LATE, cell
from tests.commands import call, data


def test_the_grid_is_a_batchs_own(file, tmp_path):
    """The same points by `batch --vary` find everything done, and the shares are those of its summaries."""
    words = ["--strategy", f"early={EARLY}", "--strategy", f"late={LATE}", "-n", 50, "--workers", 1, "--out", tmp_path]
    told = data("sweep", file, *words)
    (tournament_told,) = told["tournaments"]
    folder = tmp_path / told["folder"]
    vary = [each for name in ("east", "west") for each in ("--vary", f"parties.{name}.strategy={EARLY},{LATE}")]
    again = call("batch", file, "-n", 50, "--workers", 1, "--out", tmp_path, "--no-charts", *vary)
    assert "All of it was there already" in again.stdout
    assert len(told["grid"]) == 4
    labels = {EARLY: "early", LATE: "late"}
    for point in told["grid"]:
        summary = json.loads((folder / point["folder"] / "summary.json").read_text())
        parties = pd.read_csv(folder / point["folder"] / "parties.csv").set_index("party")
        east, west = (labels[point["settings"][f"parties.{name}.strategy"]] for name in ("east", "west"))
        row = cell(pd.DataFrame(tournament_told["points"]), plays_east=east, plays_west=west)
        assert row["agreement"] == pytest.approx(summary["agreement_share"]) == point["agreement_share"]
        found = parties["discounted"][["east", "west"]]
        assert (row["discounted_east"], row["discounted_west"]) == pytest.approx(tuple(found))
    assert tournament_told == sim.tournament(sim.read_scenario(file), BOTH, draws=50).as_data()
    assert [p.name for p in sorted((folder / "charts").iterdir())] == [f"tournament.{e}" for e in ("csv", "svg")]


def test_a_sweep_goes_on_and_takes_the_first_draws_of_a_larger_one(file, tmp_path):
    words = ["sweep", file, "--strategy", EARLY, "--strategy", f"x={LATE}", "--workers", 1, "--out", tmp_path]
    words.append("--no-charts")
    assert "a larger -n plays only the runs that are missing" in call(*words, "-n", 40).stdout
    larger = call(*words, "-n", 60)
    assert "4 points" not in larger.stderr and larger.exit_code == 0
    assert "All of it was there already" in call(*words, "-n", 60).stdout
    fewer = data(*words, "-n", 40)
    assert fewer["n"] == 40 and {row["n"] for row in fewer["tournaments"][0]["seats"]} == {40}
    relabelled = ["sweep", file, "--strategy", f"b={LATE}", "--strategy", f"a={EARLY}", *words[6:]]
    assert "All of it was there already" in call(*relabelled, "-n", 60).stdout


def test_other_paths_make_a_tournament_for_each_of_their_values(file, tmp_path):
    words = ["--strategy", EARLY, "--strategy", f"x={LATE}", "--parties", "west", "-n", 30, "--workers", 1]
    told = data("sweep", file, *words, "--vary", "time.rounds=2,3", "--out", tmp_path)
    assert [each["settings"] for each in told["tournaments"]] == [{"time.rounds": "2"}, {"time.rounds": "3"}]
    assert [each["parties"] for each in told["tournaments"]] == [["west"]] * 2
    assert len(told["charts"]) == 2 and len(told["grid"]) == 4
    scenario = sim.read_scenario(file, ["time.rounds=3"])
    alone = sim.tournament(scenario, [EARLY, f"x={LATE}"], ["west"], draws=30).as_data()
    assert told["tournaments"][1] == alone | {"settings": {"time.rounds": "3"}}


def test_without_strategies_it_plays_a_plain_grid(file, tmp_path):
    words = ["sweep", file, "--vary", "parties.west.no_deal=0.2,0.6", "-n", 20, "--workers", 1, "--out", tmp_path]
    answer = call(*words)
    assert answer.exit_code == 0 and "parties.west.no_deal=0.6" in answer.stdout
    told = data(*words)
    assert told["tournaments"] == [] and told["charts"][0].endswith("sweep.svg")
    assert [point["settings"] for point in told["grid"]] == [{"parties.west.no_deal": v} for v in ("0.2", "0.6")]


TWO = ["--strategy", "time_dependent", "--strategy", f"late={LATE}"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "nothing varies; two or more --strategy, or --vary PATH=SPEC, would do"),
        (["--strategy", "time_dependent"], "--strategy:1:1: 1 strategy to play; at least 2 would do"),
        (["--strategy", "a=time_dependant", *TWO],
         "--strategy:1:3: strategy.name: no strategy is called 'time_dependant'; did you mean 'time_dependent'?"),
        ([*TWO, "--strategy", "{name: time_dependent, exponent: -1}"],
         "--strategy:3:34: strategy.exponent: -1 is out of bounds; a number above 0 would do"),
        ([*TWO, "--strategy", "b={exponent: 1000.0, name: time_dependent}"],
         "--strategy:3:1: 'b' is the same strategy as 'late'; one of them would do"),
        ([*TWO, "--strategy", "late={name: time_dependent, exponent: 3}"],
         "--strategy:3:1: two strategies are called 'late'; give each its own LABEL="),
        ([*TWO, "--strategy", "={name: time_dependent, exponent: 3}"], "--strategy:3:1: '={name: time_dependent, expo"),
        ([*TWO, "--strategy", "{name: time_dependent"], "--strategy:3:1: this is not YAML"),
        ([*TWO, "--strategy", "[1, 2]"], "--strategy:3:1: '[1, 2]' is no strategy; a name, or {name: NAME, PARAMETER:"),
        ([*TWO, "--parties", "easst,west"], "--parties:1:1: no party is called 'easst'; did you mean 'east'?"),
        ([*TWO, "--parties", "west,west"], "--parties:1:2: west stands twice; once would do"),
        (["--parties", "west", "--vary", "time.rounds=2,3"], "there is no --strategy"),
        ([*TWO, "--vary", "parties.*.strategy.exponent=1,2"],
         "parties.*.strategy.exponent would be lost: --strategy replaces the whole strategy of east and west"),
        ([*TWO, "--parties", "west", "--set", "parties.west.strategy={name: time_dependent}"],
         "--set:1:1: parties.west.strategy would be lost: --strategy replaces the whole strategy of west"),
        ([*TWO, "--vary", "parties.east.no_deal=0:0.5:2000"],
         "2 strategies for 2 parties, for 2,000 values of other paths are 8,000 points; at most 4,096 would do"),
    ],
)  # fmt: skip
def test_what_cannot_be_played_says_why_and_writes_nothing(file, tmp_path, words, said):
    answer = call("sweep", file, *words, "-n", 10, "--out", tmp_path / "results")
    assert answer.exit_code == 2, answer.output
    assert said in answer.stderr
    assert not (tmp_path / "results").exists()


def test_too_many_draws_for_memory_are_refused_with_a_number_that_would_do(file, tmp_path):
    answer = call("sweep", file, *TWO, "-n", 100_000_000, "--out", tmp_path / "results")
    assert answer.exit_code == 2
    assert "at most 12,500,000 draws would do" in answer.stderr


def test_who_does_not_vary_may_be_set_to_play_something_else(file, tmp_path):
    setting = "parties.west.strategy={name: time_dependent, exponent: 3}"
    words = ["--set", setting, "--parties", "east", "-n", 5, "--workers", 1, "--out", tmp_path]
    (told,) = data("sweep", file, *TWO, *words)["tournaments"]
    scenario = sim.read_scenario(file, [setting])
    assert told == tournament(scenario, TWO[1::2], ["east"], draws=5).as_data()
