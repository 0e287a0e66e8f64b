"""R16: the local page answers to its own browser on this machine, and to nobody else.

What a stranger may try over HTTP, by a WebSocket or on another address is tried in `tests/app/test_app.py`, with a real
server. Here are a stranger's results on the page, a flood of requests, and what the program asks of the network.
"""

import json
import re
import shutil
import socket
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus

import pytest

from tests.commands import call
from tests.trust.hostile import BASE
from tests.trust.planting import ROOT, bugs
from tests.trust.results import only
from tests.trust.strange_folders import FOLDERS
from tests.trust.test_forged_values import FORGED, draws_of, with_value, write

pytest.importorskip("starlette", reason="the local page needs the extra `app`")
from tests.app_client import served

PLANTED = bugs("R16", __name__, [
    ("sim/app", 'if headers.getlist("host") not in', 'if not headers.getlist("host") and [] in',
     "tests/app/test_app.py::test_strangers_are_refused_on_every_address_and_told_nothing"),
    ("sim/app", "if origins and origins not in", "if not origins and origins in",
     "tests/app/test_app.py::test_strangers_are_refused_on_every_address_and_told_nothing"),
    ("sim/app", "if answer is None and not self.keys.knows(", "if answer and not self.keys.knows(",
     "tests/app/test_app.py::test_strangers_are_refused_on_every_address_and_told_nothing"),
    ("sim/app", 'if "upgrade" in headers:', 'if "upgrade" in ():',
     "tests/app/test_app.py::test_no_websocket_is_opened_whoever_asks"),
    ("sim/app", "default-src 'none'; script-src 'self'", "default-src *; script-src *",
     "tests/app/test_app.py::test_every_answer_tells_the_browser_to_run_and_fetch_nothing_else"),
    ("sim/app", "http=_Connection, ", 'http="h11", ',
     "tests/app/test_app.py::test_idle_connections_do_not_shut_the_owner_out"),
    ("sim/app", "self.cycle is None and transport.close()", "None",
     "tests/app/test_app.py::test_a_connection_that_stays_silent_is_closed_and_one_that_asked_is_not"),
    ("sim/app", "args=(page.as_uri(),)", "args=(address,)",
     "tests/app/test_app.py::test_the_browser_is_opened_by_a_file_of_its_owner_and_nobody_waits_for_it"),
    ("sim/app", "os.open(path, flags, 0o600)", "os.open(path, flags)",
     "tests/app/test_app.py::test_the_browser_is_opened_by_a_file_of_its_owner_and_nobody_waits_for_it"),
    ("sim/app", 'if "transfer-encoding" in headers or not (', "if not (",
     "tests/app/test_app.py::test_a_body_that_says_its_length_and_comes_in_chunks_is_refused"),
    ("sim/app", "        if room < 0:\n", "        if False:\n",
     "tests/app/test_app.py::test_a_body_longer_than_it_says_is_cut_off_at_the_limit"),
    ("sim/app", "except (Exception, asyncio.CancelledError) as error:", "except ZeroDivisionError as error:",
     "tests/app/test_app.py::test_a_fault_of_ours_is_one_line_in_the_log_and_an_answer"),
    ("sim/app", "EXPECTED = (RequestError, StoreError, DamagedResults, OSError)", "EXPECTED = (RequestError,)",
     "test_a_forged_result_is_a_message_on_the_page_and_no_fault"),
    ("sim/app", "ERRORS = (RequestError, StoreError, DamagedResults, OSError, HTTPException)", "ERRORS = (StoreError,)",
     "test_a_flood_whose_requests_wait_is_answered_each_and_logged_in_lines"),
    ("sim/app", "for mark in (RUN, RESOLVED)):", "for mark in ()):",
     "tests/app/test_app.py::test_nothing_is_saved_in_a_results_folder_below_the_page"),
])  # fmt: skip


@pytest.mark.parametrize("names", [[*FOLDERS][::9], pytest.param([*FOLDERS], marks=pytest.mark.slow)])
def test_a_forged_result_is_a_message_on_the_page_and_no_fault(names, tmp_path):
    """Every hash is right, and a value, a file or a name is none that results have."""
    assert call("batch", BASE, "-n", 64, "--workers", 1, "--no-charts", "--out", tmp_path / "made").exit_code == 0
    results, sound = tmp_path / "results", only(tmp_path / "made")
    shutil.copytree(sound, results / "sound")
    for number, (column, value) in enumerate(FORGED):
        write(results / f"value-{number}", sound, "draws", with_value(draws_of(sound), column, 5, value))
    for number, name in enumerate(names):
        (tmp_path / f"{number}").mkdir()  # where links of this one lead
        FOLDERS[name](shutil.copytree(sound, tmp_path / f"{number}" / "folder"))
        (tmp_path / f"{number}" / "folder").rename(results / f"folder-{number}")
    with served(results) as client:
        assert client.post("/results/card", {"at": "sound"}).data["state"] == "complete"
        for name in sorted(path.name for path in results.iterdir() if path.name != "sound"):
            card = client.post("/results/card", {"at": name})
            assert card.status == 200 and card.data["state"] in ("damaged", "other") and card.data["faults"], name
            assert client.post("/results/one", {"at": name}).data == card.data
            both = client.post("/results/compared", {"at": "sound", "with": name})
            assert both.status == HTTPStatus.UNPROCESSABLE_ENTITY and both.data["message"], name
            assert client.get(f"/results?at={name}").status == 200
        assert f"column {FORGED[0][0]}" in client.post("/results/card", {"at": "value-0"}).data["faults"][0]
        assert client.close()[1] == "\npeacesim: the page is closed\n"


def test_a_flood_whose_requests_wait_is_answered_each_and_logged_in_lines(tmp_path):
    """More tabs than are served, requests over one another, and what is no HTTP."""
    shutil.copy(ROOT / "scenarios" / "orange-and-lemon.yaml", tmp_path)
    with served(tmp_path / "orange-and-lemon.yaml") as client:
        def answered(number: int) -> int:
            if number % 4 == 0:
                with socket.create_connection(("127.0.0.1", client.port), 60) as asked:
                    asked.sendall(b"no such thing as this\r\n\r\n")
                    return int(asked.recv(1_000).split()[1])
            wish = {"file": "orange-and-lemon.yaml", "n": 50, "sets": []}
            answer = client.post("/tweak/answer", wish, X_Tab=f"tab-{number % 15}")
            assert answer.status == HTTPStatus.OK or json.loads(answer.body)["message"]
            return answer.status

        with ThreadPoolExecutor(24) as crowd:
            statuses = set(crowd.map(answered, range(72)))
        refused = {HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT, HTTPStatus.SERVICE_UNAVAILABLE}
        assert refused <= statuses <= {HTTPStatus.OK, *refused}
        assert client.get("/tweak").status == 200
        printed = client.close()[1].splitlines()
    assert {"Invalid HTTP request received."} == {line for line in printed if line} - {"peacesim: the page is closed"}


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
@pytest.mark.exhaustive
def test_it_talks_to_this_machine_alone(tmp_path, record_property):
    """A page is served, read and answered; whatever was connected to lies on this machine."""
    shutil.copy(ROOT / "scenarios" / "orange-and-lemon.yaml", tmp_path)
    log = tmp_path / "calls"
    watched = ("strace", "-f", "-qq", "-o", str(log), "-e", "trace=connect,bind,sendto")
    with served(tmp_path / "orange-and-lemon.yaml", under=watched) as client:
        assert client.get("/").status in (200, 303)
    calls = log.read_text()
    addresses = re.findall(r'sin6?_addr\(?"?([0-9a-f.:]+)|inet_addr\("([^"]+)"', calls)
    outside = {a or b for a, b in addresses} - {"127.0.0.1", "::1"}
    record_property("R16", f"{len(addresses)} calls to the network, all on this machine")
    assert addresses and not outside
