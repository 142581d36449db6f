"""The tools that fetch from a venue: ranges, holes, mark candles, funding, everything since a symbol's first day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from btcli.errors import RequestError
from btcli.market.series import Series, SeriesKind, stored_kind
from btcli.sources.source import Source
from btcli.timeframe import Timeframe
from btcli.tools.missing import Range, bridged, missing_ranges
from btcli.tools.registry import Tool, ToolReport, Weight
from btcli.tools.syncing import Syncing, row_count

FOREVER_MS = 2**62
LAUNCH_KINDS: tuple[SeriesKind, ...] = ("trade", "mark", "funding")


def sync_tools(syncing: Syncing) -> tuple[Tool, ...]:
    """The tools over one store and one venue."""
    return (
        _range_tool(syncing, "sync_range", "trade", "trade candles of a range"),
        _range_tool(syncing, "sync_mark", "mark", "mark-price candles of a range"),
        _range_tool(syncing, "sync_funding", "funding", "funding settlements of a range"),
        _fill_tool(syncing),
        _launch_tool(syncing),
    )


def _range_tool(syncing: Syncing, name: str, kind: SeriesKind, summary: str) -> Tool:
    """Fetches of [start_ms, end_ms) what is missing; `again`: also what is there, and corrects it."""

    def sync(series: Series, start_ms: int, end_ms: int, again: bool = False) -> ToolReport:
        _require_kind(series, (kind,), name)
        return syncing.bring(name, series, [(start_ms, end_ms)], again=again)

    def weigh(series: Series, start_ms: int, end_ms: int, **_: bool) -> Weight:
        _require_kind(series, (kind,), name)
        return _weight(syncing, series, [(start_ms, end_ms)])

    return Tool(name, sync, summary, weigh)


def _fill_tool(syncing: Syncing) -> Tool:
    """Fetches candles for holes; without `ranges` for every hole between the first and the last stored row."""
    name = "fill_gaps"

    def fill_gaps(series: Series, ranges: Sequence[Range] | None = None) -> ToolReport:
        _require_kind(series, ("trade", "mark"), name)
        return syncing.bring(name, series, _holes(syncing, series) if ranges is None else list(ranges))

    def weigh(series: Series, ranges: Sequence[Range] | None = None) -> Weight:
        holes = _holes(syncing, series) if ranges is None else list(ranges)
        return _weight(syncing, series, bridged(holes, Timeframe.parse(series.timeframe)))

    return Tool(name, fill_gaps, "candles for holes inside a series", weigh)


def _launch_tool(syncing: Syncing) -> Tool:
    """Fetches whole histories: one report per series, joined into one."""
    name = "sync_from_launch"

    def sync_from_launch(symbol: str, timeframe: str = "1m", kinds: Sequence[SeriesKind] = LAUNCH_KINDS) -> ToolReport:
        reports: list[ToolReport] = []
        with syncing.access.open() as source:
            histories = _histories(source, symbol, timeframe, kinds)
        for series, start_ms in histories:
            if not reports or reports[-1].error is None:
                reports.append(syncing.bring(name, series, [(start_ms, FOREVER_MS)], from_launch=True))
        return _as_one(reports)

    def weigh(symbol: str, timeframe: str = "1m", kinds: Sequence[SeriesKind] = LAUNCH_KINDS) -> Weight:
        with syncing.access.open() as source:
            now = source.server_time_ms()
            histories = _histories(source, symbol, timeframe, kinds)
        weights = [_weight(syncing, series, [(start_ms, now)]) for series, start_ms in histories]
        return Weight(sum(each.requests for each in weights), sum(each.rows for each in weights))

    return Tool(name, sync_from_launch, "everything of a symbol since its first candle", weigh)


def _histories(source: Source, symbol: str, timeframe: str, kinds: Sequence[SeriesKind]) -> list[tuple[Series, int]]:
    """Each series and the moment its history begins; funding begins with the trades."""
    length = Timeframe.parse(timeframe)
    return [
        (
            Series(source.venue, symbol, kind, "" if kind == "funding" else timeframe),
            source.first_candle_ms(symbol, "mark" if kind == "mark" else "trade", length),
        )
        for kind in kinds
    ]


def _as_one(reports: Sequence[ToolReport]) -> ToolReport:
    return ToolReport(
        sum(report.rows for report in reports),
        tuple(part for report in reports for part in report.ranges),
        "; ".join(report.message for report in reports),
        any(report.changed for report in reports),
        items=tuple(item for report in reports for item in report.items),
        error=next((report.error for report in reports if report.error is not None), None),
    )


def _holes(syncing: Syncing, series: Series) -> list[Range]:
    with syncing.open_reader() as reader:
        span = reader.span(series)
        return [] if span is None else missing_ranges(reader, series, *span)


def _weight(syncing: Syncing, series: Series, ranges: Iterable[Range]) -> Weight:
    syncing.access.require(series)
    ranges = list(ranges)
    with syncing.access.open() as source:
        requests = sum(source.requests_for(stored_kind(series), series.timeframe, start, end) for start, end in ranges)
    return Weight(requests, sum(row_count(series, part) for part in ranges))


def _require_kind(series: Series, kinds: tuple[SeriesKind, ...], tool: str) -> None:
    if series.kind not in kinds:
        raise RequestError(f"{tool} fetches {' and '.join(kinds)}, and {series} is {series.kind}")
