"""Atomic file writes, cautious reads, and the lock of a folder's only writer."""

import errno
import fcntl
import hashlib
import os
import stat
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

RUN, RESOLVED = "run.json", "scenario.resolved.yaml"  # the first files of a results folder
LOCK = ".lock"
TEMPORARY = ".tmp"  # suffix of unfinished files
LOCK_TRIES, LOCK_WAIT = 20, 0.05  # retries for a lock whose holder has no number yet, and seconds between two


class StoreError(Exception):
    """The results folder cannot be read or written; the message is one plain line."""


class ResultsBusy(StoreError):
    """Another process writes to the folder."""


class DamagedResults(StoreError):
    """Files of a results folder are missing or damaged."""

    def __init__(self, folder: Path, files: Sequence[str]) -> None:
        super().__init__(folder, files)
        self.folder, self.files = Path(folder), tuple(files)

    def __str__(self) -> str:
        return f"{self.folder}: damaged: {'; '.join(self.files)}. Run the batch again to compute what is missing."


class Unreadable(StoreError):
    """A file exists, but may not be read or cannot be read from the disk."""

    def __init__(self, path: Path, error: OSError) -> None:
        super().__init__(f"cannot read {path}: {error.strerror or error}")
        self.why = f"cannot be read: {error.strerror or error}"


def plain(error: OSError, doing: str) -> StoreError:
    """Describe a system error in one line: no space on the disk, no permission, and the like."""
    return StoreError(f"cannot {doing}: {error.strerror or error}")


def sha256(data: bytes) -> str:
    """Hash of a file's bytes, as 64 hex digits."""
    return hashlib.sha256(data).hexdigest()


def read_whole(path: Path, most: int) -> bytes:
    """Return the bytes of an ordinary file: a link could lead out of a stranger's folder, and a pipe would never end.

    FileNotFoundError; ValueError if it is a link, a device or a pipe, or longer than `most` bytes; StoreError if it may
    not be read.
    """
    return _read(path, path, most)


def read_inside(folder: Path, name: str, most: int) -> bytes:
    """Return the bytes of an ordinary file of a folder; a link on the way to it could lead out of the folder too.

    Args:
        folder: As the user named it; it may itself be a link.
        name: Relative to it, with forward slashes.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it or a folder on the way to it is of another kind, or it is longer than `most` bytes.
        StoreError: if it may not be read; `Unreadable` if others of the folder may.
    """
    *between, last = name.split("/")
    handle = _open(folder, folder, os.O_DIRECTORY)
    try:
        for part in between:
            inner = _open(folder / part, part, os.O_DIRECTORY | os.O_NOFOLLOW, handle)
            handle, outer = inner, handle
            os.close(outer)
        return _read(folder / name, last, most, handle)
    finally:
        os.close(handle)


def fault_of(name: str, error: Exception) -> str:
    """Return a damaged file with its fault, given an error of `read_inside`."""
    if isinstance(error, FileNotFoundError):
        return f"{name} is missing"
    return f"{name}: {error.why if isinstance(error, Unreadable) else error}"


FAULTS = (FileNotFoundError, ValueError, Unreadable)  # damage, where `run.json` lists the file


def _open(path: Path, name: str | Path, how: int, folder: int | None = None) -> int:
    try:
        return os.open(name, os.O_RDONLY | os.O_CLOEXEC | how, dir_fd=folder)
    except FileNotFoundError:
        raise
    except NotADirectoryError:
        raise ValueError("not in a folder of its own") from None
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO):
            raise ValueError("not an ordinary file") from None
        if error.errno in (errno.EACCES, errno.EPERM, errno.EIO):
            raise Unreadable(path, error) from None
        raise plain(error, f"read {path}") from None


def _read(path: Path, name: str | Path, most: int, folder: int | None = None) -> bytes:
    handle = _open(path, name, os.O_NOFOLLOW | os.O_NONBLOCK, folder)
    try:
        facts = os.fstat(handle)
        if not stat.S_ISREG(facts.st_mode):
            raise ValueError("not an ordinary file")
        if facts.st_size > most:
            raise ValueError(f"longer than {most:,} bytes")
        with os.fdopen(handle, "rb", closefd=False) as file:
            return file.read(most + 1)
    except OSError as error:
        if error.errno == errno.EIO:
            raise Unreadable(path, error) from None
        raise plain(error, f"read {path}") from None
    finally:
        os.close(handle)


def write_whole(path: Path, data: bytes, sync: bool = True) -> None:
    """Write a file atomically: readers see all of it or what was there before.

    Its bytes are synced before its name, and the name before this returns, so a power cut leaves no half file; without
    `sync`, for files that nobody needs after a crash. A StoreError if the disk is full, or the folder may not be
    written to; nothing is left behind.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}{TEMPORARY}")
    try:
        _write(temporary, data, sync)
        _put(temporary, path)
        if sync:
            sync_folder(path.parent)
    except BaseException as error:
        with suppress(OSError):  # it has a temporary name: the next writer removes it
            temporary.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise plain(error, f"write {path}") from error
        raise


def _put(temporary: Path, path: Path) -> None:
    """Rename a file to its final name; an empty folder of that name is replaced, like a file, and a full one is not."""
    try:
        os.replace(temporary, path)
    except IsADirectoryError:
        path.rmdir()
        os.replace(temporary, path)


def _write(path: Path, data: bytes, sync: bool) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(handle, rest) :]
        if sync:
            os.fsync(handle)
    finally:
        os.close(handle)


def sync_folder(folder: Path) -> None:
    """Sync the names in a folder to disk, where the file system supports it."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # so do some network file systems for folders
            raise
    finally:
        os.close(handle)


def make_folder(folder: Path) -> None:
    """Make a folder and its parents; a StoreError if it is a file, or a link."""
    try:
        missing = [each for each in (folder, *folder.parents) if not each.exists()]
        for each in reversed(missing):
            each.mkdir(exist_ok=True)
            sync_folder(each.parent)
    except OSError as error:
        raise plain(error, f"make the folder {folder}") from error
    if folder.is_symlink() or not folder.is_dir():
        raise StoreError(f"{folder} is not a folder of its own; results are not written through it")


def refuse_unwritable(folder: Path) -> None:
    """Check that files can be made in a folder and all below; a StoreError if not, before hours of work."""
    for each, _, _ in os.walk(folder):
        if not os.access(each, os.R_OK | os.W_OK | os.X_OK):
            raise StoreError(f"cannot write to {each}: there is no permission, or the disk is read-only")


def unfinished(folder: Path) -> list[Path]:
    """Return the unfinished files in a folder; none if it is no folder of its own."""
    if folder.is_symlink() or not folder.is_dir():
        return []
    return sorted(folder.glob(f".*{TEMPORARY}"))


def remove(paths: Sequence[Path]) -> None:
    """Remove files that are no part of the results, if they exist; a StoreError if that is not allowed."""
    try:
        for path in paths:
            if path.is_dir() and not path.is_symlink():
                path.rmdir()  # only if empty
            else:
                path.unlink(missing_ok=True)
        for folder in sorted({path.parent for path in paths}):
            sync_folder(folder)
    except OSError as error:
        raise plain(error, f"remove {paths[0]}") from error


def is_alive(number: bytes) -> bool:
    """Return whether a process of this number runs on this machine."""
    try:
        os.kill(int(number), 0)
    except PermissionError:
        return True  # another user's
    except (ValueError, OverflowError, OSError):
        return False
    return int(number) > 0


class FolderLock:
    """The right to write to a folder, until `release` or the end of the process, however it ends.

    The kernel holds the lock, so a dead holder never blocks; the number in the file is only for the message. Making one
    raises ResultsBusy if another process holds it, StoreError if the folder may not be written to.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for left in reversed(range(LOCK_TRIES)):
            self._handle = self._opened()
            if self._taken() and self._is_there():
                return
            holder = os.pread(self._handle, 20, 0).strip()
            os.close(self._handle)
            if is_alive(holder) or not left:
                break
            time.sleep(LOCK_WAIT)  # a holder that has just begun or ended has not written its number yet
        who = f"process {int(holder)}" if holder.isdigit() else "another process"
        raise ResultsBusy(f"{folder} is being written by {who}; wait for it to end, or stop it")

    def _opened(self) -> int:
        try:
            return os.open(self.folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise plain(error, f"write to {self.folder}") from error

    def _taken(self) -> bool:
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with suppress(PermissionError):  # every reader can lock it; its permissions are not ours
                os.fchmod(self._handle, 0o600)
            os.ftruncate(self._handle, 0)
            os.pwrite(self._handle, b"%d\n" % os.getpid(), 0)
        except BlockingIOError:
            return False
        except OSError as error:
            os.close(self._handle)
            raise plain(error, f"lock {self.folder}") from error
        return True

    def _is_there(self) -> bool:
        """Return whether the locked file is the one that others would lock."""
        try:
            there = os.stat(self.folder / LOCK, follow_symlinks=False)
        except OSError:
            return False
        return os.path.samestat(os.fstat(self._handle), there)

    def hold(self) -> None:
        """Check that the lock is still held, and its file or the folder was not removed; a StoreError otherwise."""
        if not self._is_there():
            why = f"{LOCK} in it was removed or replaced, so another process may write there too"
            raise StoreError(f"{self.folder} is not written any more: {why}; the same command goes on when none does")

    def release(self) -> None:
        if self._handle < 0:
            return
        handle, self._handle = self._handle, -1
        with suppress(OSError):  # of a disk that fails now too, there is nothing more to report
            os.ftruncate(handle, 0)  # a number of ours would make equal folders differ
        with suppress(OSError):
            os.close(handle)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.release()


class LockedFolder:
    """The only writer of a folder, until `close` or the end of `with`."""

    _lock: FolderLock

    def close(self) -> None:
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
