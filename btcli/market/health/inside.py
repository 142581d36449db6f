"""What a check finds inside the window itself, from the rows alone: the same wherever and whenever it is asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from btcli.market.health.agreement import disagreements
from btcli.market.health.findings import SanityIssue
from btcli.market.health.funding import funding_gaps, funding_issues
from btcli.market.health.gaps import candle_gaps
from btcli.market.health.report import HealthReport
from btcli.market.health.values import candle_issues
from btcli.market.loader import bars_of, rates_of, read_span
from btcli.market.odd import OddRows
from btcli.market.reader import RowReader
from btcli.market.series import Bars, Candles, FundingRates, Series
from btcli.market.window import LoadWindow, SeriesSpan
from btcli.timeframe import Timeframe

if TYPE_CHECKING:
    from btcli.config.model import System
    from btcli.config.specs.instruments import InstrumentSpecs


def is_spotless(report: HealthReport) -> bool:
    """Whether a check found nothing at all in any series, so that there is nothing inside the window either."""
    return not any(health.gaps or health.issues for health in report.series)


def odd_rows(
    reader: RowReader, system: System, load_window: LoadWindow, instruments: Mapping[str, InstrumentSpecs]
) -> tuple[OddRows, ...]:
    """Everything inside the window that preflight would name, in the order of symbols and series.

    What a venue said of its holes does not count: a bar that is missing is missing. Takes time in proportion to the
    rows; each series must ascend.
    """
    found: list[OddRows] = []
    for symbol in (*system.symbols, *system.observed):
        read = {span: read_span(reader, span) for span in load_window.of_symbol(symbol)}
        bars = {span.series: _inside(rows, span) for span, rows in read.items() if isinstance(rows, Candles)}
        against = disagreements(bars)
        specs = instruments.get(symbol)
        cap_rate = None if specs is None else specs.funding_cap_rate
        for span, rows in read.items():
            issues = (
                [*_of_candles(bars[span.series], span), *against.get(span.series, ())]
                if isinstance(rows, Candles)
                else _of_funding(rates_of(rows), span, system.timeframes.exec, cap_rate)
            )
            found += [_odd(span.series, issue) for issue in issues]
    return tuple(found)


def _inside(candles: Candles, span: SeriesSpan) -> Bars:
    """The bars that lie in the window as a whole."""
    timeframe = Timeframe.parse(span.series.timeframe)
    first, end = np.searchsorted(candles.ts_open, _grid(span, timeframe))
    return bars_of(Candles._make(column[first:end] for column in candles), timeframe)


def _grid(span: SeriesSpan, timeframe: Timeframe) -> tuple[int, int]:
    return timeframe.ceil(span.window_start_ms), timeframe.floor(span.window_end_ms)


def _of_candles(bars: Bars, span: SeriesSpan) -> Iterator[SanityIssue]:
    timeframe = Timeframe.parse(span.series.timeframe)
    gaps = candle_gaps(bars.ts_open, timeframe, *_grid(span, timeframe))
    if gaps:
        yield _missing("bar", sum(gap.count for gap in gaps), gaps[0].first_ms)
    yield from candle_issues(bars, timeframe, traded=span.series.kind == "trade")


def _of_funding(
    rates: FundingRates, span: SeriesSpan, exec_timeframe: Timeframe, cap_rate: float | None
) -> Iterator[SanityIssue]:
    gaps = funding_gaps(rates.ts, span)
    if gaps:
        yield _missing("settlement", sum(gap.count for gap in gaps), gaps[0].first_ms)
    yield from (issue for issue in funding_issues(rates, exec_timeframe, cap_rate) if _touches(issue, span))


def _touches(issue: SanityIssue, span: SeriesSpan) -> bool:
    """Whether rows of the window are among those that it is about, as far as it is about rows."""
    if issue.first_ms is None or issue.last_ms is None:
        return True
    return issue.first_ms < span.window_end_ms and issue.last_ms >= span.window_start_ms


def _missing(noun: str, count: int, first_ms: int) -> SanityIssue:
    return SanityIssue("MISSING", "warning", f"{noun} missing", count, first_ms, first_ms)


def _odd(series: Series, issue: SanityIssue) -> OddRows:
    return OddRows(issue.code, issue.message, str(series), series.symbol, issue.count, issue.first_ms)
