"""Votes at home: closed forms, published and hand-made cases, and a plain loop beside the arrays."""

import math
from dataclasses import fields
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.core import streams
from sim.core.packages import ALWAYS, NEVER, NO_DEAL, Condition, Issue, Rule, package_space
from sim.mechanisms.ratification import Ratification
from tests import theory
from tests.drawings import drawing

HALF = Fraction(1, 2)


class Source:
    """Numbers at their values, or drawn between low and high; uniforms from streams, or one for all."""

    def __init__(self, count=1, start=0, seed=7, uniform=None):
        self.count, self.start, self.seed, self.always = count, start, seed, uniform
        self.paths, self.names = [], []

    def number(self, path, number):
        self.paths.append(path)
        if not isinstance(number, tuple):
            return np.full(self.count, float(number))
        low, value, high = number
        return streams.triangular(streams.uniform(self.seed, path, self.start, self.count), low, value, high)

    def uniform(self, name):
        self.names.append(name)
        if self.always is not None:
            return np.full(self.count, self.always)
        return streams.uniform(self.seed, name, self.start, self.count)


def where(*clauses, **clause):
    """A condition; an option or a tuple of options an issue."""
    found = [*clauses, clause] if clause else clauses
    return Condition(tuple(
        {name: frozenset({options} if isinstance(options, str) else options) for name, options in c.items()}
        for c in found
    ))  # fmt: skip


def vote(id="law", threshold=HALF, strict=False, when=ALWAYS, needs=()):
    return SimpleNamespace(id=id, when=when, threshold=Fraction(threshold), strict=strict, needs=tuple(needs))


def ratifier(
    *votes, order=1, when=ALWAYS, barred_when=NEVER, support=0.6, error=0.05, months=1.0, shifts=None, drift=0.0,
    follows=0.0,
):  # fmt: skip
    return SimpleNamespace(
        label="A body", party="land", order=order, when=when, votes=votes or (vote(),), barred_when=barred_when,
        support=support, error=error, months=months, shifts=shifts or {}, support_drift_per_month=drift,
        follows_no_deal=follows,
    )  # fmt: skip


def milestone(months, by=None, after=None):
    return SimpleNamespace(by=by, months=months, after=after)


def spec(ratifiers, milestones=None, rho=0.0):
    return SimpleNamespace(
        after_refusal=SimpleNamespace(name="resume", months_lost=2.0, at_most=1), shared_error=rho,
        milestones=milestones or {}, ratifiers=ratifiers,
    )  # fmt: skip


def table(space):
    return SimpleNamespace(space=space, parties=("land",), signs=np.ones((1, len(space)), bool))


def bind(ratification, space, **source):
    bound = Ratification.draw(ratification, drawing(Source(**source), table(space)))
    assert bound is not None
    return bound


def index(bound, name):
    return bound.static.ratifiers.index(name)


def same(first, second):
    """Two bound objects or two `Votes` with the same bits in every array of draws."""
    return all(
        np.array_equal(getattr(first, f.name), getattr(second, f.name), equal_nan=True)
        for f in fields(first)
        if isinstance(getattr(first, f.name), np.ndarray)
    )


TOY = package_space([Issue("land", ("all", "half", "none")), Issue("name", ("new", "old"))])
FIRST = 0
# The flagship's table, written out: ratifiers, their numbers, and the five texts.

ISSUES = {
    "donetsk_status": ("freeze_no_recognition", "handover_de_facto", "handover_recognised", "one_sided_zone",
                       "pre_2022_line", "shared_zone"),
    "guarantee": ("aid_only", "article5_congress", "article5_congress_force", "article5_executive", "none"),
    "nato_status": ("constitution_and_nato_text", "path_open", "pause_20_years", "political_pledge",
                    "treaty_renunciation"),
    "sequence": ("ceasefire_first", "deal_then_ceasefire", "withdrawal_then_ceasefire"),
    "withdrawal": ("both_equal", "both_ukraine_first", "none", "ukraine_only"),
}  # fmt: skip
FLAGSHIP = package_space(
    [Issue(name, options) for name, options in ISSUES.items()],
    [Rule("r", where(sequence="withdrawal_then_ceasefire"), where(withdrawal=("ukraine_only", "both_ukraine_first")))],
)
TEXTS = {
    "us_28_points": ("handover_de_facto", "article5_executive", "constitution_and_nato_text", "deal_then_ceasefire",
                     "ukraine_only"),
    "zelensky_offer": ("freeze_no_recognition", "article5_congress", "political_pledge", "ceasefire_first",
                       "both_equal"),
    "us_zone_idea": ("one_sided_zone", "article5_congress", "treaty_renunciation", "deal_then_ceasefire",
                     "ukraine_only"),
    "twenty_points_zone": ("shared_zone", "article5_congress_force", "political_pledge", "deal_then_ceasefire",
                           "both_equal"),
    "russia_stated_terms": ("handover_recognised", "none", "constitution_and_nato_text", "withdrawal_then_ceasefire",
                            "ukraine_only"),
}  # fmt: skip
RADA_SHIFTS = {
    "donetsk_status": {"pre_2022_line": 0.3, "shared_zone": -0.9, "one_sided_zone": -1.4, "handover_de_facto": -1.5,
                       "handover_recognised": -1.7},
    "guarantee": {"article5_congress_force": 0.1, "article5_executive": -0.15, "aid_only": -0.35, "none": -0.65},
}  # fmt: skip
REFERENDUM_SHIFTS = {
    "donetsk_status": {"pre_2022_line": 0.6, "shared_zone": -1.8, "one_sided_zone": -2.8, "handover_de_facto": -3.0,
                       "handover_recognised": -3.4},
    "guarantee": {"article5_congress_force": 0.2, "article5_executive": -0.3, "aid_only": -0.7, "none": -1.3},
}  # fmt: skip


def flagship(central=True, rho=0.3, resume=True):
    """The five ratifiers, at their values or with their ranges."""

    def within(low, value, high):
        return value if central else (low, value, high)

    return spec(
        {
            "russian_leadership": ratifier(
                vote("confirmation", strict=True), order=1, support=within(0.90, 0.95, 0.98), error=0.03, months=0.5,
                shifts={"donetsk_status": {"pre_2022_line": -2.5, "freeze_no_recognition": -0.5, "shared_zone": -0.5}},
            ),
            "verkhovna_rada": ratifier(
                vote("law", Fraction(226, 450)),
                vote("constitution", Fraction(300, 450), needs=["martial_law_ends"],
                     when=where(nato_status=("treaty_renunciation", "constitution_and_nato_text"))),
                order=2, support=within(0.60, 0.72, 0.80), error=0.08, months=within(1, 2, 6), shifts=RADA_SHIFTS,
            ),
            "us_congress": ratifier(
                vote("joint_law", Fraction(60, 100)), order=3, support=within(0.52, 0.62, 0.72), error=0.08,
                when=where(guarantee=("article5_congress", "article5_congress_force")), months=within(2, 4, 9),
                shifts={"guarantee": {"article5_congress_force": -0.1}},
            ),
            "european_parliaments": ratifier(
                vote("mandate", strict=True), order=3, support=within(0.52, 0.62, 0.72), error=0.08,
                when=where(guarantee="article5_congress_force"), months=within(1, 2, 5),
            ),
            "ukraine_referendum": ratifier(
                vote("referendum", strict=True, needs=["ceasefire", "martial_law_ends"]), order=4,
                when=where(donetsk_status=tuple(o for o in ISSUES["donetsk_status"] if o[:3] not in ("pre", "fre"))),
                barred_when=where(sequence="withdrawal_then_ceasefire"), support=within(0.78, 0.84, 0.90), error=0.08,
                months=within(2, 3, 6), shifts=REFERENDUM_SHIFTS,
            ),
        },
        {
            "martial_law_ends": milestone(within(1, 2, 4), after="ceasefire"),
            "ceasefire": milestone(
                {"ceasefire_first": 0, "deal_then_ceasefire": 0.25, "withdrawal_then_ceasefire": 4}, by="sequence"
            ),
        },
        rho,
    )  # fmt: skip


def text(name):
    return FLAGSHIP.index_of(dict(zip(ISSUES, TEXTS[name], strict=True)))


RUSSIA, RADA, CONGRESS, EUROPE, REFERENDUM = (
    "russian_leadership", "verkhovna_rada", "us_congress", "european_parliaments", "ukraine_referendum"
)  # fmt: skip


def test_over_packages_as_for_each_package():
    bound = bind(flagship(central=False), FLAGSHIP, count=3)
    independent, shared = bound.chances_over_combinations()
    everything = bound.static.combinations.spread(independent)
    assert everything.shape == (3, len(FLAGSHIP))
    assert independent.shape == shared.shape == (3, len(bound.static.combinations))
    assert len(bound.static.combinations) == 450 < len(FLAGSHIP)
    for p in range(0, len(FLAGSHIP), 97):
        votes = bound.hold(np.full(3, p))
        assert np.array_equal(everything[:, p], votes.chance_independent)
        assert np.array_equal(bound.static.combinations.spread(shared)[:, p], votes.chance_shared)


# Sampling against closed forms.


def assert_share(outcomes, chance):
    error = math.sqrt(chance * (1 - chance) / len(outcomes))
    assert np.mean(outcomes) == pytest.approx(chance, abs=3 * error + 1e-12)


@pytest.mark.parametrize("rho", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("name", ["zelensky_offer", "twenty_points_zone"])
def test_sampled_votes_against_the_closed_form(name, rho):
    n = 20_000
    only = package_space(FLAGSHIP.issues, [Rule("only", ALWAYS, where(dict(zip(ISSUES, TEXTS[name], strict=True))))])
    bound = bind(flagship(rho=rho), only, count=n, seed=11)
    packages = np.zeros(n, np.int64)
    votes = bound.hold(packages)
    share = bound.shares(packages) + bound.error * bound.surprise
    needed, chances = bound.needed(packages), bound.chances(packages)[0]
    for j in range(len(bound.static.ratifiers)):
        assert_share(share[:, j] >= needed[:, j], chances[j])
    if rho == 0:
        assert_share(votes.passed, votes.chance_independent[0])
    elif rho == 1:
        assert_share(votes.passed, votes.chance_shared[0])
    else:
        noise = 3 * 0.5 / math.sqrt(n)
        assert votes.chance_independent[0] - noise < np.mean(votes.passed) < votes.chance_shared[0] + noise


def test_surprises_have_the_correlation_asked_for():
    bound = bind(flagship(rho=0.3), package_space(FLAGSHIP.issues, [Rule("none", ALWAYS, NEVER)]), count=20_000)
    correlation = np.corrcoef(bound.surprise.T)
    others = correlation[~np.eye(5, dtype=bool)]
    assert others == pytest.approx(np.full(20, 0.3), abs=0.03)
    assert bound.surprise.std(axis=0) == pytest.approx(np.ones(5), abs=0.02)


def test_fully_shared_surprises_are_one_number():
    bound = bind(flagship(rho=1.0), FLAGSHIP, count=50)
    assert np.array_equal(bound.surprise, np.repeat(bound.surprise[:, :1], 5, axis=1))


def test_uniforms_are_named_after_the_ratifiers():
    source = Source()
    Ratification.draw(flagship(), drawing(source, table(FLAGSHIP)))
    bodies = (RUSSIA, RADA, CONGRESS, EUROPE, REFERENDUM)
    assert set(source.names) == {"ratification.shared"} | {f"ratification.ratifiers.{b}.vote" for b in bodies}
    for path in (
        "ratification.shared_error", "ratification.milestones.martial_law_ends.months",
        "ratification.milestones.ceasefire.months.deal_then_ceasefire", "ratification.ratifiers.verkhovna_rada.support",
        "ratification.ratifiers.verkhovna_rada.error", "ratification.ratifiers.verkhovna_rada.months",
        "ratification.ratifiers.verkhovna_rada.shifts.guarantee.none",
    ):
        assert source.paths.count(path) == 1


@given(st.floats(0.01, 0.99), st.floats(0.01, 0.99), st.floats(-3, 3), st.sampled_from([0, 0.01, 0.2]),
       st.integers(0, 2**53 - 1))  # fmt: skip
def test_more_support_never_hurts(low, high, shift, error, lot):
    low, high = sorted((low, high))
    bodies = {
        name: ratifier(vote("v", Fraction(3, 5)), support=s, error=error, shifts={"land": {"all": shift}})
        for name, s in (("less", low), ("more", high))
    }
    bound = bind(spec(bodies, rho=1.0), TOY, uniform=lot / 2**53)
    packages = np.array([FIRST])
    shares, chances = bound.shares(packages)[0], bound.chances(packages)[0]
    assert shares[0] <= shares[1] + 1e-15 and chances[0] <= chances[1] + 1e-13
    if high - low > 1e-9:
        less, more = (bind(spec({n: b}, rho=1.0), TOY, uniform=lot / 2**53).hold(packages) for n, b in bodies.items())
        assert less.passed[0] <= more.passed[0]


@given(st.floats(0.02, 0.98), st.floats(-3, 3), st.floats(0.001, 0.3), st.integers(1, 99))
def test_chance_of_one_vote_is_the_textbook_formula(support, shift, error, hundredths):
    body = ratifier(vote("v", Fraction(hundredths, 100)), support=support, error=error, shifts={"land": {"all": shift}})
    bound = bind(spec({"body": body}), TOY)
    share = 1 / (1 + math.exp(-(math.log(support / (1 - support)) + shift)))
    assert bound.shares(np.array([FIRST]))[0, 0] == pytest.approx(share, rel=1e-12)
    expected = theory.passing_chance(share, hundredths / 100, error)
    assert bound.chances(np.array([FIRST]))[0, 0] == pytest.approx(expected, rel=1e-9, abs=1e-14)


# Certainty, steps and edges.


@pytest.mark.parametrize("threshold", [Fraction(1, 100), HALF, Fraction(99, 100)])
@pytest.mark.parametrize("shift", [-30.0, 0.0, 30.0])
@pytest.mark.parametrize("lot", [0.0, 1 - 2**-53])
def test_support_of_none_or_all_is_certain(threshold, shift, lot):
    bodies = {"all": 1.0, "none": 0.0}
    for name, support in bodies.items():
        body = ratifier(vote("v", threshold), support=support, error=0.5, shifts={"land": {"all": shift}})
        bound = bind(spec({name: body}, rho=0.5), TOY, uniform=lot)
        packages = np.array([FIRST])
        assert bound.shares(packages)[0, 0] == support
        assert bound.chances(packages)[0, 0] == support
        assert bound.hold(packages).passed[0] == (support == 1)


@pytest.mark.parametrize(
    ("support", "strict", "passes"),
    [(0.6, False, True), (0.6, True, False), (0.6000001, True, True), (0.5999999, False, False)],
)
@pytest.mark.parametrize("lot", [0.01, 0.99])
def test_without_error_a_vote_is_a_step(support, strict, passes, lot):
    body = ratifier(vote("v", Fraction(60, 100), strict), support=support, error=0.0)
    bound = bind(spec({"b": body}), TOY, uniform=lot)
    votes = bound.hold(np.array([FIRST]))
    assert votes.passed[0] == passes
    assert votes.chance_independent[0] == votes.chance_shared[0] == float(passes)


@pytest.mark.parametrize("strict", [False, True])
def test_a_share_as_written_stands_exactly_at_its_threshold(strict):
    """Support 0.07 is not moved off 7/100 by its way through log-odds and back."""
    for hundredths in range(1, 100):
        body = ratifier(vote("v", Fraction(hundredths, 100), strict), support=hundredths / 100, error=0.0)
        assert bind(spec({"b": body}), TOY).hold(np.array([FIRST])).passed[0] != strict


def test_the_strictest_of_two_votes_at_one_threshold_is_the_one_above_it():
    for votes in ((vote("a", HALF), vote("b", HALF, strict=True)), (vote("a", HALF, strict=True), vote("b", HALF))):
        bound = bind(spec({"b": ratifier(*votes, support=0.5, error=0.0)}), TOY)
        assert bound.chances(np.array([FIRST]))[0, 0] == 0
        assert not bound.hold(np.array([FIRST])).passed[0]
    higher = bind(
        spec({"b": ratifier(vote("a", HALF, strict=True), vote("b", Fraction(3, 5)), support=0.6, error=0.0)}), TOY
    )
    assert higher.chances(np.array([FIRST]))[0, 0] == 1


def test_the_smallest_uniform_makes_a_number():
    for rho in (0.0, 1.0):
        bound = bind(spec({"b": ratifier()}, rho=rho), TOY, uniform=0.0)
        assert np.isfinite(bound.surprise).all()


@pytest.mark.parametrize(("rho", "cut"), [(-0.2, 0.0), (1.7, 1.0)])
def test_what_was_drawn_outside_its_meaning_is_cut(rho, cut):
    bound = bind(spec({"b": ratifier(support=1.2, error=-0.1, months=-3.0), "c": ratifier()}, rho=rho), TOY, count=9)
    within = bind(spec({"b": ratifier(support=1.0, error=0.0, months=0.0), "c": ratifier()}, rho=cut), TOY, count=9)
    assert same(bound, within)


def test_no_package_no_votes():
    bound = bind(flagship(), FLAGSHIP, count=2)
    votes = bound.hold(np.array([NO_DEAL, text("zelensky_offer")]))
    alone = bind(flagship(), FLAGSHIP, count=2, start=1).rows(slice(0, 1)).hold(np.array([text("zelensky_offer")]))
    assert not votes.passed[0] and votes.refused_by[0] == votes.refused_vote[0] == -1 and not votes.barred[0]
    for name in ("in_force_month", "refusal_month", "ceasefire_month", "chance_independent", "chance_shared"):
        assert np.isnan(getattr(votes, name)[0])
    assert np.isnan(votes.held_month[0]).all()
    assert same(votes.rows(slice(1, 2)), alone)
    assert np.isnan(bound.shares(np.array([NO_DEAL, 0]))[0]).all()


def test_with_no_ratifier_everything_passes_and_waits_for_the_ceasefire():
    bound = bind(spec({}, {"ceasefire": milestone(3.0)}), TOY, count=2)
    votes = bound.hold(np.array([FIRST, NO_DEAL]))
    assert votes.passed.tolist() == [True, False]
    assert votes.in_force_month[0] == 3 and votes.chance_independent[0] == votes.chance_shared[0] == 1
    assert not bound.struck(np.array([FIRST, NO_DEAL]), votes).any()


# The calendar, by hand.

YES, NO = 1 - 2**-53, 0.0  # the luckiest and the unluckiest lot


def held(bound, votes):
    """Months of the votes held in the first draw, by name."""
    months = zip(bound.static.votes, votes.held_month[0].tolist(), strict=True)
    return {name: month for name, month in months if not math.isnan(month)}


def test_calendar_of_the_text_of_twenty_points():
    bound = bind(flagship(), FLAGSHIP, uniform=YES)
    votes = bound.hold(np.array([text("twenty_points_zone")]))
    assert held(bound, votes) == {
        "russian_leadership.confirmation": 0.5,
        "verkhovna_rada.law": 2.5,                  # after the leadership, 2 months
        "us_congress.joint_law": 6.5,               # both of order 3 start at 2.5
        "european_parliaments.mandate": 4.5,
        "ukraine_referendum.referendum": 9.5,       # after Congress, the later of the two; martial law ended at 2.25
    }
    assert votes.passed[0] and votes.in_force_month[0] == 9.5 and votes.ceasefire_month[0] == 0.25


def test_a_change_of_the_constitution_waits_for_the_end_of_martial_law():
    bound = bind(flagship(), FLAGSHIP, uniform=YES)
    package = dict(zip(ISSUES, TEXTS["zelensky_offer"], strict=True))
    package |= {"nato_status": "treaty_renunciation", "withdrawal": "ukraine_only"}
    package |= {"sequence": "withdrawal_then_ceasefire"}
    votes = bound.hold(np.array([FLAGSHIP.index_of(package)]))
    assert held(bound, votes) == {
        "russian_leadership.confirmation": 0.5,
        "verkhovna_rada.law": 2.5,
        "verkhovna_rada.constitution": 8.0,         # ceasefire at 4, martial law to 6, 2 months
        "us_congress.joint_law": 12.0,              # starts when the last vote of the Rada is held
    }
    assert votes.in_force_month[0] == 12 and votes.ceasefire_month[0] == 4


def test_in_force_not_before_the_ceasefire():
    bound = bind(spec({"b": ratifier(months=2.0)}, {"ceasefire": milestone(20.0)}), TOY, uniform=YES)
    votes = bound.hold(np.array([FIRST]))
    assert votes.in_force_month[0] == votes.ceasefire_month[0] == 20
    assert held(bound, votes) == {"b.law": 2.0}


def test_without_a_ceasefire_milestone_the_last_vote_counts():
    bound = bind(spec({"b": ratifier(months=2.0)}, {"thaw": milestone(20.0)}), TOY, uniform=YES)
    votes = bound.hold(np.array([FIRST]))
    assert votes.in_force_month[0] == 2 and votes.ceasefire_month[0] == 0


def test_a_refusal_ends_it_and_later_votes_are_not_held():
    bound = bind(flagship(), FLAGSHIP, uniform=NO)
    votes = bound.hold(np.array([text("twenty_points_zone")]))
    assert votes.refused_by[0] == index(bound, RADA) and not votes.passed[0]
    assert bound.static.votes[votes.refused_vote[0]] == "verkhovna_rada.law"
    assert votes.refusal_month[0] == 2.5 and math.isnan(votes.in_force_month[0])
    assert held(bound, votes) == {"russian_leadership.confirmation": 0.5, "verkhovna_rada.law": 2.5}


def test_side_by_side_the_earlier_refusal_is_the_one():
    bodies = {"ash": ratifier(months=4.0, support=0.2), "birch": ratifier(months=1.0, support=0.2)}
    bound = bind(spec(bodies), TOY, uniform=0.5)
    votes = bound.hold(np.array([FIRST]))
    assert bound.static.ratifiers[votes.refused_by[0]] == "birch" and votes.refusal_month[0] == 1
    assert held(bound, votes) == {"birch.law": 1.0}


def test_refusals_at_the_same_moment_are_told_by_order_then_name():
    def who(**bodies):
        bound = bind(spec(bodies), TOY, uniform=0.5)
        return bound.static.ratifiers[bound.hold(np.array([FIRST])).refused_by[0]]

    no = {"support": 0.2, "months": 0.0}
    assert who(birch=ratifier(**no), ash=ratifier(**no)) == "ash"
    assert who(birch=ratifier(**no), ash=ratifier(**no, order=2)) == "birch"
    assert who(ash=ratifier(**no), birch=ratifier(**no, barred_when=ALWAYS)) == "birch"
    assert who(ash=ratifier(order=2, barred_when=ALWAYS), birch=ratifier(barred_when=ALWAYS)) == "birch"


def test_a_barred_body_refuses_at_once():
    bound = bind(flagship(), FLAGSHIP, uniform=YES)
    votes = bound.hold(np.array([text("russia_stated_terms")]))
    assert votes.barred[0] and votes.refused_vote[0] == -1
    assert bound.static.ratifiers[votes.refused_by[0]] == REFERENDUM
    assert votes.refusal_month[0] == 0 and held(bound, votes) == {}
    assert votes.chance_independent[0] == votes.chance_shared[0] == 0


def test_a_body_that_is_not_asked_bars_nothing():
    body = ratifier(when=where(land="all"), barred_when=where(name="new"), support=1.0)
    bound = bind(spec({"b": body}), TOY, count=len(TOY))
    votes = bound.hold(np.arange(len(TOY)))
    assert votes.barred.tolist() == [TOY.options_of(p) == {"land": "all", "name": "new"} for p in range(len(TOY))]
    assert np.array_equal(votes.passed, ~votes.barred)


# What may not be asked again.


def test_what_is_refused_again_after_a_refusal():
    """The body likes `half` better than `all` and `none`; only new names need the second vote."""
    body = ratifier(
        vote("a_law", HALF), vote("b_names", Fraction(3, 5), when=where(name="new")), support=0.55, error=0.01,
        shifts={"land": {"half": 0.1, "none": -1.0}},
    )  # fmt: skip
    bound = bind(spec({"b": body}), TOY, uniform=0.5)

    def struck(land, name):
        packages = np.array([TOY.index_of({"land": land, "name": name})])
        mask = bound.struck(packages, bound.hold(packages))[0]
        return {tuple(TOY.options_of(p).values()) for p in np.flatnonzero(mask)}

    assert struck("all", "new") == {("all", "new"), ("none", "new")}             # lost on names: old names stand
    assert struck("none", "new") == {("none", "new"), ("none", "old")}           # lost on the law first
    assert struck("all", "old") == set()                                         # passed: nothing is struck


def test_after_a_bar_all_that_is_barred_is_struck():
    body = ratifier(barred_when=where(name="new"), support=1.0)
    bound = bind(spec({"b": body}), TOY)
    packages = np.array([TOY.index_of({"land": "all", "name": "new"})])
    mask = bound.struck(packages, bound.hold(packages))[0]
    assert np.array_equal(mask, TOY.holds(where(name="new")))


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.booleans())
def test_everything_struck_is_refused_again_and_the_refused_package_is_struck(start, certain):
    ratification = flagship(central=False)
    if certain:
        for body in ratification.ratifiers.values():
            body.error = 0.0
    draws = 6
    bound = bind(ratification, FLAGSHIP, count=draws, start=start)
    packages = np.arange(draws) * 173 % len(FLAGSHIP)
    votes = bound.hold(packages)
    refused = np.flatnonzero(votes.refused_by >= 0)
    mask = bound.rows(refused).struck(packages[refused], votes.rows(refused))
    assert mask.shape == (len(refused), len(FLAGSHIP))
    assert np.array_equal(mask, bound.struck(packages, votes)[refused])
    assert not bound.struck(packages, votes)[votes.passed].any()
    assert mask[np.arange(len(refused)), packages[refused]].all()
    for again in range(0, len(FLAGSHIP), 53):
        asked = bound.rows(refused).hold(np.full(len(refused), again))
        assert not (asked.passed & mask[:, again]).any()


# Whole problems: a plain loop, blocks, and reordering.


@settings(max_examples=20)
@given(st.lists(st.floats(0.4, 0.65), min_size=4, max_size=4))
def test_names_of_the_bodies_move_no_bit_of_the_joint_chance(supports):
    """Chances are multiplied from the smallest up: another order of four numbers often has another last bit."""
    joint = set()
    for names in ("abcd", "dbac", "bdca", "cadb"):
        bound = bind(spec({n: ratifier(support=s) for n, s in zip(names, supports, strict=True)}), TOY)
        joint.add(float(bound.hold(np.array([FIRST])).chance_independent[0]))
    assert len(joint) == 1


# Votes follow the war


def test_support_moves_with_the_months_and_with_what_no_deal_is_worth():
    """Log-odds move by drift x months + lambda x (fall of no deal): .6 at +.5 and -.3 is logistic(ln 1.5 + .2)."""
    votes = bind(spec({"house": ratifier(support=0.6, drift=-0.05, follows=2.0, error=0.1)}), TOY)
    later = votes.at(np.full(len(votes.share), 6.0), np.full((len(votes.share), 1), 0.25))
    share = 1 / (1 + math.exp(-(math.log(1.5) - 0.3 + 0.5)))
    assert later.share == pytest.approx(share) and votes.share == pytest.approx(0.6)
    assert later.chance == pytest.approx(theory.passing_chance(share, 0.5, 0.1))


def test_certain_support_stays_and_nothing_moves_where_nothing_is_said():
    certain = bind(spec({"house": ratifier(support=1, drift=-9), "senate": ratifier(support=0, follows=9)}), TOY)
    count = len(certain.share)
    assert np.array_equal(certain.at(np.ones(count), np.ones((count, 1))).share, certain.share)
    plain = bind(spec({"house": ratifier()}), TOY)
    assert plain.at(np.ones(count), np.ones((count, 1))) is plain
