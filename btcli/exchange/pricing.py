"""The price model: the two bars of a step, and the path that prices take inside them.

Nothing else in the exchange makes a price; it does so once per step and symbol.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from btcli.exchange.codes import ADAPTIVE, PESSIMISTIC
from btcli.exchange.compiled import compiled
from btcli.exchange.rounding import multiple, round_against, ticks_between
from btcli.exchange.values import C, H, L, O, Record, V

Floats = NDArray[np.float64]
Presence = NDArray[np.uint8]


@compiled
def quote(book: Record, last: Floats, mark: Floats, has_bar: Presence, i: int) -> None:
    """The price model: the prices of every symbol at step i. Without a bar the old ones stay.

    The mark bar is the last-price bar when the run has no mark series.
    """
    for s in range(book["n_symbols"]):
        prices = book["prices"][s]
        prices["has_bar"] = has_bar[s, i]
        if has_bar[s, i] == 0:
            continue
        prices["open"] = last[s, i, O]
        prices["high"] = last[s, i, H]
        prices["low"] = last[s, i, L]
        prices["close"] = last[s, i, C]
        prices["volume"] = last[s, i, V]
        prices["mark_open"] = mark[s, i, O]
        prices["mark_high"] = mark[s, i, H]
        prices["mark_low"] = mark[s, i, L]
        prices["mark_close"] = mark[s, i, C]


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
