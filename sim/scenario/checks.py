"""Checks between the keys of a scenario file: names that exist, weights that sum to 1, complete tables."""

import re
from collections.abc import Mapping, Sequence

from sim.core.conditions import Clauses
from sim.core.fields import Each, Ids, Names, Open, found
from sim.core.mechanism import BLOCK, KEY
from sim.core.wording import listed, meant, quoted, shown
from sim.mechanisms import MECHANISMS
from sim.protocols import PROTOCOLS
from sim.scenario import weights
from sim.scenario.differences import CONDITIONS
from sim.scenario.messages import Mark
from sim.scenario.nodes import MappingNode, Node, ScalarNode, SequenceNode, plain
from sim.scenario.parts import PAST, PAST_OF_PARTY
from sim.scenario.paths import entry_id, exists, get, whole_keys, why_not
from sim.scenario.places import Place, Spot, key_mark, spots
from sim.scenario.registered import check_block, parameters_of
from sim.scenario.validation import validate
from sim.scenario.yaml_writer import changes
from sim.strategies import STRATEGIES

FIRST = ("issues", "consistency", "parties", "proposals", "solutions", "headline")  # of many faults, first
MOST_NAMED = 12  # weights listed in the message of a sum
NO_SOURCES = CONDITIONS | {"package", "options", "to", "removes", "route", "status_quo"}
# there `source` is an issue or option
NOBODY_MOVES = "stability asks who would change an issue alone, and no issue is `controlled_by` one party"


def names_in(at: Place) -> Names:
    known = {what: at[key].keys for what, key in (("issue", "issues"), ("party", "parties"),
                                                  ("proposal", "proposals"), ("source", "sources"))}  # fmt: skip
    lines = [(party, line) for party, node in at["parties"].items() for line in node["red_lines"].entries()]
    known["red line"] = [f"{party}.{entry_id(line.node) if line.node else None}" for party, line in lines]
    for key, mechanism in MECHANISMS.items():
        known |= {what: at[key][table].keys for table, what in mechanism.names.items()}
    return Names({issue: node["options"].keys for issue, node in at["issues"].items()}, known)


def check(at: Place, names: Names) -> None:
    """Report all faults between the keys of a scenario."""
    if not names.options or not names.parties:
        return  # without them every name would be unknown; that they are missing is a fault already
    for key in dict.fromkeys((*FIRST, *at.kinds[0].keys)):
        for spot in spots(at[key]):
            _check_names(spot, names)
    for issue, node in at["issues"].items():
        _check_deliverable(issue, node["deliverable"], names)
    for _, party in at["parties"].items():
        _check_sum(party["weights"])
        _check_opening(party["opens_with"], names)
        check_block(party["strategy"].node, STRATEGIES, names.parties, at.faults, party["strategy"].path)
    if all(party["signs"].text == "never" for _, party in at["parties"].items()):
        message = "nobody signs anything; at least one party needs `signs: always` or a condition"
        at["parties"].fault(message, BLOCK)
    _check_shared_draws(at)
    check_block(at["protocol"].node, PROTOCOLS, names.parties, at.faults, "protocol")
    _check_protocol(at["protocol"], at)
    _check_sources(at, names)
    _check_known(at, names)
    _check_sweep(at)
    for key, mechanism in MECHANISMS.items():
        mechanism.check(at[key], names)
    _check_control(at, names)


# What annotations say


def _check_names(spot: Spot, names: Names) -> None:
    at, kind = spot.place, spot.kind
    if kind.is_model(Clauses):
        _check_condition(at, names)
    elif kind.named:
        of_issue = kind.named == "option"
        known = names.options.get(spot.issue) if of_issue else names.known[kind.named]
        if known is not None and kind.type is dict:
            what = f"option of {spot.issue}" if of_issue else kind.named
            each = next((each for each in kind.annotations if isinstance(each, Each)), None)
            if each is None:
                at.keys_must_be(known, what)
            else:
                at.must_have_each(known, what, each.hole)
        elif known is not None:
            at.must_name(known, kind.named, f" of {spot.issue}" if of_issue else "")
    for each in kind.annotations:
        if isinstance(each, Ids):
            at.ids_must_differ(each.what)
    if kind.is_model(Open):
        _check_open(at, kind.type)


def _check_condition(at: Place, names: Names) -> None:
    for clause in at.entries() if isinstance(at.node, SequenceNode) else [at]:
        for issue, wanted in clause.items():
            if issue not in names.options:
                message = f"no issue is called {quoted(issue)}{meant(issue, names.options)}"
                wanted.fault(message, KEY, at.path)
                continue
            path, negated, options = f"{at.path}.{issue}", wanted["anything_but"], names.options[issue]
            named = (negated or wanted).must_name(options, "option", f" of {issue}", path)
            if negated and set(named) >= set(options):
                wanted.fault(f"anything_but leaves no option of {issue}", path=path)


def _check_open(at: Place, model: type[Open]) -> None:
    for key, value in at.items():
        if key in model.model_fields:
            continue
        if re.fullmatch(model.pattern, key) and value.node is not None:
            validate(model.kind, value.node, at.faults, value.path)
        else:
            known = [*model.model_fields, model.hint]
            value.fault(f"unknown key {quoted(key)}{meant(key, known)}", KEY, at.path)


# Issues and parties


def _check_deliverable(issue: str, uncertain: Place, names: Names) -> None:
    for option, entry in uncertain.items():
        instead = entry["otherwise"]
        if instead.text not in names.options[issue]:
            continue
        if instead.text == option:
            instead.fault("an option cannot stand in for itself; name another one")
        elif instead.text in uncertain.keys:
            instead.fault(
                f"{quoted(instead.text)} may itself be impossible to deliver; name an option that is not in this list"
            )


def _check_opening(opening: Place, names: Names) -> None:
    for text in opening.entries() if isinstance(opening.node, SequenceNode) else [opening]:
        package = opening.root["proposals"][text.text]["package"].keys if text.text is not None else []
        still_open = [issue for issue in names.options if issue not in package]
        if package and still_open:
            message = f"{quoted(text.text or '')} leaves {listed(still_open)} open, but an offer settles every issue"
            text.fault(message, path=opening.path)


def _check_sum(table: Place) -> None:
    total = weights.total(table.node) if isinstance(table.node, MappingNode) else None
    if total is None or total == 1 or not isinstance(table.node, MappingNode):
        return
    found = {issue: weights.weight(node) for issue, node in table.node.items.items()}
    parts = [f"{shown(issue)} {weights.decimal_text(each)}" for issue, each in found.items() if each is not None]
    if len(parts) > MOST_NAMED:
        parts = [*parts[:MOST_NAMED], f"{len(parts) - MOST_NAMED} more"]
    what = "raise" if total < 1 else "lower"
    message = f"{' + '.join(parts)} = {weights.decimal_text(total)}, but weights sum to 1; {what} one of them"
    if next(changes(table.node), None) is not None:
        message += ", or set one with `set:` and the others are rescaled"
    table.fault(message, BLOCK)


def _check_shared_draws(at: Place) -> None:
    """Check that red lines with a shared draw have one law, else the draw would be ambiguous."""
    across = at["lines"].text == "together"
    first: dict[tuple[str, str], Place] = {}
    for party, node in at["parties"].items():
        for line in node["red_lines"].entries():
            shared, hardness = line["drawn_with"].text, line["hardness"].number
            if shared is None or hardness is None:
                continue
            other = first.setdefault(("" if across else party, shared), line)
            law = other["hardness"].number
            if law is not None and not law.same_law(hardness):
                line["hardness"].fault(
                    f"{hardness} here, but {law} at {other.path}, and both are drawn with {quoted(shared)}: "
                    "one draw has one hardness; give both the same value, range and law, or another `drawn_with`",
                    BLOCK,
                )


# The protocol


def _check_protocol(protocol: Place, at: Place) -> None:
    parties = dict(at["parties"].items())
    name, order, quota = protocol["name"], protocol["order"], protocol["quota"]
    sign = [party for party, node in parties.items() if node["signs"].text != "never"]
    for entry in order.entries():  # a party that never signs has no say in a fixed order, unless it mediates
        if entry.text in parties and entry.text not in sign and parties[entry.text]["kind"].text != "mediator":
            message = f"{shown(entry.text)} never signs; take it out of the order, or make it `kind: mediator`"
            entry.fault(message, path=order.path)
    chosen = PROTOCOLS.get(name.text or "")
    if chosen is not None and "agenda" in parameters_of(chosen):
        _check_agenda(protocol["agenda"], at["issues"].keys)
    if chosen is None or not at["parties"].is_mapping:
        return
    if chosen.signatories is not None:
        _check_signatories(protocol, parties, sign, chosen.signatories)
    if chosen.needs_mediator and not at["mediation"]:  # the party named in `mediation` is checked there
        known = [party for party, node in parties.items() if node["kind"].text == "mediator"]
        who = shown(known[0]) if known else "PARTY"
        message = f"{shown(name.text)} needs a mediator to hold the text; add `mediation: {{mediator: {who}}}`"
        name.fault(message if known else f"{message} with a party of `kind: mediator`")
    votes = quota.node.value if isinstance(quota.node, ScalarNode) else None
    if isinstance(votes, int) and votes > len(sign):
        quota.fault(f"{votes} votes are needed, but only {listed(sign)} ever sign; at most {len(sign)} would do")


def _check_agenda(agenda: Place, issues: Sequence[str]) -> None:
    wanted = "where a list of issues, or of groups of issues, would do"
    items = [(item, [*item.entries()] if isinstance(item.node, SequenceNode) else [item]) for item in agenda.entries()]
    if agenda.node is not None and not items:
        agenda.fault(f"{found(plain(agenda.node))} {wanted}")
    seen: set[str] = set()
    for item, names in items:
        if not names:
            item.fault("an item without issues; name at least one, or take it out", path=agenda.path)
        for name in names:
            text = name.node.value if isinstance(name.node, ScalarNode) else None
            if not isinstance(text, str):
                name.fault(f"{found(plain(name.node) if name.node else None)} {wanted}", path=agenda.path)
            elif text not in issues:
                name.fault(f"no issue is called {quoted(text)}{meant(text, issues)}", path=agenda.path)
            elif text in seen:
                name.fault(f"{quoted(text)} stands twice on the agenda; once would do", path=agenda.path)
            seen.add(str(text))


def _check_signatories(protocol: Place, parties: Mapping[str, Place], sign: list[str], count: int) -> None:
    """Check that the same parties sign every package and nobody else signs any; a fixed order names exactly these."""
    name, order = protocol["name"], protocol["order"]
    sometimes = [party for party in sign if parties[party]["signs"] and parties[party]["signs"].text != "always"]
    what = f"{name.text} is for {count} parties that sign every package and no others that sign"
    if len(sign) != count:
        who = f"{len(sign)} sign: {listed(sign)}" if sign else "nobody signs"
        name.fault(f"{what}, but here {who}; name another protocol, or set `signs`")
    elif sometimes:
        name.fault(f"{what}, but {listed(sometimes)} may be left out of a package: `signs` is a condition there")
    named = {entry.text for entry in order.entries()}
    for party in sign if named else ():
        if party not in named:
            order.fault(f"{shown(party)} signs and is not in the order; {name.text} needs all that sign in it")
    for entry in order.entries():
        if entry.text in parties and entry.text not in sign:
            message = f"{shown(entry.text)} signs nothing, and in {name.text} only those that sign speak; take it out"
            entry.fault(message, path=order.path)


# The rest


def _check_control(at: Place, names: Names) -> None:
    """Report unused control of issues or status quo, and issues it leaves out."""
    controls = [control for _, node in at["issues"].items() if (control := node["controlled_by"])]
    alone = any(control.text is not None or len([*control.entries()]) == 1 for control in controls)
    if controls and not alone:
        message = f"{NOBODY_MOVES}; name a single party for one of them, or leave `controlled_by` out"
        controls[0].fault(message, BLOCK, "issues")
    status_quo = at["status_quo"]
    if not status_quo.is_mapping:
        return
    if "status_quo" in names.known["proposal"]:
        message = "tables use this name for the status quo; call the proposal something else"
        at["proposals"]["status_quo"].fault(message, KEY, "proposals")
    missing = [issue for issue in names.options if issue not in status_quo.keys]
    if missing:
        status_quo.fault(f"no option for {listed(missing)}; the status quo has one of every issue", BLOCK)
    if not controls:
        status_quo.fault(f"{NOBODY_MOVES}; say of an issue who controls it, or leave `status_quo` out", BLOCK)


def _check_sources(at: Place, names: Names) -> None:
    """Check that every `source` names keys of `sources`, except in descriptive blocks."""
    for key, below in at.items():
        if key == "source":
            below.must_name(names.known["source"], "source")
        elif key not in NO_SOURCES and (at.parent is not None or key not in ("sources", "sweep")):
            _check_sources(below, names)
    for entry in at.entries():
        _check_sources(entry, names)


def _check_known(at: Place, names: Names) -> None:
    """Check that every known fact is a figure of the hindcast, in its range, at a time that is played back."""
    figures = [*(f"{figure}.{party}" for figure in PAST_OF_PARTY for party in names.parties), *PAST]
    figures += [f"support.{ratifier}" for ratifier in at["ratification"]["ratifiers"].keys]
    first, last = at["war"]["since"], at["as_of"]
    if at["known"] and not (first and last):
        hole = "`as_of`, the day to play back from" if first else "`war: {since: ...}`, the day to play back to"
        at["known"].fault(f"rates are played back to when the war began; give {hole}", BLOCK)
    for entry in at["known"].entries():
        entry["what"].must_name(figures, "figure of the past")
        figure, value = (entry["what"].text or "").partition(".")[0], entry["value"].number
        least = -1 if figure == "no_deal_change" else None if figure == "front" else 0
        most = None if figure in ("front", "households_cut", "household_weeks") else 1
        if value is not None and not (least is None or value.value >= least) & (most is None or value.value <= most):
            wanted = f"a number from {least} to {most}" if most is not None else f"a number of at least {least}"
            entry["value"].fault(f"{value.value:g} is out of bounds; {wanted} would do")
        begin, end = entry["from"] or first, entry["month"]
        for time in (begin, end):
            month = (time.text or "")[:7]
            if first.text and last.text and month and not first.text[:7] <= month <= last.text[:7]:
                time.fault(f"{quoted(time.text)} is not played back; from {first.text} to {last.text} would do")
        if entry["from"] and begin.text and end.text and begin.text >= end.text:
            begin.fault(f"{quoted(begin.text)} is not before {end.text}, up to which it counts")


def _check_sweep(at: Place) -> None:
    assert isinstance(at.node, MappingNode)
    for _, values in at["sweep"].items():
        path = values.key_as_path()
        if path is not None and not exists(at.node, path):
            values.fault(why_not(at.node, path), KEY, "sweep")


def place(root: MappingNode, *path: str) -> Mark:
    """Return the place of a message about a path; the nearest place above it if it is not in the file."""
    node: Node = root
    mark = root.mark
    while path:
        key, *path = whole_keys(node, tuple(path))  # type: ignore[assignment]
        below = get(node, key)
        if below is None and isinstance(node, SequenceNode) and key.isdigit():  # of entries without an id
            below = node.items[int(key)]
        if below is None:
            break
        mark = key_mark(node, key, below)
        node = below
    return mark
