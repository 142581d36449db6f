"""What to do about a series that is not there at all."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from btcli.market.derive import divides
from btcli.market.health.findings import GapRange, SanityIssue
from btcli.market.health.plan import NEVER_HEALED
from btcli.market.moments import plain
from btcli.market.reader import RowReader
from btcli.market.series import ROLES, Series
from btcli.market.window import MARK, LoadWindow, SeriesSpan
from btcli.timeframe import UNIT_MS, Timeframe, utc_text

if TYPE_CHECKING:
    from btcli.config.model import System

WITHOUT_FUNDING = "leave it out of every figure, holding costs and earns nothing then: costs.funding: none"
COMMON_TIMEFRAMES = tuple(map(Timeframe.parse, ("1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "8h", "12h", "1d")))


def absent_hint(reader: RowReader, system: System, span: SeriesSpan, at: str = "") -> str:
    """Name the config key when another timeframe of the same candles is stored over the span; else the import.

    `at` are the options that name the store, as `Store.options`.
    """
    series = span.series
    fetched = "generate it: btcli data sample; or " if series.venue == NEVER_HEALED else "fetch it: btcli heal; or "
    whose = f"--venue {series.venue} --symbol {shlex.quote(series.symbol)}{at}"
    if series.kind == "funding":
        return f"{fetched}import it: btcli data import FILE --series funding {whose}; or {WITHOUT_FUNDING}"
    stored = _stored_timeframes(reader, span)
    if series.kind == "trade":
        key = _derive_key(system, stored)
    else:
        settles = system.costs.funding == "settled"
        key = f"set data.funding_mark: {stored[-1]} and fills.mark_source: last" if stored and settles else ""
    if key:
        return f"stored instead: {_listed(stored)}; {key}"
    also = f"stored instead: {_listed(stored)}; " if stored else ""
    last = "; or mark with last prices: fills.mark_source: last" if MARK in span.uses else ""
    return (
        f"{also}{fetched}import it: btcli data import FILE --series {series.kind} --timeframe {series.timeframe}"
        f" {whose}{last}"
    )


def warmup_hint(window: LoadWindow, span: SeriesSpan, gaps: Sequence[GapRange]) -> str:
    """Of a series that lacks nothing but bars before the window: who asks for them, and the three ways out."""
    wrong = [gap for gap in gaps if gap.severity == "error"]
    if len(wrong) != 1 or wrong[0].place != "start" or wrong[0].last_ms >= span.window_start_ms:
        return ""
    roles = sorted(map(window.role, span.roles), key=lambda each: each.load_start_ms)
    asking = [window.asks[each.role] for each in roles if each.role in window.asks]
    who = f"the warm-up of {asking[0]}" if asking else "the warm-up"
    ready_ms = wrong[0].last_ms + wrong[0].step_ms + span.window_start_ms - span.load_start_ms
    later = f"begin at {plain(ready_ms)} or later; " if ready_ms < span.window_end_ms else ""
    return f"{who} asks for them: bring older candles; {later}or --set warmup.missing=start_late"


def doubt_hint(gap: GapRange, series: Series, at: str = "") -> str:
    """What to do about bars that the exchange does not have, did not give, or told in two ways; "" for a warning."""
    if gap.severity != "error":
        return ""
    if not gap.confirmed:
        return f"heal asks for it again; or import it: btcli data import FILE{at}" if gap.doubt else ""
    length = Timeframe.parse(series.timeframe).ms if series.timeframe else UNIT_MS["m"]
    span = f"--start {utc_text(gap.first_ms)[:16]} --end {utc_text(gap.last_ms + length)[:16]}"
    forget = f"btcli data forget {series.options} {span}{at}"
    return f"to run without them, set data.gaps: allow_confirmed; to have them asked for again: {forget}"


def with_doubles_hint(issue: SanityIssue, series: Series, at: str = "") -> SanityIssue:
    """Settlements that are stored twice are not healed: which of two is right is decided by who takes them out."""
    if issue.code != "DUPLICATE" or issue.first_ms is None or issue.last_ms is None:
        return issue
    start, end = (utc_text(ts_ms)[:16] for ts_ms in (issue.first_ms, issue.last_ms + UNIT_MS["m"]))
    delete = f"btcli data delete {series.options} --start {start} --end {end}{at}"
    return replace(issue, hint=f"take them out and bring them again: {delete}")


def _derive_key(system: System, stored: list[Timeframe]) -> str:
    """The coarsest stored timeframe of which every role is a multiple gives the same bars for the least reading."""
    roles: list[Timeframe] = [getattr(system.timeframes, role) for role in ROLES]
    bases = [base for base in stored if all(divides(base, role) for role in roles)]
    return f"set data.derive_from: {bases[-1]}" if bases else ""


def _stored_timeframes(reader: RowReader, span: SeriesSpan) -> list[Timeframe]:
    """Common timeframes of the same candles that have rows in the span, from fine to coarse."""
    return [
        timeframe
        for timeframe in COMMON_TIMEFRAMES
        if timeframe.label != span.series.timeframe
        and len(
            reader.rows(span.series._replace(timeframe=timeframe.label), span.window_start_ms, span.window_end_ms)[0]
        )
    ]


def _listed(timeframes: list[Timeframe]) -> str:
    return ", ".join(timeframe.label for timeframe in timeframes)
