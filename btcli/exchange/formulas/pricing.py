"""The path that prices take inside a bar, and what slippage and impact make of a price."""

from __future__ import annotations

import math

from btcli.exchange.book.codes import ADAPTIVE, PESSIMISTIC
from btcli.exchange.book.records import Record
from btcli.exchange.formulas.rounding import multiple, round_against, ticks_between
from btcli.exchange.machine.compiled import compiled


@compiled
def last_point(prices: Record, high_first: int, point: int) -> float:
    """The last price at point 0 to 3 of the path: open, first extreme, second extreme, close.

    Source: rulebook section 3, C.

    >>> bar = {"open": 100.0, "high": 103.0, "low": 99.0, "close": 101.0, "volume": 400.0}
    >>> [last_point(bar, 1, point) for point in range(4)], [last_point(bar, 0, point) for point in range(4)]
    ([100.0, 103.0, 99.0, 101.0], [100.0, 99.0, 103.0, 101.0])
    """
    if point == 0:
        return prices["open"]
    if point == 3:
        return prices["close"]
    if (point == 1) == (high_first == 1):
        return prices["high"]
    return prices["low"]


@compiled
def mark_point(prices: Record, high_first: int, point: int) -> float:
    """The mark price at point 0 to 3 of the path.

    >>> bar = {"mark_open": 100.0, "mark_high": 103.0, "mark_low": 99.0, "mark_close": 101.0}
    >>> [mark_point(bar, 0, point) for point in range(4)]
    [100.0, 99.0, 103.0, 101.0]
    """
    if point == 0:
        return prices["mark_open"]
    if point == 3:
        return prices["mark_close"]
    if (point == 1) == (high_first == 1):
        return prices["mark_high"]
    return prices["mark_low"]


@compiled
def on_leg(a: float, b: float, t: float) -> float:
    """The price at fraction t of the leg from a to b.

    >>> on_leg(100.0, 90.0, 0.25)
    97.5
    """
    return a + t * (b - a)


@compiled
def is_high_first_for_position(prices: Record, side: int, path: int, inst: Record) -> bool:
    """Which extreme comes first while a position is open: against it, nearest to the open, or with it.

    Source: rulebook section 3, C. The low is nearer to the open here; the pessimistic path runs against a long.

    >>> bar, inst = {"open": 100.0, "high": 103.0, "low": 99.0}, {"tick_k": 1, "tick_den": 10.0}
    >>> [is_high_first_for_position(bar, 1, path, inst) for path in range(3)]
    [False, False, True]
    """
    if path == PESSIMISTIC:
        return side < 0
    if path == ADAPTIVE:
        up = ticks_between(prices["high"], prices["open"], inst["tick_k"], inst["tick_den"])
        down = ticks_between(prices["open"], prices["low"], inst["tick_k"], inst["tick_den"])
        if up != down:
            return up < down
        return side < 0
    return side > 0


@compiled
def impact_of(qty: float, prices: Record, inst: Record) -> float:
    """k * sigma * sqrt(q / V) with sigma = (H - L) / O of the bar, as a fraction of the price; 0 without volume.

    Source: rulebook section 6. A hundredth of the volume is 0.1 by its root, times 4 % and a factor of 0.5.

    >>> bar = {"open": 100.0, "high": 103.0, "low": 99.0, "close": 101.0, "volume": 400.0}
    >>> round(impact_of(4.0, bar, {"impact_k": 0.5}), 10)
    0.002
    """
    if inst["impact_k"] <= 0.0 or prices["volume"] <= 0.0:
        return 0.0
    sigma = (prices["high"] - prices["low"]) / prices["open"]
    return inst["impact_k"] * sigma * math.sqrt(qty / prices["volume"])


@compiled
def slipped(price: float, side: int, slippage: float, inst: Record) -> float:
    """A price moved by slippage against whoever trades on `side`, on the tick and never below one.

    Source: rulebook sections 1 and 6: 100.04 up to the tick for who buys, 99.96 down for who sells.

    >>> inst = {"tick_k": 1, "tick_den": 10.0}
    >>> slipped(100.0, 1, 0.0004, inst), slipped(100.0, -1, 0.0004, inst), slipped(0.1, -1, 0.5, inst)
    (100.1, 99.9, 0.1)
    """
    k, den = inst["tick_k"], inst["tick_den"]
    return max(round_against(price * (1.0 + side * slippage), side, k, den), multiple(1, k, den))
