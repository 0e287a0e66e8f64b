"""One number everywhere, cell by cell: `python -m tests.trust.matrix [--only PART] [--match TEXT] [--keep FOLDER]`.

A cell plays every shipped scenario in a process of its own, under one condition or in one environment, and holds the
hashes of all rows against the committed ones, and those of all counts against the first cell's. Environments are made
afresh: every supported Python found here with the locked versions, the oldest that `pyproject.toml` allows and the
newest there are. That takes the network and, for all cells, half an hour on two processors.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.trust.bits import ALONE, NAMES, ON_DISK, ROOT
from tests.trust.environments import RECIPES, Environment, Missing, environments
from tests.update_golden import DRAWS, GOLDEN

ODD_LOCALES = ("de_DE", "tr_TR")  # a decimal comma; an i that loses its dot
IN_FIVES = ("--way", "blocks of 5")
UNCOMPILED = 3  # draws that are played without a compiler: that is some thousand times slower


@dataclass(frozen=True)
class Cell:
    """A process that plays the scenarios."""

    place: str
    what: str
    python: str = sys.executable
    variables: Mapping[str, str] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    draws: int = DRAWS
    folder: Path = ROOT
    flags: tuple[str, ...] = ()

    def run(self, names: Sequence[str] = NAMES) -> dict[str, Any]:
        """What `tests.trust.bits` printed."""
        words = [*self.flags, "-m", "tests.trust.bits", "--draws", str(self.draws), *self.words, *names]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), **self.variables}
        done = subprocess.run(
            [self.python, *words], cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(" | ".join(done.stderr.strip().splitlines()[-3:]))
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return found


def ways(place: str = "this environment") -> list[Cell]:
    """Every way to cut and to order the same draws."""
    return [Cell(place, way, words=("--way", way)) for way in [*ALONE, *ON_DISK]]


def features(python: str = sys.executable) -> list[str]:
    """What NumPy would make use of on this processor and not on others; its names change with its versions."""
    asked = [python, "-c", "from tests.trust.bits import dispatched; print(*dispatched())"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(asked, env=environment, capture_output=True, text=True, check=True).stdout.split()


def no_features() -> dict[str, str]:
    """NumPy's plain loops: nothing that it would choose for this processor."""
    return {"NPY_DISABLE_CPU_FEATURES": " ".join(features())}


def conditions(scratch: Path, place: str = "this environment") -> Iterator[Cell]:
    """Everything about a process that must make no difference."""

    def cell(what: str, draws: int = DRAWS, flags: Sequence[str] = (), folder: Path = ROOT, **variables: str) -> Cell:
        return Cell(place, what, variables=variables, draws=draws, folder=folder, flags=tuple(flags))

    plain = {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""}
    yield cell("NumPy without what this processor has more than others", **no_features())
    for feature in features():
        yield cell(f"NumPy without {feature}", NPY_DISABLE_CPU_FEATURES=feature)
    yield cell("loops compiled for any processor", **plain)
    yield cell("both", **plain, **no_features())
    yield cell("loops compiled without AVX", NUMBA_ENABLE_AVX="0")
    yield cell("loops compiled without optimising", NUMBA_OPT="0", NUMBA_CACHE_DIR=str(scratch / "plain"))
    yield cell("loops compiled with SLP vectors", NUMBA_SLP_VECTORIZE="1", NUMBA_CACHE_DIR=str(scratch / "slp"))
    yield cell(f"loops not compiled, {UNCOMPILED} draws", UNCOMPILED, NUMBA_DISABLE_JIT="1")
    yield cell("loops compiled anew", NUMBA_CACHE_DIR=str(scratch / "anew"))
    for kind in ("PRESCOTT", "NEHALEM", "HASWELL", "SKYLAKEX"):
        yield cell(f"OpenBLAS for {kind}", OPENBLAS_CORETYPE=kind)
    yield cell("one thread", OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", NUMBA_NUM_THREADS="1")
    for seed in ("0", "1", "4294967295", "random"):
        yield cell(f"hash seed {seed}", PYTHONHASHSEED=seed)
    yield cell("locale C", LC_ALL="C", PYTHONCOERCECLOCALE="0", PYTHONUTF8="0")
    for name, variables in odd_locales(scratch):
        yield cell(f"locale {name}", **variables)
    for zone in ("Pacific/Kiritimati", "America/St_Johns", "Asia/Kathmandu"):
        yield cell(f"time zone {zone}", TZ=zone)
    yield cell("no assertions, no docstrings", PYTHONOPTIMIZE="2")
    yield cell("development mode", flags=("-X", "dev"))
    yield cell("memory filled with other bytes", PYTHONMALLOC="debug", MALLOC_PERTURB_="165")
    yield cell("another folder", folder=scratch)


def odd_locales(scratch: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Locales in which numbers and letters are written otherwise, made in a folder; none where they cannot be made."""
    for name in ODD_LOCALES:
        made = scratch / "locales" / f"{name}.UTF-8"
        made.parent.mkdir(exist_ok=True)
        try:
            done = subprocess.run(["localedef", "-i", name, "-f", "UTF-8", made], capture_output=True, check=False)
        except FileNotFoundError:
            return
        if done.returncode == 0:
            yield f"{name}.UTF-8", {"LOCPATH": str(made.parent), "LC_ALL": made.name}


def of_environment(made: Environment) -> list[Cell]:
    """What is played in an environment: as it is, and with other loops of NumPy and other blocks.

    Environments with the same Python and the same compiler share what was compiled, as they do at a user's.
    """
    kept = {"NUMBA_CACHE_DIR": str(made.folder.parent / f"kept-{made.compiler}")}
    plain = {**kept, "NPY_DISABLE_CPU_FEATURES": " ".join(features(made.python))}
    other = Cell(made.name, "NumPy without what this processor has more, blocks of 5", made.python, plain, IN_FIVES)
    return [Cell(made.name, "whole", made.python, kept), other]


class Table:
    """Cells as they are done, and what they were held against."""

    def __init__(self) -> None:
        self.cells = self.hashes = self.failed = self.left_out = 0
        self.places: set[str] = set()
        self.committed = {name: json.loads((GOLDEN / f"{name}.json").read_text())["content"] for name in NAMES}
        self.first: dict[tuple[int, str, str], str] = {}

    def add(self, cell: Cell) -> None:
        """Play a cell and print its line."""
        began = time.monotonic()
        try:
            found = cell.run()
            wrong = self._differences(found["bits"], cell.draws)
            reported = " ".join(f"{name} {number}" for name, number in found["here"]["versions"].items())
            reported = reported if cell.what == "whole" else ""
        except RuntimeError as error:
            wrong, reported = [str(error)], ""
        self.cells += 1
        self.failed += bool(wrong)
        self.places.add(cell.place)
        verdict = "the same bits" if not wrong else f"DIFFERENT: {'; '.join(wrong)[:600]}"
        seconds = time.monotonic() - began
        print(f"{cell.place:18} {cell.what:58} {seconds:6.1f} s  {verdict}  {reported}".rstrip(), flush=True)

    def _differences(self, bits: Mapping[str, Mapping[str, str]], draws: int) -> list[str]:
        """What is not as committed, or not as in the first cell with so many draws."""
        assert sorted(bits) == NAMES
        wrong = []
        for name, hashes in bits.items():
            for kind, found in hashes.items():
                self.hashes += 1
                known = self.committed[name] if kind == "content" and draws == DRAWS else None
                wanted = known or self.first.setdefault((draws, name, kind), found)
                wrong += [f"{kind} of {name}"] if found != wanted else []
        return wrong

    def leave_out(self, missing: Missing) -> None:
        """Say what could not be made."""
        self.left_out += 1
        print(f"{missing.name:18} LEFT OUT: {missing.why}", flush=True)

    def __str__(self) -> str:
        same = f"{self.cells - self.failed} of {self.cells} cells with the same bits"
        left_out = f"; {self.left_out} environments left out" if self.left_out else ""
        return (
            f"{len(self.places)} environments, {self.cells} cells of {len(NAMES)} scenarios, {self.hashes:,} hashes: "
            f"{same}{left_out}"
        )


def main(words: Sequence[str] = ()) -> Table:
    """Play all cells that are asked for, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.trust.matrix", description="One number everywhere.")
    parser.add_argument("--only", choices=["ways", "conditions", "environments"], action="append")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="make environments here, use those that are here")
    parser.add_argument("--match", default="", metavar="TEXT", help="only environments with this in their names")
    asked = parser.parse_args(words)
    wanted, table = asked.only or ["ways", "conditions", "environments"], Table()
    with tempfile.TemporaryDirectory() as scratch:
        table.add(Cell("this environment", "whole"))
        table.add(Cell("this environment", f"{UNCOMPILED} draws", draws=UNCOMPILED))
        cells = ways()[1:] if "ways" in wanted else []
        cells += conditions(Path(scratch)) if "conditions" in wanted else []
        for cell in cells:
            table.add(cell)
        recipes = [each for each in RECIPES if asked.match in each.name] if "environments" in wanted else []
        for made in environments(asked.keep or Path(scratch), recipes):
            if isinstance(made, Missing):
                table.leave_out(made)
            else:
                for cell in of_environment(made):
                    table.add(cell)
    print(table)
    return table


if __name__ == "__main__":
    done = main(sys.argv[1:])
    sys.exit(1 if done.failed or done.left_out else 0)
