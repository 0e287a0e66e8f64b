"""How a party ranks packages by what they do for the others: against a plain sort by the keys, one after another."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sim.core.opponent_model import Knowledge, regard
from sim.core.utility import Lines

LEVELS = st.sampled_from([0.0, 0.25, 0.25 + 4e-10, 0.5, 1.0])
FINE = 1e-9  # worths are compared in steps of this
MOST = 1e6  # where nobody else signs, nobody is left short


def keys(known, draw, party, signs, leaning, package):
    """Share, gain and sum of gains of the other signatories, in steps."""
    shares, gains, weighed = [MOST], [MOST], [0.0]
    for other in range(len(signs)):
        if other != party and signs[other, package]:
            worth, best = known.utility[draw, other, package], known.best[draw, other]
            gain, weight = worth - known.reservation_value[draw, other], leaning[other]
            shares.append(worth / best / weight if best > FINE else 0.0)
            gains.append(gain * weight if gain < 0 else gain / weight)
            weighed.append(gain * weight)
    return tuple(int(np.rint(each / FINE)) for each in (min(shares), min(gains), sum(sorted(weighed))))


@given(st.data())
def test_packages_go_by_share_then_gain_then_sum_then_digest(data):
    draws, parties, packages = (data.draw(st.integers(1, most)) for most in (2, 3, 8))
    worth = data.draw(hnp.arrays(float, (draws, parties, packages), elements=LEVELS))
    no_deal = data.draw(hnp.arrays(float, (draws, parties), elements=LEVELS))
    signs = data.draw(hnp.arrays(bool, (parties, packages)))
    digest = np.array(data.draw(st.permutations(range(packages))))
    leaning = np.array([data.draw(st.sampled_from([1.0, 1.5, 0.5])) for _ in range(parties)])
    pattern = np.arange(packages) % 2
    known = Knowledge(worth, worth.max(axis=2), no_deal)
    found = regard(0, known, signs, digest, Lines((), np.zeros(0, np.int64), pattern, np.zeros((2, 0), bool)), leaning)
    for b in range(draws):
        of = [keys(known, b, 0, signs, leaning, p) for p in range(packages)]
        order = sorted(range(packages), key=lambda p: (*(-step for step in of[p]), digest[p]))
        equals = sorted(range(packages), key=lambda p: (*(-step for step in of[p][1:]), digest[p]))
        assert found.orderings[b].packages.tolist() == order
        assert found.orderings[b].patterns.tolist() == pattern[order].tolist()
        assert np.argsort(found.tie_rank[b]).tolist() == equals
