"""Scenario files: read, checked and frozen."""

from sim.core.numbers import Number
from sim.mechanisms.aftermath import AftermathSpec
from sim.mechanisms.credibility import CredibilityLostSpec, GuarantorSpec
from sim.mechanisms.durability import HazardSpec
from sim.mechanisms.events import EventSpec
from sim.mechanisms.giving_way import GivingWaySpec
from sim.mechanisms.leverage import LeverSpec
from sim.mechanisms.mediation import MediationSpec
from sim.mechanisms.phased_withdrawal import PullBackSpec
from sim.mechanisms.power_shift import PowerShiftSpec
from sim.mechanisms.ratification import MilestoneSpec, RatificationSpec, RatifierSpec
from sim.mechanisms.stages import StageSpec
from sim.mechanisms.war import WarSpec
from sim.scenario.messages import Fault, Note, ScenarioError
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
from sim.scenario.scenario import Point, Scenario, read_scenario

__all__ = [
    "AftermathSpec", "CredibilityLostSpec", "Deliverable", "EventSpec", "Fault", "GivingWaySpec", "GuarantorSpec",
    "HazardSpec", "IssueSpec", "LeverSpec", "Linkage", "MediationSpec", "MilestoneSpec", "Note", "Number",
    "PartySpec", "Point", "PowerShiftSpec", "Proposal", "ProtocolSpec", "PullBackSpec", "RatificationSpec",
    "RatifierSpec", "RedLine", "Rule", "Scenario", "ScenarioError", "StageSpec", "StrategySpec", "Time", "WarSpec",
    "read_scenario",
]  # fmt: skip
