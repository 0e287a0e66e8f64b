"""A page on which a reader composes a package and sees its figures computed from the draws inside the page."""

import json
import zlib
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from sim.analysis.explorer import Tables, tables
from sim.analysis.figures import NoAnswer
from sim.analysis.texts import TextRanking, rank_texts
from sim.core.utility import EVERYBODY
from sim.report.document import Block, Heading, Table, heading
from sim.report.page import EXPLORER, page
from sim.report.texts import answer, document
from sim.report.texts import name as name_of
from sim.results.labels import EVENTS, clean, condition_label, issue_label, option_label, party_label, red_line_label
from sim.results.results import Results
from sim.scenario import Scenario

MOST = 3_000_000  # bytes of a page
DRAWS = 300  # in a page, if they fit
NEARLY = 0.97  # of the remaining space, as draws may compress worse than those measured
GROUPS = {"proposal": "Proposals on file", "signed": "Signed most often", "solution": "Reference solutions"}
MARKS = {  # figures of a package, in this order
    "acceptable": "acceptable to all who sign", "passes": "passes at home", "in_force": "in force",
    "holds_12": "holds 12 months", "holds_60": "holds 60 months", "held_60": "all three",
}  # fmt: skip
ABOUT = "Choose an option for each issue: what the text comes to is worked out here, over the draws in this page."


def explorer_page(
    scenario: Scenario, draws: int | None = None, seed: int = 1, round: int = 1, results: Results | None = None
) -> tuple[str, int]:
    """Write the page; return it and the number of its draws.

    Args:
        draws: Draws 0 to `draws - 1`; if left out, as many as fit, at most `DRAWS`.
        round: In which each package is tabled.
        results: Results of the same scenario, whose signed packages are shown beside the ranking.

    Raises:
        NoAnswer: if so many draws do not fit, or `texts` cannot be computed.
    """
    take = min(draws or DRAWS, DRAWS)
    while True:
        found = rank_texts(scenario, take, seed, round, results=results)
        text, packed = _page(found, tables(scenario, take, seed, round))
        size = len(text.encode())
        fits = take if size <= MOST and draws in (None, take) else int(NEARLY * take * (MOST - size + packed) / packed)
        if draws is not None and fits < draws:
            raise NoAnswer(f"{draws:,} draws do not fit a page of {MOST // 1_000_000} MB; {fits:,} do: -n {fits}")
        if size <= MOST and (draws or take) == take:
            return text, take
        take = draws or fits


def _page(found: TextRanking, laid: Tables) -> tuple[str, int]:
    """Return the page and how many of its bytes are draws."""
    scenario, layout = found.scenario, laid.layout
    names = [name for name, _ in layout["issues"]]
    marks = [(mark, head) for mark, head in MARKS.items() if mark in found.table]
    levels, counts = np.unique(found.table[found.by].to_numpy(float), return_counts=True)
    levels, counts = levels[::-1], counts[::-1]
    arrays = laid.arrays | {"levels": levels, "ranks": (np.cumsum(counts) - counts + 1).astype(float)}
    data: dict[str, Any] = {
        "layout": layout, "packages": len(found.table), "marks": marks,
        "order": [names.index(issue) for issue in scenario.issues],
        "shown": [[options.index(option) for option in scenario.issues[issue].options]
                  for issue, options in layout["issues"]],
        "parties": [layout["parties"].index(party) for party in scenario.parties],
        "labels": _labels(scenario, layout), "starts": list(_starts(found)),
        "groups": found.groups["package"].head(found.top).tolist(),
        "arrays": [[name, "bool" if values.dtype == bool else "float", values.size] for name, values in arrays.items()],
        "blob": b64encode(zlib.compress(b"".join(map(_bytes, arrays.values())), 9)).decode(),
    }  # fmt: skip
    _, _, *ranking = document(found)  # its title and summary stand above
    blocks = _captioned([heading("The ranking", "ranking"), *ranking])
    text = json.dumps(data, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    about = [answer(found), ABOUT]
    whole = page(
        scenario.title, "A text built by hand", about, blocks, scenario.disclaimer, kind=EXPLORER, data=text,
    )
    return whole, len(data["blob"])


def _captioned(blocks: Iterable[Block]) -> Iterator[Block]:
    """Caption each table with the heading above it, for screen readers."""
    above = ""
    for block in blocks:
        above = block.text if isinstance(block, Heading) else above
        yield replace(block, caption=above) if isinstance(block, Table) else block


def _bytes(values: np.ndarray) -> bytes:
    """Pack an array byte plane by byte plane, which compresses better."""
    if values.dtype == bool:
        return np.ascontiguousarray(values, np.uint8).tobytes()
    return np.ascontiguousarray(values, "<f8").view(np.uint8).reshape(-1, 8).T.tobytes()


def _labels(scenario: Scenario, layout: Mapping[str, Any]) -> dict[str, Any]:
    votes = scenario.ratification
    return {
        "by": MARKS[layout["by"]],
        "issues": [issue_label(scenario, issue) for issue, _ in layout["issues"]],
        "options": [[option_label(scenario, issue, option) for option in options]
                    for issue, options in layout["issues"]],
        "parties": [party_label(scenario, party) for party in layout["parties"]],
        "lines": {
            line["name"]: _taken_off_by(scenario, line["name"]) if line["party"] == EVERYBODY
            else red_line_label(scenario, line["name"])
            for line in layout["lines"]
        },
        "rules": {
            rule.id: f"if {condition_label(scenario, rule.if_)}, then {condition_label(scenario, rule.then)}"
                     f"{f'; {clean(rule.because)}' if rule.because else ''}"
            for rule in scenario.consistency
        },
        "ratifiers": {name: clean(spec.label or name) for name, spec in (votes.ratifiers if votes else {}).items()},
    }  # fmt: skip


def _taken_off_by(scenario: Scenario, full_name: str) -> str:
    """Name what keeps options off the table for all: `events.id` or `stages.id`."""
    kind, name = full_name.split(".", 1)
    found = {each.id: each.label for each in (scenario.events if kind == EVENTS else scenario.stages)}
    return f"{'by an event' if kind == EVENTS else 'settled by a stage'}: {clean(found[name] or name)}"


def _starts(found: TextRanking) -> Iterator[dict[str, str]]:
    """Return packages to start from: the first of the ranking, and those beside it."""
    yield {"group": "Ranking", "label": "The first of the ranking", "text": found.table["package"].iloc[0], "note": ""}
    for row in found.beside.to_dict("records"):
        note = ""
        if row["completions"] > 1:
            note = f"It leaves issues open: the best of {row['completions']:,} ways to settle them is shown."
        yield {"group": GROUPS[row["kind"]], "label": name_of(found, row), "text": row["package"], "note": note}
