"""Write the table on the page of licences anew: `python -m tests.trust.licences`.

Licences are read from what is installed here; all locked packages must be, but for those of other systems.
"""

import re
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution

from tests.trust.locks import ROOT, purposes

PAGE = ROOT / "docs" / "licences.md"
PROBLEM = re.compile(r"GPL|unknown|proprietary|commercial", re.IGNORECASE)  # of what `sim` may need to run

# Read by a person in the package's own licence file, because its metadata do not say it or it is not installed here.
READ = {
    "axe-playwright-python": "MIT AND MPL-2.0",
    "beniget": "BSD-3-Clause",
    "colorama": "BSD-3-Clause",
    "gast": "BSD-3-Clause",
    "ply": "BSD-3-Clause",
    "pythran": "BSD-3-Clause",
}
WORDS = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD 3-Clause License": "BSD-3-Clause",
    "BSD License": "BSD",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF",
}
HEAD = "| package | licence | for |\n|---|---|---|\n"


def licence_of(name: str) -> str | None:
    """The licence of a package, in the words of SPDX as far as its metadata go; None if it is not installed here."""
    if name in READ:
        return READ[name]
    try:
        return stated(distribution(name))
    except PackageNotFoundError:
        return None


def stated(found: Distribution) -> str:
    """What a package's metadata say: the expression, else a short text, else the classifiers, else `unknown`."""
    facts = found.metadata
    if expression := facts.get("License-Expression"):
        return str(expression)
    text = (facts.get("License") or "").strip()
    classes = [each.split(" :: ")[-1] for each in facts.get_all("Classifier") or [] if each.startswith("License ::")]
    if text.upper() not in ("", "UNKNOWN") and "\n" not in text and len(text) < 60:
        return WORDS.get(text, text)
    return " AND ".join(WORDS.get(each, each) for each in classes) or "unknown"


def table() -> dict[str, tuple[str | None, list[str]]]:
    """Licence and purposes of each locked package, by name."""
    return {name: (licence_of(name), uses) for name, uses in sorted(purposes().items())}


def problems(of: dict[str, tuple[str | None, list[str]]]) -> list[str]:
    """What `sim` may need to run, and should not, because of its licence."""
    needed = {name: licence for name, (licence, uses) in of.items() if set(uses) - {"test", "to build"}}
    return [f"{name}: {licence}" for name, licence in needed.items() if licence and PROBLEM.search(licence)]


def row(name: str, licence: str, uses: list[str]) -> str:
    """A row of the page."""
    return f"| {name} | {licence} | {', '.join(uses)} |\n"


def main() -> int:
    """Write the table below the words of the page."""
    found = table()
    missing = [name for name, (licence, _) in found.items() if licence is None]
    if missing:
        print(f"not installed here: {', '.join(missing)}; install requirements-test.lock", file=sys.stderr)
        return 1
    words, head, _ = PAGE.read_text(encoding="utf-8").partition(HEAD)
    rows = [row(name, str(licence), uses) for name, (licence, uses) in found.items()]
    PAGE.write_text("".join([words, head, *rows]), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
