"""The small shapes of a scenario file: names, texts, numbers, conditions.

Short forms (`0.4`, a single option) are widened here, so that there is one form inside.
"""

import math
import re
from datetime import date
from typing import Annotated, Any, ClassVar, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    RootModel,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from sim.scenario.messages import quoted
from sim.scenario.parts import DEFAULT_LAW, MIDDLE_LAWS, Law, Number, Status


def _one_line(text: str) -> str:
    if len(text.splitlines()) > 1:
        raise PydanticCustomError("at", "{said}", {"said": "a label is one line; write longer texts in about or note"})
    return text


NAME = r"^[A-Za-z0-9_][A-Za-z0-9_-]{0,79}$"
SLACK = 1e-9  # how far the value of a `uniform` may lie from the middle: files round
NORMAL_REACH = 0.44  # how far a `normal` goes beyond either end of its range, as a share of its width

Name = Annotated[str, StringConstraints(pattern=NAME)]
Label = Annotated[str, StringConstraints(min_length=1, max_length=400), AfterValidator(_one_line)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=10_000)]


def _one_is_a_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _one_entry_is_a_list(value: Any) -> Any:
    return value if isinstance(value, (list, dict)) else [value]


_NAME = {"type": "string", "pattern": NAME}
Names = Annotated[list[Name], Field(min_length=1)]
OneOrMoreNames = Annotated[
    list[Name],
    BeforeValidator(_one_entry_is_a_list),
    Field(min_length=1, max_length=500),
    WithJsonSchema({"anyOf": [_NAME, {"type": "array", "items": _NAME, "minItems": 1}]}),
]
Keys = Annotated[
    list[Annotated[str, StringConstraints(min_length=1, max_length=80)]],
    BeforeValidator(_one_is_a_list),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]


def _date(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return value
    return value


Date = Annotated[
    date,
    BeforeValidator(_date),
    WithJsonSchema({"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$", "format": "date"}),
]


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise PydanticCustomError("finite", "a finite number is needed")
    return value


Finite = Annotated[float, AfterValidator(_finite)]


class Strict(BaseModel):
    """A mapping that takes its own keys and no others."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)


class NumberModel(Strict):
    """A number: `0.4`, or a mapping that says how uncertain it is and where it comes from."""

    low: ClassVar[float | None] = None
    high: ClassVar[float | None] = None
    above: ClassVar[float | None] = None
    never_beyond: ClassVar[bool] = False  # whether a law that leaves the bounds is refused, not only a range

    value: Finite | None = Field(None, description="The central number; left out: the middle of the range.")
    range: Annotated[list[Finite], Field(min_length=2, max_length=2)] | None = Field(
        None, description="Low and high; the number is drawn anew between them in every run."
    )
    law: Law | None = Field(
        None,
        description="triangular (low, value, high; the default), uniform (low, high), normal (value is the mean, "
        "range the 5th and 95th percentile), beta (PERT).",
    )
    status: Status | None = Field(
        None,
        description="sourced: read in the source named; assumption: a judgement; "
        "mixed: a sourced fact, a judged number.",
    )
    source: Keys | None = Field(None, description="Keys of `sources`.")
    note: Text | None = Field(None, description="A remark for the reader.")

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return {"value": value}
        if not isinstance(value, dict):
            raise PydanticCustomError("number", "{found} is no number", {"found": found(value)})
        return value

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        if self.value is None and self.range is None:
            raise PydanticCustomError("number", "a number needs a value or a range")
        if self.law is not None and self.range is None:
            raise _at("law", f"the law {self.law} needs a range to draw from")
        if self.range is not None:
            self._check_range(*self.range)
        if self.value is not None:
            self._check_bounds("value", self.value)
        return self

    def _check_range(self, low: float, high: float) -> None:
        if low > high:
            raise _at("range", f"the range runs from {low:g} down to {high:g}; write the lower number first")
        self._check_bounds("range", low)
        self._check_bounds("range", high)
        self._check_reach(low, high)
        if self.value is None:
            return
        if not low <= self.value <= high:
            raise _at("value", f"{self.value:g} is outside its range, {low:g} to {high:g}")
        middle = (low + high) / 2
        if self.law in MIDDLE_LAWS and abs(self.value - middle) > SLACK * max(1.0, abs(low), abs(high)):
            raise _at(
                "value",
                f"the value of a {self.law} number is the middle of its range, {middle:g}, "
                f"not {self.value:g}; leave it out",
            )

    def _check_reach(self, low: float, high: float) -> None:
        beyond = NORMAL_REACH * (high - low)
        stays = self._within(low - beyond) and self._within(high + beyond)
        if stays or not self.never_beyond or self.law != "normal":
            return
        raise _at(
            "law",
            f"a normal law goes beyond its range, here to {low - beyond:g} and {high + beyond:g}, but "
            f"{self.wanted().rstrip(',')} is needed; use another law, or a narrower range",
        )

    def _check_bounds(self, key: str, number: float) -> None:
        if not self._within(number):
            raise _at(key, f"{number:g} is out of bounds; {self.wanted()} would do")

    def _within(self, number: float) -> bool:
        too_low = (self.low is not None and number < self.low) or (self.above is not None and number <= self.above)
        return not too_low and (self.high is None or number <= self.high)

    @classmethod
    def wanted(cls) -> str:
        """The numbers that would do, in words."""
        if cls.above is not None:
            return f"a number above {cls.above:g}" + (f", at most {cls.high:g}," if cls.high is not None else "")
        if cls.low is not None and cls.high is not None:
            return f"a number from {cls.low:g} to {cls.high:g}"
        if cls.low is not None:
            return f"a number of at least {cls.low:g}"
        return f"a number of at most {cls.high:g}" if cls.high is not None else "a number"

    def number(self) -> Number:
        """The number inside the program; a value left out is the middle."""
        low, high = self.range or (None, None)
        value = self.value if self.value is not None else ((low or 0.0) + (high or 0.0)) / 2
        return Number(
            float(value), None if low is None else float(low), None if high is None else float(high),
            self.law or DEFAULT_LAW, self.status, tuple(self.source or ()), self.note or "",
        )  # fmt: skip

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """A plain number or the mapping, both within the bounds."""
        reference = handler(core)
        target = handler.resolve_ref_schema(reference)
        bounds = {
            key: bound
            for key, bound in (("minimum", cls.low), ("maximum", cls.high), ("exclusiveMinimum", cls.above))
            if bound is not None
        }
        mapping = {key: target[key] for key in ("type", "additionalProperties", "properties")}
        for key in ("value", "range", "law", "status", "source", "note"):
            mapping["properties"][key] = without_null(mapping["properties"][key])
        mapping["properties"]["value"].update(bounds)
        mapping["properties"]["range"]["items"].update(bounds)
        description = (
            f"{cls.wanted()[0].upper()}{cls.wanted()[1:].rstrip(',')}, or {{value, range, law, status, source, note}}."
        )
        target.clear()
        target.update(description=description, anyOf=[{"type": "number", **bounds}, mapping])
        return reference


class Share(NumberModel):
    """A number from 0 to 1."""

    low, high = 0.0, 1.0


class Points(NumberModel):
    """A number from 0 to 100."""

    low, high = 0.0, 100.0


class Discount(NumberModel):
    """A number above 0, at most 1."""

    above, high = 0.0, 1.0


class Positive(NumberModel):
    """A number above 0."""

    above = 0.0


def _at(key: str, message: str) -> PydanticCustomError:
    return PydanticCustomError("at", "{said}", {"said": message, "key": key})


def without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Left out, not null: what pydantic writes for `X | None = None` without the null."""
    kinds = [kind for kind in schema.get("anyOf", []) if kind != {"type": "null"}]
    rest = {key: value for key, value in schema.items() if key not in ("anyOf", "default", "title")}
    return {**kinds[0], **rest} if len(kinds) == 1 else {**rest, "anyOf": kinds} if kinds else rest


def found(value: Any) -> str:
    """A value of the wrong kind, in words."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return quoted(str(value).lower() if isinstance(value, bool) else value)


class Options(Strict):
    """The options of an issue that match: one, a list, or `anything_but` them."""

    listed: list[Name] | None = None
    anything_but: Annotated[list[Name], BeforeValidator(_one_is_a_list), Field(min_length=1)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        if isinstance(value, (str, list)):
            options = _one_is_a_list(value)
            if not options:
                raise PydanticCustomError("at", "{said}", {"said": "an empty list matches nothing; name an option"})
            return {"listed": options}
        if not isinstance(value, dict) or set(value) != {"anything_but"}:
            raise PydanticCustomError(
                "at",
                "{said}",
                {"said": f"{found(value)} where an option, a list of options or anything_but: [...] would do"},
            )
        return value

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        reference = handler(core)
        target = handler.resolve_ref_schema(reference)
        one_or_more: dict[str, Any] = {
            "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]
        }
        negated = {
            "type": "object",
            "additionalProperties": False,
            "required": ["anything_but"],
            "properties": {"anything_but": {**one_or_more, "description": "Every option of the issue except these."}},
        }
        target.clear()
        target.update(
            description="An option, a list of options, or anything_but.", anyOf=[*one_or_more["anyOf"], negated]
        )
        return reference


Clause = Annotated[dict[Name, Options], Field(min_length=1)]


class ConditionModel(RootModel[Annotated[list[Clause], Field(min_length=1, max_length=200)]]):
    """Issues with the options that match: all issues must match; of a list of conditions any will do."""

    model_config = ConfigDict(frozen=True, strict=True)

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        return [value] if isinstance(value, dict) else value

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        reference = handler(core)
        target = handler.resolve_ref_schema(reference)
        clause = target["items"]
        target.clear()
        target.update(description=cls.__doc__, anyOf=[clause, {"type": "array", "items": clause, "minItems": 1}])
        return reference


def always_or_never(value: Any, handler: Any) -> Any:
    """Take the words always and never; anything else goes to the handler."""
    if isinstance(value, str):
        if value not in ("always", "never"):
            said = f"{found(value)} where always, never, a condition or a list of conditions would do"
            raise PydanticCustomError("at", "{said}", {"said": said})
        return value
    return handler(value)
