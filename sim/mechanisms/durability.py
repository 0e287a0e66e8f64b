"""Durability: how long agreements hold, and the factors on their hazard.

Time t is in months from entry into force. Without features the share that holds follows a Weibull law through S12, the
share that holds 12 months; in year j the hazard is multiplied by Q_j:
S(t) = exp(-sum over years Q_j L (t_{j+1}^s - t_j^s)), L = -ln(S12)/12^s.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Self

import numpy as np
from pydantic import Field, model_validator

from sim.core import exact
from sim.core.compiled import compiled, worth_compiling
from sim.core.conditions import When
from sim.core.exact import Floats
from sim.core.fields import Name, Sourced, fault
from sim.core.mechanism import Bound, Source
from sim.core.numbers import AboveNothing, Amount, Chance, Lasting, Number
from sim.core.packages import Bools, Ints
from sim.mechanisms.drawn_numbers import along, not_negative, share
from sim.mechanisms.option_tables import Combinations

MOST_RATIOS = 100


class RatioSpec(Sourced):
    """A feature that makes a break likelier (above 1) or less likely."""

    when: When = Field(description="Packages that have it.")
    ratio: Amount = Field(description="Factor on the hazard.")
    share: Chance = Field(Number(0), description="Its share in the group behind `survival_12`; left out: 0.")


class HazardSpec(Sourced):
    """The hazard of a break after entry into force."""

    shape: AboveNothing | None = Field(
        None, description="Shape of the Weibull law; below 1: agreements that fail do so early. This or survival_60."
    )
    survival_12: Lasting = Field(description="Share of agreements that holds 12 months.")
    survival_60: Lasting | None = Field(None, description="Share that holds 60 months. This or shape.")
    ratios: Annotated[dict[Name, RatioSpec], Field(max_length=MOST_RATIOS)] = Field(
        {}, description="Features that make a break likelier or less likely."
    )
    deterrence: Chance = Field(
        Number(0), description="Share of the hazard that a fully credible promise removes; left out: 0."
    )
    reference_credibility: Chance | None = Field(
        None, description="Mean credibility of promises in the group behind `survival_12`; left out: 0."
    )
    if_not_self_enforcing: Amount = Field(
        Number(1), description="Factor on the hazard if a shift of power undoes the agreement; left out: 1."
    )
    if_pull_back_fails: Amount = Field(
        Number(1), description="Factor on the hazard if cheating on the pull-back pays; left out: 1."
    )
    if_bought_by_pressure: Amount = Field(
        Number(1), description="Factor on the hazard once the pressure that bought it is gone; left out: 1."
    )

    @model_validator(mode="after")
    def _one_law(self) -> Self:
        if self.shape is not None and self.survival_60 is not None:
            raise fault("shape, survival_12 and survival_60 together say too much; keep shape or this", "survival_60")
        if self.shape is None and self.survival_60 is None:
            raise fault("one more number is needed for the law; `shape` or `survival_60` would do", "survival_12")
        if self.survival_60 is not None and float(self.survival_60) >= float(self.survival_12):
            raise fault("fewer agreements hold 60 months than 12; a number below survival_12 would do", "survival_60")
        return self


@compiled
def parts_held(held: Floats, weights: Floats, parts: Floats) -> None:
    """Return the weighted mean over time spans of the share still holding, each sum in the order of the spans.

    Args:
        held: Share that holds in each span, shape (B, kinds, spans).
        weights: Of the spans, by party, shape (B, N, spans).
        parts: Output, shape (B, N, kinds).
    """
    for b in range(len(held)):
        for n in range(weights.shape[1]):
            whole = 0.0
            for span in range(held.shape[2]):
                whole += weights[b, n, span]
            for kind in range(held.shape[1]):
                part = 0.0
                for span in range(held.shape[2]):
                    part += held[b, kind, span] * weights[b, n, span]
                parts[b, n, kind] = part / whole


@compiled
def used_up(factors: Floats, scale: Floats, edges: Floats, into_year: Floats, year: Ints, used: Floats) -> None:
    """Compute the cumulative hazard after so many months: of the years before, and of a part of the year.

    Args:
        factors: On the hazard of each year, shape (B, kinds, years).
        scale: Cumulative hazard per month^s, shape (B,).
        edges: Month^s at the ends of years, shape (B, years or more + 1).
        into_year: Month^s since the year began, shape (B, months).
        year: Year of each month, shape (months,).
        used: Output, shape (B, kinds, months).
    """
    before = np.zeros(factors.shape[2] + 1)
    for b in range(len(factors)):
        for kind in range(factors.shape[1]):
            for k in range(factors.shape[2]):
                before[k + 1] = before[k] + factors[b, kind, k] * (scale[b] * (edges[b, k + 1] - edges[b, k]))
            for month in range(len(year)):
                k = year[month]
                used[b, kind, month] = before[k] + scale[b] * factors[b, kind, k] * into_year[b, month]


YEARS = 50  # the horizon: an agreement that outlasts it has no break month
MONTHS = 12
SMALLEST = 1e-9  # minimum share that holds 12 months
TINY = float(np.finfo(float).tiny)
FLATTEST = 0.01  # shape where the shares at 12 and 60 months do not fall: nearly all hazard lies in the first days


def shape_between(s12: Floats, s60: Floats) -> Floats:
    """Return the Weibull shape through the shares in (0, 1) that hold 12 and 60 months: s = ln(ln S60/ln S12)/ln 5.

    Ranges of the two may overlap. Where a draw has S60 at or above S12 it is contradictory, and the nearest law is
    taken: one in which an agreement that holds a year holds.
    """
    falls = (s60 < s12) & (s12 < 1)
    ratio = exact.log(np.where(falls, s60, 0.5)) / exact.log(np.where(falls, s12, 0.5))
    return np.where(falls, np.maximum(exact.log(ratio) / exact.log(5.0), FLATTEST), FLATTEST)


def relative_to_reference(ratio: Floats, common: Floats) -> tuple[Floats, Floats]:
    """Return the factor on the hazard where a feature is present, and where it is absent.

    The law of S12 was measured on agreements of which a share had the feature, so both are relative to their mean:
    ratio / (1 + share (ratio - 1)) and 1 / (1 + share (ratio - 1)), the share being `common`.
    """
    mean = np.maximum(1 + common * (ratio - 1), SMALLEST)
    return ratio / mean, 1 / mean


def deterred(strength: Floats, credibility: Floats, in_reference: Floats) -> Floats:
    """Return the factor of deterrence on the hazard: (1 - k g)/(1 - k g_ref)."""
    return (1 - strength * credibility) / np.maximum(1 - strength * in_reference, SMALLEST)


def pressure_fades(factor: Floats, fades_per_year: Floats, years: Floats) -> Floats:
    """Factor on the hazard of an agreement bought by pressure: from 1 at signature toward `factor` as it fades.

    1 + (factor - 1)(1 - (1 - fades)^years), years since signature.
    """
    return 1 + (factor - 1) * (1 - exact.power(1 - fades_per_year, years))


@dataclass(frozen=True, eq=False)
class WeibullYears(Bound):
    """The law without features, by year."""

    shape: Floats  # s, above 0, shape (B,)
    scale: Floats  # l, cumulative hazard per month^s, shape (B,)
    edges: Floats  # t^s at the ends of years, shape (B, YEARS + 1)

    @classmethod
    def through(cls, s12: Floats, shape: Floats) -> "WeibullYears":
        """Return the law in which a share s12 in (0, 1] holds 12 months; shape s above 0, both (B,)."""
        months = MONTHS * np.arange(YEARS + 1.0)
        edges = exact.power(months[None, :], shape[:, None])
        return cls(shape, -exact.log(s12) / exact.power(float(MONTHS), shape) + 0.0, edges)

    def used_up(self, factors: Floats, months: Floats) -> Floats:
        """Return the cumulative hazard after so many months, shape (B, ..., months); S = exp(-that).

        Args:
            factors: Q_j, constant within a year, shape (B, ..., years), with enough years for the months.
            months: Since entry into force, 0 or more, shape (months,).
        """
        year = np.maximum(np.ceil(months / MONTHS).astype(np.int64) - 1, 0)
        into_year = exact.power(months[None, :], self.shape[:, None]) - self.edges[:, year]
        by_kind = np.ascontiguousarray(factors).reshape(len(factors), math.prod(factors.shape[1:-1]), factors.shape[-1])
        used = np.empty((*by_kind.shape[:2], len(months)))
        scale, edges = np.ascontiguousarray(self.scale), np.ascontiguousarray(self.edges)
        use_up = worth_compiling(used_up, used.size)
        use_up(by_kind, scale, edges, np.ascontiguousarray(into_year), year, used)
        return used.reshape(*factors.shape[:-1], len(months))

    def survival(self, factors: Floats, months: Floats) -> Floats:
        """Return the share that holds so many months, in [0, 1], shape (B, ..., months)."""
        return exact.exp(-self.used_up(factors, months))

    def break_month(self, factors: Floats, uniform: Floats) -> Floats:
        """Month in which an agreement breaks: cumulative hazard -ln(1-U); inf beyond the horizon of 50 years.

        The law is inverted exactly, year by year: no grid of months.

        Args:
            factors: Q_j, shape (B, YEARS).
            uniform: U in [0, 1), shape (B,); the smaller, the sooner the break.
        """
        allowed = -exact.log(1 - uniform)
        # Cumulative hazard at the end of each year; cumsum adds one by one, so its bits are fixed.
        total = np.cumsum(factors * (self.scale[:, None] * (self.edges[:, 1:] - self.edges[:, :-1])), axis=1)
        year = (total <= allowed[:, None]).sum(axis=1)  # years without a break
        breaks = year < YEARS
        row, last = np.arange(len(year)), np.minimum(year, YEARS - 1)
        before = np.where(year > 0, total[row, np.maximum(last - 1, 0)], 0.0)
        rate = np.maximum(np.where(breaks, self.scale * factors[row, last], 1.0), TINY)  # a factor can underflow
        power = self.edges[row, last] + np.maximum(allowed - before, 0.0) / rate
        month = exact.power(np.where(breaks, power, 1.0), 1 / self.shape)
        within = np.minimum(np.maximum(month, MONTHS * last), MONTHS * (last + 1.0))
        return np.where(breaks, within, np.inf)


@dataclass(frozen=True, eq=False)
class Hazard(Bound):
    """The hazard of a break in each draw, and the factors on it."""

    law: WeibullYears  # survival of an agreement like those of the reference group
    # with_feature, without_feature: factor of each feature, relative to the reference group, shape (B, features)
    with_feature: Floats
    without_feature: Floats
    deterrence: Floats  # k, share of the hazard that a fully credible guarantee removes, shape (B,)
    in_reference: Floats  # mean credibility in the reference group, shape (B,)
    # not_self_enforcing, pull_back_fails, bought: factors where a shift of power undoes the agreement, where cheating
    # on the pull-back pays, and what was bought by pressure once the pressure is gone, shape (B,)
    not_self_enforcing: Floats
    pull_back_fails: Floats
    bought: Floats
    fades_per_year: Floats  # share of the leverage lost each year, shape (B,)
    static: Bools  # whether a combination of options has a feature, features by name, shape (K, features)

    @classmethod
    def draw(
        cls, spec: HazardSpec | None, source: Source, found: Combinations, fades_per_year: Floats
    ) -> "Hazard | None":
        """Draw the numbers of `hazard`; None where the file has none.

        Args:
            found: Combinations of all issues that the conditions of `ratios` mention.
            fades_per_year: Share of the leverage lost each year after signature, shape (B,).
        """
        if spec is None:
            return None

        def drawn(name: str) -> Floats:
            return not_negative(source.number(f"aftermath.hazard.{name}", getattr(spec, name)))

        s12 = np.maximum(share(drawn("survival_12")), SMALLEST)
        if spec.shape is not None:
            shape = np.maximum(drawn("shape"), FLATTEST)
        else:
            shape = shape_between(s12, np.maximum(share(drawn("survival_60")), SMALLEST / 2))
        with_feature, without_feature = _ratios(spec.ratios, source)
        holds = [found.holds(spec.ratios[name].when) for name in sorted(spec.ratios)]
        reference = spec.reference_credibility
        return cls(
            law=WeibullYears.through(s12, shape),
            with_feature=with_feature,
            without_feature=without_feature,
            deterrence=share(drawn("deterrence")),
            in_reference=np.zeros(source.count) if reference is None else share(drawn("reference_credibility")),
            not_self_enforcing=drawn("if_not_self_enforcing"),
            pull_back_fails=drawn("if_pull_back_fails"),
            bought=drawn("if_bought_by_pressure"),
            fades_per_year=share(fades_per_year),
            static=np.array(holds, bool).reshape(len(holds), len(found)).T,
        )

    def features(self, present: Bools) -> Floats:
        """Return the product of the factors of all features, in the order of their ids.

        Args:
            present: Which features are present, shape (B or 1, ..., features).

        Returns:
            Shape (B, ...).
        """
        shape = np.broadcast_shapes(present.shape[:-1], (len(self.deterrence), *present.shape[1:-1]))
        product = np.ones(shape)
        for feature in range(present.shape[-1]):
            with_it, without = self.with_feature[:, feature], self.without_feature[:, feature]
            product = product * np.where(present[..., feature], along(with_it, product), along(without, product))
        return product

    def deterred(self, credibility: Floats) -> Floats:
        """Return the factor of a guarantee of this credibility, shape (B, ...); it falls with credibility."""
        return deterred(along(self.deterrence, credibility), credibility, along(self.in_reference, credibility))

    def of_pressure(self, bought: Bools, years_to_force: Floats, years: int) -> Floats:
        """Return the factor of pressure, at the start of each year in force, shape (B, years); 1 if not bought by it.

        Args:
            bought: Whether some signatory would find the deal worse than no deal without leverage, shape (B,).
            years_to_force: From signature, when the leverage begins to fade, to entry into force, shape (B,).
        """
        after = years_to_force[:, None] + np.arange(years)
        factor = pressure_fades(self.bought[:, None], self.fades_per_year[:, None], after)
        return np.where(bought[:, None], factor, 1.0)


def _ratios(ratios: Mapping[str, RatioSpec], source: Source) -> tuple[Floats, Floats]:
    factors = np.ones((2, source.count, len(ratios)))
    for column, name in enumerate(sorted(ratios)):
        path = f"aftermath.hazard.ratios.{name}"
        ratio = not_negative(source.number(f"{path}.ratio", ratios[name].ratio))
        common = share(source.number(f"{path}.share", ratios[name].share))
        factors[:, :, column] = relative_to_reference(ratio, common)
    return factors[0], factors[1]


TEN_YEARS = 10  # horizon of foresight
SPAN_ENDS = np.concatenate([np.arange(13.0), np.arange(15.0, 121.0, 3.0)])  # months of the first year, then quarters
SPAN_MIDDLES = (SPAN_ENDS[:-1] + SPAN_ENDS[1:]) / 2


def span_weights(discount_per_month: Floats) -> Floats:
    """Return the weight of each span, discounted to the start, shape (B, spans); not normalized.

    Month m, from 0, weighs discount^m.

    Args:
        discount_per_month: In [0, 1], shape (B,).
    """
    factors = np.ones((len(discount_per_month), int(SPAN_ENDS[-1])))
    factors[:, 1:] = discount_per_month[:, None]
    months: Floats = np.multiply.accumulate(factors, axis=1)  # one by one: integer powers with fixed bits
    later = months[:, 12:].reshape(len(months), -1, 3)
    return np.concatenate([months[:, :12], later[:, :, 0] + later[:, :, 1] + later[:, :, 2]], axis=1)


@dataclass(frozen=True, eq=False)
class Outlook(Bound):
    """Survival by kind of package."""

    held: Floats  # share still holding at the middle of each span (or other months), by kind, shape (B, kinds, spans)
    # kind of each combination of options, shape (B, K); where a guarantor may have no will to act a second time without
    # its promise, shape (B, 2 K)
    kind: Ints
    static: Combinations

    def parts_held_by_kind(self, discount_per_month: Floats) -> Floats:
        """Discounted part of the ten years after entry into force in which each kind holds, shape (B, N, kinds).

        Survival is evaluated at the middle of each month of the first year and of each quarter after.

        Args:
            discount_per_month: Of each party, shape (B, N).
        """
        weights = np.array([span_weights(discount) for discount in discount_per_month.T]).transpose(1, 0, 2)
        parts = np.empty((*discount_per_month.shape, self.held.shape[1]))
        hold_parts = worth_compiling(parts_held, parts.size * weights.shape[-1])
        hold_parts(np.ascontiguousarray(self.held), np.ascontiguousarray(weights), parts)
        return parts
