"""The manual as a site: built strictly, whole in itself, and nothing in it comes from outside."""

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

pytest.importorskip("material", reason="the manual's site needs the extra `docs`")
pytestmark = pytest.mark.slow  # the site is built from the same pages whatever the Python
ROOT = Path(__file__).resolve().parents[1]


class Page(HTMLParser):
    """What a page points at, what it loads, and the places in it that can be pointed at."""

    def __init__(self, text):
        super().__init__()
        self.links, self.loaded, self.places, self.pictures = [], [], set(), []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        facts = dict(attributes)
        self.places |= {facts[key] for key in ("id", "name") if facts.get(key)}
        if tag == "a" and facts.get("href"):
            self.links.append(facts["href"])
        if tag == "link" and facts.get("href") and facts.get("rel") != "canonical":
            self.loaded.append(facts["href"])
        if facts.get("src"):
            self.loaded.append(facts["src"])
        if tag == "img":
            self.pictures.append(facts)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The built site."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    quiet = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}  # the theme's notice of its successor
    done = subprocess.run(command, cwd=ROOT, env=quiet, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not re.search("WARNING|ERROR", done.stderr)
    return folder


@pytest.fixture(scope="module")
def pages(site):
    """Every page, by its place in the site."""
    return {path.relative_to(site).as_posix(): Page(path.read_text("utf-8")) for path in sorted(site.rglob("*.html"))}


def test_every_page_of_the_manual_is_on_the_site(pages):
    docs = ROOT / "docs"
    assert {path.relative_to(docs).with_suffix(".html").as_posix() for path in docs.rglob("*.md")} <= set(pages)


def test_no_page_loads_anything_from_outside(pages, site):
    loaded = {each for page in pages.values() for each in page.loaded}
    assert len(loaded) > 10
    assert not [each for each in loaded if urlsplit(each).netloc or urlsplit(each).scheme not in ("", "data")]
    sheets = [path.read_text("utf-8") for path in site.rglob("*.css")]
    assert sheets
    assert not [found for sheet in sheets for found in re.findall(r"url\(\s*[\"']?(?:https?:)?//[^)]*", sheet)]


def test_links_and_their_places_are_there(pages, site):
    lost = []
    for name, page in pages.items():
        for link in [*page.links, *page.loaded]:
            address = urlsplit(link)
            if address.scheme or address.netloc or name == "404.html":
                continue
            target = (site / name).parent / unquote(address.path) if address.path else site / name
            target = target / "index.html" if target.is_dir() else target
            inside = target.resolve().relative_to(site.resolve()).as_posix()
            place = unquote(address.fragment)
            if not target.is_file() or (place and inside in pages and place not in pages[inside].places):
                lost.append(f"{name}: {link}")
    assert not lost


def test_every_picture_says_what_it_shows(pages):
    pictures = [(name, each) for name, page in pages.items() for each in page.pictures]
    assert pictures
    assert not [(name, each["src"]) for name, each in pictures if len(each.get("alt") or "") < 20]


def test_every_picture_leads_to_itself_where_it_can_be_made_larger(pages):
    alone = [(name, each["src"]) for name, page in pages.items() for each in page.pictures
             if name.partition("/")[0] != "404.html" and each["src"] not in page.links]  # fmt: skip
    small = [(name, src) for name, src in alone if name == "gallery.html" and src.endswith(".small.webp")]
    assert alone == small and {f"{src.removesuffix('.small.webp')}.html#funnel" for _, src in small} <= {
        link for page in pages.values() for link in page.links
    }


SHOWN = (
    "index", "tutorial/2-your-own", "reference/keys", "reference/api", "gallery/two-banks-pullback", "app", "trust",
)  # fmt: skip


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1280, "light")])
def test_pages_are_accessible_and_fetch_nothing(site, browser, width, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    asked, found = [], {}
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.on("request", lambda request: asked.append(request.url))
    for name in SHOWN:
        page.goto((site / f"{name}.html").as_uri())
        page.wait_for_timeout(300)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        violations = axe.run(page).response["violations"]
        found[name] = [(each["id"], each["nodes"][0]["target"]) for each in violations]
    page.close()
    assert not any(found.values()), found
    assert asked and {urlsplit(each).scheme for each in asked} == {"file"}


def test_the_search_works_from_a_folder_by_keyboard(site, browser):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto((site / "index.html").as_uri())
    page.keyboard.press("/")
    page.keyboard.type("waterfall", delay=20)
    page.locator(".md-search-result__item").first.wait_for(timeout=20_000)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda address: "index.html" not in address, timeout=20_000)
    page.close()


LOOKED_UP = {  # a page that should be among the first that the search finds
    "ZOPA": ("glossary", "how-to/open-a-zone", "model", "odd"), "BATNA": ("glossary",), "Monte Carlo": ("glossary",),
    "confidence interval": ("glossary",), "spoiler": ("glossary",), "export": ("results",), "PowerPoint": ("results",),
}  # fmt: skip


@pytest.mark.parametrize("words", LOOKED_UP)
def test_the_search_finds_what_people_look_up(site, browser, words):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto((site / "index.html").as_uri())
    page.keyboard.press("/")
    page.keyboard.type(words, delay=20)
    page.locator(".md-search-result__item").first.wait_for(timeout=20_000)
    links = page.locator(".md-search-result__item > a, .md-search-result__item details a, .md-search-result__link")
    found = [urlsplit(link.get_attribute("href")).path for link in links.all()[:6]]
    page.close()
    assert any(path.endswith(f"{name}.html") for name in LOOKED_UP[words] for path in found), found
