"""The values that market data travels in once it has left the store."""

from __future__ import annotations

import shlex
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

SeriesKind = Literal["trade", "mark", "funding"]
OtherKind = Literal["signals"]  # rows of a file of the user's, which no store holds
Role = Literal["exec", "ltf", "mtf", "htf"]
ROLES: tuple[Role, ...] = ("exec", "ltf", "mtf", "htf")

PRICES = ("open", "high", "low", "close")

Millis = NDArray[np.int64]
Floats = NDArray[np.float64]


class Series(NamedTuple):
    """What a stored series is called; `timeframe` is "" for funding."""

    venue: str
    symbol: str
    kind: SeriesKind | OtherKind
    timeframe: str

    def __str__(self) -> str:
        return " ".join(part for part in self if part)

    @property
    def options(self) -> str:
        """For commands to paste, as "--venue bybit --symbol BTCUSDT --series trade --timeframe 5m"."""
        timeframe = f" --timeframe {self.timeframe}" if self.timeframe else ""
        return f"--venue {self.venue} --symbol {shlex.quote(self.symbol)} --series {self.kind}{timeframe}"


def stored_kind(series: Series) -> SeriesKind:
    """The kind of a series that a store may hold."""
    assert series.kind != "signals"
    return series.kind


class Bar(NamedTuple):
    """One closed candle; it covers [ts_open, ts_close) in milliseconds UTC."""

    symbol: str
    timeframe: str
    ts_open: int
    ts_close: int
    open: float
    high: float
    low: float
    close: float
    volume: float


class Bars(NamedTuple):
    """Closed candles of one series as columns of equal length, ascending, C-contiguous and writable."""

    ts_open: Millis
    ts_close: Millis
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats


class Candles(NamedTuple):
    """Rows of a candle series as the store has them: columns of equal length, opens in milliseconds UTC."""

    ts_open: Millis
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats


class Settlements(NamedTuple):
    """Rows of a funding series as the store has them: times in milliseconds UTC as received, rates as fractions."""

    ts: Millis
    rate: Floats


Rows = Candles | Settlements


class FundingRates(NamedTuple):
    """Settlement times (milliseconds UTC, floored to the minute), rates as fractions; positive is paid by longs."""

    ts: Millis
    rate: Floats
