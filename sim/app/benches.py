"""Scenarios laid out in the worker, kept for the next package that somebody looks at."""

from collections import OrderedDict

from sim.analysis.package_bench import Bench, bench
from sim.app.changed import ChangedFile
from sim.results.manifest import identity

DRAWS = 500  # in which it is asked who would sign
MOST_KEPT = 2  # scenarios; the largest takes some 60 MB

_kept: "OrderedDict[str, Bench]" = OrderedDict()  # by identity of scenario and seed; the last used comes last


def bench_of(about: ChangedFile) -> Bench:
    """The bench of a file as it is on disk now, with its changes; one that is ordered otherwise is another."""
    scenario = about.read()
    name = identity(scenario, about.seed)
    if name not in _kept:
        _kept[name] = bench(scenario, about.seed, DRAWS)
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    _kept.move_to_end(name)
    return _kept[name]
