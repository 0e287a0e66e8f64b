"""What agreements lack of each reference solution, in many draws at once."""

import numpy as np

from sim import exact
from sim.distances import Measured
from sim.exact import TOLERANCE
from sim.issues import Bools, Ints, Options
from sim.kernels_distances import EGALITARIAN, KALAI_SMORODINSKY, NASH, UTILITARIAN
from sim.listed import Listed
from sim.solutions import product_ascending, real_gain, sum_ascending
from sim.utility import Floats

SOLUTIONS = {"kalai_smorodinsky": KALAI_SMORODINSKY, "egalitarian": EGALITARIAN, "utilitarian": UTILITARIAN}


def reference_shortfalls(
    of: Measured, utility: Floats, no_deal: Floats, zone: Listed, parties: Bools, power: Floats, packages: Options,
    agreed: Ints,
) -> dict[str, Floats]:  # fmt: skip
    """What an agreement lacks of the measure that a solution makes largest, and on how many issues it is another.

    The solutions are those of `sim.solutions` over the zone, with the same ties and the same parties left out where
    they can gain nothing. The shortfall is 1 - own measure / largest measure: the smallest share of the largest gain
    for `kalai_smorodinsky`, the smallest gain for `egalitarian`, the sum of gains for `utilitarian`; for
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
