"""Loops are compiled when first called, kept on disk where that can be, and do without where it cannot."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.core.compiled import _mark, called, compiled, in_both

ROOT = Path(__file__).resolve().parents[2]


def run(code: str, **environment: str) -> str:
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])} | environment
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


LOOPS = """
from pieces import more
from sim.core.compiled import compiled


@compiled
def total(value):
    return value + more(value)
"""
PIECES = """
from last import most
from sim.core.compiled import called


@called
def more(value):
    return most(value)
"""
LAST = """
from sim.core.compiled import called


@called
def most(value):
    return {} * value
"""


def test_a_loop_is_kept_on_disk_while_what_it_calls_stays_and_done_without_where_nothing_can_be_written(tmp_path):
    code = f"""
    import sys
    sys.path.insert(0, {str(tmp_path)!r})
    import loops
    stats = loops.total.code.stats
    print(loops.total(1.0), stats.cache_path is not None, sum(stats.cache_hits.values()))
    """
    (tmp_path / "loops.py").write_text(LOOPS)
    (tmp_path / "pieces.py").write_text(PIECES)
    there = {"NUMBA_CACHE_DIR": str(tmp_path / "kept"), "PYTHONDONTWRITEBYTECODE": "1"}
    for factor, wanted in ((2.0, ["3.0", "True", "0"]), (2.0, ["3.0", "True", "1"]), (5.0, ["6.0", "True", "0"])):
        (tmp_path / "last.py").write_text(LAST.format(factor))
        assert run(code, **there).split() == wanted
    file = tmp_path / "file"
    file.write_text("no folder can be made below a file")
    (tmp_path / "__pycache__").write_text("nor below this one")
    nowhere = {"NUMBA_CACHE_DIR": str(file / "kept"), "HOME": str(file), "XDG_CACHE_HOME": str(file)}
    assert run(code, **nowhere, PYTHONDONTWRITEBYTECODE="1").split() == ["6.0", "False", "0"]


def test_who_listens_hears_of_what_is_compiled_and_not_of_what_is_loaded(tmp_path):
    code = f"""
    import sys
    sys.path.insert(0, {str(tmp_path)!r})
    from sim.core.compiled import on_compiling
    heard = []
    on_compiling(lambda: heard.append("compiled"))
    import heard_of
    print(heard_of.twice(2), heard_of.twice(3), len(heard))
    """
    lines = "from sim.core.compiled import compiled", "", "", "@compiled", "def twice(x):", "    return 2 * x", ""
    (tmp_path / "heard_of.py").write_text("\n".join(lines))
    there = {"NUMBA_CACHE_DIR": str(tmp_path / "kept"), "PYTHONDONTWRITEBYTECODE": "1"}
    assert [run(code, **there).split() for _ in range(2)] == [["4", "6", "1"], ["4", "6", "0"]]


@pytest.mark.parametrize("other", ["2", "1.5"])
def test_a_loop_is_made_anew_when_a_number_of_its_module_changes(other):
    marks = []
    for value in ("1.0", "1.0", other):
        names: dict[str, Any] = {}
        exec(f"FACTOR = {value}\n\ndef scaled(x):\n    return FACTOR * x\n", names)
        marks.append(_mark(names["scaled"]))
    assert marks[0] == marks[1] != marks[2]


def test_a_damaged_file_of_a_compiled_function_is_never_run_and_made_anew(tmp_path):
    code = f"""
    import sys
    from pathlib import Path
    sys.path.insert(0, {str(tmp_path)!r})
    import loops
    loops.total(1.0)
    index, data = sorted(Path({str(tmp_path / "kept")!r}).rglob("*.nb?"), key=lambda path: path.suffix, reverse=True)
    assert (index.suffix, data.suffix) == (".nbi", ".nbc")
    for file in (index, data):
        whole = file.read_bytes()
        damages = [b"", whole[:1], whole[:40], whole[:-1], whole[: len(whole) // 2], whole + b"x", bytes(len(whole))]
        for at in range(0, len(whole), len(whole) // 12):
            damages.append(whole[:at] + bytes([whole[at] ^ 1 << at % 8]) + whole[at + 1 :])
        for damaged in damages:
            file.write_bytes(damaged)
            for hits in (0, 1):
                made = loops.total._made(cache=True)
                assert (made(1.0), sum(made.stats.cache_hits.values())) == (3.0, hits), (file, damaged[:60])
        file.unlink()
        assert loops.total._made(cache=True)(1.0) == 3.0
    print("done")
    """
    (tmp_path / "loops.py").write_text(LOOPS)
    (tmp_path / "pieces.py").write_text(PIECES)
    (tmp_path / "last.py").write_text(LAST.format(2.0))
    assert run(code, NUMBA_CACHE_DIR=str(tmp_path / "kept"), PYTHONDONTWRITEBYTECODE="1").split() == ["done"]


def test_compiled_loops_call_each_other_and_take_arrays_that_must_not_change():
    values = np.arange(4.0)
    values.flags.writeable = False
    assert _twice(values) == 12.0


def test_without_the_compiler_it_is_the_same_function():
    values = np.array([1.0, 2.0, 4.0])
    assert _sum.py_func(values) == _sum(values) == 7.0
    through, plain = np.empty(3), np.empty(3)
    _halve_each(values, through)
    _halve_each.py_func(values, plain)
    assert through.tolist() == plain.tolist()


def test_floats_are_as_numpy_has_them():
    """No multiplication fused with an addition, no sum reordered, infinity for a division by zero."""
    a, b = 1.0 + 2.0**-30, -(1.0 + 2.0**-29)
    assert _fused(a, a, b) == a * a + b == 0.0
    values, total = [1.0, 1e16, 3.0, -1e16, 1 / 3] * 9, 0.0
    for value in values:
        total += value
    assert _sum(np.array(values)) == total
    assert _ratio(1.0, 0.0) == np.inf


def test_what_is_written_once_goes_through_arrays_in_numpy_and_through_numbers_in_loops():
    values, through = np.array([-1.0, 0.5, 2.0]), np.empty(3)
    _halve_each(values, through)
    assert through.tolist() == _halved_if_positive(values).tolist() == [0.0, 0.25, 1.0]


@in_both(through_arrays=np.where)
def _either(condition, one, other):
    return one if condition else other


@in_both()
def _halved_if_positive(x):
    return _either(x > 0, x / 2, 0.0)


@called
def _write(values, place, value):
    values[place] = value


@compiled
def _halve_each(values, through):
    for place in range(len(values)):
        _write(through, place, _halved_if_positive(values[place]))


@compiled
def _sum(values):
    total = 0.0
    for value in values:
        total += value
    return total


@compiled
def _twice(values):
    return 2 * _sum(values)


@compiled
def _fused(a, b, c):
    return a * b + c


@compiled
def _ratio(a, b):
    return a / b
