"""The tool `compare_with_source`: a sample of what is stored, fetched again and held against it. Changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import NamedTuple

import numpy as np
import polars as pl

from btcli.market.schema import CANDLE_SCHEMA, FUNDING_SCHEMA
from btcli.market.series import Series
from btcli.market.store.difference import compare
from btcli.market.store.reading import StoreReader
from btcli.sources.source import CandleKind, Page, Source
from btcli.timeframe import UNIT_MS, Timeframe
from btcli.tools.blocks import frame_of, rows_of
from btcli.tools.missing import Range
from btcli.tools.registry import SeriesRange, Tool, ToolReport
from btcli.tools.venue import VenueAccess

NAME = "compare_with_source"
SAMPLED_BARS = 200
FUNDING_SPAN_MS = 60 * 24 * UNIT_MS["h"]


class Compared(NamedTuple):
    """Rows looked at, rows that the venue tells otherwise, rows of the venue that are not stored."""

    rows: int
    changed: int
    unknown: int


def comparing_tool(open_reader: Callable[[], AbstractContextManager[StoreReader]], access: VenueAccess) -> Tool:
    """The tool over the store that `open_reader()` opens."""

    def compare_with_source(series: Series) -> ToolReport:
        access.require(series)
        with access.open() as source:
            with open_reader() as reader:
                parts = sampled(series, reader.span(series))
                stored = [_stored(reader, series, part) for part in parts]
            found = [_compared(source, series, part, rows) for part, rows in zip(parts, stored, strict=True)]
        rows, changed, unknown = (sum(column) for column in zip(Compared(0, 0, 0), *found, strict=True))
        message = f"{series}: {rows:,} rows compared, {changed:,} differ, {unknown:,} not stored"
        ranges = tuple(SeriesRange(series, *part) for part in parts)
        return ToolReport(0, ranges, message, False, {"differing": changed})

    return Tool(NAME, compare_with_source, "a sample of a series, held against the venue")


def sampled(series: Series, span: Range | None) -> list[Range]:
    """The beginning, the middle and the end of a series, always the same ones."""
    if span is None:
        return []
    step = Timeframe.parse(series.timeframe).ms if series.timeframe else 1
    length = SAMPLED_BARS * step if series.timeframe else FUNDING_SPAN_MS
    first, last = span[0], span[1] + step
    middle = first + (last - first) // 2 // step * step
    starts = sorted({first, max(first, middle - length // 2 // step * step), max(first, last - length)})
    return [(start, min(start + length, last)) for start in starts]


def _stored(reader: StoreReader, series: Series, part: Range) -> pl.DataFrame:
    return (reader.funding if series.kind == "funding" else reader.candles)(series, *part)


def _compared(source: Source, series: Series, part: Range, stored: pl.DataFrame) -> Compared:
    if series.kind == "funding":
        answers, schema = source.funding(series.symbol, *part), FUNDING_SCHEMA
    else:
        kind: CandleKind = "mark" if series.kind == "mark" else "trade"
        answers, schema = source.candles(series.symbol, kind, Timeframe.parse(series.timeframe), *part), CANDLE_SCHEMA
    pages = sorted((answer for answer in answers if isinstance(answer, Page)), key=lambda page: page.start_ms)
    rows = [rows_of(series, page) for page in pages]
    told = frame_of(np.concatenate(rows), schema) if rows else pl.DataFrame(schema=schema)
    if series.kind == "funding":
        told, stored = _by_minute(told), _by_minute(stored)
    difference = compare(told, stored)
    return Compared(told.height, difference.rows_changed, difference.rows_new)


def _by_minute(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(pl.col("ts") // UNIT_MS["m"] * UNIT_MS["m"])
