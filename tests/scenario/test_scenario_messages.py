"""Messages are safe to print, short, and guess kindly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.core.wording import closest, cut, listed, meant, quoted, shown
from sim.scenario import Fault, ScenarioError
from sim.scenario.messages import MOST_FAULTS, Faults, Mark


@given(st.text(max_size=300))
def test_foreign_text_is_shown_escaped_and_cut(text):
    safe = shown(text)
    assert safe.isprintable() or safe == ""
    assert len(safe) <= 60


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("plain", "plain"), ("Україна", "Україна"), ("a\x1b[31mb", "a\\x1b[31mb"), ("a\nb", "a\\nb"),
        ("a\u202eb", "a\\u202eb"), ("\ud800", "\\ud800"), ("x" * 100, "x" * 59 + "…"),
    ],
)
def test_shown(text, safe):
    assert shown(text) == safe
    assert quoted(text) == f"'{safe}'"


@given(st.lists(st.tuples(st.integers(1, 500), st.text(max_size=3000)), min_size=1, max_size=60))
def test_an_error_is_short_printable_and_tells_at_most_twenty_faults(found):
    faults = Faults()
    try:
        for line, message in found:
            faults.add(Mark("x.yaml", line, 1), message)
    except ScenarioError as error:
        assert len(error.faults) == MOST_FAULTS
    told = faults.error()
    assert len(told.faults) <= MOST_FAULTS
    assert len(str(told).encode()) < 8000
    assert all(char.isprintable() or char == "\n" for char in str(told))


def test_faults_are_told_by_file_then_line_and_once_a_place():
    faults = Faults()
    for file, line in (("b.yaml", 9), ("a.yaml", 3), ("b.yaml", 2), ("b.yaml", 9)):
        faults.add(Mark(file, line, 1), "wrong", "time.rounds")
    assert str(faults.error()) == (
        "b.yaml:2:1: time.rounds: wrong\nb.yaml:9:1: time.rounds: wrong\na.yaml:3:1: time.rounds: wrong"
    )


def test_long_faults_leave_room_and_say_how_many_are_not_shown():
    error = ScenarioError([Fault("x.yaml", line, 1, "é" * 700) for line in range(1, 11)])
    assert str(error).splitlines()[-1] == "and 5 more faults; mend these first"
    assert len(error.faults) == 10


def test_a_message_is_cut_at_a_character():
    assert cut("é" * 2000).endswith("…")
    assert len(cut("é" * 2000).encode()) <= 1500


@pytest.mark.parametrize(
    ("found", "known", "guess"),
    [
        ("time_dependant", ["hardline", "time_dependent"], "time_dependent"),
        ("Ukraine", ["ukraine", "russia"], "ukraine"), ("no-deal", ["no_deal", "note"], "no_deal"),
        ("foresight", ["weights", "signs"], None), ("", ["a"], None),
    ],
)
def test_a_likeness_is_guessed_only_where_there_is_one(found, known, guess):
    assert closest(found, known) == guess


def test_without_a_likeness_the_choice_is_listed():
    assert meant("x", ["upland", "lowland"]) == "; there is upland and lowland"
    assert meant("x", []) == "; there is none"
    assert meant("uplnd", ["upland", "lowland"]) == "; did you mean 'upland'?"


def test_lists_read_as_phrases():
    assert [listed(names, "or") for names in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "none", "a", "a or b", "a, b or c",
    ]
    assert listed(map(str, range(15))).endswith("10, 11 and 3 more")
