"""R7: Ctrl-C, a request to end and a closed terminal, at every moment: one line, the right code, nothing lost."""

import contextlib
import io
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

from sim.batch import batch
from sim.batch.progress import Lines
from sim.batch.stopping import Stopping, handled_signals
from sim.cli.commands import peacesim
from sim.cli.signals import watch_signals
from tests.trust.moments import SMALL, Ended, ended, quick_batches, start, stopped_after
from tests.trust.planting import ROOT, bugs
from tests.trust.results import bytes_of

ORANGE = ROOT / "scenarios" / "orange-and-lemon.yaml"
HANDLED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
N = 100  # two chunks, the second short
STRIDE = int(os.environ.get("PEACESIM_STRIDE", "1"))  # lines from one moment to the next


@pytest.fixture
def played_before(monkeypatch):
    """Chunks are short, and played once."""
    quick_batches(monkeypatch)


def command(out):
    """`batch` as the command line calls it."""
    arguments = ["batch", str(ORANGE), "-n", str(N), "--workers", "1", "--no-charts", "--out", str(out)]
    return lambda: peacesim(arguments, prog_name="peacesim")


@pytest.fixture
def whole(tmp_path, played_before):
    """What a batch in one go writes, and the number of moments it has."""
    without = ended(command(tmp_path / "counted"), 0)
    assert without.code == 0, without.printed
    batch([ORANGE], N, workers=1, out=tmp_path / "whole")
    assert results_bytes(tmp_path / "counted") == results_bytes(tmp_path / "whole")
    return results_bytes(tmp_path / "whole"), without.moments


def results_bytes(out):
    """All files but the page of the batch, which the command alone makes, and which may come last or not at all."""
    return {name: data for name, data in bytes_of(out).items() if name != "index.html"}


def stop_at(moment, number, out, again=0):
    """Stop a batch at a moment and let it go on: how it was stopped, and what is there in the end."""
    stopped = ended(command(out), moment, number, again)
    assert stopped.is_clean(number), (moment, number, again, stopped)
    kept = len(list(out.glob("*/draws/*.parquet")))
    (item,) = batch([ORANGE], N, workers=1, out=out)
    listed = {0: N, 1: N - 64, 2: 0}
    assert item.damaged == () and item.computed in (listed[kept], N if kept == 1 else listed[kept])
    found = results_bytes(out)
    shutil.rmtree(out)
    return stopped, found


def test_a_batch_is_stopped_at_any_line_of_it(whole, tmp_path, record_property):
    expected, moments = whole
    tried = range(1, moments, moments // 12)
    for place, moment in enumerate(tried):
        number = HANDLED[place % 3]
        assert stop_at(moment, number, tmp_path / "out", again=7 * place)[1] == expected
    record_property("R7", f"a batch stopped at {len(tried)} of its {moments:,} lines, resumed to the same bytes")


@pytest.mark.exhaustive
@pytest.mark.parametrize("number", HANDLED)
def test_a_batch_is_stopped_at_every_line_of_it(whole, tmp_path, record_property, number):
    expected, moments = whole
    codes = []
    for moment in range(1 + HANDLED.index(number), moments + 1, STRIDE):
        stopped, found = stop_at(moment, number, tmp_path / "out", again=moment % 50)
        assert found == expected, moment
        codes.append(stopped.code)
    assert codes.count(128 + number) > 0.8 * len(codes)
    name = signal.Signals(number).name
    record_property("R7", f"{name} at {len(codes):,} of the {moments:,} lines of a batch, resumed to the same bytes")


def test_a_signal_that_is_lost_or_turned_into_another_exception_still_stops(monkeypatch):
    """In code that the interpreter calls by itself, or that catches everything, an exception does not arrive."""
    stopping = Stopping()
    with pytest.raises(KeyboardInterrupt), stopping:
        with contextlib.suppress(BaseException):
            stopping.handle(signal.SIGTERM, None)
        stopping.handle(signal.SIGINT, None)  # the second one changes nothing
    assert stopping.number == signal.SIGTERM
    stopping = Stopping()
    with pytest.raises(KeyboardInterrupt), stopping:
        try:
            stopping.handle(signal.SIGTERM, None)
        except BaseException:
            raise ImportError("half done") from None
    stopping = Stopping()
    stopping.handle(signal.SIGINT, None)  # between two places where it may be raised
    with pytest.raises(KeyboardInterrupt), stopping:
        pytest.fail("it is too late to begin")


def test_a_signal_that_came_too_late_to_stop_a_batch_is_passed_on():
    heard = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: heard.append(number))
    try:
        with handled_signals():
            signal.raise_signal(signal.SIGTERM)
            assert heard == []
        assert heard == [signal.SIGTERM]
        with pytest.raises(ValueError, match="of its own"), handled_signals():
            signal.raise_signal(signal.SIGTERM)
            raise ValueError("of its own")
        assert heard == [signal.SIGTERM]
    finally:
        signal.signal(signal.SIGTERM, before)


FIRST = """
import signal, sys
real, loaded = signal.signal, []
def note(number, handler):
    loaded.append([name for name in ("numpy", "mesa", "pandas", "click", "sim.cli.commands") if name in sys.modules])
    return real(number, handler)
signal.signal = note
sys.argv = ["peacesim", "--version"]
from sim.cli import main
try:
    main()
finally:
    print(loaded)
"""


def _as_in_a_terminal():
    """What started the tests may ignore some of them."""
    for number in HANDLED:
        signal.signal(number, signal.SIG_DFL)


def test_signals_are_answered_before_anything_heavy_is_loaded():
    command = [sys.executable, "-c", FIRST]
    done = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, preexec_fn=_as_in_a_terminal, check=True)
    assert done.stdout.splitlines()[-1] == "[[], [], []]"


def answers_to(number, *, ignored):
    """What answers a signal once the command line watches, in a copy of this process."""

    def act():
        signal.signal(number, signal.SIG_IGN if ignored else signal.SIG_DFL)
        watch_signals()
        signal.raise_signal(number)
        sys.exit(0)

    return ended(act, 0).code


def test_what_nohup_ignores_is_ignored():
    assert [answers_to(number, ignored=True) for number in HANDLED] == [0, 0, 0]
    assert [answers_to(number, ignored=False) for number in HANDLED] == [130, 143, 129]


def test_a_batch_is_ended_by_the_first_signal():
    stopping = Stopping()
    for number in (signal.SIGTERM, signal.SIGINT):
        stopping.handle(number, None)
    assert stopping.number == signal.SIGTERM


def test_a_batch_ignores_what_nohup_ignores():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with handled_signals():
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_batch_that_does_not_come_to_an_end_is_ended(monkeypatch):
    """The first signal is taken, and then nothing happens: a disk that does not answer, a library that hangs."""
    monkeypatch.setattr("sim.cli.signals.PATIENCE", 0.2)

    def act():
        signal.signal(signal.SIGTERM, lambda number, frame: None)
        signal.raise_signal(signal.SIGTERM)
        time.sleep(20)
        sys.exit(0)

    end = ended(act, 0)
    assert (end.code, len(end.stopped)) == (143, 1)


def test_who_stops_reading_ends_a_command_quietly():
    """As `peacesim ... | head` does."""

    def act():
        reading, writing = os.pipe()
        os.close(reading)
        os.dup2(writing, 1)
        peacesim(["schema"], prog_name="peacesim")

    end = ended(act, 0)
    assert (end.code, end.printed) == (141, "")


def test_progress_that_nobody_reads_is_no_reason_to_stop(tmp_path):
    class Unread(io.StringIO):
        def write(self, text):
            raise BrokenPipeError(32, "Broken pipe")

    lines = Lines(Unread())
    lines.start(10, ["it"])
    lines.advance("it", 10)
    assert lines.printed == 10


# Every other command.

BANKS = ROOT / "scenarios" / "two-banks-pullback.yaml"
KOREA = ROOT / "scenarios" / "korea-armistice-1953.yaml"
COMMANDS = {
    "check": ("check", BANKS), "show": ("show", BANKS), "run": ("run", BANKS), "list": ("list",), "schema": ("schema",),
    "explain": ("explain", BANKS, "-n", 40, "--look", 10), "new": ("new", "OUT/new.yaml"),
    "sensitivity": ("sensitivity", BANKS, "-n", 200, "--method", "pawn", "--out", "OUT", "--no-charts"),
    "discover": ("discover", BANKS, "-n", 200, "--out", "OUT", "--no-charts"),
    "need": ("need", "strip_for_embassies", BANKS, "-n", 50),
    "texts": ("texts", BANKS, "-n", 200, "--out", "OUT", "--no-charts"),
    "hindcast": ("hindcast", KOREA, "-n", 50, "--out", "OUT", "--no-charts"),
    "sheets": ("sheets", BANKS, "--out", "OUT"),
    "debrief": ("debrief", ORANGE, "oranges=halves,lemons=halves", "-n", 40),
    "compare": ("compare", ORANGE, BANKS, "-n", 40, "--out", "OUT", "--no-charts"),
    "sweep": ("sweep", ORANGE, "--vary", "time.rounds=2,3", "-n", 40, "--workers", 1, "--out", "OUT", "--no-charts"),
    "report": ("report", ORANGE, "-n", 40, "--out", "OUT"),
}  # fmt: skip


def as_command(name, out):
    """A command as the command line calls it."""
    arguments = [str(each).replace("OUT", str(out)) for each in COMMANDS[name]]
    return lambda: peacesim(arguments, prog_name="peacesim")


def stop_command(name, moments, out):
    """Stop a command at some of its lines, and see that it says so and leaves nothing half done."""
    whole = ended(as_command(name, out / "whole"), 0, within=("sim/",))
    assert whole.code == 0, whole.printed
    tried = range(1, whole.moments, max(1, whole.moments // moments))
    for place, moment in enumerate(tried):
        number = HANDLED[place % 3]
        stopped = ended(as_command(name, out / "stopped"), moment, number, 5, within=("sim/",))
        assert stopped.is_clean(number) and stopped.code, (name, moment, stopped)
        assert len(stopped.printed.strip().splitlines()) <= 1 + whole.printed.count("\n"), stopped.printed
    return len(tried)


@pytest.mark.parametrize("name", ["check", "schema"])
def test_a_command_is_stopped_at_any_line_of_it(name, tmp_path):
    (tmp_path / "whole").mkdir()
    (tmp_path / "stopped").mkdir()
    assert stop_command(name, 4, tmp_path) >= 4


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_stopped_at_many_lines_of_it(name, tmp_path, record_property):
    (tmp_path / "whole").mkdir()
    (tmp_path / "stopped").mkdir()
    tried = stop_command(name, 60, tmp_path)
    record_property("R7", f"{name} stopped at {tried} of its lines")


# Processes of their own.

SECOND = """
import os, sys
from sim.cli.signals import HANDLED, ignore_signals, watch_signals
watch_signals()
ignore_signals()
for number in HANDLED:
    os.kill(os.getpid(), number)
sys.exit(143)
"""


def test_further_signals_change_nothing_while_a_stopped_batch_reports_it():
    """Not even while Python ends, when handlers of its own would be gone."""
    done = subprocess.run([sys.executable, "-c", SECOND], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (143, "")


STEP = float(os.environ.get("PEACESIM_STEP", "0.1"))  # seconds between two moments; less takes longer
KINDS = {
    "one process": ("-n", 100, "--workers", 1, "--no-charts"),
    "two workers": ("-n", 300, "--workers", 2, "--no-charts"),
    "charts and page": ("-n", 100, "--workers", 1),
}


def finished(*command):
    """Run a command to its end: its code, and what it says of faults."""
    done = start(*command, program=(SMALL,))
    _, printed = done.communicate(timeout=300)
    return done.returncode, "".join(line for line in printed.splitlines() if "draws" not in line)


@pytest.mark.exhaustive
@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_is_stopped_after_every_delay(kind, tmp_path, record_property):
    """SIGINT to the group as a terminal sends it, SIGTERM and SIGHUP to the process; now and then twice."""
    small = {"program": (SMALL,)}
    command = ("batch", ORANGE, *KINDS[kind], "--out")
    began = time.monotonic()
    assert finished(*command, tmp_path / "whole") == (0, "")
    life = time.monotonic() - began
    whole, early, tried, slowest = bytes_of(tmp_path / "whole"), 0, 0, 0.0
    delays = [STEP * place for place in range(int(life / STEP) + 1)]
    for place, delay in enumerate(delays):
        number, out = HANDLED[place % 3], tmp_path / "out"
        again = (0, 0.001, 0.02)[place // 3 % 3]
        stopped = stopped_after(delay, number, number == signal.SIGINT, again, *command, out, **small)
        tried, slowest = tried + 1, max(slowest, stopped.took)
        if not stopped.is_clean(number):
            assert stopped.came_early(number), (delay, number, stopped)
            early += 1
        assert finished(*command, out)[0] == 0
        assert bytes_of(out) == whole, (delay, number)
        shutil.rmtree(out)
    reported = f"{tried} signals to a batch ({kind}) every {1000 * STEP:.0f} ms of its {life:.1f} s, {early} of them"
    record_property("R7", f"{reported} before our first line; ended within {slowest:.1f} s, resumed to the same bytes")


CALLS = ("write", "fsync", "rename")
EVERY = int(os.environ.get("PEACESIM_CALLS", "1"))  # calls from one that is hit to the next


def traced(out, log, *options):
    """A small batch under strace: its code, and what it says that is no progress."""
    command = ("strace", "-f", "-o", log, *options, sys.executable, SMALL)
    done = start("batch", ORANGE, *KINDS["one process"], "--out", out, program=command, interpreter="")
    _, printed = done.communicate(timeout=600)
    return done.returncode, printed


@pytest.mark.exhaustive
@pytest.mark.skipif(shutil.which("strace") is None, reason="strace sends signals within system calls")
@pytest.mark.parametrize("call", CALLS)
def test_a_batch_is_stopped_within_system_calls(call, tmp_path, record_property):
    """The signal comes while the N-th write, fsync or rename is under way."""
    code, printed = traced(tmp_path / "whole", tmp_path / "log", "-e", f"trace={call}")
    assert code == 0, printed
    whole, calls = bytes_of(tmp_path / "whole"), (tmp_path / "log").read_text().count(f" {call}(")
    tried = range(1, calls + 1, EVERY)
    for when in tried:
        number, out = HANDLED[when % 3], tmp_path / "out"
        inject = f"inject={call}:signal={number}:when={when}"
        stopped = Ended(*traced(out, tmp_path / "log", "-e", f"trace={call}", "-e", inject), 0)
        assert stopped.is_clean(number), (when, stopped)
        assert finished("batch", ORANGE, *KINDS["one process"], "--out", out)[0] == 0
        assert bytes_of(out) == whole
        shutil.rmtree(out)
    record_property("R7", f"a signal within {len(tried)} of {calls} calls of {call}, resumed to the same bytes")


PLANTED = bugs("R7", __name__, [
    ("sim/cli", "            signal.signal(number, signal.SIG_IGN)\n", "            pass\n",
     "test_further_signals_change_nothing_while_a_stopped_batch_reports_it"),
    ("sim/batch", "        if self._within:\n            self._within = False\n", "        if True:\n",
     "test_a_batch_is_stopped_at_any_line_of_it"),
    ("sim/batch", "        self._within = False\n        if self.number:\n            raise Key",
     "        self._within = False\n        if False:\n            raise Key",
     "test_a_signal_that_is_lost_or_turned_into_another_exception_still_stops"),
    ("sim/batch", "    if stopping.number:\n        signal.raise_signal(stopping.number)\n", "",
     "test_a_signal_that_came_too_late_to_stop_a_batch_is_passed_on"),
    ("sim/cli", "    watch_signals()\n    from sim.cli.commands import peacesim\n",
     "    import numpy\n    from sim.cli.commands import peacesim\n    watch_signals()\n",
     "test_signals_are_answered_before_anything_heavy_is_loaded"),
    ("sim/cli", "        if signal.getsignal(number) is not signal.SIG_IGN:\n", "        if True:\n",
     "test_what_nohup_ignores_is_ignored"),
    ("sim/cli", "    sleep(PATIENCE)\n    _end(number, None)\n", "",
     "test_a_batch_that_does_not_come_to_an_end_is_ended"),
    ("sim/cli", "            _end_unread()\n", "            raise\n", "test_who_stops_reading_ends_a_command_quietly"),
    ("sim/batch", "        with suppress(OSError):  # nobody", "        if True:  # nobody",
     "test_progress_that_nobody_reads_is_no_reason_to_stop"),
])  # fmt: skip
