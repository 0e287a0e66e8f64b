"""`sweep`: play a grid of one scenario as a batch, and compare strategies in it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import click

from sim.analysis.sweep_table import SweepTable, sweep_table
from sim.analysis.tournament import Entrants, Tournament, as_vary, entrants, tournament_of
from sim.analysis.tournament_games import check_size
from sim.batch import BatchItem
from sim.cli.batching import play, report
from sim.cli.options import ChartFiles
from sim.cli.output import WRONG_INPUT, fail, print_json, print_result
from sim.cli.sources import read_or_fail
from sim.core.wording import shown
from sim.results.reading import stored_draws
from sim.scenario import Scenario

CHARTS = "charts"
NAME = "tournament"
Settings = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class SweepRequest:
    file: Path
    strategies: Sequence[str]  # `[LABEL=]STRATEGY` strings; none for a plain grid
    parties: Sequence[str] | None  # whose strategies vary, None for the default
    draws: int
    seed: int
    workers: int | None
    dask: str | None
    out: Path
    sets: Sequence[str]
    vary: Sequence[str]
    design: str | None
    charts: ChartFiles | None


def run_sweep(request: SweepRequest, as_json: bool) -> bool:
    """Play the grid, print the results and their folder, and return whether all points are finished."""
    scenario = read_or_fail(request.file, request.sets)
    grid = scenario.settings(request.vary, request.design)
    others = {path: len({point[path] for point in grid}) for path in grid[0]}  # values of each path
    if not request.strategies and not others:
        fail(WRONG_INPUT, "peacesim: nothing varies; two or more --strategy, or --vary PATH=SPEC, would do")
    if request.design is not None and request.strategies:
        fail(WRONG_INPUT, "peacesim: strategies meet in all combinations; --design goes without --strategy")
    if request.parties is not None and not request.strategies:
        fail(WRONG_INPUT, "peacesim: --parties says who plays what --strategy names; there is no --strategy")
    who = None
    if request.strategies:
        set_paths = [text.partition("=")[0].strip() for text in request.sets]
        who = entrants(scenario, request.strategies, request.parties, others, set_paths)
        check_size(who.points, len(who.parties), request.draws)
    items = _played(request, who)
    tournaments = list(_tournaments(scenario, request, who, items)) if who is not None else []
    table = _table(scenario, request, items) if who is None else None
    subjects: list[tuple[SweepTable | Tournament, str]] = [
        (each, NAME if number == 1 else f"{NAME}-{number}") for number, each in enumerate(tournaments, 1)
    ]
    if table is not None:
        subjects.append((table, "sweep"))
    charts = [_save_chart(each, stem, items, request.charts) for each, stem in subjects] if request.charts else []
    if as_json:
        print_json(_data(scenario, request, items, tournaments, charts))
    else:
        for each in tournaments:
            print_result(each, as_json)
            click.echo("")
        for chart in charts:
            click.echo(f"Chart: {shown(chart, 300)}")
    report(items, request.out, summarised=who is None, quiet=as_json)
    return all(item.failure is None for item in items)


def _played(request: SweepRequest, who: Entrants | None) -> list[BatchItem]:
    """Return the points, playing the missing ones; strategies of the last party vary fastest."""
    axes = as_vary(who.axes()) if who is not None else []
    given = {name: getattr(request, name) for name in ("draws", "seed", "workers", "out", "sets", "design", "dask")}
    return play([request.file], vary=[*request.vary, *axes], large=True, **given)


def _tournaments(
    scenario: Scenario, request: SweepRequest, who: Entrants, items: Sequence[BatchItem]
) -> Iterator[Tournament]:
    """Return a tournament for each combination of the other paths whose points are all finished."""
    axes = who.axes()
    groups: dict[Settings, dict[tuple[str, ...], BatchItem]] = {}
    for item in items:
        settings = tuple((path, value) for path, value in item.settings.items() if path not in axes)
        groups.setdefault(settings, {})[tuple(item.settings[path] for path in axes)] = item
    for settings, points in groups.items():
        found = [points.get(strategies) for strategies in product(*axes.values())]
        folders = [item.folder for item in found if item is not None and item.failure is None]
        if len(folders) < len(found):
            continue  # failures are reported at the end
        sets = [f"{path}={value}" for path, value in settings]
        tables = (stored_draws(folder, request.draws) for folder in folders)
        yield tournament_of(scenario.with_sets(sets), who, request.seed, request.draws, tables, dict(settings))


def _table(scenario: Scenario, request: SweepRequest, items: Sequence[BatchItem]) -> SweepTable | None:
    points = [
        (scenario.point(number, dict(item.settings)).scenario, item.settings, item.facts, item.folder.name)
        for number, item in enumerate(items)
        if item.failure is None
    ]
    return sweep_table(scenario.title, request.draws, request.seed, request.design, points) if points else None


def _save_chart(subject: SweepTable | Tournament, stem: str, items: Sequence[BatchItem], files: ChartFiles) -> Path:
    """Draw a plain sweep or a tournament into the folder of the sweep."""
    from sim.charts import save_charts

    folder = items[0].folder.parent / CHARTS
    save_charts(subject, folder, stem=stem, **files._asdict())
    return folder / f"{stem}.svg"


def _data(
    scenario: Scenario, request: SweepRequest, items: Sequence[BatchItem], tournaments: Sequence[Tournament],
    charts: Sequence[Path],
) -> dict[str, Any]:  # fmt: skip
    return {
        "id": scenario.id,
        "title": scenario.title,
        "n": request.draws,
        "seed": request.seed,
        "folder": str(items[0].folder.parent),
        "grid": [_point(item) for item in items],
        "tournaments": [each.as_data() for each in tournaments],
        "charts": [str(path) for path in charts],
    }


def _point(item: BatchItem) -> dict[str, Any]:
    facts = ("zone_share", "zone_interval", "agreement_share", "agreement_interval", "median_round", "most_frequent",
            "most_frequent_share")  # fmt: skip
    return {
        "folder": item.folder.name,
        "settings": dict(item.settings),
        "failure": item.failure,
        **{name: item.facts.get(name) for name in facts},
    }
