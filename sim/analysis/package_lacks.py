"""What a package lacks at central numbers before those who sign it would: the smallest change of one number each."""

from dataclasses import dataclass

import numpy as np

from sim.analysis.changes import SLACK, Turn
from sim.analysis.one_package import OnePackage
from sim.analysis.package_bench import Bench
from sim.exact import TOLERANCE
from sim.issues import Ints

SLOPE = 1e-12  # below which worth does not move with a number
MOST_TURNS = 3  # cheapest changes told of each party


@dataclass(frozen=True)
class Lacks:
    """What one signatory would have to be given, or to give up, at central numbers, before it signed the package.

    Attributes:
        party: Its name.
        missing: By how much the package is worth less to it than no deal; 0 if it is not.
        lines: Red lines of its own that stand in the way.
        turns: The cheapest changes of one number each after which it is worth no deal to it; empty where nothing is
            missing, or no single number does it.
    """

    party: str
    missing: float
    lines: tuple[str, ...]
    turns: tuple[Turn, ...]


def lacks(there: Bench, found: OnePackage) -> tuple[Lacks, ...]:
    """What stands between the package and those who would not sign it at central numbers, in the order of the file."""
    answers = []
    for each in found.signatories:
        if not each.signs or each.would_sign:
            continue
        lines = tuple(line.name for line in each.crossed if line.counts)
        margin = each.foreseen - each.no_deal
        turns = () if each.willing else tuple(_turns(there, found.package, each.party, margin))
        answers.append(Lacks(each.party, max(-margin, 0.0) if not each.willing else 0.0, lines, turns))
    return tuple(answers)


def _turns(there: Bench, package: int, party: str, margin: float) -> list[Turn]:
    """Each number of a party turned until the package is worth no deal to it; the cheapest first.

    Worth is affine in each number, so the value is a quotient.
    """
    found, one, n = [], np.array([package]), there.parties.index(party)
    for dial in there.central.dials:
        if dial.party != party or dial.far == dial.value:
            continue
        gained = float(there.central.margins_of(one, dial.at(dial.far), (dial.kind,))[n, 0]) - margin
        slope = gained / (dial.far - dial.value)
        if abs(slope) <= SLOPE:
            continue
        value = dial.value - margin / slope
        if dial.low - SLACK <= value <= dial.high + SLACK:
            turn = Turn(dial, float(np.clip(value, dial.low, dial.high)))
            if _borne_out(there, one, turn, n):
                found.append(turn)
    return sorted(found, key=lambda turn: (round(turn.cost, 12), turn.dial.path))[:MOST_TURNS]


def _borne_out(there: Bench, one: Ints, turn: Turn, n: int) -> bool:
    """Whether the package is then worth no deal to the party, worked out anew: the will of a guarantor may jump."""
    margin = there.central.margins_of(one, turn.dial.at(turn.value), (turn.dial.kind,))[n, 0]
    return bool(margin >= -TOLERANCE)
