"""One package at central numbers and by draw: who would sign it, red lines crossed, ratification, durability."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from sim.analysis.parameters import REAL_ABOVE, mean_hardness
from sim.analysis.portrait import Portrait, portrait
from sim.analysis.portrait_around import of_guarantor, tables_of_texts
from sim.analysis.smallest_change import CentralTable
from sim.core.exact import TOLERANCE, Floats
from sim.core.package_pass import Prospects, value_in_round
from sim.core.packages import Bools, Ints
from sim.core.utility import EVERYBODY
from sim.model.domain import Structure, structure
from sim.model.ensemble import Ensemble, central, draw
from sim.model.foresight import charge_commitments, net_utility_of, prospects
from sim.results.labels import in_file_order
from sim.results.stages import OfRuns
from sim.scenario import Scenario

FIRST = 1  # the round of signature


@dataclass(frozen=True, eq=False)
class Bench:
    """What is the same for every package of a scenario: its central draw, and some draws."""

    scenario: Scenario = field(repr=False)
    structure: Structure
    portrait: Portrait = field(repr=False)
    at_value: Ensemble = field(repr=False)  # the one draw with every number at its value
    central: CentralTable = field(repr=False)
    ensemble: Ensemble
    no_deal: Floats = field(repr=False)  # reservation values in the first round, without leverage, shape (B, N)
    real: Bools = field(repr=False)  # real red lines, and what events removed by then, shape (B, L)

    @property
    def parties(self) -> tuple[str, ...]:
        return self.structure.parties

    @property
    def n(self) -> int:
        return len(self.ensemble)

    def worths(self, packages: Ints) -> Floats:
        """Return the utility of packages in the first round of each draw, as the parties bargain, shape (B, N, K)."""
        utility, ahead = net_utility_of(self.ensemble, packages, self._ahead)
        charge_commitments(self.ensemble, utility, ahead, packages, FIRST)
        return value_in_round(utility, ahead, self.no_deal)

    @cached_property
    def _ahead(self) -> Prospects:
        """Foresight of the draws: slow, and the same for every package."""
        return prospects(self.ensemble)

    def crossed(self, package: int) -> Bools:
        """Red lines that a package crosses, real or not, shape (L,)."""
        lines = self.structure.lines
        return np.asarray(lines.crosses[lines.pattern[package]])

    def options(self, package: int) -> dict[str, str]:
        return in_file_order(self.scenario, self.structure.space.options_of(package))


def package_named(scenario: Scenario, text: str) -> int:
    """Index of a package given as options joined by `/` in the order of the file; `NO_DEAL` if it is inconsistent."""
    return structure(scenario).space.index_of(dict(zip(scenario.issues, text.split("/"), strict=True)))


def bench(scenario: Scenario, seed: int = 1, draws: int = 500) -> Bench:
    """Prepare a scenario for draws 0 to `draws - 1`, at least one; plays nothing."""
    table = structure(scenario)
    ensemble = draw(scenario, seed, 0, draws, table=table)
    pressure, real = ensemble.world.before_any_offer(ensemble.real, FIRST)
    return Bench(
        scenario=scenario,
        structure=table,
        portrait=portrait(scenario),
        at_value=central(scenario, table),
        central=CentralTable(scenario, table),
        ensemble=ensemble,
        no_deal=ensemble.world.no_deal_now(pressure, FIRST),
        real=real,
    )


@dataclass(frozen=True)
class Of(OfRuns):
    """The number of draws in which a condition holds."""

    count: int
    n: int


@dataclass(frozen=True)
class Crossed:
    """A red line that the package crosses."""

    name: str
    hardness: float  # its value
    mean: float  # share of all draws in which it is real at the start
    real: Of

    @property
    def counts(self) -> bool:
        """Whether it counts as real at central numbers."""
        return self.hardness > REAL_ABOVE


@dataclass(frozen=True)
class Signatory:
    """One party's evaluation of the package; at central numbers but for the last three."""

    party: str
    signs: bool
    worth: float  # as printed by `peacesim show`, like the next two
    no_deal: float
    margin: float
    foreseen: float  # utility as it bargains, with foresight
    willing: bool  # whether that reaches its reservation value
    crossed: tuple[Crossed, ...]  # its own red lines
    would_sign: bool  # whether it is willing and crosses none of its own lines that count
    enough: Of  # draws in which the package reaches its reservation value in the first round
    signs_in: Of  # the same, without crossing a real line of its own
    margins: tuple[float, float, float]  # 10th, 50th and 90th percentile of the margin over the draws


@dataclass(frozen=True)
class Afterwards:
    """Tests of the package as if in force in the first round, at central numbers and as counts of draws."""

    central: dict[str, Any]  # a row of `after_signature` in the portrait
    held_12: Of
    held_60: Of
    mean_12: float  # mean over the draws of the share that holds 12 months, and 60
    mean_60: float
    absent: Of  # the guarantor does not act
    fails_power: Of
    fails_pull_back: Of


@dataclass(frozen=True)
class OnePackage:
    """A package that contradicts no rule."""

    package: int
    options: dict[str, str]
    signatories: tuple[Signatory, ...]
    agreed: bool  # whether at central numbers enough of its signatories would sign
    agreed_in: Of  # draws in which they would in the first round
    # by ratifier in voting order: `asked`, `share`, `needed` and `chance` as in the `votes` of the portrait, and the
    # mean of the chance over the draws, `mean_chance`
    at_home: pd.DataFrame
    together: tuple[float, float] | None  # chance of all of them, surprises independent and shared; None without any
    passes: Of | None  # draws in which it would pass all of them
    afterwards: Afterwards | None  # None where the file has no aftermath


def one_package(at: Bench, package: int) -> OnePackage:
    """Evaluate a package, given by its index."""
    tables = tables_of_texts(at.at_value, at.portrait.utility, {"package": package})
    everywhere, lines, votes = np.full(at.n, package), at.structure.lines, at.ensemble.world.ratification
    worth = at.worths(np.array([package]))[:, :, 0]
    margin, crossing = worth - at.no_deal, at.real & at.crossed(package)
    enough = margin >= -TOLERANCE
    clear = np.array([~crossing[:, lines.party == n].any(axis=1) for n in range(len(at.parties))]).T
    consents = (enough & clear & at.structure.signs[:, package]).sum(axis=1)
    agreed = (consents >= at.central.now.needed[package]) & ~crossing[:, lines.party == EVERYBODY].any(axis=1)
    together = passes = None
    for row in tables["votes_together"].to_dict("records"):
        assert votes is not None
        together = float(row["chance_independent"]), float(row["chance_shared"])
        passes = _of(votes.hold(everywhere).passed)
    by_ratifier = () if votes is None else zip(votes.static.ratifiers, votes.chances(everywhere).T, strict=True)
    means = {name: chances.mean() for name, chances in by_ratifier}
    return OnePackage(
        package=package,
        options=at.options(package),
        signatories=tuple(_signatory(at, package, name, margin, enough, clear) for name in at.scenario.parties),
        agreed=bool(at.central.now.zone[package]),
        agreed_in=_of(agreed),
        at_home=tables["votes"].drop(columns="proposal").assign(mean_chance=tables["votes"]["ratifier"].map(means)),
        together=together,
        passes=passes,
        afterwards=_afterwards(at, everywhere, worth, tables["after_signature"].to_dict("records")),
    )


def _of(true: Bools) -> Of:
    return Of(int(true.sum()), len(true))


def _signatory(at: Bench, package: int, party: str, margins: Floats, enough: Bools, clear: Bools) -> Signatory:
    n, lines, shown, now = at.parties.index(party), at.structure.lines, at.portrait, at.central.now
    means = mean_hardness(at.scenario)
    hardness = {f"{party}.{line.id}": float(line.hardness.value) for line in at.scenario.parties[party].red_lines}
    own = [(k, lines.names[k]) for k in np.flatnonzero(at.crossed(package) & (lines.party == n)).tolist()]
    crossed = [Crossed(name, hardness[name], means[name], _of(at.real[:, k])) for k, name in own]
    worth, no_deal, willing = float(shown.utility[n, package]), float(shown.no_deal[n]), bool(now.willing[n, package])
    low, middle, high = np.quantile(margins[:, n], (0.1, 0.5, 0.9)).tolist()
    return Signatory(
        party=party,
        signs=bool(at.structure.signs[n, package]),
        worth=worth,
        no_deal=no_deal,
        margin=worth - no_deal,
        foreseen=float(now.margin[n, package]) + no_deal,
        willing=willing,
        crossed=tuple(crossed),
        would_sign=willing and not any(line.counts for line in crossed),
        enough=_of(enough[:, n]),
        signs_in=_of(enough[:, n] & clear[:, n]),
        margins=(low, middle, high),
    )


def _afterwards(at: Bench, packages: Ints, worths: Floats, rows: list[dict[Any, Any]]) -> Afterwards | None:
    aftermath, at_once = at.ensemble.world.aftermath, np.zeros(at.n)
    if aftermath is None or not rows:
        return None
    judged = aftermath.judge(packages, at_once, at_once, *of_guarantor(at.ensemble, worths, at.no_deal))
    return Afterwards(
        central={str(key): value for key, value in rows[0].items() if key != "proposal"},
        held_12=_of(judged.held(12)),
        held_60=_of(judged.held(60)),
        mean_12=float(judged.survival_12.mean()),
        mean_60=float(judged.survival_60.mean()),
        absent=_of(judged.guarantor_absent),
        fails_power=_of(judged.power.fails),
        fails_pull_back=_of(judged.pull_back.fails),
    )
