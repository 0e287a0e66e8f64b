"""What releases gave, so that the next one gives the same or says that it does not.

`tests/released.json` has an entry a release, written by `python -m tests.update_golden --release VERSION`: the scheme,
the format, and for each shipped scenario the hash of what it resolves to and that of all columns of its golden run. It
is empty until the first release, so that until then a number may move with its golden file and a word in the commit.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sim.results.manifest import canonical
from sim.scenario import read_scenario

RELEASED = Path(__file__).parent / "released.json"
_HEADING = re.compile(r"^## \[(?P<version>[^\]]+)\].*$", re.MULTILINE)


def released() -> list[dict[str, Any]]:
    """The entries, first release first."""
    found: list[dict[str, Any]] = json.loads(RELEASED.read_text())
    return found


def entry(version: str, scheme: str, layout: str, contents: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    """An entry for a release."""
    runs = {name: {"resolved": one, "content": other} for name, (one, other) in sorted(contents.items())}
    return {"version": version, "scheme": scheme, "format": layout, "runs": runs}


def resolved_hash(path: Path) -> str:
    """What a scenario file says, whatever its comments and its order of writing down are."""
    return hashlib.sha256(canonical(read_scenario(path).resolved)).hexdigest()


def sections(changelog: str) -> dict[str, str]:
    """The text below each heading of a version in CHANGELOG.md, `Unreleased` among them."""
    heads = list(_HEADING.finditer(changelog))
    ends = [head.start() for head in heads[1:]] + [len(changelog)]
    return {head["version"]: changelog[head.end() : end] for head, end in zip(heads, ends, strict=True)}


def complaints(
    releases: Sequence[Mapping[str, Any]], scheme: str, layout: str, contents: Mapping[str, tuple[str, str]],
    changelog: str,
) -> Iterator[str]:  # fmt: skip
    """What breaks the promise that results keep their bits across releases, or that it is said."""
    reported = sections(changelog)
    known = {each["version"] for each in releases}
    for version in reported.keys() - known - {"Unreleased"}:
        yield f"release {version} left no entry: python -m tests.update_golden --release {version}"
    for version in known - reported.keys():
        yield f"tests/released.json has a release {version} that CHANGELOG.md does not have"
    now = {"version": "Unreleased", "scheme": scheme, "format": layout}
    before: set[str] = set()
    for each in [*releases, now]:
        for name in (each["scheme"], each["format"]):
            if name not in before and not re.search(rf"`{re.escape(name)}`", reported.get(each["version"], "")):
                yield f"CHANGELOG.md does not say below {each['version']} that `{name}` is new, and which numbers moved"
            before.add(name)
    by_text = {one: (name, other) for name, (one, other) in contents.items()}
    for each in releases:
        if (each["scheme"], each["format"]) == (scheme, layout):
            for run in each["runs"].values():
                name, content = by_text.get(run["resolved"], ("", run["content"]))
                if content != run["content"]:
                    yield (f"{name} gives other bits than in {each['version']}, by the same scheme and format: change "
                           "SCHEME in sim/core/streams.py, or FORMAT in sim/results/manifest.py if there are other "
                           "columns, and say in CHANGELOG.md which numbers moved and why")  # fmt: skip
