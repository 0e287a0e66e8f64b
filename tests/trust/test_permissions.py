"""R6: without permission to write, a batch stops at once; what only reads needs none, and changes nothing.

Root may write anywhere, so the processes here give up what makes it so, and are held to the permissions of their files
like everybody else.
"""

import ctypes
import os
import stat
import struct
import subprocess
from pathlib import Path

import pytest

from sim.results.chunk_files import Layout
from sim.results.files import LOCK, FolderLock
from tests.trust.planting import bugs
from tests.trust.small import (
    FEW,
    MANY,
    ORANGE,
    batch,
    compute_once,
    in_child,
    make_small,
    peacesim,
    reported,
    results_in,
    tree,
)

PLANTED = bugs("R6", __name__, [
    ("sim/results", "        files.refuse_unwritable(path)\n", "",
     "test_without_permission_a_batch_stops_before_anything_is_played[its draws]"),
    ("sim/results", 'raise plain(error, f"write to {self.folder}") from error', "raise",
     "test_without_permission_a_batch_stops_before_anything_is_played[its lock]"),
    ("sim/results", "        manifest = _of_all_chunks(path)\n        try:\n",
     "        manifest = _of_all_chunks(path)\n        (path / '.seen').touch()\n        try:\n",
     "test_reading_needs_no_permission_and_changes_nothing[explain]"),
    ("sim/results", "os.fchmod(self._handle, 0o600)", "os.fchmod(self._handle, 0o644)",
     "test_only_its_owner_can_read_a_lock_and_so_hold_it"),
])  # fmt: skip

_VERSION = 0x20080522  # of the call that sets capabilities
_CAPSET = {"x86_64": 126, "aarch64": 91}


def like_everybody_else() -> None:
    """Give up all privileges, so that permissions hold for root too."""
    if os.geteuid() == 0:
        header, nothing = struct.pack("=Ii", _VERSION, 0), bytes(24)
        if ctypes.CDLL(None).syscall(_CAPSET[os.uname().machine], header, nothing):
            raise OSError("privileges cannot be given up here")


@pytest.fixture
def small(monkeypatch):
    """A small batch, computed once."""
    make_small(monkeypatch)
    compute_once(monkeypatch)


def unprivileged(act):
    """`act` by somebody who is not root."""

    def run():
        like_everybody_else()
        return act()

    return run


def computes_nothing(act, monkeypatch):
    """`act`, which is not to play anything."""

    def run():
        monkeypatch.setattr(Layout, "play", lambda *_: os._exit(77))
        like_everybody_else()
        return act()

    return run


PLACES = {
    "above": (lambda out: out, False),
    "the folder for results": (lambda out: out, True),
    "the folder of the scenario": (lambda out: results_in(out)[0], True),
    "its draws": (lambda out: results_in(out)[0] / "draws", True),
    "its tallies": (lambda out: results_in(out)[0] / "tallies", True),
    "its charts": (lambda out: results_in(out)[0] / "charts", True),
    "its lock": (lambda out: results_in(out)[0] / ".lock", True),
    "a point of a sweep": (lambda out: results_in(out)[1] / "draws", True),
}


@pytest.mark.parametrize("where", PLACES)
def test_without_permission_a_batch_stops_before_anything_is_played(where, small, tmp_path, monkeypatch):
    place, begun = PLACES[where]
    base, printed = tmp_path / "base", tmp_path / "printed"
    base.mkdir()
    options = ("--vary", "parties.anna.no_deal=0.2,0.3") if where == "a point of a sweep" else ()
    out = base if begun else base / "deep" / "er"
    if begun and where != "the folder for results":
        batch(out, FEW, *options)
        (results_in(out)[0] / "charts").mkdir()
    closed = place(out) if begun else base
    before = tree(base)
    closed.chmod(0o555 if closed.is_dir() else 0o444)
    try:
        code = in_child(computes_nothing(lambda: batch(out, MANY, *options), monkeypatch), printed)
    finally:
        closed.chmod(0o755)
    (line,) = reported(printed)
    assert code == 2
    assert line.startswith("peacesim: cannot ")
    assert "ermission" in line
    assert tree(base) == before


READERS = {
    "open": ("explain", "--json"),
    "explain": ("explain",),
    "explain a draw": ("explain", "--draw", "3"),
    "sensitivity": ("sensitivity", "--method", "tornado", "--out", "OUT"),
    "discover": ("discover", "--out", "OUT"),
    "report": ("report", "--out", "OUT"),
    "compare": ("compare", "RESULT", "--out", "OUT"),
    "show": ("show", "FILE"),
    "check": ("check", "FILE"),
    "verify": ("verify",),
}
QUICK = ("explain", "report", "check")


def facts_of(folder: Path):
    """Bytes, times and modes of all that lies in a folder, and of itself."""
    found = {path: path.lstat() for path in (folder, *folder.rglob("*"))}
    return tree(folder), {path: (facts.st_mtime_ns, stat.S_IMODE(facts.st_mode)) for path, facts in found.items()}


def read_only(folder: Path) -> None:
    for path in (*folder.rglob("*"), folder):
        path.chmod(0o555 if path.is_dir() else 0o444)


def commands_there() -> set[str]:
    from sim.cli.commands import peacesim as group

    return set(group.commands)


@pytest.mark.parametrize(
    "name", [pytest.param(each, marks=() if each in QUICK else pytest.mark.exhaustive) for each in READERS]
)
def test_reading_needs_no_permission_and_changes_nothing(name, small, tmp_path, monkeypatch, record_property):
    command, *rest = READERS[name]
    if command not in commands_there():
        pytest.skip(f"there is no command {command} yet")
    results, printed, elsewhere = tmp_path / "results", tmp_path / "printed", tmp_path / "out"
    elsewhere.mkdir()
    batch(results, 100)
    (folder,) = results_in(results)
    read_only(results)
    before = facts_of(results)
    names = {"OUT": elsewhere, "RESULT": folder, "FILE": folder / "scenario.resolved.yaml"}
    given = [] if "FILE" in rest else [folder]
    arguments = [command, *given, *(names.get(each, each) for each in rest)]
    try:
        act = unprivileged(lambda: os.chdir(results) or peacesim(*arguments))
        assert in_child(act, printed) == 0, printed.read_text()
        assert facts_of(results) == before
    finally:
        subprocess.run(["chmod", "-R", "u+w", str(results)], check=True)
    record_property("R6", f"{name} on a folder without permission to write: done, and nothing changed")


@pytest.mark.exhaustive
def test_a_disk_that_is_read_only_is_reported_at_once_and_read(small, tmp_path, monkeypatch, record_property):
    results, place, printed = tmp_path / "results", tmp_path / "place", tmp_path / "printed"
    place.mkdir()
    batch(results, 100)
    bind = ["mount", "--bind", str(results), str(place)]
    if os.geteuid() or subprocess.run(bind, capture_output=True).returncode:
        pytest.skip("nothing can be mounted here")
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", str(place)], check=True)
        before = facts_of(place)
        played = computes_nothing(lambda: batch(place, MANY), monkeypatch)
        assert in_child(played, printed) == 2
        assert "Read-only file system" in reported(printed)[0]
        (folder,) = results_in(place)
        for command in ("explain", "report", "compare"):
            rest = ("--out", tmp_path) if command != "explain" else ()
            both = (folder, folder) if command == "compare" else (folder,)
            assert in_child(lambda c=command, b=both, r=rest: peacesim(c, *b, *r), printed) == 0, printed.read_text()
        assert facts_of(place) == before
    finally:
        subprocess.run(["umount", str(place)], check=True)
    record_property("R6", "a disk mounted read-only: a batch stops at once, three reading commands read it")


def test_a_scenario_can_be_read_where_nothing_can_be_written(tmp_path):
    copy = tmp_path / "in" / "a.yaml"
    copy.parent.mkdir()
    copy.write_bytes(ORANGE.read_bytes())
    read_only(copy.parent)
    try:
        assert in_child(unprivileged(lambda: peacesim("check", copy)), tmp_path / "printed") == 0
    finally:
        copy.parent.chmod(0o755)


def test_only_its_owner_can_read_a_lock_and_so_hold_it(tmp_path):
    before = os.umask(0)
    try:
        for _ in range(2):
            with FolderLock(tmp_path):
                assert (tmp_path / LOCK).stat().st_mode & 0o777 == 0o600
            (tmp_path / LOCK).chmod(0o644)  # as earlier versions left it
    finally:
        os.umask(before)
