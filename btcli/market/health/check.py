"""The health check: every series of a LoadWindow read and judged, alone and against each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from btcli.config.leaving_out import left_out
from btcli.frozen import frozen
from btcli.market.health.agreement import disagreements
from btcli.market.health.findings import GapRange, SanityIssue
from btcli.market.health.funding import funding_gaps, funding_issues
from btcli.market.health.gaps import candle_gaps, judged
from btcli.market.health.hints import absent_hint, doubt_hint, warmup_hint, with_doubles_hint
from btcli.market.health.living import EVER_MS, finest, first_traded_ms, since, strangers, with_edge_hints
from btcli.market.health.report import CoverageInfo, HealthReport, SeriesHealth
from btcli.market.health.values import candle_issues, time_issues
from btcli.market.loader import bars_of, rates_of, read_span, sharing
from btcli.market.reader import Absent, Doubts, RowReader, StoredRows
from btcli.market.series import Bars, Candles, FundingRates, Millis, Series
from btcli.market.window import LoadWindow, SeriesSpan
from btcli.timeframe import Timeframe

if TYPE_CHECKING:
    from btcli.config.model import System
    from btcli.config.specs.instruments import InstrumentSpecs


@frozen
class DataHealthCheck:
    """A check that can be asked again: the store is opened for each asking and closed before the answer."""

    open_reader: Callable[[], AbstractContextManager[StoredRows]]
    system: System
    load_window: LoadWindow
    instruments: Mapping[str, InstrumentSpecs]
    at: str = ""  # the options that name the store, for commands in hints

    def __call__(self) -> HealthReport:
        with self.open_reader() as reader:
            absent, doubts = known_of(reader, self.load_window)
            return check_health(reader, self.system, self.load_window, self.instruments, absent, doubts, at=self.at)


def known_of(reader: StoredRows, load_window: LoadWindow) -> tuple[dict[Series, Absent], dict[Series, Doubts]]:
    """What a reader knows of ranges without rows, of every series that is loaded: what is absent, and what is open."""
    series = [span.series for span in load_window.series]
    return {each: reader.absent(each) for each in series}, {each: reader.doubts(each) for each in series}


def check_health(
    reader: RowReader,
    system: System,
    load_window: LoadWindow,
    instruments: Mapping[str, InstrumentSpecs],
    absent: Mapping[Series, Absent] | None = None,
    doubts: Mapping[Series, Doubts] | None = None,
    *,
    at: str = "",
) -> HealthReport:
    """Judge everything that `load_window` names; `absent` holds ranges that the exchange confirmed to be empty,
    `doubts` those that its answers left open. `at` are the options that name the store, for commands in hints.

    Reads each span once, changes nothing, and takes time in proportion to the rows.
    """
    judge = _Judge(reader, system, absent or {}, doubts or {}, load_window, instruments, at)
    series = [
        health
        for symbol in (*system.symbols, *system.observed)
        for health in judge.symbol(load_window.of_symbol(symbol))
    ]
    return HealthReport(
        load_window, with_edge_hints(series), (*_left_out(system), *_instrument_issues(system, instruments))
    )


@frozen
class _Judge:
    """What is the same for all series of one check."""

    reader: RowReader
    system: System
    absent: Mapping[Series, Absent]
    doubts: Mapping[Series, Doubts]
    load_window: LoadWindow
    instruments: Mapping[str, InstrumentSpecs]
    at: str

    def symbol(self, spans: list[SeriesSpan]) -> list[SeriesHealth]:
        read = {span.series: read_span(self.reader, span) for span in spans}
        bars: dict[Series, Bars] = {}
        for series, rows in read.items():
            if isinstance(rows, Candles):
                bars[series] = sharing(self._bars(series, rows), bars.values())
        against = disagreements(bars)
        first = first_traded_ms(spans, self.absent, accept=self._accepts)
        leading = finest(spans).series
        found = []
        for span in spans:
            cut = span if span.series == leading else since(span, first)
            issues = [*against.get(span.series, []), *self._strangers(span)]
            rows = read[span.series]
            if isinstance(rows, Candles):
                found.append(self._candles(span, cut, bars[span.series], issues, first))
            else:
                found.append(self._funding(span, cut, rates_of(rows), issues))
        return found

    @property
    def _accepts(self) -> bool:
        return self.system.data.gaps == "allow_confirmed"

    def _strangers(self, span: SeriesSpan) -> list[SanityIssue]:
        return strangers(self.reader, span, self.load_window.life_of(span.series.symbol))

    @staticmethod
    def _bars(series: Series, candles: Candles) -> Bars:
        return bars_of(candles, Timeframe.parse(series.timeframe))

    def _candles(
        self, span: SeriesSpan, cut: SeriesSpan, bars: Bars, more: list[SanityIssue], first_ms: int
    ) -> SeriesHealth:
        timeframe = Timeframe.parse(span.series.timeframe)
        gaps = candle_gaps(bars.ts_open, timeframe, cut.load_start_ms, cut.load_end_ms)
        issues = time_issues(bars.ts_open, timeframe.ms, timeframe.origin_ms)
        issues += candle_issues(bars, timeframe, traded=span.series.kind == "trade")
        expected = (cut.load_end_ms - cut.load_start_ms) // timeframe.ms
        return self._health(span, bars.ts_open, expected, gaps, issues + more, first_ms)

    def _funding(self, span: SeriesSpan, cut: SeriesSpan, rates: FundingRates, more: list[SanityIssue]) -> SeriesHealth:
        specs = self.instruments.get(span.series.symbol)
        cap_rate = None if specs is None else specs.funding_cap_rate
        issues = funding_issues(rates, self.system.timeframes.exec, cap_rate)
        issues = [with_doubles_hint(issue, span.series, self.at) for issue in issues]
        return self._health(span, rates.ts, None, funding_gaps(rates.ts, cut), issues + more)

    def _health(
        self,
        span: SeriesSpan,
        ts: Millis,
        expected: int | None,
        gaps: list[GapRange],
        issues: list[SanityIssue],
        first_ms: int = EVER_MS,
    ) -> SeriesHealth:
        is_traded = span.series.symbol in self.system.symbols
        known = judged(
            gaps,
            span,
            absent=self.absent.get(span.series, ()),
            doubts=self.doubts.get(span.series, ()),
            accept=self._accepts,
            start_late=bool(span.roles) and self.system.warmup.missing == "start_late",
            first_ms=first_ms,
            must_reach_end="exec" in span.uses and len(self.system.symbols) > 1 and is_traded,
        )
        known = tuple(replace(gap, hint=doubt_hint(gap, span.series, self.at)) for gap in known)
        hint = absent_hint(self.reader, self.system, span, self.at) if gaps and not ts.size else ""
        hint = hint or warmup_hint(self.load_window, span, known)
        return SeriesHealth(span, _coverage(ts, expected, gaps), known, tuple(issues), hint)


def _coverage(ts: Millis, expected: int | None, gaps: list[GapRange]) -> CoverageInfo:
    first, last = (int(np.min(ts)), int(np.max(ts))) if ts.size else (None, None)
    places = {gap.place for gap in gaps}
    return CoverageInfo(ts.size, expected, first, last, not places & {"start", "all"}, not places & {"end", "all"})


def _left_out(system: System) -> list[SanityIssue]:
    return [SanityIssue("FUNDING_LEFT_OUT", "warning", said) for said in left_out(system.costs.funding)]


def _instrument_issues(system: System, instruments: Mapping[str, InstrumentSpecs]) -> list[SanityIssue]:
    hint = "supply its rules under instruments: in the system file"
    issues = []
    for symbol in system.symbols:
        specs = instruments.get(symbol)
        if specs is None:
            issues.append(SanityIssue("NO_INSTRUMENT", "error", f"{symbol}: no instrument rules", hint=hint))
        elif not specs.tiers:
            issues.append(SanityIssue("NO_TIERS", "error", f"{symbol}: no risk tiers", hint=hint))
    return issues
