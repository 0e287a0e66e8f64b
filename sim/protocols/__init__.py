"""Protocols: turns, consent and termination; one file each, listed here."""

from sim.core.protocol import Protocol
from sim.core.registry import Registry

PROTOCOLS: Registry[Protocol] = Registry("protocols")

from sim.protocols import (
    alternating_offers,
    concession,
    equilibrium,
    negmas_0_16,
    random_proposer,
    single_text,
)
