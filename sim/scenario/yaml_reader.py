"""YAML read with guards.

A stranger's file must not be able to run code, eat the memory or mean something else than it says. So the parser's
events are read one by one, under caps; anchors, aliases, merge keys, tags and second documents are refused, and so
are duplicate keys and words that YAML 1.1 and 1.2 read differently.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from unicodedata import normalize

from ruamel.yaml import YAML
from ruamel.yaml import events as yaml_events
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from sim.core.cache import Cache
from sim.core.wording import counted, quoted, shown
from sim.scenario.messages import Faults, Mark
from sim.scenario.nodes import (
    DATE,
    LONGEST_WORD,
    NOTHING,
    NUMBER,
    TWO_READINGS,
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    copy,
    read_as,
)

MOST_BYTES = 1_000_000
MOST_DEPTH = 24
MOST_NODES = 15_000

ROOM = 400_000  # characters of all texts whose trees are cached, some 25 bytes each
LEAST_SIZE = 100  # of a text, as if it had so many characters more: there may be many short ones
_trees = Cache[Node | None](ROOM)

BREAKS = re.compile(r"\r\n|\r|\n")  # what ends a line to YAML 1.2 and to an editor
OTHER_BREAKS = "\x85\u2028\u2029"  # these do too, but to YAML 1.1 alone: a key could hide behind a remark
TURNS = "\u202a-\u202e\u2066-\u2069"  # what follows is shown in another order than it is read
NO_TEXT = re.compile(f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufeff\ufffe\uffff{OTHER_BREAKS}{TURNS}]")
NO_VALUE = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff{TURNS}]")
DIRECTIVE = re.compile(r"^%", re.MULTILINE)
SMALLEST = 1e-300  # next to it a float loses digits, and below it is 0

NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


def decoded(data: bytes, file: str, faults: Faults) -> str | None:
    """The text of a file, without a byte order mark; None, and a fault, if it is not text."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        lines = BREAKS.split(data[: error.start].decode("utf-8").removeprefix("\ufeff"))
        mark = Mark(file, len(lines), len(lines[-1]) + 1)
        faults.add(mark, f"byte 0x{data[error.start]:02x} is not UTF-8; save the file as UTF-8 text")
        return None
    text = text.removeprefix("\ufeff")
    strange = NO_TEXT.search(text)
    if strange is None:
        return text
    before = BREAKS.split(text[: strange.start()])
    char = strange.group()
    message = f"{_kind(char)}, {quoted(char)}, does not belong in a text file; take it out"
    if char in OTHER_BREAKS:
        message = f"YAML 1.1 reads {quoted(char)} as the end of a line and YAML 1.2 does not; take it out"
    faults.add(Mark(file, len(before), len(before[-1]) + 1), message)
    return None


def _kind(char: str) -> str:
    return "a character that turns the order of reading" if re.match(f"[{TURNS}]", char) else "a control character"


def read_text(text: str, file: str, faults: Faults, line: int = 1, column: int = 1) -> Node | None:
    """The tree of a YAML text; None, and a fault, if it is not YAML, is empty or is over a cap.

    `line` and `column` are those at which the text starts.
    """
    root = _trees.get(
        (text, file, line, column),
        lambda: _parsed(text, file, faults, line, column),
        lambda made: 0 if made is None or faults else len(text) + LEAST_SIZE,
    )
    return copy(root) if root is not None else None


def _parsed(text: str, file: str, faults: Faults, line: int, column: int) -> Node | None:
    try:
        return _Reader(file, faults, line, column).read(text)
    except _Stop:
        return None
    except MarkedYAMLError as error:
        at = error.problem_mark or error.context_mark
        if error.context_mark and at and text[at.index :].strip() == "":
            at = error.context_mark  # what is not closed starts there; the end of the file tells nothing
        mark = Mark(file, line, column)
        if at:
            mark = Mark(file, at.line + line, at.column + (column if at.line == 0 else 1))
        lines, number = text.splitlines(), mark.line - line
        indent = re.match(r"[ \t]*", lines[number]) if 0 <= number < len(lines) else None
        hint = "; indent with spaces, not with a tab" if indent and "\t" in indent.group() else ""
        problem = ", ".join(shown(part, 120) for part in (error.context, error.problem) if part)
        faults.add(mark, f"this is not YAML: {problem or 'it cannot be read'}{hint}")
    except (YAMLError, ValueError, ArithmeticError, LookupError, TypeError, AttributeError, AssertionError) as error:
        # The parser meets hostile text with errors of its own that carry no place.
        faults.add(Mark(file, line, column), f"this is not YAML that can be read: {shown(error, 120)}")
    return None


class _Stop(Exception):
    """Reading cannot go on; the fault is on record."""


@dataclass
class _Reader:
    """Builds the tree from the parser's events."""

    file: str
    faults: Faults
    line: int
    column: int
    nodes: int = 0

    def read(self, text: str) -> Node | None:
        events = YAML(typ="safe", pure=True).parse(text)
        root: Node | None = None
        for event in events:
            if isinstance(event, yaml_events.DocumentStartEvent):
                if event.version or event.tags or (root is None and DIRECTIVE.search(text, 0, event.start_mark.index)):
                    self.faults.add(self.mark(event), "a YAML directive (%) does not belong in a scenario; take it out")
                if root is not None:
                    self.faults.add(self.mark(event), "a second document starts here; a file holds one scenario")
                    raise _Stop
            elif isinstance(event, yaml_events.NodeEvent):
                root = self.node(event, events, 1)
        if root is None:
            message = "there is nothing here; `peacesim new` writes a scenario to start from"
            self.faults.add(Mark(self.file, self.line, self.column), message)
        return root

    def mark(self, event: Any) -> Mark:
        line, column = event.start_mark.line, event.start_mark.column
        return Mark(self.file, line + self.line, column + (self.column if line == 0 else 1))

    def node(self, event: Any, events: Iterator[Any], depth: int) -> Node:
        """The node that starts with an event; recursion is bounded by the cap on depth."""
        mark = self.mark(event)
        self.nodes += 1
        if depth > MOST_DEPTH:
            self.faults.add(mark, f"more than {MOST_DEPTH} levels deep; a scenario needs about ten")
            raise _Stop
        if self.nodes > MOST_NODES:
            self.faults.add(mark, f"more than {MOST_NODES:,} entries; large tables do not belong in a scenario")
            raise _Stop
        self.refuse_tricks(event, mark)
        if isinstance(event, yaml_events.MappingStartEvent):
            return self.mapping(mark, events, depth)
        if isinstance(event, yaml_events.SequenceStartEvent):
            node = SequenceNode(mark)
            for child in events:
                if isinstance(child, yaml_events.SequenceEndEvent):
                    break
                node.items.append(self.node(child, events, depth + 1))
            return node
        if isinstance(event, yaml_events.ScalarEvent):
            scalar = ScalarNode(mark, "", event.value, event.style is None or event.style == "")
            self.refuse_scalar(scalar)
            return scalar
        return ScalarNode(mark)  # an alias; the fault is on record

    def mapping(self, mark: Mark, events: Iterator[Any], depth: int) -> MappingNode:
        node = MappingNode(mark)
        spelled: dict[str, str] = {}  # Unicode has two ways to write the same letter with an accent
        for event in events:
            if isinstance(event, yaml_events.MappingEndEvent):
                break
            key = self.node(event, events, depth + 1)
            following = next(events)
            empty = isinstance(following, yaml_events.ScalarEvent) and following.value == ""
            if empty and following.style in (None, ""):
                following.start_mark = event.start_mark  # nothing is there: the parser has the place of what follows
            value = self.node(following, events, depth + 1)
            if not isinstance(key, ScalarNode):
                self.faults.add(key.mark, "a key must be a name, not a list or a mapping")
            elif (seen := spelled.setdefault(normalize("NFC", key.text), key.text)) in node.items:
                self.refuse_second(key, node.keys[seen], seen)
            else:
                self.refuse_key(key)
                node.put(key.text, value, key.mark)
        return node

    def refuse_tricks(self, event: Any, mark: Mark) -> None:
        if isinstance(event, yaml_events.AliasEvent):
            self.faults.add(mark, f"an alias (*{shown(event.anchor)}) is not allowed; write the value out")
        elif event.anchor is not None:
            message = f"an anchor (&{shown(event.anchor)}) is not allowed; write the value out where it is needed"
            self.faults.add(mark, message)
        elif event.tag is not None:
            self.faults.add(mark, f"a tag ({shown(event.tag)}) is not allowed; take it out")

    def refuse_second(self, key: ScalarNode, first: Mark, spelled: str) -> None:
        line = key.mark.line
        where = f"line {first.line}" if first.line != line else f"line {first.line}, column {first.column}"
        other = "" if key.text == spelled else ", in other characters that look the same"
        message = f"the key {quoted(key.text)} stands here on line {line} and on {where}{other}; keep one"
        self.faults.add(key.mark, message)

    def refuse_key(self, key: ScalarNode) -> None:
        if key.plain and key.text == "<<":
            self.faults.add(key.mark, "a merge key (<<) is not allowed; `extends` makes one scenario from another")
        elif key.plain and not isinstance(key.value, str):
            kind = read_as(key.value)
            message = f"YAML reads the key {quoted(key.text)} as {kind}; give it a name, or put it in quotes"
            self.faults.add(key.mark, message)

    def refuse_scalar(self, scalar: ScalarNode) -> None:
        text, mark = scalar.text, scalar.mark
        strange = NO_VALUE.search(text)
        if strange:
            char = strange.group()
            self.faults.add(mark, f"the text holds {_kind(char)}, {quoted(char)}; take it out")
        if scalar.plain and text in NOTHING:
            self.faults.add(mark, "nothing stands here; write a value, or take the key out")
        if not scalar.plain or NUMBER.fullmatch(text):
            if scalar.plain and abs(float(text)) > 1e15:
                self.faults.add(mark, f"the number {shown(text)} is too large for anything in a scenario")
            elif scalar.plain and abs(float(text)) < SMALLEST and re.match(r"[-+]?[0.]*[1-9]", text):
                self.faults.add(mark, f"the number {shown(text)} is too small to compute with; write 0")
            return
        if NOT_FINITE.fullmatch(text):
            self.faults.add(mark, f"{quoted(text)} is not a number to compute with; write a finite one")
        elif DATE.fullmatch(text):
            if isinstance(scalar.value, str):
                message = f"there is no date {shown(text)}; write a date as 2025-12-14, or put the text in quotes"
                self.faults.add(mark, message)
        elif re.fullmatch(r"[-+]?[0-9]{31,}(?:\.[0-9]*)?|[-+]?[0-9]*\.[0-9]{41,}", text):
            self.faults.add(mark, f"the number {shown(text, 20)} has {counted(len(text), 'digit')}; write fewer")
        elif len(text) <= LONGEST_WORD and TWO_READINGS.fullmatch(text):
            message = (
                f"YAML 1.1 and YAML 1.2 read {quoted(text)} differently; put it in quotes if it is a name or a text"
            )
            self.faults.add(mark, f"{message}; write a number with digits and a point")
