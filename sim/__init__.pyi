from typing import Any

from sim.analysis.compare import Comparison as Comparison
from sim.analysis.compare import compare as compare
from sim.analysis.debrief import Debrief as Debrief
from sim.analysis.debrief import debrief as debrief
from sim.analysis.discovery import Discovery as Discovery
from sim.analysis.discovery import discover as discover
from sim.analysis.explain import Explanation as Explanation
from sim.analysis.explain import explain as explain
from sim.analysis.hindcast import Hindcast as Hindcast
from sim.analysis.hindcast import hindcast as hindcast
from sim.analysis.hindsight import hindsight as hindsight
from sim.analysis.narrate import Narration as Narration
from sim.analysis.narrate import narrate as narrate
from sim.analysis.need import Need as Need
from sim.analysis.need import need as need
from sim.analysis.portrait import Portrait as Portrait
from sim.analysis.portrait import portrait as portrait
from sim.analysis.sensitivity import Sensitivity as Sensitivity
from sim.analysis.sensitivity import sensitivity as sensitivity
from sim.analysis.sheets import RoleSheet as RoleSheet
from sim.analysis.sheets import role_sheet as role_sheet
from sim.analysis.texts import TextRanking as TextRanking
from sim.analysis.texts import rank_texts as rank_texts
from sim.analysis.texts import texts as texts
from sim.analysis.tournament import Tournament as Tournament
from sim.analysis.tournament import tournament as tournament
from sim.analysis.waterfall import Waterfall as Waterfall
from sim.analysis.waterfall import waterfall as waterfall
from sim.model.ensemble import Ensemble as Ensemble
from sim.model.ensemble import central as central
from sim.model.ensemble import draw as draw
from sim.model.peace_talks import hold_talks as hold_talks
from sim.report import render as render
from sim.results.files import DamagedResults as DamagedResults
from sim.results.files import StoreError as StoreError
from sim.results.reading import open_results as open_results
from sim.results.results import Results as Results
from sim.results.results import run as run
from sim.scenario import Number as Number
from sim.scenario import Scenario as Scenario
from sim.scenario import ScenarioError as ScenarioError
from sim.scenario import read_scenario as read_scenario
from sim.scenario.json_schema import json_schema as json_schema

__version__: str

def _stages() -> Any: ...
def _plots(subject: object) -> object: ...
