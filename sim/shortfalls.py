"""What agreements lack of each reference solution, in many draws at once.

Looked at are the draws with an agreement, and in each the packages of its zone alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from sim import exact
from sim.exact import TOLERANCE
from sim.issues import NO_DEAL, Bools, Ints
from sim.solutions import NO_PRODUCT, product_ascending, real_gain, sum_ascending
from sim.utility import Floats

Options = npt.NDArray[np.integer[Any]]


def reference_shortfalls(
    utility: Floats, no_deal: Floats, zone: Bools, parties: Bools, power: Floats, packages: Options, agreed: Ints
) -> dict[str, Floats]:
    """What an agreement lacks of the measure that a solution makes largest, and on how many issues it is another.

    The solutions are those of `sim.solutions` over the zone, with the same ties and the same parties left out where
    they can gain nothing. The shortfall is 1 - own measure / largest measure: the smallest share of the largest gain
    for `kalai_smorodinsky`, the smallest gain for `egalitarian`, the sum of gains for `utilitarian`; for
    `asymmetric_nash` that quotient to the power of 1 / sum of exponents, as in `nash_distance`, which is the one of
    `nash`. An agreement outside the zone may come out below 0.

    Args:
        utility: Worth of packages, shape (B, N, P).
        no_deal: Worth of no agreement in the round of signature, shape (B, N).
        zone: Packages that the solutions choose from, shape (B, P).
        parties: Parties that count, the same in all draws, shape (N,), one at least.
        power: Bargaining power, above 0, shape (N,); without `asymmetric_nash` where all that count have the same.
        packages: Option indices of the packages, shape (P, I).
        agreed: Package agreed on, `NO_DEAL` for none, shape (B,).

    Returns:
        `issues_off_<solution>`, the share of issues on which the agreement differs from the nearest of the packages
        that tie, and `shortfall_<solution>`, NaN also where the largest measure is below 1e-9; each of shape (B,), NaN
        without an agreement or a zone.
    """
    signed = np.flatnonzero((agreed != NO_DEAL) & zone.any(axis=1))
    laid = _laid_out(utility, no_deal, zone, parties, signed, agreed[signed])
    row, own_options = laid.row[: laid.zones], packages[agreed[signed]]
    columns: dict[str, Floats] = {}
    for name, measure in _measures(laid, power[parties]):
        of_zones, own = measure.value[: laid.zones], measure.value[laid.zones :]
        largest = laid.largest(measure.value)
        if name != "nash":
            share = np.divide(own, largest, out=np.full(len(own), np.nan), where=largest >= TOLERANCE)
            short = 1.0 - (share if measure.root is None else exact.power(share, measure.root))
            columns[f"shortfall_{name}"] = _spread_out(short, signed, len(agreed))
        slack = TOLERANCE * largest if measure.is_product else np.full(len(own), TOLERANCE)
        tied = np.flatnonzero(of_zones >= (largest - slack)[row])
        off = (packages[laid.column[tied]] != own_options[row[tied]]).sum(axis=1)
        fewest = np.minimum.reduceat(off, _starts(row[tied], len(own))) / packages.shape[1]
        columns[f"issues_off_{name}"] = _spread_out(fewest, signed, len(agreed))
    return columns


@dataclass(frozen=True, eq=False)
class _Laid:
    """The packages of S zones end to end, Z in all, and after them the S agreements.

    Attributes:
        row: Of which draw an entry is, shape (Z + S,); among the first Z it rises, and every draw has one.
        column: Which package it is, shape (Z + S,).
        gains: What it adds to no deal for the parties that count, shape (M, Z + S).
        zones: Z.
    """

    row: Ints
    column: Ints
    gains: Floats
    zones: int

    def largest(self, value: Floats) -> Floats:
        """The largest value of each zone, shape (S,)."""
        largest: Floats = np.maximum.reduceat(
            value[: self.zones], _starts(self.row[: self.zones], len(self.row) - self.zones)
        )
        return largest


def _laid_out(utility: Floats, no_deal: Floats, zone: Bools, parties: Bools, signed: Ints, own: Ints) -> _Laid:
    row, column = np.nonzero(zone[signed])
    zones, row, column = len(row), np.append(row, np.arange(len(signed))), np.append(column, own)
    members = np.flatnonzero(parties)
    gains = np.array([utility[signed[row], n, column] - no_deal[signed, n][row] for n in members])
    return _Laid(row, column, gains, zones)


def _starts(row: Ints, rows: int) -> Ints:
    """Where each row begins among entries in the order of rows."""
    return np.searchsorted(row, np.arange(rows))


def _spread_out(values: Floats, rows: Ints, length: int) -> Floats:
    column = np.full(length, np.nan)
    column[rows] = values
    return column


class _Measure(NamedTuple):
    """What a solution makes largest.

    Attributes:
        value: Of the packages of zones and of the agreements, shape (Z + S,).
        is_product: Whether ties are within 1e-9 as a share of the largest, not within 1e-9.
        root: The power that brings a quotient of two values to one party's scale, shape (S,); None if it is on it.
    """

    value: Floats
    is_product: bool = False
    root: Floats | None = None


def _measures(laid: _Laid, power: Floats) -> Iterator[tuple[str, _Measure]]:
    yield from _products(laid, power)
    yield "kalai_smorodinsky", _Measure(_smallest_share(laid))
    yield "egalitarian", _Measure(laid.gains.min(axis=0))
    yield "utilitarian", _Measure(sum_ascending(laid.gains))


def _products(laid: _Laid, power: Floats) -> Iterator[tuple[str, _Measure]]:
    """Products of gains: where nobody's product is large enough, of the parties that can gain."""
    gains, row = real_gain(laid.gains), laid.row
    none_large = laid.largest(product_ascending(gains)) < NO_PRODUCT
    counts = np.array([~none_large | (laid.largest(gain) > 0) for gain in gains])  # (M, S)
    someone = np.logical_or.reduce(counts)
    gains = np.where(counts[:, row], gains, 1.0)  # a factor of 1 moves no bit of a product
    yield "nash", _Measure(np.where(someone[row], product_ascending(gains), 0.0), is_product=True)
    if (power != power[0]).any():
        exponents = power * len(power) / sum_ascending(power[:, None])[0]
        raised = np.array([exact.power(gain, exponent) for gain, exponent in zip(gains, exponents, strict=True)])
        value = np.where(someone[row], product_ascending(raised), 0.0)
        total = sum_ascending(np.where(counts, exponents[:, None], 0.0))
        root = np.divide(1.0, total, out=np.ones(len(total)), where=total > 0)
        yield "asymmetric_nash", _Measure(value, is_product=True, root=root)


def _smallest_share(laid: _Laid) -> Floats:
    """Smallest share of a party's largest gain among the parties that can gain; 0 if none can."""
    largest = np.array([laid.largest(gain) for gain in laid.gains])
    gaining = largest >= TOLERANCE
    share = laid.gains / np.where(gaining, largest, 1.0)[:, laid.row]
    smallest: Floats = np.where(gaining[:, laid.row], share, np.inf).min(axis=0)
    return np.where(np.isfinite(smallest), smallest, 0.0)
