"""All benchmarks, as one table: `python benchmarks/run.py [--negmas PYTHON [--domains N]] [--draws N] [--pairs K]`."""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

from small_case import RULES

HERE = Path(__file__).parent
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


def call(*command: str) -> dict[str, Any]:
    """What a benchmark prints on its last line, run as a process of its own."""
    env = os.environ | ONE_THREAD | {"PYTHONPATH": str(HERE.parent)}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=env)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def small_case(negmas: str | None, pairs: int) -> list[tuple[str, float, float | None]]:
    """Rows of name, median draws a second, and median ratio to the peer measured beside it, pair by pair."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        numbers = str(Path(folder) / "draws.json")
        code = f"from pathlib import Path; import small_case; small_case.export(Path({numbers!r}), 400)"
        paths = {"PYTHONPATH": f"{HERE.parent}:{HERE}"}
        subprocess.run([sys.executable, "-c", code], check=True, env=os.environ | paths)
        for rule, (_, _, negotiator) in RULES.items():
            ours, ratios = [], []
            for _ in range(pairs):
                speed = call(sys.executable, str(HERE / "small_case.py"), rule)["draws_per_second"]
                ours.append(speed)
                if negmas:
                    peer = call(negmas, str(HERE / "negmas_peer.py"), negotiator, numbers, "8")["draws_per_second"]
                    ratios.append(speed / peer)
            ratio = statistics.median(ratios) if ratios else None
            rows.append((f"small case, {rule}, one core", statistics.median(ours), ratio))
    return rows


def pareto(negmas: str | None) -> None:
    """Print the seconds for a frontier, and how many times as long the peer takes for the same one."""
    with tempfile.TemporaryDirectory() as folder:
        worths = str(Path(folder) / "worths.npz")
        ours = call(sys.executable, str(HERE / "pareto.py"), worths)
        theirs = call(negmas, str(HERE / "pareto_peer.py"), worths) if negmas else {}
    for kind, found in ours.items():
        beside = ""
        if kind in theirs:
            same = "the same" if theirs[kind]["digest"] == found["digest"] else "NOT THE SAME"
            beside = f"{theirs[kind]['seconds'] / found['seconds']:>8,.0f} times NegMAS, {same} frontier"
        name = f"frontier of 100,000 packages, {kind}: {found['frontier']}"
        print(f"{name:<52}{1000 * found['seconds']:>10,.0f} ms{beside}")


def domains(negmas: str, count: int) -> None:
    """Print how many random domains come out the same, and why the others do not."""
    with tempfile.TemporaryDirectory() as folder:
        traces = str(Path(folder) / "traces.json")
        made = call(negmas, str(HERE / "negmas_domains.py"), traces, "1", f"fine={count}", f"coarse={count}")
        compared = call(sys.executable, str(HERE / "negmas_proof.py"), traces)
    print(f"random domains, NegMAS {made['negmas']}:")
    print(json.dumps(compared, indent=2))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--negmas", help="an interpreter that has negmas 0.16")
    parser.add_argument("--domains", type=int, default=0, help="random domains of each kind to compare run by run")
    parser.add_argument("--draws", type=int, default=10_000, help="draws of the flagship")
    parser.add_argument("--pairs", type=int, default=3, help="how often the small case is measured")
    arguments = parser.parse_args()
    versions = ", ".join(f"{name} {version(name)}" for name in ("numpy", "mesa"))
    print(f"Python {platform.python_version()}, {versions}, {os.cpu_count()} cores")
    print(f"load before: {os.getloadavg()[0]:.2f}")
    for name, speed, ratio in small_case(arguments.negmas, arguments.pairs):
        print(f"{name:<52}{speed:>10,.0f} draws/s" + (f"{ratio:>8,.0f} times NegMAS" if ratio else ""))
    pareto(arguments.negmas)
    if arguments.negmas and arguments.domains:
        domains(arguments.negmas, arguments.domains)
    facts = call(sys.executable, str(HERE / "mechanisms.py"))
    for name, key in (("flagship, bargaining alone, one core", "bare"), ("flagship, all mechanisms, one core", "all")):
        ratio = f"{facts['times_slower']:>8.2f} times slower" if key == "all" else ""
        print(f"{name:<52}{facts[f'{key}_draws_per_second']:>10,.0f} draws/s{ratio}")
    facts = call(sys.executable, str(HERE / "flagship.py"), str(arguments.draws), "2")
    print(
        f"flagship, whole batch, two workers, {facts['draws']:,} draws".ljust(52)
        + f"{facts['draws_per_second']:>10,.0f} draws/s in {facts['seconds']:.0f} s, "
        f"largest process {facts['largest_process_mb']:.0f} MB"
    )


if __name__ == "__main__":
    main()
