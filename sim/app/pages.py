"""The table of pages: each is one module, one template, one file of words, and one line here."""

from sim.app import packages, results, step, tweak
from sim.app.page import Page

PAGES: tuple[Page, ...] = (
    tweak.PAGE,
    step.PAGE,
    packages.PAGE,
    results.PAGE,
)  # fmt: skip
