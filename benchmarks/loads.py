"""The loads of the bench: the command of each, and the stores and files that they need, made in a scratch folder.

The shared loads are read from the folder that is handed in, never copied into the repository.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import NamedTuple

from measuring import python

MINUTES = 525_600
GENERATOR = "year_of_1m.py"
BYBIT, SAMPLE = "shared", "sample"  # the stores, named after who made the candles


class Load(NamedTuple):
    """A run: its file, its window, the store that it reads, and what is set in the file (`key=value`)."""

    name: str
    system: str
    window: str
    store: str
    sets: tuple[str, ...] = ()


SAMPLE_LOADS = (
    Load("mtf_trend, a year of 5m", "trend.yml", "one", SAMPLE),
    Load("1 symbol, a month of 1m, decides every 15m", "symbols_1.yml", "month", SAMPLE),
    Load("20 symbols, a month of 1m, decide every 15m", "symbols_20.yml", "month", SAMPLE),
)
MONTHS = (
    Load("W1 in Python, a month", "w1_python.yml", "m", BYBIT),
    Load("three timeframes, a month", "three_timeframes.yml", "m", BYBIT),
)
YEARS = (
    Load("W1 in Python, a year", "w1_python.yml", "y", BYBIT),
    Load("three timeframes, a year", "three_timeframes.yml", "y", BYBIT),
    Load("two symbols, a year, a thousand events", "events_few.yml", "y", BYBIT),
    Load("two symbols, a year, a million events", "events_all.yml", "y", BYBIT),
)

TREND = """\
system: trend
venue: sample
symbols: [BTCUSDT]
timeframes: {exec: 5m, ltf: 15m, mtf: 1h, htf: 4h}
windows: {one: {start: 2023-01-01, end: 2023-12-31}}
account: {initial_equity_usdt: 10000, leverage: 5}
risk: {sizing: {notional_pct: 50}}
strategy: {use: mtf_trend, params: {atr_stop: 3, atr_target: 5}}
"""
SYMBOLS = """\
system: symbols_NUMBER
venue: sample
symbols: [NAMES]
timeframes: {exec: 1m, ltf: 15m, mtf: 1h, htf: 4h}
windows: {month: {start: 2024-02-01, end: 2024-03-01}}
data: {derive_from: 1m}
account: {initial_equity_usdt: EQUITY, leverage: 5}
risk: {sizing: {notional_usdt: 1000}}
strategy: {use: mtf_trend}
instruments:
"""
SPECS = (
    "{tick_size: 0.00001, qty_step: 0.001, min_qty: 0.001, max_qty: 5000000,"
    " tiers: [{limit_usdt: 5000000, maintenance_rate: 0.01, max_leverage: 50}]}"
)
EVENTS = """\
system: events_NUMBER
venue: bybit
symbols: [BTCUSDT, ETHUSDT]
timeframes: {exec: 1m, ltf: 4h, mtf: 1d, htf: 1d}
windows: {y: {start: 2021-01-05, end: 2021-12-31}}
data: {derive_from: 1m}
account: {initial_equity_usdt: 100000, leverage: 5}
risk: {sizing: {qty: 0.1}}
strategy: {use: "silent.py:Silent"}
output: {events: NUMBER}
"""
SILENT = """\
from btcli.strategies import Strategy


class Silent(Strategy):
    def decide(self, snap):
        return None
"""


def write_sample_loads(folder: Path) -> str:
    """Systems and candles of btcli's own sample generator; what made them, to stand beside the figures."""
    (folder / "trend.yml").write_text(TREND)
    for number in (1, 20):
        names = [f"S{place:03}USDT" for place in range(number)]
        words = {"NUMBER": str(number), "NAMES": ", ".join(names), "EQUITY": str(10_000 * number)}
        rows = "".join(f"  {name}: {SPECS}\n" for name in names)
        (folder / f"symbols_{number}.yml").write_text(_filled(SYMBOLS, words) + rows)
    for system in ("trend.yml", "symbols_20.yml"):
        python(folder, "-m", "btcli", "data", "sample", system, "--data", SAMPLE)
    return "btcli data sample, seed 1"


def write_shared_loads(folder: Path, shared: Path) -> str:
    """The shared systems, and a store of the shared generator's year; that generator's digest.

    The second symbol has the candles of the first: only how many events there are matters to the loads that have one.
    """
    for path in shared.iterdir():
        if path.suffix in (".yml", ".py"):
            shutil.copyfile(path, folder / path.name)
    (folder / "silent.py").write_text(SILENT)
    for name, events in (("events_few.yml", "normal"), ("events_all.yml", "full")):
        (folder / name).write_text(_filled(EVENTS, {"NUMBER": events}))
    python(folder, str(shared / GENERATOR), str(MINUTES), "generated")
    for symbol in ("BTCUSDT", "ETHUSDT"):
        for file, series in (("ohlcv", "trade"), ("mark", "mark"), ("funding", "funding")):
            import_series(folder, f"generated/{file}_{MINUTES}.parquet", symbol, series)
    shutil.rmtree(folder / "generated")
    return f"{GENERATOR} {digest_of(shared / GENERATOR)}"


def import_series(folder: Path, file: str, symbol: str, series: str) -> None:
    """Import a file of 1m candles or of funding into the store of the shared loads."""
    timeframe = () if series == "funding" else ("--timeframe", "1m")
    words = ("--venue", "bybit", "--symbol", symbol, "--series", series, *timeframe, "--data", BYBIT)
    python(folder, "-m", "btcli", "data", "import", file, *words)


def _filled(text: str, words: dict[str, str]) -> str:
    for word, value in words.items():
        text = text.replace(word, value)
    return text


def digest_of(path: Path) -> str:
    """The beginning of a file's sha256."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
