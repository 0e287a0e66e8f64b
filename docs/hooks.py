"""What the site needs beside the pages in this folder: files of the project that pages point at.

Pages are read in the checkout as well as on the site, so they point at `../README.md` and the like. On the site these
are pages and files of their own.
"""

import posixpath
import re
import sys
from pathlib import Path, PurePosixPath
from typing import Any

from mkdocs.structure.files import File, Files

sys.path.insert(0, str(Path(__file__).parent))
import reference_pages

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("README.md", "CONTRIBUTING.md", "CODE_OF_CONDUCT.md", "SECURITY.md", "CHANGELOG.md", "results/README.md")
FILES = ("LICENSE", "CITATION.cff", "codemeta.json")
_SHIM = '"https://unpkg.com/iframe-worker/shim"'
_SEARCH = 'data-md-component="search" role="dialog"'
_PICTURE = re.compile(r'(<a\b[^>]*>\s*)?(<img\b[^>]*\bsrc="([^"]+)"[^>]*>)')
_CELL = re.compile(r"<td\b.*?</td>", re.DOTALL)
_CODE = re.compile(r"(?<=<code>)[^<]+(?=</code>)")
_LINK = re.compile(r"(\]\()([^)#\s:]+)(#[^)\s]*)?(\))")


def on_files(files: Files, config: Any) -> Files:
    """Put scenarios and the project's own pages below `project/`, and what is made from the program beside."""
    scenarios = [path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "scenarios").iterdir())]
    for name in (*PAGES, *FILES, *scenarios):
        files.append(File.generated(config, f"project/{name}", content=(ROOT / name).read_text(encoding="utf-8")))
    for name, text in reference_pages.pages().items():
        files.append(File.generated(config, name, content=text))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Let links lead to where files of the checkout stand on the site."""
    here = PurePosixPath(page.file.src_uri)
    checkout = here.relative_to("project") if here.parts[0] == "project" else PurePosixPath("docs") / here

    def inside(found: re.Match[str]) -> str:
        start, link, anchor, end = found.groups()
        target = PurePosixPath(posixpath.normpath(checkout.parent / link))
        site = target.relative_to("docs") if target.parts[0] == "docs" else PurePosixPath("project") / target
        return f"{start}{posixpath.relpath(site, here.parent)}{anchor or ''}{end}"

    return _LINK.sub(inside, markdown)


def on_page_content(html: str, page: Any, config: Any, files: Files) -> str:
    """Let a picture lead to itself, where its text can be made larger, and long paths in tables break at their dots."""

    def in_cell(cell: re.Match[str]) -> str:
        return _CODE.sub(lambda code: re.sub(r"([._/=])(?=\w)", r"\1<wbr>", code[0]), cell[0])

    html = _PICTURE.sub(lambda found: found[0] if found[1] else f'<a href="{found[3]}">{found[2]}</a>', html)
    return _CELL.sub(in_cell, html)


def on_post_page(output: str, page: Any, config: Any) -> str:
    """Let a page take from this folder what the theme would fetch from outside, and name its search."""
    return _mended(output, posixpath.relpath("site/iframe-worker.js", posixpath.dirname(page.url) or "."))


def on_post_template(output_content: str, template_name: str, config: Any) -> str:
    """The same for the page that is shown when there is none."""
    return _mended(output_content, "site/iframe-worker.js")


def _mended(html: str, shim: str) -> str:
    return html.replace(_SHIM, f'"{shim}"').replace(_SEARCH, f'{_SEARCH} aria-label="Search"')
