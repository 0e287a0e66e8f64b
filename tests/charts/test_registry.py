"""Charts are registered once: lists, pages and `save_charts` go by the registry and by each chart's own group."""

import re

import pandas as pd
import pytest

from sim.charts import ANALYSIS_CHARTS, CHARTS, Chart, charts_of
from sim.charts.chart import Charts
from sim.charts.page import PAGE, Caption
from sim.report import result_page
from sim.results.results import run
from tests.charts.test_charts import shipped

EVERY = [*CHARTS.values(), *ANALYSIS_CHARTS.values()]


@pytest.fixture(scope="module")
def results():
    return shipped("orange-and-lemon", 40)


@pytest.mark.parametrize("chart", EVERY, ids=lambda chart: chart.name)
def test_a_chart_has_all_that_the_base_class_asks_for(chart):
    for name in ("frame", "size", "draw", "caption", "table"):
        assert getattr(type(chart), name) is not getattr(Chart, name)
    assert chart.name and chart.about and chart.group


def test_a_name_is_taken_once():
    charts = Charts()

    class One(Chart):
        name = "one"

    charts.register(One)
    with pytest.raises(ValueError, match="two charts are called 'one'"):
        charts.register(One)
    assert list(charts) == ["one"]


def test_charts_are_those_of_their_subject(results):
    assert [chart.name for chart in charts_of(results)] == [
        name for name, chart in CHARTS.items() if chart.applies(results)
    ]
    assert charts_of(object()) == []


def test_a_chart_in_a_group_of_its_own_has_a_section_of_the_page(results, monkeypatch):
    class Empty(Chart):
        name, about, group = "empty", "an empty chart", "a_new_group"

        def frame(self, subjects, form=PAGE):
            return None

        def size(self, subject, shared):
            return 6.0, 1.0

        def draw(self, panel, subject, shared):
            panel.text(0, 0, "nothing")

        def caption(self, subject, shared):
            return Caption("An empty chart", "Nothing to read.", "", "Nothing is drawn.")

        def table(self, subject):
            return pd.DataFrame({"n": [subject.n]})

    monkeypatch.setitem(CHARTS._charts, "empty", Empty())
    page = result_page(results)
    section = re.search(r'<section id="a_new_group".*?</section>', page, re.DOTALL)
    assert section and "A new group" in section[0] and "An empty chart" in section[0]


def test_every_chart_that_applies_is_on_the_page():
    results = run(shipped("two-banks-pullback", 1).scenario, 40)
    page = result_page(results)
    for chart in charts_of(results):
        title = chart.caption(results, chart.frame([results])).title
        assert f">{title}</title>" in page, chart.name
