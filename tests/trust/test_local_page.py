"""R16: the local page answers to its own browser on this machine, and to nobody else.

What a stranger may try over HTTP, by a WebSocket or on another address is tried in `tests/app/test_app.py`, with a real
server. Here is what the program itself asks of the network.
"""

import re
import shutil

import pytest

from tests.trust.planting import ROOT, bugs

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
    ("sim/app", "for mark in (RUN, RESOLVED)):", "for mark in ()):",
     "tests/app/test_app.py::test_nothing_is_saved_in_a_results_folder_below_the_page"),
])  # fmt: skip


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
