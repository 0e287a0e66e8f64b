"""R10: short of memory, handles or processes: a clean stop or success, never a wrong number; and memory does not grow.

Limits are set on a process that has loaded all it needs, so that they strike while it works and not while it starts.
"""

import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.trust.planting import ROOT, bugs
from tests.trust.small import MANY, batch, in_child, make_small, reported, tree
from tests.trust.test_crash_points import sound
from tests.trust.test_permissions import like_everybody_else

PLANTED = bugs("R10", __name__, [
    ("sim/cli", "    except (MemoryError, ImportError) as error:\n", "    except ImportError as error:\n",
     "test_without_memory_a_batch_stops_with_one_line"),
])  # fmt: skip
BANKS = ROOT / "scenarios" / "two-banks-pullback.yaml"


@pytest.fixture
def small(monkeypatch):
    """A small batch. It is computed every time: that is what takes memory."""
    make_small(monkeypatch)


def clean(code: int, printed: Path, out: Path, expected) -> bool:
    """Whether a run was stopped: with few lines, no traceback, a sound folder; else its bytes are right."""
    lines = reported(printed)
    assert sound(out) == []
    if code == 0:
        assert tree(out) == expected
        return False
    assert code in (2, 3), (code, lines)
    assert 1 <= len(lines) <= 2, lines
    batch(out)
    assert tree(out) == expected
    return True


def test_without_memory_a_batch_stops_with_one_line(small, tmp_path, monkeypatch):
    """Whatever is being made: a table here, which no scenario can be blamed for."""
    printed, out = tmp_path / "printed", tmp_path / "out"
    batch(tmp_path / "whole")

    def no_memory(*_):
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr("sim.results.tables.tables_of", no_memory)
        code = in_child(lambda: batch(out), printed)
    assert code == 3
    assert "not enough memory" in reported(printed)[0]
    assert clean(code, printed, out, tree(tmp_path / "whole"))


def with_handles(more: int, act):
    """`act`, which may have so many files and folders open at once, besides what is open already."""

    def run():
        open_ones = {int(name) for name in os.listdir("/proc/self/fd")}
        while (taken := os.open(os.devnull, os.O_RDONLY)) < max(open_ones):
            open_ones.add(taken)  # a gap between the others
        os.close(taken)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(open_ones) + 1 + more,) * 2)
        return act()

    return run


@pytest.mark.parametrize("why", ["failed to map segment from shared object", "cannot allocate memory in static TLS"])
def test_without_memory_for_its_libraries_a_command_stops_with_one_line(tmp_path, why):
    """As with an address space of 300 MB, where it is for the system to say at which library."""
    (tmp_path / "pyarrow.py").write_text(f"raise ImportError('libarrow.so: {why}')")
    done = subprocess.run(
        [sys.executable, "-m", "sim", "check", str(ROOT / "scenarios" / "orange-and-lemon.yaml")], text=True,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}, capture_output=True, timeout=300,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == "peacesim: there is not enough memory for this; nothing that was finished is lost\n"


def test_without_handles_a_batch_stops_with_one_line(small, tmp_path):
    printed, stopped = tmp_path / "printed", 0
    batch(tmp_path / "whole")
    expected = tree(tmp_path / "whole")
    for more in (0, 2, 30):
        out = tmp_path / f"with-{more}"
        out.mkdir()
        stopped += clean(in_child(with_handles(more, lambda out=out: batch(out)), printed), printed, out, expected)
    assert 0 < stopped < 3


@pytest.mark.exhaustive
def test_any_number_of_handles_will_do_or_stops_it(small, tmp_path, record_property):
    printed, stopped, tried = tmp_path / "printed", 0, 0
    batch(tmp_path / "whole")
    expected = tree(tmp_path / "whole")
    for workers in (1, 2):
        for more in range(0, 40, 1 if workers == 1 else 4):
            out = tmp_path / f"{workers}-{more}"
            out.mkdir()
            act = with_handles(more, lambda o=out, w=workers: limited_batch(o, w))
            stopped += clean(in_child(act, printed), printed, out, expected)
            tried += 1
            shutil.rmtree(out)
    assert 0 < stopped < tried
    record_property("R10", f"{tried} limits on handles: {stopped} clean stops, else the same bytes")


def limited_batch(out: Path, workers: int) -> int:
    return batch(out, MANY, "--workers", workers)


def memory_taken() -> int:
    """Bytes of address space that this process has."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


@pytest.mark.exhaustive
def test_any_amount_of_memory_will_do_or_stops_it(small, tmp_path, record_property):
    """As much more as it has already, from nothing on."""
    printed, stopped, died, tried = tmp_path / "printed", 0, 0, 0
    batch(tmp_path / "whole")
    expected = tree(tmp_path / "whole")
    few, more_than_few = range(0, 4_000_000, 500_000), range(4_000_000, 40_000_000, 8_000_000)
    sizes = [*few, *more_than_few, 400_000_000, 1_500_000_000, 8_000_000_000]  # libraries set aside a gigabyte at once
    for more in sizes:
        out = tmp_path / f"with-{more}"
        out.mkdir()

        def act(out=out, more=more):
            resource.setrlimit(resource.RLIMIT_AS, (memory_taken() + more,) * 2)
            return batch(out)

        code = in_child(act, printed)
        tried += 1
        if code < 0 or code == 98:  # a library ended the process, or there was no memory left to say so
            died += 1
            assert sound(out) == []
            batch(out)
            assert tree(out) == expected
        else:
            stopped += clean(code, printed, out, expected)
        shutil.rmtree(out)
    assert 0 < stopped + died < tried
    ended = f"{stopped} clean stops, {died} ended by a library"
    record_property("R10", f"{tried} limits on memory: {ended}, else the same bytes; all gone on from")


@pytest.mark.exhaustive
def test_without_further_processes_or_threads_it_stops_or_plays_here(small, tmp_path, record_property):
    printed, out = tmp_path / "printed", tmp_path / "out"
    batch(tmp_path / "whole")

    def act():
        like_everybody_else()
        resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))
        return batch(out, MANY, "--workers", 2)

    out.mkdir()
    stopped = clean(in_child(act, printed), printed, out, tree(tmp_path / "whole"))
    record_property("R10", f"no further process or thread: {'a clean stop' if stopped else 'the same bytes'}")


PEAK = """
import resource, sys
from sim.cli.commands import peacesim
try:
    peacesim.main(sys.argv[1:], prog_name="peacesim")
except SystemExit as end:
    assert not end.code, end.code
print("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def peak(tmp_path: Path, draws: int) -> float:
    """Megabytes that a batch of the two banks takes at most."""
    how = ["-n", draws, "--workers", 1, "--out", tmp_path, "--no-charts"]
    command = [str(each) for each in (sys.executable, "-c", PEAK, "batch", BANKS, *how)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return int(done.stdout.split("peak ")[1]) / 1024


@pytest.mark.exhaustive
def test_memory_does_not_grow_with_the_number_of_draws(tmp_path, record_property):
    few, many = peak(tmp_path / "few", 10_000), peak(tmp_path / "many", 200_000)
    record_property("R10", f"peak memory with 10,000 draws {few:.0f} MB, with 200,000 draws {many:.0f} MB")
    assert many < few + 300  # rows that are kept in memory are at most 64 MB, and so are the blocks
