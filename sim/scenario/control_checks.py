"""What must hold of who controls the issues, and of the status quo."""

from sim.scenario.checks import Names, check_names, check_package, entries, keys
from sim.scenario.messages import Faults, listed, shown
from sim.scenario.nodes import MappingNode, Node, ScalarNode, SequenceNode
from sim.scenario.paths import get
from sim.scenario.validation import key_mark

NOBODY_MOVES = "stability asks who would change an issue alone, and no issue is `controlled_by` one party"


def check_control(root: MappingNode, faults: Faults) -> None:
    """Tell parties, issues and options that do not exist, issues left out, and what would be read for nothing."""
    names = Names.of(root)
    if not names.options or not names.parties:
        return
    said_of: list[tuple[Node, Node]] = []  # issues that say who controls them, and what they say
    for issue, node in entries(get(root, "issues")):
        control = get(node, "controlled_by")
        if control is not None:
            check_names(control, names.parties, "party", faults, f"issues.{shown(issue)}.controlled_by")
            said_of.append((node, control))
    alone = any(isinstance(control, ScalarNode) or len(_members(control)) == 1 for _, control in said_of)
    if said_of and not alone:
        issue_node, control = said_of[0]
        said = f"{NOBODY_MOVES}; name a single party for one of them, or leave `controlled_by` out"
        faults.add(key_mark(issue_node, "controlled_by", control), said, "issues")
    status_quo = get(root, "status_quo")
    if isinstance(status_quo, MappingNode):
        _check_status_quo(status_quo, root, alone or bool(said_of), names, faults)


def _members(node: Node) -> list[Node]:
    return list(node.items) if isinstance(node, SequenceNode) else []


def _check_status_quo(node: MappingNode, root: MappingNode, controlled: bool, names: Names, faults: Faults) -> None:
    check_package(node, names, faults, "status_quo")
    proposals = get(root, "proposals")
    if isinstance(proposals, MappingNode) and "status_quo" in names.proposals:
        said = "tables tell the status quo by this name; call the proposal something else"
        faults.add(proposals.keys["status_quo"], said, "proposals")
    missing = [issue for issue in names.options if issue not in keys(node)]
    if missing:
        said = f"no option for {listed(missing)}; the status quo has one of every issue"
        faults.add(key_mark(root, "status_quo", node), said, "status_quo")
    if not controlled:
        said = f"{NOBODY_MOVES}; say of an issue who controls it, or leave `status_quo` out"
        faults.add(key_mark(root, "status_quo", node), said, "status_quo")
