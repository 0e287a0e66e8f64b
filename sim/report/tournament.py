"""A tournament of strategies as a document: standings, differences, meetings, equilibria and best replies."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pandas as pd

from sim.analysis.tournament import Tournament
from sim.report.document import Block, Table, heading, paragraph, table
from sim.report.plain import pick
from sim.results.format import decimals, digits_of_mean, number
from sim.results.labels import clean, party_label

MOST_MET = 12  # strategies side by side in a table
MOST_ROWS = 12  # equilibria and replies listed one by one
HEADS = {"own": "own utility", "joint": "joint utility", "agreement": "signed", "in_force": "in force"}


def data(tournament: Tournament) -> dict[str, Any]:
    return pick(tournament, "settings parties strategies figures seats meetings points equilibria replies")


def document(tournament: Tournament) -> Iterator[Block]:
    """Return the tables: each strategy's result, by party, by opponent, equilibria, best replies."""
    heads, names = [HEADS[name] for name in tournament.shown], _party_labels(tournament)
    yield from _opening(tournament)
    yield heading("Strategies, averaged over the parties that play them and over the strategies of the others")
    yield _grid(tournament, tournament.figures, "figure", tournament.shown, heads, figure_text)
    yield heading("The same, less the mean of all strategies in the same run")
    yield _grid(tournament, tournament.figures, "figure", tournament.shown, heads, difference_text)
    if len(tournament.parties) > 1:
        yield heading("Own utility by party")
        yield _grid(tournament, tournament.seats, "party", tournament.parties, names, figure_text)
    yield from _meetings(tournament)
    yield from _equilibria(tournament)
    yield from _replies(tournament)
    yield paragraph("")
    yield paragraph(reading(tournament))


def reading(tournament: Tournament) -> str:
    joint = tournament.figures[tournament.figures["figure"] == "joint"]["n"].min()
    few = " With fewer than 30 runs no interval is given." if tournament.figures["low"].isna().any() else ""
    return (
        "Own utility is on each party's own scale, from the start of the talks, no deal where none came into force: "
        "compare strategies, not parties. Joint utility is the share of the possible gain: each party's gain as a "
        "share of the largest that the zone of round 1 gives it, summed, and divided by the largest such sum; over "
        f"the {joint:,} of {tournament.n:,} runs with something to gain. Every assignment is played on the same runs, "
        f"so differences are taken run by run. In brackets: 95 % intervals over runs.{few}"
    )


def _opening(tournament: Tournament) -> Iterator[Block]:
    yield paragraph(clean(tournament.scenario.title))
    if tournament.settings:
        yield paragraph(clean(", ".join(f"{path}={value}" for path, value in tournament.settings.items())), 2)
    who = ", ".join(_party_labels(tournament))
    points = f"{len(tournament.points):,} assignments, {tournament.n:,} runs each, seed {tournament.seed}"
    yield paragraph(f"Strategies vary for {who}. {points}.", 2)
    rows = [[label, text] for label, text in tournament.strategies.itertuples(index=False) if label != text]
    yield heading("Strategies")
    yield table(["", "<"], rows)


def _party_labels(tournament: Tournament) -> list[str]:
    return [party_label(tournament.scenario, name) for name in tournament.parties]


def _rows(frame: pd.DataFrame, label: str, key: str) -> dict[str, dict[Any, Any]]:
    """The rows of a strategy by another column."""
    return {row[key]: row for row in frame[frame["label"] == label].to_dict("records")}


def _grid(
    tournament: Tournament, frame: pd.DataFrame, key: str, keys: Sequence[str], heads: Sequence[str],
    text: Callable[[dict[Any, Any]], str],
) -> Table:  # fmt: skip
    found = {label: _rows(frame, label, key) for label in tournament.labels}
    return table(["", *heads], [[label, *(text(rows[each]) for each in keys)] for label, rows in found.items()])


def figure_text(row: dict[Any, Any]) -> str:
    """Format a figure with its interval: utilities with decimals, shares in per cent."""
    unit, sign = (1, "") if row.get("figure", "own") == "own" else (100, " %")
    low, high = unit * row["low"], unit * row["high"]
    digits = _digits(low, high, unit)
    text = number(unit * row["value"], digits)
    if pd.isna(row["value"]) or pd.isna(row["low"]):
        return text if text == "-" else text + sign
    return f"{text}{sign} ({number(low, digits)}-{number(high, digits)})"


def difference_text(row: dict[Any, Any]) -> str:
    """Format the difference from the field with its interval; shares in percentage points."""
    unit = 1 if row.get("figure", "own") == "own" else 100
    low, middle, high = (unit * row[key] for key in ("difference_low", "difference", "difference_high"))
    return signed_text(middle, low, high, unit)


def signed_text(middle: float, low: float, high: float, unit: int = 1) -> str:
    """Format a difference with its sign and, if any, its interval."""
    digits = _digits(low, high, unit)
    text = number(middle, digits, True)
    if pd.isna(middle) or pd.isna(low):
        return text
    return f"{text} ({number(low, digits, True)} to {number(high, digits, True)})"


def _digits(low: float, high: float, unit: int) -> int:
    if pd.isna(low):
        return 3 if unit == 1 else 1
    return digits_of_mean(low, high) if unit == 1 else decimals(low, high, 2)


def _meetings(tournament: Tournament) -> Iterator[Block]:
    if not len(tournament.meetings):
        return
    yield heading("Own utility of the strategy at the left where another party plays the one above, by number")
    if len(tournament.labels) > MOST_MET:
        yield paragraph(f"{len(tournament.labels)} strategies are too many for a table; --json has all pairs.", 2)
        return
    rows = []
    for place, label in enumerate(tournament.labels, 1):
        met = _rows(tournament.meetings, label, "other")
        found = [met[other] for other in tournament.labels]
        numbers = (number(row["value"], _digits(row["low"], row["high"], 1)) for row in found)
        rows.append([f"{place}  {label}", *numbers])
    yield table(["", *map(str, range(1, len(rows) + 1))], rows)


def _equilibria(tournament: Tournament) -> Iterator[Block]:
    yield heading("Where no party gets more, in the mean, by changing its strategy alone")
    found = tournament.equilibria
    if not len(found):
        yield paragraph("In no assignment: for each, some party's mean utility rises if it alone changes.", 2)
        return
    heads = [*(f"<{name} plays" for name in _party_labels(tournament)), "<least costly change", "loss by it"]
    rows: list[list[object]] = []
    for row in found.head(MOST_ROWS).to_dict("records"):
        change = f"{party_label(tournament.scenario, row['party'])} to {row['to']}"
        loss = signed_text(row["loss"], row["low"], row["high"])
        rows.append([*(row[f"plays_{name}"] for name in tournament.parties), change, loss])
    yield table(heads, rows)
    if len(found) > MOST_ROWS:
        yield paragraph(f"and {len(found) - MOST_ROWS:,} more; --json has all", 2)


def _replies(tournament: Tournament) -> Iterator[Block]:
    if len(tournament.parties) > 2 or len(tournament.replies) > 2 * MOST_ROWS:
        return
    yield heading("Best replies")
    rows: list[list[object]] = []
    of = ["party", *(f"plays_{name}" for name in tournament.parties)]
    for _, found in tournament.replies.groupby(of, sort=False, dropna=False):
        row = found.iloc[0].to_dict()
        others = [row[f"plays_{name}"] for name in tournament.parties if name != row["party"]]
        ahead = "all are alike" if pd.isna(row["ahead"]) else signed_text(row["ahead"], row["low"], row["high"])
        rows.append([party_label(tournament.scenario, row["party"]), *others, " or ".join(found["reply"]), ahead])
    against = ["<to"] if len(tournament.parties) == 2 else []
    yield table(["", *against, "<plays best", "ahead of the next by"], rows)
