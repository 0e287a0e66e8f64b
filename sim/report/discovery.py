"""Boxes of conditions as a document: a sentence and a table for each, and the choice there was."""

from collections.abc import Iterator
from typing import Any

from sim.analysis.discovery import Discovery
from sim.charts.wording import box_sentence, condition_text, condition_texts, discovery_opening, lines_named
from sim.report.document import Block, Table, heading, paragraph, table
from sim.report.plain import pick, plain
from sim.results.format import number
from sim.results.labels import clean, value_words
from sim.results.results import share_interval

READING = (
    "Conditions are found on every other run and told on the rest, which the search has not seen. In brackets: 95 % "
    "interval. coverage: share of all such runs that meet the conditions; density: share of the runs that meet them "
    "that are such runs; p: chance that the condition does as well if it tells nothing. Fewer conditions cover more "
    "and say less: --density asks for denser boxes, --most-inputs for fewer conditions."
)


def data(told: Discovery) -> dict[str, Any]:
    """The keys of `peacesim discover --json`."""
    scenario, asked = told.results.scenario, told.question.asked
    return pick(told, "of_signed cases searched tested note", n_of="n") | pick(told.question, "turned above below") | {
        "id": scenario.id, "title": scenario.title, "n": told.results.n, "seed": told.results.seed,
        "of": asked.name, "label": asked.label, "base_rate": told.cases / told.n if told.n else None,
        "boxes": [_box_data(told, place) for place in range(len(told.boxes))],
    }  # fmt: skip


def _box_data(told: Discovery, place: int) -> dict[str, Any]:
    found = told.boxes[place]
    density = share_interval(found.told.cases, found.told.n)
    coverage = share_interval(found.told.cases, found.told.all_cases)
    texts, names = condition_texts(told, found.box), told.factors.names
    return pick(found.told, "n cases density coverage") | {
        "says": box_sentence(told, place),
        "conditions": [
            {
                "input": names[column], "words": texts[column], "together": list(told.together.get(names[column], ())),
                "low": found.box.low.get(column), "high": found.box.high.get(column),
                "without": told.left_out(found.box, column),
                "p": {side: p for (side, other), p in found.p.items() if other == column},
            }
            for column in found.box.columns
        ],
        "density_low": density[0], "density_high": density[1],
        "coverage_low": coverage[0], "coverage_high": coverage[1],
        "searched_density": found.searched.density, "searched_coverage": found.searched.coverage,
        "tradeoff": plain(found.tradeoff),
    }  # fmt: skip


def document(told: Discovery) -> Iterator[Block]:
    """What was looked for, a sentence and a table for each box, the choice there was."""
    yield paragraph(clean(told.results.scenario.title))
    yield paragraph(discovery_opening(told), 2)
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


def _conditions(told: Discovery, place: int) -> Table:
    rows = []
    found = told.boxes[place]
    for column in found.box.columns:
        low, high = told.range_of(column)
        ends = f"{value_words(low, low, high)} to {value_words(high, low, high)}"
        span = "" if told.factors.categories[column] else ends
        p = max(chance for (_, other), chance in found.p.items() if other == column)
        rows.append([condition_text(told, found.box, column), span, "<0.001" if p < 0.001 else number(p, 3)])
    return table(["condition", "range", "p"], rows)


def _tradeoff(told: Discovery) -> Table:
    rows, last = [], 2.0
    steps = told.boxes[0].tradeoff.dropna(subset=["told_density"]).to_dict("records")
    for row in steps:
        if row["chosen"] or last - row["told_coverage"] >= 0.08 or row is steps[-1]:
            last = row["told_coverage"]
            shares = [f"{100 * row[key]:.0f} %" for key in ("told_coverage", "told_density", "mass")]
            rows.append([*shares, str(row["inputs"]), "chosen, and then trimmed" if row["chosen"] else ""])
    return table(["coverage", "density", "of all runs", "inputs", "<"], rows, left=0)
