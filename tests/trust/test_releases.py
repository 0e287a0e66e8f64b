"""R19: results keep their bits across releases, or the scheme changes with a line in CHANGELOG.md."""

import json

import pytest

from sim.core.streams import SCHEME
from sim.results.manifest import FORMAT
from tests.released import complaints, entry, released, sections
from tests.trust.planting import ROOT, bugs
from tests.update_golden import GOLDEN, contents

PLANTED = bugs("R19", __name__, [
    ("sim/core", 'SCHEME = "peacesim-3"', 'SCHEME = "peacesim-4"',
     "test_no_release_is_belied_and_every_scheme_is_announced"),
    ("sim/results", 'FORMAT = "peacesim-results-2"', 'FORMAT = "peacesim-results-3"',
     "test_no_release_is_belied_and_every_scheme_is_announced"),
    ("sim/core", "(words >> np.uint64(11)) * 2.0**-53", "(words >> np.uint64(12)) * 2.0**-52",
     "tests/test_golden.py::test_a_scenario_gives_what_it_gave[two-banks-pullback]"),
    ("tests/released.py", '                if content != run["content"]:', "                if not content:",
     "test_bits_that_moved_since_a_release_need_a_new_scheme"),
])  # fmt: skip

LOG = """# Changelog

## [Unreleased]

- Drawn by `s-1`, laid out as `f-1`.
"""
RELEASE = LOG.replace("[Unreleased]", "[1.0.0] - a day")
NEXT = RELEASE.replace("# Changelog\n", "# Changelog\n\n## [Unreleased]\n\n- LINE\n")
BEFORE = {"lemon": ("text of lemon", "bits of lemon"), "bank": ("text of bank", "bits of bank")}
FIRST = entry("1.0.0", "s-1", "f-1", BEFORE)


def printed(releases, contents=BEFORE, scheme="s-1", layout="f-1", log=NEXT):
    return list(complaints(releases, scheme, layout, contents, log))


def test_no_release_is_belied_and_every_scheme_is_announced(record_property):
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    now = contents() if released() else {}  # reading every scenario takes seconds
    assert list(complaints(released(), SCHEME, FORMAT, now, changelog)) == []
    goldens = [json.loads(path.read_text()) for path in GOLDEN.glob("*.json")]
    assert goldens and {each["scheme"] for each in goldens} == {SCHEME}
    reported = f"{len(goldens)} golden content hashes of {SCHEME}; {len(released())} releases to keep to"
    record_property("R19", reported)


def test_before_the_first_release_a_number_may_move():
    assert printed([], log=LOG) == []
    assert printed([], {"lemon": ("text of lemon", "other bits")}, log=LOG) == []


def test_bits_that_moved_since_a_release_need_a_new_scheme():
    assert printed([FIRST]) == []
    moved = BEFORE | {"bank": ("text of bank", "other bits")}
    (complaint,) = printed([FIRST], moved)
    assert complaint.startswith("bank gives other bits than in 1.0.0") and "SCHEME" in complaint
    assert printed([FIRST], {"renamed": moved["bank"]})[0].startswith("renamed gives other bits")


def test_a_changed_scenario_may_give_other_bits():
    assert printed([FIRST], {"bank": ("other text", "other bits")}) == []


@pytest.mark.parametrize(("scheme", "layout"), [("s-2", "f-1"), ("s-1", "f-2")])
def test_a_new_scheme_or_format_is_announced_where_it_is_new(scheme, layout):
    new = "s-2" if scheme == "s-2" else "f-2"
    moved = {name: (text, f"other {bits}") for name, (text, bits) in BEFORE.items()}
    (complaint,) = printed([FIRST], moved, scheme, layout)
    assert f"`{new}`" in complaint and "Unreleased" in complaint
    assert printed([FIRST], moved, scheme, layout, NEXT.replace("LINE", f"Bits moved, because: `{new}`.")) == []
    assert printed([FIRST], moved, scheme, layout, RELEASE.replace("laid", f"`{new}`, laid"))  # in the old section


def test_a_release_leaves_an_entry():
    (complaint,) = printed([])[:1]
    assert "1.0.0 left no entry" in complaint
    assert any("CHANGELOG.md does not have" in each for each in printed([FIRST], log=LOG))


def test_the_changelog_is_cut_at_its_versions():
    assert list(sections(NEXT)) == ["Unreleased", "1.0.0"]
    assert "s-1" in sections(NEXT)["1.0.0"] and "LINE" in sections(NEXT)["Unreleased"]
    assert "Unreleased" in sections((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
