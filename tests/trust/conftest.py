"""The table of promises, printed at the end of a run of their tests."""

import re
from collections import defaultdict

_PROMISE = re.compile(r"R\d+")


def pytest_terminal_summary(terminalreporter):
    """What was tried for each promise: tests say it by `record_property("R1", "212 crash points")`."""
    tried = defaultdict(list)
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, ()):
            for name, figure in report.user_properties:
                if _PROMISE.fullmatch(name):
                    tried[name].append(figure if outcome == "passed" else f"FAILED: {figure}")
    if tried and terminalreporter.config.option.verbose > -2:  # -1 is that of pyproject.toml
        terminalreporter.section("promises")
        for promise in sorted(tried, key=lambda name: int(name[1:])):
            for figure in tried[promise]:
                terminalreporter.write_line(f"{promise:4} {figure}")
