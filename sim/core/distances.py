"""Loops over the packages of zones that measure how far an agreement lies from them.

As in `kernels.py`: what they compute is defined here, and tests hold the same in NumPy against it.

Looked at are the draws with an agreement, and in each the packages of its zone alone.
"""

from dataclasses import dataclass

import numpy as np

from sim.core import exact
from sim.core.compiled import compiled
from sim.core.exact import TOLERANCE, Floats
from sim.core.kernels import Listed
from sim.core.packages import NO_DEAL, Bools, Ints, Options
from sim.core.solutions import NO_PRODUCT, product_ascending, real_gain, sum_ascending

NASH, KALAI_SMORODINSKY, EGALITARIAN, UTILITARIAN = range(4)  # rows of what is measured


@compiled
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


@compiled
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


@compiled
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


@compiled
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


@compiled
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


@compiled
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


@dataclass(frozen=True, eq=False)
class Measured:
    """What agreements reach of what reference solutions make largest, and the most that zones have.

    Attributes:
        draws: Number of draws, B.
        rows: Those with an agreement and some package in the zone, shape (S,); all else is of these alone.
        largest: Of the packages of the zone, shape (4, S): `NASH`, the product of gains; `KALAI_SMORODINSKY`, the
            smallest share of the largest gain; `EGALITARIAN`, the smallest gain; `UTILITARIAN`, the sum of gains.
        own: The same of the agreement.
        off: On how many issues the agreement differs from the nearest package that ties for the largest, likewise.
        counted: Which of the parties that count the product is over: all, or those that can gain, shape (S, M).
        most: How much more than the agreement the best package of the zone gives to each signatory; inf where nobody
            signs, shape (S,).
    """

    draws: int
    rows: Ints
    largest: Floats
    own: Floats
    off: Ints
    counted: Bools
    most: Floats

    def spread_out(self, values: Floats) -> Floats:
        """What is known of the rows as a column of all draws, NaN elsewhere, shape (B,)."""
        column = np.full(self.draws, np.nan)
        column[self.rows] = values
        return column


def measured(
    utility: Floats, no_deal: Floats, signs: Bools, zone: Listed, parties: Bools, packages: Options, agreed: Ints
) -> Measured:
    """Measure agreements beside the packages of their zones.

    As in `solutions.nash`, a gain below 1e-9 counts as 0 in a product, and where the largest product is below 1e-12 it
    is over the parties that can gain. Ties are those of `sim.core.solutions`. An agreement need not lie in the zone.

    Args:
        utility: Worth of packages, shape (B, N, P).
        no_deal: Worth of no agreement in the round of signature, shape (B, N).
        signs: Whose consent a package needs, shape (N, P).
        zone: Packages to compare with.
        parties: Parties that count, the same in all draws, shape (N,).
        packages: Option indices of the packages, shape (P, I).
        agreed: Package agreed on, `NO_DEAL` for none, shape (B,).
    """
    rows = np.flatnonzero((agreed != NO_DEAL) & (zone.count > 0))
    members = np.flatnonzero(parties)
    found = Measured(
        len(agreed), rows, np.empty((4, len(rows))), np.empty((4, len(rows))), np.empty((4, len(rows)), np.int64),
        np.empty((len(rows), len(members)), bool), np.empty(len(rows)),
    )  # fmt: skip
    measure_agreements(
        np.ascontiguousarray(utility), np.ascontiguousarray(no_deal), np.ascontiguousarray(signs), zone.start,
        zone.packages, rows, np.ascontiguousarray(agreed), members, np.ascontiguousarray(packages), TOLERANCE,
        NO_PRODUCT, found.largest, found.own, found.off, found.counted, found.most,
    )  # fmt: skip
    return found


def nash_distance(of: Measured) -> Floats:
    """How far an agreement falls short of the Nash product: `1 - (product / largest product)^(1 / number of parties)`.

    An agreement outside the zone may come out below 0.

    Returns:
        Shape (B,), 0 at the Nash package; NaN without an agreement or a zone, where the largest product is below 1e-9,
        and where nobody counts.
    """
    largest, own = of.largest[NASH], of.own[NASH]
    known, distance = largest >= TOLERANCE, np.full(len(largest), np.nan)
    share = own[known] / largest[known]
    distance[known] = 1.0 - exact.power(share, 1.0 / of.counted.sum(axis=1)[known])
    return of.spread_out(distance)


def pareto_distance(of: Measured) -> Floats:
    """How much more every signatory could have had at once: `max over q in the zone of min over n of u_n(q) - u_n(p)`.

    The signatories are those of the agreed package p.

    Returns:
        Shape (B,), 0 where no package of the zone is better for all of them; NaN without an agreement, a signatory or
        a zone.
    """
    return of.spread_out(np.where(np.isfinite(of.most), of.most, np.nan))


SOLUTIONS = {"kalai_smorodinsky": KALAI_SMORODINSKY, "egalitarian": EGALITARIAN, "utilitarian": UTILITARIAN}


def reference_shortfalls(
    of: Measured, utility: Floats, no_deal: Floats, zone: Listed, parties: Bools, power: Floats, packages: Options,
    agreed: Ints,
) -> dict[str, Floats]:  # fmt: skip
    """What an agreement lacks of the measure that a solution makes largest, and on how many issues it is another.

    The solutions are those of `sim.core.solutions` over the zone, with the same ties and the same parties left out
    where they can gain nothing. The shortfall is 1 - own measure / largest measure: the smallest share of the largest
    gain for `kalai_smorodinsky`, the smallest gain for `egalitarian`, the sum of gains for `utilitarian`; for
    `asymmetric_nash` that quotient to the power of 1 / sum of exponents, as in `nash_distance`, which is the one of
    `nash`. An agreement outside the zone may come out below 0.

    Args:
        of: What was measured of these draws.
        utility: Worth of packages, shape (B, N, P).
        no_deal: Worth of no agreement in the round of signature, shape (B, N).
        zone: Packages that the solutions choose from.
        parties: Parties that count, the same in all draws, shape (N,), one at least.
        power: Bargaining power, above 0, shape (N,); without `asymmetric_nash` where all that count have the same.
        packages: Option indices of the packages, shape (P, I).
        agreed: Package agreed on, `NO_DEAL` for none, shape (B,).

    Returns:
        `issues_off_<solution>`, the share of issues on which the agreement differs from the nearest of the packages
        that tie, and `shortfall_<solution>`, NaN also where the largest measure is below 1e-9; each of shape (B,), NaN
        without an agreement or a zone.
    """
    issues = packages.shape[1]
    columns = {"issues_off_nash": of.spread_out(of.off[NASH] / issues)}
    members = np.flatnonzero(parties)
    if np.not_equal(power[members], power[members[0]]).any():
        short, off = _asymmetric_nash(of, utility, no_deal, zone, members, power, packages, agreed)
        columns |= {"shortfall_asymmetric_nash": short, "issues_off_asymmetric_nash": off}
    for name, measure in SOLUTIONS.items():
        short = 1.0 - _share(of.own[measure], of.largest[measure])
        columns[f"shortfall_{name}"] = of.spread_out(short)
        columns[f"issues_off_{name}"] = of.spread_out(of.off[measure] / issues)
    return columns


def _share(own: Floats, largest: Floats) -> Floats:
    share: Floats = np.divide(own, largest, out=np.full(len(own), np.nan), where=largest >= TOLERANCE)
    return share


def _asymmetric_nash(
    of: Measured, utility: Floats, no_deal: Floats, zone: Listed, members: Ints, power: Floats, packages: Options,
    agreed: Ints,
) -> tuple[Floats, Floats]:  # fmt: skip
    """The shortfall from, and the share of issues off, the largest product of gains to the power of influence.

    The packages of all zones stand end to end, Z in all, and after them the agreements.
    """
    draws, own = of.rows, agreed[of.rows]
    row = np.repeat(np.arange(len(draws)), zone.count[draws])
    column = zone.packages[np.repeat(np.isin(np.arange(of.draws), draws), zone.count)]
    zones, row, column = len(row), np.append(row, np.arange(len(draws))), np.append(column, own)
    held = power[members]
    exponents = held * len(held) / sum_ascending(held[:, None])[0]
    gains = [real_gain(utility[draws[row], n, column] - no_deal[draws, n][row]) for n in members]
    raised = [  # a factor of 1 moves no bit of a product
        exact.power(np.where(counts[row], gain, 1.0), exponent)
        for counts, gain, exponent in zip(of.counted.T, gains, exponents, strict=True)
    ]
    value = np.where(np.logical_or.reduce(of.counted, axis=1)[row], product_ascending(raised), 0.0)
    starts = np.searchsorted(row[:zones], np.arange(len(draws)))
    largest = np.maximum.reduceat(value[:zones], starts)
    total = sum_ascending(np.where(of.counted.T, exponents[:, None], 0.0))
    root = np.divide(1.0, total, out=np.ones(len(total)), where=total > 0)
    short = 1.0 - exact.power(_share(value[zones:], largest), root)
    tied = np.flatnonzero(value[:zones] >= (largest - TOLERANCE * largest)[row[:zones]])
    off = np.not_equal(packages[column[tied]], packages[own][row[tied]]).sum(axis=1)
    fewest = np.minimum.reduceat(off, np.searchsorted(row[tied], np.arange(len(draws)))) / packages.shape[1]
    return of.spread_out(short), of.spread_out(fewest)
