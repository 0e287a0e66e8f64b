"""An explanation as a document: why there was no deal, who gains least, what smallest change opens one."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from sim.analysis.explain import SHOWN, Counterfactual, Explanation, Stage
from sim.analysis.parameters import REAL_ABOVE, Change, Parameter, Turn
from sim.analysis.reasons import Obstacle, Share
from sim.analysis.replays import AT_HOME, HALF, OWN_OFFER, WORTH
from sim.analysis.weight_flips import CENTRAL, Flip
from sim.report.compare import difference_words
from sim.report.document import Block, bullets, heading, paragraph, table
from sim.report.plain import pick
from sim.results.figures import STAGES
from sim.results.format import number, percent, share_with_interval
from sim.results.labels import (
    CAUSES,
    OUTCOMES,
    clean,
    either,
    in_file_order,
    issue_label,
    obstacle_label,
    option_label,
    party_label,
    red_line_label,
    who_signs,
)
from sim.scenario import Scenario

REASONS = {WORTH: "worth too little", OWN_OFFER: "its own next offer was better", AT_HOME: "refused at home before"}
NUMERALS = {"1": "one", "2": "two", "3": "three"}
MOST_OBSTACLES, MOST_LINES, MOST_ISSUES = 10, 6, 3
MOST_CHANGES, MOST_PAIRS, MOST_ASIDES, MOST_WEIGHTS = 6, 3, 8, 6


def document(explained: Explanation) -> Iterator[Block]:
    results = explained.results
    yield paragraph(clean(results.scenario.title))
    runs = f"{results.n:,} run{'s' if results.n != 1 else ''} in this scenario, seed {results.seed}"
    yield paragraph(f"{runs}. Shares are of runs, with 95 % intervals.")
    for part in (_in_short, _outcomes, _obstacles, _out_of_time, _at_home, _least_satisfied, _ledger):
        yield from part(explained)
    yield from _at_central_numbers(explained)
    yield from _over_runs(explained)
    for each in explained.tried:
        yield from _tried(explained, each)
    yield from _weights(explained)


def shared(share: Share) -> str:
    return share_with_interval(share.share, share.n)


def _in_short(explained: Explanation) -> Iterator[Block]:
    """The answer in a few lines; what each rests on follows."""
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
        who = ratifier_words(scenario, why.at_home[0].name)
        lines.append(f"Most texts that fail at home are refused by: {who}, in {shared(why.at_home[0])} of runs.")
    least = max(explained.satisfactions, key=lambda each: each.least.count)
    if least.least.count:
        who = party_label(scenario, least.party)
        lines.append(f"Least to show for a text, most often: {who}, in {shared(least.least)} of texts.")
    lines += _smallest_changes(explained)
    if lines:
        yield heading("In short")
        yield bullets(lines)


def ratifier_words(scenario: Scenario, name: str) -> str:
    """What the file calls a ratifier."""
    ratifiers = {} if scenario.ratification is None else scenario.ratification.ratifiers
    return clean(ratifiers[name].label or name)


def _outcomes(explained: Explanation) -> Iterator[Block]:
    why, scenario = explained.reasons, explained.results.scenario
    yield heading("How the runs ended")
    rows = [[OUTCOMES[each.name].clause.format(who_signs(scenario)), shared(each)] for each in why.outcomes]
    yield table(["", ""], rows)
    if not why.without_deal:
        yield paragraph("Every run ended with an agreement in force: nothing stood in the way.", 2)
    elif why.zone_first.count != why.zone_ever.count:
        yield paragraph(
            f"Some package was acceptable to {who_signs(scenario)} in the first round in {shared(why.zone_first)} of "
            f"runs, in some round in {shared(why.zone_ever)}.", 2,
        )  # fmt: skip


def _obstacles(explained: Explanation) -> Iterator[Block]:
    why, scenario = explained.reasons, explained.results.scenario
    if not why.obstacles:
        return
    none = why.n - why.zone_ever.count
    yield heading(f"Why no package was ever acceptable, in {percent(none / why.n, why.n)} of runs")
    rows = [
        [obstacle_label(scenario, each.name), _part(each.part, why.n), shared(each.alone)]
        for each in why.obstacles[:MOST_OBSTACLES]
    ]
    yield table(["what stands in the way", "its part", "enough alone"], rows)
    more = len(why.obstacles) - MOST_OBSTACLES
    listed = f"{more} more have smaller parts. " if more > 0 else ""
    sizes = [f"{NUMERALS.get(each.name, each.name)} in {percent(each.share, each.n)}" for each in why.sizes]
    yield paragraph(
        f"{listed}Parts add up to the share of runs without such a package: where this or that could be set aside, "
        "each counts in equal parts. Enough alone: runs in which a package would be acceptable with this alone set "
        f"aside. Of the runs without, at least so many must go: {either(sizes, 'and')}.", 2,
    )  # fmt: skip
    known = {f"{party}.{line.id}" for party, spec in scenario.parties.items() for line in spec.red_lines}
    for name in [each.name for each in why.obstacles if each.name in known][:MOST_LINES]:
        yield paragraph(f"{name}: {red_line_label(scenario, name)}", 2)


def _part(part: tuple[float, float, float], n: int) -> str:
    low, high = max(part[1], 0.0), part[2]
    places = 0 if high - low > 0.02 or n < 2 else 1
    ends = "" if np.isnan(low) else f" ({100 * low:.{places}f}-{100 * high:.{places}f})"
    return f"{100 * part[0]:.{places}f} %{ends}"


def _out_of_time(explained: Explanation) -> Iterator[Block]:
    why, scenario = explained.reasons, explained.results.scenario
    if not why.refusers:
        return
    count = sum(each.count for each in why.refusers)
    yield heading(f"Some package was acceptable, and time ran out, in {percent(count / why.n, why.n)} of runs")
    rows = []
    for each in why.refusers:
        names = [party_label(scenario, name) for name in each.name.split(" | ")]
        own = [late.reason for late in explained.replayed.late if late.party == each.name]
        counts = Counter(REASONS.get(reason, f"red line {reason.split('.', 1)[-1]}") for reason in own)
        reasons = "; ".join(f"{reason}: {times}" for reason, times in counts.most_common(4))
        rows.append([either(names, "and"), shared(each), reasons])
    looked = f" (of the first {explained.replayed.n:,} runs)" if explained.replayed.n < why.n else ""
    yield table(["who refused last", "share", f"<why{looked}"], rows)
    too_late = Share("too_late", len(explained.replayed.too_late), explained.replayed.out_of_time)
    if too_late.count:
        yield paragraph(
            f"In {shared(too_late)} of these the text on the table at the end was worth what all asked for by then: "
            "time ran out before all had answered.", 2,
        )  # fmt: skip
    missing = [late.missing for late in explained.replayed.late if not np.isnan(late.missing)]
    if missing:
        text = f"Where the last text was worth too little, it lacked {np.median(missing):.2f} of what was asked for"
        runs = f"median of {len(missing)} runs" if len(missing) > 1 else "1 run"
        yield paragraph(f"{text} ({runs}), on the refuser's own scale from 0 to 1.", 2)


def _at_home(explained: Explanation) -> Iterator[Block]:
    why, scenario = explained.reasons, explained.results.scenario
    if why.at_home:
        yield heading("Signed, and refused at home")
        rows = [[ratifier_words(scenario, each.name), shared(each)] for each in why.at_home]
        yield table(["who refused", "share"], rows)
    if why.left:
        yield heading("Broken off")
        rows = [[either([party_label(scenario, name) for name in each.name.split(" + ")], "and"), shared(each)]
                for each in why.left]  # fmt: skip
        yield table(["who left", "share"], rows)
    if why.breaks:
        yield heading(f"Agreements in force, {why.breaks[0].n:,} runs: what became of them in 60 months")
        yield table(["", "of those in force"], [[CAUSES[each.name].short, shared(each)] for each in why.breaks])
        yield paragraph("A fault made the break likelier; chance decided it.", 2)


def _least_satisfied(explained: Explanation) -> Iterator[Block]:
    scenario, signed = explained.results.scenario, int(explained.results.agreed.sum())
    if not signed:
        return
    yield heading(f"Who has least to show for it, over {signed:,} texts signed")
    rows = [
        [party_label(scenario, each.party), shared(each.least), number(each.margin, sign=True),
         None if np.isnan(each.least_share) else f"{100 * each.least_share:.0f} %"]
        for each in explained.satisfactions
    ]  # fmt: skip
    yield table(["", "least satisfied", "median margin", "when least"], rows)
    yield paragraph(
        "Margin: worth of the text less that of no deal, on each party's own scale. When least: what it gets of the "
        "largest margin it could have had, where it is the least satisfied (median).", 2,
    )  # fmt: skip


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
    if rows:
        yield heading("From opening to text: where each party moved most, in points of its own values")
        yield table(["", "<issue", "points", "10-90 %", "moved in"], rows)
        yield paragraph("Over texts signed. The chart `ledger` of a batch has all issues.", 2)


# What opens the way.


def _smallest_changes(explained: Explanation) -> Iterator[str]:
    """The smallest change, and what it does to the runs on which it was tried."""
    best, scenario = explained.opening.best, explained.results.scenario
    for each in explained.tried:
        if best is None or abs(each.change.cost - best.cost) > 1e-9 * best.cost:
            continue
        turns = [f"{parameter_text(scenario, turn.parameter)}, {_way(turn)}" for turn in each.change.turns]
        text = f"Smallest change that opens a zone at central numbers: {either(turns, 'and')}."
        gains = {stage.name: difference_words(_points(stage))[0] for stage in each.stages}
        if gains:
            text += f" Tried: {gains['zone_ever']} of runs with a zone, {gains['signed']} with a text signed."
        yield text


def _points(stage: Stage) -> dict[str, Any]:
    names = "difference", "difference_low", "difference_high"
    return {"kind": "share", **dict(zip(names, stage.difference, strict=True))}


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
        f"{rule}No package is then acceptable to {who_signs(scenario)}. Searched: no-deal worths, weights (the others "
        "rescaled), points, linkages and hardness, each alone and in pairs, over all packages. A change is measured in "
        "widths of the number's stated range.", 2,
    )  # fmt: skip
    if not found.one:
        yield paragraph("No single number opens a zone, however far it is turned.", 2)
    if found.one:
        yield bullets([_change_words(explained, change) for change in found.one[:MOST_CHANGES]])
    if len(found.one) > MOST_CHANGES:
        yield paragraph(f"and {len(found.one) - MOST_CHANGES} other numbers, by more.", 2)
    if found.two:
        yield paragraph("Two numbers together:" if found.one else "The smallest changes of two numbers together:", 2)
        yield bullets([_change_words(explained, change) for change in found.two[:MOST_PAIRS]])
    elif found.one:
        yield paragraph("No two numbers together open one by less.", 2)
    else:
        yield paragraph("No two numbers do, either: more than two things stand in the way of every package.", 2)
    if found.untold:
        yield paragraph(f"{found.untold} more are left out: in them the will of a guarantor jumps.", 2)


def _change_words(explained: Explanation, change: Change) -> str:
    turns = "; and ".join(turn_words(explained.results.scenario, turn) for turn in change.turns)
    packages = f"{change.packages:,} package{'s' if change.packages != 1 else ''}"
    return f"{turns}. Change {change.cost:.2f}, opens {packages}."


def _over_runs(explained: Explanation) -> Iterator[Block]:
    why, scenario = explained.reasons, explained.results.scenario
    if not explained.asides:
        return
    yield heading(f"Over runs: {share_with_interval(why.zone_ever.share, why.n)} have a zone; with one thing set aside")
    heads, below_half = ["set aside in every run", "would have a zone", "too high by"], why.zone_ever.share < HALF
    rows = []
    for each in explained.asides[:MOST_ASIDES]:
        falls = None if each.falls is None else "{1:.2f} ({0:.2f}-{2:.2f})".format(*each.falls)
        less = None if each.half is None else f"{each.half:.2f} less"
        if each.half is not None and each.hardness is not None:
            less = f"hardness {each.half:.2f} ({each.hardness:.2f})"
        half = [less] if below_half else []
        zone = share_with_interval(each.zone.share, each.zone.n)
        rows.append([obstacle_label(scenario, each.name), zone, falls, *half])
    yield table([*heads, "half need"] if below_half else heads, rows)
    half_need = (
        " Half need: what by itself gives half of the runs a zone, so much less worth of no deal in every run, or a "
        "mean hardness (as it is, in brackets) of the line and those drawn with it; a dash where nothing does."
        if below_half else ""
    )  # fmt: skip
    first, what = explained.replayed.n, "Both are" if below_half else "Worths are"
    looked = f" {what} of the first {first:,} runs." if first < why.n else ""
    yield paragraph(
        "As things stand in the last open round. Too high by: how much less no deal would have to be worth where that "
        f"alone is in the way; median (10th to 90th percentile).{half_need}{looked}", 2,
    )  # fmt: skip
    linkages = [name for run in explained.replayed.no_zone for name in run.linkages]
    for name in sorted(set(linkages)):
        count, n = linkages.count(name), len(explained.replayed.no_zone)
        share = share_with_interval(count / n, n)
        yield paragraph(f"The linkage {name} alone is in the way in {share} of the {n:,} runs without a zone.", 2)
    adds = [each.adds for party in scenario.parties.values() for each in party.linkages]
    if any(min(each.value, each.low or 0.0) < 0 for each in adds) and not linkages:
        yield paragraph("No linkage alone is in the way in any of these runs.", 2)
    third = explained.results.n // 3
    for stage, mover in explained.moved_by.items():
        if stage in SHOWN and mover is not None:
            low, high = percent(mover.low_share, third), percent(mover.high_share, third)
            shares = f"{low} where it is lowest, {high} where it is highest"
            what = STAGES[stage].label
            yield paragraph(f"Of all uncertain numbers, {mover.path} moves this most: {what} ({shares}).", 2)


def _tried(explained: Explanation, each: Counterfactual) -> Iterator[Block]:
    scenario = explained.results.scenario
    yield heading(f"Tried on the first {each.n:,} runs" if each.n else "Not tried")
    for turn in each.change.turns:
        yield paragraph(f"{turn_words(scenario, turn)}, its range moved with it", 2)
    if each.fault:
        yield paragraph(f"The scenario would not hold together: {each.fault}", 2)
        return
    rows = [
        [STAGES[stage.name].label, *(percent(of.share, of.n) for of in (stage.before, stage.after)),
         *difference_words(_points(stage))]
        for stage in each.stages
    ]  # fmt: skip
    yield table(["", "as it is", "changed", "difference", "95 %"], rows)
    yield paragraph("The same by hand:", 2)
    for text in each.sets:
        yield paragraph(f"--set '{text}'", 2)


def _weights(explained: Explanation) -> Iterator[Block]:
    found = explained.weights
    if found.package is None:
        yield heading("No text is ever signed, so no weight can turn it into another")
        return
    yield heading("Which single weight turns the text into another")
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


# Numbers that are turned.


def parameter_text(scenario: Scenario, parameter: Parameter) -> str:
    """What a number is about."""
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
        return f"worth of the linkage {clean(parts[3])} to {who}"
    words = {"no_deal": "what no deal is worth to", "foresight": "foresight of"}
    return f"{words.get(parameter.kind, 'what a text refused at home costs')} {who}"


def _value(parameter: Parameter, value: float) -> str:
    """A value with as many digits as its kind bears."""
    return f"{value:.2f}" if parameter.kind == "points" else f"{value:.4g}"


def _way(turn: Turn) -> str:
    return f"{_value(turn.parameter, turn.rounded)} instead of {_value(turn.parameter, turn.parameter.value)}"


def turn_words(scenario: Scenario, turn: Turn) -> str:
    """A number turned: from where to where, and whether that lies in its stated range."""
    stated, where = turn.parameter.stated, "no range stated"
    if stated is not None:
        low, high = (_value(turn.parameter, end) for end in stated)
        where = f"{'within' if turn.within else 'outside'} its stated range {low} to {high}"
    return f"{parameter_text(scenario, turn.parameter)}: {_way(turn)}, {where}"


# Plain data.


def data(explained: Explanation) -> dict[str, Any]:
    results, why, again, found = explained.results, explained.reasons, explained.replayed, explained.opening
    linkages = Counter(name for run in again.no_zone for name in run.linkages)
    shares = [Share(name, linkages[name], len(again.no_zone)) for name in sorted(linkages)]
    return {
        "id": results.scenario.id,
        "title": results.scenario.title,
        "seed": results.seed,
        "n": results.n,
        "looked_at": again.n,
        "outcomes": _shares(why.outcomes),
        "zone_first": _share(why.zone_first),
        "zone_ever": _share(why.zone_ever),
        "obstacles": [_obstacle_data(each) for each in why.obstacles],
        "obstacles_needed": _shares(why.sizes),
        "refused_last": [
            _share(each) | {"reasons": dict(Counter(late.reason for late in again.late if late.party == each.name))}
            for each in why.refusers
        ],
        "too_late": _share(Share("too_late", len(again.too_late), again.out_of_time)),
        "left": _shares(why.left),
        "refused_at_home": _shares(why.at_home),
        "in_force": _shares(why.breaks),
        "parties": [_share(each.least) | pick(each, "margin least_share") for each in explained.satisfactions],
        "ledger": [pick(each, "party issue n moved low high", points="mean") for each in explained.movements],
        "opening": {
            "packages": found.packages,
            "one": [_change_data(explained, each) for each in found.one],
            "two": [_change_data(explained, each) for each in found.two],
        },
        "set_aside": [
            _share(each.zone) | dict(zip(("fall_low", "fall", "fall_high"), each.falls or (None,) * 3, strict=True))
            | pick(each, "hardness", for_half="half")
            for each in explained.asides
        ],
        "linkages": _shares(shares),
        "moved_by": [
            {"stage": stage} | pick(mover, "path low_share high_share difference low high")
            for stage, mover in explained.moved_by.items() if mover is not None
        ],
        "tried": [_tried_data(each) for each in explained.tried],
        "weights": pick(explained.weights, "basis package n weights") | {
            "flips": [
                pick(each, "end instead flips turn") | {"kept": each.unchanged.count}
                | pick(each.parameter, "path value")
                for each in explained.weights.flips
            ],
        },
    }  # fmt: skip


def _shares(found: Sequence[Share]) -> list[dict[str, Any]]:
    return [_share(each) for each in found]


def _share(each: Share) -> dict[str, Any]:
    return pick(each, "name count n share") | dict(zip(("low", "high"), each.interval, strict=True))


def _obstacle_data(each: Obstacle) -> dict[str, Any]:
    counts = {"involved": each.involved.count, "alone": each.alone.count, "alone_share": each.alone.share}
    return dict(zip(("part", "part_low", "part_high"), each.part, strict=True)) | {"name": each.name} | counts


def _change_data(explained: Explanation, change: Change) -> dict[str, Any]:
    results, package = explained.results, None
    if change.package >= 0:
        package = in_file_order(results.scenario, results.structure.space.options_of(change.package))
    return pick(change, "cost packages") | {"turns": list(map(_turn_data, change.turns)), "package": package}


def _turn_data(turn: Turn) -> dict[str, Any]:
    drawn_with = sorted(turn.parameter.others) if turn.parameter.kind == "hardness" else []
    about = pick(turn.parameter, "path kind value", range="stated")
    return pick(turn, "cost within", to="value") | about | {"with": drawn_with}


def _tried_data(each: Counterfactual) -> dict[str, Any]:
    stages = [
        {"stage": stage.name, "before": stage.before.share, "after": stage.after.share}
        | dict(zip(("difference", "low", "high"), stage.difference, strict=True))
        for stage in each.stages
    ]
    turns = list(map(_turn_data, each.change.turns))
    return {"turns": turns, "set": list(each.sets), "n": each.n, "fault": each.fault or None, "stages": stages}
