"""Charts: they show the numbers of the results and nothing else, whatever the results and whoever wrote the labels."""

import itertools
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_hex
from matplotlib.container import BarContainer

from sim.charts import (
    CHARTS,
    compare,
    compare_table,
    png_bytes,
    save_charts,
    save_comparison,
    side_by_side,
)
from sim.charts.chart import svg_text
from sim.charts.frontier import chosen_pair
from sim.charts.page import DISCLAIMER
from sim.charts.style import BLUE, PARTY_STYLES, VERMILLION, outcome_label, party_styles
from sim.charts.talks import quantiles
from sim.charts.text import clean, option_texts, percent, share_text, text_width, wrap
from sim.results.files import StoreError
from sim.results.results import Results, run, share_interval
from sim.results.rows import FrameRows
from sim.scenario import read_scenario

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
HOSTILE = (
    "$x$ and $\\frac{1}{2}$", "<script>alert('1')</script>]]>&amp;", "=cmd|' /C calc'!A0", "@import 'https://example.org'",
    "Very long " * 60, "Unbreakable" * 40, "\u0627\u0644\u0639\u0631\u0628\u064a\u0629 \u202eevil\u202c",
    "line\nbreak\ttab\r\x00\x07",
    "\ud800 lone surrogate \uffff", "-->", "{curly} %s %(a)s \\n", "'DejaVu Sans'",
)  # fmt: skip
SVG = "{http://www.w3.org/2000/svg}"


def shipped(name, draws, *sets):
    return run(read_scenario(SCENARIOS / f"{name}.yaml", list(sets)), draws)


def hostile():
    """Two banks with every label replaced by something that somebody might try."""
    scenario = shipped("two-banks-pullback", 1).scenario
    labels = itertools.cycle(HOSTILE)
    issues = {
        name: issue.model_copy(
            update={"label": next(labels), "options": {option: next(labels) for option in issue.options}}
        )
        for name, issue in scenario.issues.items()
    }
    first, second = scenario.parties
    parties = {
        first: scenario.parties[first].model_copy(update={"label": HOSTILE[1]}),
        second: scenario.parties[second].model_copy(update={"label": HOSTILE[0]}),
    }
    proposals = {
        name: text.model_copy(update={"label": next(labels)}) for name, text in scenario.proposals.items()
    }
    told = {"title": HOSTILE[1], "headline": tuple(issues), "issues": issues, "parties": parties}
    changed = scenario.model_copy(update=dict(proposals=proposals, **told))
    return replace(run(changed, 32), provenance={"identity": "<b>=1+1</b>"})


def big(tmp_path, parties=6, issues=10):
    """Six parties and ten issues, all of them headline issues; half of the parties want one end, half the other."""
    weights = ", ".join(f"issue_{i}: {{value: {1 / issues}, range: [0.01, 0.4]}}" for i in range(issues))
    lines = ["schema: 1", "id: big", "title: Big", "time: {rounds: 5, days_per_round: 7}", "issues:"]
    options = "{one: One way, other: The other way}"
    lines += [f"  issue_{i}: {{label: Question {i}, options: {options}}}" for i in range(issues)]
    lines += ["parties:"]
    for p in range(parties):
        points = "{one: 100, other: 0}" if p % 2 else "{one: 0, other: 100}"
        values = ", ".join(f"issue_{i}: {points}" for i in range(issues))
        no_deal = "{value: 0.3, range: [0.1, 0.6]}"
        lines.append(f"  party_{p}: {{label: Party number {p}, signs: always, weights: {{{weights}}},")
        lines.append(f"    values: {{{values}}}, no_deal: {no_deal},")
        lines.append("    strategy: {name: time_dependent, exponent: 1, offers: best_for_others}}")
    lines.append("protocol: {name: alternating_offers, order: rotating, information: positions}")
    file = tmp_path / "big.yaml"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return run(read_scenario(file), 48)


NO_ZONE = ("parties.anna.no_deal=0.75", "parties.ben.no_deal=0.75")
MAKERS = {
    "orange": lambda tmp: shipped("orange-and-lemon", 64),
    "two_banks": lambda tmp: shipped("two-banks-pullback", 160),
    "one_draw": lambda tmp: shipped("two-banks-pullback", 1),
    "no_agreement": lambda tmp: shipped("orange-and-lemon", 64, *NO_ZONE),
    "one_draw_no_agreement": lambda tmp: shipped("orange-and-lemon", 1, *NO_ZONE),
    "one_headline_issue": lambda tmp: shipped("two-banks-pullback", 160, "headline=[strip]"),
    "hostile": lambda tmp: hostile(),
    "big": big,
}
over_charts = pytest.mark.parametrize("chart", CHARTS)
over_cases = pytest.mark.parametrize("case", MAKERS)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Every case, played once."""
    folder = tmp_path_factory.mktemp("charts")
    return {name: make(folder) for name, make in MAKERS.items()}


@pytest.fixture(scope="module")
def drawn(results):
    """Pictures and their SVG, drawn once a chart and case."""
    made = {}

    def get(chart, case):
        if (chart, case) not in made:
            picture = CHARTS[chart](results[case])
            made[chart, case] = picture, svg_text(picture)
        return made[chart, case]

    return get


def texts(picture):
    """Every visible text of a picture with its box in pixels."""
    picture.draw_without_rendering()  # labels of axes were last placed for the resolution of a file
    renderer = picture.canvas.get_renderer()
    found = picture.findobj(matplotlib.text.Text)
    return [(text, text.get_window_extent(renderer)) for text in found if text.get_text() and text.get_visible()]


def overlapping(picture):
    """Pairs of texts that cover each other, and texts that leave the page."""
    boxes, faults = texts(picture), []
    width, height = picture.bbox.width, picture.bbox.height
    hidden = set()
    for axes in picture.axes:
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            for tick in axis.get_major_ticks():
                if not axes.axison or not low <= tick.get_loc() <= high:
                    hidden |= {tick.label1, tick.label2}
    boxes = [(text, box) for text, box in boxes if text not in hidden and box.width > 0]
    for text, box in boxes:
        if box.x0 < -1 or box.y0 < -1 or box.x1 > width + 1 or box.y1 > height + 1:
            faults.append(f"cut: {text.get_text()[:60]!r}")
    for (one, a), (other, b) in itertools.combinations(boxes, 2):
        if min(a.x1, b.x1) - max(a.x0, b.x0) > 2 and min(a.y1, b.y1) - max(a.y0, b.y0) > 3.5:
            faults.append(f"{one.get_text()[:40]!r} covers {other.get_text()[:40]!r}")
    return faults


# -- every chart, every case -------------------------------------------------------------------------------------------


@over_charts
@over_cases
def test_svg_is_well_formed_and_says_in_words_what_it_shows_of_how_many_runs(drawn, results, chart, case):
    picture, svg = drawn(chart, case)
    root = ElementTree.fromstring(svg)
    assert root.tag == f"{SVG}svg"
    assert root.find(f"{SVG}title").text.strip()
    described = root.find(f"{SVG}desc").text
    assert described == picture.alt
    assert len(described) > 60
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == f"{root.find(f'{SVG}title').get('id')} {root.find(f'{SVG}desc').get('id')}"
    shown = " ".join("".join(element.itertext()) for element in root.iter(f"{SVG}text"))
    assert DISCLAIMER in shown and f"n = {results[case].n:,} run" in shown and f"seed {results[case].seed}" in shown


@over_charts
@over_cases
def test_svg_has_no_date_no_program_and_no_outside_address(drawn, chart, case):
    _, svg = drawn(chart, case)
    assert "<metadata" not in svg and "<!DOCTYPE" not in svg and "<!--" not in svg
    for element in ElementTree.fromstring(svg).iter():
        assert element.tag.removeprefix(SVG) not in ("script", "a", "image", "foreignObject")
        for name, value in element.attrib.items():
            assert not name.lower().startswith("on")
            if name.endswith("href") or "url(" in value:
                assert re.fullmatch(r"#\w+|.*url\(#\w+\).*", value, re.DOTALL), (name, value)
            assert "http" not in value


@over_charts
@over_cases
def test_nothing_is_cut_and_every_letter_can_be_read(drawn, chart, case):
    picture, _ = drawn(chart, case)
    assert not overlapping(picture)
    for text in picture.findobj(matplotlib.text.Text):
        if text.get_text() and text.get_visible():
            assert text.get_fontsize() >= 9 and not text.get_parse_math(), text.get_text()


@over_charts
def test_same_results_same_bytes_whatever_the_users_settings(drawn, results, chart):
    _, svg = drawn(chart, "two_banks")
    first = png_bytes(CHARTS[chart](results["two_banks"]), dpi=40)
    with matplotlib.rc_context({"svg.fonttype": "path", "font.size": 17, "text.parse_math": True, "axes.grid": True}):
        picture = CHARTS[chart](results["two_banks"])
        assert svg_text(picture) == svg
        assert png_bytes(picture, dpi=40) == first
    assert b"matplotlib" not in first.lower()


@over_charts
@pytest.mark.parametrize("case", ["no_agreement", "one_draw_no_agreement"])
def test_a_chart_without_any_agreement_says_so_in_the_picture(drawn, chart, case):
    _, svg = drawn(chart, case)
    assert re.search(r"No (package|agreement) was signed|[Nn]o agreement was signed|In no run was any package", svg)


@over_charts
def test_words_take_no_side_and_predict_nothing(drawn, chart):
    for case in ("orange", "two_banks", "no_agreement"):
        picture, svg = drawn(chart, case)
        said = f"{picture.alt} {svg}".replace(DISCLAIMER, "")
        assert not re.search(r"\b(will|probability|likely|should|forecast|predict\w*|concede[sd]?)\b", said)


@over_charts
def test_hash_of_the_results_is_in_the_footer(results, chart):
    known = replace(results["orange"], provenance={"identity": "9c41d2aa"})
    assert "results 9c41d2aa" in svg_text(CHARTS[chart](known))


# -- the numbers are those of the results ------------------------------------------------------------------------------


def test_packages_are_counted_as_in_the_draws(results):
    for case in ("two_banks", "orange", "no_agreement", "one_draw"):
        one = results[case]
        issues = list(one.scenario.issues)
        wanted = list(one.scenario.headline or issues)
        signed = [text.split("/") for text in one.draws["package"].dropna()]
        expected = {}
        for options in signed:
            name = "/".join(options[issues.index(issue)] for issue in wanted)
            expected[name] = expected.get(name, 0) + 1
        table = CHARTS["packages"].table(one)
        packages = table[table["kind"] == "package"]
        assert dict(zip(packages["name"], packages["count"], strict=True)) == expected
        assert list(packages["count"]) == sorted(packages["count"], reverse=True)
        assert table["count"].sum() == one.n
        for row in table.to_dict("records"):
            assert row["share"] == row["count"] / one.n
            assert (row["low"], row["high"]) == share_interval(row["count"], one.n)
        outcomes = table[table["kind"] == "outcome"].set_index("name")["count"].to_dict()
        for outcome, count in one.draws["outcome"].value_counts().items():
            assert outcome in ("in_force", "refused") or outcomes[outcome] == count  # both were signed


def bar_widths(axes):
    """Length of every bar, from the top down."""
    bars = [bar for container in axes.containers if isinstance(container, BarContainer) for bar in container]
    return [bar.get_width() for bar in bars]


def test_bars_of_the_packages_are_as_long_as_their_shares(drawn, results):
    table = CHARTS["packages"].table(results["two_banks"])
    picture, _ = drawn("packages", "two_banks")
    (axes,) = (axes for axes in picture.axes if axes.containers)
    assert bar_widths(axes) == pytest.approx(table["share"].tolist())


def test_packages_beyond_the_twelfth_are_told_together(results):
    one = results["big"]
    rows = CHARTS["packages"].frame([one]).rows
    table = one.packages()
    assert len(table) > 13
    assert sum(row.kind == "package" for row in rows) == 12
    (axes,) = (axes for axes in CHARTS["packages"](one).axes if axes.containers)
    place = [row.kind for row in rows if row.kind != "heading"].index("other")
    assert bar_widths(axes)[place] == pytest.approx(table["count"].iloc[12:].sum() / one.n)


def test_pairs_signed_together_are_counted_as_in_the_draws(results):
    one = results["two_banks"]
    issues = list(one.scenario.issues)
    signed = [dict(zip(issues, text.split("/"), strict=True)) for text in one.draws["package"].dropna()]
    table = CHARTS["concessions"].table(one)
    assert len(table) == 3 + 2 + 2 * 3  # options of both headline issues alone, and their pairs
    for row in table.to_dict("records"):
        wanted = {row["issue_a"]: row["option_a"]} | ({row["issue_b"]: row["option_b"]} if row["issue_b"] else {})
        assert row["count"] == sum(all(text[issue] == option for issue, option in wanted.items()) for text in signed)
        assert row["share"] == row["count"] / one.n
    impossible = table[~table["possible"]]
    assert not len(impossible)  # in Two banks every strip goes with every recognition


def test_zone_of_the_orange_and_the_lemon_on_paper(results):
    """Worth at least 0.25 to both: of nine packages, these five."""
    table = CHARTS["zone"].table(results["orange"])
    pairs = table[table["issue_b"] != ""]
    share = {(row["option_b"], row["option_a"]): row["share"] for row in pairs.to_dict("records")}
    acceptable = {
        ("to_anna", "halves"), ("to_anna", "to_ben"), ("halves", "halves"), ("halves", "to_ben"), ("to_ben", "to_anna"),
    }  # fmt: skip
    assert {pair for pair, found in share.items() if found == 1} == acceptable
    assert {found for pair, found in share.items() if pair not in acceptable} == {0}


@pytest.mark.parametrize("chart", ["concessions", "zone"])
def test_cells_show_the_numbers_of_the_table(drawn, results, chart):
    one = results["two_banks"]
    picture, _ = drawn(chart, "two_banks")
    table = CHARTS[chart].table(one)
    cells = [text.get_text() for axes in picture.axes if not axes.axison for text in axes.texts]
    expected = [percent(int(count), one.n, sign="") for count in table["count"]]
    assert sorted(cells) == sorted(expected)


def test_options_that_exclude_each_other_are_hatched_not_zero():
    one = shipped("two-banks-pullback", 16, "headline=[strip, pull_back]")
    table = CHARTS["concessions"].table(one).set_index(["option_b", "option_a"])
    assert not table.loc[("upland_keeps", "reciprocal"), "possible"].any()
    assert not table.loc[("lowland_full", "stay"), "possible"].any()
    assert table.loc[("lowland_full", "reciprocal"), "possible"].all()
    picture = CHARTS["concessions"](one)
    hatched = [patch for axes in picture.axes for patch in axes.patches if patch.get_hatch()]
    assert len(hatched) == 4 + 1  # cells, and the sample in the legend
    assert "no package has both options" in svg_text(picture)


def test_frontier_of_the_orange_and_the_lemon_on_paper(results):
    table = CHARTS["frontier"].table(results["orange"])
    frontier = table[table["kind"] == "frontier"][["anna_low", "ben_low"]].to_numpy(float)
    worths = [(0, 1), (0.35, 0.8), (0.7, 0.6), (0.85, 0.3), (1, 0)]
    assert frontier == pytest.approx(np.array(worths, float))
    (nash,) = (row for row in table.to_dict("records") if row["kind"] == "solution" and row["name"].startswith("Nash"))
    assert (nash["anna_low"], nash["ben_high"]) == pytest.approx((0.7, 0.6))
    proposals = table[table["kind"] == "proposal"].set_index("name")
    assert proposals.loc["Split both trees", ["anna_low", "anna_high"]].tolist() == pytest.approx([0.5, 0.5])
    agreed = table[table["kind"] == "agreement"]
    assert agreed["draw"].tolist() == results["orange"].draws["draw"].tolist()
    assert (agreed["anna_low"].to_numpy(float) == results["orange"].draws["utility_anna"].to_numpy()).all()


def test_no_signed_package_lies_beyond_the_frontier(results):
    """Each run has utilities of its own: in the picture all is drawn at central numbers, signed packages too."""
    table = CHARTS["frontier"].table(results["two_banks"])
    places = {
        kind: table[table["kind"] == kind][["upland_low", "lowland_low"]].to_numpy(float)
        for kind in ("frontier", "agreement")
    }
    signed, frontier = places["agreement"], places["frontier"]
    assert len(signed) > 30
    for place in signed:
        assert not ((place > frontier + 1e-9).all(axis=1)).any() and (frontier >= place - 1e-9).all(axis=1).any()


def test_the_talks_say_that_easy_runs_have_left(results):
    chart = CHARTS["talks"]
    one = results["two_banks"]
    notes = " ".join(chart.caption(one, chart.frame([one])).notes)
    assert f"the easy ones first: {one.n:,} runs are in round 1" in notes


def test_nothing_is_drawn_of_fewer_than_30_runs(results):
    """29 agreements in force are a sentence with the count and how many runs would be needed."""
    one = results["two_banks"]
    few = one.draws[one.draws["outcome"] == "in_force"].head(29)
    unsigned = one.draws[one.draws["package"].isna()]
    shown = replace(one, rows=FrameRows([pd.concat([few, unsigned])]))
    for chart in ("survival", "ledger"):
        words = re.sub("<[^>]*>", " ", svg_text(CHARTS[chart](shown)))
        assert "too few for a curve, a bar or a mean, which take 30; about" in " ".join(words.split()), chart


def test_frontier_shows_belligerents_else_those_who_always_sign(results):
    scenario = results["two_banks"].scenario
    assert chosen_pair(scenario) == (("upland", "lowland"), "the two whose consent every package needs")
    upland, lowland = (party.model_copy(update={"kind": "belligerent"}) for party in scenario.parties.values())
    third = upland.model_copy(update={"kind": "mediator"})
    three = scenario.model_copy(update={"parties": {"third": third, "lowland": lowland, "upland": upland}})
    assert chosen_pair(three) == (("lowland", "upland"), "the two belligerents")


def test_signatures_by_round_are_counted_as_in_the_draws(drawn, results):
    one = results["two_banks"]
    table = CHARTS["talks"].table(one)
    signed = table[table["quantity"] == "signed"].set_index("round")["runs"]
    expected = one.draws["round"].dropna().value_counts()
    assert signed[signed > 0].to_dict() == expected.to_dict()
    picture, _ = drawn("talks", "two_banks")
    (strip,) = (axes for axes in picture.axes if axes.containers)
    heights = {round(bar.get_x() + bar.get_width() / 2): bar.get_height() for bar in strip.patches if bar.get_height()}
    assert heights == pytest.approx({number: count / one.n for number, count in expected.items()})


def test_aspirations_are_counted_over_the_runs_still_open(results):
    """Everybody open in a round asks for something: those not signed before it."""
    one = results["two_banks"]
    table = CHARTS["talks"].table(one)
    for party in one.scenario.parties:
        rows = table[(table["party"] == party) & (table["quantity"] == "aspiration")].set_index("round")
        for number, runs in rows["runs"].items():
            assert runs == int((one.draws["round"].isna() | (one.draws["round"] >= number)).sum())


@given(st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=60), st.sampled_from([0.1, 0.5, 0.9]))
def test_quantiles_of_a_histogram_are_within_a_bin_of_those_of_the_numbers(numbers, level):
    counts, _ = np.histogram(numbers, bins=200, range=(0, 1))
    (found,) = quantiles(counts, 0.0, 1.0, [level])
    exact = np.quantile(numbers, level, method="inverted_cdf")
    assert abs(found - exact) <= 1 / 200 + 1e-9


def test_quantiles_on_paper():
    assert quantiles(np.array([0, 4, 0, 0]), 0.0, 4.0) == pytest.approx([1.1, 1.5, 1.9])
    assert np.isnan(quantiles(np.zeros(4, np.int64), 0.0, 4.0)).all()


# -- shares in words ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "n", "said"),
    [
        (0, 50, "0 %"), (50, 50, "100 %"), (1, 400, "0.2 %"), (399, 400, "99.8 %"), (94, 400, "24 %"), (1, 1, "100 %"),
        (2350, 10_000, "24 %"), (235_000, 1_000_000, "23.5 %"), (3, 1_000_000, "<0.01 %"), (0, 0, "\u2013"),
    ],
)  # fmt: skip
def test_no_more_digits_than_the_standard_error_allows(count, n, said):
    assert percent(count, n) == said


def test_a_share_comes_with_its_interval():
    assert share_text(100, 400) == "25 % (21\u201329)"


def test_in_force_is_called_signed_where_nobody_votes(results):
    assert outcome_label(results["orange"], "in_force") == "Agreement signed"
    assert "in force" not in svg_text(compare([results["orange"]]))


# -- labels of strangers -----------------------------------------------------------------------------------------------


@given(st.text(max_size=80), st.floats(0.5, 3))
def test_wrapped_lines_fit_and_lose_nothing(text, width):
    lines = wrap(text, width, 9)
    assert all(text_width(line, 9) <= width or len(line) == 1 for line in lines)
    assert "".join(lines).replace(" ", "") == clean(text).replace(" ", "")


def test_text_that_does_not_fit_ends_in_an_ellipsis():
    lines = wrap("one two three four five six seven eight", 0.8, 9, lines=2)
    assert len(lines) == 2
    assert lines[1].endswith("…")
    assert text_width(lines[1], 9) <= 0.8


# -- colours, scales, comparison ---------------------------------------------------------------------------------------


def test_colours_follow_the_place_in_the_file(drawn, results):
    scenario = results["two_banks"].scenario
    styles = party_styles(scenario)
    assert [styles[name].colour for name in ("upland", "lowland")] == [BLUE, VERMILLION]
    turned = scenario.model_copy(update={"parties": dict(reversed(scenario.parties.items()))})
    assert party_styles(turned)["lowland"].colour == BLUE
    for looks in zip(*((style.colour, style.dash, style.marker) for style in PARTY_STYLES), strict=True):
        assert len(set(looks)) == len(PARTY_STYLES)
    picture, _ = drawn("talks", "two_banks")
    panels = [axes for axes in picture.axes if axes.get_ylabel().startswith("utility")]
    for axes, style in zip(panels, styles.values(), strict=True):
        (aspiration,) = (line for line in axes.lines if line.get_marker() == style.marker)
        assert to_hex(aspiration.get_color()).upper() == style.colour


@pytest.mark.parametrize("case", MAKERS)
def test_bars_start_at_zero(drawn, results, case):
    pictures = [drawn("packages", case)[0], drawn("talks", case)[0], compare([results[case]])]
    bars = 0
    for picture in pictures:
        for axes in picture.axes:
            for container in axes.containers:
                for bar in container:
                    bars += 1
                    upright = axes.get_ylabel() != ""
                    assert (bar.get_y() if upright else bar.get_x()) == 0
                    assert (axes.get_ylim() if upright else axes.get_xlim())[0] == 0
                    end = bar.get_height() if upright else bar.get_width()
                    assert 0 <= end <= (axes.get_ylim() if upright else axes.get_xlim())[1]
    assert bars


def test_results_are_compared_on_one_scale(results):
    pair = [results["orange"], results["no_agreement"]]
    picture = compare(pair, ["As it is", "Better markets"])
    assert not overlapping(picture)
    scales = [axes.get_xlim() for axes in picture.axes if axes.containers]
    assert len(scales) == 2 and scales[0] == scales[1]
    table = compare_table(pair, ["As it is", "Better markets"]).set_index(["result", "kind", "name"])
    assert table.loc[("As it is", "total", "Agreement signed"), "count"] == 64
    assert table.loc[("Better markets", "outcome", "no_zone"), "share"] == 1
    assert table.loc[("Better markets", "package", "to_anna/to_ben"), "count"] == 0
    for label in ("As it is", "Better markets"):
        bars = table.loc[label]
        assert bars[bars.index.get_level_values(0) != "total"]["count"].sum() == 64


def test_packages_of_different_issues_are_not_compared(results):
    picture = compare([results["orange"], results["two_banks"]])
    assert not overlapping(picture)
    assert "not compared" in svg_text(picture)
    assert set(compare_table([results["orange"], results["two_banks"]])["kind"]) == {"total", "outcome"}


@over_charts
def test_any_chart_can_be_shown_for_several_results_on_one_scale(results, chart):
    pair = [results["one_headline_issue"], results["two_banks"]]
    picture = side_by_side(CHARTS[chart], pair, ["One", "Many"])
    assert not overlapping(picture)
    assert "One: " in picture.alt and "Many: " in picture.alt
    wide = [axes for axes in picture.axes if axes.bbox.width > 2.5 * picture.dpi]  # no signs, no heat maps
    limits = [(axes.get_xlim(), axes.get_ylim()) for axes in wide]
    half = len(limits) // 2
    assert limits[:half] == limits[half:]
    assert limits or chart not in ("packages", "frontier", "talks", "funnel", "ledger", "survival")
    bars = [axes for axes in picture.axes if axes.containers]
    if chart == "packages":  # no package of either is missing
        assert [sum(bar_widths(axes)) for axes in bars] == pytest.approx([1, 1])
    if chart == "talks":
        assert sum(bar.get_height() for bar in bars[-1].patches) == pytest.approx(results["two_banks"].agreed.mean())
        assert all(bar.get_height() <= axes.get_ylim()[1] for axes in bars for bar in axes.patches)


def test_frames_reach_as_far_as_the_widest_result(results):
    few, many = results["two_banks"], results["one_draw"]
    for chart in ("packages", "concessions", "talks"):
        limits = [CHARTS[chart].frame(which).limit for which in ([few], [many], [few, many], [many, few])]
        assert limits[2] == limits[3] == max(limits[:2])
    turned = side_by_side(CHARTS["talks"], [few, many])
    ends = [axes.get_ylim()[1] for axes in turned.axes if axes.containers]
    assert ends == [CHARTS["talks"].frame([many]).limit] * 2


def test_long_labels_give_way_to_names_and_a_key(results):
    scenario = results["two_banks"].scenario
    short = option_texts(scenario, "strip", width=3.5, size=9)
    assert short.texts["demilitarised"] == "It goes back to Lowland, without soldiers"
    assert short.key == ()
    named = option_texts(scenario, "strip", width=1.2, size=9, used=["upland_keeps", "demilitarised"])
    assert dict(named.texts) == {"upland_keeps": "Upland keeps it", "demilitarised": "Lowland, no soldiers"}
    assert ("Lowland, no soldiers", "It goes back to Lowland, without soldiers") in named.key


def test_results_that_cannot_be_told_apart_get_letters(results):
    alt = compare([results["orange"], results["no_agreement"]]).alt
    assert "A: " in alt and "B: " in alt
    with pytest.raises(ValueError, match="2 results need as many labels, not 1"):
        compare([results["orange"], results["no_agreement"]], ["one"])
    with pytest.raises(ValueError, match="at least one result"):
        compare([])


# -- files -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kinds", [("svg", "csv"), ("svg", "png", "csv")])
def test_each_chart_is_saved_with_its_numbers_and_as_png_on_demand(results, tmp_path, kinds):
    paths = save_charts(results["orange"], tmp_path / "charts", png="png" in kinds)
    applied = [name for name, chart in CHARTS.items() if chart.applies(results["orange"])]
    assert [path.name for path in paths] == [f"{name}.{kind}" for name in applied for kind in kinds]
    assert sorted(tmp_path.rglob("*.*")) == sorted(paths)
    assert all(path.stat().st_size for path in paths)


def test_only_the_charts_asked_for_are_saved(results, tmp_path):
    paths = save_charts(results["orange"], tmp_path, ["zone"])
    assert [path.name for path in paths] == ["zone.svg", "zone.csv"]
    with pytest.raises(ValueError, match="no chart is called 'zoen'; there are packages, "):
        save_charts(results["orange"], tmp_path / "no", ["packages", "zoen"])
    assert not (tmp_path / "no").exists()


def test_a_comparison_is_saved_with_its_numbers(results, tmp_path):
    paths = save_comparison([results["orange"], results["no_agreement"]], tmp_path, ["zone"], ["a", "b"])
    assert [path.name for path in paths if path.suffix == ".csv"] == ["compare.csv", "compare-zone.csv"]
    assert set(pd.read_csv(tmp_path / "compare-zone.csv")["result"]) == {"a", "b"}


def test_a_write_that_fails_leaves_no_half_file(results, tmp_path, monkeypatch):
    (tmp_path / "zone.svg").write_text("as before")

    def fails(*_):
        raise OSError("disk full")

    monkeypatch.setattr("os.replace", fails)
    with pytest.raises(StoreError, match=r"cannot write .*zone\.svg: disk full"):
        save_charts(results["orange"], tmp_path, ["zone"])
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("zone.svg", "as before")]


def test_a_notebook_shows_a_picture_without_pyplot(results):
    code = "import sys, sim.charts; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=SCENARIOS.parent, check=False).returncode == 0
    assert CHARTS["packages"](results["one_draw"])._repr_png_().startswith(b"\x89PNG")
    assert isinstance(results["one_draw"], Results)
