"""How large a page may be: a walk of prices by ticks, as a market makes it, with trades and features."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from recorded_values import trades_of
from report_contents import content

from btcli.market.series import Bars, Role
from btcli.report.content import Line, RunContent
from btcli.report.page import page_of

START = 1_704_067_200_000
MINUTE = 60_000
MEGABYTE = 1_000_000


def walk(rows: int, step_ms: int) -> Bars:
    """Candles in ticks of a tenth: moves of some thousandths of a percent, the wicks as long as the bodies."""
    rng = np.random.default_rng(11)
    opened = START + np.arange(rows, dtype=np.int64) * step_ms
    close = 400_000 + np.cumsum(np.rint(rng.normal(0.0, 120.0, rows)))
    before = np.concatenate([[400_000.0], close[:-1]])
    up, down = np.rint(np.abs(rng.normal(0.0, 120.0, (2, rows))))
    high, low = np.maximum(before, close) + up, np.minimum(before, close) - down
    return Bars(opened, opened + step_ms, before / 10.0, high / 10.0, low / 10.0, close / 10.0, np.ones(rows))


def feature(name: str, bars: Bars, length: int, role: Role = "ltf") -> Line:
    """The mean of so many closes."""
    mean = np.convolve(bars.close, np.ones(length) / length)[: bars.close.size]
    return Line(role, "1m", name, f"sma(close, {length})", bars.ts_close.astype(np.float64), mean)


def traded(rows: int, step_ms: int, trades: int) -> RunContent:
    """A run over these candles, with an equity row for each and trades all along."""
    bars = walk(rows, step_ms)
    equity = content().equity.clear()
    columns = {name: np.zeros(rows) for name in equity.columns[1:]}
    columns["equity_usdt"] = 1_000.0 + np.cumsum(np.random.default_rng(7).normal(0.0, 1.0, rows))
    closes = pl.Series("ts", bars.ts_close).cast(equity.schema["ts"])
    places = np.linspace(0, rows - 30, trades).astype(int)
    named = [{"net_pnl_usdt": float(place % 97) - 48.0, "tag": f"tag {place % 5}"} for place in places]
    return content(
        candles={"BTCUSDT": bars},
        features={"BTCUSDT": (feature("fast", bars, 12), feature("slow", bars, 48))},
        trades=trades_of(named),
        equity=pl.DataFrame({"ts": closes, **columns}, schema=equity.schema),
    )


def test_a_quarter_of_5m_is_small() -> None:
    """26,208 candles, 600 trades, two features and a row of equity for each candle: below 4 MB."""
    assert len(page_of([traded(26_208, 5 * MINUTE, 600)])) < 4 * MEGABYTE


@pytest.mark.long
def test_a_year_of_1m_is_no_larger_than_a_picture() -> None:
    """525,600 candles, 2,000 trades and two features of every minute: below 8 MB, and no candle is left out."""
    page = page_of([traded(525_600, MINUTE, 2_000)])
    assert len(page) < 8 * MEGABYTE
    assert b"more than a page holds" not in page
