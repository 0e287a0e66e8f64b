"""What many draws add up to."""

import pandas as pd
import pytest
from scipy.stats import binomtest

from sim.results.results import run, share_interval
from tests.problems import shipped


@pytest.fixture(scope="module")
def results():
    return run(shipped("two-banks-pullback"), 400, seed=3)


@pytest.mark.parametrize(("count", "n"), [(0, 10), (3, 10), (10, 10), (28, 1000), (1, 1)])
def test_intervals_of_shares_are_wilsons(count, n):
    wanted = binomtest(count, n).proportion_ci(method="wilson")
    assert share_interval(count, n) == pytest.approx((wanted.low, wanted.high), abs=1e-9)


def test_shares_of_packages_are_counted_over_all_runs(results):
    table = results.packages()
    assert table["count"].sum() == results.draws["package"].notna().sum()
    assert (table["share"] == table["count"] / 400).all()
    assert table["count"].is_monotonic_decreasing
    parts = results.draws["package"].dropna().str.split("/")
    counts = pd.Series([f"{p[0]}/{p[1]}" for p in parts]).value_counts()  # headline: strip, recognition
    assert dict(zip(table["package"], table["count"], strict=True)) == counts.to_dict()


def test_packages_may_be_grouped_by_any_issues(results):
    assert results.packages(["observers"])["count"].sum() == results.packages()["count"].sum()
    assert list(results.packages(["observers", "strip"]).columns[:3]) == ["package", "observers", "strip"]


def test_outcomes_are_shares_of_all_runs(results):
    summary = results.summary()
    assert sum(summary["outcomes"].values()) == pytest.approx(1)
    assert summary["agreement_share"] == pytest.approx(summary["outcomes"]["in_force"] + summary["outcomes"]["refused"])
    assert summary["zone_share"] == pytest.approx(1 - summary["outcomes"]["no_zone"])


def test_two_lines_that_exclude_each_other_count_half_for_each_side():
    hard = shipped("ukraine-bargaining-only").with_sets(["parties.*.red_lines.*.hardness=1"])
    blocking = run(hard, 6).parties().set_index("party")["blocking"]
    assert blocking["ukraine"] == blocking["russia"] == pytest.approx(0.5)


def test_results_print_their_headline(results):
    text = repr(results)
    assert "n = 400" in text
    assert "of runs" in text


def test_the_first_draws_alone(results):
    first = results.first(150)
    assert first.n == 150
    assert first.draws.equals(results.draws.iloc[:150])
    assert first.tallies.draws == 150
    assert results.first(1000) is results


def test_at_least_one_draw_is_needed():
    with pytest.raises(ValueError, match="at least 1 draw"):
        run(shipped("orange-and-lemon"), 0)
