"""Times in files, whatever their form, as milliseconds UTC."""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from btcli.errors import RequestError
from btcli.market.importing.raw import RawFile

EARLIEST_MS = 1_230_768_000_000  # 2009-01-01: no coin is older
LATEST_MS = 4_102_444_800_000  # 2100-01-01
# A whole number is read in the first unit in which it is a moment between those two.
UNIT_PER_MS = {"s": 0.001, "ms": 1.0, "us": 1_000.0, "ns": 1_000_000.0}
_TEXT_FORMS = (
    ("%Y-%m-%d %H:%M:%S%.f", False),
    ("%Y-%m-%d %H:%M:%S%.f%#z", True),
    ("%Y-%m-%d %H:%M", False),
    ("%Y-%m-%d", False),
)


class Times(NamedTuple):
    """Milliseconds UTC of every row, and in words how they were written."""

    ms: pl.Series
    form: str


def times_of(raw: RawFile, column: str) -> Times:
    """Read a column of dates, datetimes (without a zone: UTC), ISO 8601 text, or numbers in s, ms, us or ns.

    Raises RequestError at the first row that is no time, or is written in another unit than the others.
    """
    values = raw.frame[column]
    _refuse(raw, column, values.is_null(), "is empty")
    if isinstance(values.dtype, pl.Datetime | pl.Date):
        return _from_datetimes(values)
    if values.dtype == pl.String:
        whole = values.cast(pl.Int64, strict=False)
        if whole.null_count():
            whole = values.str.strip_chars().str.replace(r"\.0*$", "").cast(pl.Int64, strict=False)
        return _from_text(raw, column, values) if whole.null_count() else _from_numbers(raw, column, whole)
    if values.dtype.is_numeric():
        whole = values.cast(pl.Int64, strict=False)
        _refuse(raw, column, whole.is_null() | (whole != values), "is not a whole number")
        return _from_numbers(raw, column, whole)
    raise RequestError(f"column {column} holds {values.dtype}, which is no time", where=raw.name)


def _from_datetimes(values: pl.Series) -> Times:
    if isinstance(values.dtype, pl.Datetime):
        zone = values.dtype.time_zone
        said = f"datetimes in {zone}" if zone else "datetimes without a zone, taken as UTC"
    else:
        said = "dates, taken as 00:00 UTC"
    return Times(values.cast(pl.Datetime("ms")).cast(pl.Int64), said)


def _from_numbers(raw: RawFile, column: str, values: pl.Series) -> Times:
    first = int(values[0]) if values.len() else EARLIEST_MS
    unit = next((u for u, per_ms in UNIT_PER_MS.items() if EARLIEST_MS <= first / per_ms < LATEST_MS), None)
    if unit is None:
        raise _no_time(raw, column, 0, "is no time between 2009 and 2100 in s, ms, us or ns")
    per_ms = UNIT_PER_MS[unit]
    low, high = int(EARLIEST_MS * per_ms), int(LATEST_MS * per_ms)
    _refuse(raw, column, (values < low) | (values >= high), f"is no time in {unit}, as the first row is")
    # Nanoseconds that went through a float are off by up to 128 of them.
    ms = values * 1000 if unit == "s" else (values + (500 if unit == "ns" else 0)) // int(per_ms)
    return Times(ms, f"{unit} since 1970")


def _from_text(raw: RawFile, column: str, values: pl.Series) -> Times:
    text = values.str.strip_chars().str.replace("T", " ", literal=True).str.replace(r"Z$", "+00:00")
    ms = pl.Series(column, [], dtype=pl.Int64).extend_constant(None, values.len())
    zones = set()
    for form, has_zone in _TEXT_FORMS:
        if not ms.null_count():
            break
        kind = pl.Datetime("us", "UTC" if has_zone else None)
        read = text.str.strptime(kind, form, strict=False).dt.epoch("ms")
        if read.null_count() < read.len():
            zones.add(has_zone)
            ms = ms.fill_null(read)
    _refuse(raw, column, ms.is_null(), "is no time of the form 2024-01-31T00:00:00Z")
    said = "text with its zone" if zones == {True} else "text without a zone, taken as UTC"
    return Times(ms, said)


def _refuse(raw: RawFile, column: str, bad: pl.Series, why: str) -> None:
    if bad.any():
        raise _no_time(raw, column, int(bad.arg_true()[0]), why)


def _no_time(raw: RawFile, column: str, index: int, why: str) -> RequestError:
    value = raw.frame[column][index]
    return RequestError(f"{column} {'' if value is None else repr(value)} {why}", where=raw.where(index))
