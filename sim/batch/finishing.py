"""What is done once all draws of a scenario are there: tables and charts."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from sim.batch.items import BatchItem
from sim.results import Results
from sim.store import SUMMARY, ResultsFolder, StoreError
from sim.store.tables import read_json

Finish = Callable[[Results, Path], None]


def finished(folder: ResultsFolder, item: BatchItem, finish: Finish | None) -> BatchItem:
    """Write tables and charts, unless they are there; a shard has none.

    Args:
        folder: Holds all draws that are wanted of it.
        item: What became of the scenario so far.
        finish: Called with the results and the folder, for charts.

    Returns:
        The item with its headline figures, or with why the charts were not made.
    """
    if folder.shard is not None:
        if not folder.is_complete(item.draws, charts=False):
            folder.seal()
        return item
    if not folder.is_complete(item.draws, finish is not None):
        results = folder.results()
        folder.write_tables(results)
        made: set[str] = set()
        if finish is not None:
            before = folder.others()
            try:
                finish(results, folder.path)
            except (StoreError, OSError):
                raise
            except Exception as error:
                text = " ".join(f"{type(error).__name__}: {error}".split())[:500]
                return replace(item, failure=f"all draws are there, but its charts are not: {text}")
            after = folder.others()
            made = {name for name, written in after.items() if before.get(name) != written}
        folder.seal(made)
    return replace(item, facts=read_json(folder.path / SUMMARY))
