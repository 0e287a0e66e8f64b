"""Events: when they happen, how often, and what each of their effects comes to in every round."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.core import streams
from sim.mechanisms.drawn_numbers import sum_ascending
from sim.mechanisms.events import Events
from sim.model.ensemble import draw
from sim.model.peace_talks import hold_talks
from sim.scenario import Number, ScenarioError
from tests.drawings import drawing
from tests.worlds import made, text_on_a_table

MONTH = 30.4375
TABLE = SimpleNamespace(parties=("ash", "birch", "cedar"))
EFFECTS = dict.fromkeys(
    ["at_month", "chance", "chance_per_month", "commits", "narrows", "extra_waves", "closes_channel_rounds",
     "pulls_levers", "removes", "shifts_no_deal", "lines_fall", "front_shift"]
)  # fmt: skip


class Drawn:
    """Numbers and uniforms from streams, those of exchanged names taken from one another."""

    def __init__(self, seed=1, start=0, count=1, swap=None):
        self.seed, self.start, self.count, self.swap = seed, start, count, swap or {}

    def uniform(self, name):
        name = ".".join(self.swap.get(part, part) for part in name.split("."))
        return streams.uniform(self.seed, name, self.start, self.count)

    def number(self, path, number):
        if not number.uncertain:
            return np.full(self.count, float(number))
        return streams.draw_law(self.uniform(path), number.law, number.low, number.value, number.high)


def event(name, **effects):
    assert effects.keys() <= EFFECTS.keys()
    found = SimpleNamespace(id=name, label=name, **(EFFECTS | effects))
    if isinstance(found.at_month, int | float):
        found.at_month = Number(found.at_month)
    found.at = found.at_month
    return found


def bind(*specs, rounds=12, days=MONTH, **source):
    return Events.draw(specs, drawing(Drawn(**source), TABLE, rounds, days))


def channel_open(events):
    """Whether the parties can speak in a round, shape (R, B)."""
    return events.move_channel(np.ones(events.happens.shape[:2], bool)).T


def rounds_of(events, name):
    """Rounds, from 1, in which an event happens in the first draw."""
    return [int(k) + 1 for k in np.flatnonzero(events.happens[0, :, events.ids.index(name)])]


# Elections


def test_elections_draw_weights_and_support_anew_from_streams_of_their_own():
    """Half of the way; the weights that the talks end with are between the two that were drawn."""
    spec = text_on_a_table({"ash": {"a": 100, "b": 0}, "birch": {"a": 0, "b": 100}}, {"ash": 0.9, "birch": 0.9}, 4)
    spec["issues"]["price"] = {"label": "Price", "options": {"low": "low", "high": "high"}}
    wide = {"value": 0.5, "range": [0.1, 0.9]}
    for party in spec["parties"].values():
        party["weights"], party["values"]["price"] = {"text": wide, "price": wide}, {"low": 0, "high": 100}
    spec["protocol"]["information"] = "positions"
    spec["events"] = [{"id": "polls", "at": {"month": 2}, "redraws": {"ash": 0.5}}]
    ensemble = draw(made(spec), 1, 0, 50)
    talks = hold_talks(ensemble)
    law = [streams.uniform(1, f"events.polls.anew.ash.weights.{issue}", 0, 50) for issue in ("price", "text")]
    fresh = np.array([streams.draw_law(u, "triangular", 0.1, 0.5, 0.9) for u in law])
    expected = (ensemble.weights[:, 0] + (fresh / fresh.sum(axis=0)).T) / 2
    assert talks.ensemble.weights[:, 0] == pytest.approx(expected)
    assert np.array_equal(talks.ensemble.weights[:, 1], ensemble.weights[:, 1])
    assert talks.net_utility == pytest.approx(talks.ensemble.utility())


@pytest.mark.parametrize(("change", "message"), [
    ({"redraws": {"esh": 1}}, "no party is called 'esh'"), ({"redraws": {"ash": 2}}, "2 is out of bounds"),
    ({"id": "more", "redraws": {"ash": 1}}, "another event draws this party anew"),
])  # fmt: skip
def test_elections_that_do_not_fit_are_refused(change, message):
    spec = text_on_a_table({"ash": {"a": 100}, "birch": {"a": 0}}, {"ash": 0.5, "birch": 0.5}, 4)
    polls = {"id": "polls", "at": {"month": 2}, "redraws": {"ash": 1}}
    spec["protocol"]["information"] = "positions"
    spec["events"] = [polls, polls | change] if "id" in change else [polls | change]
    with pytest.raises(ScenarioError, match=message):
        made(spec)
    spec["protocol"]["information"], spec["events"] = "complete", [polls]
    with pytest.raises(ScenarioError, match="all would have to know the new weights"):
        made(spec)


# When


@pytest.mark.parametrize(
    ("month", "expected"),
    [(0, [1]), (0.001, [2]), (1, [2]), (1.001, [3]), (1.5, [3]), (3, [4]), (11, [12]), (11.001, []), (40, [])],
)
def test_a_dated_event_takes_effect_in_the_first_round_at_or_after_its_date(month, expected):
    assert rounds_of(bind(event("e", at_month=Number(month))), "e") == expected
    assert rounds_of(bind(event("e", at_month=float(month))), "e") == expected


@given(st.floats(0, 9), st.sampled_from([1, 7, 14, 30, 30.4375, 45]))
def test_every_date_within_the_talks_has_one_round(month, days):
    rounds = 300
    events = bind(event("e", at_month=month), rounds=rounds, days=days)
    (k,) = rounds_of(events, "e")
    assert month * MONTH <= (k - 1) * days + 1e-6
    assert k == 1 or (k - 2) * days < month * MONTH


def test_the_month_may_be_uncertain():
    events = bind(event("e", at_month=Number(2, 1, 3, "uniform")), count=4000)
    share = events.happens[:, :, 0].mean(axis=0)
    assert share[2:4] == pytest.approx(0.5, abs=0.03)
    assert not share[4:].any() and not share[:2].any()


def test_a_dated_event_with_a_chance_happens_in_that_share_of_draws_and_only_then():
    for month in (3.0, Number(3)):
        events = bind(event("e", at_month=month, chance=Number(0.3)), count=20_000)
        assert events.happens[:, 3, 0].mean() == pytest.approx(0.3, abs=3 * np.sqrt(0.21 / 20_000))
        assert not np.delete(events.happens[:, :, 0], 3, axis=1).any()


@pytest.mark.parametrize("days", [7, 14, 60])
def test_the_chance_of_an_event_in_a_round_follows_the_length_of_the_round(days):
    """A chance of .25 a month leaves .75 ** months without the event, however the months are cut."""
    events = bind(event("e", chance_per_month=Number(0.25)), rounds=40, days=days, count=5_000)
    chance = 1 - 0.75 ** (days / MONTH)
    share = events.happens[:, 1:, 0].mean()
    assert share == pytest.approx(chance, abs=4 * np.sqrt(chance / 195_000))
    assert events.happens[:, 1, 0].mean() == pytest.approx(chance, abs=4 * np.sqrt(chance / 5_000))
    assert not events.happens[:, 0].any()  # no time has passed before the first round


def test_what_is_certain_happens_every_round_after_the_first_and_what_has_no_chance_never():
    chances = {"never": 0.0, "always": 1.0, "below": -0.2, "above": 1.3}
    events = bind(*[event(name, chance_per_month=Number(c)) for name, c in chances.items()], days=14, count=50)
    assert dict(zip(events.ids, events.happens[:, 1:].mean(axis=(0, 1)), strict=True)) == {
        "never": 0, "always": 1, "below": 0, "above": 1,
    }  # fmt: skip


def test_a_file_without_events_binds_to_none():
    assert bind() is None


# Effects


@given(st.integers(0, 3), st.integers(1, 4), st.floats(0, 1))
def test_the_channel_is_closed_where_an_event_closed_it_lately(seed, length, chance):
    events = bind(event("e", chance_per_month=Number(chance), closes_channel_rounds=length), seed=seed, count=5)
    happens, is_open = events.happens[:, :, 0], channel_open(events)
    for k in range(12):
        lately = [any(happens[b, max(0, k - length + 1) : k + 1]) for b in range(5)]
        assert is_open[k].tolist() == [not closed for closed in lately]


def test_waves_front_and_no_deal_worth_add_up_over_events():
    shift, waves = Number(-0.1, -0.2, 0, "uniform"), {"ash_on_birch": Number(2), "birch_on_ash": Number(1)}
    events = bind(
        event("a", chance_per_month=Number(0.4), shifts_no_deal={"birch": shift}, extra_waves=waves),
        event("b", at_month=Number(2), shifts_no_deal={"birch": Number(0.05)}, extra_waves={"ash_on_birch": Number(3)}),
        event("c", at_month=Number(4), front_shift=Number(-250)),
        count=200,
    )  # fmt: skip
    happens = events.happens[:, :, 0].T
    later = np.arange(12)[:, None] >= 2
    assert np.array_equal(events.extra_waves("ash_on_birch"), 2 * happens + 3.0 * (np.arange(12) == 2)[:, None])
    assert np.array_equal(events.extra_waves("birch_on_ash"), happens)
    assert not events.extra_waves("cedar_on_ash").any()
    drawn = Drawn(count=200).number("events.a.shifts_no_deal.birch", shift)
    shifts = events.no_deal_shifts()
    assert shifts.shape == (12, 200, 3)
    assert shifts[:, :, 1] == pytest.approx(drawn * np.cumsum(happens, axis=0) + 0.05 * later)
    assert not shifts[:, :, [0, 2]].any()
    assert np.array_equal(events.front_shift(), -250.0 * (np.arange(12) == 4)[:, None] * np.ones(200))


def test_ranges_narrow_from_the_round_of_the_event_for_the_branch_it_names():
    events = bind(event("a", at_month=Number(2), narrows={"aftermath.credibility": Number(0.5)}),
                  event("b", at_month=Number(4), narrows={"aftermath.credibility.pledge": Number(0.8)}))  # fmt: skip
    pledge = events.narrowing("aftermath.credibility.pledge")[:, 0]
    assert pledge.tolist() == [1, 1, 0.5, 0.5] + [0.4] * 8
    assert events.narrowing("aftermath.credibility.treaty")[-1, 0] == 0.5
    assert events.narrowing("aftermath.credibility_lost.per_year")[-1, 0] == 1


# Draws


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_a_sum_by_ascending_value_does_not_know_the_order(numbers, random):
    shuffled = random.sample(numbers, len(numbers))
    one, other = (sum_ascending([np.array([x]) for x in order], (1,)) for order in (numbers, shuffled))
    assert np.array_equal(one, other)
    assert one[0] == pytest.approx(sum(numbers))
