"""Generated markets: the same from anywhere, and shaped like real ones."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from btcli.errors import RequestError
from btcli.market.digesting import digest_of_frame
from btcli.market.sampling import EPOCH_MS, MARKETS, sample_candles
from btcli.market.schema import CANDLE_SCHEMA, FUNDING_SCHEMA, require_storable
from btcli.timeframe import Timeframe

NEW_YEAR = 1_704_067_200_000
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
M1, M5, H1, D1, W1 = (Timeframe.parse(label) for label in ("1m", "5m", "1h", "1d", "1w"))


@pytest.fixture(scope="module")
def year() -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    frames = sample_candles("BTCUSDT", 1, NEW_YEAR, NEW_YEAR + 366 * DAY, H1)
    return frames.trade, frames.mark, frames.funding


def moves(candles: pl.DataFrame) -> pl.Series:
    return candles["close"].pct_change().drop_nulls()


@settings(max_examples=15)
@given(st.integers(0, 5_000), st.integers(1, 3_000), st.integers(0, 3))
def test_any_range_agrees_with_any_other(start_minute: int, minutes: int, seed: int) -> None:
    """A candle depends on symbol, seed and time, never on where the request begins or ends."""
    start_ms = NEW_YEAR + start_minute * MINUTE
    end_ms = start_ms + minutes * MINUTE
    part = sample_candles("ETHUSDT", seed, start_ms, end_ms, M1)
    whole = sample_candles("ETHUSDT", seed, NEW_YEAR, NEW_YEAR + 8_001 * MINUTE, M1)
    for mine, all_of_it in zip(part, whole, strict=True):
        ts = mine.columns[0]
        assert mine.equals(all_of_it.filter((pl.col(ts) >= start_ms) & (pl.col(ts) < end_ms)))
    assert part.trade["ts_open"].to_list() == list(range(start_ms, end_ms, MINUTE))


def test_another_seed_and_another_symbol_are_another_history() -> None:
    """No two of them share their closes."""
    closes = [
        tuple(moves(sample_candles(symbol, seed, NEW_YEAR, NEW_YEAR + DAY, H1).trade))
        for symbol in MARKETS
        for seed in (1, 2)
    ]
    assert len(set(closes)) == len(closes)


def test_the_history_of_a_seed_does_not_change_with_versions() -> None:
    """Pinned: committed runs of sample data stand on it. A new digest here is a new history for everybody."""
    frames = sample_candles("BTCUSDT", 7, NEW_YEAR, NEW_YEAR + 3 * DAY, M5)
    assert [digest_of_frame(frame)[:12] for frame in frames] == PINNED


PINNED = ["f88e16bcdb88", "76e481eac79a", "618ca237874e"]


def test_frames_are_ready_for_the_store(year: tuple[pl.DataFrame, ...]) -> None:
    """Right columns, finite, ascending, complete."""
    trade, mark, funding = year
    require_storable(trade, CANDLE_SCHEMA)
    require_storable(mark, CANDLE_SCHEMA)
    require_storable(funding, FUNDING_SCHEMA)
    assert trade["ts_open"].to_list() == list(range(NEW_YEAR, NEW_YEAR + 366 * DAY, HOUR))
    assert mark["ts_open"].equals(trade["ts_open"])
    assert funding["ts"].to_list() == list(range(NEW_YEAR, NEW_YEAR + 366 * DAY, 8 * HOUR))


@pytest.mark.parametrize(("symbol", "decimals"), [("BTCUSDT", 1), ("ETHUSDT", 2)])
def test_candles_hold_together_and_prices_are_on_the_tick(symbol: str, decimals: int) -> None:
    """High and low span open and close, prices are positive, and each is the double nearest to its decimal."""
    for candles in sample_candles(symbol, 3, NEW_YEAR, NEW_YEAR + 30 * DAY, M1)[:2]:
        body = candles.select(pl.max_horizontal("open", "close").alias("top"), pl.min_horizontal("open", "close"))
        assert (candles["high"] >= body["top"]).all()
        assert (candles["low"] <= body["open"]).all()
        assert (candles["low"] > 0).all()
        for name in ("open", "high", "low", "close"):
            assert candles[name].to_list() == [round(price, decimals) for price in candles[name].to_list()]


def test_longer_candles_gather_the_minutes_in_them() -> None:
    """Open of the first, highest high, lowest low, close of the last, sum of the volume."""
    minutes = sample_candles("BTCUSDT", 1, NEW_YEAR, NEW_YEAR + HOUR, M1).trade
    hour = sample_candles("BTCUSDT", 1, NEW_YEAR, NEW_YEAR + HOUR, H1).trade
    opened, high, low, close, volume = hour.row(0)[1:]
    assert (opened, close) == (minutes["open"][0], minutes["close"][59])
    assert (high, low) == (minutes["high"].max(), minutes["low"].min())
    assert volume == pytest.approx(minutes["volume"].sum(), rel=1e-12)


def test_weeks_open_on_mondays_and_only_whole_ones_are_made() -> None:
    """2024-01-01 is a Monday; a request from Tuesday on begins with the next one."""
    weeks = sample_candles("BTCUSDT", 1, NEW_YEAR + DAY, NEW_YEAR + 21 * DAY, W1).trade
    assert weeks["ts_open"].to_list() == [NEW_YEAR + 7 * DAY, NEW_YEAR + 14 * DAY]
    whole = sample_candles("BTCUSDT", 1, NEW_YEAR, NEW_YEAR + 21 * DAY, W1).trade
    assert weeks.equals(whole[1:])


@pytest.mark.long
def test_volatility_comes_in_clusters() -> None:
    """Calm days follow calm ones: the size of moves is correlated from day to day, their direction hardly."""
    days = sample_candles("BTCUSDT", 1, NEW_YEAR, NEW_YEAR + 3 * 365 * DAY, D1).trade
    ranges = (days["high"] - days["low"]) / days["open"]
    correlation = pl.DataFrame({"a": ranges[:-1], "b": ranges[1:]}).select(pl.corr("a", "b")).item()
    assert correlation > 0.2


def test_prices_move_like_a_coin_and_stay_in_reach(year: tuple[pl.DataFrame, ...]) -> None:
    """Daily moves of one to six percent, hourly tails fatter than normal, wicks beyond the body, trends of a month."""
    trade, _, _ = year
    days = sample_candles("BTCUSDT", 1, NEW_YEAR, NEW_YEAR + 366 * DAY, D1).trade
    assert 0.01 < moves(days).std() < 0.06
    assert moves(trade).kurtosis() > 0.3
    assert 5_000 < trade["low"].min() < trade["high"].max() < 200_000
    assert (trade["high"] > pl.Series(trade["close"])).mean() > 0.9
    assert days["close"].pct_change(30).abs().max() > 0.2


def test_the_mark_stays_near_the_last_price_and_is_not_it(year: tuple[pl.DataFrame, ...]) -> None:
    """Within half a percent at every close, on both sides of it, with shorter wicks."""
    trade, mark, _ = year
    apart = mark["close"] / trade["close"] - 1
    assert apart.abs().max() < 0.005
    assert (apart > 0).mean() > 0.1
    assert (apart < 0).mean() > 0.1
    assert (mark["high"] - mark["low"]).mean() < (trade["high"] - trade["low"]).mean()


def test_funding_changes_its_sign(year: tuple[pl.DataFrame, ...]) -> None:
    """Both sides pay, rates are small, and neighbours are alike more often than not."""
    _, _, funding = year
    rates = funding["rate"]
    assert (rates > 0).sum() > 100
    assert (rates < 0).sum() > 100
    assert rates.abs().max() <= 0.003
    same_side = ((rates[:-1] > 0) == (rates[1:] > 0)).mean()
    assert same_side > 0.6


@pytest.mark.parametrize(
    ("start_ms", "end_ms"),
    [
        (EPOCH_MS - 1, NEW_YEAR),
        (NEW_YEAR, NEW_YEAR),
    ],
)
def test_what_cannot_be_generated_is_refused(start_ms: int, end_ms: int) -> None:
    """A time before the first day, an empty range."""
    with pytest.raises(RequestError):
        sample_candles("BTCUSDT", 1, start_ms, end_ms, M1)


def test_any_name_has_a_market_of_its_own() -> None:
    """Sixty made-up symbols have sixty histories, each the same when asked again, with prices above zero."""
    closes = {}
    for name in (f"A{n}USDT" for n in range(60)):
        frame = sample_candles(name, 1, NEW_YEAR, NEW_YEAR + DAY, H1).trade
        assert frame.equals(sample_candles(name, 1, NEW_YEAR, NEW_YEAR + DAY, H1).trade)
        assert (frame["low"] > 0).all()
        closes[tuple(frame["close"])] = name
    assert len(closes) == 60
