"""Foreign text in messages: safe to print, cut to size, and the known name that it is most like."""

import difflib
import json
import re
from collections.abc import Iterable

MOST_BYTES = 1_500  # one message
MOST_NAMES, MOST_LETTERS = 500, 100  # among which, and in which, a likeness is looked for
MOST_SHOWN = 60  # characters of foreign text in a message


def shown(text: object, most: int = MOST_SHOWN) -> str:
    """Foreign text, safe to print on one line: what is not printable is escaped, what is long is cut."""
    head = str(text)[: most + 1]
    safe = "".join(map(_printable, head))
    return safe[: most - 1] + "…" if len(safe) > most else safe


def printable(text: object) -> str:
    """Foreign text in its lines, whole: what is not printable is escaped, so that it moves no terminal."""
    return "\n".join("".join(map(_printable, line)) for line in str(text).split("\n"))


def printable_json(text: str) -> str:
    """JSON that says the same in characters that can be seen; a bidi override in it could show another answer."""
    return re.sub("[^ -~\n]", _json_escaped, text)


def _json_escaped(found: re.Match[str]) -> str:
    return found[0] if found[0].isprintable() else json.dumps(found[0])[1:-1]


def _printable(char: str) -> str:
    return char if char.isprintable() else char.encode("unicode_escape").decode("ascii")


def quoted(text: object) -> str:
    """Foreign text in quotation marks, safe to print."""
    return f"'{shown(text)}'"


def cut(message: str) -> str:
    """A message of at most `MOST_BYTES` bytes."""
    message = "".join(map(_printable, message[: 2 * MOST_BYTES]))
    encoded = message.encode("utf-8", "backslashreplace")
    if len(encoded) <= MOST_BYTES:
        return encoded.decode()
    return encoded[: MOST_BYTES - 3].decode("utf-8", "ignore") + "…"


def listed(names: Iterable[object], last: str = "and", most: int = 12) -> str:
    """Names as a phrase: `a, b and c`; a long list is cut and says so."""
    texts = [shown(name) for name in names]
    if len(texts) > most:
        return f"{', '.join(texts[:most])} {last} {len(texts) - most} more"
    return f" {last} ".join(part for part in (", ".join(texts[:-1]), texts[-1]) if part) if texts else "none"


def in_order(names: Iterable[object]) -> str:
    """Names in order, those that stand together joined: `a, b + c`."""
    return ", ".join(" + ".join(map(str, each)) if isinstance(each, tuple) else str(each) for each in names)


def closest(found: object, known: Iterable[str]) -> str | None:
    """The known name most like the one found, None if none is."""
    names = [name[:MOST_LETTERS] for name in known][:MOST_NAMES]  # a hostile file has many and long ones
    text = str(found)[:MOST_LETTERS]
    close = difflib.get_close_matches(text, names, 1, 0.7) or difflib.get_close_matches(
        text.lower().replace("-", "_").replace(" ", "_"), names, 1, 0.7
    )
    return close[0] if close else None


def meant(found: object, known: Iterable[str]) -> str:
    """`; did you mean 'x'?` for the known name most like the one found, or what there is to choose from."""
    names = list(known)
    close = closest(found, names)
    if close is not None:
        return f"; did you mean {quoted(close)}?"
    return f"; there is {listed(names, most=30)}"


def counted(number: int, one: str, many: str = "") -> str:
    """`1 package`, `2 packages`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
