"""A document as one self-contained HTML page with all charts, numbers and sources."""

import re
from base64 import b64encode
from collections.abc import Iterable, Sequence
from functools import cache
from hashlib import sha256
from html import unescape
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined

from sim.charts.chart import Rendered
from sim.charts.text import DASH
from sim.core.wording import shown
from sim.report import DISCLAIMER
from sim.report.document import Block, Drawing, Folded, Paragraph, Table, sections, table_of
from sim.results.labels import clean

CAVEAT = (
    "Every share is a share of runs in this scenario: of samples of the uncertain numbers in its file, under the "
    "weights written there. It is no forecast and no chance of peace. Of each share, ask which assumption moves it "
    "most, and whether that number has a source."
)
MOST_TEXT = 4_000  # characters of a paragraph


STATIC, EXPLORER = "page", "explore"  # templates; a page of the second kind runs one script over its data


def page(
    title: str, kicker: str, about: Sequence[str], blocks: Iterable[Block], disclaimer: str = "", caveat: str = CAVEAT,
    kind: str = STATIC, data: str = "",
) -> str:  # fmt: skip
    """Render one HTML document; empty sections are left out, and a default disclaimer is added where there is none.

    Args:
        kind: `STATIC` or `EXPLORER`.
        data: JSON for the script, without a `<`.
    """
    style, script = _read("style.css"), ""
    if kind == EXPLORER:
        style, script = style + _read("explore.css"), _read("explore.js")
    return _environment().get_template(f"{kind}.html").render(
        title=clean(title),
        kicker=clean(kicker),
        about=[shown(each, MOST_TEXT) for each in about if each],
        sections=[section for section in sections(blocks) if section.blocks],
        caveat=caveat,
        disclaimer=shown(disclaimer, MOST_TEXT) or DISCLAIMER,
        style=style,
        script=script,
        data=data,
        hashes={"script": _hash(script), "style": _hash(style)},
        dash=DASH,
    )


def _hash(text: str) -> str:
    """Return the hash by which a content security policy allows exactly this script or style."""
    return b64encode(sha256(text.encode()).digest()).decode()


@cache
def _environment() -> Environment:
    environment = Environment(loader=FunctionLoader(_read), autoescape=True, undefined=StrictUndefined)
    for kind in (Paragraph, Table, Drawing, Folded):
        environment.tests[kind.__name__.lower()] = lambda block, kind=kind: isinstance(block, kind)
    return environment


def _read(name: str) -> str:
    return files("sim.report").joinpath("templates", name).read_text(encoding="utf-8")


def drawing(chart: Rendered) -> Drawing:
    svg = chart.svg
    found = re.search(r"<title[^>]*>(.*?)</title>", svg, re.DOTALL)
    points = re.search(r'<svg[^>]* width="([\d.]+)pt"', svg)
    assert found is not None and points is not None
    title = unescape(found[1])
    numbers = table_of(f"Numbers of the chart: {title}", chart.table)
    return Drawing(chart.name, title, _in_page(svg), float(points[1]) / 72, numbers)


def _in_page(svg: str) -> str:
    """Strip an SVG's prolog and make its ids unique within a page.

    Ids that are referred to are derived from their content, so equal ids name equal elements.
    """
    body = svg[svg.index("<svg") :]
    return re.sub(r' id="(?:figure|axes|patch|text|line2d|matplotlib\.axis|[xy]tick|legend|[A-Za-z]*Collection|'
                  r'QuadMesh|image|contour)[A-Za-z]*_\d+"', "", body)  # fmt: skip
