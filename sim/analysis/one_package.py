"""One package looked at from all sides: who would sign it, whose lines it crosses, what it lacks, what would follow."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.analysis.package_bench import Bench
from sim.analysis.parameters import REAL_ABOVE
from sim.analysis.portrait_around import of_texts
from sim.analysis.replays import mean_hardness
from sim.core.exact import TOLERANCE, Floats
from sim.core.packages import Bools, Ints
from sim.core.utility import EVERYBODY
from sim.results.stages import OfRuns

TEXT = "package"  # its name in the tables made of it


@dataclass(frozen=True)
class Of(OfRuns):
    """In how many of the draws something is true."""

    count: int
    n: int


@dataclass(frozen=True)
class Crossed:
    """A red line that the package crosses.

    Attributes:
        hardness: Its value; it counts as real at central numbers above one half.
        mean: Share of all draws in which it is real at the start: the mean of its law.
        real: In how many of the draws looked at it is.
    """

    name: str
    hardness: float
    mean: float
    real: Of

    @property
    def counts(self) -> bool:
        return self.hardness > REAL_ABOVE


@dataclass(frozen=True)
class Signatory:
    """What the package is to one party.

    Attributes:
        worth, no_deal, margin: At central numbers, as `peacesim show` prints them.
        foreseen: Worth as it bargains by it, looking past the signature, at central numbers.
        willing: Whether that is worth no deal or more.
        crossed: Its red lines that the package crosses.
        would_sign: Whether at central numbers it is willing and crosses no line of its own that counts.
        enough, signs_in: Draws in which it is worth no deal or more to it in the first round; the same, and no line of
            its own that is real stands in the way.
        margins: 10th, 50th and 90th percentile of worth less no deal over the draws.
    """

    party: str
    signs: bool
    worth: float
    no_deal: float
    margin: float
    foreseen: float
    willing: bool
    crossed: tuple[Crossed, ...]
    would_sign: bool
    enough: Of
    signs_in: Of
    margins: tuple[float, float, float]


@dataclass(frozen=True)
class AtHome:
    """What a body at home would make of it.

    Attributes:
        asked: `yes`, `no` or `barred`.
        share, needed, chance: At central numbers: expected in favour, largest share needed, closed-form chance; None
            unless it is asked.
        mean_chance: Mean of that chance over the draws.
    """

    ratifier: str
    asked: str
    share: float | None
    needed: float | None
    chance: float | None
    mean_chance: float


@dataclass(frozen=True)
class Afterwards:
    """What would follow if it came into force in the first round.

    Attributes:
        central: A row of `after_signature` in the portrait.
        held_12, held_60: Draws in which it holds so many months.
        mean_12, mean_60: Mean over the draws of the share that holds so long.
        absent, fails_power, fails_pull_back: Draws in which it fails these tests.
    """

    central: dict[str, Any]
    held_12: Of
    held_60: Of
    mean_12: float
    mean_60: float
    absent: Of
    fails_power: Of
    fails_pull_back: Of


@dataclass(frozen=True)
class OnePackage:
    """A package that contradicts no rule.

    Attributes:
        agreed: Whether at central numbers enough of those who sign it would.
        agreed_in: Draws in which they would in the first round.
        at_home: Bodies that vote, in the order in which they do; empty without any.
        together: Chance of all of them at central numbers, surprises independent and shared; None without any.
        passes: Draws in which it would pass all of them.
        afterwards: None where the file has no aftermath.
    """

    package: int
    options: dict[str, str]
    signatories: tuple[Signatory, ...]
    agreed: bool
    agreed_in: Of
    at_home: tuple[AtHome, ...]
    together: tuple[float, float] | None
    passes: Of | None
    afterwards: Afterwards | None


def one_package(there: Bench, package: int) -> OnePackage:
    signing = _consents(there, package)
    tables = of_texts(there.at_value, there.portrait.utility, {TEXT: package})
    together = None
    if len(tables.votes_together):
        row = tables.votes_together.iloc[0]
        together = float(row["chance_independent"]), float(row["chance_shared"])
    return OnePackage(
        package=package,
        options=there.options(package),
        signatories=tuple(_signatory(there, package, name, signing) for name in there.scenario.parties),
        agreed=bool(there.central.now.zone[package]),
        agreed_in=_of(_enough(there, package, signing)),
        at_home=tuple(_at_home(there, package, tables.votes.to_dict("records"))),
        together=together,
        passes=None if together is None else _of(_votes(there).hold(_in_all(there, package)).passed),
        afterwards=_afterwards(there, package, signing, tables.after_signature.to_dict("records")),
    )


def _of(true: Bools) -> Of:
    return Of(int(true.sum()), len(true))


def _in_all(there: Bench, package: int) -> Ints:
    return np.full(there.n, package)


@dataclass(frozen=True, eq=False)
class _Consents:
    """Utility of the package, the same less no deal, who finds it enough, whose real lines it spares; each (B, N)."""

    worth: Floats
    margin: Floats
    enough: Bools
    clear: Bools


def _consents(there: Bench, package: int) -> _Consents:
    worth = there.worths(np.array([package]))[:, :, 0]
    margin = worth - there.no_deal
    crossing, owner = there.real & there.crossed(package), there.structure.lines.party
    clear = np.array([~crossing[:, owner == n].any(axis=1) for n in range(len(there.parties))]).T
    return _Consents(worth, margin, margin >= -TOLERANCE, clear)


def _enough(there: Bench, package: int, signing: _Consents) -> Bools:
    """Draws in which enough of those who sign would, and nothing was taken off the table."""
    table, lines = there.central.now, there.structure.lines
    consent = (signing.enough & signing.clear & there.structure.signs[:, package]).sum(axis=1)
    gone = (there.real & there.crossed(package) & (lines.party == EVERYBODY)).any(axis=1)
    agreed: Bools = (consent >= table.needed[package]) & ~gone
    return agreed


def _signatory(there: Bench, package: int, name: str, signing: _Consents) -> Signatory:
    n, shown, now = there.parties.index(name), there.portrait, there.central.now
    worth, no_deal = float(shown.utility[n, package]), float(shown.no_deal[n])
    crossed = tuple(_crossed(there, package, n))
    willing = bool(now.willing[n, package])
    low, middle, high = np.quantile(signing.margin[:, n], (0.1, 0.5, 0.9)).tolist()
    return Signatory(
        party=name,
        signs=bool(there.structure.signs[n, package]),
        worth=worth,
        no_deal=no_deal,
        margin=worth - no_deal,
        foreseen=float(now.margin[n, package]) + no_deal,
        willing=willing,
        crossed=crossed,
        would_sign=willing and not any(line.counts for line in crossed),
        enough=_of(signing.enough[:, n]),
        signs_in=_of(signing.enough[:, n] & signing.clear[:, n]),
        margins=(low, middle, high),
    )


def _crossed(there: Bench, package: int, n: int) -> Iterator[Crossed]:
    lines, means = there.structure.lines, mean_hardness(there.scenario)
    for column in np.flatnonzero(there.crossed(package) & (lines.party == n)).tolist():
        name = lines.names[column]
        party, line_id = name.split(".", 1)
        line = next(line for line in there.scenario.parties[party].red_lines if line.id == line_id)
        yield Crossed(name, float(line.hardness.value), means[name], _of(there.real[:, column]))


def _votes(there: Bench) -> Any:
    return there.ensemble.world.ratification


def _at_home(there: Bench, package: int, rows: list[dict[Any, Any]]) -> Iterator[AtHome]:
    if not rows:
        return
    votes = _votes(there)
    chances = votes.chances(_in_all(there, package))
    for row in rows:
        numbers = [float(row[key]) for key in ("share", "needed", "chance")]
        share, needed, chance = (None if number != number else number for number in numbers)
        mean = float(chances[:, votes.static.ratifiers.index(row["ratifier"])].mean())
        yield AtHome(row["ratifier"], row["asked"], share, needed, chance, mean)


def _afterwards(there: Bench, package: int, signing: _Consents, rows: list[dict[Any, Any]]) -> Afterwards | None:
    aftermath, at_once = there.ensemble.world.aftermath, np.zeros(there.n)
    if aftermath is None or not rows:
        return None
    worth = no_deal = None
    if aftermath.static.guarantor is not None:
        n = there.parties.index(aftermath.static.guarantor)
        worth, no_deal = signing.worth[:, n], there.no_deal[:, n]
    judged = aftermath.judge(_in_all(there, package), at_once, at_once, worth, no_deal)
    central = {str(key): value for key, value in rows[0].items() if key != "proposal"}
    return Afterwards(
        central=central,
        held_12=_of(judged.held(12)),
        held_60=_of(judged.held(60)),
        mean_12=float(judged.survival_12.mean()),
        mean_60=float(judged.survival_60.mean()),
        absent=_of(judged.guarantor_absent),
        fails_power=_of(judged.power.fails),
        fails_pull_back=_of(judged.pull_back.fails),
    )
