"""The tool `generate_sample`: seeded candles, mark candles and funding into the store as venue `sample`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from btcli.market.digesting import digest_of_frame
from btcli.market.sampling import sample_candles
from btcli.market.series import Series
from btcli.market.store.writing import StoreWriter, WriteResult, WriteSource
from btcli.timeframe import Timeframe
from btcli.tools.registry import SeriesRange, Tool, ToolReport

NAME = "generate_sample"
VENUE = "sample"


def sample_tool(open_writer: Callable[[], AbstractContextManager[StoreWriter]]) -> Tool:
    """The tool over the store that `open_writer()` opens."""

    def generate_sample(
        symbol: str, start_ms: int, end_ms: int, seed: int = 1, timeframes: Sequence[str] = ("1m",)
    ) -> ToolReport:
        made = [sample_candles(symbol, seed, start_ms, end_ms, Timeframe.parse(label)) for label in timeframes]
        results: list[WriteResult] = []
        ranges: list[SeriesRange] = []
        with open_writer() as writer:
            for label, frames in zip(timeframes, made, strict=True):
                source = WriteSource(NAME, f"seed {seed}", digest_of_frame(frames.trade))
                trade, mark = (Series(VENUE, symbol, kind, label) for kind in ("trade", "mark"))
                results.append(writer.upsert_candles(trade, frames.trade, source))
                results.append(
                    writer.upsert_candles(mark, frames.mark, source._replace(digest=digest_of_frame(frames.mark)))
                )
                ranges += [SeriesRange(series, start_ms, end_ms) for series in (trade, mark)]
            funding = Series(VENUE, symbol, "funding", "")
            rates = made[0].funding
            results.append(
                writer.upsert_funding(funding, rates, WriteSource(NAME, f"seed {seed}", digest_of_frame(rates)))
            )
            ranges.append(SeriesRange(funding, start_ms, end_ms))
        rows = sum(result.rows_new + result.rows_changed for result in results)
        changed = any(result.changed_anything for result in results)
        return ToolReport(rows, tuple(ranges), f"{symbol}: {rows} rows of sample data, seed {seed}", changed)

    return Tool(NAME, generate_sample)
