"""Sections put into the template."""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined

from sim.analysis.words import clean
from sim.report.blocks import Section
from sim.scenario.messages import shown

CAVEAT = (
    "Every share is a share of runs in this scenario: of samples of the uncertain numbers in its file, under the "
    "weights written there. It is no forecast and no chance of peace. Of each share, ask which assumption moves it "
    "most, and whether that number has a source."
)
MOST_TEXT = 4_000  # characters of a paragraph
DISCLAIMER = "A thinking aid made with peacesim. It does not forecast, and it takes no side."


def page(
    title: str, kicker: str, about: Sequence[str], sections: Sequence[Section], disclaimer: str = "",
) -> str:  # fmt: skip
    """One HTML document.

    Args:
        title: Of the page.
        kicker: A line above it.
        about: Paragraphs below it.
        sections: In order; those without content are the caller's to leave out.
        disclaimer: Of the scenario; ours stands where it has none.
    """
    template = _environment().get_template("page.html")
    return template.render(
        title=clean(title),
        kicker=clean(kicker),
        about=[shown(each, MOST_TEXT) for each in about if each],
        sections=sections,
        caveat=CAVEAT,
        disclaimer=shown(disclaimer, MOST_TEXT) or DISCLAIMER,
        style=_read("style.css"),
    )


@cache
def _environment() -> Environment:
    return Environment(loader=FunctionLoader(_read), autoescape=True, undefined=StrictUndefined)


def _read(name: str) -> str:
    return files("sim.report").joinpath("templates", name).read_text(encoding="utf-8")
