"""A small system of rules with its candles, and what a run of its own gives for any values of it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).parents[1] / "engine"))

from engine_worlds import MINUTE, START, SYMBOL, candles

from btcli.config.changing import changed, tree_of
from btcli.config.loading import parse_system
from btcli.config.model import System
from btcli.engine.world import World
from btcli.market.loader import load_run_inputs
from btcli.market.reader import FrameReader
from btcli.market.series import ROLES, Series
from btcli.simulation.parts import Prepared, prepared
from btcli.simulation.passes import world_for
from btcli.simulation.recorded import simulate_into

DAYS = 4
HISTORY_DAYS = 3

TEXT = """
system: many
venue: sample
symbols: [{symbols}]
timeframes: {timeframes}
windows: {{w: {{start: 2024-01-01T00:00Z, end: 2024-01-05T00:00Z}}}}
account: {{initial_equity_usdt: 10000, leverage: 5}}
costs: {{slippage_bps: 1}}
fills: {{mark_source: mark}}
data: {{derive_from: 1m}}
risk: {{sizing: {{qty: 0.05}}, on_opposite_signal: reverse}}
features: {{ltf: {{f: "ema(close, 5)", s: "ema(close, 30)"}}, htf: {{t: "sma(close, 3)"}}}}
strategy:
  params: {{far: 1.0}}
  rules:
    long: {{enter: "cross_above(f, s) and htf.close > htf.t"}}
    short: {{enter: "cross_below(f, s)", exit: "close > htf.t * 1.01"}}
    stop: "far * 0.004 * close"
    target: "far * 0.008 * close"
"""


def system_of(timeframes: str = "{exec: 1m, ltf: 5m, htf: 1h}", symbols: tuple[str, ...] = (SYMBOL,)) -> System:
    """The system."""
    return parse_system(TEXT.format(timeframes=timeframes, symbols=", ".join(symbols)), "many.yml")


def reader_of(system: System) -> FrameReader:
    """Seeded walks of candles, marks near them, and funding every eight hours, with history before the window."""
    frames: dict[Series, pl.DataFrame] = {}
    settled = [START - 8 * 60 * MINUTE + n * 8 * 60 * MINUTE for n in range(3 * DAYS + 2)]
    for seed, symbol in enumerate(system.symbols, 7):
        random = np.random.Generator(np.random.PCG64(seed))
        minutes = (DAYS + HISTORY_DAYS) * 1440
        closes = 40_000 + np.cumsum(random.normal(0.0, 25.0, minutes)).round(1)
        traded = candles(closes.tolist(), START - HISTORY_DAYS * 1440 * MINUTE)
        frames[Series("sample", symbol, "trade", "1m")] = traded
        frames[Series("sample", symbol, "mark", "1m")] = traded.with_columns(pl.col("close") + 0.3)
        rates = random.normal(0.0001, 0.0004, len(settled)).round(6).tolist()
        frames[Series("sample", symbol, "funding", "")] = pl.DataFrame({"ts": settled, "rate": rates})
    return FrameReader(frames)


def parts_of(system: System) -> Prepared:
    """The parts of a run over the system's window."""
    return prepared(system, "w", system.window("w"), Path())


def world_of_trials(system: System, reader: FrameReader, widest: Mapping[str, Any]) -> World:
    """The world of a system, with as much history as the system with some values changed needs."""
    parts = parts_of(system)
    spans = parts_of(changed(system, tree_of(system), widest)).spans
    return world_for(parts, load_run_inputs(reader, parts.system, spans))


def metrics_of_both(
    one: Mapping[str, Any], other: Mapping[str, Any], folder: Path
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What runs of the system give with the one and the other changes, which load the same before the window."""
    system = system_of()
    first, second = (parts_of(changed(system, tree_of(system), each)).spans for each in (one, other))
    assert [first.role(role).warmup_bars for role in ROLES] == [second.role(role).warmup_bars for role in ROLES]
    reader = reader_of(system)
    return metrics_alone(system, reader, one, folder / "one"), metrics_alone(system, reader, other, folder / "other")


def metrics_alone(system: System, reader: FrameReader, changes: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The metrics of a run of its own, as they stand in metrics.json."""
    parts = parts_of(changed(system, tree_of(system), changes))
    folder.mkdir()
    return simulate_into(folder, parts, load_run_inputs(reader, parts.system, parts.spans)).metrics
