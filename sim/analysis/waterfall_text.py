"""A waterfall as a table to read."""

from collections.abc import Iterator

from rich.console import RenderableType

from sim.analysis.layout import decimals, digits_of_mean, heading, number, paragraph, percent, table
from sim.analysis.waterfall import SHAPLEY, Waterfall


def waterfall_parts(told: Waterfall) -> Iterator[RenderableType]:
    """What each group of differing inputs adds, from the first scenario to the other."""
    yield heading(f"Where the difference comes from: {told.figure.label}")
    share = told.figure.kind == "share"
    rows = []
    for row in told.rows.to_dict("records"):
        if row["kind"] == "step":
            value, low, high = ((100 if share else 1) * row[key] for key in ("value", "low", "high"))
            digits = decimals(low, high) if share else digits_of_mean(low, high)
            span = "" if low != low else f"{number(low, digits, True)} to {number(high, digits, True)}"
            rows.append([row["label"], number(value, digits, True) + (" points" if share else ""), span, row["where"]])
        else:
            digits = digits_of_mean(row["low"], row["high"])
            level = percent(row["value"], told.n) if share else number(row["value"], digits)
            rows.append([told.first if row["kind"] == "start" else told.second, level, "", ""])
    yield table(["", "", "95 %", "<where"], rows)
    way = (
        f"Each step is its mean over all orders of the steps (Shapley value), from {told.mixtures:,} scenarios"
        if told.method == SHAPLEY
        else f"Inputs are taken over from top to bottom, in {told.mixtures:,} scenarios; in another order steps differ"
    )
    yield paragraph(f"{way}, each played on the same {told.n:,} runs.", 2)
