"""How results spread: bins with round borders, of which 0 is always one."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

MOST_BINS = 40


class Bin(NamedTuple):
    """How many values are at least `low` and less than `high`."""

    low: float
    high: float
    values: int


class Step(NamedTuple):
    """A round distance: `digit` (1, 2 or 5) times ten to the power of `exponent`."""

    digit: int
    exponent: int

    def times(self, count: int) -> float:
        """The multiple, as its decimal number is read: 3 times 0.1 is 0.3."""
        return float(f"{self.digit * count}e{self.exponent}")


def bins_of(values: Sequence[float], most: int = MOST_BINS) -> tuple[Bin, ...]:
    """Bins of one width from the least to the greatest value, empty ones between them included.

    The width is the least round one of which `most` bins are enough; a value on a border belongs to the bin above it.
    None for no values.
    """
    if not values:
        return ()
    least, greatest = min(values), max(values)
    step = round_step((greatest - least) / (most - 1) or abs(greatest) or 1.0)
    first, last = (math.floor(value / step.times(1)) for value in (least, greatest))
    borders = [step.times(at) for at in range(first - 1, last + 3)]  # a division may round over a border
    counts = Counter(bisect_right(borders, value) - 1 for value in values)
    return tuple(Bin(borders[at], borders[at + 1], counts[at]) for at in range(min(counts), max(counts) + 1))


def round_step(least: float) -> Step:
    """The smallest round step that is not below `least`, which is above 0 and finite."""
    power = math.floor(math.log10(least))
    steps = (Step(digit, exponent) for exponent in (power - 1, power, power + 1) for digit in (1, 2, 5))
    return next(step for step in steps if step.times(1) >= least)
