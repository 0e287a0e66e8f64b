"""Possible mistakes in a valid scenario, printed by `peacesim check`."""

import re
from collections.abc import Iterable, Iterator
from itertools import combinations, permutations

import numpy as np

from sim.core.exact import TOLERANCE
from sim.core.packages import ALWAYS, NEVER, Condition, PackageSpace
from sim.core.wording import cut, listed, shown
from sim.protocols import PROTOCOLS
from sim.scenario.checks import place
from sim.scenario.messages import Note
from sim.scenario.nodes import MappingNode
from sim.scenario.package_checks import central_utility, space_of, spelled
from sim.scenario.parts import PartySpec
from sim.scenario.paths import get
from sim.scenario.scenario import Scenario

Found = Iterator[tuple[tuple[str, ...], str]]  # path and message
HALF_A_POINT = 0.5  # distance of points from a straight line that still count as linear


def notes(scenario: Scenario, more: Iterable[tuple[tuple[str, ...], str]] = ()) -> list[Note]:
    """Return possible mistakes, in the order of the file; `more` are notes of other modules, as path and message."""
    space = space_of(scenario.issues, scenario.consistency)
    found = [
        *_rescaled(scenario),
        *_unmet(scenario, space),
        *_one_sided(scenario),
        *_outside_protocol(scenario),
        *_reversed(scenario),
        *_unmirrored(scenario),
        *_no_deal(scenario, space),
        *_straight(scenario),
        *_later_sources(scenario),
        *more,
    ]
    marked = [_note(scenario, path, message) for path, message in found]
    return sorted(marked, key=lambda note: (note.file, note.line, note.column))


def belligerents(scenario: Scenario) -> list[str]:
    return [name for name, party in scenario.parties.items() if party.kind == "belligerent"]


def _note(scenario: Scenario, path: tuple[str, ...], message: str) -> Note:
    mark = place(scenario.tree, *path)
    return Note(mark.file, mark.line, mark.column, cut(f"{'.'.join(map(shown, path))}: {message}"))


def _rescaled(scenario: Scenario) -> Found:
    for party in scenario.parties:
        table = get(scenario.tree, "parties", party, "weights")
        changes = {issue: node.change for issue, node in table.items.items()} if isinstance(table, MappingNode) else {}
        moved = [issue for issue, change in changes.items() if change.startswith("rescaled")]
        if moved:
            why = changes[moved[0]].partition(";")[0]
            yield ("parties", party, "weights"), f"{listed(moved)} {why}, value and range, so that the weights sum to 1"


def _unmet(scenario: Scenario, space: PackageSpace) -> Found:
    for path, condition in _conditions(scenario):
        if condition in (ALWAYS, NEVER):
            continue
        met = [bool(space.holds(Condition((clause,))).any()) for clause in condition.clauses]
        if not any(met):
            yield path, "no consistent package meets this"
        elif not all(met):
            numbers = [str(at) for at, each in enumerate(met, 1) if not each]
            which = "entry" if len(numbers) == 1 else "entries"
            yield path, f"no consistent package meets {which} {listed(numbers)} of this list"


def _conditions(scenario: Scenario) -> Iterator[tuple[tuple[str, ...], Condition]]:
    for rule in scenario.consistency:
        yield ("consistency", rule.id, "if"), rule.if_
    for name, party in scenario.parties.items():
        yield ("parties", name, "signs"), party.signs
        for line in party.red_lines:
            yield ("parties", name, "red_lines", line.id, "never"), line.never
            yield ("parties", name, "red_lines", line.id, "unless"), line.unless
        for linkage in party.linkages:
            yield ("parties", name, "linkages", linkage.id, "when"), linkage.when
    carrots = scenario.mediation.carrots if scenario.mediation else None
    for offer in carrots.offers if carrots else ():
        yield ("mediation", "carrots", "offers", offer.id, "when"), offer.when
    for name, ratifier in scenario.ratification.ratifiers.items() if scenario.ratification else ():
        path = ("ratification", "ratifiers", name)
        yield (*path, "when"), ratifier.when
        yield (*path, "barred_when"), ratifier.barred_when
        for vote in ratifier.votes:
            yield (*path, "votes", vote.id, "when"), vote.when
    hazard = scenario.aftermath.hazard if scenario.aftermath else None
    for name, ratio in hazard.ratios.items() if hazard else ():
        yield ("aftermath", "hazard", "ratios", name, "when"), ratio.when


def _one_sided(scenario: Scenario) -> Found:
    """Return issues whose options name one belligerent and not the other."""
    sides = {name: _naming(name, scenario.parties[name]) for name in belligerents(scenario)}
    for issue, spec in scenario.issues.items():
        named = {
            name: [option for option, label in spec.options.items() if pattern.search(f"{_spaced(option)} / {label}")]
            for name, pattern in sides.items()
        }
        silent = [name for name, options in named.items() if not options]
        present = {name: options for name, options in named.items() if options}
        if silent and present:
            who = " and ".join(f"{shown(name)} ({listed(options)})" for name, options in present.items())
            yield (
                ("issues", issue, "options"),
                f"options name {who}, and none names {listed(silent)}; is there a counterpart?",
            )


def _naming(name: str, party: PartySpec) -> re.Pattern[str]:
    return re.compile(rf"(?i)\b(?:{re.escape(_spaced(name))}|{re.escape(party.label)})")


def _spaced(name: str) -> str:
    return re.sub("[_-]+", " ", name)


def _outside_protocol(scenario: Scenario) -> Found:
    """Return parties that sign and have no turn, and strategies and drafts that the protocol does not use."""
    name, protocol = scenario.protocol.name, PROTOCOLS[scenario.protocol.name]
    order, mediation = scenario.protocol.parameters.get("order"), scenario.mediation
    for party, spec in scenario.parties.items():
        if not protocol.all_answer and isinstance(order, tuple) and party not in order and spec.signs != NEVER:
            what = "signs but does not speak: what needs its signature cannot be agreed in this order"
            yield ("protocol", "order"), f"{shown(party)} {what}"
        for key in ("strategy", "opens_with") if not protocol.asks_strategies else ():
            if get(scenario.tree, "parties", party, key) is not None:
                yield ("parties", party, key), f"{name} says what is offered, so this is not asked for"
        if protocol.needs_mediator and spec.opens_with and mediation is not None and party != mediation.mediator:
            message = f"in {name} only the mediator puts texts on the table: {shown(party)} opens nothing"
            yield ("parties", party, "opens_with"), message


def _reversed(scenario: Scenario) -> Found:
    """Return options whose order for a party reverses once deliverability counts."""
    for issue, spec in scenario.issues.items():
        for name, party in scenario.parties.items():
            points = {option: number.value for option, number in party.values[issue].items()}
            real = dict(points)
            for option, uncertain in spec.deliverable.items():
                chance = uncertain.chance.value
                real[option] = chance * points[option] + (1 - chance) * points[uncertain.otherwise]
            for one, other in combinations(spec.options, 2):
                before, after = points[one] - points[other], real[one] - real[other]
                if before * after < 0 and min(abs(before), abs(after)) > TOLERANCE:
                    better, worse = (one, other) if before > 0 else (other, one)
                    message = (
                        f"for {shown(name)} {better} is worth more than {worse} ({points[better]:g} against "
                        f"{points[worse]:g} points), but less once the chance of delivery is counted "
                        f"({real[better]:g} against {real[worse]:g})"
                    )
                    yield ("issues", issue, "deliverable"), message


def _unmirrored(scenario: Scenario) -> Found:
    """Return assumptions about one belligerent without a counterpart for the other."""
    numbers = scenario.numbers()
    pairs: set[frozenset[str]] = set()
    for one, other in permutations(belligerents(scenario), 2):
        for path, number in numbers.items():
            head, rest = f"parties.{one}.", path.removeprefix(f"parties.{one}.")
            across = f"parties.{other}.{rest}"
            if not path.startswith(head) or number.status != "assumption" or across not in numbers:
                continue
            pair = frozenset({path, across})
            if pair not in pairs and not number.same_law(numbers[across]):
                pairs.add(pair)
                message = f"{number} is an assumption, and {shown(other)} has {numbers[across]}"
                yield tuple(path.split(".")), f"{message}; is there a fact that tells the two apart?"


def _no_deal(scenario: Scenario, space: PackageSpace) -> Found:
    for name, party in scenario.parties.items():
        if party.signs == NEVER:
            continue
        central, no_deal = central_utility(scenario, space, name), party.no_deal
        best, utility = central.best
        path = ("parties", name, "no_deal")
        if float(central.utility.min()) >= no_deal.value - TOLERANCE:
            message = f"at central numbers every package is worth {no_deal.value:g} or more to {shown(name)}"
            yield path, f"{message}: it never refuses one for its worth"
        if no_deal.uncertain and no_deal.high is not None and no_deal.high > utility + TOLERANCE:
            package = shown(spelled(space, scenario.issues, best), 300)
            message = (
                f"part of the range, up to {no_deal.high:g}, lies above its best package, {package}, worth "
                f"{utility:.4f} at central numbers: in such draws {shown(name)} signs nothing"
            )
            yield path, message


def _straight(scenario: Scenario) -> Found:
    """Return issues of three options and more on which the points of all concerned parties are linear."""
    found = []
    for issue, spec in scenario.issues.items():
        places = [*spec.scale.values()] if spec.scale else [*range(len(spec.options))]
        caring = [party for party in scenario.parties.values() if party.signs != NEVER and party.weights[issue].value]
        rows = np.array([[party.values[issue][option].value for option in spec.options] for party in caring])
        if len(rows) and len(places) > 2 and places[0] != places[-1]:
            rises = (rows[:, -1] - rows[:, 0]) / (places[-1] - places[0])
            line = rows[:, :1] + rises[:, None] * (np.array(places) - places[0])
            if rises.min() < 0 < rises.max() and np.abs(rows - line).max() < HALF_A_POINT:
                found.append(issue)
    if found:
        message = "points fall in a straight line for everybody, so what lies half way is worth no more than a toss"
        yield ("issues",), f"{listed(found)}: {message} between the ends; is it, where a matter cannot be divided?"


def _later_sources(scenario: Scenario) -> Found:
    """Return sources dated after the talks begin."""
    for key, source in scenario.sources.items():
        day = scenario.as_of.isoformat() if scenario.as_of else "9999"
        if source.date > day[: len(source.date)]:
            message = f"dated {source.date}, later than as_of, {day}: nobody at the table could know it"
            yield ("sources", key), f"{message}; take it for a check and not for an input, or move as_of"
