"""peacesim: a peace-deal scenario simulator.

    scenario = sim.read_scenario("scenarios/orange-and-lemon.yaml")
    results = sim.run(scenario, draws=1000)

Names are loaded when they are first used: importing the package costs nothing.
"""

from importlib import import_module as _import_module

__version__ = "0.1.0"

# Where each public name lives. `__init__.pyi` says the same to type checkers.
_HOMES = {
    "Comparison": "analysis.compare",
    "DamagedResults": "results.files",
    "Debrief": "analysis.debrief",
    "Discovery": "analysis.discovery",
    "Ensemble": "model.ensemble",
    "Explanation": "analysis.explain",
    "Hindcast": "analysis.hindcast",
    "Narration": "analysis.narrate",
    "Need": "analysis.need",
    "Number": "scenario",
    "Portrait": "analysis.portrait",
    "Results": "results.results",
    "RoleSheet": "analysis.sheets",
    "Scenario": "scenario",
    "ScenarioError": "scenario",
    "Sensitivity": "analysis.sensitivity",
    "StoreError": "results.files",
    "TextRanking": "analysis.texts",
    "Tournament": "analysis.tournament",
    "Waterfall": "analysis.waterfall",
    "central": "model.ensemble",
    "compare": "analysis.compare",
    "debrief": "analysis.debrief",
    "discover": "analysis.discovery",
    "draw": "model.ensemble",
    "hindcast": "analysis.hindcast",
    "hindsight": "analysis.hindsight",
    "explain": "analysis.explain",
    "hold_talks": "model.peace_talks",
    "json_schema": "scenario.json_schema",
    "narrate": "analysis.narrate",
    "need": "analysis.need",
    "open_results": "results.reading",
    "portrait": "analysis.portrait",
    "rank_texts": "analysis.texts",
    "read_scenario": "scenario",
    "render": "report",
    "role_sheet": "analysis.sheets",
    "run": "results.results",
    "sensitivity": "analysis.sensitivity",
    "texts": "analysis.texts",
    "tournament": "analysis.tournament",
    "waterfall": "analysis.waterfall",
}

__all__ = [*sorted(_HOMES), "__version__"]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'sim' has no attribute {name!r}")
    found = getattr(_import_module(f"sim.{_HOMES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)


def _plots(subject: object) -> object:
    """Return the charts of results or of an analysis, imported late because they depend on both."""
    return _import_module("sim.charts").plots(subject)


def _stages() -> object:
    """Return the counts of how far runs got."""
    return _import_module("sim.results.stages")
