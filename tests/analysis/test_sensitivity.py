"""What moves a figure: known cases of each method, what chance alone does, and runs that cannot tell."""

import json
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest

import sim
from sim.analysis.discovery import discover
from sim.analysis.drawn_inputs import Drawn, inputs_of
from sim.analysis.figures import NoAnswer, figure_named, figures
from sim.analysis.sensitivity import sensitivity
from sim.analysis.tornado import sample, slices, tornado
from sim.charts import save_charts
from sim.core.streams import uniform
from sim.report import compose
from sim.report.terminal import as_text
from sim.results.figures import SHARE, UTILITY, Figure
from sim.results.labels import input_label, rounded, value_label
from sim.results.rows import FrameRows
from tests.charts.test_charts import hostile
from tests.commands import SCENARIO, call, data
from tests.problems import shipped

FIGURE = Figure("y", "y", UTILITY, ("y",))
SO = Figure("y", "y", SHARE, ("y",), runs="are so")


def inputs(n, count, seed=1):
    """Uniform inputs x0, x1, ... and whether a line is real in half of the runs."""
    columns = {f"x{k}": uniform(seed, f"test.x{k}", 0, n) for k in range(count)}
    columns["line.real"] = uniform(seed, "test.line", 0, n) < 0.5
    return columns


def sampled(asked, figure, columns, seed=1):
    draws = pd.DataFrame({"y": figure})
    drawn = Drawn({path: (path,) for path in columns}, {k: pd.Series(v) for k, v in columns.items()}, seed)
    return sample(asked, draws, drawn)


def rows(table):
    return {row["input"]: row for row in table.to_dict("records")}


def test_the_tornado_of_a_sum():
    """Of 2 x0 + x1, uniform: the fifths lie 4/5 apart, and the variance goes to the two as 4 to 1."""
    x = inputs(20_000, 3)
    table = tornado(sampled(FIGURE, 2 * x["x0"] + x["x1"], x))
    told = rows(table)
    assert list(table["input"])[:2] == ["x0", "x1"] and list(table["kind"])[-1] == "dummy"
    assert told["x0"]["difference"] == pytest.approx(1.6, abs=0.02)
    assert told["x1"]["difference"] == pytest.approx(0.8, abs=0.04)
    assert told["x0"]["first_order"] == pytest.approx(0.8, abs=0.02)
    assert told["x1"]["first_order"] == pytest.approx(0.2, abs=0.02)
    assert told["x0"]["where_low"] == pytest.approx(0.7, abs=0.02)
    assert [name for name, row in told.items() if row["stands_out"]] == ["x0", "x1"]
    assert told["x0"]["low"] < 1.6 < told["x0"]["high"]
    assert (told["x0"]["low_end"], told["x0"]["high_end"]) == pytest.approx((0.2, 0.8), abs=0.01)


def test_the_tornado_of_a_share_and_of_a_lot():
    """A run has it if the line is not real, else in x0 of all cases: 1 against 1/2, and .55 against .95."""
    x = inputs(20_000, 1)
    have = ~x["line.real"] | (uniform(1, "test.lot", 0, 20_000) < x["x0"])
    told = rows(tornado(sampled(SO, have.astype(float), x)))
    assert told["line.real"]["where_low"] == 1 and told["line.real"]["where_high"] == pytest.approx(0.5, abs=0.02)
    assert told["line.real"]["n_low"] + told["line.real"]["n_high"] == 20_000
    assert told["x0"]["where_low"] == pytest.approx(0.55, abs=0.02)
    assert told["x0"]["where_high"] == pytest.approx(0.95, abs=0.02)
    assert told["line.real"]["kind"] == "lot"
    # Var of the conditional share (1 or 1/2) over 3/4 x 1/4
    assert told["line.real"]["first_order"] == pytest.approx((1 / 16) / (3 / 16), abs=0.02)


def test_chance_alone_hardly_ever_stands_out():
    """Of 20 sets of 12 inputs that do nothing, about one has one that stands out: never more than four."""
    stars = 0
    for seed in range(20):
        x = inputs(400, 12, seed)
        have = uniform(seed, "test.have", 0, 400) < 0.3
        stars += bool(tornado(sampled(SO, have.astype(float), x, seed))["stands_out"].any())
    assert stars <= 4


def test_slices_are_of_equal_size_and_keep_ties_by_row():
    assert np.bincount(slices(np.zeros(103), False)).tolist() == [11, 10, 10, 11, 10, 10, 11, 10, 10, 10]
    assert slices(np.array([3.0, 1.0, 2.0, 0.0]), False, 2).tolist() == [1, 0, 1, 0]
    assert slices(np.array([0.0, 1.0, 0.0]), True).tolist() == [0, 1, 0]


def test_figures_are_those_of_the_results():
    results = sim.run(shipped("two-banks-pullback"), 300)
    have = {figure.name: figure for figure in figures([results])}
    assert {"signed", "zone", "in_force", "held_12", "held_60", "margin_upland", "strip.demilitarised"} <= set(have)
    assert have["signed"].values(results.draws).mean() == results.summary()["agreement_share"]
    texts = results.packages(["strip"]).set_index("package")["share"]
    assert have["strip.lowland_full"].values(results.draws).mean() == texts["lowland_full"]
    margins = have["margin_upland"].values(results.draws)
    assert np.isnan(margins).sum() == (~results.agreed).sum()
    assert np.nanmean(margins) == pytest.approx(results.parties().set_index("party")["margin"]["upland"])
    with pytest.raises(NoAnswer, match="did you mean 'held_60'"):
        figure_named([results], "held60")


def test_inputs_drawn_together_count_once():
    scenario = shipped("two-banks-pullback")
    drawn = inputs_of(sim.run(scenario, 50))
    assert set(drawn.paths) == {path for path, number in scenario.numbers().items() if number.uncertain} | {
        "parties.upland.red_lines.no_blind_exit.real", "parties.lowland.red_lines.not_under_its_guns.real"
    }  # fmt: skip
    results = sim.run(scenario, 50)
    alike = results.draws.copy()  # by chance, as lines that are hardly ever not real often are
    alike["input.parties.upland.red_lines.no_blind_exit.real"] = alike[
        "input.parties.lowland.red_lines.not_under_its_guns.real"
    ]
    assert inputs_of(replace(results, rows=FrameRows([alike]))).paths == drawn.paths
    together = inputs_of(sim.run(scenario.with_sets(["lines=together"]), 50)).together
    assert together["parties.lowland.red_lines.not_under_its_guns.real"] == (
        "parties.lowland.red_lines.not_under_its_guns.real", "parties.upland.red_lines.no_blind_exit.real"
    )  # fmt: skip


def test_every_input_of_every_scenario_has_words():
    scenario = shipped("ukraine-december-2025")
    words = [input_label(scenario, path) for path in inputs_of(sim.run(scenario, 2)).paths]
    assert len(set(words)) == len(words) > 140
    assert input_label(scenario, "parties.russia.no_deal") == "no-deal value of Russia"
    assert input_label(scenario, "parties.russia.red_lines.all_of_donetsk.real") == (
        'red line "all of donetsk" of Russia is real'
    )
    front = "war.front.no_deal_per_1000_km2.russia"
    assert input_label(scenario, front) == "what 1,000 km2 of front add to the no-deal value of Russia"
    support = "ratification.ratifiers.us_congress.support"
    assert input_label(scenario, support) == "support in Congress of the United States"


@pytest.mark.parametrize(
    ("value", "low", "high", "said"),
    [(0.41372, 0.34, 0.56, "0.41"), (2.718, 1, 6, "2.7"), (0.98123, 0.972, 0.997, "0.981"), (7433, 3e3, 9e3, "7,400")],
)
def test_values_have_the_digits_that_their_range_allows(value, low, high, said):
    assert value_label(value, low, high) == said
    assert rounded(value, low, high) == pytest.approx(float(said.replace(",", "")), abs=1e-12)


# The command.


ask = partial(call, "sensitivity")


def test_the_command_reads_a_folder_or_plays_a_file(file, tmp_path):
    out = tmp_path / "out"
    call("batch", file, "-n", 400, "--workers", 1, "--out", out, "--no-charts")
    (folder,) = (each for each in out.iterdir() if each.is_dir())
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    told = data("sensitivity", folder, "--out", tmp_path / "charts")
    played = data("sensitivity", file, "-n", 400, "--no-charts")
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert played == told | {"charts": None}
    assert told == json.loads(json.dumps(sensitivity(sim.open_results(folder)).as_data())) | {"charts": told["charts"]}
    names = sorted(path.name for path in (tmp_path / "charts").glob("*/*"))
    assert names == ["tornado.csv", "tornado.svg"]
    text = ask(file, "-n", 400, "--no-charts", "--all").stdout
    assert "no-deal value of West" in " ".join(text.split()) and "a dummy: an input" in text


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["-n", 1], 2, "takes at least 100"),
        (["-n", 300, "--of", "sined"], 2, "did you mean 'signed'"),
        (["-n", 300, "--of", "well.moon"], 2, "ISSUE.OPTION"),
    ],
)
def test_what_cannot_be_told_is_said_in_a_line(file, words, code, said):
    answer = ask(file, *words, "--no-charts")
    assert answer.exit_code == code and said in answer.output and "Traceback" not in answer.output


def test_without_any_agreement_it_says_that_nothing_moves_it(file, tmp_path):
    path = file.with_name("never.yaml")
    asking = SCENARIO.replace("{value: 0.4, range: [0.2, 0.6], status: assumption}", "1")
    path.write_text(asking.replace("{value: 0.4, range: [0.2, 0.9], status: assumption}", "0.9"))
    answer = ask(path, "-n", 200, "--out", tmp_path / "out")
    assert answer.exit_code == 0
    assert "None of the 200 runs end with a signed agreement" in " ".join(answer.stdout.split())
    assert not (tmp_path / "out").exists()
    told = data("sensitivity", path, "-n", 200, "--no-charts")
    assert told["note"] and "tornado" not in told and told["value"] == 0
    few = ask(path, "-n", 200, "--of", "margin_west", "--no-charts")
    assert few.exit_code == 2 and "0 of 200 runs have one" in few.output


def test_labels_of_strangers_are_harmless_in_all_charts(tmp_path):
    results = replace(hostile(), rows=FrameRows([shipped_draws("two-banks-pullback", 400)]))
    told = sensitivity(results, methods=["tornado", "pawn"])
    found = discover(results, "strip.demilitarised")
    paths = [*save_charts(told, tmp_path), *save_charts(found, tmp_path)]
    assert len(paths) == 6 and found.boxes
    for path in paths:
        if path.suffix == ".svg":
            svg = path.read_text(encoding="utf-8")
            ElementTree.fromstring(svg)
            assert "<script" not in svg and "\u202e" not in svg
    for text in (str(told), str(found)):
        assert "\x00" not in text and "\u202e" not in text
    for name in ("tornado.csv", "discovery.csv"):
        cells = pd.read_csv(tmp_path / name, dtype=str, keep_default_na=False).to_numpy().ravel()
        assert not [cell for cell in cells if cell.startswith(("=", "+", "@"))]


def shipped_draws(name, n):
    return sim.run(shipped(name), n).draws


def test_the_chart_shows_the_table(tmp_path):
    told = sensitivity(sim.run(shipped("two-banks-pullback"), 400))
    save_charts(told, tmp_path)
    table = pd.read_csv(tmp_path / "tornado.csv", keep_default_na=False)
    assert len(table) == len(told.tables["tornado"])
    svg = (tmp_path / "tornado.svg").read_text()
    assert "a dummy: an input that does nothing" in svg and "n = 400 runs · seed 1" in svg
    assert table["words"][0] in svg


def test_the_command_lists_what_stands_out_and_the_dummy_and_the_rest_behind_all():
    results = sim.run(shipped("two-banks-pullback"), 1_000)
    found = sensitivity(results, "signed")
    table = found.tables["tornado"]
    out, rest = (table[table["input"].ne("") & (table["stands_out"] == which)] for which in (True, False))
    assert len(out) and len(rest) > 5
    brief, full = (as_text(compose(found, brief=each), 300) for each in (True, False))
    for path in out["input"]:
        assert input_label(results.scenario, path) in brief
    assert not any(f"  {input_label(results.scenario, path)}  " in brief for path in rest["input"])
    assert "a dummy: an input that does nothing" in brief and f"{len(out)} of {len(out) + len(rest)} inputs" in brief
    assert any(f"  {input_label(results.scenario, path)}  " in full for path in rest["input"])


def test_no_input_is_named_by_fewer_than_1000_runs():
    found = sensitivity(sim.run(shipped("two-banks-pullback"), 999), "signed")
    assert found.tables["tornado"]["stands_out"].any()
    brief = as_text(compose(found, brief=True), 300)
    assert "999 runs: no input is named by fewer than 1,000" in brief
    paths = found.tables["tornado"]["input"][:-1]
    assert not any(input_label(found.results.scenario, path) in brief for path in paths)
