"""Reference solutions of bargaining theory, in one draw.

The solutions share their arguments:

    utility: Shape (N, P).
    reservation_value: Shape (N,); a gain g_n(p) is utility less it.
    candidates: Packages to choose from, usually the ZOPA, shape (P,).
    parties: Parties that count, shape (N,), one at least.
    tie_rank: Order of tied packages that nothing else tells apart, smaller first, shape (P,); None for their index.

Packages within 1e-9 of the best tie. Sums and products over parties run by ascending value, so exchanging two parties
moves no bit.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import reduce, wraps
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.core import exact
from sim.core.exact import TOLERANCE, Floats
from sim.core.packages import NO_DEAL, Bools, Ints
from sim.core.pareto import pareto_frontier
from sim.core.registry import described

Ranks = npt.NDArray[np.integer[Any]]

NO_PRODUCT = 1e-12  # a largest Nash product below this means that some party cannot gain


def parties_by_default(signs: Bools) -> Bools:
    """The parties whose consent every package needs; if there are none, those whose consent some package needs.

    Args:
        signs: Whose consent a package needs, shape (N, P).

    Returns:
        Shape (N,).
    """
    always: Bools = np.logical_and.reduce(signs, axis=1)
    return always if always.any() else np.logical_or.reduce(signs, axis=1)


@dataclass(frozen=True, eq=False)
class Solution:
    """The packages that a solution picks."""

    name: str  # of the solution
    # indices of all that tie, shape (K,), by the larger smallest gain, then the larger sum of gains, then the tie rank;
    # empty if there is no candidate
    packages: Ints
    worth: Floats  # utility of the first of them, shape (N,); NaN if there is none
    # the largest product, share, gain or sum, or the smallest spread; NaN if there is none
    value: float
    # indices of parties that count but can gain nothing, if the solution has to leave them out
    left_out: tuple[int, ...] = ()
    note: str = ""  # a caveat in a sentence; may be empty

    @property
    def package(self) -> int:
        """The first of the packages, `NO_DEAL` if there is none."""
        return int(self.packages[0]) if len(self.packages) else NO_DEAL


@dataclass(frozen=True, eq=False)
class _Problem:
    """The gains of the parties that count by the candidates."""

    utility: Floats  # of all packages to all parties, shape (N, P)
    members: Ints  # indices of the parties that count, shape (M,)
    columns: Ints  # indices of the candidates, shape (C,)
    gains: Floats  # shape (M, C)
    rank: Ranks  # tie rank of the candidates, shape (C,)

    @classmethod
    def of(
        cls, utility: Floats, reservation_value: Floats, candidates: Bools, parties: Bools, tie_rank: Ranks | None
    ) -> "_Problem":
        if not parties.any():
            raise ValueError("a solution needs a party that counts")
        members, columns = np.flatnonzero(parties), np.flatnonzero(candidates)
        gains = utility[members][:, columns] - reservation_value[members, None]
        return cls(utility, members, columns, gains, columns if tie_rank is None else tie_rank[columns])

    def solution(self, value: Floats, slack: float, left_out: Bools | None = None, note: str = "") -> Solution:
        """The candidates whose value, shape (C,), is within `slack` of the largest."""
        if not len(self.columns):
            nothing = np.full(len(self.utility), np.nan)
            return Solution("", np.zeros(0, np.int64), nothing, np.nan, (), "no candidates")
        best = value.max()
        tied = np.flatnonzero(value >= best - slack)
        least = np.rint(_smallest(self.gains[:, tied]) / TOLERANCE)
        total = np.rint(sum_ascending(self.gains[:, tied]) / TOLERANCE)
        packages = self.columns[tied[np.lexsort((self.rank[tied], -total, -least))]]
        names = () if left_out is None else tuple(int(n) for n in self.members[left_out])
        return Solution("", packages, self.utility[:, packages[0]].copy(), float(best), names, note)

    def by_share(self, value: Callable[[Floats, Bools], Floats]) -> Solution:
        """By a value of the gains as shares of each party's largest, shape (G, C), over those that can gain, (M,)."""
        largest = self.gains.max(axis=1, initial=0.0)
        gaining: Bools = largest >= TOLERANCE
        if not gaining.any():
            return self.solution(np.zeros(len(self.columns)), 0.0, ~gaining, "no party can gain")
        note = "" if gaining.all() else "without the parties that can gain nothing"
        return self.solution(value(self.gains[gaining] / largest[gaining, None], gaining), TOLERANCE, ~gaining, note)

    def by_product(self, exponents: Floats) -> Solution:
        """By the product of gains, each to a power, shape (N,)."""
        gains = real_gain(self.gains)
        gaining: Bools = np.ones(len(gains), bool)
        note = ""
        if product_ascending(gains).max(initial=0.0) < NO_PRODUCT:
            gaining = np.logical_or.reduce(gains > 0, axis=1)
            note = "the largest product is below 1e-12: over the parties that can gain"
        if not gaining.any():
            return self.solution(np.zeros(len(self.columns)), 0.0, ~gaining, "no party can gain")
        powers = zip(gains[gaining], exponents[self.members][gaining], strict=True)
        product = product_ascending([gain if power == 1 else exact.power(gain, power) for gain, power in powers])
        best = product.max(initial=0.0)
        if best == 0:
            note = "no candidate lets all gain that can gain at all: all candidates tie"
        return self.solution(product, TOLERANCE * best, ~gaining, note)


def _of_problem(rule: Callable[[_Problem], Solution]) -> Callable[..., Solution]:
    """A solution as a function of the arguments that all share."""

    @wraps(rule)
    def solve(
        utility: Floats, reservation_value: Floats, candidates: Bools, parties: Bools, tie_rank: Ranks | None = None
    ) -> Solution:
        found = rule(_Problem.of(utility, reservation_value, candidates, parties, tie_rank))
        return replace(found, name=rule.__name__)

    return solve


@described(
    formula="argmax over p of the product over n of g_n(p)",
    source="Nash (1950)",
    use="the point of comparison by default: it does not depend on how the parties' scales are stretched",
)
@_of_problem
def nash(problem: _Problem) -> Solution:
    """Largest product of gains.

    A gain below 1e-9, and so a loss, counts as 0: two losses make no product. If the largest product is below 1e-12
    it is taken over the parties that can gain at least 1e-9 somewhere, and the note says so. Packages tie within 1e-9
    of the largest product as a share of it, since a party's scale may be stretched at will.
    """
    return problem.by_product(np.ones(len(problem.utility)))


@described(
    formula="argmax over p of the product over n of g_n(p)^(influence_n / mean influence)",
    source="Kalai (1977), nonsymmetric Nash solutions",
    use="where some parties weigh more than others: of a pie each gets its share of the influence",
)
def asymmetric_nash(
    utility: Floats, reservation_value: Floats, candidates: Bools, parties: Bools, exponents: Floats,
    tie_rank: Ranks | None = None,
) -> Solution:  # fmt: skip
    """Largest product of gains, each to the power of its party's bargaining power.

    Args:
        exponents: Bargaining power, shape (N,), not negative; scaled to a mean of 1 over the parties that count, so
            equal powers give the product of `nash`. A party without power does not count.

    A ValueError if a power is negative, or all are 0.
    """
    powers = exponents[parties]
    total = sum_ascending(powers[:, None])[0]
    if powers.min() < 0 or total <= 0:
        raise ValueError(f"bargaining powers must not be negative and not all 0, found {powers.tolist()}")
    problem = _Problem.of(utility, reservation_value, candidates, parties & (exponents > 0), tie_rank)
    return replace(problem.by_product(exponents * len(powers) / total), name="asymmetric_nash")


@described(
    formula="argmax over p of min over n of g_n(p) / max over q of g_n(q)",
    source="Kalai & Smorodinsky (1975), the max-min form for packages that cannot be mixed",
    use="beside Nash, where the most that a party could gain should count: no share of it is smaller than need be",
)
@_of_problem
def kalai_smorodinsky(problem: _Problem) -> Solution:
    """Largest smallest share of each party's largest possible gain: `max over p of min over n of g_n(p) / max g_n`.

    A party whose largest gain is below 1e-9 is left out and named.
    """
    return problem.by_share(lambda share, gaining: _smallest(share))


@described(
    formula="argmin over p on the Pareto frontier of max over n - min over n of g_n(p) / max over q of g_n(q)",
    source="Kalai & Smorodinsky (1975), the reading that NegMAS has",
    use="to compare with other programs: where packages cannot be mixed it may leave every party a smaller share",
)
@_of_problem
def kalai_smorodinsky_spread(problem: _Problem) -> Solution:
    """Most even shares of the largest possible gains, on the Pareto frontier: least `max over n - min over n`.

    On a frontier without gaps it is the point of `kalai_smorodinsky`. Where packages cannot be mixed the two may
    differ, and this one may leave every party a smaller share, so it has a name of its own. The frontier is that of the
    candidates over the parties that can gain; off it, no gain at all would be the most even. A party whose largest gain
    is below 1e-9 is left out and named.
    """

    def evenness(share: Floats, gaining: Bools) -> Floats:
        frontier = pareto_frontier(problem.utility[problem.members[gaining]][:, problem.columns])
        return np.where(frontier, _smallest(share) - share.max(axis=0), -np.inf)

    found = problem.by_share(evenness)
    return replace(found, value=0.0 - found.value)


@described(
    formula="argmax over p of min over n of g_n(p)",
    source="Kalai (1977), proportional solutions",
    use="for who gets least, if a reader is ready to compare the parties' scales; it moves when one is stretched",
)
@_of_problem
def egalitarian(problem: _Problem) -> Solution:
    """Largest smallest gain, as if the scales of the parties compared. Ties: within 1e-9."""
    return problem.solution(_smallest(problem.gains), TOLERANCE)


@described(
    formula="argmax over p of the sum over n of u_n(p)",
    source="the plain sum of worth",
    use="for what there is in all, if a reader is ready to compare the parties' scales; it moves when one is stretched",
)
@_of_problem
def utilitarian(problem: _Problem) -> Solution:
    """Largest sum of utilities, as if the scales of the parties were comparable. Ties: within 1e-9."""
    return problem.solution(sum_ascending(problem.utility[problem.members][:, problem.columns]), TOLERANCE)


def real_gain(gain: Floats) -> Floats:
    """Gains, 0 where they are below the tolerance."""
    return np.where(gain >= TOLERANCE, gain, 0.0)


def _smallest(rows: Floats) -> Floats:
    smallest: Floats = rows.min(axis=0)
    return smallest


def _ascending(rows: Sequence[Floats] | Floats) -> list[Floats]:
    """Sort rows against each other, place by place; two rows, whose sum and product commute, are left as they are."""
    ordered = list(rows)
    for end in range(len(ordered) - 1, 0, -1) if len(ordered) > 2 else ():
        for low in range(end):
            first, second = ordered[low], ordered[low + 1]
            ordered[low], ordered[low + 1] = np.minimum(first, second), np.maximum(first, second)
    return ordered


def sum_ascending(rows: Sequence[Floats] | Floats) -> Floats:
    """Sum over rows, one at least, place by place, by ascending value."""
    return reduce(np.add, _ascending(rows))


def product_ascending(rows: Sequence[Floats] | Floats) -> Floats:
    """Product over rows, one at least, place by place, by ascending value."""
    return reduce(np.multiply, _ascending(rows))
