"""Names that a scenario file may use, made from those of strangers; the original stays as the label."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

LONGEST = 60


def names_of(texts: Sequence[str], otherwise: str) -> list[str]:
    """A name for each text, no two alike.

    A name depends on the texts and not on their order: `18:00` is `v18_00` wherever it stands, and where several
    texts come out alike they are numbered in the order of the alphabet.

    Args:
        texts: What things are called.
        otherwise: The name of what has no letter or digit that a name may have.
    """
    plain = [_plain(text) or otherwise for text in texts]
    counts = Counter(plain)
    taken = {name for name, count in counts.items() if count == 1}
    names = list(plain)
    for at in sorted(range(len(texts)), key=lambda at: (texts[at], at)):
        if counts[plain[at]] > 1:
            number = 1
            while f"{plain[at]}_{number}" in taken:
                number += 1
            names[at] = f"{plain[at]}_{number}"
            taken.add(names[at])
    return names


def _plain(text: str) -> str:
    """A text in small letters a to z, digits and `_`, starting with a letter; empty if nothing of it is left."""
    text = re.sub(r"^\s*[-\u2212](?=[0-9.])", "minus ", text)
    letters = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    name = re.sub("[^a-z0-9]+", "_", letters)[:LONGEST].strip("_")
    return f"v{name}" if name[:1].isdigit() else name
