"""A GENIUS domain and its profiles as the text of a scenario file."""

from collections.abc import Mapping as Table
from collections.abc import Sequence
from dataclasses import dataclass

from sim.genius.attributes import tidy
from sim.genius.decimals import decimal_of
from sim.genius.domain import Domain, domain_of
from sim.genius.elements import Element, read_xml
from sim.genius.folder import chosen
from sim.genius.profile import Profile, profile_of
from sim.genius.tree import Talks, tree_of
from sim.scenario.messages import Faults, Mark, ScenarioError, counted, listed, shown
from sim.scenario.nodes import Mapping, Scalar
from sim.scenario.paths import get
from sim.scenario.scenario import from_tree
from sim.scenario.weights import decimal_text
from sim.scenario.writing import document
from sim.scenario.yaml_text import MOST_BYTES, read_text

DOMAIN, PROFILE = "negotiation_template", "utility_space"
FEWEST = 2  # profiles: one party does not negotiate


@dataclass(frozen=True)
class Translation:
    """A scenario made of a domain.

    Attributes:
        id: Its id.
        text: The whole YAML file, which reads without a fault.
        notes: What did not carry over as it stood; the file says so too.
    """

    id: str
    text: str
    notes: tuple[str, ...]


def translate(
    files: Table[str, bytes], folder: str, faults: Faults, talks: Talks | None = None, only: Sequence[str] = ()
) -> Translation:
    """Translate a domain and its profiles.

    Args:
        files: The XML files of a folder, by name. One has the root `negotiation_template`; those with the root
            `utility_space` are profiles; others are left out.
        folder: What the folder is called, for messages.
        faults: Takes what is wrong; may hold what was wrong with reading the folder.
        talks: What GENIUS leaves open.
        only: File names of the profiles to translate, all if empty.

    Raises:
        ScenarioError: whatever the bytes of the files, with all faults at once and their places.
    """
    talks, here = talks or Talks(), Mark(folder, 1, 1)
    roots: dict[str, Element] = {}
    for name in sorted(files):
        root = read_xml(files[name], f"{folder}/{shown(name, 100)}", faults)
        if root is not None:
            roots[name] = root
    domains, there = ([name for name, root in roots.items() if root.tag == tag] for tag in (DOMAIN, PROFILE))
    names = chosen(there, only, here, faults)
    _check_files(roots, domains, names, here, faults)
    if len(domains) != 1:
        raise faults.error()
    domain = domain_of(roots[domains[0]], talks.steps, faults)
    found = [profile_of(roots[name], domain, _party_name(name), faults) for name in names]
    faults.raise_any()
    profiles = [profile for profile in found if profile is not None]
    notes = _notes(domain, profiles, [name for name in roots if name not in (*domains, *there)])
    return _written(domain, profiles, talks, notes, folder)


def _party_name(file: str) -> str:
    """A party is called as its file, without the ending `.xml`."""
    return tidy(file[:-4]) or "party"


def _check_files(
    roots: Table[str, Element], domains: Sequence[str], names: Sequence[str], here: Mark, faults: Faults
) -> None:
    """One domain, and at least two profiles."""
    for name in domains[1:]:
        said = f"a second domain; the first is {shown(domains[0])}; one would do"
        faults.add(roots[name].mark, said)
    if not domains:
        found = listed(f"{name} <{root.tag}>" for name, root in roots.items())
        what = f"the XML files that can be read are {found}" if roots else "no XML file here can be read"
        faults.add(here, f"there is no domain: {what}; a domain starts with <{DOMAIN}>")
    elif len(names) < FEWEST and not faults:
        said = f"{counted(len(names), 'profile')} to translate, but a negotiation has at least {FEWEST} parties"
        faults.add(here, f"{said}; a profile is an XML file that starts with <{PROFILE}>")


def _notes(domain: Domain, profiles: list[Profile], others: Sequence[str]) -> tuple[str, ...]:
    notes = []
    for issue in domain.issues:
        if issue.thinned and issue.low is not None and issue.high is not None:
            low, high = (decimal_text(decimal_of(end)) for end in (issue.low, issue.high))
            said = f"{issue.name} takes {counted(len(issue.values), 'value')}, evenly spaced from {low} to {high}"
            notes.append(f"{said}; in GENIUS it is {issue.kind} and takes any between")
    notes += [note for profile in profiles for note in profile.notes]
    if any(profile.discount < 1 for profile in profiles):
        notes.append("discounts enter what a result is worth, not who accepts what; no_deal keeps its worth")
    if others:
        notes.append(f"left out, neither domain nor profile: {listed(others)}")
    return tuple(notes)


def _written(
    domain: Domain, profiles: list[Profile], talks: Talks, notes: tuple[str, ...], folder: str
) -> Translation:
    title = domain.name or folder
    about = (
        f"Translated from the GENIUS domain {title} with {len(profiles)} profiles. GENIUS leaves open how parties "
        "bargain and how long a round is."
    )
    root = tree_of(domain, profiles, talks, title, " ".join([about, *map(_sentence, notes)]))
    text = document(root)
    _check(text, folder)
    identity = get(root, "id")
    assert isinstance(identity, Scalar)
    return Translation(identity.text, text, notes)


def _sentence(note: str) -> str:
    return f"{note[0].upper()}{note[1:]}."


def _check(text: str, folder: str) -> None:
    """What is written can be played; a domain that is sound in GENIUS and too much for a scenario is told as such."""
    found, here = Faults(), Faults()
    try:
        if len(text.encode("utf-8")) > MOST_BYTES:
            found.add(Mark(folder, 1, 1), f"more than {MOST_BYTES:,} bytes")
        root = read_text(text, folder, found)
        found.raise_any()
        assert isinstance(root, Mapping)
        from_tree(root, (), found)
    except ScenarioError as error:
        here.add(Mark(folder, 1, 1), f"this domain does not fit a scenario: {error.faults[0].message}")
    here.raise_any()
