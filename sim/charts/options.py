"""How the options of an issue are named on a chart: by their labels if these are short, else by name, with a key."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sim.charts.lettering import clean, in_words, wrap
from sim.scenario import Scenario


@dataclass(frozen=True)
class OptionTexts:
    """Short texts for the options of one issue.

    Attributes:
        heading: The issue's label.
        texts: Text by option name, in the order of the file.
        key: (text, full label) of the options whose text is not their label.
    """

    heading: str
    texts: Mapping[str, str]
    key: tuple[tuple[str, str], ...]


def option_texts(
    scenario: Scenario, issue: str, width: float, size: float, lines: int = 2, used: Sequence[str] | None = None
) -> OptionTexts:
    """Labels where all that are used fit into `lines` lines of `width` inches; else names, explained in a key.

    All options of an issue are named the same way, so that none looks longer or weightier than the others.
    """
    spec = scenario.issues[issue]
    wanted = [option for option in spec.options if used is None or option in used]
    labels = {option: clean(spec.options[option]) for option in wanted}
    if all(len(wrap(label, width, size)) <= lines for label in labels.values()):
        return OptionTexts(clean(spec.label), labels, ())
    names = {option: in_words(option) for option in wanted}
    return OptionTexts(clean(spec.label), names, tuple((names[option], labels[option]) for option in wanted))


def key_entries(columns: Sequence[OptionTexts]) -> list[tuple[str, str]]:
    """What a key below the chart lists: each issue as a heading, then its options."""
    entries: list[tuple[str, str]] = []
    for column in columns:
        if column.key:
            entries += [("", column.heading), *column.key]
    return entries
