"""Works that the manual and the code name are in one list of sources, in docs/model.md, and it holds no other."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MODEL = (ROOT / "docs/model.md").read_text(encoding="utf-8")
LISTED = MODEL.partition("\n## Sources\n")[2]
WORKS = [(line.partition(",")[0], year) for line, year in re.findall(r"^- (.+?) \((\d{4})\)\. ", LISTED, re.MULTILINE)]
TEXTS = {path.relative_to(ROOT).as_posix(): re.sub(r"\s*\n\s*(?:[\"#]\s*)?", " ", path.read_text(encoding="utf-8"))
         for folder, kind in (("docs", "md"), ("sim", "py"), ("tests", "theory.py"))
         for path in sorted((ROOT / folder).rglob(f"*{kind}"))
         if not path.is_relative_to(ROOT / "docs/gallery")}  # fmt: skip
TEXTS["docs/model.md"] = re.sub(r"\s+", " ", MODEL.partition("\n## Sources\n")[0])

_NAMES = r"((?:de |van |von |Khorashadi )?[A-Z][\w-]+)(?:(?:, | & |,? and )(?:[A-Z][\w-]+|others))*(?: et al\.)?"
_YEAR = r"(1[89]\d\d|20[0-2]\d)"
_CITED = (re.compile(rf"\b{_NAMES} \({_YEAR}[,;)]"), re.compile(rf"(?:\(|; )(?:after )?{_NAMES} {_YEAR}\b"))
NO_AUTHORS = {"December", "Rutte", "Korea", "Panama", "Ukraine"}  # dates and places in brackets


def cited(text: str) -> set[tuple[str, str]]:
    """First authors and years of what a text cites, written as `Name (1950)` or `(Name and Name 1950)`."""
    return {found for pattern in _CITED for found in pattern.findall(text) if found[0] not in NO_AUTHORS}


def test_citations_are_seen():
    assert cited("as Nash (1950) has it") == {("Nash", "1950")}
    assert cited("(Kalai and Smorodinsky 1975)") == {("Kalai", "1975")}
    assert cited("(after Baarslag and Jonker 2013; de Jonge 2022)") == {("Baarslag", "2013"), ("de Jonge", "2022")}
    assert cited("Salmon et al. (2011), Philox") == {("Salmon", "2011")}
    assert len(WORKS) == LISTED.count("\n- ") > 50


def test_every_work_that_is_cited_is_listed():
    missing = {name: lost for name, text in TEXTS.items() if (lost := cited(text) - set(WORKS))}
    assert not missing


def test_every_work_that_is_listed_is_cited():
    everything = " ".join(TEXTS.values())
    idle = [(name, year) for name, year in WORKS if not re.search(rf"{name}\b[^.]{{0,90}}{year}", everything)]
    assert not idle


def test_the_list_is_in_the_order_of_names():
    names = [name.casefold() for name, _ in WORKS]
    assert names == sorted(names)
