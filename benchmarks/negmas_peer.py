"""The small case in NegMAS, run by an interpreter that has it: `negmas_peer.py NEGOTIATOR FILE SECONDS`."""

import json
import sys
import time

from negmas import AspirationNegotiator, SAOMechanism, make_issue
from negmas.preferences import LinearAdditiveUtilityFunction
from negmas.preferences.value_fun import TableFun
from negmas.sao.negotiators import MiCRONegotiator, NaiveTitForTatNegotiator

NEGOTIATORS = {
    "aspiration": lambda exponent: AspirationNegotiator(aspiration_type=exponent),
    "micro": lambda exponent: MiCRONegotiator(),
    "tit_for_tat": lambda exponent: NaiveTitForTatNegotiator(),
}


def negotiate(negotiator, weights, option_worth, no_deal, exponents, rounds):
    """One negotiation; returns whether a text was agreed."""
    issues = [make_issue([f"o{k}" for k in range(len(worth))], f"i{i}") for i, worth in enumerate(option_worth[0])]
    session = SAOMechanism(issues=issues, n_steps=rounds)
    for party in range(len(weights)):
        tables = [TableFun({f"o{k}": v for k, v in enumerate(worth)}) for worth in option_worth[party]]
        ufun = LinearAdditiveUtilityFunction(
            tables, weights=weights[party], issues=issues, reserved_value=no_deal[party]
        )
        session.add(NEGOTIATORS[negotiator](exponents[party]), ufun=ufun)
    return session.run().agreement is not None


def main():
    """Play the draws of the file, as many as fit the seconds given."""
    negotiator, limit = sys.argv[1], float(sys.argv[3])
    with open(sys.argv[2]) as file:
        data = json.load(file)
    start, played, signed = time.perf_counter(), 0, 0
    for draw in range(len(data["weights"])):
        exponents = [values[draw] for values in data["exponent"]]
        numbers = (data[key][draw] for key in ("weights", "option_worth", "no_deal"))
        signed += negotiate(negotiator, *numbers, exponents, data["rounds"])
        played += 1
        if time.perf_counter() - start > limit:
            break
    seconds = time.perf_counter() - start
    print(json.dumps({
        "draws": played, "seconds": seconds, "draws_per_second": played / seconds, "signed": signed / played
    }))


if __name__ == "__main__":
    main()
