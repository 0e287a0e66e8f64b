"""Proposals by lot: an ordinary loop, the quota counted out, and the closed form beside it."""

from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.analysis.narrate import narrate
from sim.analysis.portrait import portrait
from sim.core.packages import NO_DEAL
from sim.core.state import OBJECTED
from sim.core.utility import lines_over
from sim.core.zopa import acceptable, votes_needed
from sim.model.ensemble import Ensemble, draw
from sim.model.peace_talks import Talks, hold_talks
from sim.results.columns import outcome_columns
from sim.scenario import ScenarioError
from tests import theory
from tests.plain import PlainTalks
from tests.problems import problems, read
from tests.worlds import made, text_on_a_table

SPLIT = {"ash": {"half": 60, "third": 40}, "birch": {"half": 60, "third": 40}, "cedar": {"half": 0, "third": 40}}


def by_lot(problem: dict[str, Any], **parameters: Any) -> dict[str, Any]:
    """The same problem with proposals by lot."""
    problem["protocol"] = {"name": "random_proposer", **parameters}
    return problem


def on_a_table(no_deal: float = 0.3, rounds: int = 1, points: Any = None, **parameters: Any) -> dict[str, Any]:
    """Three parties and the texts of `SPLIT`; in a last round each takes what beats no deal."""
    points = points or SPLIT
    return by_lot(text_on_a_table(points, dict.fromkeys(points, no_deal), rounds), **parameters)


class PlainLots(PlainTalks):
    """The bargaining of one draw with proposals by lot, written out."""

    def __init__(self, ensemble: Ensemble) -> None:
        super().__init__(ensemble)
        self.quota = ensemble.protocol.quota

    def pass_of_the_table(self, k: int) -> None:
        """One proposal and the vote on it."""
        t = self.table
        if t.protocol.information == "learned":
            t.learn(self.offers)
        self.settle(k)
        turns = t.turns[k - 1]
        me = next(name for name in turns if any(name in t.signatories(p) for p in t.packages))
        text = self.offer(me, k)
        yes = {me} if me in t.signatories(text) and self.accepts(me, text, k) else set()
        self.standing, self.proposer = text, me
        self.offers[me].append(text)
        voters = [name for name in turns if name != me and name in t.signatories(text)]
        for name in voters:
            self.received[name] = text
            self.best_received[name] = max(self.best_received.get(name, float("-inf")), t.u[name][text])
        votes = {name: self.accepts(name, text, k) for name in voters}
        for name in (name for name in voters if not votes[name]):
            if t.protocol.refusals == "reasoned" and t.crossed(text, name):
                self.named[t.crossed(text, name)[0]] = k
        yes |= {name for name in voters if votes[name]}
        if len(yes) >= min(self.quota or 9, len(t.signatories(text))):
            self.signed = k, text, me


@st.composite
def lots(draw: st.DrawFn) -> dict[str, Any]:
    """A small problem with proposals by lot and any quota."""
    problem = draw(problems())
    old, names = problem["protocol"], list(problem["parties"])
    kept = {key: old[key] for key in ("information", "refusals")}
    quota = draw(st.sampled_from([None, 1, 2, len(names)]))
    if draw(st.booleans()) and len(names) == 3:
        issue, spec = next(iter(problem["issues"].items()))
        problem["parties"][names[2]]["signs"] = {issue: next(iter(spec["options"]))}
    return by_lot(problem, **kept, **({"quota": quota} if quota else {}), **draw(st.sampled_from([{}, {"memory": 1}])))


@settings(max_examples=60)
@given(lots(), st.integers(0, 5), st.integers(0, 30))
def test_one_draw_equals_an_ordinary_loop(problem, seed, start):
    ensemble = draw(made(problem), seed, start, 1)
    talks, plain = hold_talks(ensemble), PlainLots(ensemble).play()
    space = ensemble.structure.space
    if plain.signed is None:
        assert talks.package[0] == NO_DEAL
    else:
        k, package, proposer = plain.signed
        assert (talks.signed[0], ensemble.structure.parties[talks.proposer[0]]) == (k, proposer)
        assert tuple(space.options_of(talks.package[0])[issue.name] for issue in space.issues) == package


def test_every_party_that_signs_and_the_mediator_propose_equally_often():
    problem = on_a_table(no_deal=0.35, points={name: {"a": 36, "b": 40} for name in ("ash", "birch", "cedar", "yew")})
    problem["parties"]["cedar"] |= {"signs": "never", "kind": "mediator"}
    problem["parties"]["yew"]["signs"] = "never"
    problem["mediation"] = {"mediator": "cedar"}
    talks = hold_talks(draw(made(problem), 1, 0, 1200))
    shares = np.bincount(talks.proposer, minlength=4) / 1200
    assert shares[:3] == pytest.approx([1 / 3, 1 / 3, 1 / 3], abs=0.05)  # of three, so about four standard errors
    assert shares[3] == 0


def test_two_of_three_are_enough_and_the_third_is_told_so():
    """`half` gives ash and birch .6 each and cedar nothing, which is less than no deal to it."""
    talks = hold_talks(draw(made(on_a_table(quota=2)), 1, 0, 60))
    columns, space = outcome_columns(talks), talks.ensemble.structure.space
    half = space.index_of({"text": "half"})
    assert (talks.signed == 1).all() and set(talks.package.tolist()) == {0, 1}
    passed = talks.package == half
    assert columns["margin.2"][passed] == pytest.approx(-0.3) and columns["least_satisfied"][passed].max() < 0
    assert not talks.accepted[passed, 2].any() and talks.accepted[passed, :2].all()
    assert columns["zone_packages"].tolist() == 60 * [2]
    unanimous = hold_talks(draw(made(on_a_table()), 1, 0, 60))
    assert outcome_columns(unanimous)["zone_packages"].tolist() == 60 * [1]
    assert half not in unanimous.package.tolist()


def test_a_red_line_binds_only_who_votes_for_the_text():
    problem = on_a_table(no_deal=0, quota=2, points={n: {"a": 100, "b": 10} for n in ("ash", "birch", "cedar")})
    problem["parties"]["cedar"]["red_lines"] = [{"id": "never_a", "never": {"text": "a"}, "hardness": 1}]
    talks = hold_talks(draw(made(problem), 1, 0, 60))
    space = talks.ensemble.structure.space
    signed = [space.options_of(package)["text"] for package in talks.package]
    assert {(int(n), text) for n, text in zip(talks.proposer, signed, strict=True)} == {(0, "a"), (1, "a"), (2, "b")}
    assert talks.zone.all()


def test_who_votes_no_says_why_and_the_story_tells_it():
    told = [str(narrate(made(on_a_table(rounds=2)), 1, row)) for row in range(12)]
    assert any("votes no on" in text and "holds out for 0.40" in text for text in told)
    problem = on_a_table(rounds=2, quota=2, points={n: {"a": 10, "b": 20} for n in ("ash", "birch", "cedar")})
    for party in problem["parties"].values():
        party["red_lines"] = [{"id": "l", "never": {"text": "b"}, "hardness": 0.99}]
        party["no_deal"] = 0.15
    story = str(narrate(made(problem)))
    assert "no package was acceptable to 2 of those who sign it" in story


def test_nobody_hears_of_a_line_before_all_have_voted():
    """Birch has a line against p and x. Cedar would rather have x than p; only of one that knew the line z is next."""
    points = {"ash": {"p": 100, "x": 95, "z": 40}, "birch": {"p": 90, "x": 100, "z": 40},
              "cedar": {"p": 50, "x": 60, "z": 30}}  # fmt: skip
    problem = on_a_table(no_deal=0.1, points=points, information="complete")
    problem["parties"]["birch"]["red_lines"] = [{"id": "l", "never": {"text": ["p", "x"]}, "hardness": 1}]
    problem["parties"]["cedar"]["strategy"]["accepts"] = "next_offer"
    problem["parties"]["ash"]["opens_with"] = "p"
    problem["proposals"] = {"p": {"label": "P", "package": {"text": "p"}}}
    talks = hold_talks(draw(made(problem), 1, 0, 30))
    moves, from_ash = talks.moves[0], talks.proposer == 0
    assert from_ash.any() and not talks.signed[from_ash].any()
    assert (moves.did[:, from_ash] == OBJECTED).sum(axis=0).tolist() == int(from_ash.sum()) * [2]


def test_all_votes_are_named_where_a_zone_came_to_nothing():
    """One offer to each other, of which the other two think nothing: nobody refused last, for all voted at once."""
    points = {"ash": {"a": 100, "b": 0, "c": 0, "d": 50}, "birch": {"a": 0, "b": 100, "c": 0, "d": 50},
              "cedar": {"a": 0, "b": 0, "c": 100, "d": 50}}  # fmt: skip
    problem = on_a_table(no_deal=0.3, rounds=9, points=points)
    for party in problem["parties"].values():
        party["strategy"]["exponent"] = 40
    problem["time"]["rounds"] = 9
    talks = hold_talks(draw(made(problem), 1, 0, 20))
    late = talks.signed == 9
    assert late.all()  # in the last round all take d
    problem["events"] = [{"id": "off", "label": "Off", "at": {"month": 8}, "closes_channel": {"rounds": 1}}]
    talks = hold_talks(draw(made(problem), 1, 0, 20))
    others = {0: "birch | cedar", 1: "ash | cedar", 2: "ash | birch"}
    assert outcome_columns(talks)["blocker"].tolist() == [others[int(n)] for n in talks.proposer]


@pytest.mark.parametrize(("n", "q", "d", "share"), [(3, 2, 0.9, 0.7), (5, 3, 0.9, 0.64)])
def test_the_most_that_a_quota_leaves_a_proposer_is_the_closed_form(n, q, d, share):
    """If all expect d/n of going on, the package best for one of those that pass gives it 1 - d (q - 1) / n."""
    names, price = [f"p{k}" for k in range(n)], d / n
    texts = {"alone": (1.0, 0), "pays_all": (1 - (n - 1) * price, n - 1)}
    texts |= {f"pays_{count}": (1 - count * price, count) for count in range(1, n - 1)}
    points = {
        name: {text: 100 * (own if k == 0 else price if k <= paid else 0) for text, (own, paid) in texts.items()}
        for k, name in enumerate(names)
    }
    problem = on_a_table(no_deal=0, points=points, quota=q)
    for party in problem["parties"].values():
        party["no_deal"] = price
        party["values"]["text"] = {o: round(v, 9) for o, v in party["values"]["text"].items()}
    for party in list(problem["parties"].values())[1:]:
        party["no_deal"] = price - 1e-9  # what is paid is enough, also where a decimal is cut
    talks = hold_talks(draw(made(problem)))
    most = talks.net_utility[0, 0, talks.zone[0]].max()
    assert most == pytest.approx(share, abs=1e-6) == theory.baron_ferejohn_share(n, q, d)


@settings(max_examples=40)
@given(problems(), st.integers(0, 3), st.integers(1, 4))
def test_the_zone_and_what_stands_in_the_way_counted_out(problem, seed, quota):
    """Every package with every way to leave constraints aside, the smallest first."""
    for party in problem["parties"].values():
        party["no_deal"] = {"value": 0.6, "range": [0.5, 0.95]}
    names = list(problem["parties"])
    quota = min(quota, len(names))
    talks = hold_talks(draw(made(by_lot(problem, quota=quota)), seed, 0, 3))
    for b in range(3):
        kept = [_kept(talks, b, p) for p in range(talks.zone.shape[1])]
        passing = [sum(not own for own in package.values()) >= quota for package in kept]
        assert talks.zone_first[b].tolist() == passing
        if not any(passing):
            ways = {frozenset().union(*(package[n] for n in some))
                    for package in kept for some in combinations(package, quota)}  # fmt: skip
            least = min(map(len, ways))
            wanted = {" + ".join(sorted(way)) for way in ways if len(way) == least}
            assert set(outcome_columns(talks)["blocker"][b].split(" | ")) == wanted


def _kept(talks: Talks, b: int, package: int) -> dict[str, set[str]]:
    """What keeps each signatory from a package in a draw."""
    table, found = talks.ensemble.structure, {}
    for n, name in enumerate(table.parties):
        crosses = table.lines.crosses[table.lines.pattern[package]]
        found[name] = {line for line, owner, crossed, real in
                       zip(table.lines.names, table.lines.party, crosses, talks.real[b], strict=True)
                       if owner == n and crossed and real}  # fmt: skip
        if talks.net_utility[b, n, package] < talks.reservation_value[0, b, n] - 1e-9:
            found[name].add(f"{name}.no_deal")
    return found


def test_a_quota_above_the_signatories_of_a_package_is_all_of_them():
    signs = np.array([[True, True, False], [True, False, False], [True, True, False]])
    assert votes_needed(signs, 2).tolist() == [2, 2, 0]
    assert votes_needed(signs, None).tolist() == [3, 2, 0]
    lines, worth = lines_over([], [], np.zeros((0, 3), bool)), np.array([[[0.5, 0.5, 0], [0.5, 0.5, 0], [0, 0, 0]]])
    zone = acceptable(worth, np.full((1, 3), 0.4), signs, lines, np.zeros((1, 0), bool), 2)
    assert zone.tolist() == [[True, False, True]]  # what nobody signs, nobody can find too little


def test_show_counts_the_packages_that_pass():
    zones = [portrait(made(on_a_table(**quota))).zones for quota in ({}, {"quota": 2})]
    assert [int(zone["packages"].iloc[0]) for zone in zones] == [1, 2]


def test_a_text_is_bought_by_pressure_only_from_those_who_voted_for_it():
    """A lever on cedar does not buy a text that cedar votes against and that passes without it."""
    problem = on_a_table(quota=2)
    problem["parties"]["yew"] = dict(problem["parties"]["cedar"], signs="never", kind="mediator")
    lever = {"party": "cedar", "lowers_no_deal_by": 0.1, "pulled": {"month": 0}}
    problem["mediation"] = {"mediator": "yew", "levers": {"aid": lever}, "step_per_round": 1}
    talks = hold_talks(draw(made(problem), 1, 0, 60))
    half = talks.package == talks.ensemble.structure.space.index_of({"text": "half"})
    assert half.any() and not outcome_columns(talks)["after.bought_by_pressure"][half].any()


@pytest.mark.parametrize(
    ("quota", "said"),
    [
        (4, "protocol.quota: 4 votes are needed, but only ash, birch and cedar ever sign; at most 3 would do"),
        (0, "protocol.quota: '0' where a whole number of at least 1 would do"),
        ("half", "protocol.quota: 'half' where a whole number of at least 1 would do"),
    ],
)
def test_a_quota_that_nobody_can_reach_is_told_where(quota, said):
    with pytest.raises(ScenarioError, match=r"problem.yaml:\d+:\d+: protocol.quota") as caught:
        read(on_a_table(quota=quota))
    assert said in str(caught.value)
