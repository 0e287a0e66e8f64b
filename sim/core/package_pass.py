"""Loops over all packages of many draws that say what they are worth: points, foresight, and public words.

What they compute is defined here; tests compare each with the same in NumPy.
"""

import numpy as np
import numpy.typing as npt

from sim.core.compiled import compiled, inlined
from sim.core.exact import Floats
from sim.core.packages import Ints, ShortInts

PIECE = 512  # packages at a time: what is looked up for them stays at hand


@compiled
def package_worths(
    weights: Floats,
    option_worth: Floats,
    first_options: Ints,
    second_options: Ints,
    rows: Ints,
    row_start: Ints,
    columns: Ints,
    column_start: Ints,
    extra_party: Ints,
    extra_start: Ints,
    extra_packages: Ints,
    adds: Floats,
    utility: Floats,
) -> None:
    """Worth of packages that are full products of two halves, run by run, and what is added to some of them.

    Args:
        weights, option_worth: Of issues, shape (B, N, I), and of their options, shape (B, N, I, O).
        first_options, second_options: Option of each issue in each combination of either half, the issues of the first
            half coming first, shape (combinations, issues).
        rows, row_start, columns, column_start: Combinations of the first and of the second half that make up each run,
            one run after the other; and where those of each run begin, and where the last end, shape (runs + 1,).
        extra_party, extra_start, extra_packages, adds: Whose worth is added to, shape (E,), in this order; at which
            packages, one after the other as above; by how much, shape (E, B).
        utility: Where the worth goes, shape (B, N, P).
    """
    first, second, middle = np.empty(len(first_options)), np.empty(len(second_options)), first_options.shape[1]
    for b in range(len(weights)):
        for n in range(weights.shape[1]):
            own = utility[b, n]
            _half_worth(weights[b, n, :middle], option_worth[b, n, :middle], first_options, first)
            _half_worth(weights[b, n, middle:], option_worth[b, n, middle:], second_options, second)
            place = 0
            for run in range(len(row_start) - 1):
                others = columns[column_start[run] : column_start[run + 1]]
                for row in rows[row_start[run] : row_start[run + 1]]:
                    _add_to_all(first[row], second, others, own[place : place + len(others)])
                    place += len(others)
            for extra in range(len(extra_party)):
                if extra_party[extra] == n:
                    more = adds[extra, b]
                    for p in extra_packages[extra_start[extra] : extra_start[extra + 1]]:
                        own[p] += more


@inlined
def _half_worth(weights: Floats, option_worth: Floats, options: Ints, worth: Floats) -> None:
    """Worth of the combinations of one half, summed issue by issue."""
    worth[:] = 0.0
    for issue in range(options.shape[1]):
        for row in range(len(options)):
            worth[row] += weights[issue] * option_worth[issue, options[row, issue]]


@inlined
def _add_to_all(one: float, second: Floats, others: Ints, own: Floats) -> None:
    """Worth of one combination of the first half with some of the second."""
    for column in range(len(others)):
        own[column] = one + second[others[column]]


@compiled
def look_ahead(
    utility: Floats,
    chance: Floats,
    chance_of: ShortInts,
    stake: Floats,
    moved: Floats,
    moved_of: ShortInts,
    held: Floats,
    kind: ShortInts,
    kind_of: ShortInts,
    least: Floats,
    guarantor: int,
    no_deal: Floats,
    refusal_cost: Floats,
    foresight: Floats,
) -> None:
    """Turn what packages are worth into what they are worth to parties that look past the signature.

    Args:
        utility: Worth of all packages to all parties, changed in place, shape (B, N, P).
        chance, chance_of: Of all ratifiers by combination of options, shape (B, K), and the combination of each
            package, shape (P,).
        stake: How a shift of power enters the worth of fighting again, shape (N,).
        moved, moved_of: Share of the stake that moves, and the combinations, likewise.
        held: Discounted part of the time to come in which a package holds, by kind, shape (B, N, kinds).
        kind, kind_of: Kind of each combination, shape (B, K), and the combinations, likewise; with a guarantor first
            the kinds if it acts, then those if it does not, shape (B, 2 K).
        least: Smallest gain for which the guarantor acts, by these combinations, shape (B, K), or of no rows where
            there is no guarantor.
        guarantor: Index of the party.
        no_deal: Worth of no agreement, shape (B, N).
        refusal_cost: What a text refused at home costs, shape (B, N).
        foresight: In [0, 1], shape (B, N).
    """
    packages, room, ranks = utility.shape[2], np.empty((3, PIECE)), np.empty(PIECE, np.uint32)
    for b in range(len(utility)):
        for start in range(0, packages, PIECE):
            _look_ahead_piece(
                utility[b], start, min(start + PIECE, packages), chance[b], chance_of, stake, moved[b], moved_of,
                held[b], kind[b], kind_of, least[b if len(least) else 0 : b + 1 if len(least) else 0], guarantor,
                no_deal[b], refusal_cost[b], foresight[b], room, ranks,
            )  # fmt: skip


@inlined
def _look_ahead_piece(
    utility: Floats, start: int, stop: int, chance: Floats, chance_of: ShortInts, stake: Floats, moved: Floats,
    moved_of: ShortInts, held: Floats, kind: ShortInts, kind_of: ShortInts, least: Floats, guarantor: int,
    no_deal: Floats, refusal_cost: Floats, foresight: Floats, room: Floats, of: npt.NDArray[np.uint32],
) -> None:  # fmt: skip
    """The same of the packages from `start` to before `stop` in one draw, at most `PIECE` of them.

    It looks up and reckons apart, so that many packages are reckoned at once.

    Args:
        utility: As there, without the draw; shape (N, P). So are those that follow, but for `least`.
        start, stop: Where they begin, and where they end.
        least: Of one row, or of none where there is no guarantor.
        room, of: For numbers on the way, shapes (3, PIECE) and (PIECE,).
    """
    half, passes, away, lasts = np.uint32(len(kind) // 2), room[0], room[1], room[2]
    kinds, chances, shifts = kind_of[start:stop], chance_of[start:stop], moved_of[start:stop]
    gains, free = utility[guarantor, start:stop], no_deal[guarantor]
    for p in range(stop - start):
        of[p] = np.uint32(kinds[p])
    if len(least):
        for p in range(stop - start):
            of[p] += half * np.uint32(gains[p] - free < least[0, of[p]])
    for p in range(stop - start):
        of[p] = kind[of[p]]
    for p in range(stop - start):
        passes[p] = chance[np.uint32(chances[p])]
    for p in range(stop - start):
        away[p] = moved[np.uint32(shifts[p])]
    for n in range(len(utility)):
        own, free, share = utility[n, start:stop], no_deal[n], foresight[n]
        refused = free - refusal_cost[n]
        for p in range(stop - start):
            lasts[p] = held[n, of[p]]
        for p in range(stop - start):
            again = free - stake[n] * away[p]  # fighting again, from the new line
            expected = (own[p] - again) * lasts[p] + again
            expected = (expected - refused) * passes[p] + refused
            own[p] += (expected - own[p]) * share


@compiled
def foreseen_worths(
    weights: Floats, option_worth: Floats, first_options: Ints, second_options: Ints, rows: Ints, row_start: Ints,
    columns: Ints, column_start: Ints, extra_party: Ints, extra_start: Ints, extra_packages: Ints, adds: Floats,
    utility: Floats, chance: Floats, chance_of: ShortInts, stake: Floats, moved: Floats, moved_of: ShortInts,
    held: Floats, kind: ShortInts, kind_of: ShortInts, least: Floats, guarantor: int, no_deal: Floats,
    refusal_cost: Floats, foresight: Floats,
) -> None:  # fmt: skip
    """`package_worths` and then `look_ahead`, piece by piece, so that what is written need not be fetched again.

    Args:
        extra_packages: Rising for each extra; all others as there.
    """
    parties, packages, middle = weights.shape[1], utility.shape[2], first_options.shape[1]
    first, second = np.empty((parties, len(first_options))), np.empty((parties, len(second_options)))
    room, ranks, reached = np.empty((3, PIECE)), np.empty(PIECE, np.uint32), np.empty(len(extra_party), np.int64)
    for b in range(len(weights)):
        for n in range(parties):
            _half_worth(weights[b, n, :middle], option_worth[b, n, :middle], first_options, first[n])
            _half_worth(weights[b, n, middle:], option_worth[b, n, middle:], second_options, second[n])
        reached[:] = extra_start[:-1]
        place = start = 0
        for run in range(len(row_start) - 1):
            others = columns[column_start[run] : column_start[run + 1]]
            for row in rows[row_start[run] : row_start[run + 1]]:
                for n in range(parties):
                    _add_to_all(first[n, row], second[n], others, utility[b, n, place : place + len(others)])
                place += len(others)
                while place - start >= PIECE or start < place == packages:
                    stop = min(start + PIECE, place)
                    for extra in range(len(extra_party)):
                        reached[extra] = _add_up_to(
                            stop, reached[extra], extra_packages[: extra_start[extra + 1]], adds[extra, b],
                            utility[b, extra_party[extra]],
                        )  # fmt: skip
                    _look_ahead_piece(
                        utility[b], start, stop, chance[b], chance_of, stake, moved[b], moved_of, held[b], kind[b],
                        kind_of, least[b if len(least) else 0 : b + 1 if len(least) else 0], guarantor, no_deal[b],
                        refusal_cost[b], foresight[b], room, ranks,
                    )  # fmt: skip
                    start = stop


@inlined
def _add_up_to(stop: int, at: int, packages: Ints, more: float, own: Floats) -> int:
    """Add to the worth of rising packages, from one of them on, before `stop`; returns where it came to."""
    while at < len(packages) and packages[at] < stop:
        own[packages[at]] += more
        at += 1
    return at


@compiled
def go_back(utility: Floats, rows: Ints, party: int, cost: Floats, steps: Ints) -> None:
    """Lower the worth of packages in which a party goes back on its public word.

    Args:
        utility: Worth of all packages to all parties, changed in place, shape (B, N, P).
        rows: Draws in which the word binds.
        party: Whose word.
        cost: Worth lost a step, shape (B,).
        steps: Steps back in each package, shape (P,).
    """
    for b in rows:
        own, lost = utility[b, party], cost[b]
        for p in range(len(steps)):
            own[p] -= lost * steps[p]
