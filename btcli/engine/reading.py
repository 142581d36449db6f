"""Single bars and features as plain Python values, read where somebody asks for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import isnan, nan
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from btcli.engine.readiness import lacking, too_early
from btcli.market.closes import NO_CLOSE_YET
from btcli.market.series import Bar, Bars, Floats, Millis, Role
from btcli.strategies.snapshot import FeatureSnapshot, no_feature, no_signal
from btcli.strategies.values import frozen

Named = Mapping[str, float]
_NOTHING: Named = MappingProxyType({})


def indices_of(index: Millis) -> Sequence[int]:
    """The same integers, ascending, to be read one by one: a range where they count up, else in four bytes each."""
    if len(index) and index[-1] - index[0] == len(index) - 1 and (np.diff(index) == 1).all():
        return range(int(index[0]), int(index[-1]) + 1)
    read: Sequence[int] = readable(index.astype(np.int32))
    return read


def readable(column: Any) -> Any:
    """The same numbers as one block of memory, of which reading a single one is cheap."""
    block: Any = np.ascontiguousarray(column)
    return memoryview(block)


class BarReader:
    """Reads the bars of one timeframe; asked again for the last one, it gives the same object."""

    def __init__(self, symbol: str, timeframe: str, bars: Bars) -> None:
        self.timeframe = timeframe
        self.ts_close, self.close = readable(bars.ts_close), readable(bars.close)
        self._columns: tuple[Any, ...] = (symbol, timeframe, *(readable(column) for column in bars))
        self._last: tuple[int, Bar | None] = (-1, None)
        self.bare: list[Any] = [NO_CLOSE_YET, None]  # what roles without features share: the last bar they showed

    def at(self, index: int) -> Bar:
        """The bar at an index."""
        known, bar = self._last
        if bar is None or known != index:
            symbol, timeframe, ts_open, ts_close, opened, high, low, close, volume = self._columns
            numbers = ts_open[index], ts_close[index], opened[index], high[index], low[index], close[index]
            bar = _bar(Bar, (symbol, timeframe, *numbers, volume[index]))
            self._last = index, bar
        return bar


class RoleReader:
    """Reads one role: `index` gives the last bar that has closed by each step, -1 before the first.

    `columns` are its features by name, float64 along its bars, NaN where not available.
    """

    def __init__(self, role: Role, bars: BarReader, index: Sequence[int], columns: Mapping[str, Floats]) -> None:
        self.role, self.bars, self.close = role, bars, bars.close
        self.columns = {name: readable(column) for name, column in columns.items()}
        reason = too_early(role, bars.timeframe)
        self._nothing_yet = FeatureSnapshot(bars.timeframe, None, None, _NOTHING, False, reason)
        self._index = index
        self._last: list[Any] = [NO_CLOSE_YET, None] if columns else bars.bare

    def at(self, step: int) -> FeatureSnapshot:
        """The role as of the close of a step; until it closes again the same object."""
        index = self._index[step]
        if index < 0:
            return self._nothing_yet
        last = self._last
        if last[0] != index:
            shown = _new(ClosedBar)
            _put(shown, (self, index))
            last[0], last[1] = index, shown
        return last[1]  # type: ignore[no-any-return]

    def signals_at(self, step: int) -> Named:
        """Its columns as signals, all of them unknown until a bar has closed."""
        index = self._index[step]
        if index == NO_CLOSE_YET:
            return frozen(dict.fromkeys(self.columns, nan))
        shown = _new(SignalsAt)
        _place(shown, (self, index))
        return shown

    def missing(self, index: int) -> list[str]:
        """The features that have no value at a bar."""
        return [name for name, column in self.columns.items() if isnan(column[index])]


class ClosedBar(FeatureSnapshot):
    """A timeframe as of one closed bar, of which it holds where to read it."""

    __slots__ = ("_at",)
    if TYPE_CHECKING:
        _at: tuple[RoleReader, int]

    def __new__(cls, *values: Any, **named: Any) -> FeatureSnapshot:  # type: ignore[misc]
        """What is made of values, as `dataclasses.replace` does, holds these."""
        return FeatureSnapshot(*values, **named)

    def __getitem__(self, name: str) -> float:
        of, index = self._at
        try:
            value: float = of.columns[name][index]
        except KeyError:
            raise no_feature(self.timeframe, name, of.columns) from None
        return value

    @property
    def timeframe(self) -> str:
        return self._at[0].bars.timeframe

    @property
    def ts_close(self) -> int:
        of, index = self._at
        closed_ms: int = of.bars.ts_close[index]
        return closed_ms

    @property
    def bar(self) -> Bar:
        of, index = self._at
        return of.bars.at(index)

    @property
    def features(self) -> Named:
        shown = _new(FeaturesAt)
        _place(shown, self._at)
        return shown

    @property
    def ready(self) -> bool:
        of, index = self._at
        return not of.missing(index)

    @property
    def not_ready_reason(self) -> str | None:
        of, index = self._at
        missing = of.missing(index)
        return lacking(of.role, missing) if missing else None

    @property
    def close(self) -> float:
        of, index = self._at
        value: float = of.close[index]
        return value


class FeaturesAt(Mapping[str, float]):
    """The features of one closed bar by name, of which it holds where to read them."""

    __slots__ = ("_at",)
    if TYPE_CHECKING:
        _at: tuple[RoleReader, int]

    def __getitem__(self, name: str) -> float:
        of, index = self._at
        value: float = of.columns[name][index]
        return value

    def __contains__(self, name: object) -> bool:
        return name in self._at[0].columns

    def __iter__(self) -> Iterator[str]:
        return iter(self._at[0].columns)

    def __len__(self) -> int:
        return len(self._at[0].columns)

    def __repr__(self) -> str:
        return repr(dict(self))

    def __reduce__(self) -> tuple[Any, ...]:
        return frozen, (dict(self),)


class SignalsAt(FeaturesAt):
    """The columns of a file of signals as they were known at one close of ltf."""

    __slots__ = ()

    def __getitem__(self, name: str) -> float:
        of, index = self._at
        if name not in of.columns:
            raise no_signal(name, of.columns)
        value: float = of.columns[name][index]
        return value


_new, _bar = object.__new__, tuple.__new__  # Bar(...) itself is three times slower
_put, _place = ClosedBar.__dict__["_at"].__set__, FeaturesAt.__dict__["_at"].__set__
