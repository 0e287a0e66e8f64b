"""The page of a batch: a row a scenario, held against figures made otherwise; folders of strangers leave it whole."""

import json
import os
import re
import shutil

import numpy as np
import pytest

import sim
from sim.report import batch as batch_page
from sim.report.batch import INDEX, write_index
from sim.results.manifest import newest_results, stored_results
from tests.commands import SCENARIO, call
from tests.report.test_report import HOSTILE, Page
from tests.trust.results import facts_of, forge
from tests.trust.strange_folders import with_file

CHANGED = "extends: talks.yaml\nid: dry-well\ntitle: A dry well\nset: {parties.east.no_deal: 0.55}\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    (folder / "talks.yaml").write_text(SCENARIO)
    (folder / "dry.yaml").write_text(CHANGED)
    answer = call("batch", folder, "-n", 200, "--workers", 1, "--out", folder / "results", "--no-charts")
    assert answer.exit_code == 0, answer.output
    assert f"Page of all scenarios: {folder / 'results' / INDEX}\n" in answer.stdout
    return folder / "results"


@pytest.fixture
def copied(made, tmp_path):
    shutil.copytree(made, tmp_path / "results")
    return tmp_path / "results"


def text_of(out):
    return (out / INDEX).read_text(encoding="utf-8")


def written_again(out):
    (out / INDEX).unlink(missing_ok=True)
    assert write_index(out) == out / INDEX
    return text_of(out)


def test_its_figures_are_those_of_the_draws(made):
    text = text_of(made)
    base, other = (sim.open_results(newest_results(made / name)[0]).draws for name in ("well-and-road", "dry-well"))
    signed = [draws["package"].notna().to_numpy(float) for draws in (base, other)]
    shares = [f"{100 * each.mean():.0f} %" for each in signed]
    row = text[text.index("A dry well") :]
    assert f'data-head="signed">{shares[1]}<svg' in row and f'data-head="signed">{shares[0]}<svg' in text
    assert f'width="{round(100 * signed[1].mean(), 2)}"' in row
    difference = 100 * (signed[1] - signed[0])
    half = 1.959964 * difference.std(ddof=1) / np.sqrt(len(difference))
    mean = difference.mean()
    assert f'data-head="signed, difference">{mean:+.1f} points' in row
    assert f"{mean - half:+.1f} to {mean + half:+.1f}; 200 runs" in row
    assert "extends well-and-road" in row and text.count("few: fewer than 1,000") == 2


def test_nothing_runs_in_it_and_it_leads_only_to_reports_beside_it(tmp_path, made):
    (tmp_path / "talks.yaml").write_text(SCENARIO)
    call("batch", tmp_path / "talks.yaml", "-n", 40, "--workers", 1, "--out", tmp_path / "results")
    page = Page(text_of(tmp_path / "results"))
    (folder,) = stored_results(tmp_path / "results")
    links = [value for name, value in page.attributes if name in ("href", "src")]
    assert [link for link in links if link[0] != "#"] == [f"{folder.name}/report.html"]
    assert "script" not in page.tags and ("content", "light dark") in page.attributes
    assert not [name for name, _ in Page(text_of(made)).attributes if name.startswith("on")]


def test_the_same_batch_again_leaves_it_alone_and_a_newer_result_takes_the_place_of_an_older(copied, monkeypatch):
    before = os.stat(copied / INDEX)
    assert write_index(copied) == copied / INDEX and os.stat(copied / INDEX).st_mtime_ns == before.st_mtime_ns
    (copied.parent / "talks.yaml").write_text(SCENARIO)
    call("batch", copied.parent / "talks.yaml", "-n", 60, "--seed", 2, "--workers", 1, "--out", copied, "--no-charts")
    text = text_of(copied)
    assert "well-and-road, seed 2" in text and "well-and-road, seed 1" not in text and "1 older result" in text
    assert 'points' in text[text.index("A dry well") :]  # from the older one, which has its seed


def test_the_unfinished_page_of_a_killed_batch_goes_and_that_of_a_running_one_stays(copied):
    gone, running = (copied / f".{INDEX}.{process}.tmp" for process in (2**31 - 1, os.getppid()))
    for path in (gone, running):
        path.write_bytes(b"<html>")
    written_again(copied)
    assert (gone.exists(), running.exists()) == (False, True)


def test_a_base_of_another_seed_alone_gives_no_difference(copied):
    shutil.rmtree(newest_results(copied / "well-and-road")[0])
    assert "extends well-and-road, which is not here with this seed" in written_again(copied)


def test_shards_and_their_merge_know_what_the_scenario_extends(copied):
    folder, out = copied.parent, copied.parent / "merged"
    for name, text in (("talks.yaml", SCENARIO), ("dry.yaml", CHANGED)):
        (folder / name).write_text(text)
    for number in (1, 2):
        shard = "--shard", f"{number}/2", "--out", folder / "shards"
        call("batch", folder / "dry.yaml", "-n", 200, "--workers", 1, "--no-charts", *shard)
    answer = call("merge", folder / "shards", "--out", out, "--no-charts")
    assert answer.exit_code == 0, answer.output
    assert facts_of(newest_results(out / "dry-well")[0])["extends"] == "well-and-road"
    assert "extends" not in facts_of(newest_results(copied / "well-and-road")[0])


@pytest.mark.parametrize("damage", [
    lambda folder: (folder / "summary.json").write_text("{}"),
    lambda folder: with_file(folder, "summary.json", b"[" * 100_000),
    lambda folder: with_file(folder, "summary.json", b'{"n": 1e400, "title": "x", "reached": {"signed": 7}}'),
    lambda folder: with_file(folder, "summary.json", b'{"n": 5, "title": "x", "reached": {"signed": NaN}}'),
    lambda folder: (folder / "run.json").write_bytes(b"\xff"),
    lambda folder: forge(folder, facts_of(folder) | {"complete": False}),
])  # fmt: skip
def test_a_damaged_folder_is_named_and_the_others_have_their_rows(copied, damage):
    (folder,) = newest_results(copied / "dry-well")
    damage(folder)
    text = written_again(copied)
    assert "left out" in text and folder.name in text and 'data-head="signed">' in text and str(copied) not in text


def test_damaged_draws_take_only_the_difference(copied):
    (folder,) = newest_results(copied / "dry-well")
    next((folder / "draws").iterdir()).write_bytes(b"PAR1")
    text = written_again(copied)
    assert "A dry well" in text and "points" not in text and "damaged" in text and str(copied) not in text


def test_hostile_texts_and_links_stay_texts(copied):
    (folder,) = newest_results(copied / "dry-well")
    facts = json.loads((folder / "summary.json").read_text()) | {"title": HOSTILE}
    with_file(folder, "summary.json", json.dumps(facts).encode())
    forge(folder, facts_of(folder) | {"id": HOSTILE, "extends": HOSTILE})
    strange = copied / "a<b> javascript:alert(1)\"'-0a1b2c"
    folder.rename(strange)
    (copied / "linked-0a1b2c").symlink_to(strange)
    text = written_again(copied)
    page = Page(text)
    assert HOSTILE in " ".join(page.texts) and not {"img", "script", "b"} & set(page.tags)
    assert "linked-0a1b2c" not in text


def test_a_page_of_somebody_else_stays_and_an_unwritable_one_is_left_whole(copied, monkeypatch):
    (copied / INDEX).write_text("<h1>mine</h1>")
    assert write_index(copied) is None and text_of(copied) == "<h1>mine</h1>"
    before = written_again(copied)
    shutil.rmtree(newest_results(copied / "well-and-road")[0])

    def full(handle, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(sim.results.files.StoreError, match="No space left"):
        batch_page.write_index(copied)
    monkeypatch.undo()
    assert text_of(copied) == before and not list(copied.glob(".index*"))


def test_a_name_without_its_hash_stands_for_the_newest_results(made, copied):
    (folder,) = newest_results(copied / "well-and-road")
    answer = call("explain", copied / "well-and-road")
    assert answer.exit_code == 0 and answer.stdout == call("explain", folder).stdout
    assert call("verify", copied / "well-and-road", "--chunks", 0).exit_code == 0
    older = copied / "well-and-road-0a1b2c"
    shutil.copytree(folder, older)
    os.utime(older / "run.json", ns=(1, 1))
    assert newest_results(copied / "well-and-road") == [folder]
    os.utime(folder / "run.json", ns=(1, 1))
    unclear = call("explain", copied / "well-and-road")
    assert unclear.exit_code == 2 and re.search(f"equally new: .*{older.name}", " ".join(unclear.stderr.split()))
    missing = call("explain", copied / "well-and-roads")
    assert missing.exit_code == 2 and "does not exist" in missing.stderr


@pytest.mark.slow
@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1280, "dark")])
def test_a_browser_shows_it_to_everybody(browser, copied, width, scheme):
    """No sideways scrolling, nothing asked of the network, nothing that axe-core objects to, with a folder left out."""
    from axe_playwright_python.sync_playwright import Axe

    (copied / "broken-000000").mkdir()
    (copied / "broken-000000" / "run.json").write_text("{")
    assert "left out" in written_again(copied)
    asked, address = [], (copied / INDEX).as_uri()
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    assert asked == [address] and page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.close()
