"""Scenario names in words: packages, conditions and what stands in the way, as a reader would say them.

Labels come from a stranger's file: whatever is printed has its unprintable characters escaped, and stays on one line.
"""

from collections.abc import Callable, Iterable, Mapping

from sim.core.packages import Clause, Condition
from sim.scenario import Scenario
from sim.scenario.messages import shown

MOST_LABEL = 160  # characters of a label in running text
EVENTS = "events"  # stands for the party in the name of what an event took off the table


def clean(text: object) -> str:
    """Foreign text on one line, unprintable characters escaped, cut if very long."""
    return shown(text, MOST_LABEL)


def running_text(text: str) -> str:
    """Running text, unprintable characters escaped, its own line breaks taken as spaces."""
    words = " ".join(text.split())
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in words)


def either(texts: Iterable[str], last: str = "or") -> str:
    """`a, b or c`."""
    listed = list(texts)
    return f" {last} ".join(part for part in (", ".join(listed[:-1]), listed[-1]) if part) if listed else ""


def issue_label(scenario: Scenario, issue: str) -> str:
    """What the file calls an issue."""
    return clean(scenario.issues[issue].label)


def option_label(scenario: Scenario, issue: str, option: str) -> str:
    """What the file calls an option."""
    return clean(scenario.issues[issue].options[option])


def party_label(scenario: Scenario, party: str) -> str:
    """What the file calls a party."""
    return clean(scenario.parties[party].label)


def who_signs(scenario: Scenario) -> str:
    """Whose consent makes a package acceptable, as in `acceptable to all who sign`."""
    quota = scenario.protocol.parameters.get("quota")
    return "all who sign" if quota is None else f"{quota} of those who sign"


def in_file_order(scenario: Scenario, package: Mapping[str, str]) -> dict[str, str]:
    """The options of a package, in the order in which the file names the issues."""
    return {issue: package[issue] for issue in scenario.issues if issue in package}


def condition_words(scenario: Scenario, condition: Condition) -> str:
    """A condition by its labels: issues joined by `, and`, options by `or`, conditions of a list by `; or`."""

    def option_text(issue: str, option: str) -> str:
        return f'"{option_label(scenario, issue, option)}"'  # labels are phrases with commas of their own

    return _said(scenario, condition, lambda issue: issue_label(scenario, issue), option_text)


def condition_names(scenario: Scenario, condition: Condition) -> str:
    """A condition by the names that the file uses, in the same form."""
    return _said(scenario, condition, str, lambda issue, option: option)


def _said(
    scenario: Scenario, condition: Condition, issue_text: Callable[[str], str], option_text: Callable[[str, str], str]
) -> str:
    if not condition.clauses:
        return "in no case"
    clauses = []
    for clause in condition.clauses:
        parts = []
        for issue in scenario.issues:
            if issue in clause:
                options = _options_said(scenario, issue, clause[issue], option_text)
                parts.append(f"{issue_text(issue)}: {options}")
        clauses.append(", and ".join(parts) or "in all cases")
    return "; or ".join(clauses)


def _options_said(scenario: Scenario, issue: str, meant: frozenset[str], option_text: Callable[[str, str], str]) -> str:
    """Options joined by `or`; where most are meant, `anything but` the others."""
    texts = {option: option_text(issue, option) for option in scenario.issues[issue].options}
    rest = [text for option, text in texts.items() if option not in meant]
    if rest and len(rest) < len(meant) and len(meant) > 2:
        return f"anything but {either(rest)}"
    return either([text for option, text in texts.items() if option in meant])


def line_words(scenario: Scenario, full_name: str) -> str:
    """What a red line, named `party.id`, forbids and what lifts it."""
    party, line_id = full_name.split(".", 1)
    line = next(line for line in scenario.parties[party].red_lines if line.id == line_id)
    lifted = f", unless {condition_words(scenario, line.unless)}" if line.unless.clauses else ""
    return f"never {condition_words(scenario, line.never)}{lifted}"


def forbidden_in(scenario: Scenario, full_name: str, package: Mapping[str, str]) -> str:
    """The options of a package that a red line forbids, or that an event took off the table, by their labels."""
    party, line_id = full_name.split(".", 1)
    if party == EVENTS:
        removes = next(event for event in scenario.events if event.id == line_id).removes
        clauses: tuple[Clause, ...] = tuple({issue: frozenset(options)} for issue, options in removes.items())
    else:
        clauses = next(line for line in scenario.parties[party].red_lines if line.id == line_id).never.clauses
    met = [clause for clause in clauses if all(package[issue] in clause[issue] for issue in clause)]
    issues = [issue for issue in scenario.issues if any(issue in clause for clause in met)]
    return " and ".join(f'{issue_label(scenario, i)}: "{option_label(scenario, i, package[i])}"' for i in issues)


def blocker_words(scenario: Scenario, blocker: str) -> list[str]:
    """What stood in the way, one text for each way out: `a.line + b.no_deal | c.line` in words."""
    ways = (members.split(" + ") for members in blocker.split(" | "))
    return [either([_constraint(scenario, one) for one in members], "and") for members in ways]


def obstacle_words(scenario: Scenario, name: str) -> str:
    """One obstacle of a `blocker` text in few words, for a table."""
    party, _, what = name.partition(".")
    if party == EVENTS:
        return f"an event, {clean(what)}"
    if party not in scenario.parties:
        return clean(name)
    label = party_label(scenario, party)
    lines = {line.id for line in scenario.parties[party].red_lines}
    return f"{label}, red line {what}" if what in lines else f"{label}, worth of no deal" if what else label


def obstacle_said(scenario: Scenario, name: str) -> str:
    """One obstacle in running text, where what it forbids has been told."""
    party, _, what = name.partition(".")
    if party == EVENTS:
        return f"what the event {clean(what)} took off the table"
    return f"the red line {clean(what)} of {party_label(scenario, party)}"


def _constraint(scenario: Scenario, name: str) -> str:
    party, _, what = name.partition(".")
    if party == EVENTS:
        event = next(event for event in scenario.events if event.id == what)
        return f"what an event took off the table ({clean(event.label or what)})"
    if scenario.ratification is not None and name in scenario.ratification.ratifiers:
        return clean(scenario.ratification.ratifiers[name].label or name)
    label = party_label(scenario, party)
    if what in {line.id for line in scenario.parties[party].red_lines}:
        return f"the red line {what} of {label} ({line_words(scenario, name)})"
    return f"what no deal is worth to {label}" if what else label
