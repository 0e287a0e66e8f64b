"""Random domains, played and solved by NegMAS: `PYTHON negmas_domains.py FILE SEED KIND=COUNT...`; PYTHON has negmas.

Kinds of domain: `fine` (numbers of many digits, so that hardly two packages are worth the same) and `coarse` (round
numbers, as people write them, with many packages worth the same). Numbers are whole: weights in millionths, points in
thousandths, no-deal worths in millionths.
"""

import json
import random
import sys
import time
from importlib.metadata import version
from itertools import pairwise

from negmas import (
    AspirationNegotiator,
    BoulwareTBNegotiator,
    ConcederTBNegotiator,
    LinearTBNegotiator,
    SAOMechanism,
    make_issue,
)
from negmas.preferences import LinearAdditiveUtilityFunction
from negmas.preferences.ops import calc_scenario_stats
from negmas.preferences.value_fun import TableFun

AFTER_A_CURVE = {"boulware": BoulwareTBNegotiator, "linear": LinearTBNegotiator, "conceder": ConcederTBNegotiator}
EXPONENTS = {"boulware": 4.0, "linear": 1.0, "conceder": 0.25}
SOLUTIONS = ("pareto", "nash", "kalai", "ks", "max_welfare")
WHOLE, POINT = 1_000_000, 1_000


def random_domain(rng, kind):
    """Parties, issues and rounds of one domain."""
    options = [rng.randint(2, 5) for _ in range(rng.randint(2, 4))]
    rounds = rng.choice([1, 2, 5, 10, 20, 50, 100])
    parties = [random_party(rng, kind, options) for _ in range(rng.randint(2, 4))]
    return {"options": options, "rounds": rounds, "parties": parties}


def random_party(rng, kind, options):
    """One party: a fifth are named after a curve, a tenth each ask for nothing or for very much."""
    step = WHOLE // 20 if kind == "coarse" else 1
    cuts = sorted(rng.sample(range(1, WHOLE // step), len(options) - 1))
    weights = [step * (b - a) for a, b in pairwise([0, *cuts, WHOLE // step])]
    grain = 25 * POINT if kind == "coarse" else 1
    points = [[grain * rng.randint(0, 100 * POINT // grain) for _ in range(count)] for count in options]
    low, high = rng.choice([(0, 0)] + [(0, 0.6)] * 8 + [(0.6, 1)])
    party = {"weights": weights, "points": points, "no_deal": step * round(rng.uniform(low, high) * WHOLE / step)}
    if rng.random() < 0.2:
        curve = rng.choice(sorted(AFTER_A_CURVE))
        return party | {"negotiator": curve, "exponent": EXPONENTS[curve], "tolerance": 0.0001}
    exponent = rng.choice([4.0, 1.0, 0.25, round(2 ** rng.uniform(-3, 3), 3)])
    return party | {"negotiator": "aspiration", "exponent": exponent, "tolerance": 0.001}


def utilities(domain, issues):
    """The parties' utility functions in NegMAS."""
    found = []
    for party in domain["parties"]:
        tables = [
            TableFun({f"o{k}": each / (100 * POINT) for k, each in enumerate(points)}) for points in party["points"]
        ]
        weights = [weight / WHOLE for weight in party["weights"]]
        no_deal = party["no_deal"] / WHOLE
        found.append(LinearAdditiveUtilityFunction(tables, weights=weights, issues=issues, reserved_value=no_deal))
    return found


def negotiator(party):
    """The party's strategy in NegMAS."""
    if party["negotiator"] == "aspiration":
        return AspirationNegotiator(aspiration_type=party["exponent"])
    return AFTER_A_CURVE[party["negotiator"]]()


def place(outcome):
    """An outcome as indices of options."""
    return [int(option[1:]) for option in outcome]


def played(domain):
    """The domain with what NegMAS makes of it: every offer as round, party and package; agreement; solutions."""
    issues = [make_issue([f"o{k}" for k in range(count)], f"i{i}") for i, count in enumerate(domain["options"])]
    ufuns = utilities(domain, issues)
    session = SAOMechanism(issues=issues, n_steps=domain["rounds"])
    for party, ufun in zip(domain["parties"], ufuns, strict=True):
        session.add(negotiator(party), ufun=ufun)
    state = session.run()
    index = {name: n for n, name in enumerate(session.negotiator_ids)}
    offers = [[step + 1, index[name], place(outcome)] for step, name, outcome in session.extended_trace]
    agreed = state.agreement is not None
    stats = calc_scenario_stats(ufuns)
    return domain | {
        "offers": offers,
        "signed": state.step if agreed else 0,
        "agreement": place(state.agreement) if agreed else None,
        "accepted_last": state.n_acceptances,
        "solutions": {name: sorted(place(o) for o in getattr(stats, f"{name}_outcomes")) for name in SOLUTIONS},
    }


def main():
    """Draw, play, write."""
    path, seed, start = sys.argv[1], int(sys.argv[2]), time.perf_counter()
    domains = {}
    for kind, count in (each.split("=") for each in sys.argv[3:]):
        rng = random.Random(f"{kind} {seed}")
        domains[kind] = [played(random_domain(rng, kind)) for _ in range(int(count))]
    how = " ".join(["benchmarks/negmas_domains.py", *sys.argv[2:]])
    with open(path, "w") as file:
        json.dump({"negmas": version("negmas"), "how": how, "domains": domains}, file, separators=(",", ":"))
        file.write("\n")
    print(json.dumps({"negmas": version("negmas"), "seconds": time.perf_counter() - start}))


if __name__ == "__main__":
    main()
