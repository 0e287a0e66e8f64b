"""`show --json`: what the blocks beside the talks say and come to, as plain data."""

from typing import Any

import pandas as pd

from sim.analysis.claims import CLAIMS, claimed_losses
from sim.analysis.portrait import Portrait
from sim.cli.showing_facts import told_of_the_war

BLOCKS = ("giving_way", "mediation", "war", "events", "ratification", "aftermath")


def around_data(shown: Portrait) -> dict[str, Any]:
    """The blocks as the file has them, the tables of `Portrait.around`, and what is only shown."""
    scenario, around = shown.scenario, shown.around
    resolved, claims = scenario.resolved, claimed_losses(scenario)
    return {
        "blocks": {block: resolved.get(block) for block in BLOCKS},
        "lines_given_up": around.lines_given_up,
        "levers": rows_of(around.levers),
        "no_deal_path": rows_of(around.no_deal_path),
        "strikes": rows_of(around.strikes),
        "votes": rows_of(around.votes),
        "votes_together": rows_of(around.votes_together),
        "after_signature": rows_of(around.after_signature),
        "guarantees": rows_of(around.guarantees),
        "told": told_of_the_war(scenario),
        "claimed_losses": {"about": CLAIMS, "per_month": claims} if claims else None,
        "history": scenario.history,
        "expected": scenario.expected,
    }


def rows_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table as mappings."""
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]
