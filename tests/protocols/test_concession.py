"""Monotonic concession: the published example step by step, an ordinary loop, and where it must end."""

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.analysis.narrate import narrate
from sim.analysis.trace import RoundState, watch
from sim.core.packages import NO_DEAL
from sim.core.state import ACCEPTED, OFFERED
from sim.model.ensemble import draw
from sim.model.peace_talks import Talks, hold_talks
from sim.scenario import ScenarioError
from sim.scenario.notes import notes
from tests.problems import read
from tests.worlds import made, text_on_a_table, worlds

TOLERANCE = 1e-9
LADDER = {
    "first": {"a": 100, "b": 80, "c": 60, "d": 40, "e": 20},
    "second": {"a": 10, "b": 40, "c": 60, "d": 70, "e": 80},
}


def on_a_ladder(points: dict[str, dict[str, float]] = LADDER, rounds: int = 9, **blocks: Any) -> dict[str, Any]:
    """One issue and two parties to whom no deal is worth nothing, who come closer step by step."""
    protocol = {"name": "concession", "order": list(points)}
    return text_on_a_table(points, dict.fromkeys(points, 0), rounds, protocol=protocol, **blocks)


def offers_of(talks: Talks, b: int = 0) -> list[dict[str, str]]:
    """What each party offered in each round, by name."""
    parties, space = talks.ensemble.structure.parties, talks.ensemble.structure.space
    rounds = [zip(moves.who[:, b], moves.did[:, b], moves.package[:, b], strict=True) for moves in talks.moves]
    return [
        {parties[who]: space.options_of(package)["text"] for who, did, package in turns if did == OFFERED}
        for turns in rounds
    ]


def test_the_example_of_five_packages_step_by_step():
    """a(10,1) b(8,4) c(6,6) d(4,7) e(2,8): risks .8 and .875, then .75 and .5, then .25 and 1/3."""
    talks = hold_talks(draw(read(on_a_ladder())))
    assert offers_of(talks) == [
        {"first": "a", "second": "e"},
        {"first": "b", "second": "e"},
        {"first": "b", "second": "c"},
        {"first": "c", "second": "c"},
    ]
    assert talks.signed.tolist() == [4]
    assert talks.ensemble.structure.parties[talks.proposer[0]] == "first"
    assert talks.net_utility[0, :, talks.package[0]].prod() == pytest.approx(0.36)


def test_one_round_fewer_than_it_takes_leaves_both_at_their_texts():
    talks = hold_talks(draw(read(on_a_ladder(rounds=3))))
    assert offers_of(talks)[-1] == {"first": "b", "second": "c"}
    assert talks.package.tolist() == [NO_DEAL]
    assert not talks.accepted.any()  # nobody stood in the way more than the other


def test_equal_risks_are_settled_by_the_order():
    points = {"first": {"a": 100, "m": 60, "z": 20}, "second": {"a": 20, "m": 60, "z": 100}}
    for order, moved in ((["first", "second"], "first"), (["second", "first"], "second")):
        problem = on_a_ladder(points)
        problem["protocol"]["order"] = order
        second_round = offers_of(hold_talks(draw(read(problem))))[1]
        assert second_round == {"first": "a", "second": "z"} | {moved: "m"}
    problem["protocol"]["order"] = "random"
    talks = hold_talks(draw(read(problem), 1, 0, 400))
    movers = [next(n for n, text in offers_of(talks, b)[1].items() if text == "m") for b in range(400)]
    assert 160 < movers.count("first") < 240


def test_no_move_is_asked_of_who_would_take_the_other_text_at_once():
    """Of packages worth most to oneself the one starts that is best for the other; here that ends it in round 1."""
    points = {"first": {"a": 50, "b": 50, "c": 10}, "second": {"a": 10, "b": 100, "c": 90}}
    talks = hold_talks(draw(read(on_a_ladder(points))))
    assert offers_of(talks) == [{"first": "b", "second": "b"}]
    assert talks.signed.tolist() == [1]


def test_the_story_tells_who_moved():
    told = str(narrate(read(on_a_ladder())))
    assert "second repeats its offer." in told
    assert "first changes its offer, worth 0.60 to it:" in told
    assert "second accepts first's proposal (value to it 0.60; holds out for 0.60)." in told


def test_of_two_texts_that_both_would_take_the_one_with_the_larger_product_is_signed():
    """Once p may be signed, first offers p in place of a, worth to it what y is: either would take the other's text."""
    points = {
        "first": {"a": 100, "y": 60, "p": 60, "e": 10},
        "second": {"a": 20, "y": 60, "p": 90, "e": 100},
    }
    fall = {"id": "fall", "at": {"month": 2}, "lines_fall": "first.no_p"}
    problem = on_a_ladder(points, as_of="2025-01-01", events=[fall])
    problem["parties"]["first"]["red_lines"] = [{"id": "no_p", "never": {"text": "p"}, "hardness": 1}]
    talks = hold_talks(draw(read(problem)))
    assert offers_of(talks) == [
        {"first": "a", "second": "e"},
        {"first": "a", "second": "y"},
        {"first": "p", "second": "y"},
    ]
    assert talks.signed.tolist() == [3]
    assert talks.ensemble.structure.space.options_of(talks.package[0]) == {"text": "p"}


@st.composite
def ladders(draw: st.DrawFn) -> dict[str, Any]:
    """Two parties and up to eight packages, with ties, at no-deal values that may leave no zone."""
    count = draw(st.integers(2, 8))
    each = st.lists(st.integers(0, 10), min_size=count, max_size=count).filter(lambda points: max(points) >= 4)
    pair = {"first": draw(each), "second": draw(each)}
    points = {name: {f"o{k}": 10 * p for k, p in enumerate(own)} for name, own in pair.items()}
    problem = on_a_ladder(points, rounds=count + 1)
    for party in problem["parties"].values():
        party["no_deal"] = draw(st.sampled_from([0, 0.1, 0.25, 0.4]))
    problem["protocol"]["order"] = draw(st.sampled_from([["first", "second"], ["second", "first"], "random"]))
    return problem


@settings(max_examples=150)
@given(ladders())
def test_it_ends_at_the_largest_product_of_gains_of_the_zone(problem):
    """Counted in whole points, so that ties are ties; and it takes no more rounds than the frontier has worths."""
    talks = hold_talks(draw(made(problem)))
    options = talks.ensemble.structure.space.issues[0].options
    values = [problem["parties"][name]["values"]["text"] for name in ("first", "second")]
    gains = {o: tuple(Fraction(values[n][o]) - round(100 * problem["parties"][name]["no_deal"])
                      for n, name in enumerate(("first", "second"))) for o in options}  # fmt: skip
    zone = {o: pair for o, pair in gains.items() if min(pair) >= 0}
    if not zone:
        assert talks.package.tolist() == [NO_DEAL]
        return
    frontier = {p for p in zone.values() if not any(q != p and q[0] >= p[0] and q[1] >= p[1] for q in zone.values())}
    assert talks.package[0] != NO_DEAL
    assert talks.signed[0] <= len(frontier)
    assert math.prod(gains[options[talks.package[0]]]) == max(map(math.prod, zone.values()))
    assert gains[options[talks.package[0]]] in frontier


def two_that_sign(problem: dict[str, Any]) -> dict[str, Any]:
    """The same world with two parties that always sign, the others never, and steps in place of offers in turn."""
    for place, party in enumerate(problem["parties"].values()):
        party["signs"] = "always" if place < 2 else "never"
    problem["protocol"] = {"name": "concession", "order": "random"}
    return problem


class Steps:
    """One draw of a world as an ordinary loop over packages; what stands in each round is taken from the model."""

    def __init__(self, talks: Talks, seen: tuple[RoundState, ...]) -> None:
        self.talks, self.seen = talks, seen
        self.table = talks.ensemble.structure
        self.pair = [n for n, signs in enumerate(self.table.signs) if signs.all()]
        self.offers: dict[int, int] = {}
        self.on_table, self.open = False, True
        self.signed: list[tuple[int, int]] = []

    def play(self) -> "Steps":
        """All rounds."""
        self.heard: list[dict[int, int]] = []
        for k, seen in enumerate(self.seen):
            if seen.reopened:
                self.on_table, self.open = False, True
            talking = self.open and bool(self.talks.ensemble.world.channel_open[0, k])
            if talking:
                self.round(k)
            self.heard.append(dict(self.offers) if talking else {})
        return self

    def worth(self, n: int, p: int) -> float:
        """What a package is worth to a party in this round, risks counted where it looks past the signature."""
        ahead, net = self.talks.prospects, float(self.now.utility[n, p])
        if not ahead.looks[0, n]:
            return net
        kind = ahead.kind[0, ahead.entry[0, p]]
        lasts = float(ahead.chance[0, ahead.combination[p]] * ahead.held[0, n, kind])
        return self.r[n] + max(lasts, 1e-12) * (net - self.r[n])

    def could_sign(self, n: int, p: int) -> bool:
        lines = self.table.lines
        crossed = any(
            real and crosses and owner in (n, -1)
            for real, crosses, owner in zip(
                self.talks.real_by_round[self.k, 0], lines.crosses[lines.pattern[p]], lines.party, strict=True
            )
        )
        return not crossed and not (self.now.struck is not None and self.now.struck[p])

    def best(self, me: int, other: int, among: list[int]) -> int:
        top = max(self.worth(me, p) for p in among)
        tied = [p for p in among if self.worth(me, p) >= top - TOLERANCE]
        top = max(self.worth(other, p) for p in tied)
        tied = [p for p in tied if self.worth(other, p) >= top - TOLERANCE]
        return min(tied, key=lambda p: self.table.space.tie_rank[p])

    def risk(self, me: int, other: int, own: int, theirs: int) -> float:
        gain = self.worth(me, own) - self.r[me]
        return (self.worth(me, own) - self.worth(me, theirs)) / gain if gain > TOLERANCE else 1.0

    def content(self, me: int, other: int) -> bool:
        return self.worth(me, self.offers[other]) >= self.worth(me, self.offers[me]) - TOLERANCE

    def round(self, k: int) -> None:
        self.k, self.now = k, self.seen[k]
        self.r = {n: float(self.talks.reservation_value[k, 0, n]) for n in self.pair}
        everything = range(len(self.table.space))
        enough = [p for p in everything if all(self.worth(n, p) >= self.r[n] - TOLERANCE for n in self.pair)]
        zone = [p for p in enough if all(self.could_sign(n, p) for n in self.pair)]
        a, b = self.pair
        if not zone:
            for n in self.pair:
                if not self.on_table:  # what a party names then is its own affair
                    self.offers[n] = int(self.talks.moves[k].package[list(self.talks.moves[k].who[:2, 0]).index(n), 0])
            self.on_table = True
            return
        moved = False
        for me, other in ((a, b), (b, a)):
            if not self.on_table or self.offers[me] not in zone:
                moved, among = True, zone
                if self.on_table:
                    old = self.worth(other, self.offers[me])
                    among = [p for p in zone if self.worth(other, p) >= old - TOLERANCE] or zone
                self.offers[me] = self.best(me, other, among)
        self.on_table = True
        if not moved and not self.content(a, b) and not self.content(b, a):
            self.step(zone)
        if self.content(a, b) or self.content(b, a):
            self.signed.append((k + 1, next(self.offers[m] for m, n in ((b, a), (a, b)) if self.content(n, m))))
            self.open = False

    def step(self, zone: list[int]) -> None:
        a, b = self.pair
        risks = {n: self.risk(n, m, self.offers[n], self.offers[m]) for n, m in ((a, b), (b, a))}
        order = list(self.talks.ensemble.turns[self.k, 0])
        alike = abs(risks[a] - risks[b]) <= TOLERANCE
        me = min(self.pair, key=order.index if alike else risks.__getitem__)
        other = b if me == a else a
        theirs = self.offers[other]
        turned = [
            p for p in zone
            if self.worth(other, p) > self.worth(other, self.offers[me]) + TOLERANCE
            and (self.risk(me, other, p, theirs) > self.risk(other, me, theirs, p) + TOLERANCE
                 or self.worth(other, p) >= self.worth(other, theirs) - TOLERANCE)
        ]  # fmt: skip
        self.offers[me] = self.best(me, other, turned)


@settings(max_examples=60)
@given(worlds(), st.integers(0, 5), st.integers(0, 30))
def test_one_draw_of_a_world_equals_an_ordinary_loop(world, seed, start):
    talks, seen = watch(draw(made(two_that_sign(world)), seed, start, 1))
    plain = Steps(talks, seen).play()
    for k, moves in enumerate(talks.moves):
        columns = zip(moves.who[:, 0], moves.did[:, 0], moves.package[:, 0], strict=True)
        offered = {int(who): int(package) for who, did, package in columns if did == OFFERED}
        assert offered == plain.heard[k], k
        agreed = moves.package[:, 0][moves.did[:, 0] == ACCEPTED].tolist()
        signed = [p for at, p in plain.signed if at == k + 1]
        assert len(agreed) == len(signed)
        if len(set(offered.values())) == 2 and agreed and agreed != signed:
            # Each would take the other's: two texts, alike but for the last bits.
            worth = talks.net_utility[0][plain.pair]
            assert worth[:, agreed[0]] == pytest.approx(worth[:, signed[0]], abs=3e-9)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"third": {}}, "protocol.name: concession is for 2 parties that sign every package and no others that sign, "
         "but here 3 sign: first, second and third; name another protocol, or set `signs`"),
        ({"second": {"signs": "never"}}, "but here 1 sign: first; name another protocol"),
        ({"second": {"signs": {"text": "a"}}}, "but second may be left out of a package: `signs` is a condition there"),
    ],
)  # fmt: skip
def test_a_file_with_other_than_two_signatories_is_told_where(change, said):
    problem = on_a_ladder()
    for name, keys in change.items():
        problem["parties"][name] = dict(problem["parties"].get(name, problem["parties"]["first"]), **keys)
    problem["protocol"]["order"] = "random"
    with pytest.raises(ScenarioError, match=r"problem.yaml:\d+:\d+: protocol.name: concession is for 2") as caught:
        read(problem)
    assert said in str(caught.value)


def test_a_fixed_order_names_both_and_nobody_else():
    problem = on_a_ladder()
    witness = dict(problem["parties"]["first"], signs="never", kind="mediator")
    problem["parties"]["witness"] = witness
    problem["protocol"]["order"] = ["first", "witness"]
    with pytest.raises(ScenarioError) as caught:
        read(problem)
    assert "protocol.order: second signs and is not in the order" in str(caught.value)
    assert "protocol.order: witness signs nothing, and in concession only those that sign speak" in str(caught.value)


def test_the_check_notes_what_parties_bring_in_vain():
    problem = on_a_ladder(proposals={"p": {"label": "P", "package": {"text": "a"}}})
    problem["parties"]["first"]["opens_with"] = "p"
    problem["parties"]["second"].pop("strategy")
    said = [note.message for note in notes(read(problem))]
    assert "parties.first.strategy: concession says what is offered, so this is not asked for" in said
    assert "parties.first.opens_with: concession says what is offered, so this is not asked for" in said
    assert not [text for text in said if text.startswith("parties.second.strategy")]


def test_worth_of_an_offer_is_what_a_party_asks_for():
    talks = hold_talks(draw(read(on_a_ladder())))
    first = talks.ensemble.structure.parties.index("first")
    assert talks.aspiration[:, 0, first] == pytest.approx([1, 0.8, 0.8, 0.6])
    assert np.isfinite(talks.aspiration).all()
