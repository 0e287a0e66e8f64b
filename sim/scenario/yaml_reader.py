"""YAML read with guards.

A stranger's file must not be able to run code, exhaust the memory or be ambiguous. So the parser's events are read one
by one, under limits; anchors, aliases, merge keys, tags and second documents are refused, and so are duplicate keys and
words that YAML 1.1 and 1.2 read differently.
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
LEAST_SIZE = 100  # counted for each text in addition to its characters: there may be many short ones
_trees = Cache[Node | None](ROOM)

BREAKS = re.compile(r"\r\n|\r|\n")  # line ends of YAML 1.2 and of editors
OTHER_BREAKS = "\x85\u2028\u2029"  # line ends of YAML 1.1 alone: a key could hide behind a comment
TURNS = "\u202a-\u202e\u2066-\u2069"  # reorder the display of what follows
NO_TEXT = re.compile(f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufeff\ufffe\uffff{OTHER_BREAKS}{TURNS}]")
NO_VALUE = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff{TURNS}]")
DIRECTIVE = re.compile(r"^%", re.MULTILINE)
SMALLEST = 1e-300  # smaller floats lose digits, and then are 0

NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


def decoded(data: bytes, file: str, faults: Faults) -> str | None:
    """Decode a file, without a byte order mark; None, and a fault, if it is not text."""
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
    """Parse a YAML text; None, and a fault, if it is not YAML, is empty or over a limit.

    `line` and `column` are those at which the text starts.
    """
    root = _trees.get(
        (text, file, line, column),
        lambda: _parsed(text, file, faults, line, column),
        lambda made: 0 if made is None or faults else len(text) + LEAST_SIZE,
    )
    return copy(root) if root is not None else None


def _parsed(text: str, file: str, faults: Faults, line: int, column: int) -> Node | None:
    reader = _Reader(file, faults, line, column)
    try:
        return reader.read(text)
    except _Stop:
        return None
    except (YAMLError, ValueError, ArithmeticError, LookupError, TypeError, AttributeError, AssertionError) as error:
        at, message = _syntax_fault(text, error, reader.reached)
        before = BREAKS.split(text[:at])
        mark = Mark(file, line + len(before) - 1, len(before[-1]) + (column if len(before) == 1 else 1))
        faults.add(mark, f"this is not YAML: {message}")
    return None


CONFLICT = re.compile(r"^(?:(?:<{7}|>{7}|\|{7})(?: .*)?|={7})\r?$", re.MULTILINE)
BEYOND = re.compile(r"\\U(?!0010|000)[0-9A-Fa-f]{8}")  # no character of Unicode
BRACKETS = {"[": "]", "{": "}"}
IN_QUOTES = "put the whole text in quotes"
BEGINS = ", or put a text that begins with this sign in quotes"
DIRECTIVES = "a YAML directive (%) does not belong in a scenario; take it out"
A_KEY = "write the key, a colon, a space and the value, as in title: Talks"
SECOND_COLON = f'a second colon with a space after it; {IN_QUOTES}, as in title: "Talks: round two"'
SYNTAX = (  # the parser's message; what precedes the place, on its line and the one above; what would be valid
    ("mapping values are not allowed", r"\n.*:[ \t]",
     SECOND_COLON),
    ("mapping values are not allowed", r":[ \t]+\S.*\n",
     "this line is indented further than the one above, which has its value already; indent both alike"),
    ("mapping values are not allowed", "", f"the line above is no key with a value; {A_KEY}"),
    ("could not find expected ':'", "", f"this is no key with a value; {A_KEY}"),
    ("character '\\\\t'", "", "a tab stands before a key or a value; indent with spaces, not with a tab"),
    (r"found '[\]}]'", "", "{sign} closes nothing; take it out, or put the whole text in quotes"),
    ("cannot start any token|expected the node content|scanning an (alias|anchor)", "",
     f"no text may begin with {{sign}}; {IN_QUOTES}, or take the sign out"),
    ("scanning a quoted scalar", "", "the quotation mark {sign} that opens here is not closed; close it"),
    ("scanning a double-quoted scalar", "", "in double quotes, a backslash begins an escape and this is none; "
     "write a text with backslashes, such as a Windows path, in single quotes, or each backslash twice"),
    ("YAML document|directive", "", DIRECTIVES),
    ("tag", "", f"a tag (!) is not allowed; take it out{BEGINS}"),
    ("scanning a block scalar", "", f"after | and >, a text begins on the next line; move it there, or {IN_QUOTES}"),
    ("expected '<document start>'", "",
     "the scenario has ended before this, with a closing bracket or quotation mark; take out what follows"),
    ("sequence entries are not allowed", "",
     f"a list begins on a line of its own; if this is a text that begins with -, {IN_QUOTES}"),
    (r"found '(<scalar>|[\[{])'", "", "text follows a closing quotation mark or bracket; put all of it in one pair of "
     "quotes (within double quotes, write \\\" for a quotation mark), or close what is open above"),
    ("found '(-|<block sequence start>)'", "",
     "a list entry (-) where a key is expected; indent it like the other entries of its list"),
    ("found '(<block mapping start>|[?])'", "",
     "this line is indented unlike the others of its block; indent them alike"),
)  # fmt: skip


def _syntax_fault(text: str, error: Exception, reached: int) -> tuple[int, str]:
    """Describe where a text is not YAML, and what would be valid; `reached` is the place of errors without one."""
    if conflict := CONFLICT.search(text):
        message = f"a mark of a Git conflict, {quoted(conflict[0])}; keep one version and take out all lines of marks"
        return conflict.start(), message
    if beyond := not isinstance(error, MarkedYAMLError) and BEYOND.search(text, reached):
        return beyond.start(), f"there is no character {beyond[0]}; Unicode ends with \\U0010FFFF"
    if not isinstance(error, MarkedYAMLError):
        return reached, f"it cannot be read: {shown(error, 120)}"
    problem, context = error.problem_mark, error.context_mark
    at = (problem or context).index if problem or context else reached
    words = ", ".join(part for part in (error.context, error.problem) if part)
    if context and re.search("scanning an? (simple key|alias|anchor)", words):
        at = context.index  # its start
    directive = words.startswith("expected '<document start>'") and DIRECTIVE.search(text, 0, at)
    if directive:
        return directive.start(), DIRECTIVES + BEGINS
    if re.match("while parsing a flow (sequence|mapping)", words):
        opening, got = text[context.index], text[at : at + 1]
        close = BRACKETS[opening]
        if context.line < problem.line or not text[at:].strip():
            return context.index, f"{opening} opens here; close it with {close}, or write a comma between its entries"
        if got in BRACKETS.values():
            return at, f"{got} closes nothing here; close {opening} with {close}"
        comma = f"write a comma before this entry, or close {opening} with {close}"
        return at, f"{SECOND_COLON}; or {comma}" if got == ":" else comma
    if context and not text[at:].strip() and "block" not in words:
        at = context.index  # an unclosed construct starts there; the end of the file is no help
    before = "\n".join(["", *BREAKS.split(text[:at])][-2:])
    sign = text[at : at + 1]
    for pattern, where, message in SYNTAX:
        if re.search(pattern, words) and re.search(where, before):
            return at, message.format(sign=sign)
    return at, shown(words, 240) or "it cannot be read"


class _Stop(Exception):
    """Reading cannot go on; the fault is recorded."""


@dataclass
class _Reader:
    file: str
    faults: Faults
    line: int
    column: int
    nodes: int = 0
    reached: int = 0  # end of the last event

    def read(self, text: str) -> Node | None:
        events = self.follow(YAML(typ="safe", pure=True).parse(text))
        root: Node | None = None
        for event in events:
            if isinstance(event, yaml_events.DocumentStartEvent):
                if event.version or event.tags or (root is None and DIRECTIVE.search(text, 0, event.start_mark.index)):
                    self.faults.add(self.mark(event), DIRECTIVES)
                if root is not None:
                    message = "a second document starts here; a file holds one scenario; end it before --- and ..."
                    self.faults.add(self.mark(event), message)
                    raise _Stop
            elif isinstance(event, yaml_events.NodeEvent):
                root = self.node(event, events, 1)
        if root is None:
            message = "there is nothing here; `peacesim new` writes a scenario to start from"
            self.faults.add(Mark(self.file, self.line, self.column), message)
        return root

    def follow(self, events: Iterator[Any]) -> Iterator[Any]:
        for event in events:
            self.reached = event.end_mark.index
            yield event

    def mark(self, event: Any) -> Mark:
        line, column = event.start_mark.line, event.start_mark.column
        return Mark(self.file, line + self.line, column + (self.column if line == 0 else 1))

    def node(self, event: Any, events: Iterator[Any], depth: int) -> Node:
        """Build the node that starts with an event; recursion is bounded by the limit on depth."""
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
        return ScalarNode(mark)  # an alias; the fault is recorded

    def mapping(self, mark: Mark, events: Iterator[Any], depth: int) -> MappingNode:
        node = MappingNode(mark)
        spelled: dict[str, str] = {}  # Unicode has two encodings of a letter with an accent
        for event in events:
            if isinstance(event, yaml_events.MappingEndEvent):
                break
            key = self.node(event, events, depth + 1)
            following = next(events)
            empty = isinstance(following, yaml_events.ScalarEvent) and following.value == ""
            if empty and following.style in (None, ""):
                following.start_mark = event.start_mark  # empty: the parser has the place of what follows
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
            self.faults.add(mark, f"an alias (*{shown(event.anchor)}) is not allowed; write the value out{BEGINS}")
        elif event.anchor is not None:
            message = f"an anchor (&{shown(event.anchor)}) is not allowed; write the value out where it is needed"
            self.faults.add(mark, message + BEGINS)
        elif event.tag is not None:
            self.faults.add(mark, f"a tag ({shown(event.tag)}) is not allowed; take it out{BEGINS}")

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
