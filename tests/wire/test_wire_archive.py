"""Binance's archive: whole past months in two requests each, believed only with their checksum."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from wire.venue_archives import zipped
from wire.venue_server import Market, VenueServer
from wire.venue_world import ms
from wire.wire_rig import Rig, minutes, rig_of

from btcli.sources.source import Absent
from btcli.timeframe import Timeframe

LISTED, START, END, NOW = ms("2023-11-05T03:00"), ms("2023-11-20"), ms("2024-02-02"), ms("2024-02-03T12:00:30")
DECEMBER = "/data/futures/um/monthly/klines/BTCUSDT/5m/BTCUSDT-5m-2023-12.zip"
FIVE = Timeframe.parse("5m")


@pytest.fixture
def rig(monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    """Binance with an archive for December and January between days that only pages have."""
    market = Market("BTCUSDT", LISTED, NOW)
    with VenueServer(market) as server:
        yield rig_of(monkeypatch, "binance", market, server, archive=True)


@pytest.mark.parametrize("kind", ["trade", "mark"])
def test_whole_months_come_from_the_archive(rig: Rig, kind: str) -> None:
    """Two months take two requests each, the days around them pages, as the plan says."""
    brought = rig.candles(START, END, kind=kind, timeframe=FIVE)
    assert brought.error is None
    assert brought.covered == [(START, END)]
    assert (rig.server.asked("-2023-12.zip"), rig.server.asked("-2024-01.zip"), rig.server.asked(".zip")) == (2, 2, 4)
    with rig.source() as source:
        planned = source.requests_for(kind, "5m", START, END)  # type: ignore[arg-type]
    pages = rig.server.asked("lines") - rig.server.asked("/klines/") - rig.server.asked("/markPriceKlines/")
    assert 0 <= 4 + pages - planned <= 1


def test_short_series_come_in_pages(rig: Rig) -> None:
    """Where a month is hardly more than a page, the archive is not asked."""
    assert rig.candles(START, END, timeframe=Timeframe.parse("1h")).error is None
    assert rig.server.asked(".zip") == 0


def test_a_file_without_a_header(rig: Rig) -> None:
    """Archive files come with a header or without one."""
    rig.server.fail("no_header", path=".zip")
    assert rig.candles(START, END, timeframe=FIVE).covered == [(START, END)]
    assert rig.notices == []


def test_a_file_that_is_issued_again_meanwhile(rig: Rig) -> None:
    """When file and checksum do not fit, both are fetched anew."""
    rig.server.fail("wrong_checksum", times=1, path=".CHECKSUM")
    assert rig.candles(START, END, timeframe=FIVE).covered == [(START, END)]
    assert rig.server.asked("-2023-12.zip") == 4
    assert "do not fit" in rig.notices[0]


@pytest.mark.parametrize("fault", ["wrong_checksum", "http_500", "truncated", "html", "dropped", "http_403"])
def test_pages_stand_in_for_a_broken_archive(rig: Rig, fault: str) -> None:
    """An archive that does not deliver is told, left alone, and replaced by pages."""
    rig.server.fail(fault, path=".zip")
    assert rig.candles(START, END, timeframe=FIVE).covered == [(START, END)]
    assert rig.notices[-1].endswith("going on page by page")
    assert rig.server.asked("2024-01.zip") == 0


@pytest.mark.parametrize(
    "text",
    [
        "1701388800000,1,2,3\n",
        "1701388800000,10,9,8,10,1\n",
        "1701388800001,10,12,8,10,1\n",
        "1700000100000,10,12,8,10,1\n",
    ],
    ids=["columns", "no candle", "off the grid", "another month"],
)
def test_a_file_that_makes_no_sense(rig: Rig, text: str) -> None:
    """A file with a fitting checksum is read as strictly as an answer."""
    rig.server.archives[DECEMBER] = zipped("BTCUSDT-5m-2023-12.csv", text)
    assert rig.candles(START, END, timeframe=FIVE).covered == [(START, END)]
    assert rig.notices[-1].endswith("going on page by page")


def test_a_month_that_is_not_published(rig: Rig) -> None:
    """A month without a file comes page by page, the next one from the archive again."""
    rig.server.archives[DECEMBER] = b""
    assert rig.candles(START, END, timeframe=FIVE).covered == [(START, END)]
    assert rig.server.asked("2024-01.zip") == 2
    assert rig.notices == []


def test_holes_of_the_archive_are_asked_of_the_venue(rig: Rig) -> None:
    """What a file lacks is fetched page by page; what the venue lacks too is absent."""
    rig.server.hide("trade", ms("2023-12-10"), ms("2023-12-11"), answers=1)
    assert rig.candles(START, END, timeframe=FIVE).absent == []
    rig.server.mend()
    rig.server.archives.clear()
    rig.server.hide("trade", ms("2023-12-10"), ms("2023-12-11"))
    brought = rig.candles(START, END, timeframe=FIVE)
    assert brought.absent == [Absent(ms("2023-12-10"), ms("2023-12-11"))]
    assert brought.covered == [(START, END)]


def test_a_month_in_which_trading_began(rig: Rig) -> None:
    """A file that begins in the middle of its month leaves the time before as missing."""
    brought = rig.candles(ms("2023-11-01"), END, timeframe=FIVE)
    assert "missing 2023-11-01T00:00:00.000Z to 2023-11-05T03:00:00.000Z" in brought.complaint
    assert brought.covered == [(LISTED, END)]


def test_a_month_of_minutes_is_read_in_one_go(rig: Rig) -> None:
    """A month of one-minute candles is one page from two requests."""
    brought = rig.candles(ms("2023-12-01"), ms("2024-01-01"))
    assert [len(page.rows) for page in brought.pages] == [31 * 1440]
    assert rig.server.asked("lines") == 2
    assert brought.pages[0].end_ms - brought.pages[0].start_ms == minutes(31 * 1440)
