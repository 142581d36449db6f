"""Margins, liquidation and payments of one isolated position, as pure functions (rulebook section 2).

Everywhere: `side` is +1 long or -1 short, prices in USDT per coin, quantities in coins, rates as fractions,
amounts in USDT. `tiers` is a float64 array, a row a tier: limit_usdt, maintenance_rate, initial_rate,
max_leverage, deduction_usdt, ascending by limit. `close_fee` is the fee rate a venue keeps in the
margin for closing at the bankruptcy price: the taker rate on Bybit, 0 on Binance.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from btcli.exchange.formulas.rounding import ceil8, floor8
from btcli.exchange.machine.compiled import compiled

Tiers = NDArray[np.float64]
LIMIT, MAINTENANCE, INITIAL, MAX_LEVERAGE, DEDUCTION = range(5)


@compiled
def tier_index(value: float, tiers: Tiers) -> int:
    """The first tier whose limit is not below the value; beyond the last limit, the last tier."""
    n = len(tiers)
    for index in range(n - 1):
        if value <= tiers[index, LIMIT]:
            return index
    return n - 1


@compiled
def initial_margin_of(entry: float, qty: float, leverage: float) -> float:
    """IM = E * Q / L."""
    return entry * qty / leverage


@compiled
def bankruptcy_at_entry(side: int, entry: float, leverage: float) -> float:
    """B0 = E * (1 - s / L): the price at which the initial margin is gone."""
    return entry * (1.0 - side / leverage)


@compiled
def fee_to_close_of(side: int, entry: float, qty: float, leverage: float, close_fee: float) -> float:
    """FTC = Q * B0 * f."""
    return qty * bankruptcy_at_entry(side, entry, leverage) * close_fee


@compiled
def usable_extra(side: int, extra_margin: float, close_fee: float) -> float:
    """X' = X / (1 - s * f): what added margin is worth once the fee at the moved takeover price is paid."""
    return extra_margin / (1.0 - side * close_fee)


@compiled
def takeover_price(side: int, entry: float, leverage: float, extra: float, qty: float, close_fee: float) -> float:
    """B = B0 - s * X' / Q: the price at which the whole position margin, fee included, is gone."""
    return bankruptcy_at_entry(side, entry, leverage) - side * usable_extra(side, extra, close_fee) / qty


@compiled
def position_margin(side: int, entry: float, qty: float, leverage: float, extra: float, close_fee: float) -> float:
    """PM = IM + FTC + X: what the position can lose at most."""
    return initial_margin_of(entry, qty, leverage) + fee_to_close_of(side, entry, qty, leverage, close_fee) + extra


@compiled
def maintenance_of(mark: float, qty: float, tiers: Tiers) -> float:
    """mark * Q * m - D, with the tier of mark * Q; without the fee to close.

    Bybit's formula before 2025-09-02 is the same with the entry in place of the mark.
    """
    tier = tier_index(mark * qty, tiers)
    return maintenance_in_tier(mark * qty, tiers[tier, MAINTENANCE], tiers[tier, DEDUCTION])


@compiled
def maintenance_in_tier(value: float, rate: float, deduction: float) -> float:
    """V * m - D: the maintenance margin of a value by the rate and the deduction of its tier."""
    return value * rate - deduction


@compiled
def profit_of(side: int, qty: float, entry: float, price: float) -> float:
    """s * Q * (price - E)."""
    return side * qty * (price - entry)


@compiled
def margin_at_mark(
    side: int, entry: float, qty: float, leverage: float, extra: float, close_fee: float, mark: float
) -> float:
    """IM + X' + s * Q * (mark - E): what is left of the margin at a mark."""
    return (
        initial_margin_of(entry, qty, leverage)
        + usable_extra(side, extra, close_fee)
        + profit_of(side, qty, entry, mark)
    )


@compiled
def _liquidation_in_tier(side: int, entry: float, qty: float, margin: float, rate: float, deduction: float) -> float:
    """Solve the liquidation condition for the mark, given one tier; 0 where a rate of one leaves no solution."""
    divisor = qty - side * qty * rate
    if divisor <= 0.0:
        return 0.0
    return (entry * qty - side * margin - side * deduction) / divisor


@compiled
def liquidation_by_entry(
    side: int, entry: float, qty: float, leverage: float, extra: float, close_fee: float, tiers: Tiers
) -> float:
    """E - s * (IM + X' - E*Q*m + D) / Q in the tier of E*Q, or 0 when none is: the maintenance margin never moves."""
    margin = initial_margin_of(entry, qty, leverage) + usable_extra(side, extra, close_fee)
    tier = tier_index(entry * qty, tiers)
    room = margin - entry * qty * tiers[tier, MAINTENANCE] + tiers[tier, DEDUCTION]
    return max(entry - side * room / qty, 0.0)


@compiled
def liquidation_of(
    side: int, entry: float, qty: float, leverage: float, extra: float, close_fee: float, tiers: Tiers
) -> float:
    """The mark at which the position is liquidated, or 0 when none is: the tier is that of the result's own value.

    Where no tier is self-consistent (printed deductions are rounded) it is the border between the two nearest.
    """
    margin = initial_margin_of(entry, qty, leverage) + usable_extra(side, extra, close_fee)
    lower = 0.0
    for index in range(len(tiers)):
        price = _liquidation_in_tier(side, entry, qty, margin, tiers[index, MAINTENANCE], tiers[index, DEDUCTION])
        value = price * qty
        is_last = index == len(tiers) - 1
        if value <= lower and index > 0:
            return lower / qty
        if is_last or value <= tiers[index, LIMIT]:
            return max(price, 0.0)
        lower = tiers[index, LIMIT]
    return 0.0


@compiled
def unit_order_cost(side: int, leverage: float, taker: float, close_fee: float) -> float:
    """What an order costs per USDT of its value: initial margin, fee to open, fee to close."""
    return 1.0 / leverage + taker + (1.0 - side / leverage) * close_fee


@compiled
def order_cost_of(side: int, price: float, qty: float, leverage: float, taker: float, close_fee: float) -> float:
    """P*q/L + P*q*f + P*q*(1 - s/L)*f."""
    value = price * qty
    return value / leverage + value * taker + value * (1.0 - side / leverage) * close_fee


@compiled
def order_cost_by_mark_of(side: int, price: float, qty: float, leverage: float, mark: float) -> float:
    """P*q/L + q*max(0, s*(P - mark)): no fee is part of it."""
    return price * qty / leverage + qty * max(0.0, side * (price - mark))


@compiled
def fee_of(qty: float, price: float, rate: float) -> float:
    """A trade's fee, rounded up at the eighth decimal."""
    return ceil8(qty * price * rate)


@compiled
def funding_of(side: int, qty: float, mark: float, rate: float) -> float:
    """s * Q * mark * rate: positive is paid (rounded up), negative received (rounded down), at the eighth decimal."""
    payment = side * qty * mark * rate
    if payment > 0.0:
        return ceil8(payment)
    return 0.0 - floor8(-payment)
