"""Pages of the reference that are made from the program itself, so that they cannot lag behind it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import click

import sim
from sim.charts import CHARTS
from sim.cli.commands import peacesim
from sim.scenario.json_schema import json_schema

Schema = Mapping[str, Any]

WIDTH = 80  # columns of a terminal
START = "Scenario"
NAMED = ("Strategy", "Protocol")  # made from the registries: they have a page of their own
MADE = "<!-- made from the program when the manual is built -->\n\n"


def pages() -> dict[str, str]:
    """Every made page by its place below `docs/`."""
    return {
        "reference/keys.md": keys_page(),
        "reference/help.md": help_page(),
        "reference/charts.md": charts_page(),
        "reference/api.md": api_page(),
    }


def keys_page() -> str:
    """Every key of a scenario file, with meaning, range and default, block by block."""
    definitions = json_schema()["definitions"]
    places = _places(definitions)
    text = [
        MADE + "# Every key of a scenario file\n",
        "Made from the schema that the program reads files with. [Scenario files](../scenario-files.md) tells "
        "the same as a text,"
        "[the mechanisms](../mechanisms.md) what each block does. NAME stands for an id of your own. A key in "
        "**bold** must be there, unless the file `extends` another. *Central number* and range of a number may be "
        f"written together, see [a number](#{_anchor('Number')}).\n",
    ]
    for name, where in places.items():
        more = f" and {len(where) - 4} more" if len(where) > 4 else ""
        shown = ", ".join(f"`{place}`" for place in where[:4]) + more
        stands = f"\n\nStands at: {shown}." if where != [""] else ""
        text.append(f"## {_title(name)} {{#{_anchor(name)}}}\n")
        text.append(definitions[name].get("description", "") + stands + "\n")
        if name == "Number":
            text.append(_kinds_of_number(definitions))
        text.append("| key | meaning | takes | left out |\n|---|---|---|---|")
        needed, rows = definitions[name].get("required", ()), _rows(definitions[name])
        for key, value in rows.items():
            taken, default = _taken(value, definitions), value.get("default")
            left_out = "must be there" if key in needed else "" if default is None else f"`{_plain(default)}`"
            label = f"**`{key}`**" if key in needed else f"`{key}`"
            text.append(f"| {label} | {_cell(_meaning(value, definitions))} | {_cell(taken)} | {left_out} |")
        text.append("")
    return "\n".join(text)


def _places(definitions: Mapping[str, Schema]) -> dict[str, list[str]]:
    """Every block by name, with the paths at which it stands; in the order in which a reader meets it."""
    places: dict[str, list[str]] = {START: [""]}
    waiting = [START]
    while waiting:
        block = waiting.pop(0)
        for key, value in _rows(definitions[block]).items():
            for step, inner in _blocks(value):
                name = _home(inner, definitions)
                path = ".".join(filter(None, (places[block][0], key, step)))
                if name in NAMED or not _rows(definitions[name]):
                    continue
                if name not in places:
                    places[name] = []
                    waiting.append(name)
                if name == "Number" or path not in places[name]:
                    places[name].append(path)
    numbers = places.pop("Number")
    return {**places, "Number": numbers}


def _rows(block: Schema) -> dict[str, Schema]:
    """The keys of a block; nothing for what takes no keys of its own."""
    of_number = next((each for each in block.get("anyOf", ()) if "value" in each.get("properties", {})), {})
    return {**block.get("properties", {}), **of_number.get("properties", {}), **_patterns(block)}


def _patterns(block: Schema) -> dict[str, Schema]:
    return {("PLACE_held_by_PARTY" if "_held_by_" in pattern else "NAME"): value
            for pattern, value in block.get("patternProperties", {}).items()}  # fmt: skip


def _blocks(value: Schema, step: str = "") -> Iterator[tuple[str, str]]:
    """The definitions that a value refers to, each with the steps that lead to it."""
    if "$ref" in value:
        yield step, value["$ref"].rsplit("/", 1)[-1]
    for each in (*value.get("allOf", ()), *value.get("anyOf", ())):
        yield from _blocks(each, step)
    if isinstance(value.get("items"), Mapping):
        yield from _blocks(value["items"], step + (".NAME" if step else "NAME"))
    for each in value.get("patternProperties", {}).values():
        yield from _blocks(each, step + (".NAME" if step else "NAME"))


def _home(name: str, definitions: Mapping[str, Schema]) -> str:
    """Where a definition is told: numbers of all kinds are told together."""
    return "Number" if _is_number(definitions[name]) else name


def _is_number(definition: Schema) -> bool:
    return any("value" in each.get("properties", {}) for each in definition.get("anyOf", ()))


def _kinds_of_number(definitions: Mapping[str, Schema]) -> str:
    kinds = sorted(each["description"] for each in definitions.values() if _is_number(each) and "description" in each)
    return "Kinds, by what they take:\n\n" + "\n".join(f"- {kind}" for kind in dict.fromkeys(kinds)) + "\n"


def _meaning(value: Schema, definitions: Mapping[str, Schema]) -> str:
    if "description" in value:
        return str(value["description"])
    return next((str(definitions[name].get("description", "")) for _, name in _blocks(value)), "")


def _taken(value: Schema, definitions: Mapping[str, Schema]) -> str:
    """What a key takes, in words."""
    if "const" in value:
        return f"`{_plain(value['const'])}`"
    if "enum" in value:
        return ", ".join(f"`{_plain(each)}`" for each in value["enum"])
    if "$ref" in value:
        return _reference(value["$ref"].rsplit("/", 1)[-1], definitions)
    if "allOf" in value:
        return " and ".join(_taken(each, definitions) for each in value["allOf"])
    if "anyOf" in value:
        return ", or ".join(dict.fromkeys(_taken(each, definitions) for each in value["anyOf"]))
    if value.get("patternProperties"):
        (inner,) = value["patternProperties"].values()
        return f"by name: {_taken(inner, definitions)}"
    kind = value.get("type")
    if kind == "array":
        return f"a list of: {_taken(value.get('items', {}), definitions)}{_length(value)}"
    if kind in ("number", "integer"):
        return {"number": "a number", "integer": "a whole number"}[kind] + _bounds(value)
    if kind == "object":
        return f"by name: {_taken(value['additionalProperties'], definitions)}" if isinstance(
            value.get("additionalProperties"), Mapping) else "a mapping"  # fmt: skip
    if value.get("format") == "date":
        return "a date, YYYY-MM-DD"
    if kind == "string":
        most = f", up to {value['maxLength']:,} characters" if "maxLength" in value else ""
        return "a name" if "pattern" in value else "a text" + most
    return {"boolean": "`true` or `false`"}.get(str(kind), "anything")


def _reference(name: str, definitions: Mapping[str, Schema]) -> str:
    if name in NAMED:
        return f"[a {name.lower()}](../negotiation.md)"
    if _is_number(definitions[name]):
        told = str(definitions[name].get("description", "A number")).split(",")[0]
        return f"[{told[0].lower()}{told[1:]}](#{_anchor('Number')})"
    if _rows(definitions[name]):
        return f"[{_title(name).lower()}](#{_anchor(name)})"
    return str(definitions[name].get("description", name)).rstrip(".")


def _bounds(value: Schema) -> str:
    low, above = value.get("minimum"), value.get("exclusiveMinimum")
    high, below = value.get("maximum"), value.get("exclusiveMaximum")
    words = [f"from {low:g}" if low is not None else "", f"above {above:g}" if above is not None else "",
             f"up to {high:g}" if high is not None else "",
             f"below {below:g}" if below is not None else ""]  # fmt: skip
    return "".join(f" {word}" for word in words if word)


def _length(value: Schema) -> str:
    low, high = value.get("minItems"), value.get("maxItems")
    if low == high and low is not None:
        return f" ({low})"
    if low is None and high is None:
        return ""
    return f" ({low or 0} or more)" if high is None else f" ({low or 0} to {high})"


def _title(name: str) -> str:
    if name == START:
        return "The file"
    if name == "Number":
        return "A number"
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name.removesuffix("Model"))
    return words.strip().capitalize()


def _anchor(name: str) -> str:
    return _title(name).lower().replace(" ", "-")


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _cell(text: str) -> str:
    return re.sub(r"(`[^`]*`)|([|*])", lambda found: found[1] or "\\" + found[2], " ".join(text.split()))


def help_page() -> str:
    """What every command says of itself."""
    text = [MADE + "# What `--help` says\n",
            "Word for word. [Commands](../command-line.md) explains them, with examples, output and exit "
            "codes.\n"]  # fmt: skip
    top = click.Context(peacesim, info_name="peacesim", terminal_width=WIDTH, max_content_width=WIDTH)
    text.append(f"```text\n{peacesim.get_help(top)}\n```\n")
    for path, command in _commands(peacesim, "peacesim"):
        context = click.Context(command, info_name=path, terminal_width=WIDTH, max_content_width=WIDTH)
        text.append(f"## {path}\n\n```text\n{command.get_help(context)}\n```\n")
    return "\n".join(text)


def _commands(group: click.Group, path: str) -> Iterator[tuple[str, click.Command]]:
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        assert command is not None
        yield f"{path} {name}", command
        if isinstance(command, click.Group):
            yield from _commands(command, f"{path} {name}")


def charts_page() -> str:
    """Every chart of a result."""
    text = [MADE + "# Charts\n",
            "Each is written as SVG, PNG and CSV to `charts/` of a results folder. The "
            "[gallery](../gallery.md) shows them "
            "for every shipped scenario.\n",
            "| name | shows |\n|---|---|"]  # fmt: skip
    return "\n".join([*text, *(f"| `{name}` | {_cell(chart.about)} |" for name, chart in CHARTS.items()), ""])


def api_page() -> str:
    """Every public name of the package, from its docstring."""
    text = [MADE + "# The Python interface\n",
            "What `import peacesim` offers; [From Python](../python.md) shows it at work.\n"]  # fmt: skip
    for name in sorted(sim._HOMES, key=str.lower):
        where, shown = getattr(sim, name).__module__, f"peacesim.{name}"
        text.append(f"::: {where}.{name}\n    options:\n      heading: {shown}\n      toc_label: {shown}\n")
    return "\n".join(text)
