"""A curve drawn with characters: each column is a stroke from its lowest value to its highest, so that none is lost."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from btcli.cli.shown.figures import money

LONGEST, SHORTEST = 62, 20  # in characters

# Bits of a braille cell from its lowest dot to its highest, the left column and the right one.
DOTS = ((0x40, 0x04, 0x02, 0x01), (0x80, 0x20, 0x10, 0x08))
BRAILLE = 0x2800
PLAIN = ".-'"  # the same in ASCII: low, in the middle, high


class EquityCurve:
    """The equity in USDT as `rows` lines, its highest and its lowest value beside them."""

    def __init__(self, outline: Sequence[float], rows: int) -> None:
        self._outline, self._rows = outline, rows

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        high, low = (money(each(self._outline)) for each in (max, min))
        room = max(len(high), len(low))
        width = max(min(LONGEST, options.max_width - room - len("  Equity   ")), SHORTEST)
        lines = chart(self._outline, width, self._rows, plain=not has_dots(console.encoding))
        for row, line in enumerate(lines):
            value = high if not row else low if row == len(lines) - 1 else ""
            yield Text.assemble(
                (f"  {'' if row else 'Equity':<6}  {value:>{room}} ", "dim"), line.rstrip(), no_wrap=True
            )


def has_dots(encoding: str) -> bool:
    """Whether a terminal shows braille: its encoding has it, and it is not the bare Linux console."""
    try:
        chr(BRAILLE + 1).encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return os.environ.get("TERM") != "linux"


class Stroke(NamedTuple):
    """The levels that a column covers, both included; 0 is the lowest."""

    low: int
    high: int


def chart(values: Sequence[float], width: int, rows: int, *, plain: bool) -> list[str]:
    """`rows` lines of `width` characters, from the highest down; `plain` has ASCII alone, else dots of braille."""
    if plain:
        each = strokes(values, width, len(PLAIN) * rows)
        return ["".join(_plain(stroke, row) for stroke in each) for row in reversed(range(rows))]
    each = strokes(values, 2 * width, 4 * rows)
    pairs = list(zip(each[::2], each[1::2], strict=True))
    return ["".join(_braille(pair, row) for pair in pairs) for row in reversed(range(rows))]


def strokes(values: Sequence[float], columns: int, levels: int) -> list[Stroke]:
    """A stroke per column over a part of the values each, touching the one before."""
    halves = [value / 2 for value in values]  # the span of two numbers that are far apart is a number still
    low, high = min(halves), max(halves)
    found: list[Stroke] = []
    for column in range(columns):
        start = column * len(halves) // columns
        part = halves[start : max((column + 1) * len(halves) // columns, start + 1)]
        here = Stroke(*(_level(value, low, high, levels) for value in (min(part), max(part))))
        if found:
            here = Stroke(min(here.low, found[-1].high), max(here.high, found[-1].low))
        found.append(here)
    return found


def _level(value: float, low: float, high: float, levels: int) -> int:
    if high == low:
        return levels // 2
    return min(int((value - low) / (high - low) * levels), levels - 1)


def _plain(stroke: Stroke, row: int) -> str:
    covered = list(_covered(stroke, row, len(PLAIN)))
    return "|" if len(covered) > 1 else PLAIN[covered[0]] if covered else " "


def _braille(pair: tuple[Stroke, Stroke], row: int) -> str:
    dots = zip(DOTS, pair, strict=True)
    bits = sum(of_side[level] for of_side, stroke in dots for level in _covered(stroke, row, len(of_side)))
    return chr(BRAILLE + bits) if bits else " "


def _covered(stroke: Stroke, row: int, in_row: int) -> Iterator[int]:
    """The levels of a row that a stroke covers, from the row's lowest, 0."""
    first = row * in_row
    yield from range(max(stroke.low - first, 0), min(stroke.high - first, in_row - 1) + 1)
