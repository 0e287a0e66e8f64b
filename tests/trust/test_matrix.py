"""The same bits everywhere: processes, processors, places and versions make no difference to any number.

Workers, shards, clusters and orders of arrival are held against each other byte by byte in
`tests/batch/test_batch.py`, `tests/batch/test_shards.py` and `tests/batch/test_dask.py`, the order of the file in
`tests/model/test_limits.py`, and the bits of each function of `sim/core/exact.py` against committed hashes in
`tests/core/test_exact.py`.
"""

import json
import subprocess
import sys

import pytest

from sim.results.chunk_files import Layout
from tests.trust import matrix
from tests.trust.bits import ALONE, NAMES, bits_of, scenario_of
from tests.trust.environments import RECIPES
from tests.trust.planting import ROOT, bugs
from tests.update_golden import DRAWS, GOLDEN

FEW = ["orange-and-lemon", "two-banks-pullback", "ukraine-december-2025"]  # a small one, a middle one, all mechanisms
COMMITTED = {name: json.loads((GOLDEN / f"{name}.json").read_text())["content"] for name in NAMES}

PLANTED = bugs("R3", __name__, [
    ("sim/scenario", 'return float(text) if set(text) & set(".eE")',
     'return __import__("locale").atof(text) if set(text) & set(".eE")',
     "test_a_process_of_another_kind_gives_the_same_bits"),
    ("sim/core", '(thing.__doc__ or "").strip().partition("\\n")[0]', "thing.__doc__.strip()",
     "test_without_docstrings_and_assertions_names_are_still_known"),
    ("sim/core", "words = stream.random_raw(skip + int(count))[skip:]", "words = stream.random_raw(int(count))",
     "test_ways_to_cut_draws_give_the_same_bits[pieces, last first]"),
    ("sim/results", "talks = hold_talks(ensemble[first : first + block], scratch)",
     "talks = hold_talks(ensemble[first : first + block][::-1], scratch)",
     "test_ways_to_cut_draws_give_the_same_bits[blocks of 33]"),
])  # fmt: skip


def differences(cell: matrix.Cell) -> tuple[dict, list[str]]:
    """What a cell says of its process, and the scenarios in which its rows are not the committed ones."""
    try:
        found = cell.run(FEW)
    except RuntimeError as failed:
        return {}, [str(failed)]
    return found["here"], [name for name in FEW if found["bits"][name]["content"] != COMMITTED[name]]


def odd_process(tmp_path) -> matrix.Cell:
    """All that fits into one process: plain loops in NumPy and OpenBLAS, a hash seed, a locale, a time zone."""
    variables = {**matrix.no_features(), "OPENBLAS_CORETYPE": "PRESCOTT", "PYTHONHASHSEED": "1", "LC_ALL": "C"}
    variables["TZ"] = "Pacific/Kiritimati"
    for _, locale in matrix.odd_locales(tmp_path):
        variables |= locale  # with a decimal comma
        break
    return matrix.Cell("here", "odd", variables=variables, words=("--way", "blocks of 5"), folder=tmp_path)


def test_a_process_of_another_kind_gives_the_same_bits(tmp_path, record_property):
    cell = odd_process(tmp_path)
    here, wrong = differences(cell)
    assert not wrong
    assert here["features"] == []
    assert here["decimal_point"] == ("," if "LOCPATH" in cell.variables else ".")
    record_property("R3", f"{len(FEW)} scenarios in a process of another kind: {' '.join(cell.variables)}")


def test_without_docstrings_and_assertions_names_are_still_known():
    """`python -OO` drops docstrings, from which users are told what a name does."""
    asked = "import sim; print(sim.read_scenario('scenarios/ukraine-december-2025.yaml').id)"
    done = subprocess.run([sys.executable, "-OO", "-c", asked], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("ukraine-december-2025\n", "")


@pytest.mark.parametrize("way", [way for way in ALONE if way not in ("whole", "blocks of 1", "first of 1,000")])
def test_ways_to_cut_draws_give_the_same_bits(way):
    for name in FEW:
        layout = Layout.of(scenario_of(name), 1)
        assert bits_of(layout, ALONE[way](layout, DRAWS))["content"] == COMMITTED[name], name


def test_the_first_draws_of_more_are_those_of_few():
    for name in FEW[:2]:
        layout = Layout.of(scenario_of(name), 1)
        assert bits_of(layout, ALONE["first of 1,000"](layout, DRAWS))["content"] == COMMITTED[name], name


def test_a_cell_with_one_other_bit_is_noticed(monkeypatch, capsys):
    """Rows are held against the committed hashes, counts and names against the first cell with so many draws."""
    same = {name: {"identity": "1", "content": COMMITTED[name], "tallies": "2"} for name in NAMES}
    printed = {"here": {"versions": {"numpy": "2.0.0"}}, "bits": same}
    monkeypatch.setattr(matrix.Cell, "run", lambda cell: printed)
    table = matrix.Table()
    table.add(matrix.Cell("here", "whole"))
    table.add(matrix.Cell("here", "3 draws", draws=3))
    assert (table.cells, table.failed, table.hashes) == (2, 0, 6 * len(NAMES))
    for kind in ("content", "tallies", "identity"):
        printed["bits"] = {**same, NAMES[0]: {**same[NAMES[0]], kind: "0"}}
        table.add(matrix.Cell("there", kind))
        assert f"DIFFERENT: {kind} of {NAMES[0]}" in capsys.readouterr().out
    assert table.failed == 3
    assert "2 environments, 5 cells of" in str(table)


def test_every_supported_python_is_tried_with_locked_oldest_and_newest_versions():
    tried = {(recipe.python, recipe.kind) for recipe in RECIPES}
    assert {(python, kind) for python in ("3.11", "3.12", "3.13") for kind in ("locked", "oldest", "newest")} <= tried


@pytest.mark.exhaustive
def test_every_cell_has_the_same_bits(record_property):
    """Half an hour on two processors; what cannot be made here, for want of a network or a Python, is said."""
    table = matrix.main()
    record_property("R3", str(table))
    assert not table.failed
