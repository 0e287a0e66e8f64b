"""A page of the manual, followed as a reader would: its commands are run, its edits made, its output looked for.

In order of the page: a block `sh` is run, line by line; the block `text` that follows is looked for in what was
printed, line by line, where `...` stands for lines left out; a block `diff` is an edit of a file by hand; a block
`yaml`, `python` or `r` whose first line is `# FILE` is that file; a block `sql` is asked of DuckDB. What takes R or
DuckDB is passed over where these are not installed: nothing else here needs them.
"""

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.commands import call

_BLOCK = re.compile(r"^( *)```(\w+)[^\n]*\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
_FILE = re.compile(r"^# ([\w./-]+\.(?:yaml|py|R))\n")


class Reader:
    """Somebody who follows a page, in the current folder."""

    def __init__(self) -> None:
        self.printed: str | None = ""
        self.ran = 0

    def follow(self, page: str) -> None:
        """Do all that a page says."""
        for kind, text in blocks(page):
            if kind == "sh":
                said = [self.run(line) for line in commands(text)]
                self.printed = None if None in said else "".join(filter(None, said))
            elif kind == "text" and self.printed is not None:
                look_for(text, self.printed)
            elif kind == "sql":
                asked_of_duckdb(text)
            elif kind == "diff":
                edit(text)
            elif (named := _FILE.match(text)) is not None:
                Path(named[1]).write_text(text, encoding="utf-8")

    def run(self, line: str) -> str | None:
        """What a command prints; those of peacesim are run in this process, so that nothing is loaded twice."""
        self.ran += 1
        words = shlex.split(line, comments=True)
        if words[0] == "peacesim":
            answer = call(*words[1:])
            assert answer.exit_code == 0, f"{line}\n{answer.output}"
            return answer.output
        assert words[0] in ("python", "Rscript"), f"no command of the manual: {line}"
        program = sys.executable if words[0] == "python" else shutil.which(words[0])
        if program is None:
            return None
        done = subprocess.run([program, *words[1:]], capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, f"{line}\n{done.stderr}"
        return done.stdout


def asked_of_duckdb(text: str) -> None:
    """Have DuckDB answer a query, where it is installed."""
    try:
        import duckdb
    except ImportError:
        return
    assert duckdb.sql(text).fetchall(), f"no row comes of\n{text}"


def blocks(page: str) -> Iterator[tuple[str, str]]:
    """The fenced blocks of a page: their language and text."""
    for indent, kind, text in _BLOCK.findall(page):
        yield kind, re.sub(f"^{indent}", "", text, flags=re.MULTILINE)


def commands(text: str) -> list[str]:
    """The lines of a block that are commands."""
    lines = text.replace("\\\n", " ").splitlines()
    return [line for line in lines if line.strip() and not line.lstrip().startswith("#")]


def look_for(expected: str, printed: str) -> None:
    """Find the lines of a page in what was printed, in order; what `...` stands for may be anything."""
    lines = [" ".join(line.split()) for line in printed.splitlines()]
    at = 0
    for line in expected.splitlines():
        words = " ".join(line.split())
        if not words or words == "...":
            continue
        assert words in lines[at:], f"not printed (or not here): {words!r}\n\n{printed}"
        at = lines.index(words, at) + 1


def edit(text: str) -> None:
    """Change a file as a block `diff` says: `--- FILE`, then lines that stay, go or come."""
    head, *lines = text.rstrip("\n").splitlines()
    file = Path(head.removeprefix("--- "))
    assert head.startswith("--- "), f"the first line of an edit names the file: {head!r}"
    before = "\n".join(line[1:] for line in lines if line[:1] in (" ", "-"))
    after = "\n".join(line[1:] for line in lines if line[:1] in (" ", "+"))
    whole = file.read_text(encoding="utf-8")
    assert whole.count(before) == 1, f"{file} has these lines {whole.count(before)} times:\n{before}"
    file.write_text(whole.replace(before, after), encoding="utf-8")
