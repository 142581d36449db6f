"""A run in bars longer than the funding interval pays what a run in shorter bars does, to its end."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from cli_worlds import say

FIRST_MS = 1_704_067_200_000  # 2024-01-01
HOUR_MS = 3_600_000
SYSTEM = """\
system: long_bars
venue: sample
symbols: [TENUSDT]
timeframes: {ltf: 8h}
account: {initial_equity_usdt: 10000, leverage: 10}
costs: {taker_fee_rate: 0, maker_fee_rate: 0, slippage_bps: 0, stop_slippage_bps: 0}
fills: {mark_source: last}
risk: {sizing: {qty: 1}}
instruments:
  TENUSDT: {tick_size: 0.1, qty_step: 0.001, min_qty: 0.001, max_qty: 1000000,
            tiers: [{limit_usdt: 1000000000, maintenance_rate: 0.005, max_leverage: 100}]}
strategy: {use: "once.py:Once"}
"""
ONCE = f"""\
from btcli.strategies import Direction, Signal, Strategy


class Once(Strategy):
    def decide(self, snapshot):
        return Signal(Direction.LONG) if snapshot.ts_close == {FIRST_MS + 48 * HOUR_MS} else None
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with eight flat days at 100 USDT in bars of 1 h, 8 h and a day, funding of 0.01 % every 8 h."""
    folder = tmp_path_factory.mktemp("long_bars")
    (folder / "system.yml").write_text(SYSTEM)
    (folder / "once.py").write_text(ONCE)
    named = ("--venue", "sample", "--symbol", "TENUSDT")
    for hours in (1, 8, 24):
        rows = "".join(f"{FIRST_MS + n * hours * HOUR_MS},100,100,100,100,5\n" for n in range(192 // hours))
        (folder / f"bars{hours}.csv").write_text("open_time,open,high,low,close,volume\n" + rows)
        assert say(folder, "data", "import", f"bars{hours}.csv", *named, "--series", "trade").code == 0
    rows = "".join(f"{FIRST_MS + n * 8 * HOUR_MS},0.0001\n" for n in range(-6, 24))
    (folder / "funding.csv").write_text("fundingTime,fundingRate\n" + rows)
    assert say(folder, "data", "import", "funding.csv", *named).code == 0
    return folder


@pytest.mark.parametrize("timeframe", ["1h", "8h", "1d"])
def test_all_settlements_of_two_days_are_paid(world: Path, timeframe: str) -> None:
    """A long from 01-03 00:00 to the end of 01-04 pays the five settlements between, 0.01 USDT each, in any bars."""
    said = say(
        world, "run", "--set", f"timeframes.ltf={timeframe}", "--start", "2024-01-02", "--end", "2024-01-04", "--json"
    )
    assert said.code == 0, said.err
    with (world / said.envelope["data"]["run_dir"] / "trades.csv").open() as file:
        (trade,) = csv.DictReader(file)
    assert (trade["entry_ts"], trade["exit_ts"]) == ("2024-01-03T00:00:00.000Z", "2024-01-05T00:00:00.000Z")
    assert float(trade["funding_usdt"]) == pytest.approx(0.05, abs=1e-12)
