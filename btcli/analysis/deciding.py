"""When a run could decide at all, and what it earned from there on: a window that began before says little."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from typing import Any

from btcli.analysis import definitions as define
from btcli.analysis.equity import DAY_MS, EquityFacts
from btcli.analysis.numbers import Metric, Undefined
from btcli.exchange.face.events import Counters
from btcli.frozen import frozen
from btcli.timeframe import utc_text

NEVER = Undefined("no decision was possible")


@frozen
class Deciding:
    """How often strategies were asked, and since when they could be.

    `first_ms` has, by symbol, the ltf close (milliseconds UTC) at which everything was ready for the first time, None
    where it never was; `steps_before` counts the steps up to the earliest of them, `end_ms` is the window's end.
    `opens` has each symbol's first open after that moment, None where there is none.
    """

    decisions: int = 0
    first_ms: Mapping[str, int | None] = field(default_factory=dict)
    steps_before: int = 0
    end_ms: int = 0
    opens: Mapping[str, float | None] = field(default_factory=dict)

    @property
    def earliest_ms(self) -> int | None:
        """The first moment at which anything could be decided; None when there was none."""
        return min((ts for ts in self.first_ms.values() if ts is not None), default=None)


NOTHING_ASKED = Deciding()


def deciding_row(
    deciding: Deciding, equity: EquityFacts, counters: Counters, prices: Mapping[str, tuple[float, float]]
) -> dict[str, Any]:
    """What metrics.json tells of decisions; `prices` has each symbol's first open and last close in the window."""
    first_ms = deciding.earliest_ms
    span_ms = deciding.end_ms - equity.start_ms
    before_ms = span_ms if first_ms is None else first_ms - equity.start_ms
    return {
        "decisions": deciding.decisions,
        "first_decision_ts": NEVER if first_ms is None else utc_text(first_ms),
        "first_decision_by_symbol": {
            symbol: NEVER if ts is None else utc_text(ts) for symbol, ts in deciding.first_ms.items()
        },
        "window_before_first_decision_pct": define.share_pct(before_ms, span_ms, "the window is empty"),
        "since_first_decision": _since(deciding, first_ms, equity, counters, prices),
    }


def _since(
    deciding: Deciding,
    first_ms: int | None,
    equity: EquityFacts,
    counters: Counters,
    prices: Mapping[str, tuple[float, float]],
) -> dict[str, Any]:
    """The figures of the window that begins with the first possible decision."""
    if first_ms is None:
        held: dict[str, Metric] = dict.fromkeys(prices, NEVER)
        return {"return_pct": NEVER, "sharpe": NEVER, "exposure_pct": NEVER, "buy_and_hold_pct": held}
    later = equity_since(equity, first_ms)
    steps = counters.steps - deciding.steps_before
    return {
        "return_pct": define.return_pct(later),
        "sharpe": define.sharpe(define.daily_returns(later)),
        "exposure_pct": define.share_pct(counters.steps_in_position, steps, "no step followed"),
        "buy_and_hold_pct": {symbol: _held(deciding.opens.get(symbol), last) for symbol, (_, last) in prices.items()},
    }


def equity_since(equity: EquityFacts, moment_ms: int) -> EquityFacts:
    """The curve from a moment on, before which nothing was held: it starts from the initial equity.

    The first of its days is the one that the moment lies in, or begins.
    """
    days = moment_ms // DAY_MS - equity.first_day
    return replace(equity, start_ms=moment_ms, first_day=equity.first_day + days, daily=equity.daily[days:])


def _held(first_open: float | None, last_close: float) -> Metric:
    if first_open is None:
        return Undefined("no bar followed")
    return define.buy_and_hold_pct(first_open, last_close)
