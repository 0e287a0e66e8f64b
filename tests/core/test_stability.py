"""Stability of packages: the games of the textbooks, then the definitions written out on a graph of states."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.analysis.portrait import portrait
from sim.core.stability import KINDS, NOBODY, stability, surroundings
from sim.report.show import data, stable_states
from sim.report.terminal import as_text
from sim.results.chunks import play_chunk
from sim.scenario import ScenarioError
from tests.worlds import made

TWO_BY_TWO = np.array(list(product((0, 1), repeat=2)))  # own option of row, of column; 0 is to hold back
OWN = np.array([0, 1])


def stable_for(worth, options, owner, package):
    """For whom a package is stable, by kind, in one draw: worth of all packages, shape (N, P)."""
    worth = np.asarray(worth, float)
    around = surroundings(options, owner, len(worth), package)
    found = stability(worth[None][:, :, around.packages], around)
    return {kind: by_party[0].tolist() for kind, by_party in found._asdict().items()}


# Games of two, each owning one issue: worth of (0, 0), (0, 1), (1, 0), (1, 1), ranks from 1, the worst

PRISONERS = [[3, 1, 4, 2], [3, 4, 1, 2]]  # 1 is to defect
CHICKEN = [[3, 2, 4, 1], [3, 4, 2, 1]]  # 1 is to drive on


def test_prisoners_mutual_defection_is_stable_in_every_sense():
    assert set(map(tuple, stable_for(PRISONERS, TWO_BY_TWO, OWN, 3).values())) == {(True, True)}


def test_prisoners_cooperation_is_kept_by_foresight_alone():
    """Who defects is defected upon, which is in the other's own interest, and is then worse off and stuck."""
    assert stable_for(PRISONERS, TWO_BY_TWO, OWN, 0) == {
        "nash": [False, False], "gmr": [True, True], "smr": [True, True], "seq": [True, True]
    }  # fmt: skip


@pytest.mark.parametrize("package", [1, 2])
def test_prisoners_one_sided_cooperation_is_stable_for_who_defects_alone(package):
    found = stable_for(PRISONERS, TWO_BY_TWO, OWN, package)
    defector = package == 1  # in (0, 1) it is the column
    assert set(map(tuple, found.values())) == {(not defector, defector)}


@pytest.mark.parametrize("package", [1, 2])
def test_chicken_one_driving_on_is_stable_in_every_sense(package):
    assert set(map(tuple, stable_for(CHICKEN, TWO_BY_TWO, OWN, package).values())) == {(True, True)}


def test_chicken_both_swerving_holds_only_by_an_answer_that_hurts_both():
    """Who drives on can be met by driving on: the worst for both, so no answer in the other's interest. Out of it it
    may swerve again, to less than it had."""
    assert stable_for(CHICKEN, TWO_BY_TWO, OWN, 0) == {
        "nash": [False, False], "gmr": [True, True], "smr": [True, True], "seq": [False, False]
    }  # fmt: skip


def test_an_answer_one_can_move_out_of_holds_nobody_down_for_good():
    """Row gains by moving to (1, 0); column can answer at its own cost with (1, 1), but then (0, 1) is better."""
    found = stable_for([[2, 4, 3, 1], [2, 1, 2, 1]], TWO_BY_TWO, OWN, 0)
    assert {kind: by_party[0] for kind, by_party in found.items()} == {
        "nash": False, "gmr": True, "smr": False, "seq": False
    }  # fmt: skip


def test_chicken_a_collision_is_stable_for_nobody():
    assert set(map(tuple, stable_for(CHICKEN, TWO_BY_TWO, OWN, 3).values())) == {(False, False)}


# What a move is


def test_what_several_control_or_nobody_moves_nobody():
    worth = [[3, 1, 4, 2], [3, 4, 1, 2]]
    for owner in ([NOBODY, NOBODY], [0, NOBODY]):
        found = stable_for(worth, TWO_BY_TWO, np.array(owner), 0)
        assert found["nash"] == [owner[0] == NOBODY, True]
    assert stable_for(worth, TWO_BY_TWO, np.array([0, NOBODY]), 0)["gmr"] == [False, True]  # nobody can answer


def test_one_move_may_change_all_issues_of_a_party():
    """Either change alone makes it worse off, both together better."""
    worth = [[2, 1, 1, 3], [0, 0, 0, 0]]
    assert stable_for(worth, TWO_BY_TWO, np.array([0, 0]), 0)["nash"] == [False, True]


def test_a_move_ends_in_a_package_that_can_exist():
    worth = [[2, 1, 4, 3], [1, 1, 1, 1]]
    assert stable_for(worth, TWO_BY_TWO, OWN, 0)["nash"] == [False, True]
    without = [0, 1, 3]  # (1, 0) cannot exist
    assert stable_for(np.array(worth)[:, without], TWO_BY_TWO[without], OWN, 0)["nash"] == [True, True]


def test_the_last_bit_is_no_reason_to_move():
    worth = [[0.3, 0, 0.1 + 0.2, 0], [1, 1, 1, 1]]
    assert stable_for(worth, TWO_BY_TWO, OWN, 0)["nash"] == [True, True]


# The definitions, state by state


def written_out(worth, states, owner, here):
    """The four definitions on a graph of states, no party moving twice in a row."""
    parties, index = range(len(worth)), {state: s for s, state in enumerate(states)}

    def moves(n, s):
        own = [i for i, who in enumerate(owner) if who == n]
        return [
            t for state, t in index.items()
            if t != s and all(a == b for i, (a, b) in enumerate(zip(states[s], state, strict=True)) if i not in own)
        ]  # fmt: skip

    def improvements(n, s):
        return [t for t in moves(n, s) if worth[n][t] > worth[n][s]]

    def reached(start, movers, step):
        found, todo = set(), [(start, None)]
        seen = set(todo)
        while todo:
            s, last = todo.pop()
            for n in movers:
                for t in step(n, s) if n != last else ():
                    found.add(t)
                    if (t, n) not in seen:
                        seen.add((t, n))
                        todo.append((t, n))
        return found

    answers = {kind: [] for kind in KINDS}
    for n in parties:
        others, least = [m for m in parties if m != n], worth[n][here]
        better = improvements(n, here)
        all_reached = {t: reached(t, others, moves) for t in better}
        in_interest = {t: reached(t, others, improvements) for t in better}
        answers["nash"].append(not better)
        answers["gmr"].append(all(any(worth[n][x] <= least for x in all_reached[t]) for t in better))
        answers["smr"].append(
            all(
                any(worth[n][x] <= least and all(worth[n][y] <= least for y in moves(n, x)) for x in all_reached[t])
                for t in better
            )
        )
        answers["seq"].append(all(any(worth[n][x] <= least for x in in_interest[t]) for t in better))
    return answers


@st.composite
def conflicts(draw):
    """Up to three parties and four issues, some of which nobody owns; some packages cannot exist; worths often tie."""
    parties, sizes = draw(st.integers(1, 3)), draw(st.lists(st.integers(1, 3), min_size=1, max_size=4))
    states = list(product(*map(range, sizes)))
    keep = draw(st.lists(st.integers(0, 4), min_size=len(states), max_size=len(states)))
    states = [state for state, kept in zip(states, keep, strict=True) if kept] or states
    owner = draw(st.lists(st.integers(NOBODY, parties - 1), min_size=len(sizes), max_size=len(sizes)))
    most = draw(st.sampled_from([2, 5, 100]))
    cells = draw(st.lists(st.integers(0, most), min_size=parties * len(states), max_size=parties * len(states)))
    worth = np.array(cells, float).reshape(parties, len(states)) / 100
    return worth, states, owner, draw(st.integers(0, len(states) - 1))


@settings(max_examples=300)
@given(conflicts())
def test_stability_is_what_the_definitions_say(conflict):
    worth, states, owner, here = conflict
    assert stable_for(worth, np.array(states), np.array(owner), here) == written_out(worth, states, owner, here)


@given(conflicts(), st.randoms())
def test_renaming_parties_issues_and_packages_changes_nothing(conflict, random):
    worth, states, owner, here = conflict
    before = stable_for(worth, np.array(states), np.array(owner), here)
    rows, columns, issues = (list(range(size)) for size in (len(worth), len(states), len(owner)))
    for names in (rows, columns, issues):
        random.shuffle(names)
    options = np.array(states)[columns][:, issues]
    new_owner = np.array([rows.index(owner[i]) if owner[i] != NOBODY else NOBODY for i in issues])
    after = stable_for(worth[rows][:, columns], options, new_owner, columns.index(here))
    assert {kind: [before[kind][n] for n in rows] for kind in before} == after


# In a scenario


def two_guns(**more):
    """Two villages that may each lay down arms: worth .3 if neither does, .5 if both do, .8 and 0 if one does."""
    options = {"keeps": "Keeps its arms", "lays_down": "Lays them down"}

    def party(own, others):
        return {
            "label": own.title(),
            "weights": {"ash_arms": 0.5, "birch_arms": 0.5},
            "values": {f"{own}_arms": {"keeps": 60, "lays_down": 0}, f"{others}_arms": {"keeps": 0, "lays_down": 100}},
            "no_deal": 0.2,
        }

    scenario = {
        "schema": 1,
        "id": "guns",
        "title": "Guns",
        "time": {"rounds": 3, "days_per_round": 1},
        "issues": {
            f"{name}_arms": {"label": name, "options": options, "controlled_by": name} for name in ("ash", "birch")
        },
        "parties": {"ash": party("ash", "birch"), "birch": party("birch", "ash")},
        "protocol": {"name": "alternating_offers", "order": ["ash", "birch"], "information": "complete"},
        "proposals": {
            "peace": {"package": {"ash_arms": "lays_down", "birch_arms": "lays_down"}},
            "first_step": {"package": {"ash_arms": "lays_down"}},
        },
        "status_quo": {"ash_arms": "keeps", "birch_arms": "keeps"},
    }
    return scenario | more


def test_show_tells_for_whom_the_status_quo_and_the_proposals_are_stable():
    """A prisoner's dilemma: worth .3 with arms on both sides, .5 without, .8 and 0 with arms on one."""
    shown = portrait(made(two_guns()))
    rows = {(row["state"], row["party"]): row for row in data(shown)["stability"]}
    assert [rows["status_quo", who][kind] for who in ("ash", "birch", None) for kind in KINDS] == [1] * 12
    assert [rows["peace", None][kind] for kind in KINDS] == [0, 1, 1, 1]
    assert rows["peace", "ash"]["move"] == "ash_arms: keeps"
    assert (rows["first_step", "ash"]["completions"], rows["first_step", "ash"]["nash"]) == (2, 0)
    assert [rows["first_step", None][kind] for kind in KINDS] == [0, 1, 1, 1]
    text = as_text(stable_states(shown), 100)
    assert "Ash controls ash_arms." in text and "first_step (2 ways)" in text and "1 of 2" in text
    status_quo = next(line for line in text.splitlines() if "status quo" in line)
    assert status_quo.split() == ["status", "quo", "Ash", "yes", "yes", "yes", "yes", "-"]


def test_results_tell_whether_what_was_signed_is_stable():
    """They sign that both lay down their arms, which keeping them on both sides is worse than for both."""
    draws = play_chunk(made(two_guns(proposals={})), 1, 0, 3).draws
    assert draws["package"].tolist() == ["lays_down/lays_down"] * 3
    assert [draws[f"stable_{kind}"].tolist() for kind in KINDS] == [[False] * 3, *[[True] * 3] * 3]


def test_without_a_signature_nothing_is_stable_and_without_control_nothing_is_said():
    unwilling = two_guns()
    for party in unwilling["parties"].values():
        party["no_deal"] = 0.6
    draws = play_chunk(made(unwilling), 1, 0, 2).draws
    assert draws["package"].isna().all() and not draws[[f"stable_{kind}" for kind in KINDS]].any(axis=None)
    silent = two_guns()
    del silent["status_quo"]
    for issue in silent["issues"].values():
        del issue["controlled_by"]
    assert not [name for name in play_chunk(made(silent), 1, 0, 2).draws if name.startswith("stable_")]
    shown = portrait(made(silent))
    assert not len(shown.stability) and as_text(stable_states(shown), 100) == ""


def test_who_controls_together_controls_nothing_alone():
    together = two_guns()
    together["issues"]["birch_arms"]["controlled_by"] = ["ash", "birch"]
    rows = {(row["state"], row["party"]): row for row in data(portrait(made(together)))["stability"]}
    assert ("peace", "birch") not in rows
    assert [rows["peace", "ash"][kind] for kind in KINDS] == [0] * 4  # birch has no answer


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"ash_arms": "ahs"}, "issues.ash_arms.controlled_by: no party is called 'ahs'; there is ash and birch"),
        ({"ash_arms": ["ash", "birch"], "birch_arms": ["ash", "birch"]}, "no issue is `controlled_by` one party"),
        ({"ash_arms": None, "birch_arms": None}, "status_quo: stability asks who would change an issue alone"),
        ({"status_quo": {"ash_arms": "keeps"}}, "status_quo: no option for birch_arms; the status quo has one"),
        ({"status_quo": {"ash_arms": "keep", "birch_arms": "keeps"}}, "status_quo.ash_arms: no option of ash_arms is"),
        ({"status_quo": {"ash_arms": "keeps", "arms": "keeps"}}, "status_quo: no issue is called 'arms'"),
        ({"proposals": {"status_quo": {"package": {"ash_arms": "keeps"}}}}, "proposals: tables use this name"),
        (
            {"consistency": [{"id": "one", "if": {"ash_arms": "keeps"}, "then": {"birch_arms": "lays_down"}}]},
            "status_quo: contradicts a consistency rule",
        ),
    ],
)
def test_faults_of_control_and_status_quo(change, fault):
    scenario = two_guns(**{key: value for key, value in change.items() if key not in ("ash_arms", "birch_arms")})
    for issue in scenario["issues"]:
        if issue in change and change[issue] is None:
            del scenario["issues"][issue]["controlled_by"]
        elif issue in change:
            scenario["issues"][issue]["controlled_by"] = change[issue]
    with pytest.raises(ScenarioError) as caught:
        made(scenario)
    assert fault in str(caught.value)
