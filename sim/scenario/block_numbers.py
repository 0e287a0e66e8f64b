"""Where the blocks beside the talks keep numbers that a draw may move. What is only shown is not among them."""

from collections.abc import Iterator

from sim.scenario.aftermath_blocks import AWAY_FROM
from sim.scenario.block_shapes import is_table
from sim.scenario.nodes import MappingNode
from sim.scenario.paths import Path, get, matching, names_below

NUMBERS = (
    ("giving_way", "per_month", "lever_adds"),
    ("mediation", "step_per_round", "fades_per_year"),
    ("mediation.levers.*", "lowers_no_deal_by"),
    ("mediation.bias", "by"),
    ("mediation.carrots", "budget"),
    ("mediation.carrots.offers.*", "adds"),
    ("war.front", "drift_per_month", "sd_per_month"),
    ("war.front.no_deal_per_1000_km2", "*"),
    ("war.no_deal_falls_per_month", "*"),
    ("war.cost_per_month", "*"),
    ("war.strikes.*", "waves_per_month", "drones_per_wave", "missiles_per_wave"),
    ("war.strikes.*", "drones_intercepted", "missiles_intercepted", "households_per_hit"),
    ("war.outages", "repair_half_life_days"),
    ("war.outages.winter", "factor"),
    ("war.outages.no_deal_per_million_household_weeks", "*"),
    ("events.*", "chance_per_month", "front_shift"),
    ("events.*.at", "month", "chance"),
    ("events.*.commits", "costs_per_step"),
    ("events.*.narrows", "*"),
    ("events.*.extra_waves", "*"),
    ("events.*.shifts_no_deal", "*"),
    ("ratification", "shared_error"),
    ("ratification.ratifiers.*", "support", "error", "months"),
    ("ratification.ratifiers.*.shifts.*", "*"),
    ("aftermath.guarantor", "cost_of_acting"),
    ("aftermath.credibility", "*"),
    ("aftermath.credibility_lost.per_year", "*"),
    ("aftermath.credibility_lost.at_change_of_president", "*"),
    ("aftermath.monitoring", "*"),
    ("aftermath.power_shift", "months", "discount", "balance_now", "penalty_if_guarantor_acts"),
    ("aftermath.power_shift.war_cost", "*"),
    ("aftermath.pull_back", "months", "depth_km", "discount", "penalty"),
    ("aftermath.hazard", "shape", "survival_12", "survival_60", "deterrence", "reference_credibility"),
    ("aftermath.hazard", "if_not_self_enforcing", "if_pull_back_fails", "if_bought_by_pressure"),
    ("aftermath.hazard.ratios.*", "ratio", "share"),
)  # a block, and the keys in it that are numbers
NUMBERS_OR_TABLES: tuple[Path, ...] = (
    ("ratification", "milestones", "*", "months"),
    ("aftermath", "pull_back", "gain_of_cheating"),
    ("aftermath", "pull_back", "dividend"),
)


def block_numbers(root: MappingNode) -> Iterator[Path]:
    """Paths at which there may be a number, in no order."""
    for block, *numbers in NUMBERS:
        for number in numbers:
            yield from matching(root, (*block.split("."), number))
    for pattern in NUMBERS_OR_TABLES:
        for path in matching(root, pattern):
            node = get(root, *path)
            table = isinstance(node, MappingNode) and is_table(node.items)
            yield from matching(root, (*path, "*")) if table else [path]
    power = get(root, "aftermath", "power_shift")
    for key in names_below(power) if power is not None else []:
        if key.startswith(AWAY_FROM):
            yield from matching(root, ("aftermath", "power_shift", key, "*", "*"))
