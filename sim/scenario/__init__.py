"""Scenario files: read, checked and frozen."""

from sim.scenario.messages import Fault, Note, ScenarioError
from sim.scenario.numbers import Number
from sim.scenario.parts import (
    Deliverable,
    IssueSpec,
    Linkage,
    PartySpec,
    Proposal,
    ProtocolSpec,
    RedLine,
    Rule,
    StrategySpec,
    Time,
)
from sim.scenario.reader import read_scenario
from sim.scenario.scenario import Point, Scenario

__all__ = [
    "Deliverable",
    "Fault",
    "IssueSpec",
    "Linkage",
    "Note",
    "Number",
    "PartySpec",
    "Point",
    "Proposal",
    "ProtocolSpec",
    "RedLine",
    "Rule",
    "Scenario",
    "ScenarioError",
    "StrategySpec",
    "Time",
    "read_scenario",
]
