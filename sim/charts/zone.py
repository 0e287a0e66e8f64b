"""What all sides could accept: how often some acceptable package has two options."""

from collections.abc import Sequence

import pandas as pd

from sim.charts.chart import Chart
from sim.charts.page import Panel, Words
from sim.charts.pairs import Counts, Pairs, draw_pairs, largest_pair, notes, pairs_frame, pairs_size, pairs_table
from sim.charts.ranking import same_issues
from sim.charts.text import share_text
from sim.results.results import Results
from sim.results.stages import reached


def counts(results: Results) -> Counts:
    """Runs in which some package acceptable to all who must sign it has both of two options."""
    return results.tallies.zone


def frame(results: Sequence[Results]) -> Pairs:
    """Issues and scale of colour."""
    return pairs_frame(results, counts)


def draw(panel: Panel, results: Results, shared: Pairs) -> None:
    """The staircase of maps."""
    draw_pairs(panel, results, shared, counts(results), "" if counts(results).any() else said(results))


def said(results: Results) -> str:
    """How often there was anything to agree on."""
    found = reached(results)["zone_first"]
    if not found:
        return "In no run was any package acceptable to all who must sign it."
    return f"Some package was acceptable to all who must sign it in {share_text(found, results.n)} of runs."


def words(results: Results, shared: Pairs) -> Words:
    """Title, how to read it, main figures."""
    return Words(
        "What all sides could accept, option by option",
        "Each cell: share of all runs, in per cent, in which some package with both options is worth no deal or more "
        "to all who must sign it and crosses no red line that is real in the run.",
        said(results),
        f"Heat maps of option pairs. {said(results)} {largest_pair(results, shared, counts(results))}".strip(),
        notes(results, shared),
    )


def table(results: Results) -> pd.DataFrame:
    """One row a cell, with its 95 % interval; see `pairs_table`."""
    return pairs_table(results, frame([results]), counts(results))


ZONE = Chart(
    name="zone",
    about="what all sides could accept: how often some acceptable package has two options",
    frame=frame,
    size=pairs_size,
    draw=draw,
    words=words,
    table=table,
    compares=same_issues,
)
