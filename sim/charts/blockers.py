"""Obstacles to an agreement in force: ranked, in three groups that add up; and which parties block together."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes

from sim.analysis.reasons import Group, Part, obstacle_groups
from sim.charts.chart import CHARTS, Chart
from sim.charts.packages import FILLS
from sim.charts.page import BODY, PAGE, SMALL, Caption, Form, Panel
from sim.charts.rows import AXIS, BAR, ROW, SPACE, draw_share_scale, draw_value, draw_whisker, nice_scale
from sim.charts.style import NEUTRAL_PALE, SOFT, agreement_sentence, in_force_or_signed, ink_on
from sim.charts.text import DASH, LINE, wrap
from sim.core.wording import counted
from sim.results.format import LEAST_GROUP, of_hundred, too_few
from sim.results.labels import BLOCKED, blocked_label, clean, party_label
from sim.results.results import Results
from sim.scenario import Scenario

MOST = 10  # parts of a group with a bar of their own
TEXT, WIDE, VALUE, INDENT = 3.5, 2.9, 1.5, 0.2  # inches: text, bars, figures, indent of parts
AIR, HEAD = 0.14, 0.6  # inches above a group, above the cells of pairs
CELL, TALL, NAMES = 1.1, 0.3, 1.9  # inches: width and height of a cell, text at the left
SHADES = mpl.colormaps["Blues"]
OTHERS = ("", "others")  # the key of all parts without a bar of their own
STOPS = {"no_zone": "no deal is possible", "late": "time runs out or talks end", "refused": "a text falls at home"}
Key = tuple[str, str]  # outcome and name of a part


@dataclass(frozen=True)
class Blocking:
    """Groups with the parts that have a bar, parties that block together, and scale; for all results."""

    rows: dict[str, tuple[Key, ...]]  # by group, the largest first
    owners: tuple[str, ...]
    step: float
    limit: float
    most: float  # the largest share of a pair


def _shares(results: Results) -> dict[str, Group]:
    """Return the groups with at least one run."""
    return {group.name: group for group in obstacle_groups(results) if group.count}


def _enough(groups: Iterable[Group]) -> list[Group]:
    return [group for group in groups if group.count >= LEAST_GROUP]


def _owner_label(scenario: Scenario, owner: str) -> str:
    return party_label(scenario, owner) if owner in scenario.parties else clean(owner.capitalize())


def _interval(part: Part | Group) -> tuple[float, float]:
    return part.interval if isinstance(part, Group) else (part.low, part.high)


def _figure(part: Part | Group) -> str:
    """Format a share as in the tables, with its interval."""
    low, high = _interval(part)
    ends = "" if math.isnan(low) else f" ({100 * low:.1f}{DASH}{100 * high:.1f})"
    return f"{100 * part.share:.1f} %{ends}"


def _part(group: Group, key: Key, shown: Sequence[Key]) -> tuple[Part, int]:
    """Return a part of a group by its key, and how many it covers; parts without a bar are merged."""
    parts = {(part.outcome, part.name): part for part in group.parts}
    if key in parts:
        return parts[key], 1
    own = [part for name, part in parts.items() if name not in shown] if key == OTHERS else []
    return Part(*key, sum(part.share for part in own), float("nan"), float("nan")), len(own)


def _label(scenario: Scenario, part: Part, count: int) -> list[str]:
    text = counted(count, "other") if not part.outcome else blocked_label(scenario, part.outcome, part.name)
    return wrap(text, TEXT - INDENT, SMALL, 2)


@dataclass(frozen=True)
class _Block:
    """A group as drawn: head, then parts, or a sentence instead; heights in inches."""

    group: Group
    parts: list[tuple[Part, list[str]]]
    few: list[str]

    @property
    def head(self) -> float:
        return AIR + BODY * LINE + ROW

    @property
    def height(self) -> float:
        return self.head + max(sum(map(_tall, self.parts)), len(self.few) * SMALL * LINE)


def _tall(row: tuple[Part, list[str]]) -> float:
    return len(row[1]) * SMALL * LINE + ROW


def _blocks(results: Results, shared: Blocking) -> list[_Block]:
    groups, blocks = _shares(results), []
    for name, keys in shared.rows.items():
        ended = groups.get(name) or Group(name, 0, results.n, ())
        few = ended.count < LEAST_GROUP
        parts = [_part(ended, key, keys) for key in keys]
        rows = [(part, _label(results.scenario, part, count)) for part, count in parts]
        words = wrap(too_few(ended.count, results.n), TEXT - INDENT, SMALL) if few else []
        blocks.append(_Block(ended, rows, words))
    return blocks


def _draw_blocks(panel: Panel, results: Results, shared: Blocking) -> float:
    """Draw the groups below each other; returns their height without the scale."""
    blocks = _blocks(results, shared)
    tall = sum(block.height for block in blocks)
    axes = panel.axes(TEXT + SPACE, 0, WIDE, tall)
    draw_share_scale(axes, tall, shared.step, shared.limit, "per cent of all runs")
    y = 0.0
    for block in blocks:
        panel.rule(0, y + AIR / 2, panel.width, linewidth=0.5)
        panel.lines(0, y + AIR, [BLOCKED[block.group.name]], BODY, weight="bold")
        _draw_bar(axes, block.group, y + AIR + BODY * LINE / 2, "package", shared)
        below = y + block.head
        panel.lines(INDENT, below, block.few, SMALL, color=SOFT)
        for part, lines in block.parts if not block.few else ():
            panel.lines(INDENT, below + ROW / 2 + 0.02, lines, SMALL)
            _draw_bar(axes, part, below + _tall((part, lines)) / 2, "outcome", shared)
            below += _tall((part, lines))
        y += block.height
    return tall


def _draw_bar(axes: Axes, part: Part | Group, middle: float, fill: str, shared: Blocking) -> None:
    (low, high), end = _interval(part), part.share
    axes.barh(middle, part.share, BAR, left=0, linewidth=0.8, zorder=2, **FILLS[fill])
    if not math.isnan(low):
        draw_whisker(axes, low, high, middle)
        end = max(end, high)
    draw_value(axes, end + 0.06 * shared.limit / WIDE, middle, _figure(part))


def _draw_pairs(panel: Panel, results: Results, shared: Blocking) -> None:
    """Draw a cell for each pair of parties; a dash for pairs that never block together."""
    panel.lines(0, 0, ["Who blocks with whom, where no deal is possible"], BODY, weight="bold")
    group = _shares(results).get("no_zone")
    if group is None or group.count < LEAST_GROUP:
        few = wrap(too_few(group.count if group else 0, results.n), TEXT + WIDE, SMALL)
        panel.lines(INDENT, BODY * LINE + ROW, few, SMALL, color=SOFT)
        return
    labels = [_owner_label(results.scenario, owner) for owner in shared.owners]
    axes = panel.canvas(NAMES, HEAD, CELL * (len(labels) + 1), TALL * len(labels), (len(labels) + 1, -len(labels)))
    for column, label in enumerate([*labels, "in all"]):
        lines = wrap(label if column == len(labels) else f"with {label}", CELL - 0.1, SMALL, 2)
        panel.lines(NAMES + CELL * (column + 0.5), HEAD - len(lines) * SMALL * LINE - 0.04, lines, SMALL, ha="center")
    for row, owner in enumerate(shared.owners):
        name = wrap(labels[row], NAMES - INDENT, SMALL, 1)
        panel.lines(INDENT, HEAD + TALL * (row + 0.5) - SMALL * LINE / 2 + 0.02, name, SMALL)
        shares = [group.together.get((owner, other), (0.0,))[0] for other in shared.owners]
        for column, share in enumerate([*shares, sum(shares)]):
            is_sum = column == len(labels)
            shade = (1.0, 1.0, 1.0, 1.0) if is_sum else SHADES(0.8 * share / shared.most)
            edge = "black" if column == row else NEUTRAL_PALE
            axes.barh(row + 0.5, 0.95, 0.9, left=column + 0.025, color=shade, edgecolor="none" if is_sum else edge,
                      linewidth=0.6)  # fmt: skip
            text = _cell(share)
            axes.text(column + 0.5, row + 0.5, text, ha="center", va="center_baseline", fontsize=SMALL,
                      color=ink_on(shade), weight="bold" if is_sum else "normal")  # fmt: skip


def _cell(share: float) -> str:
    return DASH if not share else f"{100 * share:.1f} %" if share >= 0.0005 else "<0.1 %"


def _pairs_height(shared: Blocking) -> float:
    return HEAD + TALL * len(shared.owners) + AIR if shared.owners else 0.0


@CHARTS.register
class BlockersChart(Chart[Results, Blocking]):
    name = "blockers"
    about = "what stands in the way: no possible deal, out of time, rejected at home; and who blocks with whom"
    group = "blockers"

    def frame(self, results: Sequence[Results], form: Form = PAGE) -> Blocking:
        """Return the largest parts in any result, on one scale."""
        each = [_shares(one) for one in results]
        rows, owners, highs, most = dict[str, tuple[Key, ...]](), dict[str, float](), [0.01], 1e-9
        drawn = {name for one in each for name in one}
        parted = {group.name for one in each for group in _enough(one.values())}
        room = min(MOST, max(1, (form.rows - 2 * len(drawn) + len(parted)) // max(1, len(parted))))
        for name in BLOCKED:
            groups = [one[name] for one in each if name in one]
            if not groups:
                continue
            largest: dict[Key, float] = {}
            for group in _enough(groups):
                for part in group.parts:
                    key = part.outcome, part.name
                    largest[key] = max(part.share, largest.get(key, 0.0))
                for (owner, _), mean in group.together.items():
                    owners[owner] = owners.get(owner, 0.0) + mean[0]
                    most = max(most, mean[0])
            keys = sorted(largest, key=lambda key: (-largest[key], key))
            rows[name] = tuple(keys if len(keys) <= room else [*keys[: room - 1], OTHERS])
            highs += [group.interval[1] for group in groups]
        step, limit = nice_scale(max(highs))
        ranked = tuple(sorted(owners, key=lambda name: (-owners[name], name)))
        return Blocking(rows, ranked if form is PAGE else (), step, limit, most)

    def size(self, results: Results, shared: Blocking) -> tuple[float, float]:
        wide = max(TEXT + SPACE + WIDE + VALUE, NAMES + CELL * (len(shared.owners) + 1))
        if not shared.rows:
            return wide, 0.4
        tall = sum(block.height for block in _blocks(results, shared)) + AXIS
        return wide, tall + _pairs_height(shared)

    def draw(self, panel: Panel, results: Results, shared: Blocking) -> None:
        if not shared.rows:
            panel.text(0, 0.1, f"Every run ended with an agreement {in_force_or_signed(results)}.", BODY)
            return
        tall = _draw_blocks(panel, results, shared) + AXIS + AIR
        if shared.owners:
            _draw_pairs(panel.part(0, tall, panel.width, panel.height - tall), results, shared)

    def caption(self, results: Results, shared: Blocking) -> Caption:
        groups = _shares(results).values()
        state = in_force_or_signed(results)
        without = sum(group.count for group in groups)
        finding = f"{counted(without, 'run')} of {results.n:,} ended without an agreement {state}."
        if not results.agreements:
            finding = agreement_sentence(results, "")
        first = [f"{BLOCKED[group.name]}: {_figure(group)} of runs{self._most(results, group)}." for group in groups]
        how = "Shares of all runs; a group's bars add up to its own. A run blocked by several things counts in parts."
        notes = [
            "In brackets: 95 % intervals, from the number of runs alone (of groups and of who rejected Wilson's, of "
            "obstacles to any deal the normal one of a mean).",
        ]
        if shared.owners:
            notes.append(
                "Who blocks with whom: where no deal is possible, the smallest sets of no-deal values and red lines "
                "without which one would be. A row is a party's part, by whose obstacles belong to the same set; "
                "framed: where it blocks alone. A row adds up to the bars of that party."
            )
        return Caption("What stands in the way", how, finding, " ".join(["Bar chart in groups.", *first, finding]),
                       tuple(notes), self._headline(results))  # fmt: skip

    def _headline(self, results: Results) -> str:
        largest = max(_shares(results).values(), key=lambda group: group.count, default=None)
        if largest is None:
            return f"Every one of {results.n:,} runs ends with an agreement {in_force_or_signed(results)}"
        share, part = of_hundred(largest.count, results.n), largest.parts[0]
        most = f"; the largest part: {blocked_label(results.scenario, part.outcome, part.name)}"
        return f"In {share} runs {STOPS[largest.name]}{most if largest.count >= LEAST_GROUP and part.name else ''}"

    def _most(self, results: Results, group: Group) -> str:
        if group.count < LEAST_GROUP:
            return ""
        part = group.parts[0]
        return f", most of it {blocked_label(results.scenario, part.outcome, part.name)} with {_figure(part)}"

    def table(self, results: Results) -> pd.DataFrame:
        """One row a group, a part of it, or a pair of parties where no deal is possible.

        Returns:
            `kind` (`group`, `part`, `pair`), `group`, `outcome`, `name`, `together_with` (of a pair), `label`, `share`
            of all `n` runs, `low`, `high`.
        """
        rows: list[tuple[object, ...]] = []
        scenario, n = results.scenario, results.n
        for group in _shares(results).values():
            rows.append(("group", group.name, None, None, None, BLOCKED[group.name], group.share, *group.interval, n))
            for part in group.parts:
                label = blocked_label(scenario, part.outcome, part.name)
                shares = part.share, part.low, part.high
                rows.append(("part", group.name, part.outcome, part.name or None, None, label, *shares, n))
            for (owner, other), mean in sorted(group.together.items(), key=lambda item: (-item[1][0], item[0])):
                label = f"{_owner_label(scenario, owner)}, with {_owner_label(scenario, other)}"
                shares = mean[0], max(mean[1], 0.0), mean[2]
                rows.append(("pair", group.name, group.name, owner, other, label, *shares, n))
        names = ["kind", "group", "outcome", "name", "together_with", "label", "share", "low", "high", "n"]
        return pd.DataFrame(rows, columns=names)
