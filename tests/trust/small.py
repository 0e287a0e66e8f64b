"""A batch so small that it can be run a thousand times, and copies of this process that run it."""

import os
import re
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import sim.batch.run
import sim.results.chunks
import sim.results.tables
from sim.cli.commands import peacesim as commands
from sim.results.chunk_files import Layout
from sim.results.files import DamagedResults, StoreError
from sim.results.manifest import read_manifest
from sim.results.reading import damaged_files
from tests.trust.planting import ROOT

ORANGE = ROOT / "scenarios" / "orange-and-lemon.yaml"
_PROGRESS = re.compile(r"\d+ %: |[\w-]+( scenarios)?: [\d,]+ draws$")
FEW, MANY = 70, 160  # draws: chunks of 64 and 6; of 64, 64 and 32, so that a short last one is replaced


def peacesim(*arguments: object) -> int:
    """The command in this process; its exit code."""
    try:
        commands.main([str(argument) for argument in arguments], prog_name="peacesim")
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def batch(out: Path, draws: int = MANY, *options: object) -> int:
    """`peacesim batch` of the small scenario, without charts unless asked for."""
    how = options if "--workers" in options else ("--workers", 1, *options)
    charts = () if "--charts" in options else ("--no-charts",)
    return peacesim("batch", ORANGE, "-n", draws, "--out", out, *how, *charts)


def make_small(patch) -> None:
    """Chunks of 64 draws, the shortest there are, each of them one piece; workers however little there is to do."""
    patch.setattr(sim.results.chunks, "CHUNK_WORK", 1)
    patch.setattr("sim.batch.work.JOBS_A_CHUNK", 1)
    patch.setattr(sim.batch.run, "MIN_PARALLEL_SECONDS", 0.0)


def compute_once(patch) -> None:
    """Chunks, tables, charts and page are made the first time and not for every step; they are written every time."""
    import sim.charts.chart
    import sim.report

    known: dict[object, object] = {}

    def once(place, name, key_of):
        real = getattr(place, name)

        def made(*what):
            key = (name, *key_of(*what))
            if key not in known:
                known[key] = real(*what)
            return known[key]

        patch.setattr(place, name, made)

    def key_of_chunk(layout, first, count, given=None):
        assert given is None, "a chunk with given inputs is another chunk"
        return layout.scenario.resolved_text(), layout.seed, first, count

    once(Layout, "play", key_of_chunk)
    once(sim.results.tables, "tables_of", lambda results, identity: (identity, results.n))
    once(sim.charts.chart, "svg_text", lambda picture: (picture.title, picture.alt))
    once(sim.charts.chart, "png_bytes", lambda picture: (picture.title, picture.alt))
    once(sim.report, "result_page", lambda results, *svgs: (results.scenario.resolved_text(), results.n, bool(svgs)))


def in_child(act: Callable[[], object], printed: Path, ready: Callable[[int], None] | None = None) -> int:
    """Run `act` in a copy of this process, with a process group of its own."""
    waits, goes = os.pipe()
    child = os.fork()
    if not child:
        _become(act, printed, waits, goes)
    os.close(waits)
    try:
        os.setpgid(child, child)
        if ready is not None:
            ready(child)
        os.write(goes, b"!")
    finally:
        os.close(goes)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        _end_group(child)
    return code


def _end_group(group: int) -> None:
    """End what is left of a process group, and wait until it is gone: copies of a process hold its locks."""
    deadline = time.monotonic() + 10
    with suppress(ProcessLookupError):
        while time.monotonic() < deadline:
            os.killpg(group, 9)
            time.sleep(0.005)


def _become(act: Callable[[], object], printed: Path, waits: int, goes: int) -> None:
    try:
        os.close(goes)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(os.open(printed, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600), 2)
        sys.stdout, sys.stderr = open(1, "w", closefd=False), open(2, "w", buffering=1, closefd=False)  # noqa: SIM115
        if os.read(waits, 1):
            code = act()
            os._exit(code if isinstance(code, int) else 0)
        os._exit(99)
    except BaseException:
        os.write(2, traceback.format_exc().encode())
        os._exit(98)


def tree(folder: Path) -> dict[str, bytes | None]:
    """All that lies in a folder: files with their bytes, folders with None."""
    found = sorted(folder.rglob("*"))
    return {each.relative_to(folder).as_posix(): each.read_bytes() if each.is_file() else None for each in found}


def results_in(out: Path) -> list[Path]:
    """The results folders below a folder."""
    return sorted(path.parent for path in out.rglob("run.json"))


def faults_of(folder: Path) -> list[str]:
    """What is wrong with a results folder that was left in the middle: everything it lists must be whole."""
    try:
        manifest = read_manifest(folder)
    except (DamagedResults, StoreError) as error:
        return [str(error)]
    if "scenario.resolved.yaml" not in manifest.files:
        return ["chunks without a scenario"] if manifest.chunks else []
    return damaged_files(folder)


def unlisted(folder: Path) -> int:
    """Chunks that were written and that `run.json` does not list: they are lost."""
    listed = {entry.name for entry in read_manifest(folder).chunks}
    return len({path.name for path in (folder / "draws").glob("[0-9]*.parquet")} - listed)


def reported(printed: Path) -> list[str]:
    """What a command said on stderr but for lines of progress; a traceback is never among it."""
    text = printed.read_text(errors="replace")
    assert "Traceback" not in text, text
    return [line for line in text.splitlines() if not _PROGRESS.match(line)]
