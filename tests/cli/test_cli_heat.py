"""A figure by two parameters in terminals of any width."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from btcli.cli.shown.heat import heat_map
from btcli.research.mapping import Map

DRAWN = [0.002389420867254301 + 0.03748 * place for place in range(24)]


def shown(drawn: Map, width: int) -> list[str]:
    """The lines of a map, as a terminal of so many columns has them."""
    console = Console(file=StringIO(), width=width, highlight=False)
    console.print(heat_map(drawn, console))
    assert isinstance(console.file, StringIO)
    return console.file.getvalue().rstrip("\n").split("\n")


def map_of(rows: list[object], columns: list[object]) -> Map:
    """A map whose cells count upward from 0, row by row; the first has no value."""
    cells = [
        tuple(float(row * len(columns) + column) if row or column else None for column in range(len(columns)))
        for row in range(len(rows))
    ]
    return Map("sharpe", "params.far", "ltf.slow", tuple(rows), tuple(columns), tuple(cells))


@pytest.mark.parametrize("width", [28, 30, 40, 60, 80, 200])
@pytest.mark.parametrize("rows", [DRAWN, ['{"margin_pct":90}', '{"notional_usdt":12345}'], ["close > slow and x"] * 3])
def test_a_row_is_a_line_whatever_the_width(rows: list[object], width: int) -> None:
    """No line is wider than the terminal, and each row has one of its own with a cell for every column."""
    lines = shown(map_of(rows, list(DRAWN)), width)
    assert max(map(len, lines)) <= width
    body = lines[-len(rows) :]
    assert all(any(shade in line for shade in "░▒▓█") for line in body)
    per_cell = {sum(line.count(shade) for shade in "░▒▓█") for line in body[1:]}
    assert per_cell in ({24}, {48})


def test_long_numbers_are_shortened_and_short_ones_are_not() -> None:
    """Four digits tell drawn values apart; what somebody wrote stays as it was written."""
    drawn = shown(map_of(list(DRAWN), [1, 2]), 80)
    assert drawn[2].split()[0] == "0.002389"
    assert drawn[3].split()[0] == "0.03987"
    written = shown(map_of([0.01, 0.0125, 123456, "ema(close, 5)"], [0.1, 0.25]), 80)
    names = ("0.01 ", "0.0125 ", "123456 ", "ema(close, 5) ")
    assert [name in line for name, line in zip(names, written[2:], strict=True)] == [True] * 4


def test_numbers_stand_in_the_cells_where_they_fit() -> None:
    """A column has the width of its widest cell or head; a cell without a value is told."""
    lines = shown(map_of([0.01, 0.02], [10, 20]), 60)
    assert lines == [
        "median sharpe, params.far down, ltf.slow across",
        "     10 20",
        "0.01  –  1",
        "0.02  2  3",
    ]


def test_a_terminal_that_is_too_narrow_is_told() -> None:
    """A map that breaks in the middle of its rows would show what is not there."""
    lines = shown(map_of(list(DRAWN), list(DRAWN)), 20)
    assert "too narrow for 24 columns" in " ".join(" ".join(lines).split())
    assert max(map(len, lines)) <= 20
