"""What differs between a file and what a page shows of it, in words, computed in the worker."""

from collections.abc import Collection, Iterable

from sim.analysis.inputs import differing_inputs
from sim.app.changed import ChangedFile
from sim.results.labels import clean, input_label
from sim.scenario import Number, Scenario, read_scenario

MOST_ROWS = 100
NAMES = ["before", "after"]


def differing(about: ChangedFile) -> list[dict[str, str]]:
    """Each input that is not as in the file: what was set, and what was rescaled with it.

    Returns:
        `input`, its path; `words`, what it is, empty where there are none for it; `before` in the file and `after`,
        empty where there is no such input.
    """
    scenarios = read_scenario(about.path), about.read()
    numbers = [each.numbers() for each in scenarios]
    rows = []
    table = differing_inputs(scenarios, NAMES)[["input", *NAMES]].head(MOST_ROWS).astype(object)
    for path, *values in table.itertuples(index=False):
        texts = ["" if value != value else clean(value) for value in values]
        short = [_in_short(known[path]) if path in known else text for known, text in zip(numbers, texts, strict=True)]
        texts = short if short[0] != short[1] else texts
        known = zip(reversed(scenarios), reversed(numbers), strict=True)
        rows.append({"input": clean(path), "words": _words(path, known), **dict(zip(NAMES, texts, strict=True))})
    return rows


def _in_short(number: Number) -> str:
    """A number in four digits, which are enough for one that was rescaled."""
    ends = [each for each in (number.low, number.high) if number.uncertain and each is not None]
    value, *spread = (f"{each:.4g}" if abs(each) < 10_000 else f"{each:g}" for each in (number.value, *ends))
    return f"{value} [{', '.join(spread)}]" if spread else value


def _words(path: str, known: Iterable[tuple[Scenario, Collection[str]]]) -> str:
    """What a number or a part of a strategy is, by the first scenario that has it; each comes with its numbers."""
    block, party, key = (*path.split("."), "", "")[:3]
    for scenario, numbers in known:
        if path in numbers or (block == "parties" and party in scenario.parties and key == "strategy"):
            return input_label(scenario, path)
    return ""
