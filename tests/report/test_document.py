"""One document, three forms: what is in one is in the others; lines keep to the width, and foreign text stays text."""

import json
from pathlib import Path

import pytest

import sim
from sim.analysis.explain_draw import explain_draw
from sim.report import KINDS, compose
from sim.report.document import Folded, Heading, Paragraph, bullets, heading, paragraph, sections, table
from sim.report.plain import pick, plain
from sim.report.terminal import as_text

SCENARIO = Path(__file__).parents[2] / "scenarios" / "orange-and-lemon.yaml"


@pytest.fixture(scope="module")
def results_of_each_kind():
    scenario = sim.read_scenario(SCENARIO)
    runs = sim.run(scenario, 120)
    banks = sim.read_scenario(SCENARIO.with_name("two-banks-pullback.yaml"))
    return [
        sim.compare([runs, sim.run(scenario, 120)]), sim.discover(runs), explain_draw(scenario, 1, 0),
        sim.explain(runs, 5), sim.narrate(scenario), sim.portrait(scenario), sim.sensitivity(runs),
        sim.tournament(scenario, ["time_dependent", "{name: time_dependent, exponent: 4}"], draws=5),
        sim.hindcast(sim.read_scenario(SCENARIO.with_name("ukraine-december-2025.yaml")), 50),
        sim.rank_texts(scenario, 20), sim.need(banks, "strip_for_embassies", 0.9, 20),
        sim.role_sheet(banks, "upland"), sim.debrief(banks, "strip_for_embassies", 20),
    ]  # fmt: skip


def test_every_kind_has_all_forms(results_of_each_kind):
    assert {type(each).__name__ for each in results_of_each_kind} == {*KINDS}
    for each in results_of_each_kind:
        text, page = sim.render(each), sim.render(each, "html")
        assert text == str(each) and len(text) > 100
        assert json.loads(json.dumps(sim.render(each, "data"), allow_nan=False)) == each.as_data()
        heads = [block.text for block in compose(each) if isinstance(block, Heading)]
        assert page.startswith("<!DOCTYPE html>") and page.count("<h2 id=") >= len(heads)
    with pytest.raises(ValueError, match="no form 'pdf'"):
        sim.render(results_of_each_kind[0], "pdf")


def test_a_paragraph_hangs_and_keeps_to_the_width():
    text = as_text([Paragraph("one two three four five", 2, 3), Paragraph("x" * 25)], 12)
    assert text.splitlines() == ["  one two", "     three", "     four", "     five", "x" * 12, "x" * 12, "x"]
    assert all(len(line) <= 20 for line in as_text([paragraph("many words " * 20, 4, 2)], 20).splitlines())


def test_a_table_has_its_cells_where_they_belong():
    made = table(["", "n", "<why"], [["all", 12, None], ["a few"]])
    assert made.left == {0, 2} and made.rows == (("all", "12", None), ("a few", "", ""))
    assert as_text([made]).splitlines() == ["           n   why", "  all     12   -", "  a few"]
    assert as_text([bullets(["one", "two"])]).splitlines() == ["  -   one", "  -   two"]


def test_blocks_belong_to_the_heading_above_them():
    first, second = Paragraph("before"), Folded("more", "all of it")
    found = list(sections([first, heading("One, two"), second, heading("Three", "third")]))
    assert [(each.id, each.title, each.blocks) for each in found] == [
        ("", "", (first,)), ("one-two", "One, two", (second,)), ("third", "Three", ()),
    ]  # fmt: skip


def test_plain_data_is_what_json_has():
    assert plain({"a": float("nan"), 1: (2, float("inf"))}) == {"a": None, "1": [2, None]}
    assert pick(Paragraph("x", 2), "indent says=text") == {"indent": 2, "says": "x"}
