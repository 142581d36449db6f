"""Texts that fold between words and cut none: what is longer than a line is left to the terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

WORD = re.compile(r"\S+( %(?=[\s,;.)]|$)\S*)?")  # a number keeps its sign of percent


class Folded:
    """A text that is folded between its words, as wide as there is room."""

    def __init__(self, text: Text) -> None:
        self._text = text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for line in folded(self._text, options.max_width):
            yield unbroken(line)


def folded(text: Text, width: int) -> list[Text]:
    """The lines of a text, each as wide as `width` or one word long, with the blanks that its first one begins with."""
    return [line for each in text.split("\n", allow_blank=True) for line in _lines_of(each, width)]


def unbroken(line: Text) -> Text:
    """The line, to be shown as it is."""
    line.no_wrap, line.overflow = True, "ignore"
    return line


def _lines_of(text: Text, width: int) -> Iterator[Text]:
    plain = text.plain
    words = list(WORD.finditer(plain))
    indent = " " * (words[0].start() if words else 0)
    cuts, start, room = [], 0, width
    for word in words[1:]:
        if cell_len(plain[start : word.end()]) > room:
            start, room = word.start(), width - len(indent)
            cuts.append(start)
    first, *others = text.divide(cuts)
    for line in (first, *(Text.assemble(indent, other) for other in others)):
        line.rstrip()
        yield line
