"""The page on which a package is composed and analysed."""

from collections.abc import Generator, Mapping
from typing import Any

from sim.analysis.one_package import Bench, OnePackage, Signatory, one_package
from sim.analysis.one_package import bench as make_bench
from sim.analysis.package_changes import broken_rules, goes_with, lacks, nearest, neighbours, place, repairs
from sim.analysis.texts import orders, texts_by_piece
from sim.app.changed import ChangedFile
from sim.app.errors import RequestError
from sim.app.playing import played
from sim.app.step import issues_in_words
from sim.core.cache import Cache
from sim.core.packages import NO_DEAL
from sim.report.explain import parameter_change_text
from sim.report.plain import pick, plain
from sim.report.texts import MARKS
from sim.results.labels import clean, condition_label, option_label, party_label, red_line_label, who_signs
from sim.results.manifest import identity
from sim.results.results import share_interval

NASH = "nash"
SCORES = ("worth_least", "worth_most", "margin_least", "margin_most", "signs", "lines_crossed", "lines_at_stake")
MOST_NEIGHBOURS, MOST_TEXTS = 12, 8
RANKED = 200  # draws in which packages are ranked
DRAWS = 500  # draws in which acceptance is counted

_benches = Cache[Bench](2)  # by identity of scenario and seed; that of the largest scenario takes some 60 MB


def bench_of(about: ChangedFile) -> Bench:
    """Return the cached bench of a file as it is on disk now, with its changes."""
    scenario = about.read()
    return _benches.get(identity(scenario, about.seed), lambda: make_bench(scenario, about.seed, DRAWS), lambda each: 1)


def describe_file(about: ChangedFile) -> dict[str, Any]:
    """Describe a file before any package is chosen: issues, parties, and packages to start from.

    Returns:
        `nash` has the Nash packages by reading of the red lines, `proposals` those on file with the issues they settle.
    """
    bench = bench_of(about)
    scenario, shown = bench.scenario, bench.portrait
    found = shown.solutions[shown.solutions["solution"] == NASH]
    return {
        "title": clean(scenario.title),
        "issues": issues_in_words(scenario),
        "parties": {name: party_label(scenario, name) for name in scenario.parties},
        "bodies": {name: clean(each.label or name) for name, each in scenario.ratification.ratifiers.items()}
        if scenario.ratification
        else {},
        "who_signs": who_signs(scenario),
        "consistent": len(bench.structure.space),
        "over": [party_label(scenario, name) for name in shown.solution_parties],
        "nash": [
            {"reading": reading, "package": dict(zip(scenario.issues, text.split("/"), strict=True))}
            for reading, text in zip(found["candidates"], found["package"], strict=True)
            if isinstance(text, str)
        ],
        "proposals": {
            name: {
                "label": clean(each.label),
                "from": party_label(scenario, each.from_) if each.from_ else "",
                "package": {issue: each.package[issue] for issue in scenario.issues if issue in each.package},
            }
            for name, each in scenario.proposals.items()
        },
    }


def frequent(about: ChangedFile, draws: int) -> Generator[None, None, dict[str, Any]]:
    """Return the package signed most often and its count; `package` is None if none is signed."""
    scenario = about.read()
    results = yield from played(scenario, about.seed, draws)
    counts = results.packages_signed
    if not counts:
        return {"package": None, "count": 0, "n": results.n, "interval": share_interval(0, results.n)}
    text = max(sorted(counts), key=lambda each: counts[each])
    options = dict(zip(scenario.issues, text.split("/"), strict=True))
    return {"package": options, "count": counts[text], "n": results.n,
            "interval": share_interval(counts[text], results.n)}  # fmt: skip


def ranking(about: ChangedFile) -> Generator[None, None, dict[str, Any]]:
    """Return the best packages of each combination of the headline issues, by the last stage that the scenario has."""
    scenario = about.read()
    table = yield from texts_by_piece(scenario, RANKED, about.seed)
    by, issues = orders(scenario)[0], list(scenario.headline or scenario.issues)
    rank = table[by].rank(method="min", ascending=False).astype(int)
    first = table.assign(rank=rank).drop_duplicates(issues).head(MOST_TEXTS).to_dict("records")
    marks = {mark: head for mark, head in MARKS.items() if mark in table and (mark != "in_force" or by == mark)}
    return {
        "n": RANKED, "packages": len(table), "by": marks[by], "none": first[0][by] == 0, "marks": list(marks.values()),
        "texts": [
            {"rank": row["rank"], "package": {issue: row[issue] for issue in scenario.issues},
             "shares": [row[mark] for mark in marks],
             "label": "; ".join(option_label(scenario, issue, row[issue]) for issue in issues)}
            for row in first
        ],
    }  # fmt: skip


def completed(about: ChangedFile, text: Mapping[str, str], now: Mapping[str, str]) -> dict[str, Any]:
    """Complete a package that leaves issues open: with options of another if possible, else with the fewest changes."""
    bench = bench_of(about)
    wanted = _whole(bench, {**now, **text})
    if bench.structure.space.index_of(wanted) != NO_DEAL:
        return {"package": wanted}
    found = repairs(bench.scenario, bench.structure, wanted, set(text))
    if any(found[0].options[issue] != option for issue, option in text.items()):
        raise RequestError("this text contradicts the rules of the file, whatever the open issues are")
    return {"package": found[0].options}


def describe_package(about: ChangedFile, options: Mapping[str, str], kept: str | None) -> dict[str, Any]:
    """Describe a package by its options, or why they are inconsistent and the smallest repair.

    Args:
        kept: The issue changed last, which a repair does not change.
    """
    bench = bench_of(about)
    chosen = _whole(bench, options)
    summary: dict[str, Any] = {"package": chosen, "goes_with": goes_with(bench.scenario, chosen)}
    summary["rules"] = {
        rule.id: {
            "if": condition_label(bench.scenario, rule.if_),
            "then": condition_label(bench.scenario, rule.then),
            "because": clean(rule.because),
        }
        for rule in bench.scenario.consistency
    }
    broken = broken_rules(bench.scenario, chosen)
    if broken:
        mended = repairs(bench.scenario, bench.structure, chosen, {kept} if kept else ())
        return summary | {"broken": [rule.id for rule in broken],
                       "repairs": [{"changes": each.changes, "package": each.options} for each in mended]}  # fmt: skip
    package = bench.structure.space.index_of(chosen)
    found = one_package(bench, package)
    return summary | {
        "broken": [],
        "n": bench.n,
        **pick(found, "agreed agreed_in at_home together passes afterwards"),
        "signatories": [_signatory(bench, each) for each in found.signatories],
        "place": plain(place(bench, package)),
        "neighbours": [
            pick(each, "issue before after all_gain gains signs") | {"package": bench.options(each.package)}
            for each in neighbours(bench, package)[:MOST_NEIGHBOURS]
        ],
        "nearest": [
            pick(each, "reading zone away as_near changes")
            | {"package": None if each.package == NO_DEAL else bench.options(each.package)}
            for each in nearest(bench, package)
        ],
    }


def lacking(about: ChangedFile, options: Mapping[str, str]) -> list[dict[str, Any]]:
    """Describe what each signatory that would not sign at central numbers lacks; empty for inconsistent options."""
    bench = bench_of(about)
    package = bench.structure.space.index_of(_whole(bench, options))
    if package == NO_DEAL:
        return []
    return [
        pick(each, "party missing lines")
        | {"turns": [parameter_change_text(bench.scenario, change) for change in each.turns]}
        for each in lacks(bench, one_package(bench, package))
    ]


def describe_proposals(about: ChangedFile) -> list[dict[str, Any]]:
    """Describe the proposals on file as `peacesim show` scores them, in full for those that settle every issue."""
    bench, proposals = bench_of(about), []
    whole = len(bench.scenario.issues)
    rows = bench.portrait.proposals.to_dict("records")
    for name, proposal in bench.scenario.proposals.items():
        own = {row["party"]: row for row in rows if row["proposal"] == name}
        package = bench.structure.space.index_of(proposal.package) if len(proposal.package) == whole else NO_DEAL
        found = None if package == NO_DEAL else one_package(bench, package)
        proposals.append({
            "name": name,
            "label": clean(proposal.label),
            "completions": next(iter(own.values()))["completions"],
            "parties": {party: plain({key: row[key] for key in SCORES}) for party, row in own.items()},
            "whole": None if found is None else _row_of_whole(found),
        })  # fmt: skip
    return proposals


def _row_of_whole(found: OnePackage) -> dict[str, Any]:
    """Return a row of the table of proposals besides utilities and red lines."""
    return {
        "agreed_in": plain(found.agreed_in),
        "chance": None if found.together is None else found.together[0],
        "held_60": None if found.afterwards is None else plain(found.afterwards.central["survival_60"]),
    }


def _whole(bench: Bench, options: Mapping[str, str]) -> dict[str, str]:
    """Return the options in the order of the file; a RequestError for a missing issue or an unknown option."""
    issues = bench.scenario.issues
    for issue, spec in issues.items():
        if options.get(issue) not in spec.options:
            known = ", ".join(map(clean, spec.options))
            raise RequestError(f"the package names no option of {clean(issue)}; options are {known}")
    return {issue: options[issue] for issue in issues}


def _signatory(bench: Bench, each: Signatory) -> dict[str, Any]:
    return pick(each, "party signs worth no_deal margin foreseen willing would_sign margins enough signs_in") | {
        "lines": [
            pick(line, "hardness mean counts line=name real") | {"words": red_line_label(bench.scenario, line.name)}
            for line in each.crossed
        ],
    }
