"""The base of analyses: they print as text and give plain data, both made by `sim.report`."""

from typing import Any

import sim
from sim.results.notebook import Notebook


class Rendered(Notebook):
    """A result that can be rendered by `sim.render`."""

    def __str__(self) -> str:
        return str(sim.render(self))

    def __repr__(self) -> str:
        return str(self)

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data, with the documented keys of `--json`; missing figures are None."""
        return dict(sim.render(self, "data"))
