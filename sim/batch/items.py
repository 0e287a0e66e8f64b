"""The outcome of each scenario of a batch."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from sim.results import tables
from sim.results.files import StoreError, write_whole
from sim.results.folder import ResultsFolder, other_files
from sim.results.results import Results
from sim.results.tables import read_json


@dataclass(frozen=True)
class BatchItem:
    """The outcome of one scenario, or of one point of a sweep."""

    id: str
    folder: Path
    draws: int  # how many were requested
    computed: int = 0  # how many were played now; 0 if all were there
    settings: Mapping[str, str] = field(default_factory=dict)  # values of this point of a sweep, by path
    damaged: tuple[str, ...] = ()  # damaged files, each with what was wrong; they were made again
    program: str = ""  # note on chunks that another program made, see `ResultsFolder.check_program`
    failure: str | None = None  # why it is not finished, as one line; None if it is
    facts: Mapping[str, Any] = field(default_factory=dict, repr=False)  # `Results.summary`; empty if not finished

    @property
    def status(self) -> str:
        """`failed`, `unchanged` (there was nothing to do) or `done`."""
        if self.failure is not None:
            return "failed"
        return "done" if self.computed or self.damaged else "unchanged"

    def summary(self) -> Mapping[str, Any]:
        """The headline figures."""
        return self.facts


class Summarised(Protocol):
    """Results, or an item of a batch."""

    def summary(self) -> Mapping[str, Any]:
        """The headline figures; empty if there are none."""


def summary_table(results: Sequence[Summarised]) -> pd.DataFrame:
    """One row a scenario; shares are of runs in that scenario, intervals 95 %.

    Returns:
        `scenario, n, zone, zone_low, zone_high, agreement, agreement_low, agreement_high, median_round, package,
        package_share`; what failed has no row.
    """
    rows = []
    for facts in (each.summary() for each in results):
        if facts:
            rows.append({
                "scenario": facts["id"],
                "n": facts["n"],
                "zone": facts["zone_share"],
                "zone_low": facts["zone_interval"][0],
                "zone_high": facts["zone_interval"][1],
                "agreement": facts["agreement_share"],
                "agreement_low": facts["agreement_interval"][0],
                "agreement_high": facts["agreement_interval"][1],
                "median_round": facts["median_round"],
                "package": facts["most_frequent"],
                "package_share": facts["most_frequent_share"],
            })  # fmt: skip
    return pd.DataFrame(rows)


Finish = Callable[[Results, Path], None]


class NoCharts(Exception):
    """All draws of a scenario are there, but `finish` failed."""


def write_outputs(results: Results, folder: Path, finish: Finish | None) -> list[str]:
    """Write tables, and charts if there is a `finish`; return the names of the files that `finish` wrote.

    StoreError, OSError if something cannot be written, NoCharts if `finish` failed otherwise.
    """
    for name, data in tables.tables_of(results, str(results.provenance["identity"])).items():
        write_whole(folder / name, data)
    if finish is None:
        return []
    before = other_files(folder)
    try:
        finish(results, folder)
    except (StoreError, OSError):
        raise
    except Exception as error:
        text = " ".join(f"{type(error).__name__}: {error}".split())[:500]
        raise NoCharts(f"all draws are there, but its charts are not: {text}") from error
    return [name for name, written in other_files(folder).items() if before.get(name) != written]


def finished(folder: ResultsFolder, item: BatchItem, finish: Finish | None, endings: Sequence[str] = ()) -> BatchItem:
    """Write tables and charts of a folder with all draws, unless they exist, one at least with each of the `endings`.

    The item gets its headline figures, or why the charts were not made.
    """
    if not folder.is_complete(item.draws, finish is not None, endings):
        try:
            folder.seal(write_outputs(folder.results(), folder.path, finish))
        except NoCharts as error:
            return replace(item, failure=str(error))
    return replace(item, facts=read_json(folder.path / tables.SUMMARY))
