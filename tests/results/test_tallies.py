"""Counts over draws, against counting by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.core.state import ACCEPTED, NOT_ASKED, OFFERED, REFUSED
from sim.model.ensemble import draw
from sim.model.peace_talks import hold_talks
from sim.results.chunks import play_chunk
from sim.results.tallies import BINS, tally, utility_ranges
from tests.problems import pie, problems, read, shipped


@settings(max_examples=25)
@given(problems(max_rounds=5), st.integers(0, 3))
def test_offers_made_and_received_are_counted_once_each(problem, seed):
    scenario = read(problem)
    talks = hold_talks(draw(scenario, seed, 0, 5))
    counted = tally(talks, utility_ranges(scenario, talks.ensemble.structure))
    made = received = 0
    for k, moves in enumerate(talks.moves):
        own = sum(int(((did == OFFERED) | (did == REFUSED)).sum()) for did in moves.did)
        asked = sum(int(((did == ACCEPTED) | (did == REFUSED)).sum()) for did in moves.did)
        assert counted.talks["own_offer"][k].sum() == own
        assert counted.talks["received_offer"][k].sum() == asked
        made, received = made + own, received + asked
    assert made >= len(talks.ensemble)
    assert counted.talks["aspiration"].sum() == (~np.isnan(talks.aspiration)).sum()


def test_who_answers_after_a_silence_answers_what_lay_there_before():
    """Birch's first offer, all of the pie for itself, is worth 0 to ash, who answers it only in round 3."""
    problem = pie((0.1, 0.1), 3, 1, 10)
    problem["protocol"]["order"] = ["ash", "birch"]
    storm = {"id": "storm", "at": {"month": 0.02}, "closes_channel": {"rounds": 1}}
    problem |= {"as_of": "2025-01-01", "events": [storm]}
    scenario = read(problem)
    talks = hold_talks(draw(scenario, 1, 0, 1))
    assert [(moves.did[:, 0] != NOT_ASKED).any() for moves in talks.moves] == [True, False, True]
    received = tally(talks, utility_ranges(scenario, talks.ensemble.structure)).talks["received_offer"]
    assert received[2, talks.ensemble.structure.parties.index("ash")].nonzero()[0].tolist() == [0]


@settings(max_examples=25)
@given(problems(max_rounds=4), st.integers(0, 3))
def test_zone_and_agreement_by_option_pair(problem, seed):
    scenario = read(problem)
    talks = hold_talks(draw(scenario, seed, 0, 5))
    table = talks.ensemble.structure
    counted = tally(talks, utility_ranges(scenario, table))
    texts = [{f"{i}.{o}" for i, o in table.space.options_of(p).items()} for p in range(len(table.space))]
    for a, first in enumerate(table.option_names):
        for b, second in enumerate(table.option_names):
            both = [p for p, options in enumerate(texts) if {first, second} <= options]
            assert counted.zone[a, b] == talks.zone[:, both].any(axis=1).sum()
            assert counted.agreed[a, b] == np.isin(talks.package, both).sum()


def test_a_known_offer_falls_into_its_bin():
    """Orange and lemon: in round 1 both ask for everything, worth 1; the last of 200 bins; .25 opens bin 50."""
    scenario = shipped("orange-and-lemon")
    counted = play_chunk(scenario, 1, 0, 7).tallies
    assert counted.talks["aspiration"][0, :, BINS - 1].tolist() == [7, 7]
    assert counted.talks["no_deal"][0, :, 50].tolist() == [7, 7]
    assert counted.draws == 7


def test_tallies_add_up_over_chunks():
    scenario = shipped("two-banks-pullback")
    whole = play_chunk(scenario, 1, 0, 50).tallies
    parts = play_chunk(scenario, 1, 0, 20).tallies + play_chunk(scenario, 1, 20, 30).tallies
    assert parts.draws == whole.draws
    assert all((parts.talks[name] == counts).all() for name, counts in whole.talks.items())
    assert (parts.agreed == whole.agreed).all()
    assert (parts.zone == whole.zone).all()


def test_tallies_of_different_scenarios_do_not_add_up():
    with pytest.raises(ValueError, match="different scenarios"):
        _ = play_chunk(shipped("orange-and-lemon"), 1, 0, 1).tallies + play_chunk(
            shipped("two-banks-pullback"), 1, 0, 1
        ).tallies


def test_ranges_hold_all_worth_the_linkages_allow():
    scenario = shipped("two-banks-pullback")
    talks = hold_talks(draw(scenario, 1, 0, 20))
    ranges = utility_ranges(scenario, talks.ensemble.structure)
    assert ranges[talks.ensemble.structure.parties.index("lowland")].tolist() == pytest.approx([0, 1.04])
    assert (talks.net_utility >= ranges[None, :, :1] - 1e-12).all()
    assert (talks.net_utility <= ranges[None, :, 1:] + 1e-12).all()
