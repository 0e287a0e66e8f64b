"""Tables over the options of a few issues, and bound objects cut into blocks of draws."""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.core.mechanism import Bound
from sim.core.packages import ALWAYS, NEVER, NO_DEAL, Condition, Issue, Rule, package_space
from sim.mechanisms.drawn_numbers import numbers_by_option
from sim.mechanisms.option_tables import OptionSum, combinations
from sim.mechanisms.side_payments import offered

BORDER = Issue("border", ("here", "there", "where"))
FLAG = Issue("flag", ("blue", "red"))
TOLL = Issue("toll", ("high", "low", "none"))
SPACE = package_space([TOLL, BORDER, FLAG])
RULED = package_space(
    [TOLL, BORDER, FLAG],
    [Rule("r", Condition(({"border": frozenset({"here"})},)), Condition(({"toll": frozenset({"low"})},)))],
)


def sums(space, draws=4, seed=5):
    """Summands on border and toll, none given for border.where."""
    lots = np.random.default_rng(seed)
    numbers = {
        "toll": {option: lots.normal(size=draws) for option in TOLL.options},
        "border": {option: lots.normal(size=draws) for option in ("there", "here")},
    }
    return OptionSum.over(space, lots.normal(size=draws), numbers), numbers


def test_combinations_are_those_that_occur_in_the_order_of_options():
    found = combinations(RULED, ["toll", "border"])
    names = [tuple(i.options[o] for i, o in zip(found.half.issues, row, strict=True)) for row in found.half.options]
    assert names == [
        ("here", "low"), ("there", "high"), ("there", "low"), ("there", "none"),
        ("where", "high"), ("where", "low"), ("where", "none"),
    ]  # fmt: skip
    assert len(RULED) == 14 and len(found) == 7


def test_combinations_are_found_once_for_the_same_packages_and_issues():
    found = combinations(RULED, ["toll", "border"])
    assert combinations(RULED, ("border", "toll")) is found
    assert len(combinations(SPACE, ["toll", "border"])) == 9
    assert len(combinations(RULED, ["toll"])) == 3
    assert not any(array.flags.writeable for array in (found.index, found.example, found.half.options))


def test_offers_are_grouped_once_for_the_same_packages_and_conditions():
    low, red = (Condition(({issue: frozenset({option})},)) for issue, option in (("toll", "low"), ("flag", "red")))
    asked = [[SimpleNamespace(party=name, when=when)] for name in ("ash", "birch") for when in (low, red)]
    found = [offered(offers, ("ash", "birch"), SPACE) for offers in asked]
    assert [each.party.tolist() for each in found] == [[0], [0], [1], [1]]
    assert [len(each.packages[0]) for each in found] == [6, 9, 6, 9]
    assert offered(asked[0], ("ash", "birch"), SPACE) is found[0]
    assert offered(asked[1], ("ash", "birch"), RULED).packages[0].size == 7


@pytest.mark.parametrize("space", [SPACE, RULED])
@pytest.mark.parametrize("issues", [[], ["flag"], ["toll", "border"], ["flag", "border", "toll"]])
def test_every_package_finds_its_combination(space, issues):
    found = combinations(space, issues)
    columns = [[i.name for i in space.issues].index(name) for name in sorted(issues)]
    assert np.array_equal(found.half.options[found.index], space.packages[:, columns])
    assert np.array_equal(found.index[found.example], np.arange(len(found)))
    assert np.array_equal(found.example, [np.flatnonzero(found.index == k)[0] for k in range(len(found))])
    assert len({tuple(row) for row in found.half.options}) == len(found)


@pytest.mark.parametrize(
    "condition",
    [
        ALWAYS, NEVER, Condition(({"border": frozenset({"there"}), "toll": frozenset({"low", "none"})},)),
        Condition(({"border": frozenset({"here"})}, {"toll": frozenset({"none"})})),
    ],
)
def test_conditions_hold_for_combinations_as_for_packages(condition):
    found = combinations(RULED, ["border", "toll"])
    assert np.array_equal(found.spread(found.holds(condition)), RULED.holds(condition))


def test_a_condition_on_an_issue_not_looked_at_is_refused():
    with pytest.raises(ValueError, match="do not tell flag"):
        combinations(SPACE, ["toll"]).holds(Condition(({"flag": frozenset({"red"})},)))


@pytest.mark.parametrize("space", [SPACE, RULED])
def test_a_sum_is_base_and_summands_in_issue_name_order(space):
    total, numbers = sums(space)
    for p in range(len(space)):
        options = space.options_of(p)
        expected = total.base
        for issue in ("border", "toll"):
            expected = expected + numbers[issue].get(options[issue], 0.0)
        assert np.array_equal(total.of(np.full(4, p)), expected)


def test_one_package_all_combinations_and_all_packages_agree_to_the_bit():
    total, _ = sums(RULED)
    everything = total.over_all()
    assert everything.shape == (4, len(RULED))
    assert np.array_equal(total.static.combinations.spread(total.over_combinations()), everything)
    packages = np.array([3, 0, 13, 7])
    assert np.array_equal(total.of(packages), everything[np.arange(4), packages])


def test_no_deal_has_no_number():
    total, _ = sums(SPACE)
    value = total.of(np.array([NO_DEAL, 0, NO_DEAL, 2]))
    assert np.array_equal(np.isnan(value), [True, False, True, False])


def test_a_sum_over_no_issue_is_its_base():
    total = OptionSum.over(SPACE, np.array([1.5, 2.5]), {})
    assert np.array_equal(total.of(np.array([0, 9])), [1.5, 2.5])
    assert np.array_equal(total.over_combinations(), [[1.5], [2.5]])
    assert np.array_equal(total.over_all(), np.repeat([[1.5], [2.5]], len(SPACE), axis=1))


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ({"tolls": {}}, "'tolls' is not in list"), ({"toll": {"highest": np.zeros(2)}}, "toll has no option highest"),
    ],
)
def test_what_does_not_exist_is_refused(numbers, message):
    with pytest.raises(ValueError, match=message):
        OptionSum.over(SPACE, np.zeros(2), numbers)


def test_numbers_by_option_carry_their_path():
    asked = []

    def number(path: str, number: float) -> np.ndarray:
        asked.append(path)
        return np.full(2, number)

    source: Any = SimpleNamespace(number=number, count=2)
    drawn = numbers_by_option(source, "a.shifts.toll", {"low": 1.0, "high": 2.0})
    assert asked == ["a.shifts.toll.high", "a.shifts.toll.low"]
    assert np.array_equal(drawn["high"], [2.0, 2.0])


@dataclass(frozen=True, eq=False)
class Drawn(Bound):
    numbers: np.ndarray
    sums: tuple[OptionSum, ...]
    one: OptionSum
    label: str
    static: np.ndarray


@given(st.integers(0, 8), st.integers(0, 8), st.booleans())
def test_cutting_a_bound_object_cuts_all_that_is_per_draw(start, stop, as_list):
    first, _ = sums(SPACE, draws=8, seed=1)
    second, _ = sums(SPACE, draws=8, seed=2)
    bound = Drawn(np.arange(16).reshape(8, 2), (first, second), first, "label", np.arange(8))
    rows = np.arange(8)[start:stop] if as_list else slice(start, stop)
    cut = bound.rows(rows)
    assert np.array_equal(cut.numbers, bound.numbers[start:stop])
    assert cut.static is bound.static and cut.label == "label"
    for whole, part in zip((first, second, first), (*cut.sums, cut.one), strict=True):
        assert np.array_equal(part.base, whole.base[start:stop])
        assert np.array_equal(part.over_combinations(), whole.over_combinations()[start:stop])
        assert part.static is whole.static
