"""What the shipped scenarios give in this process, as JSON: `python -m tests.trust.bits [--way WAY] [NAME...]`.

It needs nothing but what `sim` itself needs, so that it runs in the leanest environment. What it prints is compared by
`tests/trust/matrix.py`: the bits must not depend on the way they were computed.
"""

import argparse
import contextlib
import itertools
import json
import locale
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

import sim.batch.run
import sim.results.chunk_files
import sim.results.results
from sim.batch import batch, merge
from sim.results.chunk_files import Layout, tallies_table
from sim.results.chunks import play_chunk
from sim.results.manifest import Shard, identity
from sim.results.parquet import content_hash, table_of
from sim.results.reading import open_results
from sim.results.results import Results, results_of
from sim.results.tallies import Tallies
from sim.scenario import Scenario, read_scenario

ROOT = Path(__file__).resolve().parents[2]
SCENARIOS = ROOT / "scenarios"
NAMES = sorted(path.stem for path in SCENARIOS.glob("*.yaml"))
SEED = 1
LIBRARIES = ("mesa", "numba", "numpy", "pandas", "pyarrow", "scipy")

Played = tuple[pd.DataFrame, Tallies | None]  # rows of the first draws, and counts over them where there are such
Bits = dict[str, str]


def scenario_of(name: str) -> Scenario:
    """A shipped scenario."""
    return read_scenario(SCENARIOS / f"{name}.yaml")


# Ways to play the same draws in one process.


def in_blocks(layout: Layout, draws: int, block: int | None = None) -> Played:
    """One chunk, so many draws at once."""
    chunk = play_chunk(layout.scenario, SEED, 0, draws, layout.table, block)
    return chunk.draws, chunk.tallies


def last_first(layout: Layout, draws: int) -> Played:
    """Pieces of three lengths, the last one played first."""
    ends = sorted({0, draws // 4, draws * 3 // 4 + 1, draws})
    spans = [range(first, stop) for first, stop in itertools.pairwise(ends)]
    chunks = [layout.play(span.start, len(span)) for span in reversed(spans)]
    results = results_of(layout.scenario, SEED, sorted(chunks, key=lambda chunk: chunk.start))
    return results.draws, results.tallies


def of_more(layout: Layout, draws: int) -> Played:
    """The first of 1,000."""
    return sim.results.results.run(layout.scenario, 1_000, SEED).head(draws), None


def turned_round(layout: Layout, draws: int) -> Played:
    """Parties, and issues, in the opposite order of the file's; packages are told in the file's order again."""
    there = layout.scenario
    turned = there.model_copy(update={
        "parties": dict(reversed(there.parties.items())), "issues": dict(reversed(there.issues.items())),
    })  # fmt: skip
    rows = Layout.of(turned, SEED).play(0, draws).draws
    packages = [name for name in rows if name == "package" or name.startswith("opening_")]
    reported = {name: rows[name].str.split("/").str[::-1].str.join("/").astype("string") for name in packages}
    return rows.assign(**reported), None


ALONE: dict[str, Callable[[Layout, int], Played]] = {
    "whole": in_blocks,
    "blocks of 1": lambda layout, draws: in_blocks(layout, draws, 1),
    "blocks of 5": lambda layout, draws: in_blocks(layout, draws, 5),
    "blocks of 33": lambda layout, draws: in_blocks(layout, draws, 33),
    "pieces, last first": last_first,
    "first of 1,000": of_more,
    "parties and issues turned round": turned_round,
}

# Ways to play them to disk: number of workers, of shards, draws in a chunk.

ON_DISK: dict[str, tuple[int, int, int]] = {
    "1 worker, chunks of 24": (1, 1, 24),
    "2 workers, chunks of 24": (2, 1, 24),
    "4 workers, chunks of 64": (4, 1, 64),
    "1 worker, chunks of 7": (1, 1, 7),
    "3 shards, chunks of 16": (1, 3, 16),
}


@contextlib.contextmanager
def chunks_of(length: int) -> Iterator[None]:
    """Chunks of another length than the scenario's own, and workers however little there is to do."""
    before = sim.results.chunk_files.chunk_length, sim.batch.run.MIN_PARALLEL_SECONDS
    sim.results.chunk_files.chunk_length = lambda scenario, table: length
    sim.batch.run.MIN_PARALLEL_SECONDS = 0.0
    try:
        yield
    finally:
        sim.results.chunk_files.chunk_length, sim.batch.run.MIN_PARALLEL_SECONDS = before


def on_disk(way: str, names: Sequence[str], draws: int) -> dict[str, Results]:
    """Results of a batch, read back from its folders, which are gone afterwards."""
    workers, shards, length = ON_DISK[way]
    paths = [SCENARIOS / f"{name}.yaml" for name in names]
    with tempfile.TemporaryDirectory() as scratch, chunks_of(length):
        if shards == 1:
            folders = [item.folder for item in batch(paths, draws, SEED, workers, scratch)]
        else:
            for number in range(1, shards + 1):
                batch(paths, draws, SEED, workers, scratch, shard=Shard(number, shards))
            folders = [each.item.folder for each in merge([scratch], Path(scratch) / "joined")]
        found = {results.scenario.id: results for results in map(open_results, folders)}
        for results in found.values():
            _ = results.draws, results.tallies  # while the files are there
    return {name: found[scenario_of(name).id] for name in names}


def bits_of(layout: Layout, played: Played) -> Bits:
    """Hashes of what was played: rows, counts, and what results are called by."""
    rows, tallies = played
    bits = {"identity": identity(layout.scenario, SEED), "content": content_hash(table_of(rows))}
    return bits if tallies is None else {**bits, "tallies": content_hash(tallies_table(tallies, layout))}


def bits(way: str, names: Sequence[str], draws: int) -> dict[str, Bits]:
    """Hashes by scenario, played in one of the ways."""
    stored = on_disk(way, names, draws) if way in ON_DISK else {}
    found = {}
    for name in names:
        layout = Layout.of(scenario_of(name), SEED)
        played = (stored[name].draws, stored[name].tallies) if stored else ALONE[way](layout, draws)
        found[name] = bits_of(layout, played)
    return found


def dispatched() -> list[str]:
    """Features of this processor for which NumPy has loops of their own, and which are not switched off."""
    from numpy._core._multiarray_umath import __cpu_baseline__, __cpu_dispatch__, __cpu_features__

    return [name for name in __cpu_dispatch__ if __cpu_features__.get(name) and name not in __cpu_baseline__]


def here() -> dict[str, Any]:
    """What could make a difference in this process, and must not."""
    return {
        "python": platform.python_version(),
        "versions": {name: version(name) for name in LIBRARIES},
        "features": dispatched(),
        "locale": locale.setlocale(locale.LC_ALL),
        "decimal_point": locale.localeconv()["decimal_point"],
        "optimised": sys.flags.optimize,
        "hash_of_a_text": hash("peace") % 1000,
        "compiled": os.environ.get("NUMBA_DISABLE_JIT", "0") == "0",
    }


def main(words: Sequence[str]) -> int:
    """Print hashes of the scenarios."""
    parser = argparse.ArgumentParser(prog="python -m tests.trust.bits", description="Hashes of what scenarios give.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="scenarios, by file name without ending; all")
    parser.add_argument("--way", default="whole", choices=[*ALONE, *ON_DISK])
    parser.add_argument("--draws", type=int, default=64)
    asked = parser.parse_args(words)
    locale.setlocale(locale.LC_ALL, "")  # as C libraries of a host program might: numbers with a decimal comma
    found = {"here": here(), "bits": bits(asked.way, asked.names or NAMES, asked.draws)}
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
