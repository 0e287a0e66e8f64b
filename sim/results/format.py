"""Numbers as text: shares and means with the digits that their number of runs supports."""

import math

from sim.core.wording import counted
from sim.results.results import Z_95, share_interval

NONE = "-"
HUNDRED = 100
LEAST_GROUP = 30  # minimum runs of a group for a curve, a bar or a mean


def number(value: float | None, digits: int = 2, sign: bool = False) -> str:
    """Format a number with so many decimals, a dash if there is none."""
    if value is None or math.isnan(value):
        return NONE
    rounded = f"{value:+.{digits}f}" if sign else f"{value:.{digits}f}"
    return f"{0:.{digits}f}" if float(rounded) == 0 else rounded


def too_few(count: int, n: int) -> str:
    """Explain why a group of `count` of n runs is not shown, and how many runs would be enough."""
    enough = f"; about {float(f'{LEAST_GROUP * n / count:.1g}'):,.0f} runs would have that many" if count else ""
    return f"{count:,} of {counted(n, 'run')}: too few for a curve, a bar or a mean, which take {LEAST_GROUP}{enough}."


def parts_of_hundred(count: int, n: int) -> str:
    """Format a share as a whole number of a hundred."""
    share = HUNDRED * count / n
    if 0 < share < 1:
        return "fewer than 1"
    return "more than 99" if HUNDRED - 1 < share < HUNDRED else f"{share:.0f}"


def of_hundred(count: int, n: int) -> str:
    """Format a share as `78 of 100`, or as all of n."""
    return f"all of {n:,}" if count == n else f"{parts_of_hundred(count, n)} of {HUNDRED}"


def decimals(low: float, high: float, most: int = 3) -> int:
    """Return the decimals that a 95 % interval allows: no finer than the standard error."""
    error = (high - low) / (2 * Z_95)
    if not error > 0:
        return min(2, most)
    return min(most, max(0, math.floor(-math.log10(error))))


def share_decimals(count: int, n: int) -> int:
    """Return the decimals of a share of n runs in per cent, at most 2: no more than its standard error allows.

    Near none or all of the runs the first digit of the error is included, as there would be no digit otherwise.
    """
    low, high = share_interval(count, n)
    places = decimals(100 * low, 100 * high, 2)
    if 0 < min(count, n - count) < n * 10.0 ** (-2 - places):
        return min(2, places + 1)
    return places


def digits_of_mean(low: float, high: float) -> int:
    """Return the decimals of a mean: one more than its standard error allows, so that its interval is readable."""
    return min(3, decimals(low, high) + 1)


def percent(share: float | None, n: int) -> str:
    """Format a share of n runs in per cent, with no more digits than its standard error allows."""
    if share is None or math.isnan(share) or n == 0:
        return NONE
    return _percent(share, share_decimals(round(share * n), n))


def share_with_interval(share: float | None, n: int) -> str:
    """Format a share of n runs with its 95 % interval, `64 % (61-67)`."""
    if share is None or math.isnan(share) or n == 0:
        return NONE
    low, high = share_interval(round(share * n), n)
    places = share_decimals(round(share * n), n)
    return f"{_percent(share, places)} ({100 * low:.{places}f}-{100 * high:.{places}f})"


def _percent(share: float, places: int) -> str:
    least = 10.0**-places
    if 0 < share < least / 100:
        return f"<{least:.{places}f} %"
    if 1 - least / 100 < share < 1:
        return f">{100 - least:.{places}f} %"
    return f"{100 * share:.{places}f} %"
