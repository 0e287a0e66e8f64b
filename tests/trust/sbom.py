"""A bill of materials of a lock, as CycloneDX 1.6 JSON: `python -m tests.trust.sbom [LOCK] > sbom.json`.

It is made from the lock alone, with neither a time nor a serial number, so the same lock gives the same bytes anywhere.
"""

import json
import sys
from collections.abc import Sequence
from typing import Any

import sim
from tests.trust.licences import PAGE
from tests.trust.locks import TO_RUN, Locked, asked_for, read_lock

PROJECT = "peacesim"


def bill(lock: str = TO_RUN) -> dict[str, Any]:
    """The bill of materials of a lock."""
    entries, licences = read_lock(lock), _licences()
    root = {
        "type": "application",
        "bom-ref": PROJECT,
        "name": PROJECT,
        "version": sim.__version__,
        "purl": f"pkg:pypi/{PROJECT}@{sim.__version__}",
        "licenses": [{"license": {"id": "MIT"}}],
    }
    wanted = {name for names in asked_for().values() for name in names}
    edges = [{"ref": PROJECT, "dependsOn": sorted(_purl(each) for each in entries if each.name in wanted)}]
    for each in entries:
        needed = sorted(_purl(other) for other in entries if each.name in other.wanted_by)
        edges.append({"ref": _purl(each), **({"dependsOn": needed} if needed else {})})
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": root},
        "components": [_component(each, licences[each.name]) for each in entries],
        "dependencies": edges,
    }


def _component(entry: Locked, licence: str) -> dict[str, Any]:
    purl = _purl(entry)
    files = {
        "type": "distribution",
        "url": purl,
        "comment": "one hash for each file that may be installed",
        "hashes": [{"alg": "SHA-256", "content": each} for each in entry.hashes],
    }
    found: dict[str, Any] = {
        "type": "library",
        "bom-ref": purl,
        "name": entry.name,
        "version": entry.version,
        "purl": purl,
        "licenses": [{"license": {"name": licence}}],
        "externalReferences": [files],
    }
    if entry.marker:
        found["properties"] = [{"name": "peacesim:only_where", "value": entry.marker}]
    return found


def _purl(entry: Locked) -> str:
    return f"pkg:pypi/{entry.name}@{entry.version}"


def _licences() -> dict[str, str]:
    """Licences by package, as the page has them."""
    rows = [line.split("|") for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    return {cells[1].strip(): cells[2].strip() for cells in rows[1:]}


def main(words: Sequence[str]) -> int:
    """Print it."""
    print(json.dumps(bill(*words[:1]), indent=1, ensure_ascii=True))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
