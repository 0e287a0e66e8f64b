"""Every registered chart as a slide: 1600 x 900 pixels, a sentence as title, at most eight rows, one line of footer."""

import io
import re

import pytest
from matplotlib.container import BarContainer
from PIL import Image

import sim
from sim.analysis.discovery import discover
from sim.analysis.hindcast import hindcast
from sim.analysis.sensitivity import Plan, sensitivity
from sim.analysis.texts import rank_texts
from sim.analysis.tournament import tournament
from sim.analysis.waterfall import waterfall
from sim.charts import ANALYSIS_CHARTS, CHARTS, compare, render_charts, save_charts, save_comparison
from sim.charts.chart import slide_bytes
from sim.charts.page import SLIDE
from sim.scenario import read_scenario
from tests.analysis.test_sweep_table import told as swept
from tests.charts.test_charts import SCENARIOS, hostile, overlapping, shipped, texts
from tests.commands import BANKS, call

EVERY = [*CHARTS, *ANALYSIS_CHARTS]
FLAGSHIP = SCENARIOS / "ukraine-december-2025.yaml"
MANY = {  # more inputs than a slide has rows for
    "banks": ["time.rounds=20", *(f"parties.{party}.{key}" for party in ("upland", "lowland")
                                  for key in ("no_deal=0.5", "strategy.exponent=2", "weights.strip=0.2"))],
    "flagship": ["parties.ukraine.no_deal=0.3"],
}  # fmt: skip
TEN = [f"{k}={{name: time_dependent, exponent: {k}}}" for k in range(1, 11)]
MADE = {}


def subject_of(chart, case):
    """What a chart is drawn of: results of 200 runs, or an analysis of them; made once."""
    if case not in MADE:
        MADE[case] = sim.run(read_scenario({"banks": BANKS, "flagship": FLAGSHIP}[case]), 200)
    results = MADE[case]
    if chart in CHARTS:
        return results
    other = results.scenario.with_sets(MANY[case])
    analyses = {
        "tornado": lambda: sensitivity(results),
        "pawn": lambda: sensitivity(results, methods=["pawn"]),
        "sobol": lambda: sensitivity(results, methods=["sobol"], plan=Plan(top=2, points=8)),
        "morris": lambda: sensitivity(results, methods=["morris"], plan=Plan(top=2, points=4)),
        "discovery": lambda: discover(results, "strip.demilitarised" if case == "banks" else "zone_ever"),
        "sweep": lambda: swept(BANKS, ["parties.upland.no_deal=0.4:0.6:3", "parties.lowland.no_deal=0.4:0.6:3"]),
        "tournament": lambda: tournament(read_scenario(BANKS), TEN, draws=32),
        "hindcast": lambda: hindcast(read_scenario(FLAGSHIP), 60),
        "texts": lambda: rank_texts(results.scenario, 60),
        "waterfall": lambda: waterfall(results.scenario, other, "signed", 40, 1, "ordered"),
    }  # fmt: skip
    name = {"support": "texts", "tradeoff": "texts"}.get(chart, chart)
    if (name, case) not in MADE:
        MADE[name, case] = analyses[name]()
    return MADE[name, case]


@pytest.fixture(params=["banks", "flagship"])
def case(request):
    return request.param


def drawn(chart, case):
    """A chart, what it is drawn of, and the slide; made once."""
    if ("slide", chart, case) not in MADE:
        kind, subject = {**CHARTS, **ANALYSIS_CHARTS}[chart], subject_of(chart, case)
        MADE["slide", chart, case] = kind, subject, kind.slide(subject)
    return MADE["slide", chart, case]


VERBS = r"\b(is|are|was|could|stands|holds?|goes|differs?|ranks|costs?|leaves|rises|says|beats|falls|ha[sv]e?|end)\b"


@pytest.mark.parametrize("chart", EVERY)
def test_a_slide_has_its_pixels_a_sentence_as_title_and_one_line_of_footer(chart, case):
    kind, subject, picture = drawn(chart, case)
    with Image.open(io.BytesIO(slide_bytes(picture))) as image:
        assert image.size == (1600, 900)
    title = picture.title
    assert re.search(VERBS, title) and re.match(r"[A-Z0-9“<]", title) and len(title.split()) >= 4, title
    assert title[-1] not in ".:;," and "…" not in title and title != kind.caption(subject, kind.frame([subject])).title
    (footer,) = [text.get_text() for text, _ in texts(picture) if text.get_text().endswith("no forecast")]
    assert f" · n = {subject.n:,} " in footer and f"peacesim {sim.__version__}" in footer and "\n" not in footer
    assert kind.kicker(subject)[:10] in footer and kind.intervals in footer


@pytest.mark.parametrize("chart", EVERY)
def test_nothing_on_a_slide_is_cut_off_covered_or_small(chart, case):
    _, _, picture = drawn(chart, case)
    assert not overlapping(picture), overlapping(picture)
    pixels = 1600 / picture.get_figwidth() / 72  # of a point
    assert not [text.get_text() for text, _ in texts(picture) if text.get_fontsize() * pixels < 17.99]
    found = texts(picture)
    largest = max(text.get_fontsize() for text, _ in found)
    title = [box.y0 for text, box in found if text.get_fontsize() == largest]
    assert title and max((axes.bbox.y1 for axes in picture.axes), default=0) < min(title)


@pytest.mark.parametrize("chart", EVERY)
def test_a_slide_has_at_most_eight_rows(chart, case):
    _, _, picture = drawn(chart, case)
    for axes in picture.axes:
        bars = [patch for group in axes.containers if isinstance(group, BarContainer) for patch in group]
        rows = {round(patch.get_y() + patch.get_height() / 2, 3) for patch in bars}
        marks = {round(float(line.get_ydata()[0]), 3) for line in axes.lines if len(line.get_ydata()) == 1}
        assert chart in ("talks", "blockers") or len(rows) <= 8, chart
        assert chart in ("tradeoff", "frontier", "survival", "discovery", "sweep") or len(marks) <= 2 * 8, chart


MORE = [("tornado", "input"), ("pawn", "input"), ("tournament", "strateg"), ("waterfall", "inputs")]


@pytest.mark.parametrize(("chart", "what"), MORE)
def test_what_has_no_room_is_counted(chart, what):
    _, subject, picture = drawn(chart, "banks")
    found = [re.fullmatch(r"and (\d+) more (\w+)", text.get_text()) for text, _ in texts(picture)]
    (more,) = [match for match in found if match]
    assert what in more[2]
    words = [text.get_text() for text, _ in texts(picture)]
    if chart == "tornado":
        bars = sum(len(axes.containers) for axes in picture.axes)  # one of them the dummy's
        assert int(more[1]) + bars - 1 == subject.tables["tornado"]["kind"].isin(["number", "lot"]).sum()
    if chart == "tournament":
        assert int(more[1]) == 2 and {"7", "8"} <= set(words)
    if chart == "waterfall":
        assert int(more[1]) == (subject.rows["kind"] == "step").sum() - 5


def test_the_title_of_a_slide_is_made_from_the_numbers():
    results = subject_of("funnel", "banks")
    draws = results.draws
    signed = draws["package"].notna().mean()
    held = ((draws["outcome"] == "in_force") & ~(draws["break_month"] <= 60)).mean()
    assert drawn("funnel", "banks")[2].title == (
        f"In {100 * signed:.0f} of 100 runs an agreement is signed; in {100 * held:.0f} it still holds after 60 months"
    )
    nothing = CHARTS["funnel"].slide(shipped("two-banks-pullback", 40, "parties.*.no_deal=1"))
    assert nothing.title == "Nothing is signed in any of 40 runs"
    few = sim.run(read_scenario(FLAGSHIP), 200).draws["package"].notna().mean()
    assert drawn("funnel", "flagship")[2].title == f"In {100 * (1 - few):.0f} of 100 runs nothing is signed"


@pytest.mark.parametrize("chart", CHARTS)
def test_of_fewer_than_30_runs_a_slide_is_a_sentence_with_the_count(chart):
    results = shipped("two-banks-pullback", 29)
    picture = CHARTS[chart].slide(results)
    signed = results.draws["package"].notna().sum()
    assert picture.title == f"An agreement is signed in {signed} of 29 runs" and not picture.axes
    assert any("29 runs: too few for bars or shares, which take 30" in text.get_text() for text, _ in texts(picture))
    assert CHARTS["funnel"].slide(shipped("two-banks-pullback", 30)).axes


@pytest.mark.parametrize("count", [2, 3, 5])
def test_results_side_by_side_have_a_slide(count):
    others = [f"parties.upland.no_deal={0.3 + k / 10:g}" for k in range(1, count)]
    results = [shipped("two-banks-pullback", 60, *([change] if change else [])) for change in ("", *others)]
    picture = compare(results, [f"A scenario with the name {chr(65 + k)}" for k in range(count)], SLIDE)
    assert not overlapping(picture) and picture.get_figwidth() <= 1600 / 144 + 0.01
    shares = [100 * one.draws["package"].notna().mean() for one in results[:2]]
    assert f"signed in {min(shares):.0f} to {max(shares):.0f} of 100 runs" in picture.title
    words = [text.get_text() for text, _ in texts(picture)]
    assert count == 2 or f"and {count - 2} more scenario{'s' * (count > 3)}" in words
    assert not compare([results[0], shipped("two-banks-pullback", 10)], None, SLIDE).axes


@pytest.mark.parametrize("chart", CHARTS)
def test_names_of_strangers_do_no_harm_on_a_slide(chart):
    results = hostile()
    picture = CHARTS[chart].slide(results)
    words = " ".join(text.get_text() for text, _ in texts(picture))
    assert "\u202e" not in words and "\x00" not in words and slide_bytes(picture)[:4] == b"\x89PNG"


def test_slides_lie_beside_the_charts_of_the_page(tmp_path):
    results = subject_of("funnel", "banks")
    plain = {path.name: path.read_bytes() for path in save_charts(results, tmp_path / "plain", ["funnel"])}
    both = {path.name: path.read_bytes() for path in save_charts(results, tmp_path, ["funnel"], slides=True)}
    assert set(both) == {*plain, "funnel-slide.png"} and all(both[name] == plain[name] for name in plain)
    names = {path.name for path in save_comparison([results, results], tmp_path, labels=["a", "b"], slides=True)}
    assert names == {"compare.svg", "compare.csv", "compare-slide.png"}
    (undrawn,) = render_charts(results, ["funnel"])
    assert not undrawn.slide


def test_a_batch_draws_slides_that_are_asked_for_later_and_once(tmp_path):
    def played(*options):
        answer = call("batch", BANKS, "-n", 30, "--workers", 1, "--out", tmp_path, *options)
        assert answer.exit_code == 0, answer.output
        (folder,) = (path for path in tmp_path.iterdir() if path.is_dir())
        return {path.name: path.stat().st_mtime_ns for path in (folder / "charts").iterdir()}

    without = played()
    slides = {f"{path.removesuffix('.svg')}-slide.png" for path in without if path.endswith(".svg")}
    first, again = played("--format", "slide"), played("--format", "slide")
    assert set(first) == {*without, *slides} and again == first
    with_png = played("--format", "slide", "--png")
    assert set(with_png) == {*first, *(name.replace("-slide", "") for name in slides)}
    assert played("--format", "slide", "--png") == with_png
    assert call("batch", BANKS, "--no-charts", "--format", "slide").exit_code == 2
