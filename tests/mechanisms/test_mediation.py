"""What the mediator does besides pulling levers: it leans, it adds worth out of a budget, it opens with drafts."""

import copy
import json
import re
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.analysis.portrait import portrait
from sim.cli.commands import peacesim
from sim.core.packages import NO_DEAL
from sim.core.state import OFFERED, REFUSED
from sim.model.domain import structure
from sim.model.ensemble import draw
from sim.model.peace_talks import Talks, hold_talks
from sim.results.tallies import utility_ranges
from sim.scenario import ScenarioError
from sim.scenario.notes import notes
from tests.problems import problems, read

Problem = dict[str, Any]
SWAP = {"ash": "birch", "birch": "ash"}


def table_of(shares: dict[str, dict[str, float]], no_deal: float = 0.0, **mediation: Any) -> Problem:
    """One issue whose options give each party so many points; cedar mediates, likes all alike and signs nothing."""
    options = list(next(iter(shares.values())))
    kinds = {"ash": "belligerent", "birch": "belligerent", "cedar": "mediator", "dogwood": "supporter"}
    points = shares | {"cedar": dict.fromkeys(options, 100)}
    return {
        "schema": 1,
        "id": "mediated",
        "title": "Somebody sits between them",
        "time": {"rounds": 6, "days_per_round": 10},
        "issues": {"split": {"options": {option: option for option in options}}},
        "parties": {
            name: {
                "kind": kinds[name],
                "signs": "never" if name == "cedar" else "always",
                "weights": {"split": 1},
                "values": {"split": points[name]},
                "no_deal": no_deal,
            }
            for name in points
        },
        "protocol": {"name": "alternating_offers", "order": list(reversed(points)), "information": "complete"},
        "mediation": {"mediator": "cedar"} | mediation,
    }


def pie(**others: Any) -> Problem:
    """Ash and birch divide ten slices; option s7 gives ash seven."""
    ash = {f"s{k}": 10 * k for k in range(11)}
    problem = table_of({"ash": ash, "birch": {option: 100 - p for option, p in ash.items()}}, **others)
    problem["protocol"]["order"] = ["cedar", "ash", "birch"]
    return problem


def leaning(by: float, toward: str = "ash") -> Problem:
    return {"toward": toward, "by": by}


def first_offer(problem: Problem) -> str:
    """The option that cedar puts on the table before anybody else has spoken."""
    talks = hold_talks(draw(read(problem)))
    assert talks.ensemble.structure.parties[talks.moves[0].who[0, 0]] == "cedar"
    return talks.ensemble.structure.space.options_of(talks.moves[0].package[0, 0])["split"]


# Bias, by hand


@pytest.mark.parametrize("information", ["complete", "positions"])
@pytest.mark.parametrize(
    ("by", "option"), [(0, "s5"), (0.2, "s6"), (-0.2, "s4"), (0.5, "s7"), (-0.5, "s3"), (0.9, "s9"), (-0.9, "s1")]
)
def test_a_mediator_that_leans_gives_more_to_that_side(by, option, information):
    """The largest of min(a / (1 + by), (1 - a) / (1 - by)) over tenths a lies next to a = (1 + by) / 2."""
    problem = pie(bias=leaning(by))
    problem["protocol"]["information"] = information
    assert first_offer(problem) == option


def test_a_third_belligerent_weighs_as_the_second():
    problem = pie(bias=leaning(0.4))
    problem["parties"]["dogwood"] = copy.deepcopy(problem["parties"]["birch"])
    assert structure(read(problem)).leaning[2].tolist() == [1.4, 0.6, 1, 0.6]


@pytest.mark.parametrize(("kinds", "said"), [
    ({"ash": "supporter", "birch": "supporter"}, "no party is `kind: belligerent`"),
    ({"birch": "supporter"}, "ash alone is `kind: belligerent`"),
    ({"ash": "supporter", "dogwood": "belligerent"}, "ash is no belligerent; birch or dogwood would do"),
])  # fmt: skip
def test_a_bias_is_between_belligerents(kinds, said):
    problem = pie(bias=leaning(0.1))
    problem["parties"]["dogwood"] = copy.deepcopy(problem["parties"]["birch"]) | {"kind": "supporter"}
    for name, kind in kinds.items():
        problem["parties"][name]["kind"] = kind
    with pytest.raises(ScenarioError) as caught:
        read(problem)
    assert said in str(caught.value)


# Carrots, by hand


def carrots(budget: Any, *offers: tuple[str, list[str], Any]) -> Problem:
    """Offers as party, options, adds."""
    return {
        "budget": budget,
        "offers": [
            {"id": f"offer_{at}", "party": party, "when": {"split": options}, "adds": adds}
            for at, (party, options, adds) in enumerate(offers)
        ],
    }


def added(problem: Problem) -> dict[str, dict[str, float]]:
    """What carrots add to each party's worth of each option."""
    ensemble = draw(read(problem))
    with_carrots = ensemble.utility()[0]
    del problem["mediation"]["carrots"]
    gained = with_carrots - draw(read(problem)).utility()[0]
    options = ensemble.structure.space.issues[0].options
    return {
        name: {option: round(float(gained[n, p]), 12) for p, option in enumerate(options) if gained[n, p] != 0}
        for n, name in enumerate(ensemble.structure.parties)
    }


OFFERS = (("ash", ["s5", "s6", "s7"], 0.04), ("birch", ["s5", "s6"], 0.02), ("birch", ["s5"], 0.06))


def test_a_budget_is_shared_out_in_proportion_over_each_package():
    """s5: .12 asked, .06 there; s6: .06 asked, all of it there; s7: .04."""
    assert added(pie(carrots=carrots(0.06, *OFFERS))) == {
        "ash": {"s5": 0.02, "s6": 0.04, "s7": 0.04}, "birch": {"s5": 0.04, "s6": 0.02}, "cedar": {},
    }  # fmt: skip
    assert added(pie(carrots=carrots(0.03, *OFFERS))) == {
        "ash": {"s5": 0.01, "s6": 0.02, "s7": 0.03}, "birch": {"s5": 0.02, "s6": 0.01}, "cedar": {},
    }  # fmt: skip


def test_the_order_of_the_offers_decides_nothing():
    """.1 + .7 + .3 is not .3 + .7 + .1 in floats."""
    offers = [("ash", ["s5"], 0.1), ("birch", ["s5"], 0.7), ("birch", ["s5"], 0.3)]
    first, second = (
        [(extra.party, extra.adds.tolist()) for extra in draw(read(pie(carrots=carrots(0.05, *order)))).extras()]
        for order in (offers, offers[::-1])
    )
    assert len(first) == 2 and first == second


def test_carrots_can_bring_a_deal_that_nobody_would_sign_without():
    problem = pie(no_deal=0.53, carrots=carrots(0.08, ("ash", ["s5"], 0.04), ("birch", ["s5"], 0.04)))
    talks = hold_talks(draw(read(problem)))
    assert talks.ensemble.structure.space.options_of(talks.package[0]) == {"split": "s5"}
    problem["mediation"]["carrots"]["budget"] = 0.05
    assert hold_talks(draw(read(problem))).package.tolist() == [NO_DEAL]


def test_the_reader_counts_carrots_when_it_asks_what_a_party_could_live_with():
    problem = pie(carrots=carrots(0.2, ("ash", ["s10"], 0.2)))
    problem["parties"]["ash"]["no_deal"] = 0.9
    problem["parties"]["ash"]["values"]["split"]["s10"] = 75
    problem["parties"]["ash"]["values"]["split"]["s9"] = 75
    assert read(problem)
    problem["mediation"]["carrots"]["budget"] = 0.1
    with pytest.raises(ScenarioError, match=r"the best, s10, is worth 0\.8500"):
        read(problem)


def test_carrots_count_in_the_range_of_worth_and_end_the_division_of_issues():
    uncertain = {"value": 0, "range": [0, 0.05]}
    scenario = read(pie(carrots=carrots(uncertain, *OFFERS)))
    assert utility_ranges(scenario, structure(scenario)).tolist() == [[0, 1.04], [0, 1.05], [0, 1]]
    assert portrait(scenario).fair_division is not None  # at its value the budget is 0
    assert portrait(read(pie(carrots=carrots(0.05, *OFFERS)))).fair_division is None


def test_a_carrot_for_no_package_is_noted():
    problem = pie(carrots=carrots(0.1, ("ash", ["s5"], 0.1)))
    problem["consistency"] = [{"id": "no_halves", "then": {"split": {"anything_but": "s5"}}}]
    told = [str(note) for note in notes(read(problem))]
    assert any("mediation.carrots.offers.offer_0.when: no consistent package meets this" in note for note in told)
    assert hold_talks(draw(read(problem))).package[0] != NO_DEAL


def test_show_tells_what_the_mediator_does(tmp_path):
    problem = drafted({"cedar": ["s5", "s6"]}, "s5 s6", bias=leaning(0.2), carrots=carrots(0.05, *OFFERS))
    (tmp_path / "f.yaml").write_text(json.dumps(problem))
    shown = CliRunner().invoke(peacesim, ["show", str(tmp_path / "f.yaml"), "--full"]).output
    assert "opens with s5, then s6; leans toward ash by 0.2" in shown
    assert "Value that the mediator adds, to one package 0.05 at most" in shown
    assert "offer_1  birch  split: s5 or s6  0.02" in re.sub(" {2,}", "  ", shown)


# Drafts


def drafted(drafts: dict[str, Any], proposals: str = "s1 s9 s2", **others: Any) -> Problem:
    """The pie with a proposal for each of some options, and what parties open with."""
    problem = pie(no_deal=0.4, **others)
    problem["proposals"] = {option: {"package": {"split": option}} for option in proposals.split()}
    for party, names in drafts.items():
        problem["parties"][party]["opens_with"] = names
    return problem


def offers_of(talks: Talks, party: str, b: int) -> list[str]:
    """The options that a party put on the table in a draw, one after the other."""
    n, space = talks.ensemble.structure.parties.index(party), talks.ensemble.structure.space
    return [
        space.options_of(moves.package[place, b])["split"]
        for moves in talks.moves
        for place in range(len(moves.who))
        if moves.who[place, b] == n and moves.did[place, b] in (OFFERED, REFUSED)
    ]


def test_drafts_go_on_the_table_in_turn_and_each_once():
    problem = drafted({"ash": ["s1", "s9", "s2"], "birch": "s9"})
    problem["protocol"]["order"] = "random"
    talks = hold_talks(draw(read(problem), 1, 0, 40))
    ash, birch = ([offers_of(talks, party, b) for b in range(40)] for party in ("ash", "birch"))
    assert all(offers[:3] == ["s1", "s9", "s2"][: len(offers)] for offers in ash)
    assert all(offers[:1] == ["s9"][: len(offers)] for offers in birch)
    later = {option for offers in ash for option in offers[3:]}, {option for offers in birch for option in offers[1:]}
    assert later[0] and not later[0] & {"s1", "s2"} and later[1] and "s9" not in later[1]  # worth less than no deal
    assert len({len(offers) for offers in ash}) > 1  # draws differ in how far they come


@pytest.mark.parametrize(("names", "said"), [
    (["s1", "s4"], "parties.ash.opens_with: no proposal is called 's4'; there is"),
    (["s1", "s9", "s1"], "parties.ash.opens_with: 's1' stands twice; once would do"),
    (["s1", "half"], "parties.ash.opens_with: 'half' leaves other open, but an offer settles every issue"),
    (["s1", "none"], "parties.ash.opens_with: none contradicts a consistency rule, so it cannot be offered"),
    ([], "parties.ash.opens_with: too few entries; at least 1 would do"),
    (5, "parties.ash.opens_with: YAML reads '5' as a number; put it in quotes if it is a name or a text"),
    ([5], "parties.ash.opens_with.0: YAML reads '5' as a number"),
    ({"s1": 1}, "parties.ash.opens_with: a mapping where a list would do"),
])  # fmt: skip
def test_what_cannot_be_a_draft_is_refused(names, said):
    problem = drafted({"ash": names})
    problem["issues"]["other"] = {"options": {"yes": "yes", "no": "no"}}
    for party in problem["parties"].values():
        party["weights"], party["values"]["other"] = {"split": 1, "other": 0}, {"yes": 100, "no": 0}
    for proposal in problem["proposals"].values():
        proposal["package"]["other"] = "yes"
    problem["proposals"] |= {"half": {"package": {"split": "s5"}}, "none": {"package": {"split": "s5", "other": "no"}}}
    problem["consistency"] = [{"id": "yes", "if": {"split": "s5"}, "then": {"other": "yes"}}]
    with pytest.raises(ScenarioError) as caught:
        read(problem)
    assert [line.partition(" ")[2][: len(said)] for line in str(caught.value).splitlines()] == [said]


# Any problem


@st.composite
def mediated(draw: st.DrawFn) -> Problem:
    """A small scenario in which cedar mediates between ash and birch, with all that it can do."""
    problem = draw(problems().filter(lambda problem: len(problem["parties"]) == 3))
    options = {issue: list(spec["options"]) for issue, spec in problem["issues"].items()}
    for party, kind in (("ash", "belligerent"), ("birch", "belligerent"), ("cedar", "mediator")):
        problem["parties"][party]["kind"] = kind
    problem["parties"]["cedar"]["signs"] = draw(st.sampled_from(["always", "never"]))
    packages = st.fixed_dictionaries({issue: st.sampled_from(names) for issue, names in options.items()})
    problem["proposals"] = {f"text_{at}": {"package": draw(packages)} for at in range(3)}
    for party in problem["parties"].values():
        drafts = draw(st.lists(st.sampled_from(list(problem["proposals"])), max_size=2, unique=True))
        if drafts:
            party["opens_with"] = drafts
    issue = st.sampled_from(sorted(options))
    amount = st.sampled_from([0.02, 0.1, {"value": 0.05, "range": [0, 0.2]}])
    problem["mediation"] = {
        "mediator": "cedar",
        "bias": leaning(draw(st.integers(-9, 9)) / 10, draw(st.sampled_from(["ash", "birch"]))),
        "carrots": {
            "budget": draw(amount),
            "offers": [
                {
                    "id": f"offer_{at}",
                    "party": draw(st.sampled_from(["ash", "birch"])),
                    "when": {name: draw(st.sampled_from([options[name][:1], options[name][:2], options[name][-1:]]))},
                    "adds": draw(amount),
                }
                for at, name in enumerate(draw(st.lists(issue, min_size=1, max_size=4)))
            ],
        },
    }
    return problem


def same(one: Talks, other: Talks) -> None:
    """Two talks went alike, to the last bit."""
    for name in ("package", "signed", "standing", "proposer", "net_utility", "zone", "last_refuser", "best"):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name
    assert len(one.moves) == len(other.moves)
    for first, second in zip(one.moves, other.moves, strict=True):
        assert np.array_equal(first.did, second.did) and np.array_equal(first.package, second.package)


@settings(max_examples=25)
@given(mediated(), st.integers(0, 3))
def test_leaning_toward_one_is_leaning_away_from_the_other(problem, seed):
    other = copy.deepcopy(problem)
    bias = other["mediation"]["bias"]
    bias["toward"], bias["by"] = SWAP[bias["toward"]], -bias["by"]
    same(*(hold_talks(draw(read(each), seed, 0, 4)) for each in (problem, other)))


@settings(max_examples=40)
@given(mediated(), st.integers(0, 3), st.sampled_from(["best_for_others", "least_own"]))
def test_more_bias_never_lowers_the_known_share_of_the_side_it_is_toward(problem, seed, rule):
    """In the mediator's first offer; the two others are the only ones it has to please."""
    problem["protocol"]["order"] = ["cedar", "ash", "birch"]
    problem["parties"]["cedar"].pop("opens_with", None)
    problem["parties"]["cedar"]["strategy"]["offers"] = rule
    problem["mediation"]["bias"]["toward"] = "ash"
    shares = []
    for by in (-0.9, -0.3, 0, 0.2, 0.9):
        problem["mediation"]["bias"]["by"] = by
        talks = hold_talks(draw(read(problem), seed, 0, 5))
        known = known_share(talks, "ash")
        shares.append(known[np.arange(5) % len(known), talks.moves[0].package[0]])
    assert (np.diff(shares, axis=0) >= -1e-8).all()


def known_share(talks: Talks, party: str) -> np.ndarray:
    """What the others take a package to be of a party's best, shape (1 or B, P)."""
    ensemble = talks.ensemble
    n, information = ensemble.structure.parties.index(party), ensemble.protocol.information
    worth = {
        "complete": talks.net_utility[:, n],
        "positions": ensemble.structure.positions.utility[:, n],
        "learned": np.ones((1, len(ensemble.structure.space))),  # nothing yet, before the first offer
        "none": np.ones((1, len(ensemble.structure.space))),
    }[information]
    return worth / worth.max(axis=1, keepdims=True)


@settings(max_examples=40)
@given(mediated(), st.integers(0, 3))
def test_no_package_gets_more_than_the_budget_and_more_budget_never_less(problem, seed):
    ensemble = draw(read(problem), seed, 0, 4)
    larger, none = copy.deepcopy(problem), copy.deepcopy(problem)
    larger["mediation"]["carrots"]["budget"] = 0.5
    del none["mediation"]["carrots"]
    bare = draw(read(none), seed, 0, 4).utility()
    paid = ensemble.utility() - bare
    assert (paid >= 0).all()
    budget = ensemble.inputs.get("mediation.carrots.budget", problem["mediation"]["carrots"]["budget"])
    assert (paid.sum(axis=1) <= np.reshape(budget, (-1, 1)) + 1e-12).all()
    assert (draw(read(larger), seed, 0, 4).utility() - bare >= paid - 1e-12).all()
