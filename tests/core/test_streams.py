"""Streams by name and index, and the laws against scipy."""

import hashlib

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import integrate, stats

from sim.core import streams

NAME = "party/north/weight/border"
GRID = np.arange(0, 4097) / 4096  # 0 and 1 are in it


# Streams


@given(st.integers(-(2**70), 2**70), st.text(max_size=20), st.integers(0, 10**12), st.integers(0, 40), st.data())
def test_any_slice_is_that_part_of_the_whole(seed, name, start, count, data):
    first = data.draw(st.integers(0, count))
    size = data.draw(st.integers(0, count - first))
    whole = streams.uniform(seed, name, start, count)
    assert whole.shape == (count,)
    assert np.array_equal(streams.uniform(seed, name, start + first, size), whole[first : first + size])


def test_a_stream_is_one_run_of_philox():
    """Word for word the raw stream of the key, counted on without a gap from draw 0."""
    key = int.from_bytes(hashlib.sha256(f"{streams.STREAMS}|7|{NAME}".encode()).digest()[:16], "little")
    words = np.random.Philox(key=key).random_raw(1000)
    assert np.array_equal(streams.uniform(7, NAME, 0, 1000), [(int(word) >> 11) / 2**53 for word in words])


def test_names_and_seeds_have_streams_of_their_own():
    keys = [(seed, name) for seed in (0, 1, -1, 11, 2**64) for name in ("a", "b", "1|a", "")]
    first = {streams.uniform(seed, name, 0, 8).tobytes() for seed, name in keys}
    assert len(first) == len(keys)


def test_uniforms_are_uniform_below_one():
    u = streams.uniform(0, NAME, 0, 100_000)
    assert ((u >= 0) & (u < 1)).all()
    assert (u * 2**53 == np.floor(u * 2**53)).all()
    assert stats.kstest(u, "uniform").pvalue > 0.001
    assert abs(np.corrcoef(u, streams.uniform(0, NAME + "2", 0, 100_000))[0, 1]) < 0.015


@pytest.mark.parametrize(("start", "count"), [(-1, 4), (0, -1)])
def test_a_slice_before_the_beginning_is_refused(start, count):
    with pytest.raises(ValueError, match="start >= 0 and count >= 0"):
        streams.uniform(1, NAME, start, count)


def test_bits_of_the_streams_are_remembered():
    """If this moves, every result moves: change SCHEME too, and say so in CHANGELOG.md."""
    assert (streams.STREAMS, streams.SCHEME) == ("peacesim-1", "peacesim-3")
    parts = [streams.uniform(seed, name, start, 16)
             for seed in (0, 1, 2024) for name in (NAME, "line/no_recognition", "ünï") for start in (0, 1023, 10**9)]
    digest = hashlib.sha256(np.concatenate(parts).astype("<f8").tobytes()).hexdigest()
    assert digest == "b4272d342efecd3a4d21af89f4ed50b0b684fd40937c1d1a516ca4757b9398ab"


# Laws

TRIPLES = [(0.0, 0.3, 1.0), (0.65, 0.88, 1.0), (-5.0, -5.0, 3.0), (10.0, 250.0, 250.0), (0.0, 0.025, 1.0),
           (1e6, 1.2e6, 4e6), (-0.2, 0.0, 0.1)]


def beta(low, mode, high):
    span = high - low
    return stats.beta(1 + 4 * (mode - low) / span, 1 + 4 * (high - mode) / span, low, span)


def cut_normal(low, high):
    middle, spread = (low + high) / 2, (high - low) / 2 / stats.norm.ppf(0.95)
    return stats.truncnorm(stats.norm.ppf(0.001), stats.norm.ppf(0.999), middle, spread)


def reference(law, low, mode, high):
    return {
        "beta": lambda: beta(low, mode, high),
        "normal": lambda: cut_normal(low, high),
        "triangular": lambda: stats.triang((mode - low) / (high - low), low, high - low),
        "uniform": lambda: stats.uniform(low, high - low),
    }[law]()


@pytest.mark.parametrize("triple", TRIPLES)
@pytest.mark.parametrize("law", streams.LAWS)
def test_a_law_has_the_distribution_of_its_name(law, triple):
    values = streams.draw_law(GRID, law, *triple)
    assert np.abs(reference(law, *triple).cdf(values) - GRID).max() < (1e-6 if law == "beta" else 1e-12)


@pytest.mark.parametrize("toward", np.linspace(0, 1, 41))
def test_the_table_of_the_beta_law_is_good_for_every_mode(toward):
    u = streams.uniform(3, f"beta/{toward}", 0, 4000)
    tails = np.array([1e-12, 1e-9, 1e-6, 1 - 1e-6, 1 - 1e-9, 1 - 1e-12])
    u = np.concatenate([u, tails])
    assert np.abs(beta(0, toward, 1).cdf(streams.pert(u, 0.0, toward, 1.0)) - u).max() < 1e-6


@pytest.mark.parametrize("triple", TRIPLES)
@pytest.mark.parametrize("law", streams.LAWS)
def test_a_law_has_the_mean_it_states(law, triple):
    mean = streams.law_mean(law, *triple)
    span = triple[2] - triple[0]
    assert mean == pytest.approx(float(reference(law, *triple).mean()), abs=1e-12 * span, rel=1e-12)
    drawn = integrate.simpson(streams.draw_law(GRID, law, *triple), x=GRID)
    assert mean == pytest.approx(float(drawn), abs=1e-3 * span)


def test_the_mean_of_a_triangular_law_is_not_its_mode():
    assert streams.law_mean("triangular", 0.65, 0.88, 1.0) == pytest.approx(0.8433, abs=5e-5)
    assert streams.law_mean("beta", 0.65, 0.88, 1.0) == pytest.approx((0.65 + 3.52 + 1.0) / 6)


@pytest.mark.parametrize("law", ["beta", "triangular"])
@given(low=st.floats(-10, 0), high=st.floats(0.001, 10))
@example(low=-10.0, high=-3.9)  # here low + (high - low) is less than high
def test_the_ends_are_exact_also_where_the_mode_is_one(law, low, high):
    for mode in (low, high):
        assert streams.draw_law(np.array([0.0, 1.0]), law, low, mode, high).tolist() == [low, high]


def test_the_normal_law_is_cut_and_even_handed():
    low, middle, high = streams.normal_between(np.array([0.0, 0.5, 1.0]), 2.0, 6.0)
    assert middle == 4
    assert (low, high) == pytest.approx((4 - 2 * 3.090232 / 1.644854, 4 + 2 * 3.090232 / 1.644854), abs=1e-5)
    uncut = (0.05 - 0.001) / 0.998  # the uniform that stands for the 5th percentile
    assert streams.normal_between(np.array([uncut, 1 - uncut]), 2.0, 6.0).tolist() == pytest.approx([2, 6])


def numbers():
    sizes = st.floats(-1e6, 1e6).map(lambda x: round(x, 3))
    return st.lists(sizes, min_size=3, max_size=3).map(sorted)


@pytest.mark.parametrize("law", streams.LAWS)
@given(triple=numbers(), seed=st.integers(0, 1000))
def test_a_law_keeps_the_order_of_uniforms_and_its_range(law, triple, seed):
    low, mode, high = triple
    values = streams.draw_law(np.sort(streams.uniform(seed, law, 0, 200)), law, low, mode, high)
    noise = 1e-13 * max(abs(low), abs(high))
    assert (np.diff(values) >= -noise).all()
    reach = 0.44 * (high - low) + noise if law == "normal" else 0
    assert ((values >= low - reach) & (values <= high + reach)).all()


@pytest.mark.parametrize("law", streams.LAWS)
@given(value=st.floats(-1e6, 1e6))
def test_a_law_without_width_is_one_number(law, value):
    assert (streams.draw_law(GRID[:9], law, value, value, value) == value).all()
    assert streams.law_mean(law, value, value, value) == pytest.approx(value, rel=1e-15)


@pytest.mark.parametrize("triple", [(1.0, 0.5, 2.0), (0.0, 3.0, 2.0), (2.0, 2.0, 1.0), (0.0, np.nan, 1.0),
                                    (0.0, 1.0, np.inf)])
@pytest.mark.parametrize("law", streams.LAWS)
def test_numbers_out_of_order_are_refused(law, triple):
    with pytest.raises(ValueError, match="rising order"):
        streams.draw_law(GRID, law, *triple)
    with pytest.raises(ValueError, match="rising order"):
        streams.law_mean(law, *triple)


def test_an_unknown_law_is_refused_with_those_there_are():
    with pytest.raises(ValueError, match="no law is called 'gamma'; there are beta, normal, triangular, uniform"):
        streams.draw_law(GRID, "gamma", 0.0, 0.5, 1.0)


def test_bits_of_the_laws_are_remembered():
    values = [streams.draw_law(GRID, law, *triple) for law in streams.LAWS for triple in TRIPLES]
    assert hashlib.sha256(np.concatenate(values).astype("<f8").tobytes()).hexdigest() == (
        "a9f79d6417bb4e7642d2f2d5b1631df09c9db463debd78d869ffa4c54acab0b6")
