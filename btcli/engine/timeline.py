"""The steps of a run, and those among them at which the engine has something to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from btcli.market.closes import close_index
from btcli.market.series import Bars, Floats, Millis, Role

CHECKPOINT_STEPS = 10_000
Booleans = NDArray[np.bool_]


@dataclass(frozen=True)
class Lane:
    """One symbol along the steps: the row of its exec bar at each, and where it has one."""

    row: NDArray[np.int64]
    has_bar: Booleans


@dataclass(frozen=True)
class Stop:
    """A step after which the engine has something to do; the numbers are places in `symbols`.

    `closing` have seen a timeframe close by then, `deciding` an ltf bar at the very close of the step. Up to
    `rests_until` all stops close nothing but ltf bars: they may be left out while nobody has anything to say.
    """

    step: int
    closing: tuple[int, ...]
    deciding: tuple[int, ...]
    rests_until: int = -1


@dataclass(frozen=True)
class Timeline:
    """The steps, one for each exec bar that any symbol has in the window, and the stops among them, ascending."""

    ts_open: Millis
    ts_close: Millis
    lanes: tuple[Lane, ...]
    stops: tuple[Stop, ...]
    checkpoint_steps: int
    end_ms: int  # of the window

    @property
    def steps(self) -> int:
        return len(self.ts_open)


def timeline(
    symbols: Sequence[Mapping[Role, Bars]],
    start_ms: int,
    end_ms: int,
    *,
    checkpoint_steps: int = CHECKPOINT_STEPS,
    every_step: bool = False,
) -> Timeline:
    """Steps are the exec bars that open at or after `start_ms` and close by `end_ms`, of all symbols together.

    The engine stops where a timeframe closes, after every `checkpoint_steps` steps, at the last one, and with
    `every_step` at all of them.
    """
    spans = [_span(bars, start_ms, end_ms) for bars in symbols]
    ts_open, ts_close = _union(symbols, spans)
    lanes = tuple(_lane(bars["exec"], span, ts_open) for bars, span in zip(symbols, spans, strict=True))
    closing = np.column_stack([_closing(bars, ts_close, start_ms, ("ltf", "mtf", "htf")) for bars in symbols])
    deciding = np.column_stack(
        [np.isin(ts_close, bars["ltf"].ts_close) & lane.has_bar for bars, lane in zip(symbols, lanes, strict=True)]
    )
    stopping: Booleans = np.logical_or(closing.any(axis=1), every_step)
    stopping[checkpoint_steps - 1 :: checkpoint_steps] = True
    stopping[-1:] = True
    at = np.flatnonzero(stopping)
    higher = np.column_stack([_closing(bars, ts_close, start_ms, ("mtf", "htf")) for bars in symbols]).any(axis=1)
    rests = ~higher & np.logical_not(every_step)
    rests[checkpoint_steps - 1 :: checkpoint_steps] = False
    rests[-1:] = False
    stops = map(Stop, at.tolist(), _places(closing[at]), _places(deciding[at]), _rests_until(at, rests[at]))
    return Timeline(ts_open, ts_close, lanes, tuple(stops), checkpoint_steps, end_ms)


def prices(bars: Bars, lane: Lane) -> Floats:
    """Open, high, low, close and volume of the steps: float64[steps, 5]; 0 where there is no bar."""
    return _where_there(_table(bars)[lane.row] if len(bars.open) else np.zeros((len(lane.row), 5)), lane)


def mark_prices(mark: Bars, last: Floats, ts_open: Millis, lane: Lane) -> tuple[Floats, Booleans]:
    """The mark candles of the steps, float64[steps, 5], and bool[steps]: where the last price stands in for one."""
    if not len(mark.ts_open):
        return last.copy(), lane.has_bar
    at = np.minimum(np.searchsorted(mark.ts_open, ts_open), len(mark.ts_open) - 1)
    there = mark.ts_open[at] == ts_open
    return _where_there(np.where(there[:, None], _table(mark)[at], last), lane), ~there & lane.has_bar


def _span(bars: Mapping[Role, Bars], start_ms: int, end_ms: int) -> slice:
    steps = bars["exec"]
    first = int(np.searchsorted(steps.ts_open, start_ms))
    return slice(first, max(first, int(np.searchsorted(steps.ts_close, end_ms, side="right"))))


def _union(symbols: Sequence[Mapping[Role, Bars]], spans: Sequence[slice]) -> tuple[Millis, Millis]:
    opens = [bars["exec"].ts_open[span] for bars, span in zip(symbols, spans, strict=True)]
    closes = [bars["exec"].ts_close[span] for bars, span in zip(symbols, spans, strict=True)]
    if len(opens) == 1:
        return opens[0], closes[0]
    return np.unique(np.concatenate(opens)), np.unique(np.concatenate(closes))


def _lane(bars: Bars, span: slice, ts_open: Millis) -> Lane:
    """Where there is no bar the row is some other one, which nobody reads."""
    row = np.searchsorted(bars.ts_open, ts_open).astype(np.int64)
    row = np.minimum(row, max(len(bars.ts_open) - 1, 0))
    inside = (row >= span.start) & (row < span.stop)
    return Lane(row, inside & (bars.ts_open[row] == ts_open) if len(bars.ts_open) else inside)


def _closing(bars: Mapping[Role, Bars], ts_close: Millis, start_ms: int, roles: Sequence[Role]) -> Booleans:
    closing = np.zeros(len(ts_close), np.bool_)
    for role in roles:
        closing |= _closes(ts_close, bars[role].ts_close, start_ms)
    return closing


def _closes(step_ts_close: Millis, tf_ts_close: Millis, start_ms: int) -> Booleans:
    """Whether a bar that closed after `start_ms` is seen for the first time at each step."""
    seen = close_index(step_ts_close, tf_ts_close)
    before = close_index(np.array([start_ms]), tf_ts_close)
    return np.diff(seen, prepend=before) > 0


def _rests_until(steps: NDArray[np.int64], rests: Booleans) -> list[int]:
    """For each stop that rests, the step of the last one before the next that does not; -1 for the others."""
    until, last = [-1] * len(steps), -1
    for place in range(len(steps) - 1, -1, -1):
        last = max(last, int(steps[place])) if rests[place] else -1
        until[place] = last
    return until


def _places(flags: Booleans) -> list[tuple[int, ...]]:
    """The columns that are set in each row; equal rows share one tuple."""
    known: dict[bytes, tuple[int, ...]] = {}
    rows = np.packbits(flags, axis=1)
    return [
        known.get(key) or known.setdefault(key, tuple(np.flatnonzero(flags[place]).tolist()))
        for place, key in enumerate(map(bytes, rows))
    ]


def _where_there(table: Floats, lane: Lane) -> Floats:
    return table if lane.has_bar.all() else np.where(lane.has_bar[:, None], table, 0.0)


def _table(bars: Bars) -> Floats:
    return np.column_stack([bars.open, bars.high, bars.low, bars.close, bars.volume])
