"""Reading commands answer on one screen, the outcome first; all of it, a section or a round is asked for."""

import json
import re

import pytest

from sim.analysis.explain import explain
from sim.report import compose
from sim.report.answer import is_alike, obstacle_rows, sentence, strip
from sim.report.terminal import as_text, styled
from sim.results.results import run
from tests.commands import ROOT, call, data
from tests.problems import shipped

FLAGSHIP, BANKS = (ROOT / f"scenarios/{name}.yaml" for name in ("ukraine-december-2025", "two-banks-pullback"))
LINES, COLUMNS = 45, 80


def fits(text):
    lines = text.rstrip("\n").split("\n")
    return len(lines) <= LINES and max(map(len, lines)) <= COLUMNS


@pytest.fixture(scope="module")
def banks():
    return run(shipped("two-banks-pullback"), 200)


def test_run_and_show_of_the_flagship_fit_one_screen_and_say_the_outcome_first():
    for command, first in (("run", "No agreement after 36 rounds."), ("show", "At central numbers no package")):
        text = call(command, FLAGSHIP).stdout
        assert fits(text), command
        assert first in "\n".join(text.splitlines()[:5])
        assert "--full" in text.splitlines()[-1]


def test_explain_and_compare_fit_one_screen(banks):
    assert fits(as_text(compose(explain(banks, 20), brief=True), COLUMNS))
    text = call("compare", BANKS, BANKS, "-n", 40, "--no-charts").stdout
    assert fits(text) and "A is the baseline" in " ".join(text.split())


def test_a_section_and_a_round_are_printed_alone():
    text = call("show", BANKS, "--section", "weights").stdout
    assert text.startswith("\nWeights of the issues") and "How they bargain" not in text
    answer = call("show", BANKS, "--section", "wheights")
    assert answer.exit_code == 2 and "there are:" in answer.stderr and "  How they bargain" in answer.stderr
    text = call("run", BANKS, "--round", 1).stdout
    assert text.startswith("Round 1, ") and "Round 2, " not in text
    assert "there is no round 9999" in call("run", BANKS, "--round", 9999).stderr


def test_the_sentence_has_runs_of_a_hundred_that_add_up(banks):
    text = sentence(banks)
    signed = round(100 * banks.agreements / banks.n)
    assert f"In {signed} of 100 runs an agreement is signed, in " in text
    none = run(shipped("orange-and-lemon").with_sets(["parties.*.no_deal=0.95"]), 20)
    assert not none.agreements and "nothing is signed" in sentence(none)


def test_without_an_uncertain_number_every_run_is_alike():
    orange = run(shipped("orange-and-lemon"), 50)
    assert is_alike(orange) and sentence(orange).startswith("Every run is alike")
    assert len(strip(orange).rows) == 1, "an interval would say that more runs know more"


def test_obstacles_in_three_groups_add_up_to_all_runs_without_an_agreement_in_force(banks):
    rows = obstacle_rows(banks, 3)
    totals = [float(share.split(" ")[0]) for name, share in rows if not name.startswith("  ")]
    missing = 100 * (banks.draws["outcome"] != "in_force").mean()
    assert sum(totals) == pytest.approx(missing, abs=0.1 * len(totals))
    head = 0.0
    for name, share in reversed(rows):
        value = float(share.split(" ")[0])
        if name.startswith("  "):
            head += value
        else:
            assert head == pytest.approx(value, abs=0.3), name
            head = 0.0


def test_colours_are_of_the_terminal_and_no_color_is_heeded(banks, monkeypatch):
    found = compose(explain(banks, 20))
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert re.search("\x1b\\[3[12]m", styled(found))
    monkeypatch.setenv("NO_COLOR", "1")
    assert not re.search("\x1b\\[3[12]m", styled(compose(explain(banks, 20))))


def test_json_is_what_it_was():
    assert json.dumps(data("show", BANKS)) == json.dumps(json.loads(call("show", BANKS, "--json").stdout))
    assert call("show", BANKS, "--json", "--full").exit_code == 2


def test_the_help_groups_commands_by_task_in_whole_sentences():
    text = call("--help").stdout
    places = [text.index(f"{task}:\n") for task in ("Start", "Play", "Understand", "Share")]
    assert places == sorted(places) and "..." not in text[places[0] :]
