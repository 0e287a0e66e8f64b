"""What each value of an issue is worth to a profile, from 0 to 1, before its weight.

Source: GENIUS 10.4, `EvaluatorDiscrete`, `EvaluatorInteger`, `EvaluatorReal` and `EVALFUNCTYPE`; integer evaluators
with `parameter0` and `parameter1` are those of older releases.
"""

from collections.abc import Callable
from fractions import Fraction

from sim.genius.attributes import called, name_of, number_of, tidy
from sim.genius.domain import DISCRETE, INTEGER, Issue, bounds_of, kind_of
from sim.genius.elements import Element
from sim.scenario.messages import Faults, listed, meant, quoted

NEXT_TO_NOTHING = Fraction(1, 100_000)  # a largest evaluation below this counts as none
FTYPES = ("linear", "constant", "triangular")

Evaluator = Callable[[Fraction], Fraction]


def worth_of(element: Element, issue: Issue, faults: Faults) -> tuple[Fraction, ...] | None:
    """Worth of each value of an issue, in the order of the domain, in [0, 1]; None, and faults, if it is not said.

    Args:
        element: The `<issue>` of a profile.
        issue: The same issue in the domain.
        faults: Takes what is wrong.
    """
    kind = kind_of(element)
    if kind != issue.kind:
        said = f"{called(element)} is {quoted(kind)} here and {issue.kind} in the domain; both have the same type"
        faults.add(element.mark, said)
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
        faults.add(element.mark, f"{called(element)} has no evaluation of {listed(missing)}; every value needs one")
    evaluations = [found.get(name) for name in known]
    sure = [each for each in evaluations if each is not None]
    if not sure or len(sure) < len(evaluations):
        return None
    largest = max(sure)
    return tuple(each / largest if largest >= NEXT_TO_NOTHING else Fraction(0) for each in sure)


def _evaluation(item: Element, faults: Faults) -> Fraction | None:
    found = number_of(item, "evaluation", faults)
    if found is not None and found < 0:
        faults.add(item.mark, f"the evaluation of {called(item)} is below 0; evaluations are 0 or more")
        return None
    return found


def _evaluator(element: Element, issue: Issue, faults: Faults) -> Evaluator | None:
    """The function of the number that an integer or real issue settles."""
    evaluators = element.named("evaluator")
    if len(evaluators) != 1:
        said = f"{called(element)} has {len(evaluators)} <evaluator>; an {issue.kind} issue needs one"
        faults.add(element.mark, said.replace("an real", "a real"))
        return None
    evaluator = evaluators[0]
    if (element.named("range") or "lowerbound" in element.attributes) and not _same_bounds(element, issue, faults):
        return None
    ftype = tidy(evaluator.attributes.get("ftype", "linear")).lower()
    if ftype not in FTYPES or (ftype == "triangular" and issue.kind == INTEGER):
        faults.add(evaluator.mark, f"the evaluator of {quoted(issue.name)} is {quoted(ftype)}; linear would do")
        return None
    if ftype == "linear" and issue.kind == INTEGER and "parameter1" not in evaluator.attributes:
        assert issue.low is not None
        return _line(_numbers(evaluator, ("slope", "offset"), faults), issue.low)
    if ftype == "linear":
        return _line(_numbers(evaluator, ("parameter1", "parameter0"), faults), Fraction(0))
    if ftype == "constant":
        return _constant(evaluator, faults)
    return _triangle(evaluator, faults)


def _same_bounds(element: Element, issue: Issue, faults: Faults) -> bool:
    bounds = bounds_of(element, issue.kind, faults)
    if bounds is not None and bounds != (issue.low, issue.high):
        faults.add(element.mark, f"{called(element)} has other bounds here than in the domain; both have the same")
        return False
    return bounds is not None


def _numbers(evaluator: Element, keys: tuple[str, ...], faults: Faults) -> list[Fraction] | None:
    found = [number_of(evaluator, key, faults) for key in keys]
    sure = [each for each in found if each is not None]
    return sure if len(sure) == len(keys) else None


def _line(numbers: list[Fraction] | None, start: Fraction) -> Evaluator | None:
    """A line, cut to 0 to 1; of an integer issue from its lower bound on."""
    if numbers is None:
        return None
    slope, offset = numbers
    return lambda number: min(max(offset + slope * (number - start), Fraction(0)), Fraction(1))


def _constant(evaluator: Element, faults: Faults) -> Evaluator | None:
    numbers = _numbers(evaluator, ("parameter0",), faults)
    if numbers is None:
        return None
    (constant,) = numbers
    if not 0 <= constant <= 1:
        faults.add(evaluator.mark, "this constant is out of bounds; 0 to 1 would do")
        return None
    return lambda number: constant


def _triangle(evaluator: Element, faults: Faults) -> Evaluator | None:
    """0 up to the first number, 1 at the third, 0 from the second on."""
    numbers = _numbers(evaluator, ("parameter0", "parameter1", "parameter2"), faults)
    if numbers is None:
        return None
    low, high, top = numbers
    if not low <= top <= high:
        said = "a triangle rises from parameter0 to parameter2 and falls to parameter1; put them in that order"
        faults.add(evaluator.mark, said)
        return None

    def worth(number: Fraction) -> Fraction:
        if low <= number < top:
            return (number - low) / (top - low)
        return 1 - (number - top) / (high - top) if top <= number < high else Fraction(0)

    return worth
