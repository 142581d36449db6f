"""A file beside stored rows of the same series: what cannot be the same is told, what was corrected is not."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from btcli.market.importing.agreeing import Disagreement, compared, rows_to_compare
from btcli.timeframe import Timeframe

HOUR = 3_600_000
H1 = Timeframe.parse("1h")


def disagreement(given: pl.DataFrame, stored: pl.DataFrame, timeframe: Timeframe | None) -> Disagreement | None:
    """What is found between two frames of one series."""
    length_ms = 0 if timeframe is None else timeframe.ms
    return compared(given, stored, length_ms, length_ms).disagreement


def candles(count: int = 40, *, flat: bool = False) -> pl.DataFrame:
    """Hours whose prices differ, or stand still."""
    lows = [100.0 if flat else 100.0 + n * n % 97 for n in range(count)]
    rise = 0.0 if flat else 1.0
    return pl.DataFrame(
        {
            "ts_open": [n * HOUR for n in range(count)],
            "open": lows,
            "high": [low + 2 * rise for low in lows],
            "low": lows,
            "close": [low + rise for low in lows],
            "volume": [5.0 + n % 3 for n in range(count)],
        }
    )


def test_the_same_rows_agree() -> None:
    """Also beside each other, and where the file is longer."""
    whole = candles()
    assert disagreement(whole, whole, H1) is None
    assert disagreement(whole, whole.head(10), H1) is None
    assert disagreement(whole.tail(20), whole.head(20), H1) is None


def test_too_few_rows_say_nothing() -> None:
    """Four rows that are a bar late may be anything."""
    late = candles(4).with_columns(pl.col("ts_open") + HOUR)
    assert disagreement(late, candles(), H1) is None


@pytest.mark.parametrize("bars", [1, -1, 2, 9, -12])
def test_a_shift_is_found_either_way(bars: int) -> None:
    """By bars of the series and by whole hours."""
    moved = candles().with_columns(pl.col("ts_open") + bars * HOUR)
    found = disagreement(moved, candles(80), H1)
    assert found is not None
    assert f"{abs(bars)} bar" in found.said
    assert ("later" if bars > 0 else "earlier") in found.said


def test_a_market_that_stands_still_has_no_shift() -> None:
    """Any shift fits it, so none is told."""
    moved = candles(flat=True).with_columns(pl.col("ts_open") + HOUR)
    assert disagreement(moved, candles(80, flat=True), H1) is None


def test_quote_volume_is_told_from_coins() -> None:
    """Each volume times a price of its candle."""
    quote = candles().with_columns(pl.col("volume") * (pl.col("high") + pl.col("low")) / 2)
    found = disagreement(quote, candles(), H1)
    assert found is not None
    assert found.hint == "--volume-in quote"


@pytest.mark.parametrize(
    ("factor", "hint"), [(100.0, "contracts:0.01"), (0.001, "contracts:1e+03"), (10.0, "contracts:0.1")]
)
def test_another_unit_of_volume_is_told(factor: float, hint: str) -> None:
    """The size of a contract follows from the factor."""
    found = disagreement(candles().with_columns(pl.col("volume") * factor), candles(), H1)
    assert found is not None
    assert hint in found.hint


def test_other_volumes_without_one_factor_are_corrections() -> None:
    """Every volume differs, each in its own way."""
    other = candles().with_columns(volume=pl.col("volume") * (1 + (pl.col("ts_open") // HOUR) % 7))
    assert disagreement(other, candles(), H1) is None


def test_prices_of_another_market_are_told() -> None:
    """A thousandfold, as of a contract over a thousand coins."""
    names = ("open", "high", "low", "close")
    found = disagreement(candles().with_columns(pl.col(*names) * 1000), candles(), H1)
    assert found is not None
    assert "1000 times" in found.said


def test_prices_that_lie_beside_those_stored_are_of_another_market() -> None:
    """Each a little off, as spot is beside a perpetual; where one of eight is the same, they are corrections."""
    names = ("open", "high", "low", "close")
    beside = candles().with_columns(pl.col(*names) * 1.0005)
    found = disagreement(beside, candles(), H1)
    assert found is not None
    assert found.said == "hardly any of its prices is the one stored"
    assert disagreement(pl.concat([candles().head(5), beside[5:]]), candles(), H1) is None


@pytest.mark.parametrize(("minutes", "way"), [(330, "+5:30"), (-210, "-3:30"), (345, "+5:45"), (480, "+8")])
def test_a_clock_of_half_hours_is_found(minutes: int, way: str) -> None:
    """Clocks differ from UTC by quarters of an hour as well, where candles are as short."""
    quarters = candles(200).with_columns(pl.col("ts_open") // 4)
    found = disagreement(quarters.with_columns(pl.col("ts_open") + minutes * 60_000), quarters, Timeframe.parse("15m"))
    assert found is not None
    assert found.hint == f"--utc-offset {way}"


@pytest.mark.parametrize(
    ("factor", "told"), [(100.0, "--rate-in percent"), (0.01, "another unit"), (1.0, None), (1.2, None)]
)
def test_rates_of_another_unit_are_told(factor: float, told: str | None) -> None:
    """By their factor, whatever the milliseconds; small corrections pass."""
    rates = pl.DataFrame({"ts": [n * 8 * HOUR for n in range(10)], "rate": [0.0001 * (1 + n % 3) for n in range(10)]})
    given = rates.with_columns(pl.col("ts") + 7, pl.col("rate") * factor)
    found = disagreement(given, rates, None)
    assert (found is None) == (told is None)
    assert found is None or told in found.hint  # type: ignore[operator]


@pytest.mark.parametrize(("given_ms", "stored_ms", "count"), [(HOUR, HOUR, 20_000), (HOUR, 60_000, 333)])
def test_the_last_rows_in_common_are_compared(given_ms: int, stored_ms: int, count: int) -> None:
    """Of a file that reaches far beyond what is stored only rows that lie there, and no more than are enough."""
    given = pl.DataFrame({"ts_open": [n * HOUR for n in range(40_000)]})
    times = np.arange(0, 30_000 * HOUR, stored_ms)
    part = rows_to_compare(given, times, given_ms, stored_ms)
    assert (part.height, part["ts_open"][-1]) == (count, 30_000 * HOUR)


def test_rows_without_any_in_common_are_not_compared() -> None:
    """Also when they lie in a hole of what is stored."""
    given = pl.DataFrame({"ts_open": [n * HOUR for n in range(100, 200)]})
    times = np.concatenate([np.arange(0, 50 * HOUR, HOUR), np.arange(300 * HOUR, 400 * HOUR, HOUR)])
    assert rows_to_compare(given, times, HOUR, HOUR).is_empty()


def test_finer_candles_are_put_together_by_hand() -> None:
    """Halves of hours are the hours that follow from them; one that lacks a half, the last, is left out."""
    halves = pl.DataFrame(
        {
            "ts_open": [n * HOUR // 2 for n in range(15)],
            "open": [10.0, 11, 20, 21, 30, 31, 40, 41, 50, 51, 60, 61, 70, 71, 80],
            "high": [13.0, 12, 23, 22, 33, 32, 43, 42, 53, 52, 63, 62, 73, 72, 83],
            "low": [9.0, 8, 19, 18, 29, 28, 39, 38, 49, 48, 59, 58, 69, 68, 79],
            "close": [11.0, 10.5, 21, 20.5, 31, 30.5, 41, 40.5, 51, 50.5, 61, 60.5, 71, 70.5, 81],
            "volume": [1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
        }
    )
    hours = pl.DataFrame(
        {
            "ts_open": [n * HOUR for n in range(8)],
            "open": [10.0, 20, 30, 40, 50, 60, 70, 8],
            "high": [13.0, 23, 33, 43, 53, 63, 73, 9],
            "low": [8.0, 18, 28, 38, 48, 58, 68, 7],
            "close": [10.5, 20.5, 30.5, 40.5, 50.5, 60.5, 70.5, 8],
            "volume": [3.0, 7, 11, 15, 19, 23, 27, 1],
        }
    )
    assert compared(hours, halves, HOUR, HOUR // 2) == (True, None)
    assert compared(halves, hours, HOUR // 2, HOUR) == (True, None)
    late = hours.with_columns(pl.col("ts_open") + HOUR)
    found = compared(late, halves, HOUR, HOUR // 2).disagreement
    assert found == ("its candles are those stored, 1 bar of 1h later", "--stamp close or --utc-offset +1")


def test_coins_beside_stored_quote_volume_are_told() -> None:
    """It may be what is stored that counts quote."""
    quote = candles().with_columns(pl.col("volume") * (pl.col("high") + pl.col("low")) / 2)
    found = disagreement(candles(), quote, H1)
    assert found is not None
    assert found.said == "its volumes are those stored divided by the price"


def test_a_price_of_about_one_tells_no_unit() -> None:
    """Coins and quote are the same number there, and the same volumes lie between low and high."""
    names = ("open", "high", "low", "close")
    around = candles().with_columns((pl.col(*names) - 150.0) / 10_000 + 1.0)
    assert disagreement(around, around, H1) is None
