"""What the talks could settle on, and the reference points of bargaining theory. No bargaining here.

All functions take worth with the party axis before the package axis; functions of many draws have the draw axis first,
functions of one draw, which return a `Solution`, leave it out. Candidates are a mask over packages, usually a zone.
Sums and products over parties run by ascending value, so exchanging two parties moves no bit.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.core import exact
from sim.core.exact import TOLERANCE, Floats
from sim.core.packages import NO_DEAL, Bools, Ints
from sim.core.pareto import pareto_frontier
from sim.core.registry import described

Ranks = npt.NDArray[np.integer[Any]]

NO_PRODUCT = 1e-12  # a largest Nash product below this says that somebody cannot gain


def parties_by_default(signs: Bools) -> Bools:
    """The parties whose gains count where nothing else is said: one set for all packages, or products do not compare.

    Those whose consent every package needs; if there are none, those whose consent some package needs.

    Args:
        signs: Whose consent a package needs, shape (N, P).

    Returns:
        Shape (N,).
    """
    always: Bools = np.logical_and.reduce(signs, axis=1)
    return always if always.any() else np.logical_or.reduce(signs, axis=1)


@dataclass(frozen=True, eq=False)
class Solution:
    """The package, or packages, that a solution of bargaining theory picks in one draw.

    Attributes:
        name: Of the solution.
        packages: Indices of all that tie, shape (K,): first the one with the largest smallest gain, then by the larger
            sum of gains, then by the tie rank handed in; empty if there is no candidate.
        worth: Of the first of them to every party, shape (N,); NaN if there is none.
        value: What was made as large as possible: a product, a share, a gain or a sum; where the name says so a
            spread, which was made as small as possible; NaN if there is none.
        left_out: Indices of parties that count but can gain nothing, where the rule has to leave them out.
        note: What a reader must know, in a sentence; empty if nothing.
    """

    name: str
    packages: Ints
    worth: Floats
    value: float
    left_out: tuple[int, ...] = ()
    note: str = ""

    @property
    def package(self) -> int:
        """The first of the packages, `NO_DEAL` if there is none."""
        return int(self.packages[0]) if len(self.packages) else NO_DEAL


@described(
    formula="argmax over p of the product over n of g_n(p)",
    source="Nash (1950)",
    use="the point of comparison by default: it does not depend on how the parties' scales are stretched",
)
def nash(
    utility: Floats, no_deal: Floats, candidates: Bools, parties: Bools, tie_rank: Ranks | None = None
) -> Solution:
    """Largest product of gains.

    A gain below 1e-9, and so a loss, counts as 0: two losses make no product. If the largest product is below 1e-12
    it is taken over the parties that can gain at least 1e-9 somewhere, and the note says so. Ties: within 1e-9 of the
    largest product, as a share of it, since a party's scale may be stretched at will.

    Args:
        utility: Worth of packages, shape (N, P).
        no_deal: Worth of no agreement, shape (N,).
        candidates: Packages to choose from, shape (P,).
        parties: Parties that count, shape (N,), one at least.
        tie_rank: The order in which tied packages stand that nothing else tells apart, smaller first, shape (P,); None
            for their order in the arrays.

    Source: Nash (1950).
    """
    return _largest_product("nash", _bargain(utility, no_deal, candidates, parties, tie_rank), np.ones(len(parties)))


@described(
    formula="argmax over p of the product over n of g_n(p)^(influence_n / mean influence)",
    source="Kalai (1977), nonsymmetric Nash solutions",
    use="where some parties weigh more than others: of a pie each gets its share of the influence",
)
def asymmetric_nash(
    utility: Floats,
    no_deal: Floats,
    candidates: Bools,
    parties: Bools,
    exponents: Floats,
    tie_rank: Ranks | None = None,
) -> Solution:
    """Largest product of gains, each to the power of its party's bargaining power.

    Args:
        utility, no_deal, candidates, parties, tie_rank: As for `nash`; so are ties, and the product over those that can
            gain.
        exponents: Bargaining power, shape (N,), not negative; scaled to a mean of 1 over the parties that count, so
            equal powers give the product of `nash`. A party without power does not count.

    Raises:
        ValueError: if a power is negative, or all are 0.

    Source: Kalai (1977), nonsymmetric Nash solutions.
    """
    held = [float(exponent) for exponent in exponents[parties]]
    total = sum_ascending([np.array([exponent]) for exponent in held])[0]
    if min(held) < 0 or total <= 0:
        raise ValueError(f"bargaining powers must not be negative and not all 0, found {held}")
    bargain = _bargain(utility, no_deal, candidates, parties & (exponents > 0), tie_rank)
    return _largest_product("asymmetric_nash", bargain, exponents * len(held) / total)


@described(
    formula="argmax over p of min over n of g_n(p) / max over q of g_n(q)",
    source="Kalai & Smorodinsky (1975), the max-min form for packages that cannot be mixed",
    use="beside Nash, where the most that a party could gain should count: no share of it is smaller than need be",
)
def kalai_smorodinsky(
    utility: Floats, no_deal: Floats, candidates: Bools, parties: Bools, tie_rank: Ranks | None = None
) -> Solution:
    """Largest smallest share of what a party could gain at most: `max over p of min over n of g_n(p) / max g_n`.

    A party whose largest gain is below 1e-9 is left out and named. Ties: within 1e-9 of the largest share.

    Args:
        utility, no_deal, candidates, parties, tie_rank: As for `nash`.

    Source: Kalai & Smorodinsky (1975); max-min form for packages that cannot be mixed.
    """
    bargain = _bargain(utility, no_deal, candidates, parties, tie_rank)
    share, gaining, note = _shares_of_largest_gain(bargain)
    if not gaining.any():
        return bargain.solution("kalai_smorodinsky", np.zeros(len(bargain.columns)), 0.0, ~gaining, note)
    return bargain.solution("kalai_smorodinsky", _smallest(share), TOLERANCE, ~gaining, note)


@described(
    formula="argmin over p on the Pareto frontier of max over n - min over n of g_n(p) / max over q of g_n(q)",
    source="Kalai & Smorodinsky (1975), the reading that NegMAS has",
    use="to compare with other programs: where packages cannot be mixed it may leave every party a smaller share",
)
def kalai_smorodinsky_spread(
    utility: Floats, no_deal: Floats, candidates: Bools, parties: Bools, tie_rank: Ranks | None = None
) -> Solution:
    """Most even shares of what each could gain at most, on the Pareto frontier: least `max over n - min over n`.

    On a frontier without gaps it is the point of `kalai_smorodinsky`. Where packages cannot be mixed the two may
    differ, and this one may leave every party a smaller share, so it has a name of its own. The frontier is that of the
    candidates over the parties that can gain; off it, no gain at all would be the most even. A party whose largest gain
    is below 1e-9 is left out and named. Ties: within 1e-9 of the least spread, which is the `value`.

    Args:
        utility, no_deal, candidates, parties, tie_rank: As for `nash`.

    Source: Kalai & Smorodinsky (1975); the reading for packages that cannot be mixed that NegMAS has.
    """
    bargain = _bargain(utility, no_deal, candidates, parties, tie_rank)
    share, gaining, note = _shares_of_largest_gain(bargain)
    if not gaining.any():
        return bargain.solution("kalai_smorodinsky_spread", np.zeros(len(bargain.columns)), 0.0, ~gaining, note)
    frontier = pareto_frontier(utility[bargain.members[gaining]][:, bargain.columns])
    evenness = np.where(frontier, _smallest(share) - share.max(axis=0), -np.inf)
    found = bargain.solution("kalai_smorodinsky_spread", evenness, TOLERANCE, ~gaining, note)
    return replace(found, value=0.0 - found.value)


@described(
    formula="argmax over p of min over n of g_n(p)",
    source="Kalai (1977), proportional solutions",
    use="for who gets least, if a reader is ready to compare the parties' scales; it moves when one is stretched",
)
def egalitarian(
    utility: Floats, no_deal: Floats, candidates: Bools, parties: Bools, tie_rank: Ranks | None = None
) -> Solution:
    """Largest smallest gain, as if the scales of the parties compared. Ties: within 1e-9.

    Args:
        utility, no_deal, candidates, parties, tie_rank: As for `nash`.

    Source: Kalai (1977), proportional solutions.
    """
    bargain = _bargain(utility, no_deal, candidates, parties, tie_rank)
    return bargain.solution("egalitarian", _smallest(bargain.gains), TOLERANCE)


@described(
    formula="argmax over p of the sum over n of u_n(p)",
    source="the plain sum of worth",
    use="for what there is in all, if a reader is ready to compare the parties' scales; it moves when one is stretched",
)
def utilitarian(
    utility: Floats, no_deal: Floats, candidates: Bools, parties: Bools, tie_rank: Ranks | None = None
) -> Solution:
    """Largest sum of worth, as if the scales of the parties compared. Ties: within 1e-9.

    Args:
        utility, no_deal, candidates, parties, tie_rank: As for `nash`.
    """
    bargain = _bargain(utility, no_deal, candidates, parties, tie_rank)
    return bargain.solution("utilitarian", sum_ascending(utility[bargain.members][:, bargain.columns]), TOLERANCE)


@dataclass(frozen=True, eq=False)
class _Bargain:
    """One draw cut down to what a solution looks at.

    Attributes:
        utility: Worth of packages to every party, shape (N, P).
        members: Indices of the parties that count, shape (M,).
        columns: Indices of the candidates, shape (C,).
        gains: Worth less no deal, shape (M, C).
        rank: Which of two candidates comes first where nothing else tells them apart, shape (C,).
    """

    utility: Floats
    members: Ints
    columns: Ints
    gains: Floats
    rank: Ranks

    def solution(
        self, name: str, value: Floats, slack: float, left_out: Bools | None = None, note: str = ""
    ) -> Solution:
        """The candidates whose value, shape (C,), is within `slack` of the largest."""
        if not len(self.columns):
            nothing = np.full(len(self.utility), np.nan)
            return Solution(name, np.zeros(0, np.int64), nothing, np.nan, (), "no candidates")
        best = value.max()
        tied = np.flatnonzero(value >= best - slack)
        least = np.rint(_smallest(self.gains[:, tied]) / TOLERANCE)
        total = np.rint(sum_ascending(self.gains[:, tied]) / TOLERANCE)
        packages = self.columns[tied[np.lexsort((self.rank[tied], -total, -least))]]
        names = () if left_out is None else tuple(int(n) for n in self.members[left_out])
        return Solution(name, packages, self.utility[:, packages[0]].copy(), float(best), names, note)


def _bargain(utility: Floats, no_deal: Floats, candidates: Bools, parties: Bools, tie_rank: Ranks | None) -> _Bargain:
    if not parties.any():
        raise ValueError("a solution needs a party that counts")
    members, columns = np.flatnonzero(parties), np.flatnonzero(candidates)
    rank = columns if tie_rank is None else tie_rank[columns]
    return _Bargain(utility, members, columns, utility[members][:, columns] - no_deal[members, None], rank)


def _shares_of_largest_gain(bargain: _Bargain) -> tuple[Floats, Bools, str]:
    """Gains of the parties that can gain as shares of each one's largest, shape (G, C), who they are, (M,), a note."""
    largest = bargain.gains.max(axis=1, initial=0.0)
    gaining: Bools = largest >= TOLERANCE
    some = "without the parties that can gain nothing" if gaining.any() else "no party can gain"
    note = "" if gaining.all() else some
    return bargain.gains[gaining] / largest[gaining, None], gaining, note


def _largest_product(name: str, bargain: _Bargain, exponents: Floats) -> Solution:
    gains = real_gain(bargain.gains)
    gaining: Bools = np.ones(len(gains), bool)
    note = ""
    if product_ascending(gains).max(initial=0.0) < NO_PRODUCT:
        gaining = np.logical_or.reduce(gains > 0, axis=1)
        note = "the largest product is below 1e-12: over the parties that can gain"
    if not gaining.any():
        return bargain.solution(name, np.zeros(len(bargain.columns)), 0.0, ~gaining, "no party can gain")
    powers = exponents[bargain.members][gaining]
    product = product_ascending(
        [gain if power == 1 else exact.power(gain, power) for gain, power in zip(gains[gaining], powers, strict=True)]
    )
    best = product.max(initial=0.0)
    if best == 0:
        note = "no candidate lets all gain that can gain at all: all candidates tie"
    return bargain.solution(name, product, TOLERANCE * best, ~gaining, note)


def real_gain(gain: Floats) -> Floats:
    """Gains with what is no gain by the tolerance put at 0."""
    return np.where(gain >= TOLERANCE, gain, 0.0)


def _smallest(rows: Floats) -> Floats:
    smallest: Floats = rows.min(axis=0)
    return smallest


def _ascending(rows: Sequence[Floats] | Floats) -> list[Floats]:
    """Rows sorted against each other, place by place: an insertion network, quicker than a sort of a few rows.

    Two numbers give the same sum and product either way round, so two rows are left as they are.
    """
    ordered = list(rows)
    for end in range(len(ordered) - 1, 0, -1) if len(ordered) > 2 else ():
        for low in range(end):
            first, second = ordered[low], ordered[low + 1]
            ordered[low], ordered[low + 1] = np.minimum(first, second), np.maximum(first, second)
    return ordered


def sum_ascending(rows: Sequence[Floats] | Floats) -> Floats:
    """Sum over rows, one at least, place by place, by ascending value."""
    ordered = _ascending(rows)
    total = ordered[0]
    for row in ordered[1:]:
        total = total + row
    return total


def product_ascending(rows: Sequence[Floats] | Floats) -> Floats:
    """Product over rows, one at least, place by place, by ascending value."""
    ordered = _ascending(rows)
    product = ordered[0]
    for row in ordered[1:]:
        product = product * row
    return product
