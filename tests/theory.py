"""Closed forms from the papers: what a simulation of the same small case must come out at.

One function a formula, on plain floats. A number outside the range its docstring gives, NaN included, is a ValueError
that names the condition.
"""

import math

from sim.core import exact
from sim.core.exact import TOLERANCE


def _need(condition: bool, what: str) -> None:
    """Refuse when the condition does not hold; comparisons with NaN are false, so NaN is refused too."""
    if not condition:
        raise ValueError(what)


def _need_share(**values: float) -> None:
    for name, value in values.items():
        _need(0 <= value <= 1, f"{name} must be in [0, 1], got {value}")


def rubinstein_share(d1: float, d2: float) -> float:
    """First mover's share of a pie of 1 with offers in turn and no deadline: (1 - d2) / (1 - d1 d2).

    Args:
        d1, d2: Discount factors a period of first and second mover, in [0, 1], not both 1.

    Source: Rubinstein (1982).
    """
    _need_share(d1=d1, d2=d2)
    _need(d1 * d2 < 1, "d1 and d2 must not both be 1: without impatience there is no unique division")
    return (1 - d2) / (1 - d1 * d2)


def rubinstein_finite(d: float, periods: int) -> float:
    """First mover's share when offers alternate until a deadline T periods away: (1 - (-d)**T) / (1 + d).

    Whoever offers in the last period takes all: 1, 1 - d, 1 - d + d**2, ... for 1, 2, 3, ... periods.

    Args:
        d: Discount factor a period, the same for both, in [0, 1].
        periods: T, 1 or more.

    Source: Stahl (1972), finite horizon; it tends to Rubinstein's share as T grows, for d < 1.
    """
    _need_share(d=d)
    _need(periods >= 1, f"periods must be 1 or more, got {periods}")
    last = exact.power(float(d), float(periods))
    return (1 - last if periods % 2 == 0 else 1 + last) / (1 + d)


def rubinstein_inside(d1: float, d2: float, i1: float, i2: float) -> float:
    """First mover's share when each has an inside value a period while they disagree.

    i1 + (1 - i1 - i2) (1 - d2) / (1 - d1 d2): inside values are paid in full, and what agreement adds is divided as in
    `rubinstein_share`.

    Args:
        d1, d2: Discount factors a period, in [0, 1], not both 1.
        i1, i2: Worth of no agreement for ever, 0 or more, at most 1 together.

    Source: Rubinstein (1982) with the pie less the inside values; see Muthoo (1999), ch. 6, inside options.
    """
    _need(i1 >= 0 and i2 >= 0 and i1 + i2 <= 1, f"i1 and i2 must be >= 0 and at most 1 together, got {i1} and {i2}")
    return i1 + (1 - i1 - i2) * rubinstein_share(d1, d2)


def baron_ferejohn_share(n: int, q: int, d: float) -> float:
    """Proposer's share when n members divide 1, a random one proposes and q must agree: 1 - d (q - 1) / n.

    The proposer buys q - 1 votes at d / n each, what a member expects from going on.

    Args:
        n: Members, 1 or more.
        q: Votes needed, the proposer's own included, from 1 to n.
        d: Discount factor a round, in [0, 1].

    Source: Baron & Ferejohn (1989), closed rule, symmetric stationary equilibrium.
    """
    _need(1 <= q <= n, f"q must be from 1 to n, got q {q} and n {n}")
    _need_share(d=d)
    return 1 - d * (q - 1) / n


def linear_conceders_meet(r0: float, r1: float) -> float:
    """Time in [0.5, 1] at which two linear conceders' claims on a pie of 1 first fit: 1 / (2 - r0 - r1).

    Each claims 1 - (1 - r) t at time t.

    Args:
        r0, r1: Reservation values, in [0, 1], at most 1 together; above that the claims never fit.
    """
    _need_share(r0=r0, r1=r1)
    _need(r0 + r1 <= 1, f"r0 + r1 must be at most 1, got {r0} and {r1}")
    return 1 / (2 - r0 - r1)


def zeuthen_risk(own: float, other: float, disagreement: float) -> float:
    """The highest chance of breakdown a party would run rather than give in: (own - other) / (own - disagreement).

    All three on its own scale. At most 1 while the other's offer beats no deal; 0 or less once the other's offer is as
    good as its own. The party with the lower risk concedes.

    Args:
        own: Worth of its own offer; above disagreement.
        other: Worth of the other's offer.
        disagreement: Worth of no deal.

    Source: Zeuthen (1930); Harsanyi (1956), who shows that it leads to Nash's solution.
    """
    _need(own > disagreement, f"own must be above disagreement, got {own} and {disagreement}")
    return (own - other) / (own - disagreement)


def fearon_range(p: float, cost_a: float, cost_b: float) -> tuple[float, float]:
    """Divisions that both sides like better than war, as A's share: [p - cost_a, p + cost_b].

    Not cut to [0, 1]: an end outside says by how much that side would give in beyond the whole stake.

    Args:
        p: A's chance to win, in [0, 1].
        cost_a, cost_b: Costs of war as shares of the stake, 0 or more.

    Source: Fearon (1995).
    """
    _need_share(p=p)
    _need(cost_a >= 0 and cost_b >= 0, f"costs must be >= 0, got {cost_a} and {cost_b}")
    return p - cost_a, p + cost_b


def battle_chain(k: int, n: int, p: float) -> float:
    """Chance to reach position n before 0 from position k, when each battle moves one position up with chance p.

    (1 - (q/p)**k) / (1 - (q/p)**n) with q = 1 - p; k / n for p = 1/2.

    Args:
        k: Position now, from 0 to n.
        n: Number of positions, 1 or more.
        p: Chance to win a battle, in [0, 1].

    Source: gambler's ruin; as a model of war, Smith & Stam (2004).
    """
    _need(n >= 1 and 0 <= k <= n, f"k must be from 0 to n, n 1 or more, got k {k} and n {n}")
    _need_share(p=p)
    if k in (0, n):
        return k / n
    if p < 0.5:
        ratio = p / (1 - p)  # the same fraction, multiplied through by ratio**n so that nothing overflows
        return exact.power(ratio, float(n - k)) * _geometric_sum(ratio, k) / _geometric_sum(ratio, n)
    ratio = (1 - p) / p
    return _geometric_sum(ratio, k) / _geometric_sum(ratio, n)


def _geometric_sum(ratio: float, terms: int) -> float:
    """1 + ratio + ... for so many terms, term by term: the quotient form loses its digits as ratio nears 1."""
    total = 0.0
    for _ in range(terms):
        total = 1 + ratio * total
    return total


def household_weeks(cut: float, half_days: float) -> float:
    """Household-weeks without power that one wave adds in all: cut x half / (7 ln 2).

    Args:
        cut: Households cut off at once, 0 or more.
        half_days: Days in which half of them are connected again, above 0.
    """
    _need(cut >= 0, f"cut must be >= 0, got {cut}")
    _need(half_days > 0, f"half_days must be above 0, got {half_days}")
    return cut * half_days / (7 * exact.log(2.0))


def passing_chance(share: float, threshold: float, error: float) -> float:
    """Chance that a vote with expected share S and standard error se reaches its threshold: Phi((S - tau) / se).

    Args:
        share: Expected share in favour, S, in [0, 1].
        threshold: tau, in [0, 1].
        error: se, 0 or more; with 0 the vote passes if share >= threshold.
    """
    _need_share(share=share, threshold=threshold)
    _need(error >= 0, f"error must be >= 0, got {error}")
    if error == 0:
        return 1.0 if share >= threshold else 0.0
    return exact.normal_cdf((share - threshold) / error)


def powell_penalty_needed(p_before: float, p_after: float, cost_d: float, cost_r: float, discount: float) -> float:
    """Penalty on the rising side R that would just keep the declining side D from fighting now; 0 if none is needed.

    max(0, [(p - p') - (1 - d)(1 - p') - cD] / d - cR), as a share of the stake.

    Args:
        p_before, p_after: p and p', D's share of the stake by war before and after the shift, in [0, 1], p' <= p.
        cost_d, cost_r: Costs of war of D and R as shares of the stake, 0 or more.
        discount: d over the time the shift takes, in (0, 1].

    Source: Powell (2006), war as a commitment problem, with a penalty on R added to R's cost of war.
    """
    _need_shift(p_before, p_after, cost_d, cost_r, discount)
    gain = (p_before - p_after) - (1 - discount) * (1 - p_after) - cost_d
    return max(0.0, gain / discount - cost_r)


def powell_fights_now(
    p_before: float, p_after: float, cost_d: float, cost_r: float, discount: float, penalty: float = 0.0
) -> bool:
    """Whether no division keeps the declining side from fighting: p - p' > (1 - d)(1 - p') + cD + d (cR + penalty).

    Arguments as in `powell_penalty_needed`; penalty is what a guarantee would cost R, as a share of the stake, 0 or
    more. Compared with the tolerance of worth, so that exactly the penalty needed is enough.

    Source: Powell (2006).
    """
    _need_shift(p_before, p_after, cost_d, cost_r, discount)
    _need(penalty >= 0, f"penalty must be >= 0, got {penalty}")
    bound = (1 - discount) * (1 - p_after) + cost_d + discount * (cost_r + penalty)
    return p_before - p_after > bound + TOLERANCE


def _need_shift(p_before: float, p_after: float, cost_d: float, cost_r: float, discount: float) -> None:
    _need_share(p_before=p_before, p_after=p_after)
    _need(p_after <= p_before, f"p_after must not exceed p_before, got {p_after} and {p_before}: exchange the sides")
    _need(cost_d >= 0 and cost_r >= 0, f"costs must be >= 0, got {cost_d} and {cost_r}")
    _need(0 < discount <= 1, f"discount must be in (0, 1], got {discount}")


def withdrawal_steps(gain: float, flow: float, penalty: float, monitoring: float, discount: float) -> int | None:
    """Fewest equal steps in which a reciprocal withdrawal is kept to, or None if no number of steps is enough.

    max(1, ceil(bracket / P)) with bracket = (a - v) / (d m) - v / (1 - d). In each of n steps cheating takes a/n
    instead of v/n; with chance m it is seen a step later, which costs P and ends what that step and later ones would
    bring. The last step, with nothing to come after it, is the most tempting. A quotient above a whole number by
    rounding alone does not ask for another step.

    Args:
        gain: a, gain from cheating on the whole pull-back.
        flow: v, worth a period once all is done, 0 or more.
        penalty: P, cost of being seen to cheat, 0 or more.
        monitoring: m, chance to be seen, in (0, 1].
        discount: d a step, in (0, 1).
    """
    _need(math.isfinite(gain), f"gain must be finite, got {gain}")
    _need(flow >= 0 and penalty >= 0, f"flow and penalty must be >= 0, got {flow} and {penalty}")
    _need(0 < monitoring <= 1, f"monitoring must be in (0, 1], got {monitoring}")
    _need(0 < discount < 1, f"discount must be in (0, 1), got {discount}")
    bracket = (gain - flow) / (discount * monitoring) - flow / (1 - discount)
    if bracket <= TOLERANCE:
        return 1
    if penalty == 0:
        return None
    return max(1, math.ceil(bracket / penalty - TOLERANCE))


def weibull_survival(t: float, s12: float, shape: float) -> float:
    """Share of agreements that hold for t months, if s12 hold for 12: s12 ** ((t / 12) ** shape).

    Args:
        t: Months since entry into force, 0 or more.
        s12: Share that holds 12 months, in (0, 1].
        shape: Above 0; below 1 the danger falls with time.

    Source: Weibull law, with its scale given by the share at 12 months.
    """
    _need(t >= 0, f"t must be >= 0, got {t}")
    _need(0 < s12 <= 1, f"s12 must be in (0, 1], got {s12}")
    _need(shape > 0, f"shape must be above 0, got {shape}")
    return exact.power(s12, exact.power(t / 12, shape))


def weibull_shape(s12: float, s60: float) -> float:
    """Shape of the Weibull law through the shares that hold 12 and 60 months: ln(ln s60 / ln s12) / ln 5.

    Args:
        s12, s60: 0 < s60 < s12 < 1.
    """
    _need(0 < s60 < s12 < 1, f"shares must satisfy 0 < s60 < s12 < 1, got s12 {s12} and s60 {s60}")
    return exact.log(exact.log(s60) / exact.log(s12)) / exact.log(5.0)


def zopa_by_definition(utility, reservation_value, signs, uncrossed=True):
    """Packages worth no less than no deal to all that sign them, among those that cross no line, shape (B, P)."""
    return ((utility >= reservation_value[:, :, None] - TOLERANCE) | ~signs).all(axis=1) & uncrossed
