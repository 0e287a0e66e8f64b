"""What goes on around the table and after it: one file a mechanism, a table of contents of them here."""

from sim.core.mechanism import Mechanisms

MECHANISMS = Mechanisms()

from sim.mechanisms import aftermath, events, giving_way, mediation, ratification, stages, war
