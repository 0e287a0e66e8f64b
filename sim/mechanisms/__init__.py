"""Mechanisms around and after the talks: one file each, listed here."""

from sim.core.mechanism import Mechanisms

MECHANISMS = Mechanisms()

from sim.mechanisms import aftermath, events, giving_way, mediation, ratification, stages, war
