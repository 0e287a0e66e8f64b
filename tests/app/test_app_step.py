"""The step page: it tells what `peacesim run` tells, in the same words and numbers, and is gone through by anybody."""

import json
import re
import shutil
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

import sim
from sim.analysis.narrate import narrate
from sim.app.changed import ChangedFile, Changes
from sim.app.packages import describe_package
from sim.app.step import describe_draw, find_draw
from tests.app_client import served
from tests.commands import SCENARIO, call, data

SCENARIOS = Path(__file__).parents[2] / "scenarios"
BANKS = SCENARIOS / "two-banks-pullback.yaml"
WORDS_OF = tomllib.loads(files("sim.app").joinpath("words.toml").read_text(encoding="utf-8"))
WAIT = 120_000  # milliseconds; the machine may be busy, and nothing here is about speed


def result_of(generator):
    """What a generator returns."""
    while True:
        try:
            next(generator)
        except StopIteration as end:
            return end.value


def about(path, sets=(), without=(), seed=1):
    """What a question is about."""
    return ChangedFile(str(path), Changes(tuple(sets), tuple(without)), seed)


@pytest.fixture(scope="module")
def outcomes():
    return sim.run(sim.read_scenario(BANKS), 40, 1).draws["outcome"]


def first_that(outcomes, outcome):
    return int(outcomes.index[outcomes == outcome][0])


# What it says


@pytest.mark.parametrize("outcome", ["in_force", "refused"])
def test_words_and_numbers_are_those_of_the_command(outcomes, outcome):
    draw = first_that(outcomes, outcome)
    found, printed = describe_draw(about(BANKS), draw), call("run", BANKS, "--full", "--draw", draw).stdout
    text = " ".join(printed.split())
    assert found["story"] == data("run", BANKS, "--draw", draw)
    answers, compared = set(), 0
    for shown, played in zip(found["rounds"], narrate(sim.read_scenario(BANKS), 1, draw).rounds, strict=True):
        for turn, move in zip(shown["turns"], played.turns, strict=True):
            if move.answer not in answers:  # the command tells an answer in full once
                assert turn["said"] in text and all(line in text for line in turn["changed"])
                compared += 1
            answers.add(move.answer)
        assert all(words in text for words in [*shown["news"], *shown["home"]])
        assert not turn["changed"] or shown["heading"] in text
    assert compared > 3 and all(words in text for words in found["end"])


def test_a_text_is_worth_to_its_party_what_the_command_says(outcomes):
    found = describe_draw(about(BANKS), first_that(outcomes, "in_force"))
    for shown, played in zip(found["rounds"], found["story"]["rounds"], strict=True):
        for turn, move in zip(shown["turns"], played["moves"], strict=True):
            assert shown["asks_for"][move["party"]] == move["asks_for"]
            if move["offer_worth"] is not None:
                assert turn["text"]["worth"][move["party"]] == move["offer_worth"]


def test_the_next_draw_that_ends_so_is_a_row_of_the_runs(outcomes):
    found = result_of(find_draw(about(BANKS), 3, "in_force"))
    assert found["draw"] == first_that(outcomes[3:], "in_force")


def test_a_search_in_vain_ends_and_says_how_far_it_came(tmp_path, monkeypatch):
    monkeypatch.setattr("sim.app.step.MAX_SEARCHED", 20)
    path = tmp_path / "talks.yaml"
    path.write_text(SCENARIO, encoding="utf-8")
    assert result_of(find_draw(about(path), 5, "broke_off")) == {"draw": None, "last": 24}


# On a results folder


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """Results of another seed than 1, a point of a sweep."""
    pytest.importorskip("starlette")
    pytest.importorskip("uvicorn")
    folder = tmp_path_factory.mktemp("seed")
    (folder / "talks.yaml").write_text(SCENARIO, encoding="utf-8")
    how = ("-n", 40, "--seed", 7, "--vary", "lines=each,together", "--no-charts", "--workers", 1)
    call("batch", folder / "talks.yaml", *how, "--out", folder)
    return min(each for each in folder.glob("*/*") if each.is_dir())


def test_a_draw_of_a_results_folder_is_that_draw_of_the_results(played):
    """Of all three pages, without being told the seed."""
    from sim.results.manifest import RESOLVED

    rows = sim.open_results(played).draws.set_index("draw").fillna({"package": ""})
    other = sim.run(sim.read_scenario(played / RESOLVED), 40, 1).draws["package"].fillna("")
    unlike = rows.index[rows["package"] != other]
    with served(played) as client:
        for draw in map(int, unlike[:3]):
            story = client.post("/step/story", {"file": RESOLVED, "draw": draw}).data["story"]
            assert story == data("run", played / RESOLVED, "--seed", 7, "--draw", draw)
            assert story["outcome"] == rows.loc[draw, "outcome"] and story["seed"] == 7
            assert "/".join((story["package"] or {}).values()) == rows.loc[draw, "package"]
        told_by_tweak = client.post("/tweak/answer", {"file": RESOLVED, "n": 40}).data
        shares = {each["name"]: each["share"] for each in told_by_tweak["stages"]}
        assert told_by_tweak["seed"] == 7 and shares["signed"] == (rows["package"] != "").mean()
        options = {"well": "both", "road": "patrol"}
        seen = client.post("/packages/look", {"file": RESOLVED, "package": options, "kept": None}).data
        assert seen["agreed_in"] == describe_package(about(played / RESOLVED, seed=7), options, None)["agreed_in"]
        for point in (each for each in played.parent.iterdir() if each.is_dir()):  # also those beside it
            expected = [f"lines={sim.open_results(point).scenario.lines}"]
            assert client.post("/results/card", {"at": point.name}).data["point"] == expected
        assert client.get("/").headers["location"] == "/results"
        assert f'data-at="{played.name}"' in client.get("/results").text
        before = sorted(played.rglob("*"))
        wish = {"file": RESOLVED, "sets": ["parties.east.no_deal=0.5"], "name": "mine"}
        assert client.post("/tweak/save", wish).status == 400 and sorted(played.rglob("*")) == before
        page = client.get(f"/step?file={RESOLVED}").text
        assert "of seed 7" in page and f"is run K of the results in {played.name}" in page


def test_the_seed_of_results_gives_way_to_one_that_is_named_and_to_damage(played, tmp_path, capsys):
    from sim.app.place import Place
    from sim.app.server import chosen_seed

    place = Place.of(played)
    assert chosen_seed(place, None) == (7, True)
    assert chosen_seed(place, 0) == (0, False)
    assert chosen_seed(Place.of(BANKS), None) == (1, False) and capsys.readouterr().err == ""
    broken = shutil.copytree(played, tmp_path / "broken")
    (broken / "run.json").write_text((broken / "run.json").read_text().replace('"seed": 7', '"seed": 8'))
    assert chosen_seed(Place.of(broken), None) == (1, False)
    assert "of seed 1 and not those of these results" in capsys.readouterr().err


# Who may ask, and for what


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    pytest.importorskip("starlette")
    pytest.importorskip("uvicorn")
    folder = tmp_path_factory.mktemp("banks")
    shutil.copy(BANKS, folder / "banks.yaml")
    with served(folder) as found:
        found.folder = folder
        yield found


ADDRESSES = {
    "/step/story": {"draw": 0},
    "/step/next": {"start": 0, "wanted": "signed"},
    "/step/differing": {},
    "/packages/differing": {},
    "/packages/laid": {},
    "/packages/look": {"package": {"strip": "upland_keeps"}},
    "/packages/lacks": {"package": {}},
    "/packages/complete": {"package": {}, "text": {}},
    "/packages/filed": {},
    "/packages/frequent": {},
}


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_stranger_and_no_file_outside_the_folder(client, address):
    wish = {"file": "banks.yaml", **ADDRESSES[address]}
    assert client.post(address, wish, Cookie="").status == 403
    assert client.post(address, wish, Origin="http://peacesim.example").status == 403
    for file in ("../banks.yaml", "/etc/passwd", "nothing.yaml"):
        assert client.post(address, {**wish, "file": file}).status == 404


WRONG = [("/step/story", {"draw": -1}), ("/step/story", {"draw": "0"}), ("/step/story", {"draw": 10**12}),
         ("/step/next", {"start": 0, "wanted": "peace"}), ("/packages/look", {"package": "strip"}),
         ("/packages/look", {"package": {"strip": 1}}), ("/packages/look", {"package": {"strip": "moon"}}),
         ("/packages/look", {"package": {}}), ("/step/story", {"draw": 0, "sets": "time.rounds=4"}),
         ("/packages/laid", {"without": [1]}), ("/packages/frequent", {"sets": ["lines=a", "lines =b"]})]  # fmt: skip


@pytest.mark.parametrize(("address", "wish"), WRONG)
def test_what_makes_no_sense_is_told(client, address, wish):
    answer = client.post(address, {"file": "banks.yaml", **wish})
    assert answer.status == 400 and answer.data["message"]


def faults(found):
    return [(each["file"], each["line"], each["column"], each["message"]) for each in found["faults"]]


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_change_that_holds_no_more_is_told_as_check_tells_it(client, address):
    """Somebody called the strip otherwise meanwhile: the file is sound, and the change names nothing."""
    path, sets = client.folder / "banks.yaml", ["parties.upland.weights.stripe=0.5", "parties.lowland.no_deal=7"]
    answer = client.post(address, {"file": "banks.yaml", "sets": sets, **ADDRESSES[address]})
    (checked,) = json.loads(call("check", path, *(part for text in sets for part in ("--set", text)), "--json").stdout)
    assert answer.status == 422 and answer.data["of_changes"] is True
    assert faults(answer.data) == faults(checked) and len(faults(checked)) > 1
    assert "did you mean 'strip'" in answer.text


def test_a_file_with_faults_of_its_own_is_blamed_itself(client):
    path = client.folder / "broken.yaml"
    path.write_text(BANKS.read_text(encoding="utf-8").replace("headline: [strip", "headline: [strop"), encoding="utf-8")
    answer = client.post("/step/story", {"file": "broken.yaml", "sets": ["parties.upland.no_deal=0.5"], "draw": 0})
    (checked,) = json.loads(call("check", path, "--json").stdout)
    assert answer.status == 422 and answer.data["of_changes"] is False
    assert [fault[1:] for fault in faults(answer.data)] == [fault[1:] for fault in faults(checked)]


def test_a_page_runs_nothing_of_its_own_and_one_without_a_file_offers_some(client):
    for name in ("step", "packages"):
        page = client.get(f"/{name}?file=banks.yaml").text
        assert "<style" not in page and "onclick" not in page and page.count("<script") == 2
        assert f"/{name}?file=banks.yaml" in client.get(f"/{name}").text


@pytest.mark.parametrize("name", ["step", "packages"])
def test_every_word_is_there_and_every_word_is_said(name):
    folder = files("sim.app")
    asked = set()
    for file in (f"templates/{name}.html", f"static/{name}.js"):
        text = folder.joinpath(file).read_text(encoding="utf-8")
        asked |= set(re.findall(rf"""["'`]{name}\.(\w+)["'`]""", text)) | set(re.findall(r'"(test_\w+)"', text))
    dynamic = {key for key in WORDS_OF[name] if key.startswith(("did_", "reading_"))}
    named = {"signed", "title", "signs", "refuses", "not_asked"}  # keys made of what something is called
    assert asked <= set(WORDS_OF[name]), asked - set(WORDS_OF[name])
    assert set(WORDS_OF[name]) - dynamic - named <= asked, set(WORDS_OF[name]) - dynamic - named - asked


# In a browser


@pytest.fixture
def page(browser, client):
    opened = browser.new_page(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    opened.asked, opened.wrong = [], []
    opened.on("request", lambda request: opened.asked.append(request.url))
    opened.on("console", lambda message: opened.wrong.append(message.text))
    opened.on("pageerror", lambda error: opened.wrong.append(str(error)))
    opened.goto(client.address)
    yield opened
    assert all(address.startswith(client.base) for address in opened.asked) and not opened.wrong
    opened.close()


def open_step(page, client, query):
    page.goto(f"{client.base}/step?file=banks.yaml&{query}")
    page.locator("#turns > *").first.wait_for(timeout=WAIT)


def checked(page):
    from axe_playwright_python.sync_playwright import Axe

    page.evaluate("() => document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("() => document.documentElement.scrollWidth") <= page.viewport_size["width"]


@pytest.mark.slow
def test_a_negotiation_is_stepped_to_its_end_by_the_keyboard(page, client, outcomes):
    draw = first_that(outcomes, "in_force")
    story = narrate(sim.read_scenario(BANKS), 1, draw)
    open_step(page, client, f"draw={draw}")
    for number in range(1, len(story.rounds)):
        assert f"round={number}" in page.url and f"draw={draw}" in page.url
        assert page.inner_text("#happens-title").startswith(f"Round {number},")
        assert page.locator("#ending").is_hidden()
        assert page.locator(".turn").count() == len(story.rounds[number - 1].turns)
        page.keyboard.press("ArrowRight")
    assert "Agreement in force." in page.inner_text("#end")
    assert "in round" not in page.inner_text("#what") and "Agreement in force" in page.inner_text("#what")
    said = page.inner_text("#status")
    assert "The agreement is signed in this round." in said and "The negotiation is over." in said
    page.keyboard.press("ArrowRight")  # there is no further round
    assert f"round={len(story.rounds)}" in page.url
    checked(page)
    page.keyboard.press("Home")
    assert "round=1" in page.url


@pytest.mark.slow
def test_it_plays_and_pauses_by_the_space_key_and_jumps(page, client, outcomes):
    draw = first_that(outcomes, "in_force")
    rounds = len(narrate(sim.read_scenario(BANKS), 1, draw).rounds)
    open_step(page, client, f"draw={draw}")
    page.select_option("#speed", "700")
    page.locator("h1").click()
    page.keyboard.press("Space")
    assert page.get_attribute("#play", "aria-pressed") == "true"
    page.locator("#happens-title", has_text="Round 3,").wait_for(timeout=WAIT)
    page.keyboard.press("Space")
    assert page.get_attribute("#play", "aria-pressed") == "false"
    page.click("#first")
    page.click("#agreement")
    assert f"round={rounds}" in page.url
    page.click("#back")
    assert f"round={rounds - 1}" in page.url
    assert page.get_attribute("#last", "aria-disabled") == "false"


@pytest.mark.slow
def test_an_address_leads_to_the_same_round_and_a_search_to_the_next_draw(page, client, outcomes):
    open_step(page, client, "draw=0&round=4")
    assert page.inner_text("#happens-title").startswith("Round 4,")
    page.select_option("#wanted", "no_zone")
    page.get_by_role("button", name="Find").click()
    found = first_that(outcomes[1:], "no_zone")
    page.locator("#what", has_text=f"Draw {found} of seed 1").wait_for(timeout=WAIT)
    assert f"draw={found}" in page.url and page.locator("#agreement").is_disabled()
    page.click("#last")
    assert "no package was acceptable" in page.inner_text("#end")


@pytest.mark.slow
@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (768, "dark"), (1280, "light")])
def test_everybody_can_read_it(browser, client, width, scheme):
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page.goto(client.address)
    open_step(page, client, "draw=2&round=2")
    checked(page)
    page.close()
