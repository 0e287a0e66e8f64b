"""The flagship's bargaining alone on one core, from the file to outcomes in memory: `flagship_bare.py [DRAWS] [FILE]`.

With a FILE, the numbers of the first draws are written there for the peer. It plays what it can express: the weights,
points, no-deal worths and exponents of all 180,000 texts, without our red lines, rules of consistency (77,500 texts are
left with them), linkages, reasoned refusals and signatures by condition.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

from peer_numbers import write_numbers

from sim.model.domain import structure
from sim.model.ensemble import draw
from sim.results.chunks import play_chunk
from sim.scenario import read_scenario

SCENARIO = Path(__file__).parent.parent / "scenarios" / "ukraine-bargaining-only.yaml"
FOR_THE_PEER = 20
WARM_UP = 64


def measure(draws: int) -> dict[str, Any]:
    """Draws a second, once the code is loaded; reading and laying out are told apart, since they are done once."""
    start = time.perf_counter()
    scenario = read_scenario(SCENARIO)
    table = structure(scenario)
    read = time.perf_counter() - start
    play_chunk(scenario, 1, 0, WARM_UP, table)
    start = time.perf_counter()
    chunk = play_chunk(scenario, 1, 0, draws, table)
    seconds = time.perf_counter() - start
    signed = float(chunk.draws["package"].notna().mean())
    return {
        "draws": draws,
        "seconds": seconds,
        "seconds_to_read": read,
        "draws_per_second": draws / seconds,
        "packages": len(table.space),
        "signed": signed,
    }


if __name__ == "__main__":
    if len(sys.argv) > 2:
        write_numbers(draw(read_scenario(SCENARIO), 1, 0, FOR_THE_PEER), Path(sys.argv[2]))
    print(json.dumps(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 1024)))
