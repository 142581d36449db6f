"""A moment of a step: what each series is worth, and which levels it has reached."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass
class Moment:
    """The open of a bar, or a fraction of one leg of the walk.

    `legs` holds for each symbol and series the two ends of its leg; at the open both ends are the same.
    """

    legs: dict[tuple[int, str], tuple[float, float]] = field(default_factory=dict)
    t: float = 0.0
    leg: int = -1

    @property
    def in_path(self) -> bool:
        """Whether this is inside the bar."""
        return self.leg >= 0

    def value(self, s: int, series: str) -> float:
        """What a series is worth now."""
        a, b = self.legs[s, series]
        return b if self.t == 1 else a + self.t * (b - a)

    def fraction(self, s: int, series: str, level: float, direction: int) -> float:
        """Where a leg that runs in the direction of a level reaches it; infinity where it does not."""
        a, b = self.legs[s, series]
        if direction * (b - a) <= 0:
            return math.inf
        t = (level - a) / (b - a)
        return t if 0 <= t <= 1 else math.inf

    def has_reached(self, s: int, series: str, level: float, direction: int) -> bool:
        """Whether a series stands at or beyond a level, by the fractions of the leg."""
        a, b = self.legs[s, series]
        if a == b:
            return direction * (a - level) >= 0
        t = (level - a) / (b - a)
        return t <= self.t if direction * (b - a) > 0 else t >= self.t


def opening(bars: Sequence[tuple[int, float, float]]) -> Moment:
    """The open: symbol, last and mark of each symbol with a bar."""
    legs = {}
    for s, last, mark in bars:
        legs[s, "last"], legs[s, "mark"] = (last, last), (mark, mark)
    return Moment(legs)
