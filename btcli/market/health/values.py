"""Rows that cannot be right, or are worth a look, judged within one series."""

from __future__ import annotations

import numpy as np

from btcli.market.health.findings import BLOCK_ROWS, Mask, SanityIssue, issues_at
from btcli.market.series import Bars, Floats, Millis
from btcli.timeframe import UNIT_MS, Timeframe

ZERO_VOLUME_RUN_MS = UNIT_MS["h"]
ZERO_VOLUME_RUN_BARS = 3
JUMP_RATIO = 1.25
CALM_ROWS = 1 << 12  # three days of minutes seldom move by as much as one jump


def time_issues(ts: Millis, grid_ms: int, origin_ms: int) -> list[SanityIssue]:
    """Rows out of order, doubled, or off the grid of `grid_ms`."""
    if follows_grid(ts, grid_ms, origin_ms):
        return []
    back, doubled = np.zeros((2, ts.size), dtype=np.bool_)
    back[1:] = np.diff(ts) < 0
    ordered = np.sort(ts) if back.any() else ts
    doubled[1:] = np.diff(ordered) == 0
    return [
        *issues_at(back, ts, "OUT_OF_ORDER", "error", "row earlier than the one before it"),
        *issues_at(doubled, ordered, "DUPLICATE", "error", "row with the time of another row"),
        *issues_at((ts - origin_ms) % grid_ms != 0, ts, "OFF_GRID", "error", "row off the grid of its timeframe"),
    ]


def follows_grid(ts: Millis, grid_ms: int, origin_ms: int) -> bool:
    """Whether each row is one step of the grid after the one before it: the usual case, at a tenth of the price."""
    if not ts.size or int(ts[0] - origin_ms) % grid_ms:
        return False
    blocks = (ts[start : start + BLOCK_ROWS + 1] for start in range(0, ts.size, BLOCK_ROWS))
    return all((np.diff(block) == grid_ms).all() for block in blocks)


def candle_issues(bars: Bars, timeframe: Timeframe, *, traded: bool) -> list[SanityIssue]:
    """All checks of values; `traded` bars have a volume, mark candles have none worth looking at."""
    ts, masks = bars.ts_open, np.zeros((5, bars.ts_open.size), dtype=np.bool_)
    for start in range(0, ts.size, CALM_ROWS):
        before = max(start - 1, 0)
        some = Bars._make(column[before : start + CALM_ROWS] for column in bars)
        if not _are_calm(some, traded=traded):
            masks[:, start : start + CALM_ROWS] = _odd(some, traded=traded)[:, start - before :]
    no_number, not_positive, high_too_low, low_too_high, jump = masks
    return [
        *issues_at(no_number, ts, "NOT_A_NUMBER", "error", "bar with a value that is no number"),
        *issues_at(not_positive, ts, "NOT_POSITIVE", "error", "bar with a price of zero or less"),
        *issues_at(high_too_low, ts, "HIGH_TOO_LOW", "error", "bar with its high below open or close"),
        *issues_at(low_too_high, ts, "LOW_TOO_HIGH", "error", "bar with its low above open or close"),
        *(_volume_issues(bars, timeframe) if traded else ()),
        *issues_at(jump, ts, "JUMP", "warning",
                   f"bar that moves by more than {JUMP_RATIO - 1:.0%} against its neighbour or its body"),
    ]  # fmt: skip


def _are_calm(bars: Bars, *, traded: bool) -> bool:
    """Whether nothing can be odd: each price is within its bar, and none is a jump away from any other.

    The usual case, at a third of the price. What is no number is neither less nor more than any other.
    """
    low, high = bars.low.min(), bars.high.max()
    return bool(
        0.0 < low <= high <= low * JUMP_RATIO < np.inf
        and (bars.low <= bars.open).all()
        and (bars.low <= bars.close).all()
        and (bars.open <= bars.high).all()
        and (bars.close <= bars.high).all()
        and not (traded and not 0.0 <= bars.volume.min() <= bars.volume.max() < np.inf)
    )


def _odd(bars: Bars, *, traded: bool) -> Mask:
    """[5, n]: no number, no positive price, high too low, low too high, and a jump, the last also from bar to bar."""
    columns = (bars.open, bars.high, bars.low, bars.close, *((bars.volume,) if traded else ()))
    finite = np.logical_and.reduce([np.isfinite(column) for column in columns])
    top, bottom = np.maximum(bars.open, bars.close), np.minimum(bars.open, bars.close)
    return np.stack([~finite, _not_positive(bars), bars.high < top, bars.low > bottom, _jumps(bars, top, bottom)])


def _volume_issues(bars: Bars, timeframe: Timeframe) -> list[SanityIssue]:
    shortest = max(ZERO_VOLUME_RUN_BARS, ZERO_VOLUME_RUN_MS // timeframe.ms)
    quiet = _in_runs(bars.volume == 0.0, shortest)
    message = f"bar in a run of at least {shortest} without volume"
    return [
        *issues_at(bars.volume < 0.0, bars.ts_open, "NEGATIVE_VOLUME", "error", "bar with a negative volume"),
        *issues_at(quiet, bars.ts_open, "ZERO_VOLUME_RUN", "warning", message),
    ]


def _not_positive(bars: Bars) -> Mask:
    return (bars.open <= 0.0) | (bars.high <= 0.0) | (bars.low <= 0.0) | (bars.close <= 0.0)


def _jumps(bars: Bars, body_top: Floats, body_bottom: Floats) -> Mask:
    """Bars whose wick leaves the body far behind, or whose body does so with the close of the adjoining bar."""
    wick = (bars.high > body_top * JUMP_RATIO) | (bars.low * JUMP_RATIO < body_bottom)
    before = bars.close[:-1]
    adjoining = bars.ts_open[1:] == bars.ts_close[:-1]
    leap = (body_top[1:] > before * JUMP_RATIO) | (body_bottom[1:] * JUMP_RATIO < before)
    wick[1:] |= leap & adjoining
    return wick


def _in_runs(mask: Mask, shortest: int) -> Mask:
    """The marked rows that stand in a run of at least `shortest` marked rows."""
    if not mask.any():
        return mask
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]])))
    starts, ends = edges[::2], edges[1::2]
    long = ends - starts >= shortest
    turns = np.zeros(mask.size + 1, dtype=np.int64)
    turns[starts[long]] += 1
    turns[ends[long]] -= 1
    inside: Mask = np.cumsum(turns[:-1]) > 0
    return inside
