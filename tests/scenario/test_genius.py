"""GENIUS domains as scenarios: the same utilities, names that do not depend on order, and strangers' XML."""

import os
import random
import re
import xml.etree.ElementTree as ElementTree
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from xml.sax.saxutils import quoteattr

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.core.fields import NAME
from sim.results.results import run
from sim.scenario import Scenario, ScenarioError, read_scenario
from sim.scenario.genius import Talks, Translation, translate
from sim.scenario.genius.elements import LONGEST_ATTRIBUTE, MOST_BYTES, MOST_DEPTH, MOST_ELEMENTS
from sim.scenario.genius.translation import names_of, root_of, shares
from sim.scenario.messages import Faults
from sim.scenario.notes import notes
from sim.scenario.package_checks import central_utility, space_of
from tests.commands import call, process

DATA = Path(__file__).parents[1] / "data" / "genius"
WELL = {path.name: path.read_bytes() for path in sorted((DATA / "well").iterdir())}
FERRY = {path.name: path.read_bytes() for path in sorted((DATA / "ferry").iterdir())}

Files = dict[str, bytes]


def translated(files: Files, talks: Talks | None = None, only: tuple[str, ...] = ()) -> Translation:
    return translate(files, "folder", Faults(), talks, only)


def scenario_of(text: str, folder: Path) -> Scenario:
    file = folder / "talks.yaml"
    file.write_text(text, encoding="utf-8")
    return read_scenario(file)


def refusals(files: Files, **how: object) -> list[str]:
    """All faults of files that are refused."""
    with pytest.raises(ScenarioError) as caught:
        translated(files, **how)
    return str(caught.value).splitlines()


def changed(files: Files, name: str, old: str, new: str) -> Files:
    text = files[name].decode("utf-8")
    assert old in text
    return {**files, name: text.replace(old, new, 1).encode("utf-8")}


# The same utilities. The reader in this file shares nothing with the one under test: it goes the way GENIUS does, in
# floats, from ElementTree.


def genius_utility(profile: bytes, outcome: dict[str, str]) -> float:
    """Utility of an outcome, issue name to value, as AdditiveUtilitySpace adds it up."""
    root = ElementTree.fromstring(profile)
    weights = {each.get("index"): float(each.get("value")) for each in root.iter("weight")}
    issues = {each.get("index"): each for each in root.iter("issue")}
    return sum(weights[index] * evaluation(issue, outcome[issue.get("name")]) for index, issue in issues.items())


def evaluation(issue: ElementTree.Element, value: str) -> float:
    items = {item.get("value"): float(item.get("evaluation")) for item in issue.iter("item")}
    if items:
        return items[value] / max(items.values()) if max(items.values()) >= 0.00001 else 0.0
    evaluator = issue.find("evaluator")
    if evaluator.get("ftype") == "constant":
        return float(evaluator.get("parameter0"))
    if evaluator.get("ftype") == "triangular":
        low, high, top = (float(evaluator.get(f"parameter{number}")) for number in range(3))
        if low <= float(value) < top:
            return (float(value) - low) / (top - low)
        return 1 - (float(value) - top) / (high - top) if top <= float(value) < high else 0.0
    if evaluator.get("slope") is not None:
        from_low = int(value) - int(issue.get("lowerbound"))
        raw = float(evaluator.get("offset")) + float(evaluator.get("slope")) * from_low
    else:
        raw = float(evaluator.get("parameter0")) + float(evaluator.get("parameter1")) * float(value)
    return min(max(raw, 0.0), 1.0)


def assert_same_utilities(files: Files, scenario: Scenario, sums: dict[str, float] | None = None) -> int:
    """Every package is worth its utility; `sums` has the weights' sums of parties that were rescaled."""
    space = space_of(scenario.issues, scenario.consistency)
    profiles = {name: data for name, data in files.items() if b"<negotiation_template" not in data}
    labels = {party.label: name for name, party in scenario.parties.items()}
    for file, data in profiles.items():
        party = file.removesuffix(".xml")
        worth = central_utility(scenario, space, labels[party]).utility
        for package in range(len(space)):
            options = space.options_of(package)
            outcome = {spec.label: spec.options[options[issue]] for issue, spec in scenario.issues.items()}
            exact = genius_utility(data, outcome) / (sums or {}).get(party, 1.0)
            assert worth[package] == pytest.approx(exact, abs=1e-11)
    return len(space)


def test_every_outcome_of_the_well_is_worth_its_utility(tmp_path):
    scenario = scenario_of(translated(WELL).text, tmp_path)
    assert assert_same_utilities(WELL, scenario) == 3 * 7 * 2
    upper = scenario.parties["upper_farm"]
    assert (upper.no_deal.value, scenario.parties["lower_farm"].no_deal.value) == (0.35, 0.25)
    assert upper.discount_per_month.value == 0.8 and scenario.parties["lower_farm"].discount_per_month.value == 1


def test_a_utility_worked_out_on_paper(tmp_path):
    """By turns 5/7 of 0.48, four hours 0.2 + 2 x 2/15 of a third, the other mends the rope 0.18666."""
    scenario = scenario_of(translated(WELL).text, tmp_path)
    space = space_of(scenario.issues, scenario.consistency)
    package = space.index_of(
        {"who_draws_water_first": "by_turns_odd_even_days", "hours_a_day": "v4", "who_mends_the_rope": "lower_farm"}
    )
    exact = 0.48 * 5 / 7 + (0.2 + 4 / 15) / 3 + 0.56 / 3
    assert central_utility(scenario, space, "upper_farm").utility[package] == pytest.approx(exact, abs=1e-12)


def test_older_evaluators_nested_issues_and_weights_that_do_not_sum_to_1(tmp_path):
    translation = translated(FERRY)
    scenario = scenario_of(translation.text, tmp_path)
    assert assert_same_utilities(FERRY, scenario, {"north": 0.8}) == 3 * 11 * 11 * 3
    # What north accepts is what it accepted: 0.2 of weights that sum to 0.8 is 0.25 of those that sum to 1.
    assert scenario.parties["north"].no_deal.value == 0.25
    assert any("weights of north sum to 0.8" in note for note in translation.notes)
    assert any("discount factor of south" in note for note in translation.notes)
    assert scenario.parties["south"].no_deal.value == 0
    assert all(note[1:] in scenario.about for note in translation.notes)


def test_a_real_issue_takes_as_many_values_as_asked_for(tmp_path):
    scenario = scenario_of(translated(FERRY, Talks(steps=3)).text, tmp_path)
    assert list(scenario.issues["fare"].options.values()) == ["1.5", "2.75", "4"]
    assert list(scenario.issues["trips_a_year"].options.values()) == ["-100", "500", "1100"]
    assert_same_utilities(FERRY, scenario, {"north": 0.8})


def test_an_integer_issue_has_every_integer_up_to_250_of_them():
    def with_upper(bound: int) -> Files:
        return {name: data.replace(b'upperbound="8"', b'upperbound="%d"' % bound) for name, data in WELL.items()}

    every, some = translated(with_upper(251)), translated(with_upper(252))
    assert "v251:" in every.text and "v137:" in every.text
    assert not any("hours" in note.lower() for note in every.notes)
    assert "v252:" in some.text and "v2:" in some.text and "v137:" not in some.text
    assert some.notes[0] == (
        "Hours a day takes 11 values, evenly spaced from 2 to 252; in GENIUS it is integer and takes any between"
    )


@pytest.mark.parametrize(("rounds", "months"), [(100, "1"), (7, "1"), (12, "6"), (3, "0.1"), (1, "120")])
def test_the_discount_of_the_whole_talks_is_that_of_genius(rounds, months, tmp_path):
    scenario = scenario_of(translated(WELL, Talks(rounds, Fraction(months))).text, tmp_path)
    time = scenario.time
    assert time.rounds == rounds
    whole = time.rounds * time.days_per_round / 30.4375
    assert whole == pytest.approx(float(Fraction(months)), rel=1e-9)
    for k in range(1, rounds + 1):  # round k of R is time (k - 1) / R
        months_gone = (k - 1) * time.days_per_round / 30.4375
        left = scenario.parties["upper_farm"].discount_per_month.value ** months_gone
        assert left == pytest.approx(0.8 ** ((k - 1) / rounds), abs=1e-10)


def test_what_discounts_do_here_stands_in_the_file():
    text = translated(WELL).text
    assert "discount_per_month: 0.8  # GENIUS leaves 0.8^t" in text
    assert "no_deal: 0.35  # GENIUS discounts this too" in text
    assert "no_deal: 0.25\n" in text  # of the other, who does not discount


def test_a_root_to_17_digits():
    assert root_of(Fraction("0.8"), Fraction(1)) == Decimal("0.8")
    assert root_of(Fraction("0.25"), Fraction(2)) == Decimal("0.5")
    assert root_of(Fraction(1), Fraction(3)) == 1
    assert root_of(Fraction("0.5"), Fraction(1, 2)) == Decimal("0.25")


@given(st.dictionaries(st.text("abc", min_size=1), st.fractions(0, 10), min_size=1).filter(lambda p: any(p.values())))
def test_shares_sum_to_1_and_are_near_the_exact_ones(parts):
    found, whole = shares(parts), sum(parts.values())
    assert sum(found.values()) == 1
    assert all(abs(Fraction(found[name]) - part / whole) < Fraction(1, 10**12) for name, part in parts.items())
    assert found == shares(dict(sorted(parts.items(), reverse=True)))


# Random domains: utilities, names, order.

WORDS = st.text(st.sampled_from("aAbé :-_0/\"&<'"), min_size=1, max_size=4).filter(lambda text: " ".join(text.split()))


@st.composite
def domains(draw):
    """Files of a domain with issues of both kinds, weights that sum to 1 in floats, and two profiles."""
    names = draw(st.lists(WORDS.map(tidied), min_size=1, max_size=3, unique=True))
    words = st.lists(WORDS.map(tidied), min_size=1, max_size=3, unique=True)
    issues = [(name, draw(words | st.integers(1, 3))) for name in names]
    files = {"domain.xml": wrapped("negotiation_template", [opened(at, *each) for at, each in enumerate(issues, 1)])}
    for party in ("one", "two"):
        lines = []
        parts = draw(st.lists(st.integers(1, 9), min_size=len(issues), max_size=len(issues)))
        for at, (name, values) in enumerate(issues, 1):
            if isinstance(values, int):
                slope, offset = draw(st.floats(-1, 1)), draw(st.floats(-1, 2))
                inside = f'<evaluator ftype="linear" slope="{slope:.8f}" offset="{offset:.8f}"/>'
            else:
                inside = "".join(
                    f'<item index="{k}" value={quoteattr(value)} evaluation="{draw(st.integers(0, 9))}"/>'
                    for k, value in enumerate(values, 1)
                )
            lines += [opened(at, name, values, inside), f'<weight index="{at}" value="{parts[at - 1] / sum(parts)}"/>']
        files[f"{party}.xml"] = wrapped("utility_space", lines)
    return files


def tidied(text: str) -> str:
    return " ".join(text.split())


def opened(index: int, name: str, values: list[str] | int, inside: str = "") -> str:
    kind = "integer" if isinstance(values, int) else "discrete"
    bounds = f' lowerbound="-1" upperbound="{values}"' if isinstance(values, int) else ""
    if not isinstance(values, int) and not inside:
        inside = "".join(f'<item index="{k}" value={quoteattr(value)}/>' for k, value in enumerate(values, 1))
    return f'<issue index="{index}" name={quoteattr(name)} type="{kind}"{bounds}>{inside}</issue>'


def wrapped(root: str, lines: list[str]) -> bytes:
    return f'<{root}><objective index="0" name="Talks">{"".join(lines)}</objective></{root}>'.encode()


@settings(max_examples=25)
@given(files=domains())
def test_any_domain_keeps_its_utilities(files, tmp_path_factory):
    assert_same_utilities(files, scenario_of(translated(files).text, tmp_path_factory.mktemp("talks")))


@given(files=domains(), seed=st.integers(0, 1000))
def test_the_order_of_elements_and_files_moves_no_byte(files, seed):
    shuffled = {}
    for name in random.Random(seed).sample(sorted(files), len(files)):
        root = ElementTree.fromstring(files[name])
        for parent in root.iter():
            parent[:] = random.Random(seed).sample(list(parent), len(parent))
        shuffled[name] = ElementTree.tostring(root, encoding="utf-8")
    assert translated(shuffled) == translated(files)


@given(st.lists(st.text(max_size=8), max_size=8), st.randoms(use_true_random=False))
def test_names_are_names_of_their_own_and_do_not_depend_on_order(texts, chance):
    names = names_of(texts, "option")
    assert len(set(names)) == len(texts) and all(re.fullmatch(NAME, name) for name in names)
    order = chance.sample(range(len(texts)), len(texts))
    again = names_of([texts[at] for at in order], "option")
    assert sorted(zip((texts[at] for at in order), again, strict=True)) == sorted(zip(texts, names, strict=True))


def test_names_that_collide_are_numbered_and_the_original_stays_as_label(tmp_path):
    scenario = scenario_of(translated(FERRY).text, tmp_path)
    assert scenario.issues["fahre_wer_fahrt"].label == "Fähre - wer fährt?"
    assert scenario.issues["fahre_wer_fahrt"].options == {"nord_1": "Nord", "nord_2": "nord", "sud": "Süd"}
    assert scenario.issues["first_trip"].options == {"v06_00": "06:00", "v6_00_pm": "6:00 pm", "option": "-"}
    assert names_of(["a", "A", "a_1", "-2", "2"], "option") == ["a_3", "a_2", "a_1", "minus_2", "v2"]


# The command.


def test_the_file_that_is_written_passes_check_and_plays(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    answer = call("import", "genius", DATA / "well")
    assert answer.exit_code == 0, answer.output
    file = tmp_path / "the-well-between-two-farms.yaml"
    assert f"{file.name}: written. Next: peacesim check" in answer.output
    assert "note: discounts enter what a result is worth" in answer.output
    checked = call("check", file)
    assert checked.exit_code == 0 and "3 issues, 42 packages" in checked.output
    results = run(read_scenario(file), draws=20)
    assert results.n == 20 and not notes(results.scenario)
    played = call("batch", file, "-n", 10, "--workers", 1, "--no-charts")
    assert played.exit_code == 0, played.output


def test_a_file_that_exists_is_left_alone_and_a_fault_writes_nothing(tmp_path):
    file = tmp_path / "talks.yaml"
    assert call("import", "genius", DATA / "ferry", "-o", file).exit_code == 0
    before = file.read_bytes()
    answer = call("import", "genius", DATA / "well", "-o", file)
    assert answer.exit_code == 2 and "exists" in answer.output
    assert file.read_bytes() == before
    assert call("import", "genius", DATA / "well", "-o", tmp_path / "talks.txt").exit_code == 2
    (tmp_path / "empty").mkdir()
    answer = call("import", "genius", tmp_path / "empty", "-o", tmp_path / "other.yaml")
    assert answer.exit_code == 2 and not (tmp_path / "other.yaml").exists()
    assert f"{tmp_path / 'empty'}:1:1: there is no domain: no XML file here" in answer.output


def test_options_of_the_command_reach_the_file(tmp_path):
    file = tmp_path / "talks.yaml"
    answer = call("import", "genius", DATA / "ferry", "-o", file, "--rounds", 12, "--months", 6, "--steps", 4,
                  "--profile", "north.xml", "--profile", "south.xml")  # fmt: skip
    assert answer.exit_code == 0, answer.output
    scenario = read_scenario(file)
    assert scenario.time.rounds == 12 and scenario.time.days_per_round == pytest.approx(30.4375 / 2)
    assert len(scenario.issues["fare"].options) == 4


def test_help_of_the_subcommand_explains_every_option():
    answer = call("import", "genius", "--help")
    assert answer.exit_code == 0
    assert all(option in answer.output for option in ("--output", "--profile", "--rounds", "--months", "--steps"))


def test_a_fault_names_the_file_as_the_user_named_the_folder(tmp_path):
    for name, data in changed(WELL, "upper_farm.xml", 'evaluation="7"', 'evaluation="seven"').items():
        (tmp_path / name).write_bytes(data)
    answer = process("import", "genius", tmp_path.name, cwd=tmp_path.parent)
    assert answer.returncode == 2 and answer.stdout == ""
    assert f"{tmp_path.name}/upper_farm.xml:4:7: 'evaluation' of <item> 'Upper farm' is 'seven'" in answer.stderr
    assert answer.stderr.count("\n") == 1


@pytest.mark.skipif(os.name != "posix", reason="links and pipes")
def test_links_out_of_the_folder_pipes_and_folders_are_not_read(tmp_path):
    folder, file = tmp_path / "domain", tmp_path / "talks.yaml"
    folder.mkdir()
    for name, data in WELL.items():
        (folder / name).write_bytes(data)
    os.mkfifo(folder / "pipe.xml")
    (folder / "more.xml").mkdir()
    (folder / "._well.xml").write_bytes(b"no XML")
    assert call("import", "genius", folder, "-o", file).exit_code == 0
    (tmp_path / "secret.xml").write_bytes(WELL["upper_farm.xml"])
    (folder / "third.xml").symlink_to(tmp_path / "secret.xml")
    answer = call("import", "genius", folder, "-o", tmp_path / "other.yaml")
    assert answer.exit_code == 2 and "third.xml:1:1: this link leads out of the folder" in answer.output


# What is refused, where, and what would do.

HUNDRED_LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {chr(98 + k)} "{f"&{chr(97 + k)};" * 10}">' for k in range(9)
) + "]>\n<utility_space>&j;</utility_space>"  # fmt: skip
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>\n<utility_space>&a;</utility_space>'
OUTSIDE_SUBSET = '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">\n<utility_space/>'


@pytest.mark.parametrize(
    ("hostile", "place", "said"),
    [
        (HUNDRED_LAUGHS.encode(), "1:1", "a document type (<!DOCTYPE) or entity is not read"),
        (OUTSIDE.encode(), "1:1", "a document type (<!DOCTYPE) or entity is not read"),
        (OUTSIDE_SUBSET.encode(), "1:", "a document type (<!DOCTYPE) or entity is not read"),
        (b"<utility_space>\n&a;</utility_space>", "2:1", "this is not XML: undefined entity"),
        (b"<a>" * (MOST_DEPTH + 1), f"1:{3 * MOST_DEPTH + 1}", f"more than {MOST_DEPTH} levels deep"),
        (b"<a>" * 1_000_000, f"1:{3 * MOST_DEPTH + 1}", f"more than {MOST_DEPTH} levels deep"),
        (b"<a>" + b"<b/>" * MOST_ELEMENTS + b"</a>", f"1:{4 * MOST_ELEMENTS}", "more than 50,000 elements"),
        (b'<a>\n<b c="' + b"x" * (LONGEST_ATTRIBUTE + 1) + b'"/></a>', "2:1", "'c' has 4,001 characters"),
        (b" " * (MOST_BYTES + 1), "1:1", "larger than 5,000,000 bytes"),
        (WELL["upper_farm.xml"][:500], "8:5", "unclosed token; <objective> of line 2 is still open here"),
        (WELL["upper_farm.xml"][:-17], "21:1", "no element found; <utility_space> of line 1 is still open here"),
        (b"", "1:1", "this is not XML: no element found"), (b"just words", "1:1", "this is not XML"),
        (b"<a/><b/>", "1:5", "this is not XML: junk after document element"),
        (b"<a b='1' b='2'/>", "1:", "this is not XML: duplicate attribute"),
        (b'<?xml version="1.0" encoding="UTF-8"?>\n<a b="\xe9"/>', "2:7", "byte 0xe9 is not UTF-8"),
        (b'<?xml version="1.0" encoding="EUC-JP"?><a/>', "1:1", "the encoding 'euc-jp' is not one that is read"),
        (b'<?xml version="1.0" encoding="zlib"?><a/>', "1:1", "the encoding 'zlib' is not one that is read"),
        (b'<?xml version="1.0" encoding="us-ascii"?><a b="\xe9"/>', "1:1", "this is no text in the encoding us-ascii"),
        (b"\xff\xfe<\x00a\x00\x00", "1:1", "this is no text in the encoding utf-16"),
        (b"<a>\x00</a>", "1:4", "a control character"),
        (b"<a b='&#0;'/>", "1:7", "this is not XML: reference to invalid character number"),
    ],
)
def test_hostile_xml_is_refused_with_its_place(hostile, place, said):
    told = refusals({**WELL, "upper_farm.xml": hostile})
    assert told[0].startswith(f"folder/upper_farm.xml:{place}") and said in told[0]
    assert max(map(len, told)) < 2_000


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "iso-8859-1", "windows-1252"])
def test_encodings_that_say_what_they_are_give_the_same(encoding):
    def recoded(data: bytes) -> bytes:
        declared = encoding.removesuffix("-sig")
        return data.decode("utf-8").replace('encoding="UTF-8"', f'encoding="{declared}"').encode(encoding)

    assert translated({name: recoded(data) for name, data in FERRY.items()}) == translated(FERRY)


UPPER, DOMAIN = "upper_farm.xml", "well.xml"


@pytest.mark.parametrize(
    ("name", "old", "new", "place", "said"),
    [
        (UPPER, 'value="Lower farm" evaluation="1"', 'value="Lover farm" evaluation="1"', "6:7",
         "no value of 'Who draws water first' is called 'Lover farm'; did you mean 'Lower farm'?"),
        (UPPER, 'evaluation="7"', 'evaluation="-7"', "4:7", "is below 0; evaluations are 0 or more"),
        (UPPER, 'evaluation="7"', 'evaluation="NaN"', "4:7", "is 'NaN'; a number such as 0.4 would do"),
        (UPPER, 'evaluation="7"', 'evaluation="1e99"', "4:7", "is '1e99'; a number such as 0.4 would do"),
        (UPPER, 'evaluation="7"', 'evaluation="null"', "4:7", "is 'null'"),
        (UPPER, ' evaluation="7"', "", "4:7", "has no 'evaluation'; a number such as 0.4 would do"),
        (UPPER, 'issue index="2" name', 'issue index="7" name', "8:5",
         "the domain has no issue 7, 'Hours a day'; it has 1 'Who draws"),
        (UPPER, 'name="Hours a day"', 'name="Days a year"', "8:5", "issue 2 is 'Hours a day' in the domain and"),
        (UPPER, 'type="integer" vtype', 'type="discrete" vtype', "8:5", "is 'discrete' here and integer in the domain"),
        (UPPER, 'upperbound="8"', 'upperbound="9"', "8:5", "has other bounds here than in the domain"),
        (UPPER, 'ftype="linear"', 'ftype="faratin"', "9:7", "of 'Hours a day' is 'faratin'; linear would do"),
        (UPPER, 'slope="0.13333333333333333"', "", "9:7", "<evaluator> has no 'slope'"),
        (UPPER, 'weight index="2"', 'weight index="1"', "16:5", "the weight of issue 1 stands on line 15 too"),
        (UPPER, 'weight index="2"', 'weight index="8"', "16:5", "the domain has no issue 8 for this weight"),
        (UPPER, 'weight index="2" value="0', 'weight index="2" value="-0', "16:5", "is below 0; weights are 0 or more"),
        (UPPER, 'reservation value="0.35"', 'reservation value="1.5"', "20:3",
         "no outcome is worth 1.5 to upper_farm: the best is worth 1"),
        (UPPER, "<discount_factor", '<reservation value="0.1"/><discount_factor', "20:3",
         "<reservation> '0.35' stands on line 19 too; once would do"),
        (UPPER, "<utility_space>", '<utility_space type="nonlinear">', "1:1", "not linear additive (type 'nonlinear')"),
        (UPPER, '<weight index="1"', '<ufun type="PlainUfun"><hyperRectangle/></ufun><weight index="1"', "15:5",
         "is not linear additive (<ufun>): its worth is no weighted sum over issues"),
        (DOMAIN, 'index="3" name="Who', 'index="1" name="Who', "10:7",
         "index 1 is also that of 'Who draws water first', on line 4"),
        (DOMAIN, 'index="2" name', 'index="two" name', "9:7", "'index' of <issue> 'Hours a day' is 'two'"),
        (DOMAIN, 'value="By turns (odd/even days)"', 'value="Upper  farm"', "6:9", "'Upper farm' is also a value"),
        (DOMAIN, 'lowerbound="2"', 'lowerbound="9"', "9:7", "goes from 9 to 8; the lower bound comes first"),
        (DOMAIN, 'type="integer"', 'type="colour"', "9:7", "is 'colour'; discrete, integer or real would do"),
        (DOMAIN, ' upperbound="8"', "", "9:7", "'upperbound' of <issue> 'Hours a day' is missing"),
        (DOMAIN, 'name="Hours a day"', 'name=" "', "9:7", "has no 'name'; give it one"),
    ],
)  # fmt: skip
def test_a_fault_says_where_what_and_what_would_do(name, old, new, place, said):
    told = refusals(changed(WELL, name, old, new))
    assert any(line.startswith(f"folder/{name}:{place}: ") and said in line for line in told), told


def test_all_faults_of_all_files_are_told_at_once():
    files = changed(WELL, UPPER, 'evaluation="7"', 'evaluation="seven"')
    files = changed(files, "lower_farm.xml", '<weight index="3" value="0.2"></weight>', "")
    told = refusals(changed(files, UPPER, 'value="0.35"', 'value="a third"'))
    assert [line.rpartition(": ")[0].partition(":")[0] for line in told] == [
        "folder/lower_farm.xml", "folder/upper_farm.xml", "folder/upper_farm.xml",
    ]  # fmt: skip
    assert "no weight for issue 3 'Who mends the rope'" in told[0]


def test_a_folder_has_one_domain_and_two_profiles_or_more():
    domain = {DOMAIN: WELL[DOMAIN]}
    profiles = {name: data for name, data in WELL.items() if name != DOMAIN}
    assert "there is no domain: no XML file here can be read" in refusals({})[0]
    (told,) = refusals({**profiles, "x.xml": b"<a/>"})
    assert "there is no domain: the XML files that can be read are lower_farm.xml <utility_space>" in told
    assert "x.xml <a>" in told
    assert "0 profiles to translate" in refusals(domain)[0]
    (told,) = refusals({**WELL, "well2.xml": WELL[DOMAIN]})
    assert told == "folder/well2.xml:1:1: a second domain; the first is well.xml; one would do"
    assert "1 profile to translate" in refusals(WELL, only=(UPPER,))[0]
    assert "no profile here is called 'upper_frm.xml'; did you mean 'upper_farm.xml'?" in refusals(
        WELL, only=("upper_frm.xml", "lower_farm.xml")
    )[0]  # fmt: skip


def test_what_is_neither_domain_nor_profile_is_left_out_and_said():
    other = translated({**WELL, "agents.xml": b"<agents/>"})
    assert other.notes[-1] == "left out, neither domain nor profile: agents.xml"
    uncertain = '<utility_space type="UNCERTAIN"><errors>1</errors>'
    uncertain = translated(changed(WELL, UPPER, "<utility_space>", uncertain))
    assert any("of upper_farm these elements were not read: errors" in note for note in uncertain.notes)
    assert any("UNCERTAIN" in note for note in uncertain.notes)


def test_too_many_packages_are_told_with_what_would_do():
    def with_issues(count: int, name: str) -> bytes:
        text = WELL[name].decode()
        start, end = text.index('<issue index="2"'), text.index('<issue index="3"')
        more = [text[start:end].replace('index="2"', f'index="{10 + at}"').replace("Hours", f"Hours {at}")
                for at in range(count)]  # fmt: skip
        weights = [f'<weight index="{10 + at}" value="0.1"/>' for at in range(count)] if name != DOMAIN else []
        return text.replace("</objective>", "".join(more + weights) + "</objective>").encode()

    told = refusals({name: with_issues(7, name) for name in WELL})
    assert "packages, but at most 2,000,000 can be compared; take an issue or values out of the domain" in told[0]


@pytest.mark.parametrize("start", [WELL, FERRY], ids=["well", "ferry"])
@given(data=st.data())
def test_whatever_the_bytes_it_is_a_scenario_or_our_own_error(start, data):
    name = data.draw(st.sampled_from(sorted(start)))
    mutated = bytearray(start[name])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(mutated) - 1))
        kind = data.draw(st.sampled_from(["byte", "cut", "swap", "token"]))
        if kind == "byte":
            mutated[at] = data.draw(st.integers(0, 255))
        elif kind == "cut":
            del mutated[at : at + data.draw(st.integers(1, 40))]
        elif kind == "swap":
            mutated[at:at] = mutated[data.draw(st.integers(0, len(mutated) - 1)) :][:60]
        else:
            tokens = [b"<!DOCTYPE a>", b"&#1114112;", b"&#x0;", b"&#10;", b"]]>", b"9" * 50, b"-", b'"']
            mutated[at:at] = data.draw(st.sampled_from(tokens))
        mutated = mutated or bytearray(b" ")
    try:
        translation = translated({**start, name: bytes(mutated)})
    except ScenarioError as error:
        assert all(fault.file.startswith("folder") and fault.line >= 1 and fault.column >= 1 for fault in error.faults)
        assert len(str(error).encode()) < 8_000 and all(line.isprintable() for line in str(error).splitlines())
    else:
        assert translation.text.startswith("schema: 1\n")


def test_numbers_of_any_size_are_told_or_kept():
    tiny = changed(WELL, UPPER, 'discount_factor value="0.8"', 'discount_factor value="1e-30"')
    assert "discount_per_month: 1.0000000000000000e-30" in translated(tiny).text
    (told,) = refusals(tiny, talks=Talks(months=Fraction("0.05")))
    assert told.startswith("folder:1:1: this domain does not fit a scenario: the number 1.0000000000000000e-600 is")
