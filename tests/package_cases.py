"""Small random tables of packages for tests of compiled loops."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

LEVELS = st.sampled_from([0.0, 0.3, 0.3 + 4e-10, 0.3 + 2e-9, 0.7, 1.0, 1.0 - 4e-10, 1 / 3])
UNIT = st.floats(0, 1)


@st.composite
def cases(draw, levels=LEVELS):
    """Utility of packages, reservation values, who signs, and patterns of lines."""
    draws, parties, packages = draw(st.integers(1, 3)), draw(st.integers(1, 4)), draw(st.integers(1, 9))
    utility = draw(hnp.arrays(float, (draws, parties, packages), elements=levels))
    no_deal = draw(hnp.arrays(float, (draws, parties), elements=levels))
    signs = draw(hnp.arrays(bool, (parties, packages)))
    patterns = draw(st.integers(1, 3))
    pattern = draw(hnp.arrays(np.int64, packages, elements=st.integers(0, patterns - 1)))
    return utility, no_deal, signs, pattern, patterns
