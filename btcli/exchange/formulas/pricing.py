"""The path that prices take inside a bar, and what slippage and impact make of a price."""

from __future__ import annotations

import math

from btcli.exchange.book.codes import ADAPTIVE, PESSIMISTIC
from btcli.exchange.book.records import Record
from btcli.exchange.formulas.rounding import multiple, round_against, ticks_between
from btcli.exchange.machine.compiled import compiled


@compiled
def last_point(prices: Record, high_first: int, point: int) -> float:
    """The last price at point 0 to 3 of the path: open, first extreme, second extreme, close."""
    if point == 0:
        return prices["open"]
    if point == 3:
        return prices["close"]
    if (point == 1) == (high_first == 1):
        return prices["high"]
    return prices["low"]


@compiled
def mark_point(prices: Record, high_first: int, point: int) -> float:
    """The mark price at point 0 to 3 of the path."""
    if point == 0:
        return prices["mark_open"]
    if point == 3:
        return prices["mark_close"]
    if (point == 1) == (high_first == 1):
        return prices["mark_high"]
    return prices["mark_low"]


@compiled
def on_leg(a: float, b: float, t: float) -> float:
    """The price at fraction t of the leg from a to b."""
    return a + t * (b - a)


@compiled
def is_high_first_for_position(prices: Record, side: int, path: int, inst: Record) -> bool:
    """Which extreme comes first while a position is open: against it, nearest to the open, or with it."""
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
    """k * sigma * sqrt(q / V) with sigma = (H - L) / O of the bar, as a fraction of the price; 0 without volume."""
    if inst["impact_k"] <= 0.0 or prices["volume"] <= 0.0:
        return 0.0
    sigma = (prices["high"] - prices["low"]) / prices["open"]
    return inst["impact_k"] * sigma * math.sqrt(qty / prices["volume"])


@compiled
def slipped(price: float, side: int, slippage: float, inst: Record) -> float:
    """A price moved by slippage against whoever trades on `side`, on the tick and never below one."""
    k, den = inst["tick_k"], inst["tick_den"]
    return max(round_against(price * (1.0 + side * slippage), side, k, den), multiple(1, k, den))
