"""What a notebook shows: a small table of each public result, and its charts by `.plot`."""

from dataclasses import replace

import pytest

import sim
from sim.charts import CHARTS
from sim.charts.page import Picture
from tests.charts.test_charts import shipped


@pytest.fixture(scope="module")
def results():
    return shipped("two-banks-pullback", 120)


def test_results_show_their_headline_figures(results):
    html, facts = results._repr_html_(), results.summary()
    assert f"{facts['agreement_share']:.1%}" in html and "Agreement signed" in html
    assert facts["most_frequent"] in html and "120 runs, seed 1" in html


def test_labels_of_a_file_stay_text(results):
    hostile = replace(results, scenario=results.scenario.model_copy(update={"title": "<script>alert(1)</script>"}))
    assert "<script>" not in hostile._repr_html_()


def test_every_chart_of_results_is_in_plot(results):
    assert dir(results.plot) == sorted(CHARTS)
    picture = results.plot.funnel()
    assert isinstance(picture, Picture) and picture.alt == CHARTS["funnel"](results).alt
    with pytest.raises(AttributeError, match="no chart is called 'funel'; there are packages"):
        results.plot.funel  # noqa: B018


def test_analyses_have_tables_and_charts(results):
    moved = sim.sensitivity(results)
    assert dir(moved.plot) == ["tornado"] and "stands_out" in moved._repr_html_()
    other = shipped("two-banks-pullback", 120, "time.rounds=6")
    both = sim.compare([results, other])
    assert "compare" in dir(both.plot) and "side by side" in both.plot().alt
    assert "agreement signed" in both._repr_html_()
    boxes = sim.discover(results)
    assert "discovery" in dir(boxes.plot) and "<table" in boxes._repr_html_()
    fall = sim.waterfall(results.scenario, other.scenario, draws=40)
    assert "waterfall" in dir(fall.plot) and "step" in fall._repr_html_()
    played = sim.tournament(shipped("orange-and-lemon", 1).scenario, ["time_dependent", "tit_for_tat"], draws=40)
    assert isinstance(played.plot(), Picture) and "time_dependent" in played._repr_html_()
