"""The numbers of our draws in a file, for a peer that plays the same."""

import json
from pathlib import Path

from sim.model.ensemble import Ensemble


def write_numbers(ensemble: Ensemble, path: Path) -> None:
    """Weights, worth of options, no-deal worth and exponents of every draw.

    Issues have lists of different lengths: the arrays' entries beyond an issue's options are left out.
    """
    sizes = [len(issue.options) for issue in ensemble.structure.space.issues]
    worth = [
        [[list(points[:size]) for points, size in zip(party, sizes, strict=True)] for party in draw]
        for draw in ensemble.option_worth.tolist()
    ]
    numbers = {
        "rounds": ensemble.scenario.time.rounds,
        "weights": ensemble.weights.tolist(),
        "option_worth": worth,
        "no_deal": ensemble.reservation_value.tolist(),
        "exponent": [strategy.exponent.tolist() for strategy in ensemble.strategies],
    }
    path.write_text(json.dumps(numbers))
