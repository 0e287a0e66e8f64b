"""The pages of the flagship and the model card name what there is: keys, charts, columns, settings, tests, numbers."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sim.charts import CHARTS
from sim.model.ensemble import draw
from sim.results.results import run
from sim.scenario import Number, Scenario
from tests.problems import shipped

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs/case-ukraine.md").read_text(encoding="utf-8")
CARD = (ROOT / "docs/model-card.md").read_text(encoding="utf-8")
PROSE = " ".join(CARD.split())  # of the model card, whatever its line breaks
CODE = r"`([^`\n]+)`"
SENTENCES = 23  # of the report, its headline among them
NUMBER, SAID, IN_THE_FILE, SEEN_IN, NOT_IN_THE_MODEL = range(5)
PICTURES = ("funnel", "survival", "harm", "ledger", "packages")


def rows_of(page: str, first: str) -> list[list[str]]:
    """Cells of the rows of tables whose first cell matches a pattern."""
    lines = re.findall(rf"^\| ({first} \|.*) \|$", page, re.MULTILINE)
    return [re.split(r"\s*\|\s*", line) for line in lines]


def outside_blocks(page: str) -> str:
    return re.sub(r"^```.*?^```$", "", page, flags=re.DOTALL | re.MULTILINE)


SENTENCE_ROWS = rows_of(PAGE, r"\d+")
SETTINGS = [re.findall(CODE, row[1])[0] for row in rows_of(PAGE, "[^|]+") if re.fullmatch(r"`[^`]+=[^`]+`", row[1])]


@cache
def flagship() -> Scenario:
    return shipped("ukraine-december-2025")


@cache
def columns() -> frozenset[str]:
    return frozenset(run(flagship(), draws=1).draws.columns)


def in_the_tree(path: str) -> bool:
    """Whether a dotted path leads somewhere in the flagship's file; entries of lists by their `id`."""
    node: Any = flagship().resolved
    for part in path.split("."):
        if isinstance(node, list):
            node = {entry["id"]: entry for entry in node if isinstance(entry, dict)}
        if not isinstance(node, dict) or part not in node:
            return False
        node = node[part]
    return True


def known_to_a_reader(code: str) -> bool:
    """A key of the file, a chart, a column, a setting, a command, or a file of the project or of a results folder."""
    return (
        in_the_tree(code)
        or code in CHARTS
        or code in columns()
        or code in SETTINGS
        or code.startswith("peacesim ")
        or code in {f"charts/{name}.png" for name in CHARTS}
        or code in re.findall(CODE, (ROOT / "docs/results.md").read_text(encoding="utf-8"))
        or ("/" in code and (ROOT / code).exists())
    )


def test_the_walk_through_the_file_tells_paths_from_slips():
    for path in ("events.public_offer.commits.to", "parties.ukraine.red_lines.reciprocity.never", "war.spillover"):
        assert in_the_tree(path)
    for path in ("events.public_ofer", "parties.ukraine.red_lines.all_of_donetsk", "war.spillover.label.x", "funnel"):
        assert not in_the_tree(path)


def test_every_sentence_of_the_report_has_its_row():
    assert [int(row[NUMBER]) for row in SENTENCE_ROWS] == list(range(1, SENTENCES + 1))
    for row in SENTENCE_ROWS:
        assert len(row) == 5
        assert len(row[SAID].split()) >= 6
        assert row[NOT_IN_THE_MODEL].endswith(".")


@pytest.mark.parametrize("row", SENTENCE_ROWS, ids=[row[NUMBER] for row in SENTENCE_ROWS])
def test_a_row_names_keys_of_the_file_and_charts_or_columns_of_its_results(row):
    keys, shown = (re.findall(CODE, row[place]) for place in (IN_THE_FILE, SEEN_IN))
    assert keys
    assert [key for key in keys if not in_the_tree(key)] == []
    assert any(name in CHARTS for name in shown)
    assert [name for name in shown if name not in CHARTS and name not in columns()] == []


def test_whatever_the_page_names_as_code_is_known():
    named = set(re.findall(CODE, outside_blocks(PAGE))) - {"…", "id"}
    assert len(named) > 100
    assert sorted(code for code in named if not known_to_a_reader(code)) == []


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_setting_of_the_table_can_be_made_and_changes_the_file(setting):
    assert flagship().with_sets([setting]).resolved != flagship().resolved


def test_there_are_settings():
    assert len(SETTINGS) > 15


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_shown_with_what_makes_it(name):
    assert name in CHARTS
    assert f"](images/{name}.png)" in PAGE
    ((_, file, made_by),) = rows_of(PAGE, rf"\[{name}\]\(images/{name}\.png\)")
    assert file == f"`charts/{name}.png`"
    assert made_by.startswith("`peacesim batch scenarios/ukraine-december-2025.yaml ") or made_by == "the same"
    assert re.search(rf"for chart in [a-z ]*\b{name}\b", PAGE)


# The model card.


def holds(branch: str, path: str) -> bool:
    """Whether a number lies in a branch of the file, `*` for any one name."""
    parts, names = branch.split("."), path.split(".")
    return len(parts) <= len(names) and all(a in ("*", b) for a, b in zip(parts, names, strict=False))


def counts(numbers: list[Number]) -> list[int]:
    status = [number.status for number in numbers]
    by_status = [status.count(word) for word in ("sourced", "mixed", "assumption", None)]
    return [len(numbers), sum(number.uncertain for number in numbers), *by_status]


def said_for(path: str) -> str | None:
    """The status of the nearest block above a number that has one."""
    node, said = flagship().resolved, None
    for part in path.split("."):
        node = {entry["id"]: entry for entry in node}.get(part) if isinstance(node, list) else node.get(part)
        if not isinstance(node, dict | list):
            break
        said = node.get("status", said) if isinstance(node, dict) else said
    return said


def test_the_card_counts_the_numbers_of_the_flagship():
    numbers = flagship().numbers()
    table = rows_of(CARD, r"`[\w.*]+`")
    parts = [row for row in table if len(row) == 8]
    assert len(parts) > 12
    for branch, _, *told in parts:
        found = [number for path, number in numbers.items() if holds(branch.strip("`"), path)]
        assert list(map(int, told)) == counts(found), branch
    (whole,) = [row for row in rows_of(CARD, "all") if len(row) == 8]
    assert list(map(int, whole[2:])) == counts(list(numbers.values()))
    assert [sum(int(row[place]) for row in parts) for place in range(2, 8)] == list(map(int, whole[2:]))
    assert f"has {len(numbers)} numbers" in PROSE


def test_the_card_counts_what_blocks_say_for_unmarked_numbers():
    unmarked = [path for path, number in flagship().numbers().items() if number.status is None]
    points = [path for path in unmarked if holds("parties.*.values", path)]
    said = [said_for(path) for path in unmarked if path not in points]
    sourced, mixed, assumption, nothing = (said.count(word) for word in ("sourced", "mixed", "assumption", None))
    assert f"Of the {len(unmarked)} unmarked ones {len(points)} are points of options" in PROSE
    told = f"them: {sourced} sourced, {mixed} mixed, {assumption} assumption; {nothing} say nothing anywhere"
    assert f"The other {len(said)} stand in blocks" in PROSE
    assert told in PROSE


def test_the_card_has_the_numbers_as_the_file_has_them():
    table = [row for row in rows_of(CARD, r"`[\w.]+`") if len(row) == 3 and "[" in row[1]]
    assert len(table) > 15
    for path, drawn, status in table:
        number = flagship().numbers()[path.strip("`")]
        assert (str(number), number.status) == (drawn, status), path


def told_of_hardship() -> Iterator[tuple[str, list[float]]]:
    for row in rows_of(CARD, r"`\w+`"):
        if len(row) == 7:
            yield row[0].strip("`"), [float(cell) for cell in row[1:]]


def test_the_card_is_right_on_what_moves_no_deal_worth():
    ensemble = draw(flagship(), seed=1, start=0, count=1000)
    war, last = ensemble.world.war, flagship().time.rounds - 1
    assert war is not None
    weeks = war.hardship()[last]
    told = dict(told_of_hardship())
    assert set(told) == {"russia", "ukraine"}
    for party, numbers in told.items():
        n = ensemble.structure.parties.index(party)
        no_deal = ensemble.world.reservation_value[:, :, n]
        found = [
            no_deal[:, 0].mean(), no_deal[:, last].mean(), weeks[:, n].mean(),
            (war.hardship_worth[:, n] * weeks[:, n]).mean(), (war.front_worth[:, n] * war.front[:, last] / 1000).mean(),
            -(war.wear[:, n] * war.static.months[last]).mean(),
        ]
        assert found[2] == pytest.approx(numbers[2], abs=0.5)
        assert [*found[:2], *found[3:]] == pytest.approx([*numbers[:2], *numbers[3:]], abs=0.005)
    floor = (ensemble.world.reservation_value[:, last, ensemble.structure.parties.index("ukraine")] < 0).mean()
    assert f"lies below 0 in {100 * floor:.0f} per cent of these draws" in PROSE


NAMED_TESTS = sorted(set(re.findall(r"`(tests/[\w/]+\.py::\w+)`", CARD)))


def test_tests_are_named():
    assert len(NAMED_TESTS) > 15


@pytest.mark.parametrize("name", NAMED_TESTS)
def test_a_test_that_the_card_names_exists(name):
    file, _, function = name.partition("::")
    assert re.search(rf"^def {function}\(", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)
