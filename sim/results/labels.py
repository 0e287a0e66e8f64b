"""Labels of what scenarios, results and charts name: outcomes, parties, packages, conditions, obstacles and inputs.

Labels come from a stranger's file: unprintable characters are escaped, and a label stays on one line.
"""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from sim.core.fields import MOST_SHORT
from sim.core.packages import Clause, Condition
from sim.core.wording import shown
from sim.scenario import Scenario

MOST_LABEL = 160  # characters of a label in running text
EVENTS, STAGES = "events", "stages"  # in place of the party in the names of obstacles


class Labels(NamedTuple):
    """The labels of a name: in the cell of a table, as a clause or sentence, and as the title of a mark or panel."""

    short: str
    clause: str
    title: str = ""


ENDINGS = ("no_zone", "deadline", "refused", "in_force", "broke_off")  # new ones last: results store their codes
OUTCOMES = {  # a clause may name the signatories
    "no_zone": Labels("no zone", "no package was acceptable to {}, in any round",
                      "No zone: no package was acceptable to all who must sign"),
    "deadline": Labels("out of time", "some package was acceptable to {}, but the last round passed unsigned",
                       "Time ran out, though some package was acceptable to all who must sign"),
    "broke_off": Labels("broken off", "a party left the talks, since it could expect more elsewhere",
                        "A party broke off the talks"),
    "refused": Labels("refused at home", "a text was signed, and refused at home", "Agreement signed, not ratified"),
    "in_force": Labels("in force", "an agreement was signed and came into force", "Agreement in force"),
}  # fmt: skip
SIGNED = Labels("agreement signed", "an agreement was signed", "Agreement signed")  # in force where there is no vote
CAUSES = {  # why an agreement in force broke, or that it did not
    "none": Labels("collapsed within 60 months; no specific weakness identified",
                   "Its danger was that which every agreement runs."),
    "several": Labels("broke within 60 months, of several faults alike",
                      "Its danger was raised by several faults, none of them the largest."),
    "guarantor_absent": Labels("broke: the guarantor would not act",
                               "Its danger was raised most by a guarantor with too little in it to act."),
    "credibility_lost": Labels("broke: the promise had worn off",
                               "Its danger was raised most by a guarantee that had lost credibility."),
    "not_self_enforcing": Labels("broke: the shift of power undoes it",
                                 "Its danger was raised most by a shift of power."),
    "pull_back_fails": Labels("broke: cheating on the pull-back pays",
                              "Its danger was raised most by a pull-back on whose last step cheating paid."),
    "bought_by_pressure": Labels("broke: pressure had bought it, and faded",
                                 "Its danger was raised most by the pressure that had bought it, as that faded."),
    "held_60": Labels("held for 60 months", ""),
}  # fmt: skip
SOLUTIONS = {
    "nash": "Nash",
    "asymmetric_nash": "Nash, by influence",
    "kalai_smorodinsky": "Kalai-Smorodinsky",
    "kalai_smorodinsky_spread": "Kalai-Smorodinsky, most even",
    "egalitarian": "egalitarian",
    "utilitarian": "utilitarian",
    "nearest_to_mean_position": "nearest to the mean position",
}
BLOCKS = ("giving_way", "mediation", "war", "events", "stages", "ratification", "aftermath")  # beside the talks


def clean(text: object) -> str:
    """Sanitize foreign text to one line, unprintable characters escaped, cut if very long."""
    return shown(text, MOST_LABEL)


def running_text(text: str) -> str:
    """Sanitize running text, unprintable characters escaped, its own line breaks as spaces."""
    words = " ".join(text.split())
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in words)


def either(texts: Iterable[str], last: str = "or") -> str:
    """`a, b or c`."""
    listed = list(texts)
    return f" {last} ".join(part for part in (", ".join(listed[:-1]), listed[-1]) if part) if listed else ""


def issue_label(scenario: Scenario, issue: str) -> str:
    return clean(scenario.issues[issue].label)


def option_label(scenario: Scenario, issue: str, option: str) -> str:
    return clean(scenario.issues[issue].options[option])


def issue_short(scenario: Scenario, issue: str) -> str:
    """Return a short label of an issue: `short` of the file, else its label."""
    return clean(scenario.issues[issue].short or scenario.issues[issue].label)


def option_short(scenario: Scenario, issue: str, option: str) -> str:
    """Return a short label of an option: `short` of the file, else its label if that is short, else its name."""
    spec, label = scenario.issues[issue], scenario.issues[issue].options[option]
    return clean(spec.short_options.get(option) or (label if len(label) <= MOST_SHORT else name_label(option)))


def line_short(scenario: Scenario, full_name: str) -> str:
    """Return a short label of a red line, named `party.id`: `short` of the file, else its id."""
    party, line_id = full_name.split(".", 1)
    line = next(line for line in scenario.parties[party].red_lines if line.id == line_id)
    return clean(line.short or name_label(line_id))


def ratifier_short(scenario: Scenario, name: str) -> str:
    """Return a short label of a ratifier: `short` of the file, else its label."""
    spec = scenario.ratification and scenario.ratification.ratifiers.get(name)
    return clean((spec and (spec.short or spec.label)) or name_label(name))


def party_label(scenario: Scenario, party: str) -> str:
    return clean(scenario.parties[party].label)


def who_signs(scenario: Scenario) -> str:
    """Name those whose consent makes a package acceptable, as in `acceptable to all who sign`."""
    quota = scenario.protocol.parameters.get("quota")
    return "all who sign" if quota is None else f"{quota} of those who sign"


def in_file_order(scenario: Scenario, package: Mapping[str, str]) -> dict[str, str]:
    """Return the options of a package, in the file's order of issues."""
    return {issue: package[issue] for issue in scenario.issues if issue in package}


def condition_label(scenario: Scenario, condition: Condition) -> str:
    """Describe a condition by labels: issues joined by `, and`, options by `or`, conditions of a list by `; or`."""

    def option_text(issue: str, option: str) -> str:
        return f'"{option_label(scenario, issue, option)}"'  # labels are phrases with commas of their own

    return _condition(scenario, condition, lambda issue: issue_label(scenario, issue), option_text)


def condition_names(scenario: Scenario, condition: Condition) -> str:
    """Describe a condition by the names in the file, in the same form."""
    return _condition(scenario, condition, str, lambda issue, option: option)


def _condition(
    scenario: Scenario, condition: Condition, issue_text: Callable[[str], str], option_text: Callable[[str, str], str]
) -> str:
    if not condition.clauses:
        return "in no case"
    clauses = []
    for clause in condition.clauses:
        parts = []
        for issue in scenario.issues:
            if issue in clause:
                options = _options(scenario, issue, clause[issue], option_text)
                parts.append(f"{issue_text(issue)}: {options}")
        clauses.append(", and ".join(parts) or "in all cases")
    return "; or ".join(clauses)


def _options(scenario: Scenario, issue: str, meant: frozenset[str], option_text: Callable[[str, str], str]) -> str:
    """Join options by `or`; where most are meant, `anything but` the others."""
    texts = {option: option_text(issue, option) for option in scenario.issues[issue].options}
    rest = [text for option, text in texts.items() if option not in meant]
    if rest and len(rest) < len(meant) and len(meant) > 2:
        return f"anything but {either(rest)}"
    return either([text for option, text in texts.items() if option in meant])


def red_line_label(scenario: Scenario, full_name: str) -> str:
    """Describe what a red line, named `party.id`, forbids and what lifts it."""
    party, line_id = full_name.split(".", 1)
    line = next(line for line in scenario.parties[party].red_lines if line.id == line_id)
    lifted = f", unless {condition_label(scenario, line.unless)}" if line.unless.clauses else ""
    return f"never {condition_label(scenario, line.never)}{lifted}"


def forbidden_in(scenario: Scenario, full_name: str, package: Mapping[str, str]) -> str:
    """Return the labels of a package's options that a red line forbids, or that an event took off the table."""
    party, line_id = full_name.split(".", 1)
    if party == EVENTS:
        removes = next(event for event in scenario.events if event.id == line_id).removes
        clauses: tuple[Clause, ...] = tuple({issue: frozenset(options)} for issue, options in removes.items())
    elif party == STAGES:
        settled = next(stage for stage in scenario.stages if stage.id == line_id).settles
        clauses = tuple({issue: frozenset(scenario.issues[issue].options) - {settled[issue]}} for issue in settled)
    else:
        clauses = next(line for line in scenario.parties[party].red_lines if line.id == line_id).never.clauses
    met = [clause for clause in clauses if all(package[issue] in clause[issue] for issue in clause)]
    issues = [issue for issue in scenario.issues if any(issue in clause for clause in met)]
    return " and ".join(f'{issue_label(scenario, i)}: "{option_label(scenario, i, package[i])}"' for i in issues)


def blocker_labels(scenario: Scenario, blocker: str) -> list[str]:
    """Describe obstacles, one text for each way out, given `a.line + b.no_deal | c.line`."""
    ways = (members.split(" + ") for members in blocker.split(" | "))
    return [either([_constraint(scenario, one) for one in members], "and") for members in ways]


def ratifier_label(scenario: Scenario, name: str) -> str:
    ratifiers = {} if scenario.ratification is None else scenario.ratification.ratifiers
    return clean((ratifiers[name].label if name in ratifiers else "") or name)


def obstacle_label(scenario: Scenario, name: str) -> str:
    """Describe one obstacle of a `blocker` text briefly, for a table."""
    party, _, what = name.partition(".")
    if party == EVENTS:
        return f"an event, {clean(what)}"
    if party == STAGES:
        return f"a stage, {clean(what)}"
    if party not in scenario.parties:
        return clean(name)
    label = party_label(scenario, party)
    if what in {line.id for line in scenario.parties[party].red_lines}:
        return f"{label}, red line: {line_short(scenario, name)}"
    if what == "no_deal":
        return f"{label}, no-deal value"
    return f"{label}, red line: {name_label(what)}" if what else label  # a line of another result beside this one


BLOCKED = {"no_zone": "No possible deal", "late": "Out of time, or talks left", "refused": "Rejected at home"}


def blocked_label(scenario: Scenario, outcome: str, name: str) -> str:
    """Describe briefly what kept runs from an agreement in force: an obstacle, or who rejected or left."""
    if not name:
        return "nobody named"
    if outcome == "no_zone":
        return obstacle_label(scenario, name)
    if outcome == "refused":
        return ratifier_short(scenario, name)
    who = either([party_label(scenario, party) for party in re.split(r" [+|] ", name)], "and")
    return f"{who} {'left the talks' if outcome == 'broke_off' else 'rejected last'}"


def obstacle_phrase(scenario: Scenario, name: str) -> str:
    """Describe one obstacle in running text that has already named what it forbids."""
    party, _, what = name.partition(".")
    if party == EVENTS:
        return f"what the event {clean(what)} took off the table"
    if party == STAGES:
        return f"what the stage {clean(what)} settled"
    return f"the red line {clean(what)} of {party_label(scenario, party)}"


def _constraint(scenario: Scenario, name: str) -> str:
    party, _, what = name.partition(".")
    if party == EVENTS:
        event = next(event for event in scenario.events if event.id == what)
        return f"what an event took off the table ({clean(event.label or what)})"
    if party == STAGES:
        return f"what a stage settled ({clean(next(each for each in scenario.stages if each.id == what).label)})"
    if scenario.ratification is not None and name in scenario.ratification.ratifiers:
        return clean(scenario.ratification.ratifiers[name].label or name)
    label = party_label(scenario, party)
    if what in {line.id for line in scenario.parties[party].red_lines}:
        return f"the red line {what} of {label} ({red_line_label(scenario, name)})"
    return f"what no deal is worth to {label}" if what else label


# Uncertain inputs: their paths as labels, and their values with the digits that their range allows.

INPUTS = {  # labels by path, with places for names of the file
    "time.rounds": "number of rounds until the deadline",
    "time.days_per_round": "days from one round to the next",
    "parties.{party}.no_deal": "no-deal value of {party}",
    "parties.{party}.discount_per_month": "monthly discount of {party}",
    "parties.{party}.foresight": "chance that {party} looks ahead",
    "parties.{party}.looks_ahead": "{party} looks past the signature",
    "parties.{party}.refusal_cost": "what a text refused at home costs {party}",
    "parties.{party}.walk_away": "what walking away is worth to {party}",
    "parties.{party}.influence": "influence of {party}",
    "parties.{party}.weights.{issue}": "weight of {issue} for {party}",
    "parties.{party}.values.{issue}.{option}": 'points of {party} for {issue}: "{option}"',
    "parties.{party}.red_lines.{line}.real": 'red line "{line}" of {party} is real',
    "parties.{party}.red_lines.{line}.{rest}": '{rest} of the red line "{line}" of {party}',
    "parties.{party}.linkages.{linkage}.{rest}": 'what the linkage "{linkage}" adds for {party}',
    "parties.{party}.strategy.{rest}": "{rest} of the strategy of {party}",
    "parties.{party}.{rest}": "{rest} of {party}",
    "issues.{issue}.deliverable.{option}.{rest}": 'chance that {issue}: "{option}" is delivered',
    "ratification.ratifiers.{ratifier}.support": "support in {ratifier}",
    "ratification.ratifiers.{ratifier}.months": "months until {ratifier} votes",
    "ratification.ratifiers.{ratifier}.{rest}": "{ratifier}, {rest}",
    "giving_way.per_month": "monthly pace at which red lines give way",
    "giving_way.lever_adds": "what a lever adds to the pace at which red lines give way",
    "mediation.levers.{lever}.lowers_no_deal_by": 'what the lever "{lever}" takes off no deal',
    "events.{event}.commits.costs_per_step": 'cost of a step back from the public word "{event}"',
    "events.{event}.at.chance": 'chance of the event "{event}"',
    "events.{event}.chance_per_month": 'monthly chance of the event "{event}"',
    "war.front.drift_per_month": "monthly drift of the front",
    "war.front.no_deal_per_1000_km2.{party}": "what 1,000 km2 of front add to the no-deal value of {party}",
    "war.no_deal_falls_per_month.{party}": "what a month of war takes off the no-deal value of {party}",
    "war.outages.no_deal_per_million_household_weeks.{party}":
        "what a million household-weeks without power add to the no-deal value of {party}",
    "war.cost_per_month.{party}": "what a month of war costs {party}",
    "stages.{stage}.months": 'months that the stage "{stage}" lasts',
    "stages.{stage}.gains.{party}": 'what agreeing on the stage "{stage}" adds for {party}',
    "stages.{stage}.breaks_per_month": 'monthly chance that the stage "{stage}" breaks',
}  # fmt: skip
_INPUTS = [
    (re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^.]+)", path.replace(".", r"\.")).replace("<rest>[^.]", "<rest>.")), words)
    for path, words in INPUTS.items()
]
UNITS = {"per_month": "a month", "per_year": "a year"}


def input_label(scenario: Scenario, path: str) -> str:
    """Describe an input, as in `no-deal value of Russia`; for a red line's hardness, that it is real.

    Other paths are read out: blocks from the outside in, names of the file by their labels.
    """
    for pattern, words in _INPUTS:
        found = pattern.fullmatch(path)
        if found:
            names = found.groupdict()
            return words.format(**{kind: _label(scenario, kind, names) for kind in names})
    block, *rest = path.split(".")
    return f"{name_label(block)}: {', '.join(_label(scenario, 'party', {'party': part}) for part in rest)}"


def _label(scenario: Scenario, kind: str, names: Mapping[str, str]) -> str:
    name, ratifiers = names[kind], scenario.ratification.ratifiers if scenario.ratification else {}
    if kind == "issue":
        return issue_label(scenario, name)
    if kind == "option":
        return option_label(scenario, names["issue"], name)
    if kind == "rest":
        return ", ".join(map(name_label, name.split(".")))
    if kind == "ratifier" and name in ratifiers:
        return clean(ratifiers[name].label or name)
    return party_label(scenario, name) if kind == "party" and name in scenario.parties else name_label(name)


def name_label(name: str) -> str:
    for unit, words in UNITS.items():
        name = re.sub(f"_{unit}$", f" {words}", name)
    return clean(name.replace("_", " "))


def digits_of_range(low: float, high: float) -> int:
    """Return the decimals of a value in a range: steps of a tenth to a hundredth of its width."""
    width = abs(high - low)
    return 2 if not width > 0 or not math.isfinite(width) else max(0, 1 - math.floor(math.log10(width) + 1e-9))


def rounded(value: float, low: float, high: float, toward: Callable[[float], float] = round) -> float:
    """Round a value to the digits that its input's range allows: to the nearest, or by `math.floor` or `math.ceil`."""
    width = abs(high - low)
    if not width > 0 or not math.isfinite(width):
        return value
    step = 10.0 ** (math.floor(math.log10(width) + 1e-9) - 1)
    return round(toward(value / step) * step, digits_of_range(low, high))


def value_label(value: float, low: float, high: float) -> str:
    """Format a value with the digits that the range of its input allows."""
    return f"{rounded(value, low, high):,.{digits_of_range(low, high)}f}"


def numbers_by_status(scenario: Scenario) -> dict[str, int]:
    """Count the numbers of a scenario by status; `unmarked` are those without one."""
    counts = dict.fromkeys(("sourced", "mixed", "assumption", "unmarked"), 0)
    for number in scenario.numbers().values():
        counts[number.status or "unmarked"] += 1
    return counts


def status_text(scenario: Scenario) -> str:
    """`12 sourced, 44 mixed, 180 assumed, 3 not marked; 90 with a range`."""
    counts = numbers_by_status(scenario)
    ranges = sum(number.uncertain for number in scenario.numbers().values())
    marked = f"{counts['sourced']} sourced, {counts['mixed']} mixed, {counts['assumption']} assumed"
    return f"{marked}, {counts['unmarked']} not marked; {ranges} with a range"
