"""Whether payments into one balance leave it alike in every order, to the last bit."""

from __future__ import annotations

from collections.abc import Sequence
from math import frexp, ldexp

DIGITS = 53  # of a double, in base two


def commute(balance_usdt: float, payments_usdt: Sequence[float]) -> bool:
    """Whether payments that left the balance at `balance_usdt` would have done so in every other order.

    Doubles between two neighbouring powers of two lie evenly. A balance that stays there takes of each payment what
    the payment alone is rounded to, whatever came before; only where a payment ends halfway between two of them
    does the rounding look at the balance.
    """
    moved = 2.0 * sum(map(abs, payments_usdt))  # twice what it could move: room for the roundings on the way
    lowest, highest = balance_usdt - moved, balance_usdt + moved
    power = frexp(lowest)[1]
    if lowest <= 0.0 or power != frexp(highest)[1]:
        return False
    spacing = ldexp(1.0, power - DIGITS)
    return all(payment / spacing % 1.0 != 0.5 for payment in payments_usdt)
