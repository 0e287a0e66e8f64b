"""Strategies of bidding and acceptance: one file each, listed here."""

from sim.core.registry import Registry
from sim.core.strategy import Strategy

STRATEGIES: Registry[Strategy] = Registry("strategies")

from sim.strategies import (
    hardline,
    human,
    hybrid,
    micro,
    negmas_aspiration,
    negmas_micro,
    nice_tit_for_tat,
    random_offers,
    satisficing,
    time_dependent,
    tit_for_tat,
    zeuthen,
)
