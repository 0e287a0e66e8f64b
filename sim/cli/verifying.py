"""`verify`: check results against their checksums and by playing them again."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from sim.batch.progress import progress_on
from sim.batch.verifying import Verified, verify
from sim.cli.output import DAMAGED, SOME_FAILED, print_json
from sim.core.wording import counted, shown
from sim.results.manifest import versions_here

OF_RUN = ("id", "identity", "seed", "scheme", "format", "chunk_length", "draws", "complete")
MOST_LINES = 20  # of one kind and folder
MAKES_AGAIN = "The batch that made these results computes again what is damaged."
DIFFERS = (
    "What comes out otherwise has the right hash, so a batch takes it for sound: it was changed together with "
    "run.json, or a machine computed wrongly. Move the folder away and play the batch again."
)  # fmt: skip


def run_verify(paths: Sequence[Path], chunks: str | int, as_json: bool) -> int:
    """Verify, print, and return the exit code: 0 if all is well, 4 if not, 3 if some of it cannot be decided here."""
    found, others = verify(paths, chunks, progress_on(sys.stderr))
    if as_json:
        print_json({
            "sound": _all_sound(found),
            "results": [_facts(each) for each in found],
            "passed_over": [str(path) for path in others],
        })  # fmt: skip
    else:
        for each in found:
            click.echo(f"{shown(each.folder, 200)}: {_verdict(each)}")
            for line in _lines(each):
                click.echo(f"  {line}")
        if others:
            names = _cut([shown(path.name, 100) for path in others], 8)
            click.echo(f"Passed over, for they hold no results: {', '.join(names)}")
    for each in found:
        for file in _cut([*each.inspection.damaged, *each.differing], MOST_LINES):
            click.echo(f"{shown(each.folder, 200)}: damaged: {shown(file, 300)}", err=True)
    if any(each.inspection.damaged for each in found):
        click.echo(MAKES_AGAIN, err=True)
    if any(each.differing for each in found):
        click.echo(DIFFERS, err=True)
    return {True: 0, False: DAMAGED, None: SOME_FAILED}[_all_sound(found)]


def _all_sound(found: Sequence[Verified]) -> bool | None:
    """Return whether all is sound; None if nothing is damaged and some of it cannot be decided."""
    verdicts = [each.is_sound for each in found]
    return False if False in verdicts else None if None in verdicts else True


def _verdict(each: Verified) -> str:
    if each.inspection.changed:
        return "somebody wrote to it while it was read; verify it again once the batch has ended"
    if not each.is_sound and each.is_sound is not None:
        return "damaged"
    return "all is well" if each.is_sound else "cannot be played again here"


def _lines(each: Verified) -> Iterator[str]:
    manifest, found = each.inspection.manifest, each.inspection
    if each.is_sweep:
        yield "the list of a sweep; its points follow"
    if each.other_release is not None:
        yield f"{shown(each.other_release, 400)}; install the release that made it to play it again"
    if manifest is not None:
        part = f", {manifest.shard}" if manifest.shard else ""
        named = f"{shown(manifest.id, 100)}, seed {shown(manifest.seed, 40)}{part}, {shown(manifest.scheme, 40)}"
        yield f"{named}, identity {manifest.identity}"
        for versions in manifest.versions[:3]:
            other = "" if versions == versions_here() else " (not the versions here: content is compared, not files)"
            yield f"made by {shown(', '.join(f'{name} {text}' for name, text in versions.items()), 300)}{other}"
        yield f"{counted(found.files, 'file')} held against what was written, {len(found.damaged) or 'none'} damaged"
        if not manifest.complete:
            yield "the run is not finished: the same batch goes on with it"
    if each.played:
        chunks = f"{len(each.played)} of {counted(len(manifest.chunks) if manifest else 0, 'chunk')}"
        otherwise = f"{len(each.differing)} of their files come out otherwise"
        same = otherwise if each.differing else "every bit is the same"
        yield f"{chunks} played again, {each.draws_played:,} draws: {same}"
    if found.remade:
        yield f"made again from the draws: {', '.join(found.remade)}"
    for name in _cut(found.unfinished, MOST_LINES):
        yield f"not finished: {shown(name, 200)}"
    if found.unlisted:
        names = _cut([shown(name, 100) for name in found.unlisted], 8)
        yield f"in no list, so nothing vouches for it: {', '.join(names)}"


def _cut(lines: Sequence[str], most: int) -> list[str]:
    more = len(lines) - most
    return [*lines[:most], f"and {more} more"] if more > 0 else list(lines)


def _facts(each: Verified) -> dict[str, Any]:
    manifest, found = each.inspection.manifest, each.inspection
    shard = manifest.shard if manifest is not None else None
    return {
        "folder": str(each.folder),
        "sound": each.is_sound,
        "sweep": each.is_sweep,
        **{key: manifest and getattr(manifest, key) for key in OF_RUN},
        "shard": shard and [shard.number, shard.of],
        "versions": [dict(versions) for versions in manifest.versions] if manifest else [],
        "chunks": len(manifest.chunks) if manifest else 0,
        "files": found.files,
        "played_again": list(each.played),
        "draws_played_again": each.draws_played,
        "made_again": list(found.remade or ()),
        "damaged": list(found.damaged),
        "differing": list(each.differing),
        "not_finished": list(found.unfinished),
        "not_listed": list(found.unlisted),
        "other_release": each.other_release,
        "changed_meanwhile": found.changed,
    }
