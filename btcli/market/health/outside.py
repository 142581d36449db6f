"""What a check finds in signals: whether the closes of a window see anything of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from btcli.market.health.findings import SanityIssue
from btcli.market.health.report import CoverageInfo, HealthReport, SeriesHealth
from btcli.market.moments import plain
from btcli.market.series import Millis
from btcli.market.signals.rows import Seen, SignalRows, Signals, seen_in
from btcli.market.window import LoadWindow, SeriesSpan

if TYPE_CHECKING:
    from btcli.config.model import System

USE = "signals"


def report_with_signals(report: HealthReport, system: System, signals: Signals | None) -> HealthReport:
    """The report with a row and a sentence for the signals of each symbol; the same where there are none."""
    if signals is None:
        return report
    window = report.window
    closes = _closes(system, window)
    seen = [(series, rows, seen_in(rows, window.start_ms, closes)) for series, rows in signals.series]
    nobody_sees = not any(each.known for _, _, each in seen)
    health = []
    for series, rows, each in seen:
        first, last = (int(rows.ts[0]), int(rows.ts[-1])) if len(rows.ts) else (None, None)
        coverage = CoverageInfo(len(rows.ts), None, first, last, each.known == each.closes, True)
        start_ms = window.start_ms if first is None else min(first, window.start_ms)
        span = SeriesSpan(series, (USE,), window.start_ms, window.end_ms, 0, start_ms, window.end_ms)
        health.append(SeriesHealth(span, coverage, (), tuple(_issues(rows, each, nobody_sees=nobody_sees))))
    notes = [_note(rows, each, str(series)) for series, rows, each in seen]
    notes += [*_on_grid(system, [rows for _, rows, each in seen if each.inside]), *_left_out(signals, window)]
    return HealthReport(window, (*report.series, *health), report.issues, tuple(notes))


def _closes(system: System, window: LoadWindow) -> Millis:
    """The closes of ltf inside the window."""
    ltf = system.timeframes.ltf
    return np.arange(ltf.floor(window.start_ms) + ltf.ms, window.end_ms + 1, ltf.ms, dtype=np.int64)


def _issues(rows: SignalRows, seen: Seen, *, nobody_sees: bool) -> Iterator[SanityIssue]:
    if nobody_sees:
        why = "none was known by then"
        if len(rows.ts):
            why = f"the last, of {plain(int(rows.ts[-1]))}, is older than max_age"
        said = f"no close of ltf sees a row of the signals: {why}"
        yield SanityIssue("SIGNALS_UNKNOWN", "error", said, hint="choose a window that the file covers")
        return
    if seen.known and not seen.inside:
        last = plain(int(rows.ts[-1]))
        said = f"no row of the signals becomes known inside the window: its closes see that of {last}"
        yield SanityIssue("SIGNALS_OLD", "warning", said, hint="signals: {max_age: 1h} makes old rows unknown")
    if seen.known < seen.closes:
        said = f"{seen.closes - seen.known:,} of {seen.closes:,} closes of ltf see no row of the signals"
        yield SanityIssue("SIGNALS_MISSING", "warning", said, hint="what names them is unknown there")


def _note(rows: SignalRows, seen: Seen, name: str) -> str:
    if not len(rows.ts):
        return f"{name}: no row"
    span = f"{plain(int(rows.ts[0]))} to {plain(int(rows.ts[-1]))}"
    inside = f"{seen.inside:,} become known inside the window, of which no close of ltf sees {seen.unseen:,}"
    return f"{name}: {len(rows.ts):,} rows, {span}; {inside}; known at {seen.known:,} of {seen.closes:,} closes"


def _on_grid(system: System, known: Sequence[SignalRows]) -> Iterator[str]:
    """What cannot be told from a file of which every row becomes known exactly where a bar of ltf opens and closes."""
    ltf = system.timeframes.ltf
    if known and all(bool(((rows.ts - ltf.origin_ms) % ltf.ms == 0).all()) for rows in known):
        yield (
            f"signals: every row becomes known exactly where a bar of ltf ({ltf.label}) closes and the next one opens: "
            "one stamped with the open of the bar that it was made from would look ahead"
        )


def _left_out(signals: Signals, window: LoadWindow) -> Iterator[str]:
    names = ", ".join(signals.names)
    yield f"signals: {names} of {signals.file}"
    if signals.later:
        yield f"signals: {signals.later:,} rows become known after {plain(window.end_ms)} and are not read"
    if signals.strangers:
        yield f"signals: {signals.strangers:,} rows are of other symbols and are not read"
