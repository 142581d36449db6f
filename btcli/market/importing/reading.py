"""From a file to a frame that the store takes, and the account of how it was understood."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import polars as pl

from btcli.errors import RequestError
from btcli.market.digesting import digest_of_frame
from btcli.market.importing.columns import map_columns
from btcli.market.importing.guessing import looks_like_funding, of_one_symbol, timeframe_of
from btcli.market.importing.raw import RawFile, read_raw
from btcli.market.importing.rows import numbers_of, ordered
from btcli.market.importing.times import times_of
from btcli.market.schema import CANDLE_SCHEMA, FUNDING_SCHEMA, PRICES
from btcli.timeframe import Timeframe


@dataclass(frozen=True)
class Detection:
    """How a file was understood; `columns` maps our names to the file's, `timeframe` is "" for funding."""

    format: str
    symbol: str
    timeframe: str
    times: str
    columns: Mapping[str, str]
    ignored: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class ImportedFile:
    """A file's rows in the store's columns, ascending, each time once; `digest` is over these rows."""

    name: str
    frame: pl.DataFrame
    digest: str
    detection: Detection


def read_candles_file(
    path: Path,
    *,
    kind: Literal["trade", "mark"] = "trade",
    symbol: str | None = None,
    timeframe: Timeframe | None = None,
    names: Mapping[str, str] | None = None,
    closed_before_ms: int | None = None,
) -> ImportedFile:
    """Read trade or mark candles from Parquet or CSV; the columns are as CANDLE_SCHEMA.

    `names` (ours -> the file's) overrides what is detected; candles that close after `closed_before_ms` are
    left out, for they are not finished. A mark series needs no volume: it is 0 where the file has none.
    Raises RequestError for content that cannot be taken, with its row; AccessError for an unreadable file.
    """
    raw, symbol = of_one_symbol(read_raw(path), symbol)
    wanted = ("ts_open", *PRICES) if kind == "mark" else CANDLE_SCHEMA.names()
    columns = map_columns(raw.frame.columns, wanted, optional=CANDLE_SCHEMA.names()[5:], given=names, where=raw.name)
    times = times_of(raw, columns.found["ts_open"])
    values = [numbers_of(raw, name, columns.found[name]) for name in CANDLE_SCHEMA.names()[1:] if name in columns.found]
    frame = pl.DataFrame([times.ms.alias("ts_open"), *values])
    if "volume" not in columns.found:
        frame = frame.with_columns(volume=pl.lit(0.0))
    rows = ordered(raw, frame)
    timeframe = timeframe_of(raw, rows.frame["ts_open"], timeframe)
    closed = rows.frame
    if closed_before_ms is not None:
        closed = closed.filter(pl.col("ts_open") + timeframe.ms <= closed_before_ms)
    notes = (
        *_order_notes(rows.reordered, rows.merged),
        *_count_note(rows.frame.height - closed.height, "candles not closed yet were left out"),
    )
    return _imported(raw, closed, Detection(raw.format, symbol, timeframe.label, times.form, *columns, notes))


def read_funding_file(path: Path, *, symbol: str | None = None, names: Mapping[str, str] | None = None) -> ImportedFile:
    """Read funding settlements from Parquet or CSV; the columns are as FUNDING_SCHEMA, times as they stand there.

    Raises RequestError for content that cannot be taken, with its row; AccessError for an unreadable file.
    """
    raw, symbol = of_one_symbol(read_raw(path), symbol)
    columns = map_columns(raw.frame.columns, FUNDING_SCHEMA.names(), given=names, where=raw.name)
    times = times_of(raw, columns.found["ts"])
    frame = pl.DataFrame([times.ms.alias("ts"), numbers_of(raw, "rate", columns.found["rate"])])
    rows = ordered(raw, frame)
    notes = _order_notes(rows.reordered, rows.merged)
    return _imported(raw, rows.frame, Detection(raw.format, symbol, "", times.form, *columns, notes))


def holds_funding(path: Path) -> bool:
    """Whether a file's columns are those of funding rates, and not of candles."""
    return looks_like_funding(read_raw(path).frame.columns)


def _imported(raw: RawFile, frame: pl.DataFrame, detection: Detection) -> ImportedFile:
    if frame.is_empty():
        raise RequestError("the file holds no closed candles", where=raw.name)
    return ImportedFile(raw.name, frame, digest_of_frame(frame), detection)


def _order_notes(reordered: bool, merged: int) -> tuple[str, ...]:
    order = ("rows were out of order and have been sorted",) if reordered else ()
    return (*order, *_count_note(merged, "rows that repeat another were merged"))


def _count_note(count: int, what: str) -> tuple[str, ...]:
    return (f"{count} {what}",) if count else ()
