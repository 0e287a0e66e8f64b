"""What a chart is: a function from results to a figure, and its table; and several results on the same scale."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from sim.charts.colours import SOFT
from sim.charts.lettering import LINE, clean, wrap
from sim.charts.page import BODY, Panel, Picture, Words, provenance, sheet
from sim.results import Results

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
