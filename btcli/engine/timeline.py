"""The steps of a run, and those among them at which the engine has something to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from btcli.market.closes import close_index
from btcli.market.series import Bars, Floats, Millis, Role

CHECKPOINT_STEPS = 10_000


@dataclass(frozen=True)
class Timeline:
    """The exec bars that are steps, first to last (exclusive), and what happens at their closes.

    `stops` are steps, ascending, at which a timeframe closes, a checkpoint is due, or the run ends; `decides[k]`
    says whether an ltf bar closes at the very close of `stops[k]`.
    """

    first: int
    last: int
    ts_open: Millis
    ts_close: Millis
    stops: tuple[int, ...]
    decides: tuple[bool, ...]
    checkpoint_steps: int

    @property
    def steps(self) -> int:
        return self.last - self.first


def timeline(
    bars: Mapping[Role, Bars],
    start_ms: int,
    end_ms: int,
    *,
    checkpoint_steps: int = CHECKPOINT_STEPS,
    every_step: bool = False,
) -> Timeline:
    """Steps are the exec bars that open at or after `start_ms` and close by `end_ms`.

    The engine stops where a timeframe closes, after every `checkpoint_steps` steps, at the last one, and with
    `every_step` at all of them.
    """
    steps = bars["exec"]
    first = int(np.searchsorted(steps.ts_open, start_ms))
    last = max(first, int(np.searchsorted(steps.ts_close, end_ms, side="right")))
    ts_close = steps.ts_close[first:last]
    stopping = np.full(len(ts_close), every_step)
    for role in ("ltf", "mtf", "htf"):
        stopping |= _closes(ts_close, bars[role].ts_close, start_ms)
    stopping[checkpoint_steps - 1 :: checkpoint_steps] = True
    stopping[-1:] = True
    decides = np.isin(ts_close, bars["ltf"].ts_close)
    stops = np.flatnonzero(stopping)
    return Timeline(
        first,
        last,
        steps.ts_open[first:last],
        ts_close,
        tuple(stops.tolist()),
        tuple(decides[stops].tolist()),
        checkpoint_steps,
    )


def prices(bars: Bars, line: Timeline) -> Floats:
    """Open, high, low, close and volume of the steps: float64[steps, 5]."""
    return _table(bars)[line.first : line.last]


def mark_prices(mark: Bars, last: Floats, line: Timeline) -> tuple[Floats, int]:
    """The mark candles of the steps, float64[steps, 5], and how many were missing and are the last price instead."""
    at = np.minimum(np.searchsorted(mark.ts_open, line.ts_open), max(len(mark.ts_open) - 1, 0))
    if not len(mark.ts_open):
        return last.copy(), line.steps
    there = mark.ts_open[at] == line.ts_open
    return np.where(there[:, None], _table(mark)[at], last), int(np.count_nonzero(~there))


def _closes(step_ts_close: Millis, tf_ts_close: Millis, start_ms: int) -> NDArray[np.bool_]:
    """Whether a bar that closed after `start_ms` is seen for the first time at each step."""
    seen = close_index(step_ts_close, tf_ts_close)
    before = close_index(np.array([start_ms]), tf_ts_close)
    return np.diff(seen, prepend=before) > 0


def _table(bars: Bars) -> Floats:
    return np.column_stack([bars.open, bars.high, bars.low, bars.close, bars.volume])
