"""What must hold between the keys of `ratification`: parties, conditions, votes and what they wait for."""

from sim.scenario.block_shapes import is_table
from sim.scenario.block_tables import check_option_tables
from sim.scenario.checks import Names, check_condition, check_ids, check_names, check_table, entries, keys, members
from sim.scenario.messages import Faults, listed, shown
from sim.scenario.nodes import Mapping, Node, Scalar
from sim.scenario.paths import get
from sim.scenario.validation import key_mark


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
    table = isinstance(months, Mapping) and is_table(months.items)
    at = key_mark(node, "months", months)
    if by is None and table:
        said = "months by option need the issue whose options these are; add `by: ISSUE`"
        faults.add(at, said, f"{path}.months")
    elif isinstance(by, Scalar) and not table:
        said = f"months for each option of {shown(by.text)} would do; for one number take out `by`"
        faults.add(at, said, f"{path}.months")
    elif isinstance(by, Scalar) and isinstance(months, Mapping) and by.text in names.options:
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
            name = after.text if isinstance(after, Scalar) else None
        if name is None or name in told:
            continue
        circle = walked[walked.index(name) :]
        told.update(circle)
        after = get(milestones, circle[0], "after")
        assert after is not None
        who = f"{listed(circle)} wait for one another" if len(circle) > 1 else f"{shown(name)} waits for itself"
        said = f"{who}; let one of them follow the signature: take out its `after`"
        faults.add(after.mark, said, f"ratification.milestones.{shown(circle[0])}.after")
