"""What the life of a symbol means for its series: what may be missing, and what should not be there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from btcli.market.health.findings import GapRange, SanityIssue
from btcli.market.health.report import SeriesHealth
from btcli.market.listing import Life
from btcli.market.reader import Absent, RowReader
from btcli.market.series import Series
from btcli.market.window import SeriesSpan
from btcli.timeframe import Timeframe

EVER_MS = -(2**62)


def first_traded_ms(spans: Sequence[SeriesSpan], absent: Mapping[Series, Absent], *, accept: bool) -> int:
    """The end of what the exchange confirmed absent from the very start of a symbol's finest trade candles on.

    Before it nothing of the symbol can exist. It is believed where confirmed ranges are accepted, and after a
    listing: a symbol may be listed hours before its first trade. EVER_MS when nothing is known.
    """
    span = finest(spans)
    if not (accept or span.begins_with_listing):
        return EVER_MS
    for start_ms, end_ms in absent.get(span.series, ()):
        if start_ms <= span.load_start_ms < end_ms:
            return Timeframe.parse(span.series.timeframe).floor(end_ms)
    return EVER_MS


def finest(spans: Sequence[SeriesSpan]) -> SeriesSpan:
    """The trade candles of a symbol that tell most exactly when it traded."""
    trades = [span for span in spans if span.series.kind == "trade"]
    return min(trades, key=lambda each: Timeframe.parse(each.series.timeframe))


def since(span: SeriesSpan, first_ms: int) -> SeriesSpan:
    """A span as far as the symbol traded."""
    if first_ms <= span.load_start_ms:
        return span
    first_ms = Timeframe.parse(span.series.timeframe).ceil(first_ms) if span.series.timeframe else first_ms
    start = min(first_ms, span.load_end_ms)
    uncut = span.uncut or (span.load_start_ms, span.load_end_ms)
    return replace(span, window_start_ms=max(span.window_start_ms, start), load_start_ms=start, uncut=uncut)


def strangers(reader: RowReader, span: SeriesSpan, life: Life) -> list[SanityIssue]:
    """Stored rows from before the listing or after the delisting; the run does not read them."""
    if span.uncut is None:
        return []
    start, end = span.uncut
    before, after = life.clipped(start, end)
    if span.series.timeframe:  # a candle in which trading began or ended is a part of one, and no surprise
        timeframe = Timeframe.parse(span.series.timeframe)
        before, after = timeframe.floor(before), timeframe.ceil(after)
    return [
        *_rows_in(reader, span.series, (start, before), "BEFORE_LISTING", "row from before the listing, not used"),
        *_rows_in(reader, span.series, (after, end), "AFTER_DELISTING", "row from after the delisting, not used"),
    ]


def _rows_in(reader: RowReader, series: Series, span_ms: tuple[int, int], code: str, message: str) -> list[SanityIssue]:
    if span_ms[0] >= span_ms[1]:
        return []
    times = reader.rows(series, *span_ms)[0]
    if not times.size:
        return []
    return [SanityIssue(code, "warning", message, times.size, int(times[0]), int(times[-1]))]


def with_edge_hints(series: Sequence[SeriesHealth]) -> tuple[SeriesHealth, ...]:
    """Each with a word on how to say that a symbol did not trade yet, or no more, where that may be the reason."""
    others_go_on = any(health.coverage.ends_in_time for health in series if "exec" in health.span.uses)
    return tuple(
        health if health.hint else replace(health, hint=_edge_hint(health.span.series, health.gaps, others_go_on))
        for health in series
    )


def _edge_hint(series: Series, gaps: Sequence[GapRange], others_go_on: bool) -> str:
    wrong = [gap for gap in gaps if gap.severity == "error"]
    if series.kind == "funding" or not wrong:
        return ""
    if wrong[0].place == "start" and wrong[0].confirmed:
        known = f"instruments: {{{series.symbol}: {{listed: …}}}}"
        return f"if it was listed only then, say so: {known}, or set data.gaps: allow_confirmed"
    if wrong[-1].place == "end" and others_go_on:
        return f"fetch them, or if it was delisted then, say so: instruments: {{{series.symbol}: {{delisted: …}}}}"
    return ""
