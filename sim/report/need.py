"""What a package lacks, as a document: who is in the way, the smallest change for each, and all of them together."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from sim.analysis.need import Move, Need, Obstacle
from sim.report.document import Block, bullets, paragraph, section, table
from sim.report.plain import pick, picks
from sim.results.format import number, percent, share_with_interval
from sim.results.labels import clean, either, input_label, issue_label, name_label, option_label, party_label
from sim.scenario import Number

TESTS = {
    "holds_12": "holds 12 months once in force",
    "holds_60": "holds 60 months once in force",
    "guarantor": "the guarantor has enough in it to act",
    "power": "the shift of power gives no side reason to fight now",
    "pull_back": "cheating on the pull-back does not pay",
}
MARKS = {"acceptable": "acceptable", "passes": "passes", "holds_60": "holds", "held_60": "all three"}
HEADS = ["", "<from", "<to", "<stated range", "reaches", "verified"]
ORDERS = {"furthest_first": "furthest first", "nearest_first": "nearest first", "file": "as in the file"}
READING = (
    "Each change is of one number, all else as in the file, on the same draws; its value and its range move together "
    "and stop at the ends that are legal. It is the smallest to its last digit, and verified: the number is set in the "
    "file, every draw is drawn anew, and the text evaluated again. Different numbers are compared in widths of "
    "their stated ranges. A side payment is a linkage on this text alone, or an offer on file; hardness is the chance "
    "that a red line is real."
)


def data(found: Need) -> dict[str, Any]:
    facts = pick(found, "scenario=scenario.id seed n round to text package completions shares together changes")
    moves = "kind path before=before.value before_range=before.range after=after.value after_range=after.range within "
    moves += "reaches share verified cost sets"
    obstacles = [
        pick(each, "kind name share short margin")
        | {"moves": picks(each.moves, moves), "chain": picks(each.chain, moves)}
        for each in found.obstacles
    ]
    return facts | {"obstacles": obstacles} | pick(found, "signatures votes variants")


def document(found: Need) -> Iterator[Block]:
    scenario, n, to = found.scenario, found.n, f"{100 * found.to:g} %"
    yield paragraph(clean(scenario.title))
    yield paragraph(answer(found))
    of = f", which ranks first of {found.completions:,} with the options asked for" if found.completions > 1 else ""
    yield paragraph(
        f"{clean(found.text)}{of}, tabled in round {found.round} of {n:,} draws, seed {found.seed}; wanted: {to}."
    )
    package = found.package.items()
    yield table(
        ["", "<"], [[issue_label(scenario, issue), option_label(scenario, issue, option)] for issue, option in package]
    )
    yield from section(
        "Parties, ratifiers and tests", ["", "share", "<", "<smallest change of one number"],
        [[_who(found, each), share_with_interval(each.share, n), f"below {to}" if each.short else "",
          _smallest(found, each) if each.short else ""] for each in found.obstacles],
    )  # fmt: skip
    for each in found.obstacles:
        if each.short and each.moves:
            yield from section(
                f"{_who(found, each)}, from {percent(each.share, n)}", HEADS, [_row(found, move) for move in each.moves]
            )  # fmt: skip
        if each.short and len(each.chain) > 1:
            yield from section(
                f"{_who(found, each)}: no number alone, these together", HEADS,
                [_row(found, move) for move in each.chain],
                "Shares of a red line are those of draws in which it is not real.",
            )  # fmt: skip
    yield from _together(found)
    yield from _orders(found)
    yield paragraph("")
    yield paragraph(READING)


def answer(found: Need) -> str:
    short = [_who(found, each) for each in found.obstacles if each.short]
    to = f"{100 * found.to:g} %"
    if not short:
        return f"Every party, ratifier and test is at {to} or above; all three together: {_three(found, found.shares)}."
    return (f"Below {to}: {either(short, 'and')}. Acceptable to all who sign, passed and holding 60 months: "
            f"{_three(found, found.shares)} of draws, weighted by the chances.")  # fmt: skip


def _three(found: Need, shares: Mapping[str, float]) -> str:
    return percent(shares["held_60"], found.n)


def _who(found: Need, obstacle: Obstacle) -> str:
    scenario = found.scenario
    if obstacle.kind == "party":
        return f"{party_label(scenario, obstacle.name)} accepts"
    if obstacle.kind == "test":
        return TESTS[obstacle.name]
    assert scenario.ratification is not None
    return f"{clean(scenario.ratification.ratifiers[obstacle.name].label)} passes it"


def _smallest(found: Need, obstacle: Obstacle) -> str:
    if len(obstacle.chain) == 1:
        move = obstacle.chain[0]
        return f"{input_label(found.scenario, move.path)}: {_number(move.before)} -> {_number(move.after)}"
    return f"none alone; {len(obstacle.chain)} together" if obstacle.chain else "none found within legal bounds"


def _row(found: Need, move: Move) -> list[object]:
    inside = {True: "inside", False: "outside", None: "none stated"}[move.within]
    verified = "" if not move.reaches else percent(move.verified, found.n) if move.verified is not None else "refused"
    after = _number(move.after) + ("" if move.reaches else ", its legal end")
    return [input_label(found.scenario, move.path), _number(move.before), after, inside,
            percent(move.share, found.n), verified]  # fmt: skip


def _number(value: Number) -> str:
    return f"{value.value:.6g}" + (f" [{value.low:.6g}, {value.high:.6g}]" if value.uncertain else "")


def _marks(found: Need) -> dict[str, str]:
    lacks = {"passes": found.scenario.ratification is None, "holds_60": found.scenario.aftermath is None}
    lacks["held_60"] = all(lacks.values())
    return {mark: head for mark, head in MARKS.items() if not lacks.get(mark, False)}


def _together(found: Need) -> Iterator[Block]:
    if found.together is None:
        return
    left = [_who(found, each) for each in found.obstacles if each.short and not each.chain]
    without = f" Without a change that is enough: {either(left, 'and')}." if left else ""
    yield from section(
        "All changes together", ["", *_marks(found).values()],
        [["as in the file", *(percent(found.shares[mark], found.n) for mark in _marks(found))],
         ["changed", *(percent(found.together[mark], found.n) for mark in _marks(found))]],
        f"Ratifiers and tests first, for parties may look ahead to these; then what parties still lack.{without}",
    )  # fmt: skip
    yield bullets([_setting(text) for text in found.changes])


def _setting(text: str) -> str:
    path, _, value = text.partition("=")
    if path.endswith(".linkages"):
        return f"{path}: one more for this text, adding {value.rpartition(':')[2].strip(' }]')}"
    return f"{path}={value}"


def _orders(found: Need) -> Iterator[Block]:
    n, scenario = found.n, found.scenario
    yield from section(
        "Who moves first: signatures", ["", "<", "accepts", "with all before it"],
        [[ORDERS[row["order"]], party_label(scenario, row["party"]), percent(row["share"], n),
          percent(row["together"], n)] for row in found.signatures.to_dict("records")],
    )  # fmt: skip
    yield from section(
        "Who moves first: ratifiers", ["", "passes", "months to force", "months to a refusal", "<refuses most often"],
        [[ORDERS.get(row["order"], row["order"]), percent(row["passes"], n), number(row["months_to_force"], 1),
          number(row["months_to_refusal"], 1), name_label(row["first"]) if row["first"] else ""]
         for row in found.votes.to_dict("records")],
    )  # fmt: skip
    if found.variants.empty:
        return
    rows = []
    for row in found.variants.to_dict("records"):
        cells = [percent(row[mark], n) if pd.notna(row.get(mark)) else "" for mark in _marks(found)]
        chosen = "this text" if found.package[row["issue"]] == row["option"] else ""
        why = f"breaks {clean(row['breaks'])}" if row["breaks"] else chosen
        rows.append([option_label(scenario, row["issue"], row["option"]), *cells, why])
    yield from section("Who moves first: the same text with another order", ["", *_marks(found).values(), "<"], rows)
