"""One list of figures: every name once, and every consumer has the values it gives."""

from pathlib import Path

import numpy as np
import pytest

import sim
from sim.analysis.figures import NoAnswer, column_of, figure_named, figures
from sim.results.figures import STAGES
from sim.results.results import run
from sim.results.stages import reached
from sim.scenario import read_scenario

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"


@pytest.fixture(scope="module")
def results():
    return run(read_scenario(SCENARIOS / "two-banks-pullback.yaml"), 120, 3)


def test_every_name_belongs_to_one_figure_and_every_figure_has_its_words(results):
    there = figures([results])
    names = [name for figure in there for name in set(figure.names)]
    assert len(names) == len(set(names))
    for figure in there:
        assert figure.label and figure.unit and figure.heading[0] == figure.heading[0].upper()
        assert figure.runs or not figure.is_share
    assert all(figure.short for figure in STAGES.values())


def test_a_share_is_0_or_1_and_a_figure_if_signed_is_there_where_a_text_was_signed(results):
    signed = results.draws["package"].notna().to_numpy()
    for figure in figures([results]):
        values = figure.values(results.draws)
        if figure.is_share:
            assert set(values) <= {0.0, 1.0}
        if figure.if_signed:
            assert np.isnan(values[~signed]).all()


def test_stages_comparison_and_summary_have_the_values_of_the_list(results):
    for stage, count in reached(results).items():
        assert STAGES[stage].values(results.draws).sum() == count
    table = sim.compare([results, results]).figures.set_index("figure")
    for figure in figures([results]):
        if figure.listed:
            assert table.loc[figure.name, "value"].iloc[0] == pytest.approx(column_of(figure, results).mean())
    facts = results.summary()
    assert facts["zone_share"] == column_of(STAGES["zone_first"], results).mean()
    assert facts["agreement_share"] == column_of(STAGES["signed"], results).mean()


def test_a_figure_answers_to_its_other_names(results):
    assert figure_named([results], "agreement").name == "signed"
    assert figure_named([results], "zone_first").name == "zone"
    with pytest.raises(NoAnswer, match=r"no figure is called 'sined'.*ISSUE.OPTION"):
        figure_named([results], "sined")
