"""Charts of what comes after a signature: votes, breaks, and the harm of the war."""

import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from matplotlib.container import BarContainer

from sim.charts import CHARTS, charts_of, save_charts, side_by_side
from sim.charts.chart import svg_text
from sim.charts.harm import figure, round_scale
from sim.charts.page import DISCLAIMER
from sim.charts.style import PARTY_STYLES
from sim.mechanisms.war import WarSpec
from sim.results.results import run, share_interval
from sim.results.rows import FrameRows
from sim.scenario import read_scenario
from tests.charts.test_charts import HOSTILE, overlapping, texts

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
AFTER = ("funnel", "survival", "harm", "ledger")
NOTHING_AFTER = {"ratification": None, "aftermath": None}
WHO = ("council_of_upland", "lowland_assembly")


def plain(draws=200, *sets, name="two-banks-pullback"):
    """Bargaining alone; what comes after a signature is written by the cases below."""
    return run(read_scenario(SCENARIOS / f"{name}.yaml", list(sets)).model_copy(update=NOTHING_AFTER), draws)


def labelled(scenario, labels=("Council of Upland", "Assembly of Lowland")):
    """The scenario with the labels of who votes; nothing in it is computed from them."""
    changed = scenario.model_copy()
    ratifiers = {name: SimpleNamespace(label=label, short=None) for name, label in zip(WHO, labels, strict=True)}
    object.__setattr__(changed, "ratification", SimpleNamespace(ratifiers=ratifiers))
    return changed


def with_votes(results, refuse=0.3, labels=("Council of Upland", "Assembly of Lowland")):
    """A vote on each signed text: the second body refuses twice as often as the first."""
    draws, u = results.draws.copy(), np.random.default_rng(1).random(results.n)
    signed = results.agreed.to_numpy(bool)
    refused = signed & (u < refuse)
    draws["outcome"] = draws["outcome"].astype(object).where(~refused, "refused").astype("string")
    draws["ratified"] = signed & ~refused
    who = [WHO[int(x > refuse / 3)] if no else pd.NA for x, no in zip(u, refused, strict=True)]
    draws["refused_by"] = pd.array(who, "string")
    draws["attempts"] = signed.astype(int)
    return replace(results, scenario=labelled(results.scenario, labels), rows=FrameRows([draws]))


def with_breaks(results, s12=0.78, shape=0.5):
    """A break for each agreement in force, by a Weibull law."""
    draws = results.draws.copy()
    force = (draws["outcome"] == "in_force").to_numpy(bool)
    used = -np.log(np.random.default_rng(2).random(results.n))
    month = np.where(force, (used / -np.log(s12)) ** (1 / shape) * 12, np.nan)
    draws["break_month"] = np.where(month > 600, np.inf, month)
    draws["held_12"], draws["held_60"] = draws["break_month"] > 12, draws["break_month"] > 60
    return replace(results, rows=FrameRows([draws]))


def with_war(results, households=True):
    """A war that costs both; homes go dark on one side only."""
    draws, rng = results.draws.copy(), np.random.default_rng(3)
    rounds = draws["round"].fillna(results.scenario.time.rounds).to_numpy(float)
    for number, party in enumerate(results.scenario.parties):
        spread = rng.uniform(0.6, 1.4, results.n)
        draws[f"household_weeks_{party}"] = rounds * 210_000 * spread * (households and number == 0)
        draws[f"war_cost_{party}"] = rounds * (1.2 + number) * rng.uniform(0.7, 1.5, results.n)
    war = WarSpec(cost_unit="crowns", cost_per_month=dict.fromkeys(results.scenario.parties, 1))
    scenario = results.scenario.model_copy(update={"war": war})
    return replace(results, scenario=scenario, rows=FrameRows([draws]))


def full(results, **options):
    return with_lines(with_war(with_breaks(with_votes(results, **options))))


def hostile():
    made = plain(120)
    first, second = made.scenario.parties
    parties = {
        first: made.scenario.parties[first].model_copy(update={"label": HOSTILE[1]}),
        second: made.scenario.parties[second].model_copy(update={"label": HOSTILE[4]}),
    }
    issues = {
        name: issue.model_copy(update={"label": HOSTILE[4], "options": dict.fromkeys(issue.options, HOSTILE[5])})
        for name, issue in made.scenario.issues.items()
    }
    scenario = made.scenario.model_copy(update={"title": HOSTILE[0], "parties": parties, "issues": issues})
    return full(replace(made, scenario=scenario), labels=(HOSTILE[2], HOSTILE[5]))


def with_lines(results):
    """Red lines that fall: half of the real ones, whoever's they are."""
    draws, rng, names = results.draws.copy(), np.random.default_rng(4), []
    for party, spec in results.scenario.parties.items():
        for line in spec.red_lines:
            real = draws[f"input.parties.{party}.red_lines.{line.id}.real"].to_numpy(bool)
            names.append(np.where(real & (rng.random(results.n) < 0.5), f"{party}.{line.id}", ""))
    fallen = [" + ".join(sorted(filter(None, row))) or pd.NA for row in zip(*names, strict=True)]
    draws["lines_fallen"] = pd.array(fallen or [pd.NA] * results.n, "string")
    return replace(results, rows=FrameRows([draws]))


NO_ZONE = ("parties.anna.no_deal=0.75", "parties.ben.no_deal=0.75")
MAKERS = {
    "full": lambda: full(plain(400)),
    "no_votes": lambda: with_war(with_breaks(plain(150))),
    "no_breaks": lambda: with_votes(plain(150)),
    "all_refused": lambda: full(plain(60), refuse=1.1),
    "one_draw": lambda: full(plain(1), refuse=0.0),
    "no_agreement": lambda: full(plain(64, *NO_ZONE, name="orange-and-lemon")),
    "one_draw_no_agreement": lambda: full(plain(1, *NO_ZONE, name="orange-and-lemon")),
    "hostile": hostile,
    "none": lambda: plain(64),
}
over_charts = pytest.mark.parametrize("chart", AFTER)
over_cases = pytest.mark.parametrize("case", MAKERS)


@pytest.fixture(scope="module")
def results():
    """Every case, made once."""
    return {name: make() for name, make in MAKERS.items()}


@pytest.fixture(scope="module")
def drawn(results):
    """Pictures and their SVG, drawn once a chart and case."""
    made = {}

    def get(chart, case):
        if (chart, case) not in made:
            picture = CHARTS[chart](results[case])
            made[chart, case] = picture, svg_text(picture)
        return made[chart, case]

    return get


def bars(picture):
    """Axes and bar of every bar of a picture, from the top down."""
    return [
        (axes, bar)
        for axes in picture.axes
        for container in axes.containers
        if isinstance(container, BarContainer)
        for bar in container
    ]


def shown(svg):
    """All text of a picture."""
    return " ".join("".join(each.itertext()) for each in ElementTree.fromstring(svg).iter() if "text" in each.tag)


# -- every chart, every case -------------------------------------------------------------------------------------------


@over_charts
@over_cases
def test_nothing_is_cut_and_every_letter_can_be_read(drawn, chart, case):
    picture, _ = drawn(chart, case)
    assert not overlapping(picture)
    for text, _ in texts(picture):
        assert text.get_fontsize() >= 9 and not text.get_parse_math(), text.get_text()


@over_charts
@over_cases
def test_footer_alt_text_and_words(drawn, results, chart, case):
    picture, svg = drawn(chart, case)
    told, one = shown(svg), results[case]
    assert DISCLAIMER in told and f"n = {one.n:,} run" in told and f"seed {one.seed}" in told
    assert len(picture.alt) > 60 and "nan" not in picture.alt
    said = f"{picture.alt} {told}".replace(DISCLAIMER, "")
    assert not re.search(r"\b(will|probability|likely|should|forecast|predict\w*|concede[sd]?|nan|inf)\b", said)


@over_charts
@over_cases
def test_bars_start_at_zero_and_end_on_the_scale(drawn, chart, case):
    for axes, bar in bars(drawn(chart, case)[0]):
        assert bar.get_x() == axes.get_xlim()[0] == 0
        assert 0 <= bar.get_width() <= axes.get_xlim()[1]


@over_charts
@pytest.mark.parametrize("case", ["no_agreement", "one_draw_no_agreement"])
def test_a_chart_without_any_agreement_says_so(drawn, chart, case):
    assert "No agreement was signed" in drawn(chart, case)[1]


# -- which charts a scenario has ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "kept"),
    [
        ("full", {*AFTER}), ("no_votes", {*AFTER}), ("no_breaks", {"funnel", "ledger"}),
        ("no_agreement", {"funnel", "survival", "harm"}), ("none", {"funnel", "ledger"}),
    ],
)  # fmt: skip
def test_charts_apply_where_the_scenario_has_numbers_for_them(results, case, kept):
    assert {name for name in AFTER if CHARTS[name].applies(results[case])} == kept


def test_what_does_not_apply_is_saved_only_when_asked_for(results, tmp_path):
    applying = [chart.stem(results["none"]) for chart in charts_of(results["none"])]
    assert applying == [name for name in CHARTS if name not in ("survival", "harm")]
    paths = save_charts(results["none"], tmp_path, ["survival", "harm"])
    assert len(paths) == 4
    for name in ("survival", "harm"):
        assert "no numbers on" in (tmp_path / f"{name}.svg").read_text(encoding="utf-8")
        assert not len(pd.read_csv(tmp_path / f"{name}.csv"))


def test_an_aftermath_without_a_hazard_does_not_look_like_agreements_that_all_break(results):
    """Then the month of the break is missing everywhere, and `held_12` is false everywhere."""
    one = results["full"]
    draws = one.draws.assign(break_month=np.nan, held_12=False, held_60=False)
    bare = replace(one, rows=FrameRows([draws]))
    assert not CHARTS["survival"].applies(bare)
    assert set(CHARTS["funnel"].table(bare)["name"]) & {"held_12", "held_60", "broke_12", "broke_60"} == set()


# -- funnel ------------------------------------------------------------------------------------------------------------


def test_stages_are_counted_as_in_the_draws(results):
    one = results["full"]
    draws, table = one.draws, CHARTS["funnel"].table(one).set_index(["kind", "name"])
    force = draws["outcome"] == "in_force"
    expected = {
        ("stage", "zone_first"): (draws["zone_packages"] > 0).sum(),
        ("stage", "signed"): draws["package"].notna().sum(),
        ("stage", "in_force"): force.sum(),
        ("stage", "held_12"): (draws["break_month"] > 12).sum(),
        ("stage", "held_60"): (draws["break_month"] > 60).sum(),
        ("stop", "no_zone"): (draws["outcome"] == "no_zone").sum(),
        ("stop", "deadline"): (draws["outcome"] == "deadline").sum(),
        **{("stop", f"refused:{name}"): (draws["refused_by"] == name).sum() for name in WHO},
        ("stop", "broke_12"): (draws["break_month"] <= 12).sum(),
        ("stop", "broke_60"): ((draws["break_month"] > 12) & (draws["break_month"] <= 60)).sum(),
    }
    counts = table["count"].to_dict()
    assert {key: count for key, count in counts.items() if key[0] != "of_those"} == expected
    assert (table.loc["stage", "n"] == one.n).all() and (table.loc["of_those", "n"] == force.sum()).all()
    assert table.loc[("of_those", "held_60"), "count"] == expected["stage", "held_60"]
    for row in table.to_dict("records"):
        assert row["share"] == row["count"] / row["n"]
        assert (row["low"], row["high"]) == share_interval(row["count"], row["n"])


@over_cases
def test_every_run_gets_to_the_end_or_is_stopped_once(results, case):
    table = CHARTS["funnel"].table(results[case])
    last = table[table["kind"] == "stage"]["count"].iloc[-1]
    assert table[table["kind"] == "stop"]["count"].sum() + last == results[case].n
    assert table[table["kind"] == "stage"]["count"].is_monotonic_decreasing


@pytest.mark.parametrize(
    ("case", "stages"),
    [
        ("full", ["zone_first", "signed", "in_force", "held_12", "held_60"]),
        ("no_votes", ["zone_first", "signed", "held_12", "held_60"]),
        ("no_breaks", ["zone_first", "signed", "in_force"]),
        ("none", ["zone_first", "signed"]),
    ],
)
def test_only_stages_that_the_scenario_has(drawn, results, case, stages):
    table = CHARTS["funnel"].table(results[case])
    assert table[table["kind"] == "stage"]["name"].tolist() == stages
    assert ("in force" in shown(drawn("funnel", case)[1])) == ("in_force" in stages)


def test_bars_are_as_long_as_their_shares(drawn, results):
    table = CHARTS["funnel"].table(results["full"])
    assert [bar.get_width() for _, bar in bars(drawn("funnel", "full")[0])] == pytest.approx(table["share"].tolist())


def test_a_zone_that_opens_later_is_a_stage_of_its_own(results):
    """Five runs without a zone in the first round sign after all; none of them is lost or counted twice."""
    one = results["full"]
    draws = one.draws.copy()
    draws.loc[draws.index[one.agreed][:5], "zone_packages"] = 0
    table = CHARTS["funnel"].table(replace(one, rows=FrameRows([draws]))).set_index(["kind", "name"])["count"]
    before = CHARTS["funnel"].table(one).set_index(["kind", "name"])["count"]
    assert table["stage", "zone_first"] == before["stage", "zone_first"] - 5
    assert table["stage", "zone_ever"] == before["stage", "zone_first"] == one.n - before["stop", "no_zone"]
    assert table.drop([("stage", "zone_first"), ("stage", "zone_ever")]).equals(before.drop(("stage", "zone_first")))
    both = side_by_side(CHARTS["funnel"], [one, replace(one, rows=FrameRows([draws]))], ["One", "Other"])
    assert not overlapping(both)
    ends = [bar.get_width() * one.n for _, bar in bars(both)]
    assert ends[:2] == pytest.approx([before["stage", "zone_first"]] * 2)


def test_time_that_ran_out_after_a_refusal_is_told_apart(results):
    one = results["no_breaks"]
    draws = one.draws.copy()
    rows = draws.index[draws["outcome"] == "refused"][:7]
    draws.loc[rows, ["package", "refused_by"]] = pd.NA
    draws.loc[rows, "outcome"] = "deadline"
    table = CHARTS["funnel"].table(replace(one, rows=FrameRows([draws]))).set_index("name")["count"]
    assert table["deadline_after_refusal"] == 7
    assert table["deadline"] == (one.draws["outcome"] == "deadline").sum()


def test_who_refused_is_named_as_in_the_file_and_in_its_order(drawn, results):
    told = shown(drawn("funnel", "full")[1])
    assert told.index("refused by Council of Upland") < told.index("refused by Assembly of Lowland")
    bare = replace(results["full"], scenario=plain(1).scenario)
    assert "refused by lowland assembly" in shown(svg_text(CHARTS["funnel"](bare)))


def test_who_never_refused_here_is_nought_beside_another_result(results):
    never = with_breaks(with_votes(plain(50), refuse=0.0))
    both = side_by_side(CHARTS["funnel"], [results["full"], never, results["none"]], ["A", "B", "C"])
    assert not overlapping(both)
    absent = [text.get_text() for text, _ in texts(both)].count("not in this scenario")
    assert absent == 5 + 4  # stages after signature, among them two of those in force; two who refuse; two breaks
    scales = {axes.get_xlim() for axes, _ in bars(both)}
    assert len(scales) == 1


# -- survival ----------------------------------------------------------------------------------------------------------


def test_the_curve_is_the_share_of_agreements_in_force_that_hold(drawn, results):
    one = results["full"]
    table = CHARTS["survival"].table(one)
    everything = table[table["option"] == ""].set_index("month")
    months = one.draws.loc[one.draws["outcome"] == "in_force", "break_month"]
    assert list(everything.index) == list(range(121))
    for month in (0, 1, 12, 60, 120):
        count = int((months > month).sum())
        assert everything.loc[month, "holding"] == count
        assert everything.loc[month, "share"] == count / len(months)
        assert tuple(everything.loc[month, ["low", "high"]]) == share_interval(count, len(months))
    assert everything.loc[0, "share"] == 1
    assert everything.loc[12, "holding"] == one.draws["held_12"].sum()
    assert everything.loc[60, "holding"] == one.draws["held_60"].sum()
    picture, svg = drawn("survival", "full")
    lines = [line for axes in picture.axes for line in axes.lines if len(line.get_ydata()) == 121]
    (curve,) = (line for line in lines if line.get_linewidth() > 2)
    assert curve.get_ydata() == pytest.approx(everything["share"].to_numpy())
    for month in range(0, 121, 12):
        assert f"{everything.loc[month, 'holding']:,}" in shown(svg)


def test_lines_by_option_count_the_runs_with_it(results):
    one = results["full"]
    table = CHARTS["survival"].table(one)
    place = list(one.scenario.issues).index("strip")
    force = one.draws[one.draws["outcome"] == "in_force"]
    chosen = force["package"].str.split("/").str[place]
    counts = chosen.value_counts()
    drawn_options = [option for option in table["option"].unique() if option]
    assert set(drawn_options) == set(counts[counts >= 20].index) and len(drawn_options) >= 2
    for option in drawn_options:
        rows = table[table["option"] == option].set_index("month")
        assert set(rows["issue"]) == {"strip"} and rows.loc[5, "n"] == counts[option]
        assert rows.loc[60, "holding"] == (force.loc[chosen == option, "break_month"] > 60).sum()


def test_lines_go_by_the_guarantee_where_there_is_one(results):
    one = results["full"]
    scenario = labelled(one.scenario)
    aftermath = SimpleNamespace(credibility=SimpleNamespace(issue="observers"))
    object.__setattr__(scenario, "aftermath", aftermath)
    assert CHARTS["survival"].frame([replace(one, scenario=scenario)]).issue == "observers"
    assert CHARTS["survival"].frame([one]).issue == "strip"


def test_options_in_few_runs_or_of_another_issue_have_no_line(results):
    assert CHARTS["survival"].frame([with_breaks(plain(20))]).options == ()
    other = with_breaks(plain(60, name="orange-and-lemon"))
    pair = [results["full"], other]
    assert CHARTS["survival"].frame(pair).options == ()
    assert not overlapping(side_by_side(CHARTS["survival"], pair, ["A", "B"]))


def test_lines_of_options_have_no_partys_colour(drawn):
    picture, _ = drawn("survival", "full")
    used = {str(line.get_color()).upper() for axes in picture.axes for line in axes.lines}
    assert not used & {style.colour for style in PARTY_STYLES if style.colour != "#000000"}


# -- harm --------------------------------------------------------------------------------------------------------------


def test_bars_of_harm_end_at_the_median_in_the_unit_said(drawn, results):
    table = CHARTS["harm"].table(results["full"])
    picture, svg = drawn("harm", "full")
    sizes = table["quantity"].map({"household_weeks": 1e6, "war_cost": 1})
    assert [bar.get_width() for _, bar in bars(picture)] == pytest.approx((table["median"] / sizes).tolist())
    assert "million household-weeks" in shown(svg) and "crowns" in shown(svg)


def test_a_party_that_nothing_befalls_is_left_out(drawn, results):
    one = results["full"]
    first, second = one.scenario.parties
    table = CHARTS["harm"].table(one)
    assert set(table.loc[table["quantity"] == "household_weeks", "party"]) == {first}
    assert set(table.loc[table["quantity"] == "war_cost", "party"]) == {first, second}
    money_alone = with_war(plain(30), households=False)
    assert "without power, by party" not in shown(svg_text(CHARTS["harm"](money_alone)))


def test_harm_is_drawn_in_the_colours_of_the_parties(drawn, results):
    colours = [bar.get_edgecolor()[:3] for _, bar in bars(drawn("harm", "full")[0])]
    assert colours[2] == colours[3] == colours[0] == colours[1] != colours[4] == colours[5]
    solid = [bool(bar.get_hatch()) for _, bar in bars(drawn("harm", "full")[0])]
    assert solid == [False, True] * 3


def test_harm_of_several_results_is_on_one_scale(results):
    small = with_war(plain(40))
    small = replace(small, rows=FrameRows([small.draws.assign(war_cost_upland=small.draws["war_cost_upland"] * 9)]))
    pair = [results["full"], small, results["none"]]
    picture = side_by_side(CHARTS["harm"], pair, ["A", "B", "C"])
    assert not overlapping(picture)
    limits = [axes.get_xlim() for axes, _ in bars(picture)]
    assert len(set(limits)) == 2  # one a quantity
    table = CHARTS["harm"].several(pair, ["A", "B", "C"])
    assert set(table["result"]) == {"A", "B"}


@pytest.mark.parametrize(
    ("highest", "step", "limit"), [(0.0, 1, 1), (1, 0.2, 1), (7.3, 2, 8), (5, 1, 5), (101, 50, 150), (0.03, 0.01, 0.03)]
)
def test_scales_have_round_numbers(highest, step, limit):
    assert round_scale(highest) == pytest.approx((step, limit))


@pytest.mark.parametrize(
    ("number", "said"),
    [(0, "0"), (0.04123, "0.0412"), (3.1, "3.10"), (12345.6, "12,300"), (99.96, "100"), (640, "640")],
)
def test_figures_have_three_digits(number, said):
    assert figure(number) == said


# -- ledger ------------------------------------------------------------------------------------------------------------


def test_the_ledger_shows_each_red_line_where_lines_can_fall(drawn, results):
    one = results["full"]
    fallen = one.draws["lines_fallen"].dropna().str.split(" + ", regex=False).explode()
    table = CHARTS["ledger"].table(one)
    lines = table[table["kind"] == "red_line"]
    assert [f"{party}.{line}" for party, line in zip(lines["party"], lines["line"], strict=True)] == [
        f"{party}.{line.id}" for party, spec in one.scenario.parties.items() for line in spec.red_lines
    ]
    counts = [(fallen == f"{row.party}.{row.line}").sum() for row in lines.itertuples()]
    assert lines["count"].tolist() == counts and min(counts) > 0
    assert "Red lines given up" in shown(drawn("ledger", "full")[1])
    none = replace(one, rows=FrameRows([one.draws.drop(columns="lines_fallen")]))
    assert "Red lines" not in shown(svg_text(CHARTS["ledger"](none)))


def test_the_ledger_counts_all_texts_signed_also_those_refused_at_home(results):
    one = results["all_refused"]
    table = CHARTS["ledger"].table(one)
    assert set(table.loc[table["kind"] == "movement", "n"]) == {int(one.agreed.sum())}
    assert one.agreed.any() and (one.draws["outcome"] == "in_force").sum() == 0


def test_the_ledger_tells_parties_apart_by_colour_and_marker(drawn, results):
    picture, svg = drawn("ledger", "full")
    points = next(axes for axes in picture.axes if axes.get_xlabel() == "points of its own values")
    looks = {(line.get_color(), line.get_marker()) for line in points.lines if line.get_marker() not in ("None", "")}
    assert looks == {(style.colour, style.marker) for style in PARTY_STYLES[: len(results["full"].scenario.parties)]}
    assert not re.search(r"\b(won|lost|winner|loser|concession|gave in|gives in)\b", shown(svg))
