"""Packages just below the most that are allowed: processor time and largest memory of `check` and `batch`."""

import json
import resource
import subprocess
import sys
import tempfile
from math import prod
from pathlib import Path
from typing import Any

UNIT = 1024**2 if sys.platform == "darwin" else 1024  # of the largest memory of a process, in a megabyte
SIZES = (8, 8, 8, 8, 8, 8, 7)  # options of the issues: 1,835,008 packages, all consistent
WEIGHTS = {
    "north": (0.25, 0.2, 0.15, 0.1, 0.1, 0.1, 0.1),
    "south": (0.1, 0.25, 0.1, 0.2, 0.1, 0.15, 0.1),
    "east": (0.1, 0.1, 0.1, 0.1, 0.2, 0.2, 0.2),
    "west": (0.15, 0.1, 0.2, 0.15, 0.15, 0.1, 0.15),
}


def scenario_text() -> str:
    """Four parties that all must sign, weights that vary by a third, points within 5, a red line of the first two."""
    lines = ["schema: 1", "id: large-space", "title: Nearly two million packages", "headline: [i0, i1]"]
    lines += ["time: {rounds: 24, days_per_round: 14}", "issues:"]
    for i, n in enumerate(SIZES):
        lines.append(f"  i{i}: {{options: {{{', '.join(f'o{k}: Option {k}' for k in range(n))}}}}}")
    lines.append("parties:")
    for place, (party, weights) in enumerate(WEIGHTS.items()):
        ranged = [f"i{i}: {{value: {w}, range: [{w * 0.7:.3f}, {w * 1.3:.3f}]}}" for i, w in enumerate(weights)]
        lines += [f"  {party}:", f"    weights: {{{', '.join(ranged)}}}", "    values:"]
        for i, n in enumerate(SIZES):
            points = [round(100 * (k if (i + place) % 2 else n - 1 - k) / (n - 1)) for k in range(n)]
            lines.append(f"      i{i}: {{{', '.join(f'o{k}: {p}' for k, p in enumerate(points))}}}")
        lines += ["    values_within: 5", "    no_deal: {value: 0.4, range: [0.3, 0.5]}"]
        if place < 2:
            hardness = "{value: 0.8, range: [0.6, 1]}"
            line = f"{{id: never_{place}, never: {{i{place}: [o{7 * place}]}}, hardness: {hardness}}}"
            lines += ["    red_lines:", f"      - {line}"]
    return "\n".join(lines) + "\n"


def measured(*words: str) -> dict[str, float]:
    """Processor time of a command, and the largest memory of any command so far."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "sim.cli", *words], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"processor_seconds": spent, "largest_process_mb": after.ru_maxrss / UNIT}


def measure(draws: int) -> dict[str, Any]:
    """`check`, then `batch` with one worker, files and charts."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large-space.yaml"
        path.write_text(scenario_text(), encoding="utf-8")
        check = measured("check", str(path))
        batch = measured("batch", str(path), "-n", str(draws), "--workers", "1", "--out", folder)
    return {"packages": prod(SIZES), "draws": draws, "check": check, "batch": batch}


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 64)))
