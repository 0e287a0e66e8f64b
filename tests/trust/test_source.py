"""R14: nothing in the source loads objects, runs text, reads XML or YAML unguarded, or opens an address.

Every way is looked for, also under another name, in the code, in the scripts of the documentation and in the templates;
each rule is seen to catch what it is for. `tests/test_layers.py` says which room may import which library.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.trust.planting import bugs

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = sorted([*(ROOT / "sim").rglob("*.py"), *(ROOT / "docs").rglob("*.py")])
ENDINGS = (".html", ".jinja", ".j2", ".xml", ".svg")
TEMPLATES = sorted(path for path in (ROOT / "sim").rglob("*") if path.suffix in ENDINGS)

LOADS_OBJECTS = {
    "pickle", "cPickle", "_pickle", "pickletools", "cloudpickle", "dill", "joblib", "marshal", "shelve", "dbm",
    "copyreg", "jsonpickle", "klepto", "tables", "h5py",
}  # fmt: skip
RUNS_TEXT = {"code", "codeop", "runpy", "imp", "pdb", "bdb", "pty", "builtins", "ctypes", "cffi", "numexpr", "sympy"}
READS_UNGUARDED = {"yaml", "lxml", "xml", "defusedxml", "xmltodict", "bs4", "html5lib", "plistlib", "tarfile"}
OPENS_ADDRESSES = {
    "requests", "urllib", "urllib3", "http", "httpx", "aiohttp", "socket", "socketserver", "ssl", "ftplib",
    "smtplib", "imaplib", "poplib", "telnetlib", "xmlrpc", "websocket", "websockets", "webbrowser", "fsspec",
    "paramiko", "asyncio", "selectors",
}  # fmt: skip
STARTS_PROGRAMS = {"subprocess", "sh", "pexpect", "secrets"}
BANNED = LOADS_OBJECTS | RUNS_TEXT | READS_UNGUARDED | OPENS_ADDRESSES | STARTS_PROGRAMS

NAMES = {"eval", "exec", "compile", "__import__", "breakpoint", "input", "Markup", "__builtins__"}
ATTRIBUTES = {
    "read_pickle", "to_pickle", "read_hdf", "read_sql", "read_html", "read_xml", "read_excel", "read_clipboard",
    "full_load", "unsafe_load", "load_all", "unsafe_load_all", "system", "popen", "mktemp", "eval", "exec", "query",
    "exec_module", "load_module", "Markup", "from_string", "fromfile", "memmap", "execv", "execve", "execvp", "execl",
    "spawnl", "spawnv", "posix_spawn", "startfile", "UnpicklingError", "__globals__", "__subclasses__", "urlopen",
    "import_module", "urlretrieve",
}  # fmt: skip
LOADERS = {"json", "tomllib"}  # whose `load` and `loads` make plain values

# What stands in the source in spite of a rule, where, and why. One that is no longer there is taken out.
ALLOWED = {
    ("sim/scenario/genius/elements.py", "import xml.parsers"): "expat alone; document types and entities are refused",
    ("sim/charts/chart.py", "import xml.sax.saxutils"): "escapes text that is written; reads nothing",
    ("sim/__init__.py", "import importlib.import_module"): "of our own modules, from a table in the file",
    ("sim/report/__init__.py", "import importlib.import_module"): "of our own modules, from a table in the file",
    ("sim/batch/__init__.py", "import importlib.import_module"): "of our own modules, from a table in the file",
    ("sim/app/worker.py", "import importlib.import_module"): "of our own modules, by names that stand in our pages",
    ("sim/model/mesa_core.py", "import importlib.import_module"): "of Mesa's own modules, from a table in the file",
    ("sim/batch/on_dask.py", "import asyncio"): "waits for a Dask client; `--dask` alone talks to a scheduler",
    ("sim/core/compiled.py", "name __globals__"): "of our own loops, to find those that they call",
    ("docs/reproduce.py", "import subprocess"): "runs the commands of its own table; not part of the package",
}
UNESCAPED = {  # what templates take as it is
    ("sim/report/templates/page.html", "style"): "our own file",
    ("sim/report/templates/page.html", "block.svg"): "drawn by matplotlib, which escapes text; "
    "held against its harmless twin, element by element, in test_names.py",
    ("sim/report/templates/explore.html", "data"): "JSON in which every < is written as an escape",
    ("sim/report/templates/explore.html", "script"): "the script of the package itself",
}


def aliases(tree: ast.Module) -> dict[str, str]:
    """What each imported name stands for: `import numpy as np` gives `np: numpy`."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for each in node.names:
                found[each.asname or each.name.split(".")[0]] = each.name if each.asname else each.name.split(".")[0]
        elif isinstance(node, ast.ImportFrom):
            found |= {each.asname or each.name: f"{node.module}.{each.name}" for each in node.names}
    return found


def dangers(source: str, rooms: frozenset[str] = frozenset()) -> Iterator[tuple[int, str]]:
    """Line and name of everything in a Python source that the rules forbid."""
    tree = ast.parse(source)
    meant = aliases(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [each.name for each in node.names if each.name.split(".")[0] in BANNED - rooms]
            yield from ((node.lineno, f"import {name}") for name in names)
        elif isinstance(node, ast.ImportFrom):
            yield from _imported_from(node, rooms)
        elif isinstance(node, ast.Name) and (meant.get(node.id, node.id).split(".")[-1]) in NAMES:
            yield node.lineno, f"name {node.id}"
        elif isinstance(node, ast.Attribute):
            yield from _attribute(node, meant)
        elif isinstance(node, ast.Call):
            yield from _call(node, meant)
        elif isinstance(node, ast.Constant) and node.value in ("__globals__", "__subclasses__", "__builtins__"):
            yield node.lineno, f"text {node.value}"


def _imported_from(node: ast.ImportFrom, rooms: frozenset[str]) -> Iterator[tuple[int, str]]:
    module = node.module or ""
    if module.split(".")[0] in BANNED - rooms:
        yield node.lineno, f"import {module}"
        return
    for each in node.names:
        if module.split(".")[0] == "sim" and each.name != "*":
            continue  # what it names is looked at where it stands
        if each.name in {*ATTRIBUTES, *NAMES, "*"} or (module, each.name) == ("numpy", "load"):
            yield node.lineno, f"import {module}.{each.name}"


def _attribute(node: ast.Attribute, meant: dict[str, str]) -> Iterator[tuple[int, str]]:
    if node.attr in ATTRIBUTES:
        yield node.lineno, f"name {node.attr}"
    elif node.attr in ("load", "loads"):
        base = node.value.id if isinstance(node.value, ast.Name) else ""
        made = ast.unparse(node.value.func) if isinstance(node.value, ast.Call) else ""
        own = base in ("self", "cls") or made.startswith("_")
        if meant.get(base, base) not in LOADERS and not own:
            yield node.lineno, f"name {ast.unparse(node)}"


def _call(node: ast.Call, meant: dict[str, str]) -> Iterator[tuple[int, str]]:
    called = ast.unparse(node.func)
    given = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
    for key, safe in (("shell", "False"), ("allow_pickle", "False"), ("autoescape", "True")):
        if given.get(key, safe) != safe:
            yield node.lineno, f"{called}({key}={given[key]})"
    if given.get("typ", "'safe'") not in ("'safe'", "'rt'"):
        yield node.lineno, f"{called}(typ={given['typ']})"
    last = meant.get(called, called).split(".")[-1]
    if last == "Environment" and given.get("autoescape") != "True":
        yield node.lineno, "Environment without autoescape"
    if last in ("Template", "NativeEnvironment", "SandboxedEnvironment"):
        yield node.lineno, f"{last} without autoescape"
    if last in ("getattr", "attrgetter", "methodcaller"):
        words = {each.value for each in node.args if isinstance(each, ast.Constant) and isinstance(each.value, str)}
        bad = words & {*ATTRIBUTES, *NAMES, "load", "loads"}
        yield from ((node.lineno, f"{last} {word}") for word in sorted(bad))


def unescaped(template: str) -> list[str]:
    """What a jinja2 template takes without escaping it."""
    found = re.findall(r"{{-?\s*([^{}|]+?)\s*\|[^{}]*?\bsafe\b", template)
    found += re.findall(r"{%-?\s*(autoescape[^%]*?|filter safe)\s*-?%}", template)
    return found + re.findall(r"\|\s*safe\b(?![^{}]*}})", template)


def rooms_of(name: str) -> frozenset[str]:
    """What a room of its own needs: the local page listens on a socket of this machine, and is shown in a browser."""
    return frozenset({"socket", "asyncio", "http", "webbrowser"}) if name.startswith("sim/app/") else frozenset()


BAD = (
    "import pickle", "import pickle as p", "from pickle import loads", "import cloudpickle", "import dill",
    "import joblib", "import shelve", "import marshal", "import _pickle", "import yaml",
    "from yaml import safe_load", "import xml.etree.ElementTree as E", "from xml.etree import ElementTree",
    "from xml.dom import minidom", "from lxml import etree", "import xml.sax", "import requests",
    "import urllib.request", "from urllib.request import urlopen", "import socket", "import http.client",
    "import httpx", "import webbrowser", "import ctypes", "import runpy", "import code", "import builtins",
    "import subprocess", "from subprocess import run", "eval('1')", "f = eval", "exec('x = 1')",
    "compile('1', '', 'eval')", "__import__('os')", "input()", "breakpoint()", "__builtins__['eval']('1')",
    "getattr(x, 'eval')('1')", "import os\nos.system('ls')", "from os import system", "import os\nos.popen('ls')",
    "import os as o\no.execv('/bin/sh', [])", "import os\nos.posix_spawn('x', [], {})", "run('ls', shell=True)",
    "run('ls', shell=x)", "import tempfile\ntempfile.mktemp()", "from tempfile import mktemp",
    "import numpy as np\nnp.load('x', allow_pickle=True)", "import numpy as np\nnp.load('x')",
    "from numpy import load", "import numpy\nnumpy.load(x)", "import numpy as np\nnp.fromfile('x')",
    "np.lib.npyio.NpzFile(x, allow_pickle=y)", "import pandas as pd\npd.read_pickle('x')",
    "from pandas import read_pickle", "frame.to_pickle('x')", "import pandas as pd\npd.eval('1')",
    "frame.eval('a + b')", "frame.query('a > b')", "import pandas as pd\npd.read_hdf('x')",
    "import pandas as pd\npd.read_xml('x')", "import pandas as pd\npd.read_html('x')",
    "import jinja2\njinja2.Environment()", "from jinja2 import Environment\nEnvironment(autoescape=False)",
    "from jinja2 import Environment as E\nE(loader=x)",
    "from jinja2 import Environment\nEnvironment(autoescape=select_autoescape())",
    "import jinja2\njinja2.Template('x')", "from jinja2 import Template\nTemplate('x')",
    "environment.from_string('x')", "from markupsafe import Markup", "import markupsafe\nmarkupsafe.Markup('x')",
    "from ruamel.yaml import YAML\nYAML(typ='unsafe')", "yaml.load(x)", "yaml.unsafe_load(x)",
    "import importlib\nimportlib.import_module(x)", "from importlib import import_module",
    "x.__class__.__subclasses__()", "f.__globals__", "from os import *",
    "import operator\noperator.attrgetter('eval')(x)", "import asyncio",
)  # fmt: skip
GOOD = (
    "import re\nre.fullmatch('a', x)", "import json\njson.loads(x)", "import tomllib\ntomllib.loads(x)",
    "json.load(x)", "run(['ls'], shell=False)",
    "x.loaded", "self.load(x)", "from jinja2 import Environment\nEnvironment(loader=x, autoescape=True)",
    "import tempfile\ntempfile.mkdtemp()", "# eval('1')", "'eval'", "evaluate(x)",
)  # fmt: skip


@pytest.mark.parametrize("source", BAD)
def test_each_rule_catches_what_it_is_for(source):
    assert list(dangers(source)), source


@pytest.mark.parametrize("source", GOOD)
def test_no_rule_catches_what_is_harmless(source):
    assert not list(dangers(source)), source


@pytest.mark.parametrize(
    ("template", "count"),
    [("{{ x|safe }}", 1), ("{{x | trim | safe}}", 1), ("{% autoescape false %}", 1), ("{% filter safe %}", 1),
     ("{{ x }}", 0), ("{{ safe }} is safe", 0), ("{%- autoescape x -%}", 1)],
)  # fmt: skip
def test_what_a_template_takes_as_it_is_is_found(template, count):
    assert len(unescaped(template)) == count


def test_nothing_in_the_source_is_dangerous(record_property):
    used, bad = set(), []
    for path in SCRIPTS:
        name = path.relative_to(ROOT).as_posix()
        for line, what in dangers(path.read_text(encoding="utf-8"), rooms_of(name)):
            if (name, what) in ALLOWED:
                used.add((name, what))
            else:
                bad.append(f"{name}:{line}: {what}")
    assert not bad
    assert used == ALLOWED.keys(), "an exception that nothing needs"
    tried = f"{len(SCRIPTS)} Python files; the rules catch {len(BAD)} planted dangers of {len(BAD)}"
    record_property("R14", f"{tried}; {len(ALLOWED)} exceptions, each with its reason")


def test_templates_escape_all_but_what_was_made_here():
    texts = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in TEMPLATES}
    found = {(name, what) for name, text in texts.items() for what in unescaped(text)}
    assert TEMPLATES and found == UNESCAPED.keys()


PLANTED = bugs("R14", __name__, [
    ("sim/report", "import cache\n", "import cache\nimport pickle\n", "test_nothing_in_the_source_is_dangerous"),
    ("sim/report", "autoescape=True", "autoescape=False", "test_nothing_in_the_source_is_dangerous"),
    ("sim/results/tables.py", "facts = json.loads(", "facts = eval(", "test_nothing_in_the_source_is_dangerous"),
    ("sim/scenario", "from xml.parsers import expat\n",
     "from xml.parsers import expat\nfrom xml.etree import ElementTree\n", "test_nothing_in_the_source_is_dangerous"),
    ("sim/report", "<h1>{{ title }}</h1>", "<h1>{{ title|safe }}</h1>",
     "test_templates_escape_all_but_what_was_made_here"),
])  # fmt: skip
