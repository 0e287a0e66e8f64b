"""Numbers of a scenario file: `0.4`, or with uncertainty and source; bounded, or by name."""

import math
from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Discriminator, Field, GetJsonSchemaHandler, Tag, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from sim.core.fields import Block, Finite, Form, Keys, Listed, Name, PartyName, Status, Text, fault, found

SLACK = 1e-9  # how far the value of a `uniform` may lie from the middle: files round
NORMAL_REACH = 0.44  # how far a `normal` extends beyond either end of its range, as a share of its width
NUMBER_KEYS = ("value", "range", "law", "status", "source", "note")
Law = Literal["triangular", "uniform", "normal", "beta"]
MIDDLE_LAWS = ("uniform", "normal")  # their value is the middle of the range and nothing else
DEFAULT_LAW: Law = "triangular"


class Number(Block):
    """A number: `0.4`, or a mapping with its uncertainty and source.

    A number with a range is drawn anew in every run. Numbers are equal whatever bounds they were read within.
    """

    least: ClassVar[float | None] = None
    most: ClassVar[float | None] = None
    above: ClassVar[float | None] = None
    never_beyond: ClassVar[bool] = False  # whether a law that leaves the bounds is refused, not only a range

    value: Finite = Field(math.nan, description="The central number; left out: the middle of the range.")
    range: Annotated[tuple[Finite, ...], Listed(2, 2)] | None = Field(
        None, description="Low and high; the number is drawn anew between them in every run."
    )
    law: Law = Field(
        DEFAULT_LAW,
        description="triangular (low, value, high; the default), uniform (low, high), normal (value is the mean, "
        "range the 5th and 95th percentile), beta (PERT).",
    )
    status: Status | None = Field(
        None,
        description="sourced: read in the source named; assumption: a judgement; "
        "mixed: a sourced fact, a judged number.",
    )
    source: Keys = Field((), description="Keys of `sources`.")
    note: Text = Field("", description="A remark for the reader.")

    def __init__(
        self, value: float, low: float | None = None, high: float | None = None, law: Law = DEFAULT_LAW,
        status: Status | None = None, source: tuple[str, ...] = (), note: str = "",
    ) -> None:  # fmt: skip
        given = {"value": value, "law": law, "status": status, "source": source, "note": note or None}
        spread = {} if low is None else {"range": [low, high]}
        super().__init__(**{key: each for key, each in given.items() if spread or key != "law"}, **spread)

    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]  # for Python alone: a file is read without it

    @property
    def low(self) -> float | None:
        """Low end of the range (5th percentile of a `normal`), None for a certain number."""
        return self.range[0] if self.range else None

    @property
    def high(self) -> float | None:
        """High end of the range (95th percentile of a `normal`), None for a certain number."""
        return self.range[1] if self.range else None

    @property
    def uncertain(self) -> bool:
        """Whether it differs from draw to draw."""
        return self.range is not None and self.range[0] < self.range[1]

    def __float__(self) -> float:
        return float(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Number) and self._all == other._all

    def __hash__(self) -> int:
        return self._all.__hash__()

    @property
    def _all(self) -> tuple[object, ...]:
        return self.value, self.range, self.law, self.status, self.source, self.note

    def same_law(self, other: "Number") -> bool:
        """Whether both are drawn alike: value, range and law."""
        return self._drawn == other._drawn

    @property
    def _drawn(self) -> tuple[object, ...]:
        return (self.value, self.range, self.law) if self.uncertain else (self.value,)

    def __str__(self) -> str:
        spread = f" [{self.low:g}, {self.high:g}]" if self.uncertain else ""
        law = f" {self.law}" if self.uncertain and self.law != DEFAULT_LAW else ""
        return f"{self.value:g}{spread}{law}"

    @model_validator(mode="before")
    @classmethod
    def _widened(cls, value: Any) -> Any:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return {"value": value}
        if not isinstance(value, dict):
            raise PydanticCustomError("number", "{found} is no number", {"found": found(value)})
        return {key: each for key, each in value.items() if each is not None or key not in NUMBER_KEYS}

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        given = self.model_fields_set
        if "value" not in given and self.range is None:
            raise PydanticCustomError("number", "a number needs a value or a range")
        if "law" in given and self.range is None:
            raise fault(f"the law {self.law} needs a range to draw from", "law")
        if self.range is not None:
            self._check_range(*self.range)
        if "value" in given:
            self._check_bounds("value", self.value)
        elif self.range is not None:
            self.settle(value=(self.range[0] + self.range[1]) / 2)
        return self

    def _check_range(self, low: float, high: float) -> None:
        if low > high:
            raise fault(f"the range runs from {low:g} down to {high:g}; write the lower number first", "range")
        self._check_bounds("range", low)
        self._check_bounds("range", high)
        beyond = NORMAL_REACH * (high - low)
        stays = self._within(low - beyond) and self._within(high + beyond)
        if self.never_beyond and self.law == "normal" and not stays:
            reach = f"a normal law goes beyond its range, here to {low - beyond:g} and {high + beyond:g}"
            needed = f"{self.wanted().rstrip(',')} is needed; use another law, or a narrower range"
            raise fault(f"{reach}, but {needed}", "law")
        if "value" not in self.model_fields_set:
            return
        if not low <= self.value <= high:
            raise fault(f"{self.value:g} is outside its range, {low:g} to {high:g}", "value")
        middle = (low + high) / 2
        if self.law in MIDDLE_LAWS and abs(self.value - middle) > SLACK * max(1.0, abs(low), abs(high)):
            wanted = f"the middle of its range, {middle:g}, not {self.value:g}; leave it out"
            raise fault(f"the value of a {self.law} number is {wanted}", "value")

    def _check_bounds(self, key: str, number: float) -> None:
        if not self._within(number):
            raise fault(f"{number:g} is out of bounds; {self.wanted()} would do", key)

    def _within(self, number: float) -> bool:
        too_low = (self.least is not None and number < self.least) or (self.above is not None and number <= self.above)
        return not too_low and (self.most is None or number <= self.most)

    @classmethod
    def wanted(cls) -> str:
        if cls.above is not None:
            return f"a number above {cls.above:g}" + (f", at most {cls.most:g}," if cls.most is not None else "")
        if cls.least is not None and cls.most is not None:
            return f"a number from {cls.least:g} to {cls.most:g}"
        if cls.least is not None:
            return f"a number of at least {cls.least:g}"
        return f"a number of at most {cls.most:g}" if cls.most is not None else "a number"

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """A plain number or the mapping, both within the bounds."""
        reference = handler(core)
        target = handler.resolve_ref_schema(reference)
        limits = {"minimum": cls.least, "maximum": cls.most, "exclusiveMinimum": cls.above}
        bounds = {key: bound for key, bound in limits.items() if bound is not None}
        mapping = {key: target[key] for key in ("type", "additionalProperties", "properties")}
        for key in NUMBER_KEYS:
            mapping["properties"][key] = without_null(mapping["properties"][key])
        mapping["properties"]["value"].update(bounds)
        mapping["properties"]["range"]["items"].update(bounds)
        wanted = cls.wanted().rstrip(",")
        description = f"{wanted[0].upper()}{wanted[1:]}, or {{value, range, law, status, source, note}}."
        target.clear()
        target.update(description=description, anyOf=[{"type": "number", **bounds}, mapping])
        return reference


class ShareNumber(Number):
    least, most = 0.0, 1.0


class PointsNumber(Number):
    least, most = 0.0, 100.0


class DiscountNumber(Number):
    above, most = 0.0, 1.0


class PositiveNumber(Number):
    above = 0.0


class ChanceNumber(ShareNumber):
    never_beyond = True


class AmountNumber(Number):
    least, never_beyond = 0.0, True


class AboveNothingNumber(Number):
    above, never_beyond = 0.0, True


class LastingNumber(DiscountNumber):
    never_beyond = True


class ChangeNumber(Number):
    least, most, never_beyond = -1.0, 1.0, True


Share = Annotated[Number, Form(ShareNumber)]
Points = Annotated[Number, Form(PointsNumber)]
Discount = Annotated[Number, Form(DiscountNumber)]
Positive = Annotated[Number, Form(PositiveNumber)]
Chance = Annotated[Number, Form(ChanceNumber)]
Amount = Annotated[Number, Form(AmountNumber)]
AboveNothing = Annotated[Number, Form(AboveNothingNumber)]
Lasting = Annotated[Number, Form(LastingNumber)]
Change = Annotated[Number, Form(ChangeNumber)]


def without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Left out, not null: what pydantic writes for `X | None = None` without the null."""
    kinds = [kind for kind in schema.get("anyOf", []) if kind != {"type": "null"}]
    rest = {key: value for key, value in schema.items() if key not in ("anyOf", "default", "title")}
    if len(kinds) == len(schema.get("anyOf", [])):
        return {**rest, **({"anyOf": kinds} if kinds else {})}
    return {**kinds[0], **rest} if len(kinds) == 1 else {**rest, "anyOf": kinds}


def is_table(keys: Iterable[str]) -> bool:
    """Whether a mapping with such keys is a table of numbers by name, not one number."""
    keys = set(keys)
    return not keys & {"value", "range", "law"} and not keys <= set(NUMBER_KEYS)


NUMBER_OR_TABLE = Discriminator(
    lambda value: "[table]" if isinstance(value, dict) and is_table(map(str, value)) else "[number]"
)
AmountByOption = Annotated[
    Annotated[Amount, Tag("[number]")] | Annotated[dict[Name, Amount], Tag("[table]")], NUMBER_OR_TABLE
]
AmountByParty = Annotated[
    Annotated[Amount, Tag("[number]")] | Annotated[dict[PartyName, Amount], Tag("[table]")], NUMBER_OR_TABLE
]
NumberByParty = Annotated[
    Annotated[Number, Tag("[number]")] | Annotated[dict[PartyName, Number], Tag("[table]")], NUMBER_OR_TABLE
]
