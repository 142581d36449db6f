"""A file beside stored rows of the same series: what cannot be the same is told, what was corrected is not."""

from __future__ import annotations

import polars as pl
import pytest

from btcli.market.importing.agreeing import disagreement
from btcli.timeframe import Timeframe

HOUR = 3_600_000
H1 = Timeframe.parse("1h")


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
