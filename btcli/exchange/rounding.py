"""Ticks, steps and the eighth decimal (rulebook section 1).

A tick or step is the decimal k / den with an integer k and den a power of ten; a multiple n of it is
(n * k) / den, the double nearest to the decimal.
"""

from __future__ import annotations

import math

from btcli.exchange.compiled import compiled

NUDGE = 1e-9  # of a tick or step: keeps 0.3 / 0.1 from losing one
FEE_UNITS = 1e8
BELOW_ONE = 1.0 - 2.0**-50
ABOVE_ONE = 1.0 + 2.0**-50


@compiled
def multiple(n: int, k: int, den: float) -> float:
    """The n-th multiple of the decimal k / den."""
    return (n * k) / den


@compiled
def whole_steps(value: float, k: int, den: float) -> int:
    """How many whole steps fit into a value."""
    return math.floor(value / (k / den) + NUDGE)


@compiled
def steps_needed(value: float, k: int, den: float) -> int:
    """How many whole steps reach at least a value."""
    return math.ceil(value / (k / den) - NUDGE)


@compiled
def round_down(value: float, k: int, den: float) -> float:
    """The largest multiple not above a value."""
    return multiple(whole_steps(value, k, den), k, den)


@compiled
def on_step(qty: float, k: int, den: float) -> float:
    """A sum or difference of quantities, without the last digits that adding floats leaves."""
    return multiple(math.floor(qty / (k / den) + 0.5), k, den)


@compiled
def round_up(value: float, k: int, den: float) -> float:
    """The smallest multiple not below a value."""
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
    return math.floor(abs(a - b) / (k / den) + 0.5)


@compiled
def tick_beyond(price: float, direction: int, k: int, den: float) -> float:
    """The next tick above (+1) or below (-1) a price that lies on a tick."""
    return multiple(math.floor(price / (k / den) + 0.5) + direction, k, den)


@compiled
def ceil8(amount: float) -> float:
    """An amount that is paid, rounded up at the eighth decimal."""
    return math.ceil(amount * FEE_UNITS * BELOW_ONE) / FEE_UNITS


@compiled
def floor8(amount: float) -> float:
    """An amount that is received, rounded down at the eighth decimal."""
    return math.floor(amount * FEE_UNITS * ABOVE_ONE) / FEE_UNITS
