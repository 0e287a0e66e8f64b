"""Scenarios laid out in the worker, kept for the next package that somebody looks at."""

from collections import OrderedDict

from sim.analysis.package_bench import Bench, bench
from sim.scenario import read_scenario

DRAWS = 500  # in which it is asked who would sign
MOST_KEPT = 2  # scenarios; the largest takes some 60 MB

_kept: "OrderedDict[str, Bench]" = OrderedDict()  # the last used comes last


def bench_of(path: str, seed: int) -> Bench:
    """The bench of a file as it is on disk now; one that is ordered otherwise is another, unlike in results."""
    scenario = read_scenario(path)
    name = f"{seed}|{scenario.resolved!r}"
    if name not in _kept:
        _kept[name] = bench(scenario, seed, DRAWS)
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    _kept.move_to_end(name)
    return _kept[name]
