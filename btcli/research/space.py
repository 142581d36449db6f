"""The trials of a sweep by their numbers, from 1 on: all points of a grid, or some that are drawn."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from math import prod
from typing import Any

from btcli.errors import RequestError
from btcli.frozen import frozen
from btcli.research.axes import Axis, Continuous, axes_of, count_of

MOST_TRIALS = 1_000_000
ROUNDS = 6
WHOLE = 1 << 64
FEWER = "take wider steps, or draw some of them: --random 1000"


@frozen
class Space:
    """Axes, and how many points of them are drawn with which seed; None: every point is a trial.

    A grid counts as numbers do: the last axis changes with every trial. A draw hangs on the seed and the trial's
    number alone: sha256 of both (docs/sweeps.md says how), whoever makes it and however many others are made.
    """

    axes: tuple[Axis, ...]
    draws: int | None
    seed: int

    @property
    def points(self) -> int | None:
        """How many points there are; None where an axis is continuous."""
        counts = [count_of(axis.values) for axis in self.axes]
        return None if None in counts else prod(count or 0 for count in counts)

    @property
    def trials(self) -> int:
        """How many trials there are."""
        points = self.points
        assert points is not None or self.draws is not None
        return points or 0 if self.draws is None else self.draws

    def places(self, trial: int) -> tuple[int | None, ...]:
        """Which value of each axis a trial has; None for an axis that is continuous."""
        points = self.points
        if points is None:
            return tuple(self._drawn(axis, trial) for axis in self.axes)
        point = trial - 1 if self.draws is None else shuffled(trial - 1, points, self.seed)
        places = []
        for axis in reversed(self.axes):
            point, place = divmod(point, count_of(axis.values) or 1)
            places.append(place)
        return tuple(reversed(places))

    def changes(self, trial: int) -> dict[str, Any]:
        """The values of a trial by their dotted keys."""
        return {
            axis.key: self._value(axis, place, trial) for axis, place in zip(self.axes, self.places(trial), strict=True)
        }

    def _value(self, axis: Axis, place: int | None, trial: int) -> Any:
        if isinstance(axis.values, Continuous):
            low, high = axis.values.low, axis.values.high
            share = (bits(self.seed, trial, axis.key) >> 11) / (1 << 53)
            return min(high, low + (high - low) * share)
        assert place is not None
        return axis.values[place]

    def _drawn(self, axis: Axis, trial: int) -> int | None:
        count = count_of(axis.values)
        return None if count is None else bits(self.seed, trial, axis.key) * count >> 64


def space_of(grid: Sequence[str], draws: int | None, seed: int) -> Space:
    """What the options of a sweep ask for; nothing of it is written out.

    Raises RequestError for what is no grid, for a seed where nothing is drawn, for more trials than a sweep has, and
    for more draws than points.
    """
    if not grid:
        raise RequestError("a sweep needs something that varies", where="--grid", hint="as --grid risk.sizing.qty=1..5")
    if seed and draws is None:
        raise RequestError("nothing is drawn that a seed could change", where="--seed", hint="draw some: --random 100")
    space = Space(axes_of(grid), draws, seed)
    points = space.points
    if draws is None and points is None:
        axis = next(axis for axis in space.axes if isinstance(axis.values, Continuous))
        raise RequestError(
            "a range without a step has no end of values",
            where=f"--grid {axis.key}",
            hint=f"give it a step, as in {axis.key}=…:0.1, or draw some values: --random 100",
        )
    if draws is not None and points is not None and draws > points:
        raise RequestError(
            f"{draws:,} draws of {points:,} points", where="--random", hint="leave it out: each point is then a trial"
        )
    if space.trials > MOST_TRIALS:
        said = f"{told_count(space.trials)} trials; a sweep has at most {MOST_TRIALS:,}"
        raise RequestError(said, where="--grid" if draws is None else "--random", hint=FEWER)
    return space


def told_count(count: int) -> str:
    """A number that may have very many digits."""
    text = f"{count:,}"
    return text if len(text) <= 30 else f"more than 10 ** {len(str(count)) - 1}"


def shuffled(place: int, count: int, seed: int) -> int:
    """Where a place goes when `count` places are shuffled with a seed; each goes to a place of its own.

    A Feistel network (Luby and Rackoff 1988) over the next even number of bits, walked on until it ends inside.
    """
    half = ((count - 1).bit_length() + 1) // 2 or 1
    mask = (1 << half) - 1
    while True:
        left, right = place >> half, place & mask
        for turn in range(ROUNDS):
            left, right = right, left ^ (_hashed(f"{seed}/{turn}/{right}") & mask)
        place = left << half | right
        if place < count:
            return place


def bits(seed: int, trial: int, key: str) -> int:
    """64 bits for one key of one trial."""
    return _hashed(f"{seed}/{trial}/{key}")


def _hashed(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
