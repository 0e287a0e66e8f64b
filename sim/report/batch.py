"""The page of a batch: a row for each scenario whose results lie in a folder, beside what it extends."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import pandas as pd

from sim import __version__
from sim.analysis.compare import paired_difference
from sim.core.wording import counted, shown
from sim.report.answer import STRIP
from sim.report.compare import difference_words
from sim.report.document import Block, Cell, cell, heading, paragraph, table
from sim.report.page import page
from sim.results import files
from sim.results.chunk_files import read_listed, read_rows
from sim.results.drivers import LEAST_RUNS
from sim.results.figures import STAGES
from sim.results.files import FAULTS, DamagedResults, StoreError, fault_of, read_whole, write_whole
from sim.results.format import share_with_interval
from sim.results.manifest import MOST_BYTES, MOST_DRAWS, RUN, Manifest, read_manifest, stored_results
from sim.results.tables import SUMMARY

INDEX, REPORT = "index.html", "report.html"
TITLE = "All scenarios in this folder"
MOST_TEXT = 4_000_000  # bytes of a summary
MOST_FOLDERS = 500
COMPARED = ("signed", "in_force")
READING = (
    "Shares of all runs of each scenario, with 95 % intervals. A difference is taken run by run from the scenario that "
    "the file extends, over the runs that both have: run k uses the same random numbers in both."
)
_PLAIN = re.compile(r"\w[\w.-]*", re.ASCII)  # names of folders that a link may have


@dataclass(frozen=True)
class _Row:
    folder: Path
    manifest: Manifest
    title: str
    n: int
    reached: dict[str, float]  # share of runs by stage

    @property
    def id(self) -> str:
        return self.manifest.id

    @property
    def extends(self) -> str:
        """The id of the scenario that it extends, empty if it stands on its own."""
        return self.manifest.extends

    @cached_property
    def outcomes(self) -> dict[str, pd.Series]:
        """Signed and in force run by run, where the scenario has the stage; each chunk is checked against its hash."""
        figures = {name: STAGES[name] for name in COMPARED if name in self.reached}
        columns, pieces = [column for figure in figures.values() for column in figure.columns], list[pd.DataFrame]()
        for entry in self.manifest.following():
            try:
                pieces += [read_rows(self.folder, entry, columns)] if entry.first < self.n else []
            except FAULTS as error:
                raise DamagedResults(self.folder, [fault_of(f"draws/{entry.name}", error)]) from None
        draws = pd.concat(pieces, ignore_index=True).head(self.n)
        return {name: pd.Series(figure.values(draws)) for name, figure in figures.items()}


def write_index(out: Path, first: Sequence[Path] = ()) -> Path | None:
    """Write the page of all results in a folder, unless it is there already; its path.

    Args:
        first: Folders that are shown whatever is newer: those of the batch that was just made.

    Returns:
        None if there are no results, or a file of that name is somebody else's.

    Raises:
        StoreError: if the page cannot be written.
    """
    wanted = {path.name for path in first}
    folders = sorted(stored_results(out), key=lambda each: each.name not in wanted)[:MOST_FOLDERS]
    digest = sha256(__version__.encode())
    for folder in folders:
        digest.update(folder.name.encode("utf-8", "surrogateescape") + b"\0" + (_bytes_of(folder / RUN) or b""))
    made_of = f"Made by peacesim {__version__} of results with the hash {digest.hexdigest()[:16]}."
    there = _bytes_of(out / INDEX)
    if not folders or (there is not None and TITLE.encode() not in there):
        return None
    if there is None or made_of.encode() not in there:
        text = page(TITLE, "peacesim batch", [READING], _blocks(folders, made_of))
        # of batches that were killed: no lock guards this folder, so those of running ones stay
        mine = [each for each in files.unfinished(out) if each.name.startswith(f".{INDEX}.")]
        files.remove([each for each in mine if not files.is_alive(each.name.split(".")[-2].encode())])
        write_whole(out / INDEX, text.encode())
    return out / INDEX


def _bytes_of(path: Path) -> bytes | None:
    try:
        return read_whole(path, MOST_BYTES)
    except FileNotFoundError:
        return None
    except (ValueError, StoreError):
        return b""


def _blocks(folders: Sequence[Path], made_of: str) -> Iterator[Block]:
    rows, faults = list[_Row](), list[list[Any]]()
    for folder in folders:
        try:
            row = _read(folder)
        except (StoreError, *FAULTS) as error:
            faults.append([cell(folder.name, note=shown(str(error).replace(str(folder), folder.name), 300))])
            continue
        if row is not None:
            rows.append(row)
    newest = {row.id: row for row in reversed(rows)}
    by_seed = {(row.id, row.manifest.seed): row for row in reversed(rows)}
    listed = sorted(newest.values(), key=lambda row: (row.extends or row.id, bool(row.extends), row.id))
    cells = [_cells(row, by_seed.get((row.extends, row.manifest.seed))) for row in listed]
    heads = ["scenario", "runs", *dict.fromkeys(STRIP.values()), "signed, difference", "in force, difference"]
    yield heading("Scenarios", "scenarios")
    caption = "How far runs get in each scenario, and the difference from the scenario that it extends"
    yield table(heads, cells, caption=caption, cards=True)
    if faults:
        yield table(["left out"], faults, caption="Folders that cannot be read", cards=True)
    older = len(rows) - len(newest)
    yield paragraph(f"{counted(older, 'older result')} of these scenarios {'is' if older == 1 else 'are'} left out."
                    if older else "")  # fmt: skip
    yield paragraph(made_of)


def _read(folder: Path) -> _Row | None:
    """What a folder says of its results; None of a shard, which is a part of some."""
    manifest = read_manifest(folder)
    if manifest.shard is not None:
        return None
    if not manifest.complete:
        raise StoreError("not finished: the same batch again goes on with it")
    try:
        summary = read_listed(folder, SUMMARY, manifest.files.get(SUMMARY, ""), MOST_TEXT)
    except FAULTS as error:
        raise DamagedResults(folder, [fault_of(SUMMARY, error)]) from None
    try:
        facts = json.loads(summary)
        n, reached = facts["n"], {name: float(facts["reached"][name]) for name in STRIP if name in facts["reached"]}
        if type(n) is not int or not 1 <= n <= MOST_DRAWS or not all(0 <= share <= 1 for share in reached.values()):
            raise ValueError("a share or a number of runs that is none")
        return _Row(folder, manifest, str(facts["title"]), n, reached)
    except (ValueError, LookupError, TypeError, OverflowError, RecursionError):
        raise DamagedResults(folder, [f"{SUMMARY} does not hold what a summary says"]) from None


def _cells(row: _Row, base: _Row | None) -> list[Any]:
    link = f"{row.folder.name}/{REPORT}" if REPORT in row.manifest.files and _PLAIN.fullmatch(row.folder.name) else ""
    extends = f"; extends {row.extends}{'' if base else ', which is not here with this seed'}" if row.extends else ""
    cells: list[Any] = [cell(row.title, href=link, note=f"{row.id}, seed {row.manifest.seed}{extends}")]
    cells.append(cell(f"{row.n:,}", note=f"few: fewer than {LEAST_RUNS:,}" if row.n < LEAST_RUNS else ""))
    for label in dict.fromkeys(STRIP.values()):
        stage = next((name for name, word in STRIP.items() if word == label and name in row.reached), None)
        share = row.reached[stage] if stage is not None else None
        text, _, interval = share_with_interval(share, row.n).removesuffix(")").partition(" (")
        cells.append(cell(text, share, note=interval) if stage is not None else None)
    return [*cells, *(_differences(row, base) if base is not None else [None, None])]


def _differences(row: _Row, base: _Row) -> list[Cell | None]:
    """Signed and in force, less those of the scenario that it extends."""
    try:
        before, after = base.outcomes, row.outcomes
        found = list[Cell | None]()
        for name in COMPARED:
            if not (name in before and name in after):
                found.append(None)
                continue
            difference, n = paired_difference(before[name], after[name])
            words, interval = difference_words("share", *difference)
            found.append(cell(words, note=f"{interval}; {counted(n, 'run')}"))
        return found
    except (StoreError, *FAULTS) as error:
        return [cell("-", note=str(error).replace(str(row.folder.parent), "")), None]
