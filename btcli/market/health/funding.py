"""Settlements of funding: their grid is whatever interval the venue kept, never longer than eight hours."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from btcli.market.health.findings import GapRange, Mask, SanityIssue, issues_at
from btcli.market.health.values import time_issues
from btcli.market.ordered import distinct, median
from btcli.market.series import FundingRates, Millis
from btcli.market.window import SeriesSpan
from btcli.timeframe import UNIT_MS, Timeframe

LONGEST_INTERVAL_MS = 8 * UNIT_MS["h"]
SETTLEMENT_GRID_MS = UNIT_MS["h"]
USUAL_CAP_RATE = 0.03  # a fraction of the value: what no venue charges at one settlement, where it prints no cap
DOUBTFUL_MEDIAN_RATE = 0.003
FRACTIONS = "rates are fractions: 0.0001 is 0.01 %"


def funding_gaps(ts: Millis, span: SeriesSpan) -> list[GapRange]:
    """Settlements missing inside the window (start_ms, end_ms), as far as the intervals around them tell.

    At the edges the tolerance is the interval next to the edge, at most 8 h. Inside, a step is a gap when it is
    longer than 8 h, or one of at most two multiples amid equal shorter steps; one that stays longer is a new interval.
    """
    start_ms, end_ms = span.window_start_ms, span.window_end_ms
    ts = distinct(ts)
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


def funding_issues(rates: FundingRates, exec_timeframe: Timeframe, cap_rate: float | None = None) -> list[SanityIssue]:
    """Order, doubles, times off the hour, rates that cannot be, and intervals that surprise.

    `cap_rate` is the venue's own limit of one settlement, a fraction; 3 % where it is not known.
    """
    ascending = distinct(rates.ts)
    steps = np.diff(ascending)
    longer = np.concatenate([[False], _new_longer_intervals(steps), [False]])[: ascending.size]
    message = "funding interval longer than the one before it"
    return [
        *time_issues(rates.ts, SETTLEMENT_GRID_MS, 0),
        *rate_issues(rates, cap_rate),
        *issues_at(longer, ascending, "FUNDING_INTERVAL_LONGER", "warning", message),
        *_exec_too_long(steps, exec_timeframe),
    ]


def rate_issues(rates: FundingRates, cap_rate: float | None = None) -> list[SanityIssue]:
    """Rates that are no numbers, that no venue charges, and whose size is that of percentages."""
    return [
        *issues_at(~np.isfinite(rates.rate), rates.ts, "NOT_A_NUMBER", "error", "rate that is no number"),
        *_beyond_cap(rates, cap_rate),
        *_doubtful_median(rates),
    ]


def _beyond_cap(rates: FundingRates, cap_rate: float | None) -> list[SanityIssue]:
    """Rates that the venue could not have charged; the limit itself is reached now and then."""
    limit = USUAL_CAP_RATE if cap_rate is None else cap_rate
    whose = "that no venue reaches" if cap_rate is None else "that the venue sets"
    message = f"rate beyond the {limit * 100:.10g} % {whose}"
    found = issues_at(np.abs(rates.rate) > limit * (1 + 1e-9), rates.ts, "RATE_BEYOND_CAP", "error", message)
    return [replace(issue, hint=FRACTIONS) for issue in found]


def doubtful_median(rates: FundingRates) -> str:
    """A sentence where half of all rates have the size of percent taken for fractions, else "".

    That is 0.3 % at settlements of every eight hours, where 0.01 % is usual, and in proportion at shorter ones.
    """
    finite = np.abs(rates.rate[np.isfinite(rates.rate)])
    middle = median(finite) if finite.size else 0.0
    steps = np.diff(rates.ts)
    interval_ms = min(median(steps), LONGEST_INTERVAL_MS) if steps.size else LONGEST_INTERVAL_MS
    part = interval_ms / LONGEST_INTERVAL_MS
    if middle < DOUBTFUL_MEDIAN_RATE * part * (1 - 1e-3):  # times may be off by some seconds
        return ""
    usual = f"{0.01 * part:.3g} % is usual" + ("" if part == 1 else f" every {interval_ms / UNIT_MS['h']:.2g} h")
    return f"half of the rates are {middle * 100:.4g} % and more, {usual}"


def _doubtful_median(rates: FundingRates) -> list[SanityIssue]:
    said = doubtful_median(rates)
    return [SanityIssue("RATES_DOUBTFUL", "warning", said, hint=FRACTIONS)] if said else []


def _exec_too_long(steps: Millis, exec_timeframe: Timeframe) -> list[SanityIssue]:
    shortest = int(steps.min()) if steps.size else LONGEST_INTERVAL_MS
    if exec_timeframe.ms <= shortest:
        return []
    said = f"exec {exec_timeframe} is longer than the funding interval of {shortest / UNIT_MS['h']:g} h"
    hint = "settlements inside a bar are paid at the next open, in the last bar at its close; use a shorter exec"
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
    found, (_, before) = [], _shortest_near(steps)
    for position in np.flatnonzero(_too_long(steps)).tolist():
        interval = min(int(before[position]), LONGEST_INTERVAL_MS)
        count = _between(int(ts[position]), int(ts[position + 1]), interval)
        first = int(ts[position]) + interval
        found.append(GapRange("inside", first, first + (count - 1) * interval, count))
    return found


def _too_long(steps: Millis) -> Mask:
    """Steps over 8 h, and one or two multiples in a row of an interval that goes on before and after them."""
    (left, farther_left), (right, farther_right) = _shortest_near(steps), _shortest_near(steps[::-1])
    right, farther_right = right[::-1], farther_right[::-1]
    amid = ((steps > left) & (steps > farther_right)) | ((steps > farther_left) & (steps > right))
    goes_on = (farther_left == farther_right) & (steps % farther_left == 0)
    too_long: Mask = (steps > LONGEST_INTERVAL_MS) | (amid & goes_on)
    return too_long


def _shortest_near(steps: Millis) -> tuple[Millis, Millis]:
    """For each step the shorter of it and the one before, and the shortest of it and the two before."""
    one, two = steps.copy(), steps.copy()
    one[1:] = np.minimum(one[1:], steps[:-1])
    two[1:] = one[1:]
    two[2:] = np.minimum(two[2:], steps[:-2])
    return one, two


def _new_longer_intervals(steps: Millis) -> Mask:
    """For each step but the first, whether it is longer than the one before it and no gap."""
    too_long = _too_long(steps)
    longer: Mask = (np.diff(steps) > 0) & ~too_long[1:]
    return longer


def _between(earlier_ms: int, later_ms: int, interval_ms: int) -> int:
    """How many settlements lie strictly between two moments, one of which is a settlement."""
    return max(0, -(-(later_ms - earlier_ms) // interval_ms) - 1)
