"""The steps of a run, and where each of its symbols has a bar in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from btcli.frozen import frozen
from btcli.market.closes import joined
from btcli.market.series import Bars, Millis, Role

Booleans = NDArray[np.bool_]


@frozen
class Lane:
    """One symbol along the steps: the row of its exec bar at each, and where it has one."""

    row: NDArray[np.int64]
    has_bar: Booleans


@frozen
class Timeline:
    """The steps of a window, one for each exec bar that any symbol has in it."""

    ts_open: Millis
    ts_close: Millis
    lanes: tuple[Lane, ...]
    start_ms: int  # of the window
    end_ms: int

    @property
    def steps(self) -> int:
        return len(self.ts_open)


def timeline(symbols: Sequence[Mapping[Role, Bars]], start_ms: int, end_ms: int) -> Timeline:
    """Steps are the exec bars that open at or after `start_ms` and close by `end_ms`, of all symbols together."""
    spans = [_span(bars, start_ms, end_ms) for bars in symbols]
    ts_open, ts_close = _union(symbols, spans)
    lanes = tuple(_lane(bars["exec"], span, ts_open) for bars, span in zip(symbols, spans, strict=True))
    return Timeline(ts_open, ts_close, lanes, start_ms, end_ms)


def _span(bars: Mapping[Role, Bars], start_ms: int, end_ms: int) -> slice:
    steps = bars["exec"]
    first = int(np.searchsorted(steps.ts_open, start_ms))
    return slice(first, max(first, int(np.searchsorted(steps.ts_close, end_ms, side="right"))))


def _union(symbols: Sequence[Mapping[Role, Bars]], spans: Sequence[slice]) -> tuple[Millis, Millis]:
    opens = [bars["exec"].ts_open[span] for bars, span in zip(symbols, spans, strict=True)]
    closes = [bars["exec"].ts_close[span] for bars, span in zip(symbols, spans, strict=True)]
    return joined(opens), joined(closes)


def _lane(bars: Bars, span: slice, ts_open: Millis) -> Lane:
    """Where there is no bar the row is some other one, which nobody reads."""
    if np.array_equal(bars.ts_open[span], ts_open):
        return Lane(np.arange(span.start, span.stop, dtype=np.int64), np.ones(len(ts_open), np.bool_))
    row = np.searchsorted(bars.ts_open, ts_open).astype(np.int64)
    row = np.minimum(row, max(len(bars.ts_open) - 1, 0))
    inside = (row >= span.start) & (row < span.stop)
    return Lane(row, inside & (bars.ts_open[row] == ts_open) if len(bars.ts_open) else inside)
