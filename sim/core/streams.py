"""Random numbers by name and draw index, and the probability laws of uncertain inputs.

Every named quantity has a stream of its own, so any slice of it can be drawn alone, in any order, and two scenarios
share the draws of all the quantities they share. Laws are sampled by their quantile functions, so a larger uniform
never gives a smaller value.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import numpy as np

from sim.core import exact
from sim.core.exact import Floats

STREAMS = "peacesim-1"  # part of the name of every stream
SCHEME = "peacesim-3"  # changes, with a line in CHANGELOG.md, whenever the same seed no longer gives the same bits

WORDS_AT_A_TIME = 4  # one step of Philox's counter
Z95 = 1.6448536269514722  # 95th percentile of the standard normal law
CUT = 0.001  # share of the normal law left out at either end
PERT_CELLS = 2048  # the table then misses the distribution function by less than 1e-6


def uniform(seed: int, name: str, start: int, count: int) -> Floats:
    """Return uniforms in [0, 1) of one named quantity, for draws start to start + count - 1.

    Runs are compared draw by draw. If one generator served every purpose, adding one uncertain number would reshuffle
    all the others too, and the difference between the runs would be mostly chance.

    Args:
        name: Fixed text such as "party/north/weight/border", never an index into a list that may be reordered.

    Returns:
        Shape (count,); draw b is the same number in any slice that has it.

    Raises:
        ValueError: if start or count is negative.

    Source: Salmon et al. (2011), Philox 4x64. Only NumPy's raw words are the same in all its versions.
    """
    if start < 0 or count < 0:
        raise ValueError(f"a slice needs start >= 0 and count >= 0, got start {start} and count {count}")
    digest = hashlib.sha256(f"{STREAMS}|{int(seed)}|{name}".encode()).digest()
    first, skip = divmod(int(start), WORDS_AT_A_TIME)
    stream = np.random.Philox(key=int.from_bytes(digest[:16], "little"), counter=first)
    words = stream.random_raw(skip + int(count))[skip:]
    return np.asarray((words >> np.uint64(11)) * 2.0**-53)


def triangular(u: Floats, low: float, mode: float, high: float) -> Floats:
    """Triangular law: values in [low, high], density rising to the mode and falling from it.

    Args:
        u: Uniforms in [0, 1], any shape; 0 gives low and 1 gives high, exactly.

    A ValueError unless low <= mode <= high, all finite.
    """
    span = _span(low, mode, high)
    if span == 0:
        return np.full_like(u, low)
    below = (mode - low) / span  # share of the law below the mode
    left = low + span * np.sqrt(u * below)
    right = high - span * np.sqrt((1 - u) * ((high - mode) / span))
    return _within(np.where((u <= below) & (u < 1), left, right), low, high)


def uniform_between(u: Floats, low: float, high: float) -> Floats:
    """Uniform law on [low, high]; a ValueError unless low <= high, both finite."""
    return _within(low + _span(low, low, high) * u, low, high)


def normal_between(u: Floats, low: float, high: float) -> Floats:
    """Normal law with 5th percentile low and 95th percentile high, cut at its own 0.1st and 99.9th percentiles.

    Values reach beyond low and high, by .44 of high - low at either end. The cut is symmetric, so the mean is the
    middle of low and high.

    A ValueError unless low <= high, both finite.
    """
    spread = _span(low, low, high) / (2 * Z95)
    z = exact.normal_quantile(np.minimum(CUT + (1 - 2 * CUT) * u, 1 - CUT))
    return low + (high - low) / 2 + spread * z


def pert(u: Floats, low: float, mode: float, high: float) -> Floats:
    """Beta-PERT law: a beta law on [low, high] with mean (low + 4 mode + high) / 6.

    Shape parameters 1 + 4 (mode - low) / (high - low) and 1 + 4 (high - mode) / (high - low). Made by a table: the
    exact distribution function of the value given for u differs from u by less than 1e-6.

    Args:
        u: Uniforms in [0, 1], any shape; 0 gives low and 1 gives high, exactly.

    Raises:
        ValueError: unless low <= mode <= high, all finite.

    Source: Malcolm, Roseboom, Clark & Fazar (1959), the PERT mean; its beta law in the usual four-parameter form.
    """
    span = _span(low, mode, high)
    if span == 0:
        return np.full_like(u, low)
    nodes, shares = _pert_table(4 * ((mode - low) / span), 4 * ((high - mode) / span))
    cell = np.minimum(np.searchsorted(shares, u, side="right") - 1, PERT_CELLS - 1)
    width = shares[cell + 1] - shares[cell]
    part = np.where(width > 0, (u - shares[cell]) / np.where(width > 0, width, 1), 1)
    value = low + span * (nodes[cell] + part * (nodes[cell + 1] - nodes[cell]))
    return _within(np.where(u >= 1, high, value), low, high)


@lru_cache(maxsize=512)
def _pert_table(left: float, right: float) -> tuple[Floats, Floats]:
    """Nodes in [0, 1] and the share of the law with density ~ x**left (1-x)**right below each; shape (PERT_CELLS + 1,).

    The nodes x = t**2 (3 - 2 t) are dense at both ends, where a power like x**0.1 is too steep for even ones. Simpson's
    rule in t; `cumsum` adds one by one from the left, so its bits are fixed.
    """
    t = np.arange(2 * PERT_CELLS + 1) / (2 * PERT_CELLS)
    rest = 1 - t
    x, others = t * t * (3 - 2 * t), rest * rest * (3 - 2 * rest)
    density = exact.power(x, left) * exact.power(others, right) * t * rest
    parts = density[:-2:2] + 4 * density[1::2] + density[2::2]
    shares = np.concatenate([[0.0], np.cumsum(parts)])
    shares = shares / shares[-1]
    nodes = x[::2].copy()
    nodes.flags.writeable = shares.flags.writeable = False  # the same two arrays go to every caller
    return nodes, shares


def _span(low: float, value: float, high: float) -> float:
    if not (low <= value <= high and np.isfinite(high - low)):
        raise ValueError(f"a law needs finite numbers in rising order, got {low}, {value}, {high}")
    return high - low


def _within(values: Floats, low: float, high: float) -> Floats:
    return np.minimum(np.maximum(values, low), high)


@dataclass(frozen=True)
class Law:
    """The sampling of an uncertain input from uniforms, given low, centre and high, and its exact mean."""

    draw: Callable[[Floats, float, float, float], Floats]
    mean: Callable[[float, float, float], float]


def _middle(low: float, value: float, high: float) -> float:
    return low + (high - low) / 2


LAWS: Mapping[str, Law] = MappingProxyType({
    "beta": Law(pert, lambda low, value, high: (low + 4 * value + high) / 6),
    "normal": Law(lambda u, low, value, high: normal_between(u, low, high), _middle),
    "triangular": Law(triangular, lambda low, value, high: (low + value + high) / 3),
    "uniform": Law(lambda u, low, value, high: uniform_between(u, low, high), _middle),
})


def draw_law(u: Floats, law: str, low: float, value: float, high: float) -> Floats:
    """Draw values of a law by uniforms u, of the same shape.

    The uniform and the normal law go by low and high alone: their centre is the middle, whatever the value is.

    A ValueError if there is no such law, or the numbers are not in rising order.
    """
    _span(low, value, high)
    return _law(law).draw(u, low, value, high)


def law_mean(law: str, low: float, value: float, high: float) -> float:
    """Exact mean of one law. For the triangular law it is not the mode: (.65, .88, 1) has mean .8433.

    A ValueError if there is no such law, or the numbers are not in rising order.
    """
    _span(low, value, high)
    return _law(law).mean(low, value, high)


def _law(name: str) -> Law:
    if name not in LAWS:
        raise ValueError(f"no law is called {name!r}; there are {', '.join(LAWS)}")
    return LAWS[name]
