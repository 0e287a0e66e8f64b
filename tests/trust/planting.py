"""Planted bugs: each takes away what keeps a promise, so that its test can be seen to fail."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("sim", "peacesim", "tests", "scenarios", "docs", "benchmarks", "results", ".ci")  # what tests read
SOURCES = (".py", ".html", ".css", ".js", ".yaml")
TIME = 900  # seconds that a test may take before the bug counts as not noticed


@dataclass(frozen=True)
class Planted:
    """A bug, and the test that must notice it.

    Attributes:
        promise: The promise it breaks, such as `R1`.
        where: The file, or the folder of the one file, that has the text; relative to the project.
        old: Text that occurs exactly once there.
        new: The text with the bug.
        test: Its name for pytest: `tests/trust/test_x.py::test_y`.
    """

    promise: str
    where: str
    old: str
    new: str
    test: str

    def places(self) -> list[str]:
        """The files with the text, once for each occurrence; a bug that still fits has one."""
        return [file for file, text in _texts(self.where) for _ in range(text.count(self.old))]

    @property
    def file(self) -> str:
        """The file with the text; a bug in a folder follows it from file to file."""
        (found,) = self.places()
        return found


def bugs(promise: str, module: str, rows: Iterable[tuple[str, str, str, str]]) -> list[Planted]:
    """Planted bugs from rows of `where`, `old`, `new` and `test`; a bare name is a test of the module."""
    here = f"tests/trust/{module.rpartition('.')[2]}.py::"
    return [Planted(promise, where, old, new, test if "::" in test else here + test) for where, old, new, test in rows]


@cache
def _texts(where: str) -> tuple[tuple[str, str], ...]:
    place = ROOT / where
    files = sorted(path for path in place.rglob("*") if path.suffix in SOURCES) if place.is_dir() else [place]
    return tuple((path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")) for path in files)


def copy_project(to: Path) -> Path:
    """A copy of the project to plant bugs in, with the loops that are compiled already, for as long as they fit."""
    to.mkdir(parents=True)
    leave_out = shutil.ignore_patterns("*.pyc", ".hypothesis")
    for name in COPIED:
        shutil.copytree(ROOT / name, to / name, ignore=leave_out)
    for each in ROOT.iterdir():
        if each.is_file():
            shutil.copy(each, to / each.name)
    return to


def notice(bug: Planted, copy: Path) -> tuple[bool, str]:
    """Plant a bug in a copy of the project, run its test, and take the bug out again.

    Returns:
        Whether the test failed as a test does (with any other end it noticed nothing), and the last lines it printed.
    """
    file = copy / bug.file
    sound, facts = file.read_text(encoding="utf-8"), file.stat()
    file.write_text(sound.replace(bug.old, bug.new), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-m", "", bug.test]
    try:
        done = subprocess.run(command, cwd=copy, env=_environment(copy), capture_output=True, text=True, timeout=TIME)
    except subprocess.TimeoutExpired:
        return False, f"no end within {TIME} seconds"
    finally:
        file.write_text(sound, encoding="utf-8")
        os.utime(file, ns=(facts.st_atime_ns, facts.st_mtime_ns))  # loops compiled from the sound file fit again
    last = " ".join(line for line in done.stdout.splitlines()[-3:] if line.strip())
    return done.returncode == 1 and " error" not in last, last


def _environment(copy: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1", "CI": "true"}
