"""Small systems and series for the tests of windows, loading and health."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl

from btcli.market.series import Bars, Series
from btcli.timeframe import Timeframe

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def ms(text: str) -> int:
    """Milliseconds of an ISO time in UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1000


def system(  # a stand-in with the attribute paths of the YAML
    frames: tuple[str, str, str, str] = ("5m", "15m", "1h", "4h"),
    *,
    derive_from: str | None = None,
    funding_mark: str | None = None,
    mark_source: str = "last",
    missing: str = "refuse",
    venue: str = "binance",
    symbols: Sequence[str] = ("BTCUSDT",),
    funding: str = "settled",
) -> Any:
    roles = dict(zip(("exec", "ltf", "mtf", "htf"), map(Timeframe.parse, frames), strict=True))
    return SimpleNamespace(
        system="test",
        venue=venue,
        env="live",
        symbols=tuple(symbols),
        timeframes=SimpleNamespace(**roles),
        observed={},
        costs=SimpleNamespace(funding=funding),
        fills=SimpleNamespace(mark_source=mark_source),
        data=SimpleNamespace(
            derive_from=Timeframe.parse(derive_from) if derive_from else None,
            funding_mark=Timeframe.parse(funding_mark) if funding_mark else None,
            gaps="refuse",
        ),
        warmup=SimpleNamespace(missing=missing),
    )


def series(kind: str, timeframe: str = "", symbol: str = "BTCUSDT", venue: str = "binance") -> Series:
    return Series(venue, symbol, kind, timeframe)  # type: ignore[arg-type]


def candles(timeframe: str, start_ms: int, end_ms: int, price: float = 100.0, seed: int = 1) -> pl.DataFrame:
    """A healthy walk of candles with opens in [start_ms, end_ms): every open is the close before it."""
    step = Timeframe.parse(timeframe).ms
    ts_open = np.arange(start_ms, end_ms, step, dtype=np.int64)
    rng = np.random.Generator(np.random.PCG64(seed))
    close = price + np.cumsum(rng.integers(-5, 6, ts_open.size)) * 0.01
    opened = np.concatenate([[price], close[:-1]])[: ts_open.size]
    return pl.DataFrame(
        {
            "ts_open": ts_open,
            "open": opened,
            "high": np.maximum(opened, close) + 0.02,
            "low": np.minimum(opened, close) - 0.02,
            "close": close,
            "volume": rng.integers(1, 100, ts_open.size) / 10.0,
        }
    )


def frame_of(bars: Bars) -> pl.DataFrame:
    names = ("ts_open", "open", "high", "low", "close", "volume")
    return pl.DataFrame({name: getattr(bars, name) for name in names})


def funding(start_ms: int, end_ms: int, interval_ms: int = 8 * HOUR, jitter_ms: int = 0) -> pl.DataFrame:
    ts = np.arange(start_ms, end_ms, interval_ms, dtype=np.int64) + jitter_ms
    return pl.DataFrame({"ts": ts, "rate": np.full(ts.size, 0.0001)})


def without(frame: pl.DataFrame, *opens: int, column: str = "ts_open") -> pl.DataFrame:
    return frame.filter(~pl.col(column).is_in(list(opens)))
