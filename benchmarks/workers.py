"""The flagship's draws by one worker and by two, in turn: how many times as fast two are.

Results are written as a batch writes them; no charts are drawn, since one process draws them whoever plays.
"""

import json
import statistics
import sys
from typing import Any

from flagship import SCENARIO, batch_seconds


def measure(draws: int, pairs: int) -> dict[str, Any]:
    """Medians in seconds, and the median of the ratios pair by pair."""
    one, two = [], []
    for _ in range(pairs):
        one.append(batch_seconds(SCENARIO, draws, 1, charts=False))
        two.append(batch_seconds(SCENARIO, draws, 2, charts=False))
    ratios = [alone / both for alone, both in zip(one, two, strict=True)]
    return {
        "draws": draws,
        "one_seconds": statistics.median(one),
        "two_seconds": statistics.median(two),
        "times_faster": statistics.median(ratios),
    }


if __name__ == "__main__":
    draws = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    print(json.dumps(measure(draws, int(sys.argv[2]) if len(sys.argv) > 2 else 3)))
