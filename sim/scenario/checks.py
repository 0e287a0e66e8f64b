"""What must hold between the keys of a scenario file: names that exist, weights that sum to 1, tables without holes.

These checks read the tree, not the models, so that they also run on a file in which a shape is wrong: all faults are
told at once. What is of the wrong shape is passed over here.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import ValidationError

from sim.scenario import weights
from sim.scenario.differences import CONDITIONS
from sim.scenario.messages import Faults, Mark, listed, meant, quoted, shown
from sim.scenario.nodes import MappingNode, Node, ScalarNode, SequenceNode, plain
from sim.scenario.parts import Number
from sim.scenario.paths import entry_id, exists, get, parse_path, whole_keys, why_not
from sim.scenario.protocol_checks import check_protocol
from sim.scenario.registered import PROTOCOLS, STRATEGIES, check_block
from sim.scenario.shapes import NumberModel
from sim.scenario.validation import key_mark
from sim.scenario.yaml_writer import changes

MOST_NAMED = 12  # weights named in a sum
NO_SOURCES = CONDITIONS | {"package", "options", "to", "removes", "route", "status_quo"}
# there `source` is an issue or option


@dataclass(frozen=True)
class Names:
    """What a scenario's names are: options by issue, parties, proposals, sources."""

    options: dict[str, list[str]]
    parties: list[str]
    proposals: list[str]
    sources: list[str]

    @classmethod
    def of(cls, root: MappingNode) -> "Names":
        """The names in a tree."""
        options = {issue: keys(get(node, "options")) for issue, node in entries(get(root, "issues"))}
        return cls(options, keys(get(root, "parties")), keys(get(root, "proposals")), keys(get(root, "sources")))


def check(root: MappingNode, faults: Faults) -> None:
    """Tell everything that is wrong between the keys of a scenario."""
    names = Names.of(root)
    if not names.options or not names.parties:
        return  # without them every name would be unknown; that they are missing is told already
    for issue, node in entries(get(root, "issues")):
        _check_issue(issue, node, names, faults)
    check_ids(get(root, "consistency"), "consistency", "rule", faults)
    for path, rule in members(get(root, "consistency"), "consistency"):
        for key in ("if", "then"):
            check_condition(get(rule, key), names, faults, f"{path}.{key}")
    for party, node in entries(get(root, "parties")):
        _check_party(party, node, names, root, faults)
    _check_signatures(root, faults)
    _check_shared_draws(root, faults)
    check_block(get(root, "protocol"), PROTOCOLS, names.parties, faults, "protocol")
    check_protocol(root, faults)
    for proposal, node in entries(get(root, "proposals")):
        _check_proposal(node, names, faults, f"proposals.{proposal}")
    check_names(get(root, "solutions", "parties"), names.parties, "party", faults, "solutions.parties")
    check_names(get(root, "headline"), list(names.options), "issue", faults, "headline")
    _check_sources(root, names, faults, "")
    _check_sweep(root, faults)


def entries(node: Node | None) -> Iterator[tuple[str, Node]]:
    """Keys and values of a mapping; nothing for anything else."""
    return iter(node.items.items() if isinstance(node, MappingNode) else ())


def keys(node: Node | None) -> list[str]:
    """Keys of a mapping; nothing for anything else."""
    return [key for key, _ in entries(node)]


def members(node: Node | None, path: str) -> Iterator[tuple[str, Node]]:
    """Entries of a list, each with its path by `id`, or by number if it has none."""
    for at, entry in enumerate(node.items if isinstance(node, SequenceNode) else ()):
        yield f"{path}.{shown(entry_id(entry) or at)}", entry


def number_of(node: Node | None) -> Number | None:
    """The number at a node, None if its shape is wrong."""
    if node is None:
        return None
    try:
        return NumberModel.model_validate(plain(node)).number()
    except ValidationError:
        return None


def check_condition(node: Node | None, names: Names, faults: Faults, path: str) -> None:
    """Tell issues and options of a condition that do not exist."""
    clauses = node.items if isinstance(node, SequenceNode) else [node]
    for clause in clauses:
        for issue, wanted in entries(clause):
            assert isinstance(clause, MappingNode)
            if issue not in names.options:
                faults.add(clause.keys[issue], f"no issue is called {quoted(issue)}{meant(issue, names.options)}", path)
                continue
            negated = get(wanted, "anything_but")
            options = names.options[issue]
            named = check_names(negated or wanted, options, "option", faults, f"{path}.{issue}", f" of {issue}")
            if negated is not None and set(named) >= set(options):
                faults.add(wanted.mark, f"anything_but leaves no option of {issue}", f"{path}.{issue}")


def check_names(
    node: Node | None, known: list[str], what: str, faults: Faults, path: str, of: str = ""
) -> list[str]:  # fmt: skip
    """Tell names, one or a list, that do not exist or stand twice; returns those read."""
    read: list[str] = []
    listed_names = node.items if isinstance(node, SequenceNode) else [node]
    for entry in listed_names:
        if not isinstance(entry, ScalarNode) or not isinstance(entry.value, str):
            continue  # the shape is told elsewhere
        if entry.text not in known:
            faults.add(entry.mark, f"no {what}{of} is called {quoted(entry.text)}{meant(entry.text, known)}", path)
        elif entry.text in read:
            faults.add(entry.mark, f"{quoted(entry.text)} stands twice; once would do", path)
        read.append(entry.text)
    return read


def check_ids(node: Node | None, path: str, what: str, faults: Faults) -> None:
    first: dict[str, Node] = {}
    for _, entry in members(node, path):
        name = entry_id(entry)
        if name is not None and name in first:
            at = get(entry, "id")
            line = first[name].mark.line
            faults.add(
                at.mark if at else entry.mark,
                f"another {what} is called {quoted(name)}, on line {line}; names are given once",
                path,
            )
        elif name is not None:
            first[name] = entry


def _check_issue(issue: str, node: Node, names: Names, faults: Faults) -> None:
    path, options = f"issues.{shown(issue)}", names.options[issue]
    uncertain = get(node, "deliverable")
    for option, entry in entries(uncertain):
        assert isinstance(uncertain, MappingNode)
        where = f"{path}.deliverable.{shown(option)}"
        if option not in options:
            faults.add(
                uncertain.keys[option],
                f"no option of {issue} is called {quoted(option)}{meant(option, options)}",
                f"{path}.deliverable",
            )
        instead = get(entry, "otherwise")
        if not isinstance(instead, ScalarNode):
            continue
        if instead.text not in options:
            faults.add(
                instead.mark,
                f"no option of {issue} is called {quoted(instead.text)}{meant(instead.text, options)}",
                f"{where}.otherwise",
            )
        elif instead.text == option:
            faults.add(instead.mark, "an option cannot stand in for itself; name another one", f"{where}.otherwise")
        elif instead.text in uncertain.items:
            said = (
                f"{quoted(instead.text)} may itself be impossible to deliver; name an option that is not in this list"
            )
            faults.add(instead.mark, said, f"{where}.otherwise")
    scale = get(node, "scale")
    if isinstance(scale, MappingNode):
        check_table(
            scale, options, f"option of {issue}", "no place on the scale for", node, "scale", faults, f"{path}.scale"
        )


def check_table(
    table: MappingNode, known: list[str], what: str, hole: str, parent: Node, key: str, faults: Faults, path: str
) -> None:  # fmt: skip
    """A table has all the keys that are known and no others."""
    for name in table.items:
        if name not in known:
            faults.add(table.keys[name], f"no {what} is called {quoted(name)}{meant(name, known)}", path)
    missing = [name for name in known if name not in table.items]
    if missing:
        faults.add(key_mark(parent, key, table), f"{hole} {listed(missing)}; every {what} needs one", path)


def _check_party(party: str, node: Node, names: Names, root: MappingNode, faults: Faults) -> None:
    path = f"parties.{shown(party)}"
    issues = list(names.options)
    table = get(node, "weights")
    if isinstance(table, MappingNode):
        check_table(table, issues, "issue", "no weight for", node, "weights", faults, f"{path}.weights")
        _check_sum(table, node, faults, f"{path}.weights")
    values = get(node, "values")
    if isinstance(values, MappingNode):
        check_table(values, issues, "issue", "no points for", node, "values", faults, f"{path}.values")
        for issue, points in entries(values):
            if issue in names.options and isinstance(points, MappingNode):
                of = f"option of {issue}"
                check_table(
                    points,
                    names.options[issue],
                    of,
                    "no points for",
                    values,
                    issue,
                    faults,
                    f"{path}.values.{shown(issue)}",
                )
    if not isinstance(get(node, "signs"), ScalarNode):
        check_condition(get(node, "signs"), names, faults, f"{path}.signs")
    for block, what, conditions in (("red_lines", "red line", ("never", "unless")), ("linkages", "linkage", ("when",))):
        check_ids(get(node, block), f"{path}.{block}", what, faults)
        for where, entry in members(get(node, block), f"{path}.{block}"):
            for key in conditions:
                check_condition(get(entry, key), names, faults, f"{where}.{key}")
    check_block(get(node, "strategy"), STRATEGIES, names.parties, faults, f"{path}.strategy")
    _check_opening(get(node, "opens_with"), names, root, faults, f"{path}.opens_with")


def _check_opening(node: Node | None, names: Names, root: MappingNode, faults: Faults, path: str) -> None:
    """A party opens with proposals that leave nothing open."""
    if node is None:
        return
    check_names(node, names.proposals, "proposal", faults, path)
    for text in node.items if isinstance(node, SequenceNode) else [node]:
        package = keys(get(root, "proposals", text.text, "package")) if isinstance(text, ScalarNode) else []
        still_open = [issue for issue in names.options if issue not in package]
        if package and still_open:
            assert isinstance(text, ScalarNode)
            said = f"{quoted(text.text)} leaves {listed(still_open)} open, but an offer settles every issue"
            faults.add(text.mark, said, path)


def _check_sum(table: MappingNode, party: Node, faults: Faults, path: str) -> None:
    found = {issue: weights.weight(node) for issue, node in table.items.items()}
    total = weights.total(table)
    if total is None or total == 1:
        return
    parts = [f"{shown(issue)} {weights.decimal_text(each)}" for issue, each in found.items() if each is not None]
    if len(parts) > MOST_NAMED:
        parts = [*parts[:MOST_NAMED], f"{len(parts) - MOST_NAMED} more"]
    what = "raise" if total < 1 else "lower"
    said = f"{' + '.join(parts)} = {weights.decimal_text(total)}, but weights sum to 1; {what} one of them"
    if next(changes(table), None) is not None:
        said += ", or set one with `set:` and the others are rescaled"
    faults.add(key_mark(party, "weights", table), said, path)


def _check_signatures(root: MappingNode, faults: Faults) -> None:
    parties = get(root, "parties")
    signs = [get(node, "signs") for _, node in entries(parties)]
    if all(isinstance(each, ScalarNode) and each.text == "never" for each in signs):
        assert isinstance(parties, MappingNode)
        faults.add(
            key_mark(root, "parties", parties),
            "nobody signs anything; at least one party needs `signs: always` or a condition",
            "parties",
        )


def _check_shared_draws(root: MappingNode, faults: Faults) -> None:
    """Lines that share a draw have one law, else it would not be clear what is drawn."""
    mode = get(root, "lines")
    across = isinstance(mode, ScalarNode) and mode.text == "together"
    first: dict[tuple[str, str], tuple[str, Number]] = {}
    for party, node in entries(get(root, "parties")):
        for path, line in members(get(node, "red_lines"), f"parties.{shown(party)}.red_lines"):
            shared, hardness = get(line, "drawn_with"), number_of(get(line, "hardness"))
            if not isinstance(shared, ScalarNode) or hardness is None:
                continue
            other, law = first.setdefault(("" if across else party, shared.text), (path, hardness))
            if not law.same_law(hardness):
                said = (
                    f"{hardness} here, but {law} at {other}, and both are drawn with {quoted(shared.text)}: "
                    "one draw has one hardness; give both the same value, range and law, or another `drawn_with`"
                )
                at = get(line, "hardness")
                assert at is not None
                faults.add(key_mark(line, "hardness", at), said, f"{path}.hardness")


def _check_proposal(node: Node, names: Names, faults: Faults, path: str) -> None:
    check_names(get(node, "from"), names.parties, "party", faults, f"{path}.from")
    check_package(get(node, "package"), names, faults, f"{path}.package")


def check_package(package: Node | None, names: Names, faults: Faults, path: str) -> None:
    """Tell issues and options of a package, whole or not, that do not exist."""
    for issue, option in entries(package):
        assert isinstance(package, MappingNode)
        if issue not in names.options:
            faults.add(package.keys[issue], f"no issue is called {quoted(issue)}{meant(issue, names.options)}", path)
        else:
            check_names(option, names.options[issue], "option", faults, f"{path}.{issue}", f" of {issue}")


def _check_sources(node: Node, names: Names, faults: Faults, path: str) -> None:
    """Every `source` names keys of `sources`; what is only shown is passed over."""
    for key, child in entries(node):
        where = f"{path}.{shown(key)}" if path else shown(key)
        if key == "source":
            check_names(child, names.sources, "source", faults, where)
        elif key not in NO_SOURCES and (path or key not in ("sources", "sweep")):
            _check_sources(child, names, faults, where)
    if isinstance(node, SequenceNode):
        for where, child in members(node, path):
            _check_sources(child, names, faults, where)


def _check_sweep(root: MappingNode, faults: Faults) -> None:
    sweep = get(root, "sweep")
    for text in keys(sweep):
        assert isinstance(sweep, MappingNode)
        path = parse_path(text, sweep.keys[text], faults)
        if path is not None and not exists(root, path):
            faults.add(sweep.keys[text], why_not(root, path), "sweep")


def place(root: MappingNode, *path: str) -> Mark:
    """Where a message about a path points; the nearest place above it if it is not in the file."""
    node: Node = root
    mark = root.mark
    while path:
        key, *path = whole_keys(node, tuple(path))  # type: ignore[assignment]
        below = get(node, key)
        if below is None:
            break
        mark = key_mark(node, key, below)
        node = below
    return mark
