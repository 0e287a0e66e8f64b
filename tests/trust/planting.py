"""Planted bugs: each takes away what keeps a promise, so that its test can be seen to fail."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("sim", "peacesim", "tests", "scenarios", "docs", "benchmarks", "results", ".ci")  # what tests read
TIME = 900  # seconds that a test may take before the bug counts as not noticed


@dataclass(frozen=True)
class Planted:
    """A bug, and the test that must notice it.

    Attributes:
        promise: Whose keeping it takes away, such as `R1`.
        file: Relative to the project.
        old: Text that stands in the file exactly once.
        new: What stands there with the bug.
        test: The test, as pytest names it: `tests/trust/test_x.py::test_y`.
    """

    promise: str
    file: str
    old: str
    new: str
    test: str

    def fits(self) -> bool:
        """Whether the file is still as it was when the bug was thought of."""
        return (ROOT / self.file).read_text(encoding="utf-8").count(self.old) == 1


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
