"""The flagship's whole batch with files and tables: seconds, draws a second, memory of the largest process."""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

SCENARIO = Path(__file__).parent.parent / "scenarios" / "ukraine-december-2025.yaml"


def measure(draws: int, workers: int) -> dict[str, Any]:
    """Run the batch as an analyst does, in a folder that is thrown away."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "sim.cli", "batch", str(SCENARIO), "-n", str(draws)]
        start = time.perf_counter()
        subprocess.run([*command, "--workers", str(workers), "--out", folder], check=True, capture_output=True)
        seconds = time.perf_counter() - start
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return {
        "draws": draws,
        "workers": workers,
        "seconds": seconds,
        "draws_per_second": draws / seconds,
        "largest_process_mb": largest,
    }


if __name__ == "__main__":
    draws = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    print(json.dumps(measure(draws, int(sys.argv[2]) if len(sys.argv) > 2 else 2)))
