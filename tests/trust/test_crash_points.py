"""R1: killed at any instant, a batch loses at most the chunks in flight, and goes on to the same bytes.

The quick form, in one process and without strace, is in `tests/batch/test_batch.py` and `tests/batch/test_shards.py`:
there a copy of the process ends itself before the N-th call of `os`. Here strace kills it before the N-th system
call, for every call that changes something in the results folder.
"""

import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

import sim.batch.pool
from sim.batch.pool import start_worker
from sim.results.manifest import read_manifest
from tests.trust.planting import bugs
from tests.trust.recorded import logged, strace, traced
from tests.trust.small import (
    FEW,
    MANY,
    batch,
    compute_once,
    faults_of,
    in_child,
    make_small,
    peacesim,
    reported,
    results_in,
    tree,
    unlisted,
)

__all__ = ["strace"]  # a fixture

PLANTED = bugs("R1", __name__, [
    ("sim/results", "self._list(manifest, write_chunk(self.path, chunk, self.layout, versions))",
     "from sim.results.chunk_files import packed\n"
     "        self._list(manifest, packed(chunk, self.layout, versions)[0])\n"
     "        write_chunk(self.path, chunk, self.layout, versions)",
     "tests/batch/test_batch.py::test_dying_at_any_step_loses_nothing_that_was_finished[True-3-4]"),
    ("sim/results", 'temporary = path.with_name(f".{path.name}.{os.getpid()}{TEMPORARY}")', "temporary = path",
     "tests/results/test_store.py::test_a_file_reaches_the_disk_before_its_name_does"),
    ("sim/results", "        self._save()\n        if before is not None and before.name != entry.name:\n"
     "            files.remove([self.path / name for name in before.files])",
     "        if before is not None and before.name != entry.name:\n"
     "            files.remove([self.path / name for name in before.files])\n        self._save()",
     "tests/batch/test_batch.py::test_dying_at_any_step_loses_nothing_that_was_finished[True-3-4]"),
    ("sim/results",
     "left = [each for folder in (self.path, *self.path.iterdir()) for each in files.unfinished(folder)]",
     "left = []", "tests/batch/test_batch.py::test_what_a_kill_left_half_done_is_removed_wherever_it_lies"),
    ("sim/results", "return replace(self, files=resolved, complete=False)", "return replace(self, complete=False)",
     "tests/batch/test_batch.py::test_tables_of_other_draws_are_not_listed_while_new_ones_are_made"),
    ("sim/results", "        files.remove(files.unfinished(path))\n", "        pass\n",
     "tests/batch/test_batch.py::test_what_a_kill_left_half_done_is_removed_wherever_it_lies"),
])  # fmt: skip


@dataclass(frozen=True)
class Case:
    """What is killed."""

    draws: int = MANY
    options: tuple[object, ...] = ()
    before: int = 0

    def prepare(self, out: Path) -> None:
        """What lies there before."""
        out.mkdir()
        if self.before:
            batch(out, self.before, *self.options)

    def act(self, out: Path) -> int:
        """The run that is killed, and that goes on afterwards."""
        return batch(out, self.draws, *self.options)


class Merge(Case):
    """Two shards, joined."""

    def prepare(self, out: Path) -> None:
        out.mkdir()
        if not (out.parent / "shards").exists():
            for shard in ("1/2", "2/2"):
                batch(out.parent / "shards", self.draws, "--shard", shard)

    def act(self, out: Path) -> int:
        return peacesim("merge", out.parent / "shards", "--out", out, "--no-charts")


CASES = {
    "one process": Case(),
    "more draws": Case(before=FEW),
    "charts and page": Case(draws=10, options=("--charts",)),
    "a sweep": Case(draws=10, options=("--vary", "parties.anna.no_deal=0.2,0.3")),
    "a shard": Case(options=("--shard", "1/2")),
    "merged shards": Merge(),
    "two workers": Case(options=("--workers", 2)),
}


@pytest.fixture
def small(monkeypatch):
    """A small batch; workers are copies of this process, for a new one would take seconds to load its libraries."""
    make_small(monkeypatch)
    compute_once(monkeypatch)
    forked = multiprocessing.get_context("fork")
    monkeypatch.setattr(sim.batch.pool, "get_context", lambda kind: forked)


def calls_in(operations, out: Path) -> list[tuple[str, int]]:
    """The calls of the first process that change something in a folder, each by name and number."""
    first = operations[0].process
    found = [each.call for each in operations if each.process == first and each.kind != "open"]
    inside = {each.call for each in operations if each.path == str(out) or each.path.startswith(f"{out}/")}
    return [call for call in dict.fromkeys(found) if call in inside]


def sound(out: Path) -> list[str]:
    """What is wrong in the folders of a run that was killed."""
    return [fault for folder in results_in(out) for fault in faults_of(folder)]


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", CASES)
def test_killed_before_any_call(name, small, strace, tmp_path, record_property):
    case = CASES[name]
    before, whole, printed = tmp_path / "before", tmp_path / "whole", tmp_path / "printed"
    case.prepare(before)
    shutil.copytree(before, whole)
    case.act(shutil.copytree(before, tmp_path / "warm"))  # whatever is imported and compiled only once
    calls = calls_in(logged(lambda: case.act(whole), printed, tmp_path / "log"), whole)
    expected, out, killed = tree(whole), tmp_path / "out", 0
    for call, number in calls:
        shutil.copytree(before, out)
        dies = f"inject={call}:signal=SIGKILL:when={number}"
        code = traced(lambda: case.act(out), printed, tmp_path / "log", "-e", f"trace={call}", "-e", dies)
        assert code == -9 or (code == 0 and "workers" in name), printed.read_text()
        killed += code == -9
        assert sound(out) == [], f"after dying at {call} {number}"
        assert all(unlisted(folder) <= 1 for folder in results_in(out))
        assert case.act(out) == 0
        assert tree(out) == expected, f"after dying at {call} {number}"
        shutil.rmtree(out)
    assert killed > 30
    record_property("R1", f"{killed} crash points of {name}: all sound at once, and resumed to the same bytes")


class Tracer:
    """Has one worker of a batch killed before one of its calls."""

    def __init__(self, folder: Path, call: str, number: int) -> None:
        self.flag, self.done, self.log = folder / "worker", threading.Event(), folder / "log"
        self.options = ["-e", f"trace={call}", "-e", f"inject={call}:signal=SIGKILL:when={number}"]

    def start_worker(self) -> None:
        """In the worker: the first one waits until it is traced."""
        signal.signal(signal.SIGTERM, signal.SIG_DFL)  # as in a process that is no copy
        start_worker()
        try:
            handle = os.open(self.flag, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
        except FileExistsError:
            return
        os.write(handle, str(os.getpid()).encode())
        os.close(handle)
        while "TracerPid:\t0\n" in Path("/proc/self/status").read_text():
            time.sleep(0.001)

    def watch(self, child: int) -> None:
        """In this process: trace the worker once it is there."""
        threading.Thread(target=self._attach, daemon=True).start()

    def _attach(self) -> None:
        while not (self.flag.exists() and self.flag.read_text()):
            time.sleep(0.002)
        command = ["strace", "-qq", "-o", str(self.log), *self.options, "-p", self.flag.read_text()]
        subprocess.run(command, capture_output=True)
        self.done.set()


@pytest.mark.exhaustive
def test_a_worker_killed_before_any_call(small, strace, tmp_path, monkeypatch, record_property):
    """Workers write pieces of chunks; one that dies costs what it was playing."""
    case, printed, killed = CASES["two workers"], tmp_path / "printed", 0
    case.act(tmp_path / "whole")
    expected = tree(tmp_path / "whole")
    steps = [("openat", n) for n in range(1, 16)] + [(call, n) for call in ("write", "rename") for n in range(1, 8)]
    for call, number in steps:
        here = tmp_path / f"{call}-{number}"
        here.mkdir()
        tracer = Tracer(here, call, number)
        monkeypatch.setattr(sim.batch.pool, "start_worker", tracer.start_worker)
        assert in_child(lambda here=here: case.act(here / "out"), printed, tracer.watch) == 0, printed.read_text()
        assert tracer.done.wait(20)
        killed += "killed by SIGKILL" in tracer.log.read_text()
        assert reported(printed) == []
        assert tree(here / "out") == expected
    assert killed > 10
    record_property("R1", f"{killed} crash points of a worker: each cost its piece alone, and the bytes are the same")


@pytest.mark.exhaustive
def test_killed_at_random_again_and_again(small, tmp_path, record_property):
    """With all it started, as an end of the session or a lack of memory would; what was finished stays finished."""
    draw, printed, kills, folders = random.Random(1), tmp_path / "printed", 0, 0
    batch(tmp_path / "whole", 1500)
    expected = tree(tmp_path / "whole")
    while kills < 200:
        out, finished, code = tmp_path / f"out-{folders}", 0, -9
        folders += 1
        while code != 0:
            act = ("--workers", 1 + draw.getrandbits(1))
            timer = []

            def later(child, timer=timer):
                timer.append(threading.Timer(draw.uniform(0.02, 1.2), os.killpg, (child, 9)))
                timer[0].start()

            try:
                code = in_child(lambda out=out, act=act: batch(out, 1500, *act), printed, later)
            finally:
                timer[0].cancel()
            assert code in (0, -9), printed.read_text()
            kills += code == -9
            assert sound(out) == []
            there = sum(len(read_manifest(folder).chunks) for folder in results_in(out))
            assert there >= finished, "a finished chunk is lost"
            finished = there
        assert tree(out) == expected
    record_property("R1", f"{kills} kills at random instants of {folders} batches: no finished chunk lost, same bytes")
