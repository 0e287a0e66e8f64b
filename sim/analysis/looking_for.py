"""The next draw that ends in a certain way."""

from collections.abc import Iterator
from dataclasses import dataclass

from sim.chunks import block_size
from sim.ensemble import draw
from sim.model import hold_talks
from sim.outcomes import OUTCOMES, outcome_codes
from sim.scenario import Scenario
from sim.structure import structure

SIGNED = "signed"  # a text was signed, whatever became of it at home
ANY = "any"
WANTED = (ANY, SIGNED, *OUTCOMES)
FIRST_BLOCK = 8  # draws played at once at first; each further block is twice as long


@dataclass(frozen=True)
class Looked:
    """How far a search has come.

    Attributes:
        draw: The first draw that ends so, None if none of those played does.
        last: The last draw played.
    """

    draw: int | None
    last: int


def look_for(scenario: Scenario, seed: int, start: int, wanted: str, most: int) -> Iterator[Looked]:
    """Play draws from `start` on until one ends as wanted; one answer a block, the last one for good.

    Args:
        scenario: As read.
        seed: Of all random streams.
        start: First draw to look at, from 0.
        wanted: An outcome, `signed` or `any`.
        most: Draws to play, at least 1.

    Raises:
        ValueError: if nothing can be wanted by that name, or a number is too small.
    """
    if wanted not in WANTED:
        raise ValueError(f"no draw ends in {wanted!r}; wanted may be {', '.join(WANTED)}")
    if start < 0 or most < 1:
        raise ValueError(f"draws are counted from 0 and at least 1 is played, not {most} from {start} on")
    table, length, first, end = structure(scenario), FIRST_BLOCK, start, start + most
    while first < end:
        count = min(length, end - first, block_size(table))
        talks = hold_talks(draw(scenario, seed, first, count, table=table))
        signed, codes = talks.signed > 0, outcome_codes(talks)
        ends_so = signed | True if wanted == ANY else signed if wanted == SIGNED else codes == OUTCOMES.index(wanted)
        if ends_so.any():
            found = first + int(ends_so.argmax())
            yield Looked(found, found)
            return
        first, length = first + count, 2 * length
        yield Looked(None, first - 1)
