"""The data of the results page, computed in the worker: each folder is verified first, and not used if damaged."""

from base64 import b64encode
from collections.abc import Generator, Iterable
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from sim.analysis.compare import Comparison, compare
from sim.app.errors import NotFound, RequestError
from sim.app.results_files import is_plain_picture, picture_words, table_cells
from sim.app.results_place import listed_file, marks_of, point_of
from sim.charts import CHARTS, charts_side_by_side
from sim.charts.chart import png_bytes, side_by_side, svg_text
from sim.charts.packages import compare as outcomes_beside
from sim.charts.packages import compare_table
from sim.charts.text import DASH
from sim.core.cache import Cache
from sim.core.wording import shown
from sim.report import comparison_page
from sim.report.compare import chart_labels, data, page_document
from sim.report.document import Paragraph, Section, Table, sections
from sim.report.result import blockers, how_far, packages
from sim.results.files import DamagedResults, StoreError
from sim.results.format import share_with_interval
from sim.results.labels import clean
from sim.results.manifest import RUN, Manifest, read_manifest
from sim.results.reading import damaged_files, open_results
from sim.results.results import Results
from sim.results.stages import runs_in_force
from sim.results.tables import csv_text

MOST_FAULTS = 20  # of a folder; the rest is counted
MOST_CARDS = 400  # number of folders cached
MOST_DRAWS = 1_000_000  # of results that the page opens; the commands open larger ones
TABLES = ("packages.csv", "parties.csv", "funnel.csv")
SOUND, STOPPED, DAMAGED, OTHER = "complete", "stopped", "damaged", "other"

_cards = Cache[dict[str, Any]](MOST_CARDS)  # by folder and marks of its files
_opened = Cache[Results](2)  # likewise


def card(path: str, within: bool = False) -> dict[str, Any]:
    """Return a row of the list: the content of a folder, or its faults.

    Every file is verified against its hash, once until one of them is rewritten.

    Args:
        within: Whether its parent folder may be read too, which has the settings of a point of a sweep.

    Returns:
        `state` (`complete`, `stopped`, `damaged`, `other`: no results that can be opened), `faults`; of the first two
        `id, title, n, asked, seed, when, signed, in_force`, shares as text with their 95 % intervals, and `point`, the
        settings of a sweep, `PATH=VALUE`.
    """
    row = _cached_card(path)
    if row["state"] not in (SOUND, STOPPED):
        return row
    return {**row, "point": point_of(Path(path), row["identity"]) if within else []}


def _cached_card(path: str) -> dict[str, Any]:
    return _cards.get((path, marks_of(Path(path))), lambda: _card(Path(path)), lambda card: 1)


def _card(path: Path) -> dict[str, Any]:
    try:
        faults = damaged_files(path)
        if faults:
            return _damaged(faults)
        results, manifest = _read(path)
    except DamagedResults as error:
        return _damaged(error.files)
    except (StoreError, RequestError) as error:
        text = str(error).replace(str(path), path.name)  # without the local path of the folder
        return {"state": OTHER, "faults": [shown(text, 400)]}
    return {"state": SOUND if manifest.complete else STOPPED, "faults": [], **_facts(path, results, manifest)}


def _read(path: Path) -> tuple[Results, Manifest]:
    manifest = read_manifest(path)
    if min(manifest.draws, max((entry.stop for entry in manifest.chunks), default=0)) > MOST_DRAWS:
        raise RequestError(f"it holds more than {MOST_DRAWS:,} runs; `peacesim report` and `peacesim compare` open it")
    return open_results(path), manifest


def _damaged(faults: Iterable[str]) -> dict[str, Any]:
    row = [shown(each, 300) for each in faults]
    more = len(row) - MOST_FAULTS
    return {"state": DAMAGED, "faults": row[:MOST_FAULTS] + ([f"and {more:,} more"] if more > 0 else [])}


def _facts(path: Path, results: Results, manifest: Manifest) -> dict[str, Any]:
    written = datetime.fromtimestamp((path / RUN).stat().st_mtime, UTC)
    return {
        "id": clean(results.scenario.id),
        "identity": manifest.identity,
        "title": clean(results.scenario.title),
        "n": results.n,
        "asked": manifest.draws,
        "seed": results.seed,
        "when": written.isoformat(timespec="seconds"),
        "signed": share_with_interval(results.agreements / results.n, results.n),
        "in_force": share_with_interval(runs_in_force(results) / results.n, results.n),
    }


def opened(path: str) -> Results:
    """Open the results of an undamaged folder.

    Raises:
        DamagedResults: if it is damaged, with the faults.
        RequestError: if it has no results that can be opened here.
    """
    marks, row = marks_of(Path(path)), _cached_card(path)
    if row["state"] == DAMAGED:
        raise DamagedResults(Path(Path(path).name), row["faults"])
    if row["state"] == OTHER:
        raise RequestError(row["faults"][0])
    return _opened.get((path, marks), lambda: open_results(path), lambda results: 1)


def one(path: str, within: bool = False) -> Generator[None, None, dict[str, Any]]:
    """Return the page of one result: its card, text sections, charts, tables and the other files that it lists.

    A damaged folder has only its card. A stopped run has no files: they may belong to other draws.
    """
    row = dict(card(path, within))
    yield
    if row["state"] not in (SOUND, STOPPED):
        return row
    results = opened(path)
    row["sections"] = []
    for make in (how_far, packages, blockers):
        row["sections"] += map(section_data, sections(make(results)))
        yield
    folder = Path(path)
    names = sorted(read_manifest(folder).files) if row["state"] == SOUND else []
    row["charts"] = []
    for name in names:
        if name.startswith("charts/") and name.endswith(".svg"):
            row["charts"].append(_chart(folder, name, names))
            yield
    row["tables"] = [_table(folder, name) for name in TABLES if name in names]
    others = (name for name in names if not name.startswith("charts/") and name not in TABLES)
    row["files"] = [name for name in others if PurePosixPath(name).suffix in (".html", ".json", ".yaml")]
    return row


def _chart(folder: Path, name: str, names: list[str]) -> dict[str, Any]:
    stem = name.removesuffix(".svg")
    beside = [f"{stem}{end}" for end in (".png", ".csv") if f"{stem}{end}" in names]
    title = PurePosixPath(stem).name
    found: dict[str, Any] = {"name": name, "title": title, "alt": "", "shown": False, "why": "", "files": beside}
    try:
        data = listed_file(folder, name)
    except RequestError:
        return found | {"why": "too_long"}
    if not is_plain_picture(data):
        return found | {"why": "not_a_picture"}
    heading, alt = picture_words(data)
    return found | {"title": heading or title, "alt": alt, "shown": True, "files": [name, *beside]}


def _table(folder: Path, name: str) -> dict[str, Any]:
    """Return a table of the folder as cells; only its name if it is invalid or longer than the page shows."""
    try:
        heads, rows, more = table_cells(listed_file(folder, name))
    except (ValueError, RequestError):
        return {"name": name, "heads": [], "rows": [], "more": 0, "figures": []}
    figures = [place for place in range(len(heads)) if all(_is_number(row[place]) for row in rows)]
    return {"name": name, "heads": heads, "rows": rows, "more": more, "figures": figures}


def _is_number(text: str) -> bool:
    try:
        float(text or "0")
    except ValueError:
        return False
    return True


def section_data(section: Section) -> dict[str, Any]:
    """Return a section of a report as plain data."""
    return {
        "id": section.id,
        "title": section.title,
        "paragraphs": [each.text for each in section.blocks if isinstance(each, Paragraph)],
        "grids": [_table_data(each) for each in section.blocks if isinstance(each, Table)],
    }


def _table_data(found: Table) -> dict[str, Any]:
    figures = [place for place in range(len(found.heads)) if place not in found.left]
    rows = [[cell or DASH for cell in row] for row in found.rows]
    return {"caption": found.caption, "heads": list(found.heads), "rows": rows, "figures": figures, "note": found.note}


OUTCOMES = "compare"  # the chart of outcomes and packages, by the names of the command's files

_last: list[Comparison] = []  # the latest comparison


def _compared(one: str, other: str) -> Generator[None, None, Comparison]:
    """Return the comparison of two folders, the first as the baseline.

    Raises:
        DamagedResults: if one of them is damaged.
        RequestError: if one of them has no results.
    """
    first = opened(one)
    yield
    second = opened(other)
    yield
    if not _last or _last[0].results[0] is not first or _last[0].results[1] is not second:
        _last[:] = [compare([first, second])]
        yield
    return _last[0]


def compared(one: str, other: str, within: bool = False) -> Generator[None, None, dict[str, Any]]:
    """Return the comparison of two results as plain data.

    Args:
        within: Whether their parent folders may be read too.

    Returns:
        `points`, the settings of a sweep for each; `data` as `peacesim compare --json` has it (without charts and
        waterfalls), `sections` of text, `charts` by name, and `tables` as CSV by name.
    """
    comparison = yield from _compared(one, other)
    parts = [section_data(each) for each in sections(page_document(comparison))]
    yield
    tables = {
        "inputs": comparison.inputs, "figures": comparison.figures, "packages": comparison.packages,
        "transitions": comparison.transitions,
    }  # fmt: skip
    return {
        "points": [card(path, within)["point"] for path in (one, other)],
        "data": data(comparison),
        "sections": parts,
        "charts": [OUTCOMES, *(f"{OUTCOMES}-{name}" for name in charts_side_by_side(comparison.results))],
        "tables": {name: csv_text(table) for name, table in tables.items() if len(table)},
    }


def drawn(one: str, other: str, name: str) -> Generator[None, None, dict[str, str]]:
    """Return one chart comparing two results: `title, alt, svg, csv`, and `png` in base 64.

    A NotFound if there is no such chart of these two.
    """
    comparison = yield from _compared(one, other)
    results, labels = comparison.results, chart_labels(comparison)
    if name == OUTCOMES:
        picture, table = outcomes_beside(results, labels), compare_table(results, labels)
    else:
        short = name.removeprefix(f"{OUTCOMES}-")
        if short == name or short not in charts_side_by_side(results):
            raise NotFound("these two have no such chart")
        picture, table = side_by_side(CHARTS[short], results, labels), CHARTS[short].several(results, labels)
    yield
    svg = svg_text(picture)
    yield
    return {
        "title": picture.title,
        "alt": picture.alt,
        "svg": svg,
        "csv": csv_text(table),
        "png": b64encode(png_bytes(picture)).decode(),
    }


def page(one: str, other: str) -> Generator[None, None, dict[str, str]]:
    """Return the self-contained page of two results, as `peacesim report` writes it."""
    comparison = yield from _compared(one, other)
    return {"html": comparison_page(comparison)}
