"""Scenarios laid out in the worker, kept for the next package that somebody looks at."""

from collections import OrderedDict

from sim.analysis.package_bench import Bench, bench
from sim.scenario import Scenario, read_scenario
from sim.store import identity

DRAWS = 500  # in which it is asked who would sign
MOST_KEPT = 2  # scenarios; the largest takes some 60 MB

_kept: "OrderedDict[str, Bench]" = OrderedDict()  # the last used comes last


def bench_of(path: str, seed: int) -> Bench:
    """The bench of a file as it is on disk now."""
    scenario = read_scenario(path)
    return bench_for(scenario, seed)


def bench_for(scenario: Scenario, seed: int) -> Bench:
    """The same of a scenario that has been read; one with other texts, notes or order is another."""
    name = f"{identity(scenario, seed)}|{scenario.resolved_text()}"
    if name not in _kept:
        _kept[name] = bench(scenario, seed, DRAWS)
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    _kept.move_to_end(name)
    return _kept[name]
