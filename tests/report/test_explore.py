"""The page on which a text is built by hand: its figures are those of `texts`, from the draws inside it."""

import base64
import hashlib
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from sim.analysis.texts import rank_texts, texts
from sim.report import explore
from sim.report.explore import explorer_page
from sim.results.format import number, percent, share_with_interval
from tests.commands import call, data
from tests.problems import made, shipped
from tests.report.test_report import Page
from tests.worlds import worlds

SCENARIOS = Path(__file__).parents[2] / "scenarios"
BANKS = SCENARIOS / "two-banks-pullback.yaml"
DRAWS = 60
CLOSE = {"rel": 1e-13, "abs": 1e-15}  # NumPy may add up the draws in another order
FIGURES = ("acceptable", "passes", "in_force", "holds_12", "holds_60", "held_12", "held_60")


@pytest.fixture(scope="module")
def banks():
    return shipped("two-banks-pullback")


@pytest.fixture(scope="module")
def path(banks, tmp_path_factory):
    found = tmp_path_factory.mktemp("page") / "banks.html"
    found.write_text(explorer_page(banks, DRAWS)[0], encoding="utf-8")
    return found


def opened(browser, path, fragment="", **how):
    """The page from disk, with the network off; what it asked for and complained of is kept."""
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, "offline": True, **how})
    page = context.new_page()
    page.asked, page.said = [], []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("console", lambda message: page.said.append(message.text))
    page.on("pageerror", lambda error: page.said.append(str(error)))
    page.goto(path.as_uri() + fragment)
    if how.get("java_script_enabled", True):
        page.locator("#tool").wait_for()
    return page


def computed(page, packages):
    """What the page makes of packages, unrounded: figures, and who accepts, with the chance of each ratifier."""
    return page.evaluate(
        """(packages) => packages.map((each) => {
          const found = evaluate(named(each));
          return { ...found.all, rank: rank(found.all[layout.by]), lines: found.lines.map((line) => line.name),
            accepts: parties.map((_, p) => found.signs[p] ? accepts(found, p) : null),
            median: parties.map((_, p) => median(found, p)), bodies: found.bodies.map((each) => mean(each)) };
        })""",
        packages,
    )


def assert_equal(page, scenario, frame, packages):
    """A share is the same number, whatever is shown of it; what the rank follows from is so to the last bit."""
    rows, laid = frame.set_index("package"), explore.tables(scenario, 1).layout
    ratifiers = laid["votes"]["ratifiers"] if "votes" in laid else []
    order = laid["votes"]["by_order"] if "votes" in laid else []
    for package, found in zip(packages, computed(page, packages), strict=True):
        row = rows.loc[package]
        for name in FIGURES:
            if name in row:
                assert found[name] == pytest.approx(row[name], **CLOSE), (package, name)
        assert re.match(r"[\d,]+", found["rank"])[0] == f"{row['rank']:,}"
        for party, share in zip(laid["parties"], found["accepts"], strict=True):
            assert share == row[f"accepts_{party}"] or (share is None and np.isnan(row[f"accepts_{party}"]))
        for ratifier, j in zip(ratifiers, order, strict=True):
            assert found["bodies"][j] == pytest.approx(row[f"passes_{ratifier}"], **CLOSE)


@pytest.mark.slow
def test_every_text_of_two_banks_has_the_figures_of_texts(browser, banks, path):
    frame = rank_texts(banks, DRAWS).table
    page = opened(browser, path)
    assert_equal(page, banks, frame, frame["package"].tolist())
    assert page.said == [] and page.asked == [path.as_uri()]
    page.context.close()


@pytest.mark.slow
def test_the_flagship_has_the_figures_of_texts(browser, tmp_path):
    """In a late round, in which lines have fallen, levers are pulled and parties go back on public words."""
    scenario, path = shipped("ukraine-december-2025"), tmp_path / "page.html"
    text, n = explorer_page(scenario, 20, round=24)
    path.write_text(text, encoding="utf-8")
    found = rank_texts(scenario, 20, round=24)
    packages = [*found.table["package"][:: len(found.table) // 150], *found.beside["package"]]
    page = opened(browser, path)
    assert n == 20
    assert_equal(page, scenario, found.table, packages)
    assert len(found.better)
    for row in found.better.head(5).to_dict("records"):
        options = dict(zip(scenario.issues, row["package"].split("/"), strict=True)) | {row["issue"]: row["after"]}
        pair = [row["package"], "/".join(options.values())]
        share = page.evaluate("([one, other]) => better(evaluate(named(one)), evaluate(named(other)))", pair)
        assert share == row["share"]
        page.evaluate("(text) => take(named(text))", pair[0])
        first = page.locator("#better tbody tr").first
        assert percent(row["share"], n) in first.inner_text()
        first.get_by_role("button").click()
        assert page.evaluate("written(text)") != pair[0]
    assert page.said == []
    page.context.close()


@pytest.mark.slow
@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(problem=worlds(aftermath=True))
def test_any_world_has_the_figures_of_texts(browser, tmp_path, problem):
    scenario, path = made(problem), tmp_path / "page.html"
    for round in {1, scenario.time.rounds}:
        path.write_text(explorer_page(scenario, 12, round=round)[0], encoding="utf-8")
        found = rank_texts(scenario, 12, round=round)
        page = opened(browser, path)
        assert_equal(page, scenario, found.table, found.table["package"].tolist()[:200])
        assert page.said == []
        page.context.close()


@pytest.mark.slow
def test_what_is_shown_is_what_texts_prints(browser, banks, path):
    frame = texts(banks, DRAWS)
    page = opened(browser, path)
    for place in (0, 3, 11, 25):
        row = frame.iloc[place]
        page.evaluate("(text) => take(named(text))", row["package"])
        for mark in page.locator("[data-mark]").all():
            name, shown = mark.get_attribute("data-mark"), mark.locator("dd > span").last.inner_text()
            if name != "rank":
                wanted = share_with_interval if name == "acceptable" else percent
                assert shown == wanted(row[name], DRAWS), name
        cells = page.get_by_role("region", name="Who would sign").locator("tbody tr")
        for shown, party in zip(cells.all(), banks.parties, strict=True):
            assert shown.locator("td").first.inner_text() == share_with_interval(row[f"accepts_{party}"], DRAWS)
    page.context.close()


@pytest.mark.slow
def test_numbers_are_rounded_as_elsewhere(browser, path):
    page = opened(browser, path)
    shares = [0, 1, 0.125, 0.5, 1 / 3, 0.0005, 0.00001, 0.9999, 0.99999, 7 / 60, 59 / 60, 1 / 60, 0.0625]
    assert page.evaluate("(shares) => shares.map(percent)", shares) == [percent(each, DRAWS) for each in shares]
    assert page.evaluate("(shares) => shares.map(between)", shares) == [share_with_interval(e, DRAWS) for e in shares]
    values = [0.125, -0.125, 0.375, 0.005, -0.001, 0.0, 1.005, -2.675, 0.015625]
    assert page.evaluate("(values) => values.map((each) => signed(each))", values) == [
        number(each, 2, sign=bool(float(f"{each:.2f}"))) for each in values
    ]
    page.context.close()


@pytest.mark.slow
def test_a_primer_without_votes_and_aftermath_has_the_figures_of_texts(browser, tmp_path):
    scenario, path = shipped("orange-and-lemon"), tmp_path / "page.html"
    path.write_text(explorer_page(scenario, DRAWS)[0], encoding="utf-8")
    frame = rank_texts(scenario, DRAWS).table
    page = opened(browser, path)
    assert_equal(page, scenario, frame, frame["package"].tolist())
    assert page.locator("[data-mark]").count() == 2  # acceptable, and the rank
    page.context.close()


@pytest.mark.slow
def test_a_text_is_built_by_mouse_and_keyboard_and_shared_as_a_link(browser, banks, path):
    page = opened(browser, path)
    first = page.url
    assert first.endswith("#text=" + texts(banks, DRAWS)["package"][0])
    before = page.locator("#status").inner_text()
    page.get_by_role("radio", name="No recognition", exact=True).click()
    assert page.locator("#status").inner_text() != before and "/none/" in page.url
    page.keyboard.press("ArrowUp")
    assert page.url == first and page.locator("#status").inner_text() == before
    page.get_by_label("Begin with").select_option(label=next(iter(banks.proposals.values())).label)
    page.get_by_role("button", name="Load", exact=True).focus()
    page.keyboard.press("Enter")
    link, status = page.get_by_label("Link to this text").input_value(), page.locator("#status").inner_text()
    assert link == page.url != first and "rank 3 of 26" in status
    page.get_by_role("button", name="Load text 1", exact=True).click()
    assert page.url == first
    page.context.close()
    other = opened(browser, path, "#" + link.partition("#")[2])
    assert other.locator("#status").inner_text() == status and other.url == link
    other.context.close()
    stranger = opened(browser, path, "#text=a/b")
    assert "another file" in stranger.locator("#loaded").inner_text() and stranger.said == []
    stranger.context.close()


@pytest.mark.slow
def test_a_text_that_cannot_be_names_its_rule_and_what_mends_it(browser, path):
    page = opened(browser, path)
    keeps = page.get_by_role("radio", name="Upland keeps it", exact=True)
    assert keeps.locator("xpath=..").inner_text().endswith("breaks a rule")
    keeps.click()
    assert "keeping_means_staying" in page.locator("#status").inner_text()
    assert "does not leave it" in page.locator("#contradiction").inner_text()
    assert not page.locator("#answer").is_visible()
    page.locator("#contradiction").get_by_role("button", name="How the armies leave: Nobody moves").click()
    assert page.locator("#answer").is_visible() and page.url.endswith("upland_keeps/full/stay/third_party")
    page.context.close()


@pytest.mark.slow
@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (360, "dark"), (768, "dark"), (1280, "light")])
def test_a_browser_shows_it_to_everybody(browser, path, width, scheme):
    from axe_playwright_python.sync_playwright import Axe

    page = opened(browser, path, viewport={"width": width, "height": 800}, color_scheme=scheme)
    for name in ("It goes back to Lowland, soldiers and all", "Upland keeps it"):
        page.get_by_role("radio", name=name, exact=True).click()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
    page.context.close()


@pytest.mark.slow
def test_without_script_the_ranking_shows(browser, banks, path):
    page = opened(browser, path, java_script_enabled=False)
    assert not page.locator("#tool").is_visible()
    assert "Scripts are switched off" in page.locator("#builder").inner_text()
    rows = page.locator("main table").first.locator("tbody tr")
    assert rows.count() == len(rank_texts(banks, DRAWS).groups) and "51 %" in rows.first.inner_text()
    page.context.close()


def test_only_its_own_script_runs_and_nothing_is_fetched(path):
    text = path.read_text(encoding="utf-8")
    page = Page(text)
    policy = next(value for name, value in page.attributes if name == "content" and value.startswith("default-src"))
    script, style = (re.search(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)[1] for tag in ("script", "style"))
    for tag, inside in (("script", script), ("style", style)):
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'") and "unsafe" not in policy
    assert not {"iframe", "object", "embed", "link", "base"} & set(page.tags)
    assert not [name for name, _ in page.attributes if name.startswith("on") or name in ("src", "style")]
    assert not re.findall(r"https?://|url\(|@import|innerHTML", text)


# The command


def test_the_command_writes_it_and_says_how_many_draws(tmp_path):
    told = data("report", BANKS, "--explore", "-n", 30, "--out", tmp_path)
    written = Path(told["page"])
    assert told["n"] == 30 and told["bytes"] == len(written.read_bytes()) < explore.MOST
    assert written.name.startswith("explore-two-banks-pullback-") and told["scenario"] == "two-banks-pullback"
    assert written.read_text(encoding="utf-8") == explorer_page(shipped("two-banks-pullback"), 30)[0]
    assert "Page: " in call("report", BANKS, "--explore", "-n", 30, "--out", tmp_path / "a.html").stdout


def test_what_does_not_fit_says_how_many_draws_would(tmp_path, monkeypatch, banks):
    monkeypatch.setattr(explore, "MOST", 90_000)
    answer = call("report", BANKS, "--explore", "-n", 5000, "--out", tmp_path / "a.html")
    assert answer.exit_code == 2 and "5,000 draws do not fit a page of" in answer.stderr
    fits = int(re.search(r"-n (\d+)", answer.stderr)[1])
    text, n = explorer_page(banks, fits)
    assert n == fits and len(text.encode()) <= 90_000
    most = explorer_page(banks)[1]
    assert fits <= most < 300


@pytest.mark.parametrize(("options", "words"), [
    ((BANKS, BANKS, "--explore"), "takes one scenario"), ((BANKS, "--round", 2), "--round is for --explore"),
    ((BANKS, "--explore", "--round", 99), "round 99 is none of"),
])  # fmt: skip
def test_bad_wishes(options, words, tmp_path):
    answer = call("report", *options, "-n", 5, "--out", tmp_path / "a.html")
    assert answer.exit_code == 2 and words in answer.stderr
