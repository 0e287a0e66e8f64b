"""R4: several processes at one folder: one writes, the others say who does; readers see the old or the new."""

import os
import shutil
import signal
import threading
from contextlib import suppress

import pytest

from sim.batch import batch, merge
from sim.results.chunk_files import Layout
from sim.results.files import DamagedResults, FolderLock, ResultsBusy, StoreError
from sim.results.folder import ResultsFolder
from sim.results.manifest import Manifest, folder_name
from sim.results.reading import open_results
from sim.results.results import run
from sim.scenario import read_scenario
from tests.trust.moments import quick_batches
from tests.trust.planting import ROOT, bugs
from tests.trust.results import bytes_of

ORANGE = ROOT / "scenarios" / "orange-and-lemon.yaml"
N = 100  # two chunks, the second short


@pytest.fixture(autouse=True)
def short_chunks(monkeypatch):
    """Chunks of 64 draws, each played once."""
    quick_batches(monkeypatch)


def together(count, act):
    """Copies of this process that all do the same at the same moment: their exit codes, and their processes."""
    start, go = os.pipe()
    children = []
    for number in range(count):
        child = os.fork()
        if not child:
            code = 99
            with suppress(BaseException):
                os.close(go)
                os.read(start, 1)  # ends for all of them at once
                code = act(number)
            os._exit(code)
        children.append(child)
    os.close(start)
    os.close(go)
    return [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children], children


def writes(out, reported, n=N, shard=None, scenario=ORANGE):
    """Plays a batch in a copy; 0 if it wrote, 5 if another was named as the one that does."""

    def act(number):
        try:
            batch([scenario], n, workers=1, out=out, shard=shard)
        except ResultsBusy as busy:
            (reported / f"{os.getpid()}").write_text(str(busy))
            return 5
        return 0

    return act


def one_writes_the_others_say_who(out, reported, count):
    """Start so many batches at once; what they left, and how many were turned away."""
    reported.mkdir()
    codes, children = together(count, writes(out, reported))
    assert set(codes) <= {0, 5} and 0 in codes, codes
    for text in (path.read_text() for path in reported.iterdir()):
        holder = text.partition("is being written by process ")[2].partition(";")[0]
        assert holder.isdigit() and int(holder) in children, text
    (item,) = batch([ORANGE], N, workers=1, out=out)
    assert (item.status, item.damaged) == ("unchanged", ())
    found = bytes_of(out)
    shutil.rmtree(out)
    shutil.rmtree(reported)
    return found, codes.count(5)


@pytest.fixture
def whole(tmp_path):
    batch([ORANGE], N, workers=1, out=tmp_path / "whole")
    return bytes_of(tmp_path / "whole")


@pytest.mark.parametrize(
    ("counts", "times"), [((2, 3, 4), 1), pytest.param((2, 3, 4), 100, marks=pytest.mark.exhaustive)]
)
def test_of_several_batches_at_once_one_writes(whole, tmp_path, record_property, counts, times):
    turned = 0
    for count in counts * times:
        found, away = one_writes_the_others_say_who(tmp_path / "out", tmp_path / "reported", count)
        assert found == whole
        turned += away
    assert turned
    starts = sum(counts) * times
    record_property("R4", f"{starts} batches started {len(counts) * times} times together: {turned} named the writer")


def test_the_writer_is_named_also_while_a_dead_one_stands_in_the_lock(tmp_path, monkeypatch):
    """The number of a process that was killed stays in the file until the next holder has written its own."""
    (tmp_path / ".lock").write_text(f"{2**22 + 1}\n")  # no system has so many
    real, ours = os.ftruncate, []

    def slowly(handle, length):
        ours.append(handle)
        if len(ours) == 1:
            other.start()
            threading.Event().wait(0.2)
        real(handle, length)

    printed = []

    def second():
        try:
            FolderLock(tmp_path)
        except ResultsBusy as busy:
            printed.append(str(busy))

    other = threading.Thread(target=second)
    monkeypatch.setattr(os, "ftruncate", slowly)
    with FolderLock(tmp_path):
        other.join()
    assert f"process {os.getpid()};" in printed[0]


@pytest.mark.parametrize("ending", ["killed", "stopped and killed"])
def test_a_dead_holder_never_blocks_and_a_stopped_one_is_named(whole, tmp_path, ending):
    folder = tmp_path / "whole" / folder_name(read_scenario(ORANGE), 1)
    reading, writing = os.pipe()
    holder = os.fork()
    if not holder:
        lock = FolderLock(folder)
        os.write(writing, b"held")
        signal.pause()
        os._exit(lock is None)
    assert os.read(reading, 4) == b"held"
    if ending != "killed":
        os.kill(holder, signal.SIGSTOP)
    with pytest.raises(ResultsBusy, match=f"process {holder};"):
        batch([ORANGE], N, workers=1, out=tmp_path / "whole")
    os.kill(holder, signal.SIGKILL)
    os.waitpid(holder, 0)
    assert (folder / ".lock").read_text() == f"{holder}\n"
    assert batch([ORANGE], N, workers=1, out=tmp_path / "whole")[0].status == "unchanged"
    assert bytes_of(tmp_path / "whole") == whole


@pytest.mark.parametrize("away", ["lock", "folder"])
def test_a_writer_whose_lock_was_removed_writes_no_more(whole, tmp_path, away):
    """Whoever removes the lock lets another write; the first one must notice."""
    scenario, out = read_scenario(ORANGE), tmp_path / "out"
    layout, path = Layout.of(scenario, 1), out / folder_name(scenario, 1)
    with ResultsFolder(path, layout, N) as first:
        first.write(layout.play(0, 64))
        (path / ".lock").unlink() if away == "lock" else shutil.rmtree(path)
        batch([ORANGE], N, workers=1, out=out)
        with pytest.raises(StoreError, match=r"not written any more: \.lock in it was removed or replaced"):
            first.write(layout.play(64, 36))
    assert bytes_of(out) == whole


def test_other_parameters_are_refused_while_one_writes_and_after(whole, tmp_path):
    """Other draws, another scenario or seed under the name, another shard: nothing is mixed in."""
    from sim.results.manifest import Shard

    scenario, out = read_scenario(ORANGE), tmp_path / "whole"
    path = out / folder_name(scenario, 1)
    with FolderLock(path):
        with pytest.raises(ResultsBusy):
            batch([ORANGE], 10 * N, workers=1, out=out)
        with pytest.raises(ResultsBusy):
            batch([ORANGE], N, workers=1, out=out, finish=lambda results, folder: None)
    for other in (Layout.of(scenario, 2), Layout.of(scenario.with_sets(["time.rounds=3"]), 1)):
        with pytest.raises(StoreError, match="another scenario or seed"):
            ResultsFolder(path, other, N)
    with pytest.raises(StoreError, match="is for all chunks, not for shard 1 of 2"):
        ResultsFolder(path, Layout.of(scenario, 1), N, shard=Shard(1, 2))
    assert bytes_of(out) == whole


@pytest.mark.parametrize("times", [2, pytest.param(40, marks=pytest.mark.exhaustive)])
def test_shards_at_once_have_folders_of_their_own(whole, tmp_path, times, record_property):
    from sim.results.manifest import Shard

    reported = tmp_path / "reported"
    reported.mkdir()
    for _ in range(times):
        shards = [Shard(1, 2), Shard(2, 2), Shard(1, 2), Shard(2, 2)]
        acts = [writes(tmp_path / "out", reported, shard=shard) for shard in shards]
        codes, _ = together(4, lambda number, acts=acts: acts[number](0))
        assert set(codes) <= {0, 5}
        assert 0 in codes[::2] and 0 in codes[1::2]
        merge([tmp_path / "out"], tmp_path / "joined")
        assert bytes_of(tmp_path / "joined") == whole
        shutil.rmtree(tmp_path / "out")
        shutil.rmtree(tmp_path / "joined")
    record_property("R4", f"{4 * times} runs of two shards, two of each at once, joined to the bytes of one run")


# Reading while another writes.


@pytest.fixture(scope="module")
def figures():
    """What results of any number of draws must tell."""
    with pytest.MonkeyPatch.context() as patch:
        quick_batches(patch)
        return run(read_scenario(ORANGE), 1000).draws


def read_on(folder, figures, until):
    """Read until a file is there; how often, and every number of draws that was seen. Each must be true."""
    seen, reads = [], 0
    while not until.exists():
        reads += 1
        try:
            results = open_results(folder)
        except StoreError as error:
            assert not isinstance(error, DamagedResults), error
            assert "no chunk is finished yet" in str(error) or "no results folder" in str(error), error
            continue
        assert results.draws.equals(figures.head(results.n))
        assert results.tallies.draws == results.n
        seen.append(results.n)
    return reads, seen


@pytest.mark.parametrize("times", [1, pytest.param(20, marks=pytest.mark.exhaustive)])
def test_a_reader_sees_the_old_or_the_new(tmp_path, figures, times, record_property):
    """A batch grows by a few draws again and again, so that its short last chunk is replaced each time."""
    reads, numbers = 0, set()
    for turn in range(times):
        out = tmp_path / f"out-{turn}"
        folder, done = out / folder_name(read_scenario(ORANGE), 1), out / "done"

        def grow(number, out=out, done=done):
            for n in (30, 90, 130, 180, 200, 300, 320):
                batch([ORANGE], n, workers=1, out=out)
            done.touch()
            return 0

        writer = threading.Thread(target=lambda grow=grow: together(1, grow))
        writer.start()
        more, seen = read_on(folder, figures, done)
        writer.join()
        assert seen == sorted(seen), "it never shrinks"
        reads, numbers = reads + more, numbers | set(seen)
        assert open_results(folder).n == 320
    record_property("R4", f"{reads} times read while a batch wrote, {len(numbers)} different states, each a true one")


def test_a_folder_that_begins_between_two_looks_is_not_damaged(tmp_path, monkeypatch):
    """`run.json` is written first: it may come, and `draws/` behind it, just after it was looked for."""
    import sim.results.manifest

    real, done = sim.results.manifest.read_whole, []

    def read(path, most):
        if not done:
            done.append(True)
            batch([ORANGE], N, workers=1, out=tmp_path)
            raise FileNotFoundError
        return real(path, most)

    monkeypatch.setattr(sim.results.manifest, "read_whole", read)
    assert open_results(tmp_path / folder_name(read_scenario(ORANGE), 1)).n == N


def replaced_while_read(monkeypatch, module, name, out, n=200):
    """Have a batch replace the short last chunk just after `run.json` was read."""
    real, done = getattr(module, name), []

    def read(*arguments):
        found = real(*arguments)
        if not done and isinstance(found, Manifest):
            done.append(True)
            together(1, lambda number: batch([ORANGE], n, workers=1, out=out) and 0)
        return found

    monkeypatch.setattr(module, name, read)


def test_what_is_replaced_between_two_looks_is_read_as_it_is_now(whole, tmp_path, figures, monkeypatch):
    import sim.results.reading

    folder = tmp_path / "whole" / folder_name(read_scenario(ORANGE), 1)
    replaced_while_read(monkeypatch, sim.results.reading, "read_manifest", tmp_path / "whole")
    assert open_results(folder).draws.equals(figures.head(200))
    (folder / "draws" / "00000064-00000127.parquet").unlink()
    with pytest.raises(DamagedResults, match="00000064-00000127"):
        open_results(folder)


def test_rows_that_are_replaced_before_they_are_read_are_no_damage(whole, tmp_path, monkeypatch):
    import sim.results.reading

    monkeypatch.setattr(sim.results.reading, "MOST_CACHED", 0)
    results = open_results(tmp_path / "whole" / folder_name(read_scenario(ORANGE), 1))
    batch([ORANGE], 200, workers=1, out=tmp_path / "whole")
    with pytest.raises(StoreError, match="was written anew while it was read; run the same command again") as refused:
        list(results.rows.pieces(["draw"]))
    assert not isinstance(refused.value, DamagedResults)


def test_a_merge_takes_what_a_shard_has_and_calls_nothing_damaged(tmp_path, monkeypatch):
    import sim.batch.merging
    from sim.results.manifest import Shard

    for number in (1, 2):
        batch([ORANGE], N, workers=1, out=tmp_path / "out", shard=Shard(number, 2))
    real = sim.batch.merging._laid_out

    def and_grow(*arguments):
        found = real(*arguments)
        for number in (1, 2):
            batch([ORANGE], 200, workers=1, out=tmp_path / "out", shard=Shard(number, 2))
        return found

    monkeypatch.setattr(sim.batch.merging, "_laid_out", and_grow)
    (merged,) = merge([tmp_path / "out"], tmp_path / "joined")
    assert merged.damaged == () and len(merged.missing) == 1 and "is not whole: draws 64 to 99" in merged.missing[0]


PLANTED = bugs("R4", __name__, [
    ("sim/results", "fcntl.LOCK_EX | fcntl.LOCK_NB", "fcntl.LOCK_SH | fcntl.LOCK_NB",
     "test_other_parameters_are_refused_while_one_writes_and_after"),
    ("sim/results", "if is_alive(holder) or not left:", "if holder or not left:",
     "test_the_writer_is_named_also_while_a_dead_one_stands_in_the_lock"),
    ("sim/results", "if self._taken() and self._is_there():",
     "if not (self.folder / LOCK).stat().st_size and self._taken():",
     "test_a_dead_holder_never_blocks_and_a_stopped_one_is_named"),
    (
        "sim/results/folder.py", "        self._lock.hold()\n        write_manifest(", "        write_manifest(",
        "test_a_writer_whose_lock_was_removed_writes_no_more",
    ),
    ("sim/results", "if manifest.shard != wanted:", "if manifest.shard and manifest.shard != wanted:",
     "test_other_parameters_are_refused_while_one_writes_and_after"),
    ("sim/results", "            if read_manifest(path) == manifest:\n                raise", "            raise",
     "test_what_is_replaced_between_two_looks_is_read_as_it_is_now"),
    ("sim/results", "    for _ in range(2):\n", "    for _ in range(1):\n",
     "test_a_folder_that_begins_between_two_looks_is_not_damaged"),
    ("sim/results", "                    self._refuse_if_replaced(entry)\n", "",
     "test_rows_that_are_replaced_before_they_are_read_are_no_damage"),
    ("sim/batch", "if entry in read_manifest(piece.folder).chunks:", "if True:",
     "test_a_merge_takes_what_a_shard_has_and_calls_nothing_damaged"),
])  # fmt: skip
