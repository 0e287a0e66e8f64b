"""Make every figure, table and picture of the manual again and print what differs from the files of this checkout.

`python docs/reproduce.py [--list] [--only NAME ...]`: all targets without names; `--only gallery` makes those of a
group, `--only golden/orange-and-lemon` one. Each is made by its own command in a scratch copy; the checkout stays as it
is. A picture is the same if its pixels are, any other file if its bytes are. Ends with code 1 if anything differs.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
COPIED = ("sim", "peacesim", "docs", "scenarios", "tests", "benchmarks", "*.toml", "*.lock", "*.md")
SCENARIOS = sorted(path.stem for path in (ROOT / "scenarios").glob("*.yaml"))
FLAGSHIP = "scenarios/ukraine-december-2025.yaml"
CHARTS = ("funnel", "survival", "harm", "ledger", "packages")  # of the flagship, in docs/case-ukraine.md
TWO_BANKS = "scenarios/two-banks-pullback.yaml"
LEFT_OUT = {
    "docs/performance.md, docs/images/growth.png": "times of one machine: python benchmarks/run.py",
    "docs/negmas.md": "needs NegMAS in an environment of its own: the page has the commands",
    "docs/case-ukraine.md, the model before and after": "rows of earlier versions of the model",
    "docs/tutorial, docs/how-to, docs/teaching": "compared by tests: python -m pytest -m slow tests/test_manual.py",
    "docs/reference": "made from the program whenever the site is built: mkdocs build --strict",
}

# Name -> the shell command that makes it, in the copy, and the files that it writes. Quick ones first.
TARGETS: dict[str, tuple[str, list[str]]] = {
    "library": ("python -m tests.library_page", ["docs/negotiation.md"]),
    "schema": ("peacesim schema scenarios/scenario.schema.json", ["scenarios/scenario.schema.json"]),
    "licences": ("python -m tests.trust.licences", ["docs/licences.md"]),
    **{f"golden/{name}": (f"python -m tests.update_golden {name}", [f"tests/golden/{name}.json"])
       for name in SCENARIOS},
    "tutorial": ('python -c "from docs.gallery import *; tutorial_picture()"', ["docs/images/tutorial/packages.webp"]),
    "tornado": (
        f"peacesim sensitivity {TWO_BANKS} --of in_force -n 10000 --png && "
        "cp results/sensitivity-*/tornado.png docs/images/",
        ["docs/images/tornado.png"],
    ),
    "discovery": (
        f"peacesim discover {TWO_BANKS} --of strip.demilitarised --most-boxes 2 -n 10000 --png && "
        "cp results/discover-*/discovery.png docs/images/",
        ["docs/images/discovery.png"],
    ),
    "history": ("python docs/history.py", ["docs/history.md"]),
    "flagship": (
        f"peacesim batch {FLAGSHIP} -n 2000 --seed 1 --png --out results/flagship && "
        + " && ".join(f"cp results/flagship/*/charts/{chart}.png docs/images/" for chart in CHARTS),
        [f"docs/images/{chart}.png" for chart in CHARTS],
    ),
    **{f"gallery/{name}": (f"python docs/gallery.py {name}", [f"docs/gallery/{name}.*", "docs/gallery.md"])
       for name in SCENARIOS},
    "people": ("python benchmarks/people.py", ["docs/people.md"]),
    "deciding": ("python docs/deciding.py", ["docs/case-ukraine.md"]),
    "robustness": ("python docs/robustness.py", ["docs/robustness.md", "docs/images/robustness.png"]),
}  # fmt: skip


def chosen(names: list[str]) -> list[str]:
    """Targets of these names or groups; all without a name."""
    found = [target for target in TARGETS if not names or {target, target.partition("/")[0]} & {*names}]
    groups = {target.partition("/")[0] for target in TARGETS}
    unknown = [name for name in names if name not in {*TARGETS, *groups}]
    if unknown:
        raise SystemExit(f"unknown: {', '.join(unknown)}; --list prints all names")
    return found


def scratch_copy(folder: Path) -> None:
    """Copy what makes the targets, without caches and results."""
    for path in (found for pattern in COPIED for found in sorted(ROOT.glob(pattern))):
        if path.is_dir():
            shutil.copytree(path, folder / path.name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(path, folder)


def same(one: Path, other: Path) -> bool:
    """Whether two files are the same: pictures by their pixels, others by their bytes."""
    if not (one.is_file() and other.is_file()):
        return False
    if one.read_bytes() == other.read_bytes():
        return True
    if one.suffix not in (".png", ".webp"):
        return False
    pixels = [np.asarray(Image.open(path).convert("RGB")) for path in (one, other)]
    return np.array_equal(*pixels)


def differing(patterns: list[str], made: Path, tracked: Path = ROOT) -> list[str]:
    """The files of these patterns that differ between two folders, or are in one alone."""
    names = {path.relative_to(folder).as_posix()
             for folder in (made, tracked) for pattern in patterns for path in folder.glob(pattern)}  # fmt: skip
    return sorted(name for name in names if not same(made / name, tracked / name))


def make(target: str, folder: Path) -> str:
    """Make a target in the copy: its line of the output.

    Its files are removed before, so that a command that writes none is seen; a page whose table alone is made stays.
    """
    command, patterns = TARGETS[target]
    begun = time.monotonic()
    for path in (found for pattern in patterns for found in folder.glob(pattern) if found.suffix != ".md"):
        path.unlink()
    paths = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    environment = {**os.environ, "PATH": paths, "PYTHONPATH": str(folder), "MPLBACKEND": "Agg"}
    done = subprocess.run(["bash", "-c", command], cwd=folder, env=environment, capture_output=True, text=True)
    seconds = f"{time.monotonic() - begun:.0f} s"
    if done.returncode:
        return f"{target}: FAILED with code {done.returncode} ({seconds}): {(done.stderr.splitlines() or [''])[-1]}"
    found = differing(patterns, folder)
    return f"{target}: DIFFERS ({seconds}): {', '.join(found)}" if found else f"{target}: same ({seconds})"


def main(words: list[str]) -> int:
    """Make the chosen targets, print a line each, and tell whether all are the same."""
    parser = argparse.ArgumentParser(description="Make the manual's figures, tables and pictures again and compare.")
    parser.add_argument("--list", action="store_true", help="print the targets with their commands and stop")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="targets or groups, such as gallery")
    given = parser.parse_args(words)
    targets = chosen(given.only)
    if given.list:
        print(*(f"{target}: {TARGETS[target][0]}" for target in targets), sep="\n")
        print(*(f"not made: {what} ({why})" for what, why in LEFT_OUT.items()), sep="\n")
        return 0
    begun, lines = time.monotonic(), []
    with tempfile.TemporaryDirectory() as folder:
        scratch_copy(Path(folder))
        for target in targets:
            lines.append(make(target, Path(folder)))
            print(lines[-1], flush=True)
    count = sum(": same (" in line for line in lines)
    print(f"{count} of {len(lines)} the same, {time.monotonic() - begun:.0f} s")
    return int(count < len(lines))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
