"""A GENIUS domain and its profiles, a folder of XML files, as the text of a scenario file.

Only ordinary files in the folder are read, and no links.

GENIUS divides evaluations by the largest, here times 100: a discrete issue has a value with 100 points; an integer or
real issue whose evaluator stays below 1 has none, since its weight counts as it is.
"""

import os
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping as Table
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from pathlib import Path

from sim.core.utility import DAYS_PER_MONTH
from sim.core.wording import counted, listed, meant, quoted, shown
from sim.scenario.differences import ordinary
from sim.scenario.genius import elements
from sim.scenario.genius.domain import Domain, Profile, domain_of, profile_of
from sim.scenario.genius.elements import UNITS, Element, decimal_of, decimal_of_units, read_xml, text_of, tidy
from sim.scenario.messages import Faults, Mark, ScenarioError
from sim.scenario.nodes import MappingNode, Node, ScalarNode
from sim.scenario.paths import get
from sim.scenario.scenario import from_tree
from sim.scenario.weights import decimal_text
from sim.scenario.yaml_reader import MOST_BYTES, read_text
from sim.scenario.yaml_writer import document

LONGEST = 60
MOST_FILES = 100


def files_in(folder: Path, faults: Faults) -> dict[str, bytes]:
    """Read the `*.xml` files of a folder itself, sorted by name."""
    inside = os.path.realpath(folder)
    names = sorted(name for name in os.listdir(folder) if name.lower().endswith(".xml") and not name.startswith("."))
    if len(names) > MOST_FILES:
        message = f"{len(names):,} XML files here; at most {MOST_FILES} would do: one domain and the profiles to play"
        faults.add(Mark(called(folder), 1, 1), message)
        return {}
    found: dict[str, bytes] = {}
    for name in names:
        mark = Mark(f"{called(folder)}/{shown(name, 100)}", 1, 1)
        location = os.path.realpath(os.path.join(inside, name))
        if os.path.dirname(location) != inside:
            faults.add(mark, "this link leads out of the folder; put the file itself here")
            continue
        try:
            data = ordinary(location, elements.MOST_BYTES + 1, resolved=True)
        except OSError as error:
            faults.add(mark, f"this file cannot be read: {shown(error.strerror or error, 120)}")
            continue
        if data is not None:
            found[name] = data
    return found


def called(folder: Path) -> str:
    """Return the name of a folder in messages: its last part."""
    return shown(folder.name, 100) or "."


def names_of(texts: Sequence[str], otherwise: str) -> list[str]:
    """Return a distinct name for each text; `otherwise` for one without a letter or digit that a name may have.

    A name depends on the texts and not on their order: `18:00` is `v18_00` anywhere, and texts with equal names are
    numbered in alphabetical order.
    """
    plain = [_plain(text) or otherwise for text in texts]
    counts = Counter(plain)
    taken = {name for name, count in counts.items() if count == 1}
    names = list(plain)
    for at in sorted(range(len(texts)), key=lambda at: (texts[at], at)):
        if counts[plain[at]] > 1:
            number = 1
            while f"{plain[at]}_{number}" in taken:
                number += 1
            names[at] = f"{plain[at]}_{number}"
            taken.add(names[at])
    return names


def _plain(text: str) -> str:
    """Reduce a text to small letters a to z, digits and `_`, starting with a letter; empty if nothing is left."""
    text = re.sub(r"^\s*[-\u2212](?=[0-9.])", "minus ", text)
    letters = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    name = re.sub("[^a-z0-9]+", "_", letters)[:LONGEST].strip("_")
    return f"v{name}" if name[:1].isdigit() else name


LONGEST_LABEL, LONGEST_ABOUT = 200, 4_000
READABLE = Decimal("1e-20")  # below this a number is written with an exponent

_NOWHERE = Mark("", 1, 1)


@dataclass(frozen=True)
class Talks:
    """What GENIUS leaves open: the rounds, their duration, and the values into which a real issue is discretized."""

    rounds: int = 100
    months: Fraction = Fraction(1)
    steps: int = 11


def tree_of(domain: Domain, profiles: list[Profile], talks: Talks, title: str, about: str) -> MappingNode:
    """Return the scenario, in the usual order of keys; names are derived from those of the domain."""
    (name,) = names_of([title], "domain")
    indices = [issue.index for issue in domain.issues]
    issues = dict(zip(indices, names_of([issue.name for issue in domain.issues], "issue"), strict=True))
    options = {issue.index: names_of([value.name for value in issue.values], "option") for issue in domain.issues}
    parties = names_of([profile.name for profile in profiles], "party")
    days = decimal_of(Fraction(DAYS_PER_MONTH) * talks.months / talks.rounds)
    on_the_table = {
        issues[issue.index]: _mapping({
            "label": _text(issue.name),
            "options": _mapping({
                option: _text(value.name) for option, value in zip(options[issue.index], issue.values, strict=True)
            }),
        })
        for issue in domain.issues
    }
    return _mapping({
        "schema": ScalarNode(_NOWHERE, "", "1"),
        "id": _text(name.replace("_", "-")),
        "title": _text(title),
        "about": _text(about, LONGEST_ABOUT),
        "time": _mapping({"rounds": _number(Decimal(talks.rounds)), "days_per_round": _number(days)}),
        "issues": _mapping(on_the_table),
        "parties": _mapping({
            party: _party(profile, talks, issues, options) for party, profile in zip(parties, profiles, strict=True)
        }),
        "protocol": _mapping({"name": _text("alternating_offers"), "information": _text("none")}),
    })


def _party(profile: Profile, talks: Talks, issues: Table[int, str], options: Table[int, list[str]]) -> MappingNode:
    weights = shares({issues[index]: weight for index, weight in profile.weights.items()})
    points = {
        index: _mapping({
            option: _number(decimal_of(utility * 100))
            for option, utility in zip(options[index], profile.utilities[index], strict=True)
        })
        for index in issues
    }
    items: dict[str, Node] = {
        "label": _text(profile.name),
        "weights": _mapping({issue: _number(weights[issue]) for issue in issues.values()}),
        "values": _mapping({issue: points[index] for index, issue in issues.items()}),
        "no_deal": _number(decimal_of(profile.reservation_value)),
    }
    if profile.discount < 1:
        if profile.reservation_value:
            items["no_deal"].change = "GENIUS discounts this too as the talks go on; here it stays"
        items["discount_per_month"] = _discount(profile, talks)
    return _mapping(items)


def _discount(profile: Profile, talks: Talks) -> ScalarNode:
    """Return the monthly discount factor equivalent, over the months of the talks, to that of GENIUS at time 1."""
    node = _number(root_of(profile.discount, talks.months))
    node.change = (
        f"GENIUS leaves {text_of(profile.discount)}^t of worth at time t of the talks, from 0 to 1; "
        "who accepts what does not depend on it here, see docs/model.md"
    )
    return node


def root_of(number: Fraction, times: Fraction) -> Decimal:
    """Return the `times`-th root of a number in (0, 1]; to 17 digits, the same on every machine."""
    with localcontext() as context:
        context.prec = 40
        logarithm = (Decimal(number.numerator) / Decimal(number.denominator)).ln()
        root = (logarithm * Decimal(times.denominator) / Decimal(times.numerator)).exp()
        context.prec = 17
        return +root


def shares(parts: Table[str, Fraction]) -> dict[str, Decimal]:
    """Return shares, at least one above 0, as decimals that sum to 1 exactly, by the method of Hamilton.

    They are rounded down to 12 places, and the largest remainders get a unit more; ties are broken by name.
    """
    whole = sum(parts.values(), Fraction(0))
    exact = {name: part / whole * UNITS for name, part in parts.items()}
    units = {name: share.__floor__() for name, share in exact.items()}
    left = UNITS - sum(units.values())
    for name in sorted(exact, key=lambda name: (units[name] - exact[name], name))[:left]:
        units[name] += 1
    return {name: decimal_of_units(count) for name, count in units.items()}


def _mapping(items: Table[str, Node]) -> MappingNode:
    return MappingNode(_NOWHERE, "", dict(items), dict.fromkeys(items, _NOWHERE))


def _number(number: Decimal) -> ScalarNode:
    text = decimal_text(number) if number >= READABLE or not number else f"{number:.16e}"
    return ScalarNode(_NOWHERE, "", text)


def _text(text: str, most: int = LONGEST_LABEL) -> ScalarNode:
    return ScalarNode(_NOWHERE, "", shown(text.strip(), most), False)


DOMAIN, PROFILE = "negotiation_template", "utility_space"
FEWEST = 2  # profiles: one party does not negotiate


@dataclass(frozen=True)
class Translation:
    """A scenario made of a domain; `text` is the whole YAML file, `notes` what was not translated exactly."""

    id: str
    text: str
    notes: tuple[str, ...]


def translate(
    files: Table[str, bytes], folder: str, faults: Faults, talks: Talks | None = None, only: Sequence[str] = ()
) -> Translation:
    """Translate the XML files of a folder, by name: one domain, and its profiles, of which `only` may select some.

    A ScenarioError whatever the bytes of the files, with all faults at once and their places.
    """
    talks, here = talks or Talks(), Mark(folder, 1, 1)
    roots: dict[str, Element] = {}
    for name in sorted(files):
        root = read_xml(files[name], f"{folder}/{shown(name, 100)}", faults)
        if root is not None:
            roots[name] = root
    domains, there = ([name for name, root in roots.items() if root.tag == tag] for tag in (DOMAIN, PROFILE))
    for name in only:
        if name not in there:
            faults.add(here, f"no profile here is called {quoted(name)}{meant(name, there)}")
    names = [name for name in there if not only or name in only]
    _check_files(roots, domains, names, here, faults)
    if len(domains) != 1:
        raise faults.error()
    domain = domain_of(roots[domains[0]], talks.steps, faults)
    found = [profile_of(roots[name], domain, tidy(name[:-4]) or "party", faults) for name in names]
    faults.raise_any()
    profiles = [profile for profile in found if profile is not None]
    notes = _notes(domain, profiles, [name for name in roots if name not in (*domains, *there)])
    return _written(domain, profiles, talks, notes, folder)


def _check_files(
    roots: Table[str, Element], domains: Sequence[str], names: Sequence[str], here: Mark, faults: Faults
) -> None:
    for name in domains[1:]:
        message = f"a second domain; the first is {shown(domains[0])}; one would do"
        faults.add(roots[name].mark, message)
    if not domains:
        found = listed(f"{name} <{root.tag}>" for name, root in roots.items())
        what = f"the XML files that can be read are {found}" if roots else "no XML file here can be read"
        faults.add(here, f"there is no domain: {what}; a domain starts with <{DOMAIN}>")
    elif len(names) < FEWEST and not faults:
        message = f"{counted(len(names), 'profile')} to translate, but a negotiation has at least {FEWEST} parties"
        faults.add(here, f"{message}; a profile is an XML file that starts with <{PROFILE}>")


def _notes(domain: Domain, profiles: list[Profile], others: Sequence[str]) -> tuple[str, ...]:
    notes = []
    for issue in domain.issues:
        if issue.thinned and issue.low is not None and issue.high is not None:
            low, high = text_of(issue.low), text_of(issue.high)
            message = f"{issue.name} takes {counted(len(issue.values), 'value')}, evenly spaced from {low} to {high}"
            notes.append(f"{message}; in GENIUS it is {issue.kind} and takes any between")
    notes += [note for profile in profiles for note in profile.notes]
    if any(profile.discount < 1 for profile in profiles):
        notes.append("discounts enter what a result is worth, not who accepts what; no_deal keeps its worth")
    if others:
        notes.append(f"left out, neither domain nor profile: {listed(others)}")
    return tuple(notes)


def _written(domain: Domain, profiles: list[Profile], talks: Talks, notes: tuple[str, ...], folder: str) -> Translation:
    title = domain.name or folder
    about = (
        f"Translated from the GENIUS domain {title} with {len(profiles)} profiles. GENIUS leaves open how parties "
        "bargain and how long a round is."
    )
    sentences = [f"{note[0].upper()}{note[1:]}." for note in notes]
    root = tree_of(domain, profiles, talks, title, " ".join([about, *sentences]))
    text = document(root)
    _check(text, folder)
    identity = get(root, "id")
    assert isinstance(identity, ScalarNode)
    return Translation(identity.text, text, notes)


def _check(text: str, folder: str) -> None:
    """Check that the scenario can be played; a domain that is valid in GENIUS and too large here raises a fault."""
    found, here = Faults(), Faults()
    try:
        if len(text.encode("utf-8")) > MOST_BYTES:
            found.add(Mark(folder, 1, 1), f"more than {MOST_BYTES:,} bytes")
        root = read_text(text, folder, found)
        found.raise_any()
        assert isinstance(root, MappingNode)
        from_tree(root, (), found)
    except ScenarioError as error:
        here.add(Mark(folder, 1, 1), f"this domain does not fit a scenario: {error.faults[0].message}")
    here.raise_any()
