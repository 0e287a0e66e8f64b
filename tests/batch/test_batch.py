"""Batches: the same bytes however they were made, nothing lost, nothing done twice."""

import io
import json
import multiprocessing
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pandas as pd
import pytest

import sim.batch.engines
import sim.batch.run
from sim.batch import batch, summary_table
from sim.batch.engines import Workers, play_here
from sim.batch.progress import Bar, Lines, Silent, progress_on
from sim.batch.work import Job, Lost, jobs_of
from sim.cli.batching import draw_charts
from sim.results.chunk_files import Layout
from sim.results.chunks import LARGE, NOTED, needs_of
from sim.results.files import DamagedResults, StoreError
from sim.results.manifest import folder_name
from sim.results.reading import damaged_files, open_results
from sim.results.results import run
from sim.scenario import ScenarioError, read_scenario
from tests.commands import BANKS, ORANGE, ROOT, call
from tests.commands import data as json_of
from tests.trust.small import compute_once

N = 300  # four full chunks and a short one
VARIED = "parties.upland.no_deal=0.4,0.6"
pytestmark = pytest.mark.usefixtures("short_chunks")


@pytest.fixture
def with_workers(monkeypatch):
    """Start workers however little there is to do."""
    monkeypatch.setattr(sim.batch.run, "MIN_PARALLEL_SECONDS", 0.0)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """What a batch of both scenarios writes, in one go and one process; nobody changes it."""
    out = tmp_path_factory.mktemp("whole")
    batch([BANKS, ORANGE], N, workers=1, out=out)
    return out


@pytest.fixture
def spoilt(whole, tmp_path):
    """A copy of it to spoil."""
    return Path(shutil.copytree(whole, tmp_path / "spoilt"))


def bytes_of(folder):
    files = (path for path in Path(folder).rglob("*") if path.is_file() and path.name != "index.html")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def times_of(folder):
    return {path: path.stat().st_mtime_ns for path in Path(folder).rglob("*") if path.name != ".lock"}


def banks_in(out):
    return out / folder_name(read_scenario(BANKS), 1)


# The same bytes.


class Interrupts(Silent):
    """Sends the workers, and them alone, what Ctrl-C sends to all."""

    def advance(self, scenario_id, draws):
        for child in multiprocessing.active_children():
            os.kill(child.pid, signal.SIGINT)


@pytest.mark.slow  # the quick form is that with a lost worker
def test_two_workers_write_the_bytes_of_one(whole, tmp_path, with_workers):
    started, kind = [], multiprocessing.get_context("spawn").Process
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kind, "start", lambda self, real=kind.start: started.append(1) or real(self))
        items = batch([BANKS, ORANGE], N, workers=2, out=tmp_path / "two", progress=Interrupts())
    assert len(started) == 2
    assert [(item.status, item.computed, item.draws) for item in items] == [("done", N, N)] * 2
    assert bytes_of(tmp_path / "two") == bytes_of(whole)
    assert multiprocessing.active_children() == []


def test_the_results_are_those_of_the_scenario(whole):
    results = open_results(banks_in(whole))
    pd.testing.assert_frame_equal(results.draws, run(read_scenario(BANKS), N).draws, check_exact=True)
    assert results.tallies.draws == N


def backwards(play_one, jobs):
    """As `play_here`, in the opposite order."""
    yield from play_here(play_one, reversed(list(jobs)))


def test_the_order_of_answers_moves_no_byte(whole, tmp_path, monkeypatch):
    monkeypatch.setattr(sim.batch.run, "play_here", backwards)
    batch([BANKS, ORANGE], N, workers=1, out=tmp_path)
    assert bytes_of(tmp_path) == bytes_of(whole)


def test_pieces_cover_a_chunk_once():
    for chunk, length in ((range(64), 64), (range(64, 127), 64), (range(1024, 1025), 1024), (range(1000), 1024)):
        pieces = jobs_of(chunk, length)
        assert [draw for piece in pieces for draw in piece] == list(chunk)
        assert max(map(len, pieces)) <= length // 4
    head, rest = Job("f", "i", 1, 0, 16, 8).split(8)
    assert [(part.first, part.count) for part in (head, *rest)] == [(16, 1), (17, 7)]
    assert Job("f", "i", 1, 0, 16, 1).split(8)[1] == []


# Nothing twice, nothing lost.


def test_the_same_command_twice_does_nothing_the_second_time(spoilt):
    before = times_of(spoilt)
    items = batch([BANKS, ORANGE], N, workers=1, out=spoilt)
    assert [(item.status, item.computed, item.damaged) for item in items] == [("unchanged", 0, ())] * 2
    assert times_of(spoilt) == before
    assert summary_table(items)["n"].tolist() == [N, N]


def test_more_draws_and_fewer(spoilt, tmp_path):
    (more,) = batch([BANKS], N + 100, workers=1, out=spoilt)
    assert (more.computed, more.status) == (144, "done")  # the short chunk again, and two more
    batch([BANKS], N + 100, workers=1, out=tmp_path / "other")
    assert bytes_of(banks_in(spoilt)) == bytes_of(banks_in(tmp_path / "other"))
    (fewer,) = batch([BANKS], 10, workers=1, out=spoilt)
    assert (fewer.computed, fewer.facts["n"]) == (0, 10)
    assert open_results(banks_in(spoilt)).n == 10
    assert batch([BANKS], 10, workers=1, out=spoilt)[0].status == "unchanged"


# Dying at every step.


class Steps:
    """Counts what is done to files, and ends the process at one of them as a kill would."""

    CALLS = ("open", "write", "fsync", "replace", "unlink", "mkdir", "ftruncate", "pwrite", "rmdir")

    def __init__(self, die_at):
        self.taken, self.die_at = 0, die_at

    def watch(self):
        for name in self.CALLS:
            setattr(os, name, self.step(getattr(os, name)))
        return self

    def step(self, real):
        def stepped(*arguments, **named):
            self.taken += 1
            if self.taken == self.die_at:
                os._exit(9)
            return real(*arguments, **named)

        return stepped


def in_a_child(act, die_at):
    """Run `act` in a copy of this process; its exit code, 9 if it died at that step."""
    child = os.fork()
    if not child:
        try:
            Steps(die_at).watch()
            act()
            os._exit(0)
        except BaseException:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.fixture
def played_before(monkeypatch):
    """Chunks and tables are computed once in this test and not for every step."""
    compute_once(monkeypatch)
    monkeypatch.setattr("sim.batch.work.JOBS_A_CHUNK", 1)
    monkeypatch.setattr(os, "fsync", lambda handle: None)  # a killed process leaves the disk's cache as it is


def readable(folder):
    """Whether a folder gives sound results, or says that none are finished."""
    try:
        return open_results(folder).n in (64, 70, 100)
    except DamagedResults:
        return False
    except StoreError as error:
        return "no chunk is finished" in str(error)


@pytest.mark.parametrize(
    ("grown", "first", "stride"),
    [
        (False, 1, 8), (True, 3, 4),
        pytest.param(False, 1, 1, marks=pytest.mark.slow), pytest.param(True, 1, 1, marks=pytest.mark.slow),
    ],
)  # fmt: skip
def test_dying_at_any_step_loses_nothing_that_was_finished(tmp_path, played_before, grown, first, stride):
    """At each open, write, fsync, rename and so on: no half file, and going on gives the bytes of a run in one go."""

    def play(out, n=100):
        batch([ORANGE], n, workers=1, out=out)

    play(tmp_path / "first", 70)  # so that a short last chunk is replaced too
    shutil.copytree(tmp_path / "first", tmp_path / "whole")
    play(tmp_path / "whole")
    expected, before = bytes_of(tmp_path / "whole"), bytes_of(tmp_path / "first")
    code, step = 9, first - stride
    while code == 9:
        step += stride
        out = tmp_path / f"at-{step}"
        if grown:
            shutil.copytree(tmp_path / "first", out)
        code = in_a_child(lambda out=out: play(out), step)
        for name, data in bytes_of(out).items():
            final = name.endswith((".parquet", ".csv", ".yaml", "summary.json"))
            assert not final or data in (expected.get(name), before.get(name)), f"{name} is half done after step {step}"
        for resolved in out.glob("*/scenario.resolved.yaml"):
            assert readable(resolved.parent), f"after step {step}"
        play(out)
        assert bytes_of(out) == expected, f"after dying at step {step}"
        shutil.rmtree(out)
    assert code == 0
    assert step > 60


def test_a_disk_that_fills_up_at_any_write_stops_it_with_one_line(tmp_path, played_before, monkeypatch):
    batch([ORANGE], 100, workers=1, out=tmp_path / "whole")
    real, stopped = os.write, 0
    for full_at in range(1, 100):
        left = [full_at]

        def write(handle, data, left=left):
            left[0] -= 1
            if left[0] <= 0:
                raise OSError(28, "No space left on device")
            return real(handle, data)

        out = tmp_path / f"at-{full_at}"
        with monkeypatch.context() as patch:
            patch.setattr(os, "write", write)
            try:
                batch([ORANGE], 100, workers=1, out=out)
                break
            except StoreError as error:
                assert str(error).startswith("cannot write") and str(error).endswith("No space left on device")
                assert "\n" not in str(error)
                stopped += 1
        batch([ORANGE], 100, workers=1, out=out)
        assert bytes_of(out) == bytes_of(tmp_path / "whole")
    assert stopped > 8


# Workers that are lost.


class KillsAWorker(Interrupts):
    """Sends workers Ctrl-C, and ends one when so many draws are played."""

    def __init__(self, after):
        self.after, self.killed = after, []

    def advance(self, scenario_id, draws):
        super().advance(scenario_id, draws)
        self.after -= draws
        if self.after <= 0 and not self.killed:
            self.killed = [child.pid for child in multiprocessing.active_children()][:1]
            os.kill(self.killed[0], signal.SIGKILL)


def test_a_lost_worker_costs_no_draw(whole, tmp_path, with_workers):
    progress = KillsAWorker(after=40)
    items = batch([BANKS, ORANGE], N, workers=2, out=tmp_path / "two", progress=progress)
    assert progress.killed
    assert [item.failure for item in items] == [None, None]
    assert bytes_of(tmp_path / "two") == bytes_of(whole)
    assert multiprocessing.active_children() == []


def play_unless_deadly(part, pieces):
    """Stands in for `play_job` in workers: one piece kills whoever plays it."""
    if part.first == 24:
        os.kill(os.getpid(), signal.SIGKILL)
    if part.first == 40:
        raise RuntimeError("an error of its own")
    return part.first


@pytest.mark.slow
def test_a_piece_that_kills_its_workers_is_given_up_and_the_others_are_not(monkeypatch):
    monkeypatch.setattr(sim.batch.engines, "play_job", play_unless_deadly)
    parts = [Job("f", "i", 1, 0, first, 8) for first in range(0, 80, 8)]
    answers = {part.first: answer for part, answer in Workers(1, lambda part: "pieces").play(iter(parts))}
    lost, failed = answers.pop(24), answers.pop(40)
    assert isinstance(lost, Lost)
    assert "draws 24 to 31" in str(lost) and "3 times" in str(lost)
    assert isinstance(failed, RuntimeError)
    assert answers == {first: first for first in range(0, 80, 8) if first not in (24, 40)}
    assert multiprocessing.active_children() == []


def test_a_scenario_that_fails_does_not_stop_the_others(whole, tmp_path, monkeypatch):
    real = Layout.play

    def play(self, first, count):
        if self.scenario.id == "two-banks-pullback" and first >= 128:
            raise FloatingPointError("something\nbroke")
        return real(self, first, count)

    monkeypatch.setattr(Layout, "play", play)
    bad, good = batch([BANKS, ORANGE], N, workers=1, out=tmp_path)
    assert (bad.status, bad.failure, bad.computed) == ("failed", "something broke", 128)
    assert good.status == "done"
    assert summary_table([bad, good])["scenario"].tolist() == ["orange-and-lemon"]
    assert open_results(bad.folder).n == 128
    monkeypatch.undo()
    assert batch([BANKS, ORANGE], N, workers=1, out=tmp_path)[0].computed == N - 128
    assert bytes_of(tmp_path) == bytes_of(whole)


# Stopped from outside.

DRIVER = """
import signal, sys
import sim.results.chunks
import sim.batch.run
from sim.batch import BatchInterrupted, batch
from sim.batch.progress import Silent
from sim.results.files import StoreError

class Tells(Silent):
    def start(self, total, scenarios):
        print("start", flush=True)
    def advance(self, scenario_id, draws):
        print("advance", flush=True)

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # it may have been started deaf to it
    sim.results.chunks.CHUNK_WORK, sim.batch.run.MIN_PARALLEL_SECONDS = 1, 0.0
    scenario, n, workers, out = sys.argv[1:]
    try:
        batch([scenario], int(n), workers=int(workers), out=out, progress=Tells())
    except BatchInterrupted as stopped:
        print(stopped, file=sys.stderr)
        sys.exit(stopped.exit_code)
    except StoreError as error:
        print(error, file=sys.stderr)
        sys.exit(1)
"""


@pytest.fixture
def driver(tmp_path):
    """Starts a batch in a process of its own."""
    script = tmp_path / "driver.py"
    script.write_text(DRIVER)
    started = []

    def start(n, workers, out, wait_for):
        process = subprocess.Popen(
            [sys.executable, script, BANKS, str(n), str(workers), out],
            env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            start_new_session=True,
        )  # fmt: skip
        started.append(process)
        assert wait_for in iter(process.stdout.readline, ""), process.stderr.read()
        return process

    yield start
    for process in started:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # with whatever it left
        process.communicate()


def workers_of(pid):
    """Processes whose parent this is, by what the system lists."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(stat.read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(int(stat.parent.name))
        except (OSError, ValueError, IndexError):
            continue
    return found


def gone(pids, patience=10.0):
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if not any(Path(f"/proc/{pid}").exists() for pid in pids):
            return True
        time.sleep(0.05)
    return False


needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="asks the system who is whose child")


@needs_proc
def test_a_batch_that_is_killed_goes_on_where_it_was(driver, whole, tmp_path):
    out = tmp_path / "killed"
    process = driver(N, 2, out, "advance\n")
    for _ in range(12):
        process.stdout.readline()
    children = workers_of(process.pid)
    assert len(children) >= 2
    process.kill()
    process.wait()
    assert gone(children), "workers outlive the batch"
    (item,) = batch([BANKS], N, workers=1, out=out)
    assert 0 < item.computed <= N
    assert bytes_of(out) == bytes_of_banks(whole)


def bytes_of_banks(whole):
    return {name: data for name, data in bytes_of(whole).items() if name.startswith("two-banks")}


@needs_proc
@pytest.mark.parametrize(
    ("number", "workers"), [(signal.SIGINT, 2), pytest.param(signal.SIGTERM, 1, marks=pytest.mark.slow)]
)
def test_a_batch_that_is_stopped_says_how_to_go_on(driver, tmp_path, number, workers):
    out = tmp_path / "stopped"
    process = driver(100_000, workers, out, "advance\n")
    for _ in range(20):
        process.stdout.readline()
    children = workers_of(process.pid)
    began = time.monotonic()
    os.killpg(process.pid, number) if number == signal.SIGINT else process.send_signal(number)
    _, said = process.communicate(timeout=30)
    assert time.monotonic() - began < 10
    assert process.returncode == 128 + number
    assert said.count("\n") == 1 and "the same command goes on from there" in said
    assert gone(children)
    assert not list(out.rglob(".parts"))
    kept = len(list(out.glob("*/draws/*.parquet")))
    (item,) = batch([BANKS], 64 * max(1, kept), workers=1, out=out)
    assert damaged_files(item.folder) == []
    assert item.damaged == ()
    on_their_way = 2 * workers - 1 if workers > 1 else 0  # a later chunk may have been finished before an earlier one
    assert item.computed <= 64 * on_their_way if kept else item.computed == 64


# What goes in.


def test_all_faults_of_all_files_are_told_and_nothing_is_written(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    shutil.copy(ORANGE, folder / "a-good.yaml")
    (folder / "b-bad.yaml").write_text(BANKS.read_text().replace("rounds: 24", "rounds: many"))
    (folder / "c-bad.yml").write_text("id: 1\n")
    with pytest.raises(ScenarioError) as raised:
        batch([folder, tmp_path / "missing.yaml"], N, workers=1, out=tmp_path / "out")
    told = {fault.file for fault in raised.value.faults}
    assert told == {str(folder / "b-bad.yaml"), str(folder / "c-bad.yml"), str(tmp_path / "missing.yaml")}
    assert not (tmp_path / "out").exists()


def test_a_folder_stands_for_its_scenario_files(tmp_path):
    folder = tmp_path / "in"
    (folder / "below").mkdir(parents=True)
    for name in ("b.yml", "a.yaml", ".hidden.yaml", "notes.txt", "below/c.yaml"):
        text = ORANGE.read_text().replace("id: orange-and-lemon", f"id: {name[0].replace('.', 'x')}-one")
        (folder / name).write_text(text)
    items = batch([folder, folder / "a.yaml"], 10, workers=1, out=tmp_path / "out")
    assert [item.id for item in items] == ["a-one", "b-one"]
    with pytest.raises(ScenarioError, match="no file in this folder"):
        batch([tmp_path / "out"], 10)


@pytest.mark.parametrize(("draws", "workers"), [(0, 1), (1, 0)])
def test_numbers_below_1_are_refused(tmp_path, draws, workers):
    with pytest.raises(ValueError, match="at least 1"):
        batch([ORANGE], draws, workers=workers, out=tmp_path)


def test_a_sweep_is_a_folder_of_folders(tmp_path):
    vary = ["parties.upland.no_deal=0.4,0.6", "parties.lowland.no_deal=0.5:0.7:3"]
    items = batch([BANKS], 20, workers=1, out=tmp_path, vary=vary)
    (folder,) = (each for each in tmp_path.iterdir() if each.is_dir())
    facts = json.loads((folder / "sweep.json").read_text())
    assert [item.folder.name for item in items] == [point["folder"] for point in facts["points"]]
    assert {item.folder.parent for item in items} == {folder}
    assert [dict(item.settings) for item in items] == [point["set"] for point in facts["points"]]
    assert len({item.folder for item in items}) == 6
    scenario = open_results(items[-1].folder).scenario
    assert (scenario.parties["upland"].no_deal.value, scenario.parties["lowland"].no_deal.value) == (0.6, 0.7)
    before = times_of(tmp_path)
    assert {item.status for item in batch([BANKS], 20, workers=1, out=tmp_path, vary=vary)} == {"unchanged"}
    assert times_of(tmp_path) == before
    (folder / "sweep.json").write_text((folder / "sweep.json").read_text().replace(facts["identity"], "0" * 64))
    with pytest.raises(StoreError, match="another sweep"):
        batch([BANKS], 20, workers=1, out=tmp_path, vary=vary)


ALIKE = "parties.anna.no_deal=0.012958,0.3,0.013505"  # the first and the last begin with the same six digits


def test_points_of_a_sweep_whose_identities_begin_alike_have_folders_of_their_own(tmp_path):
    items = batch([ORANGE], 5, workers=1, out=tmp_path, vary=[ALIKE])
    values = [open_results(item.folder).scenario.parties["anna"].no_deal.value for item in items]
    assert values == [0.012958, 0.3, 0.013505]
    digits = [item.folder.name.removeprefix("orange-and-lemon-") for item in items]
    assert list(map(len, digits)) == [6, 6, 7] and digits[2].startswith(digits[0])  # else find two that begin alike
    assert [item.status for item in batch([ORANGE], 5, workers=1, out=tmp_path, vary=[ALIKE])] == ["unchanged"] * 3


def test_many_points_of_a_sweep_never_share_a_folder(tmp_path, monkeypatch):
    monkeypatch.setattr("sim.batch.inputs.DIGITS", 1)
    items = batch([ORANGE], 1, workers=1, out=tmp_path, vary=["parties.anna.no_deal=0.1:0.5:20"])
    assert len({item.folder for item in items}) == 20
    assert len({open_results(item.folder).scenario.parties["anna"].no_deal.value for item in items}) == 20


def test_settings_make_another_run(tmp_path):
    one, other = (batch([BANKS], 10, workers=1, out=tmp_path, sets=sets)[0] for sets in ([], ["time.rounds=3"]))
    assert one.folder != other.folder
    assert open_results(other.folder).scenario.time.rounds == 3


def test_other_results_under_the_name_are_refused_before_anything_is_played(tmp_path, whole):
    shutil.copytree(banks_in(whole), folder := tmp_path / folder_name(read_scenario(BANKS), 2))
    before = bytes_of(folder)
    with pytest.raises(StoreError, match="another scenario or seed"):
        batch([ORANGE, BANKS], N, seed=2, workers=1, out=tmp_path)
    assert bytes_of(folder) | {".lock": b""} == before | {".lock": b""}
    assert not list(tmp_path.glob("orange*/draws"))


# What comes out.


def test_charts_are_made_last_and_not_again(tmp_path):
    made = []

    def finish(results, folder):
        made.append((results.n, results.scenario.id))
        (folder / "charts").mkdir(exist_ok=True)
        (folder / "charts" / "a.svg").write_text("<svg/>")

    (item,) = batch([BANKS], 20, workers=1, out=tmp_path)
    assert batch([BANKS], 20, workers=1, out=tmp_path, finish=finish)[0].folder == item.folder
    assert batch([BANKS], 20, workers=1, out=tmp_path, finish=finish)[0].status == "unchanged"
    assert made == [(20, "two-banks-pullback")]
    (item.folder / "charts" / "a.svg").unlink()
    assert batch([BANKS], 20, workers=1, out=tmp_path, finish=finish)[0].damaged == ("charts/a.svg",)
    batch([BANKS], 10, workers=1, out=tmp_path)  # the charts that are there are of other draws now
    batch([BANKS], 10, workers=1, out=tmp_path, finish=finish)
    assert [n for n, _ in made] == [20, 20, 10]


def draw_one(results, folder):
    (folder / "charts").mkdir(exist_ok=True)
    (folder / "charts" / "a.svg").write_text("<svg/>")


def test_files_of_somebody_else_stay_as_they_are_and_are_nobodys_damage(tmp_path):
    """They may be called anything, lie anywhere, and change whenever their owner likes."""
    (item,) = batch([BANKS], 20, workers=1, out=tmp_path)
    names = ("my notes.txt", ".hidden", "notes.txt", "charts/deep/er/x.svg", "charts/-.svg")
    own = [item.folder / name for name in names]
    for path in own:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("mine")
    assert batch([BANKS], 20, workers=1, out=tmp_path, finish=draw_one)[0].failure is None
    assert open_results(item.folder).n == 20
    for path in own:
        assert path.read_text() == "mine"
        path.write_text("changed")
    assert damaged_files(item.folder) == []
    assert batch([BANKS], 20, workers=1, out=tmp_path, finish=draw_one)[0].status == "unchanged"


def test_what_a_kill_left_half_done_is_removed_wherever_it_lies(tmp_path):
    """Listed in `run.json`, a name of its kind made all of the folder unreadable."""
    (item,) = batch([BANKS], 20, workers=1, out=tmp_path)
    left = [item.folder / folder / ".a.svg.123.tmp" for folder in (".", "draws", "tallies", "charts")]
    (item.folder / "charts").mkdir()
    for path in left:
        path.write_text("half")
    batch([BANKS], 20, workers=1, out=tmp_path, finish=draw_one)
    assert not any(path.exists() for path in left)
    assert damaged_files(item.folder) == []
    (sweep,) = {each.folder.parent for each in batch([BANKS], 2, workers=1, out=tmp_path, vary=[VARIED])}
    (sweep / ".sweep.json.123.tmp").write_text("half")
    batch([BANKS], 2, workers=1, out=tmp_path, vary=[VARIED])
    assert not list(sweep.glob(".*.tmp"))


def test_tables_of_other_draws_are_not_listed_while_new_ones_are_made(spoilt, monkeypatch):
    """A run that is stopped before its tables are made leaves those of before, and nothing in the folder is damaged."""
    monkeypatch.setattr("sim.batch.run.write_outputs", lambda *_: 1 / 0)
    (item,) = batch([BANKS], N + 100, workers=1, out=spoilt)
    (item.folder / "summary.json").write_text("half way to another number of draws")
    assert damaged_files(item.folder) == []
    assert open_results(item.folder).n == N + 100


def test_a_chart_that_fails_costs_no_draw(tmp_path):
    def finish(results, folder):
        raise RuntimeError("no such font")

    (item,) = batch([BANKS], 20, workers=1, out=tmp_path, finish=finish)
    assert "no such font" in item.failure
    assert open_results(item.folder).n == 20
    assert batch([BANKS], 20, workers=1, out=tmp_path)[0].computed == 0


def test_charts_drawn_by_a_worker_are_those_drawn_here(tmp_path, monkeypatch, with_workers):
    """Also the list of overrides, which the resolved scenario in the folder does not have any more."""
    batch([ORANGE], 20, workers=1, out=tmp_path / "here", sets=["time.rounds=9"], finish=draw_charts)
    monkeypatch.setattr(sim.batch.run, "write_outputs", lambda *_: pytest.fail("drawn in this process"))
    batch([ORANGE], 20, workers=2, out=tmp_path / "worker", sets=["time.rounds=9"], finish=draw_charts)
    assert any(name.endswith("report.html") for name in bytes_of(tmp_path / "worker"))
    assert bytes_of(tmp_path / "worker") == bytes_of(tmp_path / "here")


def test_charts_of_another_kind_are_made_where_there_are_none(tmp_path):
    made = []

    def finish(results, folder):
        made.append(results.n)
        (folder / f"chart.{'png' if len(made) > 1 else 'svg'}").write_text("a chart")

    for endings in ((), (), (".png",), (".png",)):
        batch([BANKS], 20, workers=1, out=tmp_path, finish=finish, endings=endings)
    assert made == [20, 20]


def test_the_summary_table_has_a_row_a_scenario(whole):
    results = [open_results(folder) for folder in sorted(whole.iterdir())]
    table = summary_table(results)
    assert table["scenario"].tolist() == ["orange-and-lemon", "two-banks-pullback"]
    assert table.loc[0, ["zone", "agreement", "package_share"]].tolist() == [1.0, 1.0, 1.0]
    assert table["agreement_low"].tolist() == [each.summary()["agreement_interval"][0] for each in results]
    assert table["median_round"].tolist() == [each.draws["round"].median() for each in results]
    assert summary_table([]).empty


def test_progress_is_a_line_a_tenth(tmp_path):
    stream = io.StringIO()
    batch([BANKS], N, workers=1, out=tmp_path, progress=progress_on(stream))
    lines = stream.getvalue().splitlines()
    assert lines[0] == "two-banks-pullback: 300 draws"
    assert [line.split(":")[0] for line in lines[1:]] == [f"{10 * tenth} %" for tenth in range(1, 11)]
    stream.truncate(0)
    batch([BANKS], N, workers=1, out=tmp_path, progress=Lines(stream))
    assert len(stream.getvalue().splitlines()) == 1


def test_the_time_left_is_told_from_the_pace_since_the_first_draws_came(monkeypatch):
    clock = iter([100.0, 110.0])  # a hundred seconds of compiling are no pace
    monkeypatch.setattr("sim.batch.progress.time.monotonic", lambda: next(clock))
    lines = Lines(stream := io.StringIO())
    lines.start(1000, ["talks"])
    lines.advance("talks", 100)
    lines.advance("talks", 200)
    assert stream.getvalue().splitlines() == [
        "talks: 1,000 draws", "10 %: 100 of 1,000 draws", "30 %: 300 of 1,000 draws, 20 draws/s, 0:35 left",
    ]  # fmt: skip


def test_a_name_from_a_file_is_no_markup_for_the_bar():
    from rich.console import Console

    console = Console(file=(stream := io.StringIO()), force_terminal=True, width=120)
    bar = Bar(console)
    bar.start(100, ["[bold red]x[/]"])
    bar.skip("x", 20)
    bar.advance("x", 40)
    bar.bar.refresh()
    bar.finish()
    assert "[bold red]x[/]" in stream.getvalue()
    assert "40 of 80 draws" in stream.getvalue()


def test_a_bar_that_stands_still_says_what_it_may_be_waiting_for(monkeypatch):
    from rich.console import Console

    monkeypatch.setattr("sim.batch.progress.LONG_WAIT", 0.0)
    console = Console(file=(stream := io.StringIO()), force_terminal=True, width=80)
    bar = Bar(console)
    bar.start(100, ["talks"])
    bar.bar.refresh()
    assert "0 of 100 draws a first run compiles its loops" in stream.getvalue()
    bar.advance("talks", 40)
    stream.truncate(0)
    bar.bar.refresh()
    bar.finish()
    assert "40 of 100 draws" in stream.getvalue() and "compiles" not in stream.getvalue()


def test_this_process_answers_like_workers_do():
    parts = [Job("f", "i", 1, 0, first, 8) for first in (0, 8)]
    error = ValueError("no")

    def play(part):
        if part.first:
            raise error
        return "chunk"

    assert list(play_here(play, iter(parts))) == [(parts[0], "chunk"), (parts[1], error)]


def test_a_scenario_of_which_a_draw_takes_very_much_is_played_only_on_demand(tmp_path, monkeypatch):
    assert not needs_of(read_scenario(ROOT / "scenarios/ukraine-december-2025.yaml")).above(NOTED)
    assert not [note for note in json_of("check", BANKS)[0]["notes"] if "a draw takes" in note["message"]]
    monkeypatch.setattr("sim.results.chunks.UTILITY_SECONDS", 10.0)
    (note,) = (each["message"] for each in json_of("check", BANKS)[0]["notes"] if "a draw takes" in each["message"])
    assert re.search(r"a draw takes up to \d+ min and 0\.\d GB of memory; `batch` plays it with --large$", note)
    answer = call("batch", BANKS, "-n", 1, "--out", tmp_path / "out", "--no-charts")
    assert answer.exit_code == 2 and "or --large to play it nevertheless" in answer.stderr
    assert answer.stderr.count("\n") == 1 and not (tmp_path / "out").exists()
    assert call("batch", BANKS, "-n", 1, "--out", tmp_path / "out", "--no-charts", "--large").exit_code == 0


def test_memory_of_a_draw_counts_too(monkeypatch):
    monkeypatch.setattr("sim.results.chunks.UTILITY_BYTES", 1e9)
    assert needs_of(read_scenario(BANKS)).above(LARGE)
