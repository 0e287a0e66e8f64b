"""Ensembles of a design: uniforms by input path take the place of streams, and nothing else moves."""

import numpy as np
import pandas as pd
import pytest

from sim.core.streams import uniform
from sim.model.ensemble import draw
from sim.results.chunks import play_chunk
from tests.problems import shipped

NO_DEAL, WEIGHT = "parties.lowland.no_deal", "parties.upland.weights.strip"
LINE = "parties.lowland.red_lines.not_under_its_guns.real"


def test_a_design_of_the_streams_own_uniforms_changes_nothing():
    scenario = shipped("two-banks-pullback")
    plain = draw(scenario, 3, 10, 50)
    given = {NO_DEAL: uniform(3, NO_DEAL, 10, 50), LINE: uniform(3, "parties.lowland.lines.order.real", 10, 50)}
    pd.testing.assert_frame_equal(
        play_chunk(scenario, 3, 10, 50, given=given).draws, play_chunk(scenario, 3, 10, 50).draws
    )
    assert all(np.array_equal(plain.inputs[path], draw(scenario, 3, 10, 50, given=given).inputs[path])
               for path in plain.inputs)  # fmt: skip


def test_a_design_moves_its_inputs_and_nothing_else():
    """Lowland's no deal is triangular on [.42, .68] about .55: half of it below .55, an eighth below .485."""
    scenario = shipped("two-banks-pullback")
    plain = draw(scenario, 1, 0, 3)
    moved = draw(scenario, 1, 0, 3, given={NO_DEAL: np.array([0.0, 0.125, 0.5]), LINE: np.array([0.0, 0.79, 0.81])})
    assert moved.inputs[NO_DEAL] == pytest.approx([0.42, 0.485, 0.55], abs=1e-12)
    assert moved.inputs[LINE].tolist() == [True, True, False], "its hardness is .8"
    same = {path for path in plain.inputs if np.array_equal(plain.inputs[path], moved.inputs[path])}
    assert same == plain.inputs.keys() - {NO_DEAL, LINE}
    assert np.array_equal(plain.turns, moved.turns)


def test_a_design_may_be_played_in_blocks_and_pieces():
    scenario = shipped("two-banks-pullback")
    given = {NO_DEAL: uniform(9, "test.design", 0, 60), WEIGHT: uniform(9, "test.other", 0, 60)}
    whole = play_chunk(scenario, 1, 0, 60, given=given).draws
    pd.testing.assert_frame_equal(whole, play_chunk(scenario, 1, 0, 60, block=7, given=given).draws)
    late = play_chunk(scenario, 1, 40, 20, given={path: values[40:] for path, values in given.items()}).draws
    pd.testing.assert_frame_equal(whole[40:].reset_index(drop=True), late)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"parties.lowland.nodeal": np.zeros(5)}, "is not drawn"),
        ({"parties.lowland.discount_per_month": np.zeros(5)}, "is not drawn"),
        ({NO_DEAL: np.zeros(4)}, "needs 5 uniforms"),
        ({NO_DEAL: np.ones(5)}, "needs 5 uniforms"),
        ({LINE: np.zeros(5)}, "are drawn together"),
    ],
)
def test_a_design_that_does_not_fit_is_refused(given, said):
    scenario = shipped("two-banks-pullback").with_sets(["lines=together"])
    with pytest.raises(ValueError, match=said):
        draw(scenario, 1, 0, 5, given=given)
    with pytest.raises(ValueError, match="are drawn together"):
        draw(scenario, 1, 0, 5, given={LINE: np.zeros(5), LINE.replace("lowland", "upland"): np.full(5, 0.5)})
