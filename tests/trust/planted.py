"""See each planted bug noticed: `python -m tests.trust.planted [MODULE...]`, such as `test_crash_points`.

The project is copied, each bug of the modules is planted in the copy, and the test that guards against it is run. A bug
that no test notices ends the command with code 1.
"""

import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path

from tests.trust.planting import Planted, copy_project, notice

HERE = Path(__file__).parent


def modules() -> list[str]:
    """The test modules of the promises."""
    return sorted(path.stem for path in HERE.glob("test_*.py"))


def planted(module: str) -> list[Planted]:
    """The bugs that a module brings."""
    return list(getattr(import_module(f"tests.trust.{module}"), "PLANTED", ()))


def main(names: list[str]) -> int:
    """Plant the bugs of some modules, or of all, and tell which were noticed."""
    bugs = [bug for name in names or modules() for bug in planted(name)]
    unnoticed = 0
    with tempfile.TemporaryDirectory() as scratch:
        copy = copy_project(Path(scratch) / "copy")
        for bug in bugs:
            began = time.monotonic()
            noticed, last = notice(bug, copy)
            unnoticed += not noticed
            took = time.monotonic() - began
            print(f"{bug.promise:4} {'noticed' if noticed else 'NOT NOTICED':11} {took:6.1f} s  {bug.file}: {bug.test}")
            print(f"     {bug.old.strip().splitlines()[0][:100]!r}" + ("" if noticed else f"\n     {last}"), flush=True)
    print(f"{len(bugs) - unnoticed} of {len(bugs)} planted bugs noticed")
    return 1 if unnoticed or not bugs else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
