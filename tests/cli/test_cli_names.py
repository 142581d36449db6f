"""One name for one thing at every door: symbols and lengths in any spelling of the field, in any alphabet."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_worlds import say

HOUR = 3_600_000
NEW_YEAR = 1_704_067_200_000
CANDLES = "open_time,open,high,low,close,volume\n" + "".join(
    f"{NEW_YEAR + n * HOUR},100,101,99,100,5\n" for n in range(72)
)
FUNDING = "fundingTime,fundingRate\n" + "".join(f"{NEW_YEAR + (n - 48) * HOUR},0.0001\n" for n in range(0, 128, 8))
SYSTEM = """\
system: t
venue: binance
symbols: [SYMBOL]
timeframes: {ltf: 1h}
windows: {w: {start: 2024-01-02, end: 2024-01-02}}
fills: {mark_source: last}
risk: {sizing: {qty: 1}}
instruments:
  SYMBOL:
    {tick_size: 0.1, qty_step: 0.001, min_qty: 0.001, max_qty: 1000,
     tiers: [{limit_usdt: 1000000, maintenance_rate: 0.005, max_leverage: 100}]}
strategy: {use: "s.py:S"}
"""
STRATEGY = """\
from btcli.strategies import Direction, Signal, Strategy


class S(Strategy):
    def decide(self, snapshot):
        return None if snapshot.exchange.has_position else Signal(Direction.LONG, stop_distance=5.0)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two files that do not say whose they are, and a strategy."""
    (tmp_path / "candles.csv").write_text(CANDLES)
    (tmp_path / "funding.csv").write_text(FUNDING)
    (tmp_path / "s.py").write_text(STRATEGY)
    return tmp_path


def imported(folder: Path, symbol: str, timeframe: str = "1h") -> None:
    """Put both files into the store."""
    whose = ("--venue", "binance", "--symbol", symbol)
    done = say(folder, "data", "import", "candles.csv", *whose, "--series", "trade", "--timeframe", timeframe)
    assert done.code == 0, done.err
    assert say(folder, "data", "import", "funding.csv", *whose).code == 0


def stored(folder: Path) -> list[str]:
    """The series of the store."""
    found = say(folder, "data", "list", "--json").envelope["data"]["series"]
    named = ((each["venue"], each["symbol"], each["series"], each["timeframe"]) for each in found)
    return sorted(" ".join(part for part in parts if part) for parts in named)


@pytest.mark.parametrize("symbol", ["btcusdt", "BTC/USDT:USDT", "BTC-USDT-SWAP", "BTC_USDT", "BTCUSDT.P"])
def test_every_spelling_is_one_series(folder: Path, symbol: str) -> None:
    """Import, export and delete call the same series by any of them; the store has it once."""
    imported(folder, symbol, "60m")
    imported(folder, "BTCUSDT")
    assert stored(folder) == ["binance BTCUSDT funding", "binance BTCUSDT trade 1h"]
    named = ("--venue", "binance", "--symbol", symbol, "--series", "trade", "--timeframe", "60m")
    assert say(folder, "data", "export", "out.csv", *named).code == 0
    assert say(folder, "data", "delete", *named, "--yes").code == 0
    assert stored(folder) == ["binance BTCUSDT funding"]


@pytest.mark.parametrize("symbol", ["BTCUSDT_240628", "BTC/USD:BTC", "BTC USDT!", ""])
@pytest.mark.parametrize("verb", ["import", "export", "delete", "sync"])
def test_what_is_no_perpetual_is_refused_at_the_door(folder: Path, verb: str, symbol: str) -> None:
    """Exit 2 in every verb, before anything is read or stored."""
    arguments = {
        "import": ("candles.csv", "--series", "trade"),
        "export": ("out.csv", "--series", "trade", "--timeframe", "1h"),
        "delete": ("--series", "trade", "--timeframe", "1h", "--yes"),
        "sync": ("--start", "2024-01-01", "--end", "2024-01-02"),
    }[verb]
    said = say(folder, "data", verb, *arguments, "--venue", "binance", "--symbol", symbol, "--json")
    assert said.code == 2
    assert not (folder / "data").exists()


@pytest.mark.parametrize("symbol", ["币安人生USDT", "ИСКРАUSDT", "ΔUSDT"])
def test_another_alphabet_goes_all_the_way(folder: Path, symbol: str) -> None:
    """Import, list, preflight, run with its pack, show, explain, replay from the pack alone, export."""
    (folder / "system.yml").write_text(SYSTEM.replace("SYMBOL", symbol), encoding="utf-8")
    imported(folder, symbol)
    assert stored(folder) == [f"binance {symbol} funding", f"binance {symbol} trade 1h"]
    assert say(folder, "preflight").code == 0
    done = say(folder, "run", "--pack")
    assert done.code == 0, done.err
    assert say(folder, "show", "latest").code == 0
    assert symbol in say(folder, "explain", "latest", "--trade", "1").out
    assert say(folder, "replay", "latest", "--pack-only").out.splitlines()[-1] == "replay: identical"
    named = ("--venue", "binance", "--symbol", symbol, "--series", "trade", "--timeframe", "1h")
    assert say(folder, "data", "export", "out.parquet", *named).code == 0


def test_a_symbol_in_another_spelling_is_told_at_its_key(folder: Path) -> None:
    """The config wants the one spelling, and says which, under symbols and as a key alike."""
    (folder / "system.yml").write_text(SYSTEM.replace("SYMBOL", "btc-usdt-swap"))
    errors = say(folder, "preflight", "--json").envelope["errors"]
    assert len(errors) == 2
    assert all("'btc-usdt-swap' must be made of capital letters and digits" in error["message"] for error in errors)
    assert {error["hint"] for error in errors} == {"did you mean BTCUSDT?"}
