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
    """The first tier whose limit is not below the value; beyond the last limit, the last tier.

    Source: rulebook section 1. `tiers` is [n, 5].

    >>> tiers = np.array([[1000.0, 0.02, 0.05, 20.0, 0.0], [2000.0, 0.025, 0.05, 20.0, 5.0]])  # [2 tiers, 5]
    >>> [tier_index(value, tiers) for value in (0.0, 1000.0, 1000.01, 9e9)]
    [0, 0, 1, 1]
    """
    n = len(tiers)
    for index in range(n - 1):
        if value <= tiers[index, LIMIT]:
            return index
    return n - 1


@compiled
def initial_margin_of(entry: float, qty: float, leverage: float) -> float:
    """IM = E * Q / L.

    Source: Bybit help, Initial Margin (USDT Contract).

    >>> initial_margin_of(10_000.0, 1.0, 50.0)
    200.0
    """
    return entry * qty / leverage


@compiled
def bankruptcy_at_entry(side: int, entry: float, leverage: float) -> float:
    """B0 = E * (1 - s / L): the price at which the initial margin is gone.

    Source: Bybit help, Bankruptcy Price (Perpetual and Expiry Contracts), for the long.

    >>> bankruptcy_at_entry(1, 60_000.0, 50.0), bankruptcy_at_entry(-1, 60_000.0, 50.0)
    (58800.0, 61200.0)
    """
    return entry * (1.0 - side / leverage)


@compiled
def fee_to_close_of(side: int, entry: float, qty: float, leverage: float, close_fee: float) -> float:
    """FTC = Q * B0 * f.

    Source: Bybit help, Liquidation Price Calculation under Isolated Mode.

    >>> round(fee_to_close_of(1, 40_000.0, 1.0, 50.0, 0.00055), 8)
    21.56
    """
    return qty * bankruptcy_at_entry(side, entry, leverage) * close_fee


@compiled
def usable_extra(side: int, extra_margin: float, close_fee: float) -> float:
    """X' = X / (1 - s * f): what added margin is worth once the fee at the moved takeover price is paid.

    Source: rulebook section 2. With a fee of 10 % a long's 90 move its takeover by 100, a short's 99 by 90.

    >>> usable_extra(1, 90.0, 0.1), round(usable_extra(-1, 99.0, 0.1), 8)
    (100.0, 90.0)
    """
    return extra_margin / (1.0 - side * close_fee)


@compiled
def takeover_price(side: int, entry: float, leverage: float, extra: float, qty: float, close_fee: float) -> float:
    """B = B0 - s * X' / Q: the price at which the whole position margin, fee included, is gone.

    Source: rulebook section 2. With 90 added to two long coins of 100 it falls from 90 by 100 / 2.

    >>> takeover_price(1, 100.0, 10.0, 90.0, 2.0, 0.1), round(takeover_price(-1, 100.0, 10.0, 99.0, 2.0, 0.1), 8)
    (40.0, 155.0)
    """
    return bankruptcy_at_entry(side, entry, leverage) - side * usable_extra(side, extra, close_fee) / qty


@compiled
def position_margin(side: int, entry: float, qty: float, leverage: float, extra: float, close_fee: float) -> float:
    """PM = IM + FTC + X: what the position can lose at most.

    Source: Bybit help, Liquidation Price Calculation under Isolated Mode, without and with 3,000 added.

    >>> [round(position_margin(1, 40_000.0, 1.0, 50.0, extra, 0.00055), 8) for extra in (0.0, 3000.0)]
    [821.56, 3821.56]
    """
    return initial_margin_of(entry, qty, leverage) + fee_to_close_of(side, entry, qty, leverage, close_fee) + extra


@compiled
def maintenance_of(mark: float, qty: float, tiers: Tiers) -> float:
    """mark * Q * m - D, with the tier of mark * Q; without the fee to close.

    Bybit's formula before 2025-09-02 is the same with the entry in place of the mark.

    Source: rulebook section 2; at 1,500 USDT 2.5 % less the deduction of 5. `tiers` is [n, 5].

    >>> tiers = np.array([[1000.0, 0.02, 0.05, 20.0, 0.0], [2000.0, 0.025, 0.05, 20.0, 5.0]])  # [2 tiers, 5]
    >>> [float(maintenance_of(mark, 2.0, tiers)) for mark in (250.0, 750.0)]
    [10.0, 32.5]
    """
    tier = tier_index(mark * qty, tiers)
    return maintenance_in_tier(mark * qty, tiers[tier, MAINTENANCE], tiers[tier, DEDUCTION])


@compiled
def maintenance_in_tier(value: float, rate: float, deduction: float) -> float:
    """V * m - D: the maintenance margin of a value by the rate and the deduction of its tier.

    Source: rulebook section 2.

    >>> maintenance_in_tier(1500.0, 0.025, 5.0)
    32.5
    """
    return value * rate - deduction


@compiled
def profit_of(side: int, qty: float, entry: float, price: float) -> float:
    """s * Q * (price - E).

    Source: Bybit help, P&L calculations (USDT Contract), for the long.

    >>> profit_of(1, 0.2, 7000.0, 7500.0), profit_of(-1, 0.2, 7000.0, 7500.0)
    (100.0, -100.0)
    """
    return side * qty * (price - entry)


@compiled
def margin_at_mark(
    side: int, entry: float, qty: float, leverage: float, extra: float, close_fee: float, mark: float
) -> float:
    """IM + X' + s * Q * (mark - E): what is left of the margin at a mark.

    Source: rulebook section 2. Two coins at 100 with 10x have 20; at a mark of 94 a long has lost 12, a short won 12.

    >>> [margin_at_mark(side, 100.0, 2.0, 10.0, 0.0, 0.001, 94.0) for side in (1, -1)]
    [8.0, 32.0]
    """
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
    """E - s * (IM + X' - E*Q*m + D) / Q in the tier of E*Q, or 0 when none is: the maintenance margin never moves.

    Source: Bybit help, The New Margin Calculation, column Current: E * (1 - s/L + s*m). `tiers` is [n, 5].

    >>> tiers = np.array([[1e6, 0.01, 0.02, 50.0, 0.0]])  # [1 tier, 5]
    >>> prices = [liquidation_by_entry(side, 10.0, 1.0, 5.0, 0.0, 0.001, tiers) for side in (1, -1)]
    >>> [round(float(price), 8) for price in prices]
    [8.1, 11.9]
    """
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

    Source: Bybit help, Liquidation Price Calculation under Isolated Mode.
    One coin at 40,000 with 50x and 3,000 added. `tiers` is [n, 5].

    >>> tiers = np.array([[2e6, 0.005, 0.01, 100.0, 0.0]])  # [1 tier, 5]
    >>> round(float(liquidation_of(1, 40_000.0, 1.0, 50.0, 3000.0, 0.00055, tiers)), 2)
    36380.25
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
    """What an order costs per USDT of its value: initial margin, fee to open, fee to close.

    Source: Bybit help, Order Cost (USDT Contract): 10 %, 5.5 bps to open and 0.9 times that to close.

    >>> round(unit_order_cost(1, 10.0, 0.00055, 0.00055), 10)
    0.101045
    """
    return 1.0 / leverage + taker + (1.0 - side / leverage) * close_fee


@compiled
def order_cost_of(side: int, price: float, qty: float, leverage: float, taker: float, close_fee: float) -> float:
    """P*q/L + P*q*f + P*q*(1 - s/L)*f.

    Source: Bybit help, Order Cost (USDT Contract).

    >>> round(order_cost_of(1, 50_000.0, 1.0, 10.0, 0.00055, 0.00055), 8)
    5052.25
    """
    value = price * qty
    return value / leverage + value * taker + value * (1.0 - side / leverage) * close_fee


@compiled
def order_cost_by_mark_of(side: int, price: float, qty: float, leverage: float, mark: float) -> float:
    """P*q/L + q*max(0, s*(P - mark)): no fee is part of it.

    Source: Binance, How to Calculate Cost Required to Open a Position in Perpetual Futures Contracts.

    >>> [round(order_cost_by_mark_of(side, 9253.3, 1.0, 20.0, 9259.84), 8) for side in (1, -1)]
    [462.665, 469.205]
    """
    return price * qty / leverage + qty * max(0.0, side * (price - mark))


@compiled
def fee_of(qty: float, price: float, rate: float) -> float:
    """A trade's fee, rounded up at the eighth decimal.

    Source: rulebook section 1; a recorded fee of Bybit (ccxt, fetchClosedOrder).

    >>> fee_of(1.0, 123.498, 0.00055)
    0.0679239
    """
    return ceil8(qty * price * rate)


@compiled
def funding_of(side: int, qty: float, mark: float, rate: float) -> float:
    """s * Q * mark * rate: positive is paid (rounded up), negative received (rounded down), at the eighth decimal.

    Source: rulebook section 3, A1; a recorded payment of Bybit, 2022-10-01 00:00 UTC.

    >>> funding_of(1, 0.092, 19_426.62, 0.0001), funding_of(-1, 1.0, 1.0, 0.000000015)
    (0.17872491, -1e-08)
    """
    payment = side * qty * mark * rate
    if payment > 0.0:
        return ceil8(payment)
    return 0.0 - floor8(-payment)
