"""What a mechanism is drawn with, for tests that have neither a file nor talks."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np

from sim.core.mechanism import Drawing, Mechanism


def drawing(
    source: Any, table: Any, rounds: int = 1, days: float = 14, as_of: date | None = None,
    before: Mapping[str, Mechanism | None] | None = None,
) -> Drawing:  # fmt: skip
    """The drawing of numbers from a source, without red lines."""
    drawn = {key: each for key, each in (before or {}).items() if each is not None}
    return Drawing(source, source, table, rounds, days, as_of, np.zeros((source.count, 0), bool), [], drawn)
