"""How many random domains come out the same in NegMAS 0.16 and here: `negmas_proof.py FILE`, of `negmas_domains.py`."""

import json
import sys
from collections import Counter
from typing import Any

from tests.negmas_traces import (
    GUARD,
    SAME,
    TIE,
    Domain,
    asks_for_more_than_there_is,
    difference,
    play,
    play_bound,
    play_with_their_ties,
    solve,
    why_solutions_differ,
)

SOLUTIONS = ("pareto", "nash", "kalai", "max_welfare", "ks")
KINDS = ("runs", "tied", "bound", "can_sign", *SOLUTIONS, "spread")


def compare(domains: list[Domain]) -> dict[str, Any]:
    """Counts of runs and solutions by the reason why they differ, `same` for those that do not.

    Returns:
        `runs` as they are; `tied` with NegMAS's choice among packages of equal worth; `bound` with that, and parties
        bound by what they could not sign; `can_sign` as `tied`, only where every party has a package worth no deal;
        each solution, of the domains with a zone; and of the package of smallest spread, how often it is that of the
        library's own Kalai-Smorodinsky rule.
    """
    counts: dict[str, Counter[str]] = {name: Counter() for name in KINDS}
    offers = 0
    for domain in domains:
        talks, offers = play(domain), offers + len(domain["offers"])
        why = difference(domain, talks)
        tied = difference(domain, play_with_their_ties(domain)) if why == TIE else why
        counts["runs"][why or "same"] += 1
        counts["tied"][tied or "same"] += 1
        bound = difference(domain, play_bound(domain, why == TIE)) if tied == GUARD else tied
        counts["bound"][bound or "same"] += 1
        if not any(asks_for_more_than_there_is(party) for party in domain["parties"]):
            counts["can_sign"][tied or "same"] += 1
        ours = solve(domain, talks)
        if not ours["pareto"]:
            counts["pareto"]["no zone" if why_solutions_differ(domain, talks, "pareto") == SAME else "zone"] += 1
            continue
        for name in SOLUTIONS:
            counts[name][why_solutions_differ(domain, talks, name) or "same"] += 1
        counts["spread"]["as the zone's gains say"] += ours["ks"] == ours["ks_zone"]
        counts["spread"]["as the largest smallest share"] += ours["ks"] == ours["kalai_smorodinsky"]
    return {"domains": len(domains), "offers": offers} | {name: dict(count) for name, count in counts.items()}


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        made = json.load(file)
    print(json.dumps({kind: compare(domains) for kind, domains in made["domains"].items()}, indent=None))
