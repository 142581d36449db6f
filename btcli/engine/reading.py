"""Single rows of bars and features as plain Python numbers, converted a block at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import isnan
from types import MappingProxyType
from typing import Any

from btcli.market.series import Bar, Bars, Floats, Role
from btcli.strategies.snapshot import FeatureSnapshot

BLOCK = 512
NOTHING: Mapping[str, float] = MappingProxyType({})
Row = tuple[Any, ...]


class RowReader:
    """Rows across columns of equal length; reading upward converts every block once, and only one is kept."""

    def __init__(self, columns: Sequence[Any]) -> None:
        self._columns = tuple(columns)
        self._start = -BLOCK
        self._rows: list[Row] = []

    def __call__(self, index: int) -> Row:
        if not 0 <= index - self._start < BLOCK:
            self._start = index - index % BLOCK
            block = slice(self._start, self._start + BLOCK)
            self._rows = list(zip(*(column[block].tolist() for column in self._columns), strict=True))
        return self._rows[index - self._start]


def bar_reader(symbol: str, timeframe: str, bars: Bars) -> Callable[[int], Bar]:
    """Reads the bar at an index."""
    row = RowReader(bars)
    return lambda index: Bar(symbol, timeframe, *row(index))


def feature_reader(
    role: Role, bar_at: Callable[[int], Bar], timeframe: str, columns: Mapping[str, Floats]
) -> Callable[[int], FeatureSnapshot]:
    """Reads the snapshot of the bar at an index; -1 gives the placeholder from before the first close."""
    names = tuple(columns)
    row = RowReader(tuple(columns.values()))
    nothing_yet = FeatureSnapshot(timeframe, None, None, NOTHING, False, f"no {role} bar ({timeframe}) has closed yet")

    def read(index: int) -> FeatureSnapshot:
        if index < 0:
            return nothing_yet
        bar = bar_at(index)
        values = row(index) if names else ()
        features = MappingProxyType(dict(zip(names, values, strict=True)))
        if any(map(isnan, values)):
            missing = ", ".join(name for name in names if isnan(features[name]))
            return FeatureSnapshot(timeframe, bar.ts_close, bar, features, False, f"{role} has no {missing} yet")
        return FeatureSnapshot(timeframe, bar.ts_close, bar, features, True)

    return read
