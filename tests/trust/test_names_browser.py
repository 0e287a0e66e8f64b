"""R15 in a real browser: a page of hostile labels runs nothing, asks for nothing, and can be read by everybody."""

from collections import Counter

import pytest

from sim.analysis.compare import compare
from sim.charts import render_charts
from sim.report import comparison_page, result_page
from tests.app_client import served
from tests.trust.hostile import harmless, hostile
from tests.trust.planting import bugs
from tests.trust.test_names import QUICK, played

WAIT = 120_000  # milliseconds; the machine may be busy, and nothing here is about speed
READY = {  # what each page of the local app shows once all of its answer is there
    "tweak": ("#progress:has-text('All 100 runs')", "#answer[aria-busy=false]"),
    "step": ("#turns > *", "#ending"),
    "packages": ("#lacks > *", "#lacks:not(:has-text('looked for'))", "#around tr", "#filed tr"),
}
OPEN = "() => document.querySelectorAll('details').forEach((each) => { each.open = true; })"
TAGS = "() => [...document.querySelectorAll('body *')].map((each) => each.tagName.toLowerCase())"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    root = tmp_path_factory.mktemp("names")
    return played(root / "hostile", hostile()[0]), played(root / "harmless", harmless())


class Watched:
    """A tab that keeps what it asked for, and whatever ran or went wrong in it."""

    def __init__(self, browser, width: int) -> None:
        self.tab = browser.new_page(viewport={"width": width, "height": 800})
        self.asked, self.wrong = [], []
        self.tab.on("request", lambda request: self.asked.append(request.url))
        self.tab.on("console", lambda message: self.wrong.append(message.text))
        self.tab.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.tab.on("dialog", lambda dialog: (self.wrong.append(dialog.message), dialog.dismiss()))

    def held(self, width: int, within: str) -> Counter[str]:
        """Its elements; nothing ran or was asked for outside, nothing stands out, axe-core objects to nothing."""
        from axe_playwright_python.sync_playwright import Axe

        self.tab.evaluate(OPEN)
        assert not self.wrong and all(address.startswith(within) for address in self.asked), (self.wrong, self.asked)
        assert self.tab.evaluate("document.documentElement.scrollWidth") <= width
        found = Axe().run(self.tab)
        assert found.violations_count == 0, found.generate_report()
        return Counter(self.tab.evaluate(TAGS))


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("kind", ["result", "comparison"])
def test_a_report_of_hostile_labels(browser, both, tmp_path, width, kind):
    path = tmp_path / "page.html"
    if kind == "result":
        text = result_page(both[0], render_charts(both[0], QUICK))
    else:
        text = comparison_page(compare([both[0], both[0]]))
    path.write_text(text, encoding="utf-8")
    watched = Watched(browser, width)
    watched.tab.goto(path.as_uri())
    watched.held(width, path.as_uri())
    watched.tab.close()


@pytest.mark.parametrize("name", READY)
def test_the_local_page_has_the_elements_of_its_harmless_twin(browser, tmp_path, name, record_property):
    found = []
    for kind, text in (("hostile", hostile()[0]), ("harmless", harmless())):
        file = tmp_path / kind / "talks.yaml"
        file.parent.mkdir()
        file.write_text(text, encoding="utf-8")
        with served(file, "-n", "100") as client:
            watched = Watched(browser, 360)
            watched.tab.goto(client.address)
            watched.tab.goto(f"{client.base}/{name}?file=talks.yaml")
            for shown in READY[name]:
                watched.tab.locator(shown).first.wait_for(timeout=WAIT, state="attached")
            found.append(watched.held(360, client.base))
            watched.tab.close()
    assert found[0] == found[1]
    record_property("R15", f"{name}: {found[0].total():,} elements in Chromium, those of the harmless twin, none ran")


PLANTED = bugs("R15", __name__, [
    ("sim/report", "autoescape=True", "autoescape=False", "test_a_report_of_hostile_labels"),
])  # fmt: skip
