"""Draws of a large scenario in shares: the same bits, whoever plays them and whoever dies."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.app.playing import Helpers, _shares
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
    file = tmp_path_factory.mktemp("helpers") / "talks.yaml"
    file.write_text(SCENARIO)
    return read_scenario(file)


@pytest.fixture
def helpers():
    """One process beside this one, which is ready."""
    made = Helpers(1)
    assert made._count() in (0, 1)
    made.ready[0].result(120)
    yield made
    made.end()


def same(pieces: list[Chunk], scenario) -> bool:
    whole = play_chunk(scenario, SEED, START, COUNT)
    draws = pd.concat([piece.draws for piece in pieces], ignore_index=True)
    counts = sum((piece.tallies for piece in pieces[1:]), pieces[0].tallies)
    pd.testing.assert_frame_equal(draws, whole.draws, check_exact=True)
    return all(
        np.array_equal(getattr(counts, name), getattr(whole.tallies, name)) for name in ("draws", "agreed", "zone")
    ) and all(np.array_equal(counts.talks[name], found) for name, found in whole.tallies.talks.items())


def test_shares_of_two_processes_are_the_draws_of_one_also_when_one_dies(helpers, scenario):
    pieces = helpers.play(scenario, SEED, START, COUNT)
    assert [(piece.start, piece.stop) for piece in pieces] == [(30, 51), (51, 71)]
    assert same(pieces, scenario)
    helpers.pool.submit(play_chunk, scenario, SEED, 0, 3)  # whose result nobody waits for
    assert same(helpers.play(scenario, SEED, START, COUNT), scenario)
    (process,) = helpers.pool.processes.values()
    helpers.pool.submit(play_chunk, scenario, SEED, 0, 100_000)
    process.kill()  # while it plays
    pieces = helpers.play(scenario, SEED, START, COUNT)
    assert same(pieces, scenario) and len(pieces) == 2
    assert helpers.pool is None and not process.is_alive()
    (alone,) = helpers.play(scenario, SEED, START, COUNT)
    assert same([alone], scenario)


def test_helpers_that_ended_before_they_were_asked_are_done_without(helpers, scenario):
    (process,) = helpers.pool.processes.values()
    process.kill()
    process.join()
    assert same(helpers.play(scenario, SEED, START, COUNT), scenario)
    assert same(helpers.play(scenario, SEED, START, COUNT), scenario) and helpers.pool is None


def fail(*arguments):
    """Stands in for `play_chunk` in a helper."""
    raise FloatingPointError


def test_a_share_that_goes_wrong_elsewhere_is_played_here(helpers, scenario, monkeypatch):
    """Whatever it was; if it goes wrong here too, the worker says what it is."""
    submit = helpers.pool.submit
    monkeypatch.setattr(helpers.pool, "submit", lambda function, *arguments: submit(fail, *arguments))
    assert same(helpers.play(scenario, SEED, START, COUNT), scenario)
    assert helpers.pool is None
