"""Trading rules for a symbol of which none are known: whole ones, with steps that suit its price."""

from __future__ import annotations

from decimal import Decimal
from math import floor, log10

DIGITS = 5  # of a price on its ticks
STEP_USDT = 0.1  # that a step of quantity is worth at least, and less than ten times that
STEPS = 10_000_000  # in the largest order


def example_specs(price: float) -> str:
    """Rules as a system file has them, for a price in USDT.

    >>> example_specs(0.0000123)
    '{tick_size: 0.000000001, qty_step: 10000, min_qty: 10000, max_qty: 100000000000, \
tiers: [{limit_usdt: 100000, maintenance_rate: 0.02, max_leverage: 25}]}'
    """
    tick, step = _power(floor(log10(price)) - DIGITS + 1), _power(floor(log10(STEP_USDT / price)) + 1)
    return (
        f"{{tick_size: {tick}, qty_step: {step}, min_qty: {step}, max_qty: {Decimal(step) * STEPS:f},"
        " tiers: [{limit_usdt: 100000, maintenance_rate: 0.02, max_leverage: 25}]}"
    )


def _power(exponent: int) -> str:
    return f"{Decimal(1).scaleb(exponent):f}"
