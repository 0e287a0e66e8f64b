"""The columns of a results table: outcomes of the talks, one row a draw."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.core import solutions
from sim.core.blocking import minimal_blocking_sets
from sim.core.distances import agreement_distances
from sim.core.exact import TOLERANCE, Floats
from sim.core.packages import NO_DEAL, Bools, Ints
from sim.core.utility import DAYS_PER_MONTH, EVERYBODY, worth_from_start
from sim.core.zopa import votes_needed
from sim.model.domain import Structure
from sim.model.ensemble import Ensemble
from sim.model.talks import Talks
from sim.results.columns_signed import AFTER, after_signature, names_joined, openings, text_of_codes, text_or_missing
from sim.results.labels import ENDINGS


def smallest_sets(talks: Talks, rows: Ints, quota: int) -> list[str]:
    """For draws without a zone, find the smallest sets of constraints that keep some package from enough consents.

    A package needs the votes of so many of its signatories, so only the constraints of the closest of those count.
    """
    table = talks.ensemble.structure
    needed, answers = votes_needed(table.signs, quota), []
    for b in rows.tolist():
        lacking = np.array([  # constraints that keep each party from each package, shape (N, P)
            _crossed(talks, b, n).sum(axis=1)[table.lines.pattern] + _short(talks, b, n)
            for n in range(len(table.parties))
        ], np.int64)  # fmt: skip
        gone = _crossed(talks, b, EVERYBODY).sum(axis=1)[table.lines.pattern]
        count = np.where(table.signs, lacking, np.iinfo(np.int32).max)
        ranked = np.cumsum(np.sort(count, axis=0), axis=0)
        missing = gone + np.where(needed > 0, ranked[np.maximum(needed, 1) - 1, np.arange(len(needed))], 0)
        alike = {}  # packages alike in signatories, lines and unwilling parties count once
        for package in np.flatnonzero(missing == missing.min()).tolist():
            alike[(int(table.lines.pattern[package]), *count[:, package].tolist())] = package
        sets = {
            text for package in alike.values() for text in _sets(talks, b, package, count[:, package], needed[package])
        }
        answers.append(" | ".join(sorted(sets)))
    return answers


def _crossed(talks: Talks, b: int, party: int) -> Bools:
    lines = talks.ensemble.structure.lines
    crossed: Bools = lines.crosses & talks.real[b] & (lines.party == party)
    return crossed


def _short(talks: Talks, b: int, party: int) -> Bools:
    short: Bools = talks.net_utility[b, party] < talks.reservation_value[-1][b, party] - TOLERANCE
    return short


def _sets(talks: Talks, b: int, package: int, count: Ints, needed: Any) -> Iterator[str]:
    """Return the constraints of the closest signatories, in every choice of them where several tie."""
    table = talks.ensemble.structure
    most = np.sort(count)[needed - 1] if needed else -1
    sure, tied = np.flatnonzero(count < most).tolist(), np.flatnonzero(count == most).tolist()
    for others in combinations(tied, needed - len(sure) if needed else 0):
        names = [name for n in (EVERYBODY, *sure, *others) for name in _names(table, talks, b, package, n)]
        yield " + ".join(sorted(names))


def _names(table: Structure, talks: Talks, b: int, package: int, party: int) -> Iterator[str]:
    crossed = _crossed(talks, b, party)[table.lines.pattern[package]]
    yield from (name for name, is_crossed in zip(table.lines.names, crossed, strict=True) if is_crossed)
    if party != EVERYBODY and _short(talks, b, party)[package]:
        yield f"{table.parties[party]}.no_deal"


OPPOSED_BELOW = 0.5  # share of its largest margin below which a signatory counts as opposed

OUTCOMES = ENDINGS
NO_ZONE, DEADLINE, REFUSED, IN_FORCE, BROKE_OFF = range(len(OUTCOMES))


def outcome_columns(talks: Talks) -> dict[str, npt.NDArray[Any]]:
    """Return the columns of a block of draws as arrays of shape (B,), text as codes.

    Returns:
        `draw`, `outcome` (index into `OUTCOMES`), `package` (its index), `round` (0: none),
        `proposer` (party index), `blocker` (text, empty where there is a deal), `zone_packages`, `least_satisfied`,
        `least_satisfied_party` (text), `least_satisfied_margin`, `opposition`, `nash_distance`, `pareto_distance`,
        those of `agreement_distances`, and per party `utility.n`, `no_deal.n`, `margin.n`, `worth.n`, `opening.n`
        (package index), n its index. Missing numbers are NaN.
    """
    ensemble, signed = talks.ensemble, talks.signed > 0
    rounds, draw = ensemble.scenario.time.rounds, np.arange(len(ensemble))
    reservation_value = talks.reservation_value[-1]  # as of the round in which the draw closed
    text_worth = talks.value_of(draw, talks.standing, reservation_value.T).T
    text_worth = np.where((talks.standing == NO_DEAL)[:, None], np.nan, text_worth)
    plain = np.where(signed[:, None], talks.plain_of(talks.package), np.nan)
    days = ensemble.scenario.time.days_per_round
    by_round = [talks.reservation_value[min(k, len(talks.reservation_value) - 1)] for k in range(rounds)]
    in_force = np.where(talks.approval.passed, talks.signed, 0)  # a package refused at home leaves them with no deal
    left, ended = talks.left.max(axis=1), np.nan_to_num(plain)
    away = np.where(talks.left > 0, ensemble.walk_away, reservation_value)  # else no deal, as of that round
    ended, closed = np.where(left[:, None] > 0, away, ended), np.where(left > 0, left, in_force)
    worth = worth_from_start(by_round, ensemble.discount, days, closed, ended)
    columns: dict[str, npt.NDArray[Any]] = {
        "draw": ensemble.draws,
        "outcome": outcome_codes(talks),
        "package": talks.package,
        "round": talks.signed,
        "proposer": np.where(signed, talks.proposer, -1),
        "blocker": blockers(talks),
        "zone_packages": talks.listed_first.count,
        "zone_packages_last": talks.listed.count,
        **_satisfaction(talks, text_worth - reservation_value, reservation_value),
        **agreement_distances(
            talks.value_of,
            reservation_value,
            ensemble.structure.signs,
            talks.listed,
            solution_parties(ensemble),
            influence(ensemble),
            ensemble.structure.space.packages,
            talks.package,
        ),
    }
    by_party: dict[str, npt.NDArray[Any]] = {
        "utility": plain, "no_deal": reservation_value, "margin": text_worth - reservation_value, "discounted": worth,
        "opening": openings(talks)
    }  # fmt: skip
    for n in range(len(ensemble.structure.parties)):
        columns |= {f"{name}.{n}": values[:, n] for name, values in by_party.items()}
    columns |= after_signature(talks)
    return columns


def outcome_codes(talks: Talks) -> Ints:
    """Return how each draw ended, as index into `OUTCOMES`, shape (B,)."""
    left, signed = talks.left.max(axis=1), talks.signed > 0
    codes: Ints = np.select(
        [left > 0, signed & talks.approval.passed, signed, talks.zone_ever],
        [BROKE_OFF, IN_FORCE, REFUSED, DEADLINE],
        NO_ZONE,
    )
    return codes


def solution_parties(ensemble: Ensemble) -> Bools:
    """Return the parties over which reference solutions are computed, shape (N,).

    Those the scenario names; by default those whose consent every package needs, and if there are none, all whose
    consent some package needs.
    """
    names = ensemble.scenario.solution_parties
    if names is not None:
        return np.array([party in names for party in ensemble.structure.parties])
    return solutions.parties_by_default(ensemble.structure.signs)


def influence(ensemble: Ensemble) -> Floats:
    """Return the influence of the parties, shape (N,)."""
    parties = ensemble.scenario.parties
    return np.array([float(parties[name].influence) for name in ensemble.structure.parties])


def _satisfaction(talks: Talks, margin: Floats, reservation_value: Floats) -> dict[str, npt.NDArray[Any]]:
    """Return how satisfied the signatories are, each by its margin as a share of the largest it could have.

    Returns:
        `least_satisfied`, the smallest share; `least_satisfied_party`, its party, names of those that tie joined by
        ` | `; `least_satisfied_margin`, the smallest margin of these; `opposition`, the share of the signatories'
        influence that is held by those below half. Missing without a deal and where a signatory could have no margin.
    """
    table, reach = talks.ensemble.structure, talks.best - reservation_value
    share = np.divide(margin, reach, out=np.full_like(margin, np.nan), where=reach > TOLERANCE)
    signs = table.signs[:, talks.package].T
    unknown = (signs & np.isnan(share)).any(axis=1) | ~signs.any(axis=1) | (talks.package == NO_DEAL)
    least = np.where(unknown, np.nan, np.where(signs, share, np.inf).min(axis=1))
    is_least = signs & (share <= least[:, None] + TOLERANCE)
    power, opposed = influence(talks.ensemble), signs & (share < OPPOSED_BELOW - TOLERANCE)
    held, all_held = (solutions.sum_ascending((who * power).T) for who in (opposed, signs))
    return {
        "least_satisfied": least,
        "least_satisfied_party": names_joined(table.parties, is_least, " | "),
        "least_satisfied_margin": np.where(unknown, np.nan, np.where(is_least, margin, np.inf).min(axis=1)),
        "opposition": np.divide(held, all_held, out=np.full(len(least), np.nan), where=~unknown),
    }


def blockers(talks: Talks) -> npt.NDArray[np.object_]:
    """Return the obstacles as text of shape (B,); empty where a package came into force.

    Without a zone: the smallest sets of reservation values and red lines such that removing one set opens the
    zone, all of them, joined by ` | `, members of a set by ` + `. With a zone: the party that last refused an offer, or
    the signatories that had not accepted the standing offer. Where a signed package was refused: the ratifier. Where
    parties left: all that did, joined by ` + `.
    """
    table, text = talks.ensemble.structure, np.full(len(talks.signed), "", object)
    no_zone = np.flatnonzero(~talks.zone_ever)
    quota = talks.ensemble.protocol.quota
    if len(no_zone):
        sets = _smallest_sets(talks, no_zone) if quota is None else smallest_sets(talks, no_zone, quota)
        text[no_zone] = sets
    for b in np.flatnonzero((talks.signed > 0) & ~talks.approval.passed):
        assert talks.approval.ratification is not None
        text[b] = talks.approval.ratification.static.ratifiers[talks.approval.refused_by[b]]
    unsigned, somebody = (talks.signed == 0) & talks.zone_ever, talks.last_refuser >= 0
    refused, silent = np.flatnonzero(unsigned & somebody), np.flatnonzero(unsigned & ~somebody)
    text[refused] = np.array(table.parties, object)[talks.last_refuser[refused]]
    needed = table.signs[:, talks.standing[silent]].T | (talks.standing[silent] == NO_DEAL)[:, None]  # no offer: all
    text[silent] = names_joined(table.parties, needed & ~talks.accepted[silent], " | ")
    gone = np.flatnonzero((talks.left > 0).any(axis=1))
    text[gone] = names_joined(table.parties, talks.left[gone] > 0, " + ")
    return text


def _smallest_sets(talks: Talks, rows: Ints) -> list[str]:
    """For draws without a zone, return the smallest sets of constraints that some package breaks."""
    table, reservation_value = talks.ensemble.structure, np.ascontiguousarray(talks.reservation_value[-1][rows])
    real_crossed = table.lines.crosses[None] & talks.real[rows][:, None, :]  # (rows, K, L)
    lines_crossed = real_crossed.sum(axis=2)
    answers = []
    for row, b in enumerate(rows):
        kinds = minimal_blocking_sets(
            talks.net_utility[b], reservation_value[row], table.signs, table.lines.by_pattern, lines_crossed[row]
        )
        sets = set()
        for pattern, unwilling in kinds:
            crossed = zip(table.lines.names, real_crossed[row, pattern], strict=True)
            names = [name for name, is_crossed in crossed if is_crossed]
            names += [f"{name}.no_deal" for n, name in enumerate(table.parties) if unwilling >> n & 1]
            sets.add(" + ".join(sorted(names)))
        answers.append(" | ".join(sorted(sets)))
    return answers


def draws_frame(ensemble: Ensemble, columns: Mapping[str, npt.NDArray[Any]]) -> pd.DataFrame:
    """Return the columns of many draws as a tidy table: names in place of codes, one row a draw."""
    table, scenario = ensemble.structure, ensemble.scenario
    signed = columns["round"] > 0
    months = (columns["round"] - 1) * scenario.time.days_per_round / DAYS_PER_MONTH
    openings_of = [columns[f"opening.{n}"] for n in range(len(table.parties))]
    package, *opened = _package_texts(ensemble, [columns["package"], *openings_of])
    frame: dict[str, Any] = {
        "draw": columns["draw"],
        "outcome": text_of_codes(columns["outcome"], OUTCOMES),
        "package": package,
        "round": pd.array(np.where(signed, columns["round"], 0), "Int32"),
        "month": np.where(signed, months, np.nan),
        "proposer": text_of_codes(columns["proposer"], table.parties),
        "least_satisfied": columns["least_satisfied"],
        "least_satisfied_party": text_or_missing(columns["least_satisfied_party"]),
        "least_satisfied_margin": columns["least_satisfied_margin"],
        "opposition": columns["opposition"],
        "blocker": text_or_missing(columns["blocker"]),
        "zone_packages": columns["zone_packages"],
        "zone_packages_last": columns["zone_packages_last"],
        "nash_distance": columns["nash_distance"],
        "pareto_distance": columns["pareto_distance"],
    }
    frame["round"][~signed] = pd.NA
    frame |= {name: values for name, values in columns.items() if name.startswith(("shortfall_", "issues_off_"))}
    for name in scenario.parties:  # file order
        n = table.parties.index(name)
        for quantity in ("utility", "no_deal", "margin", "discounted"):
            frame[f"{quantity}_{name}"] = columns[f"{quantity}.{n}"]
        frame[f"opening_{name}"] = opened[n]
    for name, values in columns.items():  # columns after signature, in the order in which they were made
        if name.startswith(AFTER):
            frame[name[len(AFTER) :]] = text_or_missing(values) if values.dtype == object else values
    frame |= {f"input.{path}": values for path, values in sorted(ensemble.inputs.items())}
    return pd.DataFrame(frame)


def _package_texts(ensemble: Ensemble, columns: Sequence[Ints]) -> list[Any]:
    """Options joined by `/` in the file's order of issues; missing where there is none. Each text is made once."""
    space = ensemble.structure.space
    code = np.full(len(space) + 1, -1)  # the last entry is that of `NO_DEAL`
    for packages in columns:
        code[packages] = 0
    code[NO_DEAL] = -1
    kinds = np.flatnonzero(code == 0)
    code[kinds] = np.arange(len(kinds))
    names = []
    for package in kinds.tolist():
        options = space.options_of(package)
        names.append("/".join(options[issue] for issue in ensemble.scenario.issues))
    return [text_of_codes(code[packages], names) for packages in columns]
