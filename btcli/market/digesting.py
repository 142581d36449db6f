"""The digest of data: over what it says, never over how a file happens to hold it."""

from __future__ import annotations

import numpy as np
import polars as pl

from btcli.digest import sha256_of_bytes

_FORMS: dict[type[pl.DataType], str] = {pl.Int64: "<i8", pl.Float64: "<f8"}
_ODD = np.uint64(0x9E3779B97F4A7C15)


def digest_of_frame(frame: pl.DataFrame) -> str:
    """The sha256 over the column names, their types and their values, rows in ascending order.

    The order of rows, chunks and files does not count; -0.0 is 0.0 and every NaN is the same NaN.
    Raises ValueError for nulls and for columns other than Int64 and Float64.
    """
    if frame.height and any(frame.null_count().row(0)):
        raise ValueError("data with nulls has no digest")
    for name, dtype in frame.schema.items():
        if type(dtype) not in _FORMS:
            raise ValueError(f"column {name} has type {dtype}, a digest takes Int64 and Float64")
    ordered = frame if _ascends(frame) else frame.sort(frame.columns)
    parts = [f"{frame.height}".encode()]
    for column in ordered:
        parts += [column.name.encode(), str(column.dtype).encode(), _bytes(column)]
    return sha256_of_bytes(*parts)


def row_marks(frame: pl.DataFrame) -> bytes:
    """Two bytes per row, in the frame's order, that change with the row: they tell which row differs, not whether.

    Little-endian; for frames that `digest_of_frame` takes.
    """
    mixed = np.zeros(frame.height, np.uint64)
    for column in frame:
        mixed = (mixed ^ np.frombuffer(_bytes(column), "<u8")) * _ODD
        mixed ^= mixed >> np.uint64(29)
    return (mixed >> np.uint64(48)).astype("<u2").tobytes()


def _ascends(frame: pl.DataFrame) -> bool:
    """Whether the first column alone already fixes the order of all rows."""
    return frame.width > 0 and bool((frame.to_series(0).diff(null_behavior="drop") > 0).all())


def _bytes(column: pl.Series) -> bytes:
    form = _FORMS[type(column.dtype)]
    values = column.to_numpy().astype(form, copy=True)
    if form == "<f8":
        values += 0.0
        values[np.isnan(values)] = np.nan
    return values.tobytes()
