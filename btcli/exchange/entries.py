"""Whether an order may open or add to a position: the gates in their order."""

from __future__ import annotations

from typing import NamedTuple

from btcli.exchange.account import liquidation_price_of
from btcli.exchange.bracket import first_stop_of
from btcli.exchange.codes import (
    ABOVE_RISK_LIMIT,
    BELOW_MIN_NOTIONAL,
    BELOW_MIN_QTY,
    CAP_AVAILABLE,
    INSUFFICIENT_ENTRY_GATE,
    LEVERAGE_ABOVE_TIER,
    NO_CAP,
    NO_CODE,
    STOP_BEYOND_FILL,
    STOP_BEYOND_LIQUIDATION,
    WARNED,
)
from btcli.exchange.compiled import compiled
from btcli.exchange.ledger import emit
from btcli.exchange.margin import MAX_LEVERAGE, order_cost_of, tier_index, unit_order_cost
from btcli.exchange.orders import reject
from btcli.exchange.rounding import NUDGE, multiple, round_against, tick_beyond, whole_steps
from btcli.exchange.values import Desk, Record

ALLOWED_WARN, ALLOWED_REJECT, ALLOWED_ADJUST = 0, 1, 2


class Verdict(NamedTuple):
    """A quantity that may fill, or the code that refuses it with the two numbers compared."""

    qty: float
    capped_by: int
    code: int
    have: float
    need: float


@compiled
def cost_of(side: int, price: float, qty: float, inst: Record) -> float:
    """The order cost of a quantity at a price."""
    return order_cost_of(side, price, qty, inst["leverage"], inst["taker_fee_rate"], inst["close_fee_rate"])


@compiled
def largest_affordable(side: int, price: float, available: float, inst: Record) -> float:
    """The largest quantity on the step whose order cost at a price the available balance covers."""
    per_coin = price * unit_order_cost(side, inst["leverage"], inst["taker_fee_rate"], inst["close_fee_rate"])
    steps = whole_steps(available / per_coin, inst["step_k"], inst["step_den"])
    qty = multiple(steps, inst["step_k"], inst["step_den"])
    if steps > 0 and cost_of(side, price, qty, inst) > available:
        qty = multiple(steps - 1, inst["step_k"], inst["step_den"])
    return qty


@compiled
def judge_entry(desk: Desk, order: Record, qty: float, price: float, available: float, may_shrink: bool) -> Verdict:
    """The tests of an entry of a quantity at a price; the first that fails refuses it.

    A market entry that costs more than is available is first reduced to what that covers.
    """
    inst = desk.inst
    cap = NO_CAP
    if may_shrink and cost_of(order["side"], price, qty, inst) > available:
        qty, cap = largest_affordable(order["side"], price, available, inst), CAP_AVAILABLE
    if qty < inst["min_qty"]:
        return Verdict(qty, cap, BELOW_MIN_QTY, qty, inst["min_qty"])
    if price * qty < inst["min_notional_usdt"]:
        return Verdict(qty, cap, BELOW_MIN_NOTIONAL, price * qty, inst["min_notional_usdt"])
    held = desk.position["qty"] if desk.position["side"] == order["side"] else 0.0
    value = price * (qty + held)
    largest = inst["risk_limit_usdt"]
    if value > largest:
        return Verdict(qty, cap, ABOVE_RISK_LIMIT, value, largest)
    highest = desk.inst["tiers"][tier_index(value, desk.inst["tiers"]), MAX_LEVERAGE]
    if inst["leverage"] > highest:
        return Verdict(qty, cap, LEVERAGE_ABOVE_TIER, inst["leverage"], highest)
    stop = order["stop_price"]
    if stop > 0.0 and order["side"] * (price - stop) <= 0.0:
        return Verdict(qty, cap, STOP_BEYOND_FILL, price, stop)
    cost = cost_of(order["side"], price, qty, inst)
    if cost > available:
        return Verdict(qty, cap, INSUFFICIENT_ENTRY_GATE, available, cost)
    return Verdict(qty, cap, NO_CODE, 0.0, 0.0)


@compiled
def accepts_stop(book: Record, desk: Desk, order: Record, price: float, qty: float) -> bool:
    """A stop that the liquidation would precede: warn, refuse the entry, or move the stop before it."""
    inst = desk.inst
    side = order["side"]
    if desk.rules["is_cross"] or desk.position["side"] != 0:
        return True
    stop = first_stop_of(order, price, inst)
    liquidation = liquidation_price_of(desk, side, price, qty, 0.0)
    if stop <= 0.0 or liquidation <= 0.0 or side * (stop - liquidation) > 0.0:
        return True
    mode = desk.rules["stop_vs_liquidation"]
    if mode == ALLOWED_REJECT:
        reject(book, order, STOP_BEYOND_LIQUIDATION, stop, liquidation, NO_CAP)
        return False
    event = book["events"][emit(book, WARNED, order["symbol"])]
    event["order_id"] = order["order_id"]
    event["code"] = STOP_BEYOND_LIQUIDATION
    event["have"] = stop
    event["need"] = liquidation
    if mode == ALLOWED_ADJUST:
        # the tick nearest to the liquidation price on the side of the entry, the one after it where they coincide
        near = round_against(liquidation, side, inst["tick_k"], inst["tick_den"])
        if side * (near - liquidation) <= NUDGE * inst["tick_k"] / inst["tick_den"]:
            near = tick_beyond(near, side, inst["tick_k"], inst["tick_den"])
        order["stop_price"] = near
        order["stop_distance"] = 0.0
        event["stop_price"] = near
    return True
