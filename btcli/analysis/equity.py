"""Folds the equity rows of a run, however they are cut into chunks, into the few facts that metrics need."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from btcli.exchange.face.events import EQUITY_COLUMNS
from btcli.frozen import frozen
from btcli.market.series import Floats, Millis
from btcli.timeframe import UNIT_MS

DAY_MS = UNIT_MS["d"]
EQUITY, USED, FREE = (EQUITY_COLUMNS.index(name) for name in ("equity_usdt", "used_margin_usdt", "free_margin_usdt"))


@frozen
class Drawdown:
    """The deepest fall of equity below its peak so far, in percent of the peak; moments in ms UTC.

    `start_ms` is the last moment at the peak, `recovery_ms` the first at or above it again (None: not yet).
    """

    pct: float
    peak_usdt: float
    start_ms: int
    trough_ms: int
    recovery_ms: int | None


@frozen
class EquityFacts:
    """What is known of the equity curve at the close of every exec step; the initial equity counts as a peak.

    `daily` holds one equity per UTC day from the day of `start_ms` on: the last at or before the day's end,
    carried forward over days without a step. The last day may be an unfinished one.
    """

    initial_equity_usdt: float
    start_ms: int
    last_ms: int
    final_equity_usdt: float
    first_day: int
    daily: tuple[float, ...]
    drawdown: Drawdown | None
    max_drawdown_usdt: float
    max_used_margin_usdt: float
    max_used_margin_pct: float
    min_free_margin_usdt: float


def curve_facts(ts_close: Millis, equity: Floats, *, initial_equity_usdt: float, start_ms: int) -> EquityFacts:
    """What a curve alone comes to: moments in ms UTC ascending and equity, [n] each; nothing is known of margins."""
    rows = np.zeros((len(equity), len(EQUITY_COLUMNS)))
    rows[:, EQUITY] = equity
    fold = EquityFold(initial_equity_usdt, start_ms)
    fold.add(ts_close, rows)
    return fold.facts()


class EquityFold:
    """Takes rows in the order of time; chunks may be cut anywhere."""

    def __init__(self, initial_equity_usdt: float, start_ms: int) -> None:
        self._initial = initial_equity_usdt
        self._start_ms = start_ms
        self._last_ms, self._final = start_ms, initial_equity_usdt
        self._peak, self._peak_ms = initial_equity_usdt, start_ms
        self._days: list[tuple[int, float]] = []
        self._deepest: Drawdown | None = None
        self._fall_usdt = self._used_usdt = self._used_pct = 0.0
        self._free_usdt = initial_equity_usdt

    def add(self, ts_close: Millis, rows: Floats) -> None:
        """The next steps: closes in ms UTC [n], and their rows [n, len(EQUITY_COLUMNS)]."""
        if not len(ts_close):
            return
        equity = np.ascontiguousarray(rows[:, EQUITY])
        self._add_days(ts_close, equity)
        self._add_drawdown(ts_close, equity)
        self._add_margins(equity, rows[:, USED], rows[:, FREE])
        self._last_ms, self._final = int(ts_close[-1]), float(equity[-1])

    def facts(self) -> EquityFacts:
        """What the rows so far come to."""
        return EquityFacts(
            initial_equity_usdt=self._initial,
            start_ms=self._start_ms,
            last_ms=self._last_ms,
            final_equity_usdt=self._final,
            first_day=self._start_ms // DAY_MS,
            daily=self._filled_days(),
            drawdown=self._deepest,
            max_drawdown_usdt=self._fall_usdt,
            max_used_margin_usdt=self._used_usdt,
            max_used_margin_pct=self._used_pct,
            min_free_margin_usdt=self._free_usdt,
        )

    def _add_days(self, ts_close: Millis, equity: Floats) -> None:
        days = (ts_close - 1) // DAY_MS  # a step that closes at midnight belongs to the day that ends there
        lasts = np.flatnonzero(np.append(days[1:] != days[:-1], True))
        closes = list(zip(days[lasts].tolist(), equity[lasts].tolist(), strict=True))
        if self._days and self._days[-1][0] == closes[0][0]:
            self._days.pop()
        self._days += closes

    def _filled_days(self) -> tuple[float, ...]:
        filled: list[float] = []
        carried, day = self._initial, self._start_ms // DAY_MS
        for known_day, close in self._days:
            filled += [carried] * (known_day - day) + [close]
            carried, day = close, known_day + 1
        return tuple(filled)

    def _add_drawdown(self, ts_close: Millis, equity: Floats) -> None:
        peaks = np.maximum(np.maximum.accumulate(equity), self._peak)
        falls = peaks - equity
        self._fall_usdt = max(self._fall_usdt, float(falls.max()))
        at_peak = np.flatnonzero(falls == 0.0)
        depths = falls / peaks * 100.0
        trough = int(depths.argmax())
        recovered_from = 0
        if depths[trough] > (self._deepest.pct if self._deepest else 0.0):
            before = at_peak[at_peak < trough]
            start_ms = int(ts_close[before[-1]]) if len(before) else self._peak_ms
            depth, peak = float(depths[trough]), float(peaks[trough])
            self._deepest = Drawdown(depth, peak, start_ms, int(ts_close[trough]), None)
            recovered_from = trough
        self._look_for_recovery(ts_close[recovered_from:], equity[recovered_from:])
        self._peak = float(peaks[-1])
        self._peak_ms = int(ts_close[at_peak[-1]]) if len(at_peak) else self._peak_ms

    def _look_for_recovery(self, ts_close: Millis, equity: Floats) -> None:
        if self._deepest is None or self._deepest.recovery_ms is not None:
            return
        back = np.flatnonzero(equity >= self._deepest.peak_usdt)
        if len(back):
            self._deepest = replace(self._deepest, recovery_ms=int(ts_close[back[0]]))

    def _add_margins(self, equity: Floats, used: Floats, free: Floats) -> None:
        self._used_usdt = max(self._used_usdt, float(used.max()))
        self._free_usdt = min(self._free_usdt, float(free.min()))
        shares = used[equity > 0.0] / equity[equity > 0.0] * 100.0
        self._used_pct = max(self._used_pct, float(shares.max(initial=0.0)))
