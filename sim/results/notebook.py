"""Display of results and analyses in a notebook: a small table, and charts by `.plot`."""

from html import escape
from typing import Any

import pandas as pd

MOST_ROWS = 60


class Notebook:
    """Base of what a notebook can display."""

    @property
    def plot(self) -> Any:
        """Charts by name, as in `results.plot.funnel()`; calling it draws the first.

        The charts depend on this module, so the package names them and they are imported on first use.
        """
        import sim

        return sim._plots(self)

    def overview(self) -> tuple[str, pd.DataFrame]:
        """Title and rows of the table."""
        raise NotImplementedError

    def _repr_html_(self) -> str:
        title, table = self.overview()
        rows = table.head(MOST_ROWS).to_html(index=False, border=0, na_rep="", float_format=lambda x: f"{x:.4g}")
        more = f"<p>and {len(table) - MOST_ROWS:,} more rows</p>" if len(table) > MOST_ROWS else ""
        return f"<p><b>{escape(title)}</b></p>\n{rows}{more}"
