"""Tables that never cut a word: cells fold between words, and rows that are too wide become a line per cell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import NamedTuple

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from btcli.cli.edge.folding import WORD, folded, unbroken

HEADING = "bold dim"
Pair = tuple[str, str]
Cell = str | Text


class Column(NamedTuple):
    """How a column is shown: `is_whole` cells, such as numbers, stay on one line; an `is_long` last one may hold
    words that find no room beside the others, such as paths, and is shown below them then."""

    heading: str = ""
    is_right: bool = False
    is_whole: bool = False
    is_long: bool = False


class WholeWords:
    """Rows under their headings, without frames, `gap` blanks apart."""

    def __init__(self, columns: Sequence[Column], gap: int = 2) -> None:
        self.columns = tuple(columns)
        self._gap = gap
        self._rows: list[list[Text]] = []
        self._below: list[Text] = []

    def add_row(self, *cells: Cell, style: str = "", below: str = "") -> None:
        """Add a row of texts or of rich's markup, and what stands below it; cells that are left out are empty."""
        self._below.append(Text.from_markup(below, emoji=False))
        texts = [each.copy() if isinstance(each, Text) else Text.from_markup(each, emoji=False) for each in cells]
        for text in texts:
            text.stylize_before(style)
        self._rows.append([*texts, *(Text() for _ in self.columns[len(texts) :])])

    def fits(self, width: int) -> bool:
        """Whether all rows can be shown side by side with every word whole."""
        return sum(self._narrowest()) <= self._room(width)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        lines = self._beside(options.max_width) if self.fits(options.max_width) else self._stacked()
        for line in lines:
            yield unbroken(line)

    def _room(self, width: int) -> int:
        return width - self._gap * (len(self.columns) - 1)

    def _narrowest(self) -> list[int]:
        return [self._least(number) for number in range(len(self.columns))]

    def _least(self, number: int) -> int:
        column, cells = self.columns[number], [row[number] for row in self._rows]
        heading = _longest_word(Text(column.heading))
        if column.is_long:
            return max(heading, 20)
        return max([heading, *map(_widest if column.is_whole else _longest_word, cells)])

    def _beside(self, width: int) -> Iterator[Text]:
        columns = zip(*self._rows, strict=True) if self._rows else ((),) * len(self.columns)
        widest = [
            max([cell_len(column.heading), *map(_widest, cells)])
            for column, cells in zip(self.columns, columns, strict=True)
        ]
        widths = _shared(self._narrowest(), widest, self._room(width))
        if any(column.heading for column in self.columns):
            yield from self._row([Text(column.heading, HEADING) for column in self.columns], widths)
        for row, below in zip(self._rows, self._below, strict=True):
            is_apart = self.columns[-1].is_long and _longest_word(row[-1]) > widths[-1]
            yield from self._row([*row[:-1], Text()] if is_apart else row, widths)
            if is_apart:  # below the others, where a path has the whole line
                for line in row[-1].split("\n"):
                    yield from folded(Text.assemble("    ", line), width)
            if below:
                yield from folded(Text.assemble("    ", below), width)

    def _row(self, cells: Sequence[Text], widths: Sequence[int]) -> Iterator[Text]:
        lines = [folded(cell, width) for cell, width in zip(cells, widths, strict=True)]
        for parts in zip_longest(*lines, fillvalue=Text()):
            line = Text()
            for column, part, width in zip(self.columns, parts, widths, strict=True):
                blank = " " * (width - cell_len(part.plain.rstrip()))
                part.rstrip()
                line.append_text(Text.assemble(blank, part) if column.is_right else Text.assemble(part, blank))
                line.append(" " * self._gap)
            line.rstrip()
            yield line

    def _stacked(self) -> Iterator[Text]:
        """A line per cell, its heading before it; what is wider than the screen is left to the screen."""
        label = max(cell_len(column.heading.strip()) for column in self.columns)
        for place, (row, below) in enumerate(zip(self._rows, self._below, strict=True)):
            if place and label:
                yield Text()
            for column, cell in zip(self.columns, row, strict=True):
                if cell.plain.strip():
                    head = column.heading.strip().ljust(label + self._gap) if label else ""
                    yield Text.assemble((head, HEADING), cell)
            if below:
                yield below


class SideBySide:
    """Two lists of names with their figures; one below the other where they would not stay whole otherwise."""

    def __init__(self, left: Sequence[Pair], right: Sequence[Pair]) -> None:
        self._left, self._right = left, right

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        name, figure = Column(is_whole=True), Column(is_right=True, is_whole=True)
        beside = WholeWords((name, figure, name, figure), gap=3)
        for one, other in zip(self._left, self._right, strict=True):
            beside.add_row(f"  [dim]{one[0]}[/]", one[1], f"[dim]{other[0]}[/]", other[1])
        yield beside if beside.fits(options.max_width) else named_lines((*self._left, *self._right))


def named_lines(pairs: Sequence[Pair]) -> WholeWords:
    """A name and what is said of it, line by line."""
    table = WholeWords((Column(is_whole=True), Column(is_long=True)), gap=3)
    for name, text in pairs:
        table.add_row(f"  [dim]{name}[/]", text)
    return table


def _widest(text: Text) -> int:
    return max((cell_len(line) for line in text.plain.split("\n")), default=0)


def _longest_word(text: Text) -> int:
    """With the blanks before the first word, which indent it."""
    indent = len(text.plain) - len(text.plain.lstrip(" "))
    return indent + max((cell_len(word[0]) for word in WORD.finditer(text.plain)), default=0)


def _shared(narrowest: Sequence[int], widest: Sequence[int], room: int) -> list[int]:
    """Every column as wide as it likes; where that is too much, the widest that may fold give way."""
    widths = list(map(max, narrowest, widest))
    while sum(widths) > room:
        foldable = [place for place, width in enumerate(widths) if width > narrowest[place]]
        widths[max(foldable, key=widths.__getitem__)] -= 1
    return widths
