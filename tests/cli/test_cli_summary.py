"""The summary's lines on how sure a run is: three orders of prices, and what finer candles settle."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from cli_worlds import say

from btcli.cli.shown.detail import detail_warnings
from btcli.market.store.where import Store
from btcli.simulation.detail import Detailed

TIGHT = """\
system: tight
venue: sample
symbols: [ETHUSDT]
timeframes: {exec: 15m, ltf: 15m, mtf: 1h, htf: 4h}
windows:
  january: {start: 2024-01-10, end: 2024-01-15}
account: {initial_equity_usdt: 10000, leverage: 10}
risk: {sizing: {risk_pct: 0.5}, on_opposite_signal: close}
strategy:
  use: mtf_trend
  params: {atr_stop: 0.7, atr_target: 0.8}
"""


@pytest.fixture(scope="module")
def tight(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Stops so near that four trades are ambiguous, on sample data without minutes."""
    folder = tmp_path_factory.mktemp("tight")
    (folder / "system.yml").write_text(TIGHT)
    assert say(folder, "data", "sample").code == 0
    return folder


def test_the_summary_shows_all_three_orders(tight: Path) -> None:
    """Each with its equity, the one that was recorded marked; the best is not below the worst here."""
    lines = [line.split() for line in say(tight, "run", "--full").out.splitlines() if " first (" in line]
    assert [line[3] for line in lines] == ["(pessimistic,", "(adaptive)", "(optimistic)"]
    assert lines[0][3:6] == ["(pessimistic,", "this", "run)"]
    worst, best = (float(line[-4].replace(",", "")) for line in (lines[0], lines[2]))
    assert worst < best


def test_missing_minutes_are_said_with_what_brings_them(tight: Path) -> None:
    """Without finer candles nothing is settled, and the warning names the command."""
    said = say(tight, "run", "--detail", "1m")
    assert said.code == 0
    assert "1m candles settled 0 of 4 ambiguous trades; 6 bars had none" in said.out
    assert (
        "6 bars in doubt without stored trade and mark candles of 1m: btcli data sample --detail 1m brings" in said.err
    )


def test_what_brings_minutes_brings_them_into_the_store_that_was_read(tmp_path: Path) -> None:
    """With a folder of its own the printed command names it, and pasted as it is it leaves nothing in doubt."""
    (tmp_path / "system.yml").write_text(TIGHT)
    store = ("--data", "my store")
    assert say(tmp_path, "data", "sample", *store).code == 0
    said = say(tmp_path, "run", "--detail", "1m", *store)
    (printed,) = re.findall(r"of 1m: btcli (.+) brings them", said.err)
    assert printed == "data sample --detail 1m --data 'my store'"
    assert say(tmp_path, *shlex.split(printed)).code == 0
    assert "in doubt" not in say(tmp_path, "run", "--detail", "1m", *store).err


@pytest.mark.parametrize(
    ("store", "printed"),
    [
        (Store(Path("data")), "--venue bybit --symbol BTCUSDT --symbol 'A&B' --timeframe 5m"),
        (Store(Path("/srv/a b")), "--venue bybit --symbol BTCUSDT --symbol 'A&B' --timeframe 5m --data '/srv/a b'"),
        (Store(Path("data"), "demo"), "--venue bybit --symbol BTCUSDT --symbol 'A&B' --timeframe 5m --env demo"),
    ],
)
def test_what_syncs_finer_candles_can_be_pasted(store: Store, printed: str) -> None:
    """The timeframe that is missing, each symbol quoted, and the store that the run has read."""
    config = {"venue": "bybit", "symbols": ["BTCUSDT", "A&B"], "fills": {"mark_source": "last"}}
    (said,) = detail_warnings(Detailed("5m", 2, 0, 1, 2, 100.0), config, store)
    assert said == f"1 bar in doubt without stored trade candles of 5m: btcli data sync {printed} brings them"


def test_minutes_settle_ambiguous_trades(tight: Path) -> None:
    """By the stored minutes trades 2 and 132 reached the stop first, 109 its target; 84 both within one minute."""
    assert say(tight, "data", "sample", "--detail", "1m").code == 0
    said = say(tight, "run", "--detail", "1m")
    assert "1m candles settled 3 of 4 ambiguous trades in 6 bars; final equity with them 7,816.20 USDT" in said.out
    assert "instead of 7,759.36" in said.out
    assert say(tight, "data", "sample").code == 0


def test_a_detail_that_cannot_be_is_refused_before_the_run(tight: Path) -> None:
    """As coarse as the steps themselves: exit 2, and no run was made."""
    said = say(tight, "run", "--detail", "15m", "--out", "elsewhere", "--json")
    assert said.code == 2
    (error,) = said.envelope["errors"]
    assert error["where"] == "--detail"
    assert not (tight / "elsewhere").exists()
