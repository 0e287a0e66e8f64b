"""A domain and its profiles as the tree of a scenario file.

Points are what GENIUS makes of evaluations, times 100: a discrete issue has a value with 100 points; an integer or real
issue whose evaluator stays below 1 has none, since its weight counts as it stands.
"""

from collections.abc import Mapping as Table
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from sim.genius.decimals import decimal_of, root_of, shares
from sim.genius.domain import Domain
from sim.genius.names import names_of
from sim.genius.profile import Profile
from sim.scenario.messages import Mark, shown
from sim.scenario.nodes import Mapping, Node, Scalar
from sim.scenario.weights import decimal_text
from sim.utility import DAYS_PER_MONTH

LONGEST_LABEL, LONGEST_ABOUT = 200, 4_000
READABLE = Decimal("1e-20")  # below this a number is written with an exponent

_NOWHERE = Mark("", 1, 1)


@dataclass(frozen=True)
class Talks:
    """What GENIUS leaves open.

    Attributes:
        rounds: Rounds until the deadline.
        months: How long all rounds take.
        steps: Values into which a real issue is cut, and an integer issue with too many.
    """

    rounds: int = 100
    months: Fraction = Fraction(1)
    steps: int = 11


def tree_of(domain: Domain, profiles: list[Profile], talks: Talks, title: str, about: str) -> Mapping:
    """The scenario, in the order in which people write one; names are made from those of the domain."""
    (name,) = names_of([title], "domain")
    indices = [issue.index for issue in domain.issues]
    issues = dict(zip(indices, names_of([issue.name for issue in domain.issues], "issue"), strict=True))
    options = {issue.index: names_of([value.name for value in issue.values], "option") for issue in domain.issues}
    parties = names_of([profile.name for profile in profiles], "party")
    days = decimal_of(Fraction(DAYS_PER_MONTH) * talks.months / talks.rounds)
    on_the_table = {
        issues[issue.index]: _mapping(
            {
                "label": _text(issue.name),
                "options": _mapping(
                    {
                        option: _text(value.name)
                        for option, value in zip(options[issue.index], issue.values, strict=True)
                    }
                ),
            }
        )
        for issue in domain.issues
    }
    return _mapping(
        {
            "schema": Scalar(_NOWHERE, "", "1"),
            "id": _text(name.replace("_", "-")),
            "title": _text(title),
            "about": _text(about, LONGEST_ABOUT),
            "time": _mapping({"rounds": _number(Decimal(talks.rounds)), "days_per_round": _number(days)}),
            "issues": _mapping(on_the_table),
            "parties": _mapping(
                {
                    party: _party(profile, talks, issues, options)
                    for party, profile in zip(parties, profiles, strict=True)
                }
            ),
            "protocol": _mapping({"name": _text("alternating_offers"), "information": _text("none")}),
        }
    )


def _party(profile: Profile, talks: Talks, issues: Table[int, str], options: Table[int, list[str]]) -> Mapping:
    weights = shares({issues[index]: weight for index, weight in profile.weights.items()})
    points = {
        index: _mapping(
            {
                option: _number(decimal_of(worth * 100))
                for option, worth in zip(options[index], profile.worth[index], strict=True)
            }
        )
        for index in issues
    }
    items: dict[str, Node] = {
        "label": _text(profile.name),
        "weights": _mapping({issue: _number(weights[issue]) for issue in issues.values()}),
        "values": _mapping({issue: points[index] for index, issue in issues.items()}),
        "no_deal": _number(decimal_of(profile.no_deal)),
    }
    if profile.discount < 1:
        if profile.no_deal:
            items["no_deal"].change = "GENIUS discounts this too as the talks go on; here it stays"
        items["discount_per_month"] = _discount(profile, talks)
    return _mapping(items)


def _discount(profile: Profile, talks: Talks) -> Scalar:
    """The factor a month, such that after the months of the talks what is left is what GENIUS leaves at time 1."""
    node = _number(root_of(profile.discount, talks.months))
    node.change = (
        f"GENIUS leaves {decimal_text(decimal_of(profile.discount))}^t of worth at time t of the talks, from 0 to 1; "
        "who accepts what does not depend on it here, see docs/model.md"
    )
    return node


def _mapping(items: Table[str, Node]) -> Mapping:
    return Mapping(_NOWHERE, "", dict(items), dict.fromkeys(items, _NOWHERE))


def _number(number: Decimal) -> Scalar:
    text = decimal_text(number) if number >= READABLE or not number else f"{number:.16e}"
    return Scalar(_NOWHERE, "", text)


def _text(text: str, most: int = LONGEST_LABEL) -> Scalar:
    return Scalar(_NOWHERE, "", shown(text.strip(), most), False)
