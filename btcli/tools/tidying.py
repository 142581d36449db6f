"""The tools that take out: rows of a series, what its venue was found not to have, and unused room in the file."""

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
            forgotten = writer.forget(*part, WriteSource("delete_range"))
            deleted = writer.delete_range(*part, WriteSource("delete_range")).rows_deleted
        said = f"{series}: {deleted:,} rows deleted{_also(forgotten)}"
        return ToolReport(deleted, (part,), said, bool(deleted or forgotten))

    def forget_absences(series: Series, start_ms: int = 0, end_ms: int | None = None) -> ToolReport:
        part = SeriesRange(series, start_ms, FOREVER_MS if end_ms is None else end_ms)
        with open_writer() as writer:
            forgotten = writer.forget(*part, WriteSource("forget_absences"))
        said = f"{series}: {_ranges(forgotten)} without rows forgotten; the next sync or heal asks there again"
        return ToolReport(0, (part,), said, bool(forgotten))

    def compact_store() -> ToolReport:
        with open_writer() as writer:
            before, after = writer.compact()
        message = f"{before:,} bytes before, {after:,} after"
        return ToolReport(0, (), message, False, {"bytes_before": before, "bytes_after": after})

    return (
        Tool("delete_range", delete_range, "rows of a series, out of the store"),
        Tool("forget_absences", forget_absences, "what a venue was found not to have, taken back"),
        Tool("compact_store", compact_store, "the store file written anew, in order"),
    )


def _also(forgotten: int) -> str:
    """What went with the rows."""
    return f"; {_ranges(forgotten)} without rows forgotten" if forgotten else ""


def _ranges(count: int) -> str:
    return f"{count:,} range{'' if count == 1 else 's'}"
