"""Bound aftermaths for tests, from plain numbers: specifications as the scenario reader hands them over."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import SimpleNamespace
from typing import Any

import numpy as np

from sim.core import streams
from sim.core.packages import Condition, Issue, PackageSpace, package_space
from sim.mechanisms.aftermath import Aftermath
from sim.mechanisms.mediation import Mediation
from sim.scenario import Number
from tests.drawings import drawing

AS_OF = date(2025, 12, 14)


@dataclass
class Source:
    """Numbers from streams named after their paths, as an ensemble draws them."""

    count: int = 1
    start: int = 0
    seed: int = 1
    central: bool = False
    names: Mapping[str, str] = field(default_factory=dict)  # streams taken from another name, part by part of the path
    inputs: dict[str, np.ndarray] = field(default_factory=dict)

    def uniform(self, name):
        stream = ".".join(self.names.get(part, part) for part in name.split("."))
        return streams.uniform(self.seed, stream, self.start, self.count)

    def number(self, path, number):
        if not number.uncertain or self.central:
            values = np.full(self.count, float(number.value))
        else:
            values = streams.draw_law(self.uniform(path), number.law, number.low, number.value, number.high)
        self.inputs[path] = values
        return values


def num(value: float, low: float | None = None, high: float | None = None) -> Number:
    return Number(value, low, high)


def by_option(issue: str, **numbers: Any) -> SimpleNamespace:
    return SimpleNamespace(issue=issue, numbers={name: as_number(n) for name, n in numbers.items()})


def as_number(number: Any) -> Number:
    if isinstance(number, Number):
        return number
    return num(*number) if isinstance(number, tuple) else num(number)


def hazard(survival_12: Any, shape: Any = None, survival_60: Any = None, **others: Any) -> SimpleNamespace:
    others = {"reference_credibility": None, **others}
    factors = {"deterrence": 0, "if_not_self_enforcing": 1, "if_pull_back_fails": 1, "if_bought_by_pressure": 1}
    given = {name: as_number(others.pop(name, default)) for name, default in factors.items()}
    return SimpleNamespace(
        survival_12=as_number(survival_12),
        shape=None if shape is None else as_number(shape),
        survival_60=None if survival_60 is None else as_number(survival_60),
        ratios={
            name: SimpleNamespace(when=when, ratio=as_number(ratio), share=as_number(share))
            for name, (when, ratio, share) in others.pop("ratios", {}).items()
        },
        **given,
        **others,
    )


def pull_back(issue: str, steps: Mapping[str, int], **numbers: Any) -> SimpleNamespace:
    others = {"months": None, "depth_km": None, "one_sided": None}
    return SimpleNamespace(issue=issue, steps=steps, **(others | numbers))


def spec(**parts: Any) -> SimpleNamespace:
    names = ("guarantor", "credibility", "credibility_lost", "monitoring", "power_shift", "pull_back", "hazard")
    return SimpleNamespace(**{name: parts.get(name) for name in names})


def when(**options: Any) -> Condition:
    wanted = {name: frozenset([o] if isinstance(o, str) else o) for name, o in options.items()}
    return Condition((wanted,))


def space_of(**issues: tuple[str, ...]) -> PackageSpace:
    return package_space([Issue(name, tuple(sorted(options))) for name, options in issues.items()])


def bind(
    aftermath: Any, space: PackageSpace, source: Source | None = None, as_of: date | None = None, fades: Any = None
) -> Aftermath:
    table = SimpleNamespace(space=space, parties=("east", "west"), signs=np.ones((2, len(space)), bool))
    source = source or Source()
    levers: Any = SimpleNamespace(fades_per_year=np.zeros(source.count) if fades is None else fades)
    before = {"mediation": Mediation(levers, None)}
    bound = Aftermath.draw(aftermath, drawing(source, table, as_of=as_of, before=before))
    assert bound is not None
    return bound


def part_held(aftermath: Aftermath, discount: Any, month: Any = None, worth: Any = None, no_deal: Any = None) -> Any:
    """Discounted part of the ten years after entry into force in which each package holds, shape (B, P)."""
    outlook, least = aftermath.kinds_ahead(month)
    part = np.take_along_axis(outlook.parts_held_by_kind(discount[:, None])[:, 0], outlook.kind, axis=1)
    index = outlook.static.index
    if least is None:
        return part[:, index]
    absent = worth - no_deal[:, None] < least[:, index]
    return np.take_along_axis(part, index + len(outlook.static) * absent, axis=1)


def judge(bound: Aftermath, space: PackageSpace, options: dict[str, str], signed=0.0, to_force=0.0, **others: Any):
    """The same package in every draw; a guarantor that wants to act, unless told otherwise."""
    count = len(bound.hold)
    willing = {"guarantor_utility": np.full(count, 2.0), "guarantor_no_deal": np.zeros(count)}
    packages = np.full(count, space.index_of(options))
    return bound.judge(packages, np.full(count, signed), np.full(count, to_force), **(willing | others))


# A small strip of land, a guarantee and an army: all parts of an aftermath hang on these.
LAND = {"army": ("large", "small"), "exit": ("equal", "first", "one", "stay"), "promise": ("law", "none", "word")}
BEST = {"army": "large", "exit": "equal", "promise": "law"}
WORST = {"army": "small", "exit": "one", "promise": "none"}
SHAKY = {"army": "large", "exit": "first", "promise": "word"}


def everything(named: str = "east", other: str = "west", sign: float = 1.0) -> SimpleNamespace:
    """All parts of an aftermath with ranges, the balance moving away from the side named."""
    low, high = sorted((sign * 0.30, sign * 0.50))
    return spec(
        guarantor=SimpleNamespace(party="far", helper=None, cost_of_acting=num(0.15, 0.05, 0.40)),
        credibility=by_option("promise", law=(0.7, 0.5, 0.9), word=(0.35, 0.15, 0.55), none=(0.05, 0, 0.15)),
        credibility_lost=SimpleNamespace(
            per_year={"congress": num(0.03), "executive": num(0.12)},
            at_change={"congress": num(0.10), "executive": num(0.40)},
            first_change_at=date(2029, 1, 20),
            route={"law": "congress", "word": "executive"},
        ),
        monitoring=by_option("promise", law=(0.75, 0.6, 0.9), word=(0.45, 0.3, 0.6), none=(0.15, 0.05, 0.3)),
        power_shift=SimpleNamespace(
            months=num(24),
            discount=num(0.9, 0.8, 0.97),
            balance_now=num(0.5, 0.4, 0.6),
            war_cost={named: num(0.1, 0.05, 0.2), other: num(0.1, 0.05, 0.2)},
            penalty=num(0.3, 0.1, 0.6),
            away_from=named,
            shifts={
                "army": {"small": num(sign * 0.4, low, high)},
                "promise": {"none": num(sign * 0.08)},
                "exit": {"stay": num(sign * -0.02)},
            },
            surplus="flow",
        ),
        pull_back=pull_back(
            "exit",
            {"equal": 4, "first": 2, "one": 1, "stay": 0},
            months=num(2, 0.1, 6),
            gain_of_cheating=num(3, 1, 6),
            dividend=num(0.2, 0.05, 0.5),
            discount=num(0.95, 0.85, 0.99),
            penalty=num(2, 0.5, 4),
        ),
        hazard=hazard(
            (0.78, 0.55, 0.85),
            shape=(0.5, 0.3, 0.8),
            ratios={
                "empty_strip": (when(exit=("equal", "first")), (0.6, 0.3, 1.0), 0.2),
                "force": (when(promise="law"), (0.53, 0.3, 0.95), 0),
            },
            deterrence=(0.7, 0.3, 0.9),
            if_not_self_enforcing=(2.5, 1.5, 4),
            if_pull_back_fails=(1.8, 1.2, 3),
            if_bought_by_pressure=(1.5, 1.0, 2.5),
        ),
    )
