"""Damaged scenarios: every shipped one changed a little, as text, as a tree, as a difference or by settings.

A mutant is a function of its number alone, so one that was found can be made again:
`python -m tests.trust.mutants 4711` prints it.
"""

import json
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sim.scenario import read_scenario

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
SHIPPED = tuple(sorted(path.stem for path in SCENARIOS.glob("*.yaml")))
KINDS = ("text", "text", "text", "tree", "tree", "tree", "mild", "mild", "difference", "settings")

PIECES = (
    "{", "}", "[", "]", ":", "-", '"', "'", "#", "&a", "*a", "!x", "<<:", "|", ">", "no", "~", "1e3", ".nan", ".inf",
    "-1", "?", "---", "%YAML", "1_0", "017", "0x1F", "12:30",
)  # fmt: skip
PIECES += (
    "\n", "\t", ": ", "- ", "\x1b[31m", "\x00", "\u202e", "\u2028", "\x85", "\ufeff", "\r", "9" * 40, '"\\ud800"',
)  # fmt: skip
PIECES += ("value", "range", "extends: ", "set: ", "anything_but", "always", "🕊", "e\u0301", "\u200f", "1.0e-320")
NUMBERS: tuple[Any, ...] = (-1, 0, 1, 2, 0.5, 1.5, 3.7, -0.0, 99_999, 10**15, 10**16, 10**40, 10**400, 1e-9, 1e-300)
WORDS = (
    "", " ", "no", "always", "never", "value", "id", "a/b", "../x", "CON", "x" * 81, "x" * 5000, "a\nb", "🕊", "null",
)  # fmt: skip
WRONG: tuple[Any, ...] = (None, True, [], {}, "text", 5, 0.5, [[]], [None], {"value": 5}, {"a": {"b": {"c": 1}}})
SETS = (
    "0.4", "[0, 1]", "{value: 0.4, range: [0.3, 0.5]}", "{}", "[]", "no", "1e400", "~", "-1", "9" * 50, "{a: {b: c}}",
)  # fmt: skip
SETS += (
    "{range: [0.9, 0.1]}", "*a", "!x y", "2025-12-14", '"\\x1b[31m"', "0", "1", "1.0", "always", "each", "x: y", "[",
)  # fmt: skip
VARY = (
    "0,1", "0:1:3", "0:1", "nan:1:3", "0:1:1000000", "1e308:-1e308:3", "a,b", "[0,1],[0,2]", ",", ":::", "0:1:2:3", "{",
)  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """A damaged scenario."""

    number: int
    kind: str
    base: str
    data: bytes
    sets: tuple[str, ...] = ()
    vary: tuple[str, ...] = ()


def mutant(number: int) -> Mutant:
    """The mutant of a number; numbers run through the shipped scenarios in turn."""
    base = SHIPPED[number % len(SHIPPED)]
    chance = random.Random(number)
    kind = chance.choice(KINDS)
    if kind == "settings":
        return Mutant(number, kind, base, shipped(base).encode(), *_settings(base, chance))
    make = {"text": _text, "tree": _tree, "mild": _mild, "difference": _difference}[kind]
    return Mutant(number, kind, base, make(base, chance).encode("utf-8", "surrogatepass"))


@cache
def shipped(name: str) -> str:
    """The text of a shipped scenario."""
    return (SCENARIOS / f"{name}.yaml").read_text(encoding="utf-8")


@cache
def _whole(name: str) -> str:
    return json.dumps(read_scenario(SCENARIOS / f"{name}.yaml").resolved)


def whole(name: str) -> dict[str, Any]:
    """A shipped scenario with what it extends, to be changed."""
    made: dict[str, Any] = json.loads(_whole(name))
    return made


def written(value: Any) -> str:
    """Values as YAML: JSON, but numbers with an exponent are written as YAML 1.1 and 1.2 both read them."""
    return "\n".join(_lines(value, 0)) + "\n"


def _lines(value: Any, depth: int) -> Iterator[str]:
    pad = " " * depth
    if isinstance(value, dict) and value:
        for key, each in value.items():
            if isinstance(each, dict | list) and each and depth < 12:
                yield f"{pad}{_scalar(str(key))}:"
                yield from _lines(each, depth + 1)
            else:
                yield f"{pad}{_scalar(str(key))}: {_flow(each)}"
    elif isinstance(value, list) and value:
        yield from (f"{pad}- {_flow(each)}" for each in value)
    else:
        yield pad + _flow(value)


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(str(key))}: {_flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    if isinstance(value, float) and "e" in (text := repr(value)):
        mantissa, _, exponent = text.partition("e")
        return f"{mantissa}{'' if '.' in mantissa else '.0'}e{int(exponent):+}"
    return json.dumps(value, ensure_ascii=False)


# --- text


def _text(base: str, chance: random.Random) -> str:
    """A few lines moved, doubled, dropped or indented, or characters replaced."""
    lines = shipped(base).split("\n")
    for _ in range(chance.choice((1, 1, 2, 4))):
        at = chance.randrange(len(lines))
        chance.choice((_drop, _double, _swap, _indent, _piece, _piece, _change, _cut))(lines, at, chance)
        lines = lines or [""]
    return "\n".join(lines)


def _drop(lines: list[str], at: int, chance: random.Random) -> None:
    del lines[at : at + chance.choice((1, 1, 2, 10))]


def _double(lines: list[str], at: int, chance: random.Random) -> None:
    lines[at:at] = lines[at : at + chance.choice((1, 1, 3))]


def _swap(lines: list[str], at: int, chance: random.Random) -> None:
    other = chance.randrange(len(lines))
    lines[at], lines[other] = lines[other], lines[at]


def _indent(lines: list[str], at: int, chance: random.Random) -> None:
    lines[at] = chance.choice((" ", "  ", "    ", "\t")) + lines[at] if chance.random() < 0.6 else lines[at].lstrip()


def _piece(lines: list[str], at: int, chance: random.Random) -> None:
    place = chance.randrange(len(lines[at]) + 1)
    lines[at] = lines[at][:place] + chance.choice(PIECES) + lines[at][place + chance.choice((0, 0, 1, 4)) :]


def _change(lines: list[str], at: int, chance: random.Random) -> None:
    if lines[at]:
        place = chance.randrange(len(lines[at]))
        lines[at] = (
            lines[at][:place] + chr(chance.choice((33, 48, 57, 65, 97, 125, 0x301, 0x661))) + lines[at][place + 1 :]
        )


def _cut(lines: list[str], at: int, chance: random.Random) -> None:
    if chance.random() < 0.2:
        del lines[at + 1 :]
    lines[at] = lines[at][: chance.randrange(len(lines[at]) + 1)]


# --- trees


Spot = tuple[dict[str, Any] | list[Any], Any]


def spots(value: Any) -> Iterator[Spot]:
    """All places in a tree: what holds it, and its key or index."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in list(pairs):
        yield value, key
        yield from spots(each)


def _tree(base: str, chance: random.Random) -> str:
    """A few places of the whole scenario deleted, doubled, emptied, renamed, or given another type or number."""
    tree = whole(base)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        places = list(spots(tree))
        if not places:
            break
        holder, key = chance.choice(places)
        chance.choice(CHANGES)(holder, key, places, chance)
    return written(tree)


def _delete(holder: Any, key: Any, places: list[Spot], chance: random.Random) -> None:
    del holder[key]


def _retype(holder: Any, key: Any, places: list[Spot], chance: random.Random) -> None:
    holder[key] = chance.choice(WRONG)


def _number(holder: Any, key: Any, places: list[Spot], chance: random.Random) -> None:
    at = [(where, name) for where, name in places if isinstance(where[name], int | float)]
    where, name = chance.choice(at or [(holder, key)])
    where[name] = chance.choice(NUMBERS)


def _rename(holder: Any, key: Any, places: list[Spot], chance: random.Random) -> None:
    """A reference, or a key, under another name: one of the file's own, or a hostile one."""
    known = [name for where, name in places if isinstance(where, dict)]
    name = chance.choice((chance.choice(known or ["x"]), chance.choice(WORDS)))
    if isinstance(holder, dict) and chance.random() < 0.5:
        items = [(name if old == key else old, each) for old, each in holder.items()]
        holder.clear()
        holder.update(items)
    else:
        at = [(where, each) for where, each in places if isinstance(where[each], str)]
        where, each = chance.choice(at or [(holder, key)])
        where[each] = name


def _twice(holder: Any, key: Any, places: list[Spot], chance: random.Random) -> None:
    at = [where[each] for where, each in places if isinstance(where[each], list) and where[each]]
    if at:
        entries = chance.choice(at)
        entries.append(json.loads(json.dumps(chance.choice(entries))))


def _empty(holder: Any, key: Any, places: list[Spot], chance: random.Random) -> None:
    at = [(where, each) for where, each in places if isinstance(where[each], dict | list)]
    if at:
        where, each = chance.choice(at)
        where[each] = type(where[each])()


def _move(holder: Any, key: Any, places: list[Spot], chance: random.Random) -> None:
    other, place = chance.choice(places)
    holder[key] = json.loads(json.dumps(other[place]))


def _add(holder: Any, key: Any, places: list[Spot], chance: random.Random) -> None:
    at = [where for where, _ in places if isinstance(where, dict)]
    if at:
        chance.choice(at)[chance.choice(("note", "label", "because", "id", "law", "extra", *WORDS))] = chance.choice(
            WRONG
        )


def _spread(holder: Any, key: Any, places: list[Spot], chance: random.Random) -> None:
    at = [(where, each) for where, each in places if isinstance(where[each], float | int)]
    if at:
        where, each = chance.choice(at)
        low, high = sorted(chance.choice((0, 0.2, 0.5, 1, 5, 100)) for _ in range(2))
        law = chance.choice(("triangular", "uniform", "normal", "beta", "wrong"))
        where[each] = {"range": [low, high], "law": law}


CHANGES = (_delete, _retype, _number, _number, _rename, _rename, _twice, _empty, _move, _add, _spread)


def _mild(base: str, chance: random.Random) -> str:
    """A change after which the scenario often still holds together: it is played."""
    tree = whole(base)
    for _ in range(chance.choice((1, 2, 3))):
        chance.choice((_ends, _ends, _optional, _weights, _time, _points, _lines_hard, _scaled))(tree, chance)
    return written(tree)


def _ends(tree: dict[str, Any], chance: random.Random) -> None:
    """A number at one end of its range, or certain."""
    at = [(where, each) for where, each in spots(tree) if isinstance(where[each], dict) and "range" in where[each]]
    if at:
        where, each = chance.choice(at)
        low, high = where[each]["range"]
        where[each] = chance.choice((low, high, {"range": [low, low]}, {"range": [low, high], "law": "uniform"}))


def _optional(tree: dict[str, Any], chance: random.Random) -> None:
    needed = {"schema", "id", "title", "time", "issues", "parties"}
    for key in [key for key in tree if key not in needed and chance.random() < 0.3]:
        del tree[key]


def _weights(tree: dict[str, Any], chance: random.Random) -> None:
    """All weight on one issue, or weights exchanged."""
    weights = chance.choice([party["weights"] for party in tree["parties"].values()])
    names = list(weights)
    if chance.random() < 0.5:
        weights.update(dict.fromkeys(names, 0) | {chance.choice(names): 1})
    else:
        values = [weights[name] for name in names]
        chance.shuffle(values)
        weights.update(zip(names, values, strict=True))


def _time(tree: dict[str, Any], chance: random.Random) -> None:
    tree["time"] = {
        "rounds": chance.choice((1, 2, 5, 36)),
        "days_per_round": chance.choice((0.001, 1, 30.4375, 365, 3660)),
    }


def _points(tree: dict[str, Any], chance: random.Random) -> None:
    party = chance.choice(list(tree["parties"].values()))
    table = chance.choice(list(party["values"].values()))
    table.update({option: chance.choice((0, 100, 50, 100)) for option in table})
    party["no_deal"] = chance.choice((0, 0.1, 1, {"range": [0, 1], "law": "normal"}))


def _lines_hard(tree: dict[str, Any], chance: random.Random) -> None:
    for party in tree["parties"].values():
        for line in party.get("red_lines", ()):
            line["hardness"] = chance.choice((0, 1, 0.5))
            line.pop("drawn_with", None)


def _scaled(tree: dict[str, Any], chance: random.Random) -> None:
    """A certain number made much smaller or larger, or zero."""
    at = [(where, each) for where, each in spots(tree) if type(where[each]) in (int, float) and each != "schema"]
    where, each = chance.choice(at)
    where[each] = chance.choice((0, where[each] * 1000, where[each] / 1000, where[each] + 1, -where[each], 1.0e-300))


# --- differences and settings


def paths(base: str, chance: random.Random) -> Iterator[str]:
    """Dotted paths of a scenario, some with wildcards, some that name nothing."""
    while True:
        node: Any = whole(base)
        parts: list[str] = []
        while isinstance(node, dict | list) and node and (not parts or chance.random() < 0.9):
            named = (
                node
                if isinstance(node, dict)
                else {each["id"]: each for each in node if isinstance(each, dict) and "id" in each}
            )
            if not named:
                break
            key = chance.choice(list(named))
            node = named[key]
            parts.append("*" if chance.random() < 0.15 else key)
        if chance.random() < 0.15:
            parts.append(chance.choice(("value", "range", "nothing", "id", "*", "..", "a b", "x" * 600)))
        yield ".".join(parts)


def _difference(base: str, chance: random.Random) -> str:
    """A file that extends the shipped one and overrides, takes out or sets what may not fit."""
    names, lines = paths(base, chance), {"extends": f"{base}.yaml", "id": chance.choice(("changed", *WORDS))}
    tree: dict[str, Any] = {key: value for key, value in lines.items() if chance.random() < 0.9}
    if chance.random() < 0.5:
        tree["set"] = {next(names): chance.choice((*NUMBERS, *WRONG)) for _ in range(chance.choice((1, 2, 5)))}
    if chance.random() < 0.4:
        tree["without"] = [next(names) for _ in range(chance.choice((1, 2)))]
    if chance.random() < 0.5:
        other = whole(chance.choice(SHIPPED))
        key = chance.choice([key for key in other if key not in ("schema", "id")])
        tree[key] = other[key]
    if chance.random() < 0.1:
        tree["extends"] = chance.choice(
            ("../x.yaml", "/etc/passwd", ".", "mutant.yaml", "no.yaml", base, "a\x00b", "~")
        )
    return written(tree)


def _settings(base: str, chance: random.Random) -> tuple[tuple[str, ...], tuple[str, ...]]:
    names = paths(base, chance)
    sets = tuple(f"{next(names)}={chance.choice(SETS)}" for _ in range(chance.choice((1, 1, 2))))
    vary = tuple(f"{next(names)}={chance.choice(VARY)}" for _ in range(chance.choice((0, 1, 2))))
    return (sets, vary) if chance.random() < 0.7 or not vary else ((), vary)


if __name__ == "__main__":
    made = mutant(int(sys.argv[1]))
    print(f"# {made.kind} of {made.base}", *made.sets, *made.vary, file=sys.stderr)
    sys.stdout.buffer.write(made.data)
