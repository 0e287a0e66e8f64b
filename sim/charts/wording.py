"""Sentences and labels about sensitivity and discovery shared by charts and documents."""

from typing import Any

import pandas as pd

from sim.analysis.boxes import Box
from sim.analysis.discovery import Discovery
from sim.analysis.sensitivity import Sensitivity
from sim.results.format import decimals, digits_of_mean, number, percent, share_with_interval
from sim.results.labels import either, input_label, issue_label, option_label, red_line_label, value_label

MOST_ROWS = 20
READING_TORNADO = (
    "Runs are sorted by one input at a time: the fifth with its lowest values is set beside the fifth with its "
    "highest; of a red line, the runs in which it is not real beside those in which it is. All other inputs vary over "
    "their ranges meanwhile, so what two do together is not seen. In brackets: 95 % interval. * Significant at 5 % "
    "after correction for the number of inputs tested. alone: first-order share of variance, net of the noise floor."
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


def sensitivity_opening(result: Sensitivity) -> str:
    """Describe the figure over all runs that have it."""
    if result.figure.is_share:
        digits = decimals(100 * result.low, 100 * result.high, 2)
        ends = f"{100 * result.low:.{digits}f}-{100 * result.high:.{digits}f}"
        return f"{percent(result.value, result.n)} ({ends}) of {result.n:,} runs {result.figure.does}."
    digits = digits_of_mean(result.low, result.high)
    ends = f"{result.low:.{digits}f} to {result.high:.{digits}f}"
    label = f"{result.figure.label[0].upper()}{result.figure.label[1:]}"
    return f"{label}: {result.value:.{digits}f} ({ends}) in the mean of {result.n:,} runs."


def figure_text(result: Sensitivity, value: float, n: int) -> str:
    """Format a value of the figure over n runs: a share in per cent."""
    if result.figure.is_share:
        return percent(value, n)
    return number(value, digits_of_mean(result.low, result.high))


def difference_text(result: Sensitivity, row: dict[Any, Any]) -> str:
    """Format a difference with its sign and interval; shares in percentage points."""
    unit = 100 if result.figure.is_share else 1
    middle, low, high = (unit * row[key] for key in ("difference", "low", "high"))
    digits = decimals(low, high, 1) if result.figure.is_share else digits_of_mean(low, high)
    ends = f"{number(low, digits, True)} to {number(high, digits, True)}"
    return f"{number(middle, digits, True)} ({ends})"


def end_texts(result: Sensitivity, row: dict[Any, Any]) -> tuple[str, str]:
    """Describe the lowest and the highest fifth of an input; for a binary one its two values."""
    if row["kind"] == "lot":
        return "not real", "real"
    low, high = input_range(result, row["input"])
    return f"below {value_label(row['low_end'], low, high)}", f"above {value_label(row['high_end'], low, high)}"


def input_range(result: Sensitivity, path: str) -> tuple[float, float]:
    """Return the least and largest value of an input in these runs; of a dummy 0 and 1."""
    if not path:
        return 0.0, 1.0
    values = result.drawn.values(path)
    return float(values.min()), float(values.max())


def row_label(result: Sensitivity, row: dict[Any, Any]) -> str:
    """Name an input, and count those drawn together with it."""
    if row["kind"] == "dummy":
        return "a dummy: an input that does nothing"
    if row["kind"] == "rest":
        return "all else: inputs that are not in the design, and luck"
    also = len(row["together"]) - 1 if "together" in row else 0
    more = f" (and {also} drawn together with it)" if also else ""
    return input_label(result.results.scenario, row["input"]) + more


def top_rows(found: pd.DataFrame, most: int = MOST_ROWS) -> list[dict[Any, Any]]:
    """Return the first rows of inputs, and all dummies."""
    is_input = found["kind"].isin(["number", "lot"])
    return [*found[is_input].head(most).to_dict("records"), *found[~is_input].to_dict("records")]


def index_text(row: dict[Any, Any], key: str) -> str:
    """Format an index with its interval, `low` and `high` of `index`."""
    low, high = (row[end if key == "index" else f"{key}_{end}"] for end in ("low", "high"))
    digits = digits_of_mean(low, high)
    return f"{number(row[key], digits)} ({number(low, digits)} to {number(high, digits)})"


def design_text(result: Sensitivity, method: str) -> str:
    """Describe how many runs a design took, and of what."""
    facts = result.designs[method]
    count = len(facts["inputs"])
    inputs = f"{count} input{'s' * (count != 1)}"
    if method == "sobol":
        return f"{facts['runs']:,} runs of their own: {facts['points']:,} points for {inputs} and all else together."
    return f"{facts['runs']:,} runs of their own: {facts['points']:,} trajectories over {inputs}."


# Boxes of conditions.


def discovery_opening(result: Discovery) -> str:
    """Describe how frequent runs of interest are overall."""
    share = share_with_interval(result.cases / result.n, result.n) if result.n else "none"
    return f"{share[0].upper()}{share[1:]} of {result.n:,} {population(result)} {does(result)}."


def population(result: Discovery) -> str:
    """Name the runs that are analysed."""
    return "runs that signed a text" if result.of_signed or result.question.figure.if_signed else "runs"


def does(result: Discovery) -> str:
    """Describe runs of interest, as in `31 % of runs ...`."""
    question = result.question
    if question.figure.is_share:
        return f"do not {question.figure.does}" if question.turned else question.figure.does
    limits = [f"above {question.above:g}" if question.above is not None else "",
              f"below {question.below:g}" if question.below is not None else ""]  # fmt: skip
    lie = "do not lie" if question.turned else "lie"
    return f"{lie} {either([limit for limit in limits if limit], 'and')} in this: {question.figure.label}"


def box_sentence(result: Discovery, place: int) -> str:
    """Describe a box in a sentence or two: the conditions, the density beside that of all, the coverage."""
    found = result.boxes[place].tested
    texts = list(condition_texts(result, result.boxes[place].box).values())
    start = f"If {either(texts, 'and')}" if place == 0 else f"Outside of that, if {either(texts, 'and')}"
    density = share_with_interval(found.density, found.n)
    coverage = share_with_interval(found.coverage, found.all_cases)
    do = "do not" if result.question.turned else "do"
    return (
        f"{start}, {density} of {found.n:,} {population(result)} {does(result)}; this covers {coverage} of all that "
        f"{do}. Of all {population(result)} {percent(result.cases / result.n, result.n)} {do}."
    )


def condition_texts(result: Discovery, box: Box) -> dict[int, str]:
    """Describe each condition, by column."""
    return {column: condition_text(result, box, column) for column in box.columns}


def condition_text(result: Discovery, box: Box, column: int) -> str:
    scenario, name = result.results.scenario, result.factors.names[column]
    if name in scenario.issues:
        options = list(scenario.issues[name].options)
        inside = [option for code, option in enumerate(options) if code not in box.out[column]]
        labels = [f'"{option_label(scenario, name, option)}"' for option in inside]
        return f"the text has {issue_label(scenario, name)}: {either(labels)}"
    words = input_label(scenario, name)
    also = len(result.together.get(name, (name,))) - 1
    others = f" (and {also} drawn together with it)" if also else ""
    if result.factors.categories[column]:
        real = "is real" if 0 in box.out[column] else "is not real"
        return f"the {words.removesuffix(' is real')}{others} {real}"
    low, high = result.range_of(column)
    limits = [f"above {value_label(box.low[column], low, high)}"] if column in box.low else []
    limits += [f"below {value_label(box.high[column], low, high)}"] if column in box.high else []
    article = "" if words.startswith(("what ", "months ")) else "the "
    return f"{article}{words}{others} is {either(limits, 'and')}"


def lines_named(result: Discovery) -> list[str]:
    """Describe what the red lines in conditions forbid, with those drawn together."""
    scenario, texts = result.results.scenario, []
    for column in dict.fromkeys(column for found in result.boxes for column in found.box.columns):
        name = result.factors.names[column]
        for path in result.together.get(name, ()) if result.factors.categories[column] else ():
            _, party, _, line, _ = path.split(".")
            label = input_label(scenario, path).removesuffix(" is real")
            texts.append(f"{label}: {red_line_label(scenario, f'{party}.{line}')}.")
    return texts
