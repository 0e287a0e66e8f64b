"""The folders of shards: found, read, and refused where they do not match."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sim.batch.inputs import MOST_BYTES, SWEEP
from sim.results.files import DamagedResults, StoreError, read_whole
from sim.results.manifest import RUN, Manifest, Shard, read_manifest, stem_of
from sim.results.tables import json_text

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,200}")
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class ShardFolder:
    """A results folder of one shard, and its `run.json`."""

    folder: Path
    manifest: Manifest


@dataclass(frozen=True)
class ScenarioShards:
    """The shards of one scenario, or of one point of a sweep."""

    name: str  # of the folder for the results of all shards
    settings: Mapping[str, str]
    found: tuple[ShardFolder, ...]  # by number of the shard, without those that have not begun with it


@dataclass(frozen=True)
class ShardSet:
    """Matching shards."""

    id: str
    name: str  # of the folder for the results of all shards
    of: int
    given: frozenset[int]  # their numbers
    draws: int  # draws of all shards together
    seed: int
    sweep: bytes | None  # content of `sweep.json`; None without a sweep
    scenarios: tuple[ScenarioShards, ...]


@dataclass(frozen=True)
class _Folder:
    """The identity of one named folder."""

    path: Path
    shard: Shard | None
    identity: str
    id: str
    seed: int
    points: Sequence[Mapping[str, Any]] = field(default_factory=tuple)
    facts: Mapping[str, Any] = field(default_factory=dict)


def sets_of(paths: Iterable[str | Path]) -> list[list[Path]]:
    """Group folders to be merged: those named, and of each folder of shards each set in it.

    StoreError if a path is neither a shard nor a folder with shards, or there is none.
    """
    named: list[Path] = []
    sets: dict[Path, list[Path]] = {}
    for path in map(Path, paths):
        if _is_begun(path) or stem_of(path.absolute()):
            named.append(path)
            continue
        inside = sorted(filter(stem_of, path.iterdir())) if path.is_dir() else []
        inside = [each for each in inside if _is_begun(each)]
        if not inside:
            raise StoreError(f"{path} is no shard, and no folder in it is called NAME.shard-I-of-N")
        for each in inside:
            sets.setdefault(path / str(stem_of(each)), []).append(each)
    if not named and not sets:
        raise StoreError("no shard is named")
    return ([named] if named else []) + list(sets.values())


def _is_begun(path: Path) -> bool:
    return (path / RUN).exists() or (path / SWEEP).exists()


def read_set(paths: Sequence[Path]) -> ShardSet:
    """Read shards and check that they match.

    StoreError if one is no shard, is of other results or of another number of shards, or is there twice; DamagedResults
    if one has no readable identity.
    """
    folders = [read_folder(path) for path in paths]
    shards = sorted(((_shard_of(each), each) for each in folders), key=lambda pair: pair[0])
    _refuse_mixture(shards)
    shard, first = shards[0]
    name = f"{first.id}-{first.identity[:6]}"
    if not _NAME.fullmatch(name):
        raise DamagedResults(first.path, ["it has a name that no scenario has"])
    sweep = None
    if first.points:
        facts = {key: value for key, value in first.facts.items() if key != "shard"}
        sweep = json_text(facts).encode()
        scenarios = tuple(_point(point, shards) for point in first.points)
    else:
        found = tuple(ShardFolder(each.path, read_manifest(each.path)) for _, each in shards)
        scenarios = (ScenarioShards(name, {}, found),)
    draws = _draws_of([piece for each in scenarios for piece in each.found], first.path)
    given = frozenset(shard.number for shard, _ in shards)
    return ShardSet(first.id, name, shard.of, given, draws, first.seed, sweep, scenarios)


def read_folder(path: Path) -> _Folder:
    """Return the identity of a folder of results, of a sweep or of a shard.

    Raises:
        StoreError: if it is none, or cannot be read.
        DamagedResults: if it has no readable identity.
    """
    if not (path / SWEEP).exists():
        manifest = read_manifest(path)
        return _Folder(path, manifest.shard, manifest.identity, manifest.id, manifest.seed)
    try:
        facts = json.loads(read_whole(path / SWEEP, MOST_BYTES))
        shard = Shard(**facts["shard"]) if "shard" in facts else None
        points = tuple(facts["points"])
        sound = all(_NAME.fullmatch(each["folder"]) and _HASH.fullmatch(each["identity"]) for each in points)
        sound = sound and _HASH.fullmatch(facts["identity"]) is not None
        texts = [text for each in points for pair in each["set"].items() for text in pair]
        if not (points and sound and all(isinstance(text, str) for text in texts)):
            raise ValueError
        return _Folder(path, shard, facts["identity"], str(facts["id"]), int(facts["seed"]), points, facts)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, FileNotFoundError):
        raise DamagedResults(path, [f"{SWEEP}: it does not hold what a sweep says"]) from None


def _shard_of(folder: _Folder) -> Shard:
    if folder.shard is None:
        raise StoreError(f"{folder.path} is no shard: it is the folder for the results of all")
    return folder.shard


def _refuse_mixture(shards: Sequence[tuple[Shard, _Folder]]) -> None:
    shard, first = shards[0]
    seen: dict[Shard, Path] = {}
    for other, each in shards:
        if each.identity != first.identity:
            one, two = (f"{it.path} is of {it.id} with seed {it.seed}" for it in (first, each))
            why = " (the scenario file, its settings or the release changed in between)"
            same = (each.id, each.seed) == (first.id, first.seed)
            raise StoreError(f"{one}, {two}{why if same else ''}; shards of one set are joined at a time")
        if other.of != shard.of:
            raise StoreError(f"{first.path} is {shard}, {each.path} is {other}: their chunks overlap")
        if other in seen:
            raise StoreError(f"{seen[other]} and {each.path} are both {other}; leave one out")
        seen[other] = each.path


def _point(point: Mapping[str, Any], shards: Sequence[tuple[Shard, _Folder]]) -> ScenarioShards:
    return ScenarioShards(point["folder"], point["set"], tuple(_pieces(point, shards)))


def _pieces(point: Mapping[str, Any], shards: Sequence[tuple[Shard, _Folder]]) -> Iterator[ShardFolder]:
    for shard, each in shards:
        folder = each.path / point["folder"]
        if not (folder / RUN).exists():
            continue
        manifest = read_manifest(folder)
        if manifest.identity != point["identity"] or manifest.shard != shard:
            raise StoreError(f"{folder} is not what {SWEEP} beside it says; move it away and run its shard again")
        yield ShardFolder(folder, manifest)


def _draws_of(pieces: Sequence[ShardFolder], path: Path) -> int:
    if not pieces:
        raise StoreError(f"{path}: no chunk is finished yet; run the shard again to go on")
    few, many = (choose(pieces, key=lambda piece: piece.manifest.draws) for choose in (min, max))
    if few.manifest.draws != many.manifest.draws:
        both = ", ".join(f"{each.folder} with -n {each.manifest.draws}" for each in (few, many))
        raise StoreError(f"shards were run for different numbers of draws: {both}; run the first again with the larger")
    return few.manifest.draws
