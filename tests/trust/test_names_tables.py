"""R15: no table holds a formula, and every text comes back from it."""

import csv
import io
import re

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.results.tables import csv_text, guarded
from tests.trust.hostile import CONTROLS, TEXTS
from tests.trust.planting import bugs

# Written from what spreadsheets do and not from the code: what opens a formula, and what is dropped before it.
SIGNS = "=+-@" + "\uff1d\uff0b\uff0d\uff20"
UNSEEN = "\u00ad\u061c\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
BLANK = " \t\r\n\x0b\x0c\x00\x1c\x85\u00a0\u2003\u2028\u3000"
PIECES = st.lists(st.sampled_from([*SIGNS, *UNSEEN[:4], *BLANK[:6], *"'\";,a1", "SUM(A1)"]), max_size=8)


def is_number(cell: str) -> bool:
    return re.fullmatch(r"[+-]?[0-9.]+([eE][+-]?[0-9]+)?", cell) is not None


def is_formula(cell: str) -> bool:
    """Whether a spreadsheet may run a cell, however it is trimmed."""
    return cell.lstrip(BLANK + UNSEEN + '"')[:1] in tuple(SIGNS) and not is_number(cell)


def restored(cell: str) -> str:
    """The text that was written, by the rule that docs/results.md gives."""
    return re.sub(rf"(^|[;\t\r\n])'(?=[\s'\"\x00-\x1f\x7f-\x9f{UNSEEN}]*[{re.escape(SIGNS)}])", r"\1", cell)


def cells(text: str, separator: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))


def assert_plain(texts: list[str]) -> None:
    """A table of these texts has no formula, read with commas, semicolons or tabs, and gives them back."""
    heads = [f"{text}{'x' * place}" for place, text in enumerate(texts)]
    written = csv_text(pd.DataFrame([texts, texts], columns=heads))
    rows = cells(written)
    assert len(rows) == 3 and {len(row) for row in rows} == {len(texts)}
    for row, meant in zip(rows, (heads, texts, texts), strict=True):
        assert [each if is_number(each) else restored(each) for each in row] == meant
        assert not [each for each in row if is_formula(each)]
    for separator in ";\t":
        others = [each for row in cells(written, separator) for each in row]
        assert not [each for each in others if is_formula(each) and not is_number(each.partition(",")[0])]


@pytest.mark.parametrize("text", [*TEXTS, *CONTROLS], ids=lambda text: ascii(text[:20]))
def test_a_hostile_cell_and_head_stay_text(text):
    assert_plain([text.replace("\ud800", "?"), "plain"])


@given(st.lists(PIECES.map("".join), min_size=1, max_size=3))
def test_whatever_stands_before_a_sign(texts):
    assert_plain(texts)


@pytest.mark.parametrize("kind", ["object", "string", "category"])
def test_every_kind_of_column_is_guarded(kind):
    assert cells(csv_text(pd.DataFrame({"a": pd.Series(["=1", "b"], dtype=kind)})))[1:] == [["'=1"], ["b"]]


def test_numbers_are_no_formulas():
    for text in ("-1", "+1", "-0.5", "1e5", "-2e-3"):
        assert guarded(text) == text
    table = pd.DataFrame({"a": [-1.5, None], "b": [True, False]})
    assert cells(csv_text(table))[1:] == [["-1.5", "True"], ["", "False"]]


PLANTED = bugs("R15", __name__, [
    ("sim/results", "return _FORMULA.sub(\"'\", cell)", "return cell", "test_a_hostile_cell_and_head_stay_text"),
    ("sim/results", "(?=[{_DROPPED}]*[{_SIGNS}])", "(?=[{_SIGNS}])", "test_a_hostile_cell_and_head_stay_text"),
    ("sim/results", "(?:^|(?<=[;\\\\t\\\\r\\\\n]))", "^", "test_a_hostile_cell_and_head_stay_text"),
    ("sim/results", "\\uff1d\\uff0b\\uff0d\\uff20", "", "test_a_hostile_cell_and_head_stay_text"),
    ("sim/results", "table.rename(columns=guarded)", "table.copy()", "test_a_hostile_cell_and_head_stay_text"),
    ("sim/results", 'if "\\r" in text:', "if not text:", "test_a_hostile_cell_and_head_stay_text"),
])  # fmt: skip
