"""Ratification of a signed package: who votes on it, when, and with what probability it passes.

A ratifier j expects a share in favour `S_j = logistic(logit(support_j) + sum of shifts by option)` and is surprised by
`Y_j = S_j + se_j (sqrt(rho) Z_0 + sqrt(1 - rho) Z_j)`: shifts act on the log-odds, the error on the share. All votes of
a ratifier share its Y, and the Z are drawn once a draw: the same body votes the same way on the same package.

The reservation value of the ratifier's party, and the months, move support until the signature: the costlier no
agreement is, the more agreements pass.

A threshold a/b is the float nearest to it, and so is a share: a share written as 0.6 reaches 60/100. Support of
exactly 0 or 1 is certain, that is without shift and error.

Source: Putnam (1988), two-level games.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import AfterValidator, Field, model_validator

from sim.core import exact
from sim.core.conditions import When, WhenOrAlways
from sim.core.exact import Floats
from sim.core.fields import (
    MOST_SHORT,
    Block,
    Ids,
    IssueName,
    Label,
    Listed,
    Name,
    Names,
    OptionName,
    PartyName,
    Refers,
    Short,
    Sourced,
    Threshold,
    fault,
    labelled,
)
from sim.core.mechanism import BLOCK, Bound, Drawing, Mechanism, Place, Source
from sim.core.numbers import Amount, AmountByOption, Chance, Number, is_table
from sim.core.packages import ALWAYS, NEVER, NO_DEAL, Bools, Ints, PackageSpace
from sim.core.wording import listed, shown
from sim.mechanisms import MECHANISMS
from sim.mechanisms.drawn_numbers import not_negative, numbers_by_option, share, side_by_side, standard_normal
from sim.mechanisms.option_tables import Combinations, OptionSum, combinations

CEASEFIRE = "ceasefire"  # the milestone that entry into force needs
LEAST_SUPPORT = 1e-9  # of which log-odds are taken after elections
NOBODY = -1  # the index of no ratifier, no vote, no milestone
MOST_RATIFIERS, MOST_VOTES, MOST_MILESTONES = 50, 20, 50

MilestoneName = Annotated[Name, Refers("milestone")]


class AfterRefusalSpec(Block):
    """What follows when a signed package is refused at home."""

    name: Literal["end", "resume"] = Field(
        description="end: the talks are over; resume: they continue, without the packages that would be refused again."
    )
    months_lost: Annotated[float, Field(ge=0, le=1200)] = Field(
        0.0, description="With resume: months until the talks continue; left out: 0."
    )
    at_most: Annotated[int, Field(ge=0, le=1000)] = Field(1, description="With resume: how often; left out: 1.")

    @model_validator(mode="after")
    def _end_is_the_end(self) -> Self:
        return self.settle(months_lost=0.0, at_most=0) if self.name == "end" else self


class MilestoneSpec(Block):
    """A milestone that votes may wait for."""

    by: IssueName | None = Field(None, description="The issue that sets the time; `months` then has each option.")
    months: AmountByOption = Field(description="Months after signature, or after the milestone named in `after`.")
    after: MilestoneName | None = Field(None, description="The milestone it follows; left out: the signature.")


class VoteSpec(Block):
    """A vote and its threshold."""

    id: Name = Field(description="Name of the vote.")
    when: WhenOrAlways = Field(ALWAYS, description="Which packages need it: always, never or a condition.")
    at_least: Threshold | None = Field(None, description="It passes at this share in favour or above, as 226/450.")
    more_than: Threshold | None = Field(None, description="It passes above this share in favour, as 1/2.")
    needs: Annotated[tuple[MilestoneName, ...], Listed(1)] = Field((), description="Milestones that must come first.")

    @model_validator(mode="after")
    def _takes_one_share(self) -> Self:
        if self.at_least is not None and self.more_than is not None:
            raise fault("a vote has one threshold; keep `at_least` or this", "more_than")
        if self.at_least is None and self.more_than is None:
            raise fault("it is not said what this vote takes; `at_least: 226/450` or `more_than: 1/2` would do", "id")
        if self.more_than == 1:
            raise fault("nothing passes with more than all; `at_least: 1/1` would do", "more_than")
        return self

    @property
    def threshold(self) -> Fraction:
        return self.at_least or self.more_than or Fraction(0)

    @property
    def strict(self) -> bool:
        """Whether the share must lie above the threshold."""
        return self.at_least is None


class RatifierSpec(Sourced):
    """A body that votes on the signed package."""

    label: Label = Field("", description="Its label.")
    short: Short | None = Field(None, description=f"The same in at most {MOST_SHORT} letters, for charts and tables.")
    party: PartyName = Field(description="The party that it votes for.")
    order: Annotated[int, Field(ge=1, le=1000)] = Field(
        description="Its turn: 1 first; bodies with the same number vote at the same time."
    )
    when: WhenOrAlways = Field(ALWAYS, description="Which packages it votes on: always, never or a condition.")
    votes: Annotated[tuple[VoteSpec, ...], Listed(1, MOST_VOTES), Ids("vote")] = Field(
        description="Its votes; all share its surprise, and all must pass."
    )
    barred_when: When = Field(NEVER, description="Packages that it is barred from voting on: refused at once.")
    support: Chance = Field(description="Share in favour that is expected before the shifts.")
    error: Chance = Field(description="Standard error on that share.")
    support_drift_per_month: Number = Field(
        Number(0), description="Change of the log-odds of support with each month until the signature; left out: 0."
    )
    follows_no_deal: Number = Field(
        Number(0),
        description="How support follows the war: log-odds added for each 1 by which its party's no-deal worth has "
        "fallen since round 1; left out: 0.",
    )
    months: Amount = Field(description="Months from its turn, and the milestones it waits for, to the vote.")
    shifts: dict[IssueName, dict[OptionName, Number]] = Field(
        {}, description="Change of the log-odds of support by option, by issue; 0.4 is about 10 points near half."
    )


class RatificationSpec(Block):
    """The votes after the signature."""

    after_refusal: AfterRefusalSpec = Field(
        AfterRefusalSpec(name="end", months_lost=0.0, at_most=0),
        description="What follows a refusal; left out: the talks are over.",
    )
    shared_error: Chance = Field(
        Number(0), description="Correlation of surprises in different votes, from 0 to 1; left out: 0."
    )
    milestones: Annotated[dict[Name, MilestoneSpec], Field(max_length=MOST_MILESTONES)] = Field(
        {},
        description="Milestones that votes may wait for; `ceasefire` ends the fighting, without it: at signature.",
    )
    ratifiers: Annotated[dict[Name, RatifierSpec], Field(max_length=MOST_RATIFIERS), AfterValidator(labelled)] = Field(
        description="The bodies that vote; none, as {}, if no vote is needed."
    )


@dataclass(frozen=True, eq=False)
class Ballots:
    """Who votes on what, with which threshold and after what: the same in all draws.

    A *cell* is a ratifier with one combination of the options it depends on. There are few, so shares are stored by
    cell.
    """

    ratifiers: tuple[str, ...]  # names (J), sorted
    by_order: Ints  # ratifiers by order, then name, shape (J,)
    party: Ints  # the party of each, shape (J,)
    # `ratifier.vote` (V), by order, then ratifier, then vote: so the first of several is the one to name
    votes: tuple[str, ...]
    milestones: tuple[str, ...]  # names (M), each after the one it counts from
    counted_from: Ints  # milestone each one counts from, -1 for the signature, shape (M,)
    combinations: Combinations  # of all options that any ratifier depends on
    cells: Ints  # cell of each ratifier, shape (K, J)
    voter: Ints  # ratifier of each cell, shape (C,)
    needed: Floats  # largest threshold among the votes held, shape (C,); -inf where none is held, inf where barred
    above: Bools  # whether the share must lie above `needed`, not just at it, shape (C,)
    held: Bools  # votes held, shape (K, V)
    of: Ints  # ratifier of each vote, shape (V,); `order`, `threshold` and `above_threshold` likewise
    order: Ints
    threshold: Floats
    above_threshold: Bools
    needs: Bools  # milestones each vote waits for, shape (V, M)


def ballots(
    spec: RatificationSpec, own: Sequence[Combinations], milestones: Sequence[str], space: PackageSpace,
    parties: Sequence[str],
) -> Ballots:  # fmt: skip
    """Lay out who votes on what; `own` are the combinations that each ratifier depends on, in name order."""
    names = sorted(spec.ratifiers)
    orders = np.array([spec.ratifiers[name].order for name in names], np.int64)
    places = [(j, vote) for j, name in enumerate(names) for vote in spec.ratifiers[name].votes]
    places.sort(key=lambda place: (orders[place[0]], place[0], place[1].id))
    together = combinations(space, {issue.name for seen in own for issue in seen.half.issues})
    own_cell = [seen.index[together.example] for seen in own]
    widths = [len(seen) for seen in own]
    first_cell = np.cumsum([0, *widths])
    takes = [_takes(spec.ratifiers[name], seen) for name, seen in zip(names, own, strict=True)]
    cells = [first_cell[j] + cell for j, cell in enumerate(own_cell)]
    held = [_held(spec.ratifiers[names[j]], vote, own[j])[own_cell[j]] for j, vote in places]
    after = [spec.milestones[name].after for name in milestones]
    needs = [[name in vote.needs for name in milestones] for _, vote in places]
    return Ballots(
        ratifiers=tuple(names),
        by_order=np.argsort(orders, kind="stable"),
        party=np.array([parties.index(spec.ratifiers[name].party) for name in names], np.int64),
        votes=tuple(f"{names[j]}.{vote.id}" for j, vote in places),
        milestones=tuple(milestones),
        counted_from=np.array([NOBODY if name is None else milestones.index(name) for name in after], np.int64),
        combinations=together,
        cells=np.array(cells, np.int64).reshape(len(names), len(together)).T,
        voter=np.repeat(np.arange(len(names)), widths),
        needed=np.concatenate([np.zeros(0), *(needed for needed, _ in takes)]),
        above=np.concatenate([np.zeros(0, bool), *(above for _, above in takes)]),
        held=np.array(held, bool).reshape(len(places), len(together)).T,
        of=np.array([j for j, _ in places], np.int64),
        order=np.array([orders[j] for j, _ in places], np.int64),
        threshold=np.array([float(vote.threshold) for _, vote in places], np.float64),
        above_threshold=np.array([vote.strict for _, vote in places], bool),
        needs=np.array(needs, bool).reshape(len(places), len(milestones)),
    )


def issues_seen(ratifier: RatifierSpec) -> frozenset[str]:
    """Issues on which a ratifier's votes depend."""
    seen: frozenset[str] = frozenset(ratifier.shifts) | ratifier.when.issues() | ratifier.barred_when.issues()
    return seen.union(*(vote.when.issues() for vote in ratifier.votes))


def by_depth(milestones: Mapping[str, MilestoneSpec]) -> list[str]:
    """Return milestones by name, but each after the one it counts from."""

    def depth(name: str | None) -> int:
        return 0 if name is None else 1 + depth(milestones[name].after)

    return sorted(milestones, key=lambda name: (depth(name), name))


def _barred(ratifier: RatifierSpec, seen: Combinations) -> Bools:
    return seen.holds(ratifier.when) & seen.holds(ratifier.barred_when)


def _held(ratifier: RatifierSpec, vote: VoteSpec, seen: Combinations) -> Bools:
    """Return combinations on which a vote is held, shape (K,); a body that is barred holds none."""
    return seen.holds(ratifier.when) & seen.holds(vote.when) & ~_barred(ratifier, seen)


def _takes(ratifier: RatifierSpec, seen: Combinations) -> tuple[Floats, Bools]:
    """Return the strictest threshold among the votes held, and whether the share must lie above it; shapes (K,)."""
    needed, above = np.full(len(seen), -np.inf), np.zeros(len(seen), bool)
    for vote in ratifier.votes:
        held, share = _held(ratifier, vote, seen), float(vote.threshold)
        above = np.where(held & (share > needed), vote.strict, above | (held & (share == needed) & vote.strict))
        needed = np.where(held, np.maximum(needed, share), needed)
    return np.where(_barred(ratifier, seen), np.inf, needed), above


@dataclass(frozen=True, eq=False)
class Votes(Bound):
    """The votes on one package a draw; months count from its signature."""

    passed: Bools  # all votes held were won (or none had to be), shape (B,)
    # the ratifier that refused first, -1 for none, shape (B,). At the same moment: one that was barred, then the lower
    # `order`, then the first by name.
    refused_by: Ints
    refused_vote: Ints  # its vote, -1 if it was barred or nobody refused, shape (B,)
    barred: Bools  # refused without a vote, shape (B,)
    held_month: Floats  # when each vote was held, NaN for those not needed or preceded by a refusal, (B, V)
    in_force_month: Floats  # the last vote or the ceasefire, whichever is later; NaN unless passed, shape (B,)
    refusal_month: Floats  # when it was refused, 0 if barred, NaN if it was not, shape (B,)
    # months from signature to the ceasefire, refused or not; 0 without such a milestone, NaN without a package, shape
    # (B,)
    ceasefire_month: Floats
    chance_independent: Floats  # closed-form chance if every ratifier has a surprise of its own (rho 0), shape (B,)
    chance_shared: Floats  # the same if all are surprised alike (rho 1), shape (B,). NaN, both, without a package.


@MECHANISMS.register
@dataclass(frozen=True, eq=False)
class Ratification(Mechanism):
    """The votes of a scenario, with all drawn numbers."""

    key = "ratification"
    block = RatificationSpec
    about = "The votes after the signature; left out: none."
    names = MappingProxyType({"milestones": "milestone"})

    share: Floats  # expected share in favour by cell, S, shape (B, C)
    chance: Floats  # closed-form chance by cell, 1 where nobody votes and 0 where barred, shape (B, C)
    error: Floats  # standard error on the share, 0 where support is certain, shape (B, J)
    surprise: Floats  # standard normal deviation of each ratifier from what is expected, shape (B, J)
    shared: Floats  # the part of it that is the same for all, shape (B,)
    alone: Floats  # standard error of the rest, shape (B,)
    months: Floats  # months from being ready to the vote, shape (B, J)
    drift: Floats  # log-odds that a month until the signature adds to support, shape (B, J)
    follows: Floats  # log-odds for each 1 by which the reservation value of the ratifier's party falls, shape (B, J)
    milestones: tuple[OptionSum, ...]  # months of each milestone after what it counts from
    support: Floats  # share in favour before shifts, shape (B, J)
    static: Ballots

    def __repr__(self) -> str:
        return f"Ratification({', '.join(self.static.ratifiers)}; {len(self.share)} draws)"

    @classmethod
    def check(cls, at: Place, names: Names) -> None:
        for _, milestone in at["milestones"].items():
            _check_milestone(milestone["by"], milestone["months"], names)
        _check_circles(at["milestones"])

    @classmethod
    def draw(cls, block: RatificationSpec, drawing: Drawing) -> "Ratification":
        source, space = drawing.settled, drawing.table.space
        names = sorted(block.ratifiers)
        at = {name: f"ratification.ratifiers.{name}" for name in names}
        specs = [block.ratifiers[name] for name in names]
        own = [combinations(space, issues_seen(ratifier)) for ratifier in specs]
        milestones = by_depth(block.milestones)

        def signed_column(what: str) -> Floats:
            drawn = [source.number(f"{at[name]}.{what}", getattr(block.ratifiers[name], what)) for name in names]
            return side_by_side(drawn, source.count)

        def column(what: str) -> Floats:
            return not_negative(signed_column(what))

        support = share(column("support"))
        error = np.where((support == 0) | (support == 1), 0.0, column("error"))
        static = ballots(block, own, milestones, space, drawing.table.parties)
        shares = [
            _shares(support[:, j], specs[j].shifts, f"{at[name]}.shifts", source, space, own[j])
            for j, name in enumerate(names)
        ]
        by_cell = np.concatenate([*shares, np.zeros((source.count, 0))], axis=1)
        surprise, shared, alone = _surprises(block.shared_error, names, source)
        return cls(
            share=by_cell,
            chance=_chance(by_cell, error[:, static.voter], static.needed, static.above),
            error=error,
            surprise=surprise,
            shared=shared,
            alone=alone,
            months=column("months"),
            drift=signed_column("support_drift_per_month"),
            follows=signed_column("follows_no_deal"),
            milestones=tuple(_delay(name, block.milestones[name], source, space) for name in milestones),
            support=support,
            static=static,
        )

    def after_elections(self, ratifier: str, support: Floats, held: Bools, share: Floats) -> Floats:
        """Return the effect of elections on the log-odds of support, shape (B, J).

        Args:
            ratifier: Whose support is drawn anew.
            support: As drawn anew, shape (B,).
            held: Draws in which they have been held, shape (B,).
            share: How far support moves to the new value, shape (B,).
        """
        j = self.static.ratifiers.index(ratifier)
        old = np.minimum(np.maximum(self.support[:, j], LEAST_SUPPORT), 1 - LEAST_SUPPORT)
        new = np.minimum(np.maximum(old + share * (support - old), LEAST_SUPPORT), 1 - LEAST_SUPPORT)
        odds = [exact.log(each) - exact.log(1 - each) for each in (old, new)]
        moved = np.zeros_like(self.support)
        moved[:, j] = np.where(held, odds[1] - odds[0], 0.0)
        return moved

    def at(self, months: Floats, no_deal_fell: Floats, elections: Floats | None = None) -> "Ratification":
        """Return the same votes on a package signed later; support of exactly 0 or 1 stays.

        Args:
            months: From the first round to the signature, shape (B,).
            no_deal_fell: Fall of each party's reservation value since the first round, shape (B, N).
            elections: What elections until then add to the log-odds of support, shape (B, J); nothing if not given.
        """
        moved = self.drift * months[:, None] + self.follows * no_deal_fell[:, self.static.party]
        if elections is not None:
            moved = moved + elections
        if not moved.any():
            return self
        moved, share = moved[:, self.static.voter], self.share
        stays = (moved == 0) | (share <= 0) | (share >= 1)
        odds = np.where(stays, 1.0, np.divide(share, 1 - share, out=np.ones_like(share), where=~stays))
        share = np.where(stays, share, exact.logistic(exact.log(odds) + moved))
        chance = _chance(share, self.error[:, self.static.voter], self.static.needed, self.static.above)
        return replace(self, share=share, chance=chance)

    def shares(self, packages: Ints) -> Floats:
        """Expected share in favour of one package a draw, voted on or not, shape (B, J); NaN without a package."""
        return self._of_packages(self.share, packages)

    def needed(self, packages: Ints) -> Floats:
        """Largest threshold with each ratifier, shape (B, J): -inf where it does not vote, inf where barred."""
        return self._of_packages(self.static.needed[None], packages)

    def chances(self, packages: Ints) -> Floats:
        """Closed-form probability `Phi((S - tau) / se)` of one package a draw with each ratifier, shape (B, J).

        Votes of one ratifier share its surprise, so the largest threshold decides. 1 where the ratifier does not vote,
        0 where it is barred, NaN without a package; with no error a step.
        """
        return self._of_packages(self.chance, packages)

    def _of_packages(self, by_cell: Floats, packages: Ints) -> Floats:
        draws = np.arange(len(packages))[:, None] if len(by_cell) != 1 else 0
        return np.where((packages == NO_DEAL)[:, None], np.nan, by_cell[draws, self._cells(packages)])

    def chances_over_combinations(self) -> tuple[Floats, Floats]:
        """Return the closed-form probability of passing all ratifiers, by combination, shapes (B, K).

        First if surprises are independent (the product), then if they are shared (the smallest).
        """
        return _together(self.chance[:, self.static.cells])

    def chances_given_shared(self) -> tuple[Floats, Floats]:
        """Return the probability with each ratifier given the shared surprise, (B, K, J), and with all of them, (B, K).

        Given it the ratifiers are independent, so the mean of their product over draws is the probability of all.
        """
        shared, alone = ((self.error * part[:, None])[:, self.static.voter] for part in (self.shared, self.alone))
        chances = _chance(self.share + shared, alone, self.static.needed, self.static.above)[:, self.static.cells]
        return chances, _together(chances)[0]

    def hold(self, packages: Ints) -> Votes:
        """Hold the votes on one package a draw.

        A vote is held at `max(start of its order, milestones it needs) + months`; the next order starts when the last
        of this one has voted. The first refusal ends the votes.

        Args:
            packages: Package signed in each draw, `NO_DEAL` for none, shape (B,).
        """
        static, draw = self.static, np.arange(len(packages))
        signed = packages != NO_DEAL
        cells = self._cells(packages)
        share = self.share[draw[:, None], cells] + self.error * self.surprise
        held = static.held[static.combinations.index[packages]] & signed[:, None]
        month, last_vote, ceasefire = self._calendar(packages, held)
        in_favour = share[:, static.of]
        won = np.where(static.above_threshold, in_favour > static.threshold, in_favour >= static.threshold)
        barred = (static.needed[cells] == np.inf) & signed[:, None]
        barred_month = np.where(barred[:, static.by_order], 0.0, np.inf)
        never = np.full((len(packages), 1), np.inf)
        lost_month = np.hstack([barred_month, np.where(held & ~won, month, np.inf), never])
        first = lost_month.argmin(axis=1)  # ties: barred before order before name
        refusal = lost_month[draw, first]
        refused = refusal < np.inf
        whose = np.concatenate([static.by_order, static.of, [NOBODY]])
        which = np.concatenate([np.full_like(static.by_order, NOBODY), np.arange(len(static.votes)), [NOBODY]])
        independent, shared = _together(self.chances(packages)[:, None, :])
        passed = signed & ~refused
        return Votes(
            passed=passed,
            refused_by=np.where(refused, whose[first], NOBODY),
            refused_vote=np.where(refused, which[first], NOBODY),
            barred=refused & (first < len(static.by_order)),
            held_month=np.where(held & (month <= refusal[:, None]), month, np.nan),
            in_force_month=np.where(passed, np.maximum(last_vote, ceasefire), np.nan),
            refusal_month=np.where(refused, refusal, np.nan),
            ceasefire_month=ceasefire,
            chance_independent=np.where(signed, independent[:, 0], np.nan),
            chance_shared=np.where(signed, shared[:, 0], np.nan),
        )

    def struck(self, packages: Ints, votes: Votes) -> Bools:
        """Return the packages that the same body would refuse again after these votes, shape (B, P); B as of `votes`.

        After a vote lost on p: every q on which that vote is held and for which `S(q) - tau <= S(p) - tau`. After a
        body was barred: every q from which it is barred.
        """
        static, shares = self.static, self.shares(packages)
        struck = np.zeros((len(packages), len(static.combinations)), bool)
        for vote, (ratifier, threshold) in enumerate(zip(static.of, static.threshold, strict=True)):
            lost = np.flatnonzero(votes.refused_vote == vote)
            if len(lost):
                margin = self.share[lost][:, static.cells[:, ratifier]] - threshold
                struck[lost] = static.held[:, vote] & (margin <= (shares[lost, ratifier] - threshold)[:, None])
        for ratifier in range(len(static.ratifiers)):
            barred = static.needed[static.cells[:, ratifier]] == np.inf
            struck |= (votes.barred & (votes.refused_by == ratifier))[:, None] & barred
        return static.combinations.spread(struck)

    def _cells(self, packages: Ints) -> Ints:
        return self.static.cells[self.static.combinations.index[packages]]

    def _calendar(self, packages: Ints, held: Bools) -> tuple[Floats, Floats, Floats]:
        """Months of every vote, held or not, shape (B, V), of the last one held, and of the ceasefire, shape (B,)."""
        static, reached = self.static, list[Floats]()
        for delay, since in zip(self.milestones, static.counted_from, strict=True):
            reached.append(delay.of(packages) + (reached[since] if since >= 0 else 0.0))
        month = np.empty(held.shape)
        start = np.where(packages == NO_DEAL, np.nan, 0.0)
        ceasefire = reached[static.milestones.index(CEASEFIRE)] if CEASEFIRE in static.milestones else start
        for order in np.unique(static.order):
            last = start
            for vote in np.flatnonzero(static.order == order):
                ready = start
                for milestone in np.flatnonzero(static.needs[vote]):
                    ready = np.maximum(ready, reached[milestone])
                month[:, vote] = ready + self.months[:, static.of[vote]]
                last = np.where(held[:, vote], np.maximum(last, month[:, vote]), last)
            start = last
        return month, start, ceasefire


def _chance(share: Floats, error: Floats, needed: Floats, above: Bools) -> Floats:
    """Return the probability of passing with a normal error on the share; without error a step."""
    uncertain = error > 0
    z = (share - needed) / np.where(uncertain, error, 1.0)
    step = np.where(above, share > needed, share >= needed)
    return np.where(uncertain, exact.normal_cdf(z), step)


def _together(chances: Floats) -> tuple[Floats, Floats]:
    """Return product and minimum over the last axis, in ascending order: no name moves a bit of it."""
    ascending = np.sort(chances, axis=-1)
    product, smallest = np.ones(chances.shape[:-1]), np.ones(chances.shape[:-1])
    for place in range(chances.shape[-1]):
        product = product * ascending[..., place]
        smallest = np.minimum(smallest, ascending[..., place])
    return product, smallest


def _shares(support: Floats, shifts: Any, path: str, source: Source, space: PackageSpace, own: Combinations) -> Floats:
    """Return the expected share of one ratifier over the combinations it depends on, shape (B, K).

    Where nothing shifts it is the support itself, to the last bit: with no error it may be at the threshold.
    """
    log_odds = exact.log(support) - exact.log(1 - support)
    numbers = {issue: numbers_by_option(source, f"{path}.{issue}", shifts[issue]) for issue in sorted(shifts)}
    total = OptionSum.over(space, np.zeros(source.count), numbers)
    shift = total.over_combinations()[:, total.static.combinations.index[own.example]]
    return np.where(shift == 0, support[:, None], exact.logistic(log_odds[:, None] + shift))


def _surprises(shared_error: Any, names: list[str], source: Source) -> tuple[Floats, Floats, Floats]:
    """Return standard normal numbers of which any two have correlation rho, shape (B, J); `shared` and `alone`."""
    rho = share(source.number("ratification.shared_error", shared_error))
    shared, alone = np.sqrt(rho) * standard_normal(source, "ratification.shared"), np.sqrt(1 - rho)
    own = [alone * standard_normal(source, f"ratification.ratifiers.{name}.vote") for name in names]
    return side_by_side([shared + part for part in own], source.count), shared, alone


def _delay(name: str, milestone: Any, source: Source, space: PackageSpace) -> OptionSum:
    """Return the months of a milestone after what it counts from: one number, or one by option of an issue."""
    path = f"ratification.milestones.{name}.months"
    if milestone.by is None:
        return OptionSum.over(space, not_negative(source.number(path, milestone.months)), {})
    drawn = numbers_by_option(source, path, milestone.months)
    months = {option: not_negative(values) for option, values in drawn.items()}
    return OptionSum.over(space, np.zeros(source.count), {milestone.by: months})


def _check_milestone(hangs_on: Place, months: Place, names: Names) -> None:
    if not months:
        return
    by, table = hangs_on.text, months.is_mapping and is_table(months.keys)
    if table and not hangs_on:
        months.fault("months by option need the issue whose options these are; add `by: ISSUE`", BLOCK)
    elif by is not None and not table:
        months.fault(f"months for each option of {shown(by)} would do; for one number take out `by`", BLOCK)
    elif by is not None and by in names.options:
        months.must_have_each(names.options[by], f"option of {by}", "no months for")


def _check_circles(milestones: Place) -> None:
    reported: set[str] = set()
    for start in milestones.keys:
        walked: list[str] = []
        name: str | None = start
        while name is not None and name not in walked:
            walked.append(name)
            name = milestones[name]["after"].text
        if name is None or name in reported:
            continue
        circle = walked[walked.index(name) :]
        reported.update(circle)
        who = f"{listed(circle)} wait for one another" if len(circle) > 1 else f"{shown(name)} waits for itself"
        milestones[circle[0]]["after"].fault(f"{who}; let one of them follow the signature: take out its `after`")
