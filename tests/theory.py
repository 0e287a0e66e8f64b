"""Closed forms from the papers: what a simulation of the same small case must come out at.

One function a formula, on plain floats in the ranges that their docstrings give.
"""

import math

from sim.core import exact
from sim.core.exact import TOLERANCE


def rubinstein_share(d1: float, d2: float) -> float:
    """First mover's share of a pie of 1 with offers in turn and no deadline: (1 - d2) / (1 - d1 d2).

    Args:
        d1, d2: Discount factors a period of first and second mover, in [0, 1], not both 1.

    Source: Rubinstein (1982).
    """
    return (1 - d2) / (1 - d1 * d2)


def baron_ferejohn_share(n: int, q: int, d: float) -> float:
    """Proposer's share when n members divide 1, a random one proposes and q must agree: 1 - d (q - 1) / n.

    The proposer buys q - 1 votes at d / n each, what a member expects from going on.

    Args:
        n: Members, 1 or more.
        q: Votes needed, the proposer's own included, from 1 to n.
        d: Discount factor a round, in [0, 1].

    Source: Baron & Ferejohn (1989), closed rule, symmetric stationary equilibrium.
    """
    return 1 - d * (q - 1) / n


def fearon_range(p: float, cost_a: float, cost_b: float) -> tuple[float, float]:
    """Divisions that both sides like better than war, as A's share: [p - cost_a, p + cost_b].

    Not cut to [0, 1]: an end outside says by how much that side would give in beyond the whole stake.

    Args:
        p: A's chance to win, in [0, 1].
        cost_a, cost_b: Costs of war as shares of the stake, 0 or more.

    Source: Fearon (1995).
    """
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
    return k / n if p == 0.5 else (1 - ((1 - p) / p) ** k) / (1 - ((1 - p) / p) ** n)


def passing_chance(share: float, threshold: float, error: float) -> float:
    """Chance that a vote with expected share S and standard error se reaches its threshold: Phi((S - tau) / se).

    Args:
        share: Expected share in favour, S, in [0, 1].
        threshold: tau, in [0, 1].
        error: se, 0 or more; with 0 the vote passes if share >= threshold.
    """
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
    bound = (1 - discount) * (1 - p_after) + cost_d + discount * (cost_r + penalty)
    return p_before - p_after > bound + TOLERANCE


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
    return exact.power(s12, exact.power(t / 12, shape))


def weibull_shape(s12: float, s60: float) -> float:
    """Shape of the Weibull law through the shares that hold 12 and 60 months: ln(ln s60 / ln s12) / ln 5.

    Args:
        s12, s60: 0 < s60 < s12 < 1.
    """
    return exact.log(exact.log(s60) / exact.log(s12)) / exact.log(5.0)


def zopa_by_definition(utility, reservation_value, signs, uncrossed=True):
    """Packages worth no less than no deal to all that sign them, among those that cross no line, shape (B, P)."""
    return ((utility >= reservation_value[:, :, None] - TOLERANCE) | ~signs).all(axis=1) & uncrossed
