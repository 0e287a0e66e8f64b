"""Runs of a design on disk: pieces of its sheets, in a folder that is no results folder and never mixes with one."""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from sim.core.streams import SCHEME
from sim.results import parquet
from sim.results.chunk_files import MOST_BYTES, FileHashes, Layout
from sim.results.files import LockedFolder, StoreError, make_folder, read_whole, remove, sha256, write_whole
from sim.results.folder import lock_folder
from sim.results.manifest import DESIGN, RESOLVED, canonical, versions_here

SHEETS = "sheets"
FORMAT = "peacesim-design-1"
SUFFIX = ".design"  # ends the folder's name


class DesignFolder(LockedFolder):
    """The right to write a design's runs to its folder, `<id>-<hash>.design`, from `with` to its end."""

    def __init__(self, out: Path, name: str, identity: str, layout: Layout) -> None:
        """Claim the folder of a design by its identity, 64 hex digits; errors as of `ResultsFolder`."""
        make_folder(out)
        self.path, self.layout = out / f"{layout.scenario.id}-{identity[:6]}{SUFFIX}", layout
        self._lock = lock_folder(self.path)
        try:
            self._facts: dict[str, Any] = {
                "identity": identity, "format": FORMAT, "scheme": SCHEME, "id": layout.scenario.id,
                "seed": int(layout.seed), "design": name,
            }  # fmt: skip
            self._pieces = self._read()
            make_folder(self.path / SHEETS)
            left = [each for each in (self.path / SHEETS).iterdir() if f"{SHEETS}/{each.name}" not in self._pieces]
            remove(left)  # of a writer that was killed
            write_whole(self.path / RESOLVED, layout.scenario.resolved_text().encode())
        except BaseException:
            self._lock.release()
            raise

    def _read(self) -> dict[str, FileHashes]:
        """The pieces that `design.json` lists; none if it is missing or not as it was written: all is played again."""
        try:
            facts = json.loads(read_whole(self.path / DESIGN, MOST_BYTES))
            checksum, pieces = facts.pop("checksum"), facts["pieces"]
            if checksum != hashlib.sha256(canonical(facts)).hexdigest():
                return {}
            found = {name: FileHashes(**hashes) for name, hashes in pieces.items()}
        except FileNotFoundError:
            return {}
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            return {}
        if {key: facts[key] for key in self._facts} != self._facts:
            raise StoreError(f"{self.path} holds the runs of another design; move it away")
        return found

    def read(self, sheet: int, first: int, count: int) -> pd.DataFrame | None:
        """The runs of rows `first` to `first + count - 1` of a sheet, None if they are not stored."""
        name = _name(sheet, first, count)
        if name not in self._pieces:
            return None
        try:
            data = read_whole(self.path / name, MOST_BYTES)
            table = parquet.from_bytes(data, self.layout.schema, count)
        except (FileNotFoundError, ValueError):
            return None
        known = self._pieces[name]
        if (parquet.content_hash(table), sha256(data)) != (known.content, known.file):
            return None
        return parquet.frame_of(table)

    def write(self, sheet: int, first: int, draws: pd.DataFrame) -> None:
        """Write these runs; afterwards no crash loses them. If that fails (StoreError), what was there still is."""
        name, table = _name(sheet, first, len(draws)), parquet.table_of(draws)
        data = parquet.to_bytes(table)
        self._lock.hold()
        write_whole(self.path / name, data)
        self._pieces[name] = FileHashes(parquet.content_hash(table), sha256(data))
        pieces = {each: asdict(hashes) for each, hashes in sorted(self._pieces.items())}
        facts = {**self._facts, "versions": dict(versions_here()), "pieces": pieces}
        facts["checksum"] = hashlib.sha256(canonical(facts)).hexdigest()
        write_whole(self.path / DESIGN, (json.dumps(facts, indent=1) + "\n").encode())


def _name(sheet: int, first: int, count: int) -> str:
    return f"{SHEETS}/{sheet:04d}-{first:08d}-{first + count - 1:08d}.parquet"
