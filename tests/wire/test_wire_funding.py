"""Funding over the wire: no grid to count on, and still nothing is lost without a word."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from wire.venue_server import Market, VenueServer
from wire.venue_world import HOUR_MS, ms
from wire.wire_rig import VENUES, Rig, rig_of

from btcli.sources.source import Absent

LISTED, START, END, NOW = ms("2023-06-01T02:00"), ms("2023-07-01"), ms("2024-01-01"), ms("2024-01-05T12:00:30")
CHANGED = ms("2023-11-20T08:00")
SETTLED = ("2023-09-01T08:00", "2023-09-01T16:00")


@pytest.fixture(params=VENUES)
def rig(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    """A venue with half a year of funding, every eight hours, then every hour, with jitter at Binance."""
    jitter = request.param == "binance"
    market = Market("BTCUSDT", LISTED, NOW, hourly_from_ms=CHANGED, jitter=jitter)
    with VenueServer(market) as server:
        yield rig_of(monkeypatch, request.param, market, server)


def settled(rig: Rig, start_ms: int = START, end_ms: int = END) -> list[tuple[int, float]]:
    """What the market settled in a range, as received."""
    return [(ts, float(rate)) for ts, rate in rig.market.settlements() if start_ms <= ts < end_ms]


def test_funding_arrives_whole(rig: Rig) -> None:
    """Every settlement arrives once, as received, over a change from eight hours to one in the past."""
    brought = rig.funding(START, END)
    assert brought.error is None
    assert brought.rows == settled(rig)
    assert brought.absent == []
    assert brought.covered == [(START, END)]


def test_the_jitter_is_kept(rig: Rig) -> None:
    """Binance's milliseconds stay in the times; the loader is the one who floors them."""
    jitters = {ts % HOUR_MS for ts, _ in rig.funding(START, END).rows}
    assert (max(jitters) > 0) is (rig.venue == "binance")


@pytest.mark.parametrize(
    "fault", ["html", "truncated", "dropped", "http_502", "wrong_symbol", "duplicates", "reversed", "off_grid", "nan"]
)
def test_a_bad_answer_is_asked_for_again(rig: Rig, fault: str) -> None:
    """A bad answer that passes costs a request; one that stays is an error after what was good."""
    rig.server.fail(fault, times=1, skip=1)
    brought = rig.funding(START, END)
    assert (brought.error, brought.rows) == (None, settled(rig))
    rig.server.fail(fault)
    assert rig.funding(START, END).complaint


def test_a_changed_rate_is_not_believed(rig: Rig) -> None:
    """When two answers differ about the settlement they share, the reading ends with an error."""
    rig.server.fail("changed", times=1, skip=1)
    brought = rig.funding(START, END)
    assert "two answers differ about" in brought.complaint
    assert brought.rows == settled(rig)[: len(brought.rows)]


def test_a_hole_that_fills_is_no_hole(rig: Rig) -> None:
    """A settlement that only the first answer lacked arrives."""
    rig.server.hide("funding", ms(SETTLED[0]), ms(SETTLED[1]), answers=1)
    brought = rig.funding(START, END)
    assert (brought.error, brought.absent, brought.rows) == (None, [], settled(rig))


def test_a_hole_that_never_fills_is_absent(rig: Rig) -> None:
    """A settlement that two answers lack, with its neighbours in both, is reported as absent."""
    rig.server.hide("funding", ms(SETTLED[0]), ms(SETTLED[1]))
    brought = rig.funding(START, END)
    assert brought.error is None
    assert brought.absent == [Absent(ms("2023-09-01T00:01"), ms("2023-09-01T16:00"))]
    assert brought.covered == [(START, END)]
    assert len(brought.rows) == len(settled(rig)) - 1


@pytest.mark.parametrize("hours", [1, 2, 3, 7])
def test_missing_hours_are_seen(rig: Rig, hours: int) -> None:
    """Where funding is hourly, a gap of any length is seen, though other times were eight hours apart."""
    start = ms("2023-12-01T05:00")
    rig.server.hide("funding", start, start + hours * HOUR_MS)
    brought = rig.funding(START, END)
    assert brought.absent == [Absent(start - HOUR_MS + 60_000, start + hours * HOUR_MS)]
    rig.server.mend()
    rig.server.hide("funding", start, start + hours * HOUR_MS, answers=1)
    assert rig.funding(START, END).rows == settled(rig)


@pytest.mark.parametrize("edge", [(START, START + 20 * HOUR_MS), (END - 5 * HOUR_MS, END)], ids=["start", "end"])
def test_edges_are_seen_from_outside(rig: Rig, edge: tuple[int, int]) -> None:
    """Settlements missing at the edge of the range are noticed, because the look goes beyond it."""
    rig.server.hide("funding", *edge, answers=1)
    assert rig.funding(START, END).rows == settled(rig)
    rig.server.hide("funding", *edge)
    brought = rig.funding(START, END)
    assert brought.absent or "missing" in brought.complaint
    assert len(brought.rows) == len([row for row in settled(rig) if not edge[0] <= row[0] < edge[1]])


FIRST = ms("2023-06-01T08:00")  # the first settlement after the listing at 02:00


def test_funding_begins_with_the_first_settlement(rig: Rig) -> None:
    """What lies before the venue's first settlement is absent, and everything after it arrives without an error."""
    for start in (ms("2015-01-01"), ms("2023-05-01"), LISTED):
        brought = rig.funding(start, START)
        assert (brought.error, brought.rows) == (None, settled(rig, LISTED, START))
        assert brought.absent == [Absent(start, FIRST)]
        assert brought.covered == [(start, START)]


def test_years_before_the_first_settlement_cost_little(rig: Rig) -> None:
    """A range that begins long before the listing is not walked from there."""
    rig.funding(ms("2015-01-01"), LISTED + 10 * 24 * HOUR_MS)
    assert rig.server.asked("und") <= 6


def test_a_range_that_ends_before_the_first_settlement(rig: Rig) -> None:
    """All of it is absent, because the first settlement is known to come later."""
    for end in (LISTED - 24 * HOUR_MS, LISTED + 2 * HOUR_MS):
        brought = rig.funding(ms("2023-05-01"), end)
        assert (brought.error, brought.rows, brought.absent) == (None, [], [Absent(ms("2023-05-01"), end)])


def test_funding_that_begins_weeks_after_the_listing(rig: Rig) -> None:
    """A venue may have no funding of a symbol's first weeks: its first settlement counts, not the listing."""
    rig.server.hide("funding", LISTED, ms("2023-06-25T16:00"))
    brought = rig.funding(ms("2023-05-01"), START)
    assert (brought.error, brought.absent) == (None, [Absent(ms("2023-05-01"), ms("2023-06-25T16:00"))])
    assert brought.rows == settled(rig, ms("2023-06-25T16:00"), START)


def test_a_late_start_that_one_answer_made_up(rig: Rig) -> None:
    """When a second answer has settlements before the one that seemed to be the first, it is not the first."""
    rig.server.hide("funding", LISTED, ms("2023-06-20T16:00"), answers=2)
    brought = rig.funding(LISTED, START)
    assert brought.absent == []
    assert brought.error is not None or brought.rows == settled(rig, LISTED, START)


def test_a_symbol_without_any_settlement_is_an_error(rig: Rig) -> None:
    """Nothing at all, before and after the listing, is no beginning."""
    rig.server.hide("funding", 0, NOW + 1)
    brought = rig.funding(ms("2023-05-01"), START)
    assert (brought.rows, brought.absent) == ([], [])
    assert "missing 2023-05-01T00:00:00.000Z" in brought.complaint


def test_funding_up_to_now(rig: Rig) -> None:
    """Up to the venue's clock there is no hole; a range beyond it is missing; a late settlement is too."""
    brought = rig.funding(START, NOW)
    assert (brought.error, brought.rows) == (None, settled(rig, START, NOW))
    assert "missing 2024-01-05T12:00:30.000Z to" in rig.funding(START, NOW + HOUR_MS).complaint
    rig.server.hide("funding", ms("2024-01-05T12:00"), NOW)
    assert "missing 2024-01-05T11:01:00.000Z to 2024-01-05T12:00:30.000Z" in rig.funding(START, NOW).complaint


def test_an_empty_history_is_an_error(rig: Rig) -> None:
    """A venue that answers with nothing, every time, has not told that there is nothing."""
    rig.server.fail("empty", path="und")
    brought = rig.funding(START, END)
    assert "missing 2023-07-01T00:00:00.000Z" in brought.complaint
    assert (brought.rows, brought.absent) == ([], [])


def test_bybit_is_never_asked_with_a_start_alone(rig: Rig) -> None:
    """Every request about funding names both ends of its range."""
    rig.funding(START, END)
    asked = [request.params for request in rig.server.requests if "unding" in request.path]
    names = ("startTime", "endTime")
    assert all(all(name in params for name in names) for params in asked)
