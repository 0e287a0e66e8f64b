"""The talks of one draw as ordinary loops over packages and parties, for comparison with the arrays."""

import hashlib
from itertools import pairwise, product
from typing import Any

from sim.model.ensemble import Ensemble

TOLERANCE = 1e-9

Package = tuple[str, ...]


class Table:
    """One draw: packages as tuples of option names in issue-name order."""

    def __init__(self, ensemble: Ensemble) -> None:
        assert len(ensemble) == 1
        scenario, structure = ensemble.scenario, ensemble.structure
        self.names = list(structure.parties)
        self.issues = [issue.name for issue in structure.space.issues]
        self.packages = list(product(*[issue.options for issue in structure.space.issues]))
        self.rounds = scenario.time.rounds
        self.listed = {name: list(issue.options) for name, issue in scenario.issues.items()}
        self.protocol = ensemble.protocol
        self.turns = [[self.names[n] for n in ensemble.turns[k, 0]] for k in range(self.rounds)]
        self.r = {name: float(ensemble.reservation_value[0, n]) for n, name in enumerate(self.names)}
        self.signs = {name: ensemble.scenario.parties[name].signs for name in self.names}
        self.strategy = {name: ensemble.strategies[n] for n, name in enumerate(self.names)}
        self.u = {name: self._worth(ensemble, n, name) for n, name in enumerate(self.names)}
        self.lines = {name: self._real_lines(ensemble, name) for name in self.names}
        self.known = {name: self._known(ensemble, name) for name in self.names}
        complete = self.protocol.information == "complete"
        self.known_r = {name: self.r[name] if complete else 0.0 for name in self.names}
        self.leaning = {name: self._leaning(ensemble, name) for name in self.names}
        self.option_worth = ensemble.option_worth[0]
        self.weights = ensemble.weights[0]
        self.options = [issue.options for issue in structure.space.issues]

    def willing(self, name: str, package: Package) -> bool:
        """Whether a package is worth no deal or more to a party."""
        return self.u[name][package] >= self.r[name] - TOLERANCE

    def _worth(self, ensemble: Ensemble, n: int, name: str) -> dict[Package, float]:
        worth = {}
        party = ensemble.scenario.parties[name]
        for package in self.packages:
            total = 0.0
            for i, option in enumerate(package):
                place = ensemble.structure.space.issues[i].options.index(option)
                total += float(ensemble.weights[0, n, i]) * float(ensemble.option_worth[0, n, i, place])
            for linkage in party.linkages:
                if matches(linkage.when, dict(zip(self.issues, package, strict=True))):
                    column = [s.path for s in ensemble.structure.linkages].index(
                        f"parties.{name}.linkages.{linkage.id}.adds"
                    )
                    total += float(ensemble.linkage_worth[0, column])
            worth[package] = total + self._carrot(ensemble, name, package)
        return worth

    def _carrot(self, ensemble: Ensemble, name: str, package: Package) -> float:
        """What the mediator adds to a package for one party; all it adds to a package fits its budget."""
        mediation = ensemble.scenario.mediation
        if mediation is None or mediation.carrots is None:
            return 0.0

        def number(path: str, value: Any) -> float:
            return float(ensemble.inputs.get(f"mediation.carrots.{path}", [value.value])[0])

        held = [offer for offer in mediation.carrots.offers if self.holds(offer.when, package)]
        adds = {offer.id: number(f"offers.{offer.id}.adds", offer.adds) for offer in held}
        total, budget = sum(adds.values()), number("budget", mediation.carrots.budget)
        own = sum(adds[offer.id] for offer in held if offer.party == name)
        return own * budget / total if total > budget else own

    def _leaning(self, ensemble: Ensemble, me: str) -> dict[str, float]:
        """By how much more a party asks of a package for each of the others."""
        mediation, even = ensemble.scenario.mediation, dict.fromkeys(self.names, 1.0)
        if mediation is None or mediation.bias is None or mediation.mediator != me:
            return even
        bias, by = mediation.bias, float(mediation.bias.by.value)
        return even | {bias.toward: 1 + by} | dict.fromkeys(bias.away_from, 1 - by)

    def _real_lines(self, ensemble: Ensemble, name: str) -> dict[str, Any]:
        lines = {}
        for column, full in enumerate(ensemble.structure.lines.names):
            party, line_id = full.split(".")
            if party == name and ensemble.real[0, column]:
                lines[full] = next(x for x in ensemble.scenario.parties[name].red_lines if x.id == line_id)
        return lines

    def _known(self, ensemble: Ensemble, name: str) -> dict[Package, float]:
        """What the others believe packages are worth to a party."""
        information = self.protocol.information
        if information == "complete":
            return self.u[name]
        if information in ("none", "learned"):
            return dict.fromkeys(self.packages, 1.0)
        values, worth = ensemble.scenario.parties[name].values, {}
        for package in self.packages:
            total = 0.0
            for issue, option in zip(self.issues, package, strict=True):
                levels = sorted({float(p.value) for p in values[issue].values()})
                own = levels.index(float(values[issue][option].value))
                total += (own / (len(levels) - 1) if len(levels) > 1 else 1.0) / len(self.issues)
            worth[package] = total
        return worth

    def learn(self, offers: dict[str, list[Package]]) -> None:
        """What is believed of each party from what it has offered so far: often asked for is liked, steady is dear."""
        for name, made in offers.items():
            dear = [1.0 + 0.2 * sum(a[i] == b[i] for a, b in pairwise(made)) for i in range(len(self.issues))]
            asked = [self._near(issue, [offer[i] for offer in made]) for i, issue in enumerate(self.issues)]
            self.known[name] = {
                package: sum(
                    dear[i] / sum(dear) * (1 + asked[i][option]) / (1 + max(asked[i].values()))
                    for i, option in enumerate(package)
                )
                for package in self.packages
            }

    def _near(self, issue: str, bids: list[str]) -> dict[str, float]:
        """How much bids speak for each option: 1 for itself, nothing for the end furthest from it."""
        listed = self.listed[issue]
        count = dict.fromkeys(listed, 0.0)
        for place in map(listed.index, bids):
            far = max(place, len(listed) - 1 - place, 1)
            for option in listed:
                count[option] += 1 - abs(listed.index(option) - place) / far
        return count

    def holds(self, condition: Any, package: Package) -> bool:
        """Whether a condition holds for a package."""
        return matches(condition, dict(zip(self.issues, package, strict=True)))

    def signatories(self, package: Package) -> list[str]:
        return [name for name in self.names if self.holds(self.signs[name], package)]

    def behind(self, line: Any, package: Package) -> bool:
        """Whether a package lies behind a red line, real or not."""
        return self.holds(line.never, package) and not self.holds(line.unless, package)

    def crossed(self, package: Package, name: str) -> list[str]:
        """Real lines of a party that a package crosses, by id; they bind only where the party signs."""
        if name not in self.signatories(package):
            return []
        return sorted(full for full, line in self.lines[name].items() if self.behind(line, package))

    def closed(self, package: Package, name: str) -> bool:
        """Whether a party cannot sign a package at all."""
        return bool(self.crossed(package, name))

    def offered(self, package: Package) -> bool:
        """Whether a package can be put on the table, if not signed."""
        return True

    def tie_key(self, me: str, package: Package) -> tuple[float, float, str]:
        gains = {
            other: self.known[other][package] - self.known_r[other]
            for other in self.signatories(package)
            if other != me
        }
        lean = self.leaning[me]
        smallest = min((g * lean[other] if g < 0 else g / lean[other] for other, g in gains.items()), default=1e6)
        total = 0.0
        for gain in sorted(gain * lean[other] for other, gain in gains.items()):
            total += gain
        digest = hashlib.sha256("/".join(package).encode()).hexdigest()
        if self.protocol.information == "learned":
            return (0.0, 0.0, digest)
        return (-round(smallest / TOLERANCE), -round(total / TOLERANCE), digest)

    def share_key(self, me: str, package: Package) -> int:
        shares = [1e6]
        for other in self.signatories(package):
            if other != me:
                best = max(self.known[other].values())
                share = self.known[other][package] / best if best > TOLERANCE else 0.0
                shares.append(share / self.leaning[me][other])
        return -round(min(shares) / TOLERANCE)


def matches(condition: Any, options: dict[str, str]) -> bool:
    return any(all(options[issue] in wanted for issue, wanted in clause.items()) for clause in condition.clauses)


class PlainTalks:
    """The bargaining of one draw, written out."""

    def __init__(self, ensemble: Ensemble) -> None:
        self.table = Table(ensemble)
        self.named: dict[str, int] = {}  # red line -> the round in which it was last named
        self.received: dict[str, Package] = {}
        self.settled: dict[str, Package] = {}
        self.best_received: dict[str, float] = {}
        self.own_offer: dict[str, Package] = {}
        self.offers_made = dict.fromkeys(self.table.names, 0)
        self.offers: dict[str, list[Package]] = {name: [] for name in self.table.names}
        self.drafts = {name: self._drafts(ensemble, name) for name in self.table.names}
        self.standing: Package | None = None
        self.proposer = ""
        self.accepted: set[str] = set()
        self.signed: tuple[int, Package, str] | None = None
        self.did: list[tuple[int, str, str, Package]] = []  # round, who, did what, what lay on the table then

    def _drafts(self, ensemble: Ensemble, name: str) -> list[Package]:
        """Texts that a party puts on the table first, one an offer."""
        proposals = [ensemble.scenario.proposals[text].package for text in ensemble.scenario.parties[name].opens_with]
        return [tuple(text[issue] for issue in self.table.issues) for text in proposals]

    def aspiration(self, me: str, k: int) -> float:
        t = self.table
        best = max((t.u[me][p] for p in t.packages if not t.closed(p, me)), default=float("-inf"))
        best = max(best, t.r[me])
        time = (k - 1) / (t.rounds - 1) if t.rounds > 1 else 1.0
        return best - (best - t.r[me]) * time ** float(t.strategy[me].exponent[0])

    def best_package(self, me: str) -> Package:
        t = self.table
        pool = [p for p in t.packages if not t.closed(p, me)] or [p for p in t.packages if t.offered(p)] or t.packages
        top = max(t.u[me][p] for p in pool)
        return min((p for p in pool if t.u[me][p] >= top - TOLERANCE), key=lambda p: t.tie_key(me, p))

    def avoided(self, package: Package, k: int) -> bool:
        """Whether a package crosses a line that somebody has named and all still remember."""
        t, memory = self.table, self.table.protocol.memory
        heard = {line for line, at in self.named.items() if memory is None or at > k - memory}
        return any(line in heard for name in t.names for line in t.crossed(package, name))

    def settle(self, k: int) -> None:
        """Rules that look at all packages settle what is offered in a round when it begins."""
        learns, rules = self.table.protocol.information == "learned", self.table.strategy
        self.settled = {
            me: self.choice(me, k, rules[me].offers)
            for me in self.table.names
            if rules[me].offers == "nash" or (rules[me].offers == "nearest" and me in self.received)
            or (learns and rules[me].offers in ("nearest", "best_for_others"))
        }  # fmt: skip

    def offer(self, me: str, k: int) -> Package:
        if me in self.settled:
            return self.settled[me]
        rule = self.table.strategy[me].offers
        return self.choice(me, k, "best_for_others" if rule == "nearest" else rule)

    def choice(self, me: str, k: int, rule: str) -> Package:
        t, least = self.table, self.aspiration(me, k)
        enough = [p for p in t.packages if not t.closed(p, me) and t.u[me][p] >= least - TOLERANCE]
        pool = [p for p in enough if not self.avoided(p, k)] or enough
        if not pool:
            return self.best_package(me)
        if rule == "best_for_others" or (rule == "nearest" and me not in self.received):
            return min(pool, key=lambda p: (t.share_key(me, p), *t.tie_key(me, p)))
        merit = {p: self.merit(rule, me, p) for p in pool}
        top = max(merit.values())
        return min((p for p in pool if merit[p] >= top - TOLERANCE), key=lambda p: t.tie_key(me, p))

    def merit(self, rule: str, me: str, package: Package) -> float:
        t = self.table
        if rule == "least_own":
            return -t.u[me][package]
        if rule == "nearest":
            n, there, distance = t.names.index(me), self.received[me], 0.0
            for i, (a, b) in enumerate(zip(package, there, strict=True)):
                w, worth = float(t.weights[n, i]), t.option_worth[n, i]
                distance += abs(w * worth[t.options[i].index(a)] - w * worth[t.options[i].index(b)])
            return -distance
        product_of_gains = 1.0
        for other in t.signatories(package):
            no_deal = t.r[other] if other == me else t.known_r[other]
            worth = t.u[me][package] if other == me else t.known[other][package]
            product_of_gains *= max(worth - no_deal, 0.0)
        return product_of_gains

    def accepts(self, me: str, package: Package, k: int) -> bool:
        t, u = self.table, self.table.u[me]
        if t.closed(package, me) or not t.willing(me, package):
            return False
        rule = t.strategy[me].accepts
        if rule == "threshold":
            return u[package] >= self.aspiration(me, k) - TOLERANCE
        enough = u[package] >= u[self.offer(me, k)] - TOLERANCE
        late = (k - 1) / (t.rounds - 1) >= 0.9 if t.rounds > 1 else True
        if rule == "combined" and late:
            enough = enough or u[package] >= self.best_received.get(me, float("-inf")) - TOLERANCE
        return enough

    def play(self) -> "PlainTalks":
        """All rounds, or as many as it takes to sign."""
        for k in range(1, self.table.rounds + 1):
            if self.signed is None:
                self.pass_of_the_table(k)
        return self

    def pass_of_the_table(self, k: int) -> None:
        """Each party of the order, once, until something is signed."""
        t = self.table
        if t.protocol.information == "learned":
            t.learn(self.offers)
        self.settle(k)
        for me in t.turns[k - 1]:
            did = self.turn(me, k)
            assert self.standing is not None
            self.did.append((k, me, did, self.standing))
            if self.accepted >= set(t.signatories(self.standing)):
                self.signed = k, self.standing, self.proposer
                return

    def turn(self, me: str, k: int) -> str:
        """One party answers what lies on the table, or puts something on it."""
        t, did = self.table, "offered"
        if self.standing is not None:
            if me not in t.signatories(self.standing):
                return "passed"
            self.received[me] = self.standing
            self.best_received[me] = max(self.best_received.get(me, float("-inf")), t.u[me][self.standing])
            if self.accepts(me, self.standing, k):
                self.accepted.add(me)
                return "accepted"
            did = "refused"
            if t.protocol.refusals == "reasoned" and t.crossed(self.standing, me):
                self.named[t.crossed(self.standing, me)[0]] = k
        draft = [text for text in self.drafts[me][self.offers_made[me] :][:1] if t.offered(text)]
        self.standing, self.proposer = draft[0] if draft else self.offer(me, k), me
        self.own_offer[me] = self.standing
        self.offers[me].append(self.standing)
        self.offers_made[me] += 1
        self.accepted = {me} if self.accepts(me, self.standing, k) else set()
        return did
