"""Checks of tables whose keys are names of the file: parties, issues with options, or names made from these."""

import re
from collections.abc import Sequence

from sim.scenario.block_shapes import Open
from sim.scenario.checks import Names, entries
from sim.scenario.messages import Faults, meant, quoted, shown
from sim.scenario.nodes import Mapping, Node
from sim.scenario.validation import validate


def check_keys(node: Node | None, known: Sequence[str], what: str, faults: Faults, path: str) -> None:
    """Tell keys of a mapping that are none of the names known."""
    for key in node.items if isinstance(node, Mapping) else ():
        assert isinstance(node, Mapping)
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
        assert isinstance(node, Mapping)
        if key in model.model_fields:
            continue
        if re.fullmatch(model.pattern, key):
            validate(model.kind, value, faults, f"{path}.{shown(key)}")
            read.append(key)
        else:
            known = [*model.model_fields, model.hint]
            faults.add(node.keys[key], f"unknown key {quoted(key)}{meant(key, known)}", path)
    return read
