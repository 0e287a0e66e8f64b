"""How far agreements lie from the Pareto frontier and from the reference solutions of their ZOPA."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sim.core import exact
from sim.core.exact import TOLERANCE, Floats
from sim.core.packages import NO_DEAL, Bools, Ints, Options, PackageLists
from sim.core.solutions import NO_PRODUCT, product_ascending, real_gain, sum_ascending

ValueOf = Callable[[Ints, Ints, Floats], Floats]


def agreement_distances(
    value_of: ValueOf, reservation_value: Floats, signs: Bools, zopa: PackageLists, parties: Bools, influence: Floats,
    options: Options, agreed: Ints,
) -> dict[str, Floats]:  # fmt: skip
    """How far agreements lie from the Pareto frontier and from the solutions of `sim.core.solutions`, over the ZOPA.

    `pareto_distance` is how much more every signatory of the agreement p could have had at once,
    `max over q in the ZOPA of min over n of u_n(q) - u_n(p)`. `nash_distance` is
    `1 - (product of gains / largest product)^(1 / number of parties)`. The other shortfalls are 1 - own measure /
    largest measure: the smallest share of the largest gain for `kalai_smorodinsky`, the smallest gain for
    `egalitarian`, the sum of gains for `utilitarian`; for `asymmetric_nash` that quotient to the power of 1 / sum of
    exponents. Ties and the parties left out are those of the solutions. An agreement outside the ZOPA may be better
    than all of it, and its distance then comes out below 0.

    Args:
        value_of: What packages are worth, given the draw and the package of each and the reservation values there,
            shapes (K,), (K,) and (N, K); shape (N, K).
        reservation_value: In the round of signature, shape (B, N).
        signs: Whose consent a package needs, shape (N, P).
        zopa: Packages to compare with.
        parties: Parties that count, the same in all draws, shape (N,), one at least.
        influence: Bargaining power, above 0, shape (N,); `asymmetric_nash` is left out where all that count have the
        same. options: Option indices of the packages, shape (P, I). agreed: Package agreed on, `NO_DEAL` for none,
        shape (B,).

    Returns:
        `nash_distance`, `pareto_distance`, `shortfall_<solution>`, and `issues_off_<solution>`, the share of issues on
        which the agreement differs from the nearest of the packages that tie; each of shape (B,), NaN without an
        agreement or a ZOPA. Shortfalls are NaN also where the largest measure is below 1e-9, and `pareto_distance`
        where nobody signs the agreement.
    """
    both = _compare(value_of, reservation_value, zopa, parties, agreed)
    measures: dict[str, tuple[Floats, Floats | float]] = {  # and the root that brings it to the scale of one party
        "nash": (_product(both), 1.0 / np.maximum(both.counted.sum(axis=0), 1))
    }
    power = influence[parties]
    if np.not_equal(power, power[0]).any():
        exponents = power * len(power) / sum_ascending(power[:, None])[0]
        total = sum_ascending(np.where(both.counted, exponents[:, None], 0.0))
        roots = np.divide(1.0, total, out=np.ones(len(total)), where=total > 0)
        measures["asymmetric_nash"] = _product(both, exponents), roots
    measures |= {
        "kalai_smorodinsky": (_smallest_share(both), 1.0),
        "egalitarian": (both.gains.min(axis=0), 1.0),
        "utilitarian": (sum_ascending(both.gains), 1.0),
    }
    columns = {"pareto_distance": _joint_gain(both, signs)}
    for name, (measure, root) in measures.items():
        largest = both.largest(measure)
        slack = TOLERANCE * largest if name.endswith("nash") else TOLERANCE
        columns["nash_distance" if name == "nash" else f"shortfall_{name}"] = _shortfall(both, measure, largest, root)
        columns[f"issues_off_{name}"] = _issues_off(both, measure, largest - slack, options)
    return {name: _column(both, values, len(agreed)) for name, values in columns.items()}


@dataclass(frozen=True, eq=False)
class _Compared:
    """Agreements beside the packages of their ZOPA, in the S draws that have both.

    Entries are the Z packages of all ZOPAs, draw by draw, and after them the S agreements.
    """

    draws: Ints  # the draws, shape (S,)
    row: Ints  # the place in `draws` of each entry, shape (Z + S,)
    start: Ints  # where the packages of each draw begin, shape (S,)
    packages: Ints  # of each entry, shape (Z + S,)
    utility: Floats  # to all parties, shape (N, Z + S)
    gains: Floats  # utility less reservation value of the parties that count, shape (M, Z + S)

    @property
    def count(self) -> int:
        """Number of packages in all ZOPAs, Z."""
        return len(self.row) - len(self.draws)

    def largest(self, values: Floats) -> Floats:
        """The largest value of each ZOPA, of values of shape (..., Z) or (..., Z + S); shape (..., S)."""
        if not len(self.draws):
            return values[..., :0]
        largest: Floats = np.maximum.reduceat(values[..., : self.count], self.start, axis=-1)
        return largest

    @cached_property
    def largest_gain(self) -> Floats:
        """What each party could gain at most, shape (M, S)."""
        return self.largest(self.gains)

    @cached_property
    def product(self) -> Floats:
        """Product of the gains of all parties that count, shape (Z + S,)."""
        return product_ascending(real_gain(self.gains))

    @cached_property
    def counted(self) -> Bools:
        """Parties that the product of gains is over: all, or those that can gain where it is 0, shape (M, S)."""
        return (self.largest(self.product) >= NO_PRODUCT) | (self.largest_gain >= TOLERANCE)


def _compare(
    value_of: ValueOf, reservation_value: Floats, zopa: PackageLists, parties: Bools, agreed: Ints
) -> _Compared:
    compared = (agreed != NO_DEAL) & (zopa.count > 0)
    draws = np.flatnonzero(compared)
    size = zopa.count[draws]
    row = np.append(np.repeat(np.arange(len(draws)), size), np.arange(len(draws)))
    packages = np.append(zopa.packages[np.repeat(compared, zopa.count)], agreed[draws])
    free = reservation_value[draws].T[:, row]
    worth = value_of(draws[row], packages, free)
    gains = worth[parties] - free[parties]
    return _Compared(draws, row, np.cumsum(size) - size, packages, worth, gains)


def _joint_gain(both: _Compared, signs: Bools) -> Floats:
    """Largest common gain of all signatories of an agreement by another package, NaN where nobody signs, (S,)."""
    row, smallest = both.row[: both.count], np.full(both.count, np.inf)
    for utility, signed in zip(both.utility, signs[:, both.packages[both.count :]], strict=True):
        gain = utility[: both.count] - utility[both.count :][row]
        smallest = np.minimum(smallest, np.where(signed[row], gain, np.inf))
    largest = both.largest(smallest)
    return np.where(np.isfinite(largest), largest, np.nan)


def _product(both: _Compared, exponents: Floats | None = None) -> Floats:
    """Product of the gains of the parties that count, each to its exponent; 0 where nobody counts, shape (Z + S,)."""
    if exponents is None and both.counted.all():
        return both.product
    factors = [  # a factor of 1 moves no bit of a product
        np.where(counts[both.row], gain, 1.0)
        for counts, gain in zip(both.counted, real_gain(both.gains), strict=True)
    ]
    if exponents is not None:
        factors = [exact.power(factor, exponent) for factor, exponent in zip(factors, exponents, strict=True)]
    return np.where(np.logical_or.reduce(both.counted, axis=0)[both.row], product_ascending(factors), 0.0)


def _smallest_share(both: _Compared) -> Floats:
    """The smallest share of its largest gain that a party gets, of those that can gain; 0 if none can, (Z + S,)."""
    smallest = np.full(len(both.row), np.inf)
    for gain, largest in zip(both.gains, both.largest_gain[:, both.row], strict=True):
        share = np.divide(gain, largest, out=np.full(len(gain), np.inf), where=largest >= TOLERANCE)
        smallest = np.minimum(smallest, share)
    return np.where(np.isfinite(smallest), smallest, 0.0)


def _shortfall(both: _Compared, measure: Floats, largest: Floats, root: Floats | float) -> Floats:
    """1 - (own measure / largest measure)^root, NaN where the largest is below the tolerance, shape (S,)."""
    own = measure[both.count :]
    share = np.divide(own, largest, out=np.full(len(own), np.nan), where=largest >= TOLERANCE)
    return 1.0 - exact.power(share, root)


def _issues_off(both: _Compared, measure: Floats, least: Floats, options: Options) -> Floats:
    """Share of issues on which an agreement differs from the nearest package whose measure is enough, shape (S,)."""
    if not len(both.draws):
        return np.zeros(0)
    tied = np.flatnonzero(measure[: both.count] >= least[both.row[: both.count]])
    agreed = both.packages[both.count :][both.row[tied]]
    off = np.not_equal(options[both.packages[tied]], options[agreed]).sum(axis=1) / options.shape[1]
    fewest: Floats = np.minimum.reduceat(off, np.searchsorted(both.row[tied], np.arange(len(both.draws))))
    return fewest


def _column(both: _Compared, values: Floats, draws: int) -> Floats:
    """Values of the compared draws as a column of all draws, NaN elsewhere, shape (B,)."""
    column = np.full(draws, np.nan)
    column[both.draws] = values
    return column
