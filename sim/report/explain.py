"""An explanation as a document: why there was no deal, who gains least, and the smallest change that opens one."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from sim.analysis.explain import SHOWN, Counterfactual, Explanation
from sim.analysis.parameters import REAL_ABOVE, Change, Parameter, ParameterChange
from sim.analysis.reasons import Share, stages_held
from sim.analysis.replays import AT_HOME, HALF, OWN_OFFER, WORTH
from sim.analysis.weight_flips import CENTRAL, Flip
from sim.core.wording import counted
from sim.report import answer
from sim.report.compare import difference_words
from sim.report.document import Block, bullets, heading, paragraph, paragraphs, section, table
from sim.report.plain import pick, picks
from sim.results.figures import STAGES
from sim.results.format import LEAST_GROUP, number, percent, share_with_interval
from sim.results.labels import (
    CAUSES,
    OUTCOMES,
    clean,
    either,
    in_file_order,
    input_label,
    issue_label,
    obstacle_label,
    option_label,
    party_label,
    ratifier_label,
    red_line_label,
    who_signs,
)
from sim.results.results import Results
from sim.scenario import Scenario

REASONS = {WORTH: "utility too low", OWN_OFFER: "its own next offer was better", AT_HOME: "refused at home before"}
ENDED = {"expired": "run out", "broken": "broken", "agreement": "replaced by the agreement", "holds": "still in place"}
NUMERALS = {"1": "one", "2": "two", "3": "three"}
BRIEF_OBSTACLES = 6  # of a group, on one screen
MOST_OBSTACLES, MOST_LINES, MOST_ISSUES = 10, 6, 3
MOST_CHANGES, MOST_PAIRS, MOST_ASIDES, MOST_WEIGHTS = 6, 3, 8, 6


def brief(explained: Explanation) -> Iterator[Block]:
    """Return one screen: a sentence, four figures, three points, and all obstacles ranked."""
    results, why = explained.results, explained.reasons
    yield paragraph(clean(results.scenario.title))
    yield paragraph("")
    yield from answer.opening(results)
    opens = [f"What would open it: {text[0].lower()}{text[1:]}" for text in _smallest_changes(explained)]
    yield bullets(answer.bullet_texts(results, why, opens))
    rows = answer.obstacle_rows(results, BRIEF_OBSTACLES)
    yield from section("What stands in the way, in shares of all runs that add up", ["", "share"], rows)
    yield paragraph("")
    yield paragraph(answer.rests_on(results.scenario))


def document(explained: Explanation) -> Iterator[Block]:
    results = explained.results
    yield paragraph(clean(results.scenario.title))
    runs = f"{counted(results.n, 'run')} in this scenario, seed {results.seed}"
    yield paragraph(f"{runs}. Shares are of runs, with 95 % intervals.")
    for part in (_in_short, _outcomes, _obstacles, _out_of_time, _at_home, _least_satisfied, _ledger):
        yield from part(explained)
    yield from stages(results)
    yield from _at_central_numbers(explained)
    yield from _over_runs(explained)
    for each in explained.tried:
        yield from _tested_changes(explained, each)
    yield from _weights(explained)


def by_option(results: Results, issue: str) -> Iterator[Block]:
    """Tabulate each option of an issue: how often it is signed, and how far those agreements get."""
    found, scenario = results.outcomes_by(issue), results.scenario
    later = [stage for stage in found["stage"].unique() if stage != "signed"]
    rows = []
    for option, of_option in found.groupby("option", sort=False):
        at = of_option.set_index("stage")
        signed = int(at["count"]["signed"])
        shares = [share_with_interval(at["share"][stage], signed) if signed >= LEAST_GROUP else None for stage in later]
        rows.append([option_label(scenario, issue, str(option)),
                     share_with_interval(at["share"]["signed"], results.n), f"{signed:,}", *shares])  # fmt: skip
    title = f"Outcomes by option: {issue_label(scenario, issue)}"
    yield heading(title)
    yield table(["", "signed", "runs", *(STAGES[stage].short for stage in later)], rows, caption=title)
    yield paragraph(
        f"signed: share of all {results.n:,} runs."
        + (f" The other shares are of the runs that sign the option; none where these are fewer than {LEAST_GROUP}. "
           "Packages with an option differ in other issues too: a difference need not be its effect." if later else ""),
        2,
    )  # fmt: skip


def shared(share: Share) -> str:
    return share_with_interval(share.share, share.n)


def _in_short(explained: Explanation) -> Iterator[Block]:
    why, scenario = explained.reasons, explained.results.scenario
    lines = []
    if why.without_deal:
        ends = [each for each in why.outcomes if each.name != "in_force"]
        most = max(ends, key=lambda each: each.count)
        outcome = OUTCOMES[most.name].clause.format(who_signs(scenario))
        without = share_with_interval(why.without_deal / why.n, why.n)
        lines.append(f"{without} of runs end without an agreement in force; most often, in {shared(most)}, {outcome}.")
    if why.obstacles:
        first = why.obstacles[0]
        alone = f"with it alone set aside {percent(first.alone.share, first.alone.n)} of runs would have had a package"
        lines.append(f"What stands in the way most: {obstacle_label(scenario, first.name)}; {alone} acceptable to all.")
    if why.at_home:
        who = ratifier_label(scenario, why.at_home[0].name)
        lines.append(f"Most texts that fail at home are refused by: {who}, in {shared(why.at_home[0])} of runs.")
    least = max(explained.satisfactions, key=lambda each: each.least.count)
    if least.least.count:
        who = party_label(scenario, least.party)
        lines.append(f"Gains least from the agreement: most often {who}, in {shared(least.least)} of agreements.")
    lines += _smallest_changes(explained)
    if lines:
        yield heading("In short")
        yield bullets(lines)


def _outcomes(explained: Explanation) -> Iterator[Block]:
    why, who, zones = explained.reasons, who_signs(explained.results.scenario), ""
    rows = [[OUTCOMES[each.name].clause.format(who), shared(each)] for each in why.outcomes]
    if not why.without_deal:
        zones = "Every run ended with an agreement in force: nothing stood in the way."
    elif why.zone_first.count != why.zone_ever.count:
        zones = f"Some package was acceptable to {who} in the first round in {shared(why.zone_first)} of runs, in some "
        zones += f"round in {shared(why.zone_ever)}."
    return section("How the runs ended", ["", ""], rows, zones)


def _obstacles(explained: Explanation) -> Iterator[Block]:
    why, scenario = explained.reasons, explained.results.scenario
    rows = [
        [obstacle_label(scenario, each.name), _part(each.part, why.n), shared(each.alone)]
        for each in why.obstacles[:MOST_OBSTACLES]
    ]
    more = len(why.obstacles) - MOST_OBSTACLES
    listed = f"{more} more have smaller parts. " if more > 0 else ""
    sizes = [f"{NUMERALS.get(each.name, each.name)} in {percent(each.share, each.n)}" for each in why.sizes]
    known = {f"{party}.{line.id}" for party, spec in scenario.parties.items() for line in spec.red_lines}
    lines = [each.name for each in why.obstacles if each.name in known][:MOST_LINES]
    return section(
        f"Why no package was ever acceptable, in {percent((why.n - why.zone_ever.count) / why.n, why.n)} of runs",
        ["what stands in the way", "share of blocked runs", "sufficient on its own"],
        rows,
        f"{listed}Parts add up to the share of runs without such a package: where this or that could be set aside, "
        "each counts in equal parts. Sufficient on its own: runs in which a package would be acceptable with this "
        f"alone set aside. Of the runs without, at least so many must go: {either(sizes, 'and')}.",
        *(f"{name}: {red_line_label(scenario, name)}" for name in lines),
    )


def _part(part: tuple[float, float, float], n: int) -> str:
    low, high = max(part[1], 0.0), part[2]
    places = 0 if high - low > 0.02 or n < 2 else 1
    ends = "" if np.isnan(low) else f" ({100 * low:.{places}f}-{100 * high:.{places}f})"
    return f"{100 * part[0]:.{places}f} %{ends}"


def _out_of_time(explained: Explanation) -> Iterator[Block]:
    why, again, rows, lacked = explained.reasons, explained.replayed, [], ""
    for each in why.refusers:
        own = [late.reason for late in again.late if late.party == each.name]
        counts = Counter(REASONS.get(reason, f"red line {reason.split('.', 1)[-1]}") for reason in own)
        reasons = "; ".join(f"{reason}: {times}" for reason, times in counts.most_common(4))
        rows.append([_parties(explained.results.scenario, each.name, " | "), shared(each), reasons])
    looked = f" (of the first {again.n:,} runs)" if again.n < why.n else ""
    too_late = (
        f"In {shared(again.too_late)} of these the text on the table at the end met every party's demand by then: "
        "time ran out before all had answered."
    )
    missing = [late.missing for late in again.late if not np.isnan(late.missing)]
    if missing:
        lacked = f"Where the utility of the last text was too low, it was {np.median(missing):.2f} below the demand "
        runs = f"median of {len(missing)} runs" if len(missing) > 1 else "1 run"
        lacked += f"({runs}), on the refuser's own scale from 0 to 1."
    share = percent(sum(each.count for each in why.refusers) / why.n, why.n)
    title = f"Some package was acceptable, and time ran out, in {share} of runs"
    heads = ["who refused last", "share", f"<why{looked}"]
    return section(title, heads, rows, too_late if again.too_late.count else "", lacked)


def _at_home(explained: Explanation) -> Iterator[Block]:
    why, scenario = explained.reasons, explained.results.scenario
    rows = [[ratifier_label(scenario, each.name), shared(each)] for each in why.at_home]
    yield from section("Signed, and refused at home", ["who refused", "share"], rows)
    rows = [[_parties(scenario, each.name, " + "), shared(each)] for each in why.left]
    yield from section("Broken off", ["who left", "share"], rows)
    if why.breaks:
        title = f"Agreements in force, {why.breaks[0].n:,} runs: what became of them in 60 months"
        rows = [[CAUSES[each.name].short, shared(each)] for each in why.breaks]
        fault = "A fault made the break likelier; chance decided it."
        yield from section(title, ["", "of those in force"], rows, fault)


def _parties(scenario: Scenario, names: str, between: str) -> str:
    return either([party_label(scenario, name) for name in names.split(between)], "and")


def _least_satisfied(explained: Explanation) -> Iterator[Block]:
    scenario, signed = explained.results.scenario, int(explained.results.agreed.sum())
    rows = [
        [party_label(scenario, each.party), shared(each.least), number(each.margin, sign=True),
         None if np.isnan(each.least_share) else f"{100 * each.least_share:.0f} %"]
        for each in explained.satisfactions
        if signed
    ]  # fmt: skip
    return section(
        f"Who gains least, over {counted(signed, 'agreement')} signed",
        ["", "least satisfied", "median margin", "when least"],
        rows,
        "Margin: utility of the package less that of no deal, on each party's own scale. When least: its share of the "
        "largest margin it could have had, where it is the least satisfied (median).",
    )


def _ledger(explained: Explanation) -> Iterator[Block]:
    scenario = explained.results.scenario
    rows: list[list[str]] = []
    for party in scenario.parties:
        own = [each for each in explained.movements if each.party == party and each.moved]
        who = party_label(scenario, party)
        for each in sorted(own, key=lambda each: (-each.mean, each.issue))[:MOST_ISSUES]:
            who = "" if any(row[0] == who for row in rows) else who
            cells = f"{each.mean:.0f}", f"{each.low:.0f} to {each.high:.0f}", percent(each.moved / each.n, each.n)
            rows.append([who, clean(scenario.issues[each.issue].label), *cells])
    title = "From opening to text: where each party moved most, in points of its own values"
    heads = ["", "<issue", "points", "10-90 %", "moved in"]
    return section(title, heads, rows, "Over texts signed. The chart `ledger` of a batch has all issues.")


# What opens the way.


def _smallest_changes(explained: Explanation) -> Iterator[str]:
    """Return the smallest change and its effect on the runs on which it was tested."""
    best, scenario = explained.opening.best, explained.results.scenario
    for each in explained.tried:
        if best is None or abs(each.change.cost - best.cost) > 1e-9 * best.cost:
            continue
        turns = [f"{parameter_text(scenario, turn.parameter)}, {_way(turn)}" for turn in each.change.turns]
        text = f"Smallest change that opens a zone at central numbers: {either(turns, 'and')}."
        gains = {stage.name: difference_words("share", *stage.difference)[0] for stage in each.stages}
        if gains:
            text += f" Tried: {gains['zone_ever']} of runs with a zone, {gains['signed']} with a text signed."
        yield text


def stages(results: Results) -> Iterator[Block]:
    """Return what was agreed in earlier stages, and how those ended."""
    labels = {stage.id: clean(stage.label) for stage in results.scenario.stages}
    rows = []
    for each in stages_held(results):
        ended = ", ".join(f"{ENDED[share.name]} in {percent(share.share, share.n)}" for share in each.ended)
        rows.append([labels[each.stage], shared(each.agreed), number(each.months), ended or None])
    return section(
        "Agreed ahead of the rest", ["", "agreed in", "months held", "<how it ended"], rows,
        "months held: until the talks ended, on average where it was agreed." if rows else "",
    )  # fmt: skip


def _at_central_numbers(explained: Explanation) -> Iterator[Block]:
    scenario, found = explained.results.scenario, explained.opening
    yield heading("The smallest change that opens a zone, every number at its value")
    names = explained.results.structure.lines.names
    soft = [names[line] for each in explained.hardness if each.value <= REAL_ABOVE for line in each.lines]
    those = f": all but {either(soft, 'and')}" if soft else ""
    rule = f"A red line counts as real here if its hardness is above {REAL_ABOVE:g}{those}. "
    if found.packages:
        some = f"{found.packages:,} packages are" if found.packages > 1 else "1 package is"
        yield paragraph(f"{rule}{some} then acceptable to {who_signs(scenario)}: nothing has to change.", 2)
        return
    yield paragraph(
        f"{rule}No package is then acceptable to {who_signs(scenario)}. Searched: no-deal values, weights (the others "
        "rescaled), points, linkages and hardness, each alone and in pairs, over all packages. A change is measured in "
        "widths of the number's stated range.", 2,
    )  # fmt: skip
    if found.one:
        yield bullets([_change_text(explained, change) for change in found.one[:MOST_CHANGES]])
        more = len(found.one) - MOST_CHANGES
        two = "Two numbers together:" if found.two else "No two numbers together open one by less."
        yield from paragraphs(f"and {more} other numbers, by more." if more > 0 else "", two)
    else:
        two = "The smallest changes of two numbers together:"
        no_two = "No two numbers do, either: more than two things stand in the way of every package."
        yield from paragraphs("No single number opens a zone, however far it is turned.", two if found.two else no_two)
    if found.two:
        yield bullets([_change_text(explained, change) for change in found.two[:MOST_PAIRS]])
    if found.unconfirmed:
        yield paragraph(f"{found.unconfirmed} more are left out: in them the will of a guarantor jumps.", 2)


def _change_text(explained: Explanation, change: Change) -> str:
    turns = "; and ".join(parameter_change_text(explained.results.scenario, turn) for turn in change.turns)
    packages = f"{change.packages:,} package{'s' if change.packages != 1 else ''}"
    return f"{turns}. Change {change.cost:.2f}, opens {packages}."


def _over_runs(explained: Explanation) -> Iterator[Block]:
    why, scenario = explained.reasons, explained.results.scenario
    heads, below_half = ["set aside in every run", "would have a zone", "too high by"], why.zone_ever.share < HALF
    rows = []
    for each in explained.asides[:MOST_ASIDES]:
        falls = None if each.falls is None else "{1:.2f} ({0:.2f}-{2:.2f})".format(*each.falls)
        less = None if each.half is None else f"{each.half:.2f} less"
        if each.half is not None and each.hardness is not None:
            less = f"hardness {each.half:.2f} ({each.hardness:.2f})"
        rows.append([obstacle_label(scenario, each.name), shared(each.zone), falls, *([less] if below_half else [])])
    half_need = (
        " Half need: what by itself gives half of the runs a zone, so much lower no-deal values in every run, or a "
        "mean hardness (as it is, in brackets) of the line and those drawn with it; a dash where nothing does."
    )
    first, what = explained.replayed.n, "Both are" if below_half else "Worths are"
    adds = [each.adds for party in scenario.parties.values() for each in party.linkages]
    negative = any(min(each.value, each.low or 0.0) < 0 for each in adds)
    none = "No linkage alone is in the way in any of these runs."
    return section(
        f"Over runs: {shared(why.zone_ever)} have a zone; with one thing set aside",
        [*heads, "half need"] if below_half else heads,
        rows,
        "As things stand in the last open round. Too high by: how much less no deal would have to be worth where that "
        "alone is in the way; median (10th to 90th percentile)."
        f"{half_need if below_half else ''}{f' {what} of the first {first:,} runs.' if first < why.n else ''}",
        *(
            f"The linkage {each.name} alone is in the way in {shared(each)} of the {each.n:,} runs without a zone."
            for each in _linkages(explained)
        ),
        none if negative and not _linkages(explained) else "",
        *(text for stage in SHOWN for text in _goes_with(explained, stage)),
    )


def _goes_with(explained: Explanation, stage: str) -> Iterator[str]:
    """Name the input most associated with a stage, as a cause only if a counterfactual at both ends confirms it."""
    mover, ends = explained.moved_by.get(stage), explained.ends.get(stage)
    if mover is None:
        return
    third, label = explained.results.n // 3, STAGES[stage].label
    what = input_label(explained.results.scenario, mover.path)
    seen = f"{percent(mover.low_share, third)} of runs in which it is low, {percent(mover.high_share, third)} in which "
    seen += "it is high"
    if ends is None:
        yield f"{label}: goes with {what} ({seen}); not played again, so it need not be the cause."
        return
    shares = f"{percent(ends.before.share, ends.before.n)} and {percent(ends.after.share, ends.before.n)}"
    again = f"the same {ends.before.n:,} runs with it at the low and at the high end of its range: {shares}"
    difference, interval = difference_words("share", *ends.difference)
    by = f"difference {difference}, {interval}"
    if ends.is_moved:
        yield f"{label}: moved by {what}; {again} ({by})."
    else:
        yield f"{label}: goes with {what} ({seen}), which is not shown to be the cause; {again} ({by})."


def _linkages(explained: Explanation) -> list[Share]:
    """Return, by name, the runs without a zone that a linkage alone explains."""
    runs = explained.replayed.no_zone
    counts = Counter(name for run in runs for name in run.linkages)
    return [Share(name, counts[name], len(runs)) for name in sorted(counts)]


def _tested_changes(explained: Explanation, each: Counterfactual) -> Iterator[Block]:
    scenario = explained.results.scenario
    yield heading(f"Tried on the first {each.n:,} runs" if each.n else "Not tried")
    texts = (parameter_change_text(scenario, turn) for turn in each.change.turns)
    yield from paragraphs(*(f"{text}, its range moved with it" for text in texts))
    if each.fault:
        yield paragraph(f"The scenario would not hold together: {each.fault}", 2)
        return
    rows = [
        [STAGES[stage.name].label, *(percent(of.share, of.n) for of in (stage.before, stage.after)),
         *difference_words("share", *stage.difference)]
        for stage in each.stages
    ]  # fmt: skip
    yield table(["", "as it is", "changed", "difference", "95 %"], rows)
    yield from paragraphs("The same by hand:", *(f"--set '{text}'" for text in each.sets))


def _weights(explained: Explanation) -> Iterator[Block]:
    found = explained.weights
    if found.package is None:
        yield heading("No package is ever signed, so no weight changes which one is")
        return
    yield heading("Single weights that change which package is signed")
    often = f"most often; looked at are the first {found.n} runs that sign it"
    where = "at central numbers (one run)" if found.basis == CENTRAL else often
    yield paragraph(f"Signed {where}: {found.package.replace('/', ' / ')}.", 2)
    flips = [flip for flip in found.flips if flip.flips]
    if not found.weights:
        yield paragraph("No weight has a range.", 2)
    elif not flips:
        yield paragraph(
            f"None of {found.weights} weights does it for most of these runs, set to either end of its stated range, "
            f"the others rescaled.{' The nearest:' if found.flips else ''}", 2,
        )  # fmt: skip
    else:
        yield paragraph(f"{len({flip.parameter.path for flip in flips})} of {found.weights} weights do:", 2)
    if found.flips:
        yield bullets([_flip_words(explained, flip) for flip in (flips or found.flips)[:MOST_WEIGHTS]])


def _flip_words(explained: Explanation, flip: Flip) -> str:
    parameter, scenario = flip.parameter, explained.results.scenario
    what, stated, instead = parameter_text(scenario, parameter), _value(parameter, parameter.value), "no deal"
    if flip.instead is not None and explained.weights.package is not None:
        texts = (explained.weights.package.split("/"), flip.instead.split("/"))
        pairs = zip(scenario.headline or tuple(scenario.issues), *texts, strict=True)
        instead = either([f"{new} instead of {old} ({issue})" for issue, old, new in pairs if old != new], "and")
    if flip.flips:
        side = "or more" if flip.turn > parameter.value else "or less"
        return f"{what}, at {number(flip.turn, 3)} {side} instead of {stated}: {instead}"
    share = f"{flip.unchanged.count} of {flip.unchanged.n} keep the text"
    return f"{what}, at {_value(parameter, flip.end)} instead of {stated}: {share}, else {instead}"


# Changed numbers.


def parameter_text(scenario: Scenario, parameter: Parameter) -> str:
    parts = parameter.path.split(".")
    if parameter.kind == "delivery":
        return f'chance that "{option_label(scenario, parts[1], parts[3])}" can be had'
    who = party_label(scenario, parts[1])
    if parameter.kind == "hardness":
        names = [path.split(".") for path in parameter.others]
        also = [clean(name[3] if name[1] == parts[1] else f"{name[1]}.{name[3]}") for name in names]
        shared = f", drawn with {either(also, 'and')}" if also else ""
        return f"hardness of the red line {clean(parts[3])} of {who}{shared}"
    if parameter.kind == "weight":
        return f"weight of {issue_label(scenario, parts[3])} for {who}"
    if parameter.kind == "points":
        return f'points of "{option_label(scenario, parts[3], parts[4])}" ({clean(parts[3])}) for {who}'
    if parameter.kind == "linkage":
        return f"value of the linkage {clean(parts[3])} to {who}"
    words = {"no_deal": "what no deal is worth to"}
    return f"{words.get(parameter.kind, 'what a text refused at home costs')} {who}"


def _value(parameter: Parameter, value: float) -> str:
    """Format a value with as many digits as its kind warrants."""
    return f"{value:.2f}" if parameter.kind == "points" else f"{value:.4g}"


def _way(turn: ParameterChange) -> str:
    return f"{_value(turn.parameter, turn.rounded)} instead of {_value(turn.parameter, turn.parameter.value)}"


def parameter_change_text(scenario: Scenario, turn: ParameterChange) -> str:
    """Describe a change of a number: from, to, and whether the new value lies in its stated range."""
    stated, where = turn.parameter.stated, "no range stated"
    if stated is not None:
        low, high = (_value(turn.parameter, end) for end in stated)
        where = f"{'within' if turn.within else 'outside'} its stated range {low} to {high}"
    return f"{parameter_text(scenario, turn.parameter)}: {_way(turn)}, {where}"


# Plain data.

RUNS = "count n share low,high=interval"
SHARE = f"name {RUNS}"
OBSTACLE = "part,part_low,part_high=part name involved=involved.count alone=alone.count alone_share=alone.share"
TURN = "cost within to=value path=parameter.path kind=parameter.kind value=parameter.value range=parameter.stated"
FLIP = "end instead flips turn kept=unchanged.count path=parameter.path value=parameter.value"
ENDS = "n=before.n low_share=before.share high_share=after.share difference,low,high=difference is_cause=is_moved"
STAGE = "stage=name before=before.share after=after.share difference,low,high=difference"


def data(explained: Explanation) -> dict[str, Any]:
    why, again, found = explained.reasons, explained.replayed, explained.opening
    return pick(explained.results, "id=scenario.id title=scenario.title seed n") | {
        "looked_at": again.n,
        "outcomes": picks(why.outcomes, SHARE),
        "zone_first": pick(why.zone_first, SHARE),
        "zone_ever": pick(why.zone_ever, SHARE),
        "obstacles": picks(why.obstacles, OBSTACLE),
        "obstacles_needed": picks(why.sizes, SHARE),
        "refused_last": [
            pick(each, SHARE) | {"reasons": Counter(late.reason for late in again.late if late.party == each.name)}
            for each in why.refusers
        ],
        "too_late": pick(again.too_late, SHARE),
        "left": picks(why.left, SHARE),
        "refused_at_home": picks(why.at_home, SHARE),
        "in_force": picks(why.breaks, SHARE),
        "parties": [pick(each.least, SHARE) | pick(each, "margin least_share") for each in explained.satisfactions],
        "stages": [
            {"stage": each.stage, "months": each.months, "ended": picks(each.ended, SHARE)} | pick(each.agreed, RUNS)
            for each in stages_held(explained.results)
        ],
        "ledger": picks(explained.movements, "party issue n moved low high points=mean"),
        "opening": {
            "packages": found.packages,
            "one": [_change_data(explained, each) for each in found.one],
            "two": [_change_data(explained, each) for each in found.two],
        },
        "set_aside": [
            pick(each.zone, SHARE) | pick(each, "fall_low,fall,fall_high=falls hardness for_half=half")
            for each in explained.asides
        ],
        "linkages": picks(_linkages(explained), SHARE),
        "moved_by": [
            {"stage": stage} | pick(mover, "path low_share high_share difference low high")
            | {"at_both_ends": pick(explained.ends[stage], ENDS) if stage in explained.ends else None}
            for stage, mover in explained.moved_by.items()
            if mover is not None
        ],
        "tried": [
            {"turns": list(map(_parameter_data, each.change.turns))} | pick(each, "set=sets n")
            | {"fault": each.fault or None, "stages": picks(each.stages, STAGE)}
            for each in explained.tried
        ],
        "weights": pick(explained.weights, "basis package n weights")
        | {"flips": picks(explained.weights.flips, FLIP)},
    }  # fmt: skip


def _change_data(explained: Explanation, change: Change) -> dict[str, Any]:
    results, package = explained.results, None
    if change.package >= 0:
        package = in_file_order(results.scenario, results.structure.space.options_of(change.package))
    return pick(change, "cost packages") | {"turns": list(map(_parameter_data, change.turns)), "package": package}


def _parameter_data(turn: ParameterChange) -> dict[str, Any]:
    return pick(turn, TURN) | {"with": sorted(turn.parameter.others) if turn.parameter.kind == "hardness" else []}
