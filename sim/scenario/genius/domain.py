"""The domain: the issues of a GENIUS `negotiation_template`, each with the values it can take.

Source: GENIUS 10.4, `DomainImpl`: issues may lie in nested objectives, which group them and count for nothing else;
`type` says what an issue is, else `vtype`; without either it is discrete.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from sim.core.packages import RAW_LIMIT
from sim.core.wording import counted, quoted, shown
from sim.scenario.genius.elements import Element, label_of, name_of, number_of, text_of, tidy, whole_of
from sim.scenario.messages import Faults, Mark
from sim.scenario.parts import MOST_ISSUES, MOST_OPTIONS

DISCRETE, INTEGER, REAL = "discrete", "integer", "real"
KINDS = (DISCRETE, INTEGER, REAL)


@dataclass(frozen=True)
class Value:
    """A value an issue can take: its name, and for an integer or real issue the number."""

    name: str
    number: Fraction | None = None


@dataclass(frozen=True)
class Issue:
    """An issue of a domain, by the index under which profiles name it, and its place in the domain file."""

    index: int
    name: str
    kind: str
    values: tuple[Value, ...]  # in order; of a real issue, and of an integer issue with too many, some
    mark: Mark
    low: Fraction | None = None  # bounds of an integer or real issue
    high: Fraction | None = None
    thinned: bool = False  # whether `values` are only some of those it can take


@dataclass(frozen=True)
class Domain:
    """A domain; if not `whole`, some issue could not be read, and a profile may name issues that are not here."""

    name: str
    issues: tuple[Issue, ...]
    whole: bool


def kind_of(element: Element) -> str:
    """What an issue is, in the domain or in a profile."""
    kinds = (element.attributes.get(key, "") for key in ("type", "vtype", "etype"))
    return next((kind.strip().lower() for kind in kinds if kind.strip()), DISCRETE)


def domain_of(root: Element, steps: int, faults: Faults) -> Domain:
    """The domain of a `negotiation_template`; real issues, and integer ones with many values, are cut into `steps`."""
    found: dict[int, Issue] = {}
    elements = [element for element in root.below() if element.tag == "issue"]
    if not elements:
        faults.add(root.mark, "this domain has no <issue>; at least one is needed to talk about")
    for element in elements:
        issue = _issue(element, steps, faults)
        if issue is None:
            continue
        if issue.index in found:
            other = found[issue.index]
            message = f"index {issue.index} is also that of {quoted(other.name)}, on line {other.mark.line}"
            faults.add(element.mark, f"{message}; profiles name issues by index, so each has its own")
        found.setdefault(issue.index, issue)
    issues = tuple(found[index] for index in sorted(found))
    _check_size(root, issues, faults)
    objectives = [tidy(each.attributes.get("name", "")) for each in root.below() if each.tag == "objective"]
    return Domain(objectives[0] if objectives else "", issues, len(issues) == len(elements))


def bounds_of(element: Element, kind: str, faults: Faults) -> tuple[Fraction, Fraction] | None:
    """Lower and upper bound of an issue: its attributes, or those of its `<range>`, as older files have it."""
    holder = next(iter(element.named("range")), element)
    low, high = (
        number_of(holder, key, faults) if kind == REAL else _fraction(whole_of(holder, key, faults))
        for key in ("lowerbound", "upperbound")
    )
    if low is None or high is None:
        return None
    if low > high:
        message = f"{label_of(element)} goes from {text_of(low)} to {text_of(high)}"
        faults.add(holder.mark, f"{message}; the lower bound comes first")
        return None
    return low, high


def _fraction(whole: int | None) -> Fraction | None:
    return None if whole is None else Fraction(whole)


def _issue(element: Element, steps: int, faults: Faults) -> Issue | None:
    index, name, kind = whole_of(element, "index", faults), name_of(element, "name", faults), kind_of(element)
    if kind not in KINDS:
        faults.add(element.mark, f"{label_of(element)} is {quoted(kind)}; discrete, integer or real would do")
        return None
    if index is None or name is None:
        return None
    if kind == DISCRETE:
        values = _items(element, faults)
        return Issue(index, name, kind, values, element.mark) if values else None
    bounds = bounds_of(element, kind, faults)
    if bounds is None:
        return None
    low, high = bounds
    every = int(high - low) + 1 if kind == INTEGER and high - low < MOST_OPTIONS else 0
    numbers = [low + at for at in range(every)] or list(_spread(low, high, steps, kind))
    values = tuple(Value(text_of(number), number) for number in numbers)
    return Issue(index, name, kind, values, element.mark, low, high, not every and low < high)


def _spread(low: Fraction, high: Fraction, steps: int, kind: str) -> Iterable[Fraction]:
    """Evenly spaced numbers with both ends among them; of integers, the nearest below."""
    for at in range(steps if low < high else 1):
        number = low + (high - low) * at / (steps - 1)
        yield Fraction(number.__floor__()) if kind == INTEGER else number


def _items(element: Element, faults: Faults) -> tuple[Value, ...]:
    """The values of a discrete issue: by index if all have one of their own, else in file order."""
    items = element.named("item")
    if not items:
        faults.add(element.mark, f"{label_of(element)} has no <item>; a discrete issue needs at least one value")
    if len(items) > MOST_OPTIONS:
        faults.add(element.mark, f"{label_of(element)} has {len(items):,} values; at most {MOST_OPTIONS} would do")
    first: dict[str, Element] = {}
    for item in items:
        value = name_of(item, "value", faults)
        if value in first:
            line = first[value].mark.line
            faults.add(item.mark, f"{quoted(value)} is also a value of this issue on line {line}; keep one")
        elif value is not None:
            first[value] = item
    order = [item.attributes.get("index", "").strip() for item in first.values()]
    names = list(first)
    if len(set(order)) == len(order) and all(each.isascii() and each.isdigit() and len(each) < 10 for each in order):
        names = [name for _, name in sorted(zip(map(int, order), names, strict=True))]
    return tuple(map(Value, names))


def _check_size(root: Element, issues: tuple[Issue, ...], faults: Faults) -> None:
    if len(issues) > MOST_ISSUES:
        faults.add(root.mark, f"{counted(len(issues), 'issue')}; at most {MOST_ISSUES} would do")
        return
    packages = math.prod(len(issue.values) for issue in issues)
    if packages > RAW_LIMIT:
        sizes = " x ".join(f"{shown(issue.name, 20)} {len(issue.values)}" for issue in issues)
        message = f"{sizes} = {packages:,} packages, but at most {RAW_LIMIT:,} can be compared; "
        thinned = [issue.name for issue in issues if issue.thinned]
        way = "fewer --steps would do" if thinned else "take an issue or values out of the domain and its profiles"
        faults.add(root.mark, message + way)
