"""Draws cost against bars and against symbols as SVG: two panels, both axes logarithmic, a line a contestant."""

from __future__ import annotations

import math
from collections.abc import Iterator
from statistics import median
from typing import Any, NamedTuple

WIDTH, HEIGHT, LEFT, TOP, PANEL_WIDTH, PANEL_HEIGHT, GAP = 980, 480, 60, 40, 380, 300, 100
COLOURS = ("#0b5fff", "#00875a", "#b3261e", "#e07b39", "#7a4fbf", "#5f6b7a", "#8a6d00", "#0097a7")
BARS_A_DAY = 1_440


class Line(NamedTuple):
    """A contestant's points: what it had to do, and seconds of processors."""

    name: str
    points: list[tuple[float, float]]


class Scale(NamedTuple):
    """A logarithmic axis: from `least` to `most` over `length` pixels from `begin` on."""

    least: float
    most: float
    begin: float
    length: float

    def at(self, value: float) -> float:
        """Where a value lies."""
        return self.begin + self.length * math.log(value / self.least) / math.log(self.most / self.least)


def growth(rows: list[dict[str, Any]]) -> str:
    """The drawing of the rows of one symbol, and of the rows of as many days for all numbers of symbols."""
    days = min((row["days"] for row in rows if row["symbols"] > 1), default=0)
    by_bars = _lines([row for row in rows if row["symbols"] == 1], "days", BARS_A_DAY)
    by_symbols = _lines([row for row in rows if row["days"] == days], "symbols", 1)
    costs = [cost for line in (*by_bars, *by_symbols) for _, cost in line.points]
    cost = Scale(_below(min(costs)), _above(max(costs)), TOP + PANEL_HEIGHT, -PANEL_HEIGHT)
    names = list(dict.fromkeys(line.name for line in (*by_bars, *by_symbols)))
    drawn = [
        *_panel("bars of one minute, one symbol", by_bars, LEFT, cost, names),
        *_panel(f"symbols, {days} days of minutes each", by_symbols, LEFT + PANEL_WIDTH + GAP, cost, names),
        *_legend(names),
    ]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif">'
    return "\n".join((head, f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>', *drawn, "</svg>", ""))


def _lines(rows: list[dict[str, Any]], key: str, factor: int) -> list[Line]:
    found: dict[str, list[tuple[float, float]]] = {}
    for row in rows:
        found.setdefault(row["name"], []).append((row[key] * factor, median(row["cpu_s"])))
    return [Line(name, sorted(points)) for name, points in found.items() if len(points) > 1]


def _panel(title: str, lines: list[Line], left: float, cost: Scale, names: list[str]) -> Iterator[str]:
    amounts = sorted({amount for line in lines for amount, _ in line.points})
    if not amounts:
        return
    across = Scale(amounts[0], amounts[-1], left, PANEL_WIDTH)
    yield _text(left + PANEL_WIDTH / 2, TOP - 15, f"seconds of processors over {title}", "middle", 14)
    for tick in _ticks(cost):
        y = cost.at(tick)
        yield f'<path d="M{left} {y:.1f}H{left + PANEL_WIDTH}" stroke="#dddddd"/>'
        yield _text(left - 6, y + 4, f"{tick:g}", "end")
    for amount in amounts:
        yield f'<path d="M{across.at(amount):.1f} {TOP}v{PANEL_HEIGHT}" stroke="#eeeeee"/>'
        yield _text(across.at(amount), TOP + PANEL_HEIGHT + 18, f"{amount:,.0f}", "middle")
    for line in lines:
        colour = COLOURS[names.index(line.name) % len(COLOURS)]
        places = [(across.at(amount), cost.at(spent)) for amount, spent in line.points]
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
        width = 3 if line.name.startswith("btcli") else 1.5
        yield f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="{width}"/>'
        yield from (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in places)


def _legend(names: list[str]) -> Iterator[str]:
    for place, name in enumerate(names):
        x, y = LEFT + 230 * (place % 4), TOP + PANEL_HEIGHT + 60 + 26 * (place // 4)
        colour = COLOURS[place % len(COLOURS)]
        yield f'<rect x="{x}" y="{y - 10}" width="14" height="10" fill="{colour}"/>'
        yield _text(x + 20, y, name, "start")


def _text(x: float, y: float, said: str, anchor: str, size: int = 12) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}">{said}</text>'


def _ticks(scale: Scale) -> list[float]:
    powers = range(math.floor(math.log10(scale.least)), math.ceil(math.log10(scale.most)) + 1)
    return [
        digit * 10.0**power
        for power in powers
        for digit in (1, 2, 5)
        if scale.least <= digit * 10.0**power <= scale.most
    ]


def _below(cost: float) -> float:
    return 10.0 ** math.floor(math.log10(cost))


def _above(cost: float) -> float:
    return 10.0 ** math.ceil(math.log10(cost))
