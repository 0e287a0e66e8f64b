"""The glossary bridges plain words, standard terms, keys, columns and code: it is complete, and names nothing else."""

import ast
import re
from pathlib import Path

import sim
from tests.test_docs import PAGES, RESULTS, mentioned, read_mechanisms

ROOT = Path(__file__).resolve().parents[1]
ROWS = [[cell.strip() for cell in line.strip("|").split("|")]
        for line in PAGES["docs/glossary.md"].splitlines() if line.startswith("| ")]  # fmt: skip
TERMS = {
    "reservation value", "ZOPA", "aspiration", "bid", "standing offer", "accept", "reject", "counter-offer",
    "opponent model", "bidding strategy", "acceptance strategy", "concession", "deadline", "protocol", "round", "turn",
    "domain", "package", "utility", "weight", "red line", "linkage", "signatory", "draw", "sample", "ensemble", "chunk",
    "replicate", "uncertain input", "driver", "one-at-a-time", "leverage", "side payment", "audience cost",
    "ratification", "durability", "implementation", "phased withdrawal", "trace", "counterfactual", "label",
}  # fmt: skip


def names(column: int) -> set[str]:
    """The names in one column of all tables."""
    return {name for row in ROWS for name in re.findall(r"`([^`]+)`", row[column])}


def identifiers() -> set[str]:
    """Every name that the code defines or uses, those of its modules among them."""
    found: set[str] = set()
    for file in (ROOT / "sim").rglob("*.py"):
        found.update(file.relative_to(ROOT).with_suffix("").parts)
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            for field in ("id", "attr", "arg", "name"):
                found.add(getattr(node, field, None) or "")
    return found


def test_a_row_has_a_plain_word_a_standard_term_a_key_a_column_and_a_name_in_the_code():
    assert len(ROWS) > 60
    assert not [row for row in ROWS if len(row) != 5 or not row[0] or not row[1] or not any(row[2:])]


def keys(schema: object) -> set[str]:
    """Every key that a JSON Schema names, at whatever depth."""
    if isinstance(schema, list):
        return set().union(*map(keys, schema))
    if not isinstance(schema, dict):
        return set()
    properties = schema.get("properties")
    own = set(properties) if isinstance(properties, dict) else set()
    return own.union(*map(keys, schema.values()))


def test_every_key_of_a_scenario_file_has_its_row_and_every_key_there_exists():
    known = keys(sim.json_schema())
    assert {"no_deal", "hardness", "exponent", "quota", "survival_12", "extends"} <= known
    assert names(2) == known


def test_every_column_has_its_row_and_every_column_there_is_documented(tmp_path):
    columns = {name for name in sim.run(read_mechanisms(tmp_path), draws=10).draws if not name.startswith("input.")}
    columns = {re.sub(r"(?<=^stage_)(truce|port_first)", "<stage>", name) for name in columns}
    for pattern in (r"_(north|south|envoy)$", r"(?<=^shortfall)_\w+$", r"(?<=^issues_off)_\w+$"):
        columns = {re.sub(pattern, "_<solution>" if "<=" in pattern else "_<party>", name) for name in columns}
    assert len(columns) > 40
    assert columns <= names(3)
    plain = {name for name in names(3) if "<solution>" not in name}
    assert not {name for name in plain if not mentioned(name, RESULTS)}


def test_every_standard_term_of_the_field_that_the_code_speaks_has_its_row():
    terms = " ; ".join(row[1] for row in ROWS)
    assert not {term for term in TERMS if not re.search(rf"(?<!\w){re.escape(term)}", terms)}


def test_every_name_of_the_code_exists():
    assert not names(4) - identifiers()
