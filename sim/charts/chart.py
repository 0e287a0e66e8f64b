"""What a chart is: a function from results to a figure, and its table; and several results on the same scale."""

import hashlib
import io
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pandas as pd

from sim.charts.page import BODY, Panel, Picture, Words, drawing_settings, provenance, sheet
from sim.charts.style import SOFT
from sim.charts.text import LINE, clean, wrap
from sim.results.files import make_folder, write_whole
from sim.results.results import Results
from sim.results.tables import csv_text

PNG_DPI = 150
FALLBACK = "'DejaVu Sans', Verdana, Arial, sans-serif"  # where DejaVu is missing; Verdana is about as wide


def svg_text(picture: Picture) -> str:
    """A picture as SVG: text as text, a title and a description, no date, no address outside the file."""
    buffer = io.StringIO()
    with drawing_settings():
        picture.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    text = buffer.getvalue()
    # All of these are matplotlib's own lines: in text from a scenario `<` is written `&lt;`.
    text = re.sub(r"<!DOCTYPE[^>]*>\s*", "", text)
    text = re.sub(r"<!--.*?-->\s*", "", text, flags=re.DOTALL)
    text = re.sub(r"(<text style=\"font: [^\"]*?)'DejaVu Sans'", rf"\1{FALLBACK}", text)
    mark = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:12]  # several charts may stand in one page
    words = (
        f'role="img" aria-labelledby="t{mark} d{mark}">\n'
        f'<title id="t{mark}">{escape(picture.title)}</title>\n<desc id="d{mark}">{escape(picture.alt)}</desc>\n'
    )
    return re.sub(r"<svg([^>]*)>\s*", lambda found: f"<svg{found[1]} {words}", text, count=1)


def png_bytes(picture: Picture, dpi: int = PNG_DPI) -> bytes:
    """A picture as PNG, without the name of a program or a date; the text alternative goes with it."""
    buffer = io.BytesIO()
    with drawing_settings():
        alone = {"Software": None, "Title": picture.title, "Description": picture.alt}
        picture.savefig(buffer, format="png", dpi=dpi, metadata=alone)
    return buffer.getvalue()


def save_picture(picture: Picture, table: pd.DataFrame, folder: str | os.PathLike[str], name: str) -> list[Path]:
    """Write `name.svg`, `name.png` and `name.csv` into a folder, each whole or not at all.

    Returns:
        The three paths.

    Raises:
        StoreError: if they cannot be written, or the folder is a link, which could lead anywhere.
    """
    target = Path(folder)
    make_folder(target)
    contents = {
        "svg": svg_text(picture).encode("utf-8"),
        "png": png_bytes(picture),
        "csv": csv_text(table).encode("utf-8"),
    }
    for kind, data in contents.items():
        write_whole(target / f"{name}.{kind}", data)
    return [target / f"{name}.{kind}" for kind in contents]


def known(names: Sequence[str] | None, charts: Sequence[str]) -> list[str]:
    """The charts asked for, all if none is named.

    Raises:
        ValueError: if there is no chart of a name.
    """
    unknown = [name for name in names or () if name not in charts]
    if unknown:
        raise ValueError(f"no chart is called {unknown[0]!r}; there are {', '.join(charts)}")
    return list(names) if names is not None else list(charts)


GAP = 0.45  # inches between pictures side by side
LABEL = 11.0  # points, the name of a picture among several


def _always(results: Any) -> bool:
    return True


@dataclass(frozen=True)
class Chart:
    """A chart of a scenario's results.

    What pictures must share to be read side by side (limits, rows, colours) is worked out by `frame`, from one result
    or from several; the others take it as it comes.

    Attributes:
        name: By which it is asked for; also its file name.
        about: What it shows, in a line.
        frame: What pictures of these results share.
        size: Width and height of the picture, inches.
        draw: Draws one result on a panel of that size.
        words: What is written around it.
        table: The numbers that are drawn.
        applies: Whether a result has what it shows. Where it has not, the picture says so in a sentence.
        compares: Whether several results can stand side by side.
    """

    name: str
    about: str
    frame: Callable[[Sequence[Results]], Any]
    size: Callable[[Results, Any], tuple[float, float]]
    draw: Callable[[Panel, Results, Any], None]
    words: Callable[[Results, Any], Words]
    table: Callable[[Results], pd.DataFrame]
    applies: Callable[[Results], bool] = _always
    compares: Callable[[Sequence[Results]], bool] = _always

    def __repr__(self) -> str:
        return f"Chart({self.name}: {self.about})"

    def __call__(self, results: Results) -> Picture:
        """Draw one result."""
        frame = self.frame([results])
        return sheet(
            clean(results.scenario.title),
            self.words(results, frame),
            [provenance(results)],
            self.size(results, frame),
            lambda panel: self.draw(panel, results, frame),
        )


    def several(self, results: Sequence[Results], labels: Sequence[str] | None = None) -> pd.DataFrame:
        """The tables of several results below each other, with a first column `result`."""
        names = result_labels(results, labels)
        tables = [self.table(one) for one in results]
        for name, table in zip(names, tables, strict=True):
            table.insert(0, "result", name)
        return pd.concat([table for table in tables if len(table)] or tables, ignore_index=True)


def side_by_side(chart: Chart, results: Sequence[Results], labels: Sequence[str] | None = None) -> Picture:
    """The same chart of several results, next to each other and on the same scale.

    Args:
        chart: Any of `CHARTS`.
        results: In the order in which they are shown, at least one.
        labels: What each is called; by default the scenarios' titles, or their ids, or A, B, C.
    """
    names = result_labels(results, labels)
    frame = chart.frame(results)
    sizes = [chart.size(one, frame) for one in results]
    each = [chart.words(one, frame) for one in results]
    heads = [wrap(name, width, LABEL, 2, bold=True) for name, (width, _) in zip(names, sizes, strict=True)]
    said = [wrap(its.said, width, BODY, 4) for its, (width, _) in zip(each, sizes, strict=True)]
    below = max(map(len, heads)) * LABEL * LINE + 0.04
    head = below + max(map(len, said)) * BODY * LINE + 0.15

    def draw(panel: Panel) -> None:
        x = 0.0
        for place, one in enumerate(results):
            width, height = sizes[place]
            panel.lines(x, 0, heads[place], LABEL, weight="bold")
            panel.lines(x, below, said[place], BODY, color=SOFT)
            chart.draw(panel.part(x, head, width, height), one, frame)
            x += width + GAP

    titles = {its.title for its in each}
    words = Words(
        each[0].title if len(titles) == 1 else f"{chart.about[0].upper()}{chart.about[1:]}",
        f"The same scale in all pictures. {each[0].how}",
        "",
        " ".join(f"{name}: {its.alt}" for name, its in zip(names, each, strict=True)),
        tuple(dict.fromkeys(note for its in each for note in its.notes)),
    )
    footer = [f"{name}: {provenance(one)}" for name, one in zip(names, results, strict=True)]
    size = (sum(width for width, _ in sizes) + GAP * (len(sizes) - 1), head + max(height for _, height in sizes))
    return sheet("Comparison", words, footer, size, draw)


def result_labels(results: Sequence[Results], labels: Sequence[str] | None = None) -> list[str]:
    """What to call several results: the labels given, else titles, ids or letters, whichever tells them apart.

    Raises:
        ValueError: if there is no result, or not one label for each.
    """
    if not results:
        raise ValueError("at least one result is needed")
    if labels is not None:
        if len(labels) != len(results):
            raise ValueError(f"{len(results)} results need as many labels, not {len(labels)}")
        return [clean(label, 80) for label in labels]
    for names in ([one.scenario.title for one in results], [one.scenario.id for one in results]):
        if len(set(names)) == len(names):
            return [clean(name, 80) for name in names]
    return [f"{chr(65 + k % 26)}{k // 26 or ''}" for k in range(len(results))]
