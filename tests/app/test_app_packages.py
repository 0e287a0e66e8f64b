"""The packages page: the figures of `show`, options that are inconsistent, and a package built by hand."""

import pytest

import sim
from sim.analysis.texts import rank_texts
from sim.app.errors import RequestError
from sim.app.packages import completed, describe_file, describe_package, describe_proposals, frequent, lacking, ranking
from tests.app.test_app_step import BANKS, SCENARIOS, WAIT, about, checked, client, page, result_of
from tests.app_client import served
from tests.commands import SCENARIO, data

__all__ = ["client", "page"]  # fixtures

FLAGSHIP = SCENARIOS / "ukraine-december-2025.yaml"
STAY = {"strip": "upland_keeps", "recognition": "none", "pull_back": "stay", "observers": "none"}


def test_what_one_may_start_from_is_on_file_or_in_show():
    there, shown = describe_file(about(FLAGSHIP)), data("show", FLAGSHIP)
    packages = {row["candidates"]: row["package"] for row in shown["solutions"] if row["solution"] == "nash"}
    assert {each["reading"]: "/".join(each["package"].values()) for each in there["nash"]} == {
        reading: text for reading, text in packages.items() if text
    }
    assert list(there["proposals"]) == list(sim.read_scenario(FLAGSHIP).proposals)
    assert there["consistent"] == shown["packages"]["consistent"]


def test_proposals_on_file_are_scored_as_show_does():
    shown = data("show", FLAGSHIP)
    rows = {(row["proposal"], row["party"]): row for row in shown["proposals"]}
    for each in describe_proposals(about(FLAGSHIP)):
        for party, own in each["parties"].items():
            row = rows[each["name"], party]
            assert own["margin_least"] == row["margin_least"] and own["margin_most"] == row["margin_most"]
            assert list(own["lines_crossed"]) == list(row["lines_crossed"])
        chance = [row["chance_independent"] for row in shown["votes_together"] if row["proposal"] == each["name"]]
        assert chance == ([each["whole"]["chance"]] if each["whole"] else [])


def test_the_package_signed_most_often_is_that_of_the_runs():
    found, results = result_of(frequent(about(BANKS), 60)), sim.run(sim.read_scenario(BANKS), 60, 1)
    counts = results.packages_signed
    assert found["count"] == max(counts.values()) == counts["/".join(found["package"].values())]
    assert found["n"] == 60 and found["interval"][0] < found["count"] / 60 < found["interval"][1]


def test_options_that_do_not_go_together_are_explained_and_mended():
    found = describe_package(about(BANKS), {**STAY, "strip": "lowland_full"}, "strip")
    assert found["broken"] == ["giving_back_means_leaving"] and "agreed" not in found
    assert found["rules"]["giving_back_means_leaving"]["because"] == "Upland cannot give back what its army stands on"
    assert all(each["package"]["strip"] == "lowland_full" for each in found["repairs"])
    (change,) = found["repairs"][0]["changes"]
    assert change[0] == "pull_back"
    assert describe_package(about(BANKS), found["repairs"][0]["package"], None)["broken"] == []
    assert found["goes_with"]["strip"]["upland_keeps"] == []


def test_a_text_that_leaves_issues_open_is_filled_by_what_stood_there():
    found = completed(about(BANKS), {"recognition": "full"}, STAY)
    assert found["package"] == {**STAY, "recognition": "full"}
    found = completed(about(BANKS), {"strip": "lowland_full"}, STAY)
    assert found["package"]["strip"] == "lowland_full" and found["package"]["pull_back"] != "stay"
    with pytest.raises(RequestError, match="contradicts the rules"):
        completed(about(BANKS), {"strip": "lowland_full", "pull_back": "stay"}, STAY)


def test_a_file_changed_on_disk_is_looked_at_anew(tmp_path):
    path = tmp_path / "banks.yaml"
    text = BANKS.read_text(encoding="utf-8")
    path.write_text(text, encoding="utf-8")
    before = describe_package(about(path), STAY, None)
    path.write_text(text.replace("label: Lowland", "label: Valley", 1), encoding="utf-8")
    assert describe_file(about(path))["parties"]["lowland"] == "Valley"
    assert describe_package(about(path), STAY, None)["agreed_in"] == before["agreed_in"]


def test_a_file_ordered_otherwise_is_shown_as_it_is_ordered(tmp_path):
    """What was kept of the one order is not taken for the other: a package is a text in the order of its issues."""
    path, lines = tmp_path / "talks.yaml", SCENARIO.splitlines(keepends=True)
    path.write_text("".join(lines), encoding="utf-8")
    one = result_of(frequent(about(path), 50))
    assert list(describe_file(about(path))["issues"]) == ["well", "road"] == list(one["package"])
    at = next(place for place, line in enumerate(lines) if line.startswith("  well:"))
    lines[at], lines[at + 1] = lines[at + 1], lines[at]
    path.write_text("".join(lines), encoding="utf-8")
    other = result_of(frequent(about(path), 50))
    assert list(describe_file(about(path))["issues"]) == ["road", "well"] == list(other["package"])
    assert one == other and set(one["package"].items()) == {("well", "both"), ("road", "patrol")}


def test_the_ranking_is_that_of_texts():
    found, scenario = result_of(ranking(about(BANKS))), sim.read_scenario(BANKS)
    groups = rank_texts(scenario, found["n"]).groups.to_dict("records")
    assert [each["rank"] for each in found["texts"]] == [row["rank"] for row in groups]
    assert ["/".join(each["package"].values()) for each in found["texts"]] == [row["package"] for row in groups]
    assert [each["shares"][-1] for each in found["texts"]] == [row["held_60"] for row in groups]
    assert found["by"] == found["marks"][-1] == "all three" and not found["none"]


def test_what_it_lacks_is_of_those_who_would_not_sign():
    found, missing = describe_package(about(BANKS), STAY, None), lacking(about(BANKS), STAY)
    against = [each["party"] for each in found["signatories"] if each["signs"] and not each["would_sign"]]
    assert [each["party"] for each in missing] == against and against
    assert lacking(about(BANKS), {**STAY, "strip": "lowland_full"}) == []


# In a browser


def open_packages(page, client, query=""):
    page.goto(f"{client.base}/packages?file=banks.yaml{query}")
    settled(page)


def settled(page):
    """Wait until everything is there."""
    page.locator("#lacks > *").first.wait_for(timeout=WAIT)
    page.locator("#lacks", has_not_text="looked for").wait_for(timeout=WAIT)
    page.locator("#filed tbody tr").nth(1).wait_for(timeout=WAIT)


@pytest.mark.slow
def test_a_package_is_built_by_hand_mended_and_shared(page, client):
    open_packages(page, client, f"&package={'/'.join(STAY.values())}")
    page.select_option("#issue-strip", "lowland_full")
    page.locator("#contradiction", has_text="Upland cannot give back what its army stands on").wait_for(timeout=WAIT)
    assert page.locator("#looked").is_hidden()
    assert "are inconsistent" in page.inner_text("#status")
    page.locator("#contradiction button").first.click()
    page.locator("#looked").wait_for(timeout=WAIT)
    settled(page)
    options = [page.input_value(f"#issue-{issue}") for issue in STAY]
    assert options[0] == "lowland_full" and options[2] != "stay"
    assert "/".join(options) in page.url
    found = describe_package(about(BANKS), dict(zip(STAY, options, strict=True)), None)
    for place, each in enumerate(found["signatories"]):
        cells = page.locator("#verdict tbody tr").nth(place).locator("th, td").all_inner_texts()
        assert cells[2:4] == [f"{each['worth']:.2f}", f"{each['no_deal']:.2f}"]
        assert cells[1] == ("would sign" if each["would_sign"] else "would not sign")
    address = page.url
    page.goto(client.base + "/step?file=banks.yaml")
    page.goto(address)
    settled(page)
    assert [page.input_value(f"#issue-{issue}") for issue in STAY] == options


@pytest.mark.slow
def test_one_starts_from_what_is_signed_most_often_or_from_a_proposal(page, client):
    open_packages(page, client)
    page.click("#frequent")
    page.locator("#started", has_text="Signed in").wait_for(timeout=WAIT)
    settled(page)
    best = result_of(frequent(about(BANKS), 500))["package"]
    assert [page.input_value(f"#issue-{issue}") for issue in best] == list(best.values())
    page.click("#proposal-strip_for_embassies")
    text = sim.read_scenario(BANKS).proposals["strip_for_embassies"].package
    page.wait_for_url(lambda url: "/".join(text.values()) in url, timeout=WAIT)
    settled(page)


@pytest.mark.slow
def test_a_text_of_the_ranking_is_taken(page, client):
    open_packages(page, client, f"&package={'/'.join(STAY.values())}")
    first = result_of(ranking(about(BANKS)))["texts"][0]
    row = page.locator("#ranking tbody tr").first
    row.wait_for(timeout=WAIT)
    assert row.locator("th, td").first.inner_text() == first["label"]
    row.get_by_role("button").click()
    page.wait_for_url(lambda url: "/".join(first["package"].values()) in url, timeout=WAIT)
    settled(page)


@pytest.mark.slow
@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (768, "dark"), (1280, "light")])
def test_everybody_can_read_it(browser, client, width, scheme):
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page.goto(client.address)
    open_packages(page, client)
    checked(page)
    page.select_option("#issue-pull_back", "stay")
    page.wait_for_timeout(500)
    checked(page)
    page.close()


@pytest.mark.slow
def test_hostile_names_stay_text(browser, tmp_path):
    """Labels of a stranger's file are shown, not run."""
    hostile = '"><script>alert(1)</script><img src=x onerror=alert(2)>'
    text = BANKS.read_text(encoding="utf-8").replace("label: Lowland", f"label: '{hostile}'", 1)
    (tmp_path / "banks.yaml").write_text(text, encoding="utf-8")
    with served(tmp_path / "banks.yaml") as there:
        page, wrong = browser.new_page(), []
        page.on("dialog", lambda dialog: wrong.append(dialog.message))
        page.on("console", lambda message: wrong.append(message.text))
        page.goto(there.address)
        open_packages(page, there)
        assert "<script>alert(1)" in page.inner_text("#verdict")
        page.goto(there.base + "/step?file=banks.yaml")
        page.locator("#turns > *").first.wait_for(timeout=WAIT)
        assert "<script>alert(1)" in page.inner_text("#turns") and page.locator("img").count() == 0
        page.close()
    assert not wrong
