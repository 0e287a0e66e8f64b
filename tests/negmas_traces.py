"""What NegMAS made of random domains, and the same domains played and solved here, offer by offer.

The domains come from `benchmarks/negmas_domains.py`; nothing here needs NegMAS.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from sim.core import solutions
from sim.core.bids import NEARLY
from sim.core.exact import TOLERANCE, Floats
from sim.core.packages import NO_DEAL, Bools
from sim.core.pareto import pareto_frontier
from sim.core.state import ACCEPTED, NOT_ASKED, State
from sim.core.strategy import NO_BID, Stance, View
from sim.model.ensemble import Ensemble, draw
from sim.model.peace_talks import PeaceTalks, Talks, hold_talks
from sim.protocols.negmas_0_16 import Negmas016
from sim.protocols.rounds import ALWAYS
from sim.strategies.negmas_aspiration import NegmasAspiration
from tests.theory import zopa_by_definition
from tests.worlds import made

WHOLE, PERCENT = 1_000_000, 1_000  # what the whole numbers of a domain count in: of a weight, of a point

Domain = dict[str, Any]
Offer = tuple[int, int, tuple[int, ...]]  # round, party, package as indices of options

SAME = ""
TIE = "another package of the same worth to the party that offers it"
LAST_BITS = "a worth and what is asked for differ by less than 1e-9"
GUARD = "the proposer could not sign its own offer: no consent here, consent in NegMAS"
UNEXPLAINED = "unexplained"
EDGE = "a package worth no deal to a party but for last bits: in the zone here, not in NegMAS"
BETTER_BUT_FOR_LAST_BITS = "a package that another is better than but for last bits: on the frontier of NegMAS"
NO_GAIN = "a party can gain nothing: all packages tie in NegMAS, here the others decide"


def problem(domain: Domain) -> dict[str, Any]:
    """A domain as a scenario file: parties n0, n1, ... in the order in which NegMAS calls them.

    A file may not say that no package at all is worth no deal to a party; there an event says it before round 1.
    """
    names = [f"n{n}" for n in range(len(domain["parties"]))]
    issues = {f"i{i}": {f"o{k}": f"Option {k}" for k in range(count)} for i, count in enumerate(domain["options"])}
    return {
        "schema": 1,
        "id": "domain",
        "title": "A domain",
        "time": {"rounds": domain["rounds"], "days_per_round": 1},
        "issues": {name: {"label": name, "options": options} for name, options in issues.items()},
        "parties": {name: _party(party) for name, party in zip(names, domain["parties"], strict=True)},
        "protocol": {"name": "negmas_0_16", "order": names},
        "events": [
            {"id": f"dearer_{name}", "at": {"month": 0}, "shifts_no_deal": {name: party["no_deal"] / WHOLE}}
            for name, party in zip(names, domain["parties"], strict=True)
            if asks_for_more_than_there_is(party)
        ],
    }


def asks_for_more_than_there_is(party: Domain) -> bool:
    """Whether no package is worth no deal to a party."""
    best = sum(weight * max(points) for weight, points in zip(party["weights"], party["points"], strict=True))
    return bool(party["no_deal"] * 100 * PERCENT > best)


def _party(party: Domain) -> dict[str, Any]:
    return {
        "label": party["negotiator"],
        "weights": {f"i{i}": weight / WHOLE for i, weight in enumerate(party["weights"])},
        "values": {
            f"i{i}": {f"o{k}": each / PERCENT for k, each in enumerate(points)}
            for i, points in enumerate(party["points"])
        },
        "no_deal": 0 if asks_for_more_than_there_is(party) else party["no_deal"] / WHOLE,
        "strategy": {"name": "negmas_aspiration", "exponent": party["exponent"], "tolerance": party["tolerance"]},
    }


@dataclass(frozen=True)
class FollowsInTies(NegmasAspiration):
    """Offers NegMAS's package where it is worth the same to the party as its own choice; decides all else itself."""

    theirs: Mapping[tuple[int, int], int] = field(default_factory=dict)

    def stance(self, view: View) -> Stance:
        stance = super().stance(view)
        other, asked = self.theirs.get((view.round, view.party), NO_BID), stance.aspiration
        if other == NO_BID:
            return stance
        enough = np.flatnonzero(view.signable[0] & (view.utility[0] >= asked[0] - NEARLY - TOLERANCE))
        near = np.abs(view.utility[0, enough] - asked[0])
        own = view.utility[0, enough[near <= near.min() + TOLERANCE]] if len(enough) else view.best
        tied = (np.abs(own - view.utility[0, other]) <= TOLERANCE).all()
        return stance._replace(bid=np.array([other])) if tied else stance


def play(domain: Domain) -> Talks:
    """The domain played here, from a scenario as any other."""
    return hold_talks(draw(made(problem(domain))))


def play_with_their_ties(domain: Domain) -> Talks:
    """The same, but that of several packages worth the same to a party it offers the one that NegMAS takes."""
    return hold_talks(_with_their_ties(domain))


def _with_their_ties(domain: Domain) -> Ensemble:
    ensemble = draw(made(problem(domain)))
    theirs = {(k, n): ensemble.structure.package_of(_named(place)) for k, n, place in domain["offers"]}
    strategies = tuple(FollowsInTies(each.exponent, each.tolerance, theirs) for each in ensemble.strategies)
    return replace(ensemble, strategies=strategies)


@dataclass(frozen=True)
class BindsAll(Negmas016):
    """An offer binds whoever makes it, also one that it could not sign: NegMAS's rule, which is not ours."""

    proposer_accepts = ALWAYS


class TalksThatBindAll(PeaceTalks):
    """Talks in which a consent stands that nobody could give."""

    def _still_agreed(self, state: State) -> State:
        return state


def play_bound(domain: Domain, theirs_in_ties: bool = False) -> Talks:
    """The domain played as NegMAS plays it, parties bound by offers worth less to them than no deal."""
    ensemble = _with_their_ties(domain) if theirs_in_ties else draw(made(problem(domain)))
    return TalksThatBindAll(replace(ensemble, protocol=BindsAll(ensemble.protocol.order))).hold()


def _named(place: Sequence[int]) -> dict[str, str]:
    return {f"i{i}": f"o{k}" for i, k in enumerate(place)}


def places(talks: Talks, package: int) -> tuple[int, ...]:
    """A package as indices of options, issues by name."""
    options = talks.ensemble.structure.space.options_of(package)
    return tuple(int(options[name][1:]) for name in sorted(options))


def package_of(talks: Talks, place: Sequence[int]) -> int:
    """The package at some indices of options."""
    return talks.ensemble.structure.package_of(_named(place))


def turns_of(talks: Talks) -> list[tuple[int, int, int, int]]:
    """Round, party, what it did and what lay on the table then, for every turn of the first draw."""
    return [
        (k, *turn)
        for k, moves in enumerate(talks.moves, 1)
        for turn in np.array([moves.who, moves.did, moves.package])[:, :, 0].T.tolist()
        if turn[1] != NOT_ASKED
    ]


def offers_of(talks: Talks) -> list[Offer]:
    """Every offer made in the first draw."""
    return [(k, who, places(talks, package)) for k, who, did, package in turns_of(talks) if did != ACCEPTED]


def difference(domain: Domain, talks: Talks) -> str:
    """The reason of the first difference between NegMAS's run of a domain and ours; empty if they are the same.

    The same are all offers with their rounds, the agreement and its round, and, without one, how many had accepted
    what lay on the table at the end.
    """
    theirs: list[Offer] = [(k, n, tuple(place)) for k, n, place in domain["offers"]]
    mine = offers_of(talks)
    for at, (own, other) in enumerate(zip(mine, theirs, strict=False)):
        if own != other:
            return _why(talks, own, other, theirs[at - 1])
    agreed = None if talks.package[0] == NO_DEAL else list(places(talks, int(talks.package[0])))
    same = (mine, agreed, int(talks.signed[0])) == (theirs, domain["agreement"], domain["signed"])
    if same and (agreed or int(talks.accepted[0].sum()) == domain["accepted_last"]):
        return SAME
    if not agreed_first(talks, domain) and _all_but_the_proposer_accept(domain, talks, len(theirs)):
        return GUARD
    return _last_bits(talks, min(mine, theirs, key=len)[-1])


def agreed_first(talks: Talks, domain: Domain) -> bool:
    """Whether there is an agreement here, in the round of NegMAS's or before."""
    return 0 < int(talks.signed[0]) <= (domain["signed"] or domain["rounds"])


def _all_but_the_proposer_accept(domain: Domain, talks: Talks, offers: int) -> bool:
    """Whether after so many offers as many accept as in NegMAS, but for the proposer, who could not sign its offer."""
    turns = turns_of(talks)
    last = [at for at, turn in enumerate(turns) if turn[2] != ACCEPTED][offers - 1]
    k, party, _, package = turns[last]
    others = domain["accepted_last"] - 1
    accept = [turn[2] == ACCEPTED for turn in turns[last + 1 : last + 1 + others]]
    worth = float(talks.net_utility[0, party, package])
    return len(accept) == others and all(accept) and worth < talks.reservation_value[k - 1, 0, party] - TOLERANCE


def _why(talks: Talks, mine: Offer, theirs: Offer, before: Offer) -> str:
    """The reason why two offers differ that come after the same offers."""
    if mine[:2] != theirs[:2]:
        return _last_bits(talks, before)
    worth = [float(talks.net_utility[0, mine[1], package_of(talks, each[2])]) for each in (mine, theirs)]
    asked = float(talks.aspiration[mine[0] - 1, 0, mine[1]])
    if abs(worth[0] - worth[1]) <= TOLERANCE:
        return TIE
    return LAST_BITS if abs(abs(worth[0] - asked) - abs(worth[1] - asked)) <= TOLERANCE else UNEXPLAINED


def _last_bits(talks: Talks, standing: Offer) -> str:
    """The reason why somebody took an offer in one run only: last bits, if it is worth what somebody asked for."""
    worth = talks.net_utility[0, :, package_of(talks, standing[2])]
    near = np.abs(talks.aspiration[standing[0] - 1 :, 0] - worth) <= TOLERANCE
    return LAST_BITS if near.any() else UNEXPLAINED


RULES = {"nash": solutions.nash, "kalai": solutions.egalitarian, "max_welfare": solutions.utilitarian}

Vectors = set[tuple[int, ...]]  # worths to all parties in steps of the tolerance


def solve(domain: Domain, talks: Talks) -> dict[str, Vectors]:
    """The solutions of a domain by our rules over the zone, as the worths of their packages that are on the frontier.

    What a party gains is counted from no deal, or from its worst package where that is worth more. `ks` is NegMAS's
    rule, the smallest spread of shares of what a party could gain over all packages; `ks_zone` the same with what it
    could gain in the zone; `kalai_smorodinsky` the rule of `sim.core.solutions`.
    """
    utility, parties = talks.net_utility[0], np.ones(len(domain["parties"]), bool)
    no_deal = np.maximum(talks.reservation_value[0, 0], utility.min(axis=1))
    zone = zopa_by_definition(utility[None], talks.reservation_value[0], talks.ensemble.structure.signs)[0]
    frontier = np.zeros(len(zone), bool)
    frontier[np.flatnonzero(zone)[pareto_frontier(utility[:, zone])]] = True
    found = {"pareto": frontier}
    for name, rule in (RULES | {"kalai_smorodinsky": solutions.kalai_smorodinsky}).items():
        found[name] = np.isin(np.arange(len(zone)), rule(utility, no_deal, zone, parties).packages)
    found["ks"] = least_spread(utility, no_deal, utility.max(axis=1), frontier)
    found["ks_zone"] = least_spread(utility, no_deal, utility[:, zone].max(axis=1, initial=-np.inf), frontier)
    return {name: vectors(utility[:, packages & frontier]) for name, packages in found.items()}


def their_solutions(domain: Domain, talks: Talks) -> dict[str, Vectors]:
    """The same as NegMAS finds them; of packages worth the same to all it keeps one."""
    found = {}
    for name, listed in domain["solutions"].items():
        packages = [package_of(talks, place) for place in listed]
        found[name] = vectors(talks.net_utility[0][:, packages])
    return found


def why_solutions_differ(domain: Domain, talks: Talks, name: str) -> str:
    """The reason why NegMAS finds other packages for a solution than we do; empty if it does not."""
    ours, theirs = solve(domain, talks), their_solutions(domain, talks)
    if ours[name] == theirs[name]:
        return SAME
    gain = np.array([max((worth[n] for worth in ours["pareto"]), default=0) for n in range(len(domain["parties"]))])
    least = np.rint(np.maximum(talks.reservation_value[0, 0], talks.net_utility[0].min(axis=1)) / TOLERANCE)
    if name != "pareto" and (gain <= least + 1).any():
        return NO_GAIN
    lost, extra = ours["pareto"] - theirs["pareto"], theirs["pareto"] - ours["pareto"]
    edge = {worth for worth in lost if (np.abs(np.array(worth) - talks.reservation_value[0, 0] / TOLERANCE) <= 1).any()}
    beaten = {worth for worth in extra if any((np.array(worth) <= np.array(other)).all() for other in ours["pareto"])}
    if not (lost or extra) or edge != lost or beaten != extra:
        return UNEXPLAINED
    return EDGE if lost else BETTER_BUT_FOR_LAST_BITS


def vectors(utility: Floats) -> Vectors:
    """Distinct worths, shape (N, P), in steps of the tolerance."""
    return {tuple(column) for column in np.rint(utility / TOLERANCE).astype(np.int64).T.tolist()}


def least_spread(utility: Floats, no_deal: Floats, ideal: Floats, among: Bools) -> Bools:
    """Packages whose shares of the largest gains lie closest together, shape (P,)."""
    shares = (utility - no_deal[:, None]) / np.where(ideal > no_deal, ideal - no_deal, 1.0)[:, None]
    spread = np.where(among, shares.max(axis=0) - shares.min(axis=0), np.inf)
    least: Bools = among & (spread <= spread.min() + TOLERANCE)
    return least
