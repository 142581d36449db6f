"""The tools that fill the store: files, and generated data."""

from __future__ import annotations

from pathlib import Path

import pytest

from btcli.errors import RequestError
from btcli.market.series import Series
from btcli.market.store.reading import SyncEntry, open_store
from btcli.market.store.where import Store
from btcli.tools import ToolRegistry, registry_for
from btcli.workflows.data.stored import left_behind

NEW_YEAR = 1_704_067_200_000
HOUR = 3_600_000
DAY = 24 * HOUR


@pytest.fixture
def tools(tmp_path: Path) -> ToolRegistry:
    return registry_for(Store(tmp_path))


@pytest.fixture
def candle_file(tmp_path: Path) -> Path:
    path = tmp_path / "BTCUSDT-1h-2024-01.csv"
    rows = [f"{NEW_YEAR + n * HOUR},10,12,8,11,1.5,x" for n in range(4)]
    path.write_text("\n".join(["open_time,open,high,low,close,volume,more", *rows]) + "\n")
    return path


def log_of(folder: Path) -> list[SyncEntry]:
    with open_store(Store(folder)) as reader:
        return reader.sync_log()


def rows_of(folder: Path) -> dict[str, int]:
    with open_store(Store(folder)) as reader:
        return {str(each.series): each.rows for each in reader.coverage()}


def test_an_import_stores_rows_and_logs_the_file_by_name_and_digest(
    tools: ToolRegistry, candle_file: Path, tmp_path: Path
) -> None:
    """No path of this machine is in the log or in the result."""
    result = tools.execute("import_file", path=candle_file, venue="binance", series="trade").checked()
    assert rows_of(tmp_path) == {"binance BTCUSDT trade 1h": 4}
    [entry] = log_of(tmp_path)
    account = "series trade, instrument perpetual assumed, stamp open, clock UTC, volume coins assumed"
    assert (entry.tool, entry.source, entry.rows_new) == ("import_file", f"{candle_file.name} [{account}]", 4)
    assert entry.source_digest == result.details["digest"]
    assert result.rows == 4
    assert str(tmp_path) not in str((result.to_dict(), entry))


def test_the_result_shows_how_the_file_was_understood(tools: ToolRegistry, candle_file: Path) -> None:
    """Columns taken and ignored, times and timeframe are there for the screen."""
    detection = tools.execute("import_file", path=candle_file, venue="binance", series="mark").details["detection"]
    assert (detection.symbol, detection.timeframe, detection.times) == ("BTCUSDT", "1h", "ms since 1970")
    assert detection.columns["ts_open"] == "open_time"
    assert detection.ignored == ("more",)


def test_importing_again_changes_nothing(tools: ToolRegistry, candle_file: Path) -> None:
    """The second call counts its rows as the same."""
    for _ in range(2):
        result = tools.execute("import_file", path=candle_file, venue="binance", series="trade").checked()
    assert (result.rows, result.changed) == (0, False)
    assert "4 as before" in result.message


def test_a_dry_run_stores_nothing(tools: ToolRegistry, candle_file: Path, tmp_path: Path) -> None:
    """It reads and checks, and there is not even a store afterwards."""
    result = tools.execute("import_file", path=candle_file, venue="binance", series="trade", dry_run=True).checked()
    assert "4 rows could be imported" in result.message
    assert not result.changed
    assert list(tmp_path.iterdir()) == [candle_file]


def test_candles_do_not_say_whether_they_are_trades_or_marks(tools: ToolRegistry, candle_file: Path) -> None:
    """The series has to be said; funding is known by its column."""
    with pytest.raises(RequestError, match="--series trade or mark"):
        tools.execute("import_file", path=candle_file, venue="binance").checked()
    rates = candle_file.with_name("BTCUSDT-fundingRate-2024-01.csv")
    rates.write_text(f"calc_time,funding_interval_hours,last_funding_rate\n{NEW_YEAR},8,0.0001\n")
    result = tools.execute("import_file", path=rates, venue="binance").checked()
    assert [str(part.series) for part in result.ranges] == ["binance BTCUSDT funding"]


def test_an_unknown_venue_is_refused(tools: ToolRegistry, candle_file: Path) -> None:
    """The venue is never guessed, and never invented."""
    with pytest.raises(RequestError, match="binance"):
        tools.execute("import_file", path=candle_file, venue="kraken", series="trade").checked()


def test_a_refused_file_leaves_the_store_as_it_was(tools: ToolRegistry, candle_file: Path, tmp_path: Path) -> None:
    """One bad line among good ones, and not one row is stored."""
    candle_file.write_text(candle_file.read_text() + f"{NEW_YEAR + 4 * HOUR},10,12,8,nan,1,x\n")
    result = tools.execute("import_file", path=candle_file, venue="binance", series="trade")
    assert not result.ok
    assert ":6 close 'nan'" in result.message
    assert rows_of(tmp_path) == {}


def test_sample_data_fills_every_series_that_a_system_reads(tools: ToolRegistry, tmp_path: Path) -> None:
    """Trade and mark candles per timeframe, and three settlements a day."""
    result = tools.execute(
        "generate_sample", symbol="BTCUSDT", start_ms=NEW_YEAR, end_ms=NEW_YEAR + 2 * DAY, timeframes=["5m", "1h"]
    ).checked()
    assert rows_of(tmp_path) == {
        "sample BTCUSDT funding": 6,
        "sample BTCUSDT mark 1h": 48,
        "sample BTCUSDT mark 5m": 576,
        "sample BTCUSDT trade 1h": 48,
        "sample BTCUSDT trade 5m": 576,
    }
    assert result.rows == 6 + 2 * 48 + 2 * 576


def test_a_longer_sample_extends_a_shorter_one(tools: ToolRegistry) -> None:
    """What was there is the same; only the added day is new."""
    arguments = {"symbol": "ETHUSDT", "start_ms": NEW_YEAR, "timeframes": ["1h"]}
    tools.execute("generate_sample", end_ms=NEW_YEAR + DAY, **arguments).checked()
    longer = tools.execute("generate_sample", end_ms=NEW_YEAR + 2 * DAY, **arguments).checked()
    assert longer.rows == 24 + 24 + 3


def test_another_seed_replaces_the_whole_history(tools: ToolRegistry, tmp_path: Path) -> None:
    """Nothing of the first seed is left beside the second, which would be a jump in the price."""
    whole = {"symbol": "BTCUSDT", "start_ms": NEW_YEAR, "end_ms": NEW_YEAR + 3 * DAY}
    tools.execute("generate_sample", **whole, seed=1, timeframes=["1h", "4h"]).checked()
    part = {"symbol": "BTCUSDT", "start_ms": NEW_YEAR + DAY, "end_ms": NEW_YEAR + 2 * DAY}
    tools.execute("generate_sample", **part, seed=2, timeframes=["1h"]).checked()
    assert rows_of(tmp_path) == {
        "sample BTCUSDT funding": 3,
        "sample BTCUSDT mark 1h": 24,
        "sample BTCUSDT trade 1h": 24,
    }
    with open_store(Store(tmp_path)) as reader:
        first = reader.candles(Series("sample", "BTCUSDT", "trade", "1h"), 0, 10**13)["ts_open"][0]
    assert first == NEW_YEAR + DAY


def test_what_a_cut_short_process_left_is_listed_then_swept_and_named(
    tools: ToolRegistry, candle_file: Path, tmp_path: Path
) -> None:
    """The list tells it and removes nothing; the next tool that writes removes it and says so, once."""
    left = tmp_path / ".market_live.duckdb.compact-7"
    left.write_bytes(b"x" * 1_234)
    [said] = left_behind(Store(tmp_path))
    assert f"{left} (1,234 bytes)" in said
    call = {"path": candle_file, "venue": "binance", "series": "trade"}
    assert f"removed {left.name}, left behind" in tools.execute("import_file", **call).checked().message
    assert not left.exists()
    assert left_behind(Store(tmp_path)) == ()
    assert "removed" not in tools.execute("import_file", **call).checked().message
