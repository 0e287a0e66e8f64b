"""One draw with all that goes on around the table, as ordinary loops: written from what the model is said to do."""

import datetime
import itertools
import math
from dataclasses import replace
from statistics import NormalDist
from typing import Any

import numpy as np
from scipy import stats

from sim.core import streams
from sim.model.ensemble import Ensemble
from tests.plain import TOLERANCE, Package, PlainTalks

NORMAL = NormalDist()


class PlainWorld(PlainTalks):
    """Talks of one draw amid events, war and pressure, with votes at home; nobody looks further than these votes."""

    def __init__(self, ensemble: Ensemble) -> None:
        super().__init__(ensemble)
        t, scenario = self.table, ensemble.scenario
        assert scenario.aftermath is None
        self.ensemble, self.scenario = ensemble, scenario
        self.month = scenario.time.days_per_round / 30.4375
        self.drawn_no_deal = dict(t.r)
        self.happened = [[event for event in scenario.events if self.happens(event, k)] for k in self.rounds()]
        self.k, self.agreed = 0, dict[str, tuple[int, float, bool]]()  # round, month in which it ends, whether it broke
        self.front, self.harm = self.follow_the_front(), self.follow_the_strikes()
        if scenario.stages:
            self.follow_the_stages()
        self.no_deal = [self.before_levers(k) for k in self.rounds()]
        self.pressure = dict.fromkeys(scenario.mediation.levers, 0.0) if scenario.mediation else {}
        self.worn = {full: 0.0 for lines in t.lines.values() for full in lines}
        self.removed: dict[str, dict[str, tuple[str, ...]]] = {}
        self.committed: list[Any] = []
        self.hard: set[str] = set()
        self.struck: set[Package] = set()
        agenda = [list(item) for item in t.protocol.agenda or ()]
        self.items = [*agenda, [issue for issue in t.issues if not any(issue in item for item in agenda)]]
        self.items = [item for item in self.items if item] if agenda else []
        self.shut: dict[str, str] = {}  # issues of items closed, with the option
        self.shut_in: list[int] = []  # the rounds in which items were closed, as many as are
        self.stands_for: dict[str, Package] = {}  # what each party offered or accepted last
        t.closed = self.closed
        t.crossed = self.crossed
        t.offered = lambda package: not self.off(package) and not self.gone(package)
        self.lines = {name: {f"{name}.{x.id}": x for x in scenario.parties[name].red_lines} for name in t.names}
        self.looks = {name for n, name in enumerate(t.names) if ensemble.looks_ahead[0, n]}
        self.plain_u = {name: dict(worth) for name, worth in t.u.items()}
        self.elected: dict[str, Any] = {}  # the event that drew a party anew
        self.asked_in = 0  # the round in which a text was signed last
        self.q = {package: self.chance(package) for package in t.packages}  # with the support of round 1
        self.charges = {name: dict.fromkeys(t.packages, 0.0) for name in t.names}
        t.u = {name: self.foreseen(n, name, self.no_deal[0][name]) for n, name in enumerate(t.names)}
        t.willing = self.willing
        if t.protocol.information == "complete":
            t.known = {name: dict(worth) for name, worth in t.u.items()}
        self.attempts, self.passed, self.refused_by = 0, False, ""
        self.reopens_at = 0
        self.left: tuple[int, list[str]] = (0, [])  # the round that was open last, and who left in it
        self.in_force = self.ceasefire = math.nan
        self.seen: list[dict[str, Any]] = []  # what stood at the beginning of each open round

    # What is drawn

    def rounds(self) -> range:
        return range(1, self.scenario.time.rounds + 1)

    def value(self, path: str, number: Any) -> float:
        """A number of the file in this draw."""
        drawn = self.ensemble.inputs.get(path)
        return float(number.value) if drawn is None else float(drawn[0])

    def later(self, path: str, number: Any) -> float:
        """A number of the votes, as a meeting in round 1 has left it."""
        value = self.value(path, number)
        for event in self.happened[0]:
            for branch, factor in event.narrows.items():
                if f"{path}.".startswith(f"{branch}."):
                    share = self.value(f"events.{event.id}.narrows.{branch}", factor)
                    value = float(number.value) + share * (value - float(number.value))
        return value

    def uniform(self, name: str) -> float:
        return float(streams.uniform(self.ensemble.seed, name, int(self.ensemble.draws[0]), 1)[0])

    # Events and war, whatever the parties say

    def happens(self, event: Any, k: int) -> bool:
        at = f"events.{event.id}"
        if event.at_month is not None:
            month = self.value(f"{at}.at.month", event.at_month)
            if not (k - 2) * self.month < month <= (k - 1) * self.month and not (k == 1 and month == 0):
                return False
            return event.chance is None or self.uniform(f"{at}.happens") < self.value(f"{at}.at.chance", event.chance)
        chance = self.value(f"{at}.chance_per_month", event.chance_per_month)
        return k > 1 and self.uniform(f"{at}.{k}") < 1 - (1 - chance) ** self.month

    def first_round(self, event: Any) -> int:
        return next(k for k in self.rounds() if event in self.happened[k - 1])

    def follow_the_stages(self) -> None:
        """What is agreed ahead of the rest, when, and how it ends."""
        for k in self.rounds():
            before, now = dict(self.agreed), (k - 1) * self.month
            for stage in self.scenario.stages:
                path = f"stages.{stage.id}"
                if stage.id in before and self.in_place(stage.id, k):
                    chance = self.value(f"{path}.breaks_per_month", stage.breaks_per_month)
                    if chance and self.uniform(f"{path}.breaks.{k}") < 1 - (1 - chance) ** self.month:
                        self.agreed[stage.id] = before[stage.id][0], now, True
            self.front, self.harm = self.follow_the_front(), self.follow_the_strikes()
            worth = self.before_levers(k)
            for stage in self.scenario.stages:
                path, lies = f"stages.{stage.id}", stage.tabled
                if stage.id in before or any(self.closes(j, k) for j in range(1, k + 1)):
                    continue
                past = [event.id for events in self.happened[:k] for event in events]
                if (
                    self.value(f"{path}.tabled.month", lies.month) <= now + 1e-9
                    and (lies.event is None or lies.event in past)
                    and (lies.after is None or lies.after in before)
                    and all(worth[n] < self.value(f"{path}.tabled.no_deal_below.{n}", level)
                            for n, level in lies.no_deal_below.items())
                    and all(self.gain(stage, name, k) >= -1e-9 for name in stage.signatories)
                ):
                    ends = math.inf if stage.months is None else now + self.value(f"{path}.months", stage.months)
                    self.agreed[stage.id] = k, ends, False
        self.front, self.harm = self.follow_the_front(), self.follow_the_strikes()

    def of_stage(self, stage: Any, key: str, name: str | None = None) -> float:
        """A drawn number of a stage; by strike or party where a name is given, without effect where it has none."""
        number, path = getattr(stage, key), f"stages.{stage.id}.{key}"
        if name is None:
            return self.value(path, number)
        return self.value(f"{path}.{name}", number[name]) if name in number else float(key == "waves")

    def gain(self, stage: Any, name: str, k: int) -> float:
        """By how much no deal is worth more to somebody while a stage is in place, on average, and what it gains."""
        war, lasts = self.scenario.war, (self.table.rounds - k) * self.month
        if stage.months is not None:
            lasts = self.value(f"stages.{stage.id}.months", stage.months)
        by_the_end = 0.0
        if war and war.front and name in war.front.no_deal_per_1000_km2:
            a_km = self.value(f"war.front.no_deal_per_1000_km2.{name}", war.front.no_deal_per_1000_km2[name]) / 1000
            drift = self.value("war.front.drift_per_month", war.front.drift_per_month)
            by_the_end += a_km * drift * (self.of_stage(stage, "front_drift") - 1) * lasts
        if war and name in war.no_deal_falls_per_month:
            wear = self.value(f"war.no_deal_falls_per_month.{name}", war.no_deal_falls_per_month[name])
            by_the_end -= wear * (self.of_stage(stage, "wear") - 1) * lasts
        if war and war.outages and name in war.outages.no_deal_per_million_household_weeks:
            number = war.outages.no_deal_per_million_household_weeks[name]
            worth = self.value(f"war.outages.no_deal_per_million_household_weeks.{name}", number)
            half = self.value("war.outages.repair_half_life_days", war.outages.repair_half_life_days)
            for strike, spec in war.strikes.items():
                if spec.on == name:
                    fewer = self.of_stage(stage, "waves", strike) - 1
                    a_month = self.value(f"war.strikes.{strike}.waves_per_month", spec.waves_per_month)
                    a_month *= self.homes_cut(strike, spec) * half / math.log(2) / 7
                    by_the_end += worth * fewer * a_month * self.months_with_winter(k, lasts) / 1e6
        return by_the_end / 2 + self.of_stage(stage, "shifts_no_deal", name) + self.of_stage(stage, "gains", name)

    def months_with_winter(self, k: int, months: float) -> float:
        """Months from a round on, those of winter as often as a wave then cuts off more homes, day by day."""
        begin = (k - 1) * self.scenario.time.days_per_round
        end, total = begin + months * 30.4375, 0.0
        for day in range(int(begin), math.ceil(end)):
            total += (min(day + 1, end) - max(day, begin)) * self.winter_on(day)
        return total / 30.4375

    def in_place(self, stage: str, k: int) -> bool:
        """Whether a stage holds at the date of a round."""
        since, until, _ = self.agreed.get(stage, (math.inf, 0.0, False))
        return since <= k and (k - 1) * self.month < until - 1e-9

    def pace(self, k: int, key: str, strike: str | None = None) -> float:
        """At what pace the war goes between the round before and this one, by the part of it in which stages hold."""
        pace = 1.0
        for stage in self.scenario.stages:
            since, until, _ = self.agreed.get(stage.id, (math.inf, 0.0, False))
            part = min(max(until - (k - 2) * self.month, 0.0) / self.month, 1.0) if since < k else 0.0
            factor = self.of_stage(stage, key, strike)
            pace *= 1 + part * ((factor**2 if key == "front_sd" else factor) - 1)
        return math.sqrt(pace) if key == "front_sd" else pace

    def follow_the_front(self) -> list[float]:
        """What the named side has gained by each round."""
        front = self.scenario.war.front if self.scenario.war else None
        gained, path = 0.0, []
        for k in self.rounds():
            if front and k > 1:
                drift = self.value("war.front.drift_per_month", front.drift_per_month)
                sd = self.value("war.front.sd_per_month", front.sd_per_month)
                z = NORMAL.inv_cdf(self.uniform(f"war.front.{k}"))
                drift, sd = drift * self.pace(k, "front_drift"), sd * self.pace(k, "front_sd")
                gained += drift * self.month + sd * math.sqrt(self.month) * z
            for event in self.happened[k - 1]:
                if event.front_shift is not None:
                    gained += self.value(f"events.{event.id}.front_shift", event.front_shift)
            path.append(gained)
        return path

    def follow_the_strikes(self) -> list[dict[str, float]]:
        """Million household-weeks without power on each side by each round."""
        war = self.scenario.war
        suffered = [dict.fromkeys(self.table.names, 0.0) for _ in self.rounds()]
        if war is None or war.outages is None:
            return suffered
        half = self.value("war.outages.repair_half_life_days", war.outages.repair_half_life_days)
        days = self.scenario.time.days_per_round
        lasting = half / math.log(2)  # days for which a home is dark on average
        kept = 2 ** (-days / half)
        for name, strike in war.strikes.items():
            path, homes = f"war.strikes.{name}", self.homes_cut(name, strike)
            waves = self.value(f"{path}.waves_per_month", strike.waves_per_month)
            dark = total = 0.0
            for k in self.rounds():
                cut = homes * self.winter_on(int((k - 1) * self.scenario.time.days_per_round))
                if k > 1:
                    mean = waves * self.month * self.pace(k, "waves", name)
                    launched = stats.poisson.ppf(self.uniform(f"{path}.{k}"), mean) if mean else 0.0
                    spread = max(launched, 0.0) * cut  # homes cut off evenly through the time since the round before
                    left = dark * kept + spread * (1 - kept) * lasting / days
                    total += (dark + spread - left) * lasting / 7
                    dark = left
                for event in self.happened[k - 1]:
                    if name in event.extra_waves:
                        extra = self.value(f"events.{event.id}.extra_waves.{name}", event.extra_waves[name])
                        holding = [stage for stage in self.scenario.stages if self.in_place(stage.id, k)]
                        dark += cut * extra * math.prod(self.of_stage(stage, "waves", name) for stage in holding)
                suffered[k - 1][strike.on] += total / 1e6
        return suffered

    def homes_cut(self, name: str, strike: Any) -> float:
        """Homes that a wave cuts off outside winter."""
        path = f"war.strikes.{name}"
        drones, missiles = (
            self.value(f"{path}.{kind}_per_wave", getattr(strike, f"{kind}_per_wave"))
            * (1 - self.value(f"{path}.{kind}_intercepted", getattr(strike, f"{kind}_intercepted") or Nothing))
            if getattr(strike, f"{kind}_per_wave")
            else 0.0
            for kind in ("drones", "missiles")
        )
        return self.value(f"{path}.households_per_hit", strike.households_per_hit) * (drones + missiles)

    def winter_on(self, day: int) -> float:
        """How many times as many homes a wave cuts off on a day, counted from the first."""
        outages = self.scenario.war.outages
        date = self.scenario.as_of + datetime.timedelta(days=day)
        if date.month not in outages.winter_months:
            return 1.0
        return self.value("war.outages.winter.factor", outages.winter_factor)

    def before_levers(self, k: int) -> dict[str, float]:
        """No-deal value to everybody in round k before the mediator's levers."""
        war, worth = self.scenario.war, {}
        for name in self.table.names:
            r = self.drawn_no_deal[name]
            if war and war.front and name in war.front.no_deal_per_1000_km2:
                number = war.front.no_deal_per_1000_km2[name]
                r += self.value(f"war.front.no_deal_per_1000_km2.{name}", number) * self.front[k - 1] / 1000
            if war and name in war.no_deal_falls_per_month:
                wear = self.value(f"war.no_deal_falls_per_month.{name}", war.no_deal_falls_per_month[name])
                r -= wear * sum(self.month * self.pace(j, "wear") for j in range(2, k + 1))
            if war and war.outages and name in war.outages.no_deal_per_million_household_weeks:
                number = war.outages.no_deal_per_million_household_weeks[name]
                path = f"war.outages.no_deal_per_million_household_weeks.{name}"
                r += self.value(path, number) * self.harm[k - 1][name]
            for past in self.happened[:k]:
                for event in past:
                    if name in event.shifts_no_deal:
                        r += self.value(f"events.{event.id}.shifts_no_deal.{name}", event.shifts_no_deal[name])
            for stage in self.scenario.stages:
                if self.in_place(stage.id, k):
                    r += self.of_stage(stage, "shifts_no_deal", name)
            worth[name] = r
        return worth

    # What a party can sign

    def crossed(self, package: Package, name: str) -> list[str]:
        """What forbids a package: real lines of the party by id, then what events took off the table, by id."""
        t, own = self.table, list[str]()
        if name in t.signatories(package):
            own = sorted(full for full, line in t.lines[name].items() if t.behind(line, package))
        return own + self.gone(package)

    def gone(self, package: Package) -> list[str]:
        """Events that took a package off the table, and stages in place that settle an issue otherwise."""
        options = dict(zip(self.table.issues, package, strict=True))
        return sorted(
            f"events.{event}"
            for event, removes in self.removed.items()
            if any(options[issue] in taken for issue, taken in removes.items())
        ) + sorted(
            f"stages.{stage.id}"
            for stage in self.scenario.stages
            if self.in_place(stage.id, self.k) and any(options[issue] != o for issue, o in stage.settles.items())
        )

    def closed(self, package: Package, name: str) -> bool:
        return self.off(package) or bool(self.crossed(package, name))

    def off(self, package: Package) -> bool:
        """Whether a package was refused at home or departs from what is closed."""
        options = dict(zip(self.table.issues, package, strict=True))
        return package in self.struck or any(options[issue] != option for issue, option in self.shut.items())

    # The agenda

    def open_again(self) -> None:
        """The item closed last opens where nothing that is left can be signed by somebody who must sign it."""
        t, left = self.table, [p for p in self.table.packages if not self.off(p) and not self.gone(p)]
        content = [any(name not in t.signatories(p) or (not self.closed(p, name) and t.willing(name, p)) for p in left)
                   for name in t.names]
        if t.protocol.reopen and self.shut_in and not all(content):
            self.shut_in.pop()
            for issue in self.items[len(self.shut_in)]:
                del self.shut[issue]
            self.stands_for = {}

    def close_items(self, k: int) -> None:
        """Items close in order while all who must sign what lies on the table stand for its options there."""
        for at, who, did, text in self.did:
            if at == k and did != "passed":
                self.stands_for[who] = text
        if self.standing is None or self.signed:
            return
        t = self.table
        own = [self.stands_for.get(name) for name in t.signatories(self.standing)]
        while len(self.shut_in) < len(self.items) - 1:
            item = self.items[len(self.shut_in)]
            places = [t.issues.index(issue) for issue in item]
            if not all(text is not None and text[i] == self.standing[i] for text in own for i in places):
                return
            self.shut |= {t.issues[i]: self.standing[i] for i in places}
            self.shut_in.append(k)

    def avoided(self, package: Package, k: int) -> bool:
        """A line once named is avoided, whether or not it has been given up since."""
        t, memory = self.table, self.table.protocol.memory
        options = dict(zip(t.issues, package, strict=True))
        for full, at in self.named.items():
            if memory is not None and at <= k - memory:
                continue
            party, line = full.split(".")
            if party == "events":
                taken = next(event.removes for event in self.scenario.events if event.id == line)
                if any(options[issue] in options_of for issue, options_of in taken.items()):
                    return True
            elif party == "stages":
                settles = next(stage.settles for stage in self.scenario.stages if stage.id == line)
                if any(options[issue] != option for issue, option in settles.items()):
                    return True
            elif party in t.signatories(package) and t.behind(self.lines[party][full], package):
                return True
        return False

    # A round

    def play(self) -> "PlainWorld":
        for k in self.rounds():
            if self.signed and self.reopens_at == k:
                self.signed, self.standing, self.accepted = None, None, set()
                self.passed, self.refused_by = False, ""
            waiting = self.signed is not None and self.reopens_at > k
            self.begin(k)
            if self.signed is None:
                if self.standing is None:
                    self.stands_for = {}
                self.open_again()
                self.accepted = {name for name in self.accepted if self.still_agrees(name)}
                self.seen.append(self.look(k))
                self.left = k, self.leavers(k)
                if self.left[1]:
                    return self
                if not any(self.closes(j, k) for j in range(1, k + 1)):
                    self.pass_of_the_table(k)
                self.close_items(k)
                if self.signed:
                    self.go_home(k)
                waiting = self.signed is not None and self.reopens_at > k
            if self.signed is None or waiting:
                self.end(k, waiting)
        return self

    def still_agrees(self, name: str) -> bool:
        """Whether somebody who has accepted what lies on the table can still sign it."""
        t = self.table
        assert self.standing is not None
        return not self.closed(self.standing, name) and t.willing(name, self.standing)

    def leavers(self, k: int) -> list[str]:
        """Who can expect less of the talks, as far as it has heard, than of what lies outside."""
        t, gone = self.table, []
        for me in t.names:
            number = self.scenario.parties[me].walk_away
            hoped = [p for p in t.packages if not t.closed(p, me) and not self.avoided(p, k)] if number else []
            if t.protocol.information == "complete":
                hoped = [p for p in hoped if all(t.willing(n, p) for n in t.signatories(p) if n != me)]
            most = max([t.r[me], *(t.u[me][p] for p in hoped)])
            if number and self.value(f"parties.{me}.walk_away", number) > most + TOLERANCE:
                gone.append(me)
        return gone

    def closes(self, j: int, k: int) -> bool:
        """Whether an event of round j closes the channel in round k."""
        return any(j <= k < j + (event.closes_channel_rounds or 0) for event in self.happened[j - 1])

    def begin(self, k: int) -> None:
        """Events, the no-deal value, and levers."""
        t, mediation, self.k = self.table, self.scenario.mediation, k
        for event in self.happened[k - 1]:
            if event.removes:
                self.removed[event.id] = event.removes
            if event.commits and event.id not in self.committed:
                self.committed.append(event.id)
                self.go_public(event)
            for lever in event.pulls_levers:
                self.pull(lever, 1)
            for party in event.redraws:
                if party not in self.elected:
                    self.elected[party] = event
                    self.elect(event, party)
        for full in (full for event in self.happened[k - 1] for full in event.hardens):
            name = full.split(".")[0]
            self.hard.add(full)
            t.lines[name][full] = next(x for x in self.scenario.parties[name].red_lines if f"{name}.{x.id}" == full)
        for full in (full for event in self.happened[k - 1] for full in event.lines_fall):
            t.lines[full.split(".")[0]].pop(full, None)
            self.hard.discard(full)
        for name in t.names:
            for full in list(t.lines[name]):
                if full not in self.hard and self.worn[full] > self.lasts(name, full):
                    del t.lines[name][full]
        t.r = dict(self.no_deal[k - 1])
        for lever, strength in self.pressure.items():
            spec = mediation.levers[lever]
            lowers = self.value(f"mediation.levers.{lever}.lowers_no_deal_by", spec.lowers_no_deal_by)
            t.r[spec.party] *= 1 - strength * lowers if t.r[spec.party] > 0 else 1
        t.u = {name: self.foreseen(n, name, t.r[name]) for n, name in enumerate(t.names)}

    def elect(self, event: Any, party: str) -> None:
        """Elections leave a party with weights on the way to those that are drawn anew."""
        t, n = self.table, self.table.names.index(party)
        numbers = self.scenario.parties[party].weights
        fresh = [self.fresh(f"events.{event.id}.anew.{party}.weights.{issue}", numbers[issue]) for issue in t.issues]
        weights, far = t.weights.copy(), self.value(f"events.{event.id}.redraws.{party}", event.redraws[party])
        weights[n] += far * (np.array(fresh) / sum(fresh) - weights[n])
        t.weights = weights
        self.plain_u[party] = dict(t._worth(replace(self.ensemble, weights=weights[None]), n, party))

    def fresh(self, name: str, number: Any) -> float:
        """A number drawn again, by the uniform of another name."""
        if not number.uncertain:
            return float(number.value)
        u = np.array([self.uniform(name)])
        return float(streams.draw_law(u, number.law, number.low, number.value, number.high)[0])

    def go_public(self, event: Any) -> None:
        """To go back on a public word costs worth for each step down from it in one's own order."""
        t, word = self.table, event.commits
        cost = self.value(f"events.{event.id}.commits.costs_per_step", word.costs_per_step)
        points = self.scenario.parties[word.party].values
        for package in t.packages:
            for issue, option in zip(t.issues, package, strict=True):
                if issue in word.to:
                    levels = sorted({float(number.value) for number in points[issue].values()})
                    public = levels.index(float(points[issue][word.to[issue]].value))
                    steps = public - levels.index(float(points[issue][option].value))
                    self.charges[word.party][package] += cost * max(0, steps)

    def lasts(self, name: str, full: str) -> float:
        """How much wear a line stands; one of hardness 1 any."""
        line = self.lines[name][full]
        hardness = self.value(f"parties.{name}.red_lines.{line.id}.hardness", line.hardness)
        if hardness >= 1 or self.scenario.giving_way is None:
            return math.inf
        group = f"parties.{name}.line.{line.id}"
        if line.drawn_with is not None and self.scenario.lines != "each":
            group = f"lines.{line.drawn_with}"
            group = group if self.scenario.lines == "together" else f"parties.{name}.{group}"
        return -math.log(1 - self.uniform(f"{group}.gives_way"))

    def look(self, k: int) -> dict[str, Any]:
        t = self.table
        return {
            "round": k,
            "no_deal": dict(t.r),
            "real": {*(full for lines in t.lines.values() for full in lines), *(f"events.{e}" for e in self.removed),
                     *(f"stages.{s.id}" for s in self.scenario.stages if s.settles and self.in_place(s.id, k))},
            "pressure": dict(self.pressure),
            "aspiration": {name: self.aspiration(name, k) for name in t.names},
            "zone": {p for p in t.packages if self.acceptable(p)},
        }

    def acceptable(self, package: Package) -> bool:
        t = self.table
        signatories = t.signatories(package)
        if package in self.struck or any(self.crossed(package, name) for name in t.names):
            return False
        return all(t.willing(name, package) for name in signatories)

    def end(self, k: int, waiting: bool) -> None:
        """Lines wear out as the months pass; while the parties talk, levers move by the mediator's offer."""
        mediation, giving = self.scenario.mediation, self.scenario.giving_way
        if giving:
            pace = self.value("giving_way.per_month", giving.per_month)
            adds = self.value("giving_way.lever_adds", giving.lever_adds)
            for full in self.worn:
                party = full.split(".")[0]
                pulled = [s for lever, s in self.pressure.items() if mediation.levers[lever].party == party]
                self.worn[full] += self.month * pace * (1 + adds * max(pulled, default=0.0))
        if mediation is None or waiting:
            return
        alone = self.stands_alone(self.own_offer.get(mediation.mediator))
        for lever, spec in mediation.levers.items():
            pulled = spec.pulled == "on_refusal" and alone == spec.party
            if isinstance(spec.pulled, float):
                pulled = (k - 1) * self.month >= spec.pulled
            self.pull(lever, 1 if pulled else -1)

    def stands_alone(self, offer: Package | None) -> str | None:
        """The one signatory to whom an offer is worth less than no deal, or behind a real line of whom it lies."""
        t = self.table
        if offer is None:
            return None
        against = [name for name in t.signatories(offer) if not t.willing(name, offer) or self.crossed(offer, name)]
        return against[0] if len(against) == 1 else None

    def pull(self, lever: str, steps: int) -> None:
        step = self.value("mediation.step_per_round", self.scenario.mediation.step_per_round)
        self.pressure[lever] = min(max(self.pressure[lever] + steps * step, 0.0), 1.0)

    def bought(self) -> bool:
        """Whether somebody signed what it would find worse than no deal without any lever."""
        assert self.signed is not None
        k, package, _ = self.signed
        free = self.no_deal[k - 1]
        return any(self.net(n, package) < free[n] - TOLERANCE for n in self.table.signatories(package))

    def money(self, name: str) -> float:
        """What the war costs somebody until the ceasefire; until the last round without one."""
        cost = self.scenario.war.cost_per_month.get(name)
        last, after = self.table.rounds, 0.0
        if self.signed and self.passed:
            last, after = self.signed[0], self.ceasefire
        months = sum(self.month * self.pace(k, "war_cost") for k in range(2, last + 1)) + after
        left = {stage.id: min(self.agreed[stage.id][1] - (last - 1) * self.month, after)
                for stage in self.scenario.stages
                if self.in_place(stage.id, last) and not (self.signed and self.passed and stage.ends_with_agreement)}
        edges = sorted({0.0, after, *left.values()})
        for begin, end in itertools.pairwise(edges):
            there = [stage for stage in self.scenario.stages if left.get(stage.id, 0.0) > begin]
            months += (math.prod(self.of_stage(stage, "war_cost") for stage in there) - 1) * (end - begin)
        return self.value(f"war.cost_per_month.{name}", cost) * months if cost else 0.0

    # Votes at home

    def share(self, name: str, package: Package) -> float:
        """Expected share in favour."""
        ratifier, path = self.scenario.ratification.ratifiers[name], f"ratification.ratifiers.{name}"
        support = self.later(f"{path}.support", ratifier.support)
        shift, event = 0.0, self.elected.get(ratifier.party)
        if event is not None and self.asked_in and 0 < support < 1:
            anew = self.fresh(f"events.{event.id}.anew.{ratifier.party}.support.{name}", ratifier.support)
            far = self.value(f"events.{event.id}.redraws.{ratifier.party}", event.redraws[ratifier.party])
            support += far * (anew - support)
        for issue, option in zip(self.table.issues, package, strict=True):
            if option in ratifier.shifts.get(issue, {}):
                shift += self.later(f"{path}.shifts.{issue}.{option}", ratifier.shifts[issue][option])
        drift = self.later(f"{path}.support_drift_per_month", ratifier.support_drift_per_month)
        follows = self.later(f"{path}.follows_no_deal", ratifier.follows_no_deal)
        if self.asked_in:
            r_first, r_now = self.seen[0]["no_deal"][ratifier.party], self.table.r[ratifier.party]
            moved = drift * (self.asked_in - 1) * self.month + follows * (r_first - r_now)
            shift = shift + moved
        if shift == 0 or support in (0.0, 1.0):
            return support
        return 1 / (1 + math.exp(-(math.log(support / (1 - support)) + shift)))

    def error(self, name: str) -> float:
        ratifier, path = self.scenario.ratification.ratifiers[name], f"ratification.ratifiers.{name}"
        certain = self.later(f"{path}.support", ratifier.support) in (0.0, 1.0)
        return 0.0 if certain else self.later(f"{path}.error", ratifier.error)

    def surprise(self, name: str) -> float:
        rho = self.later("ratification.shared_error", self.scenario.ratification.shared_error)
        shared = NORMAL.inv_cdf(self.uniform("ratification.shared"))
        own = NORMAL.inv_cdf(self.uniform(f"ratification.ratifiers.{name}.vote"))
        return math.sqrt(rho) * shared + math.sqrt(1 - rho) * own

    def asked(self, name: str, package: Package) -> bool:
        return self.table.holds(self.scenario.ratification.ratifiers[name].when, package)

    def barred(self, name: str, package: Package) -> bool:
        return self.asked(name, package) and self.table.holds(
            self.scenario.ratification.ratifiers[name].barred_when, package
        )

    def held(self, name: str, vote: Any, package: Package) -> bool:
        asked = self.asked(name, package) and not self.barred(name, package)
        return asked and self.table.holds(vote.when, package)

    def chance(self, package: Package) -> float:
        """Chance that all pass, each surprised on its own."""
        product = 1.0
        for name, ratifier in (self.scenario.ratification.ratifiers if self.scenario.ratification else {}).items():
            if self.barred(name, package):
                return 0.0
            margins = []
            for vote in ratifier.votes:
                if self.held(name, vote, package):
                    margins.append((self.share(name, package) - float(vote.threshold), vote.strict))
            for margin, strict in sorted(margins, key=lambda each: (each[0], not each[1]))[:1]:
                error = self.error(name)
                if error:
                    product *= NORMAL.cdf(margin / error)
                else:
                    product *= float(margin > 0 if strict else margin >= 0)
        return product

    def foreseen(self, n: int, name: str, r: float) -> dict[Package, float]:
        """Worth of packages in a round, to who thinks of the votes: what is refused is worth no deal less a cost."""
        cost, worth = float(self.ensemble.refusal_cost[0, n]), {}
        for package, u in self.plain_u[name].items():
            q = self.q[package] if name in self.looks else 1.0
            worth[package] = (u if q == 1 else q * u + (1 - q) * (r - cost)) - self.charges[name][package]
        return worth

    def net(self, name: str, package: Package) -> float:
        """Worth less what refusals and words cost for each chance to pass: no deal must be worth more to be chosen."""
        q = max(self.q[package] if name in self.looks else 1.0, 1e-12)
        cost = float(self.ensemble.refusal_cost[0, self.table.names.index(name)])
        return self.plain_u[name][package] - (self.charges[name][package] + (1 - q) * cost) / q

    def willing(self, name: str, package: Package) -> bool:
        return self.net(name, package) >= self.table.r[name] - TOLERANCE

    def reached(self, milestone: str, package: Package) -> float:
        """Month of a milestone, from signature."""
        spec, path = self.scenario.ratification.milestones[milestone], f"ratification.milestones.{milestone}.months"
        if spec.by is None:
            months = self.later(path, spec.months)
        else:
            option = package[self.table.issues.index(spec.by)]
            months = self.later(f"{path}.{option}", spec.months[option])
        return months + (self.reached(spec.after, package) if spec.after else 0.0)

    def go_home(self, k: int) -> None:
        """All votes on what was signed in round k, and what follows from a refusal."""
        assert self.signed is not None
        package, votes = self.signed[1], self.scenario.ratification
        self.attempts, self.asked_in = self.attempts + 1, k
        if votes is None:
            self.passed, self.in_force, self.ceasefire = True, 0.0, 0.0
            return
        barred = [name for name in votes.ratifiers if self.barred(name, package)]
        refusals = [(0.0, 0, votes.ratifiers[name].order, name, "") for name in barred]
        start = 0.0
        for order in sorted({ratifier.order for ratifier in votes.ratifiers.values()}):
            last = start
            for name, ratifier in votes.ratifiers.items():
                for vote in ratifier.votes if ratifier.order == order else ():
                    if not self.held(name, vote, package):
                        continue
                    ready = max([start, *(self.reached(need, package) for need in vote.needs)])
                    month = ready + self.later(f"ratification.ratifiers.{name}.months", ratifier.months)
                    last = max(last, month)
                    favour = self.share(name, package) + self.error(name) * self.surprise(name)
                    won = favour > float(vote.threshold) if vote.strict else favour >= float(vote.threshold)
                    if not won:
                        refusals.append((month, 1, order, name, vote.id))
            start = last
        self.ceasefire = self.reached("ceasefire", package) if "ceasefire" in votes.milestones else 0.0
        self.passed = not refusals
        self.in_force = max(start, self.ceasefire) if self.passed else math.nan
        if refusals:
            month, _, _, name, vote_id = min(refusals)
            self.refused_by = name
            self.come_back(k, package, month, name, vote_id)

    def come_back(self, k: int, package: Package, month: float, name: str, vote_id: str) -> None:
        """After a refusal: when they talk again, and what need not be asked again."""
        votes = self.scenario.ratification
        if votes.after_refusal.name == "end" or self.attempts > votes.after_refusal.at_most:
            return
        again = (k - 1) * self.month + month + votes.after_refusal.months_lost
        later = [j for j in self.rounds() if j > k and (j - 1) * self.month >= again - 1e-9]
        if not later:
            return
        self.reopens_at = later[0]
        for other in self.table.packages:
            if not vote_id:
                if self.barred(name, other):
                    self.struck.add(other)
                continue
            vote = next(vote for vote in votes.ratifiers[name].votes if vote.id == vote_id)
            if self.held(name, vote, other) and self.share(name, other) <= self.share(name, package):
                self.struck.add(other)


class Nothing:
    """In place of a number that the file leaves out."""

    value = 0.0
