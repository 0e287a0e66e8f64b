"""An explanation to read: why there was no deal, and who has least to show for one."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from rich.console import RenderableType

from sim.analysis.explain_openings import bullets, opening_parts, smallest_change_in_short
from sim.analysis.layout import WIDTH, as_text, heading, number, paragraph, percent, share_with_interval, table
from sim.analysis.reasons import HELD, Share
from sim.analysis.replays import AT_HOME, OWN_OFFER, WORTH
from sim.analysis.words import clean, either, line_words, obstacle_words, party_label, who_signs

if TYPE_CHECKING:
    from sim.analysis.explain import Explanation
    from sim.scenario import Scenario

OUTCOMES = {
    "no_zone": "no package was ever acceptable to {}",
    "deadline": "some package was, but time ran out",
    "broke_off": "a party left the talks",
    "refused": "a text was signed, and refused at home",
    "in_force": "an agreement came into force",
}
CAUSES = {
    "none": "broke within 60 months, no fault in it",
    "several": "broke within 60 months, of several faults alike",
    "guarantor_absent": "broke: the guarantor would not act",
    "credibility_lost": "broke: the promise had worn off",
    "not_self_enforcing": "broke: the shift of power undoes it",
    "pull_back_fails": "broke: cheating on the pull-back pays",
    "bought_by_pressure": "broke: pressure had bought it, and faded",
    HELD: "held for 60 months",
}
NUMERALS = {"1": "one", "2": "two", "3": "three"}
MOST_OBSTACLES, MOST_LINES, MOST_ISSUES = 10, 6, 3


def explanation_text(explained: "Explanation", width: int = WIDTH) -> str:
    """All of it as plain text."""
    return as_text(list(explanation_parts(explained)), width)


def explanation_parts(explained: "Explanation") -> Iterator[RenderableType]:
    """The sections, one below the other."""
    results = explained.results
    yield paragraph(clean(results.scenario.title))
    runs = f"{results.n:,} run{'s' if results.n != 1 else ''} in this scenario, seed {results.seed}"
    yield paragraph(f"{runs}. Shares are of runs, with 95 % intervals.")
    yield from _in_short(explained)
    yield from _outcomes(explained)
    yield from _obstacles(explained)
    yield from _out_of_time(explained)
    yield from _at_home(explained)
    yield from _breaks(explained)
    yield from _least_satisfied(explained)
    yield from _ledger(explained)
    yield from opening_parts(explained)


def shared(share: Share) -> str:
    """A share with its interval."""
    return share_with_interval(share.share, share.n)


def _in_short(explained: "Explanation") -> Iterator[RenderableType]:
    """The answer in a few lines; what each rests on follows."""
    why, scenario = explained.reasons, explained.results.scenario
    said = []
    if why.without_deal:
        ends = [each for each in why.outcomes if each.name != "in_force"]
        most = max(ends, key=lambda each: each.count)
        outcome = OUTCOMES[most.name].format(who_signs(scenario))
        without = share_with_interval(why.without_deal / why.n, why.n)
        said.append(f"{without} of runs end without an agreement in force; most often, in {shared(most)}, {outcome}.")
    if why.obstacles:
        first = why.obstacles[0]
        alone = f"with it alone set aside {percent(first.alone.share, first.alone.n)} of runs would have had a package"
        said.append(f"What stands in the way most: {obstacle_words(scenario, first.name)}; {alone} acceptable to all.")
    if why.at_home:
        who = ratifier_words(scenario, why.at_home[0].name)
        said.append(f"Most texts that fail at home are refused by: {who}, in {shared(why.at_home[0])} of runs.")
    least = max(explained.satisfactions, key=lambda each: each.least.count)
    if least.least.count:
        who = party_label(scenario, least.party)
        said.append(f"Least to show for a text, most often: {who}, in {shared(least.least)} of texts.")
    said += smallest_change_in_short(explained)
    if said:
        yield heading("In short")
        yield bullets(said)


def ratifier_words(scenario: "Scenario", name: str) -> str:
    """What the file calls a ratifier."""
    ratifiers = {} if scenario.ratification is None else scenario.ratification.ratifiers
    return clean(ratifiers[name].label or name)


def _outcomes(explained: "Explanation") -> Iterator[RenderableType]:
    why, scenario = explained.reasons, explained.results.scenario
    yield heading("How the runs ended")
    yield table(["", ""], [[OUTCOMES[each.name].format(who_signs(scenario)), shared(each)] for each in why.outcomes])
    if not why.without_deal:
        yield paragraph("Every run ended with an agreement in force: nothing stood in the way.", 2)
    elif why.zone_first.count != why.zone_ever.count:
        yield paragraph(
            f"Some package was acceptable to {who_signs(scenario)} in the first round in {shared(why.zone_first)} of "
            f"runs, in some round in {shared(why.zone_ever)}.", 2,
        )  # fmt: skip


def _obstacles(explained: "Explanation") -> Iterator[RenderableType]:
    why, scenario = explained.reasons, explained.results.scenario
    if not why.obstacles:
        return
    none = why.n - why.zone_ever.count
    yield heading(f"Why no package was ever acceptable, in {percent(none / why.n, why.n)} of runs")
    rows = [
        [obstacle_words(scenario, each.name), _part(each.part, why.n), shared(each.alone)]
        for each in why.obstacles[:MOST_OBSTACLES]
    ]
    yield table(["what stands in the way", "its part", "enough alone"], rows)
    more = len(why.obstacles) - MOST_OBSTACLES
    listed = f"{more} more have smaller parts. " if more > 0 else ""
    sizes = [f"{NUMERALS.get(each.name, each.name)} in {percent(each.share, each.n)}" for each in why.sizes]
    yield paragraph(
        f"{listed}Parts add up to the share of runs without such a package: where this or that could be set aside, "
        "each counts in equal parts. Enough alone: runs in which a package would be acceptable with this alone set "
        f"aside. Of the runs without, at least so many must go: {either(sizes, 'and')}.", 2,
    )  # fmt: skip
    lines = [each.name for each in why.obstacles if _is_line(scenario, each.name)]
    for name in lines[:MOST_LINES]:
        yield paragraph(f"{name}: {line_words(scenario, name)}", 2)


def _is_line(scenario: "Scenario", name: str) -> bool:
    party, _, what = name.partition(".")
    spec = scenario.parties.get(party)
    return spec is not None and what in {line.id for line in spec.red_lines}


def _part(part: tuple[float, float, float], n: int) -> str:
    """A part of all runs, in points, with its interval."""
    low, high = max(part[1], 0.0), part[2]
    places = 0 if high - low > 0.02 or n < 2 else 1
    ends = "" if np.isnan(low) else f" ({100 * low:.{places}f}-{100 * high:.{places}f})"
    return f"{100 * part[0]:.{places}f} %{ends}"


def _out_of_time(explained: "Explanation") -> Iterator[RenderableType]:
    why, scenario = explained.reasons, explained.results.scenario
    if not why.refusers:
        return
    count = sum(each.count for each in why.refusers)
    yield heading(f"Some package was acceptable, and time ran out, in {percent(count / why.n, why.n)} of runs")
    rows = []
    for each in why.refusers:
        names = [party_label(scenario, name) for name in each.name.split(" | ")]
        said = Counter(_said(late.reason) for late in explained.replayed.late if late.party == each.name)
        reasons = "; ".join(f"{reason}: {times}" for reason, times in said.most_common(4))
        rows.append([either(names, "and"), shared(each), reasons])
    looked = f" (of the first {explained.replayed.n:,} runs)" if explained.replayed.n < why.n else ""
    yield table(["who refused last", "share", f"<why{looked}"], rows)
    too_late = Share("too_late", len(explained.replayed.too_late), explained.replayed.out_of_time)
    if too_late.count:
        yield paragraph(
            f"In {shared(too_late)} of these the text on the table at the end was worth what all asked for by then: "
            "time ran out before all had answered.", 2,
        )  # fmt: skip
    missing = [late.missing for late in explained.replayed.late if not np.isnan(late.missing)]
    if missing:
        text = f"Where the last text was worth too little, it lacked {np.median(missing):.2f} of what was asked for"
        runs = f"median of {len(missing)} runs" if len(missing) > 1 else "1 run"
        yield paragraph(f"{text} ({runs}), on the refuser's own scale from 0 to 1.", 2)


def _said(reason: str) -> str:
    words = {WORTH: "worth too little", OWN_OFFER: "its own next offer was better", AT_HOME: "refused at home before"}
    return words.get(reason, f"red line {reason.split('.', 1)[-1]}")


def _at_home(explained: "Explanation") -> Iterator[RenderableType]:
    why, scenario = explained.reasons, explained.results.scenario
    if why.at_home:
        yield heading("Signed, and refused at home")
        rows = [[ratifier_words(scenario, each.name), shared(each)] for each in why.at_home]
        yield table(["who refused", "share"], rows)
    if why.left:
        yield heading("Broken off")
        rows = [[either([party_label(scenario, name) for name in each.name.split(" + ")], "and"), shared(each)]
                for each in why.left]  # fmt: skip
        yield table(["who left", "share"], rows)


def _breaks(explained: "Explanation") -> Iterator[RenderableType]:
    breaks = explained.reasons.breaks
    if breaks:
        yield heading(f"Agreements in force, {breaks[0].n:,} runs: what became of them in 60 months")
        yield table(["", "of those in force"], [[CAUSES.get(each.name, each.name), shared(each)] for each in breaks])
        yield paragraph("A fault made the break likelier; chance decided it.", 2)


def _least_satisfied(explained: "Explanation") -> Iterator[RenderableType]:
    scenario, signed = explained.results.scenario, int(explained.results.agreed.sum())
    if not signed:
        return
    yield heading(f"Who has least to show for it, over {signed:,} texts signed")
    rows = [
        [party_label(scenario, each.party), shared(each.least), number(each.margin, sign=True),
         None if np.isnan(each.least_share) else f"{100 * each.least_share:.0f} %"]
        for each in explained.satisfactions
    ]  # fmt: skip
    yield table(["", "least satisfied", "median margin", "when least"], rows)
    yield paragraph(
        "Margin: worth of the text less that of no deal, on each party's own scale. When least: what it gets of the "
        "largest margin it could have had, where it is the least satisfied (median).", 2,
    )  # fmt: skip


def _ledger(explained: "Explanation") -> Iterator[RenderableType]:
    scenario = explained.results.scenario
    rows: list[list[str]] = []
    for party in scenario.parties:
        own = [each for each in explained.movements if each.party == party and each.moved]
        for each in sorted(own, key=lambda each: (-each.mean, each.issue))[:MOST_ISSUES]:
            spread = f"{each.low:.0f} to {each.high:.0f}"
            who = party_label(scenario, party) if not _has(rows, party_label(scenario, party)) else ""
            rows.append([who, clean(scenario.issues[each.issue].label), f"{each.mean:.0f}", spread,
                         percent(each.moved / each.n, each.n)])  # fmt: skip
    if rows:
        yield heading("From opening to text: where each party moved most, in points of its own values")
        yield table(["", "<issue", "points", "10-90 %", "moved in"], rows)
        yield paragraph("Over texts signed. The chart `ledger` of a batch has all issues.", 2)


def _has(rows: Sequence[Sequence[str]], label: str) -> bool:
    return any(row[0] == label for row in rows)
