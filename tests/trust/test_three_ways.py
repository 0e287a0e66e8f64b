"""The same program compiled, compiled with checks of every index, and plain Python: the same bits three ways."""

import json
import os
import subprocess
import sys

import pytest

from tests.trust.bits import NAMES
from tests.trust.planting import ROOT, bugs
from tests.trust.three_ways import all_compiled

PLANTED = bugs("R3", __name__, [
    ("sim/core", "            if not np.isnan(aspiration[b, n]):\n", "            if True:\n",
     "test_small_cases_give_the_same_bits_compiled_and_plain"),
    ("sim/core", "for at in range(len(marks)):", "for at in range(len(marks) + 1):",
     "test_small_cases_give_the_same_bits_compiled_and_plain"),
    ("sim/core", "for at in range(len(marks)):", "for at in range(len(marks) + 1): ",
     "test_small_cases_give_the_same_bits_with_every_index_checked"),
])  # fmt: skip


def played(*words: str, **variables: str) -> dict[str, dict[str, str]]:
    """What a process of one of the three ways prints."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    command = [sys.executable, "-m", "tests.trust.three_ways", *words]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2_000:]
    found = json.loads(done.stdout)
    assert not found["failed"]
    return found


@pytest.fixture(scope="module")
def compiled():
    """Every compiled function, compiled."""
    return played()


@pytest.fixture(scope="module")
def checked(request, tmp_path_factory):
    """The environment in which every index is checked; what is compiled so is kept apart, and from run to run."""
    kept = getattr(request.config, "cache", None)
    folder = kept.mkdir("boundscheck") if kept else tmp_path_factory.mktemp("boundscheck")
    return {"NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(folder)}


def test_every_compiled_function_is_called_by_the_small_cases(compiled):
    assert set(compiled["calls"]) == all_compiled()


def test_small_cases_give_the_same_bits_compiled_and_plain(compiled):
    """Plain, a NaN made an integer, an index beyond its array and an integer that overflows are errors."""
    assert played(NUMBA_DISABLE_JIT="1") == compiled


@pytest.mark.slow
def test_small_cases_give_the_same_bits_with_every_index_checked(compiled, checked):
    """It compiles everything anew, which takes two minutes."""
    assert played(**checked) == compiled


@pytest.mark.exhaustive
def test_every_scenario_gives_the_same_bits_three_ways(checked, record_property):
    """Sixteen draws of each; the flagship's take most of a minute without the compiler."""
    compiled = played("--shipped")
    assert sorted(compiled["bits"]) == NAMES
    assert played("--shipped", NUMBA_DISABLE_JIT="1") == compiled
    assert played("--shipped", **checked) == compiled
    record_property("R3", f"{len(NAMES)} scenarios at 16 draws, compiled, checked and plain: the same bits")
