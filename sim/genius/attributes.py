"""Attributes of elements as names and exact numbers; what is missing or is none is a fault at its element."""

import re
from fractions import Fraction

from sim.genius.elements import Element
from sim.scenario.messages import Faults, quoted, shown

LARGEST = Fraction(10**15)  # no number beyond this means anything in a scenario
_NUMBER = re.compile(r"[-+]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][-+]?[0-9]{1,3})?")
_WHOLE = re.compile(r"[-+]?[0-9]{1,15}")


def tidy(text: str) -> str:
    """A name on one line: what cannot be printed is a blank, and so is every run of blanks."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def called(element: Element) -> str:
    """How messages call an element: `<issue> 'Who draws water'`."""
    name = tidy(element.attributes.get("name", element.attributes.get("value", "")))
    return f"<{shown(element.tag)}>{' ' + quoted(name) if name else ''}"


def name_of(element: Element, key: str, faults: Faults) -> str | None:
    """A name; None, and a fault, if there is none or it is empty."""
    found = tidy(element.attributes.get(key, ""))
    if not found:
        faults.add(element.mark, f"{called(element)} has no {quoted(key)}; give it one")
    return found or None


def number_of(element: Element, key: str, faults: Faults) -> Fraction | None:
    """A number exactly as written; None, and a fault, if there is none."""
    text = element.attributes.get(key, "").strip()
    if not text:
        faults.add(element.mark, f"{called(element)} has no {quoted(key)}; a number such as 0.4 would do")
        return None
    found = Fraction(text) if _NUMBER.fullmatch(text) else None
    if found is None or abs(found) > LARGEST:
        faults.add(element.mark, f"{quoted(key)} of {called(element)} is {quoted(text)}; a number such as 0.4 would do")
        return None
    return found


def whole_of(element: Element, key: str, faults: Faults) -> int | None:
    """A whole number; None, and a fault, if there is none."""
    text = element.attributes.get(key, "").strip()
    if _WHOLE.fullmatch(text):
        return int(text)
    was = f"is {quoted(text)}" if text else "is missing"
    faults.add(element.mark, f"{quoted(key)} of {called(element)} {was}; a whole number would do")
    return None
