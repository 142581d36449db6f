"""The rows of a file as clean numbers: every value there, every time once, in order."""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from btcli.errors import RequestError
from btcli.market.importing.raw import RawFile


class OrderedRows(NamedTuple):
    """A frame that ascends strictly by its first column, and what was done to make it so."""

    frame: pl.DataFrame
    reordered: bool
    merged: int


def numbers_of(raw: RawFile, name: str, column: str) -> pl.Series:
    """A column as Float64 under our name.

    Raises RequestError at the first row that holds no finite number.
    """
    values = raw.frame[column]
    numbers = values.cast(pl.Float64, strict=False).alias(name)
    if values.dtype == pl.String and numbers.null_count():
        numbers = values.str.strip_chars().cast(pl.Float64, strict=False).alias(name)
    bad = ~numbers.is_finite().fill_null(False)
    if bad.any():
        index = int(bad.arg_true()[0])
        count = int(bad.sum())
        more = f", and {count - 1} more rows" if count > 1 else ""
        value = raw.frame[column][index]
        said = "is empty" if value is None else f"{value!r} is not a finite number"
        raise RequestError(f"{column} {said}{more}", where=raw.where(index), hint="mend the file; no value is invented")
    return numbers


def ordered(raw: RawFile, frame: pl.DataFrame) -> OrderedRows:
    """Sort by the first column and merge rows that say the same twice.

    Raises RequestError for two rows of one time that contradict each other, naming both.
    """
    ts = frame.columns[0]
    if _ascends(frame):
        return OrderedRows(frame, reordered=False, merged=0)
    reordered = not frame[ts].is_sorted()
    rows = frame.with_row_index("row").sort(ts, "row")
    values = frame.columns[1:]
    repeated = rows[ts] == rows[ts].shift(1)
    agrees = rows.select(pl.all_horizontal(pl.col(name) == pl.col(name).shift(1) for name in values)).to_series()
    contradicting = (repeated & ~agrees).fill_null(False)
    if contradicting.any():
        _refuse_contradiction(raw, rows, int(contradicting.arg_true()[0]))
    once = rows.filter(~repeated.fill_null(False)).drop("row")
    return OrderedRows(once, reordered, frame.height - once.height)


def _ascends(frame: pl.DataFrame) -> bool:
    return bool((frame.to_series(0).diff(null_behavior="drop") > 0).all())


def _refuse_contradiction(raw: RawFile, rows: pl.DataFrame, second: int) -> None:
    first_where, second_where = (raw.where(int(rows["row"][at])) for at in (second - 1, second))
    raise RequestError(
        f"this row says something else of the same time than {first_where}",
        where=second_where,
        hint="keep one of the two rows",
    )
