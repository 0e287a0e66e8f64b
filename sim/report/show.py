"""A scenario at central numbers as a document: parties, packages, ZOPA, solutions, and the file's own statements."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from sim.analysis.portrait import LINES_OFF, LINES_REAL, MOST_COMPLETIONS, STATUS_QUO, Portrait
from sim.core.packages import ALWAYS, NEVER
from sim.core.stability import KINDS
from sim.core.wording import counted, in_order
from sim.report import answer
from sim.report.document import Block, heading, paragraph, paragraphs, section, table
from sim.report.plain import pick, plain
from sim.report.show_around import after_signature, briefly, events, pressure, side_payments, stages, votes, war
from sim.results.format import number
from sim.results.labels import (
    BLOCKS,
    SOLUTIONS,
    clean,
    condition_label,
    condition_names,
    either,
    numbers_by_status,
    option_label,
    party_label,
    running_text,
    status_text,
    who_signs,
)
from sim.scenario import Number, Scenario

CENTRAL = "At central numbers: every number at its stated value. Nothing is drawn, nobody bargains."


def document(shown: Portrait) -> Iterator[Block]:
    scenario = shown.scenario
    yield paragraph("\n".join(_head(shown)))
    yield from _parties(shown)
    parties = scenario.parties.values()
    rows = [[issue, *(str(party.weights[issue]) for party in parties)] for issue in scenario.issues]
    yield heading("Weights of the issues, as stated: value [range]")
    yield table(["", *(party.label for party in parties)], rows)
    yield from _options(scenario)
    yield from _rules(scenario)
    yield from _lines(shown)
    yield from _linkages(scenario)
    yield from _zones(shown)
    yield from _solutions(shown)
    yield from _fair_division(shown)
    yield from pressure(shown)
    yield from war(shown)
    yield from events(scenario)
    yield from stages(scenario)
    yield from _proposals(shown)
    yield from stable_states(shown)
    yield from votes(shown)
    yield from after_signature(shown)
    yield from facts(scenario)


def brief(shown: Portrait) -> Iterator[Block]:
    """Return one screen: the ZOPA, who could sign what, and how proposals rank."""
    scenario = shown.scenario
    count, real, off = shown.utility.shape[1], *(int(shown.candidates[each].sum()) for each in (LINES_REAL, LINES_OFF))
    yield paragraph(clean(scenario.title) + (f", as of {scenario.as_of.isoformat()}" if scenario.as_of else ""))
    yield paragraph("")
    who = who_signs(scenario)
    has_lines = any(party.red_lines for party in scenario.parties.values())
    aside = f"; with red lines set aside, {off:,}" if has_lines else ""
    none = "no package" if not real else counted(real, "package")
    are = "is" if real <= 1 else "are"
    yield paragraph(f"At central numbers {none} of {count:,} {are} acceptable to {who}{aside}.")
    days = scenario.time.days_per_round
    yield paragraph(
        f"{counted(len(scenario.issues), 'issue')}, {counted(len(scenario.parties), 'party', 'parties')}, "
        f"{counted(scenario.time.rounds, 'round')} of {days:g} day{'s' * (days != 1)}."
    )
    best = shown.best.set_index("party")
    rows = [
        [party_label(scenario, name), party.kind, str(party.no_deal), f"{best.loc[name]['could_sign']:,}",
         len(party.red_lines)]
        for name, party in scenario.parties.items()
    ]  # fmt: skip
    yield from section("Parties", ["", "<", "no-deal value", "could sign", "red lines"], rows)
    names = list(scenario.parties)
    marks = []
    for name, found in shown.proposals.groupby("proposal", sort=False):
        ends = {row["party"]: (row["margin_least"], row["margin_most"]) for row in found.to_dict("records")}
        cells = [_span(*ends[one], sign=True) for one in names]
        marks.append([clean(scenario.proposals[str(name)].label), *cells])
    heads = ["", *(party_label(scenario, name) for name in names)]
    yield from section("Proposals: utility above no deal (least to most, where issues are left open)", heads, marks)
    yield paragraph("")
    yield paragraph(answer.rests_on(scenario))


def _head(shown: Portrait) -> Iterator[str]:
    scenario = shown.scenario
    yield clean(scenario.title)
    if scenario.as_of:
        yield f"as of {scenario.as_of.isoformat()}"
    for text in (scenario.about, scenario.disclaimer):
        if text:
            yield running_text(text)
    yield ""
    yield CENTRAL
    yield (
        f"{len(scenario.issues)} issues, {shown.raw_count:,} packages, {shown.utility.shape[1]:,} of them consistent; "
        f"{len(scenario.parties)} parties; {scenario.time.rounds} rounds of {scenario.time.days_per_round:g} "
        f"{'day' if scenario.time.days_per_round == 1 else 'days'}."
    )
    yield f"Numbers: {status_text(scenario)}."
    if scenario.not_at_the_table:
        yield f"Not at the table, and so not in these numbers: {either(map(clean, scenario.not_at_the_table), 'and')}."


def _parties(shown: Portrait) -> Iterator[Block]:
    scenario, best = shown.scenario, shown.best.set_index("party")
    rows = []
    for name, party in scenario.parties.items():
        row: dict[Any, Any] = best.loc[name].to_dict()
        most, count = number(row.get("best_worth")), f"{row['could_sign']:,}"
        rows.append([party.label, party.kind, briefly(party.signs, "some texts"), str(party.no_deal), most, count])
    parties = [(clean(party.label), party) for party in scenario.parties.values()]
    yield from section(
        "Parties and their no-deal values (BATNA), stated: value [range]",
        ["", "<", "<signs", "no deal", "best", "could sign"],
        rows,
        "best: the most it could sign. could sign: packages worth no deal or more, behind no own line.",
        *(f"{label} signs texts with {condition_label(scenario, party.signs)}."
          for label, party in parties if party.signs not in (ALWAYS, NEVER)),
        *(f"{label} leaves once it can expect less than {party.walk_away}."
          for label, party in parties if party.walk_away is not None),
    )  # fmt: skip
    rows = [[party.label, _strategy(scenario, name)] for name, party in scenario.parties.items()]
    protocol = f"{_named(scenario.protocol.name, scenario.protocol.parameters)}."
    yield from section("How they bargain", ["", ""], rows, protocol, left=2)


def _strategy(scenario: Scenario, party: str) -> str:
    spec, mediation = scenario.parties[party], scenario.mediation
    texts = [_named(spec.strategy.name, spec.strategy.parameters)]
    if spec.opens_with:
        texts.append(f"opens with {', then '.join(spec.opens_with)}")
    if mediation and mediation.mediator == party and mediation.bias is not None:
        texts.append(f"leans toward {mediation.bias.toward} by {mediation.bias.by}")
    return "; ".join(texts)


def _named(name: str, parameters: dict[str, Any]) -> str:
    texts = {key: in_order(value) if isinstance(value, tuple) else str(value) for key, value in parameters.items()}
    return ", ".join([name, *(f"{key} {text}" for key, text in texts.items())])


def _options(scenario: Scenario) -> Iterator[Block]:
    yield heading("Options, and their points from 0 to 100 (stated)")
    rows: list[list[str]] = []
    for name, issue in scenario.issues.items():
        rows += [*([[""]] if rows else []), [f"{name.upper()}: {issue.label}"]]
        for option, label in issue.options.items():
            points = [str(party.values[name][option]) for party in scenario.parties.values()]
            promised = issue.deliverable.get(option)
            chance = f" (can be had with {promised.chance}; else worth as {promised.otherwise})" if promised else ""
            rows.append([f"{option}: {label}{chance}", *points])
    yield table(["", *(party_label(scenario, name) for name in scenario.parties)], rows)


def _rules(scenario: Scenario) -> Iterator[Block]:
    if scenario.consistency:
        yield heading("Consistency rules: where the first part holds, the second must")
    for rule in scenario.consistency:
        if_, then = condition_names(scenario, rule.if_), condition_names(scenario, rule.then)
        yield paragraph(f"{rule.id}: if {if_}, then {then}{f' ({clean(rule.because)})' if rule.because else ''}", 2)


def _lines(shown: Portrait) -> Iterator[Block]:
    scenario = shown.scenario
    rows = [
        [f"{row['party']}.{row['line']}", row["law"], number(row["mean_hardness"]), row["drawn_with"] or None,
         f"{row['packages']:,}"]
        for row in shown.red_lines.to_dict("records")
    ]  # fmt: skip
    title = "Red lines: stated hardness, and the share of draws in which the line is real (its mean)"
    heads = ["", "hardness", "mean", "<drawn with", "packages behind it"]
    yield from section(title, heads, rows, f"Lines of one name in `drawn with` share a draw: {scenario.lines}.")
    if rows:
        yield paragraph("")
    for name, party in scenario.parties.items():
        for line in party.red_lines:
            lifted = f", unless {condition_names(scenario, line.unless)}" if line.unless.clauses else ""
            yield paragraph(f"{name}.{line.id}: never {condition_names(scenario, line.never)}{lifted}", 2)


def _linkages(scenario: Scenario) -> Iterator[Block]:
    rows = [
        [f"{name}.{linkage.id}", condition_names(scenario, linkage.when), str(linkage.adds)]
        for name, party in scenario.parties.items()
        for linkage in party.linkages
    ]
    yield from section("Value of combinations (linkages)", ["", "<when", "adds"], rows)
    carrots = scenario.mediation.carrots if scenario.mediation else None
    if carrots is not None:
        yield heading(f"Value that the mediator adds, to one package {carrots.budget} at most")
        yield side_payments(scenario, carrots)


def _zones(shown: Portrait) -> Iterator[Block]:
    title = "Zone: packages that no signatory finds worse than no deal and that cross no line"
    rows = [[row.candidates, f"{row.packages:,}", f"{row.frontier:,}"] for row in shown.zones.itertuples()]
    return section(title, ["", "packages", "of them on the Pareto frontier"], rows)


def _solutions(shown: Portrait) -> Iterator[Block]:
    scenario, over = shown.scenario, [party_label(shown.scenario, name) for name in shown.solution_parties]
    yield heading(f"Reference solutions over {either(over, 'and')}: what theory picks, no bargaining")
    letters: dict[str, str] = {}
    rows = []
    for row in shown.solutions.to_dict("records"):
        if not isinstance(row["package"], str):
            continue
        letter = letters.setdefault(row["package"], f"p{len(letters) + 1}")
        letter += f" and {row['tied'] - 1:,} that tie" if row["tied"] > 1 else ""
        worth = [number(row[f"worth_{name}"]) for name in scenario.parties]
        rows.append([SOLUTIONS.get(row["solution"], row["solution"]), row["candidates"], *worth, letter])
    yield table(["", "<among", *(party_label(scenario, name) for name in scenario.parties), "<package"], rows)
    empty = shown.zones.loc[shown.zones["packages"] == 0, "candidates"]
    yield from paragraphs(*(f"With {candidates} the zone is empty: there is nothing to pick." for candidates in empty))
    yield from paragraphs(*(f"{letter}: {package.replace('/', ' / ')}" for package, letter in letters.items()))


def _fair_division(shown: Portrait) -> Iterator[Block]:
    if shown.fair_division is not None:
        won, shares = shown.fair_division
        columns = [column for column in shares.columns if column.startswith("share_")]
        heads = [party_label(shown.scenario, column.removeprefix("share_")) for column in columns]
        points = f"{won.points_a:.4g} points of 100 each"
        title = f"Adjusted winner, were every issue divisible: {points}; shares of the issues"
        rows = [[row["issue"], *(number(row[column]) for column in columns)] for row in shares.to_dict("records")]
        yield from section(title, ["", *heads], rows)


def _proposals(shown: Portrait) -> Iterator[Block]:
    scenario = shown.scenario
    for name, found in shown.proposals.groupby("proposal", sort=False):
        proposal, count = scenario.proposals[str(name)], int(found["completions"].iloc[0])
        open_issues = f"; {count:,} ways to complete it, least to most" if count != 1 else ""
        from_ = f", from {party_label(scenario, proposal.from_)}" if proposal.from_ else ""
        yield heading(f"On the table: {clean(proposal.label)} ({name}{from_}{open_issues})")
        words = [f"{issue}: {option_label(scenario, issue, option)}" for issue, option in proposal.package.items()]
        yield table(["", ""], [text.split(": ", 1) for text in words], left=2)
        scores = [
            [party_label(scenario, row["party"]), row["signs"], _span(row["worth_least"], row["worth_most"]),
             _span(row["margin_least"], row["margin_most"], sign=True),
             ", ".join(row["lines_crossed"]) or None, ", ".join(row["lines_at_stake"]) or None]
            for row in found.to_dict("records")
        ]  # fmt: skip
        yield table(["", "<signs", "utility", "margin", "<lines crossed", "<lines at stake"], scores)


def _span(least: float, most: float, sign: bool = False) -> str:
    low, high = number(least, sign=sign), number(most, sign=sign)
    return low if low == high else f"{low} to {high}"


def data(shown: Portrait) -> dict[str, Any]:
    """Return the portrait, the blocks as the file has them, the tables of `Portrait.around`, and descriptive facts."""
    scenario, resolved, claims = shown.scenario, shown.scenario.resolved, claimed_losses(shown.scenario)
    return {
        "id": scenario.id,
        "title": scenario.title,
        "numbers_at": "central",
        "as_of": scenario.as_of.isoformat() if scenario.as_of else None,
        "packages": {"raw": shown.raw_count, "consistent": shown.utility.shape[1]},
        "numbers": numbers_by_status(scenario),
        "not_at_the_table": list(scenario.not_at_the_table),
        "issues": {
            name: {"label": issue.label, "options": dict(issue.options)} for name, issue in scenario.issues.items()
        },
        "parties": {name: _party_data(shown, name) for name in scenario.parties},
        **pick(shown, "red_lines zones solution_parties"),
        "solutions": plain(shown.solutions.drop(columns="packages")),
        "positions": plain(shown.positions),
        "adjusted_winner": plain(shown.fair_division[1]) if shown.fair_division else None,
        **pick(shown, "proposals stability"),
        "blocks": {block: resolved.get(block) for block in BLOCKS},
        **plain(shown.around),
        "told": facts_of_the_war(scenario),
        "claimed_losses": {"about": CLAIMS, "per_month": claims} if claims else None,
        **pick(scenario, "history expected"),
    }


def _party_data(shown: Portrait, name: str) -> dict[str, Any]:
    party, best = shown.scenario.parties[name], shown.best.set_index("party").loc[name].to_dict()
    return pick(party, "label kind") | {
        "signs": briefly(party.signs, condition_label(shown.scenario, party.signs)),
        "no_deal": _number_data(party.no_deal),
        "best_worth": best.get("best_worth"),
        "best_package": best.get("best_package"),
        "could_sign": best["could_sign"],
        "weights": {issue: _number_data(weight) for issue, weight in party.weights.items()},
        "values": {
            issue: {option: _number_data(points) for option, points in options.items()}
            for issue, options in party.values.items()
        },
    }


def _number_data(given: Number) -> dict[str, Any]:
    spread = [given.low, given.high] if given.uncertain else None
    return {"value": given.value, "range": spread, "law": given.law if spread else None, "status": given.status}


# Whether anybody would move away alone from the status quo and from the proposals.

NAMES = {"nash": "Nash", "gmr": "GMR", "smr": "SMR", "seq": "SEQ"}


def stable_states(shown: Portrait) -> Iterator[Block]:
    """Tabulate who controls what, and for whom each state is stable; empty where no party controls an issue alone."""
    found, scenario = shown.stability, shown.scenario
    if not any(len(issue.controlled_by) == 1 for issue in scenario.issues.values()):
        return
    yield heading("Stability: whether a party would change alone what it controls")
    for party in scenario.parties:
        own = [issue for issue, spec in scenario.issues.items() if spec.controlled_by == (party,)]
        if own:
            yield paragraph(f"{party_label(scenario, party)} controls {', '.join(own)}.", 2)
    together = [issue for issue, spec in scenario.issues.items() if len(spec.controlled_by) != 1]
    if together:
        yield paragraph(f"Changed by agreement only: {', '.join(together)}.", 2)
    rows, last = [], None
    for row in found.to_dict("records"):
        count, state = row["completions"], row["state"]
        label = "status quo" if state == STATUS_QUO else str(state)
        label = f"{label} ({count:,} ways)" if count != 1 else label
        who = party_label(scenario, row["party"]) if isinstance(row["party"], str) else "all together"
        verdicts = (_verdict(row[kind], count) for kind in KINDS)
        rows.append(["" if state == last else label, who, *verdicts, row["move"] or None])
        last = state
    if not rows:
        yield paragraph("The file has no status quo and no proposal to ask about.", 2)
        return
    yield table(["", "<stable for", *(f"<{NAMES[kind]}" for kind in KINDS), "<it would move to"], rows)
    yield from paragraphs(*(f"{NAMES[kind]}: {meaning}." for kind, meaning in KINDS.items()))


def _verdict(stable: int | None, count: int) -> str | None:
    """Format yes or no of one package, a count of several; empty with too many to evaluate, or none."""
    if stable is None or count == 0 or count > MOST_COMPLETIONS:
        return None
    return f"{stable} of {count}" if count > 1 else "yes" if stable else "no"


# Descriptive parts of a file.

DEEPEST = 8  # levels that are set further in than the one above


def facts(scenario: Scenario) -> Iterator[Block]:
    """List facts about the war, claimed losses, the historical record, and the file's own notes."""
    regions = scenario.war.front.shown if scenario.war and scenario.war.front else {}
    facts = facts_of_the_war(scenario) | {place: str(share) for place, share in regions.items()}
    yield from _section("The war as described in the file; not used in the computation", facts)
    title = f"{CLAIMS}; killed and wounded a month"
    yield from section(title, ["", "", "<"], claim_rows(scenario), "Nothing is computed from them.")
    yield from _section("What really happened; not used in the computation", scenario.history or {})
    yield from _section("Notes of the file; not used in the computation", scenario.expected or {})


def facts_of_the_war(scenario: Scenario) -> dict[str, Any]:
    """List the descriptive facts of the war except claims; empty without a war."""
    war, written = scenario.war, scenario.resolved.get("war", {})
    if war is None:
        return {}
    facts = {"since": written["since"]} if war.since else {}
    facts |= {key: written["front"][key] for key in war.front.shown} if war.front else {}
    facts |= {"regions": written["outages"]["regions"]} if war.outages and war.outages.regions else {}
    return facts | ({"spillover": written["spillover"]} if "spillover" in war.shown else {})


def _section(title: str, facts: Mapping[str, Any]) -> Iterator[Block]:
    if facts:
        yield heading(title)
        for depth, text in nested(facts):
            yield paragraph(text, 2 + 2 * min(depth, DEEPEST))


def nested(value: Any, depth: int = 0) -> Iterator[tuple[int, str]]:
    entries = value.items() if isinstance(value, Mapping) else ((None, each) for each in value)
    for key, entry in entries:
        head = "-" if key is None else f"{clean(key)}:"
        if _fits_a_line(entry, in_list=key is None):
            yield depth, f"{head} {_value_text(entry)}"
        else:
            yield depth, head
            yield from nested(entry, depth + 1)


def _fits_a_line(value: Any, in_list: bool) -> bool:
    """Return whether a value fits on one line: a scalar, a list of scalars, or in a list a mapping of these."""
    if isinstance(value, Mapping):
        return not value or (in_list and all(_fits_a_line(each, in_list=False) for each in value.values()))
    return not isinstance(value, list) or not any(isinstance(each, Mapping | list) for each in value)


def _value_text(value: Any) -> str:
    if isinstance(value, Mapping):
        return "; ".join(f"{clean(key)}: {_value_text(each)}" for key, each in value.items()) or "none"
    if isinstance(value, list):
        return ", ".join(map(_value_text, value)) or "none"
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.isoformat() if isinstance(value, date) else running_text(str(value))


CLAIMS = "Claims about losses are claims by parties to the war or their allies"


def claimed_losses(scenario: Scenario) -> dict[str, Any]:
    """Return claims by party, as in the file: a range may have no central value."""
    war = scenario.war
    if war is None or "claimed_losses_per_month" not in war.shown:
        return {}
    claims: dict[str, Any] = scenario.resolved["war"]["claimed_losses_per_month"]
    return claims


def claim_rows(scenario: Scenario) -> list[list[str]]:
    """Return claims about killed and wounded a month: party, claim, note; empty without any."""
    rows = []
    for name, given in claimed_losses(scenario).items():
        claim = given if isinstance(given, Mapping) else {"value": given}
        middle = _count(claim["value"]) if claim.get("value") is not None else ""
        ends = " to ".join(map(_count, claim.get("range") or ()))
        text = f"{middle} ({ends})" if middle and ends else middle or ends
        rows.append([party_label(scenario, name), text, running_text(claim.get("note") or "")])
    return rows


def _count(value: Any) -> str:
    return f"{value:,.10g}"
