"""What must hold between the keys of `aftermath`: options, sides, and what one part needs of another."""

from collections.abc import Callable, Iterable

from sim.scenario.aftermath_blocks import AT_CHANGE, AWAY_FROM, PowerShiftModel
from sim.scenario.aftermath_parts import issues_with, issues_with_all
from sim.scenario.block_shapes import is_table
from sim.scenario.block_tables import check_keys, check_open, check_option_tables, check_party_tables
from sim.scenario.checks import Names, check_condition, check_names, check_table, entries, keys
from sim.scenario.messages import Faults, listed, quoted, shown
from sim.scenario.nodes import Mapping, Node, Scalar
from sim.scenario.paths import get
from sim.scenario.validation import key_mark


def check_aftermath(root: Mapping, names: Names, faults: Faults) -> None:
    """Tell everything that is wrong between the keys of `aftermath`."""
    block = get(root, "aftermath")
    if not isinstance(block, Mapping):
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
    parent: Mapping, key: str, candidates: Candidates, names: Names, faults: Faults, path: str
) -> None:  # fmt: skip
    """The keys of a table name the options of exactly one issue."""
    table = get(parent, key)
    if not isinstance(table, Mapping):
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


def _check_guarantor(block: Mapping, names: Names, faults: Faults) -> None:
    guarantor = get(block, "guarantor")
    party, helper = get(guarantor, "party"), get(guarantor, "helper")
    for key, node in (("party", party), ("helper", helper)):
        check_names(node, names.parties, "party", faults, f"aftermath.guarantor.{key}")
    if isinstance(party, Scalar) and isinstance(helper, Scalar) and party.text == helper.text:
        faults.add(helper.mark, "the helper is the guarantor itself; name another party", "aftermath.guarantor.helper")
    for key in ("guarantor", "credibility_lost"):
        if key in block.items and "credibility" not in block.items:
            said = "without `credibility` nothing hangs on this; say what the promise is worth by option"
            faults.add(block.keys[key], said, f"aftermath.{key}")


def _check_lost(root: Mapping, block: Mapping, faults: Faults) -> None:
    lost, path = get(block, "credibility_lost"), "aftermath.credibility_lost"
    if not isinstance(lost, Mapping):
        return
    per_year, at_change, first = (get(lost, key) for key in ("per_year", AT_CHANGE, "first_change_at"))
    promised = get(block, "credibility")
    if isinstance(promised, Mapping):
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


def _check_power_shift(block: Mapping, names: Names, faults: Faults) -> None:
    shift, path = get(block, "power_shift"), "aftermath.power_shift"
    if not isinstance(shift, Mapping):
        return
    away = check_open(PowerShiftModel, shift, faults, path)
    cost = get(shift, "war_cost")
    check_party_tables(cost, names, faults, f"{path}.war_cost")
    sides = keys(cost)
    if isinstance(cost, Mapping) and len(sides) != 2:
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
    if not isinstance(node, Mapping):
        return
    _check_one_issue(node, "steps", issues_with, names, faults, path)
    steps = keys(get(node, "steps"))
    check_names(get(node, "one_sided"), steps, "option in steps", faults, f"{path}.one_sided")
    sides: list[str] = []
    for key in ("gain_of_cheating", "dividend"):
        table = get(node, key)
        if not isinstance(table, Mapping) or not is_table(table.items):
            continue
        check_party_tables(table, names, faults, f"{path}.{key}")
        if len(table.items) != 2 or (sides and set(sides) != set(table.items)):
            said = f"{listed(table.items)} where {listed(sides) if sides else 'two sides'} would do"
            faults.add(node.keys[key], said, f"{path}.{key}")
        sides = sides or keys(table)
