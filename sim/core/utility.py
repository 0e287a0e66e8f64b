"""Utility of packages: additive utility, deliverability, linkages, red lines, discounting."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from sim.core import exact, package_pass
from sim.core.compiled import worth_compiling
from sim.core.exact import TOLERANCE
from sim.core.packages import Bools, Half, Ints, PackageSpace

Floats = npt.NDArray[np.float64]

DAYS_PER_MONTH = 30.4375
EVERYBODY = -1  # the party of options that an event removes


@dataclass(frozen=True)
class Extra:
    """Utility that only a combination adds: one linkage of one party, or a mediator's side payment to it."""

    party: int  # index of the party
    packages: Ints  # indices of the packages that have it, rising
    adds: Floats  # utility added there, shape (B,)


def rescale_weights(weights: Floats) -> Floats:
    """Rescale weights to sum to 1 in every draw.

    Args:
        weights: As drawn, shape (..., I), not negative; summed in the order given, which is by name.

    A ValueError if all weights of a row are 0.
    """
    total = weights[..., 0].copy()
    for issue in range(1, weights.shape[-1]):
        total += weights[..., issue]
    if (total <= 0).any():
        raise ValueError("at least one issue weight must be above 0")
    return weights / total[..., None]


def deliver(worth: Floats, option: int, otherwise: int, chance: Floats) -> None:
    """Blend an option's utility, in place, with that of its substitute if it is not delivered: `d v + (1 - d) v'`.

    Args:
        worth: Utility of the options of one issue, shape (B, N, O).
        option: The option that may not be deliverable.
        otherwise: Its substitute.
        chance: Probability of delivery, shape (B,), in [0, 1].
    """
    share = chance[:, None]
    worth[:, :, option] = share * worth[:, :, option] + (1 - share) * worth[:, :, otherwise]


def package_utility(
    space: PackageSpace,
    weights: Floats,
    option_worth: Floats,
    extras: Sequence[Extra] = (),
    out: Floats | None = None,
) -> Floats:
    """Return the utility of every package, for every party, in every draw.

    The sum runs over the first half of the issues by name, then over the second, then linkages by id: a package
    costs one addition, and its last bits are the same in every block.

    Args:
        space: The packages.
        weights: Issue weights, shape (B, N, I); each row sums to 1.
        option_worth: Utility of an option to a party, shape (B, N, I, O), in [0, 1].
        extras: Linkages and side payments, in the order in which they are added.
        out: Output, shape (B or more, N, P); large arrays cost more to allocate than to fill.

    Returns:
        Utility, shape (B, N, P); in [0, 1] but for linkages.

    Raises:
        ValueError: if a row of weights does not sum to 1.

    Source: Keeney & Raiffa (1976), ch. 3, additive form.
    """
    check_weights(weights)
    draws, parties = weights.shape[:2]
    utility = np.empty((draws, parties, len(space))) if out is None else out[:draws]
    if draws == 1:  # as good as the loop, and `check` and `show` need not wait for a compiler
        _fill_one(space, weights[0], option_worth[0], extras, utility[0])
    else:
        numbers = np.ascontiguousarray(weights), np.ascontiguousarray(option_worth)
        fill_utility = worth_compiling(package_pass.fill_utility, utility.size)
        fill_utility(*numbers, package_pass.Halves(*space.laid_out), additions(extras, draws), utility)
    return utility


def check_weights(weights: Floats) -> None:
    """See that the weights of each party sum to 1, shape (..., I); a ValueError if a row does not."""
    total = weights[..., 0].copy()
    for issue in range(1, weights.shape[-1]):
        total += weights[..., issue]
    if (np.abs(total - 1) > TOLERANCE).any():
        raise ValueError("issue weights must sum to 1 for each party")


def additions(extras: Sequence[Extra], draws: int) -> package_pass.Additions:
    """Return extras in the form of compiled functions."""
    party = np.array([extra.party for extra in extras], np.int64)
    start = np.cumsum([0, *(len(extra.packages) for extra in extras)])
    packages = np.concatenate([np.zeros(0, np.int64), *(extra.packages for extra in extras)])
    adds = np.array([extra.adds for extra in extras]).reshape(len(extras), draws)
    return package_pass.Additions(party, start, packages, adds)


def _fill_one(
    space: PackageSpace, weights: Floats, option_worth: Floats, extras: Sequence[Extra], utility: Floats
) -> None:
    """The same of one draw, without the first axis."""
    middle, parties = len(space.halves[0].issues), len(weights)
    first = _half_worth(space.halves[0], weights[:, :middle], option_worth[:, :middle])
    second = _half_worth(space.halves[1], weights[:, middle:], option_worth[:, middle:])
    for block in space.blocks:
        grid = utility[:, block.start : block.stop].reshape(parties, len(block.rows), len(block.columns))
        np.add(first[:, block.rows, None], second[:, None, block.columns], out=grid)
    for extra in extras:
        utility[extra.party, extra.packages] += extra.adds


def _half_worth(half: Half, weights: Floats, option_worth: Floats) -> Floats:
    worth = np.zeros((len(weights), len(half.options)))
    for column in range(len(half.issues)):
        worth += weights[:, column, None] * option_worth[:, column][:, half.options[:, column]]
    return worth


@dataclass(frozen=True, eq=False)
class Lines:
    """The red lines of all parties over the packages.

    Packages that cross the same lines share a pattern; there are few patterns, so what lines forbid in a draw is
    computed by pattern and looked up by package.
    """

    names: tuple[str, ...]  # `party.id`, sorted
    party: Ints  # index of the party each line belongs to, shape (L,)
    pattern: Ints  # pattern of each package, shape (P,)
    crosses: Bools  # lines a pattern crosses, shape (K, L); a line binds only where its party signs

    @cached_property
    def above(self) -> tuple[Ints, Ints]:
        """Patterns that cross all lines of a first one, then of the second, and so on; and where those of each begin.

        Every pattern is among its own. Shapes (all of them,) and (K + 1,).
        """
        holds = np.logical_and.reduce(self.crosses[None, :, :] | ~self.crosses[:, None, :], axis=2)
        return np.flatnonzero(holds) % len(holds), np.concatenate([[0], np.cumsum(holds.sum(axis=1))])

    @cached_property
    def by_pattern(self) -> tuple[Ints, Ints]:
        """The packages by pattern: where those of each begin, and the last end, (K + 1,), and which they are, (P,)."""
        count = np.bincount(self.pattern, minlength=len(self.crosses))
        return np.append(0, np.cumsum(count)), np.argsort(self.pattern, kind="stable")

    def crossed(self, lines: Bools) -> Bools:
        """Packages that cross any of the lines marked, per draw.

        Args:
            lines: Lines that count, shape (B, L).

        Returns:
            Shape (B, P).
        """
        crossed: Bools = self.patterns_crossing(lines)[:, self.pattern]
        return crossed

    def patterns_crossing(self, lines: Bools) -> Bools:
        """Patterns that cross any of the lines marked, shape (B, K)."""
        crossing = np.zeros((len(lines), len(self.crosses)), bool)
        for line in range(len(self.names)):
            crossing |= lines[:, line, None] & self.crosses[None, :, line]
        return crossing

    def of(self, party: int) -> Bools:
        """Return lines of one party, and those of options removed by an event, shape (L,)."""
        return np.equal(self.party, party) | np.equal(self.party, EVERYBODY)


def lines_over(names: Sequence[str], party: Sequence[int], forbids: Bools) -> Lines:
    """Group packages by the lines they cross.

    Args:
        names: `party.id` of each line, sorted.
        party: Index of the party each line belongs to, shape (L,).
        forbids: Packages each line forbids, shape (L, P).
    """
    if not names:
        return Lines((), np.zeros(0, np.int64), np.zeros(forbids.shape[1], np.int64), np.zeros((1, 0), bool))
    packed = np.packbits(forbids, axis=0)
    words = np.zeros((forbids.shape[1], -(-len(packed) // 8) * 8), np.uint8)
    words[:, : len(packed)] = packed.T
    pattern = first = np.zeros(len(words), np.int64)
    for word in words.view(">u8").astype(np.uint64).T:  # 64 lines at a time, in the order of the whole rows
        kinds, kind = np.unique(word, return_inverse=True)
        _, first, pattern = np.unique(pattern * len(kinds) + kind, return_index=True, return_inverse=True)
    return Lines(tuple(names), np.array(party, np.int64), pattern, forbids[:, first].T.copy())


def worth_from_start(
    reservation_value: Sequence[Floats], discount_per_month: Floats, days_per_round: float, signed: Ints,
    utility: Floats
) -> Floats:
    """Return the discounted utility, from the start, of a package signed in a round or of no deal at all.

    `W = sum_{j<k} (1-q) q^(j-1) r(j) + q^(k-1) u` with `q = d^(days per round / 30.4375)`; never signed:
    the sum to the last round, and `q^R r(R)`.

    Args:
        reservation_value: Utility of each round without agreement, R of shape (B, N).
        discount_per_month: In (0, 1], shape (B, N).
        days_per_round: Above 0.
        signed: Round of signature, 1 to R, or 0 for never, shape (B,).
        utility: Of the package signed, shape (B, N); not read where never signed.

    Returns:
        Discounted utility, shape (B, N).
    """
    rounds = len(reservation_value)
    q = exact.power(discount_per_month, days_per_round / DAYS_PER_MONTH)
    worth = np.zeros_like(q)
    weight = np.ones_like(q)  # q^(k-1), by repeated multiplication
    last = np.where(signed == 0, rounds + 1, signed)[:, None]  # the round from which nothing is added
    for k in range(1, rounds + 1):
        waiting = (1 - q) * weight * reservation_value[k - 1]
        worth = worth + np.where(last == k, weight * utility, np.where(last > k, waiting, 0.0))
        weight = weight * q
    return np.where((signed == 0)[:, None], worth + weight * reservation_value[-1], worth)


def worth_of(
    space: PackageSpace, weights: Floats, option_worth: Floats, extras: Sequence[Extra], packages: Ints
) -> Floats:
    """Return the utility of one package a draw, or of several, with the bits of `package_utility`.

    Args:
        space, weights, option_worth, extras: As there.
        packages: Shape (B,), (B, K) or, for the same in all draws, (1, K); where there is none, the result is
            meaningless.

    Returns:
        Shape (B, N) or (B, K, N).
    """
    several = (1,) * (packages.ndim - 1)
    chosen, draw = space.packages[packages], np.arange(len(weights)).reshape(-1, *several)
    weights = weights.reshape(len(weights), *several, *weights.shape[1:])
    middle, halves = len(space.halves[0].issues), []
    for issues in (range(middle), range(middle, len(space.issues))):
        half = np.zeros((len(weights), *packages.shape[1:], weights.shape[-2]))
        for issue in issues:
            half += weights[..., issue] * option_worth[draw, :, issue, chosen[..., issue]]
        halves.append(half)
    utility = halves[0] + halves[1]
    for extra in extras:
        if len(extra.packages):
            has = extra.packages.take(np.searchsorted(extra.packages, packages), mode="clip") == packages
            utility[..., extra.party] += np.where(has, extra.adds.reshape(draw.shape), 0.0)
    return utility
