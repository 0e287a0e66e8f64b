"""A debrief as a document: what was agreed, its utility to each party, unrealised joint gains, and what follows."""

from collections.abc import Iterator
from typing import Any

from sim.analysis.debrief import Debrief
from sim.core.exact import TOLERANCE
from sim.core.wording import counted
from sim.report.document import Block, bullets, heading, paragraph, paragraphs, section, table
from sim.report.plain import pick, plain
from sim.report.texts import BY
from sim.results.format import number, percent, share_with_interval
from sim.results.labels import SOLUTIONS, clean, either, issue_label, option_label, party_label, red_line_label

READING = (
    "Utility is at central numbers, on each party's own scale from 0 to 1; it cannot be compared between parties. "
    "Shares and mean chances are over the runs, in which the uncertain numbers differ."
)


def data(found: Debrief) -> dict[str, Any]:
    facts = pick(found, "scenario=scenario.id seed n=same.n package=found.options agreed=found.agreed")
    facts |= pick(found, "agreed_in=found.agreed_in at_home=found.at_home together=found.together passes=found.passes")
    parties = [
        pick(each, "party signs utility=worth no_deal margin would_sign signs_in crossed")
        | {"best": plain(found.best[each.party])}
        for each in found.found.signatories
    ]
    pareto = pick(found.place, "dominated_by of_zone least_gain") | pick(found, "better gains")
    held = None if found.found.afterwards is None else pick(found.found.afterwards, "mean_12 mean_60 held_12 held_60")
    return facts | {"parties": parties, "pareto": pareto, "afterwards": held} | pick(
        found, "zone distances solutions by rank tied packages marks signed same"
    )


def document(found: Debrief) -> Iterator[Block]:
    scenario, package, n = found.scenario, found.found, found.same.n
    yield paragraph(clean(scenario.title))
    yield paragraph(_answer(found))
    yield from section(
        "What was agreed", ["", "<"],
        [[issue_label(scenario, issue), option_label(scenario, issue, option)]
         for issue, option in package.options.items()],
    )  # fmt: skip
    rows = [
        [party_label(scenario, each.party), "yes" if each.signs else "no", number(each.worth), number(each.no_deal),
         number(each.margin, sign=True), number(found.best[each.party]),
         share_with_interval(each.signs_in.share, n) if each.signs else None]
        for each in package.signatories
    ]  # fmt: skip
    yield from section(
        "What it is worth", ["", "<must sign", "utility", "no deal", "margin", "best", "would sign"], rows,
        "no deal: the no-deal value (BATNA). best: the most that the party could sign. would sign: share of runs in "
        "which it is worth no deal or more and crosses no real red line of that party, risks that it foresees counted.",
    )  # fmt: skip
    lines = [
        f"{party_label(scenario, each.party)}: {red_line_label(scenario, line.name)} "
        f"(real in {share_with_interval(line.real.share, n)} of runs)"
        for each in package.signatories
        for line in each.crossed
    ]
    yield heading("Red lines crossed")
    yield bullets(lines or ["none"])
    yield from _frontier(found)
    yield from _after(found)


def _answer(found: Debrief) -> str:
    signs, same = found.found.agreed_in, found.same
    losers = [
        party_label(found.scenario, each.party)
        for each in found.found.signatories
        if each.signs and each.margin < -TOLERANCE
    ]
    text = f"All who must sign would do so in {share_with_interval(signs.share, signs.n)} of runs"
    text += f"; at central numbers it is worse than no deal for {either(losers, 'and')}." if losers else "."
    over = _over(found)
    left = f"Something better for {over} at once was left on the table" if found.place.least_gain > 0 else (
        f"A package better for one of {over} and worse for none was left on the table" if found.better else
        f"No other package is better for one of {over} and worse for none")  # fmt: skip
    return (f"{text} {left}. It ranks {_rank(found)} packages, and {share_with_interval(same.share, same.n)} of "
            "bargaining runs sign it.")  # fmt: skip


def _over(found: Debrief) -> str:
    """Name the set of packages that the frontier and the solutions are computed on."""
    return either([party_label(found.scenario, name) for name in found.over], "and")


def _rank(found: Debrief) -> str:
    others = f" (with {counted(found.tied, 'other')})" if found.tied else ""
    return f"{found.rank:,}{others} of {found.packages:,}"


def _frontier(found: Debrief) -> Iterator[Block]:
    scenario, where = found.scenario, found.place
    yield heading("Against the Pareto frontier and the reference solutions")
    if found.better is None:
        none = "no package is better for one and worse for none"
        yield paragraph(f"It lies on the frontier of {_over(found)}: {none}.", 2)
    else:
        changes = [
            f"{issue_label(scenario, issue)}: {option_label(scenario, issue, option)}, not "
            f"{option_label(scenario, issue, found.found.options[issue])}"
            for issue, option in found.better.items()
            if option != found.found.options[issue]
        ]
        gains = [f"{party_label(scenario, party)} {number(gain, sign=True)}" for party, gain in found.gains.items()]
        yield from paragraphs(
            f"Better for one of {_over(found)} and worse for none: {counted(where.dominated_by, 'package')}, "
            f"{where.of_zone:,} of them without a red line crossed and worth no deal or more to all who sign. One "
            f"of them: utility {', '.join(gains)}.",
        )
        yield bullets(changes)
    rows = [
        [SOLUTIONS.get(row["solution"], row["solution"]), _short(found.distances, row["solution"]), row["issues_off"],
         *(number(row[f"gain_{party}"], sign=True) for party in scenario.parties)]
        for row in found.solutions.to_dict("records")
    ]  # fmt: skip
    if rows:
        parties = [f"to {party_label(scenario, name)}" for name in scenario.parties]
        yield table(["", "shortfall", "issues that differ", *parties], rows)
    yield from paragraphs(
        f"Solutions of theory over the packages that all could accept ({found.zone}). shortfall: 0 at the solution, 1 "
        "where there is no gain by its measure. +0.10: the party would have .10 more there than in what was agreed."
        if rows else f"No package is acceptable to all who sign, even with {found.zone}.",
    )  # fmt: skip


def _short(distances: dict[str, float], solution: str) -> str:
    key = "nash_distance" if solution == "nash" else f"shortfall_{solution.removesuffix('_spread')}"
    return number(distances.get(key))


def _after(found: Debrief) -> Iterator[Block]:
    scenario, package, n = found.scenario, found.found, found.same.n
    votes = package.at_home.to_dict("records")
    rows = [
        [clean(scenario.ratification.ratifiers[row["ratifier"]].label),
         percent(row["mean_chance"], n) if row["asked"] else "not asked"]
        for row in votes
        if scenario.ratification is not None
    ]  # fmt: skip
    if package.passes is not None:
        rows.append(["all of them", percent(found.marks["passes"], n)])
    if package.afterwards is not None:
        rows.append(["holds 12 months, once in force", percent(package.afterwards.mean_12, n)])
        rows.append(["holds 60 months, once in force", percent(package.afterwards.mean_60, n)])
    yield from section("At home and afterwards: mean chances", ["", ""], rows)
    yield heading("Beside other packages and bargaining runs")
    yield from paragraphs(
        f"Rank {_rank(found)} by the {BY[found.by]}: {number(found.marks[found.by])}.",
        f"Of {n:,} bargaining runs {share_with_interval(found.signed.share, n)} sign something and "
        f"{share_with_interval(found.same.share, n)} sign this.",
        READING,
    )
