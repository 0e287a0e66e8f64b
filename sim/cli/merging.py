"""`merge`: shards joined, and what is still missing told."""

from collections.abc import Sequence
from pathlib import Path

import click

from sim.batch import Merged, merge
from sim.cli.batching import draw_charts, places, summary, tell_faults
from sim.cli.output import print_parts
from sim.scenario.messages import shown


def run_merge(paths: Sequence[Path], out: Path | None, charts: bool) -> tuple[bool, bool]:
    """Join, print the table and where results lie. Whether all is there, and whether no file of a shard is damaged."""
    found = merge(paths, out, draw_charts if charts else None)
    whole = [each.item for each in found if not each.missing]
    print_parts(summary(whole))
    for each in found:
        for file in each.damaged:
            click.echo(f"damaged: {shown(file, 300)}", err=True)
    tell_faults([each.item for each in found])
    for each in found:
        for line in each.missing:
            click.echo(f"{shown(each.item.folder, 200)}: missing: {shown(line, 300)}", err=True)
    if any(item.failure is None for item in whole):
        click.echo(f"Results: {places(whole, whole[0].folder.parent)}")
    incomplete = [each for each in found if each.missing]
    if incomplete:
        click.echo(_how_to_go_on(incomplete[0]), err=True)
    return len(whole) == len(found) and all(item.failure is None for item in whole), not any(e.damaged for e in found)


def _how_to_go_on(merged: Merged) -> str:
    """What plays the rest."""
    item = merged.item
    folder = item.folder.parent.parent if item.settings else item.folder.parent
    same = f"-n {item.draws} --seed {merged.seed} --out {shown(folder, 300)}"
    return f"What is there is kept. Merge again once the rest is there, or play it: the batch without --shard, {same}"
