"""Designs: points spread evenly over ranges, where a grid of all combinations would have too many."""

import re
from dataclasses import dataclass

import numpy as np

from sim import streams
from sim.scenario.messages import Faults, Mark, closest, quoted
from sim.utility import Floats

KINDS = ("sobol", "latin")
MOST_POINTS = 100_000
MOST_PATHS = 1_000
MARK = Mark("--design", 1, 1)
SEED = 0  # of the lots of a design: the same command spans the same points, whatever the seed of the runs


@dataclass(frozen=True)
class Design:
    """How many points, and how they are spread.

    Attributes:
        kind: `sobol`, a Sobol sequence with a shift drawn by path, or `latin`, a Latin hypercube: each path takes each
            of `count` equal parts of its range once.
        count: Number of points.
    """

    kind: str
    count: int

    def places(self, paths: tuple[str, ...]) -> Floats:
        """Where the points lie, as shares of the ranges.

        Args:
            paths: What varies. Lots are drawn by the names of the paths, so their order moves only a Sobol sequence.

        Returns:
            Shares in [0, 1), rounded to six digits, shape (count, paths).
        """
        spread = _sobol(self.count, len(paths)) if self.kind == "sobol" else _latin(self.count, paths)
        if self.kind == "sobol":
            spread = (spread + [_lots(f"{path}.shift", 1)[0] for path in paths]) % 1
        return np.minimum(np.round(spread, 6), 1 - 1e-6)


def parse_design(text: str, faults: Faults) -> Design | None:
    """The design a text such as `sobol:64` asks for; None, and a fault, if it is none."""
    found = re.fullmatch(r"([a-z]+):([0-9]{1,7})", text.strip())
    if found and found[1] in KINDS and 2 <= int(found[2]) <= MOST_POINTS:
        return Design(found[1], int(found[2]))
    guess = closest(text.partition(":")[0], KINDS)
    hint = f"; did you mean {guess}:64?" if guess is not None and guess != text.partition(":")[0] else ""
    faults.add(MARK, f"{quoted(text)} is no design; sobol:COUNT or latin:COUNT, 2 to {MOST_POINTS:,}, would do{hint}")
    return None


def _sobol(count: int, paths: int) -> Floats:
    """The first points of the sequence.

    Source: Sobol (1967); direction numbers of Joe & Kuo (2008), as SciPy has them.
    """
    from scipy.stats import qmc

    power = max(1, (count - 1).bit_length())
    return np.asarray(qmc.Sobol(paths, scramble=False).random_base2(power), float)[:count]


def _latin(count: int, paths: tuple[str, ...]) -> Floats:
    """Each part of each range once, in an order by lot and at a place by lot.

    Source: McKay, Beckman & Conover (1979).
    """
    columns = [
        (np.argsort(np.argsort(_lots(f"{path}.order", count), kind="stable")) + _lots(f"{path}.place", count)) / count
        for path in paths
    ]
    return np.stack(columns, axis=1)


def _lots(name: str, count: int) -> Floats:
    return streams.uniform(SEED, f"design.{name}", 0, count)
