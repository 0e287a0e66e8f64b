"""What a block of a scenario file is made of: names, texts, numbers and conditions, frozen and checked for their shape.

A block is one frozen pydantic model: the shape of the file and what the program holds. Short forms (`0.4`, a single
option) are widened here. Annotations beside the shape are read by the reader: `Refers`, `Each`, `Ids`,
`SHOWN`. The options of issues are needed to compile conditions; `Names` are the context of the validation.
"""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cache
from typing import Annotated, Any, ClassVar, Literal, Self, TypeVar, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    RootModel,
    StringConstraints,
    Tag,
    ValidationError,
    WithJsonSchema,
    WrapValidator,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from sim.core.packages import ALWAYS, NEVER, Condition
from sim.core.wording import quoted

NAME = r"^[A-Za-z0-9_][A-Za-z0-9_-]{0,79}$"
SLACK = 1e-9  # how far the value of a `uniform` may lie from the middle: files round
NORMAL_REACH = 0.44  # how far a `normal` goes beyond either end of its range, as a share of its width
MOST_SHOWN_ENTRIES, MOST_SHOWN_LETTERS = 200, 5_000  # of what is shown and never computed from
NUMBER_KEYS = ("value", "range", "law", "status", "source", "note")

Law = Literal["triangular", "uniform", "normal", "beta"]
Status = Literal["sourced", "assumption", "mixed"]
MIDDLE_LAWS = ("uniform", "normal")  # their value is the middle of the range and nothing else
DEFAULT_LAW: Law = "triangular"

T = TypeVar("T")


# Annotations beside the shape


@dataclass(frozen=True)
class Refers:
    """What stands here is the name of a party, an issue, an option of the issue above, ...: it must exist."""

    what: str


@dataclass(frozen=True)
class Each:
    """A table with an entry for every name there is; `hole` names what one without lacks."""

    hole: str


@dataclass(frozen=True)
class Ids:
    """A list whose entries have an `id` of their own; `what` an entry is called."""

    what: str


@dataclass(frozen=True)
class Shown:
    """What stands here is shown and never computed from, so no draw moves it."""


SHOWN = Shown()


@dataclass(frozen=True)
class Names:
    """The names of a scenario.

    Attributes:
        options: Options by issue.
        known: Names by what they are names of: party, issue, proposal, source, milestone, ...
    """

    options: Mapping[str, list[str]]
    known: Mapping[str, list[str]]

    @property
    def parties(self) -> list[str]:
        """Names of the parties, in file order."""
        return self.known.get("party", [])


NO_NAMES = Names({}, {})


@dataclass(frozen=True)
class Form:
    """What a file has in this place, where the program holds something made of it.

    Attributes:
        kind: Annotation of what the file has.
        into: Makes of it, and of the options of all issues, what the program holds; None for what is that already.
        nullable: Whether nothing, written as such, is the same as leaving the key out.
    """

    kind: Any
    into: Callable[[Any, Mapping[str, list[str]]], Any] | None = None
    nullable: bool = True

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        shape, into = handler.generate_schema(self.kind), self.into
        if into is None:
            return shape
        return core_schema.with_info_after_validator_function(
            lambda value, info: into(value, (info.context or NO_NAMES).options), shape
        )


def fault(message: str, key: str | None = None) -> PydanticCustomError:
    """A fault of the block that is checked, at one of its keys if one is given."""
    return PydanticCustomError("at", "{message}", {"message": message} | ({} if key is None else {"key": key}))


def found(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return quoted(str(value).lower() if isinstance(value, bool) else value)


# Names and texts


def _one_line(text: str) -> str:
    if len(text.splitlines()) > 1:
        raise fault("a label is one line; write longer texts in about or note")
    return text


def _one_is_a_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _one_entry_is_a_list(value: Any) -> Any:
    return value if isinstance(value, (list, dict)) else [value]


def _date(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        with suppress(ValueError):
            return date.fromisoformat(value)
    return value


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise PydanticCustomError("finite", "a finite number is needed")
    return value


def _one_or_more(one: dict[str, Any], **rest: Any) -> WithJsonSchema:
    return WithJsonSchema({"anyOf": [one, {"type": "array", "items": one, **rest}]})


Finite = Annotated[float, AfterValidator(_finite)]
Name = Annotated[str, StringConstraints(pattern=NAME)]
Label = Annotated[str, StringConstraints(min_length=1, max_length=400), AfterValidator(_one_line)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=10_000)]
Date = Annotated[
    date,
    BeforeValidator(_date),
    WithJsonSchema({"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$", "format": "date"}),
]
PartyName = Annotated[Name, Refers("party")]
IssueName = Annotated[Name, Refers("issue")]
OptionName = Annotated[Name, Refers("option")]


@dataclass(frozen=True)
class Listed:
    """A list of the file, which the program holds as a tuple, with the fewest and the most entries it may have."""

    least: int | None = None
    most: int | None = None

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        entries = core_schema.list_schema(
            handler.generate_schema(get_args(source)[0]), min_length=self.least, max_length=self.most, strict=False
        )
        return core_schema.no_info_after_validator_function(
            tuple, entries, serialization=core_schema.plain_serializer_function_ser_schema(list)
        )


Many = Annotated[tuple[T, ...], Listed()]
_ShortText = Annotated[str, Field(min_length=1, max_length=200)]
Keys = Annotated[
    Many[Annotated[str, StringConstraints(min_length=1, max_length=80)]],
    BeforeValidator(_one_is_a_list),
    _one_or_more({"type": "string"}),
]
OneOrMore = Annotated[
    tuple[T, ...], Listed(1, 500), BeforeValidator(_one_entry_is_a_list),
    _one_or_more({"type": "string", "pattern": NAME}, minItems=1),
]
AnyTexts = Annotated[tuple[_ShortText, ...], Listed(None, 250), BeforeValidator(_one_is_a_list),
                     _one_or_more({"type": "string"})]  # fmt: skip
Texts = Annotated[tuple[_ShortText, ...], Listed(1, 250), BeforeValidator(_one_is_a_list),
                  _one_or_more({"type": "string"}, minItems=1)]  # fmt: skip


def _small(value: dict[str, Any]) -> dict[str, Any]:
    entries, letters = _size(value)
    if entries > MOST_SHOWN_ENTRIES or letters > MOST_SHOWN_LETTERS:
        raise fault(
            f"too long for something that is only shown; at most {MOST_SHOWN_ENTRIES} entries and "
            f"{MOST_SHOWN_LETTERS:,} letters would do"
        )
    return value


def _size(value: Any) -> tuple[int, int]:
    below = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    sizes = [_size(each) for each in below]
    texts = [value] if isinstance(value, str) else list(map(str, value)) if isinstance(value, dict) else []
    return 1 + sum(entries for entries, _ in sizes), sum(map(len, texts)) + sum(letters for _, letters in sizes)


Free = Annotated[dict[str, Any], AfterValidator(_small)]  # shown, never computed from


def _fraction(value: Any) -> Fraction:
    parts = value.split("/") if isinstance(value, str) else []
    if len(parts) != 2 or not all(part.isascii() and part.isdigit() and len(part) < 10 for part in parts):
        raise fault(f"{found(value)} is no fraction; 1/2 or 226/450 would do")
    above, below = map(int, parts)
    if not 0 < above <= below:
        raise fault(f"{found(value)} is out of bounds; a fraction above 0, at most 1, would do")
    return Fraction(above, below)


Threshold = Annotated[
    Fraction,
    BeforeValidator(_fraction),
    WithJsonSchema({"type": "string", "pattern": "^0*[1-9][0-9]*/0*[1-9][0-9]*$"}),
]


# Blocks


class Block(BaseModel):
    """A mapping that takes its own keys and no others; an optional key without a value is as if it were left out."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _widened(cls, value: Any) -> Any:
        if isinstance(value, dict) and None in value.values():
            return {key: each for key, each in value.items() if each is not None or key not in _nullable(cls)}
        return value

    def settle(self, **values: Any) -> Self:
        """Set what follows from the block around this one; only while that is made."""
        self.__dict__.update(values)
        return self


@cache
def _nullable(block: type[Block]) -> frozenset[str]:
    """Optional keys for which nothing may stand; not those with a word to choose."""
    return frozenset(
        field.alias or name
        for name, field in block.model_fields.items()
        if not field.is_required()
        and not (isinstance(field.default, str) and field.default)
        and not any(isinstance(each, Form) and not each.nullable for each in field.metadata)
    )


class Sourced(Block):
    """A block that says where it comes from."""

    status: Status | None = Field(
        None,
        description="sourced: read in the source named; assumption: a judgement; mixed: a sourced fact, a judgement "
        "made from it.",
    )
    source: Keys = Field((), description="Keys of `sources`.")
    note: Text = Field("", description="A remark for the reader.")


class Open(Sourced):
    """A block that also takes keys made from names of the file; the reader checks them.

    Attributes:
        pattern: What such a key looks like.
        kind: What stands there.
        hint: Such a key in words, for a message.
        only_shown: Whether nothing is computed from it.
    """

    model_config = ConfigDict(extra="allow")

    pattern: ClassVar[str]
    kind: ClassVar[type[BaseModel]]
    hint: ClassVar[str]
    only_shown: ClassVar[bool] = False

    @model_validator(mode="after")
    def _read_open(self) -> Self:
        """Put what stands at these keys into shape; what has none is a fault of the reader."""
        for key, value in (self.__pydantic_extra__ or {}).items():
            try:
                self.__pydantic_extra__[key] = self.kind.model_validate(value)  # type: ignore[index]
            except ValidationError:
                continue
        return self


def labelled(table: dict[str, Any]) -> dict[str, Any]:
    """Entries of a table by name, each without a label called by its name."""
    return {name: entry if entry.label else entry.settle(label=name) for name, entry in table.items()}


# Numbers


class Number(Block):
    """A number: `0.4`, or a mapping that says how uncertain it is and where it comes from.

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


# Conditions


class Options(Block):
    """The options of an issue that match: one, a list, or `anything_but` them."""

    listed: Many[Name] | None = None
    anything_but: Annotated[tuple[Name, ...], Listed(1), BeforeValidator(_one_is_a_list)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _widened(cls, value: Any) -> Any:
        if isinstance(value, (str, list)):
            options = _one_is_a_list(value)
            if not options:
                raise fault("an empty list matches nothing; name an option")
            return {"listed": options}
        if not isinstance(value, dict) or set(value) != {"anything_but"}:
            raise fault(f"{found(value)} where an option, a list of options or anything_but: [...] would do")
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


class Clauses(RootModel[Annotated[tuple[Clause, ...], Listed(1, 200)]]):
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


def _always_or_never(value: Any, handler: Any) -> Any:
    if isinstance(value, str) and value not in ("always", "never"):
        raise fault(f"{found(value)} where always, never, a condition or a list of conditions would do")
    return value if isinstance(value, str) else handler(value)


def _compiled(clauses: Clauses | str, options: Mapping[str, list[str]]) -> Condition:
    """A condition without `anything_but`; names that do not exist are faults of the reader."""
    if isinstance(clauses, str):
        return ALWAYS if clauses == "always" else NEVER
    return Condition(tuple(
        {
            issue: frozenset(wanted.listed) if wanted.listed is not None
            else frozenset(options.get(issue, ())) - frozenset(wanted.anything_but or ())
            for issue, wanted in clause.items()
        }
        for clause in clauses.root
    ))  # fmt: skip


_ALWAYS_OR_CLAUSES = Annotated[Literal["always", "never"] | Clauses, WrapValidator(_always_or_never)]
When = Annotated[Condition, Form(Clauses, _compiled)]
WhenOrAlways = Annotated[Condition, Form(_ALWAYS_OR_CLAUSES, _compiled, nullable=False)]


# Numbers by option of one issue


@dataclass(frozen=True)
class ByOption:
    """What a table has by option of one issue."""

    issue: str
    numbers: dict[str, Any]


def issues_with_all(names: Iterable[str], options: Mapping[str, Iterable[str]]) -> list[str]:
    """Issues whose options are exactly these."""
    wanted = set(names)
    return [issue for issue, known in options.items() if set(known) == wanted]


def issues_with(names: Iterable[str], options: Mapping[str, Iterable[str]]) -> list[str]:
    """Issues that have all these options; those that have no others, if there are such."""
    wanted = set(names)
    containing = [issue for issue, known in options.items() if wanted <= set(known)]
    return issues_with_all(wanted, options) or containing


def by_option(kind: Any, issues: Callable[..., list[str]]) -> Form:
    """A table of the options of one issue, which is found by their names."""
    return Form(kind, lambda table, options: ByOption(next(iter(issues(table, options)), ""), table))
