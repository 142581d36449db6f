"""A figure by two parameters as coloured cells, or as shades where cells with numbers would not fit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from rich.console import Console, Group
from rich.style import Style
from rich.text import Text

from btcli.legible.figures import ABSENT, setting, short

if TYPE_CHECKING:
    from btcli.research.mapping import Map

LONG, LEAST_LABEL = 8, 3  # letters of a number that is shortened; of a row's name where room is scarce
SHADES = " ░▒▓█"
LOW, MIDDLE, HIGH = (178, 24, 43), (60, 60, 60), (33, 120, 70)


def heat_map(drawn: Map, console: Console) -> Group:
    """Rows of the first parameter, columns of the second; the greener, or darker, the greater."""
    texts = [["" if value is None else short(value) for value in row] for row in drawn.cells]
    columns = [_name(value) for value in drawn.columns]
    names = [_name(value) for value in drawn.rows]
    label = max(map(cell_len, names), default=0)
    width = max([cell_len(each) for row in texts for each in row] + list(map(cell_len, columns)), default=1)
    without = without_early(drawn.ended_early)
    head = Text(f"median {drawn.by}, {drawn.down} down, {drawn.across} across{without}", "dim")
    if label + (width + 1) * len(columns) > console.width:
        return Group(head, *_in_shades(names, drawn, console.width))
    top = Text(" " * label + "".join(f" {each:>{width}}" for each in columns), "bold dim")
    rows_with_texts = zip(names, drawn.cells, texts, strict=True)
    return Group(head, top, *(_line(name, label, row, text, width, drawn) for name, row, text in rows_with_texts))


def without_early(trials: int) -> str:
    """What is said where trials that ended early are left out, after a comma."""
    return f", without {trials:,} that ended early" if trials else ""


def _name(value: object) -> str:
    """A value of a parameter; of a number that was drawn four digits."""
    text = setting(value)
    return f"{value:.4g}" if isinstance(value, float) and len(text) > LONG else text


def _in_shades(names: list[str], drawn: Map, width: int) -> Iterator[Text]:
    """The edges and a line for every row, with cells as wide as there is room for."""
    cells = len(drawn.columns)
    label = max(map(cell_len, names), default=0)
    cell = 2 if label + 1 + 2 * cells <= width else 1
    room = min(label, width - 1 - cell * cells)
    if room < min(label, LEAST_LABEL):
        yield Text(f"the terminal is too narrow for {cells} columns: --json has the map", "dim")
        return
    yield _edges(drawn)
    for name, row in zip(names, drawn.cells, strict=True):
        yield _shaded(set_cell_size(name, room - 1) + "…" if cell_len(name) > room else name, room, row, cell, drawn)


def _edges(drawn: Map) -> Text:
    least, greatest = map(short, _ends(drawn))
    shades = f"{SHADES[1]} from {least} to {SHADES[-1]} {greatest}, blank where there is none"
    first, last = _name(drawn.columns[0]), _name(drawn.columns[-1])
    return Text(f"{first} to {last}; {shades}", "dim")


def _line(name: str, label: int, row: tuple[float | None, ...], texts: list[str], width: int, drawn: Map) -> Text:
    line = Text(name.rjust(label), "dim")
    for value, text in zip(row, texts, strict=True):
        line.append(" ")
        line.append(f"{text or ABSENT:>{width}}", Style() if value is None else _style(value, drawn))
    return line


def _shaded(name: str, label: int, row: tuple[float | None, ...], cell: int, drawn: Map) -> Text:
    line = Text(" " * (label - cell_len(name)) + name + " ", "dim")
    for value in row:
        shade = SHADES[0] if value is None else SHADES[1 + min(3, int(_share(value, drawn) * 4))]
        line.append(shade * cell, Style())
    return line


def _ends(drawn: Map) -> tuple[float, float]:
    values = [value for row in drawn.cells for value in row if value is not None]
    return (min(values), max(values)) if values else (0.0, 0.0)


def _share(value: float, drawn: Map) -> float:
    least, greatest = _ends(drawn)
    return (value - least) / (greatest - least) if greatest > least else 0.5


def _style(value: float, drawn: Map) -> Style:
    share = _share(value, drawn)
    low, high, part = (LOW, MIDDLE, share * 2) if share < 0.5 else (MIDDLE, HIGH, share * 2 - 1)
    red, green, blue = (round(one + (other - one) * part) for one, other in zip(low, high, strict=True))
    return Style(color="white", bgcolor=f"rgb({red},{green},{blue})")
