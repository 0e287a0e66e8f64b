"""The one loop in which turns are taken: with and without the compiler, a draw alone and among others."""

import copy
from dataclasses import fields
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.core import compiled
from sim.model.ensemble import draw
from sim.model.peace_talks import Talks, hold_talks
from sim.results.chunks import play_chunk
from sim.results.tallies import Tallies
from sim.strategies import STRATEGIES
from tests.problems import problems
from tests.worlds import made, worlds

STRATEGY = st.one_of(
    st.sampled_from([{"name": name} for name in STRATEGIES]),
    st.fixed_dictionaries({
        "name": st.sampled_from(["tit_for_tat", "hybrid"]),
        "kind": st.sampled_from(["absolute", "relative", "averaged"]),
        "span": st.integers(1, 3),
    }),
)  # fmt: skip
RULES = st.fixed_dictionaries({
    "offers": st.sampled_from(["best_for_others", "least_own", "nearest", "nash"]),
    "accepts": st.sampled_from(["threshold", "next_offer", "combined"]),
})  # fmt: skip


@st.composite
def tables(draw: st.DrawFn) -> dict[str, Any]:
    """A small problem, something going on around its table or not, between any strategies by any rules."""
    problem = copy.deepcopy(draw(st.one_of(problems(), worlds(), worlds(agenda=True))))
    for party in problem["parties"].values():
        party["strategy"] = draw(STRATEGY)
        if not party["strategy"]["name"].startswith("negmas"):
            party["strategy"] |= draw(st.one_of(st.just({}), RULES))
    if draw(st.booleans()) and draw(st.booleans()):
        agenda = {key: problem["protocol"][key] for key in ("agenda", "reopen") if key in problem["protocol"]}
        problem["protocol"] = {"name": "negmas_0_16", "order": "fixed"} | agenda
    elif problem["protocol"]["name"] == "alternating_offers":
        problem["protocol"]["memory"] = draw(st.integers(1, 9))
    return problem


def assert_same(one: Talks, other: Talks) -> None:
    """All that came of it, bit for bit."""
    assert len(one.moves) == len(other.moves)
    for move, plain_move in zip(one.moves, other.moves, strict=True):
        for name, found, wanted in zip(move._fields, move, plain_move, strict=True):
            assert np.array_equal(found, wanted), name
    for entry in fields(one):
        found, wanted = getattr(one, entry.name), getattr(other, entry.name)
        if isinstance(found, np.ndarray):
            assert np.array_equal(found, wanted, equal_nan=found.dtype.kind == "f"), entry.name


@settings(max_examples=60)
@given(tables(), st.integers(0, 9))
def test_without_the_compiler_it_is_the_same_to_the_last_bit(problem, seed):
    scenario, played, chunks = made(problem), [], []
    for few in (-1, np.inf):  # all loops compiled, and none
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(compiled, "FEW", few)
            played.append(hold_talks(draw(scenario, seed, 0, 3)))
            chunks.append(play_chunk(scenario, seed, 0, 3))
    assert_same(*played)
    pd.testing.assert_frame_equal(*(chunk.draws for chunk in chunks), check_exact=True)
    assert_same_counts(*(chunk.tallies for chunk in chunks))


def assert_same_counts(one: Tallies, other: Tallies) -> None:
    for quantity, counts in one.talks.items():
        assert np.array_equal(counts, other.talks[quantity]), quantity
    assert np.array_equal(one.agreed, other.agreed) and np.array_equal(one.zone, other.zone)
