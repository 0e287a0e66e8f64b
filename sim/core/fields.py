"""The building blocks of scenario models: names, texts and tables, frozen and validated for their shape.

A block is one frozen pydantic model: the shape of the file and what the program uses. Short forms (a single name for a
list of one) are expanded here. Annotations beside the shape are read by the reader: `Refers`, `Each`, `Ids`, `SHOWN`;
`Names` are the context of the validation. Numbers and conditions have modules of their own.
"""

import math
import re
import unicodedata
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
    Field,
    GetCoreSchemaHandler,
    StringConstraints,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from sim.core.wording import quoted

NAME = r"^[A-Za-z0-9_][A-Za-z0-9_-]{0,79}$"
MOST_SHOWN_ENTRIES, MOST_SHOWN_LETTERS = 200, 5_000  # of what is shown and never computed from

Status = Literal["sourced", "assumption", "mixed"]

T = TypeVar("T")


# Annotations beside the shape


@dataclass(frozen=True)
class Refers:
    """The value is the name of a party, an issue, an option of the issue above, ...: it must exist."""

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
    """A descriptive value, which no draw moves."""


SHOWN = Shown()


@dataclass(frozen=True)
class Names:
    """The names of a scenario."""

    options: Mapping[str, list[str]]  # options by issue
    known: Mapping[str, list[str]]  # names by what they are names of: party, issue, proposal, source, milestone

    @property
    def parties(self) -> list[str]:
        """Names of the parties, in file order."""
        return self.known.get("party", [])


NO_NAMES = Names({}, {})


@dataclass(frozen=True)
class Form:
    """The form of a value in the file, if the program uses something made of it."""

    kind: Any  # annotation of what the file has
    into: Callable[[Any, Mapping[str, list[str]]], Any] | None = None  # makes that, of it and the options of issues
    nullable: bool = True  # whether null as such is the same as leaving the key out

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
    if all(unicodedata.category(char) in ("Zs", "Zl", "Zp", "Cc", "Cf") for char in text):
        raise fault("a label of blanks alone; write what is to be read in charts and tables")
    return text


def one_is_a_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _one_entry_is_a_list(value: Any) -> Any:
    return value if isinstance(value, (list, dict)) else [value]


def _date(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        with suppress(ValueError):
            return date.fromisoformat(value)
    return value


def _partial_date(text: str) -> str:
    if not re.fullmatch(r"\d{4}(-\d{2}){0,2}", text):
        raise fault(f"{quoted(text)} where a date such as 2025-12-14, 2025-12 or 2025 would do")
    return text


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise PydanticCustomError("finite", "a finite number is needed")
    return value


def _one_or_more(one: dict[str, Any], **rest: Any) -> WithJsonSchema:
    return WithJsonSchema({"anyOf": [one, {"type": "array", "items": one, **rest}]})


Finite = Annotated[float, AfterValidator(_finite)]
Name = Annotated[str, StringConstraints(pattern=NAME)]
Label = Annotated[str, StringConstraints(min_length=1, max_length=400), AfterValidator(_one_line)]
MOST_SHORT = 24  # letters of a short label
Short = Annotated[str, StringConstraints(min_length=1, max_length=MOST_SHORT), AfterValidator(_one_line)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=10_000)]
Date = Annotated[
    date,
    BeforeValidator(_date),
    WithJsonSchema({"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$", "format": "date"}),
]
Month = Annotated[  # of the calendar: its middle; or a day
    date,
    BeforeValidator(lambda value: _date(f"{value}-15" if re.fullmatch(r"\d{4}-\d{2}", str(value)) else value)),
    WithJsonSchema({"type": "string", "pattern": r"^\d{4}-\d{2}(-\d{2})?$"}),
]
SourceDate = Annotated[  # a day, a month or a year, as text: a shorter one compares with its beginning
    str,
    BeforeValidator(lambda value: str(value) if isinstance(value, date) or type(value) is int else value),
    AfterValidator(_partial_date),
    WithJsonSchema({"type": ["string", "integer"]}),
]
PartyName = Annotated[Name, Refers("party")]
IssueName = Annotated[Name, Refers("issue")]
OptionName = Annotated[Name, Refers("option")]


@dataclass(frozen=True)
class Listed:
    """A list of the file, a tuple in the program, with its minimum and maximum number of entries."""

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
    BeforeValidator(one_is_a_list),
    _one_or_more({"type": "string"}),
]
OneOrMore = Annotated[
    tuple[T, ...], Listed(1, 500), BeforeValidator(_one_entry_is_a_list),
    _one_or_more({"type": "string", "pattern": NAME}, minItems=1),
]
AnyTexts = Annotated[tuple[_ShortText, ...], Listed(None, 250), BeforeValidator(one_is_a_list),
                     _one_or_more({"type": "string"})]  # fmt: skip
Texts = Annotated[tuple[_ShortText, ...], Listed(1, 250), BeforeValidator(one_is_a_list),
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
    """A mapping with exactly its own keys; an optional key without a value is as if it were left out."""

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
    """Return optional keys that may be null; not those with a named option."""
    return frozenset(
        field.alias or name
        for name, field in block.model_fields.items()
        if not field.is_required()
        and not (isinstance(field.default, str) and field.default)
        and not any(isinstance(each, Form) and not each.nullable for each in field.metadata)
    )


class Sourced(Block):
    """A block with a source."""

    status: Status | None = Field(
        None,
        description="sourced: read in the source named; assumption: a judgement; mixed: a sourced fact, a judgement "
        "made from it.",
    )
    source: Keys = Field((), description="Keys of `sources`.")
    note: Text = Field("", description="A remark for the reader.")


class Open(Sourced):
    """A block that also takes keys made from names of the file; the reader checks them."""

    model_config = ConfigDict(extra="allow")

    pattern: ClassVar[str]  # pattern of such a key
    kind: ClassVar[type[BaseModel]]  # type of its value
    hint: ClassVar[str]  # such a key in words, for a message
    only_shown: ClassVar[bool] = False  # whether it is only descriptive

    @model_validator(mode="after")
    def _read_open(self) -> Self:
        """Validate the values of these keys; an invalid one is a fault of the reader."""
        for key, value in (self.__pydantic_extra__ or {}).items():
            try:
                self.__pydantic_extra__[key] = self.kind.model_validate(value)  # type: ignore[index]
            except ValidationError:
                continue
        return self


def labelled(table: dict[str, Any]) -> dict[str, Any]:
    """Entries of a table by name, each without a label called by its name."""
    return {name: entry if entry.label else entry.settle(label=name) for name, entry in table.items()}


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
