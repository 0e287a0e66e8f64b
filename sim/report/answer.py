"""The summary that opens a document: one sentence, four figures, obstacles, and what the numbers are based on."""

from collections.abc import Iterator, Sequence

from sim.analysis.reasons import Reasons, obstacle_groups
from sim.core.wording import counted
from sim.report.document import Block, Table, paragraph, table
from sim.results.format import HUNDRED, of_hundred, parts_of_hundred, share_decimals
from sim.results.labels import BLOCKED, blocked_label, either, numbers_by_status, obstacle_label, ratifier_short
from sim.results.results import Results, share_interval
from sim.results.stages import kinds, stages
from sim.scenario import Scenario

STRIP = {  # the figures of the strip, by stage
    "zone_ever": "zone", "zone_first": "zone", "signed": "signed", "in_force": "in force",
    "held_60": "holding 60 months",
}  # fmt: skip


def opening(results: Results) -> Iterator[Block]:
    yield paragraph(sentence(results))
    yield strip(results)


def sentence(results: Results) -> str:
    found = {step.name: step for step in stages(results) if step.kind == "stage"}
    signed, n = found["signed"].count, results.n
    after = [(words, found[name].count) for name, words in AFTER.items() if name in found]
    if is_alike(results):
        ends = [words for words, count in after if count]
        text = either(["an agreement is signed", *ends], "and") if signed else "nothing is signed"
        return f"Every run is alike, for no number is uncertain: {text}."
    if not signed:
        return f"In none of {counted(n, 'run')} is anything signed."
    most = signed > n / 2
    start = f"In {of_hundred(signed, n)} runs an agreement is signed"
    if not most:
        nothing = f"In {of_hundred(n - signed, n)} runs nothing is signed"
        start = f"{nothing}; in {parts_of_hundred(signed, n)} an agreement is signed"
    rest = [f"in {parts_of_hundred(count, n)} {words}" for words, count in after]
    return f"{start}, {either(rest, 'and')}." if rest else f"{start}."


AFTER = {"in_force": "it comes into force", "held_60": "it still holds after 60 months"}


def is_alike(results: Results) -> bool:
    """Return whether no input is uncertain and all runs end alike, so that more runs add nothing."""
    certain = not any(number.uncertain for number in results.scenario.numbers().values())
    return certain and len(kinds(results)) == 1 and len(results.packages_signed) <= 1


def strip(results: Results) -> Table:
    """Return ZOPA, signed, in force and holding as shares of all runs, with their 95 % intervals below."""
    found = {step.name: step for step in stages(results) if step.kind == "stage"}
    if "zone_ever" in found:
        del found["zone_first"]
    steps = [found[name] for name in STRIP if name in found]
    digits = max(1 if step.share < 0.1 else share_decimals(step.count, step.n) for step in steps)
    shares = [f"{HUNDRED * step.share:.{digits}f} %" for step in steps]
    ends = [[HUNDRED * end for end in share_interval(step.count, step.n)] for step in steps]
    intervals = [f"{low:.{digits}f}-{high:.{digits}f}" for low, high in ends]
    heads = ["", *(STRIP[step.name] for step in steps)]
    below = [] if is_alike(results) else [["95 % interval", *intervals]]
    return table(heads, [[f"of {counted(results.n, 'run')}", *shares], *below])


def rests_on(scenario: Scenario) -> str:
    """Return one line on what the figures are based on."""
    counts = numbers_by_status(scenario)
    known, total = counts["sourced"], sum(counts.values())
    have = "has" if known == 1 else "have"
    mixed = f", {counts['mixed']:,} in part" if counts["mixed"] else ""
    return f"{known:,} of {total:,} numbers {have} a source{mixed}. Shares of runs in this scenario: no forecast."


def obstacle_rows(results: Results, most: int) -> list[list[str]]:
    """Return all obstacles to an agreement in force, in three groups, ranked; parts add up to their group.

    Returns:
        Rows of name and share of all runs; the head of a group has its total, and rows left out are summed in one.
    """
    rows: list[list[str]] = []
    for group in obstacle_groups(results):
        if not group.count:
            continue
        rows.append([BLOCKED[group.name], f"{HUNDRED * group.share:.1f} %"])
        for part in group.parts[:most]:
            name = blocked_label(results.scenario, part.outcome, part.name)
            rows.append([f"  {name}", f"{HUNDRED * part.share:.1f} %"])
        left = group.parts[most:]
        if left:
            rows.append([f"  {counted(len(left), 'other')}", f"{HUNDRED * sum(part.share for part in left):.1f} %"])
    return rows


def bullet_texts(results: Results, why: Reasons, opens: Sequence[str] = ()) -> list[str]:
    """Return bullets on what is in the way, what fails at home, and what change would open a zone."""
    scenario, n, texts = results.scenario, why.n, list[str]()
    if why.obstacles:
        what, share = obstacle_label(scenario, why.obstacles[0].name), why.obstacles[0].part[0]
        texts.append(f"What stands in the way most: {what}, {HUNDRED * share:.1f} % of runs.")
    elif why.refusers:
        what, share = blocked_label(scenario, "deadline", why.refusers[0].name), why.refusers[0].share
        texts.append(f"What stands in the way most: {what}, {HUNDRED * share:.1f} % of runs.")
    if why.at_home:
        who, share = ratifier_short(scenario, why.at_home[0].name), why.at_home[0].share
        texts.append(f"What fails at home: most often rejected by {who}, {HUNDRED * share:.1f} % of runs.")
    elif scenario.ratification is not None:
        texts.append("What fails at home: nothing that is signed is rejected for good.")
    alone = max(why.obstacles, key=lambda each: each.alone.count, default=None)
    if opens:
        texts += opens
    elif alone is not None and alone.alone.count:
        what, more = obstacle_label(scenario, alone.name), HUNDRED * alone.alone.count / n
        texts.append(f"What would open it: without {what}, {more:.1f} % more of the runs have a possible deal.")
    return texts
