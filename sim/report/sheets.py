"""A role sheet as a document: what one party knows before talks, without the private information of the others."""

from collections.abc import Iterator
from string import ascii_lowercase
from typing import Any

from sim.analysis.sheets import RoleSheet
from sim.core.packages import ALWAYS, NEVER, Condition
from sim.core.utility import DAYS_PER_MONTH
from sim.core.wording import counted
from sim.report.document import Block, bullets, heading, paragraph, paragraphs, table
from sim.report.page import page
from sim.report.plain import pick, plain
from sim.results.labels import clean, either, issue_label, option_label, party_label, running_text
from sim.scenario import Number, Scenario

FIRMNESS = ((1.0, "absolute"), (0.85, "very firm"), (0.6, "firm"), (0.35, "open to pressure"), (0.0, "soft"))
READING = (
    "Confidential: for those who play this party alone. The other parties have sheets of their own. Numbers are those "
    "of the scenario file, many of them assumptions; playing a party is not agreeing with it."
)


def sheet_page(sheet: RoleSheet) -> str:
    """Make the sheet as one HTML document that prints on two pages."""
    scenario, blocks = sheet.scenario, document(sheet)
    about = [clean(scenario.title), running_text(scenario.about), _when(sheet)]
    title = f"Role sheet: {party_label(scenario, sheet.party)}"
    return page(title, "Confidential", about, blocks, scenario.disclaimer, READING)


def data(sheet: RoleSheet) -> dict[str, Any]:
    own = sheet.scenario.parties[sheet.party]
    return {
        "scenario": sheet.scenario.id,
        "party": sheet.party,
        "weights": {issue: plain(weight) for issue, weight in own.weights.items()},
        "no_deal": plain(own.no_deal),
        "scores": plain(sheet.scores),
        "red_lines": [pick(line, "id hardness") for line in own.red_lines],
        "ratifiers": list(sheet.ratifiers),
    }


def document(sheet: RoleSheet) -> Iterator[Block]:
    scenario, own = sheet.scenario, sheet.scenario.parties[sheet.party]
    yield heading(f"You are {clean(own.label)}")
    others = [party_label(scenario, name) for name in scenario.parties if name != sheet.party]
    speakers = f", represented by {either(map(clean, own.speakers), 'and')}" if own.speakers else ""
    yield from paragraphs(
        f"{'A ' + own.kind if own.kind else 'A party'} in these talks{speakers}. Also at the table: "
        f"{either(others, 'and') or 'nobody'}.",
        f"Affected, but not at the table: {either(map(clean, scenario.not_at_the_table), 'and')}."
        if scenario.not_at_the_table else "",
    )  # fmt: skip
    yield from _alternative(sheet)
    yield heading("Your interests, and what each option is worth to you")
    codes, rows = _codes(scenario), list[list[str]]()
    for number, (issue, options) in enumerate(sheet.scores.groupby("issue", sort=False), 1):
        most = f"of {100 * float(own.weights[str(issue)]):.3g}"
        rows.append([f"{number}. {issue_label(scenario, str(issue)).upper()}", "of 100", most])
        for row in options.to_dict("records"):
            label = option_label(scenario, row["issue"], row["option"])
            code = codes[row["issue"], row["option"]]
            rows.append([f"{code} {label}", f"{row['points']:.0f}", f"{row['adds']:.1f}"])
    yield table(["", "your points", "adds"], rows)
    yield from paragraphs(
        "An agreement takes one option of each issue. It is worth the sum of what these add: points times the weight "
        "of the issue, at most 100.",
        *(f"{codes[issue, option]} may turn out impossible to deliver, and is then worth as "
          f"{codes[issue, each.otherwise]}; chance that it can be had: {each.chance}."
          for issue, spec in scenario.issues.items() for option, each in spec.deliverable.items()),
    )  # fmt: skip
    if own.linkages:
        yield paragraph("Combinations that are worth more or less to you than their parts:", 2)
        yield bullets([f"{_coded(scenario, each.when)}: {100 * float(each.adds):+.1f}" for each in own.linkages])
    if own.red_lines:
        yield heading("Your red lines")
        rows = [
            [f"Never {_coded(scenario, line.never)}"
             f"{f', unless {_coded(scenario, line.unless)}' if line.unless.clauses else ''}"
             f"{f' ({running_text(line.because)})' if line.because else ''}", _firmness(line.hardness)]
            for line in own.red_lines
        ]  # fmt: skip
        yield table(["", "<firmness"], rows)
        yield from paragraphs("Firmness is how likely the line is real, from 0 (a bluff) to 1 (you cannot cross it).")
    yield from _rules(sheet)


def _when(sheet: RoleSheet) -> str:
    time, start = sheet.scenario.time, sheet.scenario.as_of
    months = time.rounds * time.days_per_round / DAYS_PER_MONTH
    date = f"Talks begin on {start.isoformat()}. " if start else ""
    return f"{date}Deadline: {counted(time.rounds, 'round')}, about {months:.0f} months. Then there is no deal."


def _alternative(sheet: RoleSheet) -> Iterator[Block]:
    own = sheet.scenario.parties[sheet.party]
    yield heading("Your no-deal value (BATNA)")
    wait, leave = 1 - float(own.discount_per_month), own.walk_away
    yield from paragraphs(
        f"If nothing is agreed you are left with {_of_hundred(own.no_deal)} on the scale of 0 to 100 below. A package "
        "that is worth less to you is worse than no deal.",
        f"Each month of waiting costs you about {100 * wait:.1f} % of what an agreement is worth." if wait > 0 else "",
        f"You may leave the talks: that is worth {_of_hundred(leave)} to you." if leave else "",
    )


def _rules(sheet: RoleSheet) -> Iterator[Block]:
    scenario = sheet.scenario
    yield heading("Who signs, and who must agree at home")
    signing = []
    for name, party in scenario.parties.items():
        if party.signs == ALWAYS:
            signing.append(f"{party_label(scenario, name)} must sign every agreement.")
        elif party.signs != NEVER:
            which = _coded(scenario, party.signs)
            signing.append(f"{party_label(scenario, name)} must sign an agreement with {which}.")
    for body in sheet.ratifiers.values():
        takes = either([
            f"at least {vote.at_least}" if vote.at_least is not None else f"more than {vote.more_than}"
            for vote in body.votes
        ], "and")  # fmt: skip
        which = "" if body.when == ALWAYS else f", on agreements with {_coded(scenario, body.when)}"
        signing.append(
            f"At home: {clean(body.label)} votes afterwards{which}. It takes {takes} in favour; expected before what "
            f"the agreement adds: {100 * float(body.support):.0f} %."
        )
    yield bullets(signing or ["Nobody has to sign or to vote."])
    rules = [
        f"{_coded(scenario, rule.if_)} only with {_coded(scenario, rule.then)}"
        for rule in scenario.consistency
    ]
    if rules:
        yield heading("What goes together only this way")
        yield from paragraphs(". ".join(rules) + ".")


def _codes(scenario: Scenario) -> dict[tuple[str, str], str]:
    """Return a short code for each option, such as `3b`: the second of the third issue."""
    return {
        (issue, option): f"{number}{ascii_lowercase[place] if place < 26 else f'.{place + 1}'}"
        for number, (issue, spec) in enumerate(scenario.issues.items(), 1)
        for place, option in enumerate(spec.options)
    }


def _coded(scenario: Scenario, condition: Condition) -> str:
    codes = _codes(scenario)
    clauses = [
        ", and ".join(
            either([codes[issue, option] for option in spec.options if option in clause[issue]])
            for issue, spec in scenario.issues.items()
            if issue in clause
        )
        for clause in condition.clauses
    ]
    return "; or ".join(clause or "any" for clause in clauses) or "nothing"


def _of_hundred(number: Number) -> str:
    spread = f" ({100 * number.low:.3g} to {100 * number.high:.3g})" if number.uncertain else ""  # type: ignore[operator]
    return f"{100 * float(number):.3g}{spread}"


def _firmness(hardness: Number) -> str:
    word = next(word for least, word in FIRMNESS if float(hardness) >= least)
    return f"{word}, {hardness}"
