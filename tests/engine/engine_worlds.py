"""Small markets, systems and strategies for the tests of the engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from btcli.config.loading import parse_system
from btcli.config.model import System
from btcli.config.specs.instruments import load_instruments
from btcli.engine.loop import Pass, simulate
from btcli.engine.result import EngineResult
from btcli.engine.world import World, world_of
from btcli.exchange.face.events import EQUITY_COLUMNS, Event, Trade
from btcli.features.plan import plan_features
from btcli.market.loader import RunInputs, load_run_inputs
from btcli.market.reader import FrameReader
from btcli.market.series import Floats, Millis, Series
from btcli.market.window import load_window
from btcli.strategies import RuntimeSnapshot, Signal, Strategy

MINUTE = 60_000
START = 1_704_067_200_000  # 2024-01-01T00:00Z
SYMBOL = "BTCUSDT"
MARK_PRICE = EQUITY_COLUMNS.index("mark_price")

SYSTEM = """
system: small
venue: sample
symbols: {symbols}
timeframes: {timeframes}
windows: {{w: {{start: 2024-01-01T00:00Z, end: "{end}"}}}}
account: {{initial_equity_usdt: 10000, leverage: {leverage}{account}}}
fills: {{mark_source: {mark}{fills}}}
data: {{derive_from: 1m}}
risk: {{sizing: {{{sizing}}}{risk}}}
output: {{events: {events}}}
instruments: {instruments}
features: {features}
strategy: {{use: ema_rsi_atr}}
"""

SPECS = (
    "{tick_size: 0.5, qty_step: 0.001, min_qty: 0.001, max_qty: 100,"
    " tiers: [{limit_usdt: 1000000, maintenance_rate: 0.005, max_leverage: 100}]}"
)


def system_of(
    minutes: int,
    timeframes: str = "{exec: 1m, ltf: 5m, mtf: 15m, htf: 1h}",
    *,
    features: str = "{}",
    risk: str = "",
    sizing: str = "qty: 0.01",
    leverage: int = 5,
    mark: str = "last",
    events: str = "normal",
    symbols: Sequence[str] = (SYMBOL,),
    fills: str = "",
    account: str = "",
    lives: Mapping[str, str] | None = None,
) -> System:
    """A system over `minutes` from START on; symbols that are not packaged all get the specs SPECS.

    `lives` adds when a symbol was listed or delisted to such specs.
    """
    lives = lives or {}
    own = [symbol for symbol in symbols if symbol not in ("BTCUSDT", "ETHUSDT") or symbol in lives]
    end = np.datetime_as_string(np.datetime64(START + minutes * MINUTE, "ms"), unit="m") + "Z"
    text = SYSTEM.format(
        timeframes=timeframes,
        end=end,
        features=features,
        risk=risk,
        sizing=sizing,
        leverage=leverage,
        mark=mark,
        events=events,
        symbols=f"[{', '.join(symbols)}]",
        fills=fills,
        account=account,
        instruments="{" + ", ".join(f"{symbol}: {_specs(lives.get(symbol))}" for symbol in own) + "}"
        if own
        else "packaged",
    )
    return parse_system(text, "small.yml")


def _specs(life: str | None) -> str:
    return SPECS if life is None else f"{SPECS[:-1]}, {life}}}"


def candles(closes: Sequence[float], first_ms: int = START, spread: float = 5.0) -> pl.DataFrame:
    """One-minute candles with these closes; each opens at the close before it and reaches `spread` beyond both."""
    close = np.asarray(closes, dtype=np.float64)
    open_ = np.concatenate((close[:1], close[:-1]))
    ts_open = first_ms + np.arange(len(close), dtype=np.int64) * MINUTE
    high, low = np.maximum(open_, close) + spread, np.minimum(open_, close) - spread
    return pl.DataFrame(
        {
            "ts_open": ts_open,
            "open": open_,
            "high": high,
            "low": low,
            "close": close,
            "volume": np.full(len(close), 10.0),
        }
    )


def walk(minutes: int, seed: int = 1, history: int = 0) -> pl.DataFrame:
    """A seeded walk on ticks of 0.5 around 40,000, with `history` minutes before START."""
    random = np.random.Generator(np.random.PCG64(seed))
    closes = 40_000 + np.cumsum(random.integers(-40, 41, minutes + history)) / 2
    return candles(closes, START - history * MINUTE)


def inputs_of(
    system: System,
    trades: pl.DataFrame | Mapping[str, pl.DataFrame],
    marks: pl.DataFrame | None = None,
    funding: Mapping[int, float] | None = None,
) -> RunInputs:
    """What the loader makes of these frames for the system's only window; several symbols by their names."""
    rates = dict(funding or {})
    settled = pl.DataFrame(
        {"ts": list(rates), "rate": list(rates.values())}, schema={"ts": pl.Int64, "rate": pl.Float64}
    )
    frames = {Series("sample", SYMBOL, "funding", ""): settled}
    for symbol, frame in ({SYMBOL: trades} if isinstance(trades, pl.DataFrame) else trades).items():
        frames[Series("sample", symbol, "trade", "1m")] = frame
    if marks is not None:
        frames[Series("sample", SYMBOL, "mark", "1m")] = marks
    window = system.window("w")
    plan = plan_features(system.features)
    return load_run_inputs(
        FrameReader(frames), system, load_window(system, "w", window.start_ms, window.end_ms, plan.warmup_bars())
    )


@dataclass
class Told:
    """A sink that keeps everything."""

    all_events: list[Event] = field(default_factory=list)
    all_trades: list[Trade] = field(default_factory=list)
    ts_close: list[int] = field(default_factory=list)
    rows: list[list[float]] = field(default_factory=list)
    pieces: int = 0

    def events(self, events: Sequence[Event]) -> None:
        self.all_events += events
        self.pieces += 1

    def trades(self, trades: Sequence[Trade]) -> None:
        self.all_trades += trades

    def equity(self, ts_close: Millis, rows: Floats) -> None:
        self.ts_close += ts_close.tolist()
        self.rows += rows.tolist()

    def named(self, *names: str) -> list[Event]:
        return [event for event in self.all_events if event.name in names]


Answer = Callable[[RuntimeSnapshot], Signal | None]


class Scripted(Strategy):
    """Answers with a function, and keeps what it was shown."""

    def __init__(self, answer: Answer | None = None) -> None:
        super().__init__(None)
        self._answer = answer
        self.seen: list[RuntimeSnapshot] = []

    def decide(self, snapshot: RuntimeSnapshot) -> Signal | None:
        self.seen.append(snapshot)
        return self._answer(snapshot) if self._answer else None


def at(minute: int, signal: Signal, *more: Any) -> Answer:
    """Answers at the closes so many minutes after START: at(5, signal, 10, other, …)."""
    pairs = (minute, signal, *more)
    answers = {START + pairs[k] * MINUTE: pairs[k + 1] for k in range(0, len(pairs), 2)}
    return lambda snapshot: answers.get(snapshot.ts_close)


def run(
    system: System, inputs: RunInputs, strategy: Strategy | Callable[[], Strategy], **more: Any
) -> tuple[EngineResult, Told]:
    """Simulate and keep what was told."""
    told = Told()
    factory = (lambda: strategy) if isinstance(strategy, Strategy) else strategy
    result = simulate(world_of_run(system, inputs), Pass([factory] * len(system.symbols), **more), told)
    return result, told


def world_of_run(system: System, inputs: RunInputs) -> World:
    """The world of a system whose strategies ask for no features of their own."""
    plans = [plan_features(system.features)] * len(system.symbols)
    return world_of(system, inputs, load_instruments(system), plans)


def minutes_of(ts_ms: int) -> float:
    """A moment as minutes after START."""
    return (ts_ms - START) / MINUTE
