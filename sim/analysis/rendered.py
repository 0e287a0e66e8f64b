"""What the results of an analysis have in common: they print as text and give plain data. `sim.report` makes both."""

from typing import Any

import sim
from sim.results.notebook import Notebook


class Rendered(Notebook):
    """A result that can be read: the words are those of `sim.render`."""

    def __str__(self) -> str:
        return str(sim.render(self))

    def __repr__(self) -> str:
        return str(self)

    def as_data(self) -> dict[str, Any]:
        """The same as plain data, with the documented keys of `--json`; a figure that does not exist is None."""
        return dict(sim.render(self, "data"))
