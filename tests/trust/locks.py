"""What the locks say: what is installed, in which version, with which hashes, and because of what."""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TO_RUN, FOR_TESTS = "requirements.lock", "requirements-test.lock"

_ENTRY = re.compile(r"(?P<name>[a-z0-9.-]+)==(?P<version>[^\s;]+)(?: ; (?P<marker>.*?))? \\$")


@dataclass(frozen=True)
class Locked:
    """One version of a package."""

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]
    wanted_by: tuple[str, ...]


def read_lock(name: str) -> list[Locked]:
    """The entries of a lock, in its order."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return [_entry(lines.splitlines()) for lines in re.split(r"\n(?=[a-z0-9])", text.strip())]


def _entry(lines: list[str]) -> Locked:
    head = _ENTRY.fullmatch(lines[0])
    hashes = tuple(re.findall(r"--hash=sha256:([0-9a-f]{64})", "\n".join(lines)))
    if head is None or not hashes:
        raise ValueError(f"no locked version with hashes: {lines[0]}")
    whys = [line.strip().removeprefix("#").removeprefix(" via").strip() for line in lines if line.strip()[:1] == "#"]
    wanted_by = tuple(dict.fromkeys(why.split(" ")[0] for why in whys if why))
    return Locked(head["name"], head["version"], head["marker"] or "", hashes, wanted_by)


def asked_for() -> dict[str, list[str]]:
    """What this project asks for, by purpose: `to run`, the name of each extra, `to build`."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"]
    wanted = {"to run": project["project"]["dependencies"], **extras, "to build": project["dependency-groups"]["build"]}
    return {purpose: [normal(each) for each in requirements] for purpose, requirements in wanted.items()}


def purposes() -> dict[str, list[str]]:
    """For each locked package, what it is installed for: purposes of `asked_for`, the first that need it first."""
    needs: dict[str, set[str]] = {}
    for each in read_lock(FOR_TESTS):
        for other in each.wanted_by:
            needs.setdefault(other, set()).add(each.name)
    found: dict[str, list[str]] = {each.name: [] for each in read_lock(FOR_TESTS)}
    for purpose, roots in asked_for().items():
        for name in reached(roots, needs):
            found[name].append(purpose)
    return found


def reached(roots: Iterable[str], needs: dict[str, set[str]]) -> set[str]:
    """Packages that are asked for, and those they need in turn."""
    there: set[str] = set()
    left = list(roots)
    while left:
        name = left.pop()
        if name not in there:
            there.add(name)
            left += needs.get(name, ())
    return there


def normal(requirement: str) -> str:
    """The name in a requirement, as locks spell it."""
    name = re.match(r"[A-Za-z0-9._-]+", requirement)
    if name is None:
        raise ValueError(f"no requirement: {requirement}")
    return re.sub(r"[-_.]+", "-", name.group()).lower()
