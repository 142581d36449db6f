"""Times in files, whatever their form, as milliseconds: of UTC where the file says so, else of the file's own clock."""

from __future__ import annotations

import re
from typing import NamedTuple

import polars as pl

from btcli.errors import RequestError
from btcli.market.importing.raw import RawFile
from btcli.timeframe import UNIT_MS

EARLIEST_MS = 1_230_768_000_000  # 2009-01-01: no coin is older
LATEST_MS = 4_102_444_800_000  # 2100-01-01
# A whole number is read in the first unit in which it is a moment between those two.
UNIT_PER_MS = {"s": 0.001, "ms": 1.0, "us": 1_000.0, "ns": 1_000_000.0}
_TEXT_FORMS = (
    ("%Y-%m-%d %H:%M:%S%.f", False),
    ("%Y-%m-%d %H:%M:%S%.f%#z", True),
    ("%Y-%m-%d %H:%M", False),
    ("%Y-%m-%d %H:%M%#z", True),
    ("%Y-%m-%d", False),
    ("%Y-%m-%d %I:%M:%S %p", False),
    ("%Y-%m-%d %I:%M %p", False),
    ("%Y%m%d %H:%M:%S%.f", False),
    ("%Y%m%d %H:%M", False),
    ("%Y%m%d %H%M%S", False),
    ("%Y%m%d %H%M%S%#z", True),
)
_DAY_NUMBERS = (20_090_101, 21_000_101)  # 20240131 is a day, and no time in seconds since 2009
_COMPACT = {
    8: (r"^(\d{4})(\d\d)(\d\d)$", "${1}-${2}-${3}"),
    12: (r"^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)$", "${1}-${2}-${3} ${4}:${5}"),
    14: (r"^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$", "${1}-${2}-${3} ${4}:${5}:${6}"),
}
_YEAR_FIRST = re.compile(r"\d{4}[./]\d")
_DAY_FIRST = re.compile(r"\d{1,2}([./-])\d{1,2}\1(\d{4}|\d\d)((?:[ T]+[\d:.]+)?)")
_TIMES_OF_DAY = {1: "%H:%M", 2: "%H:%M:%S"}
_NO_NUMBER = "is no time between 2009 and 2100 in s, ms, us or ns"
_ELSEWHERE = "if the times stand in another column: --map ts_open=COLUMN, of funding ts=COLUMN"
_FORM = "2024-01-31T00:00:00Z"


class Times(NamedTuple):
    """Milliseconds of every row, in words how they were written, and why they are UTC ("" where nothing says so)."""

    ms: pl.Series
    form: str
    utc_because: str


def times_of(raw: RawFile, column: str, time_format: str | None = None, day: str = "") -> Times:
    """Read a column of dates, datetimes, ISO 8601 text, text by `time_format`, or numbers in s, ms, us or ns.

    `day` is the one that the file's name gives, for rows that hold the milliseconds of a day. Raises RequestError
    at the first row that is no time, or is written otherwise than the others.
    """
    values = raw.frame[column]
    if isinstance(values.dtype, pl.Categorical | pl.Enum):
        values = values.cast(pl.String)
    if values.dtype == pl.String:
        values = values.str.strip_chars()
        values = values.set(values == "", None)
    if not values.dtype.is_nested():
        _refuse(raw, column, values.is_null(), "is empty")
    if isinstance(values.dtype, pl.Datetime | pl.Date):
        if time_format is not None:
            said = f"--time-format is for text, and column {column} holds {values.dtype}"
            raise RequestError(said, where=raw.name, hint="leave --time-format out")
        return _from_datetimes(values)
    if time_format is not None:
        return _from_format(raw, column, values, time_format)
    if values.dtype == pl.String:
        whole = values.str.replace(r"\.0*$", "").cast(pl.Int64, strict=False)
        if 2 * whole.null_count() > whole.len():
            return _from_text(raw, column, values)
        _refuse(raw, column, whole.is_null(), "is no time in whole numbers, as the other rows are")
        return _from_numbers(raw, column, whole, day)
    if values.dtype.is_numeric():
        whole = values.cast(pl.Int64, strict=False)
        _refuse(raw, column, whole.is_null() | (whole != values), "is not a whole number")
        return _from_numbers(raw, column, whole, day)
    raise RequestError(f"column {column} holds {values.dtype}, which is no time", where=raw.name)


def _from_datetimes(values: pl.Series) -> Times:
    zone = values.dtype.time_zone if isinstance(values.dtype, pl.Datetime) else None
    if isinstance(values.dtype, pl.Datetime):
        said = f"datetimes in {zone}" if zone else "datetimes without a zone"
    else:
        said = "dates, taken as 00:00"
    ms = values.cast(pl.Datetime("ms")).cast(pl.Int64)
    return Times(ms, said, "datetimes with their zone" if zone else "")


def _from_numbers(raw: RawFile, column: str, values: pl.Series, day: str) -> Times:
    for digits, (pattern, form) in _COMPACT.items():
        factor = 10 ** (digits - 8)
        if values.is_between(_DAY_NUMBERS[0] * factor, _DAY_NUMBERS[1] * factor, closed="left").all():
            return _from_text(raw, column, values.cast(pl.String).str.replace(pattern, form))
    if values.is_between(0, UNIT_MS["d"], closed="left").all():
        return _from_day(raw, column, values, day)
    first = int(values[0]) if values.len() else EARLIEST_MS
    unit = next((u for u, per_ms in UNIT_PER_MS.items() if EARLIEST_MS <= first / per_ms < LATEST_MS), None)
    if unit is None:
        raise _no_time(raw, column, 0, _NO_NUMBER, _ELSEWHERE)
    per_ms = UNIT_PER_MS[unit]
    low, high = int(EARLIEST_MS * per_ms), int(LATEST_MS * per_ms)
    _refuse(raw, column, (values < low) | (values >= high), f"is no time in {unit}, as the first row is")
    # Nanoseconds that went through a float are off by up to 128 of them.
    ms = values * 1000 if unit == "s" else (values + (500 if unit == "ns" else 0)) // int(per_ms)
    return Times(ms, f"{unit} since 1970", "numbers since 1970")


def _from_day(raw: RawFile, column: str, values: pl.Series, day: str) -> Times:
    """Milliseconds of a day whose date is in the file's name; counted rows are none of those."""
    ascends = values.len() > 1 and bool((values.diff(null_behavior="drop") >= UNIT_MS["m"] // 60).all())
    if not ascends:
        raise _no_time(raw, column, 0, _NO_NUMBER, _ELSEWHERE)
    if not day:
        hint = "these are milliseconds of a day, and no date is in the file's name, as 2024-01-31 or 20240131"
        raise RequestError(f"{column} {raw.frame[column][0]!r} has no date", where=raw.where(0), hint=hint)
    start = pl.Series([day]).str.to_datetime("%Y-%m-%d", time_unit="ms", strict=False).cast(pl.Int64)
    if start[0] is None:
        raise RequestError(f"{day} in its name is no day", where=raw.name, hint="name it as 2024-01-31")
    return Times(values + int(start[0]), f"ms of the day {day} in its name", "")


def _from_format(raw: RawFile, column: str, values: pl.Series, time_format: str) -> Times:
    """Text by a form of the caller's; a form without a zone is of the file's own clock."""
    has_zone = "%z" in time_format or "%#z" in time_format or "%:z" in time_format
    text = values.cast(pl.String, strict=False)
    try:
        if "%H" in time_format or "%I" in time_format or "%s" in time_format or "%T" in time_format:
            read = text.str.strptime(pl.Datetime("ms", "UTC" if has_zone else None), time_format, strict=False)
        else:
            read = text.str.strptime(pl.Date, time_format, strict=False).cast(pl.Datetime("ms"))
    except pl.exceptions.PolarsError as error:
        hint = "as '%d.%m.%Y %H:%M' for 31.01.2024 23:00"
        raise RequestError(f"--time-format {time_format!r} is no form of times", hint=hint) from error
    _refuse(raw, column, read.is_null(), f"is no time of the form {time_format}", "check --time-format")
    return Times(read.dt.epoch("ms"), f"text as {time_format}", "its zone" if has_zone else "")


def _from_text(raw: RawFile, column: str, values: pl.Series) -> Times:
    text = values.str.replace(r"^(\S+)T(\d)", "${1} ${2}").str.replace(r"(?i)(Z| ?UTC)$", "+00:00")
    if (sample := str(text[0])) and _YEAR_FIRST.match(sample):
        text = text.str.replace_all(r"^(\d{4})[./](\d{1,2})[./](\d{1,2})", "${1}-${2}-${3}")
    text = text.str.replace(r"^(\S+ \d{1,2})-([AaPp][Mm])$", "${1}:00 ${2}")  # 01-AM, as some archives have it
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
    _refuse(raw, column, ms.is_null(), f"is no time of the form {_FORM}", _hint(values, ms))
    if len(zones) > 1:
        said = "some times have a zone and some have none"
        raise RequestError(said, where=raw.name, hint="write them in one form")
    with_zone = zones == {True}
    return Times(ms, "text with its zone" if with_zone else "text without a zone", "its zone" if with_zone else "")


def _hint(values: pl.Series, ms: pl.Series) -> str:
    """The option that reads what is not read, where its form can be told."""
    places = ms.is_null().arg_true()
    found = _DAY_FIRST.match(str(values[int(places[0])])) if places.len() else None
    if found is None:
        return "or say their form with --time-format"
    mark, year, rest = found[1], "%Y" if len(found[2]) == 4 else "%y", _TIMES_OF_DAY.get(found[3].count(":"), "")
    rest = f"{found[3][:1]}{rest}{'%.f' if '.' in found[3] else ''}" if rest else ""
    return f"day or month first cannot be told: say it, as --time-format '%d{mark}%m{mark}{year}{rest}'"


def _refuse(raw: RawFile, column: str, bad: pl.Series, why: str, hint: str = "") -> None:
    if bad.any():
        raise _no_time(raw, column, int(bad.arg_true()[0]), why, hint)


def _no_time(raw: RawFile, column: str, index: int, why: str, hint: str = "") -> RequestError:
    value = raw.frame[column][index]
    said = "" if value is None else f"{value!r:.60} "
    return RequestError(f"{column} {said}{why}", where=raw.where(index), hint=hint)
