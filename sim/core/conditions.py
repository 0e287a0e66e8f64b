"""Conditions of a scenario file: the options of issues that match, compiled with the options of all issues."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, GetJsonSchemaHandler, RootModel, WrapValidator, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from sim.core.fields import Block, Form, Listed, Many, Name, fault, found, one_is_a_list
from sim.core.packages import ALWAYS, NEVER, Condition


class Options(Block):
    """The options of an issue that match: one, a list, or `anything_but` them."""

    listed: Many[Name] | None = None
    anything_but: Annotated[tuple[Name, ...], Listed(1), BeforeValidator(one_is_a_list)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _widened(cls, value: Any) -> Any:
        if isinstance(value, (str, list)):
            options = one_is_a_list(value)
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
