"""Scenario-discovery boxes as a document: a sentence and a table for each, and the density-coverage trade-off."""

from collections.abc import Iterator
from typing import Any

from sim.analysis.discovery import Discovery
from sim.charts.wording import box_sentence, condition_text, condition_texts, discovery_opening, lines_named
from sim.report.document import Block, Table, heading, paragraph, paragraphs, table
from sim.report.plain import pick
from sim.results.format import number
from sim.results.labels import clean, value_label
from sim.results.results import share_interval

READING = (
    "Conditions are found on every other run and tested on the rest, which the search has not seen. In brackets: 95 % "
    "interval. coverage: share of all such runs that meet the conditions; density: share of the runs that meet them "
    "that are such runs; p: chance that the condition does as well if it tells nothing. Fewer conditions cover more "
    "and say less: --density asks for denser boxes, --most-inputs for fewer conditions."
)

FIELDS = (
    "of_signed cases searched tested note n_of=n turned=question.turned above=question.above below=question.below "
    "id=results.scenario.id title=results.scenario.title n=results.n seed=results.seed of=question.figure.name "
    "label=question.figure.label"
)


def data(result: Discovery) -> dict[str, Any]:
    return pick(result, FIELDS) | {
        "base_rate": result.cases / result.n if result.n else None,
        "boxes": [_box_data(result, place) for place in range(len(result.boxes))],
    }


def _box_data(result: Discovery, place: int) -> dict[str, Any]:
    found = result.boxes[place]
    density = share_interval(found.tested.cases, found.tested.n)
    coverage = share_interval(found.tested.cases, found.tested.all_cases)
    texts, names = condition_texts(result, found.box), result.factors.names
    return pick(found.tested, "n cases density coverage") | {
        "says": box_sentence(result, place),
        "conditions": [
            {
                "input": names[column], "words": texts[column],
                "together": list(result.together.get(names[column], ())),
                "low": found.box.low.get(column), "high": found.box.high.get(column),
                "without": result.left_out(found.box, column),
                "p": {side: p for (side, other), p in found.p.items() if other == column},
            }
            for column in found.box.columns
        ],
        "density_low": density[0], "density_high": density[1],
        "coverage_low": coverage[0], "coverage_high": coverage[1],
        **pick(found, "searched_density=searched.density searched_coverage=searched.coverage tradeoff"),
    }  # fmt: skip


def document(result: Discovery) -> Iterator[Block]:
    """Return the outcome searched for, a sentence and a table for each box, and the trade-off."""
    yield paragraph(clean(result.results.scenario.title))
    yield paragraph(discovery_opening(result), 2)
    if result.note:
        yield paragraph("")
        yield paragraph(result.note, 2)
        return
    for place in range(len(result.boxes)):
        yield heading(f"Box {place + 1}")
        yield paragraph(box_sentence(result, place), 2)
        if result.density is not None and result.boxes[place].tested.density < result.density:
            yield paragraph(f"The density asked for, {100 * result.density:g} %, is not reached on fresh runs.", 2)
        yield paragraph("")
        yield _conditions(result, place)
    named = lines_named(result)
    if named:
        yield heading("Red lines named above")
        yield from paragraphs(*named)
    yield heading("Coverage and density of the boxes that the first was chosen from")
    yield _tradeoff(result)
    yield paragraph("")
    yield paragraph(READING)


def _conditions(result: Discovery, place: int) -> Table:
    rows, found = [], result.boxes[place]
    for column in found.box.columns:
        low, high = result.range_of(column)
        ends = f"{value_label(low, low, high)} to {value_label(high, low, high)}"
        p = max(chance for (_, other), chance in found.p.items() if other == column)
        span = "" if result.factors.categories[column] else ends
        rows.append([condition_text(result, found.box, column), span, "<0.001" if p < 0.001 else number(p, 3)])
    return table(["condition", "range", "p"], rows)


def _tradeoff(result: Discovery) -> Table:
    rows, last = [], 2.0
    steps = result.boxes[0].tradeoff.dropna(subset=["told_density"]).to_dict("records")
    for row in steps:
        if row["chosen"] or last - row["told_coverage"] >= 0.08 or row is steps[-1]:
            last = row["told_coverage"]
            shares = [f"{100 * row[key]:.0f} %" for key in ("told_coverage", "told_density", "mass")]
            rows.append([*shares, str(row["inputs"]), "chosen, and then trimmed" if row["chosen"] else ""])
    return table(["coverage", "density", "of all runs", "inputs", "<"], rows, left=0)
