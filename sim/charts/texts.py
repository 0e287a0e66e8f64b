"""Packages compared: how often each is acceptable, passes and holds; who supports it; and the trade-off."""

import math
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.ticker import PercentFormatter

from sim.analysis.texts import TextRanking
from sim.charts.chart import ANALYSIS_CHARTS, Chart
from sim.charts.page import BODY, PAGE, SMALL, Caption, Form, Panel, draw_key, key_height
from sim.charts.rows import BAR, draw_columns, draw_scale, draw_value, nice_scale
from sim.charts.style import BLACK, BLUE, INK, NEUTRAL, NEUTRAL_PALE, SOFT, VERMILLION, ink_on
from sim.charts.text import DASH, LINE, OptionTexts, clean, key_entries, listed, option_texts, wrap
from sim.core.exact import Floats
from sim.core.wording import counted
from sim.results.format import percent
from sim.results.labels import SOLUTIONS, name_label, party_label, ratifier_short

ROWS = 8
WIDE = 12.7  # inches
NUMBER, MOST_WIDE = 0.4, 1.75  # inches: of the ranks, and maximum of a text column
LEAST_WIDE = 1.0  # inches of a column of text on a slide
GAP, MARK, SMALL_MARK, AIR = 0.2, 1.3, 1.05, 0.16
HEAD, AXIS = 0.46, 0.45
CELL, LABELS = 0.98, 0.75
SHADES = LinearSegmentedColormap.from_list("support", ["#FFFFFF", "#0B4F7D"])
MARKS = {
    "acceptable": "Acceptable to all", "passes": "Passes at home", "holds_60": "Holds 60 months",
    "held_60": "All three",
}  # fmt: skip
KINDS = {"proposal": ("D", VERMILLION), "signed": ("s", BLACK), "solution": ("^", SOFT)}
READING = "Each text lies on the table in one round before any offer; no bargaining is played."


@dataclass(frozen=True)
class Rows:
    """The first packages of a ranking as text."""

    table: pd.DataFrame  # rows of `groups`
    columns: tuple[tuple[str, OptionTexts], ...]  # issues with the labels of their options
    wide: float  # inches of a column
    heights: tuple[float, ...]  # inches of the rows
    top: float  # height of the headings
    whole: float  # inches of the picture
    key: tuple[tuple[str, str], ...]  # of short names; none on a slide
    mark: float  # inches of a mark
    deciding: int  # parties and ratifiers drawn at most
    tall: float = math.inf  # inches there are


def _mark(form: Form) -> float:
    return MARK if form is PAGE else SMALL_MARK


def _least_room(subject: TextRanking) -> float:
    """Return inches for the columns of text below which words are broken."""
    scenario = subject.scenario
    return NUMBER + len(scenario.headline or scenario.issues) * (LEAST_WIDE + GAP)


def _rows(subject: TextRanking, room: float, form: Form) -> Rows:
    scenario, table = subject.scenario, subject.groups.head(min(ROWS, form.rows))
    issues = list(scenario.headline or scenario.issues)
    wide = min(MOST_WIDE, (room - NUMBER) / len(issues) - GAP)
    columns = tuple((issue, option_texts(scenario, issue, wide, SMALL, 3, list(table[issue]))) for issue in issues)
    lines = [max(len(wrap(texts.texts[row[issue]], wide, SMALL)) for issue, texts in columns)
             for row in table.to_dict("records")]  # fmt: skip
    heads = max(len(wrap(texts.heading, wide, SMALL, bold=True)) for _, texts in columns)
    heights = tuple(max(count * SMALL * LINE, BAR) + AIR for count in lines)
    key = tuple(key_entries([column for _, column in columns])) if form is PAGE else ()
    top = max(HEAD, heads * SMALL * LINE + 0.1)
    most = PAGE.rows if form is PAGE else int((form.width - _least_room(subject)) / CELL)
    return Rows(table, columns, wide, heights, top, min(WIDE, form.width), key, _mark(form), most, form.height)


def _draw_rows(panel: Panel, rows: Rows) -> float:
    """Draw ranks and options; returns the right edge of the columns."""
    texts: list[tuple[float, str, Sequence[Sequence[str]]]] = [(0.0, "", [[str(rank)] for rank in rows.table["rank"]])]
    x = NUMBER
    for issue, column in rows.columns:
        panel.lines(x, 0, wrap(column.heading, rows.wide, SMALL, bold=True), SMALL, weight="bold")
        texts.append((x, "", [wrap(column.texts[option], rows.wide, SMALL) for option in rows.table[issue]]))
        x += rows.wide + GAP
    draw_columns(panel, rows.top, rows.heights, texts)
    return x


def _more(subject: TextRanking, shared: Rows) -> str:
    left = len(subject.groups) - len(shared.table)
    return f"and {counted(left, 'more combination')} of options" if left else ""


def name(subject: TextRanking, row: Mapping[Hashable, Any]) -> str:
    """Name a row of `beside`."""
    if row["kind"] == "proposal":
        return clean(subject.scenario.proposals[str(row["name"])].label)
    return SOLUTIONS[row["name"]] if row["kind"] == "solution" else str(row["name"])


def _middles(rows: Rows) -> Floats:
    ends = np.cumsum(rows.heights)
    return np.array(ends - np.array(rows.heights) / 2)


class OfTexts(Chart[TextRanking, Rows]):
    """A chart of a ranking of packages."""

    of = TextRanking
    intervals = "shares of draws"

    def room(self, subject: TextRanking, form: Form) -> float:
        """Return inches for words."""
        raise NotImplementedError

    def kicker(self, subject: TextRanking) -> str:
        return clean(subject.scenario.title)

    def footer(self, subject: TextRanking) -> str:
        return f"n = {subject.n:,} draw{'s' * (subject.n != 1)} · seed {subject.seed} · round {subject.round}"

    def frame(self, subjects: Sequence[TextRanking], form: Form = PAGE) -> Rows:
        return _rows(subjects[0], self.room(subjects[0], form), form)

    def notes(self, subject: TextRanking) -> tuple[str, ...]:
        count = round(subject.groups["acceptable"].max() * subject.n)
        few = f"The text accepted most often is acceptable in {count:,} draws: too few to tell the first texts apart."
        return (READING, *([few] if count < 30 else []))


@ANALYSIS_CHARTS.register
class TextsChart(OfTexts):
    """The first packages with four marks each."""

    name = "texts"
    about = "the first texts of a ranking, each by how often it is acceptable, passes, holds, and all three"

    def room(self, subject: TextRanking, form: Form) -> float:
        return min(WIDE, form.width) - 4 * (_mark(form) + GAP)

    def marks(self, subject: TextRanking) -> list[str]:
        there = [mark for mark in MARKS if mark in subject.groups]
        return there if "held_60" in there or "in_force" not in subject.groups else [*there, "in_force"]

    def size(self, subject: TextRanking, shared: Rows) -> tuple[float, float]:
        return shared.whole, shared.top + sum(shared.heights) + AXIS + key_height(shared.key, shared.whole)

    def draw(self, panel: Panel, subject: TextRanking, shared: Rows) -> None:
        x, tall, middles = _draw_rows(panel, shared), sum(shared.heights), _middles(shared)
        for mark in self.marks(subject):
            values = shared.table[mark].to_numpy(float)
            _, limit = nice_scale(float(values.max()))
            panel.lines(x, 0, wrap(MARKS.get(mark, "In force"), shared.mark, SMALL, bold=True), SMALL, weight="bold")
            axes = panel.axes(x, shared.top, shared.mark * 0.62, tall)
            ticks = [0.0, limit]
            draw_scale(axes, (0, limit), tall, ticks, [f"{100 * tick:.0f}" for tick in ticks], "% of draws")
            axes.barh(middles, values, BAR, color=BLUE if mark == "held_60" else NEUTRAL, zorder=2)
            for middle, value in zip(middles.tolist(), values.tolist(), strict=True):
                draw_value(axes, value + 0.06 * limit, middle, percent(value, subject.n))
            x += shared.mark + GAP
        draw_key(panel, shared.key, shared.whole, shared.top + tall + AXIS)

    def caption(self, subject: TextRanking, shared: Rows) -> Caption:
        rows = [
            f"{row['rank']}: {' '.join(str(row[issue]) for issue, _ in shared.columns)} "
            + ", ".join(f"{MARKS.get(mark, 'in force').lower()} {percent(row[mark], subject.n)}"
                        for mark in self.marks(subject))
            for row in shared.table.head(3).to_dict("records")
        ]  # fmt: skip
        return Caption(
            f"Which of {len(subject.table):,} texts is acceptable, passes and holds",
            "Each row is the best text of its combination of options; each column of bars has its own scale.",
            f"Ranked by {name_label(subject.by)}.",
            f"Bars by text. {'. '.join(rows)}.",
            self.notes(subject),
            f"The first of {len(subject.table):,} texts is acceptable to all in "
            f"{percent(float(subject.groups['acceptable'].iloc[0]), subject.n)} of draws",
            _more(subject, shared),
        )

    def table(self, subject: TextRanking) -> pd.DataFrame:
        return subject.groups.head(subject.top)


@ANALYSIS_CHARTS.register
class SupportChart(OfTexts):
    """Who accepts the first packages, and which ratifiers pass them."""

    name = "support"
    about = "who would accept the first texts of a ranking, and where they would pass, as a heat map"

    def room(self, subject: TextRanking, form: Form) -> float:
        room = form.width - len(list(self.columns(subject))) * CELL
        return min(6.4, max(room, _least_room(subject)))

    def columns(self, subject: TextRanking) -> Iterator[tuple[str, str]]:
        """Return the columns of the ranking with their labels: signatories, then ratifiers."""
        scenario = subject.scenario
        for party in scenario.parties:
            if subject.table[f"accepts_{party}"].notna().any():
                yield f"accepts_{party}", party_label(scenario, party)
        for name in scenario.ratification.ratifiers if scenario.ratification else ():
            yield f"passes_{name}", ratifier_short(scenario, name)

    def size(self, subject: TextRanking, shared: Rows) -> tuple[float, float]:
        columns = min(len(list(self.columns(subject))), shared.deciding)
        wide = NUMBER + len(shared.columns) * (shared.wide + GAP) + columns * CELL
        return wide, LABELS + sum(shared.heights) + 0.15 + key_height(shared.key, wide)

    def draw(self, panel: Panel, subject: TextRanking, shared: Rows) -> None:
        wide, tall = self.size(subject, shared)[0], sum(shared.heights)
        x = _draw_rows(panel, replace(shared, top=LABELS))
        for column, label in list(self.columns(subject))[: shared.deciding]:
            panel.lines(x + 0.03, 0, wrap(label, CELL - 0.08, SMALL, 4), SMALL)
            axes = panel.canvas(x, LABELS, CELL, tall, (1, -tall))
            y = 0.0
            for height, value in zip(shared.heights, shared.table[column].tolist(), strict=True):
                asked = value == value  # missing for a party that does not sign
                text, shade = (percent(value, subject.n), SHADES(value)) if asked else (DASH, SHADES(0.0))
                axes.barh(y + height / 2, 1, height - 0.03, color=shade, edgecolor=NEUTRAL_PALE, linewidth=0.6)
                axes.text(0.5, y + height / 2, text, ha="center", va="center_baseline", fontsize=SMALL,
                          color=ink_on(shade))  # fmt: skip
                y += height
            x += CELL
        draw_key(panel, shared.key, wide, LABELS + tall + 0.15)

    def caption(self, subject: TextRanking, shared: Rows) -> Caption:
        left = len(list(self.columns(subject))) - shared.deciding
        least = [
            f"{rank}: least {percent(float(share), subject.n)}"
            for rank, share in self.table(subject).head(3).drop(columns="package").set_index("rank").min(axis=1).items()
        ]
        return Caption(
            "Who accepts the first texts, and where they pass",
            "Parties: share of draws in which the party accepts; a dash if it does not sign. Ratifiers: mean chance to "
            "pass.",
            "",
            f"A heat map of texts by parties and ratifiers. {'; '.join(least)}.",
            self.notes(subject),
            self._headline(subject),
            ", ".join(filter(None, [_more(subject, shared), f"and {left} more who decide" if left > 0 else ""])),
        )

    def _headline(self, subject: TextRanking) -> str:
        first = subject.groups.iloc[0]
        shares = {label: float(first[name]) for name, label in self.columns(subject) if first[name] == first[name]}
        least = min(shares, key=lambda label: shares[label])
        share = percent(shares[least], subject.n)
        return f"Of all whom the first text needs, {least} says yes least often, in {share} of draws"

    def table(self, subject: TextRanking) -> pd.DataFrame:
        names = [name for name, _ in self.columns(subject)]
        return subject.groups.head(subject.top)[["rank", "package", *names]]


def _joined(tags: Mapping[tuple[float, float], str], across: float, upwards: float) -> dict[tuple[float, float], str]:
    """Join tags that would cover each other; `across` and `upwards` are one inch on the two scales."""
    found: dict[tuple[float, float], str] = {}
    for (x, y), text in tags.items():
        near = (each for each in found if abs(each[0] - x) < 0.3 * across and abs(each[1] - y) < 0.17 * upwards)
        place = next(near, (x, y))
        found[place] = f"{found[place]}, {text}" if place in found else text
    return found


@ANALYSIS_CHARTS.register
class TradeoffChart(OfTexts):
    """Acceptable against lasting for all packages, and the Pareto frontier of the two."""

    name = "tradeoff"
    about = "how often each text is acceptable against its chance to pass and hold, and the frontier of the two"

    def applies(self, subject: TextRanking) -> bool:
        return "lasting" in subject.table or "passes" in subject.table

    def lasting(self, subject: TextRanking) -> str:
        return "lasting" if "lasting" in subject.table else "passes"

    def size(self, subject: TextRanking, shared: Rows) -> tuple[float, float]:
        return 9.6, min(5.4, shared.tall)

    def room(self, subject: TextRanking, form: Form) -> float:
        return 6.0

    def draw(self, panel: Panel, subject: TextRanking, shared: Rows) -> None:
        axes, lasting = panel.axes(0.62, 0.05, 6.0, panel.height - 0.6), self.lasting(subject)
        dots = subject.table[["acceptable", lasting]].round(3).drop_duplicates()
        axes.scatter(dots["acceptable"], dots[lasting], s=7, color=NEUTRAL, linewidths=0, zorder=1)
        table = self.table(subject)
        edge = table.loc[table["frontier"]].sort_values("acceptable")
        axes.plot(edge["acceptable"], edge[lasting], color=BLUE, marker="o", markersize=4, linewidth=1.2, zorder=3)
        marked = subject.beside[subject.beside["acceptable"].notna()] if len(subject.beside) else subject.beside
        y, tags = 0.05, dict[tuple[float, float], str]()
        panel.text(6.9, y, "Texts on file, computed and signed", SMALL, weight="bold")
        for number, (_, alike) in enumerate(marked.groupby("package", sort=False), 1):
            row = alike.to_dict("records")[0]
            marker, colour = KINDS[row["kind"]]
            place = row["acceptable"], row[lasting]
            axes.plot(*place, marker, color=colour, markersize=6, markerfacecolor="white", zorder=4, clip_on=False)
            tags[place] = str(number)
            label = f"{number} {listed([name(subject, each) for each in alike.to_dict('records')])}"
            y += 0.06 + panel.lines(6.9, y + 0.22, wrap(label, 2.7, SMALL, 4), SMALL, color=colour)
        axes.set_xlim(left=0)
        axes.set_ylim(0, 1)
        for place, text in _joined(tags, axes.get_xlim()[1] / 6.0, 1 / (panel.height - 0.6)).items():
            axes.annotate(text, place, (5, 3), textcoords="offset points", fontsize=SMALL)
        axes.xaxis.set_major_formatter(PercentFormatter(1, symbol=""))
        axes.yaxis.set_major_formatter(PercentFormatter(1, symbol=""))
        axes.set_xlabel("% of draws in which all who sign accept", fontsize=BODY, color=INK)
        lasts = " and hold 60 months" if lasting == "lasting" else ""
        axes.set_ylabel(f"mean chance to pass{lasts}, %", fontsize=BODY, color=INK)

    def caption(self, subject: TextRanking, shared: Rows) -> Caption:
        lasting, table = self.lasting(subject), self.table(subject)
        edge = table.loc[table["frontier"]].sort_values("acceptable", ascending=False, kind="stable")
        ends = [f"{percent(row['acceptable'], subject.n)} acceptable and {percent(row[lasting], subject.n)} lasting"
                for row in (edge.iloc[0].to_dict(), edge.iloc[-1].to_dict())]  # fmt: skip
        found = f"Of {len(table):,} texts {len(edge):,} are on the frontier, from {ends[0]} to {ends[1]}."
        if len(edge) == 1:
            found = f"No text of {len(table):,} beats {edge['rank'].iloc[0]} of the ranking in either: {ends[0]}."
        return Caption(
            "Acceptable against lasting",
            "Each dot is a text, or several that coincide; the line joins texts that no other beats in both.",
            found,
            f"A scatter of texts. {found}",
            self.notes(subject),
            found.rstrip("."),
        )

    def table(self, subject: TextRanking) -> pd.DataFrame:
        """Return `rank, package, acceptable`, `lasting` or `passes`, and `frontier`: no package is better in both."""
        lasting = self.lasting(subject)
        table = subject.table[["rank", "package", "acceptable", lasting]].copy()
        down = table.sort_values(["acceptable", lasting], ascending=False, kind="stable")
        best = down[lasting].cummax().shift(fill_value=-1.0)
        table["frontier"] = (down[lasting] > best).reindex(table.index)
        return table


