"""The tables of a tournament: who did how well, who met whom, and where nobody gains by changing alone."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from sim.analysis.tournament_games import Games, Mean, deviations, mean_of, mean_over, share_of
from sim.core.exact import TOLERANCE, Floats
from sim.core.packages import Bools

FIGURES = {
    "own": "own worth",
    "joint": "joint worth, share of the possible",
    "agreement": "agreement signed",
    "in_force": "agreement in force",
}
SHARES = ("agreement", "in_force")
NUMBERS = ("value", "low", "high", "n")
Names = Sequence[str]


def plays(party: str) -> str:
    return f"plays_{party}"


def figure_table(games: Games, labels: Names, figures: Names) -> pd.DataFrame:
    """One row a strategy and figure: its mean over all seats at which it is played, and how far from the field.

    The field is the mean over all strategies in the same draw, so the difference is free of what a draw is worth to
    everybody alike.
    """
    rows = []
    for figure in figures:
        at = _figure(games, figure)
        by_draw = [mean_over([at(g, v) for g, v in games.seats_of(s)], _draws(games)) for s in range(len(labels))]
        estimate = share_of if figure in SHARES else mean_of
        for label, numbers in zip(labels, _against_field(by_draw, estimate), strict=True):
            rows.append({"label": label, "figure": figure} | numbers)
    return pd.DataFrame(rows)


def seat_table(games: Games, labels: Names) -> pd.DataFrame:
    """One row a strategy and party: what the party gets with it, over all that the others play."""
    rows = []
    for v, party in enumerate(games.parties):
        places = [np.flatnonzero(games.assigned[:, v] == s) for s in range(len(labels))]
        by_draw = [mean_over([games.worth[g, v] for g in here], _draws(games)) for here in places]
        for label, numbers in zip(labels, _against_field(by_draw, mean_of), strict=True):
            rows.append({"label": label, "party": party} | numbers)
    return pd.DataFrame(rows)


def meeting_table(games: Games, labels: Names) -> pd.DataFrame:
    """One row a pair: own worth of a strategy where another party plays the other one; empty for one party."""
    rows = []
    for a, label in enumerate(labels):
        for b, other in enumerate(labels) if len(games.parties) > 1 else ():
            numbers = mean_of(mean_over([games.worth[g, v] for g, v in _meetings(games, a, b)], _draws(games)))
            rows.append({"label": label, "other": other} | numbers._asdict())
    return pd.DataFrame(rows, columns=["label", "other", *NUMBERS])


def _meetings(games: Games, strategy: int, other: int) -> Iterator[tuple[int, int]]:
    """Points and seats of a strategy, once for each other party that plays the other one."""
    for g, v in games.seats_of(strategy):
        for w, played in enumerate(games.assigned[g]):
            if w != v and played == other:
                yield g, v


def point_table(games: Games, labels: Names, figures: Names) -> pd.DataFrame:
    """One row an assignment: what each party plays and gets, and whether nobody gains by changing alone."""
    means, rows = games.worth.mean(axis=2), []
    stable = {point for point in range(len(games.assigned)) if is_equilibrium(games, means, point)}
    for point, strategies in enumerate(games.assigned):
        row: dict[str, Any] = {
            plays(party): labels[played] for party, played in zip(games.parties, strategies, strict=True)
        }
        row |= {f"worth_{party}": means[point, v] for v, party in enumerate(games.parties)}
        row["joint"] = mean_of(games.joint[point]).value
        row |= {figure: float(_shares(games, figure)[point].mean()) for figure in figures if figure in SHARES}
        rows.append(row | {"equilibrium": point in stable})
    return pd.DataFrame(rows)


def is_equilibrium(games: Games, means: Floats, point: int) -> bool:
    """Whether no party's mean worth rises, beyond the tolerance, if it alone changes its strategy.

    Args:
        means: Mean worth by point and party, shape (G, V).
    """
    return all(means[to, v] <= means[point, v] + TOLERANCE for v, _, to in deviations(games, point))


def equilibrium_table(games: Games, labels: Names) -> pd.DataFrame:
    """One row an equilibrium in pure strategies, with the change of one party that would cost it least.

    Returns:
        `plays_<party>` for each party, `symmetric` (all play the same), `party`, `to` (what it would change to), and
        `loss, low, high, n`: what it would lose by it, with its paired interval.
    """
    means, rows = games.worth.mean(axis=2), []
    for point, strategies in enumerate(games.assigned):
        if not is_equilibrium(games, means, point):
            continue
        changes = list(deviations(games, point))
        after = np.array([means[to, v] - means[point, v] for v, _, to in changes])
        least = [changes[place] for place in _best(after)]
        v, other, to = min(least, key=lambda change: (change[0], labels[change[1]]))
        loss = mean_of(games.worth[point, v] - games.worth[to, v])
        row: dict[str, Any] = {
            plays(party): labels[played] for party, played in zip(games.parties, strategies, strict=True)
        }
        row |= {"symmetric": len(set(strategies.tolist())) == 1, "party": games.parties[v], "to": labels[other]}
        rows.append(row | _renamed(loss, "loss"))
    columns = [*map(plays, games.parties), "symmetric", "party", "to", "loss", "low", "high", "n"]
    return pd.DataFrame(rows, columns=columns)


def reply_table(games: Games, labels: Names) -> pd.DataFrame:
    """One row a best reply of a party to what the others play; where several are as good, a row each.

    Returns:
        `party`, `plays_<party>` for each party (None for itself), `reply`, `own` (its mean worth), and `ahead, low,
        high, n`: how far the next best strategy is behind, with its paired interval; NaN if all are as good.
    """
    means, rows = games.worth.mean(axis=2), []
    for v, party in enumerate(games.parties):
        for point in np.flatnonzero(games.assigned[:, v] == 0).tolist():
            here = games.assigned[point].tolist()
            choices = [games.point([*here[:v], s, *here[v + 1 :]]) for s in range(len(labels))]
            best = _best(means[choices, v])
            rest = [s for s in range(len(labels)) if s not in best]
            met = {plays(name): None if w == v else labels[here[w]] for w, name in enumerate(games.parties)}
            for reply in sorted(best, key=lambda s: labels[s]):
                ahead = Mean(np.nan, np.nan, np.nan, _draws(games))
                if rest:
                    second = rest[min(_best(means[choices, v][rest]), key=lambda at: labels[rest[at]])]
                    ahead = mean_of(games.worth[choices[reply], v] - games.worth[choices[second], v])
                own = {"reply": labels[reply], "own": float(means[choices[reply], v])}
                rows.append({"party": party} | met | own | _renamed(ahead, "ahead"))
    return pd.DataFrame(rows)


def _best(means: Floats) -> list[int]:
    """The places of the largest numbers, those within the tolerance of it among them."""
    return [int(place) for place in np.flatnonzero(means >= means.max() - TOLERANCE)]


def _renamed(mean: Mean, name: str) -> dict[str, Any]:
    return {name: mean.value, "low": mean.low, "high": mean.high, "n": mean.n}


def _draws(games: Games) -> int:
    return int(games.worth.shape[2])


def _shares(games: Games, figure: str) -> Bools:
    return games.signed if figure == "agreement" else games.in_force


def _figure(games: Games, figure: str) -> Callable[[int, int], Floats | Bools]:
    """A figure by point and seat, one value a draw."""
    if figure == "own":
        return lambda g, v: games.worth[g, v]
    if figure == "joint":
        return lambda g, v: games.joint[g]
    return lambda g, v: _shares(games, figure)[g]


def _against_field(by_draw: Sequence[Floats], estimate: Callable[[Floats], Mean]) -> Iterator[dict[str, Any]]:
    """The numbers of each strategy, and of its difference from the mean of all in the same draw."""
    field = mean_over(by_draw, len(by_draw[0]))
    for values in by_draw:
        difference = mean_of(values - field)
        yield estimate(values)._asdict() | {
            "difference": difference.value, "difference_low": difference.low, "difference_high": difference.high
        }  # fmt: skip
