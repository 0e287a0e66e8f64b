"""The funnel from a ZOPA to an agreement that holds: how many runs reach each stage, and where the others stopped."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes

from sim.charts.chart import CHARTS, Chart
from sim.charts.packages import FILLS, INTERVAL_NOTE
from sim.charts.page import BODY, PAGE, SMALL, Caption, Form, Panel
from sim.charts.rows import AXIS, ROW, SPACE, VALUE, draw_share, draw_share_scale, nice_scale
from sim.charts.style import INK, OUTCOME_WORDS, SOFT, agreement_sentence, begun, in_force_or_signed, signed_of
from sim.charts.text import LINE, share_text, wrap
from sim.core.wording import counted
from sim.results.drivers import LEAST_RUNS, Mover, funnel, moved_by
from sim.results.format import parts_of_hundred
from sim.results.labels import input_label, name_label, ratifier_short
from sim.results.results import Results
from sim.results.stages import REFUSED, Step, is_voted_on, stages, stops

TEXT, WIDE = 4.35, 2.9  # inches: text, bars
INDENT, AIR = 0.25, 0.14  # inches
FILL = {"stage": FILLS["package"], "of_those": FILLS["other"], "stop": FILLS["outcome"]}


@dataclass(frozen=True)
class Funnel:
    """Rows, as kind and name, and scale that several results share."""

    rows: tuple[tuple[str, str], ...]
    limit: float
    step: float
    left_out: int = 0  # rows for which there is no room


def _insert(rows: list[tuple[str, str]], place: int, row: tuple[str, str]) -> int:
    """Insert a row after the one that it follows in its own result; returns its position."""
    rows.insert(place, row)
    return place + 1


def _label(results: Results, step: Step) -> str:
    if step.kind == "of_those":
        count = f"{step.n:,} " if step.n else ""
        return f"of the {count}run{'s' if step.n != 1 else ''} with an agreement {in_force_or_signed(results)}"
    if step.name.startswith(REFUSED):
        name = step.name.removeprefix(REFUSED)
        return f"Signed, refused by {ratifier_short(results.scenario, name)}" if name else "Signed, not ratified"
    return {
        "zone_first": "Some package acceptable to all who must sign, in the first round",
        "zone_ever": "Some package acceptable to all who must sign, in some round",
        "signed": "Agreement signed",
        "in_force": "Agreement ratified and in force",
        "held_12": f"Still holding 12 months after {begun(results)}",
        "held_60": f"Still holding 60 months after {begun(results)}",
        "deadline_after_refusal": "Time ran out after a signed text was refused",
        "broke_12": f"Broke within 12 months of {begun(results)}",
        "broke_60": "Broke after that, within 60 months",
    }.get(step.name) or OUTCOME_WORDS.get(step.name, name_label(step.name))


def _unseen(results: Results, kind: str, name: str) -> Step | None:
    """Return a bar needed only by other results: a zero count; None for a stage that cannot happen."""
    if name == "zone_ever":
        return Step(kind, name, stages(results)[0].count, results.n)
    if name in ("broke_off", "deadline_after_refusal") or (name.startswith(REFUSED) and is_voted_on(results)):
        return Step(kind, name, 0, results.n)
    return None


@dataclass(frozen=True)
class _Row:
    """A row as drawn: text, a note below, and a bar; no step where the scenario has no such stage."""

    kind: str
    step: Step | None
    lines: list[str]
    note: list[str]

    @property
    def height(self) -> float:
        if self.kind == "heading":
            return BODY * LINE + ROW + AIR
        return max(len(self.lines) + len(self.note), 1) * SMALL * LINE + ROW


def _laid_out(results: Results, shared: Funnel) -> list[_Row]:
    own = {(step.kind, step.name): step for step in (*stages(results), *stops(results))}
    moved = moved_by(results)
    rows: list[_Row] = []
    for kind, name in shared.rows:
        if kind == "stop" and all(row.kind != "heading" for row in rows):
            rows.append(_Row("heading", None, ["What stopped the other runs"], []))
        step = own.get((kind, name)) or _unseen(results, kind, name)
        text = _label(results, step or Step(kind, name, 0, 0))
        moves = _goes_with(results, moved.get(name)) if kind == "stage" else ""
        note = wrap(moves, TEXT, SMALL, 3) if moves else []
        rows.append(_Row(kind, step, wrap(text, TEXT - (INDENT if kind == "of_those" else 0), SMALL, 3), note))
    return rows


def _goes_with(results: Results, mover: Mover | None) -> str:
    """Name the input most associated with a stage; empty where none stands out."""
    if mover is None or not mover.stands_out:
        return ""
    digits = 0 if min(mover.low_share, mover.high_share) >= 0.1 else 1
    low, high = (f"{100 * share:.{digits}f} %" for share in (mover.low_share, mover.high_share))
    also = f" and {len(mover.paths) - 1} drawn with it" if len(mover.paths) > 1 else ""
    what = f"{input_label(results.scenario, mover.path)}{also}"
    return f"goes with {what}: {low} in the runs where it is low, {high} where it is high"


def _draw_bars(axes: Axes, rows: Sequence[_Row], tall: float, shared: Funnel) -> None:
    """Draw bars from 0 with the interval as a whisker and the share as text; one unit of y is an inch."""
    draw_share_scale(axes, tall, shared.step, shared.limit, "per cent of runs")
    y = 0.0
    for row in rows:
        middle, y = y + row.height / 2, y + row.height
        if row.kind != "heading":
            _draw_bar(axes, row.step, middle, shared)


def _draw_bar(axes: Axes, step: Step | None, middle: float, shared: Funnel) -> None:
    inch = shared.limit / WIDE
    if step is None or not step.n:
        text = "not in this scenario" if step is None else "no run"
        axes.text(0.06 * inch, middle, text, va="center_baseline", fontsize=SMALL, color=SOFT)
        return
    draw_share(axes, middle, step.count, step.n, inch, FILL[step.kind])


def _largest(rows: Sequence[tuple[str, str]], results: Sequence[Results], most: int) -> list[tuple[str, str]]:
    """Return at most so many rows in their order: stages before what stopped the others, and of these the largest."""
    counts: dict[tuple[str, str], int] = {}
    for one in results:
        for step in stops(one):
            counts[step.kind, step.name] = max(step.count, counts.get((step.kind, step.name), 0))
    kinds = ["stage", "stop", "of_those"]
    ranked = sorted(rows, key=lambda row: (kinds.index(row[0]), -counts.get(row, 0)))
    return [row for row in rows if row in ranked[:most]]


@CHARTS.register
class FunnelChart(Chart[Results, Funnel]):
    """How far runs get: zone, signed, in force, holding at 12 and 60 months; and where the others stopped."""

    name = "funnel"
    about = "how far runs get: zone, signed, in force, holding at 12 and 60 months; and what stopped the others"
    group = "funnel"

    def frame(self, results: Sequence[Results], form: Form = PAGE) -> Funnel:
        """Return the rows that any result has, in one order, on one scale."""
        rows: list[tuple[str, str]] = []
        highs = [0.0]
        for one in results:
            before = 0
            for step in (*stages(one), *stops(one)):
                row = (step.kind, step.name)
                before = rows.index(row) + 1 if row in rows else _insert(rows, before, row)
                highs += [step.interval[1]] if step.n else []
        step_wide, limit = nice_scale(max(highs))
        shown = _largest(rows, results, form.rows)
        return Funnel(tuple(shown), limit, step_wide, len(rows) - len(shown))

    def size(self, results: Results, shared: Funnel) -> tuple[float, float]:
        return TEXT + SPACE + WIDE + VALUE, sum(row.height for row in _laid_out(results, shared)) + AXIS

    def draw(self, panel: Panel, results: Results, shared: Funnel) -> None:
        rows, y = _laid_out(results, shared), 0.0
        for row in rows:
            if row.kind == "heading":
                panel.lines(0, y + AIR + ROW / 2, row.lines, BODY, weight="bold")
            else:
                if row.kind != "of_those":  # belongs to the row above
                    panel.rule(0, y, panel.width, linewidth=0.5)
                x = INDENT if row.kind == "of_those" else 0.0
                panel.lines(x, y + ROW / 2 + 0.02, row.lines, SMALL, color=SOFT if row.kind == "of_those" else INK)
                below = y + ROW / 2 + 0.02 + len(row.lines) * SMALL * LINE
                panel.lines(0, below, row.note, SMALL, color=SOFT)
            y += row.height
        _draw_bars(panel.axes(TEXT + SPACE, 0, WIDE, y), rows, y, shared)

    def caption(self, results: Results, shared: Funnel) -> Caption:
        found = {step.name: step for step in stages(results) if step.kind == "stage"}
        finding = agreement_sentence(results, share_text(found["signed"].count, results.n))
        if found["signed"].count:
            more = []
            if "in_force" in found:
                more.append(f"it came into force in {share_text(found['in_force'].count, results.n)}")
            if "held_12" in found:
                twelve, sixty = (share_text(found[name].count, results.n) for name in ("held_12", "held_60"))
                more.append(f"it still held after 12 months in {twelve} and after 60 months in {sixty}")
            finding += f" Of all runs, {'; '.join(more)}." if more else ""
        zone = f"in the first round in {share_text(found['zone_first'].count, results.n)}"
        if "zone_ever" in found:
            zone += f" of runs, in some round in {share_text(found['zone_ever'].count, results.n)}"
        pale = any(kind == "of_those" for kind, _ in shared.rows)
        state = in_force_or_signed(results)
        last = "that holds at 60 months" if "held_60" in found else state
        return Caption(
            "How far runs get, and what stops them",
            "Each bar is a share of all runs" + (f"; a pale one, of those with an agreement {state}." if pale else "."),
            finding,
            f"Bar chart of stages. Some package was acceptable to all who must sign {zone} of runs. {finding}",
            (
                f"What stopped the others: each run without an agreement {last} is counted once.",
                "Goes with: of all drawn numbers the one whose lowest and highest third of runs differ most, from "
                f"{LEAST_RUNS:,} runs on, where the difference is larger than chance makes the largest of so many. A "
                "pattern, and not yet a cause: `explain` plays the same runs with it at both ends of its range.",
                INTERVAL_NOTE,
            ),
            self._headline(results, found),
            f"and {counted(shared.left_out, 'more bar')} in the chart of the page" if shared.left_out else "",
        )

    def _headline(self, results: Results, found: Mapping[str, Step]) -> str:
        headline = signed_of(results)
        if 2 * results.agreements > results.n and "held_60" in found:
            headline += f"; in {parts_of_hundred(found['held_60'].count, results.n)} it still holds after 60 months"
        return headline

    def table(self, results: Results) -> pd.DataFrame:
        """Return one row a bar: as `sim.results.drivers.funnel`, with the row's `label`."""
        found = funnel(results)
        found.insert(2, "label", [_label(results, step) for step in (*stages(results), *stops(results))])
        return found
