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
    """The n-th multiple of the decimal k / den."""
    return (n * k) / den


@compiled
def counted(value: float, k: int, den: float) -> float:
    """A value in ticks or steps, within what an integer holds."""
    most = GRIDLESS * (k / den)
    return min(max(value, -most), most) / (k / den)


@compiled
def has_grid(value: float, k: int, den: float) -> bool:
    """Whether multiples lie near a value; beyond, every double is as good as one."""
    return abs(value) < GRIDLESS * (k / den)


@compiled
def _nudge(count: float) -> float:
    """By how much a count may miss a whole number and still be it."""
    return max(NUDGE, count * LAST_DIGITS)


@compiled
def whole_steps(value: float, k: int, den: float) -> int:
    """How many whole steps fit into a value."""
    count = counted(value, k, den)
    return math.floor(count + _nudge(count))


@compiled
def steps_needed(value: float, k: int, den: float) -> int:
    """How many whole steps reach at least a value."""
    count = counted(value, k, den)
    return math.ceil(count - _nudge(count))


@compiled
def round_down(value: float, k: int, den: float) -> float:
    """The largest multiple not above a value."""
    if not has_grid(value, k, den):
        return value
    return multiple(whole_steps(value, k, den), k, den)


@compiled
def on_step(qty: float, k: int, den: float) -> float:
    """A sum or difference of quantities, without the last digits that adding floats leaves."""
    return multiple(math.floor(counted(qty, k, den) + 0.5), k, den)


@compiled
def round_up(value: float, k: int, den: float) -> float:
    """The smallest multiple not below a value."""
    if not has_grid(value, k, den):
        return value
    return multiple(steps_needed(value, k, den), k, den)


@compiled
def round_against(price: float, side: int, k: int, den: float) -> float:
    """A price on the tick, adverse to whoever trades on `side`: up for a buy, down for a sell."""
    if side > 0:
        return round_up(price, k, den)
    return round_down(price, k, den)


@compiled
def ticks_between(a: float, b: float, k: int, den: float) -> int:
    """The distance of two prices in whole ticks."""
    return math.floor(counted(abs(a - b), k, den) + 0.5)


@compiled
def tick_beyond(price: float, direction: int, k: int, den: float) -> float:
    """The next tick above (+1) or below (-1) a price that lies on a tick."""
    if not has_grid(price, k, den):
        return price
    return multiple(math.floor(price / (k / den) + 0.5) + direction, k, den)


@compiled
def ceil8(amount: float) -> float:
    """An amount that is paid, rounded up at the eighth decimal."""
    return math.ceil(amount * FEE_UNITS * BELOW_ONE) / FEE_UNITS


@compiled
def floor8(amount: float) -> float:
    """An amount that is received, rounded down at the eighth decimal."""
    return math.floor(amount * FEE_UNITS * ABOVE_ONE) / FEE_UNITS
