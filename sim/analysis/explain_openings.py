"""The second half of an explanation to read: what smallest change opens the way, and which weight turns the text."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import RenderableType

from sim.analysis.comparison_text import difference_words
from sim.analysis.counterfactual import Stage, Tried
from sim.analysis.input_words import changed_value_words, dial_words, turn_words, way_words
from sim.analysis.layout import heading, number, paragraph, percent, share_with_interval, table
from sim.analysis.parameters import REAL_ABOVE, Change, Dial
from sim.analysis.replays import HALF, Aside
from sim.analysis.weight_flips import CENTRAL, Flip
from sim.analysis.words import either, obstacle_words, who_signs

if TYPE_CHECKING:
    from sim.analysis.explain import Explanation

MOST_CHANGES, MOST_PAIRS, MOST_ASIDES, MOST_WEIGHTS = 6, 3, 8, 6
STAGES = {
    "zone_first": "acceptable package in round 1", "zone_ever": "the same in some round", "signed": "a text is signed",
    "in_force": "an agreement in force",
}  # fmt: skip


def opening_parts(explained: "Explanation") -> Iterator[RenderableType]:
    """What opens a zone: at central numbers, over runs, tried out; and the weights."""
    yield from _at_central_numbers(explained)
    yield from _over_runs(explained)
    for each in explained.tried:
        yield from _tried(explained, each)
    yield from _weights(explained)


def smallest_change_in_short(explained: "Explanation") -> Iterator[str]:
    """The smallest change, and what it does to the runs on which it was tried."""
    best, scenario = explained.opening.best, explained.results.scenario
    if best is None:
        return
    same = [each for each in explained.tried if abs(each.change.cost - best.cost) <= 1e-9 * best.cost]
    for each in same:
        turns = [f"{dial_words(scenario, turn.dial)}, {way_words(turn)}" for turn in each.change.turns]
        what = either(turns, "and")
        text = f"Smallest change that opens a zone at central numbers: {what}."
        gains = {stage.name: difference_words(_points(stage))[0] for stage in each.stages}
        if gains:
            text += f" Tried: {gains['zone_ever']} of runs with a zone, {gains['signed']} with a text signed."
        yield text


def _points(stage: Stage) -> dict[str, Any]:
    names = "difference", "difference_low", "difference_high"
    return {"kind": "share", **dict(zip(names, stage.difference, strict=True))}


def _at_central_numbers(explained: "Explanation") -> Iterator[RenderableType]:
    scenario, found = explained.results.scenario, explained.opening
    yield heading("The smallest change that opens a zone, every number at its value")
    soft = [name for dial in explained.hardness if dial.value <= REAL_ABOVE for name in lines_of(explained, dial)]
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
    yield from _pairs(explained)
    if found.untold:
        yield paragraph(f"{found.untold} more are left out: in them the will of a guarantor jumps.", 2)


def lines_of(explained: "Explanation", dial: Dial) -> list[str]:
    """Red lines of a hardness, as `party.id`."""
    return [explained.results.structure.lines.names[line] for line in dial.lines]


def _pairs(explained: "Explanation") -> Iterator[RenderableType]:
    """Two numbers, where that is less than one, or one is not enough."""
    found = explained.opening
    if found.two:
        yield paragraph("Two numbers together:" if found.one else "The smallest changes of two numbers together:", 2)
        yield bullets([_change_words(explained, change) for change in found.two[:MOST_PAIRS]])
    elif found.one:
        yield paragraph("No two numbers together open one by less.", 2)
    else:
        yield paragraph("No two numbers do, either: more than two things stand in the way of every package.", 2)


def _change_words(explained: "Explanation", change: Change) -> str:
    turns = "; and ".join(turn_words(explained.results.scenario, turn) for turn in change.turns)
    packages = f"{change.packages:,} package{'s' if change.packages != 1 else ''}"
    return f"{turns}. Change {change.cost:.2f}, opens {packages}."


def _over_runs(explained: "Explanation") -> Iterator[RenderableType]:
    why, scenario = explained.reasons, explained.results.scenario
    if not explained.asides:
        return
    yield heading(f"Over runs: {share_with_interval(why.zone_ever.share, why.n)} have a zone; with one thing set aside")
    heads, below_half = ["set aside in every run", "would have a zone", "too high by"], why.zone_ever.share < HALF
    rows = []
    for each in explained.asides[:MOST_ASIDES]:
        falls = None if each.falls is None else "{1:.2f} ({0:.2f}-{2:.2f})".format(*each.falls)
        half = [_half_words(each)] if below_half else []
        zone = share_with_interval(each.zone.share, each.zone.n)
        rows.append([obstacle_words(scenario, each.name), zone, falls, *half])
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
    yield from _linkages_in_the_way(explained)
    yield from _moved_by(explained)


def _moved_by(explained: "Explanation") -> Iterator[RenderableType]:
    """The uncertain number that goes with the largest difference in the runs that get somewhere."""
    found = [(stage, mover) for stage, mover in explained.moved_by.items() if stage in STAGES and mover is not None]
    n = explained.results.n // 3
    for stage, mover in found:
        shares = f"{percent(mover.low_share, n)} where it is lowest, {percent(mover.high_share, n)} where it is highest"
        yield paragraph(f"Of all uncertain numbers, {mover.path} moves this most: {STAGES[stage]} ({shares}).", 2)


def _half_words(each: Aside) -> str | None:
    if each.half is None:
        return None
    return f"{each.half:.2f} less" if each.hardness is None else f"hardness {each.half:.2f} ({each.hardness:.2f})"


def _linkages_in_the_way(explained: "Explanation") -> Iterator[RenderableType]:
    linkages = [name for run in explained.replayed.no_zone for name in run.linkages]
    for name in sorted(set(linkages)):
        count, n = linkages.count(name), len(explained.replayed.no_zone)
        share = share_with_interval(count / n, n)
        yield paragraph(f"The linkage {name} alone is in the way in {share} of the {n:,} runs without a zone.", 2)
    if _linkages_that_take(explained) and not linkages:
        yield paragraph("No linkage alone is in the way in any of these runs.", 2)


def _linkages_that_take(explained: "Explanation") -> bool:
    parties = explained.results.scenario.parties.values()
    return any(min(each.adds.value, each.adds.low or 0.0) < 0 for party in parties for each in party.linkages)


def _tried(explained: "Explanation", each: Tried) -> Iterator[RenderableType]:
    scenario = explained.results.scenario
    yield heading(f"Tried on the first {each.n:,} runs" if each.n else "Not tried")
    for turn in each.change.turns:
        yield paragraph(f"{turn_words(scenario, turn)}, its range moved with it", 2)
    if each.fault:
        yield paragraph(f"The scenario would not hold together: {each.fault}", 2)
        return
    rows = []
    for stage in each.stages:
        shares = [percent(of.share, of.n) for of in (stage.before, stage.after)]
        rows.append([STAGES[stage.name], *shares, *difference_words(_points(stage))])
    yield table(["", "as it is", "changed", "difference", "95 %"], rows)
    yield paragraph("The same by hand:", 2)
    for text in each.sets:
        yield paragraph(f"--set '{text}'", 2)


def _weights(explained: "Explanation") -> Iterator[RenderableType]:
    found = explained.weights
    if found.package is None:
        yield heading("No text is ever signed, so no weight can turn it into another")
        return
    yield heading("Which single weight turns the text into another")
    where = "at central numbers (one run)" if found.basis == CENTRAL else (
        f"most often; looked at are the first {found.n} runs that sign it")
    yield paragraph(f"Signed {where}: {_readable(found.package)}.", 2)
    flips = [flip for flip in found.flips if flip.flips]
    if not found.weights:
        yield paragraph("No weight has a range.", 2)
    elif not flips:
        yield paragraph(
            f"None of {found.weights} weights does it for most of these runs, set to either end of its stated range, "
            f"the others rescaled.{' The nearest:' if found.flips else ''}", 2,
        )  # fmt: skip
    else:
        yield paragraph(f"{len({flip.dial.path for flip in flips})} of {found.weights} weights do:", 2)
    if found.flips:
        yield bullets([_flip_words(explained, flip) for flip in (flips or found.flips)[:MOST_WEIGHTS]])


def bullets(texts: Sequence[str]) -> RenderableType:
    """Texts below each other, each with a dash."""
    return table(["", ""], [["-", text] for text in texts], left=2)


def _flip_words(explained: "Explanation", flip: Flip) -> str:
    dial = flip.dial
    what, instead = dial_words(explained.results.scenario, dial), _instead(explained, flip.instead)
    if flip.flips:
        side = "or more" if flip.turn > dial.value else "or less"
        return f"{what}, at {number(flip.turn, 3)} {side} instead of {changed_value_words(dial, dial.value)}: {instead}"
    way = f"at {changed_value_words(dial, flip.end)} instead of {changed_value_words(dial, dial.value)}"
    return f"{what}, {way}: {flip.kept.count} of {flip.kept.n} keep the text, else {instead}"


def _instead(explained: "Explanation", package: str | None) -> str:
    """What is signed instead, where it differs from the text."""
    scenario, was = explained.results.scenario, explained.weights.package
    if package is None or was is None:
        return "no deal"
    issues = scenario.headline or tuple(scenario.issues)
    pairs = zip(issues, was.split("/"), package.split("/"), strict=True)
    changed = [f"{new} instead of {old} ({issue})" for issue, old, new in pairs if old != new]
    return either(changed, "and")


def _readable(package: str) -> str:
    return package.replace("/", " / ")
