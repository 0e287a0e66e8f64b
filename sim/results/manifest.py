"""`run.json`: the identity of results, what made them, and the hashes of their files."""

import hashlib
import json
import os
import platform
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import sim
from sim import __version__
from sim.core.streams import SCHEME
from sim.results.chunk_files import ChunkEntry, FileHashes
from sim.results.files import RESOLVED as RESOLVED
from sim.results.files import RUN as RUN
from sim.results.files import DamagedResults, StoreError, read_whole, write_whole
from sim.scenario import Scenario

_ENDING = re.compile(r"(?P<stem>.+)\.shard-(?P<number>[1-9]\d{0,8})-of-(?P<of>[1-9]\d{0,8})")


@dataclass(frozen=True, order=True)
class Shard:
    """One of so many shards, counted from 1, with its own chunks (see `shard_number`); a ValueError if invalid."""

    number: int
    of: int

    def __post_init__(self) -> None:
        if type(self.number) is not int or type(self.of) is not int or not 1 <= self.number <= self.of < 10**9:
            raise ValueError(f"shard {self.number} of {self.of} is none; shards are counted from 1 to their number")

    def __str__(self) -> str:
        return f"shard {self.number} of {self.of}"

    def has(self, identity: str, chunk: int) -> bool:
        return shard_number(identity, chunk, self.of) == self.number

    def beside(self, folder: Path) -> Path:
        """Its folder, beside the one for the results of all shards."""
        return folder.with_name(f"{folder.name}.shard-{self.number}-of-{self.of}")


def shard_number(identity: str, chunk: int, of: int) -> int:
    """Return the shard of a chunk of these results, with so many shards.

    Chunks are assigned in turn, whatever the number of draws, so that more draws move none to another shard. The first
    shard depends on the results: otherwise, of many scenarios with one chunk each, all would belong to the first.
    """
    return (int(identity[:8], 16) + chunk) % of + 1


def stem_of(folder: Path) -> str | None:
    """Return the folder name for the results of all shards, from that of one shard; None if it is not such a name."""
    found = _ENDING.fullmatch(folder.name)
    return found["stem"] if found else None


FORMAT = "peacesim-results-2"  # changes, with a line in CHANGELOG.md, when the layout of a results folder changes
DESIGN = "design.json"  # of a folder that has the runs of a design: no results, see `sheets`
MOST_BYTES = 32_000_000  # some 70,000 chunks
MOST_SIGNS = 1_000  # structural characters of so short a file; one in `SPARSE` bytes of a longer one, as chunks have
SPARSE = 30
DIGITS = 6  # of an identity in the name of a folder; more where points of a sweep have the same ones
MOST_DRAWS = 10**15
PACKAGES = ("llvmlite", "mesa", "numba", "numpy", "pandas", "peacesim", "pyarrow", "scipy")
PLAYING = ("core", "strategies", "protocols", "mechanisms", "scenario", "model", "results")  # code that affects numbers
SOURCE = "source"
MOST_DIFFERENCES = 4  # in a message

_HASH = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"(?:[A-Za-z0-9_][\w.-]*/)?[A-Za-z0-9_][\w.-]*", re.ASCII)


def canonical(value: Any) -> bytes:
    """Format a value as JSON without spaces, keys in their order: the file's order is part of what is shown."""
    return json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode()


def identity(scenario: Scenario, seed: int) -> str:
    """Identify results by 64 hex digits: the resolved scenario, the seed, the drawing scheme and the file layout.

    The number of draws is no part of it: more draws of the same are added.
    """
    facts = {"scenario": scenario.resolved, "seed": int(seed), "scheme": SCHEME, "format": FORMAT}
    return hashlib.sha256(canonical(facts)).hexdigest()


def folder_name(scenario: Scenario, seed: int) -> str:
    """Return the scenario's id and the first digits of its identity."""
    return f"{scenario.id}-{identity(scenario, seed)[:DIGITS]}"


@lru_cache(maxsize=1)
def versions_here() -> Mapping[str, str]:
    """What could change a byte: installed versions, and a hash of the source as two checkouts may share a version."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:  # metadata of an editable install may be of an older checkout
            found[package] = __version__ if package == "peacesim" else version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    folder, digest = Path(sim.__file__).parent, hashlib.sha256()
    for path in sorted(path for room in PLAYING for path in (folder / room).rglob("*.py")):
        digest.update(f"{path.relative_to(folder).as_posix()}\0".encode() + path.read_bytes() + b"\0")
    return {**found, SOURCE: digest.hexdigest()[:16]}


def differences(here: Mapping[str, str], there: Mapping[str, str]) -> str:
    """Describe briefly how another program differs from this one; empty if it does not."""
    found = [
        f"{name} {there.get(name, 'of no number')} and not {here.get(name, 'of no number')}"
        for name in sorted({*here, *there} - {SOURCE})
        if here.get(name) != there.get(name)
    ]
    if here.get("peacesim") == there.get("peacesim") and here.get(SOURCE) != there.get(SOURCE):
        found.append(f"peacesim {here.get('peacesim')} from other source files")
    more = f" and {len(found) - MOST_DIFFERENCES} more" if len(found) > MOST_DIFFERENCES else ""
    return ", ".join(found[:MOST_DIFFERENCES]) + more


@dataclass(frozen=True)
class Manifest:
    """The contents of `run.json`."""

    identity: str
    id: str
    seed: int
    scheme: str
    format: str
    chunk_length: int  # draws in a chunk; the last may be shorter
    draws: int  # how many draws were last requested; there may be fewer, if a run was stopped, or more
    chunks: tuple[ChunkEntry, ...] = ()  # chunks written, by first draw
    versions: tuple[Mapping[str, str], ...] = ()  # installed versions that made chunks, in order of their first use
    files: Mapping[str, str] = field(default_factory=dict)  # hashes of the other files, by name relative to the folder
    complete: bool = False  # whether all that was requested was written, charts included
    shard: Shard | None = None  # whose chunks these are; None if all of them belong here
    extends: str = ""  # id of the scenario that this one extends

    def with_chunk(self, entry: ChunkEntry) -> "Manifest":
        """Return it with one more chunk, which replaces one with the same first draw."""
        others = [each for each in self.chunks if each.first != entry.first]
        return replace(self, chunks=tuple(sorted([*others, entry], key=lambda each: each.first)))

    def with_versions(self, versions: Mapping[str, str]) -> tuple["Manifest", int]:
        """Return it with these versions listed, and their index in the list."""
        listed = self.versions if versions in self.versions else (*self.versions, versions)
        return replace(self, versions=listed), listed.index(versions)

    def unused_versions_dropped(self) -> "Manifest":
        """Return it with only those versions listed that made a remaining chunk."""
        used = sorted({entry.versions for entry in self.chunks})
        chunks = tuple(replace(entry, versions=used.index(entry.versions)) for entry in self.chunks)
        return replace(self, chunks=chunks, versions=tuple(self.versions[index] for index in used))

    def reopened(self) -> "Manifest":
        """Return it as unfinished: existing tables and charts may be of other draws."""
        resolved = {name: known for name, known in self.files.items() if name == RESOLVED}
        return replace(self, files=resolved, complete=False)

    def following(self) -> list[ChunkEntry]:
        """The consecutive chunks from draw 0 on."""
        found: list[ChunkEntry] = []
        for entry in self.chunks:
            if entry.first != (found[-1].stop if found else 0):
                break
            found.append(entry)
        return found

    def to_bytes(self) -> bytes:
        facts = asdict(self)
        for name in ("shard", "extends"):  # absent where there is none
            if not facts[name]:
                del facts[name]
        facts["checksum"] = hashlib.sha256(canonical(facts)).hexdigest()
        return (json.dumps(facts, indent=1, ensure_ascii=True, allow_nan=False) + "\n").encode()


def holds_results(path: Path) -> bool:
    """Whether a path is a results folder, damaged or not; that of a design has a resolved scenario too, and is none."""
    if not path.is_dir() or os.path.lexists(path / DESIGN):
        return False
    return any(os.path.lexists(path / name) for name in (RUN, RESOLVED, "draws"))


def stored_results(folder: Path) -> list[Path]:
    """The results folders that lie in a folder, the one written last first; no link is followed."""
    with os.scandir(folder) as entries:
        inside = [folder / each.name for each in entries if each.is_dir(follow_symlinks=False)]
    found = [(_written(each), each.name, each) for each in inside if holds_results(each)]
    return [each for *_, each in sorted(found, key=lambda one: (-one[0], one[1]))]


def newest_results(path: Path) -> list[Path]:
    """The folders `<name>-<hash>` beside a path `<name>` that were written last: several if they are equally new."""
    if not path.parent.is_dir():
        return []
    named = re.compile(rf"{re.escape(path.name)}-[0-9a-f]{{{DIGITS},64}}")
    found = [each for each in stored_results(path.parent) if named.fullmatch(each.name)]
    return [each for each in found if _written(each) == _written(found[0])]


def _written(folder: Path) -> int:
    """When `run.json` was written, nanoseconds; 0 where there is none."""
    try:
        return os.lstat(folder / RUN).st_mtime_ns
    except OSError:
        return 0


class OtherRelease(StoreError):
    """Results of a release with another layout or drawing scheme, which cannot be played again here."""


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write `run.json` into a folder; a StoreError if that is not possible."""
    data = manifest.to_bytes()
    if len(data) > MOST_BYTES:
        raise StoreError(f"{folder} has too many chunks for one folder; play more draws with another seed")
    write_whole(folder / RUN, data)


def read_manifest(folder: Path, scheme: str | None = SCHEME) -> Manifest:
    """Read `run.json`, checking every name and number in it, as it may come from a stranger.

    `scheme` is the required drawing scheme; None for any, to verify files against their hashes. StoreError if this is
    no results folder, or `run.json` may not be read; OtherRelease if another release made it; DamagedResults if the
    file is missing or damaged.
    """
    try:
        data = _read_run(folder)
    except ValueError as error:
        raise DamagedResults(folder, [f"{RUN}: {error}"]) from None
    try:
        signs = sum(data.count(sign) for sign in (b"{", b"[", b","))
        if signs > max(MOST_SIGNS, len(data) // SPARSE):  # each value takes memory when parsed
            raise ValueError("it holds more values than a run says")
        facts = json.loads(data)
        checksum = facts.pop("checksum")
        if checksum != hashlib.sha256(canonical(facts)).hexdigest():
            raise ValueError("it is not as it was written")
        if facts.get("format") != FORMAT or facts.get("scheme") != (scheme or facts.get("scheme")):
            made = f"{facts.get('format')!s:.40} and {facts.get('scheme')!s:.40}".encode("unicode_escape").decode()
            raise OtherRelease(f"{folder} was written as {made}; this release reads {FORMAT} and {SCHEME}")
        manifest = _checked(facts)
        if manifest.to_bytes() != data:  # also for other bytes of the same JSON, or duplicate keys
            raise ValueError("it is not as it was written")
        return manifest
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        reason = str(error) if type(error) is ValueError else "it does not hold what a run says"
        raise DamagedResults(folder, [f"{RUN}: {reason}"]) from None


def _read_run(folder: Path) -> bytes:
    """Return the bytes of `run.json`; if missing while other files exist, it is tried once more.

    It is the first file that a batch writes, so it may have come between two tries, with others behind it.
    """
    for _ in range(2):
        try:
            return read_whole(folder / RUN, MOST_BYTES)
        except FileNotFoundError:
            if not holds_results(folder):
                raise StoreError(f"{folder} is no results folder: it has no {RUN}") from None
    raise DamagedResults(folder, [f"{RUN} is missing"])


def refuse_other_shard(folder: Path, manifest: Manifest, wanted: Shard | None) -> None:
    """Raise a StoreError unless a folder has the chunks of this shard, or of none."""
    if manifest.shard != wanted:
        there, asked = manifest.shard or "all chunks", wanted or "all chunks"
        raise StoreError(f"{folder} is for {there}, not for {asked}; move it away")


def _checked(facts: dict[str, Any]) -> Manifest:
    facts["chunks"] = tuple(_entry(each) for each in facts["chunks"])
    facts["versions"] = tuple(facts["versions"])
    facts["shard"] = Shard(**facts["shard"]) if "shard" in facts else None
    manifest = Manifest(**facts)
    whole = (manifest.seed, manifest.chunk_length, manifest.draws)
    if not all(isinstance(text, str) and len(text) < 500 for text in (manifest.id, manifest.scheme, manifest.extends)):
        raise ValueError("a text that is none")
    if type(manifest.complete) is not bool:
        raise ValueError("a truth that is none")
    if any(type(number) is not int for number in whole) or manifest.chunk_length < 1:
        raise ValueError("a number that is none")
    if not 1 <= manifest.draws <= MOST_DRAWS:
        raise ValueError("a number that is none")
    if not _is_hash(manifest.identity) or not all(may_be_listed(n) and _is_hash(h) for n, h in manifest.files.items()):
        raise ValueError("a name or hash that is none")
    last = -1
    for entry in manifest.chunks:
        end = entry.first + manifest.chunk_length
        if entry.first % manifest.chunk_length or not last < entry.first <= entry.last < end:
            raise ValueError("its chunks do not follow each other")
        chunk = entry.first // manifest.chunk_length
        if manifest.shard is not None and not manifest.shard.has(manifest.identity, chunk):
            raise ValueError("a chunk that is another shard's")
        last = entry.last
        if entry.versions >= len(manifest.versions):
            raise ValueError("a chunk that nothing made")
    texts = [text for versions in manifest.versions for pair in versions.items() for text in pair]
    if not all(isinstance(text, str) and len(text) < 100 for text in texts):
        raise ValueError("a version that is none")
    return manifest


def _entry(facts: dict[str, Any]) -> ChunkEntry:
    entry = ChunkEntry(**{**facts, "draws": FileHashes(**facts["draws"]), "tallies": FileHashes(**facts["tallies"])})
    if any(type(number) is not int or number < 0 for number in (entry.first, entry.last, entry.versions)):
        raise ValueError("a number that is none")
    if not all(_is_hash(text) for hashes in (entry.draws, entry.tallies) for text in (hashes.content, hashes.file)):
        raise ValueError("a hash that is none")
    return entry


def _is_hash(text: Any) -> bool:
    return isinstance(text, str) and _HASH.fullmatch(text) is not None


def may_be_listed(name: Any) -> bool:
    """Whether a file may be listed in `run.json`, by its name in the folder: not if it is hidden or deeply nested."""
    return isinstance(name, str) and _NAME.fullmatch(name) is not None
