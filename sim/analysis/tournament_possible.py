"""What there is to gain in each draw before anybody speaks: the yardstick of joint worth."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sim import exact
from sim.chunks import block_size
from sim.ensemble import draw
from sim.exact import TOLERANCE
from sim.issues import Bools
from sim.model import PeaceTalks
from sim.outcomes import solution_parties
from sim.scenario import Scenario
from sim.structure import Structure, structure
from sim.utility import DAYS_PER_MONTH, Floats


@dataclass(frozen=True, eq=False)
class Possible:
    """The gains that the zone of the first round has room for, in each draw; no strategy moves them.

    A party's gain from a package is its worth less that of no deal in round 1. It is told as a share of the largest
    gain that any package of the zone gives the party, so that no scale of worth counts, and these shares are summed.

    Attributes:
        parties: Whose gains count, in name order.
        no_deal: Worth of no agreement in round 1, shape (n, parties).
        most: Largest gain of each party in the zone, shape (n, parties); below the tolerance it does not count.
        together: Largest sum of shares that one package of the zone gives, shape (n,); NaN where nobody can gain.
        kept: What a round of waiting leaves of worth, shape (n, parties).

    Source: Dhillon & Mertens (1999), Relative utilitarianism: utilities normalised to their span, and summed.
    """

    parties: tuple[str, ...]
    no_deal: Floats
    most: Floats
    together: Floats
    kept: Floats

    def share_reached(self, draws: pd.DataFrame) -> Floats:
        """Share of the possible joint gain that each draw of a results table reached, shape (n,).

        0 where no text came into force; NaN where the zone of the first round has nothing to gain. A text that came
        into force later counts as worth less by what waiting costs. It may lie outside of the first round's zone, and
        then the share may lie outside of [0, 1].
        """
        worth = np.array([draws[f"utility_{name}"].to_numpy(float) for name in self.parties]).T
        waited = draws["round"].to_numpy(float, na_value=np.nan)[:, None] - 1
        counts = self.most > TOLERANCE
        gain = np.power(self.kept, waited) * (worth - self.no_deal)
        shares = np.divide(gain, self.most, out=np.zeros_like(gain), where=counts)
        in_force = draws["outcome"].to_numpy(object) == "in_force"
        return np.where(in_force, _sum(np.nan_to_num(shares)), 0.0) / self.together


def possible(scenario: Scenario, seed: int, count: int, table: Structure | None = None) -> Possible:
    """What there is to gain in draws 0 to `count - 1` of a scenario.

    The zone is that of the first round, as the parties bargain: with foresight. Gains are in worth as results tables
    tell it, without foresight.
    """
    table = table or structure(scenario)
    ensemble, block = draw(scenario, seed, 0, count, table=table), block_size(table)
    counted = solution_parties(ensemble)
    scratch = np.empty((min(block, count), len(table.parties), len(table.space)))
    no_deal, most, together = [], [], []
    for first in range(0, count, block):
        model = PeaceTalks(ensemble[first : first + block], scratch)
        model.step()
        start = model.zones.no_deal[0][:, counted]
        largest, best = _largest(model.ensemble.utility()[:, counted], start, model.zones.first)
        no_deal.append(start)
        most.append(largest)
        together.append(np.where(best > TOLERANCE, best, np.nan))
        model.__dict__.clear()  # see `hold_talks`
    days = scenario.time.days_per_round
    return Possible(
        parties=tuple(name for name, counts in zip(table.parties, counted, strict=True) if counts),
        no_deal=np.concatenate(no_deal),
        most=np.concatenate(most),
        together=np.concatenate(together),
        kept=exact.power(ensemble.discount[:, counted], days / DAYS_PER_MONTH),
    )


def _largest(worth: Floats, no_deal: Floats, zone: Bools) -> tuple[Floats, Floats]:
    """Largest gain of each party in a zone, and largest sum of shares of it; 0 and NaN where there is none.

    Args:
        worth: Of packages, shape (B, parties, P).
        no_deal: Shape (B, parties).
        zone: Shape (B, P).
    """
    most = np.zeros(no_deal.shape)
    together = np.full(len(zone), np.nan)
    for b in np.flatnonzero(zone.any(axis=1)):
        gain = worth[b][:, zone[b]] - no_deal[b][:, None]
        most[b] = gain.max(axis=1)
        counts = most[b] > TOLERANCE
        if counts.any():
            together[b] = _sum((gain[counts] / most[b][counts, None]).T).max()
    return most, together


def _sum(shares: Floats) -> Floats:
    """Sum over the last axis by ascending value: exchanging two parties moves no bit."""
    total: Floats = np.zeros(shares.shape[:-1])
    for column in np.moveaxis(np.sort(shares, axis=-1), -1, 0):
        total = total + column
    return total
