"""A GENIUS domain, the issues of a `negotiation_template` with their values; and its profiles, a utility each.

Source: GENIUS 10.4, `DomainImpl`: issues may lie in nested objectives, which group them and count for nothing else;
`type` says what an issue is, else `vtype`; without either it is discrete. `AdditiveUtilitySpace` and
`AbstractUtilitySpace`: utility is the sum over issues of weight times evaluation; reservation and discount stand
anywhere in the file, 0 and 1 if they do not; a discount factor that is not above 0 and at most 1 is discarded.
`EvaluatorDiscrete`, `EvaluatorInteger`, `EvaluatorReal` and `EVALFUNCTYPE`; integer evaluators with `parameter0` and
`parameter1` are those of older releases.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction

from sim.core.packages import RAW_LIMIT
from sim.core.wording import counted, listed, meant, quoted, shown
from sim.scenario.genius.elements import Element, label_of, name_of, number_of, text_of, tidy, whole_of
from sim.scenario.messages import Faults, Mark
from sim.scenario.parts import MOST_ISSUES, MOST_OPTIONS

DISCRETE, INTEGER, REAL = "discrete", "integer", "real"
KINDS = (DISCRETE, INTEGER, REAL)


@dataclass(frozen=True)
class Value:
    """A value of an issue: its name, and for an integer or real issue the number."""

    name: str
    number: Fraction | None = None


@dataclass(frozen=True)
class Issue:
    """An issue of a domain, with its index in profiles and its place in the domain file."""

    index: int
    name: str
    kind: str
    values: tuple[Value, ...]  # in order; of a real issue, and of an integer issue with too many, some
    mark: Mark
    low: Fraction | None = None  # bounds of an integer or real issue
    high: Fraction | None = None
    thinned: bool = False  # whether `values` are only some of the possible ones


@dataclass(frozen=True)
class Domain:
    """A domain; if not `whole`, some issue could not be read, and a profile may name issues that are missing here."""

    name: str
    issues: tuple[Issue, ...]
    whole: bool


def kind_of(element: Element) -> str:
    """Return the kind of an issue, in the domain or in a profile."""
    kinds = (element.attributes.get(key, "") for key in ("type", "vtype", "etype"))
    return next((kind.strip().lower() for kind in kinds if kind.strip()), DISCRETE)


def domain_of(root: Element, steps: int, faults: Faults) -> Domain:
    """Read the domain of a `negotiation_template`; real issues and long integer ones are discretized in `steps`."""
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
    """Return lower and upper bound of an issue: its attributes, or those of its `<range>`, as in older files."""
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
    """Return evenly spaced numbers including both ends; for integers, rounded down."""
    for at in range(steps if low < high else 1):
        number = low + (high - low) * at / (steps - 1)
        yield Fraction(number.__floor__()) if kind == INTEGER else number


def _items(element: Element, faults: Faults) -> tuple[Value, ...]:
    """Return the values of a discrete issue: by index if all have distinct ones, else in file order."""
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


NEGLIGIBLE = Fraction(1, 100_000)  # a smaller largest evaluation counts as none
FTYPES = {
    "linear": ("parameter1", "parameter0"),
    "constant": ("parameter0",),
    "triangular": ("parameter0", "parameter1", "parameter2"),
}

Evaluator = Callable[[Fraction], Fraction]


def utilities_of(element: Element, issue: Issue, faults: Faults) -> tuple[Fraction, ...] | None:
    """Utility of each value of an issue, in the order of the domain, in [0, 1]; None, and faults, if missing."""
    kind = kind_of(element)
    if kind != issue.kind:
        message = f"{label_of(element)} is {quoted(kind)} here and {issue.kind} in the domain; both have the same type"
        faults.add(element.mark, message)
        return None
    if issue.kind == DISCRETE:
        return _table(element, issue, faults)
    evaluator = _evaluator(element, issue, faults)
    if evaluator is None:
        return None
    numbers = [value.number for value in issue.values if value.number is not None]
    return tuple(evaluator(number) for number in numbers)


def _table(element: Element, issue: Issue, faults: Faults) -> tuple[Fraction, ...] | None:
    """Return evaluations divided by the largest of them, as GENIUS does whatever their size."""
    known = [value.name for value in issue.values]
    found: dict[str, Fraction | None] = {}
    for item in element.named("item"):
        name = name_of(item, "value", faults)
        if name is None:
            continue
        if name not in known:
            faults.add(item.mark, f"no value of {quoted(issue.name)} is called {quoted(name)}{meant(name, known)}")
        elif name in found:
            faults.add(item.mark, f"{quoted(name)} stands twice in this issue; once would do")
        else:
            found[name] = _evaluation(item, faults)
    missing = [name for name in known if name not in found]
    if missing:
        faults.add(element.mark, f"{label_of(element)} has no evaluation of {listed(missing)}; every value needs one")
    evaluations = [found.get(name) for name in known]
    sure = [each for each in evaluations if each is not None]
    if not sure or len(sure) < len(evaluations):
        return None
    largest = max(sure)
    return tuple(each / largest if largest >= NEGLIGIBLE else Fraction(0) for each in sure)


def _evaluation(item: Element, faults: Faults) -> Fraction | None:
    found = number_of(item, "evaluation", faults)
    if found is not None and found < 0:
        faults.add(item.mark, f"the evaluation of {label_of(item)} is below 0; evaluations are 0 or more")
        return None
    return found


def _evaluator(element: Element, issue: Issue, faults: Faults) -> Evaluator | None:
    evaluators = element.named("evaluator")
    if len(evaluators) != 1:
        message = f"{label_of(element)} has {len(evaluators)} <evaluator>; an {issue.kind} issue needs one"
        faults.add(element.mark, message.replace("an real", "a real"))
        return None
    evaluator = evaluators[0]
    if element.named("range") or "lowerbound" in element.attributes:
        bounds = bounds_of(element, issue.kind, faults)
        if bounds is None:
            return None
        if bounds != (issue.low, issue.high):
            message = f"{label_of(element)} has other bounds here than in the domain; both have the same"
            faults.add(element.mark, message)
            return None
    ftype = tidy(evaluator.attributes.get("ftype", "linear")).lower()
    if ftype not in FTYPES or (ftype == "triangular" and issue.kind == INTEGER):
        faults.add(evaluator.mark, f"the evaluator of {quoted(issue.name)} is {quoted(ftype)}; linear would do")
        return None
    from_low = ftype == "linear" and issue.kind == INTEGER and "parameter1" not in evaluator.attributes
    keys = ("slope", "offset") if from_low else FTYPES[ftype]
    found = [number_of(evaluator, key, faults) for key in keys]
    numbers = [each for each in found if each is not None]
    if len(numbers) < len(keys):
        return None
    if ftype == "linear":  # cut to 0 to 1
        (slope, offset), start = numbers, issue.low if from_low and issue.low is not None else Fraction(0)
        return lambda number: min(max(offset + slope * (number - start), Fraction(0)), Fraction(1))
    if ftype == "constant":
        (constant,) = numbers
        if not 0 <= constant <= 1:
            faults.add(evaluator.mark, "this constant is out of bounds; 0 to 1 would do")
            return None
        return lambda number: constant
    low, high, top = numbers
    if not low <= top <= high:
        message = "a triangle rises from parameter0 to parameter2 and falls to parameter1; put them in that order"
        faults.add(evaluator.mark, message)
        return None

    def triangle(number: Fraction) -> Fraction:
        if low <= number < top:
            return (number - low) / (top - low)
        return 1 - (number - top) / (high - top) if top <= number < high else Fraction(0)

    return triangle


ADDITIVE = ("", "linear", "any", "uncertain")  # `any` is written by NegMAS
NOT_ADDITIVE = frozenset({"ufun", "utility", "hyperrectangle", "constraint", "rectangle", "includes", "excludes"})
KNOWN = frozenset({"objective", "issue", "item", "weight", "evaluator", "range", "reservation", "discount_factor"})
ROUNDING = Fraction(1, 10**9)  # tolerance of the sum of weights


@dataclass(frozen=True)
class Profile:
    """A profile of a domain."""

    name: str  # name of the party: the file's name without its ending
    weights: dict[int, Fraction]  # of each issue by index, as written
    utilities: dict[int, tuple[Fraction, ...]]  # of each value of each issue, in [0, 1], before its weight
    reservation_value: Fraction  # once weights sum to 1
    discount: Fraction  # discount factor at the end of the talks, above 0, at most 1
    notes: tuple[str, ...]  # notes on its translation


def profile_of(root: Element, domain: Domain, name: str, faults: Faults) -> Profile | None:
    """Read the profile below a `utility_space`; None, and faults, if it does not match the domain."""
    if not _additive(root, faults):
        return None
    notes: list[str] = []
    kind = root.attributes.get("type", "").strip().lower()
    if kind == "uncertain":
        notes.append(f"{name} is of type UNCERTAIN: an agent of GENIUS knows only part of it, here all of it counts")
    elements, weights = _issues(root, domain, faults), _weights(root, domain, faults)
    utilities: dict[int, tuple[Fraction, ...]] = {}
    for issue in domain.issues:
        found = utilities_of(elements[issue.index], issue, faults) if issue.index in elements else None
        if found is not None:
            utilities[issue.index] = found
    reservation_value = _single(root, "reservation", Fraction(0), faults)
    if reservation_value is not None and reservation_value < 0:
        notes.append(f"the reservation value of {name} is below 0, which no outcome is: no_deal is 0")
        reservation_value = Fraction(0)
    discount = _single(root, "discount_factor", Fraction(1), faults)
    if discount is not None and not 0 < discount <= 1:
        notes.append(
            f"the discount factor of {name}, {text_of(discount)}, is not above 0 and at most 1: it counts as 1"
        )
        discount = Fraction(1)
    whole = sum(weights.values(), Fraction(0))
    complete = len(utilities) == len(weights) == len(domain.issues)
    if not complete or reservation_value is None or discount is None or not whole:
        return None
    if abs(whole - 1) > ROUNDING:
        also = ", and so is its reservation value, which keeps what it accepts" if reservation_value else ""
        cut = "; GENIUS cuts utilities above 1 to 1" if whole > 1 else ""
        notes.append(f"the weights of {name} sum to {text_of(whole)}: each is divided by that{also}{cut}")
        reservation_value /= whole
    best = sum((weights[index] * max(each) for index, each in utilities.items()), Fraction(0)) / whole
    if reservation_value > best + ROUNDING:
        message = (
            f"no outcome is worth {text_of(reservation_value)} to {shown(name)}: the best is worth {text_of(best)}"
        )
        place = next((each for each in root.below() if each.tag == "reservation"), root)
        faults.add(place.mark, f"{message}; lower the reservation value, or leave this profile out")
        return None
    left_out = sorted({each.tag for each in root.below()} - KNOWN)
    if left_out:
        notes.append(f"of {name} these elements were not read: {listed(left_out)}")
    return Profile(name, weights, utilities, reservation_value, discount, tuple(notes))


def _additive(root: Element, faults: Faults) -> bool:
    """Whether utility is a weighted sum over issues; a fault if not."""
    kind = root.attributes.get("type", "").strip().lower()
    strange = next((each for each in root.below() if each.tag.lower() in NOT_ADDITIVE), None)
    if kind in ADDITIVE and strange is None:
        return True
    why, mark = (f"<{shown(strange.tag)}>", strange.mark) if strange else (f"type {quoted(kind)}", root.mark)
    message = f"this profile is not linear additive ({why}): its worth is no weighted sum over issues"
    faults.add(mark, f"{message}; only linear additive profiles can be translated")
    return False


def _issues(root: Element, domain: Domain, faults: Faults) -> dict[int, Element]:
    """Return the issues of a profile by index, each one of the domain under the same name."""
    known = {issue.index: issue for issue in domain.issues}
    found: dict[int, Element] = {}
    for element in (each for each in root.below() if each.tag == "issue"):
        index = whole_of(element, "index", faults)
        if index is None:
            continue
        name = tidy(element.attributes.get("name", ""))
        if index not in known:
            if not domain.whole:
                continue
            named, there = f", {quoted(name)}" if name else "", listed(f"{i} {quoted(known[i].name)}" for i in known)
            faults.add(element.mark, f"the domain has no issue {index}{named}; it has {there}")
        elif name and name != known[index].name:
            message = f"issue {index} is {quoted(known[index].name)} in the domain and {quoted(name)} here"
            faults.add(element.mark, f"{message}; issues are named by index, so both must mean the same")
        elif index in found:
            faults.add(element.mark, f"issue {index} stands on line {found[index].mark.line} too; once would do")
        found.setdefault(index, element)
    _report_missing(root, "no issue", [issue for issue in domain.issues if issue.index not in found], faults)
    return found


def _weights(root: Element, domain: Domain, faults: Faults) -> dict[int, Fraction]:
    """Return weights by issue; those of objectives, which GENIUS does not add up, are skipped."""
    indices = {issue.index for issue in domain.issues}
    grouping = {each.attributes.get("index", "").strip() for each in root.below() if each.tag == "objective"}
    elements: dict[int, Element] = {}
    weights: dict[int, Fraction] = {}
    for element in (each for each in root.below() if each.tag == "weight"):
        index = whole_of(element, "index", faults)
        if index is None or (index not in indices and str(index) in grouping):
            continue
        weight = number_of(element, "value", faults)
        if index not in indices:
            if domain.whole:
                faults.add(element.mark, f"the domain has no issue {index} for this weight; take it out")
        elif index in elements:
            line = elements[index].mark.line
            faults.add(element.mark, f"the weight of issue {index} stands on line {line} too; once would do")
        elif weight is not None and weight < 0:
            faults.add(element.mark, f"the weight of issue {index} is below 0; weights are 0 or more")
        elif weight is not None:
            weights[index] = weight
        elements.setdefault(index, element)
    _report_missing(root, "no weight for issue", [each for each in domain.issues if each.index not in elements], faults)
    if len(weights) == len(indices) and not any(weights.values()):
        faults.add(next(iter(elements.values()), root).mark, "all weights are 0; raise one of them")
    return weights


def _report_missing(root: Element, what: str, issues: list[Issue], faults: Faults) -> None:
    if issues:
        names = listed(f"{issue.index} {quoted(issue.name)}" for issue in issues)
        place = next((each for each in root.below() if each.tag == "objective"), root)
        faults.add(root.mark if what == "no issue" else place.mark, f"{what} {names} here; the domain has it")


def _single(root: Element, tag: str, left_out: Fraction, faults: Faults) -> Fraction | None:
    """Return the value of the only element of a name, anywhere; None, and a fault, if it is no number."""
    found = [each for each in root.below() if each.tag == tag]
    for element in found[1:]:
        faults.add(element.mark, f"{label_of(element)} stands on line {found[0].mark.line} too; once would do")
    return number_of(found[0], "value", faults) if found else left_out
