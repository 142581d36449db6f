"""The pure functions of the rulebook under their public names: keyword arguments, floats in and out.

`side` is +1 long or -1 short. `tiers` holds rows (limit_usdt, maintenance_rate, initial_rate, max_leverage,
deduction_usdt), ascending by limit; a deduction of None is derived from the rows before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from btcli.exchange.face.instrument import tier_table
from btcli.exchange.formulas import margin

Basis = Literal["mark", "entry"]
TierRows = Sequence[Sequence[float | None]]


def tier_of(value: float, tiers: TierRows) -> int:
    """The index of the first tier with value <= limit; the last one beyond all limits.

    Source: rulebook section 1.

    >>> tiers = [(1000.0, 0.02, 0.05, 20.0, 0.0), (2000.0, 0.025, 0.05, 20.0, None)]
    >>> tier_of(value=1000.0, tiers=tiers), tier_of(value=1000.01, tiers=tiers)
    (0, 1)
    """
    return int(margin.tier_index(float(value), tier_table(tiers)))


def initial_margin(entry: float, qty: float, leverage: float) -> float:
    """E * Q / L, without the fee to close.

    Source: Bybit help, Initial Margin (USDT Contract).

    >>> initial_margin(entry=10_000.0, qty=1.0, leverage=50.0)
    200.0
    """
    return float(margin.initial_margin_of(float(entry), float(qty), float(leverage)))


def fee_to_close(side: int, entry: float, qty: float, leverage: float, taker: float) -> float:
    """Q * E * (1 - s / L) * f.

    Source: Bybit help, Liquidation Price Calculation under Isolated Mode.

    >>> round(fee_to_close(side=1, entry=40_000.0, qty=1.0, leverage=50.0, taker=0.00055), 8)
    21.56
    """
    return float(margin.fee_to_close_of(int(side), float(entry), float(qty), float(leverage), float(taker)))


def bankruptcy_price(
    side: int, entry: float, leverage: float, extra_margin: float = 0.0, qty: float = 1.0, taker: float = 0.0
) -> float:
    """E * (1 - s / L) - s * X' / Q with X' = X / (1 - s * f).

    Source: Bybit help, Bankruptcy Price (Perpetual and Expiry Contracts).

    >>> bankruptcy_price(side=1, entry=60_000.0, leverage=50.0)
    58800.0
    """
    return float(
        margin.takeover_price(int(side), float(entry), float(leverage), float(extra_margin), float(qty), float(taker))
    )


def maintenance_margin(mark: float, qty: float, tiers: TierRows) -> float:
    """mark * Q * m - D in the tier of mark * Q, without the fee to close; Bybit's before 2025-09-02: pass the entry.

    Source: Bybit help, Maintenance Margin (USDT Contract): 100 coins at 35 by steps of 1,000 from 2 % up.

    >>> rates = [(1000.0, 0.02), (2000.0, 0.025), (3000.0, 0.03), (4000.0, 0.035), (5000.0, 0.04)]
    >>> tiers = [(limit, rate, 0.05, 20.0, None) for limit, rate in rates]
    >>> round(maintenance_margin(mark=35.0, qty=100.0, tiers=tiers), 8)
    92.5
    """
    return float(margin.maintenance_of(float(mark), float(qty), tier_table(tiers)))


def liquidation_price(
    side: int,
    entry: float,
    qty: float,
    leverage: float,
    tiers: TierRows,
    extra_margin: float = 0.0,
    taker: float = 0.0,
    basis: Basis = "mark",
) -> float:
    """The mark price at which an isolated position is liquidated; 0 when none is.

    Bybit's formula; with `taker=0` it is Binance's isolated one, where W = E * Q / L + X. Bybit's maintenance margin
    was that of the value at entry before 2025-09-02: `basis="entry"`.

    Raises ValueError for another basis.

    Source: Bybit help, Liquidation Price Calculation under Isolated Mode, with 3,000 added.

    >>> tiers = [(2e6, 0.005, 0.01, 100.0, 0.0)]
    >>> price = liquidation_price(1, 40_000.0, 1.0, 50.0, tiers, extra_margin=3000.0, taker=0.00055)
    >>> round(price, 2)
    36380.25
    """
    if basis not in ("mark", "entry"):
        raise ValueError(f'the basis is "mark" or "entry", got {basis!r}')
    formula = margin.liquidation_by_entry if basis == "entry" else margin.liquidation_of
    return float(
        formula(
            int(side),
            float(entry),
            float(qty),
            float(leverage),
            float(extra_margin),
            float(taker),
            tier_table(tiers),
        )
    )


def cross_liquidation_price(
    side: int,
    entry: float,
    qty: float,
    tiers: TierRows,
    wallet: float,
    other_maintenance: float = 0.0,
    other_unrealized: float = 0.0,
) -> float:
    """The mark at which cross equity meets the maintenance margins while the other marks stand still; 0 when none does.

    Binance's (W - TMM + UPNL + cum - s*Q*E) / (Q*m - s*Q), with the tier of the result's own value (its page on
    liquidation prices of USDT-margined contracts). An isolated position whose margin is all that is left: L = 1.

    Source: Binance FAQ, Liquidation Price of USDT-Margined Contracts, its first position alone.

    >>> tiers = [(1e12, 0.1, 0.2, 5.0, 135_365.0)]
    >>> round(cross_liquidation_price(1, 1456.84, 3683.979, tiers, 1_535_443.01), 2)
    1114.78
    """
    left = wallet - other_maintenance + other_unrealized
    return liquidation_price(side, entry, qty, 1.0, tiers, extra_margin=left - entry * qty, taker=0.0)


def order_cost(side: int, price: float, qty: float, leverage: float, taker: float) -> float:
    """P*q/L + P*q*f + P*q*(1 - s/L)*f.

    Source: Bybit help, Order Cost (USDT Contract).

    >>> round(order_cost(side=1, price=50_000.0, qty=1.0, leverage=10.0, taker=0.00055), 8)
    5052.25
    """
    return float(margin.order_cost_of(int(side), float(price), float(qty), float(leverage), float(taker), float(taker)))


def order_cost_binance(side: int, price: float, qty: float, leverage: float, mark: float) -> float:
    """P*q/L + q*max(0, s*(P - mark)): the initial margin and the loss the order opens with (Binance: order cost).

    Source: Binance, How to Calculate Cost Required to Open a Position in Perpetual Futures Contracts.

    >>> round(order_cost_binance(side=-1, price=9253.3, qty=1.0, leverage=20.0, mark=9259.84), 8)
    469.205
    """
    return float(margin.order_cost_by_mark_of(int(side), float(price), float(qty), float(leverage), float(mark)))


def funding_payment(side: int, qty: float, mark: float, rate: float) -> float:
    """s * Q * mark * rate at the eighth decimal; positive is paid (rounded up), negative received (rounded down).

    Source: a recorded payment of Bybit, 2022-10-01 00:00 UTC.

    >>> funding_payment(side=1, qty=0.092, mark=19_426.62, rate=0.0001)
    0.17872491
    """
    return float(margin.funding_of(int(side), float(qty), float(mark), float(rate)))


def trade_fee(qty: float, price: float, rate: float) -> float:
    """qty * price * rate, rounded up at the eighth decimal.

    Source: a recorded fee of Bybit (ccxt, fetchClosedOrder).

    >>> trade_fee(qty=1.0, price=123.498, rate=0.00055)
    0.0679239
    """
    return float(margin.fee_of(float(qty), float(price), float(rate)))
