"""Errors as one plain line each on stderr and an exit code, and results on the terminal."""

import json
import os
import re
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

if TYPE_CHECKING:
    from sim.report.document import Block
    from sim.scenario import Fault, ScenarioError


WRONG_INPUT, SOME_FAILED, DAMAGED = 2, 3, 4
UNREAD = 141  # as in a shell for a program that SIGPIPE ended


def fail(code: int, *lines: str) -> NoReturn:
    from sim.core.wording import printable

    for line in lines:
        click.echo(printable(line), err=True)
    raise click.exceptions.Exit(code)


NO_MEMORY = "peacesim: there is not enough memory for this; nothing that was finished is lost"
UNMAPPED = re.compile("failed to map segment|[Cc]annot allocate memory")  # of a library that the system did not load


@contextmanager
def plain_failures() -> Iterator[None]:
    """Turn errors of users and of the file system into lines and exit codes; a bug keeps its traceback."""
    try:
        with _failures_by_kind():
            yield
    except (MemoryError, ImportError) as error:
        if isinstance(error, ImportError) and not UNMAPPED.search(str(error)):
            raise
        click.echo(NO_MEMORY, err=True)  # no further imports for it
        raise click.exceptions.Exit(SOME_FAILED) from None


@contextmanager
def _failures_by_kind() -> Iterator[None]:
    from sim.core.wording import shown
    from sim.results.files import DamagedResults, StoreError
    from sim.scenario import ScenarioError

    try:
        yield
    except ScenarioError as error:
        fail(WRONG_INPUT, *str(error).splitlines())
    except DamagedResults as error:
        folder = shown(error.folder, 200)
        damaged = [f"{folder}: damaged: {shown(file, 200)}" for file in error.files]
        fail(DAMAGED, *damaged, "The batch that made these results computes again what is damaged.")
    except StoreError as error:
        fail(WRONG_INPUT, f"peacesim: {shown(error, 400)}")
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            _end_unread()
        where = f"{shown(error.filename, 200)}: " if error.filename else ""
        fail(WRONG_INPUT, f"peacesim: {where}{error.strerror or error}")


def _end_unread() -> NoReturn:
    """End silently when the reader of stdout has gone, as behind `| head`."""
    for handle in (1, 2):
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), handle)  # discard output still buffered at exit
    raise click.exceptions.Exit(UNREAD)


def fault_lines(path: Path, error: "ScenarioError") -> list[str]:
    """Return the faults of a file, one a line, the file named as the user named it."""
    lines = []
    for fault, line in zip(error.faults, str(error).splitlines(), strict=False):
        lines.append(placed(path, fault) + line.removeprefix(f"{fault.file}"))
    return lines + str(error).splitlines()[len(error.faults) :]


def placed(path: Path, fault: "Fault") -> str:
    """Return the path of a fault or note relative to the current folder; it comes relative to the scenario's folder."""
    return fault.file if fault.file.startswith("--") else os.path.join(path.parent, fault.file)


NARROWEST, WIDEST = 60, 120
SCREEN = 80  # columns of one screen


def width() -> int:
    """Return the width for printing: the terminal's within limits, 100 without a terminal."""
    columns = shutil.get_terminal_size((100, 24)).columns if sys.stdout.isatty() else 100
    return max(NARROWEST, min(columns, WIDEST))


def print_document(blocks: "Iterable[Block]", room: int | None = None) -> None:
    """Print a document, styled on a terminal, plain elsewhere; a long one goes to a pager."""
    from sim.report.terminal import as_text, styled

    if not sys.stdout.isatty():
        click.echo(as_text(blocks, room or width()))
        return
    text = styled(blocks, room or width())
    if text.count("\n") > shutil.get_terminal_size((80, 24)).lines and sys.stdin.isatty():
        click.echo_via_pager(text, color=True)
    else:
        click.echo(text, nl=False, color=True)


def print_answer(result: Any, as_json: bool, full: bool, section: str | None) -> None:
    """Print a result: one screen of it, all of it, one section, or as JSON."""
    from sim.report import compose

    if as_json and (full or section):
        raise click.UsageError("--json has all of it; leave out --full and --section")
    if as_json:
        print_result(result, as_json)
    elif section is not None:
        print_section(compose(result), section)
    else:
        print_screen(compose(result, brief=not full), full)


def print_screen(blocks: "Iterable[Block]", full: bool) -> None:
    """Print a document of one screen, and how to see the rest; `full` is the whole document."""
    from sim.report.document import paragraph

    if full:
        print_document(blocks)
    else:
        print_document([*blocks, paragraph(""), paragraph("All of it: --full. One section: --section NAME.")], SCREEN)


def print_section(blocks: "Iterable[Block]", name: str) -> None:
    """Return the sections whose heading or page name begins with the given words, ignoring case."""
    from sim.core.wording import quoted
    from sim.report.document import Heading, sections

    found, wanted = list(sections(blocks)), name.lower().replace(" ", "-")
    chosen = [each for each in found if each.id.startswith(wanted) or each.title.lower().startswith(name.lower())]
    titles = [each for each in found if each.title]
    if not wanted or not chosen:
        fail(WRONG_INPUT, f"no section begins with {quoted(name)}; there are:", *(f"  {one.title}" for one in titles))
    print_document(block for each in chosen for block in (Heading(each.title), *each.blocks))


def print_result(result: Any, as_json: bool, brief: bool = False, **more: Any) -> None:
    """Print a result as a document, all of it or one screen, or as JSON with some more keys."""
    from sim.report import compose, render

    if as_json:
        print_json(render(result, "data") | more)
    else:
        print_document(compose(result, brief))


def print_json(data: Any) -> None:
    """Print plain data as JSON; NaN and infinite numbers become null."""
    from sim.core.wording import printable_json
    from sim.report.plain import plain

    click.echo(printable_json(json.dumps(plain(data), indent=2, ensure_ascii=False, allow_nan=False)))
