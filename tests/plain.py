"""The talks of one draw as ordinary loops over packages and parties, for comparison with the arrays."""

import hashlib
from itertools import product
from typing import Any

from sim.ensemble import Ensemble

TOLERANCE = 1e-9


class Table:
    """One draw: packages as tuples of option names in issue-name order."""

    def __init__(self, ensemble: Ensemble) -> None:
        assert len(ensemble) == 1
        scenario, structure = ensemble.scenario, ensemble.structure
        self.names = list(structure.parties)
        self.issues = [issue.name for issue in structure.space.issues]
        self.packages = list(product(*[issue.options for issue in structure.space.issues]))
        self.rounds = scenario.time.rounds
        self.protocol = ensemble.protocol
        self.turns = [[self.names[n] for n in ensemble.turns[k, 0]] for k in range(self.rounds)]
        self.r = {name: float(ensemble.no_deal[0, n]) for n, name in enumerate(self.names)}
        self.strategy = {name: ensemble.strategies[n] for n, name in enumerate(self.names)}
        self.u = {name: self._worth(ensemble, n, name) for n, name in enumerate(self.names)}
        self.lines = {name: self._real_lines(ensemble, name) for name in self.names}
        self.known = {name: self._known(ensemble, name) for name in self.names}
        self.option_worth = ensemble.option_worth[0]
        self.weights = ensemble.weights[0]
        self.options = [issue.options for issue in structure.space.issues]

    def _worth(self, ensemble: Ensemble, n: int, name: str) -> dict[tuple[str, ...], float]:
        worth = {}
        party = ensemble.scenario.parties[name]
        for package in self.packages:
            total = 0.0
            for i, option in enumerate(package):
                place = ensemble.structure.space.issues[i].options.index(option)
                total += float(ensemble.weights[0, n, i]) * float(ensemble.option_worth[0, n, i, place])
            for linkage in party.linkages:
                if _matches(linkage.when, dict(zip(self.issues, package, strict=True))):
                    column = [s.path for s in ensemble.structure.linkages].index(
                        f"parties.{name}.linkages.{linkage.id}.adds"
                    )
                    total += float(ensemble.linkage_worth[0, column])
            worth[package] = total
        return worth

    def _real_lines(self, ensemble: Ensemble, name: str) -> dict[str, Any]:
        lines = {}
        for column, full in enumerate(ensemble.structure.lines.names):
            party, line_id = full.split(".")
            if party == name and ensemble.real[0, column]:
                lines[full] = next(x for x in ensemble.scenario.parties[name].red_lines if x.id == line_id)
        return lines

    def _known(self, ensemble: Ensemble, name: str) -> dict[tuple[str, ...], float]:
        """What the others believe packages are worth to a party."""
        information = self.protocol.information
        if information == "complete":
            return self.u[name]
        if information == "none":
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

    def crossed(self, package: tuple[str, ...], name: str) -> list[str]:
        """Real lines of a party that a package crosses, by id."""
        options = dict(zip(self.issues, package, strict=True))
        return sorted(
            full
            for full, line in self.lines[name].items()
            if _matches(line.never, options) and not _matches(line.unless, options)
        )

    def tie_key(self, me: str, package: tuple[str, ...]) -> tuple[float, float, str]:
        gains = sorted(
            self.known[other][package] - (self.r[other] if self.protocol.information == "complete" else 0.0)
            for other in self.names
            if other != me
        )
        total = 0.0
        for gain in gains:
            total += gain
        digest = hashlib.sha256("/".join(package).encode()).hexdigest()
        return (-round(gains[0] / TOLERANCE), -round(total / TOLERANCE), digest)

    def share_key(self, me: str, package: tuple[str, ...]) -> int:
        shares = []
        for other in self.names:
            if other != me:
                best = max(self.known[other].values())
                shares.append(self.known[other][package] / best if best > TOLERANCE else 0.0)
        return -round(min(shares) / TOLERANCE)


def _matches(condition: Any, options: dict[str, str]) -> bool:
    return any(all(options[issue] in wanted for issue, wanted in clause.items()) for clause in condition.clauses)


class PlainTalks:
    """The bargaining of one draw, written out."""

    def __init__(self, ensemble: Ensemble) -> None:
        self.table = Table(ensemble)
        self.named: dict[str, int] = {}
        self.received: dict[str, tuple[str, ...]] = {}
        self.best_received: dict[str, float] = {}
        self.signed: tuple[int, tuple[str, ...], str] | None = None
        self.play()

    def aspiration(self, me: str, k: int) -> float:
        t = self.table
        open_packages = [p for p in t.packages if not t.crossed(p, me)]
        best = max((t.u[me][p] for p in open_packages), default=float("-inf"))
        best = max(best, t.r[me])
        time = (k - 1) / (t.rounds - 1) if t.rounds > 1 else 1.0
        return best - (best - t.r[me]) * time ** float(t.strategy[me].exponent[0])

    def best_package(self, me: str) -> tuple[str, ...]:
        t = self.table
        pool = [p for p in t.packages if not t.crossed(p, me)] or t.packages
        top = max(t.u[me][p] for p in pool)
        return min((p for p in pool if t.u[me][p] >= top - TOLERANCE), key=lambda p: t.tie_key(me, p))

    def offer(self, me: str, k: int) -> tuple[str, ...]:
        t, least, rule = self.table, self.aspiration(me, k), self.table.strategy[me].offers
        enough = [p for p in t.packages if not t.crossed(p, me) and t.u[me][p] >= least - TOLERANCE]
        memory = t.protocol.memory
        heard = {line for line, at in self.named.items() if memory is None or at > k - memory}
        quiet = [
            p for p in enough if not any(line in heard for name in t.names for line in t.crossed(p, name))
        ]
        pool = quiet or enough
        if not pool:
            return self.best_package(me)
        if rule == "best_for_others" or (rule == "nearest" and me not in self.received):
            return min(pool, key=lambda p: (t.share_key(me, p), *t.tie_key(me, p)))
        merit = {p: self.merit(rule, me, p) for p in pool}
        top = max(merit.values())
        return min((p for p in pool if merit[p] >= top - TOLERANCE), key=lambda p: t.tie_key(me, p))

    def merit(self, rule: str, me: str, package: tuple[str, ...]) -> float:
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
        for other in t.names:
            no_deal = t.r[other] if other == me or t.protocol.information == "complete" else 0.0
            worth = t.u[me][package] if other == me else t.known[other][package]
            product_of_gains *= max(worth - no_deal, 0.0)
        return product_of_gains

    def accepts(self, me: str, package: tuple[str, ...], k: int) -> bool:
        t, u = self.table, self.table.u[me]
        if t.crossed(package, me) or u[package] < t.r[me] - TOLERANCE:
            return False
        rule = t.strategy[me].accepts
        if rule == "threshold":
            return u[package] >= self.aspiration(me, k) - TOLERANCE
        enough = u[package] >= u[self.offer(me, k)] - TOLERANCE
        late = (k - 1) / (t.rounds - 1) >= 0.9 if t.rounds > 1 else True
        if rule == "combined" and late:
            enough = enough or u[package] >= self.best_received.get(me, float("-inf")) - TOLERANCE
        return enough

    def play(self) -> None:
        t, standing, proposer, accepted = self.table, None, "", set()
        for k in range(1, t.rounds + 1):
            for me in t.turns[k - 1]:
                if standing is not None:
                    self.received[me] = standing
                    self.best_received[me] = max(self.best_received.get(me, float("-inf")), t.u[me][standing])
                if standing is not None and self.accepts(me, standing, k):
                    accepted.add(me)
                else:
                    if standing is not None and t.protocol.refusals == "reasoned" and t.crossed(standing, me):
                        self.named[t.crossed(standing, me)[0]] = k
                    standing, proposer = self.offer(me, k), me
                    accepted = {me} if self.accepts(me, standing, k) else set()
                if accepted == set(t.names):
                    self.signed = (k, standing, proposer)
                    return
