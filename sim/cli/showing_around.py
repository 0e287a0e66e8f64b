"""`show`: red lines that give way, mediation and events, in tables and words."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from rich.console import RenderableType

from sim.analysis.layout import heading, number, paragraph, table
from sim.analysis.portrait import Portrait
from sim.analysis.words import clean, condition_names, either, party_label
from sim.core.utility import DAYS_PER_MONTH
from sim.scenario import EventSpec, LeverSpec, MediationSpec, Number, Scenario
from sim.scenario.messages import counted

STATED = "(stated: value [range])"
PULLED = {"on_refusal": "on refusal", "never": "by events alone"}
MOST_BESIDE = 6  # columns of figures side by side


def pressure(shown: Portrait) -> Iterator[RenderableType]:
    """How red lines give way, and what the mediator can do."""
    giving, mediation = shown.scenario.giving_way, shown.scenario.mediation
    if giving is not None:
        yield heading(f"Red lines that give way {STATED}")
        pace = f"Real lines fall at a pace of {giving.per_month} a month."
        adds = f"A lever at full strength adds {giving.lever_adds} times that pace on the lines of its party."
        yield paragraph(pace if giving.lever_adds == Number(0.0) else f"{pace} {adds}", 2)
        share = f"{100 * (shown.around.lines_given_up or 0):.0f} %"
        yield paragraph(f"At central numbers and without levers {share} of them have fallen by the last round; "
                        "a line of hardness 1 never does.", 2)  # fmt: skip
    if mediation is not None:
        yield from _mediation(shown, mediation)


def _mediation(shown: Portrait, spec: MediationSpec) -> Iterator[RenderableType]:
    scenario = shown.scenario
    who = party_label(scenario, spec.mediator)
    yield heading(f"Mediation by {who} {STATED}")
    left = shown.around.levers.set_index("lever")["no_deal_at_full_strength"]
    rows = [
        [
            name,
            party_label(scenario, lever.party),
            str(lever.lowers_no_deal_by),
            number(left[name]),
            _when_pulled(lever),
        ]
        for name, lever in spec.levers.items()
    ]
    if rows:
        yield table(["", "<on", "takes", "no deal then", "<pulled"], rows)
        yield paragraph("takes: share of that party's no-deal worth, at full strength.", 2)
    if any(lever.pulled == "on_refusal" for lever in spec.levers.values()):
        yield paragraph(f"on refusal: while that party alone stands in the way of the last offer of {who}.", 2)
    if rows:
        fades = f"After signature {spec.fades_per_year} of the pressure goes each year."
        yield paragraph(f"A lever gains or loses {spec.step_per_round} of its strength in a round. {fades}", 2)
    if spec.bias is not None:
        toward, by = party_label(scenario, spec.bias.toward), spec.bias.by
        leans = f"toward {toward} by {by}; below 0: away from it" if float(by) else f"toward nobody (bias {by})"
        yield paragraph(f"In its own offers it leans {leans}.", 2)
    if spec.carrots is not None:
        yield heading(f"Worth that {who} can add, at most {spec.carrots.budget} to one package {STATED}")
        offers = [
            [offer.id, party_label(scenario, offer.party), condition_names(scenario, offer.when), str(offer.adds)]
            for offer in spec.carrots.offers
        ]
        yield table(["", "<for", "<when", "adds"], offers)


def _when_pulled(lever: LeverSpec) -> str:
    return PULLED[lever.pulled] if isinstance(lever.pulled, str) else f"from month {lever.pulled:g}"


def events(scenario: Scenario) -> Iterator[RenderableType]:
    """What may happen, when, and what follows from it."""
    if not scenario.events:
        return
    yield heading(f"Events: what happens at a date or by chance {STATED}")
    rows = []
    for event in scenario.events:
        first, *others = event_effects(scenario, event)
        rows += [[event.id, event.label], [f"  {_when(scenario, event)}", first], *(["", text] for text in others)]
    yield table(["", ""], rows, left=2)


def _when(scenario: Scenario, event: EventSpec) -> str:
    if event.at_month is None:
        return f"chance {event.chance_per_month} a month"
    ends = scenario.time.rounds * scenario.time.days_per_round / DAYS_PER_MONTH
    late = ", after the last round" if float(event.at_month) >= ends else ""
    return f"month {event.at_month}{late}" + (f", chance {event.chance}" if event.chance is not None else "")


def event_effects(scenario: Scenario, event: EventSpec) -> list[str]:
    """What an event does, one text an effect."""
    effects = []
    if event.commits is not None:
        party, to = party_label(scenario, event.commits.party), _listed(event.commits.to)
        effects.append(f"binds {party} in public to {to}; each step back costs it {event.commits.costs_per_step}")
    for path, left in event.narrows.items():
        effects.append(f"makes {clean(path)} better known: what is drawn keeps {left} of its distance from the value")
    if event.extra_waves:
        waves = ", ".join(f"{strike} {count}" for strike, count in event.extra_waves.items())
        effects.append(f"adds waves of strikes: {waves}")
    if event.front_shift is not None:
        effects.append(f"moves the front by {event.front_shift}")
    if event.shifts_no_deal:
        effects.append(f"adds to no-deal worth: {by_party(scenario, event.shifts_no_deal)}")
    if event.pulls_levers:
        effects.append(f"pulls {either(map(clean, event.pulls_levers), 'and')} by one step{_each(event.pulls_levers)}")
    if event.closes_channel_rounds is not None:
        effects.append(f"keeps all from talking for {counted(event.closes_channel_rounds, 'round')}")
    if event.removes:
        gone = {issue: either(options, "and") for issue, options in event.removes.items()}
        effects.append(f"takes off the table {_listed(gone)}")
    if event.lines_fall:
        effects.append(f"fells the red line{'s' * (len(event.lines_fall) > 1)} {either(event.lines_fall, 'and')}")
    return effects or ["moves nothing in the file"]


def _each(names: Sequence[str]) -> str:
    return " each" if len(names) > 1 else ""


def _listed(entries: Mapping[str, object]) -> str:
    return "; ".join(f"{name}: {entry}" for name, entry in entries.items())


def by_party(scenario: Scenario, numbers: Mapping[str, Number]) -> str:
    """Numbers with the labels of their parties."""
    return ", ".join(f"{party_label(scenario, name)} {given}" for name, given in numbers.items())


def side_by_side(heads: Sequence[str], rows: Iterable[tuple[str, Sequence[object]]]) -> Iterator[RenderableType]:
    """A table with one column for each head, folded into several where there are many.

    Args:
        heads: Of the columns of figures.
        rows: What a row is called, and its cells.
    """
    listed = list(rows)
    for start in range(0, len(heads), MOST_BESIDE):
        part = slice(start, start + MOST_BESIDE)
        yield table(["", *heads[part]], [[name, *cells[part]] for name, cells in listed])
