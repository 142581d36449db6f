"""Syncs over a real connection while the venue misbehaves: what is stored is true, what is not is named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from wire.venue_server import FAULTS, Market, VenueServer, asked_for
from wire.venue_world import ms

from btcli.errors import AccessError
from btcli.market.series import Series
from btcli.market.store.reading import open_store
from btcli.market.store.where import Store
from btcli.tools import ToolRegistry, ToolResult, registry_for

START, END = ms("2024-01-01"), ms("2024-01-05")
MINUTE = 60_000
UNKNOWABLE = {"changed"}  # a venue that tells everybody the same wrong price


@pytest.fixture(scope="module")
def market() -> Market:
    return Market("BTCUSDT", START - 86_400_000, END + 86_400_000)


@pytest.fixture(params=["bybit", "binance"])
def venue(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def server(market: Market, venue: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[VenueServer]:
    with asked_for(market, venue, monkeypatch, BTCLI_TIMEOUT_S="120") as server:
        yield server


def sync(tools: ToolRegistry, venue: str) -> ToolResult:
    return tools.execute("sync_range", series=trade(venue), start_ms=START, end_ms=END)


def trade(venue: str) -> Series:
    return Series(venue, "BTCUSDT", "trade", "1m")


def stored(folder: Path, venue: str) -> pl.DataFrame:
    with open_store(Store(folder)) as reader:
        return reader.candles(trade(venue), 0, 2**62)


@pytest.mark.parametrize("fault", sorted(set(FAULTS) - UNKNOWABLE))
def test_whatever_goes_wrong_what_is_stored_is_true(
    tmp_path: Path, server: VenueServer, market: Market, venue: str, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After two good answers all are spoilt: only true rows are stored, and success is told only of a whole range."""
    truth = dict(zip(range(START, END, MINUTE), market.rows("trade", MINUTE, START, END), strict=True))
    tools = registry_for(Store(tmp_path), venue=venue)
    server.fail(fault, skip=2)
    with monkeypatch.context() as patched:
        if fault == "timeout":
            patched.setenv("BTCLI_TIMEOUT_S", "0.3")
        result = sync(tools, venue)
    rows = stored(tmp_path, venue).rows()
    assert rows == [truth[row[0]] for row in rows]
    assert result.ok == (len(rows) == len(truth))
    assert result.rows == len(rows)
    if not result.ok:
        assert isinstance(result.error, AccessError)
        assert result.message
    server.mend()
    assert sync(tools, venue).checked().rows == len(truth) - len(rows)
    assert stored(tmp_path, venue).rows() == list(truth.values())


def test_a_hole_that_fills_at_the_second_request_is_filled(
    tmp_path: Path, server: VenueServer, market: Market, venue: str
) -> None:
    """Nothing is confirmed absent that the venue shows when it is asked again."""
    server.hide("trade", START + 100 * MINUTE, START + 130 * MINUTE, answers=1)
    tools = registry_for(Store(tmp_path), venue=venue)
    sync(tools, venue)
    sync(tools, venue).checked()
    assert stored(tmp_path, venue).rows() == market.rows("trade", MINUTE, START, END)
    with open_store(Store(tmp_path)) as reader:
        assert reader.absent(trade(venue)) == []


def test_a_hole_that_never_fills_is_confirmed(tmp_path: Path, server: VenueServer, venue: str) -> None:
    """The call succeeds, and exactly the hole is remembered."""
    hole = START + 100 * MINUTE, START + 130 * MINUTE
    server.hide("trade", *hole)
    result = sync(registry_for(Store(tmp_path), venue=venue), venue).checked()
    assert "30 confirmed absent" in result.message
    with open_store(Store(tmp_path)) as reader:
        assert reader.absent(trade(venue)) == [hole]


def test_funding_from_before_the_listing_begins_with_the_first_settlement(
    tmp_path: Path, server: VenueServer, market: Market, venue: str
) -> None:
    """The beginning is said once; later calls neither ask for what lies before it nor fail on it."""
    funding = Series(venue, "BTCUSDT", "funding", "")
    tools = registry_for(Store(tmp_path), venue=venue)
    span = {"series": funding, "start_ms": START - 40 * 86_400_000, "end_ms": END}
    first = tools.execute("sync_funding", **span).checked()
    assert first.rows == sum(ts < END for ts, _ in market.settlements())
    assert f"begins 2023-12-31T00:00:00.000Z, {venue} has no settlement before" in first.message
    server.requests.clear()
    again = tools.execute("sync_funding", **span).checked()
    assert (again.rows, again.changed, "begins" in again.message) == (0, False, False)
    asked = [int(request.params["startTime"]) for request in server.requests if "startTime" in request.params]
    assert min(asked) >= START - 86_400_000 - 8 * 3_600_000
    before = tools.execute("sync_funding", **{**span, "end_ms": START - 30 * 86_400_000}).checked()
    assert (before.rows, before.changed) == (0, False)
