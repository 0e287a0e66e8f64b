"""A comparison as tables to read."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd
from rich.console import RenderableType

from sim.analysis.layout import WIDTH, as_text, decimals, digits_of_mean, heading, number, paragraph, percent, table
from sim.analysis.words import clean

if TYPE_CHECKING:
    from sim.analysis.compare import Comparison

MOST_PACKAGES = 8
MOST_INPUTS = 40
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
OUTCOMES = {
    "no_zone": "no zone", "deadline": "out of time", "broke_off": "broken off", "refused": "refused at home",
    "in_force": "agreement signed",
}  # fmt: skip


def comparison_text(comparison: "Comparison", width: int = WIDTH) -> str:
    """All tables as plain text."""
    return as_text(list(comparison_parts(comparison)), width)


def comparison_parts(comparison: "Comparison") -> Iterator[RenderableType]:
    """The tables, one below the other: inputs that differ, figures, packages, outcomes."""
    yield from _opening(comparison)
    yield from _inputs(comparison)
    yield heading("What came of it")
    yield _side_by_side(comparison, comparison.figures, "figure", comparison.figures["figure"].unique().tolist())
    if comparison.paired:
        yield paragraph("Differences of what is there only if a text is signed are over the runs signed in both.", 2)
    packages = comparison.packages["package"].unique().tolist()
    if len(packages):
        yield heading("Packages agreed, by share of runs (headline issues)")
        yield _side_by_side(comparison, comparison.packages.assign(kind="share"), "package", packages[:MOST_PACKAGES])
    if len(packages) > MOST_PACKAGES:
        yield paragraph(f"and {len(packages) - MOST_PACKAGES} more packages", 2)
    yield from _transitions(comparison)


def _opening(comparison: "Comparison") -> Iterator[RenderableType]:
    one_title = len({one.scenario.title for one in comparison.results}) == 1
    if one_title:
        yield paragraph(clean(comparison.results[0].scenario.title))
    rows = [
        [letter, name, f"{one.n:,} runs, seed {one.seed}", "" if one_title else one.scenario.title]
        for letter, name, one in zip(LETTERS, comparison.names, comparison.results, strict=False)
    ]
    yield table(["", "", "", ""], rows, left=4)
    if comparison.paired:
        yield paragraph("Run k draws the same lots in all of them, so differences are taken run by run.", 2)
    else:
        yield paragraph("The seeds differ, so differences are between independent runs, and less sharp.", 2)


def _letters(comparison: "Comparison") -> dict[str, str]:
    return dict(zip(comparison.names, LETTERS, strict=False))


def _inputs(comparison: "Comparison") -> Iterator[RenderableType]:
    differing = comparison.inputs
    if not len(differing):
        yield heading("Inputs: no difference")
        return
    yield heading("Inputs that differ")
    rows = []
    for row in differing.head(MOST_INPUTS).to_dict("records"):
        texts = [None if pd.isna(row[name]) else row[name] for name in comparison.names]
        rows.append([row["input"], *texts, _where(row, comparison.names)])
    yield table(["", *(f"<{letter}" for letter in _letters(comparison).values()), "<where"], rows)
    if len(differing) > MOST_INPUTS:
        yield paragraph(f"and {len(differing) - MOST_INPUTS} more", 2)


def _where(row: dict[Any, Any], names: Sequence[str]) -> str:
    """Where the last value that is not the first one's stands."""
    others = [name for name in names if row[name] != row[names[0]]]
    return str(row[f"{others[-1]}.where"])


def _side_by_side(comparison: "Comparison", frame: pd.DataFrame, key: str, keys: Sequence[str]) -> RenderableType:
    """One row a figure: a value a result, then the difference of each from the first."""
    letters = _letters(comparison)
    first, *others = comparison.names
    heads = ["", *letters.values()]
    for name in others:
        heads += [f"{letters[name]} - {letters[first]}", f"95 % of {letters[name]} - {letters[first]}"]
    rows = []
    for wanted in keys:
        found = {row["name"]: row for row in frame[frame[key] == wanted].to_dict("records")}
        row = [str(found[first].get("label", wanted)), *(value_words(found[name]) for name in comparison.names)]
        for name in others:
            row += difference_words(found[name])
        rows.append(row)
    return table(heads, rows)


def value_words(row: dict[Any, Any]) -> str:
    """A share in per cent or a mean, with the digits that its interval allows."""
    if row["kind"] == "share":
        return percent(row["value"], row["n"])
    return number(row["value"], digits_of_mean(row["low"], row["high"]))


def difference_words(row: dict[Any, Any]) -> list[str]:
    """A difference and its interval, shares in points of a hundred."""
    unit = 100 if row["kind"] == "share" else 1
    low, middle, high = (unit * row[key] for key in ("difference_low", "difference", "difference_high"))
    if pd.isna(middle):
        return ["-", ""]
    if low == high == 0:
        return ["0", "the same in every run"]
    digits = decimals(low, high) if row["kind"] == "share" else digits_of_mean(low, high)
    points = " points" if row["kind"] == "share" else ""
    interval = "" if pd.isna(low) else f"{number(low, digits, True)} to {number(high, digits, True)}"
    return [f"{number(middle, digits, True)}{points}", interval]


def _transitions(comparison: "Comparison") -> Iterator[RenderableType]:
    letters = _letters(comparison)
    for name in comparison.names[1:]:
        moved = comparison.transitions[comparison.transitions["name"] == name]
        if len(moved):
            yield heading(f"The same runs: outcome in A (down) and in {letters[name]} (across)")
            yield _crossed(moved)


def _crossed(moved: pd.DataFrame) -> RenderableType:
    """Counts of runs by both outcomes."""
    words = outcome_names(moved)
    counts = {(row["from"], row["to"]): int(row["count"]) for row in moved.to_dict("records")}
    rows = [[words[a], *(f"{counts.get((a, b), 0):,}" for b in words)] for a in words]
    return table(["", *words.values()], rows)


def outcome_names(moved: pd.DataFrame) -> dict[str, str]:
    """The outcomes that occur, in order, and what to call them: a signed text is in force where nobody votes on it."""
    there = [name for name in OUTCOMES if name in {*moved["from"], *moved["to"]}]
    there += sorted({*moved["from"], *moved["to"]} - set(there))
    words = OUTCOMES | ({"in_force": "in force"} if "refused" in there else {})
    return {name: words.get(name, name) for name in there}
