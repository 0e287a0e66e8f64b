"""Results side by side: paired differences against a computation of its own, inputs that differ, outcomes that move."""

import math
import re
from pathlib import Path

import numpy as np
import pytest

from sim.analysis.compare import compare, mean_interval, paired_difference
from sim.report import compose
from sim.report.terminal import as_text
from sim.results.results import run
from sim.scenario import read_scenario
from tests.commands import SCENARIO, call, data

N = 200


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("compare") / "talks.yaml"
    path.write_text(SCENARIO, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def results(file):
    base = run(read_scenario(file), N, seed=5)
    return base, run(read_scenario(file, ["parties.east.no_deal=0.7"]), N, seed=5)


@pytest.fixture(scope="module")
def comparison(results):
    return compare(results)


def figure(comparison, name, which=1):
    rows = comparison.figures[
        (comparison.figures["figure"] == name) & (comparison.figures["name"] == comparison.names[which])
    ]
    assert len(rows) == 1
    return rows.iloc[0]


def by_hand(first, other):
    """Mean of the differences and 1.96 standard errors of it, in plain Python."""
    pairs = [b - a for a, b in zip(first, other, strict=True) if not (math.isnan(a) or math.isnan(b))]
    mean = math.fsum(pairs) / len(pairs)
    variance = math.fsum((pair - mean) ** 2 for pair in pairs) / (len(pairs) - 1)
    half = 1.959964 * math.sqrt(variance / len(pairs))
    return mean, mean - half, mean + half, len(pairs)


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("signed", lambda draws: draws["package"].notna().astype(float)),
        ("zone", lambda draws: (draws["zone_packages"] > 0).astype(float)),
        ("round", lambda draws: draws["round"].astype("Float64").to_numpy(float, na_value=np.nan)),
        ("least_satisfied", lambda draws: draws["least_satisfied"]),
        ("discounted_east", lambda draws: draws["discounted_east"]),
        ("utility_west", lambda draws: draws["utility_west"]),
    ],
)
def test_differences_and_intervals_are_those_of_pairs(comparison, results, name, column):
    wanted = by_hand(*(list(column(one.draws)) for one in results))
    found = figure(comparison, name)
    assert tuple(found[["difference", "difference_low", "difference_high"]]) == pytest.approx(wanted[:3], abs=1e-6)
    assert found["pairs"] == wanted[3] > 20
    assert found["difference"] != 0


def test_a_case_on_paper():
    """Differences 1, 2, 3: mean 2, standard error 1 / sqrt(3)."""
    import pandas as pd

    (mean, low, high), pairs = paired_difference(pd.Series([0.0, 0, 0, 5]), pd.Series([1.0, 2, 3, np.nan]))
    assert (mean, pairs) == (2.0, 3)
    assert (low, high) == pytest.approx((2 - 1.959964 / math.sqrt(3), 2 + 1.959964 / math.sqrt(3)))
    assert math.isnan(mean_interval(pd.Series([1.0]))[1])


def test_pairs_are_draws_of_the_same_number_also_if_one_result_has_more(file, results):
    base, other = results
    more = run(read_scenario(file), N + 100, seed=5)
    found, wanted = compare([more, other]), compare([base, other])
    for name in ("signed", "round", "discounted_west"):
        assert figure(found, name)["difference"] == pytest.approx(figure(wanted, name)["difference"])
        assert figure(found, name)["pairs"] == figure(wanted, name)["pairs"]
    assert figure(found, "signed", 0)["n"] == N + 100


def test_pairing_makes_the_interval_narrow(results, file):
    setting = ["parties.east.no_deal=0.4"]
    together = compare([results[0], run(read_scenario(file, setting), N, seed=5)])
    apart = compare([results[0], run(read_scenario(file, setting), N, seed=6)])
    assert together.paired and not apart.paired
    paired, unpaired = figure(together, "discounted_west"), figure(apart, "discounted_west")
    assert paired["difference_high"] - paired["difference_low"] < 0.7 * (
        unpaired["difference_high"] - unpaired["difference_low"]
    )
    assert unpaired["pairs"] == 0 and len(apart.transitions) == 0
    spread = [one.draws["discounted_west"] for one in apart.results]
    half = 1.959964 * math.sqrt(sum(each.var(ddof=1) / N for each in spread))
    assert unpaired["difference_high"] - unpaired["difference"] == pytest.approx(half, rel=1e-6)


def test_a_result_does_not_differ_from_itself(results):
    same = compare([results[0], results[0]])
    assert len(same.inputs) == 0
    assert (same.figures.loc[same.figures["name"] == same.names[1], "difference"].dropna() == 0).all()
    assert (same.transitions["from"] == same.transitions["to"]).all()
    assert len(set(same.names)) == 2


def test_inputs_that_differ_are_named_with_their_places(comparison, file):
    assert list(comparison.inputs["input"]) == ["parties.east.no_deal"]
    row = comparison.inputs.iloc[0]
    first, second = comparison.names
    assert (row[first], row[second]) == ("0.4 [0.2, 0.6]", "0.7")
    assert row[f"{first}.where"] == "talks.yaml:15:5"
    assert row[f"{second}.where"].startswith("--set:1:")


@pytest.mark.parametrize(
    ("setting", "path", "value"),
    [
        ("time.rounds=9", "time.rounds", "9"),
        ("lines=each", "lines", "each"),
        ("parties.west.strategy.exponent=2", "parties.west.strategy.exponent", "2"),
        ("parties.west.strategy.offers=nash", "parties.west.strategy.offers", "nash"),
        ("parties.west.red_lines.not_thirsty.hardness=1", "parties.west.red_lines.not_thirsty.hardness", "1"),
    ],
)
def test_every_kind_of_input_is_seen(file, results, setting, path, value):
    text = SCENARIO.replace(
        "    red_lines: [{id: not_thirsty",
        "    strategy: {name: time_dependent, exponent: 1, offers: best_for_others}\n    red_lines: [{id: not_thirsty",
    )
    base = file.with_name("whole.yaml")
    base.write_text(text.replace("title:", "lines: by_party\ntitle:"), encoding="utf-8")
    found = compare([results[0], run(read_scenario(base, [setting]), 8, seed=5)])
    assert [(row["input"], row[found.names[1]]) for row in found.inputs.to_dict("records")] == [(path, value)]


def test_labels_and_notes_are_no_inputs(file, results):
    other = file.with_name("renamed.yaml")
    other.write_text(
        SCENARIO.replace("label: East", "label: Orient").replace("status: assumption", "status: mixed"),
        encoding="utf-8",
    )
    assert len(compare([results[0], run(read_scenario(other), 8, seed=5)]).inputs) == 0


def test_packages_stand_side_by_side_with_paired_differences(comparison, results):
    assert set(comparison.packages["package"]) <= {"east", "both", "west"}
    for package, rows in comparison.packages.groupby("package"):
        shares = [float(one.packages().set_index("package")["share"].get(package, 0.0)) for one in results]
        assert list(rows["value"]) == pytest.approx(shares)
        agreed = [
            [float(text.startswith(f"{package}/")) if isinstance(text, str) else 0.0 for text in one.draws["package"]]
            for one in results
        ]
        wanted = by_hand(*agreed)
        assert tuple(rows.iloc[1][["difference", "difference_low", "difference_high"]]) == pytest.approx(
            wanted[:3], abs=1e-6
        )


def test_transitions_count_the_same_draws(comparison, results):
    first, other = (one.draws["outcome"] for one in results)
    assert comparison.transitions["count"].sum() == N
    for row in comparison.transitions.to_dict("records"):
        assert row["count"] == ((first == row["from"]) & (other == row["to"])).sum() > 0
        assert row["share"] == row["count"] / N


def test_three_are_each_compared_with_the_first(results, file):
    third = run(read_scenario(file, ["parties.west.no_deal=0.1"]), N, seed=5)
    found = compare([*results, third])
    assert figure(found, "signed", 1)["difference"] == figure(compare(results), "signed", 1)["difference"]
    assert figure(found, "signed", 2)["difference"] == pytest.approx(
        (third.agreed.astype(float) - results[0].agreed.astype(float)).mean()
    )
    assert "C - A" in str(found) and "B - A" in str(found)


def test_figures_of_three_are_of_the_draws_that_all_three_have(results, file):
    """The third signs in fewer draws, and has fewer of them."""
    third = run(read_scenario(file, ["parties.west.no_deal=0.5"]), N - 30, seed=5)
    signed = [set(one.draws["draw"][one.draws["round"].notna()]) for one in (*results, third)]
    assert 0 < len(set.intersection(*signed)) < len(signed[0] & signed[1])
    shared = compare([*results, third]).shared
    assert shared[shared["figure"] == "round"]["n"].tolist() == [len(set.intersection(*signed))] * 3
    assert shared[shared["figure"] == "signed"]["n"].tolist() == [N - 30] * 3


def test_scenarios_with_other_issues_and_parties_are_compared_in_what_they_share(results, tmp_path):
    other, text = tmp_path / "other.yaml", SCENARIO
    for old, new in {"west:": "north:", "well: west": "well: north", "{well:": "{pump:", "  well:": "  pump:"}.items():
        text = text.replace(old, new)
    other.write_text(text.replace("[well]", "[pump]"), encoding="utf-8")
    found = compare([results[0], run(read_scenario(other), 20, seed=5)])
    of_parties = {f"discounted_{party}" for party in ("east", "west", "north")}
    assert set(found.figures["figure"]) & of_parties == {"discounted_east"}
    assert len(found.packages) == 0
    assert {"issues.well.options", "issues.pump.options", "parties.west.signs"} <= set(found.inputs["input"])
    assert "parties.west.no_deal" not in set(found.inputs["input"])
    assert "Inputs that differ" in str(found)


def test_one_result_is_no_comparison(results, file):
    with pytest.raises(ValueError, match="at least two"):
        compare(results[:1])
    assert call("compare", file).exit_code == 2


# The command.


def test_the_command_says_what_the_library_says(file, tmp_path):
    other = tmp_path / "extended.yaml"
    other.write_text(
        "extends: talks.yaml\nid: patient\ntitle: The same, more patient\nset: {parties.east.no_deal: 0.7}\n"
    )
    (tmp_path / "talks.yaml").write_text(SCENARIO)
    told = data("compare", tmp_path / "talks.yaml", other, "-n", N, "--seed", 5, "--no-charts")
    assert set(told) == {"paired", "results", "inputs", "figures", "packages", "transitions", "waterfalls", "charts"}
    assert [one["name"] for one in told["results"]] == ["well-and-road", "patient"]
    wanted = compare([run(read_scenario(tmp_path / "talks.yaml"), N, 5), run(read_scenario(other), N, 5)])
    assert told["figures"] == wanted.as_data()["figures"]
    assert told["inputs"][0]["patient.where"].startswith("extended.yaml:4:")


def test_charts_go_into_a_folder_named_after_what_is_compared(file, tmp_path, monkeypatch):
    """That they are drawn, and drawn right, is seen in `test_waterfall.py`, `test_charts.py` and `test_report.py`."""
    drawn = []
    monkeypatch.setattr("sim.charts.render_comparison", lambda results, *_: drawn.append(len(results)) or [])
    monkeypatch.setattr("sim.report.comparison_page", lambda *_: "<html>")
    arguments = ("compare", file, file, "-n", 20, "--out", tmp_path / "out")
    first = data(*arguments)
    assert first["charts"].startswith(str(tmp_path / "out" / "compare-"))
    assert drawn == [2]
    assert (Path(first["charts"]) / "report.html").read_text(encoding="utf-8") == "<html>"
    assert data(*arguments)["charts"] == first["charts"]
    assert data("compare", file, file, "-n", 21, "--out", tmp_path / "out")["charts"] != first["charts"]


def test_a_results_folder_and_a_file_are_paired_by_the_seed_of_the_folder(file, tmp_path):
    assert call("batch", file, "-n", 30, "--seed", 9, "--workers", 1, "--no-charts", "--out", tmp_path).exit_code == 0
    folder = next(tmp_path.glob("well-and-road-*"))
    told = data("compare", folder, file, "-n", 30, "--no-charts")
    assert told["paired"] and [one["seed"] for one in told["results"]] == [9, 9]
    assert all(row["difference"] in (0, None) for row in told["figures"])
    assert not told["inputs"]


def test_the_table_reads_well(comparison):
    text = str(comparison)
    assert max(map(len, text.splitlines())) <= 100
    for words in (
        "Inputs that differ",
        "agreement signed",
        "B - A",
        "95 % of B - A",
        "points",
        "in A (down) and in B (across)",
    ):
        assert words in text
    assert "probability" not in text


def lines_of(text, heading):
    """Rows of a table below a heading: label and figures."""
    below = text.split(heading, 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    rows = (re.split(r"\s{2,}", line.strip()) for line in below)
    return [row for row in rows if len(row) > 3 and row[1][0].isdigit()]


@pytest.mark.parametrize("n", [N, 120])
def test_figures_of_a_row_have_one_number_of_digits_and_add_up(results, file, n):
    """Also where one result has more runs than the other: both values are then of the runs that both have."""
    other = run(read_scenario(file, ["parties.east.no_deal=0.7"]), n, seed=5)
    text = as_text(compose(compare([results[0], other])), 200)
    rows = [row for head in ("Outcomes", "that signed in both") for row in lines_of(text, head)]
    assert len(rows) > 8
    for label, *figures in rows:
        a, b, difference = (figure.split(" ")[0] for figure in figures[:3])
        digits = {len(figure.partition(".")[2]) for figure in (a, b, *([difference] if difference != "0" else []))}
        assert len(digits) == 1, label
        assert float(b) - float(a) == pytest.approx(float(difference), abs=1.01 * 10 ** -max(digits)), label


def test_figures_of_runs_signed_in_both_stand_apart_with_their_number(comparison, results):
    text = as_text(compose(comparison), 200)
    both = int((results[0].agreed & results[1].agreed).sum())
    above, below = text.split(f"Of the {both} runs that signed in both")
    assert "round of signature" in below and "round of signature" not in above


def test_rows_that_are_0_on_both_sides_are_left_out(file):
    found = compare([run(read_scenario(file, [f"parties.*.no_deal={worth}"]), 30) for worth in (0.95, 0.96)])
    assert (found.figures[found.figures["figure"] == "signed"]["value"] == 0).all()
    text = as_text(compose(found), 200)
    assert "agreement signed" not in text and "discounted utility of East" in text


def test_one_run_is_singular(file):
    one = run(read_scenario(file), 1, seed=5)
    assert "1 run, seed 5" in str(compare([one, one])) and "1 runs" not in str(compare([one, one]))
