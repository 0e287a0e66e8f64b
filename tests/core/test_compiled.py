"""Loops are compiled when first called, kept on disk where that can be, and do without where it cannot."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np

from sim.core.compiled import called, compiled, in_both

ROOT = Path(__file__).resolve().parents[2]


def run(code: str, **environment: str) -> str:
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])} | environment
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_nobody_waits_for_the_compiler_or_for_mesa_who_plays_nothing():
    code = """
    import sys
    from click.testing import CliRunner
    from sim.cli.commands import peacesim
    for arguments in (["--help"], ["check", "scenarios/orange-and-lemon.yaml"], ["list", "strategies"]):
        assert CliRunner().invoke(peacesim, arguments).exit_code == 0, arguments
        assert not {"numba", "mesa"} & sys.modules.keys(), arguments
    """
    run(f"import os; os.chdir({str(ROOT)!r})\n" + textwrap.dedent(code))


def test_a_loop_is_kept_on_disk_and_done_without_where_nothing_can_be_written(tmp_path):
    source = tmp_path / "loops.py"
    source.write_text(
        "from sim.core.compiled import compiled\n\n\n"
        '@compiled\ndef total(values):\n    """Sum."""\n    result = 0.0\n'
        "    for value in values:\n        result += value\n    return result\n"
    )
    code = f"""
    import sys
    sys.path.insert(0, {str(tmp_path)!r})
    import numpy as np, loops
    assert loops.total(np.array([1.0, 2.0])) == 3.0
    stats = loops.total.code.stats
    print(stats.cache_path is not None, sum(stats.cache_hits.values()))
    """
    there = {"NUMBA_CACHE_DIR": str(tmp_path / "kept"), "PYTHONDONTWRITEBYTECODE": "1"}
    assert run(code, **there).split() == ["True", "0"]
    assert run(code, **there).split() == ["True", "1"]
    file = tmp_path / "file"
    file.write_text("no folder can be made below a file")
    if (tmp_path / "__pycache__").exists():
        (tmp_path / "__pycache__").rmdir()
    (tmp_path / "__pycache__").write_text("nor below this one")
    nowhere = {"NUMBA_CACHE_DIR": str(file / "kept"), "HOME": str(file), "XDG_CACHE_HOME": str(file)}
    assert run(code, **nowhere).split() == ["False", "0"]


def test_what_is_kept_is_made_anew_when_a_function_of_another_file_that_it_calls_changes(tmp_path):
    (tmp_path / "loops.py").write_text(
        "from pieces import more\nfrom sim.core.compiled import compiled\n\n\n"
        '@compiled\ndef total(value):\n    return value + more(value)\n'
    )
    (tmp_path / "pieces.py").write_text(
        "from last import most\nfrom sim.core.compiled import called\n\n\n"
        "@called\ndef more(value):\n    return most(value)\n"
    )
    last = "from sim.core.compiled import called\n\n\n@called\ndef most(value):\n    return {} * value\n"
    code = f"""
    import sys
    sys.path.insert(0, {str(tmp_path)!r})
    import loops
    print(loops.total(1.0), sum(loops.total.code.stats.cache_hits.values()))
    """
    there = {"NUMBA_CACHE_DIR": str(tmp_path / "kept"), "PYTHONDONTWRITEBYTECODE": "1"}
    for factor, wanted in ((2.0, ["3.0", "0"]), (2.0, ["3.0", "1"]), (5.0, ["6.0", "0"])):
        (tmp_path / "last.py").write_text(last.format(factor))
        assert run(code, **there).split() == wanted


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
