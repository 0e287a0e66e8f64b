"""Runs laid out for a question, and the estimators on functions whose answers are known."""

import re
import sys
from functools import partial

import numpy as np
import pytest
from SALib.analyze import morris as salib_morris
from SALib.analyze import pawn as salib_pawn
from SALib.analyze import sobol as salib_sobol
from scipy.stats import ks_2samp, qmc

import sim
from sim.analysis import designs
from sim.analysis.designs import (
    ENDS,
    REST,
    chosen,
    dummy_indices,
    morris_design,
    morris_effects,
    play,
    shifted_sobol,
    sobol_design,
    sobol_indices,
    trajectories_of,
)
from sim.analysis.drawn_inputs import inputs_of
from sim.analysis.figures import NoAnswer, figure_named
from sim.analysis.sensitivity import Plan, Sensitivity, design_of, from_design, sensitivity
from sim.analysis.tornado import pawn, sample, slice_distances, slices
from sim.batch.engines import Workers
from sim.core.streams import uniform
from sim.results import chunk_files
from sim.results.chunks import play_chunk
from sim.results.figures import UTILITY, Figure
from sim.results.folder import lock_folder
from sim.results.manifest import identity
from tests.analysis.test_sensitivity import FIGURE, SO, inputs, rows, sampled
from tests.commands import call, data
from tests.problems import shipped

NO_DEAL, WEIGHT = "parties.lowland.no_deal", "parties.upland.weights.strip"
LINE = "parties.lowland.red_lines.not_under_its_guns.real"


def test_the_sheets_of_sobol_differ_in_one_input_and_share_all_else():
    results = sim.run(shipped("two-banks-pullback"), 20)
    design = sobol_design(results, inputs_of(results), [NO_DEAL, WEIGHT], 16)
    sheets = {sheet.name: sheet for sheet in design.sheets}
    a, b = sheets["A"].uniforms, sheets["B"].uniforms
    assert design.runs == 16 * (2 + 3) and not np.isin(a, b).any()
    assert np.array_equal(sheets[NO_DEAL].uniforms, np.column_stack([b[:, 0], a[:, 1]]))
    assert np.array_equal(sheets[WEIGHT].uniforms, np.column_stack([a[:, 0], b[:, 1]]))
    assert np.array_equal(sheets[REST].uniforms, a)
    assert [sheets[name].start for name in ("A", NO_DEAL, WEIGHT, "B", REST)] == [0, 0, 0, 16, 16]
    figure = play(design, results, figure_named([results], "discounted_upland"))
    again = play(sobol_design(results, inputs_of(results), [NO_DEAL, WEIGHT], 16), results,
                 figure_named([results], "discounted_upland"))  # fmt: skip
    assert all(np.array_equal(figure[name], again[name]) for name in sheets)


def test_pieces_of_sheets_move_no_bit(monkeypatch):
    results = sim.run(shipped("two-banks-pullback"), 20)
    design = sobol_design(results, inputs_of(results), [NO_DEAL], 16)
    asked = figure_named([results], "discounted_upland")
    whole = play(design, results, asked)
    monkeypatch.setattr(designs, "PIECE", 5)
    pieces = []
    cut = play(design, results, asked, pieces.append)
    assert pieces == [5, 5, 5, 1] * 4 and all(np.array_equal(whole[name], cut[name]) for name in whole)


def test_the_design_is_in_the_identity():
    results = sim.run(shipped("two-banks-pullback"), 20)
    make = partial(sobol_design, results, inputs_of(results))
    made = [make([NO_DEAL], 16), make([NO_DEAL], 32), make([WEIGHT], 16),
               morris_design(results, inputs_of(results), [NO_DEAL], 16)]  # fmt: skip
    names = {design.identity(results) for design in made} | {identity(results.scenario, results.seed)}
    assert len(names) == 5 and made[0].identity(results) == make([NO_DEAL], 16).identity(results)


def test_shifted_points_are_as_even_as_sobols_own():
    points = shifted_sobol(1, "test", 256, 4)
    assert points.min() >= 0 and points.max() < 1
    assert qmc.discrepancy(points) < 3 * qmc.discrepancy(qmc.Sobol(4, scramble=False).random_base2(8))
    assert not np.array_equal(points, shifted_sobol(2, "test", 256, 4))
    assert np.array_equal(points, shifted_sobol(1, "test", 256, 4))


# Functions whose answers are known.


def ishigami(u, a=7.0, b=0.1):
    """Ishigami & Homma (1990), inputs uniform on [-pi, pi]."""
    x = np.pi * (2 * u - 1)
    return np.sin(x[:, 0]) + a * np.sin(x[:, 1]) ** 2 + b * x[:, 2] ** 4 * np.sin(x[:, 0])


def saltelli_values(n, seed=1):
    """Ishigami's function in two independent sets of points, and with each input exchanged."""
    both = shifted_sobol(seed, "analysis.sobol", n, 6)
    a, b = both[:, :3], both[:, 3:]
    mixed = []
    for k in range(3):
        exchanged = a.copy()
        exchanged[:, k] = b[:, k]
        mixed.append(ishigami(exchanged))
    return ishigami(a), ishigami(b), np.array(mixed)


def test_sobol_on_the_ishigami_function():
    """The indices that are published: S1 .3139, .4424, 0; ST .5576, .4424, .2437."""
    found = sobol_indices(*saltelli_values(4096))
    first, total = [0.3139, 0.4424, 0.0], [0.5576, 0.4424, 0.2437]
    assert found["first"].to_numpy() == pytest.approx(first, abs=0.01)
    assert found["total"].to_numpy() == pytest.approx(total, abs=0.01)
    for known, key in ((first, "first"), (total, "total")):
        inside = (found[f"{key}_low"] <= known) & (np.array(known) <= found[f"{key}_high"])
        assert inside.all()
        assert (found[f"{key}_high"] - found[f"{key}_low"] < 0.1).all()
    dummy = dummy_indices(*saltelli_values(4096)[:2])
    assert dummy["first_low"] < 0 < dummy["first_high"] < 0.05 and dummy["total"] == 0


def test_sobol_as_salib_on_the_same_values():
    a, b, mixed = saltelli_values(256)
    problem = {"num_vars": 3, "names": ["a", "b", "c"], "bounds": [[0, 1]] * 3}
    by_point = np.column_stack([a, *mixed, b]).reshape(-1)
    theirs = salib_sobol.analyze(problem, by_point, calc_second_order=False, num_resamples=2, seed=1)
    ours = sobol_indices(a, b, mixed)
    assert ours["first"].to_numpy() == pytest.approx(theirs["S1"], abs=0.01)
    assert ours["total"].to_numpy() == pytest.approx(theirs["ST"], abs=1e-9)


def test_sobol_of_a_figure_that_does_not_vary_is_nothing():
    found = sobol_indices(np.ones(8), np.ones(8), np.ones((2, 8)))
    assert not found.to_numpy().any()


def test_morris_on_a_function_with_known_effects():
    """Of 3 x0 - 2 x1 + x2 x3 on its levels: 3 and -2 always, of a product the other's value, of x4 nothing.

    An effect is that of the whole way, .75 of the range; in the mean of the levels the other is one half.
    """
    results = sim.run(shipped("two-banks-pullback"), 20)
    paths = inputs_of(results).paths[:5]
    design = morris_design(results, inputs_of(results), paths, 200)
    x = trajectories_of(design)
    figure = 3 * x[:, 0] - 2 * x[:, 1] + x[:, 2] * x[:, 3]
    found = morris_effects(paths, x, figure, 1)
    way = ENDS[1] - ENDS[0]
    assert found["mu"].to_numpy() == pytest.approx(way * np.array([3, -2, 0.5, 0.5, 0]), abs=0.05)
    assert found["mean"].to_numpy() == pytest.approx(way * np.array([3, 2, 0.5, 0.5, 0]), abs=0.05)
    assert found["sigma"][[0, 1, 4]].to_numpy() == pytest.approx([0, 0, 0], abs=1e-9)
    # of the other's four levels, .125 to .875 in steps of .25
    assert found["sigma"][[2, 3]].to_numpy() == pytest.approx(way * np.sqrt(5 / 64), rel=0.1)
    assert (found["mean_low"] <= found["mean"]).all() and design.runs == 200 * 6
    problem = {"num_vars": 5, "names": paths, "bounds": [list(ENDS)] * 5}
    theirs = salib_morris.analyze(problem, x, figure, num_levels=4, seed=1)
    assert found["mean"].to_numpy() == pytest.approx(np.asarray(theirs["mu_star"], float))
    steps = np.diff(x.reshape(200, 6, 5), axis=1)
    assert ((steps != 0).sum(axis=2) == 1).all() and np.isclose(np.abs(steps).sum(axis=2), 0.5).all()


def test_morris_turns_a_red_line_from_not_real_to_real(file):
    """As the same draws with hardness 1 and with hardness 0, the hardness of the file being .7."""
    path = "parties.east.red_lines.not_dry.real"
    results = sim.run(sim.read_scenario(file), 200)
    told = rows(sensitivity(results, methods=["morris"], plan=Plan([path], points=64)).tables["morris"])[path]
    signed = [
        sim.run(sim.read_scenario(file, [f"parties.east.red_lines.not_dry.hardness={hardness}"]), 64).agreed
        for hardness in (0, 1)
    ]
    turned = signed[1].astype(int) - signed[0].astype(int)
    assert told["mu"] == pytest.approx(turned.mean()) and told["mu"] < 0
    assert told["mean"] == pytest.approx(turned.abs().mean())


def test_pawn_as_scipy_and_salib_on_the_same_values():
    n = 4000
    x = inputs(n, 4)
    figure = ishigami(np.column_stack([x["x0"], x["x1"], x["x2"]]))
    told = rows(pawn(sampled(FIGURE, figure, x)))
    place = slices(x["x0"], False)
    whole = np.sort(figure)
    distances = slice_distances(place, np.searchsorted(whole, figure))
    assert distances == pytest.approx([ks_2samp(figure[place == k], figure).statistic for k in range(10)])
    problem = {"num_vars": 4, "names": ["x0", "x1", "x2", "x3"], "bounds": [[0, 1]] * 4}
    theirs = salib_pawn.analyze(problem, np.column_stack([x[f"x{k}"] for k in range(4)]), figure, S=10)
    for k, index in enumerate(theirs["median"]):
        assert told[f"x{k}"]["index"] == pytest.approx(index, abs=0.005)
        assert told[f"x{k}"]["largest"] == pytest.approx(theirs["maximum"][k], abs=0.01)
    assert [name for name, row in told.items() if row["stands_out"]] == ["x1", "x0", "x2"]
    assert all(row["low"] <= row["index"] <= row["high"] for row in told.values())


def test_pawn_of_a_share_is_the_distance_of_shares():
    """In x0 of all cases: slices have .05 to .95, all .5; half of the slices are at most .25 away."""
    x = inputs(20_000, 2)
    have = uniform(1, "test.have", 0, 20_000) < x["x0"]
    told = rows(pawn(sampled(SO, have.astype(float), x)))
    assert told["x0"]["index"] == pytest.approx(0.25, abs=0.02)
    assert told["x0"]["largest"] == pytest.approx(0.45, abs=0.02)
    assert told["x1"]["index"] < told["x1"]["noise"] * 2 and not told[""]["stands_out"]


# Over a scenario.


def test_sobol_and_the_tornado_agree_on_a_smooth_figure():
    """Upland's worth goes mostly with its own no deal, by a design as by the slices of finished runs."""
    results = sim.run(shipped("two-banks-pullback"), 2000)
    told = sensitivity(results, "discounted_upland", ("tornado", "sobol"), Plan(top=3, points=128))
    tornado, sobol = (rows(told.tables[name]) for name in ("tornado", "sobol"))
    first = "parties.upland.no_deal"
    assert told.designs["sobol"]["inputs"][0] == first and told.designs["sobol"]["runs"] == 128 * 6
    assert sobol[first]["first_low"] < tornado[first]["first_order"] < sobol[first]["first_high"]
    assert sobol[first]["total"] > sobol[first]["first"] - 0.05
    assert list(told.tables["sobol"]["kind"]) == ["number", "number", "number", "rest", "dummy"]


@pytest.mark.parametrize("path", [NO_DEAL, WEIGHT])
def test_the_variance_goes_to_the_input_that_is_the_figure_or_to_all_else(path):
    """A figure that is one input goes with it alone; with a design by another input, with all else alone."""
    results = sim.run(shipped("two-banks-pullback"), 200)
    asked = Figure("x", "x", UTILITY, (), lambda draws: draws[f"input.{NO_DEAL}"])
    found = sample(asked, results.draws, inputs_of(results))
    told = Sensitivity(results, inputs_of(results), asked, found.n, 0, 0, 0, 14, {})
    table = from_design(told, "sobol", design_of(told, "sobol", Plan([path], points=512))).tables["sobol"]
    by_kind = {row["kind"]: row for row in table.to_dict("records")}
    ours, rest = by_kind["number"], by_kind["rest"]
    all_of_it, nothing = (ours, rest) if path == NO_DEAL else (rest, ours)
    assert (all_of_it["first"], all_of_it["total"]) == pytest.approx((1, 1), abs=0.15)
    assert (nothing["first"], nothing["total"]) == (0, 0)


def test_inputs_are_chosen_by_any_path_of_those_drawn_together():
    drawn = inputs_of(sim.run(shipped("two-banks-pullback").with_sets(["lines=together"]), 30))
    other = "parties.upland.red_lines.no_blind_exit.real"
    assert drawn.together[LINE] == (LINE, other) and chosen(drawn, [other, LINE], [], 3) == [LINE]
    assert chosen(drawn, [], ["a", "b", "c"], 2) == ["a", "b"]
    with pytest.raises(NoAnswer, match=r"did you mean 'parties\.lowland\.no_deal'"):
        chosen(drawn, ["parties.lowland.nodeal"], [], 3)


# The command.


ask = partial(call, "sensitivity")


def test_the_command_says_the_cost_first_and_plays_the_design(file, tmp_path):
    words = ["-n", 300, "--method", "sobol", "--method", "morris", "--method", "pawn", "--points", 16, "--top", 2]
    answer = ask(file, *words, "--out", tmp_path / "out")
    assert answer.exit_code == 0
    first, second, *_ = answer.stderr.splitlines()
    assert (first, second) == ("sobol: 80 runs of their own, by 2 inputs", "morris: 48 runs of their own, by 2 inputs")
    text = " ".join(answer.stdout.split())
    assert "all else: inputs that are not in the design, and luck" in text and "16 trajectories over 2 inputs" in text
    names = sorted(path.name for path in (tmp_path / "out").glob("*/*.svg"))
    assert names == ["morris.svg", "pawn.svg", "sobol.svg"]
    told = data("sensitivity", file, *words, "--no-charts", "--out", tmp_path / "out")
    assert list(told)[-4:] == ["sobol", "morris", "pawn", "charts"] and "tornado" not in told
    assert [design["runs"] for design in told["designs"]] == [80, 48]
    svg = next((tmp_path / "out").glob("*/sobol.svg")).read_text()
    assert f"80 runs of design {told['designs'][0]['identity'][:12]}" in svg


def test_runs_of_a_design_are_kept_apart_and_played_once(file, tmp_path, monkeypatch):
    out, paths = tmp_path / "out", ("parties.west.no_deal", "parties.east.no_deal")
    words = ["-n", 200, "--method", "sobol", "--points", 16, "--no-charts", "--out", out]
    words += [word for path in paths for word in ("--inputs", path)]
    first = data("sensitivity", file, *words)
    (folder,) = (each for each in out.iterdir() if each.is_dir())
    assert re.fullmatch(r"well-and-road-[0-9a-f]{6}\.design", folder.name)
    assert folder.name[-13:-7] == first["designs"][0]["identity"][:6]
    pieces = sorted((folder / "sheets").iterdir())
    assert [piece.name for piece in pieces] == [f"{sheet:04d}-00000000-00000015.parquet" for sheet in range(5)]
    played = []
    monkeypatch.setattr(chunk_files, "play_chunk", lambda *a, **k: (a[3] and played.append(1)) or play_chunk(*a, **k))
    before = {path: path.read_bytes() for path in folder.rglob("*.*")}
    assert data("sensitivity", file, *words) == first and not played
    assert data("sensitivity", file, *words, "--of", "well.both")["sobol"] != first["sobol"] and not played
    pieces[1].write_bytes(pieces[1].read_bytes()[:-5])  # damaged
    pieces[3].write_bytes(pieces[2].read_bytes())  # the runs of another sheet
    pieces[4].unlink()
    (folder / "sheets" / ".half.parquet.1.tmp").write_bytes(b"half")
    assert data("sensitivity", file, *words) == first and len(played) == 3
    assert {path: path.read_bytes() for path in folder.rglob("*.*")} == before
    (folder / "design.json").write_text("{}")
    assert data("sensitivity", file, *words) == first and len(played) == 8
    assert call("compare", folder, file, "--no-charts").exit_code == 2, "it is no results folder"
    with lock_folder(folder):
        answer = ask(file, *words)
    assert answer.exit_code == 2 and "is being written by" in answer.output


def test_the_number_of_workers_moves_no_byte_of_a_design(file, tmp_path, monkeypatch):
    monkeypatch.setattr(designs, "PIECE", 8)
    words = ["-n", 200, "--method", "sobol", "--method", "morris", "--points", 16, "--top", 2, "--no-charts"]
    alone = data("sensitivity", file, *words, "--workers", 1, "--out", tmp_path / "alone")
    monkeypatch.setattr("sim.batch.designs.MIN_PARALLEL_SECONDS", 0.0)
    played, real = [], Workers.play
    monkeypatch.setattr(Workers, "play", lambda self, jobs: played.append(self) or real(self, jobs))
    together = data("sensitivity", file, *words, "--workers", 2, "--out", tmp_path / "together")
    assert together == alone and len(played) == 2
    files = [
        {path.relative_to(out): path.read_bytes() for path in out.rglob("*") if path.is_file()}
        for out in (tmp_path / "alone", tmp_path / "together")
    ]
    assert files[0] == files[1] and len(files[0]) > 16


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--method", "sobol", "--points", 100], "a power of two of points: 64 or 128"),
        (["--method", "morris", "--inputs", "parties.west.nodeal"], "did you mean 'parties.west.no_deal'"),
        (["--method", "sobol", "--of", "margin_west"], "needs one of every run"),
        (["--points", 64], "are for --method sobol and morris"),
        (["--workers", 2], "--workers and --dask are for --method sobol and morris"),
        (["--method", "sobol", "--workers", 2, "--dask", "127.0.0.1:1"], "leave one of them out"),
    ],
)
def test_a_design_that_cannot_be_made_is_said_in_a_line(file, words, said):
    answer = ask(file, "-n", 300, *words, "--no-charts")
    assert answer.exit_code == 2 and said in answer.output and "Traceback" not in answer.output


def test_without_salib_morris_says_what_to_install(file, tmp_path, monkeypatch):
    for name in ("SALib", "SALib.analyze", "SALib.sample"):
        monkeypatch.setitem(sys.modules, name, None)
    answer = ask(file, "-n", 200, "--method", "morris", "--no-charts")
    assert answer.exit_code == 2 and "pip install 'peacesim[sensitivity]'" in answer.output
    words = ["-n", 200, "--method", "sobol", "--points", 2, "--no-charts", "--out", tmp_path]
    assert ask(file, *words).exit_code == 0
