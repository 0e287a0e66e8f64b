"""Files of a results folder made safe to download: pictures, tables and pages that a stranger may have written."""

import io
import re
from html import unescape
from typing import TYPE_CHECKING

from sim.core.wording import shown

if TYPE_CHECKING:
    import pandas as pd

TYPES = {
    ".svg": "image/svg+xml", ".png": "image/png", ".csv": "text/csv; charset=utf-8", ".json": "application/json",
    ".html": "text/html; charset=utf-8", ".yaml": "application/yaml",
}  # fmt: skip
MOST_ROWS = 50  # of a table on the page; the file has all rows
MOST_COLUMNS = 60
MOST_CELL = 200  # characters
MOST_ALT = 2_000

POLICY = (
    b"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
    b"img-src data:; base-uri 'none'; form-action 'none'\">"
)
_OPENING = (
    b'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    b'<meta name="viewport" content="width=device-width, initial-scale=1">\n' + POLICY
)

# The elements of our charts: nothing that runs, links or fetches.
_ELEMENTS = {"svg", "title", "desc", "metadata", "defs", "style", "g", "path", "use", "text", "tspan", "clipPath",
             "rect", "circle", "line", "polyline", "polygon", "image", "linearGradient", "stop", "pattern"}  # fmt: skip
_ATTRIBUTE = r"\s+([A-Za-z_][\w:.-]*)\s*=\s*(?:\"([^\"<]*)\"|'([^'<]*)')"
_PIECE = re.compile(
    r"(?P<text>[^<]+)|<\?xml [^?<>]*\?>|</(?P<close>[A-Za-z]+)\s*>|"
    rf"<(?P<open>[A-Za-z]+)(?P<attributes>(?:{_ATTRIBUTE})*)\s*/?>"
)
_EACH = re.compile(_ATTRIBUTE)
_FETCHES = re.compile(r"url\s*\(\s*(?!#)|@|\\|expression|javascript", re.IGNORECASE)


def is_plain_picture(data: bytes) -> bool:
    """Return whether an SVG file is only a picture: our elements, no handlers, no external addresses."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    at, within = 0, ""
    while at < len(text):
        piece = _PIECE.match(text, at)
        if piece is None:
            return False
        at = piece.end()
        if piece["open"]:
            within = "" if piece[0].endswith("/>") else piece["open"]
            if piece["open"] not in _ELEMENTS or not all(map(_is_plain, _EACH.findall(piece["attributes"]))):
                return False
        elif piece["close"]:
            within = ""
        elif within == "style" and _FETCHES.search(unescape(piece["text"] or "")):
            return False
    return text.lstrip().startswith(("<?xml ", "<svg"))


def _is_plain(attribute: tuple[str, str, str]) -> bool:
    name, value = attribute[0].lower(), unescape(attribute[1] or attribute[2])
    if name.startswith("on"):
        return False
    if name.rpartition(":")[2] in ("href", "src"):
        return value.startswith(("#", "data:image/png;base64,"))
    if name == "xmlns" or name.startswith("xmlns:"):
        return True
    return not _FETCHES.search(value)


def picture_words(data: bytes) -> tuple[str, str]:
    """Return title and text alternative of an SVG file."""
    head = data[:50_000].decode("utf-8", "replace")
    words = [re.search(rf"<{tag}\b[^>]*>([^<]*)</{tag}>", head) for tag in ("title", "desc")]
    title, text = (shown(" ".join(unescape(found[1]).split()), MOST_ALT) if found else "" for found in words)
    return title, text


def safe_csv(data: bytes) -> bytes:
    """Return a table that no spreadsheet executes: ours unchanged, a foreign one with apostrophes before formulas.

    A ValueError if it is no table.
    """
    from sim.results.tables import csv_text

    guarded = csv_text(_read(data)).encode()
    return data if guarded == data else guarded


def safe_page(data: bytes) -> bytes:
    """Return a page that runs no script: ours unchanged, a foreign one with our security policy in front."""
    if data.startswith(_OPENING) and b"<script" not in data.lower():
        return data
    return b"<!DOCTYPE html>\n" + POLICY + b"\n" + data


def table_cells(data: bytes) -> tuple[list[str], list[list[str]], int]:
    """Return heads, first rows, and the number of other rows, of a table in a file.

    A ValueError if it is no table.
    """
    table = _read(data)
    first = table.iloc[:MOST_ROWS, :MOST_COLUMNS].to_numpy().tolist()
    rows = [[shown(cell, MOST_CELL) for cell in row] for row in first]
    return [shown(name, MOST_CELL) for name in table.columns[:MOST_COLUMNS]], rows, max(0, len(table) - MOST_ROWS)


def _read(data: bytes) -> "pd.DataFrame":
    """Read every cell as text."""
    import pandas as pd

    try:
        return pd.read_csv(io.BytesIO(data), dtype=str, keep_default_na=False, na_filter=False, encoding="utf-8")
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise ValueError(f"it is no table: {shown(error, 120)}") from None
