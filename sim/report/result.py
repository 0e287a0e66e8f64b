"""The page of one result, from headline to provenance, and the page that compares several."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sim.analysis.compare import Comparison
from sim.analysis.figures import NoAnswer
from sim.analysis.hindsight import Hindsight, hindsight
from sim.analysis.portrait import portrait
from sim.analysis.reasons import reasons
from sim.analysis.sensitivity import sensitivity
from sim.analysis.waterfall import Waterfall
from sim.charts import ANALYSIS_CHARTS, CHARTS, Rendered, charts_side_by_side, render_charts, render_comparison
from sim.core.wording import counted
from sim.report.answer import bullet_texts, obstacle_rows, rests_on, sentence, strip
from sim.report.compare import chart_labels, page_document
from sim.report.document import Block, Folded, Table, heading, paragraph, table, table_of
from sim.report.explain import by_option
from sim.report.explain import stages as stages_held
from sim.report.page import drawing, page
from sim.report.show_around import outside
from sim.results.drivers import LEAST_RUNS, funnel
from sim.results.figures import STAGES
from sim.results.format import LEAST_GROUP, number, percent, share_with_interval
from sim.results.labels import blocker_labels, clean, either, input_label, issue_label, option_label, party_label
from sim.results.results import Results
from sim.results.stages import is_voted_on
from sim.scenario import Scenario

MOST_BLOCKERS = 12
NOT_LISTED = ("seed", "asked", "complete")  # of the provenance: shown above, or not of the result
CHART_SECTIONS = {"talks": "The talks", "after": "Time and harm", "charts": "More charts"}  # by group of their charts

SCORES = {
    "log": "log score", "random_log": "of random acceptable packages", "crps": "CRPS", "random_crps": "of random ones",
}  # fmt: skip


def result_page(results: Results, charts: Iterable[Rendered] | None = None) -> str:
    """Make one HTML page of a result, with every chart that applies, drawn now unless given."""
    scenario = results.scenario
    kicker = f"{scenario.id}, as of {scenario.as_of}" if scenario.as_of else scenario.id
    absent = f"Not at the table: {', '.join(scenario.not_at_the_table)}." if scenario.not_at_the_table else ""
    about = sentence(results), scenario.about, absent
    return page(scenario.title, kicker, about, _blocks(results, charts), scenario.disclaimer)


def _blocks(results: Results, charts: Iterable[Rendered] | None) -> Iterator[Block]:
    drawn = {chart.name: drawing(chart) for chart in (render_charts(results) if charts is None else charts)}

    def group(name: str) -> Iterator[Block]:
        return (each for chart, each in drawn.items() if CHARTS[chart].group == name)

    yield from headline(results)
    yield from how_far(results)
    yield from group("funnel")
    yield from packages(results)
    yield from group("packages")
    for issue in results.scenario.headline if results.agreements >= LEAST_GROUP else ():
        yield from by_option(results, issue)
    yield from blockers(results)
    yield from group("blockers")
    yield from stages_held(results)
    yield from moved(results)
    for name in dict.fromkeys((*CHART_SECTIONS, *(CHARTS[name].group for name in drawn))):
        if name not in ("funnel", "packages", "blockers"):
            yield heading(CHART_SECTIONS.get(name, name.replace("_", " ").capitalize()), name)
            yield from group(name)
    yield from history(results)
    yield from theory(results.scenario)
    yield from numbers(results.scenario)
    yield from provenance(results)


def comparison_page(
    comparison: Comparison, falls: Sequence[Waterfall] = (), charts: Iterable[Rendered] | None = None
) -> str:
    """Make one HTML page that compares results; every chart is drawn now unless given."""
    results = comparison.results
    titles = dict.fromkeys(one.scenario.title for one in results)
    kicker = f"Comparison of {len(results)} results"
    blocks = [*_compared(comparison, falls, charts), *numbers(results[0].scenario)]
    return page(" and ".join(titles), kicker, [], blocks, results[0].scenario.disclaimer)


def _compared(comparison: Comparison, falls: Sequence[Waterfall], charts: Iterable[Rendered] | None) -> Iterator[Block]:
    """Return the tables, then outcomes and packages, then every chart that any result has, on one scale."""
    results, labels = comparison.results, chart_labels(comparison)
    yield from page_document(comparison, falls)
    chart = ANALYSIS_CHARTS["waterfall"]
    for place, fall in enumerate(falls, 1):
        yield drawing(Rendered.of(f"waterfall-{place}", chart(fall), chart.table(fall)))
    yield heading("Side by side", "charts")
    yield paragraph("Every picture has one scale for all results.")
    yield from map(drawing, charts or render_comparison(results, charts_side_by_side(results), labels))


def headline(results: Results) -> Iterator[Block]:
    """Summarize the result in a few sentences, each share with n, interval and its most associated input."""
    scenario, facts, n = results.scenario, results.summary(), results.n
    sides = either([party_label(scenario, name) for name in scenario.parties], "and")
    zone = share_with_interval(facts["zone_share"], n)
    answer = [
        f"{counted(n, 'run')}, seed {results.seed}. In the first round some package was acceptable to all who must "
        f"sign it in {zone} of runs."
    ]
    if facts["agreements"]:
        issues = scenario.headline or tuple(scenario.issues)
        options = zip(issues, str(facts["most_frequent"]).split("/"), strict=True)
        text = "; ".join(f"{issue_label(scenario, one)}: {option_label(scenario, one, name)}" for one, name in options)
        answer.append(f"Signed most often, in {percent(facts['most_frequent_share'], n)} of runs: {text}.")
        answer.append(f"Half of the texts were signed by month {facts['median_month']:.1f}.")
    else:
        answer.append("No text was signed in any run.")
    yield heading("In short", "headline")
    yield replace(strip(results), caption="How far runs get: four figures, each a share of all runs")
    yield from map(paragraph, bullet_texts(results, reasons(results)))
    yield paragraph(rests_on(scenario))
    yield paragraph(f"Which packages can {sides} agree on, and who stands in the way of the rest?")
    yield paragraph(" ".join(filter(None, [*answer, _goes_with(results)])))
    if "no_deal_outside" in results.draws and (results.draws["no_deal_outside"] > 0).any():
        yield from (paragraph(text) for _, text in outside(scenario))
    names = {
        "label": "party", "utility": "utility of the package, if signed", "utility_low": "5 %", "utility_high": "95 %",
        "no_deal": "no deal", "margin": "margin", "discounted": "discounted utility", "blocking": "share of blocking",
    }  # fmt: skip
    caption = "Parties, each on its own scale: scales of two parties do not compare"
    yield table_of(caption, results.parties().drop(columns="party"), names)
    rows = [
        (issue_label(scenario, name), "; ".join(option_label(scenario, name, option) for option in issue.options))
        for name, issue in scenario.issues.items()
    ]
    yield table(["issue", "<options, from one end to the other"], rows, caption="What is on the table")


def _goes_with(results: Results) -> str:
    table = funnel(results)
    row = table[(table["kind"] == "stage") & (table["name"] == "signed") & table["moved_by"].notna()]
    if not len(row):
        return ""
    one, third = row.iloc[0], results.n // 3
    number = results.scenario.numbers().get(str(one["moved_by"]))
    status = f" ({number.status})" if number is not None and number.status else ""
    low, high = (percent(float(one[where]), third) for where in ("where_low", "where_high"))
    return (
        f"Of all uncertain numbers this share goes most with {input_label(results.scenario, str(one['moved_by']))}"
        f"{status}: where it is lowest, a package is signed in {low} of runs, where it is highest in {high}. Whether "
        "it is the cause, `explain` finds out: it plays the same runs with it changed."
    )


def how_far(results: Results) -> Iterator[Block]:
    """Report how far runs got, with the input most associated with each stage."""
    rows = []
    for row in funnel(results).to_dict("records"):
        if row["kind"] == "stage":
            ends = [percent(row[key], results.n // 3) for key in ("where_low", "where_high")]
            path = row["moved_by"]
            by = [input_label(results.scenario, path), *ends] if isinstance(path, str) else [None] * 3
            rows.append([STAGES[row["name"]].heading, share_with_interval(row["share"], int(row["n"])), *by])
    heads = ["stage", "share of runs, 95 %", "<goes most with", "where it is lowest", "where it is highest"]
    yield heading("How far runs get", "funnel")
    yield table(heads, rows, caption="How far runs got, and the number of the file that each stage goes with most")


def packages(results: Results) -> Iterator[Block]:
    found, scenario = results.packages(), results.scenario
    issues = scenario.headline or tuple(scenario.issues)
    rows = []
    for row in found.head(12).to_dict("records"):
        options = (option_label(scenario, issue, str(row[issue])) for issue in issues)
        rows.append((*options, share_with_interval(row["share"], results.n)))
    heads = (*(issue_label(scenario, issue) for issue in issues), "share of runs, 95 %")
    yield heading("Which packages", "packages")
    count = f"{len(found):,} different packages by headline issues were signed."
    yield paragraph(count if rows else "Nothing was signed.")
    if rows:
        yield table(heads, rows, len(issues), "Packages signed most often, by headline issues")


def blockers(results: Results) -> Iterator[Block]:
    found = results.blockers()
    rows = [
        ("; or ".join(blocker_labels(results.scenario, row["blocker"])), share_with_interval(row["share"], results.n))
        for row in found.head(MOST_BLOCKERS).to_dict("records")
    ]
    yield heading("What stands in the way", "blockers")
    if not rows:
        yield paragraph("Every run ended with an agreement in force.")
        return
    yield paragraph(
        "In runs without a zone: the smallest sets of no-deal values and red lines whose removal would open one. With "
        "a zone and no deal: who refused the last offer. After a signature: who refused it at home."
    )
    parts = obstacle_rows(results, MOST_BLOCKERS)
    caption = "What stands in the way, in three groups; parts add up: a run that two things block counts half for each"
    yield table(["", "share of runs"], parts, caption=caption)
    note = f"and {len(found) - MOST_BLOCKERS:,} more" if len(found) > MOST_BLOCKERS else ""
    ways = table(["what stood in the way", "share of runs, 95 %"], rows, caption="By ways out of each run", note=note)
    yield Folded("By ways out of each run", ways)


def moved(results: Results) -> Iterator[Block]:
    if results.n < LEAST_RUNS:
        yield heading("What moves it", "moved")
        few = f"No input is named by fewer than {LEAST_RUNS:,} runs, and here are {results.n:,}: the largest of many "
        yield paragraph(f"{few}differences is then easily one of chance.")
        return
    drawn, notes, tornado = [], [], ANALYSIS_CHARTS["tornado"]
    for figure in ("signed", "in_force") if is_voted_on(results) else ("signed",):
        try:
            found = sensitivity(results, figure)
        except NoAnswer as reason:
            notes.append(str(reason))
            continue
        if found.note:
            notes.append(found.note)
        else:
            drawn.append(drawing(Rendered.of(f"tornado-{figure}", tornado(found), tornado.table(found))))
    words = "One input at a time, all others varying with it; what two inputs do together is not seen."
    yield heading("What moves it", "moved")
    yield from map(paragraph, (words, *dict.fromkeys(notes)))
    yield from drawn


def provenance(results: Results) -> Iterator[Block]:
    """Report what made the result, and how to reproduce it."""
    facts: list[tuple[str, object]] = [("scenario", results.scenario.id), ("runs", f"{results.n:,}")]
    facts.append(("seed", results.seed))
    for key, value in results.provenance.items():
        entries = value.items() if isinstance(value, Mapping) else ((key, value),)
        facts += [(str(name).replace("_", " "), _plain(one)) for name, one in entries if key not in NOT_LISTED]
    overridden = results.scenario.overrides()
    yield heading("Provenance", "provenance")
    yield paragraph("The same scenario and seed give the same bits on every machine, whatever the number of workers.")
    if overridden:
        yield paragraph(f"{len(overridden):,} overrides: " + "; ".join(map(clean, overridden[:20])) + ".")
    yield table(["what", "<value"], facts, caption="What made this result")
    yield Folded("The scenario as it was played", results.scenario.resolved_text())


def _plain(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return "; ".join(_plain(one) for one in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {one}" for key, one in value.items())
    return str(value)


# The scenario: numbers with sources, central numbers, history.

STATUSES = ("sourced", "mixed", "assumption")
NOT_SAID = "not said"


def numbers(scenario: Scenario) -> Iterator[Block]:
    """Tabulate every number with range, law, status, source and note, and describe the sources."""
    known = scenario.numbers()
    counts = Counter(number.status or NOT_SAID for number in known.values())
    by_status = ", ".join(f"{counts[status]:,} {status}" for status in (*STATUSES, NOT_SAID) if counts[status])
    uncertain = sum(number.uncertain for number in known.values())
    rows = [
        (path, f"{n.value:g}", f"{n.low:g} to {n.high:g}" if n.uncertain else None, n.law if n.uncertain else None,
         n.status, ", ".join(n.source) or None, n.note or None)
        for path, n in known.items()
    ]  # fmt: skip
    heads = ["number", "value", "<range", "<law", "<status", "<source", "<note"]
    yield heading("Numbers and sources", "numbers")
    drawn = f"{uncertain:,} of them have a range and are drawn anew in every run."
    yield paragraph(f"{len(known):,} numbers: {by_status}. {drawn}")
    yield Folded(f"All {len(rows):,} numbers", table(heads, rows, caption="Every number of the scenario"))
    if scenario.sources:
        listed = table(["key", "<source"], map(list, scenario.sources.items()), caption="Sources")
        yield Folded(f"{len(scenario.sources):,} sources", listed)


def theory(scenario: Scenario) -> Iterator[Block]:
    at = portrait(scenario)
    over = ", ".join(party_label(scenario, name) for name in at.solution_parties) or "all that sign"
    words = (
        "No bargaining: every number at its value. A zone is the set of packages that no party who must sign finds "
        f"worse than no deal and that cross no red line of theirs. Solutions are over {over}."
    )
    yield heading("At central numbers", "theory")
    yield paragraph(words)
    yield table_of("Zone of possible agreement, by which red lines count", at.zones)
    folded = [
        ("What each party could sign", "What each party could sign, and its best package", at.best),
        ("Reference solutions", "What theory would pick", at.solutions),
        ("Red lines", "Red lines, with the share of runs in which each is real at the start", at.red_lines),
        ("Proposals", "Proposals: utility to each party, margin over no deal, lines crossed", at.proposals),
    ]
    yield from (Folded(title, table_of(caption, frame)) for title, caption, frame in folded if len(frame))


def history(results: Results) -> Iterator[Block]:
    """Compare the historical record, if any, with the runs and two baselines without bargaining."""
    scenario = results.scenario
    if not scenario.history:
        return
    yield heading("What really happened", "history")
    yield paragraph("What really happened is shown beside the runs; no run depends on it.")
    found = hindsight(results)
    if found is not None:
        yield paragraph(hindsight_words(scenario, found))
        yield _terms_table(scenario, found)
        if len(found.facts):
            heads, caption = ["what", "<happened", "<runs"], "What else can be set side by side"
            yield table(heads, found.facts.to_numpy().tolist(), caption=caption)
    rows = list(_leaves("", scenario.history))
    as_filed = table(["what", "<in the file"], rows, caption="As the file has it")
    yield Folded("All that the file tells of what happened", as_filed)


def hindsight_words(scenario: Scenario, found: Hindsight) -> str:
    """Describe how close the runs come to history, beside the two baselines, and where they miss."""
    means, count = found.errors, len(found.issues)
    of = f"{count} issues" if count == len(scenario.issues) else f"the {count} of {len(scenario.issues)} issues told of"
    if not found.signed:
        return f"No text was signed in any run, so none can be set beside history on {of}."
    names = {"weighted_mean": "the weighted mean of positions", "middle": "the middle of every scale"}
    nearer = either([text for name, text in names.items() if means["runs"] < means[name]], "and")
    text = (
        f"Over {of} the texts signed in the runs lie {means['runs']:.1f} points of 100 in the mean from what was "
        f"signed, the weighted mean of positions {means['weighted_mean']:.1f}, the middle of every scale "
        f"{means['middle']:.1f}. The runs come nearer than {nearer or 'neither'}."
    )
    missed = either([issue_label(scenario, issue) for issue in found.misses], "and")
    text += f" Most of their texts miss it on {missed}." if missed else ""
    mean = {name: number(found.issues[name].mean(), 1 + name.endswith("log")) for name in SCORES}
    return f"{text} Log score {mean['log']}, of random acceptable packages {mean['random_log']} (higher is better); " \
           f"CRPS {mean['crps']} and {mean['random_crps']} points (lower is better)."  # fmt: skip


def _terms_table(scenario: Scenario, found: Hindsight) -> Table:
    rows = []
    for row in found.issues.to_dict("records"):
        happened = f"{row['low']:.0f}" if row["low"] == row["high"] else f"{row['low']:.0f} to {row['high']:.0f}"
        inside, distance = share_with_interval(row["inside"], found.signed), number(row["error"], 1)
        guesses = f"{row['mean']:.0f}", f"{row['mean_error']:.1f}", f"{row['middle_error']:.1f}", *scores_of(row)
        rows.append((issue_label(scenario, row["issue"]), happened, number(row["runs"], 0), inside, distance, *guesses))
    means = found.errors
    guesses = "", f"{means['weighted_mean']:.1f}", f"{means['middle']:.1f}", *scores_of(found.issues[[*SCORES]].mean())
    rows.append(("mean over issues", "", "", "", number(means["runs"], 1), *guesses))
    heads = ("issue", "happened, 0 to 100", "runs, mean", "runs there", "runs, distance", "weighted mean",
             "its distance", "distance of the middle", *SCORES.values())  # fmt: skip
    return table(heads, rows, caption="Terms on the scale of each issue, from one end to the other")


def scores_of(row: Any) -> list[str]:
    """Return log scores and CRPS of an issue, or their means, in the order of `SCORES`."""
    return [number(row[name], 1 + name.endswith("log")) for name in SCORES]


def _leaves(path: str, node: Any) -> Iterator[tuple[str, str]]:
    if isinstance(node, dict):
        for key, below in node.items():
            yield from _leaves(f"{path} {key}".strip().replace("_", " "), below)
    elif isinstance(node, list) and any(isinstance(entry, dict) for entry in node):
        for number, entry in enumerate(node, 1):
            yield from _leaves(f"{path} {number}", entry)
    else:
        yield path, ", ".join(map(str, node)) if isinstance(node, list) else clean(str(node))
