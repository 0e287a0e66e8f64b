"""The gallery shows every chart of every shipped scenario, as the scenarios are now."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sim.charts import CHARTS
from sim.results.results import run
from sim.scenario import read_scenario

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "docs"))
import gallery  # noqa: E402  (a script beside the pages it writes)

NAMES = sorted(path.stem for path in (ROOT / "scenarios").glob("*.yaml"))
AGAIN = "write it anew: python docs/gallery.py"


@pytest.mark.parametrize("name", NAMES)
def test_a_page_shows_its_scenario_as_it_is(name):
    page = (gallery.FOLDER / f"{name}.md").read_text(encoding="utf-8")
    assert page.startswith(gallery.IDENTITY.format(gallery.identity_of(name)) + "\n"), AGAIN
    pictures = re.findall(r"^!\[(.+)\]\((.+)\)$", page, re.MULTILINE)
    assert [picture for _, picture in pictures] == [f"{name}.{chart}.webp" for chart in shown(name)], AGAIN
    assert all(len(alt) > 40 for alt, _ in pictures)
    assert all((gallery.FOLDER / picture).stat().st_size > 3_000 for _, picture in pictures)
    assert f"peacesim batch scenarios/{name}.yaml" in page


def shown(name):
    """The charts that a scenario has, told by a few runs of it."""
    page = (gallery.FOLDER / f"{name}.md").read_text(encoding="utf-8")
    few = run(read_scenario(ROOT / "scenarios" / f"{name}.yaml"), 16, gallery.SEED)
    told = re.findall(r"^## .* \{#(\w+)\}$", page, re.MULTILINE)
    return [chart for chart in CHARTS if CHARTS[chart].applies(few) or chart in told]


def test_every_scenario_and_no_other_has_a_page():
    assert sorted(path.stem for path in gallery.FOLDER.glob("*.md")) == NAMES, AGAIN
    pictures = {found for path in gallery.FOLDER.glob("*.md")
                for found in re.findall(r"\]\((\S+\.webp)\)", path.read_text("utf-8"))}  # fmt: skip
    small = {f"{name}.small.webp" for name in NAMES}
    assert {path.name for path in gallery.FOLDER.glob("*.webp")} == pictures | small, AGAIN


@pytest.mark.parametrize("name", NAMES)
def test_the_small_picture_of_a_scenario_is_that_of_its_funnel_and_leads_to_it(name):
    small, whole = (Image.open(gallery.FOLDER / f"{name}.{kind}.webp") for kind in ("small", "funnel"))
    with small, whole:
        assert small.width == gallery.WIDE and abs(small.height / small.width - whole.height / whole.width) < 0.01
        difference = np.asarray(small.convert("L"), float) - np.asarray(whole.convert("L").resize(small.size), float)
    assert np.abs(difference).mean() < 8, AGAIN
    row = next(line for line in gallery.INDEX.read_text("utf-8").splitlines() if f"/{name}.small.webp" in line)
    assert re.match(rf"\| \[!\[[^]]{{40,}}\]\(gallery/{name}\.small\.webp\)\]\(gallery/{name}\.md#funnel\) \|", row)


def test_the_page_that_leads_to_them_is_as_written():
    assert gallery.INDEX.read_text(encoding="utf-8") == gallery.index_page(NAMES), AGAIN
