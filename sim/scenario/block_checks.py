"""What must hold between the keys of the blocks beside the talks: names that exist, and what one needs of another.

As in `checks`, the tree is read, so that all faults are told at once; what is of the wrong shape is passed over.
"""

import re

from sim.scenario.aftermath_checks import check_aftermath
from sim.scenario.block_numbers import block_numbers
from sim.scenario.block_tables import check_keys, check_open, check_party_tables
from sim.scenario.checks import Names, check_condition, check_ids, check_names, entries, keys, members, number_of
from sim.scenario.event_blocks import BOTH
from sim.scenario.messages import Faults, closest, counted, listed, meant, quoted, shown
from sim.scenario.nodes import Mapping, Node, Scalar, Sequence
from sim.scenario.paths import entry_id, get, parse_path
from sim.scenario.ratification_checks import check_ratification
from sim.scenario.war_blocks import FrontModel, sides_of
from sim.utility import DAYS_PER_MONTH

NARROWED = ("ratification", "aftermath")  # what is settled in the talks themselves is drawn before anybody meets
BY_PARTY = (
    "no_deal_falls_per_month",
    "cost_per_month",
    "claimed_losses_per_month",
    "front.no_deal_per_1000_km2",
    "outages.no_deal_per_million_household_weeks",
)


def check_blocks(root: Mapping, faults: Faults) -> None:
    """Tell everything that is wrong between the keys of the blocks beside the talks."""
    names = Names.of(root)
    if not names.options or not names.parties:
        return  # told already
    _check_mediation(root, names, faults)
    _check_war(root, names, faults)
    check_ids(get(root, "events"), "events", "event", faults)
    for path, event in members(get(root, "events"), "events"):
        _check_event(event, root, names, faults, path)
    check_ratification(get(root, "ratification"), names, faults)
    check_aftermath(root, names, faults)


def _check_mediation(root: Mapping, names: Names, faults: Faults) -> None:
    block = get(root, "mediation")
    mediator, levers = get(block, "mediator"), get(block, "levers")
    check_names(mediator, names.parties, "party", faults, "mediation.mediator")
    if isinstance(mediator, Scalar) and mediator.text in names.parties:
        kind = get(root, "parties", mediator.text, "kind")
        if not (isinstance(kind, Scalar) and kind.text == "mediator"):
            said = f"{shown(mediator.text)} is no mediator; give that party `kind: mediator`, or name another one"
            faults.add(mediator.mark, said, "mediation.mediator")
    for lever, entry in entries(levers):
        assert isinstance(levers, Mapping)
        party, path = get(entry, "party"), f"mediation.levers.{shown(lever)}"
        check_names(party, names.parties, "party", faults, f"{path}.party")
        if isinstance(party, Scalar) and isinstance(mediator, Scalar) and party.text == mediator.text:
            faults.add(party.mark, "a mediator pulls levers on others, not on itself; name another party", path)
        if lever == BOTH:
            said = f"{quoted(BOTH)} stands for two levers in `pulls_levers`; give this one another name"
            faults.add(levers.keys[lever], said, "mediation.levers")
    if keys(levers) and isinstance(block, Mapping) and "step_per_round" not in block.items:
        said = "levers move by steps; `step_per_round: 0.25` brings one to full strength in four rounds"
        faults.add(block.keys["levers"], said, "mediation")
    _check_bias(get(block, "bias", "toward"), root, names, faults)
    _check_carrots(get(block, "carrots", "offers"), mediator, names, faults)


def _check_bias(toward: Node | None, root: Mapping, names: Names, faults: Faults) -> None:
    """A mediator leans from one belligerent to another."""
    path = "mediation.bias.toward"
    check_names(toward, names.parties, "party", faults, path)
    if not isinstance(toward, Scalar) or toward.text not in names.parties:
        return
    kinds = {party: get(node, "kind") for party, node in entries(get(root, "parties"))}
    fighting = [party for party, kind in kinds.items() if isinstance(kind, Scalar) and kind.text == "belligerent"]
    if len(fighting) < 2:
        found = f"{fighting[0]} alone is" if fighting else "no party is"
        said = f"a bias is between belligerents, and {found} `kind: belligerent`; say so of two, or take the bias out"
        faults.add(toward.mark, said, path)
    elif toward.text not in fighting:
        said = f"{shown(toward.text)} is no belligerent; {listed(fighting, 'or')} would do"
        faults.add(toward.mark, said, path)


def _check_carrots(offers: Node | None, mediator: Node | None, names: Names, faults: Faults) -> None:
    path = "mediation.carrots.offers"
    check_ids(offers, path, "offer", faults)
    for where, offer in members(offers, path):
        party = get(offer, "party")
        check_names(party, names.parties, "party", faults, f"{where}.party")
        if isinstance(party, Scalar) and isinstance(mediator, Scalar) and party.text == mediator.text:
            faults.add(party.mark, "a mediator adds worth for others, not for itself; name another party", where)
        check_condition(get(offer, "when"), names, faults, f"{where}.when")


def _check_war(root: Mapping, names: Names, faults: Faults) -> None:
    for table in BY_PARTY:
        check_party_tables(get(root, "war", *table.split(".")), names, faults, f"war.{table}")
    front, strikes = get(root, "war", "front"), get(root, "war", "strikes")
    check_open(FrontModel, front, faults, "war.front")
    for key in keys(front):
        assert isinstance(front, Mapping)
        holder = key.rpartition("_held_by_")[2]
        named = any(key.endswith(f"_held_by_{party}") for party in names.parties)
        if key not in FrontModel.model_fields and re.fullmatch(FrontModel.pattern, key) and not named:
            said = f"no party is called {quoted(holder)}{meant(holder, names.parties)}"
            faults.add(front.keys[key], said, "war.front")
    known = [f"{by}_on_{on}" for by in names.parties for on in names.parties if by != on]
    for strike in keys(strikes):
        assert isinstance(strikes, Mapping)
        if sides_of(strike, names.parties) is None:
            said = f"{quoted(strike)} does not name two parties as PARTY_on_PARTY{meant(strike, known)}"
            faults.add(strikes.keys[strike], said, "war.strikes")
    _check_winter(root, faults)


def _check_winter(root: Mapping, faults: Faults) -> None:
    months = get(root, "war", "outages", "winter", "months")
    if months is None:
        return
    path, seen = "war.outages.winter.months", set()
    for month in months.items if isinstance(months, Sequence) else ():
        text = month.text if isinstance(month, Scalar) else ""
        if text in seen:
            faults.add(month.mark, f"{quoted(text)} stands twice; once would do", path)
        seen.add(text)
    if get(root, "as_of") is None:
        faults.add(months.mark, "winter needs a date to count from; give the scenario `as_of`", path)


def _check_event(event: Node, root: Mapping, names: Names, faults: Faults, path: str) -> None:
    commits = get(event, "commits")
    check_names(get(commits, "party"), names.parties, "party", faults, f"{path}.commits.party")
    for block, where in ((get(commits, "to"), f"{path}.commits.to"), (get(event, "removes"), f"{path}.removes")):
        check_keys(block, list(names.options), "issue", faults, where)
        for issue, option in entries(block):
            if issue in names.options:
                known, inside = names.options[issue], f"{where}.{shown(issue)}"
                named = check_names(option, known, "option", faults, inside, f" of {issue}")
                if where.endswith("removes") and set(named) >= set(known):
                    faults.add(option.mark, f"this leaves no option of {issue}, so nothing could be agreed", inside)
    check_party_tables(get(event, "shifts_no_deal"), names, faults, f"{path}.shifts_no_deal")
    check_keys(get(event, "extra_waves"), keys(get(root, "war", "strikes")), "strike", faults, f"{path}.extra_waves")
    lines = [
        f"{party}.{entry_id(line)}"
        for party, node in entries(get(root, "parties"))
        for _, line in members(get(node, "red_lines"), "")
    ]
    check_names(get(event, "lines_fall"), lines, "red line", faults, f"{path}.lines_fall")
    _check_pulled(get(event, "pulls_levers"), keys(get(root, "mediation", "levers")), faults, f"{path}.pulls_levers")
    _check_narrows(get(event, "narrows"), root, faults, f"{path}.narrows")
    _check_narrows_in_time(event, root, faults, path)
    shift = get(event, "front_shift")
    if shift is not None and get(root, "war", "front") is None:
        faults.add(shift.mark, "there is no `war.front` to shift; describe it, or take this out", f"{path}.front_shift")


def _check_pulled(node: Node | None, levers: list[str], faults: Faults, path: str) -> None:
    if isinstance(node, Scalar) and node.text == BOTH:
        if len(levers) != 2:
            said = f"{quoted(BOTH)} where there {'is' if len(levers) == 1 else 'are'} {counted(len(levers), 'lever')}"
            faults.add(node.mark, f"{said}; name those that are meant", path)
        return
    check_names(node, levers, "lever", faults, path)


def _check_narrows_in_time(event: Node, root: Mapping, faults: Faults, path: str) -> None:
    """What narrows happens in the first round: foresight and votes use what is known when talks begin."""
    narrows, month = get(event, "narrows"), number_of(get(event, "at", "month"))
    days = number_of(get(root, "time", "days_per_round"))
    if narrows is None or days is None:
        return
    first_round = days.value / DAYS_PER_MONTH
    latest = None if month is None else month.value if month.high is None else month.high
    if latest is None or latest >= first_round:
        said = f"only an event of the first round can narrow; give it `at: {{month: M}}` with M below {first_round:.2f}"
        faults.add(narrows.mark, said, f"{path}.narrows")


def _check_narrows(node: Node | None, root: Mapping, faults: Faults, path: str) -> None:
    """Every key is a number of the file or a branch that holds some."""
    if not isinstance(node, Mapping):
        return
    found = [at for at in block_numbers(root) if at[0] in NARROWED and get(root, *at) is not None]
    branches = list(dict.fromkeys(".".join(at[:length]) for at in found for length in range(2, len(at) + 1)))
    for text in node.items:
        parts = parse_path(text, node.keys[text], faults)
        if parts is None or text in branches or (len(parts) == 1 and any(at[0] == text for at in found)):
            continue
        close = closest(text, branches)
        known = [close] if close is not None else [branch for branch in branches if branch.count(".") == 1]
        where = " or ".join(f"`{block}`" for block in NARROWED)
        said = f"{quoted(text)} is no number or branch of numbers below {where}"
        faults.add(node.keys[text], f"{said}{meant(text, known)}", path)
