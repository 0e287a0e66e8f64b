"""What every test shares: how hard Hypothesis tries, a browser, and a memory that is not tidied all the time."""

import gc
import os
import shutil

import pytest
from hypothesis import HealthCheck, is_hypothesis_test, settings

# No deadline: two test processes share two cores, and a slow example is no fault. In CI the examples are the same
# in every run, so that a red run is red again; elsewhere each run tries new ones.
settings.register_profile(
    "desk", deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.register_profile("ci", settings.get_profile("desk"), derandomize=True, database=None)
settings.register_profile("slow", settings.get_profile("ci"))  # all examples that a test asks for
settings.load_profile("ci" if os.environ.get("CI") else "desk")
QUICK, FEWEST = 0.4, 5  # the share of its examples that a test tries but with the profile `slow`, and how many at least

@pytest.fixture
def file(tmp_path):
    """The small scenario of `tests.commands` in a file, `talks.yaml`."""
    from tests.commands import SCENARIO

    path = tmp_path / "talks.yaml"
    path.write_text(SCENARIO, encoding="utf-8")
    return path


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Have the garbage collector pass over what stays to the end: more than a million objects, gone through each time.

    It costs as much as it finds something to do, and thousands of tests, their modules and the libraries give it much.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.set_threshold(20_000, 20, 10)
        gc.enable()


def pytest_collection_modifyitems(config, items):
    """Have each property tried on fewer examples, unless `--hypothesis-profile=slow` asks for all of them."""
    if config.getoption("--hypothesis-profile") == "slow":
        return
    for test in {item.obj for item in items if is_hypothesis_test(getattr(item, "obj", None))}:
        asked = test._hypothesis_internal_use_settings  # `@settings(...)`: no public name leads to it
        few = min(asked.max_examples, max(FEWEST, round(QUICK * asked.max_examples)))
        test._hypothesis_internal_use_settings = settings(asked, max_examples=few)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Give each process a long stretch of tests in their order: what a module makes once is then made in one of them.

    By default they take turns, and both start the servers, draw the charts and play the batches of each module. Who is
    done takes tests off the end of the other's stretch.
    """
    from xdist.scheduler import WorkStealingScheduling

    return WorkStealingScheduling(config, log) if config.option.dist == "load" else None


@pytest.fixture(scope="module")
def short_chunks():
    """Chunks of 64 draws, the shortest there are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sim.results.chunks.CHUNK_WORK", 1)
        yield


@pytest.fixture
def undrawn(monkeypatch):
    """Charts and pages stay empty, for tests that look at neither: drawing them takes longer than all the rest."""
    for name in ("render_charts", "save_charts", "render_comparison"):
        monkeypatch.setattr(f"sim.charts.{name}", lambda *_, **__: [])
    for name in ("result_page", "comparison_page"):
        monkeypatch.setattr(f"sim.report.{name}", lambda *_: "<html>")


@pytest.fixture(scope="module")
def browser():
    """A real browser that asks nothing of the network by itself; where there is none, its tests are skipped."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium on this machine")
    playwright = pytest.importorskip("playwright.sync_api")
    flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking",
             "--disable-component-update", "--disable-sync", "--no-first-run"]  # fmt: skip
    with playwright.sync_playwright() as driver, driver.chromium.launch(executable_path=CHROMIUM, args=flags) as opened:
        yield opened
