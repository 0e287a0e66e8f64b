"""R15: a hostile text in every place of a scenario changes no element of a page or chart."""

import re
import xml.etree.ElementTree as ElementTree
from collections import Counter

import pytest

import sim
from sim.charts import CHARTS
from sim.charts.chart import Rendered, svg_text
from sim.charts.style import INK, NEUTRAL, PARTY_STYLES, SOFT
from sim.report import result_page
from sim.results.tables import tables_of
from tests.commands import call
from tests.report.test_report import Page
from tests.trust.hostile import TEXTS, harmless, hostile, places
from tests.trust.planting import bugs
from tests.trust.test_names_tables import cells, is_formula

QUICK = ("packages", "frontier")  # charts of the quick form; the exhaustive one draws all
DRAWS = 24


def elements(svg: str) -> Counter[tuple[str, tuple[str, ...]]]:
    """How often each element stands in an SVG, and its attributes; but for lines of text, which labels break into."""
    assert "<!" not in svg
    found = Counter((each.tag, tuple(sorted(each.attrib))) for each in ElementTree.fromstring(svg).iter())
    lines = {key for key in found if key[0].endswith("}text")}
    groups = {key for key in found if key[0].endswith("}g")}
    return Counter({key: count for key, count in found.items() if key not in lines | groups})


def played(folder, text):
    folder.mkdir()
    (folder / "talks.yaml").write_text(text, encoding="utf-8")
    return sim.run(sim.read_scenario(folder / "talks.yaml"), DRAWS, 1)


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    root = tmp_path_factory.mktemp("names")
    return played(root / "hostile", hostile()[0]), played(root / "harmless", harmless())


def held(both, names):
    """Charts, their texts and the page of a hostile scenario, against those of its harmless twin."""
    svgs = {name: svg_text(CHARTS[name](both[0])) for name in names}
    for name, svg in svgs.items():
        assert elements(svg) == elements(svg_text(CHARTS[name](both[1]))), name
        root = ElementTree.fromstring(svg)
        space = "{http://www.w3.org/2000/svg}"
        assert root.find(f"{space}title").text and root.find(f"{space}desc").text
        used = {key: value for each in root.iter() for key, value in each.attrib.items()}
        assert not [value for value in used.values() if "alert(" in value or "peacesim.invalid" in value]
        assert float(root.get("width")[:-2]) < 3_000 and float(root.get("height")[:-2]) < 3_000
    pages = [result_page(one, [Rendered(name, svg, CHARTS[name].table(one)) for name, svg in svgs.items()])
             for one in both]  # fmt: skip
    page = Page(pages[0])
    assert not {"script", "iframe", "object", "embed", "link", "form", "base", "img"} & set(page.tags)
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    addresses = [value for name, value in page.attributes if name in ("href", "src", "xlink:href", "action", "srcset")]
    assert all(value.startswith("#") for value in addresses)
    assert not [value for name, value in page.attributes if name in ("style", "id", "class") and "invalid" in value]
    tags = [[tag for tag in Page(page).tags if tag not in ("text", "g")] for page in pages]
    assert tags[0] == tags[1]
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]", pages[0])
    assert len(pages[0].encode()) < 5_000_000


def test_every_place_of_the_schema_is_filled(record_property):
    _, filling = hostile()
    assert places() <= filling.filled, "everywhere.yaml has no block for these"
    assert len(places()) > 60
    record_property("R15", f"{len(TEXTS)} texts, {len(places())} places of the schema, {filling.written} texts a file")


def test_a_hostile_scenario_draws_and_reports_the_elements_of_its_harmless_twin(both):
    held(both, QUICK)


@pytest.mark.exhaustive
@pytest.mark.parametrize("shift", range(0, len(TEXTS), 10))
def test_so_do_all_charts_wherever_each_text_stands(shift, tmp_path, record_property):
    pair = played(tmp_path / "a", hostile(shift)[0]), played(tmp_path / "b", harmless(shift))
    names = [name for name, chart in CHARTS.items() if chart.applies(pair[0])]
    held(pair, names)
    record_property("R15", f"{len(names)} charts and the page with texts from place {shift} on, element by element")


def test_the_page_of_a_batch_has_the_elements_of_its_twin(tmp_path):
    tags = []
    for name, text in {"hostile": hostile()[0], "harmless": harmless()}.items():
        out, file = tmp_path / name, tmp_path / f"{name}.yaml"
        file.write_text(text, encoding="utf-8")
        assert call("batch", file, "-n", 2, "--workers", 1, "--no-charts", "--out", out).exit_code == 0
        tags.append(Page((out / "index.html").read_text(encoding="utf-8")).tags)
    assert tags[0] == tags[1] and "script" not in tags[0]


def test_no_table_of_it_holds_a_formula(both):
    for name, data in tables_of(both[0], "0" * 64).items():
        if name.endswith(".csv"):
            rows = cells(data.decode())
            assert len({len(row) for row in rows}) == 1
            assert not [cell for row in rows for cell in row if is_formula(cell)]


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(
    ("colour", "least"), [(INK, 4.5), (SOFT, 4.5), (NEUTRAL, 3), *((style.colour, 3) for style in PARTY_STYLES)]
)
def test_colours_of_charts_are_seen_on_white(colour, least):
    assert 1.05 / (luminance(colour) + 0.05) >= least


@pytest.mark.exhaustive
def test_the_same_bytes_in_another_folder_a_moment_later(tmp_path, monkeypatch):
    found = []
    for place in ("one", "another-folder"):
        (tmp_path / place).mkdir()
        monkeypatch.chdir(tmp_path / place)
        monkeypatch.setenv("USER", f"user-of-{place}")
        monkeypatch.setenv("HOME", str(tmp_path / place))
        (tmp_path / place / "talks.yaml").write_text(hostile()[0], encoding="utf-8")
        assert call("batch", "talks.yaml", "-n", DRAWS, "--workers", 1).exit_code == 0
        files = sorted(path for path in (tmp_path / place / "results").rglob("*") if path.is_file())
        found.append({path.relative_to(tmp_path / place): path.read_bytes() for path in files})
    assert found[0] == found[1]
    assert not [name for name, data in found[0].items() if str(tmp_path).encode() in data or b"user-of-one" in data]


PLANTED = bugs("R15", __name__, [
    ("sim/report", "autoescape=True", "autoescape=False",
     "test_a_hostile_scenario_draws_and_reports_the_elements_of_its_harmless_twin"),
    ("sim/charts", "{escape(picture.title)}", "{picture.title}",
     "test_a_hostile_scenario_draws_and_reports_the_elements_of_its_harmless_twin"),
    ("sim/charts", '"#B87A00"', '"#E69F00"', "test_colours_of_charts_are_seen_on_white"),
])  # fmt: skip
