"""The table in docs/performance.md, written between two marks."""

import os
import platform
from datetime import date
from importlib.metadata import version
from pathlib import Path

from rows import Row

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
HEAD = ("what", "ours", "beside it", "ratio", "aim", "met", "load before, after")
VERDICT = {True: "yes", False: "**no**", None: ""}
BUSY_FROM = (os.cpu_count() or 1) + 0.5  # load before a row: more than the row above it can have left behind
BUSY = "open: busy machine"


def machine(negmas: str) -> str:
    """What was measured on: versions, cores, processor, in a line.

    Args:
        negmas: The peer's version, empty without one.
    """
    versions = [f"Python {platform.python_version()}"]
    versions += [f"{name} {version(name)}" for name in ("numpy", "numba", "mesa")]
    versions += [f"NegMAS {negmas}"] if negmas else []
    return f"{', '.join(versions)}; {os.cpu_count()} cores, {_processor()}"


def _processor() -> str:
    """The processor's name where the system tells it, and the kind of machine where it does not."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def line_of(row: Row, load: tuple[float, float]) -> str:
    """A row as Markdown, with the load of the machine before and after it was measured.

    A missed time says nothing where others wanted the processor as well: it is left open.
    """
    is_open = row.met is False and row.needs_quiet and load[0] > BUSY_FROM
    verdict = BUSY if is_open else VERDICT[row.met]
    cells = (row.what, row.ours, row.beside, row.ratio, row.aim, verdict, f"{load[0]:.1f}, {load[1]:.1f}")
    return f"| {' | '.join(cells)} |"


def write(lines: list[str], machine_line: str, anew: bool = False) -> None:
    """Put the lines into the page in the place of those about the same; others stay if the machine is the same.

    Lines not measured this time stay where they stood, with the load that was told of them. Those of another machine,
    or of other versions, do not stand beside new ones: they go.

    Args:
        lines: As `line_of` makes them.
        machine_line: As `machine` tells it.
        anew: Whether all lines that stand there go.
    """
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    old, after = rest.split(END)
    measured = {_subject(line): line for line in lines}
    kept = [line for line in old.splitlines() if line.startswith("| ") and _subject(line) != HEAD[0]]
    if anew or f"On {machine_line}." not in old:
        kept = []
    merged = [measured.pop(_subject(line), line) for line in kept] + list(measured.values())
    told = f"On {machine_line}.\nLast measured on {date.today().isoformat()}."
    table = "\n".join([f"| {' | '.join(HEAD)} |", f"|{'---|' * len(HEAD)}", *merged])
    PAGE.write_text(f"{before}{BEGIN}\n{told}\n\n{table}\n{END}{after}", encoding="utf-8")


def _subject(line: str) -> str:
    return line.split(" | ")[0].removeprefix("| ")
