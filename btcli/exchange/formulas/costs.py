"""What an order costs the available balance: margin and fees, or margin and the loss it opens with (sections 2, 10)."""

from __future__ import annotations

from typing import TypeVar

from btcli.exchange.book.codes import OPEN, PATH
from btcli.exchange.book.records import Floats, Record
from btcli.exchange.formulas.cross import mark_now
from btcli.exchange.formulas.margin import order_cost_by_mark_of, order_cost_of, unit_order_cost
from btcli.exchange.machine.compiled import compiled

Amount = TypeVar("Amount", float, Floats)

BEYOND = 1e-6  # of a cost: more than all of its roundings


@compiled
def mark_of_moment(book: Record, s: int) -> float:
    """The mark that an order is held against: that of the open, of the moment on the path, else of the last close."""
    account = book["account"]
    if account["phase"] == OPEN:
        return book["prices"][s]["mark_open"]
    if account["phase"] == PATH:
        return mark_now(book, s, account["leg"], account["t"])
    return book["positions"][s]["mark"]


@compiled
def cost_of(side: int, price: float, qty: float, mark: float, inst: Record) -> float:
    """The order cost of a quantity at a price.

    Source: Bybit help, Order Cost (USDT Contract); Binance, How to Calculate Cost Required to Open a Position.

    >>> bybit = {"leverage": 10.0, "taker_fee_rate": 0.00055, "close_fee_rate": 0.00055, "order_cost_by_mark": 0}
    >>> round(cost_of(1, 50_000.0, 1.0, 50_000.0, bybit), 8)
    5052.25
    >>> round(cost_of(-1, 9253.3, 1.0, 9259.84, {"leverage": 20.0, "order_cost_by_mark": 1}), 8)
    469.205
    """
    if inst["order_cost_by_mark"]:
        return order_cost_by_mark_of(side, price, qty, inst["leverage"], mark)
    return order_cost_of(side, price, qty, inst["leverage"], inst["taker_fee_rate"], inst["close_fee_rate"])


@compiled
def spread_of(side: Amount, qty: Amount, price: Amount, reference: Amount, impact: Amount) -> Amount:
    """What a fill lost against the price before slippage, USDT, without its impact; rounding to the tick included.

    Of one fill, or of columns of them.

    Source: rulebook section 2. Two coins bought at 101 instead of 100, of which their size took 0.5.

    >>> spread_of(1, 2.0, 101.0, 100.0, 0.5), spread_of(-1, 2.0, 101.0, 100.0, 0.0)
    (1.5, -2.0)
    """
    return side * qty * (price - reference) - impact


@compiled
def coin_cost(side: int, price: float, mark: float, inst: Record) -> float:
    """The order cost of one coin at a price above zero.

    Source: rulebook sections 2 and 10. Bought at 102 under a mark of 100 with 10x: 10.2 and a loss of 2.

    >>> round(coin_cost(1, 102.0, 100.0, {"leverage": 10.0, "order_cost_by_mark": 1}), 8)
    12.2
    """
    if inst["order_cost_by_mark"]:
        return price / inst["leverage"] + max(0.0, side * (price - mark))
    return price * unit_order_cost(side, inst["leverage"], inst["taker_fee_rate"], inst["close_fee_rate"])


@compiled
def resting_price(side: int, limit: float, mark: float, inst: Record) -> float:
    """The price at which the cost of a limit that rests is taken: its limit, or the mark for a sell below that.

    Source: rulebook section 10.

    >>> by_mark, by_fees = {"order_cost_by_mark": 1}, {"order_cost_by_mark": 0}
    >>> resting_price(-1, 99.0, 100.0, by_mark), resting_price(-1, 99.0, 100.0, by_fees)
    (100.0, 99.0)
    """
    if inst["order_cost_by_mark"] and side < 0:
        return max(limit, mark)
    return limit


@compiled
def most_smallest_cost(highest: float, inst: Record) -> float:
    """What the smallest order, long at a close up to the highest, costs at most: one step above the minimum value."""
    step = inst["step_k"] / inst["step_den"]
    value = max(inst["min_qty"] * highest, inst["min_notional_usdt"] + step * highest)
    by_mark = 1.0 if inst["order_cost_by_mark"] else 0.0  # the loss it opens with is below its value
    return value * (_cost_per_usdt(inst) + by_mark) * (1.0 + BEYOND)


@compiled
def least_smallest_cost(lowest: float, inst: Record) -> float:
    """What the smallest order, long at a close from the lowest on, costs at least."""
    value = max(inst["min_qty"] * lowest, inst["min_notional_usdt"])
    return value * _cost_per_usdt(inst) * (1.0 - BEYOND)


@compiled
def _cost_per_usdt(inst: Record) -> float:
    """What an order costs per USDT of its value, without a loss that it opens with."""
    if inst["order_cost_by_mark"]:
        return 1.0 / inst["leverage"]
    return unit_order_cost(1, inst["leverage"], inst["taker_fee_rate"], inst["close_fee_rate"])
