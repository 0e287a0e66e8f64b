"""What moves a figure as tables to read."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pandas as pd
from rich.console import RenderableType

from sim.analysis.input_words import input_words, value_words
from sim.analysis.layout import WIDTH, as_text, decimals, heading, number, paragraph, percent, table
from sim.analysis.words import clean

if TYPE_CHECKING:
    from sim.analysis.sensitivity import Sensitivity

MOST_ROWS = 20
READING_TORNADO = (
    "Runs are sorted by one input at a time: the fifth with its lowest values is set beside the fifth with its "
    "highest; of a red line, the runs in which it is not real beside those in which it is. All other inputs vary over "
    "their ranges meanwhile, so what two do together is not seen. In brackets: 95 % interval. A star: larger than the "
    "largest of so many inputs that do nothing reaches by chance in one case of 20. alone: share of the figure's "
    "variance that goes with this input alone, less what an input that does nothing comes to."
)
READING_PAWN = (
    "Runs are cut into ten slices by an input; the index is the median, over slices, of the largest distance between "
    "the distribution of the figure there and over all runs, 0 to 1. Of a yes or no in each run that is the distance "
    "between two shares. In brackets: 95 % interval. noise: what 19 of 20 inputs that do nothing stay below; a star: "
    "the interval lies above it."
)
READING_SOBOL = (
    "alone: share of the variance that goes with the input by itself; in all: with everything it does together with "
    "others as well, so these add up to more than 1. Runs that differ in one input share all else, draw by draw. In "
    "brackets: 95 % interval. An input that does nothing comes to exactly 0 in all; alone, its row shows the noise."
)
READING_MORRIS = (
    "size: mean change of the figure, whatever its sign, on the way from the middle of the input's lowest quarter to "
    "that of its highest, or from a red line that is not real to one that is. A spread larger than the size: it "
    "depends on the other inputs, or bends. An input that does nothing comes to exactly 0. In brackets: 95 % interval."
)


def sensitivity_text(told: "Sensitivity", width: int = WIDTH) -> str:
    """All tables as plain text."""
    return as_text(list(sensitivity_parts(told)), width)


def sensitivity_parts(told: "Sensitivity") -> Iterator[RenderableType]:
    """The tables, one below the other, a method each."""
    yield paragraph(clean(told.results.scenario.title))
    yield paragraph(f"{opening(told)} {told.inputs:,} uncertain inputs, seed {told.results.seed}.", 2)
    if told.note:
        yield paragraph("")
        yield paragraph(told.note, 2)
    for method in told.tables:
        yield from TOLD[method](told)


def opening(told: "Sensitivity") -> str:
    """The figure that is asked for, over all runs that have it."""
    digits = decimals(100 * told.low, 100 * told.high, 2) if told.asked.is_share else decimals(told.low, told.high)
    if told.asked.is_share:
        ends = f"{100 * told.low:.{digits}f}-{100 * told.high:.{digits}f}"
        return f"{percent(told.value, told.n)} ({ends}) of {told.n:,} runs {told.asked.does}."
    digits = min(3, digits + 1)
    ends = f"{told.low:.{digits}f} to {told.high:.{digits}f}"
    label = f"{told.asked.label[0].upper()}{told.asked.label[1:]}"
    return f"{label}: {told.value:.{digits}f} ({ends}) in the mean of {told.n:,} runs."


def figure_text(told: "Sensitivity", value: float, n: int) -> str:
    """A value of the figure over n runs: a share in per cent."""
    if told.asked.is_share:
        return percent(value, n)
    return number(value, min(3, decimals(told.low, told.high) + 1))


def difference_text(told: "Sensitivity", row: dict[Any, Any]) -> str:
    """A difference with its sign and interval; of shares in points of a hundred."""
    unit = 100 if told.asked.is_share else 1
    middle, low, high = (unit * row[key] for key in ("difference", "low", "high"))
    digits = decimals(low, high, 1) if told.asked.is_share else min(3, decimals(low, high) + 1)
    ends = f"{number(low, digits, True)} to {number(high, digits, True)}"
    return f"{number(middle, digits, True)} ({ends})"


def end_texts(told: "Sensitivity", row: dict[Any, Any]) -> tuple[str, str]:
    """What the lowest and the highest fifth of an input are; of a lot its two sides."""
    if row["kind"] == "lot":
        return "not real", "real"
    low, high = input_range(told, row["input"])
    return f"below {value_words(row['low_end'], low, high)}", f"above {value_words(row['high_end'], low, high)}"


def input_range(told: "Sensitivity", path: str) -> tuple[float, float]:
    """Least and largest value of an input in the runs at hand; of a dummy 0 and 1."""
    if not path:
        return 0.0, 1.0
    values = told.drawn.values(path)
    return float(values.min()), float(values.max())


def row_words(told: "Sensitivity", row: dict[Any, Any]) -> str:
    """What an input is, and how many are drawn together with it."""
    if row["kind"] == "dummy":
        return "a dummy: an input that does nothing"
    if row["kind"] == "rest":
        return "all else: inputs that are not in the design, and luck"
    also = len(row["together"]) - 1 if "together" in row else 0
    more = f" (and {also} drawn together with it)" if also else ""
    return input_words(told.results.scenario, row["input"]) + more


def shown_rows(found: pd.DataFrame, most: int = MOST_ROWS) -> list[dict[Any, Any]]:
    """The first rows of inputs, and all that are no inputs."""
    is_input = found["kind"].isin(["number", "lot"])
    return [*found[is_input].head(most).to_dict("records"), *found[~is_input].to_dict("records")]


def _tornado(told: "Sensitivity") -> Iterator[RenderableType]:
    yield heading("Tornado: the figure where an input is low, and where it is high")
    rows = []
    for row in shown_rows(told.tables["tornado"]):
        ends = end_texts(told, row)
        low = f"{figure_text(told, row['where_low'], row['n_low'])} {ends[0]}"
        high = f"{figure_text(told, row['where_high'], row['n_high'])} {ends[1]}"
        star = "*" if row["stands_out"] else ""
        rows.append([row_words(told, row), low, high, difference_text(told, row), star, number(row["first_order"], 2)])
    yield table(["", "low", "high", "difference", "<", "alone"], rows)
    yield from _more(told.tables["tornado"])
    yield paragraph("")
    yield paragraph(READING_TORNADO)


def _pawn(told: "Sensitivity") -> Iterator[RenderableType]:
    yield heading("PAWN: how far an input moves the whole distribution of the figure")
    rows = []
    for row in shown_rows(told.tables["pawn"]):
        star = "*" if row["stands_out"] else ""
        rows.append([row_words(told, row), index_text(row, "index", "low", "high"), star, number(row["noise"], 3)])
    yield table(["", "index", "<", "noise"], rows)
    yield from _more(told.tables["pawn"])
    yield paragraph("")
    yield paragraph(READING_PAWN)


def _sobol(told: "Sensitivity") -> Iterator[RenderableType]:
    yield heading("Sobol: shares of the figure's variance, of an input alone and with all it does together with others")
    yield paragraph(design_words(told, "sobol"), 2)
    rows = []
    for row in shown_rows(told.tables["sobol"]):
        first, total = (index_text(row, key, f"{key}_low", f"{key}_high") for key in ("first", "total"))
        rows.append([row_words(told, row), first, total if row["kind"] != "dummy" else None])
    yield table(["", "alone", "in all"], rows)
    yield paragraph("")
    yield paragraph(READING_SOBOL)


def _morris(told: "Sensitivity") -> Iterator[RenderableType]:
    yield heading("Morris: what the way from low to high of one input does, from many starting points")
    yield paragraph(design_words(told, "morris"), 2)
    rows = []
    for row in shown_rows(told.tables["morris"]):
        mean = index_text(row, "mean", "mean_low", "mean_high")
        rows.append([row_words(told, row), mean, number(row["sigma"], 2), number(row["mu"], 2, True)])
    yield table(["", "size, mu*", "spread, sigma", "with signs, mu"], rows)
    yield paragraph("")
    yield paragraph(READING_MORRIS)


def index_text(row: dict[Any, Any], key: str, low: str, high: str) -> str:
    """An index with its interval."""
    digits = min(3, decimals(row[low], row[high]) + 1)
    return f"{number(row[key], digits)} ({number(row[low], digits)} to {number(row[high], digits)})"


def design_words(told: "Sensitivity", method: str) -> str:
    """How many runs a design took, and of what."""
    facts = told.designs[method]
    count = len(facts["inputs"])
    inputs = f"{count} input{'s' * (count != 1)}"
    if method == "sobol":
        return f"{facts['runs']:,} runs of their own: {facts['points']:,} points for {inputs} and all else together."
    return f"{facts['runs']:,} runs of their own: {facts['points']:,} trajectories over {inputs}."


TOLD = {"tornado": _tornado, "pawn": _pawn, "sobol": _sobol, "morris": _morris}


def _more(found: pd.DataFrame) -> Iterator[RenderableType]:
    left = int(found["kind"].isin(["number", "lot"]).sum()) - MOST_ROWS
    if left > 0:
        yield paragraph(f"and {left:,} more: --json has all of them", 2)
