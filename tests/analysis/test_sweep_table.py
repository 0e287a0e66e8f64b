"""Sweeps told as one table and drawn, and designs that spread points instead of playing all combinations."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sim
from sim.analysis.sweep_table import sweep_table, zone_at_centre
from sim.charts import save_charts
from sim.charts.sweep import cells
from sim.core.streams import uniform
from sim.scenario import ScenarioError
from sim.scenario.sweeps import Design
from tests.commands import call, data

EAST, WEST = "parties.east.no_deal", "parties.west.no_deal"


def told(file, vary, design=None, n=40):
    """The table of a sweep, each point played here."""
    scenario = sim.read_scenario(file)
    points = []
    for point in scenario.points(vary, design):
        results = sim.run(point.scenario, n, 1)
        reached = {"zone_first": (results.draws["zone_packages"] > 0).mean(), "signed": results.agreed.mean()}
        facts = results.summary() | {"reached": reached}
        points.append((point.scenario, point.settings, facts, f"point-{point.number}"))
    return sweep_table(scenario.title, n, 1, design, points)


# Designs


@settings(max_examples=20, deadline=None)
@given(st.integers(2, 60), st.integers(1, 5))
def test_a_latin_hypercube_takes_every_part_of_every_range_once(count, paths):
    places = Design("latin", count).places(tuple(f"path.{k}" for k in range(paths)))
    parts = np.floor(places * count + 1e-9).astype(int)
    assert (np.sort(parts, axis=0) == np.arange(count)[:, None]).all()


def test_a_latin_hypercube_takes_its_parts_in_the_order_of_named_uniforms():
    """The same command spans the same points, so which point falls into which part is written down here anew."""
    order = uniform(0, "design.path.order", 0, 9).tolist()
    place = uniform(0, "design.path.place", 0, 9).tolist()
    wanted = [round((sorted(order).index(u) + at) / 9, 6) for u, at in zip(order, place, strict=True)]
    assert Design("latin", 9).places(("path",))[:, 0].tolist() == wanted


def test_a_latin_hypercube_does_not_feel_the_order_of_its_paths():
    one, other = (Design("latin", 16).places(paths) for paths in (("a", "b"), ("b", "a")))
    assert (one == other[:, ::-1]).all() and (one[:, 0] != one[:, 1]).any()


@pytest.mark.parametrize("power", [2, 4])
def test_a_sobol_sequence_fills_boxes_of_equal_area_equally(power):
    """A (0, m, 2)-net in base 2: each box of 2**-k by 2**-(m-k) holds one of the first 2**m points; a shift modulo 1
    moves the boxes, so it is undone first."""
    count = 2**power
    places = Design("sobol", count).places(("a", "b"))
    unshifted = (places - places[0]) % 1
    unshifted = np.floor(unshifted * count + 0.25) / count
    for k in range(power + 1):
        boxes = {(int(x * 2**k), int(y * 2 ** (power - k))) for x, y in unshifted}
        assert len(boxes) == count


def test_points_lie_in_their_ranges_and_lists_are_taken_equally(file):
    points = sim.read_scenario(file).settings([f"{EAST}=0.2:0.4", "time.rounds=3,6,9"], "latin:12")
    numbers = [float(point[EAST]) for point in points]
    assert len(points) == 12 and all(0.2 <= number < 0.4 for number in numbers)
    assert sorted(int((number - 0.2) / 0.2 * 12) for number in numbers) == list(range(12))
    assert sorted(point["time.rounds"] for point in points) == ["3"] * 4 + ["6"] * 4 + ["9"] * 4


@pytest.mark.parametrize(
    ("vary", "design", "said"),
    [
        ([f"{EAST}=0.2:0.4"], "sobl:8", "did you mean sobol:64?"),
        ([f"{EAST}=0.2:0.4"], "sobol", "sobol:COUNT or latin:COUNT"),
        ([f"{EAST}=0.2:0.4"], "latin:1", "2 to 100,000"),
        ([], "sobol:8", "add --vary PATH=low:high"),
    ],
)
def test_a_design_that_is_none_says_what_would_do(file, vary, design, said):
    with pytest.raises(ScenarioError, match="--design:1:1") as caught:
        sim.read_scenario(file).settings(vary, design)
    assert said in str(caught.value)


# The table


def test_shares_are_those_of_each_point_played_alone(file):
    table = told(file, [f"{WEST}=0.2,0.6", "time.rounds=3,8"])
    assert table.paths == (WEST, "time.rounds") and table.stages == ("zone_first", "zone_ever", "signed")
    alone = sim.run(sim.read_scenario(file, [f"{WEST}=0.6", "time.rounds=8"]), 40, 1)
    row = table.points.set_index([WEST, "time.rounds"]).loc[(0.6, 8)]
    assert row["signed"] == alone.summary()["agreement_share"]
    assert row["signed_low"] < row["signed"] < row["signed_high"]
    grid = cells(table, "signed")
    assert grid.index.tolist() == [0.2, 0.6] and grid.columns.tolist() == [3, 8]
    assert grid.loc[0.6, 8] == row["signed"]


@pytest.mark.parametrize("no_deal", [0.2, 0.55, 0.9])
def test_the_zone_at_central_numbers_is_that_of_show(file, no_deal):
    scenario = sim.read_scenario(file, [f"{WEST}={no_deal}"])
    zones = sim.portrait(scenario).zones
    assert zone_at_centre(scenario) == zones.iloc[-1]["packages"]


@pytest.mark.parametrize(
    ("vary", "design"),
    [
        ([f"{WEST}=0.2:0.8:3"], None),
        (["parties.west.strategy={name: hardline},{name: satisficing}"], None),
        ([f"{WEST}=0.2:0.8:3", f"{EAST}=0.3:0.9:3"], None),
        ([f"{WEST}=0.2:0.8:3", "parties.east.strategy={name: hardline},{name: satisficing}"], None),
        ([f"{WEST}=0.2:0.8", f"{EAST}=0.3:0.9"], "sobol:8"),
        ([f"{WEST}=0.2:0.8:2", f"{EAST}=0.3:0.9:2", "time.rounds=3,8"], None),
        ([f"{WEST}=0.97,0.98", f"{EAST}=0.97,0.98"], None),
    ],
)
def test_every_sweep_has_a_picture_and_its_numbers(file, tmp_path, vary, design):
    table = told(file, vary, design, 10)
    paths = {path.suffix: path for path in save_charts(table, tmp_path, png=True)}
    assert paths[".png"].stat().st_size > 10_000
    assert "to " in paths[".svg"].read_text(encoding="utf-8")
    assert len(pd.read_csv(paths[".csv"])) == len(table.points)


# The command


def test_sweep_draws_a_map_and_writes_the_table(file, tmp_path):
    words = ["sweep", file, "--vary", f"{WEST}=0.2,0.6", "--vary", f"{EAST}=0.2,0.6", "-n", 20, "--workers", 1]
    answer = data(*words, "--out", tmp_path)
    (chart,) = answer["charts"]
    assert chart.endswith("sweep.svg")
    table = pd.read_csv(chart.replace(".svg", ".csv"))
    for point, row in zip(answer["grid"], table.to_dict("records"), strict=True):
        assert (point["folder"], point["agreement_share"]) == (row["folder"], row["signed"])
        assert float(point["settings"][WEST]) == row[WEST]
    assert "sweep.svg" in call(*words, "--out", tmp_path).stdout


def test_a_design_is_the_same_points_every_time_and_the_same_results(file, tmp_path):
    words = ["sweep", file, "--vary", f"{WEST}=0.2:0.6", "--vary", f"{EAST}=0.2:0.6", "-n", 10, "--workers", 1, "--out"]
    words += [tmp_path, "--design", "latin:4"]
    first = data(*words)
    assert "All of it was there already" in call(*words).stdout
    assert data(*words, "--seed", 2)["grid"][0]["settings"] == first["grid"][0]["settings"]
    listed = json.loads((tmp_path / first["folder"] / "sweep.json").read_text())
    assert [each["set"] for each in listed["points"]] == [each["settings"] for each in first["grid"]]


def test_a_design_and_strategies_do_not_go_together(file, tmp_path):
    words = ["--strategy", "time_dependent", "--strategy", "hardline", "--vary", f"{WEST}=0.2:0.6"]
    answer = call("sweep", file, *words, "--design", "sobol:4", "--out", tmp_path)
    assert answer.exit_code == 2 and "--design goes without --strategy" in answer.stderr
