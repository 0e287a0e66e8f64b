"""Checks over the packages of a scenario: they exist, are not too many, and each party could sign one."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim.core.exact import TOLERANCE, Floats
from sim.core.packages import NEVER, NO_DEAL, RAW_LIMIT, Bools, Issue, PackageSpace, package_space
from sim.core.packages import Rule as BareRule
from sim.core.utility import Extra, deliver, package_utility, rescale_weights
from sim.core.wording import listed, shown
from sim.mechanisms.side_payments import Carrots
from sim.scenario.checks import place
from sim.scenario.messages import Faults
from sim.scenario.nodes import MappingNode as Tree
from sim.scenario.nodes import ScalarNode
from sim.scenario.nodes import SequenceNode as Listed
from sim.scenario.parts import IssueSpec, RedLine, Rule
from sim.scenario.paths import get

if TYPE_CHECKING:
    from sim.scenario.scenario import Scenario

FEW_ENOUGH = 300_000  # packages over which a smallest set of conflicting rules is searched
MOST_EVALUATED = 150_000_000  # packages times conditions: some two seconds of reading
MOST_SEARCHED = 100_000_000  # packages times rules in the search for a smallest set of conflicting ones


class CentralUtility(NamedTuple):
    """Utility of packages to one party at central numbers, and those beyond no line of hardness 1, shapes (P,)."""

    utility: Floats
    signable: Bools

    @property
    def best(self) -> tuple[int, float]:
        """Return the best package that can be signed, and its utility; -inf if there is none."""
        utility = np.where(self.signable, self.utility, -np.inf)
        return int(np.argmax(utility)), float(utility.max())


def raw_count(issues: Mapping[str, IssueSpec]) -> int:
    """Return the number of packages before consistency rules."""
    return math.prod(len(issue.options) for issue in issues.values())


def condition_count(scenario: "Scenario") -> int:
    """Return the number of clauses evaluated on packages: of rules, red lines, linkages and signatures."""
    conditions = [condition for rule in scenario.consistency for condition in (rule.if_, rule.then)]
    for party in scenario.parties.values():
        conditions += [party.signs, *(linkage.when for linkage in party.linkages)]
        conditions += [condition for line in party.red_lines for condition in (line.never, line.unless)]
    return sum(len(condition.clauses) for condition in conditions)


def space_of(issues: Mapping[str, IssueSpec], rules: Sequence[Rule]) -> PackageSpace:
    return package_space(
        [Issue(name, tuple(sorted(spec.options))) for name, spec in issues.items()],
        [BareRule(rule.id, rule.if_, rule.then) for rule in rules],
    )


def check_packages(scenario: "Scenario", faults: Faults) -> None:
    """Report whether there are packages, not too many, and one that each party could sign."""
    issues, rules = scenario.issues, scenario.consistency
    if raw_count(issues) > RAW_LIMIT:
        faults.add(place(scenario.tree, "issues"), _too_many(issues), "issues")
        return
    conditions = condition_count(scenario)
    if raw_count(issues) * conditions > MOST_EVALUATED:
        message = (
            f"{raw_count(issues):,} packages to be held against {conditions:,} conditions, those of rules, lines and "
            f"linkages; the one times the other may be {MOST_EVALUATED:,}: merge options, or take conditions out"
        )
        faults.add(place(scenario.tree, "issues"), message, "issues")
        return
    space = space_of(issues, rules)
    if not len(space):
        _add_no_package(scenario.tree, issues, rules, faults)
        return
    if scenario.status_quo is not None and space.index_of(scenario.status_quo) == NO_DEAL:
        message = "contradicts a consistency rule, so this status quo cannot exist; name consistent options"
        faults.add(place(scenario.tree, "status_quo"), message, "status_quo")
    for name, party in scenario.parties.items():
        if party.signs != NEVER:
            _check_no_deal(scenario, space, name, faults)
        _check_opening(scenario, space, name, faults)


def _check_opening(scenario: "Scenario", space: PackageSpace, name: str, faults: Faults) -> None:
    node = get(scenario.tree, "parties", name, "opens_with")
    for text in node.items if isinstance(node, Listed) else [node]:
        if isinstance(text, ScalarNode) and space.index_of(scenario.proposals[text.text].package) == NO_DEAL:
            message = f"{text.text} contradicts a consistency rule, so it cannot be offered; open with another one"
            faults.add(text.mark, message, f"parties.{name}.opens_with")


def central_utility(scenario: "Scenario", space: PackageSpace, name: str) -> CentralUtility:
    """Utility of every package to a party at central numbers, with deliverability, linkages and side payments."""
    issues, party = scenario.issues, scenario.parties[name]
    widest = max(len(issue.options) for issue in space.issues)
    values = np.zeros((1, 1, len(space.issues), widest))
    for i, issue in enumerate(space.issues):
        for o, option in enumerate(issue.options):
            values[0, 0, i, o] = party.values[issue.name][option].value / 100
        for option, uncertain in sorted(issues[issue.name].deliverable.items()):
            at, instead = issue.options.index(option), issue.options.index(uncertain.otherwise)
            deliver(values[:, :, i], at, instead, np.array([uncertain.chance.value]))
    weights = rescale_weights(np.array([[[party.weights[issue.name].value for issue in space.issues]]]))
    extras = [
        Extra(0, np.flatnonzero(space.holds(linkage.when)), np.array([linkage.adds.value]))
        for linkage in sorted(party.linkages, key=lambda linkage: linkage.id)
    ]
    if scenario.mediation is not None and scenario.mediation.carrots is not None:
        carrots = Carrots.at_values(scenario.mediation.carrots, list(scenario.parties), space)
        own = list(scenario.parties).index(name)
        extras += [Extra(0, extra.packages, extra.adds) for extra in carrots.extras() if extra.party == own]
    signable = np.ones(len(space), bool)
    for line in party.red_lines:
        if _certain(line):
            signable &= ~space.holds(line.never) | space.holds(line.unless)
    return CentralUtility(package_utility(space, weights, values, extras)[0, 0], signable)


def spelled(space: PackageSpace, issues: Mapping[str, IssueSpec], package: int) -> str:
    """Format a package as its options joined by `/`, in the order of the file."""
    options = space.options_of(package)
    return "/".join(options[issue] for issue in issues)


def _certain(line: RedLine) -> bool:
    hardness = line.hardness
    return hardness.value >= 1 and not (hardness.uncertain and hardness.low is not None and hardness.low < 1)


def _too_many(issues: Mapping[str, IssueSpec]) -> str:
    by_size = sorted(issues, key=lambda name: (-len(issues[name].options), name))
    sizes = " x ".join(f"{name} {len(issues[name].options)}" for name in list(issues)[:MOST_SIZES])
    more = f" x {len(issues) - MOST_SIZES} more issues" if len(issues) > MOST_SIZES else ""
    largest = len(issues[by_size[0]].options)
    coarse = [name for name in by_size[:6] if len(issues[name].options) == largest] or by_size[:1]
    return (
        f"{sizes}{more} = {raw_count(issues):,} packages, but at most {RAW_LIMIT:,} can be compared; "
        f"merge options of {listed(coarse, 'or')}, which {'have' if len(coarse) > 1 else 'has'} the most"
    )


MOST_SIZES = 15


def _add_no_package(root: Tree, issues: Mapping[str, IssueSpec], rules: Sequence[Rule], faults: Faults) -> None:
    clash = _clashing(issues, rules)
    names = [rule.id for rule in clash]
    message = (
        f"{listed(names)} together leave no package; allow more in `then` of one of them, or narrow its `if`"
        if len(names) > 1
        else f"{listed(names)} leaves no package; allow more in its `then`, or narrow its `if`"
    )
    faults.add(place(root, "consistency", clash[0].id), message, "consistency")


def _clashing(issues: Mapping[str, IssueSpec], rules: Sequence[Rule]) -> list[Rule]:
    """Return a smallest (irreducible) set of rules that leaves no package.

    Only the issues that the rules mention matter. If even these combine into too many packages, all rules; and with so
    many rules that the search takes long, those left when it is stopped.
    """
    clash = list(rules)
    room = MOST_SEARCHED
    for rule in rules:
        rest = [other for other in clash if other is not rule]
        mentioned = {issue for each in rest for issue in each.if_.issues() | each.then.issues()}
        touched = {name: issues[name] for name in mentioned}
        if not touched:
            continue
        if raw_count(touched) > FEW_ENOUGH:
            return list(rules)
        room -= raw_count(touched) * len(rest)
        if room < 0:
            return clash
        if not len(space_of(touched, rest)):
            clash = rest
    return clash


def _check_no_deal(scenario: "Scenario", space: PackageSpace, name: str, faults: Faults) -> None:
    root, party = scenario.tree, scenario.parties[name]
    central = central_utility(scenario, space, name)
    no_deal = party.no_deal.value
    path = f"parties.{name}.no_deal"
    at = place(root, "parties", name, "no_deal")
    lines = [line.id for line in party.red_lines if _certain(line)]
    if not central.signable.any():
        message = (
            f"{listed(lines)} forbid every consistent package, always, so {shown(name)} can sign nothing; "
            f"give one of these lines a hardness below 1, or an `unless`"
        )
        faults.add(place(root, "parties", name, "red_lines"), message, f"parties.{name}.red_lines")
        return
    best, utility = central.best
    if utility >= no_deal - TOLERANCE:
        return
    behind = f" behind none of its lines of hardness 1 ({listed(lines)})" if lines else ""
    way_out = "lower no_deal, or raise what the party's best options are worth"
    if lines and float(central.utility.max()) >= no_deal - TOLERANCE:
        way_out += ", or give one of these lines a hardness below 1"
    message = (
        f"no package{behind} is worth {no_deal:g} to {name} at central numbers: the best, "
        f"{shown(spelled(space, scenario.issues, best), 300)}, is worth {utility:.4f}; {way_out}"
    )
    faults.add(at, message, path)
