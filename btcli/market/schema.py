"""The columns of stored frames: their names, types and order, the same in the store, in packs and in imports."""

from __future__ import annotations

import polars as pl

CANDLE_SCHEMA = pl.Schema(
    {
        "ts_open": pl.Int64,
        "open": pl.Float64,
        "high": pl.Float64,
        "low": pl.Float64,
        "close": pl.Float64,
        "volume": pl.Float64,
    }
)
FUNDING_SCHEMA = pl.Schema({"ts": pl.Int64, "rate": pl.Float64})


def empty_candles() -> pl.DataFrame:
    """No candles, in the right columns."""
    return pl.DataFrame(schema=CANDLE_SCHEMA)


def empty_funding() -> pl.DataFrame:
    """No settlements, in the right columns."""
    return pl.DataFrame(schema=FUNDING_SCHEMA)


def time_column(frame: pl.DataFrame) -> str:
    """The name of the column that orders a stored frame: `ts_open` of candles, `ts` of funding."""
    return frame.columns[0]


def in_time_order(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame ascending by its time column; costs almost nothing when it already is."""
    name = time_column(frame)
    return frame if frame[name].is_sorted() else frame.sort(name)


def require_storable(frame: pl.DataFrame, schema: pl.Schema) -> None:
    """Check what a writer may rely on: columns, types, finite numbers, each time once and ascending.

    Raises ValueError: frames are made by code, so a wrong one is a bug and not an answer.
    """
    if frame.schema != schema:
        raise ValueError(f"expected columns {dict(schema)}, got {dict(frame.schema)}")
    if any(frame.null_count().row(0)):
        raise ValueError("a stored frame holds no nulls")
    ts, *values = frame
    if not all(column.is_finite().all() for column in values):
        raise ValueError("a stored frame holds finite numbers only")
    if frame.height > 1 and not bool((ts.diff(null_behavior="drop") > 0).all()):
        raise ValueError(f"{ts.name} must ascend strictly")
