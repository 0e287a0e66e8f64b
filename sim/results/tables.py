"""Tables as CSV in which no spreadsheet finds a formula, and from which every text can be read back."""

import csv
import json
import math
import re
from pathlib import Path
from typing import Any

import pandas as pd

from sim.core.wording import printable_json
from sim.results.drivers import funnel
from sim.results.results import Results
from sim.results.stages import reached

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
# What a spreadsheet, or a paste into one, drops before a sign: blanks, quotes, invisible marks.
_DROPPED = "\\s\"'\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"
_SIGNS = "=+\\-@\uff1d\uff0b\uff0d\uff20"  # full-width signs count too in a Japanese locale
# Where semicolons or tabs separate cells, as in much of Europe, a cell may also begin inside one of ours.
_FORMULA = re.compile(f"(?:^|(?<=[;\\t\\r\\n]))(?=[{_DROPPED}]*[{_SIGNS}])")


def csv_text(table: pd.DataFrame) -> str:
    """Format a table as CSV. Text that a spreadsheet would read as a formula gets an apostrophe; see `guarded`."""
    safe = table.rename(columns=guarded)
    for place, kind in enumerate(safe.dtypes):
        if not pd.api.types.is_numeric_dtype(kind) or pd.api.types.is_bool_dtype(kind):
            safe.isetitem(place, safe.iloc[:, place].astype(object).map(guarded, na_action="ignore").to_numpy(object))
    text = str(safe.to_csv(index=False, lineterminator="\n"))
    if "\r" in text:  # Python's writer leaves it unquoted, and readers treat it as the end of a row
        text = str(safe.to_csv(index=False, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC))
    return text


def guarded(cell: Any) -> Any:
    """Put an apostrophe wherever a formula could begin in a text; numbers stay as they are.

    That is before `=`, `+`, `-` or `@`, at the start or after a `;`, tab or line end, whatever blanks, quotes and
    invisible marks lie between. Removing the apostrophe at each such place restores the text.
    """
    if not isinstance(cell, str) or _NUMBER.fullmatch(cell):
        return cell
    return _FORMULA.sub("'", cell)


SUMMARY, PACKAGES, PARTIES, FUNNEL = "summary.json", "packages.csv", "parties.csv", "funnel.csv"


def tables_of(results: Results, identity: str) -> dict[str, bytes]:
    """Return the text files stored beside the draws, by name."""
    return {
        SUMMARY: json_text({"identity": identity, **results.summary(), "reached": _shares(results)}).encode(),
        PACKAGES: csv_text(results.packages()).encode(),
        PARTIES: csv_text(results.parties()).encode(),
        FUNNEL: csv_text(funnel(results)).encode(),
    }


def _shares(results: Results) -> dict[str, float]:
    return {name: runs / results.n for name, runs in reached(results).items()}


def json_text(value: Any) -> str:
    """Format a value as strict JSON: a missing number is null."""
    return printable_json(json.dumps(_plain(value), indent=1, ensure_ascii=False, allow_nan=False)) + "\n"


def read_json(path: Path) -> dict[str, Any]:
    facts = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(facts, dict):
        raise ValueError(f"{path.name} holds no facts")
    return facts


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
