"""Minimal blocking sets: the fewest reservation values and red lines that keep a package out of the ZOPA."""

import numpy as np

from sim.core.compiled import compiled, worth_compiling
from sim.core.exact import TOLERANCE, Floats
from sim.core.packages import Bools, Ints


def minimal_blocking_sets(
    utility: Floats, reservation_value: Floats, signs: Bools, by_pattern: tuple[Ints, Ints], lines_crossed: Ints
) -> set[tuple[int, int]]:
    """The smallest sets of constraints that some package of one draw violates.

    Args:
        utility: Shape (N, P).
        reservation_value: Shape (N,).
        signs: Whose consent a package needs, shape (N, P).
        by_pattern: Packages by the pattern of red lines that they cross: where those of each pattern begin, and where
            the last end, shape (K + 1,), and which they are, shape (P,).
        lines_crossed: Number of real lines that each pattern crosses, shape (K,).

    Returns:
        A pattern, and as bits the signatories to whom the package is worth less than their reservation value.
    """
    sets = np.zeros((2, utility.shape[1]), np.int64)
    find_fewest = worth_compiling(_find_fewest, utility.size)
    count = find_fewest(utility, reservation_value, signs, *by_pattern, lines_crossed, sets)
    return set(zip(*sets[:, :count].tolist(), strict=True))


@compiled
def _find_fewest(
    utility: Floats, reservation_value: Floats, signs: Bools, start: Ints, packages: Ints, lines_crossed: Ints,
    sets: Ints,
) -> int:  # fmt: skip
    """Write the sets down, shape (2, P), and return how many there are; one may come more than once."""
    fewest, found = len(signs) + 1 + lines_crossed.max(), 0
    for k in np.argsort(lines_crossed, kind="mergesort"):
        if lines_crossed[k] > fewest:
            break
        for p in packages[start[k] : start[k + 1]]:
            violated, unwilling = lines_crossed[k], 0
            for n in range(len(reservation_value)):
                if signs[n, p] and utility[n, p] < reservation_value[n] - TOLERANCE:
                    violated += 1
                    unwilling |= 1 << n
                    if violated > fewest:
                        break
            if violated > fewest:
                continue
            if violated < fewest:
                fewest, found = violated, 0
            if not found or sets[0, found - 1] != k or sets[1, found - 1] != unwilling:
                sets[0, found], sets[1, found] = k, unwilling
                found += 1
    return found
