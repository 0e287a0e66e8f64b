"""Elementary functions whose last bit is the same on every processor and in every NumPy 2.

`np.exp`, `np.log` and `np.power` run different code on different processors, so their last bits differ, and one last
bit can turn an acceptance into a rejection. Everything here uses only operations whose result IEEE 754 or integer
arithmetic fixes: + - * /, sqrt, rint, comparisons, `where`, `frexp`, bit masks. A product and a sum are never fused.

The functions map a float to a float and broadcast arrays as a ufunc does. They never warn: overflow is inf, underflow
is 0, outside the domain is NaN, and NaN in any argument gives NaN.

Method: argument reduction with ln 2 in two pieces (Cody & Waite), Taylor series on the small interval, and sums and
products with their rounding error as a second number (Dekker; Knuth), so that exponent x logarithm is good to about
2**-64 before the exponential. Constants that are not a formula come from mpmath at 60 digits or from the paper named
beside them. The errors in the docstrings were measured against mpmath, with a margin.
"""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, Protocol, cast, overload

import numpy as np
import numpy.typing as npt

from sim.core.compiled import compiled, in_both, worth_compiling

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[Any]

TOLERANCE = 1e-9  # utilities closer than this are equal

BLOCK = 8192  # elements computed at a time, to fit the processor's cache; no bit depends on it

INVERSE_LN2 = 1.4426950408889634
LN2_HIGH = float.fromhex("0x1.62e42fefa3800p-1")  # 42 bits of ln 2, so that its product with an exponent is exact
LN2_LOW = float.fromhex("0x1.ef35793c76730p-45")  # the rest of ln 2, rounded
SQRT_HALF = 0.7071067811865476

UPPER_HALF_BITS = np.int64(-(1 << 27))  # keeps the leading 26 bits of a float's fraction

EXP_SERIES = (1/2, 1/6, 1/24, 1/120, 1/720, 1/5040, 1/40320, 1/362880, 1/3628800, 1/39916800, 1/479001600,
              1/6227020800)  # (exp(r) - 1 - r) / r**2 to r**13; the next term is below 5e-18 for |r| <= ln(2)/2
LOG_SERIES = (1/3, -1/4, 1/5, -1/6, 1/7, -1/8, 1/9, -1/10, 1/11, -1/12)  # (log(1+r) - r + r**2/2) / r**3, |r| < 1/45

LOG_FIRST = 23  # LOG_TABLE begins with ln(23/32) and ends with ln(45/32), each as a float and what it lacks
LOG_TABLE = (
    (-0.33024168687057687, 1.0828321637483858e-17), (-0.2876820724517809, -2.607160616442564e-17),
    (-0.24686007793152578, -1.361743371748368e-17), (-0.2076393647782445, -1.2053243216686129e-17),
    (-0.16989903679539747, 4.868008764439071e-19), (-0.13353139262452263, 3.664457663660085e-18),
    (-0.09844007281325252, 4.439009633675136e-18), (-0.06453852113757118, 6.470486661692933e-18),
    (-0.0317486983145803, -3.0382263084680858e-18), (0.0, 0.0),
    (0.030771658666753687, 1.0431732029005968e-18), (0.06062462181643484, 2.6424025938726934e-18),
    (0.08961215868968714, -5.4268129336647135e-18), (0.11778303565638346, -1.1971685747593677e-18),
    (0.1451820098444979, 8.242418783022475e-18), (0.17185025692665923, -6.0224538210113705e-18),
    (0.19782574332991987, 1.2821194372980142e-17), (0.22314355131420976, -9.091270597324799e-18),
    (0.24783616390458127, -1.2432209578702523e-17), (0.27193371548364176, 7.83319637697442e-19),
    (0.2954642128938359, -2.16461086040599e-17), (0.3184537311185346, 2.7114779367326236e-17),
    (0.3409265869705932, 1.7467136443544747e-17),
)
LOG_HIGH = np.array([high for high, _ in LOG_TABLE])
LOG_LOW = np.array([low for _, low in LOG_TABLE])

# Chebyshev coefficients, in y = (t - 5) / (t + 5), of (1 + t) exp(t**2 / 2) Phi(-t) for t >= 0; the next is 3e-18.
TAIL_CHEBYSHEV = (
    0.9239484241443714 / 2, -0.06516520239491264, -0.005458781501136567, 0.01229619904556344, -0.006470872915703688,
    0.0022407355224168305, -0.0005638623774651974, 9.984031082925812e-05, -9.849514843168493e-06,
    -4.032494233045217e-07, 2.99023962013034e-07, -3.032070748442814e-08, -4.617665713929027e-09,
    1.3298288008382692e-09, 3.007242719019045e-11, -4.4299537255328156e-11, 1.3999857147018152e-12,
    1.4718957028912571e-12, -9.325953119165372e-14, -5.294681169067695e-14, 3.958188414414517e-15,
    2.1048214642963194e-15, -1.345671286136144e-16, -9.097614914495833e-17,
)

# Wichura's coefficients, AS 241, function PPND16; numerators and denominators, constant term first.
QUANTILE_CENTRAL = (
    (3.3871328727963666080, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
     4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3),
    (1.0, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
     2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3),
)
QUANTILE_NEAR = (
    (1.42343711074968357734, 4.63033784615654529590, 5.76949722146069140550, 3.64784832476320460504,
     1.27045825245236838258, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4),
    (1.0, 2.05319162663775882187, 1.67638483018380384940, 6.89767334985100004550e-1,
     1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9),
)
QUANTILE_FAR = (
    (6.65790464350110377720, 5.46378491116411436990, 1.78482653991729133580, 2.96560571828504891230e-1,
     2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7),
    (1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
     7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15),
)


class Elementwise(Protocol):
    """A function of one number that also works through arrays."""

    @overload
    def __call__(self, x: float, /) -> float: ...
    @overload
    def __call__(self, x: Numbers, /) -> Floats: ...


def _map_blocks(kernel: Callable[..., Floats], *operands: Any) -> Any:
    """Apply a kernel of flat arrays without NaN to broadcast operands, block by block."""
    arrays = np.broadcast_arrays(*[np.asarray(operand, dtype=np.float64) for operand in operands])
    shape = arrays[0].shape
    flat = [array.reshape(-1) for array in arrays]
    result = np.empty(flat[0].shape)
    with np.errstate(all="ignore"):  # branches that `where` discards may overflow
        for start in range(0, result.size, BLOCK):
            block = [array[start : start + BLOCK] for array in flat]
            missing = np.logical_or.reduce([np.isnan(part) for part in block])
            values = kernel(*[np.where(missing, 1.0, part) for part in block])
            result[start : start + BLOCK] = np.where(missing, np.nan, values)
    return result.reshape(shape) if shape else result[0]


def _elementwise(kernel: Callable[[Floats], Floats]) -> Elementwise:
    @wraps(kernel)
    def function(x: Any, /) -> Any:
        return _map_blocks(kernel, x)

    return cast(Elementwise, function)


@in_both(through_arrays=np.where)
def _choose(condition: Any, one: Any, other: Any) -> Any:
    """`np.where`, for numbers and for arrays."""
    return one if condition else other


@in_both()
def _bits_of_float(x: Any) -> Any:
    return np.float64(x).view(np.int64)


@in_both()
def _float_of_bits(bits: Any) -> Any:
    return np.int64(bits).view(np.float64)


@in_both()
def _to_int(x: Any) -> Any:
    return np.int64(x)


@in_both()
def _polynomial(coefficients: Sequence[float], x: Any) -> Any:
    """Horner's rule; constant term first."""
    total = coefficients[-1]
    for coefficient in coefficients[-2::-1]:
        total = total * x + coefficient
    return total


def _chebyshev(coefficients: Sequence[float], y: Floats) -> Floats:
    """Clenshaw's rule; the constant term, first, is taken whole."""
    twice = 2 * y
    last, total = np.zeros_like(y), np.zeros_like(y)
    for coefficient in coefficients[:0:-1]:
        last, total = total, twice * total - last + coefficient
    return y * total - last + coefficients[0]


@in_both()
def _sum(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Return a + b rounded, and the exact rounding error (Knuth)."""
    high = a + b
    of_b = high - a
    return high, (a - (high - of_b)) + (b - of_b)


@in_both()
def _halves(a: Floats) -> tuple[Floats, Floats]:
    """Two numbers of at most 27 bits that add up to a."""
    high = _float_of_bits(_bits_of_float(a) & UPPER_HALF_BITS)
    return high, a - high


@in_both()
def _product(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Return a * b rounded, and the rounding error (Dekker)."""
    high = a * b
    (a1, a2), (b1, b2) = _halves(a), _halves(b)
    return high, ((a1 * b1 - high) + a1 * b2 + a2 * b1) + a2 * b2


@in_both()
def _power_of_two(k: Any) -> Any:
    """2**k for -1022 <= k <= 1023, by writing the exponent's bits; `ldexp` rounds wrongly on some systems."""
    return _float_of_bits((k + 1023) << 52)


def _log_pair(x: Floats) -> tuple[Floats, Floats]:
    """log(x) as a sum of two floats, good to about 2**-64 of itself; x positive and finite.

    x = 2**e (n/32) (1 + r) with n/32 the nearest to the fraction, so e ln 2 + ln(n/32) + log(1 + r).
    """
    fraction, exponent = np.frexp(x)
    small = fraction < SQRT_HALF
    fraction = np.where(small, 2 * fraction, fraction)
    power = exponent.astype(np.float64) - small
    nearest = np.rint(32 * fraction)
    centre = nearest / 32
    r = (fraction - centre) / centre
    r1, r2 = _halves(r)
    r_rest = (((fraction - centre) - r1 * centre) - r2 * centre) / centre  # exact up to the last division
    square, square_rest = _product(r, r)
    entry = nearest.astype(np.int64) - LOG_FIRST
    high, rest1 = _sum(power * LN2_HIGH, LOG_HIGH[entry])
    high, rest2 = _sum(high, r)
    high, rest3 = _sum(high, -0.5 * square)
    small_terms = power * LN2_LOW + LOG_LOW[entry] + r_rest - 0.5 * square_rest - r * r_rest
    return _sum(high, rest1 + rest2 + rest3 + small_terms + r * square * _polynomial(LOG_SERIES, r))


@in_both()
def _exp_pair(high: Floats, low: Floats | float) -> Floats:
    """exp(high + low) for |high| <= 1400 and low of the size of high's last bit."""
    k = np.rint(high * INVERSE_LN2)
    r, rest = _sum(high - k * LN2_HIGH, low - k * LN2_LOW)
    one_plus = 1 + r
    rest = rest + (r - (one_plus - 1))
    mantissa = one_plus + (rest + r * r * _polynomial(EXP_SERIES, r))
    whole = _to_int(k)
    half = whole >> 1  # in two steps, so that a result at either end of the range is rounded once
    scaled: Floats = mantissa * _power_of_two(half) * _power_of_two(whole - half)
    return scaled


@_elementwise
def exp(x: Floats) -> Floats:
    """The exponential function.

    Relative error below 2.3e-16 wherever the result is a normal number (x >= -708.3); 0 below -745.2, inf above 709.8.
    exp(0) = 1.
    """
    if worth_compiling(_exp_all, x.size) is not _exp_all:
        return _exp_pair(np.minimum(np.maximum(x, -746.0), 710.0), 0.0)
    powers = np.empty(x.shape)
    _exp_all(x, powers)
    return powers


@compiled
def _exp_all(x: Floats, powers: Floats) -> None:
    """The loop of `exp`."""
    for at in range(len(x)):
        powers[at] = _exp_pair(np.minimum(np.maximum(x[at], -746.0), 710.0), 0.0)


@_elementwise
def log(x: Floats) -> Floats:
    """The natural logarithm.

    Relative error below 2.3e-16 for every positive x, also beside 1. log(1) = 0, log(0) = -inf, log(inf) = inf; NaN
    below 0.
    """
    inside = (x > 0) & (x < np.inf)
    high, low = _log_pair(np.where(inside, x, 1.0))
    outside = np.where(x == 0, -np.inf, np.where(x > 0, np.inf, np.nan))
    return np.where(inside, high + low, outside)


def _log_of_base(base: Floats) -> tuple[Floats, Floats]:
    """The logarithm of a base as two floats; 0 for a base that has none."""
    return _log_pair(np.where((base > 0) & (base < np.inf), base, 1.0))


@in_both()
def _power_of_log(high: Floats, low: Floats, exponent: Floats) -> Floats:
    """The power of a base whose logarithm is high + low."""
    factor = np.minimum(np.maximum(exponent, -1e20), 1e20)  # enough to send any base but 1 to 0 or inf
    product, rest = _product(factor, high)
    bounded = np.minimum(np.maximum(product, -746.0), 710.0)
    return _exp_pair(bounded, _choose(product == bounded, rest + factor * low, 0.0))


def _fix_ends(result: Floats, base: Floats, exponent: Floats) -> Floats:
    """Correct powers of bases that have no logarithm and of exponents 0 and 1."""
    at_end = np.where((base == 0) == (exponent > 0), 0.0, np.inf)  # base 0 or inf
    result = np.where((base > 0) & (base < np.inf), result, np.where(base < 0, np.nan, at_end))
    result = np.where(exponent == 1, base + 0.0, result)
    return np.where(exponent == 0, 1.0, result)


def _power(base: Floats, exponent: Floats) -> Floats:
    return _fix_ends(_power_of_log(*_log_of_base(base), exponent), base, exponent)


@overload
def power(base: float, exponent: float) -> float: ...
@overload
def power(base: Numbers, exponent: Numbers | float) -> Floats: ...
@overload
def power(base: float, exponent: Numbers) -> Floats: ...
def power(base: Numbers | float, exponent: Numbers | float) -> Floats | float:
    """base to the power of exponent, for base >= 0 and any real exponent; the two are broadcast together.

    Relative error below 2.3e-16 wherever the result is a normal number. Exactly: power(x, 0) = 1, power(x, 1) = x,
    power(1, y) = 1, power(0, y) = 0 for y > 0 and inf for y < 0. A negative base gives NaN (unless the exponent is 0
    or 1), and so does NaN in either place: unlike C's pow, a missing number stays missing.
    """
    return cast("Floats | float", _map_blocks(_power, base, exponent))


def every_power(bases: Floats, exponents: Floats) -> Floats:
    """Each base to the power of each exponent, with the bits of `power` in a thirtieth of the time.

    Args:
        bases: Shape (R,); each takes one logarithm.
        exponents: Shape (B,); none of them NaN.

    Returns:
        Shape (R, B).
    """
    powers = np.empty((len(bases), len(exponents)))
    if len(exponents) == 1 or worth_compiling(_raise_all, powers.size) is not _raise_all:
        return power(bases[:, None], exponents[None, :])
    _raise_all(*_log_of_base(bases), np.array(exponents), powers)
    no_logarithm, at_end = ~((bases > 0) & (bases < np.inf)), (exponents == 0) | (exponents == 1)
    powers[no_logarithm] = _fix_ends(powers[no_logarithm], bases[no_logarithm, None], exponents)
    if at_end.any():
        powers[:, at_end] = _fix_ends(powers[:, at_end], bases[:, None], exponents[at_end])
    return powers


@compiled
def _raise_all(high: Floats, low: Floats, exponents: Floats, powers: Floats) -> None:
    """The loop of `every_power`, over bases whose logarithms are high + low; `_fix_ends` corrects the ends."""
    for k in range(len(high)):
        one, rest = high[k], low[k]
        for b in range(len(exponents)):
            powers[k, b] = _power_of_log(one, rest, exponents[b])


@_elementwise
def logistic(x: Floats) -> Floats:
    """1 / (1 + exp(-x)): the share whose log-odds are x.

    Relative error below 5e-16 for x >= -708. logistic(0) = 0.5.
    """
    decay = _exp_pair(np.maximum(-np.abs(x), -746.0), 0.0)
    return np.where(x < 0, decay, 1.0) / (1 + decay)


@_elementwise
def normal_cdf(z: Floats) -> Floats:
    """Phi(z), the chance that a standard normal number is at most z.

    Relative error below 2e-15 for z >= -37.5, also far down the lower tail; 0 below -38.6. normal_cdf(0) = 0.5.
    """
    t = np.minimum(np.abs(z), 40.0)
    square, rest = _product(t, t)  # squared in two pieces: t * t alone is off by up to 1e-13 in exp(-t**2 / 2)
    tail = _exp_pair(-0.5 * square, -0.5 * rest) * (_chebyshev(TAIL_CHEBYSHEV, (t - 5) / (t + 5)) / (1 + t))
    return np.where(z < 0, tail, np.where(z > 0, 1 - tail, 0.5))


def _ratio(fraction: tuple[Sequence[float], Sequence[float]], x: Floats) -> Floats:
    numerator, denominator = fraction
    ratio: Floats = _polynomial(numerator, x) / _polynomial(denominator, x)
    return ratio


@_elementwise
def normal_quantile(p: Floats) -> Floats:
    """The z with Phi(z) = p.

    Relative error below 2e-15 for 1e-300 <= p < 1, also beside 0.5. normal_quantile(0.5) = 0; -inf at 0, inf at 1,
    NaN outside [0, 1].

    Source: Wichura (1988), Algorithm AS 241, PPND16.
    """
    q = p - 0.5
    central = q * _ratio(QUANTILE_CENTRAL, 0.180625 - q * q)
    tail = np.where(q < 0, p, 1 - p)
    inside = (tail > 0) & (tail < 1)
    high, low = _log_pair(np.where(inside, tail, 0.5))
    r = np.sqrt(-(high + low))
    size = np.where(r <= 5, _ratio(QUANTILE_NEAR, r - 1.6), _ratio(QUANTILE_FAR, r - 5))
    size = np.where(inside, size, np.where(tail == 0, np.inf, np.nan))
    return np.where(np.abs(q) <= 0.425, central, np.where(q < 0, -size, size))
