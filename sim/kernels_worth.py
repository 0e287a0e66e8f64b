"""Loops over all packages of many draws that say what they are worth: points, foresight, and public words.

What they compute is defined here; tests compare each with the same in NumPy.
"""

import numpy as np

from sim.compiled import compiled, inlined
from sim.exact import Floats
from sim.issues import Ints, ShortInts

PIECE = 512  # packages at a time: what is looked up for them stays at hand


@compiled("f3", "f4", "i2", "i2", "i1", "i1", "i1", "i1", "i1", "i1", "i1", "f2", "F3")
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


@compiled("F3", "f2", "h1", "f1", "f2", "h1", "f3", "h2", "h1", "f2", "i", "f2", "f2", "f2")
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
    packages, half = utility.shape[2], np.uint32(kind.shape[1] // 2)
    of, passes, away, lasts = np.empty(PIECE, np.uint32), np.empty(PIECE), np.empty(PIECE), np.empty(PIECE)
    for b in range(len(utility)):
        for start in range(0, packages, PIECE):  # looking up and reckoning apart, so that many are reckoned at once
            stop = min(start + PIECE, packages)
            kinds, chances, shifts = kind_of[start:stop], chance_of[start:stop], moved_of[start:stop]
            gains, free = utility[b, guarantor, start:stop], no_deal[b, guarantor]
            for p in range(stop - start):
                of[p] = np.uint32(kinds[p])
            if len(least):
                for p in range(stop - start):
                    of[p] += half * np.uint32(gains[p] - free < least[b, of[p]])
            for p in range(stop - start):
                of[p] = kind[b, of[p]]
            for p in range(stop - start):
                passes[p] = chance[b, np.uint32(chances[p])]
            for p in range(stop - start):
                away[p] = moved[b, np.uint32(shifts[p])]
            for n in range(utility.shape[1]):
                own, free, share = utility[b, n, start:stop], no_deal[b, n], foresight[b, n]
                refused = free - refusal_cost[b, n]
                for p in range(stop - start):
                    lasts[p] = held[b, n, of[p]]
                for p in range(stop - start):
                    again = free - stake[n] * away[p]  # fighting again, from the new line
                    expected = (own[p] - again) * lasts[p] + again
                    expected = (expected - refused) * passes[p] + refused
                    own[p] += (expected - own[p]) * share


@compiled("F3", "i1", "i", "f1", "i1")
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
