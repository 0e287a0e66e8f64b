"""What offers tell of the one who makes them."""

import numpy as np
import pytest

from sim.core.opponent_model import learned
from sim.core.packages import NO_DEAL, Issue, package_space

SPACE = package_space([Issue("land", ("a", "b", "c")), Issue("money", ("x", "y"))], [])
ORDER = [np.arange(3), np.arange(2)]


def known_after(*offers: tuple[str, str]) -> dict[tuple[str, str], float]:
    """Worth of all packages to a party that has made these offers."""
    packages = [SPACE.index_of({"land": land, "money": money}) for land, money in offers]
    log = np.array([[[*packages, NO_DEAL]]])
    known = learned(log, np.array([[len(packages)]]), SPACE, ORDER)
    return {(land, money): float(known.utility[0, 0, SPACE.index_of({"land": land, "money": money})])
            for land in "abc" for money in "xy"}  # fmt: skip


def test_before_anything_is_offered_all_packages_are_alike():
    assert set(known_after().values()) == {1.0}


def test_what_is_asked_for_often_is_worth_most_and_what_stays_weighs_most():
    """Three offers: land a, a, a and money x, y, x. Land stayed twice, so it weighs 1.4 of 2.4.

    Options are in order: b lies half way from a to c, so it counts half of every offer of a, and c nothing.
    """
    worth = known_after(("a", "x"), ("a", "y"), ("a", "x"))
    land, money = 1.4 / 2.4, 1.0 / 2.4
    assert worth["a", "x"] == pytest.approx(1.0)
    assert worth["a", "y"] == pytest.approx(land + money * 2 / 3)  # asked for once, the other twice: (1 + 1) / (1 + 2)
    assert worth["b", "x"] == pytest.approx(land * 2.5 / 4 + money)  # half as often as the other: (1 + 1.5) / (1 + 3)
    assert worth["c", "x"] == pytest.approx(land / 4 + money)  # never, nor near it: 1 / (1 + 3)


def test_who_asks_for_the_middle_likes_both_ends_alike():
    worth = known_after(("b", "x"))
    assert worth["b", "x"] == pytest.approx(1.0)
    assert worth["a", "x"] == worth["c", "x"] == pytest.approx(0.5 * 1 / 2 + 0.5)


def test_what_was_offered_after_the_offers_that_count_is_not_looked_at():
    offers = np.array([[[0, 1, 5, 5]]])
    first = learned(offers, np.array([[2]]), SPACE, ORDER).utility
    assert np.array_equal(first, learned(np.array([[[0, 1, NO_DEAL, NO_DEAL]]]), np.array([[2]]), SPACE, ORDER).utility)
    assert not np.array_equal(first, learned(offers, np.array([[3]]), SPACE, ORDER).utility)


def test_parties_and_draws_are_told_apart():
    log = np.array([[[0, NO_DEAL], [5, NO_DEAL]], [[NO_DEAL, NO_DEAL], [0, NO_DEAL]]])
    known = learned(log, np.array([[1, 1], [0, 1]]), SPACE, ORDER).utility
    assert known[0, 0].argmax() == 0 and known[0, 1].argmax() == 5 and known[1, 1].argmax() == 0
    assert (known[1, 0] == 1).all()


def test_the_order_is_that_of_the_file_and_not_of_names():
    """With b at an end, a in the middle and c at the other end, c counts nothing for a bid of b, and a one half."""
    offers = np.array([[[SPACE.index_of({"land": "b", "money": "x"})]]])
    found = learned(offers, np.array([[1]]), SPACE, [np.array([1, 0, 2]), np.arange(2)]).utility[0, 0]
    worth = {land: found[SPACE.index_of({"land": land, "money": "x"})] for land in "abc"}
    assert worth["b"] > worth["a"] > worth["c"]
    assert worth["b"] - worth["a"] == pytest.approx(worth["a"] - worth["c"])
