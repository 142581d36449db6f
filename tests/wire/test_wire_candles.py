"""Candles over the wire: however a venue fails, what arrives is true and contiguous, and what does not is named."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from wire.venue_server import VenueServer
from wire.venue_world import ms
from wire.wire_rig import END, LISTED, NOW, ONE, START, VENUES, Rig, minutes, rig_of, usual_market

from btcli.errors import SourceError
from btcli.sources.source import Absent
from btcli.timeframe import Timeframe

PASSING = {
    "retcode_10000": "bybit",
    "retcode_10016": "bybit",
    "retcode_10429": "bybit",
    "retcode_10006": "bybit",
    "retcode_10018": "bybit",
    "wrong_symbol": "bybit",
    "http_429": "",
    "http_500": "",
    "http_502": "",
    "html": "",
    "truncated": "",
    "dropped": "",
    "overlapping": "",
    "duplicates": "",
    "reversed": "",
    "off_grid": "",
    "nan": "",
    "empty": "",
}
SAID = {
    "retcode_10000": "10000 (Server Timeout)",
    "retcode_10016": "10016 (Server error.)",
    "retcode_10429": "10429",
    "retcode_10006": "10006 (Too many visits!)",
    "retcode_10018": "10018 (Exceeded the IP Rate Limit.)",
    "wrong_symbol": "asked for linear BTCUSDT, the answer is about linear OTHERUSDT",
    "http_429": "HTTP 429",
    "http_500": "HTTP 500",
    "http_502": "HTTP 502",
    "html": "no complete JSON (it begins '<html><body>Just a moment",
    "truncated": "no complete JSON",
    "dropped": "the connection failed",
    "overlapping": "asked was 2024-01-0",
    "duplicates": "twice",
    "reversed": "out of order",
    "off_grid": "not open on the grid of 1m",
    "nan": "not a decimal number",
    "empty": "missing 2024-01-0",
}
FAULTY = [(venue, fault) for fault, only in PASSING.items() for venue in VENUES if only in ("", venue)]


@pytest.fixture(params=VENUES)
def rig(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    """A venue with a few days of candles."""
    market = usual_market()
    with VenueServer(market) as server:
        yield rig_of(monkeypatch, request.param, market, server)


@pytest.fixture
def bybit(monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    """Bybit with a few days of candles."""
    market = usual_market()
    with VenueServer(market, reset_ms=824, retry_after_s=3) as server:
        yield rig_of(monkeypatch, "bybit", market, server)


@pytest.mark.parametrize("kind", ["trade", "mark"])
@pytest.mark.parametrize("label", ["1m", "5m", "1h", "1d"])
def test_a_range_arrives_whole(rig: Rig, kind: str, label: str) -> None:
    """Every closed candle of a range arrives once, in as many requests as the plan says."""
    timeframe = Timeframe.parse(label)
    brought = rig.candles(kind=kind, timeframe=timeframe)
    assert brought.error is None
    assert brought.covered == [(START, END)]
    assert len(brought.rows) == (END - START) // timeframe.ms
    with rig.source() as source:
        assert rig.server.asked("line") == source.requests_for(kind, label, START, END)  # type: ignore[arg-type]


def test_pages_carry_their_origin(rig: Rig) -> None:
    """A page has the digest of an answer and its address without the host."""
    page = rig.candles(START, START + minutes(10)).pages[0]
    assert len(page.digest) == 64
    assert page.url.startswith(("/v5/market/kline?", "/fapi/v1/klines?"))
    assert "symbol=BTCUSDT" in page.url


def test_many_at_once_bring_the_same(rig: Rig) -> None:
    """Requests that run side by side do not change what arrives, nor its order."""
    alone, together = rig.candles(at_once=1), rig.candles(at_once=4)
    assert [page[:3] for page in alone.pages] == [page[:3] for page in together.pages]


@pytest.mark.parametrize(("venue", "fault"), FAULTY)
def test_a_fault_that_passes_costs_a_wait(monkeypatch: pytest.MonkeyPatch, venue: str, fault: str) -> None:
    """After one bad answer in the middle everything arrives all the same, and nothing is taken for absent."""
    market = usual_market()
    with VenueServer(market) as server:
        rig = rig_of(monkeypatch, venue, market, server)
        server.fail(fault, times=1, skip=1)
        brought = rig.candles()
    assert brought.error is None
    assert brought.covered == [(START, END)]
    assert brought.absent == []


@pytest.mark.parametrize(("venue", "fault"), FAULTY)
def test_a_fault_that_stays_ends_clearly(monkeypatch: pytest.MonkeyPatch, venue: str, fault: str) -> None:
    """What came before a lasting fault is kept, true and contiguous; the error says what is wrong."""
    market = usual_market()
    with VenueServer(market) as server:
        rig = rig_of(monkeypatch, venue, market, server)
        server.fail(fault, skip=1)
        brought = rig.candles()
    assert SAID[fault] in brought.complaint
    assert brought.covered[0][0] == START
    assert brought.absent == []


def test_pages_that_lack_their_last_row_are_completed(rig: Rig) -> None:
    """A venue that leaves out the newest row of every answer is asked until all rows are there."""
    rig.server.fail("short")
    brought = rig.candles()
    assert (brought.error, brought.absent, brought.covered) == (None, [], [(START, END)])


@pytest.mark.parametrize("venue", VENUES)
def test_silence_is_cut_short(monkeypatch: pytest.MonkeyPatch, venue: str) -> None:
    """A server that says nothing is given up after the time limit and asked again."""
    market = usual_market()
    with VenueServer(market) as server:
        rig = rig_of(monkeypatch, venue, market, server)
        server.fail("timeout", times=1)
        assert rig.candles(end_ms=START + minutes(30), silence_s=0.2, attempts=50).error is None
        server.fail("timeout")
        assert "no answer within 0.2 s (after 2 tries)" in rig.candles(silence_s=0.2, attempts=2).complaint


def test_a_slow_server_is_only_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that takes its time delivers everything."""
    market = usual_market()
    with VenueServer(market, slow_s=0.05) as server:
        rig = rig_of(monkeypatch, "bybit", market, server)
        assert rig.candles(at_once=4).covered == [(START, END)]


@pytest.mark.parametrize(("fault", "said"), [("retcode_10006", "Too many visits!"), ("retcode_10018", "IP Rate Limit")])
def test_bybit_is_waited_for_until_its_reset(bybit: Rig, fault: str, said: str) -> None:
    """Too many requests, of an endpoint or of an address, wait until the reset in the header, by the venue's clock."""
    bybit.server.fail(fault, times=1)
    assert bybit.candles().error is None
    assert bybit.time.waits == [pytest.approx(0.874)]
    assert said in bybit.notices[0]


def test_retry_after_is_honoured(rig: Rig) -> None:
    """HTTP 429 with Retry-After waits exactly so long."""
    rig.server.retry_after_s = 3
    rig.server.fail("http_429", times=2)
    assert rig.candles().error is None
    assert rig.time.waits == [3.0, 3.0]


def test_waits_grow_and_end(rig: Rig) -> None:
    """Without a hint from the venue each wait is longer than the last, and the tries are counted."""
    rig.server.fail("http_500")
    assert "(after 4 tries)" in rig.candles(attempts=4).complaint
    one, two, three = rig.time.waits
    assert (0.5 <= one <= 1, 1 <= two <= 1.5, 2 <= three <= 2.5) == (True, True, True)


@pytest.mark.parametrize("fault", ["retcode_10001", "http_403"])
def test_some_answers_are_final(bybit: Rig, fault: str) -> None:
    """Wrong parameters and a refused address are not asked for a second time."""
    bybit.server.fail(fault)
    complaint = bybit.candles().complaint
    assert bybit.server.asked("kline") == 1
    assert (bybit.time.waits, bybit.server.asked("kline")) == ([], 1)
    said = ["10001 (params error"] if fault == "retcode_10001" else ["IP ban", "blocked country"]
    assert [part in complaint for part in said] == [True] * len(said)


def test_a_ban_is_told_not_sat_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """HTTP 418 for an hour ends at once and says how long the venue wants to be left alone."""
    market = usual_market()
    with VenueServer(market) as server:
        rig = rig_of(monkeypatch, "binance", market, server)
        server.fail("http_418")
        complaint = rig.candles().complaint
        assert "HTTP 418" in complaint
        assert "asks to wait 3600 s" in complaint
        assert (server.asked("klines"), rig.time.waits) == (1, [])


def test_an_unknown_symbol_is_an_error_of_the_source(rig: Rig) -> None:
    """The venue's own words about a symbol are passed on."""
    with rig.source() as source, pytest.raises(Exception, match=r"symbol invalid|Invalid symbol"):
        list(source.candles("NOPEUSDT", "trade", ONE, START, END))


def test_the_open_candle_is_dropped(rig: Rig) -> None:
    """A candle that has not closed by the venue's clock is not delivered, even when it is in the answer."""
    rig.server.fail("unfinished")
    closed = ONE.floor(NOW)
    brought = rig.candles(NOW - minutes(30), closed)
    assert brought.error is None
    assert brought.rows[-1][0] == closed - minutes(1)


def test_what_has_not_closed_is_missing(rig: Rig) -> None:
    """A range into the future brings what there is and says that the rest has not closed."""
    brought = rig.candles(ONE.floor(NOW) - minutes(5), ONE.floor(NOW) + minutes(5))
    assert len(brought.rows) == 5
    assert (
        "missing 2024-01-05T12:00:00.000Z to 2024-01-05T12:05:00.000Z; these candles have not closed"
        in brought.complaint
    )


HOLES = {
    "inside a page": (START + minutes(100), START + minutes(107)),
    "over a border of bybit's pages": (START + minutes(990), START + minutes(1010)),
    "over a border of binance's pages": (START + minutes(1490), START + minutes(1510)),
    "on the shared candle": (START + minutes(999), START + minutes(1000)),
    "more than a page": (START + minutes(500), START + minutes(2800)),
    "at the start": (START, START + minutes(3)),
    "at the end": (END - minutes(3), END),
}


@pytest.mark.parametrize("hole", HOLES.values(), ids=HOLES)
def test_a_hole_that_never_fills_is_absent(rig: Rig, hole: tuple[int, int]) -> None:
    """A hole that a second answer with both neighbours has too is reported as absent, exactly."""
    rig.server.hide("trade", *hole)
    brought = rig.candles()
    assert brought.error is None
    assert brought.absent == [Absent(*hole)]
    assert brought.covered == [(START, END)]


@pytest.mark.parametrize("hole", HOLES.values(), ids=HOLES)
def test_a_hole_that_fills_is_no_hole(rig: Rig, hole: tuple[int, int]) -> None:
    """What only the first answers lacked arrives with the second request."""
    rig.server.hide("trade", *hole, answers=1)
    brought = rig.candles()
    assert brought.error is None
    assert brought.absent == []
    assert brought.covered == [(START, END)]


def test_two_holes_and_a_filling_one(rig: Rig) -> None:
    """Holes are judged one by one."""
    rig.server.hide("trade", START + minutes(10), START + minutes(20))
    rig.server.hide("trade", START + minutes(30), START + minutes(40), answers=1)
    brought = rig.candles()
    assert brought.absent == [Absent(START + minutes(10), START + minutes(20))]
    assert brought.covered == [(START, END)]


def test_a_hole_without_neighbours_is_missing(rig: Rig) -> None:
    """Candles that the venue never had before its first one are missing, not absent; the rest arrives."""
    brought = rig.candles(LISTED - minutes(30), LISTED + minutes(30))
    assert "missing 2023-12-28T06:43:00.000Z to 2023-12-28T07:13:00.000Z" in brought.complaint
    assert brought.absent == []
    assert brought.covered == [(LISTED, LISTED + minutes(30))]


def test_years_before_a_listing_cost_little(rig: Rig) -> None:
    """A range that begins long before the first candle is not walked from there."""
    brought = rig.candles(ms("2015-01-01"), LISTED + minutes(30))
    assert "missing 2015-01-01T00:00:00.000Z to 2023-12-28T07:13:00.000Z" in brought.complaint
    assert brought.covered == [(LISTED, LISTED + minutes(30))]
    assert rig.server.asked() < 10


def test_nothing_after_a_delisting_is_missing(rig: Rig) -> None:
    """When the venue has nothing from some moment on, that is an error, not an end."""
    rig.server.hide("trade", START + minutes(200), NOW + minutes(1))
    brought = rig.candles()
    assert "missing 2024-01-01T03:20:00.000Z to 2024-01-04T00:00:00.000Z" in brought.complaint
    assert brought.covered == [(START, START + minutes(200))]


@pytest.mark.parametrize("label", ["1m", "5m", "1h", "4h", "1d", "1w"])
def test_the_first_candle_is_found(rig: Rig, label: str) -> None:
    """The oldest candle is the one that contains the first minute ever traded."""
    timeframe = Timeframe.parse(label)
    with rig.source() as source:
        assert source.first_candle_ms("BTCUSDT", "trade", timeframe) == timeframe.floor(LISTED)


def test_a_timeframe_that_the_venue_lacks(bybit: Rig) -> None:
    """Asking Bybit for 8h candles is a wrong request and says what there is."""
    error = bybit.candles(timeframe=Timeframe.parse("8h")).error
    assert error is not None
    assert (error.exit_code, "4h" in error.problems[0].hint) == (2, True)


@pytest.mark.parametrize("kind", ["trade", "mark"])
@pytest.mark.parametrize("skip", [0, 1, 2, 3])
def test_one_empty_answer_is_not_the_end_of_a_history(bybit: Rig, kind: str, skip: int) -> None:
    """On the way down from weeks to minutes an answer without candles is asked for again."""
    bybit.server.fail("empty", times=1, skip=skip)
    with bybit.source() as source:
        assert source.first_candle_ms("BTCUSDT", kind, ONE) == LISTED


@pytest.mark.parametrize("skip", [1, 2, 3])
def test_empty_answers_below_a_longer_candle_are_the_venues_fault(bybit: Rig, skip: int) -> None:
    """Where a longer candle is, shorter ones have to be: the symbol is not to blame, and the hint says so."""
    bybit.server.fail("empty", skip=skip)
    with bybit.source() as source, pytest.raises(SourceError, match="where it has longer ones") as caught:
        source.first_candle_ms("BTCUSDT", "trade", ONE)
    assert caught.value.problems[0].hint == "the symbol is right: try again later"


def test_no_candle_at_all_is_asked_for_again_and_then_told(rig: Rig) -> None:
    """A first empty answer is not believed; a venue that repeats it may not have the symbol, and that is the hint."""
    rig.server.fail("empty", times=1)
    with rig.source() as source:
        assert source.first_candle_ms("BTCUSDT", "trade", ONE) == LISTED
    rig.server.fail("empty")
    with rig.source() as source, pytest.raises(SourceError, match="has no trade candles of BTCUSDT") as caught:
        source.first_candle_ms("BTCUSDT", "trade", ONE)
    assert "check the symbol" in caught.value.problems[0].hint


def test_an_empty_page_inside_a_range_is_asked_for_again(rig: Rig) -> None:
    """A page without rows before the expected end is a hole like any other: what comes the second time counts."""
    rig.server.fail("empty", times=1, skip=1)
    brought = rig.candles()
    assert (brought.error, brought.absent, brought.covered) == (None, [], [(START, END)])
