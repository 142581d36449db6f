"""The sync tools over a real store and a venue in memory: what is fetched, kept, confirmed and told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tools_venues import DAY, HOUR, MINUTE, NEW_YEAR, FakeVenue, candle, rate

from btcli.errors import RequestError, SourceError
from btcli.market.series import Series
from btcli.market.store.reading import open_store
from btcli.market.store.where import Store
from btcli.tools import ToolRegistry, ToolResult, registry_for

TRADE = Series("bybit", "BTCUSDT", "trade", "1m")
MARK = TRADE._replace(kind="mark")
FUNDING = Series("bybit", "BTCUSDT", "funding", "")
SYNC_TOOLS = (
    "compare_with_source",
    "fill_gaps",
    "sync_from_launch",
    "sync_funding",
    "sync_instruments",
    "sync_mark",
    "sync_range",
)


def tools(folder: Path, venue: FakeVenue, **more: Any) -> ToolRegistry:
    return registry_for(Store(folder), venue="bybit", find_source=lambda *_: venue, **more)


def sync(folder: Path, venue: FakeVenue, start_ms: int, end_ms: int, **more: Any) -> ToolResult:
    return tools(folder, venue).execute("sync_range", series=TRADE, start_ms=start_ms, end_ms=end_ms, **more)


def opens(folder: Path, series: Series = TRADE) -> list[int]:
    with open_store(Store(folder)) as reader:
        return reader.candles(series, 0, 2**62)["ts_open"].to_list()


def absent(folder: Path) -> list[tuple[int, int]]:
    with open_store(Store(folder)) as reader:
        return reader.absent(TRADE)


def test_sync_tools_are_offered_where_the_venue_has_a_source(tmp_path: Path) -> None:
    """Bybit and Binance have them, sample never, and a registry without a venue neither."""
    local = registry_for(Store(tmp_path)).names()
    for venue in ("bybit", "binance"):
        assert registry_for(Store(tmp_path), venue=venue).names() == tuple(sorted((*local, *SYNC_TOOLS)))
    assert registry_for(Store(tmp_path), venue="sample").names() == local
    assert registry_for(Store(tmp_path)).names() == local


def test_a_range_is_fetched_whole_and_exact(tmp_path: Path) -> None:
    """Every candle of the range, no other, with the venue's own values."""
    venue = FakeVenue()
    result = sync(tmp_path, venue, NEW_YEAR + HOUR, NEW_YEAR + 2 * DAY).checked()
    assert result.rows == 47 * 60
    assert result.ranges == ((TRADE, NEW_YEAR + HOUR, NEW_YEAR + 2 * DAY),)
    with open_store(Store(tmp_path)) as reader:
        frame = reader.candles(TRADE, 0, 2**62)
    assert frame.rows() == [candle(ts, MINUTE, "trade") for ts in range(NEW_YEAR + HOUR, NEW_YEAR + 2 * DAY, MINUTE)]
    assert venue.closed == 1


def test_only_what_is_missing_is_asked_for(tmp_path: Path) -> None:
    """A second sync of a longer range asks for the part after the first, and a third for nothing."""
    venue = FakeVenue()
    sync(tmp_path, venue, NEW_YEAR, NEW_YEAR + DAY).checked()
    sync(tmp_path, venue, NEW_YEAR, NEW_YEAR + 2 * DAY).checked()
    again = sync(tmp_path, venue, NEW_YEAR, NEW_YEAR + 2 * DAY).checked()
    assert venue.asked() == [
        ("trade", "1m", NEW_YEAR, NEW_YEAR + DAY),
        ("trade", "1m", NEW_YEAR + DAY, NEW_YEAR + 2 * DAY),
    ]
    assert (again.rows, again.changed) == (0, False)
    assert "nothing was missing" in again.message


def test_again_asks_for_what_is_there_and_corrects_it(tmp_path: Path) -> None:
    """A stored candle that differs from the venue's is replaced, and counted as changed."""
    file = tmp_path / "BTCUSDT-1m.csv"
    lines = [f"{NEW_YEAR + n * MINUTE},9,9,9,9,9" for n in range(3)]
    file.write_text("\n".join(["ts_open,open,high,low,close,volume", *lines]))
    registry = tools(tmp_path, FakeVenue())
    registry.execute("import_file", path=file, venue="bybit", series="trade", timeframe="1m").checked()
    span = {"series": TRADE, "start_ms": NEW_YEAR, "end_ms": NEW_YEAR + 3 * MINUTE}
    assert registry.execute("sync_range", **span).checked().rows == 0
    assert registry.execute("sync_range", **span, again=True).checked().rows == 3
    with open_store(Store(tmp_path)) as reader:
        assert reader.candles(TRADE, 0, 2**62).row(0) == candle(NEW_YEAR, MINUTE, "trade")


def test_a_candle_that_has_not_closed_is_not_asked_for(tmp_path: Path) -> None:
    """The venue's clock decides; a range in the future fetches nothing and says so."""
    venue = FakeVenue(now_ms=NEW_YEAR + HOUR + 30_000)
    result = sync(tmp_path, venue, NEW_YEAR, NEW_YEAR + DAY).checked()
    assert opens(tmp_path)[-1] == NEW_YEAR + HOUR - MINUTE
    assert result.rows == 60
    assert "not" not in sync(tmp_path, venue, NEW_YEAR, NEW_YEAR + DAY).message.split(":")[0]
    later = sync(tmp_path, venue, NEW_YEAR + 2 * DAY, NEW_YEAR + 3 * DAY).checked()
    assert "nothing of it has closed yet" in later.message


def test_what_lies_before_the_first_candle_is_confirmed_absent(tmp_path: Path) -> None:
    """It is neither asked for nor reported as missing again."""
    venue = FakeVenue(first_ms=NEW_YEAR + DAY)
    result = sync(tmp_path, venue, NEW_YEAR, NEW_YEAR + 2 * DAY).checked()
    assert venue.asked() == [("trade", "1m", NEW_YEAR + DAY, NEW_YEAR + 2 * DAY)]
    assert absent(tmp_path) == [(NEW_YEAR, NEW_YEAR + DAY)]
    assert "1,440 confirmed absent" in result.message
    assert sync(tmp_path, venue, NEW_YEAR, NEW_YEAR + 2 * DAY).changed is False


def test_holes_that_the_venue_confirms_are_remembered(tmp_path: Path) -> None:
    """The range counts as whole, and the hole is not asked for a second time."""
    hole = NEW_YEAR + 5 * HOUR, NEW_YEAR + 6 * HOUR
    venue = FakeVenue(holes=(hole,))
    result = sync(tmp_path, venue, NEW_YEAR, NEW_YEAR + DAY).checked()
    assert [item.ok for item in result.items] == [True]
    assert absent(tmp_path) == [hole]
    assert len(opens(tmp_path)) == 23 * 60
    sync(tmp_path, venue, NEW_YEAR, NEW_YEAR + DAY).checked()
    assert len(venue.asked()) == 1


def test_holes_that_nobody_explains_are_an_error_with_their_times(tmp_path: Path) -> None:
    """What came is kept, what did not come is named, and nothing is remembered as absent."""
    hole = NEW_YEAR + 5 * HOUR, NEW_YEAR + 6 * HOUR
    result = sync(tmp_path, FakeVenue(silent=(hole,)), NEW_YEAR, NEW_YEAR + DAY)
    assert (result.ok, result.changed, result.rows) == (False, True, 23 * 60)
    assert isinstance(result.error, SourceError)
    assert "2024-01-01T05:00:00.000Z to 2024-01-01T06:00:00.000Z" in result.message
    assert absent(tmp_path) == []


def test_a_page_that_fails_keeps_the_others_and_the_next_call_goes_on(tmp_path: Path) -> None:
    """After a failure the next call asks for the missing page alone."""
    venue = FakeVenue(fails_at=(NEW_YEAR + 20 * HOUR,))
    failed = sync(tmp_path, venue, NEW_YEAR, NEW_YEAR + 2 * DAY)
    assert (failed.ok, failed.changed) == (False, True)
    assert [(item.ok, item.rows) for item in failed.items] == [(False, 1_880)]
    venue.fails_at = ()
    venue.calls.clear()
    sync(tmp_path, venue, NEW_YEAR, NEW_YEAR + 2 * DAY).checked()
    middle = NEW_YEAR + 2 * DAY - 2_000 * MINUTE
    assert venue.asked() == [("trade", "1m", middle, middle + 1_000 * MINUTE)]
    assert len(opens(tmp_path)) == 2 * 1_440


def test_every_write_is_logged_with_source_tool_and_digest(tmp_path: Path) -> None:
    """Each committed block says who wrote it, from which endpoint, and the digest of what was received."""
    sync(tmp_path, FakeVenue(), NEW_YEAR, NEW_YEAR + DAY).checked()
    with open_store(Store(tmp_path)) as reader:
        [entry] = reader.sync_log()
    assert (entry.tool, entry.source, entry.rows_new) == ("sync_range", "bybit /candles (2 pages)", 1_440)
    assert len(entry.source_digest) == 64


def test_filling_gaps_asks_once_for_holes_that_lie_close_together(tmp_path: Path) -> None:
    """Without ranges every hole inside the series is found; far ones are parts of their own."""
    venue = FakeVenue()
    registry = tools(tmp_path, venue)
    sync(tmp_path, venue, NEW_YEAR, NEW_YEAR + 2 * DAY).checked()
    for first in (HOUR, 2 * HOUR, 30 * HOUR):
        registry.execute(
            "delete_range", series=TRADE, start_ms=NEW_YEAR + first, end_ms=NEW_YEAR + first + MINUTE
        ).checked()
    venue.calls.clear()
    result = registry.execute("fill_gaps", series=TRADE).checked()
    assert venue.asked() == [
        ("trade", "1m", NEW_YEAR + HOUR, NEW_YEAR + 2 * HOUR + MINUTE),
        ("trade", "1m", NEW_YEAR + 30 * HOUR, NEW_YEAR + 30 * HOUR + MINUTE),
    ]
    assert (result.rows, [item.rows for item in result.items]) == (3, [2, 1])
    assert len(opens(tmp_path)) == 2 * 1_440


def test_after_two_fruitless_parts_the_rest_is_not_tried(tmp_path: Path) -> None:
    """A venue that does not answer is not asked for a hundred holes; each item says so."""
    venue = FakeVenue(fails_at=tuple(NEW_YEAR + day * DAY for day in range(4)))
    ranges = [(NEW_YEAR + day * DAY, NEW_YEAR + day * DAY + HOUR) for day in range(4)]
    result = tools(tmp_path, venue).execute("fill_gaps", series=TRADE, ranges=ranges)
    assert len(venue.asked()) == 2
    assert [(item.ok, item.message) for item in result.items][2:] == [(False, "not tried")] * 2
    assert json.loads(json.dumps(result.to_dict()))["items"][0]["ok"] is False


def test_a_settlement_that_comes_with_jitter_is_stored_once(tmp_path: Path) -> None:
    """The same settlement some milliseconds later is the same row; its first time stays."""
    for jitter_ms in (0, 7):
        venue = FakeVenue(jitter_ms=jitter_ms)
        result = tools(tmp_path, venue).execute(
            "sync_funding", series=FUNDING, start_ms=NEW_YEAR, end_ms=NEW_YEAR + DAY
        )
        assert result.checked().rows == (3 if jitter_ms == 0 else 0)
    with open_store(Store(tmp_path)) as reader:
        assert reader.funding(FUNDING, 0, 2**62).rows() == [
            (NEW_YEAR + n * 8 * HOUR, rate(NEW_YEAR + n * 8 * HOUR)) for n in range(3)
        ]


def test_everything_since_launch(tmp_path: Path) -> None:
    """Trades, marks and funding, from the first candle to the last closed one."""
    venue = FakeVenue(now_ms=NEW_YEAR + 2 * DAY)
    result = tools(tmp_path, venue).execute("sync_from_launch", symbol="BTCUSDT", timeframe="1h").checked()
    assert result.rows == 48 + 48 + 6
    assert len(opens(tmp_path, MARK._replace(timeframe="1h"))) == 48


def test_a_history_from_launch_on_is_known_to_have_nothing_before(tmp_path: Path) -> None:
    """What lies before the first candle is remembered as absent, so that no heal asks for it and a run may know."""
    venue = FakeVenue(now_ms=NEW_YEAR + 2 * DAY)
    for _ in range(2):
        tools(tmp_path, venue).execute("sync_from_launch", symbol="BTCUSDT", timeframe="1h").checked()
    with open_store(Store(tmp_path)) as reader:
        known = [reader.absent(series._replace(timeframe="1h")) for series in (TRADE, MARK)]
    assert known == [[(0, NEW_YEAR)], [(0, NEW_YEAR)]]


def test_a_series_of_another_venue_or_kind_is_refused(tmp_path: Path) -> None:
    """A heal never mixes venues, and no tool writes what its name does not say."""
    registry = tools(tmp_path, FakeVenue())
    span = {"start_ms": NEW_YEAR, "end_ms": NEW_YEAR + HOUR}
    with pytest.raises(RequestError, match="not of venue bybit"):
        registry.execute("sync_range", series=TRADE._replace(venue="binance"), **span).checked()
    with pytest.raises(RequestError, match="sync_mark fetches mark"):
        registry.execute("sync_mark", series=TRADE, **span).checked()
    assert not list(tmp_path.iterdir())


def test_specs_become_a_dated_snapshot_that_a_config_can_name(tmp_path: Path) -> None:
    """The file is named by venue and day, holds the specs asked for, and keeps those of an earlier call."""
    registry = tools(tmp_path, FakeVenue(now_ms=NEW_YEAR))
    first = registry.execute("sync_instruments", symbols=["BTCUSDT"]).checked()
    assert first.changed
    assert not registry.execute("sync_instruments", symbols=["BTCUSDT"]).checked().changed
    registry.execute("sync_instruments", symbols=["ETHUSDT"]).checked()
    written = json.loads((tmp_path / "instruments" / "bybit-2024-01-01.json").read_text())
    assert sorted(written["instruments"]) == ["BTCUSDT", "ETHUSDT"]
    assert (written["format"], written["as_of"]) == (1, "2024-01-01")
    with pytest.raises(SourceError, match="XYZUSDT"):
        registry.execute("sync_instruments", symbols=["XYZUSDT"]).checked()


def test_a_call_can_be_weighed_before_it_is_made(tmp_path: Path) -> None:
    """Requests and rows of a range; weighing asks the venue for nothing and makes no store."""
    venue = FakeVenue()
    weight = tools(tmp_path, venue).weigh("sync_range", series=TRADE, start_ms=NEW_YEAR, end_ms=NEW_YEAR + DAY)
    assert weight == (2, 1_440)
    assert venue.calls == []
    assert not list(tmp_path.iterdir())


def test_progress_is_told_page_by_page(tmp_path: Path) -> None:
    """Rows so far and rows in all, ending with both equal."""
    told: list[tuple[str, int, int]] = []
    registry = tools(tmp_path, FakeVenue(), progress=lambda *said: told.append(said))
    registry.execute("sync_range", series=TRADE, start_ms=NEW_YEAR, end_ms=NEW_YEAR + DAY).checked()
    assert told == [("bybit BTCUSDT trade 1m", 1_000, 1_440), ("bybit BTCUSDT trade 1m", 1_440, 1_440)]
