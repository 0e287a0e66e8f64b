"""One draw of talks over one text as ordinary loops: written from what the protocol is said to do."""

from tests.plain import TOLERANCE, Package
from tests.plain_world import PlainWorld


class PlainSingleText(PlainWorld):
    """A mediator's text, amid all that goes on around the table."""

    def pass_of_the_table(self, k: int) -> None:
        """The mediator's text first, then all answer it."""
        t, mediator = self.table, self.scenario.mediation.mediator
        self.settle(k)
        new = self.next_draft() or self.next_text(k)
        if new is None:
            self.did.append((k, mediator, "leaves_it", self.standing))
        else:
            self.standing, self.proposer = new, mediator
            self.own_offer[mediator] = new
            self.offers[mediator].append(new)
            self.offers_made[mediator] += 1
            self.did.append((k, mediator, "drafts", new))
        assert self.standing is not None
        signatories, self.accepted = t.signatories(self.standing), set()
        for me in signatories:
            self.received[me] = self.standing
            self.best_received[me] = max(self.best_received.get(me, float("-inf")), t.u[me][self.standing])
        heard = dict(self.named)
        for me in t.names:
            if me in signatories and self.accepts(me, self.standing, k):
                self.accepted.add(me)
                self.did.append((k, me, "accepts", self.standing))
            elif me in signatories:
                self.did.append((k, me, "objects", self.standing))
                if t.crossed(self.standing, me):
                    heard[t.crossed(self.standing, me)[0]] = k
            elif me != mediator:
                self.did.append((k, me, "passes", self.standing))
        self.named = heard  # all answer at once: nobody hears the others first
        if self.accepted >= set(signatories):
            self.signed = k, self.standing, mediator

    def next_draft(self) -> Package | None:
        mediator = self.scenario.mediation.mediator
        draft = self.drafts[mediator][self.offers_made[mediator] :][:1]
        return draft[0] if draft and self.table.offered(draft[0]) else None

    def next_text(self, k: int) -> Package | None:
        """Another text, None to leave it as it is."""
        if self.standing is None or not self.table.offered(self.standing):
            return self.first_text(k)
        refuse = [name for name in self.table.signatories(self.standing) if name not in self.accepted]
        losses = {name: self.losses(name, self.standing) for name in refuse}
        while any(losses.values()):
            names = {name: {i for i in own if own[i] >= max(own.values()) - TOLERANCE} for name, own in losses.items()}
            text = self.step(names, losses, k)
            if text is not None:
                return text
            losses = {n: {i: loss for i, loss in own.items() if i not in names[n]} for n, own in losses.items()}
        return None

    def worth_of_options(self, name: str, i: int) -> dict[str, float]:
        t = self.table
        n, options = t.names.index(name), t.options[i]
        return {o: float(t.weights[n, i]) * float(t.option_worth[n, i, at]) for at, o in enumerate(options)}

    def losses(self, name: str, text: Package) -> dict[int, float]:
        """What a text keeps from a party, issue by issue, where it does."""
        kept = {}
        for i, option in enumerate(text):
            worth = self.worth_of_options(name, i)
            if max(worth.values()) - worth[option] > TOLERANCE:
                kept[i] = max(worth.values()) - worth[option]
        return kept

    def asks(self, name: str, i: int, text: Package) -> list[str]:
        """The next better option in its own order, several if they are as good."""
        worth = self.worth_of_options(name, i)
        more = {option: value - worth[text[i]] for option, value in worth.items() if value - worth[text[i]] > TOLERANCE}
        return [option for option, value in more.items() if value <= min(more.values()) + TOLERANCE]

    def step(self, names: dict[str, set[int]], losses: dict[str, dict[int, float]], k: int) -> Package | None:
        assert self.standing is not None
        moves = []
        for i, options in enumerate(self.table.options):
            naming = [name for name in names if i in names[name]]
            for option in options:
                asking = [name for name in naming if option in self.asks(name, i, self.standing)]
                text = (*self.standing[:i], option, *self.standing[i + 1 :])
                if asking and self.can_become(text, k):
                    named, asked = (rounded([losses[n][i] for n in who]) for who in (naming, asking))
                    moves.append((-len(naming), -named, -len(asking), -asked, self.digest(text), text))
        return min(moves)[-1] if moves else None

    def digest(self, text: Package) -> str:
        return self.table.tie_key(self.table.names[0], text)[2]

    def can_become(self, text: Package, k: int) -> bool:
        assert self.standing is not None
        mediator, memory = self.scenario.mediation.mediator, self.table.protocol.memory
        new_lines = self.remembered(text, k) - self.remembered(self.standing, k)
        again = text in self.offers[mediator][-memory:]
        return text in self.table.packages and self.table.offered(text) and not again and not new_lines

    def remembered(self, text: Package, k: int) -> set[str]:
        """Lines heard of that a text crosses, given up or not."""
        t, memory = self.table, self.table.protocol.memory
        found = set()
        for full, at in self.named.items():
            party, _ = full.split(".")
            if at <= k - memory or party == "events":  # what events took off is off the table anyway
                continue
            if party in t.signatories(text) and t.behind(self.lines[party][full], text):
                found.add(full)
        return found

    def first_text(self, k: int) -> Package:
        t, mediator, memory = self.table, self.scenario.mediation.mediator, self.table.protocol.memory
        on_table = [p for p in t.packages if t.offered(p)] or t.packages
        quiet = [p for p in on_table if not self.avoided(p, k) and p not in self.offers[mediator][-memory:]]
        whole = [text.package for text in self.scenario.proposals.values() if len(text.package) == len(t.issues)]
        on_file = [tuple(package[issue] for issue in t.issues) for package in whole]
        pool = [p for p in quiet if p in on_file] or quiet or on_table
        parties = [n for n in t.names if all(n in t.signatories(p) for p in t.packages)]
        parties = parties or [n for n in t.names if any(n in t.signatories(p) for p in t.packages)]
        gains = {p: {n: t.known[n][p] - t.known_r[n] for n in parties} for p in pool}
        power = {n: t.leaning[mediator][n] for n in parties}
        mean = sum(power.values()) / len(power)
        plain = {p: product([max(g, 0.0) if g >= TOLERANCE else 0.0 for g in own.values()]) for p, own in gains.items()}
        if max(plain.values()) < 1e-12:
            parties = [n for n in parties if any(gains[p][n] >= TOLERANCE for p in pool)]
        value = {
            p: product([own[n] ** (power[n] / mean) if own[n] >= TOLERANCE else 0.0 for n in parties]) if parties else 0
            for p, own in gains.items()
        }
        best = [p for p in pool if value[p] >= max(value.values()) * (1 - TOLERANCE)]

        def order(p: Package) -> tuple[int, int, str]:
            least = round(min(gains[p].values()) / TOLERANCE)
            return -least, -rounded(list(gains[p].values())), self.digest(p)

        return min(best, key=order)


def product(factors: list[float]) -> float:
    value = 1.0
    for factor in sorted(factors):
        value *= factor
    return value


def rounded(losses: list[float]) -> int:
    total = 0.0
    for loss in sorted(losses):
        total += loss
    return round(total / TOLERANCE)
