"""What every compiled function does to small cases in this process: `python -m tests.trust.three_ways [--shipped]`.

Run as it is, with NUMBA_BOUNDSCHECK=1 and with NUMBA_DISABLE_JIT=1, it prints the same. In the last way an index beyond
its array, a NaN made an integer and an integer that does not hold its sum end it.
"""

import argparse
import json
import sys
import warnings
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any

import numpy as np

import sim
from sim.core import compiled
from sim.results.chunk_files import Layout
from sim.scenario import Scenario, read_scenario
from tests.trust.bits import NAMES, SCENARIOS, bits_of, in_blocks

EVERYWHERE = Path(__file__).with_name("everywhere.yaml")
TABLE = SCENARIOS / "two-banks-pullback.yaml"
STRATEGIES = ("hardline", "hybrid", "micro", "negmas_aspiration", "negmas_micro", "nice_tit_for_tat", "random",
              "satisficing", "tit_for_tat", "zeuthen")  # fmt: skip
PROTOCOLS = ("concession", "equilibrium", "negmas_0_16", "random_proposer", "single_text")
WORDS = (
    "parties.*.no_deal=0.95",
    "parties.*.strategy={name: time_dependent, exponent: 2, offers: nearest}",
    "parties.*.strategy={name: micro, offers: nash}",
    "parties.*.strategy={name: tit_for_tat, offers: least_own}",
    "protocol={name: alternating_offers, information: learned}",
    "protocol={name: alternating_offers, information: complete}",
)
FATAL = ("invalid value encountered in cast", "overflow encountered in scalar")


def cases(shipped: bool) -> Iterator[tuple[str, Scenario, int]]:
    """Name, scenario and number of draws."""
    if shipped:
        yield from ((name, read_scenario(SCENARIOS / f"{name}.yaml"), 16) for name in NAMES)
        return
    yield "everywhere", read_scenario(EVERYWHERE), 4
    sets = [f"parties.*.strategy={{name: {name}}}" for name in STRATEGIES]
    sets += [f"protocol={{name: {name}}}" for name in PROTOCOLS]
    for each in [*sets, *WORDS]:
        file = EVERYWHERE if "single_text" in each else TABLE  # which needs a mediator
        yield each, read_scenario(file, [each, "time.rounds=6"]), 2


class Calls:
    """What compiled functions were given and left, by their names."""

    def __init__(self) -> None:
        self.seen: dict[str, Any] = {}
        real = compiled._Compiled.__call__

        def recorded(function: Any, *arguments: Any) -> Any:
            result = real(function, *arguments)
            digest = self.seen.setdefault(_name(function), sha256())
            for part in _parts((*arguments, result)):
                digest.update(part)
            return result

        compiled._Compiled.__call__ = recorded  # type: ignore[method-assign]
        compiled.FEW = -1  # nothing is too little to be compiled

    def digests(self) -> dict[str, str]:
        return {name: digest.hexdigest()[:16] for name, digest in sorted(self.seen.items())}


def _parts(values: Iterable[Any]) -> Iterator[bytes]:
    for value in values:
        if isinstance(value, tuple | list):
            yield from _parts(value)
        elif isinstance(value, np.ndarray | float | np.floating):
            array = np.asarray(value)
            yield f"{array.dtype}{array.shape}".encode()
            yield np.where(np.isnan(array), np.nan, array).tobytes() if array.dtype.kind == "f" else array.tobytes()
        elif not callable(value):
            yield repr(value if value is None else int(value)).encode()


def _name(function: Any) -> str:
    return f"{function.py_func.__module__}.{function.py_func.__name__}"


def all_compiled() -> set[str]:
    """Names of all compiled functions of the program."""
    names = [each.name for each in walk_packages(sim.__path__, "sim.") if not each.name.endswith("__main__")]
    found = (value for name in names for value in vars(import_module(name)).values())
    return {_name(value) for value in found if isinstance(value, compiled._Compiled)}


def main(words: Sequence[str]) -> int:
    """Print hashes of what compiled functions did, and of all columns and counts."""
    parser = argparse.ArgumentParser(prog="python -m tests.trust.three_ways", description="The same bits three ways.")
    parser.add_argument("--shipped", action="store_true", help="16 draws of every scenario of `scenarios/`")
    asked = parser.parse_args(words)
    for message in FATAL:
        warnings.filterwarnings("error", message=message)
    calls, found, failed = Calls(), {}, {}
    for name, scenario, draws in cases(asked.shipped):
        layout = Layout.of(scenario, 1)
        try:
            found[name] = bits_of(layout, in_blocks(layout, draws))
        except (IndexError, RuntimeWarning, ValueError) as error:
            failed[name] = f"{type(error).__name__}: {error}"
    print(json.dumps({"calls": calls.digests(), "bits": found, "failed": failed}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
