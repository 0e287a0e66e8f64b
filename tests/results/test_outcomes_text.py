"""Text columns, against text made draw by draw."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from sim.results.columns_signed import names_joined, text_of_codes, text_or_missing


@given(st.integers(0, 20), st.data())
def test_names_are_joined_by_what_each_draw_marks(count, data):
    names = [f"name{n:02d}" for n in range(count)]
    rows = data.draw(st.lists(st.lists(st.booleans(), min_size=count, max_size=count), max_size=5))
    marked = np.array(rows, bool).reshape(len(rows), count)
    wanted = [" | ".join(name for name, mark in zip(names, row, strict=True) if mark) for row in rows]
    assert names_joined(names, marked, " | ").tolist() == wanted


def test_what_is_not_there_is_missing():
    column = text_of_codes(np.array([1, -1, 0, 1]), ["ash", "birch"])
    assert column.dtype == "string"
    assert pd.Series(column).fillna("none").tolist() == ["birch", "none", "ash", "birch"]
    assert text_of_codes(np.array([-1, -1]), []).isna().all()
    column = text_or_missing(np.array(["x", "", None, "y", "x"], object))
    assert column.dtype == "string"
    assert pd.Series(column).fillna("none").tolist() == ["x", "none", "none", "y", "x"]
