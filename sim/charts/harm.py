"""Harm while the talks last: weeks without power and the cost of the war, by party, with and without an agreement."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from sim.charts.chart import CHARTS, Chart
from sim.charts.page import BODY, PAGE, SMALL, Caption, Form, Panel
from sim.charts.rows import AXIS, BAR, ROW, SPACE, VALUE, draw_edged_whisker, draw_scale, draw_value
from sim.charts.style import SOFT, PartyStyle, agreement_sentence, in_force_or_signed, party_styles, signed_of
from sim.charts.text import DASH, LINE, clean, listed, share_text, wrap
from sim.core.exact import Floats
from sim.results.figures import in_force
from sim.results.format import LEAST_GROUP
from sim.results.results import Results, remembered
from sim.results.stages import is_voted_on, runs_in_force
from sim.results.statistics import quantiles

TEXT, GROUP, WIDE = 2.0, 2.1, 3.2  # inches: parties, with or without agreement, bars
FIGURES = VALUE + 0.4  # inches right of the bars
HEAD, BETWEEN = 0.26, 0.18  # inches above a part, between two
LEVELS = (0.1, 0.5, 0.9)
GROUPS = (True, False)  # with an agreement in force, without
QUANTITIES = {"household_weeks": "Household-weeks without power", "war_cost": "Cost of the war"}
UNITS = ((1e9, "billion "), (1e6, "million "), (1e3, "thousand "), (1.0, ""))
NO_NUMBERS = "The scenario has no numbers on outages or on the cost of the war, so nothing is shown here."


@dataclass(frozen=True)
class Part:
    """One quantity on one scale."""

    quantity: str  # of `QUANTITIES`
    unit: str  # label
    size: float  # size of one unit in the numbers of the results
    limit: float  # right end of the scale, in the unit
    step: float  # between two marks on it
    parties: int = PAGE.rows  # drawn at most


@dataclass(frozen=True)
class Spread:
    """Median and 10-90 % of some runs, as in the results; None without a run."""

    runs: int
    ends: tuple[float, float, float] | None


def parties(results: Results, quantity: str) -> list[str]:
    """Return the parties that a quantity concerns in some run, in the order of the file."""
    found = _spreads(results)
    return [name for name in results.scenario.parties if (quantity, name, True) in found]


def has_harm(results: Results) -> bool:
    """Return whether any harm is counted."""
    return any(parties(results, quantity) for quantity in QUANTITIES)


def spread(results: Results, quantity: str, party: str, with_agreement: bool) -> Spread:
    """Return the 10th, 50th and 90th percentile over runs with an agreement in force, or over the others."""
    return _spreads(results)[quantity, party, with_agreement]


@remembered
def _spreads(results: Results) -> dict[tuple[str, str, bool], Spread]:
    """Return the spreads of all quantities, by quantity, party and agreement in force."""
    named = [(quantity, party) for quantity in QUANTITIES for party in results.scenario.parties]
    named = [(quantity, party) for quantity, party in named if f"{quantity}_{party}" in results.columns]
    columns = [f"{quantity}_{party}" for quantity, party in named]

    def read() -> Iterator[dict[str, Floats]]:
        for piece in results.pieces("outcome", *columns):
            force = in_force(piece).to_numpy(bool)
            numbers = {name: piece[name].to_numpy(float) for name in columns}
            yield {f"{name} {which}": values[force == which] for name, values in numbers.items() for which in GROUPS}

    pieces = results.pieces(*columns) if columns else ()
    hit = {name for piece in pieces for name in columns if (piece[name] > 0).any()}
    ends = quantiles(read, LEVELS) if hit else {}
    runs = {True: runs_in_force(results), False: results.n - runs_in_force(results)}
    found = {}
    for quantity, party in named:
        for which in GROUPS if f"{quantity}_{party}" in hit else ():
            low, middle, high = ends[f"{quantity}_{party} {which}"]
            enough = runs[which] >= LEAST_GROUP
            found[quantity, party, which] = Spread(runs[which], (low, middle, high) if enough else None)
    return found


def _unit(quantity: str, highest: float, money: str) -> tuple[float, str]:
    """Return the size of a unit and its name; `money` is the unit of the file."""
    if quantity == "war_cost":
        return 1.0, money
    size_of_unit, word = next(((number, word) for number, word in UNITS if highest >= number), UNITS[-1])
    return size_of_unit, f"{word}household-weeks"


def round_scale(highest: float) -> tuple[float, float]:
    """Step and end of a scale from 0 to `highest` or above: at most five steps of 1, 2 or 5 times a power of ten."""
    if highest <= 0:
        return 1.0, 1.0
    power = 10.0 ** math.floor(math.log10(highest / 5))
    step = next(times * power for times in (1, 2, 5, 10, 20) if highest <= 5 * times * power * (1 + 1e-9))
    return step, max(1, math.ceil(highest / step - 1e-9)) * step


def figure(number: float) -> str:
    """Format a number with three significant digits, such as `0.0412`, `3.1` or `12,300`."""
    if number == 0:
        return "0"
    rounded = float(f"{number:.3g}")
    return f"{rounded:,.{max(0, 2 - math.floor(math.log10(abs(rounded))))}f}"


def _groups(results: Results) -> list[tuple[bool, str]]:
    state = in_force_or_signed(results)
    return [(True, f"agreement {state}"), (False, f"no agreement {state}")]


def _rows(results: Results, part: Part) -> list[tuple[str, list[str], list[tuple[bool, list[str]]], float]]:
    """Return party, its label, and the text of both groups in lines; and the height of the row."""
    rows = []
    force = runs_in_force(results)
    for party in parties(results, part.quantity)[: part.parties]:
        label = wrap(clean(results.scenario.parties[party].label), TEXT - 0.25, SMALL, 4, bold=True)
        groups = [
            (which, wrap(f"{finding} ({force if which else results.n - force:,})", GROUP, SMALL, 2))
            for which, finding in _groups(results)
        ]
        tall = sum(len(lines) for _, lines in groups) * SMALL * LINE + ROW
        rows.append((party, label, groups, max(tall, len(label) * SMALL * LINE) + ROW))
    return rows


def _part_height(results: Results, part: Part) -> float:
    return HEAD + (sum(height for *_, height in _rows(results, part)) or 0.4) + AXIS


def _draw_part(panel: Panel, results: Results, part: Part) -> None:
    panel.lines(0, 0, [f"{QUANTITIES[part.quantity]}, by party"], BODY, weight="bold")
    rows, styles, y = _rows(results, part), party_styles(results.scenario), HEAD
    if not rows:
        panel.text(0, y, "None in this scenario.", SMALL, color=SOFT)
        return
    axes = panel.axes(TEXT + GROUP + SPACE, HEAD, WIDE, panel.height - HEAD - AXIS)
    ticks = [k * part.step for k in range(round(part.limit / part.step) + 1)]
    texts = [f"{tick:,.6g}" for tick in ticks]
    draw_scale(axes, (0, part.limit), panel.height - HEAD - AXIS, ticks, texts, part.unit)
    for party, label, groups, height in rows:
        panel.rule(0, y, panel.width, linewidth=0.5)
        panel.swatch(0.0, y + ROW / 2 + 0.04, styles[party].colour)
        panel.lines(0.2, y + ROW / 2 + 0.02, label, SMALL, weight="bold")
        room = (height - sum(len(lines) for _, lines in groups) * SMALL * LINE) / (len(groups) + 1)
        top = y
        for which, lines in groups:
            top += room
            taken = panel.lines(TEXT, top + 0.02, lines, SMALL)
            _draw_bar(axes, part, spread(results, part.quantity, party, which), styles[party], which,
                      top + taken / 2 - HEAD)  # fmt: skip
            top += taken
        y += height


def _draw_bar(axes: Axes, part: Part, found: Spread, style: PartyStyle, solid: bool, middle: float) -> None:
    """Median as a bar from 0, 10-90 % as a whisker, both in figures; one unit of y is an inch."""
    inch = part.limit / WIDE
    if found.ends is None:
        few = f"fewer than {LEAST_GROUP} runs" if found.runs else "no run"
        axes.text(0.06 * inch, middle, few, va="center_baseline", fontsize=SMALL, color=SOFT)
        return
    low, median, high = (end / part.size for end in found.ends)
    fill: dict[str, Any] = {"facecolor": style.colour if solid else "white", "edgecolor": style.colour}
    axes.barh(middle, median, BAR, left=0, linewidth=1, zorder=2, hatch="" if solid else "/////", **fill)
    draw_edged_whisker(axes, low, high, middle, 0.045)
    text = f"{figure(median)} ({figure(low)}{DASH}{figure(high)})"
    draw_value(axes, max(median, high) + 0.07 * inch, middle, text)


def _medians(results: Results, shared: tuple[Part, ...]) -> list[str]:
    """Describe the medians, a sentence a quantity and party."""
    sentences = []
    for part in shared:
        for party in parties(results, part.quantity):
            label = clean(results.scenario.parties[party].label, 60)
            each = [(finding, spread(results, part.quantity, party, which).ends) for which, finding in _groups(results)]
            ends = [f"{figure(found[1] / part.size)} with {finding}" for finding, found in each if found is not None]
            sentences.append(f"{label}, {QUANTITIES[part.quantity].lower()}, {part.unit}: {listed(ends)}.")
    return sentences


def _headline(results: Results, shared: tuple[Part, ...]) -> str:
    """Name the median of the first party, without an agreement where enough runs have none."""
    for part in reversed(shared):
        party = next(iter(parties(results, part.quantity)), None)
        if party is None:
            continue
        label = clean(results.scenario.parties[party].label, 40)
        for which, state in ((False, "without"), (True, "with")):
            ends = spread(results, part.quantity, party, which).ends
            if ends is not None:
                run = f"In the median run {state} an agreement {in_force_or_signed(results)}"
                much = f"{figure(ends[1] / part.size)} {part.unit}"
                if part.quantity == "war_cost":
                    return f"{run} the war costs {label} {much}"
                return f"{run} {label} has {much} without power"
    return signed_of(results)


def _statuses(results: Results) -> str:
    """Describe how many numbers of the war have a source in the file."""
    found = [str(number.status) for path, number in results.scenario.numbers().items() if path.startswith("war.")]
    statuses = {"sourced": "sourced", "mixed": "partly sourced", "assumption": "assumed"}
    counts = [(found.count(status), word) for status, word in statuses.items()]
    unmarked = len(found) - sum(count for count, _ in counts)
    counts += [(unmarked, "without a word on that")] if unmarked else []
    if unmarked == len(found):
        return ""
    return f" Of its {len(found)} numbers on the war, {listed([f'{count} are {word}' for count, word in counts])}."


@CHARTS.register
class HarmChart(Chart[Results, tuple[Part, ...]]):
    """Weeks without power and cost of the war while the talks last, by party, with and without an agreement."""

    name = "harm"
    intervals = "in brackets: 10th to 90th percentile of runs"
    about = "weeks without power and cost of the war while the talks last, by party, with and without an agreement"
    group = "after"

    def applies(self, subject: Results) -> bool:
        return has_harm(subject)

    def frame(self, results: Sequence[Results], form: Form = PAGE) -> tuple[Part, ...]:
        """Return the quantities that any result has, each in a unit and on a scale for all of them."""
        parts = []
        for quantity in QUANTITIES:
            highs = [
                found.ends[2]
                for one in results
                for party in parties(one, quantity)
                for found in (spread(one, quantity, party, True), spread(one, quantity, party, False))
                if found.ends is not None
            ]
            if highs:
                money = " and ".join(dict.fromkeys(filter(None, (one.scenario.money for one in results))))
                size_of_unit, unit = _unit(quantity, max(highs), money)
                step, limit = round_scale(max(highs) / size_of_unit)
                parts.append(Part(quantity, unit, size_of_unit, limit, step))
        room, shown = form.rows // len(GROUPS), list[Part]()
        for part in reversed(parts):  # on a slide the cost first, which all parties have
            most = max(len(parties(one, part.quantity)) for one in results)
            shown += [replace(part, parties=max(room, 1))] if room > 0 else []
            room -= most
        return tuple(reversed(shown))

    def size(self, results: Results, shared: tuple[Part, ...]) -> tuple[float, float]:
        width = TEXT + GROUP + SPACE + WIDE + FIGURES
        if not shared:
            return width, 0.6
        return width, sum(_part_height(results, part) + BETWEEN for part in shared) - BETWEEN

    def draw(self, panel: Panel, results: Results, shared: tuple[Part, ...]) -> None:
        if not shared:
            panel.lines(0, 0.1, wrap(NO_NUMBERS, panel.width, BODY), BODY)
        y = 0.0
        for part in shared:
            tall = _part_height(results, part)
            _draw_part(panel.part(0, y, panel.width, tall), results, part)
            y += tall + BETWEEN

    def caption(self, results: Results, shared: tuple[Part, ...]) -> Caption:
        finding = agreement_sentence(results, share_text(results.agreements, results.n))
        if is_voted_on(results) and results.agreements:
            finding += f" It came into force in {share_text(runs_in_force(results), results.n)} of all runs."
        opening = "Bar charts by party: medians with and without an agreement."
        alt = " ".join([opening, *_medians(results, shared), finding])
        state = in_force_or_signed(results)
        notes = (
            "Bars: median of the runs; whiskers and figures in brackets: 10th to 90th percentile of the runs, that is "
            "how far the ranges of the file spread it, not an error of measurement.",
            "These numbers follow from what the file says of strikes, outages and costs, which rests in part on claims "
            f"of parties to the war and on assumptions.{_statuses(results)} Only outages and money: people killed or "
            "wounded are not counted here.",
        )
        return Caption(
            "Harm and cost up to the ceasefire or the end of the talks",
            f"Counted up to the ceasefire or, without an agreement {state}, to the end of the talks; what comes after "
            "that is not counted, so the two kinds of runs differ in how long they are counted. Parties in file order.",
            finding,
            alt if has_harm(results) else f"No bars. {NO_NUMBERS} {finding}",
            notes if shared else (),
            _headline(results, shared),
        )

    def table(self, results: Results) -> pd.DataFrame:
        """One row a bar: `quantity, unit, party, runs` (with or without an agreement), `n, low, median, high`.

        `low` and `high` are the 10th and 90th percentile. Household-weeks are whole numbers of them, not thousands.
        """
        rows: list[tuple[object, ...]] = []
        for quantity in QUANTITIES:
            unit = "household-weeks" if quantity == "household_weeks" else results.scenario.money
            for party in parties(results, quantity):
                for which, finding in _groups(results):
                    found = spread(results, quantity, party, which)
                    low, median, high = found.ends or (math.nan, math.nan, math.nan)
                    rows.append((quantity, unit, party, finding, found.runs, low, median, high))
        return pd.DataFrame(rows, columns=["quantity", "unit", "party", "runs", "n", "low", "median", "high"])
