"""From opening to text: how far each party moved on each issue, and which red lines were given up."""

import math
from collections.abc import Sequence

import pandas as pd

from sim.analysis.ledger import lines_given_up, movements
from sim.charts.chart import Chart
from sim.charts.ledger_picture import Scales, applies, draw, label_of, size
from sim.charts.lettering import clean, in_words, listed, share_text
from sim.charts.outcomes_in_words import agreement_sentence
from sim.charts.page import Words
from sim.charts.ranking import nice_scale
from sim.results import Results, share_interval

COLUMNS = [
    "kind", "issue", "party", "line", "n", "mean", "low", "high", "count", "share", "share_low", "share_high",
]  # fmt: skip


def frame(results: Sequence[Results]) -> Scales:
    """The same points and shares for all."""
    ends, shares, lines = [0.0], [0.0], [0.0]
    for one in results:
        for found in movements(one):
            if found.n:
                ends += [found.low, found.high, found.mean]
                shares.append(share_interval(found.moved, found.n)[1])
        lines += [share_interval(line.fell, one.n)[1] for line in lines_given_up(one)]
    step, low, high = points_scale(min(ends), max(ends))
    return Scales(low, high, step, nice_scale(max(shares)), nice_scale(max(lines)))


def points_scale(lowest: float, highest: float) -> tuple[float, float, float]:
    """Step and ends of a scale of points that holds 0 and both, in at most six steps."""
    for step in (1, 2, 5, 10, 20, 25, 50):
        low, high = math.floor(lowest / step + 1e-9), max(1, math.ceil(highest / step - 1e-9))
        if high - low <= 6:
            break
    return step, step * low, step * high


def _sentence(results: Results) -> str:
    """How often a text was signed, and on how many issues it differs from what each party opened with."""
    said = agreement_sentence(results, share_text(results.agreements, results.n))
    found, each = movements(results), []
    for party in results.scenario.parties:
        own = [one for one in found if one.party == party and one.n]
        if own:
            each.append(f"{clean(label_of(results, party), 60)} {sum(one.moved / one.n for one in own):.1f}")
    if not each:
        return said
    count = len(results.scenario.issues)
    return f"{said} Issues, of {count}, on which the text differs from a party's opening, on average: {listed(each)}."


def words(results: Results, shared: Scales) -> Words:
    """Title, how to read it, main figures."""
    said, notes = _sentence(results), []
    alt = f"Points with whiskers by issue and party, from opening to text. {said}"
    if applies(results):
        undelivered = "; a chance that an option cannot be delivered is not in them" * any(
            issue.deliverable for issue in results.scenario.issues.values()
        )
        runs = {found.party: found.n for found in movements(results)}
        counted = listed([f"{clean(label_of(results, party), 60)} {n:,}" for party, n in runs.items()])
        notes.append(
            "Opening: the first package that the party itself put on the table. Markers: mean of the runs; whiskers "
            "and figures in brackets: 10th to 90th percentile of the runs. Points are the values in the file, the same "
            f"in all runs{undelivered}."
        )
        notes.append(
            "Shares: runs in which the text has another option than the opening, with 95 % interval (Wilson), from the "
            f"number of runs alone. Runs with a text and an opening: {counted}."
        )
    lines = lines_given_up(results)
    if lines:
        fell = [f"{clean(label_of(results, one.party), 60)}, {in_words(one.line)}, {share_text(one.fell, results.n)}"
                for one in lines]  # fmt: skip
        alt += f" Red lines given up, share of all runs: {'; '.join(fell)}."
        notes.append(
            "Red lines: share of all runs in which the line was real at the start and fell, whether or not a text was "
            "signed."
        )
    return Words(
        "From opening to text: how far each party moved",
        "Only runs that signed a text. Right of 0 the text is worth less to the party, on that issue, than its own "
        "opening; left of 0 it is worth more. Points are on each party's own scale, 0 to 100: those of two parties do "
        "not compare.",
        said,
        alt,
        tuple(notes),
    )


def table(results: Results) -> pd.DataFrame:
    """One row a marker or bar.

    Returns:
        `kind` (`movement` or `red_line`), `issue` (empty for red lines), `party`, `line` (empty for movement), `n` (of
        how many runs), `mean, low, high` (points, 10th and 90th percentile), `count, share, share_low, share_high`
        (runs in which it moved, or the line fell).
    """
    rows: list[tuple[object, ...]] = []
    for found in movements(results) if applies(results) else ():
        spread = (found.mean, found.low, found.high)
        rows.append(("movement", found.issue, found.party, "", found.n, *spread, *_share(found.moved, found.n)))
    for line in lines_given_up(results):
        nothing = (math.nan,) * 3
        rows.append(("red_line", "", line.party, line.line, results.n, *nothing, *_share(line.fell, results.n)))
    return pd.DataFrame(rows, columns=COLUMNS)


def _share(count: int, n: int) -> tuple[int, float, float, float]:
    return count, count / n if n else math.nan, *share_interval(count, n)


LEDGER = Chart(
    name="ledger",
    about="who moved how far from opening to text, by issue, and which red lines were given up",
    frame=frame,
    size=size,
    draw=draw,
    words=words,
    table=table,
    applies=applies,
)
