"""Single bars and features as plain Python values, made a block at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import repeat
from math import isnan
from types import MappingProxyType
from typing import Generic, TypeVar

import numpy as np

from btcli.market.series import Bar, Bars, Floats, Millis, Role
from btcli.strategies.snapshot import FeatureSnapshot

BLOCK = 512
Named = Mapping[str, float]
Item = TypeVar("Item")


class BlockReader(Generic[Item]):
    """Items by index; reading upward makes every block once, and only one is kept."""

    def __init__(self, make: Callable[[slice], list[Item]]) -> None:
        self._make = make
        self._start = -BLOCK
        self._items: list[Item] = []

    def __call__(self, index: int) -> Item:
        offset = index - self._start
        if not 0 <= offset < BLOCK:
            self._start = index - index % BLOCK
            self._items = self._make(slice(self._start, self._start + BLOCK))
            offset = index - self._start
        return self._items[offset]


def bar_reader(symbol: str, timeframe: str, bars: Bars) -> Callable[[int], Bar]:
    """Reads the bar at an index."""
    as_bar: Callable[[tuple[object, ...]], Bar] = partial(tuple.__new__, Bar)  # Bar(...) itself is three times slower

    def make(block: slice) -> list[Bar]:
        columns = (column[block].tolist() for column in bars)
        return list(map(as_bar, zip(repeat(symbol), repeat(timeframe), *columns, strict=False)))

    return BlockReader(make)


def step_bar_reader(
    symbol: str, timeframe: str, ts_open: Millis, ts_close: Millis, prices: Sequence[Floats]
) -> Callable[[int], Bar]:
    """Reads the exec bar of a step where few of them are looked at; `prices` are O H L C V."""

    def read(step: int) -> Bar:
        candle = (column.item(step) for column in prices)
        return Bar._make((symbol, timeframe, ts_open.item(step), ts_close.item(step), *candle))

    return read


def named_reader(columns: Mapping[str, Floats]) -> Callable[[int], tuple[Named, bool]]:
    """Reads the values of all columns at an index, by name, and whether all of them are numbers."""
    names = tuple(columns)

    def make(block: slice) -> list[tuple[Named, bool]]:
        parts = [column[block] for column in columns.values()]
        are_ready = ~np.logical_or.reduce([np.isnan(part) for part in parts])
        rows = zip(*(part.tolist() for part in parts), strict=True)
        named = map(MappingProxyType, map(dict, map(zip, repeat(names), rows)))
        return list(zip(named, are_ready.tolist(), strict=True))

    nothing: Named = MappingProxyType({})
    return BlockReader(make) if names else lambda _: (nothing, True)


def too_early(role: Role, timeframe: str) -> str:
    """Why a role is not ready before its first close."""
    return f"no {role} bar ({timeframe}) has closed yet"


def lacking(role: Role, names: Sequence[str]) -> str:
    """Why a role is not ready while features of it have no value."""
    return f"{role} has no {', '.join(names)} yet"


def feature_reader(
    role: Role,
    bar_at: Callable[[int], Bar],
    timeframe: str,
    columns: Mapping[str, Floats],
    bare: Callable[[int], FeatureSnapshot] | None = None,
) -> Callable[[int], FeatureSnapshot]:
    """Reads the snapshot of the bar at an index; -1 gives the placeholder from before the first close.

    `bare` reads the bars that there are, for a role without features.
    """
    nothing_yet = FeatureSnapshot(timeframe, None, None, MappingProxyType({}), False, too_early(role, timeframe))
    named_at = named_reader(columns)

    def read(index: int) -> FeatureSnapshot:
        if index < 0:
            return nothing_yet
        if bare is not None:
            return bare(index)
        bar, (features, is_ready) = bar_at(index), named_at(index)
        if is_ready:
            return FeatureSnapshot(timeframe, bar.ts_close, bar, features, True)
        missing = lacking(role, [name for name, value in features.items() if isnan(value)])
        return FeatureSnapshot(timeframe, bar.ts_close, bar, features, False, missing)

    return read


def featureless_reader(bar_at: Callable[[int], Bar], timeframe: str) -> Callable[[int], FeatureSnapshot]:
    """As `feature_reader` for roles without features, which share what is read; only for bars that there are."""
    nothing: Named = MappingProxyType({})
    last: list[FeatureSnapshot] = []

    def read(index: int) -> FeatureSnapshot:
        bar = bar_at(index)
        if not last or last[0].bar is not bar:
            last[:] = [FeatureSnapshot(timeframe, bar.ts_close, bar, nothing, True)]
        return last[0]

    return read
