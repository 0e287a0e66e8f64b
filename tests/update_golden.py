"""Write the golden summaries anew: `python -m tests.update_golden [NAME...]`, of all scenarios or of those named.

They remember what the shipped scenarios gave; they do not judge. A commit that changes them says which number moved and
why. With `--release VERSION` what they say is kept for good, see `tests/released.py`.
"""

import json
import sys
from pathlib import Path
from typing import Any

from sim.core.streams import SCHEME
from sim.results.manifest import FORMAT
from sim.results.parquet import content_hash, table_of
from sim.results.results import run
from sim.scenario import read_scenario
from tests.released import RELEASED, entry, released, resolved_hash

GOLDEN = Path(__file__).parent / "golden"
SCENARIOS = Path(__file__).parent.parent / "scenarios"
DRAWS, SEED = 64, 1


def golden(path: Path) -> dict[str, Any]:
    """A few headline figures of a scenario, and a hash of all its columns."""
    results = run(read_scenario(path), DRAWS, SEED)
    summary = results.summary()
    return {
        "scheme": SCHEME,
        "seed": SEED,
        "draws": DRAWS,
        "draws_with_a_zone": round(summary["zone_share"] * DRAWS),
        "agreements": summary["agreements"],
        "median_round": summary["median_round"],
        "most_frequent": summary["most_frequent"],
        "content": content_hash(table_of(results.draws)),
    }


def main(names: list[str]) -> None:
    """Write one file a scenario, and drop those of scenarios that are gone."""
    GOLDEN.mkdir(exist_ok=True)
    every = sorted(path.stem for path in SCENARIOS.glob("*.yaml"))
    for name in names or every:
        (GOLDEN / f"{name}.json").write_text(json.dumps(golden(SCENARIOS / f"{name}.yaml"), indent=2) + "\n")
    for stale in GOLDEN.glob("*.json"):
        if stale.stem not in every:
            stale.unlink()


def contents() -> dict[str, tuple[str, str]]:
    """By scenario, the hash of what it resolves to and that of all columns of its golden run."""
    stored = {path.stem: json.loads(path.read_text())["content"] for path in sorted(GOLDEN.glob("*.json"))}
    return {name: (resolved_hash(SCENARIOS / f"{name}.yaml"), content) for name, content in stored.items()}


def release(version: str) -> None:
    """Keep what the golden files say as what a release gave."""
    kept = [each for each in released() if each["version"] != version]
    kept.append(entry(version, SCHEME, FORMAT, contents()))
    RELEASED.write_text(json.dumps(kept, indent=1) + "\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--release"]:
        release(sys.argv[2])
    else:
        main(sys.argv[1:])
