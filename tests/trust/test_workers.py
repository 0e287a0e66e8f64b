"""R8: workers that are lost, stuck or short of memory cost time and nothing else; without their batch they end."""

import multiprocessing
import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

import sim.batch.engines
import sim.batch.pool
import sim.batch.run
from sim.batch import batch
from sim.batch.engines import Workers
from sim.batch.pool import WorkerPool
from sim.batch.progress import Silent
from sim.batch.work import Job, Lost, Retries, how_ended, out_of_memory
from tests.trust.planting import ROOT, Planted
from tests.trust.results import bytes_of

BANKS = ROOT / "scenarios" / "two-banks-pullback.yaml"
N = 300  # four full chunks and a short one, of four pieces each
PARTS = [Job("f", "i", 1, 0, first, 8) for first in range(0, 64, 8)]


@pytest.fixture(autouse=True)
def with_workers(short_chunks, monkeypatch):
    """Start workers however little there is to do."""
    monkeypatch.setattr(sim.batch.run, "MIN_PARALLEL_SECONDS", 0.0)


def stuck_once(part, pieces):
    """Stands in for `play_job`: the first worker that plays draw 16 is stopped, as by SIGSTOP from outside."""
    if part.first == 16 and not list(Path(pieces).iterdir()):
        (Path(pieces) / "stuck").touch()
        os.kill(os.getpid(), signal.SIGSTOP)
    return part.first


def always_stuck(part, pieces):
    """Stands in for `play_job`: draw 16 stops whoever plays it."""
    if part.first == 16:
        (Path(pieces) / str(os.getpid())).touch()
        os.kill(os.getpid(), signal.SIGSTOP)
    return part.first


def short_of_memory(part, pieces):
    """Stands in for `play_job`: one piece needs more memory than its worker may have."""
    if part.first == 16:
        import numpy as np

        resource.setrlimit(resource.RLIMIT_AS, (2**30, resource.RLIM_INFINITY))
        np.ones(2**30)
    return part.first


class Hasty(WorkerPool):
    """Loses patience after two seconds once a worker is known to be stuck; those that start take longer."""

    waits = 0

    def wait(self, futures, patience=None):
        real = sim.batch.pool.wait
        self.waits += 1
        assert self.waits < 200, "it waits again and again"

        def look(*arguments):
            stuck = len(list(self.folder.iterdir())) > self.retries._counts[PARTS[2]]
            patch.setattr(sim.batch.pool, "SILENCE", 2.0 if stuck else 600.0)
            return real(*arguments)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sim.batch.pool, "SLOWEST", 0)
            patch.setattr(sim.batch.pool, "wait", look)
            return super().wait(futures, patience)


def hasty(folder):
    workers = Workers(2, lambda part: str(folder))
    workers.pool = Hasty(2)
    workers.pool.folder, workers.pool.retries = folder, workers.retries
    return workers


@pytest.mark.slow
def test_a_worker_that_is_stuck_is_given_up_and_its_pieces_are_played_again(tmp_path, monkeypatch):
    monkeypatch.setattr(sim.batch.engines, "play_job", stuck_once)
    workers = hasty(tmp_path)
    answers = {part.first: answer for part, answer in workers.play(iter(PARTS))}
    assert answers == {part.first: part.first for part in PARTS}
    assert multiprocessing.active_children() == [] and workers.retries._counts[PARTS[2]] == 1


@pytest.mark.exhaustive
def test_a_piece_on_which_each_worker_is_stuck_is_named_and_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(sim.batch.engines, "play_job", always_stuck)
    workers = hasty(tmp_path)
    answers = {part.first: answer for part, answer in workers.play(iter(PARTS))}
    assert str(answers.pop(16)) == (
        "draws 16 to 23 were given up: their worker ended 3 times; the last one did not answer any more"
    )
    assert answers == {part.first: part.first for part in PARTS if part.first != 16}


def test_time_in_which_all_were_stopped_together_is_no_silence(monkeypatch):
    """After Ctrl-Z and `fg`, or a night in a suspended machine, the clock has run on and nobody is to blame."""
    now, looks = [0.0], []

    def wait(pending, timeout, how):
        looks.append(now[0])
        assert len(looks) < 5_000, "it waits for ever"
        now[0] += 100_000.0 if len(looks) == 1 else timeout
        return type("Waited", (), {"done": {1} if len(looks) == 500 else set()})

    monkeypatch.setattr(sim.batch.pool, "wait", wait)
    monkeypatch.setattr(sim.batch.pool.time, "monotonic", lambda: now[0])
    pool = WorkerPool(1)
    assert pool.wait([1]) == {1}
    looks[:] = [0.0]
    monkeypatch.setattr(sim.batch.pool, "SLOWEST", 0)
    looks += [0.0] * 500
    assert pool.wait([1]) == set(), "and a silence of ten minutes is one"
    assert len(looks) - 501 == sim.batch.pool.SILENCE


@pytest.mark.slow
def test_a_worker_short_of_memory_is_reported_as_such(monkeypatch):
    monkeypatch.setattr(sim.batch.engines, "play_job", short_of_memory)
    workers = Workers(1, lambda part: "pieces")
    answers = {part.first: answer for part, answer in workers.play(iter(PARTS[:4]))}
    error = answers.pop(16)
    assert isinstance(error, MemoryError) and len(answers) == 3
    reported = sim.batch.run._format_error(error)
    assert reported.startswith("out of memory (Unable to allocate 8.00 GiB")
    assert reported.endswith(": fewer workers at a time leave each of them more")


def test_what_became_of_the_first_worker_is_reported():
    def ended(*codes):
        return how_ended([type("Process", (), {"exitcode": code})() for code in codes])

    assert ended(-15, -9, -15).startswith("was killed, as the system does when memory runs short")
    assert (ended(-15, -11), ended(-15, 1)) == ("was ended by signal 11", "ended with code 1")
    assert ended(-15, None, 0) == "ended"
    retries = Retries()
    assert retries.lost(PARTS[0]) is None and retries.lost(PARTS[0]) is None
    lost = retries.lost(PARTS[0], ended(-9))
    assert isinstance(lost, Lost) and "ended 3 times; the last one was killed, as" in str(lost)
    assert sim.batch.run._format_error(MemoryError()) == out_of_memory(MemoryError())
    assert out_of_memory(MemoryError()).startswith("out of memory: fewer workers")


# Killed at any moment.


class KillsOn(Silent):
    """Kills workers again and again, some time after a new one is seen."""

    def __init__(self, delays, all_at_once=False, number=signal.SIGKILL):
        self.delays, self.all_at_once, self.number = list(delays), all_at_once, number
        self.killed, self.done, self.spared = [], threading.Event(), set()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while self.delays and not self.done.is_set():
            fresh = [pid for pid in workers_of(os.getpid()) if pid not in {*self.killed, *self.spared}]
            if not fresh:
                time.sleep(0.002)
                continue
            self.done.wait(self.delays.pop(0))
            self.spared |= set(fresh)
            for pid in fresh if self.all_at_once else fresh[:1]:
                with suppress(ProcessLookupError):
                    os.kill(pid, self.number)
                    self.killed.append(pid)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *error):
        self.done.set()
        self.thread.join()


def workers_of(parent):
    """Processes that play for a batch, by what the system lists."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, ValueError, IndexError):
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[1]) == parent and fields[0] != "Z":
                command = (stat.parent / "cmdline").read_bytes()
                if b"spawn_main" in command or b"sim.cli" in command:  # just forked it still has its parent's name
                    found.append(int(stat.parent.name))
    return found


@pytest.fixture(scope="module")
def whole(short_chunks, tmp_path_factory):
    out = tmp_path_factory.mktemp("whole")
    batch([BANKS], N, workers=1, out=out)
    return bytes_of(out)


def killed_and_whole(out, whole, delays, **how):
    """Play while workers are killed; how many were. The bytes are those of a batch in peace."""
    with KillsOn(delays, **how) as kills:
        (item,) = batch([BANKS], N, workers=2, out=out)
    assert item.failure is None, item.failure
    assert bytes_of(out) == whole
    assert multiprocessing.active_children() == []
    shutil.rmtree(out)
    return len(kills.killed)


@pytest.mark.exhaustive
def test_workers_are_killed_at_any_moment(whole, tmp_path, record_property):
    """In their first millisecond, while they load libraries, while they play, write and wait; one or all at once."""
    moments = [0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.2, 0.4, 0.8, 1.2, 1.6, 2, 2.5, 3, 4, 6]
    kills = 0
    for moment in moments:
        for all_at_once in (False, True):
            kills += killed_and_whole(tmp_path / "out", whole, [moment], all_at_once=all_at_once)
    kills += killed_and_whole(tmp_path / "out", whole, [0, 0.05], all_at_once=True)  # and the next ones too
    kills += killed_and_whole(tmp_path / "out", whole, [0.5], number=signal.SIGTERM, all_at_once=True)
    record_property("R8", f"{kills} workers killed at {len(moments)} moments from their first ms on: same bytes")


# Without their batch.


@pytest.mark.exhaustive
@pytest.mark.parametrize("moment", [0.0, 0.05, 0.3, 1.0, 2.0, 4.0])
def test_workers_end_when_their_batch_is_killed(tmp_path, moment, record_property):
    process = subprocess.Popen(
        [sys.executable, "-m", "sim", "batch", BANKS, "-n", "200000", "--workers", "2", "--out", tmp_path,
         "--no-charts"],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 120
        while not (there := workers_of(process.pid)) and time.monotonic() < deadline:
            time.sleep(0.002)
        time.sleep(moment)
        there = {*there, *workers_of(process.pid)}
        assert there
        process.kill()
        process.wait()
        deadline = time.monotonic() + 30
        while any(Path(f"/proc/{pid}").exists() for pid in there) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not [pid for pid in there if Path(f"/proc/{pid}").exists()], "workers outlive their batch"
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    reported = f"batch killed {moment} s after its first worker came: {len(there)} workers ended by themselves"
    record_property("R8", reported)


def test_workers_leave_the_environment_of_their_batch_as_it_was(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    before = dict(os.environ)
    workers = WorkerPool(1)
    try:
        assert workers.submit(os.getenv, "OMP_NUM_THREADS").result() == "1"
        assert dict(os.environ) == before
    finally:
        workers.end()


PLANTED = [
    Planted(
        "R8", "sim/batch/pool.py", "(patience or max(SILENCE, SLOWEST * self.longest))", "1e9",
        "tests/trust/test_workers.py::test_time_in_which_all_were_stopped_together_is_no_silence",
    ),
    Planted(
        "R8", "sim/batch/pool.py", "min(time.monotonic() - began, 2 * POLL)", "time.monotonic() - began",
        "tests/trust/test_workers.py::test_time_in_which_all_were_stopped_together_is_no_silence",
    ),
    Planted(
        "R8", "sim/batch/engines.py", "        done = done or set(self.pending)\n", "",
        "tests/trust/test_workers.py::test_a_worker_that_is_stuck_is_given_up_and_its_pieces_are_played_again",
    ),
    Planted(
        "R8", "sim/batch/engines.py", "                lost.append(job)\n", "",
        "tests/batch/test_batch.py::test_a_lost_worker_costs_no_draw",
    ),
    Planted(
        "R8", "sim/batch/work.py", "if self._counts[job] >= MOST_LOSSES:", "if self._counts[job] >= 10**9:",
        "tests/trust/test_workers.py::test_what_became_of_the_first_worker_is_reported",
    ),
    Planted(
        "R8", "sim/batch/run.py", "    if isinstance(error, MemoryError):\n        return out_of_memory(error)\n", "",
        "tests/trust/test_workers.py::test_what_became_of_the_first_worker_is_reported",
    ),
    Planted(
        "R8", "sim/batch/pool.py", "        wait_for_any([parent.sentinel])\n        os._exit(1)\n",
        "        wait_for_any([parent.sentinel])\n",
        "tests/batch/test_batch.py::test_a_batch_that_is_killed_goes_on_where_it_was",
    ),
    Planted(
        "R8", "sim/batch/pool.py", "            else:\n                os.environ[name] = value\n", "",
        "tests/trust/test_workers.py::test_workers_leave_the_environment_of_their_batch_as_it_was",
    ),
]  # fmt: skip
