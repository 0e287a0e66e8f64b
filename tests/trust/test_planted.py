"""Planted bugs still fit the source they are planted in, and a bug is noticed when it is there."""

import ast

import pytest

from tests.trust.planted import modules, planted
from tests.trust.planting import ROOT, Planted, copy_project, notice

BUGS = [bug for module in modules() if module != "test_planted" for bug in planted(module)]


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: f"{bug.promise}-{bug.test.split('::')[-1]}")
def test_a_planted_bug_fits_its_file_and_names_a_test(bug):
    assert bug.fits(), f"{bug.old!r} does not stand once in {bug.file}: think of the bug anew"
    assert bug.old != bug.new
    file, _, test = bug.test.partition("::")
    names = {node.name for node in ast.walk(ast.parse((ROOT / file).read_text())) if isinstance(node, ast.FunctionDef)}
    assert test.split("[")[0] in names


@pytest.mark.exhaustive
def test_only_a_failing_test_notices(tmp_path):
    """A test that passes, cannot be found or cannot be imported has noticed nothing."""
    copy = copy_project(tmp_path / "copy")
    file, old = "sim/core/exact.py", "TOLERANCE = "
    test = "tests/trust/test_of_this.py::test_it"
    (copy / "tests/trust/test_of_this.py").write_text(
        "from sim.core import exact\ndef test_it(): assert exact.TOLERANCE < 1"
    )
    assert notice(Planted("R0", file, old, "TOLERANCE = 2 + ", test), copy)[0]
    assert not notice(Planted("R0", file, old, old + "0 + ", test), copy)[0]
    assert not notice(Planted("R0", file, old, "TOLERANCE == ", test), copy)[0]
    assert not notice(Planted("R0", file, old, "TOLERANCE = 2 + ", test + "_not"), copy)[0]
