"""The checkout as a whole: versions, locks, the README's commands, and nothing of the machine it was written on."""

import ast
import importlib
import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest
from hatchling.metadata.core import ProjectMetadata
from hatchling.plugin.manager import PluginManager
from ruamel.yaml import YAML

import sim
from sim.results.manifest import versions_here

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
README = (ROOT / "README.md").read_text(encoding="utf-8")
STANDARD = sys.stdlib_module_names | {"pydantic_core"}  # pydantic asks for its core itself
LOCKS = {"batch": "requirements.lock", "tests": "requirements-test.lock"}
MADE_BY_TOOLS = re.compile(r"\.git|\.venv.*|venv|__pycache__|\..*_cache|\.hypothesis|build|dist|.*\.egg-info")


def written_files() -> Iterator[Path]:
    """Every file somebody wrote: no environment, no cache, no results."""
    for folder, subfolders, files in os.walk(ROOT):
        subfolders[:] = [name for name in subfolders if not MADE_BY_TOOLS.fullmatch(name)]
        if Path(folder) == ROOT / "results":
            subfolders.clear()
        yield from (Path(folder, name) for name in files if name != ".git")  # a file in a work tree of its own


def readme_command(name: str) -> str:
    """The code block after `<!-- command: NAME -->`; `.ci/run` reads it the same way."""
    found = re.findall(rf"^<!-- command: {name} -->\n```sh\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
    assert len(found) == 1, f"the README has {len(found)} commands marked {name!r}"
    return found[0]


def pins(lock: str) -> dict[str, set[str]]:
    """What a lock asks for: name -> `version ; marker` of each entry."""
    entries: dict[str, set[str]] = {}
    for line in (ROOT / lock).read_text(encoding="utf-8").splitlines():
        if "==" in line and not line.startswith((" ", "#")):
            name, _, rest = line.removesuffix("\\").strip().partition("==")
            entries.setdefault(name, set()).add(rest)
    return entries


def versions(entries: dict[str, set[str]]) -> dict[str, set[str]]:
    """The same without markers: a package may be needed on one system to run, and on all of them to test."""
    return {name: {each.partition(" ;")[0] for each in found} for name, found in entries.items()}


def normal(requirement: str) -> str:
    """The name of a requirement, as locks spell it."""
    name = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert name
    return re.sub(r"[-_.]+", "-", name.group()).lower()


def test_the_version_is_written_once_and_cited():
    assert "version" not in PROJECT["project"]
    assert PROJECT["project"]["dynamic"] == ["version"]
    assert PROJECT["tool"]["hatch"]["version"]["path"] == "sim/__init__.py"
    assert ProjectMetadata(str(ROOT), PluginManager()).version == sim.__version__
    assert versions_here()["peacesim"] == sim.__version__
    assert str(YAML(typ="safe").load(ROOT / "CITATION.cff")["version"]) == sim.__version__


def test_a_result_names_the_checkout_that_made_it_whatever_was_installed(monkeypatch):
    monkeypatch.setattr("sim.results.manifest.version", lambda package: "0.0.0")
    assert versions_here.__wrapped__()["peacesim"] == sim.__version__
    assert versions_here.__wrapped__()["numpy"] == "0.0.0"


def names_of(stub: str) -> dict[str, str]:
    """The names a stub offers, each with the module it takes it from."""
    imports = [node for node in ast.parse((ROOT / stub).read_text(encoding="utf-8")).body
               if isinstance(node, ast.ImportFrom) and node.module != "typing"]  # fmt: skip
    assert all(alias.asname == alias.name for node in imports for alias in node.names)
    return {alias.name: node.module or "" for node in imports for alias in node.names}


def test_type_checkers_see_the_public_names_where_python_finds_them():
    assert names_of("sim/__init__.pyi") == {name: f"sim.{home}" for name, home in sim._HOMES.items()}
    assert {*sim._HOMES, "__version__"} == {*sim.__all__}
    assert all(getattr(sim, name) for name in sim.__all__)


def test_peacesim_is_sim_and_its_stubs_are_those_of_the_rooms():
    assert importlib.import_module("peacesim") is sim
    assert importlib.import_module("peacesim.core.exact") is importlib.import_module("sim.core.exact")
    with pytest.raises(ModuleNotFoundError, match=r"peacesim\.nowhere"):
        importlib.import_module("peacesim.nowhere")
    rooms = {path.name for path in (ROOT / "sim").iterdir() if path.is_dir() and path.name != "__pycache__"}
    stubs = {path.stem: path.read_text(encoding="utf-8") for path in (ROOT / "peacesim").glob("*.pyi")}
    assert stubs.pop("__init__") == "from sim import *\nfrom sim import __version__ as __version__\n"
    assert stubs == {room: f"from sim.{room} import *\n" for room in rooms}


def test_python_starts_the_program_by_both_names():
    for name in ("sim", "peacesim"):
        words = [sys.executable, "-m", name, "--version"]
        assert subprocess.run(words, cwd=ROOT, capture_output=True, text=True).stdout == f"peacesim {sim.__version__}\n"


PACKED = [".ci/run", ".github", "CITATION.cff", "codemeta.json", "mkdocs.yml", "peacesim", "requirements-test.lock",
          "scenarios", "tests"]  # fmt: skip


@pytest.mark.parametrize("needed", PACKED)
def test_the_source_that_is_packed_can_be_tested(needed):
    packed = PROJECT["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
    assert any(fnmatch(f"/{needed}", path) or f"/{needed}".startswith(f"{path}/") for path in packed)


def test_the_citation_file_has_what_its_format_asks_for():
    citation = YAML(typ="safe").load(ROOT / "CITATION.cff")
    assert citation["cff-version"] == "1.2.0"
    assert all(citation[key] for key in ("message", "title"))
    assert citation["type"] in ("software", "dataset")
    assert all(set(author) <= {"name", "family-names", "given-names"} for author in citation["authors"])
    assert citation["license"] == PROJECT["project"]["license"]


def test_codemeta_agrees_with_the_project_and_the_citation():
    metadata, project = json.loads((ROOT / "codemeta.json").read_text(encoding="utf-8")), PROJECT["project"]
    citation = YAML(typ="safe").load(ROOT / "CITATION.cff")
    assert (metadata["@context"], metadata["@type"]) == ("https://w3id.org/codemeta/3.0", "SoftwareSourceCode")
    assert metadata["name"] == project["name"] and metadata["description"] == project["description"]
    assert metadata["version"] == str(citation["version"]) == sim.__version__
    assert metadata.get("datePublished") == citation.get("date-released")
    assert metadata["license"].rpartition("/")[2] == project["license"] == citation["license"]
    assert [each["name"] for each in metadata["author"]] == [each["name"] for each in citation["authors"]]
    assert [each["name"] for each in metadata["author"]] == [each["name"] for each in project["authors"]]
    assert metadata["keywords"] == project["keywords"] and {*citation["keywords"]} <= {*metadata["keywords"]}
    assert metadata["runtimePlatform"] == f"Python {project['requires-python']}"
    assert metadata["softwareRequirements"] == project["dependencies"]
    assert all((ROOT / metadata[key]).exists() for key in ("readme", "continuousIntegration"))


FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
ELEMENTS = {"markdown": "value", "textarea": "label", "input": "label", "dropdown": "options"}


@pytest.mark.parametrize("form", FORMS, ids=lambda path: path.stem)
def test_a_form_for_issues_has_what_github_asks_for(form):
    """A form without these keys is not offered: the "syntax for issue forms" of GitHub's documentation."""
    page = YAML(typ="safe").load(form)
    assert set(page) == {"name", "description", "labels", "body"}
    assert len(page["name"]) > 3 and len(page["description"]) > 3
    questions = [element for element in page["body"] if element["type"] != "markdown"]
    names = [element["id"] for element in questions]
    assert names and len(names) == len(set(names))
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+", name) for name in names)
    labels = [element["attributes"]["label"] for element in questions]
    assert len(labels) == len(set(labels))
    for element in page["body"]:
        assert set(element) <= {"type", "id", "attributes", "validations"}
        assert element["attributes"][ELEMENTS[element["type"]]]
        assert set(element["attributes"]) <= {"label", "description", "value", "render", "options", "placeholder"}
        assert set(element.get("validations", {})) <= {"required"}
        assert all(isinstance(option, str) for option in element["attributes"].get("options", []))


def test_there_is_a_form_for_each_kind_of_issue():
    assert [form.stem for form in FORMS] == ["bug", "question", "scenario"]


def test_the_list_for_changes_asks_what_contributing_asks():
    asked = (ROOT / ".github" / "PULL_REQUEST_TEMPLATE.md").read_text(encoding="utf-8").lower()
    for word in ("planted the bug", "docs/", "changelog", "even-handed", "share of runs", "scheme version", "mypy"):
        assert word in asked


@pytest.mark.parametrize("page", ["CODE_OF_CONDUCT.md", "SECURITY.md", "docs/release.md"])
def test_pages_for_contributors_name_no_address_and_link_to_files(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    assert not re.search(r"https?://|@\w+\.\w+|TODO|example\.", text)
    for link in re.findall(r"\]\(([^)#\s]+)", text):
        assert ((ROOT / page).parent / link).is_file(), link


@pytest.mark.parametrize("name", LOCKS)
def test_a_readme_command_does_all_the_set_up(name):
    command = readme_command(name)
    assert command.startswith("python3 -m venv .venv && ")
    assert f"--require-hashes -r {LOCKS[name]} &&" in command
    assert "--no-deps --no-build-isolation -e ." in command
    assert {step.split()[0].rpartition("/")[0] for step in command.split("&&")[1:]} == {".venv/bin"}
    assert subprocess.run(["bash", "-n", "-c", command], check=False).returncode == 0


def test_the_readme_commands_end_in_the_main_job_and_in_the_tests():
    assert re.search(r"&& \.venv/bin/peacesim batch scenarios -n \d+$", readme_command("batch").rstrip())
    assert readme_command("tests").rstrip().endswith("&& .venv/bin/python -m pytest -n auto")


@pytest.mark.parametrize("lock", LOCKS.values())
def test_a_lock_has_hashes_and_no_address(lock):
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert "://" not in text
    assert "index" not in text
    entries = re.split(r"\n(?=[a-z0-9])", text.strip())
    assert len(entries) > 30
    assert all(re.match(r"[a-z0-9.-]+==\S+", entry) and "--hash=sha256:" in entry for entry in entries)


def test_the_locks_agree_and_hold_all_that_is_asked_for():
    core, tests = pins("requirements.lock"), pins("requirements-test.lock")
    assert versions(core).items() <= versions(tests).items(), "lock both anew, together: CONTRIBUTING.md says how"
    build = PROJECT["dependency-groups"]["build"]
    assert {normal(requirement) for requirement in PROJECT["project"]["dependencies"] + build} <= core.keys()
    assert {normal(requirement) for requirement in PROJECT["project"]["optional-dependencies"]["test"]} <= tests.keys()
    assert PROJECT["build-system"]["requires"] == [next(r for r in build if r.startswith("hatchling"))]


def test_mesa_is_the_last_that_runs_on_each_python():
    """3.3.1 is the last for Python 3.11; 3.4 and later need 3.12, and networkx beside it."""
    old, new = sorted(pins("requirements.lock")["mesa"])
    assert old.startswith("3.3.1 ; python_full_version < '3.12'")
    assert re.match(r"3\.[4-9]\S* ; python_full_version >= '3.12'", new)


def test_what_is_imported_is_asked_for():
    extras = PROJECT["project"]["optional-dependencies"]
    asked = PROJECT["project"]["dependencies"] + [r for name in extras if name != "test" for r in extras[name]]
    known = {normal(requirement).replace("-", "_") for requirement in asked} | {"ruamel", "sim"} | STANDARD
    for file in [*(ROOT / "sim").rglob("*.py"), *(ROOT / "peacesim").rglob("*.py")]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for module in modules:
                library = module.split(".")[0]
                assert {library, library.lower()} & known, f"{file.name}: {library} is imported, not in pyproject.toml"


def test_ci_is_a_script_that_can_be_run():
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert subprocess.run(["bash", "-n", script], check=False).returncode == 0


NOT_OURS = {
    "a path of one machine": r"(?<![\w.}$*])/(work|root|home/\w+|Users/\w+|opt/\w+|mnt/\w+)\b(?=[/\s'\"`)]|$)",
    "a folder beside the checkout": r"\.\./shared\b|\bshared/(cases|notes|[A-Z]+\.md)",
    "the address of a package registry": r"pypi\.(org|python)|files\.python" + "hosted",
}


@pytest.mark.parametrize("what", NOT_OURS)
def test_no_file_names_the_machine_it_was_written_on(what):
    pattern, found = re.compile(NOT_OURS[what], re.MULTILINE), []
    for file in written_files():
        if file.suffix not in (".png", ".parquet") and file != Path(__file__).resolve():
            text = file.read_text(encoding="utf-8", errors="replace")
            found += [f"{file.relative_to(ROOT)}: {match.group()!r}" for match in pattern.finditer(text)]
    assert not found


def test_files_are_found_at_all():
    names = {file.relative_to(ROOT).as_posix() for file in written_files()}
    assert {"README.md", "pyproject.toml", ".ci/run", "sim/__init__.py", "results/README.md"} <= names
    assert not any(name.startswith((".venv", ".git/")) for name in names)
