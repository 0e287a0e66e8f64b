"""Boxes: planted ones are found, chance finds none, EMA Workbench's are measured alike and ours do as well as those."""

import json
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sim
from sim.analysis.boxes import Box, Factors, best_by_both, first_dense, measure, most_informative, paste, peel, quasi_p
from sim.analysis.discovery import Question, discover
from sim.analysis.figures import NoAnswer, figure_named
from sim.charts import ANALYSIS_CHARTS, save_charts
from sim.core.streams import uniform
from sim.results.results import share_interval
from sim.results.rows import FrameRows
from tests.commands import call, data
from tests.ema_cases import two_banks
from tests.problems import shipped

EMA = json.loads((Path(__file__).parents[1] / "data/ema_boxes.json").read_text())["sets"]


def numbers(n, count, seed=1):
    values = np.array([uniform(seed, f"test.box.{k}", 0, n) for k in range(count)]).T
    return Factors(tuple(f"x{k}" for k in range(count)), values, (0,) * count)


def test_a_planted_box_is_found():
    """Runs of interest are those with x0 below .3 and x1 above .6: the box that holds them all and no other."""
    factors = numbers(2000, 6)
    cases = (factors.values[:, 0] < 0.3) & (factors.values[:, 1] > 0.6)
    boxes = peel(factors, cases)
    best = boxes[best_by_both(boxes, factors, cases)]
    assert best.columns == [0, 1]
    assert best.high[0] == pytest.approx(0.3, abs=0.02) and best.low[1] == pytest.approx(0.6, abs=0.02)
    found = measure(best, factors, cases)
    assert found.coverage > 0.93 and found.density > 0.93
    assert max(quasi_p(best, factors, cases).values()) < 1e-9


def test_each_peel_takes_a_slice_and_gains():
    factors = numbers(1000, 4)
    cases = factors.values[:, 0] + factors.values[:, 1] < 0.7
    boxes = peel(factors, cases)
    found = [measure(box, factors, cases) for box in boxes]
    for before, after in pairwise(found):
        assert before.n - after.n == max(1, int(0.05 * before.n)) and after.density > before.density
    assert found[0].n == 1000 and found[-1].n >= 50


def test_categories_are_peeled_one_at_a_time_and_may_be_pasted_back():
    codes = np.repeat(np.arange(4.0), 250)
    factors = Factors(("kind",), codes[:, None], (4,))
    cases = np.isin(codes, [1, 3])
    boxes = peel(factors, cases)
    assert [sorted(box.out.get(0, ())) for box in boxes] == [[], [0], [0, 2]]
    narrow = Box(out={0: frozenset({0, 2, 3})})  # only the one of them that is rarely of interest
    assert paste(narrow, factors, (codes == 3) | (np.arange(1000) % 7 == 0)).out == {0: frozenset({0, 2})}


def test_pasting_gives_back_what_was_peeled_too_far():
    factors = numbers(2000, 2)
    cases = (factors.values[:, 0] < 0.5) ^ (uniform(1, "test.flip", 0, 2000) < 0.1)
    narrow = Box(high={0: 0.2}, low={1: 0.5})
    wide = paste(narrow, factors, cases)
    assert measure(wide, factors, cases).density >= measure(narrow, factors, cases).density
    assert wide.high.get(0, 1) >= 0.2 and wide.low.get(1, 0) <= 0.5


def test_a_box_is_chosen_by_balance_or_by_density():
    factors = numbers(2000, 3)
    cases = uniform(1, "test.case", 0, 2000) < 1 - factors.values[:, 0]
    boxes = peel(factors, cases)
    dense = measure(boxes[first_dense(boxes, factors, cases, 0.85)], factors, cases)
    balanced = measure(boxes[best_by_both(boxes, factors, cases)], factors, cases)
    assert dense.density >= 0.85 and dense.coverage < balanced.coverage
    assert first_dense(boxes, factors, cases, 1.1) == np.argmax([measure(b, factors, cases).density for b in boxes])
    assert most_informative(boxes[-1], factors, cases, 1) == [0]


# EMA Workbench on the same runs.


def ema_runs(name):
    """The runs of a set as EMA Workbench had them; a yes or no is a category of two."""
    if name == "two_banks":
        return two_banks()
    table = pd.DataFrame(EMA[name]["runs"])
    cases = table.pop("case").to_numpy(bool)
    columns, categories = [], []
    for column in table:
        labels = sorted(set(map(str, table[column])))
        is_number = table[column].dtype == float
        columns.append(table[column] if is_number else table[column].map(lambda x, found=labels: found.index(str(x))))
        categories.append(0 if is_number else len(labels))
    return Factors(tuple(table), np.array(columns, float).T, tuple(categories)), cases


def ema_box(name, factors, given):
    places = {column: place for place, column in enumerate(factors.names)}
    out = {}
    for column, inside in given["inside"].items():
        labels = sorted(set(map(str, EMA[name]["runs"][column])))
        out[places[column]] = frozenset(code for code, label in enumerate(labels) if label not in inside)
    return Box(
        {places[column]: limit for column, limit in given["low"].items()},
        {places[column]: limit for column, limit in given["high"].items()}, out,
    )  # fmt: skip


@pytest.mark.parametrize("name", EMA)
def test_the_boxes_of_ema_workbench_are_measured_alike(name):
    """Runs, coverage, density and the quasi-p-value of every limit of every box of its trajectory."""
    factors, cases = ema_runs(name)
    assert len(EMA[name]["boxes"]) > 20
    for given in EMA[name]["boxes"]:
        box = ema_box(name, factors, given)
        found = measure(box, factors, cases)
        assert (found.n, found.cases) == (given["n"], given["cases"])
        assert (found.coverage, found.density) == pytest.approx((given["coverage"], given["density"]))
        for (side, column), chance in quasi_p(box, factors, cases).items():
            theirs = given["p"][factors.names[column]][1 if side == "high" else 0]
            assert chance == pytest.approx(theirs, rel=1e-6, abs=1e-15)


@pytest.mark.parametrize("name", EMA)
def test_ours_cover_as_much_at_the_same_density(name):
    """In the mean over its trajectory, of our boxes as dense to a point the widest covers as much, to a few points.

    Both are greedy and cut slices a run or so apart in size, so they part ways, now to the good of one, now the other.
    """
    factors, cases = ema_runs(name)
    ours = [measure(box, factors, cases) for box in peel(factors, cases)]
    ahead = []
    for given in EMA[name]["boxes"]:
        as_dense = [found.coverage for found in ours if found.density >= given["density"] - 0.01]
        ahead.append(max(as_dense, default=0) - given["coverage"])
    assert np.mean(ahead) > -0.05 and np.median(ahead) > -0.03
    best, theirs = max(found.both for found in ours), max(
        2 * given["cases"] / (given["n"] + len(cases[cases])) for given in EMA[name]["boxes"]
    )
    assert best > theirs - 0.02


# Discoveries.


def test_boxes_are_told_on_runs_the_search_has_not_seen():
    results = sim.run(shipped("two-banks-pullback"), 3000)
    told = discover(results, "strip.demilitarised")
    (first, *_) = told.boxes
    assert (told.searched, told.tested) == (1500, 1500)
    names = [told.factors.names[column] for column in first.box.columns]
    assert {"parties.lowland.no_deal", "parties.upland.no_deal"} <= set(names)
    draws = results.draws[results.draws["draw"] % 2 == 1]
    inside = np.ones(len(draws), bool)
    for column in first.box.columns:
        values = draws[f"input.{told.factors.names[column]}"]
        inside &= (values >= first.box.low.get(column, -1)) & (values <= first.box.high.get(column, 2))
    signed = draws["package"].str.startswith("demilitarised").fillna(False).astype(bool)
    assert (first.tested.n, first.tested.cases) == (inside.sum(), (inside & signed).sum())
    assert first.tested.density > 2 * first.tested.base_rate
    for limit in [*first.box.low.values(), *first.box.high.values()]:
        assert round(limit, 2) == limit, "as the range of the input allows"
    assert "If the no-deal value of Lowland is below 0.5" in str(told).replace("\n  ", " ")


def test_what_becomes_of_a_text_is_asked_of_signed_runs_and_of_its_options():
    results = sim.run(shipped("two-banks-pullback"), 3000)
    told = discover(results, "in_force", most_boxes=1)
    assert told.of_signed and told.n == results.agreed.sum()
    (found,) = told.boxes
    assert told.factors.names[found.box.columns[0]] == "strip"
    assert 'the text has Who holds the strip: "Upland keeps it" or' in " ".join(str(told).split())
    (condition,) = [each for each in told.as_data()["boxes"][0]["conditions"] if each["input"] == "strip"]
    assert condition["without"] == ["lowland_full"]
    more = discover(results, "in_force").boxes  # the next best among the rest is rarer than over all: no box
    assert all(share_interval(each.tested.cases, each.tested.n)[0] > each.tested.base_rate for each in more)


def test_inputs_that_do_nothing_are_found_in_no_box():
    results = sim.run(shipped("two-banks-pullback"), 2000)
    draws = results.draws.copy()
    for seed in range(5):
        draws["package"] = np.where(uniform(seed, "test.signed", 0, 2000) < 0.3, draws["package"], None)
        draws["package"] = draws["package"].astype("string")
        for density in (None, 0.45):
            told = discover(sim.Results(results.scenario, seed, FrameRows([draws]), results.tallies), density=density)
            assert not told.boxes and "No conditions" in told.note
        draws["package"] = results.draws["package"]


def test_a_mean_needs_a_limit_and_takes_it():
    results = sim.run(shipped("two-banks-pullback"), 1000)
    asked = figure_named([results], "margin_upland")
    with pytest.raises(NoAnswer, match="--above or --below"):
        discover(results, Question(asked))
    told = discover(results, Question(asked, above=0.1))
    margins = results.draws.loc[results.agreed, "margin_upland"]
    assert told.n == len(margins) and told.cases == (margins > 0.1).sum()
    turned = discover(results, Question(asked, turned=True, above=0.1))
    assert turned.cases == told.n - told.cases


def test_dense_boxes_on_request():
    results = sim.run(shipped("two-banks-pullback"), 3000)
    told = discover(results, "strip.demilitarised", density=0.55, most_boxes=1)
    (found,) = told.boxes
    balanced = discover(results, "strip.demilitarised", most_boxes=1).boxes[0]
    assert found.searched.density > 0.54 > balanced.searched.density
    assert found.searched.coverage < balanced.searched.coverage


def test_red_lines_in_conditions_are_told_with_those_drawn_together():
    scenario = shipped("two-banks-pullback").with_sets(["lines=together"])
    results = sim.run(scenario, 1500)
    line = "parties.lowland.red_lines.not_under_its_guns.real"
    draws = results.draws.copy()
    draws["package"] = draws["package"].where(draws[f"input.{line}"])  # nobody signs where the line is not real
    question = Question(figure_named([results], "signed"), turned=True)
    told = discover(sim.Results(scenario, 1, FrameRows([draws]), results.tallies), question)
    text = " ".join(str(told).split())
    assert 'If the red line "not under its guns" of Lowland (and 1 drawn together with it) is not real, 100 %' in text
    assert 'red line "not under its guns" of Lowland: never How the armies leave: "Nobody moves".' in text
    assert 'red line "no blind exit" of Upland: never How the armies leave: "Upland leaves first, at once"' in text
    assert told.boxes[0].box.out and told.as_data()["boxes"][0]["conditions"][0]["without"] == ["real"]


# The command.


ask = partial(call, "discover")


def test_the_command_says_it_in_words_and_draws_it(file, tmp_path):
    words = ["-n", 600, "--not", "--out", tmp_path]
    answer = ask(file, *words)
    assert answer.exit_code == 0
    assert "Box 1 If the red line" in " ".join(answer.stdout.split())
    told = data("discover", file, *words)
    folder = Path(told["charts"])
    assert sorted(path.name for path in folder.iterdir()) == ["discovery.csv", "discovery.svg"]
    assert told["boxes"][0]["says"].split(",")[0] in " ".join(answer.stdout.split())
    table = pd.read_csv(folder / "discovery.csv")
    conditions = table[(table["kind"] == "condition") & (table["box"] == 1)]
    assert list(conditions["input"]) == [each["input"] for each in told["boxes"][0]["conditions"]]
    assert table["chosen"].sum() == len(told["boxes"])
    svg = (folder / "discovery.svg").read_text()
    assert "Box 1" in svg and "n = 600 runs" in svg


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["-n", 1], 0, "of the 1 runs are so, so nothing tells them apart"),
        (["-n", 60], 0, "takes at least 40 of both kinds"),
        (["-n", 60, "--above", 1], 2, "signed takes no --above or --below"),
        (["-n", 200, "--of", "margin_west"], 2, "say which runs are of interest, with --above or --below"),
        (["-n", 200, "--of", "sined"], 2, "did you mean 'signed'"),
        (["-n", 200, "--density", 2], 2, "0<=x<=1"),
    ],
)
def test_what_cannot_be_told_is_said_in_a_line(file, tmp_path, words, code, said):
    answer = ask(file, *words, "--out", tmp_path / "out")
    assert answer.exit_code == code and said in " ".join(answer.output.split()) and "Traceback" not in answer.output
    assert not (tmp_path / "out").exists()


def test_without_any_agreement_the_chart_says_so(tmp_path):
    scenario = shipped("two-banks-pullback").with_sets(["parties.*.no_deal=1"])
    told = discover(sim.run(scenario, 100))
    assert told.cases == 0 and not told.boxes
    assert "None of the 100 runs are so" in ANALYSIS_CHARTS["discovery"](told).alt
    assert "No run signed a text" in discover(told.results, "held_60").note
    save_charts(told, tmp_path)
    assert len(pd.read_csv(tmp_path / "discovery.csv")) == 0
