"""`show`: what comes after signature, and whether the proposals would hold."""

import math
from collections.abc import Iterator

import pandas as pd
from rich.console import RenderableType

from sim.analysis.layout import NONE, heading, number, paragraph, table
from sim.analysis.portrait import Portrait
from sim.analysis.words import condition_names, either, party_label
from sim.cli.showing_around import STATED, by_party, side_by_side
from sim.cli.showing_votes import chance
from sim.mechanisms.phased_withdrawal import reciprocal_steps
from sim.scenario import (
    AftermathSpec,
    CredibilityLostSpec,
    GuarantorSpec,
    HazardSpec,
    Number,
    PowerShiftSpec,
    PullBackSpec,
    Scenario,
)


def after_signature(shown: Portrait) -> Iterator[RenderableType]:
    """The aftermath as stated, and what it says of the proposals."""
    scenario, spec = shown.scenario, shown.scenario.aftermath
    if spec is None:
        return
    told = list(_told(scenario, spec))
    guarantees = list(_guarantees(shown, spec))
    if told or guarantees:
        yield heading(f"After signature {STATED}")
        yield from (paragraph(text, 2) for text in told)
        yield from [paragraph(""), *guarantees] if told and guarantees else guarantees
    if spec.hazard is not None:
        yield from _hazard(scenario, spec.hazard)
    yield from _proposals(shown, spec)


def _told(scenario: Scenario, spec: AftermathSpec) -> Iterator[str]:
    if spec.guarantor is not None:
        yield _guarantor(scenario, spec.guarantor)
    if spec.credibility_lost is not None:
        yield _lost(spec.credibility_lost)
    if spec.power_shift is not None:
        yield _power(scenario, spec.power_shift)
    if spec.pull_back is not None:
        yield _pull_back(scenario, spec.pull_back, " x credibility" if spec.credibility else "")


def _guarantor(scenario: Scenario, spec: GuarantorSpec) -> str:
    who = party_label(scenario, spec.party)
    helper = f" {party_label(scenario, spec.helper)} would help (shown, never computed from)." if spec.helper else ""
    will = f"for a text that adds less for it than that x credibility {who} does not act"
    return f"GuarantorSpec: {who}. Acting costs it {spec.cost_of_acting} of its own worth; {will}.{helper}"


def _lost(spec: CredibilityLostSpec) -> str:
    def routes(numbers: dict[str, Number]) -> str:
        return ", ".join(f"{route} {given}" for route, given in numbers.items()) or "nothing"

    first = f", first on {spec.first_change_at.isoformat()}" if spec.first_change_at else ""
    changes = f"at a change of president{first}: {routes(spec.at_change)}"
    by_route = "; ".join(f"{option} by {route}" for option, route in spec.route.items())
    return f"Credibility lost each year: {routes(spec.per_year)}; {changes}. Routes: {by_route}."


def _power(scenario: Scenario, spec: PowerShiftSpec) -> str:
    away = party_label(scenario, spec.away_from)
    stake = f"by a war now {away} would get {spec.balance_now} of what is at stake"
    costs = f"which costs {by_party(scenario, spec.war_cost)}"
    later = f"what comes after the {spec.months} months of the shift counts {spec.discount}"
    penalty = f"a guarantor that acts costs the side that grows stronger {spec.penalty}"
    moves = "; ".join(
        f"{issue}: {', '.join(f'{option} {given}' for option, given in options.items())}"
        for issue, options in spec.shifts.items()
    )
    moved = f"Away from {away} it is moved by {moves or 'nothing'}"
    riser = "; later the side that grows stronger takes all that peace saves" if spec.surplus == "all_to_riser" else ""
    return f"Shift of power: {stake}, {costs}; {later}; {penalty}{riser}. {moved}."


def _pull_back(scenario: Scenario, spec: PullBackSpec, believed: str) -> str:
    def sides(given: Number | dict[str, Number]) -> str:
        return str(given) if isinstance(given, Number) else by_party(scenario, given)

    in_turn = reciprocal_steps(spec)
    steps = ", ".join(f"{option} {count}" for option, count in spec.steps.items() if option in in_turn)
    alone = [option for option in spec.steps if option not in in_turn]
    not_tested = f" ({either(alone, 'and')}: one side alone, so not tested)" if alone else ""
    gains = f"cheating gains {sides(spec.gain_of_cheating)}, a period of peace {sides(spec.dividend)}"
    seen = f"being seen costs {spec.penalty}{believed}; a period later counts {spec.discount}"
    size = [f"takes {spec.months} months"] if spec.months is not None else []
    size += [f"is {spec.depth_km} km deep"] if spec.depth_km is not None else []
    told = f" It {either(size, 'and')} (shown, never computed from)." if size else ""
    return f"Pull-back: steps offered {steps or 'none'}{not_tested}; {gains}; {seen}.{told}"


def _guarantees(shown: Portrait, spec: AftermathSpec) -> Iterator[RenderableType]:
    """What options promise and who watches, with the steps that a pull-back then needs."""
    promise, watch, found = spec.credibility, spec.monitoring, shown.around.guarantees
    if promise is None and watch is None:
        return  # one row at most, and the proposals have it too
    parts = {name: part for name, part in (("promise", promise), ("watch", watch)) if part is not None}
    rows: list[list[object]] = []
    for row in found.to_dict("records"):
        options = {part.issue: row[name] for name, part in parts.items()}
        numbers = [str(part.numbers[row[name]]) for name, part in parts.items()]
        rows.append([*options.values(), *numbers, *([_steps_words(row["steps_needed"])] if spec.pull_back else [])])
    issues = dict.fromkeys(f"<{part.issue}" for part in parts.values())
    known = [*(["credibility"] if promise else []), *(["breach seen"] if watch else [])]
    yield table([*issues, *known, *(["steps needed"] if spec.pull_back else [])], rows)
    if spec.pull_back:
        acts = ", if the guarantor acts" if promise is not None and spec.guarantor is not None else ""
        yield paragraph(f"steps needed: fewest equal steps at whose last one cheating does not pay{acts}.", 2)


def _steps_words(steps: float) -> str:
    return NONE if math.isnan(steps) else "no number" if math.isinf(steps) else f"{steps:,.0f}"


def _hazard(scenario: Scenario, spec: HazardSpec) -> Iterator[RenderableType]:
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


def _proposals(shown: Portrait, spec: AftermathSpec) -> Iterator[RenderableType]:
    found = shown.around.after_signature
    if not len(found):
        return
    rows = list(_findings(shown.scenario, spec, found))
    if not rows:
        return
    yield heading("Proposals as if signed and in force in round 1, at central numbers")
    yield from side_by_side([text.replace("_", " ") for text in found["proposal"]], rows)


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
