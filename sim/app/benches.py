"""Scenarios laid out in the worker, cached for the next package that somebody looks at."""

from sim.analysis.package_bench import Bench, bench
from sim.app.changed import ChangedFile
from sim.core.cache import Cache
from sim.results.manifest import identity

DRAWS = 500  # in which it is asked who would sign
ROOM = 2  # scenarios; the largest takes some 60 MB

_benches = Cache[Bench](ROOM)  # by identity of scenario and seed


def bench_of(about: ChangedFile) -> Bench:
    """The bench of a file as it is on disk now, with its changes; one that is ordered otherwise is another."""
    scenario = about.read()
    return _benches.get(
        identity(scenario, about.seed), lambda: bench(scenario, about.seed, DRAWS), lambda bench: 1
    )
