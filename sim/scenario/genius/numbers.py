"""Exact fractions written as decimals, and shares that still sum to 1 once they are."""

from collections.abc import Mapping
from decimal import Decimal, localcontext
from fractions import Fraction

PLACES = 12
UNITS = 10**12


def decimal_of(number: Fraction) -> Decimal:
    """A number to 12 decimal places."""
    return _units(round(number * UNITS))


def shares(parts: Mapping[str, Fraction]) -> dict[str, Decimal]:
    """Parts of a whole as decimals that sum to 1 exactly: rounded down to 12 places, what is left dealt out.

    Args:
        parts: At least one above 0, none below.

    Returns:
        Shares, each within 1e-12 of the exact one. The largest remainders get what is left, one unit each; of equal
        remainders the one first by name.

    Source: Hamilton's method of apportionment.
    """
    whole = sum(parts.values(), Fraction(0))
    exact = {name: part / whole * UNITS for name, part in parts.items()}
    units = {name: share.__floor__() for name, share in exact.items()}
    left = UNITS - sum(units.values())
    for name in sorted(exact, key=lambda name: (units[name] - exact[name], name))[:left]:
        units[name] += 1
    return {name: _units(count) for name, count in units.items()}


def root_of(number: Fraction, times: Fraction) -> Decimal:
    """The number that, raised to `times`, gives back a number in (0, 1]; to 17 digits, the same on every machine.

    Decimal's logarithm and exponential round correctly, so no processor or library has a say in them.
    """
    with localcontext() as context:
        context.prec = 40
        logarithm = (Decimal(number.numerator) / Decimal(number.denominator)).ln()
        root = (logarithm * Decimal(times.denominator) / Decimal(times.numerator)).exp()
        context.prec = 17
        return +root


def _units(count: int) -> Decimal:
    with localcontext() as context:
        context.prec = 60
        return Decimal(count).scaleb(-PLACES)
