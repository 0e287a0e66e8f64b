"""Mediation: the mediator, its leverage and side payments, and its bias."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any

import numpy as np
from pydantic import Field, GetJsonSchemaHandler, PrivateAttr
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from sim.core.exact import Floats
from sim.core.fields import Block, Form, Name, Names, PartyName, fault
from sim.core.mechanism import KEY, Drawing, Mechanism, Place, Played
from sim.core.numbers import Chance, Number
from sim.core.packages import NO_DEAL, Bools, Ints
from sim.core.state import State
from sim.core.wording import listed, quoted, shown
from sim.mechanisms import MECHANISMS
from sim.mechanisms.events import BOTH
from sim.mechanisms.leverage import NOBODY, SEVERAL, Levers, LeverSpec
from sim.mechanisms.side_payments import Carrots, CarrotsSpec

MOST_LEVERS = 50


class SweptNumber(Number):
    """A number from -0.9 to 0.9 that is the same in every draw, to be swept."""

    least, most = -0.9, 0.9

    def _check_range(self, low: float, high: float) -> None:
        raise fault(
            "a bias is not drawn anew in every run; give one number, and sweep it: "
            "`--vary mediation.bias.by=-0.5:0.5:5`",
            "range",
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        reference = super().__get_pydantic_json_schema__(core, handler)
        target = handler.resolve_ref_schema(reference)
        target["description"] = f"{cls.wanted().capitalize()}, or {{value, status, source, note}}."
        for key in ("range", "law"):
            del target["anyOf"][1]["properties"][key]
        return reference


class BiasSpec(Block):
    """The side that the mediator's own offers favour."""

    _away_from: tuple[str, ...] = PrivateAttr(())

    toward: PartyName = Field(description="The belligerent it leans toward.")
    by: Annotated[Number, Form(SweptNumber)] = Field(
        description="How far: known shares of that side are divided by 1 + by, those of other belligerents by 1 - by, "
        "before the smallest is looked for. 0: nowhere; below 0: away from it."
    )

    @property
    def away_from(self) -> tuple[str, ...]:
        """The other belligerents, sorted."""
        return self._away_from


class MediationSpec(Block):
    """The mediator and its means."""

    mediator: PartyName = Field(description="The party that mediates; its `kind` is mediator.")
    levers: Annotated[dict[Name, LeverSpec], Field(max_length=MOST_LEVERS)] = Field(
        {}, description="Means of pressure, by name."
    )
    step_per_round: Chance = Field(
        Number(0),
        description="Strength that a lever gains or loses in a round, from 0 to 1; needed where there are levers.",
    )
    fades_per_year: Chance = Field(
        Number(0), description="Share of the pressure that is gone each year after signature; left out: 0."
    )
    bias: BiasSpec | None = Field(None, description="Toward which side it leans in its own offers; left out: neither.")
    carrots: CarrotsSpec | None = Field(None, description="Extra utility that it can add to packages.")


@MECHANISMS.register
@dataclass(frozen=True, eq=False)
class Mediation(Mechanism):
    """The drawn powers of a mediator."""

    key = "mediation"
    block = MediationSpec
    about = "The mediator and its means."
    names = MappingProxyType({"levers": "lever"})

    levers: Levers  # leverage on reservation values
    carrots: Carrots | None  # side payments, None where the file has none

    @classmethod
    def complete(cls, block: MediationSpec, scenario: Any) -> None:
        if block.bias is not None:
            fighting = sorted(name for name, party in scenario.parties.items() if party.kind == "belligerent")
            block.bias._away_from = tuple(name for name in fighting if name != block.bias.toward)

    @classmethod
    def draw(cls, block: MediationSpec, drawing: Drawing) -> "Mediation":
        return cls(Levers.draw(block, drawing), Carrots.draw(block.carrots, drawing))

    def before_round(self, state: State) -> State:
        """Apply leverage of events, and lower reservation values by it."""
        pressure = self.levers.at_the_start(state.pressure, state.round)
        lowered = self.levers.lower(state.reservation_value, pressure)
        return state._replace(pressure=pressure, reservation_value=lowered)

    def after_round(self, state: State, played: Played) -> State:
        """Move leverage after the mediator's offer, in the draws still open."""
        offer, lines = state.own_offer[:, self.levers.static.mediator], played.table.lines
        crossed = lines.crosses[lines.pattern[offer]] & state.real
        owned = np.array([lines.of(n) for n in range(len(played.table.parties))])
        by_party = (crossed[:, None] & owned).any(axis=2)
        alone = holdout(offer, played.utility, state.reservation_value, by_party, played.table.signs)
        moved = self.levers.after_round(state.pressure, alone, state.round)
        return state._replace(pressure=np.where(state.open[:, None], moved, state.pressure))

    @classmethod
    def check(cls, at: Place, names: Names) -> None:
        mediator, parties = at["mediator"].text, at.root["parties"]
        kinds = {party: node["kind"].text for party, node in parties.items()}
        if mediator in names.parties and kinds.get(mediator) != "mediator":
            message = f"{shown(mediator)} is no mediator; give that party `kind: mediator`, or name another one"
            at["mediator"].fault(message)
        for name, lever in at["levers"].items():
            if mediator is not None and lever["party"].text == mediator:
                message = "a mediator pulls levers on others, not on itself; name another party"
                lever["party"].fault(message, path=lever.path)
            if name == BOTH:
                message = f"{quoted(BOTH)} stands for two levers in `pulls_levers`; give this one another name"
                lever.fault(message, KEY, "mediation.levers")
        if at["levers"].keys and not at["step_per_round"]:
            message = "levers move by steps; `step_per_round: 0.25` brings one to full strength in four rounds"
            at["levers"].fault(message, KEY, "mediation")
        _check_bias(at["bias"]["toward"], [party for party, kind in kinds.items() if kind == "belligerent"], names)
        for offer in at["carrots"]["offers"].entries():
            if mediator is not None and offer["party"].text == mediator:
                message = "a mediator offers carrots to others, not to itself; name another party"
                offer["party"].fault(message, path=offer.path)


def holdout(offer: Ints, utility: Floats, reservation_value: Floats, crossed_by: Bools, signs: Bools) -> Ints:
    """Return the signatory that alone blocks an offer, else `NOBODY` or `SEVERAL`, shape (B,).

    Args:
        offer: A package a draw, `NO_DEAL` where there is none, shape (B,).
        utility: Utility of all packages, shape (B, N, P).
        reservation_value: Shape (B, N).
        crossed_by: Parties with a real red line that the offer crosses, shape (B, N).
        signs: Whose consent a package needs, shape (N, P).
    """
    draw = np.arange(len(offer))
    against = signs[:, offer].T & ((utility[draw, :, offer] < reservation_value - 1e-9) | crossed_by)
    count = against.sum(axis=1)
    alone = np.where(count == 1, against.argmax(axis=1), np.where(count == 0, NOBODY, SEVERAL))
    return np.where(offer == NO_DEAL, NOBODY, alone)


def _check_bias(toward: Place, fighting: list[str], names: Names) -> None:
    if toward.text not in names.parties:
        return
    if len(fighting) < 2:
        found = f"{fighting[0]} alone is" if fighting else "no party is"
        toward.fault(
            f"a bias is between belligerents, and {found} `kind: belligerent`; say so of two, or take the bias out"
        )
    elif toward.text not in fighting:
        toward.fault(f"{shown(toward.text)} is no belligerent; {listed(fighting, 'or')} would do")
