"""Merging of shards into the one folder that a single run would have written."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from sim.batch.inputs import SWEEP
from sim.batch.items import BatchItem, Finish, finished
from sim.batch.shards import ScenarioShards, ShardSet, read_set, sets_of
from sim.results.chunk_files import Layout
from sim.results.files import DamagedResults, read_whole, sha256, write_whole
from sim.results.folder import ResultsFolder, lock_folder
from sim.results.manifest import RESOLVED, read_manifest, shard_number
from sim.results.reading import layout_of

MOST_BYTES = 100_000_000  # of a resolved scenario, and of the list of a sweep
MOST_SPANS = 6  # of missing draws that are written out


@dataclass(frozen=True)
class Merged:
    """The outcome of merging one scenario, or one point of a sweep."""

    item: BatchItem  # without figures if draws are missing
    seed: int
    missing: tuple[str, ...] = ()  # missing draws, a line a shard
    damaged: tuple[str, ...] = ()  # damaged files of shards, each with what is wrong; they were not used


def merge(
    paths: Sequence[str | Path], out: str | Path | None = None, finish: Finish | None = None,
    endings: Sequence[str] = (),
) -> list[Merged]:
    """Merge shards into the folders that one run would have written, with the same bytes.

    Chunks already in those folders are not copied again, so more shards may be added later; and since they are ordinary
    results folders, `batch` plays what is missing.

    Args:
        paths: Folders of shards, all of the same results; or folders of such folders, of any results.
        out: The folder for results; by default that of the shards, or of the first of them.
        finish, endings: As for `batch`; all is done in this process.

    Raises:
        StoreError: if they are not shards of the same, in the same number, or one is there twice; nothing was written.
            Also if the disk is full or may not be written to; what was copied remains.
        DamagedResults: if a shard has no readable identity; nothing was written.
        ResultsBusy: if another process writes to a folder for results.
    """
    sets = [(read_set(each), Path(out) if out is not None else _parent(each[0])) for each in sets_of(paths)]
    found: list[Merged] = []
    for shards, where in sets:
        with ExitStack() as held:
            if shards.sweep is not None:
                where = where / shards.name
                held.enter_context(lock_folder(where))
                _write_list(where / SWEEP, shards.sweep)
            found += [_join(shards, each, where / each.name, finish, endings) for each in shards.scenarios]
    return found


def _parent(folder: Path) -> Path:
    return (folder if folder.name not in ("", "..") else folder.resolve()).parent


def _write_list(path: Path, data: bytes) -> None:
    """Write the list of a sweep's points, unless it exists."""
    try:
        if read_whole(path, MOST_BYTES) == data:
            return
    except (FileNotFoundError, ValueError):
        pass
    write_whole(path, data)


def _join(
    shards: ShardSet, pieces: ScenarioShards, target: Path, finish: Finish | None, endings: Sequence[str]
) -> Merged:
    """Copy the missing chunks of a scenario, then write its tables and charts."""
    item = BatchItem(shards.id, target, shards.draws, settings=pieces.settings)
    damaged: list[str] = []
    laid_out = _laid_out(pieces, damaged)
    if laid_out is None:
        return Merged(item, shards.seed, ("no shard that is here has begun with it",), tuple(damaged))
    layout, resolved = laid_out
    entries = {(entry.first): (each, entry) for each in pieces.found for entry in each.manifest.chunks}
    left: list[range] = []
    with ResultsFolder(target, layout, shards.draws, resolved=resolved) as folder:
        for span in folder.missing(shards.draws):
            piece, entry = entries.get(span.start, (None, None))
            if piece is None or entry is None or entry.stop < span.stop:
                left.append(span)
                continue
            faults = folder.adopt(piece.folder, entry, piece.manifest.versions[entry.versions])
            if entry in read_manifest(piece.folder).chunks:  # else its shard is being played, and has longer ones now
                damaged += [f"{piece.folder / fault}" for fault in faults]
            if faults:
                left.append(span)
            else:
                item = replace(item, computed=item.computed + len(span))
        if not left:
            item = finished(folder, item, finish, endings)
        item = replace(item, damaged=tuple(folder.damaged))
    return Merged(item, shards.seed, tuple(_missing(shards, left, folder)), tuple(damaged))


def _laid_out(pieces: ScenarioShards, damaged: list[str]) -> tuple[Layout, bytes] | None:
    """Return the scenario as the first sound shard has it, and its stored text; all shards are checked."""
    found: tuple[Layout, bytes] | None = None
    for piece in pieces.found:
        try:
            if RESOLVED not in piece.manifest.files:
                continue  # its shard has just begun
            if found is None:
                found = layout_of(piece.folder, piece.manifest), read_whole(piece.folder / RESOLVED, MOST_BYTES)
            elif sha256(read_whole(piece.folder / RESOLVED, MOST_BYTES)) != piece.manifest.files.get(RESOLVED):
                raise ValueError("it is not as it was written")
        except DamagedResults as error:
            damaged += [f"{piece.folder / file}" for file in error.files]
        except (FileNotFoundError, ValueError) as error:
            why = "is missing" if isinstance(error, FileNotFoundError) else f"is damaged: {error}"
            damaged.append(f"{piece.folder / RESOLVED} {why}")
    return found


def _missing(shards: ShardSet, left: Sequence[range], folder: ResultsFolder) -> Iterator[str]:
    """Return a line for each shard with missing chunks."""
    by_number: dict[int, list[range]] = {}
    for span in left:
        number = shard_number(folder.manifest.identity, span.start // folder.layout.length, shards.of)
        by_number.setdefault(number, []).append(span)
    for number, spans in sorted(by_number.items()):
        draws = ", ".join(f"{span.start} to {span.stop - 1}" for span in spans[:MOST_SPANS])
        more = f" and {len(spans) - MOST_SPANS} more chunks" if len(spans) > MOST_SPANS else ""
        why = "is not whole" if number in shards.given else "was not given"
        yield f"shard {number} of {shards.of} {why}: draws {draws}{more}"
