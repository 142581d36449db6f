"""The rows of a file as clean numbers: every value there, every time once, in order."""

from __future__ import annotations

import re
from typing import NamedTuple

import polars as pl

from btcli.errors import RequestError
from btcli.market.importing.raw import RawFile
from btcli.timeframe import UNIT_MS

_NOTHING = ("", "nan", "null", "none", "na", "n/a")
_DECIMAL_COMMA = re.compile(r"-?\d+,\d+")


class OrderedRows(NamedTuple):
    """A frame that ascends strictly by its first column, the places its rows had, and what was done to make it so."""

    frame: pl.DataFrame
    places: pl.Series | None  # None: where they are
    reordered: bool
    merged: int

    def place(self, index: int) -> int:
        """Where a row was before."""
        return index if self.places is None else int(self.places[index])


def numbers_of(raw: RawFile, name: str, column: str, *, empty: float | None = None) -> pl.Series:
    """A column as Float64 under our name; `empty` stands for what is not there.

    Raises RequestError for a column of another type, and at the first row that holds no finite number.
    """
    values = raw.frame[column]
    if isinstance(values.dtype, pl.Categorical | pl.Enum):
        values = values.cast(pl.String)
    if values.dtype not in (pl.String, pl.Null) and not values.dtype.is_numeric():
        said = f"column {column} holds {values.dtype}, {name} is a number"
        raise RequestError(said, where=raw.name, hint=f"say which it is with --map {name}=COLUMN")
    if empty is not None:
        blank = values.is_null()
        if values.dtype == pl.String:
            blank |= values.str.strip_chars().str.to_lowercase().is_in(_NOTHING).fill_null(True)
        if values.dtype.is_float():
            blank |= values.is_nan().fill_null(True)
    numbers = values.cast(pl.Float64, strict=False).alias(name)
    if values.dtype == pl.String and numbers.null_count():
        numbers = values.str.strip_chars().cast(pl.Float64, strict=False).alias(name)
    if empty is not None and blank.any():
        numbers = numbers.set(blank, empty)
    bad = ~numbers.is_finite().fill_null(False)
    if bad.any():
        raise _no_number(raw, column, bad)
    return numbers


def without_signs(raw: RawFile, column: str) -> tuple[RawFile, bool]:
    """The file with a column freed of % signs, when each of its values has one."""
    values = raw.frame[column]
    if values.dtype != pl.String or not values.str.strip_chars().str.ends_with("%").fill_null(False).all():
        return raw, False
    bare = values.str.strip_chars().str.strip_suffix("%")
    return raw._replace(frame=raw.frame.with_columns(bare.alias(column))), True


def ordered(raw: RawFile, frame: pl.DataFrame) -> OrderedRows:
    """Sort by the first column and merge rows that say the same twice.

    Raises RequestError for two rows of one time that contradict each other, naming both.
    """
    ts = frame.columns[0]
    if _ascends(frame):
        return OrderedRows(frame, None, reordered=False, merged=0)
    reordered = not frame[ts].is_sorted()
    rows = frame.with_row_index("row").sort(ts, "row")
    return _once(raw, rows, rows[ts], reordered)


def once_a_minute(raw: RawFile, rows: OrderedRows) -> OrderedRows:
    """Settlements of one minute are one: the first time stands.

    Raises RequestError for two of one minute that differ in their rate, naming both.
    """
    minutes = rows.frame["ts"] // UNIT_MS["m"]
    if not (minutes == minutes.shift(1)).any():
        return rows
    places = rows.places if rows.places is not None else pl.Series(range(rows.frame.height))
    found = _once(raw, rows.frame.insert_column(0, places.cast(pl.UInt32).alias("row")), minutes, rows.reordered)
    return found._replace(merged=rows.merged + found.merged)


def _once(raw: RawFile, rows: pl.DataFrame, times: pl.Series, reordered: bool) -> OrderedRows:
    """Rows of one time as one; `rows` has their places in its column `row`."""
    values = rows.columns[2:]
    repeated = (times == times.shift(1)).fill_null(False)
    agrees = rows.select(pl.all_horizontal(pl.col(name) == pl.col(name).shift(1) for name in values)).to_series()
    contradicting = (repeated & ~agrees).fill_null(False)
    if contradicting.any():
        _refuse_contradiction(raw, rows, int(contradicting.arg_true()[0]))
    once = rows.filter(~repeated)
    return OrderedRows(once.drop("row"), once["row"], reordered, rows.height - once.height)


def _ascends(frame: pl.DataFrame) -> bool:
    return bool((frame.to_series(0).diff(null_behavior="drop") > 0).all())


def _no_number(raw: RawFile, column: str, bad: pl.Series) -> RequestError:
    index, count = int(bad.arg_true()[0]), int(bad.sum())
    more = f", and {count - 1} more rows" if count > 1 else ""
    value = raw.frame[column][index]
    said = "is empty" if value is None or value == "" else f"{value!r:.60} is not a finite number"
    hint = "mend the file; no value is invented"
    if isinstance(value, str) and _DECIMAL_COMMA.fullmatch(value.strip()):
        hint = "write numbers with a point and without commas"
    return RequestError(f"{column} {said}{more}", where=raw.where(index), hint=hint)


def _refuse_contradiction(raw: RawFile, rows: pl.DataFrame, second: int) -> None:
    first_where, second_where = (raw.where(int(rows["row"][at])) for at in (second - 1, second))
    raise RequestError(
        f"this row says something else of the same time than {first_where}",
        where=second_where,
        hint="keep one of the two rows",
    )
