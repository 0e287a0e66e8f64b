"""Pages that stand on their own: one HTML file with all charts, numbers and sources, and no address outside it."""

from sim.report.comparison import comparison_page
from sim.report.result import result_page

__all__ = ["comparison_page", "result_page"]
