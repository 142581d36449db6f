"""Bars that the grid expects and the series does not have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from btcli.market.health.findings import GapRange, Place
from btcli.market.health.values import follows_grid
from btcli.market.reader import Absent, Doubts
from btcli.market.series import Millis
from btcli.market.window import SeriesSpan
from btcli.timeframe import Timeframe


def candle_gaps(ts_open: Millis, timeframe: Timeframe, start_ms: int, end_ms: int) -> list[GapRange]:
    """Every maximal run of opens on the grid in [start_ms, end_ms), both on the grid, that `ts_open` does not have.

    `ts_open` may be unordered, doubled or off the grid: only what lies on the grid counts as there.
    """
    step = timeframe.ms
    inside = (ts_open >= start_ms) & (ts_open < end_ms)
    there = ts_open if inside.all() else ts_open[inside]
    if follows_grid(there, step, timeframe.origin_ms):  # nothing is missing but at the edges
        befores, afters = np.array([start_ms - step, there[-1]]), np.array([there[0], end_ms])
    else:
        there = np.sort(there[(there - timeframe.origin_ms) % step == 0], kind="stable")
        befores, afters = np.concatenate([[start_ms - step], there]), np.concatenate([there, [end_ms]])
    missing = (afters - befores) // step - 1
    edges, last_edge = np.flatnonzero(missing > 0), befores.size - 1
    return [
        GapRange(_place(edge == 0, edge == last_edge), first + step, first + count * step, count)
        for edge, first, count in zip(edges.tolist(), befores[edges].tolist(), missing[edges].tolist(), strict=True)
    ]


def judged(
    gaps: Sequence[GapRange],
    span: SeriesSpan,
    *,
    absent: Absent,
    doubts: Doubts = (),
    accept: bool,
    start_late: bool,
    first_ms: int = 0,
    must_reach_end: bool = False,
) -> tuple[GapRange, ...]:
    """The gaps with what is known and allowed: confirmed parts cut out (`accept`: they are only a warning), parts in
    doubt cut out and named, and bars missing before the window a warning where the run may start late.

    Before `first_ms`, the first trade, a confirmed part is a warning in any case. With `must_reach_end` one at the
    end is an error in any case: among other symbols it would look like a delisting.
    """

    def allowed(gap: GapRange) -> bool:
        if must_reach_end and gap.place == "end":
            return False
        only_warmup = gap.place == "start" and gap.last_ms < span.window_start_ms
        return (gap.confirmed and (accept or gap.last_ms < first_ms)) or (only_warmup and start_late)

    known = sorted([*((*each, "") for each in absent), *_outside(doubts, absent)])
    parts = [part for gap in gaps for part in _split(gap, known)]
    return tuple(replace(part, severity="warning") if allowed(part) else part for part in parts)


def _outside(doubts: Doubts, absent: Absent) -> Doubts:
    """The doubts about what is not confirmed since."""
    return [each for each in doubts if not any(start <= each[0] and each[1] <= end for start, end in absent)]


def _split(gap: GapRange, known: Doubts) -> Iterator[GapRange]:
    """Cut a gap at the borders of what is known, "" for confirmed; a bar counts when all of it lies inside."""
    step_ms = gap.step_ms
    at, end = gap.first_ms, gap.last_ms + step_ms
    for known_start, known_end, doubt in known:
        first = max(at, gap.first_ms + -(-(known_start - gap.first_ms) // step_ms) * step_ms)
        last = min(end, gap.first_ms + (known_end - gap.first_ms) // step_ms * step_ms)
        if first >= last:
            continue
        if at < first:
            yield _part(gap, at, first, step_ms)
        yield replace(_part(gap, first, last, step_ms), confirmed=not doubt, doubt=doubt)
        at = last
    if at < end:
        yield _part(gap, at, end, step_ms)


def _part(gap: GapRange, start_ms: int, end_ms: int, step_ms: int) -> GapRange:
    count = (end_ms - start_ms) // step_ms
    return replace(gap, first_ms=start_ms, last_ms=end_ms - step_ms, count=count)


def _place(at_start: bool, at_end: bool) -> Place:
    if at_start:
        return "all" if at_end else "start"
    return "end" if at_end else "inside"
