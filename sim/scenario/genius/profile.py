"""A profile: one party's utility over a domain, its reservation value and its discount factor.

Source: GENIUS 10.4, `AdditiveUtilitySpace` and `AbstractUtilitySpace`: utility is the sum over issues of weight times
evaluation; reservation and discount stand anywhere in the file, 0 and 1 if they do not; a discount factor that is not
above 0 and at most 1 is discarded.

Source: GENIUS 10.4, `EvaluatorDiscrete`, `EvaluatorInteger`, `EvaluatorReal` and `EVALFUNCTYPE`; integer evaluators
with `parameter0` and `parameter1` are those of older releases.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from sim.core.wording import listed, meant, quoted, shown
from sim.scenario.genius.domain import DISCRETE, INTEGER, Domain, Issue, bounds_of, kind_of
from sim.scenario.genius.elements import Element, label_of, name_of, number_of, text_of, tidy, whole_of
from sim.scenario.messages import Faults

NEXT_TO_NOTHING = Fraction(1, 100_000)  # a largest evaluation below this counts as none
FTYPES = {
    "linear": ("parameter1", "parameter0"),
    "constant": ("parameter0",),
    "triangular": ("parameter0", "parameter1", "parameter2"),
}

Evaluator = Callable[[Fraction], Fraction]


def utilities_of(element: Element, issue: Issue, faults: Faults) -> tuple[Fraction, ...] | None:
    """Utility of each value of an issue, in the order of the domain, in [0, 1]; None, and faults, if it is missing."""
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
    """Evaluations divided by the largest of them, as GENIUS does whatever their size."""
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
    return tuple(each / largest if largest >= NEXT_TO_NOTHING else Fraction(0) for each in sure)


def _evaluation(item: Element, faults: Faults) -> Fraction | None:
    found = number_of(item, "evaluation", faults)
    if found is not None and found < 0:
        faults.add(item.mark, f"the evaluation of {label_of(item)} is below 0; evaluations are 0 or more")
        return None
    return found


def _evaluator(element: Element, issue: Issue, faults: Faults) -> Evaluator | None:
    """The function of the number that an integer or real issue settles."""
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


ADDITIVE = ("", "linear", "any", "uncertain")  # `any` is what NegMAS writes
NOT_ADDITIVE = frozenset({"ufun", "utility", "hyperrectangle", "constraint", "rectangle", "includes", "excludes"})
KNOWN = frozenset({"objective", "issue", "item", "weight", "evaluator", "range", "reservation", "discount_factor"})
ROUNDING = Fraction(1, 10**9)  # weights whose sum is this close to 1 sum to 1


@dataclass(frozen=True)
class Profile:
    """A profile of a domain."""

    name: str  # what the party is called: the file's name without its ending
    weights: dict[int, Fraction]  # of each issue by index, as written
    utilities: dict[int, tuple[Fraction, ...]]  # of each value of each issue, in [0, 1], before its weight
    reservation_value: Fraction  # once weights sum to 1
    discount: Fraction  # what is left of utility at the end of the talks, above 0, at most 1
    notes: tuple[str, ...]  # what the reader should know of its translation


def profile_of(root: Element, domain: Domain, name: str, faults: Faults) -> Profile | None:
    """The profile below a `utility_space`; None, and faults, if it does not fit the domain."""
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
    """The issues of a profile by index, each one of the domain under the same name."""
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
    """Weights by issue; those of objectives, which GENIUS does not add up, are passed over."""
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
    """The value of the one element of a name, wherever it stands; None, and a fault, if it is no number."""
    found = [each for each in root.below() if each.tag == tag]
    for element in found[1:]:
        faults.add(element.mark, f"{label_of(element)} stands on line {found[0].mark.line} too; once would do")
    return number_of(found[0], "value", faults) if found else left_out
