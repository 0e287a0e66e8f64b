"""The first package that is worth enough, against looking at all of them in order."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sim.issues import NO_DEAL
from sim.shortlist import candidates, ordering


@st.composite
def choices(draw):
    """Worth, patterns of lines, orders of choice, patterns that may be used, and levels to ask for."""
    draws, packages, patterns = draw(st.integers(1, 4)), draw(st.integers(1, 12)), draw(st.integers(1, 4))
    worth = draw(hnp.arrays(float, (draws, packages), elements=st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0])))
    pattern = draw(hnp.arrays(np.int64, packages, elements=st.integers(0, patterns - 1)))
    usable = draw(hnp.arrays(bool, (draws, patterns)))
    avoided = draw(hnp.arrays(bool, (draws, patterns)))
    shared = draw(st.booleans())
    orders = [np.array(draw(st.permutations(range(packages)))) for _ in range(1 if shared else draws)]
    least = draw(hnp.arrays(float, draws, elements=st.floats(-0.1, 1.1)))
    return worth, pattern, patterns, usable, avoided, orders, least


@given(choices())
def test_the_first_package_worth_enough_is_found(problem):
    worth, pattern, patterns, usable, avoided, orders, least = problem
    found = candidates(worth, usable, [ordering(order, pattern, patterns) for order in orders])
    rows = np.arange(len(worth))
    short = found.shortlist(usable & ~avoided, rows)
    wanted = []
    for b in rows:
        order = orders[b if len(orders) > 1 else 0]
        fit = [p for p in order if (usable & ~avoided)[b, pattern[p]] and worth[b, p] >= least[b] - 1e-9]
        wanted.append(fit[0] if fit else NO_DEAL)
    assert short.first_worth(least).tolist() == wanted


@given(choices())
def test_exchanging_some_draws_leaves_the_others_alone(problem):
    worth, pattern, patterns, usable, avoided, orders, least = problem
    found = candidates(worth, usable, [ordering(order, pattern, patterns) for order in orders])
    rows = np.arange(len(worth))
    every, some = found.shortlist(usable, rows), rows[::2]
    mixed = every.with_rows(some, found.shortlist((usable & ~avoided)[some], some))
    narrow = found.shortlist(usable & ~avoided, rows)
    wanted = np.where(np.isin(rows, some), narrow.first_worth(least), every.first_worth(least))
    assert mixed.first_worth(least).tolist() == wanted.tolist()
