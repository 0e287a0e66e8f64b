"""Loops turned into machine code at their first call."""

from collections.abc import Callable
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar, cast

from sim.core.current_folder import unread

Loop = TypeVar("Loop", bound=Callable[..., Any])

KINDS = {"b": "boolean", "f": "float64", "h": "int32", "i": "int64", "u": "uint8"}


def compiled(*kinds: str) -> Callable[[Loop], Loop]:
    """Have a function compiled when it is first called.

    The code does what NumPy does with the same operations in the same order, bit for bit: no multiplication is fused
    with an addition, no sum is reordered, a division by zero gives an infinity. It runs without the interpreter's lock
    and does not look whether an index lies in its array. It is kept on disk, beside the source or in the user's cache,
    where one of them can be written, and made anew in every process where neither can.

    What is kept is made anew when the file of the function changes, or one of those whose functions it calls by names
    that are imported. Constants of other files it is handed: that these change would not be noticed.

    Args:
        kinds: One a parameter: `b`, `f`, `h` or `i` for a truth value, a float, an integer of 32 or of 64 bits, `u`
            for one of 8 bits without a sign; with a number behind it, an array of so many dimensions, in C order; a
            capital letter for one that is written to.
    """

    def wrap(loop: Loop) -> Loop:
        return cast("Loop", _Compiled(loop, kinds))

    return wrap


def inlined(function: Loop) -> Loop:
    """Have a function compiled as a part of the compiled functions that call it, as if it stood there.

    So that a long loop can be written in pieces that fit a screen, and is no slower for it.
    """
    return cast("Loop", _Both(function, function, forceinline=True))


def in_both(through_arrays: Callable[..., Any] | None = None) -> Callable[[Loop], Loop]:
    """Have a function of numbers compiled where compiled functions of its file call it, and run in NumPy elsewhere.

    So that what it computes is written once. Called from Python it takes whole arrays and is left as it is.

    Args:
        through_arrays: What to call from Python instead, where arrays want other words than numbers.
    """

    def wrap(function: Loop) -> Loop:
        return cast("Loop", _Both(function, through_arrays or function))

    return wrap


class _Both:
    """A function of numbers that has another form for arrays, or the same."""

    def __init__(
        self, function: Callable[..., Any], through_arrays: Callable[..., Any], forceinline: bool = False
    ) -> None:
        self.function, self.through_arrays, self.forceinline = function, through_arrays, forceinline
        self.__doc__, self.__name__ = function.__doc__, function.__name__

    def __call__(self, *arguments: Any) -> Any:
        return self.through_arrays(*arguments)

    @cached_property
    def code(self) -> Any:
        """What the compiler makes of the function where another calls it; kept as a part of that one."""
        return _numba().njit(nogil=True, error_model="numpy", forceinline=self.forceinline)(self.function)

    @property
    def _numba_type_(self) -> Any:
        """What the compiler takes for the type of a function: this one may be called by others of its file."""
        return self.code._numba_type_


class _Compiled:
    """A function, and its machine code once somebody has called it."""

    def __init__(self, loop: Callable[..., Any], kinds: tuple[str, ...]) -> None:
        self.loop, self.kinds = loop, kinds
        self.__doc__, self.__name__ = loop.__doc__, loop.__name__

    def __call__(self, *arguments: Any) -> Any:
        return self.code(*arguments)

    @cached_property
    def code(self) -> Any:
        """What the compiler makes of the function; the library is loaded here, so that nobody waits for it in vain."""
        njit = _numba().njit
        kinds = tuple(map(_numba_type, self.kinds))
        try:
            self.loop.__qualname__ += _mark_of_other_files(self.loop)  # under which it is kept
            return njit(kinds, cache=True, nogil=True, error_model="numpy")(self.loop)
        except (OSError, RuntimeError):  # no folder to keep it in, or a full one
            return njit(kinds, nogil=True, error_model="numpy")(self.loop)

    @property
    def _numba_type_(self) -> Any:
        """What the compiler takes for the type of a function: this one may be called by others of its file."""
        return self.code._numba_type_


def _numba() -> Any:
    """Import the compiler, which takes its settings from the environment and from no file in the current folder."""
    with unread(".numba_config.yaml"):  # its `cache_dir` names a folder of files that are unpickled
        import numba

        numba.core.config._config_fname = ""  # the file is looked for again whenever something is compiled
    return numba


def _mark_of_other_files(loop: Callable[..., Any]) -> str:
    """What tells the contents of the other files that a function calls functions of; empty where there are none."""
    seen: set[Any] = set()
    left: list[Any] = [loop]
    while left:
        function = left.pop()
        seen.add(function)
        for name in function.__code__.co_names:
            called = function.__globals__.get(name)
            if isinstance(called, _Both | _Compiled):
                piece = called.function if isinstance(called, _Both) else called.loop
                left += [piece] if piece not in seen else []
    files = {function.__code__.co_filename for function in seen} - {loop.__code__.co_filename}
    if not files:
        return ""
    digests = [sha256(Path(file).read_bytes()).hexdigest() for file in sorted(files)]
    return "_" + sha256("".join(digests).encode()).hexdigest()[:16]


def _numba_type(kind: str) -> Any:
    types = _numba().types
    letter, dimensions = kind[0], int(kind[1:] or 0)
    item = getattr(types, KINDS[letter.lower()])
    return types.Array(item, dimensions, "C", readonly=letter.islower()) if dimensions else item
