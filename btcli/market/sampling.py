"""Generated candles, mark candles and funding, so that everything can be tried without a network.

Prices follow a slow path of days (trends, clustered volatility, a pull towards a level) and a bridge of
minutes between one day's open and the next. Each day has random numbers of its own: any range of the same
symbol and seed agrees with any other. Only + - * / and sqrt are used, so that every platform gets the same bits.
"""

from __future__ import annotations

import hashlib
from math import sqrt
from typing import NamedTuple

import numpy as np
import polars as pl

from btcli.errors import RequestError
from btcli.market.schema import CANDLE_SCHEMA, FUNDING_SCHEMA
from btcli.market.series import Floats, Millis
from btcli.timeframe import UNIT_MS, Timeframe

DAY_MS = UNIT_MS["d"]
MINUTE_MS = UNIT_MS["m"]
MINUTES = DAY_MS // MINUTE_MS
HOURS = 24
FUNDING_HOURS = (0, 8, 16)
EPOCH_MS = 1_577_836_800_000  # 2020-01-01, where every path begins
LOCAL_VOLATILITY = (0.5, 1.5)  # of an hour, relative to its day
SPIKE_SHARE, SPIKE_SIZE = 0.003, 8.0  # candles with a long wick
MARK_WICK = 0.5  # the mark price follows spikes of the last price by halves


class SampleMarket(NamedTuple):
    """What a generated market is like: prices are whole multiples of 10^-decimals, volumes of 10^-volume_decimals."""

    level_usdt: float
    decimals: int
    volume_per_minute: float
    volume_decimals: int
    daily_volatility: float


class SampleFrames(NamedTuple):
    """Trade and mark candles of one timeframe (CANDLE_SCHEMA) and the funding of the same range (FUNDING_SCHEMA)."""

    trade: pl.DataFrame
    mark: pl.DataFrame
    funding: pl.DataFrame


MARKETS = {
    "BTCUSDT": SampleMarket(40_000.0, 1, 40.0, 3, 0.030),
    "ETHUSDT": SampleMarket(2_500.0, 2, 400.0, 2, 0.038),
    "SOLUSDT": SampleMarket(100.0, 3, 3_000.0, 1, 0.050),
}
OTHERS = (
    SampleMarket(400.0, 2, 1_000.0, 2, 0.040),
    SampleMarket(60.0, 3, 5_000.0, 1, 0.045),
    SampleMarket(8.0, 4, 30_000.0, 1, 0.055),
    SampleMarket(1.0, 5, 200_000.0, 0, 0.060),
)


class _Days(NamedTuple):
    """Per day from EPOCH_MS: open, return to the next open, volatility, and the premium of last over mark at 00:00."""

    open: list[float]
    change: list[float]
    volatility: list[float]
    premium: list[float]


class _Minutes(NamedTuple):
    """One series per minute: open, high, low, close in ticks, and the volume."""

    ticks: tuple[Millis, Millis, Millis, Millis]
    volume: Floats


def sample_candles(symbol: str, seed: int, start_ms: int, end_ms: int, timeframe: Timeframe) -> SampleFrames:
    """Generate everything with an open, or a settlement, in [start_ms, end_ms).

    Raises RequestError for a range before 2020 or an empty one.
    """
    market = market_of(symbol)
    if start_ms < EPOCH_MS or end_ms <= start_ms:
        raise RequestError("sample data begins on 2020-01-01 and ends after it begins", hint="choose later dates")
    span = max(DAY_MS, timeframe.ms)
    first = (timeframe.floor(start_ms) if timeframe.ms > DAY_MS else start_ms) - EPOCH_MS
    first_day = max(0, first // DAY_MS)
    last_day = -(-(end_ms + span - DAY_MS - EPOCH_MS) // DAY_MS)
    days = _walk_of_days(market, _generator(symbol, seed, 0), last_day + 1)
    trades, marks, rates = [], [], []
    for day in range(first_day, last_day):
        trade, mark, premium = _minutes_of(market, days, day, _generator(symbol, seed, 1 + day))
        trades.append(trade)
        marks.append(mark)
        rates.append([_funding_rate(premium[hour]) for hour in FUNDING_HOURS])
    open_ms = EPOCH_MS + first_day * DAY_MS
    funding = _funding_frame(rates, open_ms)
    return SampleFrames(
        _candle_frame(trades, market, open_ms, timeframe).filter(pl.col("ts_open").is_between(start_ms, end_ms - 1)),
        _candle_frame(marks, market, open_ms, timeframe).filter(pl.col("ts_open").is_between(start_ms, end_ms - 1)),
        funding.filter(pl.col("ts").is_between(start_ms, end_ms - 1)),
    )


def market_of(symbol: str) -> SampleMarket:
    """The market of a symbol: one of MARKETS, for any other name one of OTHERS at a level of its own."""
    if symbol in MARKETS:
        return MARKETS[symbol]
    code = _code(symbol)
    other = OTHERS[code % len(OTHERS)]
    return other._replace(level_usdt=other.level_usdt * (64 + code // len(OTHERS) % 128) / 128)


def _generator(symbol: str, seed: int, stream: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, _code(symbol), stream])))


def _code(symbol: str) -> int:
    return int.from_bytes(hashlib.sha256(symbol.encode()).digest()[:4], "little")


def _walk_of_days(market: SampleMarket, random: np.random.Generator, count: int) -> _Days:
    """Rows of random numbers are drawn day by day, so that a longer walk begins like a shorter one."""
    usual = market.daily_volatility
    price, variance, trend, premium = market.level_usdt, usual * usual, 0.0, 0.0
    days = _Days([], [], [], [])
    for a, b, c, turn, slope, lean in random.random((count, 6)).tolist():
        volatility = sqrt(variance)
        if turn < 1 / 20:
            trend = (slope - 0.5) * 0.8 * usual
        pull = 0.01 * (market.level_usdt - price) / market.level_usdt
        change = min(max(trend + pull + volatility * 2.0 * (a + b + c - 1.5), -0.25), 0.25)
        days.open.append(price)
        days.change.append(change)
        days.volatility.append(volatility)
        days.premium.append(premium)
        price = price * (1.0 + change)
        variance = 0.06 * usual * usual + 0.80 * variance + 0.14 * change * change
        premium = 0.7 * premium + 0.0004 * (2.0 * lean - 1.0) + 0.2 * trend * 0.05
    return days


def _minutes_of(
    market: SampleMarket, days: _Days, day: int, random: np.random.Generator
) -> tuple[_Minutes, _Minutes, Floats]:
    """One day of last and mark prices, and the premium of last over mark at each full hour."""
    hourly = random.random(HOURS + 1)
    lean = random.random(HOURS + 1)
    a, b, c, wick_up, wick_down, spike, shift, size = random.random((8, MINUTES))
    local = _between_hours(LOCAL_VOLATILITY[0] + (LOCAL_VOLATILITY[1] - LOCAL_VOLATILITY[0]) * hourly)[:-1]
    path = _bridge(days, day, 2.0 * (a + b + c - 1.5) * local)
    premium = _premium(days, day, lean)
    reach = path[:-1] * days.volatility[day] * local / sqrt(MINUTES)
    spiky = np.where(spike < SPIKE_SHARE, SPIKE_SIZE, 1.0)
    nudge = np.floor(shift * 2.5).astype(np.int64) - 1
    volume = market.volume_per_minute * local * local * spiky * (0.1 + 1.8 * size)
    per_volume = 10**market.volume_decimals
    trade = _candles_along(path, market, nudge, reach * spiky * wick_up, reach * spiky * wick_down)
    calm = MARK_WICK * reach
    mark_path = path * (1.0 - _between_hours(premium))
    mark = _candles_along(mark_path, market, np.zeros_like(nudge), calm * wick_up, calm * wick_down)
    volumes = np.floor(volume * per_volume + 0.5) / per_volume
    return _Minutes(trade, volumes), _Minutes(mark, np.zeros(MINUTES)), premium


def _bridge(days: _Days, day: int, steps: Floats) -> Floats:
    """Prices at the day's 1441 minute borders, from its open to the next one's, as rough as its volatility."""
    walked = np.concatenate(([0.0], np.cumsum(steps)))
    share = np.arange(MINUTES + 1) / MINUTES
    swing = (walked - walked[-1] * share) / sqrt(float(np.cumsum(steps * steps)[-1]))
    change = days.change[day] * share + days.volatility[day] * swing
    return np.asarray(days.open[day] * (1.0 + change))


def _premium(days: _Days, day: int, lean: Floats) -> Floats:
    """Last over mark at the 25 full hours of a day; its ends are the days' own, so that days meet."""
    share = np.arange(HOURS + 1) / HOURS
    slow = days.premium[day] * (1.0 - share) + days.premium[day + 1] * share
    ripple = 0.0006 * (lean - 0.5)
    ripple[0] = ripple[-1] = 0.0
    return np.asarray(slow + ripple)


def _between_hours(knots: Floats) -> Floats:
    """25 values at full hours as 1441 at full minutes, straight lines between."""
    share = np.arange(60) / 60
    lines = knots[:-1, None] * (1.0 - share) + knots[1:, None] * share
    return np.concatenate((lines.ravel(), knots[-1:]))


def _candles_along(
    path: Floats, market: SampleMarket, nudge: Millis, up: Floats, down: Floats
) -> tuple[Millis, Millis, Millis, Millis]:
    per_price = 10**market.decimals
    border = np.floor(path * per_price + 0.5).astype(np.int64)
    opened, closed = border[:-1] + nudge, border[1:]
    high = np.maximum(opened, closed) + np.floor(up * per_price).astype(np.int64)
    low = np.minimum(opened, closed) - np.floor(down * per_price).astype(np.int64)
    return opened, high, np.maximum(low, 1), closed


def _candle_frame(days: list[_Minutes], market: SampleMarket, open_ms: int, timeframe: Timeframe) -> pl.DataFrame:
    """Minutes joined and gathered into complete candles of the timeframe."""
    opened, high, low, closed = (np.concatenate([day.ticks[at] for day in days]) for at in range(4))
    volume = np.concatenate([day.volume for day in days])
    skipped = (timeframe.ceil(open_ms) - open_ms) // MINUTE_MS
    per_bar = timeframe.ms // MINUTE_MS
    bars = max(0, (len(opened) - skipped) // per_bar)
    shape = (slice(skipped, skipped + bars * per_bar), (bars, per_bar))
    opened, high, low, closed, volume = (x[shape[0]].reshape(shape[1]) for x in (opened, high, low, closed, volume))
    per_price, per_volume = 10**market.decimals, 10**market.volume_decimals
    columns = (
        timeframe.ceil(open_ms) + np.arange(bars, dtype=np.int64) * timeframe.ms,
        opened[:, 0] / per_price,
        high.max(axis=1) / per_price if bars else np.zeros(0),
        low.min(axis=1) / per_price if bars else np.zeros(0),
        closed[:, -1] / per_price,
        np.floor(volume.cumsum(axis=1)[:, -1] * per_volume + 0.5) / per_volume,
    )
    return pl.DataFrame(dict(zip(CANDLE_SCHEMA, columns, strict=True)), schema=CANDLE_SCHEMA)


def _funding_rate(premium: float) -> float:
    """A settlement's rate: the premium and a little interest, at most 0.3 %, to the eighth decimal."""
    rate = min(max(0.4 * float(premium) + 0.00002, -0.003), 0.003)
    return float(np.floor(rate * 1e8 + 0.5) / 1e8)


def _funding_frame(rates: list[list[float]], open_ms: int) -> pl.DataFrame:
    step = DAY_MS // len(FUNDING_HOURS)
    flat = [rate for day in rates for rate in day]
    return pl.DataFrame(
        {"ts": open_ms + np.arange(len(flat), dtype=np.int64) * step, "rate": flat}, schema=FUNDING_SCHEMA
    )
