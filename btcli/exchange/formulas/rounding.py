"""Ticks, steps and the eighth decimal (rulebook section 1).

A tick or step is the decimal k / den with an integer k and den a power of ten; a multiple n of it is
(n * k) / den, the double nearest to the decimal.
"""

from __future__ import annotations

import math

from btcli.exchange.machine.compiled import compiled

NUDGE = 1e-9  # of a tick or step: keeps 0.3 / 0.1 from losing one
LAST_DIGITS = 2.0**-50  # of a number of ticks or steps: what a division may leave of a multiple
GRIDLESS = 2.0**52  # ticks or steps from which on a price or quantity is its own multiple
FEE_UNITS = 1e8
BELOW_ONE = 1.0 - 2.0**-50
ABOVE_ONE = 1.0 + 2.0**-50


@compiled
def multiple(n: int, k: int, den: float) -> float:
    """The n-th multiple of the decimal k / den.

    Source: rulebook section 1.

    >>> multiple(3, 1, 10.0), multiple(7, 25, 100.0)
    (0.3, 1.75)
    """
    return (n * k) / den


@compiled
def counted(value: float, k: int, den: float) -> float:
    """A value in ticks or steps, within what an integer holds.

    >>> counted(1.75, 25, 100.0)
    7.0
    """
    most = GRIDLESS * (k / den)
    return min(max(value, -most), most) / (k / den)


@compiled
def has_grid(value: float, k: int, den: float) -> bool:
    """Whether multiples lie near a value; beyond, every double is as good as one.

    >>> has_grid(40_000.0, 1, 10.0), has_grid(1e15, 1, 10.0)
    (True, False)
    """
    return abs(value) < GRIDLESS * (k / den)


@compiled
def _nudge(count: float) -> float:
    """By how much a count may miss a whole number and still be it."""
    return max(NUDGE, count * LAST_DIGITS)


@compiled
def whole_steps(value: float, k: int, den: float) -> int:
    """How many whole steps fit into a value.

    Source: rulebook section 1, floor(x + e).

    >>> whole_steps(0.3, 1, 10.0), whole_steps(0.39, 1, 10.0), whole_steps(-0.05, 1, 10.0)
    (3, 3, -1)
    """
    count = counted(value, k, den)
    return math.floor(count + _nudge(count))


@compiled
def steps_needed(value: float, k: int, den: float) -> int:
    """How many whole steps reach at least a value.

    Source: rulebook section 1, ceil(x - e).

    >>> steps_needed(0.3, 1, 10.0), steps_needed(0.31, 1, 10.0)
    (3, 4)
    """
    count = counted(value, k, den)
    return math.ceil(count - _nudge(count))


@compiled
def round_down(value: float, k: int, den: float) -> float:
    """The largest multiple not above a value.

    >>> round_down(0.1299, 1, 1000.0), round_down(0.3, 1, 10.0)
    (0.129, 0.3)
    """
    if not has_grid(value, k, den):
        return value
    return multiple(whole_steps(value, k, den), k, den)


@compiled
def on_step(qty: float, k: int, den: float) -> float:
    """A sum or difference of quantities, without the last digits that adding floats leaves.

    >>> 0.1 + 0.2, on_step(0.1 + 0.2, 1, 10.0)
    (0.30000000000000004, 0.3)
    """
    return multiple(math.floor(counted(qty, k, den) + 0.5), k, den)


@compiled
def round_up(value: float, k: int, den: float) -> float:
    """The smallest multiple not below a value.

    >>> round_up(40_008.01, 1, 10.0), round_up(40_008.1, 1, 10.0)
    (40008.1, 40008.1)
    """
    if not has_grid(value, k, den):
        return value
    return multiple(steps_needed(value, k, den), k, den)


@compiled
def round_against(price: float, side: int, k: int, den: float) -> float:
    """A price on the tick, adverse to whoever trades on `side`: up for a buy, down for a sell.

    Source: rulebook section 1, tick(p).

    >>> round_against(100.04, 1, 1, 10.0), round_against(100.04, -1, 1, 10.0)
    (100.1, 100.0)
    """
    if side > 0:
        return round_up(price, k, den)
    return round_down(price, k, den)


@compiled
def ticks_between(a: float, b: float, k: int, den: float) -> int:
    """The distance of two prices in whole ticks.

    >>> ticks_between(100.3, 100.0, 1, 10.0), ticks_between(100.0, 100.3, 1, 10.0)
    (3, 3)
    """
    return math.floor(counted(abs(a - b), k, den) + 0.5)


@compiled
def tick_beyond(price: float, direction: int, k: int, den: float) -> float:
    """The next tick above (+1) or below (-1) a price that lies on a tick.

    Source: rulebook section 1, n + 1 or n - 1.

    >>> tick_beyond(0.2, 1, 1, 10.0), tick_beyond(0.3, -1, 1, 10.0)
    (0.3, 0.2)
    """
    if not has_grid(price, k, den):
        return price
    return multiple(math.floor(price / (k / den) + 0.5) + direction, k, den)


@compiled
def ceil8(amount: float) -> float:
    """An amount that is paid, rounded up at the eighth decimal.

    Source: rulebook section 1; a recorded fee of Bybit on 122.5299 USDT at 5.5 bps (ccxt, fetchClosedOrders).

    >>> ceil8(122.5299 * 0.00055)
    0.06739145
    """
    return math.ceil(amount * FEE_UNITS * BELOW_ONE) / FEE_UNITS


@compiled
def floor8(amount: float) -> float:
    """An amount that is received, rounded down at the eighth decimal.

    Source: rulebook section 1.

    >>> floor8(0.000000019), floor8(0.00000002)
    (1e-08, 2e-08)
    """
    return math.floor(amount * FEE_UNITS * ABOVE_ONE) / FEE_UNITS
