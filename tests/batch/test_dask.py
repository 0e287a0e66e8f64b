"""Batches on a Dask cluster: the bytes of one process, whoever plays and whoever is lost."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from types import SimpleNamespace

import pytest

import sim.batch.on_dask
from sim.batch import ClusterError, batch
from sim.batch.on_dask import Cluster, OnDask, OtherProgram, Played, play_remotely, program_here
from sim.batch.progress import Silent
from sim.batch.work import Job, Lost
from sim.results.manifest import differences, versions_here
from sim.results.reading import damaged_files
from tests.batch.test_batch import bytes_of, bytes_of_banks, gone
from tests.commands import BANKS, ORANGE, ROOT, call

distributed = pytest.importorskip("distributed")

N = 300  # four full chunks and a short one
DEADLY = 32  # first draw of a piece
pytestmark = pytest.mark.usefixtures("short_chunks")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """What one process writes; nobody changes it."""
    out = tmp_path_factory.mktemp("whole")
    batch([BANKS, ORANGE], N, workers=1, out=out)
    return out


@contextmanager
def started(**how):
    where = {"host": "127.0.0.1", "protocol": "tcp", "dashboard_address": "127.0.0.1:0"}
    with distributed.LocalCluster(**where, silence_logs=50, **how) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def cluster():
    """A scheduler, and two workers that are processes; those that are killed are started anew."""
    with started(n_workers=2, threads_per_worker=1, processes=True) as found:
        yield found


@pytest.fixture
def address(cluster):
    """Of its scheduler, with both workers there."""
    deadline = time.monotonic() + 60
    while len(cluster.scheduler.workers) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    return cluster.scheduler_address


# The same bytes.


class Kills(Silent):
    """Ends a worker of a cluster when so many draws are played."""

    def __init__(self, cluster, after):
        self.cluster, self.after, self.killed = cluster, after, []

    def advance(self, scenario_id, draws):
        self.after -= draws
        if self.after <= 0 and not self.killed:
            self.killed = [next(iter(self.cluster.workers.values())).pid]
            os.kill(self.killed[0], signal.SIGKILL)


def test_a_cluster_writes_the_bytes_of_one_process_though_a_worker_is_killed(whole, cluster, address, tmp_path):
    progress = Kills(cluster, after=100)
    items = batch([BANKS, ORANGE], N, out=tmp_path, progress=progress, dask=address)
    assert gone(progress.killed) and progress.killed
    assert [(item.status, item.computed, item.failure) for item in items] == [("done", N, None)] * 2
    assert bytes_of(tmp_path) == bytes_of(whole)
    assert not cluster.scheduler.tasks, "nothing of ours is left there"
    again = batch([BANKS, ORANGE], N, workers=1, out=tmp_path)
    assert [item.status for item in again] == ["unchanged"] * 2


def test_threads_of_one_worker_do_not_disturb_each_other(whole, tmp_path):
    with started(n_workers=1, threads_per_worker=4, processes=False) as threads:
        batch([BANKS], N, out=tmp_path, dask=threads.scheduler_address)
    assert bytes_of(tmp_path) == bytes_of_banks(whole)


# What is lost.


def play_unless_deadly(part, program):
    """Stands in for `play_remotely` in workers: one piece of one scenario kills whoever plays it."""
    if part.first == DEADLY and part.scenario.id == "two-banks-pullback":
        os.kill(os.getpid(), signal.SIGKILL)
    return play_remotely(part, program)


@pytest.mark.slow
def test_a_piece_that_kills_its_workers_is_named_and_given_up_and_the_others_are_done(
    whole, address, tmp_path, monkeypatch
):
    monkeypatch.setattr(sim.batch.on_dask, "play_remotely", play_unless_deadly)
    answer = call("batch", BANKS, ORANGE, "-n", N, "--no-charts", "--out", tmp_path, "--dask", address)
    assert answer.exit_code == 3, answer.output
    assert "draws 32 to 47 were given up: their worker ended 5 times" in answer.stderr
    orange = {name: data for name, data in bytes_of(whole).items() if name.startswith("orange")}
    assert {name: data for name, data in bytes_of(tmp_path).items() if name.startswith("orange")} == orange
    (banks,) = tmp_path.glob("two-banks-*")
    assert damaged_files(banks) == [], "what was finished is kept"
    monkeypatch.undo()
    batch([BANKS], N, workers=1, out=tmp_path)
    assert bytes_of(tmp_path) == bytes_of(whole)


class Ends(Silent):
    """Ends a cluster when something is finished."""

    def __init__(self, cluster):
        self.cluster, self.done = cluster, 0

    def advance(self, scenario_id, draws):
        self.done += draws
        if 100 < self.done < 1000:
            self.done = 1000
            self.cluster.close()


def test_a_cluster_that_ends_leaves_what_is_finished(whole, tmp_path):
    with (
        started(n_workers=1, threads_per_worker=1, processes=False) as other,
        pytest.raises(ClusterError) as raised,
    ):
        batch([BANKS], N, out=tmp_path, progress=Ends(other), dask=other.scheduler_address)
    assert raised.value.exit_code == 3
    assert "has ended" in str(raised.value) and "the same command goes on from there" in str(raised.value)
    (item,) = batch([BANKS], N, workers=1, out=tmp_path)
    assert 0 < item.computed <= N - 64
    assert bytes_of(tmp_path) == bytes_of_banks(whole)


def test_workers_that_stay_away_are_waited_for_a_while(address, monkeypatch):
    with Cluster(address) as connection:
        monkeypatch.setattr(connection.client, "nthreads", lambda **how: {})
        assert connection.threads() == {}, "they have gone, and others may come"
        monkeypatch.setattr(sim.batch.on_dask, "PATIENCE", 0.0)
        with pytest.raises(ClusterError, match="has been there for 0 seconds; what is finished is kept"):
            connection.threads()


# Who gets what.


class Promise:
    """A future that is not answered until a test says how."""

    def __init__(self):
        self.answer = None

    def done(self):
        return self.answer is not None

    def exception(self, timeout):
        return self.answer if isinstance(self.answer, Exception) else None

    def result(self, timeout):
        return self.answer


class Pretended:
    """A cluster of which a test says who is there."""

    def __init__(self, **threads):
        self.there, self.others, self.new = threads, set(), {}
        self.client, self.sent, self.workers = SimpleNamespace(id="client"), {}, {}

    def threads(self):
        return {name: count for name, count in self.there.items() if name not in self.others}

    def send(self, part, key, workers):
        self.sent[part.first], self.workers[part.first] = Promise(), workers
        return self.sent[part.first]

    def find_others(self):
        found, self.new = self.new, {}
        self.others |= found.keys()
        return found

    def wait(self, futures):
        pass

    def forget(self, futures):
        pass


PLAYED = Played("entry", {})


@pytest.fixture
def scheduled(monkeypatch):
    """An engine on a pretended cluster, with the pieces it is to play: each of one draw."""
    monkeypatch.setattr(sim.batch.on_dask, "POLL", 0.0)
    monkeypatch.setattr(OnDask, "_stored", lambda engine, part, played: played.entry)

    def start(count, **threads):
        pretended = Pretended(**threads)
        engine = OnDask(pretended, lambda part: "pieces")
        engine.threads = pretended.threads()
        return pretended, engine, iter([Job("f", "identity", 1, 0, first, 1) for first in range(count)])

    return start


def received(engine):
    return {part.first: answer for part, answer in engine._receive()}


def test_at_most_two_pieces_a_thread_are_on_their_way(scheduled):
    cluster, engine, parts = scheduled(10, one=1, three=3)
    assert engine._send(parts)
    assert len(engine.sent) == 8 and set(cluster.workers.values()) == {None}, "Dask says who plays what"
    assert next(parts).first == 9, "the next one lies ready, and no more"
    cluster.sent[0].answer = PLAYED
    assert received(engine) == {0: "entry"}
    assert engine._send(parts)
    assert len(engine.sent) == 8
    for each in cluster.sent.values():
        each.answer = PLAYED
    while engine._send(parts):
        received(engine)
    assert engine.sent == {}


def test_a_piece_that_was_lost_too_often_is_played_alone_and_then_given_up(scheduled):
    cluster, engine, parts = scheduled(4, one=1, two=1)
    engine._send(parts)
    for first in (0, 1):  # whose fault it was is not known: they were on the same workers
        cluster.sent[first].answer = distributed.KilledWorker(str(first), "worker", 3)
    assert received(engine) == {}
    assert engine._send(parts) and len(engine.sent) == 2, "nothing is sent until it is alone"
    for first in (2, 3):
        cluster.sent[first].answer = PLAYED
    assert received(engine) == {2: "entry", 3: "entry"}
    assert engine._send(parts) and len(engine.sent) == 1
    assert cluster.workers[0] == ["one"]
    cluster.sent[0].answer = PLAYED
    assert received(engine) == {0: "entry"}, "it was not its fault"
    assert engine._send(parts) and len(engine.sent) == 1
    del cluster.there["one"]
    (lost,) = received(engine).values()
    assert isinstance(lost, Lost) and str(lost) == "draws 1 to 1 were given up: their worker ended 5 times"
    assert not engine._send(parts)


def test_a_worker_that_comes_later_with_another_program_is_given_nothing_more(scheduled):
    cluster, engine, parts = scheduled(3, one=1, two=1)
    engine._send(parts)
    cluster.new = {"two": "it runs peacesim 9.9"}
    cluster.sent[0].answer, cluster.sent[2].answer = OtherProgram(), PLAYED
    assert received(engine) == {2: "entry"}
    engine._send(parts)
    assert cluster.workers == {0: ["one"], 1: None, 2: None}
    cluster.sent[1].answer = ValueError("of its own")
    assert isinstance(received(engine)[1], ValueError), "an error that no other program explains is that of the piece"
    with pytest.raises(OtherProgram):
        play_remotely(Job("f", "identity", 1, 0, 0, 1), {**program_here(), "peacesim": "9.9"})


# Who may play.


def test_nothing_at_the_address_is_told_and_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(sim.batch.on_dask, "CONNECT", 1.0)
    for address in ("127.0.0.1:1", "nowhere", "a\nb"):
        answer = call("batch", ORANGE, "--out", tmp_path / "out", "--dask", address)
        assert (answer.exit_code, answer.stdout) == (2, "")
        assert answer.stderr.startswith("peacesim: no Dask scheduler answers at ") and answer.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_scheduler_without_workers_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(sim.batch.on_dask, "COME", 0.3)
    with started(n_workers=0) as empty, pytest.raises(ClusterError, match="has no workers: start some"):
        batch([ORANGE], N, out=tmp_path / "out", dask=empty.scheduler_address)
    assert not (tmp_path / "out").exists()


def run_another_release(yes):
    """In a worker: have it say that it runs another release, or have it say what it does run."""
    import sim.batch.on_dask as remote

    remote.program_here = (lambda: {**program_here(), "peacesim": "9.9"}) if yes else program_here


def test_a_worker_with_another_release_is_refused_before_anything_is_played(cluster, address, tmp_path):
    other = next(iter(cluster.scheduler.workers))
    with distributed.Client(address, set_as_default=False) as client:
        client.run(run_another_release, True, workers=[other])
        answer = call("batch", ORANGE, "--out", tmp_path / "out", "--dask", address)
        client.run(run_another_release, False, workers=[other])
    assert answer.exit_code == 2
    assert f"the worker at {other} cannot play this: it runs peacesim 9.9 and not {sim.__version__};" in answer.stderr
    assert not (tmp_path / "out").exists()


def test_programs_differ_by_versions_and_by_source():
    here = program_here()
    assert differences(here, dict(here)) == ""
    assert differences(here, {**here, "source": "0"}) == f"peacesim {sim.__version__} from other source files"
    assert differences(here, {**here, "numpy": "0.1"}) == f"numpy 0.1 and not {here['numpy']}"
    assert differences(here, {}).endswith(" more")


def test_a_line_of_source_makes_another_program(tmp_path, monkeypatch):
    monkeypatch.setattr(sim, "__file__", str(tmp_path / "__init__.py"))
    found = []
    (tmp_path / "core").mkdir()
    for line in ("a = 1", "a = 2"):
        (tmp_path / "core" / "module.py").write_text(line)
        found.append(versions_here.__wrapped__())
    assert "from other source files" in differences(*found)


def test_without_the_libraries_it_is_told_what_to_install(tmp_path, monkeypatch):
    monkeypatch.delitem(sys.modules, "sim.batch.on_dask")
    monkeypatch.setitem(sys.modules, "distributed", None)
    answer = call("batch", ORANGE, "--out", tmp_path / "out", "--dask", "127.0.0.1:1")
    assert (answer.exit_code, answer.stderr.count("\n")) == (2, 1)
    assert "pip install 'peacesim[dask]'" in answer.stderr
    assert not (tmp_path / "out").exists()


def test_a_cluster_and_processes_are_not_asked_for_together(tmp_path):
    answer = call("batch", ORANGE, "--out", tmp_path / "out", "--dask", "127.0.0.1:1", "--workers", 2)
    assert answer.exit_code == 2 and "--workers" in answer.stderr and "--dask" in answer.stderr
    with pytest.raises(ValueError, match="leave the number of workers out"):
        batch([ORANGE], N, out=tmp_path / "out", workers=1, dask="127.0.0.1:1")


@pytest.mark.parametrize(
    "words",
    [
        ("sweep", BANKS, "--vary", "parties.upland.no_deal=0.4,0.5"),
        ("sensitivity", BANKS, "--method", "sobol", "--points", 8, "--top", 2),
    ],
)
def test_sweeps_and_designs_are_the_same_on_a_cluster(words, address, tmp_path, monkeypatch):
    monkeypatch.setattr("sim.analysis.designs.PIECE", 4)
    for name, how in {"alone": ["--workers", 1], "cluster": ["--dask", address]}.items():
        answer = call(*words, "-n", 200, "--no-charts", *how, "--out", tmp_path / name)
        assert answer.exit_code == 0, answer.output
    files = [
        {path.relative_to(out): path.read_bytes() for path in out.rglob("*") if path.is_file()}
        for out in (tmp_path / "alone", tmp_path / "cluster")
    ]
    assert files[0] == files[1] and files[0]
    answer = call(*words, "-n", 200, "--no-charts", "--out", tmp_path / "none", "--dask", "127.0.0.1:1")
    assert answer.exit_code == 2 and "no Dask scheduler answers" in answer.stderr and not (tmp_path / "none").exists()


# Stopped by hand.

HEARING = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # it may have been started deaf to it
os.execv(sys.argv[1], sys.argv[1:])
"""


@pytest.mark.slow
def test_ctrl_c_keeps_what_is_finished_and_says_how_to_go_on(address, cluster, tmp_path):
    command = [sys.executable, "-m", "sim", "batch", BANKS, "-n", "2000000", "--out", tmp_path, "--dask", address]
    process = subprocess.Popen(
        [sys.executable, "-c", HEARING, *map(str, command)], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 120
        while not list(tmp_path.rglob("*.parquet")) and time.monotonic() < deadline:
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    finally:
        with suppress(ProcessLookupError):
            process.kill()
    assert process.returncode == 130
    assert said.splitlines()[-1].startswith("peacesim: stopped: ") and "Traceback" not in said
    assert not list(tmp_path.rglob(".parts"))
    while cluster.scheduler.tasks and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not cluster.scheduler.tasks, "nothing waits there to be played"
