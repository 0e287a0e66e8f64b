"""The flagship's whole batch with files, tables and charts: seconds, draws a second, memory of the largest process."""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

SCENARIO = Path(__file__).parent.parent / "scenarios" / "ukraine-december-2025.yaml"
UNIT = 1024**2 if sys.platform == "darwin" else 1024  # of the largest memory of a process, in a megabyte


def batch_seconds(scenario: Path, draws: int, workers: int, charts: bool) -> float:
    """Run a batch as an analyst does, in a folder that is thrown away."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "sim.cli", "batch", str(scenario), "-n", str(draws)]
        command += ["--workers", str(workers), "--out", folder, *([] if charts else ["--no-charts"])]
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        return time.perf_counter() - start


def measure(draws: int, workers: int) -> dict[str, Any]:
    """The batch once; the largest process is a worker or the one that draws the charts, whichever took more memory."""
    seconds = batch_seconds(SCENARIO, draws, workers, charts=True)
    return {
        "draws": draws,
        "workers": workers,
        "seconds": seconds,
        "draws_per_second": draws / seconds,
        "largest_process_mb": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / UNIT,
    }


if __name__ == "__main__":
    draws = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    print(json.dumps(measure(draws, int(sys.argv[2]) if len(sys.argv) > 2 else 2)))
