"""The Pareto frontier against the definition written out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.core.pareto import distinct_vectors, pareto_frontier


def dominated_by_none(utility):
    """The definition, package against package."""
    packages = utility.T
    return np.array([
        not any((other >= package).all() and (other > package).any() for other in packages) for package in packages
    ], bool)


@st.composite
def worths(draw, most_packages=60):
    """Worth on a coarse grid, so that equal worths and equal packages are common."""
    parties, packages = draw(st.integers(1, 5)), draw(st.integers(1, most_packages))
    levels = draw(st.sampled_from([2, 4, 10, 1000]))
    cells = st.lists(st.integers(-levels, levels), min_size=parties * packages, max_size=parties * packages)
    return np.array(draw(cells), float).reshape(parties, packages) / levels


@given(worths())
def test_the_frontier_is_what_nothing_dominates(utility):
    np.testing.assert_array_equal(pareto_frontier(utility), dominated_by_none(utility))


@pytest.mark.parametrize("parties", [3, 4, 5])
@pytest.mark.parametrize("count", [1, 63, 64, 65, 127, 128, 129, 193, 500])
def test_sets_of_rivals_end_where_their_words_do(parties, count):
    """Worths of a few levels, so that each party finds many equal and vectors come several times over."""
    rng = np.random.default_rng(count)
    share = rng.multinomial(3 * parties, np.full(parties, 1 / parties), count).T
    utility = (share + (rng.random(count) < 0.2)) / 12
    np.testing.assert_array_equal(pareto_frontier(utility), dominated_by_none(utility))


def test_thousands_of_opposed_packages_among_thousands_that_are_beaten():
    """Of 9,000 packages each is 0.01 less to all than one of 4,500, and those are on the frontier: known beforehand."""
    rng = np.random.default_rng(7)
    share = rng.dirichlet(np.ones(4), 4_500).T
    order = rng.permutation(13_500)
    utility = np.concatenate([share, share - 0.01, share - 0.02], axis=1)[:, order]
    np.testing.assert_array_equal(pareto_frontier(utility), order < 4_500)


def test_worths_too_large_to_add_without_rounding():
    """All sums round to the same number, and which package beats which must not be lost with the last digits."""
    much, little = np.full(300, 1e10), np.arange(300) / 300
    np.testing.assert_array_equal(pareto_frontier(np.array([much, much, little])), np.arange(300) == 299)


@pytest.mark.parametrize("parties", [1, 2, 3, 4, 6])
@pytest.mark.parametrize("opposed", [0.0, 0.9, 1.0])
def test_large_problems_are_split_and_put_together_rightly(parties, opposed):
    """Many vectors of about the same sum: most of them on the frontier, none cut off early."""
    rng = np.random.default_rng(parties)
    share = rng.dirichlet(np.ones(parties), 500).T
    utility = np.round(share * (opposed + (1 - opposed) * rng.random(500)), 3)
    frontier = pareto_frontier(utility)
    np.testing.assert_array_equal(frontier, dominated_by_none(utility))
    if parties > 2 and opposed == 1:
        assert frontier.sum() > 256  # so that several blocks were needed


def test_packages_with_the_same_worth_to_all_are_on_the_frontier_together():
    utility = np.array([[0.5, 0.5, 0.4, 0.5], [0.6, 0.6, 0.6, 0.5]])
    np.testing.assert_array_equal(pareto_frontier(utility), [True, True, False, False])


def test_the_last_bit_dominates_nobody():
    """0.1 + 0.2 is a bit more than 0.3, and neither package is better for it."""
    utility = np.array([[0.1 + 0.2, 0.3], [0.5, 0.5]])
    assert utility[0, 0] > utility[0, 1]
    assert pareto_frontier(utility).all()


def test_a_step_of_the_grid_is_a_difference():
    utility = np.array([[0.300000002, 0.3, 0.3], [0.5, 0.500000001, 0.5]])
    np.testing.assert_array_equal(pareto_frontier(utility), [True, True, False])


def test_worth_without_parties_is_refused():
    with pytest.raises(ValueError, match=r"\(0, 4\)"):
        pareto_frontier(np.zeros((0, 4)))


@given(worths(), st.randoms())
def test_order_of_packages_and_parties_does_not_matter(utility, random):
    columns, rows = list(range(utility.shape[1])), list(range(len(utility)))
    random.shuffle(columns)
    random.shuffle(rows)
    np.testing.assert_array_equal(pareto_frontier(utility[rows][:, columns]), pareto_frontier(utility)[columns])


@given(worths())
def test_distinct_vectors_count_every_package_once(utility):
    vectors, count = distinct_vectors(utility)
    expected, expected_count = np.unique(utility, axis=1, return_counts=True)
    np.testing.assert_array_equal(vectors[:, ::-1], expected)
    np.testing.assert_array_equal(count[::-1], expected_count)
