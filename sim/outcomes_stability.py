"""Whether anybody would move away alone from what was signed: the columns of stability."""

from typing import Any

import numpy as np
import numpy.typing as npt

from sim.issues import NO_DEAL
from sim.stability import KINDS, NOBODY, stability, surroundings
from sim.talks import Talks

Columns = dict[str, npt.NDArray[Any]]


def stability_columns(talks: Talks) -> Columns:
    """`stable_nash`, `stable_gmr`, `stable_smr`, `stable_seq`: signed, and stable so for every party, shape (B,).

    Worth is that by which the parties bargained. No column where no party controls an issue alone.
    """
    table = talks.ensemble.structure
    if (table.owner == NOBODY).all():
        return {}
    columns: Columns = {f"stable_{kind}": np.zeros(len(talks.package), bool) for kind in KINDS}
    for package in np.unique(talks.package[talks.package != NO_DEAL]).tolist():
        draws = np.flatnonzero(talks.package == package)
        around = surroundings(table.space.packages, table.owner, len(table.parties), package)
        worth = talks.utility[draws[:, None, None], np.arange(len(table.parties))[:, None], around.packages]
        for kind, by_party in stability(worth, around)._asdict().items():
            columns[f"stable_{kind}"][draws] = by_party.all(axis=1)
    return columns
