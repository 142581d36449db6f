"""The tool `generate_sample`: seeded candles, mark candles and funding into the store as venue `sample`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

import polars as pl

from btcli.market.digesting import digest_of_frame
from btcli.market.sampling import sample_candles
from btcli.market.series import Series
from btcli.market.store.writing import StoreWriter, WriteResult, WriteSource
from btcli.timeframe import Timeframe
from btcli.tools.registry import SeriesRange, Tool, ToolReport

NAME = "generate_sample"
VENUE = "sample"
FOREVER_MS = 2**62


def sample_tool(open_writer: Callable[[], AbstractContextManager[StoreWriter]]) -> Tool:
    """The tool over the store that `open_writer()` opens."""

    def generate_sample(
        symbol: str,
        start_ms: int,
        end_ms: int,
        seed: int = 1,
        timeframes: Sequence[str] = ("1m",),
        funding: bool = True,
    ) -> ToolReport:
        made = generated(symbol, seed, start_ms, end_ms, timeframes)
        if not funding:
            del made[Series(VENUE, symbol, "funding", "")]
        with open_writer() as writer:
            _forget_other_seeds(writer, symbol, _source(seed))
            results = [_write(writer, series, frame, seed) for series, frame in made.items()]
        rows = sum(result.rows_new + result.rows_changed for result in results)
        ranges = tuple(SeriesRange(series, start_ms, end_ms) for series in made)
        changed = any(result.changed_anything for result in results)
        return ToolReport(rows, ranges, f"{symbol}: {rows} rows of sample data, {_source(seed)}", changed)

    return Tool(NAME, generate_sample, "seeded candles and funding of venue sample")


def generated(
    symbol: str, seed: int, start_ms: int, end_ms: int, timeframes: Sequence[str]
) -> dict[Series, pl.DataFrame]:
    """Trade and mark candles of every timeframe, and the funding, of [start_ms, end_ms)."""
    frames: dict[Series, pl.DataFrame] = {}
    for label in timeframes:
        made = sample_candles(symbol, seed, start_ms, end_ms, Timeframe.parse(label))
        frames[Series(VENUE, symbol, "trade", label)] = made.trade
        frames[Series(VENUE, symbol, "mark", label)] = made.mark
        frames[Series(VENUE, symbol, "funding", "")] = made.funding
    return frames


def _write(writer: StoreWriter, series: Series, frame: pl.DataFrame, seed: int) -> WriteResult:
    source = WriteSource(NAME, _source(seed), digest_of_frame(frame))
    return (writer.upsert_funding if series.kind == "funding" else writer.upsert_candles)(series, frame, source)


def _forget_other_seeds(writer: StoreWriter, symbol: str, source: str) -> None:
    """Two histories of one market would contradict each other where they meet."""
    last = {entry.series: entry for entry in writer.sync_log() if entry.series[:2] == (VENUE, symbol)}
    for series, entry in last.items():
        if entry.tool == NAME and entry.source != source:
            writer.delete_range(series, 0, FOREVER_MS, WriteSource(NAME, source))


def _source(seed: int) -> str:
    return f"seed {seed}"
