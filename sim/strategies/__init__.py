"""How a party offers and accepts: one file a strategy, a table of contents of them here."""

from sim.registry import Registry

STRATEGIES = Registry("strategies")

from sim.strategies import time_dependent
