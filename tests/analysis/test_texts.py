"""Texts on the table: known answers by hand, every world against ordinary loops, the zone of the talks, bad input."""

import math
from statistics import NormalDist

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

import sim
from sim.analysis import texts as module
from sim.analysis.figures import NoAnswer
from sim.analysis.texts import MONTHS, marks, rank_texts, texts
from sim.charts import charts_of, render_charts
from sim.core.packages import NO_DEAL
from sim.core.utility import DAYS_PER_MONTH
from sim.scenario import read_scenario
from tests.commands import ROOT, call, data
from tests.plain_world import PlainWorld
from tests.problems import made, shipped
from tests.worlds import text_on_a_table, worlds

NORMAL = NormalDist()
BANKS = ROOT / "scenarios" / "two-banks-pullback.yaml"


def by_package(frame: pd.DataFrame) -> dict[str, dict[str, object]]:
    return frame.set_index("package").to_dict("index")


def table(**blocks: object):
    """Two sides and five texts: east gains along them and west loses; no deal is worth .3 and .4."""
    points = {
        "east": {"a": 0, "b": 30, "c": 50, "d": 70, "e": 100},
        "west": {"a": 100, "b": 80, "c": 60, "d": 40, "e": 0},
    }
    return text_on_a_table(points, {"east": 0.3, "west": 0.4}, 4, **blocks)


HOUSE = {
    "label": "House", "party": "east", "order": 1, "months": 0, "support": 0.5, "error": 0.1,
    "votes": [{"id": "one", "at_least": "1/2"}],
}  # fmt: skip
VOTES = {"ratifiers": {"house": HOUSE | {"shifts": {"text": {"b": -1, "d": 1}}}}}
HOLDS = {"hazard": {"survival_12": 0.8, "survival_60": 0.5}}


def test_primer_by_hand():
    """Each tree is worth .7 and .3 to Anna, .4 and .6 to Ben, half of it half; the market gives either .25."""
    found = by_package(texts(shipped("orange-and-lemon"), 50))
    assert {name for name, row in found.items() if row["acceptable"] == 1} == {
        "to_anna/halves", "to_anna/to_ben", "halves/halves", "halves/to_ben", "to_ben/to_anna"
    }  # fmt: skip
    assert {row["acceptable"] for row in found.values()} == {0, 1}
    assert found["to_anna/to_anna"]["accepts_anna"] == 1 and found["to_anna/to_anna"]["accepts_ben"] == 0
    assert found["to_anna/to_ben"]["least_satisfied"] == pytest.approx((0.6 - 0.25) / 0.75)  # Anna: .45 of .75
    assert found["halves/to_ben"]["least_satisfied"] == pytest.approx((0.35 - 0.25) / 0.75)
    assert found["halves/to_ben"]["regret"] == 0 and found["to_ben/to_ben"]["regret"] == 1


def test_votes_and_holding_by_hand():
    """Half of the house is for it, give or take .1, and half is needed; odds shift by e to either side."""
    found = by_package(texts(made(table(ratification=VOTES, aftermath=HOLDS)), 3))
    odds = math.e / (1 + math.e)
    up, down = NORMAL.cdf((odds - 0.5) / 0.1), NORMAL.cdf((1 - odds - 0.5) / 0.1)
    assert [found[name]["acceptable"] for name in "abcde"] == [0, 1, 1, 1, 0]  # .3 and .4 are just enough
    assert [found[name]["passes"] for name in "abcde"] == pytest.approx([0.5, down, 0.5, up, 0.5])
    assert [found[name]["holds_12"] for name in "abcde"] == pytest.approx([0.8] * 5)
    assert [found[name]["holds_60"] for name in "abcde"] == pytest.approx([0.5] * 5)
    assert [found[name]["held_60"] for name in "abcde"] == pytest.approx([0, down / 2, 0.25, up / 2, 0])
    assert [found[name]["regret"] for name in "abcde"] == pytest.approx(
        [up / 2, (up - down) / 2, up / 2 - 0.25, 0, up / 2]
    )
    assert found["c"]["in_force"] == pytest.approx(0.5) and found["c"]["lasting"] == pytest.approx(0.25)


def test_product_is_taken_draw_by_draw():
    """With support of 0 or 1 by the draw a text passes in half of the draws; the mean product is not of the means."""
    support = {"value": 0.5, "range": [0, 1], "law": "uniform"}
    votes = {"ratifiers": {"house": HOUSE | {"support": support, "error": 0}}}
    no_deal = {"east": {"no_deal": {"value": 0.5, "range": [0.3, 0.7], "law": "uniform"}}}
    scenario = made(table(ratification=votes, parties=no_deal))
    found, drawn = by_package(texts(scenario, 400)), sim.draw(scenario, 1, 0, 400)
    passes = drawn.inputs["ratification.ratifiers.house.support"] >= 0.5
    content = drawn.inputs["parties.east.no_deal"] <= 0.5
    assert found["c"]["passes"] == passes.mean() and found["c"]["acceptable"] == content.mean()
    assert found["c"]["in_force"] == (passes & content).mean() != passes.mean() * content.mean()


def test_shared_surprise_joins_the_ratifiers():
    """Two houses that are surprised alike pass together half of the time; alone, a quarter."""
    for rho, together in ((0, 0.25), (1, 0.5)):
        votes = {"shared_error": rho, "ratifiers": {"lower": HOUSE, "upper": HOUSE}}
        found = by_package(texts(made(table(ratification=votes)), 20_000))
        assert found["c"]["passes"] == pytest.approx(together, abs=0.01)
        assert found["c"]["passes_lower"] == pytest.approx(0.5, abs=0.01)


def given_shared(world: PlainWorld, name: str, package: tuple[str, ...]) -> float:
    """Chance with a ratifier once the shared surprise is known."""
    if world.barred(name, package):
        return 0.0
    rho = world.later("ratification.shared_error", world.scenario.ratification.shared_error)
    moved = world.share(name, package) + world.error(name) * math.sqrt(rho) * NORMAL.inv_cdf(
        world.uniform("ratification.shared")
    )
    error, chance = world.error(name) * math.sqrt(1 - rho), 1.0
    for vote in world.scenario.ratification.ratifiers[name].votes:
        if world.held(name, vote, package):
            margin = moved - float(vote.threshold)
            passes = margin > 0 if vote.strict else margin >= 0
            chance = min(chance, NORMAL.cdf(margin / error) if error else float(passes))
    return chance


@given(worlds())
@settings(max_examples=40)
def test_every_world_against_ordinary_loops(problem):
    scenario = made(problem)
    if scenario.protocol.parameters.get("quota") is not None:
        return
    for k in {1, scenario.time.rounds}:
        ensemble = sim.draw(scenario, 3, 0, 2)
        found = marks(ensemble, k)
        for b in range(2):
            world = PlainWorld(ensemble[b : b + 1])
            for j in range(1, k + 1):
                world.begin(j)
                world.seen += [world.look(j)] if j == 1 else []
                if j < k:
                    world.end(j, False)
            world.asked_in = k
            space = ensemble.structure.space
            for p in range(len(space)):
                options = space.options_of(p)
                package = tuple(options[issue] for issue in world.table.issues)
                signs = world.table.signatories(package)
                accepts = {n for n, yes in zip(world.table.names, found.accepts[b, :, p], strict=True) if yes}
                all_of = ("events.", "stages.")  # what nobody can sign is no line of a party's own
                real = {n: [x for x in world.crossed(package, n) if not x.startswith(all_of)] for n in signs}
                own = {n for n in signs if world.willing(n, package) and not real[n]}
                assert accepts == own, (package, k)
                assert found.acceptable[b, p] == world.acceptable(package), (package, k)
                if scenario.ratification:
                    names = ensemble.world.ratification.static.ratifiers
                    chances = [given_shared(world, name, package) for name in names]
                    cell = found.combination[p]
                    assert found.by_ratifier[b, cell] == pytest.approx(chances, abs=1e-9)
                    assert found.by_all[b, cell] == pytest.approx(math.prod(chances), abs=1e-9)


@given(worlds(aftermath=True))
@settings(max_examples=30)
def test_acceptable_is_the_zone_of_the_talks_and_products_are_bounded(problem):
    scenario = made(problem)
    ensemble = sim.draw(scenario, 5, 0, 4)
    found = marks(ensemble)
    assert (found.acceptable == sim.hold_talks(ensemble).zone_first).all()
    stages = found.stages
    assert (stages <= found.acceptable).all() and (stages <= found.by_all[:, found.combination]).all()
    assert (stages[1] <= found.holds[0]).all() and (stages[2] <= found.holds[1] + 1e-15).all()
    some = np.arange(0, len(ensemble.structure.space), 3)
    alone = marks(ensemble, 1, some)
    assert (alone.stages == stages[:, :, some]).all()
    assert (alone.least_satisfied == found.least_satisfied[:, some]).all()


def judged(ensemble, b: int, package: int, utility: np.ndarray, no_deal: np.ndarray, month: float) -> list[float]:
    """Chance to hold 12 and 60 months by the findings on a signed text, one draw at a time."""
    alone, table = ensemble[b : b + 1], ensemble.structure
    after = alone.world.aftermath
    will = ()
    if after.static.guarantor is not None:
        n = table.parties.index(after.static.guarantor)
        will = utility[b, n, package : package + 1], no_deal[b, n : n + 1]
    found = after.judge(np.array([package]), np.array([month]), np.zeros(1), *will)
    return [float(found.survival_12[0]), float(found.survival_60[0])]


@pytest.mark.parametrize("k", [1, 12])
def test_flagship_against_a_plain_loop(k):
    """Twenty draws, the best texts and some that are not; what is worth how much is the engine's, all else a loop."""
    scenario = shipped("ukraine-december-2025")
    ensemble = sim.draw(scenario, 1, 0, 20)
    table, month = ensemble.structure, (k - 1) * scenario.time.days_per_round / DAYS_PER_MONTH
    frame = by_package(texts(scenario, 20, round=k))
    chosen = [*list(frame)[:15], *list(frame)[15 :: len(frame) // 25]]
    packages = [module.package_named(scenario, text) for text in chosen]
    pressure, real = ensemble.world.before_any_offer(ensemble.real, k)
    no_deal, plain = ensemble.world.no_deal_now(pressure, k), ensemble.utility()
    found = marks(ensemble, k, np.array(packages))
    names = ensemble.world.ratification.static.ratifiers
    for text, package, column in zip(chosen, packages, range(len(packages)), strict=True):
        held, agreed, accepted, passed = [], 0, dict.fromkeys(table.parties, 0), []
        for b in range(20):
            yes = []
            for n, party in enumerate(table.parties):
                lines = [line for line in np.flatnonzero(table.lines.party == n) if real[b, line]
                         and table.lines.crosses[table.lines.pattern[package], line]]  # fmt: skip
                if table.signs[n, package]:
                    yes.append(found.utility[b, n, column] >= no_deal[b, n] - 1e-9 and not lines)
                    accepted[party] += yes[-1]
            chance = math.prod(
                found.by_ratifier[b, found.combination[column], j] for j in range(len(names))
            )
            passed.append(chance)
            lasts = judged(ensemble, b, package, plain, no_deal, month)
            assert found.holds[:, b, column] == pytest.approx(lasts, rel=1e-12)
            agreed += all(yes)
            held.append(all(yes) * chance * lasts[1])
        assert frame[text]["acceptable"] == agreed / 20
        assert all(frame[text][f"accepts_{n}"] == accepted[n] / 20 or math.isnan(frame[text][f"accepts_{n}"])
                   for n in table.parties)  # fmt: skip
        assert frame[text]["passes"] == pytest.approx(math.fsum(passed) / 20)
        assert frame[text]["held_60"] == pytest.approx(math.fsum(held) / 20)


def test_best_text_is_never_acceptable_more_often_than_there_is_a_zone():
    scenario = shipped("ukraine-december-2025")
    zone = sim.run(scenario, 64).whole("zone_packages")["zone_packages"]
    assert texts(scenario, 64)["acceptable"].max() <= (zone > 0).mean()


def test_no_order_of_the_file_moves_a_bit():
    problem = table(ratification=VOTES, aftermath=HOLDS)
    options = dict(reversed(problem["issues"]["text"]["options"].items()))
    turned = problem | {
        "parties": dict(reversed(problem["parties"].items())), "issues": {"text": {"label": "Text", "options": options}}
    }  # fmt: skip
    one, other = (texts(made(each), 8) for each in (problem, turned))
    pd.testing.assert_frame_equal(one, other[one.columns], check_exact=True)


def test_ranking_groups_and_ties():
    found = rank_texts(shipped("orange-and-lemon"), 5)
    assert found.by == "acceptable" and list(found.table["rank"]) == [1] * 5 + [6] * 4
    assert list(found.table["package"][:5]) == sorted(found.table["package"][:5])
    assert list(found.groups["texts"]) == [1] * 9
    banks = rank_texts(read_scenario(BANKS), 40)
    assert banks.groups["texts"].sum() == len(banks.table) == 26 and banks.by == "held_60"
    best = banks.table.groupby(["strip", "recognition"])["rank"].min()
    assert sorted(best) == sorted(banks.groups["rank"])


def test_better_for_all_who_sign():
    """An option that is worth more to both, all else alike, is named with the share of draws in which it is."""
    points = {"east": {"poor": 40, "rich": 60}, "west": {"poor": 50, "rich": 90}}
    found = rank_texts(made(text_on_a_table(points, {"east": 0.3, "west": 0.4}, 4)), 10)
    rows = found.better.to_dict("records")
    assert rows == [{"package": "poor", "issue": "text", "before": "poor", "after": "rich", "share": 1.0}]


def test_fixed_options_are_all_that_is_ranked():
    whole, part = texts(read_scenario(BANKS), 30), texts(read_scenario(BANKS), 30, fix={"recognition": "none"})
    assert set(part["recognition"]) == {"none"} and len(part) == (whole["recognition"] == "none").sum()
    assert by_package(whole)[part["package"][0]]["held_60"] == part["held_60"][0]


@pytest.mark.parametrize(
    "how, message",
    [
        ({"fix": {"recogniton": "none"}}, "no issue is called 'recogniton'; did you mean 'recognition'"),
        ({"fix": {"recognition": "nome"}}, "recognition has no option 'nome'; did you mean 'none'"),
        ({"fix": {"strip": "upland_keeps", "pull_back": "reciprocal"}}, "it breaks the rule keeping_means_staying"),
        ({"round": 99}, "round 99 is none of the "),
    ],
)
def test_bad_input_is_named(how, message):
    with pytest.raises(NoAnswer, match=message):
        texts(read_scenario(BANKS), 2, **how)
    with pytest.raises(NoAnswer, match="cannot be ranked by 'held_60'"):
        rank_texts(shipped("orange-and-lemon"), 2, by="held_60")


def test_command(tmp_path):
    answer = call("texts", BANKS, "-n", 60, "--out", tmp_path)
    assert answer.exit_code == 0, answer.output
    assert "The first text is acceptable to all who sign in" in answer.output
    assert "Where others rank" in answer.output
    (folder,) = (each for each in tmp_path.iterdir() if each.is_dir())
    assert {path.name for path in folder.iterdir()} == {
        f"{name}.{kind}" for name in ("texts", "support", "tradeoff") for kind in ("svg", "csv")
    }
    plain = data("texts", BANKS, "-n", 60, "--no-charts", "--top", 2)
    assert plain["packages"] == 26 and len(plain["texts"]) == 2 and plain["n"] == 60
    assert {row["kind"] for row in plain["beside"]} == {"proposal", "solution"}
    for wrong in (["--fix", "strip"], ["--fix", "strip=a", "--fix", "strip=b"], ["--round", "0"], ["--by", "luck"]):
        assert call("texts", BANKS, *wrong).exit_code == 2


def test_results_are_set_beside(tmp_path):
    assert call("batch", BANKS, "-n", 80, "--out", tmp_path, "--no-charts").exit_code == 0
    folder = next(path for path in tmp_path.iterdir() if path.is_dir())
    plain = data("texts", folder, "-n", 80, "--no-charts")
    signed = [row for row in plain["beside"] if row["kind"] == "signed"]
    counts = sim.open_results(folder).packages_signed
    assert signed and signed[0]["share"] == max(counts.values()) / 80
    assert plain["bargained"]["signed"] == sum(counts.values()) / 80


def test_charts_say_what_they_show():
    found = rank_texts(read_scenario(BANKS), 100)
    assert [chart.name for chart in charts_of(found)] == ["texts", "support", "tradeoff"]
    for chart in render_charts(found):
        assert "<title" in chart.svg and len(chart.table)
    frontier = next(chart.table for chart in render_charts(found, ["tradeoff"]))
    edge = frontier[frontier["frontier"]]
    for _, row in frontier.iterrows():
        better = (edge["acceptable"] >= row["acceptable"]) & (edge["lasting"] >= row["lasting"])
        assert better.any()
    assert NO_DEAL not in [module.package_named(found.scenario, text) for text in found.table["package"]]
    assert MONTHS.tolist() == [12, 60]
