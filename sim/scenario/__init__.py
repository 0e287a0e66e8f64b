"""Scenario files: read, checked and frozen."""

from sim.scenario.aftermath_parts import AftermathSpec
from sim.scenario.event_blocks import EventSpec
from sim.scenario.messages import Fault, Note, ScenarioError
from sim.scenario.parts import (
    Deliverable,
    IssueSpec,
    Linkage,
    Number,
    PartySpec,
    Proposal,
    ProtocolSpec,
    RedLine,
    Rule,
    StrategySpec,
    Time,
)
from sim.scenario.pressure_blocks import GivingWay, MediationSpec
from sim.scenario.ratification_blocks import RatificationSpec
from sim.scenario.scenario import Point, Scenario, read_scenario
from sim.scenario.war_blocks import WarSpec

__all__ = [
    "AftermathSpec",
    "Deliverable",
    "EventSpec",
    "Fault",
    "GivingWay",
    "IssueSpec",
    "Linkage",
    "MediationSpec",
    "Note",
    "Number",
    "PartySpec",
    "Point",
    "Proposal",
    "ProtocolSpec",
    "RatificationSpec",
    "RedLine",
    "Rule",
    "Scenario",
    "ScenarioError",
    "StrategySpec",
    "Time",
    "WarSpec",
    "read_scenario",
]
