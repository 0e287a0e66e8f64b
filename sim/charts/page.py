"""The sheet of a chart: title, picture and footer, placed in inches so that nothing is clipped or overlaps."""

import gc
import io
import math
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib.style
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from sim.charts.style import INK, RULE, SOFT
from sim.charts.text import FONT, LINE, LONGEST, clean, text_width, wrap
from sim.results.results import Results

MARGIN = 0.3  # inches, on all sides
SMALL, BODY, TITLE = 9.0, 9.5, 15.0  # points
HEADING_AIR = 0.09  # inches above a heading in a key
DISCLAIMER = "A thinking aid: shares of runs in this scenario, not a forecast."
STYLE = {
    "font.family": FONT,
    "font.size": SMALL,
    "text.parse_math": False,  # a label with two dollar signs would silently turn italic
    "text.color": INK,
    "svg.fonttype": "none",
    "svg.hashsalt": "peacesim",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": SOFT,
    "axes.linewidth": 0.8,
    "axes.axisbelow": True,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "hatch.linewidth": 0.8,
    "hatch.color": SOFT,
}
_SETTINGS = threading.RLock()  # matplotlib's settings are global; the page with sliders draws in threads
_within: list[bool] = []  # global too; written under the lock only


@contextmanager
def drawing_settings() -> Iterator[None]:
    """Apply our drawing settings, whatever the user's matplotlibrc has."""
    with _SETTINGS:
        if _within:
            yield
            return
        _within.append(True)
        try:
            with matplotlib.style.context(["default", STYLE]), warnings.catch_warnings():
                warnings.filterwarnings("ignore", message="Glyph")  # PNG shows a box for a letter the font lacks
                yield
        finally:
            _within.clear()


@contextmanager
def garbage_uncollected() -> Iterator[None]:
    """Disable garbage collection while drawing: looking for reference cycles takes a quarter of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class Picture(Figure):
    """A figure with a text alternative; a notebook shows it without pyplot."""

    title: str = ""  # title, in a line
    alt: str = ""  # text alternative, in a few sentences

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        self.savefig(buffer, format="png", dpi=110)
        return buffer.getvalue()

    def draw(self, renderer: Any) -> None:
        """Draw under our settings: tick labels are only made now."""
        with drawing_settings():
            super().draw(renderer)


@dataclass(frozen=True)
class Panel:
    """A part of a sheet. Positions are in inches from its upper left corner, right and down."""

    sheet: Picture
    left: float
    top: float
    width: float
    height: float

    def part(self, x: float, y: float, width: float, height: float) -> "Panel":
        return Panel(self.sheet, self.left + x, self.top + y, width, height)

    def axes(self, x: float, y: float, width: float, height: float) -> Axes:
        """Add axes whose box, without labels, has this position and size."""
        page_width, page_height = self.sheet.get_size_inches()
        bottom = page_height - self.top - y - height
        box = ((self.left + x) / page_width, bottom / page_height, width / page_width, height / page_height)
        return self.sheet.add_axes(box)

    def canvas(self, x: float, y: float, width: float, height: float, limits: tuple[float, float]) -> Axes:
        """Add axes without frame and scales: x from 0 to the first limit, y to the second; negative: downwards."""
        axes = self.axes(x, y, width, height)
        axes.set_axis_off()
        axes.set_xlim(0, limits[0])
        axes.set_ylim(*((0, limits[1]) if limits[1] > 0 else (-limits[1], 0)))
        return axes

    def swatch(self, x: float, y: float, colour: str) -> None:
        """Draw a small square in a party's colour."""
        axes = self.axes(x, y, 0.12, 0.12)
        axes.set_axis_off()
        axes.fill_between([0, 1], 0, 1, facecolor=colour)

    def text(self, x: float, y: float, text: str, size: float = BODY, **style: Any) -> None:
        """Draw one line of text; y is its upper edge unless `va` differs."""
        page_width, page_height = self.sheet.get_size_inches()
        place = ((self.left + x) / page_width, 1 - (self.top + y) / page_height)
        usual = {"size": size, "va": "top", "ha": "left", "color": INK, "parse_math": False}
        self.sheet.text(*place, text, **{**usual, **style})

    def lines(self, x: float, y: float, lines: Sequence[str], size: float = BODY, **style: Any) -> float:
        """Draw lines of text below each other; returns their height."""
        for number, line in enumerate(lines):
            self.text(x, y + number * size * LINE, line, size, **style)
        return len(lines) * size * LINE

    def rule(self, x: float, y: float, width: float, **style: Any) -> None:
        page_width, page_height = self.sheet.get_size_inches()
        ends = [(self.left + x) / page_width, (self.left + x + width) / page_width]
        height = 1 - (self.top + y) / page_height
        line = Line2D(ends, [height, height], **{"color": RULE, "linewidth": 0.8, **style})
        self.sheet.add_artist(line)


@dataclass(frozen=True)
class Form:
    """What a chart is drawn for: the rows it may have at most, and the inches that there are for it."""

    rows: int
    width: float
    height: float


PAGE = Form(99, math.inf, math.inf)
SLIDE = Form(8, 10.45, 3.95)  # on 11.1 inches, where the smallest text has 18 of 1600 pixels
SLIDE_PIXELS = 1600, 900
SLIDE_WIDTH = SLIDE_PIXELS[0] / 144  # inches, where a chart is not enlarged
SLIDE_MARGIN = (SLIDE_WIDTH - SLIDE.width) / 2
MOST_ZOOM = 1.7
HEADLINES = (22.0, 18.0, 15.0, 12.0)  # points, the largest in which a headline takes two lines


@dataclass(frozen=True)
class Caption:
    """The text around a chart."""

    title: str  # neutral title
    how: str  # how to read it: unit, meaning of marks; the same for all results of a scenario
    finding: str  # the finding, in a sentence or two
    alt: str  # the main figures in one to three sentences
    notes: tuple[str, ...] = ()  # footer besides n, seed and hash
    headline: str = ""  # title of a slide: the finding as a sentence, without its full stop
    more: str = ""  # what a slide has no room for, such as `and 12 more inputs`


def provenance(results: Results) -> str:
    """Return n, seed and, if the results were stored, their hash."""
    identity = clean(str(results.provenance.get("identity") or ""), 80)
    known = f" · results {identity.rsplit('-', 1)[-1][:12]}" if identity else ""
    return f"n = {results.n:,} run{'s' if results.n != 1 else ''} · seed {results.seed}{known}"


def sheet(
    kicker: str, caption: Caption, footer: Sequence[str], size: tuple[float, float], draw: Callable[[Panel], None]
) -> Picture:
    """Lay out a chart on a sheet just large enough for it.

    Args:
        kicker: A line above the title: the scenario.
        footer: n, seed and hash, a line each result.
        size: Width and height of the picture without margins, title and footer, inches.
    """
    width = max(size[0], 6.0)
    head = [
        (wrap(kicker, width, BODY, 2), BODY, {"color": SOFT}),
        (wrap(caption.title, width, TITLE, 3, bold=True), TITLE, {"weight": "bold"}),
        (wrap(f"{caption.how} {caption.finding}", width, BODY), BODY, {"color": SOFT}),
    ]
    foot = [line for text in (*caption.notes, *footer, DISCLAIMER) for line in wrap(text, width, SMALL)]
    head_height = sum(len(lines) * points * LINE for lines, points, _ in head) + 0.26
    foot_height = len(foot) * SMALL * LINE + 0.22
    with drawing_settings():
        height = size[1] + head_height + foot_height
        page = Picture(figsize=(width + 2 * MARGIN, height + 2 * MARGIN), facecolor="white")
        FigureCanvasAgg(page)
        page.title, page.alt = clean(caption.title), clean(caption.alt, LONGEST)
        whole = Panel(page, MARGIN, MARGIN, width, height)
        y = 0.0
        for lines, points, style in head:
            y += whole.lines(0, y, lines, points, **style) + 0.03
        draw(whole.part(0, head_height, *size))
        y = whole.height - foot_height + 0.1
        whole.rule(0, y, width)
        whole.lines(0, y + 0.08, foot, SMALL, color=SOFT)
    return page


def slide(
    caption: Caption, footer: tuple[str, str], size: tuple[float, float], draw: Callable[[Panel], None]
) -> Picture:
    """Lay out a chart as a slide of 16:9: a headline, the chart as large as it fits, and one line of footer.

    Args:
        caption: Its headline is the title, its title stands below; the rest is for the page.
        footer: What it is of, cut off where the line is too long, and the rest of the line.
        size: Width and height of the picture, inches; text is small if it is larger than `SLIDE`.
    """
    sizes = {points: wrap(caption.headline, SLIDE.width, points, bold=True) for points in HEADLINES}
    points = next((points for points, lines in sizes.items() if len(lines) <= 2), HEADLINES[-1])
    title = sizes[points]
    top = SLIDE_MARGIN + len(title) * points * LINE
    above, below = top + 2.4 * BODY * LINE, SMALL * LINE + 1.1 * SLIDE_MARGIN
    rest = caption.more and 1.3 * SMALL * LINE
    tall = SLIDE_WIDTH * SLIDE_PIXELS[1] / SLIDE_PIXELS[0]
    room = tall - above - below - (rest or 0.0)
    zoom = min(SLIDE.width / size[0], room / size[1], MOST_ZOOM)
    with drawing_settings():
        page = Picture(figsize=(SLIDE_WIDTH / zoom, tall / zoom), facecolor="white")
        FigureCanvasAgg(page)
        page.title, page.alt = clean(caption.headline), clean(caption.alt, LONGEST)
        left, width, small = SLIDE_MARGIN / zoom, SLIDE.width / zoom, SMALL / zoom
        whole = Panel(page, left, 0, width, tall / zoom)
        whole.lines(0, SLIDE_MARGIN / zoom, title, points / zoom, weight="bold")
        whole.lines(0, (top + 0.05) / zoom, wrap(caption.title, width, BODY / zoom, 1), BODY / zoom, color=SOFT)
        draw(whole.part(0, above / zoom, *size))
        if caption.more:
            whole.lines(0, above / zoom + size[1] + 0.05, wrap(caption.more, width, small, 1), small, color=SOFT)
        y = whole.height - below / zoom
        whole.rule(0, y, width)
        name = wrap(footer[0], width - text_width(footer[1], small), small, 1)[0]
        whole.text(0, y + 0.06 / zoom, name + footer[1], small, color=SOFT)
    return page


def key_height(entries: Sequence[tuple[str, str]], width: float) -> float:
    """Return the height of `draw_key`, inches."""
    return _key(None, entries, width, 0.0)


def draw_key(panel: Panel, entries: Sequence[tuple[str, str]], width: float, top: float) -> float:
    """Explain short names below a chart, in two columns; returns its height. An empty name makes a heading."""
    return _key(panel, entries, width, top)


def _key(panel: Panel | None, entries: Sequence[tuple[str, str]], width: float, top: float) -> float:
    if not entries:
        return 0.0
    gap, column = 0.35, (width - 0.35) / 2
    indent = min(0.45 * column, max(text_width(name, SMALL) for name, _ in entries) + 0.15)
    blocks: list[tuple[float, list[str], list[str]]] = []
    for name, text in entries:
        names = wrap(name, indent - 0.1, SMALL) if name else []
        texts = wrap(text, column - (indent if name else 0), SMALL, 4, bold=not name)
        air = 0.02 if name else HEADING_AIR + 0.03
        blocks.append((max(len(names), len(texts)) * SMALL * LINE + air, names, texts))
    headings = [number for number, (_, names, _) in enumerate(blocks) if not names and number] or [len(blocks)]
    heights = [height for height, _, _ in blocks]
    split = min(headings, key=lambda number: max(sum(heights[:number]), sum(heights[number:])))
    tallest = 0.0
    for side, part in enumerate((blocks[:split], blocks[split:])):
        y, x = top, side * (column + gap)
        for height, names, texts in part:
            if panel is not None:
                if names:
                    panel.lines(x, y, names, SMALL)
                    panel.lines(x + indent, y, texts, SMALL, color=SOFT)
                else:
                    panel.lines(x, y + HEADING_AIR, texts, SMALL, weight="bold")
            y += height
        tallest = max(tallest, y - top)
    return tallest
