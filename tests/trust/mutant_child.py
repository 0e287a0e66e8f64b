"""A process that reads mutants under a watch, and plays those that are scenarios: one line of JSON each.

`python -m tests.trust.mutant_child FOLDER FIRST END STEP [play]`: the folder
has the shipped scenarios and is written to.
"""

import json
import resource
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from sim.scenario import Scenario, ScenarioError, read_scenario
from sim.scenario.notes import notes
from tests.trust.mutants import Mutant, mutant

MOST_SECONDS = 10  # of processor time, after which a mutant is given up
MOST_ADDRESSES = 3_000_000_000


class TooLongError(Exception):
    """A mutant was given up."""


def _give_up(*_: object) -> None:
    raise TooLongError


def forget_peak() -> None:
    """Have the kernel count the peak of memory anew."""
    Path("/proc/self/clear_refs").write_text("5")


def peak() -> float:
    """Most memory held since it was last forgotten, in MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1000


def read(made: Mutant, folder: Path) -> tuple[Scenario | None, dict[str, Any]]:
    """Read, note and vary a mutant as `check` and `sweep` do, and tell what came of it."""
    path = folder / "mutant.yaml"
    path.write_bytes(made.data)
    forget_peak()
    began = time.process_time()
    scenario, reported = None, ""
    try:
        scenario = read_scenario(path, made.sets)
        list(notes(scenario))
        if made.vary:
            settings = scenario.settings(made.vary)
            scenario = scenario.point(0, settings[0]).scenario
        outcome = "passed"
    except ScenarioError as error:
        scenario, outcome, reported = None, "refused", str(error)
        if any(fault.line < 1 or fault.column < 1 or not fault.message for fault in error.faults) or not error.faults:
            outcome = "no place"
    took = time.process_time() - began
    return scenario, {"outcome": outcome, "reported": reported, "seconds": took, "mb": peak()}


def written_again(scenario: Scenario, folder: Path) -> str:
    """What is wrong with the scenario as it is written beside results; empty if nothing is."""
    (folder / "again.yaml").write_text(scenario.resolved_text(), encoding="utf-8")
    try:
        again = read_scenario(folder / "again.yaml")
    except ScenarioError as error:
        return f"what is written cannot be read: {error}"
    same = json.dumps(again.resolved) == json.dumps(scenario.resolved) and again.numbers() == scenario.numbers()
    return "" if same else "what is written is another scenario"


def played(scenario: Scenario) -> dict[str, Any]:
    """What comes of two draws."""
    from sim.results.results import run

    began = time.process_time()
    results = run(scenario, 2, 1)
    return {"outcome": "played", "summary": len(json.dumps(results.summary())), "play": time.process_time() - began}


def tried(number: int, folder: Path, play: bool) -> dict[str, Any]:
    """Everything about one mutant."""
    made = mutant(number)
    answer: dict[str, Any] = {"number": number, "kind": made.kind, "base": made.base}
    signal.setitimer(signal.ITIMER_VIRTUAL, MOST_SECONDS * (6 if play else 1))
    try:
        scenario, found = read(made, folder)
        answer |= found
        if scenario is not None:
            answer["again"] = written_again(scenario, folder)
            if play:
                answer |= played(scenario)
    except TooLongError:
        answer |= {"outcome": "too long", "reported": traceback.format_exc()[-1500:]}
    except BaseException:
        answer |= {"outcome": "traceback", "reported": traceback.format_exc()[-3000:]}
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return answer


def main(folder: Path, first: int, end: int, step: int, play: bool) -> None:
    """Try mutants one after the other."""
    signal.signal(signal.SIGVTALRM, _give_up)
    if not play:
        resource.setrlimit(resource.RLIMIT_AS, (MOST_ADDRESSES, MOST_ADDRESSES))
    for number in range(first, end, step):
        print(json.dumps(tried(number, folder, play)), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:5]), sys.argv[5:] == ["play"])
