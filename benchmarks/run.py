"""All benchmarks, as one table, which goes into docs/performance.md.

`python benchmarks/run.py [--negmas PYTHON [--domains N]] [--only ROW,...] [--pairs K] [--draws N] [--no-page]`
"""

import argparse
import json
import os
import subprocess
import tempfile
from pathlib import Path

from calling import ours, peer
from page import line_of, machine, write
from rows import ROWS, Options


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="All benchmarks, as one table.")
    parser.add_argument("--negmas", help="an interpreter that has negmas 0.16; without it nothing is measured beside")
    parser.add_argument("--only", help=f"rows to measure, with commas between: {', '.join(ROWS)}")
    parser.add_argument("--pairs", type=int, default=3, help="how often ours and what is beside it are run in turn")
    parser.add_argument("--draws", type=int, default=10_000, help="draws of the flagship's batch")
    parser.add_argument("--no-page", action="store_true", help="print alone, leave docs/performance.md as it is")
    parser.add_argument("--domains", type=int, default=0, help="instead: compare so many random domains of each kind")
    given = parser.parse_args()
    given.rows = given.only.split(",") if given.only else list(ROWS)
    unknown = [name for name in given.rows if name not in ROWS]
    if unknown:
        parser.error(f"no row is called {', '.join(unknown)}; there are {', '.join(ROWS)}")
    if given.domains and not given.negmas:
        parser.error("--domains needs --negmas")
    return given


def negmas_version(python: str | None) -> str:
    """The peer's version; empty without a peer."""
    if python is None:
        return ""
    asked = "from importlib.metadata import version; print(version('negmas'))"
    return subprocess.run([python, "-c", asked], check=True, capture_output=True, text=True).stdout.strip()


def domains(negmas: str, count: int) -> None:
    """Print how many random domains come out the same, and why the others do not."""
    with tempfile.TemporaryDirectory() as folder:
        traces = str(Path(folder) / "traces.json")
        made = peer(negmas, "negmas_domains.py", traces, "1", f"fine={count}", f"coarse={count}")
        compared = ours("negmas_proof.py", traces)
    print(f"random domains, NegMAS {made['negmas']}:")
    print(json.dumps(compared, indent=2))


def main() -> None:
    """Measure row by row, print each as it is known and write it into the page; a run of all rows starts it anew."""
    given = arguments()
    if given.domains:
        domains(given.negmas, given.domains)
        return
    told = machine(negmas_version(given.negmas))
    print(told)
    options = Options(given.negmas, given.pairs, given.draws, told)
    for number, name in enumerate(given.rows):
        before = os.getloadavg()[0]
        rows = ROWS[name](options)
        lines = [line_of(row, (before, os.getloadavg()[0])) for row in rows]
        print(*lines, sep="\n", flush=True)
        if not given.no_page:
            write(lines, told, anew=not given.only and not number)


if __name__ == "__main__":
    main()
