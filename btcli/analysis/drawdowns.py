"""The worst falls of a recorded equity curve, beside the deepest one that metrics.json tells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from btcli.analysis.equity import DAY_MS
from btcli.market.series import Floats, Millis

SHOWN = 5


class Fall(NamedTuple):
    """Equity below its peak, in percent of the peak; moments in ms UTC.

    `start_ms` is the last moment at the peak, `recovery_ms` the first at or above it again (None: not yet), `end_ms`
    that moment or, where there is none, the last of the curve.
    """

    depth_pct: float
    start_ms: int
    trough_ms: int
    recovery_ms: int | None
    end_ms: int

    @property
    def days(self) -> float:
        """How long it took from the peak back to it, or up to the end."""
        return (self.end_ms - self.start_ms) / DAY_MS


def worst_falls(ts_ms: Millis, depths_pct: Floats, *, start_ms: int, deepest: Fall | None) -> tuple[Fall, ...]:
    """At most SHOWN falls, the deepest first, of equal ones the earlier.

    `depths_pct` [n] is how far below its peak equity is at the moments `ts_ms` [n]; the curve begins at a peak at
    `start_ms`. The rows of a curve may be fewer than the steps that `deepest` was measured on: it stands as it is, and
    cuts the curve, so that the others lie before or after it.
    """
    if deepest is None:
        return _deepest_of(_falls(ts_ms, depths_pct, start_ms), SHOWN)
    before = ts_ms <= deepest.start_ms
    after = ts_ms > deepest.end_ms if deepest.recovery_ms is None else ts_ms >= deepest.end_ms
    others = (
        *_recovered_by(deepest.start_ms, _falls(ts_ms[before], depths_pct[before], start_ms)),
        *_falls(ts_ms[after], depths_pct[after], deepest.end_ms),
    )
    return (deepest, *_deepest_of(others, SHOWN - 1))


def _deepest_of(falls: Iterator[Fall] | tuple[Fall, ...], most: int) -> tuple[Fall, ...]:
    return tuple(sorted(falls, key=lambda fall: (-fall.depth_pct, fall.start_ms))[:most])


def _recovered_by(moment_ms: int, falls: Iterator[Fall]) -> Iterator[Fall]:
    """The falls, the last of which recovered at a peak that has no row."""
    for fall in falls:
        yield fall if fall.recovery_ms is not None else fall._replace(recovery_ms=moment_ms, end_ms=moment_ms)


def _falls(ts_ms: Millis, depths_pct: Floats, start_ms: int) -> Iterator[Fall]:
    below = np.concatenate(([False], depths_pct > 0.0, [False]))
    turns = np.flatnonzero(below[1:] != below[:-1])
    for first, after in zip(turns[::2].tolist(), turns[1::2].tolist(), strict=True):
        trough = first + int(depths_pct[first:after].argmax())
        recovery_ms = int(ts_ms[after]) if after < len(ts_ms) else None
        yield Fall(
            depth_pct=float(depths_pct[trough]),
            start_ms=int(ts_ms[first - 1]) if first else start_ms,
            trough_ms=int(ts_ms[trough]),
            recovery_ms=recovery_ms,
            end_ms=int(ts_ms[-1]) if recovery_ms is None else recovery_ms,
        )
