"""Totals over draws: the same whatever the pieces and their order, equal to whole tables, in memory that does not grow.

What pandas and fractions say of the whole table is the yardstick; the code under test sees it in pieces.
"""

import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.analysis.compare import compare
from sim.analysis.ledger import movements
from sim.batch import batch
from sim.charts import CHARTS, charts_of
from sim.results import reading, results, statistics
from sim.results.drivers import funnel
from sim.results.files import DamagedResults
from sim.results.format import LEAST_GROUP
from sim.results.reading import open_results
from sim.results.results import Results, run
from sim.results.rows import FrameRows, joined
from sim.results.stages import reached
from sim.results.statistics import ExactSum, places_of, quantiles
from tests.problems import shipped
from tests.update_golden import SCENARIOS

NUMBERS = st.floats(allow_nan=False, allow_infinity=False, width=64)
LISTS = st.lists(NUMBERS, min_size=1, max_size=40)


def cut(frame, *ends):
    """The rows of a frame in pieces."""
    edges = [0, *sorted(ends), len(frame)]
    return FrameRows([frame.iloc[a:b] for a, b in pairwise(edges)])


# Sums and order statistics.


@given(LISTS, st.randoms(use_true_random=False))
def test_a_sum_has_no_rounding_whatever_the_order_and_the_parts(values, random):
    exact = sum(map(Fraction, values), Fraction(0)) / len(values)
    mixed = random.sample(values, len(values))
    place = random.randint(0, len(values))
    total = ExactSum.of(np.array(mixed[place:])) + ExactSum.of(np.array(mixed[:place]))
    assert total == ExactSum.of(np.array(values))
    assert total.mean == float(exact)


def test_missing_numbers_are_no_part_of_a_sum_and_infinite_ones_rule_it():
    assert ExactSum.of(np.array([1.0, np.nan, 2.0])).mean == 1.5
    assert ExactSum.of(np.array([1.0, np.inf])).mean == np.inf
    assert np.isnan(ExactSum.of(np.array([np.inf, -np.inf])).mean)
    assert np.isnan(ExactSum.of(np.array([])).mean)


@pytest.mark.parametrize("held", [1, 5, 1 << 20])
@given(values=st.lists(st.floats(allow_nan=True), min_size=1, max_size=60), data=st.data())
@settings(max_examples=25)
def test_the_number_at_a_rank_is_that_of_the_sorted_column(held, values, data):
    column = np.array(values)
    ranks = data.draw(st.lists(st.integers(0, len(values) - 1), min_size=1, max_size=3))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(statistics, "MOST_HELD", held)
        found = places_of(lambda: ({"x": part} for part in np.array_split(column, 3)), {"x": ranks})["x"]
    for rank in ranks:
        wanted = np.sort(column)[rank]
        assert np.array_equal(found[rank].value, wanted, equal_nan=True)
        if not np.isnan(wanted):
            assert (found[rank].below, found[rank].equal) == ((column < wanted).sum(), (column == wanted).sum())


@pytest.mark.parametrize("held", [10, 1 << 20])
@pytest.mark.parametrize("law", ["spread", "few values", "one value", "many scales"])
def test_quantiles_have_the_bits_of_the_whole_column(monkeypatch, held, law):
    monkeypatch.setattr(statistics, "MOST_HELD", held)
    rng, levels = np.random.default_rng(4), (0.05, 0.1, 0.5, 0.9, 0.95)
    column = {
        "spread": lambda: rng.uniform(0.3, 0.6, 5000),
        "few values": lambda: rng.integers(-2, 3, 5000) / 4,
        "one value": lambda: np.full(5000, 0.1),
        "many scales": lambda: rng.choice([-1, 1], 5000) * np.exp(rng.normal(0, 20, 5000)),
    }[law]()
    with_gaps = np.insert(column, 7, np.nan)
    found = quantiles(lambda: ({"x": part, "y": part[:0]} for part in np.array_split(with_gaps, 9)), levels)
    assert list(found["x"]) == np.quantile(column, levels).tolist()
    assert np.isnan(found["y"]).all()


@given(st.lists(st.sampled_from([0.1, 0.25, 3.0, 7.5]), min_size=1, max_size=30), st.sampled_from([0.1, 0.5, 0.9]))
def test_numbers_from_counts_are_those_of_the_column(values, level):
    counts = pd.Series(values).value_counts().to_dict()
    assert statistics.quantile_of(counts, level) == np.quantile(values, level)
    assert statistics.median_of(counts) == pytest.approx(float(np.median(values)), abs=0)
    assert statistics.mean_of(counts) == float(sum(map(Fraction, values), Fraction(0)) / len(values))


def test_some_columns_of_all_rows_with_each_text_once():
    frame = pd.DataFrame({
        "text": pd.array(["b", pd.NA, "a", "b", "c"], "string"),
        "whole": pd.array([1, pd.NA, 3, 4, 5], "Int32"),
        "number": [0.1, np.nan, 0.3, 0.4, 0.5],
    })  # fmt: skip
    found = joined(cut(frame, 1, 3), ["number", "text", "whole"])
    assert list(found["text"].cat.categories) == ["b", "a", "c"]
    assert found.astype({"text": "string"})[list(frame)].equals(frame)


# Tables and charts.


@pytest.fixture(scope="module", params=["two-banks-pullback", "first-flagship"])
def one(request):
    return run(shipped(request.param), 400 if request.param.startswith("two") else 66, seed=3)


def test_figures_are_those_of_the_whole_table(one):
    draws, summary = one.draws, one.summary()
    agreed = draws[draws["package"].notna()]
    assert summary["agreements"] == len(agreed) > 0
    assert summary["zone_share"] == (draws["zone_packages"] > 0).mean()
    outcomes = draws["outcome"].value_counts(normalize=True).to_dict()
    assert {name: share for name, share in summary["outcomes"].items() if share} == outcomes
    assert (summary["median_round"], summary["median_month"]) == (agreed["round"].median(), agreed["month"].median())
    assert summary["least_satisfied"] == pytest.approx(agreed["least_satisfied"].mean(), abs=1e-14)
    assert dict(zip(*(one.blockers()[name] for name in ("blocker", "count")), strict=True)) == (
        draws["blocker"].value_counts().to_dict()
    )
    for row in one.parties().itertuples():
        worth = agreed[f"utility_{row.party}"]
        assert (row.utility_low, row.utility_high) == tuple(worth.quantile([0.05, 0.95]))
        assert row.utility == pytest.approx(worth.mean(), abs=1e-14)
        assert row.margin == pytest.approx(agreed[f"margin_{row.party}"].mean(), abs=1e-14)
        assert row.discounted == pytest.approx(draws[f"discounted_{row.party}"].mean(), abs=1e-14)
        assert row.no_deal == pytest.approx(draws[f"no_deal_{row.party}"].mean(), abs=1e-14)


def test_stages_and_what_they_go_with_are_those_of_the_whole_table(one, monkeypatch):
    monkeypatch.setattr("sim.results.drivers.LEAST_RUNS", 60)
    one = replace(one)  # nothing of it is cached yet
    draws = one.draws
    force = (draws["outcome"] == "in_force").to_numpy(bool)
    masks = {
        "zone_first": (draws["zone_packages"] > 0).to_numpy(bool),
        "signed": draws["package"].notna().to_numpy(bool),
        "in_force": force,
        "held_12": force & draws["held_12"].to_numpy(bool),
        "held_60": force & draws["held_60"].to_numpy(bool),
    }
    assert {name: count for name, count in reached(one).items() if name in masks} == {
        name: mask.sum() for name, mask in masks.items() if name in reached(one)
    }
    table = funnel(one)
    for row in table[table["moved_by"].notna() & table["name"].isin(masks)].itertuples():
        order = np.argsort(draws[f"input.{row.moved_by}"].to_numpy(float), kind="stable")
        third = one.n // 3
        assert row.where_low == masks[row.name][order[:third]].mean()
        assert row.where_high == masks[row.name][order[-third:]].mean()


def test_movement_and_harm_are_those_of_the_whole_table(one):
    draws = one.draws.dropna(subset=["package"])
    issues = list(one.scenario.issues)
    for found in movements(one):
        known = draws.dropna(subset=[f"opening_{found.party}"])
        values, place = one.scenario.parties[found.party].values[found.issue], issues.index(found.issue)
        opened, signed = (known[name].str.split("/").str[place] for name in (f"opening_{found.party}", "package"))
        points = [float(values[a].value) - float(values[b].value) for a, b in zip(opened, signed, strict=True)]
        assert (found.n, found.moved) == (len(known), (opened != signed).sum())
        ends = np.quantile(points, [0.1, 0.9]) if points else [np.nan, np.nan]
        assert np.array_equal([found.low, found.high], ends, equal_nan=True)
    draws, harm = one.draws, CHARTS["harm"].table(one) if CHARTS["harm"].applies(one) else pd.DataFrame()
    for row in harm.to_dict("records"):
        force = (draws["outcome"] == "in_force").to_numpy(bool)
        runs = ~force if row["runs"].startswith("no ") else force
        numbers = draws.loc[runs, f"{row['quantity']}_{row['party']}"]
        bands = np.quantile(numbers, [0.1, 0.5, 0.9]) if len(numbers) >= LEAST_GROUP else [np.nan] * 3
        drawn = [row["low"], row["median"], row["high"]]
        assert row["n"] == len(numbers) and np.array_equal(drawn, bands, equal_nan=True)


def tables(one):
    """Every table of results."""
    yield from (one.packages(), one.blockers(), one.parties(), funnel(one), pd.DataFrame([one.summary()]))
    yield from (chart.table(one) for chart in CHARTS.values() if chart.applies(one))


def test_where_rows_are_cut_moves_no_bit_of_any_table(one, monkeypatch):
    monkeypatch.setattr(statistics, "MOST_HELD", 20)
    pieces = replace(one, rows=cut(one.draws, 1, 7, 8, 40))
    for whole, parts in zip(tables(one), tables(pieces), strict=True):
        pd.testing.assert_frame_equal(whole, parts, check_exact=True)


def test_the_order_of_pieces_moves_no_bit_of_any_total(one):
    """The funnel names thirds by row where numbers are equal, and the frontier shows the first agreements."""
    mixed = replace(one, rows=FrameRows(list(reversed(cut(one.draws, 1, 7, 30, 64).frames))))
    for make in (Results.packages, Results.blockers, Results.parties, lambda each: pd.DataFrame([each.summary()])):
        pd.testing.assert_frame_equal(make(one), make(mixed), check_exact=True)
    for name in ("packages", "ledger", "survival", "harm", "talks"):
        if CHARTS[name].applies(one):
            pd.testing.assert_frame_equal(CHARTS[name].table(one), CHARTS[name].table(mixed), check_exact=True)


# From folders.


def refuse(self):
    raise AssertionError("all columns of all draws were wanted at once")


@pytest.mark.parametrize("most", [0, 64_000_000])
def test_a_batch_and_a_comparison_never_load_all_columns(tmp_path, monkeypatch, most):
    """Nor do they keep rows that are too many; then chunks are read again, with the same tables."""
    monkeypatch.setattr(reading, "MOST_CACHED", most)
    monkeypatch.setattr(Results, "draws", property(refuse))
    path = SCENARIOS / "two-banks-pullback.yaml"
    charts = {} if most else {"finish": lambda one, folder: [chart(one) for chart in charts_of(one)]}
    batch([path], 150, workers=1, out=tmp_path, **charts)
    (folder,) = (each for each in tmp_path.iterdir() if each.is_dir())
    stored, played = open_results(folder), run(shipped("two-banks-pullback"), 150)
    for here, there in zip(tables(played), tables(stored), strict=True):
        pd.testing.assert_frame_equal(here, there, check_exact=True)
    assert compare([stored, played]).figures["difference"].dropna().eq(0).all()


def test_a_chunk_that_is_damaged_while_results_are_open_is_not_used(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "MOST_CACHED", 0)
    batch([SCENARIOS / "orange-and-lemon.yaml"], 20, workers=1, out=tmp_path)
    (folder,) = (each for each in tmp_path.iterdir() if each.is_dir())
    stored, chunk = open_results(folder), next((folder / "draws").iterdir())
    data = bytearray(chunk.read_bytes())
    data[len(data) // 2] ^= 1
    chunk.write_bytes(data)
    with pytest.raises(DamagedResults, match=r"draws/00000000-00000019\.parquet"):
        stored.summary()
    chunk.unlink()
    with pytest.raises(DamagedResults, match="is missing"):
        stored.parties()


MEASURE = """
import sys, tracemalloc
from dataclasses import replace
from sim.results import statistics as order_statistics
from sim.charts import CHARTS
from sim.results.drivers import funnel
from sim.results.results import run
from sim.results.rows import FrameRows
from sim.scenario import read_scenario

class Again(FrameRows):
    "The same rows again and again."
    times = int(sys.argv[2])
    count = property(lambda self: len(self.frames[0]) * self.times)
    def pieces(self, names):
        for _ in range(self.times):
            yield from super().pieces(names)

order_statistics.MOST_HELD = 1 << 17  # so that both sizes have more
one = run(read_scenario(sys.argv[1]), 20_000)
one = replace(one, rows=Again(one.rows.frames))
for chart in CHARTS.values():
    chart.applies(one)
tracemalloc.start()
print(one.n, one.summary()["n"], len(one.parties()), len(funnel(one)))
for chart in CHARTS.values():
    if chart.applies(one):
        chart.table(one)
print(tracemalloc.get_traced_memory()[1])
"""


@pytest.mark.slow
def test_memory_of_tables_does_not_grow_with_the_number_of_draws():
    """The same 20,000 rows 10 and 40 times over: one column of the difference alone would be 5 MB."""
    peaks = []
    for times in (10, 40):
        command = [sys.executable, "-c", MEASURE, str(SCENARIOS / "two-banks-pullback.yaml"), str(times)]
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
        assert told[0].startswith(f"{20_000 * times} {20_000 * times} ")
        peaks.append(int(told[1]))
    assert peaks[1] < peaks[0] + 2_500_000


def test_a_run_is_played_chunk_by_chunk(monkeypatch):
    """What playing a chunk takes is given back before the next one is played."""
    lengths = []
    play = results.play_chunk

    def noted(scenario, seed, start, count, table=None):
        lengths.append(count)
        return play(scenario, seed, start, count, table)

    monkeypatch.setattr(results, "play_chunk", noted)
    monkeypatch.setattr(results, "chunk_length", lambda scenario, table: 64)
    assert run(shipped("orange-and-lemon"), 150).n == 150
    assert lengths == [64, 64, 22]
