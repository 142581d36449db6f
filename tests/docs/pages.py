"""The README and the pages of docs as what a reader meets: blocks to type, links to follow, lines to believe."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(
    r"(?:^<!-- (?P<mark>[^\n]*?) -->\n+)?^```(?P<language>[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)")
LANGUAGES = ("sh", "python", "yaml", "json", "text")
RUN = ("sh", "python", "yaml")


class Block(NamedTuple):
    """A fenced block of a page: its language, its text, and the mark above it, such as "not run: needs a venue"."""

    page: Path
    line: int
    language: str
    text: str
    mark: str

    @property
    def where(self) -> str:
        """As docs/rules.md:12."""
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def pages() -> list[Path]:
    """The README and every page for users; decisions and promises are for those who change the code."""
    return [ROOT / "README.md", ROOT / "configs" / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks_of(page: Path) -> Iterator[Block]:
    """The fenced blocks of a page in their order."""
    text = page.read_text(encoding="utf-8")
    for found in FENCE.finditer(text):
        line = text.count("\n", 0, found.start("language")) + 1
        yield Block(page, line, found["language"].strip(), found["text"], found["mark"] or "")


def prose_of(page: Path) -> str:
    """The page without its blocks; the lines keep their numbers."""
    return FENCE.sub(lambda found: "\n" * found[0].count("\n"), page.read_text(encoding="utf-8"))


def links_of(page: Path) -> list[str]:
    """Where the page's links and pictures lead, as written."""
    return [found["target"] for found in LINK.finditer(prose_of(page))]


def anchors_of(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", prose_of(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}
