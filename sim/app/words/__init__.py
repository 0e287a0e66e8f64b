"""All that the page says, by key, in one place so that it can be translated; one file a page."""

from collections.abc import Mapping

from sim.app.words import common, packages, results, step, tweak

WORDS: Mapping[str, str] = {
    f"{page.__name__.rpartition('.')[2]}.{key}": text
    for page in (common, packages, results, step, tweak)
    for key, text in page.WORDS.items()
}


def words_of(page: str) -> dict[str, str]:
    """The words of one page, by key."""
    return {key: text for key, text in WORDS.items() if key.startswith(f"{page}.")}
