"""Why a party says that it refuses."""

import numpy as np

from sim.issues import Ints
from sim.state import WORTH, Speaker
from sim.utility import Lines


def reason_of(speaker: Speaker, offer: Ints, lines: Lines) -> Ints:
    """The first real line of the party, by id, that an offer crosses; else `WORTH`: it is worth too little.

    Args:
        speaker: The party.
        offer: A package of each draw, shape (B,).
        lines: The red lines over the packages.

    Returns:
        Indices of lines, or `WORTH`, shape (B,).
    """
    if not lines.names:
        return np.full(len(offer), WORTH)
    crossed = lines.crosses[lines.pattern[offer]] & speaker.real_lines
    return np.where(crossed.any(axis=1), crossed.argmax(axis=1), WORTH)
