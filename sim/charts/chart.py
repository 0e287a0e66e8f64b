"""The base of all charts: a picture of results or of an analysis, with its caption and its table."""

import hashlib
import io
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Generic, TypeVar
from xml.sax.saxutils import escape

import pandas as pd

from sim import __version__
from sim.charts.page import (
    BODY,
    PAGE,
    SLIDE,
    SLIDE_PIXELS,
    Caption,
    Form,
    Panel,
    Picture,
    drawing_settings,
    provenance,
    sheet,
    slide,
)
from sim.charts.style import SOFT, signed_of
from sim.charts.text import LINE, clean, wrap
from sim.core.wording import counted
from sim.results.files import make_folder, write_whole
from sim.results.format import LEAST_GROUP
from sim.results.results import Results
from sim.results.tables import csv_text

PNG_DPI = 150
FALLBACK = "'DejaVu Sans', Verdana, Arial, sans-serif"  # where DejaVu is missing; Verdana is about as wide


def svg_text(picture: Picture) -> str:
    """Write a picture as SVG: text as text, a title and a description, no date, no external address."""
    buffer = io.StringIO()
    with drawing_settings():
        picture.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    text = buffer.getvalue()
    # All of these are matplotlib's own lines: in text from a scenario `<` is written `&lt;`.
    text = re.sub(r"<!DOCTYPE[^>]*>\s*", "", text)
    text = re.sub(r"<!--.*?-->\s*", "", text, flags=re.DOTALL)
    text = re.sub(r"(<text style=\"font: [^\"]*?)'DejaVu Sans'", rf"\1{FALLBACK}", text)
    mark = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:12]  # several charts may be in one page
    attributes = (
        f'role="img" aria-labelledby="t{mark} d{mark}">\n'
        f'<title id="t{mark}">{escape(picture.title)}</title>\n<desc id="d{mark}">{escape(picture.alt)}</desc>\n'
    )
    return re.sub(r"<svg([^>]*)>\s*", lambda found: f"<svg{found[1]} {attributes}", text, count=1)


def png_bytes(picture: Picture, dpi: float = PNG_DPI) -> bytes:
    """Write a picture as PNG, without program name or date, with its text alternative."""
    buffer = io.BytesIO()
    with drawing_settings():
        alone = {"Software": None, "Title": picture.title, "Description": picture.alt}
        picture.savefig(buffer, format="png", dpi=dpi, metadata=alone)
    return buffer.getvalue()


def slide_bytes(picture: Picture) -> bytes:
    """Write a slide as PNG of its pixels."""
    return png_bytes(picture, SLIDE_PIXELS[0] / picture.get_figwidth() * (1 + 1e-9))


@dataclass(frozen=True, eq=False)
class Rendered:
    """A drawn chart: the content of its files and of its place in a page."""

    name: str  # of its files, without ending
    svg: str
    table: pd.DataFrame  # the numbers drawn
    png: bytes = b""  # empty unless requested
    slide: bytes = b""  # PNG, empty unless requested

    @classmethod
    def of(
        cls, name: str, picture: Picture, table: pd.DataFrame, png: bool = False, slide: Picture | None = None
    ) -> "Rendered":
        drawn = slide_bytes(slide) if slide is not None else b""
        return cls(name, svg_text(picture), table, png_bytes(picture) if png else b"", drawn)

    def save(self, folder: str | os.PathLike[str]) -> list[Path]:
        """Write `name.svg`, `name.csv` and, if made, `name.png` and `name-slide.png` into a folder, each atomically.

        StoreError if they cannot be written, or the folder is a link.
        """
        target = Path(folder)
        make_folder(target)
        csv = csv_text(self.table).encode()
        contents = {".svg": self.svg.encode(), ".png": self.png, "-slide.png": self.slide, ".csv": csv}
        paths = {target / f"{self.name}{ending}": data for ending, data in contents.items() if data}
        for path, data in paths.items():
            write_whole(path, data)
        return list(paths)


GAP = 0.45  # inches between pictures side by side
LABEL = 11.0  # points, the title of a picture among several


Subject = TypeVar("Subject")
Shared = TypeVar("Shared")


class Chart(Generic[Subject, Shared]):
    """A chart of results, or of an analysis, with the defaults of all methods.

    `frame` computes what pictures must share to be comparable (limits, rows, colours) from one subject or several; the
    other methods use it.
    """

    name: str  # its name, also of its files
    about: str = ""  # its description, in a line
    group: str = "charts"  # the section of the page, by its id; a new group makes a section
    of: type = Results  # the class of its subjects
    intervals: str = "in brackets: 95 % intervals"  # what its intervals are, for a line of footer

    def applies(self, subject: Subject) -> bool:
        """Return whether a subject has the data; otherwise the picture has a sentence on why not."""
        return True

    def compares(self, subjects: Sequence[Subject]) -> bool:
        """Return whether several subjects can be compared."""
        return True

    def frame(self, subjects: Sequence[Subject], form: Form = PAGE) -> Shared:
        """Return what pictures of these subjects share, in no more rows than the form has."""
        raise NotImplementedError

    def size(self, subject: Subject, shared: Shared) -> tuple[float, float]:
        """Return width and height of the picture, inches."""
        raise NotImplementedError

    def draw(self, panel: Panel, subject: Subject, shared: Shared) -> None:
        """Draw one subject on a panel of that size."""
        raise NotImplementedError

    def caption(self, subject: Subject, shared: Shared) -> Caption:
        """Return title, how to read it, main figures, text alternative and notes."""
        raise NotImplementedError

    def table(self, subject: Subject) -> pd.DataFrame:
        """Return the numbers drawn."""
        raise NotImplementedError

    def results(self, subject: Subject) -> Results:
        """Return the results that a subject is about."""
        assert isinstance(subject, Results)
        return subject

    def kicker(self, subject: Subject) -> str:
        """Return the line above the title."""
        return clean(self.results(subject).scenario.title)

    def footer(self, subject: Subject) -> str:
        """Return the source of the numbers."""
        return provenance(self.results(subject))

    def stem(self, subject: Subject) -> str:
        """Return the name of its files, without ending."""
        return self.name

    def __repr__(self) -> str:
        return f"Chart({self.name}: {self.about})"

    def __call__(self, subject: Subject) -> Picture:
        """Draw one subject."""
        shared = self.frame([subject])
        return sheet(
            self.kicker(subject),
            self.caption(subject, shared),
            [self.footer(subject)],
            self.size(subject, shared),
            lambda panel: self.draw(panel, subject, shared),
        )

    def slide(self, subject: Subject) -> Picture:
        """Draw one subject as a slide: the same chart, in as many of eight rows as fit; a sentence for too few runs."""
        footer = slide_footer(self.kicker(subject), self.footer(subject), self.intervals)
        n: int = subject.n  # type: ignore[attr-defined]
        if n < LEAST_GROUP:
            return too_few_slide(subject if isinstance(subject, Results) else None, n, footer)
        for rows in range(SLIDE.rows, 0, -1):
            shared = self.frame([subject], replace(SLIDE, rows=rows))
            size = self.size(subject, shared)
            if size[0] <= SLIDE.width and size[1] <= SLIDE.height:
                break
        caption = self.caption(subject, shared)
        if not caption.headline:
            first = re.split(r"(?<=\w)\. ", caption.finding or caption.title)[0]
            caption = replace(caption, headline=first.rstrip("."))
        return slide(caption, footer, size, lambda panel: self.draw(panel, subject, shared))

    def several(self, subjects: Sequence[Subject], labels: Sequence[str] | None = None) -> pd.DataFrame:
        """Concatenate the tables of several subjects, with a first column `result`."""
        names = result_labels([self.results(one) for one in subjects], labels)
        tables = [self.table(one) for one in subjects]
        for name, table in zip(names, tables, strict=True):
            table.insert(0, "result", name)
        return pd.concat([table for table in tables if len(table)] or tables, ignore_index=True)


AnyChart = Chart[Any, Any]
Registered = TypeVar("Registered", bound=type[AnyChart])


class Charts(Mapping[str, AnyChart]):
    """Charts by name, in the order in which they were registered."""

    def __init__(self) -> None:
        self._charts: dict[str, AnyChart] = {}

    def register(self, kind: Registered) -> Registered:
        """Register a chart. ValueError if the name is taken."""
        if kind.name in self._charts:
            raise ValueError(f"two charts are called {kind.name!r}")
        self._charts[kind.name] = kind()
        return kind

    def named(self, names: Sequence[str] | None) -> list[AnyChart]:
        """Return the charts of these names, all if none is given. ValueError if there is no chart of a name."""
        unknown = [name for name in names or () if name not in self]
        if unknown:
            raise ValueError(f"no chart is called {unknown[0]!r}; there are {', '.join(self)}")
        return [self[name] for name in (self if names is None else names)]

    def __getitem__(self, name: str) -> AnyChart:
        return self._charts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._charts)

    def __len__(self) -> int:
        return len(self._charts)


CHARTS = Charts()  # of results
ANALYSIS_CHARTS = Charts()  # of sweeps, sensitivity, discovery, tournaments, comparisons


def charts_of(subject: object) -> list[AnyChart]:
    """Return the charts that results or an analysis have."""
    there = (*CHARTS.values(), *ANALYSIS_CHARTS.values())
    return [chart for chart in there if isinstance(subject, chart.of) and chart.applies(subject)]


def slide_footer(name: str, *parts: str) -> tuple[str, str]:
    """Return the line below a slide: what it is of; its runs, what its intervals are, and that it is no forecast."""
    return name, "".join(f" · {part}" for part in (*parts, f"peacesim {__version__}", "no forecast") if part)


def too_few_slide(results: Results | None, n: int, footer: tuple[str, str]) -> Picture:
    """Draw, in place of bars and shares of so few runs, a sentence with the count."""
    many = f"{counted(n, 'run')}: too few for bars or shares, which take {LEAST_GROUP}"
    headline = many if results is None else signed_of(results)
    caption = Caption("Too few runs for a chart", "", "", f"No chart. {headline}. {many}.", headline=headline)
    return slide(caption, footer, (6.2, 2.0), lambda panel: panel.text(0, 0.2, f"{many}.", BODY))


def side_by_side(chart: AnyChart, results: Sequence[Results], labels: Sequence[str] | None = None) -> Picture:
    """Draw the same chart of several results, side by side on the same scale, labelled as by `result_labels`."""
    names = result_labels(results, labels)
    frame = chart.frame(results)
    sizes = [chart.size(one, frame) for one in results]
    each = [chart.caption(one, frame) for one in results]
    heads = [wrap(name, width, LABEL, 2, bold=True) for name, (width, _) in zip(names, sizes, strict=True)]
    finding = [wrap(its.finding, width, BODY, 4) for its, (width, _) in zip(each, sizes, strict=True)]
    below = max(map(len, heads)) * LABEL * LINE + 0.04
    head = below + max(map(len, finding)) * BODY * LINE + 0.15

    def draw(panel: Panel) -> None:
        x = 0.0
        for place, one in enumerate(results):
            width, height = sizes[place]
            panel.lines(x, 0, heads[place], LABEL, weight="bold")
            panel.lines(x, below, finding[place], BODY, color=SOFT)
            chart.draw(panel.part(x, head, width, height), one, frame)
            x += width + GAP

    titles = {its.title for its in each}
    caption = Caption(
        each[0].title if len(titles) == 1 else f"{chart.about[0].upper()}{chart.about[1:]}",
        f"The same scale in all pictures. {each[0].how}",
        "",
        " ".join(f"{name}: {its.alt}" for name, its in zip(names, each, strict=True)),
        tuple(dict.fromkeys(note for its in each for note in its.notes)),
    )
    footer = [f"{name}: {provenance(one)}" for name, one in zip(names, results, strict=True)]
    size = (sum(width for width, _ in sizes) + GAP * (len(sizes) - 1), head + max(height for _, height in sizes))
    return sheet("Comparison", caption, footer, size, draw)


def result_labels(results: Sequence[Results], labels: Sequence[str] | None = None) -> list[str]:
    """Return labels of several results: those given, else titles, ids or letters, whichever are distinct.

    ValueError if there is no result, or not one label for each.
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
