"""Look up known vulnerabilities of what a lock installs: `python -m tests.trust.audit [LOCK...]`.

The work is done by pip-audit, from the path or from an environment of its own. By itself it says that nothing is known,
with code 0, also where it could not look up a single package; here that case is told from the others.

Exit codes: 0, all were looked up and nothing is known; 1, something is known; 2, not all could be looked up.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.trust.locks import FOR_TESTS, ROOT, TO_RUN


def reported(lock: str, report: Mapping[str, Any]) -> tuple[int, list[str]]:
    """What a report of pip-audit comes to: an exit code, and lines."""
    every = report["dependencies"]
    left = [each for each in every if "skip_reason" in each]
    found = [each for each in every if each.get("vulns")]
    lines = [f"{lock}: {len(every) - len(left)} of {len(every)} packages looked up"]
    for each in found:
        names = ", ".join(vulnerability["id"] for vulnerability in each["vulns"])
        lines.append(f"{lock}: {each['name']} {each['version']}: {names}")
    if left:
        reason = left[0]["skip_reason"]
        lines.append(f"{lock}: {len(left)} could not be looked up, so nothing is known of them. The first: {reason}")
    if not found and not left:
        lines.append(f"{lock}: no known vulnerability")
    return 1 if found else 2 if left or not every else 0, lines


def report_on(program: str, lock: str) -> Mapping[str, Any]:
    """What pip-audit says of a lock."""
    words = ["-r", str(ROOT / lock), "--disable-pip", "--progress-spinner", "off", "-s", "pypi", "-f", "json"]
    done = subprocess.run([program, *words], capture_output=True, text=True, check=False)
    try:
        report: Mapping[str, Any] = json.loads(done.stdout)
    except ValueError:
        raise RuntimeError(" ".join(done.stderr.split())[-300:]) from None
    return report


def program_in(scratch: Path) -> str:
    """The program pip-audit."""
    if found := shutil.which("pip-audit"):
        return found
    for words in (["-m", "venv", scratch], ["-m", "pip", "--python", scratch, "install", "-q", "pip-audit"]):
        done = subprocess.run([sys.executable, *map(str, words)], capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"pip-audit could not be installed: {' '.join(done.stderr.split())[-300:]}")
    return str(scratch / "bin" / "pip-audit")


def main(locks: Sequence[str]) -> int:
    """Look up each lock, and tell."""
    codes = []
    with tempfile.TemporaryDirectory() as scratch:
        try:
            program = program_in(Path(scratch))
            for lock in locks or (TO_RUN, FOR_TESTS):
                code, lines = reported(lock, report_on(program, lock))
                codes.append(code)
                print("\n".join(lines), flush=True)
        except RuntimeError as error:
            print(f"the data on vulnerabilities cannot be reached: {error}")
            codes.append(2)
    return 1 if 1 in codes else max(codes)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
