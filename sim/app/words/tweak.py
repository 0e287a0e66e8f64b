"""Words of the page on which numbers are changed."""

WORDS = {
    "title": "Tweak",
}
