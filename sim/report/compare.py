"""A comparison as a document: inputs that differ, figures, packages, outcomes, and where differences come from."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import pandas as pd

from sim.analysis.compare import Comparison
from sim.analysis.waterfall import SHAPLEY, Waterfall
from sim.core.wording import counted
from sim.report import answer
from sim.report.document import Block, Table, bullets, heading, paragraph, table
from sim.report.plain import pick
from sim.results.figures import IF_SIGNED, STAGES
from sim.results.format import LEAST_GROUP, decimals, digits_of_mean, number, percent, too_few
from sim.results.labels import OUTCOMES, SIGNED, clean

MOST_PACKAGES = 8
MOST_INPUTS, BRIEF_INPUTS = 40, 8
DIFFERENCE = ("difference", "difference_low", "difference_high")
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
PAIRED = "Run k uses the same random numbers in every scenario (paired comparison). A is the baseline."
UNPAIRED = "The seeds differ, so differences are between independent runs, and less sharp. A is the baseline."


def data(comparison: Comparison) -> dict[str, Any]:
    entries = zip(comparison.names, comparison.results, strict=True)
    return pick(comparison, "paired inputs figures packages transitions") | {
        "results": [{"name": name} | pick(one, "id=scenario.id title=scenario.title n seed") for name, one in entries]
    }


def waterfall_data(fall: Waterfall) -> dict[str, Any]:
    return pick(fall, "method n seed mixtures rows label=figure.label kind=figure.kind figure=figure.name")


def document(comparison: Comparison, falls: Sequence[Waterfall] = ()) -> Iterator[Block]:
    """Return the tables: what is compared, inputs that differ, figures, packages, outcomes."""
    titles = dict.fromkeys(one.scenario.title for one in comparison.results)
    if len(titles) == 1:
        yield paragraph(clean(next(iter(titles))))
    rows = [
        [letter, name, f"{counted(one.n, 'run')}, seed {one.seed}", "" if len(titles) == 1 else one.scenario.title]
        for (name, letter), one in zip(letters_of(comparison).items(), comparison.results, strict=True)
    ]
    yield table(["", "", "", ""], rows, left=4)
    yield paragraph(PAIRED if comparison.paired else UNPAIRED, 2)
    yield from findings(comparison, falls)


def brief(comparison: Comparison, falls: Sequence[Waterfall] = ()) -> Iterator[Block]:
    """Return one screen: a sentence on each result, how far runs get, the inputs that differ."""
    letters = letters_of(comparison)
    rows = [[letter, name, answer.sentence(one)]
            for (name, letter), one in zip(letters.items(), comparison.results, strict=True)]  # fmt: skip
    yield table(["", "", ""], rows, left=3, indent=0)
    yield paragraph("")
    yield paragraph(PAIRED if comparison.paired else UNPAIRED)
    stages = [figure.name for figure in STAGES.values()]
    figures = comparison.shared[comparison.shared["figure"].isin(stages)]
    yield from _figures(comparison, figures)
    inputs = comparison.inputs["input"].tolist()
    count = f"{counted(len(inputs), 'input')} {'differs' if len(inputs) == 1 else 'differ'}"
    yield heading(count if inputs else "Inputs: no difference")
    if inputs:
        yield bullets([str(path) for path in inputs[:BRIEF_INPUTS]])
    if len(inputs) > BRIEF_INPUTS:
        yield paragraph(f"and {len(inputs) - BRIEF_INPUTS} more", 2)
    for fall in falls:
        yield from waterfall_document(fall)
    yield paragraph("")
    yield paragraph(answer.rests_on(comparison.results[0].scenario))


def page_document(comparison: Comparison, falls: Sequence[Waterfall] = ()) -> Iterator[Block]:
    """Return the document for a page, which also names results by their hash."""
    rows = [
        (letter, name, one.scenario.title, f"{one.n:,}", one.seed, one.provenance.get("hash") or "in memory")
        for (name, letter), one in zip(letters_of(comparison).items(), comparison.results, strict=True)
    ]
    heads = ["letter", "<name", "<scenario", "runs", "seed", "<results"]
    yield heading("What is compared", "compared")
    yield table(heads, rows, caption="What is compared; the first is the baseline")
    yield paragraph(PAIRED if comparison.paired else UNPAIRED)
    yield from findings(comparison, falls)


def findings(comparison: Comparison, falls: Sequence[Waterfall] = ()) -> Iterator[Block]:
    """Return inputs that differ, figures, packages, outcomes, and where differences come from."""
    yield from _inputs(comparison)
    yield heading("Outcomes", "figures")
    yield from _figures(comparison, comparison.shared)
    packages = comparison.packages["package"].unique().tolist()
    if len(packages):
        yield heading("Packages agreed, by share of runs (headline issues)", "packages")
        caption = "Packages signed most often, by headline issues: shares of runs, and differences from the first, 95 %"
        shares = comparison.shared_packages.assign(kind="share")
        yield _side_by_side(comparison, shares, "package", packages[:MOST_PACKAGES], caption)
    if len(packages) > MOST_PACKAGES:
        yield paragraph(f"and {len(packages) - MOST_PACKAGES} more packages", 2)
    yield from _transitions(comparison)
    for fall in falls:
        yield from waterfall_document(fall)


def _figures(comparison: Comparison, figures: pd.DataFrame) -> Iterator[Block]:
    """Return the figures of all runs, then those of signed runs only, with the number of these."""
    caption, both = "Figures, and their differences from the first, 95 %", len(comparison.names) == 2
    for of_signed, rows in figures.groupby("of_signed"):
        is_zero = rows["value"].fillna(0).eq(0) & rows["difference"].fillna(0).eq(0)
        keys = rows.loc[~is_zero, "figure"].unique().tolist()
        n, runs = int(rows["n"].max()), f"{counted(int(rows['n'].max()), 'run')}"
        if of_signed and n < LEAST_GROUP:
            yield paragraph(f"Of runs that signed in {'both' if both else 'all'}: {too_few(n, _common(comparison))}", 2)
        elif keys:
            if of_signed:
                title = f"Of the {runs} that signed in {'both' if both else 'all'}"
                yield heading(title, "signed-in-both")
                caption = f"{title}: figures, and their differences from the first, 95 %"
            elif len({one.n for one in comparison.results}) > 1 and comparison.paired:
                yield paragraph(f"Over the {runs} that {'both' if both else 'all'} have.", 2)
            yield _side_by_side(comparison, rows, "figure", keys, caption)


def _common(comparison: Comparison) -> int:
    return min(one.n for one in comparison.results)


def letters_of(comparison: Comparison) -> dict[str, str]:
    """Return short labels of the results by name: A, B, ..., AA, ..."""
    return {
        name: f"{LETTERS[k // 26 - 1] if k >= 26 else ''}{LETTERS[k % 26]}" for k, name in enumerate(comparison.names)
    }


def chart_labels(comparison: Comparison) -> list[str] | None:
    """Return labels for charts: names where two results share a title, else None, which means titles."""
    titles = sorted(clean(one.scenario.title) for one in comparison.results)
    return list(comparison.names) if any(one == other for one, other in pairwise(titles)) else None


def _inputs(comparison: Comparison) -> Iterator[Block]:
    differing = comparison.inputs
    if not len(differing):
        yield heading("Inputs: no difference", "inputs")
        return
    yield heading("Inputs that differ", "inputs")
    rows = []
    for row in differing.head(MOST_INPUTS).to_dict("records"):
        texts = [None if pd.isna(row[name]) else row[name] for name in comparison.names]
        last = [name for name in comparison.names if row[name] != row[comparison.names[0]]][-1]
        rows.append([row["input"], *texts, str(row[f"{last}.where"])])
    heads = ["", *(f"<{letter}" for letter in letters_of(comparison).values()), "<where"]
    yield table(heads, rows, caption="Inputs that are not the same, by path")
    if len(differing) > MOST_INPUTS:
        yield paragraph(f"and {len(differing) - MOST_INPUTS} more", 2)


def _side_by_side(
    comparison: Comparison, frame: pd.DataFrame, key: str, keys: Sequence[str], caption: str
) -> Table:  # fmt: skip
    """Return one row a figure: its value in each result, then each difference from the first."""
    letters = letters_of(comparison)
    first, *others = comparison.names
    heads = ["", *letters.values()]
    for name in others:
        heads += [f"{letters[name]} - {letters[first]}", f"95 % of {letters[name]} - {letters[first]}"]
    rows = []
    for wanted in keys:
        found = {row["name"]: row for row in frame[frame[key] == wanted].to_dict("records")}
        digits = _digits(list(found.values()))
        label = str(found[first].get("label", wanted)).removesuffix(IF_SIGNED)
        row = [label, *(_value(found[name], digits) for name in comparison.names)]
        for name in others:
            row += difference_words(found[name]["kind"], *(found[name][key] for key in DIFFERENCE), digits=digits)
        rows.append(row)
    return table(heads, rows, caption=caption)


def _digits(rows: Sequence[dict[Any, Any]]) -> int:
    """Return the decimals of all figures of a row, so that a difference matches the values beside it."""
    if rows[0]["kind"] == "share":
        return 1
    ends = [(row[f"{what}low"], row[f"{what}high"]) for row in rows for what in ("", "difference_")]
    return max((digits_of_mean(low, high) for low, high in ends if high > low), default=2)


def _value(row: dict[Any, Any], digits: int) -> str:
    return number(100 * row["value"], digits) + " %" if row["kind"] == "share" else number(row["value"], digits)


def value_label(row: dict[Any, Any]) -> str:
    """Format a share in per cent or a mean, with the digits that its interval supports."""
    if row["kind"] == "share":
        return percent(row["value"], row["n"])
    return number(row["value"], digits_of_mean(row["low"], row["high"]))


def difference_words(kind: str, *numbers: float, digits: int | None = None) -> list[str]:
    """Format a difference and its 95 % interval, if any; shares in percentage points.

    `digits` after the point, else those that the interval supports, at least one for shares.
    """
    if pd.isna(numbers[0]):
        return ["-", ""]
    return ["0", "the same in every run"] if numbers[1] == numbers[2] == 0 else _signed(kind, *numbers, digits=digits)


def _signed(kind: str, *numbers: float, digits: int | None = None) -> list[str]:
    middle, low, high = ((100 if kind == "share" else 1) * each for each in numbers)
    if digits is None:
        digits = max(1, decimals(low, high)) if kind == "share" else digits_of_mean(low, high)
    interval = "" if pd.isna(low) else f"{number(low, digits, True)} to {number(high, digits, True)}"
    return [number(middle, digits, True) + (" points" if kind == "share" else ""), interval]


def _transitions(comparison: Comparison) -> Iterator[Block]:
    letters = letters_of(comparison)
    for name in comparison.names[1:]:
        moved = comparison.transitions[comparison.transitions["name"] == name]
        if not len(moved):
            continue
        there = {*moved["from"], *moved["to"]}
        words = {outcome: labels.short for outcome, labels in OUTCOMES.items() if outcome in there}
        if "in_force" in there and "refused" not in there:
            words["in_force"] = SIGNED.short
        counts = {(row["from"], row["to"]): int(row["count"]) for row in moved.to_dict("records")}
        rows = [[words[a], *(f"{counts.get((a, b), 0):,}" for b in words)] for a in words]
        title = f"The same runs: outcome in A (down) and in {letters[name]} (across)"
        yield heading(title, "transitions" if len(letters) == 2 else f"transitions-{letters[name]}")
        yield table(["", *words.values()], rows, caption=title)


def waterfall_document(fall: Waterfall) -> Iterator[Block]:
    """Return what each group of differing inputs adds, from the first scenario to the other."""
    yield heading(f"Where the difference comes from: {fall.figure.label}")
    rows = []
    for row in fall.rows.to_dict("records"):
        if row["kind"] == "step":
            step = _signed(fall.figure.kind, row["value"], row["low"], row["high"])
            rows.append([row["label"], *step, row["where"]])
        else:
            level = value_label(row | {"kind": fall.figure.kind, "n": fall.n})
            rows.append([fall.first if row["kind"] == "start" else fall.second, level, "", ""])
    yield table(["", "", "95 %", "<where"], rows, caption="What each group of inputs adds")
    way = (
        f"Each step is its mean over all orders of the steps (Shapley value), from {fall.mixtures:,} scenarios"
        if fall.method == SHAPLEY
        else f"Inputs are taken over from top to bottom, in {fall.mixtures:,} scenarios; in another order steps differ"
    )
    yield paragraph(f"{way}, each played on the same {fall.n:,} runs.", 2)
