"""R5: a full disk, a quota, an error of the disk: one plain line, code not 0, finished chunks kept, same bytes after.

`tests/batch/test_batch.py` fills the disk at each write of one process. Here each call that changes the folder fails,
with each error that a disk has, as strace has it; and disks of many sizes fill up for real.
"""

import errno
import os
import resource
import shutil
import stat
import subprocess
from contextlib import nullcontext

import pytest

import sim.results.files
from tests.trust.planting import bugs
from tests.trust.recorded import logged, strace, traced
from tests.trust.small import FEW, MANY, batch, compute_once, in_child, make_small, reported, results_in, tree, unlisted
from tests.trust.test_crash_points import CASES, calls_in, sound

__all__ = ["strace"]  # a fixture

PLANTED = bugs("R5", __name__, [
    ("sim/results", "            rest = rest[os.write(handle, rest) :]",
     "            os.write(handle, rest)\n            rest = rest[len(rest) :]",
     "test_writes_that_are_cut_short_or_interrupted_go_on"),
    ("sim/results", "            rest = rest[os.write(handle, rest) :]",
     "            try:\n                rest = rest[os.write(handle, rest) :]\n            except OSError:\n"
     "                break", "test_a_file_that_may_not_grow_stops_it_with_one_line"),
    ("sim/results", '        if isinstance(error, OSError):\n            raise plain(error, f"write {path}")',
     '        if isinstance(error, MemoryError):\n            raise plain(error, f"write {path}")',
     "tests/batch/test_batch.py::test_a_disk_that_fills_up_at_any_write_stops_it_with_one_line"),
])  # fmt: skip

ERRORS = ("ENOSPC", "EDQUOT", "EIO", "EROFS")


@pytest.fixture
def small(monkeypatch):
    """A small batch, computed once."""
    make_small(monkeypatch)
    compute_once(monkeypatch)


def test_writes_that_are_cut_short_or_interrupted_go_on(tmp_path, monkeypatch):
    """A write may take any number of bytes, and a signal may come in between."""
    real, counts = os.write, []

    def write(handle, data):
        counts.append(len(data))
        return real(handle, data[: 1 + len(counts) % 7])

    monkeypatch.setattr(os, "write", write)
    data = bytes(range(256))
    sim.results.files.write_whole(tmp_path / "x", data)
    assert (tmp_path / "x").read_bytes() == data
    assert len(counts) > 40


@pytest.mark.parametrize(("error", "goes_on"), [("EINVAL", True), ("ENOTSUP", True), ("EIO", False)])
def test_a_disk_that_cannot_sync_folders_is_written_to_and_one_that_fails_is_not(error, goes_on, tmp_path, monkeypatch):
    real = os.fsync

    def fsync(handle):
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(getattr(errno, error), "no")
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    with nullcontext() if goes_on else pytest.raises(sim.results.files.StoreError, match="cannot write"):
        sim.results.files.write_whole(tmp_path / "x", b"data")


def stopped_or_done(code: int, printed, strerror: str = "", merging: bool = False) -> bool:
    """Whether a run stopped, as it should: with one line that says why.

    A merge that could not read a file of a shard joins the rest, names that file, and says what is missing.
    """
    lines = reported(printed)
    if code == 0:
        assert lines == []
        return False
    if merging and code == 4:
        assert lines[0].startswith("damaged: ") and strerror in lines[0] and len(lines) <= 4, lines
        return True
    assert code in (2, 3), (code, lines)
    assert len(lines) == 1, lines
    assert len(lines[0]) < 500
    assert strerror in lines[0]
    return True


def without_locks(found):
    """The number of the last writer may stay in the file of its lock, if it cannot be taken out; nobody minds."""
    return {name: data for name, data in found.items() if not name.endswith(".lock")}


def limited(size: int, act):
    """`act`, with no file longer than so many bytes."""

    def run():
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        return act()

    return run


def test_a_file_that_may_not_grow_stops_it_with_one_line(small, tmp_path, record_property):
    """A limit on the size of files, as quotas of some systems are; with more room it goes on."""
    printed, stopped = tmp_path / "printed", 0
    batch(tmp_path / "whole")
    expected = tree(tmp_path / "whole")
    sizes = sorted({len(data) - 1 for data in expected.values() if data and len(data) > 1000})  # what it says fits in
    chosen = sizes[:: max(1, len(sizes) // 4)]
    for size in chosen:
        out = tmp_path / f"at-{size}"
        code = in_child(limited(size, lambda out=out: batch(out)), printed)
        assert stopped_or_done(code, printed, "File too large"), size
        stopped += 1
        assert sound(out) == []
        assert all(unlisted(folder) <= 1 for folder in results_in(out))
        batch(out)
        assert tree(out) == expected
    record_property("R5", f"{stopped} limits on the size of a file: one line each, and gone on from")


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", ["one process", "more draws", "charts and page", "a sweep", "merged shards"])
def test_any_call_that_fails_stops_it_with_one_line(name, small, strace, tmp_path, record_property):
    """Each call with one of the errors, in turn."""
    case = CASES[name]
    before, whole, printed = tmp_path / "before", tmp_path / "whole", tmp_path / "printed"
    case.prepare(before)
    shutil.copytree(before, whole)
    case.act(shutil.copytree(before, tmp_path / "warm"))
    calls = calls_in(logged(lambda: case.act(whole), printed, tmp_path / "log"), whole)
    expected, out, stopped = tree(whole), tmp_path / "out", 0
    for place, (call, number) in enumerate(calls):
        error = ERRORS[(place + number) % len(ERRORS)]
        shutil.copytree(before, out)
        fails = f"inject={call}:error={error}:when={number}"
        code = traced(lambda: case.act(out), printed, tmp_path / "log", "-e", f"trace={call}", "-e", fails)
        stopped += stopped_or_done(code, printed, os.strerror(getattr(errno, error)), name == "merged shards")
        assert sound(out) == [], f"after {error} at {call} {number}"
        assert all(unlisted(folder) <= 1 for folder in results_in(out))
        if code:
            assert in_child(lambda: case.act(out), printed) == 0, printed.read_text()
        assert without_locks(tree(out)) == without_locks(expected), f"after {error} at {call} {number}"
        shutil.rmtree(out)
    assert stopped > 0.8 * len(calls)
    told_of = f"{stopped} with one line, {len(calls) - stopped} without harm"
    record_property("R5", f"{len(calls)} calls of {name} that failed: {told_of}; all gone on from, same bytes")


@pytest.mark.exhaustive
def test_interrupted_calls_are_made_again(small, strace, tmp_path, record_property):
    printed = tmp_path / "printed"
    batch(tmp_path / "warm", FEW)
    done = logged(lambda: batch(tmp_path / "whole", FEW), printed, tmp_path / "log")
    expected, tried = tree(tmp_path / "whole"), 0
    for call, number in calls_in(done, tmp_path / "whole"):
        if call in ("openat", "write", "fsync", "ftruncate"):
            out = tmp_path / f"{call}-{number}"
            again = f"inject={call}:error=EINTR:when={number}"
            act = ("-e", f"trace={call}", "-e", again)
            assert traced(lambda out=out: batch(out, FEW), printed, tmp_path / "log", *act) == 0, printed.read_text()
            assert tree(out) == expected
            tried += 1
    record_property("R5", f"{tried} calls interrupted by a signal: made again, same bytes")


@pytest.fixture
def disk(tmp_path):
    """Mounts a disk of a size, in memory; skips where that is not allowed."""
    place = tmp_path / "disk"
    place.mkdir()

    def mount(options: str) -> None:
        command = ["mount", "-t", "tmpfs", "-o", options, "none", str(place)]
        if shutil.which("mount") is None or subprocess.run(command, capture_output=True).returncode:
            pytest.skip("nothing can be mounted here")

    yield place, mount
    while os.path.ismount(place):
        subprocess.run(["umount", str(place)], check=True)


@pytest.mark.exhaustive
@pytest.mark.parametrize("kind", ["size", "nr_inodes"])
def test_a_small_disk_stops_it_with_one_line(kind, small, disk, tmp_path, record_property):
    """Of many sizes, in bytes or in number of files; once there is room, it goes on."""
    place, mount = disk
    printed, stopped, sizes = tmp_path / "printed", 0, 0
    batch(tmp_path / "whole", MANY, "--charts")
    expected = tree(tmp_path / "whole")
    room = 2 * sum(len(data or b"") for data in expected.values()) if kind == "size" else 2 * len(expected)
    size = 4096 if kind == "size" else 2
    while size < room:
        sizes += 1
        mount(f"{kind}={size}")
        code = in_child(lambda: batch(place / "out", MANY, "--charts"), printed)
        full = stopped_or_done(code, printed, "No space left on device")
        stopped += full
        assert sound(place) == []
        if full:
            subprocess.run(["mount", "-o", "remount,size=64m,nr_inodes=10000", str(place)], check=True)
            assert in_child(lambda: batch(place / "out", MANY, "--charts"), printed) == 0, printed.read_text()
        assert tree(place / "out") == expected
        subprocess.run(["umount", str(place)], check=True)
        size += max(4096, size // 12) if kind == "size" else 2 + size // 8
    assert 10 < stopped < sizes
    unit = "bytes" if kind == "size" else "files"
    record_property("R5", f"{stopped} disks too small in {unit}: one line each, all gone on from, same bytes")
