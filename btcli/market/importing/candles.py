"""Candles out of a file: opens in UTC, prices that can be, volume in coins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal, NamedTuple

import polars as pl

from btcli.errors import RequestError
from btcli.market.digesting import digest_of_frame
from btcli.market.importing.account import Detection, ImportedFile, count_note, order_notes
from btcli.market.importing.claims import Claim
from btcli.market.importing.columns import ColumnMap, find_column, map_columns
from btcli.market.importing.doors import candle_notes, require_possible, require_volume
from btcli.market.importing.lengths import said_lengths, timeframe_of
from btcli.market.importing.limits import LIMITS, Limits
from btcli.market.importing.meanings import in_coins, length_by_closes, opens_of, stamp_of, volume_of
from btcli.market.importing.opening import Clocked, Opened, Request, clocked, opened
from btcli.market.importing.rows import OrderedRows, numbers_of, ordered
from btcli.market.importing.said import NOTHING_SAID, Said
from btcli.market.importing.shaping import only_finished, require_one_kind
from btcli.market.schema import CANDLE_SCHEMA
from btcli.market.series import PRICES
from btcli.symbols import QUOTES
from btcli.timeframe import Timeframe

_BESIDE = ("ts_close", "quote_volume", "symbol")


class _Timed(NamedTuple):
    """Candles ascending by their opens, how long they are, and what their times mean."""

    rows: OrderedRows
    timeframe: Timeframe
    stamp: Claim
    clocked: Clocked


def read_candles_file(
    path: Path,
    *,
    kind: Literal["trade", "mark"] = "trade",
    symbol: str | None = None,
    timeframe: Timeframe | None = None,
    names: Mapping[str, str] | None = None,
    said: Said = NOTHING_SAID,
    closed_before_ms: int | None = None,
    limits: Limits = LIMITS,
) -> ImportedFile:
    """Read trade or mark candles from any of the formats; the columns are as CANDLE_SCHEMA.

    `names` (ours -> the file's) overrides what is detected, `said` what is assumed; candles that close after
    `closed_before_ms` are left out, for they are not finished, and so is the last one of a file that was written
    before its close. A mark series needs no volume: it is 0 where the file has none.
    Raises RequestError for content that cannot be taken, with its row; AccessError for an unreadable file.
    """
    file = _by_close(opened(Request(path, kind, symbol, names or {}, said, limits)))
    raw, unfinished = only_finished(file.raw)
    if raw.frame.is_empty():
        raise RequestError("the file calls all of its candles unfinished", where=raw.name)
    file = file._replace(raw=raw)
    columns = _columns(file, kind)
    timed = _timed(file, columns, timeframe, kind)
    frame, volume, notes = _through_the_door(file, columns, timed, kind)
    closed = _closed(frame, timed.timeframe, path, closed_before_ms)
    if closed.is_empty():
        raise RequestError("the file holds no closed candles", where=raw.name)
    notes = (
        *order_notes(timed.rows.reordered, timed.rows.merged),
        *count_note(unfinished, "candles that the file calls unfinished were left out"),
        *count_note(frame.height - closed.height, "candles not closed yet were left out"),
        *notes,
    )
    return ImportedFile(raw.name, closed, digest_of_frame(closed), _detection(file, columns, timed, notes, volume))


def _detection(
    file: Opened, columns: ColumnMap, timed: _Timed, notes: tuple[str, ...], volume: tuple[Claim, ...]
) -> Detection:
    """What the file was taken for."""
    return Detection(
        file.raw.format,
        file.symbol,
        timed.timeframe.label,
        timed.clocked.form,
        {name: columns.found[name] for name in CANDLE_SCHEMA.names() if name in columns.found},
        tuple(name for name in file.raw.frame.columns if name not in _used(columns)),
        (*file.notes, *notes),
        (*file.claims, timed.stamp, timed.clocked.clock, *volume),
    )


def _by_close(file: Opened) -> Opened:
    """A file that has no column of opens is read by that of its closes, which is the stamp then."""
    columns, names = file.raw.frame.columns, file.names
    if "ts_open" in names or (find_column("ts_open", columns) is not None and "ts_close" not in names):
        return file
    closes = names.get("ts_close") or find_column("ts_close", columns)
    if closes is None or find_column("ts_open", columns) not in (None, closes):
        return file
    said = replace(file.said, stamp="close") if "ts_close" in names and file.said.stamp is None else file.said
    named = {ours: theirs for ours, theirs in names.items() if ours != "ts_close"}
    return file._replace(names={**named, "ts_open": closes}, said=said)


def _columns(file: Opened, kind: str) -> ColumnMap:
    wanted = ("ts_open", *PRICES) if kind == "mark" else CANDLE_SCHEMA.names()
    columns = map_columns(
        file.raw.frame.columns,
        wanted,
        optional=("volume", *_BESIDE) if kind == "mark" else _BESIDE,
        given=file.names,
        base=_base(file.symbol),
        where=file.raw.name,
    )
    require_one_kind(file.raw, (*columns.found.values(), *_times(file)), file.said.as_named)
    return columns


def _base(symbol: str) -> str:
    """The coin of a symbol; "" where its quote is not known."""
    return next((symbol.removesuffix(quote) for quote in QUOTES if symbol.endswith(quote)), "")


def _times(file: Opened) -> list[str]:
    """Columns of times that are not read: the same moment in other words."""
    found = (find_column(name, file.raw.frame.columns) for name in ("ts_open", "ts_close", "interval"))
    return [column for column in found if column is not None]


def _used(columns: ColumnMap) -> set[str]:
    return {theirs for ours, theirs in columns.found.items() if ours in (*CANDLE_SCHEMA.names(), "symbol")}


def _timed(file: Opened, columns: ColumnMap, asked: Timeframe | None, kind: str) -> _Timed:
    raw, column = file.raw, columns.found["ts_open"]
    times = clocked(file, column)
    closes = _closes(file, columns)
    stamp, ahead_ms = stamp_of(raw, column, times.ms, closes, file.said)
    names = [name for name in CANDLE_SCHEMA.names()[1:] if name in columns.found]
    values = [
        numbers_of(raw, name, columns.found[name], empty=0.0 if name == "volume" and kind == "mark" else None)
        for name in names
    ]
    rows = ordered(raw, pl.DataFrame([times.ms.alias("ts_open"), *values]))
    found = said_lengths(raw, file.name)
    if stamp.value == "open" and (length := length_by_closes(times.ms, closes)) is not None:
        found = [length, *found]
    timeframe = timeframe_of(raw, rows.frame["ts_open"], asked, found, file.said.as_named)
    opens = opens_of(rows.frame["ts_open"], stamp, ahead_ms, timeframe)
    return _Timed(rows._replace(frame=rows.frame.with_columns(ts_open=opens)), timeframe, stamp, times)


def _closes(file: Opened, columns: ColumnMap) -> pl.Series | None:
    """The times of a column of closes beside one of opens, where they can be read."""
    column = columns.found.get("ts_close")
    if column is None or column == columns.found["ts_open"]:
        return None
    try:
        return clocked(file, column).ms
    except RequestError:
        return None


def _through_the_door(
    file: Opened, columns: ColumnMap, timed: _Timed, kind: str
) -> tuple[pl.DataFrame, tuple[Claim, ...], tuple[str, ...]]:
    """Candles in the store's units, the claim of the unit of their volume, and what is said of them."""
    frame, rows = timed.rows.frame, timed.rows

    def where(row: int) -> str:
        return file.raw.where(rows.place(row))

    if "volume" not in frame.columns:
        frame = frame.with_columns(volume=pl.lit(0.0))
    require_possible(frame, timed.timeframe, where, columns.found)
    claims: tuple[Claim, ...] = ()
    if kind == "trade":
        volume = volume_of(file.raw, columns.found["volume"], _base(file.symbol), file.said)
        frame = in_coins(frame, volume.value)
        claims = (
            require_volume(frame, _quote(file, columns, rows), volume, where, columns.found.get("quote_volume", "")),
        )
    return frame, claims, candle_notes(frame, timed.timeframe, traded=kind == "trade")


def _quote(file: Opened, columns: ColumnMap, rows: OrderedRows) -> pl.Series | None:
    """The column of quote volume beside that of the volume, in the order of the rows."""
    column = columns.found.get("quote_volume")
    if column is None or column == columns.found["volume"] or column in file.said.as_named:
        return None
    try:
        values = numbers_of(file.raw, "quote_volume", column, empty=0.0)
    except RequestError:
        return None
    return values if rows.places is None else values.gather(rows.places)


def _closed(frame: pl.DataFrame, timeframe: Timeframe, path: Path, closed_before_ms: int | None) -> pl.DataFrame:
    """Without candles that were in progress: now, or the last one when the file was written."""
    closes = pl.col("ts_open") + timeframe.ms
    closed = frame if closed_before_ms is None else frame.filter(closes <= closed_before_ms)
    if closed.is_empty():
        return closed
    written_ms, last_ms = path.stat().st_mtime_ns // 1_000_000, int(closed["ts_open"][-1])
    return closed[:-1] if last_ms < written_ms < last_ms + timeframe.ms else closed
