"""The tools `import_file` and `import_files`: candles or funding of files into the store, all of them or none."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

from btcli.clock import now_ms
from btcli.config.venues import VENUES
from btcli.errors import RequestError
from btcli.market.importing import (
    NOTHING_SAID,
    ImportedFile,
    Said,
    holds_funding,
    read_candles_file,
    read_funding_file,
)
from btcli.market.series import Series, SeriesKind
from btcli.market.store.reading import StoreReader
from btcli.market.store.writing import StoreWriter, WriteResult, WriteSource
from btcli.timeframe import UNIT_MS, Timeframe
from btcli.tools.agreement import NamedFile, RowsAfter, require_agreement
from btcli.tools.registry import SeriesRange, Tool, ToolItem, ToolReport

NAME = "import_file"
OpenWriter = Callable[[], AbstractContextManager[StoreWriter]]
OpenReader = Callable[[], AbstractContextManager[StoreReader]]


def import_tools(open_writer: OpenWriter, open_reader: OpenReader, at: str = "") -> tuple[Tool, ...]:
    """The tools over the store that `open_writer()` and `open_reader()` open, and that the options `at` name."""
    store = partial(_stored, open_writer, open_reader, at)

    def import_file(
        path: Path,
        venue: str,
        symbol: str | None = None,
        series: SeriesKind | None = None,
        timeframe: str | None = None,
        names: Mapping[str, str] | None = None,
        said: Said = NOTHING_SAID,
        dry_run: bool = False,
    ) -> ToolReport:
        [report] = store([NamedFile(*read_named(path, venue, symbol, series, timeframe, names, said))], dry_run)
        return report

    def import_files(
        paths: Sequence[Path],
        venue: str,
        symbol: str | None = None,
        series: SeriesKind | None = None,
        timeframe: str | None = None,
        names: Mapping[str, str] | None = None,
        said: Said = NOTHING_SAID,
        dry_run: bool = False,
    ) -> ToolReport:
        read = [NamedFile(*read_named(path, venue, symbol, series, timeframe, names, said)) for path in paths]
        return _together(paths, store(read, dry_run))

    return (
        Tool(NAME, import_file, "candles or funding from a file"),
        Tool("import_files", import_files, "candles or funding from several files, all of them or none"),
    )


def _stored(
    open_writer: OpenWriter, open_reader: OpenReader, at: str, read: Sequence[NamedFile], dry_run: bool
) -> list[ToolReport]:
    """A report a file, all of which were stored; with `dry_run` what would have been, and nothing was."""
    with open_reader() as reader:
        if dry_run or not reader.has_file:  # files that refuse each other make no store
            _require_all_agree(RowsAfter(reader, at), read)
    if dry_run:
        return [_report(named, None) for named in read]
    with open_writer() as writer, writer.together():
        return [_report(named, _write(writer, named, at)) for named in read]


def read_named(
    path: Path,
    venue: str,
    symbol: str | None,
    kind: SeriesKind | None,
    timeframe: str | None,
    names: Mapping[str, str] | None,
    said: Said = NOTHING_SAID,
) -> tuple[Series, ImportedFile]:
    """Read a file and name the series it belongs to; what the file says itself may be None.

    Raises RequestError for an unknown venue, an unsaid series, or a file that cannot be taken.
    """
    if venue not in VENUES:
        raise RequestError(f"{venue!r} is not a venue", hint=f"one of {', '.join(VENUES)}")
    if kind is None and not holds_funding(path, names):
        raise RequestError(
            "candles of trades or of the mark price?",
            where=path.name,
            hint="say --series trade or mark",
            adds="--series trade",
        )
    if kind is None or kind == "funding":
        require_no_timeframe(timeframe)
        file = read_funding_file(path, symbol=symbol, names=names, said=said)
        return Series(venue, file.detection.symbol, "funding", ""), file
    file = read_candles_file(
        path,
        kind=kind,
        symbol=symbol,
        timeframe=Timeframe.parse(timeframe) if timeframe else None,
        names=names,
        said=said,
        closed_before_ms=now_ms(),
    )
    return Series(venue, file.detection.symbol, kind, file.detection.timeframe), file


def require_no_timeframe(timeframe: str | None) -> None:
    """Raise RequestError for a timeframe of settlements, which have none."""
    if timeframe is not None:
        raise RequestError(f"--timeframe {timeframe} says nothing of funding", hint="leave --timeframe out")


def _require_all_agree(after: RowsAfter, read: Sequence[NamedFile]) -> None:
    for named in read:
        require_agreement(after, named)
        after.take(named)


def _write(writer: StoreWriter, named: NamedFile, at: str) -> WriteResult:
    require_agreement(RowsAfter(writer, at), named)
    series, file = named
    write = writer.upsert_funding if series.kind == "funding" else writer.upsert_candles
    account = file.detection.short()
    result = write(series, file.frame, WriteSource(NAME, f"{file.name} [{account}]", file.digest))
    last = Timeframe.parse(series.timeframe).ms if series.timeframe else UNIT_MS["m"]
    writer.settle(series, int(file.frame[0, 0]), int(file.frame[-1, 0]) + last)  # whoever imports has decided
    return result


def _report(named: NamedFile, result: WriteResult | None) -> ToolReport:
    series, file = named
    frame = file.frame
    part = SeriesRange(series, int(frame[0, 0]), int(frame[-1, 0]) + 1)
    details = {"detection": file.detection, "rows_read": frame.height, "digest": file.digest, "result": result}
    if result is None:
        return ToolReport(0, (part,), f"{series}: {frame.height} rows could be imported", False, details)
    rows = result.rows_new + result.rows_changed
    message = f"{series}: {result.rows_new} rows new, {result.rows_changed} changed, {result.rows_same} as before"
    return ToolReport(rows, (part,), message, result.changed_anything, details)


def _together(paths: Sequence[Path], reports: Sequence[ToolReport]) -> ToolReport:
    """What was done with several files, as one; `details["files"]` keeps them apart."""
    items = tuple(
        ToolItem(report.ranges[0], True, report.rows, path.name, report.message)
        for path, report in zip(paths, reports, strict=True)
    )
    return ToolReport(
        sum(report.rows for report in reports),
        tuple(part for report in reports for part in report.ranges),
        "\n".join(report.message for report in reports),
        any(report.changed for report in reports),
        {"files": tuple(reports)},
        items,
    )
