"""Side payments (carrots): utility that the mediator adds to packages, out of one budget."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from sim.core.cache import Cache
from sim.core.conditions import When
from sim.core.exact import Floats
from sim.core.fields import Block, Ids, Listed, Name, PartyName, Text
from sim.core.mechanism import Bound, Drawing
from sim.core.numbers import Amount
from sim.core.packages import Bools, Ints, PackageSpace, frozen
from sim.core.utility import Extra
from sim.mechanisms.drawn_numbers import sum_ascending

ROOM = 1_000_000  # packages in all cached groups, 8 bytes each
MOST_OFFERS = 100


class CarrotSpec(Block):
    """Utility that the mediator adds to packages, for one party."""

    id: Name = Field(description="Name of the offer.")
    party: PartyName = Field(description="The recipient.")
    when: When = Field(description="The packages that earn it.")
    adds: Amount = Field(description="Utility added, on that party's scale from 0 to 1, while the budget lasts.")
    because: Text = Field("", description="Why.")


class CarrotsSpec(Block):
    """Extra utility that the mediator can add to packages."""

    budget: Amount = Field(description="Maximum added to one package, over all parties; offers are cut in proportion.")
    offers: Annotated[tuple[CarrotSpec, ...], Listed(1, MOST_OFFERS), Ids("offer")] = Field(
        description="Its offers, each with a party and the packages that earn it."
    )


@dataclass(frozen=True, eq=False)
class Offered:
    """Which payments apply to which packages, the same in all draws.

    Packages with the same payments are a group. There are few groups, so the budget is shared out by group.
    """

    party: Ints  # index of the recipient of each payment, shape (offers,)
    holds: Bools  # payments that apply to each group, shape (groups, offers); at least one in each
    packages: tuple[Ints, ...]  # the packages of each group


@dataclass(frozen=True, eq=False)
class Carrots(Bound):
    """The mediator's side payments in each draw."""

    static: Offered
    adds: Floats  # utility that each payment adds within the budget, 0 or more, shape (B, offers)
    budget: Floats  # maximum added to one package, over all parties, 0 or more, shape (B,)

    @classmethod
    def draw(cls, spec: CarrotsSpec | None, drawing: Drawing) -> "Carrots | None":
        """Draw the numbers of `mediation.carrots`; None where the file has none."""
        if spec is None:
            return None
        offers, source, table = spec.offers, drawing.source, drawing.table
        adds = [source.number(f"mediation.carrots.offers.{offer.id}.adds", offer.adds) for offer in offers]
        budget = source.number("mediation.carrots.budget", spec.budget)
        return cls(offered(offers, table.parties, table.space), np.array(adds).T, budget)

    @classmethod
    def at_values(cls, spec: CarrotsSpec, parties: Sequence[str], space: PackageSpace) -> "Carrots":
        adds = [float(offer.adds.value) for offer in spec.offers]
        return cls(offered(spec.offers, parties, space), np.array([adds]), np.array([float(spec.budget.value)]))

    def extras(self) -> list[Extra]:
        """Return what each party gets, group by group.

        Payments over the budget are cut in the same proportion: neither the order of the file nor a name decides.
        """
        extras, draws = [], self.budget.shape
        for holds, packages in zip(self.static.holds, self.static.packages, strict=True):
            total = sum_ascending(list(self.adds.T[holds]), draws)
            scarce = total > self.budget
            paid = np.divide(self.budget, total, out=np.ones(draws), where=scarce)
            for party in np.unique(self.static.party[holds]):
                own = sum_ascending(list(self.adds.T[holds & (self.static.party == party)]), draws)
                extras.append(Extra(int(party), packages, own * paid))
        return extras


def offered(offers: Sequence[Any], parties: Sequence[str], space: PackageSpace) -> Offered:
    """Group the packages by the payments that apply; the same arguments give the same cached object."""
    key = space, tuple(parties), tuple((offer.party, offer.when.key) for offer in offers)
    return _grouped.get(key, lambda: _offered(offers, parties, space), lambda found: sum(map(len, found.packages)))


_grouped = Cache[Offered](ROOM)


def _offered(offers: Sequence[Any], parties: Sequence[str], space: PackageSpace) -> Offered:
    party = np.array([list(parties).index(offer.party) for offer in offers], np.int64)
    holds = np.array([space.holds(offer.when) for offer in offers])
    _, first, group = np.unique(np.packbits(holds, axis=0), axis=1, return_index=True, return_inverse=True)
    by_group = np.argsort(group.ravel(), kind="stable")
    members = np.split(frozen(by_group), np.cumsum(np.bincount(group.ravel()))[:-1])
    paid = [at for at, example in enumerate(first) if holds[:, example].any()]
    return Offered(frozen(party), frozen(holds[:, first[paid]]).T, tuple(members[at] for at in paid))


def most_added(spec: CarrotsSpec) -> Mapping[str, float]:
    """Return the maximum that `mediation.carrots` can add, by recipient."""
    most: dict[str, list[float]] = {}
    for offer in spec.offers:
        most.setdefault(offer.party, []).append(_highest(offer.adds))
    return {party: min(sum(sorted(adds)), _highest(spec.budget)) for party, adds in most.items()}


def _highest(number: Any) -> float:
    return float(number.value if number.high is None else number.high)
