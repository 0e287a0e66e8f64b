"""The documentation is run: its snippets, its example, its names and its links."""

import dataclasses
import json
import re
import shlex
from itertools import takewhile
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import sim
from sim.charts import CHARTS
from sim.cli.commands import peacesim
from sim.mechanisms import MECHANISMS as REGISTERED
from sim.protocols import PROTOCOLS
from sim.results.drivers import funnel
from sim.results.results import run
from sim.scenario import EventSpec, Scenario, StageSpec, read_scenario
from sim.scenario.notes import notes
from sim.strategies import STRATEGIES
from tests.library_page import page

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
         for path in [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md")), ROOT / "results/README.md"]}  # fmt: skip
SCENARIO_FILES, RESULTS = PAGES["docs/scenario-files.md"], PAGES["docs/results.md"]
MECHANISMS = PAGES["docs/mechanisms.md"]
AFTER = "After signature: one row a draw"
BLOCKS = {key: each.block for key, each in REGISTERED.items()} | {"events": EventSpec, "stages": StageSpec}
ON_THE_OTHER_PAGE = {"value", "range", "law", "status", "source", "note", "anything_but"}
REGISTERED = [(registry, name) for registry in (STRATEGIES, PROTOCOLS) for name in registry]
PARAMETERS = [(name, field) for registry, name in REGISTERED for field in dataclasses.fields(registry[name])]


def example() -> str:
    """The whole file that docs/scenario-files.md shows."""
    return next(block for block in fenced(SCENARIO_FILES, "yaml") if block.startswith("schema: 1"))


def fenced(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def mentioned(name: str, text: str) -> bool:
    """Whether a page names something as code: `name`, or inside a longer piece of code."""
    return any(re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", code) for code in re.findall(r"`([^`\n]+)`", text))


@pytest.mark.parametrize(("registry", "name"), REGISTERED, ids=[name for _, name in REGISTERED])
@pytest.mark.parametrize("page", ["docs/scenario-files.md", "docs/model.md"])
def test_every_registered_name_is_documented(registry, name, page):
    assert mentioned(name, PAGES[page])


def test_the_page_of_the_library_says_what_list_says():
    assert PAGES["docs/negotiation.md"] == page(), "write it anew: python -m tests.library_page"


def test_every_public_name_is_documented():
    public = [name for name in sim.__all__ if not name.startswith("__")]
    assert len(public) > 10
    assert not [name for name in public if not mentioned(f"peacesim.{name}", PAGES["docs/python.md"])]


@pytest.mark.parametrize(("name", "field"), PARAMETERS, ids=[f"{name}.{field.name}" for name, field in PARAMETERS])
def test_every_parameter_is_documented_with_its_default_and_options(name, field):
    rows = [row for row in [*rows_of(name), *shared_rows()] if f"`{field.name}`" in row.split("|")[2]]
    assert rows, f"no row for {name}.{field.name}"
    default = {None: field.metadata.get("left_out")}.get(field.default, field.default)
    default = f"{default:g}" if isinstance(default, float) else str(default)
    default = default.lower() if field.metadata["kind"] == "switch" else default
    assert any(default in row.split("|")[4] for row in rows)
    if field.metadata["kind"] == "choice":
        for option in field.metadata["options"]:
            assert mentioned(option, SCENARIO_FILES), option
            assert mentioned(option, PAGES["docs/model.md"]), option


def rows_of(name: str) -> list[str]:
    """The rows of a registered name: the one that begins with it, and those below it that name no other."""
    _, found, below = SCENARIO_FILES.partition(f"\n| `{name}` |")
    first, *rest = below.splitlines()
    return [found.strip() + first, *takewhile(lambda row: row.startswith("| |"), rest)]


def shared_rows() -> list[str]:
    """The rows of strategies and protocols: a parameter that several share is told where it first stands."""
    told = SCENARIO_FILES.split("\n### Strategy\n")[1].split("\n## Proposals\n")[0]
    return [row for row in told.splitlines() if row.startswith("|")]


def schema_keys(schema: dict) -> set[str]:
    parts = [schema, *schema.get("$defs", {}).values()]
    for part in list(parts):
        parts += [alternative for alternative in part.get("anyOf", []) if isinstance(alternative, dict)]
    return {key for part in parts for key in part.get("properties", {})}


def test_every_key_of_a_scenario_file_is_documented():
    keys = schema_keys(Scenario.model_json_schema()) | {"extends", "without", "set"}
    assert {"schema", "parties", "hardness", "anything_but", "range", "rounds", "otherwise"} <= keys
    pages = SCENARIO_FILES + MECHANISMS
    assert not {key for key in keys if not re.search(rf"`{key}`|\b{key}:", pages)}


@pytest.mark.parametrize("block", BLOCKS)
def test_every_key_of_a_block_is_documented_in_its_own_section(block):
    told = section("docs/mechanisms.md", block.replace("_", " ").capitalize())
    told = re.sub(r"^```.*?^```$", "", told, flags=re.DOTALL | re.MULTILINE)
    keys = schema_keys(BLOCKS[block].model_json_schema()) - ON_THE_OTHER_PAGE
    assert len(keys) >= 2
    assert not {key for key in keys if not mentioned(key, told)}


def read_mechanisms(folder: Path) -> Scenario:
    """The file of the first page with all examples of the second, each read as a difference from those before."""
    (folder / "base.yaml").write_text(example(), encoding="utf-8")
    before, scenario = "base.yaml", None
    for number, added in enumerate(fenced(MECHANISMS, "yaml")):
        file = folder / f"{number}.yaml"
        file.write_text(f"extends: {before}\n{added}", encoding="utf-8")
        before, scenario = file.name, read_scenario(file)
    assert scenario is not None
    return scenario


def test_the_examples_of_the_mechanisms_read_one_after_the_other(tmp_path):
    scenario = read_mechanisms(tmp_path)
    assert all(getattr(scenario, block) for block in BLOCKS)
    assert not notes(scenario)
    settings = re.findall(r"--set '?([\w.*]+=[\w.]+)", MECHANISMS)
    assert len(settings) >= 2
    assert all(scenario.with_sets([setting]) for setting in settings)
    (axis,) = re.findall(r"--vary ([\w.]+=[\w.,]+)", MECHANISMS)
    assert len(list(scenario.points([axis]))) == 3


def test_the_example_of_a_whole_file_reads_and_so_does_its_variant(tmp_path):
    variant = next(block for block in fenced(SCENARIO_FILES, "yaml") if block.startswith("extends: base.yaml"))
    (tmp_path / "base.yaml").write_text(example(), encoding="utf-8")
    (tmp_path / "variant.yaml").write_text(variant, encoding="utf-8")
    scenario, changed = read_scenario(tmp_path / "base.yaml"), read_scenario(tmp_path / "variant.yaml")
    assert run(scenario, draws=20).n == 20
    assert scenario.parties["north"].red_lines[0].hardness.uncertain
    assert not changed.parties["north"].red_lines[0].hardness.uncertain
    assert changed.parties["north"].no_deal.value == 0.45


def test_the_paths_of_the_example_are_paths_of_its_file(tmp_path):
    file = tmp_path / "my-talks.yaml"
    file.write_text(example(), encoding="utf-8")
    settings = re.findall(r"--set '?([\w.*]+=[\w.]+)", SCENARIO_FILES)
    assert len(settings) >= 3
    assert all(read_scenario(file, sets=[setting]) for setting in settings)


def test_the_snippets_for_python_run_in_order(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    snippets, names = fenced(PAGES["docs/python.md"], "python"), {}
    assert len(snippets) >= 8
    for number, snippet in enumerate(snippets, 1):
        exec(compile(snippet, f"docs/python.md, snippet {number}", "exec"), names)
    assert "orange" in capsys.readouterr().out


def test_the_columns_of_a_draw_are_documented(tmp_path):
    file = tmp_path / "base.yaml"
    file.write_text(example(), encoding="utf-8")
    results = run(read_scenario(file), draws=10)
    section = RESULTS.split("## Draws")[1].split("\n## ")[0]
    documented = set(re.findall(r"^\| `([\w.<>]+)` \|", section, re.MULTILINE))
    general = [re.sub(r"^input\..*", "input.<path>", name) for name in results.draws]
    assert {re.sub(r"_(north|south)$", "_<party>", name) for name in general} == documented
    tables = {"packages.csv": results.packages(), "parties.csv": results.parties(), "funnel.csv": funnel(results)}
    for heading, table in ((f"## {name}", table) for name, table in tables.items()):
        told = RESULTS.split(heading)[1].split("\n## ")[0]
        assert not [name for name in table if not mentioned(name, told) and name not in results.scenario.issues]


def test_the_columns_that_blocks_add_are_documented_and_no_others(tmp_path):
    read_mechanisms(tmp_path)
    last, file = len(fenced(MECHANISMS, "yaml")) - 1, tmp_path / "agenda.yaml"
    file.write_text(f"extends: {last}.yaml\nprotocol: {{agenda: [border]}}\n", encoding="utf-8")
    whole = run(read_scenario(file), draws=10).draws
    added = {re.sub(r"_(north|south|envoy)$", "_<party>", name) for name in whole if not name.startswith("input.")}
    added = {re.sub(r"(?<=^stage_)(truce|port_first)", "<stage>", name) for name in added}
    added = {re.sub(r"(?<=^closed_round_).*", "<issue>", name) for name in added}
    assert len(added) > 50
    assert not {name for name in added if not mentioned(name, RESULTS.split("\n## packages.csv")[0])}
    first_cells = re.findall(r"^\| (`[^|]+) \|", section("docs/results.md", AFTER), re.MULTILINE)
    told = {name for cell in first_cells for name in re.findall(r"`([^`]+)`", cell)}
    assert told and told <= added


def section(page: str, heading: str) -> str:
    """The text of a page from one heading to the next of its level."""
    return re.split(r"^## ", PAGES[page].split(f"\n## {heading}\n")[1], maxsplit=1, flags=re.MULTILINE)[0]


@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_is_documented(name):
    assert mentioned(name, section("docs/results.md", "Charts"))


def all_commands() -> dict[str, click.Command]:
    """Every command by the words that call it, those of groups among them: `import genius`."""
    found = dict(peacesim.commands)
    for name, command in peacesim.commands.items():
        if isinstance(command, click.Group):
            found |= {f"{name} {below}": each for below, each in command.commands.items()}
    return found


COMMANDS = all_commands()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_documented_with_its_options_and_defaults(name):
    told = section("docs/command-line.md", name.split()[0])
    assert f"peacesim {name}" in told
    for parameter in COMMANDS[name].params:
        if isinstance(parameter, click.Option):
            for spelling in (*parameter.opts, *parameter.secondary_opts):
                assert mentioned(spelling, told), spelling
            if parameter.show_default and not parameter.is_flag:
                rows = [row for row in told.splitlines() if row.startswith("|") and mentioned(parameter.opts[0], row)]
                assert str(parameter.default) in rows[0].split("|")[2].replace("`", ""), parameter.opts[0]


def json_keys(data: object, names: tuple[str, ...]) -> set[str]:
    """The keys of plain data, lists opened; below a mapping by name, none. Parties and results become placeholders."""
    if isinstance(data, list):
        return set().union(*[json_keys(entry, names) for entry in data])
    if not isinstance(data, dict):
        return set()
    keys = {re.sub(rf"_({'|'.join(names)})$", "_<party>", key) for key in data}
    keys = {re.sub(rf"^({'|'.join(names)})(?=$|\.where$)", "<name>", key) for key in keys}
    return keys.union(*[json_keys(value, names) for value in data.values() if isinstance(value, list)])


@pytest.mark.parametrize(
    ("command", "names"),
    [
        ("show scenarios/two-banks-pullback.yaml", ("upland", "lowland")),
        ("show scenarios/ukraine-december-2025.yaml", ("ukraine", "russia", "united_states", "europe")),
        ("run scenarios/two-banks-pullback.yaml", ("upland", "lowland")),
        ("check scenarios/two-banks-pullback.yaml", ()),
        ("compare --no-charts -n 20 scenarios/two-banks-pullback.yaml scenarios/orange-and-lemon.yaml",
         ("two-banks-pullback", "orange-and-lemon")),
        ("sweep --no-charts --workers 1 -n 40 --out FOLDER scenarios/two-banks-pullback.yaml --strategy time_dependent "
         "--strategy '{name: time_dependent, exponent: 3}'", ("upland", "lowland")),
        ("sensitivity --no-charts --out FOLDER -n 200 --method tornado --method pawn --method sobol --method morris "
         "--points 4 --top 2 scenarios/two-banks-pullback.yaml", ()),
        ("discover --no-charts -n 800 scenarios/two-banks-pullback.yaml --of in_force", ()),
        ("texts --no-charts -n 50 scenarios/two-banks-pullback.yaml",
         ("strip", "recognition", "pull_back", "observers", "upland_assembly", "upland", "lowland")),
        ("need strip_for_embassies scenarios/two-banks-pullback.yaml -n 50 --to 90%",
         ("strip", "recognition", "pull_back", "observers")),
        ("debrief -n 40 scenarios/two-banks-pullback.yaml strip=demilitarised,recognition=full,"
         "pull_back=reciprocal,observers=joint",
         ("strip", "recognition", "pull_back", "observers", "upland_assembly", "upland", "lowland")),
        ("hindcast --no-charts -n 50 scenarios/ukraine-december-2025.yaml", ()),
        ("explain -n 60 --look 40 scenarios/two-banks-pullback.yaml", ()),
        ("explain -n 12 --look 12 scenarios/ukraine-bargaining-only.yaml", ()),
        ("list", ()),
    ],
)  # fmt: skip
def test_the_keys_of_json_are_documented(command, names, monkeypatch, tmp_path):
    monkeypatch.chdir(ROOT)
    answer = CliRunner().invoke(peacesim, [*shlex.split(command.replace("FOLDER", str(tmp_path))), "--json"])
    assert answer.exit_code == 0, answer.output
    told = section("docs/command-line.md", command.split()[0])
    keys = json_keys(json.loads(answer.stdout), names)
    assert len(keys) >= 5
    assert not {key for key in keys if not mentioned(key, told)}


@pytest.mark.parametrize("page", PAGES)
def test_commands_in_shell_blocks_exist(page):
    for line in "\n".join(fenced(PAGES[page], "sh")).replace("\\\n", " ").splitlines():
        for words in re.findall(r"(?:^|&& )(?:\.venv/bin/)?peacesim (.*)", line.partition(" #")[0]):
            command, *arguments = shlex.split(words)
            if isinstance(peacesim.commands[command], click.Group):
                command = f"{command} {arguments.pop(0)}"
            known = {spelling for each in COMMANDS[command].params for spelling in (*each.opts, *each.secondary_opts)}
            assert {word for word in arguments if word.startswith("-")} <= known
            assert all((ROOT / word).exists() for word in arguments if word.startswith("scenarios"))


def anchor_of(heading: str) -> str:
    """The place that a heading is: what its `{#place}` says, or its words."""
    said = re.search(r"\{#([\w-]+)\}$", heading)
    return said[1] if said else re.sub(r"[^\w -]", "", heading).strip().replace(" ", "-")


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    text = re.sub(r"^```.*?^```$", "", PAGES[page], flags=re.DOTALL | re.MULTILINE)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in target:
            continue
        file, _, anchor = target.partition("#")
        path = (ROOT / page).parent / file if file else ROOT / page
        if "reference/" in file:  # made when the site is built; tests/test_site.py follows these
            continue
        assert path.exists(), f"{page}: {target}"
        if anchor:
            headings = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8").lower(), re.MULTILINE)
            assert anchor in {anchor_of(heading) for heading in headings}


@pytest.mark.parametrize("page", [page for page in PAGES if page != "CHANGELOG.md"])
def test_files_of_the_project_that_a_page_names_exist(page):
    shown = re.sub(r"^```(?:python|diff|yaml).*?^```$", "", PAGES[page], flags=re.DOTALL | re.MULTILINE)
    named = re.findall(r"\b(?:sim|peacesim|tests|benchmarks)/(?!__pycache__)[\w/.-]*\w", shown)
    assert not {name for name in named if not (ROOT / name).exists()}


@pytest.mark.parametrize("page", [page for page in PAGES if page not in ("CONTRIBUTING.md", "docs/ethics.md")])
def test_no_page_says_what_will_happen_in_the_world(page):
    """Shares of runs are properties of a file; the words for that are the words we use."""
    for words in ("probability of peace", "chances of peace", "should accept", "predicts", "forecasts that"):
        assert words not in PAGES[page].lower(), words
