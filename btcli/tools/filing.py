"""The tool `import_file`: a file of candles or funding into the store."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from btcli.config.venues import VENUES
from btcli.errors import RequestError
from btcli.market.importing import ImportedFile, holds_funding, read_candles_file, read_funding_file
from btcli.market.series import Series, SeriesKind
from btcli.market.store.writing import StoreWriter, WriteResult, WriteSource
from btcli.timeframe import UNIT_MS, Timeframe
from btcli.tools.registry import SeriesRange, Tool, ToolReport

NAME = "import_file"


def import_tool(open_writer: Callable[[], AbstractContextManager[StoreWriter]]) -> Tool:
    """The tool over the store that `open_writer()` opens."""

    def import_file(
        path: Path,
        venue: str,
        symbol: str | None = None,
        series: SeriesKind | None = None,
        timeframe: str | None = None,
        names: Mapping[str, str] | None = None,
        dry_run: bool = False,
    ) -> ToolReport:
        named, file = read_named(path, venue, symbol, series, timeframe, names)
        if dry_run:
            return _report(named, file, None)
        with open_writer() as writer:
            write = writer.upsert_funding if named.kind == "funding" else writer.upsert_candles
            result = write(named, file.frame, WriteSource(NAME, file.name, file.digest))
            last = Timeframe.parse(named.timeframe).ms if named.timeframe else UNIT_MS["m"]
            writer.settle(named, int(file.frame[0, 0]), int(file.frame[-1, 0]) + last)  # whoever imports has decided
            return _report(named, file, result)

    return Tool(NAME, import_file, "candles or funding from a file")


def read_named(
    path: Path,
    venue: str,
    symbol: str | None,
    kind: SeriesKind | None,
    timeframe: str | None,
    names: Mapping[str, str] | None,
) -> tuple[Series, ImportedFile]:
    """Read a file and name the series it belongs to; what the file says itself may be None.

    Raises RequestError for an unknown venue, an unsaid series, or a file that cannot be taken.
    """
    if venue not in VENUES:
        raise RequestError(f"{venue!r} is not a venue", hint=f"one of {', '.join(VENUES)}")
    if kind is None and not holds_funding(path):
        raise RequestError(
            "candles of trades or of the mark price?", where=path.name, hint="say --series trade or mark"
        )
    if kind is None or kind == "funding":
        file = read_funding_file(path, symbol=symbol, names=names)
        return Series(venue, file.detection.symbol, "funding", ""), file
    file = read_candles_file(
        path,
        kind=kind,
        symbol=symbol,
        timeframe=Timeframe.parse(timeframe) if timeframe else None,
        names=names,
        closed_before_ms=int(time.time() * 1000),
    )
    return Series(venue, file.detection.symbol, kind, file.detection.timeframe), file


def _report(series: Series, file: ImportedFile, result: WriteResult | None) -> ToolReport:
    frame = file.frame
    part = SeriesRange(series, int(frame[0, 0]), int(frame[-1, 0]) + 1)
    details = {"detection": file.detection, "rows_read": frame.height, "digest": file.digest, "result": result}
    if result is None:
        return ToolReport(0, (part,), f"{series}: {frame.height} rows could be imported", False, details)
    rows = result.rows_new + result.rows_changed
    message = f"{series}: {result.rows_new} rows new, {result.rows_changed} changed, {result.rows_same} as before"
    return ToolReport(rows, (part,), message, result.changed_anything, details)
