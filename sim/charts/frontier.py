"""Utility of packages to two parties: no-deal lines, ZOPA, Pareto frontier, solutions, proposals, agreements."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection

from sim.analysis.portrait import LINES_OFF, LINES_REAL, portrait
from sim.charts.chart import CHARTS, Chart
from sim.charts.page import BODY, PAGE, SMALL, Caption, Form, Panel
from sim.charts.style import BLACK, INK, NEUTRAL, RULE, SOFT, agreement_sentence, party_styles
from sim.charts.text import DASH, LINE, clean, interval_note, listed, share_text, text_width, wrap
from sim.core.exact import Floats
from sim.core.packages import ALWAYS, NEVER, Bools
from sim.core.pareto import distinct_vectors, pareto_frontier
from sim.core.wording import counted
from sim.results.labels import SOLUTIONS
from sim.results.results import Results, remembered
from sim.scenario import Scenario

SIDE = 5.4  # inches, the square of the picture
LEFT, BELOW, GAP, LIST = 0.62, 0.62, 0.35, 3.5  # inches
FEW = 800  # up to so many packages are dots; more are counted in cells
CELLS = 54  # cells along a side
MOST_AGREEMENTS = 2000  # agreements listed in the table
HERE, OPEN, REAL = "#E4E7EA", "#F6E3A8", "#E9B93C"  # a package; acceptable with lines off; with all lines real
FILL = {"solution": "white", "proposal": INK}
SAME_PLACE = 1e-6  # utilities closer than this share a mark


@dataclass(frozen=True)
class Mark:
    """A named point, or for a package that leaves issues open the range over its completions."""

    tag: str  # tag in the picture: a number for a solution, a letter for a proposal
    name: str  # name in the list
    kind: str  # `solution` or `proposal`
    low: tuple[float, float]  # lowest utility to the two parties
    high: tuple[float, float]  # highest utility to them

    @property
    def middle(self) -> tuple[float, float]:
        return (self.low[0] + self.high[0]) / 2, (self.low[1] + self.high[1]) / 2


@dataclass(frozen=True, eq=False)
class Scene:
    """The data of the frontier chart at central numbers."""

    pair: tuple[str, str]  # the two parties, in file order
    why: str  # labels of the two
    utility: Floats  # utility of all consistent packages to them, shape (2, P)
    no_deal: tuple[float, float]
    frontier: Floats  # utilities on the Pareto frontier of the two over all packages, left to right, shape (2, V)
    zones: dict[str, Bools]  # acceptable to all who must sign, with red lines off and all of them real, shape (P,) each
    reading: str  # the zone whose reference solutions are marked
    marks: tuple[Mark, ...]  # solutions, then proposals


def chosen_pair(scenario: Scenario) -> tuple[tuple[str, str], str]:
    """Return the two parties shown, and why these: belligerents, else who always signs, else who sometimes does."""
    parties = scenario.parties
    if len(parties) < 2:
        name = next(iter(parties))
        return (name, name), "the only party"
    choices = (
        ("the two belligerents", "the first two belligerents",
         [n for n, p in parties.items() if p.kind == "belligerent"]),
        ("the two whose consent every package needs", "the first two whose consent every package needs",
         [n for n, p in parties.items() if p.signs == ALWAYS]),
        ("the two who sign some packages", "the first two who sign some packages",
         [n for n, p in parties.items() if p.signs != NEVER]),
    )  # fmt: skip
    for just_two, first_two, names in choices:
        if len(names) >= 2:
            return (names[0], names[1]), just_two if len(names) == 2 else first_two
    names = list(parties)
    return (names[0], names[1]), "the first two in the file"


@lru_cache(maxsize=8)
def scene(scenario: Scenario) -> Scene:
    """Compute the scene of a scenario; it is the same for all its results."""
    at = portrait(scenario)
    pair, why = chosen_pair(scenario)
    rows = [at.parties.index(name) for name in pair]
    utility = at.utility[rows]
    frontier, _ = distinct_vectors(utility[:, pareto_frontier(utility)])
    reading = LINES_REAL if at.candidates[LINES_REAL].any() else LINES_OFF
    return Scene(
        pair=pair,
        why=why,
        utility=utility,
        no_deal=(float(at.no_deal[rows[0]]), float(at.no_deal[rows[1]])),
        frontier=frontier[:, np.argsort(frontier[0], kind="stable")],
        zones={LINES_OFF: at.candidates[LINES_OFF], LINES_REAL: at.candidates[LINES_REAL]},
        reading=reading,
        marks=(*_solutions(at.solutions, pair, reading), *_proposals(scenario, at.proposals, pair)),
    )


def _solutions(table: pd.DataFrame, pair: tuple[str, str], reading: str) -> Iterator[Mark]:
    """Return one mark a point: solutions that pick packages of the same utilities share it."""
    found: list[tuple[tuple[float, float], list[str]]] = []
    for row in table[table["candidates"].isin([reading, "all packages"])].to_dict("records"):
        place = (float(row[f"worth_{pair[0]}"]), float(row[f"worth_{pair[1]}"]))
        if not all(np.isfinite(place)):
            continue
        name = SOLUTIONS.get(str(row["solution"]), str(row["solution"]).replace("_", " "))
        for other, names in found:
            if max(abs(other[0] - place[0]), abs(other[1] - place[1])) < SAME_PLACE:
                names.append(name)
                break
        else:
            found.append((place, [name]))
    for number, (place, names) in enumerate(found, start=1):
        label = listed(names)
        yield Mark(str(number), label[0].upper() + label[1:], "solution", place, place)


def _proposals(scenario: Scenario, table: pd.DataFrame, pair: tuple[str, str]) -> Iterator[Mark]:
    count = 0
    for name, proposal in scenario.proposals.items():
        rows = table[table["proposal"] == name].set_index("party")
        worths = rows[["worth_least", "worth_most"]].astype(float).to_dict("index")
        ends = [(worths[party]["worth_least"], worths[party]["worth_most"]) for party in pair]
        if not all(np.isfinite(end) for party in ends for end in party):
            continue  # no consistent package completes it
        tag = chr(65 + count % 26) + str(count // 26 or "")
        count += 1
        yield Mark(tag, clean(proposal.label), "proposal", (ends[0][0], ends[1][0]), (ends[0][1], ends[1][1]))


@dataclass(frozen=True)
class Axis:
    """Ends of the axes that several results share, and what there is room for."""

    low: float
    high: float
    side: float = SIDE  # inches
    entries: int = PAGE.rows  # of the list at the right; reference solutions and proposals beyond are left out


@remembered
def _agreements(results: Results) -> pd.DataFrame:
    """The packages signed: `package`, `runs`, and the utility of each to the two at central numbers, `x` and `y`."""
    counts: Counter[str] = Counter()
    for piece in results.pieces("package"):
        counts.update(piece["package"].dropna().astype(str).tolist())
    issues, space = list(results.scenario.issues), results.structure.space
    options = (dict(zip(issues, package.split("/"), strict=True)) for package in counts)
    x, y = scene(results.scenario).utility[:, np.fromiter(map(space.index_of, options), int, len(counts))]
    packages = pd.Series(list(counts), dtype="str")
    return pd.DataFrame({"package": packages, "runs": list(counts.values()), "x": x, "y": y})


def _listed_agreements(results: Results) -> pd.DataFrame:
    """Return the first runs that signed: `draw`, `package`, and its utility to the two at central numbers."""
    parts, room = [], MOST_AGREEMENTS
    for piece in results.pieces("draw", "package"):
        parts.append(piece[piece["package"].notna()].head(room).astype({"package": str}))
        room -= len(parts[-1])
        if not room:
            break
    return pd.concat(parts, ignore_index=True).merge(_agreements(results), on="package", how="left")


def _draw_packages(axes: Axes, view: Scene, shared: Axis) -> None:
    """Draw all packages, and those acceptable to all who must sign."""
    everywhere = np.ones(view.utility.shape[1], bool)
    groups = ((everywhere, HERE), (view.zones[LINES_OFF], OPEN), (view.zones[LINES_REAL], REAL))
    for order, (packages, colour) in enumerate(groups):
        x, y = view.utility[:, packages]
        if view.utility.shape[1] <= FEW:
            edge: dict[str, Any] = {"markeredgecolor": NEUTRAL if order == 0 else SOFT, "markeredgewidth": 0.5}
            axes.plot(x, y, "o", markersize=5, color=colour, zorder=1 + order / 10, **edge)
            continue
        edges = np.linspace(shared.low, shared.high, CELLS + 1)
        filled = np.histogram2d(x, y, bins=(edges, edges))[0] > 0
        if not filled.any():
            continue
        # A cell ends where the packages end, so that a zone does not seem to extend across a no-deal line.
        across, upwards = np.clip(edges, x.min(), x.max()), np.clip(edges, y.min(), y.max())
        spans = [(across[i : i + 2], upwards[j : j + 2]) for i, j in zip(*np.nonzero(filled), strict=True)]
        cells = [[(a[0], b[0]), (a[1], b[0]), (a[1], b[1]), (a[0], b[1])] for a, b in spans]
        axes.add_collection(PolyCollection(cells, facecolor=colour, linewidth=0, zorder=1 + order / 10), autolim=False)
    # Steps, since packages cannot be mixed: nothing is attainable between two of them.
    axes.plot(*view.frontier, color=INK, linewidth=1.2, drawstyle="steps-pre", zorder=2.2)


def _draw_agreements(axes: Axes, results: Results, view: Scene) -> None:
    """Draw a cross a package, larger the more runs signed it, at central numbers."""
    agreed = _agreements(results)
    sizes = 10 + 90 * agreed["runs"].to_numpy(float) / max(1, agreed["runs"].max() if len(agreed) else 1)
    axes.scatter(agreed["x"], agreed["y"], s=sizes, marker="x", color=BLACK, alpha=0.7, linewidths=0.9, zorder=2.4)


def _draw_lines(axes: Axes, results: Results, view: Scene) -> None:
    styles = party_styles(results.scenario)
    for name, worth, line in zip(view.pair, view.no_deal, (axes.axvline, axes.axhline), strict=True):
        line(worth, color=styles[name].colour, linestyle=styles[name].dash, linewidth=1.4, zorder=2.3)


def _draw_marks(axes: Axes, marks: Sequence[Mark], shared: Axis) -> None:
    """Draw marks with their tags beside them, without overlap."""
    scale = shared.side / (shared.high - shared.low)
    taken = [((x - shared.low) * scale, (y - shared.low) * scale) for x, y in (mark.middle for mark in marks)]
    tags: list[tuple[float, float]] = []
    for mark, point in zip(marks, list(taken), strict=True):
        x, y = mark.middle
        if mark.low != mark.high:
            box = ([mark.low[0], mark.high[0]], mark.low[1], mark.high[1])
            axes.fill_between(*box, facecolor="none", edgecolor=INK, linewidth=0.8, linestyle=":", zorder=2.9)
        shape = "o" if mark.kind == "solution" else "s"
        axes.plot(x, y, shape, markersize=6, color=FILL[mark.kind], markeredgecolor=INK, markeredgewidth=1.1, zorder=3)
        place = _free_place(point, taken, tags, shared.side)
        tags.append(place)
        spot = (place[0] / scale + shared.low, place[1] / scale + shared.low)
        axes.plot([x, spot[0]], [y, spot[1]], color=INK, linewidth=0.6, zorder=2.8)
        rounded = "circle,pad=0.2" if mark.kind == "solution" else "square,pad=0.25"
        axes.text(
            *spot, mark.tag, ha="center", va="center", fontsize=SMALL, weight="bold", zorder=4,
            color=INK if mark.kind == "solution" else "white",
            bbox={"boxstyle": rounded, "facecolor": FILL[mark.kind], "edgecolor": INK, "linewidth": 0.8},
        )  # fmt: skip


def _free_place(
    point: tuple[float, float], marks: Sequence[tuple[float, float]], tags: Sequence[tuple[float, float]], side: float
) -> tuple[float, float]:
    """Return the nearest place around a point that is clear of marks, tags and edges; inches."""
    best, most = point, -math.inf
    for distance in (0.28, 0.42, 0.6, 0.85, 1.1):
        for turn in range(16):
            angle = math.pi * (0.25 + turn / 8)
            x, y = point[0] + distance * math.cos(angle), point[1] + distance * math.sin(angle)
            clear = min(
                [0.05 + min(x, y, side - x, side - y)]
                + [math.dist((x, y), other) - 0.02 for other in marks if other != point]
                + [math.dist((x, y), other) - 0.08 for other in tags]
            )
            if clear >= 0.2:
                return x, y
            if clear > most:
                best, most = (x, y), clear
    return best


def _name_axes(panel: Panel, results: Results, view: Scene, side: float) -> None:
    styles = party_styles(results.scenario)
    for name, upright in zip(view.pair, (False, True), strict=True):
        label = wrap(f"Worth to {clean(results.scenario.parties[name].label)}", side - 0.9, BODY, 1)[0]
        half = text_width(label, BODY) / 2
        if upright:
            panel.text(0, side / 2, label, BODY, rotation=90, va="center")
            swatch = panel.axes(0.02, side / 2 + half + 0.1, 0.12, 0.25)
        else:
            panel.text(LEFT + side / 2, side + 0.34, label, BODY, ha="center")
            swatch = panel.axes(LEFT + side / 2 - half - 0.35, side + 0.36, 0.25, 0.12)
        swatch.set_axis_off()
        ends = ([0.5, 0.5], [0, 1]) if upright else ([0, 1], [0.5, 0.5])
        swatch.plot(*ends, color=styles[name].colour, linewidth=2.5)


def _entries(results: Results, view: Scene) -> list[tuple[str, str, str]]:
    """Return the entries of the list at the right: (kind of sign, heading or tag, words)."""
    a, b = (clean(results.scenario.parties[name].label, 60) for name in view.pair)
    real, off = int(view.zones[LINES_REAL].sum()), int(view.zones[LINES_OFF].sum())
    zones = [
        ("open", "", f"acceptable to all who must sign, red lines set aside ({off:,})"),
        ("real", "", f"the same, with every red line real ({real:,})"),
    ]
    if not _has_lines(results):
        zones = [("real", "", f"acceptable to all who must sign ({real:,})")]
    entries = [
        ("heading", "", "At central numbers"),
        ("here", "", f"packages ({view.utility.shape[1]:,})"),
        *zones,
        ("frontier", "", "frontier of the two: no package is worth more to both"),
        ("no_deal_a", "", f"no deal, {a} ({view.no_deal[0]:.2f})"),
        ("no_deal_b", "", f"no deal, {b} ({view.no_deal[1]:.2f})"),
        ("heading", "", "Signed in the runs, at central numbers"),
        ("agreement", "", _agreements_text(results)),
    ]
    solutions = [mark for mark in view.marks if mark.kind == "solution"]
    if solutions:
        reading = f", {view.reading}" if _has_lines(results) else ""
        entries.append(("heading", "", f"Reference solutions{reading}"))
    entries += [("solution", mark.tag, f"{mark.name}  {_utility_text(mark)}") for mark in solutions]
    proposals = [mark for mark in view.marks if mark.kind == "proposal"]
    if proposals:
        entries.append(("heading", "", "Proposals"))
    return entries + [("proposal", mark.tag, f"{mark.name}  {_utility_text(mark)}") for mark in proposals[:12]]


def _marks(results: Results, view: Scene, shared: Axis) -> tuple[Mark, ...]:
    """Return the solutions and proposals for which the list has room, proposals first."""
    bare = sum(kind != "heading" for kind, *_ in _entries(results, replace(view, marks=())))
    ranked = sorted(view.marks, key=lambda mark: mark.kind != "proposal")[: max(0, shared.entries - bare)]
    return tuple(mark for mark in view.marks if mark in ranked)


def _has_lines(results: Results) -> bool:
    return any(party.red_lines for party in results.scenario.parties.values())


def _agreements_text(results: Results) -> str:
    count = results.agreements
    if not count:
        return "no agreement was signed in any run"
    kinds = len(_agreements(results))
    return f"package signed, larger the more often ({counted(count, 'run')}, {counted(kinds, 'package')})"


def _utility_text(mark: Mark) -> str:
    ends = [
        f"{low:.2f}" if f"{low:.2f}" == f"{high:.2f}" else f"{low:.2f}{DASH}{high:.2f}"
        for low, high in zip(mark.low, mark.high, strict=True)
    ]
    return f"({', '.join(ends)})"


def _list_lines(results: Results, view: Scene, shared: Axis) -> list[tuple[str, str, list[str], float]]:
    lines = []
    for kind, tag, words in _entries(results, replace(view, marks=_marks(results, view, shared))):
        heading = kind == "heading"
        broken = wrap(words, LIST - (0 if heading else 0.42), SMALL, 4, bold=heading)
        lines.append((kind, tag, broken, len(broken) * SMALL * LINE + (0.14 if heading else 0.06)))
    return lines


def _draw_list(panel: Panel, results: Results, view: Scene, shared: Axis) -> None:
    x, y, styles = LEFT + shared.side + GAP, -0.1, party_styles(results.scenario)
    for kind, tag, lines, height in _list_lines(results, view, shared):
        if kind == "heading":
            panel.lines(x, y + 0.1, lines, SMALL, weight="bold")
        else:
            panel.lines(x + 0.42, y, lines, SMALL)
            sign = panel.canvas(x, y + 0.005, 0.3, 0.15, (1, 1))
            if kind in ("here", "open", "real"):
                colour = {"here": HERE, "open": OPEN, "real": REAL}[kind]
                sign.fill_between([0, 1], 0, 1, facecolor=colour, edgecolor=RULE, linewidth=0.6)
            elif kind == "agreement":
                sign.plot(0.5, 0.5, "x", markersize=5, color=BLACK, clip_on=False)
            elif kind == "frontier":
                sign.plot([0, 1], [0.5, 0.5], color=INK, linewidth=1.3)
            elif kind.startswith("no_deal"):
                style = styles[view.pair[0] if kind.endswith("a") else view.pair[1]]
                sign.plot([0, 1], [0.5, 0.5], color=style.colour, linestyle=style.dash, linewidth=1.6)
            else:
                shape = "circle,pad=0.15" if kind == "solution" else "square,pad=0.2"
                sign.text(
                    0.5, 0.45, tag, ha="center", va="center", fontsize=SMALL, weight="bold",
                    color=INK if kind == "solution" else "white",
                    bbox={"boxstyle": shape, "facecolor": FILL[kind], "edgecolor": INK, "linewidth": 0.8},
                )  # fmt: skip
        y += height


@CHARTS.register
class FrontierChart(Chart[Results, Axis]):
    name = "frontier"
    intervals = "utilities at central numbers"
    about = (
        "utility of packages to two parties: no-deal lines, zone, frontier, reference solutions, proposals, agreements"
    )
    group = "talks"

    def frame(self, results: Sequence[Results], form: Form = PAGE) -> Axis:
        """Return limits of both axes, equally long for all results: 0 to 1, more where linkages reach further."""
        lows, highs = [0.0], [1.0]
        for one in results:
            view = scene(one.scenario)
            lows.append(float(view.utility.min()))
            highs.append(float(view.utility.max()))
        return Axis(math.floor(min(lows) * 20) / 20 - 0.02, math.ceil(max(highs) * 20) / 20 + 0.02,
                    min(SIDE, form.height - BELOW), 99 if form is PAGE else form.rows)  # fmt: skip

    def size(self, results: Results, shared: Axis) -> tuple[float, float]:
        listed = sum(height for *_, height in _list_lines(results, scene(results.scenario), shared))
        return LEFT + shared.side + GAP + LIST, max(shared.side + BELOW, listed)

    def draw(self, panel: Panel, results: Results, shared: Axis) -> None:
        view = scene(results.scenario)
        axes = panel.axes(LEFT, 0, shared.side, shared.side)
        axes.set_xlim(shared.low, shared.high)
        axes.set_ylim(shared.low, shared.high)
        axes.set_xticks(np.linspace(0, 1, 6))
        axes.set_yticks(np.linspace(0, 1, 6))
        axes.tick_params(length=3)
        _draw_packages(axes, view, shared)
        _draw_agreements(axes, results, view)
        _draw_lines(axes, results, view)
        _draw_marks(axes, _marks(results, view, shared), shared)
        _name_axes(panel, results, view, shared.side)
        _draw_list(panel, results, view, shared)

    def caption(self, results: Results, shared: Axis) -> Caption:
        view = scene(results.scenario)
        a, b = (clean(results.scenario.parties[name].label, 60) for name in view.pair)
        off, real = int(view.zones[LINES_OFF].sum()), int(view.zones[LINES_REAL].sum())
        finding = agreement_sentence(results, share_text(results.agreements, results.n))
        others = len(results.scenario.parties) > 2
        shown = f" Shown: {view.why}; other parties' consent counts in what is acceptable." if others else ""
        lines, reading, aside = "", "", ""
        hidden = len(view.marks) - len(_marks(results, view, shared))
        if _has_lines(results):
            lines = f" when red lines are set aside, {real:,} with every red line real"
            reading, aside = f", {view.reading}", f"; {off:,} with red lines set aside"
        return Caption(
            f"What packages are worth to {a} and {b}",
            f"Further right is better for {a}, further up for {b}. Each scale is the party's own, so the two do not "
            f"compare.{shown}",
            finding,
            f"Scatter of package worths, {a} across and {b} upwards. At central numbers {off:,} of "
            f"{view.utility.shape[1]:,} packages are acceptable to all who must sign{lines}. {finding}",
            (f"Reference solutions are taken over packages acceptable to all who must sign{reading}. In brackets after "
             f"their names and after proposals: utility to {a}, {b}; where a text leaves issues open, the least and "
             "most. Packages signed are drawn at central numbers too: by the numbers of its own run each is worth more "
             "or less to a party, and lies elsewhere.",
             interval_note(results.n)),
            f"At central numbers {real:,} of {view.utility.shape[1]:,} packages are acceptable to all who must sign"
            f"{aside}",
            f"and {counted(hidden, 'more marked package')}" if hidden else "",
        )  # fmt: skip

    def table(self, results: Results) -> pd.DataFrame:
        """Return no-deal point, frontier, reference solutions, proposals and first agreements, at central numbers.

        Returns:
            `kind, name, draw`, and for both parties the lowest and highest utility, `PARTY_low` and `PARTY_high`, which
            differ only for packages that leave issues open.
        """
        view = scene(results.scenario)
        a, b = view.pair
        columns = ["kind", "name", "draw", f"{a}_low", f"{a}_high", f"{b}_low", f"{b}_high"]
        no_deal = (end for worth in view.no_deal for end in (worth, worth))
        rows: list[tuple[object, ...]] = [("no_deal", "", pd.NA, *no_deal)]
        rows += [("frontier", "", pd.NA, x, x, y, y) for x, y in view.frontier.T.tolist()]
        rows += [(m.kind, m.name, pd.NA, m.low[0], m.high[0], m.low[1], m.high[1]) for m in view.marks]
        signed = _listed_agreements(results)[["package", "draw", "x", "y"]].itertuples(index=False, name=None)
        rows += [("agreement", package, draw, x, x, y, y) for package, draw, x, y in signed]
        return pd.DataFrame(rows, columns=columns).astype({"draw": "Int64"})
