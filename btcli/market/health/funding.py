"""Settlements of funding: their grid is whatever interval the venue kept, never longer than eight hours."""

from __future__ import annotations

import numpy as np

from btcli.market.health.findings import GapRange, Mask, SanityIssue, issues_at
from btcli.market.health.values import time_issues
from btcli.market.series import FundingRates, Millis
from btcli.market.window import SeriesSpan
from btcli.timeframe import UNIT_MS, Timeframe

LONGEST_INTERVAL_MS = 8 * UNIT_MS["h"]
SETTLEMENT_GRID_MS = UNIT_MS["h"]


def funding_gaps(ts: Millis, span: SeriesSpan) -> list[GapRange]:
    """Settlements missing inside the window (start_ms, end_ms), as far as the intervals around them tell.

    At the edges the tolerance is the interval next to the edge, at most 8 h. Inside, a step is a gap when it is
    longer than 8 h, or when it is one multiple amid equal shorter steps; a step that stays longer is a new interval.
    """
    start_ms, end_ms = span.window_start_ms, span.window_end_ms
    ts = np.unique(ts)
    if ts.size == 0:
        return [] if _none_due(span) else [_all_missing(span)]
    steps = np.diff(ts)
    near_start, near_end = (
        min(int(steps[edge]), LONGEST_INTERVAL_MS) if steps.size else LONGEST_INTERVAL_MS for edge in (0, -1)
    )
    first, last = int(ts[0]), int(ts[-1])
    found = []
    if (count := _between(start_ms, first, near_start)) > 0:
        found.append(GapRange("start", first - count * near_start, first - near_start, count))
    found += _inner_gaps(ts, steps)
    if (count := _between(last, end_ms, near_end)) > 0:
        found.append(GapRange("end", last + near_end, last + count * near_end, count))
    return found


def funding_issues(rates: FundingRates, exec_timeframe: Timeframe) -> list[SanityIssue]:
    """Order, doubles, times off the hour, rates that are no numbers, and intervals that surprise."""
    ascending = np.unique(rates.ts)
    steps = np.diff(ascending)
    longer = np.concatenate([[False], _new_longer_intervals(steps), [False]])[: ascending.size]
    message = "funding interval longer than the one before it"
    return [
        *time_issues(rates.ts, SETTLEMENT_GRID_MS, 0),
        *issues_at(~np.isfinite(rates.rate), rates.ts, "NOT_A_NUMBER", "error", "rate that is no number"),
        *issues_at(longer, ascending, "FUNDING_INTERVAL_LONGER", "warning", message),
        *_exec_too_long(steps, exec_timeframe),
    ]


def _exec_too_long(steps: Millis, exec_timeframe: Timeframe) -> list[SanityIssue]:
    shortest = int(steps.min()) if steps.size else LONGEST_INTERVAL_MS
    if exec_timeframe.ms <= shortest:
        return []
    said = f"exec {exec_timeframe} is longer than the funding interval of {shortest / UNIT_MS['h']:g} h"
    hint = "settlements inside an exec bar are paid at its next open; use a shorter exec"
    return [SanityIssue("EXEC_LONGER_THAN_FUNDING", "warning", said, hint=hint)]


def _none_due(span: SeriesSpan) -> bool:
    """Whether a symbol traded so briefly that nothing was settled, even at the longest interval."""
    return span.uncut is not None and _between(0, span.window_end_ms, LONGEST_INTERVAL_MS) <= _between(
        0, span.window_start_ms + 1, LONGEST_INTERVAL_MS
    )


def _all_missing(span: SeriesSpan) -> GapRange:
    first = span.load_start_ms + -span.load_start_ms % LONGEST_INTERVAL_MS
    count = max(1, -(-(span.load_end_ms - first) // LONGEST_INTERVAL_MS))
    return GapRange("all", first, first + (count - 1) * LONGEST_INTERVAL_MS, count)


def _inner_gaps(ts: Millis, steps: Millis) -> list[GapRange]:
    found = []
    for position in np.flatnonzero(_too_long(steps)).tolist():
        interval = int(steps[position - 1]) if position else LONGEST_INTERVAL_MS
        interval = min(interval, LONGEST_INTERVAL_MS)
        count = _between(int(ts[position]), int(ts[position + 1]), interval)
        first = int(ts[position]) + interval
        found.append(GapRange("inside", first, first + (count - 1) * interval, count))
    return found


def _too_long(steps: Millis) -> Mask:
    """Steps over 8 h, and lone multiples of an interval that goes on as before."""
    too_long: Mask = steps > LONGEST_INTERVAL_MS
    before, step, after = steps[:-2], steps[1:-1], steps[2:]
    too_long[1:-1] |= (before == after) & (step > before) & (step % before == 0)
    return too_long


def _new_longer_intervals(steps: Millis) -> Mask:
    """For each step but the first, whether it is longer than the one before it and no gap."""
    too_long = _too_long(steps)
    longer: Mask = (np.diff(steps) > 0) & ~too_long[1:]
    return longer


def _between(earlier_ms: int, later_ms: int, interval_ms: int) -> int:
    """How many settlements lie strictly between two moments, one of which is a settlement."""
    return max(0, -(-(later_ms - earlier_ms) // interval_ms) - 1)
