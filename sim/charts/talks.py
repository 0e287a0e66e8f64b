"""The course of the talks: aspirations, offers made and received, by round and party; when agreements are signed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from sim.charts.chart import CHARTS, Chart
from sim.charts.page import BODY, PAGE, SMALL, Caption, Form, Panel
from sim.charts.rows import nice_scale
from sim.charts.style import BLACK, INK, NEUTRAL, RULE, SOFT, PartyStyle, agreement_sentence, party_styles, signed_of
from sim.charts.text import DASH, LINE, clean, percent, share_text, wrap
from sim.core.exact import Floats
from sim.core.wording import counted
from sim.results.format import LEAST_GROUP, too_few
from sim.results.results import Results, remembered, share_interval
from sim.results.statistics import median_of

WIDE, LEFT, GAP, LIST = 6.7, 0.62, 0.3, 2.5  # inches
HEAD, BETWEEN, CLOSE, STRIP, BELOW = 0.26, 0.2, 0.08, 0.95, 0.52  # inches
LEAST_NAMED, LEAST_TALL = 0.85, 0.3  # inches of a panel with room for the name of its scale, and of any
LEVELS = (0.1, 0.5, 0.9)
QUANTITIES = ("aspiration", "own_offer", "received_offer", "no_deal")
LABELS = {
    "aspiration": "aspiration: least utility demanded",
    "own_offer": "utility of own offers",
    "received_offer": "utility of offers received",
    "no_deal": "no-deal value",
}


@dataclass(frozen=True)
class Scales:
    """What several results share: limits of utility, number of rounds, end and step of the shares by round."""

    low: float
    high: float
    rounds: int
    limit: float
    step: float
    parties: int = PAGE.rows  # at most, the first of the file
    tall: float = 0.0  # inches of a panel; 0 for as many as the number of parties has
    between: float = BETWEEN  # inches below it
    strip: bool = True  # whether the agreements signed by round stand below


def quantiles(counts: npt.NDArray[np.int64], low: float, high: float, levels: Sequence[float] = LEVELS) -> Floats:
    """Read quantiles from counts of equal bins from `low` to `high`, linear within a bin.

    Shape (levels,), levels in (0, 1); NaN where nothing was counted.
    """
    total = int(counts.sum())
    if not total:
        return np.full(len(levels), np.nan)
    edges = np.linspace(low, high, len(counts) + 1)
    upto = np.concatenate([[0], np.cumsum(counts)])
    places = []
    for level in levels:
        wanted = level * total
        found = int(np.searchsorted(upto[1:], wanted))  # the first bin by whose end enough is counted
        within = (wanted - upto[found]) / counts[found]
        places.append(edges[found] + within * (edges[found + 1] - edges[found]))
    return np.array(places)


def bands(results: Results, quantity: str, party: str) -> Floats:
    """10th, 50th and 90th percentile by round over the runs still open, shape (R, 3); NaN where nothing was counted."""
    place = results.party_names.index(party)
    low, high = (float(end) for end in results.tallies.ranges[place])
    return np.array([quantiles(counts, low, high) for counts in results.tallies.talks[quantity][:, place]])


@remembered
def signed_by_round(results: Results) -> npt.NDArray[np.int64]:
    """Return runs signed by round, shape (R,)."""
    counts = np.zeros(results.scenario.time.rounds, np.int64)
    for piece in results.pieces("round", "package"):
        signed = piece.loc[piece["package"].notna(), "round"].to_numpy(np.int64)
        counts += np.bincount(signed - 1, minlength=len(counts))
    return counts


def _selection_note(results: Results) -> str:
    """Note that runs which agree early are in no later round, so curves move without any party changing."""
    negotiating = results.tallies.talks["aspiration"].sum(axis=2).max(axis=1)
    if negotiating[0] < LEAST_GROUP:
        return f"Talks of {too_few(int(negotiating[0]), results.n)}"
    last = int(np.flatnonzero(negotiating >= LEAST_GROUP)[-1])
    return (
        f"Runs that end leave the picture, the easy ones first: {negotiating[0]:,} runs are in round 1, "
        f"{negotiating[last]:,} in round {last + 1}. A curve that moves may show other runs, and not other offers."
    )


def _height(results: Results, shared: Scales) -> float:
    return shared.tall or max(1.15, 2.0 - 0.2 * max(0, len(results.scenario.parties) - 2))


def _draw_party(axes: Axes, results: Results, party: str, style: PartyStyle, shared: Scales) -> None:
    _prepare(axes, shared)
    axes.set_ylim(shared.low, shared.high)
    axes.set_yticks([0, 0.5, 1])
    if _height(results, shared) >= LEAST_NAMED:
        axes.set_ylabel(f"utility, 0{DASH}1", fontsize=SMALL, color=SOFT)
    axes.hlines([0, 0.5, 1], 0.5, shared.rounds + 0.5, color=RULE, linewidth=0.6, zorder=0)
    axes.tick_params(labelbottom=False)
    for quantity in ("no_deal", "received_offer", "own_offer", "aspiration"):
        drawn = bands(results, quantity, party)
        known = np.isfinite(drawn[:, 1])
        known &= results.tallies.talks[quantity][:, results.party_names.index(party)].sum(axis=1) >= LEAST_GROUP
        if known.any():
            low, middle, high = drawn.T
            _draw_band(axes, quantity, style, (np.arange(1, len(drawn) + 1), low, middle, high), known)


def _draw_band(
    axes: Axes, quantity: str, style: PartyStyle, drawn: tuple[npt.NDArray[np.int64], Floats, Floats, Floats],
    known: npt.NDArray[np.bool_],
) -> None:  # fmt: skip
    """Draw one quantity: its median as a line, the 10-90 % band as a surface, broken where nothing was counted."""
    rounds, low, middle, high = drawn
    every = max(1, len(rounds) // 9)
    if quantity == "aspiration":
        axes.fill_between(rounds, low, high, where=known, color=style.colour, alpha=0.22, linewidth=0, zorder=2)
        mark: dict[str, Any] = {"marker": style.marker, "markersize": 4, "markevery": every}
        axes.plot(rounds, middle, "-", color=style.colour, linewidth=2, zorder=4, **mark)
    elif quantity == "own_offer":
        for edge in (low, high):
            axes.plot(rounds, edge, linestyle=(0, (1, 1.5)), color=style.colour, linewidth=0.9, zorder=3)
        axes.plot(rounds, middle, linestyle=(0, (4, 1.5)), color=style.colour, linewidth=1.4, zorder=3.5)
    elif quantity == "received_offer":
        axes.fill_between(rounds, low, high, where=known, color=NEUTRAL, alpha=0.3, linewidth=0, zorder=1.5)
        axes.plot(rounds, middle, linestyle=(0, (5, 1.5, 1, 1.5)), color=SOFT, linewidth=1.4, zorder=3)
    else:
        axes.fill_between(
            rounds, low, high, where=known, facecolor="none", edgecolor=NEUTRAL, hatch="\\\\\\\\", linewidth=0, zorder=1
        )
        axes.plot(rounds, middle, linestyle="-", color=BLACK, linewidth=1, zorder=2.5)


def _prepare(axes: Axes, shared: Scales) -> None:
    axes.set_xlim(0.5, shared.rounds + 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=10, integer=True, min_n_ticks=1))
    axes.tick_params(length=3)


def _draw_strip(axes: Axes, results: Results, shared: Scales) -> None:
    """Draw the share of runs signed in each round, bars from 0; a note if there are none."""
    _prepare(axes, shared)
    axes.set_ylim(0, shared.limit)
    ticks = [0, shared.limit / 2, shared.limit]
    axes.set_yticks(ticks, [f"{100 * tick:g}" for tick in ticks])
    axes.set_ylabel("% of runs", fontsize=SMALL, color=SOFT)
    counts = signed_by_round(results)
    for number, count in enumerate(counts.tolist(), start=1):
        if count:
            low, high = share_interval(count, results.n)
            axes.bar(number, count / results.n, 0.7, bottom=0, color=NEUTRAL, linewidth=0, zorder=2)
            axes.vlines(number, low, high, color=INK, linewidth=0.9, zorder=3)
    if not counts.any():
        place: dict[str, Any] = {"transform": axes.transAxes, "ha": "center", "va": "center"}
        axes.text(0.5, 0.5, "No agreement was signed in any run.", fontsize=BODY, **place)


def _draw_legend(panel: Panel, style: PartyStyle) -> None:
    x, y, width = LEFT + WIDE + GAP, HEAD, LIST - 0.55
    rounds = np.arange(1, 4)
    for quantity in QUANTITIES:
        axes = panel.axes(x, y, 0.42, 0.3)
        axes.set_axis_off()
        axes.set_xlim(1, 3)
        axes.set_ylim(0, 1)
        flat = np.ones(3)
        _draw_band(axes, quantity, style, (rounds, 0.1 * flat, 0.5 * flat, 0.9 * flat), np.ones(3, bool))
        lines = wrap(LABELS[quantity], width, SMALL)
        panel.lines(x + 0.55, y + 0.15 - len(lines) * SMALL * LINE / 2, lines, SMALL)
        y += 0.42
    bands_are = "shaded bands and dotted edges: 10th to 90th percentile of runs still negotiating"
    lines = wrap(f"Lines: median; {bands_are}.", LIST, SMALL)
    panel.lines(x, y + 0.02, lines, SMALL, color=SOFT)


@CHARTS.register
class TalksChart(Chart[Results, Scales]):
    """Aspirations and offers by round, one panel a party, and when agreements are signed."""

    name = "talks"
    intervals = "bands: 10th to 90th percentile of runs"
    about = "aspirations and offers by round, one panel a party, and when agreements are signed"
    group = "talks"

    def frame(self, results: Sequence[Results], form: Form = PAGE) -> Scales:
        ends, shares = [0.0, 1.0], [0.0]
        for one in results:
            for party in one.scenario.parties:
                drawn = np.concatenate([bands(one, quantity, party).ravel() for quantity in QUANTITIES])
                ends += drawn[np.isfinite(drawn)].tolist()
            shares += [share_interval(int(count), one.n)[1] for count in signed_by_round(one) if count]
        step, limit = nice_scale(max(shares))
        rounds = max(one.scenario.time.rounds for one in results)
        scales = Scales(min(ends) - 0.02, max(ends) + 0.02, rounds, limit, step)
        if form is PAGE:
            return scales
        count = min(max(len(one.scenario.parties) for one in results), form.rows)
        for strip in (True, False):
            tall = (form.height - BELOW - (HEAD + STRIP) * strip) / count - HEAD - CLOSE
            if tall >= LEAST_NAMED:
                break
        return replace(scales, parties=count, tall=max(tall, LEAST_TALL), between=CLOSE, strip=strip)

    def size(self, results: Results, shared: Scales) -> tuple[float, float]:
        parties = min(len(results.scenario.parties), shared.parties)
        height = parties * (HEAD + _height(results, shared) + shared.between)
        if shared.strip:
            height = height + HEAD + STRIP
        return LEFT + WIDE + GAP + LIST, height + BELOW

    def draw(self, panel: Panel, results: Results, shared: Scales) -> None:
        y, tall = 0.0, _height(results, shared)
        for name, style in list(party_styles(results.scenario).items())[: shared.parties]:
            panel.swatch(LEFT, y + 0.03, style.colour)
            label = wrap(clean(results.scenario.parties[name].label), WIDE - 0.3, BODY, 1, bold=True)
            panel.lines(LEFT + 0.2, y, label, BODY, weight="bold")
            axes = panel.axes(LEFT, y + HEAD, WIDE, tall)
            _draw_party(axes, results, name, style, shared)
            y += HEAD + tall + shared.between
        _draw_legend(panel, next(iter(party_styles(results.scenario).values())))
        if shared.strip:
            panel.lines(LEFT, y, ["When agreements are signed"], BODY, weight="bold")
            _draw_strip(panel.axes(LEFT, y + HEAD, WIDE, STRIP), results, shared)
            y = y + HEAD + STRIP
        else:
            axes.tick_params(labelbottom=True)
            y -= shared.between
        days = results.scenario.time.days_per_round
        unit = f"Round of talks (one round: {days:g} day{'s' if days != 1 else ''})"
        panel.text(LEFT + WIDE / 2, y + 0.28, unit, BODY, ha="center")

    def caption(self, results: Results, shared: Scales) -> Caption:
        by_round = signed_by_round(results)
        finding = agreement_sentence(results, share_text(results.agreements, results.n))
        when = ""
        if results.agreements:
            last = int(by_round[-1])
            middle = median_of({float(number): int(count) for number, count in enumerate(by_round, start=1)})
            when = f" The median round of signature is {middle:g} of {results.scenario.time.rounds}"
            when += f"; {percent(last, results.n)} of runs sign in the last round." if last else "."
        return Caption(
            "What parties ask for and offer, round by round",
            "Each panel is on the party's own scale, so panels do not compare.",
            f"{finding}{when}",
            "Line charts by round, one panel a party: aspiration, own offers, offers received, no deal. "
            f"{finding}{when}",
            (_selection_note(results),
             "Medians and bands are read from histograms of 200 bins over the party's range, over runs still "
             f"negotiating in that round; rounds with fewer than {LEAST_GROUP} such runs are left out. "
             "Whiskers below: 95 % interval of the share (Wilson)."),
            self._headline(results, when),
            f"and {counted(len(results.scenario.parties) - shared.parties, 'more party', 'more parties')}"
            if shared.parties < len(results.scenario.parties) else "",
        )  # fmt: skip

    def _headline(self, results: Results, when: str) -> str:
        middle = when.partition(";")[0].strip().rstrip(".")
        return middle if results.agreements >= LEAST_GROUP else signed_of(results)

    def table(self, results: Results) -> pd.DataFrame:
        """A row a round and quantity: `round, party, quantity, runs, low` (10th percentile), `median, high` (90th).

        Of quantity `signed`, these columns have the share of runs and the ends of its 95 % interval.
        """
        rows: list[tuple[object, ...]] = []
        for party in results.scenario.parties:
            place = results.party_names.index(party)
            for quantity in QUANTITIES:
                runs = results.tallies.talks[quantity][:, place].sum(axis=1)
                for number, (low, middle, high) in enumerate(bands(results, quantity, party).tolist(), start=1):
                    rows.append((number, party, quantity, int(runs[number - 1]), low, middle, high))
        for number, count in enumerate(signed_by_round(results).tolist(), start=1):
            low, high = share_interval(count, results.n)
            rows.append((number, "", "signed", count, low, count / results.n, high))
        return pd.DataFrame(rows, columns=["round", "party", "quantity", "runs", "low", "median", "high"])
