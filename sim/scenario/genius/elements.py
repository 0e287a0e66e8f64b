"""XML read with guards: a tree of elements, each with its file, line and column.

A stranger's file must not be able to open another file, reach an address or exhaust the memory. So a document type (and
with it every entity) is refused where it starts, and size, depth, number of elements and length of attributes are
limited. Text between elements has no meaning in GENIUS and is skipped.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import NoReturn
from xml.parsers import expat

from sim.core.wording import quoted, shown
from sim.scenario.messages import Faults, Mark
from sim.scenario.weights import decimal_text
from sim.scenario.yaml_reader import decoded

MOST_BYTES = 5_000_000
MOST_DEPTH = 24
MOST_ELEMENTS = 50_000
LONGEST_ATTRIBUTE = 4_000  # characters; descriptions in domains are shorter

CODECS = {
    "utf-8": "utf-8", "utf8": "utf-8", "us-ascii": "ascii", "ascii": "ascii",
    "iso-8859-1": "latin-1", "latin1": "latin-1", "windows-1252": "cp1252", "cp1252": "cp1252", "utf-16": "utf-16",
}  # fmt: skip
BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff")
_DECLARED = re.compile(rb"""\s*<\?xml[^>]{0,200}?\sencoding\s*=\s*["']([^"'>]{1,60})["']""")


@dataclass(slots=True)
class Element:
    """An element with its attributes.

    `mark` is the place of its `<`; line ends and tabs in attributes are blanks, as in XML.
    """

    tag: str
    mark: Mark
    attributes: dict[str, str] = field(default_factory=dict)
    children: list["Element"] = field(default_factory=list)

    def named(self, *tags: str) -> list["Element"]:
        return [child for child in self.children if child.tag in tags]

    def below(self) -> Iterator["Element"]:
        """Return all descendants, parents first, in file order."""
        for child in self.children:
            yield child
            yield from child.below()


def read_xml(data: bytes, file: str, faults: Faults) -> Element | None:
    """Root element of an XML file; None, and a fault, if it is no XML, has a document type or is over a limit."""
    if len(data) > MOST_BYTES:
        faults.add(Mark(file, 1, 1), f"larger than {MOST_BYTES:,} bytes; a domain of GENIUS has some thousand")
        return None
    text = _text(data, file, faults)
    if text is None:
        return None
    try:
        return _Reader(file, faults).read(text)
    except _Stop:
        return None


def _text(data: bytes, file: str, faults: Faults) -> str | None:
    if data.startswith(BYTE_ORDER_MARKS):
        encoding = "utf-16"
    else:
        declared = _DECLARED.match(data.removeprefix(b"\xef\xbb\xbf")[:400])
        encoding = declared.group(1).decode("ascii", "backslashreplace").lower() if declared else "utf-8"
        if encoding not in CODECS:
            message = f"the encoding {quoted(encoding)} is not one that is read; save the file as UTF-8"
            faults.add(Mark(file, 1, 1), message)
            return None
    if CODECS[encoding] != "utf-8":
        try:
            data = data.decode(CODECS[encoding]).encode("utf-8")
        except UnicodeError:
            faults.add(Mark(file, 1, 1), f"this is no text in the encoding {encoding}; save the file as UTF-8")
            return None
    return decoded(data, file, faults)


class _Stop(Exception):
    """Reading cannot go on; its fault is recorded."""


class _Reader:
    def __init__(self, file: str, faults: Faults) -> None:
        self.file = file
        self.faults = faults
        self.root: Element | None = None
        self.open: list[Element] = []
        self.elements = 0
        self.parser = expat.ParserCreate("UTF-8")  # whatever the file declares: it is decoded already
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        # The first of these is called before the content of a document type is parsed.
        self.parser.StartDoctypeDeclHandler = self.refuse
        self.parser.EntityDeclHandler = self.refuse
        self.parser.ExternalEntityRefHandler = self.refuse

    def read(self, text: str) -> Element | None:
        try:
            self.parser.Parse(text.encode("utf-8"), True)
        except expat.ExpatError as error:
            message = f"this is not XML: {expat.ErrorString(error.code)}"
            if self.open:
                inner = self.open[-1]
                message += f"; <{shown(inner.tag)}> of line {inner.mark.line} is still open here"
            self.faults.add(Mark(self.file, error.lineno, error.offset + 1), message)
            raise _Stop from None
        return self.root

    def here(self) -> Mark:
        return Mark(self.file, self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber + 1)

    def stop(self, message: str) -> NoReturn:
        self.faults.add(self.here(), message)
        raise _Stop

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.elements += 1
        if len(self.open) >= MOST_DEPTH:
            self.stop(f"more than {MOST_DEPTH} levels deep; a domain of GENIUS needs about six")
        if self.elements > MOST_ELEMENTS:
            self.stop(f"more than {MOST_ELEMENTS:,} elements; so many options cannot be compared")
        for name, value in attributes.items():
            if len(value) > LONGEST_ATTRIBUTE:
                self.stop(f"{quoted(name)} has {len(value):,} characters; at most {LONGEST_ATTRIBUTE:,} would do")
        element = Element(tag, self.here(), attributes)
        if self.open:
            self.open[-1].children.append(element)
        else:
            self.root = element
        self.open.append(element)

    def end(self, tag: str) -> None:
        self.open.pop()

    def refuse(self, *declared: object) -> int:
        self.stop("a document type (<!DOCTYPE) or entity is not read, since it can open other files; take it out")


LARGEST = Fraction(10**15)  # larger numbers mean nothing in a scenario
PLACES = 12  # decimal places of numbers written
UNITS = 10**12
_NUMBER = re.compile(r"[-+]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][-+]?[0-9]{1,3})?")
_WHOLE = re.compile(r"[-+]?[0-9]{1,15}")


def tidy(text: str) -> str:
    """Put a name on one line: unprintable characters and runs of blanks become a blank."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def label_of(element: Element) -> str:
    """Return the name of an element in messages: `<issue> 'Who draws water'`."""
    name = tidy(element.attributes.get("name", element.attributes.get("value", "")))
    return f"<{shown(element.tag)}>{' ' + quoted(name) if name else ''}"


def name_of(element: Element, key: str, faults: Faults) -> str | None:
    """A name; None, and a fault, if there is none or it is empty."""
    found = tidy(element.attributes.get(key, ""))
    if not found:
        faults.add(element.mark, f"{label_of(element)} has no {quoted(key)}; give it one")
    return found or None


def number_of(element: Element, key: str, faults: Faults) -> Fraction | None:
    """A number exactly as written; None, and a fault, if there is none."""
    text = element.attributes.get(key, "").strip()
    if not text:
        faults.add(element.mark, f"{label_of(element)} has no {quoted(key)}; a number such as 0.4 would do")
        return None
    found = Fraction(text) if _NUMBER.fullmatch(text) else None
    if found is None or abs(found) > LARGEST:
        message = f"{quoted(key)} of {label_of(element)} is {quoted(text)}; a number such as 0.4 would do"
        faults.add(element.mark, message)
        return None
    return found


def whole_of(element: Element, key: str, faults: Faults) -> int | None:
    """Return an integer; None, and a fault, if there is none."""
    text = element.attributes.get(key, "").strip()
    if _WHOLE.fullmatch(text):
        return int(text)
    was = f"is {quoted(text)}" if text else "is missing"
    faults.add(element.mark, f"{quoted(key)} of {label_of(element)} {was}; a whole number would do")
    return None


def decimal_of(number: Fraction) -> Decimal:
    """A number to 12 decimal places."""
    return decimal_of_units(round(number * UNITS))


def decimal_of_units(count: int) -> Decimal:
    with localcontext() as context:
        context.prec = 60
        return Decimal(count).scaleb(-PLACES)


def text_of(number: Fraction) -> str:
    """A number to 12 decimal places in digits, without needless zeros."""
    return decimal_text(decimal_of(number))
