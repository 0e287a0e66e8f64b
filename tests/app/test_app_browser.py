"""The local page in a real browser: move a weight and see the packages change, save, mend a broken file."""

import shutil
from pathlib import Path

import pytest

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")

import sim
from sim.charts.style import OUTCOME_WORDS
from tests.app.test_app import wait_for
from tests.app.test_app_step import checked
from tests.app_client import served
from tests.commands import call, data

SCENARIOS = Path(__file__).parents[2] / "scenarios"
WAIT = 120_000  # milliseconds; the machine may be busy, and nothing here is about speed
STRIP = "Upland: Who holds the strip"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    folder = tmp_path_factory.mktemp("banks")
    shutil.copy(SCENARIOS / "two-banks-pullback.yaml", folder / "banks.yaml")
    with served(folder / "banks.yaml", "-n", "1000") as found:
        found.folder = folder
        yield found


@pytest.fixture
def page(browser, client):
    """The page, all runs played; what it asked of any address and complained of is kept."""
    opened = browser.new_page(viewport={"width": 1280, "height": 900})
    opened.asked, opened.said = [], []
    opened.on("request", lambda request: opened.asked.append(request.url))
    opened.on("console", lambda message: opened.said.append(message.text))
    opened.on("pageerror", lambda error: opened.said.append(str(error)))
    opened.goto(client.address)
    finished(opened)
    unfold(opened)
    yield opened
    assert all(address.startswith(client.base) for address in opened.asked)
    opened.close()


def finished(page, summary=""):
    """Wait until all runs are there, and told so."""
    page.locator("#summary", has_text=summary or "signed").wait_for(timeout=WAIT)
    page.locator("#answer[aria-busy=false]").wait_for(timeout=WAIT)
    page.locator("#progress", has_text="All 1,000 runs").wait_for(timeout=WAIT)


def unfold(page):
    """Open all groups of controls."""
    page.evaluate("() => { for (const each of document.querySelectorAll('.group')) each.open = true; }")


def slider(page, label):
    return page.get_by_role("slider", name=label, exact=True)


def move(page, label, value):
    slider(page, label).fill(str(value))


def shares(page, caption):
    """A table of the answer: rows of texts."""
    rows = page.get_by_role("region", name=caption).locator("tbody tr")
    return [row.locator("th, td").all_inner_texts() for row in rows.all()]


def test_a_weight_is_moved_and_the_packages_change(page):
    before = shares(page, "Packages signed most often")
    move(page, STRIP, 0.45)
    assert slider(page, "Upland: Recognition of Upland").input_value() == "0.275"  # 0.35 x 0.55 / 0.7
    finished(page, "against the file")
    after = shares(page, "Packages signed most often")
    assert before[0][0] == "It goes back to Lowland, soldiers and all"
    assert after[0][0] == "It goes back to Lowland, without soldiers"
    assert after[1][3] == before[0][2].strip()[:4]  # the file as it stands is the answer of before
    assert page.get_by_label("Upland: Recognition of Upland, as a number").input_value() == "0.275"
    page.get_by_role("button", name=f"Reset: {STRIP}").click()
    page.locator("#summary", has_text="against").wait_for(state="hidden", timeout=WAIT)
    finished(page)
    assert shares(page, "Packages signed most often") == before
    assert page.said == []


def test_the_headline_tells_all_stages(page):
    stages = {name: text.strip() for name, text in shares(page, "How far runs get")}
    figures = dict(zip(*(page.locator(f"#summary {tag}").all_inner_texts() for tag in ("dt", "dd")), strict=True))
    assert {name: " ".join(text.split()) for name, text in figures.items()} == {
        "zone": stages["A package acceptable to all, first round"], "signed": stages["Agreement signed"],
        "in force": stages["Agreement in force"], "holding 60 months": stages["In force and holding at 60 months"],
    }  # fmt: skip
    said = page.locator("#status").inner_text()
    assert said.startswith("Of 1,000 runs: zone ") and f"signed {stages['Agreement signed']}" in said


def test_a_weight_moved_on_tweak_is_moved_on_step_and_packages_too(page, client):
    """What is shown is what the command line says with `--set`, and the address alone leads back to it."""
    path, moved = client.folder / "banks.yaml", "{value: 0.45, range: [0.35, 0.55], status: assumption}"
    change = f"parties.upland.weights.strip={moved}"
    runs = [sim.run(sim.read_scenario(path, sets), 60).draws["package"] for sets in ((), [change])]
    differ = runs[0].index[(runs[0] != runs[1]) & (runs[1] != "")]
    draw = int(differ[differ > 0][0])  # the page begins with draw 0
    move(page, STRIP, 0.45)
    finished(page, "against the file")
    page.get_by_role("link", name="Step", exact=True).click()
    page.locator("#changed code").get_by_text(change, exact=True).wait_for(timeout=WAIT)
    page.locator("#what", has_text="Draw 0 of").wait_for(timeout=WAIT)
    page.locator(".skip").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("() => document.activeElement.id") == "main" and "#%7B" in page.url
    page.locator("#changed summary").click()
    row = page.locator("#changed tbody tr", has_text="weight of Recognition of Upland for Upland")
    row.get_by_text("0.275 [0.1964, 0.3536]").wait_for(timeout=WAIT)  # rescaled along with it
    for width, scheme in ((360, "dark"), (1280, "light")):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": 800})
        checked(page)
    page.fill("#draw", str(draw))
    page.get_by_role("button", name="Show", exact=True).click()
    ends_as(page, draw, data("run", path, "--draw", draw, "--set", change))
    address = page.url
    page.get_by_role("link", name="Packages", exact=True).click()
    page.locator("#changed code").get_by_text(change, exact=True).wait_for(timeout=WAIT)
    page.click("#proposal-strip_for_embassies")
    page.wait_for_url(lambda url: "package=demilitarised/full" in url, timeout=WAIT)
    proposals = data("show", path, "--set", change)["proposals"]
    shown = [row for row in proposals if row["proposal"] == "strip_for_embassies"]
    for row, party in zip(shown, ("Upland", "Lowland"), strict=True):
        margin = f"{row['margin_least']:+.2f}"
        page.get_by_role("row", name=f"{party} would").locator("td").nth(3).get_by_text(margin).wait_for(timeout=WAIT)
    page.get_by_role("link", name="Change them on Tweak").click()
    finished(page, "against the file")
    assert slider(page, STRIP).input_value() == "0.45"
    page.goto(address)
    page.locator("#changed code").get_by_text(change, exact=True).wait_for(timeout=WAIT)
    page.get_by_role("button", name="Continue with the unchanged file").click()
    page.wait_for_url(lambda url: "#" not in url, timeout=WAIT)
    ends_as(page, draw, data("run", path, "--draw", draw))
    assert page.locator("#changed").is_hidden()
    page.go_back()
    page.locator("#changed code").get_by_text(change, exact=True).wait_for(timeout=WAIT)
    assert all("409" in said for said in page.said)  # a newer question of a page took the place of an older one


def ends_as(page, draw, story):
    """On the step page: a draw ends as a story of the command line does."""
    page.locator("#what", has_text=f"Draw {draw} of seed 1. ").wait_for(timeout=WAIT)
    page.locator("#where", has_text=f" of {len(story['rounds'])} (at most").wait_for(timeout=WAIT)
    page.locator("h1").click()
    page.keyboard.press("End")  # perhaps it stands there already
    page.locator("#what", has_text=OUTCOME_WORDS[story["outcome"]]).wait_for(timeout=WAIT)
    shown = page.locator("#end tbody tr").locator("td:nth-child(3)").all_inner_texts()
    assert shown == [f"{each['utility']:.2f}" for each in story["parties"] if story["package"]]


def test_a_word_of_a_strategy_is_chosen_and_goes_with_the_strategy(page, client):
    def stage_texts(*sets):
        told = client.post("/tweak/answer", {"file": "banks.yaml", "n": 1000, "sets": list(sets)}, X_Tab="test").data
        return [(stage["label"], stage["text"]) for stage in told["stages"]]

    def stages():
        return [(row[0], row[1].strip()) for row in shares(page, "How far runs get")]

    def answered_with(changed):
        page.locator("#answer details tbody", has_text=changed).wait_for(state="attached", timeout=WAIT)
        finished(page, "against the file")

    offers, path = page.get_by_label("Upland: offers", exact=True), "parties.upland.strategy"
    offers.select_option("least_own")
    answered_with(f"{path}.offers")
    assert stages() == stage_texts(f"{path}.offers=least_own")
    page.get_by_label("Upland: Strategy", exact=True).select_option("tit_for_tat")
    page.get_by_label("Upland: kind", exact=True).select_option("relative")
    assert offers.input_value() == "best_for_others"  # another strategy comes with its own defaults
    assert page.get_by_role("slider", name="Upland: exponent").count() == 0
    answered_with(f"{path}.kind")
    assert stages() == stage_texts(f"{path}={{name: tit_for_tat}}", f"{path}.kind=relative")
    page.reload()
    finished(page, "against the file")
    assert page.get_by_label("Upland: kind", exact=True).input_value() == "relative"
    page.get_by_label("Upland: Strategy", exact=True).select_option("time_dependent")
    page.locator("#summary", has_text="against").wait_for(state="hidden", timeout=WAIT)
    assert page.get_by_role("slider", name="Upland: exponent").count() == 1 and page.said == []


def test_what_is_saved_runs_on_the_command_line_to_the_numbers_of_the_page(page, client, tmp_path):
    move(page, STRIP, 0.4)
    page.get_by_label("The line is drawn: No blind exit").uncheck()
    page.get_by_label("Upland: Strategy", exact=True).select_option("hardline")
    page.get_by_label("Ratification", exact=True).uncheck()
    finished(page, "against the file")
    shown = [float(row[2].split(" %")[0]) for row in shares(page, "Packages signed most often")]
    before = (client.folder / "banks.yaml").read_bytes()
    page.get_by_label("Name of the new file, without .yaml").fill("mine")
    page.get_by_role("button", name="Save", exact=True).click()
    page.locator("#saved pre").first.wait_for(timeout=WAIT)
    command = page.locator("#saved pre").first.inner_text().split()
    assert (client.folder / "banks.yaml").read_bytes() == before
    saved = client.folder / "mine.yaml"
    assert command[:2] == ["peacesim", "batch"] and (Path.cwd() / command[2]).resolve() == saved.resolve()
    call("batch", saved, *command[3:], "--out", tmp_path, "--no-charts", "--workers", 1)
    results = sim.open_results(next(tmp_path.glob("*/")))
    assert results.n == 1000
    played = [100 * share for share in results.packages()["share"].head(8)]
    assert len(played) > 0
    assert shown[: len(played)] == pytest.approx(played, abs=0.5)
    told = client.post("/tweak/answer", {"file": "mine.yaml", "n": 1000}).data
    assert [each["share"] for each in told["packages"]] == list(results.packages()["share"].head(8))
    page.get_by_role("button", name="Save", exact=True).click()
    page.locator("#saved", has_text="exists and was left alone").wait_for(timeout=WAIT)


def test_a_file_that_breaks_is_told_the_answer_stays_and_mended_it_goes_on(page, client):
    path = client.folder / "banks.yaml"
    good = path.read_text(encoding="utf-8")
    path.write_text(good.replace("headline: [strip,", "headline: [strop,"), encoding="utf-8")
    page.locator("#faults", has_text="banks.yaml:13:12").wait_for(timeout=WAIT)
    assert "did you mean 'strip'" in page.locator("#faults").inner_text()
    assert len(shares(page, "How far runs get")) == 5 and page.locator("#bench.stale").count() == 1
    path.write_text(good.replace("Two banks: a strip", "Two other banks: a strip"), encoding="utf-8")
    page.get_by_role("heading", name="Two other banks").wait_for(timeout=WAIT)
    finished(page)
    assert page.locator("#faults").inner_text() == "" and page.locator("#bench.stale").count() == 0
    path.write_text(good, encoding="utf-8")
    page.get_by_role("heading", name="Two banks: a strip").wait_for(timeout=WAIT)


def test_a_page_opened_on_a_broken_file_comes_to_life(browser, tmp_path):
    path = tmp_path / "talks.yaml"
    path.write_text("schema: 1\nid: [\n", encoding="utf-8")
    with served(path, "-n", "50") as client:
        page = browser.new_page()
        page.goto(client.address)
        page.locator("#faults", has_text="talks.yaml:").wait_for(timeout=WAIT)
        shutil.copy(SCENARIOS / "orange-and-lemon.yaml", path)
        page.locator("#answer table").first.wait_for(timeout=WAIT)
        assert page.locator("#faults").inner_text() == ""
        client.close()
        page.locator("#faults", has_text="does not respond").wait_for(timeout=WAIT)
        page.close()


def test_a_change_that_does_not_hold_leaves_the_last_answer(page):
    there = shares(page, "How far runs get")
    for label in (STRIP, "Upland: Recognition of Upland"):
        move(page, label, 0.9)
    page.locator("#refused", has_text="weights sum to 1").wait_for(timeout=WAIT)
    assert len(shares(page, "How far runs get")) == len(there)
    page.get_by_role("button", name="Reset all").click()
    page.locator("#refused:not(:has-text('weights'))").wait_for(state="attached", timeout=WAIT)
    finished(page)
    assert shares(page, "How far runs get") == there and page.locator("#refused").inner_text() == ""


def test_changes_outlive_a_reload_and_any_number_is_found_by_its_path(page):
    page.reload()
    finished(page)
    assert page.locator("#controls summary:visible").count() == 8, "groups are folded, but for lines and rounds"
    adds = page.get_by_label('what the linkage "pride" adds for Lowland, as a number', exact=True)
    assert not adds.is_visible() and page.get_by_label("number of rounds until the deadline", exact=True).is_visible()
    page.get_by_label("Find a number").fill("lowland linkages.pride")
    page.locator("#found", has_text="1 found").wait_for()
    assert not page.get_by_label("number of rounds until the deadline", exact=True).is_visible()
    adds.fill("0.2")
    adds.press("Enter")
    finished(page, "against the file")
    page.get_by_label("Find a number").fill("")
    assert not adds.is_visible()
    line = page.locator("#summary").inner_text()
    page.reload()
    finished(page, "against the file")
    assert page.locator("#summary").inner_text() == line
    assert page.locator("#listed code").all_inner_texts() == ["parties.lowland.linkages.pride.adds=0.2"]
    assert adds.is_visible(), "a group is open where something in it is set"
    page.get_by_role("button", name="Reset: parties.lowland.linkages.pride.adds").click()
    page.locator("#summary", has_text="against").wait_for(state="hidden", timeout=WAIT)


def test_a_number_out_of_range_is_refused_at_its_field_and_the_last_answer_stays(page, client):
    path, there = client.folder / "banks.yaml", shares(page, "How far runs get")
    for label, value in ((STRIP, "1.4"), ("number of rounds until the deadline", "0"),
                         ("Upland: No-deal value (BATNA), from 0 to 1 (its best package)", "-0.2")):  # fmt: skip
        field = page.get_by_label(f"{label}, as a number", exact=True)
        field.fill(value)
        field.press("Enter")
        page.locator("#bench.stale").wait_for(timeout=WAIT)
        page.locator("#refused", has_text="Showing the last valid result").wait_for(timeout=WAIT)
        change = page.locator("#listed code").inner_text()
        assert change.endswith(f"={value}"), "what is typed is asked, and nothing in its place"
        said = call("check", path, "--set", change).stderr
        told = field.locator("xpath=..").locator(".faults").inner_text()
        assert told and " ".join(told.split()) in " ".join(said.split())
        assert field.get_attribute("aria-invalid") == "true" and field.input_value() == value
        assert shares(page, "How far runs get") == there
        page.get_by_role("button", name="Undo").click()
        page.locator("#bench:not(.stale)").wait_for(timeout=WAIT)
        assert field.get_attribute("aria-invalid") is None and page.locator("#refused").inner_text() == ""
        finished(page)


def test_steps_are_undone_and_done_again_by_buttons_keys_and_the_browser(page):
    rounds, hardness = (slider(page, label) for label in (
        "number of rounds until the deadline", "Hardness: the chance that it is real: No blind exit"))  # fmt: skip
    undo, redo = (page.get_by_role("button", name=name, exact=True) for name in ("Undo", "Redo"))

    def at(*values):
        page.wait_for_function(
            "([one, other]) => document.querySelector('.control[data-find*=\"time.rounds\"] input').value === one"
            " && document.querySelector('.control[data-find*=\"no_blind_exit.hardness\"] input').value === other",
            arg=list(values),
        )

    there = hardness.input_value()
    assert undo.is_disabled() and redo.is_disabled() and there != "0.5"
    rounds.focus()
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
    hardness.fill("0.5")
    at("20", "0.5")
    assert redo.is_disabled()
    undo.click()
    at("20", there)
    page.keyboard.press("Control+z")  # what one control did in one go is one step
    at("24", there)
    assert undo.is_disabled()
    page.keyboard.press("Control+Shift+Z")
    at("20", there)
    redo.click()
    at("20", "0.5")
    page.go_back()
    at("20", there)
    assert "/tweak" in page.url
    field = page.get_by_label("number of rounds until the deadline, as a number", exact=True)
    field.focus()
    page.keyboard.press("Control+z")  # in a text field it is of the text
    page.keyboard.press("Tab")
    at("20", there)
    finished(page, "against the file")
    page.reload()
    finished(page, "against the file")
    page.get_by_role("button", name="Undo", exact=True).click()
    page.locator("#summary", has_text="against").wait_for(state="hidden", timeout=WAIT)
    assert page.said == []


def test_what_is_pinned_stands_beside_with_paired_differences(page, client):
    move(page, STRIP, 0.45)
    finished(page, "against the file")
    first = dict(row[:2] for row in shares(page, "How far runs get"))
    page.get_by_role("button", name="Pin as B").click()
    finished(page, "against B")
    rounds = page.get_by_label("number of rounds until the deadline, as a number", exact=True)
    rounds.fill("6")
    rounds.press("Enter")
    page.get_by_role("region", name="How far runs get").get_by_text("A minus B").wait_for(timeout=WAIT)
    page.locator("#listed", has_text="time.rounds=6").wait_for()
    finished(page, "against B")
    page.locator("#answer details tbody", has_text="time.rounds").wait_for(state="attached", timeout=WAIT)
    moved = "parties.upland.weights.strip={value: 0.45, range: [0.35, 0.55], status: assumption}"
    wish = {"file": "banks.yaml", "n": 1000, "sets": [moved, "time.rounds=6"]}
    told = client.post("/tweak/answer", {**wish, "pinned": {"sets": [moved]}}, X_Tab="test").data
    assert [[cell.strip() for cell in row] for row in shares(page, "How far runs get")] == [
        [stage["label"], stage["text"], stage["before"], stage["difference"]] for stage in told["stages"]
    ]
    assert [row[2] for row in shares(page, "How far runs get")] == [text.split(" (")[0] for text in first.values()]
    page.reload()
    finished(page, "against B")
    page.get_by_role("button", name="Unpin B").click()
    finished(page, "against the file")


def test_a_long_first_answer_says_what_it_waits_for(browser, client):
    """Here the answer is held back until the page has said so; how much has been compiled is told by the worker."""
    opened, counts = browser.new_page(), [0, 7]
    opened.route("**/tweak/compiled", lambda route: route.fulfill(json={"compiled": counts[0]}))
    held = []
    opened.route("**/tweak/answer", lambda route: held.append(route))  # a bound method will not do
    opened.goto(client.address)
    opened.locator("#progress", has_text="Simulating the first runs").wait_for(timeout=WAIT)
    counts.pop(0)
    opened.locator("#progress", has_text="needed once after installation: 7 functions").wait_for(timeout=WAIT)
    opened.unroute("**/tweak/answer")
    for route in held:
        route.continue_()
    finished(opened)
    opened.close()


def test_the_pictures_follow_what_is_changed(page):
    def drawn():
        """Texts of the pictures."""
        return page.evaluate(
            "() => [...document.querySelectorAll('#pictures img')].map((each) => decodeURIComponent(each.src))"
        )

    page.locator("#pictures img").nth(1).wait_for(timeout=WAIT)
    page.wait_for_function("() => [...document.querySelectorAll('#pictures img')].every((each) => each.naturalWidth)")
    before = drawn()
    assert "frontier of the two" in before[0] and "What stands in the way" in before[1]
    move(page, STRIP, 0.45)
    finished(page, "against the file")
    page.wait_for_function(
        "(old) => [...document.querySelectorAll('#pictures img')].every("
        "(each, at) => decodeURIComponent(each.src) !== old[at])", arg=before, timeout=WAIT,
    )  # fmt: skip
    assert len(drawn()) == 2 and page.said == []


def test_a_range_moves_along_unless_told_otherwise(page):
    move(page, "Upland: No-deal value (BATNA), from 0 to 1 (its best package)", 0.6)
    finished(page, "against the file")
    page.locator("#answer summary").click()
    assert shares(page, "What differs from the file")[0][1:] == ["0.55 [0.42, 0.68]", "0.6 [0.47, 0.73]"]
    page.get_by_label("Keep the uncertainty range when I move a value").uncheck()
    page.get_by_role("region", name="What differs from the file").get_by_text("0.6", exact=True).wait_for(timeout=WAIT)
    page.get_by_role("button", name="Reset all").click()
    page.locator("#summary", has_text="against").wait_for(state="hidden", timeout=WAIT)


def test_everybody_can_use_it(page):
    """No sideways scrolling, nothing that axe-core objects to, in both colours and with all parts open."""
    from axe_playwright_python.sync_playwright import Axe

    move(page, STRIP, 0.45)
    finished(page, "against the file")
    page.get_by_role("button", name="Pin as B").click()
    finished(page, "against B")
    page.evaluate("() => { for (const each of document.querySelectorAll('details')) each.open = true; }")
    for width, scheme in ((360, "light"), (768, "dark"), (1280, "light")):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        page.evaluate("() => window.scrollTo(0, 1500)")
        summary = page.locator("#summary").bounding_box()
        assert 0 <= summary["y"] < 800, "the answer in short stays in sight while one moves numbers"
    slider(page, STRIP).fill("1")
    page.get_by_label("number of rounds until the deadline, as a number").fill("0")
    page.keyboard.press("Tab")
    page.locator("#bench.stale").wait_for(timeout=WAIT)
    for width, scheme in ((390, "light"), (390, "dark")):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": 800})
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()


def test_the_keyboard_alone_will_do(page):
    """Tab leads from the top to the first slider, arrows move it, and the focus is not lost when answers come."""
    rounds = "number of rounds until the deadline"
    for _ in range(14):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.type") == "range":
            break
    assert page.evaluate("() => document.activeElement.getAttribute('aria-label')") == rounds
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
    finished(page, "against the file")
    assert page.evaluate("() => document.activeElement.getAttribute('aria-label')") == rounds
    assert slider(page, rounds).input_value() == "20"
    assert "points against the file" in page.locator("#status").inner_text()


def test_the_file_by_which_the_browser_is_opened_leads_to_the_page(browser, client, tmp_path, monkeypatch):
    """A browser sends no cookie of a site along when a file redirects to it."""
    script = tmp_path / "browser"
    script.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/part; mv {tmp_path}/part {tmp_path}/asked\n')
    script.chmod(0o700)
    monkeypatch.setenv("BROWSER", f"{script} %s")
    with served(client.folder / "banks.yaml", "--browser") as other:
        wait_for(tmp_path / "asked")
        opened = browser.new_page()
        opened.goto((tmp_path / "asked").read_text().strip())
        opened.wait_for_url(f"{other.base}/tweak", timeout=WAIT)
        opened.locator("#summary", has_text="signed").wait_for(timeout=WAIT)
        opened.close()
