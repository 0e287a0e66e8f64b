"""Pages that stand on their own: whole, safe, the same bytes every time, and readable in a browser."""

import io
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

import sim
from sim.analysis.compare import compare
from sim.report import comparison_page, result_page
from tests.commands import SCENARIO, call, data

SCENARIOS = Path(__file__).parents[2] / "scenarios"
VOID = {"meta", "br", "hr", "img", "link", "input"}
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>&lt;'


class Page(HTMLParser):
    """What a page holds; refuses one whose tags do not close in order."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.attributes, self.ids, self.texts, self.captions = [], [], [], [], [], 0
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        self.ids += [value for name, value in attrs if name == "id"]
        self.captions += tag == "caption"
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        self.ids += [value for name, value in attrs if name == "id"]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, text):
        self.texts.append(text)

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())


@pytest.fixture(scope="module")
def results():
    return sim.run(sim.read_scenario(SCENARIOS / "two-banks-pullback.yaml"), 200, 1)


@pytest.fixture(scope="module")
def text(results):
    return result_page(results)


@pytest.fixture(scope="module")
def page(text):
    return Page(text)


def small(folder, sets=(), text=SCENARIO):
    path = folder / "talks.yaml"
    path.write_text(text, encoding="utf-8")
    return sim.read_scenario(path, sets)


def assert_safe(text):
    """Nothing runs, nothing is fetched, and the page says so to the browser."""
    page = Page(text)
    assert any(name == "content" and value.startswith("default-src 'none'") for name, value in page.attributes)
    assert not {"script", "iframe", "object", "embed", "link", "form", "base"} & set(page.tags)
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    addresses = [value for name, value in page.attributes if name in ("href", "src", "xlink:href", "action", "srcset")]
    assert all(value.startswith("#") for value in addresses)
    outside = re.findall(r"url\((?!['\"]?#)[^)]*\)|@import", text)
    assert not outside


# What it says


def test_it_holds_every_part_in_order(page):
    parts = ["headline", "funnel", "packages", "blockers", "moved", "talks", "after", "theory", "numbers", "provenance"]
    assert [each for each in page.ids if each in parts] == parts
    assert page.tags.count("table") == page.captions
    assert page.tags.count("svg") == 9  # there is no harm to show, and of so few runs no tornado


def test_the_headline_is_that_of_the_summary(results, page):
    facts = results.summary()
    assert f"{results.n:,} runs, seed 1" in page.text
    assert f"{100 * facts['agreement_share']:.0f} % (" in page.text
    assert "It goes back to Lowland, soldiers and all" in page.text
    force = 100 * facts["outcomes"]["in_force"]
    assert f"in {force:.0f} it comes into force" in page.text  # a signature alone is never the headline
    assert "no forecast" in page.text


def test_every_number_has_its_place_with_status_and_source(results, page):
    numbers = results.scenario.numbers()
    missing = [path for path in numbers if path not in page.texts]
    assert numbers and not missing
    assert f"{len(numbers):,} numbers" in page.text
    assert all(text in page.text for text in results.scenario.sources.values())


def test_the_scenario_stands_there_as_it_was_played(results, page):
    assert results.scenario.resolved_text().strip() in "".join(page.texts)


def test_history_stands_beside_the_runs():
    told = Page(result_page(sim.run(sim.read_scenario(SCENARIOS / "panama-canal-1977.yaml"), 50, 1)))
    assert "What really happened" in told.text and "Plebiscite in Panama" in told.text


@pytest.mark.parametrize(("no_deal", "n", "told"), [
    (0.97, 1, ["1 run, seed 1", "No text was signed in any run."]),
    (0.01, 60, ["60 runs, seed 1", "Every run ended with an agreement in force."]),
])  # fmt: skip
def test_one_run_no_agreement_and_nothing_but_agreements_have_an_honest_page(tmp_path, no_deal, n, told):
    page = Page(result_page(sim.run(small(tmp_path, [f"parties.*.no_deal={no_deal}"]), n, 1)))
    assert all(text in page.text for text in told)


# What it must not do


def test_it_opens_no_address_runs_nothing_and_names_no_folder(text):
    assert_safe(text)
    assert str(SCENARIOS.parent) not in text and str(Path.home()) not in text


def test_ids_are_of_one_thing_each_except_what_charts_share(text):
    """matplotlib names glyphs and clips after what is in them, so two of a name are the same."""
    page = Page(text)
    twice = {each for each in page.ids if page.ids.count(each) > 1}
    for each in twice:
        bodies = re.finditer(rf'<(\w+) id="{re.escape(each)}".*?</\1>', text, re.DOTALL)
        assert len({body.group(0) for body in bodies}) <= 1, each


# Comparisons


def test_a_comparison_tells_inputs_figures_and_charts(tmp_path):
    first, second = small(tmp_path), small(tmp_path, ["parties.west.no_deal=0.7", "time.rounds=4"])
    told = compare([sim.run(first, 60, 1), sim.run(second, 60, 1)])
    fall = sim.waterfall(first, second, "signed", 60, 1)
    text = comparison_page(told, [fall])
    page = Page(text)
    assert_safe(text)
    assert "parties.west.no_deal" in page.texts and "--set:1:" in page.text
    assert "Where the difference comes from" in page.text and "The same runs: outcome in A" in page.text
    row = told.figures[(told.figures["figure"] == "signed") & (told.figures["name"] == told.names[1])].iloc[0]
    assert f"{100 * row['difference']:+.1f} points" in page.text


def test_scenarios_without_a_common_issue_are_compared_in_what_they_share(tmp_path, results):
    other = sim.run(small(tmp_path), 50, 1)
    page = Page(comparison_page(compare([results, other])))
    assert "How far runs get" in page.text and "Packages signed, by share of runs" not in page.text


# The command


def test_report_writes_one_file(tmp_path):
    path = tmp_path / "talks.yaml"
    path.write_text(SCENARIO, encoding="utf-8")
    call("batch", path, "-n", 30, "--workers", 1, "--out", tmp_path / "results")
    (folder,) = (tmp_path / "results").glob("*/")
    by_batch = (folder / "report.html").read_text(encoding="utf-8")
    told = data("report", folder, "--out", tmp_path / "pages")
    assert told == {"page": str(tmp_path / "pages" / f"{folder.name}.html"), "results": ["well-and-road"],
                    "bytes": len(by_batch.encode())}  # fmt: skip
    assert Path(told["page"]).read_text(encoding="utf-8") == by_batch
    answer = call("report", folder, path, "-n", 20, "--out", tmp_path / "both.html")
    assert answer.exit_code == 0 and "What is compared" in (tmp_path / "both.html").read_text(encoding="utf-8")


# In a browser


@pytest.mark.slow
@pytest.mark.parametrize(("width", "scheme", "kind"), [
    (360, "light", "result"), (1280, "dark", "result"), (1280, "light", "comparison"), (360, "dark", "comparison"),
])  # fmt: skip
def test_a_browser_shows_it_to_everybody(browser, results, text, tmp_path, width, scheme, kind):
    """No sideways scrolling of the page, nothing asked of the network, nothing that axe-core objects to."""
    from axe_playwright_python.sync_playwright import Axe

    path = tmp_path / "page.html"
    path.write_text(text if kind == "result" else comparison_page(compare([results, results])), encoding="utf-8")
    asked = []
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    assert asked == [path.as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.close()


@pytest.mark.slow
def test_the_keyboard_reaches_everything(browser, text, tmp_path):
    path = tmp_path / "page.html"
    path.write_text(text, encoding="utf-8")
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(path.as_uri())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.wait_for_function("location.hash === '#main'")
    reached = set()
    for _ in range(120):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.tagName"))
    assert {"SUMMARY", "DIV"} <= reached
    page.locator("summary").first.focus()
    page.keyboard.press("Enter")
    assert page.locator("details").first.evaluate("each => each.open")
    page.close()


def comparison_of(results):
    return comparison_page(compare([results, results]))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["result", "comparison"])
def test_it_prints_as_a_brief_of_two_pages(browser, results, text, tmp_path, kind):
    path = tmp_path / "page.html"
    path.write_text(text if kind == "result" else comparison_of(results), encoding="utf-8")
    page = browser.new_page()
    page.goto(path.as_uri())
    printed = page.pdf(prefer_css_page_size=True)
    assert printed.startswith(b"%PDF") and len(printed) < 2_000_000
    assert printed.count(b"/Type /Page\n") + printed.count(b"/Type /Page ") == 2
    page.emulate_media(media="print")
    shown = page.evaluate("[...document.querySelectorAll('main > section')].filter(e => e.offsetHeight).map(e => e.id)")
    brief = {"result": ["headline", "funnel", "blockers", "numbers"],
             "comparison": ["compared", "figures", "charts", "numbers"]}  # fmt: skip
    assert shown == brief[kind]
    page.close()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["result", "comparison"])
def test_charts_are_dark_where_the_page_is(browser, results, text, tmp_path, kind):
    """Of what is seen, and not of what the file says: hardly a pixel of a chart is nearly white."""
    image = pytest.importorskip("PIL.Image")
    path = tmp_path / "page.html"
    path.write_text(text if kind == "result" else comparison_of(results), encoding="utf-8")
    page = browser.new_page(viewport={"width": 1280, "height": 800}, color_scheme="dark")
    page.goto(path.as_uri())
    pictures = page.locator(".picture")
    for place in range(pictures.count()):
        seen = image.open(io.BytesIO(pictures.nth(place).screenshot())).convert("L").histogram()
        assert sum(seen[240:]) < 0.02 * sum(seen) and sum(seen[:60]) > 0.5 * sum(seen)
    page.close()
