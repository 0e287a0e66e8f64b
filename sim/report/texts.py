"""A ranking of packages as a document: the best, who would accept them, and the ranks of proposals on file."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from sim.analysis.texts import TextRanking
from sim.report.document import Block, bullets, heading, paragraph, section, table
from sim.report.plain import pick, plain
from sim.results.format import percent, share_with_interval
from sim.results.labels import (
    SOLUTIONS,
    clean,
    either,
    issue_label,
    issue_short,
    option_label,
    option_short,
    party_label,
    ratifier_short,
)

MARKS = {  # columns in table order, each with its head
    "acceptable": "acceptable", "passes": "passes", "holds_60": "holds", "in_force": "in force", "held_60": "all three",
}  # fmt: skip
BY = {
    "held_60": "share of draws, weighted by its chances, in which a text is acceptable, passes and holds 60 months",
    "in_force": "share of draws, weighted by its chances, in which a text is acceptable and passes",
    "acceptable": "share of draws in which a text is acceptable to all who sign",
    "least_regret": "the most that is lost in any draw against the best text of that draw",
    "least_satisfied": "mean share of its largest possible gain that the least satisfied signatory gets",
}
FIRST = 6  # packages on one screen
FEW = 30  # minimum draws in which a package is acceptable for its rank to mean something
READING = (
    "Acceptable: share of draws in which every signatory finds the text at least as good as no deal and it crosses "
    "none of its real red lines. Passes: mean chance with all ratifiers. Holds: mean chance to hold 60 months once in "
    "force. All three: mean of their product in each draw, not the product of the means. No bargaining is played: the "
    "text lies on the table before anybody has made an offer, and counts as in force at once."
)


def data(found: TextRanking) -> dict[str, Any]:
    shown = {"groups": plain(found.groups.head(found.top)), "texts": plain(found.table.head(found.top))}
    facts = pick(found, "scenario=scenario.id seed n round by fix better beside bargained")
    return facts | {"packages": len(found.table)} | shown


def document(found: TextRanking) -> Iterator[Block]:
    scenario, first = found.scenario, found.groups.iloc[0]
    yield from _opening(found, found.top)
    yield heading("The first of them")
    yield table(
        ["", "<"],
        [[issue_label(scenario, issue), option_label(scenario, issue, first[issue])] for issue in scenario.issues],
    )
    yield from _supporters(found)
    changes = [
        f"{issue_short(scenario, row['issue'])}: {option_short(scenario, row['issue'], row['after'])} in place of "
        f"{option_short(scenario, row['issue'], row['before'])} "
        f"in text {_rank(found, row['package'])} ({percent(row['share'], found.n)} of draws)"
        for row in found.better.to_dict("records")
    ]
    if changes:
        yield heading("Better for all who sign")
        yield bullets(changes)
    yield from _beside(found)
    yield paragraph("")
    yield paragraph(READING)


def brief(found: TextRanking) -> Iterator[Block]:
    yield from _opening(found, min(found.top, FIRST))
    yield from _supporters(found)
    yield from _beside(found)


def _opening(found: TextRanking, top: int) -> Iterator[Block]:
    scenario = found.scenario
    yield paragraph(clean(scenario.title))
    yield paragraph(answer(found))
    count = f"{len(found.table):,} consistent package{'s' * (len(found.table) != 1)}"
    fixed = [f"{issue}={option}" for issue, option in found.fix.items()]
    yield paragraph(
        f"{count}{f' with {either(fixed, chr(38))}' if fixed else ''}, each tabled in round {found.round} of the same "
        f"{found.n:,} draws, seed {found.seed}. Ranked by {BY[found.by]}."
    )
    marks, issues = _marks(found), list(scenario.headline or scenario.issues)
    rows = [
        [row["rank"], *(percent(row[mark], found.n) for mark in marks), row["texts"],
         " / ".join(option_short(scenario, issue, row[issue]) for issue in issues)]
        for row in found.groups.head(top).to_dict("records")
    ]  # fmt: skip
    yield from section(
        "Best text of each combination of options",
        ["rank", *(MARKS[mark] for mark in marks), "texts", "<" + " / ".join(issue_short(scenario, i) for i in issues)],
        rows,
        left=0,
    )


def _marks(found: TextRanking) -> list[str]:
    return [mark for mark in MARKS if mark in found.groups and (mark != "in_force" or "held_60" not in found.groups)]


def _supporters(found: TextRanking) -> Iterator[Block]:
    rows = list(_supports(found, found.groups.iloc[0]))
    return section("Who accepts the first, and where it passes", ["", "share of draws"], rows)


def answer(found: TextRanking) -> str:
    """Describe the first package in a sentence, and whether the order is reliable."""
    first, n = found.groups.iloc[0], found.n
    text = f"The first text is acceptable to all who sign in {share_with_interval(first['acceptable'], n)} of draws"
    if "passes" in first:
        text += f", passes at home with a mean chance of {percent(first['passes'], n)}"
    if "holds_60" in first:
        text += f" and holds 60 months with {percent(first['holds_60'], n)}; all three: {percent(first['held_60'], n)}"
    text += "."
    if found.bargained:
        last = next(name for name in ("held_60", "in_force", "signed") if name in found.bargained)
        text += (f" Bargaining signs something in {percent(found.bargained['signed'], n)} of runs"
                 f"{'' if last == 'signed' else f'; {percent(found.bargained[last], n)} {LAST[last]}'}.")  # fmt: skip
    count = round(first["acceptable"] * n)
    if count < FEW and found.by not in ("least_regret", "least_satisfied"):
        text += (f" That is {count:,} draw{'s' * (count != 1)}: too few to tell the first texts apart; take more with "
                 "-n, or a later --round.")  # fmt: skip
    return text


LAST = {"held_60": "hold 60 months", "in_force": "come into force"}


def _rank(found: TextRanking, package: str) -> int:
    return int(found.groups.loc[found.groups["package"] == package, "rank"].iloc[0])


def _supports(found: TextRanking, row: "pd.Series[Any]") -> Iterator[list[object]]:
    """Return the share of draws in which each signatory accepts a package, and mean support of each ratifier."""
    scenario = found.scenario
    for party in scenario.parties:
        if pd.notna(row[f"accepts_{party}"]):
            yield [party_label(scenario, party), share_with_interval(row[f"accepts_{party}"], found.n)]
    for ratifier in scenario.ratification.ratifiers if scenario.ratification else ():
        yield [ratifier_short(scenario, ratifier), percent(row[f"passes_{ratifier}"], found.n)]


def _beside(found: TextRanking) -> Iterator[Block]:
    rows, last, marks = [], len(found.table), _marks(found)
    for row in found.beside.to_dict("records"):
        ranks = "" if pd.isna(row["rank"]) else f"{row['rank']:,.0f}"
        if row["completions"] > 1 and ranks:
            ranks += f" to {row['rank_worst']:,.0f}"
        shares = [None if row[mark] is None or pd.isna(row[mark]) else percent(row[mark], found.n) for mark in marks]
        signed = "" if pd.isna(row["share"]) else f"signed in {percent(row['share'], found.n)} of runs"
        rows.append([name(found, row), ranks, *shares, signed])
    yield from section(
        f"Where others rank among {last:,}", ["", "rank", *(MARKS[mark] for mark in marks), "<"], rows,
        "Solutions are those at central numbers, with all red lines real.",
    )  # fmt: skip


def name(found: TextRanking, row: dict[Any, Any]) -> str:
    if row["kind"] == "proposal":
        return clean(found.scenario.proposals[row["name"]].label)
    return SOLUTIONS[row["name"]] if row["kind"] == "solution" else row["package"].replace("/", " / ")
