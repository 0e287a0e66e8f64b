"""The surroundings of the talks at central numbers, as a document: leverage, events, war, votes, aftermath."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from sim.analysis.portrait import Portrait
from sim.analysis.portrait_around import OUTSIDE_DRAWS, in_voting_order, no_deal_outside
from sim.core.packages import ALWAYS, NEVER, Condition
from sim.core.utility import DAYS_PER_MONTH
from sim.core.wording import counted
from sim.mechanisms.phased_withdrawal import reciprocal_steps
from sim.mechanisms.side_payments import CarrotsSpec
from sim.mechanisms.stages import NO_RECORD
from sim.report.document import Block, Table, heading, paragraph, paragraphs, section, table
from sim.results.format import NONE, number, percent
from sim.results.labels import clean, condition_names, either, party_label
from sim.scenario import (
    AftermathSpec,
    CredibilityLostSpec,
    EventSpec,
    HazardSpec,
    MediationSpec,
    Number,
    PowerShiftSpec,
    PullBackSpec,
    RatificationSpec,
    RatifierSpec,
    Scenario,
    StageSpec,
    WarSpec,
)

NOTED_OUTSIDE = 0.02  # of runs
STATED = "(stated: value [range])"
TOGETHER = {
    "chance_independent": "all, if surprises are independent",
    "chance_shared": "all, if they are shared",
}
PULLED = {"on_refusal": "on refusal", "never": "by events alone"}
MOST_BESIDE = 6  # columns of figures side by side


def pressure(shown: Portrait) -> Iterator[Block]:
    giving, mediation = shown.scenario.giving_way, shown.scenario.mediation
    if giving is not None:
        yield heading(f"Red lines that give way {STATED}")
        adds = f" A lever at full strength adds {giving.lever_adds} times that pace on the lines of its party."
        share = f"{100 * (shown.around.lines_given_up or 0):.0f} %"
        yield from paragraphs(
            f"Real lines fall at a pace of {giving.per_month} a month.{adds * (giving.lever_adds != Number(0.0))}",
            f"At central numbers and without levers {share} of them have fallen by the last round; a line of hardness "
            "1 never does.",
        )
    if mediation is not None:
        yield from _mediation(shown, mediation)


def _mediation(shown: Portrait, spec: MediationSpec) -> Iterator[Block]:
    scenario, who = shown.scenario, party_label(shown.scenario, spec.mediator)
    yield heading(f"Mediation by {who} {STATED}")
    left = shown.around.levers.set_index("lever")["no_deal_at_full_strength"]
    rows = []
    for name, lever in spec.levers.items():
        pulled = PULLED[lever.pulled] if isinstance(lever.pulled, str) else f"from month {lever.pulled:g}"
        on, takes = party_label(scenario, lever.party), str(lever.lowers_no_deal_by)
        rows.append([name, on, takes, number(left[name]), pulled])
    on_refusal = any(lever.pulled == "on_refusal" for lever in spec.levers.values())
    if rows:
        yield table(["", "<on", "takes", "no deal then", "<pulled"], rows)
        yield from paragraphs(
            "takes: share of that party's no-deal value, at full strength.",
            f"on refusal: while that party alone stands in the way of the last offer of {who}." if on_refusal else "",
            f"A lever gains or loses {spec.step_per_round} of its strength in a round. After signature "
            f"{spec.fades_per_year} of the pressure goes each year.",
        )
    if spec.bias is not None:
        toward, by = party_label(scenario, spec.bias.toward), spec.bias.by
        leans = f"toward {toward} by {by}; below 0: away from it" if float(by) else f"toward nobody (bias {by})"
        yield paragraph(f"In its own offers it leans {leans}.", 2)
    if spec.carrots is not None:
        yield heading(f"Value that {who} can add, at most {spec.carrots.budget} to one package {STATED}")
        yield side_payments(scenario, spec.carrots)


def side_payments(scenario: Scenario, spec: CarrotsSpec) -> Table:
    """Return what the mediator offers, to whom and on which packages."""
    rows = [
        [each.id, party_label(scenario, each.party), condition_names(scenario, each.when), str(each.adds)]
        for each in spec.offers
    ]
    return table(["", "<for", "<when", "adds"], rows)


def briefly(condition: Condition, otherwise: str) -> str:
    """Describe a condition on packages briefly, with `text` for one that is neither always nor never met."""
    return "always" if condition == ALWAYS else "never" if condition == NEVER else otherwise


def events(scenario: Scenario) -> Iterator[Block]:
    rows = []
    last_round = (scenario.time.rounds - 1) * scenario.time.days_per_round / DAYS_PER_MONTH
    for event in scenario.events:
        when = f"chance {event.chance_per_month} a month"
        if event.at_month is not None:
            late = ", after the last round" if float(event.at_month) > last_round else ""
            when = f"month {event.at_month}{late}" + (f", chance {event.chance}" if event.chance is not None else "")
        first, *others = event_effects(scenario, event)
        rows += [[event.id, event.label], [f"  {when}", first], *(["", text] for text in others)]
    return section(f"Events: what happens at a date or by chance {STATED}", ["", ""], rows, left=2)


def stages(scenario: Scenario) -> Iterator[Block]:
    rows = []
    for stage in scenario.stages:
        who = either([party_label(scenario, name) for name in stage.signatories], "and")
        lasts = "until it breaks" if stage.months is None else f"for {stage.months} months"
        first, *others = stage_effects(scenario, stage)
        rows += [[stage.id, stage.label], [f"  {lasts}", f"needs {who}; {_tabled(scenario, stage)}"]]
        rows += [["", text] for text in (first, *others)]
    yield from section(
        f"Stages: what may be agreed ahead of the rest {STATED}", ["", ""], rows,
        "A party agrees if no deal is worth at least as much to it while the stage lasts, on average, what it gains by "
        "agreeing added." if rows else "", left=2,
    )  # fmt: skip


def _tabled(scenario: Scenario, stage: StageSpec) -> str:
    tabled = stage.tabled
    parts = [f"on the table from month {tabled.month}"]
    if tabled.event is not None:
        parts.append(f"once {tabled.event} has happened")
    if tabled.after is not None:
        parts.append(f"after {tabled.after}")
    if tabled.no_deal_below:
        parts.append(f"while no deal is worth less than {_by_party(scenario, tabled.no_deal_below)}")
    return ", ".join(parts)


def stage_effects(scenario: Scenario, stage: StageSpec) -> list[str]:
    effects = []
    factors = {
        "waves of": _listed(stage.waves), "the drift of the front": stage.front_drift,
        "the deviation of the front": stage.front_sd, "wear": stage.wear, "the cost of the war": stage.war_cost,
    }  # fmt: skip
    times = [f"{what} {factor}" for what, factor in factors.items() if factor and factor != Number(1)]
    if times:
        effects.append(f"while it holds, times: {', '.join(times)}")
    if stage.shifts_no_deal:
        effects.append(f"adds to no-deal value while it holds: {_by_party(scenario, stage.shifts_no_deal)}")
    if stage.gains:
        effects.append(f"agreeing adds: {_by_party(scenario, stage.gains)}")
    if stage.settles:
        effects.append(f"settles while it holds {_listed(stage.settles, ': ', '; ')}")
    if stage.breaks_per_month != Number(0):
        effects.append(f"breaks with chance {stage.breaks_per_month} a month")
    if stage.ends_with_agreement:
        effects.append("ends when the main agreement is in force")
    for what, record in (("kept", stage.kept), ("broken", stage.broken)):
        if record != NO_RECORD:
            trust = f"credibility times {record.credibility}, danger of a break times {record.hazard}"
            effects.append(f"if {what}, {trust}")
    return effects or ["changes nothing"]


def event_effects(scenario: Scenario, event: EventSpec) -> list[str]:
    effects = []
    if event.commits is not None:
        party, to = party_label(scenario, event.commits.party), _listed(event.commits.to, ": ", "; ")
        effects.append(f"binds {party} in public to {to}; each step back costs it {event.commits.costs_per_step}")
    for path, left in event.narrows.items():
        effects.append(f"makes {clean(path)} better known: what is drawn keeps {left} of its distance from the value")
    if event.extra_waves:
        effects.append(f"adds waves of strikes: {_listed(event.extra_waves)}")
    if event.front_shift is not None:
        effects.append(f"moves the front by {event.front_shift}")
    if event.shifts_no_deal:
        effects.append(f"adds to no-deal value: {_by_party(scenario, event.shifts_no_deal)}")
    if event.redraws:
        far = _by_party(scenario, event.redraws)
        effects.append(f"elections: draws weights and support at home anew, this far: {far}")
    if event.pulls_levers:
        each = " each" if len(event.pulls_levers) > 1 else ""
        effects.append(f"pulls {either(map(clean, event.pulls_levers), 'and')} by one step{each}")
    if event.closes_channel_rounds is not None:
        effects.append(f"keeps all from talking for {counted(event.closes_channel_rounds, 'round')}")
    if event.removes:
        gone = {issue: either(options, "and") for issue, options in event.removes.items()}
        effects.append(f"takes off the table {_listed(gone, ': ', '; ')}")
    if event.hardens:
        effects.append(f"makes the red line{'s' * (len(event.hardens) > 1)} {either(event.hardens, 'and')} real")
    if event.lines_fall:
        effects.append(f"fells the red line{'s' * (len(event.lines_fall) > 1)} {either(event.lines_fall, 'and')}")
    return effects or ["moves nothing in the file"]


def _listed(entries: Mapping[str, object], between: str = " ", then: str = ", ") -> str:
    return then.join(f"{name}{between}{entry}" for name, entry in entries.items())


def _by_party(scenario: Scenario, numbers: Mapping[str, Number]) -> str:
    return ", ".join(f"{party_label(scenario, name)} {given}" for name, given in numbers.items())


def side_by_side(heads: Sequence[str], rows: Sequence[tuple[str, Sequence[object]]]) -> Iterator[Block]:
    """Make a table of named rows with one column for each head, split into several where there are many."""
    for start in range(0, len(heads), MOST_BESIDE):
        part = slice(start, start + MOST_BESIDE)
        yield table(["", *heads[part]], [[name, *cells[part]] for name, cells in rows])


# The war.

LAUNCHES = {
    "waves_per_month": "waves a month",
    "drones_per_wave": "drones a wave",
    "drones_intercepted": "share of them stopped",
    "missiles_per_wave": "missiles a wave",
    "missiles_intercepted": "share of them stopped",
    "households_per_hit": "homes cut off by a hit",
}
HARM = {
    "hits_per_month": "hits a month",
    "household_weeks_per_month": "household-weeks a month",
    "household_weeks_per_month_in_winter": "the same in winter",
}
MOVERS = {
    "from_front": "by the front",
    "from_wear": "by wear",
    "from_outages": "by outages",
    "from_events": "by events",
}


def war(shown: Portrait) -> Iterator[Block]:
    """Return the front, wear, money and strikes as stated, and their results at central numbers."""
    spec = shown.scenario.war
    if spec is not None:
        stated = list(_stated(shown.scenario, spec))
        yield from [heading(f"The war during the talks {STATED}"), *stated] if stated else []
        yield from _strikes(shown, spec)
    yield from _path(shown)


def _stated(scenario: Scenario, spec: WarSpec) -> Iterator[Block]:
    front, outages = spec.front, spec.outages
    if front is not None:
        unit = f" ({clean(front.unit)})" if front.unit else ""
        yield paragraph(f"Front: {front.drift_per_month} a month, standard deviation {front.sd_per_month}{unit}.", 2)
    if outages is not None:
        winter = ""
        if outages.winter_factor is not None:
            months = either(map(str, outages.winter_months), "and")
            winter = f" In winter (months {months}) a hit cuts off {outages.winter_factor} times as many."
        half = outages.repair_half_life_days
        yield paragraph(f"Half of the homes without power are back in {half} days.{winter}", 2)
    columns = {
        "1,000 of front add": front.no_deal_per_1000_km2 if front else {},
        "a month takes": spec.no_deal_falls_per_month,
        "a million household-weeks add": outages.no_deal_per_million_household_weeks if outages else {},
    }
    given = {head: numbers for head, numbers in columns.items() if numbers}
    if given:
        parties = scenario.parties.items()
        yield table(["", *given], [[spec.label, *(of.get(name) for of in given.values())] for name, spec in parties])
        yield paragraph(f"{', '.join(dict.fromkeys(head.split()[-1] for head in given))}: of no-deal value.", 2)
    if spec.cost_per_month:
        money = _by_party(scenario, spec.cost_per_month)
        yield paragraph(f"Money a month, in {spec.cost_unit} and no part of utility: {money}.", 2)


def _strikes(shown: Portrait, spec: WarSpec) -> Iterator[Block]:
    if not spec.strikes:
        return
    yield heading(f"Strikes {STATED}, and what they do at central numbers")
    sides = [[party_label(shown.scenario, side) for side in (each.by, each.on)] for each in spec.strikes.values()]
    stated = [(words, [getattr(strike, key) for strike in spec.strikes.values()]) for key, words in LAUNCHES.items()]
    found = shown.around.strikes.set_index("strike").loc[list(spec.strikes)]
    harm = [(words, [whole(value) for value in found[key]]) for key, words in HARM.items()]
    rows = [row for row in [*stated, *harm] if any(cell is not None for cell in row[1])]
    yield from side_by_side([" on ".join(each) for each in sides], rows)
    if spec.outages is not None:
        yield paragraph("household-weeks: homes without power x weeks, all that a month of waves adds.", 2)


def whole(value: float) -> str | None:
    """Format a count with three significant digits, such as 2,450,000; None if there is none."""
    if math.isnan(value):
        return None
    rounded = float(f"{value:.3g}")
    return f"{rounded:,.0f}" if rounded >= 100 else f"{rounded:g}"


def _path(shown: Portrait) -> Iterator[Block]:
    scenario, path = shown.scenario, shown.around.no_deal_path
    rounds = sorted(set(path["round"]))
    last = path[path["round"] == path["round"].max()].set_index("party")
    movers = {column: words for column, words in MOVERS.items() if (last[column] != 0).any()}
    if not movers:
        return
    yield heading("No-deal value as the months pass, at central numbers and without levers")
    at = path.set_index(["round", "party"])["no_deal"]
    rows = []
    for name, party in scenario.parties.items():
        moves = (float(last.at[name, column]) for column in movers)
        levels = (number(at[k, name]) for k in rounds)
        rows.append([party.label, *levels, *(number(move, sign=True) if move else None for move in moves)])
    yield table(["", *(f"round {k}" for k in rounds), *movers.values()], rows)
    chance = any(event.chance is not None or event.chance_per_month is not None for event in scenario.events)
    steady = {
        "the front moves by its drift": scenario.war is not None and scenario.war.front is not None,
        "waves come at their mean": scenario.war is not None and bool(scenario.war.strikes),
        "events that may happen or not are left out": chance,
    }
    here = either([text for text, holds in steady.items() if holds], "and")
    moved = f"by: what has moved it up to round {rounds[-1]}."
    yield from paragraphs(moved, f"Here {here}." if here else "", *(text for _, text in outside(scenario)))


def outside(scenario: Scenario) -> list[tuple[str, str]]:
    """Return, for each party whose reservation value leaves 0 to 1, the path of its main cause, and a sentence."""
    found = []
    for party, share, low, high, path in no_deal_outside(scenario).to_numpy().tolist():
        who, runs = party_label(scenario, party), percent(share, OUTSIDE_DRAWS)
        between = f"between {number(low)} and {number(high)}"
        text = f"The reservation value of {who} leaves 0 to 1 in {runs} of runs ({between}), driven most by {path}; "
        if share >= NOTED_OUTSIDE:
            found.append((path, f"{text}a rate may be too strong."))
    return found


# Votes at home.


def votes(shown: Portrait) -> Iterator[Block]:
    scenario, spec = shown.scenario, shown.scenario.ratification
    if spec is None:
        return
    yield heading(f"Ratification: who must approve after signature {STATED}")
    if spec.ratifiers:
        written, rows, conditions = scenario.resolved["ratification"]["ratifiers"], [], []
        for name in in_voting_order(spec):
            each, takes = spec.ratifiers[name], "; ".join(_takes(written[name]["votes"]))
            numbers = (str(each.support), str(each.error), str(each.months))
            rows.append([each.label, str(each.order), briefly(each.when, "on some"), takes, *numbers])
            parts = "; ".join(_conditions_of(scenario, each))
            conditions += [f"{clean(each.label)}: {parts}."] if parts else []
        yield table(["", "order", "<asked", "<takes", "support", "error", "months"], rows)
        known = "support: share in favour before shifts. error: its standard error. months: to the vote."
        yield from paragraphs(known, *conditions)
    else:
        yield paragraph("Nobody has to vote on what was signed.", 2)
    yield from paragraphs(*_calendar(spec))
    yield from _shifts(spec)
    yield from _chances(shown, spec)


def _takes(votes: Sequence[Mapping[str, Any]]) -> list[str]:
    """State what each vote requires, with its fraction as in the file: 300/450 is not 2/3 to a reader."""
    heads = [f"{vote['id']}: " if len(votes) > 1 else "" for vote in votes]
    return [
        head + (f"more than {vote['more_than']}" if vote.get("at_least") is None else f"at least {vote['at_least']}")
        for head, vote in zip(heads, votes, strict=True)
    ]


def _conditions_of(scenario: Scenario, ratifier: RatifierSpec) -> Iterator[str]:
    if ratifier.when not in (ALWAYS, NEVER):
        yield f"asked about texts with {condition_names(scenario, ratifier.when)}"
    for vote in ratifier.votes:
        name = f"{vote.id} " if len(ratifier.votes) > 1 else ""
        if vote.when == NEVER:
            yield f"{name}never held"
        elif vote.when != ALWAYS:
            yield f"{name}on texts with {condition_names(scenario, vote.when)}"
        if vote.needs:
            yield f"{name}not before {either(vote.needs, 'and')}"
    if ratifier.barred_when != NEVER:
        yield f"barred from texts with {condition_names(scenario, ratifier.barred_when)}, which are refused thereby"


def _calendar(spec: RatificationSpec) -> Iterator[str]:
    milestones = []
    for name, milestone in spec.milestones.items():
        by_option = {"": milestone.months} if isinstance(milestone.months, Number) else milestone.months
        when = ", ".join(f"{months} ({option})" if option else str(months) for option, months in by_option.items())
        milestones.append(f"{name} {when}" + (f" after {milestone.after}" if milestone.after else ""))
    if milestones:
        yield f"Months after signature: {'; '.join(milestones)}."
    if len(spec.ratifiers) > 1:
        yield f"Surprises in different votes go together by {spec.shared_error} (0: not at all, 1: wholly)."
    if spec.ratifiers:
        after = spec.after_refusal
        often = "at most once" if after.at_most == 1 else f"at most {after.at_most} times"
        later = f"{after.months_lost:g} month{'s' * (after.months_lost != 1)} later"
        again = f"A text that is refused sends them back to the table, {later}, {often}."
        yield again if after.name == "resume" else "A text that is refused ends the talks."


def _shifts(spec: RatificationSpec) -> Iterator[Block]:
    moved = [spec.ratifiers[name] for name in in_voting_order(spec) if spec.ratifiers[name].shifts]
    options = dict.fromkeys((issue, option) for each in moved for issue in each.shifts for option in each.shifts[issue])
    if options:
        yield heading("What an option adds to the log-odds of support (stated; 0.4 is about 10 points near half)")
        rows = [
            (f"{issue}: {option}", [each.shifts.get(issue, {}).get(option) for each in moved])
            for issue, option in options
        ]
        yield from side_by_side([each.label for each in moved], rows)


def _chances(shown: Portrait, spec: RatificationSpec) -> Iterator[Block]:
    found, together = shown.around.votes, shown.around.votes_together.set_index("proposal")
    if not len(found):
        return
    yield heading("Chance that the votes on a proposal pass, in closed form at central numbers")
    at = found.set_index(["proposal", "ratifier"])
    cells = {key: NONE if row["asked"] == "no" else "barred" if row["asked"] == "barred" else chance(row["chance"])
             for key, row in at.to_dict("index").items()}  # fmt: skip
    texts = list(together.index)
    rows = [(spec.ratifiers[name].label, [cells[text, name] for text in texts]) for name in in_voting_order(spec)]
    if len(rows) > 1:
        rows += [(words, [chance(together.loc[text, column]) for text in texts]) for column, words in TOGETHER.items()]
    yield from side_by_side([text.replace("_", " ") for text in texts], rows)
    known = [f"{NONE}: not asked."] if NONE in cells.values() else []
    if any(len(each.votes) > 1 for each in spec.ratifiers.values()):
        known.append("Where a body holds several votes the strictest decides.")
    yield from paragraphs(" ".join(known))


def chance(value: float) -> str:
    """Format a probability with two digits; one close to 0 or 1 is never rounded to it."""
    if math.isnan(value):
        return NONE
    return "<0.01" if 0 < value < 0.005 else ">0.99" if 0.995 <= value < 1 else f"{value:.2f}"


# After signature.


def after_signature(shown: Portrait) -> Iterator[Block]:
    """Return the aftermath as stated, and its values for the proposals."""
    scenario, spec = shown.scenario, shown.scenario.aftermath
    if spec is None:
        return
    stated = list(_stated_after(scenario, spec))
    guarantees = list(_guarantees(shown, spec))
    if stated or guarantees:
        yield heading(f"After signature {STATED}")
        yield from paragraphs(*stated)
        yield from [paragraph(""), *guarantees] if stated and guarantees else guarantees
    if spec.hazard is not None:
        yield from _hazard(scenario, spec.hazard)
    found = shown.around.after_signature
    rows = list(_findings(scenario, spec, found))
    if rows and len(found):
        yield heading("Proposals as if signed and in force in round 1, at central numbers")
        yield from side_by_side([text.replace("_", " ") for text in found["proposal"]], rows)


def _stated_after(scenario: Scenario, spec: AftermathSpec) -> Iterator[str]:
    if spec.guarantor is not None:
        who, helper = party_label(scenario, spec.guarantor.party), spec.guarantor.helper
        helps = f" {party_label(scenario, helper)} would help (shown, never computed from)." if helper else ""
        will = f"for a text that adds less for it than that x credibility {who} does not act"
        yield f"Guarantor: {who}. Acting costs it {spec.guarantor.cost_of_acting} of its own utility; {will}.{helps}"
    if spec.credibility_lost is not None:
        yield _lost(spec.credibility_lost)
    if spec.power_shift is not None:
        yield _power(scenario, spec.power_shift)
    if spec.pull_back is not None:
        yield _pull_back(scenario, spec.pull_back, " x credibility" if spec.credibility else "")


def _lost(spec: CredibilityLostSpec) -> str:
    first = f", first on {spec.first_change_at.isoformat()}" if spec.first_change_at else ""
    changes = f"at a change of president{first}: {_listed(spec.at_change) or 'nothing'}"
    routes = _listed(spec.route, " by ", "; ")
    return f"Credibility lost each year: {_listed(spec.per_year) or 'nothing'}; {changes}. Routes: {routes}."


def _power(scenario: Scenario, spec: PowerShiftSpec) -> str:
    away = party_label(scenario, spec.away_from)
    stake = f"by a war now {away} would get {spec.balance_now} of what is at stake"
    costs = f"which costs {_by_party(scenario, spec.war_cost)}"
    counts = "by the patience of the side that grows weaker" if spec.discount is None else str(spec.discount)
    later = f"what comes after the {spec.months} months of the shift counts {counts}"
    penalty = f"a guarantor that acts costs the side that grows stronger {spec.penalty}"
    moves = _listed({issue: _listed(options) for issue, options in spec.shifts.items()}, ": ", "; ")
    moved = f"Away from {away} it is moved by {moves or 'nothing'}"
    riser = "; later the side that grows stronger takes all that peace saves" if spec.surplus == "all_to_riser" else ""
    return f"Shift of power: {stake}, {costs}; {later}; {penalty}{riser}. {moved}."


def _pull_back(scenario: Scenario, spec: PullBackSpec, believed: str) -> str:
    def sides(given: Number | dict[str, Number]) -> str:
        return str(given) if isinstance(given, Number) else _by_party(scenario, given)

    in_turn = reciprocal_steps(spec)
    steps = _listed({option: count for option, count in spec.steps.items() if option in in_turn})
    alone = [option for option in spec.steps if option not in in_turn]
    not_tested = f" ({either(alone, 'and')}: one side alone, so not tested)" if alone else ""
    gains = f"cheating gains {sides(spec.gain_of_cheating)}, a period of peace {sides(spec.dividend)}"
    seen = f"being seen costs {spec.penalty}{believed}; a period later counts {spec.discount}"
    size = [f"takes {spec.months} months"] if spec.months is not None else []
    size += [f"is {spec.depth_km} km deep"] if spec.depth_km is not None else []
    facts = f" It {either(size, 'and')} (shown, never computed from)." if size else ""
    return f"Pull-back: steps offered {steps or 'none'}{not_tested}; {gains}; {seen}.{facts}"


def _guarantees(shown: Portrait, spec: AftermathSpec) -> Iterator[Block]:
    """Return guarantees of options and monitors, with the steps that a phased withdrawal then needs."""
    given, rows = (("promise", spec.credibility), ("watch", spec.monitoring)), []
    parts = {name: part for name, part in given if part is not None}
    if not parts:
        return  # one row at most, and the proposals have it too
    for row in shown.around.guarantees.to_dict("records"):
        options = {part.issue: row[name] for name, part in parts.items()}
        numbers = [str(part.numbers[row[name]]) for name, part in parts.items()]
        rows.append([*options.values(), *numbers, _steps_words(row["steps_needed"])])
    issues = dict.fromkeys(f"<{part.issue}" for part in parts.values())
    known = ["credibility" if name == "promise" else "breach seen" for name in parts]
    heads = [*issues, *known, *(["steps needed"] if spec.pull_back else [])]
    yield table(heads, [row[: len(heads)] for row in rows])
    if spec.pull_back:
        acts = ", if the guarantor acts" if "promise" in parts and spec.guarantor is not None else ""
        yield paragraph(f"steps needed: fewest equal steps at whose last one cheating does not pay{acts}.", 2)


def _steps_words(steps: float) -> str:
    return NONE if math.isnan(steps) else "no number" if math.isinf(steps) else f"{steps:,.0f}"


def _hazard(scenario: Scenario, spec: HazardSpec) -> Iterator[Block]:
    yield heading("How long such agreements hold, and how many times the danger of a break is (stated)")
    law = f"{spec.survival_12} of them hold 12 months"
    law += f", {spec.survival_60} hold 60" if spec.survival_60 is not None else f"; shape {spec.shape}"
    deters = f" A promise believed for certain takes {spec.deterrence} of the danger."
    yield paragraph(f"{law}.{deters if spec.deterrence != Number(0.0) else ''}", 2)
    rows = [[name, condition_names(scenario, each.when), str(each.ratio)] for name, each in spec.ratios.items()]
    faults = {
        "a shift of power undoes it": spec.if_not_self_enforcing,
        "cheating on the pull-back pays": spec.if_pull_back_fails,
        "it was bought by pressure": spec.if_bought_by_pressure,
    }
    rows += [["", words, str(given)] for words, given in faults.items() if given != Number(1.0)]
    if rows:
        heads = ["", "<when", "danger x"]
        yield table(heads, rows) if spec.ratios else table(heads[1:], [row[1:] for row in rows])


def _findings(scenario: Scenario, spec: AftermathSpec, found: pd.DataFrame) -> Iterator[tuple[str, list[str]]]:
    def column(name: str, sign: bool = False) -> list[str]:
        return [number(value, sign=sign) for value in found[name]]

    def verdict(name: str, measured: str, yes: str, no: str) -> list[str]:
        pairs = zip(found[name], found[measured], strict=True)
        return [NONE if math.isnan(value) else yes if fails else no for fails, value in pairs]

    if spec.credibility is not None:
        yield "credibility promised", column("credibility_promised")
        if spec.guarantor is not None:
            yield "guarantor would act", verdict("guarantor_absent", "credibility_promised", "no", "yes")
    if spec.power_shift is not None:
        away = party_label(scenario, spec.power_shift.away_from)
        yield f"power shifts away from {away} by", column("power_shift", sign=True)
        needed = ["none is enough" if math.isinf(value) else number(value) for value in found["penalty_needed"]]
        yield "penalty needed", needed
        yield "penalty there", column("penalty_there")
        yield "undone by the shift", verdict("fails_power", "power_shift", "yes", "no")
    if spec.pull_back is not None:
        yield "pull-back: steps needed", list(map(_steps_words, found["steps_needed"]))
        yield "pull-back: steps offered", list(map(_steps_words, found["steps_there"]))
        yield "cheating pays", verdict("fails_pull_back", "steps_needed", "yes", "no")
    if spec.hazard is not None:
        yield "chance to hold 12 months", list(map(chance, found["survival_12"]))
        yield "chance to hold 60 months", list(map(chance, found["survival_60"]))
