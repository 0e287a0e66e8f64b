"""What a program does to files, one operation after the other: recorded in this process, or read from strace's log."""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.trust.small import in_child

CHANGING = "openat,open,creat,write,pwrite64,writev,fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,rmdir,ftruncate,truncate,link,linkat,symlink,symlinkat,fallocate"  # noqa: E501 - strace wants it so
_CALL = re.compile(r"^(?P<pid>\d+)\s+(?P<name>\w+)\((?P<rest>.*)\) += (?P<value>-?\d+)")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?')
_HANDLE = re.compile(r"(?:(?P<number>\d+)|AT_FDCWD)<(?P<path>(?:\\x[0-9a-f]{2}|[^>\\])*)>")


@dataclass(frozen=True)
class Operation:
    """One thing that was done to a file or folder.

    Attributes:
        kind: `create` (opened, and made if it was not there), `empty` (cut to nothing), `write` (bytes added at its
            end), `sync`, `rename`, `remove`, `make` (a folder), `unmake`.
        path: Of the file or folder.
        to: Its new name, of `rename`.
        data: What is written, of `write`.
        process: Who did it.
        call: Which call it was, as strace has it, and the how-many-th of its name in its process, counted from 1.
    """

    kind: str
    path: str
    to: str = ""
    data: bytes = b""
    process: int = 0
    call: tuple[str, int] = field(default=("", 0), compare=False)


@contextmanager
def recording() -> Iterator[list[Operation]]:
    """Within, what this process does through `os` is added to the list. What else it does, strace alone sees."""
    done: list[Operation] = []
    paths: dict[int, str] = {}
    real = {name: getattr(os, name) for name in ("open", "write", "fsync", "replace", "unlink", "mkdir", "rmdir")}

    def opened(path, flags, *rest, **named):
        handle = real["open"](path, flags, *rest, **named)
        paths[handle] = os.path.abspath(os.fspath(path))
        if flags & os.O_CREAT:
            done.append(Operation("create", paths[handle]))
        if flags & os.O_TRUNC:
            done.append(Operation("empty", paths[handle]))
        return handle

    def written(handle, data):
        count = real["write"](handle, data)
        if handle in paths:
            done.append(Operation("write", paths[handle], data=bytes(data[:count])))
        return count

    def noted(name, kind):
        def call(path, *rest, **named):
            value = real[name](path, *rest, **named)
            if isinstance(path, int):
                done.append(Operation(kind, paths.get(path, "?")))
            else:
                to = os.path.abspath(os.fspath(rest[0])) if kind == "rename" else ""
                done.append(Operation(kind, os.path.abspath(os.fspath(path)), to))
            return value

        return call

    kinds = {"fsync": "sync", "replace": "rename", "unlink": "remove", "mkdir": "make", "rmdir": "unmake"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "open", opened)
        patch.setattr(os, "write", written)
        for name, kind in kinds.items():
            patch.setattr(os, name, noted(name, kind))
        yield done


def _can_trace() -> str:
    """Why strace cannot be used here; empty if it can."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    child = subprocess.Popen(["sleep", "10"])
    try:
        found = subprocess.run(["timeout", "1", "strace", "-p", str(child.pid)], capture_output=True, text=True)
        return "" if "attached" in found.stderr else "processes may not be traced here"
    finally:
        child.kill()
        child.wait()


_why: list[str] = []


@pytest.fixture
def strace():
    """Skips the test where nothing can be traced."""
    if not _why:
        _why.append(_can_trace())
    if _why[0]:
        pytest.skip(_why[0])


def traced(act: Callable[[], object], printed: Path, log: Path, *options: str) -> int:
    """`in_child` under strace, which sees it from its first step on.

    Args:
        act: What to do.
        printed: What it says is written there.
        log: What strace sees is written there.
        options: Further ones of strace, such as `-f` for all that it starts, or what to inject.
    """
    tracers = []

    def attach(child: int) -> None:
        command = ["strace", "-qq", "-o", str(log), *options, "-p", str(child)]
        tracers.append(subprocess.Popen(command, stderr=subprocess.PIPE, text=True))
        status = Path(f"/proc/{child}/status")
        while "TracerPid:\t0\n" in status.read_text():
            assert tracers[0].poll() is None, tracers[0].stderr.read()
            time.sleep(0.001)

    code = in_child(act, printed, attach)
    tracers[0].communicate(timeout=20)
    return code


def logged(act: Callable[[], object], printed: Path, log: Path) -> list[Operation]:
    """What `act` and all that it starts did to files, in order."""
    code = traced(act, printed, log, "-f", "-y", "-xx", "-s", "9000000", "-e", f"trace={CHANGING}")
    assert code == 0, printed.read_text()
    return list(operations(log.read_text()))


def operations(log: str) -> Iterator[Operation]:
    """The operations in a log that strace wrote with `-f -y -xx`; calls that failed are left out, but are counted."""
    counts: dict[tuple[str, str], int] = {}
    begun: dict[str, str] = {}
    for line in log.splitlines():
        process, _, rest = line.partition(" ")
        if rest.endswith("<unfinished ...>"):
            begun[process] = rest.strip().removesuffix("<unfinished ...>").rstrip()
            continue
        if " resumed>" in rest:
            line = f"{process} {begun.pop(process)}{rest.partition(' resumed>')[2]}"
        found = _CALL.match(line)
        if found is None:
            continue
        key = (found["pid"], found["name"])
        counts[key] = counts.get(key, 0) + 1
        if int(found["value"]) >= 0:
            yield from _operation(found, (found["name"], counts[key]))


def _operation(found: re.Match[str], call: tuple[str, int]) -> Iterator[Operation]:
    name, rest, process = found["name"], found["rest"], int(found["pid"])
    texts = [_bytes(text) for text, cut in _TEXT.findall(rest)]
    handle = _HANDLE.match(rest)
    place = os.fsdecode(_bytes(handle["path"])) if handle else ""
    names = [os.path.normpath(os.path.join(place or os.getcwd(), os.fsdecode(text))) for text in texts]

    def one(kind: str, path: str, to: str = "", data: bytes = b"") -> Operation:
        return Operation(kind, path, to, data, process, call)

    if name in ("open", "openat"):
        if "O_CREAT" in rest:
            yield one("create", names[0])
        if "O_TRUNC" in rest:
            yield one("empty", names[0])
        elif "O_CREAT" not in rest:
            yield one("open", names[0])
    elif name in ("write", "pwrite64") and place.startswith("/"):
        yield one("write" if name == "write" else "patch", place, data=texts[0][: int(found["value"])])
    elif name in ("fsync", "fdatasync"):
        yield one("sync", place)
    elif name.startswith("rename"):
        handles = [os.fsdecode(_bytes(each["path"])) for each in _HANDLE.finditer(rest)]
        to = os.path.join(handles[-1] if handles else os.getcwd(), os.fsdecode(texts[1]))
        yield one("rename", names[0], os.path.normpath(to))
    elif name.startswith("unlink"):
        yield one("unmake" if "AT_REMOVEDIR" in rest else "remove", names[0])
    elif name.startswith("mkdir"):
        yield one("make", names[0])
    elif name == "rmdir":
        yield one("unmake", names[0])
    elif name == "ftruncate":
        yield one("cut", place)
    elif not name.startswith(("write", "pwrite")):
        yield one(name, names[0] if names else place)


def _bytes(text: str) -> bytes:
    """Text as strace writes it with `-xx`."""
    if "\\x" not in text:
        return text.encode()
    return bytes.fromhex(text.replace("\\x", ""))
