"""Where agreement happens: how often two options are in the same signed package."""

from sim.charts.chart import CHARTS
from sim.charts.pairs import Counts, PairsChart
from sim.charts.style import agreement_sentence
from sim.charts.text import share_text
from sim.results.results import Results


@CHARTS.register
class ConcessionsChart(PairsChart):
    """Runs whose agreement has both of two options."""

    name = "concessions"
    about = "where agreement happens: how often two options are signed together"
    group = "packages"
    title = "Where agreement happens: options signed together"
    how = (
        "Each cell: share of all runs, in per cent, that end with an agreement holding both options, whatever it says "
        "on "
        "other issues."
    )

    def counts(self, results: Results) -> Counts:
        return results.tallies.agreed

    def finding(self, results: Results) -> str:
        return agreement_sentence(results, share_text(results.agreements, results.n))
