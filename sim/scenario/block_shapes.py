"""The small shapes of the blocks beside the talks: numbers that stay within their meaning, fractions, tables."""

from collections.abc import Iterable
from fractions import Fraction
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, WithJsonSchema
from pydantic_core import PydanticCustomError

from sim.core.packages import NEVER, Condition
from sim.scenario.parts import Number, Status, condition, signature
from sim.scenario.paths import NUMBER_KEYS
from sim.scenario.shapes import ConditionModel, Discount, Keys, Name, NumberModel, Share, Strict, Text, found

MOST_SHOWN_ENTRIES, MOST_SHOWN_LETTERS = 200, 5_000  # of what is shown and never computed from

Options = dict[str, frozenset[str]]  # issue -> all its options


class Chance(Share):
    """A number from 0 to 1 in every draw."""

    never_beyond = True


class Amount(NumberModel):
    """A number of at least 0 in every draw."""

    low, never_beyond = 0.0, True


class AboveNothing(NumberModel):
    """A number above 0 in every draw."""

    above, never_beyond = 0.0, True


class Lasting(Discount):
    """A number above 0, at most 1, in every draw."""

    never_beyond = True


class Change(NumberModel):
    """A number from -1 to 1 in every draw."""

    low, high, never_beyond = -1.0, 1.0, True


class Told(Strict):
    """A block that says where it comes from."""

    status: Status | None = Field(
        None,
        description="sourced: read in the source named; assumption: a judgement; mixed: a sourced fact, a judgement "
        "made from it.",
    )
    source: Keys | None = Field(None, description="Keys of `sources`.")
    note: Text | None = Field(None, description="A remark for the reader.")


class Open(Told):
    """A block that also takes keys made from names of the file; they are checked by `block_checks.check_open`.

    Attributes:
        pattern: What such a key looks like.
        kind: What stands there.
        hint: Such a key in words, for a message.
    """

    model_config = ConfigDict(extra="allow")

    pattern: ClassVar[str]
    kind: ClassVar[type[BaseModel]]
    hint: ClassVar[str]


def is_table(keys: Iterable[str]) -> bool:
    """Whether a mapping with such keys is a table of numbers by name, not one number."""
    keys = set(keys)
    return not keys & {"value", "range", "law"} and not keys <= set(NUMBER_KEYS)


def _number_or_table(value: Any) -> str:
    return "[table]" if isinstance(value, dict) and is_table(map(str, value)) else "[number]"


def _table(what: type[NumberModel]) -> Any:
    """One number, or a table of numbers by name."""
    return Annotated[
        Annotated[what, Tag("[number]")] | Annotated[dict[Name, what], Tag("[table]")],  # type: ignore[valid-type]
        Discriminator(_number_or_table),
    ]


AmountOrTable = _table(Amount)
NumberOrTable = _table(NumberModel)


def _fraction(value: Any) -> Fraction:
    parts = value.split("/") if isinstance(value, str) else []
    if len(parts) != 2 or not all(part.isascii() and part.isdigit() and len(part) < 10 for part in parts):
        raise _said(f"{found(value)} is no fraction; 1/2 or 226/450 would do")
    above, below = map(int, parts)
    if not 0 < above <= below:
        raise _said(f"{found(value)} is out of bounds; a fraction above 0, at most 1, would do")
    return Fraction(above, below)


Threshold = Annotated[
    Fraction,
    BeforeValidator(_fraction),
    WithJsonSchema({"type": "string", "pattern": "^0*[1-9][0-9]*/0*[1-9][0-9]*$"}),
]


def _small(value: dict[str, Any]) -> dict[str, Any]:
    entries, letters = _size(value)
    if entries > MOST_SHOWN_ENTRIES or letters > MOST_SHOWN_LETTERS:
        raise _said(
            f"too long for something that is only shown; at most {MOST_SHOWN_ENTRIES} entries and "
            f"{MOST_SHOWN_LETTERS:,} letters would do"
        )
    return value


def _size(value: Any) -> tuple[int, int]:
    """Entries and letters of a nested value."""
    below = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    sizes = [_size(each) for each in below]
    words = [value] if isinstance(value, str) else list(map(str, value)) if isinstance(value, dict) else []
    return 1 + sum(entries for entries, _ in sizes), sum(map(len, words)) + sum(letters for _, letters in sizes)


Shown = Annotated[dict[str, Any], AfterValidator(_small)]


def _one_is_a_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


OneOrMore = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=200)]],
    BeforeValidator(_one_is_a_list),
    Field(min_length=1, max_length=250),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}),
]

AnyNumber = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=200)]],
    BeforeValidator(_one_is_a_list),
    Field(max_length=250),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]


def said_at(key: str, message: str) -> PydanticCustomError:
    """A fault at a key of the block that is checked."""
    return PydanticCustomError("at", "{said}", {"said": message, "key": key})


def _said(message: str) -> PydanticCustomError:
    return PydanticCustomError("at", "{said}", {"said": message})


def condition_of(model: ConditionModel | str | None, options: Options, otherwise: Condition = NEVER) -> Condition:
    """A condition inside the program: the words always and never, or clauses without `anything_but`."""
    if model is None:
        return otherwise
    if isinstance(model, str):
        return signature(model)
    clauses = [
        {
            issue: (frozenset(wanted.listed or wanted.anything_but or ()), wanted.listed is None)
            for issue, wanted in clause.items()
        }
        for clause in model.root
    ]
    return condition(clauses, options)


def number_of(model: NumberModel | None, otherwise: float) -> Number:
    """A number inside the program, a certain one if it was left out."""
    return Number(otherwise) if model is None else model.number()


def number_or_none(model: NumberModel | None) -> Number | None:
    """A number inside the program, None if it was left out."""
    return None if model is None else model.number()


def numbers_of(table: dict[str, Any] | None) -> dict[str, Number]:
    """A table of numbers inside the program."""
    return {name: model.number() for name, model in (table or {}).items()}


def numbers_of_each(tables: dict[str, Any] | None) -> dict[str, dict[str, Number]]:
    """Tables of numbers by name inside the program."""
    return {name: numbers_of(table) for name, table in (tables or {}).items()}


def number_or_table(model: Any) -> Number | dict[str, Number]:
    """One number or a table of them inside the program."""
    return numbers_of(model) if isinstance(model, dict) else model.number()
