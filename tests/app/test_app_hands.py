"""Draws of a large scenario in shares: the same bits, whoever plays them and whoever dies."""

import time
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.app import hands as hands_module
from sim.app.hands import Hands, _shares
from sim.results.chunks import Chunk, play_chunk
from sim.scenario import read_scenario
from tests.commands import SCENARIO

SEED, START, COUNT = 7, 30, 41


@given(st.integers(0, 1000), st.integers(1, 500), st.integers(1, 4))
def test_shares_are_all_draws_once_and_in_order(start, count, into):
    into = min(into, count)
    shares = _shares(start, count, into)
    assert [draw for first, length in shares for draw in range(first, first + length)] == [*range(start, start + count)]
    lengths = [length for _, length in shares]
    assert len(lengths) == into and all(one - other in (0, 1) for one, other in pairwise(lengths))


@pytest.fixture(scope="module")
def scenario(tmp_path_factory):
    file = tmp_path_factory.mktemp("hands") / "talks.yaml"
    file.write_text(SCENARIO)
    return read_scenario(file)


@pytest.fixture
def hands(monkeypatch):
    """With one process beside this one, which listens."""
    monkeypatch.setattr(hands_module, "processors", lambda: 2)
    made = Hands()
    made.want()
    until = time.monotonic() + 120
    while not made.hands[0].ready() and time.monotonic() < until:
        time.sleep(0.02)
    yield made
    for hand in made.hands:
        hand.lose()


def same(pieces: list[Chunk], scenario) -> bool:
    whole = play_chunk(scenario, SEED, START, COUNT)
    draws = pd.concat([piece.draws for piece in pieces], ignore_index=True)
    counts = sum((piece.tallies for piece in pieces[1:]), pieces[0].tallies)
    pd.testing.assert_frame_equal(draws, whole.draws, check_exact=True)
    return all(
        np.array_equal(getattr(counts, name), getattr(whole.tallies, name)) for name in ("draws", "agreed", "zone")
    ) and all(np.array_equal(counts.talks[name], found) for name, found in whole.tallies.talks.items())


def test_shares_of_two_processes_are_the_draws_of_one_also_when_one_dies(hands, scenario):
    pieces = hands.play(scenario, SEED, START, COUNT)
    assert [(piece.start, piece.stop) for piece in pieces] == [(30, 51), (51, 71)]
    assert same(pieces, scenario)
    hand = hands.hands[0]
    hand.ask(scenario, SEED, 0, 3)  # whose answer nobody takes
    assert same(hands.play(scenario, SEED, START, COUNT), scenario)
    hand.ask(scenario, SEED, 0, 100_000)
    hand.process.kill()  # while it plays
    pieces = hands.play(scenario, SEED, START, COUNT)
    assert same(pieces, scenario) and len(pieces) == 2
    assert hand.lost and hands.hands == []
    (alone,) = hands.play(scenario, SEED, START, COUNT)
    assert same([alone], scenario)


def test_a_share_that_goes_wrong_elsewhere_is_played_here(hands, scenario):
    """Whatever it was; if it goes wrong here too, the worker says what it is."""
    hand = hands.hands[0]
    hand.scenario = scenario  # so it is not sent, and the process has none
    assert same(hands.play(scenario, SEED, START, COUNT), scenario)
    assert hand.lost and hands.hands == []
