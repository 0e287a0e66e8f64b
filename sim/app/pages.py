"""The table of pages: each is one module, one template, one file of words, and one line here."""

from sim.app import tweak
from sim.app.page import Page

PAGES: tuple[Page, ...] = (
    tweak.PAGE,
)  # fmt: skip
