"""A party's best package and its candidates, against looking at all packages in order."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sim.core.bids import FIRST_WIDTH, Candidates, ordering
from sim.core.opponent_model import Regard
from sim.core.packages import NO_DEAL
from sim.core.utility import EVERYBODY, Lines
from sim.model.agents import Choices

NEAR = 4e-10  # within the tolerance of 1e-9; three of these steps are not


@st.composite
def problems(draw):
    """One party among two: worths with near ties, the lines packages cross, what is real and heard, orders, levels."""
    draws, packages, lines = draw(st.integers(1, 4)), draw(st.integers(1, 12)), draw(st.integers(0, 3))
    levels = [0.0, 0.25, 0.5, 0.75, 1.0, 1.0 - NEAR, 1.0 - 3 * NEAR, 0.5 + 2 * NEAR]
    worth = draw(hnp.arrays(float, (draws, 2, packages), elements=st.sampled_from(levels)))
    crosses = draw(hnp.arrays(bool, (draw(st.integers(1, 4)), lines)))
    pattern = draw(hnp.arrays(np.int64, packages, elements=st.integers(0, len(crosses) - 1)))
    owners = draw(hnp.arrays(np.int64, lines, elements=st.sampled_from([1, EVERYBODY])))
    table = Lines(tuple(f"line{n}" for n in range(lines)), owners, pattern, crosses)
    shuffles = st.permutations(range(packages))
    orders = [np.array(draw(shuffles)) for _ in range(draw(st.sampled_from([1, draws])))]
    ranks = np.array([draw(shuffles) for _ in orders])
    masks = [draw(hnp.arrays(bool, (draws, lines))) for _ in range(3)]
    struck = draw(st.one_of(st.none(), hnp.arrays(bool, (draws, packages))))
    least = draw(hnp.arrays(float, draws, elements=st.floats(-0.1, 1.1)))
    regard = Regard(1, tuple(ordering(order, pattern) for order in orders), ranks)
    return worth, table, regard, orders, masks, struck, least


def choices_of(worth, party, table, regard, lists):
    (draws, parties, packages), patterns = worth.shape, len(table.crosses)
    return Choices(worth, party, table, regard, Candidates(parties, draws, packages, patterns), lists)


def may_sign(table, real, struck, b, p):
    return not (table.crosses[table.pattern[p]] & real[b]).any() and not (struck is not None and struck[b, p])


def best_of(worth, packages, rank):
    """The most worth, ties within the tolerance by rank."""
    top = max(worth[p] for p in packages)
    return min((p for p in packages if worth[p] >= top - 1e-9), key=lambda p: rank[p])


@given(problems(), st.booleans(), st.booleans())
def test_the_best_package_is_found(problem, lists, asked):
    """Also once candidates have been asked for that were not kept before."""
    worth, table, regard, _, (real, _, _), struck, _ = problem
    choices = choices_of(worth, 1, table, regard, lists)
    if struck is not None:
        choices.strike(np.arange(len(worth)), struck)
    choices.update(real)
    if asked:
        choices.shortlists(real)
    for b in range(len(worth)):
        rank = regard.tie_rank[b if len(regard.tie_rank) > 1 else 0]
        fit = [p for p in range(worth.shape[2]) if may_sign(table, real, struck, b, p)]
        assert choices.signable[b].nonzero()[0].tolist() == fit
        assert choices.could_sign(np.full(worth.shape[2], b), np.arange(worth.shape[2])).nonzero()[0].tolist() == fit
        if fit:
            assert choices.best_package[b] == best_of(worth[b, 1], fit, rank)
            assert choices.best[b] == worth[b, 1, choices.best_package[b]]
            continue
        assert choices.best[b] == -np.inf
        everybody = real & (table.party == EVERYBODY)
        left = [p for p in range(worth.shape[2]) if may_sign(table, everybody, struck, b, p)]
        assert choices.best_package[b] == best_of(worth[b, 1], left or range(worth.shape[2]), rank)


@given(problems(), st.booleans())
def test_the_first_package_worth_enough_is_found(problem, lists):
    """Also after lines have come to be real or heard of in some draws."""
    worth, table, regard, orders, (before, real, heard), struck, least = problem
    choices = choices_of(worth, 1, table, regard, lists)
    choices.update(before)
    choices.shortlists(before)
    if struck is not None:
        choices.strike(np.arange(len(worth)), struck)
    choices.update(real)
    avoiding, any_line = choices.shortlists(heard)
    for shortlist, avoided in ((avoiding, heard), (any_line, np.zeros_like(heard))):
        wanted = []
        for b in range(len(worth)):
            order = orders[b if len(orders) > 1 else 0]
            fit = [
                p for p in order
                if may_sign(table, real, struck, b, p) and may_sign(table, avoided, None, b, p)
                and worth[b, 1, p] >= least[b] - 1e-9
            ]  # fmt: skip
            wanted.append(fit[0] if fit else NO_DEAL)
        assert shortlist.first_worth(least).tolist() == wanted


def test_there_may_be_more_candidates_than_there_is_room_for_at_first():
    packages = 3 * FIRST_WIDTH
    table = Lines((), np.zeros(0, np.int64), np.zeros(packages, np.int64), np.zeros((1, 0), bool))
    order = np.arange(packages)
    worth = np.array([[order / packages], [order[::-1] / packages]])
    choices = choices_of(worth, 0, table, Regard(0, (ordering(order, table.pattern),), order[None]), True)
    choices.update(np.zeros((2, 0), bool))
    assert choices.candidates.count.tolist() == [[packages, 1]]
    asked = np.array([0.9, 0.9])
    assert choices.shortlists(np.zeros((2, 0), bool))[0].first_worth(asked).tolist() == [np.ceil(0.9 * packages), 0]
