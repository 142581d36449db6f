"""The pictures show what the program shows."""

from __future__ import annotations

from pathlib import Path

from pages import ROOT, links_of
from pictures import PICTURE, drawn, lines_of
from screenshot import WIDTH
from typing_blocks import words_of


def test_the_terminal_picture_is_current(project: Path) -> None:
    """Its text is what the commands print today for the same run of sample data, digests apart."""
    then, now = (words_of("\n".join(lines_of(svg))) for svg in (PICTURE.read_text(), drawn(project)))
    assert then == now, "`make docs` draws it anew"
    assert "replay: identical" in now


def test_the_picture_asks_nobody(project: Path) -> None:
    """It loads no font and no script, and is moderate in size."""
    svg = PICTURE.read_text()
    assert svg.count("http") == svg.count('xmlns="http://www.w3.org/2000/svg"') == 1
    assert "<script" not in svg
    assert len(svg) < 100_000


def test_the_readme_shows_the_result_first() -> None:
    """The first link of the README is the picture."""
    assert links_of(ROOT / "README.md")[0] == str(PICTURE.relative_to(ROOT))


def test_the_screenshot_is_moderate_and_shown() -> None:
    """The picture of a report is a PNG as wide as a screen, below half a megabyte, and the second of the README."""
    png = (ROOT / links_of(ROOT / "README.md")[1]).read_bytes()
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(png[16:20]) == WIDTH
    assert len(png) < 500_000
