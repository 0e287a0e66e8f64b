"""Charts as files: SVG for the page, PNG for a briefing, CSV for whoever wants the numbers."""

import hashlib
import io
import os
import re
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

import pandas as pd

from sim.charts.page import Picture, drawing_settings
from sim.sheet_text import csv_text
from sim.store import make_folder, write_whole

PNG_DPI = 150
FALLBACK = "'DejaVu Sans', Verdana, Arial, sans-serif"  # where DejaVu is missing; Verdana is about as wide


def svg_text(picture: Picture) -> str:
    """A picture as SVG: text as text, a title and a description, no date, no address outside the file."""
    buffer = io.StringIO()
    with drawing_settings():
        picture.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    text = buffer.getvalue()
    # All of these are matplotlib's own lines: in text from a scenario `<` is written `&lt;`.
    text = re.sub(r"<!DOCTYPE[^>]*>\s*", "", text)
    text = re.sub(r"<!--.*?-->\s*", "", text, flags=re.DOTALL)
    text = re.sub(r"(<text style=\"font: [^\"]*?)'DejaVu Sans'", rf"\1{FALLBACK}", text)
    mark = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:12]  # several charts may stand in one page
    words = (
        f'role="img" aria-labelledby="t{mark} d{mark}">\n'
        f'<title id="t{mark}">{escape(picture.title)}</title>\n<desc id="d{mark}">{escape(picture.alt)}</desc>\n'
    )
    return re.sub(r"<svg([^>]*)>\s*", lambda found: f"<svg{found[1]} {words}", text, count=1)


def png_bytes(picture: Picture, dpi: int = PNG_DPI) -> bytes:
    """A picture as PNG, without the name of a program or a date; the text alternative goes with it."""
    buffer = io.BytesIO()
    with drawing_settings():
        alone = {"Software": None, "Title": picture.title, "Description": picture.alt}
        picture.savefig(buffer, format="png", dpi=dpi, metadata=alone)
    return buffer.getvalue()


def save_picture(picture: Picture, table: pd.DataFrame, folder: str | os.PathLike[str], name: str) -> list[Path]:
    """Write `name.svg`, `name.png` and `name.csv` into a folder, each whole or not at all.

    Returns:
        The three paths.

    Raises:
        StoreError: if they cannot be written, or the folder is a link, which could lead anywhere.
    """
    target = Path(folder)
    make_folder(target)
    contents = {
        "svg": svg_text(picture).encode("utf-8"),
        "png": png_bytes(picture),
        "csv": csv_text(table).encode("utf-8"),
    }
    for kind, data in contents.items():
        write_whole(target / f"{name}.{kind}", data)
    return [target / f"{name}.{kind}" for kind in contents]


def known(names: Sequence[str] | None, charts: Sequence[str]) -> list[str]:
    """The charts asked for, all if none is named.

    Raises:
        ValueError: if there is no chart of a name.
    """
    unknown = [name for name in names or () if name not in charts]
    if unknown:
        raise ValueError(f"no chart is called {unknown[0]!r}; there are {', '.join(charts)}")
    return list(names) if names is not None else list(charts)
