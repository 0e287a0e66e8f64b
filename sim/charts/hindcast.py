"""The past that the monthly rates of a file imply: no-deal value since the war began, one panel a party."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num

from sim.analysis.hindcast import Hindcast
from sim.charts.chart import ANALYSIS_CHARTS, Chart
from sim.charts.page import BODY, PAGE, SMALL, Caption, Form, Panel
from sim.charts.style import BLACK, INK, NEUTRAL_PALE, RULE, SOFT, PartyStyle, party_styles
from sim.charts.text import DASH, LINE, clean, wrap
from sim.core.exact import Floats
from sim.core.wording import counted
from sim.results.format import number
from sim.results.labels import either, party_label

LEFT, WIDE, TALL, GAP, LIST = 0.62, 5.6, 1.35, 0.3, 2.6  # inches
LEAST_NAMED = 0.85  # inches of a panel with room for the name of its scale
HEAD, BELOW, LEAST = 0.26, 0.34, 0.35  # inches; the least a panel is tall


@dataclass(frozen=True)
class Ends:
    """Ends of the scale by party, for the parties drawn, and inches of a panel."""

    of: dict[str, tuple[float, float]]
    tall: float


def _places(dates: Iterable[date]) -> Floats:
    """Return positions of dates on an axis, shape (dates,)."""
    return np.array(date2num(list(dates)), np.float64)  # type: ignore[no-untyped-call]


def _draw_party(axes: Axes, found: Hindcast, party: str, style: PartyStyle, ends: tuple[float, float]) -> None:
    worth = found.worth[found.worth["party"] == party]
    first, last = _places([found.since, found.as_of])
    axes.set_xlim(first, last)
    axes.set_ylim(*ends)
    locator = AutoDateLocator(minticks=3, maxticks=8)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, show_offset=False))  # type: ignore[no-untyped-call]
    axes.tick_params(length=3)
    if axes.bbox.height / axes.figure.dpi >= LEAST_NAMED:
        axes.set_ylabel(f"utility, 0{DASH}1", fontsize=SMALL, color=SOFT)
    for low, high in ((ends[0], 0), (1, ends[1])):
        axes.axhspan(low, high, facecolor=NEUTRAL_PALE, alpha=0.5, linewidth=0, zorder=0)
    axes.hlines([0, 1], first, last, color=RULE, linewidth=0.9, zorder=1)
    dates = _places(worth["date"])
    axes.fill_between(dates, worth["low"], worth["high"], color=style.colour, alpha=0.22, linewidth=0, zorder=2)
    axes.plot(dates, worth["median"], color=style.colour, linestyle=style.dash, linewidth=2, zorder=3)
    known = found.known[found.known["what"] == f"no_deal.{party}"]
    axes.plot(_places(known["end"]), known["value"], "D", color=BLACK, markersize=6, markerfacecolor="white", zorder=4)
    for change in found.known[found.known["what"] == f"no_deal_change.{party}"].to_dict("records"):
        ends_of = _places([change["begin"], change["end"]])
        level = float(np.interp(ends_of[0], dates, worth["median"]))
        axes.plot(ends_of, [level, level + change["value"]], "D:", color=BLACK, markersize=4, markerfacecolor="white",
                  linewidth=1.2, zorder=4)  # fmt: skip


def _texts(found: Hindcast, party: str) -> list[str]:
    """Describe the no-deal value at the beginning, and what each cause adds to it."""
    first = found.worth[found.worth["party"] == party].iloc[0]
    low, middle, high = (number(first[key]) for key in ("low", "median", "high"))
    lines = [f"{found.since:%B %Y}: {middle}" + (f" ({low} to {high})" if low != high else "")]
    causes = found.causes[found.causes["party"] == party]
    return lines + [
        f"{row['cause']} {number(row['median'], 2, True)}"
        for row in causes.to_dict("records")
        if row["low"] != 0 or row["high"] != 0
    ]


@ANALYSIS_CHARTS.register
class HindcastChart(Chart[Hindcast, Ends]):
    """No-deal value, played back to the start of the war."""

    name = "hindcast"
    about = "no-deal value since the war began, as the rates a month of a file imply it, and what is known"
    of = Hindcast
    intervals = "bands: 10 to 90 % of draws"

    def kicker(self, subject: Hindcast) -> str:
        return clean(subject.scenario.title)

    def footer(self, subject: Hindcast) -> str:
        return f"n = {subject.n:,} draw{'s' * (subject.n != 1)} of the uncertain numbers · seed {subject.seed}"

    def frame(self, subjects: Sequence[Hindcast], form: Form = PAGE) -> Ends:
        ends = {}
        for party, worth in pd.concat([each.worth for each in subjects]).groupby("party", sort=False):
            low, high = min(0.0, worth["low"].min()), max(1.0, worth["high"].max())
            ends[str(party)] = low - 0.06 * (high - low), high + 0.06 * (high - low)
        ends = dict(list(ends.items())[: form.rows])
        return Ends(ends, max(LEAST, min(TALL, form.height / max(1, len(ends)) - HEAD - BELOW)))

    def size(self, subject: Hindcast, shared: Ends) -> tuple[float, float]:
        return LEFT + WIDE + GAP + LIST, len(shared.of) * (HEAD + shared.tall + BELOW)

    def draw(self, panel: Panel, subject: Hindcast, shared: Ends) -> None:
        y = 0.0
        for party in shared.of:
            style = party_styles(subject.scenario)[party]
            panel.swatch(LEFT, y + 0.03, style.colour)
            label = wrap(party_label(subject.scenario, party), WIDE - 0.3, BODY, 1, bold=True)
            panel.lines(LEFT + 0.2, y, label, BODY, weight="bold")
            _draw_party(panel.axes(LEFT, y + HEAD, WIDE, shared.tall), subject, party, style, shared.of[party])
            below = y + HEAD
            for line in _texts(subject, party):
                texts = wrap(line, LIST, SMALL)
                colour = INK if below == y + HEAD else SOFT
                panel.lines(LEFT + WIDE + GAP, below, texts, SMALL, color=colour)
                below += len(texts) * SMALL * LINE + 0.03
            y += HEAD + shared.tall + BELOW

    def caption(self, subject: Hindcast, shared: Ends) -> Caption:
        left = len(subject.scenario.parties) - len(shared.of)
        gone = [party_label(subject.scenario, party) for party in subject.outside["party"]]
        missed = int((~subject.known["inside"].astype(bool)).sum())
        finding = (
            f"In {subject.since:%B %Y} the median would have been outside 0 to 1 for {either(gone, 'and')}."
            if gone
            else "No party's median leaves 0 to 1."
        )
        if len(subject.known):
            finding += f" Of {len(subject.known):,} known figures {missed:,} lie outside 90 % of the draws."
        worth = [f"{party_label(subject.scenario, party)}: {', '.join(_texts(subject, party))}"
                 for party in subject.scenario.parties]  # fmt: skip
        kinds = {what.partition(".")[0] for what in subject.known["what"]}
        marks = " Diamonds: what the file states as known." if kinds & {"no_deal", "no_deal_change"} else ""
        marks += " Two joined: a change, from where the median stood." if "no_deal_change" in kinds else ""
        return Caption(
            "What no deal would have been worth since the war began",
            "The rates a month of the file, played back. Line: median; band: 10 to 90 % of the draws. Shaded: values "
            "that cannot have been. At the right: what each cause adds, going back.",
            finding,
            f"Line charts by date, one panel a party. {finding} {'. '.join(worth)}.",
            ("Rates are at their mean: noise, dated events and levers are left out. Each panel is on the party's own "
             f"scale.{marks}",),
            finding.partition(". ")[0].rstrip("."),
            f"and {counted(left, 'more party', 'more parties')}" if left else "",
        )  # fmt: skip

    def table(self, subject: Hindcast) -> pd.DataFrame:
        """One row a party and date: `party, date, low` (10th percentile), `median, high` (90th), `known`."""
        known = subject.known.assign(party=subject.known["what"].str.removeprefix("no_deal."))
        known = known.loc[known["what"].str.startswith("no_deal."), ["party", "end", "value"]]
        added = known.rename(columns={"end": "date", "value": "known"})
        table = pd.concat([subject.worth, added], ignore_index=True)
        return table.reindex(columns=["party", "date", "low", "median", "high", "known"])
