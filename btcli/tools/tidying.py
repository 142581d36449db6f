"""The tools `delete_range` and `compact_store`: taking rows out, and giving the file its smallest form."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from btcli.market.series import Series
from btcli.market.store.writing import StoreWriter, WriteSource
from btcli.tools.registry import SeriesRange, Tool, ToolReport

FOREVER_MS = 2**62


def tidying_tools(open_writer: Callable[[], AbstractContextManager[StoreWriter]]) -> tuple[Tool, ...]:
    """The tools over the store that `open_writer()` opens."""

    def delete_range(series: Series, start_ms: int = 0, end_ms: int | None = None) -> ToolReport:
        part = SeriesRange(series, start_ms, FOREVER_MS if end_ms is None else end_ms)
        with open_writer() as writer:
            deleted = writer.delete_range(*part, WriteSource("delete_range")).rows_deleted
        return ToolReport(deleted, (part,), f"{series}: {deleted:,} rows deleted", bool(deleted))

    def compact_store() -> ToolReport:
        with open_writer() as writer:
            before, after = writer.compact()
        message = f"{before:,} bytes before, {after:,} after"
        return ToolReport(0, (), message, False, {"bytes_before": before, "bytes_after": after})

    return (
        Tool("delete_range", delete_range, "rows of a series, out of the store"),
        Tool("compact_store", compact_store, "the store file written anew, in order"),
    )
