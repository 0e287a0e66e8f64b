"""What must hold between the keys of the blocks beside the talks: names that exist, and what one needs of another.

As in `checks`, the tree is read, so that all faults are told at once; what is of the wrong shape is passed over.
"""

import re
from collections.abc import Callable, Iterable, Sequence

from sim.core.utility import DAYS_PER_MONTH
from sim.scenario.aftermath_blocks import AT_CHANGE, AWAY_FROM, PowerShiftModel
from sim.scenario.aftermath_parts import issues_with, issues_with_all
from sim.scenario.block_numbers import block_numbers
from sim.scenario.block_shapes import Open, is_table
from sim.scenario.checks import (
    Names,
    check_condition,
    check_ids,
    check_names,
    check_table,
    entries,
    keys,
    members,
    number_of,
)
from sim.scenario.event_blocks import BOTH
from sim.scenario.messages import Faults, closest, counted, listed, meant, quoted, shown
from sim.scenario.nodes import MappingNode, Node, ScalarNode, SequenceNode
from sim.scenario.paths import entry_id, get, parse_path
from sim.scenario.validation import key_mark, validate
from sim.scenario.war_blocks import FrontModel, sides_of


def check_keys(node: Node | None, known: Sequence[str], what: str, faults: Faults, path: str) -> None:
    """Tell keys of a mapping that are none of the names known."""
    for key in node.items if isinstance(node, MappingNode) else ():
        assert isinstance(node, MappingNode)
        if key not in known:
            faults.add(node.keys[key], f"no {what} is called {quoted(key)}{meant(key, known)}", path)


def check_party_tables(node: Node | None, names: Names, faults: Faults, path: str) -> None:
    """Tell keys of a mapping that are no parties."""
    check_keys(node, names.parties, "party", faults, path)


def check_option_tables(node: Node | None, names: Names, faults: Faults, path: str) -> None:
    """Tell keys that are no issues, and below them keys that are no options of these."""
    check_keys(node, list(names.options), "issue", faults, path)
    for issue, table in entries(node):
        if issue in names.options:
            check_keys(table, names.options[issue], f"option of {issue}", faults, f"{path}.{shown(issue)}")


def check_open(model: type[Open], node: Node | None, faults: Faults, path: str) -> list[str]:
    """Check the keys that a model leaves open; returns those that look as they should."""
    read: list[str] = []
    for key, value in entries(node):
        assert isinstance(node, MappingNode)
        if key in model.model_fields:
            continue
        if re.fullmatch(model.pattern, key):
            validate(model.kind, value, faults, f"{path}.{shown(key)}")
            read.append(key)
        else:
            known = [*model.model_fields, model.hint]
            faults.add(node.keys[key], f"unknown key {quoted(key)}{meant(key, known)}", path)
    return read


def check_ratification(block: Node | None, names: Names, faults: Faults) -> None:
    """Tell everything that is wrong between the keys of `ratification`."""
    milestones = get(block, "milestones")
    for name, milestone in entries(milestones):
        _check_milestone(milestone, keys(milestones), names, faults, f"ratification.milestones.{shown(name)}")
    _check_circles(milestones, faults)
    for name, ratifier in entries(get(block, "ratifiers")):
        _check_ratifier(ratifier, keys(milestones), names, faults, f"ratification.ratifiers.{shown(name)}")


def _check_ratifier(node: Node, milestones: list[str], names: Names, faults: Faults, path: str) -> None:
    check_names(get(node, "party"), names.parties, "party", faults, f"{path}.party")
    for key in ("when", "barred_when"):
        check_condition(get(node, key), names, faults, f"{path}.{key}")
    check_option_tables(get(node, "shifts"), names, faults, f"{path}.shifts")
    check_ids(get(node, "votes"), f"{path}.votes", "vote", faults)
    for where, vote in members(get(node, "votes"), f"{path}.votes"):
        check_condition(get(vote, "when"), names, faults, f"{where}.when")
        check_names(get(vote, "needs"), milestones, "milestone", faults, f"{where}.needs")


def _check_milestone(node: Node, milestones: list[str], names: Names, faults: Faults, path: str) -> None:
    by, months = get(node, "by"), get(node, "months")
    check_names(by, list(names.options), "issue", faults, f"{path}.by")
    check_names(get(node, "after"), milestones, "milestone", faults, f"{path}.after")
    if months is None:
        return
    table = isinstance(months, MappingNode) and is_table(months.items)
    at = key_mark(node, "months", months)
    if by is None and table:
        said = "months by option need the issue whose options these are; add `by: ISSUE`"
        faults.add(at, said, f"{path}.months")
    elif isinstance(by, ScalarNode) and not table:
        said = f"months for each option of {shown(by.text)} would do; for one number take out `by`"
        faults.add(at, said, f"{path}.months")
    elif isinstance(by, ScalarNode) and isinstance(months, MappingNode) and by.text in names.options:
        options, of = names.options[by.text], f"option of {by.text}"
        check_table(months, options, of, "no months for", node, "months", faults, f"{path}.months")


def _check_circles(milestones: Node | None, faults: Faults) -> None:
    """Tell milestones that wait for one another, each circle once."""
    told: set[str] = set()
    for start in keys(milestones):
        walked: list[str] = []
        name: str | None = start
        while name is not None and name not in walked:
            walked.append(name)
            after = get(milestones, name, "after")
            name = after.text if isinstance(after, ScalarNode) else None
        if name is None or name in told:
            continue
        circle = walked[walked.index(name) :]
        told.update(circle)
        after = get(milestones, circle[0], "after")
        assert after is not None
        who = f"{listed(circle)} wait for one another" if len(circle) > 1 else f"{shown(name)} waits for itself"
        said = f"{who}; let one of them follow the signature: take out its `after`"
        faults.add(after.mark, said, f"ratification.milestones.{shown(circle[0])}.after")


def check_aftermath(root: MappingNode, names: Names, faults: Faults) -> None:
    """Tell everything that is wrong between the keys of `aftermath`."""
    block = get(root, "aftermath")
    if not isinstance(block, MappingNode):
        return
    for table in ("credibility", "monitoring"):
        _check_one_issue(block, table, issues_with_all, names, faults, "aftermath")
    _check_guarantor(block, names, faults)
    _check_lost(root, block, faults)
    _check_power_shift(block, names, faults)
    _check_pull_back(get(block, "pull_back"), names, faults)
    for name, ratio in entries(get(block, "hazard", "ratios")):
        check_condition(get(ratio, "when"), names, faults, f"aftermath.hazard.ratios.{shown(name)}.when")


Candidates = Callable[[Iterable[str], dict[str, list[str]]], list[str]]


def _check_one_issue(
    parent: MappingNode, key: str, candidates: Candidates, names: Names, faults: Faults, path: str
) -> None:  # fmt: skip
    """The keys of a table name the options of exactly one issue."""
    table = get(parent, key)
    if not isinstance(table, MappingNode):
        return
    found, where = candidates(table.items, names.options), f"{path}.{key}"
    if len(found) == 1:
        return
    at = key_mark(parent, key, table)
    if found:
        said = f"these are options of {listed(found)} alike, so it cannot be told which issue is meant"
        faults.add(at, f"{said}; give the options of one of them other names", where)
        return
    shared = {issue: len(set(known) & set(table.items)) for issue, known in names.options.items()}
    nearest = max(shared, key=lambda issue: (shared[issue], -len(names.options[issue])))
    if not shared[nearest]:
        faults.add(at, f"no issue has options called {listed(table.items)}; those of one issue would do", where)
    elif candidates is issues_with_all:
        options = names.options[nearest]
        check_table(table, options, f"option of {nearest}", "no number for", parent, key, faults, where)
    else:
        check_keys(table, names.options[nearest], f"option of {nearest}", faults, where)


def _check_guarantor(block: MappingNode, names: Names, faults: Faults) -> None:
    guarantor = get(block, "guarantor")
    party, helper = get(guarantor, "party"), get(guarantor, "helper")
    for key, node in (("party", party), ("helper", helper)):
        check_names(node, names.parties, "party", faults, f"aftermath.guarantor.{key}")
    if isinstance(party, ScalarNode) and isinstance(helper, ScalarNode) and party.text == helper.text:
        faults.add(helper.mark, "the helper is the guarantor itself; name another party", "aftermath.guarantor.helper")
    for key in ("guarantor", "credibility_lost"):
        if key in block.items and "credibility" not in block.items:
            said = "without `credibility` nothing hangs on this; say what the promise is worth by option"
            faults.add(block.keys[key], said, f"aftermath.{key}")


def _check_lost(root: MappingNode, block: MappingNode, faults: Faults) -> None:
    lost, path = get(block, "credibility_lost"), "aftermath.credibility_lost"
    if not isinstance(lost, MappingNode):
        return
    per_year, at_change, first = (get(lost, key) for key in ("per_year", AT_CHANGE, "first_change_at"))
    promised = get(block, "credibility")
    if isinstance(promised, MappingNode):
        check_keys(get(lost, "route"), keys(promised), "option of credibility", faults, f"{path}.route")
    routes = list(dict.fromkeys((*keys(per_year), *keys(at_change))))
    for option, route in entries(get(lost, "route")):
        check_names(route, routes, "route", faults, f"{path}.route.{shown(option)}")
    if at_change is not None and first is None:
        said = "it is not said when that is; give `first_change_at`"
        faults.add(lost.keys[AT_CHANGE], said, f"{path}.{AT_CHANGE}")
    if first is not None and get(root, "as_of") is None:
        said = "a date after signature needs one to count from; give the scenario `as_of`"
        faults.add(first.mark, said, f"{path}.first_change_at")


def _check_power_shift(block: MappingNode, names: Names, faults: Faults) -> None:
    shift, path = get(block, "power_shift"), "aftermath.power_shift"
    if not isinstance(shift, MappingNode):
        return
    away = check_open(PowerShiftModel, shift, faults, path)
    cost = get(shift, "war_cost")
    check_party_tables(cost, names, faults, f"{path}.war_cost")
    sides = keys(cost)
    if isinstance(cost, MappingNode) and len(sides) != 2:
        faults.add(shift.keys["war_cost"], f"{listed(sides)} where two sides would do", f"{path}.war_cost")
    for key in away:
        check_option_tables(shift.items[key], names, faults, f"{path}.{shown(key)}")
        side = key.removeprefix(AWAY_FROM)
        if sides and side not in sides:
            said = f"{quoted(side)} is none of the sides in `war_cost`; {listed(sides, 'or')} would do"
            faults.add(shift.keys[key], said, path)
    if not away:
        said = f"it is not said how options move the balance; a table `{AWAY_FROM}{shown(next(iter(sides), 'PARTY'))}`"
        faults.add(block.keys["power_shift"], f"{said} would do", path)
    for key in away[1:]:
        said = f"{shown(away[0])} says it already; write what moves it the other way with a minus sign there"
        faults.add(shift.keys[key], said, path)


def _check_pull_back(node: Node | None, names: Names, faults: Faults) -> None:
    path = "aftermath.pull_back"
    if not isinstance(node, MappingNode):
        return
    _check_one_issue(node, "steps", issues_with, names, faults, path)
    steps = keys(get(node, "steps"))
    check_names(get(node, "one_sided"), steps, "option in steps", faults, f"{path}.one_sided")
    sides: list[str] = []
    for key in ("gain_of_cheating", "dividend"):
        table = get(node, key)
        if not isinstance(table, MappingNode) or not is_table(table.items):
            continue
        check_party_tables(table, names, faults, f"{path}.{key}")
        if len(table.items) != 2 or (sides and set(sides) != set(table.items)):
            said = f"{listed(table.items)} where {listed(sides) if sides else 'two sides'} would do"
            faults.add(node.keys[key], said, f"{path}.{key}")
        sides = sides or keys(table)


NARROWED = ("ratification", "aftermath")  # what is settled in the talks themselves is drawn before anybody meets
BY_PARTY = (
    "no_deal_falls_per_month",
    "cost_per_month",
    "claimed_losses_per_month",
    "front.no_deal_per_1000_km2",
    "outages.no_deal_per_million_household_weeks",
)


def check_blocks(root: MappingNode, faults: Faults) -> None:
    """Tell everything that is wrong between the keys of the blocks beside the talks."""
    names = Names.of(root)
    if not names.options or not names.parties:
        return  # told already
    _check_mediation(root, names, faults)
    _check_war(root, names, faults)
    check_ids(get(root, "events"), "events", "event", faults)
    for path, event in members(get(root, "events"), "events"):
        _check_event(event, root, names, faults, path)
    check_ratification(get(root, "ratification"), names, faults)
    check_aftermath(root, names, faults)


def _check_mediation(root: MappingNode, names: Names, faults: Faults) -> None:
    block = get(root, "mediation")
    mediator, levers = get(block, "mediator"), get(block, "levers")
    check_names(mediator, names.parties, "party", faults, "mediation.mediator")
    if isinstance(mediator, ScalarNode) and mediator.text in names.parties:
        kind = get(root, "parties", mediator.text, "kind")
        if not (isinstance(kind, ScalarNode) and kind.text == "mediator"):
            said = f"{shown(mediator.text)} is no mediator; give that party `kind: mediator`, or name another one"
            faults.add(mediator.mark, said, "mediation.mediator")
    for lever, entry in entries(levers):
        assert isinstance(levers, MappingNode)
        party, path = get(entry, "party"), f"mediation.levers.{shown(lever)}"
        check_names(party, names.parties, "party", faults, f"{path}.party")
        if isinstance(party, ScalarNode) and isinstance(mediator, ScalarNode) and party.text == mediator.text:
            faults.add(party.mark, "a mediator pulls levers on others, not on itself; name another party", path)
        if lever == BOTH:
            said = f"{quoted(BOTH)} stands for two levers in `pulls_levers`; give this one another name"
            faults.add(levers.keys[lever], said, "mediation.levers")
    if keys(levers) and isinstance(block, MappingNode) and "step_per_round" not in block.items:
        said = "levers move by steps; `step_per_round: 0.25` brings one to full strength in four rounds"
        faults.add(block.keys["levers"], said, "mediation")
    _check_bias(get(block, "bias", "toward"), root, names, faults)
    _check_carrots(get(block, "carrots", "offers"), mediator, names, faults)


def _check_bias(toward: Node | None, root: MappingNode, names: Names, faults: Faults) -> None:
    """A mediator leans from one belligerent to another."""
    path = "mediation.bias.toward"
    check_names(toward, names.parties, "party", faults, path)
    if not isinstance(toward, ScalarNode) or toward.text not in names.parties:
        return
    kinds = {party: get(node, "kind") for party, node in entries(get(root, "parties"))}
    fighting = [party for party, kind in kinds.items() if isinstance(kind, ScalarNode) and kind.text == "belligerent"]
    if len(fighting) < 2:
        found = f"{fighting[0]} alone is" if fighting else "no party is"
        said = f"a bias is between belligerents, and {found} `kind: belligerent`; say so of two, or take the bias out"
        faults.add(toward.mark, said, path)
    elif toward.text not in fighting:
        said = f"{shown(toward.text)} is no belligerent; {listed(fighting, 'or')} would do"
        faults.add(toward.mark, said, path)


def _check_carrots(offers: Node | None, mediator: Node | None, names: Names, faults: Faults) -> None:
    path = "mediation.carrots.offers"
    check_ids(offers, path, "offer", faults)
    for where, offer in members(offers, path):
        party = get(offer, "party")
        check_names(party, names.parties, "party", faults, f"{where}.party")
        if isinstance(party, ScalarNode) and isinstance(mediator, ScalarNode) and party.text == mediator.text:
            faults.add(party.mark, "a mediator adds worth for others, not for itself; name another party", where)
        check_condition(get(offer, "when"), names, faults, f"{where}.when")


def _check_war(root: MappingNode, names: Names, faults: Faults) -> None:
    for table in BY_PARTY:
        check_party_tables(get(root, "war", *table.split(".")), names, faults, f"war.{table}")
    front, strikes = get(root, "war", "front"), get(root, "war", "strikes")
    check_open(FrontModel, front, faults, "war.front")
    for key in keys(front):
        assert isinstance(front, MappingNode)
        holder = key.rpartition("_held_by_")[2]
        named = any(key.endswith(f"_held_by_{party}") for party in names.parties)
        if key not in FrontModel.model_fields and re.fullmatch(FrontModel.pattern, key) and not named:
            said = f"no party is called {quoted(holder)}{meant(holder, names.parties)}"
            faults.add(front.keys[key], said, "war.front")
    known = [f"{by}_on_{on}" for by in names.parties for on in names.parties if by != on]
    for strike in keys(strikes):
        assert isinstance(strikes, MappingNode)
        if sides_of(strike, names.parties) is None:
            said = f"{quoted(strike)} does not name two parties as PARTY_on_PARTY{meant(strike, known)}"
            faults.add(strikes.keys[strike], said, "war.strikes")
    _check_winter(root, faults)


def _check_winter(root: MappingNode, faults: Faults) -> None:
    months = get(root, "war", "outages", "winter", "months")
    if months is None:
        return
    path, seen = "war.outages.winter.months", set()
    for month in months.items if isinstance(months, SequenceNode) else ():
        text = month.text if isinstance(month, ScalarNode) else ""
        if text in seen:
            faults.add(month.mark, f"{quoted(text)} stands twice; once would do", path)
        seen.add(text)
    if get(root, "as_of") is None:
        faults.add(months.mark, "winter needs a date to count from; give the scenario `as_of`", path)


def _check_event(event: Node, root: MappingNode, names: Names, faults: Faults, path: str) -> None:
    commits = get(event, "commits")
    check_names(get(commits, "party"), names.parties, "party", faults, f"{path}.commits.party")
    for block, where in ((get(commits, "to"), f"{path}.commits.to"), (get(event, "removes"), f"{path}.removes")):
        check_keys(block, list(names.options), "issue", faults, where)
        for issue, option in entries(block):
            if issue in names.options:
                known, inside = names.options[issue], f"{where}.{shown(issue)}"
                named = check_names(option, known, "option", faults, inside, f" of {issue}")
                if where.endswith("removes") and set(named) >= set(known):
                    faults.add(option.mark, f"this leaves no option of {issue}, so nothing could be agreed", inside)
    check_party_tables(get(event, "shifts_no_deal"), names, faults, f"{path}.shifts_no_deal")
    check_keys(get(event, "extra_waves"), keys(get(root, "war", "strikes")), "strike", faults, f"{path}.extra_waves")
    lines = [
        f"{party}.{entry_id(line)}"
        for party, node in entries(get(root, "parties"))
        for _, line in members(get(node, "red_lines"), "")
    ]
    check_names(get(event, "lines_fall"), lines, "red line", faults, f"{path}.lines_fall")
    _check_pulled(get(event, "pulls_levers"), keys(get(root, "mediation", "levers")), faults, f"{path}.pulls_levers")
    _check_narrows(get(event, "narrows"), root, faults, f"{path}.narrows")
    _check_narrows_in_time(event, root, faults, path)
    shift = get(event, "front_shift")
    if shift is not None and get(root, "war", "front") is None:
        faults.add(shift.mark, "there is no `war.front` to shift; describe it, or take this out", f"{path}.front_shift")


def _check_pulled(node: Node | None, levers: list[str], faults: Faults, path: str) -> None:
    if isinstance(node, ScalarNode) and node.text == BOTH:
        if len(levers) != 2:
            said = f"{quoted(BOTH)} where there {'is' if len(levers) == 1 else 'are'} {counted(len(levers), 'lever')}"
            faults.add(node.mark, f"{said}; name those that are meant", path)
        return
    check_names(node, levers, "lever", faults, path)


def _check_narrows_in_time(event: Node, root: MappingNode, faults: Faults, path: str) -> None:
    """What narrows happens in the first round: foresight and votes use what is known when talks begin."""
    narrows, month = get(event, "narrows"), number_of(get(event, "at", "month"))
    days = number_of(get(root, "time", "days_per_round"))
    if narrows is None or days is None:
        return
    first_round = days.value / DAYS_PER_MONTH
    latest = None if month is None else month.value if month.high is None else month.high
    if latest is None or latest >= first_round:
        said = f"only an event of the first round can narrow; give it `at: {{month: M}}` with M below {first_round:.2f}"
        faults.add(narrows.mark, said, f"{path}.narrows")


def _check_narrows(node: Node | None, root: MappingNode, faults: Faults, path: str) -> None:
    """Every key is a number of the file or a branch that holds some."""
    if not isinstance(node, MappingNode):
        return
    found = [at for at in block_numbers(root) if at[0] in NARROWED and get(root, *at) is not None]
    branches = list(dict.fromkeys(".".join(at[:length]) for at in found for length in range(2, len(at) + 1)))
    for text in node.items:
        parts = parse_path(text, node.keys[text], faults)
        if parts is None or text in branches or (len(parts) == 1 and any(at[0] == text for at in found)):
            continue
        close = closest(text, branches)
        known = [close] if close is not None else [branch for branch in branches if branch.count(".") == 1]
        where = " or ".join(f"`{block}`" for block in NARROWED)
        said = f"{quoted(text)} is no number or branch of numbers below {where}"
        faults.add(node.keys[text], f"{said}{meant(text, known)}", path)
