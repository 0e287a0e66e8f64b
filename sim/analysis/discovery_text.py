"""Boxes in plain words, and as tables to read."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.console import RenderableType

from sim.analysis.boxes import Box
from sim.analysis.input_words import input_words, value_words
from sim.analysis.layout import WIDTH, as_text, heading, number, paragraph, percent, share_with_interval, table
from sim.analysis.words import clean, either, issue_label, line_words, option_label

if TYPE_CHECKING:
    from sim.analysis.discovery import Discovery

READING = (
    "Conditions are found on every other run and told on the rest, which the search has not seen. In brackets: 95 % "
    "interval. coverage: share of all such runs that meet the conditions; density: share of the runs that meet them "
    "that are such runs; p: chance that the condition does as well if it tells nothing. Fewer conditions cover more "
    "and say less: --density asks for denser boxes, --most-inputs for fewer conditions."
)


def discovery_text(told: "Discovery", width: int = WIDTH) -> str:
    """All of it as plain text."""
    return as_text(list(discovery_parts(told)), width)


def discovery_parts(told: "Discovery") -> Iterator[RenderableType]:
    """What was looked for, a sentence and a table for each box, the choice there was."""
    yield paragraph(clean(told.results.scenario.title))
    yield paragraph(opening(told), 2)
    if told.note:
        yield paragraph("")
        yield paragraph(told.note, 2)
        return
    for place in range(len(told.boxes)):
        yield heading(f"Box {place + 1}")
        yield paragraph(box_sentence(told, place), 2)
        if told.density is not None and told.boxes[place].told.density < told.density:
            yield paragraph(f"The density asked for, {100 * told.density:g} %, is not reached on fresh runs.", 2)
        yield paragraph("")
        yield _conditions(told, place)
    named = lines_named(told)
    if named:
        yield heading("Red lines named above")
        for text in named:
            yield paragraph(text, 2)
    yield heading("Coverage and density of the boxes that the first was chosen from")
    yield _tradeoff(told)
    yield paragraph("")
    yield paragraph(READING)


def opening(told: "Discovery") -> str:
    """How often runs are of interest over all."""
    share = share_with_interval(told.cases / told.n, told.n) if told.n else "none"
    return f"{share[0].upper()}{share[1:]} of {told.n:,} {population(told)} {does(told)}."


def population(told: "Discovery") -> str:
    """The runs that are looked at."""
    return "runs that signed a text" if told.of_signed or told.question.asked.if_signed else "runs"


def does(told: "Discovery") -> str:
    """What runs of interest do, as in `31 % of runs ...`."""
    question = told.question
    if question.asked.is_share:
        return f"do not {question.asked.does}" if question.turned else question.asked.does
    limits = [f"above {question.above:g}" if question.above is not None else "",
              f"below {question.below:g}" if question.below is not None else ""]  # fmt: skip
    lie = "do not lie" if question.turned else "lie"
    return f"{lie} {either([limit for limit in limits if limit], 'and')} in this: {question.asked.label}"


def box_sentence(told: "Discovery", place: int) -> str:
    """A box in a sentence or two: the conditions, the density beside that of all, the coverage."""
    found = told.boxes[place].told
    texts = list(condition_texts(told, told.boxes[place].box).values())
    start = f"If {either(texts, 'and')}" if place == 0 else f"Outside of that, if {either(texts, 'and')}"
    density = share_with_interval(found.density, found.n)
    coverage = share_with_interval(found.coverage, found.all_cases)
    do = "do not" if told.question.turned else "do"
    return (
        f"{start}, {density} of {found.n:,} {population(told)} {does(told)}; this covers {coverage} of all that {do}. "
        f"Of all {population(told)} {percent(told.cases / told.n, told.n)} {do}."
    )


def condition_texts(told: "Discovery", box: Box) -> dict[int, str]:
    """Each condition in words, by column."""
    return {column: _condition(told, box, column) for column in box.columns}


def _condition(told: "Discovery", box: Box, column: int) -> str:
    scenario, name = told.results.scenario, told.factors.names[column]
    if name in scenario.issues:
        options = list(scenario.issues[name].options)
        kept = [option for code, option in enumerate(options) if code not in box.out[column]]
        labels = [f'"{option_label(scenario, name, option)}"' for option in kept]
        return f"the text has {issue_label(scenario, name)}: {either(labels)}"
    words = input_words(scenario, name)
    also = len(told.together.get(name, (name,))) - 1
    others = f" (and {also} drawn together with it)" if also else ""
    if told.factors.categories[column]:
        real = "is real" if 0 in box.out[column] else "is not real"
        return f"the {words.removesuffix(' is real')}{others} {real}"
    low, high = told.range_of(column)
    limits = [f"above {value_words(box.low[column], low, high)}"] if column in box.low else []
    limits += [f"below {value_words(box.high[column], low, high)}"] if column in box.high else []
    article = "" if words.startswith(("what ", "months ")) else "the "
    return f"{article}{words}{others} is {either(limits, 'and')}"


def lines_named(told: "Discovery") -> list[str]:
    """What the red lines in conditions forbid, in words, those that are drawn together all."""
    scenario, texts = told.results.scenario, []
    for column in dict.fromkeys(column for found in told.boxes for column in found.box.columns):
        name = told.factors.names[column]
        for path in told.together.get(name, ()) if told.factors.categories[column] else ():
            _, party, _, line, _ = path.split(".")
            label = input_words(scenario, path).removesuffix(" is real")
            texts.append(f"{label}: {line_words(scenario, f'{party}.{line}')}.")
    return texts


def _conditions(told: "Discovery", place: int) -> RenderableType:
    rows = []
    found = told.boxes[place]
    for column in found.box.columns:
        low, high = told.range_of(column)
        ends = f"{value_words(low, low, high)} to {value_words(high, low, high)}"
        span = "" if told.factors.categories[column] else ends
        p = max(chance for (_, other), chance in found.p.items() if other == column)
        rows.append([_condition(told, found.box, column), span, "<0.001" if p < 0.001 else number(p, 3)])
    return table(["condition", "range", "p"], rows)


def _tradeoff(told: "Discovery") -> RenderableType:
    rows, last = [], 2.0
    steps = told.boxes[0].tradeoff.dropna(subset=["told_density"]).to_dict("records")
    for row in steps:
        if row["chosen"] or last - row["told_coverage"] >= 0.08 or row is steps[-1]:
            last = row["told_coverage"]
            shares = [f"{100 * row[key]:.0f} %" for key in ("told_coverage", "told_density", "mass")]
            rows.append([*shares, str(row["inputs"]), "chosen, and then trimmed" if row["chosen"] else ""])
    return table(["coverage", "density", "of all runs", "inputs", "<"], rows, left=0)
