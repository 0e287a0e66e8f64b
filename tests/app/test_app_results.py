"""The results page: it says what is there, uses nothing that is damaged, and hands out nothing that could do harm."""

import hashlib
import json
import shutil
from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")

import sim
from sim.app.errors import NotFound, RequestError
from sim.app.place import Place
from sim.app.results import opens_on
from sim.app.results_answer import card, compared, one
from sim.app.results_files import is_plain_picture, safe_csv, safe_page
from sim.app.results_place import listed, listed_file, results_folder
from sim.charts import save_comparison
from sim.results.files import DamagedResults, StoreError
from sim.results.manifest import read_manifest, write_manifest
from tests.app_client import served
from tests.commands import SCENARIO, call, data

SCENARIOS = Path(__file__).parents[2] / "scenarios"
WAIT = 120_000  # milliseconds; the machine may be busy, and nothing here is about speed
SECRET = b"the well of the other village\n"
ODD = "<img src=x onerror=alert(1)>"


def result_of(generator):
    """What a generator returns."""
    while True:
        try:
            next(generator)
        except StopIteration as end:
            return end.value


def played(folder, name, text, *options):
    """The results folder of a scenario."""
    (folder / f"{name}.yaml").write_text(text)
    before = set(folder.glob("results/*/"))
    options = ["--workers", 1, "--png", *options]
    answer = call("batch", folder / f"{name}.yaml", "-n", 200, "--out", folder / "results", *options)
    assert answer.exit_code == 0, answer.output
    (made,) = set(folder.glob("results/*/")) - before
    return made


@pytest.fixture(scope="module")
def top(tmp_path_factory):
    """Beside results, what a page must not be led to."""
    folder = tmp_path_factory.mktemp("talks")
    (folder / "secret.csv").write_bytes(SECRET)
    return folder


@pytest.fixture(scope="module")
def first(top):
    return played(top, "first", SCENARIO)


@pytest.fixture(scope="module")
def second(top):
    text = SCENARIO.replace("id: well-and-road", "id: proud").replace("range: [0.2, 0.6]", "range: [0.3, 0.6]")
    return played(top, "second", text.replace("A well and a road", f'"{ODD}"'), "--no-charts")


def copied(source, folder, name):
    return Path(shutil.copytree(source, folder / name))


def signed_again(folder, **changes):
    """What a stranger can do: write any file, and a `run.json` that says it is as it was written."""
    names = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    kept = [name for name in names if name.split("/")[0] not in ("run.json", ".lock", "draws", "tallies")]
    files = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in kept}
    write_manifest(folder, replace(read_manifest(folder), **{"files": files, **changes}))


@pytest.fixture(scope="module")
def hostile(first, second, top):
    """A sound folder of a stranger."""
    folder = copied(first, top / "results", "hostile")
    picture = (folder / "charts" / "zone.svg").read_text()
    (folder / "charts" / "zone.svg").write_text(picture.replace("</svg>", "<script>alert(1)</script></svg>"))
    (folder / "packages.csv").write_text('package,count\n=HYPERLINK("http://a.example"),1\n<b>x</b>,2\n')
    page = (folder / "report.html").read_text()
    (folder / "report.html").write_text(page.replace("</body>", "<script>alert(1)</script></body>"))
    (folder / "more.js").write_text("alert(1)")
    signed_again(folder)
    return folder


@pytest.fixture(scope="module")
def client(first, second, hostile, top):
    folder = top / "results"
    broken = copied(first, folder, "broken")
    (broken / "summary.json").write_text("{}")
    copied(second, folder, ODD)
    (folder / "link").symlink_to(first)
    copied(second, folder, ".hidden")
    with served(folder) as found:
        yield found


# What is there


def test_the_page_begins_with_results_where_it_is_opened_on_some(client, first, top):
    assert client.get("/").headers["location"] == "/results"
    assert not opens_on(Place.of(top / "first.yaml")) and not opens_on(Place.of(top))


def test_the_list_has_each_folder_once_and_follows_no_link(client, first, second):
    page = client.get("/results").text
    for name in (first.name, second.name, "hostile", "broken"):
        assert page.count(f'data-name="{name}"') == 1
    assert 'data-name="link"' not in page
    assert ODD not in page and "&lt;img src=x" in page
    assert "<style" not in page and "onclick" not in page and page.count("<script") == 2


def test_a_row_says_what_the_summary_says(client, first):
    told = client.post("/results/card", {"at": first.name}).data
    summary = json.loads((first / "summary.json").read_text())
    assert (told["state"], told["n"], told["seed"], told["id"]) == ("complete", 200, 1, "well-and-road")
    share, low, high = summary["agreement_share"], *summary["agreement_interval"]
    assert told["signed"] == f"{100 * share:.0f} % ({100 * low:.0f}-{100 * high:.0f})"
    assert told["in_force"] == told["signed"]  # nobody votes on it


def test_sweeps_shards_designs_and_comparisons_are_listed_as_such(tmp_path, first):
    copied(first, tmp_path / "well-and-road-0a1b2c", "point-1")
    copied(first, tmp_path, "well.shard-1-of-2")
    for name, file in (
        ("well-0a1b2c.design", "design.json"),
        ("compare-0a1b2c", "compare.csv"),
        (".hidden", "run.json"),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / file).touch()
    deep = tmp_path / "a" / "b" / "c" / "d"
    deep.mkdir(parents=True)
    (deep / "run.json").touch()
    found, cut = listed(Place(tmp_path))
    assert not cut and [(each.name, each.kind, each.sweep) for each in found] == [
        ("compare-0a1b2c", "comparison", ""),
        ("well-0a1b2c.design", "design", ""),
        ("well-and-road-0a1b2c/point-1", "results", "well-and-road-0a1b2c"),
        ("well.shard-1-of-2", "shard", ""),
    ]


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """A sweep of three points of two paths, one of them a word."""
    folder = tmp_path_factory.mktemp("swept")
    (folder / "talks.yaml").write_text(SCENARIO)
    vary = ("--vary", "parties.east.no_deal=0.3,0.5", "--vary", "lines=each,together")
    call("batch", folder / "talks.yaml", "-n", 20, "--no-charts", "--workers", 1, "--out", folder / "results", *vary)
    (sweep,) = (each for each in (folder / "results").iterdir() if each.is_dir())
    return sweep


def test_a_point_of_a_sweep_says_which_it_is(swept):
    """As the scenario that lies in it says."""
    points = [each for each in swept.iterdir() if each.is_dir()]
    told = {}
    for folder in points:
        scenario = sim.open_results(folder).scenario
        expected = [f"parties.east.no_deal={scenario.parties['east'].no_deal.value:g}", f"lines={scenario.lines}"]
        told[folder.name] = card(str(folder), True)["point"]
        assert told[folder.name] == expected == result_of(one(str(folder), True))["point"]
    assert len({tuple(each) for each in told.values()}) == len(points) == 4
    first, second = points[:2]
    assert result_of(compared(str(first), str(second), True))["points"] == [told[first.name], told[second.name]]
    assert card(str(first))["point"] == []  # the folder around it is not ours to read


def test_what_a_list_says_of_other_results_is_not_told(swept, tmp_path):
    """A list may be a stranger's, or of results that lie there no more."""
    first = next(each for each in swept.iterdir() if each.is_dir())
    folder, text = tmp_path / "sweep", (swept / "sweep.json").read_text()
    shutil.copytree(swept, folder)
    path, point = folder / "sweep.json", folder / first.name
    assert card(str(point), True)["point"] == card(str(first), True)["point"] != []
    other = json.loads(text)
    for each in other["points"]:
        each["identity"] = each["identity"][::-1]
    for wrong in (json.dumps(other), "{}", "[" * 100_000, text[:-9], "", json.dumps({**json.loads(text), "points": 1})):
        path.write_text(wrong)
        assert card(str(point), True)["point"] == []
    path.write_text(text + " " * 4_000_000)
    assert card(str(point), True)["point"] == []
    path.unlink()
    path.symlink_to(swept / "sweep.json")
    assert card(str(point), True)["point"] == []
    path.unlink()
    other = json.loads(text)
    for each in other["points"]:
        each["set"] = {f"a{k}": "\u202e<b>" * 100 for k in range(30)}
    path.write_text(json.dumps(other))
    told = card(str(point), True)["point"]
    assert len(told) == 13 and told[-1] == "and 18 more"
    assert all(len(each) < 330 and each.isprintable() for each in told)


def test_a_crowded_folder_is_looked_through_in_part(tmp_path, monkeypatch):
    monkeypatch.setattr("sim.app.results_place.MAX_VISITED", 20)
    for number in range(40):
        (tmp_path / f"{number}").mkdir()
        (tmp_path / f"{number}" / "run.json").touch()
    found, cut = listed(Place(tmp_path))
    assert cut and len(found) == 20


def test_one_result_has_its_charts_tables_and_files(first):
    told = result_of(one(str(first)))
    assert [each["id"] for each in told["sections"]] == ["funnel", "packages", "blockers"]
    there = sorted(path.name for path in (first / "charts").glob("*.svg"))
    assert [Path(each["name"]).name for each in told["charts"]] == there
    assert all(each["shown"] and len(each["files"]) == 3 and len(each["alt"]) > 40 for each in told["charts"])
    assert [each["name"] for each in told["tables"]] == ["packages.csv", "parties.csv", "funnel.csv"]
    counts = sum(int(row[told["tables"][0]["heads"].index("count")]) for row in told["tables"][0]["rows"])
    assert counts == sim.open_results(first).agreements
    assert told["files"] == ["report.html", "scenario.resolved.yaml", "summary.json"]


# Damage

CHUNK = "00000000-00000199.parquet"


@pytest.mark.parametrize("how", ["cut", "deleted"])  # every kind on every file: tests/trust
@pytest.mark.parametrize("name", ["run.json", f"draws/{CHUNK}", f"tallies/{CHUNK}", "scenario.resolved.yaml",
                                  "funnel.csv", "charts/funnel.svg"])  # fmt: skip
def test_damaged_results_are_named_and_not_used(tmp_path, first, second, name, how):
    folder = copied(first, tmp_path, "here")
    assert card(str(folder))["state"] == "complete"
    data = (folder / name).read_bytes()
    (folder / name).unlink()
    if how == "cut":
        (folder / name).write_bytes(data[:-7])
    told = result_of(one(str(folder)))
    assert told["state"] == "damaged" and told.keys() == {"state", "faults"}
    assert name in told["faults"][0]
    assert not any(str(tmp_path) in each for each in told["faults"])
    with pytest.raises(DamagedResults):
        result_of(compared(str(second), str(folder)))
    if name in ("run.json", "funnel.csv", "charts/funnel.svg"):
        with pytest.raises(DamagedResults):
            listed_file(folder, name if name != "run.json" else "funnel.csv")
    (folder / name).write_bytes(data)
    assert card(str(folder))["state"] == "complete"


def test_damage_is_told_on_the_page_and_ends_nothing(client, second):
    assert client.post("/results/card", {"at": "broken"}).data["faults"] == [
        "summary.json: its bytes are not those that were written"
    ]
    answer = client.post("/results/compared", {"at": second.name, "with": "broken"})
    assert answer.status == 422 and "summary.json" in answer.data["message"]
    answer = client.get("/results/file?at=broken&name=summary.json", Accept="application/json")
    assert answer.status == 422 and str(second.parent) not in answer.text


def test_a_stopped_run_has_figures_and_no_files(tmp_path, first):
    folder = copied(first, tmp_path, "here")
    signed_again(folder, complete=False, draws=5000)
    told = result_of(one(str(folder)))
    assert (told["state"], told["n"], told["asked"]) == ("stopped", 200, 5000)
    assert told["sections"] and not (told["charts"] or told["tables"] or told["files"])
    with pytest.raises(NotFound):
        listed_file(folder, "report.html")


def test_what_is_too_large_is_left_to_the_commands(tmp_path, first, monkeypatch):
    folder = copied(first, tmp_path, "here")
    monkeypatch.setattr("sim.app.results_answer.MOST_DRAWS", 100)
    assert card(str(folder))["state"] == "other" and "peacesim compare" in card(str(folder))["faults"][0]
    monkeypatch.setattr("sim.app.results_place.MOST_FILE", 100)
    with pytest.raises(RequestError, match="open it where it lies"):
        listed_file(folder, "report.html")


# Comparing


def test_numbers_are_those_of_the_command(client, first, second):
    told = client.post("/results/compared", {"at": first.name, "with": second.name}).data
    command = data("compare", first, second, "--no-charts")
    assert told["data"] == {key: value for key, value in command.items() if key not in ("charts", "waterfalls")}
    assert [each["id"] for each in told["sections"]] == [
        "compared", "inputs", "figures", "signed-in-both", "packages", "transitions"
    ]
    backwards = client.post("/results/compared", {"at": second.name, "with": first.name}).data
    assert backwards["data"]["results"] == told["data"]["results"][::-1]


def test_charts_are_those_of_the_command(client, first, second, tmp_path):
    two, results = {"at": first.name, "with": second.name}, [sim.open_results(first), sim.open_results(second)]
    save_comparison(results, tmp_path, png=True)
    drawn = client.post("/results/drawn", {**two, "name": "compare"}).data
    assert drawn["svg"] == (tmp_path / "compare.svg").read_text()
    assert drawn["csv"] == (tmp_path / "compare.csv").read_text()
    assert b64decode(drawn["png"]) == (tmp_path / "compare.png").read_bytes()
    for name in ("compare-moon", "moon", "compare-../../secret"):
        assert client.post("/results/drawn", {**two, "name": name}).status == 404
    assert client.post("/results/compared", {"at": first.name, "with": first.name}).status == 400


@pytest.mark.slow
def test_all_charts_and_the_page_are_those_of_the_command(client, first, second, tmp_path):
    two = {"at": first.name, "with": second.name}
    folder = Path(data("compare", first, second, "--out", tmp_path)["charts"])
    told = client.post("/results/compared", two).data
    assert sorted(told["charts"]) == sorted(path.stem for path in folder.glob("*.svg"))
    for name in told["charts"]:
        drawn = client.post("/results/drawn", {**two, "name": name}).data
        assert drawn["svg"] == (folder / f"{name}.svg").read_text()
    assert client.post("/results/page", two).data["html"] == (folder / "report.html").read_text()


def test_several_tabs_ask_at_once_and_all_are_answered(client, first, second):
    wishes = [{"at": first.name, "with": second.name}, {"at": second.name, "with": first.name}] * 2
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda k: client.post("/results/compared", wishes[k], X_Tab=f"tab-{k}"), range(3)))
    assert [each.status for each in answers] == [200] * 3
    assert [each.data["data"]["results"][0]["id"] for each in answers] == ["well-and-road", "proud", "well-and-road"]


# Strangers

NAMES = (".hidden", "..", ".", "../results", "link", "/etc", "a/../..", "hostile/charts", "hostile/..", "\\etc", "a\0",
         "", "x" * 500, "hostile/", "//etc", "nothing")  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_no_folder_elsewhere_is_opened(client, top, first, name):
    if name != "hostile/":  # that is the folder itself
        with pytest.raises(NotFound):
            results_folder(Place(top / "results"), name)
        assert client.post("/results/card", {"at": name}).status == 404
    place = Place.of(first)
    with pytest.raises(NotFound):
        results_folder(place, f"{first.name}/draws")


FILES = ("../first.yaml", "../../secret.csv", "/etc/passwd", "run.json", "more.js", f"draws/{CHUNK}", ".lock", "",
         "charts", "charts/../../../secret.csv", "report.html/", "nothing.csv", "..%2f..%2fsecret.csv")  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_only_files_that_are_listed_are_handed_out(client, name):
    answer = client.get(f"/results/file?at=hostile&name={name}")
    assert answer.status == 404 and SECRET not in answer.body


def test_no_link_is_followed_whatever_is_listed(tmp_path, first, top):
    """A stranger who knows a file can list its hash; the file is not read all the same."""
    for link in ("secret.csv", "charts"):
        folder = copied(first, tmp_path, f"to-{link}")
        name = "secret.csv" if link == "secret.csv" else "charts/secret.csv"
        if link == "charts":
            shutil.rmtree(folder / "charts")
        (folder / link).symlink_to(top / "secret.csv" if link == "secret.csv" else top)
        files = {**read_manifest(first).files, name: hashlib.sha256(SECRET).hexdigest()}
        write_manifest(folder, replace(read_manifest(folder), files=files))
        with pytest.raises((DamagedResults, StoreError)):
            listed_file(folder, name)


def test_a_results_folder_behind_a_link_is_none(tmp_path, first):
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "link").symlink_to(first)
    with pytest.raises(NotFound):
        results_folder(Place(tmp_path / "results"), "link")


def test_a_download_is_never_a_page_of_this_address(client, first):
    kinds = {"charts/zone.svg": "image/svg+xml", "charts/zone.png": "image/png", "report.html": "text/html",
             "packages.csv": "text/csv", "summary.json": "application/json"}  # fmt: skip
    for name, kind in kinds.items():
        answer = client.get(f"/results/file?at={first.name}&name={name}")
        assert answer.status == 200 and answer.body == (first / name).read_bytes()
        assert answer.headers["content-type"].startswith(kind)
        assert answer.headers["content-disposition"] == f'attachment; filename="{first.name}-{name.replace("/", "-")}"'
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "script-src 'self'" in answer.headers["content-security-policy"]
        assert client.get(f"/results/file?at={first.name}&name={name}", Cookie="").status == 403


def test_what_a_stranger_wrote_is_made_harmless(client, hostile):
    answer = client.get("/results/file?at=hostile&name=charts/zone.svg")
    assert answer.status == 400 and b"alert" not in answer.body
    told = client.post("/results/one", {"at": "hostile"}).data
    assert {each["name"]: each["shown"] for each in told["charts"]}["charts/zone.svg"] is False
    assert ['\'=HYPERLINK("http://a.example")' in row for row in told["tables"][0]["rows"]] == [False, False]
    table = client.get("/results/file?at=hostile&name=packages.csv").text
    assert "'=HYPERLINK" in table and "<b>x</b>,2" in table
    report = client.get("/results/file?at=hostile&name=report.html").text
    assert report.index("default-src 'none'") < report.index("<script>") and report.startswith("<!DOCTYPE html>\n<meta")
    assert "more.js" not in told["files"]


def test_our_own_files_are_handed_out_as_they_are(first):
    for path in (first / "charts").iterdir():
        if path.suffix == ".svg":
            assert is_plain_picture(path.read_bytes()), path.name
    for path in first.rglob("*.csv"):
        assert safe_csv(path.read_bytes()) == path.read_bytes()
    assert safe_page((first / "report.html").read_bytes()) == (first / "report.html").read_bytes()


PICTURES = (
    "<script>x</script>", "<svg:script xmlns:svg='a'>x</svg:script>", "<g onload='x'/>", "<g ONLOAD=\"x\"/>",
    "<image href='http://a.example/x.png'/>", "<use xlink:href='other.svg#a'/>", "<a href='javascript:x'>y</a>",
    "<foreignObject><body/></foreignObject>", "<style>@import 'http://a.example'</style>",
    "<style>* {fill: url(http://a.example)}</style>", "<g style='fill: url( \"//a.example\")'/>",
    "<g style='fill: \\75rl(//a.example)'/>", "<!DOCTYPE svg [<!ENTITY a 'b'>]>", "<?xml-stylesheet href='a'?>",
    "<g a=\">\" onload=\"x\"/>", "<![CDATA[<script>]]>", "<!-- -->", "<animate attributeName='href'/>", "<g",
    "<g a=b/>", "<g style='fill:u&#114;l(//a.example)'/>",
    "<image href='&#104;ttp://a.example'/>", "<style>a{fill:u&#114;l(//a.example)}</style>",
    "<set attributeName='onload'/>", "<image src='data:image/svg+xml,x'/>",
)  # fmt: skip


@pytest.mark.parametrize("inside", PICTURES)
def test_a_picture_that_is_more_is_none(inside):
    around = "<svg xmlns='http://www.w3.org/2000/svg'>{}</svg>"
    assert is_plain_picture(around.format("<g style='fill: url(#a)'>once = 3 &lt;b&gt;</g>").encode())
    assert not is_plain_picture(around.format(inside).encode())


@pytest.mark.parametrize("address", ["card", "one", "compared", "drawn", "page"])
def test_no_stranger_is_answered(client, first, second, address):
    wish = {"at": first.name, "with": second.name, "name": "compare"}
    assert client.post(f"/results/{address}", wish, Cookie="").status == 403
    assert client.post(f"/results/{address}", wish, Origin="http://peacesim.example").status == 403
    assert client.post(f"/results/{address}", {"at": 1}).status == 400


# In a browser


@pytest.fixture
def page(browser, client):
    """The list, all rows read; what it asked of any address and complained of is kept."""
    opened = browser.new_page(viewport={"width": 1280, "height": 900}, reduced_motion="reduce", accept_downloads=True)
    opened.asked, opened.wrong = [], []
    opened.on("request", lambda request: opened.asked.append(request.url))
    opened.on("console", lambda message: opened.wrong.append(message.text))
    opened.on("pageerror", lambda error: opened.wrong.append(str(error)))
    opened.on("dialog", lambda dialog: opened.wrong.append(dialog.message))
    opened.goto(client.address)
    ready(opened, "folders are read")
    yield opened
    foreign = [each for each in opened.asked if not each.startswith((client.base, "data:", "blob:"))]
    assert not foreign and not opened.wrong
    opened.close()


def ready(page, text):
    page.locator("#status", has_text=text).wait_for(timeout=WAIT)


def checked(page):
    from axe_playwright_python.sync_playwright import Axe

    page.evaluate("() => document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("() => document.documentElement.scrollWidth") <= page.viewport_size["width"]


def saved(page, name, by=None):
    """The bytes of what a link or a button downloads."""
    with page.expect_download(timeout=WAIT) as found:
        (by or page.get_by_role("link", name=f"Download {name}", exact=True)).click()
    return Path(found.value.path()).read_bytes()


@pytest.mark.slow
def test_one_goes_from_the_list_to_a_result_and_downloads_it(page, first):
    rows = page.locator("#list tbody tr")
    broken = rows.filter(has_text="damaged, not used")
    assert broken.count() == 1 and "summary.json: its bytes are not those that were written" in broken.inner_text()
    assert page.locator("#first option[disabled]").inner_text() == "broken (damaged, not used)"
    page.locator(f'tr[data-name="{first.name}"] a').focus()
    page.keyboard.press("Enter")
    ready(page, "A well and a road is shown")
    assert page.get_by_role("heading", level=1).inner_text() == "A well and a road"
    picture = page.get_by_role("figure").first.locator("img")
    picture.scroll_into_view_if_needed()
    page.wait_for_function("(img) => img.complete && img.naturalWidth > 0", arg=picture.element_handle())
    assert len(picture.get_attribute("alt")) > 40
    for name in ("charts/zone.svg", "charts/zone.png", "charts/zone.csv", "packages.csv", "report.html"):
        assert saved(page, name) == (first / name).read_bytes()


@pytest.mark.slow
def test_two_are_chosen_by_the_keyboard_compared_and_downloaded(page, first, second):
    page.get_by_role("button", name="Compare", exact=True).click()
    page.get_by_label("Result A").select_option(first.name)
    page.get_by_label("Result B").select_option(first.name)
    page.get_by_role("button", name="Compare", exact=True).click()
    assert page.locator("#choice").inner_text() == "Choose two different results."
    page.get_by_label("Result B").select_option(second.name)
    page.get_by_role("button", name="Compare", exact=True).focus()
    page.keyboard.press("Enter")
    ready(page, "is shown")
    page.wait_for_function("() => !document.querySelector('figure > .note')", timeout=WAIT)
    told = data("compare", first, second, "--no-charts")
    found = json.loads(saved(page, "compare.json"))
    assert found["figures"] == told["figures"] and found["packages"] == told["packages"]
    assert saved(page, "compare.svg").startswith(b"<?xml")
    whole = page.get_by_role("button", name="The comparison as one self-contained page")
    assert b"<script" not in saved(page, "", whole)
    assert page.get_by_role("heading", level=1).inner_text() == f"A well and a road and {ODD}"


@pytest.mark.slow
@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1280, "light")])
def test_everybody_can_use_it(page, client, first, second, width, scheme):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 800})
    checked(page)
    for query, text in ((f"at={first.name}", "is shown"), ("at=broken", "is shown"), ("at=hostile", "is shown"),
                        (f"at={first.name}&with={second.name}", "is shown")):  # fmt: skip
        page.goto(f"{client.base}/results?{query}")
        ready(page, text)
        checked(page)
