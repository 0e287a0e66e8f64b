"""How many numbers of a scenario were read somewhere, and how many were assumed."""

from sim.scenario import Scenario


def numbers_by_status(scenario: Scenario) -> dict[str, int]:
    """Numbers of a scenario by status; `unmarked` are those without one."""
    counts = dict.fromkeys(("sourced", "mixed", "assumption", "unmarked"), 0)
    for number in scenario.numbers().values():
        counts[number.status or "unmarked"] += 1
    return counts


def status_words(scenario: Scenario) -> str:
    """`12 sourced, 44 mixed, 180 assumed, 3 not marked; 90 with a range`."""
    counts = numbers_by_status(scenario)
    ranges = sum(number.uncertain for number in scenario.numbers().values())
    marked = f"{counts['sourced']} sourced, {counts['mixed']} mixed, {counts['assumption']} assumed"
    return f"{marked}, {counts['unmarked']} not marked; {ranges} with a range"
