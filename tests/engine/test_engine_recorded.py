"""Runs over recorded candles, funding and marks."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from engine_worlds import Told
from shared_data import shared

from btcli.config.loading import parse_system
from btcli.config.specs.instruments import load_instruments
from btcli.engine.loop import Pass, simulate
from btcli.engine.result import EngineResult
from btcli.engine.world import world_of
from btcli.exchange.face.events import EQUITY_COLUMNS
from btcli.features.plan import plan_features
from btcli.market.loader import load_run_inputs
from btcli.market.reader import FrameReader
from btcli.market.series import Series
from btcli.market.window import load_window
from btcli.strategies.finding import find_strategy
from btcli.timeframe import UNIT_MS

HOUR = UNIT_MS["h"]
DERIVED = """
system: derived
venue: binance
symbols: [BTCUSDT]
timeframes: {exec: 5m, ltf: 15m, mtf: 1h, htf: 4h}
windows: {q1: {start: 2024-01-01, end: 2024-03-31}}
account: {leverage: 5}
fills: {mark_source: last}
data: {derive_from: 5m, funding_mark: 8h}
risk: {sizing: {risk_pct: 1}}
strategy: {use: mtf_trend}
"""
MARKED = """
system: marked
venue: binance
symbols: [BTCUSDT]
timeframes: {ltf: 1h}
windows: {w: {start: 2024-03-01, end: 2024-06-29}}
account: {leverage: 50}
risk: {sizing: {margin_pct: 5}, on_liquidation: continue}
strategy: {use: ema_rsi_atr, params: {atr_stop: 6, atr_target: 6}}
"""


def candles(name: str) -> pl.DataFrame:
    """A recorded candle file as the store gives it out."""
    frame = pl.read_parquet(shared(f"data/{name}.parquet")).sort("ts")
    return frame.select(pl.col("ts").dt.epoch("ms").alias("ts_open"), "open", "high", "low", "close", "volume")


def funding(name: str) -> pl.DataFrame:
    """A recorded funding file as the store gives it out."""
    frame = pl.read_parquet(shared(f"data/{name}.parquet")).sort("ts")
    return frame.select(pl.col("ts").dt.epoch("ms").alias("ts"), pl.col("funding_rate").alias("rate"))


def recorded(text: str, window: str, frames: dict[tuple[str, str], pl.DataFrame]) -> tuple[EngineResult, Told]:
    """Run a system on frames by series kind and timeframe."""
    system = parse_system(text, "recorded.yml")
    found = find_strategy(system.strategy.use, Path(), system.strategy.params)
    plan = plan_features(found.features)
    reader = FrameReader({Series("binance", "BTCUSDT", kind, tf): frame for (kind, tf), frame in frames.items()})  # type: ignore[arg-type]
    span = system.window(window)
    spans = load_window(system, window, span.start_ms, span.end_ms, plan.warmup_bars())
    told = Told()
    world = world_of(system, load_run_inputs(reader, system, spans), load_instruments(system), [plan])
    result = simulate(world, Pass([found.make]), told)
    return result, told


def test_a_quarter_of_recorded_candles_runs_to_its_end() -> None:
    """mtf_trend trades on derived timeframes, funding settles every 8 h on the mark opens, equity reaches the end."""
    marks = candles("BTCUSDT-8h-mark-cyft")
    result, told = recorded(
        DERIVED,
        "q1",
        {
            ("trade", "5m"): candles("BTCUSDT-5m-perp-cyft"),
            ("funding", ""): funding("BTCUSDT-funding-cyft"),
            ("mark", "8h"): marks,
        },
    )
    assert result.status == "END_OF_DATA"
    assert len(told.all_trades) > 20
    assert told.ts_close[-1] == 1_711_929_600_000  # 2024-04-01T00:00Z
    opens = dict(zip(marks["ts_open"], marks["open"], strict=True))
    settled = told.named("funding_settled")
    assert {event.ts // HOUR % 24 for event in settled} == {0, 8, 16}
    for event in settled:
        assert event.ts % HOUR == 0
        assert event.fields["mark_price"] == opens[event.ts]


def test_liquidations_on_recorded_marks_lose_the_position_margin() -> None:
    """At 50x with far stops at least 20 positions are liquidated, each for the margin it had, and the run goes on."""
    result, told = recorded(
        MARKED,
        "w",
        {
            ("trade", "1h"): candles("BTCUSDT-1h-perp-saam2024h1"),
            ("funding", ""): funding("BTCUSDT-funding-saam2024h1"),
            ("mark", "1h"): candles("BTCUSDT-1h-mark-saam2024h1"),
        },
    )
    liquidated = told.named("liquidated")
    assert result.status == "END_OF_DATA"
    assert len(liquidated) >= 20
    for event in liquidated:
        lost = event.fields["fee_usdt"] - event.fields["pnl_usdt"]
        assert lost == pytest.approx(event.fields["margin_usdt"], rel=1e-9)
    marks = [row[EQUITY_COLUMNS.index("mark_price")] for row in told.rows]
    recorded_marks = candles("BTCUSDT-1h-mark-saam2024h1").filter(pl.col("ts_open") >= 1_709_251_200_000)
    assert marks[:100] == recorded_marks["close"].to_list()[:100]
