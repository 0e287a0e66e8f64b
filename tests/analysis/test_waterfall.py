"""Where a difference comes from: Shapley values of known games, mixtures, and what cannot be shared out."""

from itertools import combinations, permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.analysis.waterfall import ORDERED, SHAPLEY, one_by_one, shapley, waterfall
from sim.charts import save_charts
from sim.results.results import run
from sim.scenario import ScenarioError, read_scenario
from sim.scenario.mixing import differing_paths, mixed
from tests.commands import SCENARIO, call, data

N = 120
CHANGES = ["parties.west.no_deal=0.7", "time.rounds=4", "parties.east.weights.well=0.9"]


def subsets(count):
    return [frozenset(each) for size in range(count + 1) for each in combinations(range(count), size)]


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("waterfall") / "talks.yaml"
    path.write_text(SCENARIO, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def first(file):
    return read_scenario(file)


@pytest.fixture(scope="module")
def second(file):
    return read_scenario(file, CHANGES)


def beside(file, text, name="other.yaml"):
    """A scenario that extends the small one."""
    other = Path(file).parent / name
    other.write_text(f"extends: talks.yaml\n{text}", encoding="utf-8")
    return read_scenario(other)


# Arithmetic


def test_the_glove_game():
    """Two left gloves and one right one make one pair: the right one is worth 2/3, a left one 1/6 (textbook)."""
    worth = {each: np.array([float(2 in each and len(each) > 1)]) for each in subsets(3)}
    assert [float(each[0]) for each in shapley(worth, 3)] == pytest.approx([1 / 6, 1 / 6, 2 / 3])


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_shapley_is_the_mean_over_all_orders(count, seed):
    noise = np.random.default_rng(seed)
    worth = {each: noise.random(3) for each in subsets(count)}
    by_hand = np.zeros((count, 3))
    orders = list(permutations(range(count)))
    for order in orders:
        for place, step in enumerate(order):
            by_hand[step] += worth[frozenset(order[: place + 1])] - worth[frozenset(order[:place])]
    found = shapley(worth, count)
    assert np.allclose(found, by_hand / len(orders))
    assert np.allclose(np.sum(found, axis=0), worth[frozenset(range(count))] - worth[frozenset()])


def test_one_order_telescopes():
    worth = {frozenset(range(size)): np.array([float(size**2)]) for size in range(4)}
    assert [float(each[0]) for each in one_by_one(worth, 3)] == [1.0, 3.0, 5.0]


# Mixtures


def test_what_differs_is_found_in_the_smallest_parts_that_stand_alone(first, second):
    found = [".".join(path) for path in differing_paths(first, second)]
    assert found == ["time.rounds", "parties.east.weights", "parties.west.no_deal"]


def test_titles_notes_and_the_order_of_keys_are_no_difference(file, first):
    other = beside(file, "title: Another name\nid: other\nparties: {west: {label: The west side}}\n")
    assert differing_paths(first, other) == ()


@pytest.mark.parametrize("text", [
    "parties: {west: {red_lines: [{id: no_patrol, never: {road: patrol}, hardness: 0.5}]}}",
    "without: [parties.east.red_lines.not_dry]",
    "parties: {west: {strategy: {name: tit_for_tat}}}\nset: {parties.east.no_deal: 0.3}",
    "giving_way: {per_month: 0.5}\nprotocol: {name: concession}",
])  # fmt: skip
def test_all_differences_make_the_second_and_none_the_first(file, first, text):
    other = beside(file, text)
    paths = differing_paths(first, other)
    assert paths
    assert run(mixed(first, other, paths), 40, 3).draws.equals(run(other, 40, 3).draws)
    assert run(mixed(first, other, ()), 40, 3).draws.equals(run(first, 40, 3).draws)
    assert run(mixed(other, first, paths), 40, 3).draws.equals(run(first, 40, 3).draws)


def test_a_step_is_the_difference_that_a_run_of_it_makes(file, first, second):
    """With two inputs the ordered steps are those of `--set` one after the other."""
    ways = {"none": [], "rounds": ["time.rounds=4"], "both": ["time.rounds=4", CHANGES[0]]}
    there = {name: run(read_scenario(file, sets), N, 1).summary()["agreement_share"] for name, sets in ways.items()}
    other = read_scenario(file, ["time.rounds=4", CHANGES[0]])
    rows = waterfall(first, other, "signed", N, 1, ORDERED).rows
    assert rows["label"].tolist()[1:3] == ["time.rounds", "parties.west.no_deal"]
    by_runs = [there["none"], there["rounds"] - there["none"], there["both"] - there["rounds"], there["both"]]
    assert rows["value"].tolist() == pytest.approx(by_runs)
    assert abs(rows["value"].iloc[2]) > 0.05  # the case tells something


def test_steps_sum_to_the_difference(first, second):
    told = waterfall(first, second, "discounted_west", N, 1)
    assert (told.method, told.mixtures) == (SHAPLEY, 8)
    values = told.rows["value"].to_numpy()
    assert values[:-1].sum() == pytest.approx(values[-1])


def test_inputs_that_need_each_other_are_one_step(file, first):
    """An option that is new to an issue needs its points at each party."""
    other = beside(file, """
issues: {well: {options: {east: E, both: B, west: W, closed: Nobody}}}
parties:
  east: {values: {well: {east: 100, both: 60, west: 0, closed: 10}}}
  west: {values: {well: {east: 0, both: 50, west: 100, closed: 10}}}
set: {time.rounds: 5}
""")  # fmt: skip
    with pytest.raises(ScenarioError):
        mixed(first, other, [("parties", "east", "values", "well", "closed")])
    told = waterfall(first, other, "signed", 20, 1)
    assert any("inputs" in label for label in told.rows["label"])
    assert told.rows["value"].iloc[-1] == run(other, 20, 1).summary()["agreement_share"]


def test_many_inputs_become_a_few_steps_in_one_order(file, first):
    values = [f"values.{each}" for each in ("well.both=55", "road.nobody=9")]
    sets = [f"parties.{party}.{value}" for party in ("east", "west") for value in values]
    sets += [*CHANGES, "parties.*.red_lines.*.hardness=0.4", "parties.*.strategy.exponent=2.5"]
    other = read_scenario(file, sets)
    assert len(differing_paths(first, other)) > 8
    told = waterfall(first, other, "signed", 20, 1)
    assert told.method == ORDERED and len(told.rows) <= 10


@pytest.mark.parametrize(("figure", "said"), [("signd", "no figure is called 'signd'"), ("round", "only in some")])
def test_what_cannot_be_shared_out_says_what_can(first, second, figure, said):
    with pytest.raises(ValueError, match=f"{said}.*signed"):
        waterfall(first, second, figure, N, 1)


def test_without_a_difference_there_is_nothing_to_share_out(first):
    with pytest.raises(ValueError, match="do not differ"):
        waterfall(first, first, draws=20)


# The command and the chart


def test_compare_tells_it(file, tmp_path, monkeypatch):
    monkeypatch.setattr("sim.report.comparison_page", lambda *_: "<html>")  # drawn by tests of the report
    other = tmp_path / "other.yaml"
    (tmp_path / "talks.yaml").write_text(SCENARIO, encoding="utf-8")
    other.write_text("extends: talks.yaml\nset: {parties.west.no_deal: 0.7, time.rounds: 4}\n", encoding="utf-8")
    answer = data("compare", file, other, "-n", 60, "--waterfall", "agreement", "--png", "--out", tmp_path / "results")
    (told,) = answer["waterfalls"]
    assert (told["figure"], told["method"], told["n"], told["mixtures"]) == ("signed", "shapley", 60, 4)
    assert [row["kind"] for row in told["rows"]] == ["start", "step", "step", "end"]
    assert told["rows"][1]["where"].startswith("other.yaml:2:")
    folder = Path(answer["charts"])
    assert (folder / "waterfall-signed.png").stat().st_size > 10_000
    assert {"compare.svg", "compare.png", "compare.csv"} <= {path.name for path in folder.iterdir()}
    assert (folder / "compare-packages.svg").exists() and not (folder / "compare-harm.svg").exists()


@pytest.mark.parametrize(("options", "said"), [
    (["--method", "ordered"], "--waterfall FIGURE asks for one"),
    (["--waterfall", "agrement"], "no figure is called 'agrement'; there are zone, zone_ever, signed"),
    (["--waterfall", "round"], "only in some runs"),
])  # fmt: skip
def test_a_wrong_wish_is_told(file, options, said):
    beside(file, "set: {parties.west.no_deal: 0.7}\n", "wish.yaml")
    answer = call("compare", file, file.parent / "wish.yaml", "-n", 40, "--no-charts", *options)
    assert answer.exit_code == 2 and said in answer.output


def test_two_alike_have_no_waterfall(file):
    answer = call("compare", file, file, "-n", 20, "--no-charts", "--waterfall", "agreement")
    assert answer.exit_code == 2 and "do not differ in any input" in answer.output


def test_the_chart_has_a_text_alternative_and_its_numbers(first, second, tmp_path):
    told = waterfall(first, second, "signed", 60, 1)
    paths = {path.suffix: path for path in save_charts(told, tmp_path)}
    assert "Waterfall from" in paths[".svg"].read_text(encoding="utf-8")
    lines = paths[".csv"].read_text(encoding="utf-8").splitlines()
    assert lines[0] == "figure,method,kind,label,where,value,low,high,n" and len(lines) == 1 + len(told.rows)
