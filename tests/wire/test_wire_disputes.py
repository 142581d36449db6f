"""Candles on which a venue's answers differ: told when two further answers agree, else named and never delivered."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from wire.venue_server import VenueServer
from wire.wire_rig import END, ONE, START, VENUES, Rig, minutes, rig_of, usual_market

from btcli.sources.source import Absent

LIMITS = {"bybit": 1000, "binance": 1500}


@pytest.fixture(params=VENUES)
def rig(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    """A venue with a few days of candles."""
    market = usual_market()
    with VenueServer(market) as server:
        yield rig_of(monkeypatch, request.param, market, server)


def shared(rig: Rig) -> int:
    """The candle that the first two pages share."""
    return START + minutes(LIMITS[rig.venue] - 1)


@pytest.mark.parametrize("at_once", [1, 3])
@pytest.mark.parametrize("times", [1, 2, 3, None])
@pytest.mark.parametrize("skip", [1, 2])
def test_answers_with_wrong_edges_cost_requests_and_nothing_else(
    rig: Rig, skip: int, times: int | None, at_once: int
) -> None:
    """A venue that changes the oldest and the newest row of its answers is seen through: every candle is true."""
    rig.server.fail("changed", times=times, skip=skip)
    brought = rig.candles(at_once=at_once)
    assert (brought.error, brought.absent, brought.covered) == (None, [], [(START, END)])


@pytest.mark.parametrize("kind", ["trade", "mark"])
def test_a_candle_that_is_told_differently_each_time_is_named(rig: Rig, kind: str) -> None:
    """It is not delivered, whichever answer is asked; all others are, and the error has its time and values."""
    rig.server.vary(kind, shared(rig))
    brought = rig.candles(kind=kind)
    one = (shared(rig), shared(rig) + ONE.ms)
    assert brought.covered == [(START, one[0]), (one[1], END)]
    assert [(doubt[:2], doubt.state) for doubt in brought.doubts] == [(one, "disputed")]
    stamp = f"2024-01-0{1 if rig.venue == 'bybit' else 2}T{'16:39' if rig.venue == 'bybit' else '00:59'}"
    assert f"two answers differ about the candle of {stamp}:00.000Z" in brought.complaint
    assert "until two answers agree" in brought.complaint


def test_a_candle_that_differed_once_is_told_by_two_that_agree(rig: Rig) -> None:
    """One answer that was wrong about the shared candle does not keep it away."""
    rig.server.vary("trade", shared(rig), answers=1)
    assert rig.candles().covered == [(START, END)]


def test_a_second_answer_that_contradicts_a_neighbour_does_not_fill_a_hole(rig: Rig) -> None:
    """A hole's rows are not taken from an answer that tells a candle beside it otherwise; another one is asked."""
    hole = START + minutes(100), START + minutes(103)
    rig.server.hide("trade", *hole, answers=1)
    rig.server.fail("changed", times=1, skip=3 if rig.venue == "binance" else 1)
    brought = rig.candles(START, START + minutes(300))
    assert (brought.error, brought.covered) == (None, [(START, START + minutes(300))])


def test_a_neighbour_that_is_told_differently_each_time_is_named(rig: Rig) -> None:
    """A candle beside a hole on which later answers never agree is in dispute, though it was delivered before."""
    hole = START + minutes(100), START + minutes(103)
    rig.server.hide("trade", *hole)
    rig.server.vary("trade", hole[1])
    with rig.source() as source:
        answers = []
        with pytest.raises(Exception, match="two answers differ"):
            answers.extend(iter_all(source.candles("BTCUSDT", "trade", ONE, START, START + minutes(300)), answers))
    told = [answer for answer in answers if not isinstance(answer, Absent) and len(answer) == 4]
    assert ((hole[1], hole[1] + ONE.ms), "disputed") in [(doubt[:2], doubt.state) for doubt in told]
    assert not any(isinstance(answer, Absent) for answer in answers)


def iter_all(source: Iterator[object], into: list[object]) -> Iterator[object]:
    for answer in source:
        into.append(answer)
    yield from ()


def test_a_row_of_another_length_is_no_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """Binance tells when a candle ends: one that ends with another interval spoils the whole answer."""
    market = usual_market()
    with VenueServer(market) as server:
        rig = rig_of(monkeypatch, "binance", market, server)
        server.fail("longer", times=1)
        assert rig.candles().covered == [(START, END)]
        server.fail("longer")
        assert "a candle is not 1m long" in rig.candles().complaint
