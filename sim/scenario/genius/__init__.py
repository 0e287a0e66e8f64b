"""Domains of GENIUS, the negotiation environment of Delft, as scenarios: a folder of XML in, a YAML text out."""

from sim.scenario.genius.translation import Talks, Translation, called, files_in, translate

__all__ = ["Talks", "Translation", "called", "files_in", "translate"]
