"""Strategies that meet each other: named, checked against the registry, and written as axes of a grid."""

import re
from collections.abc import Mapping as Dictionary
from collections.abc import Sequence as Row
from dataclasses import dataclass
from math import prod

from sim.core.wording import counted, listed, meant, quoted, shown
from sim.scenario.messages import Faults, Mark
from sim.scenario.nodes import MappingNode, Node, ScalarNode, plain
from sim.scenario.registered import check_block
from sim.scenario.yaml_reader import read_text
from sim.scenario.yaml_writer import brief, flow
from sim.strategies import STRATEGIES

OPTION = "--strategy"
MOST_POINTS = 4_096
_LABELLED = re.compile(r"(.*?)=\s*(\{.*|[\w.-]+\s*)", re.DOTALL)


@dataclass(frozen=True, order=True)
class Contender:
    """A strategy that meets others."""

    strategy: str  # as one line of YAML, its name first, then its parameters by name: the same for the same strategy
    label: str  # what it is called in tables


def contenders(texts: Row[str], parties: Row[str], faults: Faults) -> list[Contender]:
    """The strategies that `[LABEL=]STRATEGY` texts name, sorted by what they are and not by what they are called.

    Args:
        faults: Takes what is wrong; its places are the number of the text and the column in it.
    """
    found: list[tuple[Contender, object]] = []
    for number, text in enumerate(texts, 1):
        mark = Mark(OPTION, number, 1)
        label, column, body = _parted(text)
        block = _block(body, number, column, parties, faults)
        if block is None:
            continue
        one = Contender(flow(block), _label_of(block) if label is None else label)
        twin = next((other.label for other, meaning in found if meaning == plain(block)), None)
        if not one.label:
            faults.add(mark, f"{quoted(text)} has an empty label; LABEL=STRATEGY would do, or the strategy alone")
        elif twin is not None:
            faults.add(mark, f"{quoted(one.label)} is the same strategy as {quoted(twin)}; one of them would do")
        elif any(one.label == other.label for other, _ in found):
            faults.add(mark, f"two strategies are called {quoted(one.label)}; give each its own LABEL=")
        else:
            found.append((one, plain(block)))
    if len(texts) < 2:
        faults.add(Mark(OPTION, 1, 1), f"{counted(len(texts), 'strategy', 'strategies')} to play; at least 2 would do")
    return sorted(one for one, _ in found)


def _parted(text: str) -> tuple[str | None, int, str]:
    """Label (None if there is none), column of the strategy, and strategy."""
    labelled = None if text.lstrip().startswith("{") else _LABELLED.fullmatch(text)
    if labelled is None:
        return None, 1, text
    return " ".join(labelled[1].split()), labelled.start(2) + 1, labelled[2]


def _block(text: str, number: int, column: int, parties: Row[str], faults: Faults) -> MappingNode | None:
    """The block of a strategy, checked, its keys in their order; None, and a fault, if it is none."""
    mark, own = Mark(OPTION, number, column), Faults()
    if not text.strip():
        faults.add(mark, "no strategy is named; a name, or {name: NAME, PARAMETER: VALUE}, would do")
        return None
    node = read_text(text, OPTION, own, number, column)
    if isinstance(node, ScalarNode):
        node = MappingNode(node.mark, "", {"name": node}, {"name": node.mark})
    if node is not None and not _has_name(node):
        own.add(node.mark, f"{quoted(text)} is no strategy; a name, or {{name: NAME, PARAMETER: VALUE}}, would do")
    check_block(node, STRATEGIES, parties, own, "strategy")
    for fault in own.error().faults:
        faults.add(Mark(fault.file, fault.line, fault.column), fault.message)
    if own or not isinstance(node, MappingNode):
        return None
    keys = ["name", *sorted(node.items.keys() - {"name"})]
    return MappingNode(node.mark, "", {key: node.items[key] for key in keys}, {key: node.keys[key] for key in keys})


def _has_name(node: Node) -> bool:
    name = node.items.get("name") if isinstance(node, MappingNode) else None
    return isinstance(name, ScalarNode) and isinstance(name.value, str)


def _label_of(block: MappingNode) -> str:
    """`time_dependent, exponent 0.5`."""
    parameters = [f"{key} {brief(node)}" for key, node in block.items.items() if key != "name"]
    name = block.items["name"]
    return ", ".join([name.text if isinstance(name, ScalarNode) else "", *parameters])


def seats(named: Row[str] | None, by_default: Row[str], speaking: Row[str], parties: Row[str]) -> tuple[str, ...]:
    """The parties whose strategies vary, in the order of the file.

    Raises:
        ScenarioError: if one is unknown, named twice or never speaks, or there is none.
    """
    faults = Faults()
    for number, name in enumerate(by_default if named is None else named, 1):
        mark = Mark("--parties", 1, number)
        if name not in parties:
            faults.add(mark, f"no party is called {quoted(name)}{meant(name, parties)}")
        elif name not in speaking:
            faults.add(mark, f"{shown(name)} never speaks, so its strategy moves nothing; {listed(speaking)} speak")
        elif named is not None and named.index(name) < number - 1:
            faults.add(mark, f"{shown(name)} stands twice; once would do")
    if not (by_default if named is None else named):
        faults.add(Mark("--parties", 1, 1), f"no party to vary; name some of {listed(parties)}")
    faults.raise_any()
    return tuple(name for name in parties if name in (by_default if named is None else named))


def strategy_axes(found: Row[Contender], varied: Row[str]) -> dict[str, list[str]]:
    """The strategies of each party that varies, by path: every assignment is a point of this grid."""
    return {f"parties.{name}.strategy": [one.strategy for one in found] for name in varied}


def as_vary(axes: Dictionary[str, Row[str]]) -> list[str]:
    return [f"{path}={','.join(values)}" for path, values in axes.items()]


def check_grid(
    found: Row[Contender], varied: Row[str], others: Dictionary[str, int], set_paths: Row[str], parties: Row[str]
) -> None:
    """Refuse a grid that is too large, or that sets a strategy which the strategies named replace.

    Raises:
        ScenarioError: with what would do.
    """
    faults, points = Faults(), prod([len(found)] * len(varied))
    for path in (*others, *set_paths):
        parts = path.split(".")
        at = parts[1] if len(parts) > 2 and parts[0] == "parties" and parts[2] == "strategy" else None
        whose = [name for name in parties if at in (name, "*")]
        if whose and set(whose) <= set(varied):
            option = "--vary" if path in others else "--set"
            said = f"{shown(path, 100)} would be lost: {OPTION} replaces the whole strategy of {listed(whose)}"
            faults.add(Mark(option, 1, 1), said)
    points *= prod(others.values())
    if points > MOST_POINTS:
        each = counted(len(varied), "party", "parties")
        more = f", for {' x '.join(f'{k:,}' for k in others.values())} values of other paths" if others else ""
        faults.add(
            Mark(OPTION, 1, 1),
            f"{len(found)} strategies for {each}{more} are {points:,} points; at most {MOST_POINTS:,} would do: "
            "fewer strategies, or --parties with fewer parties",
        )
    faults.raise_any()
