"""Domains of GENIUS, the negotiation environment of Delft, as scenarios: a folder of XML in, a YAML text out."""

from sim.genius.folder import called, files_in
from sim.genius.translation import Translation, translate
from sim.genius.tree import Talks

__all__ = ["Talks", "Translation", "called", "files_in", "translate"]
