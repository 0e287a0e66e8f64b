"""The elementary functions against mpmath, at their exact points, and bit for bit."""

import hashlib
import warnings

import mpmath
import numpy as np
import pytest

from sim.core import exact

PROMISED = 1e-14
MANY = 100_000
mp = mpmath.mp.clone()
mp.dps = 40


def with_many_sizes(rng, n, smallest, largest):
    """Numbers of either sign whose sizes are even on the logarithmic scale."""
    return rng.choice([-1.0, 1.0], n) * 10.0 ** rng.uniform(smallest, largest, n)


def points_of_exp(rng, n):
    return (np.concatenate([rng.uniform(-708, 709.7, n // 2), with_many_sizes(rng, n - n // 2, -18, 2)]),)


def points_of_log(rng, n):
    everywhere = np.ldexp(rng.uniform(0.5, 1, n // 2), rng.integers(-1073, 1024, n // 2))
    return (np.concatenate([everywhere, 1 + with_many_sizes(rng, n - n // 2, -15, -0.31)]),)


def points_of_power(rng, n):
    """Aspirations and the like (bases in [0, 1]), then any base with any exponent that keeps the result in range."""
    half = n // 2
    base = np.concatenate([np.ldexp(rng.uniform(0.5, 1, half), rng.integers(-1000, 1001, half)),
                           1 + with_many_sizes(rng, n - half, -12, -0.31)])
    in_range = rng.uniform(-708, 709, n) / np.log(base)
    usual = np.arange(n) % 2 == 0
    return np.where(usual, rng.uniform(0, 1, n), base), np.where(usual, rng.uniform(0, 8, n), in_range)


def points_of_logistic(rng, n):
    return (np.concatenate([rng.uniform(-708, 60, n // 2), rng.uniform(-8, 8, n - n // 2)]),)


def points_of_normal_cdf(rng, n):
    return (np.concatenate([rng.uniform(-37.5, 9, n // 2), rng.uniform(-4, 4, n - n // 2)]),)


def points_of_normal_quantile(rng, n):
    third = n // 3
    return (np.concatenate([rng.uniform(0, 1, n - 2 * third), 10.0 ** rng.uniform(-300, -0.1, third),
                            0.5 + with_many_sizes(rng, third, -15, -0.31)]),)


def reference_quantile(p, z):
    """One Newton step from our own answer: it squares the error, so it is right far beyond double precision."""
    return z - (mp.ncdf(z) - p) / mp.npdf(z)


FUNCTIONS = {
    "exp": (points_of_exp, mp.exp),
    "log": (points_of_log, mp.log),
    "power": (points_of_power, mp.power),
    "logistic": (points_of_logistic, lambda x: 1 / (1 + mp.exp(-x))),
    "normal_cdf": (points_of_normal_cdf, mp.ncdf),
    "normal_quantile": (points_of_normal_quantile, reference_quantile),
}


def largest_error(name, n):
    make_points, reference = FUNCTIONS[name]
    points = make_points(np.random.default_rng(20), n)
    values = getattr(exact, name)(*points)
    arguments = (*points, values) if reference is reference_quantile else points
    truth = [reference(*map(mp.mpf, row)) for row in zip(*[a.tolist() for a in arguments], strict=True)]
    rounded = np.array([float(t) for t in truth])
    remainder = np.array([float(t - mp.mpf(r)) for t, r in zip(truth, rounded.tolist(), strict=True)])
    return np.max(np.abs((values - rounded) - remainder) / np.abs(rounded))


@pytest.mark.slow
@pytest.mark.parametrize("name", FUNCTIONS)
def test_relative_error_is_within_the_promise_on_many_points(name):
    assert largest_error(name, MANY) <= PROMISED


@pytest.mark.parametrize(("name", "stated"), [("exp", 2.3e-16), ("log", 2.3e-16), ("power", 2.3e-16),
                                              ("logistic", 5e-16), ("normal_cdf", 2e-15), ("normal_quantile", 2e-15)])
def test_relative_error_is_what_the_docstring_states(name, stated):
    assert f"below {stated:g}".replace("e-0", "e-") in getattr(exact, name).__doc__
    assert largest_error(name, 2_000) <= stated


# Bits. The inputs are whole numbers times powers of two, so they are the same everywhere.

STEPS = np.arange(-4096.0, 4097.0)
UNIT = np.arange(1.0, 4096.0) / 4096
GRID = {
    "exp": (STEPS * 0.1875,),
    "log": (np.concatenate([UNIT, np.arange(1.0, 4097.0) * 0.8125, 1 + STEPS * 2.0**-40]),),
    "power": (np.arange(0.0, 129.0)[:, None] / 64, np.arange(-64.0, 65.0)[None, :] / 8),
    "logistic": (STEPS * 0.015625,),
    "normal_cdf": (STEPS * 0.0078125,),
    "normal_quantile": (np.concatenate([UNIT, UNIT * 2.0**-200]),),
}
SHA256 = {
    "exp": "5ff96bdadd062a53d0d963ff3ff56b7ce35efac884ea9354b5e920daa6065f32",
    "log": "f9bbf2e57ec3a3d5ec9d0d87368ed372687de0de5d0f2910800f4bb5a7d7a320",
    "power": "e13e1f213cca9ee8617837865abe25ebd02fd9f2981222eba5e779247e74595e",
    "logistic": "87f2604741eef078d5572167dc2bdeff45f336fea6c74c0568de4d3ee0d9ca34",
    "normal_cdf": "478f31762ca45a70f61c4cf390f688d2fc28f03568b71b76bc2421e9b1addb58",
    "normal_quantile": "0a21890b2e69be4faef441ecf7b412853413c273fc1228dec9c26dbe6c898474",
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_bits_are_the_same_everywhere(name):
    values = getattr(exact, name)(*GRID[name])
    assert hashlib.sha256(values.astype("<f8").tobytes()).hexdigest() == SHA256[name]


def test_every_power_has_the_bits_of_a_power():
    """Compiled for many exponents, in NumPy for one; a base of 0 and exponents 0 and 1 are among them."""
    base, exponent = GRID["power"]
    values = exact.every_power(base.ravel(), exponent.ravel())
    assert hashlib.sha256(values.astype("<f8").tobytes()).hexdigest() == SHA256["power"]
    alone = [exact.every_power(base.ravel(), exponent[0, column : column + 1]) for column in range(0, 129, 16)]
    assert np.array_equal(np.hstack(alone), values[:, ::16])


def test_every_power_has_the_bits_of_a_power_at_the_ends_of_the_range():
    bases = np.array([-2.0, *NUMBERS])
    exponents = np.array([*NUMBERS, -np.inf, -1e300, -2000.0, -0.5])
    wanted = exact.power(bases[:, None], exponents[None, :])
    assert np.array_equal(exact.every_power(bases, exponents), wanted, equal_nan=True)
    points = points_of_power(np.random.default_rng(4), 10_000)
    for base in points[0][:20]:
        assert np.array_equal(exact.every_power(np.array([base]), points[1])[0], exact.power(base, points[1]))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_an_element_does_not_feel_its_neighbours(name):
    points = np.broadcast_arrays(*GRID[name])
    function = getattr(exact, name)
    together = function(*points).ravel()
    chosen = np.r_[0:50, exact.BLOCK - 5 : exact.BLOCK + 5, together.size - 5 : together.size]
    alone = [function(*[float(p.ravel()[i]) for p in points]) for i in chosen % together.size]
    assert np.array_equal(together[chosen % together.size], alone, equal_nan=True)


# Exact points


@pytest.mark.parametrize(("function", "x", "value"), [
    (exact.exp, 0.0, 1.0), (exact.exp, -0.0, 1.0), (exact.exp, np.inf, np.inf), (exact.exp, -np.inf, 0.0),
    (exact.exp, 1e300, np.inf), (exact.exp, -1e300, 0.0), (exact.exp, 709.9, np.inf), (exact.exp, -745.2, 0.0),
    (exact.exp, -745.0, 5e-324),
    (exact.log, 1.0, 0.0), (exact.log, 0.0, -np.inf), (exact.log, np.inf, np.inf), (exact.log, -1.0, np.nan),
    (exact.log, -np.inf, np.nan),
    (exact.logistic, 0.0, 0.5), (exact.logistic, np.inf, 1.0), (exact.logistic, -np.inf, 0.0),
    (exact.logistic, 1e308, 1.0),
    (exact.normal_cdf, 0.0, 0.5), (exact.normal_cdf, np.inf, 1.0), (exact.normal_cdf, -np.inf, 0.0),
    (exact.normal_cdf, -1e200, 0.0), (exact.normal_cdf, 1e200, 1.0),
    (exact.normal_quantile, 0.5, 0.0), (exact.normal_quantile, 0.0, -np.inf), (exact.normal_quantile, 1.0, np.inf),
    (exact.normal_quantile, -0.1, np.nan), (exact.normal_quantile, 1.1, np.nan),
    (exact.normal_quantile, np.inf, np.nan),
])
def test_exact_points_come_without_warnings(function, x, value):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.array_equal(function(x), value, equal_nan=True)
        assert np.array_equal(function(np.array([x])), [value], equal_nan=True)


NUMBERS = [0.0, 5e-324, 1e-300, 0.3, 1.0, 1.0000000000000002, 7.0, 1e300, np.inf]


@pytest.mark.parametrize("x", NUMBERS)
def test_power_is_exact_where_it_can_be(x):
    assert exact.power(x, 0.0) == 1
    assert exact.power(x, 1.0) == x
    assert exact.power(1.0, x) == exact.power(1.0, -x) == 1
    if x > 0:
        assert exact.power(0.0, x) == 0
        assert exact.power(0.0, -x) == np.inf


@pytest.mark.parametrize("base", NUMBERS)
@pytest.mark.parametrize("exponent", [-np.inf, -1e300, -2000.0, -0.5, 0.5, 2000.0, 1e300, np.inf])
def test_power_ends_as_numpy_does(base, exponent):
    """At the ends of the range, where the answer is 0, 1 or inf, or exact by design of the case."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ours = exact.power(base, exponent)
    with np.errstate(all="ignore"):
        assert ours == pytest.approx(float(np.power(base, exponent)), rel=1e-12)


def test_a_negative_base_has_no_power():
    assert np.isnan(exact.power(-2.0, 2.0))


@pytest.mark.parametrize("name", [n for n in FUNCTIONS if n != "power"])
def test_nan_stays_nan(name):
    values = getattr(exact, name)(np.array([0.25, np.nan]))
    assert np.isfinite(values[0])
    assert np.isnan(values[1])


@pytest.mark.parametrize(("base", "exponent"), [(np.nan, 0.0), (np.nan, 2.0), (1.0, np.nan), (np.nan, np.nan)])
def test_power_of_a_missing_number_is_missing(base, exponent):
    assert np.isnan(exact.power(base, exponent))


def test_results_have_the_shape_of_a_ufunc():
    assert isinstance(exact.exp(1), float)
    assert isinstance(exact.power(2, 3), float)
    assert exact.log([1.0, 2.0]).shape == (2,)
    assert exact.exp(np.zeros((0, 3))).shape == (0, 3)
    assert exact.power(np.ones((4, 1)), np.ones(3)).shape == (4, 3)
    assert exact.exp(np.zeros((2, 3, 4))[:, ::2, 1]).shape == (2, 2)
    assert exact.exp(np.array([1], dtype=np.int8)).dtype == np.float64


def test_many_numbers_have_the_exponentials_of_few():
    """A compiled loop makes those of many; also at the ends of the range, and where one is missing."""
    rng = np.random.default_rng(1)
    ends = [np.nan, np.inf, -np.inf, 0.0, -0.0, -745.2, -708.4, 709.8, 5e-324]
    x = np.concatenate([rng.uniform(-750, 715, 4000), -rng.exponential(size=4000), ends])
    few = [exact.exp(x[start : start + 100]) for start in range(0, len(x), 100)]
    assert exact.exp(x).tobytes() == np.concatenate(few).tobytes()


def test_arguments_are_left_alone():
    x = np.array([0.5, np.nan, -1.0])
    exact.log(x)
    exact.power(x, x)
    assert np.array_equal(x, [0.5, np.nan, -1.0], equal_nan=True)


# Properties


@pytest.mark.parametrize("name", FUNCTIONS)
def test_neighbours_on_the_grid_never_swap(name):
    if name == "power":  # down the columns of positive exponents the base rises
        values = exact.power(*GRID[name])[:, 65:]
    else:
        values = getattr(exact, name)(np.sort(GRID[name][0]))
    assert (values[1:] >= values[:-1]).all()
