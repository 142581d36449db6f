"""Small drawings that stand still: a frame with two axes and round labels, and what is drawn inside it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from btcli.analysis.distribution import round_step
from btcli.report.html import Markup, element, together

WIDTH, HEIGHT = 400, 240  # units of the drawing, about pixels on a phone
LEFT, RIGHT, TOP, BOTTOM = 52, 10, 12, 34
TICKS = 5


class Scale(NamedTuple):
    """From values between `low` and `high` to units between `start` and `end`."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """The place of a value, to a tenth of a unit."""
        share = (value - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 1)


class Tick(NamedTuple):
    """A place on an axis and what it says there."""

    value: float
    label: str


def across(low: float, high: float) -> Scale:
    """The scale from left to right; a span of nothing becomes one around the value."""
    return Scale(*_opened(low, high), LEFT, WIDTH - RIGHT)


def upwards(low: float, high: float) -> Scale:
    """The scale from bottom to top."""
    return Scale(*_opened(low, high), HEIGHT - BOTTOM, TOP)


def _opened(low: float, high: float) -> tuple[float, float]:
    return (low, high) if high > low else (low - 1.0, high + 1.0)


def ticks(scale: Scale) -> list[Tick]:
    """Round values inside the scale."""
    step = round_step((scale.high - scale.low) / TICKS)
    first = math.ceil(scale.low / step.times(1) - 1e-9)
    last = math.floor(scale.high / step.times(1) + 1e-9)
    return [Tick(step.times(at), f"{step.times(at):,.10g}") for at in range(first, last + 1)]


def drawing(said: str, x_name: str, across_ticks: Iterable[tuple[float, str]], up: Scale, *inside: Markup) -> Markup:
    """The frame with its labels around what is `inside`; `said` tells in words what is drawn.

    `across_ticks` have their places in units, the ticks upwards are those of the scale.
    """
    return element(
        "svg",
        element("title", said),
        *_grid(up),
        *inside,
        *(_label(place, HEIGHT - BOTTOM + 14, label, "middle") for place, label in across_ticks),
        _label((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 4, x_name, "middle"),
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        role="img",
        class_="drawing",
    )


def _grid(up: Scale) -> Iterator[Markup]:
    for tick in ticks(up):
        place = up.at(tick.value)
        kind = "axis" if tick.value == 0.0 else "grid"
        yield element("line", x1=LEFT, x2=WIDTH - RIGHT, y1=place, y2=place, class_=kind)
        yield _label(LEFT - 4, place + 3.5, tick.label, "end")


def _label(x: float, y: float, said: str, anchor: str) -> Markup:
    return element("text", said, x=x, y=y, text_anchor=anchor)


def polyline(points: Iterable[Sequence[float]]) -> Markup:
    """A line through points in units."""
    return element("path", d="M" + "L".join(f"{x:g} {y:g}" for x, y in points), class_="line moved")


def dots(points: Iterable[Sequence[float]], kind: str) -> Markup:
    """A dot at each point in units; those that fall on each other are drawn once."""
    return element(
        "path", d="".join(f"M{x:g} {y:g}h0" for x, y in sorted(set(map(tuple, points)))), class_=f"dots {kind}"
    )


def bar(x: float, width: float, scale: Scale, value: float, kind: str, said: str) -> Markup:
    """A bar from 0 up to a value, which says what it is when it is pointed at."""
    top, bottom = scale.at(value), scale.at(0.0)
    title = element("title", said)
    return element("rect", title, x=x, y=top, width=max(width, 0.5), height=bottom - top, class_=f"bar {kind}")


def figures(*drawn: tuple[str, Markup, str]) -> Markup:
    """Drawings side by side where there is room: heading, drawing, and what it shows."""
    each = (
        element("figure", element("h3", title), picture, element("figcaption", said)) for title, picture, said in drawn
    )
    return element("div", together(*each), class_="pictures")
