"""Functions turned into machine code at their first call."""

from collections.abc import Callable, Iterator
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np

from sim.core.current_folder import unread

Loop = TypeVar("Loop", bound=Callable[..., Any])


def compiled(function: Loop) -> Loop:
    """Compile a function at its first call, for the types of its arguments.

    The code does what NumPy does with the same operations in the same order, bit for bit: no multiplication is fused
    with an addition, no sum is reordered, a division by zero gives an infinity. It runs without the interpreter's lock
    and does not check array bounds. It is cached on disk, beside the source or in the user's cache, where one of them
    can be written, and compiled again in every process where neither can.

    Arrays that differ in dtype, dimensions, contiguity or writability are different types: pass the same everywhere, or
    it is compiled twice. `py_func` is the same function without the compiler.

    The cache is invalidated when the file of the function changes, or one of those whose functions it calls by imported
    names, or the value of a number of its module.
    """
    return cast("Loop", _Compiled(function))


def called(function: Loop) -> Loop:
    """Have a function compiled where compiled functions call it, so that a long loop is written in short pieces."""
    return cast("Loop", _Both(function, function))


def in_both(through_arrays: Callable[..., Any] | None = None) -> Callable[[Loop], Loop]:
    """Compile a function of numbers where compiled functions of its file call it, and run it in NumPy elsewhere.

    So it is written once. Called from Python it takes whole arrays unchanged.

    Args:
        through_arrays: What to call from Python instead, where arrays need different code.
    """

    def wrap(function: Loop) -> Loop:
        return cast("Loop", _Both(function, through_arrays or function))

    return wrap


FEW = 6_000_000  # steps of a function, some tenth of a microsecond each, below which compiling does not pay
ONCE_LOADED = 20  # of them are enough, one in so many, where another function has been compiled in the process


def worth_compiling(function: Loop, steps: int) -> Loop:
    """Return a compiled function, or the same uncompiled as long as it has taken few steps in this process.

    Args:
        function: As `compiled` returns it.
        steps: About how many steps of its innermost loop the next call takes.
    """
    cold = cast("_Compiled", function)
    cold.steps += steps
    few = FEW // ONCE_LOADED if _Compiled.loaded else FEW
    return function if cold.steps > few else cast("Loop", cold.interpreted)


class _Both:
    """A function of numbers that has another form for arrays, or the same."""

    def __init__(self, function: Callable[..., Any], through_arrays: Callable[..., Any]) -> None:
        self.py_func, self.through_arrays = function, through_arrays
        self.__doc__, self.__name__ = function.__doc__, function.__name__

    def __call__(self, *arguments: Any) -> Any:
        return self.through_arrays(*arguments)

    @cached_property
    def code(self) -> Any:
        """The compiler's form of the function where another calls it; cached as a part of that one."""
        return _numba().njit(nogil=True, error_model="numpy")(self.py_func)

    @property
    def _numba_type_(self) -> Any:
        """The compiler's type of the function: it may be called by others of its file."""
        return self.code._numba_type_


class _Compiled:
    """A function, and its machine code once somebody has called it.

    Attributes:
        steps: Taken so far in this process, as far as they were announced.
        loaded: Whether some function has been compiled in this process.
    """

    loaded = False

    def __init__(self, function: Callable[..., Any]) -> None:
        self.py_func, self.steps = function, 0
        self.__doc__, self.__name__ = function.__doc__, function.__name__

    def interpreted(self, *arguments: Any) -> Any:
        """The same without the compiler, and as silent where a number is divided by zero."""
        with np.errstate(all="ignore"):
            return self.py_func(*arguments)

    def __call__(self, *arguments: Any) -> Any:
        try:
            return self.code(*arguments)
        except OSError:  # compiled, but the folder to cache it in is full: no compiled function opens a file itself
            self.code = self._made(cache=False)
            return self.code(*arguments)

    @cached_property
    def code(self) -> Any:
        """The compiler's form of the function; the compiler is imported here, on first need."""
        _Compiled.loaded = True
        try:
            self.py_func.__qualname__ += _mark(self.py_func)  # under which it is cached
            return self._made(cache=True)
        except (OSError, RuntimeError):  # no folder to cache it in
            return self._made(cache=False)

    def _made(self, cache: bool) -> Any:
        made = _numba().njit(cache=cache, nogil=True, error_model="numpy")(self.py_func)
        if cache and made is not self.py_func:  # as it is where the environment says NUMBA_DISABLE_JIT
            from sim.core.compiled_files import CheckedFiles  # imports the compiler

            made._cache._cache_file.__class__ = CheckedFiles
        return made

    @property
    def _numba_type_(self) -> Any:
        """The compiler's type of the function: it may be called by others of its file."""
        return self.code._numba_type_


def on_compiling(listener: Callable[[], None]) -> None:
    """Call a function whenever some function is compiled in this process from now on, not loaded from disk."""
    _listeners.append(listener)


_listeners: list[Callable[[], None]] = []


def _numba() -> Any:
    """Import the compiler, with settings from the environment and from no file in the current folder."""
    with unread(".numba_config.yaml"):  # its `cache_dir` names a folder of files that are unpickled
        import numba

        numba.core.config._config_fname = ""  # the file is searched again whenever something is compiled
    event: Any = numba.core.event
    event.Listener.register(_Heard)
    while _listeners:
        event.register("numba:compile", _Heard(_listeners.pop()))
    return numba


class _Heard:
    """A listener as the compiler calls it, at the start and at the end."""

    def __init__(self, listener: Callable[[], None]) -> None:
        self.listener = listener

    def notify(self, event: Any) -> None:
        if event.is_start:
            self.listener()


def _mark(function: Any) -> str:
    """A digest of what else a function rests on: other files whose functions it calls, and numbers of its module."""
    files, numbers = set[str](), list[str]()
    for called in _called(function):
        files.add(called.__code__.co_filename)
        values = {name: called.__globals__.get(name) for name in called.__code__.co_names}
        numbers += [f"{name}={value!r}" for name, value in values.items() if isinstance(value, int | float)]
    digests = [sha256(Path(file).read_bytes()).hexdigest() for file in sorted(files - {function.__code__.co_filename})]
    return "_" + sha256("".join([*digests, *sorted(set(numbers))]).encode()).hexdigest()[:16]


def _called(function: Any) -> Iterator[Any]:
    """Return a function and all compiled ones that it calls, as Python functions."""
    seen, left = set[Any](), [function]
    while left:
        one = left.pop()
        if one not in seen:
            seen.add(one)
            yield one
            names = (one.__globals__.get(name) for name in one.__code__.co_names)
            left += [each.py_func for each in names if isinstance(each, _Both | _Compiled)]
