"""What all sides could accept: how often some acceptable package has two options."""

from sim.charts.chart import CHARTS
from sim.charts.pairs import Counts, PairsChart
from sim.charts.text import share_text
from sim.results.results import Results
from sim.results.stages import reached


@CHARTS.register
class ZoneChart(PairsChart):
    """Runs in which some package acceptable to all who must sign it has both of two options."""

    name = "zone"
    about = "what all sides could accept: how often some acceptable package has two options"
    group = "talks"
    title = "What all sides could accept, option by option"
    how = (
        "Each cell: share of all runs, in per cent, in which some package with both options is worth no deal or more "
        "to "
        "all who must sign it and crosses no red line that is real in the run."
    )

    def counts(self, results: Results) -> Counts:
        return results.tallies.zone

    def finding(self, results: Results) -> str:
        found = reached(results)["zone_first"]
        if not found:
            return "In no run was any package acceptable to all who must sign it."
        return f"Some package was acceptable to all who must sign it in {share_text(found, results.n)} of runs."
