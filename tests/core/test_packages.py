"""Packages: counted by hand, and against a product of options filtered one by one."""

import hashlib
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.core.packages import ALWAYS, NEVER, NO_DEAL, Condition, Issue, Rule, package_space

LETTERS = "abcde"


@st.composite
def spaces(draw):
    """Issues and random rules over them."""
    issues = [
        Issue(f"i{k}", tuple(f"{letter}{k}" for letter in LETTERS[: draw(st.integers(1, 4))]))
        for k in range(draw(st.integers(1, 4)))
    ]

    def clause():
        chosen = draw(st.lists(st.sampled_from(issues), min_size=1, max_size=2, unique=True))
        return {i.name: frozenset(draw(st.lists(st.sampled_from(i.options), min_size=1))) for i in chosen}

    rules = [
        Rule(str(k), Condition((clause(),)), Condition(tuple(clause() for _ in range(draw(st.integers(1, 2))))))
        for k in range(draw(st.integers(0, 3)))
    ]
    return issues, rules


def meets(options, condition):
    return any(all(options[i] in wanted for i, wanted in clause.items()) for clause in condition.clauses)


@given(spaces())
def test_packages_are_the_product_of_options_without_those_a_rule_forbids(problem):
    issues, rules = problem
    space = package_space(issues, rules)
    names = [issue.name for issue in issues]
    wanted = {
        combination
        for combination in product(*[issue.options for issue in issues])
        if all(
            meets(dict(zip(names, combination, strict=True)), rule.then)
            for rule in rules
            if meets(dict(zip(names, combination, strict=True)), rule.if_)
        )
    }
    made = [tuple(space.options_of(p)[name] for name in names) for p in range(len(space))]
    assert set(made) == wanted
    assert len(made) == len(wanted)
    assert [space.index_of(space.options_of(p)) for p in range(len(space))] == list(range(len(space)))


@given(spaces())
def test_ties_are_ranked_by_the_digest_of_option_names(problem):
    space = package_space(*problem)
    texts = ["/".join(space.options_of(p)[issue.name] for issue in space.issues) for p in range(len(space))]
    by_digest = sorted(range(len(space)), key=lambda p: hashlib.sha256(texts[p].encode()).digest())
    assert [int(p) for p in np.argsort(space.tie_rank)] == by_digest


@given(spaces(), st.randoms())
def test_the_order_of_issues_does_not_matter(problem, random):
    issues, rules = problem
    shuffled = random.sample(issues, len(issues))
    assert (package_space(issues, rules).packages == package_space(shuffled, rules).packages).all()


def test_always_holds_everywhere_and_never_nowhere():
    space = package_space([Issue("a", ("x", "y")), Issue("b", ("x", "y", "z"))])
    assert space.holds(ALWAYS).all()
    assert not space.holds(NEVER).any()


def test_a_contradictory_package_has_no_index():
    rule = Rule("not_both", Condition(({"a": frozenset("x")},)), Condition(({"b": frozenset("y")},)))
    space = package_space([Issue("a", ("x", "y")), Issue("b", ("x", "y"))], [rule])
    assert space.index_of({"a": "x", "b": "x"}) == NO_DEAL
    assert space.options_of(space.index_of({"a": "x", "b": "y"})) == {"a": "x", "b": "y"}


def test_options_out_of_name_order_and_too_many_packages_are_refused():
    with pytest.raises(ValueError, match="name order"):
        Issue("a", ("y", "x"))
    with pytest.raises(ValueError, match=r"2,097,152 raw packages"):
        package_space([Issue(f"i{k:02}", ("x", "y")) for k in range(21)])
    with pytest.raises(ValueError, match="at least one issue"):
        package_space([])
