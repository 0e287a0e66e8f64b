"""Loops over the packages of zones that measure how far an agreement lies from them.

As in `kernels.py`: what they compute is defined here, and tests hold the same in NumPy against it.
"""

import numpy as np

from sim.compiled import compiled
from sim.exact import Floats
from sim.issues import Bools, Ints, Options

NASH, KALAI_SMORODINSKY, EGALITARIAN, UTILITARIAN = range(4)  # rows of what is measured


@compiled("f2", "i", "b", "b1", "f", "F1")
def _combined(gains: Floats, place: int, is_product: bool, counted: Bools, tolerance: float, ordered: Floats) -> float:
    """Product of real gains, or sum of gains, of the parties that count, by ascending value; `ordered` is for work."""
    found = 0
    for m in range(len(gains)):
        if not counted[m]:
            continue
        gain = gains[m, place]
        if is_product and gain < tolerance:
            gain = 0.0
        at = found
        while at > 0 and ordered[at - 1] > gain:
            ordered[at] = ordered[at - 1]
            at -= 1
        ordered[at] = gain
        found += 1
    if not found:
        return 0.0
    total = ordered[0]
    for at in range(1, found):
        total = total * ordered[at] if is_product else total + ordered[at]
    return float(total)


@compiled("f2", "i", "b", "b1", "f", "F1", "F1")
def _combine(
    gains: Floats, count: int, is_product: bool, counted: Bools, tolerance: float, ordered: Floats, value: Floats
) -> float:
    """The same of all packages of a zone and of the agreement behind them; returns the largest of the zone."""
    largest = -np.inf
    for place in range(count + 1):
        value[place] = _combined(gains, place, is_product, counted, tolerance, ordered)
        if place < count:
            largest = max(largest, value[place])
    return largest


@compiled("f2", "i", "f1", "f", "b", "F1")
def _smallest(gains: Floats, count: int, top: Floats, tolerance: float, as_share: bool, value: Floats) -> float:
    """The smallest gain, or the smallest share of their largest gain among the parties that can gain, 0 if none can.

    Of all packages of a zone and of the agreement behind them; returns the largest of the zone.
    """
    largest = -np.inf
    for place in range(count + 1):
        least = np.inf
        for m in range(len(gains)):
            if not as_share:
                least = min(least, gains[m, place])
            elif top[m] >= tolerance:
                least = min(least, gains[m, place] / top[m])
        value[place] = least if least < np.inf else 0.0
        if place < count:
            largest = max(largest, value[place])
    return largest


@compiled("f1", "f", "i1", "u2", "i")
def _fewest_off(value: Floats, enough: float, packages: Ints, options: Options, agreed: int) -> int:
    """On how many issues an agreement differs from the nearest of the packages whose value is enough."""
    fewest = options.shape[1] + 1
    for place in range(len(packages)):
        if value[place] >= enough:
            off = 0
            for i in range(options.shape[1]):
                off += options[packages[place], i] != options[agreed, i]
            fewest = min(fewest, off)
    return int(fewest)


@compiled("f3", "b2", "i", "i1", "i")
def _most_for_all(utility: Floats, signs: Bools, b: int, packages: Ints, agreed: int) -> float:
    """How much more than an agreement the best of some packages gives to each of its signatories; inf without any."""
    most = -np.inf
    for p in packages:
        least = np.inf
        for n in range(len(signs)):
            if signs[n, agreed]:
                least = min(least, utility[b, n, p] - utility[b, n, agreed])
        most = max(most, least)
    return most


@compiled("f3", "f2", "b2", "i1", "i1", "i1", "i1", "i1", "u2", "f", "f", "F2", "F2", "I2", "B2", "F1")
def measure_agreements(
    utility: Floats,
    no_deal: Floats,
    signs: Bools,
    start: Ints,
    packages: Ints,
    rows: Ints,
    agreed: Ints,
    members: Ints,
    options: Options,
    tolerance: float,
    no_product: float,
    largest: Floats,
    own: Floats,
    off: Ints,
    counted: Bools,
    most: Floats,
) -> None:
    """What agreements reach of what reference solutions make largest, over the zone of each draw.

    Args:
        utility: Worth of packages, shape (B, N, P).
        no_deal: Worth of no agreement, shape (B, N).
        signs: Whose consent a package needs, shape (N, P).
        start, packages: The zones, as `Listed` has them.
        rows: Draws to look at; each has an agreement and some package in its zone.
        agreed: Package agreed on, shape (B,).
        members: Indices of the parties that count, at least one, M.
        options: Option of each issue in each package, shape (P, I).
        tolerance: A gain below it counts as 0 in products; ties are within it, for products as a share of the largest.
        no_product: With a largest product below this it is taken over the parties that can gain.
        largest, own: Where the largest measure of the zone and that of the agreement go, a row a measure, shape
            (4, rows): the product of gains, 0 if nobody can gain; the smallest share of the largest gain; the
            smallest gain; the sum of gains.
        off: On how many issues the agreement differs from the nearest package that ties for the largest, likewise.
        counted: Which parties the product is over, shape (rows, M).
        most: How much more than the agreement the best package of the zone gives to each of the signatories; inf where
            nobody signs, shape (rows,).
    """
    widest = 0
    for b in rows:
        widest = max(widest, start[b + 1] - start[b])
    gains, value = np.empty((len(members), widest + 1)), np.empty(widest + 1)
    top, ordered, everybody = np.empty(len(members)), np.empty(len(members)), np.ones(len(members), np.bool_)
    for row in range(len(rows)):
        b = rows[row]
        among, package = packages[start[b] : start[b + 1]], agreed[b]
        count = len(among)
        for m in range(len(members)):
            worth, free, top[m] = utility[b, members[m]], no_deal[b, members[m]], -np.inf
            for place in range(count):
                gains[m, place] = worth[among[place]] - free
                top[m] = max(top[m], gains[m, place])
            gains[m, count] = worth[package] - free
            counted[row, m] = True
        for measure in range(4):
            if measure == NASH:
                best = _combine(gains, count, True, everybody, tolerance, ordered, value)
                if best < no_product:
                    for m in range(len(members)):
                        counted[row, m] = top[m] >= tolerance
                    best = _combine(gains, count, True, counted[row], tolerance, ordered, value)
            elif measure == UTILITARIAN:
                best = _combine(gains, count, False, everybody, tolerance, ordered, value)
            else:
                best = _smallest(gains, count, top, tolerance, measure == KALAI_SMORODINSKY, value)
            slack = tolerance * best if measure == NASH else tolerance
            largest[measure, row], own[measure, row] = best, value[count]
            off[measure, row] = _fewest_off(value, best - slack, among, options, package)
        most[row] = _most_for_all(utility, signs, b, among, package)
