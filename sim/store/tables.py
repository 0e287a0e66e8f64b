"""Results as tables and figures in text files: CSV that no spreadsheet runs, JSON without surprises."""

import json
import math
from pathlib import Path
from typing import Any

from sim.movers import funnel
from sim.results import Results
from sim.scenario.messages import printable_json
from sim.sheet_text import csv_text
from sim.stages import reached

SUMMARY, PACKAGES, PARTIES, FUNNEL = "summary.json", "packages.csv", "parties.csv", "funnel.csv"


def tables_of(results: Results, identity: str) -> dict[str, bytes]:
    """The text files that stand beside the draws, by name."""
    return {
        SUMMARY: json_text({"identity": identity, **results.summary(), "reached": _shares(results)}).encode(),
        PACKAGES: csv_text(results.packages()).encode(),
        PARTIES: csv_text(results.parties()).encode(),
        FUNNEL: csv_text(funnel(results)).encode(),
    }


def _shares(results: Results) -> dict[str, float]:
    """Share of runs that got to each stage that the scenario has."""
    return {name: runs / results.n for name, runs in reached(results).items()}


def json_text(value: Any) -> str:
    """A value as JSON that every reader takes: a missing number is null."""
    return printable_json(json.dumps(_plain(value), indent=1, ensure_ascii=False, allow_nan=False)) + "\n"


def read_json(path: Path) -> dict[str, Any]:
    """What `json_text` wrote."""
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
