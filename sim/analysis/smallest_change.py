"""The smallest change of one number, or of two, after which some package is acceptable to all who sign it.

Nothing is sampled and nothing is left out. What is found is then looked at once more, by working out the table anew
with the numbers found.
"""

from dataclasses import dataclass

import numpy as np

from sim.analysis.central_table import CentralTable
from sim.analysis.change_search import Search, order
from sim.analysis.changes import SLACK, Change


@dataclass(frozen=True)
class Opening:
    """What opens a zone at central numbers.

    Attributes:
        packages: Packages that are acceptable without any change; with some, the rest is empty.
        one: For every number that opens a zone when turned alone, its smallest such change, the cheapest first.
        two: The cheapest change of two numbers of each two parties, of each party, of a line and a party, and of two
            lines, as far as they are cheaper than any one number; the cheapest first.
        untold: Changes found that the table worked out anew does not bear out, and which are not listed: the will of a
            guarantor jumps in them.
    """

    packages: int
    one: tuple[Change, ...]
    two: tuple[Change, ...]
    untold: int = 0

    @property
    def best(self) -> Change | None:
        """The cheapest change of all; None if a zone is open, or nothing found opens one."""
        return min((*self.one[:1], *self.two[:1]), key=lambda change: change.cost, default=None)


def opening(table: CentralTable) -> Opening:
    """Search all numbers and pairs of them; see the module."""
    now = table.now
    count = int(now.zone.sum())
    if count:
        return Opening(count, (), ())
    search = Search(table)
    one = sorted(search.one(), key=order)
    least = min((change.cost for change in one), default=np.inf)
    two = sorted((change for change in search.two() if change.cost < least * (1 - SLACK)), key=order)
    told_one, told_two = (
        tuple(told for each in found if (told := _borne_out(table, each)) is not None) for found in (one, two)
    )
    return Opening(0, told_one, told_two, len(one) + len(two) - len(told_one) - len(told_two))


def _borne_out(table: CentralTable, change: Change) -> Change | None:
    """The change with the packages that it opens; None if it opens none."""
    zone = table.after(change.values(), [turn.dial.kind for turn in change.turns]).zone
    return Change(change.turns, change.package, int(zone.sum())) if zone.any() else None
