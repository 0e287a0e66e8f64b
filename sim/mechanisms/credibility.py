"""Credibility of a guarantee: the probability that the guarantor acts if called on, and its decay."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
from pydantic import Field

from sim.core.exact import TOLERANCE, Floats
from sim.core.fields import ByOption, Date, Name, PartyName, Sourced
from sim.core.mechanism import KEY, Bound, Drawing, Place
from sim.core.numbers import Amount, Chance, Number
from sim.core.packages import Ints
from sim.core.utility import DAYS_PER_MONTH
from sim.mechanisms.drawn_numbers import numbers_by_option, share
from sim.mechanisms.option_tables import OptionSum

TERM_MONTHS = 48  # a change of government every four years after the first
AT_CHANGE = "at_change_of_president"  # name in the file of the share lost at a change of government


class GuarantorSpec(Sourced):
    """The guarantor, which acts on a breach if that is in its interest."""

    party: PartyName = Field(description="The party that guarantees.")
    helper: PartyName | None = Field(None, description="A party that would help. Descriptive only.")
    cost_of_acting: Amount = Field(
        description="What acting costs it, on its own scale: it does not act for an agreement that gains it less."
    )

    @staticmethod
    def check(at: Place) -> None:
        """Report a guarantor that would guarantee itself."""
        if at["party"].text is not None and at["party"].text == at["helper"].text:
            at["helper"].fault("the helper is the guarantor itself; name another party")


class CredibilityLostSpec(Sourced):
    """The decay of a commitment, by the route on which it was approved."""

    per_year: dict[Name, Chance] = Field({}, description="Share lost each year, by route.")
    at_change_of_president: dict[Name, Chance] = Field(
        {}, description="Share lost at each change of government after signature, by route."
    )
    first_change_at: Date | None = Field(
        None, description="Date of the first change of government; one follows every four years."
    )
    route: dict[Name, Name] = Field(
        description="The route of each option of `credibility`; one without a route loses nothing."
    )

    @property
    def at_change(self) -> dict[str, Number]:
        """Share lost at each change of government, by route."""
        return {**self.at_change_of_president}

    @staticmethod
    def check(at: Place, promised: Place) -> None:
        """Report unknown options and routes, and changes of government without a date."""
        if promised.is_mapping:
            at["route"].keys_must_be(promised.keys, "option of credibility")
        routes = list(dict.fromkeys((*at["per_year"].keys, *at[AT_CHANGE].keys)))
        for _, route in at["route"].items():
            route.must_name(routes, "route")
        if at[AT_CHANGE] and not at["first_change_at"]:
            at[AT_CHANGE].fault("it is not said when that is; give `first_change_at`", KEY)
        if at["first_change_at"] and not at.root["as_of"]:
            at["first_change_at"].fault("a date after signature needs one to count from; give the scenario `as_of`")


def least_gain(promised: Floats, cost_of_acting: Floats) -> Floats:
    """Smallest gain of an agreement, u - r, for which its guarantor acts, within the tolerance of utility."""
    return promised * cost_of_acting - TOLERANCE


def months_until(day: date, as_of: date) -> float:
    """Return the calendar months of 30.4375 days from one day to another; four years are 48."""
    return (day - as_of).days / DAYS_PER_MONTH


def changes_between(first: float, signed: Floats, until: Floats) -> Ints:
    """Count changes of government after signature, up to and including a month.

    One follows every 48 months after the first, whose month is inf for none; all months are on one calendar.
    """
    if np.isinf(first):
        return np.zeros(np.broadcast_shapes(signed.shape, until.shape), np.int64)
    happened = np.maximum(np.floor((until - first) / TERM_MONTHS) + 1, 0)
    before = np.maximum(np.floor((signed - first) / TERM_MONTHS) + 1, 0)
    return np.where(happened > before, happened - before, 0).astype(np.int64)


def credibility_by_year(start: Floats, loss: Floats, jump: Floats, changes: Ints) -> Floats:
    """Return g at the start of each year in force: g0 x (1 - loss)^years x (1 - jump)^changes.

    Args:
        start: g0, in [0, 1], any shape.
        loss: Share lost a year, same shape.
        jump: Share lost at a change of government, same shape.
        changes: Changes since signature at the start of each year, broadcast to shape (..., years).

    Returns:
        Shape (..., years).
    """
    factors = np.repeat((1 - loss)[..., None], changes.shape[-1], axis=-1)
    factors[..., 0] = start
    by_year = np.multiply.accumulate(factors, axis=-1)
    changes = np.broadcast_to(changes, by_year.shape)
    for change in range(1, int(changes.max(initial=0)) + 1):  # repeated multiplication: integer powers with fixed bits
        by_year = np.where(changes >= change, by_year * (1 - jump)[..., None], by_year)
    return by_year


@dataclass(frozen=True, eq=False)
class Credibility(Bound):
    """The credibility of guarantees in each draw, and its decay by the route on which they were approved."""

    promised: OptionSum  # g0, probability that the guarantor acts if called on
    loss: OptionSum  # share of it lost a year
    jump: OptionSum  # share of it lost at each change of government
    first_change: float  # months from the scenario's date to the first change of government; inf if none is known

    @classmethod
    def draw(cls, spec: ByOption | None, lost: CredibilityLostSpec | None, drawing: Drawing) -> "Credibility | None":
        """Draw the numbers of `credibility` and `credibility_lost`; None where the file has no `credibility`.

        An option not given promises nothing; one without a route loses nothing.
        """
        if spec is None:
            return None
        source = drawing.settled
        promised = numbers_by_option(source, "aftermath.credibility", spec.numbers)
        first, per_year, at_change = np.inf, {}, {}
        if lost is not None:
            path = "aftermath.credibility_lost"
            per_year = _by_route(lost.route, numbers_by_option(source, f"{path}.per_year", lost.per_year))
            at_change = _by_route(lost.route, numbers_by_option(source, f"{path}.{AT_CHANGE}", lost.at_change))
            if lost.first_change_at is not None and drawing.as_of is not None:
                first = months_until(lost.first_change_at, drawing.as_of)

        def table(numbers: Mapping[str, Floats]) -> OptionSum:
            shares = {option: share(values) for option, values in numbers.items()}
            return OptionSum.over(drawing.table.space, np.zeros(source.count), {spec.issue: shares})

        return cls(table(promised), table(per_year), table(at_change), first)


def _by_route(route: Mapping[str, str], numbers: Mapping[str, Floats]) -> dict[str, Floats]:
    return {option: numbers[name] for option, name in sorted(route.items()) if name in numbers}
