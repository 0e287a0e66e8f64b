"""The page of one result: question, headline, how far runs got, packages, obstacles, numbers, provenance."""

from collections.abc import Mapping
from typing import Any

from sim.analysis.figures import NoAnswer
from sim.analysis.layout import percent, share_with_interval
from sim.analysis.sensitivity import sensitivity
from sim.analysis.words import blocker_words, clean, either, issue_label, option_label, party_label
from sim.charts import ANALYSIS_CHARTS, CHARTS
from sim.charts.chart import svg_text
from sim.report.blocks import Drawing, Section, drawing, drawn_as, grid
from sim.report.page import page
from sim.report.scenario_parts import history_section, issues_grid, numbers_section, parties_grid, theory_section
from sim.results.drivers import funnel
from sim.results.figures import STAGES
from sim.results.results import Results
from sim.results.stages import is_voted_on, stages
from sim.scenario import Scenario
from sim.scenario.messages import counted

MOST_BLOCKERS = 12
NOT_TOLD = ("seed", "asked", "complete")  # of the provenance: told above, or true of the folder and not of the result
CHART_SECTIONS = {"talks": "The talks", "after": "Time and harm", "charts": "More charts"}  # by group of their charts


def result_page(results: Results, svgs: Mapping[str, str] | None = None) -> str:
    """One HTML page that tells a result, with every chart that applies.

    Args:
        results: Of one scenario.
        svgs: Charts that are drawn already, as SVG by name; the others are drawn now.
    """
    scenario = results.scenario
    drawn = {name: _chart(results, name, svgs or {}) for name, chart in CHARTS.items() if chart.applies(results)}
    parts = [
        headline_section(results),
        funnel_section(results, drawn),
        packages_section(results, drawn),
        blockers_section(results),
        moved_section(results),
        *chart_sections(drawn),
        history_section(results),
        theory_section(scenario),
        numbers_section(scenario),
        provenance_section(results),
    ]
    shown = [part for part in parts if part is not None and (part.paragraphs or part.grids or part.drawings)]
    kicker = f"{scenario.id}, as of {scenario.as_of}" if scenario.as_of else scenario.id
    return page(scenario.title, kicker, (scenario.about, _absent(scenario)), shown, scenario.disclaimer)


def _chart(results: Results, name: str, svgs: Mapping[str, str]) -> Drawing:
    chart = CHARTS[name]
    return drawn_as(name, svgs.get(name) or svg_text(chart(results)), chart.table(results))


def _group(drawn: Mapping[str, Drawing], group: str) -> tuple[Drawing, ...]:
    return tuple(drawing for name, drawing in drawn.items() if CHARTS[name].group == group)


def chart_sections(drawn: Mapping[str, Drawing]) -> list[Section]:
    """A section for each group of charts that no other section shows."""
    groups = dict.fromkeys((*CHART_SECTIONS, *(CHARTS[name].group for name in drawn)))
    titles = {group: CHART_SECTIONS.get(group, group.replace("_", " ").capitalize()) for group in groups}
    return [
        Section(group, title, drawings=_group(drawn, group))
        for group, title in titles.items()
        if group not in ("funnel", "packages")
    ]


def _absent(scenario: Scenario) -> str:
    return f"Not at the table: {', '.join(scenario.not_at_the_table)}." if scenario.not_at_the_table else ""


def headline_section(results: Results) -> Section:
    """The question and the answer in a few sentences, each share with n, interval and what moves it most."""
    scenario, facts = results.scenario, results.summary()
    sides = either([party_label(scenario, name) for name in scenario.parties], "and")
    asked = f"Which packages can {sides} agree on, and who stands in the way of the rest?"
    answer = [
        f"{counted(results.n, 'run')}, seed {results.seed}. Some package was acceptable to all who must sign it in "
        f"{_share(facts, 'zone', results.n)} of runs in the first round; a text was signed in "
        f"{_share(facts, 'agreement', results.n)}{_what_became(results)}."
    ]
    if facts["agreements"]:
        answer.append(_most_frequent(scenario, facts, results.n))
        answer.append(f"Half of the texts were signed by month {facts['median_month']:.1f}.")
    else:
        answer.append("No text was signed in any run.")
    answer.append(_moved(results))
    table = parties_grid(scenario, results.parties())
    return Section("headline", "In short", (asked, " ".join(filter(None, answer))), (table, issues_grid(scenario)))


def _what_became(results: Results) -> str:
    """A signature is not the whole answer: how many texts are in force, and still hold, where that is told."""
    told = {step.name: step for step in stages(results) if step.kind == "stage"}
    words = {"in_force": "is in force in", "held_60": "still holds after 60 months in"}
    shares = {name: share_with_interval(told[name].share, results.n) for name in words if name in told}
    parts = [f"{words[name]} {share}" for name, share in shares.items()]
    return f", an agreement {either(parts, 'and')}" if parts else ""


def _share(facts: Mapping[str, Any], key: str, n: int) -> str:
    return share_with_interval(facts[f"{key}_share"], n)


def _most_frequent(scenario: Scenario, facts: Mapping[str, Any], n: int) -> str:
    issues = scenario.headline or tuple(scenario.issues)
    options = zip(issues, str(facts["most_frequent"]).split("/"), strict=True)
    text = "; ".join(f"{issue_label(scenario, one)}: {option_label(scenario, one, name)}" for one, name in options)
    return f"Signed most often, in {percent(facts['most_frequent_share'], n)} of runs: {text}."


def _moved(results: Results) -> str:
    """What moves the share of signed texts most."""
    table = funnel(results)
    row = table[(table["kind"] == "stage") & (table["name"] == "signed") & table["moved_by"].notna()]
    if not len(row):
        return ""
    one = row.iloc[0]
    number = results.scenario.numbers().get(str(one["moved_by"]))
    status = f" ({number.status})" if number is not None and number.status else ""
    third = results.n // 3
    return (
        f"The number that moves this share most is {one['moved_by']}{status}: where it is lowest, a text is signed in "
        f"{percent(float(one['where_low']), third)} of runs, where it is highest in "
        f"{percent(float(one['where_high']), third)}."
    )


def funnel_section(results: Results, drawn: Mapping[str, Drawing]) -> Section:
    """How far runs got, with what moves each stage."""
    table = funnel(results)
    rows = [
        (STAGES[str(row["name"])].heading, share_with_interval(row["share"], int(row["n"])), row["moved_by"],
         percent(row["where_low"], results.n // 3), percent(row["where_high"], results.n // 3))
        if isinstance(row["moved_by"], str)
        else (STAGES[str(row["name"])].heading, share_with_interval(row["share"], int(row["n"])), None, None, None)
        for row in table[table["kind"] == "stage"].to_dict("records")
    ]  # fmt: skip
    heads = ("stage", "share of runs, 95 %", "moved most by", "where it is lowest", "where it is highest")
    grids = (grid("How far runs got, and the number of the file that moves each stage most", heads, rows, {1, 3, 4}),)
    return Section("funnel", "How far runs get", (), grids, _group(drawn, "funnel"))


def packages_section(results: Results, drawn: Mapping[str, Drawing]) -> Section:
    """What was signed, in words."""
    table, scenario = results.packages(), results.scenario
    issues = scenario.headline or tuple(scenario.issues)
    rows = [
        (*(option_label(scenario, issue, str(row[issue])) for issue in issues),
         share_with_interval(row["share"], results.n))
        for row in table.head(12).to_dict("records")
    ]  # fmt: skip
    heads = (*(issue_label(scenario, issue) for issue in issues), "share of runs, 95 %")
    grids = (grid("Packages signed most often, by headline issues", heads, rows, {len(issues)}),) if rows else ()
    said = f"{len(table):,} different packages by headline issues were signed." if rows else "Nothing was signed."
    return Section("packages", "Which packages", (said,), grids, _group(drawn, "packages"))


def blockers_section(results: Results) -> Section:
    """What stood in the way of the runs without a deal, in words."""
    table = results.blockers()
    rows = [
        ("; or ".join(blocker_words(results.scenario, row["blocker"])), share_with_interval(row["share"], results.n))
        for row in table.head(MOST_BLOCKERS).to_dict("records")
    ]
    if not rows:
        return Section("blockers", "What stands in the way", ("Every run ended with an agreement in force.",))
    said = (
        "In runs without a zone: the smallest sets of no-deal worths and red lines whose removal would open one. With "
        "a zone and no deal: who refused the last offer. After a signature: who refused it at home."
    )
    heads = ("what stood in the way", "share of runs, 95 %")
    note = f"and {len(table) - MOST_BLOCKERS:,} more" if len(table) > MOST_BLOCKERS else ""
    told = grid("By what stood in the way", heads, rows, {1}, note)
    return Section("blockers", "What stands in the way", (said,), (told,))


def moved_section(results: Results) -> Section:
    """Which inputs the shares hang on most, beside inputs that do nothing."""
    drawn, notes, tornado = [], [], ANALYSIS_CHARTS["tornado"]
    for figure in ("signed", "in_force") if is_voted_on(results) else ("signed",):
        try:
            told = sensitivity(results, figure)
        except NoAnswer as reason:
            notes.append(str(reason))
            continue
        if told.note:
            notes.append(told.note)
            continue
        drawn.append(drawing(f"tornado-{figure}", tornado(told), tornado.table(told)))
    words = "One input at a time, all others varying with it; what two inputs do together is not seen."
    return Section("moved", "What moves it", (words, *dict.fromkeys(notes)), drawings=tuple(drawn))


def provenance_section(results: Results) -> Section:
    """What made the result, and how to make it again."""
    facts: list[tuple[str, object]] = [("scenario", results.scenario.id), ("runs", f"{results.n:,}")]
    facts.append(("seed", results.seed))
    for key, value in results.provenance.items():
        if key in NOT_TOLD:
            continue
        for name, one in value.items() if isinstance(value, Mapping) else ((key, value),):
            facts.append((str(name).replace("_", " "), _plain(one)))
    table = grid("What made this result", ("what", "value"), facts)
    overridden = results.scenario.overrides()
    said = ["The same scenario and seed give the same bits on every machine, whatever the number of workers."]
    if overridden:
        said.append(f"{len(overridden):,} overrides: " + "; ".join(map(clean, overridden[:20])) + ".")
    text = ("The scenario as it was played", results.scenario.resolved_text())
    return Section("provenance", "Provenance", tuple(said), (table,), text=text)


def _plain(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return "; ".join(_plain(one) for one in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {one}" for key, one in value.items())
    return str(value)


