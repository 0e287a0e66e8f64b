"""Save changes as a new file that extends the user's, which is not modified."""

import os
import re
import shlex
from pathlib import Path
from typing import Any

from sim.app.changed import Changes, read_changed, sets_of
from sim.app.errors import RequestError
from sim.core.wording import shown
from sim.scenario import Scenario, ScenarioError, read_scenario
from sim.scenario.messages import Faults, Mark
from sim.scenario.nodes import MappingNode, Node, ScalarNode, SequenceNode
from sim.scenario.yaml_reader import read_text
from sim.scenario.yaml_writer import document

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}")
DEVICES = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)")  # device names of some systems
HEAD = "# Changed on the page of `peacesim app`. It says only how it differs from the file that it extends.\n"
NOT_PLAYED = ("id", "title", "extends")


def save(path: str, name: str, changes: Changes, seed: int, draws: int) -> dict[str, Any]:
    """Write a file beside the changed one, and verify that it is the same scenario.

    Args:
        name: Of the new file, without its ending; it becomes the id of the scenario.

    Returns:
        `file`, its name; `command`, which plays it to the numbers of the page; `text`, its content.

    Raises:
        RequestError: if there is nothing to save, or the name is invalid or taken.
        ScenarioError: if the changed scenario is inconsistent.
    """
    if not changes:
        raise RequestError("nothing is changed; there is nothing to save")
    if not NAME.fullmatch(name) or DEVICES.fullmatch(name):
        raise RequestError("small letters, digits, - and _ would do for a name, such as my-change")
    base = Path(path)
    wanted = read_changed(base, changes)
    text = HEAD + document(difference(base.name, name, f"{wanted.title} ({name})", changes))
    target = base.with_name(f"{name}.yaml")
    try:
        with target.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise RequestError(f"{name}.yaml exists and was left alone; another name would do") from None
    try:
        same = _played(read_scenario(target)) == _played(wanted)
    except ScenarioError:
        same = False
    if not same:
        target.unlink()
        raise RequestError("these changes cannot be written as a file that reads back to the same; nothing was saved")
    where = os.path.relpath(target)
    command = f"peacesim batch {shlex.quote(where)} -n {draws} --seed {seed}"
    return {"file": target.name, "command": shown(command, 1_000), "text": text}


def difference(base: str, name: str, title: str, changes: Changes) -> MappingNode:
    """Return the tree of a file that extends another and has only changes."""
    root = MappingNode(_NOWHERE)
    root.put("extends", _text(base), _NOWHERE)
    root.put("id", _text(name), _NOWHERE)
    root.put("title", _text(title), _NOWHERE)
    if changes.without:
        root.put("without", SequenceNode(_NOWHERE, "", [_text(each) for each in changes.without]), _NOWHERE)
    if changes.sets:
        block = MappingNode(_NOWHERE)
        for path, value in sets_of(changes.sets).items():
            block.put(path, _read(value), _NOWHERE)
        root.put("set", block, _NOWHERE)
    return root


def _read(value: str) -> Node:
    """Read a value as `--set` does, which has validated it before."""
    node = read_text(value, "--set", Faults())
    assert node is not None
    return node


def _text(text: str) -> ScalarNode:
    return ScalarNode(_NOWHERE, "", text, False)


def _played(scenario: Scenario) -> dict[str, Any]:
    """Return all of a scenario but its id and title."""
    return {key: value for key, value in scenario.resolved.items() if key not in NOT_PLAYED}


_NOWHERE = Mark("", 1, 1)
