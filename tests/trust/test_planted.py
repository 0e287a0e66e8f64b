"""Planted bugs still fit the source they are planted in, and a bug is noticed when it is there."""

from dataclasses import replace

import pytest

from tests.trust.planted import modules, planted
from tests.trust.planting import ROOT, Planted, bugs, copy_project, notice

BUGS = [bug for module in modules() if module != "test_planted" for bug in planted(module)]


def misfit(bug: Planted) -> str:
    """Why a planted bug cannot be planted any more; empty if it can."""
    file, _, test = bug.test.partition("::")
    if len(found := bug.places()) != 1:
        return f"{bug.old!r} occurs {len(found)} times in {bug.where}"
    if bug.old == bug.new:
        return f"{bug.old!r} is no bug"
    return "" if f"def {test.split('[')[0]}(" in (ROOT / file).read_text(encoding="utf-8") else f"no test {bug.test}"


def test_every_planted_bug_fits_one_file_and_names_a_test():
    assert not [f"{bug.promise}: {fault}" for bug in BUGS if (fault := misfit(bug))]
    assert {bug.promise for bug in BUGS} == {f"R{number}" for number in range(1, 20)}


def test_a_planted_bug_that_does_not_fit_is_named():
    (sound,) = bugs("R0", __name__, [("sim/core", "TOLERANCE = ", "x = ", "test_only_a_failing_test_notices")])
    assert not misfit(sound)
    assert "0 times in sim/core" in misfit(replace(sound, old="no such text"))
    assert "no test" in misfit(replace(sound, test="tests/trust/test_planted.py::test_nothing"))


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
