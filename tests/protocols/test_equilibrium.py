"""Backward induction: closed forms, a game tree written out as plain recursion, and talks held by it."""

import math
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.analysis.narrate import narrate
from sim.analysis.trace import watch
from sim.core.backward_induction import Foreseen, foresee, least_accepted, proposals, thresholds_of
from sim.core.exact import Floats
from sim.core.package_pass import value_in_round
from sim.core.packages import NO_DEAL, Ints
from sim.core.state import ACCEPTED, NOT_ASKED, OFFERED, PASSED
from sim.model.ensemble import draw
from sim.model.peace_talks import hold_talks
from sim.results.columns import IN_FORCE, OUTCOMES, outcome_columns
from sim.scenario import ScenarioError
from sim.scenario.notes import notes
from tests import theory
from tests.problems import pie, read
from tests.worlds import MONTH, made, text_on_a_table, worlds

TOLERANCE = 1e-9


def shares(parties: int, slices: int) -> Floats:
    """All ways to divide a pie in equal slices, shape (N, P)."""
    if parties == 1:
        return np.array([[float(slices)]]) / slices
    grid = np.meshgrid(*[np.arange(slices + 1)] * (parties - 1), indexing="ij")
    some = np.array([axis.ravel() for axis in grid])
    some = some[:, some.sum(axis=0) <= slices]
    return np.vstack([some, slices - some.sum(axis=0)]) / slices


def in_turn(parties: int, rounds: int, first: int = 0) -> Floats:
    """Each proposes in turn, shape (1, K, N)."""
    return np.eye(parties)[[(first + k) % parties for k in range(rounds)]][None]


def by_lot(parties: int, rounds: int) -> Floats:
    """The first party proposes in the first round, and nobody knows who will in those after it."""
    proposes = np.full((1, rounds, parties), 1 / parties)
    proposes[0, 0] = np.eye(parties)[0]
    return proposes


def divide(
    patience: Sequence[float],
    rounds: int,
    reservation_value: Sequence[float] | Floats | None = None,
    outside: Sequence[float] | None = None,
    proposes: Floats | None = None,
    slices: int = 10_000,
) -> tuple[Floats | None, Foreseen]:
    """Divide a pie of 1: what each gets by what is put forward first, None for nothing, and all that is foreseen."""
    parties = len(patience)
    pie = shares(parties, slices)
    stated = np.zeros(parties) if reservation_value is None else np.array(reservation_value)
    inside = np.broadcast_to(stated, (1, rounds, parties))
    package, found = play({
        "worth": pie[None],
        "usable": np.ones((1, pie.shape[1]), bool),
        "signs": np.ones(pie.shape, bool),
        "reservation_value": inside,
        "patience": np.array([patience]),
        "proposes": in_turn(parties, rounds) if proposes is None else proposes,
        "tie_rank": np.arange(pie.shape[1]),
        "outside": np.full((1, parties), -np.inf) if outside is None else np.array([outside]),
    })  # fmt: skip
    return None if package[0] == NO_DEAL else pie[:, package[0]], found


def play(game: dict[str, np.ndarray]) -> tuple[Ints, Foreseen]:
    """What is put forward in the first round, by the party certain to propose in it, and all that is foreseen."""
    table = {name: game[name] for name in ("worth", "usable", "signs", "outside")}
    found = foresee(**table, **{name: game[name] for name in ("reservation_value", "patience", "proposes")})
    now = thresholds_of(game["reservation_value"][:, 0], found.refused[:, 0], found.never[:, 0], table.pop("outside"))
    proposer = game["proposes"][:, 0].argmax(axis=1)
    package = proposals(**table, thresholds=now, proposer=proposer, tie_rank=game["tie_rank"])
    return package, found


# Two parties in turn


@pytest.mark.parametrize(("patience", "share"), [((0.9, 0.8), 0.714286), ((0.5, 0.5), 0.666667)])
def test_with_many_rounds_the_first_share_is_rubinsteins(patience, share):
    got, found = divide(patience, 200)
    assert got == pytest.approx([share, 1 - share], abs=2e-3)
    assert found.value[0, 0] == pytest.approx(got)
    assert share == pytest.approx(theory.rubinstein_share(*patience), abs=5e-7)


@pytest.mark.parametrize(("rounds", "share"), [(1, 1), (2, 0.1), (3, 0.91), (4, 0.181), (5, 0.8371)])
def test_with_few_rounds_the_first_share_goes_up_and_down_with_who_speaks_last(rounds, share):
    got, _ = divide((0.9, 0.9), rounds)
    assert got == pytest.approx([share, 1 - share], abs=1e-9)


def test_what_fighting_on_is_worth_is_paid_first_and_the_rest_divided():
    got, _ = divide((0.9, 0.9), 200, reservation_value=(0.2, 0.1))
    assert got == pytest.approx([0.568421, 1 - 0.568421], abs=2e-3)


@pytest.mark.parametrize("outside", [0.0, 0.2, 0.45])
def test_an_outside_option_worth_less_than_bargaining_changes_nothing(outside):
    """Binmore, Shaked & Sutton (1989): with equal patience the second mover has .9 / 1.9 = .473684 by bargaining."""
    assert divide((0.9, 0.9), 200, outside=(-math.inf, outside))[0] == pytest.approx([1 / 1.9, 0.9 / 1.9], abs=2e-3)


@pytest.mark.parametrize("outside", [0.5, 0.7, 1.0])
def test_an_outside_option_worth_more_than_bargaining_is_what_its_owner_gets(outside):
    got, _ = divide((0.9, 0.9), 200, outside=(-math.inf, outside))
    assert got == pytest.approx([1 - outside, outside], abs=1e-9)


def test_who_has_more_elsewhere_than_the_table_can_give_leaves_and_the_other_has_no_deal():
    """The second would rather have 1.1 than all of the pie; the first is left with .2 a round."""
    got, found = divide((0.9, 0.9), 5, reservation_value=(0.2, 0.1), outside=(-math.inf, 1.1))
    assert got is None
    assert found.value[0] == pytest.approx(np.tile([0.2, 1.1], (5, 1)))


# Three parties


@pytest.mark.parametrize("patience", [0.9, 0.6])
def test_three_who_must_all_agree_and_propose_by_lot(patience):
    """A responder is content with what it may hope for, d / 3, so the proposer keeps 1 - 2 d / 3.

    The same by the formula of Baron and Ferejohn, 1 - d (q - 1) / n, with a quota of all.
    """
    got, found = divide((patience,) * 3, 12, proposes=by_lot(3, 12), slices=60)
    assert got == pytest.approx([1 - patience * 2 / 3, patience / 3, patience / 3], abs=1e-9)
    assert found.value[0, 1:] == pytest.approx(np.full((11, 3), 1 / 3), abs=1e-9)
    assert got[0] == pytest.approx(theory.baron_ferejohn_share(3, 3, patience))


def test_three_who_must_all_agree_and_propose_in_turn():
    """With s_i the share of i when it proposes: s_1 + d_2 s_2 + d_3^2 s_3 = 1, and so round the table.

    For who proposes next is content with d s, and who does after that with d^2 s. By Cramer's rule.
    """
    d = (0.9, 0.8, 0.7)
    rows = np.array([[1, d[1], d[2] ** 2], [d[0] ** 2, 1, d[2]], [d[0], d[1] ** 2, 1]])
    s = np.linalg.solve(rows, np.ones(3))
    got, _ = divide(d, 30, slices=400)
    assert got == pytest.approx([s[0], d[1] * s[1], d[2] ** 2 * s[2]], abs=0.015)
    assert got.sum() == pytest.approx(1)
    assert got[0] != pytest.approx(1 / 3, abs=0.05)


# No-deal value that moves


def test_who_loses_by_waiting_is_not_pressed_below_what_the_month_is_worth():
    """No deal is worth .6 to both in round 1, .2 and .3 in round 2: so they sign in round 2, as all foresee."""
    path = np.array([[0.6, 0.6], [0.2, 0.3]])[None]
    got, found = divide((0.9, 0.5), 2, reservation_value=path)
    assert got is None
    assert found.value[0, 1] == pytest.approx([0.2, 0.8])  # the second proposes and leaves the first at no deal
    assert found.value[0, 0] == pytest.approx([0.1 * 0.6 + 0.9 * 0.2, 0.5 * 0.6 + 0.5 * 0.8])
    assert least_accepted(path[:, 0], found.refused[:, 0])[0] == pytest.approx([0.6, 0.7])


# Against a game tree


class Tree:
    """One small game, move by move: who proposes what, who says yes, no, or goes."""

    def __init__(self, worth, usable, signs, reservation_value, patience, proposes, outside) -> None:
        self.u, self.usable, self.signs = worth.tolist(), usable.tolist(), signs.tolist()
        self.r, self.q = reservation_value.tolist(), patience.tolist()
        self.chance, self.w = proposes.tolist(), outside.tolist()
        self.parties, self.rounds = range(len(self.u)), len(self.r)
        self.value, self.next_round, self.let_pass = cache(self._value), cache(self._next_round), cache(self._let_pass)

    def to_the_end(self, n: int, k: int) -> float:
        """Worth to n of no deal from round k on: a round each, and the last for ever."""
        total, weight = 0.0, 1.0
        for j in range(k, self.rounds):
            total, weight = total + weight * (1 - self.q[n]) * self.r[j][n], weight * self.q[n]
        return total + weight * self.r[-1][n]

    def _next_round(self, k: int) -> list[float]:
        return [(1 - self.q[n]) * self.r[k][n] + self.q[n] * self.value(k + 1)[n] for n in self.parties]

    def broken_off(self, leavers: set[int], k: int) -> list[float]:
        return [self.w[n] if n in leavers else max(self.w[n], self.to_the_end(n, k)) for n in self.parties]

    def says_yes(self, n: int, p: int, k: int) -> bool:
        """The best of yes, no and going, yes where it makes no difference; nothing worse than no deal is signed."""
        otherwise = max(self.next_round(k)[n], self.w[n])
        return self.u[n][p] >= otherwise - TOLERANCE and self.u[n][p] >= self.r[k][n] - TOLERANCE

    def _let_pass(self, k: int) -> list[float]:
        stay = self.next_round(k)
        leavers = {n for n in self.parties if self.w[n] > stay[n] + TOLERANCE}
        return self.broken_off(leavers, k) if leavers else stay

    def proposals(self, m: int, k: int) -> list[int]:
        passing = [
            p
            for p in range(len(self.usable))
            if self.usable[p]
            and all(self.says_yes(n, p, k) for n in self.parties if self.signs[n][p] and n != m)
            and (not self.signs[m][p] or self.u[m][p] >= self.r[k][m] - TOLERANCE)
            and self.u[m][p] >= self.let_pass(k)[m] - TOLERANCE
        ]
        top = max((self.u[m][p] for p in passing), default=0.0)
        return [p for p in passing if self.u[m][p] >= top - TOLERANCE]

    def _value(self, k: int) -> list[float]:
        if k == self.rounds:
            return self.r[-1]
        total = [0.0 for _ in self.parties]
        for m in self.parties:
            if self.chance[k][m]:
                best = self.proposals(m, k)
                for n in self.parties:
                    mean = sum(self.u[n][p] for p in best) / len(best) if best else self.let_pass(k)[n]
                    total[n] += self.chance[k][m] * mean
        return total


@st.composite
def games(draw: st.DrawFn) -> dict[str, np.ndarray]:
    parties, packages = draw(st.sampled_from([2, 3, 1, 4])), draw(st.integers(1, 9))
    rounds, draws = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    rng = np.random.default_rng(draw(st.integers(0, 100_000)))
    steps = draw(st.sampled_from([(4, 4), (1000, 1000), (2, 1000)]))  # few steps: many ties

    def numbers(*shape: int, steps: int = steps[0]) -> Floats:
        return rng.integers(0, steps + 1, shape) / steps

    proposes = np.full((draws, rounds, parties), 1 / parties)
    if draw(st.booleans()):
        proposes = np.eye(parties)[rng.integers(0, parties, (draws, rounds))]
    proposes[:, 0] = np.eye(parties)[rng.integers(0, parties, draws)]
    outside = np.where(rng.random((draws, parties)) < draw(st.sampled_from([0, 0.5])), numbers(draws, parties), -np.inf)
    return {
        "worth": np.stack([numbers(draws, packages, steps=steps[n % 2]) for n in range(parties)], axis=1),
        "usable": rng.random((draws, packages)) < 0.8,
        "signs": rng.random((parties, packages)) < draw(st.sampled_from([1, 0.7])),
        "reservation_value": numbers(draws, rounds, parties) * draw(st.sampled_from([0.5, 1])),
        "patience": numbers(draws, parties),
        "proposes": proposes,
        "tie_rank": rng.permutation(packages),
        "outside": outside,
    }


@settings(max_examples=300)
@given(games())
def test_it_is_what_a_game_tree_comes_to(game):
    package, found = play(game)
    least = least_accepted(game["reservation_value"][:, 0], found.refused[:, 0], game["outside"])
    for b in range(len(game["worth"])):
        parts = ("worth", "usable", "reservation_value", "patience", "proposes", "outside")
        tree = Tree(signs=game["signs"], **{name: game[name][b] for name in parts})
        rounds = tree.rounds
        assert found.value[b] == pytest.approx(np.array([tree.value(k) for k in range(rounds)]), abs=1e-9)
        best = tree.proposals(int(game["proposes"][b, 0].argmax()), 0)
        assert package[b] == min(best, key=lambda p: game["tie_rank"][p], default=NO_DEAL)
        assert least[b] == pytest.approx([max(tree.next_round(0)[n], tree.w[n], tree.r[0][n]) for n in tree.parties])


def test_packages_between_which_the_proposer_is_indifferent_add_up_the_same_in_any_order():
    worth = np.array([np.ones(50), np.random.default_rng(4).random(50)])[None]
    everything = np.ones((1, 50), bool), np.ones((2, 50), bool), np.zeros((1, 1, 2)), np.ones((1, 2)), in_turn(2, 1)
    orders = [np.random.default_rng(seed).permutation(50) for seed in range(20)]
    expected = {foresee(worth[:, :, order], *everything).value[0, 0, 1] for order in orders}
    assert len(expected) == 1
    assert expected.pop() == pytest.approx(math.fsum(worth[0, 1]) / 50)


# At the table


def foreseeing(problem: dict[str, Any], order: Any = None) -> dict[str, Any]:
    """The same problem, its parties bargaining by backward induction."""
    return problem | {"protocol": {"name": "equilibrium", "order": order or problem["protocol"]["order"]}}


def patient(problem: dict[str, Any], discount: float, days: float = MONTH) -> dict[str, Any]:
    problem["time"]["days_per_round"] = days
    for party in problem["parties"].values():
        party["discount_per_month"] = discount
    return problem


@pytest.mark.parametrize(("rounds", "share"), [(1, 1), (2, 0.1), (3, 0.91), (4, 0.181), (5, 0.8371)])
@pytest.mark.parametrize(("discount", "days"), [(0.9, MONTH), (0.81, MONTH / 2)])
def test_two_at_a_table_sign_at_once_the_share_of_few_rounds(rounds, share, discount, days):
    """Of two rounds a month each leaves the square root of what a month leaves."""
    talks = hold_talks(draw(made(foreseeing(patient(pie((0, 0), rounds, 40, 25), discount, days)))))
    assert talks.signed.tolist() == [1]
    assert talks.net_utility[0, :, talks.package[0]] == pytest.approx([share, 1 - share], abs=1.001e-3)


def test_a_fixed_order_takes_turns_and_who_is_not_on_it_answers_all_the_same():
    problem = text_on_a_table({n: {"a": 100, "b": 0} for n in ("ash", "birch", "cedar")}, dict.fromkeys(
        ("ash", "birch", "cedar"), 0.5), rounds=5)  # fmt: skip
    scenario = made(foreseeing(problem, ["cedar", "ash"]))
    turns = draw(scenario, 1, 0, 2).turns
    assert turns[:, 0].tolist() == [[2, 0, 1], [0, 2, 1], [2, 0, 1], [0, 2, 1], [2, 0, 1]]
    talks = hold_talks(draw(scenario))
    assert talks.moves[0].did[:, 0].tolist() == [OFFERED, ACCEPTED, ACCEPTED]
    assert talks.signed.tolist() == [1]
    assert not [note for note in notes(scenario) if "does not speak" in note.message]


@settings(max_examples=60, deadline=None)
@given(worlds(), st.integers(0, 50))
def test_a_world_is_played_as_a_game_tree_says_round_by_round(problem, seed):
    """Whatever falls, is refused at home, closes or is said in public: each round is that of the tree as it then is."""
    ensemble = draw(made(foreseeing(problem)), seed, 0, 1)
    talks, seen = watch(ensemble)
    table, world = ensemble.structure, ensemble.world
    parties, rounds = len(table.parties), ensemble.scenario.time.rounds
    for k, (now, moves) in enumerate(zip(seen, talks.moves, strict=True)):
        if now.waiting or not world.channel_open[0, k]:
            assert (moves.did == NOT_ASKED).all()
            continue
        ones, levers = np.ones((1, parties)), world.levers
        left = ones if levers is None else levers.lower(ones, now.strength[None])
        settled = world.reservation_value[0, k:]
        if (settled[0] <= 0).any() and (left < 1).any():
            return  # the no-deal value then does not tell what levers leave of it
        struck = np.zeros(len(table.space), bool) if now.struck is None else now.struck
        gone = table.lines.crosses[table.lines.pattern] & talks.real_by_round[k, 0]
        proposers = ensemble.turns[k:, 0, 0]
        chance = np.eye(parties)[proposers]
        if ensemble.protocol.order == "random":
            chance[1:] = 1 / parties
        patience = ensemble.discount[0] ** (ensemble.scenario.time.days_per_round / MONTH)
        worth = value_in_round(now.utility[None], talks.prospects, talks.reservation_value[k])[0]
        tree = Tree(
            worth, ~struck & ~gone.any(axis=1), table.signs, np.where(settled > 0, settled * left, settled),
            patience, chance, np.full(parties, -np.inf),
        )  # fmt: skip
        best = min(tree.proposals(proposers[0], 0), key=lambda p: table.space.tie_rank[p], default=NO_DEAL)
        signs = table.signs[moves.who[1:, 0], best]
        said = [PASSED, *[NOT_ASKED] * (parties - 1)]
        if best != NO_DEAL:
            said = [OFFERED, *np.where(signs, ACCEPTED, PASSED)]
        assert moves.did[:, 0].tolist() == said
        assert moves.package[moves.did[:, 0] != NOT_ASKED, 0].tolist() == [best] * sum(d != NOT_ASKED for d in said)
        assert talks.aspiration[k, 0] == pytest.approx(np.maximum(tree.next_round(0), tree.r[0]))
    assert len(talks.moves) <= rounds


def losing_by_waiting(**blocks: Any) -> dict[str, Any]:
    """No deal is worth .8 to both and .15 less every month; the only text to meet at is worth .5."""
    points = {"ash": {"mine": 100, "middle": 50, "yours": 0}, "birch": {"mine": 0, "middle": 50, "yours": 100}}
    war = {"no_deal_falls_per_month": {"ash": 0.15, "birch": 0.15}}
    return foreseeing(text_on_a_table(points, {"ash": 0.8, "birch": 0.8}, rounds=6, war=war, **blocks))


def test_as_no_deal_comes_to_be_worth_less_they_wait_for_it_and_sign():
    scenario = made(losing_by_waiting())
    talks = hold_talks(draw(scenario))
    assert talks.signed.tolist() == [3]  # .8 - 2 x .15 = .5
    assert [moves.did[0, 0] for moves in talks.moves] == [PASSED, PASSED, OFFERED]
    assert outcome_columns(talks)["outcome"].tolist() == [IN_FORCE]
    assert "ash offers nothing: no text that the others would take is worth" in str(narrate(scenario))


def test_a_public_word_is_reckoned_with_from_the_round_in_which_it_is_given():
    """The middle is then worth .4 to ash, and it does not wait for the .5 that it could have had before."""
    word = {"party": "ash", "to": {"text": "mine"}, "costs_per_step": 0.1}
    events = [{"id": "speech", "at": {"month": 1}, "commits": word}]
    talks = hold_talks(draw(made(losing_by_waiting(events=events))))
    assert talks.signed.tolist() == [4]  # .8 - 3 x .15 = .35
    assert talks.aspiration[:4, 0, 0] == pytest.approx([0.8, 0.65, 0.5, 0.4])


def test_what_parties_know_is_no_choice_here():
    problem = foreseeing(pie((0, 0), 2))
    problem["protocol"]["information"] = "none"
    with pytest.raises(ScenarioError, match="unknown key 'information': equilibrium takes order"):
        read(problem)


def with_somewhere_to_go(problem: dict[str, Any], **worth: float) -> dict[str, Any]:
    for name, away in worth.items():
        problem["parties"][name]["walk_away"] = away
    return problem


@pytest.mark.parametrize(("away", "shares"), [(0.05, {1: 0.05, 3: 0.1305}), (0.6, {1: 0.6, 3: 0.6})])
def test_who_can_leave_gets_that_much_where_it_is_more_than_the_talks_would_give(away, shares):
    """Ash proposes first and last, a tenth is lost by waiting. With w = .05 birch gets .05 at the end, 1 - .9 x .95 a
    round before, and .9 x .145 at the start; .6 is more than all that it could wait for."""
    for rounds, share in shares.items():
        problem = with_somewhere_to_go(patient(pie((0, 0), rounds, 40, 25), 0.9), birch=away)
        talks = hold_talks(draw(made(foreseeing(problem))))
        assert talks.signed.tolist() == [1]
        assert talks.net_utility[0, 1, talks.package[0]] == pytest.approx(share, abs=1.001e-3)


def test_talks_break_off_where_more_can_be_had_outside_than_there_is_to_share():
    problem = with_somewhere_to_go(patient(pie((0, 0), 5, 40, 25), 0.9), ash=0.7, birch=0.6)
    talks = hold_talks(draw(made(foreseeing(problem))))
    assert talks.signed.tolist() == [0] and talks.left.tolist() == [[1, 1]]
    assert outcome_columns(talks)["outcome"].tolist() == [OUTCOMES.index("broke_off")]
    problem["parties"]["birch"]["walk_away"] = 0.3
    assert hold_talks(draw(made(foreseeing(problem)))).signed.tolist() == [1]
