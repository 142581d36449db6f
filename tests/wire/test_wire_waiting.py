"""What a venue asked to wait holds for everybody who asks it next: other series, other sources, other tool calls."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from wire.venue_server import VenueServer
from wire.wire_rig import END, ONE, START, VENUES, Rig, minutes, rig_of, usual_market

from btcli.market.series import Series
from btcli.market.store.where import Store
from btcli.tools import registry_for

MINUTE = 60_000


@pytest.fixture(params=VENUES)
def rig(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    """A venue that asks to be left alone for three seconds when it does."""
    market = usual_market()
    with VenueServer(market, reset_ms=824, retry_after_s=3) as server:
        yield rig_of(monkeypatch, request.param, market, server)


def test_the_next_series_waits_too(rig: Rig) -> None:
    """After the last try of one source the next one waits as long as the venue asked, before its first request."""
    rig.server.fail("http_429", times=2)
    assert "(after 2 tries)" in rig.candles(attempts=2).complaint
    assert rig.time.waits == [3.0]
    assert rig.funding(START, END).error is None
    assert rig.time.waits == [3.0, 3.0]
    assert "HTTP 429: waiting 3.0 s" in rig.notices[-1].replace("(HTTP 429)", "HTTP 429")


def test_only_what_is_left_is_waited_for(rig: Rig) -> None:
    """Time that passed between two series counts."""
    rig.server.fail("http_429", times=1)
    assert rig.candles(attempts=1).complaint
    rig.time.now_s += 2.0
    assert rig.candles().error is None
    assert rig.time.waits == [pytest.approx(1.0)]


def test_a_long_ban_is_not_tested_again(rig: Rig) -> None:
    """A venue that wants an hour is not asked once more by the next series; after that hour it is."""
    fault = "http_403" if rig.venue == "bybit" else "http_418"
    rig.server.fail(fault, times=1)
    assert rig.candles().complaint
    asked = rig.server.asked()
    assert "asks to wait" in rig.candles(kind="mark").complaint
    assert (rig.server.asked(), rig.time.waits) == (asked, [])
    rig.time.now_s += 3600.0
    assert rig.candles().error is None


@pytest.mark.parametrize(
    ("venue", "fault", "wait_s"),
    [
        ("bybit", "retcode_10006", 0.874),
        ("bybit", "retcode_10018", 0.874),
        ("bybit", "http_503_wait", 3.0),
        ("binance", "http_418_short", 3.0),
        ("binance", "http_400_too_many", 3.0),
        ("binance", "http_503_wait", 3.0),
    ],
)
def test_every_way_of_asking_holds_for_the_next_source(
    monkeypatch: pytest.MonkeyPatch, venue: str, fault: str, wait_s: float
) -> None:
    """A reset, a Retry-After of any status and a code in the body are all kept to by the next source."""
    market = usual_market()
    with VenueServer(market, reset_ms=824, retry_after_s=3) as server:
        rig = rig_of(monkeypatch, venue, market, server)
        server.fail(fault, times=1)
        assert rig.candles(attempts=1).complaint
        assert rig.candles(START, START + minutes(5)).error is None
        assert rig.time.waits == [pytest.approx(wait_s)]


def test_a_banned_address_is_told_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bybit's code for a banned address is no wrong request: it says to wait or to use another address."""
    market = usual_market()
    with VenueServer(market) as server:
        rig = rig_of(monkeypatch, "bybit", market, server)
        server.fail("retcode_10009")
        error = rig.candles().error
        assert error is not None
        assert "asks to wait 600 s" in error.problems[0].message
        assert "banned this address" in error.problems[0].hint
        assert (server.asked("kline"), rig.time.waits) == (1, [])


def test_another_host_is_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one venue asks for concerns no other."""
    market = usual_market()
    with VenueServer(market, retry_after_s=3) as one, VenueServer(market) as other:
        rig = rig_of(monkeypatch, "binance", market, one)
        one.fail("http_429", times=1)
        assert rig.candles(attempts=1).complaint
        monkeypatch.setenv("BTCLI_BINANCE_URL", other.url)
        assert rig.candles(START, START + minutes(5)).error is None
        assert rig.time.waits == []


def test_the_weight_of_a_minute_is_that_of_all_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    """When one source has nearly used it up, the next source waits for the next minute."""
    market = usual_market()
    with VenueServer(market) as server:
        rig = rig_of(monkeypatch, "binance", market, server)
        server.weight = 2300
        with rig.source() as source:
            list(source.candles("BTCUSDT", "trade", ONE, START, START + minutes(5)))
        server.weight = 10
        with rig.source() as source:
            source.server_time_ms()
        assert rig.time.waits == [pytest.approx(60.0)]


def test_tool_calls_keep_to_it_by_the_real_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three calls of tools on a venue that always asks for a second: no two of its answers are closer together."""
    market = usual_market()
    with VenueServer(market, retry_after_s=1) as server:
        rig_of(monkeypatch, "binance", market, server)
        monkeypatch.setenv("BTCLI_RETRIES", "0")
        server.fail("http_418_short", path="lines")
        for kind, tool in (("trade", "sync_range"), ("mark", "sync_mark"), ("trade", "sync_range")):
            series = Series("binance", "BTCUSDT", kind, "1m")  # type: ignore[arg-type]
            result = registry_for(Store(tmp_path), venue="binance").execute(
                tool, series=series, start_ms=START, end_ms=START + 5 * MINUTE
            )
            assert not result.ok
        refused = [request.at_s for request in server.requests if "line" in request.path]
        after = [min(each.at_s for each in server.requests if each.at_s > at) for at in refused[:-1]]
        assert len(refused) == 3
        assert all(later - at >= 1.0 for at, later in zip(refused, after, strict=False))
