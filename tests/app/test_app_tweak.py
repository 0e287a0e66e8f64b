"""What the tweak page answers and saves: the numbers of the command line, whatever was asked before."""

from pathlib import Path

import pandas as pd
import pytest

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")

import sim
from sim.app import playing
from sim.app.answer import answer, pictures, points
from sim.app.changed import ChangedFile, Changes, read_changed
from sim.app.controls import controls
from sim.app.errors import RequestError
from sim.app.rendering import words
from sim.app.saving import save
from sim.charts import CHARTS
from sim.charts.chart import svg_text
from sim.results.manifest import identity
from tests.app_client import served
from tests.commands import SCENARIO, call

BANKS = Path(__file__).parents[2] / "scenarios" / "two-banks-pullback.yaml"
UKRAINE = BANKS.with_name("ukraine-december-2025.yaml")
COMMENTED = SCENARIO.replace("parties:\n", "parties:   # both of them; do not lose this remark\n")


def drained(generator):
    """What a generator returns."""
    while True:
        try:
            next(generator)
        except StopIteration as end:
            return end.value


def told(path, sets=(), without=(), n=200, patience=None):
    return drained(answer(ChangedFile(str(path), Changes(tuple(sets), tuple(without)), 1), n, patience))


@pytest.fixture
def talks(tmp_path):
    path = tmp_path / "talks.yaml"
    path.write_text(COMMENTED, encoding="utf-8")
    return path


SETS = ("parties.east.weights.well=0.8", "parties.west.no_deal={value: 0.3, range: [0.1, 0.8]}",
        "parties.east.strategy={name: hardline}", "parties.west.red_lines.not_thirsty.hardness=0")  # fmt: skip


# The numbers of the command line


def test_an_answer_has_the_numbers_of_batch(talks, tmp_path):
    found = told(talks, SETS)
    options = [part for text in SETS for part in ("--set", text)]
    call("batch", talks, "-n", 200, *options, "--out", tmp_path / "results", "--no-charts", "--workers", 1)
    (folder,) = (tmp_path / "results").glob("*/")
    by_batch = sim.open_results(folder)
    assert identity(by_batch.scenario, 1) == found["identity"]
    facts = by_batch.summary()
    shares = {stage["name"]: stage["share"] for stage in found["stages"]}
    assert shares["signed"] == facts["agreement_share"] and shares["zone_first"] == facts["zone_share"]
    signed = [(each["name"], each["share"]) for each in found["packages"] if each["share"]]
    assert signed == list(by_batch.packages()[["package", "share"]].head(8).itertuples(index=False, name=None))
    assert {each["name"]: each["share"] for each in found["blockers"]} == dict(
        by_batch.blockers()[["blocker", "share"]].head(6).itertuples(index=False, name=None)
    )


def test_what_was_changed_is_set_beside_the_file_draw_by_draw(talks):
    found = told(talks, SETS)
    runs = [sim.run(sim.read_scenario(talks, sets), 200) for sets in ((), SETS)]
    (figure,) = [row for row in sim.compare(runs).as_data()["figures"]
                 if row["figure"] == "signed" and row["pairs"]]  # fmt: skip
    (signed,) = [stage for stage in found["stages"] if stage["name"] == "signed"]
    assert signed["difference"] == points(*(figure[key] for key in ("difference", "difference_low", "difference_high")))


def test_nothing_changed_differs_in_nothing(talks):
    assert told(talks)["changed"] is False
    same = told(talks, ["parties.east.weights.well=0.6"])
    assert same == told(talks)


def test_pieces_and_steps_move_no_bit(talks, monkeypatch):
    scenario = sim.read_scenario(talks)
    whole = sim.run(scenario, 330, 7)
    monkeypatch.setattr(playing, "FIRST", 17)
    monkeypatch.setattr(playing, "MOST", 40)
    for n in (50, 330, 120, 33):
        found = drained(playing.played(scenario, 7, n))
        assert found.n == n
        pd.testing.assert_frame_equal(found.draws, whole.draws.head(n))
    some = drained(playing.played(sim.read_scenario(talks, ["lines=each"]), 7, 330, patience=0.0))
    assert some.n == 100  # it tells what it has, and that is the beginning of the same
    pd.testing.assert_frame_equal(some.draws, sim.run(some.scenario, some.n, 7).draws)


def test_room_is_made_for_what_is_asked_now(talks, monkeypatch):
    monkeypatch.setattr(playing, "_runs", type(playing._runs)(100, playing._runs.getsizeof))
    for k in range(5):
        drained(playing.played(sim.read_scenario(talks, [f"parties.east.no_deal=0.{k + 2}"]), 1, 60))
    assert len(playing._runs) == 1


def test_rescaled_weights_are_told_and_sum_to_one(talks):
    found = told(talks, ["parties.east.weights.well=0.8"], n=20)
    assert found["weights"]["east"] == {"well": 0.8, "road": 0.2}
    assert {each["input"].rpartition(".")[2] for each in found["inputs"]} == {"well", "road"}


def test_a_mechanism_is_taken_out_as_by_a_file_that_says_so(tmp_path):
    other = tmp_path / "without.yaml"
    (tmp_path / "base.yaml").write_text(BANKS.read_text(encoding="utf-8"), encoding="utf-8")
    other.write_text("extends: base.yaml\nwithout: [ratification]\nset: {parties.upland.no_deal: 0.5}\n")
    mine = read_changed(BANKS, Changes(("parties.upland.no_deal=0.5",), ("ratification",)))
    assert identity(mine, 1) == identity(sim.read_scenario(other), 1)
    names = [stage["name"] for stage in told(BANKS, without=["ratification"], n=30)["stages"]]
    assert "in_force" not in names and "signed" in names


@pytest.mark.parametrize(("sets", "without", "said"), [
    (["parties.east.weights.well=1.5"], [], "weights sum to 1"),
    (["parties.east.no_deel=0.5"], [], "did you mean"),
    (["parties.east.no_deal=true"], [], "true"),
    ([], ["warr"], "unknown path"),
    ([], ["issues"], "missing"),
])  # fmt: skip
def test_a_change_that_does_not_hold_is_told_and_the_file_is_not_blamed(talks, sets, without, said):
    found = told(talks, sets, without)
    assert set(found) == {"refused"} and said in " ".join(each["message"] for each in found["refused"])
    path = sets[0].partition("=")[0] if sets else ""
    assert path in {each["path"] for each in found["refused"]}, "so that the page says it at the field"


def test_every_number_of_a_file_has_a_control_with_the_bounds_of_check():
    """Beyond each bound, and between whole numbers, `check` refuses what a control sets."""
    found = controls(str(BANKS))
    rows = {row["path"]: row for group in found["numbers"] for row in group["numbers"]}
    rows |= {line["path"]: line for line in found["lines"]}
    for party in found["parties"]:
        rows |= {row["path"]: row for row in (*party["weights"], party["no_deal"], *party["strategy"]["numbers"])}
    assert set(sim.read_scenario(BANKS).numbers()) < set(rows)
    whole = {path: row["value"] for path, row in rows.items() if row["whole"]}
    assert whole == {
        "time.rounds": 24, "ratification.ratifiers.upland_assembly.order": 1,
        **{f"aftermath.pull_back.steps.{name}": n for name, n in (("reciprocal", 3), ("upland_first", 1), ("stay", 0))},
    }  # fmt: skip
    tried = 0
    for path, row in rows.items():
        beyond = [row[key] + by for key, by in (("least", -1), ("most", 1)) if row[key] is not None]
        for value in [*beyond, *([1.5] if row["whole"] else [])]:
            with pytest.raises(sim.ScenarioError, match=r"out of bounds|whole number"):
                read_changed(BANKS, Changes((f"{path}={value}",)))
            tried += 1
    assert tried > 50
    first = found["numbers"][0]
    assert (first["block"], first["numbers"][0]["label"]) == ("time", "number of rounds until the deadline")


def test_every_block_with_numbers_has_words(talks):
    for path in (talks, BANKS, UKRAINE):
        for group in controls(str(path))["numbers"]:
            assert group["party"] or f"tweak.block_{group['block']}" in words()


def test_a_whole_number_of_a_strategy_has_a_control(tmp_path):
    path = tmp_path / "talks.yaml"
    path.write_text(COMMENTED.replace("{name: time_dependent, exponent: {value: 2, range: [1, 4]}}",
                                      "{name: tit_for_tat, span: 3}"))  # fmt: skip
    (span,) = [row for row in controls(str(path))["parties"][0]["strategy"]["numbers"] if row["label"] == "span"]
    assert (span["value"], span["least"], span["whole"]) == (3, 1, True)


def test_what_is_pinned_is_held_beside_draw_by_draw(talks):
    """The differences are those that `compare` finds between the two."""
    pinned = ChangedFile(str(talks), Changes(SETS[:1]), 1)
    found = drained(answer(ChangedFile(str(talks), Changes(SETS), 1), 200, None, pinned))
    runs = [sim.run(sim.read_scenario(talks, sets), 200) for sets in (SETS[:1], SETS)]
    (figure,) = [row for row in sim.compare(runs).as_data()["figures"] if row["figure"] == "signed" and row["pairs"]]
    (signed,) = [stage for stage in found["stages"] if stage["name"] == "signed"]
    assert signed["difference"] == points(*(figure[key] for key in ("difference", "difference_low", "difference_high")))
    assert float(signed["before"].rstrip(" %")) == pytest.approx(100 * runs[0].summary()["agreement_share"], abs=0.5)
    assert {each["input"].partition(".")[2] for each in found["inputs"]}.isdisjoint({"east.weights.well"})
    same = drained(answer(pinned, 200, None, pinned))
    assert same["pinned"] and {stage["difference"] for stage in same["stages"]} == {"0"}
    gone = ChangedFile(str(talks), Changes(("parties.east.no_deal=0.3", "parties.north.no_deal=0.3")), 1)
    (refused,) = drained(answer(pinned, 200, None, gone))["refused"]
    assert refused["path"] == "" and refused["message"].startswith("B: ") and "north" in refused["message"]


def test_the_strip_has_the_four_stages_once_each(talks):
    for path, names in ((talks, ["zone", "signed"]), (BANKS, ["zone", "signed", "in force", "holding 60 months"])):
        assert [stage["short"] for stage in told(path, n=30)["stages"] if stage["short"]] == names


def test_the_pictures_are_those_of_the_report(talks):
    drawn = drained(pictures(ChangedFile(str(talks), Changes(SETS), 1), 200))
    results = sim.run(sim.read_scenario(talks, SETS), 200)
    assert [each["svg"] for each in drawn] == [svg_text(CHARTS[name](results)) for name in ("frontier", "blockers")]


def test_every_control_sets_what_it_shows(talks):
    """Each path of each control takes its own number, and the scenario is then the one of the file."""
    for path in (talks, BANKS, UKRAINE):
        found, numbers = controls(str(path)), sim.read_scenario(path).numbers()
        rows = [row for party in found["parties"] for row in (*party["weights"], party["no_deal"])]
        rows += [row for party in found["parties"] for row in party["strategy"]["numbers"]]
        assert rows and all(numbers[row["path"]].value == row["value"] for row in rows)
        for line in found["lines"]:
            read_changed(path, Changes(tuple(f"{each}=0.5" for each in line["paths"])))
        for block in found["blocks"]:
            assert sim.read_scenario(path).resolved[block]
        for party in found["parties"] if path != UKRAINE else found["parties"][:1]:
            for strategy in found["strategies"]:
                text = f"{party['strategy']['path']}={{name: {strategy['name']}}}"
                assert read_changed(path, Changes((text,))).parties[party["name"]].strategy.name == strategy["name"]


def test_every_word_of_a_strategy_and_of_the_protocol_can_be_set(talks):
    """Also where the file leaves the block out: then it is named first, as the page does."""
    found = controls(str(talks))
    east, west = (party["strategy"] for party in found["parties"])
    assert (east["written"], west["written"], found["protocol"]["written"]) == (True, False, False)
    tried = 0
    for told, kinds in ((east, "strategies"), (west, "strategies"), (found["protocol"], "protocols")):
        for kind in found[kinds]:
            if kind["name"] == "single_text":
                continue  # it takes a mediator, which the page says when one chooses it
            there = told["written"] and kind["name"] == told["value"]
            first = [] if there else [f"{told['path']}={{name: {kind['name']}}}"]
            for word in kind["words"]:
                assert word["default"] in [each["name"] for each in word["choices"]]
                for each in word["choices"]:
                    assert each["about"] and word["about"]
                    sets = [*first, f"{told['path']}.{word['key']}={each['name']}"]
                    scenario = read_changed(talks, Changes(tuple(sets)))
                    specs = {f"parties.{name}.strategy": party.strategy for name, party in scenario.parties.items()}
                    block = specs.get(told["path"], scenario.protocol)
                    assert (block.name, block.parameters[word["key"]]) == (kind["name"], each["name"])
                    tried += 1
    assert tried > 100


def test_words_are_told_as_the_file_has_them(tmp_path):
    path = tmp_path / "talks.yaml"
    path.write_text(COMMENTED.replace("{name: time_dependent, exponent: {value: 2, range: [1, 4]}}",
                                      "{name: hybrid, kind: averaged, offers: nash}"))  # fmt: skip
    (east, _) = controls(str(path))["parties"]
    assert east["strategy"]["words"] == {"kind": "averaged", "offers": "nash"}


@pytest.mark.parametrize(("numbers", "text"), [
    ((0.0, 0.0, 0.0), "0"), ((0.05, float("nan"), float("nan")), "+5"), ((-0.24, -0.27, -0.21), "-24 (-27 to -21)"),
    ((0.012, 0.011, 0.013), "+1.2 (+1.1 to +1.3)"),
    ((-0.001, -0.004, 0.002), "-0.1 (-0.4 to +0.2)"),
])  # fmt: skip
def test_points_have_no_more_digits_than_their_interval_bears(numbers, text):
    assert points(*numbers) == text


@pytest.mark.parametrize("wish", [
    {"sets": "a=1"}, {"sets": [1]}, {"sets": ["a=1"] * 301}, {"without": ["x" * 1001]}, {"sets": ["a=1", "a =2"]},
])  # fmt: skip
def test_changes_that_are_none_are_refused(wish):
    with pytest.raises(RequestError):
        Changes.of(wish)


# Save


def test_what_is_saved_plays_to_the_same_numbers_and_leaves_the_file_as_it_is(talks, tmp_path):
    before = talks.read_bytes()
    saved = save(str(talks), "my-change", Changes(SETS), 1, 200)
    assert talks.read_bytes() == before and b"do not lose this remark" in before
    assert saved["file"] == "my-change.yaml" and (tmp_path / "my-change.yaml").read_text() == saved["text"]
    assert "extends: talks.yaml" in saved["text"]
    assert call("check", tmp_path / "my-change.yaml").exit_code == 0
    words = saved["command"].split()
    assert words[:2] == ["peacesim", "batch"] and words[3:] == ["-n", "200", "--seed", "1"]
    call("batch", tmp_path / "my-change.yaml", *words[3:], "--out", tmp_path / "out", "--no-charts", "--workers", 1)
    (folder,) = (tmp_path / "out").glob("*/")
    pd.testing.assert_frame_equal(
        sim.open_results(folder).draws, sim.run(sim.read_scenario(talks, SETS), 200).draws, check_dtype=False
    )


def test_what_is_taken_out_is_saved_too(tmp_path):
    path = tmp_path / "base.yaml"
    path.write_text(BANKS.read_text(encoding="utf-8"), encoding="utf-8")
    changes = Changes(("parties.upland.strategy={name: hardline}",), ("ratification", "parties.*.linkages"))
    save(str(path), "without", changes, 1, 10)
    again = sim.read_scenario(tmp_path / "without.yaml")
    assert again.ratification is None and again.parties["upland"].strategy.name == "hardline"


def test_a_saved_file_can_be_changed_and_saved_in_turn(talks):
    save(str(talks), "one", Changes(("parties.east.no_deal=0.5",)), 1, 10)
    save(str(talks.with_name("one.yaml")), "two", Changes(("parties.west.no_deal=0.3",)), 1, 10)
    two = sim.read_scenario(talks.with_name("two.yaml"))
    assert (two.parties["east"].no_deal.value, two.parties["west"].no_deal.value) == (0.5, 0.3)


@pytest.mark.parametrize("name", ["", "../out", "a/b", "a.yaml", ".hidden", "Ä", "con", "lpt1", "a b", "-a", "a" * 81,
                                  "talks\n", "a\0"])  # fmt: skip
def test_a_name_that_leads_elsewhere_is_refused(talks, name):
    there = set(talks.parent.iterdir())
    with pytest.raises(RequestError):
        save(str(talks), name, Changes(("parties.east.no_deal=0.5",)), 1, 10)
    assert set(talks.parent.iterdir()) == there


def test_no_file_is_written_over_and_nothing_faulty_is_left(talks):
    with pytest.raises(RequestError, match="exists"):
        save(str(talks), "talks", Changes(("parties.east.no_deal=0.5",)), 1, 10)
    (talks.parent / "link.yaml").symlink_to(talks.parent / "nowhere.yaml")
    with pytest.raises(RequestError, match="exists"):
        save(str(talks), "link", Changes(("parties.east.no_deal=0.5",)), 1, 10)
    with pytest.raises(sim.ScenarioError):
        save(str(talks), "broken", Changes(("parties.east.no_deal=5",)), 1, 10)
    with pytest.raises(RequestError, match="nothing is changed"):
        save(str(talks), "nothing", Changes(), 1, 10)
    assert sorted(each.name for each in talks.parent.iterdir()) == ["link.yaml", "talks.yaml"]


def test_a_file_that_cannot_be_read_back_is_taken_away_again(talks):
    """Eight files that extend one another are the most there may be; this would be the ninth."""
    for number in range(2, 10):
        extends = talks.name if number == 2 else f"{number - 1}.yaml"
        talks.with_name(f"{number}.yaml").write_text(f"extends: {extends}\nid: n{number}\ntitle: Of {number} files\n")
    before = sorted(talks.parent.iterdir())
    with pytest.raises(RequestError, match="nothing was saved"):
        save(str(talks.with_name("9.yaml")), "ten", Changes(("parties.east.no_deal=0.5",)), 1, 10)
    assert sorted(talks.parent.iterdir()) == before


# Over HTTP


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("talks")
    (folder / "talks.yaml").write_text(COMMENTED, encoding="utf-8")
    with served(folder / "talks.yaml", "-n", "300") as client:
        client.folder = folder
        yield client


def test_a_broken_file_is_told_as_check_tells_it_and_mended_it_goes_on(page):
    path = page.folder / "talks.yaml"
    first = page.get("/tweak/stamp?file=talks.yaml").data["stamp"]
    path.write_text(COMMENTED.replace("no_deal: {value: 0.4", "no_deel: {value: 0.4", 1), encoding="utf-8")
    assert page.get("/tweak/stamp?file=talks.yaml").data["stamp"] != first
    faults = data_of_check(path)
    for end in ("controls", "answer"):
        reply = page.post(f"/tweak/{end}", {"file": "talks.yaml", "n": 20})
        assert reply.status == 422
        assert [(each["line"], each["column"], each["message"]) for each in reply.data["faults"]] == faults
        assert {each["file"] for each in reply.data["faults"]} == {"talks.yaml"}
    assert page.get("/tweak?file=talks.yaml").status == 200
    path.write_text(COMMENTED, encoding="utf-8")
    assert page.post("/tweak/controls", {"file": "talks.yaml"}).status == 200
    path.unlink()
    assert page.get("/tweak/stamp?file=talks.yaml").data == {"stamp": "gone"}
    path.write_text(COMMENTED, encoding="utf-8")


def data_of_check(path):
    import json

    (answer,) = json.loads(call("check", path, "--json").stdout)
    return [(each["line"], each["column"], each["message"]) for each in answer["faults"]]


def test_labels_of_a_stranger_are_text_on_the_page(page):
    hostile = '"><script>alert(1)</script><img src=x onerror=alert(2)>'
    path = page.folder / "hostile.yaml"
    path.write_text(COMMENTED.replace("A well and a road", repr(hostile)), encoding="utf-8")
    assert page.post("/tweak/controls", {"file": "hostile.yaml"}).data["title"] == hostile
    assert "<script>alert" not in page.get("/tweak?file=hostile.yaml").text
    odd = page.get("/tweak?file=%22%3E%3Cscript%3Ealert(1)%3C/script%3E.yaml")
    assert odd.status == 404 and "<script>alert" not in odd.text


def test_several_tabs_get_their_own_answers(page):
    from concurrent.futures import ThreadPoolExecutor

    wishes = [{"file": "talks.yaml", "n": 60, "sets": [f"parties.east.no_deal=0.{k}"]} for k in range(2, 5)]
    with ThreadPoolExecutor(3) as pool:
        replies = list(pool.map(lambda k: page.post("/tweak/answer", wishes[k], X_Tab=f"tab-{k}"), range(3)))
    assert [reply.status for reply in replies] == [200] * 3
    for reply, wish in zip(replies, wishes, strict=True):
        assert reply.data["identity"] == identity(sim.read_scenario(page.folder / "talks.yaml", wish["sets"]), 1)


@pytest.mark.parametrize("n", [0, -1, 20_001, 10**9, True, "5", None, 1.5])
def test_more_runs_than_the_page_counts_are_refused(page, n):
    assert page.post("/tweak/answer", {"file": "talks.yaml", "n": n}).status == 400
