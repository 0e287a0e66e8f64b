"""Where agreement happens: how often two options are in the same signed package."""

from collections.abc import Sequence

import pandas as pd

from sim.charts.chart import Chart
from sim.charts.page import Panel, Words
from sim.charts.pairs import Counts, Pairs, draw_pairs, largest_pair, notes, pairs_frame, pairs_size, pairs_table
from sim.charts.ranking import same_issues
from sim.charts.style import agreement_sentence
from sim.charts.text import share_text
from sim.results.results import Results


def counts(results: Results) -> Counts:
    """Runs whose agreement has both of two options."""
    return results.tallies.agreed


def frame(results: Sequence[Results]) -> Pairs:
    """Issues and scale of colour."""
    return pairs_frame(results, counts)


def draw(panel: Panel, results: Results, shared: Pairs) -> None:
    """The staircase of maps."""
    draw_pairs(panel, results, shared, counts(results), "" if counts(results).any() else said(results))


def said(results: Results) -> str:
    """How often a text was signed at all."""
    return agreement_sentence(results, share_text(results.agreements, results.n))


def words(results: Results, shared: Pairs) -> Words:
    """Title, how to read it, main figures."""
    return Words(
        "Where agreement happens: options signed together",
        "Each cell: share of all runs, in per cent, that end with an agreement holding both options, whatever it says "
        "on other issues.",
        said(results),
        f"Heat maps of option pairs. {said(results)} {largest_pair(results, shared, counts(results))}".strip(),
        notes(results, shared),
    )


def table(results: Results) -> pd.DataFrame:
    """One row a cell, with its 95 % interval; see `pairs_table`."""
    return pairs_table(results, frame([results]), counts(results))


CONCESSIONS = Chart(
    name="concessions",
    about="where agreement happens: how often two options are signed together",
    frame=frame,
    size=pairs_size,
    draw=draw,
    words=words,
    table=table,
    compares=same_issues,
)
