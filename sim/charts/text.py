"""Text on charts: untrusted labels sanitized, measured and wrapped; shares formatted."""

import unicodedata
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextToPath

from sim.results.format import share_decimals
from sim.results.labels import issue_short, option_short
from sim.results.results import share_interval
from sim.scenario import Scenario

FONT = "DejaVu Sans"  # comes with matplotlib, so line breaks are the same everywhere
DASH = "\u2013"  # of ranges
LABEL_LENGTH = 240  # maximum characters of a label
LONGEST = 4000  # maximum characters of a paragraph
POINT = 1 / 72  # inches
HINTED = 1.025  # rasterized letters are slightly wider than their outlines
LINE = 1.3 * POINT  # height of a line of text, inches a point of size

_JOINERS = "\u200c\u200d"  # shape letters of Persian and of Indian scripts; all other invisible marks are removed
_METRICS = TextToPath()


def clean(text: str, length: int = LABEL_LENGTH) -> str:
    """Sanitize a label to one line: no control or direction marks, no line breaks, not longer than `length`."""
    letters = []
    for letter in str(text)[: 4 * length]:
        kind = unicodedata.category(letter)
        if kind in ("Cc", "Zl", "Zp", "Zs"):
            letters.append(" ")
        elif kind[0] != "C" or letter in _JOINERS:
            letters.append(letter)
    line = " ".join("".join(letters).split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"


@lru_cache(maxsize=50_000)
def text_width(text: str, size: float, bold: bool = False) -> float:
    """Width of one line of text, inches."""
    font = FontProperties(family=FONT, size=size, weight="bold" if bold else "normal")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")  # letters missing in the font are drawn as boxes in PNG only
        width, _, _ = _METRICS.get_text_width_height_descent(text, font, ismath=False)
    return float(width) * POINT * HINTED


def fits(text: str, width: float, size: float, bold: bool = False) -> bool:
    """Return whether one line of text is no wider than `width` inches.

    It is measured only where the sum over its letters is close: kerning makes lines shorter or, rarely, longer, and
    most candidate lines are far too long.
    """
    rough, slack = size * sum(_letter_width(letter, bold) for letter in text), size * POINT / 2
    if 1.05 * rough + slack <= width:
        return True
    return 0.75 * rough - slack <= width and text_width(text, size, bold) <= width


@lru_cache(maxsize=10_000)
def _letter_width(letter: str, bold: bool) -> float:
    """Return the advance of a letter, inches a point of size."""
    return (text_width(f"x{letter}x", 100, bold) - text_width("xx", 100, bold)) / 100


def wrap(text: str, width: float, size: float, lines: int = 99, bold: bool = False) -> list[str]:
    """Break text into lines no wider than `width` inches; text beyond `lines` lines ends in `…`."""
    done, current = [], ""
    for word in _split_long_words(clean(text, LONGEST), width, size, bold):
        longer = f"{current} {word}" if current else word
        if current and not fits(longer, width, size, bold):
            done.append(current)
            current = word
        else:
            current = longer
    done.append(current)
    if len(done) > lines:
        last = done[lines - 1]
        while last and not fits(last + "…", width, size, bold):
            last = last[:-1].rstrip()
        done = [*done[: lines - 1], last + "…"]
    return done


def wrap_items(items: Sequence[str], width: float, size: float) -> list[str]:
    """Break a list into lines between its items, and within an item that is wider than a line."""
    lines: list[str] = []
    for item in items:
        longer = f"{lines[-1]}; {item}" if lines else item
        if lines and fits(longer, width - 0.1, size):
            lines[-1] = longer
        else:
            if lines:
                lines[-1] += ";"
            lines += wrap(item, width - 0.1, size)
    return lines


def _split_long_words(text: str, width: float, size: float, bold: bool) -> list[str]:
    words = []
    for word in text.split(" "):
        while len(word) > 1 and not fits(word, width, size, bold):
            most = next(k for k in range(len(word) - 1, 0, -1) if k == 1 or fits(word[:k], width, size, bold))
            words.append(word[:most])
            word = word[most:]
        words.append(word)
    return words


def percent(count: int, n: int, sign: str = " %") -> str:
    """Format a share in per cent, with no more digits than its standard error allows; `<1` for little, `0` for none."""
    if n == 0:
        return DASH
    places = share_decimals(count, n)
    least = 10.0**-places
    share = 100 * count / n
    if count and share < least:
        return f"<{least:.{places}f}{sign}"
    if count < n and share > 100 - least:
        return f">{100 - least:.{places}f}{sign}"
    return f"{share:.{places}f}{sign}"


def interval(count: int, n: int) -> str:
    """Format the 95 % interval of a share in per cent, such as `12-19`, with an en dash."""
    low, high = share_interval(count, n)
    places = share_decimals(count, n)
    return f"{100 * low:.{places}f}{DASH}{100 * high:.{places}f}"


def interval_note(n: int) -> str:
    """Explain the figures in brackets, and the width of an interval with so many runs."""
    low, high = share_interval(n // 2, n)
    width = f"{100 * (high - low) / 2:.1g}" if high - low < 0.2 else f"{100 * (high - low) / 2:.0f}"
    return (
        f"In brackets after a share of runs: its 95 % interval (Wilson), from the number of runs alone; with {n:,} "
        f"run{'s' if n != 1 else ''} it reaches at most {width} points to either side."
    )


def share_text(count: int, n: int) -> str:
    """A share with its 95 % interval: `15 % (12-19)`."""
    return f"{percent(count, n)} ({interval(count, n)})"


def listed(words: Sequence[str]) -> str:
    """`a, b and c`."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


@dataclass(frozen=True)
class OptionTexts:
    """Short labels for the options of one issue."""

    heading: str  # the issue's label
    texts: Mapping[str, str]  # label by option name, in the order of the file
    key: tuple[tuple[str, str], ...]  # (short, full label) of the options with a short one


def option_texts(
    scenario: Scenario, issue: str, width: float, size: float, lines: int = 2, used: Sequence[str] | None = None
) -> OptionTexts:
    """Return labels if all that are used fit into `lines` lines of `width` inches; else short ones, explained in a key.

    All options of an issue are named the same way, so that none looks longer or weightier than the others.
    """
    spec = scenario.issues[issue]
    wanted = [option for option in spec.options if used is None or option in used]
    labels = {option: clean(spec.options[option]) for option in wanted}
    if all(len(wrap(label, width, size)) <= lines for label in labels.values()):
        return OptionTexts(issue_short(scenario, issue), labels, ())
    short = {option: option_short(scenario, issue, option) for option in wanted}
    key = tuple((short[option], labels[option]) for option in wanted if short[option] != labels[option])
    return OptionTexts(issue_short(scenario, issue), short, key)


def key_entries(columns: Sequence[OptionTexts]) -> list[tuple[str, str]]:
    """Return the entries of a key below the chart: each issue as a heading, then its options."""
    entries: list[tuple[str, str]] = []
    for column in columns:
        if column.key:
            entries += [("", column.heading), *column.key]
    return entries
