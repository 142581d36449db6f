"""Derived bars: complete buckets, and nothing else."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from preflight_worlds import DAY, HOUR, MINUTE, candles, ms, without
from shared_data import shared

from btcli.market.derive import derive_bars
from btcli.market.loader import bars_of_frame
from btcli.market.series import Bars
from btcli.timeframe import Timeframe

START = ms("2024-01-10")
M5, M15, H1, D1, W1 = (Timeframe.parse(label) for label in ("5m", "15m", "1h", "1d", "1w"))


def slow_reference(bars: Bars, base: Timeframe, target: Timeframe) -> list[tuple[float, ...]]:
    """One bucket at a time over plain Python lists; a bucket without all its bars is dropped."""
    buckets: dict[int, list[int]] = {}
    for position, ts_open in enumerate(bars.ts_open.tolist()):
        buckets.setdefault(target.floor(ts_open), []).append(position)
    rows = []
    for ts_open, positions in sorted(buckets.items()):
        opens = [int(bars.ts_open[position]) for position in positions]
        if opens != list(range(ts_open, ts_open + target.ms, base.ms)):
            continue
        volume = 0.0
        for position in positions:
            volume += float(bars.volume[position])
        high = max(float(bars.high[position]) for position in positions)
        low = min(float(bars.low[position]) for position in positions)
        rows.append((ts_open, float(bars.open[positions[0]]), high, low, float(bars.close[positions[-1]]), volume))
    return rows


def rows_of(bars: Bars) -> list[tuple[float, ...]]:
    columns = (bars.ts_open, bars.open, bars.high, bars.low, bars.close, bars.volume)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def test_a_bucket_is_first_open_highest_high_lowest_low_last_close_and_summed_volume() -> None:
    """Three hand-written 5m bars give the 15m bar one would write by hand."""
    frame = pl.DataFrame(
        {
            "ts_open": [START, START + 5 * MINUTE, START + 10 * MINUTE],
            "open": [10.0, 11.0, 12.0],
            "high": [11.5, 14.0, 12.5],
            "low": [9.5, 10.5, 8.0],
            "close": [11.0, 12.0, 9.0],
            "volume": [1.0, 2.0, 4.0],
        }
    )
    derived = derive_bars(bars_of_frame(frame, M5), M5, M15)
    assert rows_of(derived) == [(START, 10.0, 14.0, 8.0, 9.0, 7.0)]
    assert derived.ts_close.tolist() == [START + 15 * MINUTE]


def test_incomplete_buckets_give_no_bar() -> None:
    """A bucket cut by the edge of the data or by a hole is left out; its neighbours stay."""
    frame = without(candles("5m", START + 5 * MINUTE, START + 3 * HOUR), START + 65 * MINUTE)
    derived = derive_bars(bars_of_frame(frame, M5), M5, H1)
    assert derived.ts_open.tolist() == [START + 2 * HOUR]


def test_a_doubled_bar_does_not_stand_in_for_a_missing_one() -> None:
    """A bucket with one bar twice and one missing has the right count and is still incomplete."""
    opens = [START, START + 5 * MINUTE, START + 5 * MINUTE, START + 15 * MINUTE]
    frame = candles("5m", START, START + 20 * MINUTE).with_columns(ts_open=pl.Series(opens))
    assert derive_bars(bars_of_frame(frame, M5), M5, Timeframe.parse("20m")).ts_open.size == 0


def test_nothing_derives_to_nothing() -> None:
    """Empty bars and bars shorter than one bucket derive to empty columns of the right types."""
    for hours in (0, 1):
        bars = bars_of_frame(candles("5m", START, START + hours * 5 * MINUTE), M5)
        derived = derive_bars(bars, M5, H1)
        assert [column.size for column in derived] == [0] * 7
        assert derived.ts_open.dtype == np.int64


def test_weeks_are_derived_from_monday_to_monday() -> None:
    """A derived weekly bar opens on Monday, although weeks do not divide the epoch."""
    bars = bars_of_frame(candles("1d", START, START + 30 * DAY), D1)
    opens = derive_bars(bars, D1, W1).ts_open.tolist()
    assert opens == [ms("2024-01-15"), ms("2024-01-22"), ms("2024-01-29")]


def test_a_target_that_is_no_multiple_is_refused() -> None:
    """Bars can only be put together, never cut apart or mixed."""
    bars = bars_of_frame(candles("15m", START, START + HOUR), M15)
    for label in ("5m", "20m"):
        with pytest.raises(ValueError, match="whole number"):
            derive_bars(bars, M15, Timeframe.parse(label))


@given(
    st.integers(0, 40),
    st.integers(0, 130),
    st.sets(st.integers(0, 129)),
    st.sampled_from(["5m", "10m", "15m", "1h", "4h"]),
)
def test_derived_bars_equal_a_slow_reference(offset: int, count: int, removed: set[int], target: str) -> None:
    """For any start, length and holes the vectorised result is the slow one, to the last bit."""
    start = START + offset * 5 * MINUTE
    frame = candles("5m", start, start + count * 5 * MINUTE, seed=count)
    frame = without(frame, *(start + position * 5 * MINUTE for position in removed))
    bars = bars_of_frame(frame, M5)
    timeframe = Timeframe.parse(target)
    assert rows_of(derive_bars(bars, M5, timeframe)) == slow_reference(bars, M5, timeframe)


def test_recorded_hours_are_their_recorded_quarters() -> None:
    """Hours derived from recorded 15m candles are the hours that the venue recorded itself."""
    quarters = pl.read_parquet(shared("data/BTCUSDT-15m-perp-saam2024h1.parquet"))
    hours = pl.read_parquet(shared("data/BTCUSDT-1h-perp-saam2024h1.parquet"))
    derived = derive_bars(_recorded(quarters, M15), M15, H1)
    recorded = _recorded(hours, H1)
    for name in ("ts_open", "open", "high", "low", "close"):
        assert np.array_equal(getattr(derived, name), getattr(recorded, name))
    assert int((~np.isclose(derived.volume, recorded.volume, rtol=1e-9)).sum()) == 4  # the venue's own four


def _recorded(frame: pl.DataFrame, timeframe: Timeframe) -> Bars:
    return bars_of_frame(frame.with_columns(ts_open=pl.col("ts").dt.epoch("ms")), timeframe)


def test_weeks_make_fortnights() -> None:
    """Both grids of whole weeks begin on the same Monday, so one is made of the other."""
    weeks = bars_of_frame(candles("1w", ms("2024-01-01"), ms("2024-02-12")), W1)
    fortnight = Timeframe.parse("2w")
    derived = derive_bars(weeks, W1, fortnight)
    assert rows_of(derived) == slow_reference(weeks, W1, fortnight)
    assert derived.ts_open.size == 3 - (fortnight.floor(ms("2024-01-01")) != ms("2024-01-01"))
