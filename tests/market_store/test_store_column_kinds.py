"""Columns of every kind that a file can hold, in the place of prices, rates, times and symbols."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path

import polars as pl
import pytest

from btcli.errors import RequestError
from btcli.market.importing import read_candles_file, read_funding_file

NEW_YEAR, HOUR = 1_704_067_200_000, 3_600_000
TIMES = [NEW_YEAR, NEW_YEAR + HOUR]
NUMBERS = {
    "64-bit": pl.Series([1.5, 2.5]),
    "32-bit": pl.Series([1.5, 2.5], dtype=pl.Float32),
    "decimal": pl.Series([1.5, 2.5]).cast(pl.Decimal(10, 2)),
    "text": pl.Series(["1.5", " 2.5"]),
    "categories": pl.Series(["1.5", "2.5"]).cast(pl.Categorical),
    "an enumeration": pl.Series(["1.5", "2.5"]).cast(pl.Enum(["1.5", "2.5"])),
}
OTHERS = {
    "lists": pl.Series([[1.5], [2.5]]),
    "lists of lists": pl.Series([[[1.5]], [[2.5]]]),
    "arrays": pl.Series([[1.5], [2.5]], dtype=pl.Array(pl.Float64, 1)),
    "structures": pl.Series([{"a": 1.5}, {"a": 2.5}]),
    "bytes": pl.Series([b"1.5", b"2.5"]),
    "truths": pl.Series([True, False]),
    "dates": pl.Series([date(2024, 1, 1)] * 2),
    "moments": pl.Series([datetime(2024, 1, 1)] * 2),
    "times of the day": pl.Series([time(1), time(2)]),
    "durations": pl.Series([timedelta(1), timedelta(2)]),
}


def candles(folder: Path, suffix: str = "parquet", **columns: pl.Series) -> Path:
    """A file of two candles with these columns in the place of its own."""
    plain = {name: pl.Series([1.5, 2.5]) for name in ("open", "high", "low", "close", "volume")}
    frame = pl.DataFrame({"ts_open": pl.Series(TIMES), **plain, **columns})
    path = folder / f"BTCUSDT-1h.{suffix}"
    (frame.write_parquet if suffix == "parquet" else frame.write_ipc)(path)
    return path


@pytest.mark.parametrize("kind", NUMBERS)
def test_a_number_is_read_from_every_kind_that_holds_one(tmp_path: Path, kind: str) -> None:
    """Prices as numbers, decimals, text or categories are the same numbers."""
    prices = dict.fromkeys(("open", "high", "low", "close"), NUMBERS[kind])
    assert read_candles_file(candles(tmp_path, **prices)).frame["close"].to_list() == [1.5, 2.5]


@pytest.mark.parametrize("kind", OTHERS)
@pytest.mark.parametrize("suffix", ["parquet", "feather"])
@pytest.mark.parametrize("column", ["close", "volume"])
def test_a_column_of_another_kind_is_no_number(tmp_path: Path, kind: str, suffix: str, column: str) -> None:
    """Lists, structures, bytes, truths and dates in the place of a number are refused with the column's name."""
    with pytest.raises(RequestError, match=rf"BTCUSDT-1h\.{suffix} column {column} holds .*, [a-z]+ is a number"):
        read_candles_file(candles(tmp_path, suffix, **{column: OTHERS[kind]}))


@pytest.mark.parametrize("kind", OTHERS)
def test_a_rate_of_another_kind_is_no_number(tmp_path: Path, kind: str) -> None:
    """So are rates."""
    pl.DataFrame({"ts": TIMES, "rate": OTHERS[kind]}).write_parquet(tmp_path / "BTCUSDT-funding.parquet")
    with pytest.raises(RequestError, match=r"column rate holds .*, [a-z]+ is a number"):
        read_funding_file(tmp_path / "BTCUSDT-funding.parquet", symbol="BTCUSDT")


@pytest.mark.parametrize("kind", [kind for kind in OTHERS if kind not in ("dates", "moments")])
def test_a_column_of_another_kind_is_no_time(tmp_path: Path, kind: str) -> None:
    """In the place of times they are refused as well, but for dates and moments, which are times."""
    with pytest.raises(RequestError, match=r"column ts_open holds .*, which is no time"):
        read_candles_file(candles(tmp_path, ts_open=OTHERS[kind]))


@pytest.mark.parametrize("kind", OTHERS)
def test_a_column_of_another_kind_is_no_symbol(tmp_path: Path, kind: str) -> None:
    """In the place of symbols too."""
    with pytest.raises(RequestError, match=r"column symbol holds .*, which is no symbol"):
        read_candles_file(candles(tmp_path, symbol=OTHERS[kind]))
