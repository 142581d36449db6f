"""What a venue does not have: two whole answers to different requests, or the hole is only "not given"."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from wire.venue_server import Market, VenueServer
from wire.wire_rig import END, LISTED, ONE, START, VENUES, Rig, minutes, rig_of, usual_market

from btcli.errors import SourceError
from btcli.sources.source import Absent
from btcli.timeframe import Timeframe

HOLE = START + minutes(100), START + minutes(101)


@pytest.fixture(params=VENUES)
def rig(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    """A venue with a few days of candles."""
    market = usual_market()
    with VenueServer(market) as server:
        yield rig_of(monkeypatch, request.param, market, server)


@pytest.mark.parametrize("kind", ["trade", "mark"])
@pytest.mark.parametrize("answers", [1, 2])
def test_a_candle_that_two_answers_lacked_and_a_third_has_is_there(rig: Rig, answers: int, kind: str) -> None:
    """The page that lacked it is no proof: only the two requests made because of the hole are."""
    rig.server.hide(kind, *HOLE, answers=answers)
    brought = rig.candles(kind=kind)
    assert (brought.error, brought.absent, brought.covered) == (None, [], [(START, END)])


def test_the_two_requests_differ_in_start_and_page_size(rig: Rig) -> None:
    """The evidence of an absence names both."""
    rig.server.hide("trade", *HOLE)
    [evidence] = rig.candles().evidence
    one, two = (parse_qs(urlsplit(part.split(" ")[0]).query) for part in evidence.split(" and "))
    start = "start" if rig.venue == "bybit" else "startTime"
    assert one[start] != two[start]
    assert one["limit"] != two["limit"]
    assert evidence.count("sha256") == 2


def test_answers_that_lack_a_neighbour_prove_nothing(rig: Rig) -> None:
    """When every answer about the hole also lacks a candle that was told before, the hole is not given."""
    rig.server.hide("trade", *HOLE)
    rig.server.fail("short", skip=1)
    brought = rig.candles(START, START + minutes(500))
    assert brought.absent == []
    assert [(doubt[:2], doubt.state) for doubt in brought.doubts] == [(HOLE, "not given")]
    assert "missing 2024-01-01T01:40:00.000Z to 2024-01-01T01:41:00.000Z" in brought.complaint


def test_one_answer_that_lacks_a_neighbour_is_replaced_by_another(rig: Rig) -> None:
    """A third request makes up for one that was not whole."""
    rig.server.hide("trade", *HOLE)
    rig.server.fail("short", times=1, skip=1)
    assert rig.candles(START, START + minutes(500)).absent == [Absent(*HOLE)]


@pytest.mark.parametrize("apart", [1, 2, 3])
def test_holes_close_to_each_other_are_confirmed_one_by_one(rig: Rig, apart: int) -> None:
    """A neighbour that is itself a hole does not keep a real absence from being confirmed."""
    second = HOLE[1] + minutes(apart), HOLE[1] + minutes(apart + 2)
    rig.server.hide("trade", *HOLE)
    rig.server.hide("trade", *second)
    brought = rig.candles(START, START + minutes(500))
    assert (brought.error, brought.absent) == (None, [Absent(*HOLE), Absent(*second)])


def test_a_hole_right_after_the_first_candle(rig: Rig) -> None:
    """There is only one candle before it, and that is enough."""
    rig.server.hide("trade", LISTED + minutes(1), LISTED + minutes(4))
    brought = rig.candles(LISTED, LISTED + minutes(60))
    assert (brought.error, brought.absent) == (None, [Absent(LISTED + minutes(1), LISTED + minutes(4))])


def test_a_hole_up_to_the_last_closed_candle_is_not_given(rig: Rig) -> None:
    """Without a candle after it nobody knows whether it is late or absent."""
    now = ONE.floor(rig.market.now_ms)
    rig.server.hide("trade", now - minutes(3), now + minutes(1))
    brought = rig.candles(now - minutes(60), now)
    assert brought.absent == []
    assert [doubt.state for doubt in brought.doubts] == ["not given"]
    assert brought.complaint


def test_a_missing_settlement_needs_two_whole_answers(rig: Rig) -> None:
    """When the second answer lacks another settlement too, the hole is not given; when it is whole, it is absent."""
    hole = START + minutes(8 * 60), START + minutes(9 * 60)
    rig.server.hide("funding", *hole)
    rig.server.fail("short", times=1, skip=1, path="und")
    brought = rig.funding(START, END - minutes(24 * 60))
    assert brought.absent == []
    assert [doubt.state for doubt in brought.doubts] == ["not given"]
    assert brought.complaint
    again = rig.funding(START, END - minutes(24 * 60))
    assert [(absent.start_ms > START, absent.end_ms) for absent in again.absent] == [(True, START + minutes(16 * 60))]
    one, two = (parse_qs(urlsplit(part.split(" ")[0]).query) for part in again.evidence[0].split(" and "))
    assert (one["startTime"] != two["startTime"], one["limit"] != two["limit"]) == (True, True)


@pytest.mark.parametrize("kind", ["trade", "mark"])
def test_a_first_candle_that_a_second_answer_contradicts_is_not_believed(
    monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """An answer that lost its oldest rows does not make years absent: another request tells of older candles."""
    market = usual_market()
    with VenueServer(market) as server:
        rig = rig_of(monkeypatch, "bybit", market, server)
        server.fail("late", times=1, skip=1)  # the days of the first week
        with rig.source() as source, pytest.raises(SourceError, match="two answers differ about the first candle"):
            source.first_candle_ms("BTCUSDT", kind, ONE)
        with rig.source() as source:
            assert source.first_candle_ms("BTCUSDT", kind, ONE) == LISTED


def test_a_first_candle_that_is_still_open_is_the_first(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """A symbol that was listed this week has its first weekly candle, though it has not closed."""
    now = rig.market.now_ms
    with VenueServer(Market("NEWUSDT", now - minutes(90), now)) as server:
        rig.server = server
        rig.market = server.markets[0]
        for name in ("BTCLI_BYBIT_URL", "BTCLI_BINANCE_URL"):
            monkeypatch.setenv(name, server.url)
        week = Timeframe.parse("1w")
        with rig.source() as source:
            assert source.first_candle_ms("NEWUSDT", "trade", week) == week.floor(now)
