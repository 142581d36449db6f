"""Reads sections of a page as a person does: by their words, row by row."""

from __future__ import annotations

from html.parser import HTMLParser


class _Reader(HTMLParser):
    """Collects the text of each element of some tags, whatever is inside it."""

    def __init__(self, *wanted: str) -> None:
        super().__init__(convert_charrefs=True)
        self.wanted, self.open, self.found = wanted, [], []
        self.rows: list[list[str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        if tag in self.wanted:
            self.open.append([tag, ""])

    def handle_endtag(self, tag: str) -> None:
        if self.open and self.open[-1][0] == tag:
            said = " ".join(self.open.pop()[1].split())
            self.found.append(said)
            if tag in ("td", "th") and self.rows:
                self.rows[-1].append(said)

    def handle_data(self, data: str) -> None:
        for each in self.open:
            each[1] += data


def _read(markup: str, *wanted: str) -> _Reader:
    reader = _Reader(*wanted)
    reader.feed(markup)
    reader.close()
    return reader


def rows_of(markup: str) -> list[list[str]]:
    """The cells of every table of a section, row by row, headings included."""
    return _read(markup, "td", "th").rows


def pairs_of(markup: str) -> dict[str, str]:
    """What a section says by name."""
    said = _read(markup, "dt", "dd").found
    return dict(zip(said[::2], said[1::2], strict=True))


def said_in(markup: str, *tags: str) -> list[str]:
    """The text of each element of these tags."""
    return _read(markup, *tags).found
