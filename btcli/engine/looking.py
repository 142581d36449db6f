"""A sample of what a strategy could see and what it said, kept to hold what it claims of itself against."""

from __future__ import annotations

from typing import NamedTuple

from btcli.strategies.interface import Strategy
from btcli.strategies.signal import Signal
from btcli.strategies.snapshot import RuntimeSnapshot

MOST = 128  # of each kind, over all symbols
FEWEST = 8  # for one symbol
NEVER = 1 << 62


def most_of(symbols: int) -> int:
    """How many looks of each kind one of so many symbols may keep."""
    return max(MOST // symbols, FEWEST)


class Look(NamedTuple):
    """What there was to see at a close, and what was answered; nothing was asked where it was passed over."""

    snapshot: RuntimeSnapshot
    answer: Signal | None = None


class Sample:
    """Keeps the first of what comes along, then ever fewer, evenly spread, and never more than `most`.

    `due` is the next place, in any numbers that grow, from which on something is wanted.
    """

    def __init__(self, most: int) -> None:
        self._most, self._stride, self.due = most, 1, 0 if most else NEVER
        self._kept: list[tuple[int, Look]] = []

    def keep(self, place: int, look: Look) -> None:
        """Take in a look at a place that is due."""
        self._kept.append((place, look))
        while len(self._kept) >= self._most:
            del self._kept[1::2]
            self._stride *= 2
        self.due = self._kept[-1][0] + self._stride

    @property
    def looks(self) -> list[Look]:
        """What was kept, in order."""
        return [look for _, look in self._kept]


class Looks:
    """The looks at one symbol: where it was asked, and, for a strategy that rests, where a position passed it over.

    Nothing is kept of a strategy that claims nothing, nor where `most` is 0.
    """

    def __init__(self, strategy: Strategy, rests: bool, most: int) -> None:
        self.by_market, self.rests = strategy.decides_by_market, rests
        self.keeps = most > 0 and (self.by_market or rests)
        self._asked = Sample(most if self.keeps else 0)
        self.passed = Sample(most if rests else 0)
        self._questions = 0
        self._last: tuple[RuntimeSnapshot | None, Signal | None] = (None, None)

    def asked(self, snapshot: RuntimeSnapshot, answer: Signal | None) -> None:
        """The strategy was asked once more; the last one is always kept."""
        self._questions += 1
        if self._questions >= self._asked.due:
            self._asked.keep(self._questions, Look(snapshot, answer))
        self._last = snapshot, answer

    @property
    def of_answers(self) -> list[Look]:
        """Looks with their answers, the first and the last among them."""
        looks, (snapshot, answer) = self._asked.looks, self._last
        if snapshot is None or (looks and looks[-1].snapshot is snapshot):
            return looks
        return [*looks, Look(snapshot, answer)]
