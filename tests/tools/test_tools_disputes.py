"""Syncs from a venue that contradicts itself: what is in dispute is remembered, named, and not in the store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from wire.venue_server import Market, VenueServer, asked_for
from wire.venue_world import HOUR_MS, ms

from btcli.errors import AccessError
from btcli.market.series import Series
from btcli.market.store.reading import Told, open_store
from btcli.market.store.where import Store
from btcli.tools import ToolRegistry, ToolResult, registry_for

START, END = ms("2024-01-01"), ms("2024-01-03")
MINUTE = 60_000
LIMITS = {"bybit": 1000, "binance": 1500}


@pytest.fixture(scope="module")
def market() -> Market:
    return Market("BTCUSDT", START - 30 * 86_400_000, END + 86_400_000)


@pytest.fixture(params=["bybit", "binance"])
def venue(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def server(market: Market, venue: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[VenueServer]:
    with asked_for(market, venue, monkeypatch, BTCLI_TIMEOUT_S="120") as server:
        yield server


@pytest.fixture
def tools(tmp_path: Path, venue: str) -> ToolRegistry:
    return registry_for(Store(tmp_path), venue=venue)


def trade(venue: str) -> Series:
    return Series(venue, "BTCUSDT", "trade", "1m")


def funding(venue: str) -> Series:
    return Series(venue, "BTCUSDT", "funding", "")


def sync(tools: ToolRegistry, venue: str, **more: object) -> ToolResult:
    return tools.execute("sync_range", **{"series": trade(venue), "start_ms": START, "end_ms": END, **more})


def shared(venue: str) -> int:
    """The candle that the first two pages share."""
    return START + (LIMITS[venue] - 1) * MINUTE


def rows(folder: Path, series: Series) -> dict[int, tuple[float, ...]]:
    with open_store(Store(folder)) as reader:
        read = reader.funding if series.kind == "funding" else reader.candles
        return {row[0]: row for row in read(series, 0, 2**62).rows()}


def told(folder: Path, series: Series) -> list[Told]:
    with open_store(Store(folder)) as reader:
        return reader.told(series)


def truth(market: Market) -> dict[int, tuple[float, ...]]:
    return dict(zip(range(START, END, MINUTE), market.rows("trade", MINUTE, START, END), strict=True))


def test_a_dispute_outlives_the_call_and_every_heal_after_it(
    tmp_path: Path, server: VenueServer, tools: ToolRegistry, market: Market, venue: str
) -> None:
    """Three calls in a row name the candle and do not store it; when the venue makes up its mind, it is stored."""
    at = shared(venue)
    server.vary("trade", at)
    for _ in range(3):
        result = sync(tools, venue)
        assert isinstance(result.error, AccessError)
        assert result.error.exit_code == 3
        assert "two answers differ about the candle of 2024-01-0" in result.message
        expected = {ts: row for ts, row in truth(market).items() if ts != at}
        assert rows(tmp_path, trade(venue)) == expected
        [one] = told(tmp_path, trade(venue))
        assert one[:3] == (at, at + MINUTE, "disputed")
        assert "sha256" in one.evidence
    server.mend()
    result = sync(tools, venue).checked()
    assert "settled by two more that agree" in result.message
    assert rows(tmp_path, trade(venue)) == truth(market)
    assert told(tmp_path, trade(venue)) == []


def test_a_remembered_dispute_is_not_ended_by_one_answer(
    tmp_path: Path, server: VenueServer, tools: ToolRegistry, market: Market, venue: str
) -> None:
    """A call that asks for the candle alone still needs two answers that agree."""
    at = shared(venue)
    server.vary("trade", at)
    sync(tools, venue)
    server.mend()
    server.vary("trade", at, answers=2)
    alone = {"start_ms": at, "end_ms": at + MINUTE}
    assert not sync(tools, venue, **alone).ok
    assert at not in rows(tmp_path, trade(venue))
    assert sync(tools, venue, **alone).checked().rows == 1
    assert rows(tmp_path, trade(venue)) == truth(market)


def test_a_stored_candle_that_the_venue_now_tells_otherwise(
    tmp_path: Path, server: VenueServer, tools: ToolRegistry, market: Market, venue: str
) -> None:
    """Met on the way to a hole, it is replaced only when two answers agree, and that is said."""
    at = START + 50 * MINUTE
    server.vary("trade", at, answers=1)
    sync(tools, venue, end_ms=START + 200 * MINUTE).checked()
    assert rows(tmp_path, trade(venue))[at] != truth(market)[at]
    for minute in (40, 60):
        span = {"start_ms": START + minute * MINUTE, "end_ms": START + (minute + 1) * MINUTE}
        tools.execute("delete_range", series=trade(venue), **span).checked()
    result = tools.execute("fill_gaps", series=trade(venue)).checked()
    assert "1 on which answers differed, settled by two more that agree" in result.message
    assert rows(tmp_path, trade(venue)) == {ts: row for ts, row in truth(market).items() if ts < START + 200 * MINUTE}


def test_a_stored_candle_in_dispute_leaves_the_store(
    tmp_path: Path, server: VenueServer, tools: ToolRegistry, market: Market, venue: str
) -> None:
    """When the venue does not agree with itself either, nobody runs on the candle: it is a hole with a reason."""
    at = START + 50 * MINUTE
    sync(tools, venue, end_ms=START + 200 * MINUTE).checked()
    for minute in (40, 60):
        span = {"start_ms": START + minute * MINUTE, "end_ms": START + (minute + 1) * MINUTE}
        tools.execute("delete_range", series=trade(venue), **span).checked()
    server.vary("trade", at)
    result = tools.execute("fill_gaps", series=trade(venue))
    assert "two answers differ about the candle of 2024-01-01T00:50:00.000Z" in result.message
    assert at not in rows(tmp_path, trade(venue))
    assert len(rows(tmp_path, trade(venue))) == 199


def test_an_import_decides_a_dispute(
    tmp_path: Path, server: VenueServer, tools: ToolRegistry, market: Market, venue: str
) -> None:
    """What a user brings in a file is the user's word; the next sync asks nothing and fails no more."""
    at = shared(venue)
    server.vary("trade", at)
    sync(tools, venue)
    row = truth(market)[at]
    file = tmp_path / "BTCUSDT-1m.csv"
    file.write_text("ts_open,open,high,low,close,volume\n" + ",".join(str(value) for value in row) + "\n")
    tools.execute("import_file", path=file, venue=venue, series="trade", timeframe="1m").checked()
    assert told(tmp_path, trade(venue)) == []
    sync(tools, venue).checked()
    assert rows(tmp_path, trade(venue)) == truth(market)


def test_a_disputed_settlement_is_named_and_its_reading_is_not_stored(
    tmp_path: Path, server: VenueServer, tools: ToolRegistry, market: Market, venue: str
) -> None:
    """Of funding that one answer changed only what two further answers agree on is kept; the next call reads anew."""
    settled = dict(market.settlements())
    at = START - 8 * HOUR_MS
    server.hide("funding", at - 8 * HOUR_MS, at, answers=1)  # the part is read again because of the hole
    server.vary("funding", at, answers=1)
    span = {"series": funding(venue), "start_ms": START - 5 * 86_400_000, "end_ms": END}
    result = tools.execute("sync_funding", **span)
    assert (result.ok, rows(tmp_path, funding(venue))) == (False, {at: (at, float(settled[at]))})
    assert "two answers differ about 2023-12-31T16:00:00.000Z" in result.message
    tools.execute("sync_funding", **span).checked()
    expected = {ts: (ts, float(rate)) for ts, rate in settled.items() if span["start_ms"] <= ts < END}
    assert rows(tmp_path, funding(venue)) == expected
    assert told(tmp_path, funding(venue)) == []


def test_a_settlement_that_is_told_differently_each_time_stays_out(
    tmp_path: Path, server: VenueServer, tools: ToolRegistry, market: Market, venue: str
) -> None:
    """A stored rate that the venue tells otherwise, each time otherwise, is taken out, named and remembered."""
    span = {"series": funding(venue), "start_ms": START - 5 * 86_400_000, "end_ms": END}
    tools.execute("sync_funding", **span).checked()
    before = rows(tmp_path, funding(venue))
    server.vary("funding", START)
    for _ in range(2):
        result = tools.execute("sync_funding", **span)
        assert "two answers differ about the settlement of 2024-01-01T00:00:00.000Z" in result.message
        assert set(before) - set(rows(tmp_path, funding(venue))) == {START}
    server.mend()
    tools.execute("sync_funding", **span).checked()
    assert rows(tmp_path, funding(venue)) == before


def test_a_false_absence_is_shown_with_its_evidence_and_taken_back(
    tmp_path: Path, server: VenueServer, tools: ToolRegistry, market: Market, venue: str
) -> None:
    """A venue that lost a candle for a while: the absence says why it is believed, and one call asks again."""
    hole = START + 100 * MINUTE, START + 101 * MINUTE
    server.hide("trade", *hole)
    sync(tools, venue).checked()
    [one] = told(tmp_path, trade(venue))
    assert one[:3] == (*hole, "absent")
    assert one.evidence.count("sha256") == 2
    server.mend()
    again = sync(tools, venue).checked()
    assert "nothing was missing that the venue has; 1 are known to be absent there" in again.message
    forgotten = tools.execute("forget_absences", series=trade(venue), start_ms=START, end_ms=END).checked()
    assert (forgotten.changed, "1 range without rows forgotten" in forgotten.message) == (True, True)
    assert sync(tools, venue).checked().rows == 1
    assert rows(tmp_path, trade(venue)) == truth(market)
    assert told(tmp_path, trade(venue)) == []


def test_a_hole_that_is_not_given_is_remembered_as_that(
    tmp_path: Path, server: VenueServer, tools: ToolRegistry, market: Market, venue: str
) -> None:
    """It is no absence: the next call asks again, and what it brings ends the doubt."""
    hole = START + 100 * MINUTE, START + 101 * MINUTE
    sync(tools, venue, start_ms=START - MINUTE, end_ms=START).checked()
    server.hide("trade", *hole)
    server.fail("short", skip=1)
    part = {"end_ms": START + 300 * MINUTE}
    result = sync(tools, venue, **part)
    assert not result.ok
    with open_store(Store(tmp_path)) as reader:
        assert reader.absent(trade(venue)) == []
    assert [each[:3] for each in told(tmp_path, trade(venue))] == [(*hole, "not given")]
    server.mend()
    assert sync(tools, venue, **part).checked().rows == 1
    assert told(tmp_path, trade(venue)) == []


def test_an_absence_goes_with_the_rows_that_are_deleted(
    tmp_path: Path, server: VenueServer, tools: ToolRegistry, market: Market, venue: str
) -> None:
    """After a delete everything is asked for again, and what lies outside the deleted range stays known."""
    holes = [(START + first * MINUTE, START + (first + 4) * MINUTE) for first in (100, 300)]
    for hole in holes:
        server.hide("trade", *hole)
    sync(tools, venue).checked()
    server.mend()
    cut = START + 102 * MINUTE
    deleted = tools.execute("delete_range", series=trade(venue), start_ms=START, end_ms=cut).checked()
    assert "100 rows deleted; 1 range" in deleted.message
    with open_store(Store(tmp_path)) as reader:
        assert reader.absent(trade(venue)) == [(cut, holes[0][1]), holes[1]]
    assert sync(tools, venue).checked().rows == 102
